"""A results table: which row is which criterion, and the ratios that officials type into one cell."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from nhiemvu.errors import Problem
from nhiemvu.messages import N_
from nhiemvu.text import code_key, fold, nearest_float
from nhiemvu.workbook.grid import Cell
from nhiemvu.workbook.shown import show, show_number
from nhiemvu.workbook.tables import Located, Table

_NUMBERED = re.compile(r"([\wĐđ]{1,3}(?:\.\w{1,3})*[.):]|\w{1,3}(?:\.\w{1,3})+)\s")
_code_key = lru_cache(maxsize=8192)(code_key)


def read_codes(located: Located, table: Table, units: Mapping[str, str], names: Mapping[str, str]) -> list[str]:
    """The criterion of each row; rows that cannot be told apart are taken out of the table, so that neither is used.

    Args:
        located: where the table stands; what is found wrong is added to its problems.
        table: its rows; those in doubt are removed.
        units: by the ids of the rulebook's criteria.
        names: their names, for rows without a code.

    Returns:
        A code a row, "" where a row has none.
    """
    grid, columns = located.grid, located.layout.columns
    by_name: dict[str, str] | None = None
    # a code that is merged down over several rows is that of the group which they make up
    groups = {(top, left) for top, left, bottom, _ in grid.merges if bottom > top}
    codes: list[str] = []
    shortened: set[int] = set()  # positions of codes that are numbers and may have lost a zero
    for i, row in enumerate(table.rows):
        cell = grid.at(row, columns["id"]) if "id" in columns else None
        code = _read_code(located, table, i, cell)
        if cell is not None and cell.kind == "number" and "." in code:
            shortened.add(i)
            if code not in units and f"{code}0" in units:
                located.problems.append(_say_lost_zero(table, i, code))
                code = ""
        if names and "name" in columns and (cell is None or (row, columns["id"]) in groups):
            by_name = _unique_names(names) if by_name is None else by_name
            code = _find_by_name(show(grid.at(row, columns["name"])), by_name, names) or code
        codes.append(code)
    doubtful = find_duplicates(table, codes, shortened, units, located.problems)
    if names and "id" in columns and "name" in columns:
        doubtful |= _find_contradictions(located, table, codes, names, doubtful)
    table.rows = [row for i, row in enumerate(table.rows) if i not in doubtful]
    return [code for i, code in enumerate(codes) if i not in doubtful]


def _unique_names(names: Mapping[str, str]) -> dict[str, str]:
    ids: dict[str, list[str]] = {}
    for id_, name in names.items():
        ids.setdefault(fold(name), []).append(id_)
    return {name: found[0] for name, found in ids.items() if len(found) == 1 and name}


def _find_by_name(name: str, by_name: Mapping[str, str], known: Mapping[str, str]) -> str:
    """The criterion of that name, or of the code before it: «17.1. Khu kinh doanh …»; "" where there is none."""
    found = by_name.get(fold(name))
    if found is None and (numbered := _NUMBERED.match(name)):
        code = _code_key(numbered[1])
        found = code if code in known else by_name.get(fold(name[numbered.end() :]))
    return found or ""


def _read_code(located: Located, table: Table, i: int, cell: Cell | None) -> str:
    if cell is None:
        return ""
    if cell.kind == "text":
        return _code_key(cell.text)
    if cell.kind == "number":
        return located.book.formats.show_code(float(cell.value), cell.style)  # type: ignore[arg-type]
    if cell.kind == "date":
        located.problems.append(
            Problem(
                "date-as-code",
                N_(
                    "mã ở ô này đã bị Excel đổi thành ngày {date}; hãy đặt định dạng cột mã là Văn bản (Text) rồi gõ "
                    "lại "
                    "mã"
                ),
                table.place("id", i),
                {"date": show(cell)},
            )
        )
    return ""


def _say_lost_zero(table: Table, i: int, code: str) -> Problem:
    return Problem(
        "code-lost-zero",
        N_(
            "mã {code} là một con số, quy tắc không có mã ấy mà chỉ có {longer}: Excel đã bỏ số 0 ở cuối; hãy đặt định "
            "dạng cột mã là Văn bản (Text) rồi gõ lại {longer}"
        ),
        table.place("id", i),
        {"code": code, "longer": f"{code}0"},
        criterion=f"{code}0",
    )


def find_duplicates(
    table: Table, codes: Sequence[str], shortened: set[int], units: Mapping[str, str], problems: list[Problem]
) -> set[int]:
    """Positions of rows that carry the same code; marks such as «-» or «a» that count within a parent are no codes."""
    given = [code for code in codes if code]
    if len(given) == len(set(given)):
        return set()
    positions: dict[str, list[int]] = {}
    for i, code in enumerate(codes):
        if code and (code in units or (not units and len(code) > 1)):
            positions.setdefault(code, []).append(i)
    doubtful: set[int] = set()
    for code, found in positions.items():
        if len(found) == 1:
            continue
        doubtful.update(found)
        cells = ", ".join(table.place("id", i).cell for i in found)
        lost = any(i in shortened for i in found) and f"{code}0" in units
        message = (
            N_(
                "mã {code} có ở nhiều ô ({cells}); ô ghi số {code} có thể đã gõ là {longer}, Excel bỏ số 0 ở cuối: hãy "
                "đặt định dạng cột mã là Văn bản (Text) rồi gõ lại. Cho đến khi sửa, không hàng nào trong số này được "
                "dùng"
            )
            if lost
            else N_(
                "mã {code} có ở nhiều ô ({cells}); hãy để mỗi mã một hàng. Cho đến khi sửa, không hàng nào trong số "
                "này "
                "được dùng"
            )
        )
        fill: dict[str, object] = {"code": code, "cells": cells, "longer": f"{code}0"}
        place = table.place("id", found[-1])
        problems.append(Problem("code-collision" if lost else "duplicate-code", message, place, fill, criterion=code))
    return doubtful


def _find_contradictions(
    located: Located, table: Table, codes: Sequence[str], names: Mapping[str, str], told: set[int]
) -> set[int]:
    """Positions of rows that carry one criterion's code and the whole name of another."""
    by_name: dict[str, str] | None = None
    doubtful: set[int] = set()
    for i, (row, code) in enumerate(zip(table.rows, codes, strict=True)):
        cell = located.grid.at(row, located.layout.columns["name"])
        if i in told or code not in names or cell is None or cell.text == names[code]:  # as nearly every row
            continue
        by_name = _unique_names(names) if by_name is None else by_name
        name = fold(show(cell))
        other = by_name.get(name, code)
        if other == code or name == fold(names[code]):
            continue
        doubtful.add(i)
        message = N_(
            "hàng này ghi mã {code} nhưng tên là của {other} «{name}»; hãy sửa mã hoặc tên cho khớp nhau. Cho đến khi "
            "sửa, hàng này không được dùng"
        )
        fill: dict[str, object] = {"code": code, "other": other, "name": names[other]}
        located.problems.append(Problem("code-against-name", message, table.place("id", i), fill, criterion=code))
    return doubtful


