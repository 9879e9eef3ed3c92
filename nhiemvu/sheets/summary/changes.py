"""What changed against the last period of the same kind: every verdict that turned, for the better or for the worse."""

from __future__ import annotations

import numpy as np

from nhiemvu.messages import _
from nhiemvu.rules.rulebook import Node
from nhiemvu.sheets.fit import Piece
from nhiemvu.sheets.summary.page import CELL, MIDDLE, Book, draw_head, draw_header, finish, write_unit
from nhiemvu.sheets.theme import QUIET, SIZE, VERDICTS, Canvas
from nhiemvu.text import format_number, format_percent
from nhiemvu.verdicts import Verdict, label

_WIDTHS = (170, 86, 180, 74, 330, 120, 120, 100, 100, 110)
_MET, _NOT_MET = (Verdict.EXCEEDED.number, Verdict.MET.number), (Verdict.NOT_MET.number,)


def draw_changes(book: Book) -> None:
    """A sheet where an earlier period is known; none otherwise."""
    summary = book.summary
    if not summary.past:
        return
    past = summary.past[-1]
    canvas = book.add("changes", _WIDTHS)
    turned = (past.verdict >= 0) & (past.verdict != summary.verdict)
    was, now = (
        np.select([np.isin(codes, _MET), np.isin(codes, _NOT_MET)], [1, -1])
        for codes in (past.verdict, summary.verdict)
    )
    course = np.where(was * now < 0, now, 0)  # an unknown verdict is neither better nor worse
    lost = turned & (summary.verdict == Verdict.NO_DATA.number)
    note = _(
        "So với {period}: {better} từ chưa đạt thành đạt, {worse} từ đạt thành chưa đạt, {lost} nay thiếu số liệu, "
        "{other} thay đổi khác; {same} giữ nguyên; {unknown} chưa so được.",
        period=past.period,
        better=format_number(int((course > 0).sum())),
        worse=format_number(int((course < 0).sum())),
        lost=format_number(int(lost.sum())),
        other=format_number(int((turned & (course == 0) & ~lost).sum())),
        same=format_number(int((past.verdict == summary.verdict).sum())),
        unknown=format_number(int((past.verdict < 0).sum())),
    )
    header = draw_head(book, canvas, _("THAY ĐỔI SO VỚI KỲ TRƯỚC"), note)
    heads = [_("Thuộc"), _("Mã"), _("Đơn vị"), _("Mã tiêu chí"), _("Tiêu chí"), _("Kỳ trước"), _("Kỳ này")]
    draw_header(canvas, header, [*heads, _("Số kỳ trước"), _("Số kỳ này"), _("Hướng")])
    row = header
    for unit in range(len(summary)):
        for node in summary.rulebook.criteria:
            if turned[node.index, unit]:
                row += 1
                _draw(book, canvas, row, unit, node, course=int(course[node.index, unit]))
    finish(canvas, header, row, frozen=3)


def _draw(book: Book, canvas: Canvas, row: int, unit: int, node: Node, *, course: int) -> None:
    summary, past, above = book.summary, book.summary.past[-1], book.above[unit]
    canvas.write(row, 0, above.name if above else "", **CELL)
    canvas.write(row, 1, summary.units[unit].code, **MIDDLE)
    write_unit(book, canvas, row, 2, unit, **CELL)
    canvas.write(row, 3, node.id, **MIDDLE)
    canvas.write(row, 4, node.name, **CELL)
    for column, codes in ((5, past.verdict), (6, summary.verdict)):
        verdict = list(Verdict)[int(codes[node.index, unit])]
        look = VERDICTS[verdict]
        canvas.write(row, column, f"{look.symbol} {label(verdict)}", **MIDDLE, bg_color=look.fill, font_color=look.ink)
    for column, values in ((7, past.value), (8, summary.value)):
        value = float(values[node.index, unit])
        shown = "" if np.isnan(value) else format_percent(value) if node.is_percent else format_number(value)
        canvas.write(row, column, shown, **MIDDLE)
    is_lost = summary.verdict[node.index, unit] == Verdict.NO_DATA.number
    direction = (
        _("tốt lên") if course > 0 else _("xấu đi") if course < 0 else _("thiếu số liệu") if is_lost else _("khác")
    )
    ink = VERDICTS[Verdict.MET if course > 0 else Verdict.NOT_MET].ink if course else QUIET
    canvas.write(row, 9, direction, **MIDDLE, font_color=ink)
    canvas.fit_row(
        row, [Piece(node.name, _WIDTHS[4], SIZE), Piece(summary.units[unit].name, _WIDTHS[2], SIZE)], least=20
    )
