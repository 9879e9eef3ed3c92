"""Layout D: disbursement by source, headings five levels deep, the plan carried over judged apart, by rules alone."""

import csv
import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from nhiemvu import Evaluation, Rulebook, RuleError, evaluate, load_rulebook
from nhiemvu.engine.rows import Row
from nhiemvu.workbook.book import open_book
from nhiemvu.workbook.layout import find_tables

ROOT = Path(__file__).parent.parent
WORKBOOK = ROOT / "examples" / "giai-ngan-dau-tu-cong-2024.xlsx"
SCRIPT = ROOT / "examples" / "make_giai_ngan.py"
RULES = "giai-ngan-dau-tu-cong-2024"
SHEETS = {"ngan_sach_tinh": "NS tỉnh", "chuong_trinh": "CTMTQG"}
with (ROOT / "tests" / "data" / "golden_giai_ngan.csv").open(encoding="utf-8", newline="") as file:
    GOLDEN = list(csv.DictReader(file))


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    return evaluate(WORKBOOK)


@pytest.fixture(scope="module")
def rows(evaluation: Evaluation) -> dict[str, Row]:
    return {row.id: row for row in evaluation.rows()}


def change(path: Path, sheet: str, **cells: object) -> Path:
    """A copy of the form with some cells typed anew."""
    book = openpyxl.load_workbook(WORKBOOK, data_only=True)
    for name, value in cells.items():
        book[sheet][name] = value
    book.save(path)
    return path


def test_the_committed_workbook_is_what_the_script_makes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-B", str(SCRIPT), str(tmp_path / "a.xlsx")], check=True, timeout=60)
    assert (tmp_path / "a.xlsx").read_bytes() == WORKBOOK.read_bytes()


@pytest.mark.parametrize(("table", "sheet"), SHEETS.items())
def test_columns_are_found_under_five_levels_of_headings(table: str, sheet: str) -> None:
    grid = open_book(WORKBOOK).grid(sheet)
    (layout,) = find_tables(grid, "", load_rulebook(RULES).tables[table])
    assert layout.columns == {
        "tt": 1, "name": 2, "tong_muc_dau_tu": 4, "keo_dai": 8, "ke_hoach": 9, "giai_ngan": 12, "giai_ngan_keo_dai": 14,
        "narrative": 16,
    }  # fmt: skip
    assert (layout.top, layout.bottom, layout.unit, layout.problems) == (8, 12, "triệu đồng", [])


def test_totals_groups_and_details_are_not_added_up_again() -> None:
    grid = open_book(WORKBOOK).grid("NS tỉnh")
    (layout,) = find_tables(grid, "", load_rulebook(RULES).tables["ngan_sach_tinh"])
    assert layout.rows == [16, 19, 20, 22]  # not 14 (Tổng số), 15 and 21 (I, II), 17 and 18 (-)


def test_every_golden_row_and_no_other_is_evaluated(rows: dict[str, Row]) -> None:
    assert list(rows) == [row["ma"] for row in GOLDEN]


@pytest.mark.parametrize("golden", GOLDEN, ids=[row["ma"] for row in GOLDEN])
def test_row(rows: dict[str, Row], golden: dict[str, str]) -> None:
    row = rows[golden["ma"]]
    assert (row.name, row.verdict, row.basis, row.place) == (
        golden["noi_dung"],
        golden["ket_luan"],
        golden["can_cu"],
        golden["o"],
    )
    if golden["mau_so"]:
        assert (row.numerator, row.denominator) == (float(golden["tu_so"]), float(golden["mau_so"]))


@pytest.mark.parametrize(("table", "sheet"), SHEETS.items())
def test_the_lines_add_up_to_the_forms_own_total(table: str, sheet: str) -> None:
    reading = evaluate(WORKBOOK)
    total = openpyxl.load_workbook(WORKBOOK, data_only=True)[sheet]
    lines = reading._figures.lines[table].columns
    for column, letter in {"keo_dai": "H", "ke_hoach": "I", "giai_ngan": "L", "giai_ngan_keo_dai": "N"}.items():
        assert lines[column].sum() == total[f"{letter}14"].value


def test_the_books_are_closed_and_nothing_is_left_to_ask(evaluation: Evaluation, rows: dict[str, Row]) -> None:
    assert evaluation.is_closed()
    assert rows["B.1"].reason == "16.419,5 / 17.300 = 94,91%, không đạt ≥ 95%; còn thiếu 15,5 triệu đồng."
    assert not evaluation.find_problems()
    assert not evaluation.find_discrepancies()


