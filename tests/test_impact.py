"""What a change of rules would do to workbooks that are filled: on the example, and on frames."""

from __future__ import annotations

import json
import subprocess
import sys

import pandas as pd
import pytest
from conftest import EXAMPLE

from nhiemvu.frames import evaluate_frames
from nhiemvu.impact import compare, measure_impact
from nhiemvu.rules.load import load_rulebook

HAI_YEN = "nhiem-vu-trong-tam-2024-hai-yen"


@pytest.fixture
def stricter(tmp_path):
    """The example's rules, with the first criterion harder to meet, and one more."""
    path = tmp_path / "chat-hon.yaml"
    path.write_text(
        f"""
rulebook: chat-hon
title: Chặt hơn
valid: {{from: 2024-01-01, to: 2024-12-31}}
includes: [{HAI_YEN}]
overlay:
  - id: "18.2"
    targets: [{{meets: "≥ 75"}}]
""",
        encoding="utf-8",
    )
    return path


def test_a_higher_threshold_turns_one_verdict_and_says_what_is_missing(stricter):
    found = measure_impact(load_rulebook(HAI_YEN), load_rulebook(stricter), [EXAMPLE])
    turns = {turn.id: turn for turn in found.turns}
    turn = turns["18.2"]
    assert (turn.old, turn.new, turn.old_target, turn.new_target) == (
        "met",
        "not_met",
        "≥ 60 lít/người/ngày đêm",
        "≥ 75 lít/người/ngày đêm",
    )
    assert turn.needed == 10085  # 75 × 2.017 − 141.190 litres
    assert "còn thiếu" in turn.reason
    assert found.units == 1
    assert found.count()["18.2"] == {("met", "not_met"): 1}
    parents = set(turns) - {"18.2"}
    assert parents <= {"1.3.2", "1.3", "1"}  # only what stands above it can turn with it


def test_the_same_rules_turn_nothing():
    rules = load_rulebook(HAI_YEN)
    assert measure_impact(rules, rules, [EXAMPLE]).turns == ()


def test_a_workbook_that_cannot_be_read_does_not_stop_the_others(stricter, tmp_path):
    broken = tmp_path / "hong.xlsx"
    broken.write_bytes(b"PK")
    found = measure_impact(load_rulebook(HAI_YEN), load_rulebook(stricter), [broken, EXAMPLE])
    assert found.units == 1
    assert [problem.place.file for problem in found.failed] == ["hong.xlsx"]


def test_criteria_and_grades_that_only_one_side_has_are_told(make_rules):
    base = """
criteria:
  - id: g
    roll_up: {share: "≥ 50%"}
    grades: [{grade: Tốt, meets: "≥ MUC"}, {grade: Khá, otherwise: true}]
    children:
      - {id: a, targets: [{meets: "≥ 1"}]}
      - {id: b, targets: [{meets: "≥ 1"}]}
"""
    frames = {"value": pd.DataFrame({"a": [1.0, 1.0], "b": [1.0, 0.0]}, index=["x", "y"])}
    old = evaluate_frames(frames, make_rules(base.replace("MUC", "50%"), "cu"))
    new = evaluate_frames(
        frames, make_rules(base.replace("MUC", "100%") + "  - {id: c, targets: [{meets: '≥ 1'}]}\n", "moi")
    )
    found = [(turn.unit, turn.id, turn.kind, turn.old, turn.new) for turn in compare(old, new)]
    assert found == [
        ("x", "c", "added", "", "no_data"),
        ("y", "c", "added", "", "no_data"),
        ("y", "g", "grade", "Tốt", "Khá"),
    ]
    with pytest.raises(ValueError, match="same units"):
        list(compare(old, evaluate_frames({"value": pd.DataFrame({"a": [1.0]}, index=["z"])}, old.rulebook)))


def test_the_command_counts_and_lists(stricter):
    command = [sys.executable, "-m", "nhiemvu", "impact", HAI_YEN, str(stricter), str(EXAMPLE)]
    done = subprocess.run(command, capture_output=True, check=True, encoding="utf-8")
    assert "18.2  Đạt → Chưa đạt: 1" in done.stdout
    assert "≥ 60 lít/người/ngày đêm → ≥ 75 lít/người/ngày đêm" in done.stdout
    found = json.loads(subprocess.run([*command, "--json"], capture_output=True, check=True).stdout)
    assert {"id": "18.2", "old": "met", "new": "not_met", "units": 1} in found["counts"]
