"""Reading a workbook for a rulebook: what officials type gives one figure, and every mistake is told with its cell."""

from __future__ import annotations

import datetime as dt
import math
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path

import pytest
import yaml
from bad_workbooks import CHANGES, FACTS, TABLES, UNITS, build_standard, fill, make_bad_workbooks
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from nhiemvu.errors import NhiemvuError, Problem
from nhiemvu.rules.models import Table
from nhiemvu.text import Unreadable, exact, nearest_float
from nhiemvu.workbook.grid import Cell
from nhiemvu.workbook.read import Reading, read_workbook
from nhiemvu.workbook.values import choose_measure, read_number

GOLDEN = Path(__file__).parent / "data" / "bad_workbooks.yaml"
Save = Callable[[Workbook], Path]


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return make_bad_workbooks(tmp_path_factory.mktemp("bad"))


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def save_book(book: Workbook) -> Path:
        book.save(tmp_path / "so.xlsx")
        return tmp_path / "so.xlsx"

    return save_book


def read(path: Path | str | bytes) -> Reading:
    return read_workbook(path, TABLES, FACTS, UNITS)


def collect(reading: Reading) -> list[Problem]:
    return [*reading.problems, *(problem for table in reading.tables.values() for problem in table.unread.values())]


# --- mistakes -----------------------------------------------------------------------------------------------------


def tell(path: Path) -> list[str]:
    """Everything that is said of a workbook, as the golden file has it."""
    try:
        problems = collect(read(path))
    except NhiemvuError as error:
        problems = list(error.problems)
    return [f"{p.severity} {p.code} | {p}".replace(str(path.parent) + "/", "") for p in problems]


def load_golden() -> dict[str, list[str]]:
    golden: dict[str, list[str]] = yaml.safe_load(GOLDEN.read_text(encoding="utf-8"))
    return golden


@pytest.mark.parametrize("name", sorted(load_golden()))
def test_each_mistake_is_told_word_for_word(name: str, broken: dict[str, Path]) -> None:
    assert tell(broken[name]) == load_golden()[name]


def test_every_mistake_has_its_golden_message(broken: dict[str, Path]) -> None:
    assert sorted(load_golden()) == sorted(broken)
    assert all(load_golden().values())


def test_every_problem_of_a_cell_names_file_sheet_and_cell(broken: dict[str, Path]) -> None:
    for name in CHANGES:
        for problem in collect(read(broken[name])):
            assert problem.place.file == f"{name}.xlsx"
            if problem.code not in {"missing-sheet", "missing-header"}:
                assert problem.place.sheet
                assert problem.place.cell


def test_the_standard_workbook_has_no_problem(save: Save) -> None:
    reading = read(save(build_standard()))
    assert collect(reading) == []
    assert reading.facts == {
        "don_vi": "Xã Hải Yến", "khu_vuc": "III", "so_ho": 424.0, "ngay": dt.date(2024, 5, 29), "di_tich": False,
    }  # fmt: skip
    assert reading.fact_places["so_ho"].address == "Thông tin!B4"
    assert reading.tables["ket_qua"].address("value", 2) == "Kết quả!D6"
    assert reading.tables["ket_qua"].columns["declared"] == ["not_met", "met", "exceeded", "met", "met"]
    assert reading.tables["giai_ngan"].columns["da_giai_ngan"] == [0.0, 72225000.0]
    assert list(reading.tables["giai_ngan"].raw["da_giai_ngan"]) == ["0", "72.225.000 đ"]


def test_bytes_and_path_are_read_the_same(save: Save) -> None:
    path = save(build_standard())
    assert read(path.read_bytes()).sha256 == read(path).sha256
    assert read(path.read_bytes()).facts == read(path).facts


# --- one figure, typed in many ways -------------------------------------------------------------------------------


