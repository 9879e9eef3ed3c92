# ruff: noqa: E501 (a row of the table is a line)
"""Outlook: the pace by days, by months and by milestones; bands; what is needed, in total and per month."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from conftest import EXAMPLE
from hypothesis import given
from hypothesis import strategies as st

import nhiemvu
from nhiemvu.frames import evaluate_frames
from nhiemvu.rules.load import load_rulebook
from nhiemvu.verdicts import Outlook

RULES = """
valid: {from: 2024-01-01, to: 2024-12-31}
criteria:
  - {id: deu, unit: ha, targets: [{meets: "≥ 100"}], outlook: linear}
  - id: theo-thang
    unit: ha
    targets: [{meets: "≥ 100"}]
    outlook: {profile: [0, 0, 0.1, 0.2, 0.5, 0.5, 0.6, 0.7, 0.8, 0.9, 0.9, 1], bands: [-1, -2, -3]}
  - id: theo-moc
    unit: ha
    targets: [{meets: "≥ 100"}]
    milestones: [{by: 2024-06-30, meets: "≥ 20"}, {by: 2024-09-30, meets: "≥ 90"}]
    outlook: milestones
  - {id: hai-khoang, unit: ha, targets: [{meets: "[50..60]; [80..90]"}], outlook: linear}
  - {id: tran, unit: vụ, targets: [{meets: "≤ 3"}], outlook: linear}
  - id: hai-muc
    unit: ha
    targets: [{meets: "≥ 50", to: 2024-06-30}, {meets: "≥ 200", from: 2024-07-01}]
    outlook: linear
