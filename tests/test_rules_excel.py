"""A rulebook goes to Excel and comes back the same; what an official changes there comes back changed, nothing else."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from rule_forms import RULE_FILES

from nhiemvu.errors import RuleError
from nhiemvu.rules.find import list_rulebooks
from nhiemvu.rules.models import RuleFile
from nhiemvu.rules.yaml import read_yaml
from nhiemvu.sheets.rulebook import draw_rulebook
from nhiemvu.sheets.rulebook_layout import HEADINGS, general, plans
from nhiemvu.sheets.rulebook_read import is_rulebook_form, read_rulebook_form
from nhiemvu.workbook.book import open_book

Edit = Callable[[openpyxl.Workbook], None]


def _read(data: bytes) -> RuleFile:
    book = open_book(data)
    assert is_rulebook_form(book)
    return read_rulebook_form(book)


def _same(one: RuleFile, other: RuleFile) -> bool:
    """Equal, and what was left to its default is the same: a layer above another overrides only what it says."""
    return one == other and one.model_dump(exclude_unset=True) == other.model_dump(exclude_unset=True)


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(RULE_FILES)
def test_export_then_import_is_the_identity(form: RuleFile) -> None:
    assert _same(_read(draw_rulebook(form)), form)


@pytest.mark.slow
@settings(max_examples=600, suppress_health_check=list(HealthCheck))
@given(RULE_FILES)
def test_export_then_import_is_the_identity_at_length(form: RuleFile) -> None:
    assert _same(_read(draw_rulebook(form)), form)


@pytest.mark.parametrize("path", list_rulebooks(), ids=lambda path: path.stem)
def test_shipped_rulebooks_come_back_the_same(path: Path) -> None:
    form = RuleFile.model_validate(read_yaml(path)[0])
    assert _same(_read(draw_rulebook(form)), form)


FORM: dict[str, Any] = {
    "rulebook": "thu",
    "title": "=Thử",
    "facts": {"khu_vuc": {"label": "Khu vực", "type": "choice", "choices": ["I", "III"]}},
    "tables": {"von": {"sheet": "Vốn", "columns": {"ke_hoach": ["Kế hoạch", "KH, vốn"], "chi": "Đã chi"}}},
    "criteria": [
        {
            "id": "1.10",
            "name": "Nhóm",
            "roll_up": {"at_least": 1},
            "children": [
                {
                    "id": "1.1",
                    "name": "Giải ngân",
                    "unit": "%",
                    "measure": "sum(von.chi) / sum(von.ke_hoach)",
                    "targets": [
                        {"meets": "= 100%", "when": {"khu_vuc": ["III"]}},
                        {"meets": "≥ 80%", "otherwise": True},
                    ],
                },
                {"id": "1.2", "targets": [{"meets": '"đạt"'}], "evidence": "declared"},
            ],
        }
    ],
    "checks": [{"label": "Vốn", "total": "sum(von.chi)", "parts": ["sum(von.chi)"]}],
    "cases": [{"name": "đúng", "criterion": "1.1", "given": {"khu_vuc": "III", "value": 1}, "expect": "met"}],
}


def _data(form: RuleFile) -> dict[str, Any]:
    return form.model_dump(by_alias=True, exclude_unset=True)


def _edited(edit: Edit) -> bytes:
    """The form of a small rulebook, edited by another program and saved."""
    workbook = openpyxl.load_workbook(io.BytesIO(draw_rulebook(RuleFile.model_validate(FORM))))
    edit(workbook)
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def _cell(workbook: openpyxl.Workbook, sheet: str, heading: str, row: int) -> Any:
    """The cell of that row below a heading of row 1."""
    page = workbook[sheet]
    column = next(cell.column for cell in page[1] if cell.value == heading)
    return page.cell(row, column)


def test_ids_and_formulas_are_text_to_excel() -> None:
    workbook = openpyxl.load_workbook(io.BytesIO(draw_rulebook(RuleFile.model_validate(FORM))))
    for heading, row, text in (
        ("Mã", 2, "1.10"),
        ("Ngưỡng", 3, "= 100%"),
        ("Cách tính", 3, "sum(von.chi) / sum(von.ke_hoach)"),
    ):
        cell = _cell(workbook, "Tiêu chí", heading, row)
        assert (cell.value, cell.data_type, cell.number_format) == (text, "s", "@")
    assert all(cell.data_type != "f" for page in workbook for row in page for cell in row)
    assert workbook["Tiêu chí"].column_dimensions["B"].width  # a whole column is text: what is typed below stays text


def test_an_official_reads_words_not_codes() -> None:
    workbook = openpyxl.load_workbook(io.BytesIO(draw_rulebook(RuleFile.model_validate(FORM))))
    assert _cell(workbook, "Tiêu chí", "Dựa trên", 5).value == "tự đánh giá"
    assert _cell(workbook, "Tiêu chí", "Các trường hợp còn lại", 4).value == "có"
    assert _cell(workbook, "Tiêu chí", "Khi", 3).value == "khu_vuc: [III]"
    assert _cell(workbook, "Bảng", "Tiêu đề được nhận", 2).value == 'Kế hoạch, "KH, vốn"'
    assert _cell(workbook, "Trường hợp", "Kết luận phải ra", 2).value == "đạt"
    assert _cell(workbook, "Thông tin", "Kiểu", 2).value == "chọn một giá trị"


def _set(sheet: str, heading: str, row: int, value: Any) -> Edit:
    def edit(workbook: openpyxl.Workbook) -> None:
        _cell(workbook, sheet, heading, row).value = value

    return edit


def test_nothing_changes_when_another_program_saves_it() -> None:
    assert _data(_read(_edited(lambda workbook: None))) == _data(RuleFile.model_validate(FORM))


def test_a_changed_threshold_comes_back_changed_and_nothing_else() -> None:
    got = _data(_read(_edited(_set("Tiêu chí", "Ngưỡng", 4, "≥ 85%"))))
    got["criteria"][0]["children"][0]["targets"][1]["meets"] = "≥ 80%"
    assert got == _data(RuleFile.model_validate(FORM))


def test_rows_and_columns_may_be_added_and_moved() -> None:
    def edit(workbook: openpyxl.Workbook) -> None:
        page = workbook["Tiêu chí"]
        page.insert_rows(1)
        page["A1"] = "Ghi trên đầu"
        page.move_range("A6:AZ6", rows=2)  # blank rows between
        for heading, value in (
            ("Cấp", 2),
            ("Mã", "1.3"),
            ("Nội dung", "Mới"),
            ("Ngưỡng", "≥ 1"),
            ("Thời hạn", "31/12/2024"),
        ):
            column = next(cell.column for cell in page[2] if cell.value == heading)
            page.cell(12, column).value = value

    children = _data(_read(_edited(edit)))["criteria"][0]["children"]
    assert [child["id"] for child in children] == ["1.1", "1.2", "1.3"]
    assert children[2]["targets"][0]["by"].isoformat() == "2024-12-31"


MISTAKES: dict[str, tuple[Edit, str, str]] = {
    "an id typed as a number": (_set("Tiêu chí", "Mã", 4 - 1, 1.1), "Tiêu chí!B3", "phải là chữ"),
    "no such choice": (_set("Tiêu chí", "Dựa trên", 5, "tự đánh giad"), "Tiêu chí!", "có phải «tự đánh giá»?"),
    "not a day": (_set("Tiêu chí", "Thời hạn", 3, "cuối năm"), "Tiêu chí!", "không phải là ngày"),
    "not a level": (_set("Tiêu chí", "Cấp", 3, "4"), "Tiêu chí!A3", "từ 1 đến 2"),
    "a row without code": (_set("Tiêu chí", "Mã", 5, None), "Tiêu chí!A5", "thiếu ô «Mã»"),
    "brackets left open": (_set("Tiêu chí", "Khi", 3, "khu_vuc: [III"), "Tiêu chí!", "không đọc được"),
    "both target and hole": (_set("Tiêu chí", "Chưa quy định", 3, "chờ"), "Tiêu chí!A3", "đúng một trong hai khóa"),
    "an unknown roll-up": (_set("Tiêu chí", "Tổng hợp", 2, "phần lớn"), "Tiêu chí!", "roll_up"),
    "a formula's error": (_set("Tiêu chí", "Nội dung", 3, "#REF!"), "", ""),
    "a name used twice": (_set("Bảng", "Cột", 3, "ke_hoach"), "Bảng!", "đã có"),
    "a stray cell": (
        lambda workbook: workbook["Tiêu chí"].__setitem__("AZ3", "lạc"),
        "Tiêu chí!AZ3",
        "không nằm dưới tiêu đề",
    ),
    "an unknown general row": (
        lambda workbook: workbook["Chung"].__setitem__("A4", "Tên gì"),
        "Chung!A4",
        "không có mục",
    ),
    "an unknown key": (_set("Tiêu chí", "Ghi thêm", 3, "nam: 1"), "Tiêu chí!", "không có khóa «nam»"),
    "a bad name": (_set("Thông tin", "Tên", 2, "Khu vực"), "Thông tin!", "«Khu vực»"),
}


@pytest.mark.parametrize(("edit", "place", "message"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_said_with_its_cell(edit: Edit, place: str, message: str) -> None:
    if not place:  # openpyxl marks such a text as an error by itself
        with pytest.raises(RuleError, match="#REF!"):
            _read(_edited(edit))
        return
    with pytest.raises(RuleError) as caught:
        _read(_edited(edit))
    found = [problem for problem in caught.value.problems if message in problem.text]
    assert found, str(caught.value)
    assert found[0].place.address.startswith(place)


def test_every_key_has_a_vietnamese_heading_and_no_sheet_has_one_twice() -> None:
    assert set(HEADINGS.values())
    for columns in (general(), *(plan.columns for plan in plans())):
        headings = [column.heading for column in columns]
        assert len(set(headings)) == len(headings)
        assert [column.id for column in columns if column.heading == column.id] == []


def test_a_choice_has_a_name_for_each_word_and_no_name_twice() -> None:
    for columns in (general(), *(plan.columns for plan in plans())):
        for column in columns:
            words = column.shape.words
            assert len(set(words.values())) == len(words), column.heading
            assert not any(word == name for word, name in words.items()), column.heading


def test_columns_that_the_rulebook_does_not_use_are_folded_away_not_left_out() -> None:
    page = openpyxl.load_workbook(io.BytesIO(draw_rulebook(RuleFile.model_validate(FORM))))["Tiêu chí"]
    runs = [range(each.min, each.max + 1) for each in page.column_dimensions.values() if each.hidden]
    hidden = {page.cell(1, column).value for run in runs for column in run}
    assert {"Xếp loại", "Dự báo"} <= hidden
    assert not hidden & {"Mã", "Ngưỡng", "Khi", "Các trường hợp còn lại"}
    data = _edited(_set("Tiêu chí", "Dự báo", 3, "linear"))
    assert _read(data).criteria[0].children[0].outlook == "linear"


def test_what_no_cell_can_hold_is_refused_not_cut() -> None:
    form = RuleFile.model_validate({"rulebook": "thu", "title": "x" * 40_000})
    with pytest.raises(RuleError, match="quá 32767 ký tự"):
        draw_rulebook(form)


def test_another_workbook_is_not_taken_for_a_rulebook() -> None:
    workbook = openpyxl.Workbook()
    workbook.active.title = "Chung"
    workbook.create_sheet("Tiêu chí")
    buffer = io.BytesIO()
    workbook.save(buffer)
    assert not is_rulebook_form(open_book(buffer.getvalue()))
