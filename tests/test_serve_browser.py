"""The page as a clerk meets it, in a real Chromium: with a mouse, with a keyboard, on a phone, and without scripts."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import docx
import openpyxl
import pytest
from communes import make, put
from conftest import EXAMPLE
from hostile import FILES
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from serving import Served, Workers, serving

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:.*extension is not supported")]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"viewport": {"width": 360, "height": 740}, "device_scale_factor": 2, "has_touch": True, "is_mobile": True}
expect.set_options(timeout=60_000)  # the machine may have other work
RESULT = "Kết luận của 47 chỉ tiêu"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("serve"), lease_seconds=2) as running:
        yield running


class Desk:
    """Opens pages, and remembers whom they asked and what they complained of."""

    def __init__(self, chromium: Browser, served: Served) -> None:
        self._chromium, self.served = chromium, served
        self.contexts: list[BrowserContext] = []
        self.complaints: list[str] = []
        self.asked: list[str] = []

    def open(self, path: str = "/", **options: object) -> Page:
        context = self._chromium.new_context(base_url=self.served.address, locale="vi-VN", **options)  # type: ignore[arg-type]
        self.contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on(
            "console", lambda said: self.complaints.append(said.text) if said.type in ("error", "warning") else None
        )
        page.on("filechooser", lambda _chooser: None)  # caught from the beginning, however busy the machine is
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))
        page.goto(path)
        return page


@pytest.fixture
def clerk(chromium: Browser, served: Served) -> Iterator[Desk]:
    """A clerk's desk; at its end nobody else was asked for anything, and the console is empty."""
    desk = Desk(chromium, served)
    yield desk
    for context in desk.contexts:
        context.close()
    assert served.mistakes == []
    assert desk.complaints == []
    assert [url for url in desk.asked if not url.startswith((f"{desk.served.address}/", "blob:"))] == []


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> Workers:
    return Workers(monkeypatch)


def choose(page: Page, *files: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_text("Chọn tệp…").first.click()
    chooser.value.set_files(list(files))


def drop(page: Page, *paths: Path) -> None:
    """Let go of files or folders over the middle of the zone, as the operating system does it."""
    box = page.locator("[data-zone]").first.bounding_box()
    assert box is not None
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + 20}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, **at, "data": data})


def download(page: Page, name: str) -> Path:
    with page.expect_download() as found:
        page.get_by_role("link", name=re.compile(name)).click()
    return Path(found.value.path()), found.value.suggested_filename  # type: ignore[return-value]


