"""From the verdicts of children to that of their parent, what they add up to, and the grade: as `verdicts` has it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from nhiemvu.rules import models
from nhiemvu.rules.intervals import Interval, covers, normalise
from nhiemvu.rules.rulebook import Node, Rulebook
from nhiemvu.rules.scoring import Scoring
from nhiemvu.sheets.live import formulas as fx
from nhiemvu.sheets.live.formulas import NEAR, number, text
from nhiemvu.sheets.live.ledger import Ledger
from nhiemvu.sheets.live.reading import CODES, LAST_CODE, LEFT_OPEN, is_met
from nhiemvu.verdicts import Threshold, Verdict

_NOT_MET, _NO_DATA, _NOT_ASSESSED = (
    CODES[verdict] for verdict in (Verdict.NOT_MET, Verdict.NO_DATA, Verdict.NOT_ASSESSED)
)
_MET, _NOT_ARISING = CODES[Verdict.MET], CODES[Verdict.NOT_APPLICABLE]
Sides = dict[str, dict[Fraction, str]]


class Roller:
    """Writes the verdicts of groups."""

    def __init__(self, ledger: Ledger, sides: Sides) -> None:
        self._ledger, self._sides = ledger, sides
        self._scale = _scale(ledger.rulebook)

    def roll_up(self, node: Node) -> None:
        """Write every step of one group."""
        ledger = self._ledger
        children = [ledger.rulebook.criteria[child] for child in node.children]
        for code in range(LAST_CODE + 1):
            cells = [f"({ledger.at(child, 'code')}={code})" for child in children]
            ledger.put(node, f"count{code}", "+".join(cells))
        scoring = node.scoring
        if scoring is not None and scoring.threshold is not None:
            self._add_up(node, scoring, children)
            ledger.put(node, "code", self._score(node, scoring.threshold, len(children)))
            ledger.put(node, "grade", self._grade(node, scoring))
            return
        counts = [ledger.at(node, f"count{code}") for code in range(LAST_CODE + 1)]
        rule = node.form.roll_up
        if isinstance(rule, models.AtLeast):
            formula = _at_least(counts, rule.at_least, len(children))
        elif isinstance(rule, models.Core):
            formula = self._core(rule, children)
        elif rule == "any":
            formula = _at_least(counts, 1, len(children))
        else:
            formula = f"MAX({','.join(ledger.at(child, 'code') for child in children)})"
            formula = f"IF({formula}={CODES[Verdict.EXCEEDED]},{_MET},{formula})"
        ledger.put(node, "code", formula)

    def _core(self, rule: models.Core, children: Sequence[Node]) -> str:
        """These must be met, and so many of the others: two groups, of which both must be met."""
        ledger = self._ledger
        core = [ledger.at(child, "code") for child in children if child.id in rule.core]
        others = [ledger.at(child, "code") for child in children if child.id not in rule.core]
        rest = str(_NOT_ARISING)
        if rule.and_at_least > 0:
            counts = [f"({'+'.join(f'({each}={code})' for each in others)})" for code in range(LAST_CODE + 1)]
            rest = _at_least(counts, rule.and_at_least, len(others)) if others else str(_NOT_MET)
        gravest = f"MAX({','.join(core)},{rest})"
        return f"IF({gravest}={CODES[Verdict.EXCEEDED]},{_MET},{gravest})"

    # --- shares and points ------------------------------------------------------------------------------------------

    def _add_up(self, node: Node, scoring: Scoring, children: Sequence[Node]) -> None:
        """What is earned for certain, what could be, and the most: in whole steps."""
        ledger = self._ledger
        if not isinstance(node.form.roll_up, models.Points):
            codes = [ledger.at(child, "code") for child in children]
            scale = steps_of(ledger.rulebook, node)
            weighed = [(code, int(weight * scale)) for code, weight in zip(codes, scoring.weights, strict=True)]
            low = "+".join(f"{steps}*{is_met(code)}" for code, steps in weighed)
            unknown = [f"{steps}*OR({code}={_NOT_ASSESSED},{code}={_NO_DATA})" for code, steps in weighed]
            ledger.put(node, "low", low)
            ledger.put(node, "high", f"{ledger.at(node, 'low')}+{'+'.join(unknown)}")
            ledger.put(node, "most", "+".join(f"{steps}*({code}<>{_NOT_ARISING})" for code, steps in weighed))
            return
        for child in children:
            self._earn(child, scoring.not_arising)
        for step in ("low", "high", "most"):
            earned = [self._earned(child, step) for child in children]
            ledger.put(node, step, f"IF(COUNT({','.join(earned)})<{len(earned)},{text(NEAR)},{'+'.join(earned)})")

    def _earned(self, child: Node, step: str) -> str:
        """The cell of what a child earns for its parent; that of what a group's own children earn it stands beside."""
        return self._ledger.at(child, f"own_{step}")

    def _earn(self, child: Node, not_arising: str) -> None:
        """What one child earns for certain, at best, and what it could earn."""
        ledger, scoring = self._ledger, child.scoring
        assert scoring is not None  # loading has made sure that every child of a sum is worth something
        assert scoring.most is not None
        code, full = ledger.at(child, "code"), int(scoring.most * self._scale)
        if isinstance(child.form.roll_up, models.Points):
            low, high, most = (ledger.at(child, step) for step in ("low", "high", "most"))
        else:
            low, high, most = f"{full}*{is_met(code)}", f"{full}*({code}<>{_NOT_MET})", str(full)
            if scoring.bands and child.measure is not None:
                low, high = self._by_bands(child, scoring, low, high)
        nothing = full if not_arising == "full" else 0
        left = 0 if not_arising == "left_out" else full
        for step, formula, instead in (("low", low, nothing), ("high", high, nothing), ("most", most, left)):
            ledger.put(child, f"own_{step}", f"IF({code}={_NOT_ARISING},{instead},{formula})")

    def _by_bands(self, child: Node, scoring: Scoring, low: str, high: str) -> tuple[str, str]:
        """Points by the range in which the result lies. Without a figure the verdict decides: all or nothing."""
        ledger, sides = self._ledger, self._sides[child.id]
        value, word = ledger.at(child, "result"), ledger.at(child, "word")
        worth = [int(band.points * self._scale) for band in scoring.bands]
        earned = "0"
        for band, points in zip(scoring.bands, worth, strict=True):
            earned = f"IF({fx.inside(band.target.intervals, sides)},{points},{earned})"
        used = {end for band in scoring.bands for end in band.target.bounds}
        if used:
            earned = f"IF({fx.equals_any([sides[bound] for bound in sorted(used)], NEAR)},{text(NEAR)},{earned})"
        best = f"IF({low}={high},{high},{max(worth)})"
        if child.words:
            ends = [_ends(scoring, worth, meaning) for meaning in child.words.values()]
            lows, highs = (",".join(str(end[i]) for end in ends) for i in (0, 1))
            low, best = (f"IF({word}>0,CHOOSE({word},{told}),{other})" for told, other in ((lows, low), (highs, best)))
        return tuple(f"IF(ISNUMBER({value}),{earned},{other})" for other in (low, best))  # type: ignore[return-value]  # two

    def _score(self, node: Node, threshold: Threshold, many: int) -> str:
        ledger = self._ledger
        counts = [ledger.at(node, f"count{code}") for code in range(LAST_CODE + 1)]
        low, high = (ledger.at(node, step) for step in ("low", "high"))
        unknown = _kind_of_unknown(counts)
        possible = f"IF({self._reaches(node, high, threshold)},{unknown},{_NOT_MET})"
        known = f"IF({self._reaches(node, low, threshold)},{_MET},{possible})"
        known = f"IF({counts[_NOT_ARISING]}={many},{_NOT_ARISING},{known})"
        return f"IF(OR({counts[LEFT_OPEN]}>0,{low}={text(NEAR)}),{LEFT_OPEN},{known})"

    def _reaches(self, node: Node, amount: str, threshold: Threshold) -> str:
        """Compared in whole numbers: 70% of 9 points is 7 * 9 tenths."""
        base = self._ledger.at(node, "most") if threshold.relative else str(steps_of(self._ledger.rulebook, node))
        sign = ">=" if threshold.included else ">"
        return f"{amount}*{threshold.least.denominator}{sign}{base}*{number(threshold.least.numerator)}"

    def _grade(self, node: Node, scoring: Scoring) -> str:
        """The grade where every way in which the unknown children could turn out gives the same; "" elsewhere."""
        ledger = self._ledger
        code = ledger.at(node, "code")
        low, high = (self._grade_of(node, scoring, ledger.at(node, step)) for step in ("low", "high"))
        open_ = fx.any_of([f"{code}={LEFT_OPEN}", f"{code}={_NOT_ARISING}"])
        return f'IF({open_},"",IF({low}={high},{low},""))' if scoring.grades else '""'

    def _grade_of(self, node: Node, scoring: Scoring, amount: str) -> str:
        formula = text("")
        for grade in reversed(scoring.grades):
            name = text(grade.name)
            reached = grade.threshold and self._reaches(node, amount, grade.threshold)
            formula = f"IF({reached},{name},{formula})" if reached else name
        return formula


