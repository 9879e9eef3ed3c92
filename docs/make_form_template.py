"""Make the templates of the BIỂU ĐÁNH GIÁ that nhiemvu ships, one a language.

    python docs/make_form_template.py [FOLDER]

The templates are files and not code, so that an office edits the very thing that is filled, in Word; this script says
how ours were made (Nghị định 30/2020/NĐ-CP), and a test says that they are what it makes. Two runs give the same bytes.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from nhiemvu.report.word import fix_dates
from nhiemvu.sheets.title import MOTTO, NATION

FOLDER = Path(__file__).resolve().parent.parent / "nhiemvu" / "report"
FONT = "Times New Roman"
WIDTH = 297 - 30 - 15  # between the margins of A4 landscape, millimetres
COLUMNS = (66, 144, 42)

ENGLISH = {
    "TM. ỦY BAN NHÂN DÂN": "FOR THE PEOPLE'S COMMITTEE",
    "CHỦ TỊCH": "CHAIRPERSON",
    "THỦ TRƯỞNG ĐƠN VỊ": "HEAD OF THE OFFICE",
    "BIỂU ĐÁNH GIÁ": "EVALUATION",
    "{{ unit.place }}, ngày      tháng      năm {{ year }}": "{{ unit.place }}, day      month      year {{ year }}",
    "Kết quả thực hiện {{ period }}": "Results for {{ period }}",
    "; số liệu tính đến ngày {{ as_of }}": "; figures as of {{ as_of }}",
    "(Kèm theo Báo cáo số        /BC": "(Attached to report no.        /BC",
    ", ngày      tháng      năm {{ year }} của {{ unit.short }})": (
        ", day      month      year {{ year }}, of {{ unit.short }})"
    ),
    "Tên nhóm nhiệm vụ": "Group of tasks",
    "Kết quả đánh giá từng nhiệm vụ": "Result of each task",
    "(Ban hành văn bản lãnh đạo thực hiện nhiệm vụ; kết quả thực hiện đối với từng nội dung cụ thể)": (
        "(Documents issued to lead the work; results of each item)"
    ),
    ", mục tiêu": ", target",
    "Ghi chú:": "Notes:",
    "Nơi nhận:": "Recipients:",
    "- Lưu: VT.": "- Filed: records office.",
}


def make_template(language: str) -> bytes:
    """The template in one language (`vi` or `en`)."""

    def say(text: str) -> str:
        return text if language == "vi" else ENGLISH[text]

    document = Document()
    _define_styles(document, "vi-VN" if language == "vi" else "en-GB")
    _lay_out(document)
    _draw_head(document, say)
    _draw_table(document, say)
    _draw_foot(document, say)
    document.core_properties.author = "nhiemvu"
    document.core_properties.title = say("BIỂU ĐÁNH GIÁ")
    document.core_properties.comments = ""
    package = document.part.package  # python-docx's own template has a picture of itself
    for key in [key for key, each in package.rels.items() if each.reltype.endswith("/thumbnail")]:
        del package.rels[key]
    made = io.BytesIO()
    document.save(made)
    return fix_dates(made.getvalue())


# --- the page -----------------------------------------------------------------------------------------------------


def _define_styles(document: Any, language: str) -> None:
    """Styles with names that an office finds in Word, so that one change of a style changes the whole form."""
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = FONT, Pt(13)
    fonts = normal.element.get_or_add_rPr().get_or_add_rFonts()
    for kind in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
        fonts.set(qn(kind), FONT)
    mark = OxmlElement("w:lang")
    mark.set(qn("w:val"), language)
    normal.element.rPr.append(mark)
    normal.paragraph_format.space_before = normal.paragraph_format.space_after = Pt(0)
    for name, size, align, before in (
        ("Biểu - tiêu đề", 14, WD_ALIGN_PARAGRAPH.CENTER, 0),
        ("Biểu - đầu cột", 13, WD_ALIGN_PARAGRAPH.CENTER, 3),
        ("Biểu - ô hẹp", 13, WD_ALIGN_PARAGRAPH.LEFT, 3),
        ("Biểu - ô rộng", 13, WD_ALIGN_PARAGRAPH.JUSTIFY, 3),
        ("Biểu - ghi chú", 12, WD_ALIGN_PARAGRAPH.LEFT, 2),
        ("Biểu - nơi nhận", 11, WD_ALIGN_PARAGRAPH.LEFT, 0),
    ):
        style = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = normal
        style.font.size = Pt(size)
        style.paragraph_format.alignment = align
        style.paragraph_format.space_before = style.paragraph_format.space_after = Pt(before)


def _lay_out(document: Any) -> None:
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(297), Mm(210)
    section.top_margin = section.bottom_margin = Mm(20)
    section.left_margin, section.right_margin = Mm(30), Mm(15)
    section.header_distance = section.footer_distance = Mm(10)
    section.different_first_page_header_footer = True  # no number on page 1
    number = section.header.paragraphs[0]
    number.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for kind in ("begin", "PAGE", "end"):
        run = number.add_run()
        if kind == "PAGE":
            code = OxmlElement("w:instrText")
            code.set(qn("xml:space"), "preserve")
            code.text = " PAGE "
        else:
            code = OxmlElement("w:fldChar")
            code.set(qn("w:fldCharType"), kind)
        run._r.append(code)


# --- pieces -------------------------------------------------------------------------------------------------------


def _write(place: Any, text: str, style: str = "Normal", *, fresh: bool = False, **look: Any) -> Any:
    """A paragraph at the end of a cell or of the document; `**` around a part makes it bold, `__` italic.

    `fresh`: the cell's first, empty paragraph is used.
    """
    paragraph = place.paragraphs[0] if fresh else place.add_paragraph()
    paragraph.style = style
    if "align" in look:
        paragraph.alignment = look["align"]
    for bold, part in _split(text, "**"):
        for italic, piece in _split(part, "__"):
            run = paragraph.add_run(piece)
            run.bold = bold or look.get("bold") or None
            run.italic = italic or look.get("italic") or None
            if "size" in look:
                run.font.size = Pt(look["size"])
    return paragraph


def _split(text: str, mark: str) -> Iterable[tuple[bool, str]]:
    return [(at % 2 == 1, part) for at, part in enumerate(text.split(mark)) if part]


def _rule(place: Any, inset: float) -> None:
    """A thin line under a name, this many millimetres from both sides."""
    paragraph = place.add_paragraph()
    paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = Mm(inset)
    paragraph.paragraph_format.line_spacing = Pt(3)
    border = OxmlElement("w:pBdr")
    line = OxmlElement("w:top")
    for key, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "auto")):
        line.set(qn(f"w:{key}"), value)
    border.append(line)
    paragraph._p.get_or_add_pPr().insert_element_before(border, "w:spacing", "w:ind", "w:jc")


def _table(document: Any, rows: int, widths: Iterable[float], style: str | None = None) -> Any:
    widths = list(widths)
    table = document.add_table(rows=rows, cols=len(widths), style=style)
    table.autofit = False
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    for at, width in enumerate(widths):
        table.columns[at].width = Mm(width)
        for cell in table.columns[at].cells:
            cell.width = Mm(width)
    return table


def _mark_row(row: Any, name: str) -> None:
    """`tblHeader`: repeated on each page; `cantSplit`: kept on one."""
    row._tr.get_or_add_trPr().append(OxmlElement(f"w:{name}"))


# --- the form -----------------------------------------------------------------------------------------------------


def _draw_head(document: Any, say: Any) -> None:
    center = {"align": WD_ALIGN_PARAGRAPH.CENTER}
    left, right = _table(document, 1, (104, WIDTH - 104)).rows[0].cells
    _write(left, "{{ unit.parent|upper }}", fresh=True, size=13, **center)
    _write(left, "{{ unit.agency }}", size=13, bold=True, **center)
    _rule(left, 36)
    _write(right, NATION, fresh=True, size=13, bold=True, **center)
    _write(right, MOTTO, size=14, bold=True, **center)
    _rule(right, 41)
    _write(right, say("{{ unit.place }}, ngày      tháng      năm {{ year }}"), size=14, italic=True, **center)
    title = "Biểu - tiêu đề"
    _write(document, say("BIỂU ĐÁNH GIÁ"), title, bold=True).paragraph_format.space_before = Pt(12)
    _write(document, "{{ title }}", title, bold=True)
    results = say("Kết quả thực hiện {{ period }}") + "{% if as_of %}"
    _write(document, results + say("; số liệu tính đến ngày {{ as_of }}") + "{% endif %}", title)
    attached = say("(Kèm theo Báo cáo số        /BC") + "{% if unit.has_committee %}-UBND{% endif %}"
    attached += say(", ngày      tháng      năm {{ year }} của {{ unit.short }})")
    _write(document, attached, title, italic=True).paragraph_format.space_after = Pt(8)


def _draw_table(document: Any, say: Any) -> None:
    target = "{%% if %s.target %%}" + say(", mục tiêu") + " {{ %s.target }}{%% endif %%}"
    table = _table(document, 4, COLUMNS, "Table Grid")
    head, opening, row, closing = table.rows
    _mark_row(head, "tblHeader")
    _mark_row(head, "cantSplit")
    column = "Biểu - đầu cột"
    _write(head.cells[0], say("Tên nhóm nhiệm vụ"), column, fresh=True, bold=True)
    _write(head.cells[1], say("Kết quả đánh giá từng nhiệm vụ"), column, fresh=True, bold=True)
    leading = "(Ban hành văn bản lãnh đạo thực hiện nhiệm vụ; kết quả thực hiện đối với từng nội dung cụ thể)"
    _write(head.cells[1], say(leading), column, italic=True)
    _write(head.cells[2], "{{ outlook_heading }}", column, fresh=True, bold=True)

    _write(opening.cells[0], "{%tr for group in groups %}", fresh=True)
    _write(closing.cells[0], "{%tr endfor %}", fresh=True)

    narrow, wide = "Biểu - ô hẹp", "Biểu - ô rộng"
    cell = row.cells[0]
    group = "{{ group.code }}. {{ group.name }}" + target % ("group", "group")
    group += (
        "{% if group.verdict %} ({{ group.verdict }}){% endif %}.{% if group.counts %} {{ group.counts }}.{% endif %}"
    )
    _write(cell, group, narrow, fresh=True, bold=True)
    _write(cell, "{%p for task in group.tasks %}", narrow)
    _write(cell, "{{ task.code }}. {{ task.name }}" + target % ("task", "task") + ".", narrow)
    _write(cell, "{%p endfor %}", narrow)

    cell = row.cells[1]
    _write(cell, "{%p if group.text %}", wide, fresh=True)
    _write(cell, "{{ group.text }}", wide)
    _write(cell, "{%p endif %}", wide)
    _write(cell, "{%p for line in group.lines %}", wide)
    _write(cell, "{%p if line.is_group %}", wide)
    heading = "**{{ line.code }}. {{ line.name }}** __({{ line.verdict }})__."
    _write(cell, heading, wide).paragraph_format.keep_with_next = True
    _write(cell, "{%p if line.text %}", wide)
    _write(cell, "{{ line.text }}", wide)
    _write(cell, "{%p endif %}", wide)
    _write(cell, "{%p else %}", wide)
    text = "{% if line.text %}: {{ line.text }}{% endif %} __({{ line.verdict }})__."
    _write(cell, "{{ line.code }}. {{ line.name }}" + target % ("line", "line") + text, wide)
    _write(cell, "{%p endif %}", wide)
    _write(cell, "{%p endfor %}", wide)

    cell = row.cells[2]
    _write(cell, "{%p for text in group.outlook %}", narrow, fresh=True)
    _write(cell, "{{ text }}", narrow)
    _write(cell, "{%p endfor %}", narrow)


def _draw_foot(document: Any, say: Any) -> None:
    note = "Biểu - ghi chú"
    heading = _write(document, say("Ghi chú:"), note, bold=True, italic=True)
    heading.paragraph_format.space_before = Pt(8)
    _write(document, "{%p if overview %}", note)
    _write(document, "- {{ overview }}.", note)
    _write(document, "{%p endif %}", note)
    _write(document, "{%p for note in notes %}", note)
    _write(document, "- {{ note }}", note)
    _write(document, "{%p endfor %}", note)
    for paragraph in document.paragraphs[-7:]:  # the signature does not stand on a page of its own
        paragraph.paragraph_format.keep_with_next = True
    document.paragraphs[-2].paragraph_format.space_after = Pt(4)
    signatures = _table(document, 1, (104, WIDTH - 104))
    _mark_row(signatures.rows[0], "cantSplit")
    left, right = signatures.rows[0].cells
    receivers, center = "Biểu - nơi nhận", {"align": WD_ALIGN_PARAGRAPH.CENTER}
    heading = _write(left, say("Nơi nhận:"), receivers, fresh=True, size=12, bold=True, italic=True)
    heading.paragraph_format.space_before = Pt(8)
    _write(left, "- {{ unit.parent }};", receivers)
    _write(left, say("- Lưu: VT."), receivers)
    _write(right, "{%p if unit.has_committee %}", fresh=True)
    _write(right, say("TM. ỦY BAN NHÂN DÂN"), size=14, bold=True, **center).paragraph_format.space_before = Pt(8)
    _write(right, say("CHỦ TỊCH"), size=14, bold=True, **center)
    _write(right, "{%p else %}")
    _write(right, say("THỦ TRƯỞNG ĐƠN VỊ"), size=14, bold=True, **center).paragraph_format.space_before = Pt(8)
    _write(right, "{%p endif %}")
    for _ in range(4):  # for the signature and the seal
        _write(right, "", size=14)


def main(folder: Path) -> None:
    """Write both templates."""
    for language, ending in (("vi", ""), ("en", ".en")):
        (folder / f"bieu-danh-gia{ending}.docx").write_bytes(make_template(language))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
