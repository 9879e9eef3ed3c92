"""Reading a workbook: the frames of a rulebook, with addresses and formats, against bare python-calamine and pandas.

    python benchmarks/read.py [runs]

Each file is in memory's cache; the readers take turns within each round, since the machine may be shared: quote the
median ratio. Bound: at most 2.5 of bare python-calamine, which gives lists of values without formats or errors.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import python_calamine

from nhiemvu.pipeline import read
from nhiemvu.rules.load import load_rulebook
from nhiemvu.rules.rulebook import Rulebook
from nhiemvu.workbook.book import open_book

BOUND = 2.5
EXAMPLES = Path(__file__).parent.parent / "examples"
FILES = {
    "hai-yen-2024-h1.xlsx": "nhiem-vu-trong-tam-2024-hai-yen",
    "kinh-te-xa-hoi-2019.xlsx": "kinh-te-xa-hoi-2019",
    "giai-ngan-dau-tu-cong-2024.xlsx": "giai-ngan-dau-tu-cong-2024",
}


def take(work: Callable[[], object]) -> float:
    """Milliseconds of one call."""
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 30

    held = True
    for name, rules_name in FILES.items():
        path, rules = EXAMPLES / name, load_rulebook(rules_name)

        def calamine(path: Path = path) -> object:
            book = python_calamine.CalamineWorkbook.from_path(str(path))
            return [book.get_sheet_by_name(sheet).to_python(skip_empty_area=False) for sheet in book.sheet_names]

        def cells(path: Path = path) -> object:
            book = open_book(path)
            return [book.grid(sheet) for sheet in book.names]

        def frames(path: Path = path, rules: Rulebook = rules) -> object:
            return read(open_book(path), rules)

        def pandas(path: Path = path) -> object:
            return pd.read_excel(path, sheet_name=None, header=None, engine="openpyxl")

        readers = {"calamine": calamine, "cells": cells, "frames": frames}
        for reader in (*readers.values(), pandas):
            reader()
        rounds = [{key: take(reader) for key, reader in readers.items()} for _ in range(runs)]
        slow = statistics.median(take(pandas) for _ in range(max(3, runs // 10)))
        base, all_cells, ours = (statistics.median(each[key] for each in rounds) for key in readers)
        ratio = statistics.median(each["frames"] / each["calamine"] for each in rounds)
        print(
            f"{name}: frames {ours:.1f} ms = {ratio:.1f} of calamine's {base:.1f} ms (bound {BOUND}); all cells with "
            f"formats {all_cells:.1f} ms; pandas with openpyxl {slow:.0f} ms, {slow / ours:.0f} times as long as ours"
        )
        held &= ratio <= BOUND
    sys.exit(0 if held else 1)


if __name__ == "__main__":
    main()
