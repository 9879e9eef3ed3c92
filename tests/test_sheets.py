"""The evaluation sheet and the sheet of discrepancies, read back with openpyxl."""

from __future__ import annotations

import datetime as dt
import io
import re
import shutil
import subprocess
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from nhiemvu.engine.rows import Discrepancy, Row, UnitInfo
from nhiemvu.errors import Place, Problem
from nhiemvu.sheets.discrepancies import KINDS
from nhiemvu.sheets.draw import draw
from nhiemvu.sheets.fit import CELL_LIMIT, Piece, count_lines, make_safe, row_height
from nhiemvu.sheets.tally import count_groups, list_counts
from nhiemvu.sheets.theme import VERDICTS, link_to
from nhiemvu.verdicts import Verdict

UNIT = UnitInfo(
    "06184", "Xã Hải Yến", "UBND huyện Cao Lộc", "Hải Yến", "6 tháng đầu năm 2024", dt.date(2024, 5, 29), "so.xlsx"
)
TITLE = "Nhiệm vụ trọng tâm năm 2024"
HEADINGS = [
    "Mã",
    "Nội dung",
    "ĐVT",
    "Mục tiêu",
    "Kết quả",
    "Tự đánh giá",
    "Kết luận",
    "Căn cứ",
    "Lý do",
    "Dự báo",
    "Căn cứ pháp lý",
]


def row(code: str, parent: str, level: int, verdict: str, **more: Any) -> Row:
    given_fields: dict[str, Any] = {
        "unit": "06184",
        "id": code,
        "parent": parent,
        "level": level,
        "name": f"Nội dung {code}",
        "unit_of_measure": "%",
        "target": "≥ 80%",
        "value": None,
        "numerator": None,
        "denominator": None,
        "verdict": verdict,
        "basis": "computed",
        "declared": "",
        "reason": "",
        "outlook": "none",
        "needed": None,
        "source": "",
        "place": "",
    }
    return Row(**{**given_fields, **more})


ROWS = [
    row("1", "", 0, "not_met", kind="group", basis="rolled_up"),
    row("1.1", "1", 1, "not_met", kind="group", basis="rolled_up", declared="met"),
    row(
        "1.1.1",
        "1.1",
        2,
        "not_met",
        shown="8,17%",
        place="Kết quả!F12",
        declared="not_met",
        outlook="alarm",
        outlook_reason="Chậm 32,54 điểm phần trăm so với tiến độ.",
        reason="72.225.000 / 883.700.000 = 8,17%, chưa đạt 100%; còn thiếu 811.475.000 đ",
    ),
    row("1.1.1.1", "1.1.1", 3, "not_met", kind="line", shown="0%", place="Giải ngân!D9"),
    row("1.2", "1", 1, "no_data", place="Kết quả!F14"),
    row("2", "", 0, "met", kind="group", basis="rolled_up"),
    row("2.1", "2", 1, "exceeded", shown="109,4%", place="Kết quả!F16"),
    row("2.2", "2", 1, "met", basis="declared", declared="met", place="Sổ 'phụ'!B2"),
]
DISCREPANCIES = [
    Discrepancy("06184", "18.7", "stated-percentage", "Kết quả!L50", "ghi 96,4%", "409/424", "Không phải sửa.", "note"),
    Discrepancy("06184", "1.1", "declared-against-computed", "Kết quả!J8", "Đạt", "Chưa đạt", "Xem lại."),
    Discrepancy(
        "06184",
        "18.7",
        "facts-disagree",
        "Kết quả!H48",
        "424",
        "421",
        "Sửa nơi sai.",
        other_place="Kết quả!L89",
    ),
]
PROBLEMS = [
    Problem("text-in-number", "ô có chữ «{text}» ở nơi cần số", Place("so.xlsx", "Kết quả", "F30"), {"text": "=1+1"}),
]


def opened(data: bytes) -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(data))


def drawn(rows: list[Row] = ROWS, **more: Any) -> Workbook:
    found = more.pop("found", DISCREPANCIES)
    return opened(draw(UNIT, rows, found, PROBLEMS, **{"rulebook_title": TITLE, **more}))


@pytest.fixture(scope="module")
def book() -> Workbook:
    return drawn()


