"""Tables of strangers: what cells say of units, parts and other figures is read or told, never added up wrongly."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import write_book

import nhiemvu

RULES = """
rulebook: thu
title: Thử
tables:
  t:
    sheet: S
    {unit}
    columns:
      name: {{headings: [Nội dung], type: text}}
      nguon: {{headings: [Nguồn], type: text, required: false}}
      kh: Kế hoạch
      th: Thực hiện
criteria:
  - {{id: "1", name: Thử, unit: "%", measure: '{measure}', targets: [{{meets: "≥ 50%"}}]}}
"""
SHARE = "sum(t.th) / sum(t.kh)"
OF_ALL = 'sum(t.th, where t.name = "Toàn xã") / sum(t.kh, where t.name = "Toàn xã")'
OF_PART = 'sum(t.th, where t.name = "- Trong đó: vốn TW") / sum(t.kh, where t.name = "- Trong đó: vốn TW")'
OF_SOURCE = 'sum(t.th, where t.nguon = "TW") / sum(t.kh, where t.nguon = "TW")'
BY_SOURCE = [("Nội dung", "Nguồn", "Kế hoạch", "Thực hiện"), ("A", "Chung", 100, 60),
             ("Trong đó: vốn TW", "TW", 80, 50), ("B", "Chung", 100, 40)]  # fmt: skip
HEADER = ("Nội dung", "Kế hoạch", "Thực hiện")
PARTS = [HEADER, ("A", 100, 60), ("- Trong đó: vốn TW", 80, 50), ("- vốn tỉnh", 20, 10), ("B", 100, 40)]
MONEY = "unit: triệu đồng"


@pytest.mark.parametrize(
    ("lines", "unit", "measure", "value", "codes"),
    [
        # a column «ĐVT» that the rulebook does not name
        ([("Nội dung", "ĐVT", "Kế hoạch", "Thực hiện"), ("A", "tỷ đồng", 1, 0.6), ("B", "triệu đồng", 1000, 500)],
         MONEY, SHARE, 0.55, []),
        ([("Nội dung", "Đơn vị tính", "Kế hoạch", "Thực hiện"), ("A", "tỷ đồng", 1, 0.6), ("B", "triệu đồng", 1, 5)],
         "", SHARE, None, ["no-figure", "units-mixed", "units-mixed"]),
        ([("Nội dung", "ĐVT", "Kế hoạch", "Thực hiện"), ("A", "ha", 100, 60), ("B", "hộ", 100, 50)], "", SHARE, 0.55,
         []),
        # multiples in headings, without a unit in the rulebook
        ([("Nội dung", "Kế hoạch (tỷ đồng)", "Thực hiện (triệu đồng)"), ("A", 1, 600)], "", SHARE, None,
         ["no-figure", "units-mixed"]),
        ([("Nội dung", "Kế hoạch (tỷ đồng)", "Thực hiện (triệu đồng)"), ("A", 1, 600)], MONEY, SHARE, 0.6, []),
        # a ratio where an amount is added up
        ([HEADER, ("A", 100, "60/100"), ("B", 100, 40)], "", SHARE, None, ["no-figure", "ratio-in-number"]),
        # parts of the row above, and sums; unless the rulebook asks for that very row
        (PARTS, "", SHARE, 0.5, ["sum-of-rows"]),
        (PARTS, "", OF_PART, 0.625, []),
        (BY_SOURCE, "", OF_SOURCE, 0.625, []),
        (BY_SOURCE, "", OF_SOURCE.replace("TW", "Chung"), 0.5, ["sum-of-rows"]),
        ([HEADER, ("A", 100, 60), ("B", 100, 40), ("Toàn xã", 200, 100)], "", OF_ALL, 0.5, []),
    ],
)  # fmt: skip
def test_a_table_of_lines(
    lines: list[tuple[object, ...]], unit: str, measure: str, value: float | None, codes: list[str], tmp_path: Path
) -> None:
    (tmp_path / "thu.yaml").write_text(RULES.format(unit=unit, measure=measure), encoding="utf-8")
    write_book(tmp_path / "so.xlsx", "S", lines)
    evaluation = nhiemvu.evaluate(tmp_path / "so.xlsx", tmp_path / "thu.yaml")
    assert list(evaluation.frame.value.dropna()) == ([] if value is None else [value])
    assert sorted(each.code for each in evaluation.find_problems()) == codes


@pytest.mark.parametrize(
    ("typed", "verdict", "code"),
    [
        ("Kế hoạch: 85%", "no_data", "text-in-number"),
        ("Cùng kỳ: 85%", "no_data", "text-in-number"),
        ("Năm 2024: 85%", "met", "ambiguous-number"),
        ("85% kế hoạch", "met", "ambiguous-number"),
        ("6 tháng: 85%", "met", ""),
        ("2 tỷ rưỡi", "no_data", "unit-disagrees"),
    ],
)
def test_a_figure_that_may_be_of_something_else(typed: str, verdict: str, code: str, tmp_path: Path) -> None:
    rules = """
rulebook: thu
title: Thử
tables:
  kq: {kind: results, columns: {id: {headings: [Mã], type: text}, value: Kết quả}}
criteria: [{id: "1", name: Tỷ lệ, unit: "%", targets: [{meets: "≥ 80%"}]}]
"""
    (tmp_path / "thu.yaml").write_text(rules, encoding="utf-8")
    write_book(tmp_path / "so.xlsx", "S", [("Mã", "Kết quả"), ("1", typed)])
    evaluation = nhiemvu.evaluate(tmp_path / "so.xlsx", tmp_path / "thu.yaml")
    assert list(evaluation.frame.verdict) == [verdict]
    assert [each.code for each in evaluation.find_problems()] == ([code] if code else [])
