"""Rows that sum up the others of a table and would be counted twice: told by their figures, and by their names."""

from __future__ import annotations

import math
from collections.abc import Container, Mapping, Sequence
from typing import TYPE_CHECKING

from nhiemvu.errors import Problem
from nhiemvu.messages import N_
from nhiemvu.text import fold, tidy
from nhiemvu.workbook.tables import Located, Table

if TYPE_CHECKING:
    from nhiemvu.rules import models

# how rows that sum others up begin; such a row is left out where its figures are the sums, too
SUM_WORDS = tuple(
    map(fold, ("tổng", "cộng", "toàn xã", "toàn phường", "toàn huyện", "toàn tỉnh", "toàn thôn", "chung", "tc"))
)
_FEWEST = 3  # a row that equals the only other one may well be another
_MOST_GROUPED = 300  # lines that are tried as groups with their members


def leave_out_sums(located: Located, table: Table, asked: Container[str]) -> None:
    """Take rows off a table of lines that are named like sums or parts of others, and are; tell of what may be.

    Args:
        located: where it stands; what is found is added to its problems.
        table: the table.
        asked: what conditions of the rulebook ask for, folded: such a row is the rule author's own concern.
    """
    definition = located.definition
    if not definition.counted:
        _leave_out_parts(located, table, asked)
    columns = {
        key: values for key, values in table.columns.items() if definition.columns[key].type == "number" and any(values)
    }
    if len(table) < _FEWEST or definition.counted or not columns:
        return
    texts = _first_texts(table, definition.columns)
    free = {i for i, text in enumerate(texts) if fold(text) not in asked}
    sums = _find_sums(columns, len(table))
    named = [i for i, text in enumerate(texts) if text[:1] in ("t", "T", "c", "C") and fold(text).startswith(SUM_WORDS)]
    for i in sums if free.issuperset(sums) else ():
        if i in named:
            located.problems.append(_tell(table, texts[i], i, _LEFT_OUT, "note"))
        else:
            located.problems.append(_tell(table, texts[i], i, _EQUAL, "warning"))
    for i in named:
        if i not in sums and i in free:
            located.problems.append(_tell(table, texts[i], i, _NAMED, "warning"))
    if not sums and not named and len(table) <= _MOST_GROUPED:
        for i in _find_groups([_Row(each) for each in zip(*columns.values(), strict=True)]):
            located.problems.append(_tell(table, texts[i], i, _GROUP, "warning"))
    for i in reversed([i for i in sums if i in named and i in free]):
        _drop(table, i)


def _leave_out_parts(located: Located, table: Table, asked: Container[str]) -> None:
    """Take off what stands under «Trong đó»: it is part of the row above."""
    texts = _first_texts(table, located.definition.columns)
    parts: list[int] = []
    for i, text in enumerate(texts):
        under = bool(parts) and parts[-1] == i - 1 and text.startswith(("-", "+"))
        if (under or (text[:1] in ("T", "t", "-", "+") and fold(text).startswith(PARTS))) and fold(text) not in asked:
            parts.append(i)
    if parts:
        located.problems.append(_tell(table, texts[parts[0]], parts[0], _OF_ABOVE, "note", rows=parts))
    for i in reversed(parts):
        _drop(table, i)


PARTS = tuple(map(fold, ("trong đó", "- trong đó", "-trong đó", "+ trong đó", "+trong đó")))
_OF_ABOVE = N_("«{name}» là một phần của hàng trên nên không tính là một khoản (các hàng như vậy: {rows})")
_LEFT_OUT = N_("hàng «{name}» bằng tổng các hàng khác nên được coi là hàng tổng, không tính là một khoản")
_EQUAL = N_(
    "hàng «{name}» bằng đúng tổng các hàng khác: nếu là hàng tổng thì đang bị tính hai lần, hãy ghi tên là «Tổng số»"
)
_NAMED = N_(
    "hàng «{name}» có tên như một hàng tổng nhưng không bằng tổng các hàng khác nên vẫn được tính là một khoản; nếu là "
    "hàng tổng, hãy ghi tên là «Tổng số» và xem lại số liệu"
)
_GROUP = N_(
    "hàng «{name}» bằng tổng các hàng ngay dưới: nếu là hàng nhóm thì đang bị tính hai lần; quy tắc cần nêu hàng nào "
    "được tính (counted), hoặc bỏ hàng nhóm (skip)"
)


def _tell(table: Table, name: str, i: int, message: str, severity: str, rows: Sequence[int] = ()) -> Problem:
    key = next(iter(table.letters), "")
    shown = {"name": tidy(name) or str(table.rows[i]), "rows": ", ".join(str(table.rows[at]) for at in rows)}
    return Problem("sum-of-rows", message, table.place(key, i), shown, "note" if severity == "note" else "warning")


def _first_texts(table: Table, columns: Mapping[str, models.Column]) -> list[str]:
    """What each row is called: its name, else its longest text."""
    keys = [key for key in table.columns if columns[key].type == "text"]
    if "name" in keys:
        keys = ["name"]
    held: list[Sequence[object]] = [table.columns[key] for key in keys]
    return [max((str(values[i]) for values in held), key=len, default="") for i in range(len(table))]


def _find_sums(columns: Mapping[str, Sequence[object]], count: int) -> list[int]:
    """The rows that equal the sum of all others in every column."""
    found = set(range(count))
    for values in columns.values():
        total = math.fsum(each for each in values if isinstance(each, float))
        found = {i for i in found if _is_near(values[i], total)}
        if not found:
            break
    return sorted(found) if len(found) == 1 else []


def _is_near(value: object, total: float) -> bool:
    return math.isclose(2 * (value if isinstance(value, float) else 0.0), total, rel_tol=1e-9, abs_tol=1e-9)


class _Row(tuple[float, ...]):
    """The figures of a row, a blank as 0."""

    __slots__ = ()

    def __new__(cls, values: Sequence[object]) -> _Row:
        return super().__new__(cls, [each if isinstance(each, float) else 0.0 for each in values])


def _find_groups(rows: Sequence[_Row]) -> list[int]:
    """The rows that are groups, where all of the table falls into two or more groups, each the sum of what follows."""
    reach: dict[int, list[int]] = {len(rows): []}  # from a row on -> the groups into which all the rest falls
    for first in range(len(rows) - 2, -1, -1):
        wanted, sums = rows[first], [0.0] * len(rows[first])
        if not any(wanted):
            continue
        for last in range(first + 1, len(rows)):
            sums = [one + other for one, other in zip(sums, rows[last], strict=True)]
            if any(one > other * (1 + 1e-9) + 1e-9 for one, other in zip(sums, wanted, strict=True) if other >= 0):
                break
            rest = reach.get(last + 1)
            if rest is not None and all(
                math.isclose(*pair, rel_tol=1e-9, abs_tol=1e-9) for pair in zip(sums, wanted, strict=True)
            ):
                reach[first] = [first, *rest]
                break
    found = reach.get(0, [])
    # a group of one member is two equal rows, which proves nothing
    return found if len(found) > 1 and len(rows) >= len(found) * 2 + 1 else []


def _drop(table: Table, i: int) -> None:
    del table.rows[i]
    for held in (table.columns, table.figures):
        for values in held.values():
            del values[i]
    table.raw = {key: [text for at, text in enumerate(values) if at != i] for key, values in table.raw.items()}
