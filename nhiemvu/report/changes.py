"""What a change of rules comes to, for the terminal and as JSON: differences of rulebooks, and verdicts that turn."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from nhiemvu.errors import Place
from nhiemvu.impact import Impact, Turn
from nhiemvu.messages import _
from nhiemvu.rules.diff import Change
from nhiemvu.verdicts import label

MARKS = {"added": "+", "removed": "-"}


def tell_changes(changes: Sequence[Change]) -> Iterator[str]:
    """Two lines a difference: what it was and is, and where both stand."""
    for each in changes:
        mark = MARKS.get(each.kind, "~")
        arrow = " → ".join(text or _("(không có)") for text in (each.old, each.new))
        said = each.new if mark == "+" else each.old if mark == "-" else arrow
        yield "  ".join(part for part in (mark, each.id, f"{each.what}: {said}") if part)
        places = [str(place) for place in (each.old_place, each.new_place) if place.line]
        yield "     " + " → ".join(places)
    yield _("{count} điểm khác nhau", count=len(changes)) if changes else _("không khác nhau về nội dung")


def list_changes(changes: Sequence[Change]) -> str:
    """The differences as JSON; places as `file:line:column`, empty where there is none."""
    rows = [
        {**asdict(each), "old_place": _place(each.old_place), "new_place": _place(each.new_place)} for each in changes
    ]
    return json.dumps(rows, ensure_ascii=False, indent=2)


def _place(place: Place) -> str:
    return str(place) if place.line else ""


def tell_impact(impact: Impact) -> Iterator[str]:
    """How many units turn, criterion by criterion; then every turn with its figures and what would be needed."""
    yield _("{count} sổ, {turns} kết luận đổi", count=impact.units, turns=len(impact.turns))
    for id_, counts in impact.count().items():
        turns = (f"{_word(old)} → {_word(new)}: {number}" for (old, new), number in counts.most_common())
        yield "  " + id_ + "  " + "; ".join(turns)
    unit = None
    for turn in impact.turns:
        if (turn.unit, turn.file) != unit:
            unit = (turn.unit, turn.file)
            yield ""
            yield " · ".join(dict.fromkeys(part for part in (turn.unit_name or turn.unit, turn.file) if part))
        yield "  " + "  ".join(part for part in (turn.id, turn.name) if part)
        yield "     " + _tell_turn(turn)


def _tell_turn(turn: Turn) -> str:
    if turn.kind == "grade":
        return f"{turn.old or '-'} → {turn.new or '-'}: {turn.reason}"
    value = " → ".join(dict.fromkeys(text for text in (turn.old_value, turn.new_value) if text))
    target = " → ".join(dict.fromkeys(text for text in (turn.old_target, turn.new_target) if text))
    said = f"{_word(turn.old)} → {_word(turn.new)}"
    return "; ".join(part for part in (value, target, said) if part) + (f". {turn.reason}" if turn.reason else "")


def _word(verdict: str) -> str:
    return label(verdict) if verdict else _("(không có)")


def list_impact(impact: Impact) -> str:
    """The whole impact as JSON."""
    counts = [
        {"id": id_, "old": old, "new": new, "units": number}
        for id_, found in impact.count().items()
        for (old, new), number in found.items()
    ]
    failed = [{"code": problem.code, "file": problem.place.file, "message": problem.text} for problem in impact.failed]
    turns = [asdict(turn) for turn in impact.turns]
    document = {"units": impact.units, "counts": counts, "turns": turns, "failed": failed}
    return json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False)
