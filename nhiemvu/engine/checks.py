"""Where a workbook contradicts itself or the rules: what it says, what follows, and what to do.

Where something could be wrong is found in arrays over all units; whether it is, and the sentences, unit by unit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial

import numpy as np
from numpy.typing import NDArray

from nhiemvu.engine.describe import Describer
from nhiemvu.engine.rows import Discrepancy
from nhiemvu.engine.rule_checks import Suspect, suspect_by_rules
from nhiemvu.engine.scope import Measured
from nhiemvu.messages import _
from nhiemvu.rules import measure as ms
from nhiemvu.rules.rulebook import Node
from nhiemvu.text import exact, format_count, format_number, format_percent, read_heading_counts, read_stated_ratios
from nhiemvu.verdicts import Verdict, label

_ONE_PERCENT = 0.01
_OF_ITS_SIZE = Fraction(5, 2)  # a figure is of a target's size where neither is more than so many times the other
_FAVOURABLE = (Verdict.MET, Verdict.EXCEEDED)


class Checker:
    """Every discrepancy of one evaluation, unit by unit."""

    def __init__(self, describer: Describer) -> None:
        self._order = {node.id: node.index for node in describer.rulebook.criteria}
        self._suspects: list[Suspect] = [
            *_declared(describer),
            *_heading_counts(describer),
            *_stated_percentages(describer),
            *_own_figures_against_tables(describer),
            *_maybe_fractions(describer),
            *suspect_by_rules(describer),
        ]

    def check(self, unit: int) -> list[Discrepancy]:
        """Every discrepancy of one unit, in the order of the criteria; the rulebook's own checks last."""
        found = [each for suspected, tell in self._suspects if suspected[unit] for each in tell(unit)]
        return sorted(found, key=lambda each: self._order.get(each.id, len(self._order)))


def _declared(describer: Describer) -> Iterator[Suspect]:
    """The verdict that the unit declares against the one that follows from its figures."""
    for node in describer.rulebook.criteria:
        declared = describer.figures.declared.get(node.id)
        if declared is not None:
            wrong = (declared >= 0) & (declared != describer.verdicts.verdict[node.index])
            yield wrong, partial(_tell_declared, describer, node)


def _tell_declared(describer: Describer, node: Node, unit: int) -> Iterator[Discrepancy]:
    figures = describer.figures
    says, follows = Verdict.of(figures.declared[node.id].item(unit)), describer.verdict(node, unit)
    mild = follows == Verdict.NOT_APPLICABLE or (says in _FAVOURABLE and follows in _FAVOURABLE)
    yield Discrepancy(
        unit=describer.code(unit),
        id=node.id,
        kind="declared-against-computed",
        place=figures.sources.place(unit, node.id, "declared"),
        says=_("tự đánh giá «{verdict}»", verdict=label(says)),
        follows=_follows(describer, node, unit),
        advice=_advice(follows),
        severity="note" if mild else "error",
    )


def _follows(describer: Describer, node: Node, unit: int) -> str:
    verdict = label(describer.verdict(node, unit), closed=describer.closed(unit))
    if node.kind == "group":
        return f"{verdict}: {describer.count_children(node, unit)}"
    return f"{verdict}: {describer.row(node, unit).reason}"


def _advice(follows: str) -> str:
    if follows == Verdict.NO_DATA:
        return _("Bổ sung số liệu còn thiếu, hoặc sửa lại tự đánh giá.")
    if follows == Verdict.NOT_APPLICABLE:
        return _("Không phát sinh thì không tính là đạt; ghi «không phát sinh».")
    return _("Kiểm tra lại số liệu; nếu số liệu đúng thì sửa tự đánh giá theo kết luận.")


def _heading_counts(describer: Describer) -> Iterator[Suspect]:
    """`Gồm 05 nhiệm vụ (có 05 nhiệm vụ chưa đạt)` against the children's verdicts."""
    for node in describer.rulebook.criteria:
        headings = describer.figures.headings.get(node.id)
        if headings is not None and node.children:
            yield headings != "", partial(_tell_heading_counts, describer, node)


