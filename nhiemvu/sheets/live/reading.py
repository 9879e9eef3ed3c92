"""One cell as formulas read it: the figure, day, choice or word in it, blank, or something that only nhiemvu reads.

What is taken is what `workbook.values` takes of a cell in the same way; everything else is left to it (`DEFERRED`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from fractions import Fraction

from nhiemvu.rules import models
from nhiemvu.rules.names import NO, YES
from nhiemvu.sheets import inputs
from nhiemvu.sheets.live.formulas import DEFERRED, MISSING, any_of, equals, number, text
from nhiemvu.text import fold
from nhiemvu.verdicts import Verdict
from nhiemvu.workbook.values import Measure, choose_measure

_HAIR = Fraction(1, 10**6)  # what a product with a thousand may be off
FIRST_DAY, LAST_DAY = 36526, 73050  # the years 2000 to 2099
DATE_KINDS = "nv.dang_ngay"  # the name of the cell that holds the letters by which CELL calls formats of dates

_NO_BREAK = "\u00a0"
_TONES = "\u0300\u0301\u0303\u0309\u0323"
_OLD_TONES = {"oà": "òa", "oá": "óa", "oả": "ỏa", "oã": "õa", "oạ": "ọa", "oè": "òe", "oé": "óe", "oẻ": "ỏe",
              "oẽ": "õe", "oẹ": "ọe", "uỳ": "ùy", "uý": "úy", "uỷ": "ủy", "uỹ": "ũy", "uỵ": "ụy"}  # fmt: skip
_YES, _NO = ("có",), ("không", "không có")
_DECLARED: Mapping[str, Verdict] = {
    "đạt": Verdict.MET,
    "vượt": Verdict.EXCEEDED,
    "chưa đạt": Verdict.NOT_MET,
    "không đạt": Verdict.NOT_MET,
    "chưa đánh giá": Verdict.NOT_ASSESSED,
    "không phát sinh": Verdict.NOT_APPLICABLE,
    "thiếu số liệu": Verdict.NO_DATA,
}


def spell(word: str) -> list[str]:
    """Every way in which keyboards write a word that compares as this one: where the tone stands, composed or not.

    >>> len(spell("đạt")), spell("hoà")[:2], spell("abc")
    (2, ['hoà', 'hòa'], ['abc'])
    """
    folded = fold(word)
    forms = [folded]
    for new, old in _OLD_TONES.items():
        forms += [form.replace(one, other) for form in forms for one, other in ((new, old), (old, new)) if one in form]
    spelled = [(form, _loosen(form), unicodedata.normalize("NFD", form)) for form in dict.fromkeys(forms)]
    return list(dict.fromkeys(form for each in zip(*spelled, strict=True) for form in each))


def _loosen(form: str) -> str:
    """The tone apart from its vowel, as keyboards of «Unicode tổ hợp» write it."""
    decomposed = unicodedata.normalize("NFD", form)
    kept = [letter for letter in decomposed if letter not in _TONES]
    return decomposed if len(kept) == len(decomposed) else "".join(map(_compose, _syllables(decomposed)))


def _syllables(decomposed: str) -> Iterable[str]:
    """Each letter with the marks behind it."""
    letters: list[str] = []
    for letter in decomposed:
        if unicodedata.combining(letter) and letters:
            letters[-1] += letter
        else:
            letters.append(letter)
    return letters


def _compose(letter: str) -> str:
    tones = "".join(mark for mark in letter if mark in _TONES)
    return unicodedata.normalize("NFC", "".join(mark for mark in letter if mark not in _TONES)) + tones


def normal(cell: str) -> str:
    """A text without capitals, double spaces and typographic dashes."""
    for odd, plain in ((f'"{_NO_BREAK}"', '" "'), ('"–"', '"-"'), ('"—"', '"-"'), ("CHAR(10)", '" "')):
        cell = f"SUBSTITUTE({cell},{odd},{plain})"
    return f"LOWER(TRIM({cell}))"


def is_word(cell: str, words: Iterable[str]) -> str:
    """Is a normal text one of these words."""
    return equals(cell, [form for word in words for form in spell(word)])


def _otherwise(cell: str, blank: str = text(MISSING)) -> str:
    """A cell that holds no number: blank, or not to be read."""
    return f'IF(TRIM({cell})="",{blank},{text(DEFERRED)})'


def _whatever(formula: str) -> str:
    """A cell that holds an error is not to be read."""
    return f"IFERROR({formula},{text(DEFERRED)})"


def read_number(cell: str, measure: Measure, *, of: str = "", blank: str = text(MISSING)) -> str:
    """A figure in the unit that is wanted.

    Args:
        cell: where it stands.
        measure: how its number is read.
        of: where its format stands, if elsewhere.
        blank: what a blank one comes to.
    """
    kind = f'LEFT(CELL("format",{of or cell}),1)'
    scaled = cell if measure.scale == 1 else f"{cell}*{number(measure.scale)}"
    if (
        measure.is_share
        and measure.wanted is not None
        and inputs.choose_format(measure.wanted.symbol) == inputs.PERCENT
    ):
        figure = f'IF({kind}="P",{cell},{text(DEFERRED)})'
    else:
        refused = DATE_KINDS if measure.wanted is None else f'"P"&{DATE_KINDS}'
        figure = f"IF(ISNUMBER(FIND({kind},{refused})),{text(DEFERRED)},{scaled})"
    if measure.whole:  # a part of a person is refused where it was typed, and taken where a formula made it
        apart = f"{cell}<>INT({cell})" if measure.scale == 1 else f"ABS({scaled}-ROUND({scaled},0))>{number(_HAIR)}"
        figure = f"IF({apart},{text(DEFERRED)},{figure})"
    return _whatever(f"IF(ISNUMBER({cell}),{figure},{_otherwise(cell, blank)})")


def read_day(cell: str) -> str:
    """A day of this century."""
    day = f"IF(AND({cell}=INT({cell}),{cell}>={FIRST_DAY},{cell}<={LAST_DAY}),{cell},{text(DEFERRED)})"
    return _whatever(f"IF(ISNUMBER({cell}),{day},{_otherwise(cell)})")


def read_words(cell: str) -> str:
    """A text in its normal form; "" where there is none."""
    small = f'IF(AND({cell}=INT({cell}),ABS({cell})<1000),{cell}&"",{text(DEFERRED)})'
    spoken = f'IF(TRIM({cell})="",{text(DEFERRED)},{normal(cell)})'
    other = f"IF(ISNUMBER({cell}),{small},{text(DEFERRED)})"
    return _whatever(f'IF(LEN({cell})=0,"",IF(ISTEXT({cell}),{spoken},{other}))')


def read_truth(cell: str, yes: Iterable[str] = _YES, no: Iterable[str] = _NO) -> str:
    """Yes or no, as conditions hold them."""
    said = f"LOWER(TRIM({cell}))"
    spoken = f"IF({is_word(said, yes)},{text(YES)},IF({is_word(said, no)},{text(NO)},{_otherwise(cell)}))"
    return _whatever(f"IF(ISLOGICAL({cell}),IF({cell},{text(YES)},{text(NO)}),{spoken})")


def read_declared(cell: str) -> str:
    """The verdict that the unit declares, as its number here; the words of the drop-down and the commonest others."""
    said = f'SUBSTITUTE(LOWER(TRIM({cell})),"đánh giá ","")'  # «Đánh giá chưa đạt»; «chưa đánh giá» ends with it
    formula = _otherwise(cell)
    for word, verdict in reversed([*_DECLARED.items()]):
        formula = f"IF({is_word(said, [word])},{CODES[verdict]},{formula})"
    return _whatever(formula)


def read_fact(cell: str, fact: models.Fact) -> str:
    """A fact by its type."""
    if fact.type in ("number", "percent"):
        return read_number(cell, choose_measure(fact.unit or ("%" if fact.type == "percent" else "")))
    if fact.type == "date":
        return read_day(cell)
    if fact.type == "boolean":
        return read_truth(cell)
    if fact.type == "choice":
        said, formula = f"LOWER(TRIM({cell}))", _otherwise(cell)
        for choice in reversed(fact.choices):
            formula = f"IF({is_word(said, [choice])},{text(choice)},{formula})"
        return _whatever(formula)
    return _whatever(f'IF(ISTEXT({cell}),IF(TRIM({cell})="",{text(MISSING)},TRIM({cell})),{_otherwise(cell)})')


# --- verdicts as numbers --------------------------------------------------------------------------------------------

# In the order in which `roll_up: all` looks for them from the last: a parent is the gravest of its children.
CODES: dict[str, int] = {
    Verdict.NOT_APPLICABLE: 0,
    Verdict.EXCEEDED: 1,
    Verdict.MET: 2,
    Verdict.NOT_ASSESSED: 3,
    Verdict.NO_DATA: 4,
    Verdict.NOT_MET: 6,
}
LEFT_OPEN = 5  # only nhiemvu can tell
LAST_CODE = 6


def is_met(code: str) -> str:
    """Met or exceeded."""
    return any_of([f"{code}={CODES[Verdict.EXCEEDED]}", f"{code}={CODES[Verdict.MET]}"])
