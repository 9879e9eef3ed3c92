"""Figures of several batches of units put together, and some of them picked out: what makes many workbooks one case."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nhiemvu.engine.figures import Figures, Lines

Picks = NDArray[np.intp]


def stack(batches: Sequence[Figures]) -> Figures:
    """Figures of all batches, one after the other.

    What only words need stays behind: narratives, headings, and where each figure stood.

    Args:
        batches: each of any number of units, gathered for one rulebook.
    """
    sizes = [len(batch) for batch in batches]
    starts = [0, *np.cumsum(sizes).tolist()]
    size = starts[-1]

    def join(of: Callable[[Figures], Mapping[Any, NDArray[Any]]], empty: object, dtype: Any) -> dict[Any, Any]:
        """One array a key, over all units; `empty` where a batch does not have the key."""
        joined: dict[Any, Any] = {}
        for batch, start, count in zip(batches, starts, sizes, strict=False):
            for key, values in of(batch).items():
                if key not in joined:
                    joined[key] = np.full(size, empty, dtype=dtype)
                joined[key][start : start + count] = values
        return joined

    facts: dict[str, Any] = {}
    for batch, start, count in zip(batches, starts, sizes, strict=False):
        for name, values in batch.facts.items():
            if name not in facts:
                is_number = values.dtype.kind == "f"
                facts[name] = np.full(size, np.nan if is_number else "", dtype=values.dtype)
            facts[name][start : start + count] = values
    return Figures(
        units=[unit for batch in batches for unit in batch.units],
        dates=np.concatenate([np.zeros(0, "datetime64[D]"), *(batch.dates for batch in batches)]),
        own=join(lambda batch: batch.own, np.nan, np.float64),
        intervals=_join_intervals(batches, starts),
        declared=join(lambda batch: batch.declared, -1, np.int8),
        facts=facts,
        lines=_join_lines([batch.lines for batch in batches], starts),
        parts=_join_lines([batch.parts for batch in batches], starts),
        results=join(lambda batch: batch.results, None, object),
    )


def take(figures: Figures, picks: Picks) -> Figures:
    """The figures of some units, in the order of the picks; each at most once."""

    def pick(arrays: Mapping[Any, NDArray[Any]]) -> dict[Any, Any]:
        return {key: values[picks] for key, values in arrays.items()}

    place = {int(old): new for new, old in enumerate(picks)}
    return Figures(
        units=[figures.units[int(old)] for old in picks],
        dates=figures.dates[picks],
        own=pick(figures.own),
        intervals={
            name: {place[unit]: known for unit, known in by_unit.items() if unit in place}
            for name, by_unit in figures.intervals.items()
        },
        declared=pick(figures.declared),
        facts=pick(figures.facts),
        lines={name: _take_lines(lines, picks) for name, lines in figures.lines.items()},
        parts={name: _take_lines(lines, picks) for name, lines in figures.parts.items()},
        results=pick(figures.results),
    )


def _join_intervals(batches: Sequence[Figures], starts: Sequence[int]) -> dict[str, dict[int, Any]]:
    joined: dict[str, dict[int, Any]] = {}
    for batch, start in zip(batches, starts, strict=False):
        for name, by_unit in batch.intervals.items():
            joined.setdefault(name, {}).update({start + unit: known for unit, known in by_unit.items()})
    return joined


def _join_lines(batches: Sequence[Mapping[str, Lines]], starts: Sequence[int]) -> dict[str, Lines]:
    joined = {}
    for name in dict.fromkeys(name for batch in batches for name in batch):
        held = [(batch[name], start) for batch, start in zip(batches, starts, strict=False) if name in batch]
        columns = held[0][0].columns
        joined[name] = Lines(
            np.concatenate([lines.unit + start for lines, start in held]),
            {key: np.concatenate([lines.columns[key] for lines, _ in held]) for key in columns},
            starts[-1],
        )
    return joined


def _take_lines(lines: Lines, picks: Picks) -> Lines:
    counts = np.diff(lines.starts)[picks]
    firsts = np.repeat(lines.starts[:-1][picks], counts)
    within = np.arange(len(firsts)) - np.repeat(np.cumsum(counts) - counts, counts)
    at = firsts + within
    return Lines(
        np.repeat(np.arange(len(picks)), counts), {key: values[at] for key, values in lines.columns.items()}, len(picks)
    )
