"""What is offered in place of a name that does not exist: the nearest one that does, or all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nhiemvu.messages import _
from nhiemvu.text import nearest

_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Says itself in the language in force, as the end of a sentence.

    >>> str(suggest_name("giai_ngn", ["giai_ngan", "du_an"])), str(suggest_name("x", ["giai_ngan", "du_an"]))
    ('gần nhất: giai_ngan', 'hiện có: giai_ngan, du_an')
    """

    near: str
    known: tuple[str, ...]

    def __str__(self) -> str:
        if self.near:
            return _("gần nhất: {name}", name=self.near)
        if not self.known:
            return _("chưa có tên nào được khai báo")
        shown = ", ".join(self.known[:_SHOWN]) + (", …" if len(self.known) > _SHOWN else "")
        return _("hiện có: {names}", names=shown)


def suggest_name(name: str, known: Sequence[str]) -> Suggestion:
    """The nearest of the known names, or where none is near, what there is."""
    return Suggestion("".join(nearest(name, known)), tuple(known))
