"""The page behind a proxy with TLS and a login, by the very configuration that the guide for servers prints."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from conftest import EXAMPLE, ROOT
from serving import evaluate, serving, text_of

pytestmark = pytest.mark.slow
GUIDE = ROOT / "docs" / "vi" / "may-chu.md"
NAME = "danhgia.example.vn"


def free_port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


@contextmanager
def nginx(folder: Path, backend: str, change: Callable[[str], str] = str) -> Iterator[int]:
    """nginx with the guide's configuration, its files and ports replaced by those of the test."""
    program = shutil.which("nginx")
    if program is None:
        pytest.skip("nginx is not installed")
    port = free_port()
    printed = re.search(r"```nginx\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    assert printed
    command = f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={NAME} -addext subjectAltName=DNS:{NAME}"
    made = ["-keyout", str(folder / "key"), "-out", str(folder / "pem")]
    subprocess.run([*command.split(), *made], check=True, capture_output=True)
    (folder / "users").write_text("xa:{PLAIN}mat-khau\n")
    server = printed[1]
    for old, new in (
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("/etc/ssl/danhgia.pem", str(folder / "pem")),
        ("/etc/ssl/danhgia.key", str(folder / "key")),
        ("/etc/nginx/nhiemvu.users", str(folder / "users")),
        ("http://127.0.0.1:8318", backend),
    ):
        assert old in server
        server = server.replace(old, new)
    server = change(server)
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("proxy", "fastcgi", "uwsgi", "scgi"))
    main = f"{'user root;' if os.geteuid() == 0 else ''} daemon off; pid {folder}/pid; error_log stderr warn;"
    http = f"http {{ client_body_temp_path {folder}/body; {temporary}\n{server} }}"
    (folder / "nginx.conf").write_text(f"{main} events {{}}\n{http}\n", "utf-8")
    with subprocess.Popen([program, "-p", str(folder), "-c", "nginx.conf"], stderr=subprocess.PIPE) as process:
        try:
            wait_for(port)
            yield port
        finally:
            process.terminate()


def wait_for(port: int) -> None:
    for _ in range(100):
        with socket.socket() as made:
            if made.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("nginx does not listen")


class ToLocal(httpx.HTTPTransport):
    """Resolves the server's name to this machine."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions["sni_hostname"] = NAME
        named, request.url = request.url, request.url.copy_with(host="127.0.0.1")
        try:
            return super().handle_request(request)
        finally:
            request.url = named


@contextmanager
def behind(port: int) -> Iterator[httpx.Client]:
    """A browser that knows the proxy by its name, and has logged in."""
    address = f"https://{NAME}:{port}"
    transport = ToLocal(verify=False)
    with httpx.Client(base_url=address, transport=transport, headers={"origin": address}, timeout=60) as client:
        assert client.get("/").status_code == 401
        client.auth = ("xa", "mat-khau")
        yield client


def test_the_whole_road_behind_the_proxy_of_the_guide(tmp_path):
    with serving(tmp_path, hosts=[NAME]) as served, nginx(tmp_path, served.address) as port, behind(port) as client:
        job, page = evaluate(client, ("so.xlsx", EXAMPLE.read_bytes()))
        assert "Kết luận của 47 chỉ tiêu" in text_of(page)
        assert f"trên máy chủ {NAME}" in text_of(page)
        assert client.get(f"{job}tep/so").content[:2] == b"PK"
        assert [cookie.secure for cookie in client.cookies.jar] == [True]
        assert send_from(client, "https://evil.example").status_code == 403
        assert client.get("/").headers["content-security-policy"].startswith("default-src 'none'")


def move(server: str) -> str:
    """The guide's configuration with the page below a path, as the guide says."""
    server = re.sub(r"    location = / \{.*?\n    \}\n", "", server, flags=re.DOTALL)
    return re.sub(r"location / \{(\s+proxy_pass [^;]+);", r"location /danh-gia/ {\1/;", server)


def test_the_page_works_below_a_path(tmp_path):
    with (
        serving(tmp_path, hosts=[NAME]) as served,
        nginx(tmp_path, served.address, move) as port,
        behind(port) as client,
    ):
        start = client.get("/danh-gia/")
        for link in re.findall(r'(?:href|src)="([^"#]+)"', start.text):
            assert client.get(start.url.join(link)).status_code == 200, link
        answer = client.post("/danh-gia/", files={"so": ("so.xlsx", EXAMPLE.read_bytes())})
        job = answer.url.join(answer.headers["location"])
        while "data-wait" in (page := client.get(job).text):
            time.sleep(0.2)
        for link in re.findall(r'(?:href|src|action)="([^"#]+)"', page):
            assert client.get(job.join(link)).status_code in (200, 405), link  # 405: of forms


def send_from(client: httpx.Client, origin: str) -> httpx.Response:
    return client.post("/", files={"so": ("x.xlsx", b"x")}, headers={"origin": origin})


def test_the_guide_prints_the_limits_that_hold():
    from nhiemvu.serve.settings import Bounds

    text, bounds = GUIDE.read_text("utf-8"), Bounds()
    for printed in (
        f"{bounds.file_bytes >> 20} MB",
        f"{bounds.upload_bytes >> 20} MB, {bounds.files} tệp",
        f"{bounds.kept_bytes >> 30} GB",
        f"{bounds.upload_seconds / 60:.0f} phút; {bounds.stall_seconds:.0f} giây",
        f"{bounds.seconds:.0f} giây; {bounds.seconds_more:.0f} giây",
        f"{bounds.memory >> 30} GB",
        f"{bounds.waiting} |",
        f"{bounds.keep_seconds / 60:.0f} phút",
        f"{bounds.lease_seconds:.0f} giây",
        f"client_max_body_size {bounds.upload_bytes >> 20}m",
    ):
        assert printed in text, printed
