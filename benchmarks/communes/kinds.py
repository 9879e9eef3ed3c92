"""What a kind of damage is, and where the kinds are kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from .book import Workbook
from .xlsx import Page, pack

Break = Callable[[Workbook, Random], bytes]


@dataclass(frozen=True, slots=True)
class Kind:
    """One way in which a workbook is broken.

    Attributes:
        status: `failed`: nothing of it can be read; `told`: the rest is evaluated, what is lost is no_data;
            `read`: nothing is lost, but something may have to be said; `unknown-unit`, `no-unit`: nobody knows whose
            it is; `other-period`: it is not of this period.
        code: of the problem that says so; "" where there is nothing to say.
        make: changes the unit's truth and gives the file.
        note: in a sentence.
        suffix: of the file.
        heavy: makes a large file or costs a second; a folder holds one.
    """

    name: str
    status: str
    code: str
    make: Break
    note: str
    suffix: str = ".xlsx"
    heavy: bool = False


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
    name = book.sheets[sheet]
    return f"xl/worksheets/sheet{[page.name for page in book.pages].index(name) + 1}.xml"


def page_of(book: Workbook, sheet: str) -> Page:
    """One of its sheets."""
    name = book.sheets[sheet]
    return next(page for page in book.pages if page.name == name)


def swap(book: Workbook, part: str, old: bytes, new: bytes) -> bytes:
    parts = book.parts()
    if old not in parts[part]:
        raise ValueError(f"{part} has no {old!r}")
    return pack(parts | {part: parts[part].replace(old, new, 1)})
