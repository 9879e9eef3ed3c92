"""The algebra of intervals against membership, number by number."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nhiemvu.rules.intervals import (
    EVERYTHING,
    Interval,
    complement,
    covers,
    first_double,
    intersect,
    is_disjoint,
    normalise,
    point,
    whole,
)
from nhiemvu.text import exact

# ends on a small grid, so that they meet often; between and beyond them lie the quarters
ends = st.none() | st.integers(-4, 4).map(Fraction)
intervals = st.builds(Interval, ends, ends, st.booleans(), st.booleans())
unions = st.lists(intervals, max_size=4)
GRID = [Fraction(n, 4) for n in range(-24, 25)]


def members(union: list[Interval] | tuple[Interval, ...]) -> list[bool]:
    return [any(interval.contains(number) for interval in union) for number in GRID]


@given(unions)
def test_normalising_keeps_the_numbers_and_leaves_disjoint_ordered_gaps(union: list[Interval]) -> None:
    normal = normalise(union)
    assert members(normal) == members(union)
    for left, right in pairwise(normal):
        assert left.high is not None
        assert right.low is not None
        assert left.high < right.low or (left.high == right.low and not left.high_closed and not right.low_closed)


@given(unions, unions)
def test_equal_sets_have_one_normal_form(left: list[Interval], right: list[Interval]) -> None:
    assert (normalise(left) == normalise(right)) == (members(left) == members(right))


@given(unions)
def test_a_complement_holds_exactly_the_other_numbers(union: list[Interval]) -> None:
    assert members(complement(union)) == [not inside for inside in members(union)]
    assert complement(complement(union)) == normalise(union)


@given(unions, unions)
def test_an_intersection_holds_the_numbers_of_both(left: list[Interval], right: list[Interval]) -> None:
    both = [a and b for a, b in zip(members(left), members(right), strict=True)]
    assert members(intersect(left, right)) == both


@given(unions, intervals.filter(lambda interval: not interval.is_empty))
def test_covers_and_is_disjoint_look_at_every_number(union: list[Interval], interval: Interval) -> None:
    normal = normalise(union)
    inside, mine = members(union), members([interval])
    assert covers(normal, interval) == all(a for a, b in zip(inside, mine, strict=True) if b)
    assert is_disjoint(normal, interval) == (not any(a and b for a, b in zip(inside, mine, strict=True)))


@given(intervals)
def test_the_whole_numbers_of_an_interval_are_kept_and_its_ends_are_among_them(interval: Interval) -> None:
    halves = Interval(
        interval.low and interval.low / 2,
        interval.high and interval.high / 2,
        interval.low_closed,
        interval.high_closed,
    )
    kept = whole(halves)
    for number in map(Fraction, range(-8, 9)):
        assert kept.contains(number) == halves.contains(number)
    assert all(end is None or end.denominator == 1 for end in (kept.low, kept.high))


@pytest.mark.parametrize(
    ("interval", "empty"),
    [
        (Interval(Fraction(3), Fraction(3), True, True), False),
        (Interval(Fraction(3), Fraction(3), True, False), True),
        (Interval(Fraction(5), Fraction(3), True, True), True),
        (EVERYTHING, False),
    ],
)
def test_an_interval_is_empty_where_nothing_lies_in_it(interval: Interval, empty: bool) -> None:
    assert interval.is_empty == empty


def test_an_end_that_does_not_exist_is_never_closed() -> None:
    assert Interval(None, None, low_closed=True, high_closed=True) == EVERYTHING
    assert point(Fraction(1)).is_point


decimals = st.builds(
    lambda digits, shift, sign: sign * Fraction(digits) / 10**shift,
    st.integers(0, 10**15 - 1),
    st.integers(0, 20),
    st.sampled_from([1, -1]),
)


@given(decimals, st.booleans())
def test_one_comparison_of_doubles_is_the_comparison_of_what_they_stand_for(bound: Fraction, above: bool) -> None:
    """Just below the first double no double stands for a number that far; from it on, every one does."""
    first = first_double(bound, above=above)
    before = math.nextafter(first, -math.inf)
    assert exact(first) > bound or (exact(first) == bound and not above)
    assert exact(before) < bound or (exact(before) == bound and above)
