"""From a measure to a verdict. The only place that compares a figure with a threshold.

Comparisons are exact, and vectorised. A float64 result is compared as it is where it lies clear of every bound; where
it lies so near that rounding could decide, it is first snapped onto its exact side: with integers for all such units at
once where the figures allow it, else with fractions one by one. So 57 of 100 meets ≥ 57%, and 0.1 + 0.2 meets ≤ 30%.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from nhiemvu.engine.figures import Figures, Floats
from nhiemvu.engine.scope import Mask, Measured
from nhiemvu.rules.decisions import choose
from nhiemvu.rules.intervals import Interval
from nhiemvu.rules.rulebook import Node, TargetRow
from nhiemvu.verdicts import EXCEEDED, MET, NO_DATA, NOT_APPLICABLE, NOT_ASSESSED, NOT_MET, Basis, Codes

_LONGEST_WHOLE = 1e15  # doubles below it hold whole numbers as cells show them, to 15 digits
NEAR = 1e-9  # of the bound; far wider than the rounding of any sum of a million figures, so nothing slips through
COMPUTED, DECLARED, NOT_ARISING, ROLLED_UP = (np.int8(basis.number) for basis in Basis)
NO_ROW = -1


@dataclass
class Judged:
    """One criterion over all units. Every array has shape (N,).

    Attributes:
        verdict, basis: int8 codes of `Verdict` and `Basis`.
        row: position of the target that applied; -1 where none is in force, -2 where a fact that decides it is missing.
        measured: the figures behind it; None where evidence is declared.
    """

    verdict: Codes
    basis: Codes
    row: NDArray[np.int16]
    measured: Measured | None


def judge(node: Node, measured: Measured | None, figures: Figures, verdict: Codes, basis: Codes) -> Judged:
    """Judge one measured or declared criterion for all units.

    Args:
        node: the criterion; its targets form a decision table with hit policy unique.
        measured: its measure over the same units; None where evidence is declared.
        figures: facts, dates and declarations.
        verdict: int8 array of shape (N,), which is filled.
        basis: likewise.
    """
    row = _choose(node, figures, len(verdict))
    declared = figures.declared.get(node.id)
    if measured is None:
        verdict[:] = (
            NO_DATA if declared is None else np.where((declared >= 0) & _in_force(node, row), declared, NO_DATA)
        )
        basis[:] = DECLARED
        return Judged(verdict, basis, row, None)

    basis[:] = COMPUTED
    holds, unknown = _holds(node, measured, row, figures)
    for fact, allowed in node.requires.items():
        holds, unknown = _require(holds, unknown, figures, fact, allowed)
    np.subtract(NOT_MET, holds.view(np.int8), out=verdict)  # true is met, which comes right before not met
    if unknown is not None:
        np.copyto(verdict, NO_DATA, where=unknown)
    _zero_of_zero(node, measured, row, verdict, basis)
    _exceed(node, measured, row, verdict)
    if declared is not None and unknown is not None:
        _accept_declared(node, measured, row, declared, verdict, basis)
    return Judged(verdict, basis, row, measured)


def _accept_declared(
    node: Node, measured: Measured, row: NDArray[np.int16], declared: Codes, verdict: Codes, basis: Codes
) -> None:
    """Where there is no figure: the unit's own verdict, if the rule accepts it; else only «not assessed»."""
    no_figure = (verdict == NO_DATA) & np.isnan(measured.value) & _in_force(node, row)
    if measured.intervals:
        no_figure[list(measured.intervals)] = False
    if measured.by_zero is not None:
        no_figure &= ~measured.by_zero
    taken = no_figure & (declared >= 0 if node.evidence == "declared_if_missing" else declared == NOT_ASSESSED)
    verdict[taken] = declared[taken]
    basis[taken] = DECLARED


def _is_unconditional(node: Node) -> bool:
    """Does one target hold for everybody, always."""
    first = node.targets[0].decision
    return len(node.targets) == 1 and not first.when and first.valid_from is None and first.valid_to is None


