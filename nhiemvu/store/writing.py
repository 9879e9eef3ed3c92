"""Writing what is kept, in a transaction that nobody disturbs: rules once, submissions once, and one that holds."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from nhiemvu.engine.columns import Columns
from nhiemvu.errors import Place, Problem
from nhiemvu.messages import N_, language
from nhiemvu.rules.additive import adds_up
from nhiemvu.rules.rulebook import Node, Rulebook
from nhiemvu.store.schema import CRITERION, RESULT, RULES, SUBMISSION
from nhiemvu.store.submission import Submission, fingerprint, rows_of
from nhiemvu.text import Period

UNITS_AT_ONCE = 500  # whose rows are made and handed over together


def keep_rules(connection: sa.Connection, rulebook: Rulebook) -> tuple[int, list[Problem]]:
    """The key of the rules as they are; a change without a change of version is kept apart, and told."""
    print_ = fingerprint(rulebook)
    same = sa.select(RULES.c.id, RULES.c.fingerprint).where(
        RULES.c.rulebook == rulebook.id, RULES.c.version == rulebook.version
    )
    found: dict[str, int] = {known: key for key, known in connection.execute(same)}
    if print_ in found:
        return found[print_], []
    problems = []
    if found:
        message = N_(
            "bộ quy tắc {rulebook} đã khác lần lưu trước mà vẫn ghi bản {version}; khi sửa quy tắc thì đặt số bản "
            "(version) mới"
        )
        place = Place(rulebook.files[-1] if rulebook.files else "")
        fill = {"rulebook": rulebook.id, "version": rulebook.version}
        problems.append(Problem("store-rules-changed", message, place, fill, "warning"))
    key = int(connection.scalar(sa.select(sa.func.max(RULES.c.id))) or 0) + 1
    row = {"id": key, "rulebook": rulebook.id, "version": rulebook.version, "fingerprint": print_}
    connection.execute(RULES.insert().values(**row, title=rulebook.title))
    with language("vi"):  # what the rules say is kept in their own language, whoever adds it
        connection.execute(CRITERION.insert(), [_describe(node, rulebook, key) for node in rulebook.criteria])
    return key, problems


def _describe(node: Node, rulebook: Rulebook, rules: int) -> dict[str, Any]:
    bounds = sorted({bound for row in node.targets if row.target is not None for bound in row.target.bounds})
    return {
        "rules": rules,
        "criterion": node.id,
        "position": node.index,
        "parent": node.parent,
        "level": node.level,
        "kind": node.kind,
        "name": node.name,
        "unit_of_measure": node.unit,
        "target": node.target_text,
        "bounds": " ".join(map(str, bounds)),
        "adds_up": adds_up(node, rulebook),
    }


def keep(
    connection: sa.Connection, kept: Sequence[Submission], rulebook: Rulebook, rules: int, columns: Columns
) -> Counter[str]:
    """Write what is not there yet, and let it hold; counts the units that are new, replaced and unchanged."""
    known, holds = _find_known(connection, rulebook, {each.period for each in kept})
    counts: Counter[str] = Counter()
    new: list[tuple[int, Submission]] = []
    outdated: list[dict[str, int]] = []
    restored: list[dict[str, int]] = []
    following = int(connection.scalar(sa.select(sa.func.max(SUBMISSION.c.id))) or 0) + 1
    for each in kept:
        key, before = known.get(each.digest), holds.get((each.unit, each.period.start, each.period.end))
        if key is not None and key == before:
            counts["unchanged"] += 1
            continue
        counts["new" if before is None else "replaced"] += 1
        if before is not None:
            outdated.append({"key": before})
        if key is not None:
            restored.append({"key": key})
        else:
            new.append((following + len(new), each))
    for keys, is_current in ((outdated, False), (restored, True)):
        if keys:
            turn = SUBMISSION.update().where(SUBMISSION.c.id == sa.bindparam("key")).values(is_current=is_current)
            connection.execute(turn, keys)
    now = dt.datetime.now(dt.UTC)
    if new:
        connection.execute(SUBMISSION.insert(), [_as_row(key, each, rulebook, rules, now) for key, each in new])
    for first in range(0, len(new), UNITS_AT_ONCE):
        units = [(key, each.at) for key, each in new[first : first + UNITS_AT_ONCE]]
        _write_results(connection, rows_of(columns, rulebook, units))
    return counts


def _find_known(
    connection: sa.Connection, rulebook: Rulebook, periods: Iterable[Period]
) -> tuple[dict[str, int], dict[tuple[str, dt.date, dt.date], int]]:
    """What is kept of these periods: every submission by its digest, and which one holds for each unit."""
    known: dict[str, int] = {}
    holds: dict[tuple[str, dt.date, dt.date], int] = {}
    columns = SUBMISSION.c
    for start, end in {(period.start, period.end) for period in periods}:
        found = sa.select(columns.id, columns.unit, columns.digest, columns.is_current).where(
            columns.rulebook == rulebook.id, columns.period_start == start, columns.period_end == end
        )
        for key, unit, digest, is_current in connection.execute(found):
            known[digest] = key
            if is_current:
                holds[unit, start, end] = key
    return known, holds


def _as_row(key: int, each: Submission, rulebook: Rulebook, rules: int, now: dt.datetime) -> dict[str, Any]:
    return {
        "id": key,
        "unit": each.unit,
        "unit_name": each.unit_name,
        "period_start": each.period.start,
        "period_end": each.period.end,
        "period_label": each.period.label,
        "as_of": each.as_of,
        "rulebook": rulebook.id,
        "rules": rules,
        "file": each.file,
        "sha256": each.sha256,
        "digest": each.digest,
        "added_at": now,
        "is_current": True,
    }


def _write_results(connection: sa.Connection, rows: Iterable[tuple[Any, ...]]) -> None:
    """The one place with many rows: as fast as each database can."""
    names = ", ".join(column.name for column in RESULT.c)
    if connection.dialect.name != "postgresql":
        marks = ", ".join("?" * len(RESULT.c))
        insert = f"INSERT INTO result ({names}) VALUES ({marks})"  # noqa: S608 (names and marks of our own)
        connection.exec_driver_sql(insert, list(rows))
        return
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY result ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
