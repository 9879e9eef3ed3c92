"""From verdicts to rows that a person reads: the result as shown, the reason as a sentence, what is missing, where it stood."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np

from nhiemvu.engine.rows import Row
from nhiemvu.engine.figures import Figures, Lines
from nhiemvu.engine.judge import NO_ROW, Judged
from nhiemvu.engine.outlook import Outlooks, look_ahead, period
from nhiemvu.engine.rollup import Verdicts
from nhiemvu.errors import Place, Problem
from nhiemvu.messages import N_, _, current_language
from nhiemvu.rules import measure as ms
from nhiemvu.rules.rulebook import Node, Rulebook, TargetRow, show_source
from nhiemvu.rules.target import Target
from nhiemvu.text import exact, format_against, format_count, format_date, format_number, format_quantity
from nhiemvu.verdicts import Basis, Outlook, Verdict, label

SHOWN_CHILDREN = 8


class Describer:
    """Rows of one evaluation, unit by unit. Problems that only show here (x of 0, a missing fact) are collected in `problems`."""

    def __init__(self, rulebook: Rulebook, figures: Figures, verdicts: Verdicts) -> None:
        self.rulebook, self.figures, self.verdicts = rulebook, figures, verdicts
        self._kept: tuple[tuple[int, str], list[Row]] = ((-1, ""), [])
        self._outlooks: dict[str, Outlooks | None] = {
            name: look_ahead(rulebook.by_id[name], judged, figures, rulebook)
            for name, judged in verdicts.judged.items()
        }

    def rows(self, unit: int) -> list[Row]:
        """Every criterion of one unit in reading order, each followed by the lines that are judged by themselves.

        The last unit's rows are kept: a summary, the sheets and the checks all look at them.
        """
        key = (unit, current_language())
        if self._kept[0] != key:
            self._kept = (key, list(self._put_into_words(unit)))
        return self._kept[1]

    def _put_into_words(self, unit: int) -> Iterator[Row]:
        for node in self.rulebook.criteria:
            if node.kind == "group":
                yield self._group(node, unit)
                continue
            judged = self.verdicts.judged[node.id]
            yield self._leaf(node, judged, unit)
            if node.id in self.verdicts.lines:
                lines, by_line = self.verdicts.lines[node.id]
                for number, line in enumerate(lines.of(unit)):
                    yield self._line(node, lines, by_line, unit, line, number)

    def verdict(self, node: Node, unit: int) -> str:
        """The verdict as a word."""
        return str(Verdict.of(int(self.verdicts.verdict[node.index, unit])))

    def closed(self, unit: int) -> bool:
        """Is the period over at the unit's cut-off date."""
        days, day = period(self.rulebook), self.figures.units[unit].as_of
        return bool(days and day and day >= days[1])

    # --- groups ----------------------------------------------------------------------------------------------------

    def _group(self, node: Node, unit: int) -> Row:
        verdict = self.verdict(node, unit)
        return Row(
            **self._common(node, unit),
            target=node.target_text,
            value=None,
            numerator=None,
            denominator=None,
            verdict=verdict,
            basis=str(Basis.of(int(self.verdicts.basis[node.index, unit]))),
            reason=self.count_children(node, unit),
            outlook=str(Outlook.NONE),
            needed=None,
            place=self.figures.sources.place(unit, node.id, "name"),
            kind="group",
        )

    def count_children(self, node: Node, unit: int) -> str:
        """`Gồm 05 nhiệm vụ: 04 chưa đạt (1.1, 1.2, 1.3, 1.5), 01 thiếu số liệu (1.4)`."""
        by_verdict: dict[str, list[str]] = {}
        for child in node.children:
            other = self.rulebook.criteria[child]
            by_verdict.setdefault(self.verdict(other, unit), []).append(other.id)
        closed = self.closed(unit)
        parts = []
        for verdict in Verdict:
            ids = by_verdict.get(verdict, [])
            if ids:
                part = f"{format_count(len(ids))} {label(verdict, closed=closed).lower()}"
                if verdict not in (Verdict.MET, Verdict.EXCEEDED):
                    more = ", …" if len(ids) > SHOWN_CHILDREN else ""
                    part += f" ({', '.join(ids[:SHOWN_CHILDREN])}{more})"
                parts.append(part)
        return _("Gồm {count} nội dung: {parts}", count=format_count(len(node.children)), parts=", ".join(parts))

    # --- leaves and lines ------------------------------------------------------------------------------------------

    def _leaf(self, node: Node, judged: Judged, unit: int) -> Row:
        outlook = self._outlooks[node.id]
        numerator_unit = self._numerator_unit(node, unit)
        finding = _Finding(
            node, judged, unit, self.closed(unit), numerator_unit, self.figures.sources.raw(unit, node.id, "value")
        )
        return Row(
            **self._common(node, unit),
            target=finding.target_text,
            value=_number(judged, "value", unit),
            numerator=self._side(node, judged, "numerator", unit),
            denominator=self._side(node, judged, "denominator", unit),
            verdict=finding.verdict,
            basis=finding.basis,
            reason=finding.reason() or self._unknown(node, judged, unit),
            outlook=str(Outlook.of(int(outlook.outlook[unit]))) if outlook else str(Outlook.NONE),
            needed=None if finding.needed is None else float(finding.needed),
            place=self._place(node, unit),
            shown=finding.shown,
            outlook_reason=self._outlook_reason(outlook, finding, unit) if outlook else "",
        )

    def _side(self, node: Node, judged: Judged, field: str, unit: int) -> float | None:
        """Numerator or denominator: of the measure, or as it stands in the row although the result does not need it."""
        found = _number(judged, field, unit)
        stated = self.figures.of(node.id, field)[unit] if node.own else np.nan
        return found if found is not None or np.isnan(stated) else float(stated)

    def _common(self, node: Node, unit: int) -> dict[str, object]:
        declared = self.figures.declared.get(node.id)
        narrative = self.figures.narratives.get(node.id)
        judged = self.verdicts.judged.get(node.id)
        row = self._target_row(node, judged, unit)
        return {
            "unit": self.figures.units[unit].code,
            "id": node.id,
            "parent": node.parent,
            "level": node.level,
            "name": node.name,
            "unit_of_measure": node.unit,
            "declared": str(Verdict.of(int(declared[unit]))) if declared is not None and declared[unit] >= 0 else "",
            "source": show_source(row.source) if row else node.source_text,
            "source_short": show_source(row.source, short=True) if row else node.show_sources(short=True),
            "narrative": str(narrative[unit]) if narrative is not None else "",
        }

    @staticmethod
    def _target_row(node: Node, judged: Judged | None, unit: int) -> TargetRow | None:
        return node.targets[int(judged.row[unit])] if judged is not None and judged.row[unit] >= 0 else None

    def _line(self, node: Node, lines: Lines, judged: Judged, unit: int, line: int, number: int) -> Row:
        columns = lines.columns
        table = node.form.each or ""
        finding = _Finding(node, judged, line, self.closed(unit), self._numerator_unit(node, unit), "")
        first = next(each for each in ms.walk(node.measure) if isinstance(each, ms.Column)) if node.measure else None

        target = self._target_row(node, judged, line)

        def text(name: str) -> str:
            return str(columns[name][line]) if name in columns else ""

        return Row(
            unit=self.figures.units[unit].code,
            id=f"{node.id}.{number + 1}",
            parent=node.id,
            level=node.level + 1,
            name=text("name"),
            unit_of_measure=node.unit,
            target=finding.target_text,
            value=_number(judged, "value", line),
            numerator=_number(judged, "numerator", line),
            denominator=_number(judged, "denominator", line),
            verdict=finding.verdict,
            basis=finding.basis,
            declared=text("declared"),
            reason=finding.reason() or _("Thiếu số liệu ở hàng này của bảng."),
            outlook=str(Outlook.NONE),
            needed=None if finding.needed is None else float(finding.needed),
            source=show_source(target.source) if target else "",
            source_short=show_source(target.source, short=True) if target else "",
            place=self.figures.sources.line_place(unit, table, first.name, number) if first else "",
            kind="line",
            shown=finding.shown,
            narrative=text("narrative"),
        )

    def _place(self, node: Node, unit: int) -> str:
        """The cell that the figure came from: the criterion's own row, or the first column that its measure reads."""
        sources = self.figures.sources
        if node.own or node.measure is None:
            figures = self.figures.own
            field = "value"
            if (node.id, "numerator") in figures and sources.raw(unit, node.id, "numerator"):
                field = "numerator"
            return sources.place(unit, node.id, field)
        first = next((each for each in ms.walk(node.measure) if isinstance(each, ms.Column)), None)
        if first is None or first.table == ms.PARTS:
            return sources.place(unit, node.id, "value")
        return sources.line_place(unit, first.table, first.name, 0) if len(self._table_of(first.table, unit)) else ""

    def _table_of(self, table: str, unit: int) -> range:
        lines = self.figures.lines.get(table)
        return lines.of(unit) if lines is not None else range(0)

    def _numerator_unit(self, node: Node, unit: int) -> str:
        """The unit of the numerator, for "còn thiếu 811.475.000 đ"."""
        figure = self.figures.sources.figure(unit, node.id)
        if figure is not None and figure.unit:
            return figure.denominator_unit or figure.unit if figure.kind == "ratio" and not figure.unit else figure.unit
        inner = node.measure
        while isinstance(inner, (ms.Operation, ms.Aggregate)):
            inner = inner.left if isinstance(inner, ms.Operation) else inner.of
        if isinstance(inner, ms.Column) and inner.table in self.rulebook.tables:
            table = self.rulebook.tables[inner.table]
            column = table.columns.get(inner.name)
            return (column.unit if column else "") or table.unit
        return ""

    def _unknown(self, node: Node, judged: Judged, unit: int) -> str:
        """Why nobody can tell: the one sentence that says what is missing and where."""
        problem = self.why_unknown(node, judged, unit)
        return problem.text if problem else _("Thiếu số liệu.")

    def why_unknown(self, node: Node, judged: Judged, unit: int) -> Problem | None:
        """What keeps a criterion from being judged, as a finding; None where it is judged."""
        if self.verdict(node, unit) != Verdict.NO_DATA:
            return None
        row = int(judged.row[unit])
        sources = self.figures.sources

        def say(code: str, message: str, **fill: object) -> Problem:
            sheet, _, cell = (sources.place(unit, node.id, "value")).partition("!")
            place = Place(self.figures.units[unit].file, sheet, cell)
            return Problem(code, message, place, fill, criterion=node.id, unit=self.figures.units[unit].code)

        if row == NO_ROW:
            return say(
                "no-target-in-force",
                N_("Không có ngưỡng nào có hiệu lực cho đơn vị và ngày này; xem lại ngày số liệu và bộ quy tắc."),
            )
        if row < NO_ROW:
            facts = ", ".join(
                dict.fromkeys(self._fact_label(name) for each in node.targets for name in each.decision.when)
            )
            if np.isnat(self.figures.dates[unit]):
                facts = ", ".join(filter(None, [facts, _("ngày số liệu")]))
            return say(
                "missing-fact",
                N_("Chưa biết {facts} nên chưa chọn được ngưỡng; ghi vào thông tin chung của sổ."),
                facts=facts,
            )
        if node.targets[row].target is None:
            return say("hole", N_("Ngưỡng chưa được quy định: {hole}."), hole=node.targets[row].hole)
        if judged.measured is None:
            return say("no-declaration", N_("Tiêu chí này xét theo tự đánh giá, nhưng đơn vị chưa ghi tự đánh giá."))
        unread = sources.unread(unit, node.id)
        if unread is not None:
            return unread
        measured = judged.measured
        if measured.denominator is not None and measured.denominator[unit] == 0 and measured.numerator is not None:
            if measured.numerator[unit] == 0:
                return say("zero-of-zero", N_("Tử số và mẫu số cùng bằng 0; quy tắc yêu cầu phải có số liệu."))
            over = format_number(exact(float(measured.numerator[unit])))
            return say("divided-by-zero", N_("Tử số là {numerator} mà mẫu số là 0; xem lại mẫu số."), numerator=over)
        if unit in measured.intervals:
            return say(
                "bound-undecided",
                N_("Kết quả chỉ cho biết một khoảng, chưa đủ để so với ngưỡng; hãy ghi con số cụ thể."),
            )
        for fact, allowed in node.requires.items():
            values = self.figures.facts.get(fact)
            if values is None or values[unit] == "":
                return say(
                    "missing-fact",
                    N_("Chưa biết {facts}; ghi vào thông tin chung của sổ."),
                    facts=self._fact_label(fact),
                    allowed=allowed,
                )
        if node.own:
            return say("no-figure", N_("Chưa có số liệu: điền kết quả, hoặc tử số và mẫu số, ở hàng {id}."), id=node.id)
        return say("no-figure", N_("Thiếu số liệu để tính «{measure}»."), measure=node.form.measure or "")

    def _fact_label(self, name: str) -> str:
        fact = self.rulebook.facts.get(name)
        return f"«{fact.label}»" if fact else name

    def _outlook_reason(self, found: Outlooks, finding: _Finding, unit: int) -> str:
        days, day = period(self.rulebook), self.figures.units[unit].as_of
        word = Outlook.of(int(found.outlook[unit]))
        if days is None or day is None or word in (Outlook.NONE, Outlook.UNKNOWN):
            return _("Chưa dự báo được: thiếu ngày số liệu hoặc kết quả.") if word == Outlook.UNKNOWN else ""
        if word == Outlook.DONE:
            return _("Đã đạt.")
        elapsed, total = (day - days[0]).days, (days[1] - days[0]).days + 1
        done, pace = Fraction(float(found.done[unit])), Fraction(float(found.pace[unit]))
        sentence = (
            _(
                "Đã qua {elapsed}/{total} ngày, cần {pace} mục tiêu, mới được {done}, kém {behind} điểm.",
                elapsed=elapsed,
                total=total,
                pace=format_against(pace, [], percent=True, digits=1),
                done=format_against(done, [Fraction(1)], percent=True, digits=1),
                behind=format_number(max(Fraction(0), (pace - done) * 100), 1),
            )
            if done < pace
            else _(
                "Đã qua {elapsed}/{total} ngày, cần {pace} mục tiêu, đã được {done}.",
                elapsed=elapsed,
                total=total,
                pace=format_against(pace, [], percent=True, digits=1),
                done=format_against(done, [Fraction(1)], percent=True, digits=1),
            )
        )
        months = (days[1].year - day.year) * 12 + days[1].month - day.month
        if finding.needed and months > 0:
            monthly = format_quantity(_rounded_up(finding.needed / months, whole=finding.is_whole), finding.needed_unit)
            sentence += " " + _("Mỗi tháng còn lại cần {monthly}.", monthly=monthly)
        return sentence