@pytest.fixture(scope="module")
def sheet(book: Workbook) -> Worksheet:
    return book["Đánh giá"]


def header_of(sheet: Worksheet, first: str = "Mã") -> int:
    return next(cell.row for cell in sheet["A"] if cell.value == first)


def line_of(sheet: Worksheet, code: str) -> Mapping[str, Any]:
    """The cells of a criterion by their headings."""
    start = header_of(sheet)
    number = next(cell.row for cell in sheet["A"] if cell.row > start and cell.value == code)
    return dict(zip(HEADINGS, sheet[number], strict=True))


def texts(sheet: Worksheet) -> list[str]:
    return [cell.value for cells in sheet.iter_rows() for cell in cells if isinstance(cell.value, str)]


# --- the evaluation sheet ------------------------------------------------------------------------------------------


def test_the_title_block_names_the_state_the_agencies_and_the_day(sheet: Worksheet) -> None:
    said = texts(sheet)
    for text in (
        "UBND HUYỆN CAO LỘC",
        "ỦY BAN NHÂN DÂN XÃ HẢI YẾN",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "BIỂU ĐÁNH GIÁ",
        TITLE,
        "Kết quả thực hiện 6 tháng đầu năm 2024. Số liệu tính đến ngày 29/5/2024",
    ):
        assert text in said


def test_rows_stand_in_the_order_given_under_their_headings(sheet: Worksheet) -> None:
    start = header_of(sheet)
    assert [cell.value for cell in sheet[start]] == HEADINGS
    assert [sheet.cell(start + 1 + i, 1).value for i in range(len(ROWS))] == [each.id for each in ROWS]


@pytest.mark.parametrize("verdict", Verdict)
def test_a_verdict_has_a_symbol_a_word_and_a_colour(verdict: Verdict) -> None:
    cell = line_of(drawn([row("1", "", 0, verdict)])["Đánh giá"], "1")["Kết luận"]
    look = VERDICTS[verdict]
    assert cell.value == f"{look.symbol} {verdict.label}"
    assert (cell.font.color.rgb, cell.fill.fgColor.rgb) == ("FF" + look.ink[1:], "FF" + look.fill[1:])


def test_symbols_and_bars_differ_from_verdict_to_verdict() -> None:
    assert len({look.symbol for look in VERDICTS.values()}) == len(Verdict)
    assert len({look.bar for look in VERDICTS.values()}) == len(Verdict)


@pytest.mark.parametrize("verdict", Verdict)
def test_ink_on_fill_has_the_contrast_of_wcag_aa(verdict: Verdict) -> None:
    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    look = VERDICTS[verdict]
    dark, light = sorted((luminance(look.ink), luminance(look.fill)))
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_a_closed_period_says_khong_dat() -> None:
    assert line_of(drawn(closed=True)["Đánh giá"], "1.1.1")["Kết luận"].value == "× Không đạt"


def test_headings_of_groups_carry_computed_counts(sheet: Worksheet) -> None:
    assert line_of(sheet, "1")["Nội dung"].value == "Nội dung 1\nGồm 02 nhiệm vụ: 01 chưa đạt, 01 thiếu số liệu"
    assert line_of(sheet, "1.1")["Nội dung"].value == "Nội dung 1.1\nGồm 01 nội dung: 01 chưa đạt"


def test_groups_and_tasks_stand_out_and_lines_are_in_italics(sheet: Worksheet) -> None:
    fills = {code: line_of(sheet, code)["Nội dung"].fill.fgColor.rgb for code in ("1", "1.1", "1.1.1")}
    assert len(set(fills.values())) == 3
    assert [line_of(sheet, code)["Nội dung"].font.b for code in ("1", "1.1", "1.1.1")] == [True, True, False]
    assert line_of(sheet, "1.1.1.1")["Nội dung"].font.i


def test_a_declared_verdict_that_contradicts_stands_out_by_symbol_and_fill(sheet: Worksheet) -> None:
    differs, agrees = (line_of(sheet, code)["Tự đánh giá"] for code in ("1.1", "2.2"))
    assert (differs.value, agrees.value) == ("≠ Đạt", "Đạt")
    assert differs.fill.fgColor.rgb != agrees.fill.fgColor.rgb


