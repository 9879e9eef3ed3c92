"""The workbook to fill: what it asks for, what it locks, and that its own rulebook reads it."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

import nhiemvu
from nhiemvu.engine.rows import UnitInfo
from nhiemvu.sheets.empty_lines import LINES
from nhiemvu.sheets.fit import measure
from nhiemvu.sheets.tally import note_bases
from nhiemvu.sheets.template import draw_template
from nhiemvu.sheets.theme import SIZE
from nhiemvu.sheets.title import NATION
from nhiemvu.text import fold, read_verdict
from nhiemvu.verdicts import Verdict

RULEBOOK = "nhiem-vu-trong-tam-2024-hai-yen"
UNIT = UnitInfo("06184", "Xã Hải Yến", "UBND huyện Cao Lộc", "Hải Yến", "6 tháng đầu năm 2024", dt.date(2024, 5, 29))


@pytest.fixture(scope="module")
def rulebook() -> nhiemvu.Rulebook:
    return nhiemvu.load_rulebook(RULEBOOK)


@pytest.fixture(scope="module")
def book(rulebook: nhiemvu.Rulebook) -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(draw_template(rulebook)))


def header_of(sheet: Worksheet, first: str) -> int:
    return next(cell.row for cell in sheet["A"] if cell.value == first)


def find_cell(sheet: Worksheet, code: str, heading: str, first: str = "Mã") -> Any:
    start = header_of(sheet, first)
    column = next(cell.column for cell in sheet[start] if cell.value == heading)
    row = next(cell.row for cell in sheet["A"] if cell.row > start and cell.value == code)
    return sheet.cell(row, column)


def rule_on(sheet: Worksheet, address: str) -> Any:
    """The data validation that holds for a cell."""
    return next(rule for rule in sheet.data_validations.dataValidation if address in rule.sqref)


def test_each_table_has_its_sheet_under_the_name_that_the_rules_look_for_first(
    rulebook: nhiemvu.Rulebook, book: Workbook
) -> None:
    assert book.sheetnames[:2] == ["Thông tin", "Kết quả"]
    assert sorted(book.sheetnames) == sorted(table.sheet[0] for table in rulebook.tables.values())


def test_every_fact_and_every_criterion_has_its_row(rulebook: nhiemvu.Rulebook, book: Workbook) -> None:
    labels = [cell.value for cell in book["Thông tin"]["A"]]
    assert [label for label in labels if label in {fact.label for fact in rulebook.facts.values()}] == [
        fact.label for fact in rulebook.facts.values()
    ]
    codes = [cell.value for cell in book["Kết quả"]["A"][header_of(book["Kết quả"], "Mã") :]]
    assert codes[: len(rulebook.criteria)] == [node.id for node in rulebook.criteria]


def test_an_empty_template_is_read_with_nothing_wrong_but_what_is_missing(
    rulebook: nhiemvu.Rulebook, tmp_path: Path
) -> None:
    path = tmp_path / "sổ.xlsx"
    path.write_bytes(draw_template(rulebook))
    evaluation = nhiemvu.evaluate(path, rulebook)
    assert {row.verdict for row in evaluation.rows()} == {"no_data"}
    assert note_bases(evaluation.rows()) == "Không kết luận nào chỉ dựa trên tự đánh giá của đơn vị."
    assert {problem.code for problem in evaluation.find_problems()} <= {
        "no-figure",
        "no-declaration",
        "missing-fact",
        "no-target-in-force",
    }
    assert not evaluation.find_discrepancies()
    places = {problem.criterion: problem.place.cell for problem in evaluation.find_problems()}
    assert (places["17.1"][0], places["17.2"][0]) == ("H", "E")  # where the declaration, and the figure, are asked for
    reasons = {row.id: row.reason for row in evaluation.rows()}
    assert reasons["1.1.2"] == (
        "Chưa đủ số liệu để tính; xem lại trang «Giải ngân» (cột «Đã giải ngân», «Kế hoạch vốn: Năm 2024», "
        "«Kế hoạch vốn: Kéo dài năm 2022, 2023»)."
    )
    named = [*rulebook.tables, *(name for table in rulebook.tables.values() for name in table.columns), *rulebook.facts]
    inner = {name for name in named if "_" in name} | {"sum(", "parts."}  # what only a rulebook's author knows
    assert not [reason for reason in reasons.values() for name in inner if name in reason]
    assert not [node.target_text for node in rulebook.criteria for name in inner if name in node.target_text]


def test_a_filled_template_is_evaluated(rulebook: nhiemvu.Rulebook, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(io.BytesIO(draw_template(rulebook, unit=UNIT)))
    sheet = book["Kết quả"]
    find_cell(sheet, "17.3", "Kết quả (số liệu)").value = 0.975
    find_cell(sheet, "17.10", "Tử số").value = 0
    find_cell(sheet, "17.10", "Mẫu số").value = 12
    find_cell(sheet, "18.7", "Kết quả (số liệu)").value = "nhà tiêu 409/424; nhà tắm 396/424; bể nước 424/424"
    find_cell(sheet, "17.1", "Đơn vị tự đánh giá").value = "Đạt"
    lines = book["Giải ngân"]
    start = header_of(lines, "Tổng số")
    for column, value in enumerate(["Quy hoạch chung", 130_700_000, None, 130_700_000], start=1):
        lines.cell(start + 1, column).value = value
    path = tmp_path / "sổ.xlsx"
    book.save(path)
    evaluation = nhiemvu.evaluate(path, rulebook)
    verdicts = {row.id: row.verdict for row in evaluation.rows()}
    wanted = {"17.3": "met", "17.10": "not_met", "18.7": "met", "17.1": "met", "1.1.2": "met", "17.4": "no_data"}
    assert {code: verdicts[code] for code in wanted} == wanted
    assert evaluation.units[0].name == "Xã Hải Yến"
    assert evaluation.units[0].as_of == dt.date(2024, 5, 29)


def test_what_is_printed_is_locked_and_what_is_asked_for_is_not(book: Workbook) -> None:
    sheet = book["Kết quả"]
    assert sheet.protection.sheet
    assert not sheet.protection.password
    for heading in ("Mã", "Nội dung", "ĐVT", "Mục tiêu"):
        assert find_cell(sheet, "17.3", heading).protection.locked
    for heading in ("Kết quả (số liệu)", "Tử số", "Mẫu số", "Đơn vị tự đánh giá", "Diễn giải"):
        assert not find_cell(sheet, "17.3", heading).protection.locked
    assert find_cell(sheet, "1.3.1", "Kết quả (số liệu)").protection.locked  # rolled up
    assert find_cell(sheet, "1.1.2", "Kết quả (số liệu)").protection.locked  # reckoned from a table
    assert all(each.protection.sheet for each in book)


def test_a_row_grows_with_what_is_typed_and_the_title_does_not(rulebook: nhiemvu.Rulebook) -> None:
    with zipfile.ZipFile(io.BytesIO(draw_template(rulebook))) as archive:
        results = archive.read("xl/worksheets/sheet2.xml").decode()
    rows = {int(number): rest for number, rest in re.findall(r'<row r="(\d+)"([^>]*)>', results)}
    fixed = {number for number, rest in rows.items() if 'customHeight="1"' in rest}
    sheet = openpyxl.load_workbook(io.BytesIO(draw_template(rulebook)))["Kết quả"]
    first = header_of(sheet, "Mã") + 1
    criteria = set(range(first, first + len(rulebook.criteria)))
    assert not fixed & criteria
    assert fixed >= set(range(1, first))
    assert all(' ht="' in rows[number] for number in criteria)


def test_no_sheet_shrinks_the_name_of_the_state(book: Workbook) -> None:
    for sheet in book:
        first = next(cell.column for cell in sheet[1] if cell.value == NATION)
        shapes = sheet.column_dimensions.values()
        room = sum(each.width * (each.max - max(each.min, first) + 1) for each in shapes if each.max >= first)
        assert room * 7 > measure(NATION, SIZE, bold=True), sheet.title


def test_figures_have_the_format_of_their_unit(book: Workbook) -> None:
    sheet = book["Kết quả"]
    formats = {code: find_cell(sheet, code, "Kết quả (số liệu)").number_format for code in ("17.3", "17.11", "18.7")}
    assert formats == {"17.3": "0.00%", "17.11": "General", "18.7": "@"}
    lines = book["Giải ngân"]
    assert lines.cell(header_of(lines, "Tổng số") + 1, 2).number_format == "#,##0"
    facts = book["Thông tin"]
    shown = {cell.value: facts.cell(cell.row, 2).number_format for cell in facts["A"] if cell.value}
    assert (shown["Mã đơn vị"], shown["Số liệu tính đến ngày"]) == ("@", "dd/mm/yyyy")


def test_the_declared_verdict_is_chosen_from_words_that_are_read_back(book: Workbook) -> None:
    sheet = book["Kết quả"]
    rule = rule_on(sheet, find_cell(sheet, "17.3", "Đơn vị tự đánh giá").coordinate)
    words = rule.formula1.strip('"').split(",")
    assert {read_verdict(word) for word in words} == set(Verdict) - {Verdict.NO_DATA}


def test_choices_and_yes_or_no_are_chosen_from_a_list(rulebook: nhiemvu.Rulebook, book: Workbook) -> None:
    sheet = book["Thông tin"]
    rows = {cell.value: cell.row for cell in sheet["A"]}
    for fact in rulebook.facts.values():
        if fact.type in ("choice", "boolean"):
            rule = rule_on(sheet, f"B{rows[fact.label]}")
            assert rule.type == "list"
            assert rule.formula1.strip('"').split(",") == (fact.choices or ["Có", "Không"])


def test_numbers_alone_are_taken_where_numbers_belong(book: Workbook) -> None:
    sheet = book["Kết quả"]
    for heading in ("Tử số", "Mẫu số"):
        rule = rule_on(sheet, find_cell(sheet, "17.3", heading).coordinate)
        assert (rule.type, rule.errorTitle) == ("decimal", "Chưa đúng")


def test_each_target_has_a_note_with_its_source(rulebook: nhiemvu.Rulebook, book: Workbook) -> None:
    sheet = book["Kết quả"]
    for node in rulebook.criteria:
        cell = find_cell(sheet, node.id, "Mục tiêu")
        if node.kind == "leaf":
            assert node.target_text in cell.comment.text
            assert node.source_text in cell.comment.text
        assert cell.value == node.target_text


def test_the_only_formulas_are_totals(rulebook: nhiemvu.Rulebook, book: Workbook) -> None:
    formulas = {
        (sheet.title, cell.value)
        for sheet in book
        for cells in sheet.iter_rows()
        for cell in cells
        if cell.data_type == "f"
    }
    lines = book["Giải ngân"]
    first = header_of(lines, "Tổng số") + 1
    assert ("Giải ngân", f"=SUM(B{first}:B{first + LINES - 1})") in formulas
    tables = [t for t in rulebook.tables.values() if t.kind == "lines" and fold("Tổng số") in map(fold, t.skip)]
    columns = sum(column.type == "number" for table in tables for column in table.columns.values())
    assert len(formulas) == columns


def test_headings_under_one_heading_share_it(book: Workbook) -> None:
    sheet = book["Giải ngân"]
    top = header_of(sheet, "Nguồn vốn, nội dung")
    assert (sheet.cell(top, 2).value, sheet.cell(top + 1, 2).value) == ("Kế hoạch vốn", "Năm 2024")
    merged = {str(area) for area in sheet.merged_cells.ranges}
    assert {f"B{top}:C{top}", f"A{top}:A{top + 1}"} <= merged
    assert sheet.print_title_rows == f"${top}:${top + 1}"


def test_what_is_known_of_the_unit_is_filled_in(rulebook: nhiemvu.Rulebook) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(draw_template(rulebook, unit=UNIT)))["Thông tin"]
    given = {cell.value: sheet.cell(cell.row, 2).value for cell in sheet["A"] if cell.value}
    assert (given["Mã đơn vị"], given["Bộ quy tắc"]) == ("06184", RULEBOOK)
    assert given["Số liệu tính đến ngày"] == dt.datetime(2024, 5, 29)


def test_two_templates_are_the_same_to_the_byte(rulebook: nhiemvu.Rulebook) -> None:
    assert draw_template(rulebook) == draw_template(rulebook)
