# ruff: noqa: E501 (rule files in one line)
"""Several versions of one rulebook in a folder, chosen by date."""

from __future__ import annotations

import datetime as dt
import shutil

import pytest
from conftest import EXAMPLE, ROOT

from nhiemvu import pipeline
from nhiemvu.errors import RuleError
from nhiemvu.rules import find
from nhiemvu.rules.load import load_rulebook


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The shipped rulebooks are these alone: two versions of `nuoc`, of which the second file bears another name."""
    for name, days, target in (
        ("nuoc", "{from: 2024-01-01, to: 2024-12-31}", 80),
        ("nuoc@2025", "{from: 2025-01-01}", 90),
    ):
        text = f"rulebook: nuoc  # nước sạch\ntitle: Nước\nvalid: {days}\ncriteria: [{{id: a, unit: '%', targets: [{{meets: '≥ {target}%'}}]}}]\n"
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(find, "shipped_rules", lambda: tmp_path)
    return tmp_path


def target(day: dt.date | None) -> str:
    return load_rulebook("nuoc", on=day).by_id["a"].target_text


def test_the_day_chooses_and_without_one_the_newest(folder):
    assert target(dt.date(2024, 12, 31)) == "≥ 80%"
    assert target(dt.date(2025, 1, 1)) == "≥ 90%"
    assert target(None) == "≥ 90%"
    assert load_rulebook("nuoc@2025").by_id["a"].target_text == "≥ 90%"


def test_a_file_of_any_name_may_hold_a_version(folder):
    (folder / "nuoc@2025.yaml").rename(folder / "quyet-dinh-moi.yaml")
    assert target(dt.date(2025, 1, 1)) == "≥ 90%"


def test_a_day_that_no_version_holds_on_is_told_with_the_versions(folder):
    with pytest.raises(
        RuleError, match=r"ngày 2023-01-01.*nuoc.yaml \(1/1/2024 – 31/12/2024\); nuoc@2025.yaml \(1/1/2025 – …\)"
    ):
        target(dt.date(2023, 1, 1))


def test_versions_that_overlap_are_an_error_that_names_both(folder):
    path = folder / "nuoc@2025.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("2025-01-01", "2024-12-31"), encoding="utf-8")
    with pytest.raises(RuleError) as error:
        target(dt.date(2024, 5, 1))
    (problem,) = error.value.problems
    assert problem.code == "versions-overlap"
    assert (problem.place.file, problem.place.line) == (str(path), 3)
    assert f"{folder / 'nuoc.yaml'}:3" in problem.text


def test_an_overlay_takes_the_version_of_its_own_first_day(folder):
    for name, day in (("cu", "2024-06-01"), ("moi", "2025-06-01")):
        text = f"rulebook: {name}\ntitle: T\nvalid: {{from: {day}}}\nincludes: [nuoc]\n"
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    assert load_rulebook("cu").by_id["a"].target_text == "≥ 80%"
    assert load_rulebook("moi").by_id["a"].target_text == "≥ 90%"


def test_a_workbook_is_judged_by_the_version_of_its_own_day(tmp_path, monkeypatch):
    for path in (ROOT / "rules").glob("*.yaml"):
        shutil.copy(path, tmp_path)
    name = "nhiem-vu-trong-tam-2024-hai-yen"
    text = (tmp_path / f"{name}.yaml").read_text(encoding="utf-8")
    later = text.replace("2024-01-01, to: 2024-12-31", "2025-01-01, to: 2025-12-31").replace(
        'version: "1"', 'version: "2"'
    )
    (tmp_path / f"{name}@2025.yaml").write_text(later, encoding="utf-8")
    monkeypatch.setattr(find, "shipped_rules", lambda: tmp_path)
    assert pipeline.evaluate(EXAMPLE).rulebook.version == "1"
    assert pipeline.evaluate(EXAMPLE, name).rulebook.version == "1"
    assert pipeline.evaluate(EXAMPLE, name, dt.date(2025, 3, 1)).rulebook.version == "2"


def test_every_key_of_an_overlay_knows_its_file_and_line(tmp_path):
    (tmp_path / "goc.yaml").write_text(
        "rulebook: goc\ntitle: G\nfacts:\n  kv: {label: KV, type: choice, choices: [I, II]}\n"
        "criteria:\n  - id: a\n    name: A\n    targets:\n      - {meets: '≥ 1'}\n  - {id: b, targets: [{meets: '≥ 1'}]}\n",
        encoding="utf-8",
    )
    (tmp_path / "tinh.yaml").write_text(
        "rulebook: tinh\ntitle: T\nincludes: [goc]\noverlay:\n  - id: a\n    targets:\n      - {meets: '≥ 2'}\n"
        "facts:\n  kv: {label: KV, type: choice, choices: [I, II, III]}\n",
        encoding="utf-8",
    )
    rules = load_rulebook(tmp_path / "tinh.yaml")
    node = rules.by_id["a"]

    def where(place):
        return place.file.removeprefix(f"{tmp_path}/"), place.line

    assert where(node.place) == ("goc.yaml", 6)
    assert where(node.place_of("name")) == ("goc.yaml", 7)
    assert where(node.place_of("targets")) == ("tinh.yaml", 7)
    assert where(node.targets[0].place) == ("tinh.yaml", 7)
    assert where(rules.by_id["b"].targets[0].place) == ("goc.yaml", 10)
    assert where(rules.place_of("facts", "kv", "choices")) == ("tinh.yaml", 9)
