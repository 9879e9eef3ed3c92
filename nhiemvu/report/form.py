"""What the BIỂU ĐÁNH GIÁ says: the text of its three columns, in the words in which a template names it.

These classes are what a template may use: `word.py` reads their fields to check one, so a field that is added here can
be used at once, and one that is not here is refused with the nearest name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from nhiemvu.engine.rows import Row, UnitInfo
from nhiemvu.evaluation import Evaluation
from nhiemvu.messages import N_, _
from nhiemvu.sheets.tally import list_counts, rests_on_a_word
from nhiemvu.sheets.title import has_committee, name_committee
from nhiemvu.text import Unreadable as NoPeriod
from nhiemvu.text import cut_verdict, fold, format_count, format_date, mentions, read_period, tidy_lines
from nhiemvu.verdicts import Outlook, Verdict, label

Choice = Literal["computed", "declared"]
PARAGRAPH = "\a"  # where docxtpl begins a new paragraph that looks like the one it is in

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # what XML cannot hold
_BULLET = re.compile(r"^(?:[-+–•]\s+|=>\s*)")
_BLANK = "………"


@dataclass(frozen=True, slots=True)
class Unit:
    """Who sends the form.

    Attributes:
        name: `Xã Hải Yến`.
        agency: `ỦY BAN NHÂN DÂN XÃ HẢI YẾN`.
        short: `UBND xã Hải Yến`.
        parent: the agency above.
        place: before the date.
        has_committee: is it led by a people's committee, so that its chairman signs.
    """

    name: str
    agency: str
    short: str
    parent: str
    place: str
    has_committee: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One task, criterion, or line of a table.

    Attributes:
        code: `17.3`.
        name: by the rules.
        target: `≥ 80%`; empty where the unit judges by itself.
        text: the narrative and what it does not say of the figures, as one or more paragraphs.
        narrative: what the official wrote, without the verdict that `verdict` says.
        figures: `72.225.000/883.700.000 = 8,17%`.
        shortfall: `còn thiếu 811.475.000 đ`.
        verdict: in words, with the other verdict where the unit and the rules differ.
        declared, computed: the two verdicts, `Chưa đạt`; `declared` empty where the unit says nothing.
        differs: do they differ.
        is_group: is it rolled up from what is below it.
        level: 1 for a task of a group.
    """

    code: str
    name: str
    target: str
    text: str
    narrative: str
    figures: str
    shortfall: str
    verdict: str
    declared: str
    computed: str
    differs: bool
    is_group: bool
    level: int


@dataclass(frozen=True, slots=True)
class Group:
    """One row of the form.

    Attributes:
        code, name: of the group, or of the one criterion that stands alone.
        target: of the one criterion.
        counts: `Gồm 05 nhiệm vụ: có 04 chưa đạt, 01 thiếu số liệu`, of the verdicts that the form shows.
        verdict: as of a line; empty where `lines` say it.
        text: what the official wrote about the group.
        tasks: the tasks right below it.
        lines: everything below it, in reading order.
        outlook: what the official and the pace say of the rest of the period, a paragraph each.
    """

    code: str
    name: str
    target: str
    counts: str
    verdict: str
    text: str
    tasks: tuple[Line, ...]
    lines: tuple[Line, ...]
    outlook: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """The whole form.

    Attributes:
        title: of the rulebook.
        period: `6 tháng đầu năm 2024`.
        year: of the figures.
        as_of: the day of the figures.
        unit: who sends it.
        outlook_heading: of the third column.
        overview: how many criteria came to which verdict.
        groups: the rows of the table.
        notes: where the verdicts of the unit and of the rules differ, what lacks figures, what rests on no figure.
    """

    title: str
    period: str
    year: str
    as_of: str
    unit: Unit
    outlook_heading: str
    overview: str
    groups: tuple[Group, ...]
    notes: tuple[str, ...]


def make_form(evaluation: Evaluation, unit: int = 0, verdicts: Choice = "computed") -> Form:
    """What the form of one unit says.

    Args:
        evaluation: of which it is made.
        unit: its position.
        verdicts: which verdict stands where the unit's own and that of the rules differ; the other is named beside it.
    """
    return _Teller(evaluation, unit, verdicts).tell()


