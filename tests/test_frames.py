"""Figures that come as DataFrames: whose they are, and what is said where they do not fit the rulebook."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

from nhiemvu.errors import FrameError
from nhiemvu.frames import evaluate_frames

RULEBOOK = "ntm-nang-cao-2021-2025-tdmnpb"
UNITS = pd.DataFrame(index=["a", "b"])


def long(*rows: tuple[object, ...], columns: tuple[str, ...] = ("unit", "id", "value")) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(columns))


def wide(index: list[str], *values: object) -> pd.DataFrame:
    return pd.DataFrame({"17.4": values}, index=index)


@pytest.mark.parametrize(
    ("frames", "verdicts"),
    [
        ({"units": UNITS, "results": long(("b", "17.4", 0.35))}, {"a": "no_data", "b": "met"}),
        ({"results": long(("b", "17.4", 0.35), ("a", "17.4", 0.2))}, {"b": "met", "a": "not_met"}),
        ({"value": wide(["a"], 0.35), "declared": wide(["z", "a"], "met", "met")}, {"a": "met", "z": "no_data"}),
        ({"results": long(("c", "17.4", 0.35)), "value": wide(["a"], 0.2)}, {"a": "not_met", "c": "met"}),
        ({"results": long(("17.4", 0.35), columns=("id", "value"))}, {"": "met"}),
        ({}, {"": "no_data"}),
    ],
)
def test_every_unit_that_a_frame_names_has_its_own_figures(
    frames: Mapping[str, pd.DataFrame], verdicts: Mapping[str, str]
) -> None:
    found = evaluate_frames(frames, RULEBOOK).verdicts["17.4"].to_dict()
    assert found == verdicts
    assert list(found) == list(verdicts)


@pytest.mark.parametrize(
    ("frames", "said"),
    [
        # a row of nobody would be counted as the last unit's
        ({"units": UNITS, "results": long(("a", "17.4", 0.35), ("c", "17.4", 0.9))}, ["frame-unit"]),
        ({"units": UNITS, "an_ninh": long(("c", 1.0), columns=("unit", "so_vu"))}, ["frame-unit"]),
        ({"units": UNITS, "value": wide(["a", "c", "d"], 0.3, 0.3, 0.3)}, ["frame-unit", "frame-unit"]),
        ({"units": UNITS, "results": long(("17.4", 0.35), columns=("id", "value"))}, ["frame-column"]),
        ({"units": pd.DataFrame(index=["a", "a"])}, ["frame-unit-twice"]),
        ({"units": UNITS, "value": wide(["a", "a"], 0.3, 0.4)}, ["frame-unit-twice"]),
        ({"results": long(("a", "17.4", 0.35), ("a", "17.4", 0.9))}, ["frame-row-twice"]),
        ({"results": long(("a", 0.35), columns=("unit", "value"))}, ["frame-column"]),
        ({"value": wide(["a"], "ba mươi")}, ["frame-number"]),
        ({"declared": wide(["a"], "dat")}, ["frame-verdict"]),
        ({"units": pd.DataFrame({"as_of": ["2024-06-30", "giữa năm"]}, index=["a", "b"])}, ["frame-date"]),
        (
            {"vlue": UNITS, "value": pd.DataFrame({"17.44": [1.0]}, index=["a"]),
             "results": long(("a", "99", 1), columns=("unit", "id", "valeu"))},
            ["frame-unknown", "frame-criterion", "frame-column", "frame-criterion"],
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_all_at_once(frames: Mapping[str, pd.DataFrame], said: list[str]) -> None:
    with pytest.raises(FrameError) as refused:
        evaluate_frames(frames, RULEBOOK)
    assert [problem.code for problem in refused.value.problems] == said
    assert "{" not in str(refused.value)


def test_what_is_missing_is_nothing() -> None:
    found = evaluate_frames({"value": wide(["a", "b", "c"], 0.35, np.nan, None)}, RULEBOOK).verdicts["17.4"]
    assert found.tolist() == ["met", "no_data", "no_data"]


RULES = """
facts:
  khu_vuc: {label: Khu vực, type: choice, choices: [I, II, III]}
  mien_nui: {label: Miền núi, type: boolean}
criteria:
  - id: "1"
    targets: [{meets: "≥ 5", when: {khu_vuc: I}}, {meets: "≥ 1", otherwise: true}]
    requires: {mien_nui: true}
"""


def facts_of(khu_vuc: list[object], mien_nui: list[object]) -> dict[str, pd.DataFrame]:
    index = ["a", "b", "c"]
    units = pd.DataFrame({"khu_vuc": khu_vuc, "mien_nui": mien_nui}, index=index)
    return {"units": units, "value": pd.DataFrame({"1": [3.0, 3.0, 3.0]}, index=index)}


@pytest.mark.parametrize("yes", [True, np.True_, 1.0])
@pytest.mark.parametrize("dtype", [object, "category"])
def test_a_fact_is_one_of_its_choices_however_it_is_written(make_rules, yes: object, dtype: str) -> None:
    frames = facts_of(["I", "iii", None], [yes, yes, None])
    frames["units"] = frames["units"].astype(dtype)
    assert evaluate_frames(frames, make_rules(RULES)).verdicts["1"].tolist() == ["not_met", "met", "no_data"]


def test_a_fact_that_is_none_of_its_choices_is_refused(make_rules) -> None:
    with pytest.raises(FrameError) as error:
        evaluate_frames(facts_of(["I", "IV", "V"], [True, "Có", 2]), make_rules(RULES))
    assert [(each.code, each.fill["name"]) for each in error.value.problems] == [
        ("frame-fact", each) for each in ("IV", "V", "Có", "2")
    ]
