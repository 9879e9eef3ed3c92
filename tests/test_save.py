"""Saving: whatever happens, and whenever, the old file or the new one is whole."""

from __future__ import annotations

import errno
import os
import random
import resource
import signal
import stat
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from nhiemvu.errors import WriteError
from nhiemvu.workbook.save import save, stamp

OLD, NEW = b"old" * 1000, b"new" * 2000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "sổ.xlsx"
    path.write_bytes(OLD)
    return path


def refused(path: Path, code: str, **options: object) -> str:
    """The message of a refusal; the old file is whole and nothing lies beside it."""
    before = {p.name for p in path.parent.iterdir()}
    with pytest.raises(WriteError) as caught:
        save(NEW, path, **options)  # type: ignore[arg-type]
    assert caught.value.code == code
    assert {p.name for p in path.parent.iterdir()} == before
    if os.path.exists(path):  # noqa: PTH110 (Path.exists raises where the name is too long)
        assert path.read_bytes() == OLD
    assert "hãy" in str(caught.value)
    return str(caught.value)


def test_the_new_bytes_are_there_and_nothing_beside(file: Path) -> None:
    save(NEW, file, unchanged_since=stamp(file))
    assert file.read_bytes() == NEW
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_the_mode_stays(file: Path, mode: int) -> None:
    file.chmod(mode)
    save(NEW, file)
    assert stat.S_IMODE(file.stat().st_mode) == mode


def test_a_new_file_has_the_mode_that_the_umask_gives(tmp_path: Path) -> None:
    plain, ours = tmp_path / "a", tmp_path / "b"
    plain.touch()
    save(NEW, ours)
    assert ours.stat().st_mode == plain.stat().st_mode


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give files away")
def test_the_owner_stays(file: Path) -> None:
    os.chown(file, 12345, 12346)
    save(NEW, file)
    assert (file.stat().st_uid, file.stat().st_gid) == (12345, 12346)


def test_a_symbolic_link_stays_a_link_and_its_target_is_written(file: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    link = tmp_path / "folder" / "link.xlsx"
    link.symlink_to("../sổ.xlsx")
    save(NEW, link)
    assert link.is_symlink()
    assert file.read_bytes() == NEW


@pytest.mark.parametrize(
    "name", ["a" * 245 + ".xlsx", unicodedata.normalize("NFD", "Đánh giá xã Hải Yến.xlsx"), "-n.xlsx"]
)
def test_odd_names_are_written(tmp_path: Path, name: str) -> None:
    save(OLD, tmp_path / name)
    save(NEW, tmp_path / name, unchanged_since=stamp(tmp_path / name))
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_a_name_that_is_too_long_is_refused(tmp_path: Path) -> None:
    assert "quá dài" in refused(tmp_path / ("a" * 300), "name-too-long")


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WriteError) as caught:
        save(NEW, tmp_path / "x" / "y.xlsx")
    assert caught.value.code == "no-folder"


@pytest.mark.parametrize("mark", ["~$sổ.xlsx", ".~lock.sổ.xlsx#"])
def test_a_file_open_in_excel_or_libreoffice_is_refused(file: Path, mark: str) -> None:
    (file.parent / mark).touch()
    assert mark in refused(file, "open-elsewhere")


@pytest.mark.parametrize(
    "change",
    [
        lambda file: file.write_bytes(OLD + b"!"),
        lambda file: os.utime(file, ns=(0, file.stat().st_mtime_ns - 10**9)),  # the clock went back
        lambda file: file.with_name("other").replace(file),
        lambda file: file.unlink(),
    ],
    ids=["edited", "clock", "replaced", "deleted"],
)
def test_a_file_that_changed_since_it_was_read_is_not_written(file: Path, change: Callable[[Path], object]) -> None:
    file.with_name("other").write_bytes(OLD)
    seen = stamp(file)
    change(file)
    now = file.read_bytes() if file.exists() else None
    with pytest.raises(WriteError) as caught:
        save(NEW, file, unchanged_since=seen)
    assert caught.value.code == "changed-meanwhile"
    assert (file.read_bytes() if file.exists() else None) == now


