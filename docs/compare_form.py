"""Hold the form of xã Hải Yến against the one that its office typed, word by word, and list what differs.

    python docs/compare_form.py [FOLDER]

Writes `docs/vi/doi-chieu-bieu-danh-gia.md`; with a folder, also pictures of both, page by page, side by side. The
office's form is in `tests/data/bieu_danh_gia_hai_yen.txt`, two names masked; `MARKS` says which of its lines speak of
which criterion.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby, pairwise, zip_longest
from operator import itemgetter
from pathlib import Path

import docx
from docx.shared import Mm

import nhiemvu
from nhiemvu.report.form import PARAGRAPH, Form, Line, make_form
from nhiemvu.report.word import fill, make_pdf, read_template
from nhiemvu.text import cut_verdict, fold, read_heading_counts
from nhiemvu.verdicts import label

ROOT = Path(__file__).resolve().parent.parent
TYPED = ROOT / "tests" / "data" / "bieu_danh_gia_hai_yen.txt"
PAGE = ROOT / "docs" / "vi" / "doi-chieu-bieu-danh-gia.md"

# Where the words about a criterion begin in the second column: line, and the words where it is not the line's start.
MARKS: tuple[tuple[int, str, str], ...] = (
    (18, "", "1.1"),
    (19, "", "1.1.1"),
    (20, "", "1.1.2"),
    *((20 + i, "", f"1.1.2.{i}") for i in range(1, 5)),
    (25, "", "1.2"),
    (26, "", "1.2.2"),
    (26, "sân thể thao", "1.2.3"),
    (26, "di tích đã xếp hạng", "1.2.1"),
    (27, "", "1.3"),
    (28, "", "1.3.1"),
    (28, "17.1.", "17.1"),
    *((29 + i, "", f"17.{2 + i}") for i in range(11)),
    (40, "", "1.3.1"),
    (41, "", "1.3.2"),
    *((line, "", f"18.{i}") for i, line in enumerate((42, 44, 46, 48, 50, 52, 54, 57), 1)),
    (59, "", "1.3.2"),
    (60, "", "1.3.3"),
    (61, "", "19.1"),
    (63, "", "19.2"),
    (72, "", "1.3.4"),
    (73, "", "1.3.4.1"),
    (78, "", "1.3.4.2"),
    (81, "", "1.4"),
    (82, "", "1.4.1"),
    (83, "", "1.4.2"),
    (85, "", "1.4.3"),
    (86, "", "1.4.3.1"),
    (87, "", "1.5"),
    (90, "", "cột 3, nhóm 1"),
    (92, "", "cột 1, nhóm 2"),
    (96, "", "2.1"),
    (100, "", "2.1.1"),
    (101, "", "2.2"),
    (102, "", "2.2.1"),
    (103, "", "2.2.2"),
    (104, "", "2.2.3"),
    (107, "", "2.3"),
    (109, "", "cột 3, nhóm 2"),
    (111, "", "cột 1, nhóm 3"),
    (114, "", "3.1"),
    (115, "", "3.1.1"),
    (116, "", "3.1.2"),
    (117, "", "3.1.3"),
    (118, "", "3.1.4"),
    (119, "", "3.2"),
    (120, "", "3.2.1"),
    (128, "", "3.2.2"),
)


def read_typed() -> dict[str, list[str]]:
    """The lines that the office typed, by the code of what they speak of; every letter stands under one code."""
    lines = TYPED.read_text(encoding="utf-8").replace("[bookmark: _GoBack]", "").splitlines()
    starts = [(number - 1, lines[number - 1].index(words) if words else 0, code) for number, words, code in MARKS]
    typed: dict[str, list[str]] = {"đầu biểu": lines[:11], "cột 1, nhóm 1": lines[11:17]}
    for (line, at, code), (end, until, _code) in pairwise([*starts, (len(lines), 0, "")]):
        parts = [lines[line][at:until]] if end == line else [lines[line][at:], *lines[line + 1 : end]]
        if end != line and end < len(lines) and until:
            parts.append(lines[end][:until])
        typed.setdefault(code, []).extend(part.strip() for part in parts if part.strip())
    return typed


# --- word by word -----------------------------------------------------------------------------------------------------

CORRECTED, COUNTS = "Sửa kết luận", "Sửa số đếm ở tiêu đề nhóm"
LEFT_OUT, ORDER, CODE = "Không chuyển sang", "Thứ tự", "Mã"
NAME, TARGET, FIGURES = "Tên theo bộ quy tắc", "Mục tiêu", "Số liệu ghi thêm"
VERDICT, ADDED = "Cách ghi kết luận", "Chữ thêm"
# What each kind means, in the order of the page; the first two are corrections.
KINDS = {
    CORRECTED: "Kết luận theo số liệu và quy tắc khác với kết luận đã gõ; biểu lập ghi cả hai.",
    COUNTS: "Số đếm được tính từ các kết luận bên dưới.",
    LEFT_OUT: "Chữ của biểu gốc không có trong biểu lập ở mục ấy.",
    ORDER: "Cùng chữ, ở chỗ khác.",
    CODE: "Biểu lập ghi mã của bộ quy tắc ở mọi mục.",
    NAME: "Tên mục là tên trong bộ quy tắc; câu mà xã gõ vẫn còn nguyên trong diễn giải.",
    TARGET: "Mục tiêu viết theo bộ quy tắc, có chữ «mục tiêu» và thời hạn.",
    FIGURES: "Số liệu đã tính mà diễn giải chưa ghi, hoặc ghi khác vì làm tròn; và phần còn thiếu.",
    VERDICT: "Cùng kết luận, chữ khác; mỗi mục ghi một lần.",
    ADDED: "Chữ mà biểu gốc không có.",
}
CORRECTIONS = (CORRECTED, COUNTS)

_WORD = re.compile(r"\d+(?:[.,]\d+)*|m[23]|[^\W\d_]+|[%≥≤<>]")
_CODE = re.compile(r"\d+(?:\.\d+)+")
_CURRENCY = {"đ", "đồng"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where the two forms differ; `typed` or `made` is empty where one of them says nothing there."""

    code: str
    kind: str
    typed: str
    made: str


