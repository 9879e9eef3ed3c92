"""A workbook and the tables of a rulebook in, figures with their addresses and everything found wrong out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nhiemvu.errors import WorkbookError
from nhiemvu.garbage import no_collection
from nhiemvu.workbook.book import Book, open_book
from nhiemvu.workbook.columns import read_columns
from nhiemvu.workbook.facts import read_facts
from nhiemvu.workbook.grid import LETTERS
from nhiemvu.workbook.locate import locate, say_hidden
from nhiemvu.workbook.results import fill_ratios, find_duplicates, read_codes
from nhiemvu.workbook.sums import leave_out_sums
from nhiemvu.workbook.tables import Located, Reading, Table, join

if TYPE_CHECKING:
    from nhiemvu.rules import models

__all__ = ["Reading", "Table", "read_workbook"]


@no_collection()
def read_workbook(
    source: Path | str | bytes | Book,
    tables: Mapping[str, models.Table],
    facts: Mapping[str, models.Fact],
    criteria_units: Mapping[str, str] | None = None,
    criteria_names: Mapping[str, str] | None = None,
    asked: Collection[str] = frozenset(),
) -> Reading:
    """Read what a rulebook needs.

    Args:
        source: path of the workbook, its bytes, or the workbook already open.
        tables: the rulebook's tables, by name.
        facts: the rulebook's facts, by name.
        criteria_units: id of each criterion -> unit of measure of its result; rows of a results table are read by it.
        criteria_names: id of each criterion -> name; a row without a code is known by its name.
        asked: texts that conditions ask for, folded; rows that hold one are kept, be they sums of others.

    Raises:
        WorkbookError: the workbook cannot be read at all. Everything else is collected in `Reading.problems`.
    """
    book = source if isinstance(source, Book) else open_book(source)
    reading = Reading(book.file, sha256=book.sha256)
    for name, definition in tables.items():
        try:
            others = [other for other in tables.values() if other is not definition]
            parts = locate(book, definition, others, reading.problems)
            if not parts:
                continue
            if definition.kind == "facts":
                for located in parts:
                    read_facts(located, facts, reading)
            else:
                reading.tables[name] = _read_table(parts, name, criteria_units or {}, criteria_names or {}, asked)
        except WorkbookError as error:  # one broken sheet: the others may be whole
            reading.problems += [problem for problem in error.problems if problem not in reading.problems]
    return reading


def _read_table(
    parts: Sequence[Located], name: str, units: Mapping[str, str], names: Mapping[str, str], asked: Collection[str]
) -> Table:
    table = join([_read_part(located, name, units, names, asked) for located in parts])
    if table.kind == "results" and table.parts:
        ids = table.columns["id"]
        for i in find_duplicates(table, [str(code) for code in ids], set(), units, parts[0].problems):
            ids[i] = ""  # neither row is used
    return table


def _read_part(
    located: Located, name: str, units: Mapping[str, str], names: Mapping[str, str], asked: Collection[str]
) -> Table:
    layout, kind, turned = located.layout, located.definition.kind, located.grid.turned
    table = Table(name, kind, located.book.file, layout.sheet, (layout.top, layout.bottom), list(layout.rows))
    table.turned = turned
    table.letters = {key: str(column) if turned else LETTERS[column] for key, column in layout.columns.items()}
    say_hidden(located)
    if kind == "results":
        read_columns(located, table, read_codes(located, table, units, names), units)
        fill_ratios(table, located.problems)
    else:
        read_columns(located, table)
        leave_out_sums(located, table, asked)
    return table
