"""Rows that sum up the others of a table and would be counted twice: told by their figures, and by their names."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from functools import reduce
from itertools import pairwise
from operator import add
from typing import Literal, NamedTuple

from nhiemvu.errors import Problem
from nhiemvu.messages import N_
from nhiemvu.text import fold, tidy
from nhiemvu.workbook.grid import Grid
from nhiemvu.workbook.lines import SUM_WORDS, is_named_sum
from nhiemvu.workbook.row_units import row_units
from nhiemvu.workbook.tables import Located, Table
from nhiemvu.workbook.values import find_unit

# how a row begins that is part of the one above, with or without a dash
_PART = fold("trong đó")
PARTS = (_PART, *(f"{dash}{gap}{_PART}" for dash in "-+" for gap in ("", " ")))
DASHES = ("-", "+")
_SUM_LETTERS = frozenset(word[0] for word in (*SUM_WORDS, *map(str.upper, SUM_WORDS)))
_FEWEST = 3  # a row that equals the only other one may well be another
_MOST_GROUPED = 300  # lines that are tried as groups with their members
_PART_LETTERS = frozenset(("T", "t", *DASHES))
_MOST_PARTS = 200  # lines that stand under «Trong đó» without a mark of their own
_GAP = 3  # sheet rows between two lines that are looked at for «Trong đó»


def leave_out_sums(located: Located, table: Table, asked: Collection[str]) -> None:
    """Take rows off a table of lines that are named like sums or parts of others, and are; tell of what may be.

    Args:
        located: where it stands; what is found is added to its problems.
        table: the table.
        asked: what conditions of the rulebook ask for, folded: such a row is the rule author's own concern.
    """
    if located.definition.counted:
        return
    lines = _list_lines(located, table, asked)
    parts, unclear = _find_parts(located.grid, table.rows, lines)
    if parts:
        located.problems.append(_tell(table, lines[parts[0]].text, parts[0], _OF_ABOVE, "note", rows=parts))
    located.problems.extend(_tell(table, lines[i].text, i, _UNCLEAR, "warning") for i in unclear)
    lines = _leave_out(table, lines, parts)
    if len(table) < _FEWEST or not any(any(line.figures) for line in lines):
        return
    sums = _find_sums([line.figures for line in lines])
    named = {i: line for i, line in enumerate(lines) if line.is_named_sum and not line.is_asked}
    sums = sorted({*sums, *_find_subtotals([line.figures for line in lines], [*named])})
    for i in sums if not any(lines[i].is_asked for i in sums) else ():
        both = i in named
        located.problems.append(_tell(table, lines[i].text, i, *((_LEFT_OUT, "note") if both else (_EQUAL, "warning"))))
    doubtful = sorted(named.keys() - sums)
    if doubtful and len({*row_units(located, table.rows)}) > 1:  # «Tổng số hộ» in hộ, among rows of other units
        doubtful = []
    located.problems.extend(_tell(table, lines[i].text, i, _NAMED, "warning") for i in doubtful)
    if not sums and not named and len(table) <= _MOST_GROUPED:
        for i in _find_groups([line.figures for line in lines]):
            located.problems.append(_tell(table, lines[i].text, i, _GROUP, "warning"))
    _leave_out(table, lines, [i for i in sums if i in named])


_UNCLEAR = N_(
    "không rõ hàng nào từ «{name}» trở đi là phần của hàng trên («Trong đó») nên vẫn được tính từng hàng; hãy ghi dấu "
    "gạch đầu dòng trước mỗi phần"
)
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


def _tell(
    table: Table, name: str, i: int, message: str, severity: Literal["note", "warning"], rows: Sequence[int] = ()
) -> Problem:
    key = next(iter(table.letters), "")
    shown = {"name": tidy(name) or str(table.rows[i]), "rows": ", ".join(str(table.rows[at]) for at in rows)}
    return Problem("sum-of-rows", message, table.place(key, i), shown, severity)


class _Line(NamedTuple):
    """One line.

    Attributes:
        text: what it is called.
        figures: its numbers, a blank as 0.
        is_asked: a condition of the rulebook asks for what it is called.
        is_wanted: one asks for that, or for another of its texts.
    """

    text: str
    figures: tuple[float, ...]
    is_asked: bool
    is_wanted: bool

    @property
    def is_named_sum(self) -> bool:
        """Does it begin as rows do that sum others up."""
        return self.text[:1] in _SUM_LETTERS and is_named_sum(fold(self.text))  # nearly no row has the letter

    @property
    def is_part(self) -> bool:
        """Does it say itself that it is part of the row above."""
        return self.text[:1] in _PART_LETTERS and fold(self.text).startswith(PARTS)


def _list_lines(located: Located, table: Table, asked: Collection[str]) -> list[_Line]:
    """The lines: each by its name, else by its longest text."""
    columns = located.definition.columns
    texts = {key: [str(each) for each in table.columns[key]] for key in table.columns if columns[key].type == "text"}
    names = [texts["name"]] if "name" in texts else list(texts.values())
    numbers = [
        [each if isinstance(each, float) else 0.0 for each in table.columns[key]]
        for key in table.columns
        if columns[key].type == "number" and not _is_rate(located, key)
    ]
    figures = list(zip(*numbers, strict=True)) if numbers else [()] * len(table)
    called = [max(each, key=len) for each in zip(*names, strict=True)] if names else [""] * len(table)
    if not asked:
        return [_Line(text, held, False, False) for text, held in zip(called, figures, strict=True)]
    wanted = [any(fold(text) in asked for text in each) for each in zip(*texts.values(), strict=True)]
    return [
        _Line(text, held, one and fold(text) in asked, one)
        for text, held, one in zip(called, figures, wanted or [False] * len(table), strict=True)
    ]


def _is_rate(located: Located, key: str) -> bool:
    """Is a column in one thing per another, or in %: such figures do not add up."""
    definition = located.definition
    unit = find_unit(located.layout.units.get(key, "") or definition.columns[key].unit or definition.unit)
    return unit is not None and (not unit.dimension or any(power < 0 for _, power in unit.dimension))


def _find_parts(grid: Grid, rows: Sequence[int], lines: Sequence[_Line]) -> tuple[list[int], list[int]]:
    """The lines that are part of the one above, unless one is asked for; and those from which on it is not clear."""
    parts: list[int] = []
    unclear: list[int] = []
    at = 1
    while at < len(lines):
        if lines[at].text[:1] not in _PART_LETTERS and rows[at] == rows[at - 1] + 1:  # as nearly every row
            at += 1
            continue
        above = lines[at - 1]
        dashes = [dash for dash in DASHES if not above.text.startswith(dash)]
        end = at
        while end < len(lines) and lines[end].text[:1] in dashes:
            end += 1
        if lines[at].is_part:  # «Trong đó: vốn tỉnh», and what stands under it
            end = max(end, at + 1)
            while end < len(lines) and lines[end].text[:1] in dashes:
                end += 1
        elif not any(above.figures):
            end = at
        elif not _follows_mark(grid, rows[at - 1], rows[at]):  # dashes alone prove nothing; with the sum they do
            end = end if end > at + 1 and _adds_up(above, lines[at:end]) else at
        elif end == at:
            end = _find_end(above, lines[at : at + _MOST_PARTS]) + at
            unclear += [at] if end == at else []
        run = lines[at:end]
        # conditions may want the parts and not the whole
        if not any(line.is_asked or (line.is_wanted and not above.is_wanted) for line in run):
            parts += range(at, end)
        at = max(end, at + 1)
    return parts, unclear


def _follows_mark(grid: Grid, last: int, row: int) -> bool:
    """Does «Trong đó:» stand alone between two lines."""
    return any(
        cell.kind == "text" and fold(cell.text).startswith(PARTS)
        for between in range(max(last + 1, row - _GAP), row)
        for cell in grid.rows.get(between, {}).values()
    )


def _is_near(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)


def _adds_up(above: _Line, members: Sequence[_Line]) -> bool:
    return all(
        _is_near(whole, math.fsum(part))
        for whole, *part in zip(above.figures, *(member.figures for member in members), strict=True)
    )


def _find_end(above: _Line, members: Sequence[_Line]) -> int:
    """How many of the lines add up to the one above: the fewest, and two at least; 0 where they never do."""
    sums = members[0].figures
    for count, member in enumerate(members[1:], start=2):
        sums = tuple(map(add, sums, member.figures))
        if all(map(_is_near, above.figures, sums)):
            return count
    return 0


def _find_sums(rows: Sequence[tuple[float, ...]]) -> list[int]:
    """The row that equals the sum of all others in every column that holds something; none where several do."""
    found = list(range(len(rows)))
    for column in zip(*rows, strict=True):
        total = math.fsum(column)
        found = [i for i in found if math.isclose(2 * column[i], total, rel_tol=1e-9, abs_tol=1e-9)]
    return found if len(found) == 1 else []


def _find_subtotals(rows: Sequence[tuple[float, ...]], named: Sequence[int]) -> list[int]:
    """Of the rows that are named like sums, those that sum up all others, all above, or those up to the next such row.

    «Cộng trang 1», «Mang sang» and «Tổng cộng» are so in one table.
    """
    if not named:
        return []
    between = [_Part.of(rows[start + 1 : stop], len(rows[0])) for start, stop in pairwise([-1, *named, len(rows)])]
    whole, above = reduce(_Part.join, between), _Part(0, (0.0,) * len(rows[0]))
    found = []
    for i, before, after in zip(named, between, between[1:], strict=False):
        above = above.join(before)
        if any(rows[i]) and any(part.is_summed_by(rows[i]) for part in (whole, above, before, after)):
            found.append(i)
    return found


class _Part(NamedTuple):
    """Some rows: how many, and what they add up to."""

    rows: int
    sums: tuple[float, ...]

    @classmethod
    def of(cls, rows: Sequence[tuple[float, ...]], width: int) -> _Part:
        return cls(len(rows), tuple(map(math.fsum, zip(*rows, strict=True))) if rows else (0.0,) * width)

    def join(self, other: _Part) -> _Part:
        return _Part(self.rows + other.rows, tuple(map(add, self.sums, other.sums)))

    def is_summed_by(self, row: tuple[float, ...]) -> bool:
        """Whether a row is the sum of these; one row proves nothing."""
        return self.rows > 1 and all(map(_is_near, row, self.sums))


def _find_groups(rows: Sequence[tuple[float, ...]]) -> list[int]:
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
            if rest is not None and all(_is_near(*pair) for pair in zip(sums, wanted, strict=True)):
                reach[first] = [first, *rest]
                break
    found = reach.get(0, [])
    # a group of one member is two equal rows, which proves nothing
    return found if len(found) > 1 and len(rows) >= len(found) * 2 + 1 else []


def _leave_out(table: Table, lines: list[_Line], positions: Collection[int]) -> list[_Line]:
    """Take rows off the table; the lines that stay."""
    if not positions:
        return lines
    left_out = set(positions)
    kept = [i for i in range(len(table)) if i not in left_out]
    table.rows[:] = [table.rows[i] for i in kept]
    table.columns = {key: [values[i] for i in kept] for key, values in table.columns.items()}
    table.figures = {key: [values[i] for i in kept] for key, values in table.figures.items()}
    table.raw = {key: [values[i] for i in kept] for key, values in table.raw.items()}
    return [lines[i] for i in kept]
