"""Measures on arrays. Each expression is computed twice over: in float64 for all units at once, and exactly, with
fractions, for the few whose result lies so near a threshold that rounding could decide (`Measured.exact`).
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from nhiemvu.engine.exactly import evaluate_exactly, find_mention, fraction_of
from nhiemvu.engine.figures import Floats, Lines
from nhiemvu.engine.scope import Mask, Measured, Scope, find_lines
from nhiemvu.rules import measure as ms
from nhiemvu.text import exact


def compute(tree: ms.Expression, scope: Scope) -> Measured:
    """Compute a measure for all units (or, where the scope has lines, for every line of its table)."""
    if tree == ms.Own("value"):
        return _own(scope)
    numerator = denominator = by_zero = None
    quotient = _quotient(tree, scope)
    if quotient is None:
        value = evaluate(tree, scope)
    else:
        numerator, denominator = quotient
        value, by_zero = _over(numerator, denominator)
    return Measured(
        value,
        numerator,
        denominator,
        {},
        lambda unit: evaluate_exactly(tree, scope, unit),
        slack=_slack(tree, scope),
        by_zero=by_zero,
        is_whole=lambda: _is_whole(tree, scope),
    )


def _over(numerator: Floats, denominator: Floats) -> tuple[Floats, Mask | None]:
    """The quotient, NaN where the denominator is 0; and where it is, below a known numerator (None: nowhere)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient: Floats = numerator / denominator
    by_zero = denominator == 0
    if not by_zero.any():
        return quotient, None
    by_zero &= ~np.isnan(numerator)
    quotient[by_zero] = np.nan
    return quotient, by_zero


def _own(scope: Scope) -> Measured:
    """The criterion's own row: numerator over denominator where both stand there, else the value.

    The result of a quantity (ha, đồng) is the value alone: 27,35 of 25 ha planned is 27,35 ha.
    """
    figures, criterion = scope.figures, scope.criterion
    value, numerator, denominator = (figures.of(criterion, field) for field in ("value", "numerator", "denominator"))
    intervals = figures.intervals.get(criterion, {})
    if numerator is figures.missing and denominator is figures.missing:
        return Measured(value, None, None, intervals, lambda unit: fraction_of(value[unit]), is_plain=True)
    if scope.is_quantity:
        nothing = (numerator == 0) & (denominator == 0)  # nothing planned, nothing done: not a result of 0
        plain = np.where(nothing, np.nan, value)
        return Measured(
            plain, None, None, intervals, lambda unit: fraction_of(plain[unit]), is_plain=True, by_zero=nothing
        )
    if scope.per != 1:  # 90 máy of 2.000 dân are 45 máy/1.000 dân: 90 / 2
        denominator = denominator / scope.per
    quotient, by_zero = _over(numerator, denominator)
    quotient = np.where(np.isnan(numerator) | np.isnan(denominator), value, quotient)

    def exactly(unit: int) -> Fraction | None:
        if np.isnan(numerator[unit]) or np.isnan(denominator[unit]):
            return fraction_of(value[unit])
        below = exact(float(denominator[unit]))
        return exact(float(numerator[unit])) / below if below else None

    return Measured(quotient, numerator, denominator, intervals, exactly, by_zero=by_zero, per=scope.per)


def _quotient(tree: ms.Expression, scope: Scope) -> tuple[Floats, Floats] | None:
    """Numerator and denominator, where the measure is a quotient, or the least or greatest of quotients."""
    match tree:
        case ms.Operation(sign="/", left=left, right=right):
            return evaluate(left, scope), evaluate(right, scope)
        case ms.Aggregate(function=("min" | "max") as function, of=ms.Operation(sign="/", left=left, right=right)):
            lines, keep, doubt = find_lines(tree, scope)
            if lines is None:
                return np.full(scope.size, np.nan), np.full(scope.size, np.nan)
            over, under = (_known(_per_line(side, lines, scope), doubt) for side in (left, right))
            chosen = _extreme(_divide(over, under), lines, keep, function)
            known = chosen >= 0
            pick = np.where(known, chosen, 0)
            if not len(over):
                return np.full(scope.size, np.nan), np.full(scope.size, np.nan)
            return np.where(known, over[pick], np.nan), np.where(known, under[pick], np.nan)
    return None


