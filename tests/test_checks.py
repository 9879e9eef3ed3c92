# ruff: noqa: E501 (a row of the table is a line)
"""Checks: what two places of a workbook say of one thing, and what cannot be."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

import openpyxl
import pandas as pd
import pytest
from conftest import EXAMPLE
from hypothesis import given
from hypothesis import strategies as st

import nhiemvu
from nhiemvu.frames import evaluate_frames


class Shown(NamedTuple):
    """A figure and the number format of its cell."""

    value: float | str
    code: str


RULES = """
facts: {{ho: {{label: Số hộ}}, ngheo: {{label: Hộ nghèo}}, khac: {{label: Hộ khác}}}}
tables:
  chi: {{columns: {{name: {{headings: [Tên], type: text}}, xong: Xong, tat_ca: Tất cả,
                  narrative: {{headings: [Diễn giải], type: text}}}}}}
criteria:
  - {{id: a, unit: "%", targets: [{{meets: "≥ 50%"}}]}}
  - {{id: b, unit: "%", measure: sum(chi.xong) / sum(chi.tat_ca), each: chi, targets: [{{meets: "≥ 50%"}}]}}
checks:
  - {check}
"""


def find(make_rules, check: str, **given_):
    """The discrepancies of one unit, by kind, what it says and what follows."""
    units = pd.DataFrame({name: [given_[name]] for name in ("ho", "ngheo", "khac") if name in given_}, index=["x"])
    frames = {"units": units}
    own = {
        name: pd.DataFrame({"a": [given_[name]]}, index=["x"])
        for name in ("value", "numerator", "denominator", "narrative")
        if name in given_
    }
    if "lines" in given_:
        frames["chi"] = pd.DataFrame(
            [
                dict(zip(("unit", "name", "xong", "tat_ca", "narrative"), ("x", "d", *line), strict=False))
                for line in given_["lines"]
            ]
        )
    evaluation = evaluate_frames({**frames, **own}, make_rules(RULES.format(check=check)))
    return [(each.kind, each.id, each.says, each.follows) for each in evaluation.find_discrepancies()]


AGREE = "{{label: Tổng số hộ, agree: [ho, 'denominator(\"a\")']{}}}"
TOTAL = "{{label: Tổng số hộ, total: ho, parts: [ngheo, khac]{}}}"


@pytest.mark.parametrize(
    ("within", "stated", "disagrees"),
    [("", 424, False), ("", 423, True), (", within: 1", 423, False), (", within: 1", 422.9, True), (", within: 0.1", 423.9, False), (", within: 0.1", 423.8, True)],
)  # fmt: skip
def test_statements_of_one_fact_agree_within_what_the_rule_allows(make_rules, within, stated, disagrees):
    found = find(make_rules, AGREE.format(within), ho=424, numerator=10, denominator=stated)
    assert [kind for kind, *_ in found] == ["facts-disagree"] * disagrees


def test_two_places_that_disagree_are_both_named(make_rules):
    ((kind, id_, says, follows),) = find(make_rules, AGREE.format(""), ho=424, numerator=10, denominator=421)
    assert (kind, id_) == ("facts-disagree", "a")
    assert "421 (mục a)" in says
    assert "424" in follows


@pytest.mark.parametrize(
    ("narrative", "disagrees"), [("có 424 hộ", False), ("có 421 hộ", True), ("có 4.24.0 hộ", False), ("", False)]
)
def test_a_number_in_a_narrative_is_a_statement_where_it_can_be_read(make_rules, narrative, disagrees):
    found = find(make_rules, """{label: Số hộ, agree: [ho, 'stated("a", "hộ")']}""", ho=424, narrative=narrative)
    assert [kind for kind, *_ in found] == ["facts-disagree"] * disagrees


@pytest.mark.parametrize(
    ("narrative", "follows"),
    [
        ("nhà tắm 396/424 = 95%", ["396 / 424 = 93,4%"]),
        ("396/424 = 93,4%", []),
        ("5/0 = 50%", ["5 / 0 không chia được"]),
    ],
)
def test_a_percentage_in_a_narrative_is_that_of_its_own_figures(make_rules, narrative, follows):
    assert [each[3] for each in find(make_rules, "{bounded: [a]}", narrative=narrative)] == follows


@pytest.mark.parametrize(
    ("within", "parts", "disagrees"),
    [("", (100, 324), False), ("", (100, 323), True), (", within: 1", (100, 323), False), ("", (100, None), False)],
)
def test_parts_add_up_to_their_total(make_rules, within, parts, disagrees):
    found = find(make_rules, TOTAL.format(within), ho=424, ngheo=parts[0], khac=parts[1])
    assert [kind for kind, *_ in found] == ["total-disagrees"] * disagrees
    if disagrees:
        assert "424" in found[0][2]
        assert "423" in found[0][3]


@given(st.decimals(0, 1000, places=1), st.decimals(0, 1000, places=1), st.decimals(0, 2000, places=1))
def test_a_total_is_the_sum_of_decimals_not_of_floats(checked, first, second, total):
    units = pd.DataFrame({"ho": [float(total)], "ngheo": [float(first)], "khac": [float(second)]})
    found = evaluate_frames({"units": units}, checked).find_discrepancies()
    assert bool(found) == (first + second != total)


TENTHS = st.decimals(0, 3, places=1)


@given(st.lists(st.tuples(TENTHS, TENTHS, TENTHS), min_size=1, max_size=5), st.sampled_from(["0", "0.1", "0.2"]))
def test_disagreement_is_told_of_decimals_and_of_many_units_at_once(tmp_path_factory, units, within):
    """0.3 - 0.1 is 0.2, which in floats it is not; nothing that disagrees is passed over, nothing else is told."""
    path = tmp_path_factory.mktemp("rules") / "thu.yaml"
    check = f"{{label: x, agree: [ho, ngheo + 0.1, khac - 0.1], within: {within}}}"
    path.write_text("rulebook: thu\ntitle: Thử\n" + RULES.format(check=check), encoding="utf-8")
    frame = pd.DataFrame([[float(each) for each in unit] for unit in units], columns=["ho", "ngheo", "khac"])
    evaluation = evaluate_frames({"units": frame}, nhiemvu.load_rulebook(path))
    for unit, (first, second, third) in enumerate(units):
        others = (second + Decimal("0.1"), third - Decimal("0.1"))
        differing = sum(abs(other - first) > Decimal(within) for other in others)
        assert len(evaluation.find_discrepancies(unit)) == differing


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    path = tmp_path_factory.mktemp("rules") / "thu.yaml"
    path.write_text("rulebook: thu\ntitle: Thử\n" + RULES.format(check=TOTAL.format("")), encoding="utf-8")
    return nhiemvu.load_rulebook(path)


@pytest.mark.parametrize(("over", "kinds"), [(10, []), (10.1, ["share-over-100"]), (0, []), (-1, ["share-below-0"])])
def test_a_share_lies_between_nothing_and_all(make_rules, over, kinds):
    assert [kind for kind, *_ in find(make_rules, "{bounded: [a]}", numerator=over, denominator=10)] == kinds


def test_the_share_of_every_line_is_bounded_too(make_rules):
    found = find(make_rules, "{bounded: [b]}", lines=[(5, 10), (12, 10), (0, 0), (1, 10)])
    assert [(kind, id_) for kind, id_, *_ in found] == [("share-over-100", "b.2")]


@pytest.mark.parametrize("before", [[], [(1, 2, "")], [(1, 2, "1/2 = 50%")]])
def test_a_percentage_in_the_narrative_of_a_line_is_that_of_its_own_figures(make_rules, before):
    found = find(make_rules, "{bounded: [b]}", lines=[*before, (3, 4, "đạt 3/4 = 70%")])
    assert [(kind, says, follows) for kind, _id, says, follows in found] == [
        ("stated-percentage", "ghi 3/4 = 70%", "3 / 4 = 75%")
    ]


def test_the_example_has_no_figure_that_contradicts_its_table():
    """The seed's disagreements are those of its heads and facts (test_golden); its shares and totals hold."""
    kinds = {each.kind for each in nhiemvu.evaluate(EXAMPLE).find_discrepancies() if each.severity == "error"}
    assert kinds == {"declared-against-computed", "heading-count", "facts-disagree"}


