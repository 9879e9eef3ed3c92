"""The local page: who may ask, what is taken in, what is shown, what is left behind."""

from __future__ import annotations

import asyncio
import html
import io
import os
import re
import stat
import sys
import time
import zipfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import httpx
import openpyxl
import pytest
from click.testing import CliRunner
from conftest import EXAMPLE
from hosts import BOOK, remake
from hypothesis import given
from hypothesis import strategies as st
from serving import Served, all_offers, evaluate, send, serving, wait
from test_messages import VIETNAMESE, strip_official

import nhiemvu
from nhiemvu.cli import commands
from nhiemvu.errors import NhiemvuError
from nhiemvu.messages import language
from nhiemvu.serve import desk as desks
from nhiemvu.serve import result
from nhiemvu.serve.bounds import Bounds
from nhiemvu.serve.desk import Desk, Job
from nhiemvu.serve.guard import Guard
from nhiemvu.serve.pages import render
from nhiemvu.serve.room import private_room
from nhiemvu.serve.upload import Form, RefusedError, choose_name, receive_form
from nhiemvu.serve.words import WORDS
from nhiemvu.serve.work import Order
from nhiemvu.sheets.theme import VERDICTS

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported")  # openpyxl, of the example
SERVE = Path(result.__file__).parent
NAME = "Sổ xã Hải Yến.xlsx"
TAGS = re.compile(r"<[^>]+>")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("serve")) as running:
        yield running


@pytest.fixture
def browser(served: Served) -> Iterator[httpx.Client]:
    with served.browser() as client:
        yield client


@pytest.fixture(scope="module")
def evaluated(served: Served) -> Iterator[tuple[httpx.Client, str, str]]:
    """The example, evaluated once: the browser that sent it, the address of its result, the page."""
    with served.browser() as client:
        yield client, *evaluate(client, (NAME, EXAMPLE.read_bytes()))


def text_of(page: str) -> str:
    return " ".join(html.unescape(TAGS.sub(" ", page)).split())


# --- who may ask ---


HOSTS = [
    ("127.0.0.1", 200),
    ("127.0.0.1:8318", 200),
    ("localhost:1", 200),
    ("LOCALHOST", 200),
    ("[::1]:8318", 200),
    ("danhgia.example.vn", 200),
    ("evil.example", 421),
    ("127.0.0.1.evil.example", 421),
    ("evil.example:8318", 421),
    ("127.0.0.1@evil.example", 421),
    ("localhost.evil.example", 421),
    ("127.0.0.2", 421),
    ("0.0.0.0", 421),
    ("[::1", 421),
    ("", 421),
]


@pytest.mark.parametrize(("host", "status"), HOSTS)
def test_only_names_of_this_machine_and_those_allowed_may_be_asked_for(host, status):
    guard = Guard(say_hello, refuse, ["danhgia.example.vn"])
    assert ask(guard, [(b"host", host.encode())]) == status


def test_the_server_is_guarded(served):
    assert httpx.get(served.address, headers={"host": "evil.example"}).status_code == 421
    assert httpx.get(served.address, headers={"host": "localhost"}).status_code == 200


def test_a_page_that_names_two_hosts_is_refused():
    """A proxy and we could each believe another one."""
    assert ask(Guard(say_hello, refuse), [(b"host", b"127.0.0.1"), (b"host", b"127.0.0.1")]) == 421


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://127.0.0.1:8318", 200),
        ("https://127.0.0.1:8318", 200),  # behind a proxy that speaks TLS
        ("http://127.0.0.1:8319", 403),
        ("http://127.0.0.1", 403),
        ("http://evil.example", 403),
        ("http://evil.example/127.0.0.1:8318", 403),
        ("null", 403),
        ("", 403),
        (None, 403),
    ],
)
def test_a_form_is_taken_from_our_own_pages_only(origin, status):
    headers = [(b"host", b"127.0.0.1:8318"), *([(b"origin", origin.encode())] if origin is not None else [])]
    assert ask(Guard(say_hello, refuse), headers, "POST") == status
    assert ask(Guard(say_hello, refuse), headers, "GET") == 200


