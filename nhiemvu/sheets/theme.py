"""The one theme of every sheet: letters, colours, symbols, the page, and a canvas that writes nothing but safe text.

The page follows Nghị định 30/2020/NĐ-CP: Times New Roman, A4, margins 20, 20, 30 and 15 mm, the page number centred at
the top and absent from page 1. Every pair of ink and fill has a contrast of at least 4.5 to 1 (WCAG 2.2, level AA); the
symbols are in Times New Roman and survive a black and white printer.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from nhiemvu.messages import _
from nhiemvu.sheets.fit import Piece, looks_like_formula, make_safe, row_height
from nhiemvu.verdicts import Outlook, Verdict, label

FONT = "Times New Roman"
SIZE = 12
INK = "#1A1A1A"
QUIET = "#4A5560"
LINK = "#1B4F8A"
RULE = "#8A97A6"
HEADER_FILL = "#D5DFEA"
GROUP_FILL = "#E6EDF4"
TASK_FILL = "#F4F7FA"
LOCKED_FILL = "#F1F2F4"
INPUT_FILL = "#FFFDF0"
DIFFERS_INK = "#7A2E00"
DIFFERS_FILL = "#FFE8D2"

_MILLIMETRE = 1 / 25.4  # inches
_PRINTED_WIDTH, _PRINTED_HEIGHT = 252 * _MILLIMETRE, 170 * _MILLIMETRE  # A4 landscape within its margins
_DEFAULT_HEIGHT = 15.0  # points of a row that nobody gave a height
_PAGE_SLACK = 1.1  # programs break pages a little differently


@dataclass(frozen=True, slots=True)
class VerdictStyle:
    """How a verdict looks: its symbol, the ink and fill of its cell, the colour of its bar in a chart."""

    symbol: str
    ink: str
    fill: str
    bar: str


VERDICTS: dict[str, VerdictStyle] = {
    Verdict.EXCEEDED: VerdictStyle("▲", "#0B3D7A", "#DCE8F7", "#2F6DB5"),
    Verdict.MET: VerdictStyle("●", "#0F5132", "#DDF0E4", "#4C9A6A"),
    Verdict.NOT_MET: VerdictStyle("×", "#8A1C26", "#FAE1E3", "#B5373F"),
    Verdict.NOT_ASSESSED: VerdictStyle("○", "#5F4700", "#FFF3CD", "#E0B13A"),
    Verdict.NO_DATA: VerdictStyle("?", "#4A2A7B", "#EAE3F5", "#7B5EA7"),
    Verdict.NOT_APPLICABLE: VerdictStyle("–", "#454C54", "#EDEFF1", "#B4BBC2"),
}

OUTLOOK_INKS: dict[str, str] = {Outlook.AT_RISK: DIFFERS_INK, Outlook.ALARM: VERDICTS[Verdict.NOT_MET].ink}

_ADDRESS = re.compile(r"^(?P<sheet>[^!:\\/?*\[\]]{1,31})!(?P<cells>[A-Z]{1,3}[1-9]\d{0,6}(:[A-Z]{1,3}[1-9]\d{0,6})?)$")


def show_verdict(verdict: str, *, closed: bool = False) -> str:
    """Symbol and word.

    >>> show_verdict("met"), show_verdict("not_met", closed=True)
    ('● Đạt', '× Không đạt')
    """
    return f"{VERDICTS[verdict].symbol} {label(verdict, closed=closed)}"


def link_to(place: str) -> str:
    """The link inside the workbook to an address such as `Kết quả!F12`; empty where it is not one address.

    >>> link_to("Kết quả!F12"), link_to("Sổ 'A'!B2:B4"), link_to("thu_ngan_sach.docx")
    ("internal:'Kết quả'!F12", "internal:'Sổ ''A'''!B2:B4", '')
    """
    match = _ADDRESS.match(make_safe(place))
    if not match:
        return ""
    sheet = match["sheet"].replace("'", "''")
    return f"internal:'{sheet}'!{match['cells']}"


class Styles:
    """The formats of one workbook, each made once.

    `style` takes XlsxWriter's own property names over the theme's defaults.
    """

    def __init__(self, workbook: Workbook) -> None:
        self._workbook = workbook
        self._made: dict[tuple[tuple[str, Any], ...], Format] = {}
        self._asked: dict[tuple[tuple[str, Any], ...], Format] = {}  # as `_made`, in the order in which it was asked

    def style(self, **properties: Any) -> Format:
        """A format with the theme's letters; made once for each set of properties."""
        asked = tuple(properties.items())
        if asked in self._asked:  # a summary asks for the same few a hundred thousand times
            return self._asked[asked]
        whole = {
            "font_name": FONT,
            "font_size": SIZE,
            "font_color": INK,
            "valign": "vcenter",
            "text_wrap": True,
            **properties,
        }
        if whole.get("border"):
            whole.setdefault("border_color", RULE)
        key = tuple(sorted(whole.items()))
        if key not in self._made:
            self._made[key] = self._workbook.add_format(whole)
        self._asked[asked] = self._made[key]
        return self._made[key]


