"""Other kinds of workbooks: read by what they hold, whatever they are called; a new xlsx comes out."""

from __future__ import annotations

import datetime as dt
import io
import json
import shutil
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import openpyxl
import pytest
from conftest import EXAMPLE, write_book

import nhiemvu
from nhiemvu.workbook.book import open_book
from nhiemvu.workbook.engines import convert
from nhiemvu.workbook.formats import Formats
from nhiemvu.workbook.graft import edited, find_ours
from nhiemvu.workbook.grid import Grid
from nhiemvu.workbook.kinds import sniff
from nhiemvu.workbook.old_formats import _make_cell, _tag
from nhiemvu.workbook.old_xls import read_xls
from nhiemvu.workbook.package import Package

RULES = "nhiem-vu-trong-tam-2024-hai-yen"
SHEETS = ["Đánh giá", "Sai lệch"]


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "nhiemvu", "evaluate", *map(str, arguments), "--rules", RULES]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=False)


def make_xlsb(grids: list[Grid]) -> bytes:
    """A binary workbook: texts, numbers and percentages only, as [MS-XLSB] has the records."""

    def record(kind: int, data: bytes = b"") -> bytes:
        def varying(number: int) -> bytes:
            low, high = number & 0x7F, number >> 7
            return bytes([low | 0x80]) + varying(high) if high else bytes([low])

        return varying(kind) + varying(len(data)) + data

    def text(value: str) -> bytes:
        return struct.pack("<I", len(value)) + value.encode("utf-16-le")

    def sheet(grid: Grid) -> bytes:
        rows = b""
        for row in sorted(grid.rows):
            rows += record(0, struct.pack("<IIHHBI", row - 1, 0, 300, 0, 0, 0))
            for column, cell in sorted(grid.rows[row].items()):
                at = struct.pack("<II", column - 1, cell.kind == "percent")
                if cell.kind in ("number", "percent"):
                    rows += record(5, at + struct.pack("<d", float(cell.text)))
                elif cell.kind == "error":
                    rows += record(3, at + b"\x07")
                else:
                    rows += record(6, at + text(str(cell.value)))
        size = struct.pack("<IIII", 0, max(grid.rows, default=1) - 1, 0, 30)
        merges = b"".join(
            record(176, struct.pack("<IIII", top - 1, bottom - 1, left - 1, right - 1))
            for top, left, bottom, right in grid.merges
        )
        return record(129) + record(148, size) + record(145) + rows + record(146) + merges + record(130)

    space = "http://schemas.openxmlformats.org"
    office = f"{space}/officeDocument/2006/relationships"
    listed = b"".join(
        record(156, struct.pack("<II", 0, at) + text(f"rId{at}") + text(grid.name)) for at, grid in enumerate(grids, 1)
    )
    targets = "".join(
        f'<Relationship Id="rId{at}" Type="{office}/worksheet" Target="worksheets/sheet{at}.bin"/>'
        for at in range(1, len(grids) + 1)
    )
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        types = (
            f'<Types xmlns="{space}/package/2006/content-types"><Default Extension="bin" ContentType="x/y"/></Types>'
        )
        archive.writestr("[Content_Types].xml", types)
        relations = f'<Relationships xmlns="{space}/package/2006/relationships">{{}}</Relationships>'
        main = f'<Relationship Id="rId1" Type="{office}/officeDocument" Target="xl/workbook.bin"/>'
        archive.writestr("_rels/.rels", relations.format(main))
        archive.writestr("xl/_rels/workbook.bin.rels", relations.format(targets))
        archive.writestr("xl/workbook.bin", record(131) + record(143) + listed + record(144) + record(132))
        formats = [struct.pack("<HHH", 0, number, 0) for number in (0, 164)]
        archive.writestr(
            "xl/styles.bin",
            record(615, struct.pack("<I", 1))
            + record(44, struct.pack("<H", 164) + text("0.0%;-0.0%"))
            + record(616)
            + record(626, struct.pack("<I", 1))
            + record(47, struct.pack("<HHH", 0xFFFF, 164, 0))  # of a named style
            + record(627)
            + record(617, struct.pack("<I", 2))
            + b"".join(record(47, each) for each in formats)
            + record(618),
        )
        for at, grid in enumerate(grids, 1):
            archive.writestr(f"xl/worksheets/sheet{at}.bin", sheet(grid))
    return made.getvalue()


