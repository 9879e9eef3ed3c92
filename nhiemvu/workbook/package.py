"""An OOXML workbook as its parts: what is in the file, which sheets it has, where its styles are. Reading only.

`sniff` says by content what a file is, so that a CSV named .xls or an encrypted file is named for what it is.
"""

from __future__ import annotations

import difflib
import posixpath
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal
from urllib.parse import unquote

from nhiemvu.errors import Place, Problem, WorkbookError
from nhiemvu.messages import N_
from nhiemvu.workbook.archive import Archive, Limits, Member, over_limit
from nhiemvu.workbook.markup import Document, Element, MarkupError

Kind = Literal[
    "xlsx",
    "xlsb",
    "xls",
    "ods",
    "encrypted",
    "empty",
    "csv",
    "html",
    "xml2003",
    "word",
    "pdf",
    "zip",
    "image",
    "unknown",
]
SheetKind = Literal["worksheet", "chartsheet", "dialogsheet", "macrosheet"]
SheetState = Literal["visible", "hidden", "veryHidden"]

CONTENT_TYPES = "[Content_Types].xml"

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
    "xls": N_(
        "đây là sổ Excel kiểu cũ (.xls), không thêm trang vào được; kết quả cần ghi ra một sổ .xlsx mới bên cạnh"
    ),
    "xlsb": N_(
        "đây là sổ Excel nhị phân (.xlsb), không thêm trang vào được; kết quả cần ghi ra một sổ .xlsx mới bên cạnh"
    ),
    "ods": N_("đây là sổ OpenDocument (.ods), không thêm trang vào được; kết quả cần ghi ra một sổ .xlsx mới bên cạnh"),
    "word": N_("đây là văn bản Word, không phải sổ Excel; hãy chọn đúng tệp sổ"),
    "pdf": N_("đây là tệp PDF, không phải sổ Excel; hãy xin tệp sổ gốc"),
    "zip": N_("đây là tệp nén (zip) thường, không phải sổ Excel; hãy giải nén rồi chọn tệp sổ bên trong"),
    "image": N_("đây là tệp ảnh, không phải sổ Excel; hãy chọn đúng tệp sổ"),
    "unknown": N_("đây không phải sổ Excel (không nhận ra nội dung); hãy chọn đúng tệp, hoặc chép lại từ nơi gửi"),
    "encrypted": N_(
        "tệp có mật khẩu mở nên không đọc được; hãy mở bằng Excel, vào Tệp > Thông tin > Bảo vệ sổ làm việc > "
        "Mã hóa bằng mật khẩu, xóa ô mật khẩu, lưu lại rồi chạy lại"
    ),
}


@dataclass(frozen=True, slots=True)
class Relation:
    """A resolved relationship.

    Attributes:
        id: as in `r:id`.
        kind: last word of the type's URI, such as `worksheet`, `styles`, `hyperlink`.
        type: the type's URI.
        target: name of the part as stored (or the name that it would have, where it does not exist); a link where
            external.
        external: the target is outside the package.
        exists: the target is a part of the package.
    """

    id: str
    kind: str
    type: str
    target: str
    external: bool
    exists: bool


@dataclass(frozen=True, slots=True)
class SheetRef:
    """A sheet as the workbook lists it; `part` is "" where the list names a part that does not exist."""

    name: str
    part: str
    kind: SheetKind
    state: SheetState


