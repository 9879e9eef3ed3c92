"""Our sheets grafted into the official's own workbook; whatever is not ours keeps its bytes.

Edited, as text, are only `[Content_Types].xml`, the workbook part, its relationships, the styles and, where it lists titles,
`docProps/app.xml`. A sheet that is ours is replaced in its place; a new one comes last, so that every `localSheetId` stays
valid. Grafting the same sheets twice gives the same file.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from xml.sax.saxutils import escape, quoteattr

from nhiemvu.errors import GraftError, Place, Problem
from nhiemvu.messages import N_
from nhiemvu.workbook import ours as marking
from nhiemvu.workbook.drawn import Transplant, transplant
from nhiemvu.workbook.markup import Document, Element, MarkupError
from nhiemvu.workbook.ours import Ours, choose_titles, defined_names, edited, find_ours, is_mark, marks, same_title
from nhiemvu.workbook.package import CONTENT_TYPES, Package, key, relation_id, relations_part
from nhiemvu.workbook.styles import Merged, merge_styles

__all__ = ["choose_titles", "edited", "find_ours", "graft"]

_STRICT_MAIN = "http://purl.oclc.org/ooxml/spreadsheetml/main"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STRICT_RELATIONS = "http://purl.oclc.org/ooxml/officeDocument/relationships"
_STYLES_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"
_RELATIONSHIPS_TYPE = "application/vnd.openxmlformats-package.relationships+xml"


def graft(package: Package, drawn: bytes, keys: Mapping[str, str]) -> bytes:
    """Put drawn sheets into a workbook.

    Args:
        package: the workbook.
        drawn: a workbook by XlsxWriter that holds the sheets.
        keys: key of each sheet -> its title in `drawn`, as `choose_titles` gave it.

    Returns:
        The whole new file.

    Raises:
        GraftError: the workbook can be read but must not be written into; the problem says what to do.
        WorkbookError: a part that must be edited is broken.
        ValueError: a title is that of another sheet, or `drawn` does not hold what `keys` says.
    """
    _refuse(package)
    source = Package.open(drawn)
    old = {mark: found for mark, found in find_ours(package).items() if mark in keys}
    positions = {found.position for found in old.values()}
    for position, sheet in enumerate(package.sheets):
        if position not in positions and any(same_title(sheet.name, title) for title in keys.values()):
            raise ValueError(f"the title {sheet.name!r} is taken; choose_titles gives free ones")
    main = package.workbook
    strict = main.root.space == _STRICT_MAIN
    folder = posixpath.dirname(key_path(package.workbook_part))

    removed = _parts_only_ours(package, [found.sheet.part for found in old.values()])
    chain = _stale_chain(package, old.values())
    removed |= chain
    styles_part = package.styles_part or posixpath.join(folder, "styles.xml")
    styles = _merge_styles(package, source, strict=strict)
    new = transplant(
        source,
        keys.values(),
        folder=folder,
        taken=[name for name in (*package.names, styles_part) if name not in removed],
        formats=styles.formats,
        differential=styles.differential,
        strict=strict,
    )

    relations = package.parse(relations_part(key_path(package.workbook_part)))
    ids = _write_relations(package, relations, old, keys, new, chain, strict=strict, styles=styles_part)
    workbook = package.parse(package.workbook_part)
    titles = _write_workbook(package, workbook, source, old, keys, ids, new, strict=strict)

    edits = {
        package.workbook_part: workbook.result(),
        relations_part(key_path(package.workbook_part)): relations.result(),
        CONTENT_TYPES: _write_content_types(package, removed, new, None if package.styles_part else styles_part),
    }
    added = dict(new.parts)
    if styles_part in package:
        edits[styles_part] = styles.data
    else:
        added = {styles_part: styles.data, **added}
    for relation in package.related():
        if relation.kind == "extended-properties" and relation.exists:
            edits[relation.target] = _write_titles(package, relation.target, titles)
    replaced = {}
    for part, data in edits.items():
        member = package.member(part)
        if data != package.read(part):
            _refuse_duplicates(package, part)
            replaced[member.name] = data
    return package.archive.rebuild(replaced=replaced, removed=removed, added=added)


def key_path(part: str) -> str:
    """A part's name as paths are made from it: forward slashes, none in front."""
    return part.replace("\\", "/").lstrip("/")


