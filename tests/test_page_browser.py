"""The page in a real Chromium: search, filters, sorting, addresses, the keyboard, print, and no network."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import time
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
from summaries import FIRST, RULES, SECOND, draw_figures, make_summary

from nhiemvu.engine.rows import UnitInfo
from nhiemvu.many.summary import Summary
from nhiemvu.report.page.draw import draw_page
from nhiemvu.rules.load import load_rulebook
from nhiemvu.text import plain
from nhiemvu.verdicts import Verdict

pytestmark = pytest.mark.slow
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
VIEWS = ["tong-quan", "bang-mau", "xep-hang", "tieu-chi", "nhom", "chua-tinh"]
PAGES = ["xa=06003", "tieu-chi=17.3", "tieu-chi=1.3", "nhom=2000", "xa=khong-co"]
HOSTILE = '<img src=x onerror="window.pwned = 1"></script><script>window.pwned = 1</script>'
STRANGE = "A/1 &tieu-chi=%41#=?đ"  # a code that must survive in an address


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def summary() -> Summary:
    made = make_summary(200, periods=2)
    made.units = made.figures.units = made.evaluation.units = [
        UnitInfo(unit.code, HOSTILE if at == 50 else unit.name, period=unit.period, as_of=unit.as_of)
        for at, unit in enumerate(made.units)
    ]
    return made


@pytest.fixture(scope="module")
def file(summary: Summary, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trang") / "trang.html"
    path.write_bytes(draw_page(summary, path.parent))
    return path


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that the large page has, of fewer units: for what looks at every element."""
    path = tmp_path_factory.mktemp("nho") / "trang.html"
    path.write_bytes(draw_page(make_summary(24, districts=3, periods=2), path.parent))
    return path


@dataclass
class Tab:
    """A tab with the page, and what went wrong in it or was asked of a network."""

    page: Any
    file: Path
    wrong: list[str] = field(default_factory=list)

    def go(self, address: str) -> None:
        self.page.goto(f"{self.file.as_uri()}#{address}")
        self.settle()

    def settle(self) -> None:
        """Until what was asked for is drawn: a page of its own begins as a heading alone."""
        self.page.wait_for_timeout(30)  # an address is followed a moment after it is clicked
        self.wait("document.querySelector('main').getAttribute('aria-busy') === 'false'")

    def wait(self, expression: str) -> None:
        """Until it holds; Playwright's own way needs eval, which the page's policy forbids."""
        for _each in range(600):
            if self.page.evaluate(expression):
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"never came true: {expression}")

    def wait_for_detail(self, text: str) -> None:
        """Until the sentence behind a cell is shown."""
        self.wait(f"document.getElementById('detail').textContent.includes({json.dumps(text)})")

    def rows(self) -> list[str]:
        """Names of the units on the heat map."""
        names: list[str] = self.page.eval_on_selector_all(
            "#map [data-unit] th", "all => all.map((th) => th.textContent)"
        )
        return names

    def units(self) -> list[int]:
        """Positions of the units on the heat map."""
        found = self.page.eval_on_selector_all(
            "#map tr[data-unit]", "all => all.map((row) => Number(row.dataset.unit))"
        )
        return list(found)

    def show_all(self) -> None:
        self.page.evaluate("document.querySelector('#map-rest button:last-child').click()")

    @property
    def found(self) -> str:
        return str(self.page.text_content("#found"))


@pytest.fixture
def open_page(browser: Any, file: Path) -> Iterator[Callable[..., Tab]]:
    contexts, tabs = [], []

    def open_tab(address: str = "", *, width: int = 1440, height: int = 900, path: Path = file, **options: Any) -> Tab:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        page = context.new_page()
        tab = Tab(page, path)

        def watch(route: Any) -> None:
            if route.request.url.startswith("file:"):
                route.continue_()
            else:
                tab.wrong.append(f"asked for {route.request.url}")
                route.abort()

        context.route("**/*", watch)
        page.on("console", lambda message: tab.wrong.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: tab.wrong.append(str(error)))
        tab.go(address)
        contexts.append(context)
        tabs.append(tab)
        return tab

    yield open_tab
    wrong = [each for tab in tabs for each in tab.wrong]
    for context in contexts:
        context.close()
    assert wrong == []


def keys(summary: Summary) -> list[str]:
    """What each unit is found by: its name, code, and the groups above it but the one of all."""
    above = [""] * len(summary)
    for group in summary.groups[1:]:
        for at in group.members:
            above[at] += f" {group.name}"
    return [plain(f"{unit.name} {unit.code} {above[at]}") for at, unit in enumerate(summary.units)]