class Package:
    """The parts of one OOXML workbook.

    Attributes:
        source: the path, or None where it was opened from bytes.
        file: the name that messages show.
        archive: the zip file underneath.
        names: part names in directory order, as stored.
    """

    def __init__(self, raw: bytes, source: Path | None = None, limits: Limits | None = None) -> None:
        """Take the bytes of a file; see `open`."""
        self.source, self.file = source, source.name if source else ""
        kind = sniff(raw)
        if kind != "xlsx" and not raw.startswith(b"PK"):
            raise WorkbookError(_not_a_workbook(kind, self.file))
        self.archive = Archive(raw, self.file, limits)
        if kind != "xlsx":
            raise WorkbookError(_not_a_workbook(kind, self.file))
        self.names: tuple[str, ...] = tuple(member.name for member in self.archive.members)
        self._members: dict[str, Member] = {key(member.name): member for member in self.archive.members}

    @classmethod
    def open(cls, source: Path | str | bytes, limits: Limits | None = None) -> Package:
        """Open a workbook from a path or its bytes.

        Raises:
            WorkbookError: with one problem that says what the file is, or which limit it passes, and what to do.
        """
        if isinstance(source, bytes):
            return cls(source, None, limits)
        path = Path(source)
        return cls(read_file(path, limits), path, limits)

    def __contains__(self, part: str) -> bool:
        return key(part) in self._members

    def member(self, part: str) -> Member:
        """The zip entry of a part; part names ignore case.

        Raises:
            WorkbookError: no such part (`missing-part`).
        """
        try:
            return self._members[key(part)]
        except KeyError:
            raise WorkbookError(
                Problem(
                    "missing-part",
                    N_(
                        "tệp thiếu phần «{part}»; hãy mở bằng Excel, chọn Mở và sửa chữa (Open and Repair), rồi lưu lại"
                    ),
                    Place(self.file),
                    {"part": part},
                )
            ) from None

    def read(self, part: str) -> bytes:
        """The bytes of a part, inflated; bounded, size and CRC checked.

        Raises:
            WorkbookError: missing or damaged; the problem names the part.
        """
        return self.archive.read(self.member(part))

    def parse(self, part: str) -> Document:
        """A part as XML.

        Raises:
            WorkbookError: missing, damaged, or not XML that we read (`broken-xml`).
        """
        try:
            return Document(self.read(part))
        except MarkupError as why:
            raise WorkbookError(
                Problem(
                    "broken-xml",
                    N_("phần «{part}» trong tệp sai cú pháp XML ({why}); hãy mở tệp bằng Excel rồi lưu lại"),
                    Place(self.file),
                    {"part": part, "why": str(why)},
                )
            ) from why

    def related(self, part: str = "") -> tuple[Relation, ...]:
        """The relationships of a part, resolved; of the package itself for "". Empty where it has none."""
        part = part.replace("\\", "/").lstrip("/")
        rels = relations_part(part)
        if rels not in self:
            return ()
        found = []
        for element in self.parse(rels).root.children:
            given = element.attributes
            if element.name != "Relationship":
                continue
            uri, target = given.get("Type", ""), given.get("Target", "")
            external = given.get("TargetMode", "") == "External"
            exists = False
            if not external:
                target, exists = self._resolve(part, target)
            found.append(Relation(given.get("Id", ""), uri.rsplit("/", 1)[-1], uri, target, external, exists))
        return tuple(found)

    def _resolve(self, part: str, target: str) -> tuple[str, bool]:
        target = target.replace("\\", "/").split("#", 1)[0]
        name = posixpath.normpath(posixpath.join("/", posixpath.dirname(part), target)).lstrip("/")
        for candidate in (name, unquote(name)):
            if candidate in self:
                return self.member(candidate).name, True
        return name, False

    @cached_property
    def workbook_part(self) -> str:
        """The main part, found through the package's relationships."""
        for relation in self.related():
            if relation.kind == "officeDocument" and relation.exists:
                return relation.target
        raise WorkbookError(
            Problem(
                "no-workbook-part",
                N_(
                    "tệp thiếu phần chính của sổ; hãy mở bằng Excel, chọn Mở và sửa chữa (Open and Repair), rồi lưu lại"
                ),
                Place(self.file),
            )
        )

    @cached_property
    def relations(self) -> tuple[Relation, ...]:
        """The relationships of the workbook part."""
        return self.related(self.workbook_part)

    @cached_property
    def workbook(self) -> Document:
        """The workbook part, parsed; for looking only."""
        return self.parse(self.workbook_part)

    @cached_property
    def sheet_elements(self) -> tuple[Element, ...]:
        """The `sheet` elements of the workbook part, in order."""
        listed = self.workbook.root.find("sheets")
        return tuple(listed.each("sheet")) if listed else ()

    @cached_property
    def sheets(self) -> tuple[SheetRef, ...]:
        """Every sheet, in order."""
        by_id = {relation.id: relation for relation in self.relations}
        found = []
        for element in self.sheet_elements:
            relation = by_id.get(relation_id(element))
            word = relation.kind.lower() if relation else ""
            kind: SheetKind = "worksheet"
            for other in ("chartsheet", "dialogsheet", "macrosheet"):
                if word.endswith(other):
                    kind = other  # type: ignore[assignment]
            state = element.attributes.get("state", "visible")
            found.append(
                SheetRef(
                    element.attributes.get("name", ""),
                    relation.target if relation and relation.exists else "",
                    kind,
                    state if state in ("hidden", "veryHidden") else "visible",  # type: ignore[arg-type]
                )
            )
        return tuple(found)

    @property
    def styles_part(self) -> str | None:
        """The styles, where the workbook has any."""
        return self._one("styles")

    @property
    def shared_strings_part(self) -> str | None:
        """The shared strings, where the workbook has any."""
        return self._one("sharedStrings")

    def _one(self, kind: str) -> str | None:
        return next((relation.target for relation in self.relations if relation.kind == kind and relation.exists), None)


