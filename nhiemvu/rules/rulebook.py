"""A rulebook ready to be applied: the tree of criteria in reading order, targets compiled, every name known.

Made by `load`; read by the engine, the sheets and the command line. Nothing here changes after loading.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from nhiemvu.errors import Place, Problem
from nhiemvu.messages import _
from nhiemvu.rules import measure as ms
from nhiemvu.rules import models
from nhiemvu.rules.decisions import Condition, Row
from nhiemvu.rules.dimensions import is_share, per_of
from nhiemvu.rules.intervals import Interval
from nhiemvu.rules.measure import Expression
from nhiemvu.rules.scoring import Scoring
from nhiemvu.rules.target import Target
from nhiemvu.rules.yaml import Map
from nhiemvu.text import fold, format_date
from nhiemvu.verdicts import Threshold


@dataclass(frozen=True, slots=True)
class TargetRow:
    """One row of a criterion's decision table, compiled. `target` is None where the rulebook leaves a hole.

    `exceeds` tests the result itself, and holds only where `target` does.
    """

    target: Target | None
    hole: str
    decision: Row
    by: dt.date | None
    source: models.Source | None
    place: Place
    exceeds: Target | None = None


@dataclass(frozen=True, slots=True)
class Milestone:
    """A step on the way to the target, compiled."""

    by: dt.date
    target: Target


@dataclass(frozen=True)
class Node:
    """One criterion of the compiled tree.

    Attributes:
        index: position in `Rulebook.criteria`, which is the reading order (parents before children).
        parent: id of the parent, empty for a root; `above` is its index, -1 for a root.
        children: indices of the children.
        measure: None where nothing is measured (a pure roll-up, or evidence is declared alone).
        place: where the rulebook defines it.
        words: what a result in words means as a number or a range, by the folded words.
        labels: what officials call the facts that targets depend on, by their names in the rulebook.
        raw: the criterion as written, each value with the mark of the file and line that it came from.
        units_meeting: how many units must meet it, for a group of units; None where the rule says nothing of it.
        scoring: what it is worth, what a group adds up to, and the grades; None where the rule says nothing of it.
    """

    index: int
    id: str
    name: str
    unit: str
    level: int
    parent: str
    above: int
    children: tuple[int, ...]
    measure: Expression | None
    own: bool
    targets: tuple[TargetRow, ...]
    requires: Mapping[str, frozenset[str]]
    milestones: tuple[Milestone, ...]
    exceeded: Target | None
    form: models.Criterion
    source: models.Source | None
    place: Place
    words: Mapping[str, Interval] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    scoring: Scoring | None = None
    units_meeting: Threshold | None = None
    raw: Map | None = field(default=None, repr=False, compare=False)

    def place_of(self, key: str) -> Place:
        """The file and line that the value of a key came from, be it an overlay's; the criterion's own without it."""
        return self.place if self.raw is None or key not in self.raw else self.raw.place(key)

    @cached_property
    def kind(self) -> str:
        """`group` where the verdict is rolled up from the children, else `leaf`."""
        return "group" if self.form.roll_up is not None else "leaf"

    @property
    def evidence(self) -> str:
        """`measured`, `declared` or `declared_if_missing`."""
        return self.form.evidence

    @cached_property
    def is_percent(self) -> bool:
        """Is the result a share, shown in per cent."""
        return is_share(self.unit)

    @cached_property
    def reads(self) -> str:
        """What kind of result the targets test: `number`, or `text`, `boolean` or `date` in the row's own cell."""
        kinds = {row.target.kind for row in self.targets if row.target is not None}
        return next(iter(kinds)) if len(kinds) == 1 and kinds <= {"text", "boolean", "date"} else "number"

    @cached_property
    def is_quantity(self) -> bool:
        """Does the result count one thing (ha, đồng, lớp): no share, not one thing per another, no bare number."""
        return self.unit != "" and "/" not in self.unit and not self.is_percent

    @cached_property
    def per(self) -> int:
        """Of how many things the rate tells: 1.000 for thuê bao/1.000 người."""
        return per_of(self.unit)

    @property
    def target_text(self) -> str:
        """Every target with its condition and deadline, for a person who judges by it to read."""
        if self.kind == "group":
            return _roll_up_text(self.form.roll_up)
        return "; ".join(self._show_row(row) for row in self.targets)

    def _show_row(self, row: TargetRow) -> str:
        text = row.target.plain if row.target else row.hole
        if row.by:
            text += " " + _("(đến {date})", date=format_date(row.by))
        if len(self.targets) == 1 or not row.decision.when:
            return text
        named = ((self.labels.get(name, name), allowed) for name, allowed in row.decision.when.items())
        return f"{text} ({', '.join(f'{name}: {show_condition(allowed)}' for name, allowed in named)})"

    @property
    def source_text(self) -> str:
        """The documents behind the targets, each once."""
        return self.show_sources()

    def show_sources(self, *, short: bool = False) -> str:
        """As `source_text`, with the documents' short names where they have one."""
        sources = [row.source for row in self.targets if row.source] or ([self.source] if self.source else [])
        return "; ".join(dict.fromkeys(show_source(source, short=short) for source in sources))


