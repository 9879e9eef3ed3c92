"""Which files there are: of folders, archives, patterns and remote stores, each with a name that a person can read.

Names are what the summary shows: the path below the folder that all of them share, in NFC, with `/` between folders.
"""

from __future__ import annotations

import glob
import os
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from nhiemvu.errors import Place, Problem, WorkbookError, say_reason
from nhiemvu.many.summary import Submission
from nhiemvu.messages import N_
from nhiemvu.workbook.archive import Limits, over_limit
from nhiemvu.workbook.kinds import read_file

WORKBOOKS = (".xlsx", ".xlsm", ".xltx", ".xltm", ".xls", ".xlsb", ".ods")
ARCHIVE = ".zip"
OUR_COPY = re.compile(r" - (?:đánh giá|bản đã sửa \d{4}-\d{2}-\d{2}(?: \(\d+\))?)\.\w+$")  # as `nhiemvu evaluate` names
REMOTE = re.compile(r"^[a-z][a-z0-9+.-]*:(?://|:)", re.IGNORECASE)
MAX_MEMBERS = 20_000
_ARCHIVE_ELSEWHERE = N_(
    "tệp nén nằm trong tệp nén khác hoặc ở kho từ xa, không tự mở; hãy giải nén, hoặc ghi địa chỉ kiểu zip://**::…"
)
_MEMBER_TWICE = N_("tệp nén có hai tệp cùng tên này, chỉ tệp sau được đọc; hãy giải nén, đổi tên một tệp rồi nén lại")


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """One file that may be a workbook; travels to the process that reads it. They are in order by name, then by path.

    Attributes:
        name: as the summary shows it.
        path: a path, or a URL that fsspec understands.
        member: its name in the archive at `path`; empty where it is no member of one.
        stamp: changes where the file does; empty where that cannot be told without reading it.
    """

    name: str
    path: str
    member: str = ""
    stamp: str = ""

    def read(self) -> bytes:
        """Its bytes.

        Raises:
            WorkbookError: it is not there, may not be read, or is larger than the limit.
        """
        try:
            if self.member:
                return _read_member(self.path, self.member, self.name)
            return _read_remote(self.path) if REMOTE.match(self.path) else read_file(Path(self.path))
        except WorkbookError as error:
            raise WorkbookError([replace(p, place=replace(p.place, file=self.name)) for p in error.problems]) from error
        except OSError as why:
            raise WorkbookError(_unreadable(self.name, why)) from why

    @property
    def link(self) -> str:
        """Where it lies: an absolute path or a URL; of a member that of its archive."""
        return self.path if REMOTE.match(self.path) else os.path.abspath(self.path)  # noqa: PTH100 (a link stays a link)


@dataclass(frozen=True, slots=True)
class Found:
    """What was found, in order of name.

    Attributes:
        sources: what may be a workbook.
        others: what is none, or could not be looked into.
    """

    sources: Sequence[Source]
    others: Sequence[Submission]


def find(paths: Iterable[str | Path], leave_out: Iterable[Path] = ()) -> Found:
    """Every workbook below the paths: files, folders, patterns, zip archives, and URLs that fsspec understands.

    Args:
        paths: what was given.
        leave_out: files that are never input, such as the summary that is about to be written.
    """
    given = [str(path) for path in paths]
    matched = [match for text in given if not REMOTE.match(text) for match in _match(text)]
    closed: list[OSError] = []
    local = [path for match in matched for path in _walk(match, closed)]
    left_out = {os.path.realpath(path) for path in leave_out}
    files = [path for path in dict.fromkeys(local) if os.path.realpath(path) not in left_out]
    base = _common_folder(matched)

    def name_below(path: str) -> str:
        return _name(os.path.relpath(os.path.abspath(path), base))  # noqa: PTH100 (a link is shown as it was given)

    sources: dict[str, Source] = {}
    others = [_fail(name_below(str(why.filename)), str(why.filename), why) for why in closed]
    for path in files:
        name = name_below(path)
        for each in _look_at(name, path):
            if isinstance(each, Source):  # what several links lead to is named by the first of them
                key = os.path.realpath(each.path) + "\0" + each.member
                sources[key] = min(each, sources.get(key, each))
            else:
                others.append(each)
    for url in given:
        if REMOTE.match(url):
            for each in _find_remote(url):
                if isinstance(each, Source):
                    sources[each.path] = each
                else:
                    others.append(each)
    return Found(sorted(sources.values()), sorted(others, key=lambda each: each.name))


