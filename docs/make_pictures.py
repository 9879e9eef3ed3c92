"""Pictures of the sheets and of the Word form as LibreOffice prints them, for the README and the guides.

    python docs/make_pictures.py [FOLDER]

Needs LibreOffice (`soffice`) and poppler (`pdftoppm`, `pdftotext`), and fonts with the widths of Times New Roman and
Calibri that have the Vietnamese letters (Debian: fonts-croscore, fonts-crosextra-carlito).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import nhiemvu
from nhiemvu.report.word import draw_form, make_pdf
from nhiemvu.sheets.template import draw_template
from nhiemvu.workbook.engines import convert

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "hai-yen-2024-h1.xlsx"
RULEBOOK = "nhiem-vu-trong-tam-2024-hai-yen"
RESOLUTION = "90"  # dots to the inch

# The name of each picture, and words that stand on its page and on no earlier one.
EVALUATION = {
    "danh-gia": "BIỂU ĐÁNH GIÁ",
    "sai-lech": "CÁC CHỖ SAI LỆCH CẦN XEM LẠI",
}
FORM = {"bieu-danh-gia": "Kèm theo Báo cáo"}
TEMPLATE = {
    "so-mau-thong-tin": "SỔ SỐ LIỆU ĐÁNH GIÁ NHIỆM VỤ",
    "so-mau-ket-qua": "KẾT QUẢ THỰC HIỆN NHIỆM VỤ",
}


def make_pictures(folder: Path) -> list[Path]:
    """Draw the example's sheets and the template, print them, and save the pages as PNG files; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    rulebook = nhiemvu.load_rulebook(RULEBOOK)
    evaluation = nhiemvu.evaluate(EXAMPLE, rulebook)
    return [
        *save_pages(convert(evaluation.draw(), "xlsx", "pdf"), EVALUATION, folder),
        *save_pages(convert(draw_template(rulebook), "xlsx", "pdf"), TEMPLATE, folder),
        *save_pages(make_pdf(draw_form(evaluation)), FORM, folder),
    ]


def save_pages(pdf: bytes, pages: dict[str, str], folder: Path) -> list[Path]:
    """Save the pages of a document that have these words, each under its name; returns the files."""
    made = []
    with tempfile.TemporaryDirectory() as scratch:
        printed = Path(scratch, "printed.pdf")
        printed.write_bytes(pdf)
        text = _run("pdftotext", "-layout", str(printed), "-").split("\f")
        for name, words in pages.items():
            number = next((i for i, page in enumerate(text, start=1) if words in page), 0)
            if not number:
                raise SystemExit(f"no page says «{words}»")
            target = folder / name
            page = ("-f", str(number), "-l", str(number))
            _run("pdftoppm", "-r", RESOLUTION, "-png", "-singlefile", *page, str(printed), str(target))
            made.append(target.with_suffix(".png"))
    return made


def _run(*command: str) -> str:
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=180)
    return done.stdout


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "pictures"
    for picture in make_pictures(folder):
        sys.stdout.write(f"{picture}\n")
