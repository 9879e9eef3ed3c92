"""How results went from period to period, for the terminal and as JSON: one series with bars, or counts and a table."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Literal

from nhiemvu.messages import _, language
from nhiemvu.report.summary import COLOURS, NAME_WIDTHS, SYMBOLS, style
from nhiemvu.rules.dimensions import is_share
from nhiemvu.store.kinds import kind_of
from nhiemvu.store.trends import Point
from nhiemvu.text import exact, fold, format_against, format_number, name_period, shorten_period
from nhiemvu.verdicts import Verdict, label

UNSAID = "·"  # where a verdict cannot be carried over to the units of another day
SHOWN_ROWS = 60
_BAR = 24  # characters
_EIGHTHS = " ▏▎▍▌▋▊▉"

Span = tuple[date, date]


@dataclass(frozen=True)
class Line:
    """One unit's results of one criterion, by period; what sets it apart from another line that is called the same."""

    points: Mapping[Span, Point]
    apart: str = ""

    @property
    def last(self) -> Point:
        """The latest."""
        return self.points[max(self.points, key=lambda span: span[::-1])]


@dataclass(frozen=True)
class Trend:
    """What is shown of a history.

    Attributes:
        kind: `series` is one unit's results of one criterion; `unit` all criteria of one unit; `criterion` all units.
        lines: in reading order of the criteria, or in order of the units' codes.
        spans: the periods: months, then quarters, half-years, years, each kind in order.
    """

    kind: Literal["series", "unit", "criterion"]
    lines: tuple[Line, ...]
    spans: tuple[Span, ...]

    @property
    def title(self) -> str:
        """Whose history it is."""
        last = self._last
        unit, criterion = name_unit(last), f"{last.criterion.id} {last.criterion.name}"
        return {"series": f"{unit} · {criterion}", "unit": unit, "criterion": criterion}[self.kind]

    @property
    def subtitle(self) -> str:
        """What is counted, or the target that held last."""
        if self.kind == "unit":
            return _("Số tiêu chí theo kết luận, từng kỳ")
        target = self._last.criterion.target
        points = [point for line in self.lines for point in line.points.values()]
        targets = dict.fromkeys(point.criterion.target for point in sorted(points, key=_when, reverse=True))
        earlier = "; ".join(each for each in targets if each and each != target)
        if earlier:  # a verdict of then is not judged by the target of now
            target = _("Mục tiêu: {target} (trước đây: {earlier})", target=target, earlier=earlier)
        elif target:
            target = _("Mục tiêu: {target}", target=target)
        counted = _("Số đơn vị theo kết luận, từng kỳ") if self.kind == "criterion" else ""
        return " · ".join(part for part in (counted, target) if part)

    @cached_property
    def _last(self) -> Point:
        """The latest of all."""
        return max((line.last for line in reversed(self.lines)), key=_when)

    @cached_property
    def counts(self) -> tuple[Counter[str], ...]:
        """For each period how many results have which verdict; of a unit's criteria only those that are measured."""
        shown = [line for line in self.lines if self.kind != "unit" or line.last.criterion.kind == "leaf"]
        return tuple(Counter(line.points[span].verdict for line in shown if span in line.points) for span in self.spans)

    @cached_property
    def made_of(self) -> tuple[tuple[str, str], ...]:
        """Of one unit's history, which periods are told from which other units."""
        if self.kind == "criterion":
            return ()
        found = [
            (span, line.points[span].made_of)
            for span in self.spans
            for line in self.lines
            if span in line.points and line.points[span].made_of
        ]
        spans: dict[str, list[Span]] = {}
        for span, parts in dict.fromkeys(found):
            spans.setdefault(parts, []).append(span)
        return tuple((_name_spans(each), parts) for parts, each in spans.items())

    @cached_property
    def rulebooks(self) -> tuple[str, ...]:
        """The rulebooks by which one unit was judged more than once in one period: it is counted for each."""
        found: dict[tuple[str, str, Span], set[str]] = {}
        for line in self.lines:
            for span, point in line.points.items():
                found.setdefault((point.unit, point.criterion.id, span), set()).add(point.rulebook)
        return tuple(sorted(set().union(*(each for each in found.values() if len(each) > 1))))

    @cached_property
    def renamed(self) -> tuple[tuple[str, str], ...]:
        """Codes of units whose name was not always the same, and their names: perhaps not the same unit any more."""
        names: dict[str, dict[str, str]] = {}
        for point in (line.points[span] for line in self.lines for span in self.spans if span in line.points):
            if point.unit_name:
                names.setdefault(point.unit, {}).setdefault(fold(point.unit_name), point.unit_name)
        return tuple((code, ", ".join(said.values())) for code, said in names.items() if len(said) > 1)


