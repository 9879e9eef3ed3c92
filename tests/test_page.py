"""The page of a summary holds everything that the summary says, as text, in one file that needs nothing else."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import re
import zlib
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pytest
from communes import RULES, UNITS, make, put
from summaries import draw_figures, make_summary

import nhiemvu
from nhiemvu.engine.figures import Figures
from nhiemvu.engine.rows import Row, UnitInfo
from nhiemvu.many.summary import Summary
from nhiemvu.many.words import NOTHING, Words
from nhiemvu.messages import language
from nhiemvu.report.page import draw, pack, words
from nhiemvu.report.page.draw import draw_page
from nhiemvu.report.page.links import link_to
from nhiemvu.rules.load import load_rulebook
from nhiemvu.rules.rulebook import Rulebook
from nhiemvu.sheets.theme import VERDICTS
from nhiemvu.text import plain
from nhiemvu.verdicts import Verdict

FOLDER = Path(draw.__file__).parent
HOSTILE = [
    "</script><script>window.pwned = 1</script>",
    "<img src=x onerror='window.pwned = 1'>",
    '=HYPERLINK("http://vi.du","x")',
    "{{ 7 * 7 }} {% raw %} ${7*7} `",
    '"><svg onload=window.pwned=1>',
    "a\u2028b\x00c<!--",
    "Xã \ud83d nửa cặp",
]


SIZE = 20


@cache
def summary() -> Summary:
    return make_summary(SIZE, provinces=2, districts=3, periods=2)


@cache
def page() -> str:
    return draw_page(summary(), Path("/so/trang")).decode()


class Reader(HTMLParser):
    """The elements of a page and their texts, as a browser finds them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: list[str] = []
        self.scripts: dict[str, str] = {}
        self._script: str | None = None
        self._tiles: dict[tuple[str, int], Any] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self._script = dict(attrs).get("id") or f"code {len(self.scripts)}" if tag == "script" else None
        if self._script is not None:
            self.scripts[self._script] = ""

    def handle_data(self, data: str) -> None:
        if self._script is not None:
            self.scripts[self._script] += data
        elif data.strip():
            self.texts.append(" ".join(data.split()))

    def handle_endtag(self, tag: str) -> None:
        self._script = None

    @property
    def core(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.scripts["core"])
        return content

    def tile(self, id_: str, line: int) -> Any:
        if (id_, line) not in self._tiles:
            packed = self.scripts[id_].split("\n")[line]
            self._tiles[id_, line] = json.loads(zlib.decompress(base64.b64decode(packed)))
        return self._tiles[id_, line]


@cache
def reader() -> Reader:
    return Reader(page())


def pick(column: Any, at: int) -> Any:
    return column[at] if isinstance(column, list) else column


# --- one file, always the same ----------------------------------------------------------------------------------------


def test_the_same_summary_gives_the_same_bytes() -> None:
    again = make_summary(SIZE, provinces=2, districts=3, periods=2)
    assert draw_page(again, Path("/so/trang")).decode() == page()


def test_the_order_of_the_files_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NHIEMVU_CACHE", str(tmp_path / "cache"))
    paths = [
        put(tmp_path, "so/a.xlsx", make("A1")),
        put(tmp_path, "so/b.xlsx", make("B2")),
        put(tmp_path, "so/c.xlsx", b"a,b\n"),
    ]
    (tmp_path / "don-vi.csv").write_text(UNITS, encoding="utf-8")
    pages = {
        draw_page(nhiemvu.aggregate(order, RULES, units=tmp_path / "don-vi.csv", words=True, jobs=1), tmp_path)
        for order in (paths, paths[::-1])
    }
    assert len(pages) == 1
    found = Reader(pages.pop().decode())
    assert found.core["units"]["code"] == ["A1", "B2"]
    assert found.core["units"]["link"] == ["./so/a.xlsx", "./so/b.xlsx"]


def test_two_hundred_units_with_all_their_reasons_stay_under_a_megabyte() -> None:
    made = make_summary(200, periods=2)
    assert sum(len(made.tell(unit).rows) for unit in range(0, 200, 20)) >= 10 * 68
    assert len(draw_page(made, Path("/so"))) < 1_000_000


