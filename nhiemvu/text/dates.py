"""Days and reporting periods as officials write them: the day first, `quý II/2024`, `6 tháng đầu năm 2024`."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from nhiemvu.messages import N_, _
from nhiemvu.text.digits import Unreadable
from nhiemvu.text.folding import fold, tidy
from nhiemvu.text.formatting import format_date

_NUMERIC = r"(\d{1,2})\s*([/.-])\s*(\d{1,2})\s*\2\s*(\d{4})"
# what officials write before and after a day, and what changes nothing of it
_OF_DAY = (
    r"(?:(?:sáng|trưa|chiều|tối|(?:đã )?(?:hoàn thành|nộp)|(?:thứ (?:[2-7]|hai|ba|tư|năm|sáu|bảy)|chủ nhật)|"
    r"\d{1,2}(?: ?giờ ?| ?[hg:] ?)(?:\d{1,2}(?: ?phút|')?)?),? )*(?:ngày |m[ùồ]ng )?"
)
_CLOCK = r" ?(?:,|lúc)? \d{1,2}(?:[:hg]\d{2}(?::\d{2})?| ?giờ(?: \d{1,2})?)"
_PAPER = r" \((?:bc|báo cáo|qđ|quyết định|văn bản|công văn|cv|theo)\b[^()]{0,80}$"  # its bracket was stripped
_OTHER_DAY = r"\d{1,2}[/.-]\d{1,2}\b|gia hạn|lùi|chuyển"
_ISO = r"(\d{4})([/-])(\d{1,2})\2(\d{1,2})(?:[t ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"
_WORDS = r"(\d{1,2}) tháng (\d{1,2})(?:,? năm |, ?| ?/ ?)(\d{4})"
_SHORT_YEAR = r"\d{1,2}([/.-])\d{1,2}\1\d{2}"

_PLAINEST_DAY = len("29/05/2024")

_EPOCH = date(1899, 12, 30)  # of Excel's serials from 1 March 1900 on
_LAST_SERIAL = 2958465  # 31 December 9999


def read_date(value: str | date | float) -> date:
    """The day that a cell states; 29/5/2024 is the 29th of May. A number is Excel's serial day (1900 system).

    Raises:
        Unreadable: `date-order` (the month stands first), `date-impossible`, `date-year` (two digits), `date-serial`,
            or `date-form` for any other text.

    >>> read_date("ngày 29 tháng 5 năm 2024"), read_date(45441)
    (datetime.date(2024, 5, 29), datetime.date(2024, 5, 29))
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, int | float):
        return _from_serial(value)
    text = fold(value).strip(" .,;()")
    bare = text.removeprefix("ngày ")
    if len(bare) > _PLAINEST_DAY:  # most are no longer
        bare = _take_day(bare)
    if found := re.fullmatch(_ISO, bare):
        year, _sign, month, day = found.groups()
    elif found := re.fullmatch(_NUMERIC, bare):
        day, _sign, month, year = found.groups()
    elif found := re.fullmatch(_WORDS, bare):
        day, month, year = found.groups()
    elif re.fullmatch(_SHORT_YEAR, bare):
        raise Unreadable("date-year", N_("“{text}”: hãy gõ đủ bốn chữ số của năm, ví dụ 29/5/2024."), text=tidy(value))
    else:
        raise Unreadable("date-form", N_("“{text}” không phải là ngày; hãy gõ như 29/5/2024."), text=tidy(value))
    return _day(int(year), int(month), int(day), tidy(value))


def _take_day(text: str) -> str:
    """The day without the time, the weekday or the paper that were written beside it."""
    found = re.search(_PAPER, text)
    if found and not re.search(_OTHER_DAY, found.group()):
        text = text[: found.start()]
    text = text[found.end() :] if (found := re.match(_OF_DAY, text)) else text
    return re.sub(rf"(?<=\d{{4}}){_CLOCK}$", "", text)


def _from_serial(serial: float) -> date:
    # serial 60 is 29 February 1900, which never was; below it Excel counts one day less
    if isinstance(serial, bool) or not 1 <= serial < _LAST_SERIAL + 1 or int(serial) == 60:
        raise Unreadable(
            "date-serial", N_("Số {text} không phải là một ngày của Excel; hãy gõ như 29/5/2024."), text=serial
        )
    return _EPOCH + timedelta(days=int(serial) + (serial < 60))


def _day(year: int, month: int, day: int, text: str) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        if month > 12 >= day >= 1 and month <= 31:
            raise Unreadable(
                "date-order",
                N_("“{text}”: không có tháng {month}; hãy gõ ngày trước, tháng sau."),
                text=text,
                month=month,
            ) from None
        raise Unreadable("date-impossible", N_("Không có ngày “{text}” trong lịch; hãy gõ lại."), text=text) from None


@dataclass(frozen=True, slots=True)
class Period:
    """A reporting period: its first and last day, both within it, and what it was called."""

    start: date
    end: date
    label: str


_QUARTERS = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "1": 1, "2": 2, "3": 3, "4": 4}
_OF_YEAR = r"\s*(?:năm|/|-|,)?\s*(\d{4})"
_MONTHS = rf"(\d{{1,2}}) tháng(?: (đầu|cuối)(?: của)?)?{_OF_YEAR}"
_HALF = rf"nửa (đầu|cuối){_OF_YEAR}"
_QUARTER = rf"quý\s*(i{{1,3}}|iv|0?[1-4]){_OF_YEAR}"
_MONTH = rf"tháng\s*(\d{{1,2}}){_OF_YEAR}"
_MONTH_RANGE = rf"(?:từ )?tháng (\d{{1,2}}) (?:đến|tới)(?: hết)? tháng (\d{{1,2}}){_OF_YEAR}"
_YEAR = r"(?:(?:cả )?năm )?(\d{4})"
_YEARS = r"(?:giai đoạn )?(\d{4})\s*-\s*(\d{4})"
_DAYS = r"(?:từ )?(.*\d{4})\s*(?:-|đến|tới)(?: hết)?\s*(.*\d{4})"
_LEAD = r"(?:(?:kỳ )?(?:báo cáo|đánh giá)|kỳ|thời gian)\s*:?\s*"


