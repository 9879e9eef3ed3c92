"""Databases for the tests of the store: SQLite in a temporary folder, and a real PostgreSQL of the tests' own.

PostgreSQL: the server at `NHIEMVU_TEST_POSTGRESQL` where that is set, else a private one from Debian's packages in a
temporary folder, reached by a socket alone and stopped at the end.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa

SERVER_VARIABLE = "NHIEMVU_TEST_POSTGRESQL"
_NUMBERS = count(1)


@contextmanager
def run_postgresql() -> Iterator[str]:
    """The address of a database in which schemas may be made; skips, with the reason, where there is none."""
    if given := os.environ.get(SERVER_VARIABLE):
        yield given
        return
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        pytest.skip(f"no PostgreSQL in /usr/lib/postgresql, and {SERVER_VARIABLE} is not set")
    binaries = found[-1].parent
    as_server = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []  # it refuses to run as root
    folder = Path(tempfile.mkdtemp(prefix="nhiemvu-pg-"))  # short: a socket's path holds 107 characters
    try:
        if as_server:
            shutil.chown(folder, "postgres", "postgres")
        data = folder / "data"

        def run(program: str, *arguments: str) -> None:
            command = [*as_server, str(binaries / program), "-D", str(data), *arguments]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, cwd=folder)

        run("initdb", "-A", "trust", "-U", "nhiemvu", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        options = f"-k {folder} -c listen_addresses='' -c fsync=off"
        run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql://nhiemvu@/postgres?host={folder}"
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def make_schema(server: str) -> str:
    """A new empty schema on a server, which costs less than a database: the address of a store in it."""
    name = f"kho_{os.getpid()}_{next(_NUMBERS)}"
    engine = sa.create_engine(sa.make_url(server).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {name}")
    engine.dispose()
    return f"{server}{'&' if '?' in server else '?'}options=-csearch_path%3D{name}"


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A PostgreSQL server."""
    with run_postgresql() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def make_store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Makes addresses of stores that are not there yet."""
    if request.param == "sqlite":
        return lambda: str(tmp_path / f"kho-{next(_NUMBERS)}.db")
    server = request.getfixturevalue("postgresql")
    return lambda: make_schema(server)


@pytest.fixture
def store_url(make_store_url: Callable[[], str]) -> str:
    """The address of a store that is not there yet."""
    return make_store_url()
