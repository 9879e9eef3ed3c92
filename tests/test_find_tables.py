"""Several tables on a sheet, one over several sheets, one on its side: found by the definition, or told why not."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from forms import add_form, add_table, save
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from nhiemvu.rules.models import Table
from nhiemvu.workbook.book import Book
from nhiemvu.workbook.formats import Formats
from nhiemvu.workbook.grid import Area, Cell, Grid, Kind
from nhiemvu.workbook.layout import find_tables
from nhiemvu.workbook.read import Reading, read_workbook

COLUMNS = {
    "tt": {"headings": ["TT"], "type": "text"},
    "name": {"headings": ["Danh mục dự án"], "type": "text"},
    "ke_hoach": "Kế hoạch",
    "giai_ngan": "Giải ngân",
}
HEADER = [["TT", "Danh mục dự án", "Kế hoạch", "Giải ngân"]]


def define(**more: object) -> Table:
    return Table.model_validate({"columns": COLUMNS, **more})


def read(book: Workbook, path: Path, **tables: Table) -> Reading:
    return read_workbook(save(book, path / "so.xlsx"), tables, {})


def codes(reading: Reading) -> list[str]:
    return [problem.code for problem in reading.problems]


def lines(reading: Reading, name: str = "t", *keys: str) -> list[tuple[object, ...]]:
    columns = reading.tables[name].columns
    return list(zip(*(columns[key] for key in keys or ("name", "giai_ngan")), strict=True))


@pytest.fixture
def stacked() -> Workbook:
    """Two sources of capital, one under the other, each with its title, headings and units."""
    book = Workbook()
    sheet = add_form(
        book,
        "Giải ngân",
        HEADER,
        [[1, "Đường thôn 1", 100, 50], [2, "Đường thôn 2", 60, 30]],
        title="I. Nguồn vốn ngân sách tỉnh",
    )
    sheet.delete_rows(10, 6)
    sheet["A12"] = "II. Nguồn vốn Chương trình MTQG"
    sheet["D13"] = "ĐVT: triệu đồng"
    add_table(sheet, 14, HEADER, [[1, "Nước sạch", 40, 40]])
    sheet["A16"] = "Nơi nhận:"
    return book


# --- several tables on one sheet ------------------------------------------------------------------------------------


def test_each_table_is_found_under_its_title(stacked: Workbook, tmp_path: Path) -> None:
    reading = read(
        stacked, tmp_path, tinh=define(title="Nguồn vốn ngân sách tỉnh"), ct=define(title=["Vốn CTMTQG",
            "Nguồn vốn Chương trình MTQG"])
    )  # fmt: skip
    assert lines(reading, "tinh") == [("Đường thôn 1", 50.0), ("Đường thôn 2", 30.0)]
    assert lines(reading, "ct") == [("Nước sạch", 40.0)]
    assert reading.tables["ct"].address("giai_ngan", 0) == "Giải ngân!D15"
    assert codes(reading) == []


def test_each_table_is_found_by_its_order(stacked: Workbook, tmp_path: Path) -> None:
    reading = read(stacked, tmp_path, t=define(nth=1), hai=define(nth=2), moi=define(nth="all"))
    assert lines(reading) == [("Đường thôn 1", 50.0), ("Đường thôn 2", 30.0)]
    assert lines(reading, "hai") == [("Nước sạch", 40.0)]
    assert lines(reading, "moi") == [*lines(reading), *lines(reading, "hai")]
    assert reading.tables["moi"].address("ke_hoach", 2) == "Giải ngân!C15"
    assert codes(reading) == []


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        ({}, "several-tables", "hàng 7, 14"),
        ({"nth": 3}, "several-tables", "chỉ có 2 bảng"),
        ({"title": "Nguồn vốn ngân sách tinh"}, "missing-title", "gần nhất là «nguồn vốn ngân sách tỉnh»"),
        ({"title": "Nguồn vốn"}, "several-tables", "hàng 4, 12"),
        ({"title": "Vay nước ngoài"}, "missing-title", "không có dòng «Vay nước ngoài»"),
    ],
)
def test_what_is_in_doubt_is_said_and_not_taken(
    stacked: Workbook, tmp_path: Path, more: dict[str, object], code: str, said: str
) -> None:
    reading = read(stacked, tmp_path, t=define(sheet="Giải ngân", **more))
    assert (codes(reading), reading.tables) == ([code], {})
    assert said in reading.problems[0].text


def test_a_table_that_no_sheet_holds_whole_is_told_with_what_comes_nearest(tmp_path: Path) -> None:
    book = Workbook()
    book.create_sheet("Khác")["A1"] = "Ghi chú"
    add_form(book, "S", [["TT", "Danh mục dự án", "Kế hoạch", "Giải ngan"]], [[1, "Đường", 100, 50]])
    reading = read(book, tmp_path, t=define())
    assert codes(reading) == ["missing-table", "missing-column"]
    assert "gần nhất là «Giải ngan» ở ô D" in reading.problems[1].text
    assert "«TT»" in reading.problems[0].text  # it has no name of its own: its first heading stands for it


def test_a_table_ends_where_another_of_the_rulebook_begins(tmp_path: Path) -> None:
    book = Workbook()
    sheet = add_form(book, "S", HEADER, [[1, "Đường", 5, 4]])
    sheet.delete_rows(9, 9)
    sheet["B10"] = "Biểu 2. Thu ngân sách"
    add_table(sheet, 12, [["TT", "Nội dung thu", "Dự toán", "Thực hiện"]], [[1, "Phí", 7, 6]])
    thu = Table.model_validate(
        {"columns": {"name": {"headings": ["Nội dung thu"], "type": "text"}, "giai_ngan": "Thực hiện"}}
    )
    reading = read(book, tmp_path, t=define(), thu=thu)
    assert (lines(reading), lines(reading, "thu")) == ([("Đường", 4.0)], [("Phí", 6.0)])
    assert codes(reading) == []


def test_a_title_may_be_a_group_within_one_long_table(tmp_path: Path) -> None:
    book = Workbook()
    body = [
        ["I", "Nguồn vốn ngân sách tỉnh", 160, 80], [1, "Đường thôn 1", 100, 50], ["-", "Xây lắp", 90, 45],
        [2, "Đường thôn 2", 60, 30], ["II", "Nguồn vốn Chương trình MTQG", 40, 40], [1, "Nước sạch", 40, 40],
    ]  # fmt: skip
    add_form(book, "S", HEADER, body)
    counted = {"tt": "1"}
    reading = read(
        book, tmp_path, t=define(title="Nguồn vốn ngân sách tỉnh", counted=counted),
            ct=define(title="Nguồn vốn Chương trình MTQG", counted=counted)
    )  # fmt: skip
    assert lines(reading) == [("Đường thôn 1", 50.0), ("Đường thôn 2", 30.0)]
    assert lines(reading, "ct") == [("Nước sạch", 40.0)]
    assert codes(reading) == []


def test_one_line_of_units_at_the_top_speaks_for_every_table_below(stacked: Workbook, tmp_path: Path) -> None:
    sheet = stacked["Giải ngân"]
    sheet["D6"], sheet["D13"] = "ĐVT: triệu đồng", None
    reading = read(stacked, tmp_path, t=define(title="Nguồn vốn Chương trình MTQG", unit="đồng"))
    assert lines(reading) == [("Nước sạch", 40e6)]


# --- one table over several sheets ----------------------------------------------------------------------------------


def make_months(*months: int, letter: str = "T") -> Workbook:
    book = Workbook()
    for month in months:
        header = [*HEADER[0], "Ghi chú"] if month % 2 else [*HEADER[0][:2], "Ghi chú", *HEADER[0][2:]]
        row = [1, f"Khoản {month}", 10, month, "x"] if month % 2 else [1, f"Khoản {month}", "x", 10, month]
        add_form(book, f"{letter}{month}", [header], [row])
    return book


@pytest.mark.parametrize(("months", "sheet"), [([1, 2, 3], "T{1..3}"), ([1, 2, 3], "T*"), ([1, 2, 3], "{T1,T2,T3}")])
def test_a_table_over_several_sheets_is_one(months: list[int], sheet: str, tmp_path: Path) -> None:
    reading = read(make_months(*months), tmp_path, t=define(sheet=sheet))
    assert lines(reading) == [("Khoản 1", 1.0), ("Khoản 2", 2.0), ("Khoản 3", 3.0)]
    assert [reading.tables["t"].address("giai_ngan", i) for i in range(3)] == ["T1!D8", "T2!E8", "T3!D8"]
    assert codes(reading) == []


def test_months_that_are_yet_to_come_are_named(tmp_path: Path) -> None:
    book = make_months(1, 2, letter="t")
    add_form(book, "t3", HEADER, [])
    reading = read(book, tmp_path, t=define(sheet="T{1..5}"))
    assert lines(reading) == [("Khoản 1", 1.0), ("Khoản 2", 2.0)]
    assert [(p.code, p.severity) for p in reading.problems] == [("missing-sheets", "warning")]
    assert "«T4», «T5»" in reading.problems[0].text


@pytest.mark.parametrize("lack", ["no sheet", "no lines", "blank", "no headings"])
def test_a_table_that_lacks_a_month_before_the_last_is_not_counted(lack: str, tmp_path: Path) -> None:
    book = make_months(1, 3)
    if lack == "no lines":
        add_form(book, "T2", HEADER, [])
    elif lack != "no sheet":
        book.create_sheet("T2")["A1"] = 5 if lack == "no headings" else None
    reading = read(book, tmp_path, t=define(sheet="T{1..4}"))
    assert "t" not in reading.tables
    (told,) = [p for p in reading.problems if p.code == "sheets-between"]
    assert (told.severity, "«T2» trong khi" in told.text) == ("error", True)


def test_one_sheet_of_several_without_the_headings_is_told(tmp_path: Path) -> None:
    book = make_months(1, 2)
    book.create_sheet("T3")["A1"] = "trống"
    assert codes(read(book, tmp_path, t=define(sheet="T{1..3}"))) == ["missing-header"]
    assert codes(read(book, tmp_path, t=define(sheet="T*"))) == []  # any sheet that has the headings


def test_a_criterion_on_two_sheets_is_used_from_neither(tmp_path: Path) -> None:
    book = Workbook()
    for name in ("Q1", "Q2"):
        add_form(book, name, [["Mã", "Kết quả"]], [["1.1", 3], [f"1.{name[1:]}0", 5]])
    table = Table.model_validate(
        {
            "kind": "results",
            "sheet": "Q{1..2}",
            "columns": {"id": {"headings": ["Mã"], "type": "text"}, "value": "Kết quả"},
        }
    )
    units = {"1.1": "hộ", "1.10": "hộ", "1.20": "hộ"}
    reading = read_workbook(save(book, tmp_path / "so.xlsx"), {"t": table}, {}, units)
    assert reading.tables["t"].columns["id"] == ["", "1.10", "", "1.20"]
    assert codes(reading) == ["duplicate-code"]


# --- a table turned on its side ---------------------------------------------------------------------------------------


SIDEWAYS = Table.model_validate(
    {
        "sideways": True,
        "columns": {
            "xa": {"headings": ["Chỉ tiêu"], "type": "text"},
            "thu": {"headings": ["Thu ngân sách"], "unit": "đồng"},
            "ty_le": {"headings": ["Môi trường > Tỷ lệ thu gom rác"], "type": "percent"},
            "lop": {"headings": ["Số lớp tập huấn"], "unit": "lớp"},
        },
    }
)


def make_sideways(
    units: Sequence[object] = ("ĐVT", None, "triệu đồng", None, "%", "lớp"),
) -> tuple[Workbook, Worksheet]:
    book = Workbook()
    body = [
        [1, "Thu ngân sách", "Thu ngân sách", units[2], 100, "250,5", 350.5],
        [2, "Môi trường", "Tỷ lệ thu gom rác", units[4], 80, "97,5%", None],
        [None, None, "Số lớp tập huấn", units[5], 2, 3, 5],
    ]
    header = [["STT", "Nhóm", "Chỉ tiêu", units[0], "Xã Hải Yến", "Xã Cao Lâu", "Cộng"]]
    sheet = add_form(book, "Các xã", header, body, merges=["A3:A4", "B3:B4"])
    return book, sheet


def test_a_table_on_its_side_has_a_line_a_commune(tmp_path: Path) -> None:
    book, _ = make_sideways()
    reading = read(book, tmp_path, t=SIDEWAYS)
    assert lines(reading, "t", "xa", "thu", "ty_le", "lop") == [
        ("Xã Hải Yến", 100e6, 0.8, 2.0),
        ("Xã Cao Lâu", 250.5e6, 0.975, 3.0),
    ]
    table = reading.tables["t"]
    assert [table.address("ty_le", i) for i in (0, 1)] == ["Các xã!E9", "Các xã!F9"]
    assert codes(reading) == []


def test_what_a_table_on_its_side_lacks_is_told_with_its_cell(tmp_path: Path) -> None:
    book, sheet = make_sideways()
    sheet["C10"], sheet["F8"] = "Số lớp tập huân", "nhiều"
    sheet.column_dimensions["E"].hidden = True
    reading = read(book, tmp_path, t=SIDEWAYS.model_copy(update={"sheet": ["Các xã"]}))
    told = {problem.code: problem for problem in reading.problems}
    assert "«Số lớp tập huân» ở ô C10" in told["missing-column"].text
    assert told["text-in-number"].place.cell == "F8"
    assert told["hidden-columns"].place.cell.startswith("E")


def test_titles_merged_above_a_table_on_its_side_are_none_of_its_headings(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    form = [["UBND XÃ HẢI YẾN"], ["BIỂU 2"], [], ["Xã", "Hải Yến", "Cao Lâu"], ["Kế hoạch", 4, 5], ["Giải ngân", 1, 2]]
    for line in form:
        sheet.append(line)
    sheet.merge_cells("A1:B1")
    sheet.merge_cells("A2:C2")
    columns = {"name": {"headings": ["Xã"], "type": "text"}, "ke_hoach": "Kế hoạch", "giai_ngan": "Giải ngân"}
    reading = read(book, tmp_path, t=Table.model_validate({"sideways": True, "columns": columns}))
    assert lines(reading, "t", *columns) == [("Hải Yến", 4.0, 1.0), ("Cao Lâu", 5.0, 2.0)]
    assert codes(reading) == []


@pytest.mark.parametrize(
    ("names", "said"),
    [(["T01", "T02", "T03"], []), (["T1", "T 2", "T03"], []), (["T1", "T2", "Quý 3"], ["missing-sheets"]),
     (["T1", "T02", "T 2", "T3"], ["several-sheets"])],
)  # fmt: skip
def test_the_number_of_a_month_s_sheet_is_known_however_it_is_written(
    names: list[str], said: list[str], tmp_path: Path
) -> None:
    book = Workbook()
    for name in names:
        add_form(book, name, HEADER, [[1, name, 100, 10]])
    reading = read(book, tmp_path, t=define(sheet="T{1..3}"))
    assert codes(reading) == said
    if not said:
        assert lines(reading) == [(name, 10.0) for name in names]


@pytest.mark.parametrize(("known", "said"), [(["1.1"], "duplicate-code"), (["1.1", "1.10"], "code-collision")])
def test_a_code_typed_as_a_number_may_be_a_longer_one_only_where_there_is_one(
    tmp_path: Path, known: list[str], said: str
) -> None:
    book = Workbook()
    add_form(book, "S", [["Mã", "Kết quả"]], [["1.1", 3], [1.1, 5]])
    table = Table.model_validate(
        {"kind": "results", "columns": {"id": {"headings": ["Mã"], "type": "text"}, "value": "Kết quả"}}
    )
    reading = read_workbook(save(book, tmp_path / "so.xlsx"), {"t": table}, {}, dict.fromkeys(known, "hộ"))
    assert codes(reading) == [said]


# --- where the unit of measure stands -----------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["line", "brackets", "labelled", "row", "column"])
def test_the_unit_of_measure_is_found_wherever_it_stands(where: str, tmp_path: Path) -> None:
    book = Workbook()
    heading = {"brackets": "Giải ngân (triệu đồng)", "labelled": "Giải ngân\n(ĐVT: triệu đồng)"}.get(where, "Giải ngân")
    header = [["TT", "Danh mục dự án", "ĐVT", "Giải ngân"]]
    header[0][3] = heading
    rows: list[list[object]] = [[1, "Đường", "triệu đồng" if where == "column" else None, 25]]
    if where == "row":
        rows.insert(0, [None, None, None, "(triệu đồng)"])
    add_form(book, "S", header, rows, unit="triệu đồng" if where == "line" else "")
    columns = {
        "name": {"headings": ["Danh mục dự án"], "type": "text"},
        "giai_ngan": {"headings": ["Giải ngân"], "unit": "đồng"},
        **({"unit": {"headings": ["ĐVT"], "type": "text"}} if where == "column" else {}),
    }
    reading = read(book, tmp_path, t=Table.model_validate({"columns": columns}))
    assert lines(reading) == [("Đường", 25e6)]
    assert codes(reading) == []


@pytest.mark.parametrize(
    "line",
    ["ĐVT: nghìn đồng, %", "ĐVT: nghìn đồng; tỷ lệ: %", "Đơn vị tính: nghìn đồng (làm tròn số)", "ĐVT nghìn đồng",
     "Đơn vị tính : Nghìn đồng./.", "(nghìn đồng)", "Đvt: ha, 1.000 đ", " " * 90 + "ĐVT: nghìn đồng", "Đơn vị: 1.000 đ",
     "(Kèm theo Báo cáo số 12/BC-UBND ngày 30/6/2025 của UBND xã Hải Yến; đơn vị tính: nghìn đồng)"],
)  # fmt: skip
def test_the_units_line_is_read_as_officials_write_it(line: str, tmp_path: Path) -> None:
    book = Workbook()
    add_form(book, "S", [["TT", "Danh mục dự án", "Giải ngân"]], [[1, "Đường", 25]])
    book["S"]["C6"] = line
    table = Table.model_validate(
        {
            "unit": "triệu đồng",
            "columns": {"name": {"headings": ["Danh mục dự án"], "type": "text"}, "giai_ngan": "Giải ngân"},
        }
    )
    reading = read(book, tmp_path, t=table)
    assert lines(reading) == [("Đường", 0.025)]
    assert codes(reading) == []


@pytest.mark.parametrize(
    "line", ["ĐVT: 10^6 đồng", "ĐVT: 1,000 đồng", "ĐVT: trăm triệu đồng", "ĐVT: nghìn đồng, triệu đồng", "ĐVT: hộ"]
)
def test_a_units_line_that_says_no_such_unit_leaves_the_figures_unread(line: str, tmp_path: Path) -> None:
    book = Workbook()
    add_form(book, "S", [["TT", "Danh mục dự án", "Kế hoạch", "Giải ngân"]], [[1, "Đường", 30, 25]])
    book["S"]["C6"] = line
    columns = {
        "name": {"headings": ["Danh mục dự án"], "type": "text"},
        "ke_hoach": "Kế hoạch",
        "giai_ngan": "Giải ngân",
    }
    reading = read(book, tmp_path, t=Table.model_validate({"unit": "triệu đồng", "columns": columns}))
    assert lines(reading) == [("Đường", None)]
    assert [(problem.code, problem.place.cell) for problem in reading.problems] == [("unit-disagrees", "C6")]


def test_the_units_line_speaks_of_money_and_not_of_a_count_beside_it(tmp_path: Path) -> None:
    book = Workbook()
    add_form(book, "S", [["TT", "Danh mục dự án", "Số hộ", "Giải ngân"]], [[1, "Đường", 30, 25]])
    book["S"]["C6"] = "ĐVT: nghìn đồng"
    columns = {
        "name": {"headings": ["Danh mục dự án"], "type": "text"},
        "so_ho": {"headings": ["Số hộ"], "unit": "hộ"},
        "giai_ngan": "Giải ngân",
    }
    reading = read(book, tmp_path, t=Table.model_validate({"unit": "triệu đồng", "columns": columns}))
    assert reading.tables["t"].columns["so_ho"] == [30.0]
    assert lines(reading) == [("Đường", 0.025)]
    assert codes(reading) == []


# --- any grid of cells ----------------------------------------------------------------------------------------------

_noise = st.one_of(
    st.none(),
    st.sampled_from(
        ["Ghi chú", "x", "TT", "I", "Tháng 5", "(1)", "ĐVT: %", "Nguồn vốn", "Nơi nhận", "Kế hoạch", "Tổng số"]
    ),
    st.integers(-9, 9),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.booleans(),
)
_grids = st.lists(st.lists(_noise, max_size=7), max_size=9)
_areas = st.lists(st.tuples(*[st.integers(1, 12)] * 4), max_size=5)
_more = st.fixed_dictionaries(
    {}, optional={"title": st.sampled_from([["Nguồn vốn"], ["I"]]), "nth": st.sampled_from([1, 2, "all"]),
                  "sideways": st.booleans(), "sheet": st.sampled_from([["S"], ["*"], ["S{1..3}"], ["Q"]]),
                  "counted": st.just({"tt": "1"})}
)  # fmt: skip


def put(grid: Grid, lines: Sequence[Sequence[object]], row: int, column: int) -> None:
    for i, line in enumerate(lines):
        for j, value in enumerate(line):
            kind: Kind = "bool" if isinstance(value, bool) else "text" if isinstance(value, str) else "number"
            if value is not None and value != "":
                held = float(value) if kind == "number" else value  # type: ignore[arg-type]  # a number
                grid.rows.setdefault(row + i, {})[column + j] = Cell(held, kind, str(value))  # type: ignore[arg-type]


def wrap(grid: Grid) -> Book:
    return Book("so.xlsx", "", [grid.name], frozenset(), Formats(), False, lambda _: grid)


@given(_grids, st.integers(0, 6), st.integers(1, 6), _grids, _areas, _more)
@settings(max_examples=150)
def test_a_table_among_noise_reads_back_or_says_why_not(
    above: list[list[object]], gap: int, column: int, below: list[list[object]], areas: list[Area], more: dict[str, Any]
) -> None:
    """Never another exception; without a word every line of the table is there."""
    grid = Grid("S", merges=[a for a in areas if a[0] <= a[2] and a[1] <= a[3]])
    put(grid, above, 1, 1)
    top = len(above) + gap + 1
    body = [[1, "Đường", 10, 5], [2, "Cầu", 20, 8]]
    put(grid, [*HEADER, *body], top, column)
    put(grid, below, top + 4 + gap, 1)
    reading = read_workbook(wrap(grid), {"t": define(**more)}, {})
    if "t" not in reading.tables:
        assert [p for p in reading.problems if p.severity == "error"]
    elif not reading.problems and not more:
        assert ("Đường", 5.0) in lines(reading)
        assert ("Cầu", 8.0) in lines(reading)


@given(_grids, _areas, _more)
@settings(max_examples=80)
def test_a_sheet_without_the_table_gives_no_table(
    noise: list[list[object]], areas: list[Area], more: dict[str, Any]
) -> None:
    grid = Grid("S", merges=[a for a in areas if a[0] <= a[2] and a[1] <= a[3]])
    put(grid, [[value for value in line if value not in ("TT", "Kế hoạch")] for line in noise], 1, 1)
    reading = read_workbook(wrap(grid), {"t": define(**more)}, {})
    assert not reading.tables
    assert reading.problems


def test_a_table_that_is_looked_for_later_is_found_as_if_it_came_first() -> None:
    """What was noted of a sheet for one table does not hide another, whose headings are longer or have a title."""
    long = "Số hộ được tiếp cận nguồn nước hợp vệ sinh trên địa bàn các thôn bản đặc biệt khó khăn trong kỳ"
    tables = [
        define(),
        define(columns={"ho": long, "nguoi": "Số người"}),
        define(columns={"thu": "Thu", "chi": "Chi"}, title=["Cân đối"]),
    ]

    def make() -> Grid:
        grid = Grid("S")
        put(grid, [*HEADER, [1, "Đường", 10, 5]], 1, 1)
        put(grid, [[f"{long}  (hộ)", "Số  người"], [7, 8]], 10, 1)
        put(grid, [["Biểu 3. CÂN ĐỐI ngân sách"], ["Thu", "Chi"], [1, 2]], 20, 1)
        return grid

    for table in tables:
        alone = find_tables(make(), "so.xlsx", table)
        assert [len(layout.columns) for layout in alone] == [len(table.columns)]
        shared = make()
        for other in (*tables, *reversed(tables)):
            find_tables(shared, "so.xlsx", other)
        assert find_tables(shared, "so.xlsx", table) == alone


def test_cells_at_the_far_corner_and_merged_columns_cost_nothing() -> None:
    grid = Grid("S", merges=[(1, column, 1_048_576, column) for column in range(10, 2000)])
    put(grid, [*HEADER, *([i, f"Khoản {i}", 1, 1] for i in range(500))], 5, 1)
    put(grid, [["Kế hoạch"]], 1_048_576, 16_384)
    start = time.process_time()
    reading = read_workbook(wrap(grid), {"t": define(columns={**COLUMNS, "x": "Vốn > Kế hoạch > Giải ngân"})}, {})
    assert time.process_time() - start < 2
    assert codes(reading) == ["missing-table", "missing-column"]
