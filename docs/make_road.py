"""The whole road of a clerk, filmed: from the empty template to the signed form, in a real Chromium.

    python docs/make_road.py [FOLDER]

Starts the page of `nhiemvu serve`, takes the empty template from it, fills it as a person would (from the example),
brings it, looks, mends what is missing, brings it again, takes the evaluated workbook and the form. Needs Chromium,
LibreOffice and poppler. Writes the pictures 1-... to 7-... into FOLDER (build/road by default).
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import openpyxl
from openpyxl.cell.cell import MergedCell
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from serving import serving

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "hai-yen-2024-h1.xlsx"
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
    draw_sheet(filled, "Kết quả", folder / "2-so-da-dien.png")

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
    draw_sheet(evaluated, "Đánh giá", folder / "6-trang-danh-gia.png")
    form = _download(page, re.compile(r"\.docx"), folder / "bieu-danh-gia.docx")
    draw_document(form, folder / "7-bieu-danh-gia.png")
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
_LINES = {"Giải ngân": ("BCDFHI", "ABCDEF"), "Thu ngân sách": ("BCDE", "ABCD")}
_COMPUTED = ("1.1.1", "1.1.2")  # from the tables, so nobody types them


def fill(book: Workbook, example: Workbook) -> None:
    """Copy what the commune of the example typed into the cells of the template that ask for it."""
    known = {row[1].value: row[2].value for row in example["Thông tin"].iter_rows(min_row=8) if row[1].value}
    known["Tên đơn vị"] = known["Đơn vị"]
    for label, value, *_ in book["Thông tin"].iter_rows(min_row=10):
        if known.get(label.value) is not None:
            value.value = known[label.value]
    typed = {str(row[0].value): row for row in example["Kết quả"].iter_rows(min_row=10) if row[0].value}
    sheet = book["Kết quả"]
    for row in range(_header(sheet) + 1, sheet.max_row + 1):
        source = typed.get(str(sheet.cell(row, 1).value))
        for letter, heading in _RESULTS.items():
            value = source[ord(letter) - ord("A")].value if source else None
            if value is not None and not (str(sheet.cell(row, 1).value) in _COMPUTED and letter in "EFG"):
                cell = sheet.cell(row, _column(sheet, heading))
                if not isinstance(cell, MergedCell):  # a group has nothing to type there
                    cell.value = value
    for name, letters in _LINES.items():
        lines = [row for row in example[name].iter_rows(min_row=11) if isinstance(row[0].value, int)]
        for at, line in enumerate(lines, start=12):
            for theirs, ours in zip(*letters, strict=True):
                book[name][f"{ours}{at}"].value = line[ord(theirs) - ord("A")].value


def _header(sheet: Worksheet) -> int:
    return next(cell.row for cell in sheet["A"] if cell.value == "Mã")


def _column(sheet: Worksheet, heading: str) -> int:
    return next(cell.column for cell in sheet[_header(sheet)] if cell.value == heading)


def mend(book: Workbook) -> None:
    """Type the figure that was missing."""
    sheet = book["Kết quả"]
    code, numerator, denominator = MISSING
    row = next(row for row in range(_header(sheet) + 1, sheet.max_row + 1) if str(sheet.cell(row, 1).value) == code)
    sheet.cell(row, _column(sheet, "Tử số")).value = numerator
    sheet.cell(row, _column(sheet, "Mẫu số")).value = denominator


# --- pictures of sheets and documents ---------------------------------------------------------------------------------


def draw_sheet(workbook: Path, title: str, target: Path) -> None:
    """The first page of one sheet as it would be printed."""
    with tempfile.TemporaryDirectory() as place:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(workbook)
        book.move_sheet(title, -book.sheetnames.index(title))  # hidden sheets are printed, too: the first page counts
        alone = Path(place, "trang.xlsx")
        book.save(alone)
        draw_document(alone, target)


def draw_document(document: Path, target: Path) -> None:
    """The first page of a document."""
    with tempfile.TemporaryDirectory() as place:
        office = ["soffice", f"-env:UserInstallation=file://{place}/profile", "--headless", "--convert-to", "pdf"]
        subprocess.run([*office, "--outdir", place, document], check=True, capture_output=True, timeout=180)
        picture = ["pdftoppm", "-r", "80", "-f", "1", "-l", "1", "-singlefile", "-png"]
        subprocess.run([*picture, Path(place, f"{document.stem}.pdf"), target.with_suffix("")], check=True)


if __name__ == "__main__":
    film(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "road")
