"""Evaluations in hand, with workers that do as they are told; and the private room that holds what they need."""

from __future__ import annotations

import asyncio
import os
import stat
import time
from dataclasses import replace
from pathlib import Path

import pytest
from serving import Workers

from nhiemvu.serve import worker
from nhiemvu.serve.desk import Desk, Job
from nhiemvu.serve.order import Order
from nhiemvu.serve.room import private_room
from nhiemvu.serve.settings import Bounds
from nhiemvu.serve.upload import RefusedError


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> Workers:
    return Workers(monkeypatch)


# --- the room ---


def test_the_room_is_private_and_goes_with_all_that_is_in_it(tmp_path):
    with private_room(tmp_path) as room:
        assert stat.S_IMODE(room.stat().st_mode) == 0o700
        (room / "x").mkdir()
        (room / "x" / "so.xlsx").write_bytes(b"x")
    assert list(tmp_path.iterdir()) == []


def test_the_room_of_a_killed_server_is_swept_and_that_of_a_running_one_is_not(tmp_path):
    stale = tmp_path / "nhiemvu-serve-cu"
    stale.mkdir()
    (stale / "lock").touch()
    (stale / "so.xlsx").touch()
    elsewhere = tmp_path / "khac"
    elsewhere.mkdir()
    (tmp_path / "nhiemvu-serve-link").symlink_to(elsewhere)
    with private_room(tmp_path) as running:
        for lock_file in (stale / "lock", running / "lock"):
            os.utime(lock_file, (time.time() - 3600,) * 2)
        with private_room(tmp_path) as other:
            assert not stale.exists()
            assert running.exists()
            assert other.exists()
            assert elsewhere.exists()


# --- evaluations in hand, with workers that do as they are told ---


@pytest.fixture
def told() -> list[tuple[str, str]]:
    return []


def at_desk(tmp_path: Path, told: list[tuple[str, str]], work, **bounds: float) -> None:
    """Do some work at a desk, and close it."""

    async def run() -> None:
        desk = Desk(tmp_path, replace(Bounds(), **{"ready": 0, **bounds}), lambda id_, said: told.append((id_, said)))
        try:
            await work(desk)
        finally:
            await desk.close()

    asyncio.run(run())
    assert list(tmp_path.iterdir()) == []


def begin(desk: Desk, names: tuple[str, ...] = ("a.xlsx",), owner: str = "toi") -> Job:
    job = desk.open_job(owner)
    job.names = list(names)
    (job.workbooks / names[0]).write_bytes(b"x")
    order = Order("", "", "", list(names), "", "", "", False, "vi", [], "", False, "", 1, 1)
    desk.begin(job, order)
    return job


async def until(job: Job, *states: str) -> None:
    async with asyncio.timeout(10):
        while job.state not in states:
            await job.news.wait()


def is_alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


def test_a_few_run_at_once_and_the_others_are_told_how_many_come_before(tmp_path, workers, told):
    workers.do("import sys, time; sys.stdin.readline(); time.sleep(60)")

    async def work(desk: Desk) -> None:
        jobs = [begin(desk) for _ in range(5)]
        await until(jobs[1], "running")
        assert [job.state for job in jobs] == ["running"] * 2 + ["waiting"] * 3
        assert [desk.count_ahead(job) for job in jobs] == [0, 0, 0, 1, 2]
        await desk.remove(jobs[0])
        await until(jobs[2], "running")
        assert [desk.count_ahead(job) for job in jobs[3:]] == [0, 1]

    at_desk(tmp_path, told, work, at_once=2)


def test_who_comes_when_too_many_wait_is_told_to_come_later(tmp_path, workers, told):
    workers.do("import time; time.sleep(60)")

    async def work(desk: Desk) -> None:
        for _ in range(2):
            begin(desk)
        with pytest.raises(RefusedError) as caught:
            begin(desk)
        assert caught.value.status == 503

    at_desk(tmp_path, told, work, at_once=1, waiting=2)


