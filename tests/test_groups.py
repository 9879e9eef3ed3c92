"""Groups of units: sums over sums, counts, and how many units meet; against plain Python over fractions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nhiemvu.engine.figures import Figures, Lines
from nhiemvu.engine.groups import NONE, Group, Totals, total
from nhiemvu.engine.rollup import conclude
from nhiemvu.engine.rows import UnitInfo
from nhiemvu.engine.stack import stack, take
from nhiemvu.errors import RuleError
from nhiemvu.rules.load import load_rulebook
from nhiemvu.rules.rulebook import Rulebook
from nhiemvu.text import exact
from nhiemvu.verdicts import Verdict

RULES = """
facts:
  vung: {label: Vùng, type: choice, choices: [A, B]}
tables:
  von:
    sheet: Vốn
    columns: {ten: {headings: Tên, type: text}, ke_hoach: Kế hoạch, giai_ngan: Giải ngân}
criteria:
  - id: g
    roll_up: all
    children:
      - {id: share, unit: "%", targets: [{meets: "≥ 57%"}], units_meeting: "≥ 50%"}
      - {id: rate, unit: lít/người, measure: numerator / denominator, targets: [{meets: "≥ 60"}]}
      - {id: per, unit: máy/1.000 dân, targets: [{meets: "≥ 50"}]}
      - {id: ha, unit: ha, targets: [{meets: "≥ 25"}], units_meeting: "≥ 2"}
      - {id: von, unit: "%", measure: sum(von.giai_ngan) / sum(von.ke_hoach), targets: [{meets: "≥ 90%"}]}
      - {id: worst, unit: "%", measure: min(von.giai_ngan / von.ke_hoach), targets: [{meets: "≥ 90%"}]}
      - {id: said, evidence: declared, targets: [{meets: '"đạt"'}]}
      - id: vung
        unit: "%"
        measure: numerator / denominator
        targets: [{when: {vung: [A]}, meets: "≥ 50%"}, {otherwise: true, meets: "≥ 80%"}]
"""


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Rulebook:
    path = tmp_path_factory.mktemp("rules") / "nhom.yaml"
    path.write_text(f"rulebook: nhom\ntitle: Nhóm\n{RULES}", encoding="utf-8")
    return load_rulebook(path)


def figures(**arrays: list[float | None]) -> Figures:
    """Figures by `criterion_field`; `region` holds a choice a unit, `lines` triples of unit, plan and spent."""
    region = arrays.pop("region", None)
    lines = arrays.pop("lines", [])
    size = len(next(iter(arrays.values()))) if arrays else len(region or [0])
    triples = np.array(lines, dtype=np.float64).reshape(-1, 3)
    return Figures(
        units=[UnitInfo(f"u{i}") for i in range(size)],
        dates=np.full(size, np.datetime64("2024-06-30")),
        own={
            tuple(name.rsplit("_", 1)): np.array([np.nan if v is None else v for v in values])  # type: ignore[misc]
            for name, values in arrays.items()
        },
        facts={"vung": np.array(region or [""] * size, dtype=object)},
        lines={
            "von": Lines(
                triples[:, 0].astype(np.int64),
                {
                    "ten": np.full(len(triples), "", dtype=object),
                    "ke_hoach": triples[:, 1],
                    "giai_ngan": triples[:, 2],
                },
                size,
            )
        },
    )


def add_up(rules: Rulebook, given_figures: Figures, *members: list[int]) -> Totals:
    groups = [
        Group(str(i), "", 0, "", np.array(each, dtype=np.intp), len(each))
        for i, each in enumerate(members or [list(range(len(given_figures)))])
    ]
    return total(rules, given_figures, conclude(rules, given_figures), groups)


def word(code: int) -> str:
    return "" if code < 0 else str(list(Verdict)[code])


def test_a_ratio_of_a_group_is_sum_over_sum_and_never_a_mean(rules: Rulebook) -> None:
    totals = add_up(rules, figures(share_numerator=[1, 99], share_denominator=[100, 100]))
    at = rules.by_id["share"].index
    assert (totals.numerator[at, 0], totals.denominator[at, 0], totals.value[at, 0]) == (100, 200, 0.5)
    assert word(totals.verdict[at, 0]) == "not_met"
    assert totals.counts[at, 0].tolist() == [0, 1, 1, 0, 0, 0]


def test_a_rate_of_a_thousand_is_one_of_the_sums(rules: Rulebook) -> None:
    totals = add_up(rules, figures(per_numerator=[90, 60], per_denominator=[2000, 1000]))
    at = rules.by_id["per"].index
    assert (totals.value[at, 0], word(totals.verdict[at, 0])) == (50, "met")


def test_57_of_100_over_two_units_meets_57_percent_exactly(rules: Rulebook) -> None:
    totals = add_up(rules, figures(share_numerator=[0.1, 56.9], share_denominator=[0.3, 99.7]))
    assert word(totals.verdict[rules.by_id["share"].index, 0]) == "met"


def test_a_missing_figure_leaves_the_verdict_open_and_the_ratio_of_the_others_stands(rules: Rulebook) -> None:
    totals = add_up(rules, figures(share_numerator=[80, None], share_denominator=[100, 10]))
    at = rules.by_id["share"].index
    assert (totals.known[at, 0], totals.value[at, 0]) == (1, 0.8)
    assert (word(totals.verdict[at, 0]), word(totals.so_far[at, 0])) == ("no_data", "met")


def test_a_share_without_its_parts_cannot_be_added(rules: Rulebook) -> None:
    totals = add_up(rules, figures(share_value=[0.9, 0.9], share_numerator=[None, 9], share_denominator=[None, 10]))
    at = rules.by_id["share"].index
    assert (totals.known[at, 0], word(totals.verdict[at, 0])) == (1, "no_data")
    assert totals.counts[at, 0].tolist() == [0, 2, 0, 0, 0, 0]


def test_nothing_of_nothing_adds_nothing(rules: Rulebook) -> None:
    totals = add_up(rules, figures(share_numerator=[0, 6], share_denominator=[0, 10]), [0, 1], [0])
    at = rules.by_id["share"].index
    assert totals.value[at, 0] == 0.6
    assert [word(code) for code in totals.verdict[at]] == ["met", "not_applicable"]


def test_a_unit_that_says_nothing_arises_leaves_no_gap(make_rules: Callable[..., Rulebook]) -> None:
    rules = make_rules(
        """
