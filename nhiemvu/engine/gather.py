"""From what the workbooks say to the arrays that rules read: one workbook a unit, in the order given."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from nhiemvu.engine.figures import Figures, Lines, Sources
from nhiemvu.engine.rows import UnitInfo
from nhiemvu.errors import Place, Problem
from nhiemvu.messages import N_
from nhiemvu.rules import measure as ms
from nhiemvu.rules import models
from nhiemvu.rules.intervals import Interval
from nhiemvu.rules.names import NO, YES
from nhiemvu.rules.rulebook import Rulebook
from nhiemvu.text import Figure, Unreadable, fold, format_date, nearest, nearest_float, plain, read_date, read_truth
from nhiemvu.verdicts import Verdict
from nhiemvu.workbook.tables import Reading, Table

FIELDS = ("value", "numerator", "denominator")
_CODES = {str(verdict): verdict.number for verdict in Verdict}


def gather(readings: Sequence[Reading], rulebook: Rulebook, as_of: dt.date | None = None) -> Figures:
    """Stack readings into arrays.

    Args:
        readings: one a unit.
        rulebook: what is to be read; criteria that it does not know are left out.
        as_of: cut-off date for all units; by default each workbook's own.
    """
    gathered = _Gathered(readings, rulebook)
    units = [_unit(reading, as_of) for reading in readings]
    dates = np.array([unit.as_of for unit in units], dtype="datetime64[D]")
    return Figures(
        units=units,
        dates=dates,
        own=gathered.own,
        intervals=gathered.intervals,
        declared=gathered.declared,
        facts={name: _fact_array(readings, name, fact) for name, fact in rulebook.facts.items()},
        lines={
            name: _lines([reading.tables.get(name) for reading in readings], table)
            for name, table in rulebook.tables.items()
            if table.kind == "lines" and any(name in reading.tables for reading in readings)
        },
        parts=gathered.stack_parts(),
        results=gathered.results,
        narratives=gathered.narratives,
        headings=gathered.headings,
        sources=gathered,
    )


def find_misfits(reading: Reading, rulebook: Rulebook, as_of: dt.date | None = None) -> list[Problem]:
    """Where a workbook and a rulebook do not fit: rows that no rule reads, a day on which the rules do not hold."""
    found = []
    day = as_of or reading.facts.get("as_of")
    if isinstance(day, dt.date) and not rulebook.holds_on(day):
        place = reading.fact_places.get("as_of", Place(reading.file))
        message = N_(
            "bộ quy tắc {rulebook} không áp dụng cho ngày {day}; kiểm tra ngày số liệu hoặc chọn bộ quy tắc khác"
        )
        found.append(
            Problem(
                "rulebook-not-in-force", message, place, {"rulebook": rulebook.id, "day": format_date(day)}, "warning"
            )
        )
    table = reading.tables.get(rulebook.results_table)
    if table is not None:
        found += _find_unused(table, rulebook)
    return [*found, *_find_untaken(reading, rulebook)]


def _find_unused(table: Table, rulebook: Rulebook) -> Iterator[Problem]:
    """Rows of the results that are no criterion's: their codes, or their names where they have figures but no code."""
    known = set(table.columns["id"])
    names = {node.name: node.id for node in rulebook.criteria if node.name and node.id not in known}
    for i, code in enumerate(table.columns["id"]):
        if not isinstance(code, str) or code in rulebook.by_id or _is_line(code, rulebook):
            continue
        if code:
            close = nearest(code, list(rulebook.by_id))
            message = N_("mã {code} không có trong bộ quy tắc nên hàng này không được dùng; gần nhất: {nearest}")
            if not close:
                message = N_("mã {code} không có trong bộ quy tắc nên hàng này không được dùng")
            fill: dict[str, object] = {"code": code, "nearest": ", ".join(close)}
            yield Problem("unknown-code", message, table.place("id", i), fill, "warning")
        elif any(table.columns.get(field, [None] * len(table))[i] is not None for field in FIELDS):
            name = str(table.columns["name"][i]) if "name" in table.columns else ""
            if close := nearest(name, names):
                message = N_(
                    "hàng này có số liệu nhưng không có mã, và tên không khớp tiêu chí nào nên không được dùng; gần "
                    "nhất: {code} «{nearest}». Hãy ghi mã, hoặc sửa lại tên"
                )
                fill = {"code": names[close[0]], "nearest": close[0]}
                yield Problem("unknown-name", message, table.place("name", i), fill, "warning")


