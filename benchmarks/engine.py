"""The engine against numpy written by hand, and how its time grows with the number of units.

    python benchmarks/engine.py [units]

1. 1,000,000 units × 20 mixed criteria, from DataFrames to verdicts, against numpy by hand in one run: at most 1.5.
   The hand-written code compares rounded quotients; the engine's comparisons are exact.
2. The Hải Yến rulebook (63 criteria, and the lines of one) with roll-up, from 10 to 10,000 units.
3. Rows and discrepancies of 200 units in words, a unit against the reading of its workbook in the same run.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import nhiemvu
from nhiemvu.engine.gather import gather
from nhiemvu.evaluation import Evaluation
from nhiemvu.frames import evaluate_frames
from nhiemvu.pipeline import read
from nhiemvu.workbook.book import open_book

KINDS = 20
TARGETS = ["≥ 80%", "≥ 57%", "= 100%", "< 15%", "[75%..80%]", "≥ 35%", "> 4", "≥ 60", "= 0", "≤ 3"]


def write_rulebook(folder: Path) -> Path:
    """20 criteria: half quotients of two figures, half single figures; all kinds of targets."""
    lines = ["rulebook: bench", "title: Đo tốc độ", "criteria:"]
    for i in range(KINDS):
        target = TARGETS[i % len(TARGETS)]
        lines += [
            f'  - id: "c{i}"',
            f'    name: "Tiêu chí {i}"',
            f'    unit: "{"%" if "%" in target else ""}"',
            "    targets:",
            f'      - meets: "{target}"',
        ]
    path = folder / "bench.yaml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def make_frames(units: int) -> dict[str, pd.DataFrame]:
    """Figures as offices have them: whole numbers over whole numbers, shares, some missing, some 0 of 0."""
    random = np.random.default_rng(1)
    over, under, value = {}, {}, {}
    for i in range(KINDS):
        if "%" in TARGETS[i % len(TARGETS)] and i < KINDS // 2:
            under[f"c{i}"] = np.where(random.random(units) < 0.01, 0.0, random.integers(1, 500, units))
            over[f"c{i}"] = np.floor(random.random(units) * (under[f"c{i}"] + 1))
        elif "%" in TARGETS[i % len(TARGETS)]:
            value[f"c{i}"] = random.integers(0, 1001, units) / 1000
        else:
            value[f"c{i}"] = random.integers(0, 120, units).astype(float)
    for column in (*over.values(), *value.values()):
        column[random.random(units) < 0.02] = np.nan
    return {"numerator": pd.DataFrame(over), "denominator": pd.DataFrame(under), "value": pd.DataFrame(value)}


def by_hand(frames: dict[str, pd.DataFrame]) -> np.ndarray[Any, Any]:
    """What somebody would write for just these criteria: int8 codes, 1 met, 2 not met, 4 no data, 5 nothing there."""
    result = []
    tests: list[Callable[[Any], Any]] = [
        lambda v: v >= 0.8, lambda v: v >= 0.57, lambda v: v == 1, lambda v: v < 0.15,
        lambda v: (v >= 0.75) & (v <= 0.8), lambda v: v >= 0.35, lambda v: v > 4,
        lambda v: v >= 60, lambda v: v == 0, lambda v: v <= 3,
    ]  # fmt: skip
    for i in range(KINDS):
        name = f"c{i}"
        if name in frames["numerator"]:
            over, under = frames["numerator"][name].to_numpy(), frames["denominator"][name].to_numpy()
            with np.errstate(all="ignore"):
                value = over / under
            codes = np.where(np.isnan(value), 4, np.where(tests[i % len(tests)](value), 1, 2)).astype(np.int8)
            codes[(over == 0) & (under == 0)] = 5
            codes[(over > 0) & (under == 0)] = 4
        else:
            value = frames["value"][name].to_numpy()
            codes = np.where(np.isnan(value), 4, np.where(tests[i % len(tests)](value), 1, 2)).astype(np.int8)
        result.append(codes)
    return np.stack(result)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    done = work()
    return time.perf_counter() - start, done


def against_numpy(units: int) -> bool:
    frames = make_frames(units)
    with tempfile.TemporaryDirectory() as folder:
        rules = nhiemvu.load_rulebook(write_rulebook(Path(folder)))
    ratios = []
    for _ in range(7):
        ours, evaluation = timed(lambda: evaluate_frames(frames, rules))
        theirs, expected = timed(lambda: by_hand(frames))
        ratios.append(ours / theirs)
    differences = int((evaluation.concluded.verdict != expected).sum())
    print(
        f"{units:,} units x {KINDS} criteria: {ours * 1000:.0f} ms, {statistics.median(ratios):.2f} of numpy by hand "
        f"(bound 1.5; {min(ratios):.2f} to {max(ratios):.2f})"
    )
    print(f"verdicts that differ from rounded comparison: {differences:,}")
    return statistics.median(ratios) <= 1.5


def growth() -> None:
    rules = nhiemvu.load_rulebook("nhiem-vu-trong-tam-2024-hai-yen")
    leaves = [node.id for node in rules.criteria if node.own and node.measure is not None]
    random = np.random.default_rng(2)
    previous = None
    for units in (10, 100, 1_000, 10_000):
        codes = [f"{i:05}" for i in range(units)]
        under = pd.DataFrame({name: random.integers(1, 50, units) for name in leaves}, index=codes)
        over = (under * random.random(under.shape)).round()
        money = pd.DataFrame(
            {"unit": np.repeat(codes, 4), "ke_hoach": random.integers(1, 900, 4 * units) * 1e6, "keo_dai": 0.0}
        )
        money["da_giai_ngan"] = (money["ke_hoach"] * random.random(4 * units)).round()
        facts = pd.DataFrame({"khu_vuc": "I", "as_of": pd.Timestamp(2024, 5, 29)}, index=codes)
        frames = {"units": facts, "numerator": over, "denominator": under, "giai_ngan": money}
        seconds = min(timed(lambda frames=frames: evaluate_frames(frames, rules))[0] for _ in range(3))
        grew = "" if previous is None else f", exponent {np.log10(seconds / previous):.2f}"
        print(f"{units:>6,} units x {len(rules.criteria)} criteria with roll-up: {seconds * 1000:.1f} ms{grew}")
        previous = seconds


def in_words(units: int = 200) -> None:
    """Every unit has the example's workbook: nothing that one unit is told is kept for the next."""
    example = Path(__file__).parent.parent / "examples" / "hai-yen-2024-h1.xlsx"
    rules = nhiemvu.load_rulebook("nhiem-vu-trong-tam-2024-hai-yen")
    readings = [read(open_book(example), rules)] * units
    figures = gather(readings, rules)
    ratios: dict[str, list[float]] = {"gather": [], "rows": [], "discrepancies": [], "both": []}
    for _ in range(7):
        base = min(timed(lambda: read(open_book(example), rules))[0] for _ in range(5)) * units
        ratios["gather"].append(timed(lambda: gather(readings, rules))[0] / base)
        for name in ("rows", "discrepancies", "both"):
            evaluation = Evaluation(rules, figures, readings)

            def tell(name: str = name, evaluation: Evaluation = evaluation) -> None:
                for unit in range(units):
                    if name != "discrepancies":
                        evaluation.rows(unit)
                    if name != "rows":
                        evaluation.find_discrepancies(unit)

            ratios[name].append(timed(tell)[0] / base)
    shown = ", ".join(f"{name} {statistics.median(found):.2f}" for name, found in ratios.items())
    print(f"{units} units in words, of the time of reading their workbooks: {shown}")


if __name__ == "__main__":
    held = against_numpy(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
    growth()
    in_words()
    sys.exit(0 if held else 1)
