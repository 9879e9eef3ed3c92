"""Rule files of every shape that the models allow, made from the models themselves."""

from __future__ import annotations

import datetime as dt
import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from nhiemvu.rules.models import Criterion, RuleFile, Target

_HARD_TEXTS = [
    "",
    "1.10",
    "=1+1",
    "≥ 80%",
    '"đạt"',
    "true",
    "null",
    "'",
    "a: b",
    "a #b",
    "- x",
    "{",
    "[x]",
    "có, không",
]
_HARD_TEXTS += ["\\", "~", "dòng 1\ndòng 2", " lề ", "2024-11-30", "0x1F", "1e5", "Không", "\u2028", "\x07\r\t"]
_HARD_TEXTS += ["có, không", "_x000D_", "@", "🙂", "Tổng số"]
TEXTS = st.one_of(st.sampled_from(_HARD_TEXTS), st.text(max_size=12))
DATES = st.one_of(st.dates(), st.just(dt.date(2024, 12, 31)))
ANY = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**30), 10**30),
        st.floats(allow_nan=False, allow_infinity=False),
        DATES,
        TEXTS,
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)


def _of(annotation: Any, depth: int, limits: tuple[Any, ...] = ()) -> st.SearchStrategy[Any]:
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _of(args[0], depth, (*limits, *args[1:]))
    if annotation is Any:
        return ANY
    if annotation is type(None):
        return st.none()
    if origin in (Union, types.UnionType):
        return st.one_of(*(_of(arg, depth) for arg in args))
    if origin is Literal:
        return st.sampled_from(args)
    found = {
        name: getattr(limit, name)
        for limit in limits
        for name in ("ge", "gt", "le", "lt", "min_length", "max_length", "pattern")
        if getattr(limit, name, None) is not None
    }
    for limit in limits:  # a Field holds its limits apart
        for inner in getattr(limit, "metadata", ()):
            found |= {
                n: getattr(inner, n)
                for n in ("ge", "gt", "le", "lt", "min_length", "max_length")
                if getattr(inner, n, None) is not None
            }
    if origin is list:
        least = found.get("min_length", 0)
        return st.lists(
            _of(args[0], depth + 1), min_size=least, max_size=found.get("max_length", max(least, 3 if depth < 3 else 1))
        )
    if origin is dict:
        return st.dictionaries(_of(args[0], depth + 1), _of(args[1], depth + 1), max_size=3)
    if annotation is str:
        if "pattern" in found:
            return st.from_regex(found["pattern"].replace("$", r"\Z")).map(lambda text: text[:40])
        return TEXTS.filter(lambda text: len(text) >= found.get("min_length", 0))
    if annotation is bool:
        return st.booleans()
    if annotation is int:
        return st.integers(found.get("ge", -5), found.get("le", 9))
    if annotation is float:
        low, high = found.get("ge", found.get("gt")), found.get("le", found.get("lt"))
        return st.floats(
            low, high, exclude_min="gt" in found and low is not None, allow_nan=False, allow_infinity=False
        )
    if annotation is dt.date:
        return DATES
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return forms(annotation, depth)
    raise TypeError(annotation)


def forms(model: type[BaseModel], depth: int = 0) -> st.SearchStrategy[dict[str, Any]]:
    """The data of such a form: everything that must be given, and some of what may be."""
    required: dict[str, Any] = {}
    optional: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        if name == "children" and depth > 3:
            continue
        strategy = st.deferred(lambda field=field: _of(field.annotation, depth + 1, tuple(field.metadata)))
        if name == "criteria":
            strategy = st.lists(st.deferred(lambda: forms(Criterion, depth + 1)), min_size=1, max_size=3)
        if name == "children":
            strategy = st.lists(st.deferred(lambda: forms(model, depth + 2)), min_size=1, max_size=2)
        (required if field.is_required() else optional)[field.alias or name] = strategy
    adapter = TypeAdapter(model)

    def fits(data: dict[str, Any]) -> bool:
        try:
            adapter.validate_python(data)
        except ValidationError:
            return False
        return True

    @st.composite
    def draw_some(draw: st.DrawFn) -> dict[str, Any]:
        often = {"criteria", "targets", "columns", "tables", "facts", "checks"}
        wanted = {name for name in optional if draw(st.integers(0, 3)) >= (1 if name in often else 3)}
        if model is Target:  # one of the two, never both
            wanted = wanted - {"meets", "hole"} | {draw(st.sampled_from(["meets", "hole"]))}
        given = [name for name in [*required, *optional] if name in required or name in wanted]
        return {name: draw((required | optional)[name]) for name in given}

    return draw_some().filter(fits)


RULE_FILES = forms(RuleFile).map(RuleFile.model_validate)
