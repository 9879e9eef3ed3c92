"""Reads a target: DMN's FEEL *simple unary tests*, and nothing more.

    target   = "-"  |  "not" "(" tests ")"  |  tests
    tests    = test {";" test}
    test     = [operator] value  |  ("[" | "(" | "]") value ".." value ("]" | ")" | "[")
    operator = "≥" | ">=" | "≤" | "<=" | ">" | "<" | "=" | "≠" | "!="
    value    = ["-"] digits ["." digits] ["%"]  |  '"' text '"'  |  "true"  |  "false"  |  "date" "(" '"' yyyy-mm-dd '"' ")"

Differences from the standard: `;` parts a list, because `2,3` is 2.3 to one reader and "2 or 3" to another; `%` belongs to the number.
Source: OMG, Decision Model and Notation 1.5, section 10.3 (grammar rules 7 to 15).
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal, NoReturn

from nhiemvu.messages import N_, _
from nhiemvu.rules.intervals import EVERYTHING, Interval, complement, normalise, point, whole
from nhiemvu.text import fold

Kind = Literal["number", "percent", "text", "boolean", "date", "any"]

MAX_LENGTH = 500
MAX_DIGITS = 15  # what a cell of Excel holds; a bound with more could never be met exactly
YEARS = range(1900, 2200)

UNREADABLE = N_(
    'không hiểu «{found}» ở ký tự thứ {at} của ngưỡng «{text}»; ngưỡng viết như «≥ 80%», «[75%..80%]», «75%; 80%», «not(0)», «"đạt"»'
)
COMMA = N_(
    "ngưỡng «{text}» có dấu phẩy ở ký tự thứ {at}: số thập phân viết dấu chấm, như «2.3»; danh sách viết dấu chấm phẩy, như «2; 3»"
)

_SPACE = re.compile(r"[\s\u200b\ufeff]*")
_NUMBER = re.compile(r"([-−–]?)\s*(([0-9]+)(?:\.([0-9]+))?)")  # noqa: RUF001 (the minus sign and the dash that Word makes of a hyphen)
_MORE_DIGITS = re.compile(r"\.[0-9]")
_PERCENT = re.compile(r"\s*%")
_TEXT = re.compile(r'"([^"]*)"')
_DATE = re.compile(r'date\s*\(\s*"([^"]*)"\s*\)')
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_WORD = re.compile(r"(true|false)\b")
_OPERATOR = re.compile(r"≥|>=|≤|<=|≠|!=|>|<|=")
_NOT = re.compile(r"not\s*\(")
_ANYTHING = re.compile(r"[-−–]\s*$")  # noqa: RUF001
_FOUND = re.compile(r"\w+|\S")

_STANDARD = {">=": "≥", "<=": "≤", "!=": "≠"}


class TargetError(ValueError):
    """A target that cannot be read.

    Attributes:
        message: what is wrong and how to write it; a Vietnamese template for `str.format`.
        position: index of the character, from 0.
        fill: values of the placeholders; `text` is the target, `at` the character counted from 1.
    """

    def __init__(self, message: str, position: int, text: str, **fill: object) -> None:
        super().__init__(message)
        self.message, self.position = message, position
        self.fill: dict[str, object] = {"text": text, "at": position + 1, **fill}

    def __str__(self) -> str:
        return _(self.message, **self.fill)


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a target says: intervals (numbers, shares, days by ordinal) or words (texts, `true`, `false`)."""

    kind: Kind
    intervals: tuple[Interval, ...] = ()
    words: tuple[str, ...] = ()
    negated: bool = False


@dataclass(frozen=True, slots=True)
class _Value:
    """One value of a target: a number, a day's ordinal, or a word; as written, and where it starts."""

    kind: Kind
    number: Fraction
    word: str
    written: str
    start: int


@dataclass(frozen=True, slots=True)
class _Words:
    """A set of words, or of all words but these; as written, by their folded form."""

    words: dict[str, str]
    negated: bool

    def join(self, other: _Words) -> _Words:
        """The words of either set."""
        if self.negated and other.negated:
            return _Words({key: word for key, word in self.words.items() if key in other.words}, negated=True)
        if self.negated or other.negated:
            outside, inside = (self, other) if self.negated else (other, self)
            return _Words({key: word for key, word in outside.words.items() if key not in inside.words}, negated=True)
        return _Words(self.words | other.words, negated=False)


