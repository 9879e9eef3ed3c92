"""What a cell is as a heading, whatever the table: its key, a number, the beginning of a table beside another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from nhiemvu.text import fold
from nhiemvu.workbook.grid import MAX_COLUMN, Cell, Grid

CODE_LABELS = frozenset({"tt", "stt", "mã", "mã số", "stt/mã", "#", "số tt", "số thứ tự"})  # of the first column
_LEFTMOST_BESIDE = 2  # a table that stands beside another begins right of this column
_LONGEST_LABEL = 12  # characters of one of these
_LABEL_LETTERS = frozenset(letter for label in CODE_LABELS for letter in (label[0], label[0].upper()))
_FEWEST_NUMBERS = 2  # of a row of headings that are numbers
_YEARS = range(1990, 2100)
UNIT_LABELS = frozenset({"đvt", "đv tính", "đơn vị tính"})  # of a column that says each row's unit of measure
_NOTE_MARK = re.compile(r"\s*(?:\(\*{1,3}\)|\*{1,3})\s*$")
_NOTHING: Mapping[int, Cell] = {}


def fold_heading(text: str) -> str:
    """The key under which two headings are the same: a slash may stand at the end of a line, as in «STT/⏎Mã».

    The mark of a note, as in «Số hộ (*)», is no part of a heading.
    """
    folded = fold(strip_mark(text) if "*" in text else text)
    return re.sub(r"\s*/\s*", "/", folded) if "/" in folded else folded


def strip_mark(text: str) -> str:
    """A heading without the mark of a note behind it."""
    return _NOTE_MARK.sub("", text) or text


def find_numbers(grid: Grid) -> Iterator[tuple[int, int, str]]:
    """Numbers that are headings: 2023 | 2024 | 2025, or the months 1 to 12 under «Thực hiện».

    They rise from the left, in a row of texts that begins with one, or in one that leaves the columns at the left to
    headings above it. A row that begins at the left with a number holds figures, or counts the columns.
    """
    above = _NOTHING
    for row in sorted(grid.rows):
        cells = grid.rows[row]
        yield from ((row, column, text) for column, text in read_numbers(cells, above).items())
        above = cells


def read_numbers(cells: Mapping[int, Cell], above: Mapping[int, Cell]) -> dict[int, str]:
    """The headings of a row that are numbers, by column; none where they are figures, or count the columns."""
    values = {column: cell.value for column, cell in sorted(cells.items()) if cell.kind == "number"}
    whole = [int(value) for value in values.values() if isinstance(value, float) and value.is_integer()]
    if len(values) < _FEWEST_NUMBERS or len(whole) < len(values) or whole != sorted(set(whole)):
        return {}
    first = min(cells)
    begins = cells[first].kind == "text" and all(year in _YEARS for year in whole)
    if not begins and not (above and first > min(above) and all(cell.kind == "text" for cell in above.values())):
        return {}
    return dict(zip(values, map(str, whole), strict=True))


def find_sides(grid: Grid, top: int, bottom: int) -> list[tuple[int, int]]:
    """First and last columns of tables that stand side by side under one row of headings; none where there is one.

    Each begins with a column «TT», and a blank column stands before it.
    """
    labels = [
        column
        for column, (_value, _kind, text, _formula, _style) in grid.rows.get(top, _NOTHING).items()
        if text[:1] in _LABEL_LETTERS and len(text) <= _LONGEST_LABEL and fold_heading(text).rstrip(".") in CODE_LABELS
    ]
    if len(labels) < 2 or grid.turned:
        return []
    rows = [grid.rows.get(row, _NOTHING) for row in range(top, bottom + 1)]
    merged = [area for row in range(top, bottom + 1) for area in grid.flat_merges().get(row, ())]
    starts = [
        column
        for column in sorted({*labels})[1:]
        if not any(column - 1 in cells for cells in rows) and not any(a[1] < column <= a[3] for a in merged)
    ]
    return list(zip([1, *starts], [*(column - 1 for column in starts), MAX_COLUMN], strict=True)) if starts else []


def find_gap(grid: Grid, top: int, bottom: int, column: int) -> int:
    """The blank column nearest to the left of one, behind which other headings stand; 0 where there is none."""
    if column <= _LEFTMOST_BESIDE:  # as nearly every table
        return 0
    rows = [grid.rows.get(row, _NOTHING) for row in range(top, bottom + 1)]
    held = {at for cells in rows for at in cells}
    if not held or min(held) >= column - 1:
        return 0
    held |= {at for row in range(top, bottom + 1) for _, left, _, right in grid.flat_merges().get(row, ())
             for at in range(left, min(right, column) + 1)}  # fmt: skip
    return next((at for at in range(column - 1, min(held), -1) if at not in held), 0)