async def say_hello(_scope, _receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def refuse(error, path):
    async def say(_scope, _receive, send):
        await send({"type": "http.response.start", "status": error.status, "headers": []})
        await send({"type": "http.response.body", "body": path.encode()})

    return say


def ask(app, headers: list[tuple[bytes, bytes]], method: str = "GET") -> int:
    sent = []

    async def take(message):
        sent.append(message)

    scope = {"type": "http", "method": method, "path": "/", "query_string": b"", "headers": headers}
    asyncio.run(app(scope, None, take))
    names = {name.decode() for name, _value in sent[0]["headers"]}
    assert {"content-security-policy", "x-content-type-options", "cache-control", "referrer-policy"} <= names
    return sent[0]["status"]


def test_a_foreign_form_leaves_nothing_behind(served, browser):
    before = set(served.room.rglob("*"))
    answer = send_from(browser, "http://evil.example")
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers
    assert set(served.room.rglob("*")) == before


def send_from(browser: httpx.Client, origin: str) -> httpx.Response:
    return browser.post("/", files={"so": (NAME, b"x")}, headers={"origin": origin})


@pytest.mark.parametrize(
    "path", ["/", "/ket-qua/khong-co/", "/tinh/nhiemvu.css", "/tinh/khong-co", "/x//y", "/?lang=en"]
)
def test_every_answer_carries_the_policies(browser, path):
    headers = browser.get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "same-origin"
    assert "access-control-allow-origin" not in headers
    assert "server" not in headers


def test_one_browser_cannot_see_the_result_of_another(served, evaluated):
    _own, job, _page = evaluated
    with served.browser() as other:
        for path in (job, f"{job}tien-do", f"{job}tep/so"):
            assert other.get(path).status_code == 404
        assert other.post(f"{job}xoa").status_code == 404
        other.cookies.set("nhiemvu", "x")
        assert other.get(job).status_code == 404


def test_ids_cannot_be_guessed(evaluated):
    client, job, _page = evaluated
    assert len(job.split("/")[2]) >= 24
    cookie = next(each for each in client.cookies.jar if each.name == "nhiemvu")
    assert len(cookie.value) >= 24
    assert cookie.has_nonstandard_attr("HttpOnly")


def test_a_cookie_of_a_page_with_tls_is_never_sent_without(served):
    host = served.address.removeprefix("http://")
    with served.browser(origin=f"https://{host}") as behind_a_proxy:
        cookie = send(behind_a_proxy, ("a.xlsx", b"")).headers["set-cookie"]
    assert "secure" in cookie.lower()
    assert "samesite=strict" in cookie.lower()


# --- what is taken in ---

BOUNDARY = "ranh-gioi-7bd1"


def make_body(parts: list[tuple[str, str | None, bytes]]) -> bytes:
    body = b""
    for name, file, data in parts:
        named = f'; filename="{file}"' if file is not None else ""
        body += (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'.encode() + data + b"\r\n"
        )
    return body + f"--{BOUNDARY}--\r\n".encode()


def receive(
    folder: Path, pieces: list[bytes], content_type: str = f"multipart/form-data; boundary={BOUNDARY}", **bounds: float
) -> Form:
    async def come() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    return asyncio.run(receive_form(content_type, come(), folder, replace(Bounds(), **bounds)))


@given(
    st.lists(st.binary(max_size=300).map(lambda data: data + b"\r\n--ranh"), min_size=1, max_size=3),
    st.lists(st.integers(0, 2000), max_size=6),
)
def test_a_form_is_the_same_however_it_is_cut_into_pieces(tmp_path_factory, files, cuts):
    folder = tmp_path_factory.mktemp("in")
    body = make_body([("ngay", None, b" 29/5/2024 "), *(("so", "x.xlsx", data) for data in files)])
    ends = sorted({min(cut, len(body)) for cut in cuts} | {0, len(body)})
    form = receive(folder, [body[a:b] for a, b in pairwise(ends)])
    assert form.fields == {"ngay": "29/5/2024"}
    assert [(folder / name).read_bytes() for name in form.files] == files
    assert len(list(folder.iterdir())) == len(files)


@given(st.lists(st.text(max_size=20) | st.text(min_size=150, max_size=250), min_size=1, max_size=4))
def test_a_file_keeps_its_name_as_far_as_any_folder_takes_it(names):
    taken: list[str] = []
    for name in names:
        chosen = choose_name(name, taken)
        assert chosen == Path(chosen).name
        assert not re.search(r'[\x00-\x1f<>:"/\\|?*]', chosen)
        assert chosen not in (".", "..")
        assert not chosen.startswith(".")
        assert len(chosen.encode("utf-8", "surrogatepass")) <= 255
        assert chosen.casefold() not in {each.casefold() for each in taken}
        taken.append(chosen)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", r"..\..\boot.ini", "/etc/passwd", r"C:\so.xlsx", "..", ".", "a/../b"]
)
def test_a_name_never_leads_out_of_the_folder(tmp_path, name):
    folder = tmp_path / "in"
    folder.mkdir()
    form = receive(folder, [make_body([("so", name, b"x")])])
    assert [path.name for path in folder.iterdir()] == form.files
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


