"""Batches over workers: our own processes, or any executor; a file that kills or hangs its worker costs itself alone.

chunks ──▶ processes ──▶ batches           a worker died: whatever it was reading is tried once more, alone
└─▶ any executor ──▶ batches        a chunk failed: its files are tried once more, each by itself
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import IO, Any

from nhiemvu.errors import Place, Problem
from nhiemvu.many.batch import Batch, Begin, Item
from nhiemvu.many.sources import Source
from nhiemvu.messages import N_

Chunk = Sequence[Source]
Read = Callable[[Chunk, Begin | None], Batch]
SECONDS = 60  # what one file may take; NHIEMVU_LIMIT_SECONDS
CHUNK = 32


def cut(sources: Sequence[Source], jobs: int) -> list[Chunk]:
    """Chunks small enough that every worker has several, so that none waits long for the last."""
    size = max(1, min(CHUNK, len(sources) // (jobs * 4)))
    return [sources[at : at + size] for at in range(0, len(sources), size)]


def limit_seconds() -> int:
    """How long one file may take, NHIEMVU_LIMIT_SECONDS where it is set."""
    given = os.environ.get("NHIEMVU_LIMIT_SECONDS", "")
    return int(given) if given.isdecimal() and int(given) else SECONDS


def run(
    read: Read, sources: Sequence[Source], jobs: int, executor: Executor | None, note: Callable[[Problem], None]
) -> Iterator[Batch]:
    """Read every source, in chunks; every one of them is in exactly one of the batches, in no order.

    Args:
        read: what a worker does with a chunk; it travels there.
        sources: what.
        jobs: how many processes of our own, or how many workers the executor is thought to have.
        executor: anything that submits calls; None for processes of our own.
        note: told what went differently than asked.
    """
    chunks = cut(sources, jobs)
    if executor is not None:
        left: list[Chunk] = []
        yield from _run_foreign(read, chunks, executor, left)
        if not left:
            return
        count = sum(len(chunk) for chunk in left)
        message = N_("bộ chạy song song được giao đã hỏng; {count} tệp còn lại được đọc bằng tiến trình của máy này")
        note(Problem("executor-broke", message, fill={"count": count}, severity="warning"))
        chunks = left
    yield from _run_own(read, chunks, jobs)


# --- in the worker ----------------------------------------------------------------------------------------------------

_mark: IO[bytes] | None = None


def _start(marks: str) -> None:
    """Prepare a process of our own."""
    global _mark  # noqa: PLW0603 (a process has one)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interruption means
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    _mark = Path(marks, str(os.getpid())).open("wb", buffering=0)  # noqa: SIM115 (open as long as the process)
    gc.freeze()
    gc.disable()


def _end_with(parent: multiprocessing.process.BaseProcess) -> None:
    """Nobody waits for the work of a process whose parent was killed."""
    parent.join()
    os._exit(1)


def _work(read: Read, chunk: Chunk, seconds: int, asked_by: int) -> Batch:
    """Read a chunk; where this is a process of its own, it ends when one file takes too long."""
    is_own_process = os.getpid() != asked_by

    def begin(source: Source) -> None:
        if _mark is not None:
            _write_mark(_key(source).encode(errors="surrogateescape"))
        if is_own_process:
            _watch(seconds)

    try:
        return read(chunk, begin)
    finally:
        if is_own_process:
            _watch(None)
        if _mark is not None:
            _write_mark(b"")
            gc.collect()


_deadlines: dict[int, float] = {}  # of each thread that reads a file: a cluster's worker may have several
_deadlines_lock = threading.Lock()


def _watch(seconds: int | None) -> None:
    """Let this process end when this thread takes longer than so many seconds; None: the thread is done.

    A process has one such timer, so it is set to whatever is due first among all threads.
    """
    with _deadlines_lock:
        if seconds is None:
            _deadlines.pop(threading.get_ident(), None)
        else:
            _deadlines[threading.get_ident()] = time.monotonic() + seconds
        if _deadlines:
            left = max(min(_deadlines.values()) - time.monotonic(), 0.001)
            faulthandler.dump_traceback_later(left, exit=True, file=_nowhere())
        else:
            faulthandler.cancel_dump_traceback_later()


_sink: IO[str] | None = None


def _nowhere() -> IO[str]:
    """Where a traceback goes that nobody reads: the parent says in words what happened."""
    global _sink  # noqa: PLW0603 (as above)
    if _sink is None:
        _sink = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 (as above)
    return _sink


def _write_mark(content: bytes) -> None:
    assert _mark is not None  # whoever marks has looked
    _mark.seek(0)
    _mark.truncate()
    _mark.write(content)


def _key(source: Source) -> str:
    return f"{source.path}\0{source.member}"


# --- processes of our own ---------------------------------------------------------------------------------------------


def _run_own(read: Read, chunks: Sequence[Chunk], jobs: int) -> Iterator[Batch]:
    waiting = list(chunks)
    while waiting:
        guilty: set[str] = set()
        lost: list[Chunk] = []
        yield from _run_until_broken(read, waiting, jobs, lost, guilty)
        suspects = [source for chunk in lost for source in chunk if _key(source) in guilty]
        waiting = [rest for chunk in lost if (rest := [source for source in chunk if _key(source) not in guilty])]
        if lost and not suspects:  # died before its first file: out of memory, or killed from outside
            suspects = [waiting[0][0]]
            waiting[0] = waiting[0][1:]
            waiting = [chunk for chunk in waiting if chunk]
        for source in suspects:
            yield from _run_alone(read, source)


def _run_until_broken(
    read: Read, chunks: Sequence[Chunk], jobs: int, lost: list[Chunk], guilty: set[str]
) -> Iterator[Batch]:
    """Read until a worker dies; says then which chunks are lost, and which files were being read."""
    seconds, parent = limit_seconds(), os.getpid()
    with tempfile.TemporaryDirectory(prefix="nhiemvu-") as marks:
        pool = ProcessPoolExecutor(min(jobs, len(chunks)), choose_context(), initializer=_start, initargs=(marks,))
        futures: dict[Future[Batch], Chunk] = {}
        try:
            for chunk in chunks:
                try:
                    futures[pool.submit(_work, read, chunk, seconds, parent)] = chunk
                except BrokenExecutor:
                    lost.append(chunk)
            while futures:
                for future in wait(futures, return_when=FIRST_COMPLETED).done:
                    chunk = futures.pop(future)
                    try:
                        batch = future.result()
                    except BrokenExecutor:
                        lost.append(chunk)
                    except Exception as why:  # noqa: BLE001 (a mistake of ours in one file must not stop the others)
                        yield from _split(read, chunk, why)
                    else:
                        yield batch
            if lost:
                _unblock(pool)
            pool.shutdown()  # its threads are over before another pool forks
            if lost:
                guilty.update(_read_marks(Path(marks)))
        finally:
            _end(pool)


def choose_context() -> BaseContext:
    """How processes begin: by a fork, the quickest, unless other threads could hold a lock that a fork would copy."""
    methods = multiprocessing.get_all_start_methods()
    if sys.platform == "linux" and threading.active_count() == 1:
        return multiprocessing.get_context("fork")
    if "forkserver" not in methods:
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def _split(read: Read, chunk: Chunk, why: Exception) -> Iterator[Batch]:
    """A chunk whose reading raised: each file alone, so that the one to blame is known."""
    if len(chunk) == 1:
        yield _fail(chunk[0], say_mistake(chunk[0], why))
        return
    for source in chunk:
        yield from _run_alone(read, source)


def _run_alone(read: Read, source: Source) -> Iterator[Batch]:
    start = time.monotonic()
    lost: list[Chunk] = []
    yield from _run_until_broken(read, [[source]], 1, lost, set())
    if lost:
        took_long = time.monotonic() - start >= limit_seconds()
        yield _fail(source, _say_too_long(source) if took_long else _say_died(source))


def _read_marks(folder: Path) -> list[str]:
    found = [path.read_bytes().decode(errors="surrogateescape") for path in sorted(folder.iterdir())]
    return [content for content in found if content]


def _unblock(pool: ProcessPoolExecutor) -> None:
    """Let a pool whose workers died end: before 3.11.7 and 3.12.1 Python waits for ever for what nobody reads any more.

    The thread that feeds the workers hangs where more lies in their pipe than it holds (python/cpython#94777); closing
    our end of it is what Python itself does since.
    """
    if (3, 11, 7) <= sys.version_info < (3, 12) or sys.version_info >= (3, 12, 1):
        return
    queue: Any = pool._call_queue  # type: ignore[attr-defined]  # there is no public way
    with contextlib.suppress(OSError):
        queue._reader.close()


def _end(pool: ProcessPoolExecutor) -> None:
    """Stop at once, whatever the workers are doing: what they have not given back is read another time."""
    processes = list((pool._processes or {}).values())  # there is no public way to end those that hang
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        with contextlib.suppress(OSError):
            process.terminate()


# --- any executor -----------------------------------------------------------------------------------------------------


def _run_foreign(read: Read, chunks: Sequence[Chunk], executor: Executor, left: list[Chunk]) -> Iterator[Batch]:
    """Read by somebody else's workers; `left` takes what they could not even begin once the executor itself broke."""
    seconds, parent = limit_seconds(), os.getpid()
    futures: dict[Future[Batch], Chunk] = {}

    def submit(chunk: Chunk) -> None:
        try:
            futures[executor.submit(_work, read, chunk, seconds, parent)] = chunk
        except RuntimeError:  # BrokenExecutor, or shut down
            left.append(chunk)

    for chunk in chunks:
        submit(chunk)
    while futures:
        patience = seconds * (1 + max(len(chunk) for chunk in futures.values()))
        done = wait(futures, timeout=patience, return_when=FIRST_COMPLETED).done
        if not done:
            for future, chunk in futures.items():
                future.cancel()
                yield Batch(tuple(Item(source, problems=(_say_too_long(source),)) for source in chunk))
            return
        for future in done:
            chunk = futures.pop(future)
            try:
                batch = future.result()
            except BrokenExecutor:
                left.append(chunk)
            except BaseException as why:  # whatever a cluster raises: a lost worker, a version that differs
                if isinstance(why, KeyboardInterrupt | SystemExit):
                    raise
                if len(chunk) == 1:
                    yield _fail(chunk[0], say_mistake(chunk[0], why))
                else:
                    for source in chunk:
                        submit([source])
            else:
                yield batch


# --- what is said of a file that could not be read --------------------------------------------------------------------


def _fail(source: Source, problem: Problem) -> Batch:
    return Batch((Item(source, problems=(problem,)),))


def _say_died(source: Source) -> Problem:
    message = N_("đọc tệp này làm chương trình đọc dừng đột ngột (tệp hỏng hoặc quá lớn); mở bằng Excel, lưu lại .xlsx")
    return Problem("reader-died", message, Place(source.name))


def _say_too_long(source: Source) -> Problem:
    message = N_(
        "đọc tệp này quá {seconds} giây nên đã dừng; mở bằng Excel, xóa phần thừa rồi lưu lại, hoặc đặt biến môi "
        "trường NHIEMVU_LIMIT_SECONDS cao hơn"
    )
    return Problem("reader-too-long", message, Place(source.name), {"seconds": limit_seconds()})


def say_mistake(source: Source, why: BaseException) -> Problem:
    """A file whose reading raised what nobody expected."""
    message = N_("lỗi của chương trình khi đọc tệp này ({why}); hãy gửi tệp cho người phát triển")
    return Problem("our-mistake", message, Place(source.name), {"why": f"{type(why).__name__}: {why}"})
