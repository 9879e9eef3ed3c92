"""What calamine, which reads the rest, does not say of an ods: percentages, merges, what is hidden, a password."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0 "
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0 "
_TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0 "
_MANIFEST = "META-INF/manifest.xml"
# blanks after a tag that holds no text itself
_INDENTED = re.compile(
    rb"(<(?:/?(?:table|office|draw|svg|calcext|loext|style|number|form|dc):[^<>]*+|/text:(?:p|h|list)|\?xml[^<>]*+)>)\s++(?=<)"
)
_CELLS = {_TABLE + "table-cell", _TABLE + "covered-table-cell"}

Area = tuple[int, int, int, int]  # first row, first column, last row, last column


@dataclass(slots=True)
class Looks:
    """What one sheet looks like.

    Attributes:
        shares: areas of percentages.
        merges: merged areas.
        hidden_rows, hidden_columns: first and last of each hidden run.
    """

    shares: list[Area] = field(default_factory=list)
    merges: list[Area] = field(default_factory=list)
    hidden_rows: list[tuple[int, int]] = field(default_factory=list)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)

    def list_shares(self, height: int, width: int) -> Iterator[tuple[int, int]]:
        """The cells that are percentages, within a sheet of this size."""
        for top, left, bottom, right in self.shares:
            for row in range(top, min(bottom, height) + 1):
                for column in range(left, min(right, width) + 1):
                    yield row, column


class _Reader:
    """Handlers for expat."""

    def __init__(self) -> None:
        self.found: dict[str, Looks] = {}
        self.looks = Looks()
        self.row, self.column, self.rows, self.columns = 0, 0, 1, 1
        self.listed = 0  # columns that the sheet lists before its rows
        self.typed, self.shown = "", ""
        self.listening = False

    def start(self, name: str, given: dict[str, str]) -> None:
        if name == _TABLE + "table":
            self.looks = self.found.setdefault(given.get(_TABLE + "name", ""), Looks())
            self.row = self.listed = 0
        elif name == _TABLE + "table-column":
            first, self.listed = self.listed + 1, self.listed + _count(given, "number-columns-repeated")
            if given.get(_TABLE + "visibility", "visible") != "visible":
                self.looks.hidden_columns.append((first, self.listed))
        elif name == _TABLE + "table-row":
            self.column, self.rows = 0, _count(given, "number-rows-repeated")
            if given.get(_TABLE + "visibility", "visible") != "visible":
                self.looks.hidden_rows.append((self.row + 1, self.row + self.rows))
        elif name in _CELLS:
            self.columns = _count(given, "number-columns-repeated")
            high, wide = _count(given, "number-rows-spanned"), _count(given, "number-columns-spanned")
            if high > 1 or wide > 1:
                top, left = self.row + 1, self.column + 1
                self.looks.merges.append((top, left, top + high - 1, left + wide - 1))
            self.typed, self.shown = given.get(_OFFICE + "value-type", ""), ""
        elif name == _OFFICE + "annotation":
            self.listening = False
        elif name == _TEXT + "p":
            self.listening = True

    def end(self, name: str) -> None:
        if name == _TABLE + "table-row":
            self.row += self.rows
        elif name in _CELLS:
            # of several sections of a format one may be no percentage: what is shown says which was taken
            if self.typed == "percentage" and ("%" in self.shown or not self.shown):
                last = self.row + self.rows, self.column + self.columns
                self.looks.shares.append((self.row + 1, self.column + 1, *last))
            self.column += self.columns
        elif name == _OFFICE + "annotation":
            self.shown = ""
        elif name == _TEXT + "p":
            self.listening = False

    def characters(self, text: str) -> None:
        if self.listening:
            self.shown += text


def _count(given: dict[str, str], name: str) -> int:
    return int(given.get(_TABLE + name, "1"))


def read_looks(raw: bytes) -> dict[str, Looks]:
    """What each sheet looks like.

    Raises:
        ValueError: the document has a document type, which no program writes.
    """
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        content = archive.read("content.xml")
    reader, parser = _Reader(), expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.characters
    parser.StartDoctypeDeclHandler = _refuse
    parser.Parse(content, True)
    return reader.found


def _refuse(*_: object) -> None:
    raise ValueError("DOCTYPE")


def is_encrypted(raw: bytes) -> bool:
    """Whether the document needs a password."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return b"encryption-data" in archive.read(_MANIFEST)


def unindent(raw: bytes) -> bytes:
    """The document without the blanks between the tags of its tables: the standard allows them, calamine does not."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as archive, zipfile.ZipFile(made, "w") as copy:
        for name in ("mimetype", _MANIFEST):
            copy.writestr(name, archive.read(name))
        copy.writestr("content.xml", _INDENTED.sub(rb"\1", archive.read("content.xml")))
    return made.getvalue()
