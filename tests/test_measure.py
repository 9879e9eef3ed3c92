"""Measures: what parses and what does not, exact arithmetic, and units that agree or are converted."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nhiemvu.errors import RuleError
from nhiemvu.frames import evaluate_frames
from nhiemvu.rules import measure as ms
from nhiemvu.rules.dimensions import UnitError, Units, dimension_of, is_share
from nhiemvu.rules.measure import MeasureError, parse_measure
from nhiemvu.rules.models import Column, Fact, Table
from nhiemvu.rules.rulebook import Rulebook

MakeRules = Callable[..., Rulebook]

# --- parsing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("", 0, "dừng giữa chừng"),
        ("a +", 3, "dừng giữa chừng"),
        ("a b", 2, "thừa «b»"),
        ("(a", 2, "«)»"),
        ("a.b.c", 3, "thừa «.»"),
        ("a..b", 2, "tên cột"),
        ("sum()", 4, "số, tên hoặc dấu ngoặc"),
        ("sum(t.a, t.b)", 9, "«where»"),
        ("sum(t.a where t.b = 1)", 8, "«)»"),
        ("sum(t.a, where t.b)", 18, "dấu so sánh"),
        ("sum(t.a, where t.b = x)", 21, "số, hoặc chữ"),
        ('sum(t.a, where t.b = -"x")', 22, "số, hoặc chữ"),
        ("value(1.1)", 6, "mã đặt trong dấu ngoặc kép"),
        ('value("1.1"', 11, "«)»"),
        ('stated("1")', 10, "«,»"),
        ("avg(t.a)", 0, "không có hàm «avg»"),
        ("a ** b", 3, "số, tên hoặc dấu ngoặc"),
        ("1.5.2", 3, "thừa «.»"),
        ("1,5", 1, "dấu chấm"),
        ("a × 2", 2, "viết «*»"),
        ("50%", 2, "dấu %"),
        ('value("1.1)', 6, "không đóng"),
        ("số_hộ", 1, "không dấu"),
        ("a # b", 2, "«#»"),
        ("__import__('os')", 11, 'viết «"»'),
        ("a\x00b", 1, "không hiểu ký tự"),
    ],
)
def test_an_expression_that_cannot_be_read_is_refused_at_the_character(text: str, position: int, words: str):
    with pytest.raises(MeasureError) as raised:
        parse_measure(text)
    assert raised.value.position == position
    assert words in raised.value.message.format(**raised.value.fill)


def test_and_binds_closer_than_or():
    tree = parse_measure("sum(t.a, where t.b = 1 or t.b = 2 and t.c = 3)")
    assert isinstance(tree, ms.Aggregate)
    assert isinstance(tree.where, ms.Both)
    assert tree.where.word == "or"


def test_signs_typed_as_one_character_are_the_same():
    assert parse_measure("sum(t.a, where t.b ≥ 5)") == parse_measure("sum(t.a, where t.b ≥ 5)".replace("≥", ">="))


@given(st.text(max_size=40) | st.text('ab.+-*/()0123456789 ,="', max_size=40))
@settings(max_examples=200)
def test_no_text_does_anything_but_parse_or_say_where_it_fails(text: str):
    try:
        parse_measure(text)
        refused = None
    except MeasureError as error:
        refused = error
    assert refused is None or (0 <= refused.position <= len(text) and refused.message.format(**refused.fill))


numbers = st.fractions(0, 1000, max_denominator=10).map(lambda value: Fraction(round(value * 10), 10))


def show(value: Fraction) -> str:
    return f"{value.numerator // value.denominator}.{value.numerator * 10 // value.denominator % 10}"


arithmetic = st.recursive(
    numbers.map(lambda value: (show(value), value)),
    lambda inner: st.tuples(inner, st.sampled_from("+-*"), inner).map(
        lambda each: (
            f"({each[0][0]} {each[1]} {each[2][0]})",
            {"+": each[0][1] + each[2][1], "-": each[0][1] - each[2][1], "*": each[0][1] * each[2][1]}[each[1]],
        )
    ),
    max_leaves=8,
)


def value_of(tree: ms.Expression) -> Fraction:
    match tree:
        case ms.Number(value=value):
            return value
        case ms.Operation(sign=sign, left=left, right=right):
            first, second = value_of(left), value_of(right)
            return {"+": first + second, "-": first - second, "*": first * second}[sign]
    raise AssertionError(tree)


@given(arithmetic)
@settings(max_examples=100)
def test_arithmetic_of_numbers_is_read_exactly(expression: tuple[str, Fraction]):
    assert value_of(parse_measure(expression[0])) == expression[1]


@pytest.mark.parametrize(("text", "value"), [("2 - 3 - 4", -5), ("2 + 3 * 4", 14), ("-2 * 3", -6), ("2 - -3", 5)])
def test_signs_bind_as_in_school(text: str, value: int):
    assert value_of(parse_measure(text)) == value


# --- units -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unit", "shown", "factor"),
    [
        ("đồng", "đồng", 1),
        ("Triệu đồng", "đồng", 10**6),
        ("tr.đ", "đồng", 10**6),
        ("tỷ", "đồng", 10**9),
        ("1.000 đồng", "đồng", 1000),
        ("ha", "m2", 10**4),
        ("triệu đồng/người", "đồng/người", 10**6),
        ("tạ/ha", "g/m2", 10),
        ("%", "%", 1),
        ("% số hộ", "%", 1),
        ("‰", "%", 1),
        ("lớp", "lớp", 1),
    ],
)
def test_the_dimension_of_a_unit(unit: str, shown: str, factor: int):
    dimension = dimension_of(unit)
    assert dimension is not None
    assert (str(dimension), dimension.factor) == (shown, factor)


def test_shares_are_units_whose_figures_are_fractions_of_one():
    assert [is_share(unit) for unit in ("%", "% số hộ", "‰", "", "đồng", "???")] == [True] * 3 + [False] * 3


def units(**of: str) -> Units:
    columns = {name: Column(headings=[name], unit=unit) for name, unit in of.items()}
    facts = {name: Fact(label=name, unit=unit) for name, unit in of.items()}
    return Units({"t": Table(columns=columns)}, facts, {"1": "triệu đồng"})


def write(tree: ms.Expression) -> str:
    match tree:
        case ms.Number(value=value):
            return str(value)
        case ms.Fact(name=name):
            return name
        case ms.Column(name=name):
            return f"t.{name}"
        case ms.Own(field=name, id=id_):
            return f"{name}({id_})"
        case ms.Aggregate(function=function, of=of):
            return f"{function}({write(of)})"
        case ms.Operation(sign=sign, left=left, right=right):
            return f"({write(left)} {sign} {write(right)})"
    raise AssertionError(tree)


@pytest.mark.parametrize(
    ("text", "unit", "becomes"),
    [
        ("dong", "đồng", "dong"),
        ("trieu", "đồng", "(trieu * 1000000)"),
        ("dong", "triệu đồng", "(dong * 1/1000000)"),
        ("trieu + dong", "đồng", "((trieu * 1000000) + dong)"),
        ("trieu + dong", "triệu đồng", "(trieu + (dong * 1/1000000))"),
        ("trieu + ty - dong", "", "(((trieu * 1000000) + (ty * 1000000000)) - dong)"),
        ("trieu / dong", "%", "((trieu * 1000000) / dong)"),
        ("dong / trieu", "%", "(dong / (trieu * 1000000))"),
        ("trieu / dong", "", "((trieu * 1000000) / dong)"),
        ("sum(t.trieu) / sum(t.ty)", "%", "(sum(t.trieu) / sum((t.ty * 1000)))"),
        ("sum(t.trieu + t.dong)", "tỷ đồng", "sum(((t.trieu * 1/1000) + (t.dong * 1/1000000000)))"),
        ("min(t.trieu / t.dong)", "%", "min(((t.trieu * 1000000) / t.dong))"),
        ("count(t.trieu)", "lớp", "count(t.trieu)"),
        ("trieu / nguoi", "đồng/người", "((trieu * 1000000) / nguoi)"),
        ("trieu / nguoi", "triệu đồng/người/năm", "(trieu / nguoi)"),
        ("trieu / nguoi", "đồng/người/tháng", "((trieu * 1000000) / nguoi)"),
        ("tan / ha", "tạ/ha", "((tan * 10) / ha)"),
        ("ha", "m2", "(ha * 10000)"),
        ("trieu / 2", "triệu đồng", "(trieu / 2)"),
        ("(trieu + 5) / dong", "%", "(((trieu * 1000000) + 5000000) / dong)"),
        ("-trieu", "đồng", "(0 - (trieu * 1000000))"),
        ('value("1") + dong', "đồng", "((value(1) * 1000000) + dong)"),
        ("khong + dong", "triệu đồng", "((khong * 1/1000000) + (dong * 1/1000000))"),
        ("khong", "đồng", "khong"),
        ("trieu * nguoi", "", "(trieu * nguoi)"),
        ("numerator / dong", "%", "(numerator() / dong)"),
        ("value", "%", "value()"),
        ("hecta / met2", "%", "((hecta * 10000) / met2)"),
    ],
)
def test_units_of_one_dimension_are_converted_exactly(text: str, unit: str, becomes: str):
    known = units(
        dong="đồng",
        trieu="triệu đồng",
        ty="tỷ đồng",
        nguoi="người",
        ha="ha",
        tan="tấn",
        khong="",
        hecta="ha",
        met2="m2",
    )
    assert write(known.convert(parse_measure(text), unit)) == becomes


@pytest.mark.parametrize(
    ("text", "unit", "position"),
    [
        ("dong + ha", "", 5),
        ("dong + nguoi", "đồng", 5),
        ("dong", "%", 0),
        ("dong / nguoi", "đồng", 0),
        ("dong / dong", "đồng", 0),
        ("2 * trieu", "đồng", 0),
        ("trieu / 1000", "tỷ đồng", 8),
        ("trieu * 1000000 + dong", "đồng", 8),
        ("100 * dong / dong", "%", 0),
        ("dong / dong * 100", "%", 14),
        ("sum(t.dong * t.dong) + dong", "đồng", 21),
        ("mean(t.ty_le) / 100", "%", 16),
        ("dong / trieu / 100", "%", 15),
        ("value / 100", "%", 8),
        ("dong / trieu + value / 100", "%", 23),
        ("trieu / 1000000", "triệu đồng", 8),
        ("1000 * (trieu + trieu)", "triệu đồng", 0),
        ("trieu / nguoi / 1000", "triệu đồng/người", 16),
    ],
)
def test_units_that_do_not_agree_and_conversions_by_hand_are_refused(text: str, unit: str, position: int):
    known = units(dong="đồng", trieu="triệu đồng", nguoi="người", ha="ha", ty_le="%")
    with pytest.raises(UnitError) as raised:
        known.convert(parse_measure(text), unit)
    assert raised.value.position == position
    assert raised.value.message.format(**raised.value.fill)


MONEY = {"đồng": 1, "nghìn đồng": 10**3, "triệu đồng": 10**6, "tỷ đồng": 10**9}
AREA = {"m2": 1, "ha": 10**4, "km2": 10**6}
WEIGHT = {"kg": 1, "tạ": 100, "tấn": 1000}
figures = st.integers(1, 10**6).map(lambda value: value / 100)


@given(
    st.sampled_from([MONEY, AREA, WEIGHT]).flatmap(
        lambda scale: st.tuples(
            st.just(scale),
            *(st.sampled_from(sorted(scale)) for _ in range(3)),
            st.lists(figures, min_size=2, max_size=2),
        )
    )
)
@settings(max_examples=60)
def test_a_sum_in_mixed_units_equals_the_sum_of_fractions(sample: tuple[dict[str, int], str, str, str, list[float]]):
    """Exactly: every result, computed with fractions, is the sum in the wanted unit."""
    scale, first, second, wanted, (a, b) = sample
    tree = units(a=first, b=second).convert(parse_measure("a + b"), wanted)

    def compute(node: ms.Expression) -> Fraction:
        match node:
            case ms.Fact(name=name):
                return Fraction(str({"a": a, "b": b}[name]))
            case ms.Number(value=value):
                return value
            case ms.Operation(sign="+", left=left, right=right):
                return compute(left) + compute(right)
            case ms.Operation(sign="*", left=left, right=right):
                return compute(left) * compute(right)
        raise AssertionError(node)

    expected = (Fraction(str(a)) * scale[first] + Fraction(str(b)) * scale[second]) / scale[wanted]
    assert compute(tree) == expected


@pytest.mark.parametrize(("unit", "suggestion"), [("%", "«≥ 80%»"), ("% số hộ", "«≥ 80%»"), ("‰", "«≥ 8%»")])
def test_a_share_by_any_name_has_figures_and_targets_of_one(make_rules: MakeRules, unit: str, suggestion: str):
    book = 'criteria:\n  - {{id: x, unit: "{unit}", targets: [{{meets: "{target}"}}]}}\n'
    with pytest.raises(RuleError, match=suggestion):
        make_rules(book.format(unit=unit, target="≥ 80"))
    rules = make_rules(book.format(unit=unit, target="≥ 80%"))
    assert rules.by_id["x"].is_percent
    assert not rules.by_id["x"].is_quantity
    rows = pd.DataFrame({"id": ["x"], "numerator": [4.0], "denominator": [5.0]})
    assert evaluate_frames({"results": rows}, rules).verdicts["x"].tolist() == ["met"]


# --- through the engine ----------------------------------------------------------------------------------------------

BOOK = """
facts:
  dan_so: {{label: Dân số, unit: người}}
