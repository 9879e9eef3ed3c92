"""A summary and a store: what was found now is kept, and what the store holds of earlier periods is looked at."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from nhiemvu.errors import Place, Problem, StoreError
from nhiemvu.many.settle import find_day, find_main_period
from nhiemvu.many.summary import Past, Summary
from nhiemvu.messages import N_
from nhiemvu.rules.rulebook import Node, Rulebook
from nhiemvu.rules.units import Units
from nhiemvu.store.kinds import kind_of
from nhiemvu.store.trends import Eras, Point, map_onto
from nhiemvu.text import Period, fold, name_period
from nhiemvu.verdicts import Verdict

if TYPE_CHECKING:
    from nhiemvu.store.store import Store

MOST = 12  # periods that a trend shows: three years of quarters
_NAMED = 3  # periods that a sentence names


def keep(store: Store, summary: Summary) -> Sequence[Problem]:
    """Keep every unit that counts, all for the period that most of them say; returns what should be known about it."""
    found = {each.unit: each for each in summary.submissions if each.state == "evaluated"}
    sources = [(found[unit.code].name, found[unit.code].sha256) for unit in summary.units]
    main = find_main_period(summary.units)
    period = None if main is None else Period(*main, summary.period)  # who says none was added up with the others
    return store.add(summary.evaluation, period=period, sources=sources).problems


def keep_and_look_back(store: Store, summary: Summary, units: Units | None = None) -> bool:
    """Keep every unit that counts, then look at earlier periods.

    Returns:
        Whether all went well. A store that fails now must not cost what has been read: `summary.notices` says so.
    """
    try:
        summary.notices += keep(store, summary)
    except StoreError as error:
        message = (
            N_("kết quả CHƯA được lưu vào kho, chưa so với kỳ trước; sửa lỗi trên rồi chạy lại đúng lệnh này")
            if summary.journal is None
            else N_(
                "kết quả CHƯA được lưu vào kho, chưa so với kỳ trước; sửa lỗi trên rồi chạy lại đúng lệnh này, thêm "
                "--resume để không phải đọc lại sổ"
            )
        )
        summary.notices += [*error.problems, Problem("store-not-kept", message, Place(store.name))]
        return False
    try:
        summary.past = look_back(store, summary, units)
    except StoreError as error:
        message = N_("kết quả đã được lưu vào kho, nhưng chưa so được với kỳ trước vì lỗi trên")
        summary.notices += [*error.problems, Problem("store-not-seen", message, Place(store.name))]
        return False
    return True


def look_back(store: Store, summary: Summary, units: Units | None = None, most: int = MOST) -> tuple[Past, ...]:
    """Earlier periods of the same kind (month, quarter, half-year, year) as the units of this one see them, in order.

    Args:
        store: where they are kept.
        summary: whose units and criteria.
        units: the tree, for units that were merged or split since; without it a unit is its code.
        most: how many periods; of more the latest.
    """
    now = _find_span(summary)
    if now is None:
        return ()
    start, last = now
    has_days = any(unit.as_of is not None for unit in summary.units)
    day = find_day(summary.units, summary.rulebook) if has_days else last
    before = [period for period in store.periods() if period.end < last]
    earlier = [period for period in before if kind_of(period.start, period.end) == kind_of(start, last)][-most:]
    if before and not earlier:
        summary.notices.append(_say_none_alike(before, name_period(start, last)))
    # one at a time: a country's points of one period are 200,000 objects
    return tuple(_see(summary, period, store.trace(period=period), units, day) for period in earlier)


def _find_span(summary: Summary) -> tuple[dt.date, dt.date] | None:
    """The first and last day of what is summed up: of the period, else of the year to the last cut-off date."""
    if (main := find_main_period(summary.units)) is not None:
        return main
    last = max((unit.as_of for unit in summary.units if unit.as_of is not None), default=None)
    return None if last is None else (dt.date(last.year, 1, 1), last)


def _say_none_alike(before: Sequence[Period], now: str) -> Problem:
    message = N_(
        "không so với kỳ trước: kho có {known}, nhưng không kỳ nào cùng loại với {now} (tháng so với tháng, quý với "
        "quý, sáu tháng với sáu tháng, năm với năm)"
    )
    known = ", ".join(name_period(period.start, period.end) for period in before[-_NAMED:])
    return Problem("no-like-period", message, fill={"known": known, "now": now}, severity="note")


def _see(summary: Summary, period: Period, sent: Sequence[Point], units: Units | None, day: dt.date) -> Past:
    at = {unit.code: i for i, unit in enumerate(summary.units)}
    shape = (len(summary.rulebook.criteria), len(summary))
    verdict, value = np.full(shape, -1, dtype=np.int8), np.full(shape, np.nan)
    for node, point in _choose(summary.rulebook, sent if units is None else map_onto(sent, units, day)):
        if (unit := at.get(point.unit)) is not None:
            verdict[node.index, unit] = Verdict(point.verdict).number if point.verdict else -1
            value[node.index, unit] = np.nan if point.value is None else point.value
    counts = np.zeros((len(summary.rulebook.criteria), len(Verdict)), dtype=np.int64)
    for (index, _unit), number in _find_sent(summary, sent, units, day).items():
        counts[index, number] += 1
    return Past(period.label, period.end, verdict, value, counts)


def _choose(rulebook: Rulebook, points: Sequence[Point]) -> Iterator[tuple[Node, Point]]:
    """What the rulebook asks as well; where two rulebooks asked the same, this one speaks last."""
    for point in sorted(points, key=lambda each: each.rulebook == rulebook.id):
        node = rulebook.by_id.get(point.criterion.id)
        if node is not None and _asks_the_same(point, node, rulebook):
            yield node, point


def _find_sent(
    summary: Summary, sent: Sequence[Point], units: Units | None, day: dt.date
) -> dict[tuple[int, str], int]:
    """The verdicts of the units that these were made of, as they were given: by criterion and old unit."""
    codes = {unit.code for unit in summary.units}
    eras = None if units is None else Eras(units)
    olds: dict[int, set[str]] = {}

    def is_of_these(point: Point) -> bool:
        if units is None or eras is None or point.day > day:
            return point.unit in codes
        era = eras.of(point.day)
        if era not in olds:
            made = units.origins(point.day, day)
            olds[era] = {old for code in codes for old in made.get(code, ())}
        return point.unit in olds[era]

    return {
        (node.index, point.unit): Verdict(point.verdict).number
        for node, point in _choose(summary.rulebook, sent)
        if is_of_these(point)
    }


def _asks_the_same(point: Point, node: Node, rulebook: Rulebook) -> bool:
    """Another rulebook may have given the same number to another criterion."""
    is_alike = point.rulebook == rulebook.id or fold(point.criterion.name) == fold(node.name)
    return is_alike and point.criterion.unit_of_measure == node.unit
