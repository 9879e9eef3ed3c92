"""Units of measure in expressions: figures of one dimension are converted into one unit, exactly; others do not load.

Figures stand in the units that the rulebook gives to facts, columns and criteria, whatever the workbook has; shares are
fractions of 1. What has no unit fits everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

from nhiemvu.messages import N_
from nhiemvu.rules import measure as ms
from nhiemvu.rules import models
from nhiemvu.text import Unreadable, count_per, read_unit

INSERTED = -1  # the position of a number that no author has written
_TIME = ("tháng", "ngày")
_PER_CENT = (100, 1000)
_THOUSANDS = (10**3, 10**6, 10**9)


class UnitError(ValueError):
    """Units that do not agree; `position` is the index of the character (from 0) in the expression."""

    def __init__(self, message: str, position: int, **fill: object) -> None:
        super().__init__(message)
        self.message, self.position, self.fill = message, position, fill


@dataclass(frozen=True, slots=True)
class Dimension:
    """What a figure counts: base units with their powers, and how many of them one is (1.000.000 for triệu đồng)."""

    powers: tuple[tuple[str, int], ...] = ()
    factor: Fraction = Fraction(1)

    def times(self, other: Dimension, power: int = 1) -> Dimension:
        """The dimension of a product, or with -1 of a quotient."""
        powers = dict(self.powers)
        for base, exponent in other.powers:
            powers[base] = powers.get(base, 0) + power * exponent
        kept = tuple(sorted((base, exponent) for base, exponent in powers.items() if exponent))
        return Dimension(kept, self.factor * other.factor**power)

    def __str__(self) -> str:
        """`đồng/người`; `%` for a pure number."""
        over = ["·".join(base if power == 1 else f"{base}{power}" for base, power in self.powers if power > 0) or "1"]
        under = [base if power == -1 else f"{base}{-power}" for base, power in self.powers if power < 0]
        return "/".join(over + under) if self.powers else "%"


_PURE = Dimension()


@lru_cache(maxsize=4096)
def dimension_of(unit: str) -> Dimension | None:
    """The dimension of a unit's name; None where no unit is given, or none that can be read.

    >>> str(dimension_of("triệu đồng/người")), dimension_of("triệu đồng").factor, dimension_of("")
    ('đồng/người', Fraction(1000000, 1), None)
    """
    try:
        known = read_unit(unit) if unit.strip() else None
    except Unreadable:
        return None
    if known is None:
        return None
    return Dimension(known.dimension, known.factor) if known.dimension else _PURE  # shares are kept as fractions of 1


def is_share(unit: str) -> bool:
    """Are figures in that unit kept as fractions of 1: `%`, `% số hộ`, `‰`."""
    return dimension_of(unit) == _PURE


def per_of(unit: str) -> int:
    """Of how many things a rate in that unit tells: 1.000 for `thuê bao/1.000 người`, 1 for `%`, `ha`, `m2/người`."""
    return count_per(read_unit(unit)) if dimension_of(unit) is not None else 1


def is_per_mille(unit: str) -> bool:
    """Is that unit a share of a thousand: `‰`, `phần nghìn`."""
    return is_share(unit) and read_unit(unit).factor == Fraction(1, 1000)


class Units:
    """The units of everything that an expression may name."""

    def __init__(
        self, tables: Mapping[str, models.Table], facts: Mapping[str, models.Fact], criteria: Mapping[str, str]
    ) -> None:
        self._tables, self._facts, self._criteria = tables, facts, criteria

    def convert(self, tree: ms.Expression, unit: str) -> ms.Expression:
        """The expression with its result in that unit, and every sum in it in one unit.

        Raises:
            UnitError: figures of different dimensions are added, or make another dimension than the unit's; or a number
                in the expression may already be the conversion.
        """
        found_tree, found = self._unify(tree)
        wanted = dimension_of(unit)
        if wanted == _PURE:
            self._refuse_per_cent(tree)
        if found is None:
            return self._count_in_thousands(found_tree, per_of(unit))
        if wanted is None:
            return _scaled(found_tree, found.factor) if not found.powers else found_tree
        if not any(base in _TIME for base, _ in found.powers):  # đồng where đồng a year is wanted: a year is understood
            wanted = dimension_of(_timeless(unit)) or wanted
        if found.powers != wanted.powers:
            message = N_("biểu thức cho kết quả có đơn vị «{found}», nhưng tiêu chí ghi đơn vị «{unit}»")
            raise UnitError(message, 0, found=found, unit=unit)
        if any(base == "đồng" for base, _ in found.powers):
            _refuse_thousands(found_tree)
        per = per_of(unit)
        if per != 1 and isinstance(found_tree, ms.Operation) and found_tree.sign == "/":
            # people are counted in thousands, so that the numerator, and what is missing of it, stay as they are
            for number in _written_factors(found_tree):
                _refuse_by_hand(number)
            found_tree, found = _over_many(found_tree, Fraction(per)), replace(found, factor=found.factor / per)
        return _scaled(found_tree, found.factor / wanted.factor)

    def _count_in_thousands(self, tree: ms.Expression, per: int) -> ms.Expression:
        """A rate of 1.000 people where what is counted has no unit, unless the author multiplies by the thousand."""
        if per == 1 or not isinstance(tree, ms.Operation) or tree.sign != "/" or any(_written_factors(tree)):
            return tree
        people = _PURE if _is_own(tree.right, "denominator") else self._unify(tree.right)[1]
        return tree if people is None else _over_many(tree, Fraction(per) / people.factor)

    def _refuse_per_cent(self, tree: ms.Expression) -> None:
        """80% is 0.8: a hundred in the measure of a share would make it 80 times 100%, or 0.8%."""
        for node in ms.walk(tree):
            if not isinstance(node, ms.Operation):
                continue
            is_divided = node.sign == "/" and (_is_own(node.left, "value") or self._unify(node.left)[1] == _PURE)
            sides = (node.left, node.right) if node.sign == "*" else (node.right,) if is_divided else ()
            for side in sides:
                if isinstance(side, ms.Number) and side.value in _PER_CENT:
                    message = (
                        N_("kết quả của tiêu chí đơn vị % là tỷ lệ (0.8 là 80%): bỏ phép chia cho {number}")
                        if is_divided
                        else N_("kết quả của tiêu chí đơn vị % là tỷ lệ (0.8 là 80%): bỏ phép nhân với {number}")
                    )
                    raise UnitError(message, side.at, number=side.value)

    def agree(self, trees: list[ms.Expression]) -> list[ms.Expression]:
        """Several expressions that are to be compared or added, each in the finest unit of them all."""
        known = [self._unify(tree) for tree in trees]
        dimensions = [dimension for _, dimension in known if dimension is not None]
        if not dimensions:
            return [tree for tree, _ in known]
        finest = min(dimension.factor for dimension in dimensions)
        for other in dimensions[1:]:
            _refuse_mismatch(dimensions[0], other, 0)
        return [tree if found is None else _scaled(tree, found.factor / finest) for tree, found in known]

    def _unify(self, tree: ms.Expression) -> tuple[ms.Expression, Dimension | None]:
        """The expression with every sum in one unit, and its dimension; None where that is not known."""
        match tree:
            case ms.Column(table=table, name=name):
                column = self._tables[table].columns.get(name) if table in self._tables else None
                if column is None:
                    return tree, None
                unit = column.unit or self._tables[table].unit
                return tree, _PURE if column.type == "percent" else dimension_of(unit)
            case ms.Fact(name=name) if name in self._facts:
                fact = self._facts[name]
                return tree, _PURE if fact.type == "percent" else dimension_of(fact.unit)
            case ms.Own(field="value", id=id_) if id_ in self._criteria:
                return tree, dimension_of(self._criteria[id_])
            case ms.Aggregate(function=function, of=of):
                inner, dimension = self._unify(of)
                return replace(tree, of=inner), None if function == "count" else dimension
            case ms.Operation():
                return self._unify_operation(tree)
        return tree, None

    def _unify_operation(self, tree: ms.Operation) -> tuple[ms.Expression, Dimension | None]:
        (left, first), (right, second) = self._unify(tree.left), self._unify(tree.right)
        if tree.sign in "+-":
            dimension = first or second
            if first is not None and second is not None:
                _refuse_mismatch(first, second, tree.at)
                dimension = min(first, second, key=lambda each: each.factor)
                left = _scaled(left, first.factor / dimension.factor)
                right = _scaled(right, second.factor / dimension.factor)
            return replace(tree, left=left, right=right), dimension
        first = _PURE if first is None and _is_constant(left) else first
        second = _PURE if second is None and _is_constant(right) else second
        known = None if first is None or second is None else first.times(second, 1 if tree.sign == "*" else -1)
        return replace(tree, left=left, right=right), known


def _refuse_mismatch(one: Dimension, other: Dimension, at: int) -> None:
    if one.powers != other.powers:
        message = N_("cộng, trừ hoặc so hai số khác đơn vị: «{left}» và «{right}»")
        raise UnitError(message, at, left=one, right=other)


def _is_own(tree: ms.Expression, field: str) -> bool:
    return isinstance(tree, ms.Own) and (tree.field, tree.id) == (field, "")


def _is_constant(tree: ms.Expression) -> bool:
    return all(isinstance(node, (ms.Number, ms.Operation)) for node in ms.walk(tree))


def _timeless(unit: str) -> str:
    """The unit without «/năm», «/tháng» or «/ngày»."""
    first, *others = unit.split("/")
    return "/".join([first, *(part for part in others if not _is_time(part))])


def _is_time(unit: str) -> bool:
    known = dimension_of(unit)
    return known is not None and any(base in _TIME for base, _ in known.powers)


def _written_factors(tree: ms.Expression) -> Iterator[ms.Number]:
    """Numbers of the author's by which something is multiplied or divided."""
    for node in ms.walk(tree):
        if isinstance(node, ms.Operation) and node.sign in "*/":
            for side in (node.left, node.right):
                if isinstance(side, ms.Number) and side.at != INSERTED:
                    yield side


