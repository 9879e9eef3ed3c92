"""Whose a workbook is, across a reform: who is not there any more is told who took over, and names must fit codes."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

import pytest

from nhiemvu.engine.rows import UnitInfo
from nhiemvu.many.listed import Listed, recognise
from nhiemvu.rules.units import Unit, Units

BEFORE, AFTER = dt.date(2025, 6, 30), dt.date(2025, 7, 1)
UNITS = Units(
    [
        Unit("20", "Tỉnh Lạng Sơn"),
        Unit("183", "Huyện Cao Lộc", "20", until=BEFORE),
        Unit("06190", "Xã Hải Yến", "183", until=BEFORE, becomes={"06196": Fraction(1)}),
        Unit("06193", "Xã Công Sơn", "183", None, BEFORE, {"06196": Fraction(3, 5), "06199": Fraction(2, 5)}),
        Unit("06196", "Xã Cao Lâu", "183", until=BEFORE),
        Unit("06197", "Xã Xuất Lễ", "183", until=BEFORE),
        Unit("06196", "Xã Cao Lộc", "20", since=AFTER),
        Unit("06199", "Xã Hải Yến", "20", since=AFTER),
        Unit("7001", "Xã Đồng Đăng", "20"),
    ]
)


def ask(code: str, name: str, day: dt.date = AFTER) -> tuple[UnitInfo, list[tuple[str, str, str]]]:
    unit, problems = recognise(UnitInfo(code, name, file="so.xlsx"), "so.xlsx", Listed(UNITS, day))
    return unit, [(problem.code, problem.severity, problem.text) for problem in problems]


@pytest.mark.parametrize(
    ("code", "name", "day", "said"),
    [
        ("06190", "Xã Hải Yến", AFTER, "Xã Hải Yến (06190, đến ngày 30/6/2025, nay thuộc Xã Cao Lộc (06196)); gộp"),
        ("06193", "Xã Công Sơn", AFTER, "nay thuộc 60% Xã Cao Lộc (06196), 40% Xã Hải Yến (06199)); gộp"),
        ("06197", "", AFTER, "Xã Xuất Lễ (06197, đến ngày 30/6/2025); gộp"),
        ("06199", "Xã Hải Yến", BEFORE, "Xã Hải Yến (06199, từ ngày 1/7/2025); sửa mã, hoặc ngày"),
        ("so.xlsx", "Xã Công Sơn", AFTER, "chỉ có Xã Công Sơn (06193, đến ngày 30/6/2025, nay thuộc 60%"),
        ("so.xlsx", "Xã Cao Lộc", BEFORE, "chỉ có Xã Cao Lộc (06196, từ ngày 1/7/2025); ghi mã"),
        ("07001", "Xã Đồng Đăng", AFTER, "danh sách đơn vị ghi 7001: nếu số 0 ở đầu mã đã mất thì gõ lại mã trong"),
    ],
)  # fmt: skip
def test_who_is_not_there_on_the_day_is_told_what_became_of_it(code: str, name: str, day: dt.date, said: str) -> None:
    unit, [(found, severity, text)] = ask(code, name, day)
    assert (found, severity) == ("unit-unknown", "error")
    assert unit.code == ("" if code == "so.xlsx" else code)
    assert said in text


def test_a_code_beside_the_name_of_another_unit_is_nobodys() -> None:
    _unit, [(found, severity, text)] = ask("06196", "Xã Hải Yến")
    assert (found, severity) == ("unit-name", "error")
    assert "mã 06196, là của Xã Cao Lộc, nhưng tên «Xã Hải Yến» là của Xã Hải Yến (06199)" in text


@pytest.mark.parametrize("name", ["Xã Cao Lâu", "Xã Lộc"])
def test_a_name_that_nobody_has_counts_by_its_code_with_a_warning(name: str) -> None:
    unit, [(found, severity, text)] = ask("06196", name)
    assert (found, severity) == ("unit-name", "warning")
    assert f"sổ ghi tên «{name}», còn mã 06196 trong danh sách là Xã Cao Lộc" in text
    assert (unit.code, unit.name) == ("06196", "Xã Cao Lộc")


@pytest.mark.parametrize("name", ["", "Cao Lộc", "UBND XÃ CAO LỘC", "xa Cao Loc", "Thị trấn Cao Lộc, huyện Cao Lộc"])
def test_one_name_is_written_in_many_ways(name: str) -> None:
    assert ask("06196", name)[1] == []


def test_which_of_several_codes_is_nearest_depends_on_no_hash() -> None:
    for asked in ("123", "134", "145", "156", "167", "178", "189"):
        listed = Listed(Units([Unit(f"{at}", f"Xã {at}") for at in range(100, 200) if f"{at}" != asked]), AFTER)
        assert listed.find_near(asked) == [f"10{asked[1]}"]  # the first of those that differ in a digit
