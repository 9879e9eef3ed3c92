"""The whole road of a clerk, filmed: from the empty template to the signed form, in a real Chromium.

    python docs/make_road.py [FOLDER]

Starts the page of `nhiemvu serve`, takes the empty template from it, fills it as a person would (from the example),
brings it, looks, mends what is missing, brings it again, takes the evaluated workbook and the form. Needs what
docs/make_guide_pictures.py needs. Writes the pictures 1-... to 7-... into FOLDER (build/road by default), and a row of
them, small, into docs/pictures for the clerk's guide.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import openpyxl
from make_guide_pictures import MOST_BYTES
from make_pictures import EXAMPLE, ROOT, _run, save_pages
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from playwright.sync_api import Browser, Page, sync_playwright

from nhiemvu.report.word import make_pdf
from nhiemvu.sheets.fit import Piece, row_height
from nhiemvu.text import fold
from nhiemvu.workbook.engines import convert

sys.path.insert(0, str(ROOT / "tests"))

from serving import serving

ROW = ROOT / "docs" / "pictures" / "duong-di.jpg"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
WIDE = {"width": 1180, "height": 820}
MISSING = ("1.4.3.2", 80, 900)  # the criterion without a figure, and what the office finds out


def film(folder: Path) -> Path:
    """Walk the road; returns the form. The pictures are in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with serving(folder) as served, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        try:
            return _walk(browser, served.address, folder)
        finally:
            browser.close()


def _walk(browser: Browser, address: str, folder: Path) -> Path:
    page = browser.new_context(viewport=WIDE, locale="vi-VN").new_page()
    page.set_default_timeout(90_000)
    page.goto(address)
    page.screenshot(path=folder / "1-trang-dau.png")

    title = "Nhiệm vụ trọng tâm năm 2024 của xã Hải Yến"
    template = _download(page, re.compile(title), folder / "so-trong.xlsx")
    book = openpyxl.load_workbook(template)
    fill(book, openpyxl.load_workbook(EXAMPLE, data_only=True))
    filled = folder / "so-xa-hai-yen.xlsx"
    book.save(filled)
    draw_sheet(filled, "KẾT QUẢ THỰC HIỆN NHIỆM VỤ", folder, "2-so-da-dien")

    _bring(page, filled)
    page.screenshot(path=folder / "3-ket-qua.png")
    page.get_by_role("link", name=re.compile("chỗ sai lệch")).first.click()
    page.wait_for_timeout(400)
    page.screenshot(path=folder / "4-sai-lech.png")

    mend(book)
    book.save(filled)
    page.goto(address)
    _bring(page, filled)
    page.screenshot(path=folder / "5-sau-khi-sua.png")
    evaluated = _download(page, re.compile("Tải sổ đã đánh giá"), folder / "so-da-danh-gia.xlsx")
    draw_sheet(evaluated, "BIỂU ĐÁNH GIÁ", folder, "6-trang-danh-gia")
    form = _download(page, re.compile(r"\.docx"), folder / "bieu-danh-gia.docx")
    save_pages(make_pdf(form.read_bytes()), {"7-bieu-danh-gia": "Kèm theo Báo cáo"}, folder)
    return form


def _download(page: Page, name: re.Pattern[str], target: Path) -> Path:
    with page.expect_download() as found:
        page.get_by_role("link", name=name).first.click()
    found.value.save_as(target)
    return target


