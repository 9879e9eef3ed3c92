"""What the sheets of a summary share: the book being drawn, heads, tables, links to the communes' workbooks."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from xlsxwriter.workbook import Workbook

from nhiemvu.messages import _
from nhiemvu.sheets.fit import Piece
from nhiemvu.sheets.theme import GROUP_FILL, HEADER_FILL, LINK, QUIET, SIZE, TASK_FILL, VERDICTS, Canvas, Styles
from nhiemvu.text import format_number
from nhiemvu.verdicts import Verdict, label

if TYPE_CHECKING:
    from nhiemvu.engine.groups import Group
    from nhiemvu.many.summary import Summary

# The same in every language, as those of an evaluation are.
TITLES: Mapping[str, str] = MappingProxyType(
    {
        "overview": "Tổng quan",
        "verdicts": "Kết luận",
        "figures": "Số liệu",
        "ranking": "Xếp hạng",
        "groups": "Nhóm đơn vị",
        "lines": "Theo nguồn",
        "changes": "So kỳ trước",
        "discrepancies": "Sai lệch",
        "problems": "Cần xem lại",
        "files": "Tệp và đơn vị",
    }
)
MAX_LINKS, MAX_LINK = 60_000, 2000  # of one sheet, and letters of one; Excel takes 65,530 and 2,079
MAX_TEXT = 32_000  # letters of a cell; Excel takes 32,767
SMALL = 10
_LOCAL = re.compile(r"^(?![a-z][a-z0-9+.-]*:)|^[a-zA-Z]:[\\/]")  # a path, be it of a Windows drive

BAR: dict[str, Any] = {
    "type": "data_bar",
    "bar_color": "#A9D5BA",  # light enough to read on
    "bar_solid": True,
    "data_bar_2010": True,
    "min_type": "num",
    "min_value": 0,
    "max_type": "num",
    "max_value": 1,
}
HEAD: dict[str, Any] = {"bold": True, "align": "center", "border": 1, "bg_color": HEADER_FILL}
CELL: dict[str, Any] = {"border": 1}
MIDDLE: dict[str, Any] = {"border": 1, "align": "center"}
LEVELS = (GROUP_FILL, TASK_FILL)


@dataclass
class Book:
    """The workbook being drawn, and what it is drawn of."""

    workbook: Workbook
    styles: Styles
    summary: Summary
    folder: str

    def add(self, key: str, widths: Sequence[int]) -> Canvas:
        """A new sheet."""
        return Canvas(self.workbook, self.styles, TITLES[key], widths, linked=False)

    @cached_property
    def above(self) -> list[Group | None]:
        """The group right above each unit, in order; None where there is no tree."""
        found: list[Group | None] = [None] * len(self.summary)
        for group in self.summary.groups:  # parents before children: the last word is the nearest
            if group.code:
                for at in group.members:
                    found[int(at)] = group
        return found

    @cached_property
    def links(self) -> list[str]:
        """The address of each unit's workbook as a hyperlink holds it; empty where nothing can be opened there."""
        return [link_from(self.folder, link) for link in self.summary.links]


def link_from(folder: str, target: str) -> str:
    """From a folder to a file, relative where both are on one drive; http and https addresses as they are.

    >>> link_from("/a/b", "/a/c/xa #1.xlsx"), link_from("", "s3://kho/xa.xlsx"), link_from("", "https://vi.du/xa.xlsx")
    ('external:../c/xa%20%231.xlsx', '', 'https://vi.du/xa.xlsx')
    """
    if target.startswith(("http://", "https://")):
        return quote(target, safe=":/?&=%#+,;@~!$'()*[]")
    if not target or not folder or not _LOCAL.match(target):
        return ""
    try:
        path = os.path.relpath(target, folder).replace(os.sep, "/")
    except ValueError:  # another drive
        return ""
    if any("\ud800" <= letter <= "\udfff" for letter in path):  # half characters of a broken name cannot be written
        return ""
    return f"external:{quote(path)}"


def write_unit(book: Book, canvas: Canvas, row: int, column: int, unit: int, **look: Any) -> None:
    """The name of a unit, leading to its workbook."""
    info = book.summary.units[unit]
    name, target = info.name or info.code, book.links[unit]
    write_link(canvas, row, column, name, target, _("Mở sổ của đơn vị"), **look)


def write_link(canvas: Canvas, row: int, column: int, text: str, target: str, tip: str = "", **look: Any) -> None:
    """A text leading to an address, as far as Excel takes links; else the text alone."""
    if not target or row > MAX_LINKS or len(target) > MAX_LINK:
        canvas.write(row, column, text, **look)
        return
    cell_format = canvas.style(text, **{**look, "font_color": LINK, "underline": 1})
    canvas.sheet.write_url(row, column, target, cell_format, string=text[:MAX_TEXT], tip=tip or None)


def draw_head(book: Book, canvas: Canvas, title: str, *notes: str, last: int | None = None) -> int:
    """The title of a sheet, the rules, the period, and notes, over columns 0 to `last`; returns the first row below."""
    last = canvas.last if last is None else min(last, canvas.last)
    canvas.merge(0, 0, last, title, bold=True, font_size=15, align="center", text_wrap=False)
    canvas.set_height(0, 26)
    lines = [" · ".join(filter(None, (book.summary.rulebook.title, book.summary.period))), *notes]
    row = 1
    for number, line in enumerate(filter(None, lines)):
        look: dict[str, Any] = {"bold": True} if number == 0 else {"italic": True, "font_color": QUIET}
        canvas.merge(row, 0, last, line, align="center", **look)
        canvas.fit_row(row, [Piece(line, canvas.width(0, last), SIZE)], least=17)
        row += 1
    canvas.set_height(row, 6)
    return row + 1


def draw_header(canvas: Canvas, row: int, headings: Sequence[str], *, height: float = 34) -> None:
    """The headings of a table, with what its columns can be filtered by."""
    for column, heading in enumerate(headings):
        canvas.write(row, column, heading, **HEAD)
    canvas.set_height(row, height)


def finish(canvas: Canvas, header: int, last: int, *, frozen: int = 0, filtered: bool = True) -> None:
    """Freeze, filter and page a sheet whose table begins with the headings in row `header`."""
    if filtered and last > header:
        canvas.sheet.autofilter(header, 0, last, canvas.last)
    canvas.sheet.freeze_panes(header + 1, frozen)
    canvas.sheet.set_zoom(90)
    canvas.sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{last + 2}"})
    canvas.set_page(header_rows=(header, header), last_row=last)


def share_of(part: int, whole: int) -> str:
    """`12/20`: counts that belong together."""
    return f"{format_number(part)}/{format_number(whole)}"


def write_verdict(canvas: Canvas, row: int, column: int, code: int) -> None:
    """A verdict by its code: symbol, word and colours; an empty cell for -1."""
    if code < 0:
        canvas.write(row, column, "", **CELL)
        return
    verdict = list(Verdict)[code]
    look = VERDICTS[verdict]
    text = f"{look.symbol} {label(verdict)}"
    canvas.write(row, column, text, **MIDDLE, bg_color=look.fill, font_color=look.ink)
