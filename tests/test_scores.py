"""Shares, points, grades, ceilings, against brute force over every way in which what is unknown may turn out."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pandas as pd
import pytest
from conftest import write_book
from hypothesis import given, settings
from hypothesis import strategies as st

import nhiemvu
from nhiemvu.engine.grades import _cap, _ranks
from nhiemvu.errors import RuleError
from nhiemvu.frames import evaluate_frames
from nhiemvu.rules.scoring import Ceiling
from nhiemvu.verdicts import Score, Threshold, Verdict, roll_up_score, score_share

UNKNOWN = (Verdict.NO_DATA, Verdict.NOT_ASSESSED)
verdicts = st.lists(st.sampled_from(list(Verdict)), min_size=1, max_size=6)
weights = st.fractions(Fraction(1, 10), 10, max_denominator=10)
thresholds = st.builds(
    Threshold, st.sampled_from([Fraction(n, 12) for n in range(13)] + [Fraction(7, 10)]), st.booleans()
)


def share(children: list[Verdict], weight: list[Fraction], threshold: Threshold) -> Verdict:
    codes = np.array([[each.number] for each in children], dtype=np.int8)
    return Verdict.of(int(roll_up_score(codes, score_share(codes, weight), threshold)[0]))


def completions(children: list[Verdict]):
    return product(*([Verdict.MET, Verdict.NOT_MET] if each in UNKNOWN else [each] for each in children))


@given(verdicts, st.data(), thresholds)
def test_a_share_is_that_of_fractions_and_unknown_only_where_the_unknown_could_decide(children, data, threshold):
    weight = data.draw(st.lists(weights, min_size=len(children), max_size=len(children)))
    possible = set()
    for each in completions(children):
        arising = [(w, v) for w, v in zip(weight, each, strict=True) if v != Verdict.NOT_APPLICABLE]
        if not arising:
            possible.add(Verdict.NOT_APPLICABLE)
            continue
        met = sum(w for w, v in arising if v in (Verdict.MET, Verdict.EXCEEDED)) / sum(w for w, _ in arising)
        holds = met >= threshold.least if threshold.included else met > threshold.least
        possible.add(Verdict.MET if holds else Verdict.NOT_MET)
    found = share(children, weight, threshold)
    assert (found in possible and len(possible) == 1) or (found in UNKNOWN and len(possible) == 2)
    if found in UNKNOWN:
        assert (found == Verdict.NO_DATA) == (Verdict.NO_DATA in children)


def test_a_share_on_the_boundary_is_exact_however_large_the_weights():
    met, failed = Verdict.MET, Verdict.NOT_MET
    assert share([met, failed], [Fraction(7, 10), Fraction(3, 10)], Threshold(Fraction(7, 10))) == met
    assert share([met, failed], [Fraction(2), Fraction(1)], Threshold(Fraction(66666666666666, 10**14))) == met
    assert (
        share([met, failed], [Fraction(2 * 10**6), Fraction(10**6)], Threshold(Fraction(66666666666667, 10**14)))
        == failed
    )


RULES = """
facts:
  nhom: {{label: Nhóm, type: choice, choices: [A, B]}}
criteria:
  - id: g
    name: Xếp loại xã
    roll_up: {{points: "{target}", not_arising: {not_arising}}}
    grades:
      - {{grade: Xuất sắc, meets: "≥ 90%", at_most: {{share: "{ceiling}", of: [Tốt]}}}}
      - {{grade: Tốt, meets: "≥ 70%"}}
      - {{grade: Hoàn thành, meets: "≥ 50%"}}
      - {{grade: Không hoàn thành, otherwise: true}}
    children:
      - id: a
        unit: "%"
        max_points: 10
        points: [{{meets: "≥ 90%", points: 10}}, {{meets: "[70%..90%)", points: 7.5}}]
        targets: [{{meets: "≥ 90%"}}]
      - {{id: b, max_points: 5, unit: "%", targets: [{{meets: "≥ 50%"}}]}}
      - id: c
        roll_up: {{points: "≥ 50%"}}
        children:
          - {{id: c1, max_points: 3, targets: [{{meets: "≥ 1"}}]}}
          - {{id: c2, max_points: 2, targets: [{{meets: "≥ 1"}}]}}