class _Teller:
    """The rows of one unit on the way into sentences."""

    def __init__(self, evaluation: Evaluation, unit: int, verdicts: Choice) -> None:
        self.title, self.info = evaluation.rulebook.title, evaluation.units[unit]
        self.rows, self.closed = evaluation.rows(unit), evaluation.is_closed(unit)
        self.by_declaration = verdicts == "declared"
        self.grades = {each.id: each.grade for each in evaluation.find_grades(unit) if each.grade}

    def tell(self) -> Form:
        info = self.info
        leaves = [row for row in self.rows if row.kind == "leaf"]
        counts = list_counts(Counter(map(self._shown, leaves)), closed=self.closed)
        return Form(
            title=_clean(self.title),
            period=_clean(info.period) or _BLANK,
            year=_year(info),
            as_of=format_date(info.as_of) if info.as_of else "",
            unit=_tell_unit(info),
            outlook_heading=_outlook_heading(info.period),
            overview=_("Có {n} chỉ tiêu: {counts}", n=format_count(len(leaves)), counts=counts) if leaves else "",
            groups=tuple(map(self._group, _split(self.rows))),
            notes=tuple(self._notes(leaves)),
        )

    # --- rows of the table ----------------------------------------------------------------------------------------

    def _group(self, rows: Sequence[Row]) -> Group:
        head, below = rows[0], rows[1:]
        is_group = head.kind == "group"
        lines = {row.id: self._line(row) for row in (below if is_group else rows)}
        children = [row for row in below if row.parent == head.id and row.kind != "line"]
        told = self._line(head)
        return Group(
            code=told.code,
            name=told.name,
            target=told.target,
            counts=self._count(children) if is_group and children else "",
            verdict=told.verdict if is_group else "",
            text=told.text if is_group else "",
            tasks=tuple(lines[row.id] for row in children),
            lines=tuple(lines.values()),
            outlook=tuple(self._look_ahead(rows)),
        )

    def _count(self, children: Sequence[Row]) -> str:
        counts = list_counts(Counter(map(self._shown, children)), closed=self.closed)
        measured = all(row.kind == "leaf" for row in children)
        template = N_("Gồm {n} chỉ tiêu: có {counts}") if measured else N_("Gồm {n} nhiệm vụ: có {counts}")
        return _(template, n=format_count(len(children)), counts=counts)

    def _line(self, row: Row) -> Line:
        # `0/0` says no more than that it does not arise
        figures = "" if row.verdict == Verdict.NOT_APPLICABLE else _clean(row.figures or row.shown)
        shortfall, narrative = _clean(row.shortfall), self._narrate(row)
        return Line(
            code=_clean(row.id),
            name=_clean(row.name).rstrip(" ."),
            target="" if row.kind == "group" or row.target.startswith('"') else _keep_together(_clean(row.target)),
            text=PARAGRAPH.join(_add_figures(narrative, figures, shortfall, last=row.kind != "group")),
            narrative=PARAGRAPH.join(narrative),
            figures=_keep_together(figures),
            shortfall=shortfall,
            verdict=self._tell_verdict(row),
            declared=self._word(row.declared) if row.declared else "",
            computed=self._word(row.verdict),
            differs=_differs(row),
            is_group=row.kind == "group",
            level=row.level,
        )

    def _narrate(self, row: Row) -> list[str]:
        """The narrative's paragraphs, without the name before it and without the verdict that the form says itself."""
        lines = [_clean(line) for line in tidy_lines(row.narrative).split("\n") if line]
        if lines:
            lines[0] = _cut_name(lines[0], row.name)
            if row.kind != "group":  # it follows a name and a colon
                lines[0] = _BULLET.sub("", lines[0])
        ours = {row.declared, self._shown(row)} if row.declared else {row.verdict}
        is_group = row.kind == "group"
        for at in {0, len(lines) - 1} if lines else ():
            cut, verdict = cut_verdict(lines[at], bracketed=is_group or at < len(lines) - 1)
            if verdict in ours:
                stays_alone = cut and (is_group or at < len(lines) - 1) and cut[-1].isalnum()
                lines[at] = f"{cut}." if stays_alone else cut
        return [line for line in lines if line]

    # --- verdicts -------------------------------------------------------------------------------------------------

    def _shown(self, row: Row) -> str:
        return row.declared if self.by_declaration and row.declared else row.verdict

    def _word(self, verdict: str) -> str:
        return label(verdict, closed=self.closed)

    def _tell_verdict(self, row: Row) -> str:
        shown = self._shown(row)
        told = _state(shown, self._word(shown))
        if row.id in self.grades:
            told = _("{told}; xếp loại {grade}", told=told, grade=_clean(self.grades[row.id]))
        if not _differs(row):
            return told
        other = row.verdict if shown == row.declared else row.declared
        fill = {"told": told, "other": self._word(other).lower()}
        if shown == row.declared:
            return _("{told}; theo quy tắc: {other}", **fill)
        return _("{told}; đơn vị tự đánh giá: {other}", **fill)

    # --- the third column, and what stands below the table ----------------------------------------------------------

    def _look_ahead(self, rows: Sequence[Row]) -> Iterator[str]:
        for row in rows:
            typed = _clean(row.forecast)
            if typed:
                yield typed if row.level == 0 else f"{_clean(row.id)}: {typed}"
        for row in rows:
            if row.outlook in ("", Outlook.NONE):
                continue
            word = Outlook(row.outlook).label
            reason = "" if row.outlook == Outlook.DONE else row.outlook_reason
            yield _clean(f"{row.id}: {word.lower()}. {reason}".rstrip())

    def _notes(self, leaves: Sequence[Row]) -> Iterator[str]:
        differing = [row for row in self.rows if _differs(row)]
        if differing:
            items = "; ".join(
                _(
                    "{id} (đơn vị: {declared}; quy tắc: {computed})",
                    id=_clean(row.id),
                    declared=self._word(row.declared).lower(),
                    computed=self._word(row.verdict).lower(),
                )
                for row in differing
            )
            which = (
                N_("Biểu ghi kết luận theo tự đánh giá của đơn vị. Khác với kết luận theo quy tắc ở {n} mục: {items}.")
                if self.by_declaration
                else N_("Biểu ghi kết luận theo quy tắc. Khác với tự đánh giá của đơn vị ở {n} mục: {items}.")
            )
            yield _(which, n=format_count(len(differing)), items=items)
        if missing := [row for row in leaves if row.verdict == Verdict.NO_DATA]:
            yield _("Thiếu số liệu: {codes}.", codes=_list_codes(missing))
        if unproved := list(filter(rests_on_a_word, leaves)):
            yield _(
                "Kết luận theo tự đánh giá của đơn vị, không có số liệu kèm theo: {codes}.", codes=_list_codes(unproved)
            )


