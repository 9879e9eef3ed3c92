"""A draft of the `tables` of a rulebook, from a workbook that looks as such workbooks look, for a person to finish."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from nhiemvu.errors import Place, Problem, WorkbookError
from nhiemvu.messages import N_, _
from nhiemvu.rules.load import load_rulebook
from nhiemvu.rules.models import RuleFile, Table
from nhiemvu.rules.write import write_rulebook
from nhiemvu.text import Unreadable, fold, plain, read_verdict
from nhiemvu.workbook.book import Book
from nhiemvu.workbook.grid import LETTERS, Cell, Grid
from nhiemvu.workbook.guess import Header, Heading, guess_headers, read_typed
from nhiemvu.workbook.headings import read_unit_in_words
from nhiemvu.workbook.layout import Layout, find_tables
from nhiemvu.workbook.lines import code_style

_STANDARD = "bo-cuc-chuan"  # by whose headings the unit's facts and the table of results are known
_TELLING = ({"label", "value"}, {"id", "value", "declared"}, {"id", "value", "numerator", "denominator"})
_KNOWN_NAMES = {"đvt": "unit", "đơn vị tính": "unit", "đv tính": "unit", "ghi chú": "note"}
_LONGEST_NAME = 30
_NUMBERED = re.compile(r"([^\d{}*]*)([1-9]\d?)([^\d{}*]*)")  # the name of a sheet of a series
_SAMPLES = {"number": "1", "number.number": "1.1", "number.number.number": "1.1.1", "roman": "I", "capital": "A"}

Comments = dict[tuple[str | int, ...], list[str]]


def draft_rulebook(book: Book) -> str:
    """The text of a rule file that holds the workbook's tables and loads as it is.

    Lines behind «?» say what a person must decide.

    Raises:
        WorkbookError: a sheet is broken, or no sheet holds anything like a table.
    """
    tables: dict[str, Any] = {}
    comments: Comments = {
        (): [
            _(
                "Nháp từ tệp {file}; dòng có dấu «?» là chỗ cần người xem lại. Xem xong thì xóa dòng ấy.",
                file=book.file,
            ),
            _("Còn phải thêm: criteria (cây tiêu chí, ngưỡng, căn cứ)."),
        ]
    }
    sheets = {name: guess_headers(book.grid(name)) for name in book.names}
    for name, later in _find_series(sheets).items():
        headers = sheets[name]
        for number, header in enumerate(headers, 1):
            key = _unique(_make_name(header.title if len(headers) > 1 and header.title else name, "bang"), tables)
            remarks: Comments = {}
            tables[key] = drafted = _draft_table(book.grid(name), header, number, headers, remarks)
            if later:
                drafted["sheet"] = [_spell_series(name, later[-1])]
                drafted.pop("label", None)
                remarks[()].append(
                    _("? Các trang {sheets} có cùng tiêu đề nên là một bảng.", sheets=", ".join([name, *later]))
                )
            comments |= {("tables", key, *path): lines for path, lines in remarks.items()}
    if not tables:
        raise WorkbookError(
            Problem("no-tables", N_("không trang nào có gì giống một bảng có hàng tiêu đề"), Place(book.file))
        )
    stem = re.sub(r"[^a-z0-9]+", "-", plain(Path(book.file).stem)).strip("-") or "so"
    form = RuleFile.model_validate(
        {"rulebook": f"nhap-{stem}"[:80], "title": _("Nháp từ {file}", file=book.file), "tables": tables}
    )
    return write_rulebook(form, comments)


def _find_series(sheets: Mapping[str, Sequence[Header]]) -> dict[str, list[str]]:
    """The sheets of one table each, T1 to T12, under the first of them; any other by itself."""
    series: dict[str, list[str]] = {}
    first = ""
    for name, headers in sheets.items():
        last = [first, *series[first]][-1] if first else ""
        same = bool(first) and [h.headings for h in sheets[first]] == [h.headings for h in headers]
        if same and len(headers) == 1 and _counts_on(last, name):
            series[first].append(name)
        else:
            series[name], first = [], name
    return series


def _counts_on(name: str, other: str) -> bool:
    one, two = _NUMBERED.fullmatch(name), _NUMBERED.fullmatch(other)
    return bool(one and two and one[1] == two[1] and one[3] == two[3] and int(one[2]) + 1 == int(two[2]))


def _spell_series(first: str, last: str) -> str:
    one, two = _NUMBERED.fullmatch(first), _NUMBERED.fullmatch(last)
    assert one is not None
    assert two is not None
    return f"{one[1]}{{{int(one[2])}..{int(two[2])}}}{one[3]}"


def _draft_table(
    grid: Grid, header: Header, number: int, headers: Sequence[Header], remarks: Comments
) -> dict[str, Any]:
    kind, standard = _match_standard(header)
    used: dict[str, Any] = {}
    names: list[str] = []
    for heading in header.headings:
        name = standard.get(heading.column) or (
            "tt" if heading.is_code else _KNOWN_NAMES.get(fold(heading.path[-1]), "")
        )
        names.append(_unique(name or _make_name(heading.path[-1], "cot"), used))
        used[names[-1]] = {}
    leaves = Counter(fold(heading.path[-1]) for heading in header.headings)
    columns: dict[str, dict[str, Any]] = {}
    taken: set[str] = set()
    doubled: list[str] = []
    for name, heading in zip(names, header.headings, strict=True):
        bare = _without_unit(heading)
        path = (*heading.path[:-1], bare)
        text = " > ".join(path) if leaves[fold(heading.path[-1])] > 1 or bare.isdecimal() else bare
        if fold(text) in taken:
            doubled.append(f"{LETTERS[heading.column]} «{text}»")
            continue
        taken.add(fold(text))
        columns[name] = {"headings": [text], "type": "text"}
    drafted: dict[str, Any] = {"sheet": [grid.name], "columns": columns}
    if header.title:
        drafted["label"] = header.title
    alike = [other for other in headers if {h.path for h in other.headings} == {h.path for h in header.headings}]
    if len(alike) > 1:
        drafted["nth"] = alike.index(header) + 1
        remarks[("nth",)] = [_("? Trang có {count} bảng cùng tiêu đề; nên thay nth bằng title.", count=len(alike))]
    layouts = find_tables(grid, "", Table.model_validate(drafted))
    layout = layouts[0] if layouts else Layout(grid.name)
    stop = next((other.top for other in headers[number:] if other.top > header.bottom), None)
    rows = [row for row in layout.rows if row > header.bottom and (stop is None or row < stop)]
    named = [(name, each) for name, each in zip(names, header.headings, strict=True) if name in columns]
    counted = {each.path[:-1] for name, each in named if _most([grid.at(row, each.column) for row in rows]) == "number"}
    for name, heading in named:
        if heading.path[:-1] in counted - {()} and not any(grid.at(row, heading.column) for row in rows):
            columns[name] = {"headings": columns[name]["headings"], "required": False}
            remarks[("columns", name)] = [_("? Cột trống trong sổ này; đoán là số như các cột bên cạnh.")]
            continue
        _choose_type(columns[name], heading, [grid.at(row, heading.column) for row in rows], layout, remarks, name)
    described = [name for name in columns if columns[name].get("type") == "text" and name not in ("tt", "id")]
    for name in described[1:] if kind != "facts" else ():
        columns[name]["required"] = False  # the first says what a line is about; a form can do without the others
    if kind != "lines":
        drafted["kind"] = kind
    elif layout.unit:
        drafted["unit"] = layout.unit
    _choose_counted(drafted, named, grid, rows, remarks)
    lines = [_("Tiêu đề: {header}; thân bảng: {count} hàng.", header=_area(header), count=len(rows))]
    if layout.unit:
        lines.append(_("Đơn vị tính «{unit}» ghi ở ô {cell}.", unit=layout.unit, cell=layout.unit_cell))
    missing = [each.path[-1] for name, each in named if name not in layout.columns]
    if missing:
        lines.append(_("? Chưa nhận ra chắc chắn cột: {columns}.", columns=", ".join(missing)))
    if doubled:
        lines.append(_("? Bỏ cột trùng tiêu đề với cột bên trái: {columns}.", columns=", ".join(doubled)))
    remarks[()] = lines
    return drafted


def _area(header: Header) -> str:
    first, last = header.headings[0].column, header.headings[-1].column
    return f"{LETTERS[first]}{header.top}:{LETTERS[last]}{header.bottom}"


def _match_standard(header: Header) -> tuple[str, Mapping[int, str]]:
    """The kind of table that the headings tell, and the names of its columns; `lines` and none for any other."""
    # results first: their headings tell more
    for table in sorted(load_rulebook(_STANDARD).tables.values(), key=lambda table: table.kind, reverse=True):
        by_heading = {fold(text): key for key, column in table.columns.items() for text in column.headings}
        found: dict[int, str] = {}
        for heading in header.headings:
            key = by_heading.get(fold(heading.path[-1]))
            if key and key not in found.values():
                found[heading.column] = key
        if any(telling <= set(found.values()) for telling in _TELLING):
            return table.kind, found
    return "lines", {}


def _choose_type(
    column: dict[str, Any],
    heading: Heading,
    cells: Sequence[Cell | None],
    layout: Layout,
    remarks: Comments,
    name: str,
) -> None:
    kinds = Counter(_kind(cell) for cell in cells if cell is not None)
    kind = "text" if heading.is_code or name in _TEXTS else _most(cells)
    if kind in ("number", "percent") and ("%" in heading.path[-1] or heading.unit == "%"):
        kind = "percent"
    if not kind:
        kind = "text"
        remarks[("columns", name)] = [_("? Cột trống trong sổ này; kiểu text là đoán.")]
    elif len(kinds) > 1 and kind != "text":
        mixed = ", ".join(f"{_(_KINDS[each])}: {count}" for each, count in kinds.most_common())
        remarks[("columns", name)] = [_("? Cột có ô không cùng kiểu ({kinds}).", kinds=mixed)]
    column["type"] = kind
    if kind == "number":
        del column["type"]
        unit = layout.units.get(name) or heading.unit
        if unit and unit != "%":
            column["unit"] = unit
        elif not layout.unit and name not in ("value", "numerator", "denominator"):
            remarks.setdefault(("columns", name), []).append(_("? Không thấy đơn vị tính của cột này."))


_TEXTS = frozenset({"id", "unit", "name", "label", "target", "narrative", "forecast", "note"})
_KINDS = {"number": N_("số"), "percent": "%", "text": N_("chữ"), "date": N_("ngày"), "verdict": N_("kết luận")}


def _most(cells: Sequence[Cell | None]) -> str:
    """The kind of most of the cells, "" where all are blank."""
    kinds = Counter(_kind(cell) for cell in cells if cell is not None)
    return kinds.most_common(1)[0][0] if kinds else ""


def _kind(cell: Cell) -> str:
    if cell.kind == "text":
        figure = read_typed(cell.text)
        if figure is not None:
            return "percent" if figure.percent else "number"
        try:
            return "verdict" if read_verdict(cell.text) else "text"
        except Unreadable:
            return "text"
    return {"percent": "percent", "date": "date", "number": "number"}.get(cell.kind, "number")


def _choose_counted(
    drafted: dict[str, Any],
    named: Sequence[tuple[str, Heading]],
    grid: Grid,
    rows: Sequence[int],
    remarks: Comments,
) -> None:
    """Where codes are of several styles, only the most frequent one of lines is likely to count."""
    coded = [(name, heading.column) for name, heading in named if heading.is_code]
    if not coded or "kind" in drafted:
        return
    name, column = coded[0]
    styles = Counter(style for row in rows if (style := _style(grid.at(row, column))))
    lines = [style for style, _count in styles.most_common() if style in _SAMPLES]
    if len(styles) > 1 and lines:
        drafted["counted"] = {name: _SAMPLES[lines[0]]}
        remarks[("counted",)] = [_("? Bảng có hàng nhóm và hàng chi tiết; đoán rằng chỉ những hàng này là một khoản.")]


def _style(cell: Cell | None) -> str:
    if cell is None:
        return ""
    return code_style(f"{cell.value:g}" if isinstance(cell.value, float) else cell.text)


def _without_unit(heading: Heading) -> str:
    text = heading.path[-1]
    bare, _, unit = text.rpartition("(")
    return bare.strip() or text if read_unit_in_words(unit) else text


def _make_name(text: str, otherwise: str) -> str:
    words = re.findall(r"[a-z0-9]+", plain(text))
    return _fit(words) if words and words[0][0].isalpha() else "_".join([otherwise, _fit(words)]).strip("_")


def _fit(words: Sequence[str]) -> str:
    taken: list[str] = []
    for word in words:
        if len("_".join([*taken, word])) > _LONGEST_NAME:
            break
        taken.append(word)
    return "_".join(taken) or "".join(words[:1])[:_LONGEST_NAME]


def _unique(name: str, used: Mapping[str, Any]) -> str:
    return name if name not in used else next(each for each in _numbered(name) if each not in used)


def _numbered(name: str) -> Iterator[str]:
    for number in range(2, 100_000):
        yield f"{name}_{number}"
