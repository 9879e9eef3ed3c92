"""Find a table under its headings, wherever on a sheet it stands.

A heading is a cell whose text is one of the column's, Unicode forms, tone placement, white space, line breaks and case
aside. Header rows are found, not given: the lowest block of at most five rows with the most of the table's headings.
Near misses are offered in a problem, never taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from nhiemvu.errors import Place, Problem
from nhiemvu.messages import N_
from nhiemvu.text import fold, nearest, tidy
from nhiemvu.workbook.grid import MAX_ROW, Grid, address
from nhiemvu.workbook.lines import keep_counted
from nhiemvu.workbook.values import is_measure

if TYPE_CHECKING:
    from nhiemvu.rules import models

HEADER_ROWS = 5
_START = 80  # characters of a text that tell what kind of row it begins
_UNITS_ABOVE = 6  # a line «ĐVT: triệu đồng» stands at most so many rows above the header
_UNITS_LINE = re.compile(r"(?:đvt|đv tính|đơn vị tính|đơn vị)\s*:\s*(.+)")
_BRACKETED = re.compile(r"(.*\S)\s*\(([^()]*)\)", re.DOTALL)
_COLUMN_MARK = re.compile(r"[(\[]?(?:([A-Z])|(\d{1,2})(?:\s*=.*)?)[)\]]?")
# What closes a form or sums it up, in any form of the trade.
_FOOTERS = ("nơi nhận", "người lập biểu", "người lập bảng", "tm. ủy ban nhân dân", "tm.ủy ban nhân dân")
_TOTALS = ("tổng số", "tổng cộng", "cộng", "trong đó")


class Hit(NamedTuple):
    """A cell that is one of a column's headings."""

    row: int
    column: int
    last_row: int
    last_column: int
    key: str
    rank: int
    text: str
    unit: str


