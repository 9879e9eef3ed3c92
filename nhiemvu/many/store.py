"""The store: every evaluation kept by period, unit and criterion, with the rules and the file that it came from.

    with nhiemvu.open_store("kho.db") as store:                    # or postgresql://user@host/name
        store.add(nhiemvu.evaluate("so-xa.xlsx"))
        store.frame(period="6 tháng đầu năm 2024", criteria="17.4")

What was added last holds; what it replaced is kept. See docs/decisions/store.md.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import sqlalchemy as sa

from nhiemvu.errors import Place, Problem, StoreError
from nhiemvu.many.connection import Connector
from nhiemvu.many.query import read_criteria, read_results, read_submissions
from nhiemvu.many.schema import CRITERION, RESULT, RULES, SUBMISSION
from nhiemvu.many.submission import Submission, fingerprint, prepare, read_given, rows_of
from nhiemvu.messages import N_, language
from nhiemvu.rules.additive import adds_up
from nhiemvu.rules.rulebook import Node, Rulebook
from nhiemvu.text import Period, name_period

if TYPE_CHECKING:
    import pandas as pd

    from nhiemvu.engine.columns import Columns
    from nhiemvu.evaluation import Evaluation

UNITS_AT_ONCE = 500  # whose rows are made and handed over together


@dataclass(frozen=True, slots=True)
class Added:
    """What became of an evaluation that was added.

    Attributes:
        new: units of which nothing was known for their period and rulebook.
        replaced: units whose earlier evaluation was replaced by another.
        unchanged: units whose evaluation is the one that holds already.
        problems: what kept a unit from being kept (`error`), and what should be known about the others.
    """

    new: int
    replaced: int
    unchanged: int
    problems: tuple[Problem, ...]


def open_store(url: str | Path, *, must_exist: bool = False) -> Store:
    """Open a store, or make one.

    Args:
        url: a file (SQLite), `sqlite:///kho.db`, or `postgresql://user@host/name`, which needs
            `pip install 'nhiemvu[postgresql]'`.
        must_exist: refuse where there is none yet, for who only wants to read.

    Raises:
        StoreError: it cannot be reached, is no store, or was made by a newer nhiemvu; says what to do.

    >>> open_store(":memory:").periods()
    []
    """
    connector = Connector(url)
    try:
        connector.prepare(must_exist=must_exist)
    except BaseException:
        connector.close()
        raise
    return Store(connector)


class Store:
    """Evaluations of many units over many periods; made by `open_store`. Safe to use from several processes at once."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give back every connection."""
        self._connector.close()

    def __repr__(self) -> str:
        return f"<Store {self._connector.shown}>"

    # --- adding ----------------------------------------------------------------------------------------------------

    def add(
        self,
        evaluation: Evaluation,
        *,
        period: str | Period | None = None,
        sources: Sequence[tuple[str, str]] | None = None,
    ) -> Added:
        """Keep an evaluation of one or many units: all of it or, where the program dies, nothing.

        Adding it again changes nothing. Another evaluation of the same unit, period and rulebook replaces the one that
        held, which stays in `submissions`; adding the earlier one again lets it hold again.

        Args:
            evaluation: of units that have a code; a unit without one, without a period and a cut-off date, or that is
                in it twice, is not kept, and told in `Added.problems`.
            period: of all units, such as `6 tháng đầu năm 2024`; by default what each workbook says or, where that
                cannot be read, from the first day of the year to its cut-off date, which is told as well.
            sources: for each unit the name of its file and the SHA-256 of its bytes; by default those that were read.

        Raises:
            StoreError: the store cannot be written; what it held is whole.
        """
        columns = evaluation.columns
        kept, problems = prepare(evaluation, columns, read_given(period), sources)
        counts = dict.fromkeys(("new", "replaced", "unchanged"), 0)
        if kept and evaluation.rulebook.criteria:
            with self._connector.writing() as connection:
                rules = _keep_rules(connection, evaluation.rulebook, problems)
                counts = self._keep(connection, kept, evaluation.rulebook, rules, columns)
        return Added(**counts, problems=tuple(problems))

    def _keep(
        self, connection: sa.Connection, kept: Sequence[Submission], rulebook: Rulebook, rules: int, columns: Columns
    ) -> dict[str, int]:
        """Write what is not there yet, and let it hold."""
        known, holds = _find_known(connection, rulebook, {each.period for each in kept})
        counts = dict.fromkeys(("new", "replaced", "unchanged"), 0)
        new: list[tuple[int, Submission]] = []
        outdated: list[dict[str, int]] = []
        restored: list[dict[str, int]] = []
        following = (connection.scalar(sa.select(sa.func.max(SUBMISSION.c.id))) or 0) + 1
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
            self._write_results(connection, rows_of(columns, rulebook, units))
        return counts

    def _write_results(self, connection: sa.Connection, rows: Iterable[tuple[Any, ...]]) -> None:
        """The one place with many rows: as fast as each database can."""
        names = ", ".join(column.name for column in RESULT.c)
        if not self._connector.is_postgresql:
            marks = ", ".join("?" * len(RESULT.c))
            connection.exec_driver_sql(f"INSERT INTO result ({names}) VALUES ({marks})", list(rows))  # noqa: S608 (our own names)
            return
        driver: Any = connection.connection.driver_connection
        with driver.cursor() as cursor, cursor.copy(f"COPY result ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    # --- looking ---------------------------------------------------------------------------------------------------

    def periods(self) -> list[Period]:
        """Every period of which something is kept, in order of its last day, then of its first."""
        days = sa.select(SUBMISSION.c.period_start, SUBMISSION.c.period_end).distinct()
        with self._connector.reading() as connection:
            found = [(start, end) for start, end in connection.execute(days)]
        with language("vi"):
            return [
                Period(start, end, name_period(start, end)) for start, end in sorted(found, key=lambda each: each[::-1])
            ]

    def submissions(
        self, *, period: str | Period | None = None, units: str | Iterable[str] | None = None
    ) -> pd.DataFrame:
        """Everything that was ever added, replaced evaluations included: who, when, which file.

        Columns: submission (a number that grows), period, period_start, period_end, unit, unit_name, rulebook,
        version, as_of, file, sha256, added_at (UTC), is_current.
        """
        from nhiemvu.many.frames import frame_submissions  # noqa: PLC0415 (pandas, only where a frame is asked for)

        with self._connector.reading() as connection:
            return frame_submissions(read_submissions(connection, read_given(period), _each(units), current=False))

    def frame(
        self,
        *,
        period: str | Period | None = None,
        units: str | Iterable[str] | None = None,
        criteria: str | Iterable[str] | None = None,
        rulebook: str | None = None,
        submissions: int | Iterable[int] | None = None,
    ) -> pd.DataFrame:
        """A row per period, unit, rulebook and criterion, in this order and the criteria in reading order.

        Args:
            period: one, as `quý II/2024`, or as `periods` gives it; by default all.
            units: one code, or several; by default all. One that is not kept gives no row.
            criteria: likewise by their ids.
            rulebook: the id of one; by default all.
            submissions: numbers of submissions, replaced ones too; by default those that hold.

        Columns: period, period_start, period_end, unit, unit_name, rulebook, version, as_of, id, parent, level, kind
        (group or leaf), name, unit_of_measure, target, verdict, basis, declared, value, numerator, denominator,
        needed, outlook, file, sha256. Figures and words are those of `Evaluation.frame`.
        """
        from nhiemvu.many.frames import frame_results  # noqa: PLC0415 (pandas, only where a frame is asked for)

        with self._connector.reading() as connection:
            kept = read_submissions(connection, read_given(period), _each(units), rulebook, current=submissions is None)
            if submissions is not None:
                asked = {submissions} if isinstance(submissions, int) else set(submissions)
                kept = [each for each in kept if each.key in asked]
            return frame_results(kept, read_criteria(connection), read_results(connection, kept, _each(criteria)))

    def to_parquet(self, path: str | Path) -> list[Path]:
        """Write what `frame` gives as Parquet: one file, or a folder with a file for each period.

        Args:
            path: `kho.parquet` for one file; any other name is a folder, made where it is not there.

        Returns:
            The files that were written.

        Raises:
            StoreError: nothing is kept yet, or pyarrow is missing (`pip install 'nhiemvu[parquet]'`).
            WriteError: the file system refused.
        """
        from nhiemvu.many.parquet import write_parquet  # noqa: PLC0415 (pandas, only where a frame is asked for)

        periods = self.periods()
        if not periods:
            raise StoreError(Problem("store-empty", N_("kho chưa có đánh giá nào"), Place(self._connector.shown)))
        names = (f"{period.start}_{period.end}" for period in periods)
        return write_parquet(Path(path), zip(names, (self.frame(period=period) for period in periods), strict=True))


def _each(names: str | Iterable[str] | None) -> list[str] | None:
    return [names] if isinstance(names, str) else None if names is None else list(names)


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


def _keep_rules(connection: sa.Connection, rulebook: Rulebook, problems: list[Problem]) -> int:
    """The key of the rules as they are; a change without a change of version is kept apart, and told."""
    print_ = fingerprint(rulebook)
    same = sa.select(RULES.c.id, RULES.c.fingerprint).where(
        RULES.c.rulebook == rulebook.id, RULES.c.version == rulebook.version
    )
    found: dict[str, int] = {known: key for key, known in connection.execute(same)}
    if print_ in found:
        return found[print_]
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
    return key


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
