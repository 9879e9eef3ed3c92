"""`nhiemvu history`: what it prints, draws and refuses."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
from dataclasses import replace
from fractions import Fraction
from html.parser import HTMLParser
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree as ET

import pandas as pd
import pytest
from click.testing import CliRunner, Result
from conftest import EXAMPLE, ROOT

import nhiemvu
from nhiemvu.cli import commands
from nhiemvu.frames import evaluate_frames
from nhiemvu.messages import speak
from nhiemvu.report import history_chart
from nhiemvu.report.history import arrange, show_value, tell_trend
from nhiemvu.report.history_chart import draw_svg
from nhiemvu.report.history_page import render_history
from nhiemvu.rules.load import load_rulebook
from nhiemvu.store.query import Asked
from nhiemvu.store.store import open_store
from nhiemvu.store.trends import Point
from nhiemvu.verdicts import Verdict

SVG = "{http://www.w3.org/2000/svg}"
RULES = """
criteria:
  - id: "1"
    name: Nhóm
    roll_up: all
    children:
      - {id: "1.1", name: "Nước sạch <b> & =1+1", unit: "%", targets: [{meets: "≥ 25%"}]}
      - {id: "1.2", name: Trồng rừng, unit: ha, targets: [{meets: "≥ 2"}]}
"""
UNITS = """code,name,parent,from,to,becomes
06190,Xã Hải Yến,,,30/6/2025,06196
06193,Xã Công Sơn,,,30/6/2025,06196: 60%; 06199: 40%
06196,Xã Cao Lâu,,,30/6/2025,
06196,Xã Cao Lộc,,1/7/2025,,
06199,Xã Hải Yến,,1/7/2025,,
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of four half-years, the last after the reform, and the tree of units."""
    folder = tmp_path_factory.mktemp("kho")
    path = folder / "thu.yaml"
    path.write_text(f"rulebook: thu\ntitle: Thử\n{RULES}", encoding="utf-8")
    rules = load_rulebook(path)
    (folder / "don-vi.csv").write_text(UNITS, encoding="utf-8")
    old = {"06190": "Xã Hải Yến", "06193": "Xã Công Sơn", "06196": "Xã Cao Lâu"}
    new = {"06196": "Xã Cao Lộc", "06199": "Xã Hải Yến"}
    with open_store(folder / "kho.db") as store:
        for at, (year, half) in enumerate([(2024, "đầu"), (2024, "cuối"), (2025, "đầu"), (2025, "cuối")]):
            units = old if (year, half) != (2025, "cuối") else new
            codes = list(units)
            over = pd.DataFrame({"1.1": [1 + at, 2, 3][: len(codes)]}, codes)
            frames = {
                "units": pd.DataFrame({"unit_name": list(units.values())}, codes),
                "numerator": over,
                "denominator": over * 0 + 8,
                "value": pd.DataFrame({"1.2": [1.5 + at, 2.5, None][: len(codes)]}, codes),
            }
            store.add(evaluate_frames(frames, rules), period=f"6 tháng {half} năm {year}")
    return folder


def run(folder: Path, *arguments: str, code: int = 0, store: str | None = "kho.db", **environment: str) -> Result:
    given = ["--store", str(folder / store)] if store else []
    environment = {"COLUMNS": "140", **environment}  # the width of the terminal decides how many periods are shown
    result = CliRunner().invoke(commands, ["history", *arguments, *given], env=environment, standalone_mode=False)
    speak("vi")
    assert (2 if result.exception else result.return_value) == code, result.exception
    return result


# --- what it prints ---------------------------------------------------------------------------------------------------


def test_one_unit_and_one_criterion_are_a_series(folder):
    printed = run(folder, "06196", "1.1", "--units", str(folder / "don-vi.csv")).stdout
    assert (
        printed
        == """\
Xã Cao Lộc (06196) · 1.1 Nước sạch <b> & =1+1
Mục tiêu: ≥ 25%

