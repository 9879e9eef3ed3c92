"""A form typed in Excel as a careful official types it: title block after Nghị định 30/2020, merged headers, footer.

Used by the scripts that make the example workbooks.
"""

from __future__ import annotations

import datetime as dt
import struct
import textwrap
import unicodedata
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import xlsxwriter

# 42A is Vietnamese: 2.017 and 32,20% whatever the language of the machine.
MONEY, SHARE = "[$-42A]#,##0_ ", "[$-42A]0.00%"

Head = str | tuple[str, Sequence["Head"]]  # a heading, or one merged over others


@dataclass(frozen=True)
class Office:
    """Who sends a form: its agency above and its own name, its date line, who signs (no name), who gets it."""

    parent: str
    name: str
    dateline: str
    signers: Sequence[str]
    recipients: Sequence[str]


def decompose(text: str) -> str:
    """The same text as some keyboards type it: letters and marks apart (NFD)."""
    return unicodedata.normalize("NFD", text)


class Sheet:
    """One sheet being typed: rows and columns from 0, formats by their properties."""

    def __init__(
        self, book: xlsxwriter.Workbook, office: Office, name: str, widths: Sequence[float], *, colour: str
    ) -> None:
        self.book, self.office, self.widths = book, office, widths
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
        side = properties.get("align", "left")
        look = self.style(
            border=1, text_wrap=True, **({"indent": 1} if side == "left" else {}), **{"align": side, **properties}
        )
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

    def header(self, top: int, heads: Sequence[Head], marks: Sequence[str]) -> int:
        """A header as deep as its headings nest, closed by a row of marks. Gives the row below."""
        last = top + max(map(_depth, heads)) - 1
        column = 0
        for head in heads:
            column = self._head(top, last, column, head)
        for column, mark in enumerate(marks):
            self.cell(last + 1, column, int(mark) if mark.isdigit() else mark, align="center", italic=True, font_size=9)
        for row in range(top, last):
            self.page.set_row(row, 20)
        self.page.set_row(last, 34)
        self.page.freeze_panes(last + 2, 2)
        self.page.repeat_rows(top, last + 1)
        return last + 2

    def _head(self, top: int, last: int, column: int, head: Head) -> int:
        """One heading with those under it; gives the column to its right."""
        look = self.style(bold=True, align="center", text_wrap=True, border=1, bg_color="#DDEBF7")
        if isinstance(head, str):
            if top == last:
                self.page.write_string(top, column, head, look)
            else:
                self.page.merge_range(top, column, last, column, head, look)
            return column + 1
        title, parts = head
        self.page.merge_range(top, column, top, column + sum(map(_breadth, parts)) - 1, title, look)
        for part in parts:
            column = self._head(top + 1, last, column, part)
        return column

    def title_block(self, title: str, guide: str, left: int, right: int) -> int:
        """The head of a form after Nghị định 30/2020/NĐ-CP; columns 0..left and right..last. Gives the row below."""
        last = len(self.widths) - 1
        self.span(0, 0, left, self.office.parent, font_size=12)
        self.span(1, 0, left, self.office.name, font_size=12, bold=True, underline=1)
        self.span(0, right, last, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", font_size=12, bold=True)
        self.span(1, right, last, "Độc lập - Tự do - Hạnh phúc", font_size=13, bold=True, underline=1)
        self.span(2, right, last, self.office.dateline, font_size=12, italic=True)
        self.span(4, 0, last, title, font_size=14, bold=True)
        self.span(5, 0, last, guide, font_size=12, italic=True, valign="top")
        for row, height in enumerate([18, 20, 20, 8, 24, 24]):
            self.page.set_row(row, height)
        return 6

    def footer(self, row: int, left: int, right: int) -> int:
        """Who gets it and who signs; no name. Gives the row below."""
        last = len(self.widths) - 1
        self.page.set_row(row, 10)
        lines = zip_longest(["Nơi nhận:", *self.office.recipients], self.office.signers)
        for below, (recipient, signer) in enumerate(lines, start=1):
            first = {"font_size": 12, "bold": True, "italic": True} if below == 1 else {}
            if recipient is not None:
                self.span(row + below, 0, left, recipient, **first, align="left")
            if signer is not None:
                self.span(row + below, right, last, signer, font_size=13, bold=True)
        return row + 8

    def fit(self, row: int, texts: Mapping[int, tuple[str, float]], least: float = 20) -> None:
        """Make a row as high as its longest wrapped text: column -> (text, font size). Excel allows 409 points."""
        most = max((self._height(column, *text) for column, text in texts.items()), default=least)
        self.page.set_row(row, min(max(most, least), 409))

    def _height(self, column: int, text: str, size: float) -> float:
        # a letter of Times New Roman is some 0.40 of its size wide; a column is 5.25 points a character
        letters = max(int(self.widths[column] * 5.25 / (0.40 * size)), 4)
        composed = unicodedata.normalize("NFC", text).split("\n")
        lines = sum(len(textwrap.wrap(part, letters)) or 1 for part in composed)
        return lines * size * 1.2 + 6


def add_facts(book: xlsxwriter.Workbook, office: Office, facts: Sequence[tuple[str, Any, str]]) -> None:
    """The sheet Thông tin: one fact a row, with its note."""
    sheet = Sheet(book, office, "Thông tin", [6, 34, 46, 46], colour="#1F4E78")
    row = sheet.title_block("THÔNG TIN CHUNG", "(Ghi một lần, dùng chung cho các biểu trong sổ)", 1, 3)
    for column, head in enumerate(["STT", "Thông tin", "Giá trị", "Ghi chú"]):
        sheet.cell(row, column, head, bold=True, align="center", bg_color="#DDEBF7")
    sheet.page.set_row(row, 24)
    sheet.page.freeze_panes(row + 1, 0)
    for number, (label, value, note) in enumerate(facts, start=1):
        row += 1
        sheet.page.set_row(row, 20)
        sheet.cell(row, 0, number, align="center")
        sheet.cell(row, 1, label)
        day = {"num_format": "dd/mm/yyyy"} if isinstance(value, dt.date) else {}
        sheet.cell(row, 2, value, align="left", bold=True, **day)
        sheet.cell(row, 3, note, italic=True, font_size=10)
    last = sheet.footer(row + 1, 1, 2)
    sheet.page.print_area(0, 0, last - 1, 3)


def _depth(head: Head) -> int:
    """How many rows a heading takes with those under it."""
    return 1 if isinstance(head, str) else 1 + max(map(_depth, head[1]))


def _breadth(head: Head) -> int:
    """How many columns."""
    return 1 if isinstance(head, str) else sum(map(_breadth, head[1]))


def draw_hills(width: int = 216, height: int = 132) -> bytes:
    """A small PNG of hills under the sun. Its data are stored, not squeezed, so that any zlib gives the same."""
    sky, sun, far, near, field = (222, 236, 247), (244, 177, 60), (150, 190, 150), (84, 140, 74), (168, 200, 110)

    def colour(x: int, y: int) -> tuple[int, int, int]:
        if y > height * 0.8:
            return near if (y - x // 9) % 7 == 0 else field
        if y > 46 + abs(x - width * 0.30) * 0.55:
            return near
        if y > 34 + abs(x - width * 0.68) * 0.5:
            return far
        return sun if (x - width * 0.86) ** 2 + (y - 24) ** 2 < 190 else sky

    lines = b"".join(b"\0" + bytes(part for x in range(width) for part in colour(x, y)) for y in range(height))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines, 0)) + chunk(b"IEND", b"")
