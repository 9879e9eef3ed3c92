"""Decision tables over dates and attributes, with the hit policy *unique*: for every point at most one row, proved.

    rows ── decision_classes ──▶ lint (overlap, gap, dead row) · choose (the row of each unit)

Source of the hit policy: OMG, Decision Model and Notation, clause 8.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nhiemvu.messages import N_, _
from nhiemvu.rules.decision_classes import (
    Condition,
    Dimension,
    Domain,
    Row,
    attributes_of,
    conditions_on,
    cut_attribute,
    cut_days,
    measured_kind,
    predicate,
)
from nhiemvu.rules.target import Target
from nhiemvu.text import fold, format_date, format_number

__all__ = ["Condition", "DecisionError", "Domain", "Finding", "Row", "choose", "describe", "lint"]

MAX_CELLS = 200_000
MAX_ROWS = 1_000
MAX_MISSING = 62  # bits of an int64
NONE, UNKNOWN = np.int16(-1), np.int16(-2)
DATE = "date"  # the name of the day in a witness

Known = NDArray[np.bool_] | bool  # where a row applies: by unit, or the same for all


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a table.

    Attributes:
        kind: `overlap`: two rows apply to one point; `gap`: no row applies to it; `dead`: a row that no point reaches.
        rows: indices of the rows; empty for a gap.
        witness: one such point, by attribute, the day under `date`; empty for a dead row and where every point will do.
    """

    kind: Literal["overlap", "gap", "dead"]
    rows: tuple[int, ...]
    witness: dict[str, object]


class DecisionError(ValueError):
    """A table too large to be proved; `message` is a template, `fill` its values."""

    def __init__(self, message: str, **fill: object) -> None:
        super().__init__(message)
        self.message, self.fill = message, fill

    def __str__(self) -> str:
        return _(self.message, **self.fill)


# --- proof ---


def lint(
    rows: Sequence[Row], domains: Mapping[str, Domain], within: tuple[dt.date | None, dt.date | None] = (None, None)
) -> list[Finding]:
    """Every overlap and dead row of a table, and for each stretch of days one gap where there is any. Exact.

    Args:
        rows: the table.
        domains: for each attribute its choices (none: any text) or its stretch of the number line; an attribute that is
            not named is open.
        within: the first and the last day that matter; None where open.

    Raises:
        DecisionError: more than `MAX_ROWS` rows or `MAX_CELLS` combinations of classes.

    >>> rows = [Row({"khu_vuc": frozenset({"I"})}, label=12), Row({"khu_vuc": frozenset({"I", "II"})}, label=15)]
    >>> lint(rows, {"khu_vuc": ("I", "II", "III")})[0]
    Finding(kind='overlap', rows=(0, 1), witness={'khu_vuc': 'I'})
    """
    if len(rows) > MAX_ROWS:
        raise DecisionError(
            N_("bảng có {count} dòng, quá {limit}; chia tiêu chí thành nhiều tiêu chí"), count=len(rows), limit=MAX_ROWS
        )
    names = attributes_of(rows)
    cut = {name: cut_attribute(conditions_on(rows, name), domains.get(name, ())) for name in names}
    proof = _Proof(rows, {DATE: cut_days(rows, within)} | cut)
    return [*proof.overlaps(), *proof.gaps(), *proof.dead()]


class _Proof:
    """A table cut into classes. `open` marks the combinations of classes that no row but an `otherwise` applies to."""

    def __init__(self, rows: Sequence[Row], dimensions: Mapping[str, Dimension]) -> None:
        self.names = list(dimensions)
        self.dimensions = list(dimensions.values())
        shape = [len(dimension.values) for dimension in self.dimensions]
        if prod(shape) > MAX_CELLS:
            message = N_("bảng có {count} tổ hợp điều kiện và thời gian, quá {limit}; bớt điều kiện hoặc chia tiêu chí")
            raise DecisionError(message, count=prod(shape), limit=MAX_CELLS)
        self.plain = [i for i, row in enumerate(rows) if not row.otherwise]
        self.otherwise = [i for i, row in enumerate(rows) if row.otherwise]
        self.cells = [[dimension.where(i) for dimension in self.dimensions] for i in range(len(rows))]
        self.open = np.ones(shape, dtype=bool)
        for i in self.plain:
            self.open[np.ix_(*self.cells[i])] = False

    def overlaps(self) -> Iterator[Finding]:
        """Two rows share a class of every attribute; two `otherwise` rows, an open combination."""
        for i, j in itertools.combinations(self.plain, 2):
            shared = [a & b for a, b in zip(self.cells[i], self.cells[j], strict=True)]
            if all(classes.any() for classes in shared):
                yield Finding("overlap", (i, j), self._witness([int(classes.argmax()) for classes in shared]))
        for i, j in itertools.combinations(self.otherwise, 2):
            shared = [a & b for a, b in zip(self.cells[i], self.cells[j], strict=True)]
            both = np.zeros_like(self.open)
            both[np.ix_(*shared)] = True
            if (found := both & self.open).any():
                yield Finding("overlap", (i, j), self._witness(_first_cell(found)))

    def gaps(self) -> Iterator[Finding]:
        """Open combinations that no `otherwise` row takes: the first one for each class of days."""
        left = self.open.copy()
        for i in self.otherwise:
            left[np.ix_(*self.cells[i])] = False
        for day in np.flatnonzero(left.reshape(len(left), -1).any(axis=1)) if left.size else ():
            yield Finding("gap", (), self._witness([int(day), *_first_cell(left[day])]))

    def dead(self) -> Iterator[Finding]:
        """Rows that no combination reaches; for `otherwise`, no open one."""
        for i, cells in enumerate(self.cells):
            reached = (
                self.open[np.ix_(*cells)].any() if i in self.otherwise else all(classes.any() for classes in cells)
            )
            if not reached:
                yield Finding("dead", (i,), {})

    def _witness(self, cell: Sequence[int]) -> dict[str, object]:
        """One value of each class, the day last; no day where the table knows none."""
        day, *others = (dimension.values[i] for dimension, i in zip(self.dimensions, cell, strict=True))
        witness: dict[str, object] = dict(zip(self.names[1:], others, strict=True))
        return witness if day is None else witness | {DATE: day}