def test_nothing_is_fetched_and_only_our_script_runs() -> None:
    found = reader()
    policy = next(value for tag, name, value in found.attributes if tag == "meta" and value.startswith("default-src"))
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    style = re.search("<style>(.*?)</style>", page(), re.DOTALL)
    assert style is not None
    code = [text for name, text in found.scripts.items() if name.startswith("code")]
    for name, texts in (("script-src", code), ("style-src", [style[1]])):
        digests = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts]
        assert rules.pop(name).split() == [f"'sha256-{digest}'" for digest in digests]
    assert rules == {"default-src": "'none'", "base-uri": "'none'", "form-action": "'none'"}
    assert {
        name for _tag, name, _value in found.attributes if name.startswith("on") or name in ("style", "src")
    } == set()
    assert not {"link", "img", "iframe", "object", "embed", "base"} & set(found.tags)
    kinds = [value for tag, name, value in found.attributes if tag == "script" and name == "type"]
    assert set(kinds) == {"application/json", "text/plain"}
    assert found.tags.count("script") == len(kinds) + len(code)
    assert not re.search(
        r"url\(|@import|innerHTML|outerHTML|insertAdjacent|eval\(|new Function|fetch\(|XMLHttp", page()
    )


def test_a_broken_file_that_may_be_that_of_an_absent_unit_is_named() -> None:
    made = make_summary(40)
    made.absent = tuple(replace(each, file="06001 <xã>.xlsx") for each in made.absent)
    text = draw_page(made).decode()
    guesses = sum(each.why == "missing" for each in made.absent)
    assert text.count("có thể là tệp hỏng «06001 &lt;xã&gt;.xlsx»") == guesses > 0
    assert text.count("xem tệp «06001 &lt;xã&gt;.xlsx»") == len(made.absent) - guesses > 0


def test_no_words_no_page() -> None:
    silent = make_summary(2)
    silent._words = [Words(NOTHING, unit.code) for unit in silent.units]
    with pytest.raises(ValueError, match="words=True"):
        draw_page(silent)


# --- everything is in it ----------------------------------------------------------------------------------------------


def test_every_sentence_of_every_unit_can_be_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack, "BLOCK", 7)  # several blocks, the last one short
    made = summary()
    found = Reader(draw_page(made).decode())
    assert found.core["block"] == 7
    for unit in range(len(made)):
        told, at, block = made.tell(unit), unit % 7, f"block-{unit // 7}"
        assert list(told.rows) == [
            row for node in made.rulebook.criteria for row in read_rows(found, made, node.index, block, unit, at)
        ]
        wrong, problems, grades = found.tile(block, len(made.rulebook.criteria))[at]
        assert [each[3:] for each in wrong] == [[d.place, d.says, d.follows, d.advice] for d in told.discrepancies]
        assert [each[2] for each in problems] == [each.text for each in told.problems]
        assert grades == []


def read_rows(found: Reader, made: Summary, criterion: int, block: str, unit: int, at: int) -> list[Row]:
    """The rows of one criterion and unit as the summary tells them, with what the tile says in their place."""
    tile, node, known = found.tile(block, criterion), made.rulebook.criteria[criterion], [str(v) for v in Verdict]
    told = [row for row in made.tell(unit).rows if (row.parent if row.kind == "line" else row.id) == node.id]
    declared, lines = tile["declared"][at], tile["lines"][at] if "lines" in tile else []
    own = replace(
        told[0],
        **{name: pick(tile[name], at) for name in ("shown", "reason", "outlook_reason", "place", "basis")},
        target=pick(tile.get("target", found.core["criteria"][criterion][6]), at),
        declared="" if declared == "-" else known[int(declared)],
        verdict=known[int(found.core["matrix"][criterion][unit])],
    )
    names = ("name", "verdict", "shown", "target", "reason", "place")
    values = [dict(zip(names, line, strict=True)) for line in lines]
    return [
        own,
        *(
            replace(row, **{**value, "verdict": known[value["verdict"]]})
            for row, value in zip(told[1:], values, strict=True)
        ),
    ]


