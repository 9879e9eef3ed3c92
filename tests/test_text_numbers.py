"""What a cell of text says in figures: every cell of the commune's own workbook, and what must be refused."""

from __future__ import annotations

import contextlib
import sys
import unicodedata
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nhiemvu.text import Unreadable, exact, format_number, nearest_float, read_figure
from nhiemvu.text.numbers import _PLAINEST

F = Fraction

NUMBERS = [  # text, value, unit, percent, note
    ("32,2%", "161/500", "", True, ""), ("8,17%", "817/10000", "", True, ""), ("0%", "0", "", True, ""),
    ("55,26%", "2763/5000", "", True, ""), ("97,5%", "39/40", "", True, ""), ("35%", "7/20", "", True, ""),
    ("68,1%", "681/1000", "", True, ""), ("100%", "1", "", True, ""), ("100 %", "1", "", True, ""),
    ("109,4%", "547/500", "", True, ""), ("24,72%", "309/1250", "", True, ""), ("5‰", "1/200", "", True, ""),
    ("8 m2/người", "8", "m2/người", False, ""), ("8 m²/người", "8", "m²/người", False, ""),
    ("70 lít", "70", "lít", False, ""),
    ("70lít/người", "70", "lít/người", False, ""), ("0 sự cố", "0", "sự cố", False, ""), ("0", "0", "", False, ""),
    ("1 nội dung", "1", "nội dung", False, ""), ("0 nội dung", "0", "nội dung", False, ""),
    ("1 giải", "1", "giải", False, ""),
    ("0 lớp (đã đăng ký 3 lớp)", "0", "lớp", False, "(đã đăng ký 3 lớp)"),
    ("93,4% (thấp nhất)", "467/500", "", True, "(thấp nhất)"), ("05 nhiệm vụ", "5", "nhiệm vụ", False, ""),
    ("72.225.000 đ", "72225000", "đ", False, ""), ("3.600.000đ", "3600000", "đ", False, ""),
    ("0 đồng", "0", "đồng", False, ""),
    ("3 220 000 đ", "3220000", "đ", False, ""), ("12.500,75 đ", "50003/4", "đ", False, ""),
    ("11 triệu đồng", "11000000", "đồng", False, ""), ("1,5 tỷ đồng", "1500000000", "đồng", False, ""),
    ("1,5 tỉ đồng", "1500000000", "đồng", False, ""), ("3 nghìn đồng", "3000", "đồng", False, ""),
    ("3 ngàn đồng", "3000", "đồng", False, ""), ("11 triệu", "11000000", "đồng", False, ""),
    ("5 trđ", "5000000", "đ", False, ""),
    ("5 tr.đ", "5000000", "đ", False, ""), ("2 nghìn tỷ đồng", "2000000000000", "đồng", False, ""),
    ("2 triệu lượt", "2000000", "lượt", False, ""), ("20 triệu đồng/năm", "20000000", "đồng/năm", False, ""),
    ("5 (triệu đồng)", "5000000", "đồng", False, ""), ("97,5 (%)", "39/40", "", True, ""),
    ("-5", "-5", "", False, ""),
    ("−5", "-5", "", False, ""), ("(5)", "-5", "", False, ""), ("+3,5", "7/2", "", False, ""),
    ("đạt 97,5%", "39/40", "", True, ""),
    ("97.5", "195/2", "", False, ""), ("97.5%", "39/40", "", True, ""), ("97,5%.", "39/40", "", True, ""),
    ("0,975", "39/40", "", False, ""), ("thực hiện được 3 lớp", "3", "lớp", False, ""),
    ("100% chỉ tiêu", "1", "chỉ tiêu", True, ""),
    ("Đạt tỷ lệ 80%", "4/5", "", True, ""), ("đã hoàn thành 80%", "4/5", "", True, ""),
    ("đến nay đạt 85%", "17/20", "", True, ""), ("đã giải ngân 500 triệu đồng", "500000000", "đồng", False, ""),
    ("Năng suất 45,5 tạ/ha", "91/2", "tạ/ha", False, ""), ("45tr/người/năm", "45000000", "đồng/người/năm", False, ""),
    ("1.200.000 ₫", "1200000", "₫", False, ""), ("2l", "2", "l", False, ""), ("25oC", "25", "oC", False, ""),
    ("120, trong đó nữ 45", "120", "", False, "trong đó nữ 45"), ("120 tính đến 15/6", "120", "", False,
    "tính đến 15/6"),
    ("85% theo BC số 12/BC-UBND", "17/20", "", True, "theo BC số 12/BC-UBND"),
    ("12 hộ, đạt 80%", "12", "hộ", False, "đạt 80%"), ("12 hộ\n(đạt 80%)", "12", "hộ", False, "(đạt 80%)"),
    ("500 triệu đồng, đạt 83% KH", "500000000", "đồng", False, "đạt 83% KH"),
    ("95%, vượt 5% so với KH", "19/20", "", True, "vượt 5% so với KH"),
    ("đạt 80%, tăng 5% so với cùng kỳ", "4/5", "", True, "tăng 5% so với cùng kỳ"),
    ("80% (12/15 hộ)", "4/5", "", True, "(12/15 hộ)"), ("80% (tăng 3,2%)", "4/5", "", True, "(tăng 3,2%)"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value", "unit", "percent", "note"), NUMBERS)
def test_numbers(text: str, value: str, unit: str, percent: bool, note: str) -> None:
    for form in ("NFC", "NFD"):
        figure = read_figure(unicodedata.normalize(form, text))
        assert (figure.kind, figure.value, figure.low == figure.high) == ("number", F(value), True)
        assert (figure.unit, figure.percent, figure.note, figure.ambiguous) == (unit, percent, note, False)


RATIOS = [  # text, numerator, denominator, unit, unit of the denominator, label, note
    ("tổng bốn nguồn: 72.225.000/883.700.000 đ", "72225000", "883700000", "đ", "đ", "tổng bốn nguồn", ""),
    ("0/53.000.000 đ", "0", "53000000", "đ", "đ", "", ""), ("0/250.000.000 đ", "0", "250000000", "đ", "đ", "", ""),
    ("72.225.000/130.700.000 đ", "72225000", "130700000", "đ", "đ", "", ""),
    ("2/2 cơ sở", "2", "2", "cơ sở", "cơ sở", "", ""),
    ("0/450.000.000 đ", "0", "450000000", "đ", "đ", "", ""),
    ("0/0 (xã không có di tích)", "0", "0", "", "", "", "(xã không có di tích)"),
    ("0/0 (không có cơ sở)", "0", "0", "", "", "", "(không có cơ sở)"),
    ("0/0 (không có bãi chôn lấp)", "0", "0", "", "", "", "(không có bãi chôn lấp)"),
    ("0/0 (không phát sinh)", "0", "0", "", "", "", "(không phát sinh)"),
    ("0/7 (1 hồ sơ đã gửi, 6 chưa lập)", "0", "7", "", "", "", "(1 hồ sơ đã gửi, 6 chưa lập)"),
    ("2/4 người", "2", "4", "người", "người", "", ""), ("27,35/25 ha", "547/20", "25", "ha", "ha", "", ""),
    ("27,35/25ha/năm", "547/20", "25", "ha/năm", "ha/năm", "", ""),
    ("56,3/227,75 ha", "563/10", "911/4", "ha", "ha", "", ""),
    ("11/70 ha", "11", "70", "ha", "ha", "", ""), ("0/1 vụ việc", "0", "1", "vụ việc", "vụ việc", "", ""),
    ("1/1 vụ việc (chuyển từ năm 2023)", "1", "1", "vụ việc", "vụ việc", "", "(chuyển từ năm 2023)"),
    ("7/7 công dân", "7", "7", "công dân", "công dân", "", ""),
    ("01 đơn/01 vụ việc", "1", "1", "đơn", "vụ việc", "", ""),
    ("0 đồng/ 53.000.000 đ", "0", "53000000", "đồng", "đ", "", ""),
    ("409/424=96,4%", "409", "424", "", "", "", "=96,4%"),
    ("72.225.000 đ/130.700.000", "72225000", "130700000", "đ", "đ", "", ""), ("2 / 4", "2", "4", "", "", "", ""),
    ("56,3 ha /227,75ha = 24,7%", "563/10", "911/4", "ha", "ha", "", "= 24,7%"),
    ("12/15 - 80%", "12", "15", "", "", "", "- 80%"), ("13/15 (86,6%)", "13", "15", "", "", "", "(86,6%)"),
    ("12/15 hộ, đạt tỷ lệ 80%", "12", "15", "hộ", "hộ", "", ", đạt tỷ lệ 80%"),
    ("12/15 (tăng 5%)", "12", "15", "", "", "", "(tăng 5%)"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "numerator", "denominator", "unit", "below", "label", "note"), RATIOS)
def test_ratios(text: str, numerator: str, denominator: str, unit: str, below: str, label: str, note: str) -> None:
    for form in ("NFC", "NFD"):
        figure = read_figure(unicodedata.normalize(form, text))
        assert (figure.kind, figure.numerator, figure.denominator) == ("ratio", F(numerator), F(denominator))
        assert (figure.unit, figure.denominator_unit, figure.label, figure.note) == (unit, below, label, note)
        assert figure.value == (None if denominator == "0" else F(numerator) / F(denominator))
        assert not figure.ambiguous


INTERVALS = [  # text, low, high, ends that belong to it
    ("≥ 95%", "19/20", None, "["), ("≥ 85%", "17/20", None, "["), (">= 85%", "17/20", None, "["),
    ("Trên 4", "4", None, ""),
    ("Dưới 3", None, "3", ""), ("< 15%", None, "3/20", ""), ("ít nhất 02 lớp", "2", None, "["),
    ("không quá 3", None, "3", "]"),
    ("≤ 3", None, "3", "]"), ("tối đa 5 vụ", None, "5", "]"), ("không dưới 90%", "9/10", None, "["),
    ("60-62", "60", "62", "[]"),
    ("từ 75-80%", "3/4", "4/5", "[]"), ("75%-80%", "3/4", "4/5", "[]"), ("6,6-6,8", "33/5", "34/5", "[]"),
    ("từ 5 đến 7 lớp", "5", "7", "[]"), ("60 – 62", "60", "62", "[]"), ("90% trở lên", "9/10", None, "["),
    ("từ 02 lớp trở lên", "2", None, "["), ("3 vụ trở xuống", None, "3", "]"), ("khoảng 24", "47/2", "49/2", "["),
    ("khoảng 97,5%", "1949/2000", "1951/2000", "["), ("khoảng 11 triệu đồng", "10500000", "11500000", "["),
]  # fmt: skip


@pytest.mark.parametrize(("text", "low", "high", "ends"), INTERVALS)
def test_intervals(text: str, low: str | None, high: str | None, ends: str) -> None:
    for form in ("NFC", "NFD"):
        figure = read_figure(unicodedata.normalize(form, text))
        assert (figure.kind, figure.low, figure.high) == ("interval", low and F(low), high and F(high))
        assert (figure.low_closed, figure.high_closed, figure.value) == ("[" in ends, "]" in ends, None)


def test_a_list_keeps_each_figure_under_its_label() -> None:
    figure = read_figure("nhà tiêu 409/424; nhà tắm 396/424; bể nước 424/424")
    assert [(part.label, part.value) for part in figure.parts] == [
        ("nhà tiêu", F(409, 424)),
        ("nhà tắm", F(396, 424)),
        ("bể nước", F(1)),
    ]
    lines = read_figure("- nhà tiêu: 409/424\n- nhà tắm: 396/424\r\n- bể nước: 424/424")
    assert [part.label for part in lines.parts] == [part.label for part in figure.parts]


def test_a_date_in_a_list_is_a_note() -> None:
    figure = read_figure(
        "thực hiện 3.220.000 đ; dự toán huyện giao 10.000.000 đ; dự toán HĐND xã giao 11.000.000 đ; đến 29/5/2024"
    )
    assert [(part.label, part.value, part.unit) for part in figure.parts] == [
        ("thực hiện", F(3220000), "đ"),
        ("dự toán huyện giao", F(10000000), "đ"),
        ("dự toán HĐND xã giao", F(11000000), "đ"),
    ]
    assert (figure.kind, figure.value, figure.note) == ("parts", None, "đến 29/5/2024")


REFUSED = {
    "number-grouping": ["2.800.00", "2.800.00đ", "1,234.56", "1.1.2", "1,234,567", "12.34.567", "0.123.456",
    "1.234,5,6"],
    "number-point": ["0.975", "97.5432", "1234.567"],
    "number-long": ["9" * 41, "≥ " + "1" * 200 + " đ"],
    "number-range": ["80-60", "từ 5 đến 3"],
    "number-blank": ["", "  \u00a0\n", ";"],
    "date-in-number": ["29/5/2024", "29-05-2024", "29.5.2024", "đến 29/5/2024"],
    "letter-in-number": ["1O", "1O hồ sơ", "2O0", "1OO%", "l2/1I", "10 lớp/1O lớp", "đạt 8o %", "1lO", "1,O"],
    "says-none": ["Không", "Không có", "không có.", "không phát sinh", "KHÔNG", "-", "–"],
    "text-in-number": [
        "đang trình phê duyệt", "huyện chưa cấp kinh phí đền bù", "5 nội dung đều 0 vụ; có mô hình", "chưa mở 2 lớp",
        "2 lớp chưa mở", "2 lớp đang mở", "giảm 3%", "vượt 10%", "5 hộ 3 người", "- 5", "=5", "x", "...", "một",
        "1e5", "12 hộ, trong đó 3 hộ chưa cấp", "chưa hoàn thành 80%", "tỷ lệ chưa đạt 20%", "vượt 5% so với KH",
        "tăng 5% so với cùng kỳ", "120, nữ 45", "80%, đạt", "lúa 45,5, ngô 40",
        "số 08/2019/NQ-HĐND", "lời " * 2000, "1 " * 9000, "9" * 5000, "5" + " \n" * 9000 + "x", "trđ", "(chưa có)",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in REFUSED.items() for text in texts])
def test_what_has_no_single_reading_is_refused_with_its_reason(code: str, text: str) -> None:
    for form in ("NFC", "NFD"):
        with pytest.raises(Unreadable) as refusal:
            read_figure(unicodedata.normalize(form, text))
        assert refusal.value.code == code
        assert "{" not in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.234", F(1234)), ("1,234", F("1.234")), ("1.500 m3", F(1500)),
        ("141.190 lít/2.017 người", F(141190, 2017)),
        ("12/15 (85%)", F(4, 5)), ("12/15 (8%)", F(4, 5)), ("80% (12/14)", F(4, 5)), ("409/424=93%", F(409, 424)),
        ("80% so với kế hoạch", F(4, 5)),
        ("5/2024", F(5, 2024)), ("3/10 triệu đồng", F(3, 10)), ("1 234", F(1234)),
    ],
)  # fmt: skip
def test_a_figure_that_another_country_reads_otherwise_is_read_and_marked(text: str, value: F) -> None:
    figure = read_figure(text)
    assert (figure.value, figure.ambiguous) == (value, True)