def _name(path: str) -> str:
    """As it is shown: half a character of a name that no encoding explains becomes a question mark."""
    plain = path.replace(os.sep, "/").encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return unicodedata.normalize("NFC", plain)


# --- files and folders ------------------------------------------------------------------------------------------------


def _match(text: str) -> list[str]:
    """A path as it is, or what a pattern finds; one that finds nothing is a file that is not there."""
    if os.path.lexists(text) or not glob.has_magic(text):
        return [text]
    return sorted(glob.glob(text, recursive=True)) or [text]  # noqa: PTH207 (** as shells mean it)


def _walk(path: str, closed: list[OSError]) -> Iterator[str]:
    """Every file below a folder, links followed; `closed` takes why a folder could not be looked into."""
    if not os.path.isdir(path):  # noqa: PTH112 (Path.is_dir raises where a name is too long)
        yield path
        return
    seen: set[str] = set()
    for folder, folders, files in os.walk(path, onerror=closed.append, followlinks=True):
        if (real := os.path.realpath(folder)) in seen:  # a link to where we have been
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        for name in sorted(files):
            yield str(Path(folder, name))
        for name in folders:
            if name.lower().endswith(WORKBOOKS):  # a folder with the name of a workbook is told
                yield str(Path(folder, name))


def _common_folder(given: Sequence[str]) -> str:
    """The folder that was given, or the one above all that was given."""
    absolute = [os.path.abspath(path) for path in given]  # noqa: PTH100 (texts, as relpath takes them)
    folders = {path if os.path.isdir(path) else os.path.dirname(path) for path in absolute}  # noqa: PTH112, PTH120
    try:
        return os.path.commonpath(folders) if folders else "."
    except ValueError:  # on several drives
        return os.path.abspath(os.sep)  # noqa: PTH100


def _look_at(name: str, path: str, *, is_asked_for: bool = False) -> Iterator[Source | Submission]:
    """What one file is, by its name; an address that was asked for may have any: `https://…/tai-ve?so=5`."""
    plain = unicodedata.normalize("NFC", PurePosixPath(name).name)
    if plain.startswith("."):
        return
    if plain.startswith("~$"):
        yield _skip(name, path, "lock-file", N_("tệp khóa của Excel, sổ đang mở ở đâu đó; không phải sổ"))
    elif OUR_COPY.search(plain):
        yield _skip(name, path, "our-copy", N_("tệp do nhiemvu tạo ra từ sổ khác; không phải sổ của đơn vị"))
    elif plain.lower().endswith(ARCHIVE):
        if REMOTE.match(path):
            yield _skip(name, path, "archive-within", _ARCHIVE_ELSEWHERE)
        else:
            yield from _look_into(name, path)
    elif os.path.isdir(path):  # noqa: PTH112 (as above)
        yield _skip(name, path, "is-folder", N_("đây là thư mục, không phải sổ Excel; các sổ bên trong vẫn được đọc"))
    elif plain.lower().endswith(WORKBOOKS) or is_asked_for or not (REMOTE.match(path) or os.path.lexists(path)):
        yield Source(name, path, stamp="" if REMOTE.match(path) else _stamp(path))
    else:
        yield _skip(name, path, "not-workbook-name", N_("không phải sổ Excel (xem đuôi tên tệp); bỏ qua"))


def _stamp(path: str) -> str:
    try:
        found = os.stat(path)  # noqa: PTH116 (a text is what we have)
    except OSError:
        return ""
    return f"{found.st_mtime_ns}-{found.st_size}"


def _skip(name: str, path: str, code: str, message: str) -> Submission:
    problem = Problem(code, message, Place(name), severity="note")
    return Submission(name, "skipped", link=Source(name, path).link, problems=(problem,))


def _fail(name: str, path: str, why: Exception) -> Submission:
    return Submission(name, "failed", link=Source(name, path).link, problems=(_unreadable(name, why),))


