"""What pydantic found wrong with the form of a rule file, in the official's language, each with its line and column."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from nhiemvu.errors import Place, Problem
from nhiemvu.messages import N_
from nhiemvu.rules import models
from nhiemvu.rules.yaml import Map, Seq
from nhiemvu.text import nearest, plain

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
        "roll_up phải là all, any, {{at_least: k}}, {{core: [mã], and_at_least: k}}, "
        '{{share: "≥ 70%", weights: {{mã: số}}}} hoặc {{points: "≥ 80%"}}'
    ),
    "outlook": N_("outlook phải là none, linear, milestones hoặc {{profile: [12 số], bands: [-3, -8, -15]}}"),
    "when": N_("điều kiện «{key}» phải là một giá trị, hoặc danh sách giá trị trong ngoặc vuông"),
    "requires": N_("điều kiện «{key}» phải là một giá trị, hoặc danh sách giá trị trong ngoặc vuông"),
    "given": N_("số liệu «{key}» phải là số, chữ, ngày, true hoặc false"),
    "rows": N_("số liệu «{key}» phải là số, chữ, ngày, true hoặc false"),
    "lines": N_("số liệu «{key}» phải là số, chữ, ngày, true hoặc false"),
    "checks": N_("mỗi phép đối chiếu phải có một trong các khóa agree, total cùng parts, hoặc bounded"),
}
_SHAPES = {
    "list": N_("{key} phải là danh sách: mỗi mục một dòng bắt đầu bằng «- », hoặc tất cả trong ngoặc vuông"),
    "dict": N_("{key} phải là các dòng «khóa: giá trị» thụt vào trong"),
    "int": N_("{key} phải là số nguyên, không phải «{written}»"),
    "float": N_("{key} phải là số, không phải «{written}»"),
    "bool": N_("{key} phải là true hoặc false, không phải «{written}»"),
}
_LIMITS = {
    "string_too_long": ("max_length", N_("{key} dài quá {limit} ký tự")),
    "string_too_short": ("min_length", N_("{key} để trống; hãy ghi giá trị hoặc bỏ khóa này")),
    "too_short": ("min_length", N_("{key} cần ít nhất {limit} mục")),
    "too_long": ("max_length", N_("{key} có nhiều nhất {limit} mục")),
    "greater_than_equal": ("ge", N_("{key} phải từ {limit} trở lên, không phải «{written}»")),
    "greater_than": ("gt", N_("{key} phải lớn hơn {limit}, không phải «{written}»")),
    "less_than_equal": ("le", N_("{key} không được quá {limit}, không phải «{written}»")),
}
_PATTERNS = {
    "id": N_(
        "«{written}» không làm mã được: mã gồm chữ không dấu, số, dấu chấm, gạch nối, gạch dưới, "
        "và bắt đầu bằng chữ hoặc số"
    ),
    "rulebook": N_(
        "«{written}» không làm tên bộ quy tắc được: chỉ dùng chữ thường không dấu, số và gạch nối; viết «{plain}»"
    ),
    "name": N_("«{written}» không làm tên được: chỉ dùng chữ thường không dấu, số và gạch dưới; viết «{plain}»"),
}
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
_SPOKEN_DATE = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_PLACEHOLDER = "x"
_SHOWN = 6


def explain(error: ValidationError, raw: Map) -> list[Problem]:
    """One problem per mistake, at the place of the value (or of the key, where the key is the mistake)."""
    problems: dict[tuple[Place, str], Problem] = {}
    for found in error.errors(include_url=False):
        if not _is_other_branch(found, raw):
            problem = _problem(found, raw)
            problems.setdefault((problem.place, problem.text), problem)
    return list(problems.values())


class Pruned:
    """What has been cut out of a file whose form is wrong, so that the rest can be judged by itself."""

    def __init__(self) -> None:
        self._names: set[str] = set()  # names and ids that are gone
        self._criteria: set[str] = set()  # criteria that have lost something
        self._keys: set[str] = set()  # facts and tables that have lost something

    def cut(self, error: ValidationError, raw: Map) -> bool:
        """Remove every value that has no form (or lacks a key that it needs); False where nothing can be removed."""
        cuts: dict[tuple[int, int | str], tuple[Map | Seq, int | str]] = {}
        for found in error.errors(include_url=False):
            steps = [*_steps(raw, found["loc"])]
            self._criteria.update(str(each[2].get("id")) for each in steps if isinstance(each[2], Map))
            self._keys.update(map(str, found["loc"][1:2] if found["loc"][0] in ("facts", "tables") else ()))
            if found["type"] == "extra_forbidden":
                container, key = _holder(steps, raw), found["loc"][-1]
            elif steps:
                container, key, _ = steps[-1]
            else:  # what every file must say of itself
                raw.put(str(found["loc"][-1]), _PLACEHOLDER, raw.mark, raw.mark)
                continue
            cuts[id(container), key] = container, key
        for container, key in sorted(cuts.values(), key=lambda each: str(each[1]).zfill(9), reverse=True):
            if isinstance(container, Map) and isinstance(key, str) and key in container:
                self._names |= {key, *_names_in(container[key])}
                container.take_out(key)
            elif isinstance(container, Seq) and isinstance(key, int):
                self._names |= {*_names_in(container[key])}
                container.take_out(key)
        return bool(cuts)

    def explains(self, problem: Problem) -> bool:
        """May the problem be there only because of what has been cut out."""
        if problem.code in ("unknown-name", "unknown-criterion"):
            return not self._names.isdisjoint(str(each) for each in problem.fill.values())
        if not problem.criterion:
            return problem.fill.get("name") in self._keys
        return problem.criterion in self._criteria and not problem.code.endswith(("-syntax", "-percent"))


def _holder(steps: list[tuple[Map | Seq, int | str, Any]], raw: Map) -> Map | Seq:
    """The container that holds an unknown key."""
    return steps[-1][0] if steps else raw


def _names_in(value: Any) -> Iterator[str]:
    """Every key and id in a value that is cut out."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Map):
            yield from each
            yield str(each.get("id", ""))
            waiting += each.values()
        elif isinstance(each, Seq):
            waiting += each


