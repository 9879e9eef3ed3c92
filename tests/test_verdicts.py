"""Roll-ups: what the verdicts of children make of their parent."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nhiemvu.messages import language
from nhiemvu.verdicts import Basis, Outlook, Verdict, label, roll_up_all, roll_up_at_least, roll_up_core

children = st.lists(st.sampled_from(list(Verdict)), min_size=1, max_size=6)


def rolled(verdicts: list[Verdict], how=roll_up_all, *args) -> Verdict:
    return Verdict.of(int(how(np.array([[each.number] for each in verdicts], dtype=np.int8), *args)[0]))


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ("not_applicable not_applicable", "not_applicable"),
        ("not_applicable met", "met"),
        ("exceeded", "met"),
        ("not_met no_data not_assessed met", "not_met"),
        ("no_data not_assessed met", "no_data"),
        ("not_assessed met exceeded", "not_assessed"),
        ("met exceeded not_applicable", "met"),
    ],
)
def test_all_follows_the_order_of_gravity(verdicts, expected):
    assert rolled([Verdict(each) for each in verdicts.split()]) == expected


@given(children, st.randoms())
def test_the_order_of_children_never_matters(verdicts, random):
    shuffled = random.sample(verdicts, len(verdicts))
    assert rolled(verdicts) == rolled(shuffled)
    assert rolled(verdicts, roll_up_at_least, 2) == rolled(shuffled, roll_up_at_least, 2)


def completions(verdicts: list[Verdict]) -> set[Verdict]:
    """What a parent would be for every way in which its unknown children may turn out."""
    unknown = (Verdict.NO_DATA, Verdict.NOT_ASSESSED)
    choices = [[Verdict.MET, Verdict.NOT_MET] if each in unknown else [each] for each in verdicts]
    return {tuple(each) for each in product(*choices)}


@given(children, st.integers(1, 4))
def test_at_least_is_unknown_only_where_the_unknown_could_decide(verdicts, k):
    found = rolled(verdicts, roll_up_at_least, k)
    possible = {rolled(list(each), roll_up_at_least, k) for each in completions(verdicts)}
    assert (found in possible and len(possible) == 1) or (
        found in (Verdict.NO_DATA, Verdict.NOT_ASSESSED) and len(possible) > 1
    )


@given(children, st.integers(0, 3), st.data())
def test_core_is_unknown_only_where_the_unknown_could_decide(verdicts, k, data):
    core = sorted(data.draw(st.sets(st.integers(0, len(verdicts) - 1), min_size=1)))
    found = rolled(verdicts, roll_up_core, core, k)
    possible = {rolled(list(each), roll_up_core, core, k) for each in completions(verdicts)}
    assert (found in possible and len(possible) == 1) or (
        found in (Verdict.NO_DATA, Verdict.NOT_ASSESSED) and len(possible) > 1
    )


@given(children)
def test_a_better_child_never_makes_a_worse_parent(verdicts):
    rank = {Verdict.NOT_MET: 0, Verdict.NO_DATA: 1, Verdict.NOT_ASSESSED: 2, Verdict.MET: 3, Verdict.EXCEEDED: 3}
    if Verdict.NOT_MET in verdicts:
        better = [Verdict.MET if each == Verdict.NOT_MET else each for each in verdicts]
        assert rank[rolled(better)] >= rank[rolled(verdicts)]


def test_every_word_has_a_label_in_both_languages():
    for kind in (Verdict, Basis, Outlook):
        for each in kind:
            assert kind.of(each.number) is each
            for code in ("vi", "en"):
                with language(code):
                    assert each.label or each == Outlook.NONE
    assert label("not_met", closed=True) == "Không đạt"