def _extreme(values: Floats, lines: Lines, keep: Mask, function: str) -> NDArray[np.int64]:
    """For each unit the line with the least (or greatest) value; -1 where there is no line or one is unknown."""
    mine = np.flatnonzero(keep)
    unit, ranked = lines.unit[mine], values[mine] if function == "min" else -values[mine]
    order = np.lexsort((ranked, unit))  # stable: of equal values the first line is named
    firsts = np.flatnonzero(np.diff(unit[order], prepend=-1))
    chosen = np.full(lines.units, -1)
    chosen[unit[order[firsts]]] = mine[order[firsts]]
    chosen[unit[np.isnan(ranked)]] = -1
    return chosen


# --- in float64, for all units at once ------------------------------------------------------------------------------


def evaluate(tree: ms.Expression, scope: Scope) -> Floats:
    """An expression over all units (or lines of the scope); NaN where a figure is missing. Shape (scope.size,)."""
    figures = scope.figures
    match tree:
        case ms.Number(value=value):
            return np.full(scope.size, float(value))
        case ms.Own(field=name, id=id_):
            return _spread(_own_field(scope, id_ or scope.criterion, name), scope)
        case ms.Fact(name=name):
            return _spread(figures.facts.get(name, figures.missing), scope)
        case ms.Stated(id=id_, noun=noun):
            texts = figures.narratives.get(id_)
            if texts is None:
                return _spread(figures.missing, scope)
            return _spread(np.array([find_mention(text, noun) for text in texts], dtype=np.float64), scope)
        case ms.Operation(sign=sign, left=left, right=right):
            over, under = evaluate(left, scope), evaluate(right, scope)
            return _OPERATIONS[sign](over, under)
        case ms.Aggregate():
            return _aggregate(tree, scope)
        case ms.Column():
            raise AssertionError("a column outside an aggregate does not load")


def _divide(over: Floats, under: Floats) -> Floats:
    return _over(over, under)[0]


_OPERATIONS: dict[str, Callable[[Floats, Floats], Floats]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": _divide,
}


def _own_field(scope: Scope, criterion: str, name: str) -> Floats:
    if criterion == scope.criterion:
        return scope.figures.of(criterion, name)
    other = scope.measured(criterion)
    found = {"value": other.value, "numerator": other.numerator, "denominator": other.denominator}[name]
    if found is None:
        return scope.figures.missing
    return found * other.per if name == "denominator" and other.per != 1 else found


def _spread(values: Floats, scope: Scope) -> Floats:
    """A value per unit, repeated for each of the unit's lines where lines are judged by themselves."""
    return values if scope.lines is None else values[scope.lines.unit]


def _per_line(tree: ms.Expression, lines: Lines, scope: Scope) -> Floats:
    """An arithmetic of columns, line by line."""
    match tree:
        case ms.Column(name=name):
            column = lines.columns.get(name)
            return np.full(len(lines.unit), np.nan) if column is None else np.asarray(column, dtype=np.float64)
        case ms.Operation(sign=sign, left=left, right=right):
            return _OPERATIONS[sign](_per_line(left, lines, scope), _per_line(right, lines, scope))
        case ms.Number(value=value):
            return np.full(len(lines.unit), float(value))
    per_unit = evaluate(tree, Scope(scope.figures, scope.criterion, scope.measured))
    return per_unit[lines.unit]


def _known(values: Floats, doubt: Mask) -> Floats:
    """The values of lines, unknown where nobody can tell whether the line counts."""
    return np.where(doubt, np.nan, values) if doubt.any() else values


