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
_MET = (Verdict.EXCEEDED.number, Verdict.MET.number)


def draw_changes(book: Book) -> None:
    """A sheet where an earlier period is known; none otherwise."""
    summary = book.summary
    if not summary.past:
        return
    past = summary.past[-1]
    canvas = book.add("changes", _WIDTHS)
    both = past.verdict >= 0
    turned = both & (past.verdict != summary.verdict)
    was, now = np.isin(past.verdict, _MET), np.isin(summary.verdict, _MET)
    note = _(
        "So với {period}: {better} kết luận tốt lên thành đạt, {worse} không còn đạt, {other} thay đổi khác; {same} "
        "giữ nguyên; {unknown} chưa so được.",
        period=past.period,
        better=format_number(int((turned & ~was & now).sum())),
        worse=format_number(int((turned & was & ~now).sum())),
        other=format_number(int((turned & (was == now)).sum())),
        same=format_number(int((both & ~turned).sum())),
        unknown=format_number(int((~both).sum())),
    )
    header = draw_head(book, canvas, _("THAY ĐỔI SO VỚI KỲ TRƯỚC"), note)
    heads = [_("Thuộc"), _("Mã"), _("Đơn vị"), _("Mã tiêu chí"), _("Tiêu chí"), _("Kỳ trước"), _("Kỳ này")]
    draw_header(canvas, header, [*heads, _("Số kỳ trước"), _("Số kỳ này"), _("Hướng")])
    row = header
    for unit in range(len(summary)):
        for node in summary.rulebook.criteria:
            if turned[node.index, unit]:
                row += 1
                _draw(
                    book, canvas, row, unit, node, better=bool(now[node.index, unit]), worse=bool(was[node.index, unit])
                )
    finish(canvas, header, row, frozen=3)


def _draw(book: Book, canvas: Canvas, row: int, unit: int, node: Node, *, better: bool, worse: bool) -> None:
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
    direction = _("tốt lên") if better and not worse else _("xấu đi") if worse and not better else _("khác")
    ink = VERDICTS[Verdict.MET if better and not worse else Verdict.NOT_MET].ink if better != worse else QUIET
    canvas.write(row, 9, direction, **MIDDLE, font_color=ink)
    canvas.fit_row(
        row, [Piece(node.name, _WIDTHS[4], SIZE), Piece(summary.units[unit].name, _WIDTHS[2], SIZE)], least=20
    )
