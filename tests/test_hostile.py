"""Nothing hostile gets through: each file through the program itself, in a process with limits, measured.

`pytest tests/test_hostile.py -m slow -s` prints the table that docs/decisions/hostile.md holds.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import hostile
import pytest
from conftest import EXAMPLE

SECONDS, MEBIBYTES = 2.0, 300
_CEILING = 3 << 30  # of address space, so that a mistake of ours does not hurt the machine
_DEADLINE = 30.0

pytestmark = pytest.mark.slow


# A process inherits the peak of memory of the one that starts it, so a small one stands between.
_LAUNCH = f"""
import json, os, resource, sys, threading
resource.setrlimit(resource.RLIMIT_AS, ({_CEILING}, {_CEILING}))
child = os.posix_spawn(sys.executable, [sys.executable, "-m", "nhiemvu", *sys.argv[1:]], os.environ)
alarm = threading.Timer({_DEADLINE}, os.kill, (child, 9))
alarm.start()
status, used = os.wait4(child, 0)[1:]
alarm.cancel()
with os.fdopen(3, "w") as out:
    json.dump([os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss / 1024], out)
"""


def run(*arguments: str) -> tuple[int, str, float, float]:
    """The program in a process of its own: exit code, what it says, seconds of processor time, MiB of memory.

    Both include the processes that it starts.
    """
    environment = {**os.environ, "NO_COLOR": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # or every run would compile the whole program again
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report")
        done = subprocess.run(
            ["sh", "-c", 'exec "$0" -c "$@" 3>"$REPORT"', sys.executable, _LAUNCH, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**environment, "REPORT": str(report)},
            check=True,
        )
        code, seconds, mebibytes = json.loads(report.read_text())
    return code, done.stdout.decode(), seconds, mebibytes


def judge(name: str, case: hostile.Hostile, arguments: list[str]) -> None:
    code, said, seconds, mebibytes = run(*arguments)
    if seconds >= SECONDS:  # the machine may be shared: what it needs is the least of two runs
        seconds = min(seconds, run(*arguments)[2])
    line = next((line for line in said.splitlines() if case.says and re.search(case.says, line)), "")
    outcome = "refused" if code == 2 else "told" if case.says else "read"
    print(f"\n| {name} | {outcome} | {seconds:.2f} | {mebibytes:.0f} |")
    assert "Traceback" not in said, said
    assert code == case.code, said[-2000:]
    assert line or not case.says, said[-2000:]
    assert seconds < SECONDS
    assert mebibytes < MEBIBYTES


@pytest.mark.parametrize("name", hostile.FILES)
def test_a_hostile_workbook_is_refused_or_read_in_bounds(name: str, tmp_path: Path) -> None:
    case = hostile.FILES[name]
    file = tmp_path / case.name
    raw = case.make()
    file.write_bytes(raw)
    rules = "nhiem-vu-trong-tam-2024-hai-yen"
    judge(name, case, ["evaluate", str(file), "--rules", rules, "-o", str(tmp_path / "ra.xlsx")])
    assert file.read_bytes() == raw
    assert (tmp_path / "ra.xlsx").exists() == (case.code == 1)
    assert not Path("/tmp/nhiemvu-was-here").exists()


@pytest.mark.parametrize("name", hostile.RULES)
def test_a_hostile_rule_file_is_refused_in_bounds(name: str, tmp_path: Path) -> None:
    case = hostile.RULES[name]
    file = tmp_path / case.name
    file.write_bytes(case.make())
    judge(name, case, ["evaluate", str(EXAMPLE), "--rules", str(file), "-o", str(tmp_path / "ra.xlsx")])
    assert not (tmp_path / "ra.xlsx").exists()
    assert not Path("/tmp/nhiemvu-was-here").exists()
