"""Groups of units: per criterion the ratio of sums, what the rule makes of it, and how many units meet it."""

from __future__ import annotations

from typing import Any

import numpy as np

from nhiemvu.messages import _
from nhiemvu.rules.rulebook import Node
from nhiemvu.rules.target import Target
from nhiemvu.sheets.fit import Piece
from nhiemvu.sheets.summary.page import (
    CELL,
    LEVELS,
    MIDDLE,
    Book,
    draw_head,
    draw_header,
    finish,
    share_of,
    write_verdict,
)
from nhiemvu.sheets.theme import SIZE, Canvas
from nhiemvu.text import format_against, format_number
from nhiemvu.verdicts import Verdict

_WIDTHS = (150, 74, 250, 160, 110, 130, 130, 118, 90, 118, 90, 118, 118)


def draw_groups(book: Book) -> None:
    """The sheet of groups: a line per group and criterion that has a figure, or a rule for groups, or counts."""
    summary, totals = book.summary, book.summary.totals
    canvas = book.add("groups", _WIDTHS)
    note = _(
        "Tỷ lệ của nhóm = tổng tử số / tổng mẫu số của các đơn vị trong nhóm, không lấy trung bình các tỷ lệ. Nơi còn "
        "đơn vị thiếu số liệu hoặc chưa có sổ thì tỷ lệ chỉ tính trên các đơn vị có số liệu, kết luận là «thiếu số "
        "liệu»."
    )
    header = draw_head(book, canvas, _("TỔNG HỢP THEO NHÓM ĐƠN VỊ"), note)
    heads = [
        _("Nhóm đơn vị"),
        _("Mã"),
        _("Tiêu chí"),
        _("Mục tiêu"),
        _("Kết quả chung"),
        _("Tổng tử số"),
        _("Tổng mẫu số"),
        _("Kết luận"),
        _("Có số liệu"),
        _("Kết luận trên số đã có"),
        _("Số đơn vị đạt"),
        _("Số đơn vị phải đạt"),
        _("Kết luận về số đơn vị đạt"),
    ]
    draw_header(canvas, header, heads, height=52)
    row = header
    for g, group in enumerate(summary.groups):
        name = group.name or _("Tất cả đơn vị")
        title = f"{'  ' * group.level}{name} ({share_of(len(group.members), group.expected)})"
        for node in summary.rulebook.criteria:
            row += 1
            arising = len(group.members) - int(totals.counts[node.index, g, Verdict.NOT_APPLICABLE.number])
            met = int(totals.counts[node.index, g, :2].sum())
            fill = {"bg_color": LEVELS[0]} if node.level == 0 else {}
            look: dict[str, Any] = {**CELL, **fill, "bold": node.kind == "group"}
            canvas.write(row, 0, title, **CELL, **fill)
            canvas.write(row, 1, node.id, **{**look, "align": "center"})
            canvas.write(row, 2, node.name.partition(":")[0], **look)
            canvas.write(row, 3, node.target_text if node.kind == "leaf" else "", **MIDDLE, **fill)
            _write_figures(book, canvas, row, node, g, fill)
            write_verdict(canvas, row, 7, int(totals.verdict[node.index, g]))
            write_verdict(canvas, row, 9, int(totals.so_far[node.index, g]))
            canvas.write(row, 10, share_of(met, arising), **MIDDLE, **fill)
            rule = node.form.units_meeting
            canvas.write(row, 11, Target(rule).plain if rule else "", **MIDDLE, **fill)
            write_verdict(canvas, row, 12, int(totals.meeting[node.index, g]))
            texts = ((title, 0), (node.name.partition(":")[0], 2), (node.target_text, 3))
            pieces = [Piece(text, _WIDTHS[column], SIZE) for text, column in texts]
            canvas.fit_row(row, pieces, least=20, level=min(node.level, 6))
    canvas.sheet.outline_settings(True, False, False, False)
    finish(canvas, header, row, frozen=3)


def _write_figures(book: Book, canvas: Canvas, row: int, node: Node, group: int, fill: dict[str, Any]) -> None:
    totals, units = book.summary.totals, book.summary.groups[group].all
    value, top, bottom = (
        float(each[node.index, group]) for each in (totals.value, totals.numerator, totals.denominator)
    )
    bounds = [bound for target in node.targets if target.target is not None for bound in target.target.bounds]
    shown = "" if np.isnan(value) else format_against(value, bounds, percent=node.is_percent)
    if shown and not node.is_percent and node.unit:
        shown = f"{shown} {node.unit}"
    canvas.write(row, 4, shown, **MIDDLE, **fill)
    for column, figure in ((5, top), (6, bottom)):
        canvas.write(
            row, column, "" if np.isnan(figure) else format_number(figure), **{**MIDDLE, "align": "right"}, **fill
        )
    known = int(totals.known[node.index, group])
    has_figure = bool(shown) or not np.isnan(top) or totals.verdict[node.index, group] >= 0
    canvas.write(row, 8, share_of(known, units) if has_figure else "", **MIDDLE, **fill)
