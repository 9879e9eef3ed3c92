"""Every way to break a workbook, by name."""

from . import damaged, failed  # they enter their kinds
from .kinds import KINDS, Kind

__all__ = ["KINDS", "Kind", "damaged", "failed"]
