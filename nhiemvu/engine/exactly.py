"""Measures of one unit, exactly: each float64 is taken as the decimal that it shows, and computed with fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from nhiemvu.engine.figures import Lines
from nhiemvu.engine.scope import Scope, find_lines
from nhiemvu.rules import measure as ms
from nhiemvu.text import Unreadable, exact, read_mention


def evaluate_exactly(tree: ms.Expression, scope: Scope, at: int) -> Fraction | None:
    """The exact value of an expression for one unit (or line), each float64 taken as the decimal that it shows."""
    unit = at if scope.lines is None else int(scope.lines.unit[at])
    match tree:
        case ms.Number(value=value):
            return value
        case ms.Own(field=name, id=id_):
            return _own_exactly(scope, id_ or scope.criterion, name, unit)
        case ms.Fact(name=name):
            return fraction_of(scope.figures.facts[name][unit]) if name in scope.figures.facts else None
        case ms.Stated(id=id_, noun=noun):
            texts = scope.figures.narratives.get(id_)
            return None if texts is None else find_mention(texts[unit], noun)
        case ms.Operation(sign=sign, left=left, right=right):
            return _combine(sign, evaluate_exactly(left, scope, at), evaluate_exactly(right, scope, at))
        case ms.Aggregate():
            return _aggregate_exactly(tree, scope, at, unit)
        case ms.Column():
            raise AssertionError("a column outside an aggregate does not load")


def _combine(sign: str, left: Fraction | None, right: Fraction | None) -> Fraction | None:
    if left is None or right is None or (sign == "/" and right == 0):
        return None
    return {"+": Fraction.__add__, "-": Fraction.__sub__, "*": Fraction.__mul__, "/": Fraction.__truediv__}[sign](
        left, right
    )


def _own_exactly(scope: Scope, criterion: str, name: str, unit: int) -> Fraction | None:
    if criterion == scope.criterion:
        return fraction_of(scope.figures.of(criterion, name)[unit])
    other = scope.measured(criterion)
    if name == "value":
        return other.exact(unit)
    found = other.numerator if name == "numerator" else other.denominator
    part = None if found is None else fraction_of(found[unit])
    return part * other.per if part is not None and name == "denominator" else part


def _aggregate_exactly(tree: ms.Aggregate, scope: Scope, at: int, unit: int) -> Fraction | None:
    lines, keep, doubt = find_lines(tree, scope)
    if lines is None:
        return None
    mine = [at] if scope.lines is not None else lines.of(unit)
    values = [_line_exactly(tree.of, lines, line, scope, unit) for line in mine if keep[line]]
    known = [value for value in values if value is not None]
    if (
        len(known) < len(values)
        or any(doubt[line] for line in mine)
        or not len(mine)
        or (not values and (tree.where is None or tree.function not in ("sum", "count")))
    ):
        return None
    if tree.function == "count":
        return Fraction(len(known))
    if tree.function == "mean":
        return sum(known, Fraction(0)) / len(known)
    if tree.function == "sum":
        return sum(known, Fraction(0))
    return min(known) if tree.function == "min" else max(known)


def _line_exactly(tree: ms.Expression, lines: Lines, line: int, scope: Scope, unit: int) -> Fraction | None:
    match tree:
        case ms.Column(name=name):
            column = lines.columns.get(name)
            return None if column is None else fraction_of(column[line])
        case ms.Operation(sign=sign, left=left, right=right):
            return _combine(
                sign, _line_exactly(left, lines, line, scope, unit), _line_exactly(right, lines, line, scope, unit)
            )
    return evaluate_exactly(tree, Scope(scope.figures, scope.criterion, scope.measured), unit)


def fraction_of(number: float) -> Fraction | None:
    """A figure as the decimal that it shows; None where it is missing."""
    return None if np.isnan(number) else exact(float(number))


def find_mention(text: str, noun: str) -> Fraction | None:
    """The number before a noun in a narrative; None where there is none, or none that can be read."""
    try:
        return read_mention(text, noun) if text else None
    except Unreadable:
        return None