def read_result(save: Save, unit: str, *cells: object, number_format: str = "", row_unit: str = "") -> Reading:
    """One row of results: value, numerator, denominator."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Kết quả"
    headings: list[object] = ["Mã", "Nhiệm vụ", "ĐVT", "Kết quả", "Tử số", "Mẫu số", "Đơn vị tự đánh giá"]
    fill(sheet, 1, [headings, ["1.1", "x", row_unit or None, *cells]])
    if number_format:
        sheet["D2"].number_format = number_format
    return read_workbook(save(book), {"ket_qua": TABLES["ket_qua"]}, {}, {"1.1": unit})


@pytest.mark.parametrize(
    ("typed", "number_format"),
    [
        (0.975, "0.0%"), (0.975, "0%"), (97.5, ""), (97.5, "0.0"), (97.5, '0.0" %"'),
        ("97,5%", ""), ("97,5 %", ""), ("97,5", ""), ("97.5%", ""),
        ("đạt 97,5%", ""), ("97,5% (theo báo cáo)", ""), (" 97,5%\u00a0", ""), ("975‰", ""), ("39/40 hộ", ""),
        ("Đạt 97,5%", ""),
    ],
)  # fmt: skip
def test_a_percentage_is_one_figure_however_it_is_typed(save: Save, typed: object, number_format: str) -> None:
    reading = read_result(save, "%", typed, number_format=number_format)
    assert reading.tables["ket_qua"].columns["value"] == [0.975]
    assert collect(reading) == []


def test_half_in_a_plain_cell_of_a_percent_row_is_half_a_percent(save: Save) -> None:
    assert read_result(save, "%", 0.5).tables["ket_qua"].columns["value"] == [0.005]


@pytest.mark.parametrize(
    "typed",
    [
        11_000_000,
        "11.000.000",
        "11.000.000 đ",
        "11 triệu đồng",
        "11 triệu",
        "11.000.000 VNĐ",
        "11.000 nghìn đồng",
        "0,011 tỷ đồng",
    ],
)
def test_an_amount_is_one_figure_however_it_is_typed(save: Save, typed: object) -> None:
    assert read_result(save, "đồng", typed).tables["ket_qua"].columns["value"] == [11_000_000.0]


def test_the_rows_own_unit_is_converted(save: Save) -> None:
    assert read_result(save, "đồng", 11, row_unit="triệu đồng").tables["ket_qua"].columns["value"] == [11_000_000.0]
    assert read_result(save, "ha", 5000, row_unit="m2").tables["ket_qua"].columns["value"] == [0.5]


@pytest.mark.parametrize("number", [0.1, 0.57, 68.1, 33.3, 1e-7, 99.99, 56.3, 12.345678])
def test_a_percentage_is_the_double_nearest_to_the_decimal(save: Save, number: float) -> None:
    expected = float(Fraction(str(number)) / 100)
    assert read_result(save, "%", number).tables["ket_qua"].columns["value"] == [expected]


def test_the_dust_of_excels_arithmetic_is_cleaned(save: Save) -> None:
    assert read_result(save, "ha", 0.1 + 0.2).tables["ket_qua"].columns["value"] == [0.3]


@given(st.floats(-1e18, 1e18), st.sampled_from(["%", "triệu đồng", "tỷ đồng", "đồng", "tạ", "km", ""]))
def test_a_number_in_another_unit_is_the_double_nearest_to_the_exact_one(number: float, unit: str) -> None:
    measure = choose_measure({"%": "%", "tạ": "g", "km": "m", "": ""}.get(unit, "đồng"), unit)
    assert read_number(Cell(number, "number"), measure)[0] == nearest_float(exact(number) * measure.scale)


def test_a_ratio_fills_numerator_and_denominator(save: Save) -> None:
    columns = read_result(save, "%", "27,35/25 ha").tables["ket_qua"].columns
    assert (columns["value"], columns["numerator"], columns["denominator"]) == ([1.094], [27.35], [25.0])


def test_a_ratio_of_two_things_is_no_share(save: Save) -> None:
    columns = read_result(save, "lít/người/ngày đêm", "141.190 lít/2.017 người").tables["ket_qua"].columns
    assert (columns["value"], columns["numerator"], columns["denominator"]) == ([141190 / 2017], [141190.0], [2017.0])


def test_a_bound_is_an_interval_and_no_value(save: Save) -> None:
    table = read_result(save, "%", "≥ 95%").tables["ket_qua"]
    figure = table.figures["value"][0]
    assert figure is not None
    assert (table.columns["value"], float(figure.low or 0), figure.high) == ([None], 0.95, None)


def test_a_bound_without_a_sign_is_in_the_rows_unit(save: Save) -> None:
    figure = read_result(save, "%", "75-80").tables["ket_qua"].figures["value"][0]
    assert figure is not None
    assert (float(figure.low or 0), float(figure.high or 0)) == (0.75, 0.8)


def test_parts_of_a_result_are_kept(save: Save) -> None:
    table = read_result(save, "%", "nhà tiêu 409/424; nhà tắm 396/424; bể nước 424/424").tables["ket_qua"]
    figure = table.figures["value"][0]
    assert figure is not None
    assert [part.label for part in figure.parts] == ["nhà tiêu", "nhà tắm", "bể nước"]
    assert table.columns["value"] == [None]


def test_words_in_a_result_wait_for_who_needs_the_figure(save: Save) -> None:
    reading = read_result(save, "%", "đang trình phê duyệt")
    table = reading.tables["ket_qua"]
    assert reading.problems == []
    assert table.unread["value", 0].code == "text-in-number"
    assert (table.columns["value"], list(table.raw["value"])) == ([None], ["đang trình phê duyệt"])


def test_a_blank_is_missing_and_never_zero(save: Save) -> None:
    reading = read_result(save, "%", None, 0, None)
    columns = reading.tables["ket_qua"].columns
    assert (columns["value"], columns["numerator"], columns["denominator"]) == ([None], [0.0], [None])
    assert collect(reading) == []


@pytest.mark.parametrize(
    ("typed", "row_unit", "code"), [(0.5, "", None), ("8 ha", "", "unit-disagrees"), (8, "ha", "unit-disagrees")]
)
def test_a_figure_in_another_unit_is_refused(save: Save, typed: object, row_unit: str, code: str | None) -> None:
    reading = read_result(save, "%", typed, row_unit=row_unit)
    assert [problem.code for problem in collect(reading)] == ([code] if code else [])
    assert reading.tables["ket_qua"].columns["value"] == ([None] if code else [0.005])


def test_a_ratio_for_a_quantity_is_what_is_done_of_what_is_planned(save: Save) -> None:
    columns = read_result(save, "ha", "27,35/25 ha").tables["ket_qua"].columns
    assert (columns["value"], columns["numerator"], columns["denominator"]) == ([27.35], [27.35], [25.0])


# --- tables -------------------------------------------------------------------------------------------------------

LINES = Table.model_validate(
    {"sheet": "S", "columns": {"name": {"headings": ["Nội dung"], "type": "text"},
                               "so": {"headings": ["Số tiền"], "unit": "đồng"},
                               "ty_le": {"headings": ["Tỷ lệ"], "type": "percent", "required": False},
                               "them": {"headings": ["Thêm"], "blank": "zero", "required": False}}}
)  # fmt: skip


def read_lines(save: Save, lines: list[list[object]], table: Table = LINES, merges: tuple[str, ...] = ()) -> Reading:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "S"
    fill(sheet, 1, lines)
    for area in merges:
        sheet.merge_cells(area)
    return read_workbook(save(book), {"bang": table}, {})


def test_the_units_line_scales_money_and_leaves_shares(save: Save) -> None:
    lines: list[list[object]] = [
        [None, None, "ĐVT: triệu đồng"],
        ["Nội dung", "Số tiền", "Tỷ lệ"],
        ["a", 2.5, 50],
        ["b", "3.000.000 đ", "7%"],
    ]
    columns = read_lines(save, lines).tables["bang"].columns
    assert (columns["so"], columns["ty_le"]) == ([2_500_000.0, 3_000_000.0], [0.5, 0.07])


@pytest.mark.parametrize("typed", ["98.765%", "98.765", "≥ 98.765 %"])
def test_a_share_that_another_country_reads_otherwise_is_not_taken(save: Save, typed: str) -> None:
    reading = read_lines(save, [["Nội dung", "Số tiền", "Tỷ lệ"], ["a", "98.765", typed]])
    columns = reading.tables["bang"].columns
    assert (columns["so"], columns["ty_le"]) == ([98765.0], [None])
    doubt = next(problem for problem in reading.problems if problem.place.cell == "C2")
    assert (doubt.code, "98765% hay 98,765%" in doubt.text) == ("share-in-doubt", True)


@pytest.mark.parametrize(
    ("unit", "typed", "number_format", "value", "code"),
    [
        ("hộ", "1,234 hộ", "", None, "not-whole"), ("hộ", 1.234, "", None, "not-whole"),
        ("người", "12,5/15 người", "", None, "not-whole"), ("nghìn người", "1,234", "", 1.234, None),
        ("người/hộ", 4.2, "", 4.2, None), ("hộ", 1234, "#,##0", 1234.0, None),
        ("người", "48 học viên", "", 48.0, None), ("lớp", "48 học viên", "", None, "unit-disagrees"),
        ("ha", "12 ha lúa", "", 12.0, None), ("ha", "12 ha/vụ", "", None, "unit-disagrees"),
        ("km", "3 km vuông", "", None, "unit-disagrees"), ("đồng", "5 đồng chí", "", None, "unit-disagrees"),
        ("triệu đồng", "45tr/người/năm", "", None, "unit-disagrees"),
        ("triệu đồng", 5, '#,##0" tỷ đồng"', None, "unit-disagrees"),
        ("triệu đồng", 5, '#,##0" triệu đồng"', 5.0, None), ("triệu đồng", 5, '"Đã chi: "0', 5.0, None),
        ("triệu đồng", 500000, "#,##0\\ [$₫-42A]", None, "unit-disagrees"),
        ("đồng", 500000, "#,##0\\ [$₫-42A]", 500000.0, None),
        ("ha", 5000, '#,##0" m2"', None, "unit-disagrees"), ("ha", -5, '0.0" ha";-0.0" ha"', -5.0, None),
        ("%", 80, '0"%"', 0.8, None), ("hộ", 80, '0"%"', None, "unit-disagrees"),
        ("%", "12 (80%)", "", None, "share-in-doubt"), ("%", "80 (tăng 5%)", "", 0.8, None),
        ("%", "95 (KH 90%)", "", 0.95, None), ("hộ", "12 (80%)", "", 12.0, None),
    ],
)  # fmt: skip
def test_a_figure_is_not_taken_for_another_one(
    save: Save, unit: str, typed: object, number_format: str, value: float | None, code: str | None
) -> None:
    table = read_result(save, unit, typed, number_format=number_format).tables["ket_qua"]
    unread = table.unread.get(("value", 0))
    assert (table.columns["value"], unread and unread.code) == ([value], code)


@pytest.mark.parametrize(
    ("unit", "typed", "number_format", "code"),
    [
        ("%", 80, "0%", "unlikely-number"), ("%", "8000%", "", "unlikely-number"), ("%", 12, "0%", "unlikely-number"),
        ("%", 120, "", None), ("triệu đồng", "1.200.000.000", "", "unlikely-number"),
        ("đồng", 1.2e9, "", None), ("người", 2e8, "", "unlikely-number"), ("%", "12/15 (85%)", "", "ambiguous-number"),
        ("%", "12/15 (80%)", "", None), ("ha", "12 ha lúa", "", "ambiguous-number"),
    ],
)  # fmt: skip
def test_what_is_hardly_meant_is_read_and_told(
    save: Save, unit: str, typed: object, number_format: str, code: str | None
) -> None:
    reading = read_result(save, unit, typed, number_format=number_format)
    assert reading.tables["ket_qua"].columns["value"] != [None]
    assert [(problem.code, problem.severity) for problem in collect(reading)] == ([(code, "warning")] if code else [])


def test_a_formula_may_give_a_part_of_a_household() -> None:
    measure = choose_measure("hộ")
    assert read_number(Cell(431.9, "number", formula=True), measure)[0] == 431.9
    with pytest.raises(Unreadable):
        read_number(Cell(431.9, "number"), measure)


def test_a_day_of_another_age_and_a_share_by_zero_are_told(save: Save) -> None:
    columns = {"ngay": {"headings": ["Ngày"], "type": "date"}, "ty_le": {"headings": ["Tỷ lệ"], "type": "percent"}}
    table = Table.model_validate({"sheet": "S", "columns": columns})
    lines = [["Ngày", "Tỷ lệ"], [dt.date(1905, 7, 16), "5/0"], [dt.date(2024, 5, 29), "0/0"], ["30/6/2204", "1/2"]]
    reading = read_lines(save, lines, table)
    assert reading.tables["bang"].columns["ty_le"] == [None, None, 0.5]
    told = [(problem.place.cell, problem.code) for problem in reading.problems]
    assert sorted(told) == [("A2", "unlikely-date"), ("A4", "unlikely-date"), ("B2", "ratio-in-number")]


def test_a_unit_in_a_heading_scales_its_column(save: Save) -> None:
    reading = read_lines(save, [["Nội dung", "Số tiền\n(nghìn đồng)"], ["a", 2.5]])
    assert reading.tables["bang"].columns["so"] == [2500.0]


def test_units_that_change_inside_a_table_are_followed(save: Save) -> None:
    table = LINES.model_copy(
        update={"columns": {**LINES.columns, "unit": LINES.columns["name"].model_copy(update={"headings": ["ĐVT"]})}}
    )
    columns = (
        read_lines(save, [["Nội dung", "ĐVT", "Số tiền"], ["a", "triệu đồng", 2], ["b", "đồng", 5]], table)
        .tables["bang"]
        .columns
    )
    assert columns["so"] == [2_000_000.0, 5.0]


def test_a_merged_text_stands_for_all_its_rows_and_a_number_for_its_own(save: Save) -> None:
    columns = read_lines(save, [["Nội dung", "Số tiền"], ["a", 1], [None, 2]], merges=("A2:A3",)).tables["bang"].columns
    assert (columns["name"], columns["so"]) == (["a", "a"], [1.0, 2.0])


def test_a_blank_is_zero_only_where_the_rulebook_says_so(save: Save) -> None:
    columns = read_lines(save, [["Nội dung", "Số tiền", "Thêm"], ["a", None, None]]).tables["bang"].columns
    assert (columns["so"], columns["them"]) == ([None], [0.0])


def test_an_optional_table_that_is_missing_is_not_missed(save: Save) -> None:
    table = LINES.model_copy(update={"sheet": ["Trang khác"], "optional": True})
    reading = read_lines(save, [["a"]], table)
    assert (reading.tables, reading.problems) == ({}, [])


def test_a_table_without_a_sheet_is_found_by_its_headings(save: Save) -> None:
    table = LINES.model_copy(update={"sheet": []})
    assert read_lines(save, [[], ["x", "Nội dung", "Số tiền"], [1, "a", 5]], table).tables["bang"].columns["so"] == [
        5.0
    ]
    missing = read_lines(save, [["Nội dung", "Số"], ["a", 5]], table)
    assert [problem.code for problem in missing.problems] == ["missing-table", "missing-column"]


def test_a_row_without_a_code_is_known_by_its_name(save: Save) -> None:
    book = build_standard()
    book["Kết quả"]["A5"] = None
    reading = read_workbook(save(book), TABLES, FACTS, UNITS, {"17.3": "Chất thải rắn  được THU GOM"})
    assert reading.tables["ket_qua"].columns["id"][1] == "17.3"


def test_facts_without_headings_stand_to_the_right_of_their_labels(save: Save) -> None:
    book = build_standard()
    book["Thông tin"].delete_rows(1)
    book["Thông tin"].insert_rows(1, 3)
    reading = read(save(book))
    assert (reading.facts["so_ho"], reading.fact_places["so_ho"].address) == (424.0, "Thông tin!B6")


def test_a_code_that_was_typed_as_a_number_keeps_its_digits(save: Save) -> None:
    book = build_standard()
    book["Thông tin"]["B2"] = 12345  # where the fact is a text
    assert read(save(book)).facts["don_vi"] == "12345"


def test_a_fact_that_is_stated_twice_and_differently_is_not_used(save: Save) -> None:
    book = build_standard()
    book["Thông tin"]["A8"], book["Thông tin"]["B8"] = "Số hộ toàn xã:", 421
    reading = read(save(book))
    assert "so_ho" not in reading.facts
    assert [problem.code for problem in reading.problems] == ["duplicate-fact"]


def test_zero_from_a_program_that_does_not_compute_is_noted(save: Save) -> None:
    path = save(build_standard())
    book = load_workbook(path)
    book["Giải ngân"]["C4"] = "=1*0"
    book.save(path)
    raw = path.read_bytes()
    # openpyxl writes no value; one is put there as other programs do
    assert [problem.code for problem in read(raw).problems] == ["formula-not-computed"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["xls", "ods", "xlsx"])
def test_other_kinds_of_workbook_say_the_same(kind: str, save: Save, tmp_path: Path) -> None:
    """As LibreOffice writes them; a name that claims another kind makes no difference."""
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("LibreOffice is not here")
    source = save(build_standard())
    profile = f"-env:UserInstallation=file://{tmp_path}/lo"
    command = [soffice, profile, "--headless", "--convert-to", kind, "--outdir", str(tmp_path / "out"), str(source)]
    subprocess.run(command, check=True, timeout=120, capture_output=True)
    disguised = (tmp_path / "out" / f"so.{kind}").rename(tmp_path / "so-khac.xlsx")
    expected, reading = read(source), read(disguised)
    assert reading.facts == expected.facts
    for name, table in expected.tables.items():
        assert reading.tables[name].columns == table.columns
        assert reading.tables[name].rows == table.rows
    assert collect(reading) == []


def test_a_file_that_only_looks_like_an_old_workbook_is_refused() -> None:
    """The child that reads it may die of it; we say so."""
    directory = "Workbook\0".encode("utf-16-le")
    with pytest.raises(NhiemvuError) as caught:
        read(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + directory + bytes(600))
    assert caught.value.code == "unreadable-old-format"


def test_reading_does_not_import_pandas() -> None:
    code = "import sys, nhiemvu.workbook.read; assert 'pandas' not in sys.modules and 'openpyxl' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60, cwd=Path(__file__).parents[1])


# --- properties ---------------------------------------------------------------------------------------------------

_noise = st.one_of(
    st.none(), st.integers(-5, 10**9), st.floats(allow_nan=False, allow_infinity=False), st.booleans(),
    st.dates(dt.date(1900, 3, 1), dt.date(2100, 1, 1)),
    st.sampled_from(["Mã", "Kết quả", "#DIV/0!", "=1/0", "1.1", "97,5%", "1.234", "Nơi nhận:", "Tổng số", "5/2024"]),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=8),
)  # fmt: skip


@given(
    st.lists(st.lists(_noise, max_size=9), max_size=8), st.integers(1, 8), st.integers(1, 5),
    st.sampled_from(["Kết quả", "Giải ngân", "Thông tin"]),
)  # fmt: skip
@settings(max_examples=60)
def test_noise_anywhere_gives_figures_or_problems_and_never_another_exception(
    noise: list[list[object]], row: int, column: int, sheet: str
) -> None:
    book = build_standard()
    for i, line in enumerate(noise):
        for j, value in enumerate(line):
            book[sheet].cell(row + i, column + j, value)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "so.xlsx"
        book.save(path)
        try:
            reading = read(path)
        except NhiemvuError:
            return
    for problem in collect(reading):
        assert problem.text
        assert problem.place.file == "so.xlsx"
    for table in reading.tables.values():
        _check_shape(table.columns, len(table))


def _check_shape(columns: Mapping[str, list[object]], size: int) -> None:
    for values in columns.values():
        assert len(values) == size
        assert all(math.isfinite(value) for value in values if isinstance(value, float))


@given(st.integers(0, 8000), st.binary(min_size=1, max_size=4))
@settings(max_examples=60)
def test_a_damaged_file_is_read_or_refused(at: int, damage: bytes) -> None:
    raw = _STANDARD
    at %= len(raw)
    try:
        read(raw[:at] + damage + raw[at + len(damage) :])
    except NhiemvuError:
        return


def _standard_bytes() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "so.xlsx"
        build_standard().save(path)
        return path.read_bytes()


_STANDARD = _standard_bytes()
