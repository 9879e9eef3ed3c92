"""From a result to a verdict, as `engine.judge` concludes it: one criterion, step by step, each step a cell."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from nhiemvu.engine.judge import margin
from nhiemvu.rules.intervals import Interval, covers, is_disjoint
from nhiemvu.rules.rulebook import Node, TargetRow
from nhiemvu.sheets.live import formulas as fx
from nhiemvu.sheets.live.decisions import EPOCH, choose_row, require
from nhiemvu.sheets.live.formulas import DEFERRED, MISSING, NEAR, any_of, number, text
from nhiemvu.sheets.live.ledger import Ledger
from nhiemvu.sheets.live.measures import Measurer, Result, side
from nhiemvu.sheets.live.reading import (
    CODES,
    LEFT_OPEN,
    is_word,
    normal,
    read_day,
    read_declared,
    read_truth,
    read_words,
)
from nhiemvu.text import NO_WORDS, YES_WORDS
from nhiemvu.verdicts import Verdict

_EXCEEDED, _MET, _NOT_ASSESSED, _NO_DATA, _NOT_MET, _NOT_ARISING = (
    CODES[verdict]
    for verdict in (
        Verdict.EXCEEDED,
        Verdict.MET,
        Verdict.NOT_ASSESSED,
        Verdict.NO_DATA,
        Verdict.NOT_MET,
        Verdict.NOT_APPLICABLE,
    )
)


class Judge:
    """Writes the verdicts of measured and declared criteria.

    Attributes:
        sides: by criterion, the cells that say on which side of each bound its result lies.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.sides: dict[str, dict[Fraction, str]] = {}
        self._distances: dict[str, int] = {}
        self._ledger, self._measurer = ledger, Measurer(ledger)

    def judge(self, node: Node) -> None:
        """Write every step of one criterion."""
        ledger = self._ledger
        told = ledger.places.rows.get((node.id, "declared"))
        ledger.put(node, "declared", read_declared(told) if told else text(MISSING))
        ledger.put(node, "row", choose_row(ledger, node))
        if node.measure is None:
            self._accept(node)
            return
        self._measurer.read_row(node)
        if node.reads != "number":
            self._read_words(node)
        result = self._measurer.measure(node)
        sides = self.sides[node.id] = self._put_sides(node, result)
        ledger.put(node, "tested", self._test(node, sides))
        ledger.put(node, "required", require(ledger, node.requires) if node.requires else "1")
        ledger.put(node, "held", self._require(node) if node.requires else ledger.at(node, "tested"))
        ledger.put(node, "code", self._conclude(node))
        ledger.put(node, "needed", self._tell_needed(node, result))

    def _accept(self, node: Node) -> None:
        """What rests on the unit's own word."""
        ledger = self._ledger
        row, declared = ledger.at(node, "row"), ledger.at(node, "declared")
        said = f"IF({declared}={text(MISSING)},{_NO_DATA},IF({declared}={text(DEFERRED)},{LEFT_OPEN},{declared}))"
        formula = f"IF({_is_in_force(node, row)},{said},{_NO_DATA})"
        ledger.put(node, "code", f"IF({row}={text(DEFERRED)},{LEFT_OPEN},{formula})")

    # --- against the target -----------------------------------------------------------------------------------------

    def _put_sides(self, node: Node, result: Result) -> dict[Fraction, str]:
        """On which side of every bound that matters the result lies."""
        ledger = self._ledger
        if node.reads != "number":
            return {}
        unions: list[Sequence[Interval]] = [row.target.intervals for row in node.targets if row.target is not None]
        unions += [_beyond(node, row) for row in node.targets]
        unions += [band.target.intervals for band in node.scoring.bands] if node.scoring is not None else []
        bounds = {end for union in unions for each in union for end in (each.low, each.high) if end is not None}
        return {
            bound: ledger.put_aside(node, i, side(ledger, node, result, bound))
            for i, bound in enumerate(sorted(bounds))
        }

    def _test(self, node: Node, sides: dict[Fraction, str]) -> str:
        """Not met, met or exceeded by the row that applies; no data where nobody knows; left open."""
        ledger = self._ledger
        row = ledger.at(node, "row")
        outcomes = [self._test_row(node, target, sides) for target in node.targets]
        chosen = outcomes[0] if len(outcomes) == 1 else f"CHOOSE({row},{','.join(outcomes)})"
        return f"IF({row}={text(DEFERRED)},{LEFT_OPEN},IF({row}<1,{_NO_DATA},{chosen}))"

    def _test_row(self, node: Node, row: TargetRow, sides: dict[Fraction, str]) -> str:
        if row.target is None:
            return str(_NO_DATA)
        ledger, value = self._ledger, self._ledger.at(node, "result")
        if node.reads != "number":
            return self._test_words(node, row)
        beyond = _beyond(node, row)
        met = f"IF({fx.inside(beyond, sides)},{_EXCEEDED},{_MET})" if beyond else str(_MET)
        inside = f"IF({fx.inside(row.target.intervals, sides)},{met},{_NOT_MET})"
        used = {end for each in (*row.target.intervals, *beyond) for end in (each.low, each.high) if end is not None}
        near = fx.equals_any([sides[bound] for bound in sorted(used)], NEAR)
        inside = f"IF({near},{LEFT_OPEN},{inside})" if used else inside
        unknown = str(_NO_DATA)
        if node.words:
            meant = ",".join(str(_test_range(meaning, row, beyond)) for meaning in node.words.values())
            unknown = f"IF({ledger.at(node, 'word')}>0,CHOOSE({ledger.at(node, 'word')},{meant}),{_NO_DATA})"
        return f"IF({value}={text(DEFERRED)},{LEFT_OPEN},IF(ISNUMBER({value}),{inside},{unknown}))"

    # --- results that are words, truth values or days ---------------------------------------------------------------

    def _read_words(self, node: Node) -> None:
        """The cell of such a result; what looks like figures in it is left to nhiemvu."""
        ledger = self._ledger
        at = ledger.places.rows.get((node.id, "value"))
        if at is None:
            ledger.put(node, "word", '""')
        elif node.reads == "date":
            ledger.put(node, "word", read_day(at).replace(text(MISSING), '""'))
        elif node.reads == "boolean":
            ledger.put(node, "word", read_truth(at, YES_WORDS, NO_WORDS).replace(text(MISSING), '""'))
        else:
            figures = any_of(f'ISNUMBER(FIND("{digit}",{at}))' for digit in range(10))
            words = [word for row in node.targets if row.target is not None for word in row.target.words]
            known = is_word(normal(at), words)
            figures = fx.all_of([figures, f"NOT({known})"])
            ledger.put(node, "word", f"IF({figures},{text(DEFERRED)},{read_words(at)})")
        word = ledger.at(node, "word")
        ledger.put(node, "value", f"IF({word}={text(DEFERRED)},{text(DEFERRED)},{text(MISSING)})")

    def _test_words(self, node: Node, row: TargetRow) -> str:
        assert row.target is not None
        word = self._ledger.at(node, "word")
        if node.reads == "date":
            held = any_of(_holds_day(each, word) for each in row.target.intervals)
        else:
            said = f"LOWER({word})" if node.reads == "boolean" else word
            held = is_word(said, row.target.words)
        held = f"NOT({held})" if row.target.negated else held
        known = f"IF({held},{_MET},{_NOT_MET})"
        return f'IF({word}={text(DEFERRED)},{LEFT_OPEN},IF({word}="",{_NO_DATA},{known}))'

    # --- the verdict ------------------------------------------------------------------------------------------------

    def _conclude(self, node: Node) -> str:
        ledger = self._ledger
        value, held, by_zero, row = (ledger.at(node, step) for step in ("result", "held", "by_zero", "row"))
        met = f"IF({row}={text(DEFERRED)},{LEFT_OPEN},IF({_is_in_force(node, row)},{_MET},{held}))"
        nothing = {"not_applicable": str(_NOT_ARISING), "no_data": str(_NO_DATA), "met": met}[node.form.zero_of_zero]
        known = f"IF({by_zero}=2,{nothing},IF({held}={_NO_DATA},{self._accept_declared(node)},{held}))"
        return f"IF({value}={text(DEFERRED)},{LEFT_OPEN},{known})"

    def _require(self, node: Node) -> str:
        """What fails a further condition fails; what is not known of it leaves open what would be met."""
        tested, required = self._ledger.at(node, "tested"), self._ledger.at(node, "required")
        unknown = f"IF({tested}={LEFT_OPEN},{LEFT_OPEN},{_NO_DATA})"
        open_ = f"IF({required}={text(DEFERRED)},{LEFT_OPEN},IF({required}=-1,{unknown},{tested}))"
        return f"IF({required}=0,{_NOT_MET},IF({tested}={_NOT_MET},{_NOT_MET},{open_}))"

    def _accept_declared(self, node: Node) -> str:
        """Where there is no figure: the unit's own verdict, if the rule accepts it; else only «not assessed»."""
        ledger = self._ledger
        declared, value, by_zero, row = (ledger.at(node, step) for step in ("declared", "result", "by_zero", "row"))
        taken = declared
        if node.evidence != "declared_if_missing":
            taken = f"IF({declared}={_NOT_ASSESSED},{_NOT_ASSESSED},{_NO_DATA})"
        known = f"IF({declared}={text(MISSING)},{_NO_DATA},IF({declared}={text(DEFERRED)},{LEFT_OPEN},{taken}))"
        no_figure = [f"{value}={text(MISSING)}", f"{by_zero}=0", _is_in_force(node, row)]
        if any(not meaning.is_point for meaning in node.words.values()):
            no_figure.append(f"{ledger.at(node, 'word')}=0")
        return f"IF({fx.all_of(no_figure)},{known},{_NO_DATA})"

    # --- what is missing --------------------------------------------------------------------------------------------

    def _tell_needed(self, node: Node, result: Result) -> str:
        """The least change that meets the target: of the numerator for a ratio, else of the result; 0 where met."""
        ledger = self._ledger
        code, value, tested, row = (ledger.at(node, step) for step in ("code", "result", "tested", "row"))
        if node.reads != "number":
            return '""'
        distances = [self._distance(node, target, result) for target in node.targets]
        chosen = distances[0] if len(distances) == 1 else f"CHOOSE({row},{','.join(distances)})"
        judged = fx.all_of([f"ISNUMBER({value})", any_of(f"{code}={each}" for each in (_EXCEEDED, _MET, _NOT_MET))])
        held = any_of(f"{tested}={each}" for each in (_EXCEEDED, _MET))
        if result.is_ratio and not result.is_mean:
            sides, unit = [ledger.at(node, step) for step in ("whole_over", "whole_under")], ledger.at(node, "places")
            wholes = [f"{side}=INT({side}/10^{unit})*10^{unit}" for side in sides]
            figures = [ledger.at(node, step) for step in ("over", "under")]
            counted = fx.all_of([f"COUNT({','.join([*figures, *sides])})=4", *wholes])
            counted = f"IFERROR({counted},FALSE)"
            chosen = f"IF({counted},ROUNDUP({chosen},0),{chosen})"  # there is no half a household
        return f'IF({judged},IF({held},0,IF({tested}={_NOT_MET},{chosen},"")),"")'

    def _distance(self, node: Node, row: TargetRow, result: Result) -> str:
        """To the nearest bound; of two that are equally near, up."""
        bounds = row.target.bounds if row.target is not None else ()
        ways = [self._way_to(node, bound, result) for bound in bounds]
        if len(ways) > 1:
            first = len(self.sides[node.id]) + self._distances.get(node.id, 0)
            self._distances[node.id] = self._distances.get(node.id, 0) + len(ways)
            ways = [self._ledger.put_aside(node, first + i, way) for i, way in enumerate(ways)]
            nearest = f"MIN({','.join(f'ABS({way})' for way in ways)})"
            return f"IF({any_of(f'{way}={nearest}' for way in ways)},{nearest},-{nearest})"
        return ways[0] if ways else '""'

    def _way_to(self, node: Node, bound: Fraction, result: Result) -> str:
        """From the result to a bound; for a ratio, of its numerator."""
        ledger = self._ledger
        value, over, under, whole_over, whole_under, places = (
            ledger.at(node, step) for step in ("result", "over", "under", "whole_over", "whole_under", "places")
        )
        at = number(
            bound
        )  # both have 15 digits, so their difference has no more decimals than the greater has room for
        room = f"14-INT(LOG10(MAX({number(abs(bound))},ABS({value}))))"
        plain = f"IF({value}={at},0,ROUND({at}-{value},{room}))"
        if not result.is_ratio or result.is_mean:
            return plain
        p, q = number(bound.numerator), number(bound.denominator)
        exact = f"({p}*{whole_under}-{q}*{whole_over})/{q}"
        rough = f"{at}*{under}-{over}"
        way = f"IF(COUNT({whole_over},{whole_under})=2,{exact}/10^{places},{rough})"
        return f"IF(COUNT({over},{under})=2,{way},{plain})" if result.may_be_figure else f"({way})"


def _is_in_force(node: Node, row: str) -> str:
    """Does a target apply, and is it not a hole."""
    return any_of(f"{row}={i}" for i, target in enumerate(node.targets, start=1) if target.target is not None)


def _beyond(node: Node, row: TargetRow) -> Sequence[Interval]:
    """What is beyond a target; () where no such level is named."""
    return row.exceeds.intervals if row.exceeds is not None else margin(node, row)


def _test_range(known: Interval, row: TargetRow, beyond: Sequence[Interval]) -> int:
    """What a result that is a range comes to."""
    assert row.target is not None  # a hole has been told apart
    if covers(row.target.intervals, known):
        return _EXCEEDED if covers(beyond, known) else _MET
    return _NOT_MET if is_disjoint(row.target.intervals, known) else _NO_DATA


def _holds_day(interval: Interval, day: str) -> str:
    ends = []
    if interval.low is not None:
        ends.append(f"{day}{'>=' if interval.low_closed else '>'}{number(interval.low - EPOCH)}")
    if interval.high is not None:
        ends.append(f"{day}{'<=' if interval.high_closed else '<'}{number(interval.high - EPOCH)}")
    return fx.all_of(ends)
