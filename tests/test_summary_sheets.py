"""The summary workbook says what the summary holds, leads to the communes' workbooks, and is text and numbers alone."""

from __future__ import annotations

import copy
import dataclasses
import datetime as dt
import io
import itertools
import shutil
import subprocess
import warnings
import zipfile
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import openpyxl
import pytest
from communes import RULES, UNITS, make, put

import nhiemvu
from nhiemvu.engine.figures import Figures, Lines
from nhiemvu.engine.rows import UnitInfo
from nhiemvu.many.summary import Past, Summary
from nhiemvu.many.words import Findings, Words
from nhiemvu.sheets.summary import TITLES
from nhiemvu.sheets.summary.matrix import FIRST, SHORT
from nhiemvu.verdicts import Verdict

# data bars of Excel 2010 are an extension that openpyxl does not know
pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported")
HOSTILE = '=HYPERLINK("http://vi.du","x")'
NO_COUNTS = np.zeros((0, 6), dtype=np.int64)  # no sheet has them
LIST = UNITS.replace("Xã Công Sơn", '"{}"'.format(HOSTILE.replace('"', '""')))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tong-hop")
    put(folder, "so/cao-loc/xã Hải Yến #1.xlsx", make("A1"))
    put(folder, "so/cao-loc/xã Công Sơn.xlsx", make("A2", HOSTILE.replace('"', "&quot;"), {"97,5%": "79,5%"}))
    put(folder, "so/loc-binh/b2.xlsx", make("B2"))
    put(folder, "so/loc-binh/hỏng.xlsx", b"a,b\n")
    put(folder, "don-vi.csv", LIST.encode())
    return folder


@pytest.fixture(scope="module")
def summary(folder: Path) -> Summary:
    made = nhiemvu.aggregate(folder / "so", RULES, units=folder / "don-vi.csv", jobs=1)
    before = made.verdict.copy()
    before[made.rulebook.by_id["1.2.2"].index], before[14] = Verdict.MET.number, -1
    made.past = (Past("quý I/2024", dt.date(2024, 3, 31), before, np.where(made.verdict == 1, 0.5, np.nan), NO_COUNTS),)
    return made


@pytest.fixture(scope="module")
def drawn(summary: Summary, folder: Path) -> bytes:
    return summary.draw(str(folder))


@pytest.fixture(scope="module")
def book(drawn: bytes) -> openpyxl.Workbook:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return openpyxl.load_workbook(io.BytesIO(drawn))


def rows_of(sheet: object, heading: str) -> list[list[object]]:
    """The rows of a table below the row that has this heading."""
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]  # type: ignore[attr-defined]
    at = next(i for i, row in enumerate(rows) if heading in row)
    return rows[at + 1 :]


def test_every_sheet_is_there(book: openpyxl.Workbook) -> None:
    assert book.sheetnames == list(TITLES.values())


def test_the_matrix_has_every_verdict(book: openpyxl.Workbook, summary: Summary) -> None:
    units = {row[1]: row for row in rows_of(book[TITLES["verdicts"]], "Tỷ lệ đạt") if row[1]}
    assert set(units) == {"A1", "A2", "B2"}
    words = list(Verdict)
    for at, unit in enumerate(summary.units):
        shown = [str(text).partition(" ")[2] for text in units[unit.code][FIRST:]]
        assert shown == [SHORT[words[code]] for code in summary.verdict[:, at]]


def test_the_figures_are_numbers(book: openpyxl.Workbook, summary: Summary) -> None:
    units = {row[1]: row for row in rows_of(book[TITLES["figures"]], "Tỷ lệ đạt") if row[1]}
    for at, unit in enumerate(summary.units):
        shown = np.array([np.nan if each is None else each for each in units[unit.code][FIRST:]], dtype=float)
        assert np.allclose(shown, summary.value[:, at], rtol=1e-15, atol=0, equal_nan=True)


def test_ranks_fall_with_the_share(book: openpyxl.Workbook) -> None:
    rows = rows_of(book[TITLES["ranking"]], "Hạng")
    assert [row[1] for row in rows] == ["A1", "B2", "A2"]
    assert [row[0] for row in rows] == [1, 1, 3]
    assert rows[0][4] > rows[2][4]  # type: ignore[operator]