@given(st.integers(-(10**15), 10**15), st.integers(0, 4), st.sampled_from(["", " đ", "%", " ha", " triệu đồng"]))
def test_what_is_written_is_read_back(whole: int, decimals: int, unit: str) -> None:
    value = F(whole, 10**decimals)
    scale = {"%": F(1, 100), " triệu đồng": F(10**6)}.get(unit, F(1))
    assert read_figure(format_number(value, 4) + unit).value == value * scale


@given(st.text("0123456789.,/-%≥() đạtừtriệhoảngkc;:=\n²", max_size=30))
@example("(((((5)")
@example("1/2/3 = 4 %")
def test_any_text_is_a_figure_or_a_reason(text: str) -> None:
    try:
        figure = read_figure(text)
    except Unreadable:
        return
    assert figure == read_figure(unicodedata.normalize("NFD", text))
    if figure.kind == "interval" and figure.low is not None and figure.high is not None:
        assert figure.low <= figure.high


@given(st.text(max_size=60))
def test_text_of_any_script_is_a_figure_or_a_reason(text: str) -> None:
    with contextlib.suppress(Unreadable):
        assert read_figure(text).kind


@given(st.decimals(-(10**9), 10**9, places=5, allow_nan=False))
def test_a_double_is_taken_as_the_decimal_that_excel_shows(number: object) -> None:
    assert exact(float(str(number))) == F(str(number))
    assert nearest_float(F(str(number))) == float(str(number))


