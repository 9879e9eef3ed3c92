"""The first sheet: how many sent what, and per criterion how many units have which verdict, with a chart of tasks."""

from __future__ import annotations

from typing import Any

from nhiemvu.messages import _
from nhiemvu.rules.target import Target
from nhiemvu.sheets.fit import Piece
from nhiemvu.sheets.summary.findings import STATES
from nhiemvu.sheets.summary.page import BAR, CELL, LEVELS, MIDDLE, Book, draw_head, draw_header, finish, write_verdict
from nhiemvu.sheets.theme import FONT, RULE, SIZE, VERDICTS, Canvas
from nhiemvu.text import format_number
from nhiemvu.verdicts import Verdict, label

_WIDTHS = (74, 360, 76, 76, 76, 76, 76, 76, 86, 110, 150)
_COUNT = '#,##0;-#,##0;"–"'
_CHART_ROW = 24.0  # points for each task of the chart


def draw_overview(book: Book) -> None:
    """The sheet of counts."""
    summary = book.summary
    has_rule = any(node.units_meeting is not None for node in summary.rulebook.criteria)
    canvas = book.add("overview", _WIDTHS if has_rule else _WIDTHS[:9])
    counts = summary.count_states()
    sent = "; ".join(f"{_(STATES[state])}: {format_number(count)}" for state, count in counts.items() if count)
    expected = len(summary) + len(summary.absent)
    judged = _(
        "Đã tính {judged}/{expected} đơn vị; {absent} đơn vị chưa có kết quả (xem trang «Tệp và đơn vị»).",
        judged=format_number(len(summary)),
        expected=format_number(expected),
        absent=format_number(len(summary.absent)),
    )
    row = draw_head(book, canvas, _("TỔNG HỢP KẾT QUẢ THỰC HIỆN NHIỆM VỤ CỦA CÁC ĐƠN VỊ"), judged, sent)
    tasks = [node.index for node in summary.rulebook.criteria if node.level <= 1]
    chart_row, height = row, max(180.0, _CHART_ROW * (len(tasks) + 4))
    canvas.set_height(row, min(height, 400.0))
    header = row + 1
    heads = [_("Mã"), _("Tiêu chí"), *(f"{VERDICTS[each].symbol} {each.label}" for each in Verdict)]
    more = [_("Số đơn vị phải đạt"), _("Kết luận")] if has_rule else []
    draw_header(canvas, header, [*heads, _("Tỷ lệ đơn vị đạt"), *more], height=52)
    for node in summary.rulebook.criteria:
        row = header + 1 + node.index
        fill: dict[str, Any] = {"bg_color": LEVELS[node.level]} if node.level < len(LEVELS) else {}
        bold = {"bold": node.kind == "group"}
        canvas.write(row, 0, node.id, **MIDDLE, **fill, **bold)
        canvas.write(row, 1, node.name, **CELL, **fill, **bold, indent=min(node.level, 4))
        by_verdict = summary.totals.counts[node.index, 0]
        for each in Verdict:
            look: dict[str, Any] = {**MIDDLE, **fill, "font_color": VERDICTS[each].ink, "num_format": _COUNT}
            canvas.write_number(row, 2 + each.number, int(by_verdict[each.number]), **look)
        arising = int(by_verdict.sum()) - int(by_verdict[Verdict.NOT_APPLICABLE.number])
        if arising:
            share = int(by_verdict[:2].sum()) / arising
            canvas.write_number(row, 8, share, num_format="0.0%", **MIDDLE)
        else:
            canvas.write(row, 8, "", **CELL)
        if has_rule:
            rule = node.form.units_meeting
            canvas.write(row, 9, Target(rule).plain if rule else "", **MIDDLE)
            write_verdict(canvas, row, 10, int(summary.totals.meeting[node.index, 0]))
        canvas.fit_row(
            row, [Piece(node.name, _WIDTHS[1], SIZE, indent=min(node.level, 4))], least=20, level=min(node.level, 6)
        )
    last = header + len(summary.rulebook.criteria)
    if last > header:
        canvas.sheet.conditional_format(header + 1, 8, last, 8, BAR)
    _insert_chart(book, canvas, chart_row, [header + 1 + index for index in tasks], height)
    canvas.sheet.outline_settings(True, False, False, False)
    finish(canvas, header, last, frozen=2)


def _insert_chart(book: Book, canvas: Canvas, row: int, rows: list[int], height: float) -> None:
    """Bars of 100% for the groups of tasks and the tasks: how many units have which verdict."""
    if not rows or not len(book.summary):
        return
    chart = book.workbook.add_chart({"type": "bar", "subtype": "percent_stacked"})
    letters = {"name": FONT, "size": 10}

    def cells(column: int) -> str:
        letter = chr(ord("A") + column)
        return "=(" + ",".join(f"'{canvas.name}'!${letter}${each + 1}" for each in rows) + ")"

    for each in Verdict:
        chart.add_series(
            {
                "name": label(each),
                "categories": cells(0),
                "values": cells(2 + each.number),
                "fill": {"color": VERDICTS[each].bar},
                "border": {"color": "#FFFFFF", "width": 0.5},
                "gap": 40,
            }
        )
    title = _("Phần đơn vị theo kết luận, từng nhóm và nhiệm vụ")
    chart.set_title({"name": title, "name_font": {**letters, "size": 11, "bold": True}})
    chart.set_x_axis(
        {"num_font": letters, "num_format": "0%", "major_gridlines": {"visible": True, "line": {"color": "#DDE2E7"}}}
    )
    chart.set_y_axis({"num_font": letters, "reverse": True, "crossing": "max", "line": {"color": RULE}})
    chart.set_legend({"position": "bottom", "font": letters})
    chart.set_chartarea({"border": {"color": RULE}})
    chart.set_size({"width": canvas.width(0, canvas.last) - 16, "height": round(min(height, 400.0) * 96 / 72) - 8})
    canvas.sheet.insert_chart(row, 0, chart, {"x_offset": 8, "y_offset": 4, "object_position": 1, "description": title})
