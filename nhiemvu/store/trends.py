"""Figures over time, and across reforms: what old units had, added up to what became of them.

A share is the sum of the numerators over the sum of the denominators of the old units, each weighted by the part of it
that came to the new one; never a mean. A verdict is carried over only where it is certain. What cannot be said is
empty, with the reason.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from nhiemvu.messages import _
from nhiemvu.rules.units import ONE_DAY, Units
from nhiemvu.store.query import Asked, Kept, Result
from nhiemvu.text import exact, fold, format_percent, nearest_float
from nhiemvu.verdicts import Verdict, label

Shares = Mapping[str, Fraction]
WHOLE = Fraction(1)


@dataclass(frozen=True, slots=True)
class Point:
    """One unit's result of one criterion in one period.

    Attributes:
        verdict: the English word; empty where it cannot be carried over from the units that were there then.
        made_of: the units that were there then, with their shares; empty where it is the unit itself.
        reason: why a figure or a verdict is empty although something was sent.
    """

    start: dt.date
    end: dt.date
    as_of: dt.date | None
    unit: str
    unit_name: str
    rulebook: str
    version: str
    criterion: Asked
    verdict: str
    basis: str = ""
    declared: str = ""
    outlook: str = ""
    value: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    needed: float | None = None
    made_of: str = ""
    reason: str = ""

    @property
    def day(self) -> dt.date:
        """The day that says which units there were: of the figures, else the last of the period."""
        return day_of(self)


def day_of(each: Kept | Point) -> dt.date:
    """The cut-off date where it is known and does not lie before the period, else the period's last day."""
    return each.as_of if each.as_of is not None and each.as_of >= each.start else each.end


def make_points(
    kept: Sequence[Kept], criteria: Mapping[int, Mapping[str, Asked]], results: Iterable[Result]
) -> list[Point]:
    """What was sent, as it was sent; in the order of the submissions, the criteria in reading order."""
    by_key: dict[int, list[Result]] = {}
    for row in results:
        by_key.setdefault(row[0], []).append(row)
    points = []
    for each in kept:
        asked = criteria[each.rules]
        for row in sorted(by_key.get(each.key, ()), key=lambda row: asked[row[1]].position):
            _key, id_, verdict, basis, declared, outlook, value, numerator, denominator, needed = row
            head = (each.start, each.end, each.as_of, each.unit, each.unit_name, each.rulebook, each.version)
            words = (verdict, basis, declared or "", outlook)
            points.append(Point(*head, asked[id_], *words, value, numerator, denominator, needed))
    return points


# --- onto the units of another day ------------------------------------------------------------------------------------


class Eras:
    """The spans of days between two changes of the tree, numbered."""

    def __init__(self, units: Units) -> None:
        self._changes = units.changes()

    def of(self, day: dt.date) -> int:
        """The number of the span in which a day lies."""
        return bisect_right(self._changes, day)


def choose_day(units: Units, unit: str, day: dt.date) -> dt.date | None:
    """The day itself where the unit exists then, else the last one before it on which it did, else the first after."""
    changes = units.changes()
    before = [change - ONE_DAY for change in reversed(changes) if change <= day]
    after = [change for change in changes if change > day]
    return next((each for each in (day, *before, *after) if units.get(unit, each) is not None), None)


def find_origins(units: Units, unit: str, days: Iterable[dt.date], on: dt.date) -> set[str]:
    """The codes of all that a unit of one day was made of on earlier days, its own included."""
    eras = Eras(units)
    found = {unit}
    for day in {eras.of(day): day for day in days if day <= on}.values():
        found |= units.origins(day, on).get(unit, {}).keys()
    return found


