"""What has been read so far, kept on disk while a run lasts, so that a run that was stopped goes on where it was.

The journal lies in the user's own cache folder and not beside the workbooks: it is unpickled, so nobody else may write
it. A record is a batch with the stamps of its files; one that was cut off, or whose files changed since, is read anew.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import struct
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import numpy as np

import nhiemvu
from nhiemvu.engine.stack import take
from nhiemvu.errors import Place, Problem, say_reason
from nhiemvu.many.batch import Batch, Task
from nhiemvu.many.sources import REMOTE, Source
from nhiemvu.messages import N_
from nhiemvu.rules.rulebook import Rulebook

_HEAD = struct.Struct("<Q16s")
_FORM = b"nhiemvu journal 1\n"
# failures that the next run may not have, although the file is the same: rights, limits, the machine
TRANSIENT = {
    "reader-died",
    "reader-too-long",
    "our-mistake",
    "unreadable-file",
    "no-such-file",
    "over-limit",
    "unreadable-old-format",
    "unknown-store",
}


def cache_folder() -> Path:
    """Where the user's programs keep what they can make again; NHIEMVU_CACHE says otherwise."""
    if given := os.environ.get("NHIEMVU_CACHE"):
        return Path(given)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home()) / "nhiemvu" / "cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nhiemvu"


def name_journal(rulebook: Rulebook, task: Task, paths: Sequence[str | Path]) -> Path:
    """The file of a run: the same for the same rules, options and folders, whatever has been added to them."""
    digest = hashlib.sha256()
    for file in rulebook.files:
        digest.update(Path(file).read_bytes())
    options = (nhiemvu.__version__, rulebook.id, task.as_of, task.insists, task.words, task.language)
    roots = sorted({_find_root(Source("", str(path)).link) for path in paths})
    digest.update(repr((options, roots)).encode(errors="surrogateescape"))
    return cache_folder() / f"{digest.hexdigest()[:32]}.journal"


def _find_root(link: str) -> str:
    """A folder or an address as it is, of a file or a pattern the folder."""
    return link if REMOTE.match(link) or Path(link).is_dir() else str(Path(link).parent)


class Journal:
    """The batches of one run. Use it as a context.

    It is removed at the end, unless it `stays`, the run resumes, or was stopped. Where it cannot be written
    the run goes on without.
    """

    def __init__(self, path: Path, *, resume: bool, note: Callable[[Problem], None], stays: bool = False) -> None:
        self._path, self._resume, self._note = path, resume, note
        self._stays = stays or resume
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._file is not None:
            self._file.close()
        if kind is None and not self._stays:
            with suppress(OSError):
                self._path.unlink()

    @property
    def kept(self) -> Path | None:
        """Where it lies, once the run is over; None where it does not."""
        return self._path if self._file is not None and self._stays else None

    def recall(self, sources: Sequence[Source]) -> list[Batch]:
        """What an earlier run read of these files and is still so; empty unless this one resumes."""
        current = {source for source in sources if source.stamp}
        recalled: list[Batch] = []
        for batch in self._read() if self._resume else ():
            keep = [i for i, item in enumerate(batch.items) if item.source in current]
            current -= {batch.items[i].source for i in keep}
            if keep:
                recalled.append(_pick(batch, keep))
        with self._told():
            self._begin(recalled)
        return recalled

    def add(self, batch: Batch) -> None:
        """Keep what is of a batch for good."""
        keep = [i for i, item in enumerate(batch.items) if TRANSIENT.isdisjoint(p.code for p in item.problems)]
        if keep and self._file is not None:
            with self._told():
                self._file.write(_pack(_pick(batch, keep)))
                self._file.flush()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """A folder that cannot be written, or a full disk, ends the journal and not the run."""
        try:
            yield
        except OSError as why:
            if self._file is not None:
                with suppress(OSError):  # closing writes what could not be written once more
                    self._file.close()
            self._file = None
            message = N_(
                "không ghi được tiến độ ({why}), nếu bị ngắt thì phải đọc lại; đặt biến môi trường NHIEMVU_CACHE là "
                "một thư mục ghi được"
            )
            place = Place(str(self._path.parent))
            self._note(Problem("no-journal", message, place, {"why": say_reason(why)}, "warning"))

    def _begin(self, recalled: Sequence[Batch]) -> None:
        """Write anew what still holds, then go on behind it: the old file stays until that is done."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # a name of its own: another thread may begin the same run; only its owner may read it
        handle, fresh = tempfile.mkstemp(dir=self._path.parent, prefix=f"{self._path.stem}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_FORM)
                file.writelines(map(_pack, recalled))
            Path(fresh).replace(self._path)
        except BaseException:  # raised again: what was half written must not stay, whatever stopped it
            Path(fresh).unlink(missing_ok=True)
            raise
        self._file = self._path.open("ab")

    def _read(self) -> Iterator[Batch]:
        try:
            data = self._path.read_bytes()
        except OSError:
            return
        at = len(_FORM)
        while data.startswith(_FORM) and at + _HEAD.size <= len(data):
            size, digest = _HEAD.unpack_from(data, at)
            record = data[at + _HEAD.size : at + _HEAD.size + size]
            at += _HEAD.size + size
            if len(record) < size or hashlib.blake2b(record, digest_size=16).digest() != digest:
                return  # the run was stopped while it wrote this one
            yield pickle.loads(record)  # noqa: S301 (our own file, see above)


def _pack(batch: Batch) -> bytes:
    data = pickle.dumps(batch, 5)  # what is large in it, the words, is packed already
    return _HEAD.pack(len(data), hashlib.blake2b(data, digest_size=16).digest()) + data


def _pick(batch: Batch, keep: Sequence[int]) -> Batch:
    if len(keep) == len(batch.items):
        return batch
    judged = np.cumsum([item.words is not None for item in batch.items]) - 1
    at = [int(judged[i]) for i in keep if batch.items[i].words is not None]
    return Batch(tuple(batch.items[i] for i in keep), take(batch.figures, np.array(at, dtype=np.intp)))