def test_a_result_leads_to_its_cell(sheet: Worksheet) -> None:
    cell = line_of(sheet, "1.1.1")["Kết quả"]
    assert (cell.value, cell.hyperlink.location) == ("8,17%", "'Kết quả'!F12")


def test_unlinked_sheets_hold_no_links() -> None:
    book = drawn(linked=False)
    assert not [cell for each in book for cells in each.iter_rows() for cell in cells if cell.hyperlink]
    assert line_of(book["Đánh giá"], "1.1.1")["Kết quả"].value == "8,17%"


def test_levels_below_tasks_fold_under_the_row_above(sheet: Worksheet) -> None:
    levels = [
        sheet.row_dimensions[line_of(sheet, code)["Mã"].row].outlineLevel for code in ("1", "1.1", "1.1.1", "1.1.1.1")
    ]
    assert levels == [0, 0, 1, 2]
    assert sheet.sheet_properties.outlinePr.summaryBelow is False


def test_the_page_is_that_of_nghi_dinh_30(sheet: Worksheet) -> None:
    margins = [getattr(sheet.page_margins, side) * 25.4 for side in ("top", "bottom", "left", "right")]
    assert margins == pytest.approx([20, 20, 30, 15], abs=0.01)
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)  # 1 is not written: the default
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.oddHeader.center.text == "&P"
    assert sheet.HeaderFooter.differentFirst
    assert not sheet.firstHeader.center.text
    start = header_of(sheet)
    assert sheet.print_title_rows == f"${start}:${start}"
    last = int(str(sheet.print_area).rpartition("$")[2])
    assert last > sheet.max_row  # and the room for the signatures


def test_every_cell_with_text_is_in_times_new_roman(book: Workbook) -> None:
    fonts = {
        cell.font.name for sheet in book for cells in sheet.iter_rows() for cell in cells if cell.value is not None
    }
    assert fonts == {"Times New Roman"}


def test_header_is_frozen_and_filtered(sheet: Worksheet) -> None:
    start = header_of(sheet)
    assert sheet.freeze_panes == f"C{start + 1}"
    assert sheet.auto_filter.ref == f"A{start}:K{start + len(ROWS)}"
    assert start <= 9  # what is frozen leaves most of a screen to the table


def test_the_tally_counts_measured_criteria_by_group(sheet: Worksheet) -> None:
    groups = count_groups(ROWS)
    assert [(group.id, dict(group.counts)) for group in groups] == [
        ("1", {"not_met": 1, "no_data": 1}),
        ("2", {"exceeded": 1, "met": 1}),
    ]
    start = next(cell.row for cell in sheet["A"] if cell.value == "Nhóm nhiệm vụ")
    assert [[cell.value for cell in sheet[start + i][2:8]] for i in (1, 2, 3)] == [
        [0, 0, 1, 0, 1, 0],
        [1, 1, 0, 0, 0, 0],
        [1, 1, 1, 0, 1, 0],
    ]


def test_it_says_how_many_verdicts_rest_on_no_figure(sheet: Worksheet) -> None:
    assert "Có 01 trong 04 chỉ tiêu được kết luận theo tự đánh giá của đơn vị, không có số liệu kèm theo." in texts(
        sheet
    )


def test_the_chart_draws_one_series_a_verdict_from_the_tally(sheet: Worksheet) -> None:
    (chart,) = sheet._charts
    start = next(cell.row for cell in sheet["A"] if cell.value == "Nhóm nhiệm vụ")
    assert [series.val.numRef.f for series in chart.series] == [
        f"'Đánh giá'!${letter}${start + 1}:${letter}${start + 2}" for letter in "CDEFGH"
    ]
    assert (chart.grouping, chart.barDir) == ("stacked", "bar")


def test_the_form_ends_with_signatures_without_names(sheet: Worksheet) -> None:
    assert {"Nơi nhận:", "NGƯỜI LẬP BIỂU", "TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH"} <= set(texts(sheet))


def test_counts_are_listed_in_the_order_of_verdicts() -> None:
    (group,) = count_groups([row("1", "", 0, "met"), *(row(str(i), "1", 1, v) for i, v in enumerate(Verdict))])
    assert list_counts(group.counts) == (
        "01 vượt, 02 đạt, 01 chưa đạt, 01 chưa đánh giá, 01 thiếu số liệu, 01 không phát sinh"
    )


