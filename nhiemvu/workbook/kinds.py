"""What a file is, by its content and not by its name: a workbook, a CSV, a page of HTML, an encrypted file, ..."""

from __future__ import annotations

import difflib
import re
import stat
import zipfile
import zlib
from pathlib import Path
from typing import Literal

from nhiemvu.errors import Place, Problem, WorkbookError, say_reason
from nhiemvu.messages import N_
from nhiemvu.text import nearest
from nhiemvu.workbook.archive import Limits, over_limit

Kind = Literal[
    "xlsx",
    "xlsb",
    "xls",
    "ods",
    "encrypted",
    "empty",
    "csv",
    "html",
    "mht",
    "sylk",
    "xml2003",
    "fods",
    "xml",
    "gnumeric",
    "word",
    "pdf",
    "zip",
    "image",
    "unknown",
]

_NOT_A_WORKBOOK: dict[str, str] = {
    "empty": N_("tệp rỗng (0 byte); hãy chép lại tệp từ nơi gửi"),
    "csv": N_(
        "đây là tệp văn bản (CSV), không phải sổ Excel dù tên tệp thế nào; hãy mở bằng Excel, chọn Lưu thành (Save As) "
        "kiểu Excel Workbook (.xlsx), rồi chạy lại với tệp mới"
    ),
    "html": N_(
        "đây là trang HTML, không phải sổ Excel dù tên tệp thế nào; hãy mở bằng Excel, chọn Lưu thành (Save As) "
        "kiểu Excel Workbook (.xlsx), rồi chạy lại với tệp mới"
    ),
    "xml2003": N_(
        "đây là sổ Excel 2003 dạng XML, chương trình không đọc kiểu này; hãy mở bằng Excel, chọn Lưu thành (Save As) "
        "kiểu Excel Workbook (.xlsx), rồi chạy lại với tệp mới"
    ),
    "sylk": N_(
        "đây là bảng tính dạng chữ đời cũ (SYLK, DIF), không phải sổ Excel dù tên tệp thế nào; hãy mở bằng Excel, chọn "
        "Lưu thành (Save As) kiểu Excel Workbook (.xlsx), rồi chạy lại với tệp mới"
    ),
    "mht": N_(
        "đây là trang web lưu thành một tệp (MHT), không phải sổ Excel dù tên tệp thế nào; hãy mở bằng Excel, chọn Lưu "
        "thành (Save As) kiểu Excel Workbook (.xlsx), rồi chạy lại với tệp mới"
    ),
    "fods": N_(
        "đây là sổ LibreOffice dạng XML (.fods) hoặc OpenOffice đời cũ (.sxc), chương trình không đọc kiểu này; hãy mở "
        "bằng LibreOffice, chọn Lưu thành kiểu Excel 2007-365 (.xlsx), rồi chạy lại với tệp mới"
    ),
    "xml": N_("đây là tệp XML, không phải sổ Excel dù tên tệp thế nào; hãy chọn đúng tệp sổ"),
    "gnumeric": N_(
        "đây là sổ Gnumeric, chương trình không đọc kiểu này; hãy mở bằng Gnumeric hoặc LibreOffice, lưu thành kiểu "
        "Excel (.xlsx), rồi chạy lại với tệp mới"
    ),
    "xls": N_(
        "đây là sổ Excel kiểu cũ (.xls), không thêm trang vào được; kết quả cần ghi ra một sổ .xlsx mới bên cạnh"
    ),
    "xlsb": N_(
        "đây là sổ Excel nhị phân (.xlsb), không thêm trang vào được; kết quả cần ghi ra một sổ .xlsx mới bên cạnh"
    ),
    "ods": N_("đây là sổ OpenDocument (.ods), không thêm trang vào được; kết quả cần ghi ra một sổ .xlsx mới bên cạnh"),
    "word": N_("đây là văn bản Word, không phải sổ Excel; hãy chọn đúng tệp sổ"),
    "pdf": N_("đây là tệp PDF, không phải sổ Excel; hãy xin tệp sổ gốc"),
    "zip": N_("đây là tệp nén, không phải sổ Excel; hãy giải nén rồi chọn tệp sổ bên trong"),
    "image": N_("đây là tệp ảnh, không phải sổ Excel; hãy chọn đúng tệp sổ"),
    "unknown": N_("đây không phải sổ Excel (không nhận ra nội dung); hãy chọn đúng tệp, hoặc chép lại từ nơi gửi"),
    "encrypted": N_(
        "tệp có mật khẩu mở nên không đọc được; hãy mở bằng Excel, vào Tệp > Thông tin > Bảo vệ sổ làm việc > "
        "Mã hóa bằng mật khẩu, xóa ô mật khẩu, lưu lại rồi chạy lại"
    ),
}

