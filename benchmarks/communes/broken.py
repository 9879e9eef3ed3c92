"""Workbooks broken in the ways that they come broken, each with what must be said of it.

A kind changes the truth of the unit by what its damage takes away, and gives the bytes of the file.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from random import Random
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from . import loss
from .criteria import LEAVES
from .layouts import show_day
from .xlsx import MADE, Content, Formula, Page, pack

if TYPE_CHECKING:
    from .folder import Workbook

SHEETS = ("facts", "results", "disbursement", "revenue", "security")
Break = Callable[["Workbook", Random], bytes]


@dataclass(frozen=True, slots=True)
class Kind:
    """One way in which a workbook is broken.

    Attributes:
        status: `failed`: nothing of it can be read; `told`: the rest is evaluated, what is lost is no_data;
            `read`: nothing is lost, but something must be said; `unknown-unit`, `no-unit`: nobody knows whose it is.
        code: of the problem that says so; "" where there is nothing to say.
        make: changes the unit's truth and gives the file.
        note: in a sentence.
        suffix: of the file.
        heavy: makes a large file or costs seconds; a folder holds two of them at most.
    """

    name: str
    status: str
    code: str
    make: Break
    note: str
    suffix: str = ".xlsx"
    heavy: bool = False

    @property
    def counted(self) -> bool:
        """Does its unit count in the groups."""
        return self.status in ("told", "read")


KINDS: dict[str, Kind] = {}


def _kind(name: str, status: str, code: str, note: str, suffix: str = ".xlsx", *, heavy: bool = False) -> Callable[[Break], Break]:
    def register(make: Break) -> Break:
        KINDS[name] = Kind(name, status, code, make, note, suffix, heavy)
        return make

    return register


def part_of(book: Workbook, sheet: str) -> str:
    """The part of one of its sheets."""
    name = book.typist.layout.sheets[SHEETS.index(sheet)]
    return f"xl/worksheets/sheet{[page.name for page in book.pages].index(name) + 1}.xml"


def page_of(book: Workbook, sheet: str) -> Page:
    """One of its sheets."""
    name = book.typist.layout.sheets[SHEETS.index(sheet)]
    return next(page for page in book.pages if page.name == name)


def _swap(book: Workbook, part: str, old: bytes, new: bytes) -> bytes:
    parts = book.parts()
    if old not in parts[part]:
        raise ValueError(f"{part} has no {old!r}")
    return pack(parts | {part: parts[part].replace(old, new, 1)})


# --- nothing can be read ----------------------------------------------------------------------------------------------


@_kind("truncated", "failed", "broken-zip", "tệp bị cắt giữa chừng")
def _truncated(book: Workbook, random: Random) -> bytes:
    raw = pack(book.parts())
    return raw[: int(len(raw) * random.uniform(0.3, 0.8))]


@_kind("no-directory", "failed", "broken-zip", "mất phần mục lục cuối tệp")
def _no_directory(book: Workbook, random: Random) -> bytes:
    return pack(book.parts())[:-40]


@_kind("empty", "failed", "not-a-workbook", "tệp 0 byte")
def _empty(book: Workbook, random: Random) -> bytes:
    return b""


@_kind("text", "failed", "not-a-workbook", "văn bản thường mang tên .xlsx")
def _text(book: Workbook, random: Random) -> bytes:
    return f"UBND {book.sender.name}\nKính gửi {book.sender.parent}\nXã xin nộp biểu sau.\n".encode()


@_kind("html", "failed", "not-a-workbook", "trang HTML mang tên .xlsx, do phần mềm xuất ra")
def _html(book: Workbook, random: Random) -> bytes:
    rows = "".join(f"<tr><td>{each.id}</td><td>{each.name}</td></tr>" for each in LEAVES)
    return f'<html><head><meta charset="utf-8"></head><body><table>{rows}</table></body></html>'.encode()


@_kind("csv", "failed", "not-a-workbook", "CSV mang tên .xlsx")
def _csv(book: Workbook, random: Random) -> bytes:
    return "".join(f'{each.id},"{each.name}",{each.unit}\n' for each in LEAVES).encode("utf-8-sig")


@_kind("pdf", "failed", "not-a-workbook", "PDF mang tên .xlsx")
def _pdf(book: Workbook, random: Random) -> bytes:
    return b"%PDF-1.4\n1 0 obj\n<</Type/Catalog>>\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@_kind("photo", "failed", "not-a-workbook", "ảnh chụp biểu mang tên .xlsx")
def _photo(book: Workbook, random: Random) -> bytes:
    return b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + random.randbytes(3000) + b"\xff\xd9"


@_kind("word", "failed", "not-a-workbook", "văn bản Word mang tên .xlsx")
def _word(book: Workbook, random: Random) -> bytes:
    return make_docx(f"Báo cáo của UBND {book.sender.name}")


@_kind("zipped-again", "failed", "not-a-workbook", "tệp nén chứa sổ, đổi tên thành .xlsx")
def _zipped_again(book: Workbook, random: Random) -> bytes:
    return pack({f"{book.sender.code}.xlsx": pack(book.parts())})


@_kind("excel-2003-xml", "failed", "not-a-workbook", "sổ Excel 2003 dạng XML mang tên .xls", ".xls")
def _xml2003(book: Workbook, random: Random) -> bytes:
    rows = "".join(f'<Row><Cell><Data ss:Type="String">{each.id}</Data></Cell></Row>' for each in LEAVES)
    space = "urn:schemas-microsoft-com:office:spreadsheet"
    return (
        f'<?xml version="1.0"?>\n<Workbook xmlns="{space}" xmlns:ss="{space}"><Worksheet ss:Name="Kết quả"><Table>{rows}'
        "</Table></Worksheet></Workbook>"
    ).encode()


@_kind("password", "failed", "encrypted", "sổ có mật khẩu mở (OLE)")
def _password(book: Workbook, random: Random) -> bytes:
    return make_ole(["EncryptionInfo", "EncryptedPackage"], random.randbytes(4096))


@_kind("bomb", "failed", "over-limit", "tệp nén phình: 64 MB số 0 trong một phần", heavy=True)
def _bomb(book: Workbook, random: Random) -> bytes:
    return _add_member(pack(book.parts()), "xl/media/image1.xml", *_deflated_zeros(64))


@_kind("doctype-strings", "failed", "document-type", "DOCTYPE với thực thể nhân lên trong bảng chữ dùng chung")
def _doctype_strings(book: Workbook, random: Random) -> bytes:
    return _swap(book, "xl/sharedStrings.xml", b"<sst", _ENTITIES + b"<sst")


@_kind("no-strings", "failed", "wrong-workbook", "mất bảng chữ dùng chung")
def _no_strings(book: Workbook, random: Random) -> bytes:
    return pack({name: data for name, data in book.parts().items() if name != "xl/sharedStrings.xml"})


@_kind("blank", "failed", "wrong-workbook", "sổ trắng, nộp nhầm")
def _blank(book: Workbook, random: Random) -> bytes:
    book.pages = [Page("Sheet1"), Page("Sheet2"), Page("Sheet3")]
    return pack(book.parts())


@_kind("other-form", "failed", "wrong-workbook", "sổ của một báo cáo khác")
def _other_form(book: Workbook, random: Random) -> bytes:
    page = Page("Danh sách", (6, 40, 14))
    for row, line in enumerate((("STT", "Thôn", "Số hộ nghèo"), (1, "Thôn 1", 12), (2, "Thôn 2", 7)), start=1):
        for column, content in enumerate(line, start=1):
            page.put(row, column, content, "head" if row == 1 else "text")
    book.pages = [page]
    return pack(book.parts())


@_kind("damaged-stream", "failed", "broken-part", "một phần bị hỏng khi chép: dữ liệu nén sai")
def _damaged_stream(book: Workbook, random: Random) -> bytes:
    raw = bytearray(pack(book.parts()))
    at = raw.index(b"xl/workbook.xml") + len("xl/workbook.xml")
    raw[at + 9] ^= 0xFF
    return bytes(raw)


@_kind("traversal", "failed", "hostile-zip", "tên phần chỉ ra ngoài tệp")
def _traversal(book: Workbook, random: Random) -> bytes:
    return pack(book.parts() | {"../../../../tmp/nhiemvu-was-here": b"x"})


@_kind("not-utf8", "failed", "broken-xml", "phần workbook.xml không đúng UTF-8")
def _not_utf8(book: Workbook, random: Random) -> bytes:
    return _swap(book, "xl/workbook.xml", b"<sheets>", b"<!-- \xff\xfe --><sheets>")


@_kind("xls-noise", "failed", "unreadable-old-format", "sổ .xls mà bên trong là rác", ".xls")
def _xls_noise(book: Workbook, random: Random) -> bytes:
    return b"\x09\x08\x10\x00\x00\x06\x05\x00\xd3\x10\xcc\x07\x41\x00\x00\x00\x06\x00\x00\x00" + random.randbytes(20_000)


@_kind("xls-endless", "failed", "unreadable-old-format", "sổ .xls có bản ghi dài hơn tệp", ".xls")
def _xls_endless(book: Workbook, random: Random) -> bytes:
    return b"\x09\x08\x10\x00\x00\x06\x05\x00\xd3\x10\xcc\x07\x41\x00\x00\x00\x06\x00\x00\x00\xfc\x00\xff\xff" + b"\xff" * 40


@_kind("xlsb-noise", "failed", "unreadable-old-format", "sổ .xlsb mà bên trong là rác", ".xlsb")
def _xlsb_noise(book: Workbook, random: Random) -> bytes:
    return pack({"[Content_Types].xml": b"<Types/>", "xl/workbook.bin": random.randbytes(9000)})


@_kind("ods-killer", "failed", "unreadable-old-format", "sổ .ods có hai ô ở hai đầu trang: trình đọc thường chết vì nó", ".ods")
def _ods_killer(book: Workbook, random: Random) -> bytes:
    cell = '<table:table-cell office:value-type="float" office:value="1"><text:p>1</text:p></table:table-cell>'
    far = f'<table:table-cell table:number-columns-repeated="16383"/>{cell}'
    rows = f'<table:table-row>{cell}</table:table-row><table:table-row table:number-rows-repeated="1048574"><table:table-cell/></table:table-row>'
    return make_ods(f'<table:table table:name="Kết quả">{rows}<table:table-row>{far}</table:table-row></table:table>')


@_kind("ods-endless", "failed", "unreadable-old-format", "sổ .ods có một ô lặp lại khắp trang", ".ods")
def _ods_endless(book: Workbook, random: Random) -> bytes:
    cell = '<table:table-cell office:value-type="float" office:value="1" table:number-columns-repeated="16384"/>'
    return make_ods(
        f'<table:table table:name="Kết quả"><table:table-row table:number-rows-repeated="1048576">{cell}</table:table-row>'
        "</table:table>"
    )


# --- part of it is lost -----------------------------------------------------------------------------------------------


def _wrong_crc(book: Workbook, sheet: str) -> bytes:
    loss.lose(book.report, sheet)
    raw, name = bytearray(pack(book.parts())), part_of(book, sheet).encode()
    raw[raw.rindex(name) - 30] ^= 0xFF  # of the directory, where the name stands 46 bytes behind the record's start
    return bytes(raw)


@_kind("crc-results", "told", "broken-part", "trang kết quả hỏng (sai CRC)")
def _crc_results(book: Workbook, random: Random) -> bytes:
    return _wrong_crc(book, "results")


@_kind("crc-disbursement", "told", "broken-part", "trang giải ngân hỏng (sai CRC)")
def _crc_disbursement(book: Workbook, random: Random) -> bytes:
    return _wrong_crc(book, "disbursement")


@_kind("doctype-sheet", "told", "document-type", "DOCTYPE trong một trang")
def _doctype_sheet(book: Workbook, random: Random) -> bytes:
    sheet = random.choice(("results", "disbursement", "revenue", "security"))
    loss.lose(book.report, sheet)
    return _swap(book, part_of(book, sheet), b"<worksheet", _ENTITIES + b"<worksheet")


@_kind("absurd-address", "told", "broken-part", "ô có địa chỉ không có thật")
def _absurd_address(book: Workbook, random: Random) -> bytes:
    sheet = random.choice(("disbursement", "revenue", "security"))
    loss.lose(book.report, sheet)
    far = b'<row r="4294967295"><c r="A4294967295"><v>1</v></c></row></sheetData>'
    return _swap(book, part_of(book, sheet), b"</sheetData>", far)


@_kind("million-styled", "told", "over-limit", "một triệu ô trắng có kẻ khung dưới bảng", heavy=True)
def _million_styled(book: Workbook, random: Random) -> bytes:
    loss.lose(book.report, "security")
    rows = "".join(f'<row r="{row}"><c r="C{row}" s="1"/></row>' for row in range(100, 1_000_100))
    return _swap(book, part_of(book, "security"), b"</sheetData>", rows.encode() + b"</sheetData>")


def _without(book: Workbook, sheet: str) -> bytes:
    loss.lose(book.report, sheet)
    book.pages.remove(page_of(book, sheet))
    return pack(book.parts())


@_kind("no-results", "told", "missing-sheet", "không có trang kết quả")
def _no_results(book: Workbook, random: Random) -> bytes:
    return _without(book, "results")


@_kind("no-disbursement", "told", "missing-sheet", "không có trang giải ngân")
def _no_disbursement(book: Workbook, random: Random) -> bytes:
    return _without(book, "disbursement")


@_kind("no-security", "told", "missing-sheet", "không có trang an ninh trật tự")
def _no_security(book: Workbook, random: Random) -> bytes:
    return _without(book, "security")


@_kind("value-heading", "told", "missing-column", "tiêu đề cột kết quả gõ sai")
def _value_heading(book: Workbook, random: Random) -> bytes:
    loss.lose_values(book.report)
    _rename(book, "value", random.choice(("Ket qua", "Kết quả đạt đưọc", "K.quả")))
    return pack(book.parts())


@_kind("not-computed", "told", "formula-not-computed", "mọi số liệu là công thức chưa được tính")
def _not_computed(book: Workbook, random: Random) -> bytes:
    loss.lose_figures(book.report)
    for sheet, columns in {"disbursement": (3, 4, 6), "revenue": (3, 5), "security": (3,)}.items():
        page = page_of(book, sheet)
        for cells in page.cells.values():
            if isinstance(cells.get(1, ("", ""))[0], int) and 3 in cells and len(cells) > 3:
                for column in columns:
                    cells[column] = Formula(f"Nhap!B{column}", None), cells[column][1]
    places = book.typist.places
    for criterion in LEAVES:
        for key in ("value", "numerator", "denominator"):
            if (criterion.id, key) in places:
                name, row, column = places[criterion.id, key]
                cells = next(page for page in book.pages if page.name == name).cells[row]
                cells[column] = Formula(f"Nhap!C{row}", None), cells[column][1]
    return pack(book.parts())


@_kind("results-twice", "told", "several-sheets", "hai trang kết quả tên chỉ khác chữ hoa, chữ thường")
def _results_twice(book: Workbook, random: Random) -> bytes:
    loss.lose(book.report, "results")
    page = page_of(book, "results")
    # Excel itself would not allow two names that differ in case only; a space at the end it does
    copy = Page(f"{page.name} ", page.widths, page.cells, page.merges, page.heights)
    book.pages.append(copy)
    return pack(book.parts())


@_kind("two-tables", "told", "several-tables", "hai bảng kết quả trên một trang")
def _two_tables(book: Workbook, random: Random) -> bytes:
    loss.lose(book.report, "results")
    page = page_of(book, "results")
    down = max(page.cells) + 3
    page.cells |= {row + down: dict(cells) for row, cells in list(page.cells.items())}
    page.merges += [(a + down, b, c + down, d) for a, b, c, d in page.merges]
    return pack(book.parts())


@_kind("code-twice", "told", "duplicate-code", "một mã tiêu chí ở hai hàng")
def _code_twice(book: Workbook, random: Random) -> bytes:
    one, other = random.sample([each.id for each in LEAVES if each.kind in ("share", "count")], 2)
    loss.lose_row(book.report, one)
    loss.lose_row(book.report, other)
    name, row, column = book.typist.places[other, "id"]
    page = next(page for page in book.pages if page.name == name)
    _, first, _ = book.typist.places[one, "id"]
    page.put(row, column, page.cells[first][column][0], "code")
    return pack(book.parts())


@_kind("code-as-number", "told", "code-collision", "mã 17.10 gõ thành số, Excel bỏ số 0")
def _code_as_number(book: Workbook, random: Random) -> bytes:
    for id_ in ("17.1", "17.10"):
        loss.lose_row(book.report, id_)
        name, row, column = book.typist.places[id_, "id"]
        next(page for page in book.pages if page.name == name).put(row, column, 17.1, "center")
    return pack(book.parts())


# --- all of it is read, and something must be said ----------------------------------------------------------------------


@_kind("id-heading", "read", "missing-column", "tiêu đề cột mã gõ sai; các hàng được nhận ra theo tên")
def _id_heading(book: Workbook, random: Random) -> bytes:
    _rename(book, "id", random.choice(("Mã sô", "M·", "Số thứ tụ")))
    return pack(book.parts())


@_kind("as-of-outside", "read", "rulebook-not-in-force", "ngày số liệu ngoài thời gian áp dụng bộ quy tắc (gõ nhầm năm)")
def _as_of_outside(book: Workbook, random: Random) -> bytes:
    day = book.sender.as_of.replace(year=book.sender.as_of.year - 1)
    _fact(book, "as_of", random.choice((day, show_day(day))))
    return pack(book.parts())


@_kind("million-rows", "read", "", "một triệu hàng trống", heavy=True)
def _million_rows(book: Workbook, random: Random) -> bytes:
    rows = "".join(f'<row r="{row}"/>' for row in range(100, 1_000_000))
    return _swap(book, part_of(book, "security"), b"</sheetData>", rows.encode() + b"</sheetData>")


@_kind("stray-cell", "read", "", "một ô lạc ở XFD1048576")
def _stray_cell(book: Workbook, random: Random) -> bytes:
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    return _swap(book, part_of(book, "disbursement"), b"</sheetData>", far)


@_kind("protected", "read", "", "các trang khóa bằng mật khẩu, vẫn mở được")
def _protected(book: Workbook, random: Random) -> bytes:
    lock = b'</sheetData><sheetProtection password="CC1A" sheet="1" objects="1" scenarios="1"/>'
    parts = book.parts()
    return pack({name: data.replace(b"</sheetData>", lock) if "/sheet" in name else data for name, data in parts.items()})


@_kind("no-code", "no-unit", "", "không ghi mã đơn vị")
def _no_code(book: Workbook, random: Random) -> bytes:
    _fact(book, "unit_code", None)
    return pack(book.parts())


@_kind("unknown-code", "unknown-unit", "", "mã đơn vị không có trong danh sách")
def _unknown_code(book: Workbook, random: Random) -> bytes:
    _fact(book, "unit_code", f"9{book.sender.code[1:]}")
    return pack(book.parts())


@_kind("other-rulebook", "read", "", "sổ ghi một bộ quy tắc khác, không có thật")
def _other_rulebook(book: Workbook, random: Random) -> bytes:
    _fact(book, "rulebook", "nhiem-vu-trong-tam-2023")
    return pack(book.parts())


def _rename(book: Workbook, key: str, heading: str) -> None:
    """Misspell a heading of the results."""
    _retype(book, ("head", key), heading)


def _fact(book: Workbook, name: str, content: Content) -> None:
    """Type another fact."""
    _retype(book, ("fact", name), content)


def _retype(book: Workbook, what: tuple[str, str], content: Content) -> None:
    sheet, row, column = book.typist.places[what]
    page = next(page for page in book.pages if page.name == sheet)
    page.put(row, column, content, page.cells[row][column][1])


# --- bytes --------------------------------------------------------------------------------------------------------------

_ENTITIES = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@lru_cache(maxsize=2)
def _deflated_zeros(mebibytes: int) -> tuple[bytes, int, int]:
    """Zeros, packed; how many, and their CRC."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    chunk, crc = bytes(1 << 20), 0
    data = b""
    for _ in range(mebibytes):
        data += packer.compress(chunk)
        crc = zlib.crc32(chunk, crc)
    return data + packer.flush(), mebibytes << 20, crc