def test_no_rows_at_all_still_make_a_sheet() -> None:
    assert "Không có chỉ tiêu nào để đánh giá." in texts(drawn([], found=[])["Đánh giá"])


# --- the sheet of discrepancies ------------------------------------------------------------------------------------


def test_discrepancies_stand_with_errors_first_and_both_places_linked(book: Workbook) -> None:
    sheet = book["Sai lệch"]
    start = header_of(sheet, "Số TT")
    first, second, third = (list(sheet[start + i]) for i in (1, 2, 3))
    assert [cells[1].value for cells in (first, second, third)] == ["1.1", "18.7", "18.7"]
    assert [cell.value for cell in first[4:8]] == [
        "Đạt",
        "Chưa đạt",
        "× Sai lệch\nTự đánh giá khác kết luận",
        "Xem lại.",
    ]
    assert [cell.hyperlink.location for cell in second[2:4]] == ["'Kết quả'!H48", "'Kết quả'!L89"]
    assert third[6].value.startswith("○ Lưu ý")


def test_without_discrepancies_a_sentence_says_so() -> None:
    assert "Không có chỗ nào trong sổ mâu thuẫn với nhau hoặc với quy tắc." in texts(drawn(found=[])["Sai lệch"])


def test_problems_stand_with_their_cell_and_sentence(book: Workbook) -> None:
    sheet = book["Sai lệch"]
    start = [cell.row for cell in sheet["A"] if cell.value == "Số TT"][-1]
    cells = sheet[start + 1]
    assert (cells[2].value, cells[2].hyperlink.location) == ("Kết quả!F30", "'Kết quả'!F30")
    assert cells[4].value == "ô có chữ «=1+1» ở nơi cần số"


def test_every_kind_of_discrepancy_of_the_engine_has_its_words() -> None:
    import inspect

    from nhiemvu.engine import checks

    made = set(re.findall(r'kind="([a-z0-9-]+)"', inspect.getsource(checks)))
    assert made
    assert made <= set(KINDS)


# --- hostile text, heights, bytes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://x")', "http://example.org", "{=1}"]
)
def test_what_looks_like_a_formula_or_a_link_stays_text(text: str) -> None:
    hostile = replace(ROWS[2], name=text, reason=text, shown=text, target=text, source=text, declared=text)
    book = drawn([ROWS[0], ROWS[1], hostile])
    cells = line_of(book["Đánh giá"], "1.1.1")
    for heading in ("Nội dung", "Mục tiêu", "Kết quả", "Lý do", "Căn cứ pháp lý", "Tự đánh giá"):
        assert (cells[heading].value, cells[heading].data_type) == (text, "s")
        assert cells[heading].quotePrefix is (text[0] in "=+-@")
    assert b"<f>" not in sheet_xml(draw(UNIT, [ROWS[0], hostile], [], [], rulebook_title=text))


