"""What can go wrong, and where.

    NhiemvuError      everything that this library raises on purpose
    ├── RuleError     a rulebook that does not load; holds every problem of the file
    ├── WorkbookError a workbook that cannot be read at all (missing, not a workbook, encrypted, over a limit)
    ├── FrameError    DataFrames that do not fit the rulebook; holds everything that does not fit
    ├── FormError     a Word template that cannot be filled; holds every wrong placeholder, or why there is no PDF
    ├── GraftError    a workbook that can be read but not written into (signed, shared, protected), with the way out
    ├── WriteError    the file system said no (disk full, locked, changed meanwhile); the original is whole
    ├── StoreError    a store that cannot be opened, read or written; what it held is whole
    └── BundleError   a folder for Windows that cannot be put together; nothing of it is left behind

A `Problem` is one finding with its place. Problems do not stop an evaluation: they are collected and shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from nhiemvu.messages import _

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: a cell of a workbook, or a line of a rule file. Lines and columns count from 1."""

    file: str = ""
    sheet: str = ""
    cell: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """`so.xlsx · Kết quả!F12`, or `rules/a.yaml:12:5`.

        >>> str(Place("so.xlsx", "Kết quả", "F12")), str(Place("a.yaml", line=12, column=5))
        ('so.xlsx · Kết quả!F12', 'a.yaml:12:5')
        """
        if self.line:
            return f"{self.file}:{self.line}:{self.column}"
        return " · ".join(part for part in (self.file, self.address) if part)

    @property
    def address(self) -> str:
        """`Kết quả!F12`: the sheet and the cell, whichever are known."""
        return f"{self.sheet}!{self.cell}" if self.sheet and self.cell else self.sheet or self.cell


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding: what, where, what to do.

    Attributes:
        code: stable English name of the kind of finding, such as `text-in-number`.
        message: what is wrong and what to do; a Vietnamese template for `str.format`, marked with `N_`.
        place: where.
        fill: values of the template's placeholders.
        severity: `error` costs somebody a verdict, `warning` may, `note` only informs.
        criterion: id of the criterion that it touches, where it touches one.
        unit: code of the unit whose workbook it is.
    """

    code: str
    message: str
    place: Place = field(default_factory=Place)
    fill: Mapping[str, object] = field(default_factory=dict)
    severity: Severity = "error"
    criterion: str = ""
    unit: str = ""

    @property
    def text(self) -> str:
        """The message in the language in force, without the place."""
        return _(self.message, **self.fill)

    def __str__(self) -> str:
        where = str(self.place)
        return f"{where}: {self.text}" if where else self.text


class NhiemvuError(Exception):
    """Everything that this library raises on purpose. `problems` holds each finding; `code` names the first."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__(self.problems)

    @property
    def code(self) -> str:
        """The stable name of the first finding."""
        return self.problems[0].code if self.problems else ""

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class RuleError(NhiemvuError):
    """A rulebook that does not load."""


class WorkbookError(NhiemvuError):
    """A workbook that cannot be read at all."""


class FrameError(NhiemvuError):
    """DataFrames that do not fit the rulebook."""


class FormError(NhiemvuError):
    """A Word template that cannot be filled, or a form that cannot be made a PDF."""


class GraftError(NhiemvuError):
    """A workbook that can be read but not written into; the message says what to do."""


class WriteError(NhiemvuError):
    """The file system refused; the original file is whole."""


class StoreError(NhiemvuError):
    """A store that cannot be opened, read or written; what it held is whole."""


class BundleError(NhiemvuError):
    """A folder for Windows that cannot be put together; nothing of it is left behind."""
