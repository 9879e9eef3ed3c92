"""What is left of a unit's truth when part of its workbook cannot be read."""

from __future__ import annotations

from fractions import Fraction

from .criteria import BY_ID, LEAVES, Criterion
from .typed import Answer, Report

TABLES = {"disbursement": "1.1.2", "revenue": "1.1.1", "security": "19.2"}
_OWN = frozenset({"share", "count", "per", "parts", "declared"})


def lose(report: Report, sheet: str) -> None:
    """A whole sheet is gone: `facts`, `results`, or one of the tables."""
    if sheet == "facts":
        _lose_facts(report)
    elif sheet == "results":
        _lose_results(report)
    else:
        _lose_table(report, sheet)
    report.roll_up()


def lose_values(report: Report) -> None:
    """The column of results is gone; numerators, denominators and declarations are not."""
    for criterion in LEAVES:
        if report.answers[criterion.id].from_value:
            _lose_figure(report, criterion)
    report.roll_up()


def lose_value(report: Report, id_: str) -> None:
    """One result cannot be read."""
    _lose_figure(report, BY_ID[id_])
    report.roll_up()


def lose_figures(report: Report) -> None:
    """No figure of the results and the tables is known; declarations and facts are."""
    for line in (*report.projects, *report.taxes):
        line.plan = line.carried = line.done = None
        line.verdict = "no_data"
    report.cases = [None] * len(report.cases)
    for criterion in LEAVES:
        if criterion.kind != "declared":
            _lose_figure(report, criterion)
    report.roll_up()


def lose_row(report: Report, id_: str) -> None:
    """Nobody can tell which row is the criterion's."""
    _lose_declaration(report.answers[id_], BY_ID[id_])
    if BY_ID[id_].kind in _OWN - {"declared"}:
        _lose_figure(report, BY_ID[id_])
    report.roll_up()


def _lose_figure(report: Report, criterion: Criterion) -> None:
    """Without a figure the unit's own word counts where the rule accepts it, and «not assessed» always."""
    answer = report.answers[criterion.id]
    answer.numerator = answer.denominator = answer.value = None
    accepted = answer.declared == "not_assessed" or (
        criterion.evidence == "declared_if_missing" and answer.declared != ""
    )
    in_force = not (criterion.zoned and report.zone in ("III", None))
    if criterion.kind == "security" and report.camera is False:
        answer.verdict = "not_met"  # without cameras it cannot be met, whatever the cases are
    elif accepted and in_force:
        answer.verdict, answer.basis = answer.declared, "declared"
    else:
        answer.verdict, answer.basis = "no_data", "computed"


def _lose_declaration(answer: Answer, criterion: Criterion) -> None:
    answer.declared = ""
    if criterion.kind == "declared":
        answer.verdict = "no_data"
    elif answer.basis == "declared":
        answer.verdict, answer.basis = "no_data", "computed"


def _lose_results(report: Report) -> None:
    for criterion in LEAVES:
        _lose_declaration(report.answers[criterion.id], criterion)
        if criterion.kind in _OWN - {"declared"}:
            _lose_figure(report, criterion)
    for answer in report.answers.values():
        if answer.basis == "rolled_up":
            answer.declared = answer.typed.declared = ""


def _lose_table(report: Report, sheet: str) -> None:
    if sheet == "disbursement":
        report.projects = []
    _lose_figure(report, BY_ID[TABLES[sheet]])


def _lose_facts(report: Report) -> None:
    report.zone = None
    for criterion in LEAVES:
        answer = report.answers[criterion.id]
        if criterion.zoned and answer.verdict != "not_applicable":
            answer.verdict, answer.basis = "no_data", "computed"
    report.camera = None
    answer = report.answers["19.2"]
    if answer.value == Fraction(0) or answer.value is None:
        answer.verdict = "no_data"
