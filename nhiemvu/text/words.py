"""What an official's sentence says: a verdict, the counts of a heading, a ratio with its percentage, a count."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from nhiemvu.messages import N_, current_language
from nhiemvu.text.digits import NUMBER, Unreadable, read_digits
from nhiemvu.text.folding import fold, tidy
from nhiemvu.verdicts import Verdict

_PHRASES: dict[str, Verdict] = {
    fold(phrase): verdict
    for verdict, phrases in {
        Verdict.EXCEEDED: "vượt|đạt và vượt|vượt mức|vượt kế hoạch|vượt chỉ tiêu|vượt mức kế hoạch|hoàn thành vượt mức",
        Verdict.MET: "đạt|đã đạt|đạt chuẩn|hoàn thành|đã hoàn thành|hoàn thành tốt|hoàn thành xuất sắc",
        Verdict.NOT_MET: "chưa đạt|không đạt|chưa đạt chuẩn|không đạt chuẩn|chưa hoàn thành|không hoàn thành",
        Verdict.NOT_ASSESSED: "chưa đánh giá|chưa được đánh giá|chưa có đánh giá|chưa tự đánh giá",
        Verdict.NO_DATA: "thiếu số liệu|chưa có số liệu|không có số liệu",
        Verdict.NOT_APPLICABLE: "không phát sinh|không áp dụng|không có đối tượng",
    }.items()
    for phrase in phrases.split("|")
}
# words before a verdict that add nothing to it; a negation is never among them
_FILLER = (
    "(?:{})(?: |$)".format(
        "|".join(map(fold, ("tự đánh giá", "đánh giá", "kết quả", "kết luận", "xếp loại", "thực hiện", "nhiệm vụ")))
    )
    + "|(?:tiêu chí|chỉ tiêu|nội dung)(?: số)?(?: \\d[\\d.]*)?(?: |$)"
)
_TAIL = (
    "(?: theo)? (?:kế hoạch|kh|yêu cầu|quy định|tiêu chí|chỉ tiêu|nhiệm vụ)$"
    "|,? theo (?:bc|báo cáo|qđ|quyết định|văn bản|công văn|cv)(?: số)? \\d[\\w/.-]*$"
)
# a reason takes nothing back, unless it speaks of an end that came later
_BECAUSE = "((?:chưa|không) (?:đạt|hoàn thành))(?:,| do | vì )(?!.*(?:đạt|hoàn thành|vượt)).*"
_FULLY = r"(?<=đạt|ành) 100 ?%$"
_ASIDE = r"\([^()]*\)"
_LONGEST_DASH = 10
_LONGEST_STATEMENT = 300


def read_verdict(text: str) -> Verdict | None:
    """The verdict that a cell states in words; `None` for a blank one.

    Words before it ("đánh giá", "nhiệm vụ", "thực hiện"), "theo kế hoạch" after it and a reason in parentheses are
    passed over. A negation never is: "chưa đạt" is never read as "đạt", and what is not known is not read at all.

    Raises:
        Unreadable: `verdict-unknown`.

    >>> read_verdict("Nhiệm vụ chưa đạt theo kế hoạch"), read_verdict("đánh giá đạt 100%")
    (<Verdict.NOT_MET: 'not_met'>, <Verdict.MET: 'met'>)
    """
    shown = tidy(text)
    if not shown:
        return None
    folded = fold(shown).strip("=>- .:;,…")
    if not folded and len(shown) < _LONGEST_DASH:  # a dash or dots say as little as a blank
        return None
    outside = re.sub(_ASIDE, " ", folded)
    words = " ".join((outside if outside.strip(" .:;,") else folded).replace(":", " ").split()).strip("(). :;,=>")
    if len(words) > _LONGEST_STATEMENT:  # a paragraph is no verdict, and would cost the patterns dear
        words = ""
    while words not in _PHRASES:
        if found := re.match(_FILLER, words):
            words = words[found.end() :]
        elif found := re.search(_FULLY, words) or re.search(_TAIL, words):
            words = words[: found.start()].rstrip()
        elif found := re.fullmatch(_BECAUSE, words):
            words = found[1]
        else:
            raise Unreadable(
                "verdict-unknown",
                N_("“{text}” không phải là kết luận; hãy gõ Đạt, Chưa đạt, Vượt, Chưa đánh giá hoặc Không phát sinh."),
                text=shown,
            )
    return _PHRASES[words]


_BRACKETED = r"\(([^()]*)\)[\s.;,]*$"
_MARK = r"[.:;>]"


def cut_verdict(line: str, *, bracketed: bool = False) -> tuple[str, Verdict | None]:
    """A line without the statement of a verdict in which it ends, and that verdict; as it is where there is none.

    A statement is nothing but a verdict, and stands in brackets or calls itself an assessment after a full stop, a
    colon, a semicolon or an arrow. One that gives its reason, «Đạt (do không có bãi chôn lấp)», is left.

    Args:
        line: one line.
        bracketed: take only statements in brackets.

    >>> cut_verdict("kết quả thực hiện 97,5% (đánh giá đạt).")
    ('kết quả thực hiện 97,5%', <Verdict.MET: 'met'>)
    >>> cut_verdict("có một trong các hoạt động bảo tồn")
    ('có một trong các hoạt động bảo tồn', None)
    """
    starts = [(found.start(), found[1]) for found in re.finditer(_BRACKETED, line)]
    if not bracketed:
        marks = [found.end() for found in re.finditer(_MARK, line.rstrip(" .;,"))][-2:]
        starts += [(at, line[at:]) for at in marks if _is_statement(line[at:])]
    for start, statement in starts:
        try:
            verdict = read_verdict(statement)
        except Unreadable:
            continue
        if verdict is not None and not (verdict is Verdict.NOT_MET and re.search(_BECAUSE, fold(statement))):
            return line[:start].rstrip(" :;,=>-"), verdict
    return line, None


def _is_statement(text: str) -> bool:
    """Does it call itself an assessment, without figures or asides: «đánh giá: hoàn thành theo kế hoạch»."""
    words = " ".join(fold(text).replace(":", " ").split()).strip("=> ")
    return bool(re.match(_FILLER, words)) and not re.search(r"[()\d]", words)


_STARTS_WITH_NUMBER = rf"({NUMBER})\s*(.*)"


def mentions(text: str, figures: str) -> bool:
    """Does a text state a figure: each number of «0 / 53.000.000 = 0%», with the sign or the unit behind it?

    Args:
        text: what an official wrote.
        figures: as this program shows them in the language in force.

    >>> mentions("đã giải ngân 0 đồng/53.000.000 đ, đạt 0%", "0 / 53.000.000 = 0%")
    True
    >>> mentions("đạt 24,7%", "24,72%"), mentions("kết quả ≥ 95%", "≥ 95%"), mentions("", "")
    (False, True, False)
    """
    line = fold(text)
    numbers = re.finditer(rf"(?<![\w.,])({NUMBER})\s*", line)
    stated = [(_number(found[1]), line[found.end() : found.end() + len(figures)]) for found in numbers]
    if current_language() == "en":
        figures = figures.translate(_SWAPPED)
    parts = [fold(part) for part in re.split(" / | = ", figures) if part]
    for part in parts:
        found = re.fullmatch(_STARTS_WITH_NUMBER, part)
        number = _number(found[1]) if found else None
        if found is None or number is None:
            if part not in line:
                return False
        elif not any(number == said and after.startswith(found[2].partition("/")[0]) for said, after in stated):
            return False  # m2/người may be said as m2
    return bool(parts)


_SWAPPED = str.maketrans(",.", ".,")


def _number(digits: str) -> Fraction | None:
    try:
        return read_digits(digits)[0]
    except Unreadable:
        return None


@dataclass(frozen=True, slots=True)
class HeadingCounts:
    """What a group's heading says of its members.

    Attributes:
        total: how many there are, where it says so.
        by_verdict: how many have each verdict that it names.
    """

    total: int | None
    by_verdict: Mapping[Verdict, int] = field(default_factory=dict)


_MEMBER = "(?:nhiệm vụ|tiêu chí|chỉ tiêu|nội dung)"
_TOTAL = rf"\b(?:gồm|tổng số|tổng cộng|tổng)(?: có)?:? (\d{{1,3}}) {_MEMBER}\b"
_COUNT = rf"(?<![\d.,/\-])(\d{{1,3}}) ({_MEMBER} )?(?:(?:được )?(?:đánh giá|thực hiện) )?" + "({})(?!\\w)".format(
    "|".join(sorted(_PHRASES, key=len, reverse=True))
)


YES_WORDS = frozenset({"có", "đúng", "true", "rồi", "đã có", "đạt"})
NO_WORDS = frozenset({"không", "sai", "false", "chưa", "không có", "chưa có", "chưa đạt", "không đạt"})


def read_truth(text: str) -> bool | None:
    """Yes or no, as officials write it; None for anything else.

    >>> read_truth("Có"), read_truth("chưa có"), read_truth("một phần")
    (True, False, None)
    """
    said = fold(text)
    return True if said in YES_WORDS else False if said in NO_WORDS else None


@lru_cache(maxsize=8192)
def read_heading_counts(text: str) -> HeadingCounts | None:
    """The counts in the heading of a group; `None` where it holds none.

    >>> read_heading_counts("gồm 03 nhiệm vụ: (Thực hiện 01 nhiệm vụ đạt, 02 nhiệm vụ chưa đạt)").total
    3
    """
    folded = fold(text)
    total = re.search(_TOTAL, folded)
    counts: dict[Verdict, int] = {}
    for number, member, phrase in re.findall(_COUNT, folded):
        if member or total:  # a bare "04 chưa đạt" is a count only where the heading counts
            counts[_PHRASES[phrase]] = counts.get(_PHRASES[phrase], 0) + int(number)
    if not total and not counts:
        return None
    return HeadingCounts(int(total[1]) if total else None, counts)


@dataclass(frozen=True, slots=True)
class StatedRatio:
    """A ratio beside what the text says that it comes to: "409/424=96,4%".

    Attributes:
        numerator, denominator: as written.
        stated: what it is said to be; 0,964 for 96,4%.
        digits: decimals of the stated figure as written.
        percent: it is a percentage, with or without its sign.
        text: the words that were read.
        exactness: `rounded` or `cut` at its last digit, both accepted, or `wrong`.
    """

    numerator: Fraction
    denominator: Fraction
    stated: Fraction
    digits: int
    percent: bool
    text: str
    exactness: Literal["rounded", "cut", "wrong"]


# a unit between the numbers holds no digit but that of m2, and no mark that ends a clause
_OF = r"\s*(?:[^\W\d_](?:[^\d;:.,()=/]|(?<=m)[23](?!\d))*(?:/[^\W\d_][^\d;:.,()=/]*)*)?"
_EQUALS = rf"=\s*(?P<equal>{NUMBER})\s*(?P<sign>%)?(?P<unit>\s*[^\W\d_])?"
_REACHES = rf"[^\d;:.=]{{0,80}}?(?<!\w)(?:đạt|bằng|chiếm|tương đương)\s*(?:tỷ lệ )?(?P<said>{NUMBER})\s*%"
_RATIO = (
    rf"(?i)(?<![\w/.,\-])(?P<above>{NUMBER}){_OF}\s*/\s*(?P<below>{NUMBER})(?!\s*/\s*\d){_OF}[ ,]*"
    rf"(?:{_EQUALS}|{_REACHES})"
)
_NOT_A_RATIO = r"(?:tháng|quý|ngày|năm|số|điều|khoản|mục) $"
_AGAINST = rf"đạt (?P<said>{NUMBER})\s*% so với [^\d;:.=%]{{0,80}}?(?P<below>{NUMBER})"
_SHARE_OF = rf"(?i)(?<![\w/.,\-])(?P<above>{NUMBER})\s*(?:[^\W\d_]{{1,8}})?,? {_AGAINST}"
_AND_OF = rf"(?i)[^\d;:.=%]{{0,20}}?\b(?P<again>{_AGAINST})"


def read_stated_ratios(text: str) -> list[StatedRatio]:
    """Every place where the text gives a ratio and says what it comes to, in order.

    Read are `396/424=93,3` (the percent sign may be missing), `72.225.000 đ/130.700.000 so với dự toán đạt 55 %`, and
    `3.220.000 đồng đạt 32% so với dự toán 10.000.000 đồng`. Dates, numbers of documents and figures that cannot be read
    are passed over.

    >>> [(str(found.stated), found.exactness) for found in read_stated_ratios("nhà tắm 396/424=93,3; 1/2 = 60%")]
    [('933/1000', 'cut'), ('3/5', 'wrong')]
    """
    line = tidy(text)
    ratios = _ratios(line) if "/" in line else ()  # what most texts lack is found several times faster than it all
    shares = _shares(line) if "so với" in line.casefold() else ()
    found = sorted((*ratios, *shares), key=lambda pair: pair[0])
    return [ratio for _place, ratio in found if ratio]


def _ratios(line: str) -> Iterator[tuple[int, StatedRatio | None]]:
    for match in re.finditer(_RATIO, line):
        if re.search(_NOT_A_RATIO, fold(line[max(0, match.start() - 12) : match.start()]) + " "):
            continue
        percent = True if match["said"] or match["sign"] else False if match["unit"] else None
        yield match.start(), _judge(match["above"], match["below"], match["equal"] or match["said"], percent, match[0])


def _shares(line: str) -> Iterator[tuple[int, StatedRatio | None]]:
    """One numerator may be set against several plans, one after the other."""
    first, more = re.compile(_SHARE_OF), re.compile(_AND_OF)
    match = first.search(line)
    while match:
        above, end = match["above"], match.end()
        yield match.start(), _judge(above, match["below"], match["said"], True, match[0])
        while again := more.match(line, end):
            end = again.end()
            yield again.start(), _judge(above, again["below"], again["said"], True, again["again"])
        match = first.search(line, end)


def _judge(above: str, below: str, said: str, percent: bool | None, text: str) -> StatedRatio | None:
    """Compare what is stated with the quotient. Where the text does not say if it is a percentage, the size does."""
    try:
        numerator, denominator, stated = (read_digits(part)[0] for part in (above, below, said))
    except Unreadable:
        return None
    quotient = numerator / denominator if denominator else None
    if percent is None:
        percent = quotient is None or abs(stated / 100 - quotient) <= abs(stated - quotient)
    digits = len(said.partition(",")[2])
    step = Fraction(1, 10**digits) / (100 if percent else 1)
    stated = stated / 100 if percent else stated
    exactness: Literal["rounded", "cut", "wrong"] = "wrong"
    if quotient is not None:
        if abs(stated - quotient) * 2 <= step:
            exactness = "rounded"
        elif 0 < quotient - stated < step:
            exactness = "cut"
    return StatedRatio(numerator, denominator, stated, digits, percent, text.strip(), exactness)


def read_mention(text: str, noun: str) -> Fraction | None:
    """The number right before the first mention of a noun, in whole words; `None` where there is none.

    Raises:
        Unreadable: the number there cannot be read.

    >>> read_mention("cư trú 421 hộ, 2017 nhân khẩu", "hộ")
    Fraction(421, 1)
    """
    found = re.search(rf"(?<![\w.,])({NUMBER})\s*{re.escape(fold(noun))}(?!\w)", fold(text))
    return read_digits(found[1])[0] if found else None
