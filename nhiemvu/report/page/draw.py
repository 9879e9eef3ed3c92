"""The page of a summary, put together: template, style, scripts and data in one HTML file that needs nothing else.

Everything that officials wrote is text: the template escapes it, the scripts make text nodes of it, and a policy within
the page lets no script run but ours and nothing be fetched.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

import nhiemvu
from nhiemvu.many.summary import State, Submission, Summary
from nhiemvu.messages import _
from nhiemvu.report.html import fill_page
from nhiemvu.report.many import tell_file
from nhiemvu.report.page.links import link_to
from nhiemvu.report.page.pack import count_leaves, pack, share_met
from nhiemvu.report.page.words import WORDS
from nhiemvu.sheets.summary.findings import STATES, WHY
from nhiemvu.sheets.theme import VERDICTS
from nhiemvu.text import format_against, format_date
from nhiemvu.verdicts import Outlook, Verdict, label

_FOLDER = Path(__file__).parent
_SCRIPTS = ("data.js", "parts.js", "filters.js", "map.js", "pages.js", "main.js")
_POLICY = "default-src 'none'; style-src {style}; script-src {early} {script}; base-uri 'none'; form-action 'none'"
_CARDS = {"table": 60, "wide": 82}  # the widest window, in rem, in which the rows of a kind of table are cards
_SHOWN = 8  # of the lowest
_LEFT_OUT: tuple[State, ...] = ("failed", "conflict", "duplicate", "skipped")


@dataclass(frozen=True, slots=True)
class Tally:
    """A criterion, unit or group with the count of each verdict.

    Attributes:
        look: class of its row.
        expected, units: of a group.
    """

    id: str
    name: str
    counts: Sequence[int]
    target: str = ""
    look: str = ""
    is_leaf: bool = False
    expected: int = 0
    units: int = 0

    @property
    def met(self) -> Fraction | None:
        """Of what arises."""
        return share_met(self.counts)

    @property
    def share(self) -> str:
        """As people read it; never 100% while something is missing."""
        return "–" if self.met is None else format_against(self.met, [Fraction(0), Fraction(1)], percent=True, digits=1)


def draw_page(summary: Summary, folder: Path | None = None) -> bytes:
    """The whole page, in UTF-8; the same summary gives the same bytes.

    Args:
        summary: made with `aggregate(..., words=True)`.
        folder: where the page will lie; links to workbooks are relative to it.

    Raises:
        ValueError: the summary has no rows in words.
    """
    words = {key: _(text) for key, text in WORDS.items()}
    words |= {f"state_{state}": _(text) for state, text in STATES.items()}
    words |= {f"why_{why}": _(text) for why, text in WHY.items()}
    packed = pack(summary, [link_to(link, folder) for link in summary.links])
    wrong = packed.core["units"]["wrong"]
    core = {
        **packed.core,
        "words": words,
        "verdicts": [[VERDICTS[each].symbol, label(each), label(each, closed=True)] for each in Verdict],
        "outlooks": [Outlook(each).label for each in Outlook],
        "period": summary.period or _("kỳ này"),
    }
    style = _paint() + (_FOLDER / "page.css").read_text("utf-8") + _lay_cards()
    early = (_FOLDER / "early.js").read_text("utf-8")
    script = '"use strict";\n{\n' + "\n".join((_FOLDER / name).read_text("utf-8") for name in _SCRIPTS) + "}\n"
    criteria = [*_criteria(summary)]
    text = fill_page(
        _FOLDER / "page.html",
        words=words,
        rules=summary.rulebook,
        summary=summary,
        days=_days(summary),
        files=summary.count_states(),
        left_out={state: [each for each in summary.submissions if each.state == state] for state in _LEFT_OUT},
        tell=_tell,
        tell_file=tell_file,
        verdicts=[(VERDICTS[each].symbol, _word(summary, each)) for each in Verdict],
        criteria=criteria,
        groups=[*_groups(summary)],
        lowest_criteria=_lowest(each for each in criteria if each.is_leaf),
        lowest_units=_lowest(_units(summary)),
        wrong=(sum(map(bool, wrong)), sum(wrong)),
        version=nhiemvu.__version__,
        policy=_POLICY.format(style=_hash(style), early=_hash(early), script=_hash(script)),
        style=Markup(style),  # noqa: S704 (ours)
        early=Markup(early),  # noqa: S704 (ours)
        script=Markup(script),  # noqa: S704 (ours)
        core=_embed(core),
        blocks=[Markup(block) for block in packed.blocks],  # noqa: S704 (base64)
        sums=Markup(packed.sums),  # noqa: S704 (base64)
    )
    return text.encode("utf-8", "replace")  # half a surrogate pair, which a cell may hold, becomes a question mark


def _hash(text: str) -> str:
    """The source of a policy that lets just this text be used."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _embed(core: dict[str, Any]) -> Markup:
    """JSON that cannot end the element that holds it."""
    text = json.dumps(core, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704 (no markup without a <)


def _paint() -> str:
    """The colours of the sheets, as variables of the style."""
    pairs = [
        f"--v{each.number}-{part}: {getattr(VERDICTS[each], part).lower()};"
        for each in Verdict
        for part in ("ink", "fill", "bar")
    ]
    symbols = [f'.v{each.number}::before {{ --symbol: "{VERDICTS[each].symbol}"; }}' for each in Verdict]
    return f":root {{ {' '.join(pairs)} }}\n" + "\n".join(symbols) + "\n"


def _lay_cards() -> str:
    """The style by which a row becomes a card, for each kind of table where the window no longer holds it."""
    cards = (_FOLDER / "cards.css").read_text("utf-8")
    return "".join(
        f"@media screen and (max-width: {width}rem) {{\n{cards.replace('.cards', f'.table.{kind}')}}}\n"
        for kind, width in _CARDS.items()
    )


def _word(summary: Summary, verdict: Verdict) -> str:
    closed = len(summary) > 0 and all(summary.evaluation.is_closed(at) for at in range(len(summary)))
    return label(verdict, closed=closed)


def _days(summary: Summary) -> str:
    """The cut-off date of all, or the first and the last."""
    days = sorted({unit.as_of for unit in summary.units if unit.as_of is not None})
    return " – ".join(map(format_date, days if len(days) < 2 else (days[0], days[-1])))


def _tell(submission: Submission) -> list[str]:
    """Why a file does not count, each reason with its cell."""
    return [": ".join(filter(None, (each.place.address, each.text))) for each in submission.problems]


def _criteria(summary: Summary) -> Iterator[Tally]:
    for node, counts in zip(summary.rulebook.criteria, summary.totals.counts[:, 0].tolist(), strict=True):
        leaf = node.kind == "leaf"
        look = f"l{node.level}" if leaf else f"l{node.level} sum"
        yield Tally(node.id, node.name, counts, target=node.target_text, look=look, is_leaf=leaf)


def _units(summary: Summary) -> Iterator[Tally]:
    leaves = summary.verdict[[node.index for node in summary.rulebook.criteria if node.kind == "leaf"]]
    for unit, codes in zip(summary.units, leaves.T, strict=True):
        counts = np.bincount(codes, minlength=len(Verdict)).tolist()
        yield Tally(unit.code, unit.name or unit.file or unit.code, counts)


def _groups(summary: Summary) -> Iterator[Tally]:
    for group, counts in zip(summary.groups, count_leaves(summary).tolist(), strict=True):
        name = group.name or _(WORDS["everybody"])
        look = f"d{min(group.level, 4)}"
        yield Tally(group.code, name, counts, look=look, expected=group.expected, units=len(group.members))


def _lowest(tallies: Iterable[Tally]) -> list[Tally]:
    """Those with the least share met; what nobody has is left out."""
    return sorted((each for each in tallies if each.met is not None), key=lambda each: each.met or 0)[:_SHOWN]