def test_values_and_earlier_periods_are_in_the_tiles() -> None:
    made, found = summary(), reader()
    for node in made.rulebook.criteria:
        tile = found.tile("block-0", node.index)
        values = [pick(tile["value"], at) for at in range(len(made))]
        expected = [None if np.isnan(value) else pytest.approx(value, rel=1e-5) for value in made.value[node.index]]
        assert values == expected
        for past, (verdicts, before) in zip(made.past, tile["past"], strict=True):
            codes = "".join("-" if code < 0 else str(code) for code in past.verdict[node.index])
            assert verdicts == codes
            assert pick(before, 0) is None  # unit 0 is not known in earlier periods
    assert [name for name, _counts in found.core["past"]] == [past.period for past in made.past]


def test_a_group_shows_its_sums_and_no_mean_of_ratios() -> None:
    made, found = summary(), reader()
    node = made.rulebook.by_id["17.3"]
    tile = found.tile("groups", node.index)
    for at in range(len(made.groups)):
        over, under = (float(pick(tile[name], at).replace(".", "").replace(",", ".")) for name in ("over", "under"))
        assert (over, under) == (made.totals.numerator[node.index, at], made.totals.denominator[node.index, at])
        shown = float(pick(tile["shown"], at).removesuffix("%").replace(",", "."))
        assert shown == pytest.approx(over / under * 100, abs=0.005)
    forests = found.tile("groups", made.rulebook.by_id["1.4.1"].index)
    assert pick(forests["shown"], 0).endswith(" ha")


def test_a_ratio_of_sums_never_contradicts_its_verdict(make_rules: Callable[..., Rulebook]) -> None:
    rules = make_rules("criteria: [{id: a, unit: '%', targets: [{meets: '≥ 80%'}]}]")
    own = {("a", "numerator"): np.array([79999.0, 0]), ("a", "denominator"): np.array([99999.0, 1])}
    figures = Figures([UnitInfo("1"), UnitInfo("2")], np.array(["2024-05-29"] * 2, "datetime64[D]"), own)
    made = make_summary(2, rules=rules, figures=figures)
    tile = Reader(draw_page(made).decode()).tile("groups", 0)
    assert (pick(tile["shown"], 0), tile["verdict"][0]) == ("79,99%", str(Verdict.NOT_MET.number))


def test_the_page_without_scripts_says_who_how_many_and_who_is_missing() -> None:
    made, texts = summary(), reader().texts
    assert made.rulebook.title in texts
    for each in made.absent:
        assert each.name in texts
        assert ", ".join(each.path[::-1]) in texts
    for each in made.submissions:
        if each.state != "evaluated":
            assert each.name in texts
            assert any(each.problems[0].text in text for text in texts)
    assert "× Chưa nộp" in texts
    assert "20 trên 21 phải nộp" in texts


def test_counts_of_the_criteria_are_those_of_the_summary() -> None:
    made = summary()
    body = re.sub(r"<svg.*?</svg>", "", page(), flags=re.DOTALL)
    rows = re.findall(
        r'<tr role="row" class="l\d(?: sum)?"><td role="cell" class="id"[^>]*>([^<]*)</td>(.*?)</tr>', body, re.DOTALL
    )
    assert [id_ for id_, _rest in rows] == [node.id for node in made.rulebook.criteria]
    for node, (_id, rest) in zip(made.rulebook.criteria, rows, strict=True):
        cells = [
            re.sub("<[^>]*>", "", cell) for cell in re.findall(r'<td role="cell" class="number"[^>]*>(.*?)</td>', rest)
        ]
        assert [int(cell) for cell in cells] == made.totals.counts[node.index, 0].tolist()


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ([0, 0, 0, 0, 0, 4], "–"),
        ([0, 1, 0, 0, 1, 9], "50%"),
        ([1, 1, 1, 0, 0, 0], "66,7%"),
        ([0, 99999, 1, 0, 0, 0], "99,9%"),
        ([0, 3, 0, 0, 0, 0], "100%"),
    ],
)
def test_unknown_is_in_the_denominator_and_nothing_arising_is_not(counts: list[int], shown: str) -> None:
    assert draw.Tally("a", "A", counts).share == shown


