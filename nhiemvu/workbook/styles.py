"""Our formats added to the host's `styles.xml`, each once, and the numbers that they have there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from nhiemvu.errors import GraftError, Place, Problem
from nhiemvu.messages import N_
from nhiemvu.workbook.markup import Document, Element, escape, quoteattr

MAX_FORMATS = 65_490  # cell formats that Excel opens
_SECTIONS = ("numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs")
_FIRST_CUSTOM = 164
_Shape = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Merged:
    """The host's new styles part, and our cell formats and differential formats in its numbering."""

    data: bytes
    formats: list[int]
    differential: list[int]


def merge_styles(host: Document, drawn: Document, file: str = "") -> Merged:
    """Add the formats of a drawn workbook to a host's.

    A format that the host has already is used as it is, so that a second run adds nothing. The drawn default format
    is the host's default.

    Args:
        host: the host's styles part; edits are made on it.
        drawn: the drawn workbook's styles part.
        file: the host's name, for messages.

    Raises:
        GraftError: more cell formats than Excel opens (`too-many-styles`).
    """
    sections = {name: _Section(host, name) for name in _SECTIONS}
    numbers = _merge_number_formats(
        sections["numFmts"], [*sections["cellStyleXfs"].children, *sections["cellXfs"].children], drawn
    )
    fonts, fills, borders = (
        _merge_plain(sections[name], _children(drawn, name)) for name in ("fonts", "fills", "borders")
    )
    formats = []
    has_styles = bool(sections["cellStyleXfs"].children)
    for position, element in enumerate(_children(drawn, "cellXfs")):
        given = dict(element.attributes)
        given["fontId"] = str(fonts(int(given["fontId"])))
        given["fillId"] = str(fills(int(given["fillId"])))
        given["borderId"] = str(borders(int(given["borderId"])))
        given["numFmtId"] = numbers.get(given["numFmtId"], given["numFmtId"])
        given.pop("xfId", None)
        if has_styles:
            given["xfId"] = "0"
        if position == 0 and sections["cellXfs"].children:
            formats.append(0)
        else:
            formats.append(sections["cellXfs"].place(_renumbered(element, given)))
    differential = [
        sections["dxfs"].place(_renumbered_format(element, numbers)) for element in _children(drawn, "dxfs")
    ]
    count = len(sections["cellXfs"].children) + len(sections["cellXfs"].added)
    if sections["cellXfs"].added and count > MAX_FORMATS:
        raise GraftError(
            Problem(
                "too-many-styles",
                N_(
                    "sổ cần {count} định dạng ô, Excel chỉ mở được {limit}; hãy chép các trang sang một sổ mới, "
                    "hoặc xóa các kiểu ô thừa"
                ),
                Place(file),
                {"count": count, "limit": MAX_FORMATS},
            )
        )
    for section in sections.values():
        section.write()
    return Merged(host.result(), formats, differential)


@dataclass(slots=True)
class _Section:
    """A list of the host's styles part: what it holds, and what we add."""

    document: Document
    name: str
    element: Element | None = field(init=False)
    children: list[Element] = field(init=False)
    known: dict[_Shape, int] = field(init=False)
    added: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.element = self.document.root.find(self.name)
        self.children = self.element.children if self.element else []
        self.known = {}
        for position, child in enumerate(self.children):
            self.known.setdefault(_shape(child), position)

    def place(self, element: Element) -> int:
        """The position of an equal child; ours is added where there is none."""
        shape = _shape(element)
        if shape not in self.known:
            self.known[shape] = len(self.children) + len(self.added)
            self.added.append(_write(element, self.document.root.prefix))
        return self.known[shape]

    def write(self) -> None:
        """Put what was added into the document; a list that is missing goes where the schema wants it."""
        if not self.added:
            return
        document, text = self.document, "".join(self.added)
        if self.element:
            document.append(self.element, text)
            if "count" in self.element.attributes:
                document.set_attribute(self.element, "count", str(len(self.children) + len(self.added)))
            return
        tag = document.root.prefix + self.name
        text = f'<{tag} count="{len(self.added)}">{text}</{tag}>'
        before = [child for child in document.root.children if child.name in _SECTIONS[: _SECTIONS.index(self.name)]]
        if before:
            document.insert(before[-1].end, text)
        elif document.root.children:
            document.insert(document.root.inner, text)
        else:
            document.append(document.root, text)


def _children(document: Document, name: str) -> Sequence[Element]:
    section = document.root.find(name)
    return section.children if section else []


def _merge_number_formats(section: _Section, formats: Iterable[Element], drawn: Document) -> dict[str, str]:
    """The id that each of our number formats has in the host; built-in ones have the same everywhere."""
    known = {child.attributes.get("formatCode", ""): child.attributes.get("numFmtId", "") for child in section.children}
    # a format of the host's may name a number format that is not there: ours must not become it
    named = [element.attributes.get("numFmtId", "") for element in formats]
    used = [int(number) for number in (*known.values(), *named) if number.isdecimal() and len(number) < 10]
    following = max([_FIRST_CUSTOM - 1, *used]) + 1
    numbers = {}
    for element in _children(drawn, "numFmts"):
        code = element.attributes["formatCode"]
        if code not in known:
            known[code] = str(following)
            section.place(_renumbered(element, {"numFmtId": str(following), "formatCode": code}))
            following += 1
        numbers[element.attributes["numFmtId"]] = known[code]
    return numbers


def _merge_plain(section: _Section, drawn: Sequence[Element]) -> Callable[[int], int]:
    if not section.children:
        # the first entries have a meaning (default font, no fill, grey fill): a host without any gets all of ours
        for element in drawn:
            section.place(element)
    return lambda position: section.place(drawn[position])


def _renumbered(element: Element, attributes: dict[str, str]) -> Element:
    return Element("", element.name, "", attributes, 0, 0, text=element.text, children=element.children)


def _renumbered_format(element: Element, numbers: dict[str, str]) -> Element:
    """A differential format with its number format in the host's numbering."""
    children = [
        _renumbered(child, {**child.attributes, "numFmtId": numbers.get(child.attributes["numFmtId"], "0")})
        if child.name == "numFmt" and child.attributes["numFmtId"] in numbers
        else child
        for child in element.children
    ]
    return Element("", element.name, "", element.attributes, 0, 0, children=children)


def _shape(element: Element) -> _Shape:
    """What makes two formats equal, however they are written."""
    children = tuple(map(_shape, element.children)) if element.children else ()
    return element.name, tuple(sorted(element.attributes.items())), children


def _write(element: Element, prefix: str) -> str:
    tag = prefix + element.name
    attributes = "".join(f" {name}={quoteattr(value)}" for name, value in element.attributes.items())
    inside = escape(element.text) + "".join(_write(child, prefix) for child in element.children)
    return f"<{tag}{attributes}>{inside}</{tag}>" if inside else f"<{tag}{attributes}/>"
