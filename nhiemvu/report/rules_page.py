"""A rulebook as one HTML page that stands alone: for those who decide and sign, and for print.

What each rule says in sentences, and the file and line where it says so; every text is escaped by the template.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nhiemvu.errors import Place
from nhiemvu.messages import N_, _
from nhiemvu.report.html import fill_page
from nhiemvu.report.rules_sentences import (
    say_allowed,
    say_check,
    say_evidence,
    say_outlook,
    say_roll_up,
    say_scoring,
    say_target,
    say_zero_of_zero,
)
from nhiemvu.rules import models
from nhiemvu.rules.rulebook import Node, Rulebook, show_source
from nhiemvu.rules.write import write_value
from nhiemvu.rules.yaml import Map, read_yaml
from nhiemvu.text import format_date
from nhiemvu.verdicts import label as show_verdict

_TEMPLATE = Path(__file__).with_name("rules_page.html")


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that the rulebook says: its name, the text, where it stands; `look` is `hole`, `code` or nothing."""

    name: str
    text: str
    place: str = ""
    look: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A criterion, or a table: a heading with what is said of it."""

    id: str
    name: str
    unit: str
    level: int
    kind: str
    place: str
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of the page."""

    headings: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)


def render_page(rulebook: Rulebook) -> str:
    """The whole page.

    >>> from nhiemvu.rules.load import load_rulebook
    >>> render_page(load_rulebook("thong-tin-chung")).startswith("<!doctype html>")
    True
    """
    marks = _read_marks(rulebook)
    return fill_page(
        _TEMPLATE,
        words={key: _(text) for key, text in _WORDS.items()},
        rules=rulebook,
        head=list(_head(rulebook)),
        problems=[(problem.text, _show(problem.place)) for problem in rulebook.problems],
        criteria=[_criterion(node, rulebook) for node in rulebook.criteria],
        roots=[node for node in rulebook.criteria if node.level == 0],
        facts=_facts(rulebook, marks["facts"]),
        tables=[_table(name, table, marks["tables"]) for name, table in rulebook.tables.items()],
        checks=[Statement(*say_check(check), _show(check.place)) for check in rulebook.checks],
        cases=_cases(rulebook),
    )


def _show(place: Place | None) -> str:
    """`ntm.yaml:36`; the folder says nothing to a reader elsewhere."""
    return f"{Path(place.file).name}:{place.line}" if place and place.line else ""


def _read_marks(rulebook: Rulebook) -> Mapping[str, Mapping[str, Place]]:
    """Where each fact and table is defined: in the last file that names it, for that one lies over the others."""
    found: dict[str, dict[str, Place]] = {"facts": {}, "tables": {}}
    for file in rulebook.files:
        raw, _problems = read_yaml(Path(file))
        for key, places in found.items():
            named = raw.get(key)
            if isinstance(named, Map):
                places.update({name: named.place(name, of_key=True) for name in named})
    return found


def _head(rulebook: Rulebook) -> Iterator[Statement]:
    """What stands below the title."""
    days = [format_date(day) if day else "…" for day in (rulebook.valid_from, rulebook.valid_to)]
    if rulebook.issued_by:
        yield Statement(_("Cơ quan ban hành"), rulebook.issued_by)
    limited = rulebook.valid_from or rulebook.valid_to
    yield Statement(
        _("Áp dụng"), _("từ {from_} đến {to}", from_=days[0], to=days[1]) if limited else _("không giới hạn")
    )
    yield Statement(_("Mã và phiên bản"), f"{rulebook.id} · {rulebook.version}")
    documents = {source.document: source.url for source in _sources(rulebook)}
    for document in documents:
        yield Statement(_("Căn cứ"), document)
    yield Statement(_("Các tệp"), ", ".join(Path(file).name for file in rulebook.files))


def _sources(rulebook: Rulebook) -> Iterator[models.Source]:
    for node in rulebook.criteria:
        yield from (row.source for row in node.targets if row.source)
        if node.source:
            yield node.source


# --- criteria ---


def _criterion(node: Node, rulebook: Rulebook) -> Block:
    return Block(
        node.id, node.name, node.unit, node.level, node.kind, _show(node.place), tuple(_statements(node, rulebook))
    )


