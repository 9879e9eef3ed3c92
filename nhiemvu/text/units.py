"""Units of measure: which names are one unit, and what one unit is in another: money, shares, SI, things counted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from nhiemvu.messages import N_, _
from nhiemvu.text.digits import NUMBER, SCALES, Unreadable, read_digits
from nhiemvu.text.folding import fold, tidy

Dimension = tuple[tuple[str, int], ...]
"""Base units with their powers, sorted: m2/người is (("m", 2), ("người", -1))."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of measure.

    Attributes:
        symbol: as typed, tidied, without "ĐVT:".
        dimension: what it measures; units convert into one another where this is equal.
        factor: how many of the base unit it is; 1/100 for percent, 1.000.000 for triệu đồng.
    """

    symbol: str
    dimension: Dimension
    factor: Fraction


class UnitMismatch(ValueError):  # noqa: N818 (named for what happened)
    """Two units that do not measure the same thing."""

    code = "unit-mismatch"
    message = N_(
        "Không quy đổi được “{source}” sang “{target}”: hai đơn vị tính đo hai thứ khác nhau; hãy sửa đơn vị tính."
    )

    def __init__(self, source: Unit, target: Unit) -> None:
        self.fill: dict[str, object] = {"source": source.symbol, "target": target.symbol}
        super().__init__(source, target)

    def __str__(self) -> str:
        return _(self.message, **self.fill)


def _named(*groups: tuple[str, str, int, Fraction | int]) -> dict[str, tuple[str, int, Fraction]]:
    return {
        fold(name): (base, power, Fraction(size)) for names, base, power, size in groups for name in names.split("|")
    }


_MILLI = Fraction(1, 1000)
_ATOMS = _named(
    ("đồng|đ|₫|vnđ|vnd|đồng việt nam|việt nam đồng", "đồng", 1, 1),
    ("trđ|tr.đ|tr.đồng|trđồng", "đồng", 1, 10**6),
    ("tỷđ|tỉđ|tỷ.đ", "đồng", 1, 10**9),
    ("nghìnđ|ngànđ|nđ", "đồng", 1, 1000),
    ("m|mét|met", "m", 1, 1),
    ("km|kilômét|ki lô mét|cây số", "m", 1, 1000),
    ("dm", "m", 1, Fraction(1, 10)),
    ("cm", "m", 1, Fraction(1, 100)),
    ("mm", "m", 1, _MILLI),
    ("m2|m²|mét vuông|m vuông", "m", 2, 1),
    ("km2|km²|km vuông", "m", 2, 10**6),
    ("ha|hecta|héc ta|hécta", "m", 2, 10**4),
    ("m3|m³|mét khối|m khối|khối", "m", 3, 1),
    ("lít|lit|l", "m", 3, _MILLI),
    ("ml", "m", 3, _MILLI / 1000),
    ("g|gam|gram", "g", 1, 1),
    ("kg|kilôgam|ki lô gam|cân", "g", 1, 1000),
    ("yến", "g", 1, 10**4),
    ("tạ", "g", 1, 10**5),
    ("tấn", "g", 1, 10**6),
    ("ngày|ngày đêm|ngày-đêm", "ngày", 1, 1),
    ("giờ", "ngày", 1, Fraction(1, 24)),
    ("tháng", "tháng", 1, 1),
    ("quý", "tháng", 1, 3),
    ("năm", "tháng", 1, 12),
    (
        "người|khẩu|nhân khẩu|người dân|lao động|người lao động|học viên|học sinh|trẻ em|cháu|cán bộ|công chức|"
        "đồng chí|hội viên|đoàn viên|đảng viên|công dân|đại biểu",
        "người",
        1,
        1,
    ),
    ("hộ|hộ gia đình|hộ dân", "hộ", 1, 1),
    ("điểm %|điểm phần trăm|điểm%", "điểm phần trăm", 1, 1),
)
# how every name of an amount of money ends: a name of the currency, or a scale alone
_MONEY_ENDS = (*[name for name, (base, _power, _size) in _ATOMS.items() if base == "đồng"], *SCALES)
_SHARES = {"%": Fraction(1, 100), "phần trăm": Fraction(1, 100), "‰": _MILLI, "phần nghìn": _MILLI}

_PREFIX = r"(?i)^[(\[]?\s*(?:đvt|đơn vị(?: tính)?)\s*[:;]?\s*(?=\S)"
_MULTIPLE = rf"({NUMBER}|nghìn|ngàn|triệu|tr\.?|tỷ|tỉ)(?! (?:lệ|số|suất|trọng))(?:\s+|$|(?=đ|vn))"
_NAME = r"[^\W\d_][\w²³. \-]*"


def read_unit(text: str) -> Unit:
    """The unit that a text names; a noun that is not known counts its own things.

    A scale word alone is money. A percent of something (`% số hộ`) is a percent.

    Raises:
        Unreadable: `unit-unreadable`.

    >>> read_unit("ĐVT: triệu đồng").factor, read_unit("m2/người").dimension
    (Fraction(1000000, 1), (('m', 2), ('người', -1)))
    """
    shown = tidy(text)
    bare = re.sub(_PREFIX, "", shown).strip(" .,;:")
    if bare[:1] in ("(", "[") or bare.count("(") < bare.count(")"):
        bare = bare.strip("()[] ")
    symbol = bare.rstrip(" .")
    powers: dict[str, int] = {}
    factor = Fraction(1)
    for place, part in enumerate(fold(symbol).split("/")):
        sign = -1 if place else 1
        for base, power, size in _factors(part.strip(), symbol or shown):
            powers[base] = powers.get(base, 0) + sign * power
            factor = factor * size**sign
    return Unit(symbol, tuple(sorted((base, power) for base, power in powers.items() if power)), factor)


def _factors(part: str, shown: str) -> Iterator[tuple[str, int, Fraction]]:
    """What one side of a slash multiplies: the scale words, then the name."""
    for share, size in _SHARES.items():
        if part.startswith(share) and (share in "%‰" or part == share):
            yield "", 0, size
            return
    scaled = False
    while found := re.match(_MULTIPLE, part):
        word = found[1]
        size = Fraction(SCALES[word]) if word in SCALES else read_digits(word)[0]
        if not size or "," in word:  # «5/0» is a figure gone wrong; «1,000 đồng» is 1 to one reader, 1000 to another
            break
        yield "", 0, size
        part, scaled = part[found.end() :], True
    if not part and scaled:
        part = "đồng"
    if atom := _ATOMS.get(part):
        yield atom
    elif re.fullmatch(_NAME, part):
        yield part, 1, Fraction(1)
    else:
        raise Unreadable(
            "unit-unreadable",
            N_("Không đọc được đơn vị tính “{text}”; hãy gõ như “triệu đồng”, “%”, “m2/người”."),
            text=shown,
        )


def may_be_money(text: str) -> bool:
    """Whether a text ends as every name of an amount of money does: cheap to ask of texts that are mostly none.

    >>> may_be_money("(nghìn đồng)"), may_be_money("tỷ"), may_be_money("ỦY BAN NHÂN DÂN")
    (True, True, False)
    """
    return fold(text).rstrip(" .,;:()[]").endswith(_MONEY_ENDS)


def count_multiple(unit: Unit) -> int:
    """How many the multiple in a unit's name is: 1.000.000 for triệu đồng, 1.000 for nghìn người, 1 for tấn and ha.

    >>> count_multiple(read_unit("tỷ đồng")), count_multiple(read_unit("nghìn người")), count_multiple(read_unit("ha"))
    (1000000000, 1000, 1)
    """
    if unit.dimension == (("đồng", 1),):
        return int(unit.factor)
    found = re.match(_MULTIPLE, fold(unit.symbol))
    return SCALES.get(found[1], 1) if found else 1


def count_per(unit: Unit) -> int:
    """Of how many things a rate tells: 1.000 for thuê bao/1.000 người, 1 for m2/người.

    >>> count_per(read_unit("thuê bao/1.000 người")), count_per(read_unit("triệu đồng/người"))
    (1000, 1)
    """
    found = 1
    for part in fold(unit.symbol).split("/")[1:]:
        rest = part.strip()
        while multiple := re.match(_MULTIPLE, rest):
            word = multiple[1]
            found *= SCALES[word] if word in SCALES else int(read_digits(word)[0])
            rest = rest[multiple.end() :]
    return found


def convert(value: Fraction, source: Unit, target: Unit) -> Fraction:
    """A number of one unit in another.

    Raises:
        UnitMismatch: they do not measure the same thing.

    >>> convert(Fraction(3, 2), read_unit("tỷ đồng"), read_unit("triệu đồng"))
    Fraction(1500, 1)
    """
    if source.dimension != target.dimension:
        raise UnitMismatch(source, target)
    return value * source.factor / target.factor
