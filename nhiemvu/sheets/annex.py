"""The rows of an annex of criteria in a workbook: number, name, content, the common threshold, thresholds by region."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from nhiemvu.errors import Place, Problem, WorkbookError
from nhiemvu.messages import N_
from nhiemvu.rules.annex import AnnexRow, Draft, draft_rulebook
from nhiemvu.text import exact, fold, format_number, nearest, tidy
from nhiemvu.workbook.book import Book
from nhiemvu.workbook.grid import Area, Cell, Grid, address

_HEADINGS = {
    "number": ("TT", "STT", "Số TT", "Số thứ tự"),
    "title": ("Tên tiêu chí", "Tiêu chí"),
    "content": ("Nội dung tiêu chí", "Nội dung", "Nội dung, chỉ tiêu"),
    "common": ("Chỉ tiêu chung", "Chỉ tiêu", "Mức đạt", "Yêu cầu"),
    "regions": ("Chỉ tiêu theo vùng", "Chỉ tiêu theo khu vực", "Theo vùng"),
    "note": ("Ghi chú",),
}
_BY_HEADING = {fold(name): role for role, names in _HEADINGS.items() for name in names}
_HEADER_WITHIN = 40  # rows
_FOOTERS = tuple(map(fold, ("Nơi nhận", "Người lập biểu", "Ghi chú", "(*)", "TM. ")))
_NOT_TITLES = tuple(map(fold, ("Phụ lục", "Cộng hòa xã hội", "Độc lập", "ĐVT", "Đơn vị tính", "Biểu số", "Mẫu số")))
_ATTACHED = re.compile(r"(?i)\(?\s*(?:ban hành )?kèm theo (.+?)\)?")
_SECTION = re.compile(r"(?P<number>[IVX]+|[A-ZĐ])\s*[.):-]?\s+(?P<name>.+)", re.DOTALL)
_COLUMN_NUMBER = re.compile(r"\(?(?:[0-9]{1,2}|[A-Da-d])\)?")


@dataclass(slots=True)
class Annex:
    """Where an annex lies.

    Attributes:
        top: first row of the header, `bottom` the last.
        roles: the columns of number, title, content and of the common threshold, where they are.
        regions: the columns of thresholds by region, by heading.
    """

    grid: Grid
    top: int
    bottom: int
    roles: dict[str, int]
    regions: dict[str, int]


def import_annex(book: Book, column: str | None, name: str) -> Draft:
    """A draft rulebook of the annex in a workbook.

    Args:
        book: the workbook.
        column: heading of the thresholds to take, or its initials (TDMNPB); None where there is but one.
        name: short name of the rulebook.

    Raises:
        WorkbookError: no annex is found, or the column is not said or not there; with the choices.
    """
    annex = _find(book)
    heading = _choose(annex, column, book.file)
    title, document = _read_head(annex)
    rows = _read_rows(annex, book.file, heading)
    return draft_rulebook(rows, name, title or name, document, heading)


# --- the header ---


def _find(book: Book) -> Annex:
    for name in book.names:
        grid = book.grid(name)
        for row in sorted(grid.rows)[:_HEADER_WITHIN]:
            roles = {
                _BY_HEADING[fold(str(cell.value))]: at
                for at, cell in grid.rows[row].items()
                if cell.kind == "text" and fold(str(cell.value)) in _BY_HEADING
            }
            if "content" in roles and roles.keys() & {"number", "title"} and roles.keys() & {"common", "regions"}:
                return _lay_out(grid, row, roles)
    headings = "«TT», «Tên tiêu chí», «Nội dung tiêu chí», «Chỉ tiêu chung», «Chỉ tiêu theo vùng»"
    message = N_(
        "không trang nào là bộ quy tắc đã xuất (lệnh export) hay phụ lục tiêu chí: cần một hàng tiêu đề có các cột "
        "{headings}"
    )
    raise WorkbookError(Problem("no-annex", message, Place(book.file), {"headings": headings}))


def _lay_out(grid: Grid, top: int, roles: dict[str, int]) -> Annex:
    areas = {role: _area(grid, top, column) for role, column in roles.items()}
    bottom = max(area[2] for area in areas.values())
    regions: dict[str, int] = {}
    if "regions" in areas:
        first, last = areas["regions"][1], areas["regions"][3]
        bottom = max(bottom, areas["regions"][2] + 1)
        for column in range(first, last + 1):
            heading = tidy(_text(grid, bottom, column))
            if heading:
                regions[heading] = column
    return Annex(grid, top, bottom, roles, regions)


def _area(grid: Grid, row: int, column: int) -> Area:
    """The merged area of a cell; the cell alone where it is not merged."""
    return next(
        (area for area in grid.merges if area[0] <= row <= area[2] and area[1] <= column <= area[3]),
        (row, column, row, column),
    )


def _text(grid: Grid, row: int, column: int) -> str:
    """What a cell shows; a merged cell shows it everywhere."""
    top, left, _bottom, _right = _area(grid, row, column)
    return _show(grid.at(top, left))


def _show(cell: Cell | None) -> str:
    if cell is None:
        return ""
    if isinstance(cell.value, str):
        return cell.value
    if isinstance(cell.value, float) and cell.kind in ("number", "percent"):
        share = cell.kind == "percent"
        figure = exact(cell.value) * (100 if share else 1)
        shown = format_number(figure, 4)
        return (shown.rstrip("0").rstrip(",") if "," in shown else shown) + ("%" if share else "")
    return cell.text


def _choose(annex: Annex, wanted: str | None, file: str) -> str:
    """The heading of the column to take; the common one where there are no regions."""
    choices = list(annex.regions)
    if wanted is None:
        if len(choices) == 1:
            return choices[0]
        if not choices:
            return "Chỉ tiêu chung"
        message = N_("phụ lục có chỉ tiêu của {count} vùng; chọn một vùng bằng --column: {choices}")
        fill: dict[str, object] = {"count": len(choices), "choices": ", ".join(choices)}
        raise WorkbookError(Problem("annex-column", message, Place(file, annex.grid.name), fill))
    for heading in choices:
        if {fold(heading), _initials(heading)} & {fold(wanted), _initials(wanted)}:
            return heading
    close = nearest(wanted, choices)
    message = (
        N_("phụ lục không có cột «{wanted}»; có phải «{nearest}»? Các cột: {choices}")
        if close
        else N_("phụ lục không có cột «{wanted}»; các cột: {choices}")
    )
    fill = {"wanted": wanted, "nearest": close[0] if close else "", "choices": ", ".join(choices) or "-"}
    raise WorkbookError(Problem("annex-column", message, Place(file, annex.grid.name), fill))


def _initials(text: str) -> str:
    """`TDMNPB` of `Trung du miền núi phía Bắc`; of one word nothing."""
    words = fold(text).split()
    return "".join(word[0] for word in words) if len(words) > 1 else fold(text)


def _read_head(annex: Annex) -> tuple[str, str]:
    """The title above the header, and the document that the annex is attached to."""
    lines, document = [], ""
    for row in sorted(row for row in annex.grid.rows if row < annex.top):
        for cell in annex.grid.rows[row].values():
            for line in map(tidy, _show(cell).splitlines()):
                if attached := _ATTACHED.fullmatch(line):
                    document = document or attached[1][:1].upper() + attached[1][1:]
                elif line and not fold(line).startswith(_NOT_TITLES):
                    lines.append(line)
    return " ".join(lines), document


# --- the rows ---


def _read_rows(annex: Annex, file: str, heading: str) -> Iterator[AnnexRow]:
    grid, roles = annex.grid, annex.roles
    column = annex.regions.get(heading, roles.get("common", 0))
    row, last = annex.bottom + 1, max(grid.rows, default=0)
    while row <= last:
        content_area = _area(grid, row, roles["content"])
        number, title, content = (_role(annex, row, role) for role in ("number", "title", "content"))
        filled = [text for text in (number, title, content) if text]
        if filled and fold(filled[0]).startswith(_FOOTERS):
            return
        below = content_area[2] if content_area[1] == content_area[3] else row
        threshold, at = _threshold(annex, row, below, column)
        place = Place(file, grid.name, address(row, at))
        spread = content_area[1] != content_area[3]
        if spread or (filled and not (content or threshold)):
            texts = dict.fromkeys(text for text in (number, title, content) if text)  # a merged cell is in all three
            found = _SECTION.fullmatch(" ".join(texts))
            name = found["name"] if found else " ".join(texts)
            yield AnnexRow(found["number"] if found else "", name, "", "", place, section=True)
        elif filled and not _is_numbering(number, content):
            yield AnnexRow(number, title, content, threshold, place)
        row = below + 1


def _role(annex: Annex, row: int, role: str) -> str:
    return tidy(_text(annex.grid, row, annex.roles[role])) if role in annex.roles else ""


def _is_numbering(number: str, content: str) -> bool:
    """The row of column numbers that closes many headers: 1, 2, 3."""
    return bool(_COLUMN_NUMBER.fullmatch(content)) and (not number or bool(_COLUMN_NUMBER.fullmatch(number)))


def _threshold(annex: Annex, first: int, last: int, column: int) -> tuple[str, int]:
    """What the chosen column says for rows `first` to `last`; the common threshold where it says nothing."""
    for each in (column, annex.roles.get("common", 0)):
        if each:
            rows = dict.fromkeys(_area(annex.grid, row, each)[:2] for row in range(first, last + 1))
            said = "\n".join(filter(None, (_show(annex.grid.at(*corner)).strip() for corner in rows)))
            if said:
                return said, each
    return "", column