@pytest.mark.parametrize(
    ("pieces", "content_type", "bounds", "code"),
    [
        ([b"x"], "application/json", {}, "broken-form"),
        ([b"x"], "multipart/form-data", {}, "broken-form"),
        ([b"x"], f"multipart/form-data; boundary={'y' * 300}", {}, "broken-form"),
        ([b"nonsense"], None, {}, "broken-form"),
        ([make_body([("so", "a", b"x")])[:-20]], None, {}, "broken-form"),
        ([make_body([("x" * 9, None, b"y" * 5000)])], None, {}, "broken-form"),
        ([make_body([(str(i), None, b"") for i in range(30)])], None, {}, "broken-form"),
        ([make_body([("so", "a", b"y" * 3000)])] * 2, None, {"upload_bytes": 2000}, "upload-too-large"),
        ([make_body([("so", "a", b"")] * 4)], None, {"files": 3}, "too-many-files"),
    ],
)
def test_what_is_no_form_of_ours_or_too_much_is_refused(tmp_path, pieces, content_type, bounds, code):
    with pytest.raises(RefusedError) as caught:
        receive(tmp_path, pieces, content_type or f"multipart/form-data; boundary={BOUNDARY}", **bounds)
    assert caught.value.code == code
    assert VIETNAMESE.search(str(caught.value))


def test_an_upload_that_stands_still_is_given_up(tmp_path):
    async def stall() -> AsyncIterator[bytes]:
        yield make_body([("so", "a", b"x" * 100)])[:60]
        await asyncio.sleep(30)

    bounds = Bounds(stall_seconds=0.05)
    with pytest.raises(RefusedError) as caught:
        asyncio.run(receive_form(f"multipart/form-data; boundary={BOUNDARY}", stall(), tmp_path, bounds))
    assert (caught.value.status, caught.value.code) == (408, "upload-too-slow")


@pytest.mark.parametrize(
    ("fields", "files", "said"),
    [
        ({}, [], "Chưa chọn sổ nào"),
        ({"ngay": "31/2/2024"}, [("a.xlsx", b"x")], "«31/2/2024» không phải ngày"),
        ({"bo-quy-tac": "../x"}, [("a.xlsx", b"x")], "Không có bộ quy tắc «../x»"),
    ],
)
def test_what_is_wrong_with_a_form_is_said_and_nothing_is_kept(served, browser, fields, files, said):
    before = set(served.room.iterdir())
    parts = [("so", file) for file in files] or [("so", ("", b""))]
    answer = browser.post("/", data=fields, files=parts)
    assert answer.status_code == 400
    assert said in text_of(answer.text)
    asked_by_script = browser.post("/", data=fields, files=parts, headers={"accept": "application/json"})
    assert said in asked_by_script.json()["message"]
    assert set(served.room.iterdir()) == before


