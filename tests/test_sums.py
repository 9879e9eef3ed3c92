"""Rows that sum up the others are not counted twice: left out where name and figures say so, else told."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import pytest
from conftest import write_book

import nhiemvu

RULES = """
rulebook: thu
title: Thử
tables:
  t: {sheet: Hộ, columns: {name: {headings: [Thôn], type: text}, ho: Số hộ, ngheo: Hộ nghèo}}
criteria:
  - {id: "1", name: Hộ, unit: hộ, measure: sum(t.ho), targets: [{meets: "≤ 30"}]}
"""
LINES = [("Nà Tèn", 10, 1), ("Co Riềng", 12, 2), ("Tồng Riền", 5, None)]


def evaluate(folder: Path, lines: Sequence[Sequence[object]]) -> tuple[float, list[tuple[str, str | None]]]:
    (folder / "thu.yaml").write_text(RULES, encoding="utf-8")
    write_book(folder / "so.xlsx", "Hộ", [("Thôn", "Số hộ", "Hộ nghèo"), *lines])
    evaluation = nhiemvu.evaluate(folder / "so.xlsx", folder / "thu.yaml")
    return evaluation.frame.value[0], [(each.severity, each.place.cell) for each in evaluation.find_problems()]


@pytest.mark.parametrize(
    "name", ["Toàn xã", "TỔNG THU", "Tổng các thôn", "Cộng (A+B)", "Tổng cộng các nguồn:", "Chung"]
)
@pytest.mark.parametrize("first", [True, False])
def test_a_row_that_is_named_like_a_sum_and_is_one_is_left_out(tmp_path: Path, name: str, first: bool) -> None:
    total = [(name, 27, 3)]
    value, said = evaluate(tmp_path, total + LINES if first else LINES + total)
    assert (value, said) == (27, [("note", "A2" if first else "A5")])


@pytest.mark.parametrize(
    ("more", "value", "told"),
    [
        ([("Nà Va", 27, 3)], 54, ["A5"]),  # a sum by its figures alone
        ([("Tổng thu", 30, 3)], 57, ["A5"]),  # by its name alone
        ([("Tổng thu", 27, 4)], 54, ["A5"]),
        ([("Nà Va", 27, 4)], 54, []),
        ([("Nà Va", 3, 3)], 30, []),
    ],
)
def test_a_row_that_may_be_a_sum_is_told(
    tmp_path: Path, more: list[tuple[str, float, float]], value: float, told: list[str]
) -> None:
    assert evaluate(tmp_path, LINES + more) == (value, [("warning", cell) for cell in told])


def test_groups_with_their_members_are_told(tmp_path: Path) -> None:
    groups = [("Cụm 1", 22, 3), *LINES[:2], ("Cụm 2", 5, 2), ("Tồng Riền", 2, 1), ("Nà Va", 3, 1)]
    assert evaluate(tmp_path, groups) == (54, [("warning", "A2"), ("warning", "A5")])


def test_two_equal_rows_are_no_group(tmp_path: Path) -> None:
    assert evaluate(tmp_path, [("A", 10, 3), ("B", 10, 3), ("C", 0, 0)]) == (20, [])
    assert evaluate(tmp_path, [("A", 5, 1), ("B", 5, 1), ("C", 4, 2), ("D", 4, 2)]) == (18, [])


def test_a_note_between_the_lines_is_no_line(tmp_path: Path) -> None:
    assert evaluate(tmp_path, [LINES[0], ("(Ghi chú: đã rà soát)",), *LINES[1:]]) == (27, [])


@pytest.mark.parametrize(
    ("lines", "value", "told"),
    [
        # «Trong đó» alone in its row, then dashes
        ([("A", 10, 3), ("Trong đó:",), ("- vốn TW", 6, 1), ("- vốn tỉnh", 3, 1), ("B", 2, 1)], 12, [("note", "A4")]),
        # or no dashes, but figures that add up
        ([("A", 10, 3), ("Trong đó:",), ("vốn TW", 6, 1), ("vốn tỉnh", 4, 2), ("B", 2, 1)], 12, [("note", "A4")]),
        ([("A", 10, 3), ("Trong đó:",), ("vốn TW", 6, 1), ("vốn tỉnh", 3, 2), ("B", 2, 1)], 21, [("warning", "A4")]),
        # dashes alone: parts where they add up, lines where they do not
        ([("A", 10, 3), ("- vốn TW", 6, 1), ("- vốn tỉnh", 4, 2), ("B", 2, 1)], 12, [("note", "A3")]),
        ([("A", 10, 3), ("- vốn TW", 6, 1), ("- vốn tỉnh", 3, 2), ("B", 2, 1)], 21, []),
        # every line has a dash: what stands under «Trong đó» has another
        ([("- A", 10, 3), ("- Trong đó: vốn TW", 6, 1), ("+ vốn tỉnh", 3, 1), ("- B", 2, 1)], 12, [("note", "A3")]),
        # the parts of what has no figure of its own are all that there is
        ([("A",), ("Trong đó:",), ("- vốn TW", 6, 1), ("- vốn tỉnh", 3, 1)], None, [("error", "B2")]),
    ],
)  # fmt: skip
def test_parts_of_the_row_above_are_no_lines(
    tmp_path: Path, lines: Sequence[Sequence[object]], value: float | None, told: list[tuple[str, str]]
) -> None:
    found, said = evaluate(tmp_path, lines)
    assert (None if math.isnan(found) else found, said) == (value, told)


@pytest.mark.parametrize("name", ["Cộng đồng", "Chung cư", "Tổng hợp", "Tổng công ty", "TCVN", "Chungking"])
def test_words_that_only_begin_like_a_sum_are_no_sums(tmp_path: Path, name: str) -> None:
    assert evaluate(tmp_path, [*LINES, (name, 7, 1)]) == (34, [])
