"""The form that the project began with: all 67 rows, and every disagreement that it holds, through the command line."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from conftest import EXAMPLE

import nhiemvu

GOLDEN = list(
    csv.DictReader((Path(__file__).parent / "data" / "golden_hai_yen.csv").read_text(encoding="utf-8").splitlines())
)


@cache
def printed() -> dict:
    done = subprocess.run(
        [sys.executable, "-m", "nhiemvu", "evaluate", str(EXAMPLE), "--json"], capture_output=True, check=False
    )
    assert done.returncode == 1, done.stderr.decode()  # evaluated, and some criteria lack figures
    (unit,) = json.loads(done.stdout)["units"]
    return unit


def test_there_are_67_rows():
    assert len(GOLDEN) == 67
    assert [row["ma"] for row in GOLDEN] == [each["id"] for each in printed()["criteria"]]


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: row["ma"])
def test_row(row):
    found = next(each for each in printed()["criteria"] if each["id"] == row["ma"])
    assert (found["verdict"], found["basis"], found["declared"]) == (row["ket_luan"], row["can_cu"], row["tu_danh_gia"])
    assert found["reason"]


SAYS = {
    ("1", "heading-count"): ("05 chưa đạt", "04 chưa đạt"),
    ("3", "heading-count"): ("02 chưa đạt", "01 chưa đạt (3.2), 01 chưa đánh giá (3.1)"),
    ("1.3.4", "declared-against-computed"): ("Đạt", "Chưa đạt"),
    ("1.4", "declared-against-computed"): ("Chưa đạt", "Thiếu số liệu"),
    ("1.4.3", "declared-against-computed"): ("Đạt", "Thiếu số liệu"),
    ("3.2", "declared-against-computed"): ("Chưa đánh giá", "Chưa đạt"),
    ("18.7", "facts-disagree"): ("424", "421 (mục 3.2.1)"),
}


@pytest.mark.parametrize(
    ("key", "words"), SAYS.items(), ids=lambda each: "-".join(each) if isinstance(each, tuple) else ""
)
def test_disagreement(key, words):
    found = [
        each for each in printed()["discrepancies"] if (each["id"], each["kind"]) == key and each["severity"] == "error"
    ]
    assert len(found) == 1
    assert words[0] in found[0]["says"]
    assert words[1] in found[0]["follows"]
    assert found[0]["place"].startswith("Kết quả!")


def test_no_other_disagreement_is_invented():
    assert {(each["id"], each["kind"]) for each in printed()["discrepancies"] if each["severity"] == "error"} == set(
        SAYS
    )


def test_percentages_that_were_cut_are_accepted_and_said():
    notes = [each for each in printed()["discrepancies"] if each["kind"] == "stated-percentage"]
    assert [("96,4" in each["says"], "93,3" in each["says"], each["severity"]) for each in notes] == [
        (True, False, "note"),
        (False, True, "note"),
    ]


def test_the_reason_is_a_sentence_with_the_figures_and_what_is_missing():
    frame = nhiemvu.evaluate(EXAMPLE).frame.set_index("id")
    assert frame.reason["1.1.2"] == "72.225.000 / 883.700.000 = 8,17%, chưa đạt 100%; còn thiếu 811.475.000 đ."
    assert frame.needed["1.1.2"] == 811_475_000
    assert frame.value["18.2"] == 70
    assert frame.target["1.1.2"] == "100% (đến 31/1/2025)"


def test_the_outlook_counts_149_of_366_days():
    rows = {row.id: row for row in nhiemvu.evaluate(EXAMPLE).rows()}
    assert rows["1.1.1"].outlook == "at_risk"
    assert "149/366 ngày" in rows["1.1.1"].outlook_reason
    assert rows["1.1.2"].outlook == "alarm"


def test_frame_has_the_promised_columns():
    columns = (
        "unit id parent level name unit_of_measure target value numerator denominator "
        "verdict basis declared reason outlook needed source place"
    )
    assert list(nhiemvu.evaluate(EXAMPLE).frame.columns) == columns.split()
