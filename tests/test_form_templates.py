"""Templates that cannot be filled: every message whole, and nothing of a template runs, reads or fetches."""

from __future__ import annotations

import io
import time
import zipfile
from functools import cache
from typing import Any

import docx
import pytest
from conftest import EXAMPLE
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from hypothesis import given, settings
from hypothesis import strategies as st

import nhiemvu
from nhiemvu.errors import FormError
from nhiemvu.report import word
from nhiemvu.report.form import Form, make_form
from nhiemvu.report.word import fill, read_template


@cache
def form() -> Form:
    return make_form(nhiemvu.evaluate(EXAMPLE))


def save(document: Any) -> bytes:
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def make(*paragraphs: str, header: str = "", rows: tuple[tuple[str, ...], ...] = ()) -> bytes:
    document = docx.Document()
    for text in paragraphs:
        document.add_paragraph(text)
    if header:
        document.sections[0].header.paragraphs[0].text = header
    for texts in rows:
        cells = document.add_table(1, len(texts)).rows[0].cells
        for cell, text in zip(cells, texts, strict=True):
            cell.text = text
    return save(document)


def refuse(template: bytes) -> FormError:
    with pytest.raises(FormError) as caught:
        fill(form(), template, "mau.docx")
    return caught.value


ONLY = "chỉ dùng tên, for, if và các bộ lọc upper, lower, capitalize, title, trim, length, join, first, last"
TOP = "as_of, groups, notes, outlook_heading, overview, period, title, unit, year"
FORMS = "tên viết như {{ unit.name }}, lệnh viết như {%p for line in group.lines %} … {%p endfor %}"
MISTAKES = [
    ("{{ unit.nam }}", "template-name", "không có tên «unit.nam»; gần nhất: unit.name"),
    ("{{ tieu_de }}", "template-name", f"không có tên «tieu_de»; ở đó dùng được: {TOP}"),
    (
        "{% for g in groups %}{% for l in g.lines %}{{ l.verdit }}{% endfor %}{% endfor %}",
        "template-name",
        "không có tên «l.verdit»; gần nhất: l.verdict",
    ),
    (
        "{{ unit.__class__ }}",
        "template-name",
        "không có tên «unit.__class__»; ở đó dùng được: unit.agency, unit.has_committee, unit.name, unit.parent, "
        "unit.place, unit.short",
    ),
    ("{{ loop.index }}", "template-name", f"không có tên «loop»; ở đó dùng được: {TOP}"),
    (
        "{{ unit }}",
        "template-not-text",
        "«unit» gồm nhiều phần; hãy ghi rõ phần nào, ví dụ {{ unit.name }}",
    ),
    (
        "{{ groups }}",
        "template-not-text",
        "«groups» là danh sách; hãy lặp từng mục bằng {%p for x in groups %} … {%p endfor %}",
    ),
    ("{% for x in title %}{% endfor %}", "template-not-a-list", "«title» không phải danh sách để lặp"),
    (
        "{% for g in groups %}{% for h in groups %}{% endfor %}{% endfor %}",
        "template-loop",
        "trong vòng lặp «g» chỉ lặp tiếp được các danh sách của «g», không lặp được «groups»",
    ),
    (
        "Tên: {{ title }",
        "template-brackets",
        "có dấu ngoặc của lệnh mở mà không đóng trong cùng đoạn, hoặc ngược lại",
    ),
    ("{% endif %}", "template-unopened", "lệnh «endif» không có lệnh mở đi trước nó"),
    ("{% fro g in groups %}", "template-command", "không có lệnh «fro»; gần nhất: for"),
    (
        "{% zzzzzz %}",
        "template-command",
        "không có lệnh «zzzzzz»; dùng được: for, endfor, if, elif, else, endif",
    ),
    ("{{ unit. }}", "template-syntax", f"viết sai cú pháp; {FORMS}"),
    ("{{r title }}", "template-construct", "mẫu không dùng được lệnh bắt đầu bằng «r»"),
    ("{{ 7*7 }}", "template-construct", f"mẫu không dùng được «*»; {ONLY}"),
    ("{{ title.upper() }}", "template-construct", f"mẫu không dùng được «(…)»; {ONLY}"),
    ("{{ unit['name'] }}", "template-construct", f"mẫu không dùng được «[…]»; {ONLY}"),
    ("{{ title|attr('x') }}", "template-construct", f"mẫu không dùng được «|attr»; {ONLY}"),
    ("{{ groups|join }}", "template-construct", f"mẫu không dùng được «|join»; {ONLY}"),
    ("{{ title|trim(year) }}", "template-construct", f"mẫu không dùng được «|trim(…)»; {ONLY}"),
    ("{% include '/etc/passwd' %}", "template-construct", f"mẫu không dùng được «include»; {ONLY}"),
    ("{% import 'os' as os %}", "template-construct", f"mẫu không dùng được «import»; {ONLY}"),
    ("{% set x = title %}", "template-construct", f"mẫu không dùng được «set»; {ONLY}"),
    ("{% macro x() %}{% endmacro %}", "template-construct", f"mẫu không dùng được «macro»; {ONLY}"),
    (
        "{% for g in groups if g.code %}{% endfor %}",
        "template-construct",
        f"mẫu không dùng được «for … if»; {ONLY}",
    ),
]


