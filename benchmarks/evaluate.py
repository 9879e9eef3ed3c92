"""Whole-process time of `nhiemvu evaluate` on the example against the floor: the same I/O with no rules at all.

    python benchmarks/evaluate.py [runs]

Runs the two in turn and prints the ratio of each pair, since the machine may be shared: quote the median ratio.
Bounds: evaluate at most 1.4 of the floor; --help at most 3 of `import click`.
"""

from __future__ import annotations

import compileall
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nhiemvu

EXAMPLE = Path(__file__).parent.parent / "examples" / "hai-yen-2024-h1.xlsx"
FLOOR = """
import sys
import pandas, python_calamine, xlsxwriter
book = python_calamine.CalamineWorkbook.from_path(sys.argv[1])
frames = [pandas.DataFrame(book.get_sheet_by_name(name).to_python(skip_empty_area=False)) for name in book.sheet_names]
with xlsxwriter.Workbook(sys.argv[2]) as out:
    sheet = out.add_worksheet()
    for i, row in enumerate(frames[1].astype(str).itertuples(index=False)):
        sheet.write_row(i, 0, row)
"""


def run(*command: str) -> float:
    """Seconds of one whole process."""
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode not in (0, 1):
        raise SystemExit(done.stderr.decode())
    return seconds


def compare(name: str, bound: float, ours: list[str], theirs: list[str], runs: int) -> bool:
    """Run both in turn; print the ratio pair by pair."""
    run(*ours), run(*theirs)  # warm the disk's cache
    pairs = [(run(*ours), run(*theirs)) for _ in range(runs)]
    ratios = sorted(a / b for a, b in pairs)
    median = statistics.median(ratios)
    a, b = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(
        f"{name}: {median:.2f} of the floor (bound {bound}; {ratios[0]:.2f} to {ratios[-1]:.2f}); "
        f"{a * 1000:.0f} ms against {b * 1000:.0f} ms"
    )
    return median <= bound


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 11
    # as pip leaves an installed package: a checkout may have been told not to write bytecode
    compileall.compile_dir(Path(nhiemvu.__file__).parent, quiet=1)
    with tempfile.TemporaryDirectory() as folder:
        out, floor_out = str(Path(folder) / "out.xlsx"), str(Path(folder) / "floor.xlsx")
        held = compare(
            "evaluate",
            1.4,
            [sys.executable, "-m", "nhiemvu", "evaluate", str(EXAMPLE), "-o", out],
            [sys.executable, "-c", FLOOR, str(EXAMPLE), floor_out],
            runs,
        )
        held &= compare(
            "--help", 3.0, [sys.executable, "-m", "nhiemvu", "--help"], [sys.executable, "-c", "import click"], runs
        )
    sys.exit(0 if held else 1)


if __name__ == "__main__":
    main()