def test_grades_become_an_attribute_and_rules_for_groups_a_verdict(make_rules: Callable[..., Rulebook]) -> None:
    rules = make_rules(
        """
criteria:
  - id: "1"
    name: Nhóm
    roll_up: {points: "≥ 5", not_arising: full}
    grades: [{grade: Tốt, meets: "≥ 8"}, {grade: Khá, meets: "≥ 5"}, {grade: Yếu, otherwise: true}]
    children:
      - {id: "1.1", name: Một, max_points: 5, unit: "%", targets: [{meets: "≥ 50%"}], units_meeting: "≥ 60%"}
      - {id: "1.2", name: Hai, max_points: 4, unit: "%", targets: [{meets: "≥ 50%"}]}
"""
    )
    made = make_summary(12, rules=rules, figures=draw_figures(rules, 12, 3))
    found = Reader(draw_page(made).decode())
    label, known, index = found.core["attributes"][-1]
    assert label == "Nhóm"
    grades = [made.evaluation.find_grades(at)[0].grade or "chưa rõ" for at in range(12)]
    assert [known[at] for at in index] == grades
    assert len(set(grades)) > 1
    assert found.tile("groups", 1)["meeting"][0] == str(made.totals.meeting[1, 0])
    assert found.tile("block-0", 3)[0][2][0][1] == made.evaluation.find_grades(0)[0].grade


def test_a_summary_of_nobody_says_so() -> None:
    made = make_summary(0, provinces=0)
    found = Reader(draw_page(made).decode())
    assert any("Chưa có đơn vị nào được kết luận" in text for text in found.texts)
    assert found.core["matrix"] == [""] * len(made.rulebook.criteria)


def test_absent_units_stand_in_their_group() -> None:
    made, core = summary(), reader().core
    paths: list[tuple[str, ...]] = []
    for _code, name, _level, parent, _expected in core["groups"]:  # parents before children
        paths.append((*paths[parent], name) if parent > 0 else (name,) if name else ())
    assert [paths[home] for _code, _name, home, _why in core["absent"]] == [each.path for each in made.absent]


# --- safely -----------------------------------------------------------------------------------------------------------


def test_hostile_texts_change_no_element_and_stay_text() -> None:
    made = summary()
    units = [replace(unit, name=HOSTILE[at % len(HOSTILE)]) for at, unit in enumerate(made.units)]
    hostile = make_summary(SIZE, provinces=2, districts=3, periods=2)
    hostile.units = hostile.evaluation.units = units
    hostile.submissions = tuple(replace(each, name=f"{HOSTILE[0]}/{each.name}") for each in made.submissions)
    hostile.absent = tuple(replace(each, name=HOSTILE[1]) for each in made.absent)
    drawn = draw_page(hostile, Path("/so/trang"))
    found = Reader(drawn.decode())
    assert found.tags == reader().tags
    shown = [name.encode("utf-8", "replace").decode() for name in HOSTILE]
    assert found.core["units"]["name"][: len(HOSTILE)] == shown
    assert found.texts.count(HOSTILE[1]) >= len(made.absent)
    names = [name for _tag, name, _value in found.attributes]
    assert sorted(names) == sorted(name for _tag, name, _value in reader().attributes)


@pytest.mark.parametrize(
    ("path", "folder", "link"),
    [
        ("/so/xã #1 50%?.xlsx", "/so", "./x%C3%A3%20%231%2050%25%3F.xlsx"),
        ("/so/javascript:alert(1).xlsx", "/so", "./javascript%3Aalert%281%29.xlsx"),
        ("/a/b/xa.xlsx", "/a/c/d", "../../b/xa.xlsx"),
        ("/a/\udce9.xlsx", "/a", "./%E9.xlsx"),
        ("/a/xa b.xlsx", None, "file:///a/xa%20b.xlsx"),
        ("https://vi.du/so/xa.xlsx", "/so", "https://vi.du/so/xa.xlsx"),
        ("s3://kho/xa.xlsx", "/so", ""),
        ("zip://xa.xlsx::https://vi.du/so.zip", "/so", ""),
        ("javascript://%0aalert(1)", "/so", ""),
        ("", "/so", ""),
    ],
)
def test_a_link_leads_to_the_workbook_or_nowhere(path: str, folder: str | None, link: str) -> None:
    assert link_to(path, Path(folder) if folder else None) == link
    if link.startswith("./"):
        assert unquote(link[2:], errors="surrogateescape") == path.rpartition("/")[2]


