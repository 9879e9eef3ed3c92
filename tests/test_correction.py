"""What a corrected workbook changed against the one sent before: every change with its cell, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner
from communes import make, put
from conftest import EXAMPLE

from nhiemvu.cli import commands
from nhiemvu.correction import compare_workbooks
from nhiemvu.errors import WorkbookError
from nhiemvu.report.correction import tell_correction

RULES = """
rulebook: thu
title: Thử
includes: [bo-cuc-chuan]
tables:
  chi:
    sheet: Chi
    columns: {name: {headings: [Tên], type: text}, xong: Xong, tat_ca: Tất cả}
criteria:
  - {id: a, name: Đường, unit: km, targets: [{meets: "≥ 5"}]}
  - {id: b, name: Chi, unit: "%", measure: sum(chi.xong) / sum(chi.tat_ca), each: chi, targets: [{meets: "≥ 50%"}]}
"""


def write(path: Path, own: list[object], lines: list[tuple[str, int, int]]) -> Path:
    book = openpyxl.Workbook()
    results, chi = book.active, book.create_sheet("Chi")
    results.title = "Kết quả"
    for row in (["Mã", "Nội dung", "ĐVT", "Kết quả", "Tự đánh giá", "Diễn giải"], ["a", "Đường", "km", *own]):
        results.append(row)
    for line in [("Tên", "Xong", "Tất cả"), *lines]:
        chi.append(line)
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("own", "lines", "changes"),
    [
        ([4, "Chưa đạt", "Mới làm"], [("x", 6, 10), ("y", 2, 10)], []),
        ([5, "Chưa đạt", "Mới làm"], [("x", 6, 10), ("y", 2, 10)],
         [("a", "verdict", "Chưa đạt", "Đạt"), ("a", "figures", "4 km", "5 km")]),
        ([4, "Đạt", "Đã làm"], [("x", 6, 10), ("y", 2, 10)],
         [("a", "declared", "Chưa đạt", "Đạt"), ("a", "narrative", "Mới làm", "Đã làm")]),
        ([None, None, "Mới làm"], [("x", 6, 10), ("y", 2, 10)],
         [("a", "verdict", "Chưa đạt", "Thiếu số liệu"), ("a", "figures", "4 km", ""),
          ("a", "declared", "Chưa đạt", "")]),
        # a line that is put between others is one change, and none of those below it
        ([4, "Chưa đạt", "Mới làm"], [("x", 6, 10), ("w", 5, 5), ("y", 2, 10)],
         [("b", "verdict", "Chưa đạt", "Đạt"), ("b", "figures", "8 / 20 = 40%", "13 / 25 = 52%"),
          ("b.2", "row", "", "5 / 5 = 100%: Đạt")]),
        ([4, "Chưa đạt", "Mới làm"], [("y", 2, 10)],
         [("b", "figures", "8 / 20 = 40%", "2 / 10 = 20%"), ("b.1", "row", "6 / 10 = 60%: Đạt", "")]),
    ],
)  # fmt: skip
def test_every_change_is_told_and_nothing_else(tmp_path, own, lines, changes):
    rules = tmp_path / "thu.yaml"
    rules.write_text(RULES, encoding="utf-8")
    old = write(tmp_path / "cu.xlsx", [4, "Chưa đạt", "Mới làm"], [("x", 6, 10), ("y", 2, 10)])
    new = write(tmp_path / "moi.xlsx", own, lines)
    found = compare_workbooks(old, new, rules).changes
    assert [(each.id, each.what, each.old, each.new) for each in found if each.id] == changes


def test_a_workbook_does_not_differ_from_itself():
    assert compare_workbooks(EXAMPLE, EXAMPLE).changes == ()


def test_both_are_judged_by_the_rulebook_of_the_later_one_and_the_cell_is_told(tmp_path):
    old, new = put(tmp_path, "cu.xlsx", make()), put(tmp_path, "moi.xlsx", make(texts={"11/70 ha": "61/70 ha"}))
    done = CliRunner().invoke(commands, ["compare", str(old), str(new)])
    assert done.exit_code == 0, done.output
    assert "Xã Hải Yến · 6 tháng đầu năm 2024: cu.xlsx → moi.xlsx" in done.output
    assert "Số liệu: 11 / 70 = 15,71% → 61 / 70 = 87,14%  (Kết quả!E51)" in done.output
    assert "1 tiêu chí, dòng khác nhau: 0 đổi kết luận, 1 đổi số liệu" in done.output
    document = json.loads(CliRunner().invoke(commands, ["compare", str(old), str(new), "--json"]).output)
    assert document["new"]["file"] == "moi.xlsx"
    assert [(each["id"], each["what"]) for each in document["changes"]] == [("1.4.3.1", "figures")]


def test_workbooks_of_two_units_are_not_compared(tmp_path):
    old, new = put(tmp_path, "cu.xlsx", make()), put(tmp_path, "moi.xlsx", make("A2", "Xã Công Sơn"))
    with pytest.raises(WorkbookError, match=r"A1 Xã Hải Yến và A2 Xã Công Sơn") as error:
        compare_workbooks(old, new)
    assert [problem.code for problem in error.value.problems] == ["other-unit"]


def test_a_grade_that_another_figure_earns_is_told(tmp_path):
    rules = tmp_path / "thu.yaml"
    rules.write_text(
        """rulebook: thu
title: Thử
includes: [bo-cuc-chuan]
criteria:
  - id: g
    name: Xếp loại xã
    roll_up: {points: "≥ 50%"}
    grades: [{grade: Tốt, meets: "≥ 80%"}, {grade: Kém, otherwise: true}]
    children: [{id: a, name: Đường, unit: km, max_points: 10, targets: [{meets: "≥ 5"}]}]
""",
        encoding="utf-8",
    )
    old, new = (write(tmp_path / f"{km}.xlsx", [km, None, None], []) for km in (4, 5))
    found = compare_workbooks(old, new, rules)
    assert [(each.id, each.old, each.new) for each in found.changes if each.what == "grade"] == [("g", "Kém", "Tốt")]
    assert "     Xếp loại: Kém → Tốt" in list(tell_correction(found))
