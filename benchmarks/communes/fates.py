"""What happens to a unit's workbook on its way: sent, broken, sent twice, not sent, and what lies beside it."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from .beside import BESIDE, evaluate_in_place
from .book import PLAIN, Workbook, draw_workbook
from .broken import KINDS, Kind
from .criteria import LEAVES
from .fonts import decompose
from .places import Place
from .truth import COUNTED, File, Sums
from .typed import Report

_NOT_SENT, _TWICE, _BESIDE = 0.02, 0.005, 0.02  # shares of units
LONG = 250  # characters of the longest name


@dataclass(slots=True)
class Entry:
    """One file of the folder.

    Attributes:
        said: what must be said of it; its name is completed when it is written.
        data: what is in it; None for a folder, and for a unit that sends nothing.
        report: what is true of it, where it can be read.
        alone: it cannot lie in an archive.
        locked: nobody may read it.
    """

    said: File
    data: bytes | None
    report: Report | None = None
    alone: bool = False
    locked: bool = False


def draw_fates(senders: Sequence[Place], seed: int, broken: float, kinds: Collection[str] | None) -> dict[str, str]:
    """By code of the unit what happens to its workbook; most have no fate.

    A fate is a kind of damage, something that lies beside, `not-sent`, `twice`, `conflict`, `long-name`, `evaluated`
    or `no-permission` (not for root, whom no permission stops).
    """
    if not broken:
        return {}
    random, many = Random(f"fates {seed}"), len(senders)
    names = list(KINDS) if kinds is None else list(kinds)
    random.shuffle(names)
    count = max(round(broken * many), 1)
    light = [name for name in names if not KINDS[name].heavy] or names
    fates = (names + light * (count // len(light) + 1))[:count]
    if kinds is None:
        fates += ["not-sent"] * max(round(_NOT_SENT * many), 1)
        fates += ["twice", "conflict"] * max(round(_TWICE * many), 1)
        fates += ["long-name", "evaluated", *BESIDE][: max(round(_BESIDE * many), 4)]
        fates += list(BESIDE) * (many // 500)
        if os.geteuid():
            fates.append("no-permission")  # the last, so that it shifts none of the others
    chosen = random.sample(senders, many)
    return {place.code: fate for place, fate in zip(chosen, fates, strict=False)}


def make_entries(
    place: Place,
    over: Sequence[Place],
    period: str,
    seed: int,
    fate: str,
    layouts: Sequence[str],
    sums: Sums,
    *,
    alone: bool = False,
) -> Iterator[Entry]:
    """The files of one unit, whose figures are added to its groups where it counts.

    Args:
        place, over: the unit and those above it.
        period, seed, layouts: of the folder.
        fate: see `draw_fates`.
        sums: of the groups.
        alone: no other unit of that day has its name, by which it is known without a code.
    """
    if fate == "not-sent":
        yield Entry(File("", place.code, "not-sent"), None)
        return
    random, kind = Random(f"{seed} fate {place.code}"), KINDS.get(fate)
    own = [name for name in layouts if name in PLAIN] or PLAIN
    book = draw_workbook(place, over[0], period, seed, layouts=own if kind else layouts)
    stem = _name(place, random, long=fate == "long-name")
    if kind is not None:
        broken = _break(book, kind, stem, random)
        if kind.name == "no-code" and alone:
            broken.said.status = "read"
        status = broken.said.status
        yield broken
    else:
        status = {"twice": "duplicate", "conflict": "conflict", "no-permission": "failed"}.get(fate, "ok")
        yield from _send(book, place, over, period, seed, fate, status, stem)
    if status in COUNTED:
        sums.add(over, book.report)
    if (beside := BESIDE.get(fate)) is not None:
        data = beside.make(book, stem)
        code = "is-folder" if data is None else ""
        said = File(beside.name.format(stem=stem), place.code, beside.status, fate, code, note=beside.note)
        yield Entry(said, data, alone=data is None)


def _send(
    book: Workbook, place: Place, over: Sequence[Place], period: str, seed: int, fate: str, status: str, stem: str
) -> Iterator[Entry]:
    """A whole workbook, once or twice."""
    named = {"twice": "duplicate-same", "conflict": "duplicate-different"}.get(fate, fate if fate not in BESIDE else "")
    data = evaluate_in_place(book, stem) if fate == "evaluated" else book.pack()

    def said(name: str) -> File:
        code = "unreadable-file" if fate == "no-permission" else ""
        return File(name, place.code, status, named or book.layout, code)

    locked = fate == "no-permission"
    report = None if locked else book.report
    yield Entry(said(f"{stem}{book.suffix}"), data, report, alone=locked or fate == "long-name", locked=locked)
    if fate == "twice":
        yield Entry(said(f"{stem} - Copy{book.suffix}"), data, report)
    elif fate == "conflict":
        other = draw_workbook(place, over[0], period, seed, again=1, layouts=PLAIN)
        yield Entry(said(f"{stem} (sửa){other.suffix}"), other.pack(), other.report)


def _break(book: Workbook, kind: Kind, stem: str, random: Random) -> Entry:
    before = {leaf.id: book.report.answers[leaf.id].verdict for leaf in LEAVES}
    data = kind.make(book, random)
    readable, after = kind.status != "failed", book.report.answers
    lost = [id_ for id_, verdict in before.items() if readable and verdict != after[id_].verdict == "no_data"]
    said = File(f"{stem}{kind.suffix}", book.sender.code, kind.status, kind.name, kind.code, " ".join(lost), kind.note)
    return Entry(said, data, book.report if readable else None, alone=kind.suffix == ".zip")


def _name(place: Place, random: Random, *, long: bool) -> str:
    """A name without its suffix; no two are the same."""
    if long:
        return f"{place.code} {'bieu danh gia nhiem vu trong tam ' * 9}"[: LONG - len(".xlsx")]
    forms = (
        "{name} {code}",
        "{code} - {name}",
        "Biểu đánh giá {name} ({code})",
        "BC {name} gửi huyện {code}",
        "{code}",
    )
    stem = random.choice(forms).format(name=place.name, code=place.code)
    return decompose(stem) if random.random() < 0.3 else stem
