"""Which rulebook a folder is judged by, where nobody says: the one that most of a few workbooks name.

Workbooks are opened by workers only: one that kills or hangs its reader costs that worker, here as when all are read.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
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
_FEW = 5  # files that are asked together at first, where nearly every one says
_MOST = 64  # where many are broken


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
    """The rulebook that is given, else the one that most of a few workbooks name or are dated for.

    One stray workbook does not decide for a folder: a few are asked, from the first to the last. Where as many say
    another, the earliest of them in order decides.

    Args:
        given: a loaded one, its file or id; of several versions the one for the workbooks' day. None: as the
            workbooks say, among those that are shipped.
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
    left, size = list(sources), _FEW
    while left:
        asked = [left[i] for i in _spread(len(left), size)]
        found = list(run(partial(ask, given, as_of), asked, jobs, executor, note))
        fatal += [each for each in found if any(problem.code in FATAL for problem in each.items[0].problems)]
        said = [(item.source, rules) for each in found for item, rules in zip(each.items, each.rulebooks, strict=False)]
        said.sort(key=lambda each: each[0])
        named = [rules for _, rules in said if rules is not None]
        if named:
            ((most, _),) = Counter(map(_key, named)).most_common(1)  # of equals the one that was met first
            return Chosen(next(rules for rules in named if _key(rules) == most), fatal)
        items += [item for each in found for item in each.items]
        seen = set(asked)
        left = [source for source in left if source not in seen]
        size = min(size * 2, _MOST)
    message = N_("không sổ nào cho biết dùng bộ quy tắc nào; chọn bằng --rules")
    # where none opens, that is all there is to say
    unnamed = [Problem("which-rulebook", message)] if any(item.sha256 for item in items) else []
    items.sort(key=lambda item: item.source)
    raise WorkbookError([*unnamed, *(problem for item in items for problem in item.problems)])


def _spread(count: int, size: int) -> Sequence[int]:
    """So many positions, evenly from the first to the last.

    >>> _spread(3, 5), _spread(101, 5)
    (range(0, 3), [0, 25, 50, 75, 100])
    """
    return range(count) if count <= size else [i * (count - 1) // (size - 1) for i in range(size)]


def _key(rules: Rulebook) -> tuple[str, str, tuple[str, ...]]:
    return rules.id, rules.version, rules.files


def ask(
    given: str | Path | None, as_of: dt.date | None, sources: Sequence[Source], begin: Begin | None = None
) -> Batch:
    """Ask each workbook which rulebook it names or is dated for; runs in the worker.

    Returns:
        An item a workbook, with the reason where it does not say, and the rulebooks in the same order.
    """
    items: list[Item] = []
    rulebooks: list[Rulebook | None] = []
    for source in sources:
        if begin is not None:
            begin(source)
        sha256, rules, problems = "", None, tuple[Problem, ...]()
        try:
            book = open_book(source.read(), name=source.name)
            sha256 = book.sha256  # of one that opens
            rules = choose_rulebook(book, as_of) if given is None else load_version(given, book, as_of)
        except NhiemvuError as error:  # the next one may be whole
            problems = tuple(error.problems)
        except Exception as why:  # noqa: BLE001 (a mistake of ours in one file must not stop the others)
            problems = (say_mistake(source, why),)
        items.append(Item(source, sha256, problems=problems))
        rulebooks.append(rules)
    return Batch(tuple(items), rulebooks=tuple(rulebooks))
