"""What lies among the workbooks and is none, or is one too many."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from .book import Workbook
from .packages import make_docx
from .xlsx import pack


@dataclass(frozen=True, slots=True)
class Beside:
    """One more entry beside a unit's workbook.

    Attributes:
        name: of the entry, from the workbook's own name without its suffix.
        make: its bytes; None for a folder.
        note: in a sentence.
        zipped: it may also lie in a zip archive.
    """

    name: str
    make: Callable[[Workbook, Random], bytes | None]
    note: str
    zipped: bool = True


BESIDE = {
    "lock-file": Beside("~${stem}.xlsx", lambda book, random: b"\x08Van phong" + b"\0" * 155, "tệp khóa của Excel"),
    "word-beside": Beside("Báo cáo {stem}.docx", lambda book, random: make_docx("Báo cáo"), "văn bản Word"),
    "pdf-beside": Beside("{stem} (ký).pdf", lambda book, random: b"%PDF-1.4\n%%EOF\n", "bản chụp đã ký"),
    "folder-named-xlsx": Beside("{stem} bản cũ.xlsx", lambda book, random: None, "thư mục mang tên như sổ", zipped=False),
    "thumbs": Beside("Thumbs.db", lambda book, random: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504, "tệp của Windows"),
    "apple-double": Beside("._{stem}.xlsx", lambda book, random: b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X" + b"\0" * 104, "tệp của macOS"),
    "temporary": Beside("{stem}.xlsx.tmp", lambda book, random: pack(book.parts())[:2000], "tệp tạm, chép dở"),
}  # fmt: skip
