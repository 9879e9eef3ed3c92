"""What the command line shows at length: one criterion explained, the rulebooks at hand, a rulebook to read."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from nhiemvu.evaluation import Evaluation
from nhiemvu.messages import _
from nhiemvu.report.summary import COLOURS, SYMBOLS
from nhiemvu.rules.rulebook import Rulebook
from nhiemvu.text import format_date
from nhiemvu.verdicts import Basis, Verdict, label


def _console() -> Console:
    console = Console(highlight=False, soft_wrap=False)
    if not console.is_terminal:
        console.width = 120  # a pipe has no width of its own; a file should not depend on where it was made
    return console


def _verdict(verdict: str, *, closed: bool = False) -> Text:
    return Text(f"{SYMBOLS[Verdict(verdict)]} {label(verdict, closed=closed)}", style=COLOURS[Verdict(verdict)])


def print_explanation(evaluation: Evaluation, criterion: str) -> None:
    """Every step of one verdict: the rule and where it stands, the cells, the figures, the comparison, the verdict."""
    console = _console()
    rows = evaluation.rows()
    row = next(each for each in rows if each.id == criterion)
    node = evaluation.rulebook.by_id.get(criterion) or evaluation.rulebook.by_id[row.parent]
    closed = evaluation.is_closed()
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")

    def add(name: str, value: str | Text) -> None:
        if value:
            table.add_row(name, value)

    add(_("Tiêu chí"), f"{row.id}  {row.name}")
    add(_("Quy tắc"), str(node.place))
    add(_("Ngưỡng"), row.target)
    add(_("Căn cứ pháp lý"), row.source)
    if node.form.measure and row.kind != "group":
        add(_("Cách tính"), node.form.measure)
    add(_("Ô số liệu"), row.place)
    for name, value in evaluation.trace(criterion):
        add(name, value)
    add(_("Kết quả"), row.shown)
    add(_("Lý do"), row.reason)
    add(_("Tự đánh giá"), label(row.declared) if row.declared else "")
    add(_("Kết luận"), _verdict(row.verdict, closed=closed))
    add(_("Dựa trên"), Basis(row.basis).label)
    add(_("Dự báo"), row.outlook_reason)
    for other in rows:
        if other.parent == criterion:
            add(f"  {other.id}", Text.assemble(_verdict(other.verdict, closed=closed), f"  {other.name}"))
    console.print(table)


def print_rulebooks(rulebooks: Sequence[Rulebook]) -> None:
    """The rulebooks at hand, a line each."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in (_("Bộ quy tắc"), _("Tên"), _("Áp dụng"), _("Tiêu chí")):
        table.add_column(heading)
    for rules in rulebooks:
        table.add_row(rules.id, rules.title, _validity(rules), str(len(rules.criteria)))
    _console().print(table)


def _validity(rules: Rulebook) -> str:
    days = [format_date(day) if day else "…" for day in (rules.valid_from, rules.valid_to)]
    return " – ".join(days) if rules.valid_from or rules.valid_to else _("không giới hạn")


def print_rulebook(rulebook: Rulebook) -> None:
    """A rulebook as a tree with its targets and sources."""
    console = _console()
    console.print(Text(rulebook.title, style="bold"))
    console.print(" · ".join(filter(None, (rulebook.id, rulebook.issued_by, _validity(rulebook)))))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in (_("Mã"), _("Nội dung"), _("ĐVT"), _("Ngưỡng"), _("Căn cứ pháp lý")):
        table.add_column(heading, overflow="fold")
    for node in rulebook.criteria:
        table.add_row(
            node.id,
            Text("  " * node.level + node.name, style="bold" if node.kind == "group" else ""),
            node.unit,
            node.target_text,
            node.source_text,
        )
    console.print(table)
