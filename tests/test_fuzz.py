"""A short run of the fuzzer; `python tests/fuzz/fuzz.py 3600` is a long one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "fuzz" / "fuzz.py"


@pytest.mark.slow
def test_mutated_workbooks_and_rule_files_raise_nothing_but_our_own_errors(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "25"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "'crashed': 0" in done.stdout
    assert list(tmp_path.iterdir()) == []
