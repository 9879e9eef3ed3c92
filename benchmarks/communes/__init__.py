"""Folders of communes' workbooks as they come in, with a known truth beside them."""

from .folder import make_folder
from .truth import Truth, read_truth

__all__ = ["Truth", "make_folder", "read_truth"]
