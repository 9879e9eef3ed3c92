"""Where a template has the cells that are to be filled."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a table.

    Attributes:
        sheet: where they stand.
        above, below: the rows around them, which nobody fills: lines that are inserted stand between the two.
        columns: the column of each name.
        has_total: a row of totals stands between the headings and the lines.
    """

    sheet: str
    above: int
    below: int
    columns: dict[str, int]
    has_total: bool


@dataclass(slots=True)
class Places:
    """The cells of a template by what they are for.

    Attributes:
        facts: address of each fact.
        rows: address of each figure, declaration and narrative, by criterion and column.
        lines: the tables.
    """

    facts: dict[str, str] = field(default_factory=dict)
    rows: dict[tuple[str, str], str] = field(default_factory=dict)
    lines: dict[str, Lines] = field(default_factory=dict)
