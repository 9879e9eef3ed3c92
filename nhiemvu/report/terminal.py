"""What the command line shows: the short table of an evaluation, one criterion explained, a rulebook to read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from nhiemvu.evaluation import Evaluation
from nhiemvu.messages import _
from nhiemvu.rules.rulebook import Rulebook
from nhiemvu.text import format_date
from nhiemvu.verdicts import Basis, Verdict, label

COLOURS = {
    Verdict.EXCEEDED: "bold green",
    Verdict.MET: "green",
    Verdict.NOT_MET: "red",
    Verdict.NOT_ASSESSED: "yellow",
    Verdict.NO_DATA: "magenta",
    Verdict.NOT_APPLICABLE: "dim",
}
SYMBOLS = {
    Verdict.EXCEEDED: "▲",
    Verdict.MET: "✓",
    Verdict.NOT_MET: "✗",
    Verdict.NOT_ASSESSED: "○",
    Verdict.NO_DATA: "?",
    Verdict.NOT_APPLICABLE: "–",
}


def _console() -> Console:
    console = Console(highlight=False, soft_wrap=False)
    if not console.is_terminal:
        console.width = 120  # a pipe has no width of its own; a file should not depend on where it was made
    return console


def _verdict(verdict: str, *, closed: bool = False) -> Text:
    return Text(f"{SYMBOLS[Verdict(verdict)]} {label(verdict, closed=closed)}", style=COLOURS[Verdict(verdict)])


def print_summary(evaluation: Evaluation, written: Path | None) -> None:
    """Groups with their verdicts, counts of the criteria below them, and the places where the workbook disagrees."""
    console = _console()
    unit = evaluation.units[0]
    console.print(Text(f"{unit.name or unit.file} · {evaluation.rulebook.title}", style="bold"))
    if unit.as_of:
        console.print(_("Số liệu đến {date}", date=format_date(unit.as_of)))
    console.print(_summary_table(evaluation))
    discrepancies = evaluation.find_discrepancies()
    errors = [each for each in discrepancies if each.severity == "error"]
    if errors:
        console.print(Text(_("{count} chỗ không khớp:", count=len(errors)), style="bold"))
        for each in errors:
            console.print(Text.assemble("  ", (each.place or each.id, "cyan"), f"  {each.id}  {each.says} → {each.follows}"))
    notes = len(discrepancies) - len(errors)
    if notes:
        console.print(_("  và {count} lưu ý nhỏ (xem trang sai lệch)", count=notes))
    problems = [each for each in evaluation.find_problems() if each.severity != "note"]
    if problems:
        console.print(Text(_("{count} chỗ thiếu hoặc không đọc được:", count=len(problems)), style="bold"))
        for problem in problems:
            console.print(Text.assemble("  ", (problem.place.address or problem.place.file, "cyan"), f"  {problem.criterion}  {problem.text}"))
    if written is not None:
        console.print(_("Đã ghi vào {file}", file=written))


def _summary_table(evaluation: Evaluation) -> Table:
    rows, closed = evaluation.rows(), evaluation.is_closed()
    by_id = {row.id: row for row in rows}
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(_("Mã"))
    table.add_column(_("Nội dung"), min_width=20, overflow="ellipsis", no_wrap=True)
    table.add_column(_("Kết luận"), no_wrap=True)
    used = [each for each in Verdict if any(row.verdict == each and row.kind == "leaf" for row in rows)]
    for each in used:
        table.add_column(label(each, closed=closed), justify="right")
    for row in rows:
        if row.level > 1 or row.kind == "line":
            continue
        counts = Counter(leaf.verdict for leaf in rows if leaf.kind == "leaf" and _is_below(leaf.id, row.id, by_id))
        shown = Text("  " * row.level + row.name.partition(":")[0], style="bold" if row.level == 0 else "")
        table.add_row(row.id, shown, _verdict(row.verdict, closed=closed), *(str(counts[each] or "") for each in used))
    return table


def _is_below(id_: str, ancestor: str, by_id: dict[str, object]) -> bool:
    while id_:
        if id_ == ancestor:
            return True
        id_ = getattr(by_id[id_], "parent", "")
    return False


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
    console.print(f"{rulebook.id} · {rulebook.issued_by} · {_validity(rulebook)}")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in (_("Mã"), _("Nội dung"), _("ĐVT"), _("Ngưỡng"), _("Căn cứ pháp lý")):
        table.add_column(heading, overflow="fold")
    for node in rulebook.criteria:
        table.add_row(node.id, Text("  " * node.level + node.name, style="bold" if node.kind == "group" else ""), node.unit, node.target_text, node.source_text)
    console.print(table)

