"""A rule file as an Excel workbook that officials read and edit; `rulebook_read` brings it back without loss."""

from __future__ import annotations

import io
from itertools import pairwise
from typing import Any

from xlsxwriter.workbook import Workbook

from nhiemvu.errors import Place, Problem, RuleError
from nhiemvu.messages import N_, _
from nhiemvu.rules.models import RuleFile
from nhiemvu.sheets.fit import CELL_LIMIT, Piece
from nhiemvu.sheets.rulebook_cells import NO, YES, show_value
from nhiemvu.sheets.rulebook_layout import (
    CRITERIA,
    GENERAL,
    INNER_NAME,
    LEVEL,
    NAME,
    OVERLAY,
    Column,
    Line,
    Plan,
    flatten,
    general,
    plans,
)
from nhiemvu.sheets.rulebook_read import GENERAL_HEADINGS
from nhiemvu.sheets.theme import GROUP_FILL, HEADER_FILL, QUIET, SIZE, Canvas, Styles, open_workbook

_TEXT = "@"  # a number typed into the cell stays the text that it is: 1.10 does not become 1.1
_SPARE_ROWS = 200  # below the last one, ready to be filled
_TIP = 250  # characters; Excel takes 255
_SHOWN = {
    LEVEL,
    NAME,
    INNER_NAME,
    "id",
    "name",
    "unit",
    "targets/meets",
    "targets/when",
    "targets/hole",
    "roll_up",
    "measure",
}
_SHOWN |= {
    "evidence",
    "source",
    "note",
    "sheet",
    "columns/headings",
    "columns/type",
    "columns/unit",
}  # even while empty
_WIDE = {
    "name": 380,
    "source": 320,
    "measure": 260,
    "value": 460,
    "columns/headings": 340,
    "given": 300,
    "agree": 320,
    "note": 260,
}
_NARROW = {LEVEL: 50, "id": 80, "unit": 80, "targets/otherwise": 90, "max_points": 80}


def draw_rulebook(form: RuleFile) -> bytes:
    """The workbook.

    Raises:
        RuleError: a value is longer than a cell can hold.
    """
    lines = flatten(form.model_dump(by_alias=True, exclude_unset=True))
    buffer = io.BytesIO()
    workbook = open_workbook(buffer, title=form.title)
    styles = Styles(workbook)
    _draw_general(workbook, styles, lines[GENERAL][0])
    for plan in plans():
        if plan.title != OVERLAY or form.includes or form.overlay:
            _Sheet(workbook, styles, plan).draw(lines.get(plan.title, []))
    workbook.close()
    return buffer.getvalue()


def _show(column: Column, value: Any, sheet: str) -> str:
    shown = show_value(value, column.shape)
    if len(shown.encode("utf-16-le")) > 2 * CELL_LIMIT:
        message = N_(
            "«{heading}» dài {found} ký tự, quá {limit} ký tự mà một ô chứa được; hãy giữ bộ quy tắc này ở dạng YAML"
        )
        fill = {"heading": column.heading, "found": len(shown), "limit": CELL_LIMIT}
        raise RuleError(Problem("cell-too-long", message, Place(sheet=sheet), fill))
    return shown


def _draw_general(workbook: Workbook, styles: Styles, line: Line) -> None:
    canvas = Canvas(workbook, styles, GENERAL, (240, 520, 380), linked=False)
    canvas.merge(0, 0, 2, _("BỘ QUY TẮC ĐÁNH GIÁ"), bold=True, font_size=15, align="center")
    canvas.merge(
        1, 0, 2, _("Sửa ở cột «Giá trị» và ở các trang sau, rồi đưa về YAML bằng: nhiemvu rules import"), italic=True,
        font_color=QUIET, align="center",
    )  # fmt: skip
    for at, heading in enumerate((*GENERAL_HEADINGS, "Hướng dẫn")):
        canvas.write(2, at, heading, bold=True, bg_color=HEADER_FILL, border=1, align="center")
    for row, column in enumerate(general(), 3):
        shown = _show(column, line.cells[column.id], GENERAL) if column.id in line.cells else ""
        guide = _(column.guide) if column.guide else ""
        canvas.write(row, 0, column.heading, bold=True, border=1, valign="top")
        canvas.write(row, 1, shown, border=1, num_format=_TEXT, valign="top")
        canvas.write(row, 2, guide, border=1, font_color=QUIET, valign="top")
        canvas.fit_row(row, [Piece(shown, canvas.widths[1], SIZE), Piece(guide, canvas.widths[2], SIZE)])
    canvas.sheet.freeze_panes(3, 1)
    canvas.set_page(header_rows=(2, 2), last_row=2 + len(general()))