def _first_cell(cells: NDArray[np.bool_]) -> list[int]:
    return [int(i) for i in np.unravel_index(cells.argmax(), cells.shape)]


def describe(finding: Finding, rows: Sequence[Row]) -> str:
    """The finding as a sentence that names the lines and the witness, in the language in force.

    >>> rows = [Row({"khu_vuc": frozenset({"III"})}, label=12), Row(valid_from=dt.date(2024, 7, 1), label=15)]
    >>> describe(lint(rows, {"khu_vuc": ("I", "II", "III")})[0], rows)
    'khu_vuc = III vào ngày 1/7/2024 khớp cả hai dòng 12 và 15'
    """
    labels = [str(rows[i].label) for i in finding.rows]
    if finding.kind == "dead":
        return _("dòng {row} không bao giờ được dùng: không trường hợp nào khớp dòng này", row=labels[0])
    point = _show_point(finding.witness)
    if finding.kind == "gap":
        return _("{point} không khớp dòng nào; thêm một dòng cho trường hợp đó, hoặc một dòng otherwise", point=point)
    return _("{point} khớp cả hai dòng {first} và {second}", point=point, first=labels[0], second=labels[1])


def _show_point(witness: Mapping[str, object]) -> str:
    values = ", ".join(f"{name} = {_show_value(value)}" for name, value in witness.items() if name != DATE)
    day = witness.get(DATE)
    if not isinstance(day, dt.date):
        return values or _("mọi trường hợp")
    shown = format_date(day)
    return _("{values} vào ngày {day}", values=values, day=shown) if values else _("ngày {day}", day=shown)


def _show_value(value: object) -> str:
    if isinstance(value, bool):
        return _("đúng") if value else _("sai")
    if isinstance(value, Fraction):
        return format_number(value)
    return format_date(value) if isinstance(value, dt.date) else str(value)


