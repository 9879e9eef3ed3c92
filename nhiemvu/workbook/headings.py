"""Headings of a table: where cells read like them, and which of these cells stand together as a header.

A heading is a cell whose text is one of the column's, Unicode forms, tone placement, white space, line breaks and case
aside. Header rows are found, not given: blocks of at most five rows. Near misses are offered in a problem, never taken.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from nhiemvu.errors import Place, Problem
from nhiemvu.messages import N_
from nhiemvu.text import Beginnings, fold, nearest, tidy
from nhiemvu.workbook.grid import HIGHEST_HEADING, Area, Grid
from nhiemvu.workbook.labels import find_numbers, find_sides, fold_heading, strip_mark
from nhiemvu.workbook.values import is_measure

if TYPE_CHECKING:
    from nhiemvu.rules import models
    from nhiemvu.workbook.layout import Layout

HEADER_ROWS = 5
_LONGEST = 400  # characters; longer texts are narrative
_CLOSING = frozenset(") *")  # a unit in brackets, and what may stand behind it
_UNIT_ROOM = 80  # characters for a unit in brackets behind a heading
_BRACKETED = re.compile(r"(.*\S)\s*\(([^()]*)\)", re.DOTALL)
_UNIT_LABEL = re.compile(r"(?:đvt|đv tính|đơn vị tính|đơn vị)\s*:\s*")
_UNITS_LINE = re.compile(r"\b(?:(?:đvt|đv tính|đơn vị tính)\b(\s*:)?|đơn vị\s*:)\s*(.+)")
_UNITS_APART = re.compile(r"[;()\[\]]|,(?!\d)|\s-\s|\./")  # «nghìn đồng, %», but not «1,000 đồng»


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


class Block(NamedTuple):
    """Headings that stand together: from the row `top` to the row by which every one of `keys` has been met."""

    top: int
    last: int
    keys: frozenset[str]


class Headings:
    """The headings of one table, ready to be looked for."""

    def __init__(self, table: models.Table) -> None:
        self.leaves: dict[str, list[tuple[str, int, tuple[str, ...]]]] = {}
        self.shown = {key: column.headings[0] for key, column in table.columns.items()}
        self.accepted = {
            key: [heading.rpartition(" > ")[2] for heading in column.headings] for key, column in table.columns.items()
        }
        self.required = [key for key, column in table.columns.items() if column.required]
        for key, column in table.columns.items():
            for rank, heading in enumerate(column.headings):
                *above, leaf = (fold_heading(part) for part in heading.split(" > "))
                self.leaves.setdefault(leaf, []).append((key, rank, tuple(reversed(above))))
        nested = {part for entries in self.leaves.values() for _, _, above in entries for part in above}
        self.has_numbers = any(map(str.isdecimal, self.leaves))  # years and months as numbers
        # a title may stand behind a number, and may be the beginning of a longer text: then any text may be it
        self.words = frozenset() if table.title else frozenset(self.leaves) | nested
        self._needed = [
            {leaf for leaf, entries in self.leaves.items() if any(entry[0] == key for entry in entries)}
            for key in self.required
        ]

    def may_stand_on(self, grid: Grid) -> bool:
        """Whether the sheet holds every required heading somewhere: cheap to ask of many tables."""
        texts = index_texts(grid, [self])
        return not any(leaves.isdisjoint(texts) for leaves in self._needed)


_known: dict[int, tuple[models.Table, Headings]] = {}
_MOST_KNOWN = 512


def headings_of(table: models.Table) -> Headings:
    """The headings of a table, worked out once: a rulebook reads many workbooks."""
    found = _known.get(id(table))
    if found is None or found[0] is not table:
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        _known[id(table)] = found = table, Headings(table)
    return found[1]


def read_unit_in_words(text: str) -> str:
    """The unit of measure that a short text names, alone, in brackets, or behind «ĐVT:»; "" where it names none.

    >>> read_unit_in_words("(ĐVT: triệu đồng)"), read_unit_in_words("triệu đồng"), read_unit_in_words("số, ngày")
    ('triệu đồng', 'triệu đồng', '')
    """
    unit = tidy(text).strip(" ().;")
    labelled = _UNIT_LABEL.match(unit.casefold())
    unit = unit[labelled.end() :] if labelled else unit
    return unit if is_measure(unit) else ""


def read_units_line(text: str) -> list[str]:
    """The units of measure that a line «ĐVT: …» names; where it names none that is known, what it says instead.

    >>> read_units_line("(Biểu 2; đơn vị tính: nghìn đồng, %)"), read_units_line("Đơn vị: UBND xã")
    (['nghìn đồng', '%'], [])
    >>> read_units_line("ĐVT: 10^6 đồng")
    ['10^6 đồng']
    """
    folded = fold(text)
    found = _UNITS_LINE.search(folded) if "đv" in folded or "đơn vị" in folded else None
    if found is None:
        return []
    named = [name for piece in _UNITS_APART.split(found[2]) if (name := piece.strip(" .:"))]
    last = [name.rpartition(":")[2].strip() for name in named]  # «diện tích: ha; kinh phí: triệu đồng»
    return [name for name in last if is_measure(name)] or (named[:1] if found[1] else [])


@lru_cache(maxsize=4096)
def _bare(text: str) -> tuple[str, str]:
    """A heading's key without the unit of measure in brackets behind it, and that unit; "" where there is none."""
    bracketed = _BRACKETED.fullmatch(strip_mark(text)) if ")" in text[-6:] else None
    unit = read_unit_in_words(bracketed[2]) if bracketed else ""
    return (fold_heading(bracketed[1]), unit) if bracketed and unit else ("", "")