def write(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


# --- the road of a clerk ---


def test_drop_look_download_and_open_again(clerk, tmp_path):
    page = clerk.open()
    drop(page, put(tmp_path, "Sổ xã Hải Yến.xlsx", EXAMPLE.read_bytes()))
    expect(page.get_by_role("heading", name=RESULT)).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("Xã Hải Yến")
    page.get_by_role("link", name="7 chỗ sai lệch").click()
    expect(page.get_by_text("Kết quả!I44").first).to_be_in_viewport()
    path, name = download(page, "Tải sổ đã đánh giá")
    assert name == "Sổ xã Hải Yến.xlsx"
    form, form_name = download(page, "Tải biểu đánh giá")
    assert form_name == "Sổ xã Hải Yến - biểu đánh giá.docx"
    assert "XÃ HẢI YẾN" in "".join(each.text for each in docx.Document(str(form)).element.iter() if each.text)
    before, after = openpyxl.load_workbook(EXAMPLE), openpyxl.load_workbook(path.rename(tmp_path / "out.xlsx"))
    assert after.sheetnames == [*before.sheetnames, "Đánh giá", "Sai lệch"]
    for sheet in before:
        assert [[c.value for c in row] for row in sheet] == [[c.value for c in row] for row in after[sheet.title]]


def test_a_result_is_printed_whole_and_in_words_that_can_be_read(clerk, tmp_path):
    if shutil.which("pdftotext") is None:
        pytest.skip("poppler is not installed")
    page = clerk.open(color_scheme="dark")
    choose(page, EXAMPLE)
    expect(page.get_by_role("heading", name=RESULT)).to_be_visible()
    printed = write(tmp_path, "in.pdf", page.pdf(prefer_css_page_size=True))
    told = subprocess.run(["pdftotext", "-layout", printed, "-"], capture_output=True, text=True, check=True).stdout
    assert told.count("\f") <= 20
    rows = [line.split()[0] for line in told.splitlines() if line.strip()]
    assert {"1.1.1", "17.12", "2.2.3", "3.2.2"} <= set(rows)  # of the groups that are closed on the screen, too
    assert "3.220.000 / 10.000.000 =" in told  # in one line
    assert "Đánh giá lại" not in told


def test_no_width_of_a_window_squeezes_words_or_lets_them_overlap(clerk):
    page = clerk.open()
    choose(page, EXAMPLE)
    expect(page.get_by_role("heading", name=RESULT)).to_be_visible()
    for width in (360, 640, 780, 1024, 1100, 1440):
        page.set_viewport_size({"width": width, "height": 800})
        cells = page.locator("details[open] tbody .c-name, details[open] td[data-label='Lý do']").evaluate_all(
            "cells => cells.filter(cell => cell.textContent.trim()).map(cell => cell.getBoundingClientRect().width)"
        )
        assert len(cells) > 60
        assert min(cells) > 110, width
        over = page.locator("details[open] td > *").evaluate_all(
            "all => all.filter(each => each.getBoundingClientRect().right"
            " > each.parentElement.getBoundingClientRect().right + 1).map(each => each.textContent)"
        )
        assert over == [], width
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        broken = page.locator("details[open] .place .cell").evaluate_all(
            "all => all.filter(each => each.getClientRects().length > 1 || !/^[A-Z]+[0-9]+$/.test(each.textContent))"
            ".map(each => each.parentElement.textContent)"
        )
        assert broken == [], width


def test_choose_by_a_date_and_then_by_another(clerk):
    page = clerk.open()
    page.get_by_text("Bộ quy tắc và ngày số liệu").click()
    page.get_by_label("Ngày số liệu").fill("30/6/2024")
    choose(page, EXAMPLE)
    expect(page.get_by_text("30/6/2024").first).to_be_visible()
    expect(page.get_by_label("Ngày số liệu")).to_have_value("30/6/2024")
    page.get_by_label("Ngày số liệu").fill("31/12/2024")
    page.get_by_role("button", name="Đánh giá lại").click()
    expect(page.get_by_text("Không đạt").first).to_be_visible()


def test_a_mended_workbook_takes_the_place_of_the_first(clerk, tmp_path):
    page = clerk.open()
    choose(page, EXAMPLE)
    expect(page.get_by_role("heading", name=RESULT)).to_be_visible()
    first = page.url
    choose(page, put(tmp_path, "da-sua.xlsx", make(texts={"11/70 ha": "1/70 ha"})))
    expect(page.get_by_text("1 / 70 = 1,43%").first).to_be_attached()
    assert page.url != first
    assert page.context.request.get(first).status == 404


def test_another_language(clerk):
    page = clerk.open()
    choose(page, EXAMPLE)
    expect(page.get_by_role("heading", name=RESULT)).to_be_visible()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_text("Not met").first).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "en"
    page.get_by_role("link", name="nhiemvu").click()
    expect(page.get_by_role("link", name="English")).to_have_attribute("aria-current", "true")


def test_several_workbooks_and_a_folder_of_them(clerk, tmp_path):
    put(tmp_path, "so/cao-loc/xa-hai-yen.xlsx", make("A1"))
    put(tmp_path, "so/loc-binh/sau/xa-huu-khanh.xlsx", make("B1", "Xã Hữu Khánh"))
    put(tmp_path, "so/loc-binh/~$xa-huu-khanh.xlsx", b"x")
    put(tmp_path, "so/ghi-chu.txt", b"x")
    page = clerk.open()
    drop(page, tmp_path / "so")
    expect(page.get_by_role("heading", name="Tổng hợp 2 đơn vị")).to_be_visible()
    page.get_by_text("Xã Hữu Khánh").click()
    expect(page.get_by_text("xa-huu-khanh.xlsx")).to_be_visible()
    path, name = download(page, "Tải sổ tổng hợp")
    assert name == "tong-hop.xlsx"
    assert zipfile.ZipFile(path).testzip() is None
    page.goto("/")
    choose(page, *sorted((tmp_path / "so").rglob("xa-*.xlsx")))
    expect(page.get_by_role("heading", name="Tổng hợp 2 đơn vị")).to_be_visible()


# --- what is no workbook ---


@pytest.mark.parametrize(
    ("name", "make_file", "says"),
    [
        ("bao-cao.docx", lambda: zip_of("word/document.xml"), "Đây là văn bản Word"),
        ("hong.xlsx", lambda: b"PK\x03\x04[content_types].xml", "Tệp hỏng"),
        ("bom.xlsx", FILES["bomb of 300 MiB in one part"].make, "vượt giới hạn"),
        ("rong.xlsx", lambda: b"", "Tệp rỗng"),
    ],
)
def test_a_wrong_file_is_told_what_it_is_and_what_to_do(clerk, tmp_path, name, make_file: Callable[[], bytes], says):
    page = clerk.open()
    choose(page, put(tmp_path, name, make_file()))
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Chưa đánh giá được «{name}»")
    expect(page.locator(".alert").first).to_contain_text(re.compile(says, re.IGNORECASE))
    choose(page, EXAMPLE)
    expect(page.get_by_role("heading", name=RESULT)).to_be_visible()


