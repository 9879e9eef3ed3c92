"""Which target applies, and whether what must hold beside it does: decision tables as nested conditions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from nhiemvu.rules.decision_classes import Condition, Row, attributes_of, conditions_on, cut_attribute, cut_days
from nhiemvu.rules.rulebook import Node
from nhiemvu.sheets.live.formulas import DEFERRED, MISSING, all_of, any_of, equals_any, text
from nhiemvu.sheets.live.ledger import Ledger
from nhiemvu.sheets.live.reading import is_word

EPOCH = 693_594  # the ordinal of the day 0 of workbooks
UNKNOWN = "-1"
_LONGEST = 6000  # characters of one formula
_ANY_OTHER = "\u2047"  # a word that no condition mentions


def choose_row(ledger: Ledger, node: Node) -> str:
    """The number of the row that applies (from 1), 0 where none does, -1 where a fact that decides it is missing."""
    rows = [target.decision for target in node.targets]
    chooser = _Chooser(ledger, rows)
    formula = chooser.choose(attributes_of(rows), [True] * len(rows))
    return formula if len(formula) <= _LONGEST else text(DEFERRED)


class _Chooser:
    """Asks for one attribute after the other, the day last."""

    def __init__(self, ledger: Ledger, rows: Sequence[Row]) -> None:
        self._ledger, self._rows = ledger, rows

    def choose(self, attributes: Sequence[str], possible: Sequence[bool]) -> str:
        """Which row applies among those that are possible still."""
        if not attributes:
            return self._choose_by_day(possible)
        name, rest = attributes[0], attributes[1:]
        conditions = conditions_on(self._rows, name)
        found: dict[str, str] = {}
        for word, holds in _classes(conditions):
            found[word] = self.choose(rest, [one and other for one, other in zip(possible, holds, strict=True)])
        fact = self._ledger.fact(name)
        said = f"LOWER({fact})"
        *_, last = found.values()
        formula = last  # that of every word which no row mentions
        for word, outcome in reversed(list(found.items())[:-1]):
            if outcome != formula:
                formula = f"IF({is_word(said, [word])},{outcome},{formula})"
        return _unless_unknown(fact, formula, list(dict.fromkeys(found.values())))

    def _choose_by_day(self, possible: Sequence[bool]) -> str:
        """Which row applies, by the day on which the unit is judged."""
        days = cut_days(self._rows, (None, None))
        if days.values == (None,):
            return self._settle(possible)
        starts = sorted({row.valid_from for row in self._rows if row.valid_from})
        after = sorted({row.valid_to for row in self._rows if row.valid_to})
        cuts = sorted({_serial(day) for day in starts} | {_serial(day) + 1 for day in after})
        outcomes = []
        for cut in (cuts[0] - 1, *cuts):
            holds = [
                (row.valid_from is None or _serial(row.valid_from) <= cut)
                and (row.valid_to is None or cut <= _serial(row.valid_to))
                for row in self._rows
            ]
            outcomes.append(self._settle([one and other for one, other in zip(possible, holds, strict=True)]))
        day = self._ledger.fact("as_of")
        formula = outcomes[-1]
        for cut, outcome in reversed(list(zip(cuts, outcomes[:-1], strict=True))):
            if outcome != formula:
                formula = f"IF({day}<{cut},{outcome},{formula})"
        return _unless_unknown(day, formula, list(dict.fromkeys(outcomes)))

    def _settle(self, holds: Sequence[bool]) -> str:
        plain = [i for i, row in enumerate(self._rows, start=1) if holds[i - 1] and not row.otherwise]
        rest = [i for i, row in enumerate(self._rows, start=1) if holds[i - 1] and row.otherwise]
        return str((plain or rest or [0])[0])


def _classes(conditions: Sequence[Condition | None]) -> list[tuple[str, tuple[bool, ...]]]:
    """Every word that a condition mentions, and what is any other word, each with the rows whose condition it meets."""
    words = [
        word for condition in conditions if isinstance(condition, frozenset) for word in sorted(map(str, condition))
    ]
    return [(word, cut_attribute(conditions, [word]).rows[0]) for word in (*dict.fromkeys(words), _ANY_OTHER)]


def _unless_unknown(fact: str, formula: str, outcomes: Sequence[str]) -> str:
    """The outcome of a known fact; of one that is missing, what all outcomes have in common."""
    if len(outcomes) == 1:
        return outcomes[0]
    if all(outcome.lstrip("-").isdigit() for outcome in outcomes):  # they differ
        missing, deferred = UNKNOWN, text(DEFERRED)
    else:
        same = all_of(f"{outcomes[0]}={other}" for other in outcomes[1:])
        left = any_of(f"{each}={text(DEFERRED)}" for each in outcomes)
        missing = f"IF({left},{text(DEFERRED)},IF({same},{outcomes[0]},{UNKNOWN}))"
        deferred = f"IF({same},{outcomes[0]},{text(DEFERRED)})"
    return f"IF({fact}={text(MISSING)},{missing},IF({fact}={text(DEFERRED)},{deferred},{formula}))"


def _serial(day: dt.date) -> int:
    """The number of a day in a workbook."""
    return day.toordinal() - EPOCH


def require(ledger: Ledger, requires: Mapping[str, frozenset[str]]) -> str:
    """Do further conditions on facts hold: 1, 0 where one is known to fail, -1 where one is not known."""
    facts = [ledger.fact(name) for name in requires]
    fails = [
        all_of([f"{fact}<>{text(MISSING)}", f"{fact}<>{text(DEFERRED)}", f"NOT({_is_one_of(fact, allowed)})"])
        for fact, allowed in zip(facts, requires.values(), strict=True)
    ]
    open_ = f"IF({equals_any(facts, DEFERRED)},{text(DEFERRED)},IF({equals_any(facts, MISSING)},-1,1))"
    return f"IF({any_of(fails)},0,{open_})"


def _is_one_of(fact: str, allowed: frozenset[str]) -> str:
    return any_of(f"EXACT({fact},{text(word)})" for word in sorted(allowed))
