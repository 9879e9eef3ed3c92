"""XML as text that is edited by splicing: whatever is not edited keeps its bytes, in its own encoding.

expat finds where each element begins and ends; an edit replaces bytes between two offsets. A document type
declaration is refused, so that no entity can grow and nothing outside the file can be named.
"""

from __future__ import annotations

import codecs
import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pyexpat import ExpatError, ParserCreate, XMLParserType

from nhiemvu.messages import _
from nhiemvu.workbook.archive import Limits

_TAG = re.compile(rb"""<(?:[^"'>]|"[^"]*"|'[^']*')*>""")
_SHORTEST = len("<a/>")  # of elements
_DECLARED = re.compile(rb"""^<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")


# xml.sax.saxutils has both, and imports the whole of urllib, http and ssl for them: 15 ms at every start
def escape(text: str) -> str:
    """Text as it stands between tags."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") if text else ""


def quoteattr(value: str) -> str:
    """A value as it stands in a tag, with its quotes."""
    quoted = escape(value).replace('"', "&quot;")
    quoted = quoted.replace("\n", "&#10;").replace("\r", "&#13;").replace("\t", "&#9;")
    return f'"{quoted}"'


class MarkupError(ValueError):
    """XML that is not well-formed, or that we refuse to read; the text is a short technical reason."""


class MarkupLimitError(MarkupError):
    """XML that asks for more than a limit allows: `limit` is a field of `Limits`."""

    def __init__(self, limit: str, value: int, allowed: int) -> None:
        super().__init__(f"{limit} {value} > {allowed}")
        self.limit, self.value, self.allowed = limit, value, allowed


@dataclass(eq=False, slots=True)
class Element:
    """An element and where it lies in the UTF-8 text of its document.

    Attributes:
        space: namespace URI, or "".
        name: local name.
        prefix: as written before the name, with its colon ("x:"), or "".
        attributes: by local name, or by "uri name" where the attribute has a namespace.
        start: offset of its `<`.
        inner: offset after its start tag.
        close: offset of its end tag (equal to `end` where the element closes itself).
        end: offset after it.
        text: its own character data.
    """

    space: str
    name: str
    prefix: str
    attributes: dict[str, str]
    start: int
    inner: int
    close: int = 0
    end: int = 0
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def find(self, name: str) -> Element | None:
        """The first child of this name in the element's own namespace."""
        return next(self.each(name), None)

    def each(self, name: str) -> Iterator[Element]:
        """The children of this name in the element's own namespace."""
        return (child for child in self.children if child.name == name and child.space == self.space)


class Document:
    """One XML part, parsed, and the edits to it."""

    def __init__(self, raw: bytes, limits: Limits | None = None) -> None:
        """Parse.

        Raises:
            MarkupError: not well-formed, in an encoding that we do not know, or with a DOCTYPE.
            MarkupLimitError: too many elements, or nested too deeply.
        """
        limits = limits or Limits()
        count_elements(raw, limits)
        self.raw = raw
        self.utf8, self._bom, self._encoding = _recode(raw)
        self.root = _parse(self.utf8, limits.depth)
        self._splices: list[tuple[int, int, str]] = []
        self._appended: dict[Element, list[str]] = {}

    def fresh(self) -> Document:
        """The same part without any edit: parsing it again would take as long as everything else together."""
        other = copy.copy(self)
        other._splices, other._appended = [], {}
        return other

    def source(self, element: Element) -> bytes:
        """The element as written, in UTF-8."""
        return self.utf8[element.start : element.end]

    def remove(self, element: Element) -> None:
        """Cut an element out."""
        self._splices.append((element.start, element.end, ""))

    def replace(self, element: Element, text: str) -> None:
        """Write something else in an element's place."""
        self._splices.append((element.start, element.end, text))

    def insert(self, at: int, text: str) -> None:
        """Write text at an offset."""
        self._splices.append((at, at, text))

    def append(self, parent: Element, text: str) -> None:
        """Write text as the last child of an element."""
        self._appended.setdefault(parent, []).append(text)

    def set_text(self, element: Element, text: str) -> None:
        """Replace the character data of an element that has no children."""
        if element.text != text:
            self._splices.append((element.inner, element.close, escape(text)))

    def set_attribute(self, element: Element, name: str, value: str) -> None:
        """Set an attribute that has no namespace."""
        if element.attributes.get(name) == value:
            return
        tag = self.utf8[element.start : element.inner]
        found = re.search(rb"\s" + name.encode() + rb"""\s*=\s*("[^"]*"|'[^']*')""", tag)
        if found:
            self._splices.append((element.start + found.start(1), element.start + found.end(1), quoteattr(value)))
        else:
            at = element.inner - (2 if tag.endswith(b"/>") else 1)
            self._splices.append((at, at, f" {name}={quoteattr(value)}"))

    def result(self) -> bytes:
        """The part with its edits, in its own encoding; the same bytes where there are none."""
        splices = [(start, end, order, text) for order, (start, end, text) in enumerate(self._splices)]
        for parent, texts in self._appended.items():
            text = "".join(texts)
            if self.utf8[parent.inner - 2 : parent.inner] == b"/>":
                closed = f">{text}</{parent.prefix}{parent.name}>"
                splices.append((parent.inner - 2, parent.inner, len(splices), closed))
            else:
                splices.append((parent.close, parent.close, len(splices), text))
        if not splices:
            return self.raw
        pieces, last = [], 0
        for start, end, _order, text in sorted(splices):
            pieces += [self.utf8[last:start], text.encode()]
            last = end
        edited = b"".join([*pieces, self.utf8[last:]]).decode()
        # a part in a narrow encoding can still hold any letter, as a character reference
        return self._bom + edited.encode(self._encoding, "xmlcharrefreplace")


