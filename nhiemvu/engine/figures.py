"""What was measured: arrays over units, one for each figure of each criterion, fact and column. One commune is N = 1.

A float64 stands for the decimal with at most 15 significant digits that it prints as, which is what Excel keeps; NaN is
a missing figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nhiemvu.engine.rows import UnitInfo
from nhiemvu.errors import Problem
from nhiemvu.rules.intervals import Interval
from nhiemvu.text import Figure

Floats = NDArray[np.float64]


@dataclass
class Lines:
    """The lines of one table over all units.

    Attributes:
        unit: for each line the position of its unit, ascending; int64 of shape (lines,).
        columns: float64 for numbers, object (str) for texts; each of shape (lines,).
        row: for each line its number within its unit, from 1.
    """

    unit: NDArray[np.int64]
    columns: Mapping[str, NDArray[Any]]
    units: int

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """Where the lines of each unit begin; shape (units + 1,)."""
        return np.searchsorted(self.unit, np.arange(self.units + 1))

    def of(self, unit: int) -> range:
        """The positions of one unit's lines."""
        return range(int(self.starts[unit]), int(self.starts[unit + 1]))


class Sources:
    """Where each figure stood and what was typed there. This one knows nothing, as for figures that came in frames."""

    def place(self, unit: int, criterion: str, field: str) -> str:
        """Address of a cell of a criterion's row, `Kết quả!F12`; empty where unknown."""
        return ""

    def raw(self, unit: int, criterion: str, field: str) -> str:
        """What that cell shows."""
        return ""

    def figure(self, unit: int, criterion: str) -> Figure | None:
        """What a typed result says beyond a plain number: a ratio, a bound, parts."""
        return None

    def unread(self, unit: int, criterion: str) -> Problem | None:
        """Why the cells of a criterion's row give no figure."""
        return None

    def line_place(self, unit: int, table: str, column: str, line: int) -> str:
        """Address of a cell of a table; `line` counts within the unit, from 0."""
        return ""

    def fact_place(self, unit: int, fact: str) -> str:
        """Address of a fact."""
        return ""


@dataclass
class Figures:
    """Everything that rules read, as arrays over units.

    Attributes:
        units: who; its length is N.
        dates: cut-off date of each unit, datetime64[D], NaT where unknown; shape (N,).
        own: per (criterion id, "value" | "numerator" | "denominator") a float64 array of shape (N,).
        intervals: typed results that are bounds or ranges, per criterion and unit.
        declared: int8 verdict codes per criterion, -1 where the unit declares nothing; shape (N,).
        facts: float64 arrays for numbers, object arrays of str for the rest ("" where unknown).
        lines: the tables.
        parts: the labelled parts typed in a criterion's own cell, per criterion, as lines.
        results: words, truth values or days, per criterion whose targets test those; object arrays, None: missing.
        narratives: what the official wrote, per criterion; object arrays of str.
        headings: the names of the criteria as the workbooks have them; object arrays of str.
        sources: where each figure stood and what was typed there.
    """

    units: Sequence[UnitInfo]
    dates: NDArray[np.datetime64]
    own: Mapping[tuple[str, str], Floats] = field(default_factory=dict)
    intervals: Mapping[str, Mapping[int, Interval]] = field(default_factory=dict)
    declared: Mapping[str, NDArray[np.int8]] = field(default_factory=dict)
    facts: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    lines: Mapping[str, Lines] = field(default_factory=dict)
    parts: Mapping[str, Lines] = field(default_factory=dict)
    results: Mapping[str, NDArray[np.object_]] = field(default_factory=dict)
    narratives: Mapping[str, NDArray[np.object_]] = field(default_factory=dict)
    headings: Mapping[str, NDArray[np.object_]] = field(default_factory=dict)
    sources: Sources = field(default_factory=Sources)

    def __len__(self) -> int:
        return len(self.units)

    @cached_property
    def missing(self) -> Floats:
        """An array of nothing but missing figures; not to be written to."""
        nothing = np.full(len(self), np.nan)
        nothing.flags.writeable = False
        return nothing

    def of(self, criterion: str, name: str) -> Floats:
        """One figure of one criterion over all units; shape (N,)."""
        return self.own.get((criterion, name), self.missing)
