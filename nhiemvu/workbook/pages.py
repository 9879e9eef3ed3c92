"""A table over several pages: headers that each page repeats, and rows that only number the columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from nhiemvu.text import tidy
from nhiemvu.workbook.grid import Grid
from nhiemvu.workbook.headings import Block, Hit, find_bottom

# «A», «(b)», «3», «(3)=(1)+(2)», «3=2/1», «5 (=4/3)»; or only how a column comes of others: «(2)/(1)»
_COLUMN_MARK = re.compile(
    r"[(\[]?(?:([A-Za-z])|(\d{1,2}))[)\]]?(?:\s*[(\[]?=.*)?[)\]]?"
    r"|(?:=\s*[(\[]?\d{1,2}[)\]]?|[(\[]\d{1,2}[)\]])(?:\s*[-+*/:x]\s*[(\[]?\d{1,3}[)\]]?)+%?"
)
_ROWS_TO_CODE = 6  # under a header that a page repeats
_LONGEST_MARK = 60  # characters: «(12) = (10) + (11)»
_FEWEST_NUMBERS = 3  # of a row that numbers the columns


def join_pages(grid: Grid, blocks: Sequence[Block], hits: Sequence[Hit]) -> list[list[Block]]:
    """Headers that are one table: those that are repeated on each page, where the numbering goes on under them."""
    tables: list[list[Block]] = []
    for block in blocks:
        last = tables[-1][-1] if tables else None
        if last and goes_on(
            grid, (last.top, find_bottom(grid, last, hits)), (block.top, find_bottom(grid, block, hits))
        ):
            tables[-1].append(block)
        else:
            tables.append([block])
    return tables


def goes_on(grid: Grid, above: tuple[int, int], header: tuple[int, int]) -> bool:
    """Whether a header, by its first and last row, is that of the table above again, on the next page."""
    if grid.turned or _texts_of(grid, *above) != _texts_of(grid, *header):
        return False
    (_, end), (top, bottom) = above, header
    column = min(grid.rows[top])
    last = next(filter(None, (_read_count(grid, row, column) for row in range(top - 1, end, -1))), None)
    below = range(bottom + 1, bottom + _ROWS_TO_CODE)
    first = next(
        filter(None, (_read_count(grid, row, column) for row in below if not is_column_numbers(grid, row))), None
    )
    return last is not None and first == last + 1


def _texts_of(grid: Grid, top: int, bottom: int) -> dict[tuple[int, int], str]:
    return {
        (row - top, column): tidy(cell.text)
        for row in range(top, bottom + 1)
        for column, cell in grid.rows.get(row, {}).items()
    }


def _read_count(grid: Grid, row: int, column: int) -> int | None:
    """The number of a line, 7 or «07.»."""
    cell = grid.at(row, column)
    if cell is None or cell.kind not in ("number", "text"):
        return None
    text = f"{cell.value:g}" if isinstance(cell.value, float) else tidy(cell.text).rstrip(".")
    return int(text) if text.isdecimal() and len(text) < _ROWS_TO_CODE else None


def pages_after(tables: Iterable[Sequence[Block]], block: Block) -> Sequence[Block]:
    """The headers under which a table goes on that begins with this one."""
    return next((pages[pages.index(block) + 1 :] for pages in tables if block in pages), ())


def is_column_numbers(grid: Grid, row: int) -> bool:
    """Whether the row only numbers the columns: A | B | 1 | 2 | 3=2/1."""
    cells = grid.rows.get(row, {})
    if len(cells) < _FEWEST_NUMBERS:  # two cells that look so may well be figures
        return False
    letters: list[str] = []
    numbers: list[int] = []
    bracketed = True
    for _, cell in sorted(cells.items()):
        if len(cell.text) > _LONGEST_MARK:  # as in nearly every row
            return False
        text = str(int(cell.value)) if isinstance(cell.value, float) and cell.value.is_integer() else tidy(cell.text)
        mark = _COLUMN_MARK.fullmatch(text)
        if mark is None:
            return False
        if mark[1]:
            letters.append(mark[1].upper())
        elif mark[2]:
            numbers.append(int(mark[2]))
            bracketed = bracketed and isinstance(cell.value, str) and text[0] in "(["
    counted = numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else True
    # «(1) (2) (3) (5)»: one that was forgotten makes no figures of the others
    counted = counted or (bracketed and numbers == sorted(set(numbers)))
    lettered = [ord(letter) - 65 for letter in letters] == list(range(len(letters)))
    return counted and lettered
