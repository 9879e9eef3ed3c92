"""What the page shows of many workbooks, and the summary that it offers; runs in the worker's process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nhiemvu.many.aggregate import aggregate
from nhiemvu.many.summary import Submission, Summary
from nhiemvu.messages import _
from nhiemvu.report.many import ABSENT, STATES, tell_file
from nhiemvu.report.page.draw import draw_page
from nhiemvu.serve.order import Order
from nhiemvu.serve.shown import Segment, Shown, cut, show, tell_discrepancies, tell_problems
from nhiemvu.sheets.summary import TITLES
from nhiemvu.sheets.tally import list_counts
from nhiemvu.verdicts import Verdict
from nhiemvu.workbook.ours import sign

_PROCESSES = 2
_SUMMARY, _PAGE = "tong-hop.xlsx", "tong-hop.html"
_FAILED = ("failed", "conflict")


@dataclass(frozen=True, slots=True)
class Task:
    """A group of tasks, or a task: in how many units it has which verdict."""

    id: str
    name: str
    level: int
    counts: str
    segments: list[Segment]


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit: its verdicts by group of tasks, what to mend in its workbook."""

    name: str
    code: str
    file: str
    verdicts: list[tuple[str, Shown]]
    counts: str
    discrepancies: list[dict[str, str]]
    problems: list[dict[str, str]]

    @property
    def disagreeing(self) -> int:
        """Discrepancies that are no mere notes."""
        return sum(each["severity"] == "error" for each in self.discrepancies)

    @property
    def lacking(self) -> int:
        """Problems that are no mere notes."""
        return sum(each["severity"] != "note" for each in self.problems)


def aggregate_all(order: Order, tell: Callable[[int], None]) -> tuple[dict[str, Any], dict[str, str]]:
    """Judge the workbooks of an order together.

    Returns:
        What the page says, and the downloads: name in the page's addresses -> file in the order's folder.

    Raises:
        NhiemvuError: there is no workbook at all, or no rulebook to judge by.
    """
    summary = aggregate(
        [Path(order.folder, name) for name in order.names],
        order.rules or None,
        units=order.units or None,
        as_of=order.day,
        jobs=_PROCESSES,
        progress=lambda done, _all, _failed: tell(done),
    )
    # links lead to workbooks that lie beside the summary, as they do where they came from
    Path(order.out, _SUMMARY).write_bytes(sign(summary.draw(order.folder), TITLES))
    Path(order.out, _PAGE).write_bytes(draw_page(summary, Path(order.folder)))
    return describe(summary), {"tong-hop": _SUMMARY, "trang": _PAGE}


def describe(summary: Summary) -> dict[str, Any]:
    """What the page says of many units."""
    states = [_(STATES[state], count=count) for state, count in summary.count_states().items() if count]
    facts = [
        (_("Kỳ đánh giá"), summary.period),
        (_("Bộ quy tắc"), summary.rulebook.title),
        (_("Tệp"), "; ".join(states)),
    ]
    return {
        "facts": [fact for fact in facts if fact[1]],
        "rulebook": summary.rulebook.id,
        "failed": _tell_files(each for each in summary.submissions if each.state in ("failed", "conflict")),
        "passed_over": _tell_files(each for each in summary.submissions if each.state in ("duplicate", "skipped")),
        "notices": tell_problems(summary.notices),
        "absent": [
            (
                each.code,
                ", ".join([each.name, *each.path[::-1]]),
                "; ".join([_(ABSENT[each.why]), *([tell_file(each)] if each.file else [])]),
            )
            for each in summary.absent
        ],
        "tasks": list(_tell_tasks(summary)),
        "units": [_tell_unit(summary, unit) for unit in range(len(summary))],
    }


def _tell_files(files: Iterable[Submission]) -> list[tuple[str, list[dict[str, str]]]]:
    """Files that do not count, each with why."""
    return [(each.name, tell_problems(each.problems)) for each in files]


def _tell_tasks(summary: Summary) -> Iterator[Task]:
    """Groups of tasks and tasks."""
    words = [str(each) for each in Verdict]
    for node in summary.rulebook.criteria:
        if node.level <= 1:
            found = summary.totals.counts[node.index, 0].tolist()
            counts = Counter({word: count for word, count in zip(words, found, strict=True) if count})
            yield Task(node.id, node.name.partition(":")[0], node.level, list_counts(counts), list(cut(counts)))


def _tell_unit(summary: Summary, unit: int) -> Unit:
    told, info, closed = summary.tell(unit), summary.units[unit], summary.evaluation.is_closed(unit)
    return Unit(
        info.name or info.code or info.file,
        info.code,
        info.file,
        [(row.id, show(row.verdict, closed=closed)) for row in told.rows if row.level == 0],
        list_counts(Counter(row.verdict for row in told.rows if row.kind == "leaf"), closed=closed),
        tell_discrepancies(told.discrepancies),
        tell_problems(told.problems),
    )
