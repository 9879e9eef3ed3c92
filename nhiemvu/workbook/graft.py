"""Our sheets grafted into the official's own workbook; whatever is not ours keeps its bytes.

Edited, as text, are only `[Content_Types].xml`, the workbook part, its relationships, the styles and, where it lists
titles, `docProps/app.xml`. A sheet that is ours is replaced in its place; a new one comes last, so that every
`localSheetId` stays valid. Grafting the same sheets twice gives the same file.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass

from nhiemvu.errors import WorkbookError
from nhiemvu.messages import N_
from nhiemvu.workbook.archive import over_limit
from nhiemvu.workbook.drawn import Transplant, transplant
from nhiemvu.workbook.markup import Document, MarkupError, MarkupLimitError, escape, quoteattr
from nhiemvu.workbook.ours import (
    Ours,
    add_names,
    choose_titles,
    count_notes,
    defined_names,
    digest,
    edited,
    find_ours,
    is_mark,
    marks,
    same_title,
)
from nhiemvu.workbook.package import CONTENT_TYPES, Package, folder_of, key, relation_id, relations_part, relative
from nhiemvu.workbook.refusals import MAIN, STRICT_MAIN, refusal, refuse_duplicates, refuse_unwritable
from nhiemvu.workbook.styles import Merged, merge_styles

__all__ = ["choose_titles", "edited", "find_ours", "graft"]

_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STRICT_RELATIONS = "http://purl.oclc.org/ooxml/officeDocument/relationships"
MAX_SHEET_ID = 65_534  # that Excel opens
_STYLES_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"
_NO_STYLES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<styleSheet xmlns="{space}"><cellStyleXfs count="1">'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellStyles count="1">'
    '<cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
_RELATIONSHIPS_TYPE = "application/vnd.openxmlformats-package.relationships+xml"


@dataclass(frozen=True, slots=True)
class _Job:
    """What every step needs.

    Attributes:
        package: the host.
        source: the drawn workbook.
        keys: key -> title.
        old: our sheets that are replaced.
        strict: whether the host is in the strict variant of the standard.
        removed: names of the parts that go.
        styles: name of the styles part, which may be new.
    """

    package: Package
    source: Package
    keys: Mapping[str, str]
    old: Mapping[str, Ours]
    strict: bool
    removed: frozenset[str]
    styles: str

    @property
    def folder(self) -> str:
        """The folder of the workbook part."""
        return folder_of(self.package.workbook_part)

    @property
    def relations(self) -> str:
        """The namespace of relationships."""
        return _STRICT_RELATIONS if self.strict else _RELATIONS


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
    refuse_unwritable(package)
    job = _prepare(package, Package.open(drawn), keys)
    merged = _merge_styles(job)
    new = transplant(
        job.source,
        keys.values(),
        folder=job.folder,
        taken=_taken(job),
        formats=merged.formats,
        differential=merged.differential,
        strict=job.strict,
    )
    relations, ids = _write_relations(job, new)
    workbook, titles = _write_workbook(job, new, ids)
    edits = {
        CONTENT_TYPES: _write_content_types(job, new),
        package.workbook_part: workbook,
        relations_part(package.workbook_part): relations,
        job.styles: merged.data,
    }
    for relation in package.related():
        if relation.kind == "extended-properties" and relation.exists:
            edits[relation.target] = _write_titles(package, relation.target, titles)
    added = {part: edits.pop(part) for part in list(edits) if part not in package}
    replaced = {package.member(part).name: data for part, data in edits.items() if data != package.read(part)}
    for part in replaced:
        refuse_duplicates(package, part)
    return package.archive.rebuild(replaced=replaced, removed=job.removed, added={**added, **new.parts})


def _prepare(package: Package, source: Package, keys: Mapping[str, str]) -> _Job:
    old = {mark: found for mark, found in find_ours(package).items() if mark in keys}
    places = {found.position for found in old.values()}
    for position, sheet in enumerate(package.sheets):
        if position not in places and any(same_title(sheet.name, title) for title in keys.values()):
            raise ValueError(f"the title {sheet.name!r} is taken; choose_titles gives free ones")
    return _Job(
        package,
        source,
        keys,
        old,
        package.workbook.root.space == STRICT_MAIN,
        frozenset(_find_parts_of(package, old) | _find_stale_chain(package, old)),
        package.styles_part or posixpath.join(folder_of(package.workbook_part), "styles.xml"),
    )


# --- what goes when a sheet of ours is replaced -----------------------------------------------------------------------


def _find_parts_of(package: Package, old: Mapping[str, Ours]) -> set[str]:
    """The parts of our old sheets, with their relationships, that nothing else in the workbook uses."""
    sheets = {found.sheet.part for found in old.values()}
    if not sheets:
        return set()
    kept = _reach(package, {""}, without=sheets)
    gone = _reach(package, sheets, without=kept)
    return gone | {package.member(relations_part(part)).name for part in gone if relations_part(part) in package}


def _reach(package: Package, start: set[str], without: set[str]) -> set[str]:
    seen: set[str] = set()
    waiting = list(start)
    while waiting:
        part = waiting.pop()
        if part not in seen and part not in without:
            seen.add(part)
            waiting += [relation.target for relation in package.related(part) if relation.exists]
    return seen


def _find_stale_chain(package: Package, old: Mapping[str, Ours]) -> set[str]:
    """The calculation chain, where it lists cells of a sheet that we replace.

    Excel makes it anew, and reports a chain that names a cell without a formula as damage.
    """
    ids = {package.sheet_elements[found.position].attributes.get("sheetId", "") for found in old.values()}
    return {
        relation.target
        for relation in package.relations
        if relation.kind == "calcChain" and relation.exists and ids and _lists(package, relation.target, ids)
    }


def _lists(package: Package, chain: str, sheet_ids: set[str]) -> bool:
    try:
        return any(cell.attributes.get("i", "") in sheet_ids for cell in package.parse(chain).root.children)
    except WorkbookError:
        return False  # damaged, and no sheet of ours made it so


def _taken(job: _Job) -> list[str]:
    """Part names that ours must not have; a type declared for a part that does not exist counts as well."""
    gone = {key(name) for name in job.removed}
    declared = [given.get("PartName", "") for _, given in job.package.list_tags(CONTENT_TYPES)]
    return [name for name in (*job.package.names, *declared, job.styles) if key(name) not in gone]


# --- the parts that are edited ----------------------------------------------------------------------------------------


def _merge_styles(job: _Job) -> Merged:
    raw = job.package.read(job.styles) if job.styles in job.package else b""
    if not raw.strip():
        space = STRICT_MAIN if job.strict else MAIN
        raw = _NO_STYLES.format(space=space).encode()
    try:
        host = Document(raw, job.package.archive.limits)
    except MarkupLimitError as why:
        raise over_limit(why.limit, why.value, why.allowed, job.package.file) from why
    except MarkupError as why:
        raise refusal(
            job.package,
            "broken-styles",
            N_("phần định dạng của sổ không dùng được ({why}); hãy mở bằng Excel, lưu lại rồi chạy lại"),
            why=str(why),
        ) from why
    return merge_styles(host, job.source.parse(job.source.styles_part or ""), job.package.file)


def _write_relations(job: _Job, new: Transplant) -> tuple[bytes, dict[str, str]]:
    """The workbook's relationships, pointing at our sheets; and the relationship id of each key."""
    package = job.package
    document = package.parse(relations_part(package.workbook_part))
    elements = {child.attributes.get("Id", ""): child for child in document.root.children}
    used = set(elements)
    for relation in package.relations:
        if relation.kind == "calcChain" and relation.target in job.removed:
            document.remove(elements[relation.id])

    def add(kind: str, part: str) -> str:
        name = next(f"rId{number}" for number in range(1, len(used) + 2) if f"rId{number}" not in used)
        used.add(name)
        given = f'Id="{name}" Type="{job.relations}/{kind}" Target={quoteattr(relative(part, job.folder))}'
        document.append(document.root, f"<{document.root.prefix}Relationship {given}/>")
        return name

    if package.styles_part is None:
        add("styles", job.styles)
    ids = {}
    for mark, title in job.keys.items():
        part = new.sheets[title]
        if mark not in job.old:
            ids[mark] = add("worksheet", part)
            continue
        ids[mark] = relation_id(package.sheet_elements[job.old[mark].position].attributes)
        if key(job.old[mark].sheet.part) != key(part):
            document.set_attribute(elements[ids[mark]], "Target", relative(part, job.folder))
    return document.result(), ids


