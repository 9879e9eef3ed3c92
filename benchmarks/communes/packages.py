"""Bytes of files that are no plain workbooks: Word, compound files, members that inflate."""

from __future__ import annotations

import struct
import zlib
from functools import lru_cache

from .xlsx import pack

ENTITIES = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@lru_cache(maxsize=2)
def deflated_zeros(mebibytes: int) -> tuple[bytes, int, int]:
    """Zeros, packed; how many, and their CRC."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    chunk, crc = bytes(1 << 20), 0
    data = b""
    for _ in range(mebibytes):
        data += packer.compress(chunk)
        crc = zlib.crc32(chunk, crc)
    return data + packer.flush(), mebibytes << 20, crc


def add_member(raw: bytes, name: str, data: bytes, size: int, crc: int) -> bytes:
    """One more member, already packed."""
    end = raw.rindex(b"PK\x05\x06")
    count, length, start = struct.unpack("<HLL", raw[end + 10 : end + 20])
    common = struct.pack("<5H3L2H", 20, 0, 8, 0, 33, crc, len(data), size, len(name), 0)
    local = b"PK\x03\x04" + common + name.encode() + data
    record = b"PK\x01\x02" + struct.pack("<H", 20) + common + struct.pack("<3H2L", 0, 0, 0, 0, start) + name.encode()
    tail = struct.pack(
        "<4s4H2LH", b"PK\x05\x06", 0, 0, count + 1, count + 1, length + len(record), start + len(local), 0
    )
    return raw[:start] + local + raw[start:end] + record + tail


def make_docx(text: str) -> bytes:
    """A Word document of one line."""
    formats = "http://schemas.openxmlformats.org"
    kind = "application/vnd.openxmlformats-{}+xml"
    main = kind.format("officedocument.wordprocessingml.document.main")
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{formats}/package/2006/content-types"><Default Extension="rels" '
        f'ContentType="{kind.format("package.relationships")}"/><Override PartName="/word/document.xml" '
        f'ContentType="{main}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{formats}/package/2006/relationships"><Relationship Id="rId1" Type="'
        f'{formats}/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/document.xml": f'<w:document xmlns:w="{formats}/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>{text}'
        "</w:t></w:r></w:p></w:body></w:document>",
    }
    return pack({name: part.encode() for name, part in parts.items()})


def make_ole(streams: list[str], data: bytes) -> bytes:
    """A compound file whose streams begin with the same data."""
    sectors = -(-len(data) // 512)
    fat = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, 2 + sectors), 0xFFFFFFFE]
    header = struct.pack(
        "<8s16x5H6x9L",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        0x3E,
        3,
        0xFFFE,
        9,
        6,
        0,
        1,
        1,
        0,
        4096,
        0xFFFFFFFE,
        0,
        0xFFFFFFFE,
        0,
    )
    header += struct.pack("<109L", 0, *[0xFFFFFFFF] * 108)
    entries = [("Root Entry", 5, 1, 0xFFFFFFFE, 0), *((name, 2, 0xFFFFFFFF, 2, len(data)) for name in streams)]
    folder = b""
    for i, (name, kind, child, start, size) in enumerate(entries):
        coded = name.encode("utf-16-le")
        right = i + 1 if 0 < i < len(streams) else 0xFFFFFFFF
        folder += coded.ljust(64, b"\0") + struct.pack(
            "<HBB3L36xLQ", len(coded) + 2, kind, 1, 0xFFFFFFFF, right, child, start, size
        )
    return (
        header
        + struct.pack("<128L", *fat, *[0xFFFFFFFF] * (128 - len(fat)))
        + folder.ljust(512, b"\0")
        + data.ljust(sectors * 512, b"\0")
    )
