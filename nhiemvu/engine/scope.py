"""What an expression sees of the figures, and what computing it gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from nhiemvu.engine.figures import Figures, Floats, Lines
from nhiemvu.rules import measure as ms
from nhiemvu.rules.intervals import Interval
from nhiemvu.text import fold

Mask = NDArray[np.bool_]


@dataclass
class Measured:
    """One measure over all units.

    Attributes:
        value: float64, NaN where a figure is missing or a denominator is 0; shape (N,).
        numerator, denominator: where the measure is a quotient.
        intervals: results that are bounds or ranges, by unit.
        exact: the exact result for one unit, None where unknown.
        by_zero: where the denominator is 0; None where it nowhere is.
        is_whole: are numerators and denominators sums and differences of whole numbers, hence exact below 2**53.
        per: the denominator counts in so many: 1.000 for a rate of 1.000 người.
        is_plain: the value is a figure as it was read, not the result of arithmetic: a float64 comparison is exact.
    """

    value: Floats
    numerator: Floats | None
    denominator: Floats | None
    intervals: Mapping[int, Interval]
    exact: Callable[[int], Fraction | None]
    is_plain: bool = False
    slack: float = 0.0
    by_zero: Mask | None = None
    is_whole: Callable[[], bool] = lambda: True
    per: int = 1


@dataclass(frozen=True)
class Scope:
    """What an expression sees: the figures, whose row "own" is, and whether each line stands for itself (`each`).

    `is_quantity`: the criterion counts one thing (ha, đồng), so its row's result is never a quotient.
    `per`: of how many things its rate tells; its row has the things themselves.
    """

    figures: Figures
    criterion: str
    measured: Callable[[str], Measured]
    lines: Lines | None = None
    is_quantity: bool = False
    per: int = 1
    kept: dict[int, tuple[Lines | None, Mask, Mask]] = field(default_factory=dict)

    def table_lines(self, table: str) -> Lines | None:
        """The lines of a table, or the parts typed in the criterion's own cell."""
        if table == ms.PARTS:
            return self.figures.parts.get(self.criterion)
        return self.figures.lines.get(table)

    @property
    def size(self) -> int:
        """How many results there are: one a unit, or one a line."""
        return len(self.lines.unit) if self.lines is not None else len(self.figures)


def find_lines(tree: ms.Aggregate, scope: Scope) -> tuple[Lines | None, Mask, Mask]:
    """The lines that an aggregate reads: which count, and of these the ones in doubt.

    A condition on a blank is neither true nor false: a line with figures that it may or may not take counts, with a
    value that nobody knows.
    """
    found = scope.kept.get(id(tree))
    if found is None:
        table = next(column.table for column in ms.walk(tree) if isinstance(column, ms.Column))
        lines = scope.table_lines(table)
        keep = doubt = np.zeros(0, dtype=bool)
        if lines is not None:
            keep, doubt = np.ones(len(lines.unit), dtype=bool), np.zeros(len(lines.unit), dtype=bool)
            if tree.where is not None:
                keep, fails = _decide(tree.where, lines)
                doubt = ~(keep | fails)
                if doubt.any():
                    doubt &= _has_figures(tree, lines)
                    keep = keep | doubt
        found = scope.kept[id(tree)] = (lines, keep, doubt)
    return found


def _has_figures(tree: ms.Aggregate, lines: Lines) -> Mask:
    """Whether there is anything in a line that the aggregate would take: a heading has no figures, 0 adds nothing."""
    some = np.zeros(len(lines.unit), dtype=bool)
    for column in ms.walk(tree.of):
        if isinstance(column, ms.Column) and column.name in lines.columns:
            values = np.asarray(lines.columns[column.name], dtype=np.float64)
            some |= ~np.isnan(values) & ((values != 0) | (tree.function != "sum"))
    return some


def _decide(condition: ms.Condition, lines: Lines) -> tuple[Mask, Mask]:
    """For which lines a condition holds, and for which it does not; for a blank neither, unless it asks for blanks."""
    match condition:
        case ms.Both(word=word, left=left, right=right):
            (holds, fails), (too, not_too) = _decide(left, lines), _decide(right, lines)
            return (holds & too, fails | not_too) if word == "and" else (holds | too, fails & not_too)
        case ms.Comparison(column=column, sign=sign, value=value):
            values = lines.columns[column.name]
            if isinstance(value, str):
                wanted, folded = fold(value), [fold(str(text)) for text in values]
                equal = np.array([text == wanted for text in folded], dtype=bool)
                known = np.array([bool(text or not wanted) for text in folded], dtype=bool)
                holds = equal if sign == "=" else ~equal
            else:
                known = ~np.isnan(values)
                with np.errstate(invalid="ignore"):
                    holds = np.asarray(_COMPARISONS[sign](values, float(value)), dtype=bool)
            return holds & known, ~holds & known


_COMPARISONS: dict[str, Callable[..., Mask]] = {
    "=": np.equal, "!=": np.not_equal, "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal,
}  # fmt: skip
