"""Make the example workbook of xã Hải Yến, as a careful official would have typed it.

    python examples/make_hai_yen.py [OUT.xlsx]

The figures are in `hai-yen-2024-h1.csv`, the narratives in `hai-yen-2024-h1-dien-giai.yaml`. What people do to workbooks is done
here on purpose: some texts are decomposed (NFD), one space does not break, one Đ is an Eth, figures are typed as text or as
numbers or computed by formulas. Two runs give the same bytes.
"""

from __future__ import annotations

import csv
import datetime as dt
import struct
import sys
import textwrap
import unicodedata
import zlib
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import xlsxwriter
import yaml

HERE = Path(__file__).resolve().parent
NAME = "hai-yen-2024-h1"
AS_OF = dt.date(2024, 5, 29)
MADE = dt.datetime(2024, 6, 3, 8, 0, 0)  # noqa: DTZ001  # Excel's properties carry no zone

MONEY, SHARE, WHOLE_SHARE = "[$-42A]#,##0", "[$-42A]0.00%", "[$-42A]0%"
VERDICTS = ["Đạt", "Chưa đạt", "Vượt", "Chưa đánh giá", "Không phát sinh"]
FORM = "(Kèm theo Báo cáo số     /BC-UBND, ngày     tháng 6 năm 2024 của UBND xã)"

