"""Pictures of the summary of many communes: the sheets as LibreOffice prints them, the page as Chromium shows it.

    python docs/make_summary_pictures.py [FOLDER]

Makes a folder of 200 communes' workbooks, of which a twentieth is broken, and summarises it. Needs LibreOffice,
poppler and Chromium.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from make_pictures import ROOT, save_pages
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(ROOT))

import nhiemvu
from benchmarks.communes import make_folder
from nhiemvu.report.page.draw import draw_page
from nhiemvu.workbook.engines import convert

SHEETS = {"ket-luan-nhieu-xa": "KẾT LUẬN TỪNG TIÊU CHÍ"}
VIEWS = {"trang-bang-mau": "#bang-mau"}
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]


def make_pictures(folder: Path) -> list[Path]:
    """Summarise a generated folder and save the pictures; returns the files."""
    with tempfile.TemporaryDirectory() as place:
        truth = make_folder(Path(place, "nop"), 200, 1)
        summary = nhiemvu.aggregate(truth.workbooks, truth.rulebook, units=truth.units)
        made = save_pages(convert(summary.draw(), "xlsx", "pdf"), SHEETS, folder)
        page = Path(place, "trang.html")
        page.write_bytes(draw_page(summary))
        return [*made, *_photograph(page, folder)]


def _photograph(page: Path, folder: Path) -> list[Path]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    made = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        for name, view in VIEWS.items():
            tab = browser.new_page(viewport={"width": 1280, "height": 760})
            tab.goto(f"{page.as_uri()}{view}")
            tab.wait_for_timeout(1500)
            made.append(folder / f"{name}.png")
            tab.screenshot(path=made[-1])
        browser.close()
    return made


if __name__ == "__main__":
    for picture in make_pictures(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "pictures"):
        sys.stdout.write(f"{picture}\n")