def _steps(raw: Map, location: Location) -> Iterator[tuple[Map | Seq, int | str, Any]]:
    """Each container on the way to a location, the key in it, and the value there; passes over names of forms."""
    if location[:1] == ("checks",):
        location = location[:2] + location[3:]  # the third names the kind of check
    value: Any = raw
    for step in location:
        if (isinstance(value, Map) and isinstance(step, str) and step in value) or (
            isinstance(value, Seq) and isinstance(step, int) and step < len(value)
        ):
            container, value = value, value[step]  # type: ignore[index]  # a str for a Map, an int for a Seq
            yield container, step, value


def _is_other_branch(found: Any, raw: Map) -> bool:
    """Is it said only of a form that the value was not meant to have: a group of keys is none of the words."""
    location: Location = found["loc"]
    if "outlook" not in location:
        return False
    at = location.index("outlook")
    *_, (_, _, value) = _steps(raw, location[: at + 1])
    return isinstance(value, Map) and len(location) > at + 1 and location[at + 1] != "Outlook"


def _problem(found: Any, raw: Map) -> Problem:
    kind: str = found["type"]
    location: Location = found["loc"]
    *_, (container, key, value) = [(raw, "", raw), *_steps(raw, location)]
    place = _place(container, key)
    fill: dict[str, object] = {"key": _name(location), "written": _written(container, key)}

    if kind == "missing":
        inside = value if isinstance(value, (Map, Seq)) else container
        return Problem("rule-missing-key", N_("thiếu khóa «{key}»"), inside.mark.place(), {"key": location[-1]})
    if kind == "extra_forbidden":
        return _unknown_key(str(location[-1]), _form(location[:-1]), container, value)
    if union := _union(location, value):
        return Problem("rule-choice", _UNIONS[union], place, {"key": key})
    if value is None and key != "":
        return Problem("rule-empty", N_("{key} để trống; hãy ghi giá trị hoặc bỏ khóa này"), place, fill)
    if kind == "string_type":
        return _not_text(location, value, place, fill)
    if kind.startswith("date_"):
        return _not_a_date(value, place, fill)
    if kind == "literal_error":
        return _wrong_word(location, place, fill)
    if kind == "string_pattern_mismatch":
        of_key = location[-1] == "[key]"
        written = str(key if of_key else value)
        pattern = (
            "name" if of_key or location[-1] in ("each", "among") else "rulebook" if location == ("rulebook",) else "id"
        )
        joint = "-" if pattern == "rulebook" else "_"
        bare = re.sub("[^a-z0-9]+", joint, plain(written)).strip(joint)
        where = _place(container, key, of_key=of_key)
        return Problem("rule-name", _PATTERNS[pattern], where, {"written": written, "plain": bare or _PLACEHOLDER})
    if kind == "value_error" and "meets_or_hole" in found["msg"]:
        message = N_("mỗi dòng của targets phải có đúng một trong hai khóa meets (ngưỡng) và hole (chưa quy định)")
        return Problem("rule-target-row", message, place)
    if kind in ("model_type", "model_attributes_type"):
        keys = _keys(_form(location))
        known = ", ".join(keys[:_SHOWN]) + (", …" if len(keys) > _SHOWN else "")
        message = (
            N_("mỗi mục của {key} phải là một nhóm khóa, gồm: {known}")
            if isinstance(location[-1], int)
            else N_("{key} phải là một nhóm khóa, gồm: {known}")
        )
        return Problem("rule-shape", message, place, fill | {"known": known})
    if kind in _LIMITS:
        limit, message = _LIMITS[kind]
        return Problem("rule-range", message, place, fill | {"limit": f"{found['ctx'][limit]:g}"})
    if kind == "recursion_loop":
        return Problem("rule-limit", N_("các tiêu chí lồng nhau quá sâu"), place)
    shape = next((message for name, message in _SHAPES.items() if kind.startswith(name)), None)
    return Problem("rule-shape", shape or N_("{key} không nhận giá trị «{written}»"), place, fill)