@pytest.mark.parametrize(("text", "code", "said"), MISTAKES, ids=[text for text, _code, _said in MISTAKES])
def test_a_mistake_is_named_with_its_paragraph_and_the_nearest_name(text, code, said):
    error = refuse(make(text))
    assert [problem.code for problem in error.problems] == [code]
    assert str(error) == f"mau.docx: đoạn «{text}»: {said}"


def test_every_mistake_is_told_at_once_wherever_it_stands():
    error = refuse(make("{{ unit.nam }}", "{{ perod }} {{ yaer }}", header="{{ unit.plce }}"))
    assert str(error).split("\n") == [
        "mau.docx: đoạn «{{ unit.nam }}»: không có tên «unit.nam»; gần nhất: unit.name",
        "mau.docx: đoạn «{{ perod }} {{ yaer }}»: không có tên «perod»; gần nhất: period",
        "mau.docx: đoạn «{{ perod }} {{ yaer }}»: không có tên «yaer»; gần nhất: year",
        "mau.docx · đầu trang: đoạn «{{ unit.plce }}»: không có tên «unit.plce»; gần nhất: unit.place",
    ]


def test_a_loop_that_is_not_closed():
    error = refuse(make("{%p for g in groups %}", "{{ g.name }}"))
    assert str(error) == "mau.docx: lệnh «for» mở ra mà không có «endfor» đóng lại, hoặc đóng sai thứ tự"


def test_text_beside_a_command_that_takes_the_whole_paragraph_or_row_would_be_lost():
    error = refuse(make("{%p if title %} Kính gửi", "{%p endif %}"))
    assert str(error) == (
        "mau.docx: «{%p if title %}» thay cả đoạn, hàng hoặc ô chứa nó, nên phần «Kính gửi» ở cùng chỗ sẽ mất; hãy để "
        "lệnh này một mình"
    )
    rows = (("{%tr for g in groups %}", "Cột hai"), ("{{ g.name }}", ""), ("{%tr endfor %}", ""))
    assert [problem.fill["rest"] for problem in refuse(make(rows=rows)).problems] == ["Cột hai"]


def test_a_command_that_opens_in_one_paragraph_and_closes_within_another():
    error = refuse(make("{% if not title %}", rows=(("{% endif %}",),)))
    assert str(error) == (
        "mau.docx: trong mẫu có lệnh mở ở một đoạn hoặc ô và đóng ở đoạn hoặc ô khác; hãy dùng {%p … %} cho cả đoạn "
        "hoặc {%tr … %} cho cả hàng của bảng"
    )


