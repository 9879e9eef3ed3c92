"""From an evaluation to what a store keeps of it: who sent what for which period, and the rows of figures."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from nhiemvu.engine.columns import Columns
from nhiemvu.engine.rows import UnitInfo
from nhiemvu.errors import Place, Problem, StoreError
from nhiemvu.messages import N_, language
from nhiemvu.rules.rulebook import Rulebook
from nhiemvu.text import Period, Unreadable, name_period, read_period
from nhiemvu.verdicts import Basis, Outlook, Verdict

if TYPE_CHECKING:
    from nhiemvu.evaluation import Evaluation

FIGURES = ("value", "numerator", "denominator", "needed")
CODES: dict[str, type[StrEnum]] = {"verdict": Verdict, "basis": Basis, "declared": Verdict, "outlook": Outlook}


@dataclass(frozen=True, slots=True)
class Submission:
    """One unit's evaluation, ready to be kept.

    Attributes:
        at: the unit's position in the evaluation.
        digest: SHA-256 of all that is kept of it but the file's name: two that agree in it are one.
    """

    at: int
    unit: str
    unit_name: str
    period: Period
    as_of: dt.date | None
    file: str
    sha256: str
    digest: str


def fingerprint(rulebook: Rulebook) -> str:
    """SHA-256 of what a rulebook says: its version is counted by hand, and forgotten."""
    said = json.dumps(rulebook.raw, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(said.encode("utf-8", "backslashreplace")).hexdigest()


def prepare(
    evaluation: Evaluation,
    columns: Columns,
    period: Period | None,
    sources: Sequence[tuple[str, str]] | None,
) -> tuple[list[Submission], list[Problem]]:
    """Who sent what for which period, and what keeps a unit from being kept, or should be known about it."""
    files = evaluation.sources if sources is None else sources
    if len(files) != len(evaluation):
        raise ValueError(f"sources: one (file, sha256) a unit, {len(evaluation)}, not {len(files)}")
    rules = evaluation.rulebook
    head = [rules.id, rules.version, fingerprint(rules)]
    figures = _bytes_by_unit(columns)
    units = list(evaluation.units)
    times = Counter(unit.code for unit in units)
    kept: list[Submission] = []
    problems: list[Problem] = []
    for at, (unit, (file, sha256)) in enumerate(zip(units, files, strict=True)):
        found = [*_find_problems(unit, file, times[unit.code])]
        spell, said = _find_period(unit, file, period)
        found += said
        problems += found
        if spell is None or any(problem.severity == "error" for problem in found):
            continue
        name, file_name = _writable(unit.name), _writable(file)
        said_by = [unit.code, name, spell.start, spell.end, unit.as_of, sha256]
        digest = hashlib.sha256(json.dumps([*head, *said_by], default=str).encode())
        digest.update(figures[at])
        code = _writable(unit.code)
        kept.append(Submission(at, code, name, spell, unit.as_of, file_name, sha256, digest.hexdigest()))
    return kept, problems


def _find_problems(unit: UnitInfo, file: str, times: int) -> Iterator[Problem]:
    """Whether the unit can be told from all others, now and the next time."""
    if not unit.code or (unit.code == unit.file and not unit.name):
        message = N_("sổ không ghi đơn vị nên chưa lưu vào kho; ghi «Mã đơn vị» và «Tên đơn vị» ở trang thông tin")
        yield Problem("store-unit", message, Place(file), unit=unit.code)
    elif times > 1:
        message = N_("đơn vị {unit} có {count} sổ trong một lần lưu nên chưa lưu sổ nào; chọn một sổ rồi lưu lại")
        yield Problem("store-unit-twice", message, Place(file), {"unit": unit.code, "count": times}, unit=unit.code)
    elif unit.code == unit.name:
        message = N_("sổ không ghi mã đơn vị nên lưu theo tên «{unit}»; ghi «Mã đơn vị» để không lẫn với nơi trùng tên")
        yield Problem("store-unit-name", message, Place(file), {"unit": unit.code}, "warning", unit=unit.code)


def _find_period(unit: UnitInfo, file: str, given: Period | None) -> tuple[Period | None, list[Problem]]:
    """The period of a unit: the one given for all, else its own, else from the year's first day to its cut-off date."""

    def say(code: str, message: str, severity: Any = "warning", **fill: object) -> list[Problem]:
        return [Problem(code, message, Place(file), fill, severity, unit=unit.code)]

    try:
        stated = read_period(unit.period) if unit.period else None
    except Unreadable:
        stated = None
    if given is not None:
        if stated is not None and (stated.start, stated.end) != (given.start, given.end):
            message = N_("sổ ghi kỳ «{stated}» nhưng được lưu vào kỳ «{given}» như đã chọn")
            return given, say("store-period-other", message, stated=unit.period, given=given.label)
        return given, []
    if stated is not None:
        return stated, []
    if unit.as_of is None:
        message = (
            N_(
                "không hiểu kỳ «{stated}» và sổ không ghi ngày số liệu nên chưa lưu vào kho; ghi kỳ như "
                "«6 tháng đầu năm 2024»"
            )
            if unit.period
            else N_("sổ không ghi kỳ đánh giá và ngày số liệu nên chưa lưu vào kho; ghi kỳ như «6 tháng đầu năm 2024»")
        )
        return None, say("store-period", message, "error", stated=unit.period)
    start = dt.date(unit.as_of.year, 1, 1)
    with language("vi"):
        until = Period(start, unit.as_of, name_period(start, unit.as_of))
    message = (
        N_(
            "không hiểu kỳ «{stated}» nên lưu vào kỳ «{period}», đến ngày số liệu; ghi lại kỳ như "
            "«6 tháng đầu năm 2024»"
        )
        if unit.period
        else N_(
            "sổ không ghi kỳ đánh giá nên lưu vào kỳ «{period}», đến ngày số liệu; ghi kỳ như «6 tháng đầu năm 2024»"
        )
    )
    return until, say("store-period", message, stated=unit.period, period=until.label)


