"""Layouts A, C and E, as an official lays them out, are judged by a rulebook with no code of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from forms import add_form, save
from openpyxl import Workbook

from nhiemvu import Rulebook, evaluate
from nhiemvu.pipeline import read
from nhiemvu.workbook.book import open_book

MakeRules = Callable[..., Rulebook]


def judge(path: Path, rules: Rulebook) -> dict[str, tuple[str, float | None, str]]:
    return {row.id: (row.verdict, row.value, row.place) for row in evaluate(path, rules).rows()}


# --- A: one row a criterion ---------------------------------------------------------------------------------------

A_HEADER = [
    ["STT/Mã", "Nhiệm vụ / chỉ tiêu", "ĐVT", "Ngưỡng", "Kết quả (số)", "Tử số", "Mẫu số", "Số liệu đến ngày",
     "Kết quả (chữ)/minh chứng", "Đơn vị tự đánh giá", "Nguyên nhân, kiến nghị", "Dự báo 6 tháng cuối năm", "Ghi chú"]
]  # fmt: skip
A_RULES = """
tables:
  ket_qua:
    kind: results
    sheet: [Kết quả 6 tháng, Kết quả]
    columns:
      id: {headings: [STT/Mã, Mã], type: text}
      name: {headings: [Nhiệm vụ / chỉ tiêu], type: text}
      unit: {headings: [ĐVT], type: text}
      value: Kết quả (số)
      numerator: Tử số
      denominator: Mẫu số
      as_of: {headings: [Số liệu đến ngày], type: date}
      narrative: {headings: [Kết quả (chữ)/minh chứng], type: text}
      declared: {headings: [Đơn vị tự đánh giá], type: verdict}
criteria:
  - id: "I"
    name: Kinh tế
    roll_up: all
    children:
      - {id: "1.1", name: Thu ngân sách nhà nước trên địa bàn, unit: "%", targets: [{meets: "≥ 110%"}]}
      - {id: "1.10", name: Trồng rừng, unit: ha, targets: [{meets: "≥ 25"}]}
  - id: "II"
    name: Văn hóa - xã hội
    roll_up: all
    children:
      - {id: "2.1", name: Tỷ lệ hộ nghèo, unit: "%", measure: numerator / denominator, targets: [{meets: "≤ 8%"}]}
      - {id: "2.2", name: Số hộ được hỗ trợ, unit: hộ, targets: [{meets: "≥ 10"}]}
"""


def test_layout_a_one_row_a_criterion(make_rules: MakeRules, tmp_path: Path) -> None:
    book = Workbook()
    body = [
        ["I", "KINH TẾ"],
        ["1.1", "Thu ngân sách nhà nước trên địa bàn", "%", "≥ 110%", "32,2%", None, None, "29/5/2024",
            "Đạt 32,2% DT", "Chưa đạt"],
        ["1.10", "Trồng rừng", "ha", "25 ha", "27,35/25 ha", None, None, "29/5/2024", "Đã trồng xong", "Vượt"],
        ["II", "VĂN HÓA - XÃ HỘI"],
        ["2.1", "Tỷ lệ hộ nghèo", "%", "≤ 8%", None, 30, 424, "29/5/2024", None, "Đạt"],
        [None, "Số hộ được hỗ trợ", "hộ", "≥ 10", 12, None, None, None, None, "Đạt"],
    ]  # fmt: skip
    add_form(book, "Kết quả 6 tháng", A_HEADER, body, numbered=True)
    rules = make_rules(A_RULES)
    path = save(book, tmp_path / "a.xlsx")
    judged = judge(path, rules)
    assert judged["1.1"] == ("not_met", 0.322, "Kết quả 6 tháng!E10")
    assert judged["1.10"] == ("met", 27.35, "Kết quả 6 tháng!E11")
    assert judged["2.1"][0] == "met"
    assert judged["2.2"] == ("met", 12.0, "Kết quả 6 tháng!E14")  # no code: known by its name
    assert (judged["I"][0], judged["II"][0]) == ("not_met", "met")
    assert not evaluate(path, rules).find_problems()


# --- C: budget estimate -------------------------------------------------------------------------------------------

C_HEADER = [
    ["STT", "Nội dung", "Thực hiện năm 2025", None, None, "Dự toán năm 2026", None, None, "Ghi chú (căn cứ pháp lý)"],
    [None, None, "Số giao", "Số thực hiện 6 tháng", "Ước thực hiện năm", "Số đơn vị đề nghị", "Số chuyên môn thẩm định",
     "Chênh lệch", None],
]  # fmt: skip
C_MERGES = ["A1:A2", "B1:B2", "C1:E1", "F1:H1", "I1:I2"]
C_RULES = """
tables:
  chi:
    unit: đồng
    counted: {tt: "1"}
    columns:
      tt: {headings: [STT, TT], type: text}
      noi_dung: {headings: [Nội dung], type: text}
      giao: Thực hiện năm 2025 > Số giao
      sau_thang: Thực hiện năm 2025 > Số thực hiện 6 tháng
      de_nghi: Dự toán năm 2026 > Số đơn vị đề nghị
      tham_dinh: Dự toán năm 2026 > Số chuyên môn thẩm định
