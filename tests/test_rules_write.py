"""A rule file that is written reads back as the same form, whatever it says."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from rule_forms import ANY, RULE_FILES

from nhiemvu.rules.find import list_rulebooks
from nhiemvu.rules.models import RuleFile
from nhiemvu.rules.write import write_rulebook, write_value
from nhiemvu.rules.yaml import parse_yaml, read_yaml

QUICK = settings(max_examples=60, suppress_health_check=list(HealthCheck))


def _read(text: str) -> RuleFile:
    raw, problems = parse_yaml(text, "thu.yaml")
    assert not problems
    return RuleFile.model_validate(raw)


def same(one: RuleFile, other: RuleFile) -> bool:
    """Equal, and what was left to its default is the same too: a layer above another overrides only what it says."""
    return one == other and one.model_dump(exclude_unset=True) == other.model_dump(exclude_unset=True)


@QUICK
@given(RULE_FILES)
def test_written_then_read_is_the_same(form: RuleFile) -> None:
    assert same(_read(write_rulebook(form)), form)


@QUICK
@given(ANY)
@example({"": 0, "1.10": None})  # no number that its own comma cut in two
@example({"points": 7, "5": None})
def test_a_value_in_one_line_reads_back(value: object) -> None:
    raw, _ = parse_yaml(f"v: {write_value(value)}", "thu.yaml")
    assert raw["v"] == value
    assert type(raw["v"]) is type(value) or isinstance(value, (dict, list))


@pytest.mark.parametrize("path", list_rulebooks(), ids=lambda path: path.stem)
def test_shipped_rulebooks_survive_and_another_reader_agrees(path: Path) -> None:
    raw, _ = read_yaml(path)
    form = RuleFile.model_validate(raw)
    written = write_rulebook(form)
    assert same(_read(written), form)
    assert RuleFile.model_validate(yaml.safe_load(written)) == form


def test_the_house_style() -> None:
    form = RuleFile.model_validate(
        {
            "rulebook": "thu",
            "title": "Thử: một bộ",
            "tables": {
                "a": {"columns": {"x": "Vốn", "b": ["Vốn", "KH vốn"], "z": {"headings": ["Z"], "unit": "đồng"}}}
            },
            "criteria": [
                {
                    "id": "1",
                    "roll_up": "all",
                    "children": [
                        {"id": "a", "name": "Thu, chi", "unit": "%", "targets": [{"meets": "≥ 80%"}]},
                        {
                            "id": "1.10",
                            "targets": [
                                {"when": {"khu_vuc": ["III"]}, "meets": '"đạt"'},
                                {"otherwise": True, "hole": "chưa có"},
                            ],
                        },
                    ],
                }
            ],
        }
    )
    assert write_rulebook(form, {(): ["Đầu tệp."], ("criteria", 0, "children", 1, "targets"): ["chưa đọc được"]}) == (
        """# Đầu tệp.
rulebook: thu
title: "Thử: một bộ"

tables:
  a:
    columns:
      x: Vốn
      b: [Vốn, KH vốn]
      z: {headings: [Z], unit: đồng}

criteria:
  - id: "1"
    roll_up: all
    children:
      - id: "a"
        name: Thu, chi
        unit: "%"
        targets: [{meets: "≥ 80%"}]
      - id: "1.10"
        # chưa đọc được
        targets:
          - {meets: '"đạt"', when: {khu_vuc: [III]}}
          - {hole: chưa có, otherwise: true}
"""
    )


def test_a_comment_stays_a_comment_whatever_it_says() -> None:
    form = RuleFile(rulebook="thu", title="Thử")
    assert _read(write_rulebook(form, {("title",): ["a\ntitle: b\x07\u2028c"]})) == form
