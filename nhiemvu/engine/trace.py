"""Which cells a verdict rests on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nhiemvu.engine.figures import Figures
from nhiemvu.rules import measure as ms
from nhiemvu.rules.rulebook import Node
from nhiemvu.text import exact, format_number

FIELDS = ("value", "numerator", "denominator")


def trace(node: Node, figures: Figures, unit: int) -> Iterator[tuple[str, str]]:
    """Address and content of every cell that a criterion reads for one unit, in the order of its measure."""
    sources = figures.sources
    for condition in dict.fromkeys(
        [name for target in node.targets for name in target.decision.when] + list(node.requires)
    ):
        value = figures.facts[condition][unit] if condition in figures.facts else ""
        yield sources.fact_place(unit, condition) or condition, str(value)
    if node.measure is None or node.own:
        for field in FIELDS:
            typed = sources.raw(unit, node.id, field)
            if typed:
                yield sources.place(unit, node.id, field), typed
        return
    seen: set[ms.Expression | ms.Condition] = set()
    for part in ms.walk(node.measure):
        match part:
            case ms.Column(table=table, name=name):
                key = ms.Column(table, name)
                if key in seen:
                    continue
                seen.add(key)
                if table == ms.PARTS:
                    typed = sources.raw(unit, node.id, "value")
                    if typed and ms.Column(ms.PARTS, "") not in seen:
                        seen.add(ms.Column(ms.PARTS, ""))
                        yield sources.place(unit, node.id, "value"), typed
                    continue
                lines = figures.lines.get(table)
                if lines is None:
                    continue
                for number, line in enumerate(lines.of(unit)):
                    place = sources.line_place(unit, table, name, number)
                    yield place or f"{table}.{name}", _shown(lines.columns[name][line])
            case ms.Fact(name=name):
                yield (
                    sources.fact_place(unit, name) or name,
                    _shown(figures.facts[name][unit]) if name in figures.facts else "",
                )
            case ms.Own(id=id_, field=field):
                typed = sources.raw(unit, id_ or node.id, field)
                if typed:
                    yield sources.place(unit, id_ or node.id, field), typed


def _shown(value: object) -> str:
    if isinstance(value, float | np.floating):
        return "" if np.isnan(value) else format_number(exact(float(value)), 6)
    return str(value)
