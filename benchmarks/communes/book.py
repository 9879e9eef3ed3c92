"""One unit's workbook, drawn and typed but not yet written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from .draw import draw_report
from .fonts import TCVN3, VNI, decompose, to_tcvn3, to_vni
from .layouts import LAYOUTS, Sender
from .places import Place
from .typed import Report
from .typist import Typist, map_texts
from .xlsx import Page, parts_of

PERIODS = {
    "2024-h1": ("6 tháng đầu năm 2024", dt.date(2024, 5, 29)),
    "2024": ("năm 2024", dt.date(2024, 12, 31)),
}
_SHARES = (4.0, 3.0, 2.0, 1.0)  # of the layouts


@dataclass(slots=True)
class Workbook:
    """One unit's workbook: its truth, and the sheets that say it."""

    sender: Sender
    report: Report
    pages: list[Page]
    typist: Typist
    font: str

    def parts(self) -> dict[str, bytes]:
        """The parts of the file."""
        title = f"Kết quả thực hiện nhiệm vụ trọng tâm {self.sender.period}"
        return parts_of(self.pages, font=self.font, title=title, office=f"UBND {self.sender.name}")


def draw_workbook(place: Place, over: Place, period: str, seed: int, *, layout: str = "", again: int = 0) -> Workbook:
    """Draw a unit's workbook; it depends on the seed, the period and the unit alone.

    Args:
        place: the unit.
        over: the one above it.
        period: a key of `PERIODS`.
        seed: of the folder.
        layout: a key of `LAYOUTS`; drawn where it is not given.
        again: another number gives another workbook of the same unit.
    """
    random = Random(f"{seed} {period} {place.code} {again}")
    named, as_of = PERIODS[period]
    chosen = LAYOUTS[layout or random.choices(list(LAYOUTS), _SHARES)[0]]
    report = draw_report(random, ratio_columns=chosen.ratio_columns)
    name = place.name.split(" ", 1)[1].removeprefix("trấn ")
    sender = Sender(place.code, place.name, f"UBND {over.name[0].lower()}{over.name[1:]}", name, named, as_of)
    typist = Typist(random, chosen, sender, report)
    pages = typist.type_all()
    return Workbook(sender, report, pages, typist, _choose_font(random, pages))


def _choose_font(random: Random, pages: Sequence[Page]) -> str:
    """How the texts are stored: composed, decomposed, mixed, or in an old font."""
    chance = random.random()
    if chance < 0.05:
        map_texts(pages, to_tcvn3)
        return TCVN3
    if chance < 0.07:
        map_texts(pages, to_vni)
        return VNI
    if chance < 0.17:
        map_texts(pages, decompose)
    elif chance < 0.37:
        map_texts(pages, lambda text: decompose(text) if random.random() < 0.2 else text)
    return random.choice(("Times New Roman", "Times New Roman", "Times New Roman", "Arial", "Calibri"))
