"""An OOXML workbook as its parts: what is in the file, which sheets it has, where its styles are. Reading only."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal, NamedTuple, TypeVar
from urllib.parse import unquote

from nhiemvu.errors import Place, Problem, WorkbookError
from nhiemvu.messages import N_
from nhiemvu.workbook.archive import Archive, Limits, Member, over_limit
from nhiemvu.workbook.kinds import Kind, not_a_workbook, read_file, sniff
from nhiemvu.workbook.markup import Document, Element, MarkupError, MarkupLimitError, list_tags
from nhiemvu.workbook.strings import is_plain

SheetKind = Literal["worksheet", "chartsheet", "dialogsheet", "macrosheet"]
SheetState = Literal["visible", "hidden", "veryHidden"]

_SPECIAL_SHEETS: tuple[SheetKind, ...] = ("chartsheet", "dialogsheet", "macrosheet")

CONTENT_TYPES = "[Content_Types].xml"
_ODD_TARGET = re.compile(r"[\\#%]|(?:^|/)\.|//")  # not plainly the name of a part
_RELATION = re.compile(
    r'<Relationship Id="([^"&<]*+)" Type="([^"&<]*+)" Target="([^"&<]*+)"(?: TargetMode="([^"&<]*+)")? ?/>'
)
_WANTED = frozenset({"sheets/sheet", "workbookPr", "calcPr"})
_RELATION_ID = "http://schemas.openxmlformats.org/officeDocument/2006/relationships id"
_PLAIN_ROOT = re.compile(
    rb'(?:<\?xml [^<>]*+>\s*)?<workbook xmlns="[^"]*+" (?:xmlns:(?!r=)\w+="[^"]*+" )*'
    + rb'xmlns:r="%b"' % _RELATION_ID.removesuffix(" id").encode()
)
_SHEET = re.compile(rb'<sheet((?: [A-Za-z:]++="[^"&<]*+")++) ?/>')
_PROPERTY = re.compile(rb'<(workbookPr|calcPr)((?: [A-Za-z0-9]++="[^"&<]*+")*+) ?/>')
_ATTRIBUTE = re.compile(r' ([A-Za-z0-9:]+)="([^"]*)"')
_OTHER_TAGS = 3  # the declaration, and both of the root
_MANY = 10_000
_Read = TypeVar("_Read")


class Relation(NamedTuple):
    """A resolved relationship.

    Attributes:
        id: as in `r:id`.
        kind: last word of the type's URI, such as `worksheet`, `styles`, `hyperlink`.
        type: the type's URI.
        target: name of the part as stored (or the name that it would have, where it does not exist); a link where
            external.
        external: the target is outside the package.
        exists: the target is a part of the package.
    """

    id: str
    kind: str
    type: str
    target: str
    external: bool
    exists: bool


class SheetRef(NamedTuple):
    """A sheet as the workbook lists it; `part` is "" where the list names a part that does not exist."""

    name: str
    part: str
    kind: SheetKind
    state: SheetState


class Package:
    """The parts of one OOXML workbook.

    Attributes:
        source: the path, or None where it was opened from bytes.
        file: the name that messages show.
        archive: the zip file underneath.
        names: part names in directory order, as stored.
    """

    def __init__(
        self, raw: bytes, source: Path | None = None, limits: Limits | None = None, kind: Kind | None = None
    ) -> None:
        """Take the bytes of a file, and of which kind they are where that is known; see `open`."""
        self.source, self.file = source, source.name if source else ""
        kind = kind or sniff(raw)
        if kind != "xlsx" and not raw.startswith(b"PK"):
            raise WorkbookError(not_a_workbook(kind, self.file))
        self.archive = Archive(raw, self.file, limits)
        if kind != "xlsx":
            raise WorkbookError(not_a_workbook(kind, self.file))
        self.names: tuple[str, ...] = tuple([member.name for member in self.archive.members])
        self._members: dict[str, Member] = {key(member.name): member for member in self.archive.members}

    @classmethod
    def open(cls, source: Path | str | bytes, limits: Limits | None = None) -> Package:
        """Open a workbook from a path or its bytes.

        Raises:
            WorkbookError: with one problem that says what the file is, or which limit it passes, and what to do.
        """
        if isinstance(source, bytes):
            return cls(source, None, limits)
        path = Path(source)
        return cls(read_file(path, limits), path, limits)

    def __contains__(self, part: str) -> bool:
        return key(part) in self._members

    def member(self, part: str) -> Member:
        """The zip entry of a part; part names ignore case.

        Raises:
            WorkbookError: no such part (`missing-part`).
        """
        try:
            return self._members[key(part)]
        except KeyError:
            raise WorkbookError(
                Problem(
                    "missing-part",
                    N_(
                        "tệp thiếu phần «{part}»; hãy mở bằng Excel, chọn Mở và sửa chữa (Open and Repair), rồi lưu lại"
                    ),
                    Place(self.file),
                    {"part": part},
                )
            ) from None

    def read(self, part: str) -> bytes:
        """The bytes of a part, inflated; bounded, size and CRC checked.

        Raises:
            WorkbookError: missing or damaged; the problem names the part.
        """
        return self.archive.read(self.member(part))

    def parse(self, part: str) -> Document:
        """A part as XML.

        Raises:
            WorkbookError: missing, damaged, not XML that we read (`broken-xml`), or over a limit.
        """
        return self._understand(part, Document)

    def list_tags(self, part: str) -> list[tuple[str, dict[str, str]]]:
        """The elements of a part with their attributes; see `markup.list_tags`.

        Raises:
            WorkbookError: as `parse`.
        """
        return self._understand(part, list_tags)

    def _understand(self, part: str, read: Callable[[bytes, Limits], _Read]) -> _Read:
        try:
            return read(self.read(part), self.archive.limits)
        except MarkupLimitError as why:
            raise over_limit(why.limit, why.value, why.allowed, self.file) from why
        except MarkupError as why:
            raise WorkbookError(
                Problem(
                    "broken-xml",
                    N_("phần «{part}» trong tệp sai cú pháp XML ({why}); hãy mở tệp bằng Excel rồi lưu lại"),
                    Place(self.file),
                    {"part": part, "why": str(why)},
                )
            ) from why

    def related(self, part: str = "") -> tuple[Relation, ...]:
        """The relationships of a part, resolved; of the package itself for "". Empty where it has none."""
        rels = relations_part(part)
        if rels not in self:
            return ()
        found = []
        for name, uri, target, mode in self._list_relations(rels):
            external, exists = mode == "External", False
            if not external:
                target, exists = self._resolve(part, target)  # noqa: PLW2901 (as the package has it)
            found.append(Relation(name, uri.rpartition("/")[2], uri, target, external, exists))
        return tuple(found)

    def _list_relations(self, rels: str) -> list[tuple[str, ...]]:
        """Id, type, target and mode of each relationship as written."""
        data = self.read(rels)
        if data.isascii() and data.startswith(b"<?xml") and data.rstrip().endswith(b"</Relationships>"):
            found = _RELATION.findall(data.decode()) if data.count(b"<") < _MANY else []
            if data.count(b"<") == len(found) + _OTHER_TAGS:  # nothing else stands there: as in nearly every package
                return found
        wanted = ("Id", "Type", "Target", "TargetMode")
        tags = self._understand(rels, lambda _, limits: list_tags(data, limits))
        return [tuple([given.get(key, "") for key in wanted]) for tag, given in tags if tag == "Relationship"]

    def _resolve(self, part: str, target: str) -> tuple[str, bool]:
        if target and not _ODD_TARGET.search(target):  # as nearly all are written
            folder = folder_of(part)
            member = self._members.get(key(target if target[0] == "/" or not folder else f"{folder}/{target}"))
            if member is not None:
                return member.name, True
        target = target.replace("\\", "/").split("#", 1)[0]
        name = posixpath.normpath(posixpath.join("/", folder_of(part), target)).lstrip("/")
        for candidate in (name, unquote(name)):
            if candidate in self:
                return self.member(candidate).name, True
        return name, False

    @cached_property
    def workbook_part(self) -> str:
        """The main part, found through the package's relationships."""
        for relation in self.related():
            if relation.kind == "officeDocument" and relation.exists:
                return relation.target
        raise WorkbookError(
            Problem(
                "no-workbook-part",
                N_(
                    "tệp thiếu phần chính của sổ; hãy mở bằng Excel, chọn Mở và sửa chữa (Open and Repair), rồi lưu lại"
                ),
                Place(self.file),
            )
        )

    @cached_property
    def relations(self) -> tuple[Relation, ...]:
        """The relationships of the workbook part."""
        return self.related(self.workbook_part)

    @cached_property
    def workbook(self) -> Document:
        """The workbook part, parsed; for looking only."""
        return self.parse(self.workbook_part)

    @cached_property
    def workbook_data(self) -> bytes:
        """The workbook part as it is: what is asked of every workbook is asked of these bytes."""
        return self.read(self.workbook_part)

    @cached_property
    def tags(self) -> list[tuple[str, dict[str, str]]]:
        """The sheets and properties among the elements of the workbook part, with their attributes."""
        data = self.workbook_data
        tags = _list_plainly(data)
        if tags is None:
            tags = self._understand(self.workbook_part, lambda _, limits: list_tags(data, limits))
        return [(tag, given) for tag, given in tags if tag in _WANTED]

    @cached_property
    def sheet_elements(self) -> tuple[Element, ...]:
        """The `sheet` elements of the workbook part, in order, for whoever edits them."""
        listed = self.workbook.root.find("sheets")
        return tuple(listed.each("sheet")) if listed else ()

    @cached_property
    def sheets(self) -> tuple[SheetRef, ...]:
        """Every sheet, in order."""
        by_id = {relation.id: relation for relation in self.relations}
        found = []
        for tag, given in self.tags:
            if tag != "sheets/sheet":
                continue
            relation = by_id.get(relation_id(given))
            word = relation.kind.lower() if relation else ""
            kind: SheetKind = next((other for other in _SPECIAL_SHEETS if word.endswith(other)), "worksheet")
            state = given.get("state", "visible")
            found.append(
                SheetRef(
                    given.get("name", ""),
                    relation.target if relation and relation.exists else "",
                    kind,
                    state if state in ("hidden", "veryHidden") else "visible",  # type: ignore[arg-type]
                )
            )
        return tuple(found)

    @property
    def styles_part(self) -> str | None:
        """The styles, where the workbook has any."""
        return self._one("styles")

    @property
    def shared_strings_part(self) -> str | None:
        """The shared strings, where the workbook has any."""
        return self._one("sharedStrings")

    def _one(self, kind: str) -> str | None:
        return next((relation.target for relation in self.relations if relation.kind == kind and relation.exists), None)


