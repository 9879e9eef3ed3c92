"""Run the cases of a rulebook through the reader and the engine that workbooks go through: each case is a unit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nhiemvu.engine.describe import Describer
from nhiemvu.engine.gather import gather
from nhiemvu.engine.grades import tell_grades
from nhiemvu.engine.rollup import Verdicts, conclude
from nhiemvu.errors import Place, Problem
from nhiemvu.messages import N_, _
from nhiemvu.rules import models
from nhiemvu.rules.cases import KINDS, Kind, classify, find_missing
from nhiemvu.rules.names import CASE_FIELDS
from nhiemvu.rules.rulebook import Node, Rulebook, TargetRow
from nhiemvu.verdicts import Verdict, label
from nhiemvu.workbook.book import Book
from nhiemvu.workbook.columns import read_columns
from nhiemvu.workbook.facts import read_facts
from nhiemvu.workbook.formats import Formats
from nhiemvu.workbook.grid import Cell, Grid
from nhiemvu.workbook.layout import Layout
from nhiemvu.workbook.results import fill_ratios
from nhiemvu.workbook.tables import Located, Reading, Table

_RESULTS = models.Table(
    kind="results",
    columns={
        name: models.Column(
            headings=[name], type="verdict" if name == "declared" else "text" if name == "narrative" else "number"
        )
        for name in CASE_FIELDS
    },
)
_FACTS = models.Table(
    kind="facts", columns={name: models.Column(headings=[name], type="text") for name in ("label", "value")}
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One case and what came out.

    Attributes:
        verdict: the English word.
        grade: empty where the criterion has no table of grades, or none is known.
        reason: the sentence behind a verdict that is not the expected one.
        unread: why a figure of such a case could not be read; empty where all could.
    """

    case: models.Case
    place: Place
    verdict: str
    grade: str
    reason: str
    unread: str

    @property
    def passed(self) -> bool:
        """Is it what the case expects."""
        return self.verdict == self.case.expect and self.case.grade in (None, self.grade)


@dataclass(frozen=True, slots=True)
class Gap:
    """A target that lacks cases."""

    node: Node
    row: TargetRow
    missing: tuple[Kind, ...]


@dataclass(frozen=True, slots=True)
class Tested:
    """Every case of a rulebook with its outcome, and the targets that lack cases."""

    outcomes: tuple[Outcome, ...]
    gaps: tuple[Gap, ...]

    @property
    def failures(self) -> tuple[Outcome, ...]:
        """The cases that came out otherwise than they should."""
        return tuple(outcome for outcome in self.outcomes if not outcome.passed)

    def find_problems(self) -> list[Problem]:
        """Failing cases as errors, targets that lack cases as warnings, in the order of the rulebook."""
        return [*map(_failure, self.failures), *map(_lack, self.gaps)]


def _failure(outcome: Outcome) -> Problem:
    case = outcome.case
    expected, found = (
        f"{label(verdict)}, {grade}" if case.grade is not None else label(verdict)
        for verdict, grade in ((case.expect, case.grade), (outcome.verdict, outcome.grade or "-"))
    )
    fill = {"name": case.name, "id": case.criterion, "expected": expected, "found": found}
    fill |= {"reason": outcome.reason, "unread": outcome.unread}
    message = (
        N_("trường hợp «{name}» của {id} phải ra {expected}, nhưng ra {found}: {reason} Không đọc được: {unread}")
        if outcome.unread
        else N_("trường hợp «{name}» của {id} phải ra {expected}, nhưng ra {found}: {reason}")
    )
    return Problem("case-failed", message, outcome.place, fill, criterion=case.criterion)


def _lack(gap: Gap) -> Problem:
    fill = {
        "id": gap.node.id,
        "target": gap.row.target.shown if gap.row.target else gap.row.hole,
        "kinds": ", ".join(_(KINDS[kind]) for kind in gap.missing),
    }
    message = N_("ngưỡng «{target}» của {id} chưa có trường hợp thử: {kinds}")
    return Problem("case-lacking", message, gap.row.place, fill, "warning", gap.node.id)


def run_cases(rulebook: Rulebook) -> Tested:
    """Run every case, all at once, and tell which targets lack one below, at, above or without a figure."""
    if not rulebook.cases:
        return Tested((), _find_gaps(rulebook, None))
    readings = [_read(case, rulebook) for case in rulebook.cases]
    figures = gather(readings, rulebook)
    verdicts = conclude(rulebook, figures)
    describer = Describer(rulebook, figures, verdicts)
    outcomes = tuple(
        _outcome(case, place, reading, describer, unit)
        for unit, (case, place, reading) in enumerate(zip(rulebook.cases, rulebook.case_places, readings, strict=True))
    )
    return Tested(outcomes, _find_gaps(rulebook, verdicts))


