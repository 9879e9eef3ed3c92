"""Put an evaluation into the workbook that it was read from: draw, graft, save."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from nhiemvu.errors import Place, Problem, WriteError
from nhiemvu.messages import N_
from nhiemvu.sheets.draw import TITLES
from nhiemvu.workbook.graft import choose_titles, graft
from nhiemvu.workbook.kinds import sniff
from nhiemvu.workbook.package import Package
from nhiemvu.workbook.save import save, stamp

if TYPE_CHECKING:
    from nhiemvu.evaluation import Evaluation


def write(evaluation: Evaluation, path: Path | None) -> Path:
    """As `Evaluation.write`."""
    host = evaluation.path
    if host is None:
        if path is None or len(evaluation) != 1:
            raise WriteError(
                Problem("write-where", N_("cần nói ghi vào tệp nào: phép đánh giá này không đọc từ một sổ duy nhất"))
            )
        save(evaluation.draw(linked=False), path)
        return path
    seen = stamp(host)
    data = host.read_bytes()
    if evaluation.sha256 and hashlib.sha256(data).hexdigest() != evaluation.sha256:
        raise WriteError(
            Problem(
                "changed-since-read",
                N_("sổ đã thay đổi sau khi đọc; hãy chạy lại để đánh giá số liệu mới"),
                Place(str(host)),
            )
        )
    if sniff(data) in ("xls", "xlsb", "ods"):
        target = path or host.with_name(f"{host.stem} - đánh giá.xlsx")
        save(evaluation.draw(linked=False), target)
        return target
    package = Package.open(host)
    titles = choose_titles(package, TITLES)
    grafted = graft(package, evaluation.draw(titles), titles)
    target = path or host
    save(grafted, target, unchanged_since=seen if _is_same(target, host) else None)
    return target


def _is_same(one: Path, other: Path) -> bool:
    return one.exists() and one.samefile(other)