def test_what_a_template_may_say():
    told = fill(
        form(),
        make(
            "{{ groups|length }} nhóm; {{ unit.name|upper }}; {{ (groups|first).name }}",
            "{% for g in groups %}{{ loop.index }}-{{ g.code }}{% if not loop.last %}, {% endif %}{% endfor %}",
            "{{ year if period else '' }}{# ghi chú cho người sửa mẫu #}",
            "{% if notes and year == '2024' %}có{% elif title %}không{% endif %}",
        ),
    )
    assert [paragraph.text for paragraph in docx.Document(io.BytesIO(told)).paragraphs] == [
        "3 nhóm; XÃ HẢI YẾN; Nhóm nhiệm vụ thứ Nhất về kinh tế",
        "1-1, 2-2, 3-3",
        "2024",
        "có",
    ]


# --- files ------------------------------------------------------------------------------------------------------------

BROKEN = (
    "mau.docx: không dùng làm mẫu được vì không phải tệp Word .docx nguyên vẹn ({}); hãy mở bằng Word, chọn Lưu thành, "
    "kiểu Tài liệu Word (.docx), rồi chạy lại"
)


def rezip(raw: bytes, **changes: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as given, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in given.namelist():
            archive.writestr(name, changes.get(name.replace("/", "_").replace(".", "_"), given.read(name)))
    return made.getvalue()


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "WorkbookError"),
        (b"{{ unit.name }}", "WorkbookError"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "WorkbookError"),
        (read_template()[:3000], "WorkbookError"),
        (EXAMPLE.read_bytes(), "ValueError"),
        (rezip(read_template(), word_document_xml=b"<w:document"), "XMLSyntaxError"),
    ],
    ids=["empty", "text", "doc", "cut", "workbook", "markup"],
)
def test_a_file_that_is_no_template(raw, why):
    assert str(refuse(raw)) == BROKEN.format(why)


def test_a_template_that_is_not_there(tmp_path):
    with pytest.raises(FormError) as caught:
        read_template(tmp_path / "mau.docx")
    assert "mau.docx" in str(caught.value)


def test_a_template_that_swells_is_refused_quickly():
    spaces = rezip(read_template(), word_document_xml=b" " * (80 << 20))
    letters = b'<w:document xmlns:w="a">' + bytes(range(64, 91)) * (200 << 10) + b"</w:document>"
    start = time.process_time()
    assert str(refuse(spaces)) == BROKEN.format("WorkbookError")
    assert str(refuse(rezip(read_template(), word_document_xml=letters))) == (
        "mau.docx: phần «word/document.xml» của mẫu lớn quá 4 MB; hãy bớt nội dung không cần của mẫu"
    )
    assert time.process_time() - start < 5


def test_entities_are_not_expanded():
    kinds = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 9))
    with zipfile.ZipFile(io.BytesIO(read_template())) as archive:
        xml = archive.read("word/document.xml").decode()
    start = xml.index("<w:document")
    bomb = f'<!DOCTYPE x [<!ENTITY a0 "{"x" * 100}">{kinds}<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    hostile = xml[:start] + bomb + xml[start:].replace("BIỂU ĐÁNH GIÁ", "&a8;&f;")
    try:
        raw = fill(form(), rezip(read_template(), word_document_xml=hostile.encode()))
    except FormError:
        return
    told = zipfile.ZipFile(io.BytesIO(raw)).read("word/document.xml")
    assert len(told) < 1 << 20
    assert b"root:" not in told


def test_an_output_that_grows_too_long_is_refused(monkeypatch):
    monkeypatch.setattr(word, "_MOST_OUTPUT", 1 << 20)
    text = "{% for g in groups %}{% for l in g.lines %}" + "x" * 20_000 + "{% endfor %}{% endfor %}"
    assert str(refuse(make(text))) == "mau.docx: biểu dựng theo mẫu này dài quá 1 MB; hãy bớt phần lặp trong mẫu"