def _when(point: Point) -> Span:
    return point.end, point.start


def _name_spans(spans: Sequence[Span]) -> str:
    names = [name_period(*span) for span in spans]
    return names[0] if len(names) == 1 else f"{names[0]} – {names[-1]}"


def arrange(points: Sequence[Point]) -> Trend:
    """The points as what they are a history of: one unit, one criterion, or both."""
    keys = [
        (point.unit, point.criterion.id, fold(point.criterion.name), point.criterion.unit_of_measure)
        for point in points
    ]
    times = Counter((key, point.start, point.end) for key, point in zip(keys, points, strict=True))
    twice = {key for (key, _start, _end), count in times.items() if count > 1}  # judged by two rulebooks at once
    lines: dict[tuple[str, ...], dict[Span, Point]] = {}
    for key, point in zip(keys, points, strict=True):
        apart = (*key, point.rulebook) if key in twice else key
        lines.setdefault(apart, {})[point.start, point.end] = point
    units, criteria = {point.unit for point in points}, {point.criterion.id for point in points}
    made = [Line(line) for line in lines.values()]
    if len(units) == 1 and len(criteria) > 1:
        made.sort(key=lambda line: (line.last.end, line.last.start), reverse=True)  # what is asked now comes first
        made.sort(key=lambda line: line.last.criterion.position)
    else:
        made.sort(key=lambda line: line.last.unit)
    # like stands beside like: a half-year after a half-year, whatever quarter ended between
    spans = sorted({(point.start, point.end) for point in points}, key=lambda span: (kind_of(*span), span[::-1]))
    kind: Literal["series", "unit", "criterion"] = (
        "series" if len(made) == 1 else "unit" if len(units) == 1 else "criterion"
    )
    return Trend(kind, tuple(made if kind == "series" else _tell_apart(made, kind == "unit")), tuple(spans))


def _tell_apart(lines: Sequence[Line], of_unit: bool) -> Iterator[Line]:
    """The lines, those that would be called the same with what differs: name, unit of measure, rulebook."""
    same: dict[tuple[str, ...], list[Point]] = {}

    def call(last: Point) -> tuple[str, ...]:
        return (last.criterion.id, fold(last.criterion.name)) if of_unit else (last.unit,)

    def differences(last: Point) -> tuple[str, ...]:
        return fold(last.criterion.name), last.criterion.unit_of_measure, last.rulebook

    for line in lines:
        same.setdefault(call(line.last), []).append(line.last)
    for line in lines:
        last = line.last
        others = [differences(each) for each in same[call(last)]]
        shown = zip((last.criterion.name, last.criterion.unit_of_measure, last.rulebook), *others, strict=True)
        yield replace(line, apart=", ".join(word for word, *each in shown if len(set(each)) > 1 and word))


# --- words ------------------------------------------------------------------------------------------------------------


def name_unit(point: Point) -> str:
    """`Xã Hải Yến (06190)`."""
    return f"{point.unit_name} ({point.unit})" if point.unit_name not in ("", point.unit) else point.unit


def show_verdict(point: Point) -> str:
    """Symbol and word; a dot where nothing certain can be said."""
    return f"{SYMBOLS[Verdict(point.verdict)]} {label(point.verdict)}" if point.verdict else UNSAID


def show_value(point: Point, *, unit: bool = True) -> str:
    """The figure as officials read it; never rounded across a threshold of its criterion."""
    if point.value is None:
        return ""
    asked = point.criterion
    if is_share(asked.unit_of_measure):
        return format_against(exact(point.value), asked.bounds, percent=True)
    number = format_against(exact(point.value), asked.bounds)
    return f"{number} {asked.unit_of_measure}".rstrip() if unit else number


