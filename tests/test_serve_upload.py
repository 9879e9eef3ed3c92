"""A form with workbooks, taken in piece by piece."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_messages import VIETNAMESE

from nhiemvu.serve.settings import Bounds
from nhiemvu.serve.upload import Form, RefusedError, choose_name, receive_form

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
