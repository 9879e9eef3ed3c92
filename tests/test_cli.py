"""The command line: what goes to stdout, what to stderr, and the exit codes."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys

import openpyxl
import pytest
from conftest import EXAMPLE

import nhiemvu
from nhiemvu.cli import commands


def run(*arguments: object, **how) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nhiemvu", *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        check=False,
        **how,
    )


def test_summary_shows_groups_counts_and_disagreements(tmp_path):
    done = run("evaluate", EXAMPLE, "-o", tmp_path / "ra.xlsx")
    assert done.returncode == 1
    assert "Nhóm nhiệm vụ thứ" in done.stdout
    assert "7 chỗ không khớp" in done.stdout
    assert "Kết quả!I44" in done.stdout
    assert done.stderr == ""


def test_json_writes_nothing_and_is_plain(tmp_path):
    workbook = shutil.copy(EXAMPLE, tmp_path / "so.xlsx")
    before = (tmp_path / "so.xlsx").read_bytes()
    document = json.loads(run("evaluate", workbook, "--json").stdout)
    assert document["rulebook"] == "nhiem-vu-trong-tam-2024-hai-yen"
    assert (tmp_path / "so.xlsx").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["so.xlsx"]


def test_check_exits_1_where_something_is_not_met(tmp_path):
    assert run("evaluate", EXAMPLE, "--check", "--quiet").returncode == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["evaluate", "khong-co.xlsx"], "khong-co.xlsx"),
        (
            ["evaluate", EXAMPLE, "--rules", "nhiem-vu-trong-tam-2024-hai-yn"],
            "có phải «nhiem-vu-trong-tam-2024-hai-yen»",
        ),
        (["evaluate", EXAMPLE, "--as-of", "31/2/2024"], "31/2/2024"),
        (["explain", EXAMPLE, "18.77"], "gần nhất: 18.7"),
        (["template", "--rules", "nhiem-vu-trong-tam-2024-hai-yen", "-o", EXAMPLE], "--force"),
    ],
)
def test_what_could_not_run_exits_2_and_says_why_on_stderr(arguments, words):
    done = run(*arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_one_bad_file_does_not_stop_the_others(tmp_path):
    bad = tmp_path / "hỏng.xlsx"
    bad.write_text("không phải sổ")
    done = run("evaluate", bad, EXAMPLE, "-o", tmp_path / "ra")
    assert done.returncode == 2
    assert "hỏng.xlsx" in done.stderr
    assert (tmp_path / "ra" / EXAMPLE.name).exists()


def test_output_is_utf_8_whatever_the_console(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "nhiemvu", "evaluate", str(EXAMPLE), "-o", str(tmp_path / "ra.xlsx")],
        capture_output=True, check=False, env={**os.environ, "PYTHONIOENCODING": "cp1258", "PYTHONUTF8": "0"},
    )  # fmt: skip
    assert "Thiếu số liệu" in done.stdout.decode("utf-8")


def test_no_colour_in_a_pipe_nor_where_it_is_unwanted(tmp_path):
    done = run("evaluate", EXAMPLE, "-o", tmp_path / "ra.xlsx", env={**os.environ, "NO_COLOR": "1"})
    assert "\x1b[" not in done.stdout


def test_explain_walks_from_the_cells_to_the_verdict():
    shown = run("explain", EXAMPLE, "1.1.2").stdout
    for words in ("Giải ngân!F13", "72.225.000", "8,17%", "hai-yen.yaml:", "149/366"):
        assert words in shown


def test_the_template_can_be_evaluated_at_once(tmp_path):
    target = tmp_path / "mau.xlsx"
    assert run("template", "--rules", "nhiem-vu-trong-tam-2024-hai-yen", "-o", target).returncode == 0
    evaluation = nhiemvu.evaluate(target, "nhiem-vu-trong-tam-2024-hai-yen")
    assert set(evaluation.frame.verdict) <= {"no_data", "not_assessed"}


def test_a_reader_that_stops_early_is_no_error():
    command = f'"{sys.executable}" -m nhiemvu evaluate "{EXAMPLE}" --json | head -1'
    done = subprocess.run(["bash", "-c", command], capture_output=True, encoding="utf-8", check=False)
    assert done.stdout.strip() == "{"
    assert "Traceback" not in done.stderr


def test_help_names_every_command():
    shown = run("--help").stdout
    assert [name for name in commands.commands if not re.search(rf"^  {name}  ", shown, re.MULTILINE)] == []


def test_a_workbook_of_something_else_is_refused_not_judged(tmp_path):
    book = openpyxl.Workbook()
    book.active["A1"] = "Danh sách lớp"
    book.save(tmp_path / "lop.xlsx")
    before = (tmp_path / "lop.xlsx").read_bytes()
    done = run("evaluate", tmp_path / "lop.xlsx", "--rules", "nhiem-vu-trong-tam-2024-hai-yen")
    assert done.returncode == 2
    assert "không có bảng nào mà bộ quy tắc nhiem-vu-trong-tam-2024-hai-yen cần" in done.stderr
    assert "không có trang «Kết quả»" in done.stderr
    assert (tmp_path / "lop.xlsx").read_bytes() == before
