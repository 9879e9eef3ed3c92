"""The page served for tests: a real server at a free port, and a browser's way of asking it."""

from __future__ import annotations

import html
import re
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import httpx
import pytest

from nhiemvu.serve import worker
from nhiemvu.serve.app import make_app
from nhiemvu.serve.offers import Offer, offer_rulebooks
from nhiemvu.serve.room import private_room
from nhiemvu.serve.server import listen, make_server
from nhiemvu.serve.settings import Bounds, Settings


@dataclass(slots=True)
class Served:
    """A running server.

    Attributes:
        address: without the slash at the end.
        room: its private folder.
        mistakes: what it reported: id and details.
    """

    address: str
    room: Path
    mistakes: list[tuple[str, str]] = field(default_factory=list)

    def browser(self, **headers: str) -> httpx.Client:
        """Somebody's browser: it keeps its cookies, and says where its forms come from."""
        return httpx.Client(base_url=self.address, headers={"origin": self.address, **headers}, timeout=60)


@cache
def all_offers() -> tuple[Offer, ...]:
    return tuple(offer_rulebooks([]))


@contextmanager
def serving(
    above: Path,
    *,
    offers: Sequence[Offer] | None = None,
    hosts: Sequence[str] = (),
    template: str = "",
    ready: int = 0,
    **bounds: float,
) -> Iterator[Served]:
    """Serve the page from a folder below `above`, within bounds other than the usual; no process is held ready."""
    begun = threading.Event()
    with private_room(above) as room, listen("127.0.0.1", 0) as socket:
        served = Served(f"http://127.0.0.1:{socket.getsockname()[1]}", room)
        settings = Settings(
            all_offers() if offers is None else offers,
            replace(Bounds(), ready=ready, **bounds),  # type: ignore[arg-type]  # numbers of all kinds
            hosts,
            template=template,
        )
        app = make_app(room, settings, lambda id_, details: served.mistakes.append((id_, details)))
        server = make_server(app, begun.set)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]})
        thread.start()
        try:
            assert begun.wait(20)
            yield served
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive()


def send(browser: httpx.Client, *files: tuple[str, bytes], **fields: str) -> httpx.Response:
    """Send workbooks as the form does; the answer as it comes."""
    return browser.post("/", data=fields, files=[("so", (name, data)) for name, data in files])


def wait(browser: httpx.Client, job: str) -> str:
    """The page of a job when it is finished."""
    version = "-1"
    for _ in range(200):
        news = browser.get(f"{job}tien-do", params={"co": version}).json()
        if news["finished"]:
            return browser.get(job).text
        version = news["version"]
    raise AssertionError("never finished")


def evaluate(browser: httpx.Client, *files: tuple[str, bytes], **fields: str) -> tuple[str, str]:
    """Send workbooks, and wait: the address of the result, and its page."""
    answer = send(browser, *files, **fields)
    assert answer.status_code == 303, answer.text
    job = "/" + answer.headers["location"]
    return job, wait(browser, job)


class Workers:
    """Stands for the processes that evaluate: each runs a line of Python, which finds its order on stdin."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self.do("import sys; sys.stdin.readline()")

    def do(self, script: str) -> None:
        """Let every process that is started from now on run this."""
        self._monkeypatch.setattr(worker, "COMMAND", [sys.executable, "-I", "-S", "-c", script])


def text_of(page: str) -> str:
    """What a page says, without its tags."""
    whole = page.replace('<wbr><span class="cell">', "")  # where an address may break it has no space
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", whole)).split())
