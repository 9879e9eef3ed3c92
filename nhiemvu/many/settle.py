"""Who is who: which unit sent which file, which files contradict each other, who sent nothing, and the groups."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import PurePosixPath

import numpy as np

from nhiemvu.engine.groups import Group
from nhiemvu.engine.rows import UnitInfo
from nhiemvu.errors import Place, Problem
from nhiemvu.many.batch import Item
from nhiemvu.many.listed import Listed, recognise
from nhiemvu.many.summary import Absent, Submission
from nhiemvu.many.words import Words
from nhiemvu.messages import N_
from nhiemvu.rules.rulebook import Rulebook
from nhiemvu.rules.units import Unit, Units
from nhiemvu.text import Unreadable, format_date, read_period

SHOWN = 3  # names in one sentence


@dataclass
class Settled:
    """What counts.

    Attributes:
        picks: positions among the units that were judged, in the order of the summary.
        units, words: of those that are picked.
        submissions: one a file.
        absent: expected units without a verdict.
        groups: of the tree, or one of all.
    """

    picks: list[int] = field(default_factory=list)
    units: list[UnitInfo] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)
    submissions: list[Submission] = field(default_factory=list)
    absent: list[Absent] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)


@dataclass(slots=True)
class _Claim:
    """One file that was judged, and the unit that it claims to be of."""

    at: int
    item: Item
    unit: UnitInfo
    problems: list[Problem] = field(default_factory=list)


def settle(
    items: Sequence[Item], units: Sequence[UnitInfo], tree: Units | None, rulebook: Rulebook, as_of: dt.date | None
) -> Settled:
    """Decide what counts.

    Args:
        items: every file, in any order.
        units: who claims to have sent those that were judged, in the order of the items.
        tree: the units that are expected; None: whoever sent something.
        rulebook: for the day, where neither `as_of` nor a workbook says one.
        as_of: the cut-off date.
    """
    settled = Settled()
    claims: dict[str, list[_Claim]] = {}
    listed = None if tree is None else Listed(tree, find_day(units, rulebook, as_of))
    judged, main = iter(range(len(units))), find_main_period(units)
    numbered = [(item, -1 if item.words is None else next(judged)) for item in items]
    # which of several files comes first must not depend on who read them when
    for item, at in sorted(numbered, key=lambda each: each[0].source):
        if item.words is None:
            settled.submissions.append(_report(item, "failed", item.problems))
            continue
        unit = units[at]
        claim = _Claim(at, item, unit)
        if listed is not None:
            claim.unit, claim.problems = recognise(unit, item.source.name, listed)
        _refuse_other_period(claim, main)
        if any(problem.severity == "error" for problem in claim.problems):
            settled.submissions.append(_report(item, "failed", claim.problems, claim.unit))
        else:
            claims.setdefault(claim.unit.code, []).append(claim)
    order = sorted(claims) if listed is None else _in_order(listed.nodes)
    conflicts = set()
    for code in order:
        found = claims.get(code, [])
        if len({claim.item.sha256 for claim in found}) > 1:
            conflicts.add(code)
            settled.submissions += [_set_aside(claim, found) for claim in found]
        elif found:
            _count(found, settled)
    if listed is not None:
        _find_absent(listed, order, conflicts, settled)
        settled.groups = _group(listed.nodes, order, settled.units)
    return settled


def _report(item: Item, state: str, problems: Iterable[Problem] = (), unit: UnitInfo | None = None) -> Submission:
    code, name = (unit.code, unit.name) if unit is not None else ("", "")
    return Submission(item.source.name, state, code, name, item.sha256, item.source.link, tuple(problems))  # type: ignore[arg-type]  # one of its states


def _count(found: Sequence[_Claim], settled: Settled) -> None:
    """One file of a unit counts; copies of it, byte for byte, do not count again."""
    first = found[0]
    assert first.item.words is not None  # only what was judged makes a claim
    settled.picks.append(first.at)
    settled.units.append(first.unit)
    settled.words.append(Words(first.item.words, first.unit.code, tuple(first.problems)))
    settled.submissions.append(_report(first.item, "evaluated", first.problems, first.unit))
    for claim in found[1:]:
        message = N_("giống từng byte với «{other}» nên không tính lần nữa")
        problem = Problem("same-file-twice", message, Place(claim.item.source.name), {"other": first.item.source.name})
        settled.submissions.append(_report(claim.item, "duplicate", (replace(problem, severity="note"),), claim.unit))


def _set_aside(claim: _Claim, found: Sequence[_Claim]) -> Submission:
    names = [f"«{other.item.source.name}»" for other in found if other is not claim]
    others = ", ".join([*names[:SHOWN], "…"] if len(names) > SHOWN else names)
    message = N_(
        "đơn vị {unit} có {count} sổ khác nhau (cùng với {others}) nên chưa sổ nào được tính; giữ lại sổ đúng rồi "
        "chạy lại"
    )
    fill = {"unit": claim.unit.name or claim.unit.code, "count": len(found), "others": others}
    problem = Problem("unit-conflict", message, Place(claim.item.source.name), fill, unit=claim.unit.code)
    return _report(claim.item, "conflict", (problem, *claim.problems), claim.unit)


# --- against the tree -------------------------------------------------------------------------------------------------


def find_day(units: Sequence[UnitInfo], rulebook: Rulebook, as_of: dt.date | None = None) -> dt.date:
    """The day of the tree: the cut-off date, else the one that most workbooks give, else the end of the rules."""
    days = Counter(unit.as_of for unit in units if unit.as_of is not None)
    most = min(days, key=lambda day: (-days[day], day)) if days else None
    return as_of or most or rulebook.valid_to or dt.date.today()


Days = tuple[dt.date, dt.date]  # the first and the last of a period


def _read_days(unit: UnitInfo) -> Days | None:
    try:
        period = read_period(unit.period) if unit.period else None
    except Unreadable:
        return None  # free text says nothing that could be compared
    return None if period is None else (period.start, period.end)


def find_main_period(units: Sequence[UnitInfo]) -> Days | None:
    """The period that most workbooks are of, as far as they say it."""
    found = Counter(days for unit in units if (days := _read_days(unit)) is not None)
    return min(found, key=lambda days: (-found[days], days)) if found else None


def _refuse_other_period(claim: _Claim, main: Days | None) -> None:
    """Figures of two periods are never added up."""
    own = _read_days(claim.unit)
    if main is None or own in (None, main):
        return
    message = N_(
        "sổ thuộc kỳ «{period}», khác kỳ của đa số sổ (đến {end}) nên không cộng chung; tổng hợp riêng, hoặc sửa kỳ "
        "ghi trong sổ"
    )
    fill = {"period": claim.unit.period, "end": format_date(main[1])}
    claim.problems.insert(0, Problem("other-period", message, Place(claim.item.source.name), fill))


def _children(nodes: Mapping[str, Unit]) -> dict[str, list[str]]:
    below: dict[str, list[str]] = {}
    for code in sorted(nodes):
        parent = nodes[code].parent
        below.setdefault(parent if parent in nodes else "", []).append(code)
    return below


def _in_order(nodes: Mapping[str, Unit]) -> list[str]:
    """Every unit in the order of the tree, parents before what stands below them."""
    below = _children(nodes)
    order: list[str] = []
    waiting = below.get("", [])[::-1]
    while waiting:
        code = waiting.pop()
        order.append(code)
        waiting += below.get(code, [])[::-1]
    return order


def _find_absent(listed: Listed, order: Iterable[str], conflicts: set[str], settled: Settled) -> None:
    nodes = listed.nodes
    present = {unit.code for unit in settled.units}
    failed = [each for each in settled.submissions if each.state == "failed"]
    files = {each.unit: each.name for each in settled.submissions[::-1] if each.state in ("failed", "conflict")}
    by_word: dict[str, list[str]] = {}  # of the names of files that are nobody's
    for each in failed:
        if each.unit not in nodes:
            for word in set(_WORD.findall(PurePosixPath(each.name).name)):
                by_word.setdefault(word, []).append(each.name)
    for code in order:
        if code in present or code in listed.parents:
            continue
        why = "conflict" if code in conflicts else "failed" if code in files else "missing"
        names = tuple(nodes[each].name for each in _above(code, nodes))
        file = files[code] if code in files else _find_file(code, by_word)
        settled.absent.append(Absent(code, nodes[code].name, names, why, file))  # type: ignore[arg-type]  # one of its reasons


_WORD = re.compile(r"\w+")


def _find_file(code: str, by_word: Mapping[str, Sequence[str]]) -> str:
    """The first file whose name has this code in it, as a word of its own or several; empty where none has."""
    files = min((by_word.get(word, ()) for word in _WORD.findall(code)), key=len, default=())
    return next((file for file in files if _has_word(PurePosixPath(file).name, code)), "")


def _has_word(text: str, word: str) -> bool:
    return any(not _WORD.search(before[-1:] + after[:1]) for before, after in pairwise(text.split(word)))


def _above(code: str, nodes: Mapping[str, Unit]) -> list[str]:
    """The units above one, the topmost first."""
    found: list[str] = []
    parent = nodes[code].parent
    while parent in nodes:
        found.append(parent)
        parent = nodes[parent].parent
    return found[::-1]


def _group(nodes: Mapping[str, Unit], order: Sequence[str], units: Sequence[UnitInfo]) -> list[Group]:
    below = _children(nodes)
    members: dict[str, list[int]] = {}
    expected: Counter[str] = Counter()
    for at, unit in enumerate(units):
        for code in _above(unit.code, nodes):
            members.setdefault(code, []).append(at)
    for code in nodes:
        if code not in below:
            expected.update(_above(code, nodes))
    groups = [
        Group(
            code,
            nodes[code].name,
            len(_above(code, nodes)),
            nodes[code].parent if nodes[code].parent in nodes else "",
            np.array(members.get(code, []), dtype=np.intp),
            expected[code],
        )
        for code in order
        if code in below
    ]
    if len(below.get("", [])) == 1 and groups and len(groups[0].members) == len(units):
        return groups
    everybody = Group("", "", 0, "", np.arange(len(units), dtype=np.intp), sum(code not in below for code in nodes))
    return [everybody, *(replace(group, level=group.level + 1) for group in groups)]