# --- search, filters, sorting -----------------------------------------------------------------------------------------


def test_search_finds_with_and_without_marks(open_page: Callable[..., Tab], summary: Summary) -> None:
    tab = open_page("bang-mau")
    names = [f"{one} {other}" for one, other in zip(FIRST, SECOND, strict=True)]
    queries = [
        "hai yen",
        "HẢI YẾN",
        unicodedata.normalize("NFD", "Hải Yến"),
        "dong",
        "ĐỒNG",
        "06003",
        "  xã   lộc ",
        "zzz",
    ]
    queries += [plain(name) for name in names[:6]] + [
        unicodedata.normalize("NFD", name).upper() for name in names[6:10]
    ]
    known = keys(summary)
    for query in queries:
        tab.page.fill("#search", query)
        expected = [at for at, key in enumerate(known) if all(word in key for word in plain(query).split())]
        tab.show_all()
        assert tab.units() == expected, query
        assert tab.found.startswith(f"Hiện {len(expected)} trên 200 đơn vị")
    tab.page.fill("#search", "hai yen")
    assert any("Hải Yến" in name for name in tab.rows())


def test_filters_hold_together(open_page: Callable[..., Tab], summary: Summary) -> None:
    """Verdict, criterion, group, attribute and words at once, against the arrays of the summary."""
    tab, choose = open_page("bang-mau"), random.Random(5)
    known, leaves = keys(summary), [node.index for node in summary.rulebook.criteria if node.kind == "leaf"]
    region = summary.attributes["Khu vực"]
    for _each in range(8):
        tab.page.evaluate("document.getElementById('reset').click()")
        verdicts = choose.sample([1, 2, 4], choose.randint(0, 2))
        node = choose.choice([None, summary.rulebook.by_id["17.3"], summary.rulebook.by_id["1.4"]])
        group = choose.choice([None, 0, 3, 5])
        value, word = choose.choice(["", "I", "II"]), choose.choice(["", "xa", "lam"])
        for verdict in verdicts:
            tab.page.click(f".chips .v{verdict}")
        selects = tab.page.locator("#filters select")
        selects.nth(0).select_option(node.id if node else "")
        selects.nth(1).select_option("" if group is None else str(group + 1))
        selects.nth(2).select_option(label=value or "tất cả")
        tab.page.fill("#search", word)
        shown = np.array([word in key for key in known])
        if verdicts:
            codes = summary.verdict[[node.index]] if node else summary.verdict[leaves]
            shown &= np.isin(codes, verdicts).any(axis=0)
        if group is not None:
            shown &= np.isin(np.arange(200), summary.groups[group + 1].members)
        if value:
            shown &= region == value
        tab.show_all()
        assert tab.units() == np.flatnonzero(shown).tolist(), (verdicts, node, group, value, word)
    tab.page.evaluate("document.getElementById('reset').click()")
    assert tab.found == "Hiện tất cả 200 đơn vị"
    assert not tab.page.locator("#reset").is_visible()


def test_every_cell_of_the_map_shows_its_verdict(open_page: Callable[..., Tab], summary: Summary) -> None:
    tab = open_page("bang-mau")
    tab.show_all()
    classes = tab.page.eval_on_selector_all(
        "#map tr[data-unit]",
        "all => all.map((row) => [...row.cells].slice(2).map((cell) => [cell.classList[0], cell.textContent]))",
    )
    labels = [each.label for each in Verdict]
    expected = [[[f"v{code}", labels[code]] for code in column] for column in summary.verdict.T.tolist()]
    assert classes == expected
    symbol = tab.page.evaluate("getComputedStyle(document.querySelector('#map td.v2'), '::before').content")
    assert "×" in symbol  # never by colour alone