tables:
  giai_ngan:
    columns:
      ke_hoach: {{headings: [Kế hoạch], unit: {plan}}}
      da: {{headings: [Đã giải ngân], unit: {done}}}
      nguon: {{headings: [Nguồn], type: text}}
criteria:
  - id: a
    unit: "%"
    measure: sum(giai_ngan.da) / sum(giai_ngan.ke_hoach)
    targets: [{{meets: "≥ 30%"}}]
  - id: b
    unit: đồng
    measure: sum(giai_ngan.ke_hoach - giai_ngan.da)
    targets: [{{meets: "≥ 0"}}]
  - id: c
    unit: triệu đồng/người
    measure: sum(giai_ngan.ke_hoach) / dan_so
    targets: [{{meets: "≥ 1"}}]
  - id: d
    unit: nghìn đồng
    measure: sum(giai_ngan.da, where giai_ngan.nguon = "ctmtqg")
    targets: [{{meets: "≥ 0"}}]
"""


@pytest.mark.parametrize("plan", MONEY)
@pytest.mark.parametrize("done", MONEY)
def test_money_in_any_two_units_gives_the_same_verdicts_and_values(make_rules: MakeRules, plan: str, done: str):
    rules = make_rules(BOOK.format(plan=plan, done=done))
    lines = [(1_000_000_000, 300_000_000, "CTMTQG"), (500_000_000, 150_000_000, "Ngân sách xã")]
    frame = pd.DataFrame(
        [("x", planned / MONEY[plan], paid / MONEY[done], source) for planned, paid, source in lines],
        columns=["unit", "ke_hoach", "da", "nguon"],
    )
    people = pd.DataFrame({"dan_so": [1500]}, index=["x"])
    found = evaluate_frames({"units": people, "giai_ngan": frame}, rules)
    assert found.verdicts.loc["x"].tolist() == ["met", "met", "met", "met"]  # 30% and 1 exactly at the threshold
    values = {row.id: row.value for row in found.rows()}
    assert values == pytest.approx({"a": 0.3, "b": 1_050_000_000, "c": 1, "d": 300_000}, rel=1e-12)


def test_a_fact_in_millions_against_a_column_in_units(make_rules: MakeRules):
    rules = make_rules(
        "facts: {du_toan: {label: Dự toán, unit: triệu đồng}}\n"
        "tables: {thu: {columns: {so_thu: {headings: [Thu], unit: đồng}}}}\n"
        'criteria:\n  - {id: a, unit: "%", measure: sum(thu.so_thu) / du_toan, targets: [{meets: "≥ 50%"}]}\n'
    )
    lines = pd.DataFrame({"unit": ["x", "y"], "so_thu": [65_350_000, 65_349_999]})
    facts = pd.DataFrame({"du_toan": [130.7, 130.7]}, index=["x", "y"])
    found = evaluate_frames({"units": facts, "thu": lines}, rules)
    assert found.verdicts["a"].tolist() == ["met", "not_met"]


def test_facts_that_must_agree_are_compared_in_one_unit(make_rules: MakeRules):
    rules = make_rules(
        "facts: {a: {label: A, unit: triệu đồng}, b: {label: B, unit: đồng}}\n"
        "checks: [{agree: [a, b], label: Dự toán}, {total: b, parts: [a], label: Tổng}]\n"
    )
    assert [[write(tree) for tree in check.expressions] for check in rules.checks] == [
        ["(a * 1000000)", "b"],
        ["b", "(a * 1000000)"],
    ]


def test_a_measure_as_long_as_is_allowed_is_computed_and_a_longer_one_refused(make_rules: MakeRules):
    """Expressions are walked by recursion: the longest chain of additions must stay within the depth of the stack."""
    book = 'facts: {{a: {{label: A}}}}\ncriteria:\n  - {{id: x, measure: {sum}, targets: [{{meets: "= 101"}}]}}\n'
    rules = make_rules(book.format(sum="+".join("a" * 101)))
    found = evaluate_frames({"units": pd.DataFrame({"a": [1.0]}, index=["u"])}, rules)
    assert found.verdicts["x"].tolist() == ["met"]
    for longer in ("+".join("a" * 102), "-" * 120 + "a", "a" + "*2" * 101):
        with pytest.raises(RuleError, match=r"phép tính|lồng nhau"):
            make_rules(book.format(sum=longer))


def test_a_column_of_a_unit_that_the_rulebook_does_not_name_fits_everything(make_rules: MakeRules):
    rules = make_rules(
        "tables: {t: {columns: {a: A, b: {headings: [B], unit: đồng}}}}\n"
        'criteria:\n  - {id: x, unit: đồng, measure: sum(t.a + t.b), targets: [{meets: "≥ 0"}]}\n'
    )
    assert write(rules.by_id["x"].measure) == "sum((t.a + t.b))"


def test_units_are_not_converted_where_the_expression_is_wrong_anyway(make_rules: MakeRules):
    with pytest.raises(RuleError) as raised:
        make_rules(
            "tables: {t: {columns: {a: {headings: [A], unit: ha}}}}\n"
            'criteria:\n  - {id: x, unit: đồng, measure: sum(t.a) + thue, targets: [{meets: "≥ 0"}]}\n'
        )
    assert [problem.code for problem in raised.value.problems] == ["unknown-name"]


RATES = """facts:
  dan_so: {label: Dân số, unit: người}
  thue_bao: {label: Thuê bao, unit: thuê bao}