def zip_of(member: str) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(member, "<x/>")
    return memory.getvalue()


def test_too_much_at_once_is_told_before_it_is_sent(chromium, tmp_path):
    with serving(tmp_path, upload_bytes=1 << 20) as running:
        desk = Desk(chromium, running)
        page = desk.open()
        choose(page, put(tmp_path, "to.xlsx", b"x" * (3 << 20)))
        expect(page.get_by_role("alert")).to_have_text("Các tệp đã chọn nặng 3 MB; mỗi lần nhận nhiều nhất 1 MB.")
        assert not any("ket-qua" in url for url in desk.asked)
        page.context.close()
        assert desk.complaints == []


# --- several at once, and those who change their minds ---


def test_two_at_once_each_see_their_own(clerk, tmp_path):
    pages = [clerk.open(), clerk.open()]
    names = ["Xã Hải Yến", "Xã Công Sơn"]
    for page, name, code in zip(pages, names, ["A1", "A2"], strict=True):
        choose(page, put(tmp_path, f"{code}.xlsx", make(code, name)))
    for page, name in zip(pages, names, strict=True):
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
    other = pages[0].context.new_page()
    assert other.goto(pages[1].url).status == 404
    clerk.complaints.clear()  # Chromium's own line about the 404


def test_stop_while_it_works(clerk, served, workers):
    before = set(served.room.iterdir())
    workers.do("import sys, time; sys.stdin.readline(); time.sleep(60)")
    page = clerk.open()
    choose(page, EXAMPLE)
    expect(page.get_by_role("status")).to_have_text("Đang đọc sổ và áp quy tắc…")
    page.get_by_role("button", name="Dừng lại").click()
    expect(page.get_by_role("status").first).to_contain_text("Đã dừng")
    assert set(served.room.iterdir()) == before


def test_who_goes_away_does_not_wait(clerk, served, workers):
    before = set(served.room.iterdir())
    workers.do("import sys, time; sys.stdin.readline(); time.sleep(60)")
    page = clerk.open()
    choose(page, EXAMPLE)
    expect(page.get_by_role("status")).to_have_text("Đang đọc sổ và áp quy tắc…")
    page.wait_for_timeout(5000)  # more than the lease: it is watched
    assert len(set(served.room.iterdir()) - before) == 1
    page.close()
    wait_until(lambda: set(served.room.iterdir()) == before)


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 15
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_the_queue_is_told_and_moves(clerk, served, workers, monkeypatch):
    workers.do("import sys, time; sys.stdin.readline(); time.sleep(60)")
    pages = [clerk.open() for _ in range(5)]
    for page in pages:
        choose(page, EXAMPLE)
        expect(page.get_by_role("status")).to_be_visible()
    expect(pages[4].get_by_role("status")).to_contain_text("lượt phía trước")
    for page in pages:
        page.get_by_role("button", name="Dừng lại").click()
        expect(page.get_by_role("status").first).to_contain_text("Đã dừng")


def test_an_upload_can_be_called_off(clerk, served, tmp_path):
    before = set(served.room.iterdir())
    page = clerk.open()
    session = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 200_000}
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", slow)
    choose(page, put(tmp_path, "to.xlsx", b"x" * (20 << 20)))
    expect(page.get_by_role("status")).to_contain_text("Đang gửi sổ")
    page.get_by_role("button", name="Thôi gửi").click()
    expect(page.get_by_role("alert")).to_have_text("Đã thôi gửi; không giữ lại gì.")
    wait_until(lambda: set(served.room.iterdir()) == before)


SLOW_SEND = """
const send = XMLHttpRequest.prototype.send;
XMLHttpRequest.prototype.send = function (data) { setTimeout(() => send.call(this, data), 1500); };
"""


def test_a_file_that_went_away_and_a_server_that_is_gone_are_told_apart(chromium, tmp_path):
    with serving(tmp_path) as running:
        desk = Desk(chromium, running)
        page = desk.open()
        page.evaluate(SLOW_SEND)
        gone = put(tmp_path, "so.xlsx", b"x")
        choose(page, gone)
        gone.unlink()
        expect(page.get_by_role("alert")).to_contain_text("Không đọc được tệp «so.xlsx»")
    choose(page, EXAMPLE)
    expect(page.get_by_role("alert")).to_contain_text("Không liên lạc được với chương trình")
    page.context.close()


