"""A zip file as its raw members: bounded, checked for tricks, and written again without touching what did not change.

A directory as nearly every program writes it is read here; where there is more to it (zip64, comments, extra fields,
data before the first member), `zipfile` reads it. The bytes of a member (local header, compressed data, data
descriptor) are kept as one span, so that a member that is not ours is copied as it lies and never inflated.
"""

from __future__ import annotations

import io
import os
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import NamedTuple

from nhiemvu.errors import Place, Problem, WorkbookError
from nhiemvu.messages import N_, _

try:  # the same results in less than half the time, where a machine has it
    from isal.igzip_lib import IsalError as InflateError
    from isal.isal_zlib import crc32, decompressobj
except ImportError:
    from zlib import crc32, decompressobj  # type: ignore[assignment]
    from zlib import error as InflateError  # type: ignore[assignment]  # noqa: N812

MEBIBYTE = 1 << 20
_LOCAL = struct.Struct("<4s5H3L2H")
_LOCAL_LENGTHS = struct.Struct("<2H")  # of name and extra field
_LENGTHS_AT = 26
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_LOCATOR_SIZE = 20  # of zip64, before the end
_PLAIN_VERSION = 20  # needed to extract: folders and deflated data
_DESCRIPTOR_FLAG = 0x08
_ENCRYPTED_FLAG = 0x01
_UTF8_FLAG = 0x800
# the earliest date that a zip file can hold: what we write must not depend on the clock
_FIXED_TIME, _FIXED_DATE = 0, (1 << 5) | 1
_UNSET = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a workbook may ask for before it is refused. Each can be raised with NHIEMVU_LIMIT_<NAME>.

    Attributes:
        members: entries of the zip directory.
        file_bytes: bytes of the file itself.
        total_bytes: bytes of all members together, inflated.
        part_bytes: bytes of one part that is read, inflated; pictures and macros are copied without being read.
        ratio: inflated over compressed, of members above 16 MiB.
        elements: XML elements of one part that is edited; of all of them only styles come near.
        depth: how deep they are nested.
    """

    members: int = 20_000
    file_bytes: int = 100 * MEBIBYTE
    total_bytes: int = 1024 * MEBIBYTE
    part_bytes: int = 32 * MEBIBYTE
    ratio: int = 250
    elements: int = 250_000
    depth: int = 256

    @classmethod
    def from_environment(cls) -> Limits:
        """The defaults, with what NHIEMVU_LIMIT_MEMBERS and its sisters say instead (whole numbers)."""
        given = {name: os.environ.get(variable, "") for name, variable in _VARIABLES.items()}
        return cls(**{name: int(value) for name, value in given.items() if value.isdecimal()})


_VARIABLES = {field.name: f"NHIEMVU_LIMIT_{field.name.upper()}" for field in fields(Limits)}


class Member(NamedTuple):
    """One entry of the archive.

    Attributes:
        name: as stored.
        method: 0 stored, 8 deflated; others cannot be read.
        flags: general purpose bits.
        crc: CRC-32 of the inflated bytes.
        packed: bytes of compressed data.
        size: bytes, inflated.
        start: offset of the local header in the file.
        data: offset of the compressed data.
        end: offset after the data and its descriptor.
        record: the raw record of the central directory.
    """

    name: str
    method: int
    flags: int
    crc: int
    packed: int
    size: int
    start: int
    data: int
    end: int
    record: bytes


# what the directory says of a member: name, method, flags, CRC, packed and inflated size, offset, record
_Entry = tuple[str, int, int, int, int, int, int, bytes]


class Archive:
    """The members of a zip file, in directory order."""

    def __init__(self, raw: bytes, file: str = "", limits: Limits | None = None) -> None:
        """Read the directory.

        Raises:
            WorkbookError: broken (`broken-zip`), or over a limit or overlapping (`hostile-zip`).
        """
        self.raw, self.file = raw, file
        self.limits = limits or Limits.from_environment()
        entries, start, self.comment = _list_plainly(raw) or self._list_thoroughly()
        self._bound("members", len(entries))
        self._bound("total_bytes", sum([entry[5] for entry in entries]))
        self.members = tuple([self._member(entry) for entry in entries])
        self._refuse_overlap(start)

    def read(self, member: Member) -> bytes:
        """Inflate a member; its size and CRC are checked.

        Raises:
            WorkbookError: damaged (`broken-part`), packed in a way that we do not read (`unknown-compression`), or too
                large (`over-limit`).
        """
        name, method, flags, crc, packed, size, _, start, _, _ = member
        if size > self.limits.part_bytes:
            self._bound("part_bytes", size)
        if flags & _ENCRYPTED_FLAG or method not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise WorkbookError(
                Problem(
                    "unknown-compression",
                    N_(
                        "phần «{part}» trong tệp được nén hoặc khóa theo cách không đọc được; hãy mở tệp bằng Excel "
                        "rồi lưu lại dạng .xlsx"
                    ),
                    Place(self.file),
                    {"part": name},
                )
            )
        data = self.raw[start : start + packed]
        if method == zipfile.ZIP_DEFLATED:
            try:
                # one byte more than declared: a member that lies about its size is seen, and never fills the memory
                data = decompressobj(-15).decompress(data, size + 1)
            except InflateError as why:  # type: ignore[misc]  # the stubs do not say that it is an exception
                raise self._broken_part(member, str(why)) from why
        if len(data) != size:
            raise self._broken_part(member, "size")
        if crc32(data) != crc:
            raise self._broken_part(member, "CRC")
        return data

    def rebuild(
        self,
        *,
        replaced: Mapping[str, bytes],
        removed: Iterable[str] = (),
        added: Mapping[str, bytes],
    ) -> bytes:
        """The archive again, with some members replaced in place, some removed, and new ones at the end.

        Every other member keeps its bytes, dates and order. What is written anew carries a fixed date, so that equal
        input gives equal output.
        """
        gone = set(removed)
        body = bytearray()
        records: dict[int, bytes] = {}
        for member in sorted(self.members, key=lambda m: m.start):
            if member.name in gone:
                continue
            offset = len(body)
            if member.name in replaced:
                local, record = _pack(
                    member.record[46 : 46 + _name_length(member)], replaced[member.name], member.flags
                )
                body += local
                records[member.start] = _moved(record, offset)
            else:
                body += self.raw[member.start : member.end]
                records[member.start] = _moved(member.record, offset)
        # the directory keeps its own order, which need not be that of the members
        directory = [records[member.start] for member in self.members if member.start in records]
        for name, data in added.items():
            local, record = _pack(name.encode(), data, 0 if name.isascii() else _UTF8_FLAG)
            directory.append(_moved(record, len(body)))
            body += local
        start = len(body)
        body += b"".join(directory)
        return bytes(body + _end(len(directory), len(body) - start, start, self.comment))

    # --- checks -----------------------------------------------------------------------------------------------

    def _list_thoroughly(self) -> tuple[list[_Entry], int, bytes]:
        """What the directory lists, where it starts, and the comment behind it, as `zipfile` reads them."""
        raw, entries = self.raw, []
        try:
            with zipfile.ZipFile(io.BytesIO(raw)) as directory:
                start = at = directory.start_dir
            for each in directory.infolist():
                after = at + _CENTRAL.size + sum(_CENTRAL.unpack_from(raw, at)[10:13])
                sizes = (each.CRC, each.compress_size, each.file_size, each.header_offset)
                name = each.orig_filename
                entries.append((name, each.compress_type, each.flag_bits, *sizes, raw[at:after]))
                at = after
        # zipfile leaks several kinds of exception on damaged directories
        except (
            zipfile.BadZipFile,
            NotImplementedError,
            ValueError,
            OverflowError,
            struct.error,
            EOFError,
            OSError,
        ) as why:
            raise self._broken(str(why)) from why
        return entries, start, directory.comment

    def _member(self, entry: _Entry) -> Member:
        name, method, flags, crc, packed, size, start, record = entry
        if "\0" in name or (".." in name and ".." in name.replace("\\", "/").split("/")):
            raise self._hostile(N_("có phần mang tên «{part}» chỉ ra ngoài tệp"), part=name.replace("\0", "�"))
        if size > 16 * MEBIBYTE:
            self._bound("ratio", size // max(1, packed))
        if start < 0 or start + _LOCAL.size > len(self.raw) or not self.raw.startswith(b"PK\x03\x04", start):
            raise self._broken(f"local header of {name}")
        data = start + _LOCAL.size + sum(_LOCAL_LENGTHS.unpack_from(self.raw, start + _LENGTHS_AT))
        end = data + packed
        if end > len(self.raw):
            raise self._broken(f"data of {name}")
        if flags & _DESCRIPTOR_FLAG:
            end += self._descriptor(end, crc, packed, size)
        return Member(name, method, flags, crc, packed, size, start, data, end, record)

    def _descriptor(self, at: int, crc: int, packed: int, size: int) -> int:
        """Length of the data descriptor: with or without signature, sizes of 4 or 8 bytes; 0 where it was left out."""
        for sizes in ("LL", "QQ"):
            plain = struct.pack("<L" + sizes, crc, packed & _UNSET, size & _UNSET)
            for form in (b"PK\x07\x08" + plain, plain):
                if self.raw.startswith(form, at):
                    return len(form)
        return 0

    def _refuse_overlap(self, directory: int) -> None:
        """Members that share bytes are how a small file claims to be large, and how two readers see two files."""
        last = 0
        for start, end, name in sorted([(member.start, member.end, member.name) for member in self.members]):
            if start < last or end > directory:
                raise self._hostile(N_("các phần nén chồng lên nhau tại «{part}»"), part=name)
            last = end

    def _bound(self, limit: str, value: int) -> None:
        allowed = getattr(self.limits, limit)
        if value > allowed:
            raise over_limit(limit, value, allowed, self.file)

    def _hostile(self, message: str, **fill: object) -> WorkbookError:
        return WorkbookError(Problem("hostile-zip", message, Place(self.file), fill))

    def _broken(self, why: str) -> WorkbookError:
        return WorkbookError(
            Problem(
                "broken-zip",
                N_(
                    "tệp hỏng hoặc chưa tải về hết; hãy chép lại tệp từ nơi gửi, hoặc mở bằng Excel, chọn Mở và sửa "
                    "chữa (Open and Repair), rồi lưu lại"
                ),
                Place(self.file),
                {"why": why},
            )
        )

    def _broken_part(self, member: Member, why: str) -> WorkbookError:
        return WorkbookError(
            Problem(
                "broken-part",
                N_(
                    "phần «{part}» trong tệp bị hỏng; hãy mở tệp bằng Excel, chọn Mở và sửa chữa (Open and Repair), "
                    "rồi lưu lại"
                ),
                Place(self.file),
                {"part": member.name, "why": why},
            )
        )


def _list_plainly(raw: bytes) -> tuple[list[_Entry], int, bytes] | None:
    """What a plain directory lists, where it starts, and the comment behind it (none); None where it is not plain."""
    end = len(raw) - _END.size
    if end < 0 or not raw.startswith(b"PK\x05\x06", end) or raw.startswith(b"PK\x06\x07", end - _LOCATOR_SIZE):
        return None
    _, disk, first_disk, here, count, size, start, comment = _END.unpack_from(raw, end)
    if start + size != end or here != count or disk or first_disk or comment:
        return None
    entries, at = [], start
    for _each in range(count):
        if at + _CENTRAL.size > end:
            return None
        (signature, _made, needed, flags, method, _time, _date, crc, packed, size, length, extra, comment, disk, _, _,
         offset) = _CENTRAL.unpack_from(raw, at)  # fmt: skip
        after = at + _CENTRAL.size + length
        name = raw[at + _CENTRAL.size : after]
        if signature != b"PK\x01\x02" or needed > _PLAIN_VERSION or extra or comment or disk or not name.isascii():
            return None
        entries.append((name.decode(), method, flags, crc, packed, size, offset, raw[at:after]))
        at = after
    return (entries, start, b"") if at == end else None


def over_limit(limit: str, value: int, allowed: int, file: str = "") -> WorkbookError:
    """The refusal that names the limit (a field of `Limits`) and how to raise it."""
    labels = {
        "members": _("số phần trong tệp nén"),
        "file_bytes": _("dung lượng tệp (byte)"),
        "total_bytes": _("dung lượng sau khi giải nén (byte)"),
        "part_bytes": _("dung lượng một phần sau khi giải nén (byte)"),
        "ratio": _("tỷ lệ nén"),
        "elements": _("số phần tử XML của một phần"),
        "depth": _("số mức lồng nhau của XML"),
    }
    return WorkbookError(
        Problem(
            "over-limit",
            N_(
                "vượt giới hạn {what}: {value} > {allowed}. Nếu chắc chắn tệp này đáng tin, hãy đặt biến môi trường "
                "NHIEMVU_LIMIT_{name}={value} rồi chạy lại"
            ),
            Place(file),
            {"what": labels[limit], "value": value, "allowed": allowed, "name": limit.upper()},
        )
    )


def _name_length(member: Member) -> int:
    length: int = _CENTRAL.unpack_from(member.record)[10]
    return length


def _pack(name: bytes, data: bytes, flags: int) -> tuple[bytes, bytes]:
    """The local header with its deflated data, and the record of the directory (its offset still 0)."""
    deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
    packed = deflate.compress(data) + deflate.flush()
    common = (
        20,
        flags & _UTF8_FLAG,
        zipfile.ZIP_DEFLATED,
        _FIXED_TIME,
        _FIXED_DATE,
        zlib.crc32(data),
        len(packed),
        len(data),
    )
    local = _LOCAL.pack(b"PK\x03\x04", *common, len(name), 0) + name + packed
    return local, _CENTRAL.pack(b"PK\x01\x02", 20, *common, len(name), 0, 0, 0, 0, 0, 0) + name


def _moved(record: bytes, offset: int) -> bytes:
    """The record of a directory, pointing at a new offset; nothing else of it changes."""
    head = list(_CENTRAL.unpack_from(record))
    if head[16] != _UNSET:
        head[16] = offset
        return _CENTRAL.pack(*head) + record[_CENTRAL.size :]
    # zip64: the offset stands in the extra field, after the sizes that are also too large for the record
    moved = bytearray(record)
    at = _CENTRAL.size + head[10]
    extra_end = at + head[11]
    while at + 4 <= extra_end:
        kind, length = struct.unpack_from("<HH", record, at)
        if kind == 1:
            struct.pack_into("<Q", moved, at + 4 + 8 * (head[8] == _UNSET) + 8 * (head[9] == _UNSET), offset)
        at += 4 + length
    return bytes(moved)


def _end(count: int, size: int, start: int, comment: bytes) -> bytes:
    """The end of the directory; in the zip64 form where the plain one cannot hold the numbers."""
    zip64 = b""
    if count > 0xFFFF - 1 or start > _UNSET - 1:
        zip64 = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, start)
        zip64 += struct.pack("<4sLQL", b"PK\x06\x07", 0, start + size, 1)
    count, start = min(count, 0xFFFF), min(start, _UNSET)
    return zip64 + _END.pack(b"PK\x05\x06", 0, 0, count, count, size, start, len(comment)) + comment
