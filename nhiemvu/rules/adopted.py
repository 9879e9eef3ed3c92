"""Units of measure that the columns of a table have from the criteria that take their figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from nhiemvu.errors import Place, Problem
from nhiemvu.messages import N_
from nhiemvu.rules import measure as ms
from nhiemvu.rules import models
from nhiemvu.rules.dimensions import dimension_of, is_share
from nhiemvu.rules.yaml import Map

_MULTIPLES = ("đồng", "m", "g")  # what offices write in many multiples


def adopt_units(
    tables: Mapping[str, models.Table], criteria: Iterable[models.Criterion], raw: Map, problems: list[Problem]
) -> dict[str, models.Table]:
    """Tables of which columns without a unit of measure have that of the criteria that take their figures as they are.

    Whoever sums up a column for a criterion in «triệu đồng» takes it to be in triệu đồng; a workbook that says «nghìn
    đồng» is then converted, as if the rulebook had said so. What makes a share together is in one unit. Where criteria
    differ, nobody can tell, which is said.

    Args:
        tables: as the rule file has them.
        criteria: likewise.
        raw: the tables with their marks.
        problems: what is found is added.
    """
    bare = {
        (name, key)
        for name, table in tables.items()
        for key, column in table.columns.items()
        if not (table.unit or column.unit) and column.type == "number" and table.kind == "lines"
    }
    names = {name for name, _ in bare}
    said: dict[tuple[str, str], set[str]] = {}
    together: list[list[tuple[str, str]]] = []
    for criterion in _all_criteria(criteria) if bare else ():
        measure, unit = criterion.measure, criterion.unit
        if measure is None or not unit or not any(name in measure for name in names):
            continue
        try:
            tree = ms.parse_measure(measure)
        except ms.MeasureError:  # which is said when it is compiled
            continue
        for also in ("", "/") if is_share(unit) else ("",):
            taken = list(_taken_as_they_are(tree, also))
            columns = [(each.table, each.name) for each in taken if isinstance(each, ms.Column)]
            if len(columns) < len(taken):  # a fact or the figure of another criterion has a unit of its own
                continue
            if also or any(_unit_of(tables, *at) for at in columns):
                together.append(columns)
            else:
                for at in columns:
                    said.setdefault(at, set()).add(unit)
    for (name, key), units_of in said.items():
        if (name, key) in bare and len({dimension_of(unit) for unit in units_of if _has_multiples(unit)}) > 1:
            problems.append(_say_torn(raw[name]["columns"].place(key, of_key=True), f"{name}.{key}", units_of))
    units = {at: unit for at, (unit, *others) in said.items() if at in bare and not others and _has_multiples(unit)}
    for _ in together:  # as far as one hands it on to the other
        before = len(units)
        for group in together:
            known = {units.get(at) or _unit_of(tables, *at) for at in group} - {""}
            sizes = {unit: dimension for unit in known if (dimension := dimension_of(unit))}
            if len({each.powers for each in sizes.values()}) == 1 and all(map(_has_multiples, known)):
                finest = min(sizes, key=lambda unit: sizes[unit].factor)  # as in a sum of columns that have units
                units |= {at: finest for at in group if at in bare and at not in units and at not in said}
        if len(units) == before:
            break
    found = dict(tables)
    for (name, key), unit in units.items():
        changed = {**found[name].columns, key: found[name].columns[key].model_copy(update={"unit": unit})}
        found[name] = found[name].model_copy(update={"columns": changed})
    return found


def _all_criteria(criteria: Iterable[models.Criterion]) -> Iterator[models.Criterion]:
    for criterion in criteria:
        yield criterion
        yield from _all_criteria(criterion.children)


def _has_multiples(unit: str) -> bool:
    known = dimension_of(unit)
    return known is not None and any(base in _MULTIPLES for base, _ in known.powers)


def _unit_of(tables: Mapping[str, models.Table], name: str, key: str) -> str:
    table = tables.get(name)
    column = table.columns.get(key) if table else None
    return "" if table is None or column is None else column.unit or table.unit


def _taken_as_they_are(tree: ms.Expression, also: str = "") -> Iterator[ms.Column | ms.Fact | ms.Own]:
    """What has figures of the same kind as the result: not multiplied, divided or counted."""
    match tree:
        case ms.Column() | ms.Fact() | ms.Own():
            yield tree
        case ms.Operation(sign=sign, left=left, right=right) if sign in ("+", "-", also):
            yield from _taken_as_they_are(left, also)
            yield from _taken_as_they_are(right, also)
        case ms.Aggregate(function=function, of=of) if function != "count":
            yield from _taken_as_they_are(of, also)


def _say_torn(place: Place, column: str, units: Iterable[str]) -> Problem:
    message = N_(
        "cột {column} không ghi đơn vị, mà các tiêu chí lấy thẳng số của cột hiểu theo nhiều đơn vị khác nhau: {units}"
        "; hãy ghi unit cho cột, và nhân chia trong measure của tiêu chí dùng đơn vị khác"
    )
    return Problem("column-unit-torn", message, place, {"column": column, "units": ", ".join(sorted(units))}, "warning")
