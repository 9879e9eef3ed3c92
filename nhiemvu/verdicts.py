"""Verdicts, and how the verdicts of children make the verdict of their parent. Pure: arrays of codes in, codes out.

In arrays a verdict is an int8 code, its position in `Verdict`; in frames, files and messages it is the English word.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from nhiemvu.messages import N_, _

Codes = NDArray[np.int8]


class _Coded(StrEnum):
    """A word with a place in an order, so that arrays can hold the place."""

    @property
    def number(self) -> int:
        """The int8 code in arrays."""
        return list(type(self)).index(self)

    @classmethod
    def of(cls, number: int) -> _Coded:
        """The word of a code."""
        return list(cls)[number]

    @property
    def label(self) -> str:
        """The word as officials read it, in the language in force."""
        return _(_LABELS[self])


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


def _tally(children: Codes) -> tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Per unit: is nothing applicable; how many are met, not met, unknown."""
    met = (children <= MET).sum(axis=0)
    not_met = (children == NOT_MET).sum(axis=0)
    unknown = ((children == NOT_ASSESSED) | (children == NO_DATA)).sum(axis=0)
    return (children == NOT_APPLICABLE).all(axis=0), met, not_met, unknown


def _unknown(children: Codes) -> Codes:
    """Which kind of unknown: a missing figure weighs more than an assessment that has not been made."""
    return np.where((children == NO_DATA).any(axis=0), NO_DATA, NOT_ASSESSED).astype(np.int8)


def _settle(children: Codes, certainly: NDArray[np.bool_], possibly: NDArray[np.bool_]) -> Codes:
    """Met where certain, not met where impossible, unknown between; not applicable where every child is."""
    result = np.where(certainly, MET, np.where(possibly, _unknown(children), NOT_MET)).astype(np.int8)
    result[(children == NOT_APPLICABLE).all(axis=0)] = NOT_APPLICABLE
    return result


def roll_up_all(children: Codes) -> Codes:
    """Every applicable child must be met. Any `not_met` decides; else `no_data`; else `not_assessed`; else met.

    Args:
        children: int8 codes of shape (children, units).

    Returns:
        int8 codes of shape (units,).
    """
    # folded child by child: no array larger than one row is made
    any_not_met = np.zeros(children.shape[1], dtype=bool)
    any_no_data, any_not_assessed, any_known = any_not_met.copy(), any_not_met.copy(), any_not_met.copy()
    for child in children:
        any_not_met |= child == NOT_MET
        any_no_data |= child == NO_DATA
        any_not_assessed |= child == NOT_ASSESSED
        any_known |= child != NOT_APPLICABLE
    result = np.where(any_known, MET, NOT_APPLICABLE)
    result[any_not_assessed] = NOT_ASSESSED
    result[any_no_data] = NO_DATA
    result[any_not_met] = NOT_MET
    return result.astype(np.int8, copy=False)


def roll_up_at_least(children: Codes, k: int) -> Codes:
    """At least k children must be met; `any` is k = 1. Unknown only where the unknown children could still decide."""
    _, met, _, unknown = _tally(children)
    return _settle(children, met >= k, met + unknown >= k)


def roll_up_core(children: Codes, core: Sequence[int], k: int) -> Codes:
    """The children at positions `core` must all be met, and at least k of the others.

    A core child that does not arise is left out, as in `roll_up_all`.
    """
    others = [i for i in range(len(children)) if i not in set(core)]
    essential = roll_up_all(children[list(core)])
    rest = roll_up_at_least(children[others], k) if others else np.full(children.shape[1], MET if k <= 0 else NOT_MET)
    if k <= 0:
        rest = np.full(children.shape[1], MET)
    return roll_up_all(np.where(np.stack([essential, rest]) == NOT_APPLICABLE, MET, np.stack([essential, rest])).astype(
        np.int8
    )) if not (children == NOT_APPLICABLE).all() else np.full(children.shape[1], NOT_APPLICABLE, dtype=np.int8)
