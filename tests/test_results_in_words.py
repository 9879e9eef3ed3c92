"""Targets on texts, truth values and days: what stands in the result cell is read as what the target tests."""

from __future__ import annotations

import datetime as dt

import openpyxl
import pytest

import nhiemvu

RULES = """
rulebook: chu
title: Kết quả bằng chữ
includes: [bo-cuc-chuan]
criteria:
  - {id: "1", name: Xếp loại, targets: [{meets: '"tốt"; "khá"'}]}
  - {id: "2", name: Có quy chế, targets: [{meets: "true"}]}
  - {id: "3", name: Ngày ban hành, targets: [{meets: '<= date("2024-11-30")'}]}
  - {id: "4", name: Không xếp loại yếu, targets: [{meets: 'not("yếu")'}]}
"""


@pytest.mark.parametrize(
    ("typed", "verdicts"),
    [
        (("Tốt", "Có", "30/11/2024", "khá"), ["met", "met", "met", "met"]),
        (("yếu", "Chưa có", "1/12/2024", "Yếu"), ["not_met"] * 4),
        (("kha\u0301", True, dt.date(2024, 11, 30), "TB"), ["met", "met", "met", "met"]),
        (("trung bình", False, dt.datetime(2024, 12, 1), "yê\u0301u"), ["not_met"] * 4),
        ((None, None, None, None), ["no_data"] * 4),
        (("khá", "một phần", "cuối năm", "khá"), ["met", "no_data", "no_data", "met"]),
    ],
)
def test_what_is_typed_meets_what_is_asked(tmp_path, typed, verdicts):
    (tmp_path / "chu.yaml").write_text(RULES, encoding="utf-8")
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Kết quả"
    sheet.append(
        ["Mã", "Nội dung", "ĐVT", "Mục tiêu", "Kết quả (số liệu)", "Tử số", "Mẫu số", "Đơn vị tự đánh giá", "Diễn giải"]
    )
    for i, value in enumerate(typed, 1):
        sheet.append([str(i), f"Tiêu chí {i}", None, None, value])
    book.save(tmp_path / "so.xlsx")
    frame = nhiemvu.evaluate(tmp_path / "so.xlsx", tmp_path / "chu.yaml").frame
    assert frame.verdict.tolist() == verdicts
    assert all(len(reason) > 10 for reason in frame.reason)
    assert all(
        "«" in reason for reason, verdict in zip(frame.reason, verdicts, strict=True) if verdict in ("met", "not_met")
    )
