"""Groups of units (a district, a province): counts of verdicts, ratios of sums, and how many units meet each criterion.

A group's ratio is the sum of the numerators over the sum of the denominators of all units below it, at any depth, and
never a mean of ratios. Where one of its units lacks a figure the ratio of the others is shown and the verdict is
`no_data`; a unit that sent nothing lacks every figure. A quantity (ha, lớp) has a total and no verdict: its target
speaks of one unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from nhiemvu.engine.figures import Figures, Floats
from nhiemvu.engine.judge import Judged, judge
from nhiemvu.engine.rollup import Verdicts
from nhiemvu.engine.rows import UnitInfo
from nhiemvu.engine.scope import Measured
from nhiemvu.rules.additive import Adding, adds_up
from nhiemvu.rules.rulebook import Node, Rulebook
from nhiemvu.text import exact
from nhiemvu.verdicts import NO_DATA, Codes, Score, Verdict, roll_up_score, score_share

NONE = np.int8(-1)  # no verdict is given


@dataclass(frozen=True, slots=True)
class Group:
    """Some units that are looked at together.

    Attributes:
        code, name: of the unit above them; the group of all has neither.
        level: 0 for the topmost.
        parent: code of the group above.
        members: positions of all judged units below it, at any depth.
        expected: how many units below it should have sent a workbook.
    """

    code: str
    name: str
    level: int
    parent: str
    members: NDArray[np.intp]
    expected: int

    @property
    def all(self) -> int:
        """How many units it has: those that were judged, and those of which nothing is known."""
        return max(self.expected, len(self.members))


@dataclass(frozen=True, slots=True)
class Totals:
    """What a rulebook gives for groups; arrays run over (criteria, groups) in the rulebook's order.

    Attributes:
        counts: how many units have each verdict; int64 of shape (criteria, groups, 6), by the codes of `Verdict`.
        numerator, denominator: sums over the units that have both; NaN where no unit has, or the criterion is no ratio.
        value: the ratio of the sums; the total, where the criterion counts one thing; NaN where there is neither.
        known: in how many units the figure is known, those where nothing arises included.
        verdict: of the ratio, by the criterion's own target; `no_data` where a unit lacks the figure, or sent nothing;
            -1 where no verdict is given.
        so_far: the same of the units whose figure is known, whatever the others are.
        meeting: of the share of units that meet the criterion, by its `units_meeting`, those that sent nothing being
            unknown; -1 where the rule says nothing.
    """

    counts: NDArray[np.int64]
    numerator: Floats
    denominator: Floats
    value: Floats
    known: NDArray[np.int64]
    verdict: Codes
    so_far: Codes
    meeting: Codes


def total(rulebook: Rulebook, figures: Figures, verdicts: Verdicts, groups: Sequence[Group]) -> Totals:
    """Add up and judge every criterion for every group at once."""
    shape = (len(rulebook.criteria), len(groups))
    members = np.concatenate([np.zeros(0, np.intp), *(group.members for group in groups)])
    ends = np.cumsum([len(group.members) for group in groups], dtype=np.intp)
    add = _Adder(members, ends - np.array([len(group.members) for group in groups], dtype=np.intp), ends)
    counts = np.stack([add((verdicts.verdict == code).astype(np.int64)) for code in range(len(Verdict))], axis=-1)
    totals = Totals(
        counts,
        numerator=np.full(shape, np.nan),
        denominator=np.full(shape, np.nan),
        value=np.full(shape, np.nan),
        known=np.zeros(shape, dtype=np.int64),
        verdict=np.full(shape, NONE),
        so_far=np.full(shape, NONE),
        meeting=np.full(shape, NONE),
    )
    as_units = _as_units(figures, groups)
    for node in rulebook.criteria:
        judged = verdicts.judged.get(node.id)
        if judged is not None and judged.measured is not None:
            _add_up(node, adds_up(node, rulebook), judged, judged.measured, add, as_units, groups, totals)
        rule = node.units_meeting
        if rule is not None:
            totals.meeting[node.index] = [
                roll_up_score(codes, score, rule)[0]
                for group in groups
                for codes, score in [_share(verdicts.verdict[node.index][group.members], group.all)]
            ]
    return totals


def _share(codes: Codes, units: int) -> tuple[Codes, Score]:
    """The verdicts of a group's units as children of the group, and how many of them meet; who sent nothing may."""
    children = np.append(codes, np.full(units - len(codes), NO_DATA, dtype=np.int8))[:, None]
    return children, score_share(children, [Fraction(1)] * len(children))


