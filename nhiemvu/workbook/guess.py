"""Which tables a sheet seems to hold, told without any rulebook: for a person to look at, never to judge by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from nhiemvu.text import Figure, Unreadable, fold, plain, read_figure, tidy
from nhiemvu.workbook.grid import MAX_COLUMN, Area, Cell, Grid
from nhiemvu.workbook.headings import HEADER_ROWS, read_unit_in_words
from nhiemvu.workbook.labels import CODE_LABELS, find_sides, read_numbers
from nhiemvu.workbook.pages import goes_on

_LONGEST = 200  # characters of a heading
_FEWEST = 3  # headings that make a header; two only where figures stand directly under them
_TITLE_ABOVE = 6
_SHARES = ("ty le", "ti le", "dat", "so sanh", "%")  # how headings begin of what has no unit of those beside it


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's headings from the top down, and the unit in brackets behind the last, or behind one above."""

    column: int
    path: tuple[str, ...]
    unit: str

    @property
    def is_code(self) -> bool:
        """Whether the column numbers the rows."""
        return fold(self.path[-1]).rstrip(".") in CODE_LABELS


@dataclass(frozen=True, slots=True)
class Header:
    """What looks like the header of a table."""

    top: int
    bottom: int
    headings: tuple[Heading, ...]
    title: str


@lru_cache(maxsize=4096)
def read_typed(text: str) -> Figure | None:
    """The figure that a short text states, None where it states none."""
    if len(text) > 60 or not any(letter.isdigit() for letter in text):
        return None
    try:
        return read_figure(text)
    except Unreadable:
        return None


def guess_headers(grid: Grid) -> list[Header]:
    """Headers from the top; each ends where the next begins."""
    merges: dict[int, list[Area]] = {}
    for area in grid.merges:
        merges.setdefault(area[0], []).append(area)
    rows = sorted(grid.rows)
    headers: list[Header] = []
    for position, row in enumerate(rows):
        if headers and row <= headers[-1].bottom:
            continue
        cells = grid.rows[row]
        if len(cells) < 2 or not _may_be_headings(cells, {}):
            continue
        if 2 * sum(_is_figure(cell) for cell in cells.values()) >= len(cells):
            continue
        bottom = _reach(grid, row, merges)
        if not _has_body(grid, cells, [below for below in rows[position + 1 : position + 12] if below > bottom]):
            continue
        headings = tuple(_read_headings(grid, row, bottom, merges))
        if len(headings) < 2 or (headers and _repeats(headers[-1], headings)):
            continue
        if headers and goes_on(grid, (headers[-1].top, headers[-1].bottom), (row, bottom)):
            continue
        for first, last in find_sides(grid, row, bottom) or [(1, MAX_COLUMN)]:
            side = tuple(heading for heading in headings if first <= heading.column <= last)
            headers.append(Header(row, bottom, side, _find_title(grid, row, first, last)))
    return headers


def _may_be_headings(cells: Mapping[int, Cell], above: Mapping[int, Cell]) -> bool:
    """Whether a row holds nothing but texts that are short enough, and numbers that are headings."""
    numbers = read_numbers(cells, above) if any(cell.kind == "number" for cell in cells.values()) else {}
    return all(
        column in numbers or (cell.kind == "text" and len(cell.text) <= _LONGEST) for column, cell in cells.items()
    )


def _repeats(last: Header, headings: Sequence[Heading]) -> bool:
    """Whether a line of texts belongs to the table above: it has fewer columns, none outside, and no «TT»."""
    inside = last.headings[0].column <= headings[0].column and headings[-1].column <= last.headings[-1].column
    return inside and len(headings) < len(last.headings) and not any(heading.is_code for heading in headings)


def _reach(grid: Grid, row: int, merges: Mapping[int, Sequence[Area]]) -> int:
    """The last row of a header that begins in a row: as far as its cells are merged, and one more under wide ones.

    A row that begins where the header does is the first of the body.
    """
    cells, bottom, wide = grid.rows[row], row, set[int]()
    for top in range(row, row + HEADER_ROWS):
        if top > bottom:
            break
        for first, left, last, right in merges.get(top, ()):
            if last - first < HEADER_ROWS and (first > row or left in cells):
                bottom = max(bottom, last)
                wide |= {last} if right > left else set()
        below = grid.rows.get(bottom + 1, {})
        if bottom in wide and below and min(cells) not in below and _may_be_headings(below, grid.rows[top]):
            bottom += 1
    return min(bottom, row + HEADER_ROWS - 1)


def _has_body(grid: Grid, cells: Mapping[int, Cell], below: Sequence[int]) -> bool:
    """Whether lines of a table follow: figures under the headings, or lines as wide as the header."""
    if not below:
        return False
    first = grid.rows[below[0]]
    if len(cells) < _FEWEST:
        return any(_is_figure(first.get(column)) for column in cells)
    lines = [grid.rows[row] for row in below[:4]]
    return any(_is_figure(cell) for line in lines for cell in line.values()) or len(first) >= len(cells) >= _FEWEST + 1


def _is_figure(cell: Cell | None) -> bool:
    if cell is None:
        return False
    return cell.kind in ("number", "percent") or (cell.kind == "text" and read_typed(cell.text) is not None)


def _read_headings(grid: Grid, top: int, bottom: int, merges: Mapping[int, Sequence[Area]]) -> Iterator[Heading]:
    anchors = {
        (row, column): (first, left)
        for at in range(top, bottom + 1)
        for first, left, last, right in merges.get(at, ())
        if last <= bottom and right - left < 200
        for row in range(first, last + 1)
        for column in range(left, right + 1)
    }
    numbers = {row: read_numbers(grid.rows.get(row, {}), grid.rows.get(row - 1, {})) for row in range(top, bottom + 1)}
    for column in sorted({column for row in range(top, bottom + 1) for column in grid.rows.get(row, ())}):
        path: list[str] = []
        seen: set[tuple[int, int]] = set()
        for row in range(top, bottom + 1):
            at = anchors.get((row, column), (row, column))
            cell = grid.at(*at)
            if cell is not None and at not in seen and cell.kind == "text" and tidy(cell.text):
                seen.add(at)
                path.append(tidy(cell.text))
            elif column in numbers[row]:
                path.append(numbers[row][column])
        if path:
            yield Heading(column, tuple(path), _find_unit(path))


def _find_unit(path: Sequence[str]) -> str:
    """The unit in brackets behind a heading; else behind one above it, unless that is a share of what is above."""
    for heading in path[-1:] if plain(path[-1]).startswith(_SHARES) else reversed(path):
        if heading.endswith(")") and (unit := read_unit_in_words(heading.rpartition("(")[2])):
            return unit
    return ""


def _find_title(grid: Grid, top: int, first: int, last: int) -> str:
    """The nearest line above that is neither in brackets, nor the form's number, nor its unit."""
    for row in range(top - 1, max(0, top - _TITLE_ABOVE - 1), -1):
        cells = grid.rows.get(row, {})
        if len(cells) == 1:
            ((column, cell),) = cells.items()
            if not first <= column <= last:
                continue
            text = tidy(cell.text)
            if (
                cell.kind == "text"
                and text[:1] != "("
                and not plain(text).startswith(("dvt", "don vi", "bieu so", "phu luc"))
            ):
                return text
    return ""
