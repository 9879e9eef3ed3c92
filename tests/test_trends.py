"""Trends survive July 2025: figures of old units add up to those of new ones; what is not certain is not said."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nhiemvu
from nhiemvu.errors import StoreError
from nhiemvu.frames import evaluate_frames
from nhiemvu.rules.load import load_rulebook
from nhiemvu.rules.units import Unit, Units
from nhiemvu.store.store import open_store

BEFORE, AFTER = dt.date(2025, 6, 30), dt.date(2025, 7, 1)
H1, H2 = "6 tháng đầu năm 2025", "6 tháng cuối năm 2025"
HAI_YEN, CONG_SON, CAO_LAU = "06190", "06193", "06196"
CAO_LOC, NEW_HAI_YEN = "06196", "06199"  # Cao Lộc took over the code of Cao Lâu
UNITS = Units(
    [
        Unit("20", "Tỉnh Lạng Sơn"),
        Unit("183", "Huyện Cao Lộc", "20", until=BEFORE),
        Unit(HAI_YEN, "Xã Hải Yến", "183", until=BEFORE, becomes={CAO_LOC: Fraction(1)}),
        Unit(CONG_SON, "Xã Công Sơn", "183", None, BEFORE, {CAO_LOC: Fraction(3, 5), NEW_HAI_YEN: Fraction(2, 5)}),
        Unit(CAO_LAU, "Xã Cao Lâu", "183", until=BEFORE),
        Unit(CAO_LOC, "Xã Cao Lộc", "20", since=AFTER),
        Unit(NEW_HAI_YEN, "Xã Hải Yến", "20", since=AFTER),
    ]
)  # fmt: skip
RULES = """
criteria:
  - id: "1"
    name: Nhóm
    roll_up: all
    children:
      - id: ty_le
        name: Nước sạch
        unit: "%"
        evidence: declared_if_missing
        targets: [{meets: "≥ 30%", exceeds: "≥ 90%"}]
      - {id: so, name: Trường, unit: trường, targets: [{meets: "≥ 2"}]}
      - {id: muc, name: Cây xanh, unit: m2/người, targets: [{meets: "≥ 4"}]}
      - {id: khai, name: Tự khai, evidence: declared, targets: [{meets: '"đạt"'}]}
