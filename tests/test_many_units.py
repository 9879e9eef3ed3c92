"""Many units at once are told exactly as each would be by itself."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Sequence
from functools import cache
from typing import Any

from conftest import EXAMPLE
from hypothesis import given, settings
from hypothesis import strategies as st

from nhiemvu.engine.gather import gather
from nhiemvu.evaluation import Evaluation
from nhiemvu.messages import language
from nhiemvu.pipeline import choose_rulebook, read
from nhiemvu.rules.rulebook import Rulebook
from nhiemvu.verdicts import Verdict
from nhiemvu.workbook.book import open_book
from nhiemvu.workbook.tables import Reading

VERDICTS = ["", *map(str, Verdict)]


@cache
def read_example() -> tuple[Rulebook, Reading]:
    book = open_book(EXAMPLE)
    rules = choose_rulebook(book)
    return rules, read(book, rules)


def judge(readings: Sequence[Reading]) -> Evaluation:
    rules, _reading = read_example()
    return Evaluation(rules, gather(readings, rules), readings)


def vary(seed: int) -> Reading:
    """Another commune's workbook: other figures, declarations, counts in headings and narratives; some are missing."""
    _rules, reading = read_example()
    choose = random.Random(seed)

    def other(name: str, value: Any) -> Any:
        if value in (None, "") or name == "id" or choose.random() < 0.5:
            return value
        if isinstance(value, float):
            return choose.choice([None, 0.0, value, float(round(value * choose.uniform(0, 2))), value * 1.1])
        if name == "declared":
            return choose.choice(VERDICTS)
        return "".join(str(choose.randint(0, 9)) if letter.isdecimal() else letter for letter in str(value))

    tables = {
        key: dataclasses.replace(
            table,
            columns={name: [other(name, value) for value in column] for name, column in table.columns.items()},
        )
        for key, table in reading.tables.items()
    }
    facts = {name: value * 2 if isinstance(value, float) else value for name, value in reading.facts.items()}
    return dataclasses.replace(reading, tables=tables, facts=facts if choose.random() < 0.5 else reading.facts)


def tell(evaluation: Evaluation, unit: int) -> list[object]:
    return [
        evaluation.find_discrepancies(unit),
        evaluation.rows(unit),
        evaluation.find_grades(unit),
        evaluation.find_problems(unit),
    ]


@settings(max_examples=6)
@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=4), st.sampled_from(["vi", "en"]))
def test_many_units_are_told_as_each_alone(seeds: list[int], lang: str) -> None:
    readings = [vary(seed) for seed in seeds]
    together = judge(readings)
    with language(lang):
        for unit, alone in enumerate(readings):
            assert tell(together, unit) == tell(judge([alone]), 0)


def test_the_order_in_which_units_are_told_and_the_language_change_nothing() -> None:
    evaluation = judge([vary(seed) for seed in range(4)])
    first = [tell(evaluation, unit) for unit in range(4)]
    with language("en"):
        english = [tell(evaluation, unit) for unit in range(4)]
    assert [tell(evaluation, unit) for unit in (3, 1, 0, 2)] == [first[unit] for unit in (3, 1, 0, 2)]
    assert all(told != other for told, other in zip(first, english, strict=True))


def test_what_varies_is_enough_to_find_every_kind_of_discrepancy() -> None:
    evaluation = judge([vary(seed) for seed in range(10)])
    kinds = {each.kind for unit in range(10) for each in evaluation.find_discrepancies(unit)}
    assert kinds == {
        "declared-against-computed", "heading-count", "stated-percentage", "figure-against-table", "facts-disagree",
        "share-over-100", "figure-against-ratio",
    }  # fmt: skip
