"""What was found where in a workbook: sheets, tables, columns, units, doubtful cells; what a rulebook reads of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nhiemvu.messages import N_, _
from nhiemvu.rules import measure as ms
from nhiemvu.rules.rulebook import Node, Rulebook
from nhiemvu.text import tidy
from nhiemvu.workbook.book import Book
from nhiemvu.workbook.grid import LETTERS, Cell, Grid
from nhiemvu.workbook.guess import guess_headers, read_typed
from nhiemvu.workbook.headings import read_units_line
from nhiemvu.workbook.layout import Layout
from nhiemvu.workbook.locate import locate
from nhiemvu.workbook.pages import is_column_numbers
from nhiemvu.workbook.shown import show_number
from nhiemvu.workbook.tables import Located, Reading

_SHOWN = 10  # cells of a kind that are listed for a person; JSON has them all
_FIELDS = ("value", "numerator", "denominator", "declared", "narrative")

Found = dict[str, Any]


def inspect_book(book: Book) -> Found:
    """Every sheet of a workbook, without any rulebook.

    Raises:
        WorkbookError: a sheet is broken or over a limit.
    """
    return {"file": book.file, "sha256": book.sha256, "sheets": [_inspect_sheet(book, name) for name in book.names]}


def _inspect_sheet(book: Book, name: str) -> Found:
    grid = book.grid(name)
    kinds: dict[str, list[str]] = {"no_cache": [], "error": [], "lost": []}
    typed: list[Found] = []
    fonts: Counter[str] = Counter()
    count = 0
    headers = guess_headers(grid)
    codes = {(each.column, header.bottom) for header in headers for each in header.headings if each.is_code}
    heading_rows = {row for header in headers for row in range(header.top, header.bottom + 1)}
    heading_rows |= {header.bottom + 1 for header in headers if is_column_numbers(grid, header.bottom + 1)}
    for row, column, cell in grid.cells():
        count += 1
        if cell.kind in kinds:
            kinds[cell.kind].append(grid.address(row, column))
        elif cell.kind == "text":
            if font := book.formats.legacy.get(cell.style):
                fonts[font] += 1
            is_code = any(column == at and row > below for at, below in codes)
            is_figure = not is_code and row not in heading_rows and not read_units_line(tidy(cell.text))
            if is_figure and (reads := _read_typed(cell)):
                typed.append({"cell": grid.address(row, column), "text": tidy(cell.text), "reads": reads})
    return {
        "name": name,
        "hidden": name in book.hidden,
        "cells": count,
        "tables": [
            {
                "title": header.title,
                "header": f"{LETTERS[header.headings[0].column]}{header.top}:"
                f"{LETTERS[header.headings[-1].column]}{header.bottom}",
                "columns": [
                    {"letter": LETTERS[each.column], "heading": " > ".join(each.path), "unit": each.unit}
                    for each in header.headings
                ],
            }
            for header in headers
        ],
        "numbers_from_text": typed,
        "formulas_without_values": kinds["no_cache"],
        "errors": kinds["error"],
        "lost": kinds["lost"],
        "hidden_rows": sorted(grid.hidden_rows & grid.rows.keys()),
        "hidden_columns": [f"{LETTERS[first]}:{LETTERS[min(last, 16_384)]}" for first, last in grid.hidden_columns],
        "legacy_fonts": dict(fonts),
    }


def _read_typed(cell: Cell) -> str:
    figure = read_typed(cell.text)
    if figure is None or figure.kind == "parts":
        return ""
    if figure.kind == "ratio" and figure.numerator is not None and figure.denominator is not None:
        return f"{show_number(float(figure.numerator))} / {show_number(float(figure.denominator))}"
    scale, mark = (100, "%") if figure.percent else (1, f" {figure.unit}".rstrip())
    ends = [f"{show_number(float(end * scale))}{mark}" for end in (figure.low, figure.high) if end is not None]
    return " - ".join(dict.fromkeys(ends))


def inspect_rules(book: Book, rulebook: Rulebook, reading: Reading) -> Found:
    """What a rulebook reads of a workbook: each table with its columns, each fact and each criterion with its cells.

    Args:
        book: the workbook.
        rulebook: the rules.
        reading: what the rules' reader made of it.

    Raises:
        WorkbookError: a sheet is broken or over a limit.
    """
    tables = []
    for name, definition in rulebook.tables.items():
        others = [other for other in rulebook.tables.values() if other is not definition]
        parts = [_inspect_part(located) for located in locate(book, definition, others, [])]
        found = {column["name"] for part in parts for column in part["columns"]}
        missing = [column.headings[0] for key, column in definition.columns.items() if parts and key not in found]
        tables.append({"name": name, "label": definition.label, "parts": parts, "missing": missing})
    return {
        "rulebook": rulebook.id,
        "tables": tables,
        "facts": [
            {
                "name": name,
                "label": fact.label,
                "cell": place.address if place else "",
                "value": _show(reading.facts.get(name)),
            }
            for name, fact in rulebook.facts.items()
            for place in [reading.fact_places.get(name)]
        ],
        "criteria": [
            {"id": node.id, "name": node.name, "cells": _read_by(node, rulebook, reading)}
            for node in rulebook.criteria
            if node.kind != "group"
        ],
        "problems": [
            {"severity": problem.severity, "code": problem.code, "text": str(problem)} for problem in reading.problems
        ],
    }


def _show(value: object) -> object:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _inspect_part(located: Located) -> Found:
    grid, layout = located.grid, located.layout
    columns = layout.columns.values()
    return {
        "sheet": grid.name,
        "header": ":".join(
            [grid.address(layout.top, min(columns)), grid.address(layout.bottom, max(columns))] if columns else []
        ),
        "lines": len(layout.rows),
        "first": layout.rows[0] if layout.rows else 0,
        "last": layout.rows[-1] if layout.rows else 0,
        "unit": layout.unit,
        "unit_cell": layout.unit_cell,
        "columns": [
            {
                "name": key,
                "heading": layout.headings.get(key, ""),
                "cell": grid.address(layout.bottom, column),
                "unit": layout.units.get(key, ""),
            }
            for key, column in layout.columns.items()
        ],
        "unmatched": list(_find_unmatched(grid, layout)),
    }


def _find_unmatched(grid: Grid, layout: Layout) -> Iterator[Found]:
    """Headings beside the table's own that no column of the rulebook takes."""
    taken = set(layout.columns.values())
    for row in range(layout.top, layout.bottom + 1) if layout.top else ():
        for column, cell in sorted(grid.rows.get(row, {}).items()):
            if cell.kind == "text" and column not in taken:
                yield {"cell": grid.address(row, column), "heading": tidy(cell.text)}


