"""Rows and lines with figures that no rule takes are told with their cell, and what they may have meant."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from conftest import write_book

import nhiemvu

RULES = """
rulebook: thu
title: Thử
includes: [bo-cuc-chuan]
tables:
  von:
    sheet: Vốn
    optional: true
    columns:
      nguon: {headings: [Nguồn vốn], type: text}
      ke_hoach: {headings: [Kế hoạch]}
criteria:
  - {id: "1.1", name: Số lao động được đào tạo, unit: người, targets: [{meets: "≥ 100"}]}
  - {id: "1.2", name: Mô hình tự quản, unit: mô hình, targets: [{meets: "≥ 2"}]}
  - {id: "2", name: Vốn tỉnh, measure: 'sum(von.ke_hoach, where von.nguon = "Tỉnh")', targets: [{meets: "≥ 3"}]}
"""
HEADER = ["Mã", "Nội dung", "ĐVT", "Kết quả", "Tự đánh giá"]


def evaluate(path: Path, sheet: str, lines: Sequence[Sequence[object]]) -> nhiemvu.Evaluation:
    rules = path / "thu.yaml"
    rules.write_text(RULES, encoding="utf-8")
    write_book(path / "so.xlsx", sheet, lines)
    return nhiemvu.evaluate(path / "so.xlsx", rules)


def told(evaluation: nhiemvu.Evaluation, code: str) -> list[tuple[str, str]]:
    return [(each.place.cell, each.text) for each in evaluation.find_problems() if each.code == code]


def test_a_row_without_a_code_whose_name_is_nearly_a_criterion_s_is_told(tmp_path: Path) -> None:
    lines = [HEADER, [None, "Lao động được đào tạo", "người", 120], [None, "Ghi gì đó", None, 7]]
    found = told(evaluate(tmp_path, "Kết quả", lines), "unknown-name")
    assert [cell for cell, _ in found] == ["B2"]
    assert "1.1 «Số lao động được đào tạo»" in found[0][1]


def test_a_row_with_one_criterion_s_code_and_the_name_of_another_is_not_used(tmp_path: Path) -> None:
    lines = [HEADER, ["1.1", "Mô hình tự quản", None, 120], ["1.2", "Mô hình tự quản ở thôn", None, 3]]
    evaluation = evaluate(tmp_path, "Kết quả", lines)
    verdicts = evaluation.frame.set_index("id").verdict
    assert (verdicts["1.1"], verdicts["1.2"]) == ("no_data", "met")
    found = told(evaluation, "code-against-name")
    assert [cell for cell, _ in found] == ["A2"]
    assert "mã 1.1 nhưng tên là của 1.2" in found[0][1]


@pytest.mark.parametrize(
    ("typed", "verdict", "code"),
    [(None, "no_data", "condition-blank"), ("Tinh", "not_met", "condition-misspelt"), ("TỈNH", "met", ""),
     ("Huyện", "not_met", "")],
)  # fmt: skip
def test_a_line_that_no_condition_takes_is_told(tmp_path: Path, typed: str | None, verdict: str, code: str) -> None:
    evaluation = evaluate(tmp_path, "Vốn", [["Nguồn vốn", "Kế hoạch"], ["Tỉnh", 2], [typed, 1], [None, None]])
    assert evaluation.frame.set_index("id").verdict["2"] == verdict
    doubts = [(each.code, each.place.cell) for each in evaluation.find_problems() if each.place.cell]
    assert doubts == ([(code, "A3")] if code else [])


@pytest.mark.parametrize(
    ("measure", "values"),
    [
        # of the lines (Tỉnh, 2, 2), (blank, 1, 1), (Huyện, blank, 3), (blank, 0, blank), (heading: nothing)
        ('sum(von.a, where von.nguon = "Tỉnh")', None),
        ('sum(von.a, where von.nguon != "Huyện")', None),
        ('sum(von.a, where von.nguon != "")', None),
        ('sum(von.b, where von.nguon != "")', 5),
        ('sum(von.a, where von.nguon = "Tỉnh" and von.nguon != "")', 2),
        ('sum(von.a, where von.nguon = "Tỉnh" or von.a = 1)', 3),
        ('sum(von.b, where von.nguon = "Tỉnh" or von.nguon = "Huyện")', None),
        ('sum(von.b, where von.nguon = "Tỉnh" and von.b > 2)', 0),
        ("sum(von.b, where von.a > 1)", None),
        ("sum(von.a, where von.a > 1)", 2),
        ("count(von.a, where von.a >= 0)", 3),
        ('count(von.a, where von.nguon = "Huyện" or von.nguon = "")', None),
        ('count(von.b, where von.nguon = "")', None),
        ('min(von.a, where von.nguon = "Tỉnh" and von.nguon != "")', 2),
        ('min(von.a, where von.nguon = "Tỉnh")', None),
        ('max(von.b, where von.a != 1 and von.nguon != "")', None),
    ],
)
def test_what_a_condition_on_a_blank_decides_is_unknown(tmp_path: Path, measure: str, values: float | None) -> None:
    rules = f"""
