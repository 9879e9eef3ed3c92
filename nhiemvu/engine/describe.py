"""From verdicts to rows that a person reads: the result as shown, the reason, what is missing, where it stood."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from nhiemvu.engine.figures import Figures, Lines
from nhiemvu.engine.finding import Finding, number_of, round_up
from nhiemvu.engine.grades import Graded, grade, tell
from nhiemvu.engine.judge import Judged
from nhiemvu.engine.outlook import Outlooks, look_ahead, period, tell_milestones, tell_unknown
from nhiemvu.engine.rollup import Verdicts
from nhiemvu.engine.rows import Row
from nhiemvu.engine.unknown import why_unknown
from nhiemvu.messages import _, current_language
from nhiemvu.rules import measure as ms
from nhiemvu.rules.rulebook import Node, Rulebook, TargetRow, show_source
from nhiemvu.text import format_against, format_count, format_number, format_quantity
from nhiemvu.verdicts import Basis, Outlook, Verdict, label

SHOWN_CHILDREN = 8


class Describer:
    """Rows of one evaluation, unit by unit."""

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
            reason=self._tell_group(node, unit),
            outlook=str(Outlook.NONE),
            needed=None,
            place=self.figures.sources.place(unit, node.id, "name"),
            kind="group",
        )

    def _tell_group(self, node: Node, unit: int) -> str:
        """The counts of the children, and what they add up to where the rule adds up."""
        counts, score = self.count_children(node, unit), self.verdicts.scores.get(node.id)
        graded = self.grades.get(node.id)
        added = tell(node, score, graded[1] if graded else None, unit) if score else ""
        return f"{counts}; {added}" if added else counts

    @cached_property
    def grades(self) -> dict[str, tuple[Node, Graded]]:
        """The grades of every criterion that has a table of them, over all units."""
        verdicts, nodes = self.verdicts, [self.rulebook.by_id[name] for name in self.verdicts.scores]
        return {
            node.id: (node, grade(node, verdicts.scores[node.id], verdicts.verdict[node.index], self.figures))
            for node in nodes
            if node.scoring is not None and node.scoring.grades
        }

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
        typed = self.figures.sources.raw(unit, node.id, "value")
        numerator_unit, conditions = self._numerator_unit(node, unit), self._conditions(node)
        finding = Finding(node, judged, unit, self.closed(unit), numerator_unit, typed, conditions)
        return Row(
            **self._common(node, unit),
            target=finding.target_text,
            value=number_of(judged, "value", unit),
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
        found = number_of(judged, field, unit)
        stated = self.figures.of(node.id, field)[unit] if node.own else np.nan
        return found if found is not None or np.isnan(stated) else float(stated)

    def _common(self, node: Node, unit: int) -> dict[str, Any]:
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
        finding = Finding(
            node, judged, line, self.closed(unit), self._numerator_unit(node, unit), "", self._conditions(node)
        )
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
            value=number_of(judged, "value", line),
            numerator=number_of(judged, "numerator", line),
            denominator=number_of(judged, "denominator", line),
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

    def _conditions(self, node: Node) -> list[str]:
        """The facts that a criterion requires, by the names that officials know."""
        return [f"«{self.rulebook.facts[name].label}»" for name in node.requires if name in self.rulebook.facts]

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
        problem = why_unknown(self.rulebook, self.figures, node, judged, unit)
        return problem.text if problem else _("Thiếu số liệu.")

    def _outlook_reason(self, found: Outlooks, finding: Finding, unit: int) -> str:
        days, day = period(self.rulebook), self.figures.units[unit].as_of
        word = Outlook.of(int(found.outlook[unit]))
        if word == Outlook.UNKNOWN:
            return tell_unknown(finding.node, self.figures, self.rulebook, unit)
        if days is None or day is None or word == Outlook.NONE:
            return ""
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
            monthly = format_quantity(round_up(finding.needed / months, whole=finding.is_whole), finding.needed_unit)
            sentence += " " + _("Mỗi tháng còn lại cần {monthly}.", monthly=monthly)
        milestones = tell_milestones(finding.node, finding.judged, day, unit)
        return f"{sentence} {milestones}" if milestones else sentence
