"""Administrative units as dated data: who stood under whom on a day, and what became of whom.

    units.yaml | units.csv ──units_file.read_units──▶ Units ── on(day) · children · path · find · follow · origins

A unit is known by its code, never by its name. A row holds from a day to a day; a unit whose name or parent changes has
a row for each spell, and one that ends says what it became, with shares. See docs/decisions/units.md.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain, pairwise

from nhiemvu.errors import Place, Problem, RuleError
from nhiemvu.messages import N_
from nhiemvu.text import fold, nearest

ONE_DAY = dt.timedelta(days=1)
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
