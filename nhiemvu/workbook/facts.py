"""Facts: what a unit states once, a label in one cell and the value in another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from nhiemvu.errors import Place, Problem
from nhiemvu.messages import N_
from nhiemvu.text import Unreadable, fold, nearest, read_date, tidy
from nhiemvu.workbook.disguise import uncover
from nhiemvu.workbook.grid import Cell, Grid
from nhiemvu.workbook.layout import Layout
from nhiemvu.workbook.shown import show
from nhiemvu.workbook.tables import Fact, Located, Reading
from nhiemvu.workbook.values import choose_measure, explain, not_a_day, read_number

if TYPE_CHECKING:
    from nhiemvu.rules import models
    from nhiemvu.workbook.book import Book


def read_facts(located: Located, facts: Mapping[str, models.Fact], reading: Reading) -> None:
    """Read the facts of a sheet into a reading.

    Under headings a label is in the column `label` and its value in `value`; where the sheet has no such headings, the
    value is the first cell to the right of its label.
    """
    grid, layout = located.grid, located.layout
    known = {fold(name): key for key, fact in facts.items() for name in (fact.label, *fact.aliases)}
    found: dict[str, list[tuple[int, int]]] = {}
    unknown: list[tuple[str, Place]] = []
    for label, at, value_at in _pairs(grid, layout):
        name = known.get(fold(label).rstrip(" :"))
        if name is not None:
            found.setdefault(name, []).append(value_at)
        elif layout.rows:
            unknown.append((tidy(label), located.place(*at)))
    if not found and not layout.rows:
        reading.problems.append(_say_no_facts(located))
    for label, place in unknown:
        missing = {fact.label: key for key, fact in facts.items() if key not in found}
        if close := nearest(label, list(missing)):
            message = N_("không rõ «{label}» là thông tin nào; gần nhất là «{near}»: hãy sửa lại tên cho đúng")
            reading.problems.append(
                Problem("unknown-fact", message, place, {"label": label, "near": close[0]}, severity="warning")
            )
    for name, places in found.items():
        _read_one(located, name, facts[name], places, reading)


def _pairs(grid: Grid, layout: Layout) -> Iterator[tuple[str, tuple[int, int], tuple[int, int]]]:
    """Labels with their places and the places of their values."""
    if layout.rows:
        left, right = layout.columns.get("label"), layout.columns.get("value")
        for row in layout.rows if left and right else ():
            cell = grid.at(row, left or 0)
            if cell is not None and cell.kind == "text":
                yield cell.text, (row, left or 0), (row, right or 0)
        return
    for row, column, cell in grid.cells():
        if cell.kind == "text":
            later = sorted(other for other in grid.rows[row] if other > column)
            yield cell.text, (row, column), (row, later[0] if later else column + 1)


def _read_one(located: Located, name: str, fact: models.Fact, places: list[tuple[int, int]], reading: Reading) -> None:
    values: list[Fact] = []
    for at in places:
        place = located.place(*at)
        reading.fact_places.setdefault(name, place)
        cell = located.grid.at(*at)
        if cell is None:
            continue
        try:
            value = _read_value(cell, fact, located.book)
        except Unreadable as why:
            reading.problems.append(Problem(why.code, why.message, place, why.fill))
            continue
        if value is not None:
            values.append(value)
    if not values:
        return
    if any(value != values[0] for value in values):
        reading.problems.append(
            Problem(
                "duplicate-fact",
                N_(
                    "«{label}» được ghi ở nhiều ô với giá trị khác nhau ({cells}); hãy để một ô. Cho đến khi sửa, "
                    "không ô nào được dùng"
                ),
                reading.fact_places[name],
                {"label": fact.label, "cells": ", ".join(located.grid.address(*at) for at in places)},
            )
        )
        return
    reading.facts[name] = values[0]


def _read_value(cell: Cell, fact: models.Fact, book: Book) -> Fact | None:
    """What a cell says, by the fact's type; None for a blank.

    Raises:
        Unreadable: it does not say such a thing.
    """
    if cell.kind in {"error", "no_cache", "lost"}:
        raise explain(cell)
    if fact.type in {"number", "percent"}:
        wanted = fact.unit or ("%" if fact.type == "percent" else "")
        measure = choose_measure(wanted)
        value, _ = read_number(uncover(cell, book.formats, measure), measure)
        if value is None:
            raise Unreadable(
                "not-one-number", N_("«{text}» không phải là một con số; hãy gõ một con số"), text=show(cell)
            )
        return value
    text = show(cell)
    if not text:
        return None
    match fact.type:
        case "date":
            return _read_day(cell)
        case "boolean":
            return _read_yes(cell, text)
        case "choice":
            return _read_choice(text, fact)
    if cell.kind == "number" and isinstance(cell.value, float) and cell.value.is_integer():
        return str(int(cell.value))  # a unit's code is 12345 where it was typed as a number, not 12.345
    return text


def _read_day(cell: Cell) -> dt.date:
    if isinstance(cell.value, dt.date | str):
        return read_date(cell.value)
    raise not_a_day(cell)


def _read_yes(cell: Cell, text: str) -> bool:
    if isinstance(cell.value, bool):
        return cell.value
    known = {"có": True, "không": False, "không có": False}
    if (answer := known.get(fold(text))) is None:
        raise Unreadable("not-yes-or-no", N_("«{text}» không phải là Có hoặc Không; hãy gõ Có hoặc Không"), text=text)
    return answer


def _read_choice(text: str, fact: models.Fact) -> str:
    chosen = next((choice for choice in fact.choices if fold(choice) == fold(text)), None)
    if chosen is not None:
        return chosen
    bare = fold(text).removeprefix(fold(fact.label)).strip(" :")  # «Khu vực III» where the label already says «Khu vực»
    chosen = next((choice for choice in fact.choices if fold(choice) == bare), None)
    if chosen is not None:
        return chosen
    close = nearest(text, fact.choices)
    fill: dict[str, object] = {"text": text, "known": ", ".join(fact.choices), "near": close[0] if close else ""}
    if close:
        raise Unreadable(
            "not-a-choice", N_("«{text}» không nằm trong các giá trị được nhận ({known}); có phải là «{near}»?"), **fill
        )
    raise Unreadable(
        "not-a-choice", N_("«{text}» không nằm trong các giá trị được nhận: {known}; hãy chọn một"), **fill
    )


def _say_no_facts(located: Located) -> Problem:
    return Problem(
        "missing-header",
        N_(
            "không tìm thấy thông tin chung nào trên trang này: cần một cột tên thông tin và một cột giá trị, dưới các "
            "tiêu đề {columns}"
        ),
        located.place(0, 0),
        {"columns": ", ".join(f"«{column.headings[0]}»" for column in located.definition.columns.values())},
    )
