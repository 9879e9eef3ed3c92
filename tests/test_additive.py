"""What is said to add up does: the figures of units together are those of one unit that holds all of their figures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nhiemvu.frames import evaluate_frames
from nhiemvu.rules.additive import adds_up
from nhiemvu.rules.load import load_rulebook

MEASURES = {
    "sum(von.da_tra) / sum(von.ke_hoach)": "ratio",
    "sum(von.da_tra) / (sum(von.ke_hoach) + sum(von.them, where von.loai = \"a\"))": "ratio",
    "sum(von.da_tra, where von.loai = \"a\") / so_ho": "ratio",
    "numerator / denominator": "ratio",
    "2 * numerator / (denominator - numerator)": "ratio",
    "sum(von.da_tra * von.them)": "sum",
    "count(von.da_tra) + sum(von.them) / 100": "sum",
    'value("dem") - numerator("r0")': "sum",
    "so_ho": "sum",
    "min(von.da_tra / von.ke_hoach)": "",
    "max(von.da_tra)": "",
    "mean(von.da_tra)": "",
    "sum(von.da_tra + so_ho)": "",  # the fact counts once for every line
    "sum(von.da_tra) + 1": "",
    "sum(von.da_tra) * so_ho": "",
    "sum(von.da_tra) / sum(von.ke_hoach) + 1": "",
    'value("ty_le") * 2': "",
}  # fmt: skip
HEAD = """rulebook: thu
title: Thử
facts: {so_ho: {label: Số hộ, type: number}}
tables:
  von:
    sheet: Vốn
    columns: {loai: {headings: [Loại], type: text}, da_tra: Đã trả, ke_hoach: Kế hoạch, them: Thêm}
criteria:
  - {id: dem, name: Đếm, unit: ha, targets: [{meets: "≥ 0"}]}
  - {id: ty_le, name: Tỷ lệ, unit: "%", targets: [{meets: "≥ 0%"}]}
"""


@pytest.fixture(scope="module")
def rules(tmp_path_factory):
    path = tmp_path_factory.mktemp("rules") / "thu.yaml"
    lines = [
        f"  - {{id: r{i}, name: Đo, measure: '{measure}', targets: [{{meets: '≥ 0'}}]}}"
        for i, measure in enumerate(MEASURES)
    ]
    path.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    return load_rulebook(path)


def test_it_is_known_which_measures_add_up(rules):
    assert {node.form.measure: adds_up(node, rules) for node in rules.criteria[2:]} == MEASURES
    assert [adds_up(rules.by_id[name], rules) for name in ("dem", "ty_le")] == ["sum", "ratio"]


numbers = st.integers(1, 60)


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.sampled_from("AB"), st.sampled_from("ab"), numbers, numbers, numbers), min_size=4),
    st.lists(numbers, min_size=20, max_size=20),
)
def test_sums_of_units_are_the_figures_of_their_union(rules, lines, n):
    lines = [("A", "a", 1, 2, 3), ("B", "b", 4, 5, 6), *lines]
    table = pd.DataFrame(lines, columns=["unit", "loai", "da_tra", "ke_hoach", "them"])
    ids = [node.id for node in rules.criteria if node.own or "numerator" in str(node.form.measure)]
    units = ["A", "B"]
    facts = pd.DataFrame({"so_ho": n[:2]}, units)
    own = {
        "value": pd.DataFrame({"dem": n[2:4]}, units),
        "numerator": pd.DataFrame({name: n[4 + i : 6 + i] for i, name in enumerate(ids) if name != "dem"}, units),
    }
    own["denominator"] = own["numerator"] * 2 + 5
    apart = evaluate_frames({"units": facts, "von": table, **own}, rules).columns
    together = {name: frame.sum().to_frame("A").T for name, frame in {"units": facts, **own}.items()}
    union = evaluate_frames({**together, "von": table.assign(unit="A")}, rules).columns
    for node in rules.criteria:
        kind, at = adds_up(node, rules), node.index
        if kind == "ratio":
            both = apart.numerator[at].sum() / apart.denominator[at].sum()
            np.testing.assert_allclose(union.value[at], both, rtol=1e-12)
        elif kind == "sum":
            np.testing.assert_allclose(union.value[at], apart.value[at].sum(), rtol=1e-12)
