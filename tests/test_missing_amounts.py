"""What is missing is told in its own unit: points of shares, lines that are counted, money of money."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pandas as pd
import pytest

from nhiemvu import evaluate_frames
from nhiemvu.engine.rows import Row
from nhiemvu.rules.rulebook import Rulebook

RULES = """valid: {from: 2025-01-01, to: 2025-12-31}
tables:
  von:
    sheet: Vốn
    unit: triệu đồng
    columns:
      giai_ngan: Giải ngân
      ty_le: {headings: Tỷ lệ, type: percent}
      du_an: {headings: Dự án, unit: dự án}
facts:
  so_thon: {label: Số thôn, unit: thôn}
criteria:
  - {id: "1", unit: "%", measure: sum(von.ty_le) / count(von.ty_le), targets: [{meets: "≥ 60%"}]}
  - {id: "2", unit: dự án/thôn, measure: count(von.giai_ngan) / so_thon, targets: [{meets: "≥ 2"}]}
  - {id: "3", unit: triệu đồng/dự án, measure: sum(von.giai_ngan) / sum(von.du_an), targets: [{meets: "≥ 200"}]}
  - {id: "4", unit: "%", targets: [{meets: "≥ 60%", by: 2025-12-31}], outlook: linear}
"""


@pytest.mark.parametrize(
    ("id_", "amount"),
    [
        ("1", "còn thiếu 5 điểm phần trăm."),
        ("2", "còn thiếu 4."),
        ("3", "còn thiếu 100 triệu đồng."),
        ("4", "còn thiếu 6 điểm phần trăm."),
    ],
)
def test_what_is_missing_has_its_own_unit(make_rules: Callable[..., Rulebook], id_: str, amount: str) -> None:
    assert _evaluate(make_rules)[id_].reason.endswith(amount)


def test_what_a_month_needs_of_a_share_is_told_in_points(make_rules: Callable[..., Rulebook]) -> None:
    assert "Mỗi tháng còn lại cần 1 điểm phần trăm." in _evaluate(make_rules)["4"].outlook_reason


def _evaluate(make_rules: Callable[..., Rulebook]) -> dict[str, Row]:
    lines = pd.DataFrame({"unit": "a", "giai_ngan": [100.0, 200.0], "ty_le": [0.55, 0.6], "du_an": [1.0, 1.0]})
    units = pd.DataFrame({"so_thon": [3.0]}, index=["a"])
    results = pd.DataFrame({"unit": ["a"], "id": ["4"], "value": [0.54]})
    frames = {"von": lines, "units": units, "results": results}
    return {row.id: row for row in evaluate_frames(frames, make_rules(RULES), as_of=dt.date(2025, 6, 30)).rows()}
