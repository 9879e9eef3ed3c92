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
            if code is None and _has_figure(grid.rows[row], layout) and not _is_detail(grid.rows[row], layout):
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


def _is_detail(cells: Mapping[int, Cell], layout: Layout) -> bool:
    """Is the row marked in its text as part of the row above."""
    name = cells.get(layout.columns.get("name", 0))
    return name is not None and name.kind == "text" and fold(name.text).startswith(("-", "+", "trong đó"))
