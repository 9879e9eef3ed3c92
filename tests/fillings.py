"""Random fillings of a template, boundaries and blanks included; the template filled; what the engine concludes."""

from __future__ import annotations

import datetime as dt
import io
import random
import re
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import openpyxl
from calculators import Cell, Filling, Typed

import nhiemvu
from nhiemvu.engine.judge import margin
from nhiemvu.pipeline import read
from nhiemvu.rules import measure as ms
from nhiemvu.rules.rulebook import Node, Rulebook
from nhiemvu.verdicts import Verdict
from nhiemvu.workbook.book import open_book
from nhiemvu.workbook.values import choose_measure

DECLARED = ["Đạt", "Vượt", "Chưa đạt", "Chưa đánh giá", "Không phát sinh"]
# what the engine reads, or says that it cannot, and a formula does not
FOREIGN = [
    "27,35/25 ha", "≥ 95%", "Không có", "12 hộ", "khoảng 24", "72.225.000 đ", "0/0", "5/0", "60-62", "97,5%", "chưa rõ",
    "đạt", "Xuất siêu", "không", "nhà tiêu 409/424; nhà tắm 396/424", " ", "1e3", "0", "Tổng số", "đến 29/5/2024",
]  # fmt: skip
LINES = ["Đường xóm Nà Tèn", "CTMTQG", "ctmtqg", "Vốn khác", "Trồng rừng"]
SUMS = ["Toàn xã", "Trong đó: vốn TW", "- vốn tỉnh", "+ vốn xã"]  # rows that may be no lines: the engine alone tells
_SHEET = re.compile(r'<sheet name="([^"]*)" sheetId="(\d+)"')
_BLANK = re.compile(r'<c r="([A-Z]+\d+)"((?: s="\d+")?)/>')


@dataclass(frozen=True)
class Inputs:
    """Where a template wants what."""

    facts: Mapping[str, Cell]
    rows: Mapping[tuple[str, str], Cell]
    lines: Mapping[str, Sequence[Mapping[str, Cell]]]


class Template:
    """A template of a rulebook, and how it is filled."""

    def __init__(self, rulebook: Rulebook, data: bytes) -> None:
        self.rulebook, self.data = rulebook, data
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            self._parts = {name: archive.read(name) for name in archive.namelist()}
        book = self._parts["xl/workbook.xml"].decode()
        self.sheets = [name.replace("&amp;", "&") for name, _ in _SHEET.findall(book)]

    @cached_property
    def book(self) -> Any:
        return openpyxl.load_workbook(io.BytesIO(self.data))

    @cached_property
    def inputs(self) -> Inputs:
        """Found as a reader would find them: by labels, headings and codes, among the cells that are not locked."""
        facts: dict[str, Cell] = {}
        rows: dict[tuple[str, str], Cell] = {}
        lines: dict[str, list[dict[str, Cell]]] = {}
        for name, table in self.rulebook.tables.items():
            sheet = self.book[table.sheet[0] if table.sheet else table.label]
            if table.kind == "facts":
                labels = {cell.value: cell.row for cell in sheet["A"]}
                facts |= {key: (sheet.title, f"B{labels[fact.label]}") for key, fact in self.rulebook.facts.items()}
                continue
            columns, header = self._find_header(sheet, table)
            if table.kind == "results":
                for node in self.rulebook.criteria:
                    for key, column in columns.items():
                        cell = sheet.cell(header + 1 + node.index, column)
                        if not cell.protection.locked:
                            rows[node.id, key] = (sheet.title, cell.coordinate)
                continue
            columns = {key: at for at, key in enumerate(table.columns, start=1)}  # of several with one heading, too
            first = next(row for row in range(header + 1, header + 9) if not sheet.cell(row, 1).protection.locked)
            lines[name] = []
            while not sheet.cell(first, 1).protection.locked:
                lines[name].append(
                    {key: (sheet.title, sheet.cell(first, column).coordinate) for key, column in columns.items()}
                )
                first += 1
        return Inputs(facts, rows, lines)

    @staticmethod
    def _find_header(sheet: Any, table: Any) -> tuple[dict[str, int], int]:
        leaves = {key: column.headings[0].split(">")[-1].strip() for key, column in table.columns.items()}
        depth = max(column.headings[0].count(">") for column in table.columns.values())
        for row in range(1, 40):
            here = {
                cell.value: cell.column for near in range(row, row + depth + 1) for cell in sheet[near] if cell.value
            }
            if all(leaf in here for leaf in leaves.values()) and any(
                cell.value in leaves.values() for cell in sheet[row]
            ):
                return {key: here[leaf] for key, leaf in leaves.items()}, row + depth
        raise AssertionError(f"no header on {sheet.title}")

    def fill(self, filling: Filling) -> bytes:
        """The template with these cells typed; every other byte of its sheets stays as it is."""
        parts = dict(self._parts)
        for number, sheet in enumerate(self.sheets, start=1):
            mine = {cell: value for (name, cell), value in filling.items() if name == sheet}
            if mine:
                name = f"xl/worksheets/sheet{number}.xml"
                parts[name] = _type_into(parts[name].decode(), mine).encode()
                assert not mine, (sheet, mine)
        return _zip(parts)


