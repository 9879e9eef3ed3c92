"""Which sheets of a workbook are ours, and whether somebody edited them since we wrote them.

A sheet of ours is known by a hidden defined name of the workbook, `_nhiemvu.<key>`, that points at it: Excel and
LibreOffice keep such names when they save, and follow the sheet when it is renamed or moved. A second name,
`_nhiemvu.<key>.digest`, holds a digest of the values of its cells: of values, because a program that saves the workbook
rewrites the XML.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nhiemvu.errors import WorkbookError
from nhiemvu.workbook.cells import read_sheet
from nhiemvu.workbook.formats import Formats
from nhiemvu.workbook.markup import Document, Element, escape
from nhiemvu.workbook.package import Package, SheetRef
from nhiemvu.workbook.strings import Strings

MAX_TITLE = 31  # UTF-16 units, as Excel counts
_MARK, _DIGEST = "_nhiemvu.", ".digest"


@dataclass(frozen=True, slots=True)
class Ours:
    """A sheet that is ours: its key, its place among the workbook's sheets (from 0), and the digest kept of it."""

    key: str
    position: int
    sheet: SheetRef
    digest: str


def has_marks(package: Package) -> bool:
    """Whether any sheet may carry our mark: cheap to ask of every workbook."""
    data = package.workbook_data
    return _MARK.encode() in (data.replace(b"\0", b"") if b"\0" in data else data)  # UTF-16, too


def find_ours(package: Package) -> dict[str, Ours]:
    """The sheets that carry our mark, by key. A mark whose sheet was deleted counts for nothing."""
    texts = {
        element.attributes.get("name", ""): element.text.strip()
        for element in defined_names(package.workbook.root)
        if is_mark(element)
    }
    positions = {_comparable(sheet.name): at for at, sheet in enumerate(package.sheets)}
    found = {}
    for name, text in texts.items():
        at = positions.get(_comparable(_sheet_of(text)))
        if not name.endswith(_DIGEST) and at is not None and package.sheets[at].part:
            key = name.removeprefix(_MARK)
            found[key] = Ours(key, at, package.sheets[at], texts.get(name + _DIGEST, "").strip('"'))
    return found


def choose_titles(package: Package, wanted: Mapping[str, str]) -> dict[str, str]:
    """A title for each sheet of ours, to be settled before drawing, because charts and links name the sheets.

    A sheet that is ours already keeps the title that it has: the user may have renamed it, and formulas may refer to
    it. Where a sheet of the user's has the title, ours takes the next free one.

    Args:
        package: the workbook to write into.
        wanted: key -> title.

    Returns:
        key -> title, at most 31 characters, different from every other sheet's.
    """
    ours = find_ours(package)
    taken = Counter(_comparable(sheet.name) for sheet in package.sheets)
    titles = {}
    for key, title in wanted.items():
        present = ours[key].sheet.name if key in ours else ""
        if _is_title(present) and taken[_comparable(present)] == 1:
            titles[key] = present
            continue
        titles[key], number = _cut(title, MAX_TITLE), 1
        while taken[_comparable(titles[key])]:
            number += 1
            titles[key] = _cut(title, MAX_TITLE - len(f" ({number})")) + f" ({number})"
        taken[_comparable(titles[key])] += 1
    return titles


def edited(package: Package) -> list[str]:
    """Keys of our sheets whose values or notes are no longer those that we wrote, or that cannot be read any more."""
    kept = [ours for ours in find_ours(package).values() if ours.digest]
    return [ours.key for ours in kept if _digest_now(package, ours.sheet.part) != ours.digest]


def _digest_now(package: Package, part: str) -> str:
    try:
        return digest(package.read(part), _shared(package), notes=count_notes(package, part))
    except WorkbookError:
        return ""  # damaged, or grown over a limit: it is not as we wrote it


def _shared(package: Package) -> Strings:
    """The shared strings; none where they are damaged, since what we wrote holds its strings itself."""
    part = package.shared_strings_part
    try:
        return Strings(package.read(part) if part else None)
    except WorkbookError:
        return Strings()


def count_notes(package: Package, sheet: str) -> int:
    """How many cells of a sheet carry a note (a comment)."""
    parts = [relation.target for relation in package.related(sheet) if relation.kind == "comments" and relation.exists]
    listed = [package.parse(part).root.find("commentList") for part in parts]
    return sum(len(each.children) for each in listed if each is not None)