@pytest.mark.parametrize(
    ("value", "disagrees"), [(0.9, True), (0.8, False), (0.964, False), (0.965, False), (0.98, True), (None, False)]
)
def test_a_stated_share_is_held_against_its_own_numerator_and_denominator(make_rules, value, disagrees):
    above, below = (4, 5) if value in (0.9, 0.8) else (409, 424)
    found = find(make_rules, AGREE.format(""), numerator=above, denominator=below, value=value)
    assert [kind for kind, *_ in found] == ["figure-against-ratio"] * disagrees


@pytest.mark.parametrize(
    ("meets", "cell", "told"),
    [
        ("≥ 80%", 0.925, ["đọc là 0,925%"]),
        ("≥ 80%", "0,925", ["đọc là 0,925%"]),
        ("≥ 80%", 1, ["đọc là 1%"]),
        ("≤ 50%", 0.6, ["đọc là 0,6%"]),
        ("≥ 80%", "0,925%", []),
        ("≥ 80%", Shown(0.00925, "0.000%"), []),
        ("≥ 80%", Shown(0.925, "0.0%"), []),
        ("≥ 80%", 0.3, []),  # neither 0,3% nor 30% meets it
        ("≥ 1%", 0.6, []),  # growth of 60% is of another size
        ("≤ 5%", 0.6, []),
        ("≥ 80%", 92.5, []),
    ],
)
def test_a_figure_that_may_lack_its_percent_sign_is_told_where_the_verdict_hangs_on_it(tmp_path, meets, cell, told):
    rules = tmp_path / "thu.yaml"
    rules.write_text(
        "rulebook: thu\ntitle: Thử\nincludes: [bo-cuc-chuan]\n"
        f'criteria: [{{id: "1", name: Tỷ lệ, unit: "%", targets: [{{meets: "{meets}"}}]}}]\n',
        encoding="utf-8",
    )
    shown = cell if isinstance(cell, Shown) else Shown(cell, "General")
    book = openpyxl.Workbook()
    book.active.title = "Kết quả"
    book.active.append(["Mã", "Nội dung", "ĐVT", "Kết quả"])
    book.active.append(["1", "Tỷ lệ", "%", shown.value])
    book.active["D2"].number_format = shown.code
    book.save(tmp_path / "so.xlsx")
    found = nhiemvu.evaluate(tmp_path / "so.xlsx", rules).find_discrepancies()
    assert [(each.kind, each.severity, each.place) for each in found] == [
        ("maybe-fraction", "note", "Kết quả!D2") for _ in told
    ]
    assert [each.follows.partition(" nên")[0] for each in found] == told