def test_an_upload_that_is_too_large_is_told_so_though_it_is_still_coming(tmp_path):
    with serving(tmp_path, offers=all_offers()[:1], upload_bytes=1 << 20) as running, running.browser() as browser:
        answer = send(browser, ("a.xlsx", b"x" * (3 << 20)))
        assert answer.status_code == 413
        assert "lớn quá 1 MB" in text_of(answer.text)
        assert [path.name for path in running.room.iterdir()] == ["lock"]


def test_no_more_is_held_than_allowed(tmp_path):
    with serving(tmp_path, offers=all_offers()[:1], kept_bytes=1 << 16) as running, running.browser() as browser:
        assert send(browser, ("a.xlsx", b"x" * (1 << 17))).status_code == 503
        assert send(browser, ("a.xlsx", b"x" * (1 << 15))).status_code == 303


# --- what is shown ---


def test_the_page_shows_what_the_evaluation_says(evaluated):
    _client, _job, page = evaluated
    shown, evaluation = text_of(page), nhiemvu.evaluate(EXAMPLE)
    assert "Xã Hải Yến" in shown
    assert NAME in shown
    assert "29/5/2024" in shown
    for each in evaluation.find_discrepancies():
        assert " ".join(each.says.split()) in shown
        assert " ".join(each.follows.split()) in shown
        assert each.place in shown
    for problem in evaluation.find_problems():
        assert problem.text[1:] in shown
        assert problem.place.address in shown
    for row in evaluation.rows():
        for text in (row.id, row.name, row.target, row.shown, row.reason, row.outlook_reason, row.place):
            assert " ".join(text.split()) in shown, row.id


def test_the_bars_add_up_to_what_stands_in_the_rows(evaluated):
    _client, _job, page = evaluated
    leaves = Counter(row.verdict for row in nhiemvu.evaluate(EXAMPLE).rows() if row.kind == "leaf")
    bars = re.findall(r'<svg class="bar".*?</svg>', page, re.DOTALL)
    assert len(bars) == 3
    for bar in bars:
        widths = [float(each) for each in re.findall(r' width="([\d.]+)"', bar)]
        assert sum(widths) == pytest.approx(100, abs=0.1)
    legends = re.findall(r'<i class="([\w-]+)"></i>(\d+)', page)
    counted: Counter[str] = Counter()
    for key, count in legends:
        counted[key.replace("-", "_")] += int(count)
    assert counted == leaves


def test_the_download_is_the_workbook_that_the_command_line_writes(evaluated, tmp_path):
    client, job, _page = evaluated
    answer = client.get(f"{job}tep/so")
    plain, marked = re.fullmatch(
        r"attachment; filename=\"(.*)\"; filename\*=UTF-8''(.*)", answer.headers["content-disposition"]
    ).groups()
    assert unquote(marked) == NAME
    assert plain.isascii()
    host = tmp_path / NAME
    host.write_bytes(EXAMPLE.read_bytes())
    assert answer.content == nhiemvu.evaluate(host).write(tmp_path / "out.xlsx").read_bytes()


def test_what_a_workbook_says_stays_text(tmp_path):
    wild = '<script>alert("x")</script>'
    data = remake(
        EXAMPLE.read_bytes(),
        {"xl/sharedStrings.xml": lambda part: part.replace("Xã Hải Yến<".encode(), html.escape(wild).encode() + b"<")},
    )
    (tmp_path / "<img src=x>.xlsx").write_bytes(data)
    page = render_here(tmp_path, "<img src=x>.xlsx")
    assert html.escape(wild, quote=False).replace('"', "&#34;") in page
    assert "<script>alert" not in page
    assert "<img" not in page


def render_here(folder: Path, name: str, **choices: object) -> str:
    """The result page, without a process of its own."""
    out = folder / "out"
    out.mkdir(exist_ok=True)
    order = Order(
        **{
            "id": "x",
            "folder": str(folder),
            "out": str(out),
            "names": [name],
            "rules": "",
            "as_of": "",
            "recalculate": False,
            "language": "vi",
            "offers": [(offer.key, offer.title) for offer in all_offers()],
            "chosen": "theo-so",
            "recalculates": True,
            "privacy": "-",
            "most": 1,
            "memory": 1,
            **choices,
        }
    )
    with language("vi"):
        result.evaluate(order, lambda _done: None)
    return (out / "page.html").read_text("utf-8")


