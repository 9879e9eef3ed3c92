"""A workbook and the tables of a rulebook in, figures with their addresses and everything found wrong out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from nhiemvu.rules import models
from nhiemvu.workbook.tables import Reading, Table

__all__ = ["Reading", "Table", "read_workbook"]


def read_workbook(
    source: Path | str | bytes,
    tables: Mapping[str, models.Table],
    facts: Mapping[str, models.Fact],
    criteria_units: Mapping[str, str] | None = None,
    criteria_names: Mapping[str, str] | None = None,
) -> Reading:
    """Read what a rulebook needs.

    Args:
        source: path of the workbook, or its bytes.
        tables: the rulebook's tables, by name.
        facts: the rulebook's facts, by name.
        criteria_units: id of each criterion -> unit of measure of its result; rows of a results table are read by it.
        criteria_names: id of each criterion -> name; a row without a code is known by its name.

    Raises:
        WorkbookError: the workbook cannot be read at all. Everything else is collected in `Reading.problems`.
    """
    raise NotImplementedError
