"""The local page: who may ask, what is taken in, what is shown, what is left behind."""

from __future__ import annotations

import asyncio
import html
import importlib
import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import docx
import httpx
import openpyxl
import pytest
from click.testing import CliRunner
from communes import UNITS, make, put
from conftest import EXAMPLE
from hosts import BOOK, remake
from serving import Served, Workers, all_offers, evaluate, send, serving, text_of, wait
from test_messages import VIETNAMESE, strip_official
from test_recalculate import strip

import nhiemvu
from nhiemvu.cli import commands
from nhiemvu.errors import NhiemvuError
from nhiemvu.messages import language
from nhiemvu.report.word import draw_form
from nhiemvu.serve import desk as desks
from nhiemvu.serve.answer import answer
from nhiemvu.serve.guard import Guard
from nhiemvu.serve.order import Order
from nhiemvu.serve.pages import render

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported")  # openpyxl, of the example
NAME = "Sổ xã Hải Yến.xlsx"


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


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> Workers:
    return Workers(monkeypatch)


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


def render_here(folder: Path, *names: str, **choices: object) -> str:
    """The result page, without a process of its own."""
    out = folder / "out"
    out.mkdir(exist_ok=True)
    order = Order(
        **{
            "id": "x",
            "folder": str(folder),
            "out": str(out),
            "names": list(names),
            "units": "",
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
        answer(order, lambda _done: None)
    return (out / "page.html").read_text("utf-8")


def test_a_result_in_english_says_nothing_of_ours_in_vietnamese(tmp_path):
    (tmp_path / NAME).write_bytes(EXAMPLE.read_bytes())
    page = render_here(tmp_path, NAME, language="en").replace(NAME.removesuffix(".xlsx"), "")
    rules = nhiemvu.evaluate(EXAMPLE).rulebook
    titles = {offer.title for offer in all_offers()} | {table.label for table in rules.tables.values()}
    for sheet in openpyxl.load_workbook(EXAMPLE).sheetnames:
        page = page.replace(f"sheet “{sheet}”", "")
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


@pytest.mark.slow
def test_formulas_without_a_value_are_computed_where_that_is_asked_for(served):
    data = strip(EXAMPLE.read_bytes())
    with served.browser() as client:
        job, page = evaluate(client, ("so.xlsx", data))
        assert "đã được IronCalc tính" not in page
        client.post(f"{job}danh-gia-lai", data={"tinh-lai": "1"})
        page = text_of(wait(client, job))
    assert "23 công thức chưa có giá trị đã được IronCalc tính" in page


# --- many workbooks ---


@pytest.mark.slow
def test_several_workbooks_give_the_summary_that_aggregate_makes(tmp_path, monkeypatch):
    monkeypatch.setenv("NHIEMVU_CACHE", str(tmp_path / "cache"))
    sent = {
        "xa-hai-yen.xlsx": make("A1"),
        "xã Công Sơn.xlsx": make("A2", "Xã Công Sơn", {"11/70 ha": "1/70 ha"}),
        "ban-sao.xlsx": make("A1"),
        "hong.xlsx": b"Ma,Ten\n1,x\n",
        "ghi-chu.docx": b"x",
    }
    folder = tmp_path / "in"
    for name, data in sent.items():
        put(folder, name, data)
    put(tmp_path, "don-vi.csv", UNITS.encode())
    page = render_here(folder, *sent, units=str(tmp_path / "don-vi.csv"))
    shown = text_of(page)
    assert "Tổng hợp 2 đơn vị" in shown
    for told in ("Xã Công Sơn", "2 sổ được tính; 1 tệp hỏng; 1 bản sao giống hệt; 1 tệp không phải sổ", "hong.xlsx"):
        assert told in shown
    assert "đây là tệp văn bản (CSV)"[1:] in shown
    assert "B1 Xã Hữu Khánh, Huyện Lộc Bình, Tỉnh Lạng Sơn: chưa nộp" in shown
    summary = nhiemvu.aggregate([folder / name for name in sent], units=tmp_path / "don-vi.csv", jobs=1)
    for unit in range(len(summary)):
        for each in summary.tell(unit).discrepancies:
            assert " ".join(each.follows.split()) in shown
    for bar in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        assert sum(map(float, re.findall(r' width="([\d.]+)"', bar))) == pytest.approx(100, abs=0.1)
    made = folder / "out" / "tong-hop.xlsx"
    summary.write(tmp_path / "in" / "theo-lenh.xlsx")
    assert made.read_bytes() == (tmp_path / "in" / "theo-lenh.xlsx").read_bytes()


def test_an_archive_of_workbooks_gives_a_summary_too(tmp_path, monkeypatch):
    monkeypatch.setenv("NHIEMVU_CACHE", str(tmp_path / "cache"))
    with zipfile.ZipFile(tmp_path / "huyen.zip", "w") as archive:
        archive.writestr("a/xa-hai-yen.xlsx", make("A1"))
        archive.writestr("b/xa-cong-son.xlsx", make("A2", "Xã Công Sơn"))
    shown = text_of(render_here(tmp_path, "huyen.zip", recalculate=True))
    assert "Tổng hợp 2 đơn vị" in shown
    assert "chỉ được tính khi đánh giá từng sổ" in shown


def test_several_workbooks_that_name_no_rulebook_are_told_to_choose_here(tmp_path, monkeypatch):
    monkeypatch.setenv("NHIEMVU_CACHE", str(tmp_path / "cache"))
    for name in ("a.xlsx", "b.xlsx"):
        openpyxl.Workbook().save(tmp_path / name)
    shown = text_of(render_here(tmp_path, "a.xlsx", "b.xlsx"))
    assert "hãy chọn một bộ ở dưới rồi bấm «Đánh giá lại»" in shown
    assert "--rules" not in shown


def test_files_of_which_none_is_a_workbook_are_told_why(tmp_path, monkeypatch):
    monkeypatch.setenv("NHIEMVU_CACHE", str(tmp_path / "cache"))
    put(tmp_path, "a.docx", b"x")
    put(tmp_path, "b.pdf", b"%PDF")
    shown = text_of(render_here(tmp_path, "a.docx", "b.pdf"))
    assert "Chưa tổng hợp được 2 tệp" in shown
    assert "--rules" not in shown


# --- the Word form ---


def test_the_form_is_the_one_that_the_command_line_makes(evaluated, tmp_path):
    client, job, _page = evaluated
    answer = client.get(f"{job}tep/bieu")
    assert unquote(answer.headers["content-disposition"]).endswith("Sổ xã Hải Yến - biểu đánh giá.docx")
    host = tmp_path / NAME
    host.write_bytes(EXAMPLE.read_bytes())
    assert answer.content == draw_form(nhiemvu.evaluate(host))


def test_a_template_of_the_office_that_cannot_be_filled_costs_the_form_alone(tmp_path):
    (tmp_path / NAME).write_bytes(EXAMPLE.read_bytes())
    template = docx.Document()
    template.add_paragraph("{{ khong_co }}")
    template.save(str(tmp_path / "mau.docx"))
    page = text_of(render_here(tmp_path, NAME, template=str(tmp_path / "mau.docx")))
    assert "Có tệp chưa ghi được như mong muốn" in page
    assert "khong_co" in page
    assert "Tải sổ đã đánh giá" in page
    assert "Tải biểu đánh giá" not in page


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


@pytest.mark.slow
def test_the_same_workbook_is_evaluated_anew_in_another_language(served):
    with served.browser() as client:
        job, page = evaluate(client, (NAME, EXAMPLE.read_bytes()))
        assert "Kết luận của 47 chỉ tiêu" in text_of(page)
        answer = client.post(f"{job}danh-gia-lai", data={"bo-quy-tac": "theo-so", "lang": "en"})
        assert answer.headers["location"] == "./"
        assert "Not met" in text_of(wait(client, job))


def test_a_result_is_removed_with_its_files(served, workers):
    workers.do("import sys; sys.stdin.readline()")
    before = set(served.room.iterdir())
    with served.browser() as client:
        job = "/" + send(client, (NAME, b"x")).headers["location"]
        assert len(set(served.room.iterdir()) - before) == 1
        assert client.post(f"{job}danh-gia-lai", content=b"x=" + b"y" * 200_000).status_code == 400
        assert client.post(f"{job}xoa", data={"vi": "dung"}).headers["location"] == "../../?vi=dung"
        assert "Đã dừng" in text_of(client.get("/?vi=dung").text)
        assert client.get(job).status_code == 404
    assert set(served.room.iterdir()) == before


def test_a_workbook_sent_anew_takes_the_place_of_the_one_before(served, workers):
    with served.browser() as client:
        first = "/" + send(client, (NAME, b"x")).headers["location"]
        send(client, (NAME, b"y"), thay=first.split("/")[2])
        assert client.get(first).status_code == 404


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
    order = Order("x", "", "", ["a.xlsx"], "", "", "", False, "vi", [], "", False, "-", 1, 1)
    texts = {"time": "Đã dừng vì quá", "memory": "nhiều bộ nhớ", "mistake": "Lỗi của chương trình"}
    from nhiemvu.serve.pages import say

    said = say(f"failed-{kind}", seconds=1) if kind != "mistake" else say("mistake")
    assert texts[kind] in text_of(render("failed.html", order=order, texts=[said]))


# --- the command ---


def test_the_command_says_how_to_install_what_is_missing(monkeypatch):
    module = importlib.import_module("nhiemvu.cli.serve")  # not its command of the same name
    monkeypatch.setattr(module, "find_spec", lambda name: None if name == "uvicorn" else object())
    done = CliRunner().invoke(commands, ["serve"], standalone_mode=False)
    assert done.return_value == 2
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
