"""Where a workbook contradicts itself or the rules: what it says, what follows, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

import numpy as np

from nhiemvu.engine.describe import Describer
from nhiemvu.engine.exactly import evaluate_exactly
from nhiemvu.engine.figures import Figures
from nhiemvu.engine.rows import Discrepancy
from nhiemvu.engine.scope import Measured, Scope
from nhiemvu.messages import _
from nhiemvu.rules import measure as ms
from nhiemvu.rules import models
from nhiemvu.rules.rulebook import CompiledCheck, Node, Rulebook
from nhiemvu.text import exact, format_count, format_number, format_percent, read_heading_counts, read_stated_ratios
from nhiemvu.verdicts import Verdict, label

_FAVOURABLE = (Verdict.MET, Verdict.EXCEEDED)


def check(describer: Describer, unit: int) -> list[Discrepancy]:
    """Every discrepancy of one unit, in the order of the criteria; the rulebook's own checks last."""
    found = [
        *_declared(describer, unit),
        *_heading_counts(describer, unit),
        *_stated_percentages(describer, unit),
        *_own_figure_against_table(describer, unit),
        *_rulebook_checks(describer, unit),
    ]
    order = {node.id: node.index for node in describer.rulebook.criteria}
    return sorted(found, key=lambda each: order.get(each.id, len(order)))