def test_counts_of_the_overview_are_those_of_the_verdicts(book: openpyxl.Workbook, summary: Summary) -> None:
    rows = {row[0]: row for row in rows_of(book[TITLES["overview"]], "Tiêu chí") if row[0]}
    for node in summary.rulebook.criteria:
        assert rows[node.id][2:8] == [(summary.verdict[node.index] == each.number).sum() for each in Verdict]


def test_groups_show_sums(book: openpyxl.Workbook) -> None:
    rows = [row for row in rows_of(book[TITLES["groups"]], "Nhóm đơn vị") if row[1] == "1.1.1"]
    assert [(row[0], row[4], row[5], row[6], row[8]) for row in rows] == [
        ("Tỉnh Lạng Sơn (3/5)", "32,2%", "9.660.000", "30.000.000", "3/5"),
        ("  Huyện Cao Lộc (2/3)", "32,2%", "6.440.000", "20.000.000", "2/3"),
        ("  Huyện Lộc Bình (1/2)", "32,2%", "3.220.000", "10.000.000", "1/2"),
    ]


def test_sources_of_capital_add_up(book: openpyxl.Workbook) -> None:
    rows = [row for row in rows_of(book[TITLES["lines"]], "Nhóm đơn vị") if row[0] == "Tỉnh Lạng Sơn"]
    assert rows[0][1:3] == ["Tổng số", 3]
    assert rows[0][-1] == pytest.approx(72_225_000 / 883_700_000)
    assert sum(row[3] or 0 for row in rows[1:]) == rows[0][3]  # type: ignore[misc]


def test_changes_name_what_turned(book: openpyxl.Workbook, summary: Summary) -> None:
    rows = rows_of(book[TITLES["changes"]], "Hướng")
    assert {(row[1], row[3], row[9]) for row in rows} == {(code, "1.2.2", "xấu đi") for code in ("A1", "A2", "B2")}


def test_only_what_is_known_is_better_or_worse(summary: Summary) -> None:
    turns = list(itertools.permutations(Verdict, 2))
    before, after = summary.verdict.copy(), summary.verdict.copy()
    for at, (was, now) in enumerate(turns):
        before[at, 0], after[at, 0] = was.number, now.number
    changed = copy.copy(summary)
    changed.evaluation = copy.copy(summary.evaluation)
    changed.evaluation.__dict__["concluded"] = dataclasses.replace(summary.evaluation.concluded, verdict=after)
    changed.past = (Past("quý I/2024", dt.date(2024, 3, 31), before, np.full(before.shape, np.nan), NO_COUNTS),)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sheet = openpyxl.load_workbook(io.BytesIO(changed.draw()))[TITLES["changes"]]
    met, not_met, no_data = {Verdict.EXCEEDED, Verdict.MET}, Verdict.NOT_MET, Verdict.NO_DATA
    expected = [
        "tốt lên" if was == not_met and now in met
        else "xấu đi" if was in met and now == not_met
        else "thiếu số liệu" if now == no_data
        else "khác"
        for was, now in turns
    ]  # fmt: skip
    assert [row[9] for row in rows_of(sheet, "Hướng")] == expected
    told = "2 từ chưa đạt thành đạt, 2 từ đạt thành chưa đạt, 5 nay thiếu số liệu, 21 thay đổi khác"
    assert any(told in str(cell) for row in sheet.iter_rows(values_only=True) for cell in row)


def test_every_finding_and_every_file_is_listed(book: openpyxl.Workbook, summary: Summary) -> None:
    found = sum(len(summary.tell(unit).discrepancies) for unit in range(len(summary)))
    assert len(rows_of(book[TITLES["discrepancies"]], "Sổ ghi")) == found
    problems = sum(len(summary.tell(unit).problems) for unit in range(len(summary)))
    assert len(rows_of(book[TITLES["problems"]], "Mức")) == problems
    rows = rows_of(book[TITLES["files"]], "Tình trạng")
    assert [(row[2], row[3]) for row in rows[:2]] == [("× Chưa nộp", "A3"), ("× Chưa nộp", "B1")]
    assert [row[1] for row in rows[2:]] == [
        each.name for each in sorted(summary.submissions, key=lambda e: e.state != "failed")
    ]


