"""A workbook and the tables of a rulebook in, figures with their addresses and everything found wrong out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from nhiemvu.errors import Place, Problem, WorkbookError
from nhiemvu.messages import N_
from nhiemvu.text import fold, nearest
from nhiemvu.workbook.book import Book, open_book
from nhiemvu.workbook.columns import read_columns
from nhiemvu.workbook.facts import read_facts
from nhiemvu.workbook.grid import LETTERS, Grid
from nhiemvu.workbook.layout import Layout, find_table, has_required
from nhiemvu.workbook.results import fill_ratios, read_codes
from nhiemvu.workbook.tables import Located, Reading, Table

if TYPE_CHECKING:
    from nhiemvu.rules import models

__all__ = ["Reading", "Table", "read_workbook"]


def read_workbook(
    source: Path | str | bytes | Book,
    tables: Mapping[str, models.Table],
    facts: Mapping[str, models.Fact],
    criteria_units: Mapping[str, str] | None = None,
    criteria_names: Mapping[str, str] | None = None,
) -> Reading:
    """Read what a rulebook needs.

    Args:
        source: path of the workbook, its bytes, or the workbook already open.
        tables: the rulebook's tables, by name.
        facts: the rulebook's facts, by name.
        criteria_units: id of each criterion -> unit of measure of its result; rows of a results table are read by it.
        criteria_names: id of each criterion -> name; a row without a code is known by its name.

    Raises:
        WorkbookError: the workbook cannot be read at all. Everything else is collected in `Reading.problems`.
    """
    book = source if isinstance(source, Book) else open_book(source)
    reading = Reading(book.file, sha256=book.sha256)
    for name, definition in tables.items():
        try:
            located = _locate(book, definition, reading.problems)
            if located is None:
                continue
            if definition.kind == "facts":
                read_facts(located, facts, reading)
            else:
                reading.tables[name] = _read_table(located, name, criteria_units or {}, criteria_names or {})
        except WorkbookError as error:  # one broken sheet: the others may be whole
            reading.problems += [problem for problem in error.problems if problem not in reading.problems]
    return reading


def _read_table(located: Located, name: str, units: Mapping[str, str], names: Mapping[str, str]) -> Table:
    layout, kind = located.layout, located.definition.kind
    table = Table(name, kind, located.book.file, layout.sheet, (layout.top, layout.bottom), list(layout.rows))
    table.letters = {key: LETTERS[column] for key, column in layout.columns.items()}
    _say_hidden(located)
    if kind == "results":
        read_columns(located, table, read_codes(located, table, units, names), units)
        fill_ratios(table, located.problems)
    else:
        read_columns(located, table)
    return table


# --- which sheet ----------------------------------------------------------------------------------------------------


def _locate(book: Book, definition: models.Table, problems: list[Problem]) -> Located | None:
    """The sheet and the place on it; None, with a problem unless the table is optional, where there is none."""
    if not definition.sheet:
        return _search(book, definition, problems)
    by_name: dict[str, list[str]] = {}
    for name in book.names:
        by_name.setdefault(fold(name), []).append(name)
    found = next((by_name[fold(name)] for name in definition.sheet if fold(name) in by_name), None)
    if found is None:
        if not definition.optional:
            problems.append(_say_no_sheet(book, definition))
        return None
    if len(found) > 1:
        problems.append(_say_several_sheets(book, definition, found))
        return None
    grid = book.grid(found[0])
    layout = find_table(grid, book.file, definition)
    if layout is None:
        if definition.kind == "facts":
            return Located(book, grid, Layout(grid.name), definition, problems)
        if not definition.optional:
            problems.append(_say_no_header(book, grid, definition))
        return None
    return _accept(Located(book, grid, layout, definition, problems))


def _search(book: Book, definition: models.Table, problems: list[Problem]) -> Located | None:
    """The one sheet that has every required heading."""
    found = []
    for name in book.names:
        grid = book.grid(name)
        layout = find_table(grid, book.file, definition)
        if layout is not None and has_required(layout, definition):
            found.append(Located(book, grid, layout, definition, problems))
    if len(found) == 1:
        return _accept(found[0])
    if found:
        problems.append(_say_several_sheets(book, definition, [located.grid.name for located in found]))
    elif not definition.optional:
        problems.append(
            Problem(
                "missing-table",
                N_(
                    "không trang nào có bảng {table}: cần một trang có đủ các cột {columns}; hãy thêm, hoặc sửa lại "
                    "tiêu đề cho đúng"
                ),
                Place(book.file),
                {"table": _show_table(definition), "columns": _required(definition)},
            )
        )
    return None


def _accept(located: Located) -> Located | None:
    """A table that was found, unless nobody can tell which of several it is."""
    located.problems.extend(located.layout.problems)
    return None if any(problem.code == "several-tables" for problem in located.layout.problems) else located


def _show_table(definition: models.Table) -> str:
    """The table's name for messages."""
    return f"«{definition.label or (definition.sheet or ['?'])[0]}»"