def _tell_heading_counts(describer: Describer, node: Node, unit: int) -> Iterator[Discrepancy]:
    counts = read_heading_counts(str(describer.figures.headings[node.id][unit]))
    if counts is None:
        return
    verdicts = [Verdict(describer.verdict(describer.rulebook.criteria[child], unit)) for child in node.children]
    wrong = counts.total is not None and counts.total != len(verdicts)
    for verdict, stated in counts.by_verdict.items():
        same = _FAVOURABLE if verdict in _FAVOURABLE else (verdict,)
        wrong |= stated != sum(each in same for each in verdicts)
    if wrong:
        parts = [f"{format_count(n)} {label(verdict).lower()}" for verdict, n in counts.by_verdict.items()]
        total = "" if counts.total is None else _("{count} nội dung: ", count=format_count(counts.total))
        yield Discrepancy(
            unit=describer.code(unit),
            id=node.id,
            kind="heading-count",
            place=describer.figures.sources.place(unit, node.id, "name"),
            says=_("tiêu đề ghi {counts}", counts=total + ", ".join(parts)),
            follows=describer.count_children(node, unit),
            advice=_("Sửa số đếm ở tiêu đề theo kết luận của các nội dung bên dưới."),
        )


def _stated_percentages(describer: Describer) -> Iterator[Suspect]:
    """`409/424=96,4%` in a narrative against its own division: wrong, or cut instead of rounded."""
    for node in describer.rulebook.criteria:
        texts = describer.figures.narratives.get(node.id)
        if texts is not None:
            yield texts != "", partial(_tell_percentages, describer, node)
    for name, (lines, _judged) in describer.verdicts.lines.items():
        if "narrative" in lines.columns:
            node = describer.rulebook.by_id[name]
            yield np.diff(lines.starts) > 0, partial(_tell_percentages_of_lines, describer, node)


def _tell_percentages(describer: Describer, node: Node, unit: int) -> Iterator[Discrepancy]:
    text, place = str(describer.figures.narratives[node.id][unit]), describer.figures.sources.place
    return _stated_in(text, describer.code(unit), node.id, lambda: place(unit, node.id, "narrative"))


def _tell_percentages_of_lines(describer: Describer, node: Node, unit: int) -> Iterator[Discrepancy]:
    lines, place = describer.verdicts.lines[node.id][0], describer.figures.sources.line_place
    table, texts = node.form.each or "", lines.columns["narrative"]
    for number, line in enumerate(lines.of(unit)):
        where = partial(place, unit, table, "narrative", number)
        yield from _stated_in(str(texts[line]), describer.code(unit), node.id, where)


def _stated_in(text: str, unit: str, criterion: str, place: Callable[[], str]) -> Iterator[Discrepancy]:
    for stated in read_stated_ratios(text):
        if stated.exactness == "rounded":
            continue
        cut = stated.exactness == "cut"
        over, under = format_number(stated.numerator, 4), format_number(stated.denominator, 4)
        true = stated.numerator / stated.denominator if stated.denominator else None
        yield Discrepancy(
            unit=unit,
            id=criterion,
            kind="stated-percentage",
            place=place(),
            says=_("ghi {text}", text=stated.text),
            follows=_("{over} / 0 không chia được", over=over)
            if true is None
            else f"{over} / {under} = {format_percent(true, max(stated.digits, 2))}",
            advice=_(
                "Số phần trăm bị cắt bớt thay vì làm tròn; chấp nhận được vì lệch chưa đến một đơn vị ở chữ số cuối."
            )
            if cut
            else _("Tính lại số phần trăm từ tử số và mẫu số."),
            severity="note" if cut else "error",
        )


