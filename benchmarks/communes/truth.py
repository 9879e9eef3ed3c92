"""The truth of a folder: a row a criterion, a row a file, a row a group; written beside the workbooks and read back."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from fractions import Fraction
from pathlib import Path

from .criteria import CRITERIA, RULEBOOK
from .places import Place
from .typed import Report

COUNTED = frozenset({"ok", "told", "read", "duplicate"})  # statuses whose unit has verdicts in the groups
_RATIOS = frozenset({"share", "per", "revenue", "disbursement"})
_COUNTS = frozenset({"count", "security"})


@dataclass(slots=True)
class Row:
    """One criterion of one file, or one line of its disbursement: a row of `truth.csv`.

    Attributes:
        numerator, denominator, value: what the workbook states, exactly; None where it does not. A criterion that
            cannot be judged may have some of them.
        basis: computed, declared, not_arising or rolled_up.
        declared: what the unit says, "" for nothing.
    """

    file: str
    unit: str
    criterion: str
    verdict: str
    numerator: Fraction | None = None
    denominator: Fraction | None = None
    value: Fraction | None = None
    basis: str = "computed"
    declared: str = ""


@dataclass(slots=True)
class File:
    """What must be said of one file, or of a unit that sent none: a row of `files.csv`.

    Attributes:
        file: its path below `so`; of a file in a zip archive the archive's path, `/`, the member's. "" for none.
        unit: whose it is, as the generator knows; the file itself may not say so.
        status: ok; read: whole, but something may be said; told: part of it is no_data, and said; failed, duplicate,
            conflict, unknown-unit, no-unit, other-period; skipped; hidden: not even worth a word; not-sent.
        kind: how it is laid out or broken.
        code: of the problem that `nhiemvu.evaluate` gives, "" where it gives none of its own.
        lost: leaves that the damage made no_data.
    """

    file: str
    unit: str
    status: str
    kind: str = ""
    code: str = ""
    lost: str = ""
    note: str = ""


@dataclass(slots=True)
class Group:
    """One criterion over the units of a group that count: a row of `groups.csv`.

    Attributes:
        units: how many count.
        numerator, denominator: of a share or of one thing per another, sums over the units that state both (and not
            something of nothing); 0 for any other criterion.
        total: of what is counted, the sum over the units that state it.
        stating: how many units are in the sums.
    """

    group: str
    name: str
    criterion: str
    units: int = 0
    exceeded: int = 0
    met: int = 0
    not_met: int = 0
    not_assessed: int = 0
    no_data: int = 0
    not_applicable: int = 0
    stating: int = 0
    numerator: Fraction = Fraction(0)
    denominator: Fraction = Fraction(0)
    total: Fraction = Fraction(0)


@dataclass(slots=True)
class Source:
    """One source of the disbursement over the units of a group that count: a row of `sources.csv`."""

    group: str
    source: str
    units: int = 0
    stating: int = 0
    numerator: Fraction = Fraction(0)
    denominator: Fraction = Fraction(0)


@dataclass(slots=True)
class Truth:
    """What was drawn. Everything lies in `folder`."""

    folder: Path
    period: str = "2024-h1"
    rulebook: str = RULEBOOK
    files: list[File] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)

    @property
    def workbooks(self) -> Path:
        """Where the workbooks lie."""
        return self.folder / "so"

    @property
    def units(self) -> Path:
        """The units, as nhiemvu reads them."""
        return self.folder / "units.csv"


def list_rows(file: str, unit: str, report: Report) -> Iterator[Row]:
    """The truth of one file, in the order of the form."""
    for criterion in CRITERIA:
        answer = report.answers[criterion.id]
        figures = answer.numerator, answer.denominator, answer.value
        yield Row(file, unit, criterion.id, answer.verdict, *figures, answer.basis, answer.declared)
        if criterion.kind != "disbursement":
            continue
        for number, line in enumerate(report.projects, start=1):
            done, total = (None if each is None else Fraction(each) for each in (line.done, line.total))
            value = done / total if done is not None and total else None
            basis = "not_arising" if line.verdict == "not_applicable" else "computed"
            yield Row(file, unit, f"{criterion.id}.{number}", line.verdict, done, total, value, basis, line.declared)


class Sums:
    """Adds up the units that count, group by group."""

    def __init__(self) -> None:
        self.groups: dict[tuple[str, str], Group] = {}
        self.sources: dict[tuple[str, str], Source] = {}

    def add(self, over: Sequence[Place], report: Report) -> None:
        """One unit, to each of the groups above it."""
        for place in over:
            for criterion in CRITERIA:
                answer = report.answers[criterion.id]
                group = self.groups.setdefault((place.code, criterion.id), Group(place.code, place.name, criterion.id))
                group.units += 1
                setattr(group, answer.verdict, getattr(group, answer.verdict) + 1)
                if criterion.kind in _RATIOS:
                    _add(group, answer.numerator, answer.denominator)
                elif criterion.kind in _COUNTS and answer.value is not None:
                    group.stating += 1
                    group.total += answer.value
            for line in report.projects:
                source = self.sources.setdefault((place.code, line.name), Source(place.code, line.name))
                source.units += 1
                _add(source, *(None if each is None else Fraction(each) for each in (line.done, line.total)))


def _add(to: Group | Source, numerator: Fraction | None, denominator: Fraction | None) -> None:
    if numerator is None or denominator is None or (numerator and not denominator):
        return
    to.stating += 1
    to.numerator += numerator
    to.denominator += denominator


# --- files ------------------------------------------------------------------------------------------------------------

_TABLES = {"files": File, "truth": Row, "groups": Group, "sources": Source}


def write_truth(truth: Truth) -> None:
    """The tables beside the workbooks, as CSV."""
    for name, rows in _tables_of(truth).items():
        heads = [each.name for each in fields(_TABLES[name])]
        with (truth.folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(heads)
            writer.writerows([[_show(getattr(row, head)) for head in heads] for row in rows])


def _tables_of(truth: Truth) -> dict[str, Sequence[object]]:
    return {"files": truth.files, "truth": truth.rows, "groups": truth.groups, "sources": truth.sources}


def _show(value: object) -> str:
    """A figure in plain digits where it has an end, else as a quotient."""
    if not isinstance(value, Fraction):
        return "" if value is None else str(value)
    if value.denominator == 1:
        return str(value.numerator)
    decimals = next((n for n in range(1, 6) if 10**n % value.denominator == 0), None)
    return f"{float(value):.{decimals}f}" if decimals else str(value)


def read_truth(folder: Path) -> Truth:
    """What was written beside the workbooks."""
    truth = Truth(folder)
    for name, rows in _tables_of(truth).items():
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows.extend(_read(_TABLES[name], row) for row in csv.DictReader(file))  # type: ignore[attr-defined]
    return truth


def _read(kind: type, row: dict[str, str]) -> object:
    given: dict[str, object] = {}
    for each in fields(kind):
        text = row[each.name]
        given[each.name] = (
            text if each.type == "str" else int(text) if each.type == "int" else Fraction(text) if text else None
        )
    return kind(**given)