def read_period(text: str) -> Period:
    """The period that a text names, the whole text being its name.

    Raises:
        Unreadable: `period-form`, or what `read_date` raises for the days of `từ ... đến ...`.

    >>> period = read_period("Quý II/2024")
    >>> period.start, period.end
    (datetime.date(2024, 4, 1), datetime.date(2024, 6, 30))
    """
    label = tidy(text)
    name = fold(text).strip(" .,;()")
    name = name[found.end() :] if (found := re.match(_LEAD, name)) else name
    first, last, year, end_year = 0, 0, "", ""
    if found := re.fullmatch(_MONTHS, name):
        count, side, year = int(found[1]), found[2], found[3]
        first, last = (13 - count, 12) if side == "cuối" else (1, count)
    elif found := re.fullmatch(_HALF, name):
        first, last, year = (*((1, 6) if found[1] == "đầu" else (7, 12)), found[2])
    elif found := re.fullmatch(_QUARTER, name):
        quarter, year = _QUARTERS[found[1].lstrip("0")], found[2]
        first, last = 3 * quarter - 2, 3 * quarter
    elif found := re.fullmatch(_MONTH, name):
        first, last, year = int(found[1]), int(found[1]), found[2]
    elif found := re.fullmatch(_MONTH_RANGE, name):
        first, last, year = int(found[1]), int(found[2]), found[3]
    elif found := re.fullmatch(_YEAR, name):
        first, last, year = 1, 12, found[1]
    elif found := re.fullmatch(_YEARS, name):
        first, last, year, end_year = 1, 12, found[1], found[2]
    elif found := re.fullmatch(_DAYS, name):
        return _ordered(read_date(found[1]), read_date(found[2]), label)
    if not (1 <= first <= last <= 12 and int(year) and int(end_year or year)):
        raise _no_period(label)
    until = int(end_year or year)
    return _ordered(date(int(year), first, 1), date(until, last, monthrange(until, last)[1]), label)


def name_period(start: date, end: date) -> str:
    """The name of a period, in the language in force; in Vietnamese `read_period` gives the same days back.

    >>> name_period(date(2024, 4, 1), date(2024, 6, 30)), name_period(date(2024, 1, 1), date(2024, 5, 29))
    ('Quý II/2024', 'Từ 1/1/2024 đến 29/5/2024')
    """
    match _part_of_year(start, end):
        case "year", _number:
            return _("Năm {year}", year=end.year)
        case "month", number:
            return _("Tháng {month}/{year}", month=number, year=end.year)
        case "quarter", number:
            return _("Quý {quarter}/{year}", quarter=_ROMAN[number], year=end.year)
        case "first", number:
            return _("{months} tháng đầu năm {year}", months=number, year=end.year)
        case "last", number:
            return _("{months} tháng cuối năm {year}", months=number, year=end.year)
        case "years", _number:
            return _("Giai đoạn {start}-{end}", start=start.year, end=end.year)
    return _("Từ {start} đến {end}", start=format_date(start), end=format_date(end))


def shorten_period(start: date, end: date) -> tuple[str, str]:
    """The name of a period for a narrow column: what it is, and the year below.

    >>> shorten_period(date(2024, 1, 1), date(2024, 6, 30)), shorten_period(date(2024, 1, 1), date(2024, 5, 29))
    (('6T đầu', '2024'), ('1/1-29/5', '2024'))
    """
    match _part_of_year(start, end):
        case "year", _number:
            return _("Năm"), str(end.year)
        case "month", number:
            return _("Tháng {month}", month=number), str(end.year)
        case "quarter", number:
            return _("Quý {quarter}", quarter=_ROMAN[number]), str(end.year)
        case "first", number:
            return _("{months}T đầu", months=number), str(end.year)
        case "last", number:
            return _("{months}T cuối", months=number), str(end.year)
        case "years", _number:
            return f"{start.year}-", str(end.year)
    since = f"{start.day}/{start.month}" if start.year == end.year else format_date(start)
    return f"{since}-{end.day}/{end.month}", str(end.year)


_ROMAN = ("", "I", "II", "III", "IV")


def _part_of_year(start: date, end: date) -> tuple[str, int] | None:
    """What kind of period it is, and its number: of the month or quarter, or of months; None for any other days."""
    if start.day != 1 or end.day != monthrange(end.year, end.month)[1]:
        return None
    first, last = start.month, end.month
    if start.year != end.year:
        return ("years", 0) if (first, last) == (1, 12) else None
    months = last - first + 1
    if months == 12:
        return "year", 0
    if months == 1:
        return "month", first
    if months == 3 and first % 3 == 1:
        return "quarter", last // 3
    if first == 1:
        return "first", months
    return ("last", months) if last == 12 else None


def _ordered(start: date, end: date, label: str) -> Period:
    if start > end:
        raise _no_period(label)
    return Period(start, end, label)


def _no_period(label: str) -> Unreadable:
    return Unreadable(
        "period-form",
        N_("“{text}” không phải là một kỳ; hãy gõ như “6 tháng đầu năm 2024” hoặc “quý II/2024”."),
        text=label,
    )
