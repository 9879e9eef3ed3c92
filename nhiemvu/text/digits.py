"""One number of digits and marks, exact, or a reason why not.

Vietnamese marks: a dot groups thousands, a comma is the decimal mark. Nothing is guessed: what has no single reading is
refused with the way to write it, since a lax parser that turns 97.5 into 975 costs a commune its verdict.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from fractions import Fraction

from nhiemvu.messages import N_, _


class Unreadable(ValueError):  # noqa: N818 (said of the text, and read so: `except Unreadable`)
    """A text that is not what was asked for.

    Attributes:
        code: stable English name of the reason, such as `number-grouping`.
        message: what is wrong and what to type instead; a template marked with `N_`.
        fill: values of the template's placeholders.
    """

    def __init__(self, code: str, message: str, **fill: object) -> None:
        super().__init__(code, message, fill)
        self.code, self.message, self.fill = code, message, fill

    def __str__(self) -> str:
        return _(self.message, **self.fill)

    def again(self) -> Unreadable:
        """The same to be raised once more, without where it was raised before: that would keep a whole workbook."""
        return type(self)(self.code, self.message, **self.fill)


# Patterns here and beside are kept as text: `re` compiles each at its first use, so that importing costs nothing.
# A number as typed, to be judged by `read_digits`.
NUMBER = r"(?:[0-9]{1,3}(?: [0-9]{3}){1,5}(?![0-9.])(?:,[0-9]+)?|[0-9](?:[0-9.,]*[0-9])?)"

_LONGEST = 40
_PLAIN = r"\d+(?:,\d+)?"
_GROUPED = r"(?:0|[1-9]\d{0,2})(?:([. ])\d{3})(?:\1\d{3})*(?:,\d+)?"
_POINT = r"\d+\.\d{1,2}"
_EITHER = r"[1-9]\d{0,2}[., ]\d{3}"


def read_digits(text: str) -> tuple[Fraction, bool]:
    """One number of digits and marks, and whether another country would read it otherwise.

    A point that cannot group thousands, since one or two digits follow it, is taken as the decimal mark: 97.5 has no
    other reading. 0.975 and 2.800.00 are refused.

    Raises:
        Unreadable: `number-grouping`, `number-point`, or `number-long` for more digits than any account holds.

    >>> read_digits("72.225.000"), read_digits("1.234"), read_digits("97.5")
    ((Fraction(72225000, 1), False), (Fraction(1234, 1), True), (Fraction(195, 2), False))
    """
    if len(text) > _LONGEST:
        raise Unreadable(
            "number-long",
            N_("“{text}…” dài quá {most} ký tự, không phải là một con số; hãy gõ lại."),
            text=text[:20],
            most=_LONGEST,
        )
    if text.isascii() and text.isdecimal():
        return Fraction(int(text)), False
    if re.fullmatch(_PLAIN, text) or (re.fullmatch(_GROUPED, text) and text[:2] not in ("0.", "0 ")):
        digits = text.replace(".", "").replace(" ", "").replace(",", ".")
        return Fraction(int(digits)) if digits.isdecimal() else Fraction(Decimal(digits)), bool(
            re.fullmatch(_EITHER, text)
        )
    if re.fullmatch(_POINT, text):
        return Fraction(text), False
    if text.count(".") == 1 and "," not in text:
        raise Unreadable("number-point", _POINT_MESSAGE, text=text, instead=text.replace(".", ","))
    raise Unreadable("number-grouping", _GROUPING_MESSAGE, text=text)


_POINT_MESSAGE = N_("“{text}”: dấu chấm chỉ dùng để tách hàng nghìn; nếu là số thập phân, hãy gõ {instead}.")
_GROUPING_MESSAGE = N_(
    "Không đọc được số “{text}”: dấu chấm tách từng nhóm ba chữ số, dấu phẩy là dấu thập phân; hãy gõ lại như 1.234,56."
)

SCALES = {
    "nghìn": 10**3,
    "ngàn": 10**3,
    "triệu": 10**6,
    "tr": 10**6,
    "tr.": 10**6,
    "tỷ": 10**9,
    "tỉ": 10**9,
}


def exact(x: float) -> Fraction:
    """A cell's number as the decimal that Excel shows: a double taken at 15 significant digits.

    Raises:
        ValueError: not a finite number.

    >>> exact(0.1 + 0.2)
    Fraction(3, 10)
    """
    if isinstance(x, int):
        return Fraction(x)
    if not math.isfinite(x):
        raise ValueError(f"not a finite number: {x}")
    if x.is_integer() and abs(x) < 10**15:
        return Fraction(int(x))
    return Fraction(Decimal(f"{x:.15g}"))


def nearest_float(x: Fraction) -> float:
    """The double nearest to the exact number."""
    return x.numerator / x.denominator