def test_a_result_in_english_says_nothing_of_ours_in_vietnamese(tmp_path):
    (tmp_path / NAME).write_bytes(EXAMPLE.read_bytes())
    page = render_here(tmp_path, NAME, language="en").replace(NAME, "")
    titles = {offer.title for offer in all_offers()}
    said = [html.unescape(text).strip() for text in re.split(r"<[^>]+>", page)]
    said += [html.unescape(text) for text in re.findall(r' (?:aria-label|data-[\w-]+)="([^"]*)"', page)]
    left = [text for text in said if text not in titles and VIETNAMESE.search(strip_official(text))]
    assert [text for text in left if text != "Tiếng Việt"] == []


def test_a_chosen_date_and_rulebook_are_used(tmp_path):
    (tmp_path / NAME).write_bytes(EXAMPLE.read_bytes())
    page = render_here(tmp_path, NAME, as_of="2024-12-31")
    assert "31/12/2024" in text_of(page)
    assert "Không đạt" in text_of(page)
    other = render_here(tmp_path, NAME, rules="kinh-te-xa-hoi-2019", chosen="kinh-te-xa-hoi-2019")
    assert "--rules" not in other
    assert "Chưa đánh giá được" in text_of(other)


def test_a_workbook_that_names_no_rulebook_is_told_to_choose_here(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "Danh sách"
    book.save(tmp_path / "khac.xlsx")
    page = text_of(render_here(tmp_path, "khac.xlsx"))
    assert "hãy chọn một bộ ở dưới rồi bấm «Đánh giá lại»" in page
    assert "Danh sách" in page
    assert "--" not in page


def lock(part: bytes) -> bytes:
    return part.replace(b"<bookViews>", b'<workbookProtection lockStructure="1"/><bookViews>')


def test_a_workbook_that_must_not_be_written_into_gives_the_two_sheets_alone(tmp_path):
    (tmp_path / "khoa.xlsx").write_bytes(remake(EXAMPLE.read_bytes(), {BOOK: lock}))
    page = text_of(render_here(tmp_path, "khoa.xlsx"))
    assert "hai trang kết quả nằm ở một tệp riêng" in page
    assert "Bảo vệ sổ làm việc" in page
    assert " -o" not in page
    assert openpyxl.load_workbook(tmp_path / "out" / "khoa - đánh giá.xlsx").sheetnames == ["Đánh giá", "Sai lệch"]


def test_an_empty_template_is_offered_for_every_rulebook(browser):
    page = browser.get("/").text
    links = re.findall(r'href="(so-mau/[^"]+)"', page)
    assert len(links) == len(all_offers()) - 1
    answer = browser.get(f"/{links[0]}")
    assert zipfile.ZipFile(io.BytesIO(answer.content)).testzip() is None
    assert browser.get("/so-mau/theo-so.xlsx").status_code == 404
    assert browser.get("/so-mau/khong-co.xlsx").status_code == 404


def test_the_language_is_remembered(served):
    with served.browser() as client:
        assert '<html lang="vi">' in client.get("/").text
        assert '<html lang="en">' in client.get("/?lang=en").text
        assert '<html lang="en">' in client.get("/").text
        assert '<html lang="vi">' in client.get("/", params={"lang": "vi"}).text
        assert '<html lang="vi">' in client.get("/?lang=fr").text


def test_the_same_workbook_is_evaluated_anew_in_another_language(served):
    with served.browser() as client:
        job, page = evaluate(client, (NAME, EXAMPLE.read_bytes()))
        assert "Kết luận của 47 chỉ tiêu" in text_of(page)
        answer = client.post(f"{job}danh-gia-lai", data={"bo-quy-tac": "theo-so", "lang": "en"})
        assert answer.headers["location"] == "./"
        assert "Not met" in text_of(wait(client, job))
        assert client.post(f"{job}danh-gia-lai", content=b"x=" + b"y" * 200_000).status_code == 400
        gone = client.post(f"{job}xoa")
        assert "vi=xoa" in gone.headers["location"]
        assert client.get(job).status_code == 404
    assert not any(path.name == NAME for path in served.room.rglob("*") if "Hải" in path.name and job in str(path))


# --- words and looks ---


def test_every_word_of_the_templates_is_there_and_every_word_is_used():
    sources = [
        path.read_text("utf-8") for folder in (SERVE, SERVE / "pages") for path in folder.iterdir() if path.is_file()
    ]
    asked = {name for text in sources for name in re.findall(r'say\(["\']([\w-]+)["\']', text)}
    asked |= {f"column-{name}" for name in ("id", "name", "target", "result", "declared", "verdict", "reason", "cell")}
    asked |= {"stopped", "removed"}
    assert asked - {"column-"} == set(WORDS)


@pytest.mark.parametrize("path", sorted((SERVE / "pages").glob("*.html")), ids=lambda path: path.name)
def test_pages_need_no_exception_from_the_policy(path):
    text = path.read_text("utf-8")
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|<script(?! src=)", text)
    assert not re.search(r"https?://|//[a-z]", text.replace("{{", ""))


def read_colours() -> list[dict[str, str]]:
    """The light and the dark palette."""
    css = (SERVE / "static" / "nhiemvu.css").read_text("utf-8")
    light, dark = (
        dict(re.findall(r"--([\w-]+): (#\w+);", block)) for block in re.findall(r":root \{(.*?)\}", css, re.DOTALL)
    )
    return [light, {**light, **dark}]


def test_verdicts_have_the_colours_of_the_sheets():
    light = read_colours()[0]
    for verdict, style in VERDICTS.items():
        key = verdict.replace("_", "-")
        found = tuple(light[f"{key}-{part}"].upper() for part in ("ink", "fill", "bar"))
        assert found == (style.ink, style.fill, style.bar)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_ink_can_be_read_on_its_ground(scheme):
    colours = read_colours()[scheme]
    pairs = [
        (ink, ground) for ink in ("ink", "quiet", "link") for ground in ("ground", "paper", "task", "group", "head")
    ]
    pairs += [("on-band", "band"), ("on-press", "press"), ("on-press", "press-over")]
    pairs += [(name, f"{name[:-4]}-fill") for name in colours if name.endswith("-ink")]
    weak = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in pairs}
    assert {pair: value for pair, value in weak.items() if value < 4.5} == {}
    edges = [("edge", "paper"), ("edge", "task"), ("focus", "paper"), ("focus", "ground")]
    assert {
        pair: contrast(colours[pair[0]], colours[pair[1]])
        for pair in edges
        if contrast(colours[pair[0]], colours[pair[1]]) < 3
    } == {}


