"""Make the example workbook of the main socio-economic indicators of 2019: plan, estimate, verdict.

    python examples/make_kinh_te_xa_hoi.py [OUT.xlsx]

The plan is that of Nghị quyết số 69/2018/QH14. The figures that try the language (7,02; 2,79; «Xuất siêu»; «61-62»;
«Trên 4»; «Khoảng 24»; 41,85) are printed ones; the others only fill the form. No row has a code: TT counts the rows,
and rows «Trong đó» have none. Two runs give the same bytes.
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import Any

import xlsxwriter
from forms import Office, Sheet, add_facts, decompose

HERE = Path(__file__).resolve().parent
NAME = "kinh-te-xa-hoi-2019"
MADE = dt.datetime(2019, 12, 31, 8, 0, 0)  # Excel's properties carry no zone
OFFICE = Office(
    parent="CHÍNH PHỦ",
    name="BỘ KẾ HOẠCH VÀ ĐẦU TƯ",
    dateline="Hà Nội, ngày     tháng 12 năm 2019",
    signers=["TL. BỘ TRƯỞNG", "VỤ TRƯỞNG VỤ TỔNG HỢP"],
    recipients=["- Văn phòng Chính phủ;", "- Lưu: VT, TH."],
)
FACTS: list[tuple[str, Any, str]] = [
    ("Đơn vị", "Cả nước", ""),
    ("Mã đơn vị", "VN", ""),
    ("Cơ quan cấp trên", "Chính phủ", ""),
    ("Địa danh", "Hà Nội", "Ghi trước ngày, tháng, năm"),
    ("Kỳ đánh giá", "năm 2019", ""),
    ("Số liệu tính đến ngày", dt.date(2019, 12, 31), "Ước thực hiện cả năm"),
    ("Bộ quy tắc", "kinh-te-xa-hoi-2019", ""),
]
HEADS = ["TT", "Chỉ tiêu", "Đơn vị", "Kế hoạch năm 2019", "Ước thực hiện năm 2019", "Đánh giá"]

Row = tuple[str, str, str, str | float, str | float, str]
# TT, chỉ tiêu, đơn vị, kế hoạch, ước thực hiện, đánh giá
ROWS: list[Row] = [
    ("I", "Các chỉ tiêu kinh tế", "", "", "", ""),
    ("1", "Tốc độ tăng tổng sản phẩm trong nước (GDP)", "%", "6,6-6,8", 7.02, "Vượt"),
    ("2", "Tốc độ tăng giá tiêu dùng (CPI) bình quân", "%", "Khoảng 4", 2.79, "Vượt"),
    ("3", "Tốc độ tăng tổng kim ngạch xuất khẩu hàng hóa", "%", "7-8", 8.4, "Vượt"),
    ("4", "Tỷ lệ nhập siêu so với tổng kim ngạch xuất khẩu", "%", "Dưới 3", "Xuất siêu", "Vượt"),
    ("5", "Tổng vốn đầu tư phát triển toàn xã hội so với GDP", "%", "33-34", 33.9, "Đạt"),
    ("II", "Các chỉ tiêu xã hội", "", "", "", ""),
    ("6", "Mức giảm tỷ lệ hộ nghèo theo chuẩn nghèo tiếp cận đa chiều", "%", "1-1,5", "1,3-1,5", "Đạt"),
    ("", "- Trong đó: Mức giảm tỷ lệ hộ nghèo ở các huyện nghèo", "%", 4, "Trên 4", ""),
    ("7", "Tỷ lệ thất nghiệp ở khu vực thành thị", "%", "Dưới 4", 3.1, "Đạt"),
    ("8", "Tỷ lệ lao động qua đào tạo", "%", "60-62", "61-62", "Đạt"),
    ("", "- Trong đó: Tỷ lệ lao động qua đào tạo có văn bằng, chứng chỉ", "%", "24-24,5", "Khoảng 24", ""),
    ("9", "Số giường bệnh trên 1 vạn dân (không tính giường trạm y tế xã)", "Giường", 27, 28, "Vượt"),
    ("10", "Tỷ lệ dân số tham gia bảo hiểm y tế", "%", 88.1, 90, "Vượt"),
    ("III", "Các chỉ tiêu môi trường", "", "", "", ""),
    (
        "11",
        "Tỷ lệ khu công nghiệp, khu chế xuất đang hoạt động có hệ thống xử lý nước thải tập trung đạt tiêu chuẩn "
        "môi trường",
        "%",
        89,
        90,
        "Vượt",
    ),
    ("12", "Tỷ lệ che phủ rừng", "%", 41.85, 41.85, "Đạt"),
]


def add_indicators(book: xlsxwriter.Workbook) -> None:
    """The one table: section headings in bold, «Trong đó» rows in italics and without a number."""
    sheet = Sheet(book, OFFICE, "Biểu 01", [6, 58, 11, 18, 18, 14], colour="#C00000")
    sheet.span(3, 4, 5, "Biểu số 01", bold=True, align="right")
    title = "TÌNH HÌNH THỰC HIỆN CÁC CHỈ TIÊU CHỦ YẾU VỀ KINH TẾ - XÃ HỘI NĂM 2019"
    top = sheet.title_block(title, "(Kèm theo Báo cáo số     /BC-BKHĐT, ngày     tháng 12 năm 2019)", 1, 2)
    sheet.page.set_row(3, 18)
    row = sheet.header(top, HEADS, ["A", "B", "C", "1", "2", "3"])
    for number, each in enumerate(ROWS):
        _type_row(sheet, row, each, slip=number == 9)
        row += 1
    sheet.span(
        row, 0, 5, "Ghi chú: Xuất siêu là giá trị xuất khẩu lớn hơn giá trị nhập khẩu.", italic=True, align="left"
    )
    sheet.page.ignore_errors({"number_stored_as_text": f"A{top + 1}:F{row}"})
    last = sheet.footer(row + 1, 1, 2)
    sheet.page.print_area(0, 0, last - 1, 5)


def _type_row(sheet: Sheet, row: int, each: Row, *, slip: bool) -> None:
    code, name, unit, plan, result, verdict = each
    look: dict[str, Any] = {"bold": not unit, "italic": name.startswith("-")}
    if not unit:
        look["bg_color"] = "#FFF2CC"
    sheet.cell(row, 0, int(code) if code.isdigit() else code, align="center", **look)
    sheet.cell(row, 1, decompose(name) if slip else name, **look)
    sheet.cell(row, 2, unit, align="center", **look)
    for column, figure in ((3, plan), (4, result)):
        decimals = {} if isinstance(figure, str) else {"num_format": "[$-42A]0.##" if figure % 1 else "0"}
        sheet.cell(row, column, figure, align="center", **look, **decimals)
    sheet.cell(row, 5, verdict, align="center", **look)
    sheet.fit(row, {1: (name, 11)}, 21)


def make(out: Path) -> None:
    """Write the workbook."""
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(out), options) as book:
        book.set_properties(
            {"title": "Các chỉ tiêu chủ yếu về kinh tế - xã hội năm 2019", "author": "Vụ Tổng hợp", "created": MADE}
        )
        book.set_size(24000, 14000)
        add_indicators(book)
        add_facts(book, OFFICE, FACTS)


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / f"{NAME}.xlsx")
