"""The cells of one sheet, sparse: only cells that hold something exist. Rows and columns count from 1."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from nhiemvu.workbook.headings import Block, Headings, Hit

MAX_ROW, MAX_COLUMN = 1_048_576, 16_384
HIGHEST_HEADING = 10  # rows
_DIGITS = 7  # of the number of a row or column

Kind = Literal["text", "number", "percent", "date", "bool", "error", "no_cache", "lost"]
Value = str | float | bool | dt.date | dt.time | None
Area = tuple[int, int, int, int]  # first row, first column, last row, last column


class Cell(NamedTuple):
    """What one cell holds.

    Attributes:
        value: text, float, bool or date; None for the three kinds that hold no value.
        kind: `percent` and `date` are numbers told by their format; `error` is `#DIV/0!` and its like; `no_cache` a
            formula that nobody has computed; `lost` a value that the file does not hold (a string that is missing).
        text: the error's code, the number as the file writes it, or the text.
        formula: whether a formula made it.
        style: its index among the workbook's formats.
    """

    value: Value
    kind: Kind
    text: str = ""
    formula: bool = False
    style: int = 0


@dataclass(slots=True)
class Grid:
    """One sheet.

    Attributes:
        rows: row number -> column number -> cell.
        merges: merged areas.
        hidden_rows: rows that are hidden or filtered away.
        hidden_columns: first and last column of each hidden run.
        turned: rows stand for the sheet's columns, and columns for its rows.
        texts: where texts stand that somebody has looked for, `sought` for what, and `headers` what was found of each
            table's (`headings.index_texts`, `headings.find_headers`).
        unit_lines: lines that name units, row, column and units, of the first `lines_to` rows that hold something.
    """

    name: str
    rows: dict[int, dict[int, Cell]] = field(default_factory=dict)
    merges: list[Area] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    turned: bool = False
    texts: dict[str, list[tuple[int, int, str]]] = field(default_factory=dict, compare=False, repr=False)
    headers: dict[Headings, tuple[list[Hit], list[Block]]] = field(default_factory=dict, compare=False, repr=False)
    sought: set[Headings] = field(default_factory=set, compare=False, repr=False)
    unit_lines: list[tuple[int, int, list[str]]] = field(default_factory=list, compare=False, repr=False)
    lines_to: int = field(default=0, compare=False, repr=False)
    _order: list[int] | None = field(default=None, compare=False, repr=False)
    _anchors: dict[tuple[int, int], Area] | None = field(default=None, compare=False, repr=False)
    _flat: dict[int, list[Area]] | None = field(default=None, compare=False, repr=False)

    def at(self, row: int, column: int) -> Cell | None:
        """The cell there, None where there is nothing."""
        cells = self.rows.get(row)
        return cells.get(column) if cells else None

    def order(self) -> Sequence[int]:
        """The rows that hold something, from the top; to be asked for when all is read."""
        if self._order is None:
            self._order = sorted(self.rows)
        return self._order

    def anchors(self) -> Mapping[tuple[int, int], Area]:
        """The merged areas by their first cell."""
        if self._anchors is None:
            self._anchors = {area[:2]: area for area in self.merges}
        return self._anchors

    def flat_merges(self) -> Mapping[int, Sequence[Area]]:
        """The merged areas that cover each row, without those that are too high for a heading."""
        if self._flat is None:
            self._flat = {}
            for area in self.merges:
                if area[2] - area[0] < HIGHEST_HEADING:
                    for row in range(area[0], area[2] + 1):
                        self._flat.setdefault(row, []).append(area)
        return self._flat

    def cells(self) -> Iterator[tuple[int, int, Cell]]:
        """Every cell that holds something, row by row, each row from the left."""
        for row in sorted(self.rows):
            cells = self.rows[row]
            for column in sorted(cells):
                yield row, column, cells[column]

    def turn(self) -> Grid:
        """The sheet with its rows for columns; addresses stay those of the sheet."""
        turned = Grid(self.name, turned=not self.turned)
        for row, column, cell in self.cells():
            turned.rows.setdefault(column, {})[row] = cell
        turned.merges = [(left, top, right, bottom) for top, left, bottom, right in self.merges]
        turned.hidden_rows = {column for column in turned.rows if self.is_hidden(0, column)}
        turned.hidden_columns = [(row, row) for row in sorted(self.hidden_rows)]
        return turned

    def address(self, row: int, column: int) -> str:
        """The address of a cell on the sheet."""
        return address(column, row) if self.turned else address(row, column)

    def hide_columns(self, first: str, last: str) -> None:
        """Note a run of hidden columns, where these are numbers."""
        if first.isdecimal() and last.isdecimal() and max(len(first), len(last)) <= _DIGITS:
            self.hidden_columns.append((int(first), int(last)))

    def is_hidden(self, row: int, column: int) -> bool:
        """Whether the row or the column is hidden."""
        return row in self.hidden_rows or any(first <= column <= last for first, last in self.hidden_columns)


class _Letters(dict[int, str]):
    def __missing__(self, column: int) -> str:
        letters, rest = "", column
        while rest:
            rest, digit = divmod(rest - 1, 26)
            letters = chr(65 + digit) + letters
        self[column] = letters
        return letters


class _Numbers(dict[str, int]):
    def __missing__(self, letters: str) -> int:
        number = 0
        for letter in letters:
            number = number * 26 + ord(letter) - 64
        self[letters] = number
        return number


_AREA = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})(?::\$?([A-Z]{1,3})\$?([0-9]{1,7}))?")
LETTERS = _Letters()
NUMBERS = _Numbers()


def address(row: int, column: int) -> str:
    """The address of a cell.

    >>> address(12, 6), address(1, 28)
    ('F12', 'AB1')
    """
    return f"{LETTERS[column]}{row}"


def parse_area(reference: str) -> Area | None:
    """The area of a reference such as `B2:D4` or `B2`; None where it is none, or lies outside any sheet.

    >>> parse_area("B2:D4"), parse_area("B2"), parse_area("ZZZZ1")
    ((2, 2, 4, 4), (2, 2, 2, 2), None)
    """
    found = _AREA.fullmatch(reference)
    if found is None:
        return None
    letters, digits, last_letters, last_digits = found.groups()
    left, top = NUMBERS[letters], int(digits)
    return (
        order_area(top, left, int(last_digits), NUMBERS[last_letters])
        if last_letters
        else order_area(top, left, top, left)
    )


def order_area(top: int, left: int, bottom: int, right: int) -> Area | None:
    """The area between two cells, whichever is first; None where one of them lies outside any sheet."""
    if right < left or bottom < top:
        left, right, top, bottom = min(left, right), max(left, right), min(top, bottom), max(top, bottom)
    return (top, left, bottom, right) if top >= 1 and bottom <= MAX_ROW and right <= MAX_COLUMN else None