# --- the room ---


def test_the_room_is_private_and_goes_with_all_that_is_in_it(tmp_path):
    with private_room(tmp_path) as room:
        assert stat.S_IMODE(room.stat().st_mode) == 0o700
        (room / "x").mkdir()
        (room / "x" / "so.xlsx").write_bytes(b"x")
    assert list(tmp_path.iterdir()) == []


def test_the_room_of_a_killed_server_is_swept_and_that_of_a_running_one_is_not(tmp_path):
    stale = tmp_path / "nhiemvu-serve-cu"
    stale.mkdir()
    (stale / "lock").touch()
    (stale / "so.xlsx").touch()
    elsewhere = tmp_path / "khac"
    elsewhere.mkdir()
    (tmp_path / "nhiemvu-serve-link").symlink_to(elsewhere)
    with private_room(tmp_path) as running:
        for lock_file in (stale / "lock", running / "lock"):
            os.utime(lock_file, (time.time() - 3600,) * 2)
        with private_room(tmp_path) as other:
            assert not stale.exists()
            assert running.exists()
            assert other.exists()
            assert elsewhere.exists()


# --- evaluations in hand, with workers that do as they are told ---


class Workers:
    """Stands for the processes that evaluate: each runs a line of Python."""

    def __init__(self) -> None:
        self.script = "import sys; sys.stdin.readline()"
        self.started = 0

    async def start(self, errors: int, folder: Path) -> asyncio.subprocess.Process:
        self.started += 1
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            "-S",
            "-c",
            self.script,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
            cwd=folder,
        )


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> Workers:
    made = Workers()
    monkeypatch.setattr(desks, "start_worker", made.start)
    return made


