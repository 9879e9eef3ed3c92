"""What a number format makes of a number, form by form; LibreOffice, which shows the numbers, is the oracle."""

from __future__ import annotations

import html
import io
import re
from pathlib import Path

import pytest
from openpyxl import Workbook

import nhiemvu
from nhiemvu.workbook.engines import convert, has_libreoffice
from nhiemvu.workbook.number_format import choose_section, read_format

# format, number, whether it is shown as a percentage
SHOWN = [
    ("0%", 0.85, True),
    ("0.00%", 4.5, True),
    ("[Red]0.0%", 0.85, True),
    ("0%;[Red]-0%", -0.1, True),
    ("0.0%_);(0.0%)", -0.1, True),
    ("[<1]0%;0.0", 0.5, True),
    ("[<1]0%;0.0", 4.5, False),
    ("[<=1]0.0%;0.0", 1.0, True),
    ("[>=1]0.0;0.0%", 1.0, False),
    ("[>=1]0.0;0.0%", 0.25, True),
    ("[Blue][<1]0%;[Red]0.0", 0.5, True),
    ("[Blue][<1]0%;[Red]0.0", 45.0, False),
    ("[<0]-0.0;[<2]0%;0.0", 1.5, True),
    ("[<0]-0.0;[<2]0%;0.0", 15.0, False),
    ("[=0]0;[<1]0%;0.0", 0.0, False),
    ("[<1]0%;0.0;0.000", 4.5, False),
    ("[<1]0.0;0%;0.000", 4.5, False),
    ("0.0;-0%", 3.5, False),
    ("0.0;-0%", -0.5, True),
    ("0%;-0%;0.0", 0.0, False),
    ('0.0"%"', 85.0, False),
    ("0.0\\%", 85.0, False),
    ('0" %"', 85.0, False),
    ('0.0"%;"', 85.0, False),
    ('"100%: "0.0', 0.5, False),
    ('0.0"%";-0.0%', -0.5, True),
    ("0_%", 85.0, False),
    ('0.0\\ "%"', 85.0, False),
    ('0.0" %"%', 0.5, True),
    ("General", 0.85, False),
    ("#,##0", 85.0, False),
]
DIFFERENT = pytest.mark.parametrize(("code", "number", "percent"), SHOWN)


@DIFFERENT
def test_a_percentage_is_told_by_the_section_that_shows_the_number(code: str, number: float, percent: bool) -> None:
    assert (choose_section(read_format(code), number).kind == "percent") is percent


RULES = """
rulebook: thu
title: Thử
includes: [bo-cuc-chuan]
tables:
  von:
    sheet: Vốn
    optional: true
    unit: triệu đồng
    columns: {name: {headings: [Nội dung], type: text}, ke_hoach: [Kế hoạch], giai_ngan: [Giải ngân]}
criteria:
  - {id: "1", name: Tỷ lệ, unit: "%", targets: [{meets: "≥ 80%"}]}
  - {id: "2", name: Số hộ, unit: hộ, targets: [{meets: "≥ 80"}]}
  - {id: "3", name: Vốn, unit: triệu đồng, measure: sum(von.giai_ngan), targets: [{meets: "≥ 80"}]}
  - {id: "4", name: Giải ngân, unit: "%", measure: sum(von.giai_ngan) / sum(von.ke_hoach), targets: [{meets: "≥ 80%"}]}
"""


def evaluate(
    folder: Path, rows: list[tuple[str, float, str]], lines: tuple[tuple[float, str], ...] = ()
) -> nhiemvu.Evaluation:
    (folder / "thu.yaml").write_text(RULES, encoding="utf-8")
    book = Workbook()
    page = book.active
    assert page is not None
    page.title = "Kết quả"
    page.append(["Mã", "Nội dung", "Kết quả"])
    for at, (code, number, form) in enumerate(rows, 2):
        page.append([code, None, number])
        page.cell(at, 3).number_format = form
    if lines:
        page = book.create_sheet("Vốn")
        page.append(["ĐVT: triệu đồng"])
        page.append(["Nội dung", "Kế hoạch", "Giải ngân"])
        page.append(["Đường", *(number for number, _ in lines)])
        for at, (_, form) in enumerate(lines, 2):
            page.cell(3, at).number_format = form
    book.save(folder / "so.xlsx")
    return nhiemvu.evaluate(folder / "so.xlsx", folder / "thu.yaml")


@pytest.mark.parametrize(
    ("number", "form", "value"),
    [
        (4.5, "[<1]0%;0.0", 0.045),
        (0.5, "[<1]0%;0.0", 0.5),
        (85, '0.0"%"', 0.85),
        (85, "0.0\\%", 0.85),
        (0.85, "0.0%", 0.85),
    ],
)
def test_a_figure_of_a_row_of_percent_is_what_is_shown(tmp_path: Path, number: float, form: str, value: float) -> None:
    assert evaluate(tmp_path, [("1", number, form)]).frame.set_index("id").value["1"] == value


@pytest.mark.parametrize(
    ("lines", "verdicts", "codes"),
    [
        (((100.0, "0"), (85.0, "0")), ("met", "met"), []),
        (((100.0, "0"), (85e6, "#,##0,,")), ("met", "met"), []),
        (((100e6, "#,##0.0,,"), (8.5e6, '#,##0,,"tr"')), ("not_met", "not_met"), []),
        (((100.0, "0"), (85e6, "#,##0,")), ("no_data", "no_data"), ["hidden-thousands"]),
        (((100.0, "0"), (0.0, "#,##0,")), ("not_met", "not_met"), []),
    ],
)
def test_thousands_that_a_format_hides_are_the_unit_s(
    tmp_path: Path, lines: tuple[tuple[float, str], ...], verdicts: tuple[str, str], codes: list[str]
) -> None:
    evaluation = evaluate(tmp_path, [], lines)
    assert tuple(evaluation.frame.set_index("id").verdict[["3", "4"]]) == verdicts
    told = [each for each in evaluation.problems.itertuples() if each.code == "hidden-thousands"]
    assert [each.code for each in told] == codes


def test_a_number_of_things_is_what_it_is_however_it_is_shown(tmp_path: Path) -> None:
    assert evaluate(tmp_path, [("2", 85000.0, "#,##0,")]).frame.set_index("id").value["2"] == 85000


@pytest.mark.slow
@pytest.mark.skipif(not has_libreoffice(), reason="LibreOffice is not here")
def test_libreoffice_shows_a_percentage_where_we_read_one() -> None:
    book = Workbook()
    page = book.active
    assert page is not None
    for at, (code, number, _) in enumerate(SHOWN, 1):
        page.cell(at, 1, number).number_format = code
    held = io.BytesIO()
    book.save(held)
    page_of_it = convert(held.getvalue(), "xlsx", "html").decode()
    shown = [html.unescape(re.sub("<[^>]*>", "", cell)) for cell in re.findall("(?s)<td.*?</td>", page_of_it)]
    for (code, number, percent), text in zip(SHOWN, shown, strict=True):
        figure = float(text.rpartition(": ")[2].strip("%();- "))
        assert figure == pytest.approx(abs(number) * (100 if percent else 1)), (code, number, text)