# Đơn vị: đồng. Thứ tự: nội dung, kế hoạch năm 2024, vốn kéo dài, đã giải ngân, tự đánh giá, mã của phần diễn giải.
DISBURSEMENT: list[tuple[str, int, int | None, int | str, str, str]] = [
    ("Kinh phí hỗ trợ đồng bào dân tộc thiểu số (CTMTQGXDNTM)", 53_000_000, 0, "0 đồng", "Đánh giá chưa đạt", "1.1.2.1"),
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
    ("Mã đơn vị", "06220", "Theo danh mục đơn vị hành chính"),
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


def decompose(text: str) -> str:
    """The same text as some keyboards type it: letters and marks apart (NFD)."""
    return unicodedata.normalize("NFD", text)


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


class Sheet:
    """One sheet being typed: rows and columns from 0, formats by their properties."""

    def __init__(self, book: xlsxwriter.Workbook, name: str, widths: Sequence[float], *, colour: str) -> None:
        self.book, self.widths = book, widths
        self.page = book.add_worksheet(name)
        self.page.set_landscape()
        self.page.set_paper(9)  # A4
        self.page.set_margins(left=30 / 25.4, right=15 / 25.4, top=20 / 25.4, bottom=20 / 25.4)
        self.page.fit_to_pages(1, 0)
        self.page.center_horizontally()
        self.page.set_header('&C&"Times New Roman,Regular"&12&P', {"margin": 10 / 25.4})
        self.page.hide_gridlines(2)
        self.page.set_tab_color(colour)
        for column, width in enumerate(widths):
            self.page.set_column(column, column, width)
        self._formats: dict[tuple[tuple[str, Any], ...], Any] = {}

    def style(self, **properties: Any) -> Any:
        """A format in Times New Roman, made once."""
        full = {"font_name": "Times New Roman", "font_size": 11, "valign": "vcenter", **properties}
        key = tuple(sorted(full.items()))
        if key not in self._formats:
            self._formats[key] = self.book.add_format(full)
        return self._formats[key]

    def cell(self, row: int, column: int, value: Any, formula: str = "", **properties: Any) -> None:
        """Type one cell of a table; text stays text whatever it begins with."""
        look = self.style(border=1, text_wrap=True, **properties)
        if formula:
            self.page.write_formula(row, column, formula, look, value)
        elif value is None or value == "":
            self.page.write_blank(row, column, None, look)
        elif isinstance(value, dt.date):
            self.page.write_datetime(row, column, value, look)
        elif isinstance(value, str):
            self.page.write_string(row, column, value, look)
        else:
            self.page.write_number(row, column, value, look)

    def span(self, row: int, first: int, last: int, text: str, **properties: Any) -> None:
        """Text over merged columns, without borders."""
        look = self.style(**{"align": "center", "text_wrap": True, **properties})
        if first == last:
            self.page.write_string(row, first, text, look)
        else:
            self.page.merge_range(row, first, row, last, text, look)

    def header(self, top: int, heads: Sequence[str | tuple[str, Sequence[str]]], marks: Sequence[str]) -> int:
        """A header of two rows, merged where it is natural, closed by a row of marks. Gives the row below."""
        look = self.style(bold=True, align="center", text_wrap=True, border=1, bg_color="#DDEBF7")
        column = 0
        for head in heads:
            if isinstance(head, str):
                self.page.merge_range(top, column, top + 1, column, head, look)
                column += 1
                continue
            title, parts = head
            self.page.merge_range(top, column, top, column + len(parts) - 1, title, look)
            for part in parts:
                self.page.write_string(top + 1, column, part, look)
                column += 1
        for column, mark in enumerate(marks):
            self.cell(top + 2, column, int(mark) if mark.isdigit() else mark, align="center", italic=True, font_size=9)
        self.page.set_row(top, 20)
        self.page.set_row(top + 1, 34)
        self.page.freeze_panes(top + 3, 2)
        self.page.repeat_rows(top, top + 2)
        return top + 3

    def title_block(self, title: str, guide: str, left: int, right: int) -> int:
        """The head of a form after Nghị định 30/2020/NĐ-CP; columns 0..left and right..last. Gives the row below."""
        last = len(self.widths) - 1
        self.span(0, 0, left, "UBND HUYỆN CAO LỘC", font_size=12)
        self.span(1, 0, left, "UBND XÃ HẢI YẾN", font_size=12, bold=True, underline=1)
        self.span(0, right, last, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", font_size=12, bold=True)
        self.span(1, right, last, "Độc lập - Tự do - Hạnh phúc", font_size=13, bold=True, underline=1)
        self.span(2, right, last, "Hải Yến, ngày     tháng 6 năm 2024", font_size=12, italic=True)
        self.span(4, 0, last, title, font_size=14, bold=True)
        self.span(5, 0, last, guide, font_size=12, italic=True)
        for row, height in enumerate([18, 20, 20, 8, 24, 20]):
            self.page.set_row(row, height)
        return 6

    def footer(self, row: int, left: int, right: int) -> int:
        """Who gets it and who signs; no name. Gives the row below."""
        last = len(self.widths) - 1
        self.page.set_row(row, 10)
        self.span(row + 1, 0, left, "Nơi nhận:", font_size=12, bold=True, italic=True, align="left")
        self.span(row + 1, right, last, "TM. ỦY BAN NHÂN DÂN", font_size=13, bold=True)
        self.span(row + 2, 0, left, "- UBND huyện Cao Lộc;", align="left")
        self.span(row + 2, right, last, "CHỦ TỊCH", font_size=13, bold=True)
        self.span(row + 3, 0, left, "- Thường trực Đảng ủy, HĐND xã;", align="left")
        self.span(row + 4, 0, left, "- Lưu: VT.", align="left")
        return row + 8

    def fit(self, row: int, texts: Mapping[int, tuple[str, float]], least: float = 20) -> None:
        """Make a row as high as its longest wrapped text: column -> (text, font size). Excel allows 409 points."""
        most = max((self._height(column, *text) for column, text in texts.items()), default=least)
        self.page.set_row(row, min(max(most, least), 409))

    def _height(self, column: int, text: str, size: float) -> float:
        # a letter of Times New Roman is some 0.46 of its size wide; a column is 5.25 points a character
        letters = max(int(self.widths[column] * 5.25 / (0.46 * size)), 4)
        composed = unicodedata.normalize("NFC", text).split("\n")
        lines = sum(len(textwrap.wrap(part, letters)) or 1 for part in composed)
        return lines * size * 1.24 + 5


def add_facts(book: xlsxwriter.Workbook) -> None:
    """The sheet Thông tin: one fact a row, a small picture, two names."""
    sheet = Sheet(book, "Thông tin", [6, 34, 40, 46], colour="#1F4E78")
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
    sheet = Sheet(book, "Kết quả", [8, 29, 8.5, 12.5, 15, 11, 12, 56, 10.5, 11.5], colour="#C00000")
    page, narratives = sheet.page, read_narratives()
    title = "BIỂU ĐÁNH GIÁ KẾT QUẢ THỰC HIỆN NHIỆM VỤ TRỌNG TÂM 6 THÁNG ĐẦU NĂM 2024"
    top = sheet.title_block(title, FORM, 3, 6)
    measured = ("Kết quả thực hiện từng nhiệm vụ", ["Kết quả (số liệu)", "Tử số", "Mẫu số", decompose("Diễn giải")])
    heads = ["Mã", "Nội dung", "ĐVT", "Mục tiêu", measured, decompose("Đơn vị tự đánh giá"), "Dự báo 6 tháng cuối năm"]
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
        sheet.cell(row, column, float(text) if plain else text, align="center", **look)
    sheet.cell(row, 7, narrative, align="left", font_size=10, **{**look, "bold": False})
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
    sheet = Sheet(book, "Giải ngân", [6, 34, 16, 16, 16, 16, 11, 13, 50], colour="#548235")
    page, narratives = sheet.page, read_narratives()
    title = "TÌNH HÌNH GIẢI NGÂN KẾ HOẠCH VỐN CÁC CHƯƠNG TRÌNH MTQG"
    top = sheet.title_block(title, "(Số liệu tính đến ngày 29/5/2024)", 2, 5)
    sheet.span(top, 7, 8, "ĐVT: đồng", italic=True, align="right")
    plan = ("Kế hoạch vốn", ["Năm 2024", "Kéo dài năm 2022, 2023", "Tổng cộng"])
    heads = ["STT", "Nguồn vốn, nội dung", plan, "Đã giải ngân", "Tỷ lệ (%)", "Đơn vị tự đánh giá", "Diễn giải"]
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
    page.conditional_format(
        first, 6, row, 6, {"type": "data_bar", "bar_color": "#9BC2E6", "bar_solid": True, "min_type": "num", "min_value": 0,
                           "max_type": "num", "max_value": 1}
    )  # fmt: skip
    page.write_comment(top + 1, 5, "Số lũy kế từ đầu năm đến ngày 29/5/2024, theo Kho bạc Nhà nước.", _note_size(230, 50))
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
    chart = book.add_chart({"type": "bar"})
    font = {"name": "Times New Roman", "size": 10}
    for column, colour in ((4, "#BFBFBF"), (5, "#548235")):
        name = {4: "Kế hoạch vốn", 5: "Đã giải ngân"}[column]
        values = ["Giải ngân", first, column, last, column]
        chart.add_series(
            {"name": name, "categories": ["Giải ngân", first, 1, last, 1], "values": values, "fill": {"color": colour}, "gap": 60}
        )
    chart.set_title({"name": "Kế hoạch vốn và giải ngân theo nguồn vốn", "name_font": {**font, "size": 12}})
    chart.set_y_axis({"reverse": True, "num_font": font})
    chart.set_x_axis(
        {"num_font": font, "display_units": "millions", "display_units_visible": False, "num_format": MONEY,
         "name": "triệu đồng", "name_font": {**font, "bold": False}, "major_gridlines": {"visible": True, "line": {"color": "#D9D9D9"}}}
    )  # fmt: skip
    chart.set_legend({"position": "bottom", "font": font})
    chart.set_size({"width": 980, "height": 320})
    return chart


def add_revenue(book: xlsxwriter.Workbook) -> None:
    """The sheet Thu ngân sách: the total first, as budgets have it, and two denominators side by side."""
    sheet = Sheet(book, "Thu ngân sách", [6, 38, 18, 18, 22, 16, 16], colour="#BF8F00")
    title = "TÌNH HÌNH THU NGÂN SÁCH NHÀ NƯỚC TRÊN ĐỊA BÀN 6 THÁNG ĐẦU NĂM 2024"
    top = sheet.title_block(title, "(Số liệu tính đến ngày 29/5/2024)", 1, 3)
    sheet.span(top, 5, 6, "ĐVT: đồng", italic=True, align="right")
    shares = ("Tỷ lệ thực hiện (%)", ["So với dự toán huyện giao", "So với dự toán HĐND xã giao"])
    plans = (decompose("Dự toán năm 2024"), ["Huyện giao", "HĐND xã giao"])
    heads = ["STT", "Nội dung thu", plans, "Thực hiện đến ngày 29/5/2024", shares]
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
    sheet = Sheet(book, decompose("An ninh trật tự"), [6, 76, 14, 44], colour="#7030A0")
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
    whole = {"validate": "integer", "criteria": ">=", "value": 0, "error_title": "Số vụ", "error_message": "Ghi số vụ, từ 0 trở lên."}
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
        for word in words:
            rule = {"type": "text", "criteria": "containing", "value": word, "format": look}
            sheet.page.conditional_format(first, column, last, column, rule)


def _note_size(width: int, height: int) -> dict[str, Any]:
    return {"author": "Văn phòng - Thống kê xã", "width": width, "height": height, "font_name": "Times New Roman", "font_size": 10}


def draw_hills(width: int = 216, height: int = 132) -> bytes:
    """A small PNG of hills under the sun. Its data are stored, not squeezed, so that every zlib gives the same bytes."""
    sky, sun, far, near, field = (222, 236, 247), (244, 177, 60), (150, 190, 150), (84, 140, 74), (168, 200, 110)

    def colour(x: int, y: int) -> tuple[int, int, int]:
        slope: Callable[[float, float, float], float] = lambda peak, top, fall: top + abs(x - peak) * fall  # noqa: E731
        if y > height * 0.8:
            return near if (y - x // 9) % 7 == 0 else field
        if y > slope(width * 0.30, 46, 0.55):
            return near
        if y > slope(width * 0.68, 34, 0.5):
            return far
        return sun if (x - width * 0.86) ** 2 + (y - 24) ** 2 < 190 else sky

    lines = b"".join(b"\0" + bytes(part for x in range(width) for part in colour(x, y)) for y in range(height))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines, 0)) + chunk(b"IEND", b"")


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