@dataclass(frozen=True, slots=True)
class _Adder:
    """Sums over the members of each group; the last axis of what is given runs over units."""

    members: NDArray[np.intp]
    starts: NDArray[np.intp]
    ends: NDArray[np.intp]

    def __call__(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """Exact sums of whole numbers."""
        running = np.zeros((*values.shape[:-1], len(self.members) + 1), dtype=np.int64)
        np.cumsum(values[..., self.members], axis=-1, out=running[..., 1:])
        return running[..., self.ends] - running[..., self.starts]

    def add(self, values: Floats) -> Floats:
        """Sums of figures, group by group, so that no group's rounding depends on another's."""
        picked = values[self.members]
        return np.array([picked[a:b].sum() for a, b in zip(self.starts, self.ends, strict=True)], dtype=np.float64)

    def exactly(self, values: Floats, group: int) -> Fraction:
        """The exact sum of one group."""
        return sum((exact(float(each)) for each in values[self.of(group)]), Fraction(0))

    def of(self, group: int) -> NDArray[np.intp]:
        """The members of one group."""
        return self.members[self.starts[group] : self.ends[group]]


def _add_up(
    node: Node,
    kind: Adding,
    judged: Judged,
    measured: Measured,
    add: _Adder,
    as_units: Figures,
    groups: Sequence[Group],
    totals: Totals,
) -> None:
    over, under = measured.numerator, measured.denominator
    arises = judged.verdict != Verdict.NOT_APPLICABLE.number  # what a unit says does not arise there is no gap
    if over is None or under is None or kind != "ratio":
        if node.is_quantity and kind == "sum":
            known = ~np.isnan(measured.value)
            totals.known[node.index] = add((known | ~arises).astype(np.int64))
            sums = add.add(np.where(known, measured.value, 0.0))
            totals.value[node.index] = np.where(add(known.astype(np.int64)) > 0, sums, np.nan)
        return
    # something of nothing is a mistake, which would add to the numerators alone
    known = ~(np.isnan(over) | np.isnan(under) | ((under == 0) & (over != 0)))
    tops, bottoms = np.where(known, over, 0.0), np.where(known, under, 0.0)
    count = totals.known[node.index] = add((known | ~arises).astype(np.int64))
    top, bottom = (np.where(count == 0, np.nan, add.add(each)) for each in (tops, bottoms))
    has_figures = add(known.astype(np.int64)) > 0
    for sums, each in ((totals.numerator, top), (totals.denominator, bottom)):
        sums[node.index] = np.where(has_figures, each, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = top / bottom
    by_zero = bottom == 0
    value[by_zero] = np.nan
    totals.value[node.index] = value
    is_whole = measured.is_whole()

    def exactly(group: int) -> Fraction | None:
        below = add.exactly(bottoms, group)
        return add.exactly(tops, group) / below if below else None

    verdict, basis = totals.so_far[node.index], np.empty(len(count), dtype=np.int8)
    whole = Measured(
        value,
        top,
        bottom,
        {},
        exactly,
        slack=0.0,
        by_zero=by_zero if by_zero.any() else None,
        is_whole=lambda: is_whole,
    )
    judge(node, whole, as_units, verdict, basis)
    is_whole_group = count == [group.all for group in groups]
    totals.verdict[node.index] = np.where(is_whole_group, verdict, NO_DATA)


def _as_units(figures: Figures, groups: Sequence[Group]) -> Figures:
    """Each group as one unit: what all of its units say alike, and the latest of their days."""
    facts = {}
    for name, values in figures.facts.items():
        if values.dtype.kind == "f":
            continue  # a threshold by a number (so many people) is one unit's
        common = [set(values[group.members].tolist()) for group in groups]
        facts[name] = np.array([next(iter(each)) if len(each) == 1 else "" for each in common], dtype=object)
    nothing = np.datetime64("NaT", "D")
    dates = [figures.dates[group.members] for group in groups]
    known = [each[~np.isnat(each)] for each in dates]
    return Figures(
        units=[UnitInfo(group.code, group.name) for group in groups],
        dates=np.array([each.max() if len(each) else nothing for each in known], dtype="datetime64[D]"),
        facts=facts,
    )
