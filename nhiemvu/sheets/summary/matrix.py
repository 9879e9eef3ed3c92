"""Units × criteria: one sheet of verdicts, one of figures; rows by group of units, columns by group of tasks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from xlsxwriter.format import Format

from nhiemvu.messages import N_, _
from nhiemvu.sheets.fit import make_safe
from nhiemvu.sheets.summary.page import HEAD, LEVELS, SMALL, Book, draw_head, write_unit
from nhiemvu.sheets.theme import GROUP_FILL, HEADER_FILL, VERDICTS, Canvas
from nhiemvu.verdicts import Verdict

FIRST = 4  # columns before the criteria: group, code, name, share of met
_WIDTHS = (150, 80, 170, 62)
_CELL_WIDTH = 66
_NAME_HEIGHT = 96.0
_MAX_NAME = 60

SHORT: dict[Verdict, str] = {
    Verdict.EXCEEDED: N_("Vượt"),
    Verdict.MET: N_("Đạt"),
    Verdict.NOT_MET: N_("Chưa đạt"),
    Verdict.NOT_ASSESSED: N_("Chưa ĐG"),
    Verdict.NO_DATA: N_("Thiếu SL"),
    Verdict.NOT_APPLICABLE: N_("Không PS"),
}


def draw_verdicts(book: Book) -> None:
    """The sheet of verdicts: word, symbol and colour in every cell."""
    legend = "; ".join(f"{VERDICTS[each].symbol} {each.label.lower()}" for each in Verdict)
    words = {each.number: f"{VERDICTS[each].symbol} {_(SHORT[each])}" for each in Verdict}
    codes = book.summary.verdict

    def cell(canvas: Canvas, formats: dict[int, Format], row: int, column: int, unit: int, criterion: int) -> None:
        code = int(codes[criterion, unit])
        canvas.sheet.write_string(row, column, words[code], formats[code])

    _draw(book, "verdicts", _("KẾT LUẬN TỪNG TIÊU CHÍ CỦA TỪNG ĐƠN VỊ"), legend, cell)


def draw_figures(book: Book) -> None:
    """The sheet of figures, each on the colour of its verdict; empty where there is none."""
    summary = book.summary
    values, codes = summary.value, summary.verdict
    is_share = [node.is_percent for node in summary.rulebook.criteria]

    def cell(canvas: Canvas, formats: dict[int, Format], row: int, column: int, unit: int, criterion: int) -> None:
        code, value = int(codes[criterion, unit]), values[criterion, unit]
        if np.isnan(value):
            canvas.sheet.write_blank(row, column, None, formats[code])
        else:
            canvas.sheet.write_number(row, column, value, formats[code + (100 if is_share[criterion] else 0)])

    note = _("Số liệu đã đọc, trên nền màu của kết luận; ô trống là chưa có số liệu hoặc kết luận theo tự đánh giá.")
    _draw(book, "figures", _("SỐ LIỆU TỪNG TIÊU CHÍ CỦA TỪNG ĐƠN VỊ"), note, cell)


Cell = Callable[[Canvas, dict[int, Format], int, int, int, int], None]


def _draw(book: Book, key: str, title: str, note: str, cell: Cell) -> None:
    summary = book.summary
    nodes = summary.rulebook.criteria
    canvas = book.add(key, [*_WIDTHS, *[_CELL_WIDTH] * len(nodes)])
    header = _draw_top(book, canvas, title, note)
    formats = _make_formats(canvas)
    met = np.isin(summary.verdict, (Verdict.EXCEEDED.number, Verdict.MET.number))
    leaves = np.array([node.kind == "leaf" for node in nodes], dtype=bool)
    arises = (summary.verdict != Verdict.NOT_APPLICABLE.number)[leaves].sum(axis=0)
    row, group = header, None
    for unit in range(len(summary)):
        above = book.above[unit]
        if above is not group and above is not None:
            row += 1
            _draw_group(canvas, row, above.name, len(above.members), above.expected)
        group = above
        row += 1
        info = summary.units[unit]
        canvas.write(row, 0, above.name if above else "", border=1, font_size=SMALL)
        canvas.write(row, 1, info.code, border=1, align="center", font_size=SMALL)
        write_unit(book, canvas, row, 2, unit, border=1)
        if arises[unit]:
            share = met[leaves, unit].sum() / arises[unit]
            canvas.write_number(row, 3, share, border=1, align="center", num_format="0%")
        else:
            canvas.write(row, 3, "", border=1)
        canvas.set_height(row, 21, level=1 if above else 0)
        for node in nodes:
            cell(canvas, formats, row, FIRST + node.index, unit, node.index)
    canvas.sheet.autofilter(header, 0, max(row, header + 1), canvas.last)
    canvas.sheet.freeze_panes(header + 1, 3)
    canvas.sheet.set_zoom(80)
    canvas.sheet.outline_settings(True, False, False, False)
    canvas.sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{row + 2}"})
    canvas.set_page(header_rows=(header - 1, header), last_row=max(row, header + 1))
    _set_pages(book, canvas)


def _draw_top(book: Book, canvas: Canvas, title: str, note: str) -> int:
    """Names and codes of the criteria; returns the row of the codes, which is the one to filter by."""
    nodes = book.summary.rulebook.criteria
    row = draw_head(book, canvas, title, note, last=FIRST - 1)  # which every page repeats
    labels = [_("Thuộc"), _("Mã"), _("Đơn vị"), _("Tỷ lệ đạt")]
    for column, label in enumerate(labels):
        canvas.write(row, column, "", **HEAD)
        canvas.write(row + 1, column, label, **HEAD)
    for node in nodes:
        name = node.name.partition(":")[0]
        name = name if len(name) <= _MAX_NAME else name[: _MAX_NAME - 1] + "…"
        fill = LEVELS[node.level] if node.level < len(LEVELS) else "#FFFFFF"
        look: dict[str, Any] = {"border": 1, "bg_color": fill, "font_size": 9, "bold": node.kind == "group"}
        canvas.write(row, FIRST + node.index, name, align="left", valign="top", **look)
        canvas.write(row + 1, FIRST + node.index, node.id, align="center", **{**look, "bg_color": HEADER_FILL})
        level = min(node.level, 6)
        canvas.sheet.set_column_pixels(
            FIRST + node.index, FIRST + node.index, _CELL_WIDTH, None, {"level": level} if level else {}
        )
    canvas.set_height(row, _NAME_HEIGHT)
    canvas.set_height(row + 1, 20)
    return row + 1


def _draw_group(canvas: Canvas, row: int, name: str, judged: int, expected: int) -> None:
    text = _("{name} ({judged}/{expected} đơn vị)", name=name, judged=judged, expected=expected)
    look = canvas.style(bold=True, bg_color=GROUP_FILL, border=1, text_wrap=False)
    canvas.sheet.write_string(row, 0, make_safe(text), look)
    for column in range(1, canvas.last + 1):
        canvas.sheet.write_blank(row, column, None, look)
    canvas.set_height(row, 20)


def _make_formats(canvas: Canvas) -> dict[int, Format]:
    """By the code of a verdict, and 100 more for shares."""
    made = {}
    for each in Verdict:
        look = VERDICTS[each]
        common: dict[str, Any] = {
            "bg_color": look.fill,
            "font_color": look.ink,
            "border": 1,
            "align": "center",
            "text_wrap": False,
        }
        made[each.number] = canvas.style(**common, font_size=9, num_format="#,##0.##")
        made[each.number + 100] = canvas.style(**common, font_size=9, num_format="0.0#%")
    return made


def _set_pages(book: Book, canvas: Canvas) -> None:
    """A3, the units' names on every page, a page for each group of tasks or as many columns as fit."""
    sheet = canvas.sheet
    sheet.set_paper(8)  # A3
    sheet.repeat_columns(0, FIRST - 1)
    sheet.set_print_scale(70)
    room, used = 1650 - sum(_WIDTHS), 0
    breaks = []
    for node in book.summary.rulebook.criteria:
        if used + _CELL_WIDTH > room:
            breaks.append(FIRST + node.index)
            used = 0
        used += _CELL_WIDTH
    if breaks:
        sheet.set_v_pagebreaks(breaks)