class _Readings(dict[str, tuple[tuple[str, str], ...]]):
    """A text -> what it may be as a heading: its folded form, and the unit in brackets behind it.

    The same few texts stand in every workbook of a form.
    """

    def __init__(self, sought: frozenset[Headings]) -> None:
        super().__init__()
        self._words = frozenset[str]().union(*[headings.words for headings in sought])
        self._every = not all(headings.words for headings in sought)
        self.reach = _LONGEST if self._every else max(map(len, self._words)) + _UNIT_ROOM
        self.begins = Beginnings([""] if self._every else self._words)

    def __missing__(self, text: str) -> tuple[tuple[str, str], ...]:
        folded = fold_heading(text)
        unit, found = "", list[tuple[str, str]]()
        if folded[-1:] == ")":
            bare, unit = _bare(text)
            if unit:
                found.append((bare, unit))
        if self._every or folded in self._words:  # a rulebook may have the unit in its heading, too
            found.insert(0, (folded, unit))
        if len(self) >= _MOST_READINGS:
            self.clear()
        self[text] = made = tuple(found)
        return made


_MOST_READINGS = 8192
_readings_of = lru_cache(maxsize=64)(_Readings)


def index_texts(grid: Grid, sought: Sequence[Headings]) -> Mapping[str, Sequence[tuple[int, int, str]]]:
    """Where the texts stand that may be headings, by their folded form: row, column, and unit in brackets behind it.

    Args:
        grid: the sheet; the index is kept with it, and made again only where the first of `sought` is new to it.
        sought: the headings of the table, and of those that will be looked for next. Any text may be a title.
    """
    if sought[0] in grid.sought:
        return grid.texts
    grid.sought.update(sought)
    readings = _readings_of(frozenset(grid.sought))
    reach, begins, start = readings.reach, readings.begins, Beginnings.REACH
    found: dict[str, list[tuple[int, int, str]]] = {}
    for row, cells in grid.rows.items():
        for column, (_value, kind, text, _formula, _style) in cells.items():
            if kind != "text" or not begins[text[:start]]:
                continue
            if len(text) <= reach or (len(text) <= _LONGEST and len(tidy(text)) <= reach):
                for folded, unit in readings[text]:
                    found.setdefault(folded, []).append((row, column, unit))
    if any(headings.has_numbers for headings in grid.sought):
        for row, column, text in find_numbers(grid):
            found.setdefault(text, []).append((row, column, ""))
    grid.texts = found
    return found


