"""From a folder of workbooks to a summary: find, read in parallel, settle who is who, judge all at once.

find ──▶ read (any executor) ──▶ settle (units, conflicts) ──▶ stack ──▶ Summary
"""

from __future__ import annotations

import datetime as dt
import os
import pickle
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np

from nhiemvu.engine.stack import stack, take
from nhiemvu.errors import Problem, WorkbookError
from nhiemvu.many.batch import Batch, Task, has_ceilings, read_batch
from nhiemvu.many.journal import Journal, name_journal
from nhiemvu.many.rulebook import choose
from nhiemvu.many.settle import settle
from nhiemvu.many.sources import REMOTE, Source, find
from nhiemvu.many.summary import Summary
from nhiemvu.many.workers import run
from nhiemvu.messages import N_, current_language
from nhiemvu.rules.rulebook import Rulebook
from nhiemvu.rules.units import Units
from nhiemvu.rules.units_file import read_units

Progress = Callable[[int, int, int], None]  # files done, files in all, files that failed


def aggregate(
    paths: str | Path | Iterable[str | Path],
    rulebook: Rulebook | str | Path | None = None,
    *,
    units: Units | str | Path | None = None,
    as_of: dt.date | None = None,
    executor: Executor | None = None,
    jobs: int | None = None,
    words: bool | Literal["findings"] = True,
    resume: bool = False,
    keep_read: bool = False,
    leave_out: Iterable[str | Path] = (),
    progress: Progress | None = None,
) -> Summary:
    """Judge many communes' workbooks at once.

    The result depends on the files alone: not on their order, the number of workers, or which executor ran them.

    Args:
        paths: files, folders, patterns, zip archives of workbooks, and URLs that fsspec understands (`s3://…`).
        rulebook: a loaded rulebook, its id or its file; by default the one that most of a few workbooks name, from
            the first to the last, and a workbook that names another one fails.
        units: the tree of units, or its file (CSV or YAML): says which units are expected, and makes the groups.
        as_of: cut-off date of all; by default each workbook's own.
        executor: any `concurrent.futures.Executor`, such as `dask.distributed.Client(...).get_executor()`; by default
            processes of our own.
        jobs: how many processes; by default one a processor.
        words: tell every unit's rows, discrepancies and problems. "findings": without the rows, which only pages need;
            takes two thirds of the time. False: none of it; `to_dict`, the store and most frames need none.
        resume: take what an earlier run that was stopped has read already, unless the file changed since.
        keep_read: leave what was read in the journal, for a run that resumes; the caller removes `Summary.journal`.
        leave_out: files that are never input, such as the summary that is about to be written.
        progress: called after every batch.

    Returns:
        A summary. A file that cannot be read never stops the others: `submissions` says what became of each.

    Raises:
        WorkbookError: there is no workbook at all.
        RuleError: the rulebook or the units do not load, or no workbook names a rulebook and several would do.
    """
    given = [paths] if isinstance(paths, str | Path) else list(paths)
    found = find(given, [Path(each) for each in leave_out])
    if not any(REMOTE.match(each.path) or os.path.lexists(each.path) for each in found.sources):
        # a summary of a folder that was mistyped would say that nobody sent anything, over the last one
        message = N_("không tìm thấy sổ Excel nào ở {paths}; kiểm tra lại đường dẫn")
        problem = Problem("no-workbooks", message, fill={"paths": ", ".join(map(str, given))})
        raise WorkbookError([problem, *(each for other in found.others for each in other.problems)])
    tree = read_units(units) if isinstance(units, str | Path) else units
    jobs = jobs or _processors()
    notices: list[Problem] = []
    chosen = choose(rulebook, found.sources, as_of, jobs, executor, notices.append)
    rules = chosen.rulebook
    task = Task(pickle.dumps(rules, 5), as_of, rulebook is not None, words, current_language())
    journal = Journal(name_journal(rules, task, given), resume=resume, stays=keep_read, note=notices.append)
    batches = _read_all(journal, task, found.sources, chosen.fatal, jobs, executor, notices, progress)
    batches.sort(key=lambda batch: batch.items[0].source)
    figures = stack([batch.figures for batch in batches])
    items = [item for batch in batches for item in batch.items]
    settled = settle(items, figures.units, tree, rules, as_of)
    picked = take(figures, np.array(settled.picks, dtype=np.intp))
    picked.units = settled.units
    if settled.absent and has_ceilings(rules):
        notices.append(_say_not_final(len(picked), len(settled.absent)))
    return Summary(
        rules,
        picked,
        settled.words,
        sorted([*settled.submissions, *found.others], key=lambda each: (each.name, each.link)),
        settled.absent,
        settled.groups,
        notices=notices,
        journal=journal.kept,
    )


def _say_not_final(judged: int, absent: int) -> Problem:
    message = N_(
        "trần xếp loại mới tính trên {judged} đơn vị đã có kết quả; còn {absent} đơn vị chưa có, nên loại của "
        "các đơn vị có thể còn đổi"
    )
    return Problem("grades-not-final", message, fill={"judged": judged, "absent": absent}, severity="note")


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _read_all(
    journal: Journal,
    task: Task,
    sources: Sequence[Source],
    fatal: Sequence[Batch],
    jobs: int,
    executor: Executor | None,
    notices: list[Problem],
    progress: Progress | None,
) -> list[Batch]:
    with journal:
        batches = journal.recall(sources)
        known = {item.source for batch in batches for item in batch.items}
        batches += [batch for batch in fatal if known.isdisjoint(item.source for item in batch.items)]
        known |= {item.source for batch in fatal for item in batch.items}
        done, failed = len(known), sum(item.words is None for batch in batches for item in batch.items)
        if progress is not None:
            progress(done, len(sources), failed)
        left = [source for source in sources if source not in known]
        for batch in run(partial(read_batch, task), left, jobs, executor, notices.append) if left else ():
            batches.append(batch)
            journal.add(batch)
            done += len(batch.items)
            failed += sum(item.words is None for item in batch.items)
            if progress is not None:
                progress(done, len(sources), failed)
        return batches