def _choose(node: Node, figures: Figures, size: int) -> NDArray[np.int16]:
    """Which row of the decision table applies to each unit."""
    if _is_unconditional(node):
        return np.zeros(size, dtype=np.int16)
    rows = [target.decision for target in node.targets]
    nothing = np.full(size, "", dtype=object)
    return choose(rows, {name: figures.facts.get(name, nothing) for each in rows for name in each.when}, figures.dates)


def _in_force(node: Node, row: NDArray[np.int16]) -> Mask:
    """Does a target apply, and is it not a hole."""
    filled = np.array([target.target is not None for target in node.targets] + [False, False])
    return filled[row]  # -1 and -2 pick the two at the end


def _holds(node: Node, measured: Measured, row: NDArray[np.int16], figures: Figures) -> tuple[Mask, Mask | None]:
    """Where the target holds, and where nobody can tell (None: everybody can)."""
    if node.reads != "number":
        return _says(node, row, figures.results.get(node.id))
    if _is_unconditional(node) and node.targets[0].target is not None:
        return test(node.targets[0].target.intervals, measured)
    size = len(measured.value)
    holds, unknown = np.zeros(size, dtype=bool), np.ones(size, dtype=bool)
    for i, target in enumerate(node.targets):
        mine = row == i
        if target.target is not None and mine.any():
            one, missing = test(target.target.intervals, measured)
            np.copyto(holds, one, where=mine)
            np.copyto(unknown, False if missing is None else missing, where=mine)
    return holds, unknown


def _says(node: Node, row: NDArray[np.int16], results: NDArray[np.object_] | None) -> tuple[Mask, Mask]:
    """The same for results that are words, truth values or days."""
    found = np.full(len(row), -1, dtype=np.int8)
    for i, target in enumerate(node.targets):
        mine = row == i
        if results is not None and target.target is not None and mine.any():
            found[mine] = target.target.test(results[mine])
    return found == 1, found < 0


def test(intervals: Sequence[Interval], measured: Measured) -> tuple[Mask, Mask | None]:
    """Which results lie inside the union of the intervals, exactly; and which are missing (None: none is)."""
    value = measured.value
    bounds = {bound for interval in intervals for bound in (interval.low, interval.high) if bound is not None}
    # what lies near one bound may lie far from the next, so each is compared with values of its own
    values = {bound: _snap(value, bound, measured) for bound in bounds}
    inside = np.zeros(len(value), dtype=bool) if not intervals else _inside(values, intervals[0], len(value))
    for interval in intervals[1:]:
        inside |= _inside(values, interval, len(value))
    missing = np.isnan(value)
    if not missing.any():
        return inside, None
    inside[missing] = False
    for unit, known in measured.intervals.items():
        if np.isnan(value[unit]):
            found = _interval_inside(known, intervals)
            inside[unit], missing[unit] = found is True, found is None
    return inside, missing


def _inside(values: Mapping[Fraction, Floats], interval: Interval, size: int) -> Mask:
    """Which results lie in an interval; `values` as they compare with each of its ends."""
    low, high = interval.low, interval.high
    if low is not None and low == high:
        return np.asarray(values[low] == float(low))
    above = below = None
    if low is not None:
        above = values[low] >= float(low) if interval.low_closed else values[low] > float(low)
    if high is not None:
        below = values[high] <= float(high) if interval.high_closed else values[high] < float(high)
    if above is not None and below is not None:
        above &= below
        return np.asarray(above)
    one = above if below is None else below
    return np.ones(size, dtype=bool) if one is None else np.asarray(one)


def _interval_inside(known: Interval, intervals: Sequence[Interval]) -> bool | None:
    """A result that is itself an interval: wholly inside, wholly outside, or nobody can tell."""
    if any(known.intersect(interval) == known for interval in intervals):
        return True
    return False if all(known.intersect(interval).is_empty for interval in intervals) else None


