"""The store against bare SQLite: a country's units of one period kept, read as a frame, and followed over time.

    python benchmarks/store.py [units] [URL]

1. `add` of all units × 63 criteria against one `executemany` of the same rows into a bare table: at most 5.
2. `frame` of the same against `fetchall` and a DataFrame of the bare rows: at most 4.
3. `add` of the same again (nothing changes), the history of one criterion, and of all criteria; for the record.

Without a URL the store is a SQLite file; `postgresql://…` is measured against the same floor, for the record.
"""

from __future__ import annotations

import sqlite3
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
from nhiemvu.store.submission import rows_of

ROUNDS = 5
COLUMNS = "submission, criterion, verdict, basis, declared, outlook, value, numerator, denominator, needed"


def make_evaluation(units: int) -> nhiemvu.Evaluation:
    """Whole numbers over whole numbers, for every criterion that reads its own row."""
    rules = nhiemvu.load_rulebook("nhiem-vu-trong-tam-2024-hai-yen")
    leaves = [node.id for node in rules.criteria if node.own and node.measure is not None]
    random = np.random.default_rng(2)
    codes = [f"{i:05}" for i in range(units)]
    under = pd.DataFrame({name: random.integers(1, 50, units) for name in leaves}, index=codes)
    over = (under * random.random(under.shape)).round()
    facts = pd.DataFrame({"khu_vuc": "I", "as_of": pd.Timestamp(2024, 5, 29), "unit_name": codes}, index=codes)
    return nhiemvu.evaluate_frames({"units": facts, "numerator": over, "denominator": under}, rules)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    done = work()
    return time.perf_counter() - start, done


def write_bare(path: Path, rows: list[tuple[Any, ...]]) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE bare ({COLUMNS})")
        connection.executemany(f"INSERT INTO bare VALUES ({', '.join('?' * 10)})", rows)


def read_bare(path: Path) -> pd.DataFrame:
    with sqlite3.connect(path) as connection:
        return pd.DataFrame(connection.execute("SELECT * FROM bare").fetchall())


def measure(units: int, url: str | None) -> bool:
    evaluation = make_evaluation(units)
    rules, period = evaluation.rulebook, "6 tháng đầu năm 2024"
    rows = list(rows_of(evaluation.columns, rules, [(at + 1, at) for at in range(units)]))
    found: dict[str, list[float]] = {"add": [], "frame": []}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(ROUNDS):
            bare = Path(folder) / f"bare-{number}.db"
            floor_add, _ = timed(lambda bare=bare: write_bare(bare, rows))
            floor_frame, _ = timed(lambda bare=bare: read_bare(bare))
            with nhiemvu.open_store(url or Path(folder) / f"kho-{number}.db") as store:
                if url is not None:  # a store that lasts: another period each time
                    period = f"tháng {number + 1}/{1900 + int(time.time()) % 7000}"
                add, added = timed(lambda store=store, period=period: store.add(evaluation, period=period))
                assert added.new == units
                again, _ = timed(lambda store=store, period=period: store.add(evaluation, period=period))
                frame, got = timed(lambda store=store, period=period: store.frame(period=period))
                assert len(got) == len(rows)
                one, _ = timed(lambda store=store: store.history(criterion="17.4"))
                whole, _ = timed(store.trace)
            found["add"].append(add / floor_add)
            found["frame"].append(frame / floor_frame)
    print(f"{units:,} units x {len(rules.criteria)} criteria = {len(rows):,} results, {url or 'SQLite'}")
    print(f"add {add:.2f} s (bare executemany {floor_add:.2f}); again {again:.2f} s")
    print(f"frame {frame:.2f} s (bare fetchall and DataFrame {floor_frame:.2f})")
    print(f"history of one criterion {one:.2f} s; every point {whole:.2f} s")
    held = True
    for (name, ratios), bound in zip(found.items(), (5, 4), strict=True):
        middle = statistics.median(ratios)
        print(f"{name}: {middle:.1f} of the floor (bound {bound}; {min(ratios):.1f} to {max(ratios):.1f})")
        held &= middle <= bound or url is not None
    return held


if __name__ == "__main__":
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 3_321
    sys.exit(0 if measure(size, sys.argv[2] if len(sys.argv) > 2 else None) else 1)
