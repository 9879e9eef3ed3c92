"""Evaluations in hand: each in a process of its own that can be stopped, a few at once, the others in a queue.

A job belongs to the browser that sent its workbooks. It is removed with its files when its owner says so, when nobody
waits for it, some time after somebody last looked at its result, and when the server ends.
"""

from __future__ import annotations

import asyncio
import secrets
import shutil
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from nhiemvu.messages import N_
from nhiemvu.serve.order import ARCHIVE, OUT_OF_MEMORY, Order
from nhiemvu.serve.settings import Bounds
from nhiemvu.serve.upload import RefusedError
from nhiemvu.serve.worker import Worker

State = Literal["receiving", "waiting", "running", "done", "failed", "gone"]
FINISHED = ("done", "failed", "gone")
_IN_ARCHIVE = 100  # workbooks that an archive is thought to hold


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
        self._open = True
        self._ready: deque[asyncio.Task[Worker]] = deque()
        self._left_over: set[Path] = set()

    # --- taking in ---

    def open_job(self, owner: str) -> Job:
        """A new job, empty.

        Raises:
            RefusedError: too many wait already.
        """
        self._refuse_crowd()
        id_ = secrets.token_urlsafe(18)
        job = Job(id_, owner, self._folder / secrets.token_hex(6))
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
            except (OSError, ValueError) as why:  # no process, no room on the disk, a process that talks nonsense
                trouble = self._blame_us(repr(why))
        job.trouble = trouble
        job.tell("failed" if trouble else "done")

    async def _work(self, job: Job, order: Order) -> Trouble | None:
        """Let a process of its own evaluate; whatever happens, nothing of it goes on."""

        def tell(done: int) -> None:
            job.done = done
            job.tell("running")

        worker = await self._take_worker()
        code, said = -1, ""
        try:
            code = await worker.carry_out(order, tell)
            said = worker.read_said()
        finally:
            await asyncio.shield(worker.end())
            self.prepare()  # not before: it would take the processor from this one
        if code == 0:
            return None
        return Trouble("memory") if code == OUT_OF_MEMORY else self._blame_us(f"exit {code}\n{said}")

    def prepare(self) -> None:
        """Start the processes that are held ready."""
        while self._open and len(self._ready) < self.bounds.ready:
            self._ready.append(asyncio.create_task(Worker.start(self._folder)))

    async def _take_worker(self) -> Worker:
        """A process that waits for an order: one that was held ready, where it still lives."""
        worker = await self._ready.popleft() if self._ready else await Worker.start(self._folder)
        if worker.process.returncode is not None:
            await worker.end()
            worker = await Worker.start(self._folder)
        return worker

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
        self._open = False
        await asyncio.gather(*(self.remove(job) for job in list(self._jobs.values())))
        while self._ready:
            await (await self._ready.popleft()).end()


def _full() -> RefusedError:
    message = N_("đang có quá nhiều sổ chờ đánh giá; hãy thử lại sau vài phút")
    return RefusedError(503, "too-busy", message)


async def _cancel(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()
        await asyncio.wait([task])