def map_onto(points: Sequence[Point], units: Units, on: dt.date) -> list[Point]:
    """The same results told of the units of one day.

    Results of units that the tree does not know then, that nothing became of, or that are later than the day stay as
    they are, with the reason.
    """
    eras = Eras(units)
    groups: dict[tuple[dt.date, dt.date, str], dict[int, list[Point]]] = {}
    for point in points:
        of_period = groups.setdefault((point.end, point.start, point.rulebook), {})
        of_period.setdefault(eras.of(point.day), []).append(point)
    for by_era in groups.values():
        _gather(by_era, units, eras.of(on))
    origins: dict[int, Mapping[str, Shares]] = {}
    mapped = []
    for by_era in groups.values():
        done: set[str] = set()
        for era, found in sorted(by_era.items(), reverse=True):  # what a unit says of itself goes before its origins
            if era > eras.of(on):
                mapped += [_leave(point, units, on) for point in found]
                continue
            day = min(found[0].day, on)
            if era not in origins:
                origins[era] = units.origins(day, on)
            made = origins[era]
            mapped += _map_group(found, made, done, units, day, on)
            sent = {point.unit for point in found}
            done |= {code for code, shares in made.items() if sent & shares.keys()}
    return sorted(
        mapped, key=lambda each: (each.end, each.start, each.unit, each.rulebook, each.criterion.position, each.made_of)
    )


def _gather(by_era: dict[int, list[Point]], units: Units, last: int) -> None:
    """Put what units sent at different times together in the latest tree in which each is still the same unit.

    Somewhere else a unit may have changed between the cut-off dates of two that merged later.
    """
    for era in sorted(each for each in by_era if each < last):
        day, found = by_era[era][0].day, by_era.pop(era)
        later = [each for each in sorted(by_era, reverse=True) if era < each <= last]
        made = {each: units.origins(day, by_era[each][0].day) for each in later}
        for point in found:
            same = (each for each in later if made[each].get(point.unit) == {point.unit: WHOLE})
            by_era.setdefault(next(same, era), []).append(point)


def _leave(point: Point, units: Units, on: dt.date) -> Point:
    same = units.get(point.unit, point.day)
    if same is not None and same == units.get(point.unit, on):
        return point
    return replace(point, reason=_("số liệu có sau ngày đã chọn, khi đơn vị đã khác"))


def _map_group(
    points: Sequence[Point], made: Mapping[str, Shares], done: Collection[str], units: Units, day: dt.date, on: dt.date
) -> Iterator[Point]:
    """The results of one period, rulebook and tree, told of the units of a later day that are not done yet."""
    sent: dict[str, dict[str, Point]] = {}
    for point in points:
        sent.setdefault(point.unit, {})[point.criterion.id] = point
    lasting = {old for shares in made.values() for old in shares}
    for code, shares in made.items():
        if code in done or not sent.keys() & shares.keys():
            continue
        target = units.get(code, on)
        name = target.name if target is not None else ""
        if dict(shares) == {code: WHOLE}:
            yield from sent[code].values()
            continue
        asked = {point.criterion.id: point for old in shares for point in sent.get(old, {}).values()}
        for id_, one in asked.items():
            found = {old: sent[old][id_] for old in shares if id_ in sent.get(old, {})}
            yield _combine(replace(one, unit=code, unit_name=name), shares, found, units, day)
    known = units.on(day)
    for code in sorted(sent.keys() - lasting):
        reason = (
            _("đơn vị không còn và tệp đơn vị không nói thành đơn vị nào")
            if code in known
            else _("tệp đơn vị không có mã này vào ngày ấy")
        )
        yield from (replace(point, reason=reason) for point in sent[code].values())


def _combine(into: Point, shares: Shares, found: Mapping[str, Point], units: Units, day: dt.date) -> Point:
    """One criterion of a unit from the units that it was made of."""
    if len(shares) == 1 and next(iter(shares.values())) == WHOLE:  # the same unit under another code or name
        (old,) = found.values()
        return replace(old, unit=into.unit, unit_name=into.unit_name, made_of=_tell_parts(shares, found, units, day))
    empty = replace(
        into,
        verdict="",
        basis="",
        declared="",
        outlook="",
        value=None,
        numerator=None,
        denominator=None,
        needed=None,
        version="; ".join(sorted({point.version for point in found.values()})),
        made_of=_tell_parts(shares, found, units, day),
    )
    missing = [old for old in shares if old not in found]
    if missing:
        names = ", ".join(_name(old, found, units, day) for old in missing)
        return replace(empty, reason=_("chưa có số liệu của {units}", units=names))
    arising = {old: point for old, point in found.items() if point.verdict != Verdict.NOT_APPLICABLE}
    if not arising:
        return replace(empty, verdict=str(Verdict.NOT_APPLICABLE))
    if len({(fold(point.criterion.name), point.criterion.unit_of_measure) for point in arising.values()}) > 1:
        asked = "; ".join(dict.fromkeys(_name_asked(point.criterion) for point in arising.values()))
        return replace(empty, reason=_("các đơn vị cũ được hỏi khác nhau: {asked}", asked=asked))
    figures, no_figure = _add_up([(shares[old], point) for old, point in arising.items()])
    verdict, no_verdict = _carry([(shares[old], point) for old, point in arising.items()])
    value, numerator, denominator = figures
    reason = "; ".join(part for part in (no_figure, no_verdict) if part)
    return replace(empty, verdict=verdict, value=value, numerator=numerator, denominator=denominator, reason=reason)