# --- what is refused --------------------------------------------------------------------------------------------------


def _refuse(package: Package) -> None:
    if any(relation.type.endswith("/digital-signature/origin") for relation in package.related()) or any(
        key(name).startswith("_xmlsignatures/") for name in package.names
    ):
        raise _refusal(
            package,
            "signed",
            N_(
                "sổ có chữ ký số, ghi thêm vào sẽ làm mất hiệu lực chữ ký; hãy ghi kết quả ra tệp khác bằng -o, hoặc chạy trên "
                "bản chưa ký rồi ký lại"
            ),
        )
    if any(relation.kind in ("revisionHeaders", "usernames") for relation in package.relations):
        raise _refusal(
            package,
            "shared-workbook",
            N_(
                "sổ đang ở chế độ dùng chung (Shared Workbook) nên không ghi thêm trang được; hãy mở bằng Excel, vào Xem lại > "
                "Chia sẻ sổ làm việc (Review > Share Workbook), bỏ chọn cho phép nhiều người cùng sửa, lưu lại rồi chạy lại"
            ),
        )
    protection = package.workbook.root.find("workbookProtection")
    if protection is not None and protection.attributes.get("lockStructure", "0") in ("1", "true", "on"):
        raise _refusal(
            package,
            "protected-structure",
            N_(
                "cấu trúc sổ đang được bảo vệ nên không thêm trang được; hãy mở bằng Excel, vào Xem lại > Bảo vệ sổ làm việc "
                "(Review > Protect Workbook) để bỏ bảo vệ, lưu lại rồi chạy lại, hoặc ghi kết quả ra tệp khác bằng -o"
            ),
        )
    if not package.sheets:
        raise _refusal(
            package, "no-sheets", N_("sổ không có trang nào; hãy mở bằng Excel, chọn Mở và sửa chữa, rồi lưu lại")
        )


def _refuse_duplicates(package: Package, part: str) -> None:
    if sum(key(name) == key(part) for name in package.names) > 1:
        raise _refusal(
            package,
            "duplicate-part",
            N_("tệp có hai phần cùng tên «{part}» nên không biết sửa phần nào; hãy mở bằng Excel rồi lưu lại"),
            part=part,
        )


def _refusal(package: Package, code: str, message: str, **fill: object) -> GraftError:
    return GraftError(Problem(code, message, Place(package.file), fill))


# --- what goes when a sheet of ours is replaced -----------------------------------------------------------------------


def _parts_only_ours(package: Package, sheets: list[str]) -> set[str]:
    """The parts of our old sheets, with their relationships, that nothing else in the workbook uses."""
    if not sheets:
        return set()
    kept = _reach(package, "", set(sheets))
    gone = set().union(*(_reach(package, sheet, set()) for sheet in sheets)) - kept
    return gone | {package.member(relations_part(p)).name for p in map(key_path, gone) if relations_part(p) in package}


def _reach(package: Package, start: str, without: set[str]) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        part = waiting.pop()
        if part in seen or part in without:
            continue
        seen.add(part)
        waiting += [relation.target for relation in package.related(part) if relation.exists]
    return seen


def _stale_chain(package: Package, old: Iterable[Ours]) -> set[str]:
    """The calculation chain, where it lists cells of a sheet that we replace: Excel makes it anew, and reports a chain that
    names a cell without a formula as damage."""
    part = next(
        (relation.target for relation in package.relations if relation.kind == "calcChain" and relation.exists), ""
    )
    ids = {package.sheet_elements[found.position].attributes.get("sheetId", "") for found in old}
    if not part or not ids:
        return set()
    listed = {cell.attributes.get("i", "") for cell in package.parse(part).root.children}
    return {part} if ids & listed else set()


