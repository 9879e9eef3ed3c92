"""What lies among the workbooks and is none, and what nhiemvu itself has left there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import nhiemvu
from nhiemvu.sheets.draw import TITLES
from nhiemvu.workbook.ours import sign

from .book import Workbook
from .criteria import RULEBOOK
from .packages import make_docx

APPLE_DOUBLE = b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X" + bytes(104)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
_LOCK = b"\x08Van phong" + bytes(155)
_PDF = b"%PDF-1.4\n%%EOF\n"


@dataclass(frozen=True, slots=True)
class Beside:
    """One more entry beside a unit's workbook.

    Attributes:
        name: of the entry, from the workbook's own name without its suffix.
        make: its bytes; None for a folder.
        note: in a sentence.
        status: what becomes of it.
    """

    name: str
    make: Callable[[Workbook, str], bytes | None]
    note: str
    status: str = "skipped"


def evaluate_in_place(book: Workbook, stem: str) -> bytes:
    """The workbook with the two sheets that nhiemvu writes into it."""
    return _evaluate(book, stem, f"{stem}{book.suffix}")


def _draw_alone(book: Workbook, stem: str) -> bytes:
    """The workbook of the two sheets alone, as nhiemvu writes it beside an old one."""
    return _evaluate(book, stem, "")


def _evaluate(book: Workbook, stem: str, out: str) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder, f"{stem}{book.suffix}")
        path.write_bytes(book.pack())
        evaluation = nhiemvu.evaluate(path, RULEBOOK)
        if out:
            return evaluation.write(Path(folder, out)).read_bytes()
        return sign(evaluation.draw(linked=False), TITLES)


BESIDE = {
    "lock-file": Beside("~${stem}.xlsx", lambda book, stem: _LOCK, "tệp khóa của Excel"),
    "word-beside": Beside("Báo cáo {stem}.docx", lambda book, stem: make_docx("Báo cáo"), "văn bản Word"),
    "pdf-beside": Beside("{stem} (ký).pdf", lambda book, stem: _PDF, "bản chụp đã ký"),
    "folder-named-xlsx": Beside("{stem} bản cũ.xlsx", lambda book, stem: None, "thư mục mang tên như sổ", "failed"),
    "thumbs": Beside("Thumbs.db", lambda book, stem: _OLE, "tệp của Windows"),
    "apple-double": Beside("._{stem}.xlsx", lambda book, stem: APPLE_DOUBLE, "tệp của macOS", "hidden"),
    "half-copied": Beside("{stem}.xlsx.tmp", lambda book, stem: book.pack()[:2000], "tệp tạm, chép dở"),
    "own-output": Beside("{stem} - đánh giá.xlsx", _draw_alone, "sổ kết quả do nhiemvu ghi"),
}
