"""Which rows of a table are lines that count, and which are groups above them (A, I) or details below (a, -)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from nhiemvu.errors import Place, Problem
from nhiemvu.messages import N_
from nhiemvu.text import code_key, fold
from nhiemvu.workbook.grid import Cell, Grid

if TYPE_CHECKING:
    from nhiemvu.workbook.layout import Layout

# how rows that sum others up begin; such a row is left out where its figures are the sums, too
SUM_WORDS = tuple(
    map(fold, ("tổng", "cộng", "toàn xã", "toàn phường", "toàn huyện", "toàn tỉnh", "toàn thôn", "chung", "tc",
               "mang sang"))
)  # fmt: skip
_SUM = re.compile(rf"(?:{'|'.join(SUM_WORDS)})\b")
# of other meaning
_NO_SUMS = tuple(
    map(fold, ("cộng đồng", "cộng tác", "cộng hòa", "chung cư", "chung sức", "chung tay", "tổng hợp", "tổng kết",
               "tổng quan", "tổng công ty", "tổng cục", "tổng đài", "tổng phụ trách", "tổng vệ sinh"))
)  # fmt: skip
DETAILS = ("-", "+", fold("trong đó"))
_FEW_WORDS = 3
_STYLES = {"roman": r"[IVX]+", "capital": r"[A-ZĐ]", "letter": r"[a-zđ]", "mark": r"[-+*•]"}


@lru_cache(maxsize=1024)
def code_style(code: str) -> str:
    """How a row's code is written: that of a group, of a line, of a detail; "" for none of them.

    >>> [code_style(code) for code in ("A", "II", "3.", "1.2", "đ)", "-", "")]
    ['capital', 'roman', 'number', 'number.number', 'letter', 'mark', '']
    """
    key = code_key(code)
    if re.fullmatch(r"\d+(\.\d+)*", key):
        return ".".join("number" for _ in key.split("."))
    return next((style for style, pattern in _STYLES.items() if re.fullmatch(pattern, key)), "")


def keep_counted(grid: Grid, file: str, layout: Layout, counted: Mapping[str, str]) -> None:
    """Keep the rows whose codes are written like the samples; name those that have figures and no code at all.

    Args:
        grid: the sheet.
        file: the workbook's name, for messages.
        layout: its rows are thinned out, its problems added to.
        counted: column of codes -> a code as those that count are written. A column that the sheet lacks counts nothing
            out: it is reported as missing where it is required.
    """
    for key, sample in counted.items():
        column = layout.columns.get(key)
        if column is None:
            continue
        style = code_style(sample)
        rows, layout.rows = layout.rows, []
        silent = []
        for row in rows:
            code = grid.rows[row].get(column)
            if code is None and _has_figure(grid.rows[row], layout) and not _needs_no_code(grid.rows[row]):
                silent.append(row)
            elif code is not None and code_style(_show_code(code)) == style:
                layout.rows.append(row)
        if silent:
            layout.problems.append(
                Problem(
                    "row-without-code",
                    N_(
                        "hàng {rows} có số liệu nhưng không có số thứ tự nên không được tính; nếu là một khoản, hãy "
                        "ghi số thứ tự"
                    ),
                    Place(file, grid.name, grid.address(silent[0], column)),
                    {"rows": ", ".join(map(str, silent))},
                    "warning",
                )
            )


def _show_code(cell: Cell) -> str:
    return f"{cell.value:g}" if isinstance(cell.value, float) else cell.text


def _has_figure(cells: Mapping[int, Cell], layout: Layout) -> bool:
    return any(cells[column].kind in ("number", "percent") for column in layout.columns.values() if column in cells)


def _needs_no_code(cells: Mapping[int, Cell]) -> bool:
    """Does the row begin as part of the row above, or is it called a total in a few words: «TỔNG CỘNG (A+B)»."""
    text = next((fold(cell.text) for _, cell in sorted(cells.items()) if cell.kind == "text"), "")
    name = text.partition("(")[0].rstrip(" :.")
    return text.startswith(DETAILS) or (len(name.split()) <= _FEW_WORDS and is_named_sum(name))


def is_named_sum(folded: str) -> bool:
    """Does a text begin as rows do that sum others up.

    >>> is_named_sum(fold("Tổng chi")), is_named_sum(fold("Tổng hợp báo cáo"))
    (True, False)
    """
    return _SUM.match(folded) is not None and not folded.startswith(_NO_SUMS)
