"""From an official's wording to the standard form of a target: `từ 90% trở lên` is `≥ 90%`.

Used to say how a target should have been written, and by the import of an annex; never at evaluation. What can be read in two ways, or
not at all, gets no suggestion.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from decimal import Decimal
from fractions import Fraction

from nhiemvu.rules.unary import MAX_LENGTH, TargetError, parse, write_decimal
from nhiemvu.text import fold

_WORDS = {
    "≥": (
        *(
            ">=",
            "=>",
            "≥",
            "≧",
            "⩾",
            "ít nhất",
            "tối thiểu",
            "không dưới",
            "không ít hơn",
            "không thấp hơn",
            "không nhỏ hơn",
        ),
        *("không sớm hơn", "lớn hơn hoặc bằng"),
    ),
    "≤": (
        *(
            "<=",
            "=<",
            "≤",
            "≦",
            "⩽",
            "không quá",
            "không vượt quá",
            "không vượt",
            "tối đa",
            "nhiều nhất",
            "không trên",
            "không hơn",
        ),
        *(
            "không lớn hơn",
            "không cao hơn",
            "không nhiều hơn",
            "không muộn hơn",
            "nhỏ hơn hoặc bằng",
            "chậm nhất",
            "đến hết",
        ),
    ),
    "<": ("<", "dưới", "nhỏ hơn", "thấp hơn", "ít hơn", "chưa đến", "chưa tới", "trước"),
    ">": (">", "trên", "hơn", "lớn hơn", "cao hơn", "nhiều hơn", "sau"),
    "≠": ("<>", "!=", "≠", "khác", "không bằng"),
    "=": ("==", "=", "bằng", "đúng bằng"),
}
_OPERATORS = {fold(word): operator for operator, words in _WORDS.items() for word in words}


def _pattern(template: str) -> re.Pattern[str]:
    """A pattern over folded text: `<v>` is a value (a number or a day), `<op>` an operator or its wording."""
    longest_first = sorted(map(re.escape, _OPERATORS), key=len, reverse=True)
    pattern = fold(template).replace("<op>", f"({'|'.join(longest_first)})")
    return re.compile(pattern.replace("<v>", "((?:[-−] ?)?[0-9]+(?:[.,/-][0-9]+)*(?: ?%)?)"))  # noqa: RUF001


_COMPARED = _pattern("(?:phải )?(?:đạt )?(?:từ )?<op> ?(?:vào )?(?:ngày )?<v>( trở lên| trở xuống)?")
_UPWARDS = _pattern("(?:phải )?(?:đạt )?(?:từ )?(?:ngày )?<v> trở (lên|xuống|đi)")
_RANGE = _pattern(
    "(?:đạt )?(?:trong khoảng )?(?:từ )?(trên )?(?:ngày )?<v> ?(?:đến|tới|-|–|÷) ?(hết |dưới |trước )?(?:ngày )?<v>"
)  # noqa: RUF001
_BEYOND = _pattern("(?:phải )?vượt (?:mức )?<v>(?: (?:so với )?(?:dự toán|kế hoạch|chỉ tiêu)[^0-9%;,.]*)?")
_PLAN_BEATEN = _pattern("vượt (?:mức )?(?:dự toán|kế hoạch|chỉ tiêu)(?: (?:huyện|xã|tỉnh|cấp trên|được) giao)?")
_OR = re.compile(f" {fold('hoặc')} |; ?|, ")
_SHARES = re.compile(r"[0-9.]+ ?%(?:,[0-9.]+ ?%)+")
_NOT = re.compile(r"not ?\((.*)\)")
_GROUPED = re.compile(r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+(?:,[0-9]+)?")
_DECIMAL = re.compile(r"[0-9]+(?:[.,][0-9]+)?")
_DAY = re.compile(r"([0-9]{1,2})[/-]([0-9]{1,2})[/-]([0-9]{4})")
_PLAIN_WORDS = re.compile(r"[^\W\d_]+(?: [^\W\d_]+){0,3}")
_QUOTED = re.compile("[“«‘'\"”](.+)[”»’'\"“]")  # noqa: RUF001


def rewrite(text: str) -> str | None:
    """The standard form of a target as officials word it; None where it is unclear what they mean.

    >>> rewrite("từ 75 đến 80%"), rewrite("không quá 3"), rewrite("80,5% trở lên"), rewrite("khoảng 24")
    ('[75%..80%]', '≤ 3', '≥ 80.5%', None)
    """
    if len(text) > MAX_LENGTH:
        return None
    written = re.sub(r"\s+", " ", unicodedata.normalize("NFC", text)).strip().rstrip(".")
    inner = _NOT.fullmatch(written)
    better = _rewrite_list(inner[1] if inner else written)
    if better is None:
        return None
    better = f"not({better})" if inner else better
    try:
        parse(better)
    except TargetError:
        return None
    return better


def _rewrite_list(written: str) -> str | None:
    parts = written.split(",") if _SHARES.fullmatch(written) else _OR.split(written)
    better = [_rewrite_test(part) for part in parts]
    if len(better) > 1 and any(one is None or one.startswith(("[", "(")) for one in better):
        better = [None]
    return (
        "; ".join(one.removeprefix("= ") if len(better) > 1 else one for one in better if one) if all(better) else None
    )


def _rewrite_test(written: str) -> str | None:
    folded = fold(written)
    if found := _COMPARED.fullmatch(folded):
        operator, value, tail = _OPERATORS[found[1]], _value(found[2]), found[3]
        agrees = tail is None or operator == ("≥" if tail == fold(" trở lên") else "≤")
        return f"{operator} {value}" if value and agrees else None
    if found := _UPWARDS.fullmatch(folded):
        value = _value(found[1])
        return f"{'≤' if found[2] == fold('xuống') else '≥'} {value}" if value else None
    if found := _RANGE.fullmatch(folded):
        return _range(
            found[2], found[4], above=bool(found[1]), below=bool(found[3]) and not found[3].startswith(fold("hết"))
        )
    if found := _BEYOND.fullmatch(folded):
        extra = _number(found[1].rstrip("% ")) if found[1].endswith("%") else None
        return f"≥ {write_decimal(100 + extra)}%" if extra is not None and 0 < extra < 100 else None
    if _PLAN_BEATEN.fullmatch(folded):
        return "> 100%"
    if value := _value(folded):  # without an operator or a %, "2,3" may also be a list
        return None if "," in folded and "%" not in folded else f"= {value}"
    return _word(written, folded)


def _word(written: str, folded: str) -> str | None:
    """A text that lacks its quotation marks, or has others; never the beginning of a comparison."""
    if folded in ("true", "false"):
        return folded
    quoted = _QUOTED.fullmatch(written)
    first = folded.split(" ")[0]
    starts_comparison = first in {word.split(" ")[0] for word in _OPERATORS} - {fold("không")} | {
        fold(w) for w in ("từ", "khoảng", "vượt")
    }
    if quoted and '"' not in quoted[1]:
        return f'"{quoted[1].strip()}"'
    return f'"{written}"' if _PLAIN_WORDS.fullmatch(written) and not starts_comparison else None


def _range(low: str, high: str, *, above: bool, below: bool) -> str | None:
    """`75-80%` is a range of shares: the sign at the upper end speaks for both."""
    if high.endswith("%") and not low.endswith("%"):
        low += "%"
    first, last = _value(low), _value(high)
    return f"{'(' if above else '['}{first}..{last}{')' if below else ']'}" if first and last else None


def _value(written: str) -> str | None:
    """A number or a day in the standard form: `27,5%` is `27.5%`, `1.200.000` is `1200000`, `30/11/2024` a date."""
    if day := _DAY.fullmatch(written):
        try:
            return f'date("{dt.date(int(day[3]), int(day[2]), int(day[1]))}")'
        except ValueError:
            return None
    number = _number(written.rstrip("% "))
    if number is None:
        return None
    return write_decimal(number) + ("%" if written.endswith("%") else "")


def _number(written: str) -> Fraction | None:
    """A number as Vietnam writes it: a comma before the decimals, points between the thousands."""
    sign = -1 if written[:1] in ("-", "−") else 1  # noqa: RUF001
    digits = written.lstrip("-− ")  # noqa: RUF001
    if _GROUPED.fullmatch(digits):
        digits = digits.replace(".", "")
    elif not _DECIMAL.fullmatch(digits):
        return None
    return sign * Fraction(Decimal(digits.replace(",", ".")))
