"""Reading a workbook: the frames of a rulebook, with addresses and formats, against bare python-calamine and pandas.

    python benchmarks/read.py [rounds]

A folder holds one workbook a commune, all of one form: so each round reads another workbook, which has texts and figures
of its own where the example has the commune's, and nothing that was kept of the one before helps with them. "Again" is
the very same file over and over. Each file is in the cache of the system; the readers take turns within each round,
since the machine may be shared: quote the median ratio. Bound: at most 2.5 of bare python-calamine, which gives lists of
values without formats or errors.
"""

from __future__ import annotations

import io
import random
import re
import statistics
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import python_calamine

from nhiemvu.engine.gather import gather
from nhiemvu.pipeline import read
from nhiemvu.rules.load import load_rulebook
from nhiemvu.rules.rulebook import Rulebook
from nhiemvu.text import fold
from nhiemvu.workbook.book import open_book
from nhiemvu.workbook.tables import Reading

BOUND = 2.5
NARRATIVE = 9  # words of a text that are not the form's own
EXAMPLES = Path(__file__).parent.parent / "examples"
FILES = {
    "hai-yen-2024-h1.xlsx": "nhiem-vu-trong-tam-2024-hai-yen",
    "kinh-te-xa-hoi-2019.xlsx": "kinh-te-xa-hoi-2019",
    "giai-ngan-dau-tu-cong-2024.xlsx": "giai-ngan-dau-tu-cong-2024",
}


def vary(raw: bytes, seed: int) -> bytes:
    """A workbook of the same form by another commune: other figures, other words in its narratives and typed ratios."""
    chosen = random.Random(seed)

    def other_text(found: re.Match[str]) -> str:
        words = found[2].split(" ")
        if re.match(r"[\d.,]+/[\d.,]+", found[2]):
            words = [re.sub(r"(?<=\d)\d", lambda _: str(chosen.randrange(10)), word) for word in words]
        elif len(words) > NARRATIVE:
            words[1:] = chosen.sample(words[1:], len(words) - 1)  # its first word may tell what kind of row it begins
        return found[1] + " ".join(words)

    def other_figure(found: re.Match[str]) -> str:
        return found[1] + re.sub(r"(?<=\d)\d", lambda _: str(chosen.randrange(1, 10)), found[2])

    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as given, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as taken:
        for name in given.namelist():
            data = given.read(name)
            if name == "xl/sharedStrings.xml":
                data = re.sub(r"(<t[^<>]*>)([^<]+)", other_text, data.decode()).encode()
            elif name.startswith("xl/worksheets/sheet"):
                data = re.sub(r'(<c r="\w+"(?: s="\d+")?><v>)(\d{3,})', other_figure, data.decode()).encode()
            taken.writestr(name, data)
    return made.getvalue()


def take(work: Callable[[], object]) -> float:
    """Milliseconds of one call."""
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def read_calamine(path: Path) -> object:
    book = python_calamine.CalamineWorkbook.from_path(str(path))
    return [book.get_sheet_by_name(sheet).to_python(skip_empty_area=False) for sheet in book.sheet_names]


def read_cells(path: Path) -> object:
    book = open_book(path)
    return [book.grid(sheet) for sheet in book.names]


def read_pandas(path: Path) -> object:
    return pd.read_excel(path, sheet_name=None, header=None, engine="openpyxl")


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    held = True
    for name, rules_name in FILES.items():
        rules = load_rulebook(rules_name)

        def read_frames(path: Path, rules: Rulebook = rules) -> Reading:
            return read(open_book(path), rules)

        def read_figures(path: Path, rules: Rulebook = rules) -> object:
            return gather([read(open_book(path), rules)], rules)

        readers = {"calamine": read_calamine, "cells": read_cells, "frames": read_frames, "figures": read_figures}
        with tempfile.TemporaryDirectory() as folder:
            paths = [Path(folder, f"{i}.xlsx") for i in range(rounds)]
            for i, path in enumerate(paths):
                path.write_bytes(vary((EXAMPLES / name).read_bytes(), i))
            whole = [(table.name, len(table)) for table in read_frames(EXAMPLES / name).tables.values()]
            for path in paths:  # what is read is as much as the example, and the files are in the system's cache
                assert [(table.name, len(table)) for table in read_frames(path).tables.values()] == whole
            fold.cache_clear()
            for files, label in ((paths, "another each time"), ([EXAMPLES / name] * rounds, "the same again")):
                for reader in readers.values():
                    reader(EXAMPLES / name)
                taken = [{key: take(lambda: reader(path)) for key, reader in readers.items()} for path in files]  # noqa: B023 (called here)
                base = statistics.median(each["calamine"] for each in taken)
                ratios = {key: statistics.median(each[key] / each["calamine"] for each in taken) for key in readers}
                print(
                    f"{name}, {label}: calamine {base:.2f} ms; frames {ratios['frames']:.2f} times as long (bound {BOUND}); "
                    f"all cells {ratios['cells']:.2f}; frames and arrays {ratios['figures']:.2f}"
                )
                held &= ratios["frames"] <= BOUND
            slow = statistics.median(take(lambda: read_pandas(path)) for path in paths[: max(3, rounds // 10)])  # noqa: B023
            ours = statistics.median(take(lambda: read_frames(path)) for path in paths)  # noqa: B023
            print(f"{name}: pandas with openpyxl {slow:.0f} ms, {slow / ours:.0f} times as long as our frames")
    sys.exit(0 if held else 1)


if __name__ == "__main__":
    main()
