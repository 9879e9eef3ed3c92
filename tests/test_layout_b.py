"""Layout B: main indicators with plan, result and verdict, read and judged by a rulebook with no code of its own."""

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from nhiemvu import Evaluation, Rulebook, RuleError, evaluate, load_rulebook
from nhiemvu.engine.rows import Row
from nhiemvu.text import fold
from nhiemvu.workbook.book import open_book

ROOT = Path(__file__).parent.parent
WORKBOOK = ROOT / "examples" / "kinh-te-xa-hoi-2019.xlsx"
SCRIPT = ROOT / "examples" / "make_kinh_te_xa_hoi.py"
with (ROOT / "tests" / "data" / "golden_kinh_te_xa_hoi.csv").open(encoding="utf-8", newline="") as file:
    GOLDEN = list(csv.DictReader(file))

MakeRules = Callable[..., Rulebook]


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    return evaluate(WORKBOOK)


@pytest.fixture(scope="module")
def rows(evaluation: Evaluation) -> dict[str, Row]:
    return {row.id: row for row in evaluation.rows()}


def test_the_committed_workbook_is_what_the_script_makes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-B", str(SCRIPT), str(tmp_path / "a.xlsx")], check=True, timeout=60)
    assert (tmp_path / "a.xlsx").read_bytes() == WORKBOOK.read_bytes()


def test_every_row_of_the_form_is_a_criterion_and_no_other_is(rows: dict[str, Row]) -> None:
    assert list(rows) == [row["ma"] for row in GOLDEN]


@pytest.mark.parametrize("golden", GOLDEN, ids=[row["ma"] for row in GOLDEN])
def test_the_rules_conclude_what_the_form_prints(rows: dict[str, Row], golden: dict[str, str]) -> None:
    row = rows[golden["ma"]]
    assert (row.name, row.verdict, row.basis) == (golden["noi_dung"], golden["ket_luan"], golden["can_cu"])
    assert row.declared == golden["danh_gia"]
    assert not golden["danh_gia"] or golden["ket_luan"] == golden["danh_gia"]


def test_the_form_holds_the_plans_and_results_of_the_golden_file() -> None:
    grid = open_book(WORKBOOK).grid("Biểu 01")
    texts = {
        fold(cell.text): [grid.at(row, column) for column in (4, 5)]
        for row, column, cell in grid.cells()
        if column == 2 and cell.kind == "text"
    }

    def said(cell: object) -> str:
        value = getattr(cell, "value", "")
        return f"{value:g}".replace(".", ",") if isinstance(value, float) else str(value)

    for golden in GOLDEN:
        assert [said(cell) if cell else "" for cell in texts[fold(golden["noi_dung"])]] == [
            golden["ke_hoach"],
            golden["uoc_thuc_hien"],
        ]


def test_nothing_disagrees_and_one_result_cannot_be_judged(evaluation: Evaluation) -> None:
    assert not evaluation.find_discrepancies()
    assert [(each.code, each.criterion, each.place.cell) for each in evaluation.find_problems()] == [
        ("bound-undecided", "8.1", "E20")
    ]


def test_rows_of_which_do_not_count_in_the_group(rows: dict[str, Row]) -> None:
    assert rows["8.1"].verdict == "no_data"
    assert rows["II"].reason == "Gồm 05 nội dung: 02 vượt, 03 đạt"


def test_reasons_name_the_level_that_was_exceeded(rows: dict[str, Row]) -> None:
    assert rows["2"].reason == "2,79%, đạt < 4,5%; vượt vì < 3,5%."
    assert rows["4"].reason == "Kết quả «Xuất siêu» nằm trọn trong ≤ 0, vượt < 3%."
    assert rows["12"].reason == "41,85%, đạt ≥ 41,85%."


def test_the_command_line_writes_the_evaluation_beside_the_form(tmp_path: Path) -> None:
    out = tmp_path / "ra.xlsx"
    command = [sys.executable, "-m", "nhiemvu", "evaluate", str(WORKBOOK), "-o", str(out), "--json"]
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    assert done.returncode == 1, done.stderr.decode()  # evaluated, and one criterion lacks a figure
    assert [each["id"] for each in json.loads(done.stdout)["units"][0]["criteria"]] == [row["ma"] for row in GOLDEN]
    assert {"Biểu 01", "Thông tin"} < set(openpyxl.load_workbook(out).sheetnames)


def test_results_in_words_and_ranges_are_typed_into_the_form_as_the_cases_have_them(tmp_path: Path) -> None:
    rules = load_rulebook("kinh-te-xa-hoi-2019")
    typed = [case for case in rules.cases if isinstance(case.given.get("value"), str)]
    assert len(typed) == 7
    for number, case in enumerate(typed):
        book = openpyxl.load_workbook(WORKBOOK)
        name = fold(rules.by_id[case.criterion].name)
        cell = next(row[4] for row in book["Biểu 01"].iter_rows() if fold(str(row[1].value)) == name)
        cell.value = case.given["value"]
        book.save(tmp_path / f"{number}.xlsx")
        found = {row.id: row.verdict for row in evaluate(tmp_path / f"{number}.xlsx", rules).rows()}
        assert found[case.criterion] == case.expect, case.name


# --- the language: exceeds, words ---------------------------------------------------------------------------------


def refuse(make_rules: MakeRules, criterion: str) -> list[str]:
    with pytest.raises(RuleError) as error:
        make_rules(f"criteria:\n  - {{id: a, unit: '%', {criterion}}}\n")
    return [problem.code for problem in error.value.problems]


@pytest.mark.parametrize(
    ("criterion", "code"),
    [
        ("targets: [{meets: '≥ 6%', exceeds: '> 5%'}]", "exceeds-outside-target"),
        ("targets: [{meets: '< 4%', exceeds: '> 4%'}]", "exceeds-outside-target"),
        ("targets: [{meets: '≥ 6%', exceeds: '> 7'}]", "target-without-percent"),
        ("targets: [{meets: '≥ 6%', exceeds: '> 7%'}], exceeded: '≥ 105%'", "exceeded-twice"),
        ("targets: [{meets: '≥ 6%'}], words: {Xuất siêu: 'not(0)'}", "words-meaning"),
        ("targets: [{meets: '≥ 6%'}], words: {Xuất siêu: '\"âm\"'}", "words-meaning"),
        ("targets: [{meets: '≥ 6%'}], words: {Hoà: '= 0', HÒA: '< 0'}", "words-twice"),
        (
            "targets: [{meets: '≥ 6%'}], words: {Xuất siêu: '< 0'}, measure: numerator / denominator",
            "words-with-measure",
        ),
    ],
)
def test_a_rule_that_contradicts_itself_does_not_load(make_rules: MakeRules, criterion: str, code: str) -> None:
    assert refuse(make_rules, criterion) == [code]


def test_a_table_without_codes_knows_its_rows_by_name(rows: dict[str, Row]) -> None:
    assert rows["7"].place == "Biểu 01!E18"  # its name is typed decomposed
