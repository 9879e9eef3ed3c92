"""On which sheets of a workbook a table stands, and what is in doubt about that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nhiemvu.errors import Place, Problem
from nhiemvu.messages import N_
from nhiemvu.text import nearest
from nhiemvu.workbook.book import Book
from nhiemvu.workbook.grid import LETTERS, Grid
from nhiemvu.workbook.layout import Layout, find_tables, has_required
from nhiemvu.workbook.sheet_names import is_pattern, match_sheets
from nhiemvu.workbook.tables import Located

if TYPE_CHECKING:
    from nhiemvu.rules import models

_UNDECIDED = frozenset({"several-tables", "missing-title"})


def locate(
    book: Book, definition: models.Table, others: Sequence[models.Table], problems: list[Problem]
) -> list[Located]:
    """Where a table stands: its parts in the order of the sheets; none where it cannot be found.

    Args:
        book: the workbook.
        definition: the rulebook's table.
        others: the rulebook's other tables: where one of these begins, this one ends.
        problems: what is missing or in doubt is added, unless the table is optional and there is nothing of it.

    Raises:
        WorkbookError: a sheet that must be read is broken or over a limit.
    """
    alike = [other for other in others if other.sideways == definition.sideways]
    if not definition.sheet:
        return _search(book, definition, alike, problems)
    sheets, missing, gaps = match_sheets(definition.sheet, book.names)
    if not sheets:
        if not definition.optional:
            problems.append(_say_no_sheet(book, definition))
        return []
    doubled = [names for names in sheets if len(names) > 1]
    if doubled:
        problems.append(_say_several_sheets(book, definition, doubled[0]))
        return []
    if missing:
        problems.append(_say_later_sheets(book, definition, missing))
    parts: list[Located] = []
    any_of_them = any("*" in name for name in definition.sheet)
    empty: list[str] = []
    for (name,) in sheets:
        grid = take_grid(book, name, definition)
        layouts = find_tables(grid, book.file, definition, alike)
        if not layouts and definition.kind == "facts":
            layouts = [Layout(grid.name)]
        elif not layouts and not definition.optional and not any_of_them:
            problems.append(_say_no_header(book, grid, definition))
        found = _accept([Located(book, grid, layout, definition, problems) for layout in layouts])
        parts += found
        if not any_of_them and definition.kind != "facts":
            if any(part.layout.rows for part in found):
                gaps, empty = gaps + empty, []
            elif found or not any(cell.kind in ("number", "percent") for *_, cell in grid.cells()):
                empty.append(name)  # a month that is yet to come, unless a later one is there
            else:
                gaps.append(name)
    if gaps and (len(sheets) > 1 or gaps != sheets[0]):
        problems.append(_say_gaps(book, definition, gaps))
        return []
    if not parts and any_of_them and not definition.optional:
        problems.append(_say_no_table(book, definition))
    return parts


def take_grid(book: Book, name: str, definition: models.Table) -> Grid:
    """The sheet as the table is read on it: turned, where the table lies sideways.

    Raises:
        WorkbookError: the sheet is broken or over a limit.
    """
    grid = book.grid(name)
    return grid.turn() if definition.sideways else grid


def _search(
    book: Book, definition: models.Table, others: Sequence[models.Table], problems: list[Problem]
) -> list[Located]:
    """The one sheet that has every required heading."""
    found: list[list[Located]] = []
    nearly: list[Layout] = []
    for name in book.names:
        grid = take_grid(book, name, definition)
        layouts = find_tables(grid, book.file, definition, others)
        if layouts and all(has_required(layout, definition) for layout in layouts):
            found.append([Located(book, grid, layout, definition, problems) for layout in layouts])
        else:
            nearly += layouts
    if len(found) == 1:
        return _accept(found[0])
    if found:
        problems.append(_say_several_sheets(book, definition, [parts[0].grid.name for parts in found]))
    elif not definition.optional:
        problems.append(_say_no_table(book, definition))
        if nearly:  # the sheet that lacks least, and what it lacks
            problems += max(nearly, key=lambda layout: len(layout.columns)).problems
    return []


def _accept(parts: list[Located]) -> list[Located]:
    """The parts that were found, unless nobody can tell which of several it is."""
    for located in parts:
        located.problems.extend(located.layout.problems)
    undecided = any(problem.code in _UNDECIDED for located in parts for problem in located.layout.problems)
    return (
        []
        if undecided
        else [located for located in parts if located.layout.columns or located.definition.kind == "facts"]
    )


def _show_table(definition: models.Table) -> str:
    """The table's name for messages."""
    return f"«{definition.label or (definition.sheet or definition.title or [_first_heading(definition)])[0]}»"