def compare(form: Form) -> list[Difference]:
    """Every difference, in the order of our form."""
    typed = read_typed()
    found = list(_compare_head(form, typed["đầu biểu"]))
    for at, group in enumerate(form.groups, 1):
        found += _compare_group(at, form, typed)
        for line in group.lines:
            if line.code in typed:
                found += _compare_line(line, typed[line.code])
            else:
                found.append(Difference(line.code, ADDED, "", f"{line.code}. {line.name} … ({line.verdict})"))
    return [*found, *_compare_order(form, typed)]


def _compare_head(form: Form, typed: list[str]) -> Iterator[Difference]:
    """What stands above and below the table."""
    document = docx.Document(io.BytesIO(fill(form, read_template())))
    ours = [paragraph.text for paragraph in document.paragraphs]
    columns = [cell.text for cell in document.tables[1].rows[0].cells]
    said = " ".join(map(" ".join, map(_words, [*ours, *columns])))
    heading = " ".join(typed[7:10])
    for text in [*typed[:7], heading]:
        if _words(text) and " ".join(_words(text)) not in said:
            made = next(line for line in ours if line.partition(" ")[0] == text.partition(" ")[0])
            yield Difference("đầu biểu", NAME, text.strip(), made)
    yield Difference("đầu biểu", ADDED, "", ours[1])
    for at, name in ((0, "đầu biểu"), (2, "cuối biểu")):
        for cell in document.tables[at].rows[0].cells:
            yield Difference(name, ADDED, "", " / ".join(line for line in cell.text.split("\n") if line))
    for note in (form.overview, *form.notes):
        yield Difference("ghi chú", ADDED, "", note)


def _compare_group(at: int, form: Form, typed: dict[str, list[str]]) -> Iterator[Difference]:
    """The first and the third column of one group."""
    group = form.groups[at - 1]
    head, *tasks = typed[f"cột 1, nhóm {at}"]
    name = re.split(r"[:,] [Gg]ồm", head)[0].strip()
    if _words(name) != _words(f"{group.code}. {group.name}"):
        yield Difference(group.code, NAME, name, group.name)
    stated, counted = head.strip()[len(name) :].strip(" :,"), group.counts
    same = read_heading_counts(stated) == read_heading_counts(counted)
    yield Difference(group.code, VERDICT if same else COUNTS, stated, counted)
    yield Difference(group.code, ADDED, "", f"({group.verdict})")
    said = " ".join(" ".join(_words(f"{line.name} {line.text}")) for line in group.lines)
    for task in tasks:
        for sentence in re.split(r"(?<=[.;]) | (?=1\.[1-5]\.)|(?<=\.)(?=1\.3)", task):
            words = " ".join(_words(re.sub(r"^\s*\d\.\d\.?", "", sentence)))
            if words and words not in said:
                yield Difference(group.code, LEFT_OUT, sentence.strip(), "")
    yield Difference(group.code, ORDER, "câu giao nhiệm vụ ở cột 1 và cột 2", "tên nhiệm vụ ở cột 1, cả câu ở cột 2")
    outlook = typed.get(f"cột 3, nhóm {at}", [])
    if group.outlook[: len(outlook)] != tuple(outlook):
        yield Difference(group.code, LEFT_OUT, " ".join(outlook), "")
    for text in group.outlook[len(outlook) :]:
        yield Difference(group.code, ADDED, "", text)