# --- the parts that are edited ----------------------------------------------------------------------------------------


def _merge_styles(package: Package, source: Package, *, strict: bool) -> Merged:
    part = package.styles_part
    raw = package.read(part) if part else b""
    if not raw.strip():
        space = _STRICT_MAIN if strict else _MAIN
        raw = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<styleSheet xmlns="{space}"/>'.encode()
    try:
        host = Document(raw)
    except MarkupError as why:
        raise _refusal(
            package,
            "broken-styles",
            N_(
                "phần định dạng của sổ không dùng được ({why}); hãy mở bằng Excel, lưu lại rồi chạy lại, hoặc ghi kết quả ra tệp "
                "khác bằng -o"
            ),
            why=str(why),
        ) from why
    return merge_styles(host, source.parse(source.styles_part or ""), package.file)


def _write_relations(
    package: Package,
    document: Document,
    old: Mapping[str, Ours],
    keys: Mapping[str, str],
    new: Transplant,
    chain: set[str],
    *,
    strict: bool,
    styles: str,
) -> dict[str, str]:
    """Point the workbook at our sheets; the relationship id of each key."""
    base = posixpath.dirname(key_path(package.workbook_part))
    prefix = document.root.prefix
    types = _STRICT_RELATIONS if strict else _RELATIONS
    elements = {child.attributes.get("Id", ""): child for child in document.root.children}
    for relation in package.relations:
        if relation.target in chain:
            document.remove(elements[relation.id])

    def add(kind: str, part: str) -> str:
        number = 1
        while f"rId{number}" in elements:
            number += 1
        elements[f"rId{number}"] = document.root
        target = quoteattr(posixpath.relpath(part, base or "."))
        document.append(
            document.root, f'<{prefix}Relationship Id="rId{number}" Type="{types}/{kind}" Target={target}/>'
        )
        return f"rId{number}"

    if package.styles_part is None:
        add("styles", styles)
    ids = {}
    for mark, title in keys.items():
        part = new.sheets[title]
        if mark not in old:
            ids[mark] = add("worksheet", part)
            continue
        ids[mark] = relation_id(package.sheet_elements[old[mark].position])
        if key(old[mark].sheet.part) != key(part):
            document.set_attribute(elements[ids[mark]], "Target", posixpath.relpath(part, base or "."))
    return ids


def _write_workbook(
    package: Package,
    document: Document,
    source: Package,
    old: Mapping[str, Ours],
    keys: Mapping[str, str],
    ids: Mapping[str, str],
    new: Transplant,
    *,
    strict: bool,
) -> list[str]:
    """List our sheets and their names; the titles of all sheets in order."""
    root, prefix = document.root, document.root.prefix
    listed = root.find("sheets")
    assert listed is not None, "a workbook without sheets has been refused"  # noqa: S101
    elements = list(listed.each("sheet"))
    titles = [sheet.name for sheet in package.sheets]
    numbers = [int(given) for e in elements if (given := e.attributes.get("sheetId", "")).isdecimal()]
    following = max(numbers, default=0) + 1
    positions = {}
    for mark, title in keys.items():
        if mark in old:
            positions[mark] = old[mark].position
            document.set_attribute(elements[positions[mark]], "name", title)
            titles[positions[mark]] = title
            continue
        attribute = _id_attribute(document, _STRICT_RELATIONS if strict else _RELATIONS)
        document.append(
            listed,
            f'<{prefix}sheet name={quoteattr(title)} sheetId="{following}" {attribute}="{ids[mark]}"/>',
        )
        following += 1
        positions[mark] = len(titles)
        titles.append(title)
    _write_names(package, document, source, keys, positions, new)
    return titles


def _id_attribute(document: Document, space: str) -> str:
    """`r:id` with the prefix that the part has for relationships, or with a declaration of its own."""
    tag = document.utf8[document.root.start : document.root.inner].decode()
    for declaration in tag.split("xmlns:")[1:]:
        prefix, _, rest = declaration.partition("=")
        if rest.strip()[1:].startswith((f'{space}"', f"{space}'")):
            return f"{prefix.strip()}:id"
    return f'xmlns:r="{space}" r:id'


