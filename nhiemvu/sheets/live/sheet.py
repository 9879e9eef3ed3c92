"""The calculation sheets while they are being made: one step a cell, under headings that say which."""

from __future__ import annotations

from dataclasses import dataclass, field

from xlsxwriter.utility import xl_rowcol_to_cell

from nhiemvu.sheets.live.formulas import address


@dataclass(slots=True)
class Calculation:
    """One hidden sheet.

    Attributes:
        name: its title.
        cells: formulas, which begin with `=`, numbers and texts, by row and column.
        columns: how many are taken, where they are taken one by one.
    """

    name: str
    cells: dict[tuple[int, int], str | int] = field(default_factory=dict)
    columns: int = 0

    def take_column(self) -> int:
        """The next column that is free."""
        self.columns += 1
        return self.columns - 1

    def put(self, row: int, column: int, content: str | int) -> str:
        """Write a formula, a number or a text; returns its address within the sheet."""
        self.cells[row, column] = content
        return cell(row, column)

    def far(self, row: int, column: int) -> str:
        """The address of a cell for other sheets."""
        return address(self.name, row, column)

    def area(self, column: int, first: int, last: int) -> str:
        """The address of a stretch of a column for other sheets."""
        return f"{address(self.name, first, column)}:{cell(last, column, fixed=True)}"


def cell(row: int, column: int, *, fixed: bool = False) -> str:
    """The address of a cell within its sheet.

    >>> cell(5, 2), cell(5, 2, fixed=True)
    ('C6', '$C$6')
    """
    return xl_rowcol_to_cell(row, column, row_abs=fixed, col_abs=fixed)  # type: ignore[no-any-return]