def _split(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """The rows of each root of the tree."""
    starts = [i for i, row in enumerate(rows) if row.level == 0 or i == 0]
    for start, end in zip(starts, [*starts[1:], len(rows)], strict=True):
        yield rows[start:end]


def _differs(row: Row) -> bool:
    return bool(row.declared) and row.declared != row.verdict


def _state(verdict: str, word: str) -> str:
    """`đánh giá đạt`; what cannot be assessed is said as it is: `thiếu số liệu`."""
    if verdict in (Verdict.NOT_ASSESSED, Verdict.NO_DATA, Verdict.NOT_APPLICABLE):
        return word.lower()
    return _("đánh giá {verdict}", verdict=word.lower())


def _add_figures(narrative: Sequence[str], figures: str, shortfall: str, *, last: bool) -> list[str]:
    """The narrative with the figures that it does not state; `last`: the verdict in brackets is to follow."""
    lines = list(narrative)
    told = "\n".join(lines)
    missing = []
    if figures and not mentions(told, figures):
        is_number = any(letter.isdigit() for letter in figures)
        shown = _keep_together(figures)
        missing.append(_("kết quả {figures}", figures=shown) if is_number else shown)
    if shortfall and fold(shortfall) not in fold(told):
        missing.append(shortfall)
    sentence = ", ".join(missing)
    if sentence and lines:
        gap = " " if lines[-1].endswith((".", "!", "?", ":", ";", "…")) else ". "
        lines[-1] += gap + sentence[0].upper() + sentence[1:]
    elif sentence:
        lines = [sentence]
    if last and lines and lines[-1].endswith(".") and not lines[-1].endswith(".."):
        lines[-1] = lines[-1][:-1].rstrip()
    return lines


def _cut_name(line: str, name: str) -> str:
    """The line without the criterion's name, which stands before it."""
    size = len(_clean(name))
    if name and fold(line[:size]) == fold(name) and not line[size : size + 1].isalnum():
        return line[size:].lstrip(" :.;,-–")
    return line


def _clean(text: str) -> str:
    """One line of printable text."""
    return _UNPRINTABLE.sub("□", " ".join(tidy_lines(text).split("\n")))


def _keep_together(figures: str) -> str:
    """A figure that no line is broken in: `≥ 80%`, `0/7 = 0%`."""
    return re.sub(r"([=≥≤<>]) (?=\d)", "\\1\u00a0", figures.replace(" / ", "/"))


def _list_codes(rows: Iterable[Row]) -> str:
    return ", ".join(_clean(row.id) for row in rows)


def _tell_unit(info: UnitInfo) -> Unit:
    name = _clean(info.name)
    led = has_committee(name)
    return Unit(
        name=name or _BLANK,
        agency=name_committee(name or _BLANK),
        short=_("UBND {unit}", unit=name[0].lower() + name[1:]) if led and name else name or _BLANK,
        parent=_clean(info.parent_agency) or _BLANK,
        place=_clean(info.place) or _BLANK,
        has_committee=led or not name,
    )


def _year(info: UnitInfo) -> str:
    if info.as_of:
        return str(info.as_of.year)
    try:
        return str(read_period(info.period).end.year)
    except NoPeriod:
        return "20…"


def _outlook_heading(period: str) -> str:
    """Half a year looks ahead to the other half."""
    try:
        found = read_period(period)
    except NoPeriod:
        return _("Dự báo")
    first_half = (found.start.month, found.end.month) == (1, 6) and found.start.year == found.end.year
    return _("Dự báo 6 tháng cuối năm") if first_half else _("Dự báo")
