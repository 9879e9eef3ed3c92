"""One sheet's XML as a grid of cells.

Two readers, one result. The quick one (`tokens`) is a pattern over the bytes; where it does not understand every one of
them, it gives way to the thorough one, which runs over expat. So whatever programs write (prefixes, cells without an
address, comments, CDATA, other encodings) is read, and nothing is misread. `docs/decisions/reading.md` has the
measurements.
"""

from __future__ import annotations

import re

from nhiemvu.errors import Place, Problem, WorkbookError
from nhiemvu.text import decode_legacy
from nhiemvu.workbook.contents import MAX_CELLS, broken_sheet, limit_cells, limit_merges, make_cell
from nhiemvu.workbook.formats import Formats, read_index
from nhiemvu.workbook.grid import MAX_COLUMN, MAX_ROW, Grid, parse_area
from nhiemvu.workbook.strings import NotSimpleError, Strings, limit, parse_xml, unescape
from nhiemvu.workbook.tokens import read_quickly

_DIGITS = 7  # of a row's number
_CELL = re.compile(rb"<(?:[\w.-]+:)?c[\s/>]")
_SHORTEST = len("<c/>")
_ASIDES = {b"<!--": b"-->", b"<![CDATA[": b"]]>", b"<?": b"?>"}  # what looks like a cell in them is none
_ASIDE = re.compile(b"|".join(map(re.escape, _ASIDES)))


def read_sheet(data: bytes, name: str, strings: Strings, formats: Formats) -> Grid:
    """The cells of one sheet.

    Args:
        data: the sheet's part.
        name: the sheet's name, for messages.
        strings: the workbook's shared strings.
        formats: the workbook's formats, which tell dates and percentages.

    Raises:
        WorkbookError: the part is not XML, or the sheet is over a limit.
    """
    try:
        return read_quickly(data, name, strings, formats)
    except NotSimpleError:
        return _read_thoroughly(data, name, strings, formats)


class _Thorough:
    """Handlers for expat: elements by their local names, cells without an address where they follow from the last."""

    def __init__(self, name: str, allowed: int, strings: Strings, formats: Formats) -> None:
        self.grid, self.allowed, self.strings, self.formats = Grid(name), allowed, strings, formats
        self.row, self.column = 0, 0
        self.style, self.kind = 0, "n"
        self.formula = False
        self.text: list[str] = []
        self.piece: list[str] = []  # of the element that is being listened to
        self.font = ""  # of the run, where it is rich text
        self.listening = False
        self.in_data = False
        self.ignored = 0  # inside reading aids, or the second version of something
        self.count = 0

    def start(self, name: str, given: dict[str, str]) -> None:
        local = name.rpartition("}")[2]
        if self.ignored or local in {"rPh", "Fallback"}:
            self.ignored += 1
        elif not self.in_data:
            self.start_outside(local, given)
        elif local == "c":
            self.start_cell(given)
        elif local == "row":
            self.start_row(given)
        elif local == "f":
            self.formula = True
        elif local in {"v", "t"}:
            self.listening = True
        elif local == "r":
            self.font = self.formats.legacy.get(self.style, "")
        elif local == "rFont":
            self.font = given.get("val", "")

    def start_outside(self, local: str, given: dict[str, str]) -> None:
        if local == "sheetData":
            self.in_data = True
        elif local == "col" and given.get("hidden") in {"1", "true"}:
            self.grid.hide_columns(given.get("min", ""), given.get("max", ""))
        elif local == "mergeCell" and (area := parse_area(given.get("ref", ""))):
            self.grid.merges.append(area)
            limit_merges(len(self.grid.merges), self.grid.name)

    def start_row(self, given: dict[str, str]) -> None:
        reference = given.get("r", "").strip()
        self.row = int(reference) if reference.isdecimal() and len(reference) <= _DIGITS else self.row + 1
        self.column = 0
        if given.get("hidden") in {"1", "true"}:
            self.grid.hidden_rows.add(self.row)

    def start_cell(self, given: dict[str, str]) -> None:
        self.count += 1
        if self.count > self.allowed:
            limit_cells(self.count, self.grid.name)
        reference = given.get("r", "").strip()
        if reference:
            area = parse_area(reference)
            if area is None:
                raise broken_sheet(self.grid.name)
            self.row, self.column = area[0], area[1]
        else:
            self.column += 1
        self.style, self.kind = read_index(given.get("s")), given.get("t", "n")
        self.formula = False
        self.font = self.formats.legacy.get(self.style, "")
        self.text.clear()

    def end(self, name: str) -> None:
        local = name.rpartition("}")[2]
        if self.ignored:
            self.ignored -= 1
        elif local in {"v", "t"}:
            self.listening = False
            piece = "".join(self.piece)
            self.text.append(decode_legacy(piece, self.font) if local == "t" and self.font else piece)
            self.piece.clear()
        elif local == "sheetData":
            self.in_data = False
        elif local == "c" and self.in_data:
            text = "".join(self.text)
            if self.kind in {"str", "inlineStr"} and "_x" in text:
                text = unescape(text)
            cell = make_cell(self.kind, self.style, text, self.strings, self.formats, formula=self.formula)
            if cell is not None:
                if not (1 <= self.row <= MAX_ROW and 1 <= self.column <= MAX_COLUMN):
                    raise broken_sheet(self.grid.name)
                self.grid.rows.setdefault(self.row, {})[self.column] = cell

    def characters(self, text: str) -> None:
        if self.listening:
            self.piece.append(text)


def _read_thoroughly(data: bytes, name: str, strings: Strings, formats: Formats) -> Grid:
    allowed = limit("cells", MAX_CELLS)
    if len(data) > _SHORTEST * allowed:  # before they are read one by one; in another encoding they are counted then
        limit_cells(_count_cells(data), name)
    reader = _Thorough(name, allowed, strings, formats)
    try:
        parse_xml(data, reader.start, reader.end, reader.characters)
    except WorkbookError as error:
        raise WorkbookError([Problem(p.code, p.message, Place(sheet=name), p.fill) for p in error.problems]) from error
    return reader.grid


def _count_cells(data: bytes) -> int:
    """How many cells stand in a sheet's markup, in time that grows with it whatever it is."""
    count = at = 0
    while aside := _ASIDE.search(data, at):
        count += sum(1 for _ in _CELL.finditer(data, at, aside.start()))
        end = data.find(_ASIDES[aside[0]], aside.end())
        if end < 0:  # no XML: the reader says so
            return count
        at = end
    return count + sum(1 for _ in _CELL.finditer(data, at))
