"""Workbooks of which nothing can be read, in the ways that they come."""

from __future__ import annotations

from random import Random

from .book import Workbook
from .criteria import LEAVES
from .kinds import breaks, swap
from .ods import make_ods
from .packages import ENTITIES, add_member, deflated_zeros, make_docx, make_ole
from .xlsx import Page, pack


@breaks("truncated", "failed", "broken-zip", "tệp bị cắt giữa chừng")
def _truncated(book: Workbook, random: Random) -> bytes:
    raw = pack(book.parts())
    return raw[: int(len(raw) * random.uniform(0.3, 0.8))]


@breaks("no-directory", "failed", "broken-zip", "mất phần mục lục cuối tệp")
def _no_directory(book: Workbook, random: Random) -> bytes:
    return pack(book.parts())[:-40]


@breaks("empty", "failed", "not-a-workbook", "tệp 0 byte")
def _empty(book: Workbook, random: Random) -> bytes:
    return b""


@breaks("text", "failed", "not-a-workbook", "văn bản thường mang tên .xlsx")
def _text(book: Workbook, random: Random) -> bytes:
    return f"UBND {book.sender.name}\nKính gửi {book.sender.parent}\nXã xin nộp biểu sau.\n".encode()


@breaks("html", "failed", "not-a-workbook", "trang HTML mang tên .xlsx, do phần mềm xuất ra")
def _html(book: Workbook, random: Random) -> bytes:
    rows = "".join(f"<tr><td>{each.id}</td><td>{each.name}</td></tr>" for each in LEAVES)
    return f'<html><head><meta charset="utf-8"></head><body><table>{rows}</table></body></html>'.encode()


@breaks("csv", "failed", "not-a-workbook", "CSV mang tên .xlsx")
def _csv(book: Workbook, random: Random) -> bytes:
    return "".join(f'{each.id},"{each.name}",{each.unit}\n' for each in LEAVES).encode("utf-8-sig")


@breaks("pdf", "failed", "not-a-workbook", "PDF mang tên .xlsx")
def _pdf(book: Workbook, random: Random) -> bytes:
    return b"%PDF-1.4\n1 0 obj\n<</Type/Catalog>>\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@breaks("photo", "failed", "not-a-workbook", "ảnh chụp biểu mang tên .xlsx")
def _photo(book: Workbook, random: Random) -> bytes:
    return (
        b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + random.randbytes(3000) + b"\xff\xd9"
    )


@breaks("word", "failed", "not-a-workbook", "văn bản Word mang tên .xlsx")
def _word(book: Workbook, random: Random) -> bytes:
    return make_docx(f"Báo cáo của UBND {book.sender.name}")


@breaks("zipped-again", "failed", "not-a-workbook", "tệp nén chứa sổ, đổi tên thành .xlsx")
def _zipped_again(book: Workbook, random: Random) -> bytes:
    return pack({f"{book.sender.code}.xlsx": pack(book.parts())})


