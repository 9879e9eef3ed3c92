"""What the page shows of one workbook, and the files that it offers; runs in the worker's process."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nhiemvu.engine.rows import Discrepancy, Row
from nhiemvu.errors import GraftError, NhiemvuError, Problem, WorkbookError
from nhiemvu.evaluation import Evaluation
from nhiemvu.messages import N_, _, speak
from nhiemvu.pipeline import evaluate as evaluate_one
from nhiemvu.serve.pages import capital, render
from nhiemvu.serve.work import PAGE, Order
from nhiemvu.sheets.discrepancies import KINDS, PROBLEM_SEVERITIES, SEVERITIES, SEVERITY_ORDER
from nhiemvu.sheets.tally import Group, count_groups, list_counts
from nhiemvu.sheets.theme import VERDICTS
from nhiemvu.text import format_date
from nhiemvu.verdicts import Basis, Outlook, Verdict, label
from nhiemvu.workbook.book import OLD_FORMATS, open_book
from nhiemvu.workbook.kinds import read_file, sniff

# What speaks of the command line elsewhere, said for the page.
_HERE = {
    "which-rulebook": N_("sổ không ghi dùng bộ quy tắc nào; hãy chọn một bộ ở dưới rồi bấm «Đánh giá lại»"),
    "wrong-workbook": N_(
        "sổ không có bảng nào mà bộ quy tắc này cần; hãy chọn lại sổ, hoặc chọn bộ quy tắc khác ở dưới rồi bấm "
        "«Đánh giá lại»"
    ),
    "signed": N_("sổ có chữ ký số, ghi thêm vào sẽ làm mất hiệu lực chữ ký; hãy đánh giá bản chưa ký rồi ký lại"),
    "protected-structure": N_(
        "cấu trúc sổ đang được bảo vệ nên không thêm trang được; hãy mở bằng Excel, vào Xem lại > Bảo vệ sổ làm việc "
        "(Review > Protect Workbook) để bỏ bảo vệ, lưu lại rồi gửi lại"
    ),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A verdict as the page shows it: the class of its colours, its symbol, its word."""

    key: str
    symbol: str
    word: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a group's bar, in hundredths of its length."""

    verdict: Shown
    count: int
    start: float
    length: float


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a group's table."""

    row: Row
    verdict: Shown
    basis: str
    declared: str
    differs: bool
    outlook: str


@dataclass(frozen=True, slots=True)
class Part:
    """A group of tasks: its verdict, its counts in words and as a bar, its rows."""

    id: str
    name: str
    verdict: Shown
    counts: str
    segments: list[Segment]
    lines: list[Line]


def evaluate(order: Order, tell: Callable[[int], None]) -> dict[str, str]:
    """Evaluate the workbook of an order, and write the page and the files.

    Returns:
        The downloads: name in the page's addresses -> file in the order's folder.
    """
    speak(order.language)
    path, out = Path(order.folder, order.names[0]), Path(order.out)
    as_of = dt.date.fromisoformat(order.as_of) if order.as_of else None
    try:
        evaluation = evaluate_one(path, order.rules or None, as_of, recalculate=order.recalculate)
    except NhiemvuError as error:
        page = render(
            "refused.html", order=order, file=path.name, found=_find_sheets(path), problems=_say(error.problems)
        )
        contents: dict[str, str] = {}
    else:
        contents, unwritten = _write_files(evaluation, path, out)
        page = render("result.html", order=order, **describe(evaluation), contents=contents, unwritten=unwritten)
    (out / PAGE).write_text(page, encoding="utf-8")
    tell(1)
    return contents


def _write_files(evaluation: Evaluation, path: Path, out: Path) -> tuple[dict[str, str], list[dict[str, str]]]:
    """Write what can be downloaded; and why the workbook itself cannot, where it cannot."""
    alone = out / _("{name} - đánh giá.xlsx", name=path.stem)
    target = alone if sniff(read_file(path)) in OLD_FORMATS else out / path.name
    try:
        return {"so": evaluation.write(target).name}, []
    except (GraftError, WorkbookError) as error:
        alone.write_bytes(evaluation.draw(linked=False))
        return {"trang": alone.name}, _say(error.problems)


def _find_sheets(path: Path) -> list[str]:
    """The sheets of a workbook that was refused, where it can be opened at all."""
    try:
        return open_book(path).names
    except WorkbookError:
        return []