def _outcome(case: models.Case, place: Place, reading: Reading, describer: Describer, unit: int) -> Outcome:
    node = describer.rulebook.by_id[case.criterion]
    verdict = describer.verdict(node, unit)
    grades = tell_grades(describer.grades, describer.verdicts.scores, "", unit)
    grade = next((each.reached for each in grades if each.id == node.id), "")  # one unit is under no ceiling
    if verdict == case.expect and case.grade in (None, grade):
        return Outcome(case, place, verdict, grade, "", "")  # nobody asks why
    row = describer.row(node, unit)
    unread = [problem for table in reading.tables.values() for problem in table.unread.values()]
    said = [problem.text for problem in [*reading.problems, *unread] if problem.severity == "error"]
    return Outcome(case, place, verdict, grade, row.reason, "; ".join(dict.fromkeys(said)))


def _find_gaps(rulebook: Rulebook, verdicts: Verdicts | None) -> tuple[Gap, ...]:
    """Every target of a leaf, against the cases of that criterion."""
    seen: dict[tuple[str, int], set[Kind]] = {}
    for unit, case in enumerate(rulebook.cases):
        node = rulebook.by_id[case.criterion]
        judged = verdicts.judged.get(node.id) if verdicts is not None else None
        if judged is None or verdicts is None or judged.row[unit] < 0:
            continue
        at, measured = int(judged.row[unit]), judged.measured
        value = None
        if measured is not None:
            value = measured.exact(unit) if not np.isnan(measured.value[unit]) else measured.intervals.get(unit)
        verdict = str(Verdict.of(int(verdicts.verdict[node.index, unit])))
        seen.setdefault((node.id, at), set()).update(classify(node, node.targets[at], value, verdict))
    return tuple(
        Gap(node, row, missing)
        for node in rulebook.criteria
        for at, row in enumerate(node.targets)
        if (missing := find_missing(node, row, seen.get((node.id, at), set())))
    )


# --- a case as a workbook ---------------------------------------------------------------------------------------------


def _read(form: models.Case, rulebook: Rulebook) -> Reading:
    """The figures of a case, read as the cells of a workbook are."""
    reading = Reading(form.name)
    own = {name: value for name, value in form.given.items() if name in CASE_FIELDS}
    rows: dict[str, Mapping[str, models.Typed]] = {
        **form.rows,
        form.criterion: {**form.rows.get(form.criterion, {}), **own},
    }
    located = _place(list(_RESULTS.columns), rows.values(), _RESULTS, reading)
    table = _table(located, rulebook.results_table, "results")
    read_columns(located, table, list(rows), {node.id: node.unit for node in rulebook.criteria})
    fill_ratios(table, reading.problems)
    reading.tables[rulebook.results_table] = table
    for name, lines in form.lines.items():
        definition = rulebook.tables[name]
        located = _place(list(definition.columns), lines, definition, reading)
        reading.tables[name] = _table(located, name, "lines")
        read_columns(located, reading.tables[name])
    labels = {name: fact.label for name, fact in rulebook.facts.items()}
    facts = [{"label": labels[name], "value": value} for name, value in form.given.items() if name in labels]
    if facts:
        read_facts(_place(["label", "value"], facts, _FACTS, reading), rulebook.facts, reading)
    if form.as_of is not None:
        reading.facts["as_of"] = form.as_of
    return reading


def _place(
    columns: Sequence[str], lines: Iterable[Mapping[str, models.Typed]], definition: models.Table, reading: Reading
) -> Located:
    """Lines laid out on a sheet, one a row, in the order of the columns."""
    numbers = {name: number for number, name in enumerate(columns, 1)}
    rows = {
        row: {numbers[name]: _cell(value) for name, value in line.items() if value is not None}
        for row, line in enumerate(lines, 2)
    }
    layout = Layout("", 1, 1, list(rows), numbers)
    grid = Grid("", rows)
    book = Book(reading.file, "", [""], frozenset(), Formats(), False, lambda _name: grid)
    return Located(book, grid, layout, definition, reading.problems)


def _table(located: Located, name: str, kind: str) -> Table:
    return Table(name, "results" if kind == "results" else "lines", rows=located.layout.rows)


def _cell(value: str | float | bool | dt.date) -> Cell:
    """What a cell holds where this is typed into it."""
    match value:
        case bool():
            return Cell(value, "bool")
        case dt.date():
            return Cell(value, "date")
        case str():
            return Cell(value, "text", value)
    return Cell(float(value), "number", str(value))
