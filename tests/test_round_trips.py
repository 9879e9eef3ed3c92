"""One table, typed in many ways, is one and the same frame."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from nhiemvu.rules.models import Table
from nhiemvu.workbook.grid import Cell
from nhiemvu.workbook.read import read_workbook
from nhiemvu.workbook.strings import Strings
from nhiemvu.workbook.values import choose_measure, read_number

TABLE = Table.model_validate(
    {
        "columns": {
            "tt": {"headings": ["TT"], "type": "text"},
            "nhom": {"headings": ["Nhóm"], "type": "text"},
            "noi_dung": {"headings": ["Nội dung"], "type": "text"},
            "von": {"headings": ["Kế hoạch", "Vốn > Kế hoạch"], "unit": "đồng"},
            "ty_le": {"headings": ["Tỷ lệ"], "type": "percent"},
            "unit": {"headings": ["ĐVT"], "type": "text", "required": False},
        }
    }
)
HEADINGS = ["TT", "Nhóm", "Nội dung", "Kế hoạch", "Tỷ lệ"]
NAMES = ["Cộng hòa xã hội chủ nghĩa Việt Nam", "Độc lập - Tự do - Hạnh phúc"]
GROUP = "Tiêu ngữ"
EXPECTED = {
    "tt": ["1.1", "1.10"],
    "nhom": [GROUP, GROUP],
    "noi_dung": NAMES,
    "von": [72_225_000.0, 811_500_000.0],
    "ty_le": [0.975, 0.5],
}

Sheet = Any  # xlsxwriter has no types
Write = Callable[[Any, Sheet], None]


def fill(
    sheet: Sheet,
    money: tuple[object, object] = (72_225_000, 811_500_000),
    share: tuple[object, object] = (97.5, 50),
    *,
    headings: list[str] = HEADINGS,
    names: list[str] = NAMES,
    group: str = GROUP,
    form: object = None,
    money_form: object = None,
    share_form: object = None,
) -> None:
    for column, text in enumerate(headings):
        sheet.write_string(3, column, text, form)
    for i, code in enumerate(EXPECTED["tt"]):
        for column, text in enumerate((code, group, names[i])):
            sheet.write_string(4 + i, column, str(text), form)
        sheet.write(4 + i, 3, money[i], money_form)
        sheet.write(4 + i, 4, share[i], share_form)


def as_numbers(book: Any, sheet: Sheet) -> None:
    fill(sheet)


def with_formats(book: Any, sheet: Sheet) -> None:
    money = book.add_format({"num_format": '#,##0 "đồng"'})
    fill(sheet, share=(0.975, 0.5), money_form=money, share_form=book.add_format({"num_format": "0.0%"}))


def as_text(book: Any, sheet: Sheet) -> None:
    fill(sheet, ("72.225.000 đ", " 811.500.000\u00a0đồng"), ("97,5%", "50 %"))


def decomposed(book: Any, sheet: Sheet) -> None:
    def nfd(text: str) -> str:
        return unicodedata.normalize("NFD", text)

    fill(sheet, headings=list(map(nfd, HEADINGS)), names=list(map(nfd, NAMES)), group=nfd(GROUP))


def in_tcvn3(book: Any, sheet: Sheet) -> None:
    fill(
        sheet,
        headings=["TT", "Nhãm", "Néi dung", "KÕ ho¹ch", "Tû lÖ"],
        names=["Céng hßa x· héi chñ nghÜa ViÖt Nam", "§éc lËp - Tù do - H¹nh phóc"],
        group="Tiªu ng÷",
        form=book.add_format({"font_name": ".VnTime"}),
    )


def in_vni(book: Any, sheet: Sheet) -> None:
    fill(
        sheet,
        headings=["TT", "Nhoùm", "Noäi dung", "Keá hoaïch", "Tyû leä"],
        names=["Coäng hoøa xaõ hoäi chuû nghóa Vieät Nam", "Ñoäc laäp - Töï do - Haïnh phuùc"],
        group="Tieâu ngöõ",
        form=book.add_format({"font_name": "VNI-Times"}),
    )


def in_fonts_of_runs(book: Any, sheet: Sheet) -> None:
    fill(sheet)
    old, new = book.add_format({"font_name": ".VnTime"}), book.add_format({"font_name": "Times New Roman"})
    cell = book.add_format({"font_name": ".VnTime"})
    sheet.write_rich_string(4, 2, new, "Cộng hòa ", old, "x· héi chñ nghÜa ", new, "Việt Nam")
    sheet.write_rich_string(5, 2, "§éc lËp - ", new, "Tự do", old, " - H¹nh phóc", cell)


def with_scale_words(book: Any, sheet: Sheet) -> None:
    fill(sheet, ("0,072225 tỷ đồng", "811,5 triệu"), ("97,5", "50/100"))


def as_ratios(book: Any, sheet: Sheet) -> None:
    fill(sheet, ("72 225 000", "811.500.000"), ("39/40 hộ", "1/2"))


def with_a_units_line(book: Any, sheet: Sheet) -> None:
    sheet.write(2, 4, "Đơn vị tính: Triệu đồng")
    fill(sheet, (72.225, 811.5))


def with_units_in_headings(book: Any, sheet: Sheet) -> None:
    fill(sheet, (72.225, "811,5"), headings=[*HEADINGS[:3], "Kế hoạch\n(triệu đồng)", "Tỷ lệ (%)"])


def with_a_unit_a_row(book: Any, sheet: Sheet) -> None:
    fill(sheet, (72_225, 0.8115))
    for row, text in ((3, "ĐVT"), (4, "nghìn đồng"), (5, "tỷ đồng")):
        sheet.write(row, 5, text)


def merged(book: Any, sheet: Sheet) -> None:
    fill(sheet)
    for column, text in enumerate(HEADINGS):
        if column == 3:
            sheet.write(2, 3, "Vốn")
        else:
            sheet.merge_range(2, column, 3, column, text)
    sheet.merge_range(4, 1, 5, 1, GROUP)
    sheet.merge_range(0, 0, 0, 4, "BIỂU TỔNG HỢP")


def as_formulas(book: Any, sheet: Sheet) -> None:
    fill(sheet)
    sheet.write_formula(4, 3, "=72225*1000", None, 72_225_000)
    sheet.write_formula(5, 4, "=D6/D6*50", None, 50)
    sheet.write_formula(4, 2, '="x"', None, NAMES[0])


def hidden_and_filtered(book: Any, sheet: Sheet) -> None:
    fill(sheet)
    sheet.autofilter(3, 0, 5, 4)
    sheet.set_row(5, None, None, {"hidden": True})


def with_a_stray_cell(book: Any, sheet: Sheet) -> None:
    fill(sheet)
    sheet.write(1_048_575, 16_383, " ")


def shouted_and_spaced(book: Any, sheet: Sheet) -> None:
    headings = ["TT", " NHÓM ", "NỘI\nDUNG", "KẾ  HOẠCH", "Tỉ lệ".replace("Tỉ", "TỶ\u200b").replace("lệ", "LỆ")]
    fill(sheet, headings=headings, names=[f" {name}\n" for name in NAMES])


WAYS: list[Write] = [
    as_numbers, with_formats, as_text, decomposed, in_tcvn3, in_vni, in_fonts_of_runs, with_scale_words, as_ratios,
    with_a_units_line, with_units_in_headings, with_a_unit_a_row, merged, as_formulas, hidden_and_filtered,
    with_a_stray_cell, shouted_and_spaced,
]  # fmt: skip


def make(path: Path, write: Write) -> Path:
    with xlsxwriter.Workbook(path) as book:
        write(book, book.add_worksheet("Biểu"))
    return path


@pytest.mark.parametrize("write", WAYS, ids=lambda write: write.__name__)
def test_one_table_typed_in_many_ways_is_one_frame(write: Write, tmp_path: Path) -> None:
    reading = read_workbook(make(tmp_path / "so.xlsx", write), {"t": TABLE}, {})
    table = reading.tables["t"]
    assert {key: table.columns[key] for key in EXPECTED} == EXPECTED
    assert [table.address("von", i) for i in (0, 1)] == ["Biểu!D5", "Biểu!D6"]
    assert [p.code for p in reading.problems] == (["hidden-rows"] if write is hidden_and_filtered else [])


def test_the_thorough_reader_sees_the_same_fonts() -> None:
    """Runs in fonts of their own, in a part that only the real parser takes."""
    xml = (
        '<sst><!-- a comment --><si><t>H¹nh phóc</t></si><si><r><rPr><rFont val="VNI-Times"/></rPr><t>Haïnh</t></r>'
        '<r><t> phóc</t></r><r><rPr><rFont val="Arial"/></rPr><t> é</t></r></si></sst>'
    )
    for data in (xml, xml.replace("<!-- a comment -->", "")):
        strings = Strings(data.encode())
        assert strings.in_font("0", ".VnTime") == "Hạnh phúc"
        assert strings.in_font("1", ".VnTime") == "Hạnh phúc é"
        assert strings["1"] == "Hạnh phóc é"
        assert strings.in_font("7", ".VnTime") is None


@given(number=st.integers(0, 10**12), decimals=st.integers(0, 3), scale=st.sampled_from(["", "nghìn", "triệu", "tỷ"]))
@settings(max_examples=200)
def test_a_figure_with_a_scale_word_is_the_decimal_it_says(number: int, decimals: int, scale: str) -> None:
    value = Fraction(number, 10**decimals)
    whole, rest = divmod(number, 10**decimals)
    grouped = f"{whole:,}".replace(",", ".")
    typed = f"{grouped},{rest:0{decimals}d}" if decimals else grouped
    factor = {"": 1, "nghìn": 10**3, "triệu": 10**6, "tỷ": 10**9}[scale]
    found, _ = read_number(Cell(f"{typed} {scale} đồng", "text", f"{typed} {scale} đồng"), choose_measure("đồng"))
    assert found == float(value * factor)
