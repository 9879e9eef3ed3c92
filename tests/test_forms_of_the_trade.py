"""Shapes of tables met in reports of communes, each as the smallest sheet that shows it: what is read of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from openpyxl import Workbook

import nhiemvu
from nhiemvu.rules.load import load_rulebook
from nhiemvu.rules.models import Table
from nhiemvu.survey.draft import draft_rulebook
from nhiemvu.survey.inspect import inspect_book
from nhiemvu.workbook.book import Book, open_book
from nhiemvu.workbook.read import read_workbook
from nhiemvu.workbook.tables import Reading

Grid = Sequence[Sequence[object]]
LEFT, UP = "<", "^"  # a cell that is merged with the one to its left, or above it


def lay_out(folder: Path, *grids: Grid, names: Sequence[str] = ("S",), first: int = 1) -> Path:
    """A workbook of one sheet a grid."""
    book = Workbook()
    book.remove(book.active)
    for name, grid in zip(names, grids, strict=True):
        sheet = book.create_sheet(name)
        for i, line in enumerate(grid):
            for j, value in enumerate(line):
                if value in (None, LEFT, UP):
                    continue
                sheet.cell(first + i, 1 + j, value)
                right, down = j, i
                while right + 1 < len(line) and line[right + 1] == LEFT:
                    right += 1
                while down + 1 < len(grid) and j < len(grid[down + 1]) and grid[down + 1][j] == UP:
                    down += 1
                if (right, down) != (j, i):
                    area = {"start_row": first + i, "end_row": first + down, "start_column": 1 + j}
                    sheet.merge_cells(**area, end_column=1 + right)
    book.save(folder / "so.xlsx")
    return folder / "so.xlsx"


def read(folder: Path, grid: Grid, **tables: dict[str, Any]) -> Reading:
    path = lay_out(folder, grid)
    return read_workbook(path, {name: Table.model_validate(each) for name, each in tables.items()}, {})


def text(*headings: str) -> dict[str, object]:
    return {"headings": [*headings], "type": "text"}


def evaluate(folder: Path, grid: Grid, tables: str, quy: float = 0, **measures: str) -> nhiemvu.Evaluation:
    """Each measure is «expression, unit, target»; criteria are known by their keywords. The fact «quy» is in đồng."""
    criteria = []
    for name, each in measures.items():
        measure, unit, target = each.rsplit(", ", 2)
        criteria.append({"id": name, "name": name, "unit": unit, "measure": measure, "targets": [{"meets": target}]})
    rules = {"rulebook": "thu", "title": "Thử", "tables": yaml.safe_load(tables), "criteria": criteria}
    if quy:
        rules["facts"] = {"quy": {"label": "Quỹ", "unit": "đồng"}}
        rules["tables"]["f"] = yaml.safe_load(
            "{kind: facts, sheet: F, columns: {label: {headings: [Tên], type: text}, value: Giá trị}}"
        )
    (folder / "thu.yaml").write_text(yaml.safe_dump(rules, allow_unicode=True), encoding="utf-8")
    sheets = {"S": grid, "F": [["Tên", "Giá trị"], ["Quỹ", quy]]}
    return nhiemvu.evaluate(lay_out(folder, *sheets.values(), names=[*sheets]), folder / "thu.yaml")


# --- rows that number the columns ---------------------------------------------------------------------------------

THREE = {"columns": {"tt": text("TT"), "name": text("Lĩnh vực"), "so": "Tổng số", "han": "Đúng hạn"}}


@pytest.mark.parametrize(
    "marks",
    [
        ["(1)", "(2)", "(3)=(4)+(5)", "(4)"],
        ["(1)", "(2)", "(3) = (4) + (5) + (6) + (7) + (8) + (9) + (10)", "(4)"],
        ["(1)", "(2)", "(3)", "(5)"],  # one was forgotten
        ["a", "b", 1, "2=1/3"],
        ["A", "B", "[1]", "[2]"],
        [1, 2, 3, "4 (=3/2)"],
        ["A", "B", 1, "(2)/(1)"],
    ],
)
def test_a_row_that_numbers_the_columns_is_no_line(tmp_path: Path, marks: list[object]) -> None:
    grid = [["TT", "Lĩnh vực", "Tổng số", "Đúng hạn"], marks, [1, "Hộ tịch", 120, 117], [2, "Đất đai", 22, 12]]
    reading = read(tmp_path, grid, t=THREE)
    assert reading.tables["t"].columns["so"] == [120, 22]
    assert reading.problems == []


@pytest.mark.parametrize("line", [[1, "2", 3, 5], [1, "2/4", 2, 3], ["(1)", "Hộ tịch", "(3)", "(4)"]])
def test_a_line_of_figures_is_no_such_row(tmp_path: Path, line: list[object]) -> None:
    reading = read(tmp_path, [["TT", "Lĩnh vực", "Tổng số", "Đúng hạn"], line], t=THREE)
    assert len(reading.tables["t"]) == 1


# --- headings -----------------------------------------------------------------------------------------------------


def test_years_and_months_are_headings_although_they_are_numbers(tmp_path: Path) -> None:
    grid = [
        ["TT", "Chỉ tiêu", "Thực hiện", LEFT, LEFT, "Mục tiêu", LEFT],
        [UP, UP, 2022, 2023, 2024, 2025, 2030],
        [1, "Thu ngân sách", 1, 2023, 2024, 6, 7],
    ]
    columns = {"name": text("Chỉ tiêu"), "nay": "Thực hiện > 2024", "sau": "Mục tiêu > 2030"}
    assert read(tmp_path, grid, t={"columns": columns}).tables["t"].columns["nay"] == [2024]
    flat = [["TT", "Chỉ tiêu", 2023, 2024], [1, "Thu ngân sách", 5, 6]]
    assert read(tmp_path, flat, t={"columns": {"name": text("Chỉ tiêu"), "nay": "2024"}}).tables["t"].columns == {
        "name": ["Thu ngân sách"],
        "nay": [6],
    }
    months = [["Nội dung", "Tháng", LEFT, LEFT, "Cộng"], [UP, 1, 2, 3, UP], ["Khám thai", 3, 2, None, 5]]
    columns = {"name": text("Nội dung"), "t2": "Tháng > 2", "t3": "Tháng > 3", "cong": "Cộng"}
    found = read(tmp_path, months, t={"columns": columns}).tables["t"].columns
    assert (found["t2"], found["t3"], found["cong"]) == ([2], [None], [5])


@pytest.mark.parametrize("heading", ["Số giấy đã cấp(*)", "Số giấy đã cấp *", "Số giấy đã cấp\n(**)"])
def test_the_mark_of_a_note_is_no_part_of_a_heading(tmp_path: Path, heading: str) -> None:
    reading = read(tmp_path, [["Loại đất", heading], ["Đất ở", 5]], t={"columns": {"so": "Số giấy đã cấp"}})
    assert reading.tables["t"].columns["so"] == [5]


# --- pages, and tables side by side -------------------------------------------------------------------------------

HEADER = ["TT", "Công trình", "Kế hoạch"]
PAGES = [["DANH MỤC"], HEADER, [1, "Đường", 5], [2, "Cầu", 6], [None, "Cộng trang 1", 11], [], HEADER, [1, 2, 3],
         [None, "Mang sang", 11], [3, "Trường", 7], [4, "Chợ", 8], [None, "Cộng trang 2", 26],
         [None, "Tổng cộng (bằng chữ: hai mươi sáu)", 26]]  # fmt: skip
WORKS = {"sheet": ["S"], "columns": {"tt": text("TT"), "name": text("Công trình"), "kh": "Kế hoạch"}}


@pytest.mark.parametrize("more", [{}, {"title": ["Danh mục"]}, {"nth": 1}, {"nth": "all"}])
def test_a_header_that_a_page_repeats_begins_no_other_table(tmp_path: Path, more: dict[str, object]) -> None:
    reading = read(tmp_path, PAGES, t={**WORKS, **more})
    assert reading.tables["t"].columns["kh"] == [5, 6, 7, 8]
    assert {problem.code for problem in reading.problems} == {"sum-of-rows"}


def test_a_table_that_counts_from_one_again_is_another(tmp_path: Path) -> None:
    reading = read(tmp_path, [HEADER, [1, "Đường", 5], HEADER, [1, "Cầu", 6]], t=WORKS)
    assert [problem.code for problem in reading.problems] == ["several-tables"]
    assert "nth: all" in reading.problems[0].text


def test_tables_side_by_side_leave_each_other_alone(tmp_path: Path) -> None:
    grid = [
        ["TT", "Trường", "Số lớp", None, "TT", "Tổ chức", "Hội viên"],
        [1, "Mầm non", 9, None, 1, "Nông dân", 410],
        [2, "Tiểu học", 12, None, 2, "Phụ nữ", 380],
        [None, "Cộng", 21, None, 3, "Thanh niên", 95],
        [None, None, None, None, 4, "Cựu chiến binh", 60],
    ]
    reading = read(
        tmp_path,
        grid,
        truong={"columns": {"tt": text("TT"), "name": text("Trường"), "so": "Số lớp"}},
        hoi={"columns": {"tt": text("TT"), "name": text("Tổ chức"), "so": "Hội viên"}},
    )
    assert {name: table.columns["so"] for name, table in reading.tables.items()} == {
        "truong": [9, 12],
        "hoi": [410, 380, 95, 60],
    }
    assert reading.tables["hoi"].columns["tt"] == ["1", "2", "3", "4"]
    assert reading.problems == []


def test_a_table_without_numbers_beside_another_keeps_all_of_its_lines(tmp_path: Path) -> None:
    grid = [
        ["TT", "Thôn", "Số hộ", None, "Tổ chức", "Hội viên"],
        [1, "Co Riềng", 10, None, "Nông dân", 40],
        [None, "Tổng số", 10, None, "Phụ nữ", 30],
        [None, None, None, None, "Cộng", 70],
    ]
    reading = read(tmp_path, grid, t={"columns": {"name": text("Tổ chức"), "so": "Hội viên"}})
    assert reading.tables["t"].columns["so"] == [40, 30]


@pytest.mark.parametrize(("title", "value"), [("1. Y tế", 5), ("2. Y tế", 6), ("Lao động", 7), ("3. Lao động", 7)])
def test_a_title_may_be_written_with_its_number(tmp_path: Path, title: str, value: float) -> None:
    grid = [["1. Y tế"], HEADER, [1, "A", 5], ["2. Y tế"], HEADER, [1, "B", 6], ["3. Lao động"], HEADER, [1, "C", 7]]
    reading = read(tmp_path, grid, t={**WORKS, "title": [title]})
    assert reading.tables["t"].columns["kh"] == [value]


# --- units of measure ---------------------------------------------------------------------------------------------

BARE = "t: {sheet: S, columns: {name: {headings: [Nội dung], type: text}, kh: Kế hoạch, th: Thực hiện}}"


def test_a_column_without_a_unit_is_in_that_of_its_criterion(tmp_path: Path) -> None:
    grid = [[None, None, "ĐVT: nghìn đồng"], ["Nội dung", "Kế hoạch", "Thực hiện"], ["Phí", 4000, 3000]]
    measures = {"a": "sum(t.th), triệu đồng, ≥ 3", "b": "sum(t.th) / sum(t.kh), %, ≥ 75%"}
    found = evaluate(tmp_path, grid, BARE, **measures, c="sum(t.kh), triệu đồng, < 5")
    assert found.frame.value.to_list() == [3, 0.75, 4]


def test_what_makes_a_share_together_is_in_one_unit(tmp_path: Path) -> None:
    grid = [["Nội dung", "Kế hoạch (m2)", "Thực hiện (m2)"], ["Đất ở", 40_000, 30_000]]
    rules = BARE.replace("kh: Kế hoạch", "kh: Kế hoạch (m2)")  # the unit may stand in the rulebook's heading, too
    found = evaluate(tmp_path, grid, rules, a="sum(t.th) / sum(t.kh), %, ≥ 75%", b="sum(t.th), ha, ≥ 3")
    assert found.frame.value.to_list() == [0.75, 3]


@pytest.mark.parametrize(
    ("measure", "value"),
    [
        ("sum(t.th), triệu đồng, ≥ 1", 5),
        ("sum(t.th) + sum(t.gom), triệu đồng, ≥ 1", 3.000005),  # beside đồng it is in đồng, as always
        ("sum(t.th + t.gom), triệu đồng, ≥ 1", 3.000005),
        ("sum(t.gom) / sum(t.th), %, ≥ 1%", 600_000),
        ("quy + sum(t.th), triệu đồng, ≥ 1", 2.000005),
        ("sum(t.th) * 2, triệu đồng, ≥ 1", 10),
    ],
)
def test_where_the_workbook_says_no_unit_figures_are_what_they_were(tmp_path: Path, measure: str, value: float) -> None:
    grid = [["Nội dung", "Gộp", "Thực hiện"], ["Phí", 3_000_000, 5], ["Quỹ", 0, 0]]
    rules = BARE.replace("kh: Kế hoạch", "gom: {headings: [Gộp], unit: đồng}")
    assert evaluate(tmp_path, grid, rules, quy=2_000_000, a=measure).frame.value.to_list() == [value]


def test_the_unit_of_a_table_and_that_of_a_heading_are_not_mixed(tmp_path: Path) -> None:
    grid = [[None, None, "ĐVT: 1000đ"], ["Nội dung", "Kế hoạch", "Thực hiện (đồng)"], ["Phí", 4000, 3_000_000]]
    found = evaluate(tmp_path, grid, BARE, a="sum(t.th) / sum(t.kh), %, ≥ 75%")
    assert found.frame.verdict.to_list() == ["no_data"]
    assert "units-mixed" in {problem.code for problem in found.find_problems()}
    found = evaluate(tmp_path, grid, BARE, a="sum(t.kh), triệu đồng, ≥ 4", b="sum(t.th), triệu đồng, ≥ 3")
    assert found.frame.value.to_list() == [4, 3]


def test_the_unit_of_a_heading_holds_for_those_under_it(tmp_path: Path) -> None:
    grid = [
        ["Nội dung", "Kinh phí (triệu đồng)", LEFT, LEFT],
        [UP, "Kế hoạch", "Thực hiện", "Tỷ lệ"],
        ["Phí", 4, 3, 75],
    ]
    rules = (
        "t: {sheet: S, unit: đồng, columns: {name: {headings: [Nội dung], type: text}, kh: Kinh phí > Kế hoạch, "
        "th: Thực hiện, tl: {headings: [Kinh phí (triệu đồng) > Tỷ lệ], type: percent}}}"
    )
    found = evaluate(
        tmp_path, grid, rules, a="sum(t.kh), đồng, ≥ 1", b="sum(t.th), tỷ đồng, ≥ 1", c="max(t.tl), %, ≥ 75%"
    )
    assert found.frame.value.to_list() == [4e6, 0.003, 0.75]
    assert [problem.code for problem in found.find_problems()] == []


@pytest.mark.parametrize("key", ["unit", "dvt"])
def test_a_row_of_per_cent_holds_shares_whatever_its_column_is_called(tmp_path: Path, key: str) -> None:
    grid = [["Nội dung", "ĐVT", "Thực hiện"], ["Tổng số hộ", "hộ", 237], ["Hộ thoát nghèo", "hộ", 8],
            ["Tỷ lệ hộ nghèo", "%", "4,23"]]  # fmt: skip
    rules = BARE.replace("kh: Kế hoạch", key + ": {headings: [ĐVT], type: text}")
    share = 'max(t.th, where t.name = "Tỷ lệ hộ nghèo"), %, ≤ 5%'
    found = evaluate(tmp_path, grid, rules, a=share, b='sum(t.th, where t.name = "Tổng số hộ"), hộ, ≥ 1')
    assert found.frame.value.to_list() == [0.0423, 237]
    assert found.frame.verdict.to_list() == ["met", "met"]
    assert found.find_problems() == []  # «Tổng số hộ» sums up no rows of other units


def test_a_line_of_units_may_say_what_is_in_which(tmp_path: Path) -> None:
    line = ["Đơn vị tính: Kế hoạch: ha; Thực hiện: triệu đồng"]
    grid = [line, ["Nội dung", "Kế hoạch", "Thực hiện"], ["Dồn điền", 17, 500]]
    found = evaluate(tmp_path, grid, BARE, a="sum(t.kh), m2, ≥ 1", b="sum(t.th), tỷ đồng, ≥ 1")
    assert found.frame.value.to_list() == [170_000, 0.5]


@pytest.mark.parametrize(
    ("heading", "unit"), [("Thực hiện", "triệu đồng"), ("Thực hiện (triệu đồng)", ""), ("Thực hiện", "")]
)
def test_a_unit_typed_behind_a_figure_is_that_of_the_figures_around_it(tmp_path: Path, heading: str, unit: str) -> None:
    line = [None, None, "" if unit or "(" in heading else "ĐVT: triệu đồng"]
    grid = [line, ["Nội dung", "ĐVT", heading], ["Phí", unit, 8], ["Quỹ", unit, "7.500.000 đồng"]]
    reading = read(tmp_path, grid, t={"columns": {"name": text("Nội dung"), "th": "Thực hiện"}})
    assert (reading.tables["t"].columns["th"], reading.problems) == ([8, 7.5], [])


# --- totals -------------------------------------------------------------------------------------------------------


def test_a_total_is_told_by_what_adds_up_and_not_by_rates(tmp_path: Path) -> None:
    header = ["Thôn", "Diện tích (ha)", "Năng suất (tạ/ha)"]
    grid = [header, ["Co Riềng", 20, 48], ["Pác Bó", 15, 47], ["Nà Tèn", 25, 49], ["Toàn xã", 60, 48.2]]
    columns = {"name": text("Thôn"), "dt": "Diện tích", "ns": "Năng suất"}
    assert read(tmp_path, grid, t={"columns": columns}).tables["t"].columns["dt"] == [20, 15, 25]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ([None, "TỔNG CỘNG (A+B)", 11], []),
        ([None, "- Trong đó: vốn tỉnh", 5], []),
        ([None, "Tổng vệ sinh", 5], ["row-without-code"]),
        ([None, "Tổng diện tích gieo trồng cả năm", 5], ["row-without-code"]),
        ([None, "Kè suối", 5], ["row-without-code"]),
    ],
)
def test_a_total_needs_no_number_of_its_own(tmp_path: Path, line: list[object], said: list[str]) -> None:
    grid = [HEADER, [1, "Đường", 5], [2, "Cầu", 6], line]
    columns = {"tt": text("TT"), "ten": text("Công trình"), "kh": "Kế hoạch"}
    reading = read(tmp_path, grid, t={"columns": columns, "counted": {"tt": "1"}})
    assert reading.tables["t"].columns["kh"] == [5, 6]
    assert [problem.code for problem in reading.problems] == said


def test_a_rulebook_may_ask_for_facts_alone(tmp_path: Path) -> None:
    path = lay_out(tmp_path, [["Nội dung", "Số liệu"], ["Tổng số hộ", 424], ["Hộ dùng nước sạch", 318]])
    (tmp_path / "thu.yaml").write_text(
        "rulebook: thu\ntitle: Thử\nfacts: {ho: {label: Tổng số hộ}, sach: {label: Hộ dùng nước sạch}}\n"
        "tables: {f: {kind: facts, sheet: S, columns: {label: {headings: [Nội dung], type: text}, value: Số liệu}}}\n"
        'criteria: [{id: "1", unit: "%", measure: sach / ho, targets: [{meets: "≥ 75%"}]}]\n',
        encoding="utf-8",
    )
    assert nhiemvu.evaluate(path, tmp_path / "thu.yaml").frame.verdict.to_list() == ["met"]


# --- what is drafted and inspected --------------------------------------------------------------------------------


def draft(path: Path, folder: Path) -> dict[str, Table]:
    (folder / "nhap.yaml").write_text(draft_rulebook(open_book(path)), encoding="utf-8")
    return dict(load_rulebook(folder / "nhap.yaml").tables)


def open_grid(folder: Path, grid: Grid) -> Book:
    return open_book(lay_out(folder, grid))


def test_the_first_lines_of_a_body_are_no_headings(tmp_path: Path) -> None:
    grid = [
        ["TT", "Tên tiêu chí", "Nội dung", LEFT, "Kết quả", "Đánh giá"],
        [1, "Quy hoạch", "1.1", "Có quy hoạch chung", "Đạt", "Đạt"],
        [UP, UP, "1.2", "Có quy định quản lý", "Chưa ban hành", "Chưa đạt"],
        [2, "Giao thông", "2.1", "Đường xã", "12,5/12,5 km", "Đạt"],
        [UP, UP, "2.2", "Đường thôn", "78,4%", "Chưa đạt"],
    ]
    (table,) = inspect_book(open_grid(tmp_path, grid))["sheets"][0]["tables"]
    assert (table["header"], [each["heading"] for each in table["columns"]]) == (
        "A1:F1",
        ["TT", "Tên tiêu chí", "Nội dung", "Kết quả", "Đánh giá"],
    )


def test_what_is_drafted_of_years_shares_and_pages(tmp_path: Path) -> None:
    header = [["TT", "Nội dung", "Thu", LEFT, "So sánh (%)", LEFT], [UP, UP, 2023, 2024, "Huyện", "Xã"]]
    grid = [*header, [1, "Phí", 5, None, 98.5, 101], *header, [2, "Thuế", 6, None, 99, 102]]
    (table,) = draft(lay_out(tmp_path, grid), tmp_path).values()
    assert {key: (column.headings, column.type) for key, column in table.columns.items()} == {
        "tt": (["TT"], "text"),
        "noi_dung": (["Nội dung"], "text"),
        "cot_2023": (["Thu > 2023"], "number"),
        "cot_2024": (["Thu > 2024"], "number"),  # blank, but its neighbour is none
        "huyen": (["Huyện"], "percent"),
        "xa": (["Xã"], "percent"),
    }
    assert table.nth is None


def test_sheets_of_a_series_are_drafted_as_one_table(tmp_path: Path) -> None:
    grid = [["TT", "Thôn", "Số trẻ"], [1, "Co Riềng", 4], [2, "Pác Bó", 5]]
    other = [["TT", "Thôn", "Số hộ"], [1, "Co Riềng", 4], [2, "Pác Bó", 5]]
    path = lay_out(tmp_path, grid, grid, grid, other, names=("T1", "T2", "T3", "T4"))
    assert [table.sheet for table in draft(path, tmp_path).values()] == [["T{1..3}"], ["T4"]]


def test_headings_and_units_are_no_figures_typed_as_text(tmp_path: Path) -> None:
    grid = [["ĐVT: 1.000 đồng"], ["TT", "Nội dung", "Thực hiện 6 tháng"], ["(1)", "(2)", "(3)"], [1, "Phí", "5.000"]]
    (sheet,) = inspect_book(open_grid(tmp_path, grid))["sheets"]
    assert [each["cell"] for each in sheet["numbers_from_text"]] == ["C4"]