def _declared(describer: Describer, unit: int) -> Iterator[Discrepancy]:
    """The verdict that the unit declares against the one that follows from its figures."""
    figures, verdicts = describer.figures, describer.verdicts
    for node in describer.rulebook.criteria:
        declared = figures.declared.get(node.id)
        if declared is None or declared[unit] < 0 or declared[unit] == verdicts.verdict[node.index, unit]:
            continue
        says, follows = Verdict.of(int(declared[unit])), describer.verdict(node, unit)
        mild = (
            says in _FAVOURABLE and follows in (*_FAVOURABLE, Verdict.NOT_APPLICABLE)
        ) or follows == Verdict.NOT_APPLICABLE
        yield Discrepancy(
            unit=figures.units[unit].code,
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


def _heading_counts(describer: Describer, unit: int) -> Iterator[Discrepancy]:
    """`Gồm 05 nhiệm vụ (có 05 nhiệm vụ chưa đạt)` against the children's verdicts."""
    figures = describer.figures
    for node in describer.rulebook.criteria:
        heading = figures.headings.get(node.id)
        counts = (
            read_heading_counts(str(heading[unit])) if heading is not None and node.children and heading[unit] else None
        )
        if counts is None:
            continue
        verdicts = [Verdict(describer.verdict(describer.rulebook.criteria[child], unit)) for child in node.children]
        wrong = counts.total is not None and counts.total != len(verdicts)
        for verdict, stated in counts.by_verdict.items():
            same = _FAVOURABLE if verdict in _FAVOURABLE else (verdict,)
            wrong |= stated != sum(each in same for each in verdicts)
        if wrong:
            parts = [f"{format_count(n)} {label(verdict).lower()}" for verdict, n in counts.by_verdict.items()]
            total = "" if counts.total is None else _("{count} nội dung: ", count=format_count(counts.total))
            yield Discrepancy(
                unit=figures.units[unit].code,
                id=node.id,
                kind="heading-count",
                place=figures.sources.place(unit, node.id, "name"),
                says=_("tiêu đề ghi {counts}", counts=total + ", ".join(parts)),
                follows=describer.count_children(node, unit),
                advice=_("Sửa số đếm ở tiêu đề theo kết luận của các nội dung bên dưới."),
            )


def _stated_percentages(describer: Describer, unit: int) -> Iterator[Discrepancy]:
    """`409/424=96,4%` in a narrative against its own division: wrong, or cut instead of rounded."""
    figures = describer.figures
    for node in describer.rulebook.criteria:
        texts = figures.narratives.get(node.id)
        if texts is not None and texts[unit]:
            place = figures.sources.place(unit, node.id, "narrative")
            yield from _stated_in(str(texts[unit]), figures.units[unit].code, node.id, place)
    for name, (lines, _judged) in describer.verdicts.lines.items():
        table = describer.rulebook.by_id[name].form.each or ""
        if "narrative" in lines.columns:
            for number, line in enumerate(lines.of(unit)):
                place = figures.sources.line_place(unit, table, "narrative", number)
                yield from _stated_in(str(lines.columns["narrative"][line]), figures.units[unit].code, name, place)


def _stated_in(text: str, unit: str, criterion: str, place: str) -> Iterator[Discrepancy]:
    for stated in read_stated_ratios(text):
        if stated.exactness == "rounded":
            continue
        cut = stated.exactness == "cut"
        true = stated.numerator / stated.denominator
        over, under = format_number(stated.numerator, 4), format_number(stated.denominator, 4)
        yield Discrepancy(
            unit=unit,
            id=criterion,
            kind="stated-percentage",
            place=place,
            says=_("ghi {text}", text=stated.text),
            follows=f"{over} / {under} = {format_percent(true, max(stated.digits, 2))}",
            advice=_(
                "Số phần trăm bị cắt bớt thay vì làm tròn; chấp nhận được vì lệch chưa đến một đơn vị ở chữ số cuối."
            )
            if cut
            else _("Tính lại số phần trăm từ tử số và mẫu số."),
            severity="note" if cut else "error",
        )


def _own_figure_against_table(describer: Describer, unit: int) -> Iterator[Discrepancy]:
    """A criterion measured from a table whose own row states a figure too: they must agree to the last digit stated."""
    figures = describer.figures
    for node in describer.rulebook.criteria:
        judged = describer.verdicts.judged.get(node.id)
        if (
            judged is None
            or judged.measured is None
            or node.own
            or any(isinstance(each, ms.Own) and not each.id for each in ms.walk(node.measure or ms.Own("value")))
        ):
            continue
        own, measured = figures.of(node.id, "value")[unit], judged.measured
        if np.isnan(own) or np.isnan(measured.value[unit]):
            continue
        stated, computed = exact(float(own)), measured.exact(unit)
        if computed is None or _agrees(stated, computed, node.is_percent):
            continue
        show: Callable[[Fraction], str] = format_percent if node.is_percent else format_number
        row = describer.row(node, unit)
        yield Discrepancy(
            unit=figures.units[unit].code,
            id=node.id,
            kind="figure-against-table",
            place=figures.sources.place(unit, node.id, "value"),
            says=_("ghi {figure}", figure=show(stated)),
            follows=row.reason,
            advice=_("Sửa kết quả ở hàng này hoặc số liệu trong bảng để hai nơi khớp nhau."),
            other_place=row.place,
        )


def _agrees(stated: Fraction, computed: Fraction, is_percent: bool) -> bool:
    """Within one unit of the last digit that was stated."""
    scaled = stated * 100 if is_percent else stated
    digits = 0
    while (scaled * 10**digits).denominator != 1 and digits < 12:
        digits += 1
    return abs(stated - computed) < Fraction(1, 10**digits * (100 if is_percent else 1))


def _rulebook_checks(describer: Describer, unit: int) -> Iterator[Discrepancy]:
    for each in describer.rulebook.checks:
        if isinstance(each.form, models.Bounded):
            yield from _bounded(describer, each.form, unit)
        elif isinstance(each.form, models.Agree):
            yield from _agree(describer, each, each.form, unit)
        else:
            yield from _add_up(describer, each, each.form, unit)


def _statements(describer: Describer, each: CompiledCheck, unit: int) -> list[tuple[str, Fraction, str, str]]:
    """The known statements of a check: expression, value, place, and the criterion that it belongs to."""
    found = []
    for text, tree in zip(each.texts, each.expressions, strict=True):
        value = evaluate_exactly(tree, Scope(describer.figures, "", lambda name: _measured(describer, name)), unit)
        if value is not None:
            found.append((text, value, *_place(describer.figures, describer.rulebook, tree, unit)))
    return found


def _measured(describer: Describer, name: str) -> Measured:
    judged = describer.verdicts.judged.get(name)
    if judged is not None and judged.measured is not None:
        return judged.measured
    return Measured(describer.figures.missing, None, None, {}, lambda unit: None)


def _place(figures: Figures, rulebook: Rulebook, tree: ms.Expression, unit: int) -> tuple[str, str]:
    for node in ms.walk(tree):
        match node:
            case ms.Fact(name=name):
                return figures.sources.fact_place(unit, name), ""
            case ms.Stated(id=id_):
                return figures.sources.place(unit, id_, "narrative"), id_
            case ms.Own(id=id_, field=field) if id_:
                place = figures.sources.place(unit, id_, field)
                typed = figures.sources.raw(unit, id_, field)
                return (place if typed else figures.sources.place(unit, id_, "value")), id_
            case ms.Column(table=table, name=name):
                return figures.sources.line_place(unit, table, name, 0), ""
    return "", ""


def _agree(describer: Describer, each: CompiledCheck, form: models.Agree, unit: int) -> Iterator[Discrepancy]:
    """Statements of one fact: the first that differs from the others is named with every place."""
    known = _statements(describer, each, unit)
    if len(known) < 2:
        return
    first, within = known[0], Fraction(str(form.within))
    for text, value, place, criterion in known[1:]:
        if abs(value - first[1]) > within:
            yield Discrepancy(
                unit=describer.figures.units[unit].code,
                id=criterion,
                kind="facts-disagree",
                place=place,
                says=_("{label}: {value}", label=form.label, value=_said(value, text, criterion, place)),
                follows=_(
                    "nơi khác ghi {others}",
                    others="; ".join(_said(v, t, i, p) for t, v, p, i in known if abs(v - value) > within),
                ),
                advice=_("Một thông tin chỉ có một giá trị; kiểm tra rồi sửa nơi sai."),
                other_place=next((p for _t, v, p, _i in known if abs(v - value) > within), first[2]),
            )


def _said(value: Fraction, text: str, criterion: str, place: str) -> str:
    """`421 (mục 3.2.1)`, or the cell of a fact: where the statement stands."""
    where = _("mục {id}", id=criterion) if criterion else place or text
    return f"{format_number(value)} ({where})"


def _add_up(describer: Describer, each: CompiledCheck, form: models.AddUp, unit: int) -> Iterator[Discrepancy]:
    known = _statements(describer, each, unit)
    if len(known) != len(each.expressions):
        return  # a missing part is reported where it is missing; nothing can be said of the sum
    (_text, total, place, criterion), *parts = known
    together = sum((value for _t, value, _p, _i in parts), Fraction(0))
    if abs(together - total) > Fraction(str(form.within)):
        yield Discrepancy(
            unit=describer.figures.units[unit].code,
            id=criterion,
            kind="total-disagrees",
            place=place,
            says=_("{label}: tổng ghi {total}", label=form.label, total=format_number(total)),
            follows=_("các phần cộng lại là {sum}", sum=format_number(together)),
            advice=_("Cộng lại các phần, sửa tổng hoặc phần bị sai."),
            other_place=parts[0][2],
        )


def _bounded(describer: Describer, form: models.Bounded, unit: int) -> Iterator[Discrepancy]:
    """Shares of a part in the whole, and of every line that is judged by itself: between 0% and 100%."""
    for name in form.bounded:
        shares = [(name, _measured(describer, name).exact(unit))]
        lines, judged = describer.verdicts.lines.get(name, (None, None))
        if lines is not None and judged is not None and judged.measured is not None:
            exact_line = judged.measured.exact
            shares += [(f"{name}.{number}", exact_line(line)) for number, line in enumerate(lines.of(unit), 1)]
        told: set[str] = set()
        for id_, share in shares:
            if share is None or 0 <= share <= 1:
                continue
            row = next(row for row in describer.rows(unit) if row.id == id_)
            if row.place and row.place in told:
                continue  # a table of one line: its share is the criterion's
            told.add(row.place)
            over = share > 1
            yield Discrepancy(
                unit=row.unit,
                id=id_,
                kind="share-over-100" if over else "share-below-0",
                place=row.place,
                says=_("kết quả {shown}", shown=row.shown),
                follows=_("tỷ lệ này không thể quá 100%") if over else _("tỷ lệ này không thể âm"),
                advice=_("Kiểm tra lại tử số và mẫu số."),
            )