def _aggregate(tree: ms.Aggregate, scope: Scope) -> Floats:
    lines, keep, doubt = find_lines(tree, scope)
    if lines is None:
        return np.full(scope.size, np.nan)
    values = _known(_per_line(tree.of, lines, scope), doubt)
    if scope.lines is not None:  # every line is judged by itself: an aggregate of one line is the line
        kept = np.where(keep, values, np.nan)
        return np.where(np.isnan(kept), np.nan, 1.0) if tree.function == "count" else kept
    unit = lines.unit
    if not keep.all():
        values, unit = values[keep], unit[keep]
    count = np.bincount(unit, minlength=lines.units)
    if tree.function == "count":
        # a condition that keeps nothing counts 0; a table without a line is a missing table
        known = np.bincount(unit, weights=np.isnan(values), minlength=lines.units) == 0
        return np.where((np.diff(lines.starts) > 0) & known, count, np.nan)
    some = count > 0
    if tree.function in ("sum", "mean"):
        total = np.bincount(unit, weights=values, minlength=lines.units)
        if tree.function == "sum":
            return np.where(some | ((tree.where is not None) & (np.diff(lines.starts) > 0)), total, np.nan)
        return np.where(some, total / np.where(some, count, 1), np.nan)
    result = np.full(lines.units, np.nan)
    pick = np.minimum if tree.function == "min" else np.maximum
    firsts = np.flatnonzero(np.diff(unit, prepend=-1))
    if len(firsts):
        result[unit[firsts]] = pick.reduceat(values, firsts)
    return result


def _slack(tree: ms.Expression, scope: Scope) -> float:
    """How far cancellation may carry a float64 result from the exact one: 0 where nothing is subtracted.

    Sums of figures of one sign keep a relative error of a few units in the last place, which the caller allows for; a
    difference may lose all its digits, so its error is relative to the largest figure that went in.
    """
    if not any(isinstance(node, ms.Operation) and node.sign == "-" for node in ms.walk(tree)) and not _has_negative(
        tree, scope
    ):
        return 0.0
    largest = max((float(np.nanmax(np.abs(array), initial=0.0)) for array in _inputs(tree, scope)), default=0.0)
    return 1e-9 * largest


def _is_whole(tree: ms.Expression, scope: Scope) -> bool:
    """Are both sides of the quotient sums and differences of whole numbers."""
    inner = tree.of if isinstance(tree, ms.Aggregate) else tree
    sides = (inner.left, inner.right) if isinstance(inner, ms.Operation) else (inner,)
    for side in sides:
        for node in ms.walk(side):
            if isinstance(node, ms.Operation) and node.sign in "*/":
                return False
            if isinstance(node, ms.Aggregate) and node.function == "mean":
                return False
            if isinstance(node, ms.Number) and node.value.denominator != 1:
                return False
            if isinstance(node, (ms.Own, ms.Stated)) and node != ms.Own("numerator") and node != ms.Own("denominator"):
                return False
    return all(bool(np.all((array == np.rint(array)) | np.isnan(array))) for array in _inputs(tree, scope))


def _has_negative(tree: ms.Expression, scope: Scope) -> bool:
    if not any(
        isinstance(node, ms.Aggregate) or (isinstance(node, ms.Operation) and node.sign in "+")
        for node in ms.walk(tree)
    ):
        return False
    return any(len(array) > 0 and bool(np.nanmin(array, initial=0.0) < 0) for array in _inputs(tree, scope))


def _inputs(tree: ms.Expression, scope: Scope) -> list[Floats]:
    arrays: list[Floats] = []
    for node in ms.walk(tree):
        match node:
            case ms.Column(table=table, name=name):
                lines = scope.table_lines(table)
                if lines is not None and name in lines.columns and lines.columns[name].dtype == np.float64:
                    arrays.append(lines.columns[name])
            case ms.Own(field=field, id=id_):
                arrays.append(_own_field(scope, id_ or scope.criterion, field))
            case ms.Fact(name=name) if name in scope.figures.facts:
                arrays.append(scope.figures.facts[name])
    return arrays
