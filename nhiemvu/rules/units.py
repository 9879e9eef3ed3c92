"""Administrative units as dated data: who stood under whom on a day, and what became of whom.

    units.yaml | units.csv ──read_units──▶ Units ── on(day) · children · path · find · follow · origins

A unit is known by its code, never by its name. A row holds from a day to a day; a unit whose name or parent changes has
a row for each spell, and one that ends says what it became, with shares. See docs/decisions/units.md.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import chain, pairwise
from pathlib import Path

from nhiemvu.errors import Place, Problem, RuleError, say_reason
from nhiemvu.messages import N_
from nhiemvu.rules.yaml import Map, Seq, decode, read_yaml
from nhiemvu.text import Unreadable, fold, nearest, read_date

Say = Callable[..., None]  # a problem's code, its message, and what fills it
FIELDS = ("code", "name", "parent", "from", "to", "becomes")
ONE_DAY = dt.timedelta(days=1)
MOST_VALUES = (
    400_000  # keys and values of a YAML list: the country's 13,000 communes before and since 2025 have 180,000
)
Shares = Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class Unit:
    """One spell of a unit.

    Attributes:
        parent: code of the unit above; empty for the topmost.
        since, until: first and last day; None where there is none.
        becomes: by code of the successors, the share of this unit that went there; adds up to 1. Empty where nothing
            is said: the next spell of the same code continues it, and without one it was dissolved.
    """

    code: str
    name: str
    parent: str = ""
    since: dt.date | None = None
    until: dt.date | None = None
    becomes: Shares = field(default_factory=dict)
    place: Place = field(default_factory=Place)

    def holds_on(self, day: dt.date) -> bool:
        """Does this spell include the day."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