# --- choice ---


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is known of one attribute over all units.

    Attributes:
        holds: for each row, where its condition on this attribute is known to hold.
        missing: where the value is missing.
        dimension: the classes that a missing value could be of.
    """

    holds: list[Known]
    missing: NDArray[np.bool_]
    dimension: Callable[[], Dimension]


def choose(
    rows: Sequence[Row],
    attributes: Mapping[str, NDArray[Any] | Sequence[Any]],
    dates: NDArray[np.datetime64],
    domains: Mapping[str, Domain] | None = None,
) -> NDArray[np.int16]:
    """Which row applies to each unit.

    Args:
        rows: a table in which `lint` finds no overlap; of two rows that apply, the first is taken.
        attributes: for each attribute one value a unit; None, NaN, a blank text, a number where words are asked for,
            and an attribute that is not there are missing.
        dates: the day on which each unit is judged, datetime64; NaT is missing.
        domains: as for `lint`; what a missing value could be.

    Returns:
        int16 of shape (units,): the row's index; -1 where none applies; -2 where what is missing could change it.

    Raises:
        DecisionError: units lack more than 62 of the facts that the table asks for.

    >>> rows = [Row({"khu_vuc": frozenset({"III"})}), Row(otherwise=True)]
    >>> choose(rows, {"khu_vuc": ["III", "I", None]}, np.array(["2024-06-30"] * 3, dtype="datetime64[D]"))
    array([ 0,  1, -2], dtype=int16)
    """
    days = np.asarray(dates).astype("datetime64[D]")
    facts = [
        _read(rows, name, attributes.get(name), len(days), (domains or {}).get(name, ()))
        for name in attributes_of(rows)
    ]
    if any(row.valid_from or row.valid_to for row in rows):
        facts.append(_read_days(rows, days))
    answer = _settle(rows, [_all_of(fact.holds[i] for fact in facts) for i in range(len(rows))], len(days))
    incomplete = [fact for fact in facts if fact.missing.any()]
    if not incomplete:
        return answer
    if len(incomplete) > MAX_MISSING:
        message = N_("bảng dựa vào {count} thông tin còn thiếu, quá {limit}; bớt điều kiện hoặc chia tiêu chí")
        raise DecisionError(message, count=len(incomplete), limit=MAX_MISSING)
    pattern = np.zeros(len(days), dtype=np.int64)  # which facts a unit lacks, one bit each
    for bit, fact in enumerate(incomplete):
        pattern |= fact.missing.astype(np.int64) << bit
    for missing in np.unique(pattern[pattern != 0]):
        units = np.flatnonzero(pattern == missing)
        unknown = [fact for bit, fact in enumerate(incomplete) if missing >> bit & 1]
        known = [fact for fact in facts if not any(fact is each for each in unknown)]
        answer[units] = _complete(rows, known, [fact.dimension() for fact in unknown], units)
    return answer


def _complete(
    rows: Sequence[Row], known: Sequence[_Facts], unknown: Sequence[Dimension], units: NDArray[np.intp]
) -> NDArray[np.int16]:
    """The row of units that lack the same facts: settled where every completion of what they lack gives the same."""
    if prod(len(dimension.values) for dimension in unknown) > MAX_CELLS:
        return np.full(len(units), UNKNOWN)  # a table that lint has refused
    holds = [
        _all_of(each if isinstance(each := fact.holds[i], bool) else each[units] for fact in known)
        for i in range(len(rows))
    ]
    answer: NDArray[np.int16] | None = None
    for classes in itertools.product(*(dimension.rows for dimension in unknown)):
        possible = _settle(
            rows, [hold if all(of[i] for of in classes) else False for i, hold in enumerate(holds)], len(units)
        )
        answer = possible if answer is None else np.where(answer == possible, answer, UNKNOWN)
    return np.full(len(units), UNKNOWN) if answer is None else answer


def _all_of(conditions: Iterable[Known]) -> Known:
    result: Known = True
    for condition in conditions:
        if result is True:
            result = condition
        elif condition is not True:
            result = result & condition
    return result


def _settle(rows: Sequence[Row], holds: Sequence[Known], count: int) -> NDArray[np.int16]:
    """The row that applies: an `otherwise` only where no other does, the first where several do."""
    answer = np.full(count, NONE)
    for i in sorted(range(len(rows)), key=lambda i: (not rows[i].otherwise, -i)):
        if holds[i] is not False:
            answer[holds[i]] = i
    return answer


def _read_days(rows: Sequence[Row], days: NDArray[np.datetime64]) -> _Facts:
    def holds(row: Row) -> Known:
        after = True if row.valid_from is None else days >= np.datetime64(row.valid_from)
        before = True if row.valid_to is None else days <= np.datetime64(row.valid_to)
        return _all_of([after, before])

    return _Facts([holds(row) for row in rows], np.isnat(days), lambda: cut_days(rows, (None, None)))


def _read(rows: Sequence[Row], name: str, values: Any, count: int, domain: Domain) -> _Facts:
    conditions = conditions_on(rows, name)
    if values is None:
        values = np.full(count, None)
    elif not isinstance(values, np.ndarray):
        values = values.to_numpy() if hasattr(values, "to_numpy") else _objects(values)
    if measured_kind(conditions) is None:
        holds, missing = _read_words(conditions, values)
    else:
        holds, missing = _readmeasured_kind(conditions, values)
    return _Facts(holds, missing, lambda: cut_attribute(conditions, domain))


def _objects(values: Sequence[Any]) -> NDArray[np.object_]:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _readmeasured_kind(
    conditions: Sequence[Condition | None], values: NDArray[Any]
) -> tuple[list[Known], NDArray[np.bool_]]:
    holds: list[Known] = []
    missing = np.zeros(len(values), dtype=bool)
    for condition in conditions:
        if isinstance(condition, Target):
            codes = condition.test(values)
            missing |= codes < 0
            holds.append(codes > 0)
        else:
            holds.append(condition is None)  # a set of words holds for no number
    return holds, missing


def _read_words(conditions: Sequence[Condition | None], values: NDArray[Any]) -> tuple[list[Known], NDArray[np.bool_]]:
    """Each different word is looked at once, and stands for its class."""
    tests = [predicate(condition) for condition in conditions]
    classes: dict[tuple[bool, ...], int] = {}

    class Codes(dict[str | bool, int]):
        def __missing__(self, word: str | bool) -> int:
            blank = isinstance(word, str) and not fold(word)
            self[word] = -1 if blank else classes.setdefault(tuple(test(word) for test in tests), len(classes))
            return self[word]

    known = Codes()
    codes = np.fromiter(
        (known[word] if isinstance(word, str | bool) else -1 for word in values.tolist()),
        dtype=np.int64,
        count=len(values),
    )
    by_class = [np.array([*(of[i] for of in classes), False]) for i in range(len(conditions))]  # the last: -1, missing
    return [True if each is None else table[codes] for each, table in zip(conditions, by_class, strict=True)], codes < 0