_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (b"%PDF", "pdf"),
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"Rar!\x1a\x07", "zip"),
    (b"7z\xbc\xaf\x27\x1c", "zip"),
    (b"\x09\x08\x10\x00", "xls"),  # BIFF streams without a container: Excel 2 to 5
    (b"\x09\x08\x08\x00", "xls"),
    (b"\x09\x04\x06\x00", "xls"),
    (b"\x09\x02\x06\x00", "xls"),
    (b"\x09\x00\x04\x00", "xls"),
    (b"\x09\x00\x06\x00", "xls"),
)
# a workbook may hold a Word document as an object, so the workbook is looked for first
_OLE_ENTRIES: tuple[tuple[str, Kind], ...] = (
    ("encryptedpackage", "encrypted"),
    ("workbook", "xls"),
    ("book", "xls"),
    ("worddocument", "word"),
)
_LOCAL = 30  # bytes of a member's header, before its name
_GZIP = b"\x1f\x8b\x08"
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body|table|meta)[\s/>]", re.IGNORECASE)
_XML = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:\?xml|!--|!DOCTYPE(?!\s+html))", re.IGNORECASE)
_SYLK = re.compile(rb"ID;[A-Z]|TABLE\r?\n0,1\r?\n")
_FLAT = b"urn:oasis:names:tc:opendocument:xmlns:office:1.0"
_GNUMERIC = b"http://www.gnumeric.org/"


def sniff(raw: bytes) -> Kind:
    r"""What a file is, by its content alone: `xlsx` is any OOXML workbook.

    >>> sniff(b""), sniff("Mã,Tên\n1,Hụi\n".encode()), sniff(b"<html><table>")
    ('empty', 'csv', 'html')
    """
    if not raw:
        return "empty"
    if raw.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _sniff_zip(raw)
    if raw.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        folded = raw.lower()
        return next((kind for entry, kind in _OLE_ENTRIES if f"{entry}\0".encode("utf-16-le") in folded), "unknown")
    for magic, kind in _MAGIC:
        if raw.startswith(magic):
            return kind
    if raw.startswith(_GZIP):
        return _sniff_gzip(raw)
    return _sniff_text(raw[:8192])


def _read_mimetype(raw: bytes) -> bytes:
    """What an OpenDocument says of itself: by rights in the first member, not compressed; but some write otherwise."""
    at = raw.find(b"mimetype")
    if at < _LOCAL or not raw.startswith(b"PK\x03\x04", at - _LOCAL):
        return b""
    start = at + len(b"mimetype") + int.from_bytes(raw[at - 2 : at], "little")
    data = raw[start : start + 200]
    if int.from_bytes(raw[at - _LOCAL + 8 : at - _LOCAL + 10], "little") != zipfile.ZIP_DEFLATED:
        return data
    try:
        return zlib.decompressobj(-15).decompress(data, 200)
    except zlib.error:
        return b""


def _sniff_gzip(raw: bytes) -> Kind:
    """A workbook of Gnumeric is XML in gzip; anything else in it is to be unpacked first."""
    try:
        head = zlib.decompressobj(31).decompress(raw[:8192], 8192)
    except zlib.error:
        return "zip"
    return "gnumeric" if _GNUMERIC in head else "zip"


