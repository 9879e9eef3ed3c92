"""The columns of a table: every cell of its rows as the column's type wants it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from nhiemvu.errors import Place, Problem
from nhiemvu.messages import N_
from nhiemvu.text import Figure, Unit, Unreadable, format_date, read_date, read_verdict, tidy, tidy_lines
from nhiemvu.text.units import Dimension
from nhiemvu.workbook.disguise import uncover
from nhiemvu.workbook.grid import Cell
from nhiemvu.workbook.row_units import carry_down, row_units
from nhiemvu.workbook.shown import Shown, show, spell
from nhiemvu.workbook.tables import Located, Table
from nhiemvu.workbook.values import (
    Measure,
    choose_measure,
    disagree,
    explain,
    find_unit,
    is_money,
    not_a_day,
    not_the_unit,
    read_number,
    speaks_of_money,
)

if TYPE_CHECKING:
    from nhiemvu.rules import models
    from nhiemvu.workbook.layout import Layout

_read_verdict = lru_cache(maxsize=1024)(read_verdict)
_NOTHING: Mapping[int, Cell] = {}
_EXACT = 1e15  # whole numbers below it are kept to the last digit
_EARLIEST_YEAR, _LATEST_YEAR = 1945, 2100
_RATIO_KEYS = ("numerator", "denominator")
_PROSE = frozenset({"narrative", "forecast"})  # columns whose lines stay lines: officials write paragraphs there


def read_columns(
    located: Located, table: Table, codes: Sequence[str] | None = None, units: Mapping[str, str] | None = None
) -> None:
    """Fill a table's columns.

    Args:
        located: where the table stands; what is found wrong is added to its problems.
        table: to be filled; its rows are known.
        codes: of a results table, the criterion of each row.
        units: of a results table, each criterion's unit of measure.
    """
    if codes is not None:  # known even where no column holds them
        table.columns["id"] = list(codes)
    typed: list[str] | None = None
    seen: dict[Dimension, Unit] = {}
    doubtful: list[str] = []
    held = located.grid.rows
    lines = [held.get(row, _NOTHING) for row in table.rows]
    for key, column in located.definition.columns.items():
        at = located.layout.columns.get(key)
        cells: list[Cell | None] = [cells.get(at) for cells in lines] if at else [None] * len(table)
        if at and column.type == "text":
            carry_down(located.grid, table.rows, at, cells)
        table.raw[key] = Shown(cells)
        reader = _Reader(located, table, key, at or 0)
        if key == "id" and codes is not None:
            continue
        if column.type == "text":
            tidied = tidy_lines if key in _PROSE else tidy
            table.columns[key] = [
                "" if cell is None else tidied(cell.text) if cell.kind == "text" else reader.read_text(i, cell)
                for i, cell in enumerate(cells)
            ]
        elif column.type == "verdict":
            table.columns[key] = ["" if cell is None else reader.read_verdict(i, cell) for i, cell in enumerate(cells)]
        elif column.type == "date":
            table.columns[key] = [reader.read_date(i, cell) for i, cell in enumerate(cells)]
        else:
            blank = 0.0 if column.blank == "zero" and at else None
            typed = row_units(located, table.rows) if typed is None else typed
            measures = _choose_measures(reader, column, codes, units or {}, typed)
            if codes is None and (located.layout.units or any(typed)):
                measures = _refuse_mixed(reader, measures, typed, seen)
            table.columns[key], table.figures[key] = reader.read_numbers(cells, measures, blank)
            if located.book.computed_on_load:
                doubtful += [
                    located.grid.address(row, at or 0)
                    for row, cell in zip(table.rows, cells, strict=True)
                    if cell is not None and cell.formula and cell.value == 0
                ]
    if doubtful:
        located.problems.append(_say_maybe_not_computed(located, doubtful))


def _choose_measures(
    reader: _Reader, column: models.Column, codes: Sequence[str] | None, units: Mapping[str, str], typed: Sequence[str]
) -> list[Measure | None]:
    """How each row's number is read; None where its unit disagrees with the rulebook's (which is then said)."""
    layout = reader.located.layout
    if codes is not None and reader.key in _RATIO_KEYS:
        return [choose_measure("")] * len(codes)
    if codes is not None:
        known: dict[tuple[str, str], Measure] = {}
        measures = []
        for i, code in enumerate(codes):
            pair = (units[code], typed[i]) if code in units else ("", "")
            measure = known.get(pair) or reader.agree(i, *pair)
            if measure is not None:
                known[pair] = measure
            measures.append(measure)
        return measures
    # the table's unit speaks of its amounts, not of the shares beside them
    wanted = column.unit or ("%" if column.type == "percent" else reader.located.definition.unit)
    heading = layout.units.get(reader.key, "")
    goal = find_unit(wanted)
    if not heading and goal is not None and (named := layout.units_above.get(reader.key)):
        above = find_unit(named)  # of a share beside the amounts «Kinh phí (triệu đồng)» says nothing
        heading = "" if above is None or disagree(goal, above) else named
    if not heading and goal is None and is_money(layout.unit):
        heading = layout.unit  # «5.000 đồng» typed under «ĐVT: nghìn đồng» is 5
    try:
        whole = reader.agree(None, wanted, heading or _line_unit(layout, wanted, of_table=not column.unit))
    except Unreadable as why:
        whole = None
        reader.say_once(Problem(why.code, why.message, replace(reader.place(None), cell=layout.unit_cell), why.fill))
    if not any(typed):
        return [whole] * len(typed)
    return [
        whole
        if (line := find_unit(unit)) is None or (goal is not None and disagree(goal, line))
        else choose_measure("%", unit)  # 4,23 in a row of % is a share, whatever the rows around it are
        if goal is None and not line.dimension
        else reader.agree(i, wanted, unit)
        for i, unit in enumerate(typed)
    ]


def _refuse_mixed(
    reader: _Reader, measures: list[Measure | None], typed: Sequence[str], seen: dict[Dimension, Unit]
) -> list[Measure | None]:
    """Figures for which the rulebook names no unit are not converted: what is in other multiples is not read with them.

    Args:
        reader: of the column.
        measures: how each of its numbers is read.
        typed: each row's own unit.
        seen: the table's units so far, by what they measure.
    """
    layout = reader.located.layout
    heading = layout.units.get(reader.key, "")
    if (whole := find_unit(layout.unit)) is not None:
        seen.setdefault(whole.dimension, whole)
    kept: list[Measure | None] = []
    for i, measure in enumerate(measures):
        unit = None if measure is None or measure.wanted is not None else find_unit(typed[i] or heading)
        if unit is None or not unit.dimension:
            kept.append(measure)
            continue
        first = seen.setdefault(unit.dimension, unit)
        kept.append(measure if first.factor == unit.factor else None)
        if kept[-1] is None:
            why = Unreadable(
                "units-mixed",
                N_(
                    "bảng có số liệu tính bằng «{one}» và bằng «{other}» mà quy tắc không nêu đơn vị để quy đổi; hãy "
                    "ghi cùng một đơn vị, hoặc thêm unit vào quy tắc"
                ),
                one=first.symbol,
                other=unit.symbol,
            )
            reader.say_once(reader.problem(why, i if typed[i] else None))
    return kept


def _line_unit(layout: Layout, wanted: str, *, of_table: bool) -> str:
    """What the line «ĐVT: …» says of a column: «ĐVT: triệu đồng» speaks of the money, not of the shares beside it.

    Raises:
        Unreadable: it should speak of this column, and names no such unit, or several.
    """
    goal = find_unit(wanted)
    if goal is None or not goal.dimension or not layout.line_units:
        return ""
    named = [(name, find_unit(name)) for name in layout.line_units]
    fitting = {unit.factor: name for name, unit in named if unit is not None and unit.dimension == goal.dimension}
    if len(fitting) == 1:
        return fitting.popitem()[1]
    # a column of another unit than the table's may stand beside those that the line speaks of
    expected = of_table or (is_money(wanted) and any(map(speaks_of_money, layout.line_units)))
    differs = all(unit is None or disagree(goal, unit) for _, unit in named)
    if fitting or (layout.line_is_near and expected and differs):
        raise not_the_unit(", ".join(layout.line_units), goal.symbol)
    return ""


class _Reader:
    """Reads the cells of one column, and says what is wrong with them and where."""

    def __init__(self, located: Located, table: Table, key: str, column: int) -> None:
        self.located, self.table, self.key, self.column = located, table, key, column
        self.problems = located.problems

    def place(self, i: int | None) -> Place:
        """The cell in a line, or the column's heading."""
        row = self.table.header[1] if i is None else self.table.rows[i]
        return self.located.place(row, self.column)

    def problem(self, why: Unreadable, i: int | None) -> Problem:
        """A finding at the cell of a line."""
        return Problem(why.code, why.message, self.place(i), why.fill, criterion=self.criterion(i))

    def criterion(self, i: int | None) -> str:
        """The criterion of a row of a results table."""
        ids = self.table.columns.get("id", ()) if self.table.kind == "results" else ()
        return str(ids[i]) if i is not None and i < len(ids) else ""

    def agree(self, i: int | None, wanted: str, given: str) -> Measure | None:
        """How a number is read, or None with a problem where the units disagree."""
        try:
            return choose_measure(wanted, given)
        except Unreadable as why:
            if self.column:
                found = self.problem(why, i)
                if i is not None:
                    found = replace(found, place=self.table.place("unit", i))
                self.problems.append(found)
            return None

    def say_once(self, problem: Problem) -> None:
        """A finding that several columns share."""
        if problem not in self.problems:
            self.problems.append(problem)

    def read_text(self, i: int, cell: Cell | None) -> str:
        """A text; a number or a date as it is shown."""
        if cell is not None and cell.kind in {"error", "no_cache", "lost"}:
            self.problems.append(self.problem(explain(cell), i))
            return ""
        return show(cell)

    def read_verdict(self, i: int, cell: Cell | None) -> str:
        """The English word of a verdict, "" for none."""
        text = cell.text if cell is not None and cell.kind == "text" else self.read_text(i, cell)
        try:
            verdict = _read_verdict(text)
        except Unreadable as why:
            self.problems.append(self.problem(why, i))
            return ""
        return verdict.value if verdict else ""

    def read_date(self, i: int, cell: Cell | None) -> dt.date | None:
        """A day."""
        if cell is None:
            return None
        try:
            if isinstance(cell.value, dt.date | str):
                day = read_date(cell.value)
                if not _EARLIEST_YEAR <= day.year <= _LATEST_YEAR:
                    # 2024 typed into a cell that shows dates is a day of 1905
                    self.warn(
                        i,
                        "unlikely-date",
                        N_("ô được đọc là ngày {date}, quá xa hiện nay; hãy xem lại, gõ đủ như 29/5/2024"),
                        date=format_date(day),
                    )
                return day
            why = explain(cell) if cell.value is None else not_a_day(cell)
        except Unreadable as found:
            why = found
        self.problems.append(self.problem(why, i))
        return None

    def read_numbers(
        self, cells: Sequence[Cell | None], measures: Sequence[Measure | None], blank: float | None
    ) -> tuple[list[object], list[Figure | None]]:
        """Values and figures of a column of numbers."""
        values: list[object] = [blank] * len(cells)
        figures: list[Figure | None] = [None] * len(cells)
        formats = self.located.book.formats
        plain = not formats.sections  # no format makes anything else of a number
        for i, (cell, measure) in enumerate(zip(cells, measures, strict=True)):
            if cell is None:
                continue
            if measure is None:
                values[i] = None
                continue
            if plain and cell.kind == "number" and measure.shift == 0:  # as nearly all: what follows says the same
                number = cell.value
                if isinstance(number, float) and number.is_integer() and -_EXACT < number < min(_EXACT, measure.most):
                    values[i] = number
                    continue
            try:
                if not plain:
                    cell = uncover(cell, formats, measure)  # noqa: PLW2901 (the number as its column speaks of it)
                value, figure = read_number(cell, measure)
            except Unreadable as why:
                values[i] = self.refuse(why, i, blank)
                continue
            values[i] = value
            if value is not None and value > measure.most:
                # đồng typed where triệu đồng are wanted, 80 in a cell that shows 8000%
                self.warn(
                    i,
                    "unlikely-number",
                    N_("«{text}» lớn khác thường đối với đơn vị tính; hãy xem lại con số, đơn vị và định dạng của ô"),
                    text=show(cell),
                )
            if figure is not None:
                by_zero = figure.numerator and not figure.denominator
                if figure.kind == "ratio" and (measure.wanted is None or by_zero) and self.table.kind == "lines":
                    values[i] = self.refuse(_say_ratio(cell), i, blank)
                    continue
                if figure.ambiguous:
                    self.warn(
                        i,
                        "ambiguous-number",
                        N_("«{text}» được đọc là {number}; nếu không đúng, hãy gõ lại dưới dạng số"),
                        text=show(cell),
                        number=spell(figure),
                    )
                if figure.kind != "number":
                    figures[i] = figure
        return values, figures

    def refuse(self, why: Unreadable, i: int, blank: float | None) -> float | None:
        """What stands for a cell that gives no figure: nothing, with a problem that waits for who needs the figure."""
        if why.code == "number-blank":
            return blank
        found = self.problem(why, i)
        if self.table.kind == "results":
            self.table.unread[self.key, i] = found
        else:
            self.problems.append(found)
        return None

    def warn(self, i: int, code: str, message: str, **fill: object) -> None:
        """Read, but somebody else might read it otherwise, or it is hardly what was meant."""
        self.problems.append(Problem(code, message, self.place(i), fill, "warning", self.criterion(i)))


def _say_ratio(cell: Cell) -> Unreadable:
    return Unreadable(
        "ratio-in-number",
        N_("«{text}» là một tỷ số, trong khi cột này cần một con số; hãy ghi riêng tử số và mẫu số, hoặc gõ con số"),
        text=show(cell),
    )


def _say_maybe_not_computed(located: Located, cells: Sequence[str]) -> Problem:
    """Programs that write workbooks put 0 where a formula's value will be; such a 0 is worth a look."""
    return Problem(
        "formula-maybe-not-computed",
        N_(
            "tệp do chương trình khác tạo, công thức ở {cells} cho kết quả 0 và có thể chưa được tính; nếu "
            "không đúng, hãy mở sổ bằng Excel, bấm Lưu, rồi chạy lại"
        ),
        Place(located.book.file, located.grid.name, cells[0]),
        {"cells": ", ".join(cells[:10]) + ("…" if len(cells) > 10 else "")},
        "note",
    )
