"""Reading what a store keeps, as plain rows in an order that depends neither on the database nor on who added first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, cast

import sqlalchemy as sa

from nhiemvu.store.schema import CRITERION, RESULT, RULES, SUBMISSION
from nhiemvu.text import Period

NAMED_AT_ONCE = 500  # submissions that a query names one by one; more are read by their period


@dataclass(frozen=True, slots=True)
class Kept:
    """One submission as it is kept; `label` is the period as the workbook said it."""

    key: int
    unit: str
    unit_name: str
    start: dt.date
    end: dt.date
    label: str
    as_of: dt.date | None
    rulebook: str
    version: str
    rules: int
    file: str
    sha256: str
    added_at: dt.datetime
    is_current: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """One criterion as a rulebook asked it.

    Attributes:
        position: in reading order.
        bounds: every threshold, exactly.
        adds_up: how figures of several units make one, as `adds_up` says.
        counts: it adds up by sums, or something below it does: of a part of a unit its verdict may be another.
    """

    id: str
    position: int
    parent: str
    level: int
    kind: str
    name: str
    unit_of_measure: str
    target: str
    bounds: tuple[Fraction, ...]
    adds_up: str
    counts: bool


Figure = float | None
# submission, criterion, verdict, basis, declared, outlook, value, numerator, denominator, needed
Result = tuple[int, str, str, str, str | None, str, Figure, Figure, Figure, Figure]


def read_submissions(
    connection: sa.Connection,
    period: Period | None = None,
    units: Collection[str] | None = None,
    rulebook: str | None = None,
    *,
    current: bool = True,
) -> list[Kept]:
    """Submissions, by the end and the start of their period, then by unit, rulebook and time."""
    columns = SUBMISSION.c
    wanted = (
        sa.select(
            columns.id,
            columns.unit,
            columns.unit_name,
            columns.period_start,
            columns.period_end,
            columns.period_label,
            columns.as_of,
            columns.rulebook,
            RULES.c.version,
            columns.rules,
            columns.file,
            columns.sha256,
            columns.added_at,
            columns.is_current,
        )
        .join_from(SUBMISSION, RULES, columns.rules == RULES.c.id)
        .where(*_conditions(period, rulebook, current=current))
    )
    rows: Sequence[Any] = connection.execute(wanted).all()
    kept = [Kept(*row) for row in rows]
    if units is not None:
        asked = set(units)
        kept = [each for each in kept if each.unit in asked]
    return sorted(kept, key=lambda each: (each.end, each.start, each.unit, each.rulebook, each.key))


def _conditions(
    period: Period | None = None, rulebook: str | None = None, *, current: bool
) -> list[sa.ColumnElement[bool]]:
    columns, found = SUBMISSION.c, []
    if period is not None:
        found += [columns.period_start == period.start, columns.period_end == period.end]
    if rulebook is not None:
        found.append(columns.rulebook == rulebook)
    if current:
        found.append(columns.is_current.is_(True))
    return found


def read_criteria(connection: sa.Connection) -> dict[int, dict[str, Asked]]:
    """The criteria of each set of rules, by its key and their id."""
    rows = connection.execute(sa.select(CRITERION)).mappings().all()
    parents = {(row["rules"], row["criterion"]): row["parent"] for row in rows}
    counts: set[tuple[int, str]] = set()
    for row in rows:
        at = row["rules"], row["criterion"]
        while row["adds_up"] == "sum" and at in parents and at not in counts:
            counts.add(at)
            at = row["rules"], parents[at]
    found: dict[int, dict[str, Asked]] = {}
    for row in rows:
        found.setdefault(row["rules"], {})[row["criterion"]] = Asked(
            row["criterion"],
            row["position"],
            row["parent"],
            row["level"],
            row["kind"],
            row["name"],
            row["unit_of_measure"],
            row["target"],
            tuple(Fraction(bound) for bound in row["bounds"].split()),
            row["adds_up"],
            (row["rules"], row["criterion"]) in counts,
        )
    return found


def read_results(
    connection: sa.Connection, kept: Sequence[Kept], criteria: Collection[str] | None = None
) -> Sequence[Result]:
    """The results of these submissions, in no order."""
    keys = {each.key for each in kept}
    wanted = sa.select(RESULT)
    if len(keys) <= NAMED_AT_ONCE:
        wanted = wanted.where(RESULT.c.submission.in_(sorted(keys)))
    else:
        ends = [each.end for each in kept]
        within = SUBMISSION.c.period_end.between(min(ends), max(ends))
        wanted = wanted.join(SUBMISSION, RESULT.c.submission == SUBMISSION.c.id).where(within)
        if all(each.is_current for each in kept):
            wanted = wanted.where(SUBMISSION.c.is_current.is_(True))
    if criteria is not None:
        wanted = wanted.where(RESULT.c.criterion.in_(sorted(set(criteria))))
    rows = cast("list[Result]", connection.execute(wanted).all())
    return rows if len(keys) <= NAMED_AT_ONCE else [row for row in rows if row[0] in keys]