def _compare_line(line: Line, lines: list[str]) -> Iterator[Difference]:
    rest, verdicts = _take_verdicts(lines, line)
    theirs = _words(" ".join(rest))
    ours, kinds = _label(line)
    narrative = _find(theirs, _words(line.narrative.replace(PARAGRAPH, " "))[:6])
    for tag, i, j, k, m in SequenceMatcher(None, theirs, ours, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        gone, made = theirs[i:j], list(_runs(kinds[k:m], ours[k:m]))
        replaced = len(gone) == 1 and bool(made)
        if gone and not replaced:
            yield Difference(line.code, _kind_of(gone, ours, in_name=i < narrative), " ".join(gone), "")
        for at, (kind, words) in enumerate(made):
            yield Difference(line.code, kind, gone[0] if replaced and at == 0 else "", words)
    yield from _compare_verdicts(line, verdicts)


def _kind_of(gone: list[str], ours: list[str], *, in_name: bool) -> str:
    """What kind of difference words make that our line does not have at this place."""
    if all(_CODE.fullmatch(word) for word in gone):
        return CODE
    if set(gone) - _CURRENCY <= set(ours):
        return ORDER
    return NAME if in_name and len(gone) == 1 else LEFT_OUT


def _take_verdicts(lines: list[str], line: Line) -> tuple[list[str], list[tuple[str, str]]]:
    """The lines without the verdicts in which they end, unless our narrative repeats those; and these verdicts."""
    rest, verdicts = [], []
    narrative = " ".join(_words(line.narrative.replace(PARAGRAPH, " ")))
    for text in lines:
        cut, verdict = cut_verdict(text)
        if verdict is None or (cut != "" and " ".join(_words(text)) in narrative):
            rest.append(text)
        else:
            rest.append(cut)
            verdicts.append((text[len(cut) :].strip(" :;,=>-."), label(verdict)))
    return rest, verdicts


def _compare_verdicts(line: Line, typed: list[tuple[str, str]]) -> Iterator[Difference]:
    made = f"({line.verdict})"
    for words, verdict in typed or [(line.declared if line.differs else "", line.declared or line.computed)]:
        if words != made or line.differs:
            yield Difference(line.code, VERDICT if verdict == line.computed else CORRECTED, words, made)


def _label(line: Line) -> tuple[list[str], list[str]]:
    """The words of our line, and for each the kind of difference that it would make."""
    narrative, told = (_words(text.replace(PARAGRAPH, " ")) for text in (line.narrative, line.text))
    parts = (
        (CODE, _words(line.code)),
        (NAME, _words(line.name)),
        (TARGET, _words(f"mục tiêu {line.target}" if line.target else "")),
        (ADDED, narrative),
        (FIGURES, told[len(narrative) :]),
    )
    return [word for _kind, words in parts for word in words], [kind for kind, words in parts for _word in words]


def _find(words: list[str], sought: list[str]) -> int:
    """Where these words stand among those; their end where they do not."""
    places = (at for at in range(len(words)) if words[at : at + len(sought)] == sought)
    return next(places, len(words))


def _runs(kinds: list[str], words: list[str]) -> Iterator[tuple[str, str]]:
    for kind, members in groupby(zip(kinds, words, strict=True), key=itemgetter(0)):
        yield kind, " ".join(word for _kind, word in members)


def _compare_order(form: Form, typed: dict[str, list[str]]) -> Iterator[Difference]:
    """What stands before something that it stands after in the other form."""
    ours = [line.code for group in form.groups for line in group.lines if line.code in typed]
    theirs = [code for code in typed if code in ours]
    for at, code in enumerate(ours):
        passed = [other for other in ours[at + 1 :] if theirs.index(other) < theirs.index(code)]
        if passed:
            yield Difference(code, ORDER, f"sau {passed[-1]}", f"trước {passed[0]}")
    marks = [code for _line, _words, code in MARKS]
    for code in dict.fromkeys(code for code in marks if marks.count(code) > 1):
        last = len(marks) - 1 - marks[::-1].index(code)
        yield Difference(code, ORDER, f"câu kết quả sau {marks[last - 1]}", f"ngay dưới tên của {code}")


def _words(text: str) -> list[str]:
    return _WORD.findall(fold(text))


# --- the page ---------------------------------------------------------------------------------------------------------

_HEAD = """# Đối chiếu biểu lập với biểu gốc của xã Hải Yến

Trang này do `docs/compare_form.py` viết; một phép thử giữ cho nó đúng. «Biểu gốc» là biểu xã đã gõ bằng Word cho 6
tháng đầu năm 2024 (hai tên người đã che); «biểu lập» là biểu mà `nhiemvu form examples/hai-yen-2024-h1.xlsx` ghi. Từng
chữ của cột 2 được so theo mã, không kể dấu câu, chữ hoa và khoảng trắng. Diễn giải của xã, kể cả lỗi gõ, được giữ
nguyên.
"""


def write_page(differences: list[Difference]) -> str:
    """The differences by kind; equal ones of several criteria in one row."""
    counts = Counter(each.kind for each in differences)
    lines = [_HEAD, "| loại | số chỗ | nghĩa |", "|---|---|---|"]
    lines += [f"| {kind} | {counts[kind]} | {meaning} |" for kind, meaning in KINDS.items()]
    for title, kinds in (
        ("Sửa", CORRECTIONS),
        ("Khác nhau mà không phải là sửa", [kind for kind in KINDS if kind not in CORRECTIONS]),
    ):
        lines += ["", f"## {title}"]
        for kind in kinds:
            rows: dict[tuple[str, str], list[str]] = {}
            for each in differences:
                if each.kind == kind:
                    rows.setdefault((each.typed, each.made), []).append(each.code)
            lines += ["", f"### {kind}", "", "| mục | biểu gốc | biểu lập |", "|---|---|---|"]
            lines += [
                f"| {', '.join(codes)} | {_show(typed)} | {_show(made)} |" for (typed, made), codes in rows.items()
            ]
    return "\n".join(lines) + "\n"


def _show(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


# --- side by side -----------------------------------------------------------------------------------------------------


_WIDTHS = (66, 144, 42)  # of the columns, millimetres


def lay_out_typed() -> bytes:
    """What the office typed, as the form that it was: the same page and letters as ours, three columns."""
    lines = TYPED.read_text(encoding="utf-8").replace("[bookmark: _GoBack]", "").splitlines()
    document = docx.Document(io.BytesIO(read_template()))
    body = document.element.body
    for element in [each for each in body if not each.tag.endswith("}sectPr")]:
        body.remove(element)
    for text in lines[:3]:
        document.add_paragraph(text.strip(), "Biểu - tiêu đề")
    table = document.add_table(0, 3, "Table Grid")
    table.autofit = False
    for column, width in zip(table.columns, _WIDTHS, strict=True):
        column.width = Mm(width)
    cells: list[str] = []
    for text in lines[4:]:  # a tab begins a cell
        if text.startswith("\t"):
            cells.append(text.strip())
        elif text.strip():
            cells[-1] += "\n" + text.strip()
    for start in range(0, len(cells), 3):
        row = table.add_row()
        for cell, text, width in zip(row.cells, [*cells[start : start + 3], "", ""], _WIDTHS, strict=False):
            cell.width = Mm(width)
            first, *more = text.split("\n")
            cell.paragraphs[0].text, cell.paragraphs[0].style = first, "Biểu - ô rộng"
            for paragraph in more:
                cell.add_paragraph(paragraph, "Biểu - ô rộng")
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def make_pictures(form: Form, folder: Path) -> None:
    """A picture a page: the typed form to the left, ours to the right. Needs LibreOffice, poppler and ImageMagick."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        for name, document in (("typed", lay_out_typed()), ("made", fill(form, read_template()))):
            pdf = Path(scratch, f"{name}.pdf")
            pdf.write_bytes(make_pdf(document))
            command = ["pdftoppm", "-r", "60", "-png", pdf, pdf.with_suffix("")]
            subprocess.run(command, check=True)
        left, right = (sorted(Path(scratch).glob(f"{name}-*.png")) for name in ("typed", "made"))
        for number, pair in enumerate(zip_longest(left, right, fillvalue="null:"), 1):
            command = ["montage", *pair, "-tile", "2x1", "-geometry", "702x496+3+3", folder / f"trang-{number:02d}.png"]
            subprocess.run(command, check=True)


if __name__ == "__main__":
    made_of = make_form(nhiemvu.evaluate(ROOT / "examples" / "hai-yen-2024-h1.xlsx"))
    PAGE.write_text(write_page(compare(made_of)), encoding="utf-8")
    if len(sys.argv) > 1:
        make_pictures(made_of, Path(sys.argv[1]))
