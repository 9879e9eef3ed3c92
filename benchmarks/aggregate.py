"""Many workbooks into one summary: files a second against two readers that judge nothing, memory, and growth.

    python benchmarks/aggregate.py [files] [rounds] [--growth] [--cluster] [--keep FOLDER]

The floor is bare python-calamine over the same files in the same number of processes; the loop is pandas with openpyxl
over a sample of them in one. The readers take turns within each round, since the machine may be shared: quote the
medians of the ratios. Bounds: at least 0.4 of the floor and 15 times the loop, verdicts and groups at most 0.05 of the
reading, parent's memory at most 300 MiB + 40 KiB a unit, and time that grows with an exponent of at most 1.05.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import os
import resource
import shutil
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import python_calamine

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.communes import make_folder
from nhiemvu.engine.groups import Group, total
from nhiemvu.engine.rollup import conclude
from nhiemvu.engine.stack import stack
from nhiemvu.many.aggregate import aggregate
from nhiemvu.many.summary import Summary

JOBS = 2
SAMPLE = 40  # files of the slow loop
FLOOR, LOOP, JUDGING, EXPONENT = 0.4, 15.0, 0.05, 1.05
MEBIBYTE = 1 << 20


def take(work: Callable[[], object]) -> float:
    """Seconds of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def read_bare(paths: Sequence[str]) -> int:
    """What python-calamine does alone: every sheet as lists of values."""
    for path in paths:
        book = python_calamine.CalamineWorkbook.from_path(path)
        for name in book.sheet_names:
            book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    return len(paths)


def run_floor(paths: Sequence[str]) -> None:
    chunks = [paths[at : at + 32] for at in range(0, len(paths), 32)]
    with ProcessPoolExecutor(JOBS, multiprocessing.get_context("fork")) as pool:
        assert sum(pool.map(read_bare, chunks)) == len(paths)