def digest(sheet: bytes, strings: Strings | None = None, *, notes: int = 0) -> str:
    """A digest of the values of a sheet's cells; formats, widths and the way that the XML is written do not count.

    Args:
        sheet: the sheet's part.
        strings: the workbook's shared strings.
        notes: how many notes stand at its cells; programs rewrite their texts, but keep their number.
    """
    hashed = hashlib.sha256(f"{notes} notes".encode() if notes else b"")
    shared = Strings() if strings is None else strings
    for row, column, cell in read_sheet(sheet, "", shared, Formats()).cells():
        # programs write the last digits of a number differently, compute formulas anew, and make `TRUE` a formula
        if cell.formula or cell.kind == "bool":
            value = "="
        elif isinstance(cell.value, float):
            value = f"{cell.value:.12g}"
        else:
            value = cell.text.replace("\r\n", "\n")
        hashed.update(f"{row},{column},{value}\0".encode())
    return hashed.hexdigest()[:32]


def marks(key: str, title: str, kept_digest: str, prefix: str = "") -> str:
    """The two defined names of a sheet of ours, as XML with a prefix for its elements."""
    quoted = title.replace("'", "''")
    return "".join(
        f'<{prefix}definedName name="{name}" hidden="1">{escape(text)}</{prefix}definedName>'
        for name, text in ((_MARK + key, f"'{quoted}'!$A$1"), (_MARK + key + _DIGEST, f'"{kept_digest}"'))
    )


def sign(drawn: bytes, keys: Mapping[str, str]) -> bytes:
    """A drawn workbook that stands by itself, with the marks of its sheets.

    Args:
        drawn: a workbook by XlsxWriter.
        keys: key of each sheet of ours -> its title; those that were not drawn are left out.
    """
    package = Package.open(drawn)
    parts = {sheet.name: sheet.part for sheet in package.sheets}
    document = package.parse(package.workbook_part)
    drawn_keys = {key: title for key, title in keys.items() if title in parts}
    add_names(document, [marks(key, title, _digest_now(package, parts[title])) for key, title in drawn_keys.items()])
    return package.archive.rebuild(replaced={package.workbook_part: document.result()}, added={})


def add_names(document: Document, names: Iterable[str]) -> None:
    """Write defined names, as XML, into a workbook part, where the schema wants them."""
    root, text = document.root, "".join(names)
    holder = root.find("definedNames")
    if holder is not None:
        document.append(holder, text)
        return
    before = [e for e in root.children if e.name in ("sheets", "functionGroups", "externalReferences")]
    document.insert(before[-1].end, f"<{root.prefix}definedNames>{text}</{root.prefix}definedNames>")


def is_mark(element: Element, key: str | None = None) -> bool:
    """Whether a defined name is a mark of ours (of one key); one with a scope was copied along with a sheet."""
    name = element.attributes.get("name", "")
    if "localSheetId" in element.attributes:
        return False
    return name.startswith(_MARK) if key is None else name in (_MARK + key, _MARK + key + _DIGEST)


def defined_names(root: Element) -> list[Element]:
    """The defined names of a workbook part."""
    listed = root.find("definedNames")
    return list(listed.each("definedName")) if listed else []


def same_title(one: str, other: str) -> bool:
    """Whether Excel, or the eye, takes two titles of sheets for one: by case, and by composed or decomposed letters."""
    return _comparable(one) == _comparable(other)


def _comparable(title: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", title).casefold())


def _is_title(name: str) -> bool:
    """Whether Excel takes it for a title; damaged workbooks have others."""
    return bool(re.fullmatch(r"(?!')[^\[\]:*?/\\]+(?<!')", name)) and len(name.encode("utf-16-le")) <= 2 * MAX_TITLE


def _cut(title: str, units: int) -> str:
    while len(title.encode("utf-16-le")) > 2 * units:
        title = title[:-1]
    return title.rstrip()


def _sheet_of(reference: str) -> str:
    """The sheet of a reference: `'Đánh giá'!$A$1` gives `Đánh giá`."""
    name = reference.rpartition("!")[0].removeprefix("$")
    return name[1:-1].replace("''", "'") if name.startswith("'") and name.endswith("'") else name
