"""What stands above and below a form: the block of names and titles, and the signatures (Nghị định 30/2020/NĐ-CP)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nhiemvu.engine.rows import UnitInfo
from nhiemvu.messages import _
from nhiemvu.sheets.fit import Piece, measure
from nhiemvu.sheets.theme import QUIET, SIZE, Canvas
from nhiemvu.text import fold, format_date

# The national name and motto are part of the form: they are not translated.
NATION = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO = "Độc lập - Tự do - Hạnh phúc"

_WITH_A_COMMITTEE = ("xã", "phường", "thị trấn", "đặc khu", "huyện", "quận", "thị xã", "thành phố", "tỉnh")


def has_committee(unit: str) -> bool:
    """Is a unit one that a people's committee leads (or one still to be filled in); an office is not.

    >>> has_committee("Xã Hải Yến"), has_committee("Sở Tài chính")
    (True, False)
    """
    return unit.startswith("…") or fold(unit).startswith(tuple(f"{kind} " for kind in _WITH_A_COMMITTEE))


def name_committee(unit: str) -> str:
    """The people's committee of a unit (or of one still to be filled in), in capitals; an office stays what it is.

    >>> name_committee("Xã Hải Yến"), name_committee("UBND xã Hải Yến"), name_committee("Sở Tài chính")
    ('ỦY BAN NHÂN DÂN XÃ HẢI YẾN', 'UBND XÃ HẢI YẾN', 'SỞ TÀI CHÍNH')
    """
    if has_committee(unit):
        return _("ỦY BAN NHÂN DÂN {unit}", unit=unit.upper())
    return unit.upper()


def draw_title(
    canvas: Canvas, info: UnitInfo, *, left: int, right: int, title: str, lines: Sequence[str], fillable: bool = False
) -> int:
    """Draw the head of a form from row 0; returns the first row below it.

    Args:
        canvas: the sheet.
        info: whose form it is; what is not known is left out.
        left: last column of the left half.
        right: first column of the right half, which ends with the sheet.
        title: the name of the form.
        lines: what stands below it: the first bold, the second in italics.
        fillable: may the names of the agencies be typed over on a protected sheet.
    """
    center: dict[str, Any] = {"align": "center", "text_wrap": False, "shrink": True}
    agency = name_committee(info.name)
    canvas.merge(0, 0, left, info.parent_agency.upper(), locked=not fillable, **center)
    canvas.merge(0, right, canvas.last, NATION, bold=True, **center)
    canvas.merge(1, 0, left, agency, bold=True, locked=not fillable, **center)
    canvas.merge(1, right, canvas.last, MOTTO, bold=True, **center)
    canvas.set_height(0, 17)
    canvas.set_height(1, 17)
    if agency:
        canvas.rule_under(2, 0, left, round(measure(agency, SIZE, bold=True) * 0.45))
    canvas.rule_under(2, right, canvas.last, round(measure(MOTTO, SIZE, bold=True)))
    if info.place:
        year = str(info.as_of.year) if info.as_of else "    "
        dated = _("{place}, ngày      tháng      năm {year}", place=info.place, year=year)
        canvas.merge(2, right, canvas.last, dated, italic=True, **center)
        canvas.set_height(2, 20)
    else:
        canvas.set_height(2, 8)
    canvas.merge(3, 0, canvas.last, title, bold=True, font_size=15, **center)
    canvas.set_height(3, 24)
    looks: list[dict[str, Any]] = [{"bold": True, "font_size": 13}, {"italic": True, "font_color": QUIET}, {}]
    row = 4
    for line, look in zip(lines, looks, strict=False):
        canvas.merge(row, 0, canvas.last, line, align="center", **look)
        canvas.fit_row(row, [Piece(line, canvas.width(0, canvas.last), look.get("font_size", SIZE))], least=17)
        row += 1
    canvas.set_height(row, 6)
    return row + 1


def describe_period(info: UnitInfo) -> str:
    """`Kết quả thực hiện 6 tháng đầu năm 2024. Số liệu tính đến ngày 29/5/2024`; what is not known is left out."""
    period = _("Kết quả thực hiện {period}", period=info.period) if info.period else ""
    day = _("Số liệu tính đến ngày {date}", date=format_date(info.as_of)) if info.as_of else ""
    return ". ".join(filter(None, (period, day)))


def draw_signatures(canvas: Canvas, info: UnitInfo, row: int, *, spans: Sequence[tuple[int, int]]) -> int:
    """Draw `Nơi nhận`, `Người lập biểu` and the chairman's place over the three spans of columns, without names.

    Returns:
        The last row of the block.
    """
    receivers, author, chairman = spans
    center: dict[str, Any] = {"align": "center", "bold": True, "text_wrap": False}
    small: dict[str, Any] = {"font_size": 11, "text_wrap": False}
    canvas.merge(row, *receivers, _("Nơi nhận:"), bold=True, italic=True, text_wrap=False)
    canvas.merge(row, *chairman, _("TM. ỦY BAN NHÂN DÂN"), **center)
    above = info.parent_agency or _("Cơ quan cấp trên")
    canvas.merge(row + 1, *receivers, f"- {above};", **small)
    canvas.merge(row + 1, *author, _("NGƯỜI LẬP BIỂU"), **center)
    canvas.merge(row + 1, *chairman, _("CHỦ TỊCH"), **center)
    canvas.merge(row + 2, *receivers, _("- Lưu: VT."), **small)
    for span in (author, chairman):
        canvas.merge(row + 2, *span, _("(Ký, ghi rõ họ tên)"), italic=True, align="center", text_wrap=False)
    for offset in range(3):
        canvas.set_height(row + offset, 17)
    canvas.set_height(row + 3, 72)  # room for a signature and a seal
    return row + 3