def _sniff_zip(raw: bytes) -> Kind:
    # member names stand uncompressed in the directory: enough to tell the kinds apart before anything is inflated
    end = raw.rfind(b"PK\x05\x06")
    start = int.from_bytes(raw[end + 16 : end + 20], "little")
    tail = raw[start if 0 < start < end else -(1 << 22) :].lower()
    said = _read_mimetype(raw)
    if said.startswith(b"application/vnd.oasis.opendocument"):
        return "ods" if b"opendocument.spreadsheet" in said else "unknown"
    if said.startswith(b"application/vnd.sun.xml.calc"):
        return "fods"
    if b"xl/workbook.bin" in tail or b"xl\\workbook.bin" in tail:
        return "xlsb"
    if b"word/document.xml" in tail:
        return "word"
    return "xlsx" if b"[content_types].xml" in raw[:4096].lower() or b"[content_types].xml" in tail else "zip"


def _sniff_text(head: bytes) -> Kind:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.decode("utf-16", "ignore").encode()
    if b"urn:schemas-microsoft-com:office:spreadsheet" in head:
        return "xml2003"
    if _FLAT in head:
        return "fods"
    if _GNUMERIC in head:
        return "gnumeric"
    if head.lstrip()[:13].lower() == b"mime-version:":
        return "mht"
    marked = _XML.match(head)
    # tables are in other XML as well; a page need not say <html>, but then it does not say <?xml either
    if _HTML.search(head) and not (marked and marked[0].endswith(b"?xml") and b"<html" not in head.lower()):
        return "html"
    if marked:
        return "xml"
    # control characters do not stand in text, whatever its encoding (old Vietnamese code pages included)
    if any(byte < 32 and byte not in b"\t\n\r\f" for byte in head):
        return "unknown"
    if _SYLK.match(head):
        return "sylk"
    return "csv" if re.search(rb"[,;\t\n]", head) else "unknown"


def read_file(path: Path, limits: Limits | None = None) -> bytes:
    """The bytes of a file.

    Raises:
        WorkbookError: no such file (with the nearest name), a folder, no permission, or larger than the limit.
    """
    limits = limits or Limits.from_environment()
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise WorkbookError(
                Problem(
                    "is-folder",
                    N_("đây là thư mục, không phải sổ Excel; hãy chỉ rõ tệp trong thư mục"),
                    Place(str(path)),
                )
            )
        if status.st_size > limits.file_bytes:
            raise over_limit("file_bytes", status.st_size, limits.file_bytes, path.name)
        return path.read_bytes()
    except FileNotFoundError:
        raise WorkbookError(_no_such_file(path)) from None
    except OSError as why:
        raise WorkbookError(
            Problem(
                "unreadable-file",
                N_("không đọc được tệp ({why}); hãy kiểm tra quyền đọc, ổ đĩa mạng, và đóng chương trình đang giữ tệp"),
                Place(str(path)),
                {"why": say_reason(why)},
            )
        ) from why


def _no_such_file(path: Path) -> Problem:
    try:
        beside = sorted(other.name for other in path.parent.iterdir() if other.is_file())
    except OSError:
        beside = []
    alike = difflib.get_close_matches(path.name, beside, 3, 0.6)
    near = [name for name in alike if nearest(path.stem, [Path(name).stem])]  # «.xlsx» alone makes no likeness
    if near:
        return Problem(
            "no-such-file",
            N_("không có tệp này; trong thư mục có tệp tên gần giống: «{near}». Hãy xem lại đường dẫn"),
            Place(str(path)),
            {"near": near[0]},
        )
    return Problem("no-such-file", N_("không có tệp này; hãy xem lại đường dẫn và tên tệp"), Place(str(path)))


def not_a_workbook(kind: Kind, file: str) -> Problem:
    """What to say of a file that `Package` cannot open; `fill["kind"]` holds the kind."""
    code = {"encrypted": "encrypted", "xls": "old-format", "xlsb": "old-format", "ods": "old-format"}.get(
        kind, "not-a-workbook"
    )
    return Problem(code, _NOT_A_WORKBOOK[kind], Place(file), {"kind": kind})