@pytest.fixture
def told() -> list[tuple[str, str]]:
    return []


def at_desk(tmp_path: Path, told: list[tuple[str, str]], work, **bounds: float) -> None:
    """Do some work at a desk, and close it."""

    async def run() -> None:
        desk = Desk(tmp_path, replace(Bounds(), **bounds), lambda id_, said: told.append((id_, said)))
        try:
            await work(desk)
        finally:
            await desk.close()

    asyncio.run(run())
    assert list(tmp_path.iterdir()) == []


def begin(desk: Desk, names: tuple[str, ...] = ("a.xlsx",), owner: str = "toi") -> Job:
    job = desk.open_job(owner)
    job.names = list(names)
    (job.workbooks / names[0]).write_bytes(b"x")
    order = Order("", "", "", list(names), "", "", False, "vi", [], "", False, "", 1, 1)
    desk.begin(job, order)
    return job


async def until(job: Job, *states: str) -> None:
    async with asyncio.timeout(10):
        while job.state not in states:
            await job.news.wait()


def is_alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


def test_a_few_run_at_once_and_the_others_are_told_how_many_come_before(tmp_path, workers, told):
    workers.script = "import sys, time; sys.stdin.readline(); time.sleep(60)"

    async def work(desk: Desk) -> None:
        jobs = [begin(desk) for _ in range(5)]
        await until(jobs[1], "running")
        assert [job.state for job in jobs] == ["running"] * 2 + ["waiting"] * 3
        assert [desk.count_ahead(job) for job in jobs] == [0, 0, 0, 1, 2]
        await desk.remove(jobs[0])
        await until(jobs[2], "running")
        assert [desk.count_ahead(job) for job in jobs[3:]] == [0, 1]
        assert workers.started == 3

    at_desk(tmp_path, told, work, at_once=2)


def test_who_comes_when_too_many_wait_is_told_to_come_later(tmp_path, workers, told):
    workers.script = "import time; time.sleep(60)"

    async def work(desk: Desk) -> None:
        for _ in range(2):
            begin(desk)
        with pytest.raises(RefusedError) as caught:
            begin(desk)
        assert caught.value.status == 503

    at_desk(tmp_path, told, work, at_once=1, waiting=2)


@pytest.mark.parametrize(
    ("script", "kind", "says"),
    [
        ("import time; time.sleep(60)", "time", ""),
        ("while True: pass", "time", ""),
        ("import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)", "time", ""),
        ("raise SystemExit(3)", "memory", ""),
        ("raise ValueError('bí mật')", "mistake", "ValueError"),
        ("import os; os.abort()", "mistake", "exit -6"),
        ("import os; os.kill(os.getpid(), 9)", "mistake", "exit -9"),
        ("raise SystemExit('x' * 10_000_000)", "mistake", "xxx"),
    ],
)
def test_what_becomes_of_a_worker_that_fails_is_told(tmp_path, workers, told, monkeypatch, script, kind, says):
    workers.script = script
    monkeypatch.setattr(desks, "_GRACE", 0.2)

    async def work(desk: Desk) -> None:
        job = begin(desk)
        await until(job, "failed")
        assert job.trouble is not None
        assert job.trouble.kind == kind
        if kind == "mistake":
            (id_, said) = told[0]
            assert id_ == job.trouble.id
            assert says in said
            assert len(said) < 50_000
        else:
            assert told == []

    at_desk(tmp_path, told, work, seconds=0.3 if kind == "time" else 10)


def test_a_worker_is_ended_with_all_that_it_started(tmp_path, workers, told):
    workers.script = (
        "import subprocess, sys, time; sys.stdin.readline();"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
        "print(child.pid, flush=True); time.sleep(60)"
    )

    async def work(desk: Desk) -> None:
        job = begin(desk)
        while not job.done:
            await job.news.wait()
        child = job.done  # a number that the worker wrote
        assert is_alive(child)
        await desk.remove(job)
        assert not is_alive(child)
        assert desk.find(job.id, "toi") is None

    at_desk(tmp_path, told, work)


