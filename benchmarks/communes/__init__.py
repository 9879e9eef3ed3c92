"""Folders of communes' workbooks as they come in, with a known truth beside them."""

from .folder import Truth, make_folder

__all__ = ["Truth", "make_folder"]
