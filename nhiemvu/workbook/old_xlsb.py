"""What calamine, which reads the rest, does not say of an xlsb: formats, errors, merged areas.

Records as [MS-XLSB] has them: a number of up to two bytes, a length of up to four, the data.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree

from nhiemvu.workbook.formats import BUILT_IN

_ROW, _FORMAT, _XF, _SHEET, _MERGE = 0, 44, 47, 156, 176
_CELLS = range(1, 12)  # from BrtCellBlank to BrtFmlaError
_ERRORS = {3, 11}
_CODES = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}
_BEGIN_CELL_XFS, _END_CELL_XFS = 617, 618


@dataclass(slots=True)
class Looks:
    """What one sheet looks like.

    Attributes:
        styles: row and column of a cell -> the index of its format.
        errors: row and column of a cell -> `#DIV/0!` or its like.
        merges: merged areas.
    """

    styles: dict[tuple[int, int], int] = field(default_factory=dict)
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)


def read_looks(raw: bytes) -> tuple[list[str], dict[str, Looks]]:
    """The format code of each style, and what each sheet looks like."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        names = set(archive.namelist())
        targets = {
            each.get("Id", ""): each.get("Target", "")
            for each in ElementTree.fromstring(archive.read("xl/_rels/workbook.bin.rels"))  # noqa: S314 (in a child)
        }
        styles = "xl/styles.bin"
        codes = _read_codes(archive.read(styles)) if styles in names else []
        sheets = {}
        for kind, data in _records(archive.read("xl/workbook.bin")):
            if kind == _SHEET:
                relation, end = _text(data, 8)
                target = targets.get(relation, "").lstrip("/")
                part = target if target.startswith("xl/") else f"xl/{target}"
                if part in names:
                    sheets[_text(data, end)[0]] = _read_sheet(archive.read(part))
    return codes, sheets


def _records(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        kind, at = _varying(data, at, 2)
        size, at = _varying(data, at, 4)
        yield kind, data[at : at + size]
        at += size


def _varying(data: bytes, at: int, most: int) -> tuple[int, int]:
    number = 0
    for place in range(most):
        byte = data[at + place]
        number |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return number, at + place + 1
    return number, at + most


def _text(data: bytes, at: int) -> tuple[str, int]:
    (length,) = struct.unpack_from("<I", data, at)
    end = at + 4 + 2 * length
    return data[at + 4 : end].decode("utf-16-le"), end


def _read_codes(data: bytes) -> list[str]:
    known, used, among_cells = dict(BUILT_IN), [], False
    for kind, record in _records(data):
        if kind == _FORMAT:
            known[struct.unpack_from("<H", record)[0]] = _text(record, 2)[0]
        elif kind in (_BEGIN_CELL_XFS, _END_CELL_XFS):
            among_cells = kind == _BEGIN_CELL_XFS
        elif kind == _XF and among_cells:
            used.append(struct.unpack_from("<H", record, 2)[0])
    return [known.get(number, "") if number else "" for number in used]


def _read_sheet(data: bytes) -> Looks:
    row, looks = 0, Looks()
    for kind, record in _records(data):
        if kind == _ROW:
            row = struct.unpack_from("<I", record)[0] + 1
        elif kind in _CELLS:
            column, style = struct.unpack_from("<II", record)
            at = row, column + 1
            if index := style & 0xFFFFFF:
                looks.styles[at] = index
            if kind in _ERRORS:
                looks.errors[at] = _CODES.get(record[8], "#N/A")
        elif kind == _MERGE:
            top, bottom, left, right = struct.unpack_from("<IIII", record)
            looks.merges.append((top + 1, left + 1, bottom + 1, right + 1))
    return looks
