"""An open workbook: its sheets by name, each read when it is first asked for."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from nhiemvu.errors import Place, Problem, WorkbookError
from nhiemvu.garbage import no_collection
from nhiemvu.messages import N_
from nhiemvu.workbook.archive import Archive, Limits
from nhiemvu.workbook.cells import read_sheet
from nhiemvu.workbook.formats import Formats, read_styles
from nhiemvu.workbook.grid import Grid
from nhiemvu.workbook.kinds import read_file, sniff
from nhiemvu.workbook.old_formats import read_old
from nhiemvu.workbook.ours import find_ours, has_marks
from nhiemvu.workbook.package import Package
from nhiemvu.workbook.strings import Strings

OLD_FORMATS = ("xls", "xlsb", "ods")


@dataclass(slots=True)
class Book:
    """A workbook that can be read.

    Attributes:
        file: its name, for messages.
        sha256: of its bytes.
        names: its worksheets, in order; charts, macro sheets and the sheets that we wrote are left out.
        hidden: those that are hidden.
        formats: its number formats and fonts.
        computed_on_load: a program asks Excel to compute it all anew, so that cached values may be placeholders.
        notes: what opening it had to say, such as which formulas were computed.
    """

    file: str
    sha256: str
    names: list[str]
    hidden: frozenset[str]
    formats: Formats
    computed_on_load: bool
    _load: Callable[[str], Grid]
    _grids: dict[str, Grid] = field(default_factory=dict)
    notes: list[Problem] = field(default_factory=list)

    def grid(self, name: str) -> Grid:
        """The cells of a sheet.

        Raises:
            WorkbookError: the sheet is broken or over a limit; the problem names file and sheet.
        """
        if name not in self._grids:
            try:
                self._grids[name] = self._load(name)
            except WorkbookError as error:
                placed = [replace(p, place=replace(p.place, file=self.file, sheet=name)) for p in error.problems]
                raise WorkbookError(placed) from error
        return self._grids[name]


@no_collection()
def open_book(source: Path | str | bytes, *, recalculate: bool = False, name: str = "") -> Book:
    """Open a workbook of any kind that we read; its content decides the kind, not its name.

    Args:
        source: its path, or its bytes.
        recalculate: compute the formulas that nobody has computed, in a copy.
        name: what messages call it; by default the name of the file.

    Raises:
        WorkbookError: no such file, not a workbook, encrypted, damaged, or over a limit; with what to do.
    """
    path, limits = None if isinstance(source, bytes) else Path(source), Limits.from_environment()
    raw = source if isinstance(source, bytes) else read_file(Path(source), limits)
    file = name or (path.name if path else "")
    sha256 = hashlib.sha256(raw).hexdigest()
    if (kind := sniff(raw)) in OLD_FORMATS:
        if raw.startswith(b"PK"):
            Archive(raw, file, limits)  # refuses bombs before calamine inflates them
        grids, hidden, formats = read_old(raw, kind, file)
        book = Book(file, sha256, list(grids), hidden, formats, False, grids.__getitem__)
        if recalculate:
            book.notes.append(_say_not_recalculated(file, kind))
        return book
    book = _open_package(Package(raw, path, limits, kind), file, sha256)
    if recalculate:
        _recalculate(book, raw)
    return book


def _open_package(package: Package, file: str, sha256: str) -> Book:
    said = {tag: given for tag, given in reversed(package.tags) if tag in {"workbookPr", "calcPr"}}
    from_1904 = said.get("workbookPr", {}).get("date1904") in {"1", "true"}
    styles, shared = package.styles_part, package.shared_strings_part
    formats = read_styles(package.read(styles) if styles else None, from_1904=from_1904, limits=package.archive.limits)
    ours = {kept.sheet.name for kept in find_ours(package).values()} if has_marks(package) else set[str]()
    parts = {
        sheet.name: sheet.part
        for sheet in package.sheets
        if sheet.kind == "worksheet" and sheet.part and sheet.name not in ours
    }
    strings: list[Strings] = []

    def load(name: str) -> Grid:
        if not strings:
            strings.append(Strings(package.read(shared) if shared else None))
        return read_sheet(package.read(parts[name]), name, strings[0], formats)

    return Book(
        file,
        sha256,
        list(parts),
        frozenset(sheet.name for sheet in package.sheets if sheet.state != "visible"),
        formats,
        computed_on_load=said.get("calcPr", {}).get("fullCalcOnLoad") in {"1", "true"},
        _load=load,
    )


def _recalculate(book: Book, raw: bytes) -> None:
    from nhiemvu.workbook.recalculate import recalculate  # noqa: PLC0415 (few ask for it)

    placeholders = book.computed_on_load
    book.notes += recalculate(raw, _read_all(book), book.formats, book.file, _read_copy, computed_on_load=placeholders)
    # no 0 is a placeholder any more: what no engine could compute counts as not computed
    book.computed_on_load = False


def _read_all(book: Book) -> dict[str, Grid]:
    """Every sheet that can be read; whoever needs one of the others is told why it cannot."""
    grids = {}
    for name in book.names:
        with contextlib.suppress(WorkbookError):
            grids[name] = book.grid(name)
    return grids


def _read_copy(raw: bytes) -> dict[str, Grid]:
    return _read_all(_open_package(Package(raw), "", ""))


def _say_not_recalculated(file: str, kind: str) -> Problem:
    return Problem(
        "recalculate-old-format",
        N_(
            "sổ kiểu .{kind} không cho biết công thức nào chưa được tính, nên không tính lại; hãy mở bằng Excel, chọn "
            "Lưu thành (Save As) kiểu Excel Workbook (.xlsx) rồi chạy lại với tệp mới"
        ),
        Place(file),
        {"kind": kind},
        "warning",
    )
