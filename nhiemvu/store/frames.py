"""What a store keeps, as DataFrames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from nhiemvu.messages import language
from nhiemvu.store.query import Asked, Kept, Result
from nhiemvu.store.trends import Point
from nhiemvu.text import name_period

FRAME_COLUMNS = (
    "period", "period_start", "period_end", "unit", "unit_name", "rulebook", "version", "as_of",
    "id", "parent", "level", "kind", "name", "unit_of_measure", "target", "verdict", "basis", "declared", "value",
    "numerator", "denominator", "needed", "outlook", "file", "sha256",
)  # fmt: skip
SUBMISSION_COLUMNS = (
    "submission", "period", "period_start", "period_end", "unit", "unit_name", "rulebook", "version", "as_of", "file",
    "sha256", "added_at", "is_current",
)  # fmt: skip
HISTORY_COLUMNS = (
    "period", "period_start", "period_end", "unit", "unit_name", "rulebook", "version", "as_of", "id", "name",
    "unit_of_measure", "verdict", "basis", "declared", "value", "numerator", "denominator", "needed", "outlook",
    "made_of", "reason",
)  # fmt: skip
DAYS = ("period_start", "period_end", "as_of")
FIGURES = ("value", "numerator", "denominator", "needed")


def name_periods(kept: Sequence[Kept | Point]) -> list[str]:
    """The name of each one's period, in Vietnamese whoever asks: it is data."""
    with language("vi"):
        return [name_period(each.start, each.end) for each in kept]


def frame_submissions(kept: Sequence[Kept]) -> pd.DataFrame:
    """A row per submission."""
    said: dict[str, Any] = {
        "submission": np.array([each.key for each in kept], dtype=np.int64),
        **_frame_heads(kept),
        **_frame_files(kept),
        "added_at": pd.DatetimeIndex([each.added_at for each in kept], dtype="datetime64[us, UTC]"),
        "is_current": np.array([each.is_current for each in kept], dtype=bool),
    }
    return pd.DataFrame({name: said[name] for name in SUBMISSION_COLUMNS})


def _frame_heads(kept: Sequence[Kept | Point]) -> dict[str, Any]:
    """Who, and for which period."""
    heads: dict[str, Any] = {
        "period": _texts(name_periods(kept)),
        "period_start": np.array([each.start for each in kept], dtype="datetime64[D]"),
        "period_end": np.array([each.end for each in kept], dtype="datetime64[D]"),
        "as_of": np.array([each.as_of for each in kept], dtype="datetime64[D]"),
    }
    for name in ("unit", "unit_name", "rulebook", "version"):
        heads[name] = _texts([getattr(each, name) for each in kept])
    return heads


def _frame_files(kept: Sequence[Kept]) -> dict[str, Any]:
    return {name: _texts([getattr(each, name) for each in kept]) for name in ("file", "sha256")}


def frame_results(
    kept: Sequence[Kept], criteria: Mapping[int, Mapping[str, Asked]], results: Sequence[Result]
) -> pd.DataFrame:
    """A row per submission and criterion, the submissions in their order and the criteria in reading order."""
    columns: Sequence[Sequence[Any]] = list(zip(*results, strict=True)) or [()] * 10
    rank = {each.key: i for i, each in enumerate(kept)}
    of = np.array([rank[key] for key in columns[0]], dtype=np.intp)
    asked = [(rules, each) for rules, tree in criteria.items() for each in tree.values()]
    row_of = {(rules, each.id): i for i, (rules, each) in enumerate(asked)}
    rules_of = {each.key: each.rules for each in kept}
    names = zip(columns[0], columns[1], strict=True)
    which = np.array([row_of[rules_of[key], name] for key, name in names], dtype=np.intp)
    position = np.array([each.position for _rules, each in asked], dtype=np.intp)
    order = np.lexsort((position[which], of))
    of, which = of[order], which[order]
    heads = {**_frame_heads(kept), **_frame_files(kept)}
    said: dict[str, Any] = {name: values[of] for name, values in heads.items()}
    for name in ("id", "parent", "kind", "name", "unit_of_measure", "target"):
        said[name] = _texts([getattr(each, name) for _rules, each in asked])[which]
    said["level"] = np.array([each.level for _rules, each in asked], dtype=np.int64)[which]
    for name, words in zip(("verdict", "basis", "declared", "outlook"), columns[2:6], strict=True):
        known = {word: i for i, word in enumerate(dict.fromkeys(words))}  # few words, many rows
        codes = np.array([known[word] for word in words], dtype=np.intp)
        said[name] = _texts([word or "" for word in known])[codes[order]]
    for name, figures in zip(FIGURES, columns[6:], strict=True):
        said[name] = np.array(figures, dtype=np.float64)[order]
    return pd.DataFrame({name: said[name] for name in FRAME_COLUMNS})


def frame_points(points: Sequence[Point]) -> pd.DataFrame:
    """A row per point."""
    said = _frame_heads(points)
    for name in ("id", "name", "unit_of_measure"):
        said[name] = _texts([getattr(each.criterion, name) for each in points])
    for name in ("verdict", "basis", "declared", "outlook", "made_of", "reason"):
        said[name] = _texts([getattr(each, name) for each in points])
    for name in FIGURES:
        said[name] = np.array([getattr(each, name) for each in points], dtype=np.float64)
    return pd.DataFrame({name: said[name] for name in HISTORY_COLUMNS})


def _texts(words: Sequence[str]) -> Any:
    return pd.Series(words, dtype="str").array
