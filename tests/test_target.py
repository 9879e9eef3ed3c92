"""Targets: what they say, what they answer, what is missing, and what is said of those that cannot be read."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nhiemvu.rules.intervals import Interval
from nhiemvu.rules.target import Target, TargetError, suggest
from nhiemvu.text import fold

# --- against a naive evaluation ---


@dataclass(frozen=True)
class Case:
    """A target as text, what it says as a function over fractions, and the ends that it names."""

    text: str
    holds: Callable[[Fraction], bool]
    ends: tuple[Fraction, ...]


NAIVE: dict[str, Callable[[Fraction, Fraction], bool]] = {
    "≥": lambda value, end: value >= end,
    ">=": lambda value, end: value >= end,
    "≤": lambda value, end: value <= end,
    "<=": lambda value, end: value <= end,
    ">": lambda value, end: value > end,
    "<": lambda value, end: value < end,
    "=": lambda value, end: value == end,
    "": lambda value, end: value == end,
    "≠": lambda value, end: value != end,
    "!=": lambda value, end: value != end,
}


@st.composite
def cases(draw: st.DrawFn) -> Case:
    percent = draw(st.booleans())

    def end() -> tuple[str, Fraction]:
        digits, places = draw(st.integers(-1200, 1200)), draw(st.sampled_from([0, 1, 2, 4]))
        written = f"{Decimal(digits).scaleb(-places):f}"
        return written + "%" * percent, Fraction(written) / (100 if percent else 1)

    tests: list[Callable[[Fraction], bool]] = []
    texts: list[str] = []
    ends: list[Fraction] = []
    for _ in range(draw(st.integers(1, 3))):
        if draw(st.booleans()):
            operator = draw(st.sampled_from(list(NAIVE)))
            text, number = end()
            texts.append(f"{operator}{draw(st.sampled_from(['', ' ']))}{text}")
            tests.append(lambda value, operator=operator, number=number: NAIVE[operator](value, number))
            ends.append(number)
        else:
            (low_text, low), (high_text, high) = sorted([end(), end()], key=lambda pair: pair[1])
            opening, closing = draw(st.sampled_from("[(]")), draw(st.sampled_from("])["))
            if low == high:
                opening, closing = "[", "]"
            texts.append(f"{opening}{low_text}..{high_text}{closing}")
            tests.append(
                lambda value, low=low, high=high, from_low=opening == "[", to_high=closing == "]": (
                    (low <= value if from_low else low < value) and (value <= high if to_high else value < high)
                )
            )
            ends += [low, high]
    negated = draw(st.booleans())
    joined = "; ".join(texts)
    return Case(
        f"not({joined})" if negated else joined,
        lambda value: any(test(value) for test in tests) != negated,
        tuple(ends),
    )


def samples(case: Case) -> list[Fraction]:
    """Every end, what lies just beside it, between two, and beyond all."""
    around = [end + step for end in case.ends for step in (0, Fraction(1, 10**6), -Fraction(1, 10**6), 1, -1)]
    between = [(a + b) / 2 for a in case.ends for b in case.ends]
    return sorted({*around, *between})


def read(case: Case) -> Target | None:
    """The target; None where it says everything or nothing, which is refused."""
    verdicts = {case.holds(value) for value in samples(case)}
    try:
        target = Target(case.text)
    except TargetError:
        assert len(verdicts) == 1, case.text
        return None
    assert len(verdicts) == 2, case.text
    return target


@given(cases())
def test_the_answer_equals_a_naive_evaluation_at_every_end_and_around_it(case: Case) -> None:
    target = read(case)
    if target is not None:
        assert [target.test(value) for value in samples(case)] == [case.holds(value) for value in samples(case)]


@given(cases(), st.lists(st.floats(-15, 15), max_size=20))
def test_arrays_of_doubles_answer_as_their_decimals_do(case: Case, more: list[float]) -> None:
    target = read(case)
    if target is None:
        return
    doubles = [float(value) for value in samples(case)] + more
    for end in case.ends:  # the nearest doubles around each end, which print as the end
        doubles += [math.nextafter(float(end), math.inf), math.nextafter(float(end), -math.inf)]
    expected = [case.holds(Fraction(f"{value:.15g}")) for value in doubles]
    assert target.test(np.array(doubles)).tolist() == expected
    assert [target.test(value) for value in doubles] == expected
    assert target.test(np.array([*doubles, np.nan], dtype=object)).tolist() == [*expected, -1]


@given(cases(), st.lists(st.integers(-(10**17), 10**17) | st.integers(-15, 15)))
def test_arrays_of_integers_are_exact(case: Case, numbers: list[int]) -> None:
    target = read(case)
    if target is not None:
        answers = target.test(np.array(numbers, dtype=np.int64))
        assert answers.tolist() == [case.holds(Fraction(number)) for number in numbers]


@given(cases(), st.data())
def test_a_range_of_values_is_met_failed_or_unknown_as_its_numbers_are(case: Case, data: st.DataObject) -> None:
    target = read(case)
    if target is None:
        return
    places = [None, *samples(case)]
    low, high = data.draw(st.sampled_from(places)), data.draw(st.sampled_from(places))
    value = Interval(low, high, data.draw(st.booleans()), data.draw(st.booleans()))
    inside = sorted({*samples(case), *(end for end in (low, high) if end is not None)})
    inside = [inside[0] - 1, *inside, *((a + b) / 2 for a, b in pairwise(inside)), inside[-1] + 1]
    verdicts = {case.holds(number) for number in inside if value.contains(number)}
    assert target.test(value) is (verdicts.pop() if len(verdicts) == 1 else None)


@given(cases())
def test_the_standard_form_means_the_same_and_is_its_own_standard_form(case: Case) -> None:
    target = read(case)
    if target is not None:
        again = Target(str(target))
        assert again == target
        assert hash(again) == hash(target)
        assert str(again) == str(target)
        assert suggest(case.text) == str(target)


@given(cases())
def test_what_is_needed_leads_to_an_end_and_no_end_is_nearer(case: Case) -> None:
    target = read(case)
    if target is None:
        return
    for value in samples(case):
        needed = target.needed(value)
        assert needed is not None
        assert (needed == 0) == (case.holds(value) or any(value == end for end in target.bounds))
        if not case.holds(value):
            assert value + needed in target.bounds
            assert abs(needed) == min(abs(end - value) for end in target.bounds)


# --- what each form says ---

READINGS = [  # as written, standard form, met, not met
    ("≥ 80%", "≥ 80%", [0.8, 1, 0.85], [0.79999, 0]),
    (">= 80", "≥ 80", [80, Decimal("80.0")], [79.9999995]),
    ("< 15%", "< 15%", [0.1499], [0.15]),
    ("= 0", "= 0", [0, -0.0], [1]),
    ("5", "= 5", [5], [4.5]),
    ("!= 5", "≠ 5", [4], [5]),
    ("≠ 5", "≠ 5", [6], [5]),
    ("[75%..80%]", "[75%..80%]", [0.75, 0.8], [0.7499, 0.8001]),
    ("(3..5]", "(3..5]", [3.1, 5], [3]),
    ("]3..5[", "(3..5)", [3.1, 4.9], [3, 5]),
    ("75%; 80%", "75%; 80%", [0.75, 0.8], [0.77]),
    ("not(0)", "≠ 0", [1], [0]),
    ("not([1..5])", "not([1..5])", [0.9, 6], [1, 5]),
    ("not(1; 2)", "not(1; 2)", [1.5], [1, 2]),
    ("≥ −5", "≥ -5", [-5], [-6]),
    ("<10;[10..20]", "≤ 20", [20], [21]),
    ("≤ 01.50", "≤ 1.5", [1.5], [1.51]),
    ('"đạt"', '"đạt"', ["đạt", "ĐẠT", " đa\u0323t "], ["chưa đạt", "dat"]),
    ('"tốt"; "khá"', '"tốt"; "khá"', ["Khá"], ["kém"]),
    ('not("kém")', '≠ "kém"', ["khá"], ["KÉM"]),
    ('not("kém"; "yếu")', 'not("kém"; "yếu")', ["khá"], ["yếu"]),
    ("true", "true", [True, np.True_], [False]),
    ("not(true)", "false", [False], [True]),
    ('date("2024-11-30")', '= date("2024-11-30")', [dt.date(2024, 11, 30)], [dt.date(2024, 12, 1)]),
    ('> date("2024-11-30")', '≥ date("2024-12-01")', [dt.datetime(2024, 12, 1, 8)], [dt.datetime(2024, 11, 30, 23)]),
    ('≤ date("2024-11-30")', '≤ date("2024-11-30")', [np.datetime64("2024-11-30T23:59")], [pd.Timestamp(2024, 12, 1)]),
    ('not(date("2024-11-30"))', '≠ date("2024-11-30")', [dt.date(2024, 11, 29)], [dt.date(2024, 11, 30)]),
    (
        '[date("2024-01-01")..date("2024-06-30"))',
        '[date("2024-01-01")..date("2024-06-29")]',
        [dt.date(2024, 6, 29)],
        [dt.date(2024, 6, 30), dt.date(2023, 12, 31)],
    ),
    ("-", "-", [0, "gì cũng được", True, dt.date(2024, 1, 1)], []),
]


@pytest.mark.parametrize(("text", "standard", "met", "not_met"), READINGS, ids=[row[0] for row in READINGS])
def test_each_form_has_its_meaning(text: str, standard: str, met: list[object], not_met: list[object]) -> None:
    target = Target(text)
    assert str(target) == standard
    assert Target(standard) == target
    assert target.text == text
    assert [target.test(value) for value in met] == [True] * len(met)
    assert [target.test(value) for value in not_met] == [False] * len(not_met)
    array = np.empty(len(met) + len(not_met), dtype=object)
    array[:] = [*met, *not_met]
    assert target.test(array).tolist() == [1] * len(met) + [0] * len(not_met)


MISSING = [None, math.nan, np.float64("nan"), pd.NA, pd.NaT, np.datetime64("NaT"), math.inf, Decimal("NaN"), "", "  "]


@pytest.mark.parametrize("text", [row[0] for row in READINGS])
def test_a_missing_value_is_unknown_and_stays_so_under_not(text: str) -> None:
    target = Target(text)
    assert [target.test(value) for value in MISSING] == [None] * len(MISSING)
    assert target.test(np.array(MISSING, dtype=object)).tolist() == [-1] * len(MISSING)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("≥ 80%", "85"),
        ("≥ 80%", True),
        ("≥ 80%", dt.date(2024, 1, 1)),
        ("not(0)", "không"),
        ('"1"', 1),
        ('not("đạt")', 0.5),
        ("true", 1),
        ("true", "true"),
        ('≥ date("2024-01-01")', 45000),
        ('"đạt"', Interval(Fraction(1), None)),
        ("≥ 1", Interval(Fraction(2), Fraction(1))),
    ],
)
def test_a_value_of_another_kind_is_unknown_not_false(text: str, value: object) -> None:
    assert Target(text).test(value) is None  # type: ignore[call-overload]
    assert Target(text).needed(value) is None  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [[0.85], {"a": 1}, object()])
def test_what_is_no_value_at_all_is_a_type_error(value: object) -> None:
    with pytest.raises(TypeError):
        Target("≥ 80%").test(value)  # type: ignore[call-overload]


def test_doubles_stand_for_the_decimals_that_they_print_as() -> None:
    assert Target("≥ 57%").test(0.57) is True
    assert Target("= 0.3").test(0.1 + 0.2) is True
    assert Target("= 0.3").test(np.array([0.1 + 0.2])).tolist() == [1]
    assert Target("≥ 57%").test(Fraction(57, 100)) is True
    assert Target("≥ 57%").test(Fraction(569999999999999999, 10**18)) is False


def test_a_bound_given_as_the_result_is_met_failed_or_unknown() -> None:
    at_least_95 = Interval(Fraction(95, 100), None, low_closed=True)
    assert Target("≥ 80%").test(at_least_95) is True
    assert Target("≥ 98%").test(at_least_95) is None
    assert Target("< 90%").test(at_least_95) is False
    assert Target("≥ 80%").needed(at_least_95) == 0
    assert Target("≥ 98%").needed(at_least_95) is None


@pytest.mark.parametrize(
    ("text", "values", "codes"),
    [
        ("≥ 80%", pd.Series([0.8, None, 0.7]), [1, -1, 0]),
        ("≥ 80%", pd.Series([0.8, None, 0.7], dtype="Float64"), [1, -1, 0]),
        ("≥ 80%", np.array([[0.8, np.inf], [0.7, np.nan]]), [[1, -1], [0, -1]]),
        ("≥ 80%", np.array([0.8, 0.7], dtype=np.float32), [1, 0]),
        ("≥ 80%", np.array(0.8), 1),
        ("≥ 80%", np.array([], dtype=float), []),
        ("≥ 80%", np.array(["1", "x"]), [-1, -1]),
        ("≥ 80%", np.array([True, False]), [-1, -1]),
        ("≥ 80", np.array([79, 80], dtype=np.uint8), [0, 1]),
        ('"đạt"', pd.Series(["Đạt", None, "chưa đạt"]), [1, -1, 0]),
        ('"đạt"', np.array(["Đạt", "x"]), [1, 0]),
        ("true", np.array([True, False]), [1, 0]),
        ("false", np.array([True, False]), [0, 1]),
        ("true", np.array([1.0, 0.0]), [-1, -1]),
        ('≥ date("2024-07-01")', pd.Series(pd.to_datetime(["2024-07-01 09:00", None, "2024-06-30 23:59"])), [1, -1, 0]),
        ('≥ date("2024-07-01")', np.array(["2024-07-01", "1960-01-01"], dtype="datetime64[D]"), [1, 0]),
        ("-", np.array([1.0, np.nan]), [1, -1]),
        ("-", np.array([True, False]), [1, 1]),
        ("-", np.array(["2024-07-01", "NaT"], dtype="datetime64[D]"), [1, -1]),
    ],
)
def test_arrays_and_series_answer_element_by_element(text: str, values: object, codes: object) -> None:
    answer = Target(text).test(values)  # type: ignore[call-overload]
    assert answer.dtype == np.int8
    assert answer.tolist() == codes


def test_an_array_of_something_else_is_a_type_error() -> None:
    with pytest.raises(TypeError):
        Target("≥ 1").test(np.array([1j]))


@pytest.mark.parametrize(
    ("text", "value", "needed"),
    [
        ("≥ 80%", 0.6, Fraction(1, 5)),
        ("≥ 80%", 0.8, 0),
        ("< 15%", 0.2, Fraction(-1, 20)),
        ("> 4", 4, 0),
        ("[10..20]", 25, -5),
        ("10; 20", 15, 5),
        ("≥ 3", Interval(Fraction(1), Fraction(1), True, True), 2),
        ('≤ date("2024-11-30")', dt.date(2024, 12, 2), -2),
        ("-", 5, 0),
        ("≥ 80%", None, None),
        ('"đạt"', "chưa đạt", None),
    ],
)
def test_the_least_change_is_signed_and_exact(text: str, value: object, needed: object) -> None:
    assert Target(text).needed(value) == needed  # type: ignore[arg-type]


def test_targets_are_equal_where_they_mean_the_same() -> None:
    assert Target("≥ 80%") == Target(">=80.0 %")
    assert Target('"Đạt"; "tốt"') == Target('"TỐT"; "đạt"')
    assert len({Target("not(0)"), Target("!= 0"), Target("<0; >0")}) == 1
    assert Target("≥ 80%") != Target("≥ 0.8")  # one counts in per cent, the other does not
    assert Target("≥ 80%") != "≥ 80%"
    assert repr(Target("≥ 80%")) == "Target('≥ 80%')"
    assert Target("not([75%..80%]; 90%)").bounds == (Fraction(3, 4), Fraction(4, 5), Fraction(9, 10))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("≥ 80%", "lớn hơn hoặc bằng 80%"),
        ("< 15%", "nhỏ hơn 15%"),
        ("= 1500000.125", "bằng 1.500.000,125"),
        ("≠ 5", "khác 5"),
        ("not(1; 2)", "khác 1 và khác 2"),
        ("[75%..80%]", "từ 75% đến 80%"),
        ("(3..5]", "lớn hơn 3 và nhỏ hơn hoặc bằng 5"),
        ("75%; > 80%", "bằng 75% hoặc lớn hơn 80%"),
        ('"đạt"', "là «đạt»"),
        ('not("kém"; "yếu")', "không phải là một trong: «kém»; «yếu»"),
        ("true", "là đúng"),
        ("-", "giá trị nào cũng được"),
        ('≤ date("2024-11-30")', "đến hết ngày 30/11/2024"),
        ('[date("2024-07-01")..date("2024-12-31")]', "từ ngày 1/7/2024 đến hết ngày 31/12/2024"),
    ],
)
def test_a_target_is_explained_in_a_sentence(text: str, sentence: str) -> None:
    assert Target(text).explain("vi") == sentence


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("≥ 80%", "≥ 80%"),
        ("= 100%", "100%"),
        ("< 15.5", "< 15,5"),
        ("≥ 1500000", "≥ 1.500.000"),
        ("[75%..80%]", "từ 75% đến 80%"),
        ("(3..5]", "> 3 và ≤ 5"),
        ("75%; > 80%", "75% hoặc > 80%"),
        ("not(0)", "≠ 0"),
        ("not([1..5])", "< 1 hoặc > 5"),
        ('"đạt"', "đạt"),
        ('"tốt"; "khá"', "tốt hoặc khá"),
        ('not("kém")', "không phải là «kém»"),
        ("true", "Có"),
        ('≤ date("2024-11-30")', "đến hết ngày 30/11/2024"),
        ("-", "giá trị nào cũng được"),
    ],
)
def test_who_judges_by_a_target_reads_no_sign_that_only_a_rulebook_needs(text: str, plain: str) -> None:
    assert Target(text).plain == plain


# --- what cannot be read ---

REFUSED = [  # as written, index of the character, a part of what is said
    ("", 0, "để trống"),
    ("   ", 3, "để trống"),
    ("từ 90% trở lên", 0, "viết «≥ 90%»"),
    ("80% trở lên", 4, "viết «≥ 80%»"),
    ("dưới 15%", 0, "viết «< 15%»"),
    ("trên 4", 0, "viết «> 4»"),
    ("ít nhất 01", 0, "viết «≥ 1»"),
    ("không quá 3", 0, "viết «≤ 3»"),
    ("vượt 10%", 0, "viết «≥ 110%»"),
    ("từ 75 đến 80%", 0, "viết «[75%..80%]»"),
    ("75-80%", 2, "viết «[75%..80%]»"),
    ("≥ 80,5%", 4, "viết «≥ 80.5%»"),
    ("75%, 80%", 3, "viết «75%; 80%»"),
    ("2,3", 1, "«2.3»; danh sách viết dấu chấm phẩy, như «2; 3»"),
    ("[75,80]", 3, "dấu phẩy"),
    ("1.000.000", 5, "viết «= 1000000»"),
    ("≥ 1.500", 2, "viết «1500» nếu dấu chấm ngăn hàng nghìn, «1.5» nếu"),
    ("=> 80", 1, "viết «≥ 80»"),
    ("đạt", 0, 'viết «"đạt"»'),
    ("“đạt”", 0, 'viết «"đạt"»'),
    ("TRUE", 0, "viết «true»"),
    ("trước ngày 30/11/2024", 0, 'viết «≤ date("2024-11-29")»'),
    ("[75..80%]", 5, "ghi % cho mọi số"),
    ("80%; 0.8", 5, "«0.8» ở ký tự thứ 6"),
    ('5; "a"', 3, "lẫn hai loại"),
    ("[5..3]", 0, "viết «[3..5]»"),
    ("(5..5]", 0, "viết «[5..5]»"),
    ('(date("2024-01-01")..date("2024-01-02"))', 0, "rỗng"),
    ("[1..5", 5, "thiếu dấu đóng"),
    ("[1;5]", 2, "thiếu «..»"),
    ('["a".."b"]', 1, "phải là số hoặc ngày"),
    ("not(0", 5, "thiếu dấu «)»"),
    ("not(not(0))", 4, "không hiểu «not»"),
    ("not(-)", 4, "không hiểu «-»"),
    ("≥", 1, "thiếu giá trị"),
    ("80%;", 4, "thiếu giá trị"),
    ('≥ "đạt"', 0, "chữ chỉ so bằng"),
    ('"đạt', 0, "không đóng"),
    ('""', 0, "để trống"),
    ("sum(x)", 0, "không hiểu «sum»"),
    ("≥ a.b", 2, "không hiểu «a»"),
    ("≥ 2 * 3", 4, "không hiểu «*»"),
    ("1e5", 1, "không hiểu «e5»"),
    (".5", 0, "không hiểu «.»"),
    ("khoảng 24", 0, "không hiểu «khoảng»"),
    ("< 5; > 3", 0, "giá trị nào cũng đạt"),
    ("true; false", 0, "giá trị nào cũng đạt"),
    ("not(< 5; > 3)", 0, "không giá trị nào đạt được"),
    ("≥ 1234567890123456", 2, "quá 15 chữ số"),
    ("≥ 0." + "0" * 400 + "1", 2, "quá 15 chữ số"),
    ('date("30/11/2024")', 6, 'date("2024-11-30")'),
    ('date("2024-02-30")', 6, "không có ngày «2024-02-30»"),
    ('date("0001-01-01")', 6, "năm phải từ 1900"),
    ("≥ 80%" + " " * 500, 500, "dài quá 500"),
]


@pytest.mark.parametrize(("text", "position", "part"), REFUSED, ids=[row[0][:30] for row in REFUSED])
def test_what_cannot_be_read_is_refused_at_its_character_with_a_way_out(text: str, position: int, part: str) -> None:
    with pytest.raises(TargetError) as caught:
        Target(text)
    assert part in str(caught.value)
    assert caught.value.position == position
    assert str(caught.value) == caught.value.message.format(**caught.value.fill)


@given(st.text(alphabet='0159.,%;-–()[]<>=≥≤≠! "đạtnotruefals/+*e', max_size=25) | st.text(max_size=15))
def test_any_text_is_read_or_refused_within_itself(text: str) -> None:
    refused: TargetError | None = None
    try:
        target = Target(text)
    except TargetError as error:
        refused = error
    if refused is None:
        assert Target(str(target)) == target
    else:
        assert 0 <= refused.position <= len(text)
        assert str(refused)
    better = suggest(text)
    assert better is None or str(Target(better)) == better


# --- the wording of officials ---


@pytest.mark.parametrize(
    ("wording", "standard"),
    [
        ("≥80%", "≥ 80%"),
        ("≥80,5 %", "≥ 80.5%"),
        ("Đạt từ 90% trở lên", "≥ 90%"),
        ("TỪ 90% TRỞ LÊN", "≥ 90%"),
        ("từ 90% tro\u031b\u0309 lên", "≥ 90%"),
        ("≥ 80% trở lên", "≥ 80%"),
        ("tối thiểu 3", "≥ 3"),
        ("không dưới 3", "≥ 3"),
        ("tối đa 3", "≤ 3"),
        ("3 trở xuống", "≤ 3"),
        ("không vượt quá 1.200.000", "≤ 1200000"),
        ("dưới 27,35", "< 27.35"),
        ("hơn 5", "> 5"),
        ("từ 75% đến dưới 80%", "[75%..80%)"),
        ("trên 75 đến 80", "(75..80]"),
        ("6,6-6,8", "[6.6..6.8]"),
        ("60 – 62", "[60..62]"),
        ("vượt 10% dự toán huyện giao", "≥ 110%"),
        ("vượt 5% so với kế hoạch", "≥ 105%"),
        ("vượt kế hoạch", "> 100%"),
        ("bằng 100%", "= 100%"),
        ("100%", "= 100%"),
        ("75% hoặc 80%", "75%; 80%"),
        ("2, 3", "2; 3"),
        ("not(0,5%)", "≠ 0.5%"),
        ("chậm nhất ngày 31/12/2024", '≤ date("2024-12-31")'),
        ("từ ngày 1/7/2024 trở đi", '≥ date("2024-07-01")'),
        ("đến hết 31/12/2024", '≤ date("2024-12-31")'),
        ("Đạt", '"Đạt"'),
        ("«chưa đạt»", '"chưa đạt"'),
    ],
)
def test_the_wording_of_officials_has_a_standard_form(wording: str, standard: str) -> None:
    better = suggest(wording)
    assert better == standard
    assert str(Target(better)) == standard


@pytest.mark.parametrize(
    "wording",
    [
        *("", "2,3", "khoảng 24", "vượt 10", "vượt 150%", "trên 80% trở lên", "80-75%", "UBND tỉnh quy định cụ thể"),
        *("100% (50% cứng hóa)", "ít nhất 3 triệu đồng", "từ 90%", "1.234.56", "31/2/2024", "trên", "đạt và 80%"),
    ],
)
def test_what_may_be_meant_in_several_ways_gets_no_suggestion(wording: str) -> None:
    assert suggest(wording) is None


def test_words_are_compared_by_the_one_folding() -> None:
    assert fold("hoà bình") == fold("Hòa  Bình")
    assert Target('"hoà bình"').test("Hòa  Bình") is True