class Units:
    """Every unit with all its spells; checked when it is made.

    Raises:
        RuleError: spells of one code overlap, a parent or successor does not exist then, shares do not add up to 1, or
            units stand under each other in a circle. All of it at once.
    """

    def __init__(self, spells: Iterable[Unit]) -> None:
        by_code: dict[str, list[Unit]] = {}
        for spell in spells:
            by_code.setdefault(spell.code, []).append(spell)
        self._spells = {
            code: tuple(sorted(found, key=lambda spell: spell.since or dt.date.min)) for code, found in by_code.items()
        }
        problems = [*self._check()]
        if problems:
            raise RuleError(problems)

    def __len__(self) -> int:
        """How many codes there are."""
        return len(self._spells)

    def __iter__(self) -> Iterator[Unit]:
        """Every spell of every unit."""
        return chain.from_iterable(self._spells.values())

    def spells(self, code: str) -> tuple[Unit, ...]:
        """The spells of one code, the earliest first."""
        return self._spells.get(code, ())

    def get(self, code: str, day: dt.date) -> Unit | None:
        """The unit of that code on a day; None where there is none."""
        return next((spell for spell in self._spells.get(code, ()) if spell.holds_on(day)), None)

    def on(self, day: dt.date) -> dict[str, Unit]:
        """Every unit of a day, by code."""
        return {code: spell for code, spells in self._spells.items() for spell in spells if spell.holds_on(day)}

    def children(self, code: str, day: dt.date) -> list[Unit]:
        """The units right below one (below none: the topmost), in order of code."""
        return sorted((unit for unit in self.on(day).values() if unit.parent == code), key=lambda unit: unit.code)

    def path(self, code: str, day: dt.date) -> list[Unit]:
        """A unit with all that stand above it, the topmost first; empty where there is no such unit then."""
        found: list[Unit] = []
        unit = self.get(code, day)
        while unit is not None:
            found.append(unit)
            unit = self.get(unit.parent, day) if unit.parent else None
        return found[::-1]

    def find(self, name: str, day: dt.date) -> list[Unit]:
        """Every unit of that name on a day; many share one, so whoever needs one unit asks for its code."""
        wanted = fold(name)
        return [unit for unit in self.on(day).values() if fold(unit.name) == wanted]

    def changes(self) -> list[dt.date]:
        """Every day on which the tree is another than the day before, in order."""
        spells = [spell for found in self._spells.values() for spell in found]
        begun = {spell.since for spell in spells if spell.since is not None}
        return sorted(begun | {spell.until + ONE_DAY for spell in spells if spell.until is not None})

    def follow(self, code: str, start: dt.date, end: dt.date) -> dict[str, Fraction]:
        """What became of a unit of one day by a later day.

        Returns:
            By code of the units of `end` the share of the old unit that they hold. The shares add up to 1, less where a
            part was dissolved without a successor; empty where there was no such unit on `start`.
        """
        if start > end:
            raise ValueError("follow goes forward in time")
        found: dict[str, Fraction] = {}
        waiting = [(code, start, Fraction(1))]
        while waiting:
            name, day, share = waiting.pop()
            spell = self.get(name, day)
            if spell is None:
                continue
            if spell.until is None or spell.until >= end:
                found[name] = found.get(name, Fraction(0)) + share
                continue
            after = spell.until + ONE_DAY
            successors = spell.becomes or {name: Fraction(1)}
            waiting += [(successor, after, share * part) for successor, part in successors.items()]
        return found

    def origins(self, start: dt.date, end: dt.date) -> dict[str, dict[str, Fraction]]:
        """Of what the units of a later day were made.

        Returns:
            By code of the units of `end`, by code of the units of `start`, the share of the old unit that came to it:
            the weights with which figures of old units add up to one of a new unit.
        """
        made: dict[str, dict[str, Fraction]] = {code: {} for code in self.on(end)}
        for code in self.on(start):
            for successor, share in self.follow(code, start, end).items():
                made[successor][code] = share
        return made

    # --- checks ----------------------------------------------------------------------------------------------------

    def _check(self) -> Iterator[Problem]:
        for spells in self._spells.values():
            yield from _check_spells(spells)
            for spell in spells:
                yield from self._check_parent(spell)
                yield from self._check_successors(spell)
        yield from self._check_circles()

    def _check_parent(self, spell: Unit) -> Iterator[Problem]:
        if not spell.parent:
            return
        if spell.parent not in self._spells:
            close = ", ".join(nearest(spell.parent, list(self._spells))) or "-"
            message = N_("đơn vị {code} thuộc «{parent}», nhưng không có mã đó; gần nhất: {nearest}")
            yield _problem("unit-parent", message, spell, parent=spell.parent, nearest=close)
            return
        missing = _first_day_without(self._spells[spell.parent], spell)
        if missing is not None:
            message = N_(
                "đơn vị {code} thuộc «{parent}» cả vào ngày {day}, khi «{parent}» không có; tách thành hai dòng"
            )
            yield _problem("unit-parent", message, spell, parent=spell.parent, day=missing.isoformat())

    def _check_successors(self, spell: Unit) -> Iterator[Problem]:
        if not spell.becomes:
            return
        if spell.until is None:
            yield _problem("unit-becomes", N_("đơn vị {code} có becomes nhưng không có ngày kết thúc (to)"), spell)
            return
        after = spell.until + ONE_DAY
        for successor in spell.becomes:
            if self.get(successor, after) is None:
                close = ", ".join(nearest(successor, list(self.on(after)))) or "-"
                message = N_("đơn vị {code} thành «{successor}» từ ngày {day}, khi không có mã đó; gần nhất: {nearest}")
                yield _problem(
                    "unit-becomes", message, spell, successor=successor, day=after.isoformat(), nearest=close
                )
        if sum(spell.becomes.values()) != 1:
            shares = " + ".join(str(share) for share in spell.becomes.values())
            message = N_("các phần của đơn vị {code} phải cộng lại bằng 1; ở đây là {shares}")
            yield _problem("unit-shares", message, spell, shares=shares)

    def _check_circles(self) -> Iterator[Problem]:
        """On the first day of any spell nobody may stand above himself."""
        safe: set[tuple[str, dt.date]] = set()
        for day in sorted({spell.since or dt.date.min for spells in self._spells.values() for spell in spells}):
            units = self.on(day)
            for code, unit in units.items():
                seen = [code]
                above = units.get(unit.parent)
                while above is not None and (above.code, day) not in safe:
                    if above.code in seen:
                        circle = " → ".join([*seen[seen.index(above.code) :], above.code])
                        yield _problem(
                            "unit-circle", N_("các đơn vị thuộc nhau thành vòng tròn: {circle}"), unit, circle=circle
                        )
                        return
                    seen.append(above.code)
                    above = units.get(above.parent)
                safe.update((each, day) for each in seen)


