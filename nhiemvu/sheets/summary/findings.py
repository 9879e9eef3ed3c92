"""What has to be mended: discrepancies and problems by unit, and what became of every file and expected unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nhiemvu.messages import N_, _
from nhiemvu.sheets.discrepancies import KINDS
from nhiemvu.sheets.fit import Piece
from nhiemvu.sheets.summary.page import (
    CELL,
    MIDDLE,
    Book,
    draw_head,
    draw_header,
    finish,
    link_from,
    write_link,
    write_unit,
)
from nhiemvu.sheets.theme import SIZE, VERDICTS, Canvas
from nhiemvu.text import format_number
from nhiemvu.verdicts import Verdict

_UNIT = (150, 86, 180)
_SEVERITIES = {"error": N_("× Sai"), "warning": N_("▲ Cảnh báo"), "note": N_("○ Lưu ý")}
_ORDER = {"error": 0, "warning": 1, "note": 2}
STATES = {
    "failed": N_("× Hỏng, chưa tính"),
    "conflict": N_("× Trùng đơn vị, chưa tính"),
    "duplicate": N_("○ Bản sao giống hệt"),
    "skipped": N_("– Không phải sổ"),
    "evaluated": N_("● Đã tính"),
}
WHY = {
    "missing": N_("× Chưa nộp"),
    "failed": N_("× Sổ hỏng"),
    "conflict": N_("× Nhiều sổ khác nhau"),
}


def draw_discrepancies(book: Book) -> None:
    """Every place where a workbook contradicts itself or the rules."""
    canvas = book.add("discrepancies", [*_UNIT, 74, 120, 230, 270, 150, 260])
    header = draw_head(book, canvas, _("CÁC CHỖ SAI LỆCH, THEO ĐƠN VỊ"))
    heads = [_("Thuộc"), _("Mã"), _("Đơn vị"), _("Mã tiêu chí"), _("Ô trong sổ")]
    draw_header(canvas, header, [*heads, _("Sổ ghi"), _("Tính ra"), _("Loại"), _("Việc cần làm")])
    row = header
    for unit in range(len(book.summary)):
        for found in sorted(book.summary.find(unit).discrepancies, key=lambda each: _ORDER[each.severity]):
            row += 1
            kind = f"{_(_SEVERITIES[found.severity])}\n{_(KINDS[found.kind])}"
            texts = (found.id, found.place, found.says, found.follows, kind, found.advice)
            _draw_finding(book, canvas, row, unit, texts, is_error=found.severity == "error", at=4)
    _finish(canvas, header, row, _("Không có chỗ nào mâu thuẫn."))


def draw_problems(book: Book) -> None:
    """Every figure that is missing, could not be read, or only with doubt."""
    canvas = book.add("problems", [*_UNIT, 74, 130, 620, 110])
    header = draw_head(book, canvas, _("SỐ LIỆU THIẾU, KHÔNG ĐỌC ĐƯỢC, THEO ĐƠN VỊ"))
    heads = [_("Thuộc"), _("Mã"), _("Đơn vị"), _("Mã tiêu chí"), _("Ô trong sổ")]
    draw_header(canvas, header, [*heads, _("Điều phát hiện và việc cần làm"), _("Mức")])
    row = header
    for unit in range(len(book.summary)):
        for found in sorted(book.summary.find(unit).problems, key=lambda each: _ORDER[each.severity]):
            row += 1
            texts = (found.criterion, found.place.address, found.text, _(_SEVERITIES[found.severity]))
            _draw_finding(book, canvas, row, unit, texts, is_error=found.severity == "error", at=3)
    _finish(canvas, header, row, _("Mọi số liệu đều có và đọc được."))


def _draw_finding(
    book: Book, canvas: Canvas, row: int, unit: int, texts: Sequence[str], *, is_error: bool, at: int
) -> None:
    """One line; the text at position `at` says how grave it is."""
    above, info = book.above[unit], book.summary.units[unit]
    canvas.write(row, 0, above.name if above else "", **CELL)
    canvas.write(row, 1, info.code, **MIDDLE)
    write_unit(book, canvas, row, 2, unit, **CELL)
    for column, text in enumerate(texts, start=3):
        look: dict[str, Any] = {**(MIDDLE if column == 3 else CELL)}
        if is_error and column - 3 == at:
            look["font_color"] = VERDICTS[Verdict.NOT_MET].ink
        canvas.write(row, column, text, **look)
    shown = [above.name if above else "", info.code, info.name, *texts]
    pieces = [Piece(text, width, SIZE) for text, width in zip(shown, canvas.widths, strict=True)]
    canvas.fit_row(row, pieces, least=20)


def _finish(canvas: Canvas, header: int, row: int, nothing: str) -> None:
    if row == header:
        row += 1
        canvas.merge(row, 0, canvas.last, nothing, align="center")
    finish(canvas, header, row, frozen=3, filtered=row > header + 1)


def draw_files(book: Book) -> None:
    """What became of every file, those that do not count first, and every expected unit that has no verdict."""
    summary = book.summary
    canvas = book.add("files", [52, 330, 170, 90, 190, 480])
    counts = summary.count_states()
    note = "; ".join(f"{_(STATES[state])}: {format_number(count)}" for state, count in counts.items() if count)
    row = header = draw_head(book, canvas, _("TỆP ĐÃ NHẬN VÀ ĐƠN VỊ CHƯA CÓ KẾT QUẢ"), note)
    heads = [_("Số TT"), _("Tệp / nơi"), _("Tình trạng"), _("Mã đơn vị"), _("Đơn vị"), _("Lý do và việc cần làm")]
    draw_header(canvas, header, heads)
    number = 0
    for absent in summary.absent:
        number, row = number + 1, row + 1
        why = "" if absent.why != "missing" else _("không có tệp nào ghi mã đơn vị này")
        if absent.file:
            is_guess = absent.why == "missing"
            hint = N_("có thể là tệp hỏng «{file}»") if is_guess else N_("xem tệp «{file}»")
            why = "\n".join(filter(None, (why, _(hint, file=absent.file))))
        above = ", ".join(absent.path[::-1])
        _draw_file(canvas, row, number, (above, _(WHY[absent.why]), absent.code, absent.name, why), is_error=True)
    order = list(STATES)
    for each in sorted(summary.submissions, key=lambda one: (order.index(one.state), one.name)):
        number, row = number + 1, row + 1
        reasons = "\n".join(problem.text for problem in each.problems)
        texts = (each.name, _(STATES[each.state]), each.unit, each.unit_name, reasons)
        _draw_file(canvas, row, number, texts, is_error=each.state in ("failed", "conflict"))
        if target := link_from(book.folder, each.link):
            write_link(canvas, row, 1, each.name, target, **CELL)
    finish(canvas, header, row)


def _draw_file(canvas: Canvas, row: int, number: int, texts: Sequence[str], *, is_error: bool) -> None:
    canvas.write_number(row, 0, number, **MIDDLE)
    for column, text in enumerate(texts, start=1):
        look: dict[str, Any] = {**(MIDDLE if column == 3 else CELL)}
        if is_error and column == 2:
            look["font_color"] = VERDICTS[Verdict.NOT_MET].ink
        canvas.write(row, column, text, **look)
    pieces = [Piece(text, width, SIZE) for text, width in zip(texts, canvas.widths[1:], strict=True)]
    canvas.fit_row(row, pieces, least=20)
