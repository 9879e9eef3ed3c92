"""The form of xã Hải Yến against the one that its office typed: every difference is listed and has its kind."""

from __future__ import annotations

import re
import sys
from functools import cache

import pytest
from conftest import EXAMPLE, ROOT

import nhiemvu
from nhiemvu.report.form import Form, make_form
from nhiemvu.text import fold

sys.path.insert(0, str(ROOT / "docs"))
import compare_form as seed


@cache
def form() -> Form:
    return make_form(nhiemvu.evaluate(EXAMPLE))


@cache
def differences() -> list[seed.Difference]:
    return seed.compare(form())


def letters(text: str) -> str:
    return "".join(text.split())


def test_every_letter_that_was_typed_stands_under_one_criterion():
    whole = seed.TYPED.read_text(encoding="utf-8").replace("[bookmark: _GoBack]", "")
    parts = [letter for lines in seed.read_typed().values() for line in lines for letter in letters(line)]
    assert sorted(parts) == sorted(letters(whole))


def test_every_criterion_is_compared():
    compared = {line.code for group in form().groups for line in group.lines} & set(seed.read_typed())
    assert len(compared) == 67 - 3 - 3  # three groups, and three criteria of which the office wrote nothing
    told = {each.code for each in differences() if each.kind == seed.ADDED and each.made.startswith(f"{each.code}. ")}
    assert told == {"1.4.3.2", "2.1.2", "2.1.3"}


def test_the_page_lists_what_differs_today():
    assert seed.PAGE.read_text(encoding="utf-8") == seed.write_page(differences())


def test_what_is_corrected_is_what_the_golden_rows_say():
    corrected = {each.code: (each.typed, each.made) for each in differences() if each.kind == seed.CORRECTED}
    assert set(corrected) == {"18.6", "18.8", "1.3.4", "1.4", "1.4.3", "3.2"}
    assert [each.code for each in differences() if each.kind == seed.COUNTS] == ["1", "3"]


def test_nothing_that_was_typed_is_left_out_but_the_region_in_three_targets():
    left = [(each.code, each.typed) for each in differences() if each.kind == seed.LEFT_OUT]
    assert left == [(code, "xã không thuộc khu vực iii") for code in ("18.1", "18.2", "18.3")]


def test_every_narrative_of_the_example_was_typed_so():
    typed = {code: fold(" ".join(lines)) for code, lines in seed.read_typed().items()}
    for row in nhiemvu.evaluate(EXAMPLE).rows():
        for line in row.narrative.split("\n"):
            words = re.sub(r"[\s.;,]+$", "", fold(line))
            assert not words or words in typed[row.id], row.id


def test_no_kind_is_unknown():
    assert {each.kind for each in differences()} == set(seed.KINDS)


@pytest.mark.parametrize("kind", [seed.LEFT_OUT, seed.CORRECTED])
def test_a_change_of_what_was_typed_is_seen(monkeypatch, kind):
    lines = {code: list(said) for code, said in seed.read_typed().items()}
    if kind == seed.LEFT_OUT:
        lines["17.3"][0] = lines["17.3"][0].replace("kết quả thực hiện", "kết quả của cả huyện thực hiện")
    else:
        lines["17.3"][0] = lines["17.3"][0].replace("đánh giá đạt", "đánh giá chưa đạt")
    monkeypatch.setattr(seed, "read_typed", lambda: lines)
    more = [each for each in seed.compare(form()) if each not in differences()]
    assert [(each.code, each.kind) for each in more] == [("17.3", kind)]
