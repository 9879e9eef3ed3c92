"""Unions of intervals of the number line with open and closed ends, in exact fractions. Pure algebra.

A target, a result that is a bound (`≥ 95%`) and a result that is a range (`61-62`) are all such unions. Days are
intervals of their ordinal numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from nhiemvu.text import exact


@dataclass(frozen=True, slots=True)
class Interval:
    """All numbers between two ends.

    Attributes:
        low: lower end; None where there is none.
        high: upper end; None where there is none.
        low_closed: does the lower end belong to it; never where there is no end.
        high_closed: does the upper end belong to it; never where there is no end.

    >>> print(Interval(Fraction(3), Fraction(5), low_closed=False, high_closed=True))
    (3..5]
    """

    low: Fraction | None = None
    high: Fraction | None = None
    low_closed: bool = False
    high_closed: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "low_closed", self.low_closed and self.low is not None)
        object.__setattr__(self, "high_closed", self.high_closed and self.high is not None)

    @property
    def is_empty(self) -> bool:
        """Does no number lie in it: `[5..3]`, `(3..3]`."""
        if self.low is None or self.high is None:
            return False
        return self.low > self.high or (self.low == self.high and not (self.low_closed and self.high_closed))

    @property
    def is_point(self) -> bool:
        """Is it one number alone."""
        return self.low is not None and self.low == self.high and not self.is_empty

    def contains(self, number: Fraction) -> bool:
        """Does the number lie in it."""
        above = self.low is None or number > self.low or (self.low_closed and number == self.low)
        below = self.high is None or number < self.high or (self.high_closed and number == self.high)
        return above and below

    def intersect(self, other: Interval) -> Interval:
        """The numbers of both; may be empty."""
        low = max(self, other, key=_lower_key)
        high = min(self, other, key=_upper_key)
        return Interval(low.low, high.high, low.low_closed, high.high_closed)

    def __str__(self) -> str:
        opening, closing = "[" if self.low_closed else "(", "]" if self.high_closed else ")"
        low = "-∞" if self.low is None else str(self.low)
        return f"{opening}{low}..{'∞' if self.high is None else self.high}{closing}"


EVERYTHING = Interval()


def _lower_key(interval: Interval) -> tuple[float, Fraction, bool]:
    """Orders lower ends by where the interval starts: -∞, then [3, then (3."""
    return (-math.inf if interval.low is None else 0, interval.low or Fraction(0), not interval.low_closed)


def _upper_key(interval: Interval) -> tuple[float, Fraction, bool]:
    """Orders upper ends by where the interval stops: 3), then 3], then ∞."""
    return (math.inf if interval.high is None else 0, interval.high or Fraction(0), interval.high_closed)


def point(number: Fraction) -> Interval:
    """One number alone."""
    return Interval(number, number, low_closed=True, high_closed=True)


def normalise(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """The same numbers as disjoint intervals in order, none empty, none touching the next: one form per set.

    >>> three, five = Fraction(3), Fraction(5)
    >>> print(*normalise([Interval(three, five, True, False), point(five), point(three)]))
    [3..5]
    """
    merged: list[Interval] = []
    for interval in sorted((each for each in intervals if not each.is_empty), key=_lower_key):
        if merged and _touch(merged[-1], interval):
            last = merged[-1]
            end = max(last, interval, key=_upper_key)
            merged[-1] = Interval(last.low, end.high, last.low_closed, end.high_closed)
        else:
            merged.append(interval)
    return tuple(merged)


def _touch(left: Interval, right: Interval) -> bool:
    """Is there no number between the two, the left one starting first."""
    if left.high is None or right.low is None:
        return True
    return right.low < left.high or (right.low == left.high and (left.high_closed or right.low_closed))


def complement(union: Iterable[Interval]) -> tuple[Interval, ...]:
    """Every number outside the union.

    >>> print(*complement([point(Fraction(0))]))
    (-∞..0) (0..∞)
    """
    gaps: list[Interval] = []
    low, low_closed, open_above = None, False, True
    for interval in normalise(union):
        if interval.low is not None:
            gaps.append(Interval(low, interval.low, low_closed, not interval.low_closed))
        low, low_closed, open_above = interval.high, not interval.high_closed, interval.high is not None
    if open_above:
        gaps.append(Interval(low, None, low_closed, False))
    return normalise(gaps)


def intersect(left: Iterable[Interval], right: Sequence[Interval]) -> tuple[Interval, ...]:
    """The numbers of both unions."""
    return normalise(a.intersect(b) for a in left for b in right)


def covers(union: Sequence[Interval], interval: Interval) -> bool:
    """Does every number of the interval lie in the union. The union must be normalised."""
    return any(part.intersect(interval) == interval for part in union)


def is_disjoint(union: Sequence[Interval], interval: Interval) -> bool:
    """Does no number of the interval lie in the union."""
    return all(part.intersect(interval).is_empty for part in union)


def whole(interval: Interval) -> Interval:
    """The whole numbers of an interval, such as days, with the ends that they have: `(3..6)` is `[4..5]`."""
    low, high = interval.low, interval.high
    if low is not None:
        low = Fraction(math.ceil(low) if interval.low_closed else math.floor(low) + 1)
    if high is not None:
        high = Fraction(math.floor(high) if interval.high_closed else math.ceil(high) - 1)
    return Interval(low, high, low_closed=True, high_closed=True)


def first_double(bound: Fraction, *, above: bool) -> float:
    """The least double that stands for a number ≥ bound, or > bound where `above`.

    A double stands for the decimal that Excel shows (`text.exact`), which never decreases as the double grows. So one
    comparison of doubles with this one is the comparison of the numbers that they stand for, without any rounding.

    Args:
        bound: a decimal of at most 15 significant digits and of common size.
        above: whether the bound itself is left out.
    """
    if bound == 0:
        return math.ulp(0.0) if above else 0.0
    nearest = float(bound)
    # 15 digits differ from the double by at most 5 parts in 10^15, so the answer lies within 2 in 10^14
    outside, inside = nearest - abs(nearest) * 2e-14, nearest + abs(nearest) * 2e-14
    while math.nextafter(outside, math.inf) < inside:
        middle = outside + (inside - outside) / 2
        number = exact(middle)
        if number > bound or (number == bound and not above):
            inside = middle
        else:
            outside = middle
    return inside