def _problem(code: str, message: str, spell: Unit, **fill: object) -> Problem:
    return Problem(code, message, spell.place, {"code": spell.code, **fill})


def _check_spells(spells: Sequence[Unit]) -> Iterator[Problem]:
    for spell in spells:
        if spell.since and spell.until and spell.since > spell.until:
            yield _problem("unit-days", N_("đơn vị {code} kết thúc trước khi bắt đầu"), spell)
    for earlier, later in pairwise(spells):
        if earlier.until is None or later.since is None or later.since <= earlier.until:
            message = N_("mã {code} có hai dòng cùng lúc (dòng {line} và dòng này); mỗi ngày một mã chỉ có một dòng")
            yield _problem("unit-twice", message, later, line=earlier.place.line)


def _first_day_without(parents: Sequence[Unit], spell: Unit) -> dt.date | None:
    """The first day of a spell on which none of the parent's spells holds; None where there is none."""
    day, last = spell.since or dt.date.min, spell.until or dt.date.max
    while day <= last:
        parent = next((each for each in parents if each.holds_on(day)), None)
        if parent is None:
            return day
        if parent.until is None:
            return None
        day = parent.until + ONE_DAY
    return None


# --- reading ----------------------------------------------------------------------------------------------------------


def read_units(path: Path) -> Units:
    """Read units from YAML (`units:`, a list of rows) or CSV with the same columns.

    Raises:
        RuleError: every mistake of the file in one go, each with its line.
    """
    problems: list[Problem] = []
    if path.suffix.lower() == ".csv":
        rows = _csv_rows(path, problems)
    else:
        raw, problems = read_yaml(path, MOST_VALUES)
        rows = _yaml_rows(raw, problems)
    if not rows and not problems:
        problems.append(
            Problem("units-empty", N_("danh sách đơn vị không có đơn vị nào"), Place(str(path), line=1, column=1))
        )
    spells = [spell for row in rows if (spell := _read_row(row, problems)) is not None]
    try:
        units = Units(spells)
    except RuleError as error:
        raise RuleError([*problems, *error.problems]) from error
    if problems:
        raise RuleError(problems)
    return units


@dataclass(frozen=True, slots=True)
class _Row:
    values: Mapping[str, object]
    place: Place


def _yaml_rows(raw: Map, problems: list[Problem]) -> list[_Row]:
    units = raw.get("units")
    if not isinstance(units, Seq) or len(raw) != 1:
        problems.append(
            Problem("units-shape", N_("tệp đơn vị phải có đúng một khóa «units:», là danh sách"), raw.mark.place())
        )
        return []
    rows = []
    for number, row in enumerate(units):
        if isinstance(row, Map):
            rows.append(_Row(row, row.mark.place()))
        else:
            problems.append(
                Problem("units-shape", N_("mỗi đơn vị phải là các cặp «khóa: giá trị»"), units.place(number))
            )
    return rows


def _csv_rows(path: Path, problems: list[Problem]) -> list[_Row]:
    text = _read_csv(path)
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)  # Excel writes the one or the other, by the country
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey="", strict=True, delimiter=separator)
    rows = []
    try:
        heads = [head.strip().lower() for head in reader.fieldnames or ()]
        if wrong := [*_check_heads(heads, Place(str(path), line=1, column=1))]:
            problems += wrong
            return []
        reader.fieldnames = heads
        for row in reader:
            values = {name: value for name, value in row.items() if not _is_blank(value)}
            if values:  # Excel writes rows of commas where something stood once
                rows.append(_Row(values, Place(str(path), line=reader.line_num, column=1)))
    except csv.Error as error:
        message = N_("không đúng dạng CSV ({reason})")
        problems.append(
            Problem("units-csv", message, Place(str(path), line=reader.line_num, column=1), {"reason": error})
        )
    return rows