def _add_member(raw: bytes, name: str, data: bytes, size: int, crc: int) -> bytes:
    """One more member, already packed."""
    end = raw.rindex(b"PK\x05\x06")
    count, length, start = struct.unpack("<HLL", raw[end + 10 : end + 20])
    common = struct.pack("<5H3L2H", 20, 0, 8, 0, 33, crc, len(data), size, len(name), 0)
    local = b"PK\x03\x04" + common + name.encode() + data
    record = b"PK\x01\x02" + struct.pack("<H", 20) + common + struct.pack("<3H2L", 0, 0, 0, 0, start) + name.encode()
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count + 1, count + 1, length + len(record), start + len(local), 0)
    return raw[:start] + local + raw[start:end] + record + tail


def make_docx(text: str) -> bytes:
    """A Word document of one line."""
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    return pack(
        {
            "[Content_Types].xml": b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default '
            b'Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName='
            b'"/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.'
            b'main+xml"/></Types>',
            "_rels/.rels": b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship '
            b'Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
            b'Target="word/document.xml"/></Relationships>',
            "word/document.xml": f'<w:document xmlns:w="{space}"><w:body><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:body>'
            "</w:document>".encode(),
        }
    )


def make_ole(streams: list[str], data: bytes) -> bytes:
    """A compound file whose streams begin with the same data."""
    sectors = -(-len(data) // 512)
    fat = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, 2 + sectors), 0xFFFFFFFE]
    header = struct.pack("<8s16x5H6x9L", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<109L", 0, *[0xFFFFFFFF] * 108)
    entries = [("Root Entry", 5, 1, 0xFFFFFFFE, 0), *((name, 2, 0xFFFFFFFF, 2, len(data)) for name in streams)]
    folder = b""
    for i, (name, kind, child, start, size) in enumerate(entries):
        coded = name.encode("utf-16-le")
        right = i + 1 if 0 < i < len(streams) else 0xFFFFFFFF
        folder += coded.ljust(64, b"\0") + struct.pack("<HBB3L36xLQ", len(coded) + 2, kind, 1, 0xFFFFFFFF, right, child, start, size)
    return header + struct.pack("<128L", *fat, *[0xFFFFFFFF] * (128 - len(fat))) + folder.ljust(512, b"\0") + data.ljust(sectors * 512, b"\0")


def make_ods(tables: str) -> bytes:
    """An OpenDocument workbook."""
    spaces = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"'
        for short, long in (("office", "office"), ("table", "table"), ("text", "text"), ("m", "manifest"))
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    made = BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as archive:
        archive.writestr(ZipInfo("mimetype", MADE), kind)
        for name, text in (
            ("content.xml", f"<office:document-content {spaces} office:version=\"1.2\"><office:body><office:spreadsheet>{tables}"
             "</office:spreadsheet></office:body></office:document-content>"),
            ("META-INF/manifest.xml", f'<m:manifest {spaces}><m:file-entry m:full-path="/" m:media-type="{kind}"/><m:file-entry '
             'm:full-path="content.xml" m:media-type="text/xml"/></m:manifest>'),
        ):  # fmt: skip
            info = ZipInfo(name, MADE)
            info.compress_type = ZIP_DEFLATED
            archive.writestr(info, text)
    return made.getvalue()
