"""Sheets that XlsxWriter drew, made ready to live in another workbook: strings inline, formats and parts renumbered."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from nhiemvu.workbook.markup import quoteattr
from nhiemvu.workbook.package import CONTENT_TYPES, Package, key, relations_part, relative

_SHARED = re.compile(rb"<si>(.*?)</si>", re.DOTALL)
_SHARED_CELL = re.compile(rb'(<c r="[A-Z]+[0-9]+"(?: s="[0-9]+")?) t="s"><v>([0-9]+)</v></c>')
# text cannot hold "<", so these match tags only
_FORMAT = re.compile(rb'(<(?:c|row|col)\b[^>]*? (?:s|style)=")([0-9]+)"')
_DIFFERENTIAL = re.compile(rb'(<(?:cfRule|colorFilter|sortCondition)\b[^>]*? dxfId=")([0-9]+)"')
_SELECTED = re.compile(rb'(<sheetView\b[^>]*?) tabSelected="1"')
_STEM = re.compile(r"[0-9]*(\.[A-Za-z]+)$")
_STRICT = (
    (
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
        b"http://purl.oclc.org/ooxml/officeDocument/relationships",
    ),
    (b"http://schemas.openxmlformats.org/spreadsheetml/2006/main", b"http://purl.oclc.org/ooxml/spreadsheetml/main"),
    (b"http://schemas.openxmlformats.org/drawingml/2006/", b"http://purl.oclc.org/ooxml/drawingml/"),
)
_CARRIED = {"drawing", "chart", "image", "comments", "vmlDrawing", "hyperlink"}


@dataclass(frozen=True, slots=True)
class Transplant:
    """Parts ready to be added: name -> bytes, name -> content type, and the part of each sheet by its title."""

    parts: dict[str, bytes]
    content_types: dict[str, str]
    sheets: dict[str, str]


def transplant(
    drawn: Package,
    titles: Iterable[str],
    *,
    folder: str,
    taken: Iterable[str],
    formats: list[int],
    differential: list[int],
    strict: bool,
) -> Transplant:
    """Take sheets of a drawn workbook, with all that hangs on them.

    Args:
        drawn: a workbook by XlsxWriter.
        titles: the sheets to take.
        folder: folder of the host's workbook part.
        taken: part names that the host keeps.
        formats: the host's number of each drawn cell format.
        differential: the host's number of each drawn differential format.
        strict: the host is in the strict variant of the standard.

    Raises:
        ValueError: a sheet holds what cannot be carried (a table, a pivot table), or is not in the drawn workbook.
    """
    by_title = {sheet.name: sheet.part for sheet in drawn.sheets}
    missing = [title for title in titles if title not in by_title]
    if missing:
        raise ValueError(f"no such sheet in the drawn workbook: {missing}")
    sheets = {title: by_title[title] for title in titles}
    renamed = _rename(drawn, list(sheets.values()), folder, {key(name) for name in taken})
    types = _content_types(drawn)
    shared = drawn.shared_strings_part
    strings = _SHARED.findall(drawn.read(shared)) if shared else []
    parts: dict[str, bytes] = {}
    for old, new in renamed.items():
        data = drawn.read(old)
        if old in by_title.values():
            data = _rewrite_sheet(data, strings, formats, differential)
        parts[new] = _as_strict(data) if strict and new.endswith(".xml") else data
        if relations_part(old) in drawn:
            relations = _write_relations(drawn, old, renamed)
            parts[relations_part(new)] = _as_strict(relations) if strict else relations
    return Transplant(
        parts,
        {new: types(old) for old, new in renamed.items()},
        {title: renamed[part] for title, part in sheets.items()},
    )


def _rename(drawn: Package, sheets: list[str], folder: str, taken: set[str]) -> dict[str, str]:
    """A free name in the host for each part that the sheets need, in the form that Excel gives (`sheet4.xml`)."""
    renamed: dict[str, str] = {}
    waiting = list(sheets)
    while waiting:
        part = waiting.pop(0)
        if part in renamed:
            continue
        inside, name = posixpath.split(part.removeprefix("xl/"))
        stem, suffix = _STEM.sub("", name), posixpath.splitext(name)[1]
        number = 1
        while key(free := posixpath.join(folder, inside, f"{stem}{number}{suffix}")) in taken:
            number += 1
        taken.add(key(free))
        renamed[part] = free
        for relation in drawn.related(part):
            if relation.kind not in _CARRIED:
                raise ValueError(f"a drawn sheet holds a part of a kind that cannot be carried: {relation.kind}")
            if not relation.external:
                waiting.append(relation.target)
    return renamed


def _rewrite_sheet(data: bytes, strings: list[bytes], formats: list[int], differential: list[int]) -> bytes:
    def in_line(match: re.Match[bytes]) -> bytes:
        return b'%b t="inlineStr"><is>%b</is></c>' % (match[1], strings[int(match[2])])

    def renumber(numbers: list[int]) -> Callable[[re.Match[bytes]], bytes]:
        return lambda match: b'%b%d"' % (match[1], numbers[int(match[2])])

    data = _SELECTED.sub(rb"\1", data)
    data = _FORMAT.sub(renumber(formats), data)
    data = _DIFFERENTIAL.sub(renumber(differential), data)
    return _SHARED_CELL.sub(in_line, data)


def _write_relations(drawn: Package, part: str, renamed: Mapping[str, str]) -> bytes:
    here = posixpath.dirname(renamed[part])
    lines = []
    for relation in drawn.related(part):
        target = relation.target if relation.external else relative(renamed[relation.target], here)
        mode = ' TargetMode="External"' if relation.external else ""
        lines.append(
            f'<Relationship Id="{relation.id}" Type="{relation.type}" Target={quoteattr(target)}{mode}/>',
        )
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f"{''.join(lines)}</Relationships>"
    ).encode()


def _content_types(drawn: Package) -> Callable[[str], str]:
    overrides, defaults = {}, {}
    for element in drawn.parse(CONTENT_TYPES).root.children:
        if element.name == "Override":
            overrides[key(element.attributes["PartName"])] = element.attributes["ContentType"]
        else:
            defaults[element.attributes["Extension"].lower()] = element.attributes["ContentType"]
    return lambda part: overrides.get(key(part)) or defaults[part.rsplit(".", 1)[-1].lower()]


def _as_strict(data: bytes) -> bytes:
    for transitional, strict in _STRICT:
        data = data.replace(transitional, strict)
    return data