def _bring(page: Page, workbook: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_text("Chọn tệp…").first.click()
    chooser.value.set_files(str(workbook))
    page.get_by_role("heading", name=re.compile("^Kết luận của")).wait_for()


# --- filling, as a person would ---------------------------------------------------------------------------------------


# where the example and the template have the same thing: columns by their letters
_RESULTS = {"E": "Kết quả (số liệu)", "F": "Tử số", "G": "Mẫu số", "H": "Diễn giải", "I": "Đơn vị tự đánh giá"}
_LINES = {"Giải ngân": ("BCDFHI", "ABCDEF"), "Thu ngân sách": ("BCDE", "ABCD"), "An ninh trật tự": ("BC", "AB")}
_NARRATIVE_WIDTH = 210  # pixels
_OTHER_LABELS = {"Tên đơn vị": "Đơn vị", "Có mô hình camera an ninh": "Mô hình camera an ninh"}
_COMPUTED = ("1.1.1", "1.1.2")  # from the tables, so nobody types them


def fill(book: Workbook, example: Workbook) -> None:
    """Copy what the commune of the example typed into the cells of the template that ask for it."""
    known = {fold(row[1].value): row[2].value for row in example["Thông tin"].iter_rows(min_row=8) if row[1].value}
    for label, value, *_ in book["Thông tin"].iter_rows(min_row=_header(book["Thông tin"], "Thông tin") + 1):
        told = known.get(fold(_OTHER_LABELS.get(label.value, label.value or "")))
        if told is not None:
            value.value = told
    typed = {str(row[0].value): row for row in example["Kết quả"].iter_rows(min_row=10) if row[0].value}
    sheet = book["Kết quả"]
    for row in range(_header(sheet, "Mã") + 1, sheet.max_row + 1):
        source = typed.get(str(sheet.cell(row, 1).value))
        for letter, heading in _RESULTS.items():
            value = source[ord(letter) - ord("A")].value if source else None
            if value is not None and not (str(sheet.cell(row, 1).value) in _COMPUTED and letter in "EFG"):
                cell = sheet.cell(row, _column(sheet, heading))
                if not isinstance(cell, MergedCell):  # a group has nothing to type there
                    _type(cell, value)
                    if heading == "Diễn giải":  # as Excel does: the row becomes as high as what is typed
                        shape = sheet.row_dimensions[row]
                        shape.height = row_height([Piece(value, _NARRATIVE_WIDTH, 11)], least=shape.height)
    theirs_by_name = {fold(sheet.title): sheet for sheet in example}  # one title is in decomposed letters
    for name, letters in _LINES.items():
        lines = [row for row in theirs_by_name[fold(name)].iter_rows(min_row=7) if isinstance(row[0].value, int)]
        for at, line in enumerate(lines, start=_header(book[name], "Tổng số") + 1):
            for theirs, ours in zip(*letters, strict=True):
                book[name][f"{ours}{at}"].value = line[ord(theirs) - ord("A")].value


def _type(cell: Cell, value: object) -> None:
    """As Excel takes it: 65 typed into a cell of per cent is 65%."""
    per_cent = isinstance(value, int | float) and value > 1 and cell.number_format.endswith("%")
    cell.value = value / 100 if per_cent else value
    if isinstance(value, str):
        cell.data_type = "s"  # «=>Kết quả …» is no formula


def _header(sheet: Worksheet, label: str) -> int:
    return next(cell.row for cell in sheet["A"] if cell.value == label)


def _column(sheet: Worksheet, heading: str) -> int:
    return next(cell.column for cell in sheet[_header(sheet, "Mã")] if cell.value == heading)


def mend(book: Workbook) -> None:
    """Type the figure that was missing."""
    sheet = book["Kết quả"]
    code, numerator, denominator = MISSING
    row = next(
        row for row in range(_header(sheet, "Mã") + 1, sheet.max_row + 1) if str(sheet.cell(row, 1).value) == code
    )
    sheet.cell(row, _column(sheet, "Tử số")).value = numerator
    sheet.cell(row, _column(sheet, "Mẫu số")).value = denominator


# --- pictures ---------------------------------------------------------------------------------------------------------


def draw_sheet(workbook: Path, words: str, folder: Path, name: str) -> None:
    """The page with these words, as it would be printed."""
    save_pages(convert(workbook.read_bytes(), "xlsx", "pdf"), {name: words}, folder)


def line_up(folder: Path, target: Path) -> None:
    """All pictures in a row, each with its number."""
    pictures = sorted(map(str, folder.glob("[1-7]-*.png")))
    numbered = [part for number, picture in enumerate(pictures, start=1) for part in ("-label", str(number), picture)]
    shape = ("-tile", "4x", "-geometry", "400x290+5+3", "-background", "#EEF1F5", "-strip", "-quality", "60")
    _run("montage", *numbered, "-font", "Carlito", *shape, str(target))
    if (size := target.stat().st_size) > MOST_BYTES:
        raise SystemExit(f"{target.name} has {size} bytes, over {MOST_BYTES}")


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "road"
    film(folder)
    line_up(folder, ROW)