def _recode(raw: bytes) -> tuple[bytes, bytes, str]:
    """A part in UTF-8, its mark of byte order, and its own encoding."""
    bom, encoding = _encoding(raw)
    try:
        text = raw[len(bom) :].decode(encoding)
    except (UnicodeError, LookupError) as why:
        raise MarkupError(_("bảng mã ký tự")) from why
    # a part may be large, and nearly every one is in UTF-8: no copy of it is made
    in_utf8 = encoding.lower().replace("_", "-") in ("utf-8", "utf8")
    return raw[len(bom) :] if in_utf8 else text.encode("utf-8", "surrogatepass"), bom, encoding


def _encoding(raw: bytes) -> tuple[bytes, str]:
    for bom, name in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if raw.startswith(bom):
            return bom, name
    if raw.startswith(b"<\0"):
        return b"", "utf-16-le"
    if raw.startswith(b"\0<"):
        return b"", "utf-16-be"
    declared = _DECLARED.match(raw)
    return b"", declared[1].decode() if declared else "utf-8"


def count_elements(raw: bytes, limits: Limits) -> None:
    """Refuse XML of too many elements before anything is built of it: text cannot hold a `<`.

    Raises:
        MarkupLimitError: `elements`.
    """
    if len(raw) < _SHORTEST * limits.elements:
        return
    count = raw.count(b"<") - raw.count(b"</")
    if count > limits.elements:
        raise MarkupLimitError("elements", count, limits.elements)


def list_tags(raw: bytes, limits: Limits) -> list[tuple[str, dict[str, str]]]:
    """Every element below the root with its attributes: a tenth of the cost of a `Document`, for looking only.

    Returns:
        In order: the names on the way to the element, such as `sheets/sheet`, and its attributes as `Element` has them.
        Names of another namespace than the root's stand with their URI.

    Raises:
        MarkupError, MarkupLimitError: as of a `Document`.
    """
    count_elements(raw, limits)
    found: list[tuple[str, dict[str, str]]] = []
    path: list[str] = []
    own = ""

    def begin(name: str, attributes: dict[str, str]) -> None:
        nonlocal own
        if len(path) >= limits.depth:
            raise MarkupLimitError("depth", len(path) + 1, limits.depth)
        if path:
            local = name.removeprefix(own)
            path.append(f"{path[-1]}/{local}" if len(path) > 1 else local)
            found.append((path[-1], attributes))
        else:
            own = name[: name.rfind(" ") + 1]
            path.append("")

    def finish(_name: str) -> None:
        path.pop()

    parser = _create_parser()
    parser.StartElementHandler = begin
    parser.EndElementHandler = finish
    _run(parser, _recode(raw)[0])
    return found


def _create_parser() -> XMLParserType:
    # the text is UTF-8 by now, whatever its declaration says
    parser = ParserCreate("utf-8", " ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    return parser


def _refuse_doctype(*_declaration: object) -> None:
    raise MarkupError("DOCTYPE")


def _run(parser: XMLParserType, utf8: bytes) -> None:
    try:
        parser.Parse(utf8, True)
    except ExpatError as why:
        raise MarkupError(_("dòng {line}, cột {column}", line=why.lineno, column=why.offset + 1)) from why


def _parse(utf8: bytes, depth: int) -> Element:
    parser = _create_parser()
    parser.namespace_prefixes = True
    root: list[Element] = []
    path: list[Element] = []

    def begin(name: str, attributes: dict[str, str]) -> None:
        at = parser.CurrentByteIndex
        if len(path) >= depth:
            raise MarkupLimitError("depth", len(path) + 1, depth)
        tag = _TAG.match(utf8, at)
        assert tag is not None, "expat has found a whole start tag here"
        space, local, prefix = _split(name)
        for key in [key for key in attributes if " " in key]:
            attributes[" ".join(key.split(" ")[:2])] = attributes.pop(key)
        element = Element(space, local, f"{prefix}:" if prefix else "", attributes, at, tag.end())
        (path[-1].children if path else root).append(element)
        path.append(element)

    def finish(_name: str) -> None:
        element = path.pop()
        at = parser.CurrentByteIndex
        if utf8[element.inner - 2 : element.inner] == b"/>":
            element.close = element.end = element.inner
        else:
            element.close, element.end = at, utf8.index(b">", at) + 1

    def characters(data: str) -> None:
        path[-1].text += data

    parser.StartElementHandler = begin
    parser.EndElementHandler = finish
    parser.CharacterDataHandler = characters
    _run(parser, utf8)
    return root[0]


def _split(name: str) -> tuple[str, str, str]:
    parts = name.split(" ")
    if len(parts) == 1:
        return "", name, ""
    return parts[0], parts[1], parts[2] if len(parts) > 2 else ""
