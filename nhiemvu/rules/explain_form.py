"""What pydantic found wrong with the form of a rule file, said in the official's language, each with its line and column."""

from __future__ import annotations

from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from nhiemvu.errors import Place, Problem
from nhiemvu.messages import N_
from nhiemvu.rules import models
from nhiemvu.rules.yaml import Map, Seq
from nhiemvu.text import nearest

Location = tuple[int | str, ...]

_FORMS: dict[str, type[BaseModel]] = {  # which form the value of a key has
    "valid": models.Validity,
    "source": models.Source,
    "facts": models.Fact,
    "tables": models.Table,
    "columns": models.Column,
    "criteria": models.Criterion,
    "children": models.Criterion,
    "targets": models.Target,
    "milestones": models.Milestone,
    "outlook": models.Outlook,
    "at_least_k": models.AtLeast,
    "core_and_k": models.Core,
    "weighted_share": models.WeightedShare,
    "point_sum": models.Points,
    "points": models.Band,
    "grades": models.Grade,
    "at_most": models.Ceiling,
    "cases": models.Case,
    "agree": models.Agree,
    "add_up": models.AddUp,
    "bounded": models.Bounded,
}
_UNIONS = {  # keys that take one of several forms: all that pydantic says of them becomes one sentence
    "roll_up": N_(
        'all, any, {{at_least: k}}, {{core: [mã], and_at_least: k}}, {{share: "≥ 70%", weights: {{mã: số}}}} hoặc {{points: "≥ 80%"}}'
    ),
    "outlook": N_("none, linear, milestones hoặc {{profile: [12 số], bands: [-3, -8, -15]}}"),
    "when": N_("một giá trị, hoặc danh sách giá trị trong ngoặc vuông"),
    "requires": N_("một giá trị, hoặc danh sách giá trị trong ngoặc vuông"),
    "given": N_("số, chữ, ngày, true hoặc false"),
}


def explain(error: ValidationError, raw: Map) -> list[Problem]:
    """One problem per mistake, at the place of the value (or of the key, where the key is the mistake)."""
    problems: dict[Place, Problem] = {}
    for found in error.errors(include_url=False):
        problem = _problem(found, raw)
        problems.setdefault(problem.place, problem)
    return list(problems.values())


def _walk(raw: Any, location: Location) -> tuple[Map | Seq, int | str, Any]:
    """The innermost container that the location reaches, the key in it, and the value there (None where it is missing)."""
    container, key, value = raw, "", raw
    for step in location:
        if isinstance(value, Map) and isinstance(step, str) and step in value:
            container, key, value = value, step, value[step]
        elif isinstance(value, Seq) and isinstance(step, int) and step < len(value):
            container, key, value = value, step, value[step]
    return container, key, value


def _place(container: Map | Seq, key: int | str, *, of_key: bool = False) -> Place:
    if isinstance(container, Map):
        return container.place(str(key), of_key=of_key)
    mark = container.at[key] if isinstance(key, int) else container.mark
    return Place(container.file, line=mark.line, column=mark.column)


def _raw(container: Map | Seq, key: int | str) -> str:
    mark = container.at.get(str(key)) if isinstance(container, Map) else container.at[int(key)]
    return mark.raw if mark else ""


