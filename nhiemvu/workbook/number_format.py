"""What a number format makes of a number: a percentage, a date, so many decimals, thousands that it hides.

A format has up to four sections, and the number decides which of them it is shown by: `[<1]0%;0.0` shows 0.5 as 50% and
4.5 as 4.5. So a format is read section by section, and asked with the number.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Literal, NamedTuple

FormatKind = Literal["number", "percent", "date", "text"]
StyleKind = FormatKind | Literal["mixed"]

_LONGEST_CODE = 255  # that Excel takes; a hostile file has longer ones
# what is shown as it is, or not at all: quoted and escaped text, widths, fills, colours, languages; conditions and
# elapsed time stay
_NOT_CODE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\]|[<>=])[^\]]*\]', re.IGNORECASE)
_LITERAL = re.compile(r'"([^"]*)"|\\(.)|\[\$([^\]-]*)[^\]]*\]|_.|\*.')
_CONDITION = re.compile(r"\[(<=|>=|<>|<|>|=)\s*(-?[0-9]{1,15}(?:\.[0-9]{1,15})?)\]")
_DATE_LETTER = re.compile(r"[dmyhs]", re.IGNORECASE)
_FIXED = re.compile(r"0(?:\.(0+))?")
_THOUSANDS = re.compile(r"[0#?](,+)(?![,0#?])")
_TESTS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "<>": operator.ne,
}


class Section(NamedTuple):
    """One section of a format.

    Attributes:
        kind: what it makes of a number.
        decimals: how many it always shows, None where it does not say.
        hidden: powers of ten that it leaves out: 6 for `#,##0,,`, which shows 5.000.000 as 5.
        test, bound: of the numbers that it is for, where it says so.
        said: the words that it shows beside the number: «tỷ đồng» for `0" tỷ đồng"`.
    """

    kind: FormatKind = "number"
    decimals: int | None = None
    hidden: int = 0
    test: str = ""
    bound: float = 0.0
    said: str = ""

    def takes(self, number: float) -> bool:
        """Whether its condition holds."""
        return _TESTS[self.test](number, self.bound)


@lru_cache(maxsize=1024)
def read_format(code: str) -> tuple[Section, ...]:
    """The sections of a format code; the one of texts is left out.

    >>> [section.kind for section in read_format("[<1]0%;0.0")], read_format('0.0"%"')[0].kind, read_format("#,##0,,")
    (['percent', 'number'], 'number', (Section(kind='number', decimals=None, hidden=6, test='', bound=0.0, said=''),))
    """
    code = code[:_LONGEST_CODE]
    codes = _NOT_CODE.sub("", code).split(";")[:3]
    sections = [_read_section(each.strip()) for each in codes]
    if '"' in code or "\\" in code or "$" in code:
        said = _read_words(code)
        sections = [each and each._replace(said=words) for each, words in zip(sections, said, strict=False)]
    # what shows nothing makes nothing else of the number
    return tuple([each or sections[0] or Section() for each in sections])


def _read_words(code: str) -> list[str]:
    """What each section shows beside the number."""
    words, at = [""], 0
    for found in _LITERAL.finditer(code):
        words += [""] * code[at : found.start()].count(";")
        words[-1] += "".join(filter(None, found.groups()))
        at = found.end()
    words += [""] * code[at:].count(";")
    return [each.strip() if any(letter.isalpha() or letter in "₫%‰" for letter in each) else "" for each in words]


def _read_section(code: str) -> Section | None:
    condition = _CONDITION.search(code)
    test, bound = (condition[1], float(condition[2])) if condition else ("", 0.0)
    bare = _CONDITION.sub("", code).strip()
    if not bare and not condition:
        return None
    if "%" in bare:
        return Section("percent", test=test, bound=bound)
    if bare == "@":
        return Section("text", test=test, bound=bound)
    if _DATE_LETTER.search(bare.lower().replace("general", "")):
        return Section("date", test=test, bound=bound)
    fixed, thousands = _FIXED.fullmatch(bare), _THOUSANDS.search(bare)
    return Section(
        "number", len(fixed[1] or "") if fixed else None, 3 * len(thousands[1]) if thousands else 0, test, bound
    )


class Format(NamedTuple):
    """What a format makes of every number.

    Attributes:
        kind: "mixed" where that depends on the number.
        decimals: how many it always shows for a number above 0, None where it does not say.
        sections: those of a format whose sections differ, leave thousands out or show words; else none.
    """

    kind: StyleKind
    decimals: int | None
    sections: tuple[Section, ...]


@lru_cache(maxsize=1024)
def sum_up(code: str) -> Format:
    """What a format code makes of every number.

    >>> sum_up("0.0%").kind, sum_up("[<1]0%;0.0").kind, sum_up("0.00").decimals
    ('percent', 'mixed', 2)
    """
    sections = read_format(code)
    first = sections[0]
    same = all(section.kind == first.kind for section in sections)
    plain = same and not any(section.hidden or section.said for section in sections)
    return Format(first.kind if same else "mixed", first.decimals, () if plain else sections)


def choose_section(sections: tuple[Section, ...], number: float) -> Section:
    """The section by which a number is shown: by the conditions, else by its sign.

    >>> choose_section(read_format("[<1]0%;0.0"), 4.5).kind, choose_section(read_format("0%;-0.0;0"), 0.0).kind
    ('number', 'number')
    """
    first, *rest = sections
    if not rest:
        return first
    second, last = rest[0], rest[-1]
    if first.test:
        if first.takes(number):
            return first
        if len(rest) == 1:
            return second
        return second if (second.takes(number) if second.test else number < 0) else last
    if second.test:
        return first if number > 0 else second if second.takes(number) else last if len(rest) > 1 else first
    if len(rest) == 1:
        return second if number < 0 else first
    return first if number > 0 else second if number < 0 else last
