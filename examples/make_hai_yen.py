"""Make the example workbook of xã Hải Yến, as a careful official would have typed it.

    python examples/make_hai_yen.py [OUT.xlsx]

The figures are in `hai-yen-2024-h1.csv`, the narratives in `hai-yen-2024-h1-dien-giai.yaml`. What people do to
workbooks is done here on purpose: some texts are decomposed (NFD), one space does not break, one Đ is an Eth, figures
are typed as text or as numbers or computed by formulas. Two runs give the same bytes.
"""

from __future__ import annotations

import csv
import datetime as dt
import sys
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import xlsxwriter
import yaml
from forms import MONEY, SHARE, Head, Office, Sheet, decompose, draw_hills

HERE = Path(__file__).resolve().parent
NAME = "hai-yen-2024-h1"
AS_OF = dt.date(2024, 5, 29)
MADE = dt.datetime(2024, 6, 3, 8, 0, 0)  # Excel's properties carry no zone

OFFICE = Office(
    parent="UBND HUYỆN CAO LỘC",
    name="UBND XÃ HẢI YẾN",
    dateline="Hải Yến, ngày     tháng 6 năm 2024",
    signers=["TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH"],
    recipients=["- UBND huyện Cao Lộc;", "- Thường trực Đảng ủy, HĐND xã;", "- Lưu: VT."],
)
VERDICTS = ["Đạt", "Chưa đạt", "Vượt", "Chưa đánh giá", "Không phát sinh"]
FORM = "(Kèm theo Báo cáo số     /BC-UBND, ngày     tháng 6 năm 2024 của UBND xã)"

# Đơn vị: đồng. Thứ tự: nội dung, kế hoạch năm 2024, vốn kéo dài, đã giải ngân, tự đánh giá, mã của phần diễn giải.
DISBURSEMENT: list[tuple[str, int, int | None, int | str, str, str]] = [
    (
        "Kinh phí hỗ trợ đồng bào dân tộc thiểu số (CTMTQGXDNTM)",
        53_000_000,
        0,
        "0 đồng",
        "Đánh giá chưa đạt",
        "1.1.2.1",
    ),
    ("Kinh phí quy hoạch chi tiết", 250_000_000, 0, 0, "chưa đạt", "1.1.2.2"),
    ("Kinh phí trả nợ quy hoạch chung", 130_700_000, 0, 72_225_000, "Chưa đạt", "1.1.2.3"),
    ("Kinh phí giao thông nông thôn", 450_000_000, None, 0, "Đánh giá chưa đạt", "1.1.2.4"),
]
REVENUE = ("Thu ngân sách nhà nước trên địa bàn", 10_000_000, 11_000_000, 3_220_000)
SECURITY = [
    ("Hoạt động xâm phạm an ninh quốc gia", 0),
    ("Khiếu kiện đông người kéo dài trái pháp luật", 0),
    ("Công dân cư trú trên địa bàn phạm tội đặc biệt nghiêm trọng hoặc các tội về xâm hại trẻ em", 0),
    ("Tội phạm, tệ nạn xã hội (ma túy, trộm cắp, cờ bạc...)", 0),
    ("Tai nạn giao thông và PCCC", 0),
]
FACTS: list[tuple[str, Any, str]] = [
    ("Đơn vị", "Xã Hải Yến", ""),
    ("Mã đơn vị", "CL-HAI-YEN", "Mã dùng trong tỉnh; mỗi đơn vị một mã"),
    ("Cơ quan cấp trên", "UBND huyện Cao Lộc", ""),
    ("Địa danh", "Hải Yến", "Ghi trước ngày, tháng, năm"),
    ("Kỳ đánh giá", "6 tháng đầu năm 2024", ""),
    ("Số liệu tính đến ngày", AS_OF, ""),
    ("Bộ quy tắc", "nhiem-vu-trong-tam-2024-hai-yen", ""),
    ("Khu vực", "I", "Khu vực I, II, III hoặc «Không thuộc»"),
    ("Tổng số hộ", 421, "Công an xã quản lý cư trú"),
    ("Tổng số nhân khẩu", 2017, "Công an xã quản lý cư trú"),
    ("Mô hình camera an ninh", "Có", "Có / Không"),
]