def _required(definition: models.Table) -> str:
    return ", ".join(f"«{column.headings[0]}»" for column in definition.columns.values() if column.required)


def _say_no_sheet(book: Book, definition: models.Table) -> Problem:
    close = nearest(definition.sheet[0], book.names)
    fill: dict[str, object] = {"sheet": definition.sheet[0], "known": ", ".join(f"«{name}»" for name in book.names)}
    if not close:
        message = N_(
            "không có trang «{sheet}»; sổ có các trang: {known}. Hãy thêm trang này, hoặc đổi tên trang cho đúng"
        )
        return Problem("missing-sheet", message, Place(book.file), fill)
    message = N_(
        "không có trang «{sheet}»; gần nhất là trang «{near}»: hãy đổi tên trang ấy thành «{sheet}», hoặc thêm trang"
    )
    return Problem("missing-sheet", message, Place(book.file), {**fill, "near": close[0]})


def _say_several_sheets(book: Book, definition: models.Table, names: list[str]) -> Problem:
    return Problem(
        "several-sheets",
        N_("bảng {table} có thể nằm ở nhiều trang: {sheets}; hãy đổi tên hoặc xóa các trang thừa"),
        Place(book.file),
        {"table": _show_table(definition), "sheets": ", ".join(f"«{name}»" for name in names)},
    )


def _say_no_header(book: Book, grid: Grid, definition: models.Table) -> Problem:
    return Problem(
        "missing-header",
        N_(
            "không tìm thấy hàng tiêu đề của bảng {table}: cần một hàng có các cột {columns}; hãy thêm hoặc sửa lại "
            "hàng tiêu đề"
        ),
        Place(book.file, grid.name),
        {"table": _show_table(definition), "columns": _required(definition)},
    )


def _say_hidden(located: Located) -> None:
    """Hidden sheets, rows and columns are read like any other, and said so once."""
    grid, layout = located.grid, located.layout
    rows = [row for row in layout.rows if row in grid.hidden_rows]
    columns = [column for column in layout.columns.values() if grid.is_hidden(0, column)]
    first = min(layout.columns.values(), default=1)
    if grid.name in located.book.hidden:
        note = Problem("hidden-sheet", N_("trang này đang ẩn, vẫn được đọc"), located.place(0, 0), severity="note")
        located.problems.append(note)
    if rows:
        message = N_(
            "{count} hàng đang ẩn hoặc bị lọc ({rows}), vẫn được đọc; nếu không muốn tính, hãy xóa các hàng ấy"
        )
        shown = ", ".join(map(str, rows[:10])) + ("…" if len(rows) > 10 else "")
        fill: dict[str, object] = {"count": len(rows), "rows": shown}
        located.problems.append(Problem("hidden-rows", message, located.place(rows[0], first), fill, "note"))
    if columns:
        message = N_("{count} cột đang ẩn ({columns}), vẫn được đọc")
        fill = {"count": len(columns), "columns": ", ".join(LETTERS[column] for column in columns)}
        located.problems.append(Problem("hidden-columns", message, located.place(layout.top, columns[0]), fill, "note"))