criteria:
  - {id: "1", name: Thực hiện dự toán 6 tháng, unit: "%", measure: sum(chi.sau_thang) / sum(chi.giao),
      targets: [{meets: "≥ 50%"}]}
  - {id: "2", name: Số đề nghị được chấp nhận, unit: "%", measure: sum(chi.tham_dinh) / sum(chi.de_nghi),
      targets: [{meets: "≥ 95%"}]}
  - {id: "3", name: Số giao, unit: đồng, measure: sum(chi.giao), targets: [{meets: "= 1500000000"}]}
"""


def test_layout_c_two_header_rows_with_groups_and_details(make_rules: MakeRules, tmp_path: Path) -> None:
    book = Workbook()
    body = [
        [None, "Tổng số", 1500, 800, 1500, 2000, 1800, -200],
        ["I", "Chi thường xuyên", 1500, 800, 1500, 2000, 1800, -200],
        [1, "Chi sự nghiệp giáo dục", 1000, 600, 1000, 1500, 1400, -100, "Nghị định 73"],
        ["-", "Trong đó: lương", 900, 550, 900, 1200, 1200, 0],
        [2, "Chi quản lý hành chính", "500", "200", 500, 500, "400", -100],
        ["II", "Chi đầu tư"],
    ]  # fmt: skip
    add_form(book, "Dự toán", C_HEADER, body, merges=C_MERGES, unit="triệu đồng", numbered=True)
    judged = judge(save(book, tmp_path / "c.xlsx"), make_rules(C_RULES))
    assert judged["1"][:2] == ("met", pytest.approx(800 / 1500))
    assert judged["2"][:2] == ("not_met", pytest.approx(0.9))
    assert judged["3"][:2] == ("met", 1_500_000_000)


C2_RULES = """
tables:
  thu:
    counted: {tt: "1"}
    columns:
      tt: {headings: [TT], type: text}
      noi_dung: {headings: [Nội dung thu], type: text}
      huyen_giao: {headings: [Dự toán huyện giao], unit: triệu đồng}
      xa_giao: {headings: [Dự toán HĐND xã giao], unit: triệu đồng}
      sau_thang: {headings: [Thực hiện 6 tháng], unit: triệu đồng}
      so_huyen: {headings: ["% so DT cấp trên giao"], type: percent}
      so_xa: {headings: ["% so DT HĐND xã"], type: percent}
criteria:
  - {id: "1", name: So với dự toán huyện giao, unit: "%", measure: sum(thu.sau_thang) / sum(thu.huyen_giao),
      targets: [{meets: "≥ 50%"}]}
  - {id: "2", name: So với dự toán xã giao, unit: "%", measure: sum(thu.sau_thang) / sum(thu.xa_giao),
      targets: [{meets: "≥ 50%"}]}
  - {id: "3", name: Khoản thu thấp nhất, unit: "%", measure: min(thu.so_xa), targets: [{meets: "≥ 30%"}]}
"""


def test_layout_c_two_denominators_side_by_side(make_rules: MakeRules, tmp_path: Path) -> None:
    book = Workbook()
    header = [
        ["TT", "Nội dung thu", "Dự toán huyện giao", "Dự toán HĐND xã giao", "Thực hiện 6 tháng",
            "% so DT cấp trên giao",
         "% so DT HĐND xã", "Ước cả năm"]
    ]  # fmt: skip
    body = [
        ["I", "Thu cân đối", 100, 120, 55, 55, 45.83, 110],
        [1, "Thuế ngoài quốc doanh", "60.000.000 đồng", 72, "0,035 tỷ đồng", 58.3, "48,6%", 66],
        [2, "Phí, lệ phí", 40, 48, 20, 50, 0.4167, 44],
        [None, "Cộng", 100, 120, 55, None, None, 110],
    ]
    sheet = add_form(book, "Thu", header, body, unit="triệu đồng")
    sheet["G10"].number_format = "0.00%"
    path = save(book, tmp_path / "c2.xlsx")
    judged = judge(path, make_rules(C2_RULES))
    assert judged["1"][:2] == ("met", 0.55)
    assert judged["2"][:2] == ("not_met", pytest.approx(55 / 120))
    assert judged["3"][:2] == ("met", 0.4167)


# --- E: an annex of thresholds by region ---------------------------------------------------------------------------

E_HEADER = [
    ["TT", "Tên tiêu chí", "Nội dung tiêu chí", "Chỉ tiêu chung", "Chỉ tiêu theo vùng", *[None] * 6, "Kết quả",
        "Đánh giá"],
    [None, None, None, None, "TDMNPB", "ĐBSH", "BTB", "DHNTB", "TN", "ĐNB", "ĐBSCL", None, None],
]  # fmt: skip
E_MERGES = ["A1:A2", "B1:B2", "C1:C2", "D1:D2", "E1:K1", "L1:L2", "M1:M2", "A3:A5", "B3:B5", "A6:A7", "B6:B7"]
E_BODY = [
    ["17", "Môi trường", "17.1. Khu kinh doanh tập trung có hạ tầng bảo vệ môi trường", "Đạt", *["Đạt"] * 7, "Đạt",
        "Đạt"],
    [None, None, "17.2. Tỷ lệ hộ có nước hợp vệ sinh", "≥ 80%\n(50% nước sạch)", "≥ 70%", *["≥ 85%"] * 6, "72%", "Đạt"],
    [None, None, "17.3. Tỷ lệ đường được cứng hóa", "UBND cấp tỉnh quy định cụ thể", "100% (50% cứng hóa)",
        *["100%"] * 6,
     0.5, "Chưa đạt"],
    ["18", "Chất lượng môi trường sống", "18.1. Số lớp tập huấn", "≥1", "≥1", *["≥1"] * 6, 2, "Vượt"],
    [None, None, "18.2. Tỷ lệ hộ nghèo", "xã KV III: ≤ 12%\nkhông thuộc KV III: ≤ 5%", *["≤ 12%"] * 7, "6,5%", "Đạt"],
]  # fmt: skip
E_RULES = """
facts:
  khu_vuc: {label: Khu vực, type: choice, choices: [I, II, III]}
