"""What a worker does: read some workbooks and judge each. Only arrays and words come back, never cells.

A batch must give the same whatever else is in it, so that the number of workers changes nothing.
"""

from __future__ import annotations

import datetime as dt
import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal

import numpy as np

from nhiemvu.engine.figures import Figures
from nhiemvu.engine.gather import find_misfits, gather
from nhiemvu.engine.stack import stack
from nhiemvu.errors import NhiemvuError, Place, Problem, WorkbookError
from nhiemvu.evaluation import Evaluation
from nhiemvu.many.sources import Source
from nhiemvu.many.words import NOTHING, Findings, Packed, Words
from nhiemvu.messages import N_, language
from nhiemvu.pipeline import read
from nhiemvu.rules.rulebook import Rulebook
from nhiemvu.workbook.book import open_book
from nhiemvu.workbook.tables import Reading

Begin = Callable[[Source], None]


@dataclass(frozen=True, slots=True)
class Task:
    """What all batches share.

    Attributes:
        rulebook: pickled, so that a worker builds it once.
        as_of: cut-off date for all; by default each workbook's own.
        insists: a workbook that names another rulebook is judged by this one all the same.
        words: tell every unit's rows, discrepancies and problems; "findings": all but the rows.
        language: in which they are told.
    """

    rulebook: bytes
    as_of: dt.date | None
    insists: bool
    words: bool | Literal["findings"]
    language: str


@dataclass(frozen=True, slots=True)
class Item:
    """One file of a batch.

    Attributes:
        words: None where the file was not judged, `NOTHING` where nobody asked for words.
        problems: why it was not judged.
    """

    source: Source
    sha256: str = ""
    words: Packed | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """What a worker gives back: an item per file, and the figures of those that were judged, in the same order.

    Attributes:
        rulebooks: where that was asked, the one that each of the files names; None where it does not say.
    """

    items: tuple[Item, ...]
    figures: Figures = field(default_factory=lambda: Figures([], np.zeros(0, "datetime64[D]")))
    rulebooks: tuple[Rulebook | None, ...] = ()


@lru_cache(maxsize=4)
def _unpack(pickled: bytes) -> Rulebook:
    rulebook: Rulebook = pickle.loads(pickled)  # noqa: S301 (from our own parent process)
    return rulebook


def read_batch(task: Task, sources: Sequence[Source], begin: Begin | None = None) -> Batch:
    """Read and judge some workbooks.

    Args:
        task: how.
        sources: which.
        begin: called before each file is read, so that others know whose fault it was if this process dies.
    """
    rulebook = _unpack(task.rulebook)
    items: list[Item] = []
    readings: list[Reading] = []
    for source in sources:
        if begin is not None:
            begin(source)
        try:
            reading = _read(source, rulebook, task)
        except NhiemvuError as error:
            placed = (replace(p, place=replace(p.place, file=source.name)) for p in error.problems)
            items.append(Item(source, problems=tuple(placed)))
        else:
            readings.append(reading)
            items.append(Item(source, reading.sha256, NOTHING))
    if not readings:
        return Batch(tuple(items))
    figures = gather(readings, rulebook, task.as_of)
    if task.words:
        with language(task.language):
            if has_ceilings(rulebook):  # a batch is no group: who is within a ceiling is known when all are read
                alone = [Evaluation(rulebook, gather([one], rulebook, task.as_of), [one]) for one in readings]
                words = iter([packed for evaluation in alone for packed in _tell(evaluation, task)])
            else:
                words = iter(_tell(Evaluation(rulebook, figures, readings), task))
        items = [item if item.words is None else replace(item, words=next(words)) for item in items]
    return Batch(tuple(items), stack([figures]))


def _read(source: Source, rulebook: Rulebook, task: Task) -> Reading:
    book = open_book(source.read(), name=source.name)
    reading = read(book, rulebook)
    named = reading.facts.get("rulebook")
    if not task.insists and isinstance(named, str) and named and named != rulebook.id:
        message = N_(
            "sổ ghi dùng bộ quy tắc {named}, khác bộ đang tổng hợp ({rulebook}); sửa trong sổ, tổng hợp riêng, hoặc "
            "chọn một bộ cho mọi sổ bằng --rules"
        )
        place = reading.fact_places.get("rulebook", Place(source.name))
        raise WorkbookError(Problem("other-rulebook", message, place, {"named": named, "rulebook": rulebook.id}))
    reading.problems += find_misfits(reading, rulebook, task.as_of)
    return reading


def _tell(evaluation: Evaluation, task: Task) -> list[Packed]:
    return [
        Words.pack(
            Findings(tuple(evaluation.find_discrepancies(unit)), tuple(evaluation.find_problems(unit))),
            None if task.words == "findings" else evaluation.rows(unit),
        )
        for unit in range(len(evaluation))
    ]


def has_ceilings(rulebook: Rulebook) -> bool:
    """Does a grade of one unit depend on those of the others."""
    grades = [grade for node in rulebook.criteria if node.scoring is not None for grade in node.scoring.grades]
    return any(grade.ceiling is not None for grade in grades)
