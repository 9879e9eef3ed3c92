"""Opening a workbook: what it is, what it holds, and what is refused; nothing hostile costs time or memory."""

from __future__ import annotations

import gzip
import io
import struct
import subprocess
import sys
import time
import unicodedata
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import hosts
import pytest
from hosts import BOOK, OFFICE, RELS, STYLES, host, relate, remake, swap

from nhiemvu.errors import WorkbookError
from nhiemvu.workbook.archive import Limits
from nhiemvu.workbook.kinds import sniff
from nhiemvu.workbook.package import Package, SheetRef

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


def entry(name: str) -> bytes:
    return (name + "\0").encode("utf-16-le")


def zipped(**parts: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(name, data)
    return made.getvalue()


def refusal(raw: bytes | Path, **limits: int) -> WorkbookError:
    """What is said when it is opened."""
    with pytest.raises(WorkbookError) as caught:
        assert Package.open(raw, Limits(**limits) if limits else None).sheets
    assert len(caught.value.problems) == 1
    return caught.value


# --- what it is -------------------------------------------------------------------------------------------------------

KINDS: dict[str, tuple[bytes, str]] = {
    "xlsx": (host(), "xlsx"),
    "xlsm": (host(macros=True), "xlsx"),
    "xlsb": (zipped(**{"[Content_Types].xml": b"<a/>", "xl/workbook.bin": b""}), "xlsb"),
    "ods": (zipped(mimetype=b"application/vnd.oasis.opendocument.spreadsheet"), "ods"),
    "ods, the first": (b"application/vnd.oasis.opendocument.spreadsheet", "ods"),
    "ods, the first with a time": (b"application/vnd.oasis.opendocument.spreadsheet", "ods"),
    "ods that says so late": (zipped(a=b"b", mimetype=b"application/vnd.oasis.opendocument.spreadsheet"), "ods"),
    "odt": (zipped(mimetype=b"application/vnd.oasis.opendocument.text"), "unknown"),
    "sxc": (zipped(mimetype=b"application/vnd.sun.xml.calc"), "fods"),
    "docx": (zipped(**{"[Content_Types].xml": b"<a/>", "word/document.xml": b""}), "word"),
    "zip": (zipped(a=b"b"), "zip"),
    "xls": (OLE + entry("Workbook"), "xls"),
    "xls with a Word document inside": (OLE + entry("WordDocument") + entry("Workbook"), "xls"),
    "old xls": (b"\x09\x08\x10\x00\x00\x06\x05\x00", "xls"),
    "doc": (OLE + entry("WordDocument"), "word"),
    "encrypted": (OLE + entry("EncryptionInfo") + entry("EncryptedPackage"), "encrypted"),
    "empty": (b"", "empty"),
    "csv": ("Mã;Tên\n1;Hải Yến\n".encode(), "csv"),
    "csv in an old code page": ("Mã,Tên\n".encode("utf-16"), "csv"),
    "html named xls": (b"\xef\xbb\xbf<html><body><table><tr><td>1</td></tr></table>", "html"),
    "xml of Excel 2003": (b'<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>', "xml2003"),
    "a page of the web in one file": (b"MIME-Version: 1.0\nContent-Type: multipart/related\n\n--x\n", "mht"),
    "flat OpenDocument": (
        b'<?xml version="1.0"?>\n<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        b'xmlns:meta="urn:oasis:names:tc:opendocument:xmlns:meta:1.0"><office:meta><meta:generator>a</meta:generator>',
        "fods",
    ),
    "sylk": (b"ID;PWXL;N;E\nP;PGeneral\n", "sylk"),
    "dif": (b"TABLE\r\n0,1\r\n", "sylk"),
    "xml": (b'\xef\xbb\xbf<?xml version="1.0"?>\n<project name="a"/>', "xml"),
    "xml with a table": (b'<?xml version="1.0"?>\n<article><table><row/></table></article>', "xml"),
    "xml without a declaration": (b"<!-- build, file -->\n<project/>", "xml"),
    "a page of the web, remarked": (b"<!-- saved, once -->\n<table><tr></tr></table>", "html"),
    "a page of the web in XML": (b'<?xml version="1.0"?>\n<html xmlns="a"><body/></html>', "html"),
    "gnumeric": (gzip.compress(b'<gnm:Workbook xmlns:gnm="http://www.gnumeric.org/v10.dtd">'), "gnumeric"),
    "gzip": (gzip.compress(b"a" * 9000), "zip"),
    "damaged gzip": (b"\x1f\x8b\x08" + bytes(20), "zip"),
    "rar": (b"Rar!\x1a\x07\x01\x00", "zip"),
    "pdf": (b"%PDF-1.7\n", "pdf"),
    "png": (b"\x89PNG\r\n\x1a\n", "image"),
    "noise": (b"\x01\x02\x03\x04", "unknown"),
    "a program before the zip": (b"#!/bin/sh\n" + host(), "unknown"),
}  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_a_file_is_told_by_its_content(name: str) -> None:
    raw, kind = KINDS[name]
    if name.startswith("ods, the first"):
        # as OpenDocument wants it, not compressed; some programs note a time behind the name
        made, first = io.BytesIO(), zipfile.ZipInfo("mimetype")
        first.extra = b"UT\x05\x00\x01\x00\x00\x00\x00" if "with a time" in name else b""
        with zipfile.ZipFile(made, "w") as package:
            package.writestr(first, raw)
        raw = made.getvalue()
    assert sniff(raw) == kind
    if kind == "xlsx":
        assert Package.open(raw).sheets
        return
    said = refusal(raw)
    assert said.problems[0].fill["kind"] == kind
    assert said.code in ("not-a-workbook", "old-format", "encrypted")
    assert any(word in str(said) for word in ("hãy", "cần"))


def test_the_way_out_of_each_kind_is_said() -> None:
    assert str(refusal(KINDS["encrypted"][0])) == (
        "tệp có mật khẩu mở nên không đọc được; hãy mở bằng Excel, vào Tệp > Thông tin > Bảo vệ sổ làm việc > "
        "Mã hóa bằng mật khẩu, xóa ô mật khẩu, lưu lại rồi chạy lại"
    )
    assert str(refusal(KINDS["html named xls"][0])).startswith("đây là trang HTML, không phải sổ Excel")
    assert "sổ .xlsx mới bên cạnh" in str(refusal(KINDS["xls"][0]))


def test_a_missing_file_offers_the_nearest_name(tmp_path: Path) -> None:
    (tmp_path / "hai-yen-2024-h1.xlsx").write_bytes(host())
    said = refusal(tmp_path / "hai-yen-2024-h2.xlsx")
    assert said.code == "no-such-file"
    assert "«hai-yen-2024-h1.xlsx»" in str(said)
    for far in ("zzz", "phụ lục.xlsx"):  # that both are .xlsx makes no likeness
        assert "không có tệp này; hãy xem lại" in str(refusal(tmp_path / far))


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path).code == "is-folder"


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.xlsx").write_bytes(host())

    def fail(_path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", fail)
    assert refusal(tmp_path / "a.xlsx").code == "unreadable-file"


# --- what it holds ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", hosts.hosts())
def test_sheets_styles_and_strings_are_found_in_every_kind_of_workbook(kind: str) -> None:
    package = Package.open(hosts.hosts()[kind])
    assert package.sheets[-1].name == "Ẩn"
    assert package.sheets[-1].state == "hidden"
    assert all(sheet.part in package.names and sheet.kind == "worksheet" for sheet in package.sheets)
    assert package.shared_strings_part in package.names
    assert (package.styles_part in package.names) == (kind != "no styles")
    for name in package.names:
        with zipfile.ZipFile(io.BytesIO(package.archive.raw)) as peer:
            assert package.read(name) == peer.read(name)
        assert package.archive.rebuild(replaced={}, added={})


def test_other_kinds_of_sheets_and_sheets_without_a_part_are_told() -> None:
    extra = (
        '<sheet name="B" sheetId="8" r:id="added"/><sheet name="Mất" sheetId="9" r:id="x" state="veryHidden"/></sheets>'
    )
    raw = remake(
        host(),
        {RELS: relate(f"{OFFICE}/chartsheet", "chartsheets/sheet1.xml"), BOOK: swap("</sheets>", extra)},
        {"xl/chartsheets/sheet1.xml": b"<chartsheet/>"},
    )
    assert Package.open(raw).sheets[-2:] == (
        SheetRef("B", "xl/chartsheets/sheet1.xml", "chartsheet", "visible"),
        SheetRef("Mất", "", "worksheet", "veryHidden"),
    )


def test_a_rebuilt_archive_with_no_change_is_the_same_file() -> None:
    for raw in (host(), hosts.rezip(host(), streamed=True), hosts.rezip(host(), zip64=True)):
        assert Package.open(raw).archive.rebuild(replaced={}, added={}) == raw


# --- what is broken or hostile ----------------------------------------------------------------------------------------


def patched(raw: bytes, part: str, change: Callable[[bytearray, int, int], None]) -> bytes:
    """A change at the local header and the data of a part."""
    found = Package.open(raw).member(part)
    data = bytearray(raw)
    change(data, found.start, found.data)
    return bytes(data)


def overlap(raw: bytes) -> bytes:
    """The directory names the data of the first member twice."""
    found = Package.open(raw).archive.members
    records = [*(m.record for m in found), found[0].record.replace(b"[Content_Types].xml", b"[Content_Types].xmx")]
    start = raw.index(found[0].record)
    directory = b"".join(records)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, len(records), len(records), len(directory), start, 0)
    return raw[:start] + directory + end