def read_rows() -> list[dict[str, str]]:
    """The rows of the sheet Kết quả, with the slips that people make."""
    with (HERE / f"{NAME}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    declared = [row for row in rows if row["tu_danh_gia"]]
    for row in declared[::3]:
        row["tu_danh_gia"] = decompose(row["tu_danh_gia"])
    for row in rows:
        if row["ma"] in {"17.3", "18.7", "2.2.3", "3.2"}:
            row["noi_dung"] = decompose(row["noi_dung"])
        if row["ma"] == "17.5":
            row["tu_danh_gia"] = "\u00d0ạt"  # Ð of Iceland
        if row["ma"] == "19.1":
            row["tu_danh_gia"] = "chưa\u00a0đạt"
    return rows


def read_narratives() -> dict[str, str]:
    """What the form says of each item, by code."""
    narratives: dict[str, str] = yaml.safe_load((HERE / f"{NAME}-dien-giai.yaml").read_text(encoding="utf-8"))
    return narratives


def add_facts(book: xlsxwriter.Workbook) -> None:
    """The sheet Thông tin: one fact a row, a small picture, two names."""
    sheet = Sheet(book, OFFICE, "Thông tin", [6, 34, 40, 46], colour="#1F4E78")
    page = sheet.page
    row = sheet.title_block("THÔNG TIN CHUNG", "(Ghi một lần, dùng chung cho các biểu trong sổ)", 1, 3)
    for column, head in enumerate(["STT", "Thông tin", "Giá trị", "Ghi chú"]):
        sheet.cell(row, column, head, bold=True, align="center", bg_color="#DDEBF7")
    page.set_row(row, 24)
    page.freeze_panes(row + 1, 0)
    for number, (label, value, note) in enumerate(FACTS, start=1):
        row += 1
        page.set_row(row, 20)
        sheet.cell(row, 0, number, align="center")
        sheet.cell(row, 1, decompose(label) if label == "Tổng số nhân khẩu" else label)
        numeric = {"num_format": "dd/mm/yyyy"} if isinstance(value, dt.date) else {"num_format": MONEY}
        sheet.cell(row, 2, value, align="left", bold=True, **({} if isinstance(value, str) else numeric))
        sheet.cell(row, 3, note, italic=True, font_size=10)
        if label == "Tổng số hộ":
            book.define_name("Tong_so_ho", f"='Thông tin'!$C${row + 1}")
            page.write_comment(row, 2, "Số hộ theo sổ quản lý cư trú đến ngày 29/5/2024.", _note_size(220, 50))
        if label == "Khu vực":
            page.data_validation(row, 2, row, 2, {"validate": "list", "source": ["I", "II", "III", "Không thuộc"]})
        if label == "Mô hình camera an ninh":
            page.data_validation(row, 2, row, 2, {"validate": "list", "source": ["Có", "Không"]})
    sheet.footer(row + 1, 1, 3)
    page.insert_image(
        3,
        0,
        "doi-rung.png",
        {"image_data": BytesIO(draw_hills()), "x_offset": 6, "y_offset": 2, "x_scale": 0.5, "y_scale": 0.5,
         "description": "Hình vẽ đồi và rừng", "object_position": 2},
    )  # fmt: skip
    page.print_area(0, 0, row + 6, 3)


def add_results(book: xlsxwriter.Workbook) -> None:
    """The sheet Kết quả: one row a criterion, groups in bold with the counts that the form declares."""
    sheet = Sheet(book, OFFICE, "Kết quả", [8, 29, 8.5, 12.5, 15, 11, 12, 56, 10.5, 11.5], colour="#C00000")
    page, narratives = sheet.page, read_narratives()
    title = "BIỂU ĐÁNH GIÁ KẾT QUẢ THỰC HIỆN NHIỆM VỤ TRỌNG TÂM 6 THÁNG ĐẦU NĂM 2024"
    top = sheet.title_block(title, FORM, 3, 6)
    measured: Head = (
        "Kết quả thực hiện từng nhiệm vụ",
        ["Kết quả (số liệu)", "Tử số", "Mẫu số", decompose("Diễn giải")],
    )
    heads: list[Head] = [
        "Mã",
        "Nội dung",
        "ĐVT",
        "Mục tiêu",
        measured,
        decompose("Đơn vị tự đánh giá"),
        "Dự báo 6 tháng cuối năm",
    ]
    row = first = sheet.header(top, heads, ["A", "B", "C", "D", "1", "2", "3", "E", "F", "G"])
    for criterion in read_rows():
        _type_criterion(sheet, row, criterion, narratives.get(criterion["ma"], ""))
        row += 1
    _watch_verdicts(sheet, first, row - 1, 8)
    page.ignore_errors({"number_stored_as_text": f"A{first + 1}:J{row}"})
    last = sheet.footer(row, 2, 7)
    page.print_area(0, 0, last - 1, 9)
    book.define_name("Bang_ket_qua", f"='Kết quả'!$A${first + 1}:$J${row}")


def _type_criterion(sheet: Sheet, row: int, criterion: Mapping[str, str], narrative: str) -> None:
    code, depth = criterion["ma"], criterion["ma"].count(".")
    group = not criterion["muc_tieu"]
    look: dict[str, Any] = {"bold": group, "italic": group and depth > 1}
    if depth == 0:
        look["bg_color"] = "#FFF2CC"
    sheet.cell(row, 0, int(code) if code.isdigit() else code, align="center", **look)
    sheet.cell(row, 1, criterion["noi_dung"], **look)
    sheet.cell(row, 2, criterion["dvt"], align="center", **look)
    sheet.cell(row, 3, criterion["muc_tieu"], align="center", **look)
    value, formula, number_format = _read_value(row, criterion)
    number = {"num_format": number_format} if number_format else {}
    sheet.cell(row, 4, value, formula, align="center", **look, **number)
    for column, key in ((5, "tu_so"), (6, "mau_so")):
        text = criterion[key]
        plain = text.replace(".", "", 1).isdigit()
        decimals = {"num_format": "[$-42A]0.0#"} if plain and "." in text else {}
        sheet.cell(row, column, float(text) if plain else text, align="center", **look, **decimals)
    sheet.cell(row, 7, narrative, font_size=10, **{**look, "bold": False, "italic": False})
    sheet.cell(row, 8, criterion["tu_danh_gia"], align="center", **look)
    sheet.cell(row, 9, criterion["du_bao"], align="center", **look)
    texts = {1: criterion["noi_dung"], 2: criterion["dvt"], 3: criterion["muc_tieu"], 8: criterion["tu_danh_gia"]}
    shown = {column: (text, 11.0) for column, text in {**texts, 9: criterion["du_bao"]}.items()}
    sheet.fit(row, {**shown, 4: (str(value if not formula else ""), 11.0), 7: (narrative, 10.0)})
    if code == "1.4.3.2":
        sheet.page.write_comment(row, 4, "Chưa thống kê được lượng phân bón hữu cơ trên địa bàn.", _note_size(240, 50))
    if code == "17.10":
        sheet.page.write_comment(row, 8, "Người dân chưa có tập quán hỏa táng.", _note_size(200, 40))


def _read_value(row: int, criterion: Mapping[str, str]) -> tuple[Any, str, str]:
    """What is typed in the cell of the result: value (cached, for a formula), formula, number format."""
    typed, kind = criterion["ket_qua"], criterion["dinh_dang"]
    if kind == "công thức":
        numerator, denominator = _amounts(criterion)
        formulas = {
            "thu_ngan_sach": "='Thu ngân sách'!F11",
            "giai_ngan": "=Ty_le_giai_ngan",
            "tu_so_mau_so": f"=F{row + 1}/G{row + 1}",
        }
        return numerator / denominator, formulas[typed], SHARE
    if kind == "số":
        return float(typed), "", ""
    if kind:
        return float(typed), "", f"[$-42A]{kind}"
    return typed, "", ""


def _amounts(criterion: Mapping[str, str]) -> tuple[float, float]:
    if criterion["ket_qua"] == "thu_ngan_sach":
        return REVENUE[3], REVENUE[1]
    if criterion["ket_qua"] == "giai_ngan":
        plan = sum(line[1] + (line[2] or 0) for line in DISBURSEMENT)
        return sum(line[3] for line in DISBURSEMENT if isinstance(line[3], int)), plan
    return float(criterion["tu_so"]), float(criterion["mau_so"])


def add_disbursement(book: xlsxwriter.Workbook) -> None:
    """The sheet Giải ngân: one row a source of capital, a total, a chart."""
    sheet = Sheet(book, OFFICE, "Giải ngân", [6, 34, 16, 16, 16, 16, 11, 13, 50], colour="#548235")
    page, narratives = sheet.page, read_narratives()
    title = "TÌNH HÌNH GIẢI NGÂN KẾ HOẠCH VỐN CÁC CHƯƠNG TRÌNH MTQG"
    top = sheet.title_block(title, "(Số liệu tính đến ngày 29/5/2024)", 2, 5)
    sheet.span(top, 7, 8, "ĐVT: đồng", italic=True, align="right")
    plan: Head = ("Kế hoạch vốn", ["Năm 2024", "Kéo dài năm 2022, 2023", "Tổng cộng"])
    heads: list[Head] = [
        "STT",
        "Nguồn vốn, nội dung",
        plan,
        "Đã giải ngân",
        "Tỷ lệ (%)",
        "Đơn vị tự đánh giá",
        "Diễn giải",
    ]
    row = first = sheet.header(top + 1, heads, ["A", "B", "1", "2", "3=1+2", "4", "5=4/3", "C", "D"])
    money: dict[str, Any] = {"num_format": MONEY, "align": "right"}
    for number, (name, planned, carried, spent, declared, code) in enumerate(DISBURSEMENT, start=1):
        total, paid = planned + (carried or 0), 0 if isinstance(spent, str) else spent
        sheet.cell(row, 0, number, align="center")
        sheet.cell(row, 1, decompose(name) if number == 3 else name)
        sheet.cell(row, 2, planned, **money)
        sheet.cell(row, 3, carried, **money)
        sheet.cell(row, 4, total, f"=SUM(C{row + 1}:D{row + 1})", **money)
        sheet.cell(row, 5, spent, **money)
        share = {"num_format": SHARE, "align": "center"}
        if isinstance(spent, str):
            sheet.cell(row, 6, 0, **share)
        else:
            sheet.cell(row, 6, paid / total, f"=F{row + 1}/E{row + 1}", **share)
        sheet.cell(row, 7, decompose(declared) if number == 2 else declared, align="center")
        sheet.cell(row, 8, narratives[code], font_size=10)
        sheet.fit(row, {1: (name, 11), 8: (narratives[code], 10)}, 32)
        row += 1
    _type_total(sheet, row, first)
    _watch_verdicts(sheet, first, row - 1, 7)
    whole = {"min_type": "num", "min_value": 0, "max_type": "num", "max_value": 1}
    bar = {"type": "data_bar", "bar_color": "#9BC2E6", "bar_solid": True, **whole}
    page.conditional_format(first, 6, row, 6, bar)
    page.write_comment(
        top + 1, 5, "Số lũy kế từ đầu năm đến ngày 29/5/2024, theo Kho bạc Nhà nước.", _note_size(230, 50)
    )
    book.define_name("Ty_le_giai_ngan", f"='Giải ngân'!$G${row + 1}")
    page.insert_chart(row + 2, 1, _draw_chart(book, first, row - 1), {"object_position": 2})
    last = sheet.footer(row + 19, 2, 5)
    page.print_area(0, 0, last - 1, 8)


def _type_total(sheet: Sheet, row: int, first: int) -> None:
    planned, carried = sum(line[1] for line in DISBURSEMENT), sum(line[2] or 0 for line in DISBURSEMENT)
    spent = sum(line[3] for line in DISBURSEMENT if isinstance(line[3], int))
    bold: dict[str, Any] = {"bold": True, "bg_color": "#E2EFDA"}
    sheet.cell(row, 0, "", **bold)
    sheet.cell(row, 1, "Tổng số", align="center", **bold)
    for column, letter, total in ((2, "C", planned), (3, "D", carried), (4, "E", planned + carried), (5, "F", spent)):
        formula = f"=SUM({letter}{first + 1}:{letter}{row})"
        sheet.cell(row, column, total, formula, num_format=MONEY, align="right", **bold)
    share = spent / (planned + carried)
    sheet.cell(row, 6, share, f"=F{row + 1}/E{row + 1}", num_format=SHARE, align="center", **bold)
    sheet.cell(row, 7, "", **bold)
    sheet.cell(row, 8, "", **bold)
    sheet.page.set_row(row, 22)


def _draw_chart(book: xlsxwriter.Workbook, first: int, last: int) -> Any:
    chart = book.add_chart({"type": "column"})
    font = {"name": "Times New Roman", "size": 10}
    for column, name, colour in ((4, "Kế hoạch vốn", "#BFBFBF"), (5, "Đã giải ngân", "#548235")):
        lines = {"categories": ["Giải ngân", first, 1, last, 1], "values": ["Giải ngân", first, column, last, column]}
        chart.add_series({"name": name, **lines, "fill": {"color": colour}, "gap": 80})
    chart.set_title({"name": "Kế hoạch vốn và giải ngân theo nguồn vốn", "name_font": {**font, "size": 12}})
    chart.set_x_axis({"num_font": font})
    grid = {"visible": True, "line": {"color": "#D9D9D9"}}
    unit = {"name": "triệu đồng", "name_font": {**font, "bold": False}, "num_format": "[$-42A]#,##0,,"}
    chart.set_y_axis({"num_font": font, **unit, "major_gridlines": grid})
    chart.set_legend({"position": "bottom", "font": font})
    chart.set_size({"width": 980, "height": 320})
    return chart


def add_revenue(book: xlsxwriter.Workbook) -> None:
    """The sheet Thu ngân sách: the total first, as budgets have it, and two denominators side by side."""
    sheet = Sheet(book, OFFICE, "Thu ngân sách", [6, 38, 18, 18, 22, 16, 16], colour="#BF8F00")
    title = "TÌNH HÌNH THU NGÂN SÁCH NHÀ NƯỚC TRÊN ĐỊA BÀN 6 THÁNG ĐẦU NĂM 2024"
    top = sheet.title_block(title, "(Số liệu tính đến ngày 29/5/2024)", 1, 3)
    sheet.span(top, 5, 6, "ĐVT: đồng", italic=True, align="right")
    shares: Head = ("Tỷ lệ thực hiện (%)", ["So với dự toán huyện giao", "So với dự toán HĐND xã giao"])
    plans: Head = (decompose("Dự toán năm 2024"), ["Huyện giao", "HĐND xã giao"])
    heads: list[Head] = ["STT", "Nội dung thu", plans, "Thực hiện đến ngày 29/5/2024", shares]
    row = sheet.header(top + 1, heads, ["A", "B", "1", "2", "3", "4=3/1", "5=3/2"])
    name, of_district, of_commune, collected = REVENUE
    for total in (True, False):
        look: dict[str, Any] = {"bold": total} | ({"bg_color": "#FFF2CC"} if total else {})
        sheet.cell(row, 0, "" if total else 1, align="center", **look)
        sheet.cell(row, 1, "Tổng số" if total else name, **look)
        for column, letter, amount in ((2, "C", of_district), (3, "D", of_commune), (4, "E", collected)):
            formula = f"=SUM({letter}{row + 2}:{letter}{row + 2})" if total else ""
            sheet.cell(row, column, amount, formula, num_format=MONEY, align="right", **look)
        for column, plan, letter in ((5, of_district, "C"), (6, of_commune, "D")):
            formula = f"=E{row + 1}/{letter}{row + 1}"
            sheet.cell(row, column, collected / plan, formula, num_format=SHARE, align="center", **look)
        sheet.page.set_row(row, 24)
        row += 1
    last = sheet.footer(row, 1, 3)
    sheet.page.print_area(0, 0, last - 1, 6)


def add_security(book: xlsxwriter.Workbook) -> None:
    """The sheet An ninh trật tự, whose very name is decomposed: number of cases by content."""
    sheet = Sheet(book, OFFICE, decompose("An ninh trật tự"), [6, 76, 14, 44], colour="#7030A0")
    guide = "(Tiêu chí 19.2; số liệu tính đến ngày 29/5/2024)"
    row = sheet.title_block("TÌNH HÌNH AN NINH CHÍNH TRỊ, TRẬT TỰ AN TOÀN XÃ HỘI", guide, 1, 2)
    for column, head in enumerate(["STT", "Nội dung", "Số vụ", "Ghi chú"]):
        sheet.cell(row, column, head, bold=True, align="center", bg_color="#DDEBF7")
    sheet.page.set_row(row, 24)
    sheet.page.freeze_panes(row + 1, 0)
    first = row + 1
    for number, (content, cases) in enumerate(SECURITY, start=1):
        row += 1
        sheet.cell(row, 0, number, align="center")
        sheet.cell(row, 1, content)
        sheet.cell(row, 2, cases, align="center")
        sheet.cell(row, 3, "Không có vụ việc xảy ra" if number == len(SECURITY) else "Không có")
        sheet.fit(row, {1: (content, 11)}, 22)
    row += 1
    sheet.cell(row, 0, "", bold=True)
    sheet.cell(row, 1, "Cộng", bold=True, align="center")
    sheet.cell(row, 2, sum(cases for _, cases in SECURITY), f"=SUM(C{first + 1}:C{row})", bold=True, align="center")
    sheet.cell(row, 3, "", bold=True)
    sheet.page.set_row(row, 22)
    whole = {
        "validate": "integer",
        "criteria": ">=",
        "value": 0,
        "error_title": "Số vụ",
        "error_message": "Ghi số vụ, từ 0 trở lên.",
    }
    sheet.page.data_validation(first, 2, row - 1, 2, whole)
    last = sheet.footer(row + 1, 1, 2)
    sheet.page.print_area(0, 0, last - 1, 3)


def _watch_verdicts(sheet: Sheet, first: int, last: int, column: int) -> None:
    """A drop-down that advises but does not force, and colours for what is not met."""
    choice = {"validate": "list", "source": VERDICTS, "error_type": "information", "error_title": "Đơn vị tự đánh giá",
              "error_message": "Nên chọn một trong các kết luận có sẵn."}  # fmt: skip
    sheet.page.data_validation(first, column, last, column, choice)
    red = sheet.book.add_format({"font_color": "#9C0006", "bg_color": "#FFC7CE"})
    grey = sheet.book.add_format({"font_color": "#7F6000", "bg_color": "#FFEB9C"})
    for words, look in ((("chưa đạt", "không đạt"), red), (("chưa đánh giá",), grey)):
        for word in [*words, *map(decompose, words)]:
            rule = {"type": "text", "criteria": "containing", "value": word, "format": look}
            sheet.page.conditional_format(first, column, last, column, rule)


def _note_size(width: int, height: int) -> dict[str, Any]:
    return {
        "author": "Văn phòng - Thống kê xã",
        "width": width,
        "height": height,
        "font_name": "Times New Roman",
        "font_size": 10,
    }


def make(out: Path) -> None:
    """Write the workbook."""
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(out), options) as book:
        book.set_properties(
            {"title": "Kết quả thực hiện nhiệm vụ trọng tâm 6 tháng đầu năm 2024", "author": "UBND xã Hải Yến",
             "company": "UBND xã Hải Yến", "created": MADE}
        )  # fmt: skip
        book.set_size(24000, 14000)
        add_facts(book)
        add_results(book)
        add_disbursement(book)
        add_revenue(book)
        add_security(book)
        book.get_worksheet_by_name("Kết quả").activate()


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / f"{NAME}.xlsx")
