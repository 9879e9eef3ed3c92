"""The JSON Schema says what the models say: for editors, in Vietnamese."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner
from conftest import ROOT
from hypothesis import HealthCheck, given, settings
from pydantic import BaseModel
from rule_forms import RULE_FILES

from nhiemvu.cli.rules import rules_commands
from nhiemvu.errors import RuleError
from nhiemvu.rules import models
from nhiemvu.rules.find import list_rulebooks
from nhiemvu.rules.load import load_rulebook
from nhiemvu.rules.models import RuleFile
from nhiemvu.rules.schema import SHORT_FORMS, build_schema, write_schema
from nhiemvu.rules.yaml import read_yaml

VALIDATOR = jsonschema.Draft202012Validator(build_schema(), format_checker=jsonschema.FormatChecker())


def _as_json(value: Any) -> Any:
    """What an editor sees: plain containers, days as texts."""
    if isinstance(value, dict):
        return {key: _as_json(thing) for key, thing in value.items()}
    if isinstance(value, list):
        return [_as_json(thing) for thing in value]
    return value.isoformat() if isinstance(value, dt.date) else value


def _models() -> list[type[BaseModel]]:
    return [each for each in vars(models).values() if isinstance(each, type) and issubclass(each, models.Form)]


def test_the_committed_schema_is_current() -> None:
    committed = (ROOT / "rules" / "rulebook.schema.json").read_text(encoding="utf-8")
    assert committed == write_schema(), "run: nhiemvu rules schema -o rules/rulebook.schema.json"


def test_it_is_a_schema_of_its_dialect() -> None:
    jsonschema.Draft202012Validator.check_schema(build_schema())


@pytest.mark.parametrize("path", list_rulebooks(), ids=lambda path: path.stem)
def test_shipped_rulebooks_validate(path: Path) -> None:
    assert list(VALIDATOR.iter_errors(_as_json(read_yaml(path)[0]))) == []


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(RULE_FILES)
def test_what_the_models_accept_the_schema_accepts(form: RuleFile) -> None:
    data = form.model_dump(by_alias=True, exclude_unset=True)
    data.pop("overlay", None)  # to the models a patch is any mapping; the schema knows which keys it can have
    assert list(VALIDATOR.iter_errors(_as_json(data))) == []


@pytest.mark.parametrize(
    "column", ["Vốn", ["Vốn", "KH vốn"], {"headings": "Vốn"}, {"headings": ["Vốn"], "unit": "đồng"}]
)
def test_short_forms_of_columns_and_sheets_validate(column: Any) -> None:
    data = {"rulebook": "a", "title": "A", "tables": {"t": {"sheet": "Trang", "columns": {"x": column}}}}
    RuleFile.model_validate(data)
    VALIDATOR.validate(data)


def test_every_model_that_takes_short_forms_is_known_to_the_schema() -> None:
    taking = {
        model.__name__
        for model in _models()
        if any(each.info.mode == "before" for each in model.__pydantic_decorators__.model_validators.values())
    }
    assert taking <= set(SHORT_FORMS)


BAD = {
    "unknown key": "criteria: [{id: '1', target: []}]",
    "id is a number": "criteria: [{id: 1.10}]",
    "id with a space": "criteria: [{id: '1 a'}]",
    "a name with capitals": "facts: {Ho: {label: Hộ}}",
    "unknown type": "facts: {ho: {label: Hộ, type: numbers}}",
    "choices not a list": "facts: {ho: {label: Hộ, choices: I}}",
    "fact without label": "facts: {ho: {}}",
    "column without headings": "tables: {t: {columns: {x: {unit: đồng}}}}",
    "no heading": "tables: {t: {columns: {x: []}}}",
    "table without columns": "tables: {t: {sheet: A}}",
    "target with both": "criteria: [{id: '1', targets: [{meets: '= 1', hole: x}]}]",
    "target with none": "criteria: [{id: '1', targets: [{by: 2024-12-31}]}]",
    "target is a number": "criteria: [{id: '1', targets: [{meets: 80}]}]",
    "not a day": "valid: {from: ngay-mai}",
    "no such day": "valid: {from: '2024-02-30'}",
    "roll-up of another kind": "criteria: [{id: '1', roll_up: most}]",
    "at least none": "criteria: [{id: '1', roll_up: {at_least: 0}}]",
    "half a core": "criteria: [{id: '1', roll_up: {core: ['1.1']}}]",
    "agree of one": "checks: [{label: Hộ, agree: [so_ho]}]",
    "unknown verdict": "cases: [{name: a, criterion: '1', expect: passed}]",
    "overlay without id": "overlay: [{name: A}]",
    "overlay with an unknown key": "overlay: [{id: '1', nam: A}]",
    "unknown evidence": "criteria: [{id: '1', evidence: said}]",
    "criteria is a mapping": "criteria: {id: '1'}",
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD.keys())
def test_mistakes_of_form_fail_in_the_editor_as_they_fail_to_load(text: str, write_rules: Any) -> None:
    path = write_rules(text)
    assert list(VALIDATOR.iter_errors(_as_json(read_yaml(path)[0])))
    with pytest.raises(RuleError):
        load_rulebook(path)


def test_every_key_has_a_hover_text_and_none_is_english() -> None:
    schema = build_schema()
    english = {model.__doc__ for model in _models()}
    wholes = [schema, *schema["$defs"].values()]
    for form in [each for whole in wholes for each in (whole, *whole.get("anyOf", ())) if "properties" in each]:
        for name, field in form["properties"].items():
            assert field.get("description"), name
    assert not [text for text in english if text and text in write_schema()]


def test_the_command_writes_the_same_to_a_file_and_to_stdout(tmp_path: Path) -> None:
    target = tmp_path / "schema.json"
    assert CliRunner().invoke(rules_commands, ["schema", "-o", str(target)], standalone_mode=False).return_value == 0
    shown = CliRunner().invoke(rules_commands, ["schema"]).stdout
    assert shown == target.read_text(encoding="utf-8") == write_schema()
    assert json.loads(shown)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


UNSEEN = {"date-quoted"}  # a day in quotation marks is the same text to JSON


def _mistakes_of_form(path: Path) -> set[str]:
    try:
        load_rulebook(path)
    except RuleError as error:
        return {problem.code for problem in error.problems if problem.code.startswith("rule-")} - {"rule-limit"}
    return set()


def test_every_mistake_of_form_in_the_collection_fails_in_the_editor_too() -> None:
    bad = [path for path in (ROOT / "tests" / "data" / "bad_rules").glob("*.yaml") if _mistakes_of_form(path)]
    assert len(bad) > 40
    assert {path.stem for path in bad if not list(VALIDATOR.iter_errors(_as_json(read_yaml(path)[0])))} == UNSEEN
