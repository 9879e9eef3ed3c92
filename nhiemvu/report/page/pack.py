"""A summary as data for the page: a core that is read at once, and tiles of sentences that are unpacked on demand.

A tile holds one criterion over a block of units, column by column, so that sentences of one kind lie side by side: that
is what makes deflate small, a unit's page cheap (one block) and a criterion's page too (one tile a block).
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nhiemvu.engine.groups import Group
from nhiemvu.engine.rows import Row
from nhiemvu.many.summary import Summary
from nhiemvu.many.words import Told
from nhiemvu.messages import _
from nhiemvu.rules.names import NO, YES
from nhiemvu.rules.rulebook import Node
from nhiemvu.sheets.discrepancies import KINDS
from nhiemvu.text import exact, format_against, format_date, format_number, format_quantity
from nhiemvu.verdicts import Codes, Outlook, Verdict

BLOCK = 250  # units
_NUMBERS = {str(each): each.number for each in Verdict}
_OUTLOOKS = {str(each): each.number for each in Outlook}
_FIELDS = ("shown", "reason", "outlook_reason", "place", "target")


@dataclass(frozen=True, slots=True)
class Packed:
    """A summary as the page holds it.

    Attributes:
        core: plain data.
        blocks: per block of units its tiles, a line each: one a criterion, the last what is said of the units.
        sums: the tiles of the groups, a line a criterion: sums, ratios of sums, and what the rules say of them.
    """

    core: dict[str, Any]
    blocks: Sequence[str]
    sums: str


def pack(summary: Summary, links: Sequence[str]) -> Packed:
    """All that the page knows.

    Args:
        summary: what was found.
        links: where each unit's workbook lies, for a hyperlink; empty where nothing can lead there.

    Raises:
        ValueError: nobody asked for words when the workbooks were read.
    """
    wrong: list[int] = []
    problems: list[int] = []
    blocks = []
    for start in range(0, len(summary), BLOCK):
        units = range(start, min(start + BLOCK, len(summary)))
        told = [summary.tell(unit) for unit in units]
        wrong += [sum(found.severity == "error" for found in each.discrepancies) for each in told]
        problems += [sum(found.severity != "note" for found in each.problems) for each in told]
        blocks.append(_block(summary, units, told))
    places = {group.code: at for at, group in enumerate(summary.groups)}
    files = {each.unit: each.name for each in summary.submissions if each.state == "evaluated"}
    evaluation = summary.evaluation
    core = {
        "criteria": [_criterion(node) for node in summary.rulebook.criteria],
        "matrix": [_digits(codes) for codes in summary.verdict],
        "units": {
            "code": [unit.code for unit in summary.units],
            "name": [unit.name for unit in summary.units],
            "file": [files.get(unit.code, "") for unit in summary.units],
            "link": list(links),
            "group": _homes(summary.groups, len(summary)),
            "day": _same([format_date(unit.as_of) if unit.as_of else "" for unit in summary.units]),
            "period": _same([unit.period for unit in summary.units]),
            "closed": "".join("01"[evaluation.is_closed(at)] for at in range(len(summary))),
            "wrong": wrong,
            "problems": problems,
        },
        "groups": [
            [group.code, group.name, group.level, places.get(group.parent, -1) if group.level else -1, group.expected]
            for group in summary.groups
        ],
        "absent": [*_absent(summary)],
        "attributes": [*_attributes(summary)],
        "past": [[past.period, past.counts.tolist()] for past in summary.past],
        "block": BLOCK,
    }
    sums = "\n".join(_deflate(_sums(summary, node)) for node in summary.rulebook.criteria)
    return Packed(core, blocks, sums)


def _criterion(node: Node) -> list[Any]:
    bounds = [
        [float(bound) for bound in row.target.bounds] if row.target and row.target.kind in ("number", "percent") else []
        for row in node.targets
    ]
    leaf = int(node.kind == "leaf")
    return [node.id, node.name, node.level, node.above, leaf, node.unit, node.target_text, node.source_text, bounds]


def _digits(codes: Codes) -> str:
    """`0` to `5` by verdict, `-` for none."""
    return (codes + ord("0")).astype(np.uint8).tobytes().decode().replace("/", "-")


def _same(values: Sequence[Any]) -> Any:
    """All values, or the one that all share."""
    return values[0] if values and all(value == values[0] for value in values) else list(values)


def _homes(groups: Sequence[Group], count: int) -> list[int]:
    """The innermost group of each unit."""
    homes = np.full(count, -1, dtype=np.int64)
    for at, group in enumerate(groups):  # parents before children
        homes[group.members] = at
    return [int(at) for at in homes]


def _absent(summary: Summary) -> Iterator[list[Any]]:
    """Expected units without a verdict, each with its innermost group: the path of names leads there from the top."""
    below = {(group.parent, group.name): at for at, group in enumerate(summary.groups) if group.level}
    for each in summary.absent:
        home = 0
        for name in each.path:
            home = below.get((summary.groups[home].code, name), home)
        yield [each.code, each.name, home, each.why]


def _attributes(summary: Summary) -> Iterator[list[Any]]:
    """Facts that are choices, and grades: label, words, and the position of each unit's word."""
    words = {YES: _("Có"), NO: _("Không"), "": _("chưa rõ")}
    for label, values in summary.attributes.items():
        yield [label, *_index([words.get(str(value), str(value)) for value in values])]
    grades = [summary.evaluation.find_grades(at) for at in range(len(summary))]
    for at, graded in enumerate(grades[0] if grades else []):
        yield [graded.name, *_index([each[at].grade or words[""] for each in grades])]


