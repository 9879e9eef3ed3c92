"""The site of the guides: it builds without a warning, asks no other host for anything, and its search finds words."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import takewhile

import pytest
from conftest import ROOT

PICTURES = ROOT / "docs" / "pictures"
GUIDE = ROOT / "docs" / "vi" / "huong-dan-can-bo.md"


def test_pictures_of_the_guide_are_there_and_light():
    names = re.findall(r"\]\(\.\./pictures/([^)]+)\)", GUIDE.read_text("utf-8"))
    assert len(names) > 8
    assert {name: size for name in names if (size := (PICTURES / name).stat().st_size) > 150_000} == {}


def test_every_picture_is_shown_somewhere():
    shown = "".join(path.read_text("utf-8") for path in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")))
    assert [path.name for path in PICTURES.iterdir() if path.name not in shown] == []


def test_every_row_of_a_table_has_the_cells_of_its_head():
    tables = 0
    for path in (ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")):
        lines = re.sub(r"```.*?```", "", path.read_text("utf-8"), flags=re.DOTALL).splitlines()
        for head, rule, *rows in (lines[at:] for at in range(len(lines) - 1)):
            if not re.fullmatch(r"\|(:?-+:?\|)+", rule.replace(" ", "")):
                continue
            tables += 1
            for row in (head, rule, *takewhile(lambda line: line.startswith("|"), rows)):
                bare = re.sub(r"`[^`]*`", "", row.replace(r"\|", ""))
                assert bare.count("|") == rule.count("|"), f"{path.name}: {row}"
    assert tables > 50


def test_every_page_of_the_guides_is_in_the_navigation():
    listed = set(re.findall(r": ([\w/-]+\.md)$", (ROOT / "mkdocs.yml").read_text("utf-8"), re.MULTILINE))
    docs = ROOT / "docs"
    assert listed == {path.relative_to(docs).as_posix() for path in docs.rglob("*.md")}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    pytest.importorskip("material", reason="mkdocs-material is not installed: pip install 'nhiemvu[docs]'")
    folder = tmp_path_factory.mktemp("site") / "site"
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.slow
def test_the_site_builds_and_asks_no_other_host(site):
    pages = [*site.rglob("*.html")]
    assert len(pages) > 20
    for page in pages:
        text = page.read_text("utf-8")
        assert re.findall(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=\"(?:https?:)?//[^\"]*\"", text) == [], page


@pytest.mark.slow
def test_the_search_of_the_site_finds_a_word_in_chromium(site):
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("Chromium is not installed")
    from playwright.sync_api import sync_playwright

    handler = partial(SimpleHTTPRequestHandler, directory=str(site))
    handler.log_message = lambda *_words: None
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, sync_playwright() as playwright:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        address = f"http://127.0.0.1:{server.server_port}"
        page.goto(f"{address}/vi/huong-dan-can-bo.html")
        page.get_by_role("textbox").first.click()
        page.keyboard.type("mật khẩu", delay=30)
        found = page.locator(".md-search-result__link")
        found.first.wait_for(timeout=60_000)
        assert "loi-thuong-gap.html" in " ".join(each.get_attribute("href") or "" for each in found.all())
        page.screenshot(path=site.parent / "search.png")
        browser.close()
        server.shutdown()
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
