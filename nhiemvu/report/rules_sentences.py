"""What a rulebook says, in sentences for those who read it and do not write it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nhiemvu.messages import N_, _
from nhiemvu.rules import models
from nhiemvu.rules.rulebook import CompiledCheck, Node, TargetRow
from nhiemvu.rules.target import Target, TargetError
from nhiemvu.rules.write import write_value
from nhiemvu.text import format_date, format_number


def say_target(row: TargetRow, written: models.Target, facts: Mapping[str, models.Fact]) -> str:
    """One row of a decision table: when it holds, what must then hold, by when."""
    conditions = [say_allowed(name, allowed, facts) for name, allowed in written.when.items()]
    if written.otherwise:
        conditions.append(_("không thuộc các trường hợp khác"))
    if written.from_:
        conditions.append(_("từ ngày {date}", date=format_date(written.from_)))
    if written.to:
        conditions.append(_("đến hết ngày {date}", date=format_date(written.to)))
    if row.target is None:
        said = row.hole
    else:
        said = _("đạt khi kết quả {target}", target=row.target.explain())
        if row.exceeds is not None:
            said += "; " + _("vượt khi kết quả {target}", target=row.exceeds.explain())
    if row.by:
        said += "; " + _("thời hạn {date}", date=format_date(row.by))
    condition = _(" và ").join(conditions)
    sentence = f"{condition}: {said}" if condition else said
    return sentence[:1].upper() + sentence[1:]


def say_allowed(name: str, allowed: models.Allowed, facts: Mapping[str, models.Fact]) -> str:
    """`Khu vực là I hoặc II`."""
    fact = facts.get(name)
    label = fact.label if fact else name
    values = allowed if isinstance(allowed, list) else [allowed]
    if fact and fact.type in ("number", "percent", "date") and len(values) == 1 and isinstance(values[0], str):
        try:
            return f"{label} {Target(values[0]).explain()}"
        except TargetError:  # one plain value, which is no test
            pass
    shown = [({True: _("có"), False: _("không")}[value] if isinstance(value, bool) else value) for value in values]
    return _("{fact} là {values}", fact=label, values=_(" hoặc ").join(shown))


def say_roll_up(node: Node) -> str:
    """How the children make the verdict of their parent."""
    rule = node.form.roll_up
    said = _(_ROLL_UPS[rule]) if isinstance(rule, str) else node.target_text
    sentence = _("đạt khi {rule}", rule=said)
    if isinstance(rule, models.WeightedShare) and rule.weights:
        weights = ", ".join(f"{name}: {_number(weight)}" for name, weight in rule.weights.items())
        sentence += "; " + _("trọng số {weights}", weights=weights)
    return sentence[:1].upper() + sentence[1:]


_ROLL_UPS = {"all": N_("mọi nội dung con đều đạt"), "any": N_("có ít nhất một nội dung con đạt")}


def say_evidence(evidence: str) -> str:
    """On what the verdict stands; nothing where it stands on figures, as usual."""
    return _(_EVIDENCE[evidence]) if evidence in _EVIDENCE else ""


_EVIDENCE = {
    "declared": N_("tự đánh giá của đơn vị"),
    "declared_if_missing": N_("số liệu; thiếu số liệu thì lấy tự đánh giá của đơn vị"),
}
_ZERO_OF_ZERO = {"no_data": N_("coi là thiếu số liệu"), "met": N_("coi là đạt")}


def say_zero_of_zero(rule: str) -> str:
    """What 0/0 is; nothing where it is left out, as usual."""
    return _(_ZERO_OF_ZERO[rule]) if rule in _ZERO_OF_ZERO else ""


def say_outlook(outlook: str | models.Outlook) -> str:
    """How the pace is judged; nothing where it is not."""
    if isinstance(outlook, models.Outlook):
        if outlook.profile:
            shares = "; ".join(f"{_number(100 * share)}%" for share in outlook.profile)
            return _("theo phần của cả năm phải đạt vào cuối mỗi tháng: {shares}", shares=shares)
        outlook = "linear"
    return _(_OUTLOOKS[outlook]) if outlook in _OUTLOOKS else ""


_OUTLOOKS = {"linear": N_("theo phần của năm đã qua"), "milestones": N_("theo các mốc")}


def say_scoring(form: models.Criterion) -> Iterator[tuple[str, str]]:
    """Points and grades, a name and a sentence each."""
    if form.units_meeting is not None:
        yield _("Số đơn vị phải đạt"), _explain(form.units_meeting)
    if form.max_points is not None:
        yield _("Điểm tối đa"), _number(form.max_points)
    for band in form.points:
        yield (
            _("Điểm"),
            _("{points} điểm khi kết quả {target}", points=_number(band.points), target=_explain(band.meets)),
        )
    for grade in form.grades:
        said = _("mọi đơn vị còn lại") if grade.meets is None else _("khi {target}", target=_explain(grade.meets))
        if grade.at_most is not None:
            said += "; " + _("nhiều nhất {share}", share=grade.at_most.share)
            if grade.at_most.of:
                said += " " + _("của số đơn vị xếp loại {grades}", grades=", ".join(grade.at_most.of))
        yield _("Xếp loại «{grade}»", grade=grade.grade), said


def say_check(check: CompiledCheck) -> tuple[str, str]:
    """A check: its name, and what must hold."""
    form = check.form
    if isinstance(form, models.Agree):
        return form.label, _("phải bằng nhau: {expressions}", expressions="; ".join(form.agree))
    if isinstance(form, models.AddUp):
        return form.label, f"{form.total} = {' + '.join(form.parts)}"
    if isinstance(form, models.Bounded):
        return _("Không quá 100%"), _("kết quả của các tiêu chí {ids}", ids=", ".join(form.bounded))
    return _("Đối chiếu"), write_value(form.model_dump(by_alias=True, exclude_unset=True))


def _explain(test: str) -> str:
    return Target(test).explain()


def _number(number: float) -> str:
    return format_number(number, 2)
