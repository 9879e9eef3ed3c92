"""What differs in meaning between two rulebooks: not their layout, their comments or their order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from pydantic import BaseModel

from nhiemvu.errors import Place
from nhiemvu.messages import N_, _
from nhiemvu.rules import models
from nhiemvu.rules.measure import parse_measure
from nhiemvu.rules.rulebook import Node, Rulebook, TargetRow, show_condition, show_source
from nhiemvu.text import format_date


@dataclass(frozen=True, slots=True)
class Change:
    """One difference.

    Attributes:
        kind: stable English word: `added`, `removed`, `moved`, or what changed (`target`, `measure`, `unit`, …).
        of: what it belongs to: `criterion`, `fact`, `table`, `check` or `rulebook`.
        id: of the criterion, or the name of the fact or table.
        what: what changed, in the words of officials.
        old, new: as a person reads them; empty where there is nothing on that side.
        old_place, new_place: where each stands; of what is missing on one side, its criterion or nothing.
    """

    kind: str
    of: str
    id: str
    what: str
    old: str = ""
    new: str = ""
    old_place: Place = field(default_factory=Place)
    new_place: Place = field(default_factory=Place)


def compare(old: Rulebook, new: Rulebook) -> list[Change]:
    """Every difference in meaning, the rulebook itself first, then facts, tables, criteria in reading order, checks."""
    return [
        *_head(old, new),
        *_named(old, new, "facts", "fact", old.facts, new.facts),
        *_named(old, new, "tables", "table", old.tables, new.tables),
        *_criteria(old, new),
        *_checks(old, new),
    ]


# --- the rulebook itself ----------------------------------------------------------------------------------------------


def _head(old: Rulebook, new: Rulebook) -> Iterator[Change]:
    said: list[tuple[str, str, Callable[[Rulebook], str]]] = [
        ("rulebook", N_("mã bộ quy tắc"), lambda rules: rules.id),
        ("title", N_("tên"), lambda rules: rules.title),
        ("issued_by", N_("cơ quan ban hành"), lambda rules: rules.issued_by),
        ("valid", N_("thời gian áp dụng"), lambda rules: _days(rules.valid_from, rules.valid_to)),
    ]
    for key, what, tell in said:
        if tell(old) != tell(new):
            yield Change(key, "rulebook", new.id, _(what), tell(old), tell(new), old.place_of(key), new.place_of(key))


def _days(start: dt.date | None, end: dt.date | None) -> str:
    return " – ".join(format_date(day) if day else "…" for day in (start, end)) if start or end else ""


def _named(
    old: Rulebook, new: Rulebook, key: str, of: str, before: Mapping[str, BaseModel], after: Mapping[str, BaseModel]
) -> Iterator[Change]:
    """Facts or tables, by name and then key by key."""
    words = {"fact": _("thông tin chung"), "table": _("bảng")}[of]
    for name in dict.fromkeys([*before, *after]):
        first, second = before.get(name), after.get(name)
        places = old.place_of(key, name), new.place_of(key, name)
        if first is None and second is not None:
            yield Change("added", of, name, words, "", _label(second, name), Place(), places[1])
        elif second is None and first is not None:
            yield Change("removed", of, name, words, _label(first, name), "", places[0], Place())
        elif first is not None and second is not None:
            for field_name in type(first).model_fields:
                one, other = getattr(first, field_name), getattr(second, field_name)
                if one != other:
                    where = old.place_of(key, name, field_name), new.place_of(key, name, field_name)
                    yield Change(field_name, of, name, f"{words}, {field_name}", _plain(one), _plain(other), *where)


def _label(form: BaseModel, name: str) -> str:
    return str(getattr(form, "label", "")) or name


def _plain(value: Any) -> str:
    """A value of a form, short enough for a line."""
    if isinstance(value, BaseModel):
        return ", ".join(f"{name}: {_plain(each)}" for name, each in value if each not in ("", [], None))
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {_plain(each)}" for name, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_plain(each) for each in value)
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


# --- criteria ---------------------------------------------------------------------------------------------------------


def _criteria(old: Rulebook, new: Rulebook) -> Iterator[Change]:
    for node in old.criteria:
        if node.id not in new.by_id:
            yield Change("removed", "criterion", node.id, _("tiêu chí"), node.name, "", node.place, Place())
    for node in new.criteria:
        before = old.by_id.get(node.id)
        if before is None:
            yield Change("added", "criterion", node.id, _("tiêu chí"), "", node.name, Place(), node.place)
        else:
            yield from _criterion(before, node)


_KEYS: Sequence[tuple[str, str]] = (
    ("name", N_("tên")),
    ("unit", N_("đơn vị tính")),
    ("requires", N_("điều kiện kèm theo")),
    ("milestones", N_("các mốc")),
    ("evidence", N_("bằng chứng")),
    ("zero_of_zero", N_("khi 0/0")),
    ("exceeded", N_("mức vượt")),
    ("words", N_("nghĩa của kết quả bằng chữ")),
    ("outlook", N_("cách dự báo")),
    ("each", N_("bảng đánh giá từng hàng")),
    ("roll_up", N_("cách tổng hợp")),
    ("max_points", N_("điểm tối đa")),
    ("points", N_("khoảng điểm")),
    ("grades", N_("bảng xếp loại")),
    ("units_meeting", N_("số đơn vị phải đạt")),
)


def _criterion(old: Node, new: Node) -> Iterator[Change]:
    def change(kind: str, what: str, before: str, after: str, key: str) -> Change:
        return Change(kind, "criterion", new.id, what, before, after, old.place_of(key), new.place_of(key))

    if old.parent != new.parent:
        yield change("moved", _("vị trí trong cây"), old.parent, new.parent, "id")
    yield from _targets(old, new)
    if _meaning(old.measure) != _meaning(new.measure):
        yield change("measure", _("cách tính"), old.form.measure or "", new.form.measure or "", "measure")
    for key, what in _KEYS:
        one, other = getattr(old.form, key), getattr(new.form, key)
        if one != other and not (key in ("exceeded", "milestones") and _same_tests(old, new, key)):
            yield change(key, _(what), _plain(one), _plain(other), key)
    if not old.targets and not new.targets and show_source(old.source) != show_source(new.source):
        yield change("source", _("căn cứ"), show_source(old.source), show_source(new.source), "source")


def _same_tests(old: Node, new: Node, key: str) -> bool:
    """Do these mean the same, however they are written."""
    return old.exceeded == new.exceeded if key == "exceeded" else old.milestones == new.milestones


def _meaning(tree: object) -> object:
    """An expression without the positions of its parts."""
    if is_dataclass(tree):
        return type(tree).__name__, *(_meaning(getattr(tree, each.name)) for each in fields(tree) if each.name != "at")
    return tree


def _targets(old: Node, new: Node) -> Iterator[Change]:
    """The rows of two decision tables, by condition; where each has one that the other lacks, these two are one."""
    before, after = ({_condition(row): row for row in node.targets} for node in (old, new))
    alone = [key for key in before if key not in after], [key for key in after if key not in before]
    if len(alone[0]) == len(alone[1]) == 1:
        row, other = before.pop(alone[0][0]), after.pop(alone[1][0])
        what = _("điều kiện của ngưỡng")
        said = alone[0][0] or _("luôn áp dụng"), alone[1][0] or _("luôn áp dụng")
        yield Change("condition", "criterion", new.id, what, *said, row.place, other.place)
        yield from _row(new.id, alone[1][0], row, other)
    for key in dict.fromkeys([*before, *after]):
        first, second = before.get(key), after.get(key)
        what = _target_words(key)
        if first is None and second is not None:
            yield Change("target", "criterion", new.id, what, "", _shown(second), old.place, second.place)
        elif second is None and first is not None:
            yield Change("target", "criterion", new.id, what, _shown(first), "", first.place, new.place)
        elif first is not None and second is not None:
            yield from _row(new.id, key, first, second)


def _row(id_: str, condition: str, old: TargetRow, new: TargetRow) -> Iterator[Change]:
    def change(kind: str, what: str, tell: Callable[[TargetRow], str]) -> Change:
        return Change(kind, "criterion", id_, what, tell(old), tell(new), old.place, new.place)

    if (old.target, old.hole) != (new.target, new.hole):
        yield change("target", _target_words(condition), _shown)
    if old.exceeds != new.exceeds:
        yield change("exceeds", _("mức vượt"), lambda row: row.exceeds.shown if row.exceeds else "")
    if old.by != new.by:
        yield change("by", _("thời hạn"), lambda row: format_date(row.by) if row.by else "")
    if old.source != new.source:
        yield change("source", _("căn cứ"), lambda row: show_source(row.source))


def _target_words(condition: str) -> str:
    return _("ngưỡng ({condition})", condition=condition) if condition else _("ngưỡng")


def _shown(row: TargetRow) -> str:
    return row.target.shown if row.target else _("để trống: {hole}", hole=row.hole)


def _condition(row: TargetRow) -> str:
    """When a row applies, in words; the same words mean the same."""
    decision = row.decision
    parts = [f"{name}: {show_condition(allowed)}" for name, allowed in sorted(decision.when.items())]
    if decision.otherwise:
        parts.append(_("còn lại"))
    if decision.valid_from or decision.valid_to:
        parts.append(_days(decision.valid_from, decision.valid_to))
    return "; ".join(parts)


# --- checks -----------------------------------------------------------------------------------------------------------


def _checks(old: Rulebook, new: Rulebook) -> Iterator[Change]:
    before, after = _by_meaning(old), _by_meaning(new)
    what = _("phép đối chiếu")
    for key, (text, place) in before.items():
        if key not in after:
            yield Change("removed", "check", "", what, text, "", place, Place())
    for key, (text, place) in after.items():
        if key not in before:
            yield Change("added", "check", "", what, "", text, Place(), place)


def _by_meaning(rules: Rulebook) -> dict[object, tuple[str, Place]]:
    """What each check says, however its expressions are spaced and in whatever order its parts stand."""

    def trees(texts: Sequence[str]) -> tuple[object, ...]:
        return tuple(sorted((_meaning(parse_measure(text)) for text in texts), key=repr))

    found: dict[object, tuple[str, Place]] = {}
    for check in rules.checks:
        match check.form:
            case models.Agree() as form:
                found["agree", form.label, form.within, trees(form.agree)] = _plain(form), check.place
            case models.AddUp() as form:
                found["total", form.label, form.within, trees([form.total]), trees(form.parts)] = (
                    _plain(form),
                    check.place,
                )
            case models.Bounded() as form:
                found |= {("bounded", id_): (_("{id} không quá 100%", id=id_), check.place) for id_ in form.bounded}
    return found
