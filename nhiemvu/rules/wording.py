"""Targets in words: their standard form, a sentence for people, and the way back from how officials word them.

The way back serves to say how a target should have been written, and the import of an annex; it is never used to
judge. What can be read in two ways, or not at all, gets no suggestion.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from decimal import Decimal
from fractions import Fraction

from nhiemvu.messages import N_, _
from nhiemvu.rules.intervals import Interval, complement, whole
from nhiemvu.rules.target_tokens import TargetError
from nhiemvu.rules.unary import MAX_LENGTH, Parsed, parse
from nhiemvu.text import fold, format_date, format_number

# --- the standard form ---


def write(target: Parsed) -> str:
    """The standard form of a target; reading it gives the same target."""
    if target.kind == "any":
        return "-"
    if target.kind == "boolean":
        return target.words[0]
    if target.kind == "text":
        words = "; ".join(f'"{word}"' for word in target.words)
        if target.negated:
            return f"≠ {words}" if len(target.words) == 1 else f"not({words})"
        return words
    outside = _outside(target)
    if len(outside) == 1 and outside[0].is_point:
        return f"≠ {_write_end(target, outside[0].low)}"
    if outside:
        return f"not({'; '.join(_write_interval(target, interval) for interval in outside)})"
    alone = len(target.intervals) == 1 and target.intervals[0].is_point
    return ("= " if alone else "") + "; ".join(_write_interval(target, interval) for interval in target.intervals)


def _outside(target: Parsed) -> tuple[Interval, ...]:
    """What the target leaves out, where that is shorter to say: it is open in both directions."""
    first, last = target.intervals[0], target.intervals[-1]
    if first is last or first.low is not None or last.high is not None:
        return ()
    outside = complement(target.intervals)
    return tuple(map(whole, outside)) if target.kind == "date" else outside


def _write_interval(target: Parsed, interval: Interval) -> str:
    low, high = _write_end(target, interval.low), _write_end(target, interval.high)
    if interval.is_point:
        return low
    if not low:
        return f"{'≤' if interval.high_closed else '<'} {high}"
    if not high:
        return f"{'≥' if interval.low_closed else '>'} {low}"
    return f"{'[' if interval.low_closed else '('}{low}..{high}{']' if interval.high_closed else ')'}"


def _write_end(target: Parsed, number: Fraction | None) -> str:
    if number is None:
        return ""
    if target.kind == "date":
        return f'date("{dt.date.fromordinal(int(number))}")'
    return write_decimal(number * 100) + "%" if target.kind == "percent" else write_decimal(number)


def write_decimal(number: Fraction) -> str:
    """A decimal fraction as a target writes it: exact, with a point, without needless zeros."""
    written = f"{Decimal(number.numerator) / Decimal(number.denominator):f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


# --- for people who judge, and write no rules ---


def show(target: Parsed) -> str:
    """The target as an annex has it in its column, in the language in force: no sign that only a rulebook needs."""
    if target.kind == "boolean":
        return _("Có") if target.words == ("true",) else _("Không")
    if target.kind == "text" and not target.negated:
        return _(" hoặc ").join(target.words)
    if target.kind in ("any", "text", "date"):
        return explain(target)
    if outside := _outside(target):
        if len(outside) == 1 and outside[0].is_point:
            return f"≠ {_show(target, outside[0].low)}"
        if all(interval.is_point for interval in outside):
            return explain(target)
    return _(" hoặc ").join(_show_interval(target, interval) for interval in target.intervals)


def _show_interval(target: Parsed, interval: Interval) -> str:
    low, high = _show(target, interval.low), _show(target, interval.high)
    if interval.is_point:
        return low
    if interval.low_closed and interval.high_closed and low and high:
        return _("từ {low} đến {high}", low=low, high=high)
    ends = [f"{'≥' if interval.low_closed else '>'} {low}"] if low else []
    ends += [f"{'≤' if interval.high_closed else '<'} {high}"] if high else []
    return _(" và ").join(ends)


# --- a sentence ---


def explain(target: Parsed) -> str:
    """The target as a part of a sentence, in the language in force."""
    if target.kind == "any":
        return _("giá trị nào cũng được")
    if target.kind == "boolean":
        return _("là đúng") if target.words == ("true",) else _("là sai")
    if target.kind == "text":
        return _explain_words(target)
    outside = _outside(target)
    if outside and all(interval.is_point for interval in outside):
        return _(" và ").join(_("khác {value}", value=_show(target, interval.low)) for interval in outside)
    return _(" hoặc ").join(_explain_interval(target, interval) for interval in target.intervals)


def _explain_words(target: Parsed) -> str:
    words = "; ".join(f"«{word}»" for word in target.words)
    if len(target.words) == 1:
        return _("không phải là {word}", word=words) if target.negated else _("là {word}", word=words)
    if target.negated:
        return _("không phải là một trong: {words}", words=words)
    return _("là một trong: {words}", words=words)


_LOWER = {
    ("number", True): N_("lớn hơn hoặc bằng {low}"),
    ("number", False): N_("lớn hơn {low}"),
    ("date", True): N_("từ ngày {low} trở đi"),
}
_UPPER = {
    ("number", True): N_("nhỏ hơn hoặc bằng {high}"),
    ("number", False): N_("nhỏ hơn {high}"),
    ("date", True): N_("đến hết ngày {high}"),
}


def _explain_interval(target: Parsed, interval: Interval) -> str:
    low, high = _show(target, interval.low), _show(target, interval.high)
    kind = "date" if target.kind == "date" else "number"
    if interval.is_point:
        return _("đúng ngày {value}", value=low) if kind == "date" else _("bằng {value}", value=low)
    if interval.low_closed and interval.high_closed:
        if kind == "date":
            return _("từ ngày {low} đến hết ngày {high}", low=low, high=high)
        return _("từ {low} đến {high}", low=low, high=high)
    parts = []
    if low:
        parts.append(_(_LOWER[kind, interval.low_closed], low=low))
    if high:
        parts.append(_(_UPPER[kind, interval.high_closed], high=high))
    return _(" và ").join(parts)


def _show(target: Parsed, number: Fraction | None) -> str:
    """An end as people read it, with all its decimals."""
    if number is None:
        return ""
    if target.kind == "date":
        return format_date(dt.date.fromordinal(int(number)))
    figure = number * 100 if target.kind == "percent" else number
    decimals = len(write_decimal(figure).partition(".")[2])
    return format_number(figure, decimals) + ("%" if target.kind == "percent" else "")


# --- from the wording of officials ---

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
    return re.compile(pattern.replace("<v>", "((?:[-−] ?)?[0-9]+(?:[.,/-][0-9]+)*(?: ?%)?)"))


_COMPARED = _pattern("(?:phải )?(?:đạt )?(?:từ )?<op> ?(?:vào )?(?:ngày )?<v>( trở lên| trở xuống)?")
_UPWARDS = _pattern("(?:phải )?(?:đạt )?(?:từ )?(?:ngày )?<v> trở (lên|xuống|đi)")
_RANGE = _pattern(
    "(?:đạt )?(?:trong khoảng )?(?:từ )?(trên )?(?:ngày )?<v> ?(?:đến|tới|-|–|÷) ?(hết |dưới |trước )?(?:ngày )?<v>"
)
_BEYOND = _pattern("(?:phải )?vượt (?:mức )?<v>(?: (?:so với )?(?:dự toán|kế hoạch|chỉ tiêu)[^0-9%;,.]*)?")
_PLAN_BEATEN = _pattern("vượt (?:mức )?(?:dự toán|kế hoạch|chỉ tiêu)(?: (?:huyện|xã|tỉnh|cấp trên|được) giao)?")
_OR = re.compile(f" {fold('hoặc')} |; ?|, ")
_SHARES = re.compile(r"[0-9.]+ ?%(?:,[0-9.]+ ?%)+")
_NOT = re.compile(r"not ?\((.*)\)")
_GROUPED = re.compile(r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+(?:,[0-9]+)?")
_DECIMAL = re.compile(r"[0-9]+(?:[.,][0-9]+)?")
_DAY = re.compile(r"([0-9]{1,2})[/-]([0-9]{1,2})[/-]([0-9]{4})")
_COMPARING = {
    fold(word) for word in ("từ", "khoảng", "vượt", "hơn", "ít", "nhiều", "dưới", "trên", "tối", "sau", "trước")
}
_PLAIN_WORDS = re.compile(r"[^\W\d_]+(?: [^\W\d_]+)?")
_QUOTED = re.compile("[“«‘'\"”](.+)[”»’'\"“]")


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
        return write(parse(better))
    except TargetError:
        return None


def _rewrite_list(written: str) -> str | None:
    parts = written.split(",") if _SHARES.fullmatch(written) else _OR.split(written)
    better = [_rewrite_test(part) for part in parts]
    if len(better) == 1:
        return better[0]
    if all(better):
        return "; ".join(one.removeprefix("= ") for one in better if one)
    return (
        "; ".join(one.removeprefix("= ") if len(better) > 1 else one for one in better if one) if all(better) else None
    )


def _rewrite_test(written: str) -> str | None:
    folded = fold(written)
    if found := _COMPARED.fullmatch(folded):
        operator, value, tail = _OPERATORS[found[1]], _value(found[2]), found[3]
        agrees = tail is None or operator == ("≥" if tail.strip() == fold("trở lên") else "≤")
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
    first = folded.partition(" ")[0]
    if quoted and '"' not in quoted[1]:
        return f'"{quoted[1].strip()}"'
    return f'"{written}"' if _PLAIN_WORDS.fullmatch(written) and first not in _COMPARING else None


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
    sign = -1 if written[:1] in ("-", "−") else 1
    digits = written.lstrip("-− ")
    if _GROUPED.fullmatch(digits):
        digits = digits.replace(".", "")
    elif not _DECIMAL.fullmatch(digits):
        return None
    return sign * Fraction(Decimal(digits.replace(",", ".")))
