"""An evaluation as arrays of criteria × units: for whoever keeps or adds up the figures of many units.

The figures are those that `rows` tell one by one, `needed` included; here a hundred thousand units cost what their
arrays cost.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nhiemvu.engine.figures import Figures, Floats
from nhiemvu.engine.finding import round_up
from nhiemvu.engine.judge import Judged, test
from nhiemvu.engine.outlook import NONE, look_ahead
from nhiemvu.engine.rollup import Verdicts
from nhiemvu.engine.scope import Mask, Measured
from nhiemvu.rules.rulebook import Rulebook
from nhiemvu.rules.target import Target
from nhiemvu.text import exact, nearest_float
from nhiemvu.verdicts import EXCEEDED, MET, NOT_MET, Codes


@dataclass(frozen=True, slots=True)
class Columns:
    """Verdicts and figures, each an array of shape (criteria, N) in the rulebook's reading order.

    Attributes:
        verdict, basis, outlook: int8 codes of `Verdict`, `Basis` and `Outlook`.
        declared: int8 codes of `Verdict`, -1 where the unit declares nothing.
        value, numerator, denominator, needed: float64 as in `Row`, NaN where unknown.
    """

    verdict: Codes
    basis: Codes
    declared: Codes
    outlook: Codes
    value: Floats
    numerator: Floats
    denominator: Floats
    needed: Floats


def tabulate(rulebook: Rulebook, figures: Figures, concluded: Verdicts) -> Columns:
    """Everything that was concluded, in arrays."""
    shape = concluded.verdict.shape
    declared, outlook = np.full(shape, -1, dtype=np.int8), np.full(shape, NONE, dtype=np.int8)
    value, numerator, denominator, needed = (np.full(shape, np.nan) for _ in range(4))
    for node in rulebook.criteria:
        at = node.index
        declared[at] = figures.declared.get(node.id, np.int8(-1))
        judged = concluded.judged.get(node.id)
        if judged is None:
            continue
        ahead = look_ahead(node, judged, figures, rulebook)
        if ahead is not None:
            outlook[at] = ahead.outlook
        measured = judged.measured
        for name, rows in (("numerator", numerator), ("denominator", denominator)):
            if node.own:  # as it stands in the row, although the result may not need it
                rows[at] = figures.of(node.id, name)
            found = getattr(measured, name) if measured is not None else None
            if found is not None:
                np.copyto(rows[at], found, where=~np.isnan(found))
        if measured is not None:
            value[at] = measured.value
            for i, target in enumerate(node.targets):
                if target.target is not None:
                    _fill_needed(needed[at], target.target, judged, measured, judged.row == i)
    return Columns(concluded.verdict, concluded.basis, declared, outlook, value, numerator, denominator, needed)


def _fill_needed(needed: Floats, target: Target, judged: Judged, measured: Measured, mine: Mask) -> None:
    """What is missing to meet one target, for the units to which it applies (`mine`); as `Finding.needed` has it."""
    if target.kind not in ("number", "percent", "any"):
        return
    verdict = judged.verdict
    judgeable = (verdict == EXCEEDED) | (verdict == MET) | (verdict == NOT_MET)
    known = mine & judgeable & ~np.isnan(measured.value)
    holds = test(target.intervals, measured)[0] if target.kind != "any" else known
    needed[known & holds] = 0.0
    left = np.flatnonzero(known & ~holds)
    left = _fill_whole(needed, target, measured, left)
    for unit in left.tolist():
        value = measured.exact(unit)
        distance = None if value is None else target.needed(value)
        if distance is None:
            continue
        if measured.numerator is not None and measured.denominator is not None:
            over, under = float(measured.numerator[unit]), float(measured.denominator[unit])
            if not np.isnan(over) and under and not np.isnan(under):
                part, whole = exact(over), exact(under)
                distance = round_up(distance * whole, whole=part.denominator == 1 and whole.denominator == 1)
        needed[unit] = nearest_float(distance)


def _fill_whole(needed: Floats, target: Target, measured: Measured, left: NDArray[np.intp]) -> NDArray[np.intp]:
    """Quotients of whole numbers against one bound, all at once; gives the units that are left to be done singly."""
    over, under = measured.numerator, measured.denominator
    if over is None or under is None or len(target.bounds) != 1 or not len(left) or not measured.is_whole():
        return left
    bound = target.bounds[0]
    top = 2.0**62 / max(abs(bound.numerator), bound.denominator)
    part, whole = over[left], under[left]
    with np.errstate(invalid="ignore"):
        fits = (part == np.rint(part)) & (whole == np.rint(whole)) & (whole > 0)
        fits &= np.maximum(np.abs(part), np.abs(whole)) < min(top / 2, 1e15)
    units = left[fits]
    # in steps of 1/bound.denominator, then up to the next whole thing: half a household is no household
    steps = bound.numerator * whole[fits].astype(np.int64) - bound.denominator * part[fits].astype(np.int64)
    needed[units] = np.where(steps > 0, -(-steps // bound.denominator), steps // bound.denominator)
    rest: NDArray[np.intp] = left[~fits]
    return rest