def parse(text: str) -> Parsed:
    """Read a target.

    Raises:
        TargetError: with the place of the first thing that does not belong.

    >>> print(*parse("[75%..80%]").intervals)
    [3/4..4/5]
    """
    return _Reader(text).target()


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.kind: Kind | None = None

    def target(self) -> Parsed:
        if len(self.text) > MAX_LENGTH:
            shown = self.text[:40] + "…"
            raise TargetError(
                N_("ngưỡng «{text}» dài quá {limit} ký tự; chia thành nhiều dòng"), MAX_LENGTH, shown, limit=MAX_LENGTH
            )
        self._skip()
        if self.at == len(self.text):
            self._refuse(N_("ngưỡng để trống; viết như «≥ 80%», hoặc «-» nếu giá trị nào cũng được"))
        if self._take(_ANYTHING):
            return Parsed("any", (EVERYTHING,))
        start = self.at
        negated = self._take(_NOT) is not None
        tests = [self._test()]
        while self._take_char(";"):
            tests.append(self._test())
        if negated and not self._take_char(")"):
            self._unreadable(N_("ngưỡng «{text}» thiếu dấu «)» ở ký tự thứ {at}"))
        if self.at < len(self.text):
            self._unreadable()
        return self._join(tests, negated, start)

    # --- tests -----------------------------------------------------------------------------------------------------

    def _test(self) -> tuple[Interval, ...] | _Words:
        self._skip()
        if self.at < len(self.text) and self.text[self.at] in "[(]":
            return self._range()
        operator = self._take(_OPERATOR)
        if operator is None:
            return self._compare("=", self._value(), self.at)
        return self._compare(_STANDARD.get(operator[0], operator[0]), self._value(), operator.start())

    def _compare(self, operator: str, value: _Value, at: int) -> tuple[Interval, ...] | _Words:
        if value.kind in ("text", "boolean"):
            if operator not in ("=", "≠"):
                self._refuse(
                    N_("ngưỡng «{text}» dùng «{operator}» ở ký tự thứ {at} cho chữ; chữ chỉ so bằng «=» hoặc «≠»"),
                    at,
                    operator=operator,
                )
            return _Words({fold(value.word): value.word}, operator == "≠")
        bound = value.number
        if value.kind == "date":  # [bound, after) is that day, so that "after" and "until" need no ends of their own
            after = bound + 1
            day = Interval(bound, after, low_closed=True)
            by_operator = {
                "≥": Interval(bound, None, low_closed=True),
                ">": Interval(after, None, low_closed=True),
                "≤": Interval(None, after),
                "<": Interval(None, bound),
            }
        else:
            day = point(bound)
            by_operator = {
                "≥": Interval(bound, None, low_closed=True),
                ">": Interval(bound, None),
                "≤": Interval(None, bound, high_closed=True),
                "<": Interval(None, bound),
            }
        if operator == "≠":
            return complement([day])
        return (by_operator.get(operator, day),)

    def _range(self) -> tuple[Interval, ...]:
        start = self.at
        opening = self.text[start]
        self.at += 1
        low = self._bound()
        if not self._take_text(".."):
            self._unreadable(N_("khoảng trong ngưỡng «{text}» thiếu «..» ở ký tự thứ {at}; viết như «[75%..80%]»"))
        high = self._bound()
        self._skip()
        closing = self.text[self.at : self.at + 1]
        if not closing or closing not in "])[":
            self._unreadable(
                N_("khoảng trong ngưỡng «{text}» thiếu dấu đóng ở ký tự thứ {at}: «]» nếu kể cả đầu đó, «)» nếu không")
            )
        self.at += 1
        low_closed, high_closed = opening == "[", closing == "]"
        if Interval(low.number, high.number, low_closed, high_closed).is_empty:
            self._empty(low, high, start)
        if low.kind != "date":
            return (Interval(low.number, high.number, low_closed, high_closed),)
        days = Interval(low.number + (not low_closed), high.number + high_closed, low_closed=True)
        if days.is_empty:
            self._empty(low, high, start)
        return (days,)

    def _bound(self) -> _Value:
        value = self._value()
        if value.kind in ("text", "boolean"):
            self._refuse(
                N_(
                    'đầu của khoảng ở ký tự thứ {at} của ngưỡng «{text}» phải là số hoặc ngày; danh sách chữ viết như «"tốt"; "khá"»'
                ),
                value.start,
            )
        return value

    def _empty(self, low: _Value, high: _Value, start: int) -> NoReturn:
        written = self.text[start : self.at]
        if low.number > high.number:
            better = f"{self.text[start]}{high.written}..{low.written}{self.text[self.at - 1]}"
            self._refuse(
                N_("khoảng «{range}» ở ký tự thứ {at} rỗng: số nhỏ đứng trước; viết «{better}»"),
                start,
                range=written,
                better=better,
            )
        better = f"[{low.written}..{high.written}]"
        self._refuse(
            N_(
                "khoảng «{range}» ở ký tự thứ {at} rỗng: không giá trị nào nằm trong đó; kể cả hai đầu thì viết «{better}»"
            ),
            start,
            range=written,
            better=better,
        )

    # --- values ----------------------------------------------------------------------------------------------------

    def _value(self) -> _Value:
        self._skip()
        start = self.at
        if found := self._take(_NUMBER):
            return self._number(found)
        if found := self._take(_TEXT):
            if not fold(found[1]):
                self._refuse(
                    N_("chữ trong ngoặc kép ở ký tự thứ {at} của ngưỡng «{text}» để trống; ghi chữ cần so"), start
                )
            return self._typed("text", start, word=found[1].strip())
        if found := self._take(_DATE):
            return self._typed("date", start, Fraction(self._day(found).toordinal()))
        if found := self._take(_WORD):
            return self._typed("boolean", start, word=found[1])
        if self.text[start : start + 1] == '"':
            self._refuse(N_("ngưỡng «{text}» mở ngoặc kép ở ký tự thứ {at} mà không đóng"))
        if start == len(self.text):
            self._refuse(
                N_(
                    "ngưỡng «{text}» thiếu giá trị ở cuối (ký tự thứ {at}): cần một số, một chữ trong ngoặc kép hoặc một ngày"
                )
            )
        self._unreadable()

    def _number(self, found: re.Match[str]) -> _Value:
        digits, whole, decimals = found[2], found[3], found[4] or ""
        start = found.start()
        if _MORE_DIGITS.match(self.text, self.at):
            self._unreadable()  # 1.234.567
        if len((whole + decimals).strip("0")) > MAX_DIGITS or len(digits) > 2 * MAX_DIGITS:
            self._refuse(
                N_("số «{number}» ở ký tự thứ {at} có quá {limit} chữ số"), start, number=digits[:40], limit=MAX_DIGITS
            )
        percent = self._take(_PERCENT) is not None
        if self._grouped(whole, decimals, percent=percent):
            joined = self.text[found.start(2) : found.end(2)].replace(".", "")
            self._refuse(
                N_(
                    "số «{number}» ở ký tự thứ {at} đọc được hai cách: viết «{joined}» nếu dấu chấm ngăn hàng nghìn, «{short}» nếu là dấu thập phân"
                ),
                start,
                number=digits,
                joined=joined,
                short=f"{whole}.{decimals.rstrip('0') or '0'}",
            )
        number = Fraction(digits) * (-1 if found[1] else 1)
        return self._typed("percent" if percent else "number", start, number / 100 if percent else number)

    def _grouped(self, whole: str, decimals: str, *, percent: bool) -> bool:
        """May `1.500` have been meant as 1500: three digits after the point, the last a zero that a decimal would not need."""
        return (
            not percent
            and len(decimals) == 3
            and decimals.endswith("0")
            and len(whole) <= 3
            and not whole.startswith("0")
        )

    def _day(self, found: re.Match[str]) -> dt.date:
        try:
            day = dt.date.fromisoformat(found[1]) if _ISO_DATE.fullmatch(found[1]) else None
        except ValueError:
            self._refuse(
                N_("không có ngày «{date}» (ký tự thứ {at} của ngưỡng «{text}»)"), found.start(1), date=found[1]
            )
        if day and day.year in YEARS:
            return day
        if day:
            self._refuse(
                N_("ngày «{date}» ở ký tự thứ {at}: năm phải từ {first} đến {last}"),
                found.start(1),
                date=found[1],
                first=YEARS[0],
                last=YEARS[-1],
            )
        self._refuse(
            N_('ngày «{date}» ở ký tự thứ {at} phải viết năm-tháng-ngày, đủ chữ số: date("2024-11-30")'),
            found.start(1),
            date=found[1],
        )

    def _typed(self, kind: Kind, start: int, number: Fraction = Fraction(0), word: str = "") -> _Value:  # noqa: B008 (immutable)
        """A value, where its kind agrees with those before it."""
        written = self.text[start : self.at].rstrip()
        if self.kind is None:
            self.kind = kind
        elif {self.kind, kind} == {"number", "percent"}:
            self._refuse(
                N_(
                    "ngưỡng «{text}» có số có dấu % và số không có; «{value}» ở ký tự thứ {at}: ghi % cho mọi số, hoặc không số nào"
                ),
                start,
                value=written,
            )
        elif self.kind != kind:
            self._refuse(
                N_("ngưỡng «{text}» lẫn hai loại giá trị; «{value}» ở ký tự thứ {at} khác loại với giá trị đứng trước"),
                start,
                value=written,
            )
        return _Value(kind, number, word, written, start)

    # --- the whole -------------------------------------------------------------------------------------------------

    def _join(self, tests: list[tuple[Interval, ...] | _Words], negated: bool, start: int) -> Parsed:  # noqa: FBT001
        kind = self.kind or "any"
        words = [test for test in tests if isinstance(test, _Words)]
        if words:
            return self._join_words(words, negated, start)
        union = normalise(interval for test in tests if not isinstance(test, _Words) for interval in test)
        if negated:
            union = complement(union)
        if union == (EVERYTHING,):
            self._all_or_nothing(everything=True, start=start)
        if not union:
            self._all_or_nothing(everything=False, start=start)
        if kind == "date":
            union = tuple(whole(interval) for interval in union)
        return Parsed(kind, union)

    def _join_words(self, tests: list[_Words], negated: bool, start: int) -> Parsed:  # noqa: FBT001
        joined = tests[0]
        for test in tests[1:]:
            joined = joined.join(test)
        joined = _Words(joined.words, joined.negated != negated)
        if self.kind == "boolean":  # of two words, "not this" is "the other"
            values = [word for word in ("true", "false") if (word in joined.words) != joined.negated]
            joined = _Words({value: value for value in values}, negated=False)
            if len(values) > 1:
                self._all_or_nothing(everything=True, start=start)
        if not joined.words:
            self._all_or_nothing(everything=joined.negated, start=start)
        return Parsed(self.kind or "text", (), tuple(joined.words.values()), joined.negated)

    def _all_or_nothing(self, *, everything: bool, start: int) -> NoReturn:
        if everything:
            self._refuse(N_("ngưỡng «{text}» giá trị nào cũng đạt; nếu đúng ý, viết «-»"), start)
        self._refuse(N_("ngưỡng «{text}» không giá trị nào đạt được; xem lại các đầu của khoảng"), start)

    # --- characters ------------------------------------------------------------------------------------------------

    def _skip(self) -> None:
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.text, self.at)
        if found:
            self.at = found.end()
            self._skip()
        return found

    def _take_text(self, wanted: str) -> bool:
        self._skip()
        if not self.text.startswith(wanted, self.at):
            return False
        self.at += len(wanted)
        self._skip()
        return True

    _take_char = _take_text

    def _refuse(self, message: str, at: int | None = None, **fill: object) -> NoReturn:
        raise TargetError(message, self.at if at is None else at, self.text, **fill)

    def _unreadable(self, message: str = UNREADABLE) -> NoReturn:
        """Something stands here that does not belong; a comma has a message of its own."""
        found = _FOUND.match(self.text, self.at)
        if found and found[0] == ",":
            self._refuse(COMMA)
        self._refuse(message, found=found[0] if found else "")


def write_decimal(number: Fraction) -> str:
    """A decimal fraction as a target writes it: exact, with a point, without needless zeros."""
    written = f"{Decimal(number.numerator) / Decimal(number.denominator):f}"
    return written.rstrip("0").rstrip(".") if "." in written else written
