"""Which cells are percentages or dates: told by the number format, never guessed from the figure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from xml.etree import ElementTree

from nhiemvu.errors import Problem, WorkbookError
from nhiemvu.messages import N_, _
from nhiemvu.text import is_legacy
from nhiemvu.workbook.archive import Limits, over_limit
from nhiemvu.workbook.markup import MarkupError, MarkupLimitError, count_elements
from nhiemvu.workbook.number_format import Section, StyleKind, choose_section, sum_up
from nhiemvu.workbook.strings import NotSimpleError, decode_entities, is_plain

# Built-in formats have an id and no code in the file: ECMA-376 part 1, 18.8.30.
BUILT_IN: dict[int, str] = {
    **{1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 49: "@"},
    **dict.fromkeys((*range(14, 23), 45, 46, 47), "yyyy-mm-dd"),
}
_NUMBER_FORMAT = re.compile(rb'<numFmt numFmtId="([0-9]{1,9})" formatCode="([^"<\n\t]*)"')
_STYLE = re.compile(rb'<xf numFmtId="([0-9]{1,9})" fontId="([0-9]{1,9})"')


@dataclass(frozen=True, slots=True)
class Formats:
    """The formats of one workbook, by a cell's style index; an index that it does not know is a plain number.

    Attributes:
        kinds: what each style makes of a number; "mixed" where that depends on the number.
        decimals: decimals that it always shows: 2 for `0.00`, None where it does not say.
        sections: of the styles whose sections differ, leave thousands out or show words.
        legacy: styles whose font draws Vietnamese over other letters -> name of that font.
        from_1904: whether days count from 1904 (workbooks of old Macs).
        said: what the attributes of cells were found to say, for the reader of the cells.
    """

    kinds: list[StyleKind] = field(default_factory=list)
    decimals: list[int | None] = field(default_factory=list)
    sections: dict[int, tuple[Section, ...]] = field(default_factory=dict)
    legacy: dict[int, str] = field(default_factory=dict)
    from_1904: bool = False
    said: dict[str, tuple[int, str, str, str]] = field(default_factory=dict, compare=False, repr=False)

    def kind(self, style: int) -> StyleKind:
        """What the style makes of a number."""
        return self.kinds[style] if style < len(self.kinds) else "number"

    def section(self, style: int, number: float) -> Section | None:
        """By which section the style shows this number, where its sections are kept."""
        sections = self.sections.get(style)
        return choose_section(sections, number) if sections else None

    def show_code(self, number: float, style: int) -> str:
        """A number as text where it stands for a code: 1.1 in a cell formatted `0.00` was typed, or is shown, as 1.10.

        >>> Formats(["number"], [2]).show_code(1.1, 0), Formats().show_code(1.1, 0), Formats().show_code(2.0, 0)
        ('1.10', '1.1', '2')
        """
        decimals = self.decimals[style] if style < len(self.decimals) else None
        if decimals is not None:
            return f"{number:.{decimals}f}"
        return str(int(number)) if number == int(number) else repr(number)


# all that we ask of a styles part: codes by number, fonts that draw Vietnamese over other letters by position among the
# fonts, number and font of each cell's style
_Said = tuple[dict[int, str], dict[int, str], list[tuple[int, int]]]


def read_styles(data: bytes | None, *, from_1904: bool = False, limits: Limits | None = None) -> Formats:
    """The formats of `xl/styles.xml`; a workbook without that part has plain numbers only.

    Raises:
        WorkbookError: the part is not XML, has a document type, or passes a limit.
    """
    if not data:
        return Formats(from_1904=from_1904)
    try:
        count_elements(data, limits or Limits.from_environment())
    except MarkupLimitError as why:
        raise over_limit(why.limit, why.value, why.allowed) from why
    try:
        codes, legacy, styles = _list_quickly(data)
    except NotSimpleError:
        codes, legacy, styles = _list_thoroughly(data)
    return make_formats(BUILT_IN | codes, legacy, styles, from_1904=from_1904)


def make_formats(
    codes: Mapping[int, str], legacy: Mapping[int, str], styles: Sequence[tuple[int, int]], *, from_1904: bool
) -> Formats:
    """The formats of a workbook.

    Args:
        codes: format codes by their numbers.
        legacy: fonts that draw Vietnamese over other letters, by position among the fonts.
        styles: number of the format, and position of the font, of each style of cells.
        from_1904: whether days count from 1904.
    """
    known = {number: sum_up(codes.get(number, "")) for number in {number for number, _ in styles}}
    told = [known[number] for number, _ in styles]
    return Formats(
        [each.kind for each in told],
        [each.decimals for each in told],
        {at: each.sections for at, each in enumerate(told) if each.sections},
        {at: legacy[font] for at, (_, font) in enumerate(styles) if font in legacy} if legacy else {},
        from_1904,
    )


def _list_quickly(data: bytes) -> _Said:
    """By patterns, where every format of a list is written as nearly all programs do.

    Raises:
        NotSimpleError: one of them is not.
    """
    numbers, _, rest = data.partition(b"<fonts")
    fonts, _, rest = rest.partition(b"</fonts>")
    between, _, rest = rest.partition(b"<cellXfs")
    styles, closed, rest = rest.partition(b"</cellXfs>")
    codes, used = _NUMBER_FORMAT.findall(numbers), _STYLE.findall(styles)
    named = fonts.lower()
    if (
        not closed
        or b".vn" in named
        or b"vni" in named
        or b"'" in numbers
        or b"AlternateContent" in numbers
        or b"<extLst" in between
        or not is_plain(data)
        or b"<cellXfs" in rest
        or len(codes) != numbers.count(b"numFmt ")
        or len(used) != styles.count(b"<xf")
    ):
        raise NotSimpleError
    ids = {(number, font): (int(number), int(font)) for number, font in set(used)}  # few differ
    return (
        {int(number): decode_entities(code.decode()) for number, code in codes},
        {},
        [ids[written] for written in used],
    )


def _list_thoroughly(data: bytes) -> _Said:
    parts = {_local(part.tag): part for part in _parse(data)}
    fonts = [
        next((child.get("val", "") for child in font if _local(child.tag) == "name"), "")
        for font in parts.get("fonts", ())
    ]
    return (
        {
            number: each.get("formatCode", "")
            for each in parts.get("numFmts", ())
            if (number := read_index(given := each.get("numFmtId"))) or given == "0"
        },
        {at: font for at, font in enumerate(fonts) if is_legacy(font)},
        [(read_index(each.get("numFmtId")), read_index(each.get("fontId"))) for each in parts.get("cellXfs", ())],
    )


class _Builder(ElementTree.TreeBuilder):
    def doctype(self, _name: str, _public: str | None, _system: str | None) -> None:
        raise MarkupError("DOCTYPE")


def _parse(data: bytes) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(data, ElementTree.XMLParser(target=_Builder()))  # noqa: S314 (no document type)
    except (ElementTree.ParseError, ValueError, LookupError) as why:  # the last two: a DOCTYPE, unknown encodings
        raise WorkbookError(
            Problem(
                "broken-styles",
                N_("phần định dạng của sổ không đọc được ({why}); hãy mở sổ bằng Excel rồi lưu lại thành .xlsx"),
                fill={"why": _tell(why)},
            )
        ) from why


def _tell(why: Exception) -> str:
    if isinstance(why, ElementTree.ParseError):
        line, column = why.position
        return _("dòng {line}, cột {column}", line=line, column=column + 1)
    return str(why) if isinstance(why, MarkupError) else _("bảng mã ký tự")


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def read_index(given: str | None) -> int:
    """A number that points into a list, as an attribute has it; 0 where it is none, or absurd."""
    return int(given) if given and given.isdecimal() and len(given) < 10 else 0


_EPOCH = dt.datetime(1899, 12, 30)
_EPOCH_1904 = dt.datetime(1904, 1, 1)


def read_day(serial: float, *, from_1904: bool = False) -> dt.date | dt.time | None:
    """The day (with its time, where it has one) of a serial number; None where there is no such day.

    The calendar of 1900 counts a 29th of February that never was, so numbers below 60 are a day later than the rest.

    >>> read_day(45441), read_day(45441.5), read_day(59), read_day(-1)
    (datetime.date(2024, 5, 29), datetime.datetime(2024, 5, 29, 12, 0), datetime.date(1900, 2, 28), None)
    """
    days = int(serial)
    if serial < 0 or days > 2_958_465:  # the 31st of December 9999
        return None
    seconds = round((serial - days) * 86_400_000) / 1000
    if not days and not from_1904:
        return (_EPOCH + dt.timedelta(seconds=seconds)).time() if seconds < 86_400 else None
    epoch = _EPOCH + dt.timedelta(days=1) if days < 60 else _EPOCH
    start = _EPOCH_1904 if from_1904 else epoch
    try:
        moment = start + dt.timedelta(days=days, seconds=seconds)
    except OverflowError:
        return None
    return moment if seconds else moment.date()
