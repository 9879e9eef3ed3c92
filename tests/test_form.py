"""The BIỂU ĐÁNH GIÁ: what it says of an evaluation, as a Word file, as a PDF, and on the command line."""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import subprocess
import sys
import unicodedata
import zipfile
from collections.abc import Sequence
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import docx
import pandas as pd
import pytest
from conftest import EXAMPLE, ROOT
from docx.oxml.ns import qn
from docx.shared import Mm
from hypothesis import given, settings
from hypothesis import strategies as st

import nhiemvu
from nhiemvu.evaluation import Evaluation
from nhiemvu.frames import evaluate_frames
from nhiemvu.messages import language
from nhiemvu.report import word
from nhiemvu.report.form import PARAGRAPH, Form, Line, make_form
from nhiemvu.report.placeholders import list_names
from nhiemvu.report.word import draw_form, make_pdf, read_template
from nhiemvu.rules.load import load_rulebook
from nhiemvu.text import cut_verdict, mentions
from nhiemvu.verdicts import Verdict

RULES = """
criteria:
  - id: "1"
    name: Nhóm thứ nhất
    roll_up: all
    children:
      - {id: "1.1", name: Hộ có nước sạch, unit: "%", targets: [{meets: "≥ 80%"}]}
      - {id: "1.2", name: Đường bê tông, unit: km, targets: [{meets: "≥ 5"}]}
"""


@cache
def example() -> Evaluation:
    return nhiemvu.evaluate(EXAMPLE)


@cache
def form(verdicts: str = "computed") -> Form:
    return make_form(example(), verdicts=verdicts)


def lines(given_form: Form) -> dict[str, Line]:
    return {line.code: line for group in given_form.groups for line in group.lines}


def read(raw: bytes) -> Any:
    return docx.Document(io.BytesIO(raw))


def cells(document: Any) -> list[list[str]]:
    """The table of the form: header first, then a row a group."""
    return [[cell.text for cell in row.cells] for row in document.tables[1].rows]


@pytest.fixture
def judge(make_rules):
    """An evaluation of one unit from narratives, values and declared verdicts by criterion."""

    def make(
        narratives: dict[str, str], values: dict[str, float] | None = None, declared: dict[str, str] | None = None
    ) -> Evaluation:
        frames = {
            "units": pd.DataFrame({"unit_name": ["Xã Thử"]}, index=["a"]),
            "narrative": pd.DataFrame(narratives, index=["a"]),
            "value": pd.DataFrame(values or {"1.1": 0.9, "1.2": 4.0}, index=["a"]),
            "declared": pd.DataFrame(declared or {}, index=["a"]),
        }
        return evaluate_frames(frames, make_rules(RULES))

    return make


# --- what the form says -----------------------------------------------------------------------------------------------


def test_every_row_of_the_evaluation_stands_in_the_form_once_and_in_its_order():
    told = [code for group in form().groups for code in (group.code, *(line.code for line in group.lines))]
    assert told == [row.id for row in example().rows()]


@pytest.mark.parametrize("choice", ["computed", "declared"])
def test_counts_of_a_group_are_those_of_the_verdicts_that_stand_below_it(choice):
    word_of = {"đánh giá đạt": "đạt", "đánh giá chưa đạt": "chưa đạt", "đánh giá vượt": "vượt"}
    for group in form(choice).groups:
        said = [task.verdict.partition(";")[0] for task in group.tasks]
        counted = [word_of.get(each, each) for each in said]
        assert group.counts.startswith(f"Gồm {len(group.tasks):02d} nhiệm vụ: có ")
        for number, verdict in re.findall(r"(\d\d) ([^,]+)", group.counts.partition(": có ")[2]):
            assert counted.count(verdict) == int(number)
        assert sum(map(int, re.findall(r"\d\d", group.counts.partition(": có ")[2]))) == len(group.tasks)


