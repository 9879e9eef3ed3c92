"""A history as one HTML page that stands alone: the chart, and every figure of it in a table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from markupsafe import Markup

from nhiemvu.messages import _
from nhiemvu.report.history import Trend, show_ratio, show_value, show_verdict
from nhiemvu.report.history_chart import draw
from nhiemvu.report.html import fill_page
from nhiemvu.store.trends import Point
from nhiemvu.text import name_period

_TEMPLATE = Path(__file__).with_name("history.html")


def render_history(trend: Trend) -> str:
    """The whole page; every text is escaped by the template."""
    heads, rows = _list_series(trend) if trend.kind == "series" else _list_lines(trend)
    return fill_page(
        _TEMPLATE,
        title=trend.title,
        chart=Markup(ET.tostring(draw(trend), encoding="unicode")),  # noqa: S704 (made of escaped text)
        caption=_("Số liệu của biểu đồ"),
        heads=heads,
        rows=rows,
    )


Cell = tuple[str, str]  # the text, and the verdict whose colour it has


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: its head, how far it is set in, and its cells."""

    name: str
    level: int
    cells: list[Cell]


def _list_series(trend: Trend) -> tuple[list[str], list[Row]]:
    """A row a period."""
    heads = [_("Kỳ"), _("Kết quả"), _("Tử số / mẫu số"), _("Kết luận"), _("Gộp từ"), _("Lý do")]
    rows = []
    for span in trend.spans:
        point = trend.lines[0].points[span]
        texts = [show_value(point), show_ratio(point), show_verdict(point), point.made_of, point.reason]
        looks = ["", "", point.verdict, "", ""]
        rows.append(Row(name_period(*span), 0, list(zip(texts, looks, strict=True))))
    return heads, rows


def _list_lines(trend: Trend) -> tuple[list[str], list[Row]]:
    """A row a criterion or unit, a column a period."""
    of_unit = trend.kind == "unit"
    heads = [_("Nội dung") if of_unit else _("Đơn vị"), *(name_period(*span) for span in trend.spans)]
    rows = []
    for line in trend.lines:
        last = line.last
        name = f"{last.criterion.id} {last.criterion.name}" if of_unit else f"{last.unit_name} ({last.unit})"
        name = f"{name} ({line.apart})" if line.apart else name
        rows.append(Row(name, last.criterion.level if of_unit else 0, [_cell(line.points.get(s)) for s in trend.spans]))
    return heads, rows


def _cell(point: Point | None) -> Cell:
    if point is None:
        return "", ""
    return " ".join(filter(None, [show_verdict(point), show_value(point)])), point.verdict
