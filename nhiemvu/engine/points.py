"""What each criterion earns and what a group adds up to, over all units at once, in whole steps of a point."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from nhiemvu.engine.judge import Judged, test
from nhiemvu.rules import models
from nhiemvu.rules.intervals import covers, normalise
from nhiemvu.rules.rulebook import Node, Rulebook
from nhiemvu.rules.scoring import Scoring
from nhiemvu.verdicts import MET, NOT_APPLICABLE, NOT_MET, Codes, Score, Wholes, score_share

Ends = tuple[Wholes, Wholes, Wholes]  # earned for certain, earned at best, what could be earned


def add_up(
    node: Node,
    scoring: Scoring,
    rulebook: Rulebook,
    verdict: Codes,
    judged: Mapping[str, Judged],
    scores: Mapping[str, Score],
) -> Score:
    """What a group's children add up to: the weighted share of those that are met, or their points.

    Args:
        node: the group.
        scoring: its scoring.
        rulebook: its rulebook.
        verdict: codes of shape (criteria, units), filled for everything below the group.
        judged: how each leaf was judged.
        scores: of the groups below.
    """
    if not isinstance(node.form.roll_up, models.Points):
        return score_share(verdict[list(node.children)], scoring.weights)
    scale = _scale(rulebook)
    total: Ends | None = None
    for child in node.children:
        ends = _earn(rulebook.criteria[child], verdict[child], judged, scores, scoring.not_arising, scale)
        total = ends if total is None else (total[0] + ends[0], total[1] + ends[1], total[2] + ends[2])
    assert total is not None  # a roll-up without children does not load
    return Score(*total, scale)


def _scale(rulebook: Rulebook) -> int:
    """Steps in a point, such that everything in the rulebook is worth a whole number of them."""
    worths = [node.scoring for node in rulebook.criteria if node.scoring is not None]
    amounts = [scoring.most for scoring in worths if scoring.most is not None]
    amounts += [band.points for scoring in worths for band in scoring.bands]
    return math.lcm(*(amount.denominator for amount in amounts))


def _earn(
    node: Node, codes: Codes, judged: Mapping[str, Judged], scores: Mapping[str, Score], not_arising: str, scale: int
) -> Ends:
    """What one child earns for certain, at best, and what it could earn."""
    scoring = node.scoring
    assert scoring is not None  # loading has made sure that every child of a sum is worth something
    assert scoring.most is not None
    full = int(scoring.most * scale)
    most = np.full(len(codes), full, dtype=np.int64)
    own = scores.get(node.id)
    if own is not None and isinstance(node.form.roll_up, models.Points):
        low, high, most = own.low.copy(), own.high.copy(), own.most.copy()
    else:
        low = np.where(codes <= MET, full, 0).astype(np.int64)
        high = np.where(codes == NOT_MET, 0, full).astype(np.int64)
        if scoring.bands:
            _by_bands(scoring, judged[node.id], low, high, scale)
    nothing = codes == NOT_APPLICABLE
    low[nothing] = high[nothing] = full if not_arising == "full" else 0
    most[nothing] = 0 if not_arising == "left_out" else full
    return low, high, most


def _by_bands(scoring: Scoring, judged: Judged, low: Wholes, high: Wholes, scale: int) -> None:
    """Points by the range in which the result lies. Without a figure the verdict decides: all or nothing."""
    measured = judged.measured
    if measured is None:
        return
    worth = [int(band.points * scale) for band in scoring.bands]
    known = ~np.isnan(measured.value)
    low[known] = high[known] = 0
    for band, points in zip(scoring.bands, worth, strict=True):
        inside, _missing = test(band.target.intervals, measured)
        low[inside & known] = high[inside & known] = points
    unknown = ~known & (low != high)
    high[unknown] = max(worth)
    everything = normalise(interval for band in scoring.bands for interval in band.target.intervals)
    for unit, interval in measured.intervals.items():
        if known[unit]:
            continue
        possible = [
            points
            for band, points in zip(scoring.bands, worth, strict=True)
            if any(not part.intersect(interval).is_empty for part in band.target.intervals)
        ]
        possible += [] if covers(everything, interval) else [0]
        low[unit], high[unit] = min(possible), max(possible)
