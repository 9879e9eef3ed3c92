"""Verdicts, and how the verdicts of children make the verdict of their parent. Pure: arrays of codes in, codes out.

In arrays a verdict is an int8 code, its position in `Verdict`; in frames, files and messages it is the English word.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cache

import numpy as np
from numpy.typing import NDArray

from nhiemvu.messages import N_, _

Codes = NDArray[np.int8]
Wholes = NDArray[np.int64]
Mask = NDArray[np.bool_]


class _Coded(StrEnum):
    """A word with a place in an order, so that arrays can hold the place."""

    @property
    def number(self) -> int:
        """The int8 code in arrays."""
        return _words(type(self)).index(self)

    @classmethod
    def of(cls, number: int) -> _Coded:
        """The word of a code."""
        return _words(cls)[number]

    @property
    def label(self) -> str:
        """The word as officials read it, in the language in force."""
        return _(_LABELS[self])


@cache
def _words(of: type[_Coded]) -> tuple[_Coded, ...]:
    return tuple(of)


class Verdict(_Coded):
    """What the rules conclude of one criterion."""

    EXCEEDED = "exceeded"
    MET = "met"
    NOT_MET = "not_met"
    NOT_ASSESSED = "not_assessed"
    NO_DATA = "no_data"
    NOT_APPLICABLE = "not_applicable"


class Basis(_Coded):
    """Why the verdict is what it is."""

    COMPUTED = "computed"
    DECLARED = "declared"
    NOT_ARISING = "not_arising"
    ROLLED_UP = "rolled_up"


class Outlook(_Coded):
    """What the pace so far says about the rest of the period; `NONE` where the rule asks for no outlook."""

    NONE = "none"
    DONE = "done"
    ON_TRACK = "on_track"
    WATCH = "watch"
    AT_RISK = "at_risk"
    ALARM = "alarm"
    UNKNOWN = "unknown"


_LABELS: dict[str, str] = {
    Verdict.EXCEEDED: N_("Vượt"),
    Verdict.MET: N_("Đạt"),
    Verdict.NOT_MET: N_("Chưa đạt"),
    Verdict.NOT_ASSESSED: N_("Chưa đánh giá"),
    Verdict.NO_DATA: N_("Thiếu số liệu"),
    Verdict.NOT_APPLICABLE: N_("Không phát sinh"),
    Basis.COMPUTED: N_("Tính toán"),
    Basis.DECLARED: N_("Tự đánh giá"),
    Basis.NOT_ARISING: N_("Không phát sinh"),
    Basis.ROLLED_UP: N_("Tổng hợp"),
    Outlook.NONE: "",
    Outlook.DONE: N_("Đã đạt"),
    Outlook.ON_TRACK: N_("Đúng tiến độ"),
    Outlook.WATCH: N_("Cần chú ý"),
    Outlook.AT_RISK: N_("Nguy cơ"),
    Outlook.ALARM: N_("Báo động"),
    Outlook.UNKNOWN: N_("Chưa rõ"),
}

EXCEEDED, MET, NOT_MET, NOT_ASSESSED, NO_DATA, NOT_APPLICABLE = (np.int8(v.number) for v in Verdict)


def label(verdict: str, *, closed: bool = False) -> str:
    """The verdict as shown; once the period is closed, `not_met` reads "Không đạt".

    >>> label("not_met"), label("not_met", closed=True)
    ('Chưa đạt', 'Không đạt')
    """
    if closed and verdict == Verdict.NOT_MET:
        return _("Không đạt")
    return Verdict(verdict).label


# --- roll-ups: children are an array of shape (children, units), the result has shape (units,) ----------------------


def roll_up_all(children: Codes) -> Codes:
    """Every child that arises must be met. Any `not_met` decides; else `no_data`; else `not_assessed`; else met.

    Args:
        children: int8 codes of shape (children, units).

    Returns:
        int8 codes of shape (units,).

    >>> roll_up_all(np.array([[1, 1, 5], [4, 5, 5]], dtype=np.int8)).tolist()
    [4, 1, 5]
    """
    # The verdict of the parent is the gravest of its children in this order, so one pass with a table of ranks is
    # enough.
    result: Codes = _AT_RANK[_RANK[children].max(axis=0)]
    return result


_RANK = np.array(
    [1, 1, 4, 2, 3, 0], dtype=np.int8
)  # by code: exceeded and met, not_met, not_assessed, no_data, not_applicable
_AT_RANK = np.array([NOT_APPLICABLE, MET, NOT_ASSESSED, NO_DATA, NOT_MET], dtype=np.int8)


def roll_up_at_least(children: Codes, k: int) -> Codes:
    """At least k children must be met (`any` is k = 1). Unknown only where the unknown children could still decide."""
    met = (children <= MET).sum(axis=0)
    unknown = _is_unknown(children).sum(axis=0)
    return _settle(children, met >= k, met + unknown >= k)


def roll_up_core(children: Codes, core: Sequence[int], k: int) -> Codes:
    """The children at positions `core` must all be met, and at least k of the others; n/a is left out."""
    others = [i for i in range(len(children)) if i not in set(core)]
    essential = roll_up_all(children[list(core)])
    rest = (
        roll_up_at_least(children[others], k)
        if others and k > 0
        else np.full_like(essential, NOT_APPLICABLE if k <= 0 else NOT_MET)
    )
    return roll_up_all(np.stack([essential, rest]))


@dataclass(frozen=True, slots=True)
class Score:
    """What children add up to (a weighted share, points), in whole steps of 1/scale, so that every comparison is exact.

    Attributes:
        low: earned for certain; shape (units,).
        high: earned if every unknown child turns out as well as it can.
        most: what could be earned at all; 0 where nothing arises.
        scale: steps in one point (or in a weight of 1).
    """

    low: Wholes
    high: Wholes
    most: Wholes
    scale: int


@dataclass(frozen=True, slots=True)
class Threshold:
    """The least score that will do: `≥ 70%` of what could be earned (`relative`), or `> 80` points."""

    least: Fraction
    included: bool = True
    relative: bool = True


def score_share(children: Codes, weights: Sequence[Fraction]) -> Score:
    """The weighted share of met children among those that arise.

    Args:
        children: int8 codes of shape (children, units).
        weights: one a child, all positive.
    """
    scale = math.lcm(*(weight.denominator for weight in weights))
    steps = np.array([int(weight * scale) for weight in weights], dtype=np.int64)
    low = steps @ (children <= MET)
    most = steps @ (children != NOT_APPLICABLE)
    return Score(low, low + steps @ _is_unknown(children), most, scale)


def roll_up_score(children: Codes, score: Score, threshold: Threshold) -> Codes:
    """Met where the score reaches the threshold however the unknown children turn out, not met where it cannot; exact.

    >>> children = np.array([[1, 1, 5], [1, 4, 5], [2, 2, 5]], dtype=np.int8)
    >>> share = score_share(children, [Fraction(3), Fraction(1), Fraction(2)])
    >>> roll_up_score(children, share, Threshold(Fraction(2, 3))).tolist()  # 4 of 6; 3 or 4 of 6; nothing
    [1, 4, 5]
    """
    certainly, possibly = (reaches(amount, score, threshold) for amount in (score.low, score.high))
    return _settle(children, certainly, possibly)


def reaches(amount: Wholes, score: Score, threshold: Threshold) -> Mask:
    """Where an amount (in the score's steps) reaches the threshold: compared in whole numbers, never in floats."""
    base = score.most if threshold.relative else np.full_like(score.most, score.scale)
    times, need = threshold.least.denominator, threshold.least.numerator
    largest = max(int(np.abs(each).max(initial=0)) * factor for each, factor in ((amount, times), (base, abs(need))))
    if largest >= 2**62:  # whole numbers of any size, slower
        amount, base = amount.astype(object), base.astype(object)
    left, right = amount * times, base * need
    return np.asarray(left >= right if threshold.included else left > right, dtype=bool)


def _is_unknown(children: Codes) -> Mask:
    unknown: Mask = (children == NOT_ASSESSED) | (children == NO_DATA)
    return unknown


def _settle(children: Codes, certainly: Mask, possibly: Mask) -> Codes:
    """Met where certain, not met where impossible, unknown between; not applicable where every child is."""
    only_unassessed = (children == NOT_ASSESSED).any(axis=0) & ~(children == NO_DATA).any(axis=0)
    unknown = np.where(only_unassessed, NOT_ASSESSED, NO_DATA)
    result = np.where(certainly, MET, np.where(possibly, unknown, NOT_MET)).astype(np.int8)
    result[(children == NOT_APPLICABLE).all(axis=0)] = NOT_APPLICABLE
    return result