def _own_figures_against_tables(describer: Describer) -> Iterator[Suspect]:
    """A result that its row states against what its table, or its own numerator and denominator, come to.

    They must agree to the last digit stated.
    """
    for node in describer.rulebook.criteria:
        judged = describer.verdicts.judged.get(node.id)
        measured = judged.measured if judged is not None else None
        own = describer.figures.own.get((node.id, "value"))
        if measured is None or own is None:
            continue
        if (node.is_percent and node.own and measured.numerator is not None) or not _reads_own_row(node):
            differs = (own != measured.value) & ~np.isnan(own) & ~np.isnan(measured.value)
            yield differs, partial(_tell_own_figure, describer, node, measured)


def _reads_own_row(node: Node) -> bool:
    tree = node.measure
    return node.own or tree is None or any(isinstance(each, ms.Own) and not each.id for each in ms.walk(tree))


def _tell_own_figure(describer: Describer, node: Node, measured: Measured, unit: int) -> Iterator[Discrepancy]:
    stated, computed = exact(describer.figures.of(node.id, "value").item(unit)), measured.exact(unit)
    if computed is None or _agrees(stated, computed, node.is_percent):
        return
    show: Callable[[Fraction], str] = format_percent if node.is_percent else format_number
    row, place = describer.row(node, unit), describer.figures.sources.place
    yield Discrepancy(
        unit=describer.code(unit),
        id=node.id,
        kind="figure-against-ratio" if node.own else "figure-against-table",
        place=place(unit, node.id, "value"),
        says=_("ghi {figure}", figure=show(stated)),
        follows=row.reason,
        advice=_("Sửa kết quả, hoặc tử số và mẫu số ở hàng này, để hai nơi khớp nhau.")
        if node.own
        else _("Sửa kết quả ở hàng này hoặc số liệu trong bảng để hai nơi khớp nhau."),
        other_place=place(unit, node.id, "numerator") if node.own else row.place,
    )


def _maybe_fractions(describer: Describer) -> Iterator[Suspect]:
    """0,925 in a plain cell of a row of percentages: it is read as 0,925%, and may have been meant as 92,5%."""
    for node in describer.rulebook.criteria:
        judged = describer.verdicts.judged.get(node.id)
        own = describer.figures.own.get((node.id, "value"))
        if node.is_percent and own is not None and judged is not None and judged.measured is not None:
            small = (own > 0) & (own <= _ONE_PERCENT) & (own == judged.measured.value) & (judged.row >= 0)
            yield small, partial(_tell_fraction, describer, node, judged.row)


def _tell_fraction(describer: Describer, node: Node, row: NDArray[np.int16], unit: int) -> Iterator[Discrepancy]:
    """Told where the verdict hangs on it, and a hundred times as much is of the target's own size."""
    sources, target = describer.figures.sources, node.targets[row.item(unit)].target
    stated = exact(describer.figures.of(node.id, "value").item(unit))
    meant = stated * 100
    typed = sources.raw(unit, node.id, "value")  # empty of figures that came in frames
    if target is None or not typed or "%" in typed or target.test(stated) == target.test(meant):
        return
    if any(bound <= meant * _OF_ITS_SIZE and meant <= bound * _OF_ITS_SIZE for bound in target.bounds):
        verdict = label(describer.verdict(node, unit), closed=describer.closed(unit))
        yield Discrepancy(
            unit=describer.code(unit),
            id=node.id,
            kind="maybe-fraction",
            place=sources.place(unit, node.id, "value"),
            says=_("ghi {figure}, không có dấu %", figure=format_number(meant, 4)),
            follows=_("đọc là {figure} nên kết luận «{verdict}»", figure=format_percent(stated, 4), verdict=verdict),
            advice=_("Nếu ý là {figure} thì gõ lại «{figure}», có dấu %.", figure=format_percent(meant, 4)),
            severity="note",
        )


def _agrees(stated: Fraction, computed: Fraction, is_percent: bool) -> bool:
    """Within one unit of the last digit that was stated."""
    scaled = stated * 100 if is_percent else stated
    digits = 0
    while (scaled * 10**digits).denominator != 1 and digits < 12:
        digits += 1
    return abs(stated - computed) < Fraction(1, 10**digits * (100 if is_percent else 1))