"""


def rows(make_rules, values: dict, day: dt.date | None, rules: str = RULES):
    frames = {"value": pd.DataFrame({name: [value] for name, value in values.items()}, dtype=float)}
    return {row.id: row for row in evaluate_frames(frames, make_rules(rules), day).rows()}


@pytest.mark.parametrize(
    ("done", "outlook"),
    [(100, "done"), (41, "on_track"), (38, "on_track"), (37, "watch"), (32.8, "watch"), (32, "at_risk"), (25.8, "at_risk"), (25, "alarm"), (None, "unknown")],
)  # fmt: skip
def test_bands_count_points_behind_the_pace_of_the_days(make_rules, done, outlook):
    assert rows(make_rules, {"deu": done}, dt.date(2024, 5, 29))["deu"].outlook == outlook  # 149 of 366 days: 40,7%


@pytest.mark.parametrize(
    ("day", "pace"), [((2024, 2, 29), 0.0), ((2024, 4, 1), 0.1), ((2024, 6, 1), 0.5), ((2024, 4, 16), 0.15)]
)
def test_a_profile_gives_the_share_at_the_end_of_each_month(make_rules, day, pace):
    around = {
        name: rows(make_rules, {"theo-thang": 100 * pace + more}, dt.date(*day))["theo-thang"].outlook
        for name, more in (("on", -0.99), ("behind", -1.01))
    }
    assert around == {"on": "on_track", "behind": "watch"}


def test_milestones_are_joined_by_straight_lines_and_told_when_met_or_missed(make_rules):
    found = rows(make_rules, {"theo-moc": 30}, dt.date(2024, 7, 1))["theo-moc"]
    assert found.outlook == "on_track"
    assert "Mốc 30/6/2024 (≥ 20): đạt." in found.outlook_reason
    assert "Mốc tới 30/9/2024: ≥ 90." in found.outlook_reason
    missed = rows(make_rules, {"theo-moc": 19}, dt.date(2024, 10, 1))["theo-moc"]
    assert missed.outlook == "alarm"
    assert "Đã lỡ mốc 30/6/2024 (≥ 20). Đã lỡ mốc 30/9/2024 (≥ 90)." in missed.outlook_reason


def test_a_milestone_has_come_on_its_own_day_and_is_due_when_that_is_over(make_rules):
    on_the_day = rows(make_rules, {"theo-moc": 20}, dt.date(2024, 6, 30))["theo-moc"]
    assert "Mốc 30/6/2024 (≥ 20): đạt. Mốc tới 30/9/2024" in on_the_day.outlook_reason
    after = {done: rows(make_rules, {"theo-moc": done}, dt.date(2024, 7, 1))["theo-moc"].outlook for done in (17, 16.9)}
    assert after == {17: "on_track", 16.9: "watch"}  # 3 points behind 20%


def test_the_nearest_of_several_ranges_is_what_is_worked_for(make_rules):
    assert rows(make_rules, {"hai-khoang": 20}, dt.date(2024, 5, 29))["hai-khoang"].outlook == "on_track"  # 40% of 50


def test_on_the_last_day_nothing_is_left_to_foresee(make_rules):
    ends = {day: rows(make_rules, {"deu": 40}, dt.date(2024, 12, day))["deu"].outlook for day in (30, 31)}
    assert ends == {30: "alarm", 31: "none"}
    assert rows(make_rules, {"deu": 100}, dt.date(2024, 12, 31))["deu"].outlook == "done"


def test_what_is_needed_is_told_in_total_and_per_month(make_rules):
    found = rows(make_rules, {"deu": 30}, dt.date(2024, 5, 29))["deu"]
    assert found.needed == 70
    assert "còn thiếu 70 ha" in found.reason
    assert "Mỗi tháng còn lại cần 10 ha." in found.outlook_reason


def test_each_of_several_targets_has_a_pace_of_its_own(make_rules):
    assert (
        rows(make_rules, {"hai-muc": 24}, dt.date(2024, 6, 30))["hai-muc"].outlook == "on_track"
    )  # 48% of 50 after 181 days: 49,5%
    assert rows(make_rules, {"hai-muc": 24}, dt.date(2024, 7, 1))["hai-muc"].outlook == "alarm"  # 12% of 200


def test_no_outlook_says_why(make_rules):
    day = dt.date(2024, 5, 29)
    assert "sổ không ghi ngày số liệu" in rows(make_rules, {"deu": 1}, None)["deu"].outlook_reason
    assert "thiếu kết quả" in rows(make_rules, {"deu": None}, day)["deu"].outlook_reason
    assert "không phải là làm dồn" in rows(make_rules, {"tran": 5}, day)["tran"].outlook_reason
    endless = RULES.replace(", to: 2024-12-31}\n", "}\n", 1)
    assert "không nói ngày bắt đầu và ngày kết thúc" in rows(make_rules, {"deu": 1}, day, endless)["deu"].outlook_reason


@pytest.fixture(scope="module")
def rules(tmp_path_factory):
    path = tmp_path_factory.mktemp("rules") / "thu.yaml"
    path.write_text(f"rulebook: thu\ntitle: Thử\n{RULES}", encoding="utf-8")
    return load_rulebook(path)


GRAVITY = [Outlook.DONE, Outlook.ON_TRACK, Outlook.WATCH, Outlook.AT_RISK, Outlook.ALARM]


@given(
    st.lists(st.integers(0, 120), min_size=2, max_size=8),
    st.dates(dt.date(2024, 1, 1), dt.date(2024, 12, 30)),
    st.sampled_from(["deu", "theo-thang", "theo-moc"]),
)
def test_more_done_is_never_a_worse_outlook(rules, values, day, name):
    ordered = sorted(values, reverse=True)
    evaluation = evaluate_frames({"value": pd.DataFrame({name: np.array(ordered, dtype=float)})}, rules, day)
    found = [
        GRAVITY.index(next(row for row in evaluation.rows(unit) if row.id == name).outlook)
        for unit in range(len(ordered))
    ]
    assert found == sorted(found)


@given(
    st.integers(0, 99),
    st.lists(st.dates(dt.date(2024, 1, 1), dt.date(2024, 12, 30)), min_size=2, max_size=6),
    st.sampled_from(["deu", "theo-thang", "theo-moc"]),
)
def test_the_same_result_later_is_never_a_better_outlook(rules, value, days, name):
    ordered = sorted(days)
    units = pd.DataFrame({"as_of": pd.to_datetime(pd.Series(ordered))})
    evaluation = evaluate_frames({"units": units, "value": pd.DataFrame({name: [float(value)] * len(ordered)})}, rules)
    found = [
        GRAVITY.index(next(row for row in evaluation.rows(unit) if row.id == name).outlook)
        for unit in range(len(ordered))
    ]
    assert found == sorted(found)


def test_the_form_that_the_project_began_with():
    found = {row.id: row for row in nhiemvu.evaluate(EXAMPLE).rows()}
    assert found["1.1.2"].outlook_reason == (
        "Đã qua 149/366 ngày, cần 40,7% mục tiêu, mới được 8,2%, kém 32,5 điểm. "
        "Mỗi tháng còn lại cần 115.925.000 đ. Mốc tới 30/11/2024: ≥ 90%."
    )  # 811.475.000 đ over seven months
    assert (found["1.1.1"].outlook, found["1.1.2"].outlook) == ("at_risk", "alarm")