def fill_ratios(table: Table, problems: list[Problem]) -> None:
    """A ratio typed as a result fills the numerator and the denominator that were left blank."""
    figures = table.figures.get("value", [])
    for i, figure in enumerate(figures):
        if figure is None or figure.kind != "ratio":
            continue
        assert figure.numerator is not None
        assert figure.denominator is not None
        for key, stated in (("numerator", figure.numerator), ("denominator", figure.denominator)):
            values = table.columns.setdefault(key, [None] * len(table))
            number = nearest_float(stated)
            if values[i] is None and (key, i) not in table.unread:
                values[i] = number
                table.raw.setdefault(key, [""] * len(table))
            elif values[i] is not None and values[i] != number:
                problems.append(
                    Problem(
                        "ratio-disagrees",
                        N_("{key} ở ô này là {typed}, trong khi ô {cell} ghi «{text}»; hãy sửa cho hai ô khớp nhau"),
                        table.place(key, i),
                        {
                            "key": _KEYS[key],
                            "typed": show_number(float(str(values[i]))),
                            "cell": table.place("value", i).cell,
                            "text": table.raw["value"][i],
                        },
                        criterion=str(table.columns["id"][i]),
                    )
                )


_KEYS = {"numerator": N_("tử số"), "denominator": N_("mẫu số")}