6 tháng đầu năm 2024   ████████████│                25%  5,2 / 20,8  ·
  kết luận của các đơn vị cũ khác nhau (2 đạt, 1 chưa đạt)
6 tháng cuối năm 2024  ████████████┃█▎           29,81%  6,2 / 20,8  ✓ Đạt
6 tháng đầu năm 2025   ████████████┃███▋         34,62%  7,2 / 20,8  ✓ Đạt
6 tháng cuối năm 2025  ████████████┃███████████     50%       4 / 8  ✓ Đạt
│ là ngưỡng 25%

Số liệu của các đơn vị cũ, gộp theo tử số và mẫu số:
  6 tháng đầu năm 2024 – 6 tháng đầu năm 2025: Xã Hải Yến (06190) + 60% Xã Công Sơn (06193) + Xã Cao Lâu (06196)
"""
    )


def test_one_criterion_is_counted_over_the_units(folder):
    result = run(folder, "1.1")
    lines = result.stdout.splitlines()
    assert re.split(r" {2,}", lines[3]) == ["Kỳ", "✓ Đạt", "✗ Chưa đạt"]
    assert re.split(r" {2,}", lines[4]) == ["6 tháng đầu năm 2024", "2", "1", "✓" * 16 + "✗" * 8]
    assert re.split(r" {2,}", lines[-1]) == ["06199", "Xã Hải Yến", "✓ 25%"]
    assert "mã 06196 có lúc là tên khác (Xã Cao Lâu, Xã Cao Lộc)" in result.stderr
    assert "tên khác" not in run(folder, "1.1", "--units", str(folder / "don-vi.csv")).stderr


def test_one_unit_is_counted_over_its_criteria(folder):
    lines = run(folder, "xã cao lâu").stdout.splitlines()  # by a name that it once had
    assert lines[0] == "Xã Cao Lộc (06196)"
    assert re.split(r" {2,}", lines[4]) == ["6 tháng đầu năm 2024", "1", "1", "✓" * 12 + "?" * 12]
    table = [re.split(r" {2,}", line) for line in lines[9:]]
    assert table[0] == ["Mã", "Nội dung", "6T đầu 2024", "6T cuối 2024", "6T đầu 2025", "6T cuối 2025"]
    assert table[1] == ["1", "Nhóm", "?", "?", "?", "✓"]
    assert table[3] == ["1.2", "Trồng rừng", "?", "?", "?", "✓ 4,5"]


def test_a_narrow_terminal_shows_the_latest_periods_and_says_so(folder):
    lines = run(folder, "xã cao lâu", COLUMNS="90").stdout.splitlines()
    assert re.split(r" {2,}", lines[9]) == ["Mã", "Nội dung", "6T đầu 2025", "6T cuối 2025"]
    assert lines[-1] == "… và 2 kỳ trước nữa, có đủ trong --json"


def test_json_holds_every_point(folder):
    rows = json.loads(run(folder, "1.1", "--json", "--units", str(folder / "don-vi.csv"), "--lang", "en").stdout)
    assert [(row["period"], row["unit"]) for row in rows][:3] == [
        ("6 tháng đầu năm 2024", "06196"),
        ("6 tháng đầu năm 2024", "06199"),
        ("6 tháng cuối năm 2024", "06196"),
    ]
    with open_store(folder / "kho.db") as store:
        units = nhiemvu.read_units(folder / "don-vi.csv")
        frame = store.history(criterion="1.1", units=units)
    assert [row["value"] for row in rows] == frame["value"].tolist()
    assert list(rows[0]) == list(frame)


def test_the_store_may_stand_in_the_environment(folder):
    printed = run(folder, "1.1", store=None, NHIEMVU_STORE=str(folder / "kho.db")).stdout
    assert printed == run(folder, "1.1").stdout


REFUSED = [
    (("1.1",), None, "NHIEMVU_STORE"),
    (("1.1",), "khong-co.db", "chưa có kho số liệu"),
    (("1.11",), "kho.db", "gần nhất: 1.1"),
    (("xã cao lọc",), "kho.db", "gần nhất: Xã Cao Lộc"),
    (("Xã Hải Yến",), "kho.db", "06190 (Xã Hải Yến), 06199 (Xã Hải Yến)"),
    (("1.1", "1.2"), "kho.db", "một đơn vị và một tiêu chí"),
    (("1.1", "-o", "x.png"), "kho.db", ".svg hoặc .html"),
]


@pytest.mark.parametrize(("arguments", "store", "told"), REFUSED)
def test_a_refusal_says_what_to_do(folder, arguments, store, told):
    result = run(folder, *arguments, code=2, store=store)
    assert told in (
        result.exception.format_message() if hasattr(result.exception, "format_message") else str(result.exception)
    )
    assert not (folder / "khong-co.db").exists()


def test_what_nobody_sent_is_told_as_such(folder):
    assert "chưa có kết quả nào" in run(folder, "1.1", "--rules", "khac").stdout


def test_evaluate_keeps_what_it_concludes_and_again_changes_nothing(tmp_path):
    book, store = shutil.copy(EXAMPLE, tmp_path / "so.xlsx"), str(tmp_path / "kho.db")
    for _ in range(3):  # the first run writes its sheets into the workbook, which has other bytes from then on
        result = CliRunner().invoke(
            commands, ["evaluate", str(book), "--store", store, "--quiet"], standalone_mode=False
        )
        assert (result.return_value, result.exception) == (1, None)
    with open_store(store) as opened:
        assert opened.submissions()[["unit", "file", "is_current"]].to_numpy().tolist() == [
            ["CL-HAI-YEN", "so.xlsx", True]
        ]
        assert opened.frame(criteria="17.4")["verdict"].tolist() == ["met"]
    refused = ["evaluate", str(book), "--store", str(tmp_path / "x" / "kho.db"), "--check"]
    assert "store-folder" in str(CliRunner().invoke(commands, refused).exception.problems)


# --- words and figures ------------------------------------------------------------------------------------------------


def make_point(half: int, value: float | None, verdict: str, name: str = "Nước sạch", unit: str = "%", **more) -> Point:
    year, first = 2020 + half // 2, 1 + 6 * (half % 2)
    end = dt.date(year, 6, 30) if first == 1 else dt.date(year, 12, 31)
    asked = Asked("1.1", 1, "", 0, "leaf", name, unit, "≥ 80%", (Fraction(4, 5),), "ratio", counts=False)
    return Point(
        dt.date(year, first, 1), end, None, "06190", "Xã Hải Yến", "thu", "1", asked, verdict, value=value, **more
    )


def test_a_figure_never_contradicts_its_verdict():
    assert show_value(make_point(0, 0.79996, "not_met")) == "79,99%"
    assert show_value(make_point(0, 0.8, "met")) == "80%"
    assert show_value(make_point(0, 1234.5, "met", unit="ha")) == "1.234,5 ha"


def test_results_of_two_rulebooks_in_one_period_stand_apart():
    both = [make_point(0, 0.1, "not_met"), make_point(1, 0.9, "met")]
    apart = [*both, replace(both[1], rulebook="khac", verdict="no_data")]
    assert (arrange(both).kind, len(arrange(both).lines)) == ("series", 1)
    assert len(arrange(apart).lines) == 2


def ask(point: Point, **other) -> Point:
    return replace(point, criterion=replace(point.criterion, **other))


def test_figures_of_two_units_of_measure_are_no_one_series():
    points = [make_point(0, 50_000.0, "met", unit="m2"), make_point(1, 5.0, "met", unit="ha")]
    trend = arrange(points)
    assert [(len(line.points), line.apart) for line in trend.lines] == [(1, "m2"), (1, "ha")]
    told = "\n".join(tell_trend(trend))
    assert "Nước sạch (ha)" in told
    assert "Nước sạch (m2)" in told
    assert "1.1 Nước sạch (m2)" in render_history(trend)


def test_lines_of_one_unit_say_which_rulebook_or_name_they_are_of():
    one, other = make_point(0, 0.4, "not_met"), make_point(1, 0.9, "met", "Điện")
    elsewhere = replace(one, unit="2", unit_name="Xã Hai")
    assert [line.apart for line in arrange([one, other, elsewhere]).lines] == ["Nước sạch", "Điện", ""]
    twice = arrange([one, replace(one, rulebook="khac"), elsewhere])
    assert [line.apart for line in twice.lines] == ["thu", "khac", ""]


def test_what_sets_lines_apart_is_not_cut_away():
    name = "Tỷ lệ hộ gia đình ở nông thôn được dùng nước sạch theo quy chuẩn của Bộ"
    told = list(tell_trend(arrange([make_point(0, 5.0, "met", name, "m2"), make_point(1, 5.0, "met", name, "ha")])))
    assert [line.split(" (")[1].split(")")[0] for line in told if line.startswith("1.1 ")] == ["m2", "ha"]


def test_a_unit_that_two_rulebooks_judged_is_said_to_be_counted_twice(tmp_path):
    store = tmp_path / "kho.db"
    for id_ in ("thu", "khac"):
        path = tmp_path / f"{id_}.yaml"
        path.write_text(f"rulebook: {id_}\ntitle: Thử\n{RULES}", encoding="utf-8")
        units = pd.DataFrame({"as_of": pd.Timestamp(2024, 5, 29)}, ["a", "b"])
        value = pd.DataFrame({"1.2": [1.0, 3.0]}, ["a", "b"])
        with open_store(store) as opened:
            opened.add(evaluate_frames({"units": units, "value": value}, load_rulebook(path)), period="năm 2024")
    both = CliRunner().invoke(commands, ["history", "1.2", "--store", str(store)])
    assert "--rules khac, --rules thu" in both.stderr
    one = CliRunner().invoke(commands, ["history", "1.2", "--store", str(store), "--rules", "thu"])
    assert one.exit_code == 0
    assert "--rules" not in one.stderr


def test_the_target_that_is_told_held_last_and_earlier_ones_are_told_beside_it():
    old = ask(make_point(0, 0.7, "met"), target="≥ 60%", bounds=(Fraction(3, 5),))
    new = make_point(1, 0.7, "not_met")
    assert arrange([old, new]).subtitle == "Mục tiêu: ≥ 80% (trước đây: ≥ 60%)"
    gone = replace(old, unit="99999", unit_name="Xã Cũ")  # the last of the list, and not asked any more
    assert arrange([new, gone]).subtitle.endswith("Mục tiêu: ≥ 80% (trước đây: ≥ 60%)")
    assert arrange([new]).subtitle == "Mục tiêu: ≥ 80%"


def test_bars_are_of_the_length_of_the_figures():
    points = [
        make_point(0, 0.4, "not_met"),
        make_point(1, 1.6, "met"),
        make_point(2, None, "no_data"),
        make_point(3, -0.5, "not_met"),
    ]
    bars = [line[23:47] for line in list(tell_trend(arrange(points)))[3:7]]
    assert bars == [
        "██████" + " " * 6 + "│" + " " * 11,
        "█" * 12 + "┃" + "█" * 11,
        " " * 12 + "│" + " " * 11,
        " " * 12 + "│" + " " * 11,
    ]


# --- the picture ------------------------------------------------------------------------------------------------------

NAME = 'Nước sạch <b> & "=1+1"'
SERIES = [
    make_point(0, 0.4, "not_met", NAME, made_of="Xã A (1) + 60% Xã B (2)"),
    make_point(1, None, "no_data", NAME, reason="chưa có số liệu của Xã B (2)"),
    make_point(2, 0.6, "", NAME, made_of="Xã A (1) + 60% Xã B (2)"),
    make_point(3, 0.85, "met", NAME),
]


def many() -> list[Point]:
    """Forty units over five periods, every verdict among them."""
    words = [*map(str, Verdict), ""]
    points = []
    for unit in range(40):
        for half in range(5):
            point = make_point(half, unit / 40, words[min(unit * 7 // 40 + half % 3, 6)])
            points.append(replace(point, unit=f"{unit:05}", unit_name=f"Xã {unit}"))
    return points


PICTURES = {
    "series": SERIES,
    "declared": [make_point(0, None, "met"), make_point(1, None, "not_met")],
    "long": [make_point(half, (half % 7) * 1e9, str(list(Verdict)[half % 6]), unit="đồng") for half in range(20)],
    "below zero": [make_point(half, (half - 2) / 10, "met") for half in range(5)],
    "many": many(),
}


def texts(svg: str) -> list[str]:
    return [each.text or "" for each in ET.fromstring(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize("name", PICTURES)
def test_the_picture_stands_alone_and_is_the_same_every_time(name):
    svg = draw_svg(arrange(PICTURES[name]))
    assert svg == draw_svg(arrange(PICTURES[name]))
    root = ET.fromstring(svg)
    assert root.get("role") == "img"
    named = [root.find(f"{SVG}{tag}") for tag in ("title", "desc")]
    assert root.get("aria-labelledby").split() == [each.get("id") for each in named]
    assert all(each.text for each in named)
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|url\(|@import|<script|href", svg)
    assert not [each for each in root.iter() if each.get("x") == "nan" or each.get("y") == "nan"]


def test_the_line_says_every_figure_verdict_and_reason_in_words():
    svg = draw_svg(arrange(SERIES))
    said = texts(svg)
    assert 'Xã Hải Yến (06190) · 1.1 Nước sạch <b> & "=1+1"' in " ".join(said)
    assert [text for text in said if text.endswith("%")] == [
        "0%",
        "20%",
        "40%",
        "60%",
        "80%",
        "100%",
        "40%",
        "60%",
        "85%",
    ]
    joined = " ".join(said)
    for word in (
        "✗ Chưa đạt",
        "? Thiếu số liệu",
        "· Chưa suy",
        "✓ Đạt",
        "gộp từ Xã A (1) + 60% Xã B (2)",
        "chưa có số liệu của Xã B (2)",
    ):
        assert word in joined
    lines = [each.get("class") for each in ET.fromstring(svg).iter(f"{SVG}line")]
    assert [look for look in lines if look.startswith("trend")] == ["trend old"]  # the second period is a gap
    assert lines.count("bound") == 1
    described = ET.fromstring(svg).find(f"{SVG}desc").text
    assert described.startswith("6 tháng đầu năm 2020: 40%, Chưa đạt. 6 tháng cuối năm 2020: Thiếu số liệu, chưa có")


def test_the_columns_say_every_count_beside_its_symbol():
    trend = arrange(many())
    said = texts(draw_svg(trend))
    for each in Verdict:
        assert any(text.endswith(each.label) for text in said)
    counted = {
        text
        for count in trend.counts
        for each in Verdict
        if count[each]
        for text in [f"{history_chart.SYMBOLS[each]} {count[each]}"]
    }
    assert counted <= set(said)
    assert said.count("40") == 5 + 1  # above each column, and on the scale


def channel(value: int) -> float:
    share = value / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


def luminance(colour: str) -> float:
    red, green, blue = (channel(int(colour[i : i + 2], 16)) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """As WCAG 2.2 defines it."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("scheme", "pairs"), [("light", history_chart._LIGHT), ("dark", history_chart._DARK)])