"""


def evaluate(make_rules, value: dict, *, not_arising="left_out", target="≥ 70%", ceiling="100%"):
    rules = make_rules(RULES.format(not_arising=not_arising, target=target, ceiling=ceiling))
    arising = {name: column for name, column in value.items() if name != "b_none"}
    frames = {"value": pd.DataFrame(arising)}
    if "b_none" in value:
        zeros = pd.DataFrame({"b": [0.0 if none else np.nan for none in value["b_none"]]})
        frames |= {"numerator": zeros, "denominator": zeros}
    return evaluate_frames(frames, rules)


@pytest.mark.parametrize(
    ("value", "earned", "possible", "most", "grade_"),
    [
        ({"a": 0.95, "b": 0.5, "c1": 1, "c2": 1}, 20, 20, 20, "Xuất sắc"),
        ({"a": 0.9, "b": 0.5, "c1": 1, "c2": 0}, 18, 18, 20, "Xuất sắc"),  # exactly 90%
        ({"a": 0.8999, "b": 0.5, "c1": 1, "c2": 0}, 15.5, 15.5, 20, "Tốt"),
        ({"a": 0.7, "b": 0.4, "c1": 0, "c2": 1}, 9.5, 9.5, 20, "Không hoàn thành"),
        ({"a": None, "b": 0.5, "c1": 1, "c2": 1}, 10, 20, 20, ""),
        ({"a": 0.95, "b": 0.5, "c1": 1, "c2": None}, 18, 20, 20, "Xuất sắc"),
        ({"a": 0.5, "b": None, "c1": 0, "c2": 0}, 0, 5, 20, "Không hoàn thành"),
    ],
)
def test_points_by_bands_and_by_verdict(make_rules, value, earned, possible, most, grade_):
    evaluation = evaluate(make_rules, {name: [np.nan if each is None else each] for name, each in value.items()})
    (row,) = evaluation.find_grades()
    assert (row.earned, row.possible, row.most, row.grade) == (earned, possible, most, grade_)
    assert row.grade in row.reason
    assert evaluation.rows()[0].reason.endswith(row.reason)
    assert evaluation.to_dict()["units"][0]["grades"][0]["grade"] == grade_


@pytest.mark.parametrize(
    ("typed", "earned", "possible"),
    [("≥ 90%", 20, 20), ("≥ 75%", 17.5, 20), ("70% - 80%", 17.5, 17.5), ("≥ 50%", 10, 20), ("≤ 60%", 10, 10)],
)
def test_points_of_a_result_of_which_only_a_range_is_known(tmp_path, write_rules, typed, earned, possible):
    rules = RULES.format(not_arising="left_out", target="≥ 70%", ceiling="100%")
    head = ("Mã", "Nội dung", "ĐVT", "Mục tiêu", "Kết quả (số liệu)", "Tử số", "Mẫu số", "Đơn vị tự đánh giá")
    lines = [(name, name, None, None, value) for name, value in (("a", typed), ("b", "50%"), ("c1", 1), ("c2", 1))]
    write_book(tmp_path / "so.xlsx", "Kết quả", [head, *lines])
    path = write_rules(f"includes: [bo-cuc-chuan]\n{rules}")
    (row,) = nhiemvu.evaluate(tmp_path / "so.xlsx", path).find_grades()
    assert (row.earned, row.possible, row.most) == (earned, possible, 20)


@pytest.mark.parametrize(("not_arising", "earned", "most"), [("left_out", 10, 15), ("full", 15, 20), ("zero", 10, 20)])
def test_what_does_not_arise_counts_as_the_rule_says(make_rules, not_arising, earned, most):
    value = {"a": [0.95], "b": [np.nan], "b_none": [True], "c1": [0.0], "c2": [0.0]}
    (row,) = evaluate(make_rules, value, not_arising=not_arising).find_grades()
    assert (row.earned, row.most) == (earned, most)


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from([None, 0.5, 0.7, 0.8999, 0.9]), min_size=1, max_size=1),
    st.lists(st.sampled_from([None, 0, 1]), min_size=3, max_size=3),
)
def test_points_lie_between_those_of_every_completion(points_rules, a, rest):
    def run(a_value, others):
        names = dict(zip(("b", "c1", "c2"), others, strict=True))
        frame = {name: [np.nan if each is None else float(each)] for name, each in {"a": a_value, **names}.items()}
        evaluation = evaluate_frames({"value": pd.DataFrame(frame)}, points_rules)
        return evaluation.find_grades()[0], evaluation.verdicts["g"].iloc[0]

    found, verdict = run(a[0], rest)
    choices = [[0.0, 0.7, 0.9] if a[0] is None else a, *([0, 1] if each is None else [each] for each in rest)]
    every = [run(each[0], each[1:]) for each in product(*choices)]
    assert (found.earned, found.possible) == (min(row.earned for row, _ in every), max(row.earned for row, _ in every))
    grades = {row.grade for row, _ in every}
    assert found.grade == (grades.pop() if len(grades) == 1 else "")
    outcomes = {each for _, each in every}
    assert verdict in outcomes if len(outcomes) == 1 else verdict == "no_data"


@pytest.fixture(scope="module")
def points_rules(tmp_path_factory):
    from nhiemvu.rules.load import load_rulebook

    path = tmp_path_factory.mktemp("rules") / "thu.yaml"
    path.write_text(
        "rulebook: thu\ntitle: Thử\n" + RULES.format(not_arising="left_out", target="≥ 70%", ceiling="100%"),
        encoding="utf-8",
    )
    return load_rulebook(path)


# --- ceilings --------------------------------------------------------------------------------------------------------


def test_a_ceiling_keeps_the_best_and_sends_the_rest_one_grade_down(make_rules):
    # two reach the best grade, ten the second: at most 20% of those rated second may have the first
    value = {"a": [0.95] * 12, "b": [0.9] * 12, "c1": [1.0, 1.0] + [0.0] * 10, "c2": [1.0, 0.0] + [0.0] * 10}
    grades = evaluate(make_rules, value, ceiling="10%").grades
    assert grades.reached.tolist() == ["Xuất sắc"] * 2 + ["Tốt"] * 10
    assert grades.grade.tolist() == ["Xuất sắc"] + ["Tốt"] * 11
    assert "ngoài trần 10%" in grades.reason[1]
    assert evaluate(make_rules, value, ceiling="20%").grades.grade.tolist() == ["Xuất sắc"] * 2 + ["Tốt"] * 10


def test_those_who_tie_at_the_ceiling_share_one_fate(make_rules):
    value = {"a": [0.95] * 11, "b": [0.9] * 11, "c1": [1.0, 1.0] + [0.0] * 9, "c2": [1.0, 1.0] + [0.0] * 9}
    assert evaluate(make_rules, value, ceiling="15%").grades.grade.tolist() == ["Tốt"] * 11


def test_one_unit_alone_is_told_that_the_ceiling_waits(make_rules):
    (row,) = evaluate(make_rules, {"a": [0.95], "b": [0.9], "c1": [1.0], "c2": [1.0]}, ceiling="20%").find_grades()
    assert row.grade == "Xuất sắc"
    assert "khi đánh giá cả nhóm" in row.reason


def brute_cap(position: int, ceiling: Ceiling, ranks: list[int], places: list[int]) -> list[int]:
    """Where every rank and grade is known: how many of the best may keep the grade, ties together."""
    result = places.copy()
    holders = sorted({rank for rank, place in zip(ranks, places, strict=True) if place == position})
    for rank in holders:  # the lowest rank that may keep it decides; try the most generous first
        kept = [
            place if place != position or r >= rank else position + 1 for r, place in zip(ranks, places, strict=True)
        ]
        if kept.count(position) <= ceiling.share * sum(place in ceiling.of for place in kept):
            return kept
    return [place if place != position else position + 1 for place in result]


units = st.tuples(st.integers(0, 4), st.integers(0, 1), st.integers(0, 3), st.integers(0, 1))


@settings(max_examples=300)
@given(
    st.lists(units, min_size=1, max_size=5),
    st.sampled_from([Fraction(1, 5), Fraction(1, 2), Fraction(1), Fraction(1, 3)]),
    st.sampled_from([(1,), (0, 1), (0, 1, 2, 3), (2,)]),
    st.integers(0, 1),
)
def test_a_ceiling_tells_only_what_every_completion_agrees_on(found, part, of, position):
    low = np.array([a for a, _, _, _ in found])
    high = low + np.array([b for _, b, _, _ in found])
    top = np.array([c for _, _, c, _ in found])
    bottom = np.minimum(top + np.array([d for _, _, _, d in found]), 3)
    ceiling = Ceiling(part, of, "")
    ends = (top.copy(), bottom.copy())
    _cap(position, ceiling, np.arange(len(found)), (low, high), ends)
    outcomes = []
    for ranks in product(*(range(a, b + 1) for a, b in zip(low, high, strict=True))):
        for places in product(*(range(a, b + 1) for a, b in zip(top, bottom, strict=True))):
            outcomes.append(brute_cap(position, ceiling, list(ranks), list(places)))
    for unit, column in enumerate(zip(*outcomes, strict=True)):
        assert ends[0][unit] <= min(column)
        assert ends[1][unit] >= max(column)
        if top[unit] == bottom[unit]:  # where only the others are unknown, nothing is held back
            assert (ends[0][unit], ends[1][unit]) == (min(column), max(column))


def test_ranks_compare_as_fractions_across_units():
    score = Score(np.array([1, 2, 333_333]), np.array([1, 2, 333_333]), np.array([3, 6, 1_000_000]), 1)
    low, high = _ranks(score)
    assert low[0] == low[1] > low[2]
    assert (low == high).all()


def test_units_that_do_not_say_their_group_are_under_no_ceiling(make_rules):
    rules = make_rules(
        RULES.format(not_arising="left_out", target="≥ 70%", ceiling="0%").replace(
            "of: [Tốt]", "of: [Tốt], among: nhom"
        )
    )
    best = {"a": [0.95] * 2, "b": [0.9] * 2, "c1": [1.0] * 2, "c2": [1.0] * 2}
    frames = {"units": pd.DataFrame({"nhom": ["A", ""]}), "value": pd.DataFrame(best)}
    assert evaluate_frames(frames, rules).grades.grade.tolist() == ["Tốt", "Xuất sắc"]


MISTAKES = {
    "points-not-arising": '{points: "≥ 50"}',
    "score-threshold": '{points: "≤ 50%"}',
    "share-without-percent": '{share: "≥ 5"}',
    "no-points": '{points: "≥ 50%"}',
    "no-weight": '{share: "≥ 50%", weights: {a: 1}}',
    "unknown-criterion": '{share: "≥ 50%", weights: {a: 1, b: 1, d: 1}}',
}


@pytest.mark.parametrize(("code", "rule"), MISTAKES.items())
def test_a_rule_that_cannot_be_scored_does_not_load(make_rules, code, rule):
    children = "children: [{id: a, max_points: 1, targets: [{meets: '≥ 1'}]}, {id: b, targets: [{meets: '≥ 1'}]}]"
    with pytest.raises(RuleError) as error:
        make_rules(f"criteria:\n  - id: g\n    roll_up: {rule}\n    {children}\n")
    assert code in [problem.code for problem in error.value.problems]
    assert all(problem.place.line == 5 for problem in error.value.problems)