tables:
  ket_qua:
    kind: results
    columns:
      id: {headings: [TT], type: text, required: false}
      nhom: {headings: [Tên tiêu chí], type: text}
      name: {headings: [Nội dung tiêu chí], type: text}
      target: {headings: ["Chỉ tiêu theo vùng > TDMNPB"], type: text}
      value: {headings: [Kết quả]}
      declared: {headings: [Đánh giá], type: verdict}
criteria:
  - id: "17"
    name: Môi trường
    roll_up: all
    children:
      - {id: "17.1", name: Khu kinh doanh tập trung có hạ tầng bảo vệ môi trường, evidence: declared,
          targets: [{meets: '"đạt"'}]}
      - {id: "17.2", name: Tỷ lệ hộ có nước hợp vệ sinh, unit: "%", targets: [{meets: "≥ 70%"}]}
      - {id: "17.3", name: Tỷ lệ đường được cứng hóa, unit: "%", targets: [{meets: "= 100%"}]}
  - id: "18"
    name: Chất lượng môi trường sống
    roll_up: all
    children:
      - {id: "18.1", name: Số lớp tập huấn, unit: lớp, targets: [{meets: "≥ 1"}]}
      - {id: "18.2", name: Tỷ lệ hộ nghèo, unit: "%", targets: [{meets: "≤ 12%"}]}
"""


def make_annex(path: Path) -> Path:
    book = Workbook()
    sheet = add_form(book, "Phụ lục", E_HEADER, E_BODY, merges=E_MERGES, number="Phụ lục II")
    sheet["L11"].number_format = "0%"
    return save(book, path)


def test_layout_e_criteria_merged_over_their_parts(make_rules: MakeRules, tmp_path: Path) -> None:
    path = make_annex(tmp_path / "e.xlsx")
    judged = judge(path, make_rules(E_RULES))
    assert {id_: found[0] for id_, found in judged.items()} == {
        "17": "not_met", "17.1": "met", "17.2": "met", "17.3": "not_met", "18": "met", "18.1": "met", "18.2": "met",
    }  # fmt: skip
    assert judged["17.2"][1:] == (0.72, "Phụ lục!L10")
    assert judged["17.3"][1:] == (0.5, "Phụ lục!L11")


def test_layout_e_thresholds_are_read_as_they_are_printed(make_rules: MakeRules, tmp_path: Path) -> None:
    """What a rule author starts from: every cell with its criterion, whatever it says."""
    rules = make_rules(
        """
tables:
  phu_luc:
    columns:
      tt: {headings: [TT], type: text}
      tieu_chi: {headings: [Tên tiêu chí], type: text}
      noi_dung: {headings: [Nội dung tiêu chí], type: text}
      chung: {headings: [Chỉ tiêu chung], type: text}
      tdmnpb: {headings: ["Chỉ tiêu theo vùng > TDMNPB"], type: text}
      dbscl: {headings: ["Chỉ tiêu theo vùng > ĐBSCL"], type: text}
criteria:
  - {id: "1", name: Số vùng, targets: [{meets: "= 7"}]}
"""
    )
    reading = read(open_book(make_annex(tmp_path / "e.xlsx")), rules)
    table = reading.tables["phu_luc"]
    assert table.columns["tt"] == ["17", "17", "17", "18", "18"]
    assert table.columns["tieu_chi"] == ["Môi trường"] * 3 + ["Chất lượng môi trường sống"] * 2
    assert table.columns["chung"] == [
        "Đạt", "≥ 80% (50% nước sạch)", "UBND cấp tỉnh quy định cụ thể", "≥1",
        "xã KV III: ≤ 12% không thuộc KV III: ≤ 5%",
    ]  # fmt: skip
    assert table.columns["tdmnpb"] == ["Đạt", "≥ 70%", "100% (50% cứng hóa)", "≥1", "≤ 12%"]
    assert table.address("dbscl", 2) == "Phụ lục!K11"
    assert reading.problems == []