"""


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> nhiemvu.Rulebook:
    path = tmp_path_factory.mktemp("rules") / "thu.yaml"
    path.write_text(f"rulebook: thu\ntitle: Thử\n{RULES}", encoding="utf-8")
    return load_rulebook(path)


def judge(rules, figures: dict[str, dict], as_of: dt.date | None = None) -> nhiemvu.Evaluation:
    """By unit: `ty_le` as (numerator, denominator) or one share, `so` and `muc` as values, `khai` as a verdict."""
    rows = []
    for unit, said in figures.items():
        for id_, figure in said.items():
            row: dict[str, object] = {"unit": unit, "id": id_}
            if isinstance(figure, tuple):
                row |= {"numerator": figure[0], "denominator": figure[1]}
            else:
                row["declared" if isinstance(figure, str) else "value"] = figure
            rows.append(row)
    results = pd.DataFrame(rows, columns=["unit", "id", "value", "numerator", "denominator", "declared"])
    days = pd.DataFrame({"as_of": pd.Timestamp(as_of) if as_of else pd.NaT}, index=list(figures))
    return evaluate_frames({"units": days, "results": results}, rules)


def trace(rules, figures, criterion, unit=CAO_LOC, more=None, **options):
    """The points of one series; by default of Cao Lộc, from what its old units sent for the first half of 2025."""
    with open_store(":memory:") as store:
        store.add(judge(rules, figures), period=H1)
        store.add(judge(rules, more or {CAO_LOC: {"ty_le": (1, 2)}}), period=H2)
        return store.trace(unit=unit, criterion=criterion, units=UNITS, **options)


def test_a_share_is_the_sum_of_numerators_over_the_sum_of_denominators(rules):
    old = {HAI_YEN: {"ty_le": (3, 10)}, CONG_SON: {"ty_le": (10, 20)}, CAO_LAU: {"ty_le": (4, 10)}}
    first, second = trace(rules, old, "ty_le")
    assert (first.numerator, first.denominator, first.value) == (13, 32, 13 / 32)  # the mean of the shares would be 0.4
    assert (first.unit, first.unit_name, first.verdict, first.reason) == (CAO_LOC, "Xã Cao Lộc", "met", "")
    assert first.made_of == "Xã Hải Yến (06190) + 60% Xã Công Sơn (06193) + Xã Cao Lâu (06196)"
    assert (second.value, second.made_of, second.reason) == (0.5, "", "")
    (alone, *_rest) = trace(rules, old, "ty_le", unit=NEW_HAI_YEN, on=AFTER)
    assert (alone.numerator, alone.denominator, alone.value, alone.verdict) == (4, 8, 0.5, "met")
    assert alone.made_of == "40% Xã Công Sơn (06193)"


def test_without_the_tree_a_code_is_followed_as_it_is(rules):
    with open_store(":memory:") as store:
        store.add(judge(rules, {CAO_LAU: {"ty_le": (4, 10)}, HAI_YEN: {"ty_le": (1, 1)}}), period=H1)
        store.add(judge(rules, {CAO_LOC: {"ty_le": (1, 2)}}), period=H2)
        frame = store.history(unit=CAO_LOC, criterion="ty_le")
        assert frame[["period", "value", "made_of"]].to_numpy().tolist() == [[H1, 0.4, ""], [H2, 0.5, ""]]
        assert store.history(criterion="ty_le")["unit"].tolist() == [HAI_YEN, CAO_LAU, CAO_LOC]
        assert len(store.history(unit=CAO_LOC)) == 2 * 5
        assert len(store.history()) == 3 * 5


# of the three old units: what they say; value and verdict of Cao Lộc, and what its reason says
CASES = {
    "a quantity is the weighted sum, and its verdict is not that of a part": (
        "so", (1.0, 5.0, 2.0), 1 + 0.6 * 5 + 2, "", "chỉ một phần",
    ),
    "a rate without its parts does not add up": ("muc", (5.0, 6.0, 7.0), None, "met", "không cộng được"),
    "one rate is the rate of all": ("muc", (5.0, 5.0, 5.0), 5.0, "met", ""),
    "a share typed without its parts does not add up": (
        "ty_le", (0.5, (1, 2), (1, 3)), None, "met", "không cộng được",
    ),
    "one share is the share of all": ("ty_le", (0.5, (1, 2), (2, 4)), 0.5, "met", ""),
    "verdicts that differ are not carried over": (
        "ty_le", ((1, 2), (1, 5), (1, 2)), (1 + 0.6 + 1) / 7, "", "2 đạt, 1 chưa đạt",
    ),
    "what is exceeded is met": ("ty_le", ((1, 1), (1, 2), (1, 2)), (1 + 0.6 + 1) / (1 + 1.2 + 2), "met", ""),
    "something of nothing adds to no sum": (
        "ty_le", ((1, 2), (3, 0), (1, 2)), None, "", "có đơn vị cũ thiếu số liệu; kết luận",
    ),
    "what does not arise in one unit counts nothing": ("ty_le", ((0, 0), (1, 2), (1, 2)), 0.5, "met", ""),
    "what arises nowhere does not arise": ("ty_le", ((0, 0), (0, 0), (0, 0)), None, "not_applicable", ""),
    "a unit without a figure leaves all open": (
        "ty_le", ((1, 2), None, (1, 2)), None, "", "có đơn vị cũ thiếu số liệu; kết luận",
    ),
    "a unit that sent nothing leaves all open": (
        "ty_le", ((1, 2), ..., (1, 2)), None, "", "chưa có số liệu của Xã Công Sơn (06193)",
    ),
    "no figure anywhere is no figure": ("ty_le", (None, None, None), None, "no_data", ""),
    "declared by all": ("khai", ("met", "met", "met"), None, "met", ""),
    "declared by some": ("khai", ("met", "not_met", "not_met"), None, "", "1 đạt, 2 chưa đạt"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_is_certain_is_carried_over_and_the_rest_is_empty_with_its_reason(rules, case):
    criterion, said, value, verdict, reason = CASES[case]
    named = zip((HAI_YEN, CONG_SON, CAO_LAU), said, strict=True)
    # everybody has sent something, but who sent nothing
    old = {unit: {"so": 1.0} | ({} if one is None else {criterion: one}) for unit, one in named if one is not ...}
    point = trace(rules, old, criterion)[0]
    assert point.value == (None if value is None else pytest.approx(value, rel=1e-15))
    assert point.verdict == verdict
    assert reason in point.reason
    assert bool(point.reason) == bool(reason)


def test_a_merged_group_has_the_verdict_that_all_have(rules):
    whole = Units(
        replace(each, becomes={CAO_LOC: Fraction(1)}) if each.code == CONG_SON else each
        for each in UNITS
        if each.code != NEW_HAI_YEN
    )
    good = {"ty_le": (1, 2), "so": 2.0, "muc": 4.0, "khai": "met"}
    olds = (HAI_YEN, CONG_SON, CAO_LAU)
    for said, expected in (
        (dict.fromkeys(olds, good), ("met", "")),
        (
            dict.fromkeys(olds, good) | {CONG_SON: {**good, "muc": 1.0}},
            ("", "kết luận của các đơn vị cũ khác nhau (2 đạt, 1 chưa đạt)"),
        ),
    ):
        with open_store(":memory:") as store:
            store.add(judge(rules, said), period=H1)
            (point,) = store.trace(unit=CAO_LOC, criterion="1", units=whole, on=AFTER)
        assert (point.verdict, point.reason, point.value) == (*expected, None)


def test_a_group_that_rests_on_a_quantity_has_no_verdict_of_a_part(rules):
    """60% of Công Sơn's two schools are none that anybody judged; nor is the group in which they count."""
    good = {"ty_le": (1, 2), "so": 2.0, "muc": 4.0, "khai": "met"}
    same = trace(rules, dict.fromkeys((HAI_YEN, CONG_SON, CAO_LAU), good), "1")[0]
    assert (same.verdict, same.value) == ("", None)
    assert same.reason.startswith("chỉ một phần")


