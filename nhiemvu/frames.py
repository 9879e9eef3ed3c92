"""Evaluation of figures that are in DataFrames already, without any workbook."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np
import pandas as pd

from nhiemvu.engine.figures import Figures, Lines
from nhiemvu.engine.rows import UnitInfo
from nhiemvu.errors import FrameError, Problem
from nhiemvu.evaluation import Evaluation
from nhiemvu.messages import N_
from nhiemvu.rules import models
from nhiemvu.rules.load import load_rulebook
from nhiemvu.rules.names import NO, YES
from nhiemvu.rules.rulebook import Rulebook
from nhiemvu.text import fold, nearest
from nhiemvu.verdicts import Verdict

FIELDS = ("value", "numerator", "denominator")
WIDE = (*FIELDS, "declared", "narrative")
LONG = "results"
UNITS = "units"
BY_UNIT = (UNITS, *WIDE)  # frames with a row for each unit


def evaluate_frames(
    frames: Mapping[str, pd.DataFrame], rulebook: Rulebook | str | Path, as_of: dt.date | None = None
) -> Evaluation:
    """Judge figures that are in DataFrames already.

    Args:
        frames: by name,

            - `units` (optional): one row a unit, its index the units' codes; columns are facts of the rulebook, and
              `unit_name`, `as_of`;
            - `results`: one row per unit and criterion, columns `unit` (may be left out where there is one unit),
              `id`, and any of `value`, `numerator`, `denominator`, `declared` (words of `Verdict`), `narrative`;
            - or, wide, any of the frames `value`, `numerator`, `denominator`, `declared`, `narrative`: units ×
              criteria, the index the units' codes, the columns criterion ids;
            - each table of the rulebook by its name: one row a line, column `unit`, and the table's columns.

            Shares are fractions (0.8 is 80%), other figures stand in the rulebook's units of measure; NaN and None
            are missing.
        rulebook: a loaded rulebook, its id or its file.
        as_of: cut-off date for all units; by default the column `as_of` of `units`.

    Returns:
        An evaluation of all units, in the order of `units`, or of first appearance.

    Raises:
        FrameError: a frame, column or criterion that the rulebook does not know, a unit that `units` lacks, a unit
            twice, a fact that is none of its choices; all of them at once. A figure that is no number, a day or a
            verdict that is none; the first of them.

    >>> frames = {"value": pd.DataFrame({"17.4": [0.35, 0.249, None]}, index=["a", "b", "c"])}
    >>> evaluate_frames(frames, "ntm-nang-cao-2021-2025-tdmnpb").verdicts["17.4"].tolist()
    ['met', 'not_met', 'no_data']
    """
    rules = rulebook if isinstance(rulebook, Rulebook) else load_rulebook(rulebook, as_of)
    codes = _unit_codes(frames)
    units = frames.get(UNITS)
    odd = [] if units is None else _find_odd_facts(units, rules)
    if problems := [*_find_problems(frames, rules), *_find_strangers(frames, codes), *odd]:
        raise FrameError(problems)
    own = _own(frames, codes)
    declared = {name: _codes_of(column) for name, column in _wide(frames, "declared", codes)}
    if LONG in frames:
        _scatter(frames[LONG], codes, own, declared)
    stated = pd.Series(pd.NaT, index=codes) if units is None or "as_of" not in units else units["as_of"]
    dates = np.full(len(codes), np.datetime64(as_of, "D")) if as_of else _days(stated)
    names = units["unit_name"].astype(str) if units is not None and "unit_name" in units else None
    figures = Figures(
        units=_Units(codes, names, dates),
        dates=dates,
        own=own,
        declared=declared,
        facts={
            name: _fact(units[name], fact) for name, fact in rules.facts.items() if units is not None and name in units
        },
        lines={
            name: _lines(frame, rules.tables[name], codes) for name, frame in frames.items() if name in rules.tables
        },
        narratives={
            name: column.fillna("").astype(str).to_numpy(dtype=object)
            for name, column in _wide(frames, "narrative", codes)
        },
    )
    return Evaluation(rules, figures)


class _Units(Sequence[UnitInfo]):
    """Who is judged, put together when somebody looks: a million units cost nothing until then."""

    def __init__(self, codes: pd.Index[Any], names: pd.Series[str] | None, dates: Any) -> None:
        self._codes, self._names, self._dates = codes, names, dates

    def __len__(self) -> int:
        return len(self._codes)

    @overload
    def __getitem__(self, at: int) -> UnitInfo: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[UnitInfo]: ...
    def __getitem__(self, at: int | slice) -> UnitInfo | Sequence[UnitInfo]:
        if isinstance(at, slice):
            return [self[i] for i in range(*at.indices(len(self)))]
        day = self._dates[at]
        name = str(self._names.iloc[at]) if self._names is not None else ""
        return UnitInfo(str(self._codes[at]), name, as_of=None if np.isnat(day) else day.astype(dt.date))


def _find_problems(frames: Mapping[str, pd.DataFrame], rules: Rulebook) -> Iterator[Problem]:
    tables = [name for name, table in rules.tables.items() if table.kind == "lines"]
    known_frames = [UNITS, LONG, *WIDE, *tables]
    for name, frame in frames.items():
        if name not in known_frames:
            yield _unknown(
                "frame-unknown",
                N_("không có bảng «{name}» trong bộ quy tắc; gần nhất: {nearest}; được nhận: {known}"),
                name,
                known_frames,
            )
            continue
        if name in WIDE:
            for column in frame.columns:
                if column not in rules.by_id:
                    yield _unknown_criterion(column, name, rules)
            continue
        expected = {
            UNITS: [*rules.facts, "unit_name", "as_of"],
            LONG: ["unit", "id", *WIDE],
        }.get(name) or ["unit", *rules.tables[name].columns]
        for column in frame.columns:
            if column not in expected:
                yield _unknown(
                    "frame-column",
                    N_("bảng {frame}: không có cột «{name}»; gần nhất: {nearest}; được nhận: {known}"),
                    str(column),
                    expected,
                    frame=name,
                )
        if name == LONG and "id" in frame:
            for id_ in pd.unique(frame["id"]):
                if id_ not in rules.by_id:
                    yield _unknown_criterion(id_, name, rules)
        elif name == LONG:
            yield Problem("frame-column", N_("bảng {frame} thiếu cột «id»"), fill={"frame": name})


def _find_strangers(frames: Mapping[str, pd.DataFrame], codes: pd.Index[Any]) -> Iterator[Problem]:
    """Rows of units that `units` lacks, of a unit that has one already, or of nobody knows which unit."""
    for name, frame in frames.items():
        units = _units_of(name, frame)
        if units is None:
            if len(codes) > 1:
                message = N_("bảng {frame} thiếu cột «unit», mà có nhiều đơn vị")
                yield Problem("frame-column", message, fill={"frame": name})
            continue
        if name in BY_UNIT and not units.is_unique:
            fill = {"frame": name, "units": ", ".join(map(str, units[units.duplicated()].unique()[:5]))}
            yield Problem("frame-unit-twice", N_("bảng {frame}: đơn vị có hai hàng: {units}"), fill=fill)
        if units is not codes and not units.equals(codes):
            for unit in units[~units.isin(codes)].unique()[:5]:
                message = N_("bảng {frame}: bảng units không có đơn vị «{name}»; gần nhất: {nearest}")
                yield _unknown("frame-unit", message, str(unit), [str(code) for code in codes], frame=name)


def _find_odd_facts(units: pd.DataFrame, rules: Rulebook) -> Iterator[Problem]:
    """Facts that are none of their choices, or neither true nor false: a target's `otherwise` would take them."""
    for name, fact in rules.facts.items():
        if name not in units or fact.type not in ("choice", "boolean"):
            continue
        chosen = _choices_of(units[name], fact)
        for value in chosen:
            if not chosen[value] and value != "":
                known = fact.choices if fact.type == "choice" else ["True", "False"]
                message = N_("bảng {frame}, cột «{column}»: «{name}» không nằm trong các giá trị được nhận: {known}")
                yield _unknown("frame-fact", message, str(value), known, frame=UNITS, column=name)


