"""Find a table under its headings, wherever on a sheet it stands, and the rows that belong to it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from nhiemvu.errors import Place, Problem
from nhiemvu.messages import N_
from nhiemvu.text import Beginnings, fold, tidy
from nhiemvu.workbook.grid import MAX_COLUMN, MAX_ROW, Cell, Grid
from nhiemvu.workbook.headings import (
    Block,
    Headings,
    Hit,
    choose_block,
    find_bottom,
    find_headers,
    headings_of,
    index_texts,
    read_unit_in_words,
    read_units_line,
    report_missing,
    take_columns,
)
from nhiemvu.workbook.labels import UNIT_LABELS, find_gap
from nhiemvu.workbook.lines import keep_counted
from nhiemvu.workbook.pages import is_column_numbers, join_pages, pages_after
from nhiemvu.workbook.titles import Span, find_spans
from nhiemvu.workbook.values import find_unit, is_measure, is_money, is_share

if TYPE_CHECKING:
    from nhiemvu.rules import models

_START = 80  # characters of a text that tell what kind of row it begins
_TELLING = 2  # texts of a row that tell it
_LONGEST_LINE = 400  # characters: the unit may stand at the end of «(Kèm theo Báo cáo số …; đơn vị tính: …)»
_UNITS_ABOVE = 6  # a title and a line «ĐVT: triệu đồng» stand at most so many rows above a header
_UNITS_LABEL = UNIT_LABELS | {"đơn vị"}
_CODE = re.compile(r"[-+*•]|[(\[]?(?:[ivx]+|[a-zđ]|\S*\d\S*)[)\].:]*")  # folded
_TITLE_CELLS = 2  # a title and a line of units have at most so many texts a row
# What closes a form or sums it up, in any form of the trade.
FOOTERS = tuple(map(fold, (
    "nơi nhận", "người lập biểu", "người lập bảng", "thủ trưởng đơn vị", "kt. chủ tịch",
    "tm. ủy ban nhân dân", "tm.ủy ban nhân dân", "tm. ubnd", "tm.ubnd",
)))  # fmt: skip
_DATE_LINE = re.compile(r"(?:.*[\s,])?ngày[\s.…\d]*tháng[\s.…\d]*năm[\s.…\d]*")
TOTALS = ("tổng số", "tổng cộng", "cộng", "trong đó")
NOTES = ("ghi chú", "(ghi chú", "(*)")  # between the lines of a table; without a figure they are none
_beginnings = lru_cache(maxsize=64)(Beginnings)


@dataclass(slots=True)
class Layout:
    """Where a table, or one of several parts of it, stands on a sheet.

    Attributes:
        top, bottom: first and last row of its headings.
        rows: rows of its body.
        columns: column name -> column of the sheet.
        headings: column name -> heading as the workbook has it.
        units: column name -> unit of measure in brackets behind the heading, or in a row of units under it.
        units_above: column name -> unit in brackets behind a heading that is merged over the column's.
        unit, unit_cell: what the line «ĐVT: …» above the table says, and where; "" where it cannot be read.
        line_units: every unit that this line names, as in «ĐVT: nghìn đồng, %».
        line_is_near: it stands so close that it speaks of no other table.
        side: first and last column, where other tables stand beside this one.
        problems: what is missing or in doubt.

    Of a sideways table rows and columns are those of the turned grid.
    """

    sheet: str
    top: int = 0
    bottom: int = 0
    rows: list[int] = field(default_factory=list)
    columns: dict[str, int] = field(default_factory=dict)
    headings: dict[str, str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    units_above: dict[str, str] = field(default_factory=dict)
    unit: str = ""
    unit_cell: str = ""
    line_units: list[str] = field(default_factory=list)
    line_is_near: bool = False
    side: tuple[int, int] | None = None
    problems: list[Problem] = field(default_factory=list)


def find_tables(grid: Grid, file: str, table: models.Table, others: Sequence[models.Table] = ()) -> list[Layout]:
    """Find every part of a table on a sheet: one, unless all with these headings are declared to be one table.

    Args:
        grid: the sheet; of a sideways table, the turned sheet.
        file: the workbook's name, for messages.
        table: the rulebook's definition.
        others: definitions of other tables: where one of these begins, this one ends.

    Returns:
        The parts from the top; none where the sheet has none of the headings, or fewer than half of those that are
        required. What is in doubt is among the problems of the first.
    """
    headings = headings_of(table)
    if headings not in grid.sought:  # once for all of them
        index_texts(grid, [headings, *map(headings_of, others)])
    hits, blocks = find_headers(grid, headings)
    if not blocks:
        return []
    best, equals = choose_block(blocks)
    stops = sorted({*[block.top for block in equals], *_find_others(grid, others)})
    problems: list[Problem] = []
    tables = join_pages(grid, equals, hits)
    groups: list[list[Span]]
    if table.title:
        groups = [
            [span, *(Span(page) for page in pages_after(tables, span.block))]
            for span in find_spans(grid, file, table, blocks, problems)
        ]
    elif table.nth == "all":
        groups = [[Span(page) for page in pages] for pages in tables]
    elif table.nth is not None:
        groups = [[Span(block) for block in pages] for pages in tables[table.nth - 1 : table.nth]]
        if not groups:
            problems.append(_say_too_few(file, grid.name, table.nth, tables))
    else:
        groups = [[Span(best), *(Span(page) for page in pages_after(tables, best))]]
        if len(tables) > 1:
            problems.append(_say_several(file, grid, [pages[0] for pages in tables]))
    if not groups:
        return [Layout(grid.name, problems=problems)]
    layouts = [
        _as_one([_lay_out(grid, file, table, span, hits, headings, stops) for span in spans]) for spans in groups
    ]
    layouts[0].problems += problems
    return layouts


def _as_one(pages: list[Layout]) -> Layout:
    first, *others = pages
    for page in others:
        first.rows += page.rows
        first.problems += [problem for problem in page.problems if problem not in first.problems]
    return first


def _find_others(grid: Grid, others: Iterable[models.Table]) -> Iterator[int]:
    """Where tables of other definitions begin for certain: rows with all of the headings that they require."""
    for table in others:
        headings = headings_of(table)
        if len(headings.required) > 1 and headings.may_stand_on(grid):
            for block in find_headers(grid, headings)[1]:
                if block.keys.issuperset(headings.required):
                    yield block.top


def _lay_out(
    grid: Grid,
    file: str,
    table: models.Table,
    span: Span,
    hits: Sequence[Hit],
    headings: Headings,
    stops: Sequence[int],
) -> Layout:
    top = span.block.top
    layout = Layout(grid.name, top, find_bottom(grid, span.block, hits))
    # as far down as the header reaches: a column may also go by the name of a heading that others stand under
    block = [hit for hit in hits if top <= hit.row <= layout.bottom]
    take_columns(grid, file, layout, block, headings)
    first_key = min(layout.columns, key=layout.columns.__getitem__, default="")
    if layout.side is None and first_key and not grid.turned and table.columns[first_key].type == "text":
        # its rows have names of their own: what stands left of a blank column is another table's
        gap = find_gap(grid, top, layout.bottom, layout.columns[first_key])
        layout.side = (gap + 1, MAX_COLUMN) if gap else None
    report_missing(grid, file, layout, headings)
    if table.kind != "facts":
        _find_units_line(grid, layout)
    first = layout.bottom + 1
    for _ in range(2):  # the row of units and the row of column numbers, in whichever order
        if not (_take_units_row(grid, first, layout, table) or is_column_numbers(grid, first)):
            break
        first += 1
    first = max(first, span.first)
    stop = min((row for row in (*stops, span.stop) if row >= first), default=MAX_ROW + 1)
    layout.rows = list(_find_body(grid, first, stop, table, layout))
    if stop in stops:
        _leave_titles(grid, layout, stop)
    keep_counted(grid, file, layout, table.counted)
    return layout


def has_required(layout: Layout | None, table: models.Table) -> bool:
    """Whether every required column was found."""
    return layout is not None and all(key in layout.columns for key, column in table.columns.items() if column.required)


def _say_several(file: str, grid: Grid, blocks: Iterable[Block]) -> Problem:
    rows = sorted(block.top for block in blocks)
    return Problem(
        "several-tables",
        N_(
            "có nhiều bảng cùng tiêu đề trên một trang, bắt đầu ở các hàng {rows}; không biết lấy bảng nào: hãy để mỗi "
            "bảng một trang, hoặc trong quy tắc thêm title (dòng tên bảng), nth (bảng thứ mấy), hay nth: all nếu tất "
            "cả là một bảng"
        ),
        Place(file, grid.name, grid.address(rows[0], 1)),
        {"rows": ", ".join(map(str, rows))},
    )


def _say_too_few(file: str, sheet: str, nth: int, tables: Sequence[Sequence[Block]]) -> Problem:
    return Problem(
        "several-tables",
        N_("quy tắc lấy bảng thứ {nth} trên trang, nhưng trang chỉ có {count} bảng có các tiêu đề này"),
        Place(file, sheet),
        {"nth": nth, "count": len(tables)},
    )


# --- around and under the header ----------------------------------------------------------------------------------


def _inside(grid: Grid, row: int, layout: Layout) -> Mapping[int, Cell]:
    """The cells of a row that are the table's; of a column read as one, those between its first and its last row."""
    cells = grid.rows.get(row, {})
    if layout.side is not None:
        first, last = layout.side
        return {column: cell for column, cell in cells.items() if first <= column <= last}
    if not grid.turned:
        return cells
    columns = layout.columns.values()
    return {column: cell for column, cell in cells.items() if min(columns) <= column <= max(columns)} if columns else {}