def _read_by(node: Node, rulebook: Rulebook, reading: Reading) -> list[Found]:
    """The cells that a criterion reads: of its own row, and the columns that its measure names."""
    cells: list[Found] = []
    table = reading.tables.get(rulebook.results_table)
    ids = table.columns["id"] if table is not None else []
    if table is not None and node.id in ids:
        i = ids.index(node.id)
        for field in _FIELDS:
            text = table.raw[field][i] if field in table.raw else ""
            if text:
                cells.append({"what": field, "cell": table.address(field, i), "text": text})
    for part in ms.walk(node.measure) if node.measure is not None else ():
        lines = reading.tables.get(part.table) if isinstance(part, ms.Column) else None
        if isinstance(part, ms.Column) and lines is not None and len(lines):
            ends = [lines.address(part.name, at) for at in (0, len(lines) - 1)]
            cells.append(
                {"what": f"{part.table}.{part.name}", "cell": " … ".join(dict.fromkeys(ends)), "text": f"{len(lines)}"}
            )
        elif isinstance(part, ms.Fact) and part.name in reading.fact_places:
            place = reading.fact_places[part.name]
            cells.append({"what": part.name, "cell": place.address, "text": str(reading.facts.get(part.name, ""))})
    return cells


# --- in words -------------------------------------------------------------------------------------------------------

