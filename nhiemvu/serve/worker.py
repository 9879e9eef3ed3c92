"""The process that evaluates, seen from the server: started ahead of its order, watched, ended with all it started."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Literal

from nhiemvu.serve.order import Order

COMMAND = [
    sys.executable,
    "-P",  # what lies in the folder from which we were started is not ours to import
    "-m",
    "nhiemvu.serve.work",
]
_GRACE = 2.0  # seconds between asking a process to end and ending it
_TOLD = 20_000  # bytes of what a process said before it failed


@dataclass(slots=True)
class Worker:
    """One process for one order.

    Attributes:
        process: it.
        said: what it writes to stderr: a file without a name.
    """

    process: asyncio.subprocess.Process
    said: IO[bytes]

    @classmethod
    async def start(cls, folder: Path) -> Worker:
        """Start a process that waits for its order; what it has to import it imports now.

        Args:
            folder: where the file without a name is made.
        """
        home = str(Path(__file__).parents[2])
        paths = os.pathsep.join(filter(None, [home, os.environ.get("PYTHONPATH", "")]))
        settings = {
            "PYTHONPATH": paths,
            "PYTHONUTF8": "1",
            "PYDANTIC_DISABLE_PLUGINS": "__all__",  # looking for them costs 20 ms
            "OPENBLAS_NUM_THREADS": "1",  # each thread would reserve address space, which is bounded
        }
        said = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 (open as long as the process)
        try:
            process = await asyncio.create_subprocess_exec(
                *COMMAND,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=said,
                env={**os.environ, **settings},
                start_new_session=True,
            )
        except BaseException:  # raised again: the file is nobody else's to close
            said.close()
            raise
        return cls(process, said)

    async def carry_out(self, order: Order, tell: Callable[[int], None]) -> int:
        """Give the order, and wait for the end.

        Args:
            order: what to evaluate.
            tell: told how many workbooks are done.

        Returns:
            The exit code; minus a signal's number where one ended it.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it died: its exit code says of what
            self.process.stdin.write(json.dumps(asdict(order)).encode() + b"\n")
            await self.process.stdin.drain()  # and stays open: see `work`
            async for line in self.process.stdout:
                tell(int(line))
        return await self.process.wait()

    def read_said(self) -> str:
        """The end of what it said."""
        size = self.said.seek(0, os.SEEK_END)
        self.said.seek(max(size - _TOLD, 0))
        return self.said.read().decode(errors="replace")

    async def end(self) -> None:
        """End the process and all that it started: it is asked first, so that it can end what left its group."""
        if self.process.returncode is None:
            self._signal("SIGTERM")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_GRACE):
                    await self.process.wait()
        self._signal("SIGKILL")
        await self.process.wait()
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.said.close()

    def _signal(self, name: Literal["SIGTERM", "SIGKILL"]) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(self.process.pid, getattr(signal, name))
            elif self.process.returncode is None:
                self.process.kill()