def test_every_ink_can_be_read_on_its_fill_and_on_the_ground(scheme, pairs):
    ground, ink, quiet, _grid = history_chart._GROUND[scheme]
    assert min(contrast(ink, ground), contrast(quiet, ground)) >= 4.5
    assert pairs.keys() == set(Verdict)
    for letters, fill in pairs.values():
        assert min(contrast(letters, fill), contrast(letters, ground)) >= 4.5


class Cells(HTMLParser):
    """The rows of a page's table."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._in = False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
            self._in = True

    def handle_endtag(self, tag):
        self._in = self._in and tag not in ("td", "th")

    def handle_data(self, data):
        if self._in:
            self.rows[-1][-1] += data


def test_the_page_holds_every_figure_in_a_table_and_escapes_every_text():
    page = render_history(arrange(SERIES))
    assert "<b>" not in page
    rows = Cells(page).rows
    assert rows[0] == ["Kỳ", "Kết quả", "Tử số / mẫu số", "Kết luận", "Gộp từ", "Lý do"]
    assert rows[1] == ["6 tháng đầu năm 2020", "40%", "", "✗ Chưa đạt", "Xã A (1) + 60% Xã B (2)", ""]
    assert rows[2] == ["6 tháng cuối năm 2020", "", "", "? Thiếu số liệu", "", "chưa có số liệu của Xã B (2)"]
    rows = Cells(render_history(arrange(many()))).rows
    assert len(rows) == 41
    assert rows[40] == ["Xã 39 (00039)", *["· 97,5%"] * 5]
    assert rows[1] == ["Xã 0 (00000)", "▲ Vượt 0%", "✓ Đạt 0%", "✗ Chưa đạt 0%", "▲ Vượt 0%", "✓ Đạt 0%"]


def test_a_chart_is_written_where_it_is_asked_for(folder, tmp_path):
    for suffix in ("svg", "html"):
        out = tmp_path / f"x.{suffix}"
        assert f"Đã ghi {out}" in run(folder, "06196", "-o", str(out)).stderr
        assert "Xã Cao Lộc (06196)" in out.read_text("utf-8")


BROWSER = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
           "--disable-component-update", "--disable-sync"]  # fmt: skip


@pytest.mark.slow
def test_in_a_browser_nothing_is_cut_off_overlaps_or_is_fetched(tmp_path):
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium on this machine")
    boxes = "all => all.map(each => { const b = each.getBBox(); return [b.x, b.y, b.x + b.width, b.y + b.height] })"
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=BROWSER)
        for name, points in PICTURES.items():
            page_file = tmp_path / f"{name}.html"
            page_file.write_text(render_history(arrange(points)), encoding="utf-8")
            grounds = []
            for scheme in ("light", "dark"):
                page = browser.new_page(color_scheme=scheme)
                asked, said = [], []
                page.on("request", lambda request, asked=asked: asked.append(request.url))
                page.on("console", lambda message, said=said: said.append(message.text))
                page.goto(page_file.as_uri())
                assert (asked, said) == ([page_file.as_uri()], [])
                grounds.append(page.eval_on_selector("svg .ground", "each => getComputedStyle(each).fill"))
                _x, _y, width, height = map(float, page.get_attribute("svg", "viewBox").split())
                found = page.eval_on_selector_all("svg text", boxes)
                assert len(found) > 4
                for left, top, right, bottom in found:
                    assert 0 <= left < right <= width, name
                    assert 0 <= top < bottom <= height, name
                for one, other in combinations(page.eval_on_selector_all("svg text:not(.over)", boxes), 2):
                    apart = (
                        one[2] <= other[0] + 1
                        or other[2] <= one[0] + 1
                        or one[3] <= other[1] + 6
                        or other[3] <= one[1] + 6
                    )
                    assert apart, (name, one, other)
                page.close()
            assert grounds == ["rgb(255, 255, 255)", "rgb(21, 25, 29)"]
        browser.close()


def test_the_guide_shows_what_is_printed(folder):
    guide = (ROOT / "docs" / "vi" / "lich-su.md").read_text("utf-8")
    printed = run(folder, "06196", "1.1", "--units", str(folder / "don-vi.csv")).stdout
    assert printed.replace(" <b> & =1+1", "") in guide
    for option in re.findall(r"--[a-z]+", guide):
        assert any(option in param.opts for command in commands.commands.values() for param in command.params), option