def swell(raw: bytes) -> bytes:
    """The directory says that a part is larger than it is."""
    at = raw.index(b"PK\x01\x02", raw.index(Package.open(raw).member(BOOK).record))
    return raw[: at + 24] + struct.pack("<L", 10**6) + raw[at + 28 :]


def damage(data: bytearray, _header: int, at: int) -> None:
    data[at + 5] ^= 0xFF


def zero_bomb(size: int) -> bytes:
    """A part of zeros, as small as deflate makes it."""
    return remake(host(), added={"xl/bomb.xml": bytes(size)})


DOCTYPE = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "truncated": (lambda: host()[:-300], "broken-zip"),
    "cut in the middle": (lambda: host()[:3000], "broken-zip"),
    "wrong CRC or stream": (lambda: patched(host(), BOOK, damage), "broken-part"),
    "a size that lies": (lambda: swell(host()), "broken-part"),
    "overlapping members": (lambda: overlap(host()), "hostile-zip"),
    "path traversal": (lambda: remake(host(), added={"../../etc/passwd": b"x"}), "hostile-zip"),
    "path traversal with backslashes": (lambda: remake(host(), added={"xl\\..\\..\\a": b"x"}), "hostile-zip"),
    "bomb": (lambda: zero_bomb(64 << 20), "over-limit"),
    "too many members": (lambda: remake(host(), added={f"x{i}": b"" for i in range(20_001)}), "over-limit"),
    "entity bomb": (lambda: remake(host(), {BOOK: swap("<workbook ", DOCTYPE + "<workbook ")}), "broken-xml"),
    "external entity": (
        lambda: remake(host(), {BOOK: swap("<workbook ", '<!DOCTYPE x SYSTEM "http://127.0.0.1/x"><workbook ')}),
        "broken-xml",
    ),
    "deep nesting": (lambda: remake(host(), {BOOK: swap("<sheets>", "<a>" * 100_000)}), "over-limit"),
    "not XML": (lambda: remake(host(), {BOOK: lambda _: b"\0\0\0"}), "broken-xml"),
    "an encoding that nobody knows": (
        lambda: remake(host(), {BOOK: swap('encoding="UTF-8"', 'encoding="x-none"')}), "broken-xml",
    ),
    "no main part": (lambda: remake(host(), {BOOK: None}), "no-workbook-part"),
    "no relationships": (lambda: remake(host(), {"_rels/.rels": None}), "no-workbook-part"),
    "no types": (lambda: remake(host(), {hosts.TYPES: None}), "not-a-workbook"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_broken_or_hostile_is_refused_at_once(name: str) -> None:
    make, code = HOSTILE[name]
    raw = make()
    started = time.process_time()
    said = refusal(raw)
    assert time.process_time() - started < 2
    assert said.code == code
    assert str(said)


def test_other_ways_of_compression_are_refused() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(host())) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_BZIP2) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    assert refusal(made.getvalue()).code == "unknown-compression"