criteria:
  - {id: share, unit: "%", evidence: declared_if_missing, targets: [{meets: "≥ 57%"}]}
"""
    )
    nan, na, silent = np.nan, Verdict.NOT_APPLICABLE.number, -1

    def declared(*codes: int, numbers: list[float]) -> Totals:
        of = Figures(
            units=[UnitInfo(f"u{i}") for i in range(len(codes))],
            dates=np.full(len(codes), np.datetime64("2024-06-30")),
            own={("share", "numerator"): np.array(numbers), ("share", "denominator"): np.array(numbers) * 0 + 100},
            declared={"share": np.array(codes, dtype=np.int8)},
        )
        return add_up(rules, of)

    one = declared(silent, na, numbers=[60.0, nan])
    assert (word(one.verdict[0, 0]), one.known[0, 0], one.numerator[0, 0]) == ("met", 2, 60)
    none = declared(na, na, numbers=[nan, nan])
    assert (word(none.verdict[0, 0]), none.known[0, 0]) == ("not_applicable", 2)
    assert np.isnan(none.numerator[0, 0])  # nobody said 0
    assert word(declared(silent, na, numbers=[nan, nan]).verdict[0, 0]) == "no_data"


def test_something_of_nothing_is_a_mistake_that_adds_nothing(rules: Rulebook) -> None:
    totals = add_up(rules, figures(share_numerator=[3, 50], share_denominator=[0, 100]))
    at = rules.by_id["share"].index
    assert (totals.numerator[at, 0], totals.denominator[at, 0], totals.known[at, 0]) == (50, 100, 1)
    assert (word(totals.verdict[at, 0]), word(totals.so_far[at, 0])) == ("no_data", "not_met")


def test_a_quantity_has_a_total_and_no_verdict(rules: Rulebook) -> None:
    totals = add_up(rules, figures(ha_value=[10, 20, None]))
    at = rules.by_id["ha"].index
    assert (totals.value[at, 0], totals.known[at, 0], totals.verdict[at, 0]) == (30, 2, NONE)


def test_tables_add_up_and_the_least_of_lines_does_not(rules: Rulebook) -> None:
    totals = add_up(rules, figures(ha_value=[1, 1], lines=[[0, 100, 50], [0, 100, 100], [1, 800, 790]]))
    at, worst = rules.by_id["von"].index, rules.by_id["worst"].index
    assert totals.value[at, 0] == pytest.approx(0.94)
    assert word(totals.verdict[at, 0]) == "met"
    assert (np.isnan(totals.value[worst, 0]), totals.verdict[worst, 0]) == (True, NONE)


@pytest.mark.parametrize(("region", "verdict"), [(["A", "A"], "met"), (["B", "B"], "not_met"), (["A", "B"], "no_data")])
def test_a_group_has_the_target_that_all_its_units_have(rules: Rulebook, region: list[str], verdict: str) -> None:
    totals = add_up(rules, figures(vung_numerator=[6, 6], vung_denominator=[10, 10], region=region))  # type: ignore[arg-type]
    assert word(totals.so_far[rules.by_id["vung"].index, 0]) == verdict


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ([0.6, 0.6, 0.1, 0.1], "met"),
        ([0.6, 0.1, 0.1], "not_met"),
        ([0.6, None, 0.1, None], "no_data"),
        ([0.6, 0.6, None, 0.1], "met"),
        ([None, 0.1, 0.1, 0.1], "not_met"),
    ],
)
def test_how_many_units_meet_is_a_rule_of_its_own(rules: Rulebook, values: list[float | None], verdict: str) -> None:
    totals = add_up(rules, figures(share_value=values))
    assert word(totals.meeting[rules.by_id["share"].index, 0]) == verdict


def test_how_many_units_meet_can_be_a_number(rules: Rulebook) -> None:
    totals = add_up(rules, figures(ha_value=[30, 30, 1, None]), [0, 1, 2], [0, 2], [0, 3])
    assert [word(code) for code in totals.meeting[rules.by_id["ha"].index]] == ["met", "not_met", "no_data"]


@pytest.mark.parametrize("meets", ["< 50%", "[10%..20%]", "= 5"])
def test_how_many_units_must_meet_is_a_least_number(make_rules: Callable[..., Rulebook], meets: str) -> None:
    text = f"criteria: [{{id: a, unit: '%', targets: [{{meets: '≥ 50%'}}], units_meeting: '{meets}'}}]"
    with pytest.raises(RuleError) as error:
        make_rules(text)
    assert error.value.code == "score-threshold"


AMOUNTS = st.one_of(st.none(), st.integers(0, 60).map(float), st.decimals(0, 60, places=2).map(float))


@settings(max_examples=60)
@given(st.lists(st.tuples(AMOUNTS, AMOUNTS), min_size=1, max_size=8), st.data())
def test_against_fractions(
    rules: Rulebook, pairs: list[tuple[float | None, float | None]], data: st.DataObject
) -> None:
    everybody = list(range(len(pairs)))
    some = data.draw(st.lists(st.sampled_from(everybody), unique=True))
    tops, bottoms = [a for a, _ in pairs], [b for _, b in pairs]
    totals = add_up(rules, figures(share_numerator=tops, share_denominator=bottoms), everybody, some)
    at = rules.by_id["share"].index
    for g, members in enumerate((everybody, some)):
        known = [
            (exact(a), exact(b))
            for a, b in (pairs[i] for i in members)
            if a is not None and b is not None and (b or not a)  # something of nothing is a mistake
        ]
        top, bottom = (sum(side, Fraction(0)) for side in zip(*known, strict=True)) if known else (None, None)
        if not known:
            expected = "no_data"
        elif bottom == 0:
            expected = "not_applicable"
        else:
            expected = "met" if top / bottom >= Fraction(57, 100) else "not_met"  # type: ignore[operator]
        assert word(totals.so_far[at, g]) == expected
        assert totals.known[at, g] == len(known)


@settings(max_examples=40)
@given(st.lists(st.tuples(AMOUNTS, AMOUNTS, AMOUNTS), min_size=1, max_size=9), st.randoms(use_true_random=False))
def test_stacking_and_picking_are_as_if_they_had_been_together(
    rules: Rulebook, rows: list[tuple[float | None, ...]], random: object
) -> None:
    def of(some: list[tuple[float | None, ...]]) -> Figures:
        lines = [[i, 100 + i, row[2]] for i, row in enumerate(some) if row[2] is not None]
        return figures(share_numerator=[r[0] for r in some], ha_value=[r[1] for r in some], lines=lines)  # type: ignore[arg-type]

    whole = of(rows)
    cut = len(rows) // 2
    stacked = stack([of(rows[:cut]), of(rows[cut:])]) if cut else stack([of(rows)])
    order = list(range(len(rows)))
    random.shuffle(order)  # type: ignore[attr-defined]
    picked = take(stacked, np.array(order, dtype=np.intp))
    expected, found = conclude(rules, whole).verdict, conclude(rules, picked).verdict
    assert np.array_equal(expected[:, order], found)
    assert np.array_equal(conclude(rules, stacked).verdict, expected)


def test_the_day_of_a_group_is_the_latest_of_its_units(rules: Rulebook) -> None:
    some = figures(share_numerator=[1, 1], share_denominator=[1, 1])
    some.dates[0] = np.datetime64(dt.date(2024, 1, 1))
    assert word(add_up(rules, some).verdict[rules.by_id["share"].index, 0]) == "met"


def test_a_unit_that_sent_nothing_leaves_open_what_it_could_change(rules: Rulebook) -> None:
    """Three units have a workbook; a group of them has four, another two of which none has sent anything."""
    given_figures = figures(share_numerator=[60, 60, 10], share_denominator=[100] * 3, share_value=[0.6, 0.6, 0.1])
    groups = [
        Group("all sent", "", 0, "", np.array([0, 1, 2], dtype=np.intp), 3),
        Group("one is missing", "", 0, "", np.array([0, 1], dtype=np.intp), 3),
        Group("two are missing", "", 0, "", np.array([0, 2], dtype=np.intp), 5),
        Group("nobody sent", "", 0, "", np.array([], dtype=np.intp), 2),
    ]
    totals = total(rules, given_figures, conclude(rules, given_figures), groups)
    at = rules.by_id["share"].index  # at least half of the units are to meet it, and together 57%
    assert [word(code) for code in totals.meeting[at]] == ["met", "met", "no_data", "no_data"]
    assert [word(code) for code in totals.verdict[at]] == ["not_met", "no_data", "no_data", "no_data"]
    assert [word(code) for code in totals.so_far[at][:3]] == ["not_met", "met", "not_met"]