def test_money_of_the_year_does_not_help_the_plan_carried_over(tmp_path: Path) -> None:
    """All of the year's plan disbursed leaves the plan carried over where it was, and the source not met."""
    found = {row.id: row.verdict for row in evaluate(change(tmp_path / "a.xlsx", "NS tỉnh", L19=3600)).rows()}
    assert (found["A.1.1"], found["A.1.2"], found["A.1"]) == ("met", "not_met", "not_met")


def test_disbursement_over_the_plan_is_a_discrepancy(tmp_path: Path) -> None:
    found = evaluate(change(tmp_path / "a.xlsx", "CTMTQG", N16=500)).find_discrepancies()
    assert [(each.id, each.kind, each.place) for each in found] == [("A.2.2", "share-over-100", "CTMTQG!N16")]


def test_a_sheet_in_dong_gives_the_same_shares(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(WORKBOOK, data_only=True)
    page = book["CTMTQG"]
    page["N7"] = "ĐVT: đồng"
    for row in page.iter_rows(min_row=14, max_row=20, min_col=4, max_col=14):
        for cell in row:
            if isinstance(cell.value, int | float) and cell.column not in (13, 15):
                cell.value = round(cell.value * 1_000_000)
    book.save(tmp_path / "dong.xlsx")
    found = {row.id: (row.verdict, row.value, row.numerator) for row in evaluate(tmp_path / "dong.xlsx").rows()}
    assert found["A.2.1"] == ("met", 6185.5 / 6400, 6185.5)
    assert found["B.1"] == ("not_met", 16419.5 / 17300, 16419.5)


def test_a_project_without_a_number_is_not_lost_in_silence(tmp_path: Path) -> None:
    found = evaluate(change(tmp_path / "a.xlsx", "NS tỉnh", A19=None)).find_problems()
    assert [(each.code, each.severity, each.place.address) for each in found] == [
        ("row-without-code", "warning", "NS tỉnh!A19")
    ]


@pytest.mark.parametrize("mark", ["-", "+", "Trong đó:"])
def test_a_detail_without_a_code_is_told_by_its_mark(tmp_path: Path, mark: str) -> None:
    changed = change(tmp_path / "a.xlsx", "NS tỉnh", A17=None, B17=f"{mark} vốn kéo dài")
    assert [each.code for each in evaluate(changed).find_problems()] == []


def test_nothing_is_foreseen_once_the_books_are_closed(rows: dict[str, Row]) -> None:
    assert {row.outlook for row in rows.values()} == {"none", "done"}


def test_a_mid_year_workbook_is_judged_by_its_pace(tmp_path: Path) -> None:
    path = change(tmp_path / "a.xlsx", "Thông tin", C13="30/9/2024")
    row = next(row for row in evaluate(path).rows() if row.id == "A.1.1")
    assert (row.verdict, row.outlook) == ("not_met", "on_track")  # 93,89% is more than the 60% due


def test_the_command_line_writes_the_evaluation_into_a_copy(tmp_path: Path) -> None:
    out = tmp_path / "ra.xlsx"
    command = [sys.executable, "-m", "nhiemvu", "evaluate", str(WORKBOOK), "-o", str(out), "--json"]
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    assert [each["id"] for each in json.loads(done.stdout)["units"][0]["criteria"]] == [row["ma"] for row in GOLDEN]
    with zipfile.ZipFile(WORKBOOK) as old, zipfile.ZipFile(out) as new:
        ours = [name for name in old.namelist() if "worksheets/sheet" in name]
        assert all(old.read(name) == new.read(name) for name in ours)


def test_counted_names_a_column_of_the_table(make_rules: Callable[..., Rulebook]) -> None:
    with pytest.raises(RuleError) as error:
        make_rules("tables:\n  a: {sheet: A, counted: {tt: '1'}, columns: {x: X}}\n")
    assert [problem.code for problem in error.value.problems] == ["unknown-name"]


@pytest.mark.slow
def test_libreoffice_computes_the_cached_values(tmp_path: Path) -> None:
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed")
    bare = tmp_path / "bare.xlsx"
    with zipfile.ZipFile(WORKBOOK) as old, zipfile.ZipFile(bare, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, re.sub(rb"(</f>)<v>[^<]*</v>", rb"\1", data) if "/worksheets/sheet" in name else data)
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = [office, profile, "--headless", "--convert-to", "xlsx", "--outdir", str(tmp_path / "out"), str(bare)]
    subprocess.run(command, check=True, timeout=180, capture_output=True)
    cached, computed = (
        openpyxl.load_workbook(path, data_only=True) for path in (WORKBOOK, tmp_path / "out" / "bare.xlsx")
    )
    for page in openpyxl.load_workbook(WORKBOOK):
        for row in page.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    ours, theirs = (book[page.title][cell.coordinate].value for book in (cached, computed))
                    assert theirs == pytest.approx(ours, rel=1e-12), f"{page.title}!{cell.coordinate}"