def _at_least(counts: Sequence[str], k: int, many: int) -> str:
    """At least k are met; unknown only where the unknown ones could still decide."""
    met = f"{counts[CODES[Verdict.EXCEEDED]]}+{counts[_MET]}"
    unknown = f"{counts[_NOT_ASSESSED]}+{counts[_NO_DATA]}"
    kind = _kind_of_unknown(counts)
    open_ = f"IF({counts[_NOT_ARISING]}={many},{_NOT_ARISING},IF({met}+{unknown}>={k},{kind},{_NOT_MET}))"
    return f"IF({met}>={k},{_MET},IF({counts[LEFT_OPEN]}>0,{LEFT_OPEN},{open_}))"


def _kind_of_unknown(counts: Sequence[str]) -> str:
    """Not assessed where that is all that is not known; else no data."""
    return f"IF(AND({counts[_NOT_ASSESSED]}>0,{counts[_NO_DATA]}=0),{_NOT_ASSESSED},{_NO_DATA})"


def steps_of(rulebook: Rulebook, node: Node) -> int:
    """In how many steps a point (or a weight of 1) of a group is reckoned, so that all its steps are whole."""
    if not isinstance(node.form.roll_up, models.Points):
        return math.lcm(*(weight.denominator for weight in node.scoring.weights)) if node.scoring is not None else 1
    return _scale(rulebook)


def _scale(rulebook: Rulebook) -> int:
    """Steps in a point, such that everything in the rulebook is worth a whole number of them."""
    worths = [node.scoring for node in rulebook.criteria if node.scoring is not None]
    amounts = [scoring.most for scoring in worths if scoring.most is not None]
    amounts += [band.points for scoring in worths for band in scoring.bands]
    return math.lcm(*(amount.denominator for amount in amounts))


def _ends(scoring: Scoring, worth: Sequence[int], known: Interval) -> tuple[int, int]:
    """The least and the most that a result in this range earns."""
    everything = normalise(interval for band in scoring.bands for interval in band.target.intervals)
    possible = [
        points
        for band, points in zip(scoring.bands, worth, strict=True)
        if any(not part.intersect(known).is_empty for part in band.target.intervals)
    ]
    possible += [] if covers(everything, known) else [0]
    return min(possible), max(possible)
