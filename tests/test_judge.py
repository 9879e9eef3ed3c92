"""Verdicts are exact: every comparison equals that of fractions, on the boundary and beside it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import nhiemvu
from nhiemvu.frames import evaluate_frames

TESTS = {
    "≥": lambda value, bound: value >= bound,
    ">": lambda value, bound: value > bound,
    "≤": lambda value, bound: value <= bound,
    "<": lambda value, bound: value < bound,
    "=": lambda value, bound: value == bound,
}


def load(tmp_path_factory, criteria: str):
    path = tmp_path_factory.mktemp("rules") / "thu.yaml"
    path.write_text(f"rulebook: thu\ntitle: Thử\n{criteria}", encoding="utf-8")
    return nhiemvu.load_rulebook(path)


@pytest.fixture(scope="module")
def rules(tmp_path_factory):
    """For every sign and every hundredth one criterion."""
    lines = [
        f"  - {{id: '{name}{percent}', unit: '%', targets: [{{meets: '{sign} {percent}%'}}]}}"
        for name, sign in zip("abcde", TESTS, strict=True)
        for percent in (0, 5, 29, 57, 58, 80, 100, 110)
    ]
    return load(tmp_path_factory, "criteria:\n" + "\n".join(lines))


numerators = st.one_of(st.integers(0, 10**6), st.integers(10**14, 10**15 - 1))
decimals = st.decimals(0, 10**6, places=3).map(float)


@settings(max_examples=300)
@given(
    st.lists(st.tuples(numerators | decimals, numerators | decimals), min_size=1, max_size=8),
    st.sampled_from(list(TESTS)),
    st.sampled_from([0, 5, 29, 57, 58, 80, 100, 110]),
)
@example([(57, 100), (29, 100), (799999999999999, 999999999999999), (27.35, 25), (0.1, 0.5)], "≥", 57)
@example([(799999999999999, 999999999999999)], "≥", 80)
@example([(800000000000000, 999999999999999)], "≤", 80)
def test_quotients_are_compared_as_fractions(rules, pairs, sign, percent):
    name = "abcde"[list(TESTS).index(sign)] + str(percent)
    frames = {
        "numerator": pd.DataFrame({name: [float(a) for a, _ in pairs]}),
        "denominator": pd.DataFrame({name: [float(b) for _, b in pairs]}),
    }
    verdicts = evaluate_frames(frames, rules).verdicts[name].tolist()
    for (over, under), verdict in zip(pairs, verdicts, strict=True):
        if under == 0:
            assert verdict == ("not_applicable" if over == 0 else "no_data")
        else:
            holds = TESTS[sign](Fraction(str(over)) / Fraction(str(under)), Fraction(percent, 100))
            assert verdict == ("met" if holds else "not_met")


@given(st.lists(st.tuples(st.integers(0, 100), st.decimals(0, 100, places=2)), min_size=1, max_size=6))
def test_sums_of_lines_are_compared_as_fractions(tmp_path_factory, lines):
    rules = load(
        tmp_path_factory,
        "tables: {t: {columns: {chi: Chi, von: Vốn}}}\n"
        "criteria: [{id: a, unit: '%', measure: sum(t.chi) / sum(t.von), targets: [{meets: '≥ 57%'}]}, "
        "{id: b, measure: sum(t.chi - t.von), targets: [{meets: '≥ 0'}]}]",
    )
    frame = pd.DataFrame({"unit": "x", "chi": [float(b) for _, b in lines], "von": [float(a) for a, _ in lines]})
    found = evaluate_frames({"t": frame}, rules).verdicts.iloc[0]
    spent, planned = sum(Fraction(str(b)) for _, b in lines), Fraction(sum(a for a, _ in lines))
    assert found["b"] == ("met" if spent >= planned else "not_met")
    if planned:
        assert found["a"] == ("met" if spent / planned >= Fraction(57, 100) else "not_met")


@given(st.lists(st.tuples(*[st.integers(0, 10**12)] * 2, st.integers(1, 10**12)), min_size=1, max_size=4))
@example([(6 * 10**9, 10**9, 10**10)])  # 50%: between two bounds, and within rounding's reach of both
@example([(10**10, 2 * 10**9, 10**10)])
def test_a_difference_of_large_figures_is_compared_with_each_end_of_a_range(tmp_path_factory, lines):
    rules = load(
        tmp_path_factory,
        "tables: {t: {columns: {thu: Thu, chi: Chi, von: Vốn}}}\n"
        "criteria: [{id: a, unit: '%', measure: (sum(t.thu) - sum(t.chi)) / sum(t.von), "
        "targets: [{meets: '[75%..80%]; [10%..20%)'}]}]",
    )
    frame = pd.DataFrame(lines, columns=["thu", "chi", "von"]).assign(unit="x")
    share = Fraction(sum(a - b for a, b, _ in lines), sum(c for *_, c in lines))
    holds = Fraction(3, 4) <= share <= Fraction(4, 5) or Fraction(1, 10) <= share < Fraction(1, 5)
    assert evaluate_frames({"t": frame}, rules).verdicts["a"].tolist() == ["met" if holds else "not_met"]


@given(st.lists(st.floats(0, 2), min_size=2, max_size=20))
def test_raising_a_value_never_lowers_the_verdict(rules, values):
    ordered = sorted(values)
    verdicts = evaluate_frames({"value": pd.DataFrame({"a80": ordered})}, rules).verdicts["a80"].tolist()
    assert verdicts == sorted(verdicts, key=["not_met", "met"].index)


def test_figures_count_as_the_decimal_that_excel_shows(rules):
    values = pd.DataFrame({"e29": [0.1 + 0.19], "c58": [0.1 + 0.48000000000000004], "a57": [0.57]})
    assert evaluate_frames({"value": values}, rules).verdicts.iloc[0][["e29", "c58", "a57"]].tolist() == ["met"] * 3


def test_many_units_agree_with_one_at_a_time(rules):
    random = np.random.default_rng(0)
    over, under = random.integers(0, 50, 500).astype(float), random.integers(0, 50, 500).astype(float)
    together = evaluate_frames(
        {"numerator": pd.DataFrame({"a57": over}), "denominator": pd.DataFrame({"a57": under})}, rules
    ).verdicts["a57"]
    for i in range(0, 500, 25):
        alone = evaluate_frames(
            {
                "numerator": pd.DataFrame({"a57": over[i : i + 1]}),
                "denominator": pd.DataFrame({"a57": under[i : i + 1]}),
            },
            rules,
        )
        assert alone.verdicts["a57"].iloc[0] == together.iloc[i]


CASES = """
facts:
  khu_vuc: {label: Khu vực, type: choice, choices: [I, II, III]}
  camera: {label: Camera, type: boolean}