def show_ratio(point: Point) -> str:
    """`72.225.000 / 883.700.000`; empty where it is no ratio."""
    if point.numerator is None or point.denominator is None:
        return ""
    return f"{format_number(exact(point.numerator))} / {format_number(exact(point.denominator))}"


# --- for the terminal -------------------------------------------------------------------------------------------------


def tell_trend(trend: Trend) -> Iterator[str]:
    """The lines to print."""
    yield style(trend.title, bold=True)
    if trend.subtitle:
        yield trend.subtitle
    yield ""
    if trend.kind == "series":
        yield from _tell_series(trend)
    else:
        yield from _tell_counts(trend)
        yield ""
        yield from _tell_table(trend)
    if trend.made_of:
        yield ""
        yield style(_("Số liệu của các đơn vị cũ, gộp theo tử số và mẫu số:"), bold=True)
        for spans, parts in trend.made_of:
            yield f"  {spans}: {parts}"


def _tell_series(trend: Trend) -> Iterator[str]:
    """A line a period: its name, a bar, the figures, the verdict."""
    points = [trend.lines[0].points[span] for span in trend.spans]
    names = [name_period(*span) for span in trend.spans]
    values, ratios = [show_value(point) for point in points], [show_ratio(point) for point in points]
    widths = [max(map(len, cells)) for cells in (names, values, ratios)]
    bound = find_bound(points)
    top = max([point.value for point in points if point.value is not None] + ([] if bound is None else [bound]) + [0.0])
    for point, name, value, ratio in zip(points, names, values, ratios, strict=True):
        cells = [name.ljust(widths[0])]
        if top > 0:
            cells.append(_draw_bar(point.value, bound, top))
        cells += [value.rjust(widths[1]), ratio.rjust(widths[2])]
        yield "  ".join([*cells, _colour(point, show_verdict(point))]).rstrip()
        if point.reason:
            yield "  " + point.reason
    if bound is not None and top > 0:
        yield _("│ là ngưỡng {bound}", bound=_show_bound(points[-1], bound))


def find_bound(points: Sequence[Point]) -> float | None:
    """The one threshold of a criterion; None where it has several, or they changed."""
    bounds = {bound for point in points for bound in point.criterion.bounds}
    return float(next(iter(bounds))) if len(bounds) == 1 else None


def _show_bound(point: Point, bound: float) -> str:
    return show_value(replace(point, value=bound))


