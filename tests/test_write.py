"""Writing back: the official's workbook keeps every byte that is not ours, and a second run gives the same file."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path

import openpyxl
import pytest
import python_calamine
from conftest import EXAMPLE

import nhiemvu

EDITED = {"[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml", "docProps/app.xml"}


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def load(path: Path, **how):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl says which extensions it drops; nothing is saved here
        return openpyxl.load_workbook(path, **how)


@pytest.fixture
def workbook(tmp_path):
    return Path(shutil.copy(EXAMPLE, tmp_path / "sổ xã.xlsx"))


def test_every_member_but_the_few_that_must_be_edited_keeps_its_bytes(workbook):
    before = members(workbook)
    nhiemvu.evaluate(workbook).write()
    after = members(workbook)
    assert {name for name in before if before[name] != after.get(name)} <= EDITED
    assert any(name.startswith("xl/charts/") for name in before), "the example has no chart to keep"
    assert any(name.startswith("xl/media/") for name in before), "the example has no picture to keep"
    assert any("comments" in name for name in before), "the example has no comment to keep"


def test_twice_gives_the_same_file(workbook):
    nhiemvu.evaluate(workbook).write()
    once = workbook.read_bytes()
    nhiemvu.evaluate(workbook).write()
    assert workbook.read_bytes() == once


def test_readers_see_two_more_sheets_and_every_cached_value(workbook, tmp_path):
    target = nhiemvu.evaluate(workbook).write(tmp_path / "ra.xlsx")
    before, after = load(workbook, data_only=True), load(target, data_only=True)
    assert after.sheetnames == [*before.sheetnames, "Đánh giá", "Sai lệch"]
    for name in before.sheetnames:
        assert [[cell.value for cell in row] for row in before[name]] == [
            [cell.value for cell in row] for row in after[name]
        ]
    calamine = python_calamine.CalamineWorkbook.from_path(str(target))
    assert calamine.sheet_names == after.sheetnames
    flat = [str(cell) for row in calamine.get_sheet_by_name("Đánh giá").to_python() for cell in row]
    assert any("còn thiếu 811.475.000 đ" in cell for cell in flat)


def test_the_source_is_left_alone_with_an_output(workbook, tmp_path):
    digest = hashlib.sha256(workbook.read_bytes()).hexdigest()
    nhiemvu.evaluate(workbook).write(tmp_path / "ra.xlsx")
    assert hashlib.sha256(workbook.read_bytes()).hexdigest() == digest


def test_a_sheet_of_the_users_with_our_name_is_never_touched(workbook):
    book = load(workbook)
    book.create_sheet("đánh giá")["A1"] = "của xã"
    book.save(workbook)
    # openpyxl has dropped the cached values of the formulas, so some figures are missing now
    nhiemvu.evaluate(workbook, "nhiem-vu-trong-tam-2024-hai-yen").write()
    names = load(workbook).sheetnames
    assert "đánh giá" in names
    assert "Đánh giá (2)" in names
    assert load(workbook)["đánh giá"]["A1"].value == "của xã"


def test_a_workbook_that_changed_since_it_was_read_is_not_overwritten(workbook):
    evaluation = nhiemvu.evaluate(workbook)
    book = load(workbook)
    book["Thông tin"]["A1"] = "vừa sửa"
    book.save(workbook)
    edited = workbook.read_bytes()
    with pytest.raises(nhiemvu.WriteError, match="đã thay đổi sau khi đọc"):
        evaluation.write()
    assert workbook.read_bytes() == edited


@pytest.mark.slow
def test_libreoffice_opens_it_and_old_formats_give_a_new_xlsx_beside(workbook, tmp_path):
    target = nhiemvu.evaluate(workbook).write(tmp_path / "ra.xlsx")
    convert(target, "pdf", tmp_path)
    assert (tmp_path / "ra.pdf").stat().st_size > 20_000
    for kind in ("xls", "ods"):
        old = convert(workbook, kind, tmp_path)
        digest = old.read_bytes()
        written = nhiemvu.evaluate(old).write()
        assert written == old.with_name(f"{old.stem} - đánh giá.xlsx")
        assert load(written).sheetnames == ["Đánh giá", "Sai lệch"]
        assert old.read_bytes() == digest


def convert(path: Path, kind: str, folder: Path) -> Path:
    if shutil.which("soffice") is None:
        pytest.skip("LibreOffice is not installed")
    profile = f"-env:UserInstallation=file://{folder}/profile"
    subprocess.run(
        ["soffice", profile, "--headless", "--convert-to", kind, "--outdir", str(folder), str(path)],
        check=True,
        capture_output=True,
        timeout=120,
    )
    return folder / f"{path.stem}.{kind}"


def test_the_command_line_writes_into_the_workbook_itself(workbook):
    done = subprocess.run(
        [sys.executable, "-m", "nhiemvu", "evaluate", str(workbook), "--quiet"], capture_output=True, check=False
    )
    assert done.returncode == 1
    assert load(workbook).sheetnames[-2:] == ["Đánh giá", "Sai lệch"]
