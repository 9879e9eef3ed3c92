"""An evaluation as arrays says what its rows say."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from conftest import EXAMPLE
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import nhiemvu
from nhiemvu.frames import evaluate_frames
from nhiemvu.rules.load import load_rulebook
from nhiemvu.verdicts import Basis, Outlook, Verdict

FIGURES = ("value", "numerator", "denominator", "needed")
RULES = """
valid: {from: 2024-01-01, to: 2024-12-31}
facts:
  khu_vuc: {label: Khu vực, type: choice, choices: [I, II, III]}
criteria:
  - id: "1"
    name: Nhóm
    roll_up: all
    children:
      - {id: a, name: Một ngưỡng, unit: "%", outlook: linear, targets: [{meets: "≥ 57%"}]}
      - {id: b, name: Trần, unit: "%", targets: [{meets: "< 15%"}]}
      - {id: c, name: Khoảng, unit: "%", targets: [{meets: "[75%..80%]"}]}
      - {id: d, name: Bằng, unit: sự cố, targets: [{meets: "= 0"}]}
      - id: e
        name: Theo khu vực
        unit: "%"
        evidence: declared_if_missing
        targets: [{when: {khu_vuc: [I, II]}, meets: "≥ 35%", exceeds: "≥ 70%"}, {otherwise: true, meets: "≥ 1/3"}]
      - {id: f, name: Tự khai, evidence: declared, targets: [{meets: '"đạt"'}]}
      - {id: g, name: Số, unit: m2/người, targets: [{meets: "≥ 4.1"}]}
"""


def assert_same(evaluation: nhiemvu.Evaluation) -> None:
    columns, nodes = evaluation.columns, evaluation.rulebook.criteria
    for unit in range(len(evaluation)):
        rows = [row for row in evaluation.rows(unit) if row.kind != "line"]
        assert [row.id for row in rows] == [node.id for node in nodes]
        for at, row in enumerate(rows):
            codes = (columns.declared[at, unit], columns.verdict[at, unit], columns.basis[at, unit])
            assert row.declared == (str(Verdict.of(codes[0])) if codes[0] >= 0 else "")
            assert (row.verdict, row.basis) == (Verdict.of(codes[1]), Basis.of(codes[2]))
            assert row.outlook == Outlook.of(columns.outlook[at, unit])
            for name in FIGURES:
                stated, kept = getattr(row, name), getattr(columns, name)[at, unit]
                assert kept == stated if stated is not None else np.isnan(kept), (row.id, name)


def test_the_arrays_of_the_example_say_what_its_rows_say():
    assert_same(nhiemvu.evaluate(EXAMPLE))


@pytest.fixture(scope="module")
def rules(tmp_path_factory):
    path = tmp_path_factory.mktemp("rules") / "thu.yaml"
    path.write_text("rulebook: thu\ntitle: Thử\n" + RULES.replace("≥ 1/3", "≥ 33.3%"), encoding="utf-8")
    return load_rulebook(path)


figures = st.one_of(
    st.just(float("nan")),
    st.integers(0, 20).map(float),
    st.integers(0, 2000).map(lambda n: n / 100),
    st.floats(0.001, 1e16),
    st.integers(10**15, 2**60).map(float),
)


@settings(max_examples=60)
@given(data=st.data())
def test_the_arrays_of_any_figures_say_what_the_rows_say(rules, data):
    leaves = [node.id for node in rules.criteria if node.kind == "leaf" and node.evidence != "declared"]
    codes = ["u1", "u2", "u3"]
    frames = {
        name: pd.DataFrame(data.draw(arrays(np.float64, (3, len(leaves)), elements=figures)), codes, leaves)
        for name in ("value", "numerator", "denominator")
    }
    words = st.sampled_from(["met", "not_met", "not_assessed", None])
    frames["declared"] = pd.DataFrame({name: [data.draw(words) for _ in codes] for name in ("e", "f")}, codes)
    frames["units"] = pd.DataFrame({"khu_vuc": ["I", "III", None], "as_of": dt.date(2024, 5, 29)}, codes)
    assert_same(evaluate_frames(frames, rules))
