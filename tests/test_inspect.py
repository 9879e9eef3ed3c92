"""What `inspect` says of a workbook, and that what `map` drafts loads and reads it."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
import xlsxwriter
from click.testing import CliRunner
from conftest import EXAMPLE, ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from nhiemvu.cli import commands
from nhiemvu.errors import WorkbookError
from nhiemvu.pipeline import inspect
from nhiemvu.rules.load import load_rulebook
from nhiemvu.survey.draft import draft_rulebook
from nhiemvu.workbook.book import Book, open_book
from nhiemvu.workbook.formats import Formats
from nhiemvu.workbook.grid import Cell, Grid
from nhiemvu.workbook.read import read_workbook

RULES = "nhiem-vu-trong-tam-2024-hai-yen"
EXAMPLES = sorted((ROOT / "examples").glob("*.xlsx"))


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    """A sheet with one of everything that is worth telling."""
    path = tmp_path / "so.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Biểu")
        old = book.add_format({"font_name": ".VnTime"})
        sheet.write("A1", "GIẢI NGÂN")
        sheet.write("D2", "ĐVT: triệu đồng")
        for row, line in enumerate(
            [["TT", "Danh mục", "Kế hoạch", "Tỷ lệ (%)"], ["1.1", "", "72.225.000 đ", "27,35/25 ha"]], 2
        ):
            sheet.write_row(row, 0, line)
        sheet.write("B4", "H¹nh phóc", old)
        sheet.write_row("A5", ["I", "Cầu", 5, 50])
        sheet.write_formula("C6", "=1/0", None, "#DIV/0!")
        sheet.write_formula("D6", "=1+1", None, "")
        sheet.set_row(4, None, None, {"hidden": True})
        sheet.set_column("B:B", None, None, {"hidden": True})
        book.add_worksheet("Ẩn").hide()
    return path


def test_everything_worth_telling_is_told(odd: Path) -> None:
    found = inspect(odd)
    (sheet, hidden) = found["sheets"]  # type: ignore[misc]  # plain data
    assert (hidden["hidden"], hidden["tables"]) == (True, [])
    assert sheet["tables"] == [
        {
            "title": "GIẢI NGÂN",
            "header": "A3:D3",
            "columns": [
                {"letter": letter, "heading": heading, "unit": unit}
                for letter, heading, unit in [
                    ("A", "TT", ""), ("B", "Danh mục", ""), ("C", "Kế hoạch", ""), ("D", "Tỷ lệ (%)", "%"),
                ]
            ],
        }
    ]  # fmt: skip
    assert sheet["numbers_from_text"] == [
        {"cell": "C4", "text": "72.225.000 đ", "reads": "72.225.000 đ"},
        {"cell": "D4", "text": "27,35/25 ha", "reads": "27,35 / 25"},
    ]
    assert (sheet["errors"], sheet["hidden_rows"], sheet["hidden_columns"]) == (["C6"], [5], ["B:B"])
    assert sheet["legacy_fonts"] == {".VnTime": 1}


def test_with_rules_each_criterion_names_its_cells() -> None:
    rules = inspect(EXAMPLE, RULES)["rules"]
    criteria = {each["id"]: each["cells"] for each in rules["criteria"]}  # type: ignore[index]  # plain data
    assert {"what": "value", "cell": "Kết quả!E67", "text": "7/7 công dân"} in criteria["3.1.2"]
    table = next(each for each in rules["tables"] if each["name"] == "ket_qua")  # type: ignore[index]
    (part,) = table["parts"]
    assert (part["header"], part["lines"]) == ("A7:J8", 63)
    assert {"name": "value", "heading": "Kết quả (số liệu)", "cell": "E8", "unit": ""} in part["columns"]
    assert not [each for each in rules["problems"] if each["severity"] == "error"]  # type: ignore[index]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_draft_loads_and_reads_its_workbook(path: Path, tmp_path: Path) -> None:
    text = draft_rulebook(open_book(path))
    file = tmp_path / f"{text.split('rulebook: ')[1].split()[0]}.yaml"
    file.write_text(text, encoding="utf-8")
    rules = load_rulebook(file)
    reading = read_workbook(path, {n: t for n, t in rules.tables.items() if t.kind != "facts"}, {})
    assert all(len(table) for table in reading.tables.values())
    assert {p.code for p in reading.problems if p.severity == "error"} <= {"text-in-number", "duplicate-code"}


def test_what_is_uncertain_is_marked_in_the_draft(odd: Path) -> None:
    lines = draft_rulebook(open_book(odd)).splitlines()
    assert "    unit: triệu đồng" in lines
    assert '    counted: {tt: "1.1"}' in lines or "    counted: {tt: I}" in lines
    assert sum(line.lstrip().startswith("# ?") for line in lines) >= 1


def test_the_commands_print_and_write(odd: Path, tmp_path: Path) -> None:
    run = CliRunner()
    out = tmp_path / "nhap.yaml"
    told = run.invoke(commands, ["inspect", str(odd)]).output
    assert "Công thức báo lỗi: C6" in told
    assert ".VnTime: 1 ô" in told
    assert json.loads(run.invoke(commands, ["inspect", str(EXAMPLE), "--rules", RULES, "--json"]).output)["rules"]
    assert "Đã tạo" in run.invoke(commands, ["map", str(odd), "-o", str(out)]).output
    assert out.read_text(encoding="utf-8") == run.invoke(commands, ["map", str(odd)]).output
    assert run.invoke(commands, ["map", str(odd), "-o", str(out)]).exit_code == 2  # not overwritten unasked


_cells = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.sampled_from(["TT", "x" * 70, "Tỷ lệ (%)", "Kế hoạch", "1.1"]),
    st.integers(-9, 9),
)


@given(st.lists(st.lists(_cells, max_size=6), max_size=8), st.lists(st.tuples(*[st.integers(1, 8)] * 4), max_size=4))
@settings(max_examples=80)
def test_whatever_is_drafted_loads(lines: list[list[object]], areas: list[tuple[int, int, int, int]]) -> None:
    grid = Grid("S", merges=[area for area in areas if area[0] <= area[2] and area[1] <= area[3]])
    for row, line in enumerate(lines, 1):
        for column, value in enumerate(line, 1):
            if isinstance(value, str) and value:
                grid.rows.setdefault(row, {})[column] = Cell(value, "text", value)
            elif isinstance(value, int):
                grid.rows.setdefault(row, {})[column] = Cell(float(value), "number", str(value))
    book = Book("so.xlsx", "", ["S"], frozenset(), Formats(), False, lambda _: grid)
    try:
        text = draft_rulebook(book)
    except WorkbookError:
        return  # nothing like a table
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "nhap-so.yaml").write_text(text, encoding="utf-8")
        assert load_rulebook(Path(folder) / "nhap-so.yaml").tables