def _snap(value: Floats, bound: Fraction, measured: Measured) -> Floats:
    """The values, those near the bound moved onto it, or just beyond it, as the exact figures say."""
    at = float(bound)
    reach = NEAR * abs(at) + measured.slack
    if at == 0 and measured.slack == 0:
        return value  # a sum or quotient of figures of one sign is 0 only where it is 0
    close = value >= at - reach
    close &= value <= at + reach
    near = np.flatnonzero(close)
    if measured.is_plain:
        near = near[value[near] != at]
    if not len(near):
        return value
    sides = np.zeros(len(near), dtype=np.int64)
    left = _compare_quotients(near, bound, measured, sides)
    for i in left:
        exact = measured.exact(int(near[i]))
        sides[i] = 0 if exact is None else (exact > bound) - (exact < bound)
    moved = value.copy()
    moved[near] = np.where(sides == 0, at, np.nextafter(at, np.where(sides > 0, np.inf, -np.inf)))
    return moved


def _compare_quotients(
    near: NDArray[np.intp], bound: Fraction, measured: Measured, sides: NDArray[np.int64]
) -> NDArray[np.intp]:
    """On which side of the bound each quotient of whole numbers lies, by whole numbers; gives those that are left."""
    everyone = np.arange(len(near))
    if measured.numerator is None or measured.denominator is None or not measured.is_whole():
        return everyone
    over, under = measured.numerator[near], measured.denominator[near]
    largest = min(_LONGEST_WHOLE, 2.0**62 / max(abs(bound.numerator), bound.denominator))
    whole = (over == np.rint(over)) & (under == np.rint(under)) & (np.abs(over) < largest) & (np.abs(under) < largest)
    part, base = over[whole].astype(np.int64), under[whole].astype(np.int64)
    sides[whole] = np.sign(part * bound.denominator - base * bound.numerator) * np.sign(base)
    left: NDArray[np.intp] = everyone[~whole]
    return left


def _require(
    holds: Mask, unknown: Mask | None, figures: Figures, fact: str, allowed: frozenset[str]
) -> tuple[Mask, Mask]:
    """A further condition on a fact: what fails it fails, whatever else; what is not known leaves the verdict open."""
    values = figures.facts.get(fact)
    size = len(holds)
    silent = np.ones(size, dtype=bool) if values is None else np.array([each == "" for each in values], dtype=bool)
    fails = (
        np.zeros(size, dtype=bool)
        if values is None
        else np.array([each != "" and each not in allowed for each in values], dtype=bool)
    )
    already = np.zeros(size, dtype=bool) if unknown is None else unknown
    return holds & ~silent & ~fails, (already & ~fails) | (silent & (holds | already))


def _zero_of_zero(node: Node, measured: Measured, row: NDArray[np.int16], verdict: Codes, basis: Codes) -> None:
    """0 of 0: the thing does not exist here (threshold or not), or what the rule says of that."""
    if measured.by_zero is None:
        return
    nothing = np.flatnonzero(measured.by_zero)
    if measured.numerator is not None:  # a quantity has none: its `by_zero` is 0 of 0 already
        nothing = nothing[measured.numerator[nothing] == 0]
    says = {"not_applicable": NOT_APPLICABLE, "no_data": NO_DATA, "met": MET}[node.form.zero_of_zero]
    if says == MET:
        nothing = nothing[_in_force(node, row)[nothing]]
    verdict[nothing] = says
    if says == NOT_APPLICABLE:
        basis[nothing] = NOT_ARISING


def _exceed(node: Node, measured: Measured, row: NDArray[np.int16], verdict: Codes) -> None:
    """Met, and beyond the level that the target names, or the margin that the criterion names for all of them."""
    for i, target in enumerate(node.targets):
        intervals = target.exceeds.intervals if target.exceeds is not None else margin(node, target)
        if not intervals:
            continue
        beyond = (verdict == MET) & (row == i) & test(intervals, measured)[0]
        verdict[beyond] = EXCEEDED


def margin(node: Node, target: TargetRow) -> Sequence[Interval]:
    """What is beyond a target: with % relative to its bound, else on the value itself; () where no margin is named."""
    if node.exceeded is None or target.target is None:
        return ()
    if not node.exceeded.uses_percent:
        return node.exceeded.intervals
    return [_scaled(interval, bound) for bound in target.target.bounds[:1] for interval in node.exceeded.intervals]


def _scaled(interval: Interval, by: Fraction) -> Interval:
    return Interval(
        None if interval.low is None else interval.low * by,
        None if interval.high is None else interval.high * by,
        interval.low_closed,
        interval.high_closed,
    )
