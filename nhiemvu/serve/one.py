"""What the page shows of one workbook, and the files that it offers; runs in the worker's process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nhiemvu.engine.rows import Discrepancy, Row
from nhiemvu.errors import FormError, GraftError, Problem, WorkbookError
from nhiemvu.evaluation import Evaluation
from nhiemvu.messages import _
from nhiemvu.pipeline import evaluate
from nhiemvu.report.word import write_form
from nhiemvu.serve.order import Order
from nhiemvu.serve.shown import Segment, Shown, cut, show, tell_discrepancies, tell_problems
from nhiemvu.sheets.tally import count_groups, list_counts, rests_on_a_word
from nhiemvu.sheets.theme import VERDICTS
from nhiemvu.text import format_date
from nhiemvu.verdicts import Basis, Outlook, Verdict, label
from nhiemvu.workbook.book import OLD_FORMATS
from nhiemvu.workbook.kinds import read_file, sniff


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


def evaluate_one(order: Order) -> tuple[dict[str, Any], dict[str, str]]:
    """Judge the one workbook of an order.

    Returns:
        What the page says, and the downloads: name in the page's addresses -> file in the order's folder.

    Raises:
        NhiemvuError: it cannot be judged.
    """
    path = Path(order.folder, order.names[0])
    evaluation = evaluate(path, order.rules or None, order.day, recalculate=order.recalculate, beside=False)
    contents, unwritten = _write_files(evaluation, order)
    return {**describe(evaluation), "unwritten": tell_problems(unwritten)}, contents


def _write_files(evaluation: Evaluation, order: Order) -> tuple[dict[str, str], list[Problem]]:
    """Write what can be downloaded; and why something cannot."""
    path, out = Path(order.folder, order.names[0]), Path(order.out)
    contents: dict[str, str] = {}
    unwritten: list[Problem] = []
    alone = out / _("{name} - đánh giá.xlsx", name=path.stem)
    target = alone if sniff(read_file(path)) in OLD_FORMATS else out / path.name
    try:
        contents["so"] = evaluation.write(target).name
    except (GraftError, WorkbookError) as error:
        alone.write_bytes(evaluation.draw(linked=False))
        contents["trang"] = alone.name
        unwritten += error.problems
    form = out / _("{name} - biểu đánh giá.docx", name=path.stem)
    try:
        contents["bieu"] = write_form(evaluation, form, order.template or None).name
    except FormError as error:
        unwritten += error.problems
    return contents, unwritten


def describe(evaluation: Evaluation) -> dict[str, Any]:
    """What the page says of one unit."""
    rows, unit, closed = evaluation.rows(), evaluation.units[0], evaluation.is_closed()
    discrepancies, problems = evaluation.find_discrepancies(), evaluation.find_problems()
    counts = Counter(row.verdict for row in rows if row.kind == "leaf")
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
        "counts": [(show(verdict, closed=closed), counts[verdict]) for verdict in Verdict if counts[verdict]],
        "all": counts.total(),
        "declared": sum(row.kind == "leaf" and rests_on_a_word(row) for row in rows),
        "parts": list(_divide(rows, discrepancies, closed=closed)),
        "discrepancies": tell_discrepancies(discrepancies),
        "disagreeing": sum(each.severity == "error" for each in discrepancies),
        "problems": tell_problems(problems),
        "lacking": sum(each.severity != "note" for each in problems),
    }


def _tell_tables(evaluation: Evaluation) -> Iterator[tuple[str, str, int]]:
    """Each table of the rulebook that was found: its name, the sheets where it stands, how many lines."""
    for table in evaluation.list_tables():
        parts = table.parts or [table]
        sheets = dict.fromkeys(_("«{sheet}»", sheet=part.sheet) for part in parts)
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
            show(own[0].verdict, closed=closed),
            list_counts(group.counts, closed=closed),
            list(cut(group.counts, closed=closed)),
            [_make_line(row, closed=closed, differs=row.id in differing) for row in own],
        )


def _make_line(row: Row, *, closed: bool, differs: bool) -> Line:
    word = Outlook(row.outlook).label if row.outlook else ""
    declared = label(row.declared, closed=closed) if row.declared in VERDICTS else row.declared
    return Line(
        row,
        show(row.verdict, closed=closed),
        Basis(row.basis).label if row.basis else "",
        declared,
        differs,
        ": ".join(part for part in (word, row.outlook_reason) if part),
    )