def _choices_of(column: pd.Series[Any], fact: models.Fact) -> dict[object, str]:
    """Each value of a column and the choice that it is, as conditions hold it; "" for none."""
    if fact.type == "boolean":
        known: Mapping[object, str] = {True: YES, False: NO}
        return {value: known.get(value, "") for value in pd.unique(column.dropna())}
    choices = {fold(each): each for each in fact.choices}
    return {value: choices.get(fold(str(value)), "") for value in pd.unique(column.dropna())}


def _unknown_criterion(id_: object, frame: str, rules: Rulebook) -> Problem:
    message = N_("bảng {frame}: không có tiêu chí «{name}»; gần nhất: {nearest}")
    return _unknown("frame-criterion", message, str(id_), list(rules.by_id), frame=frame)


def _unknown(code: str, message: str, name: str, known: Sequence[str], **fill: object) -> Problem:
    return Problem(
        code,
        message,
        fill={"name": name, "nearest": ", ".join(nearest(name, known)) or "-", "known": ", ".join(known[:40]), **fill},
    )


def _unit_codes(frames: Mapping[str, pd.DataFrame]) -> pd.Index[Any]:
    """The units: those of `units`, else all that any frame names, in order of first appearance."""
    if UNITS in frames:
        return frames[UNITS].index
    codes: pd.Index[Any] | None = None
    for name in (*WIDE, *(each for each in frames if each not in WIDE)):
        units = _units_of(name, frames[name]) if name in frames else None
        if units is None or units is codes:
            continue
        if codes is None:
            codes = units if units.is_unique else units.unique()
        elif not codes.equals(units):
            codes = codes.append(units).unique()
    return pd.Index([""]) if codes is None else codes


