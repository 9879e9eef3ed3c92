"""Makes sheets as officials lay them out: title block, merged headers, units line, column numbers, footer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

_LINE = Side(style="thin")
_BORDER = Border(_LINE, _LINE, _LINE, _LINE)


def add_form(
    book: Workbook,
    name: str,
    header: Sequence[Sequence[object]],
    body: Sequence[Sequence[object]],
    *,
    merges: Sequence[str] = (),
    title: str = "BIỂU TỔNG HỢP",
    number: str = "Biểu số 01",
    unit: str = "",
    numbered: bool = False,
) -> Worksheet:
    """A sheet with one form on it; `merges` are given as if the header began at A1.

    Rows 1 and 2 hold the agency and the national motto, 3 the form's number, 4 its title, 5 the guide line, 6 the unit.
    """
    sheet = book.create_sheet(name)
    width = max(4, *map(len, header))
    last = get_column_letter(width)
    middle = max(2, width // 2)
    for row, (left, right) in enumerate(
        [
            ("UBND HUYỆN CAO LỘC", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
            ("UBND XÃ HẢI YẾN", "Độc lập - Tự do - Hạnh phúc"),
        ],
        1,
    ):
        sheet.cell(row, 1, left)
        sheet.cell(row, middle + 1, right)
        sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=middle)
        sheet.merge_cells(start_row=row, end_row=row, start_column=middle + 1, end_column=width)
    sheet.cell(3, width, number)
    for row, text in ((4, title), (5, "(Kèm theo Báo cáo số 12/BC-UBND ngày 29/5/2024 của UBND xã)")):
        sheet.cell(row, 1, text).font = Font(name="Times New Roman", bold=row == 4, italic=row == 5)
        sheet.merge_cells(f"A{row}:{last}{row}")
    if unit:
        sheet.cell(6, width, f"ĐVT: {unit}").font = Font(name="Times New Roman", italic=True)
    add_table(sheet, 7, header, body, merges=merges, numbered=numbered)
    end = sheet.max_row + 2
    sheet.cell(end, width, "Hải Yến, ngày 29 tháng 5 năm 2024")
    sheet.cell(end + 1, 1, "Nơi nhận:")
    sheet.cell(end + 1, width, "TM. ỦY BAN NHÂN DÂN")
    sheet.cell(end + 2, 1, "- Phòng Tài chính - Kế hoạch;")
    sheet.cell(end + 2, width, "CHỦ TỊCH")
    return sheet


def add_table(
    sheet: Worksheet,
    top: int,
    header: Sequence[Sequence[object]],
    body: Sequence[Sequence[object]],
    *,
    merges: Sequence[str] = (),
    numbered: bool = False,
) -> int:
    """A table whose header begins in a row; gives the row behind it."""
    lines = [*header]
    if numbered:
        width = max(map(len, header))
        lines.append(["A", "B", *range(1, width - 1)])
    lines += body
    for row, line in enumerate(lines, top):
        for column, value in enumerate(line, 1):
            cell = sheet.cell(row, column, value)
            cell.border, cell.alignment = _BORDER, Alignment(wrap_text=True)
    for area in merges:
        first, _, last = area.partition(":")
        sheet.merge_cells(f"{_down(first, top - 1)}:{_down(last, top - 1)}")
    return top + len(lines)


def _down(address: str, rows: int) -> str:
    letters = address.rstrip("0123456789")
    return f"{letters}{int(address[len(letters) :]) + rows}"


def save(book: Workbook, path: Path) -> Path:
    """Save a workbook without the sheet with which it was born."""
    if "Sheet" in book.sheetnames and len(book.sheetnames) > 1:
        del book["Sheet"]
    book.save(path)
    return path