@breaks("damaged-zip", "failed", "", "tệp nén tải về chưa hết, bên trong là sổ", ".zip")
def _damaged_zip(book: Workbook, random: Random) -> bytes:
    raw = pack({f"{book.sender.code}.xlsx": pack(book.parts())})
    return raw[: len(raw) // 2]


@breaks("excel-2003-xml", "failed", "not-a-workbook", "sổ Excel 2003 dạng XML mang tên .xls", ".xls")
def _xml2003(book: Workbook, random: Random) -> bytes:
    rows = "".join(f'<Row><Cell><Data ss:Type="String">{each.id}</Data></Cell></Row>' for each in LEAVES)
    space = "urn:schemas-microsoft-com:office:spreadsheet"
    return (
        f'<?xml version="1.0"?>\n<Workbook xmlns="{space}" xmlns:ss="{space}"><Worksheet ss:Name="Kết quả"><Table>'
        f"{rows}</Table></Worksheet></Workbook>"
    ).encode()


@breaks("password", "failed", "encrypted", "sổ có mật khẩu mở (OLE)")
def _password(book: Workbook, random: Random) -> bytes:
    return make_ole(["EncryptionInfo", "EncryptedPackage"], random.randbytes(4096))


@breaks("bomb", "failed", "over-limit", "tệp nén phình: 64 MB số 0 trong một phần", heavy=True)
def _bomb(book: Workbook, random: Random) -> bytes:
    return add_member(pack(book.parts()), "xl/media/image1.xml", *deflated_zeros(64))


@breaks("doctype-strings", "failed", "document-type", "DOCTYPE với thực thể nhân lên trong bảng chữ dùng chung")
def _doctype_strings(book: Workbook, random: Random) -> bytes:
    return swap(book, "xl/sharedStrings.xml", b"<sst", ENTITIES + b"<sst")


@breaks("no-strings", "failed", "wrong-workbook", "mất bảng chữ dùng chung")
def _no_strings(book: Workbook, random: Random) -> bytes:
    return pack({name: data for name, data in book.parts().items() if name != "xl/sharedStrings.xml"})


@breaks("blank", "failed", "wrong-workbook", "sổ trắng, nộp nhầm")
def _blank(book: Workbook, random: Random) -> bytes:
    book.pages = [Page("Sheet1"), Page("Sheet2"), Page("Sheet3")]
    return pack(book.parts())


@breaks("other-form", "failed", "wrong-workbook", "sổ của một báo cáo khác")
def _other_form(book: Workbook, random: Random) -> bytes:
    page = Page("Danh sách", (6, 40, 14))
    page.put_row(1, ("STT", "Thôn", "Số hộ nghèo"), "head")
    page.put_row(2, (1, "Thôn 1", 12), "text")
    page.put_row(3, (2, "Thôn 2", 7), "text")
    book.pages = [page]
    return pack(book.parts())


@breaks("damaged-stream", "failed", "broken-part", "một phần bị hỏng khi chép: dữ liệu nén sai")
def _damaged_stream(book: Workbook, random: Random) -> bytes:
    raw = bytearray(pack(book.parts()))
    at = raw.index(b"xl/workbook.xml") + len("xl/workbook.xml")
    raw[at + 9] ^= 0xFF
    return bytes(raw)


@breaks("traversal", "failed", "hostile-zip", "tên phần chỉ ra ngoài tệp")
def _traversal(book: Workbook, random: Random) -> bytes:
    return pack(book.parts() | {"../../../../tmp/nhiemvu-was-here": b"x"})


@breaks("not-utf8", "failed", "broken-xml", "phần workbook.xml không đúng UTF-8")
def _not_utf8(book: Workbook, random: Random) -> bytes:
    return swap(book, "xl/workbook.xml", b"<sheets>", b"<!-- \xff\xfe --><sheets>")


@breaks("xls-noise", "failed", "unreadable-old-format", "sổ .xls mà bên trong là rác", ".xls")
def _xls_noise(book: Workbook, random: Random) -> bytes:
    return b"\x09\x08\x10\x00\x00\x06\x05\x00\xd3\x10\xcc\x07\x41\x00\x00\x00\x06\x00\x00\x00" + random.randbytes(
        20_000
    )


@breaks("xls-endless", "failed", "unreadable-old-format", "sổ .xls có bản ghi dài hơn tệp", ".xls")
def _xls_endless(book: Workbook, random: Random) -> bytes:
    return (
        b"\x09\x08\x10\x00\x00\x06\x05\x00\xd3\x10\xcc\x07\x41\x00\x00\x00\x06\x00\x00\x00\xfc\x00\xff\xff"
        + b"\xff" * 40
    )


@breaks("xlsb-noise", "failed", "unreadable-old-format", "sổ .xlsb mà bên trong là rác", ".xlsb")
def _xlsb_noise(book: Workbook, random: Random) -> bytes:
    return pack({"[Content_Types].xml": b"<Types/>", "xl/workbook.bin": random.randbytes(9000)})


@breaks(
    "ods-killer",
    "failed",
    "unreadable-old-format",
    "sổ .ods có hai ô ở hai đầu trang: trình đọc thường chết vì nó",
    ".ods",
)
def _ods_killer(book: Workbook, random: Random) -> bytes:
    cell = '<table:table-cell office:value-type="float" office:value="1"><text:p>1</text:p></table:table-cell>'
    far = f'<table:table-cell table:number-columns-repeated="16383"/>{cell}'
    blank = '<table:table-row table:number-rows-repeated="1048574"><table:table-cell/></table:table-row>'
    rows = f"<table:table-row>{cell}</table:table-row>{blank}<table:table-row>{far}</table:table-row>"
    return make_ods(f'<table:table table:name="Kết quả">{rows}</table:table>')


@breaks("ods-endless", "failed", "unreadable-old-format", "sổ .ods có một ô lặp lại khắp trang", ".ods")
def _ods_endless(book: Workbook, random: Random) -> bytes:
    cell = '<table:table-cell office:value-type="float" office:value="1" table:number-columns-repeated="16384"/>'
    row = f'<table:table-row table:number-rows-repeated="1048576">{cell}</table:table-row>'
    return make_ods(f'<table:table table:name="Kết quả">{row}</table:table>')