def example_in_xlsb() -> bytes:
    book = open_book(EXAMPLE)
    return make_xlsb([book.grid(name) for name in book.names])


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The example in every kind that can be made here."""
    folder = tmp_path_factory.mktemp("kinds")
    made = {"xlsb": example_in_xlsb()}
    if shutil.which("soffice"):
        profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
        for kind in ("xls", "ods"):
            command = ["soffice", profile, "--headless", "--convert-to", kind, "--outdir", str(folder), str(EXAMPLE)]
            subprocess.run(command, capture_output=True, timeout=120, check=True)
            made[kind] = (folder / f"{EXAMPLE.stem}.{kind}").read_bytes()
    return made


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["xls", "xlsb", "ods"])
@pytest.mark.parametrize("suffix", ["", ".xlsx"], ids=["its own name", "named xlsx"])
def test_an_old_kind_gives_a_new_xlsx_beside_and_stays_as_it_is(
    kinds: dict[str, bytes], kind: str, suffix: str, tmp_path: Path
) -> None:
    if kind not in kinds:
        pytest.skip("LibreOffice is not installed")
    assert sniff(kinds[kind]) == kind
    file = tmp_path / f"sổ{suffix or '.' + kind}"
    file.write_bytes(kinds[kind])
    done = run(file)
    out = tmp_path / "sổ - đánh giá.xlsx"
    assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
    assert file.read_bytes() == kinds[kind]
    assert openpyxl.load_workbook(out).sheetnames == SHEETS
    assert out.name in done.stdout
    known, found = ({row.id: row.verdict for row in nhiemvu.evaluate(each, RULES).rows()} for each in (EXAMPLE, file))
    assert found == known


RULES_OF_SHARES = """
rulebook: ty-le
title: Tỷ lệ
includes: [bo-cuc-chuan]
criteria:
  - {id: "1", name: Thu ngân sách so với dự toán, unit: "%", targets: [{meets: "≥ 400%"}]}
  - {id: "2", name: Tỷ lệ hộ nghèo, unit: "%", targets: [{meets: "≤ 4.5%"}]}
  - {id: "3", name: Tỷ lệ hộ cận nghèo, unit: "%", targets: [{meets: "≤ 4.5%"}]}
  - {id: "4", name: Tỷ lệ tăng, unit: "%", targets: [{meets: "≤ 4.5%"}]}
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["xls", "xlsb", "ods"])
def test_a_percentage_is_told_by_its_format_in_every_kind(kind: str, tmp_path: Path) -> None:
    rows = [("1", 4.5, "0%"), ("2", 4.5, "0.0"), ("3", 4.5, "[<1]0%;0.0"), ("4", 4.5, '0.0"%"')]
    held = io.BytesIO()
    lines = [["Mã", "Nội dung", "Kết quả"], *([code, None, number] for code, number, _ in rows), [None, "#", "=1/0"]]
    write_book(held, "Kết quả", lines, {f"C{at}": form for at, (*_, form) in enumerate(rows, 2)})
    if kind == "xlsb":
        made = make_xlsb([open_book(held.getvalue()).grid("Kết quả")])
    elif shutil.which("soffice"):
        made = convert(held.getvalue(), "xlsx", kind)
    else:
        pytest.skip("LibreOffice is not installed")
    (tmp_path / "ty-le.yaml").write_text(RULES_OF_SHARES, encoding="utf-8")
    (tmp_path / f"so.{kind}").write_bytes(made)
    frame = nhiemvu.evaluate(tmp_path / f"so.{kind}", tmp_path / "ty-le.yaml").frame.set_index("id")
    assert list(frame.value) == [4.5, 0.045, 0.045, 0.045]
    assert list(frame.verdict) == ["met"] * 4
    if kind == "xls":
        cell = open_book(made).grid("Kết quả").at(6, 3)
        assert cell is not None
        assert (cell.kind, cell.text) == ("error", "#DIV/0!")


def test_a_second_run_beside_an_old_kind_replaces_ours_and_keeps_what_is_not(tmp_path: Path) -> None:
    file, out = tmp_path / "sổ.xlsb", tmp_path / "sổ - đánh giá.xlsx"
    file.write_bytes(example_in_xlsb())
    evaluation = nhiemvu.evaluate(file, RULES)
    assert evaluation.write() == out
    once = out.read_bytes()
    package = Package(once)
    assert (set(find_ours(package)), edited(package)) == ({"evaluation", "discrepancies"}, [])
    evaluation.write()
    assert (out.read_bytes(), evaluation.notices) == (once, [])
    # somebody's own workbook of that name, which no run of ours has written
    out.write_bytes(EXAMPLE.read_bytes())
    evaluation.write()
    (copy,) = [path for path in tmp_path.iterdir() if path not in (file, out)]
    assert (copy.read_bytes(), out.read_bytes()) == (EXAMPLE.read_bytes(), once)
    assert copy.name in str(evaluation.notices[0])


def test_an_xlsx_of_another_name_is_written_into(tmp_path: Path) -> None:
    for name in ("sổ.xls", "sổ.ods", "sổ"):
        file = Path(shutil.copy(EXAMPLE, tmp_path / name))
        assert nhiemvu.evaluate(file).write() == file
        assert [sheet.name for sheet in Package.open(file).sheets][-2:] == SHEETS


