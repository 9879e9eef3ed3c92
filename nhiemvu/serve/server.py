"""The server around the page: its socket, its beginning and its end."""

from __future__ import annotations

import logging
import signal
import socket as sockets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import uvicorn
from starlette.types import ASGIApp

from nhiemvu.serve.room import private_room

_CONNECTIONS = 256


def listen(host: str, port: int, *, or_another: bool = False) -> sockets.socket:
    """A socket that listens at a port, 0 for any that is free.

    Args:
        host: the address, such as `127.0.0.1` or `::1`.
        port: the port.
        or_another: take any free port where this one is taken.

    Raises:
        OSError: the port is taken, or the address is not this machine's.
    """
    family, kind, _protocol, _name, address = sockets.getaddrinfo(host, port, type=sockets.SOCK_STREAM)[0]
    made = sockets.socket(family, kind)
    try:
        if hasattr(sockets, "SO_EXCLUSIVEADDRUSE"):  # Windows lets two programs share a port otherwise
            made.setsockopt(sockets.SOL_SOCKET, sockets.SO_EXCLUSIVEADDRUSE, 1)
        else:
            made.setsockopt(sockets.SOL_SOCKET, sockets.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen(_CONNECTIONS)
    except OSError:
        made.close()
        if or_another:
            return listen(host, 0)
        raise
    return made


def run(socket: sockets.socket, make: Callable[[Path], ASGIApp], say_where: Callable[[str], None]) -> None:
    """Serve until Ctrl+C or a signal to end; then nothing of what was sent is left.

    Args:
        socket: where it listens.
        make: makes the application that keeps what is sent in a private folder.
        say_where: told of the address when the page can be asked for.
    """
    with private_room() as folder:
        server = make_server(make(folder), lambda: say_where(_address(socket)))
        _end_like_an_interruption()
        with suppress(KeyboardInterrupt):
            server.run(sockets=[socket])


def _end_like_an_interruption() -> None:
    """Every signal to end leaves nothing behind: uvicorn ends the server, and raises the signal again for us."""

    def interrupt(_signal: int, _frame: object) -> NoReturn:
        raise KeyboardInterrupt

    for name in ("SIGTERM", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), interrupt)
    if hasattr(signal, "SIGHUP"):  # the terminal was closed
        signal.signal(signal.SIGHUP, lambda _signal, _frame: signal.raise_signal(signal.SIGTERM))


def make_server(app: ASGIApp, say_begun: Callable[[], None]) -> uvicorn.Server:
    """A server for the page, quiet: our mistakes are reported, and its own words would be in no language of ours."""
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_CONNECTIONS,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=1,
        ws="none",
    )
    return _Server(config, say_begun)


class _Server(uvicorn.Server):
    """Says when it has begun."""

    def __init__(self, config: uvicorn.Config, say_begun: Callable[[], None]) -> None:
        super().__init__(config)
        self._say_begun = say_begun

    async def startup(self, sockets: list[Any] | None = None) -> None:
        await super().startup(sockets)
        self._say_begun()


def _address(socket: sockets.socket) -> str:
    host, port = socket.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 (compared with, not bound to)
        host = "127.0.0.1"
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
