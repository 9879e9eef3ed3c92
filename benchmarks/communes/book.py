"""One unit's workbook, drawn and typed but not yet written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from .criteria import BY_ID, RULEBOOK
from .draw import draw_report
from .filled import fill
from .fonts import TCVN3, VNI, decompose, to_tcvn3, to_vni
from .layouts import LAYOUTS, ROLES, Sender
from .ods import draw_ods
from .places import Place
from .typed import Report
from .typist import Typist, map_texts, narrate
from .xlsx import Page, pack, parts_of


@dataclass(frozen=True, slots=True)
class Period:
    """A period that is reported, and by which rulebook; its file is written beside the units where none is shipped."""

    name: str
    as_of: dt.date
    rulebook: str = RULEBOOK


_NEXT = "nhiem-vu-trong-tam-2025"
PERIODS = {
    "2024-h1": Period("6 tháng đầu năm 2024", dt.date(2024, 5, 29)),
    "2024": Period("năm 2024", dt.date(2024, 12, 15)),
    "2025-h1": Period("6 tháng đầu năm 2025", dt.date(2025, 5, 30), _NEXT),
    "2025-h2": Period("6 tháng cuối năm 2025", dt.date(2025, 12, 15), _NEXT),
    "2025": Period("năm 2025", dt.date(2025, 12, 15), _NEXT),
}
# How workbooks are laid out, and what share of them. `mau` is the template of nhiemvu, filled in.
SHARES = {"hai-yen": 36.0, "gon": 26.0, "day-du": 17.0, "nguoc": 9.0, "mau": 11.0, "ods": 1.0}
PLAIN = tuple(LAYOUTS)  # those that can be broken
_MACROS = 0.02
_MACRO_TYPE = (b"openxmlformats-officedocument.spreadsheetml.sheet.main", b"ms-excel.sheet.macroEnabled.main")


@dataclass(slots=True)
class Workbook:
    """One unit's workbook: its truth, and the sheets that say it.

    Attributes:
        layout: a key of `SHARES`.
        pages: of the layouts that are typed here; `mau` has none.
        sheets: what they are for -> their names.
        places: (criterion, column), (`head`, column), (`fact`, name) -> sheet, row and column.
        narratives: of `mau`.
    """

    sender: Sender
    report: Report
    layout: str
    suffix: str = ".xlsx"
    font: str = ""
    pages: list[Page] = field(default_factory=list)
    sheets: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[tuple[str, str], tuple[str, int, int]] = field(default_factory=dict)
    narratives: dict[str, str] = field(default_factory=dict)

    def parts(self) -> dict[str, bytes]:
        """The parts of the file."""
        if self.layout == "mau":
            return fill(self.sender, self.report, self.narratives)
        title = f"Kết quả thực hiện nhiệm vụ trọng tâm {self.sender.period}"
        return parts_of(self.pages, font=self.font, title=title, office=f"UBND {self.sender.name}")

    def pack(self) -> bytes:
        """The file."""
        if self.layout == "ods":
            return draw_ods(self.pages)
        parts = self.parts()
        if self.suffix == ".xlsm":
            parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(*_MACRO_TYPE)
        return pack(parts)


def draw_workbook(
    place: Place, over: Place, period: str, seed: int, *, layouts: Sequence[str] = tuple(SHARES), again: int = 0
) -> Workbook:
    """Draw a unit's workbook; it depends on the seed, the period, the unit and the layouts alone.

    Args:
        place: the unit.
        over: the one above it.
        period: a key of `PERIODS`.
        seed: of the folder.
        layouts: keys of `SHARES` to choose from.
        again: another number gives another workbook of the same unit.
    """
    random = Random(f"{seed} {period} {place.code} {again}")
    reported = PERIODS[period]
    if period.startswith("2025"):  # the template has the year 2024 in its headings
        layouts = [name for name in layouts if name != "mau"]
    layout = random.choices(layouts, [SHARES[name] for name in layouts])[0]
    name = place.name.split(" ", 1)[1].removeprefix("trấn ")
    parent = f"UBND {over.name[0].lower()}{over.name[1:]}"
    sender = Sender(place.code, place.name, parent, name, reported.name, reported.as_of, reported.rulebook)
    if layout == "mau":
        report = draw_report(random, percent_cells=True)
        told = {id_: narrate(random, sender, BY_ID[id_], answer) for id_, answer in report.answers.items()}
        return Workbook(sender, report, layout, narratives=told)
    chosen = LAYOUTS["gon" if layout == "ods" else layout]
    report = draw_report(random, ratio_columns=chosen.ratio_columns, formats=layout != "ods")
    typist = Typist(random, chosen, sender, report)
    pages = typist.type_all()
    if layout == "ods":  # it keeps its fonts to itself, so none of the old ones
        suffix, font = ".ods", ""
    else:
        suffix, font = ".xlsm" if random.random() < _MACROS else ".xlsx", _choose_font(random, pages)
    sheets = dict(zip(ROLES, chosen.sheets, strict=True))
    return Workbook(sender, report, layout, suffix, font, pages, sheets, typist.places)


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
