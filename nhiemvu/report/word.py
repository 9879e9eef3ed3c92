"""The form as a Word file, and as a PDF: a template that an office may have edited, filled by docxtpl.

    make_form ──▶ what is said ──┐
                                 ├─ fill ──▶ docx ──(LibreOffice)──▶ pdf
    template ──▶ checked whole ──┘

A template cannot run code, read files or fetch anything: `placeholders` lets through names, loops and conditions, the
environment is sandboxed all the same, and whatever links to other files is refused. The same evaluation and template
give the same bytes.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from docx.opc.exceptions import OpcError
from docx.opc.part import Part
from docx.oxml.ns import qn
from docx.oxml.parser import OxmlElement
from docxtpl import DocxTemplate
from jinja2 import StrictUndefined
from jinja2.sandbox import SandboxedEnvironment
from lxml import etree  # type: ignore[import-untyped]  # lxml has no types

from nhiemvu.errors import FormError, Place, Problem, WorkbookError
from nhiemvu.evaluation import Evaluation
from nhiemvu.messages import N_, _, current_language
from nhiemvu.report.form import Choice, Form, make_form
from nhiemvu.report.placeholders import check_template, show_paragraph
from nhiemvu.workbook.archive import MEBIBYTE, Archive, Limits
from nhiemvu.workbook.engines import EngineError, convert, has_libreoffice
from nhiemvu.workbook.kinds import read_file
from nhiemvu.workbook.save import save

_LIMITS = Limits(members=2000, file_bytes=20 * MEBIBYTE, total_bytes=64 * MEBIBYTE)
_MOST_MARKUP = 4 * MEBIBYTE  # of one part of a template
_MOST_TAGS = 2000  # each costs a millisecond
_MOST_OUTPUT = 32 * MEBIBYTE  # of one part of a form
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # what a zip file can say
_HARMLESS_LINKS = ("/hyperlink", "/attachedTemplate")
_FETCHING_FIELDS = re.compile(r"\s*(INCLUDE|DDE|LINK|IMPORT|DATABASE|RD)", re.IGNORECASE)
_TAG = re.compile(r"\{\{|\{%|\{#|\}\}|%\}|#\}")
_CLOSED_BY = {"{{": "}}", "{%": "%}", "{#": "#}"}
# what python-docx, docxtpl and lxml raise of a damaged file
_DAMAGE = (
    OpcError,
    etree.LxmlError,
    zipfile.BadZipFile,
    AttributeError,
    KeyError,
    IndexError,
    TypeError,
    ValueError,
    NotImplementedError,
)


def write_form(
    evaluation: Evaluation,
    path: str | Path,
    template: str | Path | None = None,
    *,
    verdicts: Choice = "computed",
    unit: int = 0,
) -> Path:
    """Write the BIỂU ĐÁNH GIÁ of one unit as a Word file.

    Args:
        evaluation: of a workbook.
        path: where to; a file of that name is replaced.
        template: a template of the office's own; by default ours, in the language in force.
        verdicts: which verdict stands where the unit's own and that of the rules differ; the other is named beside it.
        unit: the position of the unit.

    Returns:
        The file that was written.

    Raises:
        FormError: the template cannot be filled; every wrong name of it is listed.
        WriteError: the file system refused.
    """
    save(draw_form(evaluation, template, verdicts=verdicts, unit=unit), Path(path))
    return Path(path)


def draw_form(
    evaluation: Evaluation, template: str | Path | None = None, *, verdicts: Choice = "computed", unit: int = 0
) -> bytes:
    """As `write_form`, the bytes of the Word file."""
    return fill(make_form(evaluation, unit, verdicts), read_template(template), str(template or ""))


def read_template(path: str | Path | None = None) -> bytes:
    """A template; without a name ours, in the language in force.

    Raises:
        FormError: it cannot be read, or is too large.
    """
    if path is None:
        ending = "" if current_language() == "vi" else f".{current_language()}"
        return Path(__file__).with_name(f"bieu-danh-gia{ending}.docx").read_bytes()
    try:
        return read_file(Path(path), _LIMITS)
    except WorkbookError as why:
        raise FormError(why.problems) from why


def fill(form: Form, template: bytes, file: str = "") -> bytes:
    """A Word file of what a form says.

    Args:
        form: what it says.
        template: the bytes of a template.
        file: its name, for messages.

    Raises:
        FormError: the template is broken, links to other files, or says what no form knows; everything at once.
    """
    place = Place(file)
    document = _open(template, place)
    environment = SandboxedEnvironment(autoescape=True, undefined=StrictUndefined)
    if problems := [*_find_links(document, place), *_find_mistakes(document, environment)]:
        raise FormError(problems)
    try:
        document.render({each.name: getattr(form, each.name) for each in fields(form)}, environment, autoescape=True)
        _sign(document, form)
        drawn = io.BytesIO()
        document.save(drawn)
    except _DAMAGE as why:
        raise _broken(place, why) from why
    return fix_dates(drawn.getvalue())


def make_pdf(document: bytes) -> bytes:
    """A Word file as a PDF, by LibreOffice.

    Raises:
        FormError: LibreOffice is not here, or did not do it.
    """
    if not has_libreoffice():
        message = N_(
            "chưa có LibreOffice trên máy này nên không tạo được PDF; hãy cài LibreOffice (miễn phí, libreoffice.org), "
            "hoặc mở tệp .docx bằng Word rồi chọn Lưu thành PDF"
        )
        raise FormError(Problem("no-libreoffice", message))
    try:
        return _forget_the_clock(convert(document, "docx", "pdf"))
    except EngineError as why:
        message = N_("LibreOffice không tạo được PDF ({why}); hãy mở tệp .docx bằng Word rồi chọn Lưu thành PDF")
        raise FormError(Problem("pdf-failed", message, fill={"why": why})) from why


def _forget_the_clock(pdf: bytes) -> bytes:
    """The PDF with a fixed day, and with marks that follow from its content; nothing of it moves."""
    pdf = re.sub(rb"(?<=/CreationDate\(D:)\d{14}", b"20240101000000", pdf)
    marks = re.compile(rb"(?:(?<=/ID \[ <)|(?<=>\n<)|(?<=/DocChecksum /))[0-9A-F]{32}")
    mark = hashlib.md5(marks.sub(b"", pdf), usedforsecurity=False).hexdigest().upper()
    return marks.sub(mark.encode(), pdf)


class _Template(DocxTemplate):  # type: ignore[misc]  # docxtpl has no types
    """docxtpl, but for three things: output is bounded, has to be well-formed, and is never read for braces again."""

    def __init__(self, raw: bytes, place: Place) -> None:
        super().__init__(io.BytesIO(raw))
        self.place = place
        self.init_docx()

    def render_xml_part(self, src_xml: str, part: object, context: Mapping[str, Any], jinja_env: Any = None) -> str:
        """Fill one part; docxtpl would turn `{_{` of a narrative into `{{`."""
        pieces: list[str] = []
        size = 0
        for piece in jinja_env.from_string(src_xml).generate(context):
            size += len(piece)
            if size > _MOST_OUTPUT:
                raise FormError(
                    Problem(
                        "form-too-long",
                        N_("biểu dựng theo mẫu này dài quá {most} MB; hãy bớt phần lặp trong mẫu"),
                        self.place,
                        {"most": _MOST_OUTPUT // MEBIBYTE},
                    )
                )
            pieces.append(piece)
        xml = str(self.resolve_listing("".join(pieces)))
        try:
            root = _parse(xml.encode())
        except etree.XMLSyntaxError as why:
            raise FormError(
                Problem(
                    "template-crossed",
                    N_(
                        "trong mẫu có lệnh mở ở một đoạn hoặc ô và đóng ở đoạn hoặc ô khác; hãy dùng {p} cho cả đoạn "
                        "hoặc {tr} cho cả hàng của bảng"
                    ),
                    self.place,
                    {"p": "{%p … %}", "tr": "{%tr … %}"},
                )
            ) from why
        for cell in root.iter(qn("w:tc")):
            if not len(cell) or cell[-1].tag != qn("w:p"):  # a loop over nothing: Word opens no cell without paragraph
                cell.append(OxmlElement("w:p"))
        return str(self.xml_to_string(root))

    def render_properties(self, context: object, jinja_env: object = None) -> None:
        """The properties are not filled: we set them ourselves."""

    def parts(self) -> Iterator[tuple[Place, Any]]:
        """Every part that is filled, as plain elements, with where it is."""
        yield self.place, _parse(etree.tostring(self.docx.element.body))
        names = {
            "/header": _("đầu trang"),
            "/footer": _("chân trang"),
            "/footnotes": _("chú thích"),
        }
        for relation in self.docx.part.rels.values():
            ending = "/" + relation.reltype.rpartition("/")[2]
            if ending in names and not relation.is_external:
                yield Place(self.place.file, names[ending]), _parse(relation.target_part.blob)


def _parse(xml: bytes) -> Any:
    return etree.fromstring(xml, etree.XMLParser(resolve_entities=False))


def _open(raw: bytes, place: Place) -> _Template:
    try:
        archive = Archive(raw, place.file, _LIMITS)
    except WorkbookError as why:
        raise _broken(place, why) from why
    large = [each.name for each in archive.members if each.name.endswith(".xml") and each.size > _MOST_MARKUP]
    if large:
        message = N_("phần «{part}» của mẫu lớn quá {most} MB; hãy bớt nội dung không cần của mẫu")
        fill = {"part": large[0], "most": _MOST_MARKUP // MEBIBYTE}
        raise FormError(Problem("template-too-large", message, place, fill))
    try:
        return _Template(raw, place)
    except _DAMAGE as why:
        raise _broken(place, why) from why


def _broken(place: Place, why: Exception) -> FormError:
    message = N_(
        "không dùng làm mẫu được vì không phải tệp Word .docx nguyên vẹn ({why}); hãy mở bằng Word, chọn Lưu thành, "
        "kiểu Tài liệu Word (.docx), rồi chạy lại"
    )
    return FormError(Problem("template-broken", message, place, {"why": type(why).__name__}))


# --- what is wrong with a template ------------------------------------------------------------------------------------


def _find_links(document: _Template, place: Place) -> Iterator[Problem]:
    """Pictures, objects and fields that would be fetched from elsewhere when the form is opened."""
    message = N_("mẫu lấy nội dung từ nơi khác («{target}»); hãy chèn hẳn nội dung ấy vào mẫu")
    for part in document.docx.part.package.iter_parts():
        for relation in part.rels.values() if isinstance(part, Part) else ():
            if relation.is_external and not relation.reltype.endswith(_HARMLESS_LINKS):
                yield Problem("template-link", message, place, {"target": show_paragraph(relation.target_ref)})
    for where, root in document.parts():
        for element in root.iter(qn("w:instrText"), qn("w:fldSimple")):
            said = element.get(qn("w:instr")) or element.text or ""
            if _FETCHING_FIELDS.match(said):
                yield Problem("template-link", message, where, {"target": show_paragraph(" ".join(said.split()))})


def _find_mistakes(document: _Template, environment: SandboxedEnvironment) -> Iterator[Problem]:
    for where, root in document.parts():
        problems = list(_find_stray_tags(root, where))
        yield from problems
        if not problems:  # docxtpl puts tags together that Word has split; that needs each to be closed
            xml = document.patch_xml(document.xml_to_string(root))
            yield from check_template(re.sub(r"<w:p([ >])", r"\n<w:p\1", xml.replace("\n", " ")), environment, where)


def _find_stray_tags(root: Any, place: Place) -> Iterator[Problem]:
    """Tags that are not closed in their paragraph, stand where no text is, or would take other text away with them."""
    for element in root.iter(etree.Element):
        hidden = [*map(str, element.attrib.values()), "" if element.tag == qn("w:t") else element.text or ""]
        if any("{{" in text or "{%" in text for text in hidden):
            message = N_("có «{name}» hoặc «{command}» ngoài phần chữ của văn bản (ví dụ trong mô tả ảnh); hãy bỏ đi")
            yield Problem("template-hidden", message, place, {"name": "{{", "command": "{%"})
    tags = sum(len(re.findall(r"\{[{%]", each.text or "")) for each in root.iter(qn("w:t")))
    if tags > _MOST_TAGS:
        message = N_("mẫu có {tags} tên và lệnh, quá {most}; hãy dùng vòng lặp thay cho chép nhiều lần")
        yield Problem("template-too-large", message, place, {"tags": tags, "most": _MOST_TAGS})
    for paragraph in root.iter(qn("w:p")):
        text = "".join(each.text or "" for each in paragraph.iter(qn("w:t")))
        fill: dict[str, object] = {"paragraph": show_paragraph(text)}
        if not _is_balanced(text):
            message = N_("đoạn «{paragraph}»: có dấu ngoặc của lệnh mở mà không đóng trong cùng đoạn, hoặc ngược lại")
            yield Problem("template-brackets", message, place, fill)
        elif re.search(r"\{[{%]r\s", text):
            message = N_("đoạn «{paragraph}»: mẫu không dùng được lệnh bắt đầu bằng «r»")
            yield Problem("template-construct", message, place, fill)
    for letters, name in (("p", "w:p"), ("tr", "w:tr"), ("tc", "w:tc")):
        for container in root.iter(qn(name)):
            text = "".join(each.text or "" for each in container.iter(qn("w:t")))
            found = re.search(rf"\{{[%{{#]{letters}\s.*?[%}}#]\}}", text)
            rest = text.replace(found[0], "", 1).strip() if found else ""
            if found and rest:
                message = N_(
                    "«{tag}» thay cả đoạn, hàng hoặc ô chứa nó, nên phần «{rest}» ở cùng chỗ sẽ mất; hãy để lệnh này "
                    "một mình"
                )
                fill = {"tag": show_paragraph(found[0]), "rest": show_paragraph(rest)}
                yield Problem("template-not-alone", message, place, fill)


def _is_balanced(text: str) -> bool:
    """Is every tag closed by its own bracket before the next begins."""
    waiting = ""
    for token in _TAG.findall(text):
        if not waiting and token in _CLOSED_BY:
            waiting = _CLOSED_BY[token]
        elif token == waiting:
            waiting = ""
        else:
            return False
    return not waiting


# --- the same bytes every time ----------------------------------------------------------------------------------------


def _sign(document: _Template, form: Form) -> None:
    """What Word shows as the properties of the file."""
    properties = document.docx.core_properties
    properties.title = _("Biểu đánh giá: {title}", title=form.title)[:255]
    properties.author = properties.last_modified_by = form.unit.name[:255]
    properties.created = properties.modified = dt.datetime(2024, 1, 1)  # as our sheets: nothing depends on the clock
    properties.revision = 1


def fix_dates(raw: bytes) -> bytes:
    """A docx whose members say nothing of the time at which they were written."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as given, zipfile.ZipFile(made, "w") as archive:
        for name in given.namelist():
            info = zipfile.ZipInfo(name, _EARLIEST)
            archive.writestr(info, given.read(name), zipfile.ZIP_DEFLATED)
    return made.getvalue()
