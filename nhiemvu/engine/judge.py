"""From a measure to a verdict. The only place that compares a figure with a threshold.

Comparisons are exact, and vectorised. A float64 result is compared as it is where it lies clear of every bound; where it lies so
near that rounding could decide, it is first snapped onto its exact side: with integers for all such units at once where the
figures allow it, else with fractions one by one. So 57 of 100 meets ≥ 57%, and 0.1 + 0.2 meets ≤ 30%.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from nhiemvu.engine.compute import Mask, Measured
from nhiemvu.engine.figures import Figures, Floats
from nhiemvu.rules.decisions import choose
from nhiemvu.rules.intervals import Interval
from nhiemvu.rules.rulebook import Node
from nhiemvu.verdicts import EXCEEDED, MET, NO_DATA, NOT_APPLICABLE, NOT_ASSESSED, NOT_MET, Basis, Codes

NEAR = 1e-9  # of the bound; far wider than the rounding of any sum of a million figures, so nothing slips through
COMPUTED, DECLARED, NOT_ARISING, ROLLED_UP = (np.int8(basis.number) for basis in Basis)
NO_ROW, UNKNOWN_ROW = -1, -2


@dataclass
class Judged:
    """One criterion over all units. Every array has shape (N,).

    Attributes:
        verdict, basis: int8 codes of `Verdict` and `Basis`.
        row: position of the target that applied; -1 where none is in force, -2 where a fact that decides it is missing.
        holds: 1 where the target holds, 0 where not, -1 where unknown, before requirements and declarations.
    """

    verdict: Codes
    basis: Codes
    row: NDArray[np.int16]
    measured: Measured | None


def judge(node: Node, measured: Measured | None, figures: Figures) -> Judged:
    """Judge one measured or declared criterion for all units.

    Args:
        node: the criterion; its targets form a decision table with hit policy unique.
        measured: its measure over the same units; None where evidence is declared.
        figures: facts, dates and declarations.
    """
    size = len(figures) if measured is None else len(measured.value)
    row = _choose(node, figures, size)
    declared = figures.declared.get(node.id)
    basis = np.zeros(size, dtype=np.int8)
    if measured is None:
        verdict = np.full(size, NO_DATA) if declared is None else np.where(declared >= 0, declared, NO_DATA)
        verdict = np.where(_in_force(node, row), verdict, NO_DATA).astype(np.int8)
        basis += DECLARED
        return Judged(verdict, basis, row, None)

    holds = _holds(node, measured, row)
    for fact, allowed in node.requires.items():
        holds = _and(holds, _fact_holds(figures, fact, allowed, size))
    verdict = np.subtract(NOT_MET, holds, dtype=np.int8)  # 1 -> MET, 0 -> NOT_MET
    unknown = holds < 0
    if unknown.any():
        verdict[unknown] = NO_DATA
    _zero_of_zero(node, measured, row, verdict, basis)
    _exceed(node, measured, row, verdict)
    if declared is not None and unknown.any():
        open_ = (verdict == NO_DATA) & np.isnan(measured.value) & _in_force(node, row)
        if measured.intervals:
            open_[list(measured.intervals)] = False
        accepted = declared >= 0 if node.evidence == "declared_if_missing" else declared == NOT_ASSESSED
        taken = open_ & accepted
        verdict[taken] = declared[taken]
        basis[taken] = DECLARED
    return Judged(verdict, basis, row, measured)


def _choose(node: Node, figures: Figures, size: int) -> NDArray[np.int16]:
    """Which row of the decision table applies to each unit."""
    rows = [target.decision for target in node.targets]
    if len(rows) == 1 and not rows[0].when and rows[0].valid_from is None and rows[0].valid_to is None:
        return np.zeros(size, dtype=np.int16)
    attributes = {name: figures.facts[name] for each in rows for name in each.when if name in figures.facts}
    absent = {
        name: np.full(len(figures), "", dtype=object) for each in rows for name in each.when if name not in attributes
    }
    return choose(rows, {**attributes, **absent}, figures.dates)


def _in_force(node: Node, row: NDArray[np.int16]) -> Mask:
    """Does a target apply, and is it not a hole."""
    filled = np.array([target.target is not None for target in node.targets] + [False, False])
    return filled[row]  # -1 and -2 pick the two at the end


def _holds(node: Node, measured: Measured, row: NDArray[np.int16]) -> NDArray[np.int8]:
    """1 where the target holds, 0 where not, -1 where nobody can tell."""
    if len(node.targets) == 1 and node.targets[0].target is not None and not row.any():
        return _test(node.targets[0].target.intervals, measured)
    holds = np.full(len(measured.value), -1, dtype=np.int8)
    for i, target in enumerate(node.targets):
        mine = row == i
        if target.target is not None and mine.any():
            holds[mine] = _test(target.target.intervals, measured)[mine]
    return holds


def _test(intervals: Sequence[Interval], measured: Measured) -> NDArray[np.int8]:
    """Is each result inside the union of the intervals, exactly."""
    value = measured.value
    bounds = {bound for interval in intervals for bound in (interval.low, interval.high) if bound is not None}
    for bound in bounds:
        value = _snap(value, bound, measured)
    inside: Mask | None = None
    for interval in intervals:
        one = _inside(value, interval)
        inside = one if inside is None else inside | one
    result = np.zeros(len(value), dtype=np.int8) if inside is None else inside.view(np.int8)
    missing = np.isnan(value)
    if missing.any():
        result[missing] = -1
    for unit, known in measured.intervals.items():
        if np.isnan(measured.value[unit]):
            result[unit] = _interval_inside(known, intervals)
    return result


def _inside(value: Floats, interval: Interval) -> Mask:
    with np.errstate(invalid="ignore"):
        if interval.low is not None and interval.low == interval.high:
            return np.asarray(value == float(interval.low))
        above = below = None
        if interval.low is not None:
            above = value >= float(interval.low) if interval.low_closed else value > float(interval.low)
        if interval.high is not None:
            below = value <= float(interval.high) if interval.high_closed else value < float(interval.high)
    if above is None or below is None:
        return np.ones(len(value), dtype=bool) if above is below else np.asarray(above if below is None else below)
    return np.asarray(above & below)


def _interval_inside(known: Interval, intervals: Sequence[Interval]) -> int:
    """A result that is itself an interval: wholly inside, wholly outside, or nobody can tell."""
    if any(known.intersect(interval) == known for interval in intervals):
        return 1
    return 0 if all(known.intersect(interval).is_empty for interval in intervals) else -1


def _snap(value: Floats, bound: Fraction, measured: Measured) -> Floats:
    """The values with those near the bound moved onto it, or just beyond it, as the exact figures say."""
    at = float(bound)
    reach = NEAR * abs(at) + measured.slack
    if at == 0 and measured.slack == 0:
        return value  # a sum or quotient of figures of one sign is 0 only where it is 0
    near = np.flatnonzero((value >= at - reach) & (value <= at + reach))
    if measured.is_plain:
        near = near[value[near] != at]
    if not len(near):
        return value
    sides = _sides_of_quotients(near, bound, measured)
    if sides is None:
        exact = [measured.exact(int(unit)) for unit in near]
        sides = np.array([0 if each is None else (each > bound) - (each < bound) for each in exact])
    snapped = value.copy()
    snapped[near] = np.where(sides == 0, at, np.nextafter(at, np.where(sides > 0, np.inf, -np.inf)))
    return snapped


def _sides_of_quotients(near: NDArray[np.intp], bound: Fraction, measured: Measured) -> NDArray[np.int64] | None:
    """On which side of the bound each quotient lies: by whole numbers, where numerators and denominators are whole."""
    if measured.numerator is None or measured.denominator is None or not measured.is_whole():
        return None
    over, under = measured.numerator[near], measured.denominator[near]
    if not (np.array_equal(over, np.rint(over)) and np.array_equal(under, np.rint(under))):
        return None
    most = max(float(np.abs(over).max()) * bound.denominator, float(np.abs(under).max()) * abs(bound.numerator))
    if max(np.abs(over).max(), np.abs(under).max()) >= 2**53 or most >= 2**62:
        return None
    difference = over.astype(np.int64) * bound.denominator - under.astype(np.int64) * bound.numerator
    return np.sign(difference) * np.sign(under).astype(np.int64)


def _fact_holds(figures: Figures, fact: str, allowed: frozenset[str], size: int) -> NDArray[np.int8]:
    values = figures.facts.get(fact)
    if values is None:
        return np.full(size, -1, dtype=np.int8)
    return np.array([-1 if each == "" else each in allowed for each in values], dtype=np.int8)


def _and(left: NDArray[np.int8], right: NDArray[np.int8]) -> NDArray[np.int8]:
    """Three-valued: false decides, else unknown, else true."""
    return np.where((left == 0) | (right == 0), 0, np.where((left < 0) | (right < 0), -1, 1)).astype(np.int8)


def _zero_of_zero(node: Node, measured: Measured, row: NDArray[np.int16], verdict: Codes, basis: Codes) -> None:
    """0 of 0: the thing does not exist here, or what the rule says of that."""
    if measured.numerator is None or measured.denominator is None:
        return
    nothing = (measured.denominator == 0) & (measured.numerator == 0)
    if not nothing.any():
        return
    says = {"not_applicable": NOT_APPLICABLE, "no_data": NO_DATA, "met": MET}[node.form.zero_of_zero]
    verdict[nothing] = says
    if says == NOT_APPLICABLE:
        basis[nothing] = NOT_ARISING


def _exceed(node: Node, measured: Measured, row: NDArray[np.int16], verdict: Codes) -> None:
    """Met, and beyond the margin that the rule names: with % relative to the target's bound, else on the value itself."""
    if node.exceeded is None:
        return
    for i, target in enumerate(node.targets):
        if target.target is None:
            continue
        intervals: Sequence[Interval] = node.exceeded.intervals
        if node.exceeded.uses_percent:
            if not target.target.bounds:
                continue
            intervals = [_scaled(interval, target.target.bounds[0]) for interval in intervals]
        beyond = (verdict == MET) & (row == i) & (_test(intervals, measured) == 1)
        verdict[beyond] = EXCEEDED


def _scaled(interval: Interval, by: Fraction) -> Interval:
    return Interval(
        None if interval.low is None else interval.low * by,
        None if interval.high is None else interval.high * by,
        interval.low_closed,
        interval.high_closed,
    )