def test_the_counts_that_the_seed_got_wrong_are_computed():
    assert [group.counts for group in form().groups] == [
        "Gồm 05 nhiệm vụ: có 04 chưa đạt, 01 thiếu số liệu",
        "Gồm 03 nhiệm vụ: có 01 đạt, 02 chưa đạt",
        "Gồm 02 nhiệm vụ: có 01 chưa đạt, 01 chưa đánh giá",
    ]
    assert form("declared").groups[0].counts == "Gồm 05 nhiệm vụ: có 05 chưa đạt"


DIFFERENT = {
    "18.6": ("không phát sinh; đơn vị tự đánh giá: đạt", "đánh giá đạt; theo quy tắc: không phát sinh"),
    "18.8": ("không phát sinh; đơn vị tự đánh giá: đạt", "đánh giá đạt; theo quy tắc: không phát sinh"),
    "1.3.4": ("đánh giá chưa đạt; đơn vị tự đánh giá: đạt", "đánh giá đạt; theo quy tắc: chưa đạt"),
    "1.4": ("thiếu số liệu; đơn vị tự đánh giá: chưa đạt", "đánh giá chưa đạt; theo quy tắc: thiếu số liệu"),
    "1.4.3": ("thiếu số liệu; đơn vị tự đánh giá: đạt", "đánh giá đạt; theo quy tắc: thiếu số liệu"),
    "3.2": ("đánh giá chưa đạt; đơn vị tự đánh giá: chưa đánh giá", "chưa đánh giá; theo quy tắc: chưa đạt"),
}


def test_where_the_unit_and_the_rules_differ_both_are_said_and_nowhere_else():
    for at, choice in enumerate(("computed", "declared")):
        told = {code: line.verdict for code, line in lines(form(choice)).items() if line.differs}
        assert told == {code: both[at] for code, both in DIFFERENT.items()}
        assert all(";" not in line.verdict for line in lines(form(choice)).values() if not line.differs)
        (note,) = [note for note in form(choice).notes if "Khác với" in note]
        assert [code for code in DIFFERENT if f"{code} (" in note] == list(DIFFERENT)


def test_what_lacks_figures_is_never_said_to_fail():
    for row in example().rows():
        if row.verdict == Verdict.NO_DATA and row.id in lines(form()):
            assert lines(form())[row.id].verdict.startswith("thiếu số liệu")
    assert "Thiếu số liệu: 1.4.3.2." in form().notes


def test_what_rests_on_no_figure_is_listed():
    (note,) = [note for note in form().notes if "không có số liệu kèm theo" in note]
    by_declaration = [r.id for r in example().rows() if r.kind == "leaf" and r.basis == "declared"]
    assert note.rstrip(".").partition(": ")[2].split(", ") == by_declaration


def test_the_verdict_that_the_official_typed_into_the_narrative_is_not_said_twice():
    for code, line in lines(form()).items():
        if code not in ("18.8", "19.1", "1.3.1", "1.3.2"):  # with a reason, within a sentence
            ends = line.text.rpartition(PARAGRAPH)[2]
            assert cut_verdict(ends, bracketed=True) == (ends, None), code
    assert lines(form())["17.3"].text == "kết quả thực hiện 97,5%"
    assert lines(form())["17.1"].text == ""
    first, second = lines(form())["2.3"].text.split(PARAGRAPH)
    assert first.endswith("thuộc các Chương trình mục tiêu quốc gia.")
    assert second.startswith("UBND xã đã gửi Công văn")


def test_a_verdict_that_contradicts_both_others_stays_in_the_narrative(judge):
    told = lines(make_form(judge({"1.1": "đã xong (đánh giá chưa đạt)."}, declared={"1.1": "met"})))["1.1"]
    assert told.text == "đã xong (đánh giá chưa đạt). Kết quả 90%"
    assert told.verdict == "đánh giá đạt"