def _find_units_line(grid: Grid, layout: Layout) -> None:
    """The line of units nearest above the table; on a sheet of several tables it may stand above the first only."""
    for row, column, cell in _walk_up(grid, layout):
        near = grid.turned or row >= layout.top - _UNITS_ABOVE
        if cell.kind != "text" or not (near or ":" in cell.text) or len(text := tidy(cell.text)) > _LONGEST_LINE:
            continue
        units = read_units_line(text)
        if near and not units and len(grid.rows[row]) <= _TITLE_CELLS and is_money(text):
            units = [text.strip(" ().")]  # «(nghìn đồng)» alone in its row
        known = [unit for unit in units if is_measure(unit)]
        if known or (units and near):
            layout.line_units, layout.line_is_near = units, near
            layout.unit = min(known, key=is_share, default="")  # the first that is no share
            layout.unit_cell = grid.address(row, column)
            return


def _walk_up(grid: Grid, layout: Layout) -> Iterator[tuple[int, int, Cell]]:
    if grid.turned:
        first = min(layout.columns.values(), default=0)
        for row, cells in grid.rows.items():
            for column in range(first - 1, max(0, first - _UNITS_ABOVE - 1), -1):
                if column in cells:
                    yield row, column, cells[column]
        return
    for row in sorted((row for row in grid.rows if row < layout.top), reverse=True):
        for column, cell in grid.rows[row].items():
            yield row, column, cell


