"""A file written whole or not at all: whatever happens, and whenever, the old file or the new one is there.

The bytes go to a temporary file in the same folder, are forced to the disk, and take the file's place by a rename. A
lock on the file itself keeps two runs apart; it is the kernel's, so that a run that dies leaves none behind.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nhiemvu.errors import Place, Problem, WriteError, say_reason
from nhiemvu.messages import N_


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells that a file is still the one that was read: device, inode, bytes, time of change in nanoseconds."""

    device: int
    inode: int
    size: int
    changed_ns: int


def stamp(path: Path) -> Stamp | None:
    """The stamp of a file, None where there is no such file.

    Raises:
        WriteError: the system does not say (a network share that went away, a name that is too long).
    """
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    except OSError as why:
        raise _error(_code(why), path, say_reason(why)) from why
    return Stamp(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def save(data: bytes, path: Path, *, unchanged_since: Stamp | None = None) -> None:
    """Write a file, atomically; its mode, and its owner where we may, stay. A symbolic link stays a link.

    Args:
        data: the whole file.
        path: where.
        unchanged_since: the stamp when the file was read; where it is another by now, nothing is written.

    Raises:
        WriteError: open in Excel or LibreOffice (`open-elsewhere`), written by another run (`busy`), changed since
            it was read (`changed-meanwhile`), the disk is full (`disk-full`), no permission (`not-permitted`), a name
            that is too long (`name-too-long`), no such folder (`no-folder`), or another refusal of the system
            (`write-failed`). The original is whole.
    """
    target = Path(os.path.realpath(path))
    try:
        _refuse_open(target)
        with _locked(target) as locked:
            _refuse_changed(target, unchanged_since)
            if locked:
                _sweep(target)
            _replace(target, data, unchanged_since)
    except OSError as why:
        raise _error(_code(why), target, say_reason(why)) from why


def make_folder(path: Path) -> None:
    """Make a folder, with those above it, unless it is there.

    Raises:
        WriteError: the system refuses.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError as why:
        raise _error("not-a-folder", path) from why
    except OSError as why:
        raise _error(_code(why), path, say_reason(why)) from why


def _replace(target: Path, data: bytes, unchanged_since: Stamp | None) -> None:
    temporary = target.with_name(f"{_prefix(target)}{secrets.token_hex(4)}.tmp")
    # nobody else may look into a file that takes the place of a private one; a new file is as the user's umask says
    mode = 0o600 if target.exists() else 0o666
    handle = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _copy_mode(target, temporary)
        # looked at once more: the writing may have taken its time
        _refuse_changed(target, unchanged_since)
        os.replace(temporary, target)  # noqa: PTH105 (faults are injected at this name in tests)
    except BaseException:
        # the reason is raised again; a temporary file that cannot be removed must not hide it
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    _sync_folder(target.parent)


def _prefix(target: Path) -> str:
    """How the names of our temporary files for this target begin: short, whatever the length of its own name."""
    return f".nhiemvu-{zlib.crc32(target.name.encode(errors='surrogateescape')):08x}-"


def _sweep(target: Path) -> None:
    """Remove what a run that was killed left beside the file; we hold its lock, so no other run is writing one."""
    for stale in target.parent.glob(f"{_prefix(target)}*.tmp"):
        with contextlib.suppress(OSError):
            stale.unlink()


def _copy_mode(target: Path, temporary: Path) -> None:
    try:
        found = target.stat()
    except FileNotFoundError:
        return
    if sys.platform != "win32" and (found.st_uid, found.st_gid) != (os.getuid(), os.getgid()):
        # only the administrator may give a file away; the mode is set afterwards because giving it away clears bits
        with contextlib.suppress(PermissionError):
            os.chown(temporary, found.st_uid, found.st_gid)
    temporary.chmod(found.st_mode & 0o7777)


def _sync_folder(folder: Path) -> None:
    """Force the rename itself to the disk. The file is in place by now; some file systems cannot do it to folders."""
    if sys.platform == "win32":
        return
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


# --- who else has the file --------------------------------------------------------------------------------------------


def _refuse_open(target: Path) -> None:
    """Excel leaves `~$name` beside a file that it has open, LibreOffice `.~lock.name#`."""
    for name in (f"~${target.name}", f".~lock.{target.name}#"):
        if os.path.exists(target.with_name(name)):  # noqa: PTH110 (Path.exists raises where the name is too long)
            raise _error("open-elsewhere", target, name)


def _refuse_changed(target: Path, unchanged_since: Stamp | None) -> None:
    if unchanged_since is not None and stamp(target) != unchanged_since:
        raise _error("changed-meanwhile", target)


@contextlib.contextmanager
def _locked(target: Path) -> Iterator[bool]:
    """Hold the file's own lock while it is replaced; whether one is held (a new file has none, nor have some shares).

    Windows needs none: a file that is open cannot be replaced there, and the second run is told so.
    """
    if not target.exists():
        yield False
        return
    if not os.access(target, os.W_OK):
        # a rename would replace it all the same, but who made it read-only meant it
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    if sys.platform == "win32":
        yield False
        return
    import fcntl  # noqa: PLC0415 (there is none on Windows)

    with target.open("rb") as file:
        held = True
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _error("busy", target) from None
        except OSError as why:
            # network shares without locks: the stamp still tells a change
            if why.errno not in (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL):
                raise
            held = False
        yield held


# --- what is said -----------------------------------------------------------------------------------------------------

_CODES = {
    errno.ENOSPC: "disk-full",
    errno.EDQUOT: "disk-full",
    errno.EFBIG: "disk-full",
    errno.EACCES: "not-permitted",
    errno.EPERM: "not-permitted",
    errno.EROFS: "not-permitted",
    errno.ENAMETOOLONG: "name-too-long",
    errno.ENOENT: "no-folder",
    errno.ENOTDIR: "no-folder",
    errno.EISDIR: "is-folder",
    errno.ETXTBSY: "open-elsewhere",
    errno.EBUSY: "open-elsewhere",
}
_SHARING_VIOLATIONS = (5, 32, 33)  # Windows: access denied on a file that is open, sharing, lock
_MESSAGES = {
    "open-elsewhere": N_(
        "tệp đang mở trong Excel hoặc LibreOffice (dấu hiệu: «{why}»); hãy lưu, đóng tệp lại rồi chạy lại. Nếu "
        "không ai mở, hãy xóa tệp đánh dấu ấy"
    ),
    "busy": N_("một lần chạy khác đang ghi vào tệp này; hãy đợi nó xong rồi chạy lại"),
    "changed-meanwhile": N_(
        "tệp đã bị sửa sau khi chương trình đọc, nên chưa ghi gì; hãy chạy lại để đánh giá số liệu mới"
    ),
    "disk-full": N_("ổ đĩa đầy hoặc hết hạn mức, chưa ghi gì, tệp cũ còn nguyên; hãy dọn bớt chỗ rồi chạy lại"),
    "not-permitted": N_(
        "không có quyền ghi vào tệp hoặc thư mục ({why}), tệp cũ còn nguyên; hãy bỏ thuộc tính chỉ "
        "đọc, hoặc ghi ra chỗ khác bằng -o"
    ),
    "name-too-long": N_("tên tệp hoặc đường dẫn quá dài; hãy đặt tên ngắn hơn, hoặc ghi ra chỗ khác bằng -o"),
    "no-folder": N_("không có thư mục để ghi tệp này; hãy xem lại đường dẫn"),
    "is-folder": N_("đường dẫn này là thư mục, không phải tệp; hãy chỉ rõ tên tệp"),
    "not-a-folder": N_("cần một thư mục để ghi nhiều tệp, nhưng đường dẫn này là một tệp; hãy chọn tên khác bằng -o"),
    "write-failed": N_("không ghi được ({why}), tệp cũ còn nguyên; hãy kiểm tra ổ đĩa hoặc ổ mạng rồi chạy lại"),
}


def _code(why: OSError) -> str:
    if getattr(why, "winerror", None) in _SHARING_VIOLATIONS:
        return "open-elsewhere"
    return _CODES.get(why.errno or 0, "write-failed")


def _error(code: str, target: Path, why: str = "") -> WriteError:
    return WriteError(Problem(code, _MESSAGES[code], Place(str(target)), {"why": why}))