def _find_untaken(reading: Reading, rulebook: Rulebook) -> Iterator[Problem]:
    """Lines with a figure that no condition takes, since the text that it asks for lacks its marks."""
    asked: dict[ms.Column, dict[str, str]] = {}
    figures: dict[ms.Column, set[str]] = {}
    for node in rulebook.criteria:
        for tree in ms.walk(node.measure) if node.measure is not None else ():
            if isinstance(tree, ms.Aggregate) and tree.where is not None:
                summed = {each.name for each in ms.walk(tree.of) if isinstance(each, ms.Column)}
                for each in ms.walk(tree.where):
                    if isinstance(each, ms.Comparison) and isinstance(each.value, str):
                        asked.setdefault(each.column, {})[fold(each.value)] = each.value
                        figures.setdefault(each.column, set()).update(summed)
    for column, wanted in asked.items():
        table = reading.tables.get(column.table)
        if table is None or column.name not in table.letters:
            continue
        bare = {plain(text): value for text, value in wanted.items()}
        for i, typed in enumerate(table.columns[column.name]):
            text = str(typed)
            if not any(table.columns[name][i] for name in figures[column]) or fold(text) in wanted:
                continue
            if text and plain(text) in bare:
                message = N_(
                    "«{text}» không phải là «{wanted}» của quy tắc nên hàng này không được tính; hãy gõ đủ dấu"
                )
                fill: dict[str, object] = {"text": text, "wanted": bare[plain(text)]}
                yield Problem("condition-misspelt", message, table.place(column.name, i), fill, "warning")


def _is_line(code: str, rulebook: Rulebook) -> bool:
    """Is it the code of a line that is judged by itself, such as 1.1.2.3 below 1.1.2."""
    parent = rulebook.by_id.get(code.rpartition(".")[0])
    return parent is not None and parent.form.each is not None


def _unit(reading: Reading, as_of: dt.date | None) -> UnitInfo:
    def text(name: str) -> str:
        value = reading.facts.get(name)
        return value if isinstance(value, str) else ""

    stated = reading.facts.get("as_of")
    day = as_of or (stated if isinstance(stated, dt.date) else None)
    name = text("unit_name")
    return UnitInfo(
        text("unit_code") or name or reading.file,
        name,
        text("parent_agency"),
        text("place"),
        text("period"),
        day,
        reading.file,
    )


def _fact_array(readings: Sequence[Reading], name: str, fact: models.Fact) -> Any:
    values = [reading.facts.get(name) for reading in readings]
    if fact.type in ("number", "percent"):
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    if fact.type == "boolean":
        return np.array(["" if value is None else (YES if value else NO) for value in values], dtype=object)
    return np.array(["" if value is None else str(value) for value in values], dtype=object)


def _lines(tables: Sequence[Table | None], form: models.Table) -> Lines:
    sizes = [0 if table is None else len(table) for table in tables]
    columns: dict[str, Any] = {}
    for name, column in form.columns.items():
        numeric = column.type in ("number", "percent")
        values: list[object] = []
        for table, size in zip(tables, sizes, strict=True):
            found = table.columns.get(name) if table is not None else None
            values += [None] * size if found is None else found
        if numeric:
            columns[name] = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
        else:
            columns[name] = np.array(["" if value is None else str(value) for value in values], dtype=object)
    return Lines(np.repeat(np.arange(len(tables)), sizes), columns, len(tables))


def _read_word(kind: str, typed: str) -> object:
    """A result that is no number: the text itself, a truth value or a day; None where it is none of that kind."""
    if kind == "boolean":
        return read_truth(typed)
    if kind == "date":
        try:
            return read_date(typed)
        except Unreadable:
            return None
    return typed


