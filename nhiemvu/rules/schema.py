"""The JSON Schema of a rule file, made from the models, for editors that know YAML (yaml-language-server).

Besides what the models say by themselves it holds what their validators accept or ask for: short forms, one key of two,
and overlays. Every description is Vietnamese and serves as hover text.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

from nhiemvu.messages import N_, _
from nhiemvu.rules.models import RuleFile

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def build_schema() -> Schema:
    """The schema as plain data.

    >>> build_schema()["$defs"]["Criterion"]["properties"]["id"]["description"][:3]
    'Mã,'
    """
    schema = RuleFile.model_json_schema(by_alias=True)
    forms: dict[str, Schema] = schema["$defs"]
    for form in (schema, *forms.values()):
        form.pop("description", None)  # the English docstring of the model
    for part in _walk(schema):
        if isinstance(part.get("title"), str):
            del part["title"]
        if "patternProperties" in part:
            part["additionalProperties"] = False
    for name, complete in SHORT_FORMS.items():
        forms[name] = complete(forms[name])
    patch = forms["Overlay"] = copy.deepcopy(forms["Criterion"])
    patch["required"] = ["id"]
    schema["properties"]["overlay"]["items"] = {"$ref": "#/$defs/Overlay"}
    return {
        "$schema": DIALECT,
        "title": _("Bộ quy tắc đánh giá nhiệm vụ"),
        "description": _("Một tệp quy tắc của nhiemvu: thông tin chung, các bảng trong sổ, cây tiêu chí, ngưỡng."),
        **schema,
    }


def write_schema() -> str:
    """The schema as the file that stands beside the rulebooks."""
    return json.dumps(build_schema(), ensure_ascii=False, indent=2) + "\n"


def _walk(part: Any, *, names: bool = False) -> Iterator[Schema]:
    """Every schema within a schema; where `names`, the keys of `part` are names that a rule file uses."""
    if isinstance(part, list):
        for item in part:
            yield from _walk(item)
    elif isinstance(part, dict):
        if not names:
            yield part
        for key, value in part.items():
            if key not in ("default", "enum", "const"):
                yield from _walk(value, names=not names and key in ("properties", "patternProperties", "$defs"))


# --- what validators accept besides, or ask for ---


def _accept_headings(column: Schema) -> Schema:
    """A column may be one heading, or a list of headings."""
    _accept_one(column["properties"]["headings"])
    text = {"type": "string", "description": _(_HEADING)}
    several = {"type": "array", "items": {"type": "string"}, "minItems": 1, "description": _(_HEADING)}
    return {"anyOf": [text, several, column]}


def _accept_single_names(table: Schema) -> Schema:
    for key in ("sheet", "title"):
        if key in table["properties"]:
            _accept_one(table["properties"][key])
    return table


def _accept_one(texts: Schema) -> None:
    """A list of texts may be one text."""
    several = {key: texts.pop(key) for key in ("type", "items", "minItems") if key in texts}
    texts["anyOf"] = [{"type": "string"}, several]


def _ask_for_one(*keys: str) -> Callable[[Schema], Schema]:
    """Exactly one of these keys must be given."""

    def ask(form: Schema) -> Schema:
        return {**form, "oneOf": [{"required": [key]} for key in keys]}

    return ask


_HEADING = N_("Tiêu đề của cột, hoặc danh sách các tiêu đề được nhận.")

SHORT_FORMS: dict[str, Callable[[Schema], Schema]] = {
    "Column": _accept_headings,
    "Table": _accept_single_names,
    "Target": _ask_for_one("meets", "hole"),
}
"""By the name of a model: what its validators add to its schema."""
