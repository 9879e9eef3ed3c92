"""What one cell says in figures: numbers, ratios, ranges, bounds, lists of them; exact, or a reason why not.

What has no single reading is refused with the way to write it; a word that may deny the figure makes it no figure.
Patterns are kept as text: `re` compiles each at its first use, so that importing costs nothing.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache, partial
from typing import Literal
from unicodedata import normalize

from nhiemvu.messages import N_
from nhiemvu.text.digits import NUMBER, SCALES, Unreadable, read_digits
from nhiemvu.text.folding import fold, tidy
from nhiemvu.text.words import read_stated_ratios


@dataclass(frozen=True, slots=True)
class Figure:
    """What one cell says.

    Attributes:
        kind: `number`, `ratio`, `interval` (a range, a bound, an approximation) or `parts` (a list of figures).
        low, high: the ends; equal for a number, `None` for an open side, for a ratio and for parts.
        low_closed, high_closed: does the end belong to it.
        numerator, denominator: of a ratio.
        unit, denominator_unit: as typed, tidied, without scale words; those of a ratio that names one unit are equal.
        percent: a sign % or ‰ was there, and the numbers are already scaled: 97,5% is 39/40.
        label: what stands before it: "bể nước 424/424".
        parts: the figures of a list.
        note: what was said beside it: "(1 hồ sơ đã gửi, 6 chưa lập)".
        ambiguous: it was read by the marks of Vietnamese, and another country reads it otherwise: 1.234 as 1234; or it
            may be of something else than the result: "85% kế hoạch"; or it contradicts itself: "12/15 (85%)".
    """

    kind: Literal["number", "ratio", "interval", "parts"]
    low: Fraction | None = None
    high: Fraction | None = None
    low_closed: bool = True
    high_closed: bool = True
    numerator: Fraction | None = None
    denominator: Fraction | None = None
    unit: str = ""
    denominator_unit: str = ""
    percent: bool = False
    label: str = ""
    parts: tuple[Figure, ...] = ()
    note: str = ""
    ambiguous: bool = False

    @property
    def value(self) -> Fraction | None:
        """The one number that it comes to, if it comes to one: a number itself, a ratio unless it is x/0."""
        if self.kind == "number":
            return self.low
        if self.kind == "ratio" and self.numerator is not None and self.denominator:
            return self.numerator / self.denominator
        return None


_SIGNED = rf"[+\-−]?{NUMBER}|\({NUMBER}\)"
_PER = r"\s*(?:%[oO](?!\w)|[%‰])"
# words of a unit: letters, a power of a length, dots inside ("tr.đ"); parts of it after slashes
_WORD = r"(?:₫|(?:km|hm|dam|dm|cm|mm|m)[23²³](?![\w])|[^\W\d_]+(?:\.[^\W\d_]+)*\.?)"
_UNIT = rf"(?:điểm ?%|{_WORD})(?: {_WORD}){{0,5}}(?:\s*/\s*{_WORD}(?: {_WORD}){{0,2}})*"
# "trđ" and "tr.đ" are the scale and the money in one word
_SCALE = r"(?i)(nghìn|ngàn|triệu|tr\.?|tỷ|tỉ)(?= |đ|vn|/|$)(?! (?:lệ|số|suất|trọng))\s*(tỷ|tỉ)?\s*"
# "one amount": a number, its percent sign, its unit
_AMOUNT = rf"({_SIGNED})({_PER})?\s*({_UNIT})?"
_RATIO = rf"({NUMBER})\s*({_UNIT})?\s*/\s*({NUMBER})\s*({_UNIT})?"
_RANGE = rf"(?i)(?:từ )?({NUMBER})({_PER})?\s*(?:-|–|—|÷|đến|tới)\s*({NUMBER})({_PER})?\s*({_UNIT})?"
_FROM_UP = rf"(?i)(?:từ )?({NUMBER})({_PER})?\s*({_UNIT}?)? ?trở (lên|xuống)"

# as most are typed: 97,5%, 27,35/25 ha, 1.714 hộ
_PLAINEST = rf"({NUMBER})(?:(%)|/({NUMBER}))?(?: ([^\W\d_]+(?: [^\W\d_]+){{0,3}}))?"
_LONGEST_PLAIN = 60

_BOUNDS = {
    "≥": ">=", ">=": ">=", "ít nhất": ">=", "tối thiểu": ">=", "không dưới": ">=", "không ít hơn": ">=",
    "không thấp hơn": ">=", "≤": "<=", "<=": "<=", "không quá": "<=", "tối đa": "<=", "không trên": "<=",
    "không vượt quá": "<=", "không cao hơn": "<=", "nhiều nhất": "<=", ">": ">", "trên": ">", "hơn": ">",
    "lớn hơn": ">", "<": "<", "dưới": "<", "nhỏ hơn": "<", "chưa đến": "<", "chưa tới": "<", "khoảng": "~",
    "xấp xỉ": "~", "ước": "~", "ước đạt": "~", "ước khoảng": "~", "~": "~", "≈": "~",
}  # fmt: skip
_BOUND = "(?i)" + "({})\\s*{}".format("|".join(re.escape(w) for w in sorted(_BOUNDS, key=len, reverse=True)), _AMOUNT)
# verbs that only introduce the figure; any other word before it may deny it ("chưa mở 2 lớp")
_LEAD = (
    r"(?i)(?:(?:kết quả|(?:đã )?(?:thực hiện|hoàn thành|đạt|giải ngân|thu)|đến nay|t[ỷỉ] lệ|năng suất|được|là|có|"
    r"tổng số|tổng|cộng|bằng)\b\s*){1,3}"
)
_BREAK = r"[;\n\r]++(?!\s{0,9}\([^()]{0,300}\)\s*$)"  # a note may stand on a line of its own
_STATED = rf"(?i)^(.*?\d.*?)\s*((?:=|,? đạt(?: t[ỷỉ] lệ)?|,? bằng)\s*{NUMBER}\s*%?|-\s*{NUMBER}\s*%)$"
# what says more of the figure before it: how much of it, as of when, after which paper, against what
_FURTHER = (
    r"(?i)(?<=[\w%)]),?\s*\b((?:trong đó|(?:số liệu )?tính đến|số liệu đến|theo (?:bc|báo cáo|qđ|quyết định|văn bản)|"
    r"so với|(?<=, )(?:đạt|bằng|tăng|giảm|vượt) (?=\d|kế hoạch|kh|chỉ tiêu|dự toán))\b.*)$"
)
_TAKES_BACK = r"(?i)\b(?:chưa|không|ko)\b"
_BRACKETED = r"(?i)\(\s*([%‰]|(?:nghìn|ngàn|triệu|tr|tỷ|tỉ)[^()\d]*)\)$"  # "97,5 (%)": a unit, not a note
_NOTE = r"(?<=\S)\s*(\([^()]*(?:\([^()]*\)[^()]*)*\))$"
_COLON_LABEL = r"(?s)([^:]*[^\W\d_][^:]*?)\s*:\s*(.*)"
_OF_PLAN = r"(?i)(?:kế hoạch|kh|dự toán|nghị quyết|cùng kỳ)\b"
# labels of what is not the result
_OTHER_LABEL = (
    r"(?i)(?:kế hoạch|kh|mục tiêu|chỉ tiêu|ngưỡng|dự toán|nghị quyết|cùng kỳ|kỳ trước|năm trước|phấn đấu|dự kiến|ước)\b"
)
# a letter typed for a digit: "1O lớp" is ten of them, and not one
_LETTER_FOR_DIGIT = r"\d[.,]?(?:[oOI]|l(?=[oOIl\d]))[oOIl\d.,]*(?![^\W\d_])"
_SHARE_ALONE = rf"{NUMBER}\s*%"
_WORD_LABEL = r"([^\W\d_][^\d:;()≥≤<>=%]*?)\s+(?=[\d≥≤<>])"
_DATE = r"(?i)(?:(?:tính )?đến |ngày |đến ngày )*\d{1,2}([/.-])\d{1,2}\1\d{4}"
_DATE_NOTE = r"(?i)(?:tính |số liệu )?(?:đến|ngày|tháng|quý|năm)\b.*\d{4}"
_NONE = frozenset(map(fold, ("không", "không có", "không phát sinh", "-", "không có vụ việc xảy ra", "không xảy ra")))
# "1 tỷ 200 triệu", "2 tỷ rưỡi", "1tr2": of a scale alone, 2 or 500 behind it are of the next lower one
_SCALED = r"([0-9][0-9.,]*)\s*(nghìn|ngàn|triệu|tr|tỷ|tỉ)"
_COMPOUND = rf"(?i){_SCALED}(?:(?:\s*{_SCALED}){{1,2}}|\s*(rưỡi|[0-9]|[0-9]{{3}}))\s*((?:đồng|vnđ|đ)(?![\w]))?"
# what is no unit but more of the number, so that it must not be left out of it
_OF_NUMBERS = frozenset(map(fold, ("trăm", "chục", "vạn", "rưỡi", "rưởi", "nửa")))
_WIDEST = "\uf900"  # no letter of ours is beyond
_WIDE = {0xFF01 + i: 0x21 + i for i in range(94)} | {0xFE6A: "%"}  # as some input methods type digits
_LONGEST_SEGMENT = 300  # more is a paragraph; it also bounds what the patterns can cost
# a word that turns the rest of the cell into a sentence: then the number in it is not the figure
_NARRATIVE = frozenset(
    fold(
        "chưa không đã đang còn được đều sẽ bị do vì có và mà thì nhưng để theo cho với đạt vượt giảm tăng trở"
    ).split()
)


def read_figure(text: str) -> Figure:
    """The figure that a cell of text states.

    Read are numbers (`72.225.000 đ`, `97,5%`, `11 triệu đồng`, `-3,5`, `(5)` of accountants), ratios (`27,35/25 ha`),
    ranges (`60-62`, `từ 75-80%`), bounds (`≥ 95%`, `Trên 4`, `90% trở lên`), approximations (`khoảng 24` is whatever
    rounds to it), lists with labels separated by semicolons or lines, and notes in parentheses. `97.5` is read as 97,5,
    since one or two digits after a point cannot be thousands. A scale word without a unit means money: "11 triệu" is
    11.000.000 đồng.

    Raises:
        Unreadable: `number-blank`, `number-grouping`, `number-point`, `number-range`, `date-in-number`, `says-none`
            ("Không có": the caller decides whether that is 0), or `text-in-number` for a narrative.

    >>> read_figure("≥ 95%").low, read_figure("27,35/25 ha").value, read_figure("0/7 (6 chưa lập)").note
    (Fraction(19, 20), Fraction(547, 500), '(6 chưa lập)')
    """
    if not text.isascii():
        text = normalize("NFC", text.translate(_WIDE) if max(text) >= _WIDEST else text)
    if len(text) <= _LONGEST_PLAIN and (found := re.fullmatch(_PLAINEST, text)):
        digits, per, below, unit = found.groups()
        with suppress(_Sentence, Unreadable):  # then what follows says why, or reads it
            return _number(digits, per, unit) if below is None else _ratio(digits, None, below, unit)
    lines = [tidy(line) for line in re.split(_BREAK, text)]
    segments = [line for line in lines if line]
    if not segments:
        raise Unreadable("number-blank", N_("Ô để trống; hãy gõ một con số."))
    whole = tidy(" ".join(segments))
    if fold(whole).rstrip(".") in _NONE or whole in ("–", "—"):
        raise Unreadable("says-none", N_("“{text}” không phải là con số; nếu là số 0, hãy gõ 0."), text=whole)
    if len(segments) > 1:
        return _read_parts([segment.lstrip("+-–• ") if "\n" in text else segment for segment in segments], whole)
    return _read_one(segments[0], whole, listed=False)


def _read_parts(segments: list[str], whole: str) -> Figure:
    figures, notes = [], []
    for segment in segments:
        if re.fullmatch(_DATE_NOTE, segment):
            notes.append(segment)
        else:
            figures.append(_read_one(segment, whole, listed=True))
    note = "; ".join(notes)
    if len(figures) == 1:
        return replace(figures[0], note="; ".join(filter(None, (figures[0].note, note))))
    if not figures:
        raise _narrative(whole)
    return Figure("parts", parts=tuple(figures), note=note, ambiguous=any(figure.ambiguous for figure in figures))


def _read_one(segment: str, whole: str, *, listed: bool) -> Figure:
    """One figure with its label and note. In a list, words may stand before the figure without a colon."""
    if len(segment) > _LONGEST_SEGMENT:
        raise _narrative(segment[:_LONGEST_SEGMENT])
    if not re.search(r"\d", segment):  # most sentences end here, before every pattern is tried on them
        raise _narrative(whole)
    body, label, notes = segment.rstrip(" .,:;"), "", []
    body = re.sub(_BRACKETED, r" \1", body)
    if found := re.search(_NOTE, body):
        body, notes = body[: found.start()].rstrip(" ,"), [found.group(1)]
    if re.fullmatch(_DATE, body):
        raise Unreadable("date-in-number", N_("“{text}” là ngày tháng, không phải con số; hãy gõ con số."), text=whole)
    if found := re.fullmatch(_COLON_LABEL, body):
        label, body = found.groups()
        if not listed and re.match(_OTHER_LABEL, label):
            raise _narrative(whole)
    if found := re.search(_LETTER_FOR_DIGIT, body):
        raise Unreadable(
            "letter-in-number",
            N_("“{text}”: “{part}” có chữ cái trong con số; hãy gõ lại bằng chữ số (số 0, số 1)."),
            text=whole,
            part=found.group(),
        )
    figure = _match(body, whole)
    if figure is None and (found := re.match(_STATED, body)):
        stated = _match(found.group(1), whole)
        if stated is not None and stated.kind == "ratio":
            figure, body = stated, found.group(1)
            notes.insert(0, found.group(2))
    if figure is None and (found := re.search(_FURTHER, body)) and not re.search(_TAKES_BACK, found.group(1)):
        body = body[: found.start()]
        notes.insert(0, found.group(1))
        figure = _match(body, whole)
    if figure is None and (found := re.match(_LEAD, body)):
        figure = _match(body[found.end() :], whole)
        label = label or (found.group().strip() if listed else "")
    if figure is None and listed and not label and (found := re.match(_WORD_LABEL, body)):
        label, figure = found.group(1), _match(body[found.end() :], whole)
    if figure is None:
        raise _narrative(whole)
    doubt = figure.ambiguous or (
        not listed and re.search(r"(?i)\bnăm \d{4}\b", label) is not None
    )  # this year's, or not
    doubt = doubt or any(map(partial(_leaves_doubt, figure, body), notes))
    return replace(figure, label=label, note=" ".join(notes), ambiguous=doubt) if label or notes else figure


def names_share(note: str) -> bool:
    """Whether what was said beside a figure is a share and nothing else: «12 (đạt 80%)».

    >>> names_share("(đạt 80%)"), names_share("(tăng 5%)")
    (True, False)
    """
    return re.fullmatch(_SHARE_ALONE, _strip_aside(note)) is not None


def _strip_aside(note: str) -> str:
    return re.sub(r"(?i)^[(=,-]*\s*(?:đạt|bằng)?(?:\s*t[ỷỉ] lệ)?\s*", "", note).rstrip(" )")


def _leaves_doubt(figure: Figure, body: str, note: str) -> bool:
    """Whether what was said beside a figure is another figure for the same, or makes it a share of something else."""
    aside = _strip_aside(note)
    if figure.kind == "ratio" and names_share(note):
        return any(said.exactness == "wrong" for said in read_stated_ratios(f"{body} = {aside}"))
    if figure.percent and re.fullmatch(_SHARE_ALONE, body) and aside[:1].isdecimal():
        return any(said.exactness == "wrong" for said in read_stated_ratios(f"{aside} = {body}"))
    return figure.percent and fold(note).startswith("so với")


def _narrative(text: str) -> Unreadable:
    return Unreadable(
        "text-in-number",
        N_("“{text}” là lời văn, không phải con số; hãy gõ con số, phần giải thích để ở cột ghi chú."),
        text=text,
    )


def _match(body: str, whole: str) -> Figure | None:
    """The figure that the whole of this text is, if it is one."""
    try:
        if found := re.fullmatch(_COMPOUND, body):
            return _compound(body, found[5] or "", found[6])
        if found := re.fullmatch(_FROM_UP, body):
            digits, per, unit, way = found.groups()
            return _bound(">=" if way.casefold() == "lên" else "<=", digits, per, unit)
        if found := re.fullmatch(_AMOUNT, body):
            return _number(*found.groups())
        if found := re.fullmatch(_RATIO, body):
            return _ratio(*found.groups())
        if found := re.fullmatch(_RANGE, body):
            return _range(*found.groups(), whole=whole)
        if found := re.fullmatch(_BOUND, body):
            return _bound(_BOUNDS[found.group(1).casefold()], *found.groups()[1:])
    except _Sentence:
        return None
    return None


class _Sentence(Exception):  # noqa: N818 (never leaves this module)
    """What looked like a unit is a sentence."""


@lru_cache(maxsize=1024)
def _unit(typed: str | None) -> tuple[int, str]:
    """The scale that a unit begins with, and the unit without it."""
    if not typed:
        return 1, ""
    unit = typed.strip()
    words = fold(unit).replace("/", " ").split()
    if any(word in _NARRATIVE or word in _OF_NUMBERS for word in words) or unit[:1] in "²³¹¼½¾":
        raise _Sentence
    scale = 1
    if found := re.match(_SCALE, unit):
        for word in filter(None, found.groups()):
            scale *= SCALES[word.casefold()]
        unit = unit[found.end() :]
        unit = f"đồng{unit}" if unit[:1] in ("", "/") else unit
    return scale, unit


def _scaled(digits: str, per: str | None, scale: int) -> tuple[Fraction, bool]:
    bare = digits.strip("()+-−")
    value, ambiguous = read_digits(bare)
    if digits[0] in "(-−":
        value = -value
    parts = (100 if per.strip() == "%" else 1000) if per else 1
    return value if scale == parts else value * scale / parts, ambiguous  # arithmetic of fractions is slow


def _number(digits: str, per: str | None, unit: str | None) -> Figure:
    scale, unit = _unit(unit)
    value, ambiguous = _scaled(digits, per, scale)
    if per and unit and re.match(_OF_PLAN, unit):  # a share of what was planned, which may not be what is asked for
        ambiguous = True
    return Figure("number", value, value, unit=unit, percent=bool(per), ambiguous=ambiguous)


def _compound(body: str, rest: str, money: str | None) -> Figure | None:
    """An amount in several scales, where its parts are in order and none reaches the scale before it."""
    if len(rest) == 1 and rest.isdecimal() and money:  # "1 triệu 5 đồng" may be 1.500.000 or 1.000.005
        return None
    total, above = Fraction(0), 0
    parts = re.findall(rf"(?i){_SCALED}", body)
    for digits, word in parts:
        value, _ambiguous = read_digits(digits)
        size = SCALES[word.casefold()]
        if above and (size >= above or value * size >= above):
            return None
        total, above = total + value * size, size
    if rest:
        if not parts[-1][0].isdecimal():  # «1,5 tỷ 2»
            return None
        total += Fraction(above, 2) if not rest.isdecimal() else Fraction(int(rest) * above, 10 ** len(rest))
    return Figure("number", total, total, unit="đồng")


def _ratio(above: str, unit: str | None, below: str, unit_below: str | None) -> Figure:
    """A ratio. A unit named once holds for both; so does its scale word, which is worth a look: 3/10 triệu đồng."""
    numerator, doubt = read_digits(above)
    denominator, doubt_below = read_digits(below)
    scale, name = _unit(unit)
    scale_below, name_below = _unit(unit_below)
    if not name and scale_below > 1:
        scale, doubt = scale_below, doubt or bool(numerator)
    # 5/2024 may have meant a month
    doubt = doubt or (not name and not name_below and 1 <= numerator <= 12 and 1900 <= denominator <= 2100)
    return Figure(
        "ratio",
        numerator=numerator if scale == 1 else numerator * scale,
        denominator=denominator if scale_below == 1 else denominator * scale_below,
        unit=name or name_below,
        denominator_unit=name_below or name,
        ambiguous=doubt or doubt_below,
    )


def _range(first: str, per: str | None, last: str, per_last: str | None, unit: str | None, *, whole: str) -> Figure:
    scale, unit = _unit(unit)
    low, doubt = _scaled(first, per or per_last, scale)
    high, doubt_last = _scaled(last, per or per_last, scale)
    if low > high:
        raise Unreadable("number-range", N_("“{text}”: số đầu lớn hơn số cuối; hãy gõ từ nhỏ đến lớn."), text=whole)
    return Figure("interval", low, high, unit=unit, percent=bool(per or per_last), ambiguous=doubt or doubt_last)


def _bound(sign: str, digits: str, per: str | None, unit: str | None) -> Figure:
    number = _number(digits, per, unit)
    value = number.low
    match sign:
        case ">=" | ">":
            return replace(number, kind="interval", high=None, low_closed=sign == ">=", high_closed=False)
        case "<=" | "<":
            return replace(number, kind="interval", low=None, low_closed=False, high_closed=sign == "<=")
    decimals = len(digits.partition(",")[2])
    scale, _name = _unit(unit)
    half, _doubt = _scaled("1", per, scale)
    half /= 2 * 10**decimals
    assert value is not None
    return replace(number, kind="interval", low=value - half, high=value + half, high_closed=False)
