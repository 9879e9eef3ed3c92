"""One judged figure of one unit (or line of a table) in words: as shown, what is missing, why the verdict."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from nhiemvu.engine.judge import Judged
from nhiemvu.messages import _
from nhiemvu.rules.rulebook import Node, TargetRow
from nhiemvu.rules.target import Target
from nhiemvu.text import exact, format_against, format_date, format_number, format_quantity
from nhiemvu.verdicts import Basis, Verdict


class Finding:
    """One judged figure of one unit (or line), in words."""

    def __init__(
        self,
        node: Node,
        judged: Judged,
        at: int,
        closed: bool,
        numerator_unit: str,
        typed: str,
        conditions: Sequence[str],
    ) -> None:
        self.node, self.judged, self.at, self.closed = node, judged, at, closed
        self.verdict = str(Verdict.of(int(judged.verdict[at])))
        self.basis = str(Basis.of(int(judged.basis[at])))
        self._typed, self._conditions = typed, conditions
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
        return text + " " + _("(đến {date})", date=format_date(self._row.by)) if self._row.by else text

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
            if self._interval is not None or self.node.reads != "number":
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
        """What is missing to meet the target: of the numerator for a ratio, else of the value; whole stays whole."""
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
            return round_up(distance * self._under, whole=self.is_whole)
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
        if self.node.reads != "number":
            figures = f"«{self.shown}»"
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
            if held and self._conditions:
                return _(
                    "{figures} đạt {target}, nhưng điều kiện kèm theo chưa có: {facts}.",
                    figures=figures,
                    target=target,
                    facts=", ".join(self._conditions),
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


def number_of(judged: Judged, field: str, at: int) -> float | None:
    """A figure of a measure for one unit or line; None where it is missing."""
    array = getattr(judged.measured, field) if judged.measured is not None else None
    return None if array is None or np.isnan(array[at]) else float(array[at])


def _exact(array: object, at: int) -> Fraction | None:
    return None if array is None or np.isnan(array[at]) else exact(float(array[at]))  # type: ignore[index]  # an array or None


def round_up(amount: Fraction, *, whole: bool) -> Fraction:
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
