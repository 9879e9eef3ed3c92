"""A workbook to fill, made from a rulebook: one sheet for each of its tables, headed as the rulebook reads them.

What is not to be typed is locked, without a password; what is, stands on a light ground. A blank means that there is no
figure yet, so no cell to be filled holds a nought.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping
from typing import Any

from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.workbook import Workbook

from nhiemvu.engine.rows import UnitInfo
from nhiemvu.messages import _
from nhiemvu.rules import measure as ms
from nhiemvu.rules import models
from nhiemvu.rules.rulebook import Node, Rulebook
from nhiemvu.sheets import inputs
from nhiemvu.sheets.draw import hide_first_page_number
from nhiemvu.sheets.empty_lines import (
    BLANK_UNIT,
    LINE_WIDTHS,
    PROTECTION,
    draw_headings,
    draw_lines,
    guide,
    name_sheet,
)
from nhiemvu.sheets.fit import Piece, count_lines, make_safe
from nhiemvu.sheets.live.drawing import ADVICE, VERDICT, Live
from nhiemvu.sheets.live.drawing import WIDTHS as LIVE_WIDTHS
from nhiemvu.sheets.live.formulas import address
from nhiemvu.sheets.theme import (
    FONT,
    GROUP_FILL,
    HEADER_FILL,
    LOCKED_FILL,
    SIZE,
    TASK_FILL,
    Canvas,
    Styles,
    open_workbook,
)
from nhiemvu.sheets.title import draw_signatures, draw_title

_SMALL = 11
_NOTE_WIDTH = 330  # pixels

_RESULT_WIDTHS: Mapping[str, int] = {
    "id": 54,
    "name": 250,
    "unit": 62,
    "target": 140,
    "value": 92,
    "numerator": 84,
    "denominator": 84,
    "declared": 100,
    "narrative": 210,
    "forecast": 100,
    "note": 90,
    **LIVE_WIDTHS,
}
_KIND_ORDER = {"facts": 0, "results": 1, "lines": 2}


def draw_template(
    rulebook: Rulebook, *, unit: UnitInfo | None = None, verdicts: Mapping[str, str] | None = None
) -> bytes:
    """A workbook to fill for a rulebook, as xlsx; the same input gives the same bytes.

    Args:
        rulebook: its tables become sheets: the unit's facts first, then the results, then the tables of figures.
        unit: what is known of the unit is filled in.
        verdicts: where given, the workbook answers while one types: it holds the rules as formulas. They are what the
            engine concludes of the template while it is empty, by criterion, for programs that do not compute.
    """
    memory = io.BytesIO()
    workbook = open_workbook(memory, title=make_safe(rulebook.title)[:255])
    styles = Styles(workbook)
    live = Live(rulebook, verdicts) if verdicts is not None else None
    if live is not None:
        live.draw_summary(workbook, styles, unit or BLANK_UNIT, fillable=unit is None)
    growing: dict[int, range] = {}
    for name, table in sorted(rulebook.tables.items(), key=lambda each: _KIND_ORDER[each[1].kind]):
        if table.kind == "facts":
            _draw_facts(workbook, styles, rulebook, table, unit, live)
        elif table.kind == "results":
            own = live if name == rulebook.results_table else None
            position = len(workbook.worksheets())
            growing[position] = _draw_results(workbook, styles, rulebook, table, unit or BLANK_UNIT, own)
        else:
            draw_lines(workbook, styles, rulebook, name, unit or BLANK_UNIT, live)
    if live is not None:
        live.draw_calculation(workbook, styles)
    workbook.close()
    return hide_first_page_number(memory.getvalue(), growing)


def _draw_facts(
    workbook: Workbook,
    styles: Styles,
    rulebook: Rulebook,
    table: models.Table,
    unit: UnitInfo | None,
    live: Live | None,
) -> None:
    """One row a fact: its label, the cell for its value, how to write it."""
    canvas = Canvas(workbook, styles, name_sheet(table), [270, 240, 300])
    lines = [table.label or _("Thông tin chung"), _("Bộ quy tắc: {title}", title=rulebook.title), guide()]
    header = draw_title(
        canvas,
        unit or BLANK_UNIT,
        left=0,
        right=1,
        title=_("SỔ SỐ LIỆU ĐÁNH GIÁ NHIỆM VỤ"),
        lines=lines,
        fillable=unit is None,
    )
    headings = [column.headings[0] for column in table.columns.values()]
    for column, heading in enumerate([*headings[:2], _("Cách ghi")]):
        canvas.write(header, column, heading, bold=True, align="center", border=1, bg_color=HEADER_FILL)
    canvas.set_height(header, 26)
    known = _known_facts(rulebook, unit)
    row = header
    for row, (name, fact) in enumerate(rulebook.facts.items(), start=header + 1):
        hint = _explain_fact(fact)
        canvas.write(row, 0, fact.label, border=1, bold=True)
        look = inputs.input_look(inputs.format_fact(fact), align="left")
        given = known.get(name)
        if isinstance(given, dt.date):
            canvas.sheet.write_datetime(row, 1, dt.datetime(given.year, given.month, given.day), canvas.style(**look))
        else:
            canvas.write(row, 1, given or "", **look)
        canvas.write(row, 2, hint, border=1, italic=True, font_size=_SMALL)
        inputs.allow_fact(canvas, row, 1, fact)
        if live is not None:
            live.places.facts[name] = address(canvas.name, row, 1)
        canvas.fit_row(
            row,
            [Piece(fact.label, canvas.widths[0], SIZE, bold=True), Piece(hint, canvas.widths[2], _SMALL)],
            least=22,
        )
    canvas.sheet.freeze_panes(header + 1, 0)
    canvas.set_page(header_rows=(header, header), last_row=row, landscape=False)
    canvas.sheet.protect("", PROTECTION)


def _known_facts(rulebook: Rulebook, unit: UnitInfo | None) -> dict[str, str | dt.date | None]:
    known: dict[str, str | dt.date | None] = {"rulebook": rulebook.id}
    if unit is not None:
        known |= {
            "unit_code": unit.code,
            "unit_name": unit.name,
            "parent_agency": unit.parent_agency,
            "place": unit.place,
            "period": unit.period,
            "as_of": unit.as_of,
        }
    return known


def _explain_fact(fact: models.Fact) -> str:
    parts = [fact.note]
    if fact.unit:
        parts.append(_("Đơn vị tính: {unit}.", unit=fact.unit))
    if fact.type == "choice":
        parts.append(_("Chọn trong danh sách: {choices}.", choices="; ".join(fact.choices)))
    elif fact.type == "boolean":
        parts.append(_("Chọn Có hoặc Không."))
    return " ".join(part for part in parts if part)


def _draw_results(
    workbook: Workbook, styles: Styles, rulebook: Rulebook, table: models.Table, unit: UnitInfo, live: Live | None
) -> range:
    """One row a criterion: code, name and target are printed and locked, the figures are to be filled.

    Returns:
        The rows of the criteria.
    """
    columns = table.columns if live is None else live.extend(table.columns)
    names = list(columns)
    widths = [_RESULT_WIDTHS.get(name, LINE_WIDTHS[column.type]) for name, column in columns.items()]
    canvas = Canvas(workbook, styles, name_sheet(table), widths)
    middle = len(widths) // 2
    header = draw_title(
        canvas,
        unit,
        left=max(middle - 2, 0),
        right=middle,
        title=_("KẾT QUẢ THỰC HIỆN NHIỆM VỤ"),
        lines=[rulebook.title, guide(), _guide_figures()],
        fillable=unit is BLANK_UNIT,
    )
    top = header
    header = draw_headings(canvas, top, list(columns.values()))
    row = header
    for row, node in enumerate(rulebook.criteria, start=header + 1):
        _draw_criterion(canvas, row, rulebook, node, columns, live)
    if live is not None:
        live.draw_counts(canvas, top - 1)
        live.colour(canvas, header + 1, row, names.index(VERDICT))
    spans = [(0, max(middle - 4, 0)), (max(middle - 3, 1), middle), (middle + 1, canvas.last)]
    canvas.set_height(row + 1, 12)
    last = draw_signatures(canvas, unit, row + 2, spans=spans)
    canvas.sheet.freeze_panes(header + 1, names.index("name") + 1 if "name" in names else 1)
    canvas.sheet.outline_settings(symbols_below=False)
    canvas.sheet.set_comments_author("")
    canvas.sheet.set_zoom(90)
    if "id" in names:
        letter = xl_col_to_name(names.index("id"))
        canvas.sheet.ignore_errors({"number_stored_as_text": f"{letter}{header + 2}:{letter}{row + 1}"})
    canvas.set_page(header_rows=(top, header), last_row=last)
    canvas.sheet.protect("", PROTECTION)
    return range(header + 1, header + 1 + len(rulebook.criteria))


def _draw_criterion(
    canvas: Canvas,
    row: int,
    rulebook: Rulebook,
    node: Node,
    columns: Mapping[str, models.Column],
    live: Live | None,
) -> None:
    printed = {"id": node.id, "name": node.name, "unit": node.unit, "target": node.target_text}
    look: dict[str, Any] = {"border": 1}
    group = node.kind == "group"
    if group or node.level <= 1:
        look |= {"bold": True}
    if node.level <= 1:
        look |= {"bg_color": GROUP_FILL if node.level == 0 else TASK_FILL}
    tables = _tables_of(node)
    pieces = []
    for column, (name, form) in enumerate(columns.items()):
        width = canvas.widths[column]
        if name in printed:
            text = printed[name]
            where = {} if name == "name" else {"align": "center"}
            indent = min(max(node.level - 1, 0), 4) if name == "name" else 0
            size = SIZE if name in ("id", "name") else _SMALL
            bold = bool(look.get("bold")) and name in ("id", "name")
            shape = {**look, **where, "bold": bold, "font_size": size, **({"indent": indent} if indent else {})}
            canvas.write(row, column, text, **shape)
            pieces.append(Piece(text, width, size, bold, indent))
            if name == "target" and not group:
                _add_note(canvas, row, column, _explain(rulebook, node, tables))
        elif live is not None and name in LIVE_WIDTHS:
            live.draw_cell(canvas, row, column, name, node, **look)
            if name == ADVICE:
                pieces.append(Piece(live.longest_advice(node), width, _SMALL, indent=1))
        elif name in ("value", "numerator", "denominator") and (group or tables - {ms.PARTS}):
            canvas.write(row, column, "", **{"bg_color": LOCKED_FILL, **look, "bold": False})
        else:
            _draw_input(canvas, row, column, form, name=name, node=node, parts=ms.PARTS in tables)
            if live is not None:
                live.places.rows[node.id, name] = address(canvas.name, row, column)
    canvas.fit_row(row, pieces, least=24, level=min(max(node.level - 1, 0), 7))


def _draw_input(
    canvas: Canvas, row: int, column: int, form: models.Column, *, name: str, node: Node, parts: bool
) -> None:
    area = (row, column, row, column)
    if name == "value":
        shown = inputs.TEXT if parts else inputs.format_result(node)
        canvas.write(row, column, "", **inputs.input_look(shown, align="center"))
        inputs.allow_result(canvas, area, node, _hint_value(node, parts=parts))
        return
    numeric = form.type in ("number", "percent")
    shown = inputs.ANY if name in ("numerator", "denominator") else inputs.format_column(form, "")
    align = {"align": "center"} if numeric or form.type in ("verdict", "date") else {"font_size": _SMALL}
    canvas.write(row, column, "", **inputs.input_look(shown, **align))
    inputs.allow_column(canvas, area, form)


def _hint_value(node: Node, *, parts: bool) -> str:
    if parts:
        return _("Ghi từng phần, cách nhau bằng dấu chấm phẩy, ví dụ: nhà tiêu 409/424; nhà tắm 396/424.")
    if node.reads == "boolean":
        return _("Chọn Có hoặc Không.")
    if node.reads == "date":
        return _("Ghi ngày, ví dụ 29/5/2024.")
    if node.is_percent:
        return _("Ghi tỷ lệ, ví dụ 97,5%; hoặc để trống ô này và ghi tử số, mẫu số ở hai ô bên.")
    if node.unit:
        return _("Ghi số, tính bằng {unit}. Chưa có số liệu thì để trống.", unit=node.unit)
    return _("Ghi số liệu nếu có; tiêu chí không có số liệu thì chỉ ghi tự đánh giá và diễn giải.")


def _tables_of(node: Node) -> set[str]:
    """The tables that the criterion is reckoned from."""
    if node.measure is None:
        return set()
    return {part.table for part in ms.walk(node.measure) if isinstance(part, ms.Column)}


def _explain(rulebook: Rulebook, node: Node, tables: set[str]) -> str:
    """The note on a target: what it is, who says so, and where the figure comes from."""
    lines = [_("Mục tiêu: {target}", target=node.target_text), _("Căn cứ: {source}", source=node.source_text or "–")]
    lines += [
        _("Tính từ trang «{sheet}»; không ghi ở đây.", sheet=name_sheet(rulebook.tables[name]))
        for name in rulebook.tables
        if name in tables
    ]
    if node.evidence == "declared":
        lines.append(_("Xét theo tự đánh giá của đơn vị."))
    elif node.evidence == "declared_if_missing":
        lines.append(_("Thiếu số liệu thì xét theo tự đánh giá của đơn vị."))
    if node.form.note:
        lines.append(node.form.note)
    return "\n".join(lines)


def _add_note(canvas: Canvas, row: int, column: int, text: str) -> None:
    text = make_safe(text)
    height = count_lines(text, _NOTE_WIDTH, 10) * 18 + 14
    options = {"font_name": FONT, "font_size": 10, "width": _NOTE_WIDTH, "height": height, "color": "#FFFDF0"}
    canvas.sheet.write_comment(row, column, text, options)


def _guide_figures() -> str:
    return _("Đưa chuột vào ô Mục tiêu để xem căn cứ. Tỷ lệ ghi có dấu %, hoặc ghi tử số và mẫu số.")
