"""The page of a rulebook says everything that the rulebook says, safely, in one file."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner

from nhiemvu.cli.rules import rules_commands
from nhiemvu.report.rules_page import render_page
from nhiemvu.rules.find import list_rulebooks
from nhiemvu.rules.load import load_rulebook
from nhiemvu.rules.rulebook import Rulebook

MAIN = "nhiem-vu-trong-tam-2024-hai-yen"

FULL = """
issued_by: UBND xã Thử
valid: {from: 2024-01-01, to: 2024-12-31}
source: {document: Quyết định số 1}
facts:
  khu_vuc: {label: Khu vực, type: choice, choices: [I, III], aliases: [KV]}
  so_ho: {label: Tổng số hộ, unit: hộ}
tables:
  giai_ngan:
    label: Giải ngân vốn
    sheet: [Giải ngân]
    unit: đồng
    columns: {von: {headings: [Kế hoạch vốn, KH vốn], blank: zero}, chi: Đã chi}
criteria:
  - id: "1"
    name: Nhóm một
    roll_up: {core: ["1.1"], and_at_least: 1}
    children:
      - id: "1.1"
        name: Giải ngân
        unit: "%"
        measure: sum(giai_ngan.chi) / sum(giai_ngan.von)
        targets:
          - {when: {khu_vuc: III}, meets: "≥ 25%", by: 2024-12-31}
          - {otherwise: true, meets: "[35%..90%)", exceeds: "[80%..90%)"}
        milestones: [{by: 2024-06-30, meets: "≥ 10%"}]
        outlook: linear
        zero_of_zero: met
      - id: "1.2"
        name: Còn chờ quy định
        evidence: declared_if_missing
        requires: {khu_vuc: [I, III]}
        targets: [{hole: UBND cấp tỉnh quy định cụ thể}]
        note: Hỏi lại cấp trên.
      - {id: "1.3", name: "Tự chấm", targets: [{meets: '"đạt"'}], evidence: declared}
checks:
  - {label: Số hộ, agree: [so_ho, 'denominator("1.2")']}
  - {label: Vốn, total: sum(giai_ngan.von), parts: [sum(giai_ngan.chi)]}
  - bounded: ["1.1"]
cases:
  - {name: "đúng ngưỡng", criterion: "1.1", given: {khu_vuc: III, value: 0.25}, expect: met}
"""

SENTENCES = [
    "UBND xã Thử",
    "từ 1/1/2024 đến 31/12/2024",
    "Quyết định số 1",
    "Đạt khi đạt 1.1 và ít nhất 1 nội dung khác",
    "Khu vực là III: đạt khi kết quả lớn hơn hoặc bằng 25%; thời hạn 31/12/2024",
    "Không thuộc các trường hợp khác: đạt khi kết quả lớn hơn hoặc bằng 35% và nhỏ hơn 90%; vượt khi kết quả lớn hơn",
    "đến 30/6/2024: kết quả lớn hơn hoặc bằng 10%",
    "sum(giai_ngan.chi) / sum(giai_ngan.von)",
    "theo phần của năm đã qua",
    "coi là đạt",
    "UBND cấp tỉnh quy định cụ thể",
    "Khu vực là I hoặc III",
    "số liệu; thiếu số liệu thì lấy tự đánh giá của đơn vị",
    "Hỏi lại cấp trên.",
    "Đạt khi kết quả là «đạt»",
    "tự đánh giá của đơn vị",
    "Tổng số hộ (hộ)",
    "Cách ghi khác: KV.",
    "Giải ngân vốn",
    "Kế hoạch vốn · KH vốn",
    "ô trống là 0",
    "phải bằng nhau: so_ho; denominator(&#34;1.2&#34;)",
    "sum(giai_ngan.von) = sum(giai_ngan.chi)",
    "kết quả của các tiêu chí 1.1",
    "đúng ngưỡng",
    "khu_vuc: III; value: 0.25",
]


class _Outline(HTMLParser):
    """Which tags are open; whether every one is closed; what the page would load from elsewhere."""

    EMPTY = frozenset({"meta", "br", "hr", "img", "link"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.loads += [
            value or "" for name, value in attrs if name in ("src", "href") and not (value or "").startswith("#")
        ]
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def _outline(page: str) -> _Outline:
    outline = _Outline()
    outline.feed(page)
    outline.close()
    assert outline.open == []
    return outline


@pytest.fixture
def page(make_rules: Callable[..., Rulebook]) -> str:
    return render_page(make_rules(FULL))


@pytest.mark.parametrize("sentence", SENTENCES)
def test_the_page_says_it(page: str, sentence: str) -> None:
    assert sentence in page


PLACED = ['  - id: "1"', '      - id: "1.1"', "          - {when", "          - {otherwise", "        targets: [{hole"]
PLACED += ["  khu_vuc:", "  so_ho:", "  giai_ngan:", "  - {label: Số hộ", "  - bounded"]


@pytest.mark.parametrize("start", PLACED)
def test_each_criterion_target_fact_table_and_check_shows_its_file_and_line(page: str, start: str) -> None:
    lines = ["rulebook: thu", "title: Thử", *FULL.splitlines()]
    line = next(number for number, text in enumerate(lines, 1) if text.startswith(start))
    assert f"thu.yaml:{line}<" in page


@pytest.mark.parametrize("path", list_rulebooks(), ids=lambda path: path.stem)
def test_shipped_rulebooks_make_a_whole_page_that_loads_nothing(path: Path) -> None:
    rulebook = load_rulebook(path)
    page = render_page(rulebook)
    outline = _outline(page)
    assert outline.loads == []
    assert not outline.tags & {"script", "link", "img", "iframe"}
    assert not re.search(r"url\(|@import", page)
    for node in rulebook.criteria:
        assert f'id="c-{node.id}"' in page


def test_hostile_texts_stay_text(make_rules: Callable[..., Rulebook]) -> None:
    evil = "<script>alert(1)</script>"
    page = render_page(
        make_rules(
            f"issued_by: '{evil}'\nfacts:\n  a: {{label: '{evil}', note: '{evil}'}}\n"
            f"tables:\n  t: {{sheet: ['{evil}'], columns: {{x: ['{evil}']}}}}\n"
            f"criteria:\n  - {{id: a, name: '{evil}', note: '{evil}', targets: [{{hole: '{evil}'}}]}}\n"
            f"checks: [{{label: '{evil}', agree: [a, a]}}]\ncases: [{{name: '{evil}', criterion: a, expect: met}}]\n"
        )
    )
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 9
    _outline(page)


def test_the_command_writes_the_page(tmp_path: Path) -> None:
    target = tmp_path / "quy-tac.html"
    done = CliRunner().invoke(rules_commands, ["show", MAIN, "--html", str(target)], standalone_mode=False)
    assert done.return_value == 0, done.exception
    assert target.read_text(encoding="utf-8") == render_page(load_rulebook(MAIN))


def test_the_terminal_shows_every_criterion() -> None:
    shown = CliRunner().invoke(rules_commands, ["show", MAIN]).stdout
    for node in load_rulebook(MAIN).criteria:
        assert f" {node.id} " in shown
