"""What pages of one and of many workbooks share: verdicts, bars, findings, as templates take them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from nhiemvu.engine.rows import Discrepancy
from nhiemvu.errors import Problem
from nhiemvu.messages import N_, _
from nhiemvu.serve.pages import capital
from nhiemvu.sheets.discrepancies import KINDS, PROBLEM_SEVERITIES, SEVERITIES, SEVERITY_ORDER
from nhiemvu.sheets.theme import VERDICTS
from nhiemvu.verdicts import Verdict, label

# What speaks of the command line elsewhere, said for the page.
_HERE = {
    "which-rulebook": N_("sổ không ghi dùng bộ quy tắc nào; hãy chọn một bộ ở dưới rồi bấm «Đánh giá lại»"),
    "rulebook-not-a-name": N_(
        "sổ ghi bộ quy tắc là «{name}», không phải tên ngắn của một bộ quy tắc; hãy chọn một bộ ở dưới rồi bấm "
        "«Đánh giá lại»"
    ),
    "wrong-workbook": N_(
        "sổ không có bảng nào mà bộ quy tắc này cần; hãy chọn lại sổ, hoặc chọn bộ quy tắc khác ở dưới rồi bấm "
        "«Đánh giá lại»"
    ),
    "signed": N_("sổ có chữ ký số, ghi thêm vào sẽ làm mất hiệu lực chữ ký; hãy đánh giá bản chưa ký rồi ký lại"),
    "protected-structure": N_(
        "cấu trúc sổ đang được bảo vệ nên không thêm trang được; hãy mở bằng Excel, vào Xem lại > Bảo vệ sổ làm việc "
        "(Review > Protect Workbook) để bỏ bảo vệ, lưu lại rồi gửi lại"
    ),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A verdict as the page shows it: the class of its colours, its symbol, its word."""

    key: str
    symbol: str
    word: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a bar, in hundredths of its length."""

    verdict: Shown
    count: int
    start: float
    length: float


def show(verdict: str, *, closed: bool = False) -> Shown:
    """A verdict, by its English word."""
    return Shown(verdict.replace("_", "-"), VERDICTS[verdict].symbol, label(verdict, closed=closed))


def cut(counts: Mapping[str, int], *, closed: bool = False) -> Iterator[Segment]:
    """A bar of counts by verdict."""
    total, start = sum(counts.values()), 0
    for verdict in Verdict:
        if count := counts.get(verdict, 0):
            ends = round(start / total * 100, 2), round((start + count) / total * 100, 2)
            yield Segment(show(verdict, closed=closed), count, ends[0], round(ends[1] - ends[0], 2))
            start += count


def tell_discrepancies(found: Iterable[Discrepancy]) -> list[dict[str, str]]:
    """Discrepancies, the grave ones first."""
    return [
        {
            "severity": each.severity,
            "level": _(SEVERITIES[each.severity]),
            "kind": _(KINDS[each.kind]),
            "id": each.id,
            "place": each.place,
            "other": each.other_place,
            "says": each.says,
            "follows": each.follows,
            "advice": each.advice,
        }
        for each in sorted(found, key=lambda each: SEVERITY_ORDER[each.severity])
    ]


def tell_problems(found: Iterable[Problem]) -> list[dict[str, str]]:
    """Problems, the grave ones first."""
    return [
        {
            "severity": each.severity,
            "level": _(PROBLEM_SEVERITIES[each.severity]),
            "id": each.criterion,
            "place": each.place.address or each.place.file,
            "text": capital(_say_here(each)),
        }
        for each in sorted(found, key=lambda each: SEVERITY_ORDER[each.severity])
    ]


def _say_here(problem: Problem) -> str:
    if problem.code == "which-rulebook" and problem.fill.get("known") == "":
        return problem.text  # none holds on the day: nothing to choose from
    return _(_HERE[problem.code]) if problem.code in _HERE else problem.text