@pytest.mark.parametrize(
    ("script", "kind", "says"),
    [
        ("import time; time.sleep(60)", "time", ""),
        ("while True: pass", "time", ""),
        ("import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)", "time", ""),
        ("raise SystemExit(3)", "memory", ""),
        ("raise ValueError('bí mật')", "mistake", "ValueError"),
        ("import os; os.abort()", "mistake", "exit -6"),
        ("import os; os.kill(os.getpid(), 9)", "mistake", "exit -9"),
        ("raise SystemExit('x' * 10_000_000)", "mistake", "xxx"),
    ],
)
def test_what_becomes_of_a_worker_that_fails_is_told(tmp_path, workers, told, monkeypatch, script, kind, says):
    workers.do(script)
    monkeypatch.setattr(worker, "_GRACE", 0.2)

    async def work(desk: Desk) -> None:
        job = begin(desk)
        await until(job, "failed")
        assert job.trouble is not None
        assert job.trouble.kind == kind
        if kind == "mistake":
            (id_, said) = told[0]
            assert id_ == job.trouble.id
            assert says in said
            assert len(said) < 50_000
        else:
            assert told == []

    at_desk(tmp_path, told, work, seconds=0.3 if kind == "time" else 10)


def test_a_worker_is_ended_with_all_that_it_started(tmp_path, workers, told):
    workers.do(
        "import subprocess, sys, time; sys.stdin.readline();"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
        "print(child.pid, flush=True); time.sleep(60)"
    )

    async def work(desk: Desk) -> None:
        job = begin(desk)
        while not job.done:
            await job.news.wait()
        child = job.done  # a number that the worker wrote
        assert is_alive(child)
        await desk.remove(job)
        assert not is_alive(child)
        assert desk.find(job.id, "toi") is None

    at_desk(tmp_path, told, work)


def test_an_evaluation_that_is_begun_anew_ends_the_one_before(tmp_path, workers, told):
    workers.do("import os, sys, time; sys.stdin.readline(); print(os.getpid(), flush=True); time.sleep(60)")

    async def work(desk: Desk) -> None:
        job = begin(desk)
        while not job.done:
            await job.news.wait()
        first = job.done
        workers.do("import sys; sys.stdin.readline(); print(1)")
        assert job.order is not None
        desk.begin(job, job.order)
        desk.begin(job, job.order)
        await until(job, "done")
        assert not is_alive(first)

    at_desk(tmp_path, told, work)


def test_nobody_waits_so_nothing_goes_on(tmp_path, workers, told):
    workers.do("import time; time.sleep(60)")

    async def work(desk: Desk) -> None:
        left, watched = begin(desk), begin(desk)
        await until(watched, "running")
        async with desk.watch(watched):
            await asyncio.sleep(0.1)
            await desk.sweep()
            assert left.state == "gone"
            assert watched.state == "running"
        await asyncio.sleep(0.1)
        await desk.sweep()
        assert watched.state == "gone"

    at_desk(tmp_path, told, work, lease_seconds=0.05, at_once=2)


def test_a_result_is_held_for_a_while_after_somebody_looked(tmp_path, workers, told):
    async def work(desk: Desk) -> None:
        job = begin(desk)
        await until(job, "done")
        for _ in range(3):
            await asyncio.sleep(0.12)
            assert desk.find(job.id, "toi") is job
            await desk.sweep()
        assert desk.find(job.id, "nguoi khac") is None
        await asyncio.sleep(0.25)
        await desk.sweep()
        assert desk.find(job.id, "toi") is None
        assert list(tmp_path.iterdir()) == []

    at_desk(tmp_path, told, work, keep_seconds=0.2)


def test_a_process_is_held_ready_and_replaced_where_it_died(tmp_path, workers, told):
    workers.do("import os, sys; sys.stdin.readline() and print(os.getpid(), flush=True)")

    async def work(desk: Desk) -> None:
        desk.prepare()
        held = await desk._ready[0]
        first = begin(desk)
        await until(first, "done")
        assert first.done == held.process.pid
        held = await desk._ready[0]
        held.process.kill()
        await held.process.wait()
        second = begin(desk)
        await until(second, "done")
        assert second.done != held.process.pid
        last = await desk._ready[0]
        await desk.close()
        assert last.process.returncode is not None

    at_desk(tmp_path, told, work, ready=1)
