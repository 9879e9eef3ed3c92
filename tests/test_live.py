"""The template that answers while one types: its formulas against the engine, and what Excel can take."""

from __future__ import annotations

import io
import math
import re
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import live
import openpyxl
import pytest
from calculators import compute_with_libreoffice, has_ironcalc, has_libreoffice, run_libreoffice, type_in
from conftest import EXAMPLE, ROOT
from fillings import WORDS, Filler, Template, conclude, type_example
from hypothesis import example, given
from hypothesis import strategies as st

import nhiemvu
from nhiemvu.cli import commands
from nhiemvu.pipeline import draw_live_template, draw_template
from nhiemvu.sheets.live import formulas as fx
from nhiemvu.sheets.live.reading import spell
from nhiemvu.sheets.theme import show_verdict
from nhiemvu.text import fold

EVERY_KIND = str(ROOT / "tests" / "data" / "moi-kieu.yaml")
EXAMPLE_RULES = "nhiem-vu-trong-tam-2024-hai-yen"
RULEBOOKS = [
    EXAMPLE_RULES,
    "ntm-nang-cao-2021-2025-tdmnpb",
    "kinh-te-xa-hoi-2019",
    "giai-ngan-dau-tu-cong-2024",
    EVERY_KIND,
]
needs_libreoffice = pytest.mark.skipif(not has_libreoffice(), reason="soffice is not installed")

# what Excel 2010 has, LibreOffice 7 too
FUNCTIONS = {
    "ABS", "AND", "CELL", "CHAR", "CHOOSE", "COUNT", "COUNTIF", "COUNTIFS", "EXACT", "FALSE", "FIND", "FIXED", "IF",
    "IFERROR", "INDEX", "INT", "ISBLANK", "ISERROR", "ISLOGICAL", "ISNUMBER", "ISTEXT", "LEFT", "LEN", "LOG10", "LOWER",
    "MATCH", "MAX", "MID", "MIN", "NOT", "OR", "RIGHT", "ROUND", "ROUNDDOWN", "ROUNDUP", "ROWS", "SIGN", "SUBSTITUTE",
    "SUM", "SUMIF", "SUMPRODUCT", "TEXT", "TRIM", "TRUE", "VALUE",
}  # fmt: skip


@pytest.fixture(scope="module")
def template() -> Template:
    return live.open_template(EXAMPLE_RULES)


@pytest.fixture(scope="module")
def every_kind() -> Template:
    return live.open_template(EVERY_KIND)


def formulas_of(data: bytes) -> Iterator[tuple[str, str]]:
    book = openpyxl.load_workbook(io.BytesIO(data))
    for sheet in book:
        for cells in sheet.iter_rows():
            for cell in cells:
                if cell.data_type == "f":
                    yield f"{sheet.title}!{cell.coordinate}", cell.value


def open_with_openpyxl(path: Path, **options: bool) -> Any:
    with warnings.catch_warnings():  # of what it leaves out
        warnings.simplefilter("ignore")
        return openpyxl.load_workbook(path, **options)


# --- what a program can take -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("rulebook", [EXAMPLE_RULES, EVERY_KIND])
def test_every_formula_is_one_that_excel_takes(rulebook: str, request: pytest.FixtureRequest) -> None:
    data = request.getfixturevalue("template" if rulebook == EXAMPLE_RULES else "every_kind").data
    for place, formula in formulas_of(data):
        texts = re.findall(r'"((?:[^"]|"")*)"', formula)
        assert max(map(len, texts), default=0) <= 255, place
        bare = re.sub(r'"(?:[^"]|"")*"', '""', formula)
        assert len(formula) <= 8192, place
        depths = [bare[:at].count("(") - bare[:at].count(")") for at, sign in enumerate(bare) if sign == "("]
        assert max(depths, default=0) < 64, place
        assert set(re.findall(r"([A-Z][A-Z0-9.]*)\(", bare)) <= FUNCTIONS, place
        assert "#REF" not in formula, place


