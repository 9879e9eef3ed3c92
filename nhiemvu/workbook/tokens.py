"""The quick reader of a sheet: a pattern that splits its markup at the cells.

What lies between two cells must be understood too: one byte over, and the thorough reader (`cells`) takes the sheet.
Markup is looked at as Latin-1, a letter a byte, since nearly all of it is ASCII; texts are decoded as what they are.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache

from nhiemvu.workbook.contents import limit_cells, limit_merges, make_cell
from nhiemvu.workbook.formats import Formats, read_index
from nhiemvu.workbook.grid import MAX_COLUMN, MAX_ROW, NUMBERS, Cell, Grid, order_area
from nhiemvu.workbook.strings import NotSimpleError, Strings, decode_markup, decode_text, is_plain, join_runs

_CHUNK = 8_000  # bytes that are split at once: what comes of them is still in the processor's cache when it is used

# One cell that holds something. Groups: letters, digits, other attributes; the value where nothing else is there; else
# formula, value, inline string. It begins with a literal, which is what makes looking for it cheap; possessive
# throughout, so that time is linear in the text.
_CELL = re.compile(
    r"""<c r="([A-Z]{1,3})([0-9]{1,7})"([^<>/]*+)>(?:<v>([^<]*+)</v></c>|"""
    r"""\s*+(?:(<f)\b[^<>]*+(?:(?<=/)>|>[^<]*+</f>)\s*+)?"""
    r"""(?:<v>([^<]*+)</v>\s*+|<v/>\s*+|<is>((?:[^<]++|<(?!/?is\b))*+)</is>\s*+)?</c>)""",
    re.ASCII,
)
_GROUPS = 8  # of a split: what lies between two cells, then a cell's groups
# What lies between them: cells that hold nothing, and the ends of rows. `<>` stands where a cell was.
_BETWEEN = re.compile(r"""(?:<(?:>|c r="[A-Z]{1,3}[0-9]{1,7}"[^<>/]*+/>|/row>|row\b[^<>]*+>)|\s++)*+""", re.ASCII)
_HIDDEN_ROW = re.compile(r"""<row\b(?=[^<>]*?\shidden=["'](?:1|true)["'])[^<>]*?\sr=["']([0-9]{1,7})["']""")
_ATTRIBUTE = re.compile(r'\s+([A-Za-z:]+)="([^"]*)"')
_ATTRIBUTES = re.compile(r'(?:\s++[A-Za-z:]++="[^"&]*+")*+\s*+')
_MERGE = re.compile(r'<mergeCell ref="([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})" ?/>')
_COLUMN = re.compile(r"<col\s[^<>]*>")

# style, type, what it is without another look ("text" of a shared string, "number", "percent"; else ""), old font
_Attributes = tuple[int, str, str, str]
_PLAIN = {"percent": "percent", "date": "", "mixed": ""}


class _CellAttributes(dict[str, _Attributes]):
    """What the attributes of a cell say in a workbook: few different ones stand in it."""

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


@lru_cache(maxsize=4096)
def _read_attributes(text: str) -> tuple[int, str]:
    """Style and type of a cell; the same few texts stand in every workbook."""
    if not _ATTRIBUTES.fullmatch(text):
        raise NotSimpleError
    given = dict(_ATTRIBUTE.findall(text))
    return read_index(given.get("s", "")), given.get("t", "n")


class _Columns(dict[str, int]):
    """The number of a column by its letters."""

    def __missing__(self, letters: str) -> int:
        number = NUMBERS[letters]
        if number > MAX_COLUMN:
            raise NotSimpleError
        self[letters] = number
        return number


_COLUMNS = _Columns()


def read_quickly(data: bytes, name: str, strings: Strings, formats: Formats) -> Grid:
    """The cells of one sheet; see `cells.read_sheet`.

    Raises:
        NotSimpleError: there is something that the patterns do not understand, or that is wrong.
        WorkbookError: the sheet is over a limit.
    """
    head, opened, rest = data.partition(b"<sheetData>")
    body, closed, tail = rest.rpartition(b"</sheetData>")
    if not opened:
        head, closed, tail = data.partition(b"<sheetData/>")
    if not closed or b"<sheetData" in head + tail or not is_plain(head) or b"<!" in tail or b"<?" in tail:
        raise NotSimpleError
    limit_cells(body.count(b"<c "), name)
    grid, attributes, start = Grid(name), _CellAttributes(formats), 0
    _read_head_and_tail(head.decode("latin-1"), tail.decode("latin-1"), grid)
    while start < len(body):
        stop = body.find(b"</row>", start + _CHUNK)
        stop = len(body) if stop < 0 else stop + len(b"</row>")
        between = _read_tokens(body[start:stop].decode("latin-1"), grid, attributes, strings, formats)
        if " hidden=" in between:
            grid.hidden_rows.update(map(int, _HIDDEN_ROW.findall(between)))
        start = stop
    return grid


def _read_head_and_tail(head: str, tail: str, grid: Grid) -> None:
    """What stands before and after the cells: hidden columns and merged areas."""
    if " hidden=" in head:
        for column in _COLUMN.findall(head):
            given = dict(_ATTRIBUTE.findall(column))
            if given.get("hidden") in {"1", "true"}:
                grid.hide_columns(given.get("min", ""), given.get("max", ""))
    merged, _, rest = tail.partition("</mergeCells>")
    if "<mergeCell" not in merged:
        return
    merges = _MERGE.findall(merged)
    if merged.count("<mergeCell ") != len(merges) or "<mergeCell" in rest:
        raise NotSimpleError
    limit_merges(len(merges), grid.name)
    for letters, digits, last_letters, last_digits in merges:
        area = order_area(int(digits), _COLUMNS[letters], int(last_digits), _COLUMNS[last_letters])
        if area:
            grid.merges.append(area)


def _counts_add_up(between: str) -> bool:
    """Whether there is nothing but tags of rows, `<>`, and blank cells, by counting: half the cost of a pattern.

    As many `<` as `>`, the first first, the last last, and every other `>` before a `<`: so all of it is tags.
    """
    tags = between.count("<")
    rows = between.count("<row ") + between.count("<row>")
    ends, cells, other = between.count("</row>"), between.count('<c r="'), between.count("<>")
    return (
        between.count(">") == tags
        and between.count("><") == tags - 1
        and between[:1] == "<"
        and between[-1:] == ">"
        and rows + ends + cells + other == tags
        and rows - ends + cells == between.count("/>")  # those that end themselves
    )


def _read_tokens(body: str, grid: Grid, attributes: _CellAttributes, strings: Strings, formats: Formats) -> str:
    """Add the cells of a stretch of rows to the grid.

    Returns:
        What lies between the cells.

    Raises:
        NotSimpleError: something in it is no token.
    """
    pieces = _CELL.split(body)
    between = "<>".join(filter(None, pieces[::_GROUPS]))
    if not (_counts_add_up(between) or _BETWEEN.fullmatch(between)):
        raise NotSimpleError
    new_tuple, rows = tuple.__new__, grid.rows  # Cell(...) itself would be a third of the time
    strict = "_" in body or not body.isascii()  # Python would take 1_000, and other digits
    row_digits, cells = "", {}
    for letters, digits, given, plain, formula, computed, inline in zip(
        *(pieces[i::_GROUPS] for i in range(1, _GROUPS)), strict=True
    ):
        style, kind, shown, font = attributes[given]
        value = plain or computed
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
                if -1e308 < number < 1e308 and not (strict and ("_" in value or not value.isascii())):
                    cell = new_tuple(Cell, (number, shown, value, formula is not None, style))
        if cell is None:
            held = decode_markup((inline or value or "").encode("latin-1"))
            if inline:
                held = join_runs(held, font)
            elif kind != "n" or "&" in held:
                held = decode_text(held)
            cell = make_cell(kind, style, held, strings, formats, formula=formula is not None)
            if cell is None:
                continue
        if digits != row_digits:
            row_digits, row = digits, int(digits)
            if not 1 <= row <= MAX_ROW:
                raise NotSimpleError
            cells = rows.setdefault(row, {})
        cells[_COLUMNS[letters]] = cell
    return between
