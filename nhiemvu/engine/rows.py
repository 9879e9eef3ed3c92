"""The rows in which an evaluation is told: one a criterion and unit, and one a discrepancy."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class UnitInfo:
    """Who sent a workbook, for which period."""

    code: str
    name: str = ""
    parent_agency: str = ""
    place: str = ""
    period: str = ""
    as_of: dt.date | None = None
    file: str = ""


class _Quick:
    """Pickled as the call that makes it: many units' rows travel between processes, and what dataclasses do is slow."""

    __slots__: tuple[str, ...] = ()

    def __reduce__(self) -> tuple[type[Any], tuple[object, ...]]:
        return type(self), tuple([getattr(self, name) for name in self.__slots__])


@dataclass(frozen=True, slots=True)
class Row(_Quick):
    """One criterion of one unit (or one line of a table that is judged by itself), as `Evaluation.frame` shows it.

    Attributes:
        level: 0 for a root of the tree.
        value: what was measured, in the criterion's unit of measure; a share is a fraction (0.0817); None: unknown.
        needed: what is missing to meet the target, in the numerator's unit for a ratio; 0 where met; None: unknown.
        place: address of the figure, such as `Kết quả!F12`.
        kind: `group` is rolled up, `leaf` is measured or declared, `line` is one line of a table.
        shown: the result as officials read it, `8,17%`; never contradicts the verdict.
        outlook_reason: the sentence behind the outlook.
        narrative: what the official wrote about it, line by line.
        source_short: as `source`, with the documents' short names, for a narrow column.
        figures: the result with what it was divided from, `72.225.000 / 883.700.000 = 8,17%`.
        shortfall: what is missing to meet the target, `còn thiếu 811.475.000 đ`; empty where nothing is, or unknown.
        forecast: what the official wrote about the rest of the period.
    """

    unit: str
    id: str
    parent: str
    level: int
    name: str
    unit_of_measure: str
    target: str
    value: float | None
    numerator: float | None
    denominator: float | None
    verdict: str
    basis: str
    declared: str
    reason: str
    outlook: str
    needed: float | None
    source: str
    place: str
    kind: Literal["group", "leaf", "line"] = "leaf"
    shown: str = ""
    outlook_reason: str = ""
    narrative: str = ""
    source_short: str = ""
    figures: str = ""
    shortfall: str = ""
    forecast: str = ""


@dataclass(frozen=True, slots=True)
class Discrepancy(_Quick):
    """A place where the workbook contradicts itself or the rules.

    Attributes:
        kind: stable English code, such as `declared-against-computed`, `heading-count`, `facts-disagree`.
        says: what the workbook says.
        follows: what follows from its figures and the rules.
        advice: what to do.
        severity: `error` is a contradiction; `note` is within what is accepted (a percentage cut instead of rounded).
    """

    unit: str
    id: str
    kind: str
    place: str
    says: str
    follows: str
    advice: str
    severity: Literal["error", "note"] = "error"
    other_place: str = ""
