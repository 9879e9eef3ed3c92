"""A summary and a store: what was found now is kept, and what the store holds of earlier periods is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from nhiemvu.errors import Problem
from nhiemvu.many.settle import find_day, find_main_period
from nhiemvu.many.summary import Past, Summary
from nhiemvu.rules.rulebook import Node, Rulebook
from nhiemvu.rules.units import Units
from nhiemvu.text import Period, fold
from nhiemvu.verdicts import Verdict

if TYPE_CHECKING:
    from nhiemvu.store.store import Store
    from nhiemvu.store.trends import Point

MOST = 12  # periods that a trend shows: three years of quarters


def keep(store: Store, summary: Summary) -> Sequence[Problem]:
    """Keep every unit that counts, all for the period that most of them say; returns what should be known about it."""
    found = {each.unit: each for each in summary.submissions if each.state == "evaluated"}
    sources = [(found[unit.code].name, found[unit.code].sha256) for unit in summary.units]
    main = find_main_period(summary.units)
    period = None if main is None else Period(*main, summary.period)  # who says none was added up with the others
    return store.add(summary.evaluation, period=period, sources=sources).problems


def look_back(store: Store, summary: Summary, units: Units | None = None, most: int = MOST) -> tuple[Past, ...]:
    """Earlier periods as the units of this one see them, the oldest first.

    Args:
        store: where they are kept.
        summary: whose units and criteria.
        units: the tree, for units that were merged or split since; without it a unit is its code.
        most: how many periods; of more the latest.
    """
    now = find_main_period(summary.units)
    days = [unit.as_of for unit in summary.units if unit.as_of is not None]
    if now is None and not days:
        return ()
    last = now[1] if now else max(days)
    day = find_day(summary.units, summary.rulebook) if days else last
    earlier = [period for period in store.periods() if period.end < last][-most:]
    # one at a time: a country's points of one period are 200,000 objects
    return tuple(_see(summary, period, store.trace(units=units, on=day, period=period)) for period in earlier)


def _see(summary: Summary, period: Period, points: Sequence[Point]) -> Past:
    at = {unit.code: i for i, unit in enumerate(summary.units)}
    shape = (len(summary.rulebook.criteria), len(summary))
    verdict, value = np.full(shape, -1, dtype=np.int8), np.full(shape, np.nan)
    # where two rulebooks asked the same, the one of this summary speaks last
    for point in sorted(points, key=lambda each: each.rulebook == summary.rulebook.id):
        node, unit = summary.rulebook.by_id.get(point.criterion.id), at.get(point.unit)
        if node is None or unit is None or not _asks_the_same(point, node, summary.rulebook):
            continue
        verdict[node.index, unit] = Verdict(point.verdict).number if point.verdict else -1
        value[node.index, unit] = np.nan if point.value is None else point.value
    return Past(period.label, period.end, verdict, value)


def _asks_the_same(point: Point, node: Node, rulebook: Rulebook) -> bool:
    """Another rulebook may have given the same number to another criterion."""
    is_alike = point.rulebook == rulebook.id or fold(point.criterion.name) == fold(node.name)
    return is_alike and point.criterion.unit_of_measure == node.unit
