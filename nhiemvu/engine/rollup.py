"""The whole tree of one rulebook over all units: leaves are measured and judged, parents rolled up, children first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from nhiemvu.engine.compute import compute
from nhiemvu.engine.figures import Figures, Lines
from nhiemvu.engine.judge import ROLLED_UP, Judged, judge
from nhiemvu.engine.points import add_up
from nhiemvu.engine.scope import Measured, Scope
from nhiemvu.rules import models
from nhiemvu.rules.rulebook import Node, Rulebook
from nhiemvu.verdicts import Codes, Score, roll_up_all, roll_up_at_least, roll_up_core, roll_up_score


@dataclass
class Verdicts:
    """What the rules conclude.

    Attributes:
        verdict, basis: int8 codes of shape (criteria, N), in the rulebook's reading order.
        judged: per measured or declared criterion, how it came about.
        lines: per criterion with `each`, the lines of its table and how each was judged.
        scores: per group with a share or points, what its children add up to.
    """

    verdict: Codes
    basis: Codes
    judged: Mapping[str, Judged]
    lines: Mapping[str, tuple[Lines, Judged]] = field(default_factory=dict)
    scores: Mapping[str, Score] = field(default_factory=dict)


def conclude(rulebook: Rulebook, figures: Figures) -> Verdicts:
    """Measure, judge and roll up every criterion for all units at once."""
    shape = (len(rulebook.criteria), len(figures))
    verdict, basis = np.empty(shape, dtype=np.int8), np.empty(shape, dtype=np.int8)
    measured: dict[str, Measured] = {}
    judged: dict[str, Judged] = {}
    lines: dict[str, tuple[Lines, Judged]] = {}
    scores: dict[str, Score] = {}

    def measure(criterion: str) -> Measured:
        """A criterion's measure, computed once; loading has made sure that there is no cycle."""
        if criterion not in measured:
            node = rulebook.by_id[criterion]
            tree = node.measure
            nothing = Measured(figures.missing, None, None, {}, lambda unit: None, is_plain=True)
            measured[criterion] = (
                nothing
                if tree is None
                else compute(tree, Scope(figures, criterion, measure, is_quantity=node.is_quantity, per=node.per))
            )
        return measured[criterion]

    for node in reversed(rulebook.criteria):  # children stand after their parents
        if node.kind == "group":
            scoring = node.scoring
            if scoring is not None and scoring.threshold is not None:
                score = scores[node.id] = add_up(node, scoring, rulebook, verdict, judged, scores)
                verdict[node.index] = roll_up_score(verdict[list(node.children)], score, scoring.threshold)
            else:
                verdict[node.index] = roll_up(node, rulebook, verdict)
            basis[node.index] = ROLLED_UP
            continue
        own = measure(node.id) if node.measure is not None else None
        judged[node.id] = judge(node, own, figures, verdict[node.index], basis[node.index])
        table = figures.lines.get(node.form.each or "")
        if table is not None and node.measure is not None:
            by_line = compute(node.measure, Scope(figures, node.id, measure, table))
            codes = np.empty((2, len(table.unit)), dtype=np.int8)
            lines[node.id] = (table, judge(node, by_line, _each_line(figures, table), codes[0], codes[1]))
    return Verdicts(verdict, basis, judged, lines, scores)


def _each_line(figures: Figures, table: Lines) -> Figures:
    """The same facts and dates, once for every line of the table."""
    return Figures(
        units=[figures.units[unit] for unit in table.unit],
        dates=figures.dates[table.unit],
        facts={name: values[table.unit] for name, values in figures.facts.items()},
    )


def roll_up(node: Node, rulebook: Rulebook, verdict: Codes) -> Codes:
    """The verdict of a group from those of its children, by the group's rule; int8 codes of shape (N,)."""
    children = verdict[list(node.children)]
    rule = node.form.roll_up
    if isinstance(rule, models.AtLeast):
        return roll_up_at_least(children, rule.at_least)
    if isinstance(rule, models.Core):
        ids = [rulebook.criteria[i].id for i in node.children]
        return roll_up_core(children, [ids.index(name) for name in rule.core], rule.and_at_least)
    if rule == "any":
        return roll_up_at_least(children, 1)
    return roll_up_all(children)