def test_there_is_no_macro_and_no_link_to_other_files(template: Template) -> None:
    with zipfile.ZipFile(io.BytesIO(template.data)) as archive:
        names = archive.namelist()
    assert not [name for name in names if "vba" in name.lower() or "external" in name.lower()]


def test_the_sheets_that_reckon_are_hidden_and_every_sheet_is_protected_without_a_password(template: Template) -> None:
    states = {sheet.title: sheet.sheet_state for sheet in template.book}
    assert {name for name, state in states.items() if state == "hidden"} == {"Cách tính", "Cách tính (bảng)"}
    assert list(states)[:3] == ["Tổng hợp", "Thông tin", "Kết quả"]
    assert all(sheet.protection.sheet and not sheet.protection.password for sheet in template.book)


def test_two_live_templates_are_the_same_to_the_byte(template: Template) -> None:
    assert draw_live_template(template.rulebook) == template.data


def test_a_template_without_live_has_no_verdicts(template: Template) -> None:
    assert not [place for place, formula in formulas_of(draw_template(template.rulebook)) if "SUM(" not in formula]


def test_a_viewer_that_does_not_compute_shows_what_the_engine_concludes_of_an_empty_workbook(
    template: Template, tmp_path: Path
) -> None:
    concluded = conclude(template, {}, tmp_path / "trống.xlsx")
    shown = openpyxl.load_workbook(io.BytesIO(template.data), data_only=True)
    first = next(cell for cell in shown["Kết quả"][9] if cell.value == "Kết luận (tự tính)")
    for node in template.rulebook.criteria:
        cell = shown["Kết quả"].cell(first.row + 1 + node.index, first.column)
        assert cell.value == show_verdict(concluded[node.id].verdict)
    summary = [[cell.value for cell in cells] for cells in shown["Tổng hợp"].iter_rows()]
    assert ["Cộng (47 chỉ tiêu)", None, None, 0, 0, 0, 0, 47, 0, 0] in summary
    assert shown["Kết quả"]["A8"].value == "Kết luận lúc này: 47 thiếu số liệu."


# --- the workbook stays one that is evaluated ------------------------------------------------------------------------


def test_a_live_template_is_read_as_the_plain_one_is(template: Template, tmp_path: Path) -> None:
    plain = Template(template.rulebook, draw_template(template.rulebook))
    told = []
    for kind in (plain, template):
        path = tmp_path / "sổ.xlsx"
        path.write_bytes(kind.fill(type_example(kind, EXAMPLE)))
        evaluation = nhiemvu.evaluate(path, template.rulebook)
        told.append(
            (
                [(row.id, row.verdict, row.basis, row.shown, row.reason, row.narrative) for row in evaluation.rows()],
                sorted((each.id, each.kind, each.says) for each in evaluation.find_discrepancies()),
                sorted((each.code, each.criterion) for each in evaluation.find_problems()),
            )
        )
    assert told[0] == told[1]
    assert {row[1] for row in told[0][0]} >= {"met", "not_met", "exceeded", "not_applicable", "not_assessed", "no_data"}


def test_our_headings_are_never_those_of_a_rulebook() -> None:
    for name in RULEBOOKS:
        rules = nhiemvu.load_rulebook(name)
        known = {
            fold(heading) for table in rules.tables.values() for c in table.columns.values() for heading in c.headings
        }
        assert known.isdisjoint(map(fold, ("Kết luận (tự tính)", "Kết quả tính", "Còn thiếu, việc cần làm")))


def test_the_command_makes_either_kind(tmp_path: Path) -> None:
    path = tmp_path / "sổ.xlsx"
    arguments = ["template", "--rules", "kinh-te-xa-hoi-2019", "-o", str(path)]
    commands.main(arguments, standalone_mode=False)
    assert "Tổng hợp" not in openpyxl.load_workbook(path).sheetnames
    commands.main([*arguments, "--live", "--force"], standalone_mode=False)
    assert openpyxl.load_workbook(path).sheetnames[0] == "Tổng hợp"


# --- exactness -------------------------------------------------------------------------------------------------------


