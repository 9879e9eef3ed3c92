"""The rulebooks that the page offers, and the empty workbooks to fill for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from nhiemvu.messages import language
from nhiemvu.rules.find import list_rulebooks
from nhiemvu.rules.load import load_rulebook
from nhiemvu.rules.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Offer:
    """A rulebook to choose.

    Attributes:
        key: in addresses and forms.
        title: as officials know it.
        source: its id or file; empty: whatever the workbook says.
    """

    key: str
    title: str
    source: str


BY_WORKBOOK = Offer("theo-so", "", "")


def offer_rulebooks(sources: Sequence[str]) -> list[Offer]:
    """What can be chosen: the rulebooks that were named, or all that are shipped, and then also the workbook's own.

    Args:
        sources: ids or files; where there are none, those that are shipped.

    Raises:
        RuleError: one does not load.
    """
    if sources:
        return [_offer(load_rulebook(source), source, number) for number, source in enumerate(sources)]
    loaded = {rules.id: rules for rules in map(load_rulebook, list_rulebooks()) if rules.criteria}
    return [BY_WORKBOOK, *(_offer(rules, id_) for id_, rules in loaded.items())]


def _offer(rules: Rulebook, source: str, number: int = 0) -> Offer:
    return Offer(f"{rules.id}-{number}" if number else rules.id, rules.title, source)


@cache
def draw_template(source: str, language_code: str) -> bytes:
    """An empty workbook to fill, in a language; drawn once."""
    from nhiemvu.sheets.template import draw_template as draw  # noqa: PLC0415 (not before somebody asks)

    with language(language_code):
        return draw(load_rulebook(source))