def _refuse_by_hand(number: ms.Number) -> None:
    message = N_(
        "đơn vị tính được tự quy đổi: bỏ phép nhân, chia với {number}, hoặc cho biểu thức và tiêu chí cùng một đơn vị"
    )
    raise UnitError(message, number.at, number=number.value)


def _refuse_thousands(tree: ms.Expression) -> None:
    """Money by a thousand, a million or a billion is đồng made triệu đồng by hand, which has been done already."""
    for number in _written_factors(tree):
        if number.value in _THOUSANDS:
            _refuse_by_hand(number)


def _over_many(tree: ms.Operation, many: Fraction) -> ms.Operation:
    """A quotient whose denominator counts in so many."""
    if many == 1:
        return tree
    return replace(tree, right=ms.Operation("/", tree.right, ms.Number(many, INSERTED), tree.at))


def _scaled(tree: ms.Expression, factor: Fraction) -> ms.Expression:
    """The expression times an exact number, which is put to its columns and facts."""
    if factor == 1:
        return tree
    for number in _written_factors(tree):
        _refuse_by_hand(number)
    return _multiplied(tree, factor)


def _multiplied(tree: ms.Expression, factor: Fraction) -> ms.Expression:
    match tree:
        case ms.Number(value=value):
            return replace(tree, value=value * factor)
        case ms.Operation(sign="+" | "-", left=left, right=right):
            return replace(tree, left=_multiplied(left, factor), right=_multiplied(right, factor))
        case ms.Operation(sign="*", right=ms.Number(value=value, at=at)) if at == INSERTED:
            return tree.left if value * factor == 1 else replace(tree, right=ms.Number(value * factor, INSERTED))
        case ms.Operation(sign="*", left=left):
            return replace(tree, left=_multiplied(left, factor))
        case ms.Operation(sign="/", left=left, right=right):
            if factor > 1 or factor.numerator > 1:
                return replace(tree, left=_multiplied(left, factor))
            return replace(tree, right=_multiplied(right, 1 / factor))  # by a whole number: nothing is rounded
        case ms.Aggregate(function="sum" | "min" | "max" | "mean", of=of):
            return replace(tree, of=_multiplied(of, factor))
    return ms.Operation("*", tree, ms.Number(factor, INSERTED), tree.at)