def _take_units_row(grid: Grid, row: int, layout: Layout, table: models.Table) -> bool:
    """Whether the row says nothing but in which unit each column is; they are kept."""
    keys = {column: key for key, column in layout.columns.items()}
    units: dict[str, str] = {}
    certain = False  # «lớp» alone may be anything; beside «ĐVT» or «triệu đồng» it is a unit
    for column, cell in _inside(grid, row, layout).items():
        key = keys.get(column)
        text = fold(cell.text).strip(" :().") if cell.kind == "text" else ""
        if text in _UNITS_LABEL:
            certain = True
        elif key is not None and table.columns[key].type in ("number", "percent") and find_unit(text) is not None:
            units[key] = read_unit_in_words(cell.text) or text
            certain = certain or bool(read_unit_in_words(cell.text))
        elif key is not None or not text:
            return False
    if certain:
        layout.units = units | layout.units
    return certain and bool(units)


def _find_body(grid: Grid, first: int, stop: int, table: models.Table, layout: Layout) -> Iterator[int]:
    """The rows that hold something in one of the table's columns, up to the end of the table."""
    ends = (*map(fold, table.end), *FOOTERS)
    skips = tuple(map(fold, table.skip))
    telling = ends + skips + TOTALS + NOTES
    begins, reach = _beginnings(telling), Beginnings.REACH
    columns = set(layout.columns.values())
    rows = sorted(grid.rows)
    for row in rows[bisect_left(rows, first) : bisect_left(rows, stop)]:
        cells = _inside(grid, row, layout)
        # the first text may be a code such as «I» before «Tổng số»; later ones are narrative: they begin with anything
        texts: list[str] = []
        tells = False
        for column in sorted(cells):
            _, kind, text, _, _ = cells[column]
            if kind == "text":
                if begins[text[:reach]]:
                    text = fold(text[:_START])
                    tells = tells or text.startswith(telling)
                texts.append(text)
                if len(texts) == _TELLING:
                    break
        if len(cells) == 1 and any(_DATE_LINE.fullmatch(fold(text[:_START])) for text in texts):
            return
        if not tells:  # as nearly every row
            if not columns.isdisjoint(cells):
                yield row
            continue
        if any(text.startswith(ends) for text in texts):
            return
        if not (columns.isdisjoint(cells) or _is_left_out(cells, texts, skips, table, layout)):
            yield row


def _is_left_out(
    cells: Mapping[int, Cell], texts: Sequence[str], skips: tuple[str, ...], table: models.Table, layout: Layout
) -> bool:
    """Whether the row is a total, or one that the rulebook skips: told by its name, never by a remark behind it."""
    if table.kind == "lines":
        if texts[0].startswith(NOTES) and not any(cell.kind in ("number", "percent") for cell in cells.values()):
            return True
        told = texts if _CODE.fullmatch(fold(texts[0])) else texts[:1]
        return any(text.rstrip(" :.") in TOTALS or text.startswith(skips) for text in told)
    # a criterion may well be called «Tổng số lao động …»: it is known by its code, or by its whole name
    code = cells.get(layout.columns.get("id", 0))
    if code is not None:
        return fold(code.text).startswith(skips)
    return texts[0].partition(":")[0].rstrip(" .") in skips


def _leave_titles(grid: Grid, layout: Layout, stop: int) -> None:
    """Take off the rows directly above the next table that are its title and its line of units."""
    while layout.rows and layout.rows[-1] >= stop - _UNITS_ABOVE:
        cells = grid.rows[layout.rows[-1]].values()
        if len(cells) > _TITLE_CELLS or any(cell.kind != "text" for cell in cells):
            return
        layout.rows.pop()
