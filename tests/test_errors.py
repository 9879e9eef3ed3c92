"""What the system refuses is said in the reader's language; what a library says stays its own."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from nhiemvu.errors import WorkbookError, say_reason
from nhiemvu.messages import _, language
from nhiemvu.workbook.kinds import read_file

GONE = "mất kết nối tới ổ đĩa mạng hoặc máy chủ", "the connection to the network drive or server was lost"


@pytest.mark.parametrize(
    ("number", "vietnamese", "english"),
    [
        (errno.EACCES, "không có quyền", "permission denied"),
        (errno.ENOSPC, "ổ đĩa đầy", "the disk is full"),
        (errno.ESTALE, *GONE),
        (errno.ETIMEDOUT, *GONE),
        (errno.EBUSY, "đang được chương trình khác dùng", "another program is using it"),
    ],
)
def test_a_refusal_of_the_system_is_said_in_both_languages(number: int, vietnamese: str, english: str) -> None:
    reason = say_reason(OSError(number, os.strerror(number)))
    assert _("{why}", why=reason) == vietnamese
    with language("en"):
        assert _("{why}", why=reason) == english


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PermissionError(errno.EACCES, "The bucket is not yours"), "The bucket is not yours"),
        (OSError(errno.ENOTTY, os.strerror(errno.ENOTTY)), os.strerror(errno.ENOTTY)),  # nobody has words for it
        (OSError("half a sentence"), "half a sentence"),
        (ValueError("bad url"), "bad url"),
        (RuntimeError(), "RuntimeError"),
    ],
)
def test_what_a_library_says_stays(error: Exception, said: str) -> None:
    assert say_reason(error) == said


def test_a_workbook_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    (tmp_path / "so.xlsx").write_bytes(b"PK")
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(WorkbookError) as caught:
        read_file(tmp_path / "so.xlsx")
    assert str(caught.value) == (
        f"{tmp_path}/so.xlsx: không đọc được tệp (không có quyền); hãy kiểm tra quyền đọc, ổ đĩa mạng, và đóng chương "
        "trình đang giữ tệp"
    )