def test_a_change_during_the_write_is_noticed_before_the_rename(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = stamp(file)
    monkeypatch.setattr(os, "fsync", lambda _handle: file.write_bytes(b"theirs"))
    with pytest.raises(WriteError) as caught:
        save(NEW, file, unchanged_since=seen)
    assert caught.value.code == "changed-meanwhile"
    assert file.read_bytes() == b"theirs"
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("call", ["open", "fsync", "replace", "chmod"])
@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "disk-full"),
        (errno.EDQUOT, "disk-full"),
        (errno.EACCES, "not-permitted"),
        (errno.EPERM, "not-permitted"),
        (errno.EROFS, "not-permitted"),
        (errno.EIO, "write-failed"),
        (errno.ESTALE, "write-failed"),  # a network share went away
    ],
)
def test_a_refusal_of_the_system_at_any_step_leaves_the_original(
    file: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int, code: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail)
        refused(file, code)


def test_what_windows_says_of_an_open_file_is_understood(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class SharingViolationError(PermissionError):
        winerror = 32

    def fail(*_: object) -> None:
        raise SharingViolationError(errno.EACCES, "used by another process")

    monkeypatch.setattr(os, "replace", fail)
    assert "đóng" in refused(file, "open-elsewhere")


def test_a_read_only_file_is_not_replaced(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # the tests may run as root, whom nothing stops
    assert "chỉ đọc" in refused(file, "not-permitted")


def test_a_file_that_another_run_is_writing_is_refused(file: Path) -> None:
    fcntl = pytest.importorskip("fcntl")
    with file.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        refused(file, "busy")
    save(NEW, file)
    assert file.read_bytes() == NEW


def test_what_a_killed_run_left_is_swept_by_the_next(file: Path) -> None:
    save(OLD, file)
    from nhiemvu.workbook.save import _prefix

    (file.parent / f"{_prefix(file)}dead.tmp").write_bytes(b"half")
    (file.parent / ".nhiemvu-other-file.tmp").write_bytes(b"not ours to touch")
    save(NEW, file)
    assert sorted(p.name for p in file.parent.iterdir()) == [".nhiemvu-other-file.tmp", file.name]


def test_a_full_disk_leaves_the_original(file: Path) -> None:
    """The kernel itself refuses to write more than 3,000 bytes (a limit of the process stands for a full disk)."""
    script = f"""
import resource, signal, sys
from pathlib import Path
from nhiemvu.errors import WriteError
from nhiemvu.workbook.save import save
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
try:
    save(b"new" * 2000, Path({str(file)!r}))
except WriteError as error:
    sys.exit(error.code)
"""
    assert resource.RLIM_INFINITY is not None
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert done.stderr.strip() == "disk-full"
    assert file.read_bytes() == OLD
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.slow
def test_a_run_killed_at_200_random_moments_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    versions = [bytes([letter]) * 300_000 for letter in b"AB"]
    file = tmp_path / "sổ.xlsx"
    file.write_bytes(versions[0])
    script = f"""
from pathlib import Path
from nhiemvu.workbook.save import save
print("ready", flush=True)
while True:
    for letter in b"AB":
        save(bytes([letter]) * 300_000, Path({str(file)!r}))
"""
    chance = random.Random(20240529)
    seen = set()
    for _ in range(200):
        # one interpreter for each death
        with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
            time.sleep(chance.uniform(0, 0.03))
            child.send_signal(signal.SIGKILL)
            child.wait()
        content = file.read_bytes()
        assert content in versions
        seen.add(content[:1])
        assert len(list(tmp_path.iterdir())) <= 2
    assert seen == {b"A", b"B"}
    save(versions[0], file)
    assert list(tmp_path.iterdir()) == [file]