@pytest.mark.parametrize(
    ("given", "value", "kind"),
    [
        (dt.time(14, 20), dt.time(14, 20), "date"),
        (dt.time(), dt.time(), "date"),
        (dt.timedelta(hours=36), dt.datetime(1900, 1, 1, 12), "date"),
        ("PT36H00M00S", dt.datetime(1900, 1, 1, 12), "date"),
        ("PT36H", "PT36H", "text"),
        (dt.timedelta(hours=-12), -0.5, "number"),
        (float("nan"), None, "lost"),
        (float("inf"), None, "lost"),
        (0.5, 0.5, "number"),
    ],
)
def test_times_and_broken_numbers_of_an_old_kind_are_what_they_are_in_xlsx(
    given: object, value: object, kind: str
) -> None:
    tagged = _tag(given)
    assert tagged is not None
    tag, sent = json.loads(json.dumps(tagged))
    assert _make_cell(tag, sent, 0, Formats())[:2] == (value, kind)


@pytest.mark.parametrize(
    "stream",
    [
        bytes.fromhex("0908100000060500 6632cd07c180010006060000 2f003600"),
        bytes.fromhex("0908100000060500 4618cd07c980000006020000 86000000 2f003600"),
        bytes.fromhex("0908080000050500 5f1dcd07 2f000400"),
    ],
    ids=["BIFF8", "BIFF8, only to be read", "BIFF5"],
)
def test_an_encrypted_xls_is_told_as_such(stream: bytes) -> None:
    assert read_xls(stream.ljust(512, b"\0")) == {"refused": "encrypted"}


def make_ods(rows: str, manifest: str = "", *, first: bool = True) -> bytes:
    """A workbook of OpenDocument with one sheet; where it is not first, its type stands last and compressed."""
    space = "urn:oasis:names:tc:opendocument:xmlns"
    spaces = "".join(f' xmlns:{each}="{space}:{each}:1.0"' for each in ("office", "table", "text"))
    parts = {
        "content.xml": f'<?xml version="1.0"?>\n<office:document-content{spaces}>\n<office:body>\n'
        f'<office:spreadsheet>\n<table:table table:name="Trang">\n{rows}</table:table>\n</office:spreadsheet>\n'
        "</office:body>\n</office:document-content>\n",
        "META-INF/manifest.xml": f'<manifest:manifest xmlns:manifest="{space}:manifest:1.0">{manifest}'
        "</manifest:manifest>",
    }
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        if first:
            archive.writestr(zipfile.ZipInfo("mimetype"), kind)
        for name, text in parts.items():
            archive.writestr(name, text)
        if not first:
            archive.writestr("mimetype", kind)
    return made.getvalue()


INDENTED = """\
  <table:table-row>
    <table:table-cell office:value-type="string">
      <text:p>Số <text:span>hộ</text:span> <text:span>nghèo</text:span></text:p>
    </table:table-cell>
    <table:table-cell office:value-type="float" office:value="12.5">
      <text:p>12,5</text:p>
    </table:table-cell>
  </table:table-row>
"""


@pytest.mark.parametrize("first", [True, False])
def test_an_ods_that_somebody_indented_is_read(first: bool) -> None:
    grid = open_book(make_ods(INDENTED, first=first)).grid("Trang")
    assert [(row, column, cell.value) for row, column, cell in grid.cells()] == [(1, 1, "Số hộ nghèo"), (1, 2, 12.5)]


def test_an_encrypted_ods_is_told_as_such() -> None:
    manifest = '<manifest:file-entry manifest:full-path="content.xml"><manifest:encryption-data/></manifest:file-entry>'
    with pytest.raises(nhiemvu.WorkbookError, match="mã hóa") as caught:
        open_book(make_ods(INDENTED, manifest), name="sổ.ods")
    assert caught.value.code == "encrypted"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("so.xls", "Mã,Kết quả\n1.1,97\n".encode(), "CSV"),
        ("so.xlsx", "Mã;Kết quả\n1.1;97\n".encode("utf-16"), "CSV"),
        ("so.xls", "<html><table><tr><td>Mã</td></tr></table></html>".encode(), "HTML"),
        ("so.xls", b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>', "2003"),
        ("so.xlsx", b"%PDF-1.7\n", "PDF"),
        ("so.xlsx", b"", "rỗng"),
    ],
)
def test_what_is_no_workbook_is_told_by_its_content(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(nhiemvu.WorkbookError, match=says) as caught:
        nhiemvu.evaluate(file)
    assert "hãy" in str(caught.value)


@pytest.mark.slow
def test_what_is_no_workbook_exits_2_and_writes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "bảng.xls"
    file.write_text("<html><body><table><tr><td>1</td></tr></table>", encoding="utf-8")
    done = run(file)
    assert (done.returncode, done.stdout) == (2, "")
    assert "đây là trang HTML, không phải sổ Excel" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