def test_figures_that_the_narrative_states_are_not_repeated_and_others_are_added():
    told = lines(form())
    assert told["17.2"].text == "100%, có 2/2 cơ sở"
    assert told["17.10"].text == "kết quả thực hiện 0%. Còn thiếu 5 điểm phần trăm"
    assert told["1.1.2.3"].text.endswith(
        "đạt 55 %. Kết quả 72.225.000/130.700.000 =\u00a055,26%, còn thiếu 58.475.000 đ"
    )
    assert told["2.1.2"].text == "kết quả 0/1 =\u00a00%"
    assert told["1.4.3.2"].text == ""
    for row in example().rows():
        if row.figures and row.verdict not in (Verdict.NOT_APPLICABLE, Verdict.NO_DATA):
            assert mentions(told[row.id].text, row.figures) or told[row.id].figures in told[row.id].text, row.id


def test_a_narrative_that_begins_with_the_name_does_not_repeat_it():
    assert lines(form())["1.1"].text == ""  # it said nothing but the name and the verdict
    assert lines(form())["3.1.4"].text.startswith("Quản lý, bảo vệ đất quốc phòng, thao trường, hang động, được")


def test_paragraphs_of_a_narrative_stay_paragraphs():
    parts = lines(form())["19.2"].text.split(PARAGRAPH)
    assert parts[1:] == [
        "- Hoạt động xâm phạm an ninh Quốc gia: Không có",
        "- Khiếu kiện đông người kéo dài trái pháp luật: Không có",
        "- Công dân cư trú trên địa bàn phạm tội đặc biệt nghiêm trọng hoặc các tội về xâm hại trẻ em: Không có",
        "- Tội phạm tệ nạn xã hội (ma túy, trộm cắp, cơ bạc,...): Không có",
        "- Tai nạn giao thông và PCCC: Không có vụ việc xảy ra",
        "- Có mô hình cmela an ninh. Kết quả 0 vụ",
    ]


def test_the_outlook_says_what_was_typed_and_what_the_pace_says():
    first, second, third = (group.outlook for group in form().groups)
    assert first[0] == "Phấn đấu hoàn thành nhiệm vụ"
    assert [each.partition(".")[0] + each[each.index(":") :].partition(".")[0] for each in first[1:]] == [
        "1: nguy cơ",
        "1: báo động",
    ]
    assert second == ("Phấn đấu hoàn thành nhiệm vụ",)
    assert third == ()
    assert form().outlook_heading == "Dự báo 6 tháng cuối năm"


def test_a_rulebook_of_one_level_makes_a_row_a_criterion(make_rules):
    rules = make_rules('criteria:\n  - {id: a, name: Nước, unit: "%", targets: [{meets: "≥ 80%"}]}\n')
    made = make_form(evaluate_frames({"value": pd.DataFrame({"a": [0.5]}, index=["x"])}, rules))
    (group,) = made.groups
    assert (group.code, group.name, group.target, group.counts, group.verdict) == ("a", "Nước", "≥\u00a080%", "", "")
    assert [(line.text, line.verdict) for line in group.lines] == [
        ("kết quả 50%, còn thiếu 30 điểm phần trăm", "đánh giá chưa đạt")
    ]
    assert cells(read(word.fill(made, read_template())))[1:] == [
        [
            "a. Nước, mục tiêu ≥\u00a080%.",
            "a. Nước, mục tiêu ≥\u00a080%: kết quả 50%, còn thiếu 30 điểm phần trăm (đánh giá chưa đạt).",
            "",
        ]
    ]


def test_a_unit_that_nobody_named_leaves_room_to_write(make_rules):
    made = make_form(evaluate_frames({"value": pd.DataFrame({"1.1": [1.0]}, index=["x"])}, make_rules(RULES)))
    assert (made.unit.agency, made.unit.parent, made.period, made.year) == (
        "ỦY BAN NHÂN DÂN ………",
        "………",
        "………",
        "20…",
    )


