"""The private folder in which uploads and results lie while they are held; what a killed server left is removed."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_PREFIX, _LOCK = "nhiemvu-serve-", "lock"
_SETTLED = 60  # seconds


@contextmanager
def private_room(above: Path | None = None) -> Iterator[Path]:
    """A folder that only this user may enter (0700); it is removed at the end, with all that is in it.

    Args:
        above: where it is made; by default where the system keeps temporary files.
    """
    above = above or Path(tempfile.gettempdir())
    _sweep(above)
    room = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=above))
    try:
        with (room / _LOCK).open("xb") as lock:
            _hold(lock)
            try:
                yield room
            finally:
                for each in room.iterdir():
                    if each.name != _LOCK:
                        shutil.rmtree(each, ignore_errors=True)
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _sweep(above: Path) -> None:
    """Remove the rooms of servers that did not come to their end; those of running servers are locked."""
    for room in above.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            if room.is_symlink() or (sys.platform != "win32" and room.stat().st_uid != os.getuid()):
                continue
            if _is_free(room / _LOCK):  # raises OSError where it is not
                shutil.rmtree(room, ignore_errors=True)


def _hold(lock: BinaryIO) -> None:
    if sys.platform != "win32":  # there, a file that is open cannot be removed, which is lock enough
        import fcntl  # noqa: PLC0415 (there is none on Windows)

        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_free(lock: Path) -> bool:
    """Has the server that made this lock ended? One that has just begun may not hold it yet."""
    if time.time() - lock.stat().st_mtime < _SETTLED:
        return False
    if sys.platform == "win32":
        lock.unlink()  # PermissionError while it is open
        return True
    with lock.open("rb") as file:
        _hold(file)  # BlockingIOError while another holds it
    return True