def _draw_bar(value: float | None, bound: float | None, top: float) -> str:
    """A bar of eighths of a character, and a stroke where the threshold is."""
    eighths = 0 if value is None else round(max(value, 0.0) / top * _BAR * 8)
    cells = list(("█" * (eighths // 8) + _EIGHTHS[eighths % 8]).ljust(_BAR)[:_BAR])
    if bound is not None and bound >= 0:
        at = min(round(bound / top * _BAR), _BAR - 1)
        cells[at] = "│" if cells[at] == " " else "┃"
    return "".join(cells)


def _tell_counts(trend: Trend) -> Iterator[str]:
    """A line a period: how many have which verdict, and the same as a strip of symbols."""
    used = [each for each in Verdict if any(count[each] for count in trend.counts)]
    unsaid = any(count[""] for count in trend.counts)
    names = [name_period(*span) for span in trend.spans]
    width = max(map(len, names))
    heads = [f"{SYMBOLS[each]} {each.label}" for each in used] + ([_("· Chưa suy được")] if unsaid else [])
    yield style("  ".join([_("Kỳ").ljust(width), *heads]), bold=True)
    for name, count in zip(names, trend.counts, strict=True):
        cells = [
            style(format_number(count[each]).rjust(len(head)), fg=COLOURS[each])
            for each, head in zip(used, heads, strict=False)
        ]
        if unsaid:
            cells.append(format_number(count[""]).rjust(len(heads[-1])))
        yield "  ".join([name.ljust(width), *cells, _draw_strip(count)])


def _draw_strip(count: Counter[str]) -> str:
    """Each verdict's symbol as often as its share of the whole; every verdict that occurs at least once."""
    total, strip = sum(count.values()), ""
    for each in Verdict:
        if count[each]:
            strip += style(SYMBOLS[each] * max(1, round(count[each] / total * _BAR)), fg=COLOURS[each])
    return strip + UNSAID * (max(1, round(count[""] / total * _BAR)) if count[""] else 0)


def _tell_table(trend: Trend) -> Iterator[str]:
    """A line a criterion or unit, a column a period; as many periods as fit, the latest."""
    of_unit = trend.kind == "unit"
    lines = trend.lines if of_unit else trend.lines[:SHOWN_ROWS]
    lasts = [line.last for line in lines]
    codes = [last.criterion.id if of_unit else last.unit for last in lasts]
    names = ["  " * last.criterion.level + last.criterion.name if of_unit else last.unit_name for last in lasts]
    first, wide = max(map(len, codes)), NAME_WIDTHS[1] if of_unit else NAME_WIDTHS[0] + 8
    spans, widths = _fit(trend, lines, shutil.get_terminal_size((140, 25)).columns - first - wide - 2)
    heads = [" ".join(shorten_period(*span)).ljust(width) for span, width in zip(spans, widths, strict=True)]
    what = _("Nội dung") if of_unit else _("Đơn vị")
    yield style("  ".join([_("Mã").ljust(first), what.ljust(wide), *heads]).rstrip(), bold=True)
    for line, code, name in zip(lines, codes, names, strict=True):
        apart = f" ({_cut(line.apart, wide // 2)})" if line.apart else ""
        name = _cut(name, wide - len(apart)) + apart  # noqa: PLW2901 (what sets lines apart is not cut away)
        found = [line.points.get(span) for span in spans]
        cells = [
            _colour(each, _cell(each)) + _pad(_cell(each), width) for each, width in zip(found, widths, strict=True)
        ]
        yield "  ".join([code.ljust(first), name.ljust(wide), *cells]).rstrip()
    if len(spans) < len(trend.spans):
        yield _("… và {count} kỳ trước nữa, có đủ trong --json", count=len(trend.spans) - len(spans))
    if len(lines) < len(trend.lines):
        yield _("… và {count} đơn vị nữa, có đủ trong --json", count=len(trend.lines) - len(lines))


def _fit(trend: Trend, lines: Sequence[Line], room: int) -> tuple[list[Span], list[int]]:
    """The latest periods that have room side by side, at least one, and the widths of their columns."""
    spans: list[Span] = []
    widths: list[int] = []
    for span in reversed(trend.spans):
        cells = [_cell(line.points.get(span)) for line in lines]
        width = max(map(len, [" ".join(shorten_period(*span)), *cells]))
        room -= width + 2
        if spans and room < 0:
            break
        spans.insert(0, span)
        widths.insert(0, width)
    return spans, widths


def _cell(point: Point | None) -> str:
    if point is None:
        return ""
    symbol = SYMBOLS[Verdict(point.verdict)] if point.verdict else UNSAID
    return f"{symbol} {show_value(point, unit=False)}".rstrip()


def _pad(text: str, width: int) -> str:
    return " " * (width - len(text))


def _cut(text: str, wide: int) -> str:
    return text if len(text) <= wide else text[: wide - 1] + "…"


def _colour(point: Point | None, text: str) -> str:
    return style(text, fg=COLOURS[Verdict(point.verdict)]) if point is not None and point.verdict else text


# --- for programs -----------------------------------------------------------------------------------------------------


def list_points(points: Sequence[Point]) -> str:
    """Every point as JSON; unknown figures are null."""
    with language("vi"):  # names of periods are data
        rows = [
            {
                "period": name_period(point.start, point.end),
                "period_start": point.start.isoformat(),
                "period_end": point.end.isoformat(),
                "unit": point.unit,
                "unit_name": point.unit_name,
                "rulebook": point.rulebook,
                "version": point.version,
                "as_of": point.as_of.isoformat() if point.as_of else None,
                "id": point.criterion.id,
                "name": point.criterion.name,
                "unit_of_measure": point.criterion.unit_of_measure,
                "verdict": point.verdict,
                "basis": point.basis,
                "declared": point.declared,
                "value": point.value,
                "numerator": point.numerator,
                "denominator": point.denominator,
                "needed": point.needed,
                "outlook": point.outlook,
                "made_of": point.made_of,
                "reason": point.reason,
            }
            for point in points
        ]
    return json.dumps(rows, ensure_ascii=False, indent=2, allow_nan=False)
