"""Workbooks that can be read and must not be written into, each with the way out."""

from __future__ import annotations

from nhiemvu.errors import GraftError, Place, Problem
from nhiemvu.messages import N_
from nhiemvu.workbook.package import Package, key

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT_MAIN = "http://purl.oclc.org/ooxml/spreadsheetml/main"


def refuse_unwritable(package: Package) -> None:
    """Refuse what our sheets would damage: a signature, a history of changes, a structure that somebody locked.

    Raises:
        GraftError: with the one reason.
    """
    if any(relation.type.endswith("/digital-signature/origin") for relation in package.related()) or any(
        key(name).startswith("_xmlsignatures/") for name in package.names
    ):
        raise refusal(
            package,
            "signed",
            N_("sổ có chữ ký số, ghi thêm vào sẽ làm mất hiệu lực chữ ký; hãy chạy trên bản chưa ký rồi ký lại"),
        )
    if any(relation.kind in ("revisionHeaders", "usernames") for relation in package.relations):
        raise refusal(
            package,
            "shared-workbook",
            N_(
                "sổ đang ở chế độ dùng chung (Shared Workbook) nên không ghi thêm trang được; hãy mở bằng Excel, "
                "vào Xem lại > Chia sẻ sổ làm việc (Review > Share Workbook), bỏ chọn cho phép nhiều người cùng sửa, "
                "lưu lại rồi chạy lại"
            ),
        )
    protection = package.workbook.root.find("workbookProtection")
    if protection is not None and protection.attributes.get("lockStructure", "0") in ("1", "true", "on"):
        raise refusal(
            package,
            "protected-structure",
            N_(
                "cấu trúc sổ đang được bảo vệ nên không thêm trang được; hãy mở bằng Excel, vào Xem lại > Bảo vệ sổ "
                "làm việc (Review > Protect Workbook) để bỏ bảo vệ, lưu lại rồi chạy lại"
            ),
        )
    if package.workbook.root.space not in (MAIN, STRICT_MAIN):
        raise refusal(
            package,
            "unknown-dialect",
            N_(
                "phần chính của sổ không theo chuẩn của tệp .xlsx (có thể do một bản Excel thử nghiệm ghi ra), Excel "
                "ngày nay không mở được; hãy mở bằng chương trình đã tạo ra sổ, lưu lại thành .xlsx rồi chạy lại"
            ),
        )
    if not package.sheets:
        raise refusal(
            package, "no-sheets", N_("sổ không có trang nào; hãy mở bằng Excel, chọn Mở và sửa chữa, rồi lưu lại")
        )


def refuse_duplicates(package: Package, part: str) -> None:
    """Refuse to edit a part whose name the archive holds twice: readers differ in which one they take.

    Raises:
        GraftError: `duplicate-part`.
    """
    if sum(key(name) == key(part) for name in package.names) > 1:
        raise refusal(
            package,
            "duplicate-part",
            N_("tệp có hai phần cùng tên «{part}» nên không biết sửa phần nào; hãy mở bằng Excel rồi lưu lại"),
            part=part,
        )


def refusal(package: Package, code: str, message: str, **fill: object) -> GraftError:
    """The error of one reason, to be raised."""
    return GraftError(Problem(code, message, Place(package.file), fill))
