"""From the form of a rule file to a rulebook: the tree in reading order, targets and measures, names checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any, cast

from nhiemvu.errors import Place, Problem
from nhiemvu.messages import N_
from nhiemvu.rules import measure as ms
from nhiemvu.rules import models
from nhiemvu.rules.adopted import adopt_units
from nhiemvu.rules.consistency import check_criterion, check_file, check_measure
from nhiemvu.rules.decisions import DecisionError, Row, describe, lint
from nhiemvu.rules.dimensions import UnitError, Units, is_per_mille, is_share
from nhiemvu.rules.intervals import Interval, intersect
from nhiemvu.rules.names import Names, check_cycles
from nhiemvu.rules.rulebook import CompiledCheck, Milestone, Node, Rulebook, TargetRow
from nhiemvu.rules.scoring import compile_scoring, compile_units_meeting
from nhiemvu.rules.target import Target, TargetError
from nhiemvu.rules.yaml import Map
from nhiemvu.text import fold

OWN_FIGURE = ms.Own("value")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")


def compile_rulebook(form: models.RuleFile, raw: Map, files: tuple[str, ...]) -> tuple[Rulebook, list[Problem]]:
    """Compile a merged rule file; `raw` is the same data with its marks, so that every finding has its line.

    Returns:
        The rulebook and everything that was found; it may be used only where no finding is an error.
    """
    compiler = _Compiler(form, raw)
    check_file(form, raw, compiler.say)
    for criterion, at in zip(form.criteria, raw.get("criteria", []), strict=True):
        compiler.add(criterion, at, parent="", above=-1, level=0)
    checks = tuple(compiler.check(check, at) for check, at in zip(form.checks, raw.get("checks", []), strict=True))
    check_cycles(compiler.nodes, compiler.problems)
    compiler.check_ids(raw)
    compiler.check_tables(raw)
    rulebook = Rulebook(
        id=form.rulebook,
        title=form.title,
        issued_by=form.issued_by,
        version=form.version,
        valid_from=form.valid.from_ if form.valid else None,
        valid_to=form.valid.to if form.valid else None,
        facts=form.facts,
        tables=compiler.tables,
        criteria=tuple(compiler.nodes),
        checks=checks,
        cases=tuple(form.cases),
        files=files,
        problems=tuple(problem for problem in compiler.problems if problem.severity != "error"),
        case_places=tuple(at.place("name") for at in raw.get("cases", [])),
        raw=raw,
    )
    return rulebook, compiler.problems


class _Compiler:
    def __init__(self, form: models.RuleFile, raw: Map) -> None:
        self.form = form
        self.nodes: list[Node] = []
        self.problems: list[Problem] = []
        self.tables = adopt_units(form.tables, form.criteria, raw.get("tables", raw), self.problems)
        self._places: dict[str, Place] = {}
        self._names = Names(form)
        self._units = Units(self.tables, form.facts, dict(_units_of(form.criteria)))

    # --- the tree --------------------------------------------------------------------------------------------------

    def add(self, form: models.Criterion, at: Map, *, parent: str, above: int, level: int) -> int:
        """Compile one criterion and everything below it; gives its index."""
        index, found_before = len(self.nodes), len(self.problems)
        self._places.setdefault(form.id, at.place("id"))
        self.nodes.append(None)  # type: ignore[arg-type]  # filled below, once the children are known
        children = tuple(
            self.add(child, raw, parent=form.id, above=index, level=level + 1)
            for child, raw in zip(form.children, at.get("children", []), strict=True)
        )
        own_before = len(self.problems)
        check_criterion(form, at, self.say)
        source = form.source or self.form.source
        measure = self._measure(form, at)
        self.nodes[index] = Node(
            index=index,
            id=form.id,
            name=form.name,
            unit=form.unit,
            level=level,
            parent=parent,
            above=above,
            children=children,
            measure=measure,
            own=form.measure is None,
            targets=self._targets(form, at, source, own_before),
            requires=self._conditions(form.requires, at, "requires"),
            milestones=tuple(
                Milestone(step.by, target)
                for step, raw in zip(form.milestones, at.get("milestones", []), strict=True)
                if (target := self._target(step.meets, raw, "meets", form.unit)) is not None
            ),
            exceeded=self._exceeded(form, at),
            form=form,
            source=source,
            place=at.place("id"),
            raw=at,
            words=self._words(form, at),
            labels={
                name: self.form.facts[name].label
                for row in form.targets
                for name in row.when
                if name in self.form.facts
            },
            scoring=compile_scoring(
                form,
                at,
                [(self.nodes[child].id, self.nodes[child].scoring) for child in children],
                self.form.facts,
                self._target,
                self.say,
            ),
            units_meeting=compile_units_meeting(form, at, self._target, self.say),
        )
        self.problems[found_before:] = [
            problem if problem.criterion else replace(problem, criterion=form.id)
            for problem in self.problems[found_before:]
        ]
        return index

    def _measure(self, form: models.Criterion, at: Map) -> ms.Expression | None:
        if form.roll_up is not None or form.evidence == "declared":
            return None
        tree = OWN_FIGURE if form.measure is None else self._expression(form.measure, at, "measure")
        if form.each is None or self._names.table(form.each, at.place("each"), self.problems):
            check_measure(form, tree, at, self.say)
        if tree is None or form.measure is None:
            return tree
        try:
            return self._units.convert(tree, form.unit)
        except UnitError as error:
            self.say("unit-mismatch", error.message, at.place("measure", offset=error.position), **error.fill)
            return None

    def _expression(self, text: str, at: Any, key: str | int) -> ms.Expression | None:
        try:
            tree = ms.parse_measure(text)
        except ms.MeasureError as error:
            self.say("measure-syntax", error.message, at.place(key, offset=error.position), **error.fill)
            return None
        place, found_before = partial(_character, at, key), len(self.problems)
        for node in ms.walk(tree):
            self._names.check(node, place, self.problems)
        self._names.check_lines(tree, place, self.problems)
        return tree if len(self.problems) == found_before else None

    # --- targets ---------------------------------------------------------------------------------------------------

    def _targets(
        self, form: models.Criterion, at: Map, source: models.Source | None, found_before: int
    ) -> tuple[TargetRow, ...]:
        rows = []
        for row, raw in zip(form.targets, at.get("targets", []), strict=True):
            target = self._target(row.meets, raw, "meets", form.unit) if row.meets is not None else None
            if target is not None and form.measure is not None and target.kind in ("text", "boolean", "date"):
                message = N_("kết quả của measure là con số, không so được với «{target}»")
                self.say("target-of-words", message, raw.place("meets"), target=target)
            decision = Row(
                when=self._conditions(row.when, raw, "when"),
                valid_from=row.from_,
                valid_to=row.to,
                otherwise=row.otherwise,
                label=raw.mark.line,
            )
            place = raw.place("meets" if row.meets is not None else "hole")
            exceeds = self._exceeds(row, raw, target, form)
            rows.append(TargetRow(target, row.hole or "", decision, row.by, row.source or source, place, exceeds))
            if row.hole is not None:
                self.say("hole", N_("«{id}» còn để trống ngưỡng: {hole}"), place, "warning", id=form.id, hole=row.hole)
        is_sound = all(problem.severity != "error" for problem in self.problems[found_before:])
        if is_sound and (len(rows) > 1 or any(_is_conditional(row.decision) for row in rows)):
            self._prove(form, rows, at)
        return tuple(rows)

    def _exceeded(self, form: models.Criterion, at: Map) -> Target | None:
        if form.exceeded is None:
            return None
        exceeded = self._target(form.exceeded, at, "exceeded", None)
        if exceeded is not None and exceeded.kind not in ("number", "percent"):
            message = N_("exceeded phải là một mức bằng số, ví dụ «≥ 105%»; gặp «{text}»")
            self.say("exceeded-not-number", message, at.place("exceeded"), text=form.exceeded)
        return exceeded

    def _exceeds(self, row: models.Target, at: Map, target: Target | None, form: models.Criterion) -> Target | None:
        """The level beyond the target: on the result itself, and nowhere outside the target."""
        if row.exceeds is None:
            return None
        exceeds = self._target(row.exceeds, at, "exceeds", form.unit)
        if exceeds is None:
            return None
        if form.exceeded is not None:
            self.say(
                "exceeded-twice",
                N_("«{id}» vừa có exceeded vừa có exceeds ở ngưỡng; chỉ giữ một cách nói thế nào là vượt"),
                at.place("exceeds"),
                id=form.id,
            )
        if target is not None and not (
            exceeds.intervals and intersect(target.intervals, exceeds.intervals) == exceeds.intervals
        ):
            self.say(
                "exceeds-outside-target",
                N_("mức vượt «{exceeds}» phải nằm trong ngưỡng «{target}»: vượt thì trước hết là đạt"),
                at.place("exceeds"),
                exceeds=exceeds,
                target=target,
            )
        return exceeds

    def _words(self, form: models.Criterion, at: Map) -> dict[str, Interval]:
        """What results in words mean: each one number or one range."""
        found: dict[str, Interval] = {}
        for words, meaning in form.words.items():
            raw = at["words"]
            target = self._target(meaning, raw, words, form.unit)
            if target is None:
                continue
            if target.kind not in ("number", "percent") or len(target.intervals) != 1:
                self.say(
                    "words-meaning",
                    N_('«{words}» phải có nghĩa là một con số hoặc một khoảng, ví dụ "< 0"; «{meaning}» thì không'),
                    raw.place(words),
                    words=words,
                    meaning=meaning,
                )
                continue
            if fold(words) in found:
                self.say(
                    "words-twice", N_("«{words}» được giải nghĩa hai lần"), raw.place(words, of_key=True), words=words
                )
            found[fold(words)] = target.intervals[0]
        if found and form.measure is not None:
            self.say(
                "words-with-measure",
                N_("words giải nghĩa ô kết quả của chính tiêu chí; «{id}» tính bằng biểu thức nên không dùng được"),
                at.place("words", of_key=True),
                id=form.id,
            )
        return found

    def _prove(self, form: models.Criterion, rows: list[TargetRow], at: Map) -> None:
        """Hit policy unique: no two rows meet one point, none is dead; a point that no row meets is a warning."""
        valid = self.form.valid
        within = (valid.from_, valid.to) if valid else (None, None)
        decisions = [row.decision for row in rows]
        domains = {name: self._names.domain(name) for row in decisions for name in row.when}
        try:
            findings = lint(decisions, domains, within)
        except DecisionError as error:
            self.say("decision-too-large", error.message, at.place("targets"), **error.fill)
            return
        for finding in findings:
            place = rows[finding.rows[-1]].place if finding.rows else at.place("targets")
            severity = "warning" if finding.kind == "gap" else "error"
            self.say(
                f"decision-{finding.kind}",
                N_("«{id}»: {finding}"),
                place,
                severity,
                id=form.id,
                finding=describe(finding, decisions),
            )

    def _conditions(self, when: Mapping[str, models.Allowed], at: Map, key: str) -> dict[str, frozenset[str]]:
        return {name: self._names.allowed(name, value, at[key], self.problems) for name, value in when.items()}

    def _target(self, text: str, at: Any, key: str, unit: str | None) -> Target | None:
        """Compile one target; `unit` None leaves the percent sign free."""
        try:
            target = Target(text)
        except TargetError as error:
            if "‰" in text:
                self._ask_for_percent(text, at, key)
            else:
                self.say("target-syntax", error.message, at.place(key, offset=error.position), **error.fill)
            return None
        if unit is None:
            return target
        shares = is_share(unit)
        if is_per_mille(unit) and target.kind == "number" and any(bound != 0 for bound in target.bounds):
            self._ask_for_percent(text, at, key)
            return None
        if shares and target.kind == "number" and any(bound != 0 for bound in target.bounds):
            is_fraction = all(abs(bound) <= 1 for bound in target.bounds)
            message = (
                N_("đơn vị tính là % nên ngưỡng phải có dấu %: viết «{hundredfold}» (hoặc «{suggestion}»)")
                if is_fraction
                else N_("đơn vị tính là % nên ngưỡng phải có dấu %: viết «{suggestion}»")
            )
            self.say(
                "target-without-percent",
                message,
                at.place(key),
                suggestion=_NUMBER.sub(r"\g<0>%", text),
                hundredfold=_NUMBER.sub(lambda found: f"{float(Fraction(found[0]) * 100):g}%", text),
            )
            return None
        if not shares and target.uses_percent and not unit:
            self.say(
                "target-with-percent",
                N_('ngưỡng «{target}» có dấu % nhưng tiêu chí chưa ghi đơn vị tính; thêm unit: "%"'),
                at.place(key),
                target=text,
            )
            return None
        if not shares and target.uses_percent:
            self.say(
                "target-with-percent",
                N_('ngưỡng «{target}» có dấu % nhưng đơn vị tính là «{unit}»; sửa ngưỡng hoặc ghi unit: "%"'),
                at.place(key),
                target=text,
                unit=unit,
            )
            return None
        return target

    def _ask_for_percent(self, text: str, at: Any, key: str | int) -> None:
        """10‰ is 1%: a target of a share is written in per cent, whatever the unit of the criterion."""
        self.say(
            "target-per-mille",
            N_("ngưỡng tính bằng ‰ thì ghi bằng %: viết «{suggestion}» (10‰ là 1%)"),
            at.place(key),
            suggestion=_NUMBER.sub(lambda found: f"{float(Fraction(found[0]) / 10):g}%", text.replace("‰", "")),
        )

    # --- checks ----------------------------------------------------------------------------------------------------

    def check(self, form: models.Check, at: Map) -> CompiledCheck:
        """Compile one check."""
        texts: list[tuple[str, Any, str | int]] = []
        if isinstance(form, models.Agree):
            texts = [(text, at["agree"], i) for i, text in enumerate(form.agree)]
        elif isinstance(form, models.AddUp):
            texts = [(form.total, at, "total"), *((text, at["parts"], i) for i, text in enumerate(form.parts))]
        compiled = [self._expression(text, raw, key) for text, raw, key in texts]
        for tree, (_, raw, key) in zip(compiled, texts, strict=True):
            self._names.check_rowless(tree, partial(_character, raw, key), self.problems)
        trees = [tree for tree in compiled if tree is not None]
        try:
            trees = self._units.agree(trees)
        except UnitError as error:
            self.say("unit-mismatch", error.message, at.mark.place(), **error.fill)
        return CompiledCheck(
            form,
            tuple(trees),
            tuple(text for text, _, _ in texts),
            at.mark.place(),
        )

    def check_tables(self, raw: Map) -> None:
        """What tables say of their own columns."""
        self._names.check_counted(raw.get("tables", raw), self.problems)

    def check_ids(self, raw: Map) -> None:
        """Every criterion that a measure, a check or a case names must exist."""
        known = [*dict.fromkeys(node.id for node in self.nodes)]
        self._names.check_ids({node.id: node for node in self.nodes}, self.problems)
        for case, at in zip(self.form.cases, raw.get("cases", []), strict=True):
            if case.criterion not in self._places:
                self._names.say_unknown(case.criterion, known, at.place("criterion"), self.problems)
            self._names.check_case(case, at, known, self.problems)
        for check, at in zip(self.form.checks, raw.get("checks", []), strict=True):
            if isinstance(check, models.Bounded):
                for i, name in enumerate(check.bounded):
                    if name not in self._places:
                        self._names.say_unknown(name, known, at["bounded"].place(i), self.problems)

    def say(self, code: str, message: str, place: Place, severity: Any = "error", **fill: object) -> None:
        self.problems.append(Problem(code, message, place, fill, severity))


def _character(at: Any, key: str | int, position: int) -> Place:
    return cast(Place, at.place(key, offset=position))


def _units_of(criteria: Sequence[models.Criterion]) -> Iterator[tuple[str, str]]:
    for form in criteria:
        yield form.id, form.unit
        yield from _units_of(form.children)


def _is_conditional(row: Row) -> bool:
    return bool(row.when or row.otherwise or row.valid_from or row.valid_to)
