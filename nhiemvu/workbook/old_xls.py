"""xls by xlrd, in the child of `old_formats`: values, errors, number formats, fonts, what is hidden or merged."""

from __future__ import annotations

import io
from typing import Any

from nhiemvu.text import decode_legacy, is_legacy


def read_xls(raw: bytes) -> dict[str, object]:
    """What the child sends back of an xls; see `old_formats.read_all`."""
    import xlrd  # noqa: PLC0415 (in the child only)

    try:
        book = xlrd.open_workbook(file_contents=raw, formatting_info=True, ragged_rows=True, logfile=io.StringIO())
    except xlrd.biffh.XLRDError as error:
        return {"refused": "encrypted" if "encrypted" in str(error) else ""}
    fonts = [font.name for font in book.font_list]
    styles = [_format_code(book, xf.format_key) for xf in book.xf_list]
    sheets = []
    for sheet in book.sheets():
        cells = [
            (row + 1, column + 1, *tagged, sheet.cell_xf_index(row, column))
            for row in range(sheet.nrows)
            for column in range(sheet.row_len(row))
            if (tagged := _tag(book, sheet, row, column, fonts)) is not None
        ]
        sheets.append(
            {
                "name": sheet.name,
                "hidden": sheet.visibility != 0,
                "cells": cells,
                "merges": [(top + 1, left + 1, bottom, right) for top, bottom, left, right in sheet.merged_cells],
                "hidden_rows": [(row + 1, row + 1) for row, said in sheet.rowinfo_map.items() if said.hidden],
                "hidden_columns": [
                    (column + 1, column + 1) for column, said in sheet.colinfo_map.items() if said.hidden
                ],
            }
        )
    return {"sheets": sheets, "formats": styles, "from_1904": bool(book.datemode)}


def _format_code(book: Any, key: int) -> str:
    known = book.format_map.get(key)
    return str(known.format_str) if known is not None else ""


def _tag(book: Any, sheet: Any, row: int, column: int, fonts: list[str]) -> tuple[str, object] | None:
    import xlrd  # noqa: PLC0415 (in the child only)

    value = sheet.cell_value(row, column)
    match sheet.cell_type(row, column):
        case xlrd.XL_CELL_TEXT if value:
            font = fonts[book.xf_list[sheet.cell_xf_index(row, column)].font_index]
            return "t", _decode(value, font, sheet.rich_text_runlist_map.get((row, column), ()), fonts)
        case xlrd.XL_CELL_NUMBER | xlrd.XL_CELL_DATE:
            return "n", float(value)
        case xlrd.XL_CELL_BOOLEAN:
            return "b", bool(value)
        case xlrd.XL_CELL_ERROR:
            return "e", xlrd.error_text_from_code.get(value, "#N/A")
    return None


def _decode(text: str, font: str, runs: Any, fonts: list[str]) -> str:
    """Text in the fonts of its runs: from its beginning in the cell's, from each run's place on in the run's."""
    starts = [(0, font), *((at, fonts[index]) for at, index in runs if index < len(fonts))]
    if not any(is_legacy(name) for _, name in starts):
        return text
    ends = [at for at, _ in starts[1:]] + [len(text)]
    return "".join(decode_legacy(text[at:end], name) for (at, name), end in zip(starts, ends, strict=True))
