"""Units in the order of the share of criteria that they meet, with bars; equal shares have equal ranks."""

from __future__ import annotations

from typing import Any

import numpy as np

from nhiemvu.messages import _
from nhiemvu.sheets.fit import Piece
from nhiemvu.sheets.summary.page import BAR, CELL, MIDDLE, Book, draw_head, draw_header, finish, write_unit
from nhiemvu.sheets.theme import SIZE, VERDICTS
from nhiemvu.verdicts import Verdict

_COUNT = '#,##0;-#,##0;"–"'


def draw_ranking(book: Book) -> None:
    """The sheet of ranks: by met of those that arise, unknown ones counted against nobody but shown."""
    summary = book.summary
    grades = _list_grades(book)
    widths = [52, 86, 190, 150, 120, *[78] * len(Verdict), 80, *[170] * len(grades)]
    canvas = book.add("ranking", widths)
    note = _(
        "Tỷ lệ đạt = số chỉ tiêu đạt hoặc vượt / số chỉ tiêu có phát sinh; chỉ tiêu thiếu số liệu chưa tính là đạt, "
        "xem cột riêng. Nhóm nhiệm vụ không đếm lại."
    )
    open_grades = next((str(each) for each in summary.notices if each.code == "grades-not-final"), "")
    not_final = _("Lưu ý: {note}", note=open_grades) if open_grades else ""
    header = draw_head(book, canvas, _("XẾP HẠNG ĐƠN VỊ THEO TỶ LỆ CHỈ TIÊU ĐẠT"), note, not_final)
    heads = [_("Hạng"), _("Mã"), _("Đơn vị"), _("Thuộc"), _("Tỷ lệ đạt")]
    heads += [f"{VERDICTS[each].symbol} {each.label}" for each in Verdict]
    draw_header(canvas, header, [*heads, _("Số chỗ sai lệch"), *grades], height=38)
    leaves = np.array([node.kind == "leaf" for node in summary.rulebook.criteria], dtype=bool)
    counts = np.stack([(summary.verdict[leaves] == each.number).sum(axis=0) for each in Verdict], axis=1)
    arises = counts.sum(axis=1) - counts[:, Verdict.NOT_APPLICABLE.number]
    met = counts[:, Verdict.EXCEEDED.number] + counts[:, Verdict.MET.number]
    share = np.where(arises > 0, met / np.maximum(arises, 1), -1.0)
    order = sorted(range(len(summary)), key=lambda at: (-share[at], at))
    rank = 1 + len(share) - np.searchsorted(np.sort(share), share, side="right")
    for number, at in enumerate(order, start=1):
        row = header + number
        above = book.above[at]
        if arises[at]:
            canvas.write_number(row, 0, int(rank[at]), **MIDDLE)
            canvas.write_number(row, 4, share[at], num_format="0.0%", **MIDDLE)
        else:
            canvas.write(row, 0, "–", **MIDDLE)
            canvas.write(row, 4, _("không phát sinh"), **MIDDLE)
        canvas.write(row, 1, summary.units[at].code, **MIDDLE)
        write_unit(book, canvas, row, 2, at, **CELL)
        canvas.write(row, 3, above.name if above else "", **CELL)
        for each in Verdict:
            look: dict[str, Any] = {**MIDDLE, "font_color": VERDICTS[each].ink, "num_format": _COUNT}
            canvas.write_number(row, 5 + each.number, int(counts[at, each.number]), **look)
        errors = sum(each.severity == "error" for each in summary.find(at).discrepancies)
        canvas.write_number(row, 5 + len(Verdict), errors, num_format=_COUNT, **MIDDLE)
        for column, by_unit in enumerate(grades.values(), start=6 + len(Verdict)):
            canvas.write(row, column, by_unit[at], **CELL)
        name = summary.units[at].name
        canvas.fit_row(
            row, [Piece(name, widths[2], SIZE), Piece(above.name if above else "", widths[3], SIZE)], least=20
        )
    last = header + len(order)
    if order:
        canvas.sheet.conditional_format(header + 1, 4, last, 4, BAR)
    finish(canvas, header, last, frozen=3)


def _list_grades(book: Book) -> dict[str, list[str]]:
    """By the name of every graded criterion, each unit's grade after ceilings; a dash where it is unknown."""
    evaluation = book.summary.evaluation
    found: dict[str, list[str]] = {}
    for at in range(len(evaluation)):
        for each in evaluation.find_grades(at):
            found.setdefault(f"{each.id} {each.name}", []).append(each.grade or "–")
    return found