# --- words and colours ------------------------------------------------------------------------------------------------


def test_every_word_is_used_and_every_word_that_is_used_is_there() -> None:
    scripts = "".join((FOLDER / name).read_text("utf-8") for name in draw._SCRIPTS)
    template = (FOLDER / "page.html").read_text("utf-8")
    used = set(re.findall(r'say\((?:\w+ \? )?"(\w+)"', scripts)) | set(
        re.findall(r'say\(\w+ \? "\w+" : "(\w+)"', scripts)
    )
    used |= set(re.findall(r"words\.(\w+)", template))
    used |= {key for key in words.WORDS if re.match(r"order_|files_", key)}
    assert used == set(words.WORDS)


def test_scripts_hold_no_words_of_their_own() -> None:
    for name in draw._SCRIPTS:
        text = (FOLDER / name).read_text("utf-8").replace("[đðɖ]", "")
        assert not re.search("[ăâđêôơưàáảãạèéẻẽẹìíỉĩịòóỏõọùúủũụỳýỷỹỵ]", text, re.IGNORECASE)


def test_an_english_page_says_nothing_of_ours_in_vietnamese() -> None:
    with language("en"):
        made = make_summary(3, periods=1)
        found = Reader(draw_page(made).decode())
    assert ("html", "lang", "en") in found.attributes
    assert "Overview" in found.texts
    said = [*found.core["words"].values(), *(word for each in found.core["verdicts"] for word in each)]
    assert [text for text in said if plain(text) != text.casefold() and re.search("[à-ỹđ]", text, re.IGNORECASE)] == []
    reasons = [reason for line in range(63) for reason in [found.tile("block-0", line)["reason"]]]
    assert any("not met" in str(reason) for reason in reasons)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_inks_stand_out_from_what_they_are_written_on(scheme: str) -> None:
    style = draw._paint() + (FOLDER / "page.css").read_text("utf-8")
    light, _media, rest = style.partition("@media screen and (prefers-color-scheme: dark)")
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", light))
    for verdict in Verdict:
        assert colours[f"v{verdict.number}-ink"] == VERDICTS[verdict].ink.lower()
    if scheme == "dark":
        colours |= dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", rest.partition("* {")[0]))
    papers = ("back", "paper", "band", "task")
    pairs = [(ink, paper) for ink in ("ink", "quiet", "link") for paper in papers]
    pairs += [(f"v{verdict.number}-ink", f"v{verdict.number}-fill") for verdict in Verdict]
    pairs += [("ink", f"q{step}") for step in range(5)] + [("warn-ink", "warn-fill"), ("warn-ink", "paper")]
    weak = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in pairs}
    assert {pair: found for pair, found in weak.items() if found < 4.5} == {}
    assert all(contrast(colours["focus"], colours[paper]) >= 3 for paper in papers)


def test_a_closed_period_says_not_met_for_good() -> None:
    rules = load_rulebook(RULES)
    figures = draw_figures(rules, 3, 1)
    open_page = Reader(draw_page(make_summary(3, figures=figures)).decode())
    assert "Chưa đạt" in open_page.texts
    closed = make_summary(3, figures=figures)
    closed.evaluation.units = closed.units = [replace(unit, as_of=dt.date(2024, 12, 31)) for unit in closed.units]
    closed.figures.units = closed.units
    found = Reader(draw_page(closed).decode())
    assert found.core["units"]["closed"] == "111"
    assert "Không đạt" in found.texts