@dataclass(slots=True)
class Layout:
    """Where a table stands on a sheet.

    Attributes:
        top, bottom: first and last row of its headings.
        rows: rows of its body.
        columns: column name -> column of the sheet.
        headings: column name -> heading as the workbook has it.
        units: column name -> unit of measure in brackets behind the heading.
        unit, unit_cell: what the line «ĐVT: …» above the table says, and where.
        problems: what is missing or in doubt.
    """

    sheet: str
    top: int = 0
    bottom: int = 0
    rows: list[int] = field(default_factory=list)
    columns: dict[str, int] = field(default_factory=dict)
    headings: dict[str, str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    unit: str = ""
    unit_cell: str = ""
    problems: list[Problem] = field(default_factory=list)


class _Headings:
    """The headings of one table, ready to be looked for."""

    def __init__(self, table: models.Table) -> None:
        self.leaves: dict[str, list[tuple[str, int, tuple[str, ...]]]] = {}
        self.shown = {key: column.headings[0] for key, column in table.columns.items()}
        self.required = [key for key, column in table.columns.items() if column.required]
        for key, column in table.columns.items():
            for rank, heading in enumerate(column.headings):
                *above, leaf = (fold(part) for part in heading.split(" > "))
                self.leaves.setdefault(leaf, []).append((key, rank, tuple(reversed(above))))


def find_table(grid: Grid, file: str, table: models.Table) -> Layout | None:
    """Find a table on a sheet.

    Args:
        grid: the sheet.
        file: the workbook's name, for messages.
        table: the rulebook's definition.

    Returns:
        The layout, with problems for what is missing; None where the sheet has none of the headings, or fewer than half
        of those that are required.
    """
    headings = _Headings(table)
    hits = _find_hits(grid, headings)
    found = _choose_header(hits, headings)
    if found is None:
        return None
    top, last, keys = found
    layout = Layout(grid.name, top)
    layout.bottom = _find_bottom(grid, top, last)
    # as far down as the header reaches: a column may also go by the name of a heading that others stand under
    block = [hit for hit in hits if top <= hit.row <= layout.bottom]
    _take_columns(grid, file, layout, block, headings)
    _report_missing(grid, file, layout, headings)
    rivals = _find_rivals(hits, layout, last, keys)
    if rivals:
        layout.problems.append(_say_several(file, grid.name, [top, *rivals]))
    _find_units_line(grid, layout)
    first = layout.bottom + 1
    if _is_column_numbers(grid, first):
        first += 1
    stop = min((row for row in rivals if row > first), default=MAX_ROW + 1)
    layout.rows = list(_find_body(grid, first, stop, table, layout))
    keep_counted(grid, file, layout, table.counted)
    return layout


def has_required(layout: Layout | None, table: models.Table) -> bool:
    """Whether every required column was found."""
    return layout is not None and all(key in layout.columns for key, column in table.columns.items() if column.required)


# --- the header ---------------------------------------------------------------------------------------------------


def _find_hits(grid: Grid, headings: _Headings) -> list[Hit]:
    anchors = {area[:2]: area for area in grid.merges}
    leaves, hits = headings.leaves, []
    longest = 3 * max(map(len, leaves), default=0) + 40  # with marks typed apart, line breaks and a unit in brackets
    for row, cells in grid.rows.items():
        for column, cell in cells.items():
            text = cell.text
            if cell.kind != "text" or len(text) > longest:
                continue
            folded, unit = fold(text), ""
            entries = leaves.get(folded)
            if entries is None and folded.endswith(")"):
                bracketed = _BRACKETED.fullmatch(text)
                if bracketed and is_measure(bracketed[2]):
                    entries, unit = leaves.get(fold(bracketed[1])), tidy(bracketed[2])
            for key, rank, above in entries or ():
                if _stands_under(grid, row, column, above):
                    _, _, last_row, last_column = anchors.get((row, column), (row, column, row, column))
                    hits.append(Hit(row, column, last_row, last_column, key, rank, text, unit))
    return sorted(hits)


def _stands_under(grid: Grid, row: int, column: int, above: tuple[str, ...]) -> bool:
    """Whether the headings above the cell are these, the nearest first; others may stand between."""
    wanted = 0
    while wanted < len(above) and row > 1:
        row -= 1
        anchor = next(
            (
                (top, left)
                for top, left, bottom, right in grid.merges
                if top <= row <= bottom and left <= column <= right
            ),
            (row, column),
        )
        cell = grid.at(*anchor)
        row = anchor[0]
        if cell is not None and cell.kind == "text" and fold(cell.text) == above[wanted]:
            wanted += 1
    return wanted == len(above)


def _choose_header(hits: list[Hit], headings: _Headings) -> tuple[int, int, set[str]] | None:
    """First and last row of the lowest block with the most headings, and which they are; the topmost of equals."""
    blocks = [
        (top, [hit for hit in hits if top <= hit.row < top + HEADER_ROWS]) for top in sorted({h.row for h in hits})
    ]
    most = max((len({hit.key for hit in block}) for _, block in blocks), default=0)
    required = set(headings.required)
    chosen: tuple[int, int, set[str]] | None = None
    for top, block in blocks:
        keys = {hit.key for hit in block}
        if len(keys) < most or 2 * len(required & keys) < len(required):
            continue
        last = _last_row(block)
        if chosen is None or last - top < chosen[1] - chosen[0]:
            chosen = top, last, keys
    return chosen


def _last_row(block: Iterable[Hit]) -> int:
    """The row by which every heading of the block has been met."""
    first: dict[str, int] = {}
    for hit in block:
        first[hit.key] = min(hit.row, first.get(hit.key, hit.row))
    return max(first.values())


def _find_bottom(grid: Grid, top: int, last: int) -> int:
    """The last row of the header: headings merged downwards reach as far as their merge."""
    reach = [bottom for first, _, bottom, _ in grid.merges if top <= first <= last and bottom < top + 2 * HEADER_ROWS]
    return max([last, *reach])


def _take_columns(grid: Grid, file: str, layout: Layout, block: list[Hit], headings: _Headings) -> None:
    for key in headings.shown:
        hits = [hit for hit in block if hit.key == key and not _is_parent(grid, hit, layout.bottom)]
        first = min((hit.rank for hit in hits), default=0)  # the rulebook's order of headings says which it prefers
        hits = [hit for hit in hits if hit.rank == first]
        columns = sorted({hit.column for hit in hits})
        if len(columns) > 1:
            layout.problems.append(
                Problem(
                    "ambiguous-column",
                    N_(
                        "có {count} cột cùng khớp với cột «{heading}»: {cells}; hãy đổi tiêu đề của các cột khác, hoặc "
                        "ghi "
                        "rõ trong quy tắc dạng «tiêu đề gộp > tiêu đề»"
                    ),
                    Place(file, grid.name, address(hits[0].row, hits[0].column)),
                    {
                        "count": len(columns),
                        "heading": headings.shown[key],
                        "cells": ", ".join(address(hit.row, hit.column) for hit in hits),
                    },
                )
            )
        elif hits:
            layout.columns[key] = hits[0].column
            layout.headings[key] = tidy(hits[0].text)
            if hits[0].unit:
                layout.units[key] = hits[0].unit


def _is_parent(grid: Grid, hit: Hit, bottom: int) -> bool:
    """Whether other headings stand under this one."""
    below = range(hit.last_row + 1, bottom + 1)
    return any(hit.column <= column <= hit.last_column for row in below for column in grid.rows.get(row, ()))


def _report_missing(grid: Grid, file: str, layout: Layout, headings: _Headings) -> None:
    doubtful = {problem.fill["heading"] for problem in layout.problems}
    present = {
        tidy(cell.text): address(row, column)
        for row in range(layout.top, layout.bottom + 1)
        for column, cell in sorted(grid.rows.get(row, {}).items())
        if cell.kind == "text" and column not in layout.columns.values()
    }
    start = min(layout.columns.values(), default=1)
    for key in headings.required:
        if key in layout.columns or headings.shown[key] in doubtful:
            continue
        fill: dict[str, object] = {"heading": headings.shown[key], "row": layout.top}
        close = nearest(headings.shown[key].rpartition(" > ")[2], list(present), 1)
        if close:
            fill |= {"near": close[0], "cell": present[close[0]]}
            message = N_(
                "hàng tiêu đề (hàng {row}) không có cột «{heading}»; gần nhất là «{near}» ở ô {cell}: hãy sửa lại tiêu "
                "đề "
                "ấy, hoặc thêm cột"
            )
        else:
            message = N_(
                "hàng tiêu đề (hàng {row}) không có cột «{heading}»; hãy thêm cột, hoặc sửa lại tiêu đề cho đúng"
            )
        layout.problems.append(
            Problem("missing-column", message, Place(file, grid.name, address(layout.top, start)), fill)
        )


def _find_rivals(hits: list[Hit], layout: Layout, last: int, keys: set[str]) -> list[int]:
    """Rows above or below where the same headings stand once more, as close together."""
    others = [hit for hit in hits if not layout.top <= hit.row <= layout.bottom]
    rivals: list[int] = []
    for top in sorted({hit.row for hit in others}):
        block = [hit for hit in others if top <= hit.row <= top + last - layout.top]
        if (
            len(keys) > 1
            and {hit.key for hit in block} >= keys
            and not (rivals and top <= rivals[-1] + last - layout.top)
        ):
            rivals.append(top)
    return rivals


def _say_several(file: str, sheet: str, rows: Iterable[int]) -> Problem:
    rows = sorted(rows)
    return Problem(
        "several-tables",
        N_(
            "có nhiều bảng cùng tiêu đề trên một trang, bắt đầu ở các hàng {rows}; không biết lấy bảng nào: hãy để mỗi "
            "bảng "
            "một trang, hoặc ghi tên trang trong quy tắc"
        ),
        Place(file, sheet, f"A{rows[0]}"),
        {"rows": ", ".join(map(str, rows))},
    )


# --- around and under the header ----------------------------------------------------------------------------------


def _find_units_line(grid: Grid, layout: Layout) -> None:
    for row in range(layout.top - 1, max(0, layout.top - _UNITS_ABOVE - 1), -1):
        for column, cell in grid.rows.get(row, {}).items():
            line = _UNITS_LINE.search(fold(cell.text)) if cell.kind == "text" else None
            unit = line[1].strip(" ().;") if line else ""
            if unit and is_measure(unit):
                layout.unit, layout.unit_cell = unit, address(row, column)
                return


def _is_column_numbers(grid: Grid, row: int) -> bool:
    """Whether the row only numbers the columns: A | B | 1 | 2 | 3=2/1."""
    cells = grid.rows.get(row, {})
    letters: list[str] = []
    numbers: list[int] = []
    for _, cell in sorted(cells.items()):
        text = str(int(cell.value)) if isinstance(cell.value, float) and cell.value.is_integer() else tidy(cell.text)
        mark = _COLUMN_MARK.fullmatch(text)
        if mark is None:
            return False
        if mark[1]:
            letters.append(mark[1])
        else:
            numbers.append(int(mark[2]))
    if len(letters) + len(numbers) < 3:  # two cells that look so may well be figures
        return False
    counted = numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else True
    lettered = [ord(letter) - 65 for letter in letters] == list(range(len(letters)))
    return counted and lettered


def _find_body(grid: Grid, first: int, stop: int, table: models.Table, layout: Layout) -> Iterator[int]:
    """The rows that hold something in one of the table's columns, up to the end of the table."""
    ends = tuple(fold(word) for word in table.end) + _FOOTERS
    skips = tuple(fold(word) for word in table.skip)
    columns = list(layout.columns.values())
    for row in sorted(grid.rows):
        if row < first:
            continue
        if row >= stop:
            return
        cells = grid.rows[row]
        # the first text may be a code such as «I» before «Tổng số»; later ones are narrative: they begin with anything
        texts: list[str] = []
        for column in sorted(cells):
            if cells[column].kind == "text" and len(texts) < 2:
                texts.append(fold(cells[column].text[:_START]))
        if any(text.startswith(ends) for text in texts):
            return
        if not any(column in cells for column in columns):
            continue
        if any(text.startswith(skips) for text in texts):
            continue
        if table.kind == "lines" and any(text.rstrip(" :.") in _TOTALS for text in texts):
            continue
        yield row
