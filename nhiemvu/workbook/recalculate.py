"""Formulas that nobody has computed, computed in a copy; the workbook itself stays as it is.

Programs that make workbooks write formulas without values, or with placeholders for Excel to replace. An engine
computes a copy, and its values are taken for just these cells. Where formulas do have values, the engine's are held
against them: that tells whether it can be trusted with this workbook.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from nhiemvu.errors import Place, Problem, WorkbookError
from nhiemvu.messages import N_
from nhiemvu.workbook.contents import make_cell
from nhiemvu.workbook.engines import EngineError, find_engines
from nhiemvu.workbook.formats import Formats
from nhiemvu.workbook.grid import Cell, Grid, address
from nhiemvu.workbook.strings import Strings

_NOT_KNOWN = {"#NAME?", "#ERROR!", "#N/IMPL!"}  # what an engine says of a function that it does not have
_SHOWN = 8
Grids = Callable[[bytes], "dict[str, Grid]"]
_At = tuple[str, int, int]  # sheet, row, column


@dataclass(slots=True)
class _Work:
    """What is wanted of an engine, and what came of it."""

    wanted: dict[_At, Cell]
    known: dict[_At, Cell]
    agreed: int = 0
    differing: list[_At] = field(default_factory=list)


def recalculate(
    raw: bytes, grids: dict[str, Grid], formats: Formats, file: str, read: Grids, *, computed_on_load: bool
) -> list[Problem]:
    """Fill in the values of formulas that have none.

    Args:
        raw: the workbook.
        grids: its sheets, by name; their cells are replaced in place.
        formats: its formats.
        file: its name, for messages.
        read: reads the sheets of a computed copy.
        computed_on_load: a program asks Excel to compute on load, so that a 0 may be a placeholder.

    Returns:
        What was computed, by which engine, and what was not.

    Raises:
        WorkbookError: there is something to compute, and no engine (`no-engine`).
    """
    formulas = {
        (name, row, column): cell for name, grid in grids.items() for row, column, cell in grid.cells() if cell.formula
    }
    wanted = {
        at: cell for at, cell in formulas.items() if cell.kind == "no_cache" or (computed_on_load and cell.value == 0)
    }
    if not wanted:
        return []
    work = _Work(dict(wanted), {at: cell for at, cell in formulas.items() if at not in wanted})
    problems: list[Problem] = []
    engines = list(find_engines())
    if not engines:
        raise WorkbookError(
            Problem(
                "no-engine",
                N_(
                    "máy này chưa có chương trình tính công thức; hãy chạy: pip install 'nhiemvu[recalculate]', hoặc "
                    "cài LibreOffice, rồi chạy lại"
                ),
                Place(file),
            )
        )
    for name, compute in engines:
        if not work.wanted:
            break
        try:
            computed = read(compute(raw))
        except (EngineError, WorkbookError) as why:
            problems.append(_say_failed(name, why, file))
            continue
        count = _take(work, grids, computed, formats)
        problems += _say_done(name, count, work, file)
    if work.wanted:
        for (name, row, column), cell in work.wanted.items():
            # a placeholder is no value
            grids[name].rows[row][column] = Cell(None, "no_cache", "", True, cell.style)
        problems.append(_say_left(work, file))
    return problems


def _take(work: _Work, grids: dict[str, Grid], computed: dict[str, Grid], formats: Formats) -> int:
    """Take what an engine computed of what is wanted; how many cells that were."""
    taken = 0
    work.agreed, work.differing = 0, []
    for (name, row, column), cell in work.known.items():
        other = computed[name].at(row, column) if name in computed else None
        if other is not None and _is_equal(cell, other):
            work.agreed += 1
        elif cell.kind != "error" or other is None or other.kind != "error":
            work.differing.append((name, row, column))
    for (name, row, column), cell in list(work.wanted.items()):
        other = computed[name].at(row, column) if name in computed else None
        if other is None or other.kind in ("no_cache", "lost") or other.text in _NOT_KNOWN:
            continue
        filled = _dress(other, cell.style, formats)
        if filled is not None:
            grids[name].rows[row][column] = filled
            del work.wanted[name, row, column]
            taken += 1
    return taken


def _dress(computed: Cell, style: int, formats: Formats) -> Cell | None:
    """A computed value in the format that the cell has in the workbook."""
    if computed.kind in ("number", "percent", "date"):
        return make_cell("n", style, computed.text, Strings(), formats, formula=True)
    return computed._replace(formula=True, style=style)


def _is_equal(one: Cell, other: Cell) -> bool:
    if one.kind in ("number", "percent", "date") and other.kind in ("number", "percent", "date"):
        try:
            return math.isclose(float(one.text), float(other.text), rel_tol=1e-9, abs_tol=1e-9)
        except ValueError:  # a day written as text of ISO 8601
            return one.value == other.value
    return one.text == other.text


# --- what is said -----------------------------------------------------------------------------------------------------


def _say_done(engine: str, count: int, work: _Work, file: str) -> list[Problem]:
    problems = []
    if count:
        message = N_(
            "{count} công thức chưa có giá trị đã được {engine} tính trong một bản chép; sổ không đổi. Muốn giá trị "
            "nằm trong sổ, hãy mở bằng Excel rồi bấm Lưu"
        )
        if work.agreed:
            message = N_(
                "{count} công thức chưa có giá trị đã được {engine} tính trong một bản chép; sổ không đổi. {agreed} "
                "công thức có sẵn giá trị cũng được tính lại và cho cùng kết quả. Muốn giá trị nằm trong sổ, hãy mở "
                "bằng Excel rồi bấm Lưu"
            )
        fill = {"count": count, "engine": engine, "agreed": work.agreed}
        problems.append(Problem("recalculated", message, Place(file), fill, "note"))
    if count and work.differing:
        message = N_(
            "{count} công thức có giá trị lưu trong sổ khác với kết quả {engine} tính lại: {cells}; phép đánh giá dùng "
            "giá trị lưu trong sổ. Hãy mở sổ bằng Excel, bấm Lưu, rồi chạy lại"
        )
        fill = {"count": len(work.differing), "engine": engine, "cells": _show(work.differing)}
        problems.append(Problem("recalculated-differently", message, Place(file), fill, "warning"))
    return problems


def _say_failed(engine: str, why: Exception, file: str) -> Problem:
    return Problem(
        "engine-failed",
        N_("{engine} không tính được sổ này ({why}); hãy mở sổ bằng Excel, bấm Lưu, rồi chạy lại"),
        Place(file),
        {"engine": engine, "why": str(why)},
        "warning",
    )


def _say_left(work: _Work, file: str) -> Problem:
    return Problem(
        "not-recalculated",
        N_("{count} công thức không tính được: {cells}; hãy mở sổ bằng Excel, bấm Lưu, rồi chạy lại"),
        Place(file),
        {"count": len(work.wanted), "cells": _show(list(work.wanted))},
        "warning",
    )


def _show(cells: list[_At]) -> str:
    shown = [f"{name}!{address(row, column)}" for name, row, column in cells[:_SHOWN]]
    return ", ".join(shown) + ("…" if len(cells) > _SHOWN else "")
