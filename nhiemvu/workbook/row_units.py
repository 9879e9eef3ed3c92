"""What each row says of its own unit of measure, and texts that are merged down over several rows."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import lru_cache

from nhiemvu.text import fold, tidy
from nhiemvu.workbook.grid import MAX_COLUMN, MAX_ROW, Cell, Grid
from nhiemvu.workbook.labels import UNIT_LABELS
from nhiemvu.workbook.tables import Located

_NOTHING: Mapping[int, Cell] = {}


def carry_down(grid: Grid, rows: Sequence[int], column: int, cells: list[Cell | None]) -> None:
    """A text that is merged downwards stands for every row of its merge."""
    first = rows[0] if rows else MAX_ROW + 1  # what ends above the body carries nothing into it
    areas = sorted([area for area in grid.merges if area[0] < area[2] >= first and area[1] <= column <= area[3]])
    for i, row in enumerate(rows if areas else ()):
        at = bisect_right(areas, (row, MAX_COLUMN + 1)) - 1
        if cells[i] is None and at >= 0 and row <= areas[at][2]:
            cells[i] = grid.at(*areas[at][:2])


def row_units(located: Located, rows: Sequence[int]) -> list[str]:
    """What each row's own cell says of its unit of measure."""
    at = located.layout.columns.get("unit") or _find_unit_column(located)
    if not at:
        return [""] * len(rows)
    cells = [located.grid.at(row, at) for row in rows]
    carry_down(located.grid, rows, at, cells)
    return [tidy(cell.text) if cell and cell.kind == "text" else "" for cell in cells]


def _find_unit_column(located: Located) -> int:
    """The column «ĐVT» of a table whose rulebook names it otherwise or not at all: what it says holds; 0 for none."""
    layout, columns = located.layout, located.definition.columns
    every = layout.columns.values()
    first, last = min(every, default=1) - 1, max(every, default=0) + 1
    taken = {column for key, column in layout.columns.items() if columns[key].type != "text"}
    found = [
        column
        for row in range(layout.top, layout.bottom + 1)
        for column, cell in located.grid.rows.get(row, _NOTHING).items()
        if cell.kind == "text" and first <= column <= last and column not in taken and _is_unit_label(cell.text)
    ]
    return found[0] if len(found) == 1 else 0


@lru_cache(maxsize=1024)
def _is_unit_label(text: str) -> bool:
    return len(text) < 20 and fold(text).strip(" :().") in UNIT_LABELS
