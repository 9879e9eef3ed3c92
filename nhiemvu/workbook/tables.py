"""What reading a workbook gives: tables with the address of every figure, facts, and all that was found wrong."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from nhiemvu.errors import Place, Problem
from nhiemvu.workbook.grid import LETTERS

if TYPE_CHECKING:
    from nhiemvu.rules import models
    from nhiemvu.text import Figure
    from nhiemvu.workbook.book import Book
    from nhiemvu.workbook.grid import Grid
    from nhiemvu.workbook.layout import Layout

Fact = float | str | bool | dt.date


@dataclass(slots=True)
class Table:
    """One table of a rulebook, as one workbook has it. Lists run along its rows.

    Attributes:
        name: the rulebook's name for it.
        file, sheet: where it stands.
        header: first and last row of its headings.
        rows: sheet row of each line.
        letters: column name -> letter of the sheet's column; columns that the workbook does not have are missing.
        turned: it lies sideways: `rows` are numbers of sheet columns, `letters` hold numbers of sheet rows.
        columns: column name -> what its cells mean, by the column's type. Numbers and percentages: float or None, in
            the column's unit of measure (in a results table: in the criterion's), shares as fractions (97,5% is 0.975),
            each the double nearest to the decimal that was typed. Text: str, "" for nothing. Verdicts: the English word
            or "". Dates: date or None. A column that the workbook does not have is all None (or "").
        figures: number columns -> whatever else a typed text says: a ratio, a bound, a range, parts; None where it is a
            plain number. A bound or a range has no single value: its column holds None.
        raw: column name -> what the cells show, tidied.
        unread: (column name, position) -> why a cell of a results table gives no figure. Such a cell is a problem only
            for who needs the figure: a criterion that rests on a declaration may well say it in words.
        parts: where it stands in several places, each of them, in the order of the lines.
    """

    name: str
    kind: Literal["lines", "results", "facts"]
    file: str = ""
    sheet: str = ""
    header: tuple[int, int] = (0, 0)
    rows: list[int] = field(default_factory=list)
    letters: dict[str, str] = field(default_factory=dict)
    columns: dict[str, list[object]] = field(default_factory=dict)
    figures: dict[str, list[Figure | None]] = field(default_factory=dict)
    raw: dict[str, Sequence[str]] = field(default_factory=dict)
    unread: dict[tuple[str, int], Problem] = field(default_factory=dict)
    turned: bool = False
    parts: list[Table] = field(default_factory=list)
    _starts: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        """How many lines."""
        return len(self.rows)

    def place(self, key: str, i: int) -> Place:
        """The cell of a column in a line; of the sheet alone where the workbook does not have the column."""
        if self.parts:
            part = bisect_right(self._starts, i) - 1
            return self.parts[part].place(key, i - self._starts[part])
        letters = self.letters.get(key, "")
        cell = f"{LETTERS[self.rows[i]]}{letters}" if self.turned else f"{letters}{self.rows[i]}"
        return Place(self.file, self.sheet, cell if letters else "")

    def address(self, key: str, i: int) -> str:
        """`Kết quả!F12`."""
        return self.place(key, i).address


def join(parts: Sequence[Table]) -> Table:
    """One table of all the lines of several, each of which has the same columns; a single one as it is."""
    first = parts[0]
    if len(parts) == 1:
        return first
    joined = Table(first.name, first.kind, first.file, first.sheet, first.header, letters=first.letters)
    for part in parts:
        start = len(joined)
        if not len(part):
            continue
        joined.parts.append(part)
        joined._starts.append(start)
        joined.rows += part.rows
        joined.unread |= {(key, start + i): problem for (key, i), problem in part.unread.items()}
    held = joined.parts or parts
    joined.columns = {key: [value for part in held for value in part.columns[key]] for key in first.columns}
    joined.figures = {key: [figure for part in held for figure in part.figures[key]] for key in first.figures}
    joined.raw = {key: [text for part in held for text in part.raw[key]] for key in first.raw}
    return joined


@dataclass(slots=True)
class Reading:
    """One workbook, read for one rulebook.

    Attributes:
        file: its name, for messages.
        facts: name -> value of those facts that could be read.
        fact_places: name -> cell, of every fact whose label was found, readable or not.
        tables: name -> table, of those that were found.
        problems: everything that was found wrong, in the order of the workbook.
        sha256: of the file's bytes; whoever writes back compares it.
    """

    file: str
    facts: dict[str, Fact] = field(default_factory=dict)
    fact_places: dict[str, Place] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Located:
    """A table, or a part of it, as it was found in a workbook; whoever reads it adds what is wrong to its problems."""

    book: Book
    grid: Grid
    layout: Layout
    definition: models.Table
    problems: list[Problem]

    def place(self, row: int, column: int) -> Place:
        """A cell of the sheet; the sheet alone for row or column 0."""
        return Place(self.book.file, self.grid.name, self.grid.address(row, column) if row and column else "")
