"""From verdicts to rows that a person reads: the result as shown, the reason, what is missing, where it stood."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

from nhiemvu.engine.figures import Figures
from nhiemvu.engine.finding import Finding, round_up
from nhiemvu.engine.grades import Graded, grade, tell
from nhiemvu.engine.judge import Judged
from nhiemvu.engine.outlook import Outlooks, look_ahead, period, tell_milestones, tell_unknown
from nhiemvu.engine.rollup import Verdicts
from nhiemvu.engine.rows import Row, UnitInfo
from nhiemvu.engine.terms import Aim, Terms, state
from nhiemvu.engine.unknown import why_unknown
from nhiemvu.messages import _, current_language
from nhiemvu.rules import measure as ms
from nhiemvu.rules.rulebook import Node, Rulebook
from nhiemvu.text import format_against, format_count, format_number
from nhiemvu.verdicts import Basis, Outlook, Verdict, label

SHOWN_CHILDREN = 8


@dataclass(slots=True)
class _Page:
    """What has been told of the unit that was looked at last, in one language: rows by criterion and line."""

    unit: int
    language: str
    info: UnitInfo
    closed: bool
    rows: dict[tuple[int, int], Row] = field(default_factory=dict)


class Describer:
    """Rows of one evaluation, unit by unit."""

    def __init__(self, rulebook: Rulebook, figures: Figures, verdicts: Verdicts) -> None:
        self.rulebook, self.figures, self.verdicts = rulebook, figures, verdicts
        self._page: _Page | None = None
        self._terms: dict[tuple[int, str], Terms] = {}

    def rows(self, unit: int) -> list[Row]:
        """Every criterion of one unit in reading order, each followed by the lines that are judged by themselves."""
        return [
            self.row(node, unit, line)
            for node in self.rulebook.criteria
            for line in range(1 + self.count_lines(node, unit))
        ]

    def row(self, node: Node, unit: int, line: int = 0) -> Row:
        """One criterion of one unit, or one of its lines (from 1).

        The last unit's rows are kept: a summary, the sheets and the checks all look at them.
        """
        page = self._open(unit)
        key = (node.index, line)
        if key not in page.rows:
            page.rows[key] = (
                self._line(node, page, line)
                if line
                else self._group(node, page)
                if node.kind == "group"
                else self._leaf(node, page)
            )
        return page.rows[key]

    def count_lines(self, node: Node, unit: int) -> int:
        """How many lines of a criterion are judged by themselves."""
        return len(self.verdicts.lines[node.id][0].of(unit)) if node.id in self.verdicts.lines else 0

    def _open(self, unit: int) -> _Page:
        page, language = self._page, current_language()
        if page is None or page.unit != unit or page.language != language:
            page = self._page = _Page(unit, language, self.figures.units[unit], self.closed(unit))
        return page

    def _state(self, node: Node) -> Terms:
        key = (node.index, current_language())
        if key not in self._terms:
            self._terms[key] = state(node, self.rulebook)
        return self._terms[key]

    @cached_property
    def _outlooks(self) -> dict[str, Outlooks | None]:
        return {
            name: look_ahead(self.rulebook.by_id[name], judged, self.figures, self.rulebook)
            for name, judged in self.verdicts.judged.items()
        }

    def verdict(self, node: Node, unit: int) -> str:
        """The verdict as a word."""
        return str(Verdict.of(self.verdicts.verdict.item(node.index, unit)))

    def code(self, unit: int) -> str:
        """The unit's code."""
        return self._open(unit).info.code

    def closed(self, unit: int) -> bool:
        """Is the period over at the unit's cut-off date."""
        days, day = period(self.rulebook), self.figures.units[unit].as_of
        return bool(days and day and day >= days[1])

    # --- groups ----------------------------------------------------------------------------------------------------

    def _group(self, node: Node, page: _Page) -> Row:
        terms, unit = self._state(node), page.unit
        return Row(
            **self._common(node, terms.aims[-1], page),
            value=None,
            numerator=None,
            denominator=None,
            verdict=self.verdict(node, unit),
            basis=str(Basis.of(self.verdicts.basis.item(node.index, unit))),
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
        by_verdict: dict[int, list[str]] = {}
        for child in node.children:
            by_verdict.setdefault(self.verdicts.verdict.item(child, unit), []).append(self.rulebook.criteria[child].id)
        closed = self._open(unit).closed
        parts = []
        for code, verdict in enumerate(Verdict):
            if ids := by_verdict.get(code):
                part = f"{format_count(len(ids))} {label(verdict, closed=closed).lower()}"
                if verdict not in (Verdict.MET, Verdict.EXCEEDED):
                    more = ", …" if len(ids) > SHOWN_CHILDREN else ""
                    part += f" ({', '.join(ids[:SHOWN_CHILDREN])}{more})"
                parts.append(part)
        return _("Gồm {count} nội dung: {parts}", count=format_count(len(node.children)), parts=", ".join(parts))

    # --- leaves and lines ------------------------------------------------------------------------------------------

    def _leaf(self, node: Node, page: _Page) -> Row:
        unit, judged, outlook = page.unit, self.verdicts.judged[node.id], self._outlooks[node.id]
        terms, typed = self._state(node), self.figures.sources.raw(unit, node.id, "value")
        finding = Finding(terms, judged, unit, page.closed, self._numerator_unit(terms, unit), typed)
        return Row(
            **self._common(node, finding.aim, page),
            value=finding.value,
            numerator=self._side(finding.numerator, node, "numerator", unit),
            denominator=self._side(finding.denominator, node, "denominator", unit),
            verdict=finding.verdict,
            basis=finding.basis,
            reason=finding.reason() or self._unknown(node, judged, unit),
            outlook=str(Outlook.of(outlook.outlook.item(unit))) if outlook else str(Outlook.NONE),
            needed=None if finding.needed is None else float(finding.needed),
            place=self._place(terms, unit),
            shown=finding.shown,
            outlook_reason=self._outlook_reason(outlook, finding, page) if outlook else "",
            figures=finding.figures,
            shortfall=finding.shortfall,
        )

    def _side(self, found: float | None, node: Node, field: str, unit: int) -> float | None:
        """Numerator or denominator: of the measure, or as it stands in the row although the result does not need it."""
        return found if found is not None or not node.own else self._stated(node, field, unit)

    def _stated(self, node: Node, field: str, unit: int) -> float | None:
        stated: float = self.figures.of(node.id, field).item(unit)
        return None if math.isnan(stated) else stated

    def _common(self, node: Node, aim: Aim, page: _Page) -> dict[str, Any]:
        declared = self.figures.declared.get(node.id)
        code = -1 if declared is None else declared.item(page.unit)
        narrative = self.figures.narratives.get(node.id)
        return {
            "unit": page.info.code,
            "id": node.id,
            "parent": node.parent,
            "level": node.level,
            "name": node.name,
            "unit_of_measure": node.unit,
            "target": aim.dated,
            "declared": str(Verdict.of(code)) if code >= 0 else "",
            "source": aim.source,
            "source_short": aim.source_short,
            "narrative": "" if narrative is None else str(narrative[page.unit]),
            "forecast": self.figures.sources.raw(page.unit, node.id, "forecast"),
        }

    def _line(self, node: Node, page: _Page, number: int) -> Row:
        terms, (lines, judged) = self._state(node), self.verdicts.lines[node.id]
        columns, line = lines.columns, lines.of(page.unit)[number - 1]
        finding = Finding(terms, judged, line, page.closed, self._numerator_unit(terms, page.unit))
        aim, applies = finding.aim, judged.row.item(line) >= 0
        place = self.figures.sources.line_place

        def text(name: str) -> str:
            return str(columns[name][line]) if name in columns else ""

        return Row(
            unit=page.info.code,
            id=f"{node.id}.{number}",
            parent=node.id,
            level=node.level + 1,
            name=text("name"),
            unit_of_measure=node.unit,
            target=aim.dated,
            value=finding.value,
            numerator=finding.numerator,
            denominator=finding.denominator,
            verdict=finding.verdict,
            basis=finding.basis,
            declared=text("declared"),
            reason=finding.reason() or _("Thiếu số liệu ở hàng này của bảng."),
            outlook=str(Outlook.NONE),
            needed=None if finding.needed is None else float(finding.needed),
            source=aim.source if applies else "",
            source_short=aim.source_short if applies else "",
            place=place(page.unit, node.form.each or "", terms.column.name, number - 1) if terms.column else "",
            kind="line",
            shown=finding.shown,
            narrative=text("narrative"),
            figures=finding.figures,
            shortfall=finding.shortfall,
        )

    def _place(self, terms: Terms, unit: int) -> str:
        """The cell that the figure came from: the criterion's own row, or the first column that its measure reads."""
        node, column, sources = terms.node, terms.column, self.figures.sources
        if node.own or node.measure is None:
            counted = self._stated(node, "numerator", unit) is not None and sources.raw(unit, node.id, "numerator")
            return sources.place(unit, node.id, "numerator" if counted else "value")
        if column is None or column.table == ms.PARTS:
            return sources.place(unit, node.id, "value")
        lines = self.figures.lines.get(column.table)
        return sources.line_place(unit, column.table, column.name, 0) if lines and lines.of(unit) else ""

    def _numerator_unit(self, terms: Terms, unit: int) -> str:
        """The unit of the numerator, for "còn thiếu 811.475.000 đ"."""
        figure = self.figures.sources.figure(unit, terms.node.id)
        return figure.unit if figure is not None and figure.unit else terms.numerator_unit

    def _unknown(self, node: Node, judged: Judged, unit: int) -> str:
        """Why nobody can tell: the one sentence that says what is missing and where."""
        problem = why_unknown(self.rulebook, self.figures, node, judged, unit)
        return problem.text if problem else _("Thiếu số liệu.")

    def _outlook_reason(self, found: Outlooks, finding: Finding, page: _Page) -> str:
        unit, days, day = page.unit, period(self.rulebook), page.info.as_of
        word = Outlook.of(found.outlook.item(unit))
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
            each = round_up(finding.needed / months, whole=finding.is_whole)
            sentence += " " + _("Mỗi tháng còn lại cần {monthly}.", monthly=finding.spell(each))
        milestones = tell_milestones(finding.node, finding.judged, day, unit)
        return f"{sentence} {milestones}" if milestones else sentence