def _index(values: Sequence[str]) -> tuple[list[str], list[int]]:
    known = sorted(set(values))
    return known, [known.index(value) for value in values]


# --- tiles ------------------------------------------------------------------------------------------------------------


def _block(summary: Summary, units: range, told: Sequence[Told]) -> str:
    nodes = summary.rulebook.criteria
    rows: list[list[Row]] = [[] for _node in nodes]
    lines: list[list[list[Row]]] = [[[] for _unit in units] for _node in nodes]
    for at, each in enumerate(told):
        for row in each.rows:
            if row.kind == "line":
                lines[summary.rulebook.by_id[row.parent].index][at].append(row)
            else:
                rows[summary.rulebook.by_id[row.id].index].append(row)
    tiles = [_tile(summary, node, units, rows[node.index], lines[node.index]) for node in nodes]
    about = [_about(summary, unit, each) for unit, each in zip(units, told, strict=True)]
    return "\n".join(map(_deflate, [*tiles, about]))


def _tile(
    summary: Summary, node: Node, units: range, rows: Sequence[Row], lines: Sequence[Sequence[Row]]
) -> dict[str, Any]:
    tile: dict[str, Any] = {name: _same([getattr(row, name) for row in rows]) for name in _FIELDS}
    if tile["target"] == node.target_text:
        del tile["target"]
    tile["declared"] = "".join(str(_NUMBERS[row.declared]) if row.declared else "-" for row in rows)
    tile["basis"] = _same([row.basis for row in rows])
    tile["outlook"] = _same([_OUTLOOKS[row.outlook] for row in rows])
    part = slice(units.start, units.stop)
    tile["value"] = _same(_numbers(summary.value[node.index, part]))
    judged = summary.evaluation.concluded.judged.get(node.id)
    if judged is not None:
        tile["row"] = _same([int(at) for at in judged.row[part]])
    if summary.past:
        tile["past"] = [
            [_digits(past.verdict[node.index, part]), _same(_numbers(past.value[node.index, part]))]
            for past in summary.past
        ]
    if any(lines):
        tile["lines"] = [[_line(row) for row in each] for each in lines]
    return tile


def _line(row: Row) -> list[Any]:
    return [row.name, _NUMBERS[row.verdict], row.shown, row.target, row.reason, row.place]


def _numbers(values: NDArray[np.float64]) -> list[float | None]:
    """Enough digits to sort by and to draw."""
    return [None if np.isnan(value) else float(f"{value:.6g}") for value in values]


def _about(summary: Summary, unit: int, told: Told) -> list[Any]:
    """What is said of a unit as a whole: discrepancies, problems, grades after ceilings."""
    return [
        [
            [each.id, each.severity == "error", _(KINDS[each.kind]), each.place, each.says, each.follows, each.advice]
            for each in told.discrepancies
        ],
        [[each.criterion, each.place.address, each.text] for each in told.problems],
        [[each.name, each.grade, each.reason] for each in summary.evaluation.find_grades(unit)],
    ]


def _sums(summary: Summary, node: Node) -> dict[str, Any]:
    totals, at = summary.totals, node.index
    return {
        "over": _same([_show_sum(value) for value in totals.numerator[at]]),
        "under": _same([_show_sum(value) for value in totals.denominator[at]]),
        "shown": _same([_show_total(summary, node, group) for group in range(len(summary.groups))]),
        "value": _same(_numbers(totals.value[at])),
        "known": _same(totals.known[at].tolist()),
        "verdict": _digits(totals.verdict[at]),
        "so_far": _digits(totals.so_far[at]),
        "meeting": _digits(totals.meeting[at]),
    }


def _show_sum(value: float) -> str:
    return "" if np.isnan(value) else format_number(exact(float(value)), 4)


def _show_total(summary: Summary, node: Node, group: int) -> str:
    """A group's ratio or total as officials read it; never contradicts its verdict."""
    over, under, value = (
        float(each[node.index, group])
        for each in (summary.totals.numerator, summary.totals.denominator, summary.totals.value)
    )
    if np.isnan(value):
        return ""
    if np.isnan(over):
        return format_quantity(exact(value), node.unit)
    bounds = [bound for row in node.targets if row.target for bound in row.target.bounds]
    shown = format_against(exact(over) / exact(under), bounds, percent=node.is_percent)
    return shown if node.is_percent or not node.unit else f"{shown} {node.unit}"


def _deflate(content: object) -> str:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(zlib.compress(text.encode("utf-8", "replace"), 9)).decode()


# --- counts -----------------------------------------------------------------------------------------------------------


def count_leaves(summary: Summary) -> NDArray[np.int64]:
    """How often each verdict occurs among the measured criteria of each group; shape (groups, 6)."""
    leaves = [node.index for node in summary.rulebook.criteria if node.kind == "leaf"]
    counts: NDArray[np.int64] = summary.totals.counts[leaves].sum(axis=0)
    return counts


def share_met(counts: Sequence[int]) -> Fraction | None:
    """Met or exceeded among what arises; what is unknown arises. None where nothing does."""
    arising = sum(counts) - counts[Verdict.NOT_APPLICABLE.number]
    return Fraction(counts[Verdict.MET.number] + counts[Verdict.EXCEEDED.number], arising) if arising else None
