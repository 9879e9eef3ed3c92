"""What keys of a rule file mean together: keys that contradict, need or repeat one another, each with its place."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import Protocol

from nhiemvu.errors import Place
from nhiemvu.messages import N_
from nhiemvu.rules import measure as ms
from nhiemvu.rules import models
from nhiemvu.rules.suggestion import suggest_name
from nhiemvu.rules.yaml import Map
from nhiemvu.text import Unreadable, fold, read_unit

RESERVED_FACTS = (*ms.OWN, "date")  # what expressions and tables of decisions call by these names
MONTHS = 12


class Say(Protocol):
    """Reports one mistake."""

    def __call__(self, code: str, message: str, place: Place, severity: str = "error", **fill: object) -> None:
        """Report it."""


def check_file(form: models.RuleFile, raw: Map, say: Say) -> None:
    """What the file says of itself, of its facts and of its tables."""
    if form.valid is not None:
        _check_order(form.valid.from_, form.valid.to, raw["valid"], say)
    for name, fact in form.facts.items():
        _check_fact(name, fact, raw["facts"], say)
    for name, table in form.tables.items():
        at: Map = raw["tables"][name]
        if name == ms.PARTS:
            message = N_("«{name}» là tên dành riêng; đặt tên khác")
            say("reserved-name", message, raw["tables"].place(name, of_key=True), name=name)
        _check_unit(table.unit, at, say)
        _check_columns(table, at["columns"], say)


def _check_columns(table: models.Table, columns: Map, say: Say) -> None:
    """Every column has a heading of its own."""
    seen: dict[str, str] = {}
    for name, column in table.columns.items():
        if isinstance(columns[name], Map):
            _check_unit(column.unit, columns[name], say)
        for heading in dict.fromkeys(map(fold, column.headings)):
            if not heading:
                say("heading-blank", N_("cột «{name}» có tiêu đề để trống"), columns.place(name), name=name)
            elif heading in seen:
                message = N_("cột «{name}» và cột «{other}» cùng nhận tiêu đề «{heading}»; mỗi tiêu đề thuộc một cột")
                say("heading-twice", message, columns.place(name), name=name, other=seen[heading], heading=heading)
            seen.setdefault(heading, name)


def _check_fact(name: str, fact: models.Fact, facts: Map, say: Say) -> None:
    at: Map = facts[name]
    if name in RESERVED_FACTS:
        message = N_("«{name}» là tên dành riêng; đặt tên khác")
        say("reserved-name", message, facts.place(name, of_key=True), name=name)
    _check_unit(fact.unit, at, say)
    if not fold(fact.label):
        say("label-blank", N_("thông tin «{name}» có nhãn (label) để trống"), at.place("label"), name=name)
    if fact.type == "choice" and not fact.choices:
        message = N_("thông tin «{name}» kiểu choice phải có các giá trị: choices: [I, II, III]")
        say("no-choices", message, at.place("type"), name=name)
    if fact.choices and fact.type != "choice":
        message = N_("thông tin «{name}» có choices nên phải ghi type: choice")
        say("choices-without-type", message, at.place("choices", of_key=True), name=name)
    seen: dict[str, int] = {}
    for i, choice in enumerate(fact.choices):
        if not fold(choice):
            say("choice-blank", N_("giá trị trong choices để trống"), at["choices"].place(i))
        elif fold(choice) in seen:
            say("choice-twice", N_("giá trị «{choice}» ghi hai lần"), at["choices"].place(i), choice=choice)
        seen[fold(choice)] = i


def _check_unit(unit: str, at: Map, say: Say) -> None:
    """A unit that cannot be read is never converted; better to say so before figures are read."""
    try:
        if unit.strip():
            read_unit(unit)
    except Unreadable as error:
        say("unit-unreadable", error.message, at.place("unit"), severity="error", **error.fill)


def _check_order(first: dt.date | None, last: dt.date | None, at: Map, say: Say) -> bool:
    if first is not None and last is not None and last < first:
        message = N_("ngày cuối (to: {last}) đứng trước ngày đầu (from: {first})")
        say("dates-reversed", message, at.place("to"), first=first.isoformat(), last=last.isoformat())
        return False
    return True


def check_criterion(form: models.Criterion, at: Map, say: Say) -> None:
    """How the keys of one criterion fit together."""
    where = at.place("id")
    if form.roll_up is None and not form.targets:
        message = (
            N_("«{id}» có tiêu chí con nhưng không nói cách tổng hợp; thêm «roll_up: all»")
            if form.children
            else N_('«{id}» không có ngưỡng; thêm «targets: [{{meets: "…"}}]»')
        )
        say("no-target", message, where, id=form.id)
    if form.measure is not None and form.evidence == "declared":
        message = N_("«{id}» kết luận theo tự đánh giá (evidence: declared) nên không dùng measure; bỏ một trong hai")
        say("measure-unused", message, at.place("measure", of_key=True), id=form.id)
    for row, raw in zip(form.targets, at.get("targets", []), strict=True):
        if row.otherwise and row.when:
            message = N_("một dòng không thể vừa có điều kiện (when) vừa là dòng còn lại (otherwise); bỏ một trong hai")
            say("otherwise-and-when", message, raw.place("otherwise", of_key=True))
        _check_order(row.from_, row.to, raw, say)
    _check_roll_up(form, at, say)
    _check_pace(form, at, say)


def _check_roll_up(form: models.Criterion, at: Map, say: Say) -> None:
    rule, where = form.roll_up, at.place("roll_up", of_key=True)
    if rule is None:
        return
    if not form.children and form.children_from is not None:
        return  # why there are none has been said
    if not form.children:
        say("roll-up-without-children", N_("«{id}» có roll_up nhưng không có tiêu chí con"), where, id=form.id)
        return
    if form.targets or form.measure:
        message = N_("«{id}» vừa có roll_up vừa có {other}; chỉ giữ một cách kết luận")
        say("roll-up-and-target", message, where, id=form.id, other="targets" if form.targets else "measure")
    ids = [child.id for child in form.children]
    if isinstance(rule, models.Core):
        for i, name in enumerate(rule.core):
            place = at["roll_up"]["core"].place(i)
            if name in rule.core[:i]:
                say("core-twice", N_("core ghi «{id}» hai lần"), place, id=name)
            elif name not in ids:
                message = N_("roll_up nhắc đến «{id}», không phải tiêu chí con của mục này; {suggestion}")
                say("unknown-criterion", message, place, id=name, suggestion=suggest_name(name, ids))
    needed, possible = (
        (rule.at_least, len(ids))
        if isinstance(rule, models.AtLeast)
        else (rule.and_at_least, len(set(ids) - set(rule.core)))
        if isinstance(rule, models.Core)
        else (0, 0)
    )
    if needed > possible:
        say(
            "roll-up-impossible",
            N_("đòi ít nhất {k} tiêu chí con đạt nhưng chỉ có {n}"),
            at["roll_up"].place("at_least" if isinstance(rule, models.AtLeast) else "and_at_least"),
            k=needed,
            n=possible,
        )


def _check_pace(form: models.Criterion, at: Map, say: Say) -> None:
    """Milestones and the outlook."""
    seen: dict[dt.date, int] = {}
    for step, raw in zip(form.milestones, at.get("milestones", []), strict=True):
        if step.by in seen:
            message = N_("mốc {day} đã có ở dòng {line}")
            say("milestone-twice", message, raw.place("by"), day=step.by.isoformat(), line=seen[step.by])
        seen.setdefault(step.by, raw.at["by"].line)
    if form.outlook == "milestones" and not form.milestones:
        say("outlook-without-milestones", N_("outlook: milestones cần có các mốc (milestones)"), at.place("outlook"))
    if not isinstance(form.outlook, models.Outlook):
        return
    profile, bands, outlook = form.outlook.profile, form.outlook.bands, at["outlook"]
    falls = any(later < sooner for sooner, later in pairwise(profile))
    if profile and (len(profile) != MONTHS or profile[-1] != 1 or falls):
        message = N_("profile phải có đủ 12 số, cuối mỗi tháng một số, không giảm, số cuối là 1; đang có {count} số")
        say("outlook-profile", message, outlook.place("profile"), count=len(profile))
    if any(worse >= better for better, worse in pairwise(bands)):
        message = N_("bands phải giảm dần, ví dụ [-3, -8, -15]: đúng tiến độ, cần chú ý, nguy cơ")
        say("outlook-bands", message, outlook.place("bands"))


def check_measure(form: models.Criterion, tree: ms.Expression | None, at: Map, say: Say) -> None:
    """A measure reads figures, and the table that is shown line by line."""
    if tree is not None and all(isinstance(node, (ms.Number, ms.Operation)) for node in ms.walk(tree)):
        message = N_("measure «{measure}» không đọc số liệu nào, nên đơn vị nào cũng ra một kết quả")
        say("measure-constant", message, at.place("measure"), measure=form.measure)
    if form.each is None:
        return
    tables = {node.table for node in ms.walk(tree) if isinstance(node, ms.Column)} if tree is not None else set()
    if form.measure is None:
        message = N_("each cần một measure tính trên bảng «{table}»")
        say("each-without-measure", message, at.place("each"), table=form.each)
    elif tree is not None and form.each not in tables:
        message = N_("each ghi bảng «{table}» nhưng measure không đọc bảng đó; measure đọc: {tables}")
        say("each-other-table", message, at.place("each"), table=form.each, tables=", ".join(sorted(tables)) or "-")