def read_given(period: str | Period | None) -> Period | None:
    """A period as somebody names it.

    Raises:
        StoreError: it cannot be read.
    """
    if not isinstance(period, str):
        return period
    try:
        return read_period(period)
    except Unreadable as error:
        raise StoreError(Problem(error.code, error.message, fill=error.fill)) from error


def _writable(text: str) -> str:
    """Names of files may hold bytes that are no text, which no database takes."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "")


def _bytes_by_unit(columns: Columns) -> list[bytes]:
    """Everything that is concluded of each unit, the same for the same figures wherever they were computed."""
    codes = np.stack([getattr(columns, name) for name in CODES]).astype("i1")
    figures = np.stack([getattr(columns, name) for name in FIGURES]).astype("<f8") + 0.0  # no minus zero
    figures[~np.isfinite(figures)] = np.nan
    return [codes[:, :, at].tobytes() + figures[:, :, at].tobytes() for at in range(codes.shape[2])]


def rows_of(columns: Columns, rulebook: Rulebook, units: Sequence[tuple[int, int]]) -> Iterator[tuple[Any, ...]]:
    """The rows of results of some units, each given by its key and its position, in the order of the key.

    Yields:
        submission, criterion, verdict, basis, declared, outlook, value, numerator, denominator, needed.
    """
    order = np.array(sorted(range(len(rulebook.criteria)), key=lambda at: rulebook.criteria[at].id), dtype=np.intp)
    ids = [rulebook.criteria[at].id for at in order]
    positions = np.array([at for _key, at in units], dtype=np.intp)
    pick = np.ix_(order, positions)
    cells: list[list[Any]] = []
    for name, words in CODES.items():
        known = np.array([*(str(word) for word in words), None], dtype=object)  # -1 picks the last
        cells.append(known[getattr(columns, name)[pick]].T.ravel().tolist())
    for name in FIGURES:
        figures = getattr(columns, name)[pick].T.ravel()
        found = figures.astype(object)
        found[~np.isfinite(figures)] = None
        cells.append(found.tolist())
    keys = np.repeat([key for key, _at in units], len(ids)).tolist()
    return zip(keys, ids * len(units), *cells, strict=True)