class _Finding:
    """One judged figure of one unit (or line), in words."""

    def __init__(self, node: Node, judged: Judged, at: int, closed: bool, numerator_unit: str, typed: str) -> None:
        self.node, self.judged, self.at, self.closed = node, judged, at, closed
        self.verdict = str(Verdict.of(int(judged.verdict[at])))
        self.basis = str(Basis.of(int(judged.basis[at])))
        self._typed = typed
        row = node.targets[int(judged.row[at])] if judged.row[at] >= 0 else None
        self._row = row
        self._target = row.target if row else None
        measured = judged.measured
        self._value = measured.exact(at) if measured is not None and not np.isnan(measured.value[at]) else None
        self._interval = measured.intervals.get(at) if measured is not None else None
        self._over = _exact(measured.numerator, at) if measured is not None else None
        self._under = _exact(measured.denominator, at) if measured is not None else None
        self._is_ratio = self._over is not None and self._under is not None
        self.is_whole = self._is_ratio and self._over.denominator == 1 and self._under.denominator == 1  # type: ignore[union-attr]  # both are known
        self.needed_unit = (_short(numerator_unit) if self._is_ratio else node.unit.replace("%", "")) or ""

    @property
    def target_text(self) -> str:
        """The target that applied to this unit, with its deadline."""
        if self._row is None:
            return self.node.target_text
        text = _shown_target(self._row, self.node.unit)
        return f"{text} ({_('đến {date}', date=format_date(self._row.by))})" if self._row.by else text

    @property
    def _bounds(self) -> Sequence[Fraction]:
        exceeds = self._row.exceeds if self._row else None
        return [bound for target in (self._target, exceeds) if target for bound in target.bounds]

    @property
    def _beyond(self) -> str:
        """The level of the target that is beyond it, where the rule names one."""
        return _with_unit(self._row.exceeds, self.node.unit) if self._row and self._row.exceeds else ""

    @property
    def shown(self) -> str:
        """The result as officials read it."""
        if self._value is None:
            if self._interval is not None:
                return self._typed
            if self._is_ratio and self._under == 0:
                return f"{format_number(self._over)}/0"  # type: ignore[arg-type]  # known where it is a ratio
            return ""
        if self.node.is_percent:
            return format_against(self._value, self._bounds, percent=True)
        unit = "" if self.node.unit == "" else f" {_short(self.node.unit)}"
        return format_against(self._value, self._bounds) + unit

    @property
    def needed(self) -> Fraction | None:
        """What is missing to meet the target: of the numerator for a ratio, else of the value. Whole figures stay whole."""
        if (
            self._value is None
            or self._target is None
            or self.verdict not in (Verdict.MET, Verdict.EXCEEDED, Verdict.NOT_MET)
        ):
            return None
        distance = self._target.needed(self._value)
        if distance is None or distance == 0:
            return distance
        if self._is_ratio and self._under:
            return _rounded_up(distance * self._under, whole=self.is_whole)
        return distance

    def reason(self) -> str:
        """The sentence behind the verdict; empty where it is unknown, which somebody else explains."""
        if self.basis == Basis.DECLARED and self.verdict != Verdict.NO_DATA:
            if self.node.evidence == "declared":
                return _("Theo tự đánh giá của đơn vị; tiêu chí này không đo bằng số liệu.")
            return _("Theo tự đánh giá của đơn vị; không có số liệu để tính.")
        if self.verdict == Verdict.NOT_APPLICABLE:
            return _("0/0: không phát sinh.")
        if self.verdict == Verdict.NO_DATA:
            return ""
        figures = self._figures()
        if self._interval is not None and self._value is None:
            return self._interval_reason()
        target = _shown_target(self._row, self.node.unit) if self._row else ""
        if self.verdict in (Verdict.MET, Verdict.EXCEEDED):
            fill = {"figures": figures, "target": target}
            if self.verdict == Verdict.MET:
                return _("{figures}, đạt {target}.", **fill)
            if self._beyond:
                return _("{figures}, đạt {target}; vượt vì {beyond}.", **fill, beyond=self._beyond)
            return _("{figures}, vượt {target}.", **fill)
        return self._shortfall(figures, target)

    def _figures(self) -> str:
        if self._is_ratio:
            over, under = format_number(self._over, 4), format_number(self._under, 4)  # type: ignore[arg-type]  # known where it is a ratio
            return f"{over} / {under} = {self.shown}" if self.shown else f"{over} / {under}"
        return self.shown

    def _interval_reason(self) -> str:
        target = _shown_target(self._row, self.node.unit) if self._row else ""
        fill = {"shown": self.shown, "target": target}
        if self.verdict == Verdict.NOT_MET:
            return _("Kết quả «{shown}» nằm ngoài {target}.", **fill)
        if self.verdict == Verdict.EXCEEDED:
            return _("Kết quả «{shown}» nằm trọn trong {beyond}, vượt {target}.", **fill, beyond=self._beyond or target)
        return _("Kết quả «{shown}» nằm trọn trong {target}, đạt.", **fill)

    def _shortfall(self, figures: str, target: str) -> str:
        word = _("không đạt") if self.closed else _("chưa đạt")
        needed = self.needed
        if not needed:
            held = self._target is not None and self._value is not None and self._target.test(self._value)
            if held and self.node.requires:
                return _(
                    "{figures} đạt {target}, nhưng điều kiện kèm theo chưa có: {facts}.",
                    figures=figures,
                    target=target,
                    facts=", ".join(self.node.requires),
                )
            return _("{figures}, {word} {target}.", figures=figures, word=word, target=target)
        if self.node.is_percent and not self._is_ratio:
            amount = _("{points} điểm phần trăm", points=format_number(abs(needed) * 100, 4))
        else:
            amount = (
                format_quantity(abs(needed), self.needed_unit) if self.needed_unit else format_number(abs(needed), 4)
            )
        fill = {"figures": figures, "word": word, "target": target, "amount": amount}
        return (
            _("{figures}, {word} {target}; còn thiếu {amount}.", **fill)
            if needed > 0
            else _("{figures}, {word} {target}; vượt quá {amount}.", **fill)
        )


def _number(judged: Judged, field: str, at: int) -> float | None:
    array = getattr(judged.measured, field) if judged.measured is not None else None
    return None if array is None or np.isnan(array[at]) else float(array[at])


def _exact(array: object, at: int) -> Fraction | None:
    return None if array is None or np.isnan(array[at]) else exact(float(array[at]))  # type: ignore[index]  # an array or None


def _rounded_up(amount: Fraction, *, whole: bool) -> Fraction:
    """Half a household is no household: where the figures are whole, so is what is missing."""
    if not whole:
        return amount
    return Fraction(math.ceil(amount) if amount > 0 else math.floor(amount))


def _shown_target(row: TargetRow, unit: str) -> str:
    """`100%` for `= 100%`, else the standard form, with the unit where it is not per cent."""
    if row.target is None:
        return row.hole
    return _with_unit(row.target, unit)


def _with_unit(target: Target, unit: str) -> str:
    text = target.shown.removeprefix("= ")
    return text if unit in ("", "%") or target.kind != "number" else f"{text} {_short(unit)}"


def _short(unit: str) -> str:
    return "đ" if unit in ("đồng", "đ") else unit
