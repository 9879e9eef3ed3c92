"""One judged figure of one unit (or line of a table) in words: as shown, what is missing, why the verdict."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cached_property

from nhiemvu.engine.judge import Judged
from nhiemvu.engine.terms import Terms, shorten
from nhiemvu.messages import _
from nhiemvu.text import exact, find_digits, format_against, format_number, format_quantity
from nhiemvu.verdicts import Basis, Verdict


class Finding:
    """One judged figure of one unit (or line), in words.

    Attributes:
        verdict, basis: the words of their enumerations.
        value, numerator, denominator: the figures of the measure; None where missing.
        aim: the target that applied, in words.
        shown: the result as officials read it.
        needed: what is missing to meet the target, of the numerator for a ratio, else of the value; whole stays whole.
        is_whole: is it a ratio of whole numbers.
    """

    def __init__(
        self, terms: Terms, judged: Judged, at: int, closed: bool, numerator_unit: str, typed: str = ""
    ) -> None:
        self.terms, self.node, self.judged, self.closed = terms, terms.node, judged, closed
        self.verdict = str(Verdict.of(judged.verdict.item(at)))
        self.basis = str(Basis.of(judged.basis.item(at)))
        self.aim = terms.aims[judged.row.item(at)]
        self._typed = typed
        measured = judged.measured
        self.value, self.numerator, self.denominator = (
            number_of(judged, field, at) for field in ("value", "numerator", "denominator")
        )
        self._value = measured.exact(at) if measured is not None and self.value is not None else None
        self._is_interval = measured is not None and at in measured.intervals
        over, under = self.numerator, self.denominator
        self._ratio = None if over is None or under is None else (exact(over), exact(under))
        self.is_whole = self._ratio is not None and all(each.denominator == 1 for each in self._ratio)
        self.needed_unit = shorten(numerator_unit) if self._ratio else terms.node.unit.replace("%", "")
        self.shown = self._show()
        self.needed = self._miss()

    def _show(self) -> str:
        if self._value is None:
            if self._is_interval or self.node.reads != "number":
                return self._typed
            return f"{format_number(self._ratio[0])}/0" if self._ratio and self._ratio[1] == 0 else ""
        if self.node.is_percent:
            return format_against(self._value, self.aim.bounds, percent=True)
        unit = f" {self.terms.unit}" if self.terms.unit else ""
        return format_against(self._value, self.aim.bounds) + unit

    def _miss(self) -> Fraction | None:
        if self._value is None or self.aim.target is None:
            return None
        if self.verdict in (Verdict.MET, Verdict.EXCEEDED) and self.node.reads == "number":
            return Fraction(0)
        if self.verdict not in (Verdict.MET, Verdict.EXCEEDED, Verdict.NOT_MET):
            return None
        distance = self.aim.target.needed(self._value)
        if distance and self._ratio and self._ratio[1]:
            return round_up(distance * self._ratio[1], whole=self.is_whole)
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
        if self._is_interval and self._value is None:
            return self._interval_reason()
        figures = self.figures if self.node.reads == "number" else f"«{self.shown}»"
        fill = {"figures": figures, "target": self.aim.text}
        if self.verdict == Verdict.MET:
            return _("{figures}, đạt {target}.", **fill)
        if self.verdict == Verdict.EXCEEDED:
            if self.aim.beyond:
                return _("{figures}, đạt {target}; vượt vì {beyond}.", **fill, beyond=self.aim.beyond)
            return _("{figures}, vượt {target}.", **fill)
        return self._tell_miss(figures)

    @cached_property
    def figures(self) -> str:
        """The result with what it was divided from: `0 / 7 = 0%`."""
        if self._ratio is None:
            return self.shown
        over, under = (format_number(each, 4) for each in self._ratio)
        return f"{over} / {under} = {self.shown}" if self.shown else f"{over} / {under}"

    def _interval_reason(self) -> str:
        fill = {"shown": self.shown, "target": self.aim.text}
        if self.verdict == Verdict.NOT_MET:
            return _("Kết quả «{shown}» nằm ngoài {target}.", **fill)
        if self.verdict == Verdict.EXCEEDED:
            beyond = self.aim.beyond or self.aim.text
            return _("Kết quả «{shown}» nằm trọn trong {beyond}, vượt {target}.", **fill, beyond=beyond)
        return _("Kết quả «{shown}» nằm trọn trong {target}, đạt.", **fill)

    def _tell_miss(self, figures: str) -> str:
        fill = {"figures": figures, "target": self.aim.text, "shortfall": self.shortfall}
        fill["word"] = _("không đạt") if self.closed else _("chưa đạt")
        if self._lacks_conditions:
            if not figures:
                return _("Chưa có số liệu, nhưng {word} {target} vì {shortfall}.", **fill)
            return _("{figures} đạt {target}, nhưng {shortfall}.", **fill)
        if not self.shortfall:
            return _("{figures}, {word} {target}.", **fill)
        return _("{figures}, {word} {target}; {shortfall}.", **fill)

    @cached_property
    def _lacks_conditions(self) -> bool:
        """Would the figure do, were there what must come with it; or is there no figure, and this alone decides."""
        if self.verdict != Verdict.NOT_MET or self.needed or not self.terms.conditions:
            return False
        if self._value is None and not self.figures:
            return self.basis == Basis.COMPUTED  # else the unit itself says that it is not met
        return self.aim.target is not None and self._value is not None and bool(self.aim.target.test(self._value))

    @cached_property
    def shortfall(self) -> str:
        """What is missing where the target is not met: `còn thiếu 7.780.000 đ`; empty where nobody can say."""
        needed = self.needed
        if self._lacks_conditions:
            return _("điều kiện kèm theo chưa có: {facts}", facts=", ".join(self.terms.conditions))
        if self.verdict != Verdict.NOT_MET or not needed:
            return ""
        amount = self.spell(abs(needed))
        return _("còn thiếu {amount}", amount=amount) if needed > 0 else _("vượt quá {amount}", amount=amount)

    def spell(self, amount: Fraction) -> str:
        """So much of what is missing, with its unit; of shares, points."""
        if self.needed_unit == "%" or (self.node.is_percent and self._ratio is None):
            points = amount * 100
            return _("{points} điểm phần trăm", points=format_number(points, find_digits(points, 4)))
        if self.needed_unit:
            return format_quantity(amount, self.needed_unit, find_digits(amount))
        return format_number(amount, find_digits(amount, 4))


def number_of(judged: Judged, field: str, at: int) -> float | None:
    """A figure of a measure for one unit or line; None where it is missing."""
    array = getattr(judged.measured, field) if judged.measured is not None else None
    if array is None:
        return None
    number: float = array.item(at)
    return None if math.isnan(number) else number


def round_up(amount: Fraction, *, whole: bool) -> Fraction:
    """Half a household is no household: where the figures are whole, so is what is missing."""
    if not whole:
        return amount
    return Fraction(math.ceil(amount) if amount > 0 else math.floor(amount))
