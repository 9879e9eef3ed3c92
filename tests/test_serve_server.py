"""The page as a program of its own: how it begins and ends, and what it takes when many come at once."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import hostile
import httpx
import psutil
import pytest
from conftest import EXAMPLE
from hosts import remake
from serving import Served, evaluate, text_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks at processes through /proc"),
]
MEBIBYTE = 1 << 20


@contextlib.contextmanager
def program(above: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], Served]]:
    """`nhiemvu serve`, with its temporary files below a folder."""
    command = [sys.executable, "-m", "nhiemvu", "serve", "--port", "0", "--no-open", *arguments]
    environment = {**os.environ, "TMPDIR": str(above)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", env=environment
    ) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            found = re.search(r"http://127\.0\.0\.1:\d+", said)
            assert found, said
            yield process, Served(found[0], next(above.glob("nhiemvu-serve-*")))
        finally:
            if process.poll() is None:
                process.kill()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_server_that_is_stopped_leaves_nothing(tmp_path, how):
    with program(tmp_path) as (process, served):
        with served.browser() as browser:
            job, page = evaluate(browser, ("so.xlsx", EXAMPLE.read_bytes()))
            assert "Xã Hải Yến" in page
            polls = threading.Thread(target=poll, args=(served, browser.cookies, job), daemon=True)
            polls.start()
            time.sleep(0.3)
            process.send_signal(how)
            out, err = process.communicate(timeout=15)
        assert process.returncode == 0
        assert "Đã dừng" in out
        assert err == ""
    assert list(tmp_path.iterdir()) == []


def poll(served: Served, cookies: httpx.Cookies, job: str) -> None:
    with served.browser() as other, contextlib.suppress(httpx.HTTPError):
        other.cookies = cookies
        other.get(f"{job}tien-do", params={"co": "x"})


def test_what_a_killed_server_leaves_ends_by_itself_and_is_swept_by_the_next(tmp_path):
    with program(tmp_path) as (process, served):
        send_slow_one(served)
        worker = wait_for_worker(process.pid)
        process.kill()
        process.wait()
        psutil.wait_procs([worker], timeout=10)
        assert not worker.is_running()
    left = next(tmp_path.glob("nhiemvu-serve-*"))
    os.utime(left / "lock", (time.time() - 3600,) * 2)
    with program(tmp_path):
        assert not left.exists()


def wait_for_worker(pid: int) -> psutil.Process:
    for _ in range(100):
        for child in psutil.Process(pid).children():
            with contextlib.suppress(psutil.NoSuchProcess):
                if "nhiemvu.serve.work" in " ".join(child.cmdline()):
                    return child
        time.sleep(0.05)
    raise AssertionError("no worker")


def send_slow_one(served: Served) -> None:
    """A workbook that takes seconds: a sheet of a million empty rows, many times."""
    with served.browser() as browser:
        browser.post("/", files={"so": ("cham.xlsx", hostile.FILES["a million cells"].make())})


@pytest.mark.parametrize("name", sorted(hostile.FILES))
def test_a_hostile_workbook_is_answered(tmp_path_factory, name, one_server):
    case = hostile.FILES[name]
    with one_server.browser() as browser:
        _job, page = evaluate(browser, (case.name, case.make()))
    shown = text_of(page)
    if case.code == 2:
        # where only writing into it is dangerous, it is judged, and the two sheets come by themselves
        assert "Chưa đánh giá được" in shown or "nằm ở một tệp riêng" in shown, shown[:600]
        says = f"{case.says}|không ghi dùng bộ quy tắc nào" if case.says == "không có bảng nào" else case.says
        assert re.search(says, shown, re.IGNORECASE), shown[:600]
    else:
        assert "Kết luận của" in shown, shown[:600]
    assert "Traceback" not in page
    assert one_server.mistakes == []


@pytest.fixture(scope="module")
def one_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    from serving import serving

    with serving(tmp_path_factory.mktemp("serve")) as served:
        yield served


def rename(number: int) -> bytes:
    """The example as another commune sent it."""
    return remake(
        EXAMPLE.read_bytes(),
        {"xl/sharedStrings.xml": lambda part: part.replace("Xã Hải Yến<".encode(), f"Xã Số {number:03d}<".encode())},
    )


class Meter(threading.Thread):
    """Measures a process with all that it started until it is told to stop.

    Attributes:
        peak: bytes of memory of all of them together, at the most.
        server: of the first one alone.
        workers: how many there were at the same time, at the most.
    """

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peak = self.server = self.workers = 0
        self._process, self._stopped = psutil.Process(pid), threading.Event()

    def run(self) -> None:
        while not self._stopped.wait(0.05):
            with contextlib.suppress(psutil.NoSuchProcess):
                own = self._process.memory_info().rss
                others = 0
                children = self._process.children(recursive=True)
                for child in children:
                    with contextlib.suppress(psutil.NoSuchProcess):
                        others += child.memory_info().rss
                self.server, self.peak = max(self.server, own), max(self.peak, own + others)
                self.workers = max(self.workers, len(children))

    def stop(self) -> None:
        self._stopped.set()
        self.join()


BAD = [
    "bomb of 300 MiB in one part",
    "a million cells",
    "2 million cells that are no tokens",
    "3 million cell formats",
    "a tag of 30 MiB",
    "5 million empty strings",
    "200,000 merges",
    "a million empty rows",
    "10,000 sheets",
    "ods: a bomb",
]


def test_fifty_at_once_of_which_ten_are_hostile(tmp_path):
    sent = {number: rename(number) for number in range(40)} | {
        40 + i: hostile.FILES[name].make() for i, name in enumerate(BAD)
    }
    with program(tmp_path, "--jobs", "2") as (process, served):
        meter = Meter(process.pid)
        meter.start()
        start = time.monotonic()
        with ThreadPoolExecutor(50) as pool:
            answers = list(pool.map(lambda number: ask(served, number, sent[number]), sent))
        seconds = time.monotonic() - start
        meter.stop()
        for number, (shown, download, job) in zip(sent, answers, strict=True):
            others = set(re.findall(r"Xã Số (\d{3})", shown + download.decode("latin-1"))) - {f"{number:03d}"}
            assert others == set(), number
            if number < 40:
                assert f"Xã Số {number:03d}" in shown, shown[:300]
                assert download[:2] == b"PK"
            else:
                case = hostile.FILES[BAD[number - 40]]
                assert ("Chưa đánh giá được" if case.code == 2 else "Kết luận của") in shown, (
                    BAD[number - 40],
                    shown[:300],
                )
            assert job not in served.room.name
        left = [path for path in served.room.rglob("*") if path.name != "lock"]
        assert left == [], left
        print(
            f"\n50 uploads in {seconds:.1f} s; server {meter.server / MEBIBYTE:.0f} MiB, "
            f"all {meter.peak / MEBIBYTE:.0f} MiB, at most {meter.workers} processes beside it"
        )
        assert meter.server < 200 * MEBIBYTE
        assert meter.peak < 900 * MEBIBYTE
        process.send_signal(signal.SIGINT)
        _out, err = process.communicate(timeout=20)
        assert err == ""
    assert list(tmp_path.iterdir()) == []


def ask(served: Served, number: int, data: bytes) -> tuple[str, bytes, str]:
    """Send a workbook, wait for the result, download it, and remove it."""
    with served.browser() as browser:
        browser.timeout = httpx.Timeout(300)
        job, page = evaluate(browser, (f"so-{number}.xlsx", data))
        download = browser.get(f"{job}tep/so")
        assert browser.post(f"{job}xoa").status_code == 303
        return text_of(page), download.content if download.status_code == 200 else b"", job
