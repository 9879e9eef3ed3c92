"""Makes one broken workbook per mistake, in a folder; `data/bad_workbooks.yaml` holds what each must say."""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Callable
from pathlib import Path

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from nhiemvu.rules.models import Column, Fact, Table

FACTS = {
    "don_vi": Fact(label="Tên xã", type="text"),
    "khu_vuc": Fact(label="Khu vực", type="choice", choices=["I", "II", "III"]),
    "so_ho": Fact(label="Tổng số hộ", type="number", unit="hộ", aliases=["Số hộ toàn xã"]),
    "ngay": Fact(label="Số liệu đến ngày", type="date"),
    "di_tich": Fact(label="Có di tích", type="boolean"),
}
TABLES = {
    "thong_tin": Table(
        sheet=["Thông tin"],
        kind="facts",
        columns={
            "label": Column(headings=["Thông tin"], type="text"),
            "value": Column(headings=["Giá trị"], type="text"),
        },
    ),
    "ket_qua": Table(
        sheet=["Kết quả"],
        kind="results",
        columns={
            "id": Column(headings=["Mã"], type="text"),
            "name": Column(headings=["Nhiệm vụ"], type="text"),
            "unit": Column(headings=["ĐVT"], type="text", required=False),
            "value": Column(headings=["Kết quả"]),
            "numerator": Column(headings=["Tử số"], required=False),
            "denominator": Column(headings=["Mẫu số"], required=False),
            "declared": Column(headings=["Đơn vị tự đánh giá"], type="verdict"),
            "narrative": Column(headings=["Diễn giải"], type="text", required=False),
        },
    ),
    "giai_ngan": Table(
        sheet=["Giải ngân"],
        kind="lines",
        skip=["Tổng số"],
        columns={
            "nguon": Column(headings=["Nguồn vốn"], type="text"),
            "ke_hoach": Column(headings=["Kế hoạch vốn", "KH vốn giao"], unit="đồng"),
            "da_giai_ngan": Column(headings=["Đã giải ngân"], unit="đồng"),
        },
    ),
}
UNITS = {
    "1.1": "%",
    "1.2": "%",
    "1.10": "%",
    "17.3": "%",
    "1.4.1": "%",
    "17.11": "m2/người",
    "17.10": "%",
    "18.5": "sự cố",
}

Change = Callable[[Workbook], object]


def build_standard() -> Workbook:
    """The standard workbook, small and without a mistake."""
    book = Workbook()
    info = book.active
    assert isinstance(info, Worksheet)
    info.title = "Thông tin"
    fill(
        info,
        1,
        [
            ["Thông tin", "Giá trị"],
            ["Tên xã", "Xã Hải Yến"],
            ["Khu vực", "III"],
            ["Tổng số hộ", 424],
            ["Số liệu đến ngày", dt.date(2024, 5, 29)],
            ["Có di tích", "Không"],
        ],
    )
    results = book.create_sheet("Kết quả")
    results["A1"] = "KẾT QUẢ THỰC HIỆN NHIỆM VỤ"
    fill(
        results,
        3,
        [
            ["Mã", "Nhiệm vụ", "ĐVT", "Kết quả", "Tử số", "Mẫu số", "Đơn vị tự đánh giá", "Diễn giải"],
            ["1.1", "Giải ngân", "%", None, 72225000, 883700000, "Chưa đạt", ""],
            ["17.3", "Chất thải rắn được thu gom", "%", "97,5%", None, None, "Đạt", ""],
            ["1.4.1", "Trồng rừng mới", "%", "27,35/25 ha", None, None, "Vượt", ""],
            ["17.11", "Đất cây xanh", "m2/người", 8, None, None, "Đạt", ""],
            ["18.5", "Sự cố an toàn thực phẩm", "sự cố", 0, None, None, "Đạt", ""],
        ],
    )
    lines = book.create_sheet("Giải ngân")
    lines["A1"] = "GIẢI NGÂN THEO NGUỒN VỐN"
    fill(
        lines,
        3,
        [
            ["Nguồn vốn", "Kế hoạch vốn", "Đã giải ngân"],
            ["Quy hoạch chi tiết", 250000000, 0],
            ["Quy hoạch chung", "130.700.000 đ", "72.225.000 đ"],
            ["Tổng số", "=B4+B5", "=C4+C5"],
        ],
    )
    return book


def fill(sheet: Worksheet, row: int, lines: list[list[object]]) -> None:
    for i, line in enumerate(lines):
        for j, value in enumerate(line):
            sheet.cell(row + i, 1 + j, value)


def put(sheet: str, cell: str, value: object, number_format: str = "") -> Change:
    def change(book: Workbook) -> None:
        book[sheet][cell] = value
        if number_format:
            book[sheet][cell].number_format = number_format

    return change


def rename_sheet(old: str, new: str) -> Change:
    return lambda book: setattr(book[old], "title", new)


def copy_header(book: Workbook) -> None:
    fill(book["Giải ngân"], 10, [["Nguồn vốn", "Kế hoạch vốn", "Đã giải ngân"], ["Giao thông", 450000000, 0]])


def add_row(*values: object) -> Change:
    return lambda book: fill(book["Kết quả"], 9, [list(values)])


