"""Make the example workbook of public-investment disbursement of 2024: a sheet a source of capital.

    python examples/make_giai_ngan.py [OUT.xlsx]

The projects are invented. Headings are five levels deep. Each sheet has its total, sub-totals by group (I, II),
projects (1, 2, …), and details of a project («-»), so that whoever adds up every row counts the same money several
times. The plan of the year and the plan carried over from the year before are disbursed in columns of their own. Two
runs give the same bytes.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xlsxwriter
from forms import MONEY, Head, Office, Sheet, add_facts, decompose

HERE = Path(__file__).resolve().parent
NAME = "giai-ngan-dau-tu-cong-2024"
MADE = dt.datetime(2025, 2, 5, 8, 0, 0)  # Excel's properties carry no zone
OFFICE = Office(
    parent="UBND HUYỆN CAO LỘC",
    name="PHÒNG TÀI CHÍNH - KẾ HOẠCH",
    dateline="Cao Lộc, ngày     tháng 02 năm 2025",
    signers=["TRƯỞNG PHÒNG"],
    recipients=["- Sở Tài chính;", "- UBND huyện;", "- Lưu: VT."],
)
FACTS: list[tuple[str, Any, str]] = [
    ("Đơn vị", "Huyện Cao Lộc", ""),
    ("Mã đơn vị", "CAO-LOC", "Mã dùng trong tỉnh; mỗi đơn vị một mã"),
    ("Cơ quan cấp trên", "UBND tỉnh Lạng Sơn", ""),
    ("Địa danh", "Cao Lộc", "Ghi trước ngày, tháng, năm"),
    ("Kỳ đánh giá", "năm 2024", ""),
    ("Số liệu tính đến ngày", dt.date(2025, 1, 31), "Ngày khóa sổ niên độ 2024"),
    ("Bộ quy tắc", "giai-ngan-dau-tu-cong-2024", ""),
]
PLAN, CARRIED = "KH năm 2024", "KH kéo dài"
HEADS: list[Head] = [
    "TT",
    "Danh mục dự án",
    ("QĐ đầu tư", ["Số, ngày, tháng, năm", ("TMĐT", ["Tổng số", "Trong đó: vốn của nguồn này"])]),
    "Lũy kế bố trí vốn từ KC đến hết năm 2023",
    "Lũy kế giải ngân từ KC đến hết 31/01/2024",
    (
        "Thực hiện năm 2024 (đến hết 31/01/2025)",
        [
            "KH năm 2023 kéo dài",
            "Kế hoạch năm 2024",
            "Khối lượng thực hiện",
            (
                "Giải ngân",
                [
                    "Tổng số",
                    ("Trong đó", [(PLAN, ["Số tiền", "Tỷ lệ (%)"]), (CARRIED, ["Số tiền", "Tỷ lệ (%)"])]),
                ],
            ),
        ],
    ),
    "Ghi chú",
]
MARKS = ["A", "B", "C", "1", "2", "3", "4", "5", "6", "7", "8=9+11", "9", "10=9/6", "11", "12=11/5", "D"]
WIDTHS = [5, 36, 17, 11, 11, 12, 12, 10.5, 10.5, 11, 11, 10.5, 8.5, 10.5, 8.5, 26]


@dataclass(frozen=True)
class Project:
    """One row; amounts in million đồng, in the order of `AMOUNTS`; None is an empty cell."""

    code: str
    name: str
    decision: str = ""
    amounts: Sequence[float | None] = ()
    note: str = ""


# TMĐT, vốn của nguồn, lũy kế vốn, lũy kế giải ngân, kéo dài, kế hoạch, khối lượng, giải ngân năm, giải ngân kéo dài
AMOUNTS = [3, 4, 5, 6, 7, 8, 9, 11, 13]
SUMMED = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13]

PROVINCE = [
    Project("I", "Dự án chuyển tiếp"),
    Project(
        "1",
        "Đường giao thông liên thôn số 1",
        "2118/QĐ-UBND, 12/8/2021",
        [14950, 14950, 8200, 7900, 300, 4500, 4900, 4410, 300],
    ),
    Project("-", "Xây lắp", "", [None, None, None, None, 300, 4050, 4450, 3960, 300]),
    Project("-", "Chi phí khác", "", [None, None, None, None, None, 450, 450, 450, None]),
    Project(
        "2",
        "Trường phổ thông dân tộc bán trú số 2",
        "3051/QĐ-UBND, 20/10/2022",
        [9800, 9800, 5000, 5000, None, 3600, 3200, 3024, None],
        "Vướng giải phóng mặt bằng",
    ),
    Project(
        "3",
        "Kè chống sạt lở bờ suối",
        "2960/QĐ-UBND, 05/10/2023",
        [12000, 12000, 1250, None, 1250, None, 900, None, 900],
        "Chỉ có vốn kéo dài, hết hạn ngày 31/12/2024",
    ),
    Project("II", "Dự án khởi công mới"),
    Project(
        "4",
        "Nhà văn hóa trung tâm cụm thôn",
        "415/QĐ-UBND, 28/02/2024",
        [6400, 6400, None, None, None, 2800, 2800, 2800, None],
    ),
]
PROGRAMMES = [
    Project("I", "Chương trình MTQG xây dựng nông thôn mới"),
    Project(
        "1",
        "Cứng hóa đường trục thôn",
        "1207/QĐ-UBND, 15/5/2023",
        [5300, 4800, 2300, 1820, 480, 2150, 2100, 2064, 480],
    ),
    Project(
        "2",
        "Sân thể thao thôn",
        "388/QĐ-UBND, 26/02/2024",
        [1250, 1000, None, None, None, 1000, 1000, 1000, None],
    ),
    Project("II", "Chương trình MTQG phát triển kinh tế - xã hội vùng đồng bào DTTS và miền núi"),
    Project(
        "3",
        "Công trình nước sinh hoạt tập trung",
        "1890/QĐ-UBND, 10/7/2023",
        [7900, 7100, 3200, 2580, 620, 3250, 3150, 3121.5, 620],
    ),
    Project("-", "Trong đó: trả nợ khối lượng năm 2023", "", [None, None, None, None, None, 250, 250, 250, None]),
]


def add_source(book: xlsxwriter.Workbook, name: str, source: str, projects: Sequence[Project], *, colour: str) -> None:
    """One sheet: the table of one source of capital."""
    sheet = Sheet(book, OFFICE, name, WIDTHS, colour=colour)
    title = "TÌNH HÌNH THỰC HIỆN VÀ GIẢI NGÂN KẾ HOẠCH VỐN ĐẦU TƯ CÔNG NĂM 2024"
    top = sheet.title_block(title, f"NGUỒN VỐN: {source}", 2, 9)
    sheet.span(3, 14, 15, "Biểu số 03", bold=True, align="right")
    sheet.page.set_row(3, 18)
    sheet.span(top, 13, 15, "ĐVT: triệu đồng", italic=True, align="right")
    row = sheet.header(top + 1, HEADS, MARKS)
    total, first = row, row + 1
    rows = [index for index, project in enumerate(projects) if project.code.isdigit()]
    _type_sum(sheet, total, "", "Tổng số", [first + index for index in rows], projects, first)
    for index, project in enumerate(projects):
        at = first + index
        if project.amounts:
            _type_project(sheet, at, project, slip=index == 1)
            continue
        after = next((i for i in range(index + 1, len(projects)) if not projects[i].amounts), len(projects))
        mine = [first + i for i in rows if index < i < after]
        _type_sum(sheet, at, project.code, project.name, mine, projects, first)
    row = first + len(projects)
    sheet.page.ignore_errors({"number_stored_as_text": f"A{top + 1}:P{row}"})
    last = sheet.footer(row, 2, 9)
    sheet.page.print_area(0, 0, last - 1, len(WIDTHS) - 1)


def _type_project(sheet: Sheet, row: int, project: Project, *, slip: bool) -> None:
    detail = project.code == "-"
    look: dict[str, Any] = {"italic": detail, "font_size": 10}
    sheet.cell(row, 0, int(project.code) if project.code.isdigit() else project.code, align="center", **look)
    sheet.cell(row, 1, decompose(project.name) if slip else project.name, **look)
    sheet.cell(row, 2, project.decision, align="center", **look)
    for column, amount in zip(AMOUNTS, project.amounts, strict=True):
        sheet.cell(row, column, amount, align="right", num_format=_decimals(amount), **look)
    plans, spent = project.amounts[5:3:-1], project.amounts[7:]
    paid = sum(amount or 0 for amount in spent)
    sheet.cell(row, 10, paid, f"=SUM(L{row + 1},N{row + 1})", align="right", num_format=_decimals(paid), **look)
    _type_shares(sheet, row, plans, spent, look)
    sheet.cell(row, 15, project.note, **look)
    sheet.fit(row, {1: (project.name, 10), 2: (project.decision, 10), 15: (project.note, 10)}, 20)


def _type_sum(
    sheet: Sheet, row: int, code: str, name: str, of: Sequence[int], projects: Sequence[Project], first: int
) -> None:
    """A row of sums over the rows of projects."""
    look: dict[str, Any] = {"bold": True, "font_size": 10, "bg_color": "#FFF2CC" if code else "#E2EFDA"}
    sheet.cell(row, 0, code, align="center", **look)
    sheet.cell(row, 1, name, align="left" if code else "center", **look)
    sheet.cell(row, 2, "", **look)
    sums = {column: sum(_amount(projects[at - first], column) for at in of) for column in SUMMED}
    for column, amount in sums.items():
        formula = "=SUM({})".format(",".join(f"{chr(65 + column)}{at + 1}" for at in of))
        sheet.cell(row, column, amount, formula, align="right", num_format=_decimals(amount), **look)
    _type_shares(sheet, row, [sums[8], sums[7]], [sums[11], sums[13]], look)
    sheet.cell(row, 15, "", **look)
    sheet.fit(row, {1: (name, 10)}, 22)


def _type_shares(
    sheet: Sheet, row: int, plans: Sequence[float | None], spent: Sequence[float | None], look: dict[str, Any]
) -> None:
    """«Tỷ lệ (%)» beside each amount; nothing where nothing was planned."""
    for column, planned, plan, amount in ((12, "I", plans[0], spent[0]), (14, "H", plans[1], spent[1])):
        share: dict[str, Any] = {"align": "center", "num_format": "[$-42A]0.0", **look}
        if plan:
            formula = f"={chr(64 + column)}{row + 1}/{planned}{row + 1}*100"
            sheet.cell(row, column, (amount or 0) / plan * 100, formula, **share)
        else:
            sheet.cell(row, column, None, **share)


def _amount(project: Project, column: int) -> float:
    if column == 10:
        return sum(amount or 0 for amount in project.amounts[7:])
    return project.amounts[AMOUNTS.index(column)] or 0


def _decimals(amount: float | None) -> str:
    return "[$-42A]#,##0.0_ " if amount and amount % 1 else MONEY


def make(out: Path) -> None:
    """Write the workbook."""
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(out), options) as book:
        book.set_properties(
            {"title": "Giải ngân vốn đầu tư công năm 2024", "author": "Phòng Tài chính - Kế hoạch", "created": MADE}
        )
        book.set_size(24000, 14000)
        add_facts(book, OFFICE, FACTS)
        add_source(book, "NS tỉnh", "NGÂN SÁCH TỈNH", PROVINCE, colour="#548235")
        add_source(book, "CTMTQG", "CÁC CHƯƠNG TRÌNH MỤC TIÊU QUỐC GIA", PROGRAMMES, colour="#BF8F00")


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / f"{NAME}.xlsx")
