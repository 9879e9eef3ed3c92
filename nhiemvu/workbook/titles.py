"""The line that introduces a table, above its headings or as a group within the body of a longer table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from nhiemvu.errors import Place, Problem
from nhiemvu.messages import N_
from nhiemvu.text import fold, nearest
from nhiemvu.workbook.grid import MAX_ROW, Grid
from nhiemvu.workbook.headings import Block
from nhiemvu.workbook.lines import code_style

if TYPE_CHECKING:
    from nhiemvu.rules import models

_ABOVE = 8  # rows between a title and the headings that it introduces: its second line, the source, the units
_NUMBER = re.compile(
    r"(?:(?:biểu|bảng|phụ lục|mẫu)(?:\s+số)?\s*[\w./-]{0,12}|[ivxlc]{1,5}|[a-zđ]|\d{1,2}(?:\.\d{1,2}){0,3})\s*[.:)-]\s*"
)
_CODE = re.compile(r"\s*([\w.]{1,8}?)[.):]\s")


class Span(NamedTuple):
    """A header and, where the table is a group within the body under it, the rows between which it lies."""

    block: Block
    first: int = 0
    stop: int = MAX_ROW + 1


def bare_title(text: str) -> str:
    """A folded title without the number before it.

    >>> bare_title(fold("Biểu số 02: Nguồn vốn tỉnh")), bare_title(fold("II. Nguồn vốn tỉnh"))
    ('nguồn vốn tỉnh', 'nguồn vốn tỉnh')
    """
    for _ in range(2):  # «Biểu số 02: I. Nguồn vốn»
        number = _NUMBER.match(text)
        text = text[number.end() :] if number else text
    return text.rstrip(" :.;")


def find_spans(
    grid: Grid, file: str, table: models.Table, blocks: Sequence[Block], problems: list[Problem]
) -> list[Span]:
    """Where the table under a title lies: one span, or none with a problem that says why.

    Args:
        grid: the sheet.
        file: the workbook's name, for messages.
        table: the definition; it names titles.
        blocks: every header with the table's headings.
        problems: to be added to.
    """
    rows = _find_titles(grid, table.title)
    if not rows:
        problems.append(_say_no_title(grid, file, table))
        return []
    spans = {span: row for row in rows if (span := _span_under(grid, row, blocks, has_end=bool(table.end)))}
    if len(spans) == 1:
        return list(spans)
    message = (
        N_("dòng «{title}» có ở nhiều nơi (hàng {rows}); không biết lấy bảng nào: hãy để mỗi bảng một tên riêng")
        if spans
        else N_(
            "dưới dòng «{title}» (hàng {rows}) không có hàng tiêu đề của bảng, và dòng ấy không có số thứ tự (I, II, "
            "A, B, …) để biết nhóm kết thúc ở đâu; hãy thêm hàng tiêu đề hoặc số thứ tự"
        )
    )
    place = Place(file, grid.name, grid.address(rows[0], 1))
    fill: dict[str, object] = {"title": table.title[0], "rows": ", ".join(map(str, rows))}
    problems.append(Problem("several-tables" if spans else "missing-header", message, place, fill))
    return []


def _find_titles(grid: Grid, titles: Sequence[str]) -> list[int]:
    """Rows of the texts that are one of the titles, with its number or without; else of those that begin with one."""
    numbered = {fold(title).rstrip(" :.;") for title in titles}
    wanted = tuple(bare_title(title) for title in numbered)
    same: set[int] = set()
    exact: set[int] = set()
    longer: set[int] = set()
    for text, spots in grid.texts.items():  # of a table with a title all have been indexed
        bare, rows = bare_title(text), {row for row, _, _ in spots}
        if bare in wanted:
            exact |= rows
            same |= rows if text.rstrip(" :.;") in numbered else set()
        elif any(bare.startswith(title) and not bare[len(title)].isalnum() for title in wanted):
            longer |= rows
    return sorted(same or exact or longer)


def _span_under(grid: Grid, row: int, blocks: Sequence[Block], *, has_end: bool) -> Span | None:
    """What the title in a row introduces: the next headings, or the group that it heads; None where neither is sure."""
    below = next((block for block in blocks if block.top > row), None)
    if below is not None and below.top - row <= _ABOVE:
        return Span(below)
    above = next((block for block in reversed(blocks) if block.last < row), None)
    style = _row_style(grid, row)
    if above is None or not (style or has_end):
        return None
    later = (other for other in sorted(grid.rows) if other > row and style and _row_style(grid, other) == style)
    return Span(above, row + 1, next(later, MAX_ROW + 1))


def _row_style(grid: Grid, row: int) -> str:
    """How the row is numbered: by a code of its own, or before its text."""
    cell = grid.rows[row][min(grid.rows[row])]
    if cell.kind == "number":
        return code_style(f"{cell.value:g}")
    number = _CODE.match(cell.text) if cell.kind == "text" else None
    return code_style(number[1]) if number else code_style(cell.text) if len(cell.text) <= 8 else ""


def _say_no_title(grid: Grid, file: str, table: models.Table) -> Problem:
    close = nearest(bare_title(fold(table.title[0])), list(map(bare_title, grid.texts)))
    fill: dict[str, object] = {"title": table.title[0], "near": close[0] if close else ""}
    message = N_("trang này không có dòng «{title}» ở trên bảng; hãy thêm dòng ấy, hoặc sửa lại cho đúng")
    if close:
        message = N_(
            "trang này không có dòng «{title}» ở trên bảng; gần nhất là «{near}»: hãy sửa lại dòng ấy cho đúng"
        )
    return Problem("missing-title", message, Place(file, grid.name), fill)
