"""Formulas as text: constants, addresses, and comparisons that are exact although Excel computes in float64.

Excel and LibreOffice take two numbers that differ by a few units of the fifteenth digit for equal, and the difference
of two such numbers for 0; whole numbers below 10^15 are spared. So every comparison with a threshold is made of whole
numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction

from xlsxwriter.utility import xl_rowcol_to_cell

from nhiemvu.rules.intervals import Interval

# What stands in a cell of the calculation sheet where no number does.
MISSING = "thiếu!"
DEFERRED = "chữ!"  # it holds something that only nhiemvu reads
NEAR = "sát!"  # too near a threshold for a formula to tell

OFF_GRID = 99  # decimals of a figure that has too many to be told
_MOST_PLACES = 30
_DIGITS = 15
_LITERAL = 255  # characters that Excel takes between quotes


def text(words: str) -> str:
    """A constant text.

    >>> print(text('xã "điểm" Hải Yến'))
    "xã ""điểm"" Hải Yến"
    """
    parts = [words[at : at + _LITERAL] for at in range(0, len(words), _LITERAL)] or [""]
    quoted = ['"' + part.replace('"', '""') + '"' for part in parts]
    return quoted[0] if len(quoted) == 1 else f"({'&'.join(quoted)})"


def number(value: Fraction | int) -> str:
    """A constant number, exact where 15 digits hold it.

    >>> number(Fraction(57, 100)), number(10**15), number(Fraction(1, 3))
    ('0.57', '1E+15', '(1/3)')
    """
    value = Fraction(value)
    shown = f"{float(value):.15g}".upper()
    if Fraction(shown) == value:
        return shown if value >= 0 else f"({shown})"
    return f"({value.numerator}/{value.denominator})"


def address(sheet: str, row: int, column: int) -> str:
    """A cell of any sheet.

    >>> address("Kết quả", 11, 4)
    "'Kết quả'!$E$12"
    """
    quoted = sheet.replace("'", "''")
    return f"'{quoted}'!{xl_rowcol_to_cell(row, column, row_abs=True, col_abs=True)}"


def any_of(conditions: Iterable[str]) -> str:
    """Does any hold."""
    return _join("OR", list(conditions), "FALSE")


def all_of(conditions: Iterable[str]) -> str:
    """Do all hold."""
    return _join("AND", list(conditions), "TRUE")


def _join(function: str, conditions: Sequence[str], empty: str) -> str:
    if len(conditions) < 2:
        return conditions[0] if conditions else empty
    return f"{function}({','.join(conditions)})"


def equals(cell: str, words: Iterable[str]) -> str:
    """Is a cell one of these texts."""
    return any_of(f"{cell}={text(word)}" for word in words)


def guard(cells: Sequence[str], formula: str) -> str:
    """The formula where all cells hold numbers, else which kind of number is wanting."""
    cells = list(dict.fromkeys(cells))
    if not cells:
        return formula
    deferred = equals_any(cells, DEFERRED)
    return f"IF({deferred},{text(DEFERRED)},IF(COUNT({','.join(cells)})<{len(cells)},{text(MISSING)},{formula}))"


def equals_any(cells: Iterable[str], word: str) -> str:
    """Is any of the cells this text."""
    return any_of(f"{cell}={text(word)}" for cell in cells)


# --- exactness ------------------------------------------------------------------------------------------------------


def places(value: str) -> str:
    """How many decimals a figure has, in steps of three, or `OFF_GRID`.

    Joined to a text, a number shows its 15 digits: one that needs them all is a quotient or has the noise of one.
    """
    formula = str(OFF_GRID)
    for many in (12, 9, 6, 3):
        formula = f"IF({value}=ROUND({value},{many}),{many},{formula})"
    return f'IF(OR(ABS({value})>=1E15,LEN({value}&"")>15),{OFF_GRID},IF({value}=INT({value}),0,{formula}))'


def whole(value: str, size: str, decimals: str, *, is_sum: bool) -> str:
    """A number of so many decimals, as a whole number of the last of them; "" where float64 does not hold it exactly.

    Args:
        value: the number.
        size: what it cannot pass, however its parts cancel out.
        decimals: how many it has.
        is_sum: it is made of many figures, so that its last digits may be wrong where there are decimals.
    """
    most = f"IF({decimals}=0,1E15,1E13)" if is_sum else "1E15"
    fits = f'IF(({size})*10^{decimals}<{most},ROUND({value}*10^{decimals},0),"")'
    return f'IF(ISNUMBER({value}),IF({decimals}<{_MOST_PLACES},{fits},""),"")'


def side_of_figure(value: str, bound: Fraction) -> str:
    """On which side of a bound a figure lies that was read as it stands: -1, 0 or 1.

    Both are taken to the fifteenth digit of the bound, where every figure of 15 digits is a whole number.
    """
    if bound == 0:
        return f"SIGN({value})"
    shift = _DIGITS  # a power of ten comes to 10^15: what lies just below it has a digit less
    while abs(bound) * Fraction(10) ** shift > 10**_DIGITS:
        shift -= 1
    while abs(bound) * Fraction(10) ** shift <= 10 ** (_DIGITS - 1):
        shift += 1
    scaled = bound * Fraction(10) ** shift
    power = f"*1E{shift}" if shift > 0 else f"/1E{-shift}" if shift else ""
    rounded = f"ROUND({value}{power},0)"
    if scaled.denominator == 1:
        return f"SIGN({rounded}-{number(scaled)})"
    return f"IF({rounded}>{number(math.floor(scaled))},1,-1)"


def side_of_quotient(over: str, under: str, bound: Fraction) -> str:
    """On which side of a bound the quotient of two whole numbers lies.

    Of `over * q - p * under` the high and the low digits are computed apart, so that no product passes 10^15.
    """
    p, q = number(bound.numerator), number(bound.denominator)
    high_over, high_under = f"INT({over}/1E7)", f"INT({under}/1E7)"
    low_over, low_under = f"({over}-{high_over}*1E7)", f"({under}-{high_under}*1E7)"
    return f"SIGN(({high_over}*{q}-{p}*{high_under})*1E7+({low_over}*{q}-{p}*{low_under}))*SIGN({under})"


def inside(intervals: Sequence[Interval], sides: dict[Fraction, str]) -> str:
    """Does a number lie in a union of intervals, by the cells that say on which side of each bound it lies."""
    return any_of(_inside_one(interval, sides) for interval in intervals)


def _inside_one(interval: Interval, sides: dict[Fraction, str]) -> str:
    if interval.low is not None and interval.is_point:
        return f"{sides[interval.low]}=0"
    ends = []
    if interval.low is not None:
        ends.append(f"{sides[interval.low]}{'>=' if interval.low_closed else '>'}0")
    if interval.high is not None:
        ends.append(f"{sides[interval.high]}{'<=' if interval.high_closed else '<'}0")
    return all_of(ends)
