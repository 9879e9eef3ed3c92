"""What `aggregate` prints: verdicts by group of tasks over all units, who is missing, and why which file failed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nhiemvu.messages import N_, _
from nhiemvu.report.summary import COLOURS, SYMBOLS, style
from nhiemvu.verdicts import Verdict

if TYPE_CHECKING:
    from nhiemvu.many.summary import Absent, Summary

SHOWN = 20
STATES = {
    "evaluated": N_("{count} sổ được tính"),
    "failed": N_("{count} tệp hỏng"),
    "conflict": N_("{count} sổ trùng đơn vị mà khác nhau"),
    "duplicate": N_("{count} bản sao giống hệt"),
    "skipped": N_("{count} tệp không phải sổ"),
}
ABSENT = {
    "missing": N_("chưa nộp"),
    "failed": N_("sổ hỏng"),
    "conflict": N_("nhiều sổ khác nhau"),
}


def tell_summary(summary: Summary, written: Sequence[Path] = ()) -> Iterator[str]:
    """The lines to print, and which files were written."""
    yield style(" · ".join(filter(None, [summary.rulebook.title, summary.period])), bold=True)
    yield "; ".join(_(STATES[state], count=count) for state, count in summary.count_states().items() if count)
    yield ""
    yield from _table(summary)
    failed = [each for each in summary.submissions if each.state in ("failed", "conflict")]
    yield from _list(
        _("{count} tệp chưa tính được:", count=len(failed)),
        [f"{style(each.name, fg='cyan')}  {each.problems[0].text if each.problems else ''}" for each in failed],
    )
    doubtful = [
        (each.name, problem.text)
        for each in summary.submissions
        if each.state == "evaluated"
        for problem in each.problems
        if problem.severity == "warning"
    ]
    yield from _list(
        _("{count} sổ được tính mà cần hỏi lại:", count=len(doubtful)),
        [f"{style(name, fg='cyan')}  {text}" for name, text in doubtful],
    )
    yield from _list(
        _("{count} đơn vị chưa có kết quả:", count=len(summary.absent)),
        [
            f"{style(each.code, fg='cyan')}  {', '.join([each.name, *each.path[::-1]])}: {_(ABSENT[each.why])}"
            + (f" ({tell_file(each)})" if each.file else "")
            for each in summary.absent
        ],
    )

    if written:
        yield ""
        yield _("Đã ghi {files}", files=", ".join(map(str, written)))


def tell_file(absent: Absent) -> str:
    """Which file of a unit does not count, or the hint that one that failed may be its."""
    if absent.why == "missing":
        return _("có thể là tệp hỏng «{file}»", file=absent.file)
    return _("xem tệp «{file}»", file=absent.file)


def _table(summary: Summary) -> Iterator[str]:
    """A line per group of tasks and task: in how many units it has which verdict."""
    shown = [node for node in summary.rulebook.criteria if node.level <= 1]
    counts = summary.totals.counts[:, 0]
    used = [each for each in Verdict if counts[[node.index for node in shown], each.number].any()]
    codes = max((len(node.id) for node in shown), default=2)
    heads = [_("Mã").ljust(codes), _("Nội dung").ljust(48), *(SYMBOLS[each].rjust(6) for each in used)]
    yield style("  ".join(heads), bold=True)
    for node in shown:
        name = "  " * node.level + node.name.partition(":")[0]
        name = name if len(name) <= 48 else name[:47] + "…"
        numbers = [style(str(counts[node.index, each.number] or "").rjust(6), fg=COLOURS[each]) for each in used]
        yield "  ".join([node.id.ljust(codes), name.ljust(48), *numbers]).rstrip()
    yield "   ".join(f"{SYMBOLS[each]} {each.label.lower()}" for each in used)


def _list(title: str, lines: Sequence[str]) -> Iterator[str]:
    if not lines:
        return
    yield ""
    yield style(title, bold=True)
    yield from (f"  {line}" for line in lines[:SHOWN])
    if len(lines) > SHOWN:
        yield _("  … và {count} dòng nữa, ghi đủ trong sổ tổng hợp và --json", count=len(lines) - SHOWN)