def _problem(found: Any, raw: Map) -> Problem:
    kind: str = found["type"]
    location: Location = found["loc"]
    container, key, value = _walk(raw, location)
    place = _place(container, key)

    for step in reversed(location):
        if step in _UNIONS and kind != "extra_forbidden":
            parent, union_key, _ = _walk(raw, location[: location.index(step) + 1])
            return Problem(
                "rule-choice", N_("{key} phải là ") + _UNIONS[str(step)], _place(parent, union_key), {"key": step}
            )
        if step in _FORMS or isinstance(step, int):
            break

    if kind == "missing":
        inside = value if isinstance(value, (Map, Seq)) else container
        at = Place(inside.file, line=inside.mark.line, column=inside.mark.column)
        return Problem("rule-missing-key", N_("thiếu khóa «{key}»"), at, {"key": location[-1]})
    if kind == "extra_forbidden":
        name = str(location[-1])
        known = _known_keys(location)
        close = nearest(name, known)
        message = (
            N_("không có khóa «{key}»; có phải «{nearest}»?")
            if close
            else N_("không có khóa «{key}»; dùng được: {known}")
        )
        fill = {"key": name, "nearest": close[0] if close else "", "known": ", ".join(known)}
        return Problem("rule-unknown-key", message, _place(container, name, of_key=True), fill)
    if kind == "string_type":
        if isinstance(value, (Seq, Map)):
            return Problem(
                "rule-not-text",
                N_("{key} phải là chữ; nếu có dấu ngoặc, hãy đặt tất cả trong dấu ngoặc kép"),
                place,
                {"key": location[-1]},
            )
        written = _raw(container, key)
        if value is None:
            return Problem(
                "rule-empty", N_("{key} để trống; hãy ghi giá trị hoặc bỏ khóa này"), place, {"key": _name(location)}
            )
        return Problem(
            "rule-not-text",
            N_('{key} phải là chữ, đặt trong dấu ngoặc kép: "{written}" (không có ngoặc kép, 1.10 thành 1.1)'),
            place,
            {"key": _name(location), "written": written},
        )
    if kind in ("date_type", "date_from_datetime_inexact"):
        return Problem(
            "rule-not-date",
            N_("{key} phải là ngày viết kiểu 2024-11-30, không phải «{written}»"),
            place,
            {"key": location[-1], "written": _raw(container, key)},
        )
    if kind == "literal_error":
        known = [str(each) for each in _literals(location)]
        close = nearest(str(value), known)
        message = (
            N_("{key} không nhận «{written}»; có phải «{nearest}»?")
            if close
            else N_("{key} không nhận «{written}»; dùng được: {known}")
        )
        fill = {"key": location[-1], "written": value, "nearest": close[0] if close else "", "known": ", ".join(known)}
        return Problem("rule-choice", message, place, fill)
    if kind == "string_pattern_mismatch":
        of_key = location[-1] == "[key]"
        return Problem(
            "rule-name",
            N_(
                "«{written}» không dùng làm tên được: tên trong biểu thức gồm chữ thường không dấu, số và dấu gạch dưới; mã gồm chữ, số, dấu chấm và gạch nối"
            ),
            _place(container, key, of_key=of_key),
            {"written": key if of_key else value},
        )
    if kind == "value_error" and "meets_or_hole" in found["msg"]:
        return Problem(
            "rule-target-row",
            N_("mỗi dòng của targets phải có đúng một trong hai khóa meets (ngưỡng) và hole (chưa quy định)"),
            place,
        )
    if kind == "value_error" and "counted_column" in found["msg"]:
        return Problem("rule-counted", N_("counted nhắc đến một cột không có trong columns của bảng"), place)
    expected = _EXPECTED.get(kind.split("_type")[0], "")
    if expected:
        return Problem("rule-shape", N_("{key} phải là ") + expected, place, {"key": _name(location)})
    limit = next(
        (
            found.get("ctx", {}).get(name)
            for name in ("ge", "gt", "le", "lt", "min_length", "max_length")
            if name in found.get("ctx", {})
        ),
        "",
    )
    return Problem(
        "rule-range",
        N_("{key}: giá trị «{written}» ra ngoài giới hạn {limit}"),
        place,
        {"key": _name(location), "written": value, "limit": limit},
    )


_EXPECTED = {
    "list": N_("danh sách, mỗi mục một dòng bắt đầu bằng «- »"),
    "dict": N_("các dòng «khóa: giá trị» thụt vào trong"),
    "model": N_("các dòng «khóa: giá trị» thụt vào trong"),
    "model_attributes": N_("các dòng «khóa: giá trị» thụt vào trong"),
    "int": N_("số nguyên"),
    "float": N_("số"),
    "bool": N_("true hoặc false"),
    "union_tag_not_found": N_("một phép đối chiếu: agree, total cùng parts, hoặc bounded"),
}


def _name(location: Location) -> str:
    return next((str(step) for step in reversed(location) if isinstance(step, str) and step != "[key]"), "")


def _form(location: Location) -> type[BaseModel]:
    return next(
        (_FORMS[step] for step in reversed(location) if isinstance(step, str) and step in _FORMS), models.RuleFile
    )


def _known_keys(location: Location) -> list[str]:
    return [field.alias or name for name, field in _form(location[:-1]).model_fields.items()]


def _literals(location: Location) -> tuple[Any, ...]:
    form = _form(location[:-1])
    field = next((field for name, field in form.model_fields.items() if location[-1] in (name, field.alias)), None)
    return get_args(field.annotation) if field else ()
