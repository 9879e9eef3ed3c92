"""Random fillings of live templates: the verdicts of the formulas against the engine's, case by case.

    python benchmarks/live.py [fillings a rulebook] [rulebook ...] [--ironcalc] [--foreign] [--seed N]

LibreOffice computes the very formulas of the template; `--ironcalc` takes IronCalc instead, which is quicker and lacks
two functions. `--foreign` types texts too, some of which only the engine reads: then «left open» is allowed, and
nothing else may differ. Without rulebooks: all shipped ones and `tests/data/moi-kieu.yaml`. Exits with the number of
differences, at most 100.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import live

RULEBOOKS = [
    "nhiem-vu-trong-tam-2024-hai-yen",
    "ntm-nang-cao-2021-2025-tdmnpb",
    "kinh-te-xa-hoi-2019",
    "giai-ngan-dau-tu-cong-2024",
    str(Path(__file__).parent.parent / "tests" / "data" / "moi-kieu.yaml"),
]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("fillings", type=int, nargs="?", default=400)
    parser.add_argument("rulebooks", nargs="*")
    parser.add_argument("--ironcalc", action="store_true")
    parser.add_argument("--foreign", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    differences = 0
    for name in asked.rulebooks or RULEBOOKS:
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            found = live.compare(
                name, asked.fillings, Path(folder), seed=asked.seed, foreign=asked.foreign, ironcalc=asked.ironcalc
            )
            took = time.perf_counter() - start
        counts = ", ".join(f"{verdict} {count}" for verdict, count in sorted(found.counts.items()))
        print(f"{Path(name).stem}: {asked.fillings} fillings, {found.compared} verdicts ({counts}), {took:.0f} s")
        for difference in found.differences[:60]:
            print("   ", difference)
        print(f"  {len(found.differences)} differences")
        differences += len(found.differences)
    return min(differences, 100)


if __name__ == "__main__":
    sys.exit(main())