def find_headers(grid: Grid, headings: Headings) -> tuple[list[Hit], list[Block]]:
    """The cells of a sheet that read like headings of a table, and the headers that they make; kept with the sheet."""
    found = grid.headers.get(headings)
    if found is None:
        hits = find_hits(grid, headings)
        grid.headers[headings] = found = hits, find_blocks(hits, headings)
    return found


def find_hits(grid: Grid, headings: Headings) -> list[Hit]:
    """Every cell that reads like a heading, from the top."""
    texts, anchors = index_texts(grid, [headings]), grid.anchors()
    hits: list[Hit] = []
    for leaf, entries in headings.leaves.items():
        for row, column, unit in texts.get(leaf, ()):
            for key, rank, above in entries:
                if above and not _stands_under(grid, row, column, above):
                    continue
                _, _, last_row, last_column = anchors.get((row, column)) or (row, column, row, column)
                hits.append(Hit(row, column, last_row, last_column, key, rank, grid.rows[row][column].text, unit))
    return sorted(hits)


def _stands_under(grid: Grid, row: int, column: int, above: tuple[str, ...]) -> bool:
    """Whether the headings above the cell are these, the nearest first; others may stand between."""
    anchors = grid.anchors()
    for top, left, _ in grid.texts.get(above[0], ()):  # cheap to ask, and most often enough
        if top < row and left <= column <= anchors.get((top, left), (0, 0, 0, left))[3]:
            break
    else:
        return False
    areas = grid.flat_merges()
    wanted, highest = 0, max(1, row - HIGHEST_HEADING)
    while wanted < len(above) and row > highest:
        row -= 1
        anchor = column
        for top, left, _, right in areas.get(row, ()):
            if left <= column <= right:
                row, anchor = top, left
                break
        cell = grid.at(row, anchor)
        if cell is None or cell.kind != "text":
            continue
        if fold_heading(cell.text) == above[wanted] or (")" in cell.text and _bare(cell.text)[0] == above[wanted]):
            wanted += 1
    return wanted == len(above)


def find_blocks(hits: list[Hit], headings: Headings) -> list[Block]:
    """The headers of a sheet, from the top: of blocks that overlap the one with the most headings, then the lowest."""
    rows = [hit.row for hit in hits]
    keys = [(hit.key, hit.row) for hit in hits]
    tops = sorted(set(rows))
    required = set(headings.required)
    blocks: list[Block] = []
    start = 0
    while start < len(tops):
        best: Block | None = None
        for top in tops[start : bisect_left(tops, tops[start] + HEADER_ROWS)]:
            # in order of rows: the first of a key is what stays of it
            first = dict(reversed(keys[bisect_left(rows, top) : bisect_left(rows, top + HEADER_ROWS)]))
            if 2 * len(required & first.keys()) < len(required):
                continue
            found = Block(top, max(first.values()), frozenset(first))
            if best is None or (len(found.keys), top - found.last) > (len(best.keys), best.top - best.last):
                best = found
        if best is None:
            start += 1
        else:
            blocks.append(best)
            start = bisect_left(tops, best.last + 1)
    return blocks


def choose_block(blocks: list[Block]) -> tuple[Block, list[Block]]:
    """The block with the most headings, closest together, topmost of equals; and all that have as many as closely."""
    if len(blocks) == 1:
        return blocks[0], blocks
    most = max(len(block.keys) for block in blocks)
    best = min((block for block in blocks if len(block.keys) == most), key=lambda b: (b.last - b.top, b.top))
    equals = [
        b for b in blocks if b == best or (most > 1 and b.keys >= best.keys and b.last - b.top <= best.last - best.top)
    ]
    return best, equals


def find_bottom(grid: Grid, block: Block, hits: Sequence[Hit]) -> int:
    """The last row of the header: headings merged downwards reach as far as their merge.

    A title that is merged over several columns stands beside the headings of a table on its side, and is none of them.
    """
    top, last, _ = block
    columns = [hit.column for hit in hits if top <= hit.row <= last]
    reach = [
        bottom
        for first, left, bottom, right in grid.merges
        if top <= first <= last
        and bottom < top + 2 * HEADER_ROWS
        and not (grid.turned and (right < min(columns) or left > max(columns)))
    ]
    return max([last, *reach])


