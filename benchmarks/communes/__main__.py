"""Make a folder of communes' workbooks.

python benchmarks/communes FOLDER --units 1000 --seed 1 [--broken 5%] [--period 2024-h1] [--layouts gon mau …]
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.communes.book import PERIODS, SHARES
from benchmarks.communes.folder import make_folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--units", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--broken", default="5%")
    parser.add_argument("--period", choices=PERIODS, default="2024-h1")
    parser.add_argument("--layouts", nargs="+", choices=SHARES, default=list(SHARES))
    given = parser.parse_args()
    start = time.perf_counter()
    broken = float(given.broken.rstrip("%")) / 100
    truth = make_folder(
        given.folder, given.units, given.seed, period=given.period, broken=broken, layouts=given.layouts
    )
    seconds = time.perf_counter() - start
    print(f"{len(truth.files)} files in {seconds:.1f} s ({len(truth.files) / seconds:.0f} a second): {given.folder}")


if __name__ == "__main__":
    main()