def _write_workbook(job: _Job, new: Transplant, ids: Mapping[str, str]) -> tuple[bytes, list[str]]:
    """The workbook part with our sheets and their names; and the titles of all worksheets in order."""
    document = job.package.workbook.fresh()
    root = document.root
    listed = next(root.each("sheets"))
    elements = list(listed.each("sheet"))
    sheet_ids = [
        int(given) for e in elements if (given := e.attributes.get("sheetId", "")).isdecimal() and len(given) < 10
    ]
    titles = [sheet.name for sheet in job.package.sheets]
    positions = {}
    for mark, title in job.keys.items():
        if mark in job.old:
            positions[mark] = job.old[mark].position
            document.set_attribute(elements[positions[mark]], "name", title)
            titles[positions[mark]] = title
            continue
        sheet_ids.append(_free_id(sheet_ids))
        given = f'name={quoteattr(title)} sheetId="{sheet_ids[-1]}" {_id_attribute(document, job)}="{ids[mark]}"'
        document.append(listed, f"<{root.prefix}sheet {given}/>")
        positions[mark] = len(titles)
        titles.append(title)
    _write_names(job, document, positions, new)
    other = {position for position, sheet in enumerate(job.package.sheets) if sheet.kind != "worksheet"}
    return document.result(), [title for position, title in enumerate(titles) if position not in other]


