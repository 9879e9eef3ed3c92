"""Numbers and dates as people read them, in the language in force: `1.234.567,89` or `1,234,567.89`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

from nhiemvu.messages import current_language
from nhiemvu.text.digits import exact

Figures = Fraction | float | int


def format_number(x: Figures, digits: int = 2) -> str:
    """The number rounded half up to at most this many decimals, thousands grouped, trailing zeros dropped.

    >>> format_number(Fraction(58475000)), format_number(Fraction(2735, 100)), format_number(70.0005)
    ('58.475.000', '27,35', '70')
    """
    exactly = _fraction(x)
    return _write(_round(exactly.numerator, exactly.denominator, digits), digits)


def format_percent(x: Figures, digits: int = 2) -> str:
    """A share of 1 as a percentage.

    >>> format_percent(Fraction(72225, 883700))
    '8,17%'
    """
    return format_number(_fraction(x) * 100, digits) + "%"


def find_digits(x: Figures, digits: int = 2) -> int:
    """So many decimals, or as many more as the number needs not to be shown as 0.

    >>> find_digits(Fraction(1, 4)), find_digits(Fraction(1, 10**9)), find_digits(0)
    (2, 9, 2)
    """
    exactly = _fraction(x)
    while exactly and not _round(exactly.numerator, exactly.denominator, digits):
        digits += 1
    return digits


def format_against(x: Figures, bounds: Sequence[Fraction], *, percent: bool = False, digits: int = 2) -> str:
    """The number with enough decimals that it stands on the same side of every bound as the exact one does.

    Rounding that would reach a bound is cut off instead; where that does not do, decimals are added. A figure that is
    equal to a bound is rounded, as the bound itself is.

    >>> format_against(Fraction("0.79999"), [Fraction(4, 5)], percent=True)
    '79,99%'
    >>> format_against(Fraction("0.8000001"), [Fraction(4, 5)], percent=True)
    '80,00001%'
    """
    scale, exactly = 100 if percent else 1, _fraction(x)
    above, below = exactly.numerator * scale, exactly.denominator
    walls = [(bound.numerator * scale, bound.denominator) for bound in bounds if bound != exactly]
    sides = [above * under > over * below for over, under in walls]
    while True:  # ends: the cut figure comes as near to the value as wanted, and no wall is at the value
        for shown in (_round(above, below, digits), _cut(above, below, digits)):
            distances = [shown * under - over * 10**digits for over, under in walls]
            if all(distance and (distance > 0) == side for distance, side in zip(distances, sides, strict=True)):
                return _write(shown, digits) + ("%" if percent else "")
        digits += 1


def format_date(day: date) -> str:
    """Day, month, year, as the administration writes them.

    >>> format_date(date(2024, 5, 29))
    '29/5/2024'
    """
    return f"{day.day}/{day.month}/{day.year}"


def format_quantity(x: Figures, unit: str, digits: int = 2) -> str:
    """A number in this unit with the unit behind it; a percent sign is set close.

    >>> format_quantity(58475000, "đ"), format_quantity(97.5, "%")
    ('58.475.000 đ', '97,5%')
    """
    gap = "" if unit in ("", "%", "‰") else " "
    return f"{format_number(x, digits)}{gap}{unit}"


def format_count(n: int) -> str:
    """A count of things; Vietnamese officials write two digits below ten so that none can be added.

    >>> format_count(5), format_count(12)
    ('05', '12')
    """
    return f"{n:02d}" if current_language() == "vi" and 0 <= n < 10 else format_number(n)


def _fraction(x: Figures) -> Fraction:
    return x if isinstance(x, Fraction) else exact(x)


def _round(above: int, below: int, digits: int) -> int:
    """The quotient in units of its last decimal, half away from zero, as accountants do; `round` goes to the even."""
    whole: int = (2 * abs(above) * 10**digits + below) // (2 * below)
    return whole if above >= 0 else -whole


def _cut(above: int, below: int, digits: int) -> int:
    whole: int = abs(above) * 10**digits // below
    return whole if above >= 0 else -whole


def _write(x: int, digits: int) -> str:
    """Digits of a number that is given in units of its last decimal."""
    whole, rest = divmod(abs(x), 10**digits)
    grouped, mark = (f"{whole:,}", ".") if current_language() != "vi" else (f"{whole:,}".replace(",", "."), ",")
    decimals = f"{rest:0{digits}d}".rstrip("0") if rest else ""
    return ("-" if x < 0 else "") + grouped + (mark + decimals if decimals else "")
