"""A real Dask cluster of several processes on this machine: the same summary, and nothing lost with a worker."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from communes import RULES, UNITS, make, put

import nhiemvu
from nhiemvu.cli import commands
from nhiemvu.many.summary import Summary

distributed = pytest.importorskip("distributed", reason="Dask is not installed: pip install 'nhiemvu[cluster]'")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # Dask's own warnings are not ours

FILES = 90


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cum")
    for i in range(FILES):
        put(folder, f"so/{i:03}.xlsx", make(f"X{i:03}", f"Xã {i}") if i % 30 else b"a,b\n")
    put(folder, "don-vi.csv", UNITS.encode())
    return folder


@pytest.fixture(scope="module")
def client() -> Iterator[object]:
    with (
        distributed.LocalCluster(n_workers=3, threads_per_worker=1, dashboard_address=None, memory_limit=0) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def expected(folder: Path) -> bytes:
    return nhiemvu.aggregate(folder / "so", RULES, jobs=2).draw(str(folder))


def run(folder: Path, client: object) -> Summary:
    return nhiemvu.aggregate(folder / "so", RULES, jobs=3, executor=client.get_executor())  # type: ignore[attr-defined]


def test_the_same_to_the_byte(folder: Path, client: object, expected: bytes) -> None:
    assert run(folder, client).draw(str(folder)) == expected


def test_a_worker_killed_in_the_middle_loses_nothing(folder: Path, client: object, expected: bytes) -> None:
    pids = list(client.run(os.getpid).values())  # type: ignore[attr-defined]
    killed = threading.Event()

    def kill(done: int, total: int, failed: int) -> None:
        if done and not killed.is_set():
            os.kill(pids[0], signal.SIGKILL)
            killed.set()

    summary = nhiemvu.aggregate(
        folder / "so",
        RULES,
        jobs=3,
        executor=client.get_executor(),  # type: ignore[attr-defined]
        progress=kill,
    )
    assert killed.is_set()
    assert summary.draw(str(folder)) == expected


def test_from_the_command_line(folder: Path, client: object) -> None:
    address = client.scheduler.address  # type: ignore[attr-defined]
    target = folder / "tong-hop.xlsx"
    arguments = ["aggregate", str(folder / "so"), "--rules", RULES, "--cluster", address, "-o", str(target), "--quiet"]
    result = CliRunner().invoke(commands, arguments, standalone_mode=False)
    assert result.return_value == 1  # some files are broken
    assert target.exists()


def test_no_cluster_there_is_told() -> None:
    start = time.monotonic()
    arguments = ["aggregate", ".", "--cluster", "tcp://127.0.0.1:9"]
    result = CliRunner().invoke(commands, arguments, standalone_mode=False)
    assert "127.0.0.1:9" in str(result.exception)
    assert time.monotonic() - start < 30


def test_several_threads_a_worker_give_the_same_and_still_end_what_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NHIEMVU_LIMIT_SECONDS", "3")
    for i in range(24):
        put(tmp_path, f"so/{i:02}.xlsx", make(f"X{i:02}", f"Xã {i}"))
    expected = nhiemvu.aggregate(tmp_path / "so", RULES, jobs=2).draw(str(tmp_path))
    with (
        distributed.LocalCluster(n_workers=1, threads_per_worker=4, dashboard_address=None, memory_limit=0) as cluster,
        distributed.Client(cluster) as client,
    ):
        found = nhiemvu.aggregate(tmp_path / "so", RULES, jobs=4, executor=client.get_executor())
        assert found.draw(str(tmp_path)) == expected
        os.mkfifo(tmp_path / "so" / "hang.xlsx")  # nobody writes into it, so reading it never ends
        hung = client.submit(_hang_beside_others, str(tmp_path / "so"), pure=False)
        deadline = time.monotonic() + 60
        while not hung.done() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert hung.status in ("error", "lost", "cancelled"), hung.status  # the worker was ended, each time


def _hang_beside_others(folder: str) -> None:
    """Two threads read what is whole, over and over; this one hangs, and is ended all the same."""
    from nhiemvu.many import workers

    def go_on() -> None:
        while True:
            workers._watch(60)
            workers._watch(None)
            time.sleep(0.01)

    for _ in range(2):
        threading.Thread(target=go_on, daemon=True).start()
    workers._watch(3)
    with open(os.path.join(folder, "hang.xlsx"), "rb") as file:  # noqa: PTH118, PTH123
        file.read()
