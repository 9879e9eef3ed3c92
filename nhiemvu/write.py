"""Put an evaluation into the workbook that it was read from: draw, graft, save.

What somebody wrote into our sheets since the last run is not lost: before such a file is replaced, a copy of it is kept
beside it, whole, and a notice of the evaluation says so.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from nhiemvu.errors import Place, Problem, WorkbookError, WriteError
from nhiemvu.messages import N_
from nhiemvu.sheets.draw import TITLES
from nhiemvu.workbook.graft import choose_titles, edited, find_ours, graft
from nhiemvu.workbook.kinds import read_file, sniff
from nhiemvu.workbook.ours import sign
from nhiemvu.workbook.package import Package
from nhiemvu.workbook.save import Stamp, save, stamp

if TYPE_CHECKING:
    from nhiemvu.evaluation import Evaluation

_NAME_BYTES = 255  # what most file systems take as a name


def write(evaluation: Evaluation, path: Path | None) -> Path:
    """As `Evaluation.write`."""
    host = evaluation.path
    if host is None:
        if path is None or len(evaluation) != 1:
            raise WriteError(
                Problem("write-where", N_("cần nói ghi vào tệp nào: phép đánh giá này không đọc từ một sổ duy nhất"))
            )
        return _write_alone(evaluation, path, chosen_by_us=False)
    seen = stamp(host)
    data = read_file(host)
    if evaluation.sha256 and hashlib.sha256(data).hexdigest() != evaluation.sha256:
        raise WriteError(
            Problem(
                "changed-since-read",
                N_("sổ đã thay đổi sau khi đọc; hãy chạy lại để đánh giá số liệu mới"),
                Place(str(host)),
            )
        )
    if sniff(data) in ("xls", "xlsb", "ods"):
        beside = host.with_name(f"{_cut(host.stem, len(' - đánh giá.xlsx'.encode()))} - đánh giá.xlsx")
        return _write_alone(evaluation, path or beside, chosen_by_us=path is None)
    package = Package(data, host)
    titles = choose_titles(package, TITLES)
    grafted = graft(package, evaluation.draw(titles), titles)
    if path is None or _is_same(path, host):
        _keep(evaluation.notices, host, data, _find_edits(package))
        save(grafted, path or host, unchanged_since=seen)
        return path or host
    seen = _keep_what_is_there(evaluation.notices, path, chosen_by_us=False)
    save(grafted, path, unchanged_since=seen)
    return path


def _write_alone(evaluation: Evaluation, target: Path, *, chosen_by_us: bool) -> Path:
    """A workbook of our two sheets alone."""
    write_alone(evaluation.draw(linked=False), target, TITLES, evaluation.notices, chosen_by_us=chosen_by_us)
    return target


def write_alone(
    drawn: bytes, target: Path, titles: Mapping[str, str], notices: list[Problem], *, chosen_by_us: bool = True
) -> None:
    """Write a workbook of sheets that are all ours.

    Args:
        drawn: the workbook.
        target: where to.
        titles: of its sheets, by key.
        notices: told where a copy of what was there is kept.
        chosen_by_us: nobody named this very file, so that whatever we did not write into it is somebody's.
    """
    seen = _keep_what_is_there(notices, target, chosen_by_us=chosen_by_us)
    save(sign(drawn, titles), target, unchanged_since=seen)


# --- what somebody wrote into our sheets ------------------------------------------------------------------------------


def _keep_what_is_there(notices: list[Problem], target: Path, *, chosen_by_us: bool) -> Stamp | None:
    """Keep a file that is about to be replaced, where somebody worked in it; its stamp from before it was looked at.

    Args:
        notices: told what is kept.
        target: the file, which need not exist.
        chosen_by_us: nobody named this file, so that whatever we did not write into it is somebody's.
    """
    seen = stamp(target)
    if seen is None:
        return None
    try:
        data = read_file(target)
    except WorkbookError:
        return seen  # a folder, or no permission: saving says so
    try:
        package = Package(data, target)
        edits = _find_edits(package)
        is_ours_alone = len(find_ours(package)) == len(package.sheets)
    except WorkbookError:
        edits, is_ours_alone = [], False
    if chosen_by_us and not edits and not is_ours_alone:
        edits = [target.name]
    _keep(notices, target, data, edits)
    return seen


def _find_edits(package: Package) -> list[str]:
    """Titles of our sheets that somebody edited."""
    ours = find_ours(package)
    return [ours[key].sheet.name for key in edited(package)]


def _keep(notices: list[Problem], file: Path, data: bytes, edits: list[str]) -> None:
    """Where there are edits, put a copy beside the file and note it."""
    if not edits:
        return
    copy = _choose_copy(file, data)
    if not os.path.lexists(copy):
        save(data, copy)
    notices.append(
        Problem(
            "edits-kept",
            N_(
                "{sheets} đã được sửa tay sau lần đánh giá trước; bản có các chỗ sửa ấy được giữ nguyên ở «{copy}», "
                "còn tệp này nhận kết quả mới. Hãy mở bản giữ lại để chép những ý cần dùng sang trang riêng"
            ),
            Place(str(file)),
            {"sheets": ", ".join(f"«{each}»" for each in edits), "copy": copy.name},
            "warning",
        )
    )


def _choose_copy(file: Path, data: bytes) -> Path:
    """A name beside the file that is free, or that holds these very bytes already."""
    number = 1
    while True:
        ending = f" - bản đã sửa {dt.date.today():%Y-%m-%d}{f' ({number})' if number > 1 else ''}{file.suffix}"
        copy = file.with_name(_cut(file.stem, len(ending.encode())) + ending)
        if not os.path.lexists(copy) or _holds(copy, data):
            return copy
        number += 1


def _holds(file: Path, data: bytes) -> bool:
    try:
        return read_file(file) == data
    except WorkbookError:  # not ours to read: another name will do
        return False


def _cut(stem: str, taken: int) -> str:
    """A name short enough that `taken` bytes more fit behind it."""
    while len(stem.encode(errors="surrogateescape")) > _NAME_BYTES - taken:
        stem = stem[:-1]
    return stem


def _is_same(one: Path, other: Path) -> bool:
    try:
        return os.path.samefile(one, other)  # noqa: PTH121 (as short, and says why where it cannot tell)
    except OSError:  # it does not exist, or cannot: saving says which
        return False