def _write_names(
    package: Package,
    document: Document,
    source: Package,
    keys: Mapping[str, str],
    positions: Mapping[str, int],
    new: Transplant,
) -> None:
    """Drop the names that belong to our old sheets, add those of the new ones."""
    root, prefix = document.root, document.root.prefix
    places = {str(position) for position in positions.values()}
    for element in defined_names(root):
        built_in = element.attributes.get("name", "").startswith("_xlnm.")
        if any(is_mark(element, mark) for mark in keys) or (
            built_in and element.attributes.get("localSheetId") in places
        ):
            document.remove(element)
    drawn_at = {sheet.name: str(at) for at, sheet in enumerate(source.sheets)}
    names = []
    for mark, title in keys.items():
        names.append(marks(mark, title, marking.digest(new.parts[new.sheets[title]]), prefix))
        for element in defined_names(source.workbook.root):
            if element.attributes.get("localSheetId") == drawn_at[title]:
                given = {**element.attributes, "localSheetId": str(positions[mark])}
                attributes = "".join(f" {name}={quoteattr(value)}" for name, value in given.items())
                names.append(f"<{prefix}definedName{attributes}>{escape(element.text)}</{prefix}definedName>")
    text = "".join(names)
    holder = root.find("definedNames")
    if holder is not None:
        document.append(holder, text)
        return
    before: list[Element] = [e for e in root.children if e.name in ("sheets", "functionGroups", "externalReferences")]
    document.insert(before[-1].end, f"<{prefix}definedNames>{text}</{prefix}definedNames>")


def _write_content_types(package: Package, removed: set[str], new: Transplant, styles: str | None) -> bytes:
    document = package.parse(CONTENT_TYPES)
    root, prefix = document.root, document.root.prefix
    gone = {key(name) for name in removed}
    extensions = set()
    for element in root.children:
        if element.name == "Override" and key(element.attributes.get("PartName", "")) in gone:
            document.remove(element)
        elif element.name == "Default":
            extensions.add(element.attributes.get("Extension", "").lower())
    if "rels" not in extensions:
        text = f'<{prefix}Default Extension="rels" ContentType="{_RELATIONSHIPS_TYPE}"/>'
        document.insert(root.inner, text)
    types = {styles: _STYLES_TYPE, **new.content_types} if styles else new.content_types
    for part, content_type in types.items():
        name = quoteattr("/" + part)
        document.append(root, f'<{prefix}Override PartName={name} ContentType="{content_type}"/>')
    return document.result()


def _write_titles(package: Package, part: str, titles: list[str]) -> bytes:
    """The properties' list of titles, where it begins with the titles of the sheets as Excel writes it; else untouched."""
    document = package.parse(part)
    root = document.root
    pairs, listing = root.find("HeadingPairs"), root.find("TitlesOfParts")
    if pairs is None or listing is None or not pairs.children or not listing.children:
        return document.raw
    vector, variants = listing.children[0], pairs.children[0].children
    counts = [variant.children[0] for variant in variants[1::2] if variant.children]
    before = [sheet.name for sheet in package.sheets if sheet.kind == "worksheet"]
    shown = [entry.text for entry in vector.children[: len(before)]]
    if not counts or counts[0].text != str(len(before)) or shown != before or len(before) != len(package.sheets):
        return document.raw
    for entry, title in zip(vector.children, titles, strict=False):
        if entry.text != title and entry in vector.children[: len(before)]:
            document.set_text(entry, title)
    extra = titles[len(before) :]
    if extra:
        last = vector.children[len(before) - 1]
        tag = last.prefix + last.name
        document.insert(last.end, "".join(f"<{tag}>{escape(title)}</{tag}>" for title in extra))
        document.set_text(counts[0], str(len(titles)))
        document.set_attribute(vector, "size", str(len(vector.children) + len(extra)))
    return document.result()