class _Sheet:
    """One sheet with a row for each thing."""

    def __init__(self, workbook: Workbook, styles: Styles, plan: Plan) -> None:
        self._plan = plan
        widths = [_WIDE.get(c.id) or _NARROW.get(c.id) or 150 for c in plan.columns]
        self._canvas = Canvas(workbook, styles, plan.title, widths, linked=False)

    def draw(self, lines: list[Line]) -> None:
        """The header, the rows, and empty rows to be filled."""
        plan, canvas, last = self._plan, self._canvas, len(lines)
        deeper = {row for row, (one, below) in enumerate(pairwise(lines)) if below.level > one.level}
        for at, column in enumerate(plan.columns):
            canvas.write(0, at, column.heading, bold=True, bg_color=HEADER_FILL, border=1, align="center")
            self._guide(at, column, 1 + last + _SPARE_ROWS)
        canvas.fit_row(
            0, [Piece(c.heading, w, SIZE, bold=True) for c, w in zip(plan.columns, canvas.widths, strict=True)]
        )
        for row, line in enumerate(lines, 1):
            self._row(row, line, is_group=row - 1 in deeper)
        self._set_columns({key for line in lines for key in line.cells})
        leading = next((at for at, column in enumerate(plan.columns) if column.id in ("name", NAME, "id")), 0)
        canvas.sheet.freeze_panes(1, min(leading + 1, 3))
        canvas.set_page(header_rows=(0, 0), last_row=max(last, 1))

    def _set_columns(self, used: set[str]) -> None:
        """Every cell is text; what the rulebook does not use is folded away, behind the sign above the columns."""
        canvas, folded = self._canvas, False
        known = {column.id for column in self._plan.columns}
        for at, column in enumerate(self._plan.columns):
            fold = column.id not in used | _SHOWN and bool(known & {"id", NAME})
            options = {"level": 1, "hidden": True} if fold else {"collapsed": folded}
            folded = fold
            canvas.sheet.set_column_pixels(
                at, at, canvas.widths[at], canvas.style(num_format=_TEXT, valign="top"), options
            )
        if folded:
            canvas.sheet.set_column_pixels(len(known), len(known), 64, None, {"collapsed": True})

    def _row(self, row: int, line: Line, *, is_group: bool) -> None:
        pieces = []
        for at, column in enumerate(self._plan.columns):
            shown = _show(column, line.cells[column.id], self._plan.title) if column.id in line.cells else ""
            look: dict[str, Any] = {"border": 1, "num_format": _TEXT, "valign": "top"}
            if is_group:
                look |= {"bg_color": GROUP_FILL, "bold": column.id in ("id", "name")}
            indent = (
                min(line.level - 1, 15) if column.id == "name" and self._plan.title == CRITERIA and line.level else 0
            )
            if indent:
                look["indent"] = indent
            self._canvas.write(row, at, shown, **look)
            pieces.append(Piece(shown, self._canvas.widths[at], SIZE, bold=is_group, indent=indent))
        self._canvas.fit_row(row, pieces)

    def _guide(self, at: int, column: Column, last: int) -> None:
        """The choices of a cell, and what to write in it, shown when it is selected."""
        words = {"flag": [YES, NO], "choice": list(dict.fromkeys(column.shape.words.values()))}.get(column.shape.kind)
        guide = _(column.guide)[:_TIP] if column.guide else ""
        if not (words or guide):
            return
        options: dict[str, Any] = {"validate": "list", "source": words} if words else {"validate": "any"}
        if guide:
            options |= {"input_title": column.heading[:32], "input_message": guide}
        self._canvas.sheet.data_validation(1, at, last, at, options)
