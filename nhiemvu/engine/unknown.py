"""Why a criterion could not be judged: the one finding that says what is missing, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

import numpy as np

from nhiemvu.engine.figures import Figures
from nhiemvu.engine.finding import number_of
from nhiemvu.engine.judge import NO_ROW, Judged
from nhiemvu.engine.scope import Measured, Scope, find_lines
from nhiemvu.errors import Place, Problem
from nhiemvu.messages import N_, _
from nhiemvu.rules import measure as ms
from nhiemvu.rules.rulebook import Node, Rulebook
from nhiemvu.text import exact, format_number
from nhiemvu.verdicts import NO_DATA

_MOST_CELLS = 5


def why_unknown(rulebook: Rulebook, figures: Figures, node: Node, judged: Judged, unit: int) -> Problem | None:
    """What keeps a criterion from being judged, as a finding; None where it is judged."""
    if judged.verdict[unit] != NO_DATA:
        return None
    row = int(judged.row[unit])
    sources = figures.sources

    def say(code: str, message: str, **fill: object) -> Problem:
        asked = "declared" if code == "no-declaration" else "value"
        sheet, _, cell = (sources.place(unit, node.id, asked) or sources.place(unit, node.id, "value")).partition("!")
        place = Place(figures.units[unit].file, sheet, cell)
        return Problem(code, message, place, fill, criterion=node.id, unit=figures.units[unit].code)

    if row == NO_ROW:
        return say(
            "no-target-in-force",
            N_("Không có ngưỡng nào có hiệu lực cho đơn vị và ngày này; xem lại ngày số liệu và bộ quy tắc."),
        )
    if row < NO_ROW:
        facts = ", ".join(
            dict.fromkeys(_fact_label(rulebook, name) for each in node.targets for name in each.decision.when)
        )
        if np.isnat(figures.dates[unit]):
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
    if unread is not None and node.reads == "number":
        return unread
    if node.reads != "number":
        typed = sources.raw(unit, node.id, "value")
        if typed:
            kind = {"boolean": _("Có hoặc Không"), "date": _("một ngày, như 29/5/2024")}.get(
                node.reads, _("một kết luận bằng chữ")
            )
            return say("result-unreadable", N_("Không hiểu kết quả «{typed}»; cần ghi {kind}."), typed=typed, kind=kind)
    measured = judged.measured
    above, below = (number_of(judged, field, unit) for field in ("numerator", "denominator"))
    if below == 0 and above is not None:
        if above == 0:
            return say("zero-of-zero", N_("Tử số và mẫu số cùng bằng 0; quy tắc yêu cầu phải có số liệu."))
        over = format_number(exact(above))
        return say("divided-by-zero", N_("Tử số là {numerator} mà mẫu số là 0; xem lại mẫu số."), numerator=over)
    if unit in measured.intervals:
        return say(
            "bound-undecided",
            N_("Kết quả chỉ cho biết một khoảng, chưa đủ để so với ngưỡng; hãy ghi con số cụ thể."),
        )
    for fact, allowed in node.requires.items():
        values = figures.facts.get(fact)
        if values is None or values[unit] == "":
            return say(
                "missing-fact",
                N_("Chưa biết {facts}; ghi vào thông tin chung của sổ."),
                facts=_fact_label(rulebook, fact),
                allowed=allowed,
            )
    figure = sources.figure(unit, node.id)
    if node.own and figure is not None and figure.kind == "parts":
        return say(
            "several-figures",
            N_("Ô ghi nhiều con số («{typed}»); hãy ghi một con số chung, phần chi tiết để ở cột diễn giải."),
            typed=sources.raw(unit, node.id, "value"),
        )
    if node.own:
        return say("no-figure", N_("Chưa có số liệu: điền kết quả, hoặc tử số và mẫu số, ở hàng {id}."), id=node.id)
    if cells := _first_cells(node, measured, figures, unit, conditions=True):
        message = N_(
            "Chưa đủ số liệu để tính: {cells} còn trống nên không biết hàng ấy có được tính không; hãy ghi đủ, hoặc "
            "xóa hàng thừa."
        )
        return _at(cells[0], say("condition-blank", message, cells=_show_cells(cells)))
    if cells := _first_cells(node, measured, figures, unit, conditions=False):
        message = N_("Chưa đủ số liệu để tính: chưa có con số ở {cells}; nếu là 0, hãy gõ 0.")
        return _at(cells[0], say("no-figure", message, cells=_show_cells(cells)))
    return say("no-figure", N_("Chưa đủ số liệu để tính; xem lại {sources}."), sources=name_sources(rulebook, node))


def _show_cells(cells: Sequence[str]) -> str:
    return ", ".join(cells[:_MOST_CELLS]) + ("…" if len(cells) > _MOST_CELLS else "")


def _at(address: str, found: Problem) -> Problem:
    sheet, _separator, cell = address.rpartition("!")
    return replace(found, place=Place(found.place.file, sheet, cell))


def _first_cells(node: Node, measured: Measured, figures: Figures, unit: int, *, conditions: bool) -> list[str]:
    return list(islice(_blank_cells(node, measured, figures, unit, conditions=conditions), _MOST_CELLS + 1))


def _blank_cells(node: Node, measured: Measured, figures: Figures, unit: int, *, conditions: bool) -> Iterator[str]:
    """The cells of tables without which the measure has no value: of its conditions, or of its figures."""
    scope = Scope(figures, node.id, lambda _: measured)
    seen: set[str] = set()
    for tree in ms.walk(node.measure) if node.measure is not None else ():
        if not isinstance(tree, ms.Aggregate):
            continue
        lines, keep, doubt = find_lines(tree, scope)
        if lines is None:
            continue
        asked = tree.where if conditions else tree.of
        for number, line in enumerate(lines.of(unit)):
            for column in ms.walk(asked) if asked is not None and (doubt if conditions else keep)[line] else ():
                if isinstance(column, ms.Column) and _is_blank(lines.columns[column.name][line]):
                    place = figures.sources.line_place(unit, column.table, column.name, number)
                    if "!" in place and place not in seen:
                        seen.add(place)
                        yield place


def _is_blank(value: object) -> bool:
    return bool(np.isnan(value)) if isinstance(value, float) else not str(value)


def name_sources(rulebook: Rulebook, node: Node) -> str:
    """What a criterion is reckoned from, by the names that officials know: `trang «Giải ngân» (cột «Đã giải ngân»)`."""
    found: dict[str, dict[str, None]] = {}
    for each in ms.walk(node.measure) if node.measure is not None else ():
        if isinstance(each, ms.Column) and each.table == ms.PARTS:
            parts = _("hàng {id} (ghi từng phần, như «nhà tiêu 409/424; nhà tắm 396/424»)", id=node.id)
            found.setdefault(parts, {})
        elif isinstance(each, ms.Column):
            table = rulebook.tables[each.table]
            sheet = _("trang «{sheet}»", sheet=table.sheet[0] if table.sheet else table.label or each.table)
            heading = table.columns[each.name].headings[0].replace(" > ", ": ")
            found.setdefault(sheet, {})[f"«{heading}»"] = None
        elif isinstance(each, ms.Fact):
            found.setdefault(_("{facts} ở thông tin chung", facts=_fact_label(rulebook, each.name)), {})
        elif isinstance(each, ms.Own):
            found.setdefault(_("hàng {id}", id=each.id or node.id), {})
        elif isinstance(each, ms.Stated):
            found.setdefault(_("số «{noun}» trong diễn giải ở hàng {id}", noun=each.noun, id=each.id), {})
    return "; ".join(
        _("{place} (cột {columns})", place=place, columns=", ".join(columns)) if columns else place
        for place, columns in found.items()
    )


def _fact_label(rulebook: Rulebook, name: str) -> str:
    fact = rulebook.facts.get(name)
    return f"«{fact.label}»" if fact else name