def run_loop(paths: Sequence[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for path in paths:
            pd.read_excel(path, sheet_name=None, header=None, engine="openpyxl")


def measure_memory(folder: Path, rulebook: str, units: Path) -> float:
    """The parent's peak, in MiB, in a process of its own."""
    context = multiprocessing.get_context("spawn")
    queue: multiprocessing.Queue[float] = context.Queue()
    process = multiprocessing.get_context("spawn").Process(
        target=_aggregate_alone, args=(folder, rulebook, units, queue)
    )
    process.start()
    peak = queue.get()
    process.join()
    return peak


def _aggregate_alone(folder: Path, rulebook: str, units: Path, queue: multiprocessing.Queue[float]) -> None:
    aggregate(folder, rulebook, units=units, jobs=JOBS)
    queue.put(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def say(name: str, value: float, bound: str, *, held: bool, unit: str = "") -> bool:
    print(f"{name}: {value:.2f}{unit} (bound {bound}){'' if held else '  NOT HELD'}")
    return held


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="?", type=int, default=500)
    parser.add_argument("rounds", nargs="?", type=int, default=5)
    parser.add_argument("--growth", action="store_true", help="time 10 to 10,000 files")
    parser.add_argument("--cluster", action="store_true", help="the same on a Dask cluster of this machine")
    parser.add_argument("--keep", type=Path, help="where the folder is kept for another run")
    given = parser.parse_args()
    folder = given.keep or Path(tempfile.mkdtemp(prefix="nhiemvu-"))
    os.environ["NHIEMVU_CACHE"] = str(folder / "cache")
    if not (folder / "nop").exists():
        make_folder(folder / "nop", given.files, 3, broken=0.0, zipped=False)
    nop, rulebook, units = folder / "nop" / "so", "nhiem-vu-trong-tam-2024-hai-yen", folder / "nop" / "units.csv"
    paths = sorted(str(path) for path in nop.rglob("*.xls*"))
    summary: list[Summary] = []

    def judged() -> None:
        summary[:] = [aggregate(nop, rulebook, units=units, jobs=JOBS, words=False)]

    def found() -> None:  # what `nhiemvu aggregate` does without a page
        summary[:] = [aggregate(nop, rulebook, units=units, jobs=JOBS, words="findings")]

    def told() -> None:
        summary[:] = [aggregate(nop, rulebook, units=units, jobs=JOBS)]

    rounds = []
    judged()
    for _ in range(given.rounds):
        rounds.append(
            [take(lambda: run_floor(paths)), *map(take, (judged, found, told)), take(lambda: run_loop(paths[:SAMPLE]))]
        )
    count = len(paths)
    middle = [statistics.median(column) for column in zip(*rounds, strict=True)]
    floor, ours, findings, words = (count / seconds for seconds in middle[:4])
    print(
        f"{count} files, {JOBS} processes: floor {floor:.0f} files/s, verdicts {ours:.0f}, "
        f"with findings {findings:.0f}, with all words {words:.0f}"
    )
    of_floor, of_floor_told = (statistics.median(each[0] / each[at] for each in rounds) for at in (1, 2))
    of_loop = statistics.median((each[4] / SAMPLE) / (each[1] / count) for each in rounds)
    held = say("of the floor", of_floor, f">= {FLOOR}", held=of_floor >= FLOOR)
    print(f"of the floor, with findings: {of_floor_told:.2f}")
    held &= say("of the loop", of_loop, f">= {LOOP}", held=of_loop >= LOOP)
    last = summary[0]
    held &= measure_judging(last, middle[1] / count)
    peak = measure_memory(nop, rulebook, units)
    most = 300 + 40 * count / 1024
    held &= say("memory of the parent", peak, f"<= {most:.0f} MiB", held=peak <= most, unit=" MiB")
    drawn = take(lambda: last.draw(str(folder)))
    print(f"drawing the summary workbook: {drawn:.1f} s, {drawn / count * 1000:.1f} ms a unit")
    if given.cluster:
        measure_cluster(nop, rulebook, units, middle[1] / count)
    if given.growth:
        held &= measure_growth(paths, rulebook, folder)
    if given.keep is None:
        shutil.rmtree(folder)
    sys.exit(0 if held else 1)


def measure_cluster(folder: Path, rulebook: str, units: Path, alone: float) -> None:
    """What Dask adds to each file, against processes of our own: as many workers, on this machine."""
    import distributed  # noqa: PLC0415 (an extra)

    with (
        distributed.LocalCluster(
            n_workers=JOBS, threads_per_worker=1, dashboard_address=None, memory_limit=0
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        seconds = []
        for _ in range(3):  # the first run imports everything in the workers
            work = lambda: aggregate(  # noqa: E731
                folder, rulebook, units=units, jobs=JOBS, executor=client.get_executor(), words=False
            )
            seconds.append(take(work))
    files = sum(1 for _ in folder.rglob("*.xls*"))
    each = min(seconds[1:]) / files
    print(
        f"on a Dask cluster of {JOBS} workers: {1000 * each:.2f} ms a file, {1000 * (each - alone):+.2f} ms against "
        f"processes of our own; the first run {seconds[0]:.1f} s"
    )


def measure_judging(summary: Summary, reading: float) -> bool:
    """10,000 units, three levels of groups: verdicts and totals once the figures are there, against reading as many."""
    size = 10_000
    figures = stack([summary.figures] * math.ceil(size / len(summary)))
    size = len(figures)
    cuts = [[range(size)], np.array_split(np.arange(size), 34), np.array_split(np.arange(size), 500)]
    groups = [
        Group(f"{level}-{i}", "", level, "", np.asarray(each, dtype=np.intp), len(each))
        for level, parts in enumerate(cuts)
        for i, each in enumerate(parts)
    ]

    def work() -> None:
        total(summary.rulebook, figures, conclude(summary.rulebook, figures), groups)

    work()
    seconds = statistics.median(take(work) for _ in range(3))
    ratio = seconds / (reading * size)
    criteria = len(summary.rulebook.criteria)
    print(f"{size} units x {criteria} criteria x 3 levels: {seconds:.2f} s")
    return say("verdicts and groups of reading", ratio, f"<= {JUDGING}", held=ratio <= JUDGING and seconds < 1)


def measure_growth(paths: Sequence[str], rulebook: str, folder: Path) -> bool:
    """From 10 to 10,000 files: the exponent of time by number, from a line through the logarithms."""
    sizes, seconds = [10, 100, 1000, 10_000], []
    for size in sizes:
        place = folder / f"growth-{size}"
        if not place.exists():
            make_folder(place, size, 5, broken=0.0, zipped=False)
        work = lambda place=place: aggregate(place / "so", rulebook, jobs=JOBS, words=False)  # noqa: E731
        seconds.append(min(take(work) for _ in range(3 if size < 10_000 else 1)))
    start = seconds[0]  # processes begin once: what is left grows with the files
    pairs = [(math.log(n), math.log(s)) for n, s in zip(sizes[1:], seconds[1:], strict=True)]
    slope = (pairs[-1][1] - pairs[0][1]) / (pairs[-1][0] - pairs[0][0])
    print("; ".join(f"{n} files {s:.2f} s" for n, s in zip(sizes, seconds, strict=True)), f"(start {start:.2f} s)")
    return say("exponent of growth", slope, f"<= {EXPONENT}", held=slope <= EXPONENT)


if __name__ == "__main__":
    main()