@pytest.mark.parametrize("name", ["kinh-te-xa-hoi-2019", "giai-ngan-dau-tu-cong-2024"])
@pytest.mark.parametrize("speech", ["vi", "en"])
def test_other_rulebooks_and_the_other_language(name, speech):
    with language(speech):
        evaluation = nhiemvu.evaluate(ROOT / "examples" / f"{name}.xlsx")
        made = make_form(evaluation)
        document = read(draw_form(evaluation))
    table = cells(document)
    assert len(table) == 1 + len(made.groups)
    for row, group in zip(table[1:], made.groups, strict=True):
        for line in group.lines:
            assert f"{line.code}. {line.name}" in row[1]
            assert f"({line.verdict})." in row[1]
    closed = {"vi": "đánh giá không đạt", "en": "assessed as not met"}[speech]
    assert (closed in "".join(row[1] for row in table)) == (name != "kinh-te-xa-hoi-2019")
    signer = document.tables[2].rows[0].cells[1].text.strip().split("\n")
    wanted = {
        ("vi", True): ["TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH"],
        ("vi", False): ["THỦ TRƯỞNG ĐƠN VỊ"],
        ("en", True): ["FOR THE PEOPLE'S COMMITTEE", "CHAIRPERSON"],
        ("en", False): ["HEAD OF THE OFFICE"],
    }
    assert signer == wanted[speech, name != "kinh-te-xa-hoi-2019"]


def test_an_english_form_says_nothing_of_ours_in_vietnamese(judge):
    with language("en"):
        evaluation = judge({"1.1": "x"}, {"1.1": 0.5}, {"1.1": "met", "1.2": "met"})
        document = read(draw_form(evaluation))
    said = "\n".join(part.text for part in document.element.body.iter(qn("w:t")))
    for theirs in ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", "Nhóm thứ nhất", "Thử", "Xã"):
        said = said.replace(theirs, "")
    for theirs in ("Hộ có nước sạch", "Đường bê tông", "XÃ THỬ", "xã", "THỬ"):
        said = said.replace(theirs, "")
    assert not re.findall(r"[^\n]*[ăâđêôơưạ-ỹ][^\n]*", said, re.IGNORECASE)


# --- as a Word file ---------------------------------------------------------------------------------------------------


@cache
def drawn() -> bytes:
    return draw_form(example())


def test_the_page_is_what_the_decree_asks_for():
    section = read(drawn()).sections[0]
    assert (round(section.page_width / Mm(1)), round(section.page_height / Mm(1))) == (297, 210)
    margins = section.top_margin, section.bottom_margin, section.left_margin, section.right_margin
    assert [round(margin / Mm(1)) for margin in margins] == [20, 20, 30, 15]
    assert section.different_first_page_header_footer  # page 1 has a header of its own, which is empty
    assert "PAGE" in section.header._element.xml
    assert "PAGE" not in section.first_page_header._element.xml
    assert section.header.paragraphs[0].alignment == 1  # centred
    normal = read(drawn()).styles["Normal"]
    assert (normal.font.name, normal.font.size.pt) == ("Times New Roman", 13)


