"""A folder as a province gets it, with a truth drawn before any workbook: every verdict, every file, every sum."""

from __future__ import annotations

import datetime as dt
import random
import shutil
import sys
import unicodedata
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT))

import nhiemvu
from benchmarks.communes import Truth, make_folder
from nhiemvu.many.past import keep, look_back
from nhiemvu.many.summary import Summary
from nhiemvu.rules.units_file import read_units
from nhiemvu.verdicts import Verdict

STATES = {
    "ok": {"evaluated"},
    "read": {"evaluated"},
    "told": {"evaluated"},
    "failed": {"failed", "skipped"},  # a folder with the name of a workbook is no file
    "unknown-unit": {"failed"},
    "no-unit": {"failed"},
    "other-period": {"failed"},
    "duplicate": {"evaluated", "duplicate"},
    "conflict": {"conflict"},
    "skipped": {"skipped"},
}


def make(folder: Path, units: int, **options: object) -> Truth:
    truth = make_folder(folder, units, 7, **options)  # type: ignore[arg-type]
    for each in (*truth.files, *truth.rows):
        each.file = unicodedata.normalize("NFC", each.file)  # as the summary names files
    return truth


def aggregate(truth: Truth, **options: object) -> Summary:
    rules = next(truth.folder.glob("*.yaml"), truth.rulebook)
    return nhiemvu.aggregate(truth.workbooks, rules, units=truth.units, **options)  # type: ignore[arg-type]


def check_files(truth: Truth, summary: Summary) -> None:
    found = {each.name: each for each in summary.submissions}
    said = {each.file: each for each in truth.files if each.file}
    hidden = {name for name in said if Path(name).name.startswith(".") or "__MACOSX" in name}  # as shells hide them
    assert set(found) == set(said) - hidden
    wrong = {
        name: (each.status, each.kind, found[name].state)
        for name, each in said.items()
        if name not in hidden and found[name].state not in STATES[each.status]
    }
    assert wrong == {}
    silent = [name for name, each in found.items() if each.state not in ("evaluated", "skipped") and not each.problems]
    assert silent == []
    for name, each in said.items():
        if each.status == "failed" and each.code:
            assert each.code in [problem.code for problem in found[name].problems]


def check_verdicts(truth: Truth, summary: Summary) -> None:
    counted = {each.name: each.unit for each in summary.submissions if each.state == "evaluated"}
    at = {unit.code: i for i, unit in enumerate(summary.units)}
    words = [str(each) for each in Verdict]
    wrong = [
        (row.file, row.criterion, row.verdict, words[summary.verdict[node.index, at[row.unit]]])
        for row in truth.rows
        if row.file in counted
        and (node := summary.rulebook.by_id.get(row.criterion)) is not None
        and words[summary.verdict[node.index, at[row.unit]]] != row.verdict
    ]
    assert wrong == []
    assert {row.unit for row in truth.rows if row.file in counted} == set(at)


def check_absent(truth: Truth, summary: Summary) -> None:
    present = {unit.code for unit in summary.units}
    expected = {each.unit for each in truth.files if each.unit and each.status != "skipped"} - present
    assert {each.code for each in summary.absent} == expected
    why = {each.code: each.why for each in summary.absent}
    assert {code for code, reason in why.items() if reason == "conflict"} == {
        each.unit for each in truth.files if each.status == "conflict"
    }


def check_groups(truth: Truth, summary: Summary) -> None:
    positions = {group.code: g for g, group in enumerate(summary.groups)}
    totals = summary.totals
    compared = 0
    for row in truth.groups:
        node, g = summary.rulebook.by_id.get(row.criterion), positions[row.group]
        if node is None:
            continue
        counts = [row.exceeded, row.met, row.not_met, row.not_assessed, row.no_data, row.not_applicable]
        assert totals.counts[node.index, g].tolist() == counts, row
        assert len(summary.groups[g].members) == row.units
        if not np.isnan(totals.numerator[node.index, g]) and row.denominator:
            assert totals.numerator[node.index, g] == pytest.approx(float(row.numerator), rel=1e-12), row
            assert totals.denominator[node.index, g] == pytest.approx(float(row.denominator), rel=1e-12), row
            compared += 1
    assert compared > len(summary.groups)


def check_all(truth: Truth, summary: Summary) -> None:
    check_files(truth, summary)
    check_verdicts(truth, summary)
    check_absent(truth, summary)
    check_groups(truth, summary)


def test_a_small_folder(tmp_path: Path) -> None:
    truth = make(tmp_path / "nop", 24, broken=0.2, kinds=None)
    check_all(truth, aggregate(truth, words=False))


@pytest.mark.slow
@pytest.mark.parametrize("period", ["2024-h1", "2025"])
def test_a_thousand_workbooks_of_which_a_twentieth_is_broken(tmp_path: Path, period: str) -> None:
    truth = make(tmp_path / "nop", 1000 if period == "2024-h1" else 200, period=period)
    kinds = defaultdict(int)
    for each in truth.files:
        if each.status not in ("ok", "not-sent"):
            kinds[each.kind] += 1
    assert len(kinds) >= 20 or period != "2024-h1"
    check_all(truth, aggregate(truth))


@pytest.mark.slow
def test_in_any_order_with_any_number_of_jobs_the_same_to_the_byte(tmp_path: Path) -> None:
    truth = make(tmp_path / "nop", 150, zipped=False)
    expected = aggregate(truth, jobs=1).draw(str(tmp_path))
    files = [path for path in truth.workbooks.rglob("*") if path.is_file()]
    for jobs in (2, 7):
        random.Random(jobs).shuffle(files)
        summary = nhiemvu.aggregate(files, truth.rulebook, units=truth.units, jobs=jobs)
        assert summary.draw(str(tmp_path)) == expected
    moved = tmp_path / "chỗ khác"
    shutil.copytree(truth.workbooks, moved / "so")
    again = nhiemvu.aggregate(moved / "so", truth.rulebook, units=truth.units, jobs=2)
    assert again.draw(str(moved)) == aggregate(truth, jobs=2).draw(str(truth.folder))


@pytest.mark.slow
def test_trends_survive_the_reform_of_july_2025(tmp_path: Path) -> None:
    before = make(tmp_path / "truoc", 120, period="2025-h1", broken=0.0)
    after = make(tmp_path / "sau", 120, period="2025-h2", broken=0.0)
    units = read_units(after.units)
    with nhiemvu.open_store(tmp_path / "kho.db") as store:
        assert not keep(store, aggregate(before))
        summary = aggregate(after)
        [past] = look_back(store, summary, units)
    assert past.end == dt.date(2025, 6, 30)
    origins = units.origins(dt.date(2025, 5, 30), dt.date(2025, 12, 15))
    rows = {(row.unit, row.criterion): row for row in before.rows}
    node = summary.rulebook.by_id["17.2"]
    merged = compared = 0
    for at, unit in enumerate(summary.units):
        parts = [(share, rows.get((code, node.id))) for code, share in origins[unit.code].items()]
        if any(row is None or row.numerator is None or not row.denominator for _, row in parts):
            continue
        top, bottom = (sum(share * getattr(row, side) for share, row in parts) for side in ("numerator", "denominator"))
        assert past.value[node.index, at] == pytest.approx(float(top / bottom)), unit.code
        verdicts = {row.verdict for _, row in parts if row is not None}
        if len(parts) == 1:
            assert str(list(Verdict)[past.verdict[node.index, at]]) == verdicts.pop()
        merged += len(parts) > 1
        compared += 1
    assert compared > 5
    assert merged > 2