def _read_csv(path: Path) -> str:
    try:
        return decode(path.read_bytes(), str(path))
    except FileNotFoundError as error:
        message = N_("không có tệp đơn vị này; kiểm tra lại tên và thư mục")
        raise RuleError(Problem("units-unreadable", message, Place(str(path)))) from error
    except OSError as error:
        message = N_("không đọc được tệp đơn vị ({reason}); kiểm tra lại tên và quyền đọc")
        raise RuleError(
            Problem("units-unreadable", message, Place(str(path)), {"reason": say_reason(error)})
        ) from error
    except RuleError as error:  # in another encoding: Excel's own words for the way out
        message = N_(
            "tệp đơn vị không ở bảng mã UTF-8; mở bằng Excel, chọn Lưu thành (Save As), loại «CSV UTF-8», xem lại các "
            "chữ có dấu"
        )
        raise RuleError([replace(problem, message=message) for problem in error.problems]) from error


def _is_blank(value: object) -> bool:
    return not any(map(str.strip, value)) if isinstance(value, list) else not str(value or "").strip()


def _check_heads(heads: Sequence[str], place: Place) -> Iterator[Problem]:
    """The names of the columns, once for the whole file."""
    known = ", ".join(FIELDS)
    for head in heads:
        if head and head not in FIELDS:
            message = N_("tệp đơn vị không có cột tên «{key}»; các cột phải là: {known}")
            yield Problem("units-column", message, place, {"key": head, "known": known})
    for name in FIELDS[:2]:
        if heads and name not in heads:
            message = N_("tệp đơn vị thiếu cột «{key}»; hàng đầu phải ghi tên các cột: {known}")
            yield Problem("units-column", message, place, {"key": name, "known": known})


def _read_row(row: _Row, problems: list[Problem]) -> Unit | None:
    """One spell; None, with the problems said, where it cannot be read."""
    before = len(problems)

    def say(code: str, message: str, **fill: object) -> None:
        problems.append(Problem(code, message, row.place, fill))

    for name in row.values:
        if name not in FIELDS:
            close = ", ".join(nearest(name, FIELDS)) or ", ".join(FIELDS)
            say("unit-key", N_("đơn vị không có khóa «{key}»; gần nhất: {nearest}"), key=name, nearest=close)
    texts: dict[str, str] = {}
    for name in ("code", "name", "parent"):
        value = row.values.get(name, "")
        if not isinstance(value, str):
            say("unit-text", N_('{key} phải là chữ, đặt trong dấu ngoặc kép: "{value}"'), key=name, value=value)
        elif not value and name != "parent":
            say("unit-text", N_("thiếu {key} của đơn vị"), key=name)
        else:
            texts[name] = value.strip()
    since, until = (_read_day(row.values.get(name), name, say) for name in ("from", "to"))
    becomes = _read_shares(row.values.get("becomes"), say)
    if len(problems) > before:
        return None
    return Unit(texts["code"], texts["name"], texts["parent"], since, until, becomes, row.place)


def _read_day(value: object, name: str, say: Say) -> dt.date | None:
    if value is None or isinstance(value, dt.date):
        return value
    try:
        return read_date(str(value))
    except Unreadable:
        say("unit-day", N_("{key} phải là ngày viết kiểu 2025-07-01, không phải «{value}»"), key=name, value=value)
        return None


def _read_shares(value: object, say: Say) -> dict[str, Fraction]:
    """`06196` for the whole, or each successor with its share: `{06196: 60%, 06199: 40%}`, in CSV `06196: 60%; …`."""
    if value is None:
        return {}
    pairs: list[tuple[str, object]]
    if isinstance(value, Map):
        pairs = list(value.items())
    else:
        pairs = []
        for part in str(value).split(";"):
            successor, _colon, stated = part.partition(":")
            pairs.append((successor.strip(), stated.strip() or 1))
    found: dict[str, Fraction] = {}
    for code, share in pairs:
        text = str(share).strip()
        try:
            number = Fraction(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except (ValueError, ZeroDivisionError):
            number = Fraction(-1)
        if not 0 < number <= 1:
            say(
                "unit-share",
                N_("phần «{share}» của {successor} phải lớn hơn 0 và không quá 1, ví dụ 60% hoặc 1/3"),
                share=share,
                successor=code,
            )
        found[code] = number
    return found
