"""Evaluations in hand: each in a process of its own that can be stopped, a few at once, the others in a queue.

A job belongs to the browser that sent its workbooks. It is removed with its files when its owner says so, when nobody
waits for it, some time after somebody last looked at its result, and when the server ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import shutil
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from nhiemvu.messages import N_
from nhiemvu.serve.bounds import Bounds
from nhiemvu.serve.upload import RefusedError
from nhiemvu.serve.work import ARCHIVE, OUT_OF_MEMORY, Order

State = Literal["receiving", "waiting", "running", "done", "failed", "gone"]
FINISHED = ("done", "failed", "gone")
_GRACE = 2.0  # seconds between asking a process to end and ending it
_IN_ARCHIVE = 100  # workbooks that an archive is thought to hold
_TOLD = 20_000  # bytes of what a process said before it failed


@dataclass(slots=True)
class Trouble:
    """Why an evaluation gave nothing: `time`, `memory`, or `mistake`, ours, with an id to tell us."""

    kind: Literal["time", "memory", "mistake"]
    id: str = ""


@dataclass(slots=True, eq=False)
class Job:
    """Workbooks that somebody sent, and what became of them.

    Attributes:
        id: cannot be guessed; stands in the addresses of its pages.
        owner: of the browser that may see it.
        folder: `in` holds the workbooks, `out-N` what the Nth evaluation made of them.
        names: of the workbooks.
        size: bytes of the workbooks.
        order: what its last evaluation was asked for.
        runs: how often it was begun.
        version: grows with every change that a waiting page should show.
        done: how many of its workbooks are evaluated.
        seen: when somebody last asked for it.
        watchers: pages that wait for news of it right now.
    """

    id: str
    owner: str
    folder: Path
    names: list[str] = field(default_factory=list)
    size: int = 0
    order: Order | None = None
    runs: int = 0
    state: State = "receiving"
    version: int = 0
    done: int = 0
    trouble: Trouble | None = None
    seen: float = field(default_factory=time.monotonic)
    watchers: int = 0
    task: asyncio.Task[None] | None = None
    news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def workbooks(self) -> Path:
        """Where its workbooks lie."""
        return self.folder / "in"

    @property
    def out(self) -> Path:
        """Where the results of its last evaluation lie."""
        return self.folder / f"out-{self.runs}"

    def tell(self, state: State) -> None:
        """Change, and wake whoever waits for news."""
        self.state = state
        self.version += 1
        self.news.set()
        self.news = asyncio.Event()


class Desk:
    """Takes jobs, runs them, removes them."""

    def __init__(self, folder: Path, bounds: Bounds, report: Callable[[str, str], None]) -> None:
        """Open the desk.

        Args:
            folder: private, where jobs lie.
            bounds: how much is taken on.
            report: told of our mistakes: an id, and what the process said.
        """
        self.bounds = bounds
        self._folder, self._report = folder, report
        self._jobs: dict[str, Job] = {}
        self._turns = asyncio.Semaphore(bounds.at_once)
        self._left_over: set[Path] = set()

    # --- taking in ---

    def open_job(self, owner: str) -> Job:
        """A new job, empty.

        Raises:
            RefusedError: too many wait already.
        """
        self._refuse_crowd()
        id_ = secrets.token_urlsafe(18)
        job = Job(id_, owner, self._folder / secrets.token_hex(8))
        job.workbooks.mkdir(parents=True)
        self._jobs[id_] = job
        return job

    def count(self, job: Job, size: int) -> None:
        """Let a job hold so many bytes more.

        Raises:
            RefusedError: all jobs together would hold too many.
        """
        if sum(each.size for each in self._jobs.values()) + size > self.bounds.kept_bytes:
            raise _full()
        job.size += size

    def _refuse_crowd(self, but: Job | None = None) -> None:
        queue = [job for job in self._jobs.values() if job.state in ("receiving", "waiting") and job is not but]
        if len(queue) >= self.bounds.waiting:
            raise _full()

    def find(self, id_: str, owner: str) -> Job | None:
        """A job of this owner; nobody else is told that it exists."""
        job = self._jobs.get(id_)
        if job is None or job.state == "receiving" or not secrets.compare_digest(job.owner, owner):
            return None
        job.seen = time.monotonic()
        return job

    def count_ahead(self, job: Job) -> int:
        """How many jobs come before this one that waits."""
        waiting = [each for each in self._jobs.values() if each.state == "waiting"]
        return waiting.index(job) if job in waiting else 0

    # --- running ---

    def begin(self, job: Job, order: Order) -> None:
        """Evaluate a job; an evaluation of it that still runs is stopped.

        Raises:
            RefusedError: too many wait already.
        """
        self._refuse_crowd(but=job)
        job.order = order
        job.runs += 1
        job.out.mkdir()
        job.done, job.trouble = 0, None
        self._jobs[job.id] = self._jobs.pop(job.id)  # to the end of the queue
        job.tell("waiting")
        job.task = asyncio.create_task(self._run(job, order, job.task))

    def limit(self, job: Job) -> float:
        """Seconds that the evaluation of a job may take."""
        files = sum(_IN_ARCHIVE if name.lower().endswith(ARCHIVE) else 1 for name in job.names)
        return self.bounds.seconds + self.bounds.seconds_more * (files - 1)

    async def _run(self, job: Job, order: Order, before: asyncio.Task[None] | None) -> None:
        await _cancel(before)
        async with self._turns:
            job.tell("running")
            try:
                async with asyncio.timeout(self.limit(job)):
                    trouble = await self._work(job, order)
            except TimeoutError:
                trouble = Trouble("time")
            except OSError as why:  # no process, no room on the disk
                trouble = self._blame_us(repr(why))
        job.trouble = trouble
        job.tell("failed" if trouble else "done")

    async def _work(self, job: Job, order: Order) -> Trouble | None:
        """Let a process of its own evaluate; whatever happens, nothing of it goes on."""
        said = job.folder / "said.txt"
        with said.open("wb") as errors:
            process = await start_worker(errors.fileno(), job.folder)
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps(asdict(order)).encode() + b"\n")  # and stays open: see `work`
            await process.stdin.drain()
            async for line in process.stdout:
                job.done = int(line)
                job.tell("running")
            code = await process.wait()
        except (BrokenPipeError, ConnectionResetError):
            code = await process.wait()
        finally:
            await asyncio.shield(_end(process))
        if code == 0:
            return None
        if code == OUT_OF_MEMORY:
            return Trouble("memory")
        with said.open("rb") as errors:
            errors.seek(max(said.stat().st_size - _TOLD, 0))
            return self._blame_us(f"exit {code}\n{errors.read().decode(errors='replace')}")

    def _blame_us(self, said: str) -> Trouble:
        id_ = secrets.token_hex(4)
        self._report(id_, said)
        return Trouble("mistake", id_)

    @asynccontextmanager
    async def watch(self, job: Job) -> AsyncIterator[None]:
        """Somebody waits for news of a job within the block."""
        job.watchers += 1
        try:
            yield
        finally:
            job.watchers -= 1
            job.seen = time.monotonic()

    # --- removing ---

    async def remove(self, job: Job) -> None:
        """Stop a job, and remove it with its files."""
        if self._jobs.pop(job.id, None) is None:
            return
        await _cancel(job.task)
        job.tell("gone")
        await self._discard(job.folder)

    async def _discard(self, folder: Path) -> None:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        # on Windows a file that is being downloaded stays: it is tried again
        (self._left_over.add if folder.exists() else self._left_over.discard)(folder)

    async def sweep(self) -> None:
        """Remove the jobs that nobody waits for or looks at any more."""
        now = time.monotonic()
        for job in list(self._jobs.values()):
            kept = self.bounds.keep_seconds if job.state in FINISHED else self.bounds.lease_seconds
            if job.state != "receiving" and not job.watchers and now - job.seen > kept:
                await self.remove(job)
        for folder in list(self._left_over):
            await self._discard(folder)

    async def close(self) -> None:
        """Stop and remove everything."""
        await asyncio.gather(*(self.remove(job) for job in list(self._jobs.values())))


def _full() -> RefusedError:
    message = N_("đang có quá nhiều sổ chờ đánh giá; hãy thử lại sau vài phút")
    return RefusedError(503, "too-busy", message)


async def _cancel(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()
        await asyncio.wait([task])


# --- the process ------------------------------------------------------------------------------------------------------


async def start_worker(errors: int, folder: Path) -> asyncio.subprocess.Process:
    """Start the process that evaluates: it reads its request from stdin, and writes how far it is to stdout.

    Args:
        errors: file descriptor for what it says when it fails.
        folder: where it keeps what is temporary, so that nothing of it outlives the job.
    """
    home = str(Path(__file__).parents[2])
    paths = os.pathsep.join(filter(None, [home, os.environ.get("PYTHONPATH", "")]))
    temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP", "NHIEMVU_CACHE"), str(folder))
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # what lies in the folder from which we were started is not ours to import
        "-m",
        "nhiemvu.serve.work",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=errors,
        # threads of OpenBLAS would each reserve address space, which is bounded
        env={**os.environ, **temporary, "PYTHONPATH": paths, "OPENBLAS_NUM_THREADS": "1", "PYTHONUTF8": "1"},
        start_new_session=True,
    )


async def _end(process: asyncio.subprocess.Process) -> None:
    """End a process and all that it started: it is asked first, so that it can end what left its group."""
    if process.returncode is None:
        _signal(process, "SIGTERM")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GRACE):
                await process.wait()
    _signal(process, "SIGKILL")
    await process.wait()
    if process.stdin is not None:
        process.stdin.close()


def _signal(process: asyncio.subprocess.Process, name: Literal["SIGTERM", "SIGKILL"]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, getattr(signal, name))
        elif process.returncode is None:
            process.kill()