def take_columns(grid: Grid, file: str, layout: Layout, block: list[Hit], headings: Headings) -> None:
    """Give each column of the table its column of the sheet, where there is exactly one."""
    by_key: dict[str, list[Hit]] = {}
    for hit in block:
        if hit.last_row >= layout.bottom or not _is_parent(grid, hit, layout.bottom):
            by_key.setdefault(hit.key, []).append(hit)
    wide = _find_wide_units(grid, layout.top, layout.bottom)
    certain = [hits[0].column for hits in by_key.values() if len(hits) == 1]
    sides = find_sides(grid, layout.top, layout.bottom)
    layout.side = next((s for s in sides if certain and s[0] <= min(certain) <= max(certain) <= s[1]), None)
    for key in headings.shown:
        hits = by_key.get(key, [])
        if layout.side is not None:
            hits = [hit for hit in hits if layout.side[0] <= hit.column <= layout.side[1]]
        if len(hits) > 1:  # the rulebook's order of headings says which it prefers
            first = min([hit.rank for hit in hits])
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
                    Place(file, grid.name, grid.address(hits[0].row, hits[0].column)),
                    {
                        "count": len(columns),
                        "heading": headings.shown[key],
                        "cells": ", ".join(grid.address(hit.row, hit.column) for hit in hits),
                    },
                )
            )
        elif hits:
            layout.columns[key] = hits[0].column
            layout.headings[key] = tidy(hits[0].text)
            if hits[0].unit:
                layout.units[key] = hits[0].unit
            elif wide:
                row, column = hits[0][:2]
                over = (unit for area, unit in wide if area[2] < row and area[1] <= column <= area[3])
                layout.units_above[key] = next(over, "")


def _find_wide_units(grid: Grid, top: int, bottom: int) -> list[tuple[Area, str]]:
    """Headings over several columns that have a unit in brackets: «Kinh phí (triệu đồng)»; the lowest first."""
    found: list[tuple[Area, str]] = []
    first = top - 1  # the uppermost may hold no heading that is looked for
    for area in grid.merges:
        row, column, _, right = area
        if first <= row <= bottom and column < right:
            cell = grid.at(row, column)
            if cell is not None and cell.text[-1:] in _CLOSING and (unit := _bare(cell.text)[1]):
                found.append((area, unit))
    return sorted(found, reverse=True)


def _is_parent(grid: Grid, hit: Hit, bottom: int) -> bool:
    """Whether other headings stand under this one."""
    below = range(hit.last_row + 1, bottom + 1)
    return any(hit.column <= column <= hit.last_column for row in below for column in grid.rows.get(row, ()))


def report_missing(grid: Grid, file: str, layout: Layout, headings: Headings) -> None:
    """Say which required columns the header lacks, and what stands there that looks like them."""
    if layout.columns.keys() >= set(headings.required):
        return
    doubtful = {problem.fill["heading"] for problem in layout.problems}
    present = {
        tidy(cell.text): grid.address(row, column)
        for row in range(layout.top, layout.bottom + 1)
        for column, cell in sorted(grid.rows.get(row, {}).items())
        if cell.kind == "text" and column not in layout.columns.values()
    }
    start = min(layout.columns.values(), default=1)
    for key in headings.required:
        if key in layout.columns or headings.shown[key] in doubtful:
            continue
        fill: dict[str, object] = {"heading": headings.shown[key], "row": layout.top}
        close = [near for heading in headings.accepted[key] for near in nearest(heading, list(present))]
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
        if grid.turned:
            message = N_("bảng xoay ngang không có hàng «{heading}»; hãy thêm hàng, hoặc sửa lại tên hàng cho đúng")
            if close:
                message = N_(
                    "bảng xoay ngang không có hàng «{heading}»; gần nhất là «{near}» ở ô {cell}: hãy sửa lại tên ấy, "
                    "hoặc thêm hàng"
                )
        layout.problems.append(
            Problem("missing-column", message, Place(file, grid.name, grid.address(layout.top, start)), fill)
        )
