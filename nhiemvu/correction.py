"""What a corrected workbook changed against the one that the unit sent before: figures, verdicts, words."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nhiemvu.engine.rows import Row
from nhiemvu.errors import Place, Problem, WorkbookError
from nhiemvu.evaluation import Evaluation
from nhiemvu.messages import N_, _
from nhiemvu.pipeline import evaluate
from nhiemvu.rules.rulebook import Rulebook
from nhiemvu.text import format_date
from nhiemvu.verdicts import label

What = Literal["unit", "period", "as_of", "row", "verdict", "figures", "target", "declared", "narrative", "grade"]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that two workbooks of a unit tell differently.

    Attributes:
        id, name: the criterion, or the line of a table that is judged by itself; empty where it is about the whole.
        what: `row` where only one of them has that line.
        old, new: as officials read it; empty where there is nothing.
        place: the figure's cell in the new workbook or, where that has none, in the old one.
    """

    id: str
    name: str
    what: What
    old: str
    new: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Correction:
    """Two evaluations of one unit by the same rulebook, and every change between them, in reading order."""

    old: Evaluation
    new: Evaluation
    changes: tuple[Change, ...]

    def count(self) -> Counter[What]:
        """How many changes there are of each kind."""
        return Counter(change.what for change in self.changes)


def compare_workbooks(
    old: Path | str, new: Path | str, rulebook: Rulebook | str | Path | None = None, as_of: dt.date | None = None
) -> Correction:
    """Judge two workbooks of one unit by the same rulebook and compare.

    Args:
        old: the workbook that was sent first.
        new: the corrected one.
        rulebook: by default the one that the new workbook names.
        as_of: cut-off date of both; by default each workbook's own.

    Raises:
        WorkbookError: one of them cannot be read, or they are not of the same unit (`other-unit`).
        RuleError: the rulebook does not load, or none is named and several would do.
    """
    after = evaluate(new, rulebook, as_of)
    before = evaluate(old, after.rulebook, as_of)
    first, second = before.units[0], after.units[0]
    if first.code != second.code and not {first.code, second.code} & {first.file, second.file}:
        message = N_("hai sổ là của hai đơn vị khác nhau: {old} và {new}; hãy chọn hai sổ của cùng một đơn vị")
        shown = [" ".join(part for part in (unit.code, unit.name) if part) for unit in (first, second)]
        raise WorkbookError(Problem("other-unit", message, Place(second.file), {"old": shown[0], "new": shown[1]}))
    return Correction(before, after, tuple(_compare(before, after)))


def _compare(old: Evaluation, new: Evaluation) -> Iterator[Change]:
    first, second = old.units[0], new.units[0]
    days = [format_date(unit.as_of) if unit.as_of else "" for unit in (first, second)]
    about: list[tuple[What, str, str]] = [
        ("unit", first.name, second.name),
        ("period", first.period, second.period),
        ("as_of", days[0], days[1]),
    ]
    yield from (Change("", "", what, one, other) for what, one, other in about if one != other)
    before, after = (dict(_name_rows(evaluation.rows())) for evaluation in (old, new))
    for key in [*after, *(each for each in before if each not in after)]:
        yield from _compare_rows(before.get(key), after.get(key), closed=(old.is_closed(), new.is_closed()))
    reached = {row.id: row.reached for row in old.find_grades()}
    for row in new.find_grades():
        if row.reached != reached[row.id]:  # both are judged by the same rulebook
            yield Change(row.id, row.name, "grade", reached[row.id], row.reached)


def _name_rows(rows: list[Row]) -> Iterator[tuple[tuple[str, str, int], Row]]:
    """Each row by its criterion; a line by what it is called, since lines may be inserted, and which of that name."""
    seen: Counter[tuple[str, str]] = Counter()
    for row in rows:
        name = (row.parent, row.name) if row.kind == "line" else (row.id, "")
        yield (*name, seen[name]), row
        seen[name] += 1


def _compare_rows(old: Row | None, new: Row | None, closed: tuple[bool, bool]) -> Iterator[Change]:
    row = new or old
    assert row is not None  # one of the two is there
    place = (new.place if new else "") or (old.place if old else "")
    if old is None or new is None:
        yield Change(row.id, row.name, "row", _tell(old, closed[0]), _tell(new, closed[1]), place)
        return
    pairs: list[tuple[What, str, str]] = [
        ("verdict", label(old.verdict, closed=closed[0]), label(new.verdict, closed=closed[1])),
        ("figures", _figures(old), _figures(new)),
        ("target", old.target, new.target),
        ("declared", *(label(each.declared) if each.declared else "" for each in (old, new))),  # type: ignore[list-item]
        ("narrative", old.narrative, new.narrative),
    ]
    yield from (Change(row.id, row.name, what, one, other, place) for what, one, other in pairs if one != other)


def _figures(row: Row) -> str:
    return row.figures or row.shown


def _tell(row: Row | None, closed: bool) -> str:
    if row is None:
        return ""
    return _("{figures}: {verdict}", figures=_figures(row) or "–", verdict=label(row.verdict, closed=closed))
