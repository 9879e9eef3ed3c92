"""Reading a workbook: the frames of a rulebook, with addresses and formats, against bare python-calamine and pandas.

    python benchmarks/read.py [rounds]

A folder holds one workbook a commune, all of one form: so each round reads another workbook, which has texts, figures
and styles of its own where the example has the commune's, and nothing that was kept of the one before helps with them.
"Again" is the very same file over and over. Each file is in the cache of the system; the readers take turns within each
round, since the machine may be shared: quote the median ratio. Bound: at most 2.5 of bare python-calamine, which gives
lists of values without formats or errors. Both are measured by the time of the processor, which other programs that
run at the same time do not count into.
"""

from __future__ import annotations

import html
import io
import random
import re
import statistics
import sys
import tempfile
import time
import warnings
import zipfile
from collections.abc import Callable, Container, Sequence
from pathlib import Path
from typing import TypeVar

import pandas as pd
import python_calamine

from nhiemvu.engine.gather import gather
from nhiemvu.pipeline import read
from nhiemvu.rules.load import load_rulebook
from nhiemvu.rules.rulebook import Rulebook
from nhiemvu.workbook.book import open_book

BOUND = 2.5
Made = TypeVar("Made")
NARRATIVE = 9  # words of a text that are not the form's own
EXAMPLES = Path(__file__).parent.parent / "examples"
FILES = {
    "hai-yen-2024-h1.xlsx": "nhiem-vu-trong-tam-2024-hai-yen",
    "kinh-te-xa-hoi-2019.xlsx": "kinh-te-xa-hoi-2019",
    "giai-ngan-dau-tu-cong-2024.xlsx": "giai-ngan-dau-tu-cong-2024",
}


def vary(raw: bytes, seed: int, form: Container[str]) -> bytes:
    """A workbook of the same form by another commune: other figures, other words in its narratives and typed ratios.

    Args:
        raw: the example.
        seed: which commune.
        form: texts that are the form's own, such as the names of the criteria.
    """
    chosen = random.Random(seed)

    def other_text(found: re.Match[str]) -> str:
        words = found[2].split(" ")
        if re.match(r"[\d.,]+/[\d.,]+", found[2]):
            words = [re.sub(r"(?<=\d)\d", lambda _: str(chosen.randrange(10)), word) for word in words]
        elif len(words) > NARRATIVE and html.unescape(found[2]) not in form:
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
            elif name == "xl/styles.xml":
                data = data.replace(b"<styleSheet ", b'<styleSheet xmlns:form="urn:%d" ' % seed)
            elif name.startswith("xl/worksheets/sheet"):
                data = re.sub(r'(<c r="\w+"(?: s="\d+")?><v>)(\d{3,})', other_figure, data.decode()).encode()
            taken.writestr(name, data)
    return made.getvalue()


def take(work: Callable[[], Made]) -> tuple[float, Made]:
    """Milliseconds of the processor for one call, and what it made."""
    start = time.thread_time()
    made = work()
    return (time.thread_time() - start) * 1000, made


def read_calamine(path: Path) -> object:
    book = python_calamine.CalamineWorkbook.from_path(str(path))
    return [book.get_sheet_by_name(sheet).to_python(skip_empty_area=False) for sheet in book.sheet_names]


def read_cells(path: Path) -> object:
    book = open_book(path)
    return [book.grid(sheet) for sheet in book.names]


def read_pandas(path: Path) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of extensions that openpyxl does not know
        return pd.read_excel(path, sheet_name=None, header=None, engine="openpyxl")


def compare(path: Path, rules: Rulebook, whole: Sequence[tuple[str, int]]) -> dict[str, float]:
    """How long each reader takes for one workbook; calamine in milliseconds, the others as multiples of it."""
    base, _ = take(lambda: read_calamine(path))
    cells, _ = take(lambda: read_cells(path))
    frames, reading = take(lambda: read(open_book(path), rules))
    arrays, _ = take(lambda: gather([reading], rules))
    assert [(table.name, len(table)) for table in reading.tables.values()] == whole, "as much as the example holds"
    return {"base": base, "cells": cells / base, "frames": frames / base, "arrays": (frames + arrays) / base}


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    held = True
    for name, rules_name in FILES.items():
        rules, example = load_rulebook(rules_name), EXAMPLES / name
        whole = [(table.name, len(table)) for table in read(open_book(example), rules).tables.values()]
        with tempfile.TemporaryDirectory() as folder:
            others = [Path(folder, f"{i}.xlsx") for i in range(rounds)]
            for i, path in enumerate(others):
                path.write_bytes(vary(example.read_bytes(), i, set(rules.names.values())))
            for files, label in ((others, "another each time"), ([example] * rounds, "the same again")):
                for _ in range(3):
                    compare(example, rules, whole)
                taken = [compare(path, rules, whole) for path in files]
                middle = {key: statistics.median(each[key] for each in taken) for key in taken[0]}
                print(
                    f"{name}, {label}: frames {middle['frames']:.2f} times as long as bare calamine "
                    f"({middle['base']:.2f} ms; bound {BOUND}), with arrays {middle['arrays']:.2f}; "
                    f"cells of all sheets {middle['cells']:.2f}"
                )
                held &= middle["frames"] <= BOUND
            slow = statistics.median(take(lambda: read_pandas(path))[0] for path in others[:5])  # noqa: B023 (called here)
            print(
                f"{name}: pandas with openpyxl {slow / middle['base'] / middle['frames']:.1f} times as long as frames"
            )
    sys.exit(0 if held else 1)


if __name__ == "__main__":
    main()
