"""The tables of a store, the same in SQLite and PostgreSQL; verdicts are words there, as in frames and files.

    rules 1 ──── n criterion            what was asked: a rulebook as it was, and its tree of criteria
      1
      n
    submission 1 ──── n result          who sent what for which period, and what the rules concluded of it

See docs/decisions/store.md.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from nhiemvu.verdicts import Basis, Outlook, Verdict

VERSION = 1


class _Moment(sa.TypeDecorator[dt.datetime]):
    """A moment in UTC; SQLite, which knows no time zones, keeps it without."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        return value if value is None or dialect.name != "sqlite" else value.astimezone(dt.UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any | None, dialect: sa.Dialect) -> dt.datetime | None:
        if not isinstance(value, dt.datetime):
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


def _words(name: str, words: Iterable[StrEnum]) -> sa.CheckConstraint:
    # SQLite builds an index of `IN (…)` anew for every row, which takes four times as long as the insert itself
    listed = " OR ".join(f"{name} = '{word}'" for word in words)
    return sa.CheckConstraint(listed, name=f"known_{name}")


METADATA = sa.MetaData()

STORE = sa.Table("nhiemvu_store", METADATA, sa.Column("schema_version", sa.Integer, primary_key=True))

RULES = sa.Table(
    "rules",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("rulebook", sa.Text, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("fingerprint", sa.Text, nullable=False),  # SHA-256 of what the rules say: versions are counted by hand
    sa.Column("title", sa.Text, nullable=False),
    sa.UniqueConstraint("rulebook", "version", "fingerprint", name="rules_once"),
)

CRITERION = sa.Table(
    "criterion",
    METADATA,
    sa.Column("rules", sa.ForeignKey("rules.id"), primary_key=True),
    sa.Column("criterion", sa.Text, primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("parent", sa.Text, nullable=False),
    sa.Column("level", sa.Integer, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("unit_of_measure", sa.Text, nullable=False),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("bounds", sa.Text, nullable=False),  # exact, `4/5 1`: no figure may be shown rounded across one of them
    sa.Column("adds_up", sa.Text, nullable=False),
    sa.CheckConstraint("kind IN ('group', 'leaf')", name="known_kind"),
    sa.CheckConstraint("adds_up IN ('ratio', 'sum', '')", name="known_adds_up"),
)

SUBMISSION = sa.Table(
    "submission",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("unit", sa.Text, nullable=False),
    sa.Column("unit_name", sa.Text, nullable=False),
    sa.Column("period_start", sa.Date, nullable=False),
    sa.Column("period_end", sa.Date, nullable=False),
    sa.Column("period_label", sa.Text, nullable=False),  # as the workbook says it
    sa.Column("as_of", sa.Date),
    sa.Column("rulebook", sa.Text, nullable=False),
    sa.Column("rules", sa.ForeignKey("rules.id"), nullable=False),
    sa.Column("file", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),  # of the unit, the period, the rules, the file and every figure
    sa.Column("added_at", _Moment, nullable=False),
    sa.Column("is_current", sa.Boolean, nullable=False),
    sa.CheckConstraint("unit <> ''", name="unit_has_a_code"),
    sa.CheckConstraint("period_start <= period_end", name="period_has_days"),
    sa.UniqueConstraint("digest", name="submission_once"),
)
# of all that one unit sent for one period by one rulebook, one holds
sa.Index(
    "submission_current",
    SUBMISSION.c.unit,
    SUBMISSION.c.period_start,
    SUBMISSION.c.period_end,
    SUBMISSION.c.rulebook,
    unique=True,
    sqlite_where=SUBMISSION.c.is_current,
    postgresql_where=SUBMISSION.c.is_current,
)

RESULT = sa.Table(
    "result",
    METADATA,
    sa.Column("submission", sa.ForeignKey("submission.id"), primary_key=True),
    sa.Column("criterion", sa.Text, primary_key=True),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("basis", sa.Text, nullable=False),
    sa.Column("declared", sa.Text),
    sa.Column("outlook", sa.Text, nullable=False),
    sa.Column("value", sa.Double),
    sa.Column("numerator", sa.Double),
    sa.Column("denominator", sa.Double),
    sa.Column("needed", sa.Double),
    _words("verdict", Verdict),
    _words("declared", Verdict),
    _words("basis", Basis),
    _words("outlook", Outlook),
    sqlite_with_rowid=False,  # its rows lie in the order of the key, and the key is kept once
)
