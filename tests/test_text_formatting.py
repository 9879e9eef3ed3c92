"""Figures as shown: in the marks of the language, and never against their verdict."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nhiemvu.messages import language
from nhiemvu.text import (
    format_against,
    format_count,
    format_date,
    format_number,
    format_percent,
    format_quantity,
    read_figure,
)

F = Fraction


@pytest.mark.parametrize(
    ("value", "digits", "vi", "en"),
    [
        (F(1234567), 2, "1.234.567", "1,234,567"), (F("1234567.891"), 2, "1.234.567,89", "1,234,567.89"),
        (F(5, 1000), 2, "0,01", "0.01"),
        (F("2.675"), 2, "2,68", "2.68"), (F("-2.675"), 2, "-2,68", "-2.68"), (F("-0.001"), 2, "0", "0"),
        (0.1 + 0.2, 4, "0,3", "0.3"),
        (70, 0, "70", "70"), (F("69.5"), 0, "70", "70"), (F("12.50"), 2, "12,5", "12.5"),
        (12345678901, 2, "12.345.678.901", "12,345,678,901"),
    ],
)  # fmt: skip
def test_numbers_in_both_languages(value: F | float, digits: int, vi: str, en: str) -> None:
    assert format_number(value, digits) == vi
    with language("en"):
        assert format_number(value, digits) == en


def test_the_other_forms() -> None:
    assert format_percent(F(72225, 883700)) == "8,17%"
    assert format_percent(0.975, 1) == "97,5%"
    assert format_date(date(2024, 5, 29)) == "29/5/2024"
    assert [format_quantity(*q) for q in ((58475000, "đ"), (97.5, "%"), (F(8), "m2/người"), (3, ""))] == [
        "58.475.000 đ", "97,5%", "8 m2/người", "3",
    ]  # fmt: skip
    assert [format_count(n) for n in (0, 5, 12, 1234)] == ["00", "05", "12", "1.234"]
    with language("en"):
        assert format_count(5) == "5"


@pytest.mark.parametrize(
    ("value", "bounds", "shown"),
    [
        ("0.7996", ["4/5"], "79,96%"), ("0.79999", ["4/5"], "79,99%"), ("0.799999999", ["4/5"], "79,99%"),
        ("4/5", ["4/5"], "80%"),
        ("0.8000001", ["4/5"], "80,00001%"), ("1/3", ["1/3"], "33,33%"), ("0.57", ["57/100"], "57%"),
        ("0.2472", [], "24,72%"),
        ("0.79999", ["4/5", "0.79995"], "79,999%"), ("-0.00001", ["0"], "-0,001%"),
    ],
)  # fmt: skip
def test_a_figure_beside_its_bounds(value: str, bounds: list[str], shown: str) -> None:
    assert format_against(F(value), [F(bound) for bound in bounds], percent=True) == shown


NEAR = st.fractions(-2, 2, max_denominator=10**7)


@given(NEAR, st.lists(NEAR, max_size=3), st.booleans(), st.integers(0, 3))
def test_a_shown_figure_never_contradicts_the_exact_one(value: F, bounds: list[F], percent: bool, digits: int) -> None:
    shown = read_figure(format_against(value, bounds, percent=percent, digits=digits)).value
    assert shown is not None
    for bound in bounds:
        if bound != value:
            assert (shown > bound) == (value > bound)
            assert shown != bound


@given(st.fractions(-(10**6), 10**6, max_denominator=10**6), st.integers(0, 3))
def test_rounding_is_off_by_half_a_digit_at_most(value: F, digits: int) -> None:
    shown = read_figure(format_number(value, digits)).value
    # three decimals after one to three digits read by Vietnamese marks all the same
    assert shown is not None
    assert abs(shown - value) * 2 <= F(1, 10**digits)