def _type_into(xml: str, typed: dict[str, Typed]) -> str:
    """A sheet with cells that were blank filled; what is typed is taken out of the mapping."""

    def fill(found: re.Match[str]) -> str:
        value = typed.pop(found[1], None)
        return found[0] if value is None else _typed(found[1], found[2], value)

    return _BLANK.sub(fill, xml)


def _typed(cell: str, style: str, value: Typed) -> str:
    if isinstance(value, bool):
        return f'<c r="{cell}"{style} t="b"><v>{int(value)}</v></c>'
    if isinstance(value, str):
        return f'<c r="{cell}"{style} t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
    return f'<c r="{cell}"{style}><v>{value!r}</v></c>'


def _zip(parts: Mapping[str, bytes]) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return memory.getvalue()


def replace_in_sheets(data: bytes, change: Callable[[str], str]) -> bytes:
    """A workbook with the XML of its sheets changed."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheets = [name for name in parts if name.startswith("xl/worksheets/sheet")]
    return _zip(parts | {name: change(parts[name].decode()).encode() for name in sheets})


# --- random fillings -------------------------------------------------------------------------------------------------


class Filler:
    """Draws fillings of one template.

    Args:
        foreign: may cells hold texts that only the engine reads.
    """

    def __init__(self, template: Template, seed: int, *, foreign: bool = False) -> None:
        self.template, self.rulebook, self.foreign = template, template.rulebook, foreign
        self.random = random.Random(seed)

    def draw(self) -> dict[Cell, Typed]:
        inputs = self.template.inputs
        self._full = self.random.choice([0.3, 0.8, 0.97])  # how much of the workbook is filled in
        filling: dict[Cell, Typed] = {}
        for name, cell in inputs.facts.items():
            if name != "rulebook" and (value := self._fact(name)) is not None:
                filling[cell] = value
        for node in self.rulebook.criteria:
            filling |= self._row(node)
        for name in inputs.lines:
            filling |= self._lines(name)
        if self.foreign:
            for (_id, key), cell in inputs.rows.items():
                if key == "declared" and self._maybe(0.1):
                    filling[cell] = self.random.choice(
                        ["Đánh giá chưa đạt", "đánh giá đạt", "không đạt", "Ðạt", "hoàn thành"]
                    )
            free = [
                *inputs.rows.values(),
                *(cell for lines in inputs.lines.values() for line in lines for cell in line.values()),
            ]
            for cell in self.random.sample(free, min(len(free), self.random.choice([1, 3, 10]))):
                filling[cell] = self.random.choice(FOREIGN)
            for (id_, key), cell in inputs.rows.items():
                if key == "value" and self._maybe(0.2):
                    filling[cell] = self._typed(self.rulebook.by_id[id_])
            return filling
        whole = set(self._counted_whole())
        return {
            cell: float(round(value)) if cell in whole and isinstance(value, float) else value
            for cell, value in filling.items()
        }

    def _counted_whole(self) -> Iterator[Cell]:
        """The cells of people and households, of whom nobody types a part."""
        inputs, rules = self.template.inputs, self.rulebook
        for name, cell in inputs.facts.items():
            if name in rules.facts and choose_measure(rules.facts[name].unit).whole:
                yield cell
        for (id_, key), cell in inputs.rows.items():
            if key == "value" and choose_measure(rules.by_id[id_].unit).whole:
                yield cell
        for name, lines in inputs.lines.items():
            table = rules.tables[name]
            for line in lines:
                for key, cell in line.items():
                    if choose_measure(table.columns[key].unit or table.unit).whole:
                        yield cell

    def _maybe(self, share: float | None = None) -> bool:
        return self.random.random() < (self._full if share is None else share)

    def _fact(self, name: str) -> Typed | None:
        fact, pick = self.rulebook.facts[name], self.random
        if not self._maybe():
            return None
        match fact.type:
            case "choice":
                return pick.choice(fact.choices)
            case "boolean":
                return pick.choice(["Có", "Không", "có"])
            case "date":
                return float(self._day().toordinal() - 693594)
            case "number" | "percent":
                return self._near([Fraction(1, 2), Fraction(100)], -6)
        return pick.choice(["a", "Xã Hải Yến", "loại A", "Loại B", "hòa"])

    def _day(self) -> dt.date:
        """Any day of the rulebook's time, often one on which something changes."""
        rules, days = self.rulebook, []
        for node in rules.criteria:
            for row in node.targets:
                for day in (row.decision.valid_from, row.decision.valid_to, row.by):
                    days += [] if day is None else [day - dt.timedelta(1), day, day + dt.timedelta(1)]
        ends = [day for day in (rules.valid_from, rules.valid_to) if day is not None] or [dt.date(2024, 5, 29)]
        days += [ends[-1] - dt.timedelta(1), ends[-1], ends[0]]
        if self._maybe(0.4):
            return ends[0] + dt.timedelta(self.random.randrange(max((ends[-1] - ends[0]).days, 1)))
        return self.random.choice(days)

    # --- figures ------------------------------------------------------------------------------------------------------

    def _bounds(self, node: Node) -> list[Fraction]:
        unions = [row.target.intervals for row in node.targets if row.target is not None]
        unions += [row.exceeds.intervals if row.exceeds is not None else margin(node, row) for row in node.targets]
        unions += [band.target.intervals for band in node.scoring.bands] if node.scoring is not None else []
        bounds = {end for union in unions for each in union for end in (each.low, each.high) if end is not None}
        return sorted(bounds) or [Fraction(1)]

    def _near(self, bounds: Sequence[Fraction], finest: int = -14) -> float:
        """A figure at a bound, a hair beside it, or anywhere."""
        pick = self.random
        bound = pick.choice(bounds)
        hair = pick.choice([each for each in (-14, -12, -9, -6, -4, -2, 0, 1) if each >= finest])
        size = Fraction(10) ** hair * max(abs(bound), Fraction(1, 100))
        value = float(bound + pick.choice([-1, 0, 0, 0, 1]) * size)
        if self._maybe(0.3):
            value = pick.choice(
                [0.0, 1 / 3, 0.1 + 0.2, -value, value * 3, value / 3, float(round(value)), 1e9, 12345678901.0]
            )
        return float(f"{value:.15g}") if self._maybe(0.9) else value

    def _under(self) -> Fraction:
        pick = self.random
        return pick.choice(
            [
                Fraction(pick.randint(1, 30)),
                Fraction(pick.randint(1, 3000)),
                Fraction(pick.randint(10**6, 10**12)),
                Fraction(pick.randint(1, 10**6), 100),
                Fraction(pick.randint(1, 10**8), 1000),
                Fraction(0),
            ]
        )

    def _ratio(self, bounds: Sequence[Fraction], under: Fraction) -> float:
        """A numerator whose quotient lies at a bound, a step beside it, or anywhere."""
        pick = self.random
        exact = pick.choice(bounds) * under
        step = Fraction(1) if under.denominator == 1 else Fraction(1, pick.choice([100, 1000]))
        value = round(exact / step) * step + pick.choice([-1, 0, 0, 0, 1]) * step
        if under.denominator > 1 and self._maybe(0.3):
            value = exact
        if self._maybe(0.15):
            value = Fraction(pick.choice([0, 1, pick.randint(0, 10**6)]))
        return float(f"{float(value):.15g}")

    def _row(self, node: Node) -> dict[Cell, Typed]:
        inputs, pick, filling = self.template.inputs, self.random, {}
        cells = {key: cell for (id_, key), cell in inputs.rows.items() if id_ == node.id}
        if "declared" in cells and self._maybe(self._full * 0.7):
            filling[cells["declared"]] = pick.choice(DECLARED)
        if "narrative" in cells and self.foreign and self._maybe(0.1):
            filling[cells["narrative"]] = "421 hộ, 2017 nhân khẩu"
        if node.measure is None or "value" not in cells or not self._maybe():
            return filling
        if node.reads != "number":
            return filling | {cells["value"]: self._said(node)}
        if any(isinstance(each, ms.Column) for each in ms.walk(node.measure)):
            return filling  # the labelled parts of one cell are texts, which are foreign
        bounds = self._bounds(node)
        if node.words and self._maybe(0.3):
            spelled = [node.form.words and word for word in node.form.words]
            return filling | {cells["value"]: pick.choice(spelled)}
        if "numerator" in cells and self._maybe(0.25 if node.is_quantity else 0.6):
            under = self._under()
            filling[cells["denominator"]] = float(under)
            filling[cells["numerator"]] = self._ratio(bounds, under)
            for key in ("numerator", "denominator"):
                if self._maybe(0.08):
                    del filling[cells[key]]
        if "numerator" not in cells or self._maybe(0.3) or not filling.keys() & {cells.get("numerator")}:
            filling[cells["value"]] = self._near(bounds)
        return filling

    def _typed(self, node: Node) -> str:
        """A figure as officials type it, now and then with something about it that makes it another."""
        pick, bounds = self.random, self._bounds(node)
        unit = pick.choice([node.unit, node.unit, "", "hộ", "cơ sở", "ha", "m2", "triệu đồng", "lớp học", "chưa rõ"])
        other = pick.choice([unit, unit, "", "người", "hộ"])
        note = pick.choice(
            ["", "", "", " (6 chưa lập)", " (không có)", "(trồng mới)", " (%)", " (a; b)", ".", " trở lên", " (đạt) ("]
        )
        under = Fraction(pick.choice([0, 7, 25, 424, 2017, 130700000]))
        over = pick.choice(
            [Fraction(0), round(pick.choice(bounds) * under), pick.choice(bounds) * under, Fraction(2735, 100)]
        )
        per = pick.choice(["%", " %", ""]) if node.is_percent else ""
        first = self._digits(over)
        if self._maybe(0.5):
            value = pick.choice([*bounds, Fraction(975, 1000)]) * (100 if node.is_percent else 1)
            return f"{self._digits(value)}{per}{pick.choice(['', ' ' + unit])}{note}"
        before = pick.choice(["", "", "", f" {unit}"])
        lead, slash = pick.choice(["", "", "", "đạt ", "≥ "]), pick.choice(["/", "/", " / "])
        return f"{lead}{first}{before}{slash}{self._digits(under)} {other}{note}"

    def _digits(self, number: Fraction) -> str:
        """A number with Vietnamese marks, or with others."""
        shown = f"{float(number):.6f}".rstrip("0").rstrip(".")
        whole, _, part = shown.partition(".")
        grouped = f"{int(whole):,}".replace(",", self.random.choice([".", ".", "", " "]))
        return grouped + (self.random.choice([",", ",", ",", "."]) + part if part else "")

    def _said(self, node: Node) -> Typed:
        pick = self.random
        words = [word for row in node.targets if row.target is not None for word in row.target.words]
        if node.reads == "boolean":
            return pick.choice(["Có", "Không", "chưa", "rồi", True, False])
        if node.reads == "date":
            bounds = [int(bound) for row in node.targets if row.target is not None for bound in row.target.bounds]
            return float(pick.choice(bounds) + pick.choice([-30, -1, 0, 1]) - 693594)
        return pick.choice([*words, *(word.upper() for word in words), "khác hẳn", f" {pick.choice(words)} "])

    # --- tables -------------------------------------------------------------------------------------------------------

    def _lines(self, name: str) -> dict[Cell, Typed]:
        """Some lines; in half of the tables each numerator lies at a bound of a criterion that reads it."""
        pick, table = self.random, self.rulebook.tables[name]
        places = self.template.inputs.lines[name]
        many = pick.choice([0, 1, 1, 2, 3, 5, len(places)]) if self._maybe() else 0
        rows = pick.sample(range(len(places)), many) if self._maybe(0.2) else range(many)
        readers = [node for node in self.rulebook.criteria if self._reads(node, name)]
        reader = pick.choice(readers) if readers else None
        filling: dict[Cell, Typed] = {}
        for number, row in enumerate(sorted(rows), start=1):
            line: dict[str, Typed] = {}
            for key, column in table.columns.items():
                if column.type == "text":
                    if key in table.counted:
                        line[key] = pick.choice([float(number), float(number), "I", "-", "2.", ""])
                    elif key != "unit":
                        line[key] = pick.choice(LINES + SUMS if self.foreign else LINES)
                elif column.type == "verdict":
                    line[key] = pick.choice(["", *DECLARED])
                elif column.type == "percent":
                    line[key] = self._near([Fraction(1, 2), Fraction(8, 10)], -6)
                elif column.type == "number":
                    line[key] = pick.choice([float(pick.randint(0, 10**6)), float(pick.randint(0, 10**8)) / 100, 0.0])
            if reader is not None and self._maybe(0.7):
                self._balance(reader, name, line)
            filling |= {
                places[row][key]: value
                for key, value in line.items()
                if value != "" and self._maybe(0.985 if many < 9 else 1)
            }
        return filling

    @staticmethod
    def _reads(node: Node, name: str) -> bool:
        found = ms.walk(node.measure) if node.measure is not None else ()
        return any(isinstance(each, ms.Column) and each.table == name for each in found)

    def _balance(self, node: Node, name: str, line: dict[str, Typed]) -> None:
        """Set the first column of the measure so that the line alone lies at a bound, now and then a step beside."""
        assert node.measure is not None
        columns = [each.name for each in ms.walk(node.measure) if isinstance(each, ms.Column) and each.table == name]
        numbers = [key for key in dict.fromkeys(columns) if isinstance(line.get(key), float)]
        if not numbers:
            return
        first, *others = numbers
        under = sum((Fraction(repr(line[key])) for key in others), Fraction(0)) if others else Fraction(1)
        value = self.random.choice(self._bounds(node)) * under
        if self._maybe(0.15):
            value += self.random.choice([-1, 1]) * Fraction(1, 1000)
        line[first] = float(f"{float(value):.15g}")


