"""What a change of rules comes to, for the terminal and as JSON: differences of rulebooks, and verdicts that turn."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from nhiemvu.errors import Place
from nhiemvu.messages import _
from nhiemvu.rules.diff import Change

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