def _round(value: float, places: int) -> float:
    """As Excel rounds: halves away from 0."""
    return float(Decimal(repr(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, Context(prec=400)))


PYTHON: Mapping[str, Any] = {
    "INT": math.floor,
    "SIGN": lambda x: (x > 0) - (x < 0),
    "ROUND": _round,
    "IF": lambda held, one, other: one if held else other,
}


def compute(formula: str, **cells: float) -> float:
    return float(eval(formula.replace("<>", "!="), {**PYTHON, **cells}))


figures = st.decimals(min_value=-(10**9), max_value=10**12, allow_nan=False, allow_infinity=False).map(
    lambda number: Fraction(f"{number:.15g}")
)
bounds = st.builds(
    lambda digits, places: Fraction(digits, 10**places), st.integers(-(10**7), 10**10), st.integers(0, 6)
)


@given(bounds, st.integers(-3, 3), st.integers(12, 15))
@example(Fraction(1, 10), -1, 15)
@example(Fraction(0), 0, 15)
@example(Fraction(57, 100), 0, 15)
def test_a_figure_is_compared_to_its_fifteenth_digit(bound: Fraction, steps: int, digits: int) -> None:
    size = len(str(abs(math.floor(bound)))) if abs(bound) >= 1 else 0
    value = Fraction(f"{float(bound + steps * Fraction(10) ** (size - digits)):.15g}")
    found = compute(fx.side_of_figure("V", bound), V=float(value))
    assert found == (value > bound) - (value < bound)


@given(figures, bounds)
def test_any_figure_is_compared_exactly(value: Fraction, bound: Fraction) -> None:
    assert compute(fx.side_of_figure("V", bound), V=float(value)) == (value > bound) - (value < bound)


@given(
    st.integers(1, 10**15 - 1),
    st.integers(1, 99999),
    st.sampled_from([1, 2, 4, 5, 10, 20, 100, 1000, 2000]),
    st.integers(-2, 2),
)
@example(999_999_999_999_999, 57, 100, 0)
def test_a_quotient_of_whole_numbers_is_compared_exactly(under: int, p: int, q: int, steps: int) -> None:
    bound = Fraction(p, q)
    over = math.floor(bound * under) + steps
    if not 0 <= over < 10**15:
        return
    found = compute(fx.side_of_quotient("N", "D", bound), N=float(over), D=float(under))
    exact = Fraction(over, under)
    assert found == (exact > bound) - (exact < bound)


@pytest.mark.parametrize("word", ["đạt", "Hoà Bình", "không phát sinh", "TM. ỦY BAN NHÂN DÂN", "thuỷ lợi", "abc"])
def test_every_spelling_of_a_word_is_that_word(word: str) -> None:
    spelled = spell(word)
    assert {fold(form) for form in spelled} == {fold(word)}
    assert len(set(spelled)) == len(spelled)


# --- LibreOffice and the engine --------------------------------------------------------------------------------------


@needs_libreoffice
@pytest.mark.slow
@pytest.mark.parametrize("rulebook", RULEBOOKS, ids=lambda name: Path(name).stem)
def test_libreoffice_and_the_engine_conclude_the_same_of_400_random_fillings(rulebook: str, tmp_path: Path) -> None:
    found = live.compare(rulebook, 400, tmp_path)
    assert not found.differences[:20]
    assert found.compared == 400 * len(nhiemvu.load_rulebook(rulebook).criteria)
    assert not found.counts[live.LEFT_OPEN]
    assert min(found.counts[verdict] for verdict in ("met", "not_met", "no_data")) > 20


@needs_libreoffice
@pytest.mark.slow
@pytest.mark.parametrize(
    "rulebook", [EXAMPLE_RULES, "kinh-te-xa-hoi-2019", EVERY_KIND], ids=lambda name: Path(name).stem
)
def test_texts_that_formulas_cannot_read_leave_the_verdict_open_and_never_wrong(rulebook: str, tmp_path: Path) -> None:
    found = live.compare(rulebook, 120, tmp_path, seed=7, foreign=True)
    assert not found.differences[:20]
    assert 0 < found.counts[live.LEFT_OPEN] < found.compared * 0.8


@pytest.mark.skipif(not has_ironcalc(), reason="ironcalc is not installed")
@pytest.mark.slow
def test_ironcalc_and_the_engine_conclude_the_same(tmp_path: Path) -> None:
    found = live.compare(EVERY_KIND, 30, tmp_path, seed=3, ironcalc=True)
    assert not found.differences[:20]


@needs_libreoffice
@pytest.mark.slow
def test_a_filled_file_that_is_opened_shows_the_verdicts_in_words(template: Template, tmp_path: Path) -> None:
    """Not typed into the open workbook: written to a file, opened, computed, saved; and read again by the engine."""
    filling = type_example(template, EXAMPLE)
    filling |= {key: value for key, value in Filler(template, 5).draw().items() if key not in filling}
    concluded = conclude(template, filling, tmp_path / "engine.xlsx")
    run_libreoffice(template.fill(filling), ["W\t0"], tmp_path)
    saved = open_with_openpyxl(tmp_path / "saved.xlsx", data_only=True)["Kết quả"]
    heading = next(cell for cell in saved[9] if cell.value == "Kết luận (tự tính)")
    told = {
        node.id: saved.cell(heading.row + 1 + node.index, heading.column).value for node in template.rulebook.criteria
    }
    open_ = {id_ for id_, word in told.items() if word == "… Chờ chạy nhiemvu"}
    assert open_ < {"17.7", "17.8", "18.7", "1.3.1", "1.3.2", "1.3", "1.1.2", "1.1", "1", "3.2.2", "3.2", "3"}
    assert {id_: told[id_] for id_ in told if id_ not in open_} == {
        id_: show_verdict(each.verdict) for id_, each in concluded.items() if id_ not in open_
    }
    again = nhiemvu.evaluate(tmp_path / "saved.xlsx", template.rulebook)
    assert {row.id: row.verdict for row in again.rows() if row.kind != "line"} == {
        id_: each.verdict for id_, each in concluded.items()
    }


@needs_libreoffice
@pytest.mark.slow
def test_lines_that_are_inserted_or_deleted_are_followed(template: Template, tmp_path: Path) -> None:
    lines = template.inputs.lines["thu_ngan_sach"]
    sheet, first = lines[0]["name"]
    row, number = int(re.sub(r"\D", "", first)), template.sheets.index(sheet)
    edits = [("I", row + len(lines), 2), ("I", row + 1, 1), ("D", row + 4, 3), ("I", row + 5, 20)]
    jobs = [f"{letter}\t{number}\t{at}\t{many}" for letter, at, many in edits]
    columns = {key: re.sub(r"\d", "", at) for key, (_, at) in lines[0].items()}
    filling: dict[tuple[str, str], Any] = {}
    for at in (row, row + 3, row + 12, row + 34):  # the last stands in the last row but one before the grey line
        filling |= {
            (sheet, f"{columns['name']}{at}"): f"Khoản thu {at}",
            (sheet, f"{columns['du_toan_huyen']}{at}"): 1000.0,
            (sheet, f"{columns['thuc_hien']}{at}"): 1100.0,
        }
    areas = live.steps_of(template, "code", "result")
    ask = [f"A\t{template.sheets.index(sheet)}\t{area}" for sheet, area in areas]
    told = run_libreoffice(template.data, [*ask, *jobs, *type_in(template.sheets, filling), "E", "W\t0"], tmp_path)
    at = template.rulebook.by_id["1.1.1"].index
    assert (told[0].split("\t")[at], told[1].split("\t")[at]) == ("2", "1.1")
    evaluation = nhiemvu.evaluate(tmp_path / "saved.xlsx", template.rulebook)
    found = next(row for row in evaluation.rows() if row.id == "1.1.1")
    assert (found.verdict, found.numerator, found.denominator) == ("met", 4400, 4000)


@needs_libreoffice
@pytest.mark.slow
def test_evaluating_a_live_workbook_adds_our_sheets_and_leaves_its_formulas_alive(
    template: Template, tmp_path: Path
) -> None:
    path = tmp_path / "sổ.xlsx"
    path.write_bytes(template.fill(type_example(template, EXAMPLE)))
    nhiemvu.evaluate(path, template.rulebook).write()
    sheets = open_with_openpyxl(path).sheetnames
    assert {"Đánh giá", "Sai lệch", *template.sheets} == set(sheets)
    cell = template.inputs.rows["17.10", "value"]
    areas = live.steps_of(template, "code")
    told = compute_with_libreoffice(path.read_bytes(), sheets, [{}, {cell: 0.05}, {cell: 0.0499}], areas, tmp_path)
    at = template.rulebook.by_id["17.10"].index
    assert [each[0][at] for each in told] == ["6", "2", "6"]


@needs_libreoffice
@pytest.mark.slow
def test_what_only_nhiemvu_tells_says_so_in_the_cell(every_kind: Template, tmp_path: Path) -> None:
    rows = every_kind.inputs.rows
    filling = {rows["A.1", "narrative"]: "421 hộ", rows["D.16", "value"]: "nhà tiêu 409/424; nhà tắm 396/424",
               rows["A.9", "value"]: "1,5 tỷ đồng"}  # fmt: skip
    told = compute_with_libreoffice(
        every_kind.data, every_kind.sheets, [filling], live.steps_of(every_kind, "code", "said"), tmp_path
    )[0]
    at = {id_: every_kind.rulebook.by_id[id_].index for id_ in ("D.15", "D.16", "A.9")}
    assert {WORDS[int(told[0][index])] for index in at.values()} == {live.LEFT_OPEN}
    assert told[1][at["D.15"]] == "Chỉ có khi chạy nhiemvu: số lấy từ lời diễn giải."
    assert told[1][at["D.16"]] == "Chỉ có khi chạy nhiemvu: kết quả ghi từng phần."
    assert told[1][at["A.9"]] == "Có ô không ghi số hoặc khác mẫu; chạy nhiemvu để đọc."


@needs_libreoffice
@pytest.mark.slow
def test_the_words_follow_the_day_and_the_parents_follow_the_figures(every_kind: Template, tmp_path: Path) -> None:
    inputs, sheet = every_kind.inputs, every_kind.book["Kết quả"]
    heading = next(cell for cells in sheet.iter_rows() for cell in cells if cell.value == "Kết luận (tự tính)")
    shown = {id_: heading.row + 1 + every_kind.rulebook.by_id[id_].index for id_ in ("F", "F.1", "F.2", "F.3")}
    cells = [sheet.cell(row, heading.column).coordinate for row in shown.values()]
    cells.append(sheet.cell(shown["F"], heading.column + 1).coordinate)  # the advice beside it
    areas = [("Kết quả", f"{cell}:{cell}") for cell in cells]
    day, figures = inputs.facts["as_of"], {inputs.rows["F.1", "value"]: 0.3, inputs.rows["F.2", "value"]: 0.4}
    fillings = [
        {},
        figures,
        figures | {day: 45656.0},  # a day before the end of the period
        figures | {day: 45657.0},
        figures | {day: 45657.0, inputs.rows["F.3", "declared"]: "Đạt"},
    ]
    told = compute_with_libreoffice(every_kind.data, every_kind.sheets, fillings, areas, tmp_path)
    met, missing = show_verdict("met"), show_verdict("no_data")
    assert [[words[0] for words in each[:4]] for each in told] == [
        [missing, missing, missing, missing],
        [missing, met, "× Chưa đạt", missing],
        [missing, met, "× Chưa đạt", missing],
        [missing, met, "× Không đạt", missing],
        [met, met, "× Không đạt", met],
    ]
    assert told[1][4][0] == "Gồm 3: 1 đạt, 1 chưa đạt, 1 thiếu số liệu; đạt 44.44–66.67%"
    assert told[4][4][0] == "Gồm 3: 2 đạt, 1 không đạt; đạt 66.67%; xếp loại «Khá»"