rulebook: thu
title: Thử
tables:
  von:
    sheet: Vốn
    columns: {{nguon: {{headings: [Nguồn], type: text}}, a: [A], b: [B]}}
criteria:
  - {{id: "1", name: Thử, measure: '{measure}', targets: [{{meets: "≥ 0"}}]}}
"""
    (tmp_path / "thu.yaml").write_text(rules, encoding="utf-8")
    write_book(
        tmp_path / "so.xlsx",
        "Vốn",
        (["Nguồn", "A", "B"], ["Tỉnh", 2, 2], [None, 1, 1], ["Huyện", None, 3], [None, 0, None]),
    )
    evaluation = nhiemvu.evaluate(tmp_path / "so.xlsx", tmp_path / "thu.yaml")
    assert list(evaluation.frame.value.dropna()) == ([] if values is None else [values])
    assert evaluation.frame.verdict[0] == ("no_data" if values is None else "met")


def test_the_cells_without_which_a_measure_has_no_value_are_named(tmp_path: Path) -> None:
    lines = [["Nguồn vốn", "Kế hoạch"], ["Tỉnh", 2], ["Tỉnh", None], ["Huyện", None], ["Tỉnh", None]]
    evaluation = evaluate(tmp_path, "Vốn", lines)
    row = evaluation.frame.set_index("id").loc["2"]
    assert row.verdict == "no_data"
    (found,) = [each for each in evaluation.find_problems() if each.criterion == "2"]
    assert (found.place.sheet, found.place.cell) == ("Vốn", "B3")
    assert "Vốn!B3, Vốn!B5;" in found.text


def test_our_own_sheets_are_no_sheets_of_the_workbook_s(tmp_path: Path) -> None:
    rules = tmp_path / "b.yaml"
    rules.write_text(
        """
rulebook: b
title: Thử
tables:
  kq:
    kind: results
    columns:
      id: {headings: [Mã], type: text}
      name: {headings: [Nội dung], type: text}
      value: [Kết quả]
      declared: {headings: [Tự đánh giá], type: verdict}
criteria: [{id: "1", name: Thu ngân sách, unit: triệu đồng, targets: [{meets: "≥ 100"}]}]
""",
        encoding="utf-8",
    )
    write_book(tmp_path / "so.xlsx", "S", (HEADER, ["1", "Thu ngân sách", "triệu đồng", 120, "Đạt"]))
    first = nhiemvu.evaluate(tmp_path / "so.xlsx", rules)
    first.write(tmp_path / "so.xlsx")
    again = nhiemvu.evaluate(tmp_path / "so.xlsx", rules)  # the sheet that we wrote has these headings, too
    assert again.frame.equals(first.frame)
    written = (tmp_path / "so.xlsx").read_bytes()
    again.write(tmp_path / "so.xlsx")
    assert (tmp_path / "so.xlsx").read_bytes() == written


def test_several_figures_in_one_cell_are_told_as_such(tmp_path: Path) -> None:
    evaluation = evaluate(
        tmp_path, "Kết quả", [HEADER, ["1.1", "Số lao động được đào tạo", "người", "12 người; 30 người"]]
    )
    found = told(evaluation, "several-figures")
    assert [cell for cell, _ in found] == ["D2"]
    assert "«12 người; 30 người»" in found[0][1]
