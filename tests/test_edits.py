"""What somebody wrote into our sheets between two runs is noticed, kept in a copy, and said."""

from __future__ import annotations

import datetime as dt
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from conftest import EXAMPLE
from hosts import BOOK, OFFICE, declare, relate, remake
from openpyxl.comments import Comment

import nhiemvu
from nhiemvu.workbook.graft import edited, find_ours
from nhiemvu.workbook.package import Package

RULES = "nhiem-vu-trong-tam-2024-hai-yen"
TODAY = f"{dt.date.today():%Y-%m-%d}"
SHEET = "Đánh giá"


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The example after a first run."""
    file = Path(shutil.copy(EXAMPLE, tmp_path_factory.mktemp("once") / "sổ.xlsx"))
    nhiemvu.evaluate(file).write()
    return file.read_bytes()


@pytest.fixture
def workbook(once: bytes, tmp_path: Path) -> Path:
    file = tmp_path / "sổ xã.xlsx"
    file.write_bytes(once)
    return file


def edit(file: Path, change: Callable[[openpyxl.Workbook], object]) -> bytes:
    """Somebody edits the file in another program; its new bytes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl says which extensions it drops
        book = openpyxl.load_workbook(file)
        change(book)
        book.save(file)
    return file.read_bytes()


def swap_in_ours(old: str, new: str) -> Callable[[Path], bytes]:
    """A value of our evaluation sheet typed over, everything else of the workbook as it was."""

    def change(file: Path) -> bytes:
        part = find_ours(Package.open(file))["evaluation"].sheet.part
        file.write_bytes(remake(file.read_bytes(), {part: lambda data: data.replace(old.encode(), new.encode(), 1)}))
        return file.read_bytes()

    return change


def annotate(file: Path) -> bytes:
    """A note put at a cell of our sheet, whose values stay."""
    part = find_ours(Package.open(file))["discrepancies"].sheet.part
    folder, name = part.rsplit("/", 1)
    rels = f"{folder}/_rels/{name}.rels"
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    notes = (
        f'<comments xmlns="{space}"><authors><author>A</author></authors><commentList><comment ref="A1" authorId="0">'
        "<text><t>Xã đã giải trình</t></text></comment></commentList></comments>"
    )
    before = Package.open(file)
    relation = relate(f"{OFFICE}/comments", "../comments99.xml")
    edits = {"[Content_Types].xml": declare("xl/comments99.xml", "application/xml")}
    added = {"xl/comments99.xml": notes.encode()}
    if rels in before:
        edits[rels] = relation
    else:
        empty = b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>'
        added[rels] = relation(empty)
    file.write_bytes(remake(file.read_bytes(), edits, added))
    return file.read_bytes()