def test_a_group_row_shows_the_share_that_meets(open_page: Callable[..., Tab], summary: Summary) -> None:
    tab = open_page("bang-mau")
    tab.show_all()
    rows = tab.page.eval_on_selector_all(
        "#map tr.group",
        "all => all.map((row) => [Number(row.dataset.group), [...row.cells].slice(2).map((cell) => cell.textContent)])",
    )
    assert len(rows) == len(summary.groups)
    for group, texts in rows:
        counts = summary.totals.counts[:, group]
        for text, row in zip(texts, counts, strict=True):
            arising = row.sum() - row[5]
            assert text == (str(int((row[0] + row[1]) * 100 // arising)) if arising else "Không phát sinh")


def test_folding_hides_and_shows(open_page: Callable[..., Tab], summary: Summary) -> None:
    tab = open_page("bang-mau")
    columns = "document.getElementById('map').rows[1].cells.length"
    tab.page.click("[data-fold-all='criteria fold']")
    assert tab.page.evaluate(columns) == 2 + sum(node.level == 0 for node in summary.rulebook.criteria)
    tab.page.click("[data-fold-all='criteria unfold']")
    tab.page.click("#map [data-fold='0']")
    assert tab.page.evaluate(columns) == 2 + sum(
        not node.id.startswith(("1.", "17", "18", "19")) for node in summary.rulebook.criteria
    )
    assert tab.page.evaluate("document.activeElement.dataset.fold") == "0"
    tab.page.click("[data-fold-all='groups fold']")
    assert tab.units() == []
    tab.page.click("#map button[data-group='1']")
    assert tab.units() == summary.groups[1].members.tolist()
    tab.page.fill("#search", "06100")  # what is folded is found all the same
    assert tab.units() == [100]


def test_lists_sort_by_what_they_show(open_page: Callable[..., Tab], summary: Summary) -> None:
    leaves = np.array([node.kind == "leaf" for node in summary.rulebook.criteria])
    counts = np.stack([(summary.verdict[leaves] == code).sum(axis=0) for code in range(6)], axis=1)
    share = (counts[:, 0] + counts[:, 1]) / (counts.sum(axis=1) - counts[:, 5])
    tab = open_page("xep-hang")
    hrefs = "all => all.map((a) => decodeURIComponent(a.hash.slice(4)))"

    def shown() -> list[str]:
        return list(tab.page.eval_on_selector_all("main > section:not([hidden]) tbody a", hrefs))

    by_share = sorted(range(200), key=lambda at: (-share[at], at))
    assert shown() == [summary.units[at].code for at in by_share]
    ranks = tab.page.eval_on_selector_all(
        "main > section:not([hidden]) tbody td:first-child", "all => all.map((td) => Number(td.textContent))"
    )
    assert ranks == [1 + int((share > share[at]).sum()) for at in by_share]
    tab.page.click("th:has-text('Thiếu số liệu') button")
    found = [next(at for at, unit in enumerate(summary.units) if unit.code == code) for code in shown()]
    assert [counts[at, 4] for at in found] == sorted(counts[:, 4], reverse=True)
    head = tab.page.locator("main > section:not([hidden]) th:has-text('Thiếu số liệu')")
    assert head.get_attribute("aria-sort") == "descending"
    tab.page.click("th:has-text('Thiếu số liệu') button")
    assert head.get_attribute("aria-sort") == "ascending"
    tab.go("bang-mau")
    for order, key in (("worst", share), ("share", -share)):
        tab.page.select_option("#map-order", order)
        tab.show_all()
        assert tab.units() == sorted(range(200), key=lambda at: (key[at], at)), order


# --- addresses --------------------------------------------------------------------------------------------------------


def test_a_units_page_tells_every_row(open_page: Callable[..., Tab], summary: Summary) -> None:
    tab = open_page("xa=06003")
    told = summary.tell(3)
    table = "main > section:not([hidden]) > .table tbody tr"
    rows = tab.page.eval_on_selector_all(
        table, "all => all.map((row) => [...row.cells].map((cell) => cell.textContent))"
    )
    assert len(rows) == len(told.rows)
    for cells, row in zip(rows, told.rows, strict=True):
        assert cells[1] == row.name
        assert cells[2:4] == [row.target, row.shown]
        assert cells[5].endswith(Verdict(row.verdict).label)
        assert cells[7].startswith(row.reason)
        assert cells[8] == row.place
    text = tab.page.text_content("main > section:not([hidden])")
    for each in told.discrepancies:
        assert each.says in text
        assert each.advice in text
    assert all(each.text in text for each in told.problems)
    assert tab.page.locator("main > section:not([hidden]) .trend").count() == 1
    link = tab.page.locator("main > section:not([hidden]) dl a")
    assert link.get_attribute("href").endswith("/so/06003.xlsx")
    tab.page.check("#only-open")
    visible = tab.page.locator(f"{table} >> visible=true").count()
    assert visible == sum(row.verdict in ("not_met", "not_assessed", "no_data") for row in told.rows)


def test_the_overview_says_of_how_many_units_the_share_of_each_period_is(
    open_page: Callable[..., Tab], summary: Summary
) -> None:
    label = open_page("tong-quan").page.get_attribute("#trend svg", "aria-label")
    leaves = [node.index for node in summary.rulebook.criteria if not node.children]
    for past in summary.past:
        counts = past.counts[leaves]
        exceeded, met, *others, _not_arising = counts.sum(axis=0)
        share = 100 * (exceeded + met) / (exceeded + met + sum(others))
        told = re.search(rf"{past.period} ([0-9,]+)% \({counts.sum(axis=1).max()} đơn vị\)", label)
        assert told is not None
        assert abs(float(told[1].replace(",", ".")) - share) <= 0.05
    assert f"({len(summary)} đơn vị)" in label


def test_a_criterions_page_sorts_units_by_value_and_marks_the_threshold(
    open_page: Callable[..., Tab], summary: Summary
) -> None:
    tab = open_page("tieu-chi=17.3")
    node = summary.rulebook.by_id["17.3"]
    values = summary.value[node.index]
    codes = tab.page.eval_on_selector_all(
        "main > section:not([hidden]) > .table tbody th a", "all => all.map((a) => decodeURIComponent(a.hash.slice(4)))"
    )
    position = {unit.code: at for at, unit in enumerate(summary.units)}
    shown = np.array([values[position[code]] for code in codes])
    known = shown[~np.isnan(shown)]
    assert (np.diff(known) <= 0).all()
    assert np.isnan(shown[len(known) :]).all()  # what is unknown stands last
    assert len(codes) == 200
    drawn = tab.page.eval_on_selector_all(
        "main > section:not([hidden]) .gauge",
        "all => all.map((svg) => ['rect', 'line'].map((tag) => svg.querySelector(tag))"
        ".map((part) => (part.width || part.x1).baseVal.value))",
    )
    most = max(float(np.nanmax(values)), 0.8)
    assert [width for width, _x in drawn] == pytest.approx([max(value / most * 100, 0.5) for value in known], abs=0.01)
    assert {round(x, 3) for _width, x in drawn} == {round(80 / most, 3)}
    text = tab.page.text_content("main > section:not([hidden])")
    assert summary.tell(7).rows[[row.id for row in summary.tell(7).rows].index("17.3")].reason in text


def test_links_lead_back_and_forth(open_page: Callable[..., Tab], summary: Summary) -> None:
    tab = open_page("bang-mau")
    tab.page.click("#map tbody tr[data-unit] a >> nth=2")
    tab.settle()
    assert tab.page.evaluate("location.hash").startswith("#xa=")
    assert tab.page.evaluate("document.activeElement.tagName") == "H2"
    unit = tab.page.evaluate("document.activeElement.textContent")
    assert tab.page.title().startswith(unit)
    tab.page.click("main > section:not([hidden]) > .table tbody td a >> nth=2")
    tab.settle()
    assert tab.page.evaluate("location.hash").startswith("#tieu-chi=")
    tab.page.click("main > section:not([hidden]) details.part a >> nth=1")
    tab.settle()
    assert tab.page.evaluate("location.hash") == "#nhom=2000"
    tab.page.click("text=Xem các đơn vị trên bảng màu")
    tab.settle()
    assert tab.units() == summary.groups[1].members.tolist()
    tab.page.go_back()
    tab.page.go_back()
    tab.page.go_back()
    tab.settle()
    assert tab.page.evaluate("document.querySelector('main > section:not([hidden]) h2').textContent") == unit


def test_a_group_says_of_how_many_units_a_figure_is_those_that_sent_nothing_included(
    open_page: Callable[..., Tab], summary: Summary
) -> None:
    at, group = next((g, each) for g, each in enumerate(summary.groups) if each.code and each.all > len(each.members))
    node = next(node for node in summary.rulebook.criteria if summary.totals.value[node.index, at] > 0)
    known = int(summary.totals.known[node.index, at])
    tab = open_page(f"nhom={group.code}")
    shown = tab.page.inner_text("main > section:not([hidden])")
    assert f"{known} trên {group.all} đơn vị có số liệu" in shown
    tab = open_page(f"tieu-chi={node.id}")
    row = tab.page.locator("main > section:not([hidden]) tr", has=tab.page.get_by_text(group.name, exact=True)).first
    assert f"{known}/{group.all}" in row.inner_text()


def test_an_address_of_nothing_says_so(open_page: Callable[..., Tab]) -> None:
    tab = open_page("xa=khong-co")
    assert tab.page.is_visible("text=Không có trang này")
    tab.go("%E0%A4%A")  # no valid address at all
    tab.go("tieu-chi=17.3")
    assert tab.page.is_visible("h2:has-text('17.3')")


def test_any_code_survives_in_an_address(open_page: Callable[..., Tab], tmp_path: Path) -> None:
    made = make_summary(3)
    made.units = made.figures.units = made.evaluation.units = [UnitInfo(STRANGE, "Xã Lạ"), *made.units[1:]]
    path = tmp_path / "la.html"
    path.write_bytes(draw_page(made))
    tab = open_page("xep-hang", path=path)
    tab.page.click("main > section:not([hidden]) a:has-text('Xã Lạ')")
    tab.settle()
    assert tab.page.is_visible("h2:has-text('Xã Lạ')")
    tab.go(f"xa={quote(STRANGE, safe='')}&tieu-chi=17.3")
    assert tab.page.locator("tr.asked").count() == 1


# --- keyboard and ear -------------------------------------------------------------------------------------------------


def test_the_keyboard_alone_is_enough(open_page: Callable[..., Tab], summary: Summary) -> None:
    tab = open_page("bang-mau")
    press = tab.page.keyboard.press
    press("Tab")
    assert tab.page.evaluate("document.activeElement.className") == "skip"
    press("Enter")
    assert tab.page.evaluate("document.activeElement.textContent") == "Bảng màu"
    for _each in range(12):
        press("Tab")
        assert tab.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        if tab.page.evaluate("document.activeElement.closest('#map') !== null"):
            break
    start = tab.page.evaluate("document.activeElement.closest('tr').rowIndex")
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowRight", "ArrowRight"):
        press(key)
    assert tab.page.evaluate(f"document.activeElement.parentElement.rowIndex - {start}") == 2
    assert tab.page.evaluate("document.activeElement.cellIndex") == 3
    unit = int(tab.page.evaluate("document.activeElement.parentElement.dataset.unit"))
    told = summary.tell(unit).rows[1]
    tab.wait_for_detail(told.reason)
    assert tab.page.get_attribute("#detail", "aria-live") == "polite"
    for _each in range(3):  # the whole map is one stop; then there may be two buttons for more rows
        press("Tab")
        assert not tab.page.evaluate("document.activeElement.closest('#map')")
    assert tab.page.evaluate("document.activeElement.closest('#detail') !== null")
    for _each in range(6):  # back over as many buttons as there are by now
        press("Shift+Tab")
        if tab.page.evaluate("document.activeElement.closest('#map') !== null"):
            break
    press("Enter")
    tab.settle()
    assert tab.page.evaluate("decodeURIComponent(location.hash)") == f"#xa={summary.units[unit].code}&tieu-chi=1.1"
    assert tab.page.locator("tr.asked th").text_content() == told.name
    tab.go("bang-mau")
    tab.page.focus("#map button[data-group='1']")
    press("Enter")
    assert not set(summary.groups[1].members.tolist()) & set(tab.units())
    assert tab.page.evaluate("document.activeElement.dataset.group") == "1"
    assert tab.page.evaluate("document.activeElement.getAttribute('aria-expanded')") == "false"
    press("Control+End")
    press("Control+Home")
    assert tab.page.evaluate("document.activeElement.closest('tr').rowIndex") == 1


def test_the_mouse_shows_the_reason_without_a_click(open_page: Callable[..., Tab], summary: Summary) -> None:
    tab = open_page("bang-mau")
    tab.page.hover("#map tr[data-unit='3'] td:nth-child(15)")
    reason = next(row.reason for row in summary.tell(3).rows if row.id == summary.rulebook.criteria[12].id)
    tab.wait_for_detail(reason)
    assert tab.page.get_attribute("#detail", "aria-live") == "off"


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder, npm = tmp_path_factory.mktemp("axe"), shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed, so axe-core cannot be fetched")
    command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder), "axe-core@4"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    if done.returncode:
        pytest.skip(f"axe-core cannot be fetched: {done.stderr.strip()[-200:]}")
    return (folder / "node_modules/axe-core/axe.min.js").read_text("utf-8")


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (1440, "dark"), (360, "light"), (360, "dark")])
def test_axe_finds_nothing(open_page: Callable[..., Tab], small: Path, axe: str, width: int, scheme: str) -> None:
    tab = open_page(width=width, color_scheme=scheme, bypass_csp=True, path=small)
    tab.page.evaluate(axe)
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    for address in (*VIEWS, *PAGES):
        tab.page.evaluate("to => { location.hash = to; }", address)
        tab.settle()
        found = tab.page.evaluate("tags => axe.run(document, { runOnly: tags })", tags)
        told = [(each["id"], [node["html"][:120] for node in each["nodes"][:3]]) for each in found["violations"]]
        assert told == [], address


