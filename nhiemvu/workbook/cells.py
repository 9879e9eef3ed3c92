"""One sheet's XML as a grid of cells.

Two readers, one result. The quick one is a tokeniser by regular expression; it counts the characters that it
understood, and where a single one is left over it gives way to the thorough one, which runs over expat. So whatever
programs write (prefixes, cells without an address, comments, CDATA, other encodings) is read, and nothing is misread.
`docs/decisions/reading.md` has the measurements.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from functools import lru_cache

from nhiemvu.errors import Place, Problem, WorkbookError
from nhiemvu.messages import N_
from nhiemvu.text import decode_legacy
from nhiemvu.workbook.formats import Formats, read_day, read_index
from nhiemvu.workbook.grid import MAX_COLUMN, MAX_ROW, NUMBERS, Cell, Grid, order_area, parse_area
from nhiemvu.workbook.strings import (
    NotSimpleError,
    Strings,
    decode_markup,
    decode_text,
    join_runs,
    limit,
    parse_xml,
    unescape,
)

MAX_MERGES = 100_000
MAX_CELLS = 600_000  # cells that a sheet lists, those that hold nothing but a format included
_CHUNK = 1_000_000  # characters that are tokenised at once, so that memory stays in bounds

# One cell that holds something. Groups: letters, digits, other attributes, formula, value, inline string. It begins with
# a literal, which is what makes looking for it cheap; possessive throughout, so that time is linear in the text.
_CELL = re.compile(
    r"""<c r="([A-Z]{1,3})([0-9]{1,7})"([^<>/]*+)>\s*+(?:(<f)\b[^<>]*+(?:(?<=/)>|>[^<]*+</f>)\s*+)?"""
    r"""(?:<v>([^<]*+)</v>\s*+|<v/>\s*+|<is>((?:[^<]++|<(?!/?is\b))*+)</is>\s*+)?</c>"""
)
# What lies between them: cells that hold nothing, and the ends of rows. `<>` stands where a cell was.
_BETWEEN = re.compile(r"""(?:<(?:>|c r="[A-Z]{1,3}[0-9]{1,7}"[^<>/]*+/>|/row>|row\b[^<>]*+>)|\s++)*+""")
_DIGITS = 7  # of a row's number
_GROUPS = 7  # of a split: what lies between two cells, then a cell's groups
_HIDDEN_ROW = re.compile(r"""<row\b[^<>]*?\shidden=["'](?:1|true)["'][^<>]*>""")
_ATTRIBUTE = re.compile(r'\s+([A-Za-z:]+)="([^"]*)"')
_ATTRIBUTES = re.compile(r'(?:\s++[A-Za-z:]++="[^"]*+")*+\s*+')
_MERGE = re.compile(r'<mergeCell ref="([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})" ?/>')
_COLUMN = re.compile(r"<col\s[^<>]*>")

# style, type, what it is without another look ("text" of a shared string, "number", "percent"; "" for all else), old font
_Attributes = tuple[int, str, str, str]


class _CellAttributes(dict[str, _Attributes]):
    """What the attributes of a cell say, by their text: a workbook has few different ones."""

    def __init__(self, formats: Formats) -> None:
        super().__init__()
        self._formats = formats

    def __missing__(self, text: str) -> _Attributes:
        found = self._formats.said.get(text)  # by another sheet
        if found is None:
            style, kind = _read_attributes(text)
            font = self._formats.legacy.get(style, "")
            shown = "" if font or kind != "s" else "text"
            if kind == "n":
                shown = _PLAIN.get(self._formats.kind(style), "number")
            self._formats.said[text] = found = (style, kind, shown, font)
        self[text] = found
        return found


_PLAIN = {"percent": "percent", "date": ""}


@lru_cache(maxsize=4096)
def _read_attributes(text: str) -> tuple[int, str]:
    """Style and type of a cell; the same few texts stand in every workbook."""
    if not _ATTRIBUTES.fullmatch(text):
        raise NotSimpleError
    given = dict(_ATTRIBUTE.findall(text))
    return read_index(given.get("s")), given.get("t", "n")


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
        return _read_quickly(data, name, strings, formats)
    except NotSimpleError:
        return _read_thoroughly(data, name, strings, formats)


def make_cell(
    kind: str, style: int, text: str | None, strings: Strings, formats: Formats, *, formula: bool
) -> Cell | None:
    """What a cell of one of OOXML's types (`n`, `s`, `str`, `inlineStr`, `b`, `e`, `d`) holds; None for nothing.

    Args:
        kind: the type.
        style: its index among the formats.
        text: its value as the file writes it, entities resolved.
        strings: the shared strings.
        formats: the formats.
        formula: whether it has a formula.
    """
    if not text:
        # a formula whose result is an empty text has been computed: it says so by its type
        return Cell(None, "no_cache", "", True, style) if formula and kind != "str" else None
    match kind:
        case "n":
            return _make_number(style, text, formats, formula=formula)
        case "s":
            font = formats.legacy.get(style)
            shared = strings.in_font(text.strip(), font) if font else strings[text.strip()]
            if shared is None:
                return Cell(None, "lost", text, formula, style)
            return Cell(shared, "text", shared, formula, style) if shared else None
        case "str" | "inlineStr":
            if kind == "str" and (font := formats.legacy.get(style)):  # rich text is in the fonts of its runs
                text = decode_legacy(text, font)
            return Cell(text, "text", text, formula, style)
        case "b":
            return Cell(text.strip() in {"1", "true"}, "bool", text, formula, style)
        case "e":
            return Cell(None, "error", text.strip(), formula, style)
        case "d":
            return _make_iso_day(style, text, formula=formula)
    return Cell(None, "lost", text, formula, style)


def _make_number(style: int, text: str, formats: Formats, *, formula: bool) -> Cell:
    try:
        number = float(text)
    except ValueError:
        return Cell(None, "lost", text, formula, style)
    if not -1e308 < number < 1e308 or "_" in text:  # Python would take "nan", "inf" and 1_000
        return Cell(None, "lost", text, formula, style)
    kind = formats.kind(style)
    if kind == "date":
        day = read_day(number, from_1904=formats.from_1904)
        return Cell(number if day is None else day, "number" if day is None else "date", text, formula, style)
    return Cell(number, "percent" if kind == "percent" else "number", text, formula, style)


def _make_iso_day(style: int, text: str, *, formula: bool) -> Cell:
    try:
        moment = dt.datetime.fromisoformat(text.strip())
    except ValueError:
        return Cell(None, "lost", text, formula, style)
    return Cell(moment if moment.time() != dt.time() else moment.date(), "date", text, formula, style)


# --- the quick reader -----------------------------------------------------------------------------------------------


def _read_quickly(data: bytes, name: str, strings: Strings, formats: Formats) -> Grid:
    text = decode_markup(data)
    grid = Grid(name)
    head, opened, rest = text.partition("<sheetData>")
    body, closed, tail = rest.rpartition("</sheetData>")
    if not opened:
        head, closed, tail = text.partition("<sheetData/>")
    if not closed or "<sheetData" in head or "<sheetData" in tail:
        raise NotSimpleError
    _limit(body.count("<c "), name)
    _read_head_and_tail(head, tail, grid)
    attributes, start = _CellAttributes(formats), 0
    while start < len(body):
        stop = body.find("</row>", start + _CHUNK)
        stop = len(body) if stop < 0 else stop + len("</row>")
        stretch = body[start:stop].lstrip()
        _read_tokens(stretch, grid, attributes, strings, formats)
        start = stop
    if " hidden=" in body:
        for row in _HIDDEN_ROW.findall(body):
            number = dict(_ATTRIBUTE.findall(row)).get("r", "")
            if number.isdecimal() and len(number) <= _DIGITS:
                grid.hidden_rows.add(int(number))
    return grid


def _read_head_and_tail(head: str, tail: str, grid: Grid) -> None:
    """What stands before and after the cells: hidden columns and merged areas."""
    if " hidden=" in head:
        for column in _COLUMN.findall(head):
            given = dict(_ATTRIBUTE.findall(column))
            if given.get("hidden") in {"1", "true"}:
                _hide_columns(grid, given.get("min", ""), given.get("max", ""))
    merged, _, rest = tail.partition("</mergeCells>")
    if "<mergeCell" not in merged:
        return
    merges = _MERGE.findall(merged)
    if merged.count("<mergeCell ") != len(merges) or "<mergeCell" in rest:
        raise NotSimpleError
    _limit_merges(len(merges), grid.name)
    for letters, digits, last_letters, last_digits in merges:
        area = order_area(int(digits), NUMBERS[letters], int(last_digits), NUMBERS[last_letters])
        if area:
            grid.merges.append(area)


def _hide_columns(grid: Grid, first: str, last: str) -> None:
    if first.isdecimal() and last.isdecimal() and len(first) <= _DIGITS and len(last) <= _DIGITS:
        grid.hidden_columns.append((int(first), int(last)))


def _read_tokens(text: str, grid: Grid, attributes: _CellAttributes, strings: Strings, formats: Formats) -> None:
    """Add the cells of a stretch of rows to the grid.

    Raises:
        NotSimpleError: something in it is no token.
    """
    pieces = _CELL.split(text)
    if not _BETWEEN.fullmatch("<>".join(filter(None, pieces[::_GROUPS]))):
        raise NotSimpleError
    new_tuple, rows = tuple.__new__, grid.rows  # Cell(...) itself would be a third of the time
    row_digits, cells = "", {}
    for letters, digits, given, formula, value, inline in zip(
        *(pieces[i::_GROUPS] for i in range(1, _GROUPS)), strict=True
    ):
        style, kind, shown, font = attributes[given]
        cell: Cell | None = None
        if value and shown:
            if shown == "text":
                if shared := strings[value]:
                    cell = new_tuple(Cell, (shared, "text", shared, formula is not None, style))
            else:
                try:
                    number = float(value)
                except ValueError:
                    number = math.nan
                if -1e308 < number < 1e308 and "_" not in value:  # Python would take 1_000
                    cell = new_tuple(Cell, (number, shown, value, formula is not None, style))
        if cell is None:
            decoded = decode_text(value) if value and (kind != "n" or "&" in value) else value
            held = join_runs(inline, font) if inline else decoded
            cell = make_cell(kind, style, held, strings, formats, formula=formula is not None)
            if cell is None:
                continue
        if digits != row_digits:
            row_digits, row = digits, int(digits)
            if not 1 <= row <= MAX_ROW:
                raise _broken(grid.name)
            cells = rows.setdefault(row, {})
        column = NUMBERS[letters]
        if column > MAX_COLUMN:
            raise _broken(grid.name)
        cells[column] = cell


# --- the thorough reader --------------------------------------------------------------------------------------------


class _Thorough:
    """Handlers for expat: elements by their local names, cells without an address where they follow from the last."""

    def __init__(self, name: str, strings: Strings, formats: Formats) -> None:
        self.grid, self.strings, self.formats = Grid(name), strings, formats
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
            _hide_columns(self.grid, given.get("min", ""), given.get("max", ""))
        elif local == "mergeCell" and (area := parse_area(given.get("ref", ""))):
            self.grid.merges.append(area)
            _limit_merges(len(self.grid.merges), self.grid.name)

    def start_row(self, given: dict[str, str]) -> None:
        reference = given.get("r", "").strip()
        self.row = int(reference) if reference.isdecimal() and len(reference) <= _DIGITS else self.row + 1
        self.column = 0
        if given.get("hidden") in {"1", "true"}:
            self.grid.hidden_rows.add(self.row)

    def start_cell(self, given: dict[str, str]) -> None:
        self.count += 1
        _limit(self.count, self.grid.name)
        reference = given.get("r", "").strip()
        if reference:
            area = parse_area(reference)
            if area is None:
                raise _broken(self.grid.name)
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
                    raise _broken(self.grid.name)
                self.grid.rows.setdefault(self.row, {})[self.column] = cell

    def characters(self, text: str) -> None:
        if self.listening:
            self.piece.append(text)


def _read_thoroughly(data: bytes, name: str, strings: Strings, formats: Formats) -> Grid:
    reader = _Thorough(name, strings, formats)
    try:
        parse_xml(data, reader.start, reader.end, reader.characters)
    except WorkbookError as error:
        raise WorkbookError([Problem(p.code, p.message, Place(sheet=name), p.fill) for p in error.problems]) from error
    return reader.grid


def _limit(count: int, name: str) -> None:
    allowed = limit("cells", MAX_CELLS)
    if count > allowed:
        raise WorkbookError(
            Problem(
                "too-many-cells",
                N_(
                    "trang tính có {count} ô, vượt giới hạn {limit}; hãy xóa các hàng, cột trống có định dạng rồi lưu "
                    "lại. Nếu chắc chắn tệp này đáng tin, hãy đặt biến môi trường NHIEMVU_LIMIT_CELLS={count} rồi chạy "
                    "lại"
                ),
                Place(sheet=name),
                {"limit": allowed, "count": count},
            )
        )


def _limit_merges(count: int, name: str) -> None:
    allowed = limit("merges", MAX_MERGES)
    if count > allowed:
        raise WorkbookError(
            Problem(
                "too-many-merges",
                N_(
                    "trang tính có hơn {limit} vùng ô gộp; hãy bỏ gộp các ô thừa rồi lưu lại. Nếu chắc chắn tệp này "
                    "đáng tin, hãy đặt biến môi trường NHIEMVU_LIMIT_MERGES={count} rồi chạy lại"
                ),
                Place(sheet=name),
                {"limit": allowed, "count": count},
            )
        )


def _broken(name: str) -> WorkbookError:
    return WorkbookError(
        Problem(
            "broken-part",
            N_("trang tính có ô mang địa chỉ không có thật; hãy mở sổ bằng Excel rồi lưu lại thành .xlsx"),
            Place(sheet=name),
        )
    )