def test_a_failed_evaluation_shows_an_id_and_a_way_on(clerk, served, workers):
    workers.do("raise ValueError('bí mật')")
    page = clerk.open()
    choose(page, EXAMPLE)
    expect(page.get_by_role("heading", level=1)).to_have_text("Chưa có kết quả")
    id_, details = served.mistakes.pop()
    expect(page.get_by_text(id_)).to_be_visible()
    assert "ValueError" in details
    assert "ValueError" not in page.content()


# --- with a keyboard alone, on a phone, without scripts, for everyone ---


def test_the_whole_road_by_keyboard(clerk, tmp_path):
    page = clerk.open()
    press_until(page, "input[type=file]")
    assert has_ring(page, ".zone .button")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(EXAMPLE)
    expect(page.get_by_role("heading", name=RESULT)).to_be_visible()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.matches('.skip')")
    page.keyboard.press("Enter")
    press_until(page, 'a[href="tep/so"]')
    assert has_ring(page, ":focus")
    with page.expect_download() as found:
        page.keyboard.press("Enter")
    assert found.value.suggested_filename == EXAMPLE.name
    press_until(page, "#nhom-2 > summary")
    page.keyboard.press("Enter")
    expect(page.locator("#nhom-2 table")).to_be_visible()
    press_until(page, "form[action=xoa] button")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("Đã xóa sổ và kết quả")


def press_until(page: Page, selector: str) -> None:
    for _ in range(60):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} is never reached")


def has_ring(page: Page, selector: str) -> bool:
    return (
        page.evaluate("selector => getComputedStyle(document.querySelector(selector)).outlineStyle", selector)
        == "solid"
    )


def test_everything_works_without_scripts(clerk):
    page = clerk.open(java_script_enabled=False)
    page.get_by_label("Thả sổ vào đây").set_input_files(EXAMPLE)
    page.get_by_role("button", name="Đánh giá", exact=True).click()
    expect(page.get_by_role("heading", name=RESULT)).to_be_visible()  # the waiting page loads itself anew
    _path, name = download(page, "Tải sổ đã đánh giá")
    assert name == EXAMPLE.name
    page.get_by_role("button", name="Xóa sổ và kết quả").click()
    expect(page.get_by_role("status")).to_contain_text("Đã xóa")


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The source of axe-core, from the npm registry."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed, so there is no axe-core to ask")
    folder = tmp_path_factory.mktemp("axe")
    command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder), "axe-core@4"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, timeout=180)
    if done.returncode:
        pytest.skip(f"axe-core cannot be had from the npm registry: {done.stderr.strip().splitlines()[-1:]}")
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("so")
    put(folder, "hong.xlsx", b"Ma,Ten\n1,x\n")
    put(folder, "ban-sao.xlsx", make("A1"))
    return [
        put(folder, "a.xlsx", make("A1")),
        put(folder, "b.xlsx", make("B1", "Xã Hữu Khánh")),
        *folder.glob("[bh]*-*.xlsx"),
    ]


STATES = ("start", "wait", "result", "summary", "refused", "failed", "missing")


def bring(page: Page, state: str, monkeypatch: pytest.MonkeyPatch, many: list[Path], tmp_path: Path) -> None:
    """Bring a page into a state."""
    if state == "missing":
        page.goto("/ket-qua/khong-co/")
        return
    if state in ("wait", "failed"):
        Workers(monkeypatch).do(
            "import sys, time; sys.stdin.readline(); " + ("time.sleep(60)" if state == "wait" else "1 / 0")
        )
    if state != "start":
        refused = put(tmp_path, "x.pdf", b"%PDF")
        choose(page, *(many if state == "summary" else [refused] if state == "refused" else [EXAMPLE]))
        page.locator(".waiting" if state == "wait" else "#lai").wait_for()
    for element in page.locator("details").all():
        element.evaluate("element => { element.open = true; }")


@pytest.mark.parametrize("look", ["light", "dark", "phone"])
@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    chromium, served, axe, state, look, many, tmp_path, monkeypatch
):
    desk = Desk(chromium, served)
    options = {"light": {}, "dark": {"color_scheme": "dark"}, "phone": PHONE}[look]
    page = desk.open(bypass_csp=True, reduced_motion="reduce", **options)  # axe is put into the page
    bring(page, state, monkeypatch, many, tmp_path)
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations', 'incomplete']})")
    told = [(each["id"], [node["target"] for node in each["nodes"]][:5]) for each in found["violations"]]
    assert found["passes"]
    assert told == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.context.close()
    served.mistakes.clear()