criteria:
  - id: dieu-kien
    unit: "%"
    targets:
      - {when: {khu_vuc: III}, meets: "≥ 25%"}
      - {when: {khu_vuc: II}, hole: UBND tỉnh quy định}
      - {otherwise: true, meets: "≥ 35%"}
  - {id: ngay, unit: "%", targets: [{meets: "≥ 50%", to: 2024-06-30}, {meets: "≥ 60%", from: 2024-07-01}]}
  - {id: kem, targets: [{meets: "= 0"}], requires: {camera: true}}
  - {id: kem-khai, targets: [{meets: "= 0"}], requires: {camera: true}, evidence: declared_if_missing}
  - {id: khai, evidence: declared, targets: [{meets: '"đạt"'}]}
  - {id: neu-thieu, evidence: declared_if_missing, unit: "%", targets: [{meets: "≥ 50%"}]}
  - {id: do, unit: "%", targets: [{meets: "≥ 50%"}]}
  - {id: luong, unit: ha, targets: [{meets: "≥ 25"}]}
  - {id: vuot, targets: [{meets: "≥ 25"}], exceeded: "> 105%"}
  - id: het-viec
    unit: "%"
    zero_of_zero: met
    targets: [{when: {khu_vuc: III}, meets: "≥ 50%"}, {otherwise: true, hole: UBND tỉnh quy định}]
