"""Who may ask: this machine's own names only, and forms only from our own pages; what every answer carries.

A page elsewhere must not use the browser of somebody who runs this one: a name that points to 127.0.0.1 (DNS
rebinding) fails at the Host header, a form sent from another site at the Origin header, a frame at the policy.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nhiemvu.messages import N_
from nhiemvu.serve.upload import RefusedError

LOCAL = frozenset({"127.0.0.1", "localhost", "[::1]"})
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^:/?#@\[\]\s]+)(:\d{1,5})?", re.IGNORECASE)
_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # not no-referrer: with it, browsers say "Origin: null" of our own forms
    "referrer-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


class Guard:
    """Looks at a request before the application does, and at its answer before the browser does."""

    def __init__(
        self, app: ASGIApp, refuse: Callable[[RefusedError, str], ASGIApp], hosts: Collection[str] = ()
    ) -> None:
        """Guard an application.

        Args:
            app: the application.
            refuse: makes the answer instead of it, from the reason and the path that was asked for.
            hosts: names, beside those of this machine, by which the page may be asked for.
        """
        self._app, self._refuse = app, refuse
        self._hosts = LOCAL | {host.lower() for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refused = self._look(scope["method"], Headers(scope=scope))
        app = self._app if refused is None else self._refuse(refused, scope["path"])
        await app(scope, receive, send_guarded)

    def _look(self, method: str, headers: Headers) -> RefusedError | None:
        hosts = headers.getlist("host")
        host = hosts[0].lower() if len(hosts) == 1 else ""
        named = _HOST.fullmatch(host)
        if named is None or named["name"].rstrip(".") not in self._hosts:
            message = N_(
                "trang này không được gọi bằng tên «{host}»; hãy mở đúng địa chỉ mà chương trình in ra khi chạy. Người "
                "quản trị cho phép thêm tên bằng --allow-host"
            )
            return RefusedError(421, "foreign-host", message, host=host[:100])
        if method not in ("GET", "HEAD"):
            origin = headers.get("origin", "").lower()
            if origin.partition("://")[2] != host:
                message = N_("yêu cầu đến từ một trang khác nên không được nhận; hãy gửi từ chính trang này")
                return RefusedError(403, "foreign-origin", message)
        return None
