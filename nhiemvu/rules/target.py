"""A target: one test of one value, with the verdict, the sentence, and what is missing to meet it.

    text ── unary.parse ──▶ intervals (numbers, shares, days) or words ──▶ test · explain · needed

Doubles are compared without rounding: `text.exact` says what a double stands for, and `intervals.first_double` how an
array is compared at the cost of one comparison per end.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any, Protocol, overload

import numpy as np
from numpy.typing import NDArray

from nhiemvu.messages import N_, current_language, language
from nhiemvu.rules.intervals import (
    Interval,
    covers,
    first_double,
    is_disjoint,
    whole,
)
from nhiemvu.rules.target_tokens import COMMA, UNREADABLE, Kind, TargetError
from nhiemvu.rules.unary import parse
from nhiemvu.rules.wording import explain, rewrite, show, write
from nhiemvu.text import exact, fold

__all__ = ["Target", "TargetError", "suggest"]

Scalar = float | Fraction | Decimal | str | bool | dt.date | Interval | None

UNKNOWN = np.int8(-1)
_EPOCH = dt.date(1970, 1, 1).toordinal()

_Cuts = list[tuple[float | None, float | None]]


class Column(Protocol):
    """A pandas Series, known by what it can do, so that pandas is not imported here."""

    def to_numpy(self) -> NDArray[Any]:
        """The values as an array."""


class Target:
    """A FEEL simple unary test: `≥ 80%`, `[75%..80%]`, `75%; 80%`, `not(0)`, `"đạt"`, `≤ date("2024-11-30")`, `-`.

    Two targets are equal where they mean the same; `str` gives the standard form. A target never changes.

    Attributes:
        text: as written.
        kind: what it tests: `number`, `percent`, `text`, `boolean`, `date`, or `any` for `-`.
        intervals: disjoint and in order; fractions for shares (80% is 4/5), ordinals for days; empty for words.
        words: the texts, as written, or `true` or `false`.
        negated: does it accept every text but the words.

    Raises:
        TargetError: a ValueError; the text is no such test; says where and how to write it.

    >>> Target("≥ 80%").test(0.85), Target("≥ 80%").test(0.75), Target("≥ 80%").test(None)
    (True, False, None)
    >>> Target("≥ 57%").test(0.57)
    True
    >>> Target("[75%..80%]").test(np.array([0.75, 0.81, np.nan]))
    array([ 1,  0, -1], dtype=int8)
    >>> Target("≥ 80%").needed(0.6)
    Fraction(1, 5)
    >>> Target(">=80 %") == Target("≥ 80%"), str(Target("not([1..5])"))
    (True, 'not([1..5])')
    """

    text: str
    kind: Kind
    intervals: tuple[Interval, ...]
    words: tuple[str, ...]
    negated: bool

    def __init__(self, text: str) -> None:
        try:
            parsed = parse(text)
        except TargetError as error:
            better = rewrite(text) if error.message in (UNREADABLE, COMMA) else None
            if better is None:
                raise
            message = N_("không đọc được ngưỡng «{text}» từ ký tự thứ {at}; viết «{suggestion}»")
            raise TargetError(message, error.position, text, suggestion=better) from None
        self.text = text
        self._parsed = parsed
        self.kind, self.intervals = parsed.kind, parsed.intervals
        self.words, self.negated = parsed.words, parsed.negated
        self._folded = frozenset(fold(word) for word in parsed.words)

    @property
    def uses_percent(self) -> bool:
        """Are its numbers written with a percent sign."""
        return self.kind == "percent"

    @cached_property
    def bounds(self) -> tuple[Fraction, ...]:
        """Every finite end, each once, in order; a displayed figure must not be rounded across any of them."""
        ends = {end for interval in self.intervals for end in (interval.low, interval.high) if end is not None}
        return tuple(sorted(ends))

    # --- test ------------------------------------------------------------------------------------------------------

    @overload
    def test(self, value: Scalar | np.generic) -> bool | None: ...
    @overload
    def test(self, value: NDArray[Any] | Column) -> NDArray[np.int8]: ...
    def test(self, value: Any) -> bool | NDArray[np.int8] | None:
        """Does the value meet the target.

        Args:
            value: a number (a share is a fraction: 0.85), text, truth value or day; an `Interval` (of
                `nhiemvu.rules.intervals`) where only a bound or a range is known; None and NaN are missing. Or an array
                or a Series of any shape: float64 (NaN is missing), integers, booleans, datetime64, objects, texts.

        Returns:
            True, False, or None where nobody can tell: the value is missing, infinite, of another kind than the target
            (a text against a number), or an interval partly inside. For arrays int8 of their shape: 1, 0 and -1.

        Raises:
            TypeError: the value is nothing of the above.
        """
        if hasattr(value, "to_numpy"):
            value = value.to_numpy()
        if isinstance(value, np.ndarray):
            return self._test_array(value)
        return self._test_one(value)

    def _test_one(self, value: Any) -> bool | None:
        if isinstance(value, np.datetime64):
            value = value.astype("datetime64[D]").item()
        elif isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, Interval):
            return self._test_interval(value)
        known = self._understand(value)
        if known is None:
            return None
        if self.kind == "any":
            return True
        if isinstance(known, Fraction):
            return any(interval.contains(known) for interval in self.intervals)
        return (known in self._folded) != self.negated

    def _test_interval(self, value: Interval) -> bool | None:
        """Met where every number of it meets the target, not met where none does."""
        if self.kind in ("text", "boolean") or value.is_empty:
            return None
        if self.kind == "date":
            value = whole(value)
        if covers(self.intervals, value):
            return True
        return False if is_disjoint(self.intervals, value) else None

    def _understand(self, value: Any) -> Fraction | str | None:
        """The value as what this kind of target is compared with; None where it is missing or of another kind."""
        if value is None or type(value).__name__ in ("NAType", "NaTType"):
            return None
        if isinstance(value, bool):
            return str(value).lower() if self.kind in ("boolean", "any") else None
        if isinstance(value, str):
            return fold(value) or None if self.kind in ("text", "any") else None
        if isinstance(value, dt.date):
            return Fraction(value.toordinal()) if self.kind in ("date", "any") else None
        if isinstance(value, int | float | Fraction | Decimal):
            finite = isinstance(value, Fraction) or math.isfinite(value)
            if not finite or self.kind not in ("number", "percent", "any"):
                return None
            return exact(value) if isinstance(value, float) else Fraction(value)
        raise TypeError(
            f"a target tests a number, text, bool, date, Interval or an array of them, not {type(value).__name__}"
        )

    # --- test of arrays --------------------------------------------------------------------------------------------

    def _test_array(self, values: NDArray[Any]) -> NDArray[np.int8]:
        if values.ndim == 0:  # comparisons would give scalars
            return self._test_array(values.reshape(1)).reshape(())
        match values.dtype.kind, self.kind:
            case "f", "number" | "percent" | "any":
                doubles = values.astype(np.float64, copy=False)
                return _codes(_inside(doubles, self._double_cuts), np.isfinite(doubles))
            case "i" | "u", "number" | "percent" | "any":
                return _codes(_inside(values, self._whole_cuts))
            case "M", "date" | "any":
                days = values.astype("datetime64[D]")
                return _codes(_inside(days.view(np.int64) + _EPOCH, self._whole_cuts), ~np.isnat(days))
            case "b", "any":
                return np.ones(values.shape, dtype=np.int8)
            case "b", "boolean":
                return _codes(values == (self.words == ("true",)))
            case "f" | "i" | "u" | "M" | "b", _:
                return np.full(values.shape, UNKNOWN)
            case "O" | "U" | "T", _:
                return self._test_each(values)
        raise TypeError(f"a target tests numbers, texts, truth values or days, not an array of {values.dtype}")

    def _test_each(self, values: NDArray[Any]) -> NDArray[np.int8]:
        seen: dict[str, bool | None] = {}  # a column of texts holds few different ones

        def code(value: Any) -> int:
            if isinstance(value, str):
                verdict = seen[value] if value in seen else seen.setdefault(value, self._test_one(value))
            else:
                verdict = self._test_one(value)
            return -1 if verdict is None else int(verdict)

        codes = np.fromiter(map(code, values.ravel().tolist()), dtype=np.int8, count=values.size)
        return codes.reshape(values.shape)

    @cached_property
    def _double_cuts(self) -> _Cuts:
        return _cut(self.intervals, first_double)

    @cached_property
    def _whole_cuts(self) -> _Cuts:
        return _cut(self.intervals, _first_whole)

    # --- what is missing -------------------------------------------------------------------------------------------

    def needed(self, value: Scalar | np.generic) -> Fraction | None:
        """The least change that makes the value meet the target.

        Returns:
            0 where it is met; positive where it must grow, negative where it must fall (at equal distance: grow); days
            for a date. Where the end does not belong to the interval (`> 4`) the distance to that end, which alone is
            not enough. None where the value is unknown or a range that fails, and where words are compared.

        >>> Target("≥ 80%").needed(0.6), Target("< 15%").needed(Fraction(1, 5)), Target("≥ 80%").needed(0.8)
        (Fraction(1, 5), Fraction(-1, 20), Fraction(0, 1))
        """
        if isinstance(value, Interval) and value.is_point:
            value = value.low
        met = self._test_one(value)
        if met is None or self.kind in ("text", "boolean"):
            return None
        if met:
            return Fraction(0)
        if isinstance(value, np.datetime64):
            value = value.astype("datetime64[D]").item()
        number = (
            None
            if isinstance(value, Interval)
            else self._understand(value.item() if isinstance(value, np.generic) else value)
        )
        if not isinstance(number, Fraction):
            return None
        return min((end - number for end in self.bounds), key=lambda change: (abs(change), -change))

    # --- in words --------------------------------------------------------------------------------------------------

    def explain(self, lang: str | None = None) -> str:
        """The target as a sentence part, in Vietnamese or English (by default the language in force).

        >>> Target("≥ 80%").explain(), Target("(3..5]").explain("vi")
        ('lớn hơn hoặc bằng 80%', 'lớn hơn 3 và nhỏ hơn hoặc bằng 5')
        """
        with language(lang or current_language()):
            return explain(self._parsed)

    @property
    def plain(self) -> str:
        """The target for those who judge by it and write no rules, in the language in force.

        >>> Target('"đạt"').plain, Target("= 100%").plain, Target("[75%..80%]").plain, Target("≥ 1500000").plain
        ('đạt', '100%', 'từ 75% đến 80%', '≥ 1.500.000')
        """
        return show(self._parsed)

    @property
    def shown(self) -> str:
        """The standard form with the decimal mark of the language in force, for those who write rules.

        >>> Target("≥ 41.85%").shown, Target("[6.6%..6.8%]").shown
        ('≥ 41,85%', '[6,6%..6,8%]')
        """
        return self._with_comma if current_language() == "vi" else self._standard

    @cached_property
    def _with_comma(self) -> str:
        return re.sub(r"(?<=\d)\.(?=\d)", ",", self._standard)

    @cached_property
    def _standard(self) -> str:
        return write(self._parsed)

    def __str__(self) -> str:
        return self._standard

    def __repr__(self) -> str:
        return f"Target({self.text!r})"

    @property
    def _meaning(self) -> tuple[object, ...]:
        return self.kind, self.intervals, self._folded, self.negated

    def __eq__(self, other: object) -> bool:
        return self._meaning == other._meaning if isinstance(other, Target) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._meaning)


def suggest(text: str) -> str | None:
    """The standard form of a target, from that form or from an official's wording; None where the meaning is unclear.

    >>> suggest(">=80 %"), suggest("từ 90% trở lên"), suggest("vượt 10% dự toán"), suggest("UBND tỉnh quy định")
    ('≥ 80%', '≥ 90%', '≥ 110%', None)
    """
    try:
        return str(Target(text))
    except TargetError:
        return rewrite(text)


def _first_whole(bound: Fraction, *, above: bool) -> int:
    """The least whole number ≥ bound, or > bound where `above`."""
    return math.floor(bound) + 1 if above else math.ceil(bound)


def _cut(intervals: tuple[Interval, ...], first: Callable[..., float]) -> _Cuts:
    """Each interval as its first value and the first value past it; None where it has no end."""
    return [
        (
            None if interval.low is None else first(interval.low, above=not interval.low_closed),
            None if interval.high is None else first(interval.high, above=interval.high_closed),
        )
        for interval in intervals
    ]


def _inside(values: NDArray[Any], cuts: _Cuts) -> NDArray[np.bool_]:
    """Which values lie in any of the intervals, at one comparison per end."""
    inside: NDArray[np.bool_] | None = None
    for start, stop in cuts:
        if start is None:
            part = values < stop if stop is not None else np.ones(values.shape, dtype=bool)
        else:
            part = values >= start
            if stop is not None:
                part &= values < stop
        inside = part if inside is None else np.logical_or(inside, part, out=inside)
    return np.zeros(values.shape, dtype=bool) if inside is None else inside


def _codes(inside: NDArray[np.bool_], known: NDArray[np.bool_] | None = None) -> NDArray[np.int8]:
    """1 inside, 0 outside, -1 unknown."""
    codes = inside.view(np.int8)
    if known is not None:  # in arithmetic, which is several times faster than assigning through a mask
        codes &= known.view(np.int8)
        codes += known.view(np.int8)
        codes -= 1
    return codes
