"""What a corrected workbook changed, for the terminal and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import takewhile

from nhiemvu.correction import Correction
from nhiemvu.messages import N_, _

WORDS = {
    "unit": N_("Tên đơn vị"),
    "period": N_("Kỳ báo cáo"),
    "as_of": N_("Ngày số liệu"),
    "row": N_("Hàng"),
    "verdict": N_("Kết luận"),
    "figures": N_("Số liệu"),
    "target": N_("Yêu cầu"),
    "declared": N_("Tự đánh giá"),
    "narrative": N_("Diễn giải"),
    "grade": N_("Xếp loại"),
}
_AROUND = 4  # words of a text that are shown on either side of what differs
_MOST = 40  # words of either text


def tell_correction(correction: Correction) -> Iterator[str]:
    """The two workbooks, every criterion with what changed in it, and the counts."""
    old, new = correction.old.units[0], correction.new.units[0]
    about = " · ".join(part for part in (new.name or new.code, new.period) if part)
    yield f"{about}: {old.file} → {new.file}"
    last = None
    for change in correction.changes:
        if change.id and change.id != last:
            yield ""
            yield "  ".join(part for part in (change.id, change.name) if part)
        last = change.id
        sides = _shorten(change.old, change.new) if change.what == "narrative" else (change.old, change.new)
        shown = " → ".join(" ".join(side.split()) or _("(không có)") for side in sides)
        place = f"  ({change.place})" if change.place and change.what in ("figures", "row") else ""
        yield f"     {_(WORDS[change.what])}: {shown}{place}"
    yield ""
    if not correction.changes:
        yield _("hai sổ không khác nhau ở tiêu chí nào")
        return
    counts = correction.count()
    yield _(
        "{criteria} tiêu chí, dòng khác nhau: {verdicts} đổi kết luận, {figures} đổi số liệu",
        criteria=len({change.id for change in correction.changes if change.id}),
        verdicts=counts["verdict"],
        figures=counts["figures"],
    )


def _shorten(old: str, new: str) -> tuple[str, str]:
    """Two texts without what is the same at their beginnings and ends, a few words excepted.

    >>> _shorten("Đã mở 3 lớp cho 90 người tại thôn", "Đã mở 3 lớp cho 95 người tại thôn")
    ('… mở 3 lớp cho 90 người tại thôn', '… mở 3 lớp cho 95 người tại thôn')
    """
    first, second = old.split(), new.split()
    same = _count_same(first, second)
    tail = min(_count_same(first[::-1], second[::-1]), min(len(first), len(second)) - same)
    start, stop = max(0, same - _AROUND), max(0, tail - _AROUND)
    return _cut(first, start, stop), _cut(second, start, stop)


def _count_same(one: Sequence[str], other: Sequence[str]) -> int:
    return sum(1 for _pair in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _cut(words: Sequence[str], start: int, stop: int) -> str:
    kept = words[start : len(words) - stop]
    more = len(kept) > _MOST
    return " ".join([*["…"] * bool(start), *kept[:_MOST], *["…"] * bool(stop or more)])


def list_correction(correction: Correction) -> str:
    """Every change as JSON."""
    old, new = correction.old, correction.new
    document = {
        "unit": new.units[0].code,
        "name": new.units[0].name,
        "rulebook": new.rulebook.id,
        "old": {"file": old.units[0].file, "sha256": old.sha256},
        "new": {"file": new.units[0].file, "sha256": new.sha256},
        "changes": [asdict(change) for change in correction.changes],
    }
    return json.dumps(document, ensure_ascii=False, indent=2)
