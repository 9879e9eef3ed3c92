"""Totals of the tables whose lines are judged by themselves (disbursement by source), over all units and by group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nhiemvu.engine.figures import Lines
from nhiemvu.engine.judge import Judged
from nhiemvu.messages import _
from nhiemvu.rules import models
from nhiemvu.rules.rulebook import Node
from nhiemvu.sheets.fit import Piece
from nhiemvu.sheets.summary.page import CELL, MIDDLE, Book, draw_head, draw_header, finish
from nhiemvu.sheets.theme import GROUP_FILL, SIZE, Canvas
from nhiemvu.text import fold

_AMOUNT = "#,##0.##"


@dataclass(slots=True)
class _Total:
    """What the lines of one name add up to."""

    names: Counter[str] = field(default_factory=Counter)
    units: set[int] = field(default_factory=set)
    sums: list[float] = field(default_factory=list)
    over: float = 0.0
    under: float = 0.0


def draw_lines(book: Book) -> None:
    """A sheet for the tables that are judged line by line; none where the rules have no such table."""
    judged = book.summary.evaluation.concluded.lines
    if not judged:
        return
    tables = [(book.summary.rulebook.by_id[name], lines, by_line) for name, (lines, by_line) in judged.items()]
    most = max(len(_numbers(book.summary.rulebook.tables[str(node.form.each)])) for node, _, _ in tables)
    widths = [170, 330, 80, *[140] * most, 90]
    canvas = book.add("lines", widths)
    note = _("Cộng các dòng cùng tên của mọi đơn vị trong nhóm; tỷ lệ là tổng trên tổng.")
    row = draw_head(book, canvas, _("TỔNG HỢP THEO NGUỒN, NỘI DUNG"), note)
    header = row
    for node, lines, by_line in tables:
        row = _draw_table(book, canvas, row, node, lines, by_line) + 2
    finish(canvas, header, row - 2, frozen=2, filtered=len(tables) == 1)


def _numbers(table: models.Table) -> list[str]:
    return [name for name, column in table.columns.items() if column.type == "number"]


def _draw_table(book: Book, canvas: Canvas, row: int, node: Node, lines: Lines, by_line: Judged) -> int:
    table = book.summary.rulebook.tables[str(node.form.each)]
    columns = _numbers(table)
    unit = f" ({table.unit})" if table.unit else ""
    labels = [f"{_label(table, name)}{unit}" for name in columns]
    heads = [_("Nhóm đơn vị"), f"{node.id} {table.label or node.name}", _("Số đơn vị"), *labels]
    draw_header(canvas, row, [*heads, *[""] * (canvas.last - len(heads)), _("Tỷ lệ")], height=52)
    for group in book.summary.groups:
        if not len(group.members):
            continue
        members = np.zeros(len(book.summary), dtype=bool)
        members[group.members] = True
        totals = _add_up(lines, by_line, columns, members)
        whole = _Total(units={u for each in totals.values() for u in each.units}, sums=[0.0] * len(columns))
        for each in totals.values():
            whole.sums = [a + b for a, b in zip(whole.sums, each.sums, strict=True)]
            whole.over, whole.under = whole.over + each.over, whole.under + each.under
        name = group.name or _("Tất cả đơn vị")
        row += 1
        _draw_total(canvas, row, name, _("Tổng số"), whole, bold=True, bg_color=GROUP_FILL)
        for _key, each in sorted(totals.items(), key=lambda item: (-item[1].under, item[0])):
            row += 1
            label = min(each.names, key=lambda text, names=each.names: (-names[text], text))  # type: ignore[misc]
            _draw_total(canvas, row, name, label, each)
    return row


def _label(table: models.Table, name: str) -> str:
    """How people call a column: the first of its headings, without the path above it."""
    headings = table.columns[name].headings
    first = headings if isinstance(headings, str) else (headings[0] if headings else name)
    return str(first).rpartition(">")[2].strip() if str(first).count(">") == 0 else str(first).replace(" > ", ": ")


def _add_up(lines: Lines, by_line: Judged, columns: list[str], members: np.ndarray[Any, Any]) -> dict[str, _Total]:
    measured = by_line.measured
    names = next(iter(_texts(lines)), None)
    found: dict[str, _Total] = {}
    for at in np.flatnonzero(members[lines.unit]):
        text = str(names[at]) if names is not None else ""
        total = found.setdefault(fold(text), _Total(sums=[0.0] * len(columns)))
        total.names[text] += 1
        total.units.add(int(lines.unit[at]))
        amounts = [float(lines.columns[name][at]) for name in columns]
        total.sums = [a + (0.0 if np.isnan(b) else b) for a, b in zip(total.sums, amounts, strict=True)]
        if measured is not None and measured.numerator is not None and measured.denominator is not None:
            over, under = float(measured.numerator[at]), float(measured.denominator[at])
            if not (np.isnan(over) or np.isnan(under) or (over and not under)):  # as groups add up
                total.over, total.under = total.over + over, total.under + under
    return found


def _texts(lines: Lines) -> Iterator[np.ndarray[Any, Any]]:
    """The columns of texts; the first names the line."""
    return (values for values in lines.columns.values() if values.dtype.kind == "O")


def _draw_total(canvas: Canvas, row: int, group: str, label: str, total: _Total, **look: Any) -> None:
    canvas.write(row, 0, group, **CELL, **look)
    canvas.write(row, 1, label, **CELL, **look)
    canvas.write_number(row, 2, len(total.units), **MIDDLE, **look)
    for column in range(3, canvas.last):
        if column - 3 < len(total.sums):
            canvas.write_number(row, column, total.sums[column - 3], num_format=_AMOUNT, **CELL, **look)
        else:
            canvas.write(row, column, "", **CELL, **look)
    if total.under:
        canvas.write_number(row, canvas.last, total.over / total.under, num_format="0.0#%", **MIDDLE, **look)
    else:
        canvas.write(row, canvas.last, "", **CELL, **look)
    canvas.fit_row(row, [Piece(label, canvas.widths[1], SIZE), Piece(group, canvas.widths[0], SIZE)], least=20)