EDITS: dict[str, Callable[[Path], bytes]] = {
    "a value typed over": swap_in_ours("Hải Yến", "Hải Yên"),
    "a note at a cell": annotate,
    "a cell added": lambda f: edit(f, lambda book: book[SHEET].__setitem__("Z99", "ý kiến của xã")),
    "a row deleted": lambda f: edit(f, lambda book: book[SHEET].delete_rows(12)),
    "a figure turned into a formula": lambda f: edit(f, lambda book: book[SHEET].__setitem__("C12", "=1+1")),
    "a note in openpyxl": lambda f: edit(f, lambda b: setattr(b[SHEET]["B9"], "comment", Comment("xem lại", "A"))),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_of_our_sheet_is_kept_in_a_copy_and_said(workbook: Path, name: str) -> None:
    theirs = EDITS[name](workbook)
    evaluation = nhiemvu.evaluate(workbook, RULES)
    evaluation.write()
    copy = workbook.with_name(f"sổ xã - bản đã sửa {TODAY}.xlsx")
    assert copy.read_bytes() == theirs
    (notice,) = evaluation.notices
    assert (notice.code, notice.severity) == ("edits-kept", "warning")
    assert f"«{copy.name}»" in str(notice)
    assert "«Đánh giá»" in str(notice) or "«Sai lệch»" in str(notice)
    assert edited(Package.open(workbook)) == []


def test_nothing_is_kept_where_nobody_edited_or_what_was_edited_is_the_users_own(workbook: Path, once: bytes) -> None:
    evaluation = nhiemvu.evaluate(workbook)
    evaluation.write()
    assert (workbook.read_bytes(), evaluation.notices) == (once, [])
    edit(workbook, lambda book: book["Thông tin"].__setitem__("Z99", "của xã"))
    nhiemvu.evaluate(workbook, RULES).write()
    assert [path.name for path in workbook.parent.iterdir()] == [workbook.name]


def test_the_same_edit_is_kept_once_another_gets_a_name_of_its_own(workbook: Path) -> None:
    original = workbook.read_bytes()
    for text in ("một", "hai", "một"):
        workbook.write_bytes(original)
        swap_in_ours("Hải Yến", text)(workbook)
        nhiemvu.evaluate(workbook, RULES).write()
    names = sorted(path.name for path in workbook.parent.iterdir())
    stem = f"sổ xã - bản đã sửa {TODAY}"
    assert names == sorted([workbook.name, f"{stem}.xlsx", f"{stem} (2).xlsx"])


def test_with_an_output_the_source_keeps_its_edits_and_an_edited_output_is_kept(workbook: Path) -> None:
    theirs = swap_in_ours("Hải Yến", "Hải Yên")(workbook)
    out = workbook.with_name("ra.xlsx")
    evaluation = nhiemvu.evaluate(workbook)
    evaluation.write(out)
    assert (workbook.read_bytes(), evaluation.notices) == (theirs, [])
    edits = swap_in_ours("Hải Yến", "của người xem")(out)
    evaluation.write(out)
    assert out.with_name(f"ra - bản đã sửa {TODAY}.xlsx").read_bytes() == edits
    assert [notice.code for notice in evaluation.notices] == ["edits-kept"]


def test_a_copy_that_cannot_be_made_stops_the_run_and_the_edits_stay(
    workbook: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = swap_in_ours("Hải Yến", "Hải Yên")(workbook)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", fail)
    evaluation = nhiemvu.evaluate(workbook)
    with pytest.raises(nhiemvu.WriteError, match="ổ đĩa đầy"):
        evaluation.write()
    assert workbook.read_bytes() == theirs
    assert [path.name for path in workbook.parent.iterdir()] == [workbook.name]


def test_a_long_name_still_gets_a_copy(once: bytes, tmp_path: Path) -> None:
    file = tmp_path / ("ấ" * 83 + ".xlsx")  # 254 bytes
    file.write_bytes(once)
    theirs = swap_in_ours("Hải Yến", "Hải Yên")(file)
    nhiemvu.evaluate(file).write()
    (copy,) = [path for path in tmp_path.iterdir() if path != file]
    assert copy.read_bytes() == theirs
    assert copy.name.endswith(f" - bản đã sửa {TODAY}.xlsx")


def test_our_sheet_that_the_user_deleted_is_written_again_and_nothing_is_kept(workbook: Path) -> None:
    def delete(data: bytes) -> bytes:
        return re.sub(r'<sheet name="Sai lệch"[^>]*/>', "", data.decode()).encode()

    workbook.write_bytes(remake(workbook.read_bytes(), {BOOK: delete}))
    evaluation = nhiemvu.evaluate(workbook)
    evaluation.write()
    assert evaluation.notices == []
    assert [sheet.name for sheet in Package.open(workbook).sheets][-2:] == ["Đánh giá", "Sai lệch"]


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_sheet_of_ours_that_the_user_hid_stays_hidden(workbook: Path, state: str) -> None:
    def hide(data: bytes) -> bytes:
        return re.sub(r'(<sheet name="Sai lệch"[^>]*)/>', rf'\1 state="{state}"/>', data.decode()).encode()

    workbook.write_bytes(remake(workbook.read_bytes(), {BOOK: hide}))
    evaluation = nhiemvu.evaluate(workbook)
    evaluation.write()
    assert (Package.open(workbook).sheets[-1].state, evaluation.notices) == (state, [])


def test_the_command_line_says_on_stderr_where_the_edits_are_even_when_quiet(workbook: Path) -> None:
    swap_in_ours("Hải Yến", "Hải Yên")(workbook)
    done = subprocess.run(
        [sys.executable, "-m", "nhiemvu", "evaluate", str(workbook), "--quiet"],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 1
    assert f"bản đã sửa {TODAY}.xlsx" in done.stderr
    assert done.stderr.startswith("cảnh báo: ")
    assert done.stdout == ""


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_a_round_trip_through_libreoffice_is_no_edit_and_an_edit_in_it_is_one(workbook: Path, tmp_path: Path) -> None:
    def save_in_libreoffice(file: Path, name: str) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
        command = ["soffice", profile, "--headless", "--convert-to", "xlsx", "--outdir", str(folder), str(file)]
        subprocess.run(command, capture_output=True, timeout=120, check=True)
        return folder / file.name

    saved = save_in_libreoffice(workbook, "untouched")
    evaluation = nhiemvu.evaluate(saved, RULES)
    evaluation.write()
    assert evaluation.notices == []
    swap_in_ours("Hải Yến", "Hải Yên")(workbook)
    saved = save_in_libreoffice(workbook, "edited")
    evaluation = nhiemvu.evaluate(saved, RULES)
    evaluation.write()
    assert [notice.code for notice in evaluation.notices] == ["edits-kept"]
    assert len(list(saved.parent.iterdir())) == 2
