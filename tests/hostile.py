"""Files made to hang, crash or fool whoever reads them, built by code; each small, most of them a few kilobytes."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from conftest import EXAMPLE
from hosts import BOOK, STYLES, TYPES, Edit, remake, swap

from nhiemvu.workbook.package import Package

MEBIBYTE = 1 << 20
SHARED = "xl/sharedStrings.xml"
_SPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_HEAD = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
    '<!ENTITY {} "{}">'.format(entity, f"&{before};" * 10)
    for before, entity in zip("abcdefghijk", "bcdefghijkl", strict=True)
)  # 10 ** 12 letters


@dataclass(frozen=True, slots=True)
class Hostile:
    """One file.

    Attributes:
        make: its bytes.
        says: what the program must say of it, a regular expression; "" where it is read as if nothing were odd.
        code: the exit code: 2 refused, 1 the example as it is (some of its figures are missing), or what is left of it.
        name: of the file.
    """

    make: Callable[[], bytes]
    says: str = ""
    code: int = 2
    name: str = "so.xlsx"


@cache
def example() -> bytes:
    """The workbook that is tampered with: it has every table that its rulebook needs."""
    return EXAMPLE.read_bytes()


@cache
def part_of(sheet: str) -> str:
    """The part of one of its sheets."""
    return next(each.part for each in Package.open(example()).sheets if each.name == sheet)


def edit(part: str, change: Edit) -> bytes:
    return remake(example(), {part: change})


def in_sheet(change: Edit, sheet: str = "Giải ngân") -> bytes:
    return edit(part_of(sheet), change)


def with_doctype(root: str, inside: str) -> Edit:
    """A document type before the root, and its entity `l` somewhere in the text."""
    return lambda data: re.sub(f"<{root}\\b".encode(), (inside + f"<{root}").encode(), data, count=1)


def whole(text: str) -> Edit:
    return lambda _: _HEAD + text.encode()


def sheet(body: str) -> Edit:
    return whole(f'<worksheet xmlns="{_SPACE}">{body}</worksheet>')


def stored(raw: bytes, add: dict[str, bytes]) -> bytes:
    """More members, each written at once: `remake` would deflate a bomb twice."""
    made = io.BytesIO(raw)
    with zipfile.ZipFile(made, "a", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in add.items():
            archive.writestr(name, data)
    return made.getvalue()


# --- the zip file -----------------------------------------------------------------------------------------------------


def patch(part: str, change: Callable[[bytearray, int, int], None]) -> bytes:
    found = Package.open(example()).member(part)
    data = bytearray(example())
    change(data, found.start, found.data)
    return bytes(data)


def damage(data: bytearray, _header: int, at: int) -> None:
    data[at + 9] ^= 0xFF


def wrong_crc() -> bytes:
    """The directory gives another CRC than the data has."""
    raw = bytearray(example())
    record = Package.open(example()).member(part_of("Giải ngân")).record
    raw[raw.index(record) + 16] ^= 0xFF
    return bytes(raw)


def overlapping() -> bytes:
    """Two thousand names for the data of one member, as quines and overlapping bombs have it."""
    first = Package.open(example()).archive.members
    bomb = first[0].record
    records = [m.record for m in first]
    length = struct.unpack_from("<H", bomb, 28)[0]
    records += [bomb[:46] + f"{i:0{length}}".encode() + bomb[46 + length :] for i in range(2000)]
    start = example().index(first[0].record)
    directory = b"".join(records)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, len(records), len(records), len(directory), start, 0)
    return example()[:start] + directory + end


def lying_size() -> bytes:
    """A sheet that says it is small and inflates to 400 MiB."""
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = b"".join([packed.compress(bytes(MEBIBYTE)) for _ in range(400)]) + packed.flush()
    name = b"xl/worksheets/sheet3.xml"
    raw = remake(example(), {name.decode(): None})
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        start = archive.start_dir
    common = (20, 0, 8, 0, 33, 0, len(data), 5000, len(name), 0)
    local = struct.pack("<4s5H3L2H", b"PK\x03\x04", *common) + name + data
    record = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, *common, 0, 0, 0, 0, start) + name
    directory = raw[start : raw.rindex(b"PK\x05\x06")] + record
    count = directory.count(b"PK\x01\x02")
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(directory), start + len(local), 0)
    return raw[:start] + local + directory + end


# --- OpenDocument and others ------------------------------------------------------------------------------------------


def ods(table: str) -> bytes:
    """A minimal OpenDocument workbook of one sheet."""
    made = io.BytesIO()
    spaces = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"'
        for short, long in (("office", "office"), ("table", "table"), ("text", "text"), ("m", "manifest"))
    )
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "content.xml",
            f"<office:document-content {spaces}><office:body><office:spreadsheet>{table}</office:spreadsheet>"
            "</office:body></office:document-content>",
        )
        archive.writestr(
            "META-INF/manifest.xml",
            f'<m:manifest {spaces}><m:file-entry m:full-path="/" m:media-type="application/vnd.oasis.opendocument.'
            'spreadsheet"/></m:manifest>',
        )
    return made.getvalue()


def xls(records: bytes) -> bytes:
    """A stream of BIFF8 without a container."""
    return b"\x09\x08\x10\x00\x00\x06\x05\x00\xd3\x10\xcc\x07\x41\x00\x00\x00\x06\x00\x00\x00" + records


def cells(rows: int, columns: int = 1, text: str = '<c r="{at}"><v>1</v></c>') -> str:
    letters = [chr(65 + column) for column in range(columns)]
    return "".join(
        f'<row r="{row}">' + "".join(text.format(at=f"{letter}{row}") for letter in letters) + "</row>"
        for row in range(1, rows + 1)
    )


DEEP = 200_000
FILES: dict[str, Hostile] = {
    # the zip file
    "bomb of 300 MiB in one part": Hostile(
        lambda: stored(example(), {"xl/bomb.xml": bytes(300 * MEBIBYTE)}), "NHIEMVU_LIMIT_RATIO="
    ),
    "bomb in 100 parts of 15 MiB": Hostile(
        lambda: stored(example(), dict.fromkeys((f"xl/b{i}.xml" for i in range(100)), bytes(15 * MEBIBYTE))),
        "NHIEMVU_LIMIT_TOTAL_BYTES=",
    ),
    "bomb within a bomb": Hostile(
        lambda: stored(example(), {"xl/media/a.zip": zlib.compress(zlib.compress(bytes(50 * MEBIBYTE), 9), 9)}), code=1
    ),
    "30,000 members": Hostile(
        lambda: stored(example(), {f"x{i}": b"" for i in range(30_000)}), "NHIEMVU_LIMIT_MEMBERS="
    ),
    "a size that lies": Hostile(lying_size, "bị hỏng", 1),
    "wrong CRC": Hostile(wrong_crc, "bị hỏng; hãy", 1),
    "damaged stream": Hostile(lambda: patch(BOOK, damage), "bị hỏng"),
    "truncated": Hostile(lambda: example()[: len(example()) // 2], "chưa tải về hết"),
    "truncated directory": Hostile(lambda: example()[:-40], "chưa tải về hết"),
    "2,000 overlapping members": Hostile(overlapping, "chồng lên nhau"),
    "path traversal": Hostile(lambda: stored(example(), {"../../../tmp/nhiemvu-was-here": b"x"}), "chỉ ra ngoài tệp"),
    "path traversal, backslashes": Hostile(
        lambda: stored(example(), {"xl\\..\\..\\nhiemvu-was-here": b"x"}), "chỉ ra ngoài tệp"
    ),
    "absolute path": Hostile(lambda: stored(example(), {"/tmp/nhiemvu-was-here": b"x"}), code=1),
    # XML
    "entity bomb in the workbook part": Hostile(lambda: edit(BOOK, with_doctype("workbook", BOMB + "]>")), "DOCTYPE"),
    "entity bomb in the styles": Hostile(lambda: edit(STYLES, with_doctype("styleSheet", BOMB + "]>")), "DOCTYPE"),
    "entity bomb in the strings": Hostile(
        lambda: edit(SHARED, lambda d: with_doctype("sst", BOMB + "]>")(d).replace(b"<t>", b"<t>&l;")), "DOCTYPE", 2
    ),
    "entity bomb in a sheet": Hostile(
        lambda: in_sheet(lambda d: with_doctype("worksheet", BOMB + "]>")(d).replace(b"<v>", b"<v>&l;")), "DOCTYPE", 1
    ),
    "entity bomb in the types": Hostile(lambda: edit(TYPES, with_doctype("Types", BOMB + "]>")), "DOCTYPE"),
    "external entity, a file": Hostile(
        lambda: edit(
            SHARED,
            lambda d: with_doctype("sst", '<!DOCTYPE x [<!ENTITY l SYSTEM "file:///etc/passwd">]>')(d).replace(
                b"<t>", b"<t>&l;"
            ),
        ),
        "DOCTYPE",
    ),
    "external document type": Hostile(
        lambda: edit(BOOK, with_doctype("workbook", '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">')), "DOCTYPE"
    ),
    "deep nesting in the workbook part": Hostile(
        lambda: edit(BOOK, swap("<sheets>", "<a>" * DEEP)), "NHIEMVU_LIMIT_DEPTH="
    ),
    "deep nesting in the styles": Hostile(
        lambda: edit(STYLES, swap("</styleSheet>", "<a>" * DEEP + "</a>" * DEEP + "</styleSheet>")),
        "NHIEMVU_LIMIT_DEPTH=",
    ),
    "deep nesting in a sheet": Hostile(
        lambda: in_sheet(swap("</sheetData>", "</sheetData>" + "<a>" * DEEP + "</a>" * DEEP)), code=1
    ),
    "deep nesting in a string": Hostile(
        lambda: edit(SHARED, swap("</sst>", "<si>" + "<r>" * DEEP + "</r>" * DEEP + "</si></sst>")), code=1
    ),
    "2 million elements in the workbook part": Hostile(
        lambda: edit(BOOK, swap("</workbook>", "<a/>" * 2_000_000 + "</workbook>")), "NHIEMVU_LIMIT_ELEMENTS="
    ),
    "3 million cell formats": Hostile(
        lambda: edit(STYLES, swap("</cellXfs>", "<xf/>" * 3_000_000 + "</cellXfs>")), "NHIEMVU_LIMIT_ELEMENTS="
    ),
    "a tag of 30 MiB": Hostile(lambda: edit(BOOK, swap("<sheets>", f'<a b="{"x" * 15 * MEBIBYTE}"/><sheets>')), code=1),
    "not UTF-8": Hostile(lambda: edit(BOOK, lambda d: d.replace("ế".encode(), b"\xff")), "sai cú pháp XML"),
    # the sheet
    "a cell at XFD1048576": Hostile(
        lambda: in_sheet(swap("</sheetData>", '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>')),
        code=1,
    ),
    "a dimension of the whole sheet": Hostile(
        lambda: in_sheet(lambda d: re.sub(b'<dimension ref="[^"]*"/>', b'<dimension ref="A1:XFD1048576"/>', d)), code=1
    ),
    "row number 4294967295": Hostile(
        lambda: in_sheet(swap("</sheetData>", '<row r="4294967295"><c r="A4294967295"><v>1</v></c></row></sheetData>')),
        "địa chỉ không có thật",
        1,
    ),
    "a merge over the whole sheet": Hostile(
        lambda: in_sheet(
            lambda d: re.sub(b"<mergeCells.*</mergeCells>", b"", d).replace(
                b"</sheetData>", b'</sheetData><mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>'
            ),
            "Thông tin",
        ),
        code=1,
    ),
    "200,000 merges": Hostile(
        lambda: in_sheet(
            lambda d: re.sub(b"<mergeCells.*</mergeCells>", b"", d).replace(
                b"</sheetData>",
                b"</sheetData><mergeCells>"
                + b"".join(b'<mergeCell ref="A%d:XFD%d"/>' % (5 * i, 5 * i + 3) for i in range(100, 200_100))
                + b"</mergeCells>",
            )
        ),
        "NHIEMVU_LIMIT_MERGES=",
        1,
    ),
    "a million cells": Hostile(
        lambda: in_sheet(sheet(f"<sheetData>{cells(40_000, 25)}</sheetData>")), "NHIEMVU_LIMIT_CELLS=", 1
    ),
    "2 million cells that are no tokens": Hostile(
        lambda: in_sheet(sheet(f"<!-- --><sheetData>{cells(80_000, 25, '<c/>')}</sheetData>")),
        "NHIEMVU_LIMIT_CELLS=",
        1,
    ),
    "a million empty rows": Hostile(
        lambda: in_sheet(
            swap("</sheetData>", "".join(f'<row r="{i}"/>' for i in range(100, 1_000_000)) + "</sheetData>")
        ),
        code=1,
    ),
    "a sheet of 120 MiB of blanks": Hostile(
        lambda: in_sheet(swap("</sheetData>", noise(120 * MEBIBYTE) + "</sheetData>")), "NHIEMVU_LIMIT_PART_BYTES=", 1
    ),
    "a text of 10 MiB in one cell": Hostile(
        lambda: in_sheet(
            swap(
                "</sheetData>",
                f'<row r="900"><c r="A900" t="inlineStr"><is><t>{"đ" * 5 * MEBIBYTE}</t></is></c></row></sheetData>',
            )
        ),
        code=1,
    ),
    "a number of a million digits": Hostile(
        lambda: in_sheet(lambda d: d.replace(b"<v>72225000</v>", b"<v>" + b"9" * 1_000_000 + b"</v>")), code=1
    ),
    "a typed number of a million digits": Hostile(
        lambda: in_sheet(
            lambda d: re.sub(
                rb'(<c r="[A-Z]+[0-9]+"(?: s="[0-9]+")?)><v>72225000</v>',
                rb'\1 t="inlineStr"><is><t>' + b"9" * 1_000_000 + b"</t></is>",
                d,
            )
        ),
        code=1,
    ),
    "dots and spaces for slow patterns": Hostile(
        lambda: in_sheet(
            lambda d: re.sub(
                rb'(<c r="[A-Z]+[0-9]+"(?: s="[0-9]+")?)><v>72225000</v>',
                rb'\1 t="inlineStr"><is><t>' + b"1." * 200_000 + b" " * 200_000 + b"x</t></is>",
                d,
            )
        ),
        code=1,
    ),
    "10,000 sheets": Hostile(
        lambda: edit(
            BOOK,
            swap(
                "</sheets>",
                "".join(f'<sheet name="x{i}" sheetId="{i + 99}" r:id="rId1"/>' for i in range(10_000)) + "</sheets>",
            ),
        ),
        code=1,
    ),
    # shared strings
    "strings that point nowhere": Hostile(
        lambda: in_sheet(lambda d: re.sub(rb't="s"><v>([0-9]+)</v>', rb't="s"><v>9\g<1>99999999</v>', d)), "không", 1
    ),
    "5 million empty strings": Hostile(
        lambda: edit(SHARED, swap("</sst>", "<si><t/></si>" * 5_000_000 + "</sst>")), "NHIEMVU_LIMIT_"
    ),
    "5 million empty strings, another form": Hostile(
        lambda: edit(SHARED, swap("</sst>", "<si/>" * 5_000_000 + "</sst>")), "NHIEMVU_LIMIT_"
    ),
    "a string of 10 MiB": Hostile(
        lambda: edit(SHARED, swap("</sst>", f"<si><t>{'a' * 10 * MEBIBYTE}</t></si></sst>")), code=1
    ),
    "no shared strings": Hostile(lambda: remake(example(), {SHARED: None}), "không có bảng nào"),
    # relationships
    "a sheet that is its own workbook": Hostile(
        lambda: edit("xl/_rels/workbook.xml.rels", lambda d: re.sub(rb"worksheets/sheet\d+\.xml", b"workbook.xml", d)),
        "không có bảng nào",
    ),
    # other kinds
    "ods: a cell repeated over the whole sheet": Hostile(
        lambda: ods(
            '<table:table table:name="S"><table:table-row table:number-rows-repeated="1048576"><table:table-cell '
            'office:value-type="float" office:value="1" table:number-columns-repeated="16384"/></table:table-row>'
            "</table:table>"
        ),
        "không đọc được sổ kiểu .ods",
        name="so.ods",
    ),
    "ods: a bomb": Hostile(
        lambda: stored(ods('<table:table table:name="S"/>'), {"styles.xml": bytes(300 * MEBIBYTE)}),
        "NHIEMVU_LIMIT_RATIO=",
        name="so.ods",
    ),
    "ods: entity bomb": Hostile(
        lambda: remake(
            ods('<table:table table:name="S"/>'),
            {"content.xml": with_doctype("office:document-content", BOMB + "]>")},
        ),
        "",
        name="so.ods",
    ),
    "xls: a stream of noise": Hostile(
        lambda: xls(bytes(range(256)) * 200), "không đọc được sổ kiểu .xls", name="so.xls"
    ),
    "xls: a record longer than the file": Hostile(
        lambda: xls(b"\xfc\x00\xff\xff" + b"\xff" * 40), "không đọc được sổ kiểu .xls", name="so.xls"
    ),
    "xlsb: noise for a workbook part": Hostile(
        lambda: stored(b"", {"[Content_Types].xml": b"<Types/>", "xl/workbook.bin": bytes(range(256)) * 100}),
        "không đọc được sổ kiểu .xlsb",
        name="so.xlsb",
    ),
}


def noise(size: int) -> str:
    """Blanks that deflate packs 200 times, not 1,000 times: no ratio gives them away."""
    line = "".join(" \n\t"[(i * i // 7) % 3] for i in range(997))
    return (line * (size // 997))[:size]


RULES: dict[str, Hostile] = {
    "alias bomb": Hostile(
        lambda: b"a: &a [x, x]\n" + b"".join(b"%c: &%c [*%c, *%c]\n" % (c, c, c - 1, c - 1) for c in b"bcdefghijk"),
        r"dòng|:\d+:",
        name="r.yaml",
    ),
    "alias of itself": Hostile(lambda: b"a: &a [*a]\n", r":\d+:", name="r.yaml"),
    "100 MB": Hostile(lambda: b"# " + b"x" * 100_000_000, "4000000|4.000.000|byte|lớn", name="r.yaml"),
    "deep nesting, flow": Hostile(lambda: b"a: " + b"[" * 100_000, r"mức|:\d+:", name="r.yaml"),
    "deep nesting, block": Hostile(
        lambda: "".join(f"{' ' * i}a:\n" for i in range(2000)).encode(), "mức", name="r.yaml"
    ),
    "million values": Hostile(lambda: b"a: [" + b"1," * 1_000_000 + b"]", "200000 giá trị", name="r.yaml"),
    "a measure of a million brackets": Hostile(
        lambda: b"rulebook: r\ntitle: T\ncriteria:\n  - id: a\n    measure: '" + b"(" * 1_000_000 + b"'\n",
        r":\d+:",
        name="r.yaml",
    ),
    "a target of a million digits": Hostile(
        lambda: (
            b"rulebook: r\ntitle: T\ncriteria:\n  - id: a\n    targets: [{meets: '>= " + b"9" * 1_000_000 + b"'}]\n"
        ),
        r":\d+:",
        name="r.yaml",
    ),
    "a file that includes itself": Hostile(
        lambda: b"rulebook: r\ntitle: T\nincludes: [r.yaml]\n", r":\d+:", name="r.yaml"
    ),
    "a Python object": Hostile(
        lambda: b"a: !!python/object/apply:os.system ['touch /tmp/nhiemvu-was-here']\n", r":\d+:", name="r.yaml"
    ),
    "zeros": Hostile(lambda: bytes(100_000), "r.yaml", name="r.yaml"),
}
