"""What one cell of a sheet's XML holds, by its type and its format; and how much a sheet may hold."""

from __future__ import annotations

import datetime as dt

from nhiemvu.errors import Place, Problem, WorkbookError
from nhiemvu.messages import N_
from nhiemvu.text import decode_legacy
from nhiemvu.workbook.formats import Formats, read_day
from nhiemvu.workbook.grid import Cell
from nhiemvu.workbook.strings import Strings, limit

MAX_MERGES = 100_000
MAX_CELLS = 600_000  # cells that a sheet lists, those that hold nothing but a format included


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
    if kind == "mixed" and (section := formats.section(style, number)):
        kind = section.kind
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


def limit_cells(count: int, name: str) -> None:
    """Refuse a sheet of too many cells.

    Raises:
        WorkbookError: `too-many-cells`.
    """
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


def limit_merges(count: int, name: str) -> None:
    """Refuse a sheet of too many merged areas.

    Raises:
        WorkbookError: `too-many-merges`.
    """
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


def broken_sheet(name: str) -> WorkbookError:
    """The refusal of a sheet with a cell where no cell can be."""
    return WorkbookError(
        Problem(
            "broken-part",
            N_("trang tính có ô mang địa chỉ không có thật; hãy mở sổ bằng Excel rồi lưu lại thành .xlsx"),
            Place(sheet=name),
        )
    )
