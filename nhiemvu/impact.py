"""What a change of rules would do to workbooks that are filled: whose verdicts turn, and what they would lack."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nhiemvu.engine.rows import Row
from nhiemvu.errors import NhiemvuError, Problem
from nhiemvu.evaluation import Evaluation
from nhiemvu.pipeline import evaluate
from nhiemvu.rules.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Turn:
    """One verdict (or grade) of one unit that the new rules change.

    Attributes:
        unit, unit_name, file: whose.
        id, name: the criterion.
        kind: `verdict`; `grade` where the two are grades; `added` or `removed` where only one of the rulebooks has it.
        old_value, new_value: the result as shown; they differ where the measure does.
        old_target, new_target: what applied to the unit.
        old, new: English words of verdicts, or names of grades; empty where there is none.
        needed: what is missing to meet the new target, in the numerator's unit for a ratio; None where unknown.
        reason: the new reason, a sentence.
    """

    unit: str
    unit_name: str
    file: str
    id: str
    name: str
    kind: str
    old_value: str
    new_value: str
    old_target: str
    new_target: str
    old: str
    new: str
    needed: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class Impact:
    """What changes between two rulebooks over several workbooks.

    Attributes:
        units: how many workbooks could be judged by both.
        turns: every verdict that changes, by workbook and then in reading order.
        failed: why the other workbooks could not be judged.
    """

    units: int
    turns: tuple[Turn, ...]
    failed: tuple[Problem, ...]

    def count(self) -> dict[str, Counter[tuple[str, str]]]:
        """Per criterion, how many units go from which verdict to which."""
        counts: dict[str, Counter[tuple[str, str]]] = {}
        for turn in self.turns:
            if turn.kind != "grade":
                counts.setdefault(turn.id, Counter())[turn.old, turn.new] += 1
        return counts


def measure_impact(old: Rulebook, new: Rulebook, workbooks: Sequence[Path], as_of: dt.date | None = None) -> Impact:
    """Judge every workbook by both rulebooks and compare.

    A workbook that cannot be read is told in `failed`; it never stops the others.
    """
    turns: list[Turn] = []
    failed: list[Problem] = []
    judged = 0
    for path in workbooks:
        try:
            before, after = (evaluate(path, rules, as_of) for rules in (old, new))
        except NhiemvuError as error:
            failed += error.problems
            continue
        judged += 1
        turns += compare(before, after)
    return Impact(judged, tuple(turns), tuple(failed))


def compare(old: Evaluation, new: Evaluation) -> Iterator[Turn]:
    """Where two evaluations of the same units differ in a verdict or a grade.

    Raises:
        ValueError: they are not of the same units in the same order.
    """
    if [unit.code for unit in old.units] != [unit.code for unit in new.units]:
        raise ValueError("the evaluations are not of the same units in the same order")
    for unit in range(len(new)):
        before = {row.id: row for row in old.rows(unit) if row.kind != "line"}
        after = {row.id: row for row in new.rows(unit) if row.kind != "line"}
        for id_ in [*after, *(each for each in before if each not in after)]:
            first, second = before.get(id_), after.get(id_)
            if first is None or second is None or first.verdict != second.verdict:
                yield _turn(new, unit, first, second)
        yield from _grades(old, new, unit)


def _turn(evaluation: Evaluation, unit: int, old: Row | None, new: Row | None) -> Turn:
    row = new or old
    assert row is not None  # one of the two is there
    info = evaluation.units[unit]
    return Turn(
        info.code,
        info.name,
        info.file,
        row.id,
        row.name,
        "added" if old is None else "removed" if new is None else "verdict",
        old.shown if old else "",
        new.shown if new else "",
        old.target if old else "",
        new.target if new else "",
        old.verdict if old else "",
        new.verdict if new else "",
        new.needed if new else None,
        new.reason if new else "",
    )


def _grades(old: Evaluation, new: Evaluation, unit: int) -> Iterator[Turn]:
    """Grades as they are reached; ceilings are a matter of the whole group."""
    before = {row.id: row for row in old.find_grades(unit)}
    info = new.units[unit]
    for row in new.find_grades(unit):
        first = before.get(row.id)
        if first is not None and first.reached != row.reached:
            values = (f"{first.earned:g}/{first.most:g}", f"{row.earned:g}/{row.most:g}")
            grades = (first.reached, row.reached)
            yield Turn(
                info.code, info.name, info.file, row.id, row.name, "grade", *values, "", "", *grades, None, row.reason
            )
