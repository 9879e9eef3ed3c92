"""A rule file read back from its Excel form, whatever was moved or added in it; every mistake with its cell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from nhiemvu.errors import Place, Problem, RuleError
from nhiemvu.messages import N_
from nhiemvu.rules.explain_form import explain
from nhiemvu.rules.models import RuleFile
from nhiemvu.rules.yaml import Map, Mark, Seq
from nhiemvu.sheets.rulebook_cells import Unwritable, read_value
from nhiemvu.sheets.rulebook_layout import (
    CRITERIA,
    EXTRA,
    GENERAL,
    INNER_NAME,
    LEVEL,
    NAME,
    OVERLAY,
    Column,
    Plan,
    general,
    plans,
)
from nhiemvu.text import fold
from nhiemvu.workbook.book import Book
from nhiemvu.workbook.grid import Grid, address

GENERAL_HEADINGS = ("Mục", "Giá trị")
_HEADER_WITHIN = 12  # rows; above the header stand a title and a line of guidance

Cells = dict[str, tuple[Any, Mark]]


@dataclass(frozen=True, slots=True)
class _Row:
    """One row: what its columns hold, by their ids."""

    mark: Mark
    cells: Cells

    def value(self, column: str) -> Any:
        return self.cells[column][0] if column in self.cells else None

    def part(self, *, inner: bool) -> Cells:
        """What the row says of the thing itself, or of its inner row."""
        lead = {LEVEL, NAME, INNER_NAME, EXTRA}
        return {key: cell for key, cell in self.cells.items() if key not in lead and ("/" in key) == inner}


def is_rulebook_form(book: Book) -> bool:
    """Is the workbook the Excel form of a rule file."""
    names = {fold(name): name for name in book.names}
    general_sheet = names.get(fold(GENERAL))
    if general_sheet is None or fold(CRITERIA) not in names:
        return False
    return _find_general(book.grid(general_sheet)) is not None


def read_rulebook_form(book: Book) -> RuleFile:
    """The rule file.

    Raises:
        RuleError: every cell that cannot be taken over, or that the language does not allow, with its place.
    """
    reader = _Reader(book)
    raw = reader.read()
    if not reader.problems:
        try:
            return RuleFile.model_validate(raw)
        except ValidationError as error:
            reader.problems += [reader.placed(problem) for problem in explain(error, raw)]
    raise RuleError(reader.problems)


def _find_general(grid: Grid) -> tuple[int, int, int] | None:
    """The row of the header of the general sheet, the column of names, the column of values."""
    for row in sorted(grid.rows)[:_HEADER_WITHIN]:
        found = {fold(str(cell.value)): column for column, cell in grid.rows[row].items() if cell.kind == "text"}
        columns = [found[fold(heading)] for heading in GENERAL_HEADINGS if fold(heading) in found]
        if len(columns) == len(GENERAL_HEADINGS):
            return row, columns[0], columns[1]
    return None


class _Reader:
    def __init__(self, book: Book) -> None:
        self.problems: list[Problem] = []
        self._book = book
        self._sheets = {fold(name): name for name in book.names}

    def placed(self, problem: Problem) -> Problem:
        """A finding with its cell: until here the sheet stands for the file, the row for the line."""
        at = problem.place
        place = Place(self._book.file, at.file, address(at.line, at.column)) if at.line else Place(self._book.file)
        return Problem(problem.code, problem.message, place, problem.fill, problem.severity)

    def _say(self, mark: Mark, message: str, **fill: object) -> None:
        self.problems.append(self.placed(Problem("rulebook-form", message, mark.place(), fill)))

    def read(self) -> Map:
        raw = self._general()
        for plan in plans():
            name = self._sheets.get(fold(plan.title))
            rows = list(self._rows(self._book.grid(name), plan)) if name else []
            if rows and name:
                mark = Mark(name, rows[0].mark.line, 1)
                raw.put(plan.key, self._gather(plan, rows, mark), mark, mark)
        return raw

    # --- cells ---

    def _general(self) -> Map:
        grid = self._book.grid(self._sheets[fold(GENERAL)])
        top, names, values = _find_general(grid) or (0, 0, 0)
        by_heading = {fold(column.heading): column for column in general()}
        raw = Map(Mark(grid.name, top, values))
        for row in sorted(row for row in grid.rows if row > top):
            heading, cell = grid.at(row, names), grid.at(row, values)
            mark = Mark(grid.name, row, values)
            if cell is None or _is_blank(cell.value):
                continue
            column = by_heading.get(fold(str(heading.value))) if heading else None
            if column is None:
                self._say(
                    Mark(grid.name, row, names),
                    N_("không có mục nào tên «{name}»"),
                    name=heading.value if heading else "",
                )
                continue
            try:
                value = read_value(cell, column.shape, mark)
            except Unwritable as error:
                self._say(mark, error.message, **error.fill)
                continue
            key, dot, inner = column.id.partition(".")
            if column.id == EXTRA:
                self._take_extra(raw, value, mark)
            elif not dot:
                raw.put(key, value, mark, mark)
            else:
                if key not in raw:
                    raw.put(key, Map(mark), mark, mark)
                raw[key].put(inner, value, mark, mark)
        return raw

    def _rows(self, grid: Grid, plan: Plan) -> Iterator[_Row]:
        """Every row below the header that holds something."""
        top, columns = self._header(grid, plan)
        for row in sorted(row for row in grid.rows if row > top):
            cells: Cells = {}
            for at, cell in sorted(grid.rows[row].items()):
                if _is_blank(cell.value) and cell.kind == "text":
                    continue
                mark = Mark(grid.name, row, at, cell.text)
                column = columns.get(at)
                if column is None:
                    self._say(
                        mark, N_("ô này không nằm dưới tiêu đề nào mà biểu này có; hãy xóa, hoặc sửa lại tiêu đề")
                    )
                    continue
                try:
                    cells[column.id] = read_value(cell, column.shape, mark), mark
                except Unwritable as error:
                    self._say(mark, error.message, **error.fill)
            if cells:
                yield _Row(Mark(grid.name, row, 1), cells)

    def _header(self, grid: Grid, plan: Plan) -> tuple[int, dict[int, Column]]:
        by_heading = {fold(column.heading): column for column in plan.columns}
        best: tuple[int, dict[int, Column]] = (0, {})
        for row in sorted(grid.rows)[:_HEADER_WITHIN]:
            found = {
                at: by_heading[fold(str(cell.value))]
                for at, cell in grid.rows[row].items()
                if cell.kind == "text" and fold(str(cell.value)) in by_heading
            }
            if len(found) > len(best[1]):
                best = row, found
        return best

    # --- rows to data ---

    def _gather(self, plan: Plan, rows: list[_Row], mark: Mark) -> Map | Seq:
        if plan.title == OVERLAY:
            return self._patches(rows, mark)
        held: Map | Seq = Map(mark) if plan.named else Seq(mark)
        open_levels: list[Seq] = [held] if isinstance(held, Seq) else []
        item: Map | None = None
        for row in rows:
            own = row.part(inner=False)
            leads = not plan.lead or plan.lead in row.cells
            if not leads and (own or EXTRA in row.cells or item is None):
                self._say(
                    row.mark, N_("hàng này có nội dung nhưng thiếu ô «{heading}»"), heading=_heading(plan, plan.lead)
                )
                continue
            if leads:
                item = Map(row.mark)
                for key, (value, at) in own.items():
                    item.put(key, value, at, at)
                if EXTRA in row.cells:
                    self._take_extra(item, *row.cells[EXTRA])
                if isinstance(held, Map):
                    self._name(held, row, NAME, item)
                elif plan.key == "criteria":
                    self._hang(open_levels, row, item)
                else:
                    held.append(item)
                    held.at.append(row.mark)
            if item is not None and (INNER_NAME in row.cells or row.part(inner=True)):
                self._take_inner(plan, item, row)
        return held

    def _name(self, held: Map, row: _Row, column: str, item: Map) -> None:
        name, at = row.cells[column]
        if not isinstance(name, str) or name in held:
            self._say(at, N_("tên «{name}» đã có ở một hàng trên; mỗi tên chỉ dùng một lần"), name=name)
            return
        held.put(name, item, at, row.mark)

    def _hang(self, open_levels: list[Seq], row: _Row, item: Map) -> None:
        """Put a criterion below the last one of the level above."""
        level = row.value(LEVEL)
        if not isinstance(level, int) or not 1 <= level <= len(open_levels):
            mark = row.cells[LEVEL][1] if LEVEL in row.cells else row.mark
            self._say(mark, N_("cấp của hàng này phải từ 1 đến {most}"), most=len(open_levels))
            return
        del open_levels[level:]
        siblings = open_levels[-1]
        siblings.append(item)
        siblings.at.append(row.mark)
        children = Seq(row.mark)
        open_levels.append(children)
        if level > 1:
            parents = open_levels[level - 2]
            parent = parents[-1]
            if "children" not in parent:
                parent.put("children", siblings, row.mark, row.mark)

    def _take_inner(self, plan: Plan, item: Map, row: _Row) -> None:
        inner = Map(row.mark)
        for key, (value, at) in row.part(inner=True).items():
            inner.put(key.partition("/")[2], value, at, at)
        if plan.inner not in item:
            item.put(plan.inner, Map(row.mark) if plan.inner_named else Seq(row.mark), row.mark, row.mark)
        held = item[plan.inner]
        if isinstance(held, Seq):
            held.append(inner)
            held.at.append(row.mark)
        elif INNER_NAME in row.cells:
            self._name(held, row, INNER_NAME, inner)
        else:
            self._say(
                row.mark, N_("hàng này có nội dung nhưng thiếu ô «{heading}»"), heading=_heading(plan, INNER_NAME)
            )

    def _patches(self, rows: list[_Row], mark: Mark) -> Seq:
        held = Seq(mark)
        for row in rows:
            if "id" in row.cells:
                patch = Map(row.mark)
                name, at = row.cells["id"]
                if isinstance(name, str):
                    patch.put("id", name, at, at)
                held.append(patch)
                held.at.append(row.mark)
            if "key" not in row.cells and "value" not in row.cells:
                continue
            if not held or "key" not in row.cells or "value" not in row.cells:
                self._say(row.mark, N_("mỗi chỗ sửa cần cả ba ô: mã (ở hàng này hoặc hàng trên), khóa và giá trị"))
                continue
            held[-1].put(str(row.value("key")), row.value("value"), row.cells["key"][1], row.cells["value"][1])
        return held

    def _take_extra(self, item: Map, value: Any, mark: Mark) -> None:
        if not isinstance(value, Map):
            self._say(mark, N_("ô này phải gồm các mục «khóa: giá trị», cách nhau bằng dấu phẩy"))
            return
        for key, thing in value.items():
            item.put(key, thing, mark, mark)


def _heading(plan: Plan, column: str) -> str:
    return next(each.heading for each in plan.columns if each.id == column)


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
