"""The sheet of discrepancies: where the workbook contradicts itself or the rules, and what could not be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xlsxwriter.workbook import Workbook

from nhiemvu.engine.rows import Discrepancy, UnitInfo
from nhiemvu.errors import Problem
from nhiemvu.messages import N_, _
from nhiemvu.sheets.fit import Piece
from nhiemvu.sheets.theme import HEADER_FILL, OUTLOOK_INKS, QUIET, SIZE, Canvas, Styles
from nhiemvu.sheets.title import describe_period, draw_title
from nhiemvu.verdicts import Outlook

COLUMNS: tuple[tuple[str, int], ...] = (
    (N_("Số TT"), 48),
    (N_("Mã"), 72),
    (N_("Nơi"), 126),
    (N_("Đối chiếu với"), 126),
    (N_("Sổ ghi"), 210),
    (N_("Tính ra"), 210),
    (N_("Loại"), 140),
    (N_("Việc cần làm"), 250),
)

KINDS: dict[str, str] = {
    "declared-against-computed": N_("Tự đánh giá khác kết luận"),
    "heading-count": N_("Số đếm ở đầu nhóm không khớp"),
    "stated-percentage": N_("Tỷ lệ ghi không khớp tử số, mẫu số"),
    "facts-disagree": N_("Một thông tin ghi hai số khác nhau"),
    "figure-against-table": N_("Kết quả ghi khác số tính từ bảng"),
    "figure-against-ratio": N_("Kết quả ghi khác tử số chia mẫu số"),
    "maybe-fraction": N_("Có thể thiếu dấu %"),
    "total-disagrees": N_("Các phần cộng lại không bằng tổng"),
    "share-over-100": N_("Tỷ lệ quá 100%"),
    "share-below-0": N_("Tỷ lệ âm"),
}

SEVERITIES = {"error": N_("× Sai lệch"), "warning": N_("▲ Cảnh báo"), "note": N_("○ Lưu ý")}
PROBLEM_SEVERITIES = {"error": N_("× Cần bổ sung, sửa"), "warning": N_("▲ Cảnh báo"), "note": N_("○ Lưu ý")}
SEVERITY_ORDER = {"error": 0, "warning": 1, "note": 2}


def draw_discrepancies(
    workbook: Workbook,
    styles: Styles,
    info: UnitInfo,
    discrepancies: Sequence[Discrepancy],
    problems: Sequence[Problem],
    *,
    name: str,
    rulebook_title: str,
    linked: bool,
) -> None:
    """Draw the sheet `name`: the discrepancies, errors before notes, then the problems met while reading."""
    canvas = Canvas(workbook, styles, name, [width for _heading, width in COLUMNS], linked=linked)
    lines = [rulebook_title, describe_period(info)]
    row = draw_title(canvas, info, left=3, right=5, title=_("CÁC CHỖ SAI LỆCH CẦN XEM LẠI"), lines=lines)
    header = (row, row) if discrepancies else None
    if discrepancies:
        _draw_header(canvas, row, [heading for heading, _width in COLUMNS])
        for number, found in enumerate(sorted(discrepancies, key=lambda one: SEVERITY_ORDER[one.severity]), start=1):
            _draw_discrepancy(canvas, row + number, number, found)
        canvas.sheet.autofilter(row, 0, row + len(discrepancies), canvas.last)
        canvas.sheet.freeze_panes(row + 1, 0)
        row += len(discrepancies) + 1
    else:
        text = _("Không có chỗ nào trong sổ mâu thuẫn với nhau hoặc với quy tắc.")
        canvas.merge(row, 0, canvas.last, text, align="center")
        row += 1

    canvas.set_height(row, 12)
    canvas.merge(
        row + 1, 0, canvas.last, _("SỐ LIỆU THIẾU, KHÔNG ĐỌC ĐƯỢC VÀ LƯU Ý KHI ĐỌC SỔ"), bold=True, font_size=13
    )
    row += 2
    if problems:
        row = _draw_problems(canvas, row, problems)
    else:
        canvas.merge(row, 0, canvas.last, _("Mọi số liệu mà quy tắc cần đều có và đọc được."))
    canvas.sheet.set_zoom(90)
    canvas.sheet.ignore_errors({"number_stored_as_text": f"B1:F{row + 1}"})
    canvas.set_page(header_rows=header, last_row=row)


def _draw_header(canvas: Canvas, row: int, headings: Sequence[str]) -> None:
    for column, heading in enumerate(headings):
        canvas.write(row, column, _(heading), bold=True, align="center", border=1, bg_color=HEADER_FILL)
    canvas.set_height(row, 34)


def _draw_discrepancy(canvas: Canvas, at: int, number: int, found: Discrepancy) -> None:
    cell: dict[str, Any] = {"border": 1}
    middle: dict[str, Any] = {**cell, "align": "center"}
    kind = f"{_(SEVERITIES[found.severity])}\n{_(KINDS[found.kind])}"
    if found.severity == "error":
        kind_look = {**cell, "font_color": OUTLOOK_INKS[Outlook.ALARM]}
    else:
        kind_look = {**cell, "font_color": QUIET}
    canvas.write_number(at, 0, number, **middle)
    canvas.write(at, 1, found.id, **middle)
    canvas.link(at, 2, found.place, found.place, **cell)
    canvas.link(at, 3, found.other_place, found.other_place, **cell)
    canvas.write(at, 4, found.says, **cell)
    canvas.write(at, 5, found.follows, **cell)
    canvas.write(at, 6, kind, **kind_look)
    canvas.write(at, 7, found.advice, **cell)
    texts = (str(number), found.id, found.place, found.other_place, found.says, found.follows, kind, found.advice)
    canvas.fit_row(at, [Piece(text, width, SIZE) for text, width in zip(texts, canvas.widths, strict=True)], least=20)


def _draw_problems(canvas: Canvas, row: int, problems: Sequence[Problem]) -> int:
    """Draw the second table; returns its last row. Its columns span those of the first."""
    head = {"bold": True, "align": "center", "border": 1, "bg_color": HEADER_FILL}
    for first, last, heading in (
        (0, 0, N_("Số TT")),
        (1, 1, N_("Mã")),
        (2, 3, N_("Nơi")),
        (4, 6, N_("Điều phát hiện và việc cần làm")),
        (7, 7, N_("Mức")),
    ):
        canvas.merge(row, first, last, _(heading), **head)
    canvas.set_height(row, 24)
    cell: dict[str, Any] = {"border": 1}
    middle: dict[str, Any] = {**cell, "align": "center"}
    for number, found in enumerate(sorted(problems, key=lambda one: SEVERITY_ORDER[one.severity]), start=1):
        at = row + number
        address = found.place.address
        canvas.write_number(at, 0, number, **middle)
        canvas.write(at, 1, found.criterion, **middle)
        canvas.merge(at, 2, 3, "", **cell)
        canvas.link(at, 2, address, address or str(found.place), **cell)
        canvas.merge(at, 4, 6, found.text, **cell)
        canvas.write(at, 7, _(PROBLEM_SEVERITIES[found.severity]), **cell)
        canvas.fit_row(
            at,
            [
                Piece(found.criterion, canvas.widths[1], SIZE),
                Piece(address or str(found.place), canvas.width(2, 3), SIZE),
                Piece(found.text, canvas.width(4, 6), SIZE),
            ],
            least=20,
        )
    return row + len(problems)