def test_texts_stand_in_their_places_and_order():
    document = read(drawn())
    head, table, foot = document.tables
    assert [cell.text.split("\n") for cell in head.rows[0].cells] == [
        ["UBND HUYỆN CAO LỘC", "ỦY BAN NHÂN DÂN XÃ HẢI YẾN", ""],
        [
            "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
            "Độc lập - Tự do - Hạnh phúc",
            "",
            "Hải Yến, ngày      tháng      năm 2024",
        ],
    ]
    assert [paragraph.text for paragraph in document.paragraphs[:4]] == [
        "BIỂU ĐÁNH GIÁ",
        "Nhiệm vụ trọng tâm năm 2024 của xã Hải Yến, huyện Cao Lộc, tỉnh Lạng Sơn",
        "Kết quả thực hiện 6 tháng đầu năm 2024; số liệu tính đến ngày 29/5/2024",
        "(Kèm theo Báo cáo số        /BC-UBND, ngày      tháng      năm 2024 của UBND xã Hải Yến)",
    ]
    assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
    assert [cell.text for cell in table.rows[0].cells] == [
        "Tên nhóm nhiệm vụ",
        "Kết quả đánh giá từng nhiệm vụ\n"
        "(Ban hành văn bản lãnh đạo thực hiện nhiệm vụ; kết quả thực hiện đối với từng nội dung cụ thể)",
        "Dự báo 6 tháng cuối năm",
    ]
    assert [cell.text.split("\n") for cell in foot.rows[0].cells] == [
        ["Nơi nhận:", "- UBND huyện Cao Lộc;", "- Lưu: VT."],
        ["", "TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH", "", "", "", ""][1:],
    ]
    rows = cells(document)[1:]
    assert len(rows) == 3
    for row, group in zip(rows, form().groups, strict=True):
        assert row[0].startswith(f"{group.code}. {group.name} ({group.verdict}). {group.counts}.")
        assert row[0].split("\n")[1:] == [
            f"{task.code}. {task.name}{f', mục tiêu {task.target}' if task.target else ''}." for task in group.tasks
        ]
        found = [row[1].index(f"{line.code}. {line.name}") for line in group.lines]
        assert found == sorted(found)
        assert row[2].split("\n") == list(group.outlook or ("",))
    assert rows[0][1].count("17.3. ") == 1
    assert (
        "17.3. Tỷ lệ chất thải rắn sinh hoạt và chất thải rắn không nguy hại trên địa bàn được thu gom, xử lý theo quy "
        "định, mục tiêu ≥\u00a080%: kết quả thực hiện 97,5% (đánh giá đạt)." in rows[0][1].split("\n")
    )


def test_every_cell_ends_in_a_paragraph_as_word_requires():
    for cell in read(drawn()).element.body.iter(qn("w:tc")):
        assert cell[-1].tag == qn("w:p")


HOSTILE = [
    "a < b & c > d",
    "</w:t></w:r></w:p><w:p><w:r><w:t>chèn",
    "{{ 7*7 }} {% for x in y %} {# z #} {_{ }_} {_% %_}",
    "=cmd|' /C calc'!A0",
    "+1+1; -1; @SUM(A1)",
    "&lt;b&gt; &amp;amp; &#8216; “ngoặc” ‘đơn’",
    "chuông\x07 và trang\x0c mới\x0b\x1b",
    "]]> <!-- --> <?xml?>",
    "không phải chữ \uffff",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_narrative_stays_text(judge, text):
    document = read(draw_form(judge({"1.1": text}, {"1.2": 6.0})))
    shown = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\uffff]", "□", text)
    if "\x0b" in text:  # a line break of another kind
        shown = " ".join(
            text.replace("\x07", "□").replace("\x1b", "□").replace("\x0c", "\n").replace("\x0b", "\n").split()
        )
        assert shown in " ".join(cells(document)[1][1].split())
    else:
        assert f"1.1. Hộ có nước sạch, mục tiêu ≥\u00a080%: {shown}" in cells(document)[1][1]
    assert len(document.tables) == 3


def test_letters_that_are_apart_are_put_together(judge):
    apart = unicodedata.normalize("NFD", "Đã thực hiện (đánh giá đạt)")
    told = lines(make_form(judge({"1.1": apart})))["1.1"]
    assert told.narrative == "Đã thực hiện"


@pytest.mark.slow
@settings(max_examples=100)
@given(st.lists(st.text(max_size=60), min_size=2, max_size=2))
def test_any_text_is_shown_as_it_is_or_as_squares(texts):
    rules = load_rulebook("ntm-nang-cao-2021-2025-tdmnpb")
    frames = {
        "value": pd.DataFrame({"17.3": [0.9]}, index=["a"]),
        "narrative": pd.DataFrame({"17.3": [texts[0]], "17.4": [texts[1]]}, index=["a"]),
    }
    made = make_form(evaluate_frames(frames, rules))
    document = read(word.fill(made, read_template()))
    rows = [" ".join(row[1].split()) for row in cells(document)[1:]]
    for line in lines(made).values():
        for part in line.text.split(PARAGRAPH):
            assert any(" ".join(part.split()) in row for row in rows)


