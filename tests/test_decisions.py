"""Decision tables: the proof against brute force over every point, the choice against every completion."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nhiemvu.rules.decisions import DecisionError, Finding, Row, choose, describe, lint
from nhiemvu.rules.intervals import Interval
from nhiemvu.rules.target import Target

FIRST, LAST = dt.date(2024, 1, 1), dt.date(2024, 1, 8)
DAYS = [FIRST + dt.timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
REGIONS = ("I", "II", "III")
WORDS = ["đồi", "biển", "sông"]  # open text: rows name the first two at most
NUMBERS = [Fraction(n, 2) for n in range(-2, 11)]  # every end that rows use, between them, and beyond
POINTS = [
    {"region": region, "coast": coast, "word": word, "people": number}
    for region in REGIONS
    for coast in (True, False)
    for word in WORDS
    for number in NUMBERS
]
DOMAINS: Mapping[str, Sequence[str | bool]] = {"region": REGIONS, "coast": (True, False), "word": (), "people": ()}
TARGETS = ["≥ 2", "< 2", "[1..3]", "(1..3)", "not(2)", "4", "> 4; < 0", "-"]


@st.composite
def rows(draw: st.DrawFn) -> list[Row]:
    conditions = {
        "region": st.frozensets(st.sampled_from(REGIONS), min_size=1),
        "coast": st.frozensets(st.booleans(), min_size=1),
        "word": st.sampled_from([frozenset({"đồi"}), frozenset({"ĐỒI", "biển"}), Target('not("biển")')]),
        "people": st.sampled_from([Target(text) for text in TARGETS]),
    }
    day = st.none() | st.sampled_from(DAYS)
    table = []
    for label in range(draw(st.integers(1, 4))):
        names = draw(st.lists(st.sampled_from(list(conditions)), max_size=2, unique=True))
        otherwise = draw(st.sampled_from([False, False, False, True]))
        when = {name: draw(conditions[name]) for name in names}
        table.append(Row(when, draw(day), draw(day), otherwise, label))
    return table


def matches(row: Row, point: Mapping[str, object], day: dt.date) -> bool:
    """What a row says, read naively."""
    if (row.valid_from and day < row.valid_from) or (row.valid_to and day > row.valid_to):
        return False
    for name, condition in row.when.items():
        value = point[name]
        if isinstance(condition, Target):
            if condition.test(value) is not True:  # type: ignore[call-overload]
                return False
        elif _lower(value) not in {_lower(word) for word in condition}:
            return False
    return True


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def applying(table: Sequence[Row], point: Mapping[str, object], day: dt.date) -> list[int]:
    """Every row that applies to a point: the plain ones, or else the `otherwise` ones."""
    matching = [i for i, row in enumerate(table) if matches(row, point, day)]
    return [i for i in matching if not table[i].otherwise] or matching


def witnesses(table: Sequence[Row], finding: Finding) -> list[int]:
    """The rows that apply to the witness of a finding, whatever the attributes that it does not mention are."""
    point = {"region": "I", "coast": True, "word": "sông", "people": Fraction(0)} | finding.witness
    return applying(table, point, finding.witness.get("date", FIRST))  # type: ignore[arg-type]


@given(rows())
def test_the_proof_finds_exactly_what_brute_force_finds(table: list[Row]) -> None:
    reached: set[int] = set()
    pairs: set[tuple[int, int]] = set()
    gap = False
    used = {name for row in table for name in row.when}
    seen = {tuple(sorted((name, str(point[name])) for name in used)): point for point in POINTS}
    for point, day in itertools.product(seen.values(), DAYS):
        rows_here = applying(table, point, day)
        plain = {i for i, row in enumerate(table) if not row.otherwise and matches(row, point, day)}
        reached |= plain or set(rows_here)
        pairs |= set(itertools.combinations(rows_here, 2))
        gap = gap or not rows_here
    findings = lint(table, DOMAINS, (FIRST, LAST))
    by_kind = {kind: [each for each in findings if each.kind == kind] for kind in ("overlap", "gap", "dead")}
    assert {each.rows for each in by_kind["overlap"]} == pairs
    assert bool(by_kind["gap"]) == gap
    assert {each.rows for each in by_kind["dead"]} == {(i,) for i in range(len(table)) if i not in reached}
    for each in by_kind["overlap"]:
        assert set(each.rows) <= set(witnesses(table, each))
    for each in by_kind["gap"]:
        assert witnesses(table, each) == []
    assert all(describe(each, table) for each in findings)


@given(rows(), st.data())
def test_the_choice_is_settled_exactly_where_every_completion_agrees(table: list[Row], data: st.DataObject) -> None:
    """The row is the one that brute force finds over all completions; -2 where these differ."""
    units = data.draw(st.lists(st.tuples(st.sampled_from(POINTS), st.sampled_from(DAYS)), min_size=1, max_size=4))
    hidden = [data.draw(st.sets(st.sampled_from(["region", "coast", "people", "date"]), max_size=3)) for _ in units]
    attributes: dict[str, list[object]] = {
        name: [None if name in lacking else point[name] for (point, _), lacking in zip(units, hidden, strict=True)]
        for name in POINTS[0]
    }
    dates = [
        np.datetime64("NaT") if "date" in lacking else day for (_, day), lacking in zip(units, hidden, strict=True)
    ]
    expected = []
    for (point, day), lacking in zip(units, hidden, strict=True):
        choices = {
            next(iter(applying(table, {**point, "region": region, "coast": coast, "people": people}, when)), -1)
            for region in (REGIONS if "region" in lacking else [point["region"]])
            for coast in ((True, False) if "coast" in lacking else [point["coast"]])
            for people in (NUMBERS if "people" in lacking else [point["people"]])
            for when in ([*DAYS, dt.date(1999, 1, 1), dt.date(2099, 1, 1)] if "date" in lacking else [day])
        }
        expected.append(choices.pop() if len(choices) == 1 else -2)
    chosen = choose(table, attributes, np.array(dates, dtype="datetime64[D]"), DOMAINS)
    assert chosen.dtype == np.int16
    assert chosen.tolist() == expected


# --- what the findings say ---

JULY = dt.date(2024, 7, 1)
YEAR = (dt.date(2024, 1, 1), dt.date(2024, 12, 31))


def only(*choices: str) -> frozenset[str]:
    return frozenset(choices)


@pytest.mark.parametrize(
    ("table", "sentences"),
    [
        (
            [
                Row({"khu_vuc": only("III")}, label=12),
                Row({"khu_vuc": only("I", "II")}, None, dt.date(2024, 6, 30), label=13),
                Row({}, JULY, label=15),
            ],
            ["khu_vuc = III vào ngày 1/7/2024 khớp cả hai dòng 12 và 15"],
        ),
        (
            [Row({"khu_vuc": only("III")}, label=3), Row({"khu_vuc": only("II")}, label=4)],
            [
                "khu_vuc = I vào ngày 1/1/2024 không khớp dòng nào; "
                "thêm một dòng cho trường hợp đó, hoặc một dòng otherwise"
            ],
        ),
        (
            [Row(label=3), Row(otherwise=True, label=4)],
            ["dòng 4 không bao giờ được dùng: không trường hợp nào khớp dòng này"],
        ),
        (
            [Row({}, None, dt.date(2024, 6, 30), label=3), Row({}, dt.date(2024, 7, 2), label=4)],
            ["ngày 1/7/2024 không khớp dòng nào; thêm một dòng cho trường hợp đó, hoặc một dòng otherwise"],
        ),
        (
            [Row({"so_ho": Target("≥ 1200.5")}, label=3), Row({"so_ho": Target("≤ 1200.5")}, label=4)],
            ["so_ho = 1.200,5 vào ngày 1/1/2024 khớp cả hai dòng 3 và 4"],
        ),
        (
            [Row(valid_to=dt.date(2023, 12, 31), label=3), Row(label=4)],
            ["dòng 3 không bao giờ được dùng: không trường hợp nào khớp dòng này"],
        ),
        (
            [Row({"ven_bien": frozenset({True})}, label=3), Row({"ven_bien": frozenset({False, True})}, label=4)],
            ["ven_bien = đúng vào ngày 1/1/2024 khớp cả hai dòng 3 và 4"],
        ),
        (
            [
                Row(otherwise=True, valid_to=dt.date(2024, 6, 30), label=3),
                Row(otherwise=True, valid_from=JULY, label=4),
                Row({"khu_vuc": only("III")}, label=5),
            ],
            [],
        ),
    ],
)
def test_a_finding_names_the_lines_and_a_witness(table: list[Row], sentences: list[str]) -> None:
    assert [describe(finding, table) for finding in lint(table, {"khu_vuc": REGIONS}, YEAR)] == sentences


def test_without_any_date_the_witness_has_none() -> None:
    table = [Row({"khu_vuc": only("I")}, label=1)]
    assert [finding.witness for finding in lint(table, {"khu_vuc": REGIONS})] == [{"khu_vuc": "II"}]
    assert describe(lint([Row(label=1), Row(label=2)], {})[0], [Row(label=1), Row(label=2)]) == (
        "mọi trường hợp khớp cả hai dòng 1 và 2"
    )


def test_a_stretch_of_the_number_line_bounds_what_must_be_covered() -> None:
    table = [Row({"so_ho": Target("[0..100]")}), Row({"so_ho": Target("> 100")})]
    assert [finding.kind for finding in lint(table, {})] == ["gap"]
    assert lint(table, {"so_ho": Interval(Fraction(0), None, low_closed=True)}) == []


def test_dates_as_facts_are_whole_days() -> None:
    table = [Row({"ngay": Target('≤ date("2024-06-30")')}), Row({"ngay": Target('≥ date("2024-07-01")')})]
    assert lint(table, {}) == []


def test_choices_that_no_row_tells_apart_cost_nothing() -> None:
    """3,321 communes in two attributes would be eleven million combinations; in classes they are nine."""
    communes = tuple(f"xã {n}" for n in range(3321))
    table = [
        Row({"a": only("xã 1"), "b": only("xã 2")}),
        Row({"a": only("xã 2"), "b": only("xã 1")}),
        Row(otherwise=True),
    ]
    assert lint(table, {"a": communes, "b": communes}) == []


def test_a_table_too_large_to_prove_is_refused_not_tried() -> None:
    wide = [Row({f"a{n}": only("x")}) for n in range(20)]
    with pytest.raises(DecisionError, match="1048576 tổ hợp"):
        lint(wide, {})
    with pytest.raises(DecisionError, match="1001 dòng"):
        lint([Row({"a": only(str(n))}) for n in range(1001)], {})


# --- choice over many units ---

TABLE = [
    Row({"khu_vuc": only("III")}),
    Row({"khu_vuc": only("I", "II")}, valid_to=dt.date(2024, 6, 30)),
    Row(otherwise=True),
]


@pytest.mark.parametrize(
    "values",
    [
        ["iii", "I", None, "  ", float("nan"), 3],
        np.array(["iii", "I", None, "  ", float("nan"), 3], dtype=object),
        pd.Series(["iii", "I", None, "  ", float("nan"), 3], dtype=object),
    ],
)
def test_words_are_folded_and_what_is_no_word_is_missing(values: Sequence[object]) -> None:
    dates = np.full(6, np.datetime64("2024-06-30"))
    assert choose(TABLE, {"khu_vuc": values}, dates).tolist() == [0, 1, -2, -2, -2, -2]


def test_a_fact_that_is_not_given_at_all_is_missing() -> None:
    dates = np.array(["2024-06-30", "2024-07-01"], dtype="datetime64[D]")
    assert choose(TABLE, {}, dates).tolist() == [-2, -2]
    assert choose([Row({}, None, dt.date(2024, 6, 30))], {}, dates).tolist() == [0, -1]


def test_a_missing_fact_that_cannot_change_the_row_does_no_harm() -> None:
    table = [Row({"khu_vuc": only("I", "II")}), Row({"khu_vuc": only("III")}, valid_from=JULY)]
    dates = np.array(["2024-06-30", "2024-07-01"], dtype="datetime64[D]")
    everywhere = [Row({"khu_vuc": only(*REGIONS)}), Row({"khu_vuc": only("IV")})]
    assert choose(table, {"khu_vuc": [None, None]}, dates, {"khu_vuc": REGIONS}).tolist() == [-2, -2]
    assert choose(everywhere, {"khu_vuc": [None, None]}, dates, {"khu_vuc": REGIONS}).tolist() == [0, 0]
    assert choose(everywhere, {"khu_vuc": [None, None]}, dates).tolist() == [-2, -2]  # any text could stand there


def test_numbers_choose_by_target_and_a_missing_number_is_unknown() -> None:
    table = [Row({"so_ho": Target("≥ 100")}), Row({"so_ho": Target("< 100")})]
    dates = np.full(3, np.datetime64("2024-06-30"))
    assert choose(table, {"so_ho": np.array([100.0, 99.0, np.nan])}, dates).tolist() == [0, 1, -2]
