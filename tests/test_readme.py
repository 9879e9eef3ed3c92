"""What the README says is true: its commands, its Python, its links and pictures."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import ROOT

from nhiemvu.cli import commands

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", README, flags=re.DOTALL)


def test_every_link_and_picture_is_there():
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in link]
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_python_of_the_readme_runs(tmp_path, monkeypatch):
    code = "\n".join(text for kind, text in BLOCKS if kind == "python")
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "examples", "examples")
    exec(compile(code, "README.md", "exec"), {})
    assert Path("danh-gia.xlsx").stat().st_size > 10_000
    assert Path("tong-hop.xlsx").stat().st_size > 10_000


def test_the_python_of_the_guide_to_histories_runs(tmp_path, monkeypatch):
    pytest.importorskip("pyarrow", reason="pyarrow is not installed: pip install 'nhiemvu[parquet]'")
    guide = (ROOT / "docs" / "vi" / "lich-su.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", guide, flags=re.DOTALL)
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "examples" / "cum-xa" / "don-vi.csv", "don-vi.csv")
    shutil.copytree(ROOT / "examples" / "cum-xa" / "so", "thu-muc")
    exec(compile(code.replace("06196", "00001"), "lich-su.md", "exec"), {})
    assert list(Path("kho").glob("*.parquet"))


def test_the_commands_of_the_readme_exist():
    (usage,) = [text for kind, text in BLOCKS if not kind and "nhiemvu evaluate WORKBOOK" in text]
    for line in usage.splitlines():
        words = line.split("   ")[0].split()[1:]
        if not words:
            continue
        shown = CliRunner().invoke(commands, [words[0], "--help"])
        assert shown.exit_code == 0
        for option in re.findall(r"--[a-z-]+", line):
            assert option in shown.output, f"{option} of {words[0]}"


@pytest.mark.slow
def test_the_set_up_command_evaluates_the_example_and_leaves_tracked_files(tmp_path):
    command = next(text for kind, text in BLOCKS if kind == "sh" and "evaluate" in text).strip()
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    done = subprocess.run(
        ["bash", "-c", command.replace("python3", sys.executable, 1)], cwd=clone, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    assert "7 chỗ không khớp" in done.stdout.decode()
    assert (clone / "danh-gia-hai-yen.xlsx").exists()
    changed = subprocess.run(
        ["git", "status", "--porcelain", "--untracked-files=no"], cwd=clone, capture_output=True, check=True
    )
    assert changed.stdout == b""