def _free_id(taken: list[int]) -> int:
    """One more than the highest; where Excel takes no higher one, the first that is free."""
    highest = max(taken, default=0)
    return highest + 1 if highest < MAX_SHEET_ID else next(n for n in range(1, MAX_SHEET_ID) if n not in taken)


def _id_attribute(document: Document, job: _Job) -> str:
    """`r:id` with the prefix that the part has for relationships, or with a declaration of its own."""
    tag = document.utf8[document.root.start : document.root.inner].decode()
    for declaration in tag.split("xmlns:")[1:]:
        prefix, _, rest = declaration.partition("=")
        if rest.strip()[1:].startswith((f'{job.relations}"', f"{job.relations}'")):
            return f"{prefix.strip()}:id"
    return f'xmlns:r="{job.relations}" r:id'


def _write_names(job: _Job, document: Document, positions: Mapping[str, int], new: Transplant) -> None:
    """Drop the names that belong to our old sheets, add those of the new ones."""
    root, prefix = document.root, document.root.prefix
    places = {str(position) for position in positions.values()}
    for element in defined_names(root):
        built_in = element.attributes.get("name", "").startswith("_xlnm.")
        if any(is_mark(element, mark) for mark in job.keys) or (
            built_in and element.attributes.get("localSheetId") in places
        ):
            document.remove(element)
    drawn_at = {sheet.name: str(at) for at, sheet in enumerate(job.source.sheets)}
    drawn_parts = {sheet.name: sheet.part for sheet in job.source.sheets}
    names = []
    for mark, title in job.keys.items():
        notes = count_notes(job.source, drawn_parts[title])
        names.append(marks(mark, title, digest(new.parts[new.sheets[title]], notes=notes), prefix))
        for element in defined_names(job.source.workbook.root):
            if element.attributes.get("localSheetId") == drawn_at[title]:
                given = {**element.attributes, "localSheetId": str(positions[mark])}
                attributes = "".join(f" {name}={quoteattr(value)}" for name, value in given.items())
                names.append(f"<{prefix}definedName{attributes}>{escape(element.text)}</{prefix}definedName>")
    add_names(document, names)


def _write_content_types(job: _Job, new: Transplant) -> bytes:
    document = job.package.parse(CONTENT_TYPES)
    root, prefix = document.root, document.root.prefix
    gone = {key(name) for name in job.removed}
    extensions = set()
    for element in root.children:
        if gone and element.name == "Override" and key(element.attributes.get("PartName", "")) in gone:
            document.remove(element)
        elif element.name == "Default":
            extensions.add(element.attributes.get("Extension", "").lower())
    if "rels" not in extensions:
        document.append(root, f'<{prefix}Default Extension="rels" ContentType="{_RELATIONSHIPS_TYPE}"/>')
    types = new.content_types if job.package.styles_part else {job.styles: _STYLES_TYPE, **new.content_types}
    for part, content_type in types.items():
        document.append(root, f'<{prefix}Override PartName={quoteattr("/" + part)} ContentType="{content_type}"/>')
    return document.result()


def _write_titles(package: Package, part: str, titles: list[str]) -> bytes:
    """The properties' list of titles, where it begins with the worksheets as Excel writes it; else as it was."""
    document = package.parse(part)
    pairs, listing = document.root.find("HeadingPairs"), document.root.find("TitlesOfParts")
    before = [sheet.name for sheet in package.sheets if sheet.kind == "worksheet"]
    if pairs is None or listing is None or not pairs.children or not listing.children or not before:
        return document.raw
    vector = listing.children[0]
    count = next((v.children[0] for v in pairs.children[0].children[1:2] if v.children), None)
    shown = vector.children[: len(before)]
    if count is None or count.text != str(len(before)) or [entry.text for entry in shown] != before:
        return document.raw
    for entry, title in zip(shown, titles, strict=False):
        document.set_text(entry, title)
    extra = titles[len(before) :]
    if extra:
        tag = shown[-1].prefix + shown[-1].name
        document.insert(shown[-1].end, "".join(f"<{tag}>{escape(title)}</{tag}>" for title in extra))
        document.set_text(count, str(len(titles)))
        document.set_attribute(vector, "size", str(len(vector.children) + len(extra)))
    return document.result()