def show_source(source: models.Source | None, *, short: bool = False) -> str:
    """`Quyết định 318/QĐ-TTg, tiêu chí 17.4`; `short` takes the document's short name where it has one."""
    if source is None:
        return ""
    document = (short and source.short) or source.document
    return ", ".join(part for part in (document, source.clause) if part)


def show_condition(allowed: Condition) -> str:
    """What an attribute must be: `I/II`, or a target such as `≥ 500`."""
    return allowed.shown if isinstance(allowed, Target) else "/".join(sorted(map(str, allowed)))


def _roll_up_text(rule: object) -> str:
    if isinstance(rule, models.AtLeast):
        return _("ít nhất {k} nội dung đạt", k=rule.at_least)
    if isinstance(rule, models.Core):
        return _("đạt {core} và ít nhất {k} nội dung khác", core=", ".join(rule.core), k=rule.and_at_least)
    if isinstance(rule, models.WeightedShare):
        text = Target(rule.share).plain
        return (
            _("{share} số nội dung đạt, theo trọng số", share=text)
            if rule.weights
            else _("{share} số nội dung đạt", share=text)
        )
    if isinstance(rule, models.Points):
        target = Target(rule.points)
        return (
            _("{share} số điểm tối đa", share=target.plain)
            if target.uses_percent
            else _("{points} điểm", points=target.plain)
        )
    return {"all": _("tất cả đạt"), "any": _("ít nhất một nội dung đạt")}[str(rule)]


@dataclass(frozen=True)
class Rulebook:
    """Rules that have been read, merged and checked.

    Attributes:
        criteria: the tree in reading order.
        facts, tables: what the rules read, by the names that they use.
        checks: statements that must agree, with the place of each.
        files: every file that it was made of, the included ones first.
        cases: tests of the rulebook; `case_places` where each stands.
        raw: everything as written, with marks.
        problems: warnings and notes found on loading; errors are raised instead.
    """

    id: str
    title: str
    issued_by: str
    version: str
    valid_from: dt.date | None
    valid_to: dt.date | None
    facts: Mapping[str, models.Fact]
    tables: Mapping[str, models.Table]
    criteria: tuple[Node, ...]
    checks: tuple[CompiledCheck, ...]
    cases: tuple[models.Case, ...]
    files: tuple[str, ...]
    problems: tuple[Problem, ...] = ()
    case_places: tuple[Place, ...] = ()
    raw: Map | None = field(default=None, repr=False, compare=False)

    def place_of(self, *keys: str) -> Place:
        """Where a value stands, such as `place_of("facts", "khu_vuc", "choices")`, else as near to it as can be."""
        place, inner = Place(self.files[-1] if self.files else "", line=1, column=1), self.raw
        for key in keys:
            if not isinstance(inner, Map) or key not in inner:
                break
            place, inner = inner.place(key, of_key=isinstance(inner[key], Map)), inner[key]
        return place

    @cached_property
    def by_id(self) -> Mapping[str, Node]:
        """Each criterion by its id."""
        return {node.id: node for node in self.criteria}

    @cached_property
    def units(self) -> Mapping[str, str]:
        """The unit of measure of each criterion, by its id."""
        return {node.id: node.unit for node in self.criteria}

    @cached_property
    def names(self) -> Mapping[str, str]:
        """The name of each criterion, by its id."""
        return {node.id: node.name for node in self.criteria}

    @cached_property
    def asked(self) -> frozenset[str]:
        """The texts that conditions of measures ask for, folded."""
        trees = (tree for node in self.criteria if node.measure is not None for tree in ms.walk(node.measure))
        return frozenset(
            fold(tree.value) for tree in trees if isinstance(tree, ms.Comparison) and isinstance(tree.value, str)
        )

    @cached_property
    def results_table(self) -> str:
        """The name of the table whose rows are criteria; empty where there is none."""
        return next((name for name, table in self.tables.items() if table.kind == "results"), "")

    def holds_on(self, day: dt.date) -> bool:
        """Is the rulebook in force on that day."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)

    def __repr__(self) -> str:
        return f"<Rulebook {self.id}: {len(self.criteria)} criteria>"


@dataclass(frozen=True, slots=True)
class CompiledCheck:
    """A check with its expressions parsed; `form` is as written."""

    form: models.Check
    expressions: tuple[Expression, ...]
    texts: tuple[str, ...]
    place: Place = field(default_factory=Place)