def key(part: str) -> str:
    r"""What part names are compared by: no leading slash, no backslash, no case.

    >>> key("/XL\\Workbook.xml")
    'xl/workbook.xml'
    """
    return part.replace("\\", "/").lstrip("/").lower()


def relations_part(part: str) -> str:
    """The part that holds the relationships of a part.

    >>> relations_part("xl/workbook.xml"), relations_part("")
    ('xl/_rels/workbook.xml.rels', '_rels/.rels')
    """
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def relation_id(element: Element) -> str:
    """The value of `r:id`, whatever the prefix, transitional or strict."""
    return next((v for k, v in element.attributes.items() if k.endswith("/relationships id")), "")


def read_file(path: Path, limits: Limits | None = None) -> bytes:
    """The bytes of a file.

    Raises:
        WorkbookError: no such file (with the nearest name), a folder, no permission, or larger than the limit.
    """
    limits = limits or Limits.from_environment()
    try:
        if path.is_dir():
            raise WorkbookError(
                Problem(
                    "is-folder",
                    N_("đây là thư mục, không phải sổ Excel; hãy chỉ rõ tệp trong thư mục"),
                    Place(str(path)),
                )
            )
        if path.stat().st_size > limits.file_bytes:
            raise over_limit("file_bytes", path.stat().st_size, limits.file_bytes, path.name)
        return path.read_bytes()
    except FileNotFoundError:
        raise WorkbookError(_no_such_file(path)) from None
    except OSError as why:
        raise WorkbookError(
            Problem(
                "unreadable-file",
                N_("không đọc được tệp ({why}); hãy kiểm tra quyền đọc, ổ đĩa mạng, và đóng chương trình đang giữ tệp"),
                Place(str(path)),
                {"why": why.strerror or str(why)},
            )
        ) from why


def _no_such_file(path: Path) -> Problem:
    try:
        beside = [other.name for other in path.parent.iterdir() if other.is_file()]
    except OSError:
        beside = []
    near = difflib.get_close_matches(path.name, beside, 1, 0.6)
    if near:
        return Problem(
            "no-such-file",
            N_("không có tệp này; trong thư mục có tệp tên gần giống: «{near}». Hãy xem lại đường dẫn"),
            Place(str(path)),
            {"near": near[0]},
        )
    return Problem("no-such-file", N_("không có tệp này; hãy xem lại đường dẫn và tên tệp"), Place(str(path)))


def _not_a_workbook(kind: str, file: str) -> Problem:
    code = {"encrypted": "encrypted", "xls": "old-format", "xlsb": "old-format", "ods": "old-format"}.get(
        kind, "not-a-workbook"
    )
    return Problem(code, _NOT_A_WORKBOOK[kind], Place(file), {"kind": kind})


# --- what a file is, by its content ---------------------------------------------------------------------------

_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (b"%PDF", "pdf"),
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
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
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body|table|meta)\b", re.IGNORECASE)


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
        for entry, kind in (
            ("EncryptedPackage", "encrypted"),
            ("WordDocument", "word"),
            ("Workbook", "xls"),
            ("Book", "xls"),
        ):
            if f"{entry}\0".encode("utf-16-le") in raw:
                return kind  # type: ignore[return-value]
        return "unknown"
    for magic, kind in _MAGIC:
        if raw.startswith(magic):
            return kind
    return _sniff_text(raw[:8192])


def _sniff_zip(raw: bytes) -> Kind:
    # member names stand uncompressed in the directory: enough to tell the kinds apart before anything is inflated
    tail = raw[-(1 << 22) :].lower()
    if b"mimetypeapplication/vnd.oasis.opendocument" in raw[:200]:
        return "ods" if b"opendocument.spreadsheet" in raw[:200] else "unknown"
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
    if _HTML.search(head):
        return "html"
    # control characters do not stand in text, whatever its encoding (old Vietnamese code pages included)
    if any(byte < 32 and byte not in b"\t\n\r\f" for byte in head):
        return "unknown"
    return "csv" if re.search(rb"[,;\t\n]", head) else "unknown"
