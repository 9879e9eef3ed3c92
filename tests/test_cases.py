# ruff: noqa: E501 (a case is a line)
"""The cases of a rulebook, run by the reader and the engine that workbooks go through."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction

import pytest

from nhiemvu.engine.cases import run_cases
from nhiemvu.errors import RuleError
from nhiemvu.rules.cases import classify, wanted
from nhiemvu.rules.find import list_rulebooks
from nhiemvu.rules.load import load_rulebook

RULES = """
facts:
  khu_vuc: {label: Khu vực, type: choice, choices: [I, II]}
  ho: {label: Số hộ}
tables:
  chi: {columns: {so_tien: {headings: [Số tiền], unit: đồng}}}
criteria:
  - id: g
    roll_up: {share: "≥ 50%"}
    grades: [{grade: Tốt, meets: "≥ 100%"}, {grade: Khá, otherwise: true}]
    children:
      - {id: a, unit: "%", targets: [{when: {khu_vuc: I}, meets: "≥ 25%"}, {otherwise: true, meets: "= 100%"}]}
      - id: b
        unit: đồng
        measure: sum(chi.so_tien)
        targets: [{meets: "≤ 3000000", to: 2024-06-30}, {meets: "≤ 4000000", from: 2024-07-01}]
      - {id: c, evidence: declared, targets: [{meets: '"đạt"'}]}
cases:
"""


def run(make_rules, *cases: str):
    return run_cases(make_rules(RULES + "".join(f"  - {{name: t, {case}}}\n" for case in cases)))


@pytest.mark.parametrize(
    ("case", "verdict"),
    [
        ("criterion: a, given: {khu_vuc: I, value: 25}, expect: met", "met"),
        ("criterion: a, given: {khu_vuc: khu vực i, value: '24,9%'}, expect: not_met", "not_met"),
        ("criterion: a, given: {khu_vuc: II, value: '≥ 95%'}, expect: no_data", "no_data"),
        ("criterion: a, given: {khu_vuc: II, numerator: 3, denominator: 3}, expect: met", "met"),
        ("criterion: a, given: {value: 25}, expect: no_data", "no_data"),
        (
            "criterion: b, as_of: 2024-06-30, lines: {chi: [{so_tien: 1500000}, {so_tien: 2 triệu đồng}]}, expect: not_met",
            "not_met",
        ),
        (
            "criterion: b, as_of: 2024-07-01, lines: {chi: [{so_tien: 1500000}, {so_tien: 2 triệu đồng}]}, expect: met",
            "met",
        ),
        ("criterion: c, given: {declared: Đạt theo kế hoạch}, expect: met", "met"),
        (
            "criterion: g, rows: {c: {declared: đạt}, a: {value: 1}}, given: {khu_vuc: I}, as_of: 2024-01-01, expect: no_data",
            "no_data",
        ),
        (
            "criterion: g, rows: {c: {declared: đạt}, a: {value: 90}}, given: {khu_vuc: I}, grade: Khá, expect: met",
            "met",
        ),
    ],
)
def test_a_case_is_read_as_a_workbook_is(make_rules, case, verdict):
    (outcome,) = run(make_rules, case).outcomes
    assert outcome.verdict == verdict
    assert outcome.passed == (verdict in case.split("expect: ")[1] and "grade" not in case)


def test_a_failing_case_says_why_and_where(make_rules):
    tested = run(
        make_rules,
        "criterion: a, given: {khu_vuc: I, value: 24}, expect: met",
        "criterion: c, given: {declared: dở}, expect: met",
    )
    first, second = tested.failures
    assert "chưa đạt" in first.reason
    assert str(first.place).endswith("thu.yaml:21:12")
    assert "dở" in second.unread


def test_cases_that_a_target_lacks_are_named(make_rules):
    tested = run(
        make_rules,
        "criterion: a, given: {khu_vuc: I, value: 24}, expect: not_met",
        "criterion: a, given: {khu_vuc: I, value: 25}, expect: met",
        "criterion: a, given: {khu_vuc: I}, expect: no_data",
        "criterion: c, given: {declared: đạt}, expect: met",
    )
    assert {(gap.node.id, gap.row.target.text): gap.missing for gap in tested.gaps} == {
        ("a", "≥ 25%"): ("above",),
        ("a", "= 100%"): ("beside", "at", "missing"),
        ("b", "≤ 3000000"): ("below", "at", "above", "missing"),
        ("b", "≤ 4000000"): ("below", "at", "above", "missing"),
        ("c", '"đạt"'): ("not_met", "missing"),
    }


def test_a_range_shows_no_side_of_a_target(make_rules):
    rules = make_rules(RULES.replace("cases:\n", ""))
    node = rules.by_id["a"]
    row = node.targets[0]
    assert wanted(node, row) == ("below", "at", "above", "missing")
    assert classify(node, row, Fraction(1, 4), "met") == {"at"}
    assert classify(node, row, None, "no_data") == {"missing"}


@pytest.mark.parametrize(
    "case",
    [
        "given: {valu: 1}",
        "rows: {x: {value: 1}}",
        "lines: {chi: [{so: 1}]}",
        "lines: {ch: [{so_tien: 1}]}",
        "rows: {a: {val: 1}}",
    ],
)
def test_a_figure_that_nothing_reads_is_a_mistake(make_rules, case):
    with pytest.raises(RuleError) as error:
        run(make_rules, f"criterion: a, {case}, expect: met")
    assert error.value.problems[0].code == "unknown-name"
    assert error.value.problems[0].place.line == 21


@pytest.mark.parametrize("path", list_rulebooks(), ids=lambda path: path.stem)
def test_every_case_of_the_shipped_rulebooks_passes(path):
    assert [(str(each.place), each.verdict) for each in run_cases(load_rulebook(path)).failures] == []


@pytest.mark.parametrize("name", ["nhiem-vu-trong-tam-2024-hai-yen", "ntm-nang-cao-2021-2025-tdmnpb"])
def test_no_target_of_these_rulebooks_lacks_a_case(name):
    assert run_cases(load_rulebook(name)).gaps == ()


def test_the_command_exits_with_2_where_a_case_fails(write_rules):
    path = write_rules(RULES + "  - {name: sai, criterion: c, given: {declared: đạt}, expect: not_met}\n")
    done = subprocess.run(
        [sys.executable, "-m", "nhiemvu", "rules", "test", str(path)],
        capture_output=True,
        check=False,
        encoding="utf-8",
    )
    assert done.returncode == 2
    assert f"lỗi: {path}:21:12: trường hợp «sai» của c phải ra Chưa đạt, nhưng ra Đạt" in done.stderr
    assert "cảnh báo" in done.stderr
    assert "1 trường hợp, 1 sai" in done.stdout
