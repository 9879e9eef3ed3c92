"""What can go wrong, and where.

    NhiemvuError      everything that this library raises on purpose
    ├── RuleError     a rulebook that does not load; holds every problem of the file
    ├── WorkbookError a workbook that cannot be read at all (missing, not a workbook, encrypted, over a limit)
    ├── FrameError    DataFrames that do not fit the rulebook; holds everything that does not fit
    ├── FormError     a Word template that cannot be filled; holds every wrong placeholder, or why there is no PDF
    ├── GraftError    a workbook that can be read but not written into (signed, shared, protected), with the way out
    ├── WriteError    the file system said no (disk full, locked, changed meanwhile); the original is whole
    ├── StoreError    a store that cannot be opened, read or written; what it held is whole
    └── BundleError   a folder for Windows that cannot be put together; nothing of it is left behind

A `Problem` is one finding with its place. Problems do not stop an evaluation: they are collected and shown.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from nhiemvu.messages import N_, _

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: a cell of a workbook, or a line of a rule file. Lines and columns count from 1."""

    file: str = ""
    sheet: str = ""
    cell: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """`so.xlsx · Kết quả!F12`, or `rules/a.yaml:12:5`.

        >>> str(Place("so.xlsx", "Kết quả", "F12")), str(Place("a.yaml", line=12, column=5))
        ('so.xlsx · Kết quả!F12', 'a.yaml:12:5')
        """
        if self.line:
            return f"{self.file}:{self.line}:{self.column}"
        return " · ".join(part for part in (self.file, self.address) if part)

    @property
    def address(self) -> str:
        """`Kết quả!F12`: the sheet and the cell, whichever are known."""
        return f"{self.sheet}!{self.cell}" if self.sheet and self.cell else self.sheet or self.cell


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding: what, where, what to do.

    Attributes:
        code: stable English name of the kind of finding, such as `text-in-number`.
        message: what is wrong and what to do; a Vietnamese template for `str.format`, marked with `N_`.
        place: where.
        fill: values of the template's placeholders.
        severity: `error` costs somebody a verdict, `warning` may, `note` only informs.
        criterion: id of the criterion that it touches, where it touches one.
        unit: code of the unit whose workbook it is.
    """

    code: str
    message: str
    place: Place = field(default_factory=Place)
    fill: Mapping[str, object] = field(default_factory=dict)
    severity: Severity = "error"
    criterion: str = ""
    unit: str = ""

    @property
    def text(self) -> str:
        """The message in the language in force, without the place."""
        return _(self.message, **self.fill)

    def __str__(self) -> str:
        where = str(self.place)
        return f"{where}: {self.text}" if where else self.text


class NhiemvuError(Exception):
    """What this library raises on purpose; only a `Target` that cannot be read is a ValueError.

    `problems` holds each finding; `code` names the first.
    """

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__(self.problems)

    @property
    def code(self) -> str:
        """The stable name of the first finding."""
        return self.problems[0].code if self.problems else ""

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class RuleError(NhiemvuError):
    """A rulebook that does not load."""


class WorkbookError(NhiemvuError):
    """A workbook that cannot be read at all."""


class FrameError(NhiemvuError):
    """DataFrames that do not fit the rulebook."""


class FormError(NhiemvuError):
    """A Word template that cannot be filled, or a form that cannot be made a PDF."""


class GraftError(NhiemvuError):
    """A workbook that can be read but not written into; the message says what to do."""


class WriteError(NhiemvuError):
    """The file system refused; the original file is whole."""


class StoreError(NhiemvuError):
    """A store that cannot be opened, read or written; what it held is whole."""


class BundleError(NhiemvuError):
    """A folder for Windows that cannot be put together; nothing of it is left behind."""


_NETWORK_GONE = N_("mất kết nối tới ổ đĩa mạng hoặc máy chủ")
_REASONS = {
    errno.EACCES: N_("không có quyền"),
    errno.EPERM: N_("không có quyền"),
    errno.ENOENT: N_("không có tệp hoặc thư mục này"),
    errno.ENOTDIR: N_("một phần của đường dẫn không phải là thư mục"),
    errno.EISDIR: N_("đây là thư mục"),
    errno.EEXIST: N_("đã có sẵn"),
    errno.ENOSPC: N_("ổ đĩa đầy"),
    errno.EDQUOT: N_("hết hạn mức ổ đĩa"),
    errno.EFBIG: N_("tệp quá lớn"),
    errno.EROFS: N_("ổ đĩa chỉ cho đọc"),
    errno.EIO: N_("ổ đĩa bị lỗi đọc ghi"),
    errno.ENAMETOOLONG: N_("tên quá dài"),
    errno.ELOOP: N_("các liên kết trỏ vòng quanh"),
    errno.EBUSY: N_("đang được chương trình khác dùng"),
    errno.ETXTBSY: N_("đang được chương trình khác dùng"),
    errno.EADDRINUSE: N_("đang được chương trình khác dùng"),
    errno.EADDRNOTAVAIL: N_("máy này không có địa chỉ ấy"),
    errno.EMFILE: N_("đang mở quá nhiều tệp cùng lúc"),
    errno.ENFILE: N_("đang mở quá nhiều tệp cùng lúc"),
    errno.ENOMEM: N_("hết bộ nhớ"),
    errno.ECONNREFUSED: N_("máy chủ không nhận kết nối"),
    **dict.fromkeys(
        (
            errno.ESTALE,
            errno.ENOTCONN,
            errno.ECONNRESET,
            errno.ECONNABORTED,
            errno.EHOSTDOWN,
            errno.EHOSTUNREACH,
            errno.ENETDOWN,
            errno.ENETUNREACH,
            errno.ETIMEDOUT,
        ),
        _NETWORK_GONE,
    ),
}


def say_reason(error: Exception) -> str:
    """Why the system refused, in words that are translated when they are shown; what a library says stays its own.

    >>> say_reason(PermissionError(13, "Permission denied")), say_reason(OSError(5, "Bucket is gone"))
    ('không có quyền', 'Bucket is gone')
    """
    number, said = getattr(error, "errno", None), getattr(error, "strerror", None)
    if number is not None and said in (None, os.strerror(number)) and number in _REASONS:
        return _REASONS[number]
    return said or str(error) or type(error).__name__
