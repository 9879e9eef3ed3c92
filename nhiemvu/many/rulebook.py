"""Which rulebook a folder is judged by, where nobody says: the one that the first workbook names.

Workbooks are opened by workers only: one that kills or hangs its reader costs that worker, here as when all are read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from nhiemvu.errors import NhiemvuError, Problem, WorkbookError
from nhiemvu.many.batch import Batch, Begin, Item
from nhiemvu.many.sources import Source
from nhiemvu.many.workers import run, say_mistake
from nhiemvu.messages import N_
from nhiemvu.pipeline import choose_rulebook, load_version
from nhiemvu.rules.find import has_versions
from nhiemvu.rules.load import load_rulebook
from nhiemvu.rules.rulebook import Rulebook
from nhiemvu.workbook.book import open_book

FATAL = {"reader-died", "reader-too-long"}  # they cost a worker, or a minute: not to be tried a third time
_MOST = 64  # files that are looked at together


@dataclass(frozen=True, slots=True)
class Chosen:
    """A rulebook, and the files that killed or hung their reader on the way to it."""

    rulebook: Rulebook
    fatal: Sequence[Batch]


def choose(
    given: Rulebook | str | Path | None,
    sources: Sequence[Source],
    as_of: dt.date | None,
    jobs: int,
    executor: Executor | None,
    note: Callable[[Problem], None],
) -> Chosen:
    """The rulebook that is given, else the one that the first workbook names or is dated for; no more files are opened.

    Args:
        given: a loaded one, its file or id; of several versions the one for the first workbook's day. None: as the
            workbook says, among those that are shipped.
        sources: what there is, in order.
        as_of: cut-off date of all; by default each workbook's own.
        jobs: how many processes of our own may work.
        executor: whose workers open the files; None for processes of our own.
        note: told what went differently than asked.

    Raises:
        WorkbookError: no workbook says; with the reason of each.
        RuleError: the one that is given does not load.
    """
    if isinstance(given, Rulebook):
        return Chosen(given, ())
    if given is not None and (as_of is not None or not has_versions(given)):
        return Chosen(load_rulebook(given, as_of), ())
    items: list[Item] = []
    fatal: list[Batch] = []
    at, size = 0, 1  # the first one mostly says; where many are broken, more are looked at together
    while at < len(sources):
        found = list(run(partial(ask, given, as_of), sources[at : at + size], jobs, executor, note))
        fatal += [each for each in found if any(problem.code in FATAL for problem in each.items[0].problems)]
        named = [each for each in found if each.rulebook is not None]
        if named:
            first = min(named, key=lambda each: each.items[-1].source)
            assert first.rulebook is not None  # see above
            return Chosen(first.rulebook, fatal)
        items += [item for each in found for item in each.items]
        at, size = at + size, min(size * 2, _MOST)
    message = N_("không sổ nào cho biết dùng bộ quy tắc nào; chọn bằng --rules")
    # where none opens, that is all there is to say
    unnamed = [Problem("which-rulebook", message)] if any(item.sha256 for item in items) else []
    items.sort(key=lambda item: item.source)
    raise WorkbookError([*unnamed, *(problem for item in items for problem in item.problems)])


def ask(
    given: str | Path | None, as_of: dt.date | None, sources: Sequence[Source], begin: Begin | None = None
) -> Batch:
    """Open workbooks until one says which rulebook; runs in the worker.

    Returns:
        Those that did not say, each with the reason; and last the one that did, with its rulebook.
    """
    items: list[Item] = []
    for source in sources:
        if begin is not None:
            begin(source)
        sha256 = ""  # of one that opens
        try:
            book = open_book(source.read(), name=source.name)
            sha256 = book.sha256
            rulebook = choose_rulebook(book, as_of) if given is None else load_version(given, book, as_of)
        except NhiemvuError as error:  # the next one may be whole
            items.append(Item(source, sha256, problems=tuple(error.problems)))
        except Exception as why:  # noqa: BLE001 (a mistake of ours in one file must not stop the others)
            items.append(Item(source, sha256, problems=(say_mistake(source, why),)))
        else:
            return Batch((*items, Item(source, sha256)), rulebook=rulebook)
    return Batch(tuple(items))
