"""One evaluation in a process of its own: an order comes on stdin, pages and files go into a folder.

The process has a limit of memory, ends when it is asked to, and ends when the server that started it is gone. What it
writes to stdout is how many workbooks are done, a number a line; it exits with 0 whatever is wrong with a workbook,
since that is told on the page.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import FrameType
from typing import NoReturn

from nhiemvu.serve.order import CONTENTS, OUT_OF_MEMORY, Order

_LONGEST_FOLDER = 70  # bytes; a socket has some 104, and 32 are the pool's own


def main() -> int:
    """Wait for the order, and carry it out."""
    gc.disable()  # what is imported is no garbage, and looking through it costs a tenth of the time
    from nhiemvu.serve.answer import answer, prepare  # noqa: PLC0415 (not before the line above)

    prepare()
    gc.freeze()
    gc.enable()
    line = sys.stdin.buffer.readline()
    if not line:  # the server ended, and nobody came
        return 0
    order = Order(**json.loads(line))
    _bound_memory(order.memory)
    _keep_within(str(Path(order.out).parent), pool=not order.is_one)
    signal.signal(signal.SIGTERM, _stop)
    threading.Thread(target=_end_with_the_server, daemon=True).start()
    progress, sys.stdout = sys.stdout, sys.stderr  # nothing else may write there

    def tell(done: int) -> None:
        progress.write(f"{done}\n")
        progress.flush()

    try:
        contents = answer(order, tell)
    except MemoryError:
        return OUT_OF_MEMORY
    Path(order.out, CONTENTS).write_text(json.dumps(contents), encoding="utf-8")
    return 0


def _keep_within(folder: str, *, pool: bool) -> None:
    """Let everything temporary lie in the job's folder, so that nothing of it outlives the job.

    Where the folder's name is too long for a socket, which a pool of processes keeps among the temporary files, those
    files (never workbooks) lie where the system has them.
    """
    os.environ["NHIEMVU_CACHE"] = folder
    if not pool or len(os.fsencode(folder)) <= _LONGEST_FOLDER:
        os.environ |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), folder)
        tempfile.tempdir = folder


def _bound_memory(most: int) -> None:
    """Bound this process; what it starts may choose bounds of its own. No picture of its memory stays on the disk."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 (there is none on Windows)

    resource.setrlimit(resource.RLIMIT_AS, (most, resource.getrlimit(resource.RLIMIT_AS)[1]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    """End as if by an error, so that whatever this process has started is ended with it."""
    sys.exit(1)


def _end_with_the_server() -> None:
    """The server holds the other end of stdin as long as it lives."""
    while os.read(sys.stdin.fileno(), 1):  # not through the buffer, whose lock would be held at the end
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(2)
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
