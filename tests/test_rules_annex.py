"""An annex becomes a draft that loads: what is clear is read, what is not is listed at its cell, nothing is guessed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from nhiemvu.cli.rules import rules_commands
from nhiemvu.errors import WorkbookError
from nhiemvu.rules.load import load_rulebook
from nhiemvu.rules.models import Criterion
from nhiemvu.rules.rulebook import Rulebook
from nhiemvu.rules.target import Target
from nhiemvu.rules.thresholds import read_threshold
from nhiemvu.sheets.annex import import_annex
from nhiemvu.workbook.book import open_book

REGIONS = ["TDMNPB", "ĐBSH", "BTB", "DHNTB", "TN", "ĐNB", "ĐBSCL"]
FULL_NAMES = [
    "Trung du miền núi phía Bắc",
    "Đồng bằng sông Hồng",
    "Bắc Trung Bộ",
    "Duyên hải Nam Trung Bộ",
    "Tây Nguyên",
]
FULL_NAMES += ["Đông Nam Bộ", "Đồng bằng sông Cửu Long"]

WATER = "≥ 25% (xã KV III)\n≥ 35% (xã không thuộc KV III)"
# TT, name, [content, common, one text for all regions or one for each]
CRITERIA: list[tuple[Any, str, list[tuple[str, str, Any]]]] = [
    (
        2,
        "Giao thông",
        [
            ("2.1. Tỷ lệ đường xã được nhựa hóa hoặc bê tông hóa", "", [*["100%"] * 6, "≥ 90%"]),
            ("2.2. Tỷ lệ đường ngõ, xóm sạch", "", ["100% (50% cứng hóa)", *["100% (90% cứng hóa)"] * 6]),
            ("2.3. Đường trục chính nội đồng", "", "UBND cấp tỉnh quy định cụ thể"),
        ],
    ),
    (
        17,
        "Môi trường",
        [
            ("17.1. Khu kinh doanh có hạ tầng kỹ thuật về bảo vệ môi trường", "Đạt", "Đạt"),
            ("17.10. Tỷ lệ sử dụng hình thức hỏa táng", "", ["≥5%", *["≥ 10%"] * 6]),
            ("17.11. Đất cây xanh công cộng (m2/người)", "≥ 4", ["", "", "", "", "", "", ""]),
        ],
    ),
    (
        "18",
        "Chất lượng môi trường sống",
        [
            ("18.1. Tỷ lệ hộ được sử dụng nước sạch", "", [WATER, *["≥ 65%"] * 6]),
            ("18.2. Cấp nước sinh hoạt bình quân đầu người", "", ["≥ 60 lít/người", *["≥ 80 lít/người"] * 6]),
            ("18.3. Số mô hình", "", ["≥1", *["≥2"] * 6]),
            ("18.4. Cơ sở có hai phần", "", [""] * 7),
            ("- Phần thứ nhất", "", ["≥ 01", *["≥ 02"] * 6]),
            ("- Phần thứ hai", "", "Đạt"),
            ("18.5. Nội dung khó", "", ["tùy tình hình", *["≥ 1"] * 6]),
        ],
    ),
]  # fmt: skip


def make_annex(path: Path, regions: list[str] = REGIONS) -> Path:
    """The annex as the national one is laid out: two header rows, a row of column numbers, TT and name merged down."""
    book = xlsxwriter.Workbook(path)
    page = book.add_worksheet("Phụ lục")
    last = 3 + len(regions)
    page.merge_range(0, 0, 0, last, "PHỤ LỤC I")
    page.merge_range(1, 0, 1, last, "BỘ TIÊU CHÍ QUỐC GIA VỀ XÃ NÔNG THÔN MỚI")
    page.merge_range(2, 0, 2, last, "(Kèm theo Quyết định số 318/QĐ-TTg ngày 08/3/2022)")
    for column, heading in enumerate(("TT", "Tên tiêu chí", "Nội dung tiêu chí", "Chỉ tiêu chung")):
        page.merge_range(4, column, 5, column, heading)
    page.merge_range(4, 4, 4, last, "Chỉ tiêu theo vùng")
    page.write_row(5, 4, regions)
    page.write_row(6, 0, [f"({number})" for number in range(1, last + 2)])
    row = 7
    for number, name, contents in CRITERIA:
        bottom = row + len(contents) - 1
        page.merge_range(row, 0, bottom, 0, number)
        page.merge_range(row, 1, bottom, 1, name)
        for content, common, by_region in contents:
            page.write_string(row, 2, content)
            page.write_string(row, 3, common)
            if isinstance(by_region, str):
                page.merge_range(row, 4, row, last, by_region)
            else:
                for column, text in enumerate(by_region, 4):
                    page.write_string(row, column, text)
            row += 1
    page.write_string(row + 1, 0, "Ghi chú: Các xã thực hiện theo quy định.")
    book.close()
    return path


@pytest.fixture
def annex(tmp_path: Path) -> Path:
    return make_annex(tmp_path / "phu-luc.xlsx")


def _run(annex: Path, target: Path, *options: str) -> Result:
    return CliRunner().invoke(
        rules_commands, ["import", str(annex), "-o", str(target), *options], standalone_mode=False
    )


@pytest.fixture
def draft(annex: Path, tmp_path: Path) -> Rulebook:
    done = _run(annex, tmp_path / "nhap.yaml", "--column", "TDMNPB")
    assert done.exception is None, done.exception
    return load_rulebook(tmp_path / "nhap.yaml")


READ: dict[str, tuple[str, str, str]] = {  # id: unit, targets, evidence
    "2.1": ("%", "= 100%", "measured"),
    "2.2": ("%", "= 100%", "measured"),
    "17.1": ("", '"đạt"', "declared"),
    "17.10": ("%", "≥ 5%", "measured"),
    "17.11": ("m2/người", "≥ 4", "measured"),
    "18.2": ("lít/người", "≥ 60", "measured"),
    "18.3": ("", "≥ 1", "measured"),
    "18.4.1": ("", "≥ 1", "measured"),
    "18.4.2": ("", '"đạt"', "declared"),
}


@pytest.mark.parametrize("number", READ)
def test_what_is_clear_is_read(draft: Rulebook, number: str) -> None:
    node = draft.by_id[number]
    targets = "; ".join(str(row.target) for row in node.targets)
    assert (node.unit, targets, node.evidence) == READ[number]


def test_the_tree_follows_the_merged_cells(draft: Rulebook) -> None:
    assert [node.id for node in draft.criteria if node.level == 0] == ["2", "17", "18"]
    assert draft.by_id["17"].name == "Môi trường"
    assert draft.by_id["17.10"].name == "Tỷ lệ sử dụng hình thức hỏa táng"
    assert [draft.criteria[child].id for child in draft.by_id["18.4"].children] == ["18.4.1", "18.4.2"]
    assert all(node.form.roll_up == "all" for node in draft.criteria if node.children)


def test_two_lines_by_area_become_a_decision_table(draft: Rulebook) -> None:
    rows = draft.by_id["18.1"].form.targets
    assert [(row.meets, row.when) for row in rows] == [
        ("≥ 25%", {"khu_vuc": ["III"]}),
        ("≥ 35%", {"khu_vuc": ["I", "II", "Không thuộc"]}),
    ]
    assert draft.facts["khu_vuc"].choices == ["I", "II", "III", "Không thuộc"]


def test_what_the_province_will_say_is_a_hole(draft: Rulebook) -> None:
    assert draft.by_id["2.3"].targets[0].hole == "UBND cấp tỉnh quy định cụ thể"


def test_the_document_and_the_title_come_from_above_the_table(draft: Rulebook) -> None:
    assert draft.title == "BỘ TIÊU CHÍ QUỐC GIA VỀ XÃ NÔNG THÔN MỚI"
    assert draft.by_id["17.1"].source_text == "Quyết định số 318/QĐ-TTg ngày 08/3/2022, tiêu chí 17.1"


def test_what_is_unclear_is_listed_with_its_cell_and_stands_as_a_comment(annex: Path, tmp_path: Path) -> None:
    done = _run(annex, tmp_path / "nhap.yaml", "--column", "TDMNPB")
    assert done.return_value == 1  # something is left to do
    listed = [line for line in done.stderr.splitlines() if line.startswith("cảnh báo")]
    assert [line.split("!")[1].split(":")[0] for line in listed] == ["E9", "E20"]
    assert "50% cứng hóa" in listed[0]
    lines = (tmp_path / "nhap.yaml").read_text(encoding="utf-8").splitlines()
    for number, cell, said in (("2.2", "Phụ lục!E9", "50% cứng hóa"), ("18.5", "Phụ lục!E20", "tùy tình hình")):
        start = lines.index(f'      - id: "{number}"')
        comment = next(line for line in lines[start:] if line.lstrip().startswith("#"))
        assert cell in comment
        assert said in comment
    assert (
        load_rulebook(tmp_path / "nhap.yaml").by_id["18.5"].targets[0].hole
        == "phụ lục ghi «tùy tình hình», chưa đọc được"
    )


def test_without_a_column_the_choices_are_listed(annex: Path) -> None:
    with pytest.raises(WorkbookError, match="TDMNPB, ĐBSH, BTB, DHNTB, TN, ĐNB, ĐBSCL"):
        import_annex(open_book(annex), None, "nhap")


def test_an_unknown_column_names_the_nearest(annex: Path) -> None:
    with pytest.raises(WorkbookError, match="có phải «DHNTB»"):
        import_annex(open_book(annex), "DHNTBB", "nhap")


@pytest.mark.parametrize("wanted", ["TDMNPB", "tdmnpb", "trung du miền núi phía bắc"])
def test_a_column_goes_by_its_name_or_its_initials(tmp_path: Path, wanted: str) -> None:
    path = make_annex(tmp_path / "day-du.xlsx", FULL_NAMES)
    draft = import_annex(open_book(path), wanted, "nhap")
    assert draft.form.criteria[1].children[1].targets[0].meets == "≥ 5%"


def test_another_column_gives_its_own_thresholds(annex: Path) -> None:
    draft = import_annex(open_book(annex), "ĐBSCL", "nhap")
    assert draft.form.criteria[0].children[0].targets[0].meets == "≥ 90%"
    assert "khu_vuc" not in draft.form.facts


def test_a_workbook_of_another_kind_is_refused(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "khac.xlsx")
    book.add_worksheet().write("A1", "TT")
    book.close()
    with pytest.raises(WorkbookError, match="Nội dung tiêu chí"):
        import_annex(open_book(tmp_path / "khac.xlsx"), None, "nhap")


def test_contents_without_a_code_sections_and_criteria_without_contents(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "khac.xlsx")
    page = book.add_worksheet()
    page.write_row(0, 0, ["TT", "Tên tiêu chí", "Nội dung tiêu chí", "Chỉ tiêu"])
    page.merge_range(1, 0, 1, 3, "II. HẠ TẦNG KINH TẾ")
    page.write_row(2, 0, [4, "Điện", "Hệ thống điện đạt chuẩn", "Đạt"])
    page.write_row(3, 0, [5, "Trường học", "", "≥ 80%"])
    page.write(4, 2, "5.1. Thuộc tiêu chí trên")
    page.write_number(4, 3, 1, book.add_format({"num_format": "0%"}))
    page.write(5, 0, "Ghi thêm cuối bảng")
    book.close()
    draft = import_annex(open_book(tmp_path / "khac.xlsx"), None, "nhap")
    (section,) = draft.form.criteria
    assert (section.id, section.name) == ("II", "HẠ TẦNG KINH TẾ")

    def ids(criterion: Criterion) -> list[str]:
        return [criterion.id, *(number for child in criterion.children for number in ids(child))]

    assert ids(section) == ["II", "4", "4.1", "5", "5-2", "5.1"]
    assert section.children[2].children[0].targets[0].meets == "= 100%"
    said = [problem.text for problem in draft.problems]
    assert said[0] == "nội dung «Hệ thống điện đạt chuẩn» không ghi mã; bản nháp đặt mã «4.1»"
    assert said[1] == "mã «5» đã dùng ở trên; bản nháp đặt mã «5-2»"
    assert "«Ghi thêm cuối bảng» không phải tiêu chí" in said[-1]


CELLS: dict[str, list[dict[str, Any]]] = {
    "≥ 80%": [{"meets": "≥ 80%"}],
    ">=80%": [{"meets": "≥ 80%"}],
    "≥1": [{"meets": "≥ 1"}],
    "Đạt": [{"meets": '"đạt"'}],
    "đạt": [{"meets": '"đạt"'}],
    "100%": [{"meets": "= 100%"}],
    "0": [{"meets": "= 0"}],
    "Từ 80% trở lên": [{"meets": "≥ 80%"}],
    "≤ 2,5%": [{"meets": "≤ 2.5%"}],
    "Ít nhất 01 mô hình": [{"meets": "≥ 1"}],
    "≥ 70 triệu đồng/người": [{"meets": "≥ 70"}],
    "100% (50% cứng hóa)": [{"meets": "= 100%"}],
    "≥80% số hộ": [{"meets": "≥ 80%"}],
    "≥ 25% (xã KV III)\n≥ 35% (không thuộc KV III)": [
        {"meets": "≥ 25%", "when": {"khu_vuc": ["III"]}},
        {"meets": "≥ 35%", "when": {"khu_vuc": ["I", "II", "Không thuộc"]}},
    ],
    "Xã khu vực III: ≥ 20%; xã khu vực I, II: ≥ 30%; các xã còn lại: ≥ 40%": [
        {"meets": "≥ 20%", "when": {"khu_vuc": ["III"]}},
        {"meets": "≥ 30%", "when": {"khu_vuc": ["I", "II"]}},
        {"meets": "≥ 40%", "otherwise": True},
    ],
    "≥ 35% (≥ 25% đối với xã khu vực III)": [
        {"meets": "≥ 35%", "otherwise": True},
        {"meets": "≥ 25%", "when": {"khu_vuc": ["III"]}},
    ],
    "UBND cấp tỉnh quy định cụ thể": [{"hole": "UBND cấp tỉnh quy định cụ thể"}],
    "Bộ Xây dựng hướng dẫn": [{"hole": "Bộ Xây dựng hướng dẫn"}],
}
WHOLE = {"≥ 80%", ">=80%", "≥1", "Đạt", "đạt", "100%", "0", "Từ 80% trở lên", "≤ 2,5%", "Ít nhất 01 mô hình"}


@pytest.mark.parametrize("text", CELLS)
def test_cells(text: str) -> None:
    found = read_threshold(text)
    assert found.rows == CELLS[text]
    assert (text not in WHOLE) or not found.remarks


UNCLEAR = [
    "80%",
    "5",
    "Có",
    "-",
    "1,2,3",
    "tăng so với năm trước",
    "≥ 80% hoặc theo vùng",
    "",
    "≥ 25% (KV III)\n≥ 35%",
    "#REF!",
]
UNCLEAR += ["≥ 25% (KV III)\n≥ 35% (KV II, III)", "(≥ 80%)", "≥ 20% ≤ 30%", "Đạt 80", "không"]


@pytest.mark.parametrize("text", UNCLEAR)
def test_what_can_be_read_in_two_ways_or_not_at_all_is_listed_and_left_open(text: str) -> None:
    found = read_threshold(text)
    assert found.remarks
    assert all("hole" in row for row in found.rows)


@given(st.text(alphabet="≥≤<>=0123456789.,%() đạtKVIxãkhông\n", max_size=30))
def test_whatever_a_cell_says_the_targets_can_be_read_and_a_hole_says_why(text: str) -> None:
    found = read_threshold(text)
    assert found.rows
    for row in found.rows:
        if "meets" in row:
            assert Target(row["meets"]).kind in ("number", "percent", "text")
        else:
            assert row["hole"]
            assert found.remarks


def test_an_exported_rulebook_is_recognised_and_brought_back(tmp_path: Path) -> None:
    runner = CliRunner()
    book, back = tmp_path / "so.xlsx", tmp_path / "bo-cuc-chuan.yaml"
    assert (
        runner.invoke(rules_commands, ["export", "bo-cuc-chuan", "-o", str(book)], standalone_mode=False).return_value
        == 0
    )
    assert (
        runner.invoke(rules_commands, ["import", str(book), "-o", str(back)], standalone_mode=False).return_value == 0
    )
    assert load_rulebook(back).tables == load_rulebook("bo-cuc-chuan").tables
