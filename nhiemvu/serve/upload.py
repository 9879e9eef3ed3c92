"""A form with workbooks, taken in piece by piece: every file goes straight into a private folder, within bounds."""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from urllib.parse import parse_qsl

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from nhiemvu.errors import NhiemvuError, Problem
from nhiemvu.messages import N_
from nhiemvu.serve.settings import Bounds

_FIELDS, _FIELD_BYTES = 20, 4096
_NAME_BYTES = 180
_DRAINED = 4  # times what an upload may hold: read on and thrown away, so that the browser gets to see the refusal
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')


class RefusedError(NhiemvuError):
    """A request that is turned away.

    Attributes:
        status: the HTTP status that says so.
    """

    def __init__(self, status: int, code: str, message: str, **fill: object) -> None:
        super().__init__(Problem(code, message, fill=fill))
        self.status = status


@dataclass(slots=True)
class Form:
    """What came in: the fields, and the names of the files in the folder, in order."""

    fields: dict[str, str] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)


async def receive_form(
    content_type: str,
    pieces: AsyncIterator[bytes],
    folder: Path,
    bounds: Bounds,
    count: Callable[[int], None] = lambda _bytes: None,
) -> Form:
    """Take in a form.

    Args:
        content_type: the request's header.
        pieces: the request's body.
        folder: where the files go.
        bounds: what an upload may ask for.
        count: told of the bytes of every piece; raises `RefusedError` to stop it.

    Raises:
        RefusedError: not a form, too large, too many files or too slow; with the status and what to do.
    """
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise _broken("content-type")
    try:
        parts = _Parts(options[b"boundary"], folder, bounds)
    except FormParserError as why:
        raise _broken(str(why)) from why
    pieces = _in_time(pieces, bounds)
    most = _DRAINED * bounds.upload_bytes
    try:
        async for piece in pieces:
            most -= len(piece)
            parts.write(piece)
            count(len(piece))
        parts.finish()
    except RefusedError:
        await _drain(pieces, most)
        raise
    finally:
        parts.close()
    return parts.form


async def receive_fields(pieces: AsyncIterator[bytes]) -> dict[str, str]:
    """Take in a form of a few short fields, without files.

    Raises:
        RefusedError: it is longer than ours are.
    """
    body = bytearray()
    async for piece in pieces:
        body += piece
        if len(body) > _FIELDS * _FIELD_BYTES:
            raise _broken("fields")
    try:
        return dict(parse_qsl(body.decode("ascii"), max_num_fields=_FIELDS))
    except ValueError as why:
        raise _broken("fields") from why


async def _in_time(pieces: AsyncIterator[bytes], bounds: Bounds) -> AsyncIterator[bytes]:
    """The pieces, as long as they keep coming."""
    clock = asyncio.get_running_loop().time
    end = clock() + bounds.upload_seconds
    while True:
        try:
            async with asyncio.timeout(min(bounds.stall_seconds, max(end - clock(), 0))):
                piece = await anext(pieces, None)
        except TimeoutError:
            message = N_("việc gửi tệp bị ngừng giữa chừng; hãy gửi lại")
            raise RefusedError(408, "upload-too-slow", message) from None
        if piece is None:
            return
        yield piece


async def _drain(pieces: AsyncIterator[bytes], most: int) -> None:
    try:
        async for piece in pieces:
            most -= len(piece)
            if most < 0:
                return
    except RefusedError:
        return  # too slow as well: the first reason is the one to tell


def _broken(why: str) -> RefusedError:
    return RefusedError(
        400, "broken-form", N_("yêu cầu gửi lên không đúng dạng ({why}); hãy tải lại trang rồi thử lại"), why=why
    )


class _Parts:
    """The parts of a form as the parser comes to them."""

    def __init__(self, boundary: bytes, folder: Path, bounds: Bounds) -> None:
        self.form = Form()
        self._folder, self._bounds = folder, bounds
        self._header: list[bytes] = [b"", b""]
        self._disposition = b""
        self._name = ""
        self._file: BinaryIO | None = None
        self._text = bytearray()
        self._taken, self._ended = 0, False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": lambda data, start, end: self._add_header(0, data[start:end]),
                "on_header_value": lambda data, start, end: self._add_header(1, data[start:end]),
                "on_header_end": self._end_header,
                "on_headers_finished": self._open,
                "on_part_data": lambda data, start, end: self._take(data[start:end]),
                "on_part_end": self._close_part,
                "on_end": self._end,
            },
        )

    def write(self, piece: bytes) -> None:
        self._taken += len(piece)
        if self._taken > self._bounds.upload_bytes:
            raise RefusedError(
                413,
                "upload-too-large",
                N_("các tệp gửi lên lớn quá {limit} MB; hãy chọn ít sổ hơn mỗi lần, hoặc bỏ bớt hình ảnh trong sổ"),
                limit=self._bounds.upload_bytes >> 20,
            )
        try:
            self._parser.write(piece)
        except FormParserError as why:
            raise _broken(str(why)) from why

    def finish(self) -> None:
        if not self._ended:
            raise _broken("end")

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _begin(self) -> None:
        self._disposition = b""

    def _add_header(self, part: int, data: bytes) -> None:
        self._header[part] += data

    def _end_header(self) -> None:
        name, value = self._header
        if name.lower() == b"content-disposition":
            self._disposition = value
        self._header = [b"", b""]

    def _open(self) -> None:
        _kind, options = parse_options_header(self._disposition)
        self._name = options.get(b"name", b"").decode(errors="replace")
        given = options.get(b"filename")
        if given is None:
            if len(self.form.fields) >= _FIELDS:
                raise _broken("fields")
        elif given:  # a browser sends one part without a name where no file was chosen
            if len(self.form.files) >= self._bounds.files:
                raise RefusedError(
                    413,
                    "too-many-files",
                    N_("mỗi lần nhận nhiều nhất {limit} sổ; hãy chia làm nhiều lần"),
                    limit=self._bounds.files,
                )
            name = choose_name(given.decode(errors="replace"), self.form.files)
            self.form.files.append(name)
            self._file = (self._folder / name).open("xb")
        self._text.clear()

    def _take(self, data: bytes) -> None:
        if self._file is not None:
            self._file.write(data)
        else:
            self._text += data
            if len(self._text) > _FIELD_BYTES:
                raise _broken(self._name[:40])

    def _close_part(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
        else:
            self.form.fields[self._name] = self._text.decode(errors="replace").strip()

    def _end(self) -> None:
        self._ended = True


def choose_name(given: str, taken: list[str]) -> str:
    r"""A name for a file that somebody sent: theirs, as far as a folder of any system takes it, and free.

    >>> choose_name("Sổ xã Hải Yến.xlsx", []), choose_name(r"..\..\a?.xlsx", []), choose_name("A.xlsx", ["a.xlsx"])
    ('Sổ xã Hải Yến.xlsx', 'a_.xlsx', 'A (2).xlsx')
    """
    name = _UNSAFE.sub("_", re.split(r"[/\\]", given)[-1]).strip(" .") or "so.xlsx"
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending.encode()) > 8:
        stem, ending = name, ""
    else:
        ending = f".{ending}"
    stem = stem.encode(errors="replace")[:_NAME_BYTES].decode(errors="ignore")
    used = {_fold(each) for each in taken}
    number, chosen = 1, f"{stem}{ending}"
    while _fold(chosen) in used:
        number += 1
        chosen = f"{stem} ({number}){ending}"
    return chosen


def _fold(name: str) -> str:
    """As file systems compare names that do not tell cases apart."""
    return unicodedata.normalize("NFC", name).casefold()
