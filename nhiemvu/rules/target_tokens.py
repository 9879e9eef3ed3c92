"""The values, operators and marks of a target, each with its place, and what is said where one does not belong."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NoReturn

from nhiemvu.messages import N_, _
from nhiemvu.text import fold

Kind = Literal["number", "percent", "text", "boolean", "date", "any"]

MAX_DIGITS = 15  # what a cell of Excel holds; a bound with more could never be met exactly
YEARS = range(1900, 2200)

UNREADABLE = N_(
    "không hiểu «{found}» ở ký tự thứ {at} của ngưỡng «{text}»; "
    'ngưỡng viết như «≥ 80%», «[75%..80%]», «75%; 80%», «not(0)», «"đạt"»'
)
COMMA = N_(
    "ngưỡng «{text}» có dấu phẩy ở ký tự thứ {at}: số thập phân viết dấu chấm, như «2.3»; "
    "danh sách viết dấu chấm phẩy, như «2; 3»"
)

_SPACE = re.compile(r"[\s\u200b\ufeff]*")
_MINUS = "[-−–]"  # the hyphen, the minus sign, and the dash that Word makes of a hyphen
_NUMBER = re.compile(rf"({_MINUS}?)\s*(([0-9]+)(?:\.([0-9]+))?)")
_MORE_DIGITS = re.compile(r"\.[0-9]")
_GROUPED = re.compile(r"[1-9][0-9]{0,2}\.[0-9]{2}0")  # 1.500: a decimal would not need the last zero
_PERCENT = re.compile(r"\s*%")
_TEXT = re.compile(r'"([^"]*)"')
_DATE = re.compile(r'date\s*\(\s*"([^"]*)"\s*\)')
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_WORD = re.compile(r"(true|false)\b")
OPERATOR = re.compile(r"≥|>=|≤|<=|≠|!=|>|<|=")
NOT = re.compile(r"not\s*\(")
ANYTHING = re.compile(rf"{_MINUS}\s*$")
_NO_NUMBER = Fraction(0)
_FOUND = re.compile(r"\w+|\S")

STANDARD = {">=": "≥", "<=": "≤", "!=": "≠"}


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
class Value:
    """One value of a target: a number, a day's ordinal, or a word; as written, and where it starts."""

    kind: Kind
    number: Fraction
    word: str
    written: str
    start: int


class Scanner:
    """Walks over the text of a target; `kind` is that of the values so far, which must all agree."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.kind: Kind | None = None

    # --- values ----------------------------------------------------------------------------------------------------

    def value(self) -> Value:
        """Read one value."""
        self.skip()
        start = self.at
        if found := self.take(_NUMBER):
            return self._number(found)
        if found := self.take(_TEXT):
            if not fold(found[1]):
                self.refuse(
                    N_("chữ trong ngoặc kép ở ký tự thứ {at} của ngưỡng «{text}» để trống; ghi chữ cần so"), start
                )
            return self._typed("text", start, word=found[1].strip())
        if found := self.take(_DATE):
            return self._typed("date", start, Fraction(self._day(found).toordinal()))
        if found := self.take(_WORD):
            return self._typed("boolean", start, word=found[1])
        if self.text[start : start + 1] == '"':
            self.refuse(N_("ngưỡng «{text}» mở ngoặc kép ở ký tự thứ {at} mà không đóng"))
        if start == len(self.text):
            self.refuse(
                N_(
                    "ngưỡng «{text}» thiếu giá trị ở cuối (ký tự thứ {at}): "
                    "cần một số, một chữ trong ngoặc kép hoặc một ngày"
                )
            )
        return self.unreadable()

    def _number(self, found: re.Match[str]) -> Value:
        digits, whole, decimals = found[2], found[3], found[4] or ""
        start = found.start()
        if _MORE_DIGITS.match(self.text, self.at):
            self.unreadable()  # 1.234.567
        if len((whole + decimals).strip("0")) > MAX_DIGITS or len(digits) > 2 * MAX_DIGITS:
            self.refuse(
                N_("số «{number}» ở ký tự thứ {at} có quá {limit} chữ số"), start, number=digits[:40], limit=MAX_DIGITS
            )
        percent = self.take(_PERCENT) is not None
        if not percent and _GROUPED.fullmatch(digits):
            self.refuse(
                N_(
                    "số «{number}» ở ký tự thứ {at} đọc được hai cách: viết «{joined}» nếu dấu chấm ngăn hàng nghìn, "
                    "«{short}» nếu là dấu thập phân"
                ),
                start,
                number=digits,
                joined=whole + decimals,
                short=f"{whole}.{decimals.rstrip('0') or '0'}",
            )
        number = Fraction(digits) * (-1 if found[1] else 1)
        return self._typed("percent" if percent else "number", start, number / 100 if percent else number)

    def _day(self, found: re.Match[str]) -> dt.date:
        try:
            day = dt.date.fromisoformat(found[1]) if _ISO_DATE.fullmatch(found[1]) else None
        except ValueError:
            self.refuse(
                N_("không có ngày «{date}» (ký tự thứ {at} của ngưỡng «{text}»)"), found.start(1), date=found[1]
            )
        if day and day.year in YEARS:
            return day
        if day:
            self.refuse(
                N_("ngày «{date}» ở ký tự thứ {at}: năm phải từ {first} đến {last}"),
                found.start(1),
                date=found[1],
                first=YEARS[0],
                last=YEARS[-1],
            )
        return self.refuse(
            N_('ngày «{date}» ở ký tự thứ {at} phải viết năm-tháng-ngày, đủ chữ số: date("2024-11-30")'),
            found.start(1),
            date=found[1],
        )

    def _typed(self, kind: Kind, start: int, number: Fraction = _NO_NUMBER, word: str = "") -> Value:
        """A value, where its kind agrees with those before it."""
        written = self.text[start : self.at].rstrip()
        if self.kind is None:
            self.kind = kind
        elif {self.kind, kind} == {"number", "percent"}:
            self.refuse(
                N_(
                    "ngưỡng «{text}» có số có dấu % và số không có; «{value}» ở ký tự thứ {at}: "
                    "ghi % cho mọi số, hoặc không số nào"
                ),
                start,
                value=written,
            )
        elif self.kind != kind:
            self.refuse(
                N_("ngưỡng «{text}» lẫn hai loại giá trị; «{value}» ở ký tự thứ {at} khác loại với giá trị đứng trước"),
                start,
                value=written,
            )
        return Value(kind, number, word, written, start)

    # --- characters ------------------------------------------------------------------------------------------------

    def skip(self) -> None:
        """Pass over white space."""
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """What matches here, and pass over it."""
        found = pattern.match(self.text, self.at)
        if found:
            self.at = found.end()
            self.skip()
        return found

    def take_mark(self, wanted: str) -> bool:
        """Does this stand here; if so, pass over it."""
        self.skip()
        if not self.text.startswith(wanted, self.at):
            return False
        self.at += len(wanted)
        self.skip()
        return True

    def refuse(self, message: str, at: int | None = None, **fill: object) -> NoReturn:
        """The target cannot be read: here, or at that character."""
        raise TargetError(message, self.at if at is None else at, self.text, **fill)

    def unreadable(self, message: str = UNREADABLE) -> NoReturn:
        """Something stands here that does not belong; a comma has a message of its own."""
        found = _FOUND.match(self.text, self.at)
        if found and found[0] == ",":
            self.refuse(COMMA)
        self.refuse(message, found=found[0] if found else "")