CONTRAST = """() => {
  const parts = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (c) => [0.2126, 0.7152, 0.0722].reduce((sum, weight, at) => {
    const part = c[at] / 255;
    return sum + weight * (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  }, 0);
  const weak = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.checkVisibility({ visibilityProperty: true }) || element.closest("svg")) continue;
    const style = getComputedStyle(element), pseudo = getComputedStyle(element, "::before");
    const ink = style.fontSize === "0px" ? pseudo.color : style.color;
    let paper = null;
    for (let each = element; each && !paper; each = each.parentElement) {
      const fill = parts(getComputedStyle(each).backgroundColor);
      if (fill.length < 4 || fill[3] === 1) paper = fill;
    }
    const [one, other] = [light(parts(ink)), light(paper || [255, 255, 255])];
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (ratio < 4.5) weak.push([element.tagName, element.className, ratio, element.textContent.slice(0, 30)].join(" "));
  }
  return [...new Set(weak)].slice(0, 5);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_stands_out(open_page: Callable[..., Tab], small: Path, scheme: str) -> None:
    """What axe leaves open: symbols made by style, cells of the map."""
    tab = open_page(color_scheme=scheme, path=small)
    for address in (*VIEWS, *PAGES):
        tab.page.evaluate("to => { location.hash = to; }", address)
        tab.settle()
        assert tab.page.evaluate(CONTRAST) == [], address
        text = tab.page.text_content("main > section:not([hidden])")
        assert not re.search(r"\[object|undefined|NaN|null|Infinity", text), address


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_nothing_is_wider_than_the_window(open_page: Callable[..., Tab], small: Path, width: int) -> None:
    tab = open_page(width=width, height=800, path=small)
    for address in (*VIEWS, *PAGES):
        tab.go(address)
        tab.page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        assert tab.page.evaluate("document.documentElement.scrollWidth") <= width, address


BEYOND = """() => [...document.querySelectorAll('body *')].filter((each) => {
  if (!each.checkVisibility() || getComputedStyle(each).clipPath !== 'none' || each.matches('.skip')) return false;
  const { left, right } = each.getBoundingClientRect();
  const scrolls = each.matches('.table, .scroll, nav') && each.scrollWidth > each.clientWidth + 1;
  return left < -0.5 || right > innerWidth + 0.5 || scrolls;
}).map((each) => each.outerHTML.slice(0, 120))"""
# a line that ends within the name of a cell, or an address that shows another text than it holds
BROKEN = """() => [...document.querySelectorAll('tbody .place')].filter((each) => {
  const cell = each.querySelector('.cell');
  return each.textContent && (!/^[A-Z]+[0-9]+$/.test(cell.textContent) || cell.getClientRects().length > 1);
}).map((each) => each.textContent)"""


@pytest.mark.parametrize("width", [320, 390, 768, 1024, 1100, 1312, 1313, 1440])
def test_a_units_page_fits_every_window(open_page: Callable[..., Tab], small: Path, width: int) -> None:
    """Rows are cards where the table does not fit; nothing reaches beyond the window, no name of a cell is broken."""
    tab = open_page("xa=06003", width=width, path=small)
    tab.page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    assert tab.page.evaluate(BEYOND) == []
    assert tab.page.evaluate(BROKEN) == []
    assert tab.page.locator("td.place .cell").count() > 60
    shown = tab.page.evaluate("getComputedStyle(document.querySelector('td.reason').parentElement).display")
    assert shown == ("grid" if width <= 1312 else "table-row")


def read_rows(tab: Tab) -> list[list[tuple[str, str]]]:
    """Role and text of the cells of every row, as Chromium tells them to a screen reader."""
    found = tab.page.context.new_cdp_session(tab.page).send("Accessibility.getFullAXTree")["nodes"]
    nodes = {each["nodeId"]: each for each in found}

    def children(node: Any) -> Iterator[Any]:
        for each in (nodes[key] for key in node.get("childIds", []) if key in nodes):
            yield from children(each) if each["ignored"] else [each]

    def text(node: Any) -> str:
        if node["role"]["value"] == "StaticText":
            return str(node["name"]["value"])
        return "".join(map(text, children(node)))

    rows = [each for each in found if not each["ignored"] and each["role"]["value"] == "row"]
    return [[(each["role"]["value"], text(each)) for each in children(row)] for row in rows]


@pytest.mark.parametrize("width", [390, 1024, 1440])
def test_a_card_is_read_as_a_row_with_the_name_of_every_figure(
    open_page: Callable[..., Tab], small: Path, width: int
) -> None:
    tab = open_page("xa=06003", width=width, path=small)
    head, *rows = read_rows(tab)
    names = [name for _role, name in head]
    assert [role for role, _name in head] == ["columnheader"] * 9
    assert names[1] == "Nội dung"
    assert names[5] == "Kết luận"
    assert len(rows) > 63
    for row in rows:
        assert [role for role, _text in row] == ["cell", "rowheader", *["cell"] * 7]
        assert row[1][1]
        assert re.search("Vượt|[Đđ]ạt|Chưa đánh giá|Thiếu số liệu|Không phát sinh", row[5][1])  # in words
        if width < 1313:
            told = [(name, text) for name, (role, text) in zip(names, row, strict=True) if role == "cell" and text]
            assert all(text.startswith(f"{name}:") for name, text in told), told
            assert len(told) >= 4


# --- safely, and where something is missing ---------------------------------------------------------------------------


def test_hostile_texts_are_shown_and_never_run(open_page: Callable[..., Tab]) -> None:
    tab = open_page("xa=06050")
    assert tab.page.text_content("main > section:not([hidden]) h2") == HOSTILE
    for address in VIEWS:
        tab.go(address)
    assert tab.page.evaluate("window.pwned") is None
    assert tab.page.locator("img").count() == 0


def test_injected_scripts_do_not_run(browser: Any, file: Path) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(file.as_uri())
    page.evaluate(
        "() => { const script = document.createElement('script'), image = document.createElement('img');"
        " script.textContent = 'window.pwned = 1'; image.setAttribute('onerror', 'window.pwned = 1');"
        " image.src = 'x.png';"
        " document.body.append(script, image); }"
    )
    page.wait_for_timeout(200)
    assert page.evaluate("window.pwned") is None
    context.close()


def test_a_preview_without_scripts_still_tells(browser: Any, file: Path, summary: Summary) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    assert page.is_visible("text=Ở đây chỉ xem được phần tĩnh")
    assert page.is_visible(f"text={summary.absent[0].name} >> nth=0")
    assert page.locator("section#tieu-chi tbody tr").count() == len(summary.rulebook.criteria)
    context.close()


def test_an_old_browser_is_told_what_to_do(browser: Any, file: Path) -> None:
    context = browser.new_context()
    context.add_init_script("delete window.DecompressionStream")
    page = context.new_page()
    page.goto(file.as_uri())
    assert page.is_visible("text=Ở đây chỉ xem được phần tĩnh")
    assert page.is_visible("text=Chỉ tiêu ít đơn vị đạt nhất")
    assert page.locator("section#chua-tinh").is_visible()
    context.close()


def test_a_page_that_was_cut_says_so(open_page: Callable[..., Tab], file: Path, tmp_path: Path) -> None:
    whole = file.read_bytes()
    at = whole.index(b'id="block-0"')
    path = tmp_path / "cut.html"
    path.write_bytes(whole[: at + 2000])
    tab = open_page("xa=06003", path=path)
    assert tab.page.is_visible("text=Dữ liệu của trang bị hỏng hoặc bị cắt")


# --- print ------------------------------------------------------------------------------------------------------------


def read_pdf(data: bytes, tmp_path: Path) -> list[str]:
    """The text of every page of a PDF."""
    if shutil.which("pdftotext") is None:
        pytest.skip("poppler is not installed")
    path = tmp_path / "in.pdf"
    path.write_bytes(data)
    done = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True)
    return done.stdout.removesuffix("\f").split("\f")


@pytest.mark.parametrize(("paper", "most"), [("A4", 8), ("A3", 5)])
def test_the_map_is_printed_whole_with_its_head_on_every_page(
    open_page: Callable[..., Tab], summary: Summary, tmp_path: Path, paper: str, most: int
) -> None:
    tab = open_page("bang-mau", color_scheme="dark")
    pages = read_pdf(tab.page.pdf(format=paper, landscape=True), tmp_path)
    assert len(pages) <= most
    text = "\n".join(pages)
    for unit in summary.units:
        if unit.name != HOSTILE:
            assert unit.name in text
    for each in pages:
        assert "Đơn vị" in each
        assert all(re.search(rf"(?<![\d.]){re.escape(word)}(?![\d.])", each) for word in ("17.3", "1.1.1"))
    assert all(symbol in text for symbol in "▲●×○?–")
    assert "Chưa nộp" in text
    assert "Hiện tất cả 200 đơn vị" in pages[0]


def test_print_is_light_and_keeps_its_colours(open_page: Callable[..., Tab], tmp_path: Path) -> None:
    if shutil.which("pdftoppm") is None:
        pytest.skip("poppler is not installed")
    tab = open_page("bang-mau", color_scheme="dark")
    (tmp_path / "in.pdf").write_bytes(tab.page.pdf(format="A4", landscape=True))
    command = ["pdftoppm", "-r", "50", "-f", "1", "-l", "1", str(tmp_path / "in.pdf"), str(tmp_path / "in")]
    subprocess.run(command, check=True)
    image = next(tmp_path.glob("in*.ppm")).read_bytes()
    head = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", image)
    assert head is not None
    pixels = np.frombuffer(image[head.end() :], np.uint8).reshape(-1, 3).astype(int)
    assert (pixels.min(axis=1) > 250).mean() > 0.3  # paper stays white
    red, green = np.array([250, 225, 227]), np.array([221, 240, 228])
    assert (np.abs(pixels - red).max(axis=1) < 6).sum() > 500
    assert (np.abs(pixels - green).max(axis=1) < 6).sum() > 500


def test_a_printed_list_says_what_it_leaves_out_and_holds_every_row(
    open_page: Callable[..., Tab], summary: Summary, tmp_path: Path
) -> None:
    tab = open_page("xep-hang")
    tab.page.fill("#search", "hai yen")
    pages = read_pdf(tab.page.pdf(format="A4"), tmp_path)
    assert "«hai yen»" in pages[0]
    assert all("Tỷ lệ" in page and "Hạng" in page for page in pages)
    tab.go("xa=06003")
    text = re.sub(r"\s+", " ", " ".join(read_pdf(tab.page.pdf(format="A4"), tmp_path)))
    assert summary.tell(3).discrepancies[0].place in text  # what is folded on the screen is unfolded on paper
    assert text.count("Kết quả!") + text.count("Giải ngân!") + text.count("Thu ngân sách!") >= len(summary.tell(3).rows)


# --- size and time ----------------------------------------------------------------------------------------------------

SEARCH = """async (query) => {
  const field = document.getElementById("search"), start = performance.now();
  field.value = query;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  return performance.now() - start;
}"""


@pytest.mark.parametrize("count", [200, 3321])
def test_a_country_opens_and_is_searched(
    open_page: Callable[..., Tab], tmp_path: Path, count: int, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = draw_figures(load_rulebook(RULES), min(count, 400), 1)
    provinces, districts = (1, 10) if count < 1000 else (34, 20)
    made = make_summary(count, periods=2, provinces=provinces, districts=districts, figures=figures, distinct=400)
    path = tmp_path / "nuoc.html"
    start = time.perf_counter()
    path.write_bytes(draw_page(made, tmp_path))
    drawn = time.perf_counter() - start
    tab = open_page(path=path)
    tab.wait("performance.getEntriesByName('first-contentful-paint').length > 0")
    paint = tab.page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    ready = tab.page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
    times = {}
    for view in ("bang-mau", "xep-hang"):
        tab.go(view)
        times[view] = tab.page.evaluate(SEARCH, "hai yen")
    known = keys(made)
    expected = sum("hai" in key and "yen" in key for key in known)
    assert re.match(rf"Hiện {expected:,} trên ".replace(",", "."), tab.found)
    start = time.perf_counter()
    tab.go(f"xa={made.units[count - 1].code}")
    page = time.perf_counter() - start
    start = time.perf_counter()
    tab.go("tieu-chi=17.3")
    criterion = time.perf_counter() - start
    with capsys.disabled():
        print(
            f"\n{count} units: {path.stat().st_size / 1e6:.2f} MB, drawn in {drawn:.1f} s; first paint {paint:.0f} ms, "
            f"whole {ready:.0f} ms; search on the map {times['bang-mau']:.0f} ms, in the ranking "
            f"{times['xep-hang']:.0f} ms; a unit's page {page * 1000:.0f} ms, a criterion's {criterion * 1000:.0f} ms"
        )
    assert path.stat().st_size < (1e6 if count == 200 else 12e6)
    assert paint < 20_000


@pytest.mark.parametrize("width", [360, 768, 1024, 1280])
def test_no_page_scrolls_sideways_and_a_table_that_does_is_a_stop_for_the_keyboard(
    open_page: Callable[..., Tab], small: Path, width: int
) -> None:
    tab = open_page(PAGES[0], path=small, width=width)
    tab.page.wait_for_selector("td.reason")
    tab.page.wait_for_timeout(200)
    found = tab.page.evaluate(
        """() => [document.documentElement.scrollWidth - innerWidth,
            [...document.querySelectorAll('.table')].filter((each) => each.checkVisibility()).map((each) =>
                [each.scrollWidth - each.clientWidth > 1, each.tabIndex === 0 && each.role === 'region'])]"""
    )
    assert found[0] <= 0
    assert found[1]
    assert all(scrolls == stops for scrolls, stops in found[1]), found[1]