class _Gathered(Sources):
    """The rows of the criteria, unit by unit; knows afterwards where each figure stood."""

    def __init__(self, readings: Sequence[Reading], rulebook: Rulebook) -> None:
        self._readings = readings
        self._rulebook = rulebook
        self._results = rulebook.results_table
        self._own: dict[str, dict[str, Any]] = {field: {} for field in FIELDS}
        self.intervals: dict[str, dict[int, Interval]] = {}
        self.declared: dict[str, Any] = {}
        self.results: dict[str, Any] = {}
        self.narratives: dict[str, Any] = {}
        self.headings: dict[str, Any] = {}
        self._parts: dict[str, list[tuple[int, Figure]]] = {}
        self._row: list[dict[str, int]] = []
        for unit, reading in enumerate(readings):
            table = reading.tables.get(self._results)
            codes = table.columns["id"] if table is not None else ()
            rows = [(code, i) for i, code in enumerate(codes) if isinstance(code, str) and code in rulebook.by_id]
            self._row.append(dict(rows))
            if table is not None:
                self._copy(table, rows, unit)
                self._understand(table, rows, unit)

    @property
    def own(self) -> dict[tuple[str, str], Any]:
        """One array for each figure of each criterion."""
        return {(code, field): array for field, arrays in self._own.items() for code, array in arrays.items()}

    def _copy(self, table: Table, rows: Sequence[tuple[str, int]], unit: int) -> None:
        """What stands in the cells: column by column, since this runs for every cell of every workbook."""
        columns = table.columns
        declared = [_CODES[str(text)] if text else None for text in columns.get("declared", ())]
        stores: list[tuple[dict[str, Any], Sequence[object], object]] = [
            *((self._own[field], columns.get(field, ()), np.nan) for field in FIELDS),
            (self.declared, declared, np.int8(-1)),
            (self.narratives, columns.get("narrative", ()), ""),
            (self.headings, columns.get("name", ()), ""),
        ]
        for store, column, empty in stores:
            for code, i in rows if column else ():
                value = column[i]
                if value is not None and value != "":
                    self._array(store, code, empty)[unit] = value

    def _understand(self, table: Table, rows: Sequence[tuple[str, int]], unit: int) -> None:
        """What a result says beyond a number."""
        raw, figures = table.raw.get("value"), table.figures.get("value")
        for code, i in rows:
            node, figure = self._rulebook.by_id[code], figures[i] if figures is not None else None
            if raw is not None and node.reads != "number" and raw[i]:
                self._array(self.results, code, None)[unit] = _read_word(node.reads, raw[i])
            said = node.words.get(fold(raw[i])) if raw is not None and node.words else None
            if said is not None and said.is_point:
                self._array(self._own["value"], code, np.nan)[unit] = nearest_float(said.low)  # type: ignore[arg-type]  # a point has ends
            elif said is not None:
                self.intervals.setdefault(code, {})[unit] = said
            elif figure is not None and figure.kind == "interval":
                ends = Interval(figure.low, figure.high, figure.low_closed, figure.high_closed)
                self.intervals.setdefault(code, {})[unit] = ends
            elif figure is not None and figure.kind == "parts":
                self._parts.setdefault(code, []).extend((unit, part) for part in figure.parts)

    def _array(self, store: dict[str, Any], code: str, empty: object) -> Any:
        if code not in store:
            dtype = empty.dtype if isinstance(empty, np.int8) else np.float64 if isinstance(empty, float) else object
            store[code] = np.full(len(self._readings), empty, dtype=dtype)
        return store[code]

    def stack_parts(self) -> Mapping[str, Lines]:
        """The labelled parts of each criterion as lines, unit by unit."""
        result = {}
        for code, parts in self._parts.items():
            columns: dict[str, Any] = {
                field: np.array(
                    [np.nan if (value := getattr(part, field)) is None else float(value) for _, part in parts]
                )
                for field in FIELDS
            }
            columns["label"] = np.array([part.label for _, part in parts], dtype=object)
            result[code] = Lines(np.array([unit for unit, _ in parts]), columns, len(self._readings))
        return result

    # --- where things stood ----------------------------------------------------------------------------------------

    def _at(self, unit: int, criterion: str) -> tuple[Table, int] | None:
        row = self._row[unit].get(criterion)
        return None if row is None else (self._readings[unit].tables[self._results], row)

    def place(self, unit: int, criterion: str, field: str) -> str:
        """Address of a cell of a criterion's row; empty where the workbook has no such row."""
        found = self._at(unit, criterion)
        return found[0].address(field, found[1]) if found else ""

    def raw(self, unit: int, criterion: str, field: str) -> str:
        """What a cell of a criterion's row shows."""
        found = self._at(unit, criterion)
        return found[0].raw[field][found[1]] if found and field in found[0].raw else ""

    def figure(self, unit: int, criterion: str) -> Figure | None:
        """What a typed result says beyond a plain number."""
        found = self._at(unit, criterion)
        return found[0].figures["value"][found[1]] if found and "value" in found[0].figures else None

    def unread(self, unit: int, criterion: str) -> Problem | None:
        """Why the cells of a criterion's row give no figure: the first such problem, or None."""
        found = self._at(unit, criterion)
        if not found:
            return None
        return next(
            (found[0].unread[field, found[1]] for field in FIELDS if (field, found[1]) in found[0].unread), None
        )

    def line_place(self, unit: int, table: str, column: str, line: int) -> str:
        """Address of a cell of a table; `line` counts within the unit, from 0."""
        found = self._readings[unit].tables.get(table)
        return found.address(column, line) if found else ""

    def fact_place(self, unit: int, fact: str) -> str:
        """Address of a fact."""
        place = self._readings[unit].fact_places.get(fact)
        return place.address if place else ""