_CELLS = {
    "formulas_without_values": N_("Công thức chưa được tính (mở bằng Excel rồi Lưu): {cells}"),
    "errors": N_("Công thức báo lỗi: {cells}"),
    "lost": N_("Ô mất giá trị: {cells}"),
}


def tell_inspection(found: Mapping[str, Any]) -> Iterator[str]:
    """An inspection as lines for a person."""
    for sheet in found["sheets"]:
        yield from _tell_sheet(sheet)
    if "rules" in found:
        yield from _tell_rules(found["rules"])


def _tell_sheet(sheet: Mapping[str, Any]) -> Iterator[str]:
    yield _("Trang «{name}»: {count} ô có nội dung", name=sheet["name"], count=sheet["cells"]) + (
        _(" (đang ẩn)") if sheet["hidden"] else ""
    )
    for table in sheet["tables"]:
        yield "  " + _("Bảng, tiêu đề ở {header}: {title}", header=table["header"], title=table["title"] or "-")
        for column in table["columns"]:
            unit = f" [{column['unit']}]" if column["unit"] else ""
            yield f"    {column['letter']}  {column['heading']}{unit}"
    if not sheet["tables"]:
        yield "  " + _("Không thấy bảng nào có hàng tiêu đề")
    typed = sheet["numbers_from_text"]
    if typed:
        yield "  " + _("Số gõ dưới dạng chữ ({count} ô):", count=len(typed))
        for each in typed[:_SHOWN]:
            yield f"    {each['cell']}  «{each['text']}» → {each['reads']}"
    for key, message in _CELLS.items():
        if sheet[key]:
            yield "  " + _(message, cells=_shorten(sheet[key]))
    if sheet["hidden_rows"]:
        yield "  " + _("Hàng đang ẩn hoặc bị lọc: {rows}", rows=_shorten(sheet["hidden_rows"]))
    if sheet["hidden_columns"]:
        yield "  " + _("Cột đang ẩn: {columns}", columns=_shorten(sheet["hidden_columns"]))
    for font, count in sheet["legacy_fonts"].items():
        yield "  " + _("Chữ theo phông cũ {font}: {count} ô, đã chuyển sang Unicode khi đọc", font=font, count=count)


def _shorten(cells: Sequence[object]) -> str:
    return ", ".join(map(str, cells[:_SHOWN])) + ("…" if len(cells) > _SHOWN else "")


def _tell_rules(found: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield _("Theo bộ quy tắc {rulebook}:", rulebook=found["rulebook"])
    for table in found["tables"]:
        name = table["label"] or table["name"]
        if not table["parts"]:
            yield "  " + _("Bảng «{name}»: không tìm thấy", name=name)
        for part in table["parts"]:
            yield "  " + _(
                "Bảng «{name}»: trang «{sheet}», {count} hàng", name=name, sheet=part["sheet"], count=part["lines"]
            )
            if part["unit"]:
                yield "    " + _("Đơn vị tính: {unit} (ô {cell})", unit=part["unit"], cell=part["unit_cell"])
            for column in part["columns"]:
                unit = f" [{column['unit']}]" if column["unit"] else ""
                yield f"    {column['cell']}  {column['heading']}{unit} → {column['name']}"
            if part["unmatched"]:
                headings = ", ".join(f"{each['cell']} «{each['heading']}»" for each in part["unmatched"])
                yield "    " + _("Không dùng: {headings}", headings=headings)
        if table["missing"]:
            yield "    " + _("Không có cột: {headings}", headings=", ".join(f"«{each}»" for each in table["missing"]))
    for fact in found["facts"]:
        if fact["cell"]:
            yield f"  {fact['label']}: {fact['value'] if fact['value'] is not None else '-'}  ({fact['cell']})"
    for criterion in found["criteria"]:
        yield f"  {criterion['id']}  {criterion['name']}"
        for cell in criterion["cells"]:
            yield f"      {cell['what']}  {cell['cell']}  {cell['text'][:80]}"
        if not criterion["cells"]:
            yield "      " + _("chưa có ô nào")