def sheet_xml(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return b"".join(package.read(name) for name in package.namelist() if name.startswith("xl/worksheets/sheet"))


hostile_texts = st.text(st.characters() | st.sampled_from("\x00\x0b\x1f\ud800\ufffe=+-@'!\n\r\t_x"), max_size=60)


@settings(max_examples=25)
@given(hostile_texts, hostile_texts)
def test_any_text_makes_a_workbook_that_holds_it_as_text(text: str, place: str) -> None:
    hostile = replace(ROWS[2], name=text, reason=text, shown=text, place=place, source=text, outlook_reason=text)
    found = replace(DISCREPANCIES[2], says=text, place=place, other_place=f"{text}!A1")
    book = opened(draw(UNIT, [*ROWS[:2], hostile], [found], PROBLEMS, rulebook_title=text))
    value = line_of(book["Đánh giá"], "1.1.1")["Lý do"].value
    assert openpyxl.utils.escape.unescape(value or "") == openpyxl.utils.escape.unescape(make_safe(text))
    assert all(cell.data_type != "f" for sheet in book for cells in sheet.iter_rows() for cell in cells)


def test_a_text_longer_than_a_cell_is_cut_with_a_mark() -> None:
    cell = line_of(drawn([ROWS[0], replace(ROWS[2], reason="dài " * 20_000)])["Đánh giá"], "1.1.1")["Lý do"]
    assert len(cell.value) == CELL_LIMIT
    assert cell.value.endswith("[…]")


@given(st.text(st.characters(), max_size=200))
def test_safe_text_fits_a_cell_and_is_safe_already(text: str) -> None:
    safe = make_safe(text)
    assert make_safe(safe) == safe
    safe.encode("utf-8")


def test_rows_are_as_high_as_their_longest_text() -> None:
    sheet = drawn([ROWS[0], replace(ROWS[2], reason="Một lý do dài phải xuống dòng nhiều lần. " * 6)])["Đánh giá"]
    short, tall = (sheet.row_dimensions[line_of(sheet, code)["Mã"].row].height for code in ("1", "1.1.1"))
    assert tall > 2 * short


@given(st.text("abc ưế\n", max_size=80), st.integers(30, 400))
def test_a_narrower_column_never_needs_fewer_lines(text: str, width: int) -> None:
    assert count_lines(text, width, 12) >= count_lines(text, width + 40, 12)
    assert row_height([Piece(text, width, 12)]) <= 409


def test_links_are_made_of_addresses_alone() -> None:
    assert link_to("Sổ 'A'!B2") == "internal:'Sổ ''A'''!B2"
    assert not any(map(link_to, ["", "F12", "Kết quả!", "Kết quả!F0", "a[b]!A1", "http://x/!A1", "x" * 32 + "!A1"]))


def test_sheets_take_the_names_that_they_are_given() -> None:
    book = drawn(titles={"evaluation": "Đánh giá (2)", "discrepancies": "Sai lệch (2)"})
    assert book.sheetnames == ["Đánh giá (2)", "Sai lệch (2)"]
    assert book["Đánh giá (2)"]._charts[0].series[0].val.numRef.f.startswith("'Đánh giá (2)'!")


def test_two_drawings_are_the_same_to_the_byte() -> None:
    once, again = (draw(UNIT, ROWS, DISCREPANCIES, PROBLEMS, rulebook_title=TITLE) for _ in range(2))
    assert once == again


def test_colours_have_six_digits() -> None:
    with zipfile.ZipFile(io.BytesIO(draw(UNIT, ROWS, DISCREPANCIES, PROBLEMS, rulebook_title=TITLE))) as package:
        colours = re.findall(rb'rgb="([^"]*)"', package.read("xl/styles.xml"))
    assert len(colours) > 10
    assert [each for each in colours if not re.fullmatch(rb"FF[0-9A-F]{6}", each)] == []


def test_no_row_of_text_is_left_to_a_default_height(sheet: Worksheet) -> None:
    rows = {cell.row for cells in sheet.iter_rows() for cell in cells if cell.value is not None}
    assert all(sheet.row_dimensions[number].height for number in rows)


@pytest.mark.slow
@pytest.mark.skipif(not (shutil.which("soffice") and shutil.which("pdftotext")), reason="LibreOffice is not here")
def test_libreoffice_prints_the_header_on_every_page_and_numbers_from_the_second(tmp_path: Path) -> None:
    many = [ROWS[0], ROWS[1], *(replace(ROWS[2], id=f"1.1.{i}", name=f"Chỉ tiêu thứ {i}") for i in range(60))]
    source = tmp_path / "sheets.xlsx"
    source.write_bytes(draw(UNIT, many, DISCREPANCIES, PROBLEMS, rulebook_title=TITLE))
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), str(source)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    printed = subprocess.run(
        ["pdftotext", "-layout", str(source.with_suffix(".pdf")), "-"], check=True, capture_output=True, timeout=60
    )
    pages = printed.stdout.decode().split("\f")
    first_words = [page.split()[:1] for page in pages if page.strip()]
    start_of_second_sheet = next(i for i, page in enumerate(pages) if "CÁC CHỖ SAI LỆCH CẦN XEM LẠI" in page)
    assert start_of_second_sheet >= 3
    assert first_words[1:start_of_second_sheet] == [[str(i)] for i in range(2, start_of_second_sheet + 1)]
    assert first_words[0] != ["1"]
    assert first_words[start_of_second_sheet] != ["1"]
    assert all("Căn cứ pháp lý" in page for page in pages[:start_of_second_sheet])
    assert all(any(f"Chỉ tiêu thứ {i}" in page for page in pages) for i in range(60))
