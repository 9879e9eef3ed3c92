"""Rule files with one mistake each: the whole message is golden, and nothing falls through.

`python tests/test_bad_rules.py` writes what is said now over the golden file; read the difference before you commit it.
"""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from nhiemvu.errors import Problem, RuleError
from nhiemvu.rules.load import load_rulebook

FOLDER = Path(__file__).parent / "data" / "bad_rules"
GOLDEN = FOLDER / "EXPECTED.txt"
FILES = sorted(FOLDER.glob("*.yaml"))
DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
WARNINGS = {"hole.yaml", "decision-gap.yaml", "column-unit-torn.yaml"}


def problems_of(path: Path) -> tuple[Problem, ...]:
    try:
        return load_rulebook(path).problems
    except RuleError as error:
        return error.problems


def said_of(path: Path) -> str:
    """What is said of one file, one problem a line, with the bare name of the file."""
    return "\n".join(
        str(replace(problem, place=replace(problem.place, file=Path(problem.place.file).name)))
        for problem in problems_of(path)
    )


def golden() -> dict[str, str]:
    parts = GOLDEN.read_text(encoding="utf-8").split("== ")[1:]
    return {name: text.strip() for name, _, text in (part.partition("\n") for part in parts)}


def test_there_are_enough_mistakes_and_each_has_its_message():
    assert len(FILES) >= 180
    assert sorted(golden()) == [path.name for path in FILES]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_message_is_golden(path: Path):
    assert said_of(path) == golden()[path.name]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_problem_has_line_and_column(path: Path):
    problems = problems_of(path)
    assert problems
    assert all(problem.place.line >= 1 and problem.place.column >= 1 for problem in problems)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_mistake_is_let_through(path: Path):
    if path.name in WARNINGS:
        assert [problem.severity for problem in load_rulebook(path).problems] == ["warning"]
    else:
        with pytest.raises(RuleError) as raised:
            load_rulebook(path)
        assert any(problem.severity == "error" for problem in raised.value.problems)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_one_mistake_gives_one_message(path: Path):
    if not path.stem.startswith("many-") and path.stem != "fact-choices-numbers":
        assert len(problems_of(path)) == 1


def test_all_mistakes_of_a_file_come_in_one_run_whatever_their_kind():
    """Form, names, targets and duplicate ids; those that only follow from another are not said."""
    found = [(problem.place.line, problem.code) for problem in problems_of(FOLDER / "many-mistakes.yaml")]
    assert found == [
        (7, "rule-not-text"),
        (12, "target-without-percent"),
        (12, "rule-unknown-key"),
        (14, "rule-unknown-key"),
        (15, "target-syntax"),
        (17, "unknown-name"),
        (20, "rule-choice"),
    ]


# --- whatever stands where ------------------------------------------------------------------------------------------

VALUES: list[Any] = [
    None, True, 0, -1, 10**30, 1.5, float("inf"), "", " ", "≥ 80%", "đạt", dt.date(2024, 1, 1), [], {}, [[]], [None],
    {"x": None}, ["x", "x"], [{}], "😀", "a" * 2000, "1.10", "sum(", 'value("1")', "-",
]  # fmt: skip


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    for key, child in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from paths(child, (*path, key))


def changed(book: Any, path: tuple[Any, ...], change: Any) -> Any:
    """The book with one value replaced, or (`change` is a type) removed."""
    book = copy.deepcopy(book)
    *way, last = path
    inner = book
    for key in way:
        inner = inner[key]
    if change is type:
        del inner[last]
    else:
        inner[last] = change
    return book


def test_any_value_anywhere_is_read_or_refused_with_its_place(tmp_path: Path):
    """Each place of a rich rulebook in turn holds something else: it loads, or every message has a place."""
    book = yaml.safe_load((FOLDER / "layer" / "rich.yaml").read_text(encoding="utf-8"))
    places = list(paths(book))
    file = tmp_path / "rich.yaml"
    refused = 0
    for number, path in enumerate(places):
        for change in (VALUES[number % len(VALUES)], type):
            file.write_text(yaml.dump(changed(book, path, change), Dumper=DUMPER, allow_unicode=True), encoding="utf-8")
            try:
                problems = load_rulebook(file).problems
            except RuleError as error:
                problems, refused = error.problems, refused + 1
            for problem in problems:
                assert problem.place.line, (path, change, str(problem))
                assert "None" not in problem.text, (path, change, str(problem))
    assert refused > len(places)


if __name__ == "__main__":
    GOLDEN.write_text("".join(f"== {path.name}\n{said_of(path)}\n\n" for path in FILES), encoding="utf-8")