def test_names_lead_to_the_workbooks(book: openpyxl.Workbook, folder: Path) -> None:
    sheet = book[TITLES["verdicts"]]
    links = [cell.hyperlink.target for row in sheet.iter_rows() for cell in row if cell.hyperlink]
    assert {unquote(target) for target in links} == {
        "so/cao-loc/xã Hải Yến #1.xlsx",
        "so/cao-loc/xã Công Sơn.xlsx",
        "so/loc-binh/b2.xlsx",
    }
    for target in links:
        assert (folder / unquote(target)).exists()


def test_nothing_is_a_formula(drawn: bytes, book: openpyxl.Workbook) -> None:
    with zipfile.ZipFile(io.BytesIO(drawn)) as archive:
        sheets = [archive.read(name) for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
    assert not any(b"<f>" in sheet or b"<f " in sheet for sheet in sheets)
    shown = [cell.value for row in book[TITLES["ranking"]].iter_rows() for cell in row]
    assert HOSTILE in shown


def test_two_drawings_are_the_same_bytes(summary: Summary, folder: Path, drawn: bytes) -> None:
    again = nhiemvu.aggregate(folder / "so", RULES, units=folder / "don-vi.csv", jobs=2)
    again.past = summary.past
    assert again.draw(str(folder)) == drawn


def test_a_summary_that_was_edited_is_kept(summary: Summary, tmp_path: Path) -> None:
    target = summary.write(tmp_path / "tong-hop.xlsx")
    summary.write(target)
    assert [each.name for each in tmp_path.iterdir()] == ["tong-hop.xlsx"]
    edited = openpyxl.load_workbook(target)
    edited[TITLES["overview"]]["A1"] = "Đã xem"
    edited.save(target)
    summary.write(target)
    assert len(list(tmp_path.iterdir())) == 2
    assert [each.code for each in summary.notices] == ["edits-kept"]
    summary.notices.clear()


def test_in_english(summary: Summary) -> None:
    from nhiemvu.messages import language

    with language("en"):
        book = openpyxl.load_workbook(io.BytesIO(summary.draw()))
    assert "Rank" in [cell.value for row in book[TITLES["ranking"]].iter_rows() for cell in row]


@pytest.mark.slow
def test_libreoffice_opens_it(drawn: bytes, tmp_path: Path) -> None:
    if shutil.which("soffice") is None:
        pytest.skip("LibreOffice is not installed")
    path = put(tmp_path, "tong-hop.xlsx", drawn)
    command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/lo", "--headless", "--convert-to", "pdf"]
    subprocess.run([*command, "--outdir", tmp_path, path], check=True, capture_output=True, timeout=120)
    assert (tmp_path / "tong-hop.pdf").stat().st_size > 10_000


def test_a_line_of_something_out_of_nothing_adds_nothing_to_the_share(tmp_path: Path) -> None:
    """A mistake, which would add to the numerators alone; groups leave it out as well."""
    path = tmp_path / "von.yaml"
    path.write_text(
        "rulebook: von\ntitle: Vốn\ntables:\n  von:\n    sheet: Vốn\n    columns: "
        "{ten: {headings: Tên, type: text}, ke_hoach: Kế hoạch, giai_ngan: Giải ngân}\ncriteria:\n"
        "  - {id: a, unit: '%', each: von, measure: sum(von.giai_ngan) / sum(von.ke_hoach), "
        "targets: [{meets: '≥ 90%'}]}\n",
        encoding="utf-8",
    )
    lines = Lines(
        np.array([0, 0]),
        {
            "ten": np.array(["Đường", "Đường"], dtype=object),
            "ke_hoach": np.array([100.0, 0.0]),
            "giai_ngan": np.array([50.0, 40.0]),
        },
        1,
    )
    figures = Figures([UnitInfo("1", "Xã")], np.full(1, np.datetime64("2024-06-30")), lines={"von": lines})
    summary = Summary(nhiemvu.load_rulebook(path), figures, [Words(Words.pack(Findings((), ()), ()))], ())
    [row] = [
        row
        for row in rows_of(openpyxl.load_workbook(io.BytesIO(summary.draw()))[TITLES["lines"]], "Nhóm đơn vị")
        if row[1] == "Đường"
    ]
    assert row[3:6] == [100, 90, 0.5]