criteria:
  - {id: "1", unit: máy/1.000 dân, targets: [{meets: "≥ 50"}]}
  - {id: "2", unit: thuê bao/1.000 người, measure: thue_bao / dan_so, targets: [{meets: "≥ 600"}]}
  - {id: "3", unit: dân, measure: denominator("1"), targets: [{meets: "≥ 1"}]}
  - {id: "4", unit: máy/dân, targets: [{meets: "≥ 0.05"}]}
  - {id: "5", unit: máy/1.000 dân, measure: numerator / denominator, targets: [{meets: "≥ 50"}]}
  - {id: "6", unit: máy/1.000 dân, measure: numerator / denominator * 1000, targets: [{meets: "≥ 50"}]}
"""


def test_a_rate_of_a_thousand_is_a_thousand_times_the_quotient_and_lacks_what_is_counted(make_rules: MakeRules):
    pairs = [(unit, id_) for unit in "abc" for id_ in "1456"]
    tops = {"a": 90.0, "b": 100.0, "c": 101.0}
    rows = pd.DataFrame(
        {"unit": [u for u, _ in pairs], "id": [i for _, i in pairs], "numerator": [tops[u] for u, _ in pairs]}
    ).assign(denominator=2000.0)
    units = pd.DataFrame({"dan_so": 2000.0, "thue_bao": [1150.0, 1200.0, 1201.0]}, index=[*"abc"])
    found = evaluate_frames({"results": rows, "units": units}, make_rules(RATES)).frame
    told = {(row.unit, row.id): row for row in found.itertuples()}
    assert [told[unit, "1"].value for unit in "abc"] == [45, 50, 50.5]
    for unit, verdict in zip("abc", ["not_met", "met", "met"], strict=True):
        assert [told[unit, id_].verdict for id_ in "12456"] == [verdict] * 5
        assert told[unit, "3"].value == 2000
    assert [told["a", id_].needed for id_ in "125"] == [10, 50, 10]
    assert "còn thiếu 50." in told["a", "2"].reason
    assert told["a", "2"].numerator == 1150
