"""What the guide for rule authors says is true: its files load, its mistakes are found, its commands print that.

The guide is followed from top to bottom in one folder. Its blocks and comments:

    yaml file=NAME     is written there and must load
    yaml               is put under the frame (`khung.yaml`), must load, and its cases must hold
    yaml loi           must be refused, with exactly what the `text` block after it says
    console            every `$ nhiemvu …` is run and its output compared; `…` stands for anything
    sổ: FILE, SHEET    makes a workbook of the table after it
    điền: FILE         types the cells of the table after it
    cách nói           the table after it holds official wordings and their targets
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pytest
import yaml
from conftest import ROOT

from nhiemvu.cli import main
from nhiemvu.engine.cases import run_cases
from nhiemvu.errors import RuleError
from nhiemvu.rules.load import load_rulebook
from nhiemvu.rules.rulebook import Rulebook
from nhiemvu.rules.target import Target, suggest

GUIDE = ROOT / "docs" / "vi" / "quy-tac.md"
REFERENCE = ROOT / "docs" / "vi" / "tham-chieu-quy-tac.md"
TEXT = GUIDE.read_text(encoding="utf-8")
FRAME, FRAGMENT = "khung.yaml", "vi-du.yaml"
TABLE = r"((?:\|[^\n]*\n)+)"
STEP = re.compile(rf"^(?:```([^\n]*)\n(.*?)^```$|<!-- (sổ|điền): ([^\n]*) -->\n+{TABLE})", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Step:
    """One thing that the guide has the reader do: `kind` is the info of a block, or the word of a comment."""

    line: int
    kind: str
    text: str
    where: str = ""


def steps() -> Iterator[Step]:
    for found in STEP.finditer(TEXT):
        line = TEXT.count("\n", 0, found.start()) + 1
        if found[3]:
            yield Step(line, found[3], found[5], found[4])
        else:
            yield Step(line, found[1], found[2])


def cells(table: str) -> list[list[str]]:
    """The cells of a Markdown table, without the line under its head."""
    rows = [re.split(r"(?<!\\)\|", row.strip())[1:-1] for row in table.splitlines()]
    return [[cell.strip().replace("`", "").replace("<br>", "\n") for cell in row] for row in [rows[0], *rows[2:]]]


def run(command: str) -> str:
    """What a command prints, on both streams in order."""
    words = shlex.split(command)
    assert words[0] == "nhiemvu"
    out = io.StringIO()
    before, sys.argv = sys.argv, words
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out), contextlib.suppress(SystemExit):
            main()
    finally:
        sys.argv = before
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()).strip("\n")


def is_as_told(told: str, printed: str) -> bool:
    """Is this the output that the guide shows; `…` stands for anything."""
    return re.fullmatch(".*?".join(map(re.escape, told.strip("\n").split("…"))), printed, re.DOTALL) is not None


def framed(text: str) -> str:
    """A fragment under the frame; a whole file as it is."""
    return text if text.startswith("rulebook:") else Path(FRAME).read_text(encoding="utf-8") + "\n" + text


def refusals(text: str) -> list[str]:
    """The mistakes that a file or fragment is refused for; warnings are none."""
    try:
        load(framed(text), "loi.yaml")
    except RuleError as error:
        return [problem.text for problem in error.problems if problem.severity == "error"]
    return []


def load(text: str, name: str) -> Rulebook:
    """Write a file and load it; a fragment does not stay, so that it is no version of the frame."""
    file = Path(name)
    file.write_text(text, encoding="utf-8")
    try:
        return load_rulebook(file)
    finally:
        if name in ("loi.yaml", FRAGMENT):
            file.unlink()


def write_frame() -> None:
    """The frame stands in the third section; mistakes of the second already stand under it."""
    frame = next(step.text for step in steps() if step.kind.endswith(f"file={FRAME}"))
    Path(FRAME).write_text(frame, encoding="utf-8")


def fill(step: Step) -> None:
    book = openpyxl.load_workbook(step.where)
    for sheet, cell, typed in cells(step.text)[1:]:
        book[sheet][cell] = float(typed) if re.fullmatch(r"[0-9.]+", typed) else typed
    book.save(step.where)


def make(step: Step) -> None:
    file, sheet = step.where.split(", ")
    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in cells(step.text):
        book.active.append(row)
    book.save(file)


def follow() -> list[str]:
    """Do everything that the guide says; what turns out otherwise, with its line."""
    wrong: list[str] = []
    mistake: list[str] = []
    write_frame()
    for step in steps():
        where = f"{GUIDE.name}:{step.line}"
        kind, _, name = step.kind.partition(" file=")
        if kind == "yaml loi":
            mistake = refusals(step.text)
            if not mistake:
                wrong.append(f"{where}: loads")
        elif kind == "text":
            if step.text.strip("\n").splitlines() != mistake:
                wrong.append(f"{where}: {mistake}")
        elif kind == "yaml":
            try:
                rulebook = load(step.text if name else framed(step.text), name or FRAGMENT)
            except RuleError as error:
                wrong.append(f"{where}: {error}")
            else:
                wrong += [] if name else [f"{where}: {each}" for each in run_cases(rulebook).failures]
        elif kind == "console":
            for command, told in re.findall(r"^\$ ([^\n]*)\n(.*?)(?=^\$ |\Z)", step.text, re.DOTALL | re.MULTILINE):
                printed = run(command)
                if not is_as_told(told, printed):
                    wrong.append(f"{where}: {command}\n{printed}")
        elif kind == "điền":
            fill(step)
        elif kind == "sổ":
            make(step)
        else:
            wrong.append(f"{where}: nobody runs «{step.kind}»")
    return wrong


@pytest.fixture
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "140")  # the width that the guide shows, whatever terminal runs the tests
    monkeypatch.setenv("PYDANTIC_DISABLE_PLUGINS", os.environ.get("PYDANTIC_DISABLE_PLUGINS", "__all__"))


@pytest.mark.usefixtures("_in_folder")
def test_the_guide_can_be_followed_to_the_letter():
    assert follow() == []


def test_every_block_of_the_guide_is_a_step():
    comments = len(re.findall("<!-- (?:sổ|điền)", TEXT))
    assert len(list(steps())) == TEXT.count("\n```") / 2 + comments
    assert sum(step.kind == "yaml loi" for step in steps()) >= 15


def test_official_wordings_mean_the_targets_beside_them():
    (table,) = re.findall(rf"<!-- cách nói -->\n+{TABLE}", TEXT)
    rows = cells(table)[1:]
    assert len(rows) >= 10
    for said, written in rows:
        assert suggest(said) in (None, str(Target(yaml.safe_load(written))))
    assert sum(suggest(said) is not None for said, _ in rows) >= 8


def test_links_of_the_guides_lead_somewhere():
    for page in (GUIDE, REFERENCE):
        text = page.read_text(encoding="utf-8")
        for file, anchor in re.findall(r"\]\(([^)#\s]*)(?:#([^)]+))?\)", text):
            other = page.parent / file if file else page
            assert other.exists(), file
            assert not anchor or f'<a id="{anchor}"></a>' in other.read_text(encoding="utf-8"), anchor


def test_the_reference_page_is_what_the_models_say(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    from make_reference import make_page

    assert REFERENCE.read_text(encoding="utf-8") == make_page()
