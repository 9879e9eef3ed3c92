"""Figures typed as text that formulas read too: `27,35/25 ha`, `0/7 (1 hồ sơ đã gửi)`, `97,5%`, `8 m2/người`.

Only forms that have one reading are taken: a number or a ratio, with the unit that is asked for or a plain noun, and a
note in parentheses. Everything else that `text.numbers` reads is left to it. The numbers are taken apart as text, since
what Excel itself makes of `1.234,5` depends on the language of Windows.
"""

from __future__ import annotations

from nhiemvu.rules.rulebook import Node
from nhiemvu.sheets import inputs
from nhiemvu.sheets.live.formulas import all_of, any_of, equals, text
from nhiemvu.sheets.live.ledger import Ledger

# what commonly stands behind both sides of a ratio; none begins with a word of scale, none is measured otherwise
_NOUNS = (
    "hộ", "người", "cơ sở", "công dân", "vụ", "vụ việc", "vụ, việc", "đơn", "hồ sơ", "thôn", "xóm", "ha", "lớp",
    "công trình", "học sinh", "trường", "sản phẩm", "đồng chí", "cán bộ", "dự án", "nội dung", "nhiệm vụ", "km", "con",
)  # fmt: skip
_SCALES_IN_NOTES = ("ng", "tr", "tỷ", "tỉ")  # with which a note would be a unit: (triệu đồng)
_LONGEST_WHOLE, _LONGEST_PART = 12, 8  # digits before and behind the comma


def can_be_typed(node: Node) -> bool:
    """Are typed results read here: not in rows of ‰, which nobody types with a sign."""
    return not node.is_percent or inputs.choose_format(node.unit) == inputs.PERCENT


def read_typed(ledger: Ledger, node: Node, at: str) -> str:
    """Write what a criterion's own result says where it is a text, its two sides as numbers.

    Returns:
        The cell of what it is: 2 for a ratio, 1 for a number (the left side), 0 for anything else.
    """
    ledger.put(node, "typed", _without_note(at))
    typed = ledger.at(node, "typed")
    slash = f'FIND("/",{typed}&"/")'
    left, right = f"TRIM(LEFT({typed},{slash}-1))", f"TRIM(MID({typed},{slash}+1,99))"
    if node.is_percent:
        left = f'IF(RIGHT({left})="%",TRIM(LEFT({left},LEN({left})-1)),{left})'
    for side, formula in (("left", left), ("right", right)):
        told = ledger.put(node, side, formula)
        ledger.put(node, f"{side}_word", f'LEFT({told}&" ",FIND(" ",{told}&" ")-1)')
        ledger.put(node, f"{side}_number", _read_digits(ledger.at(node, f"{side}_word")))
    return ledger.put(node, "typed_kind", f"IF({_is_ratio(ledger, node)},2,IF({_is_number(ledger, node)},1,0))")


def _is_ratio(ledger: Ledger, node: Node) -> str:
    typed, left, right = (ledger.at(node, step) for step in ("typed", "left_number", "right_number"))
    slashes = f'LEN({typed})-LEN(SUBSTITUTE({typed},"/",""))=1'
    return all_of([slashes, f"COUNT({left},{right})=2", f'ISERROR(FIND("%",{typed}))', *_fits(ledger, node)])


def _fits(ledger: Ledger, node: Node) -> list[str]:
    """Are the units behind the two sides those of the result, or one noun."""
    above, below = (_behind(ledger, node, side) for side in ("left", "right"))
    if node.is_quantity:
        return [equals(unit, ("", node.unit.lower())) for unit in (above, below)]
    if "/" in node.unit:
        over, under, *_rest = node.unit.lower().split("/")
        return [equals(above, ("", over)), equals(below, ("", under))]
    same = any_of([f"{above}={below}", f'{above}=""', f'{below}=""'])
    return [equals(above, ("", *_NOUNS)), equals(below, ("", *_NOUNS)), same]


def _is_number(ledger: Ledger, node: Node) -> str:
    """Is it one number in the unit that is asked for."""
    typed, left = ledger.at(node, "typed"), ledger.at(node, "left_number")
    if node.is_percent:
        alone = [f'ISERROR(FIND("/",{typed}))', f'{_behind(ledger, node, "left")}=""']
        return all_of([f"ISNUMBER({left})", *alone])
    rest = f"LOWER(TRIM(MID({typed},LEN({ledger.at(node, 'left_word')})+1,99)))"
    return all_of([f"ISNUMBER({left})", equals(rest, ("", node.unit.lower()) if node.unit else ("",))])


def _behind(ledger: Ledger, node: Node, side: str) -> str:
    """The words behind a number."""
    return f"LOWER(TRIM(MID({ledger.at(node, side)},LEN({ledger.at(node, f'{side}_word')})+1,99)))"


def _without_note(at: str) -> str:
    """The text of a cell without a note in parentheses; "" where it is no text, or may hold more than one figure."""
    plain = f'SUBSTITUTE({at},"\u00a0"," ")'
    inside = f'LOWER(MID({at},FIND("(",{at})+1,2))'
    marks = [f'LEN({at})-LEN(SUBSTITUTE({at},"{mark}",""))=1' for mark in "()"]
    no_unit = [f"{inside}<>{text(word)}" for word in _SCALES_IN_NOTES]
    no_unit += [f'ISERROR(FIND(LEFT({inside},1),"%‰ "))', f"LEN({inside})=2"]
    noted = all_of([f'RIGHT(TRIM({at}))=")"', *marks, *no_unit])
    bare = f'TRIM(LEFT({plain},FIND("(",{plain})-1))'
    none = all_of(f'ISERROR(FIND("{mark}",{at}))' for mark in "()")
    one = all_of([f'ISERROR(FIND(";",{at}))', f"ISERROR(FIND(CHAR(10),{at}))", f"ISERROR(FIND(CHAR(13),{at}))"])
    told = f'IF({none},TRIM({plain}),IFERROR(IF({noted},{bare},""),""))'
    return f'IF(ISTEXT({at}),IF({one},{told},""),"")'


def _read_digits(word: str) -> str:
    """A number of digits with Vietnamese marks, whatever the language of Windows; "" where it is none."""
    whole = f'LEFT({word},FIND(",",{word}&",")-1)'
    digits, part = f'SUBSTITUTE({whole},".","")', f"MID({word},LEN({whole})+2,20)"
    tidy = [
        f'TEXT(VALUE({digits}),"0")={digits}',
        f"LEN({digits})<={_LONGEST_WHOLE}",
        f"LEN({part})<={_LONGEST_PART}",
        any_of([f"{whole}={digits}", f"{whole}={_grouped(digits)}"]),
        any_of([f"{word}={whole}", all_of([f"LEN({part})>0", f'TEXT(VALUE("1"&{part}),"0")="1"&{part}'])]),
    ]
    return f'IFERROR(IF({all_of(tidy)},VALUE({digits}&{part})/10^LEN({part}),""),"")'


def _grouped(digits: str) -> str:
    """Digits in groups of three."""
    formula = f'LEFT({digits},LEN({digits})-9)&"."&MID({digits},LEN({digits})-8,3)'
    formula = f'{formula}&"."&MID({digits},LEN({digits})-5,3)&"."&RIGHT({digits},3)'
    six = f'LEFT({digits},LEN({digits})-6)&"."&MID({digits},LEN({digits})-5,3)&"."&RIGHT({digits},3)'
    three = f'LEFT({digits},LEN({digits})-3)&"."&RIGHT({digits},3)'
    return f'IF(LEN({digits})>9,{formula},IF(LEN({digits})>6,{six},IF(LEN({digits})>3,{three},"")))'
