"""Rows of decision tables, and values cut into classes that no row tells apart.

Two values belong to one class where every condition of the table treats them alike, so that one value stands for all
of its class, and the finitely many combinations of classes stand for every point.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nhiemvu.messages import _
from nhiemvu.rules.intervals import EVERYTHING, Interval
from nhiemvu.rules.target import Target
from nhiemvu.text import fold

Condition = frozenset[str] | frozenset[bool] | frozenset[str | bool] | Target
Domain = Sequence[str | bool] | Interval  # an empty sequence: any text; an interval: a stretch of the number line


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a decision table.

    Attributes:
        when: what each attribute must be: one of a set of words or truth values, or what meets a `Target`; all must
            hold.
        valid_from, valid_to: the days on which it holds, both included; None where open.
        otherwise: applies only where no other kind of row does.
        label: the caller's handle, such as the line of the file; shown in findings.
    """

    when: Mapping[str, Condition] = field(default_factory=dict)
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    otherwise: bool = False
    label: object = ""


@dataclass(frozen=True, slots=True)
class Dimension:
    """An attribute cut into classes.

    Attributes:
        values: one value of each class.
        rows: for each class, in which rows the condition on this attribute holds.
    """

    values: tuple[Any, ...]
    rows: tuple[tuple[bool, ...], ...]

    def where(self, row: int) -> NDArray[np.bool_]:
        """In which classes the row's condition holds."""
        return np.array([holds[row] for holds in self.rows], dtype=bool)


def _classify(values: Iterable[Any], tests: Sequence[Callable[[Any], bool]]) -> Dimension:
    """Keep the first of the values that all tests treat alike."""
    classes: dict[tuple[bool, ...], Any] = {}
    for value in values:
        classes.setdefault(tuple(test(value) for test in tests), value)
    return Dimension(tuple(classes.values()), tuple(classes))


def conditions_on(rows: Sequence[Row], name: str) -> list[Condition | None]:
    """The condition of each row on an attribute; `-` is none."""
    conditions = [row.when.get(name) for row in rows]
    return [None if isinstance(each, Target) and each.kind == "any" else each for each in conditions]


def attributes_of(rows: Sequence[Row]) -> list[str]:
    """The attributes that some row asks about, in the order of their first mention."""
    names = dict.fromkeys(name for row in rows for name in row.when)
    return [name for name in names if any(condition is not None for condition in conditions_on(rows, name))]


def measured_kind(conditions: Iterable[Condition | None]) -> Literal["number", "date"] | None:
    """Is the attribute a number or a day; None for words."""
    kinds = {condition.kind for condition in conditions if isinstance(condition, Target)}
    if kinds & {"number", "percent"}:
        return "number"
    return "date" if "date" in kinds else None


def _key(value: str | bool) -> str | bool:
    return value if isinstance(value, bool) else fold(value)


def predicate(condition: Condition | None) -> Callable[[Any], bool]:
    """Does a condition hold for a value that is known."""
    if condition is None:
        return lambda value: True
    if isinstance(condition, Target):
        return lambda value: condition.test(value) is True
    allowed = {_key(value) for value in condition}
    return lambda value: (_key(value) if isinstance(value, str | bool) else value) in allowed


def cut_attribute(conditions: Sequence[Condition | None], domain: Domain) -> Dimension:
    """The classes of an attribute."""
    tests = [predicate(condition) for condition in conditions]
    measured = measured_kind(conditions)
    if measured is None:
        choices = () if isinstance(domain, Interval) else domain
        return _classify(choices or _open_words(conditions), tests)
    line = domain if isinstance(domain, Interval) else EVERYTHING
    bounds = {bound for condition in conditions if isinstance(condition, Target) for bound in condition.bounds}
    bounds |= {bound for bound in (line.low, line.high) if bound is not None}
    if measured == "date":
        days = sorted({day for bound in bounds for day in (bound - 1, bound, bound + 1)})
        return _classify((dt.date.fromordinal(int(day)) for day in days if line.contains(day)), tests)
    return _classify((number for number in _samples(sorted(bounds)) if line.contains(number)), tests)


def _open_words(conditions: Iterable[Condition | None]) -> list[str | bool]:
    """Every word that is mentioned, and one that is not; both truth values where one is mentioned."""
    words: dict[str | bool, str | bool] = {}
    for condition in conditions:
        if isinstance(condition, Target):
            mentioned: Iterable[str | bool] = condition.words if condition.kind == "text" else (True, False)
        else:
            mentioned = sorted(condition or (), key=str)
        for word in mentioned:
            words.setdefault(_key(word), word)
    if words and all(isinstance(word, bool) for word in words):
        return [True, False]
    other = _("giá trị khác")
    while fold(other) in words:
        other += " nữa"
    return [*words.values(), other]


def _samples(bounds: Sequence[Fraction]) -> Iterator[Fraction]:
    """Every bound, one number between each two, and one beyond both ends, in order."""
    if not bounds:
        yield Fraction(0)
        return
    yield bounds[0] - 1
    for bound, following in itertools.pairwise(bounds):
        yield bound
        yield (bound + following) / 2
    yield bounds[-1]
    yield bounds[-1] + 1


def cut_days(rows: Sequence[Row], within: tuple[dt.date | None, dt.date | None]) -> Dimension:
    """The days of the table; where nothing is dated, None stands for any day."""
    first, last = within
    starts = {row.valid_from for row in rows if row.valid_from} | ({first} if first else set())
    ends = {row.valid_to for row in rows if row.valid_to} | ({last} if last else set())
    day = dt.timedelta(days=1)
    days = {*starts, *ends, *(start - day for start in starts), *(end + day for end in ends)}
    inside = [each for each in sorted(days) if (not first or each >= first) and (not last or each <= last)]
    return _classify(inside if days else [None], [partial(_holds_on, row) for row in rows])


def _holds_on(row: Row, day: dt.date | None) -> bool:
    return day is None or ((not row.valid_from or row.valid_from <= day) and (not row.valid_to or day <= row.valid_to))
