"""The whole program as a handful of calls in reading order; no logic of its own.

read ──▶ gather ──▶ (measure, judge, roll up) ──▶ Evaluation ──▶ draw ──▶ graft ──▶ save
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from nhiemvu.engine.gather import find_misfits, gather
from nhiemvu.engine.rows import UnitInfo
from nhiemvu.errors import Place, Problem, RuleError, WorkbookError
from nhiemvu.evaluation import Evaluation
from nhiemvu.messages import N_
from nhiemvu.rules.find import find_named, has_versions, list_rulebooks
from nhiemvu.rules.load import load_rulebook
from nhiemvu.rules.rulebook import Rulebook
from nhiemvu.text import Unreadable, nearest, read_period
from nhiemvu.workbook.book import Book, open_book
from nhiemvu.workbook.read import read_workbook
from nhiemvu.workbook.tables import Reading

STANDARD_LAYOUT = "bo-cuc-chuan"  # tells where a workbook names its rulebook, before the rulebook is known


def evaluate(
    path: str | Path,
    rulebook: Rulebook | str | Path | None = None,
    as_of: dt.date | None = None,
    *,
    recalculate: bool = False,
    beside: bool = True,
) -> Evaluation:
    """Read one commune's workbook and judge it.

    Args:
        path: the workbook (xlsx, xlsm, xls, xlsb or ods).
        rulebook: a loaded rulebook, its id or its file; by default the one that the workbook names, or the only one
            valid for its period.
        as_of: cut-off date; by default the workbook's own.
        recalculate: compute the formulas that have no value, in a copy, by IronCalc or LibreOffice; the evaluation's
            problems say how many, and by which.
        beside: a workbook may name a rulebook that lies in its own folder; False: only those that are shipped, for
            workbooks of strangers. It can never name another file.

    Returns:
        An evaluation of one unit. Figures that are missing or unreadable give `no_data` and a problem, never an
        exception.

    Raises:
        WorkbookError: the file is not there, is not a workbook, is encrypted or passes a limit.
        RuleError: the rulebook does not load, or none is named and several would do.
    """
    file = Path(path)
    book = open_book(file, recalculate=recalculate)
    if rulebook is None:
        rules = choose_rulebook(book, as_of, file.parent if beside else None)
    else:
        rules = rulebook if isinstance(rulebook, Rulebook) else load_version(rulebook, book, as_of)
    reading = read(book, rules)
    reading.problems += book.notes
    reading.problems += find_misfits(reading, rules, as_of)
    return Evaluation(rules, gather([reading], rules, as_of), [reading], file)


def read(book: Book, rulebook: Rulebook) -> Reading:
    """Read what a rulebook needs from one workbook."""
    reading = read_workbook(book, rulebook.tables, rulebook.facts, rulebook.units, rulebook.names, rulebook.asked)
    wants_tables = any(table.kind != "facts" for table in rulebook.tables.values())
    if not reading.tables and rulebook.tables and (wants_tables or not reading.facts):
        nothing = Problem(
            "wrong-workbook",
            N_(
                "sổ không có bảng nào mà bộ quy tắc {rulebook} cần; chọn lại sổ, hoặc chọn bộ quy tắc khác bằng --rules"
            ),
            Place(book.file),
            {"rulebook": rulebook.id},
        )
        raise WorkbookError([nothing, *reading.problems])
    return reading


def choose_rulebook(book: Book, as_of: dt.date | None = None, beside: Path | None = None) -> Rulebook:
    """The rulebook that a workbook names, or the only one valid for its period.

    Args:
        book: the workbook.
        as_of: cut-off date; by default the workbook's own.
        beside: a folder whose rulebooks it may name beside those that are shipped.

    Raises:
        RuleError: none is named, and none or several would do: the choices are listed; or what is named is no name.
    """
    reading = _read_facts(book)
    facts = reading.facts
    named = facts.get("rulebook")
    if isinstance(named, str) and named:
        return _load_named(named, reading, beside, as_of or _day(facts))
    day = as_of or _day(facts)
    choices = [rules for rules in _rulebooks_with_criteria() if day is None or rules.holds_on(day)]
    if len(choices) == 1:
        return choices[0]
    message = (
        N_("sổ không ghi dùng bộ quy tắc nào; chọn bằng --rules, hiện có: {known}")
        if choices
        else N_("không có bộ quy tắc nào áp dụng cho kỳ của sổ này ({day})")
    )
    fill = {"known": ", ".join(rules.id for rules in choices), "day": day}
    # a workbook of another layout lacks the table; one whose table is broken may well name a rulebook
    broken = [problem for problem in reading.problems if problem.code not in ("missing-sheet", "missing-header")]
    raise RuleError([Problem("which-rulebook", message, Place(book.file), fill), *broken])


def _load_named(name: str, reading: Reading, beside: Path | None, day: dt.date | None) -> Rulebook:
    """The rulebook that a workbook names, by a plain name."""
    try:
        file = find_named(name, beside, day)
    except RuleError as error:
        place = reading.fact_places.get("rulebook", Place())
        raise RuleError([replace(problem, place=place) for problem in error.problems]) from error
    return load_rulebook(file, day)


def load_version(source: str | Path, book: Book, as_of: dt.date | None = None) -> Rulebook:
    """A rulebook by its id or file; of several versions the one for the day that the workbook speaks of.

    Raises:
        RuleError: it does not load, or no version holds on that day.
    """
    if as_of is None and has_versions(source):
        as_of = _day(_read_facts(book).facts)
    return load_rulebook(source, as_of)


def _read_facts(book: Book) -> Reading:
    """What a workbook says of itself, by the standard layout."""
    layout = load_rulebook(STANDARD_LAYOUT)
    tables = {name: table for name, table in layout.tables.items() if table.kind == "facts"}
    return read_workbook(book, tables, layout.facts)


def _day(facts: Mapping[str, object]) -> dt.date | None:
    """The day that a workbook speaks of: its cut-off date, or the end of its period."""
    as_of, named = facts.get("as_of"), facts.get("period")
    if isinstance(as_of, dt.date):
        return as_of
    try:
        return read_period(named).end if isinstance(named, str) else None
    except Unreadable:
        return None  # the period is free text; the reader of the facts has nothing to report about it


def _rulebooks_with_criteria() -> list[Rulebook]:
    return [rules for rules in map(load_rulebook, list_rulebooks()) if rules.criteria]


def find_criterion(evaluation: Evaluation, name: str) -> str:
    """The id of a criterion, or of a line judged by itself, as somebody typed it.

    Raises:
        RuleError: there is none; offers the nearest.
    """
    known = [row.id for row in evaluation.rows()]
    if name in known:
        return name
    close = nearest(name, known)
    raise RuleError(
        Problem(
            "unknown-criterion",
            N_("không có tiêu chí «{id}»; gần nhất: {nearest}"),
            fill={"id": name, "nearest": ", ".join(close) or "-"},
        )
    )


def only_rulebook() -> Rulebook:
    """The shipped rulebook, where there is only one that stands by itself (no other includes it).

    Raises:
        RuleError: there are several; the choices are listed.
    """
    loaded = _rulebooks_with_criteria()
    included = {Path(file).stem for rules in loaded for file in rules.files[:-1]}
    choices = [rules for rules in loaded if rules.id not in included]
    if len(choices) == 1:
        return choices[0]
    known = ", ".join(rules.id for rules in choices)
    raise RuleError(
        Problem("which-rulebook", N_("có nhiều bộ quy tắc; chọn một bằng --rules: {known}"), fill={"known": known})
    )


def inspect(path: str | Path, rulebook: Rulebook | str | Path | None = None) -> dict[str, object]:
    """What was found where in a workbook; with a rulebook, what its tables, facts and criteria read.

    Raises:
        WorkbookError: the file is not there, is not a workbook, is encrypted or passes a limit.
        RuleError: the rulebook does not load.
    """
    from nhiemvu.survey.inspect import inspect_book, inspect_rules

    book = open_book(path)
    found = inspect_book(book)
    if rulebook is not None:
        rules = rulebook if isinstance(rulebook, Rulebook) else load_rulebook(rulebook)
        found["rules"] = inspect_rules(book, rules, read(book, rules))
    return found


def make_template(rulebook: Rulebook, path: Path, *, live: bool = False) -> None:
    """Write an empty workbook to fill for a rulebook; `live`: it answers while one types, by formulas."""
    from nhiemvu.workbook.save import save

    save(draw_live_template(rulebook) if live else draw_template(rulebook), path)


def draw_template(rulebook: Rulebook) -> bytes:
    """An empty workbook to fill for a rulebook, as xlsx."""
    from nhiemvu.sheets import template

    return template.draw_template(rulebook)


def draw_live_template(rulebook: Rulebook, unit: UnitInfo | None = None) -> bytes:
    """One that answers while one types; it shows at first what the engine concludes of it while it is empty."""
    from nhiemvu.sheets import template

    reading = read(open_book(template.draw_template(rulebook, unit=unit)), rulebook)
    evaluation = Evaluation(rulebook, gather([reading], rulebook), [reading], Path())
    verdicts = {row.id: row.verdict for row in evaluation.rows()}
    return template.draw_template(rulebook, unit=unit, verdicts=verdicts)