def test_the_same_evaluation_gives_the_same_bytes():
    again = draw_form(nhiemvu.evaluate(EXAMPLE))
    assert again == drawn()
    with zipfile.ZipFile(io.BytesIO(again)) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    properties = read(again).core_properties
    assert (properties.author, properties.title) == (
        "Xã Hải Yến",
        "Biểu đánh giá: Nhiệm vụ trọng tâm năm 2024 của xã Hải Yến, huyện Cao Lộc, tỉnh Lạng Sơn",
    )


def test_the_shipped_templates_are_what_the_script_makes(tmp_path):
    subprocess.run([sys.executable, ROOT / "docs" / "make_form_template.py", tmp_path], check=True)
    for name in ("bieu-danh-gia.docx", "bieu-danh-gia.en.docx"):
        assert (tmp_path / name).read_bytes() == (Path(word.__file__).parent / name).read_bytes()


def test_every_name_that_a_template_may_use_is_described():
    guide = (ROOT / "docs" / "vi" / "mau-bieu-danh-gia.md").read_text(encoding="utf-8")
    described = set(re.findall(r"^\| `([^`]+)` \|", guide, re.MULTILINE))
    assert described == set(list_names())


# --- a template of the office's own ---------------------------------------------------------------------------------


def edit(change: Any) -> bytes:
    document = docx.Document(io.BytesIO(read_template()))
    change(document)
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def test_an_office_changes_letters_names_and_lines_and_keeps_the_rest():
    def change(document: Any) -> None:
        document.styles["Normal"].font.name = "Arial"
        document.paragraphs[0].insert_paragraph_before("Mẫu số 03 của {{ unit.short }}")
        document.tables[2].rows[0].cells[0].paragraphs[1].text = "- Phòng Nội vụ;"
        document.tables[1].rows[0].cells[0].paragraphs[0].text = "Nhóm"

    document = read(word.fill(form(), edit(change)))
    assert document.paragraphs[0].text == "Mẫu số 03 của UBND xã Hải Yến"
    assert document.tables[2].rows[0].cells[0].text.split("\n")[1] == "- Phòng Nội vụ;"
    assert document.styles["Normal"].font.name == "Arial"
    ours = cells(read(drawn()))
    assert cells(document) == [["Nhóm", *ours[0][1:]], *ours[1:]]


def test_words_that_word_split_into_runs_are_put_together():
    def change(document: Any) -> None:
        paragraph = document.paragraphs[1]
        paragraph.clear()
        for piece in ("{", "{ ti", "tle", " }", "}"):
            paragraph.add_run(piece)

    assert read(word.fill(form(), edit(change))).paragraphs[1].text == form().title


# --- as a PDF ---------------------------------------------------------------------------------------------------------

slow_pdf = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed"),
    pytest.mark.skipif(not shutil.which("pdftotext"), reason="poppler is not installed"),
]


@cache
def printed() -> bytes:
    return make_pdf(drawn())


def run(*command: str | Path) -> str:
    return subprocess.run(command, capture_output=True, check=True).stdout.decode()


