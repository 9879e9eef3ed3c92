"""Which cases a rulebook still lacks: for each target one below, one at, one above it, and one without a figure."""

from __future__ import annotations

from collections.abc import Mapping, Set
from fractions import Fraction
from typing import Literal

from nhiemvu.messages import N_
from nhiemvu.rules.intervals import Interval
from nhiemvu.rules.rulebook import Node, TargetRow
from nhiemvu.rules.target import Target

Kind = Literal["below", "at", "above", "beside", "met", "not_met", "exceeded", "missing", "hole"]

KINDS: Mapping[Kind, str] = {
    "below": N_("dưới ngưỡng"),
    "at": N_("đúng ngưỡng"),
    "above": N_("trên ngưỡng"),
    "beside": N_("khác ngưỡng"),
    "met": N_("đạt"),
    "not_met": N_("chưa đạt"),
    "exceeded": N_("vượt"),
    "missing": N_("thiếu số liệu"),
    "hole": N_("ngưỡng còn trống"),
}


def wanted(node: Node, row: TargetRow) -> tuple[Kind, ...]:
    """The kinds of cases that one row of a criterion's decision table should have.

    A target that is one number has no sides that differ (of 100% there is no above): one case beside it will do.
    """
    target = row.target
    if target is None:
        return ("hole",)
    if node.measure is None or not target.bounds:
        return ("met", "not_met", "missing")
    sides: tuple[Kind, ...] = ("beside", "at") if _is_point(target) else ("below", "at", "above")
    beyond: tuple[Kind, ...] = ("exceeded",) if row.exceeds is not None or node.exceeded is not None else ()
    return (*sides, *beyond, "missing")


def _is_point(target: Target) -> bool:
    return len(target.intervals) == 1 and target.intervals[0].is_point


def classify(node: Node, row: TargetRow, value: Fraction | Interval | None, verdict: str) -> Set[Kind]:
    """What one case shows about the row that applied to it.

    Args:
        node: the criterion.
        row: its target.
        value: the result, None where there is none.
        verdict: the verdict that came out.
    """
    target = row.target
    if target is None:
        return {"hole"}
    kinds: set[Kind] = {"exceeded"} if verdict == "exceeded" else set()
    if node.measure is None or not target.bounds:
        return kinds | {"met" if verdict in ("met", "exceeded") else "not_met" if verdict == "not_met" else "missing"}
    if value is None:
        return kinds | {"missing"}
    if isinstance(value, Interval):
        return kinds  # a range shows neither side
    lowest, highest = target.bounds[0], target.bounds[-1]
    if value in target.bounds:
        return kinds | {"at"}
    if _is_point(target):
        return kinds | {"beside"}
    if value < lowest:
        return kinds | {"below"}
    return kinds | {"above"} if value > highest else kinds


def find_missing(node: Node, row: TargetRow, seen: Set[Kind]) -> tuple[Kind, ...]:
    """The kinds of cases that a row lacks."""
    return tuple(kind for kind in wanted(node, row) if kind not in seen)