def test_exact_repairs_what_binary_addition_breaks_and_refuses_no_number() -> None:
    assert exact(0.1 + 0.2) == F(3, 10)
    assert exact(12345678901) == 12345678901
    assert exact(0.57) * 100 == 57
    for bad in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="finite"):
            exact(bad)
    assert nearest_float(F(1, 3)) == 1 / 3
    assert sys.float_info.dig == 15  # the digits of a decimal that survive a double


@given(st.from_regex(_PLAINEST, fullmatch=True))
def test_the_plainest_figures_are_read_as_any_other_text(text: str) -> None:
    """A blank in front sends them through everything that a figure can be."""
    outcomes = []
    for written in (text, f" {text}"):
        try:
            outcomes.append(read_figure(written))
        except Unreadable as why:
            outcomes.append((why.code, why.fill))
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("９５％", Fraction(19, 20)),
        ("１．２００，５", Fraction(2401, 2)),
        ("1 tỷ 200 triệu", 1_200_000_000),
        ("3 tỷ 50 triệu 200 nghìn đồng", 3_050_200_000),
        ("2 tỷ rưỡi", 2_500_000_000),
        ("2 triệu rưỡi đồng", 2_500_000),
        ("1tr2", 1_200_000),
        ("1tr250", 1_250_000),
        ("2 tỷ 500", 2_500_000_000),
        ("12,5 %o", Fraction(1, 80)),
    ],
)
def test_what_is_beyond_doubt_is_read(text: str, value: Fraction | int) -> None:
    assert read_figure(text).value == value


@pytest.mark.parametrize(
    "text",
    ["1 triệu 5 đồng", "1tr25", "200 triệu 1 tỷ", "1 tỷ 1200 triệu", "2,5 tỷ rưỡi", "3 chục lớp", "2 trăm triệu",
     "5 vạn cây", "10²", "5½ ha", "1 tỷ 2 hộ"],
)  # fmt: skip
def test_no_part_of_a_number_is_left_out_of_it(text: str) -> None:
    with pytest.raises(Unreadable):
        read_figure(text)