def _units_of(name: str, frame: pd.DataFrame) -> pd.Index[Any] | None:
    """The unit of each row; None where the frame does not say."""
    if name in BY_UNIT:
        return frame.index
    return pd.Index(frame["unit"]) if "unit" in frame else None


def _wide(frames: Mapping[str, pd.DataFrame], field: str, codes: pd.Index[Any]) -> Iterator[tuple[str, Any]]:
    frame = frames.get(field)
    if frame is not None:
        aligned = frame if frame.index is codes or frame.index.equals(codes) else frame.reindex(codes)
        for name in aligned.columns:
            yield str(name), aligned[name]


def _own(frames: Mapping[str, pd.DataFrame], codes: pd.Index[Any]) -> dict[tuple[str, str], Any]:
    return {(name, field): _numbers(column) for field in FIELDS for name, column in _wide(frames, field, codes)}


def _numbers(column: pd.Series[Any]) -> Any:
    try:
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError):
        wrong = column[pd.to_numeric(column, errors="coerce").isna() & column.notna()]
        fill = {"name": column.name, "value": wrong.iloc[0] if len(wrong) else column.dtype}
        raise FrameError(Problem("frame-number", N_("cột «{name}»: «{value}» không phải con số"), fill=fill)) from None


def _days(column: pd.Series[Any]) -> Any:
    try:
        return pd.to_datetime(column).to_numpy().astype("datetime64[D]")
    except (TypeError, ValueError):
        wrong = column[pd.to_datetime(column, errors="coerce").isna() & column.notna()]
        fill = {"name": column.name, "value": wrong.iloc[0] if len(wrong) else column.dtype}
        raise FrameError(Problem("frame-date", N_("cột «{name}»: «{value}» không phải ngày"), fill=fill)) from None


def _codes_of(column: pd.Series[Any]) -> Any:
    """Words of `Verdict` as int8 codes, -1 for nothing."""
    words = {str(each): each.number for each in Verdict}
    present = [each for each in pd.unique(column.dropna()) if each not in words and each != ""]
    if present:
        raise FrameError(
            _unknown(
                "frame-verdict",
                N_("tự đánh giá «{name}» không phải một kết luận; được nhận: {known}"),
                str(present[0]),
                list(words),
            )
        )
    return column.map(words).fillna(-1).to_numpy(dtype=np.int8)


def _scatter(
    results: pd.DataFrame, codes: pd.Index[Any], own: dict[tuple[str, str], Any], declared: dict[str, Any]
) -> None:
    """Long rows into one array a criterion and field."""
    at = codes.get_indexer(pd.Index(results["unit"])) if "unit" in results else np.zeros(len(results), dtype=np.intp)
    empty, silent = np.full(len(codes), np.nan), np.full(len(codes), -1, dtype=np.int8)
    for id_, rows in results.groupby("id", sort=False).indices.items():
        name = str(id_)
        if len(np.unique(at[rows])) != len(rows):
            raise FrameError(
                Problem(
                    "frame-row-twice",
                    N_("bảng {frame}: tiêu chí «{id}» có hai hàng cho một đơn vị"),
                    fill={"frame": LONG, "id": name},
                )
            )
        for field in FIELDS:
            if field in results:
                own[name, field] = np.array(own.get((name, field), empty))  # a copy, also of a wide frame's
                own[name, field][at[rows]] = _numbers(results[field].iloc[rows])
        if "declared" in results:
            declared[name] = np.array(declared.get(name, silent))
            declared[name][at[rows]] = _codes_of(results["declared"].iloc[rows])


def _fact(column: pd.Series[Any], fact: models.Fact) -> Any:
    if fact.type in ("number", "percent"):
        return _numbers(column)
    if fact.type in ("boolean", "choice"):
        chosen = column.astype(object).map(_choices_of(column, fact)).to_numpy(dtype=object, copy=True)
        chosen[pd.isna(chosen)] = ""
        return chosen
    return column.fillna("").astype(str).to_numpy(dtype=object)


def _lines(frame: pd.DataFrame, table: models.Table, codes: pd.Index[Any]) -> Lines:
    at = codes.get_indexer(pd.Index(frame["unit"])) if "unit" in frame else np.zeros(len(frame), dtype=np.intp)
    order = np.argsort(at, kind="stable") if len(at) and (np.diff(at) < 0).any() else slice(None)
    columns: dict[str, Any] = {}
    for name, column in table.columns.items():
        numeric = column.type in ("number", "percent")
        if name not in frame:
            columns[name] = np.full(len(frame), np.nan) if numeric else np.full(len(frame), "", dtype=object)
            continue
        values = _numbers(frame[name]) if numeric else frame[name].fillna("").astype(str).to_numpy(dtype=object)
        columns[name] = values[order]
    return Lines(at[order], columns, len(codes))
