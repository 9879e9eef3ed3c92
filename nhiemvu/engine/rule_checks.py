"""The checks that a rulebook names: statements of one fact agree, parts add up to their total, shares stay within 100%.

In float64, for all units at once, only what is certainly right is passed over; the rest is compared exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial

import numpy as np

from nhiemvu.engine.compute import compute
from nhiemvu.engine.describe import Describer
from nhiemvu.engine.figures import Floats
from nhiemvu.engine.judge import NEAR
from nhiemvu.engine.rows import Discrepancy
from nhiemvu.engine.scope import Mask, Measured, Scope
from nhiemvu.messages import _
from nhiemvu.rules import measure as ms
from nhiemvu.rules import models
from nhiemvu.rules.rulebook import CompiledCheck, Node
from nhiemvu.text import format_number

Suspect = tuple[Mask, Callable[[int], Iterable[Discrepancy]]]  # which units, and what is told of one of them


def suspect_by_rules(describer: Describer) -> Iterator[Suspect]:
    """Where a check of the rulebook could find something."""
    for each in describer.rulebook.checks:
        if isinstance(each.form, models.Bounded):
            for name in each.form.bounded:
                yield _bounded(describer, describer.rulebook.by_id[name])
            continue
        statements = _Statements(describer, each, float(each.form.within))
        if isinstance(each.form, models.Agree):
            yield statements.differ(), partial(_tell_disagreement, statements, each.form)
        else:
            yield statements.fail_to_add_up(), partial(_tell_sum, statements, each.form)


def _measured(describer: Describer, name: str) -> Measured:
    judged = describer.verdicts.judged.get(name)
    if judged is not None and judged.measured is not None:
        return judged.measured
    return Measured(describer.figures.missing, None, None, {}, lambda unit: None)


# --- statements -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Statement:
    """What one expression of a check says for one unit, where, and the criterion that it belongs to."""

    text: str
    value: Fraction
    place: str
    criterion: str


class _Statements:
    """The expressions of one check over all units."""

    def __init__(self, describer: Describer, each: CompiledCheck, within: float) -> None:
        self.describer, self._check, self._within = describer, each, within
        scope = Scope(describer.figures, "", partial(_measured, describer))
        self._measured = [compute(tree, scope) for tree in each.expressions]
        self._values = np.stack([measured.value for measured in self._measured])
        self._are_figures = all(_is_figure(tree, scope) for tree in each.expressions)

    def differ(self) -> Mask:
        """Where the statements could differ by more than the check allows."""
        spread = np.fmax.reduce(self._values) - np.fmin.reduce(self._values)
        return self._passes(spread, self._are_figures)

    def fail_to_add_up(self) -> Mask:
        """Where the first could differ from the sum of the others by more than the check allows."""
        values = self._values
        whole = np.all((values == np.rint(values)) & (np.abs(values) < 2**53 / len(values)), axis=0)
        return self._passes(np.abs(values[1:].sum(axis=0) - values[0]), whole & self._are_figures)

    def _passes(self, distance: Floats, is_exact: Mask | bool) -> Mask:
        """Could the distance pass what the check allows; `is_exact`: a distance of 0 is 0."""
        reach = NEAR * np.fmax.reduce(np.abs(self._values)) + sum(each.slack for each in self._measured)
        return np.asarray((distance > self._within - reach) & ((distance > 0) | np.logical_not(is_exact)))

    def of(self, unit: int) -> list[_Statement]:
        """Those that are known for one unit."""
        found = []
        for text, tree, measured in zip(self._check.texts, self._check.expressions, self._measured, strict=True):
            value = measured.exact(unit)
            if value is not None:
                found.append(_Statement(text, value, *_place(self.describer, tree, unit)))
        return found


def _is_figure(tree: ms.Expression, scope: Scope) -> bool:
    """Is it a figure as it was read, not the result of arithmetic: then equal floats are equal decimals."""
    match tree:
        case ms.Own(id=id_, field=field):
            return field != "value" or scope.measured(id_).is_plain
    return isinstance(tree, ms.Number | ms.Fact | ms.Stated)


def _place(describer: Describer, tree: ms.Expression, unit: int) -> tuple[str, str]:
    sources = describer.figures.sources
    for node in ms.walk(tree):
        match node:
            case ms.Fact(name=name):
                return sources.fact_place(unit, name), ""
            case ms.Stated(id=id_):
                return sources.place(unit, id_, "narrative"), id_
            case ms.Own(id=id_, field=field) if id_:
                return sources.place(unit, id_, field if sources.raw(unit, id_, field) else "value"), id_
            case ms.Column(table=table, name=name):
                return sources.line_place(unit, table, name, 0), ""
    return "", ""


def _tell_disagreement(statements: _Statements, form: models.Agree, unit: int) -> Iterator[Discrepancy]:
    """Statements of one fact: the first that differs from the others is named with every place."""
    known, within = statements.of(unit), Fraction(str(form.within))
    for each in known[1:]:
        if abs(each.value - known[0].value) > within:
            others = [other for other in known if abs(other.value - each.value) > within]
            yield Discrepancy(
                unit=statements.describer.code(unit),
                id=each.criterion,
                kind="facts-disagree",
                place=each.place,
                says=_("{label}: {value}", label=form.label, value=_said(each)),
                follows=_("nơi khác ghi {others}", others="; ".join(map(_said, others))),
                advice=_("Một thông tin chỉ có một giá trị; kiểm tra rồi sửa nơi sai."),
                other_place=others[0].place,
            )


def _said(each: _Statement) -> str:
    """`421 (mục 3.2.1)`, or the cell of a fact: where the statement stands."""
    where = _("mục {id}", id=each.criterion) if each.criterion else each.place or each.text
    return f"{format_number(each.value)} ({where})"


def _tell_sum(statements: _Statements, form: models.AddUp, unit: int) -> Iterator[Discrepancy]:
    """The total against its parts; a missing part is reported where it is missing, nothing can be said of the sum."""
    known = statements.of(unit)
    if len(known) != 1 + len(form.parts):
        return
    total, *parts = known
    together = sum((part.value for part in parts), Fraction(0))
    if abs(together - total.value) > Fraction(str(form.within)):
        yield Discrepancy(
            unit=statements.describer.code(unit),
            id=total.criterion,
            kind="total-disagrees",
            place=total.place,
            says=_("{label}: tổng ghi {total}", label=form.label, total=format_number(total.value)),
            follows=_("các phần cộng lại là {sum}", sum=format_number(together)),
            advice=_("Cộng lại các phần, sửa tổng hoặc phần bị sai."),
            other_place=parts[0].place,
        )


# --- shares of a part in the whole ----------------------------------------------------------------------------------


def _bounded(describer: Describer, node: Node) -> Suspect:
    """The criterion, and every line of it that is judged by itself: between 0% and 100%."""
    suspected = _leaves_bounds(_measured(describer, node.id))
    lines, judged = describer.verdicts.lines.get(node.id, (None, None))
    if lines is not None and judged is not None and judged.measured is not None:
        of_lines = np.bincount(lines.unit[_leaves_bounds(judged.measured)], minlength=lines.units)
        suspected |= of_lines > 0
    return suspected, partial(_tell_shares, describer, node)


def _tell_shares(describer: Describer, node: Node, unit: int) -> Iterator[Discrepancy]:
    shares = [_measured(describer, node.id).exact(unit)]
    lines, judged = describer.verdicts.lines.get(node.id, (None, None))
    if lines is not None and judged is not None and judged.measured is not None:
        shares += [judged.measured.exact(line) for line in lines.of(unit)]
    told: set[str] = set()
    for number, share in enumerate(shares):
        if share is None or 0 <= share <= 1:
            continue
        row = describer.row(node, unit, number)
        if row.place and row.place in told:
            continue  # a table of one line: its share is the criterion's
        told.add(row.place)
        over = share > 1
        yield Discrepancy(
            unit=row.unit,
            id=row.id,
            kind="share-over-100" if over else "share-below-0",
            place=row.place,
            says=_("kết quả {shown}", shown=row.shown),
            follows=_("tỷ lệ này không thể quá 100%") if over else _("tỷ lệ này không thể âm"),
            advice=_("Kiểm tra lại kết quả, hoặc tử số và mẫu số."),
        )


def _leaves_bounds(measured: Measured) -> Mask:
    reach = NEAR + measured.slack
    low = reach if measured.slack else 0.0  # of figures of one sign a sum or quotient is below 0 only where it is
    return (measured.value < low) | (measured.value > 1 - reach)