def _list_plainly(data: bytes) -> list[tuple[str, dict[str, str]]] | None:
    """What `tags` wants of a workbook part, where each is written as nearly all programs do; else None."""
    head, _, rest = data.partition(b"<sheets>")
    listed, closed, tail = rest.partition(b"</sheets>")
    around = head + tail
    sheets, properties = _SHEET.findall(listed), _PROPERTY.findall(around)
    if (
        not closed
        or not _PLAIN_ROOT.match(head)
        or not is_plain(data)
        or listed.count(b"<") != len(sheets)
        or around.count(b"<workbookPr") - around.count(b"<workbookProtection") + around.count(b"<calcPr")
        != len(properties)
        or b"<sheets" in around
    ):
        return None
    try:
        found = [(tag.decode(), _read_attributes(given)) for tag, given in properties]
        return found + [("sheets/sheet", _read_attributes(given)) for given in sheets]
    except UnicodeDecodeError:
        return None


def _read_attributes(given: bytes) -> dict[str, str]:
    return {_RELATION_ID if name == "r:id" else name: value for name, value in _ATTRIBUTE.findall(given.decode())}


def key(part: str) -> str:
    r"""What part names are compared by: no leading slash, no backslash, no case.

    >>> key("/XL\\Workbook.xml")
    'xl/workbook.xml'
    """
    return (_cleaned(part) if "\\" in part or part[:1] == "/" else part).lower()


@lru_cache(maxsize=256)
def relations_part(part: str) -> str:
    """The part that holds the relationships of a part.

    >>> relations_part("xl/workbook.xml"), relations_part("")
    ('xl/_rels/workbook.xml.rels', '_rels/.rels')
    """
    folder, name = posixpath.split(_cleaned(part))
    return posixpath.join(folder, "_rels", f"{name}.rels")


@lru_cache(maxsize=256)
def folder_of(part: str) -> str:
    """The folder of a part, with forward slashes and none in front.

    >>> folder_of("/xl/workbook.xml")
    'xl'
    """
    return posixpath.dirname(_cleaned(part))


def relative(part: str, folder: str) -> str:
    """A part as a relationship names it, seen from a folder.

    >>> relative("xl/charts/chart1.xml", "xl/drawings")
    '../charts/chart1.xml'
    """
    return posixpath.relpath(f"/{part}", f"/{folder}")


def _cleaned(part: str) -> str:
    return part.replace("\\", "/").lstrip("/")


def relation_id(attributes: Mapping[str, str]) -> str:
    """The value of `r:id`, whatever the prefix, transitional or strict."""
    return next((v for k, v in attributes.items() if k.endswith("/relationships id")), "")