def test_what_versions_ask_differently_does_not_add_up(rules, tmp_path):
    """Of one period Hải Yến was judged by the first version, the others by the second, which counts in another unit."""
    path = tmp_path / "thu.yaml"
    other = RULES.replace("unit: trường", "unit: lớp").replace("name: Nước sạch", "name: Điện")
    path.write_text(f'rulebook: thu\nversion: "2"\ntitle: Thử\n{other}', encoding="utf-8")
    said = {"ty_le": (1, 2), "so": 2.0, "muc": 4.0}
    with open_store(":memory:") as store:
        store.add(judge(rules, {HAI_YEN: said}), period=H1)
        store.add(judge(load_rulebook(path), {CONG_SON: said, CAO_LAU: said}), period=H1)
        points = {each.criterion.id: each for each in store.trace(unit=CAO_LOC, units=UNITS, on=AFTER)}
        alone = store.trace(unit=NEW_HAI_YEN, criterion="so", units=UNITS, on=AFTER)
    assert [points[name].value for name in ("ty_le", "so", "muc")] == [None, None, 4.0]
    assert [points[name].verdict for name in ("ty_le", "so", "muc")] == ["", "", "met"]
    assert points["so"].reason == "các đơn vị cũ được hỏi khác nhau: Trường (trường); Trường (lớp)"
    assert points["ty_le"].reason == "các đơn vị cũ được hỏi khác nhau: Nước sạch (%); Điện (%)"
    assert [each.value for each in alone] == [0.8]


def test_an_old_unit_keeps_its_own_history(rules):
    old = {HAI_YEN: {"ty_le": (3, 10)}, CONG_SON: {"ty_le": (10, 20)}}
    points = trace(rules, old, "ty_le", unit=HAI_YEN)
    assert [(point.end, point.unit_name, point.value, point.made_of) for point in points] == [(BEFORE, "", 0.3, "")]


def test_a_unit_that_has_sent_nothing_yet_has_the_history_of_its_old_ones(rules):
    with open_store(":memory:") as store:
        store.add(judge(rules, {CONG_SON: {"ty_le": (1, 2)}}), period=H1)
        (point,) = store.trace(unit=NEW_HAI_YEN, criterion="ty_le", units=UNITS)
        assert (point.numerator, point.made_of) == (0.4, "40% Xã Công Sơn (06193)")
        assert [each.unit for each in store.trace(criterion="ty_le", units=UNITS)] == [CONG_SON]
        # of the units of a day, as many as something came from; Cao Lộc lacks two of three
        later = store.trace(criterion="ty_le", units=UNITS, on=AFTER)
        assert [(each.unit, each.value is None) for each in later] == [(CAO_LOC, True), (NEW_HAI_YEN, False)]


def test_what_a_unit_says_of_itself_goes_before_what_its_old_ones_said(rules):
    with open_store(":memory:") as store:
        year = {"period": "năm 2025"}
        everybody = {unit: {"ty_le": (1, 10)} for unit in (HAI_YEN, CONG_SON, CAO_LAU)}
        store.add(judge(rules, everybody, dt.date(2025, 5, 29)), **year)
        points = store.trace(criterion="ty_le", units=UNITS, on=AFTER)
        assert [(point.unit, point.value) for point in points] == [(CAO_LOC, 0.1), (NEW_HAI_YEN, 0.1)]
        store.add(judge(rules, {NEW_HAI_YEN: {"ty_le": (9, 10)}}, dt.date(2025, 12, 31)), **year)
        points = store.trace(criterion="ty_le", units=UNITS)
        assert [(point.unit, point.value, point.made_of[:3]) for point in points] == [
            (CAO_LOC, 0.1, "Xã "),
            (NEW_HAI_YEN, 0.9, ""),
        ]