# --- what the engine concludes ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Concluded:
    """What an evaluation says of one criterion."""

    verdict: str
    needed: float | None
    grade: str


def conclude(template: Template, filling: Filling, path: Path) -> dict[str, Concluded]:
    """Write the filled template and evaluate it as any workbook."""
    path.write_bytes(template.fill(filling))
    evaluation = nhiemvu.evaluate(path, template.rulebook)
    grades = {row.id: row.grade for row in evaluation.find_grades(0)}
    return {
        row.id: Concluded(row.verdict, row.needed, grades.get(row.id, ""))
        for row in evaluation.rows()
        if row.kind != "line"
    }


WORDS: Mapping[int, str] = {
    0: Verdict.NOT_APPLICABLE,
    1: Verdict.EXCEEDED,
    2: Verdict.MET,
    3: Verdict.NOT_ASSESSED,
    4: Verdict.NO_DATA,
    5: "left_open",
    6: Verdict.NOT_MET,
}


def type_example(template: Template, path: Path) -> dict[Cell, Typed]:
    """What an official typed into another workbook, typed into this template: cell by cell, as it stands."""
    reading = read(open_book(path), template.rulebook)
    with warnings.catch_warnings():  # of what openpyxl leaves out
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(path, data_only=True)
    inputs, found = template.inputs, {}
    for name, place in reading.fact_places.items():
        if name != "rulebook":
            found[inputs.facts[name]] = book[place.sheet][place.cell].value
    results = reading.tables[template.rulebook.results_table]
    for i, code in enumerate(results.columns["id"]):
        for key in results.letters:
            if (code, key) in inputs.rows:
                place = results.place(key, i)
                found[inputs.rows[str(code), key]] = book[place.sheet][place.cell].value
    for name, lines in inputs.lines.items():
        table = reading.tables[name]
        for i, line in enumerate(lines[: len(table)]):
            for key in table.letters:
                place = table.place(key, i)
                found[line[key]] = book[place.sheet][place.cell].value
    return {at: _as_typed(value) for at, value in found.items() if value is not None}


def _as_typed(value: Any) -> Typed:
    if isinstance(value, dt.datetime):
        return float(value.toordinal() - 693594)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