def test_an_evaluation_that_is_begun_anew_ends_the_one_before(tmp_path, workers, told):
    workers.script = "import os, sys, time; sys.stdin.readline(); print(os.getpid(), flush=True); time.sleep(60)"

    async def work(desk: Desk) -> None:
        job = begin(desk)
        while not job.done:
            await job.news.wait()
        first = job.done
        workers.script = "import sys; sys.stdin.readline(); print(1)"
        assert job.order is not None
        desk.begin(job, job.order)
        desk.begin(job, job.order)
        await until(job, "done")
        assert not is_alive(first)

    at_desk(tmp_path, told, work)


def test_nobody_waits_so_nothing_goes_on(tmp_path, workers, told):
    workers.script = "import time; time.sleep(60)"

    async def work(desk: Desk) -> None:
        left, watched = begin(desk), begin(desk)
        await until(watched, "running")
        async with desk.watch(watched):
            await asyncio.sleep(0.1)
            await desk.sweep()
            assert left.state == "gone"
            assert watched.state == "running"
        await asyncio.sleep(0.1)
        await desk.sweep()
        assert watched.state == "gone"

    at_desk(tmp_path, told, work, lease_seconds=0.05, at_once=2)


def test_a_result_is_held_for_a_while_after_somebody_looked(tmp_path, workers, told):
    async def work(desk: Desk) -> None:
        job = begin(desk)
        await until(job, "done")
        for _ in range(3):
            await asyncio.sleep(0.12)
            assert desk.find(job.id, "toi") is job
            await desk.sweep()
        assert desk.find(job.id, "nguoi khac") is None
        await asyncio.sleep(0.25)
        await desk.sweep()
        assert desk.find(job.id, "toi") is None
        assert list(tmp_path.iterdir()) == []

    at_desk(tmp_path, told, work, keep_seconds=0.2)


# --- what goes wrong ---


def test_a_mistake_of_ours_is_an_id_and_no_traceback(served, browser, monkeypatch):
    monkeypatch.setattr(desks.Desk, "open_job", lambda _desk, _owner: 1 / 0)
    answer = send(browser, ("a.xlsx", b"x"))
    assert answer.status_code == 500
    shown = text_of(answer.text)
    id_, details = served.mistakes[-1]
    assert id_ in shown
    assert "ZeroDivisionError" in details
    assert "Traceback" not in answer.text
    assert "division" not in shown


@pytest.mark.parametrize("kind", ["time", "memory", "mistake"])
def test_a_failed_evaluation_says_what_to_do(kind):
    order = Order("x", "", "", ["a.xlsx"], "", "", False, "vi", [], "", False, "-", 1, 1)
    texts = {"time": "Đã dừng vì quá", "memory": "nhiều bộ nhớ", "mistake": "Lỗi của chương trình"}
    from nhiemvu.serve.pages import say

    said = say(f"failed-{kind}", seconds=1) if kind != "mistake" else say("mistake")
    assert texts[kind] in text_of(render("failed.html", order=order, texts=[said]))


# --- the command ---


def test_the_command_says_how_to_install_what_is_missing(monkeypatch):
    monkeypatch.setattr("nhiemvu.cli.serve.find_spec", lambda name: None if name == "uvicorn" else object())
    done = CliRunner().invoke(commands, ["serve"])
    assert done.exit_code == 2
    assert "pip install 'nhiemvu[serve]'" in done.stderr


def test_a_port_that_is_taken_is_told(served):
    port = served.address.rpartition(":")[2]
    done = CliRunner().invoke(commands, ["serve", "--port", port, "--no-open"])
    assert done.exit_code == 2
    assert "--port" in done.stderr


def test_a_rulebook_that_does_not_load_ends_the_command(tmp_path):
    (tmp_path / "hong.yaml").write_text("rulebook: hong\n", "utf-8")
    done = CliRunner().invoke(commands, ["serve", "--port", "0", "--no-open", "--rules", str(tmp_path / "hong.yaml")])
    assert isinstance(done.exception, NhiemvuError)
