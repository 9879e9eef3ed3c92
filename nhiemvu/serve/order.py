"""An order: what a worker's process is to evaluate, and how; travels there as JSON."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

OUT_OF_MEMORY = 3  # exit code of a process that had too little
CONTENTS = "contents.json"  # name of a download -> its file; written last
PAGE = "page.html"
ARCHIVE = ".zip"


@dataclass(frozen=True, slots=True)
class Order:
    """What to evaluate, and how.

    Attributes:
        id: of the job.
        folder: where the workbooks lie.
        out: where the page and the files go.
        names: of the workbooks.
        units: file of the units that are expected, for a summary; empty: whoever sent something.
        rules: id or file of the rulebook; empty: as the workbook says.
        as_of: the cut-off date in ISO form; empty: as the workbook says.
        recalculate: compute formulas that have no value.
        language: of the page and of what is drawn.
        offers: key and title of the rulebooks that the page offers.
        chosen: key of the one that was asked for.
        recalculates: can this machine compute formulas.
        privacy: what becomes of the workbooks, in words.
        most: bytes of one upload.
        memory: bytes of address space.
        template: file of the office's own template of the Word form; empty: ours.
    """

    id: str
    folder: str
    out: str
    names: list[str]
    units: str
    rules: str
    as_of: str
    recalculate: bool
    language: str
    offers: list[tuple[str, str]]
    chosen: str
    recalculates: bool
    privacy: str
    most: int
    memory: int
    template: str = ""

    @property
    def day(self) -> dt.date | None:
        """The cut-off date that was asked for."""
        return dt.date.fromisoformat(self.as_of) if self.as_of else None

    @property
    def is_one(self) -> bool:
        """Is there a workbook to judge by itself; several of them, or an archive, give a summary."""
        return len(self.names) == 1 and not self.names[0].lower().endswith(ARCHIVE)
