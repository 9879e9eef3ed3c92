"""What a kind of damage is, and where the kinds are kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from .book import Workbook
from .xlsx import Page, pack

SHEETS = ("facts", "results", "disbursement", "revenue", "security")
Break = Callable[[Workbook, Random], bytes]


@dataclass(frozen=True, slots=True)
class Kind:
    """One way in which a workbook is broken.

    Attributes:
        status: `failed`: nothing of it can be read; `told`: the rest is evaluated, what is lost is no_data;
            `read`: nothing is lost, but something must be said; `unknown-unit`, `no-unit`: nobody knows whose it is.
        code: of the problem that says so; "" where there is nothing to say.
        make: changes the unit's truth and gives the file.
        note: in a sentence.
        suffix: of the file.
        heavy: makes a large file or costs seconds; a folder holds two of them at most.
    """

    name: str
    status: str
    code: str
    make: Break
    note: str
    suffix: str = ".xlsx"
    heavy: bool = False

    @property
    def counted(self) -> bool:
        """Does its unit count in the groups."""
        return self.status in ("told", "read")


KINDS: dict[str, Kind] = {}


def breaks(
    name: str, status: str, code: str, note: str, suffix: str = ".xlsx", *, heavy: bool = False
) -> Callable[[Break], Break]:
    def register(make: Break) -> Break:
        KINDS[name] = Kind(name, status, code, make, note, suffix, heavy)
        return make

    return register


def part_of(book: Workbook, sheet: str) -> str:
    """The part of one of its sheets."""
    name = book.typist.layout.sheets[SHEETS.index(sheet)]
    return f"xl/worksheets/sheet{[page.name for page in book.pages].index(name) + 1}.xml"


def page_of(book: Workbook, sheet: str) -> Page:
    """One of its sheets."""
    name = book.typist.layout.sheets[SHEETS.index(sheet)]
    return next(page for page in book.pages if page.name == name)


def swap(book: Workbook, part: str, old: bytes, new: bytes) -> bytes:
    parts = book.parts()
    if old not in parts[part]:
        raise ValueError(f"{part} has no {old!r}")
    return pack(parts | {part: parts[part].replace(old, new, 1)})