def _statements(node: Node, rulebook: Rulebook) -> Iterator[Statement]:
    form = node.form
    if node.kind == "group":
        yield Statement(_("Tổng hợp"), say_roll_up(node))
    for row, written in zip(node.targets, form.targets, strict=True):
        text = say_target(row, written, rulebook.facts)
        hole = row.target is None
        yield Statement(_("Chưa quy định") if hole else _("Ngưỡng"), text, _show(row.place), "hole" if hole else "")
        if row.source and row.source != node.source:
            yield Statement(_("Căn cứ của ngưỡng"), show_source(row.source))
    if node.exceeded is not None:
        yield Statement(_("Vượt"), _("khi kết quả so với ngưỡng {target}", target=node.exceeded.explain()))
    for name, allowed in form.requires.items():
        yield Statement(_("Điều kiện kèm theo"), say_allowed(name, allowed, rulebook.facts))
    for step in node.milestones:
        fill = {"date": format_date(step.by), "target": step.target.explain()}
        yield Statement(_("Mốc"), _("đến {date}: kết quả {target}", **fill))
    if form.measure:
        yield Statement(_("Cách tính"), form.measure, look="code")
    for words, meaning in form.words.items():
        yield Statement(_("Kết quả ghi bằng chữ"), f"«{words}»: {meaning}")
    for name, text in (
        (_("Dựa trên"), say_evidence(form.evidence)),
        (_("Tử số và mẫu số cùng bằng 0"), say_zero_of_zero(form.zero_of_zero)),
        (_("Dự báo"), say_outlook(form.outlook)),
        (_("Xét từng hàng của bảng"), _table_name(form.each, rulebook)),
        *say_scoring(form),
        (_("Căn cứ"), show_source(node.source)),
        (_("Ghi chú"), form.note),
    ):
        if text:
            yield Statement(name, text)


def _table_name(name: str | None, rulebook: Rulebook) -> str:
    return (rulebook.tables[name].label or name) if name else ""


# --- what the rules read ---


_KINDS = {
    "number": N_("số"),
    "percent": N_("tỷ lệ %"),
    "choice": N_("chọn một"),
    "text": N_("chữ"),
    "boolean": N_("có hoặc không"),
    "date": N_("ngày"),
    "verdict": N_("kết quả đánh giá"),
    "lines": N_("mỗi hàng một khoản"),
    "results": N_("mỗi hàng một tiêu chí"),
    "facts": N_("mỗi hàng một thông tin chung"),
}


def _kind(word: str) -> str:
    return _(_KINDS[word])


def _facts(rulebook: Rulebook, places: Mapping[str, Place]) -> Sheet:
    sheet = Sheet((_("Thông tin"), _("Tên trong quy tắc"), _("Kiểu"), _("Lời dặn và cách ghi khác"), _("Ghi ở")))
    for name, fact in rulebook.facts.items():
        kind = _kind(fact.type) + (": " + ", ".join(fact.choices) if fact.choices else "")
        notes = [fact.note, _("Cách ghi khác: {names}.", names="; ".join(fact.aliases)) if fact.aliases else ""]
        unit = f" ({fact.unit})" if fact.unit else ""
        row = (fact.label + unit, name, kind, " ".join(filter(None, notes)), _show(places.get(name)))
        sheet.rows.append(row)
    return sheet


def _table(name: str, table: models.Table, places: Mapping[str, Place]) -> tuple[Block, Sheet]:
    said = [
        (_("Trang tính"), _join(table.sheet) or _("trang nào có đủ các tiêu đề dưới đây")),
        (_("Mỗi hàng"), _kind(table.kind)),
        (_("Bắt buộc"), _("không") if table.optional else ""),
        (_("Bảng kết thúc ở hàng bắt đầu bằng"), _join(table.end)),
        (_("Không tính các hàng bắt đầu bằng"), _join(table.skip)),
    ]
    statements = tuple(Statement(title, text) for title, text in said if text)
    block = Block(name, table.label or name, table.unit, 0, "table", _show(places.get(name)), statements)
    sheet = Sheet((_("Cột"), _("Tiêu đề được nhận"), _("Kiểu"), _("Ghi chú")))
    for key, column in table.columns.items():
        notes = [
            "" if column.required else _("không bắt buộc"),
            _("ô trống là 0") if column.blank == "zero" else "",
            _("đơn vị: {unit}", unit=column.unit) if column.unit else "",
        ]
        sheet.rows.append((key, _join(column.headings), _kind(column.type), "; ".join(filter(None, notes))))
    return block, sheet


def _join(texts: Iterable[str]) -> str:
    return " · ".join(texts)


def _cases(rulebook: Rulebook) -> Sheet:
    sheet = Sheet((_("Trường hợp"), _("Tiêu chí"), _("Số liệu"), _("Kết luận phải ra")))
    for case in rulebook.cases:
        given: Sequence[str] = [f"{name}: {write_value(value)}" for name, value in case.given.items()]
        sheet.rows.append((case.name, case.criterion, "; ".join(given), show_verdict(case.expect)))
    return sheet


_WORDS = {
    "contents": N_("Mục lục"),
    "open": N_("Còn phải bổ sung hoặc xem lại"),
    "criteria": N_("Tiêu chí, ngưỡng và cách kết luận"),
    "facts": N_("Thông tin chung của đơn vị"),
    "tables": N_("Các bảng số liệu trong sổ"),
    "checks": N_("Các phép đối chiếu"),
    "cases": N_("Các trường hợp thử"),
    "standing": N_(
        "Bên phải mỗi mục là tệp và dòng ghi quy định đó. Tiêu chí không ghi cách tính thì lấy số liệu ở hàng của "
        "chính tiêu chí ấy trong bảng kết quả."
    ),
    "unit": N_("đơn vị tính"),
}