def _unknown_key(name: str, form: type[BaseModel], container: Map | Seq, value: Any) -> Problem:
    known = _keys(form)
    close = nearest(name, known)
    if form is models.Criterion and name in _keys(models.Target):
        message = N_('«{key}» là khóa của mỗi dòng trong targets: viết «targets: [{{meets: "≥ 80%"}}]»')
    elif close:
        message = N_("không có khóa «{key}»; có phải «{nearest}»?")
    else:
        message = N_("không có khóa «{key}»; dùng được: {known}")
    fill = {"key": name, "nearest": close[0] if close else "", "known": ", ".join(known)}
    holder = container if isinstance(container, Map) and name in container else value
    return Problem("rule-unknown-key", message, _place(holder, name, of_key=True), fill)


def _not_text(location: Location, value: Any, place: Place, fill: dict[str, object]) -> Problem:
    """Text was wanted. What is written is shown in quotes, as it should be."""
    if isinstance(value, Seq) and all(mark.line == value.mark.line for mark in value.at):
        fill["written"] = "[{}]".format(", ".join(mark.raw for mark in value.at))
    elif isinstance(value, (Map, Seq)):
        return Problem("rule-not-text", N_("{key} phải là chữ, không phải nhóm khóa hay danh sách"), place, fill)
    if isinstance(value, float):
        message = N_('{key} phải là chữ, đặt trong dấu ngoặc kép: "{written}" (không có ngoặc kép, 1.10 thành 1.1)')
    elif isinstance(location[-1], int):
        message = N_('mỗi mục của {key} phải là chữ, đặt trong dấu ngoặc kép: "{written}"')
    else:
        message = N_('{key} phải là chữ, đặt trong dấu ngoặc kép: "{written}"')
    return Problem("rule-not-text", message, place, fill)


def _not_a_date(value: Any, place: Place, fill: dict[str, object]) -> Problem:
    written = str(fill["written"])
    if isinstance(value, str) and _ISO.fullmatch(written):
        message = (
            N_("{key} là ngày, viết không có dấu ngoặc kép: {written}")
            if _is_day(written)
            else N_("{key}: không có ngày {written} trong lịch")
        )
    elif spoken := _SPOKEN_DATE.fullmatch(written):
        message = N_("{key} là ngày, viết năm-tháng-ngày: {iso}")
        fill["iso"] = f"{spoken[3]}-{int(spoken[2]):02}-{int(spoken[1]):02}"
    else:
        message = N_("{key} là ngày, viết năm-tháng-ngày như 2024-11-30; gặp «{written}»")
    return Problem("rule-not-date", message, place, fill)


def _is_day(written: str) -> bool:
    try:
        dt.date.fromisoformat(written)
    except ValueError:
        return False
    return True


def _wrong_word(location: Location, place: Place, fill: dict[str, object]) -> Problem:
    known = [str(each) for each in _literals(location)]
    close = nearest(str(fill["written"]), known)
    message = (
        N_("{key} không nhận «{written}»; có phải «{nearest}»?")
        if close
        else N_("{key} không nhận «{written}»; dùng được: {known}")
    )
    return Problem("rule-choice", message, place, fill | {"nearest": "".join(close), "known": ", ".join(known)})


def _union(location: Location, value: Any) -> str:
    """The key with several forms of which nothing more precise can be said than what all of them are; or nothing."""
    for step in reversed(location):
        if step in ("when", "requires", "given", "rows", "lines"):
            return str(step) if location[-1] != step else ""
        if step in ("roll_up", "outlook"):
            within = isinstance(value, Map) and location[-1] == step
            return str(step) if within or not _is_inside(location, str(step)) else ""
        if step == "checks":
            return "checks" if len(location) == 2 else ""
    return ""


def _is_inside(location: Location, step: str) -> bool:
    """Does the location lead to a value within the group of keys under this step."""
    rest = location[len(location) - 1 - location[::-1].index(step) + 1 :]
    return len(rest) > 1


def _place(container: Map | Seq, key: int | str, *, of_key: bool = False) -> Place:
    if isinstance(container, Map):
        return container.place(str(key), of_key=of_key)
    return container.place(key) if isinstance(key, int) else container.mark.place()


def _written(container: Map | Seq, key: int | str) -> str:
    mark = container.at.get(str(key)) if isinstance(container, Map) else container.at[int(key)]
    return mark.raw if mark else ""


def _name(location: Location) -> str:
    return next((str(step) for step in reversed(location) if isinstance(step, str) and step != "[key]"), "")


def _form(location: Location) -> type[BaseModel]:
    return next(
        (_FORMS[step] for step in reversed(location) if isinstance(step, str) and step in _FORMS), models.RuleFile
    )


def _keys(form: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in form.model_fields.items()]


def _literals(location: Location) -> tuple[Any, ...]:
    form = _form(location[:-1])
    field = next((field for name, field in form.model_fields.items() if location[-1] in (name, field.alias)), None)
    return get_args(field.annotation) if field else ()