def _name_asked(asked: Asked) -> str:
    return f"{asked.name} ({asked.unit_of_measure})" if asked.unit_of_measure else asked.name


_Figures = tuple[float | None, float | None, float | None]


def _add_up(parts: Sequence[tuple[Fraction, Point]]) -> tuple[_Figures, str]:
    """Value, numerator and denominator of all parts together; why there is none."""
    kinds = {point.criterion.adds_up for _share, point in parts}
    values = {None if point.value is None else exact(point.value) for _share, point in parts}
    if values == {None}:
        return (None, None, None), ""  # nothing was measured
    # something of nothing is a mistake, which would add to the numerators alone
    if kinds == {"ratio"} and not any(point.numerator and point.denominator == 0 for _share, point in parts):
        numerator, denominator = (_sum_of(parts, name) for name in ("numerator", "denominator"))
        if numerator is not None and denominator:
            quotient = nearest_float(numerator / denominator)
            return (quotient, nearest_float(numerator), nearest_float(denominator)), ""
    if kinds == {"sum"}:
        total = _sum_of(parts, "value")
        if total is not None:
            return (nearest_float(total), None, None), ""
    elif len(values) == 1 and None not in values:  # all have the same rate: together they have it too
        return (parts[0][1].value, None, None), ""
    if None in values:
        return (None, None, None), _("có đơn vị cũ thiếu số liệu")
    return (None, None, None), _("không cộng được kết quả của các đơn vị cũ vì thiếu tử số, mẫu số")


def _sum_of(parts: Sequence[tuple[Fraction, Point]], name: str) -> Fraction | None:
    figures = [(share, getattr(point, name)) for share, point in parts]
    if any(figure is None for _share, figure in figures):
        return None
    return sum((share * exact(figure) for share, figure in figures), Fraction(0))


def _carry(parts: Sequence[tuple[Fraction, Point]]) -> tuple[str, str]:
    """The verdict that all parts have; why there is none. What is exceeded is met."""
    words = Counter(point.verdict for _share, point in parts)
    if any(share != WHOLE and point.criterion.counts for share, point in parts):
        return "", _("chỉ một phần của đơn vị cũ thuộc đơn vị này nên không suy được kết luận")
    if len(words) == 1:
        return next(iter(words)), ""
    if words.keys() == {Verdict.EXCEEDED, Verdict.MET}:
        return str(Verdict.MET), ""
    counts = ", ".join(f"{words[word]} {label(word).lower()}" for word in Verdict if words[word])
    return "", _("kết luận của các đơn vị cũ khác nhau ({counts})", counts=counts)


def _tell_parts(shares: Shares, found: Mapping[str, Point], units: Units, day: dt.date) -> str:
    """`Xã Hải Yến (06190) + 60% Xã Công Sơn (06193)`."""
    parts = []
    for old, share in sorted(shares.items()):
        part = "" if share == WHOLE else format_percent(share) + " "
        parts.append(part + _name(old, found, units, day))
    return " + ".join(parts)


def _name(code: str, found: Mapping[str, Point], units: Units, day: dt.date) -> str:
    known = units.get(code, day)
    name = known.name if known is not None else found[code].unit_name if code in found else ""
    return f"{name} ({code})" if name and name != code else code