"""


@pytest.mark.parametrize(
    ("criterion", "given_", "expected"),
    [
        ("dieu-kien", {"khu_vuc": "III", "value": 0.3}, "met computed"),
        ("dieu-kien", {"khu_vuc": "I", "value": 0.3}, "not_met computed"),
        ("dieu-kien", {"khu_vuc": "II", "value": 0.9}, "no_data computed"),
        ("dieu-kien", {"value": 0.9}, "no_data computed"),
        ("ngay", {"value": 0.55, "as_of": "2024-06-30"}, "met computed"),
        ("ngay", {"value": 0.55, "as_of": "2024-07-01"}, "not_met computed"),
        ("ngay", {"value": 0.55}, "no_data computed"),
        ("kem", {"value": 0, "camera": True}, "met computed"),
        ("kem", {"value": 0, "camera": False}, "not_met computed"),
        ("kem", {"value": 0}, "no_data computed"),
        ("kem", {"value": 1}, "not_met computed"),
        ("kem", {"camera": True}, "no_data computed"),
        ("kem", {"camera": False}, "not_met computed"),
        ("khai", {"declared": "met"}, "met declared"),
        ("khai", {}, "no_data declared"),
        ("neu-thieu", {"declared": "met"}, "met declared"),
        ("neu-thieu", {"declared": "met", "value": 0.4}, "not_met computed"),
        ("neu-thieu", {}, "no_data computed"),
        ("do", {"declared": "met"}, "no_data computed"),
        ("do", {"declared": "not_assessed"}, "not_assessed declared"),
        ("do", {"numerator": 0, "denominator": 0, "declared": "met"}, "not_applicable not_arising"),
        ("do", {"numerator": np.nan, "denominator": 0}, "no_data computed"),
        ("do", {"numerator": np.nan, "denominator": 0, "declared": "not_assessed"}, "not_assessed declared"),
        ("do", {"numerator": 3, "denominator": 0, "declared": "not_assessed"}, "no_data computed"),
        ("luong", {"value": 27.35, "numerator": 27.35, "denominator": 25}, "met computed"),
        ("luong", {"value": 0, "numerator": 0, "denominator": 25}, "not_met computed"),
        ("luong", {"value": 0, "numerator": 0, "denominator": 0}, "not_applicable not_arising"),
        ("vuot", {"value": 26.25}, "met computed"),
        ("vuot", {"value": 26.26}, "exceeded computed"),
        ("het-viec", {"khu_vuc": "III", "numerator": 0, "denominator": 0}, "met computed"),
        ("het-viec", {"khu_vuc": "I", "numerator": 0, "denominator": 0}, "no_data computed"),
    ],
)
def test_verdict_and_basis(make_rules, criterion, given_, expected):
    rules = make_rules(CASES)
    facts = {name: given_[name] for name in ("khu_vuc", "camera") if name in given_}
    units = pd.DataFrame({**facts, "as_of": pd.to_datetime(given_.get("as_of"))}, index=["x"])
    row = {
        "unit": "x",
        "id": criterion,
        **{name: given_[name] for name in ("value", "numerator", "denominator", "declared") if name in given_},
    }
    frame = evaluate_frames({"units": units, "results": pd.DataFrame([row])}, rules).frame.set_index("id")
    assert f"{frame.verdict[criterion]} {frame.basis[criterion]}" == expected
    if frame.verdict[criterion] == "no_data":
        assert len(frame.reason[criterion]) > 10


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "0 đạt 0, nhưng điều kiện kèm theo chưa có: «Camera»."),
        (2, "2, chưa đạt 0; vượt quá 2."),
        (np.nan, "Chưa có số liệu, nhưng chưa đạt 0 vì điều kiện kèm theo chưa có: «Camera»."),
    ],
)
def test_what_must_come_with_a_figure_is_told(make_rules, value, expected):
    units = pd.DataFrame({"camera": False}, index=["x"])
    results = pd.DataFrame([{"unit": "x", "id": "kem", "value": value}])
    frame = evaluate_frames({"units": units, "results": results}, make_rules(CASES)).frame.set_index("id")
    assert (frame.verdict["kem"], frame.reason["kem"]) == ("not_met", expected)


def test_a_blank_over_zero_is_no_figure(tmp_path_factory):
    rules = load(tmp_path_factory, "criteria:\n  - {id: a, unit: '%', targets: [{meets: '≥ 50%'}]}")
    frames = {"numerator": pd.DataFrame({"a": [np.nan, 1]}), "denominator": pd.DataFrame({"a": [0, 2]})}
    blank = evaluate_frames(frames, rules).rows(0)[0]
    assert (blank.verdict, blank.reason[:16]) == ("no_data", "Chưa có số liệu:")


@pytest.mark.parametrize("camera", [True, False, None])
def test_a_condition_is_not_missed_where_the_unit_itself_declares(make_rules, camera):
    units = pd.DataFrame({"camera": camera}, index=["x"], dtype=object)
    results = pd.DataFrame([{"unit": "x", "id": "kem-khai", "declared": "not_met"}])
    evaluation = evaluate_frames({"units": units, "results": results}, make_rules(CASES))
    row = next(row for row in evaluation.rows() if row.id == "kem-khai")
    assert (row.verdict, row.basis) == ("not_met", "computed" if camera is False else "declared")
    assert ("điều kiện kèm theo" in row.reason) == ("điều kiện kèm theo" in row.shortfall) == (camera is False)


@pytest.mark.parametrize(
    ("unit", "meets", "value", "missing"),
    [
        ("%", "≥ 80%", 0.79999999999, "còn thiếu 0,000000001 điểm phần trăm"),
        ("%", "≥ 80%", 0.795, "còn thiếu 0,5 điểm phần trăm"),
        ("%", "≤ 80%", 0.8000000001, "vượt quá 0,00000001 điểm phần trăm"),
        ("ha", "≥ 25", 24.999, "còn thiếu 0,001 ha"),
    ],
)
def test_what_is_missing_is_never_told_as_nothing(tmp_path_factory, unit, meets, value, missing):
    rules = load(tmp_path_factory, f"criteria:\n  - {{id: a, unit: '{unit}', targets: [{{meets: '{meets}'}}]}}")
    row = evaluate_frames({"value": pd.DataFrame({"a": [value]})}, rules).rows(0)[0]
    assert row.shortfall == missing
