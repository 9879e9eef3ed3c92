"""A history as one SVG that stands alone: a line of figures, or columns of verdicts.

Every verdict has its word and its symbol beside its colour; light and dark follow the reader's system; a title and a
description say the same to who cannot see it. The page of a history draws the same picture.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from xml.etree import ElementTree as ET  # (writes only)

from nhiemvu.messages import _
from nhiemvu.report.history import UNSAID, Trend, find_bound, show_value, show_verdict
from nhiemvu.report.summary import SYMBOLS
from nhiemvu.rules.dimensions import is_share
from nhiemvu.text import exact, format_number, format_percent, name_period, shorten_period
from nhiemvu.verdicts import Verdict

_LEFT, _RIGHT, _PLOT = 64, 28, 280
_LEAST_WIDTH = 680
_ADVANCE = 0.54  # of the size: the width of a letter, on average; texts are wrapped a little early rather than late
_BOLD = 1.15  # how much wider bold letters are

# ink and fill by verdict, for light and for dark; ink has a contrast of at least 4.5 to 1 on its fill and on the ground
_LIGHT = {
    Verdict.EXCEEDED: ("#0B3D7A", "#DCE8F7"),
    Verdict.MET: ("#0F5132", "#DDF0E4"),
    Verdict.NOT_MET: ("#8A1C26", "#FAE1E3"),
    Verdict.NOT_ASSESSED: ("#5F4700", "#FFF3CD"),
    Verdict.NO_DATA: ("#4A2A7B", "#EAE3F5"),
    Verdict.NOT_APPLICABLE: ("#454C54", "#EDEFF1"),
}
_DARK = {
    Verdict.EXCEEDED: ("#A9CDF7", "#173A63"),
    Verdict.MET: ("#A3DDB8", "#16452D"),
    Verdict.NOT_MET: ("#F7B3B8", "#591D25"),
    Verdict.NOT_ASSESSED: ("#F2D582", "#4A3B10"),
    Verdict.NO_DATA: ("#D3C0F5", "#3D2B60"),
    Verdict.NOT_APPLICABLE: ("#C3CAD1", "#343B42"),
}
_GROUND = {"light": ("#FFFFFF", "#1A1A1A", "#4A5560", "#D3DAE2"), "dark": ("#15191D", "#E8EBEE", "#B0B9C2", "#3A434C")}


def draw_svg(trend: Trend) -> str:
    """The whole picture.

    Returns:
        An SVG document, the same for the same history; nothing in it is fetched from anywhere.
    """
    return ET.tostring(draw(trend), encoding="unicode") + "\n"


def draw(trend: Trend) -> ET.Element:
    """The picture as an element, for a page."""
    svg = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "class": "history", "role": "img"})
    svg.set("aria-labelledby", "history-title history-desc")
    ET.SubElement(svg, "title", id="history-title").text = trend.title
    ET.SubElement(svg, "desc", id="history-desc").text = ". ".join(describe(trend)) + "."
    ET.SubElement(svg, "style").text = _STYLE
    ground = ET.SubElement(svg, "rect", {"class": "ground"})
    picture = _Picture(svg, trend)
    width, height = f"{picture.width:g}", f"{picture.draw():g}"
    svg.set("viewBox", f"0 0 {width} {height}")
    for each in (svg, ground):
        each.set("width", width)
        each.set("height", height)
    return svg


def describe(trend: Trend) -> Iterator[str]:
    """What the picture shows, a sentence a period."""
    for span, count in zip(trend.spans, trend.counts, strict=True):
        if trend.kind == "series":
            point = trend.lines[0].points[span]
            said = [show_value(point), show_verdict(point).partition(" ")[2], point.reason]
        else:
            said = [f"{format_number(count[each])} {each.label.lower()}" for each in Verdict if count[each]]
            said += [_("{count} chưa suy được", count=count[""])] if count[""] else []
        yield f"{name_period(*span)}: " + ", ".join(part for part in said if part)


class _Picture:
    """Draws from the top to the bottom; `y` is how far it has come."""

    def __init__(self, svg: ET.Element, trend: Trend) -> None:
        self._svg, self._trend = svg, trend
        self._points = [trend.lines[0].points[span] for span in trend.spans] if trend.kind == "series" else []
        self._bound = find_bound(self._points) if self._points else None
        values = [point.value for point in self._points if point.value is not None]
        totals = [float(sum(count.values())) for count in trend.counts] if not self._points else []
        self._has_axis = bool(values or totals)
        marks = [*values, *totals, *([] if self._bound is None else [self._bound])]
        self._low, self._high, self._step = _scale(marks, whole=bool(totals))
        count = len(trend.spans)
        ends = [len(self._name_mark(mark)) for mark in (self._low, self._high, self._low + self._step)]
        self._left = max(_LEFT, 20 + max(ends) * 13 * _ADVANCE * _BOLD)
        self.width = max(_LEAST_WIDTH, self._left + _RIGHT + (104 if count <= 8 else 78) * count)
        self._slot = (self.width - self._left - _RIGHT) / count
        self._y = 0.0

    def _name_mark(self, at: float) -> str:
        if self._points and is_share(self._points[-1].criterion.unit_of_measure):
            return format_percent(exact(at))
        return format_number(exact(at), 6)

    def draw(self) -> float:
        """Everything; gives the height."""
        trend = self._trend
        self._write(trend.title, "title", 18, 1.35)
        dotted = " " + _("(đường chấm)") if self._bound is not None and self._has_axis else ""
        self._write(trend.subtitle + dotted, "quiet", 14, 1.45)
        if self._points:
            if self._has_axis:
                self._draw_line()
            self._draw_periods([point.verdict for point in self._points])
        else:
            self._draw_legend()
            self._draw_columns()
            self._draw_periods()
        for note in self._notes():
            self._write(note, "quiet", 13, 1.4)
        return self._y + 20

    # --- pieces ----------------------------------------------------------------------------------------------------

    def _add(self, name: str, **attributes: object) -> ET.Element:
        named = {key.rstrip("_").replace("_", "-"): _number(value) for key, value in attributes.items()}
        return ET.SubElement(self._svg, name, named)

    def _text(self, text: str, x: float, y: float, look: str, size: float, anchor: str = "start") -> None:
        self._add("text", x=x, y=y, class_=look, font_size=size, text_anchor=anchor).text = text

    def _write(self, text: str, look: str, size: float, leading: float) -> None:
        """Lines of text from the left margin to the right one."""
        advance = _ADVANCE * (_BOLD if look == "title" else 1)
        for line in _wrap(text, (self.width - 2 * 24) / (size * advance)):
            self._y += size * leading + (8 if self._y == 0 else 0)
            self._text(line, 24, self._y, look, size)

    def _middle(self, number: int) -> float:
        return self._left + self._slot * (number + 0.5)

    def _draw_legend(self) -> None:
        """Every verdict that occurs, with its symbol and word."""
        used = [each for each in Verdict if any(count[each] for count in self._trend.counts)]
        words = [(f"v-{each}", f"{SYMBOLS[each]} {each.label}") for each in used]
        if any(count[""] for count in self._trend.counts):
            words.append(("v-unsaid", _("· Chưa suy được")))
        x = 24.0
        self._y += 26
        for look, word in words:
            wide = 20 + len(word) * 14 * _ADVANCE
            if x + wide > self.width - 24:
                x, self._y = 24.0, self._y + 24
            self._add("rect", x=x, y=self._y - 12, width=14, height=14, rx=2, class_=look)
            self._text(word, x + 20, self._y, "ink", 14)
            x += wide + 18
        self._y += 8

    def _draw_axis(self) -> tuple[float, float]:
        """The scale at the left with its lines; gives the y of 0 and the pixels of 1."""
        bottom = self._y + 34 + _PLOT  # room for the figure above the topmost mark
        per = _PLOT / (self._high - self._low)
        for number in range(round((self._high - self._low) / self._step) + 1):
            at = self._low + number * self._step
            y = bottom - (at - self._low) * per
            look = "base" if abs(at) < self._step / 2 else "grid"
            self._add("line", x1=self._left, x2=self.width - _RIGHT, y1=y, y2=y, class_=look)
            self._text(self._name_mark(at), self._left - 8, y + 4.5, "quiet", 13, "end")
        self._y = bottom
        return bottom + self._low * per, per

    def _draw_line(self) -> None:
        """The figures, the threshold, and a mark of the verdict at each."""
        unit = self._points[-1].criterion.unit_of_measure
        if unit and not is_share(unit):
            self._y += 22
            self._text(unit, 24, self._y, "quiet", 13)
        zero, per = self._draw_axis()
        if self._bound is not None:
            y = zero - self._bound * per
            self._add("line", x1=self._left, x2=self.width - _RIGHT, y1=y, y2=y, class_="bound")
        at = [
            None if point.value is None else (self._middle(number), zero - point.value * per, point)
            for number, point in enumerate(self._points)
        ]
        for before, after in pairwise(at):
            if before is not None and after is not None:  # a gap stays a gap
                look = "trend old" if before[2].made_of or after[2].made_of else "trend"
                self._add("line", x1=before[0], x2=after[0], y1=before[1], y2=after[1], class_=look)
        for x, y, point in filter(None, at):
            self._add("circle", cx=x, cy=y, r=12, class_=f"v-{point.verdict or 'unsaid'}")
            symbol = SYMBOLS[Verdict(point.verdict)] if point.verdict else UNSAID
            self._text(symbol, x, y + 5, f"t-{point.verdict}" if point.verdict else "ink", 14, "middle")
            self._text(show_value(point, unit=False), x, y - 19, "ink value over", 14, "middle")

    def _draw_columns(self) -> None:
        """For each period a column of verdicts, each with its symbol and count."""
        bottom, per = self._draw_axis()
        wide = min(self._slot * 0.5, 56)
        for number, count in enumerate(self._trend.counts):
            x, y, lowest = self._middle(number) - wide / 2, bottom, bottom + 12
            for each in ("exceeded", "met", "not_met", "no_data", "not_assessed", "not_applicable", ""):
                if not count[each]:
                    continue
                tall = count[each] * per
                y -= tall
                self._add("rect", x=x, y=y, width=wide, height=tall, class_=f"v-{each or 'unsaid'}")
                word = f"{SYMBOLS[Verdict(each)] if each else UNSAID} {format_number(count[each])}"
                look = f"t-{each}" if each else "ink"
                if tall >= 17:
                    self._text(word, x + wide / 2, y + tall / 2 + 5, look, 13, "middle")
                    continue
                lowest = min(y + tall / 2 + 4.5, lowest - 13)  # beside the column, and above the one before
                self._text(word, x + wide + 4, lowest, look, 12)
            self._text(format_number(sum(count.values())), x + wide / 2, y - 7, "ink value over", 14, "middle")

    def _draw_periods(self, verdicts: Sequence[str] = ()) -> None:
        """The names of the periods, and below each the verdict in words."""
        self._y += 28  # a mark may lie on the axis
        lines = 0
        for number, span in enumerate(self._trend.spans):
            first, year = shorten_period(*span)
            x = self._middle(number)
            self._text(first, x, self._y, "ink", 14, "middle")
            self._text(year, x, self._y + 17, "quiet", 13, "middle")
            if not verdicts:
                continue
            verdict = verdicts[number]
            word = f"{SYMBOLS[Verdict(verdict)]} {Verdict(verdict).label}" if verdict else _("· Chưa suy được")
            for i, part in enumerate(_wrap(word, (self._slot - 6) / (13 * _ADVANCE * _BOLD))):
                self._text(part, x, self._y + 40 + 16 * i, f"t-{verdict} word" if verdict else "ink word", 13, "middle")
                lines = max(lines, i + 1)
        self._y += 17 + (8 + 16 * lines if lines else 0) + 14

    def _notes(self) -> Iterator[str]:
        """What is to be known of old units, and why something is empty."""
        trend = self._trend
        for spans, parts in trend.made_of:
            yield (
                _("Nét đứt, {periods}: gộp từ {units}", periods=spans, units=parts)
                if trend.kind == "series"
                else (_("{periods}: gộp từ {units}", periods=spans, units=parts))
            )
        if trend.kind == "series":
            for span in trend.spans:
                reason = trend.lines[0].points[span].reason
                if reason:
                    yield f"{name_period(*span)}: {reason}"


def _number(value: object) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)


def _wrap(text: str, letters: float) -> list[str]:
    """Lines of at most so many letters, broken between words."""
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= letters:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return lines


def _scale(values: Sequence[float], *, whole: bool = False) -> tuple[float, float, float]:
    """From where to where an axis goes, and its step: 1, 2 or 5 of some power of ten; 0 always lies on it."""
    low, high = min([0.0, *values]), max([0.0, *values])
    if low == high:
        high = 1.0
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    if whole:
        step = max(1.0, step)
    return math.floor(low / step) * step, math.ceil(high / step) * step, step


def _make_style() -> str:
    """The colours of both schemes as variables, and what uses them."""

    def variables(scheme: str, pairs: dict[Verdict, tuple[str, str]]) -> str:
        named = dict(zip(("ground", "ink", "quiet", "grid"), _GROUND[scheme], strict=True))
        for verdict, (ink, fill) in pairs.items():
            named |= {f"{verdict}-ink": ink, f"{verdict}-fill": fill}
        return ".history{" + "".join(f"--{name}:{colour};" for name, colour in named.items()) + "}"

    rules = [
        variables("light", _LIGHT),
        "@media screen and (prefers-color-scheme:dark){" + variables("dark", _DARK) + "}",
        '.history text{font-family:"Segoe UI","Noto Sans","DejaVu Sans",Arial,sans-serif}',
        ".history .ground{fill:var(--ground)}",
        ".history .title{fill:var(--ink);font-weight:bold}",
        ".history .ink{fill:var(--ink)}",
        ".history .value,.history .word{font-weight:600}",
        ".history .over{stroke:var(--ground);stroke-width:4;paint-order:stroke;stroke-linejoin:round}",
        ".history .quiet{fill:var(--quiet)}",
        ".history .grid{stroke:var(--grid)}",
        ".history .base{stroke:var(--quiet)}",
        ".history .bound{stroke:var(--ink);stroke-width:1.5;stroke-dasharray:2 4}",
        ".history .trend{stroke:var(--quiet);stroke-width:2.5}",
        ".history .old{stroke-dasharray:8 6}",
        ".history .v-unsaid{fill:var(--ground);stroke:var(--quiet);stroke-dasharray:3 3}",
    ]
    for verdict in Verdict:
        rules.append(f".history .v-{verdict}{{fill:var(--{verdict}-fill);stroke:var(--{verdict}-ink)}}")
        rules.append(f".history .t-{verdict}{{fill:var(--{verdict}-ink)}}")
    return "\n".join(rules)


_STYLE = _make_style()