class Canvas:
    """One sheet being drawn: columns of known widths, text that stays text, rows as high as their text.

    Attributes:
        sheet: the XlsxWriter worksheet, for what the canvas does not wrap.
        widths: widths of the columns in pixels.
    """

    def __init__(
        self, workbook: Workbook, styles: Styles, name: str, widths: Sequence[int], *, linked: bool = True
    ) -> None:
        self.sheet: Worksheet = workbook.add_worksheet(name)
        self.name = name
        self.widths = tuple(widths)
        self.last = len(self.widths) - 1
        self._styles = styles
        self._linked = linked
        self._heights: dict[int, float] = {}
        for column, width in enumerate(self.widths):
            self.sheet.set_column_pixels(column, column, width)
        self.sheet.hide_gridlines(2)

    def style(self, text: str = "", **properties: Any) -> Format:
        """A format for the text: what looks like a formula is marked as text, so that editing the cell keeps it so."""
        if looks_like_formula(text):
            properties["quote_prefix"] = True
        return self._styles.style(**properties)

    def write(self, row: int, column: int, text: str, **properties: Any) -> None:
        """Write text, as text whatever it begins with."""
        safe = make_safe(text)
        cell_format = self.style(safe, **properties)
        if safe:
            self.sheet.write_string(row, column, safe, cell_format)
        else:
            self.sheet.write_blank(row, column, None, cell_format)

    def write_number(self, row: int, column: int, number: float, **properties: Any) -> None:
        """Write a number."""
        self.sheet.write_number(row, column, number, self.style(**properties))

    def merge(self, row: int, first: int, last: int, text: str, **properties: Any) -> None:
        """Write text across columns `first` to `last` of one row."""
        if first == last:
            self.write(row, first, text, **properties)
            return
        safe = make_safe(text)
        cell_format = self.style(safe, **properties)
        self.sheet.merge_range(row, first, row, last, "", cell_format)
        if safe:
            self.sheet.write_string(row, first, safe, cell_format)

    def link(self, row: int, column: int, place: str, text: str, **properties: Any) -> None:
        """Write text that leads to the cell at `place`; plain text where the place is not one address, or unlinked."""
        target = link_to(place) if self._linked else ""
        if not (target and text):
            self.write(row, column, text, **properties)
            return
        safe = make_safe(text)
        cell_format = self.style(safe, **{**properties, "font_color": LINK, "underline": 1})
        tip = _("Mở ô nguồn: {place}", place=make_safe(place))
        self.sheet.write_url(row, column, target, cell_format, string=safe, tip=tip)

    def width(self, first: int, last: int) -> int:
        """Pixels from column `first` to column `last`, both included."""
        return sum(self.widths[first : last + 1])

    def fit_row(self, row: int, pieces: Sequence[Piece], *, least: float = 18.0, level: int = 0) -> float:
        """Give the row the height that its texts need, and its outline level; returns the height in points."""
        height = row_height(pieces, least=least)
        self.set_height(row, height, level=level)
        return height

    def set_height(self, row: int, height: float, *, level: int = 0) -> None:
        """Give a row its height in points, and its outline level."""
        self._heights[row] = height
        self.sheet.set_row(row, height, None, {"level": level} if level else {})

    def keep_together(self, first: int, last: int, *, header: int) -> None:
        """Begin a page at row `first` where rows `first` to `last` would not end on the page that they begin on.

        The pages are reckoned from the heights given so far, one page wide, with row `header` on each.
        """
        scale = min(_PRINTED_WIDTH * 96 / self.width(0, self.last), 1.0)
        room = _PRINTED_HEIGHT * 72 / scale
        used = 0.0
        for row in range(first):
            height = self._heights.get(row, _DEFAULT_HEIGHT)
            if used + height > room:
                used = self._heights.get(header, _DEFAULT_HEIGHT)
            used += height
        block = sum(self._heights.get(row, _DEFAULT_HEIGHT) for row in range(first, last + 1))
        if used + block * _PAGE_SLACK > room:
            self.sheet.set_h_pagebreaks([first])

    def rule_under(self, row: int, first: int, last: int, length: int) -> None:
        """A thin line of `length` pixels at the foot of a row, in the middle of columns `first` to `last`."""
        offset = max((self.width(first, last) - length) // 2, 0)
        self.sheet.insert_textbox(
            row,
            first,
            "",
            {
                "x_offset": offset,
                "y_offset": 1,
                "width": length,
                "height": 1,
                "object_position": 1,
                "decorative": True,
                "line": {"none": True},
                "fill": {"color": INK},
            },
        )

    def set_page(self, *, header_rows: tuple[int, int] | None, last_row: int, landscape: bool = True) -> None:
        """A4 with the margins of Nghị định 30/2020/NĐ-CP, one page wide, the header on every page."""
        sheet = self.sheet
        if landscape:
            sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.set_margins(left=30 * _MILLIMETRE, right=15 * _MILLIMETRE, top=20 * _MILLIMETRE, bottom=20 * _MILLIMETRE)
        sheet.set_header(f'&C&"{FONT},Regular"&13&P', {"margin": 10 * _MILLIMETRE})
        sheet.set_footer("", {"margin": 10 * _MILLIMETRE})
        sheet.set_start_page(1)
        sheet.center_horizontally()
        sheet.fit_to_pages(1, 0)
        sheet.print_area(0, 0, last_row, self.last)
        if header_rows is not None:
            sheet.repeat_rows(*header_rows)


def open_workbook(target: Any, **properties: object) -> Workbook:
    """A workbook in memory in which text is never a formula or a link, and which is the same at every run."""
    workbook = xlsxwriter.Workbook(
        target,
        {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    workbook.set_properties({"created": dt.datetime(2024, 1, 1), **properties})
    return workbook