@pytest.mark.slow
def test_a_large_template_is_filled_in_seconds():
    with zipfile.ZipFile(io.BytesIO(make("Nhiều chữ khác " * 5, *["{{ unit.name }}"] * 50))) as archive:
        xml = archive.read("word/document.xml").decode()
    start, end = xml.index("<w:p>"), xml.index("</w:p>") + len("</w:p>")
    template = rezip(make(), word_document_xml=(xml[:start] + xml[start:end] * 20_000 + xml[end:]).encode())
    begun = time.process_time()
    made = fill(form(), template)
    assert time.process_time() - begun < 20
    told = zipfile.ZipFile(io.BytesIO(made)).read("word/document.xml").decode()
    assert (told.count("Nhiều chữ"), told.count("Xã Hải Yến")) == (20_000 * 5, 50)


def test_a_template_of_too_many_commands_is_refused():
    error = refuse(make("{{ title }}" * 2_001))
    assert str(error) == "mau.docx: mẫu có 2001 tên và lệnh, quá 2000; hãy dùng vòng lặp thay cho chép nhiều lần"


@pytest.mark.parametrize("kind", ["image", "oleObject", "frame", "subDocument"])
def test_a_template_that_fetches_from_elsewhere_is_refused(kind):
    document = docx.Document()
    types = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
    document.part.relate_to("file:///etc/passwd", types + kind, is_external=True)
    assert str(refuse(save(document))) == (
        "mau.docx: mẫu lấy nội dung từ nơi khác («file:///etc/passwd»); hãy chèn hẳn nội dung ấy vào mẫu"
    )


@pytest.mark.parametrize(
    "code", ['INCLUDETEXT "C:\\\\a.txt"', ' includepicture "http://x/y.png" \\d', "DDEAUTO c:\\cmd"]
)
def test_a_field_that_fetches_is_refused(code):
    document = docx.Document()
    instruction = OxmlElement("w:instrText")
    instruction.text = code
    document.add_paragraph().add_run()._r.append(instruction)
    shown = " ".join(code.split())
    assert str(refuse(save(document))) == (
        f"mau.docx: mẫu lấy nội dung từ nơi khác («{shown}»); hãy chèn hẳn nội dung ấy vào mẫu"
    )


def test_links_to_read_are_kept():
    document = docx.Document()
    document.part.relate_to("https://example.vn", RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate"
    document.part.relate_to("file:///C:/Normal.dotm", kind, is_external=True)
    assert fill(form(), save(document))


def test_braces_outside_the_text_are_refused():
    document = docx.Document()
    paragraph = document.add_paragraph("a")
    paragraph._p.set(qn("w:rsidR"), "{{ unit.name }}")
    assert str(refuse(save(document))) == (
        "mau.docx: có «{{» hoặc «{%» ngoài phần chữ của văn bản (ví dụ trong mô tả ảnh); hãy bỏ đi"
    )


TAGS = ["{{ ", " }}", "{% ", " %}", "{%p ", " %}", "{%tr ", "{#", "#}", "{", "}", "%", "-"]
COMMANDS = ["for g in groups", "endfor", "if ", "endif", "else", "raw", "endraw", "colspan 2", "vm", "hm", "in", "not"]
NAMES = ["unit", ".name", "g.", "lines", "title", "upper", "loop.index", "self", "range", "__class__"]
SIGNS = ["|", "(", ")", "[", "]", "'", '"', "**", "\n", "x", " ", "<w:p>", "&", "1"]
PIECES = st.sampled_from([*TAGS, *COMMANDS, *NAMES, *SIGNS])


@pytest.mark.slow
@settings(max_examples=300)
@given(st.lists(st.lists(PIECES, max_size=12).map("".join), min_size=1, max_size=4))
def test_any_template_is_filled_or_refused_with_reasons(paragraphs):
    refused: list[str] = []
    try:
        raw = fill(form(), make(*paragraphs), "mau.docx")
    except FormError as error:
        refused = [str(problem) for problem in error.problems]
    if refused:
        assert all(reason.startswith("mau.docx") for reason in refused)
    else:
        assert docx.Document(io.BytesIO(raw))
