"""The template that `nhiemvu template` makes, filled in as an official fills it in: every cell keeps its format."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from io import BytesIO
from xml.sax.saxutils import escape
from zipfile import ZipFile

from nhiemvu import load_rulebook
from nhiemvu.sheets.template import draw_template

from .criteria import CRITERIA
from .layouts import Sender
from .money import CASES
from .typed import Line, Report
from .xlsx import Content, Formula, serial

_CELL = re.compile(r'<c r="([A-Z]+)(\d+)"( s="\d+")?(?:/>| t="s"><v>(\d+)</v></c>)')
_TOTAL = re.compile(r"<f>SUM\(([A-Z]+)(\d+):[A-Z]+(\d+)\)</f><v>0</v>")
_COLUMNS = {"value": "E", "numerator": "F", "denominator": "G", "declared": "H", "narrative": "I", "forecast": "J"}
_HEADINGS = ("Kết quả (số liệu)", "Tử số", "Mẫu số", "Đơn vị tự đánh giá", "Diễn giải", "Dự báo 6 tháng cuối năm")


@dataclass(frozen=True)
class Form:
    """The empty template.

    Attributes:
        parts: its parts.
        sheets: title of a sheet -> its part.
        texts: title of a sheet -> text of its first column -> row.
    """

    parts: Mapping[str, bytes]
    sheets: Mapping[str, str]
    texts: Mapping[str, Mapping[str, int]]


@lru_cache(maxsize=4)
def open_form(rulebook: str) -> Form:
    """Draw the template of a rulebook, and find its rows."""
    with ZipFile(BytesIO(draw_template(load_rulebook(rulebook)))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    shared = re.findall(r"<si>(.*?)</si>", parts["xl/sharedStrings.xml"].decode(), re.DOTALL)
    strings = [unescape("".join(re.findall(r"<t[^>]*>(.*?)</t>", item, re.DOTALL))) for item in shared]
    names = [unescape(name) for name in re.findall(r'<sheet name="([^"]*)"', parts["xl/workbook.xml"].decode())]
    sheets = {name: f"xl/worksheets/sheet{i}.xml" for i, name in enumerate(names, start=1)}
    texts: dict[str, dict[str, int]] = {}
    for name, part in sheets.items():
        found = {
            (column, int(row)): strings[int(at)] for column, row, _, at in _CELL.findall(parts[part].decode()) if at
        }
        texts[name] = {text: row for (column, row), text in found.items() if column == "A"}
        if name == "Kết quả":
            head = texts[name]["Mã"]
            given = tuple(found[column, head] for column in _COLUMNS.values())
            if given != _HEADINGS:
                raise ValueError(f"the template has other columns: {given}")
    return Form(parts, sheets, texts)


def fill(sender: Sender, report: Report, narratives: Mapping[str, str]) -> dict[str, bytes]:
    """The parts of the filled template."""
    form = open_form(sender.rulebook)
    typed = {
        "Thông tin": _facts(form, sender, report),
        "Kết quả": _results(form, report, narratives),
        "Giải ngân": _lines(form.texts["Giải ngân"], report.projects, "BCD"),
        "Thu ngân sách": _lines(form.texts["Thu ngân sách"], report.taxes, "B D"),
        "An ninh trật tự": _cases(form.texts["An ninh trật tự"], report),
    }
    strings: dict[str, int] = {}
    shared = form.parts["xl/sharedStrings.xml"].decode()
    start = shared.count("<si>")
    parts = dict(form.parts)
    for name, cells in typed.items():
        parts[form.sheets[name]] = _type(form.parts[form.sheets[name]].decode(), cells, strings, start).encode()
    items = "".join(f'<si><t xml:space="preserve">{escape(text)}</t></si>' for text in strings)
    shared = re.sub(r' (?:unique)?[cC]ount="\d+"', "", shared.replace("</sst>", f"{items}</sst>"), count=2)
    parts["xl/sharedStrings.xml"] = shared.encode()
    # saved by Excel, which has computed everything
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(b' fullCalcOnLoad="1"', b"")
    return parts


def _facts(form: Form, sender: Sender, report: Report) -> dict[str, Content]:
    camera = {True: "Có", False: "Không", None: None}[report.camera]
    given: dict[str, Content] = {
        "Mã đơn vị": sender.code, "Tên đơn vị": sender.name, "Cơ quan cấp trên": sender.parent,
        "Địa danh": sender.place,
        "Kỳ đánh giá": sender.period, "Số liệu tính đến ngày": sender.as_of, "Tổng số hộ": report.households,
        "Tổng số nhân khẩu": report.people, "Khu vực": report.zone, "Có mô hình camera an ninh": camera,
    }  # fmt: skip
    rows = form.texts["Thông tin"]
    return {f"B{rows[label]}": content for label, content in given.items()}


def _results(form: Form, report: Report, narratives: Mapping[str, str]) -> dict[str, Content]:
    found: dict[str, Content] = {}
    for criterion in CRITERIA:
        row, typed = form.texts["Kết quả"][criterion.id], report.answers[criterion.id].typed
        given: dict[str, Content] = {"declared": typed.declared, "narrative": narratives.get(criterion.id, "")}
        if criterion.kind in ("share", "count", "per", "parts"):
            given |= {"value": typed.value, "numerator": typed.numerator, "denominator": typed.denominator}
        found |= {f"{_COLUMNS[key]}{row}": content for key, content in given.items()}
    return {at: _bind(content, at) for at, content in found.items()}


def _bind(content: Content, at: str) -> Content:
    """A formula of the row that it stands in."""
    if not isinstance(content, Formula):
        return content
    row = at.lstrip("ABCDEFGHIJ")
    return Formula(content.text.format(numerator=f"F{row}", denominator=f"G{row}"), content.value)


def _lines(rows: Mapping[str, int], lines: list[Line], columns: str) -> dict[str, Content]:
    """Amounts below the row of totals: plan, what is carried over, what is done."""
    found: dict[str, Content] = {}
    for row, line in enumerate(lines, start=rows["Tổng số"] + 1):
        found[f"A{row}"] = line.name
        done = line.done if line.done is not None else line.slip
        for column, content in zip(columns, (line.plan, line.carried, done), strict=True):
            if column != " ":
                found[f"{column}{row}"] = content
        if columns == "BCD":
            found[f"E{row}"] = {"met": "Đạt", "not_met": "Chưa đạt", "": ""}[line.declared]
    return found


def _cases(rows: Mapping[str, int], report: Report) -> dict[str, Content]:
    found: dict[str, Content] = {}
    for row, (name, cases) in enumerate(zip(CASES, report.cases, strict=True), start=rows["Tổng số"] + 1):
        found |= {f"A{row}": name, f"B{row}": cases}
    return found


def _type(sheet: str, cells: Mapping[str, Content], strings: dict[str, int], start: int) -> str:
    """Type into the blank cells of a sheet."""

    def put(match: re.Match[str]) -> str:
        at, style = match[1] + match[2], match[3] or ""
        content = cells.get(at)
        if content is None or content == "" or match[4]:
            return match[0]
        if isinstance(content, str):
            number = start + strings.setdefault(content, len(strings))
            return f'<c r="{at}"{style} t="s"><v>{number}</v></c>'
        if isinstance(content, dt.date):
            return f'<c r="{at}"{style}><v>{serial(content)}</v></c>'
        if isinstance(content, Formula):
            kind = ' t="e"' if isinstance(content.value, str) else ""
            value = "" if content.value is None else f"<v>{content.value}</v>"
            return f'<c r="{at}"{style}{kind}><f>{escape(content.text)}</f>{value}</c>'
        return f'<c r="{at}"{style}><v>{content!r}</v></c>'

    def add_up(match: re.Match[str]) -> str:
        column, first, last = match[1], int(match[2]), int(match[3])
        amounts = [cells.get(f"{column}{row}") for row in range(first, last + 1)]
        total = sum(each for each in amounts if isinstance(each, int | float))
        return match[0].replace("<v>0</v>", f"<v>{total!r}</v>")

    return _TOTAL.sub(add_up, _CELL.sub(put, sheet))