def _first_heading(definition: models.Table) -> str:
    return next(iter(definition.columns.values())).headings[0]


def _required(definition: models.Table) -> str:
    return ", ".join(f"«{column.headings[0]}»" for column in definition.columns.values() if column.required)


def _say_no_table(book: Book, definition: models.Table) -> Problem:
    return Problem(
        "missing-table",
        N_(
            "không trang nào có bảng {table}: cần một trang có đủ các cột {columns}; hãy thêm, hoặc sửa lại "
            "tiêu đề cho đúng"
        ),
        Place(book.file),
        {"table": _show_table(definition), "columns": _required(definition)},
    )


def _say_gaps(book: Book, definition: models.Table, gaps: Sequence[str]) -> Problem:
    return Problem(
        "sheets-between",
        N_(
            "bảng {table} gồm nhiều trang mà thiếu số liệu của {sheets} trong khi có trang sau đó, nên chưa tính được; "
            "hãy bổ sung, hoặc ghi 0 vào trang ấy nếu không phát sinh"
        ),
        Place(book.file),
        {"table": _show_table(definition), "sheets": ", ".join(f"«{name}»" for name in gaps)},
    )


def _say_later_sheets(book: Book, definition: models.Table, missing: Sequence[str]) -> Problem:
    return Problem(
        "missing-sheets",
        N_("bảng {table} gồm nhiều trang; sổ chưa có {sheets}: chỉ các trang đã có được tính"),
        Place(book.file),
        {"table": _show_table(definition), "sheets": ", ".join(f"«{name}»" for name in missing)},
        "warning",
    )


def _say_no_sheet(book: Book, definition: models.Table) -> Problem:
    close = nearest(definition.sheet[0], book.names) if not is_pattern(definition.sheet[0]) else []
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


def say_hidden(located: Located) -> None:
    """Hidden sheets, rows and columns are read like any other, and said so once."""
    grid, layout = located.grid, located.layout
    if not (grid.hidden_rows or grid.hidden_columns or grid.name in located.book.hidden):
        return
    rows = [row for row in layout.rows if row in grid.hidden_rows]
    columns = [column for column in layout.columns.values() if grid.is_hidden(0, column)]
    first = min(layout.columns.values(), default=1)
    row_place, column_place = (
        located.place(rows[0] if rows else 0, first),
        located.place(layout.top, columns[0] if columns else 0),
    )
    if grid.turned:
        rows, columns, row_place, column_place = columns, rows, column_place, row_place
    if grid.name in located.book.hidden:
        note = Problem("hidden-sheet", N_("trang này đang ẩn, vẫn được đọc"), located.place(0, 0), severity="note")
        located.problems.append(note)
    if rows:
        message = N_(
            "{count} hàng đang ẩn hoặc bị lọc ({rows}), vẫn được đọc; nếu không muốn tính, hãy xóa các hàng ấy"
        )
        shown = ", ".join(map(str, rows[:10])) + ("…" if len(rows) > 10 else "")
        fill: dict[str, object] = {"count": len(rows), "rows": shown}
        located.problems.append(Problem("hidden-rows", message, row_place, fill, "note"))
    if columns:
        message = N_("{count} cột đang ẩn ({columns}), vẫn được đọc")
        fill = {"count": len(columns), "columns": ", ".join(LETTERS[column] for column in columns)}
        located.problems.append(Problem("hidden-columns", message, column_place, fill, "note"))
