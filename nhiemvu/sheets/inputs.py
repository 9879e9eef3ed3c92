"""Cells to be filled: what may be typed, how it is shown, and the word of advice beside it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from nhiemvu.messages import _, language
from nhiemvu.rules import models
from nhiemvu.rules.rulebook import Node
from nhiemvu.sheets.theme import INPUT_FILL, Canvas
from nhiemvu.text import Unreadable, read_unit
from nhiemvu.verdicts import Verdict

TEXT = "@"
DATE = "dd/mm/yyyy"
PERCENT = "0.00%"
WHOLE = "#,##0"
SCALED = "#,##0.00"  # thousands or millions of đồng
ANY = "General"

_LIST_LIMIT = 255  # characters of a list of choices inside a workbook
_MONEY = (("đồng", 1),)

# What a unit may say of itself; "Thiếu số liệu" is for the rules to conclude.
DECLARABLE = (Verdict.MET, Verdict.EXCEEDED, Verdict.NOT_MET, Verdict.NOT_ASSESSED, Verdict.NOT_APPLICABLE)


def choose_format(unit: str) -> str:
    """The number format for figures in a unit of measure: per cent, grouped money, or as typed.

    >>> choose_format("%"), choose_format("triệu đồng"), choose_format("ha")
    ('0.00%', '#,##0.00', 'General')
    """
    if not unit:
        return ANY
    try:
        known = read_unit(unit)
    except Unreadable:
        return ANY
    if known.dimension == _MONEY:
        return WHOLE if known.factor == 1 else SCALED
    return PERCENT if known.symbol == "%" else ANY


def input_look(num_format: str, **properties: Any) -> dict[str, Any]:
    """The look of a cell to be filled: unlocked, on the colour of paper to write on."""
    return {"border": 1, "locked": False, "bg_color": INPUT_FILL, "num_format": num_format, **properties}


def allow_number(canvas: Canvas, area: tuple[int, int, int, int], hint: str = "") -> None:
    """Only numbers in an area (first row, first column, last row, last column)."""
    _validate(
        canvas,
        area,
        {"validate": "decimal", "criteria": "between", "minimum": -1e15, "maximum": 1e15},
        _("Ô này chỉ nhận số. Chưa có số liệu thì để trống, không ghi chữ và không ghi số 0."),
        hint,
    )


def allow_date(canvas: Canvas, area: tuple[int, int, int, int], hint: str = "") -> None:
    """Only dates of this century in an area."""
    _validate(
        canvas,
        area,
        {
            "validate": "date",
            "criteria": "between",
            "minimum": dt.date(2000, 1, 1),
            "maximum": dt.date(2099, 12, 31),
        },
        _("Ô này chỉ nhận ngày, ví dụ 29/5/2024."),
        hint,
    )


def allow_choice(canvas: Canvas, area: tuple[int, int, int, int], choices: Sequence[str], hint: str = "") -> None:
    """A drop-down; a list that Excel cannot hold (too long, a comma in a choice) leaves the cell free, with a hint."""
    if len(",".join(choices)) > _LIST_LIMIT or any("," in choice for choice in choices):
        advise(canvas, area, hint or _("Ghi một trong: {choices}", choices="; ".join(choices)))
        return
    _validate(canvas, area, {"validate": "list", "source": list(choices)}, _("Chọn một giá trị trong danh sách."), hint)


def allow_verdict(canvas: Canvas, area: tuple[int, int, int, int]) -> None:
    """A drop-down of the verdicts that a unit may declare, in the words that are read back: always Vietnamese."""
    with language("vi"):
        choices = [verdict.label for verdict in DECLARABLE]
    allow_choice(canvas, area, choices, _("Chọn kết quả đơn vị tự đánh giá."))


def advise(canvas: Canvas, area: tuple[int, int, int, int], hint: str) -> None:
    """A word of advice when the cell is chosen; anything may be typed."""
    _validate(canvas, area, {"validate": "any"}, "", hint)


def allow_column(canvas: Canvas, area: tuple[int, int, int, int], column: models.Column) -> None:
    """What the type of a table's column allows."""
    if column.type in ("number", "percent"):
        allow_number(canvas, area)
    elif column.type == "date":
        allow_date(canvas, area)
    elif column.type == "verdict":
        allow_verdict(canvas, area)


def format_column(column: models.Column, unit: str) -> str:
    """The number format of a table's column."""
    formats = {"percent": PERCENT, "date": DATE, "text": TEXT, "verdict": TEXT}
    return formats.get(column.type) or choose_format(column.unit or unit)


def format_result(node: Node) -> str:
    """The number format of a criterion's own result."""
    return DATE if node.reads == "date" else choose_format(node.unit)


def allow_result(canvas: Canvas, area: tuple[int, int, int, int], node: Node, hint: str) -> None:
    """What may be typed as a criterion's own result: a day, yes or no, or anything, with a word of advice."""
    if node.reads == "date":
        allow_date(canvas, area, hint)
    elif node.reads == "boolean":
        allow_choice(canvas, area, ["Có", "Không"], hint)
    else:
        advise(canvas, area, hint)


def format_fact(fact: models.Fact) -> str:
    """The number format of a fact's cell; a code stays as typed, its leading noughts with it."""
    formats = {"percent": PERCENT, "date": DATE, "number": choose_format(fact.unit)}
    return formats.get(fact.type, TEXT)


def allow_fact(canvas: Canvas, row: int, column: int, fact: models.Fact) -> None:
    """What the type of a fact allows."""
    area = (row, column, row, column)
    if fact.type in ("number", "percent"):
        allow_number(canvas, area, fact.note)
    elif fact.type == "date":
        allow_date(canvas, area, fact.note)
    elif fact.type == "choice":
        allow_choice(canvas, area, fact.choices, fact.note)
    elif fact.type == "boolean":
        allow_choice(canvas, area, ["Có", "Không"], fact.note)
    elif fact.note:
        advise(canvas, area, fact.note)


def _validate(canvas: Canvas, area: tuple[int, int, int, int], rule: dict[str, Any], error: str, hint: str) -> None:
    rule = dict(rule)
    if error:
        rule |= {"error_title": _("Chưa đúng"), "error_message": error[:_LIST_LIMIT]}
    if hint:
        rule |= {"input_title": _("Cách ghi"), "input_message": hint[:_LIST_LIMIT]}
    canvas.sheet.data_validation(*area, rule)
