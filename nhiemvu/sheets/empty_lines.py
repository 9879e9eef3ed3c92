"""A table to fill: its headings, and empty lines under them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.workbook import Workbook

from nhiemvu.engine.rows import UnitInfo
from nhiemvu.messages import N_, _
from nhiemvu.rules import models
from nhiemvu.rules.rulebook import Rulebook
from nhiemvu.sheets import inputs
from nhiemvu.sheets.fit import Piece, make_safe, measure
from nhiemvu.sheets.live.drawing import Live
from nhiemvu.sheets.live.places import Lines
from nhiemvu.sheets.theme import GROUP_FILL, HEADER_FILL, LOCKED_FILL, SIZE, Canvas, Styles
from nhiemvu.sheets.title import NATION, draw_title
from nhiemvu.text import fold
from nhiemvu.workbook.sheet_names import expand

LINES = 15  # empty lines of a table; more can be inserted
BLANK_UNIT = UnitInfo(code="", name="………………………", parent_agency="………………………")
LINE_WIDTHS: Mapping[str, int] = {"text": 240, "number": 130, "percent": 90, "verdict": 120, "date": 100}
PROTECTION = {
    "format_columns": True,
    "format_rows": True,
    "insert_rows": True,
    "delete_rows": True,
    "sort": True,
    "autofilter": True,
}
_TABLE_WIDTH = 1100  # pixels: a table of two columns still has room for the title block, and fits a page
_DASH = '#,##0;-#,##0;"–"'  # a total of nothing is a dash


def draw_lines(
    workbook: Workbook, styles: Styles, rulebook: Rulebook, name: str, unit: UnitInfo, live: Live | None
) -> None:
    """Empty lines under the headings, with a row of totals above them where the rulebook knows such a row."""
    table = rulebook.tables[name]
    columns = list(table.columns.values())
    middle = max((len(columns) - 1) // 2, 0)
    right = middle + 1 if len(columns) > 2 else len(columns) - 1
    canvas = Canvas(workbook, styles, name_sheet(table), _line_widths(columns, right))
    row = draw_title(
        canvas,
        unit,
        left=max(middle - 1, 0) if len(columns) > 2 else 0,
        right=right,
        title=(table.label or name_sheet(table)).upper(),
        lines=[rulebook.title, guide()],
        fillable=unit is BLANK_UNIT,
    )
    if table.unit:
        canvas.merge(row, 0, canvas.last, _("ĐVT: {unit}", unit=table.unit), italic=True, align="right")
        row += 1
    header = draw_headings(canvas, row, columns)
    first = header + 1
    total = next((word for word in table.skip if fold(word) in (fold("Tổng số"), fold("Tổng cộng"), fold("Cộng"))), "")
    if total:
        first += 1
    last = first + LINES - 1
    for at in range(first, last + 1):
        canvas.set_height(at, 21)
    for index, form in enumerate(columns):
        shown = inputs.format_column(form, table.unit)
        align = {} if form.type in ("text", "number") else {"align": "center"}
        for at in range(first, last + 1):
            canvas.write(at, index, "", **inputs.input_look(shown, **align))
        inputs.allow_column(canvas, (first, index, last, index), form)
        if total:
            word = total if index == 0 else ""
            _draw_total(canvas, (first - 1, index), form, word=word, lines=(first, last))
    if live is not None:  # lines are inserted above it
        last += 1
        for index in range(len(columns)):
            canvas.write(last, index, "", top=1, bg_color=LOCKED_FILL)
        canvas.set_height(last, 9)
        places = {key: index for index, key in enumerate(table.columns)}
        live.places.lines[name] = Lines(canvas.name, first - 1, last, places, has_total=bool(total))
    canvas.sheet.freeze_panes(header + 1, 1)
    canvas.set_page(header_rows=(row, header), last_row=last)
    canvas.sheet.protect("", PROTECTION)


def _draw_total(
    canvas: Canvas, cell: tuple[int, int], form: models.Column, *, word: str, lines: tuple[int, int]
) -> None:
    row, column = cell
    look: dict[str, Any] = {"border": 1, "bold": True, "bg_color": GROUP_FILL}
    if form.type == "number":
        letter = xl_col_to_name(column)
        formula = f"=SUM({letter}{lines[0] + 1}:{letter}{lines[1] + 1})"
        canvas.sheet.write_formula(row, column, formula, canvas.style(**look, num_format=_DASH), 0)
    else:
        canvas.write(row, column, word, **look)
    canvas.set_height(row, 22)


def _line_widths(columns: Sequence[models.Column], right: int) -> list[int]:
    """As the types want it; the last one has room for the name of the state above columns `right` and on."""
    widths = [LINE_WIDTHS[column.type] for column in columns]
    widths[-1] += max(round(measure(NATION, SIZE, bold=True)) + 20 - sum(widths[right:]), 0)
    short = _TABLE_WIDTH - sum(widths)
    if short > 0:
        widths[0] += short
    return widths


def draw_headings(canvas: Canvas, row: int, columns: Sequence[models.Column]) -> int:
    """Draw the first heading of each column; «A > B» stands as B under A, and neighbours share their A.

    Returns:
        The last row of the header.
    """
    paths = [[part.strip() for part in column.headings[0].split(">")] for column in columns]
    depth = max(len(path) for path in paths)
    look: dict[str, Any] = {"bold": True, "align": "center", "border": 1, "bg_color": HEADER_FILL}
    for index, path in enumerate(paths):
        for level, heading in enumerate(path):
            if level == len(path) - 1:
                _draw_tall(canvas, (row + level, row + depth - 1), index, heading, look)
            elif index == 0 or paths[index - 1][: level + 1] != path[: level + 1]:
                same = [other[: level + 1] == path[: level + 1] for other in paths[index:]]
                last = index + (same.index(False) if False in same else len(same)) - 1
                canvas.merge(row + level, index, last, heading, **look)
    for level in range(depth):
        pieces = [
            Piece(path[level], canvas.widths[index], SIZE, bold=True)
            for index, path in enumerate(paths)
            if level == len(path) - 1 and (depth == 1 or level > 0)
        ]
        canvas.fit_row(row + level, pieces, least=24)
    return row + depth - 1


def _draw_tall(canvas: Canvas, rows: tuple[int, int], column: int, heading: str, look: dict[str, Any]) -> None:
    top, bottom = rows
    safe = make_safe(heading)
    cell_format = canvas.style(safe, **look)
    if top == bottom:
        canvas.write(top, column, safe, **look)
    else:
        canvas.sheet.merge_range(top, column, bottom, column, "", cell_format)
        canvas.sheet.write_string(top, column, safe, cell_format)


def name_sheet(table: models.Table) -> str:
    """The name that the rulebook looks for first, within what Excel takes as a name."""
    name = expand(table.sheet[0])[0] if table.sheet else table.label or _(N_("Số liệu"))
    for forbidden in "[]:*?/\\":
        name = name.replace(forbidden, " ")
    return name.strip(" '")[:31]


def guide() -> str:
    """What every sheet to fill says first."""
    return _("Điền vào các ô nền vàng nhạt. Để trống là chưa có số liệu, không phải số 0; số lẻ ghi sau dấu phẩy.")