def describe(evaluation: Evaluation) -> dict[str, Any]:
    """What the page says of one unit."""
    rows, unit, closed = evaluation.rows(), evaluation.units[0], evaluation.is_closed()
    discrepancies, problems = evaluation.find_discrepancies(), evaluation.find_problems()
    counts = Counter(row.verdict for row in rows if row.kind == "leaf")
    disagreeing = [each for each in discrepancies if each.severity == "error"]
    lacking = [each for each in problems if each.severity != "note"]
    facts = [
        (_("Tệp"), unit.file),
        (_("Kỳ đánh giá"), unit.period),
        (_("Số liệu đến ngày"), format_date(unit.as_of) if unit.as_of else ""),
        (_("Bộ quy tắc"), evaluation.rulebook.title),
    ]
    return {
        "title": unit.name or unit.file,
        "above": unit.parent_agency,
        "facts": [fact for fact in facts if fact[1]],
        "rulebook": evaluation.rulebook.id,
        "found": list(_tell_tables(evaluation)),
        "counts": [(_show(verdict, closed=closed), counts[verdict]) for verdict in Verdict if counts[verdict]],
        "all": counts.total(),
        "declared": sum(row.kind == "leaf" and row.basis == Basis.DECLARED for row in rows),
        "parts": list(_divide(rows, discrepancies, closed=closed)),
        "discrepancies": [_tell_discrepancy(each) for each in sorted(discrepancies, key=_gravity)],
        "disagreeing": len(disagreeing),
        "problems": _say(sorted(problems, key=_gravity)),
        "lacking": len(lacking),
    }


def _tell_tables(evaluation: Evaluation) -> Iterator[tuple[str, str, int]]:
    """Each table of the rulebook that was found: its name, the sheets where it stands, how many lines."""
    for table in evaluation.list_tables():
        parts = table.parts or [table]
        sheets = dict.fromkeys(f"«{part.sheet}»" for part in parts)
        yield evaluation.rulebook.tables[table.name].label or table.name, ", ".join(sheets), len(table)


def _divide(rows: Sequence[Row], discrepancies: Sequence[Discrepancy], *, closed: bool) -> Iterator[Part]:
    """The rows by their groups, in order."""
    differing = {each.id for each in discrepancies if each.kind == "declared-against-computed"}
    lines: dict[str, list[Row]] = {}
    root = ""
    for row in rows:
        root = row.id if row.level == 0 or not root else root
        lines.setdefault(root, []).append(row)
    for group in count_groups(rows):
        own = lines[group.id]
        yield Part(
            group.id,
            group.name,
            _show(own[0].verdict, closed=closed),
            list_counts(group.counts, closed=closed),
            list(_cut(group, closed=closed)),
            [_make_line(row, closed=closed, differs=row.id in differing) for row in own],
        )


def _cut(group: Group, *, closed: bool) -> Iterator[Segment]:
    total, start = group.counts.total(), 0
    for verdict in Verdict:
        if count := group.counts[verdict]:
            yield Segment(
                _show(verdict, closed=closed), count, round(start / total * 100, 2), round(count / total * 100, 2)
            )
            start += count


def _make_line(row: Row, *, closed: bool, differs: bool) -> Line:
    word = Outlook(row.outlook).label if row.outlook else ""
    declared = label(row.declared, closed=closed) if row.declared in VERDICTS else row.declared
    return Line(
        row,
        _show(row.verdict, closed=closed),
        Basis(row.basis).label if row.basis else "",
        declared,
        differs,
        ": ".join(part for part in (word, row.outlook_reason) if part),
    )


def _show(verdict: str, *, closed: bool) -> Shown:
    return Shown(verdict.replace("_", "-"), VERDICTS[verdict].symbol, label(verdict, closed=closed))


def _tell_discrepancy(found: Discrepancy) -> Mapping[str, str]:
    return {
        "severity": found.severity,
        "level": _(SEVERITIES[found.severity]),
        "kind": _(KINDS[found.kind]),
        "id": found.id,
        "place": found.place,
        "other": found.other_place,
        "says": found.says,
        "follows": found.follows,
        "advice": found.advice,
    }


def _gravity(found: Discrepancy | Problem) -> int:
    return SEVERITY_ORDER[found.severity]


def _say(problems: Sequence[Problem]) -> list[dict[str, str]]:
    """Problems as the page shows them."""
    return [
        {
            "severity": each.severity,
            "level": _(PROBLEM_SEVERITIES[each.severity]),
            "id": each.criterion,
            "place": each.place.address or each.place.file,
            "text": capital(_say_here(each)),
        }
        for each in problems
    ]


def _say_here(problem: Problem) -> str:
    if problem.code == "which-rulebook" and not problem.fill.get("known"):
        return problem.text  # none holds on the day: nothing to choose from
    return _(_HERE[problem.code]) if problem.code in _HERE else problem.text
