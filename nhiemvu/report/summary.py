"""The short table that `evaluate` prints: groups with their verdicts and counts, then where the workbook disagrees.

Printed without a table library, whose import would cost as much as reading, judging and writing the workbook together.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from nhiemvu.engine.rows import Row
from nhiemvu.evaluation import Evaluation
from nhiemvu.messages import _
from nhiemvu.text import format_date
from nhiemvu.verdicts import Verdict, label

COLOURS = {
    Verdict.EXCEEDED: "bright_green",
    Verdict.MET: "green",
    Verdict.NOT_MET: "red",
    Verdict.NOT_ASSESSED: "yellow",
    Verdict.NO_DATA: "magenta",
    Verdict.NOT_APPLICABLE: "bright_black",
}
SYMBOLS = {
    Verdict.EXCEEDED: "▲",
    Verdict.MET: "✓",
    Verdict.NOT_MET: "✗",
    Verdict.NOT_ASSESSED: "○",
    Verdict.NO_DATA: "?",
    Verdict.NOT_APPLICABLE: "–",
}
NAME_WIDTHS = 20, 48
SHOWN_PROBLEMS = 20


def summarise(evaluation: Evaluation, written: Path | None) -> Iterator[str]:
    """The lines to print for one unit."""
    unit = evaluation.units[0]
    yield style(f"{unit.name or unit.file} · {evaluation.rulebook.title}", bold=True)
    if unit.as_of:
        yield _("Số liệu đến {date}", date=format_date(unit.as_of))
    yield ""
    yield from _table(evaluation)
    discrepancies = evaluation.find_discrepancies()
    errors = [each for each in discrepancies if each.severity == "error"]
    if errors:
        yield ""
        yield style(_("{count} chỗ không khớp:", count=len(errors)), bold=True)
        for each in errors:
            yield f"  {style(each.place or each.id, fg='cyan')}  {each.id}  {each.says} → {each.follows}"
    notes = len(discrepancies) - len(errors)
    if notes:
        yield _("  và {count} lưu ý nhỏ, ghi ở trang sai lệch", count=notes)
    problems = [each for each in evaluation.find_problems() if each.severity != "note"]
    if problems:
        yield ""
        yield style(_("{count} chỗ thiếu số liệu hoặc cần xem lại:", count=len(problems)), bold=True)
        for problem in problems[:SHOWN_PROBLEMS]:
            where = problem.place.address or problem.place.file
            yield f"  {style(where, fg='cyan')}  {problem.criterion}  {problem.text}"
        if len(problems) > SHOWN_PROBLEMS:
            yield _(
                "  … và {count} chỗ nữa, ghi đủ ở trang sai lệch và trong --json", count=len(problems) - SHOWN_PROBLEMS
            )
    if written is not None:
        yield ""
        yield _("Đã ghi vào {file}", file=written)


def _table(evaluation: Evaluation) -> Iterator[str]:
    """One line a group or task: code, name, verdict, and how many of the criteria below have which verdict."""
    rows, closed = evaluation.rows(), evaluation.is_closed()
    parents = {row.id: row.parent for row in rows}
    shown = [row for row in rows if row.level <= 1 and row.kind != "line"]
    used = [each for each in Verdict if any(row.verdict == each and row.kind == "leaf" for row in rows)]
    words = {each: label(each, closed=closed) for each in Verdict}
    codes, width = max(len(row.id) for row in shown), max(map(len, words.values())) + 2
    others = codes + width + 5 * len(used) + 4
    wide = min(max(shutil.get_terminal_size((140, 25)).columns - others, NAME_WIDTHS[0]), NAME_WIDTHS[1])
    heads = [
        _("Mã").ljust(codes),
        _("Nội dung").ljust(wide),
        _("Kết luận").ljust(width),
        *(SYMBOLS[each].rjust(3) for each in used),
    ]
    yield style("  ".join(heads), bold=True)
    for row in shown:
        counts = Counter(leaf.verdict for leaf in rows if leaf.kind == "leaf" and _is_below(leaf.id, row.id, parents))
        verdict = Verdict(row.verdict)
        cells = [
            row.id.ljust(codes),
            _name(row, wide).ljust(wide),
            style(f"{SYMBOLS[verdict]} {words[verdict]}".ljust(width), fg=COLOURS[verdict]),
            *(str(counts[each] or "").rjust(3) for each in used),
        ]
        yield "  ".join(cells).rstrip()
    yield "   ".join(f"{SYMBOLS[each]} {words[each].lower()}" for each in used)


def _name(row: Row, wide: int) -> str:
    text = "  " * row.level + row.name.partition(":")[0]
    return text if len(text) <= wide else text[: wide - 1] + "…"


def _is_below(id_: str, ancestor: str, parents: Mapping[str, str]) -> bool:
    while id_:
        if id_ == ancestor:
            return True
        id_ = parents.get(id_, "")
    return False


def style(text: str, **look: object) -> str:
    """The text in colour, or bold, where colours are wanted."""
    return text if os.environ.get("NO_COLOR") else click.style(text, **look)  # type: ignore[arg-type]  # bold and fg
