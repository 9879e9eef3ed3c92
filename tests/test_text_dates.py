"""Days and periods as officials write them."""

from __future__ import annotations

import unicodedata
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nhiemvu.text import Unreadable, format_date, name_period, read_date, read_period

DAY = date(2024, 5, 29)


@pytest.mark.parametrize(
    "value",
    [
        "29/5/2024", "29/05/2024", "29-05-2024", "29.5.2024", "29 / 5 / 2024", "2024-05-29", "2024/5/29",
        "2024-05-29 00:00:00",
        "2024-05-29T13:45", "ngày 29/5/2024", "ngày 29 tháng 5 năm 2024", "29 tháng 5 năm 2024",
        "Ngày 29 tháng 05, năm 2024.", "29 tháng 5/2024", "29/05/2024 08:30", "29/5/2024, 8 giờ 30",
        "29/5/2024 8:30:00",
        "8h30 ngày 29/5/2024", "17h00' ngày 29/5/2024", "08 giờ 30 ngày 29/5/2024", "Thứ Tư, ngày 29/5/2024",
        "Sáng 29/5/2024", "Đã nộp ngày 29/5/2024", "đã hoàn thành 29/5/2024",
        "29/5/2024 (BC số 12/BC-UBND)",
        DAY, datetime(2024, 5, 29, 13, 45), 45441, 45441.75,
    ],
)  # fmt: skip
def test_one_day_in_all_its_forms(value: object) -> None:
    assert read_date(value) == DAY  # type: ignore[arg-type]
    if isinstance(value, str):
        assert read_date(unicodedata.normalize("NFD", value)) == DAY


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("5/29/2024", "date-order"), ("30/2/2024", "date-impossible"), ("0/5/2024", "date-impossible"),
        ("5/32/2024", "date-impossible"), ("0/13/2024", "date-impossible"),
        ("29/5/24", "date-year"),
        ("45441", "date-form"), ("tháng 5/2024", "date-form"), ("ngày    tháng 6 năm 2024", "date-form"),
        ("", "date-form"),
        ("29/5/2024 (gia hạn 15/7/2024)", "date-form"), ("29/5/2024 (QĐ ngày 15/7/2024)", "date-form"),
        ("29/5/2024 (theo QĐ gia hạn)", "date-form"), ("chưa nộp ngày 29/5/2024", "date-form"),
        ("từ 1/5/2024 đến 29/5/2024", "date-form"), ("trước ngày 29/5/2024", "date-form"),
        ("29/5-2024", "date-form"), (0, "date-serial"), (60, "date-serial"), (-1, "date-serial"),
        (float("nan"), "date-serial"),
        (2958466, "date-serial"), (True, "date-serial"),
    ],
)  # fmt: skip
def test_what_is_no_day_is_refused_with_its_reason(value: str | float, code: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        read_date(value)
    assert refusal.value.code == code
    assert "{" not in str(refusal.value)


@given(st.dates(min_value=date(1900, 1, 1)))
def test_a_day_written_or_counted_is_read_back(day: date) -> None:
    assert read_date(format_date(day)) == read_date(day.isoformat()) == day
    if day >= date(1900, 3, 1):
        assert read_date((day - date(1899, 12, 30)) // timedelta(days=1)) == day


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("6 tháng đầu năm 2024", (1, 1), (6, 30)), ("06 tháng cuối năm 2024", (7, 1), (12, 31)),
        ("quý II/2024", (4, 1), (6, 30)),
        ("Quý 3 năm 2024", (7, 1), (9, 30)), ("QUÝ IV-2024", (10, 1), (12, 31)), ("quí I/2024".replace("í", "ý"),
        (1, 1), (3, 31)),
        ("tháng 6 năm 2024", (6, 1), (6, 30)), ("tháng 6/2024", (6, 1), (6, 30)), ("tháng 02/2024", (2, 1), (2, 29)),
        ("năm 2024", (1, 1), (12, 31)), ("cả năm 2024", (1, 1), (12, 31)), ("2024", (1, 1), (12, 31)),
        ("9 tháng năm 2024", (1, 1), (9, 30)), ("9 tháng đầu năm 2024", (1, 1), (9, 30)),
        ("nửa đầu năm 2024", (1, 1), (6, 30)),
        ("Kỳ báo cáo: 6 tháng đầu năm 2024", (1, 1), (6, 30)), ("từ ngày 01/01/2024 đến ngày 30/6/2024", (1, 1),
        (6, 30)),
        ("01/01/2024 - 30/6/2024", (1, 1), (6, 30)), ("từ tháng 1 đến tháng 6 năm 2024", (1, 1), (6, 30)),
    ],
)  # fmt: skip
def test_periods(text: str, start: tuple[int, int], end: tuple[int, int]) -> None:
    for form in ("NFC", "NFD"):
        period = read_period(unicodedata.normalize(form, text))
        assert (period.start, period.end, period.label) == (date(2024, *start), date(2024, *end), text)


def test_a_span_of_years() -> None:
    period = read_period("giai đoạn 2021-2025")
    assert (period.start, period.end) == (date(2021, 1, 1), date(2025, 12, 31))


@pytest.mark.parametrize(
    "text",
    [
        "", "tháng 13/2024", "13 tháng đầu năm 2024", "0 tháng đầu năm 2024", "quý V/2024", "6 tháng", "năm 0000",
        "từ tháng 6 đến tháng 1 năm 2024", "giai đoạn 2025-2021", "30/6/2024 - 01/01/2024", "Báo cáo kết quả",
    ],
)  # fmt: skip
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        read_period(text)
    assert refusal.value.code == "period-form"


@given(st.text("0123456789/-. thángqýiđầucốởằmV", max_size=25))
def test_any_text_is_a_period_or_a_reason(text: str) -> None:
    try:
        period = read_period(text)
    except Unreadable:
        return
    assert period.start <= period.end


months = st.dates(date(1900, 1, 1), date(2200, 12, 1)).map(lambda day: day.replace(day=1))


@given(
    st.lists(st.one_of(st.dates(date(1900, 1, 1), date(2200, 12, 1)), months), min_size=2, max_size=2), st.booleans()
)
def test_a_period_is_read_back_from_its_name(days: list[date], whole: bool) -> None:
    start, end = sorted(days)
    if whole:  # to the last day of a month
        end = (end.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    period = read_period(name_period(start, end))
    assert (period.start, period.end) == (start, end)


@pytest.mark.parametrize(
    "name", ["Tháng 5/2024", "Quý I/2024", "6 tháng đầu năm 2024", "6 tháng cuối năm 2024", "Năm 2024"]
)
def test_the_periods_of_the_administration_keep_their_names(name: str) -> None:
    period = read_period(name)
    assert name_period(period.start, period.end) == name
