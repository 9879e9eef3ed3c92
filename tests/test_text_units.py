"""Which names are one unit of measure, and what one is in another."""

from __future__ import annotations

import unicodedata
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nhiemvu.text import UnitMismatch, Unreadable, convert, may_be_money, read_unit

F = Fraction

MONEY = (("đồng", 1),)
UNITS = [
    ("đồng", MONEY, 1), ("đ", MONEY, 1), ("VNĐ", MONEY, 1), ("vnd", MONEY, 1), ("nghìn đồng", MONEY, 1000),
    ("ngàn đồng", MONEY, 1000),
    ("1.000 đồng", MONEY, 1000), ("1000đ", MONEY, 1000), ("1.000.000 đ", MONEY, 10**6), ("triệu đồng", MONEY, 10**6),
    ("Triệu", MONEY, 10**6), ("trđ", MONEY, 10**6), ("tr.đ", MONEY, 10**6), ("Tr. đồng", MONEY, 10**6),
    ("tỷ đồng", MONEY, 10**9),
    ("tỉ đồng", MONEY, 10**9), ("tỷ", MONEY, 10**9), ("nghìn tỷ đồng", MONEY, 10**12), ("%", (), F(1, 100)),
    ("‰", (), F(1, 1000)),
    ("% số hộ", (), F(1, 100)), ("ha", (("m", 2),), 10**4), ("m2", (("m", 2),), 1), ("m²", (("m", 2),), 1),
    ("km2", (("m", 2),), 10**6),
    ("lít", (("m", 3),), F(1, 1000)), ("m3", (("m", 3),), 1), ("kg", (("g", 1),), 1000), ("tạ", (("g", 1),), 10**5),
    ("tấn", (("g", 1),), 10**6),
    ("người", (("người", 1),), 1), ("khẩu", (("người", 1),), 1), ("nhân khẩu", (("người", 1),), 1),
    ("hộ", (("hộ", 1),), 1),
    ("Hộ gia đình", (("hộ", 1),), 1), ("lượt", (("lượt", 1),), 1), ("nghìn lượt", (("lượt", 1),), 1000),
    ("vụ việc", (("vụ việc", 1),), 1),
    ("tỷ lệ", (("tỷ lệ", 1),), 1), ("m2/người", (("m", 2), ("người", -1)), 1),
    ("lít/người/ngày đêm", (("m", 3), ("ngày", -1), ("người", -1)), F(1, 1000)), ("tạ/ha", (("g", 1), ("m", -2)), 10),
    ("ĐVT: triệu đồng", MONEY, 10**6), ("Đơn vị tính: %", (), F(1, 100)), ("(ĐVT: 1.000 đ)", MONEY, 1000),
    ("Đơn vị: triệu đồng.", MONEY, 10**6),
    ("(triệu đồng)", MONEY, 10**6), ("đồng/đồng", (), 1),
]  # fmt: skip


@pytest.mark.parametrize(("text", "dimension", "factor"), UNITS)
def test_units(text: str, dimension: tuple[tuple[str, int], ...], factor: F) -> None:
    for form in ("NFC", "NFD"):
        unit = read_unit(unicodedata.normalize(form, text))
        assert (unit.dimension, unit.factor) == (dimension, factor)
        assert "ĐVT" not in unit.symbol


@pytest.mark.parametrize("text", ["", "---", "ĐVT:", "1=2", "ha/", "()", "0/0", "2/0 ha", "9" * 5000])
def test_what_is_no_unit_is_refused(text: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        read_unit(text)
    assert "{" not in str(refusal.value)


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        (F(3, 2), "tỷ đồng", "triệu đồng", F(1500)), (F(58475), "nghìn đồng", "đ", F(58475000)),
        (F(1), "ha", "m2", F(10000)),
        (F(70), "lít/người/ngày đêm", "m3/người/ngày", F(7, 100)), (F(5), "khẩu", "người", F(5)),
        (F(5), "tấn/ha", "tạ/ha", F(50)),
    ],
)  # fmt: skip
def test_convert(value: F, source: str, target: str, expected: F) -> None:
    assert convert(value, read_unit(source), read_unit(target)) == expected


@pytest.mark.parametrize(("source", "target"), [("đồng", "%"), ("hộ", "người"), ("ha", "m3"), ("m2/người", "m2")])
def test_units_of_different_things_do_not_convert(source: str, target: str) -> None:
    with pytest.raises(UnitMismatch, match=source) as mismatch:
        convert(F(1), read_unit(source), read_unit(target))
    assert (mismatch.value.code, mismatch.value.fill) == ("unit-mismatch", {"source": source, "target": target})


@given(st.fractions(), st.sampled_from(["đ", "nghìn đồng", "triệu đồng", "tỷ đồng"]), st.sampled_from(["đồng", "trđ"]))
def test_converting_there_and_back_changes_nothing(value: F, one: str, other: str) -> None:
    source, target = read_unit(one), read_unit(other)
    assert convert(convert(value, source, target), target, source) == value


@given(st.text("đồngtriệuỷ /%.,()m23ha1:ĐVT", max_size=20))
def test_any_text_is_a_unit_or_a_reason(text: str) -> None:
    try:
        unit = read_unit(text)
    except Unreadable:
        return
    assert unit.factor > 0
    assert read_unit(unicodedata.normalize("NFD", text)) == unit


@pytest.mark.parametrize("text", ["1/0", "5/0 hộ", "hộ/0", "0 đồng", "đồng/0 hộ"])
def test_a_unit_of_nothing_is_no_unit(text: str) -> None:
    with pytest.raises(Unreadable):
        read_unit(text)


@pytest.mark.parametrize("scale", ["", "nghìn ", "ngàn ", "triệu ", "tr. ", "tỷ ", "tỉ ", "1.000 ", "nghìn tỷ "])
@pytest.mark.parametrize("money", ["đồng", "đ", "vnđ", "VND", "đồng Việt Nam", "trđ", "tr.đ", "tỷ.đ", "nđ", "ĐỒNG"])
@pytest.mark.parametrize("around", ["{}", "({})", "[{}].", "(ĐVT: {})", "Đơn vị tính: {};"])
def test_every_name_of_an_amount_of_money_may_be_one(scale: str, money: str, around: str) -> None:
    assert read_unit(around.format(scale + money)).dimension == MONEY
    assert may_be_money(around.format(scale + money))
    if scale.strip().isalpha():
        assert may_be_money(around.format(scale.strip()))
