"""Finding a table: the layouts of the trade are read by definitions alone, and what is in doubt is said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nhiemvu.rules.models import Table
from nhiemvu.workbook.grid import Cell, Grid, parse_area
from nhiemvu.workbook.layout import Layout, find_tables

TITLE = [
    ["UBND HUYỆN CAO LỘC", None, None, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"],
    ["UBND XÃ HẢI YẾN", None, None, "Độc lập - Tự do - Hạnh phúc"],
    [],
    ["BIỂU TỔNG HỢP KẾT QUẢ"],
    ["(Kèm theo Báo cáo số 12/BC-UBND)"],
]


def make_grid(lines: Sequence[Sequence[object]], merges: Sequence[str] = (), *, row: int = 1, column: int = 1) -> Grid:
    grid = Grid("S")
    for i, line in enumerate(lines):
        for j, value in enumerate(line):
            if value is not None:
                cell = (
                    Cell(value, "text", value)
                    if isinstance(value, str)
                    else Cell(float(str(value)), "number", str(value))
                )
                grid.rows.setdefault(row + i, {})[column + j] = cell
    grid.merges = [area for text in merges if (area := parse_area(text))]
    return grid


def define(columns: Mapping[str, object], **more: object) -> Table:
    return Table.model_validate({"columns": columns, **more})


def find(grid: Grid, table: Table) -> Layout:
    (layout,) = find_tables(grid, "so.xlsx", table)
    return layout


# --- the layouts of the trade -------------------------------------------------------------------------------------


def test_layout_a_one_row_a_criterion() -> None:
    table = define(
        {
            "id": {"headings": ["STT/Mã"], "type": "text"},
            "name": {"headings": ["Nhiệm vụ / chỉ tiêu"], "type": "text"},
            "unit": {"headings": ["ĐVT"], "type": "text"},
            "value": ["Kết quả (số)"],
            "narrative": {"headings": ["Kết quả (chữ)/minh chứng"], "type": "text"},
            "declared": {"headings": ["Đơn vị tự đánh giá"], "type": "verdict"},
        },
        kind="results",
    )
    header = ["STT/Mã", "Nhiệm vụ /\nchỉ tiêu", "ĐVT", "Ngưỡng", "Kết quả (số)", "Tử số", "Mẫu số", "Số liệu đến ngày",
              "Kết quả (chữ)/minh chứng", "Đơn vị tự đánh giá", "Nguyên nhân, kiến nghị", "Ghi chú"]  # fmt: skip
    numbers = ["A", "B", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    body = [
        ["I", "Nhóm kinh tế"],
        ["1.1", "Thu ngân sách", "%", "≥ 110%", "32,2%"],
        [None, "Nơi nhận:", None, None, "CHỦ TỊCH"],
    ]
    layout = find(make_grid([*TITLE, header, numbers, *body]), table)
    assert (layout.top, layout.bottom, layout.rows) == (6, 6, [8, 9])
    assert layout.columns == {"id": 1, "name": 2, "unit": 3, "value": 5, "narrative": 9, "declared": 10}
    assert layout.problems == []


def test_layout_b_indicators_with_verdict() -> None:
    table = define(
        {"id": {"headings": ["TT"], "type": "text"}, "name": {"headings": ["Chỉ tiêu"], "type": "text"},
         "unit": {"headings": ["Đơn vị"], "type": "text"}, "plan": ["Kế hoạch năm 2019"],
         "value": ["Ước thực hiện năm 2019"], "declared": {"headings": ["Đánh giá"], "type": "verdict"}},
        kind="results", skip=["- Trong đó"],
    )  # fmt: skip
    layout = find(
        make_grid([
            *TITLE,
            ["TT", "Chỉ tiêu", "Đơn vị", "Kế hoạch năm 2019", "Ước thực hiện năm 2019", "Đánh giá"],
            [1, "Tốc độ tăng trưởng", "%", "6,6-6,8", "7,02", "Vượt"],
            [2, "Nhập siêu", "%", "Dưới 3", "Xuất siêu", "Vượt"],
            [None, "- Trong đó: huyện nghèo", "%", "4", "Trên 4"],
        ]),
        table,
    )  # fmt: skip
    assert (layout.rows, sorted(layout.columns.values()), layout.problems) == ([7, 8], [1, 2, 3, 4, 5, 6], [])


def test_layout_c_two_header_rows_with_merged_parents() -> None:
    table = define(
        {"code": {"headings": ["STT"], "type": "text"}, "name": {"headings": ["Nội dung"], "type": "text"},
         "giao": "Thực hiện năm 2025 > Số giao", "uoc": "Thực hiện năm 2025 > Ước thực hiện năm",
         "de_nghi": "Dự toán năm 2026 > Số đơn vị đề nghị"}
    )  # fmt: skip
    grid = make_grid(
        [
            *TITLE,
            [
                "STT",
                "Nội dung",
                "Thực hiện năm 2025",
                None,
                None,
                "Dự toán năm 2026",
                None,
                None,
                "Ghi chú (căn cứ pháp lý)",
            ],
            [
                None,
                None,
                "Số giao",
                "Số thực hiện 6 tháng",
                "Ước thực hiện năm",
                "Số đơn vị đề nghị",
                "Số thẩm định",
                "Chênh lệch",
            ],
            ["I", "Chi thường xuyên", 1, 2, 3, 4, 5, 6],
            ["-", "Chi lương", 1, 2, 3, 4, 5, 6],
        ],
        ["A6:A7", "B6:B7", "C6:E6", "F6:H6", "I6:I7"],
    )
    layout = find(grid, table)
    assert layout.columns == {"code": 1, "name": 2, "giao": 3, "uoc": 5, "de_nghi": 6}
    assert (layout.top, layout.bottom, layout.rows) == (6, 7, [8, 9])


def test_layout_d_five_header_rows_and_the_same_heading_under_two_parents() -> None:
    table = define(
        {"name": {"headings": ["Danh mục dự án"], "type": "text"}, "tmdt": "QĐ đầu tư > TMĐT",
         "ke_hoach": "Kế hoạch năm 2024",
         "nam_nay": "Giải ngân > KH năm 2024 > Số tiền", "keo_dai": "Giải ngân > KH kéo dài > Số tiền",
         "ty_le": "Giải ngân > KH kéo dài > Tỷ lệ (%)"},
        skip=["Tổng số"],
    )  # fmt: skip
    grid = make_grid(
        [
            ["#", "Danh mục dự án", "QĐ đầu tư", None, "Kế hoạch năm 2024", "Giải ngân"],
            [None, None, "số, ngày", "TMĐT", None, "KH năm 2024", None, "KH kéo dài"],
            [None, None, None, None, None, "Số tiền", "Tỷ lệ (%)", "Số tiền", "Tỷ lệ (%)"],
            ["A", "B", 1, 2, 3, 4, "5=4/3", 6, 7],
            [None, "Tổng số", None, 9, 9, 9, 9, 9, 9],
            [1, "Đường giao thông", "12/QĐ", 5, 4, 3, 75, 2, 50],
        ],
        ["A5:A7", "B5:B7", "C5:D5", "C6:C7", "D6:D7", "E5:E7", "F5:I5", "F6:G6", "H6:I6"],
        row=5,
    )
    layout = find(grid, table)
    assert layout.columns == {"name": 2, "tmdt": 4, "ke_hoach": 5, "nam_nay": 6, "keo_dai": 8, "ty_le": 9}
    assert (layout.bottom, layout.rows, layout.problems) == (7, [10], [])


# --- headings -----------------------------------------------------------------------------------------------------

TWO = define({"name": {"headings": ["Nội dung"], "type": "text"}, "so": ["Đã giải ngân", "Giải ngân"]})


@pytest.mark.parametrize(
    "heading",
    ["Đã giải ngân", "ĐÃ GIẢI NGÂN", " Đã  giải\nngân ", "Đa\u0303 gia\u0309i ngân", "Ðã giải ngân", "Giải ngân",
     "Đã giải ngân (triệu đồng)"],
)  # fmt: skip
def test_headings_match_whatever_their_form(heading: str) -> None:
    layout = find(make_grid([["Nội dung", heading], ["a", 1]]), TWO)
    assert (layout.columns["so"], layout.problems) == (2, [])


def test_a_unit_in_brackets_behind_the_heading_is_kept() -> None:
    layout = find(make_grid([["Nội dung", "Đã giải ngân\n(triệu đồng)"], ["a", 1]]), TWO)
    assert layout.units == {"so": "triệu đồng"}


def test_a_near_miss_is_offered_and_not_taken() -> None:
    layout = find(make_grid([["Nội dung", "Đã giải ngan"], ["a", 1]]), TWO)
    assert "so" not in layout.columns
    assert [p.code for p in layout.problems] == ["missing-column"]
    assert "«Đã giải ngan» ở ô B1" in layout.problems[0].text


def test_a_near_miss_of_any_accepted_heading_is_offered() -> None:
    layout = find(make_grid([["Nội dung", "Giải ngân vốn"], ["a", 1]]), TWO)
    assert "«Giải ngân vốn» ở ô B1" in layout.problems[0].text


@pytest.mark.parametrize("heading", ["STT/\nMã", "STT / mã", "STT /Mã", "STT/Mã"])
def test_a_slash_may_end_a_line_of_a_heading(heading: str) -> None:
    table = define({"id": {"headings": ["STT/Mã"], "type": "text"}, "so": ["Đạt / Không đạt"]})
    layout = find(make_grid([[heading, "Đạt/\nKhông đạt"], ["a", 1]]), table)
    assert (layout.columns, layout.problems) == ({"id": 1, "so": 2}, [])


def test_an_earlier_heading_of_the_rulebook_is_preferred_to_a_later_one() -> None:
    layout = find(make_grid([["Nội dung", "Giải ngân", "Đã giải ngân"], ["a", 1, 2]]), TWO)
    assert (layout.columns["so"], layout.problems) == (3, [])


def test_the_same_heading_twice_is_in_doubt() -> None:
    layout = find(make_grid([["Nội dung", "Đã giải ngân", "Đã giải ngân"], ["a", 1, 2]]), TWO)
    assert "so" not in layout.columns
    assert [p.code for p in layout.problems] == ["ambiguous-column"]
    assert "B1, C1" in layout.problems[0].text


def test_a_title_that_reads_like_a_heading_is_no_header() -> None:
    layout = find(make_grid([["Giải ngân"], [], ["Nội dung", "Đã giải ngân"], ["a", 1]]), TWO)
    assert (layout.top, layout.rows) == (3, [4])


def test_two_tables_with_the_same_headings_are_in_doubt() -> None:
    layout = find(make_grid([["Nội dung", "Đã giải ngân"], ["a", 1], [], ["Nội dung", "Đã giải ngân"], ["b", 2]]), TWO)
    assert [p.code for p in layout.problems] == ["several-tables"]
    assert "1, 4" in layout.problems[0].text
    assert layout.rows == [2]


def test_a_sheet_without_the_headings_has_no_table() -> None:
    assert find_tables(make_grid([["a", "b"], [1, 2]]), "so.xlsx", TWO) == []
    assert find_tables(Grid("S"), "so.xlsx", TWO) == []


# --- the body -----------------------------------------------------------------------------------------------------


def test_totals_blank_rows_and_what_the_rulebook_skips_are_left_out() -> None:
    table = TWO.model_copy(update={"skip": ["Lũy kế"], "end": ["Ghi chú"]})
    body: list[list[object]] = [
        ["Tổng số", 3],
        ["a", 1],
        [],
        ["Trong đó:"],
        ["b", 2],
        ["Lũy kế năm trước", 5],
        ["Cộng", 3],
    ]
    layout = find(make_grid([["Nội dung", "Đã giải ngân"], *body, ["Ghi chú: đến hết quý"], ["c", 9]]), table)
    assert layout.rows == [3, 6]


def test_a_criterion_whose_name_begins_like_a_total_is_kept() -> None:
    table = define(
        {"id": {"headings": ["TT"], "type": "text"}, "name": {"headings": ["Chỉ tiêu"], "type": "text"}, "value": "KQ"},
        kind="results", skip=["Tổng số", "Cộng", "Trong đó"],
    )  # fmt: skip
    body = [
        ["1.1", "Tổng số lao động được đào tạo", 120], [2, "Cộng đồng dân cư tự quản", 3],
        [None, "Tổng số hộ thoát nghèo", 5], [None, "Trong đó: hộ người Dao", 2], ["Cộng", None, 130],
        [None, "Tổng số", 9],
    ]  # fmt: skip
    assert find(make_grid([["TT", "Chỉ tiêu", "KQ"], *body]), table).rows == [2, 3, 4]


def test_a_remark_that_begins_like_a_total_leaves_no_line_out() -> None:
    table = define(
        {"name": {"headings": ["Nội dung"], "type": "text"}, "giai_ngan": ["Đã giải ngân"]}, skip=["Cộng", "Tổng số"]
    )
    body = [
        [1, "Đường", 5, "Cộng cả vốn năm trước"], ["1.2", "Tổng số vốn tỉnh", 7], ["I", "Cộng", 7], [3, "Cộng", 7],
        [None, "Nhà", 6, "tổng số"],
    ]  # fmt: skip
    layout = find(make_grid([["TT", "Nội dung", "Đã giải ngân", "Ghi chú"], *body]), table)
    assert layout.rows == [2, 6]


def test_figures_that_count_up_are_no_row_of_column_numbers() -> None:
    layout = find(make_grid([["Nội dung", "Đã giải ngân"], ["Xã", 1], ["Thôn", 2]]), TWO)
    assert layout.rows == [2, 3]


def test_the_units_line_above_the_table_is_found() -> None:
    layout = find(make_grid([["BIỂU"], [None, "(ĐVT: triệu đồng)"], ["Nội dung", "Đã giải ngân"], ["a", 1]]), TWO)
    assert (layout.unit, layout.unit_cell) == ("triệu đồng", "B2")


_noise = st.one_of(
    st.none(), st.sampled_from(["Ghi chú", "x", "Tháng 5", "CHỦ NGHĨA", "(1)", "nội dung khác"]), st.integers(0, 9)
)


@given(
    st.integers(1, 30), st.integers(1, 30), st.lists(st.lists(_noise, max_size=6), max_size=4), st.integers(1, 6),
    st.permutations(["name", "so", "x"]),
)  # fmt: skip
@settings(max_examples=80)
def test_a_table_is_found_wherever_it_stands(
    row: int, column: int, noise: list[list[object]], length: int, order: list[str]
) -> None:
    shown = {"name": "Nội dung", "so": "Đã giải ngân", "x": "Cột khác"}
    lines = [[shown[key] for key in order]]
    lines += [[{"name": f"khoản {i}", "so": i, "x": None}[key] for key in order] for i in range(length)]
    grid = make_grid(noise)
    below = len(noise) + row
    grid.rows |= make_grid(lines, row=below, column=column).rows
    layout = find(grid, TWO)
    assert layout.rows == list(range(below + 1, below + 1 + length))
    assert layout.columns == {key: column + order.index(key) for key in ("name", "so")}
    assert layout.problems == []


def test_the_chairman_s_place_ends_a_table_however_its_tone_is_written() -> None:
    for words in ("TM. ỦY BAN NHÂN DÂN", "TM. UỶ BAN NHÂN DÂN"):
        grid = make_grid([["Nội dung", "Số vụ"], ["Trộm cắp", 1.0], [words, None], ["Ma túy", 2.0]])
        assert find(grid, define({"name": ["Nội dung"], "so_vu": ["Số vụ"]})).rows == [2]