def _look_into(name: str, path: str) -> Iterator[Source | Submission]:
    """The workbooks of an archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except Exception as why:  # noqa: BLE001 (of a damaged directory zipfile raises whatever decoding it came to)
        yield _fail(name, path, why)
        return
    if len(members) > MAX_MEMBERS:
        error = over_limit("members", len(members), MAX_MEMBERS, name)
        yield Submission(name, "failed", link=Source(name, path).link, problems=error.problems)
        return
    last = {member.filename: member for member in members}
    for member in members:
        inside = f"{name}/{_name(member.filename)}"
        if member.is_dir() or "__MACOSX/" in member.filename:
            continue
        if member is not last[member.filename]:
            problem = Problem("member-twice", _MEMBER_TWICE, Place(inside))
            yield Submission(inside, "failed", link=Source(name, path).link, problems=(problem,))
        elif inside.lower().endswith(ARCHIVE):
            yield _skip(inside, path, "archive-within", _ARCHIVE_ELSEWHERE)
        else:
            for each in _look_at(inside, path):
                if isinstance(each, Source):
                    yield replace(each, member=member.filename, stamp=f"{member.CRC:08x}-{member.file_size}")
                else:
                    yield each


def _read_member(path: str, member: str, name: str) -> bytes:
    most = Limits.from_environment().file_bytes
    try:
        with zipfile.ZipFile(path) as archive:
            info = archive.getinfo(member)
            data = b""
            if info.file_size <= most:
                with archive.open(info) as file:
                    data = file.read(most + 1)
    except Exception as why:  # each way of packing has exceptions of its own; a password, a method unknown have others
        raise WorkbookError(_unreadable(name, why)) from why
    if (size := max(info.file_size, len(data))) > most:  # the size that it states may be a lie
        raise over_limit("file_bytes", size, most, name)
    return data


# --- elsewhere --------------------------------------------------------------------------------------------------------


def _open_remote(url: str) -> tuple[Any, str]:
    """The file system of a URL, and the path there.

    Raises:
        WorkbookError: fsspec does not know it, or lacks a package for it.
    """
    from fsspec.core import url_to_fs  # noqa: PLC0415 (few look elsewhere)

    try:
        files, path = url_to_fs(url)
    except (ImportError, ValueError) as why:
        message = N_(
            "không mở được địa chỉ này ({why}); cài thêm gói cho loại kho ấy, ví dụ pip install s3fs cho s3://"
        )
        raise WorkbookError(Problem("unknown-store", message, Place(url), {"why": why})) from why
    return files, path


def _find_remote(url: str) -> list[Source | Submission]:
    try:
        files, path = _open_remote(url)
        is_asked_for = False
        if glob.has_magic(path):
            found = files.glob(path)
        elif files.isdir(path):
            found = files.find(path)
        else:
            found, is_asked_for = [path], True
        chain = url.partition("::")[1:]  # zip://…::s3://…: the archive stays part of the address
        stamps = {each: str(files.checksum(each)) for each in found}
        addresses = [
            (_name(each), files.unstrip_protocol(each) + "".join(chain), stamps[each]) for each in sorted(found)
        ]
    except WorkbookError as error:
        return [Submission(url, "failed", link=url, problems=error.problems)]
    except Exception as why:  # noqa: BLE001 (every store has exceptions of its own; the officer is told, the rest goes on)
        return [_fail(url, url, why)]
    return [
        replace(each, stamp=seen) if isinstance(each, Source) else each
        for name, address, seen in addresses
        for each in _look_at(name, address, is_asked_for=is_asked_for)
    ]


def _read_remote(url: str) -> bytes:
    most = Limits.from_environment().file_bytes
    files, path = _open_remote(url)
    try:
        with files.open(path, "rb") as file:
            data: bytes = file.read(most + 1)
    except Exception as why:  # (as above)
        raise WorkbookError(_unreadable(url, why)) from why
    if len(data) > most:
        raise over_limit("file_bytes", len(data), most, url)
    return data


def _unreadable(name: str, why: Exception) -> Problem:
    return Problem(
        "unreadable-file",
        N_("không đọc được tệp ({why}); hãy kiểm tra quyền đọc, ổ đĩa mạng, và đóng chương trình đang giữ tệp"),
        Place(name),
        {"why": say_reason(why)},
    )
