"""A folder of workbooks as a province gets them, with the truth beside it."""

from __future__ import annotations

import csv
import datetime as dt
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from random import Random

from .criteria import CRITERIA, RULEBOOK
from .draw import Report, draw_report, show
from .fonts import TCVN3, VNI, decompose, to_tcvn3, to_vni
from .layouts import LAYOUTS, Sender, Typist, map_texts
from .places import Place, above, communes_on, draw_places, write_places
from .xlsx import Page, pack, parts_of

PERIODS = {
    "2024-h1": ("6 tháng đầu năm 2024", dt.date(2024, 5, 29)),
    "2024": ("năm 2024", dt.date(2024, 12, 31)),
}


@dataclass(slots=True)
class Row:
    """One criterion (or one line of the disbursement) of one file, a row of `truth.csv`."""

    file: str
    unit: str
    criterion: str
    verdict: str
    numerator: Fraction | None = None
    denominator: Fraction | None = None
    value: Fraction | None = None
    basis: str = "computed"
    declared: str = ""


@dataclass(slots=True)
class File:
    """What must be said of one file, a row of `files.csv`."""

    file: str
    unit: str
    status: str
    kind: str = ""
    note: str = ""


@dataclass(slots=True)
class Truth:
    """What was drawn.

    Attributes:
        folder: everything lies in it.
        files: one a file, and one a unit that sent nothing.
        rows: what is true of every file that can be read.
    """

    folder: Path
    files: list[File] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    rulebook: str = RULEBOOK

    @property
    def workbooks(self) -> Path:
        """Where the workbooks lie."""
        return self.folder / "so"

    @property
    def units(self) -> Path:
        return self.folder / "units.csv"


@dataclass(slots=True)
class Workbook:
    """One unit's workbook before it is written."""

    sender: Sender
    report: Report
    pages: list[Page]
    typist: Typist
    font: str

    def parts(self) -> dict[str, bytes]:
        title = f"Kết quả thực hiện nhiệm vụ trọng tâm {self.sender.period}"
        return parts_of(self.pages, font=self.font, title=title, office=f"UBND {self.sender.name}")


def draw_workbook(place: Place, over: Place, period: str, seed: int, layout: str = "") -> Workbook:
    """One unit's workbook; depends on the seed, the period and the unit's code alone."""
    random = Random(f"{seed} {period} {place.code}")
    named, as_of = PERIODS[period]
    chosen = LAYOUTS[layout or random.choices(list(LAYOUTS), (4, 3, 2, 1))[0]]
    report = draw_report(random, ratio_columns=chosen.ratio_columns)
    name = place.name.split(" ", 1)[1].removeprefix("trấn ")
    sender = Sender(place.code, place.name, f"UBND {over.name[0].lower()}{over.name[1:]}", name, named, as_of)
    typist = Typist(random, chosen, sender, report)
    pages = typist.type_all()
    font = _choose_font(random, pages)
    return Workbook(sender, report, pages, typist, font)


def _choose_font(random: Random, pages: Sequence[Page]) -> str:
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


def list_rows(file: str, report: Report, unit: str) -> Iterable[Row]:
    """The truth of one file."""
    for criterion in CRITERIA:
        answer = report.answers[criterion.id]
        yield Row(file, unit, criterion.id, answer.verdict, answer.numerator, answer.denominator, answer.value, answer.basis, answer.declared)
        if criterion.kind == "disbursement":
            for number, line in enumerate(report.projects, start=1):
                total = line.total
                value = Fraction(line.done, total) if line.done is not None and total else None
                above_, below = (None if each is None else Fraction(each) for each in (line.done, total))
                basis = "not_arising" if line.verdict == "not_applicable" else "computed"
                yield Row(file, unit, f"{criterion.id}.{number}", line.verdict, above_, below, value, basis, line.declared)


def make_folder(folder: str | Path, units: int = 100, seed: int = 1, *, period: str = "2024-h1", broken: float = 0.05) -> Truth:
    """Make a folder of workbooks with its truth.

    Args:
        folder: is made; must not hold anything.
        units: communes before July 2025.
        seed: the same arguments give the same bytes.
        period: a key of `PERIODS`.
        broken: share of files that are broken.
    """
    truth = Truth(Path(folder))
    truth.workbooks.mkdir(parents=True)
    places = draw_places(units, seed)
    day = PERIODS[period][1]
    write_places(places, truth.units)
    for place in communes_on(places, day):
        over = above(places, place.code, day)[0]
        book = draw_workbook(place, over, period, seed)
        file = name_file(place, over, seed)
        path = truth.workbooks / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pack(book.parts()))
        truth.files.append(File(file, place.code, "ok", book.typist.layout.name))
        truth.rows += list_rows(file, book.report, place.code)
    write_truth(truth)
    return truth


def name_file(place: Place, over: Place, seed: int) -> str:
    """Where a unit's workbook lies: in the folder of its district, under a name of its own making."""
    random = Random(f"{seed} name {place.code}")
    form = random.choice(("{name}", "{code} - {name}", "Biểu đánh giá {name}", "BC {name} (gửi huyện)", "{name} {code}"))
    file = f"{form.format(name=place.name, code=place.code)} {place.code[-3:]}.xlsx"
    return unicodedata.normalize(random.choice(("NFC", "NFC", "NFD")), f"{over.code} {over.name}/{file}")


# --- beside the workbooks ---------------------------------------------------------------------------------------------


def _decimal(value: Fraction | None) -> str:
    """A figure in plain digits."""
    return "" if value is None else f"{float(value):.15g}" if value.denominator > 1 else str(value.numerator)


def write_truth(truth: Truth) -> None:
    """`truth.csv` and `files.csv`."""
    heads = ("file", "unit", "criterion", "verdict", "numerator", "denominator", "value", "basis", "declared")
    rows = (
        (r.file, r.unit, r.criterion, r.verdict, _decimal(r.numerator), _decimal(r.denominator), "" if r.value is None else str(r.value), r.basis, r.declared)
        for r in truth.rows
    )
    _write(truth.folder / "truth.csv", heads, rows)
    _write(truth.folder / "files.csv", ("file", "unit", "status", "kind", "note"), ((f.file, f.unit, f.status, f.kind, f.note) for f in truth.files))


def _write(path: Path, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(heads)
        writer.writerows(rows)