@pytest.mark.parametrize("limit", ["members", "total_bytes", "part_bytes", "file_bytes"])
def test_each_limit_is_named_with_the_way_to_raise_it(
    limit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.xlsx"
    file.write_bytes(host())
    said = str(refusal(file, **{limit: 5}))
    assert f"NHIEMVU_LIMIT_{limit.upper()}=" in said
    assert "> 5" in said
    monkeypatch.setenv(f"NHIEMVU_LIMIT_{limit.upper()}", "5")
    assert str(refusal(file)) == said


@pytest.mark.slow
def test_a_styles_part_of_three_million_formats_is_refused_within_the_limits_of_time_and_memory() -> None:
    raw = remake(host(), {STYLES: swap("</cellXfs>", "<xf/>" * 3_000_000 + "</cellXfs>")})
    script = (
        "import pathlib, re, sys; sys.path.insert(0, 'tests')\n"
        "from nhiemvu.errors import NhiemvuError\n"
        "from nhiemvu.workbook.package import Package\n"
        "from test_graft import run\n"
        "raw = sys.stdin.buffer.read()\n"
        "try:\n    run(raw)\n"
        "except NhiemvuError as error:\n    print(error.code)\n"
        # not ru_maxrss, which after a fork starts from what the whole test process holds
        "print(int(re.search('VmHWM:\\\\s+(\\\\d+)', pathlib.Path('/proc/self/status').read_text())[1]) // 1024)\n"
    )
    started = time.process_time()
    done = subprocess.run([sys.executable, "-c", script], input=raw, capture_output=True, check=False, timeout=60)
    code, mebibytes = done.stdout.decode().split()
    assert code == "over-limit"
    assert int(mebibytes) < 300
    assert time.process_time() - started < 8


def test_crc_of_every_member_is_what_the_directory_says() -> None:
    package = Package.open(host())
    for member in package.archive.members:
        assert zlib.crc32(package.read(member.name)) == member.crc


def test_a_path_in_nfd_is_opened_as_it_is_written(tmp_path: Path) -> None:
    file = tmp_path / unicodedata.normalize("NFD", "Sổ Hải Yến.xlsx")
    file.write_bytes(host())
    assert Package.open(file).source == file