def test_a_change_elsewhere_between_two_cut_off_dates_loses_nobody(rules):
    """Hải Yến speaks of 29 May, Công Sơn and Cao Lâu of 20 June; on 1 June Lộc Bình and Công Sơn got other names."""
    june = dt.date(2025, 6, 1)
    spells = [each for each in UNITS if each.code != CONG_SON]
    named = [
        Unit(CONG_SON, "Xã Công Sơn cũ", "183", until=june - dt.timedelta(1)),
        Unit(CONG_SON, "Xã Công Sơn", "183", june, BEFORE, {CAO_LOC: Fraction(3, 5), NEW_HAI_YEN: Fraction(2, 5)}),
        Unit("999", "Xã Lộc", "20", until=june - dt.timedelta(1)),
        Unit("999", "Xã Lộc Bình", "20", since=june),
    ]
    units = Units([*spells, *named])
    with open_store(":memory:") as store:
        early = {HAI_YEN: {"ty_le": (3, 10)}, CONG_SON: {"ty_le": (10, 20)}}
        store.add(judge(rules, early, dt.date(2025, 5, 29)), period=H1)
        store.add(judge(rules, {CAO_LAU: {"ty_le": (4, 10)}}, dt.date(2025, 6, 20)), period=H1)
        (point,) = store.trace(unit=CAO_LOC, criterion="ty_le", units=units, on=AFTER)
        assert (point.numerator, point.denominator, point.reason) == (13, 32, "")
        assert point.made_of == "Xã Hải Yến (06190) + 60% Xã Công Sơn (06193) + Xã Cao Lâu (06196)"
        # what was sent again stands where it is
        store.add(judge(rules, {CAO_LOC: {"ty_le": (1, 4)}}, dt.date(2025, 12, 31)), period="năm 2025")
        assert [each.value for each in store.trace(unit=CAO_LOC, criterion="ty_le", units=units)] == [13 / 32, 0.25]


def test_units_that_the_tree_does_not_tell_of_stay_with_the_reason(rules):
    with open_store(":memory:") as store:
        store.add(judge(rules, {"99999": {"ty_le": (1, 2)}, "183": {"ty_le": (1, 2)}}), period=H1)
        points = store.trace(criterion="ty_le", units=UNITS, on=AFTER)
        assert {point.unit: point.reason for point in points} == {
            "183": "đơn vị không còn và tệp đơn vị không nói thành đơn vị nào",
            "99999": "tệp đơn vị không có mã này vào ngày ấy",
        }
        store.add(judge(rules, {NEW_HAI_YEN: {"ty_le": (1, 2)}}), period=H2)
        later = [point for point in store.trace(criterion="ty_le", units=UNITS, on=BEFORE) if point.unit == NEW_HAI_YEN]
        assert [point.reason for point in later] == ["số liệu có sau ngày đã chọn, khi đơn vị đã khác"]


@pytest.mark.parametrize(
    ("asked", "nearest"),
    [({"unit": "6190"}, "06190"), ({"criterion": "ty-le"}, "ty_le"), ({"unit": HAI_YEN, "criterion": "kha"}, "khai")],
)
def test_an_unknown_unit_or_criterion_offers_the_nearest(rules, asked, nearest):
    with open_store(":memory:") as store:
        store.add(judge(rules, {HAI_YEN: {"ty_le": (1, 2)}}), period=H1)
        with pytest.raises(StoreError, match=f"gần nhất: {nearest}"):
            store.history(**asked)


parts = st.sampled_from(
    [{0: 1}, {1: 1}, {0: Fraction(1, 3), 1: Fraction(2, 3)}, {1: Fraction(1, 4), 2: Fraction(3, 4)}]
)
pairs = st.tuples(st.integers(0, 9), st.integers(1, 9))


@settings(max_examples=40)
@given(st.lists(st.tuples(pairs, parts), min_size=1, max_size=5))
def test_no_figure_is_lost_or_doubled_by_a_reform(rules, old):
    units = Units(
        [
            *(
                Unit(f"o{i}", f"Cũ {i}", until=BEFORE, becomes={f"n{k}": Fraction(share) for k, share in goes.items()})
                for i, (_pair, goes) in enumerate(old)
            ),
            *(Unit(f"n{k}", f"Mới {k}", since=AFTER) for k in range(3)),
        ]
    )
    with open_store(":memory:") as store:
        sent = {f"o{i}": {"ty_le": pair, "so": float(pair[0])} for i, (pair, _goes) in enumerate(old)}
        store.add(judge(rules, sent), period=H1)
        frame = store.history(units=units, on=AFTER)
    whole = [sum(pair[i] for pair, _goes in old) for i in (0, 1)]
    shares, counts = frame[frame["id"] == "ty_le"], frame[frame["id"] == "so"]
    np.testing.assert_allclose([shares["numerator"].sum(), shares["denominator"].sum()], whole, rtol=1e-12)
    np.testing.assert_allclose(counts["value"].sum(), whole[0], rtol=1e-12)
    low, high = (pick(pair[0] / pair[1] for pair, _goes in old) for pick in (min, max))
    assert shares["value"].between(low - 1e-12, high + 1e-12).all()  # between the least and the greatest of its parts