CHANGES: dict[str, Change] = {
    "thieu-trang": rename_sheet("Kết quả", "Kêt quả"),
    "thieu-cot": put("Giải ngân", "C3", "Đã giải ngan"),
    "thieu-cot-khong-goi-y": put("Giải ngân", "C3", "Tháng 5"),
    "khong-co-tieu-de": lambda book: book["Giải ngân"].delete_rows(3),
    "chu-o-cho-so": put("Giải ngân", "C4", "chưa giải ngân"),
    "khong-phat-sinh-o-cho-so": put("Giải ngân", "C4", "Không có"),
    "nhom-ba-so-sai": put("Giải ngân", "C5", "2.800.00"),
    "so-kieu-anh": put("Giải ngân", "C5", "1,234.56"),
    "dau-cham-mo-ho": put("Giải ngân", "C5", "1.234"),
    "loi-chia-khong": put("Giải ngân", "C4", "#DIV/0!"),
    "cong-thuc-chua-tinh": put("Giải ngân", "C4", "=72225000*2"),
    "trung-ma": add_row("17.3", "Chất thải rắn", "%", "96%", None, None, "Đạt"),
    "ma-1-1-va-1-10": add_row(1.1, "Lớp đào tạo", "%", "90%", None, None, "Đạt"),
    "ma-so-mat-so-0": add_row(17.1, "Lớp đào tạo", "%", "90%", None, None, "Đạt"),
    "ma-thanh-ngay": add_row(dt.date(2024, 2, 1), "Lớp đào tạo", "%", "90%", None, None, "Đạt"),
    "ngay-o-cot-so": put("Giải ngân", "C4", dt.date(2024, 4, 2), "d-mmm"),
    "ngay-o-cot-ket-qua": put("Kết quả", "D6", dt.date(2024, 4, 2), "d-mmm"),
    "don-vi-khong-khop": put("Kết quả", "C7", "ha"),
    "don-vi-trong-o-khong-khop": put("Kết quả", "D7", "8 ha"),
    "don-vi-cot-khong-khop": put("Giải ngân", "C3", "Đã giải ngân (ha)"),
    "tu-so-khac": put("Kết quả", "E6", 28),
    "ket-luan-la": put("Kết quả", "G5", "Tốt"),
    "thong-tin-sai-lua-chon": put("Thông tin", "B3", "IV"),
    "thong-tin-chu-o-cho-so": put("Thông tin", "B4", "khoảng bốn trăm"),
    "thong-tin-ngay-sai": put("Thông tin", "B5", "31/02/2024"),
    "thong-tin-co-khong": put("Thông tin", "B6", "x"),
    "thong-tin-la": put("Thông tin", "A4", "Tổng sô hộ"),
    "hai-bang": copy_header,
    "hai-cot-cung-ten": put("Giải ngân", "D3", "Đã giải ngân"),
    "hang-an": lambda book: setattr(book["Giải ngân"].row_dimensions[4], "hidden", True),
}


def make_bad_workbooks(folder: Path) -> dict[str, Path]:
    """Every broken workbook, by the name of its mistake."""
    made = {}
    for name, change in CHANGES.items():
        book = build_standard()
        change(book)
        made[name] = folder / f"{name}.xlsx"
        book.save(made[name])
    made["khong-co-tep"] = folder / "khong-co-tep.xlsx"
    made["khong-phai-so"] = folder / "khong-phai-so.xlsx"
    made["khong-phai-so"].write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(40))
    made["van-ban-doi-duoi"] = folder / "van-ban-doi-duoi.xls"
    made["van-ban-doi-duoi"].write_text("Mã,Kết quả\n1.1,97\n", encoding="utf-8")
    made["html-doi-duoi"] = folder / "html-doi-duoi.xls"
    made["html-doi-duoi"].write_text("<html><body><table><tr><td>1</td></tr></table></body></html>", encoding="utf-8")
    made["tep-rong"] = folder / "tep-rong.xlsx"
    made["tep-rong"].write_bytes(b"")
    made["co-mat-khau"] = folder / "co-mat-khau.xlsx"
    made["co-mat-khau"].write_bytes(_encrypted())
    return made


def _encrypted() -> bytes:
    """The container of an encrypted workbook: an OLE file whose directory names EncryptedPackage."""
    names = ["Root Entry", "EncryptionInfo", "EncryptedPackage"]
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    header += bytes(6) + struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<I", 0) + b"\xff" * (4 * 108)
    fat = struct.pack("<II", 0xFFFFFFFD, 0xFFFFFFFE) + b"\xff" * (512 - 8)
    directory = b""
    for i, name in enumerate([*names, ""]):
        stored = name.encode("utf-16-le")
        entry = stored.ljust(64, b"\0") + struct.pack(
            "<HBB", len(stored) + 2 if name else 0, 5 if i == 0 else 2 * bool(name), 1
        )
        child = 1 if i == 0 else 0xFFFFFFFF
        entry += struct.pack("<III", 0xFFFFFFFF, 2 if i == 1 else 0xFFFFFFFF, child)
        directory += entry.ljust(116, b"\0") + struct.pack("<IQ", 0xFFFFFFFE, 0)
    return header.ljust(512, b"\0") + fat + directory
