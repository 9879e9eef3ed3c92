"""Formulas that nobody has computed: reported by address, or computed in a copy where the user asks for it."""

from __future__ import annotations

import http.server
import importlib.util
import io
import re
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest
import python_calamine
import xlsxwriter
from conftest import EXAMPLE
from hosts import remake

import nhiemvu
from nhiemvu.errors import WorkbookError
from nhiemvu.workbook import book, engines, recalculate
from nhiemvu.workbook.book import open_book
from nhiemvu.workbook.formats import Formats

RULES = "nhiem-vu-trong-tam-2024-hai-yen"
with_ironcalc = pytest.mark.skipif(importlib.util.find_spec("ironcalc") is None, reason="IronCalc is not installed")
with_libreoffice = pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")


def strip(raw: bytes) -> bytes:
    """The workbook as a program makes it: its formulas without their values."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
    value = re.compile(rb"(<f(?:\s[^>]*)?(?:/>|>[^<]*</f>))<v>[^<]*</v>")
    return remake(raw, {name: lambda data: value.sub(rb"\1", data) for name in sheets})


def formula_for_a_figure(raw: bytes) -> bytes:
    """The example with a formula in place of a figure that a criterion needs, and without the values of any formula."""
    opened = open_book(raw)
    row, column, cell = next(
        (row, column, cell)
        for row, column, cell in opened.grid("Giải ngân").cells()
        if cell.value == 72_225_000 and not cell.formula
    )
    place = f"{chr(64 + column)}{row}"

    def edit(data: bytes) -> bytes:
        old = re.compile(rf'(<c r="{place}"[^>]*>)<v>{re.escape(cell.text)}</v>'.encode())
        changed, count = old.subn(rb"\1<f>72000000+225*1000</f>", data)
        assert count == 1
        return changed

    part = "xl/worksheets/sheet3.xml"
    return strip(remake(raw, {part: edit}))


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    file = tmp_path / "máy tạo.xlsx"
    file.write_bytes(formula_for_a_figure(EXAMPLE.read_bytes()))
    return file


def codes(evaluation: nhiemvu.Evaluation) -> list[str]:
    return [problem.code for problem in evaluation.find_problems()]


def test_without_asking_an_uncomputed_formula_is_a_problem_with_its_address(workbook: Path) -> None:
    found = [p for p in nhiemvu.evaluate(workbook).find_problems() if p.code == "formula-not-computed"]
    assert found
    assert all(re.fullmatch(r"(Giải ngân|Kết quả)![A-Z]+[0-9]+", problem.place.address) for problem in found)


@with_ironcalc
def test_asked_for_the_evaluation_is_that_of_the_computed_workbook_and_says_so(workbook: Path) -> None:
    before = workbook.read_bytes()
    from nhiemvu.pipeline import evaluate

    computed, known = evaluate(workbook, recalculate=True), evaluate(EXAMPLE)
    assert [(r.id, r.verdict, r.value) for r in computed.rows()] == [(r.id, r.verdict, r.value) for r in known.rows()]
    assert "formula-not-computed" not in codes(computed)
    (note,) = [p for p in computed.find_problems() if p.code == "recalculated"]
    assert str(note) == (
        "máy tạo.xlsx: 24 công thức chưa có giá trị đã được IronCalc tính trong một bản chép; sổ không đổi. Muốn giá "
        "trị nằm trong sổ, hãy mở bằng Excel rồi bấm Lưu"
    )
    assert workbook.read_bytes() == before


@with_ironcalc
@pytest.mark.slow
def test_the_command_line_writes_what_was_computed_into_the_sheet_of_discrepancies(workbook: Path) -> None:
    command = [sys.executable, "-m", "nhiemvu", "evaluate", str(workbook), "--recalculate"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stderr) == (1, "")
    written = python_calamine.load_workbook(workbook).get_sheet_by_name("Sai lệch").to_python()
    assert any("24 công thức chưa có giá trị" in str(value) for row in written for value in row)


NONE: Mapping[str, object] = MappingProxyType({})


def make(
    formulas: Mapping[str, str], values: Mapping[str, object] = NONE, cached: Mapping[str, object] = NONE
) -> bytes:
    """A sheet "S"; formulas have no value, except those that `cached` gives one."""
    raw = io.BytesIO()
    with xlsxwriter.Workbook(raw) as book:
        sheet = book.add_worksheet("S")
        for at, value in values.items():
            sheet.write(at, value)
        for at, formula in formulas.items():
            sheet.write_formula(at, formula, book.add_format({"num_format": "0.0%"}), cached.get(at, "?"))
    done = raw.getvalue()

    def edit(data: bytes) -> bytes:
        return re.sub(rb' t="str"(><f>[^<]*</f>)<v>\?</v>', rb"\1", data)

    def calm(data: bytes) -> bytes:
        return data.replace(b' fullCalcOnLoad="1"', b"")

    return remake(done, {"xl/worksheets/sheet1.xml": edit, "xl/workbook.xml": calm})


@with_ironcalc
def test_a_computed_figure_has_the_format_of_its_cell() -> None:
    cell = open_book(make({"A2": "=A1/4"}, {"A1": 3}), recalculate=True).grid("S").at(2, 1)
    assert cell is not None
    assert (cell.value, cell.kind, cell.formula) == (0.75, "percent", True)


@with_ironcalc
def test_texts_truths_and_errors_are_taken_as_they_are() -> None:
    formulas = {"A2": '=A1&" xã"', "A3": "=A1>2", "A4": "=A1/0", "A5": "=LET(x,2,x*A1)"}
    grid = open_book(make(formulas, {"A1": 3}), recalculate=True).grid("S")
    kinds = {row: (cell.kind, cell.text) for row, column, cell in grid.cells()}
    assert kinds[2] == ("text", "3 xã")
    assert kinds[3][0] == "bool"
    assert kinds[4] == ("error", "#DIV/0!")


@with_ironcalc
def test_a_value_in_the_workbook_is_kept_and_a_different_result_is_told() -> None:
    raw = make({"A2": "=A1*2", "A3": "=A1*3", "A4": "=A1*4"}, {"A1": 3}, {"A2": 6, "A3": 8})
    opened = open_book(raw, recalculate=True)
    values = {row: cell.value for row, _, cell in opened.grid("S").cells()}
    assert (values[2], values[3], values[4]) == (6, 8, 12)
    said = {problem.code: str(problem) for problem in opened.notes}
    assert set(said) == {"recalculated", "recalculated-differently"}
    assert "S!A3" in said["recalculated-differently"]
    assert "1 công thức có sẵn giá trị" in said["recalculated"]


@with_ironcalc
def test_placeholders_of_programs_are_computed_too() -> None:
    raw = io.BytesIO()
    with xlsxwriter.Workbook(raw) as made:
        made.add_worksheet("S").write_formula("A1", "=6*7")  # XlsxWriter writes 0, and asks Excel to compute on load
    opened = open_book(raw.getvalue(), recalculate=True)
    cell = opened.grid("S").at(1, 1)
    assert cell is not None
    assert (cell.value, opened.computed_on_load) == (42, False)


def test_nothing_to_compute_starts_no_engine_and_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recalculate, "find_engines", lambda: pytest.fail("an engine was looked for"))
    assert open_book(make({"A1": "=1+1"}, cached={"A1": 2}), recalculate=True).notes == []


def test_without_an_engine_the_way_to_get_one_is_said(workbook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recalculate, "find_engines", lambda: iter(()))
    with pytest.raises(WorkbookError, match=r"pip install 'nhiemvu\[recalculate\]'"):
        open_book(workbook, recalculate=True)


def test_an_engine_that_fails_or_lacks_a_function_leaves_the_formula_to_the_next_and_all_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def die(_raw: bytes) -> bytes:
        raise engines.EngineError("60 s")

    def lack(_raw: bytes) -> bytes:
        return make({"A1": "=1", "A2": "=2"}, cached={"A1": "#NAME?", "A2": 5})

    def hostile(_raw: bytes) -> bytes:
        return b"not a workbook"

    named = [("Một", die), ("Hai", lack), ("Ba", hostile)]
    monkeypatch.setattr(recalculate, "find_engines", lambda: iter(named))
    opened = open_book(make({"A1": "=MỚI()", "A2": "=2+3"}), recalculate=True)
    kinds = [cell.kind for _, _, cell in opened.grid("S").cells()]
    assert kinds == ["no_cache", "percent"]
    assert [problem.code for problem in opened.notes] == [
        "engine-failed",
        "recalculated",
        "engine-failed",
        "not-recalculated",
    ]
    assert "60 s" in str(opened.notes[0])
    assert "S!A1" in str(opened.notes[3])


def test_an_old_format_says_that_it_cannot_tell_its_formulas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book, "read_old", lambda *_: ({}, frozenset(), Formats()))
    opened = open_book(b"\x09\x08\x10\x00\x00\x06\x05\x00", recalculate=True)
    assert [problem.code for problem in opened.notes] == ["recalculate-old-format"]


@with_ironcalc
@with_libreoffice
@pytest.mark.slow
def test_both_engines_give_the_values_that_the_example_holds() -> None:
    known = open_book(EXAMPLE)
    wanted = {
        (name, row, column): cell
        for name in known.names
        for row, column, cell in known.grid(name).cells()
        if cell.formula
    }
    assert len(wanted) > 20
    raw = strip(EXAMPLE.read_bytes())
    for compute in (engines.compute_with_ironcalc, engines.compute_with_libreoffice):
        computed = open_book(compute(raw))
        for (name, row, column), cell in wanted.items():
            other = computed.grid(name).at(row, column)
            assert other is not None
            assert recalculate._is_equal(cell, other), (compute.__name__, name, row, column)


@pytest.fixture
def visitors() -> Iterator[tuple[int, list[str]]]:
    """A port of this machine that counts who asks it for anything."""
    asked: list[str] = []

    class Listener(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"1")

        do_HEAD = do_OPTIONS = do_PROPFIND = do_GET  # noqa: N815 (names of the base class)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port, asked
        server.shutdown()
        thread.join()


@with_libreoffice
@pytest.mark.slow
def test_no_engine_fetches_what_a_workbook_links_to(visitors: tuple[int, list[str]]) -> None:
    port, asked = visitors
    url = f"http://127.0.0.1:{port}"
    raw = io.BytesIO()
    with xlsxwriter.Workbook(raw) as made:
        sheet = made.add_worksheet("S")
        sheet.write_formula("A1", f'=_xlfn.WEBSERVICE("{url}/web")')
        sheet.write_formula("A2", f"='{url}/[other.xlsx]Sheet1'!A1")
        sheet.write_url("A3", f"{url}/link")
        sheet.write_formula("A4", f'=IMAGE("{url}/image")')
    for name, compute in engines.find_engines():
        compute(raw.getvalue())
        assert asked == [], name
    if importlib.util.find_spec("ironcalc"):
        open_book(raw.getvalue(), recalculate=True)
    assert asked == []


@pytest.mark.slow
def test_an_engine_that_hangs_is_ended_with_all_that_it_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = tmp_path / "soffice"
    script.write_text(f"#!/bin/sh\nsleep 300 &\necho $! > {tmp_path}/child\nwait\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(engines, "TIMEOUT", 1.0)
    with pytest.raises(engines.EngineError, match="1 s"):
        engines.compute_with_libreoffice(EXAMPLE.read_bytes())
    child = (tmp_path / "child").read_text().strip()
    state = Path(f"/proc/{child}/stat")
    assert not state.exists() or state.read_text().split()[2] == "Z"