class TestPdf:
    pytestmark = slow_pdf

    def test_pages(self, tmp_path):
        file = tmp_path / "a.pdf"
        file.write_bytes(printed())
        told = dict(re.findall(r"^(\w[^:]*): +(.*)$", run("pdfinfo", file), re.MULTILINE))
        assert told["Page size"] == "841.89 x 595.304 pts (A4)"
        assert 12 <= int(told["Pages"]) <= 20
        fonts = run("pdffonts", file)
        assert re.search("Times|LiberationSerif|Tinos", fonts)
        assert not re.search("Calibri|Carlito|Cambria", fonts)

    def test_it_says_all_verdicts_and_numbers_all_pages_but_the_first(self, tmp_path):
        file = tmp_path / "a.pdf"
        file.write_bytes(printed())
        pages = run("pdftotext", "-layout", file, "-").split("\f")[:-1]
        for number, page in enumerate(pages, start=1):
            first = page.strip().split("\n")[0].strip()
            assert (first == str(number)) == (number > 1)
            if number < len(pages):
                assert "Tên nhóm nhiệm vụ" in page  # the header of the table
        middle = run("pdftotext", "-x", "274", "-y", "0", "-W", "404", "-H", "595", file, "-")  # of the three columns
        text = " ".join(middle.split())
        text = re.sub(r"\d+ Kết quả đánh giá từng nhiệm vụ \(.*?\) ", "", text)  # what each page repeats
        for line in lines(form()).values():
            assert f"({line.verdict})" in text, line.code
        text = " ".join(run("pdftotext", file, "-").split())
        assert "TM. ỦY BAN NHÂN DÂN CHỦ TỊCH" in text

    def test_twice_the_same_bytes(self):
        assert hashlib.sha256(make_pdf(drawn())).digest() == hashlib.sha256(printed()).digest()

    def test_the_other_examples_and_an_english_one(self):
        for name in ("kinh-te-xa-hoi-2019", "giai-ngan-dau-tu-cong-2024"):
            with language("en"):
                assert make_pdf(draw_form(nhiemvu.evaluate(ROOT / "examples" / f"{name}.xlsx"))).startswith(b"%PDF")


def test_without_libreoffice_it_says_so(monkeypatch):
    monkeypatch.setattr(word, "has_libreoffice", lambda: False)
    with pytest.raises(nhiemvu.FormError) as caught:
        make_pdf(drawn())
    assert str(caught.value) == (
        "chưa có LibreOffice trên máy này nên không tạo được PDF; hãy cài LibreOffice (miễn phí, libreoffice.org), "
        "hoặc mở tệp .docx bằng Word rồi chọn Lưu thành PDF"
    )


# --- on the command line ----------------------------------------------------------------------------------------------


def call(*arguments: str | Path, cwd: Path | None = None) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "nhiemvu", "form", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, check=False, cwd=cwd)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


WARNING = (
    "cảnh báo: trước khi ký hãy xem lại 7 chỗ sai lệch và 2 chỗ thiếu số liệu hoặc chưa rõ; lệnh evaluate cho biết "
    "từng ô\n"
)


def test_it_is_written_beside_the_workbook_and_never_over_another_file(tmp_path):
    book = Path(shutil.copy(EXAMPLE, tmp_path / "sổ xã.xlsx"))
    before = book.read_bytes()
    target = tmp_path / "sổ xã - biểu đánh giá.docx"
    assert call(book) == (1, f"Đã tạo {target}\n", WARNING)
    assert target.read_bytes() == drawn()
    assert book.read_bytes() == before
    target.write_bytes(b"cua toi")
    code, said, told = call(book)
    assert (code, said) == (2, "")
    assert told.endswith(f"Lỗi: đã có tệp {target}; chọn tên khác bằng -o, hoặc thêm --force để ghi đè\n")
    assert target.read_bytes() == b"cua toi"
    assert call(book, "--force", "--verdicts", "declared")[0] == 1
    assert target.read_bytes() == draw_form(example(), verdicts="declared")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["sổ xã - biểu đánh giá.docx", "sổ xã.xlsx"]


def test_the_template_is_written_edited_and_used(tmp_path):
    mine = tmp_path / "mẫu.docx"
    assert call("--write-template", mine) == (0, f"Đã tạo {mine}\n", "")
    assert mine.read_bytes() == read_template()
    assert call("--write-template", mine)[0] == 2
    document = docx.Document(str(mine))
    document.paragraphs[0].text = "BIỂU CỦA {{ unit.name|upper }}"
    document.save(str(mine))
    out = tmp_path / "ra.docx"
    assert call(EXAMPLE, "-o", out, "--template", mine)[0] == 1
    assert docx.Document(str(out)).paragraphs[0].text == "BIỂU CỦA XÃ HẢI YẾN"


