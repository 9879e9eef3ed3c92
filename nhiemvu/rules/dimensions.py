"""Units of measure in expressions: đồng with đồng, % for a ratio; what cannot be compared does not load."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from nhiemvu.errors import Problem
from nhiemvu.messages import N_
from nhiemvu.rules import measure as ms
from nhiemvu.rules import models
from nhiemvu.rules.yaml import Map
from nhiemvu.text import read_unit

RATIO = ("",)  # the dimension of a pure number


@dataclass(frozen=True, slots=True)
class Dimension:
    """What a figure counts, as a quotient of products of base units; None parts are unknown and fit everything."""

    over: tuple[str, ...]
    under: tuple[str, ...]
    factor: Fraction = Fraction(1)

    def __mul__(self, other: Dimension) -> Dimension:
        return _reduced([*self.over, *other.over], [*self.under, *other.under], self.factor * other.factor)

    def __truediv__(self, other: Dimension) -> Dimension:
        return _reduced([*self.over, *other.under], [*self.under, *other.over], self.factor / other.factor)

    @property
    def same(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What must be equal for two figures to be added or compared."""
        return self.over, self.under

    @property
    def is_ratio(self) -> bool:
        """Is it a pure number."""
        return not self.over and not self.under

    def __str__(self) -> str:
        return "/".join(["·".join(self.over) or "1", *self.under])


def _reduced(over: list[str], under: list[str], factor: Fraction) -> Dimension:
    for name in list(over):
        if name in under:
            over.remove(name)
            under.remove(name)
    return Dimension(tuple(sorted(over)), tuple(sorted(under)), factor)


def dimension_of(unit: str) -> Dimension | None:
    """The dimension of a unit's name; None where no unit is given."""
    if not unit.strip():
        return None
    if unit.strip() == "%":
        return Dimension((), ())
    result: Dimension | None = None
    for part in unit.split("/"):
        known = read_unit(part)
        one = Dimension((str(known.dimension),), (), known.factor)
        result = one if result is None else result / one
    return result


class _MismatchError(Exception):
    def __init__(self, left: Dimension, right: Dimension, at: int) -> None:
        super().__init__()
        self.left, self.right, self.at = left, right, at


def measure_dimension(
    tree: ms.Expression, tables: Mapping[str, models.Table], facts: Mapping[str, models.Fact]
) -> Dimension | None:
    """The dimension of an expression; None where some unit is not given.

    Raises:
        _MismatchError: two figures are added whose units do not agree.
    """
    match tree:
        case ms.Column(table=table, name=name):
            form = tables[table].columns.get(name) if table in tables else None
            if form is None:
                return None
            return Dimension((), ()) if form.type == "percent" else dimension_of(form.unit or tables[table].unit)
        case ms.Fact(name=name):
            return dimension_of(facts[name].unit) if name in facts else None
        case ms.Aggregate(function="count"):
            return None
        case ms.Aggregate(of=of):
            return measure_dimension(of, tables, facts)
        case ms.Operation(sign=sign, left=left, right=right, at=at):
            first, second = measure_dimension(left, tables, facts), measure_dimension(right, tables, facts)
            if sign in "+-":
                if (
                    first is not None
                    and second is not None
                    and (first.same != second.same or first.factor != second.factor)
                ):
                    raise _MismatchError(first, second, at)
                return first or second
            if isinstance(right, ms.Number):
                return (
                    first if sign == "/" or right.value == 1 else None
                )  # a bare factor may be a conversion: nothing can be said
            if isinstance(left, ms.Number):
                return None
            if first is None or second is None:
                return None
            return first * second if sign == "*" else first / second
    return None


def check_units(
    tree: ms.Expression,
    form: models.Criterion,
    tables: Mapping[str, models.Table],
    facts: Mapping[str, models.Fact],
    at: Map,
    problems: list[Problem],
) -> None:
    """Say where units within a measure, or of a measure and its criterion, do not agree."""
    try:
        found = measure_dimension(tree, tables, facts)
    except _MismatchError as error:
        problems.append(
            Problem(
                "unit-mismatch",
                N_("cộng trừ hai số khác đơn vị: {left} và {right}"),
                at.place("measure", offset=error.at),
                {"left": error.left, "right": error.right},
            )
        )
        return
    wanted = dimension_of(form.unit)
    if found is not None and wanted is not None and (found.same != wanted.same or found.factor != wanted.factor):
        problems.append(
            Problem(
                "unit-mismatch",
                N_("biểu thức cho đơn vị {found}, tiêu chí ghi «{wanted}»"),
                at.place("measure"),
                {"found": found, "wanted": form.unit},
            )
        )
