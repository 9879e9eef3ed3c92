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
from typing import TYPE_CHECKING, Self

import sqlalchemy as sa

from nhiemvu.errors import Place, Problem, StoreError
from nhiemvu.messages import N_, language
from nhiemvu.store.connection import Connector
from nhiemvu.store.names import Kind, find_meant, name_criteria, name_units, unknown
from nhiemvu.store.query import read_criteria, read_results, read_submissions
from nhiemvu.store.schema import SUBMISSION
from nhiemvu.store.submission import prepare, read_given
from nhiemvu.store.trends import Point, choose_day, day_of, find_origins, make_points, map_onto
from nhiemvu.store.writing import keep, keep_rules
from nhiemvu.text import Period, name_period

if TYPE_CHECKING:
    import pandas as pd

    from nhiemvu.evaluation import Evaluation
    from nhiemvu.rules.units import Units


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
    except BaseException:  # raised again: nobody has the store yet who could close it
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

    @property
    def name(self) -> str:
        """Where it is, without a password."""
        return self._connector.shown

    def __repr__(self) -> str:
        return f"<Store {self.name}>"

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
        if not kept or not evaluation.rulebook.criteria:
            return Added(0, 0, 0, tuple(problems))
        with self._connector.writing() as connection:
            rules, changed = keep_rules(connection, evaluation.rulebook)
            counts = keep(connection, kept, evaluation.rulebook, rules, columns)
        return Added(counts["new"], counts["replaced"], counts["unchanged"], (*changed, *problems))

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
        from nhiemvu.store.frames import frame_submissions  # noqa: PLC0415 (pandas, only where a frame is asked for)

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
        from nhiemvu.store.frames import frame_results  # noqa: PLC0415 (pandas, only where a frame is asked for)

        with self._connector.reading() as connection:
            kept = read_submissions(connection, read_given(period), _each(units), rulebook, current=submissions is None)
            if submissions is not None:
                asked = {submissions} if isinstance(submissions, int) else set(submissions)
                kept = [each for each in kept if each.key in asked]
            return frame_results(kept, read_criteria(connection), read_results(connection, kept, _each(criteria)))

    def history(
        self,
        *,
        unit: str | None = None,
        criterion: str | None = None,
        units: Units | None = None,
        on: dt.date | None = None,
        rulebook: str | None = None,
    ) -> pd.DataFrame:
        """How results went from period to period: of one unit, of one criterion, of both, or all.

        With `units`, what old units sent is told of the units of one day, so that a trend does not end where units
        were merged or split: a share is the sum of the numerators over the sum of the denominators, each weighted by
        the part of the old unit that came to the new one; a quantity is the weighted sum; a verdict is carried over
        where all old units have it. What cannot be told is empty, with the reason.

        Args:
            unit: its code.
            criterion: its id.
            units: the tree of units with what became of whom, as `nhiemvu.read_units` reads it.
            on: the day whose units the results are told of; by default the latest day of any result or, where the
                unit does not exist then, the nearest day on which it does.
            rulebook: the id of one; by default all.

        Columns: period, period_start, period_end, unit, unit_name, rulebook, version, as_of, id, name,
        unit_of_measure, verdict, basis, declared, value, numerator, denominator, needed, outlook, made_of, reason.
        `made_of` names the old units where the result is theirs (`Xã A (1) + 60% Xã B (2)`).

        Raises:
            StoreError: nothing was ever kept of the unit or the criterion; offers the nearest.
        """
        from nhiemvu.store.frames import frame_points  # noqa: PLC0415 (pandas, only where a frame is asked for)

        return frame_points(self.trace(unit=unit, criterion=criterion, units=units, on=on, rulebook=rulebook))

    def trace(
        self,
        *,
        unit: str | None = None,
        criterion: str | None = None,
        units: Units | None = None,
        on: dt.date | None = None,
        rulebook: str | None = None,
        period: Period | None = None,
    ) -> list[Point]:
        """What `history` gives, without pandas; of one period, where one is given."""
        with self._connector.reading() as connection:
            kept, criteria = read_submissions(connection, period, rulebook=rulebook), read_criteria(connection)
            if criterion is not None and not any(criterion in tree for tree in criteria.values()):
                raise unknown(criterion, (id_ for tree in criteria.values() for id_ in tree))
            days = [day_of(each) for each in kept]
            day = on or max(days, default=None)
            if units is not None and day is not None and unit is not None and on is None:
                day = choose_day(units, unit, day) or day
            wanted = {unit} if units is None or day is None or unit is None else find_origins(units, unit, days, day)
            if unit is not None:
                known = dict.fromkeys(each.unit for each in kept)
                if not wanted & known.keys():
                    raise unknown(unit, known)
                kept = [each for each in kept if each.unit in wanted]
            results = read_results(connection, kept, None if criterion is None else [criterion])
        points = make_points(kept, criteria, results)
        if units is not None and day is not None:
            points = map_onto(points, units, day)
        return [point for point in points if unit is None or point.unit == unit]

    def find(self, name: str, units: Units | None = None) -> tuple[Kind, str]:
        """Which unit or criterion somebody means: `("unit", code)` or `("criterion", id)`, by its code, id or name.

        Raises:
            StoreError: there is none, offers the nearest; or several have that name, lists them.
        """
        with self._connector.reading() as connection:
            kept, criteria = read_submissions(connection, current=False), read_criteria(connection)
        return find_meant(name, name_units(kept, units), name_criteria(criteria))

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
        from nhiemvu.store.parquet import write_parquet  # noqa: PLC0415 (pandas, only where a frame is asked for)

        periods = self.periods()
        if not periods:
            raise StoreError(Problem("store-empty", N_("kho chưa có đánh giá nào"), Place(self.name)))
        names = (f"{period.start}_{period.end}" for period in periods)
        return write_parquet(Path(path), zip(names, (self.frame(period=period) for period in periods), strict=True))


def _each(names: str | Iterable[str] | None) -> list[str] | None:
    return [names] if isinstance(names, str) else None if names is None else list(names)