@pytest.mark.parametrize(
    ("arguments", "end"),
    [
        ((), "Lỗi: cần nói sổ nào: nhiemvu form SỔ.xlsx\n"),
        ((EXAMPLE, "--write-template", "a.docx"), "Lỗi: --write-template chỉ ghi mẫu; bỏ tên sổ đi\n"),
        (
            (EXAMPLE, "-o", "a.pdf"),
            "Lỗi: biểu là tệp Word, nên tên sau -o phải kết thúc bằng .docx: a.pdf\n",
        ),
    ],
    ids=["nothing", "both", "ending"],
)
def test_wrong_use(tmp_path, arguments, end):
    code, said, told = call(*arguments, cwd=tmp_path)
    assert (code, said) == (2, "")
    assert told.endswith(end)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_the_pdf_stands_beside_the_word_file(tmp_path):
    out = tmp_path / "ra.docx"
    assert call(EXAMPLE, "-o", out, "--pdf")[:2] == (1, f"Đã tạo {out}\nĐã tạo {out.with_suffix('.pdf')}\n")
    assert out.with_suffix(".pdf").read_bytes() == printed()
    out.unlink()
    assert call(EXAMPLE, "-o", out, "--pdf")[0] == 2  # the PDF is there
    assert not out.exists()


def test_the_library_writes_it_too(tmp_path):
    assert nhiemvu.write_form(example(), tmp_path / "a.docx") == tmp_path / "a.docx"
    assert (tmp_path / "a.docx").read_bytes() == drawn()


# --- the words of narratives ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "left", "verdict"),
    [
        ("đạt 97,5% (đánh giá đạt).", "đạt 97,5%", "met"),
        ("(chưa đạt)", "", "not_met"),
        ("đều đạt quy chuẩn: đánh giá đạt", "đều đạt quy chuẩn", "met"),
        ("=100%. đánh giá đạt", "=100%.", "met"),
        ("đang trình => Đánh giá chưa đạt.", "đang trình", "not_met"),
        ("đủ chỉ tiêu; Đánh giá: Hoàn thành theo kế hoạch.", "đủ chỉ tiêu", "met"),
        ("=> (đánh giá đạt).", "", "met"),
        ("bảo vệ môi trường. Đạt (do không có bãi chôn lấp)", None, None),
        ("nghệ thuật dân gian: đạt", None, None),
        ("có 2/4 người chưa đạt.", None, None),
        ("thực hiện vượt.", None, None),
        ("không có (xem biểu 2)", None, None),
        ("", None, None),
    ],
)
def test_a_verdict_is_cut_only_where_it_is_a_statement_of_its_own(line, left, verdict):
    assert cut_verdict(line) == ((line, None) if left is None else (left, Verdict(verdict)))


@pytest.mark.parametrize(
    ("text", "figures", "states"),
    [
        ("giải ngân 0 đồng/53.000.000 đ, đạt 0%", "0 / 53.000.000 = 0%", True),
        ("chưa giải ngân, đạt 0%", "0 / 53.000.000 = 0%", False),
        ("đạt 24,7%", "24,72%", False),
        ("đạt 100 %", "100%", True),
        ("100 hộ", "100%", False),
        ("được 8 m2", "8 m2/người", True),
        ("năm 2017 người", "2.017", True),
        ("kết quả ≥ 95%", "≥ 95%", True),
        ("đang trình phê duyệt rồi", "đang trình phê duyệt", True),
        ("1.2.3.4.5 và 9..9", "12345", False),
        ("", "", False),
    ],
)
def test_a_figure_is_stated_only_with_its_sign_or_unit(text, figures, states):
    assert mentions(text, figures) is states


def test_a_figure_is_known_again_in_english():
    with language("en"):
        assert mentions("đạt 1.234,5 ha", "1,234.5 ha")


def test_names_of_the_form_are_plain_fields():
    names: Sequence[str] = list(list_names())
    assert {each.name for each in fields(Form)} <= set(names)
    assert "groups[].lines[].verdict" in names
