"""The result of a criterion step by step: what its row or its measure comes to, as a number and as whole numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from nhiemvu.rules import measure as ms
from nhiemvu.rules.rulebook import Node
from nhiemvu.sheets.live import formulas as fx
from nhiemvu.sheets.live.formulas import DEFERRED, MISSING, NEAR, all_of, any_of, equals_any, number, text
from nhiemvu.sheets.live.ledger import Ledger
from nhiemvu.sheets.live.lines import Leaf, Mirror, Term, combine, show
from nhiemvu.sheets.live.reading import is_word, normal, read_number
from nhiemvu.sheets.live.sheet import cell
from nhiemvu.sheets.live.typed import can_be_typed, read_typed
from nhiemvu.workbook.values import choose_measure


@dataclass(frozen=True, slots=True)
class Result:
    """What is known of a criterion's result when its formulas are written.

    Attributes:
        is_figure: it is a figure that stands in a cell, never a quotient.
        may_be_figure: it is the quotient of two cells, or a figure where these are blank.
        is_ratio: it is a numerator over a denominator.
        is_mean: it is one, but what is missing is told of the mean.
        over_size, under_size: what numerator and denominator cannot pass.
    """

    is_figure: bool = False
    may_be_figure: bool = False
    is_ratio: bool = False
    is_mean: bool = False
    over_size: str = "1"
    under_size: str = "1"


class Measurer:
    """Writes the results of criteria."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._sums: dict[tuple[str, str], Term] = {}

    # --- the criterion's own row ------------------------------------------------------------------------------------

    def read_row(self, node: Node) -> None:
        """The cells of a criterion's own row as they are read."""
        ledger, rows = self._ledger, self._ledger.places.rows
        value = rows.get((node.id, "value"))
        read = {
            field: read_number(at, choose_measure("")) if (at := rows.get((node.id, field))) else text(MISSING)
            for field in ("numerator", "denominator")
        }
        if node.reads == "number":
            formula = read_number(value, choose_measure(node.unit, node.unit)) if value else text(MISSING)
            if value and not _reads_parts(node.measure) and can_be_typed(node):
                kind = read_typed(ledger, node, value)
                over, under = ledger.at(node, "left_number"), ledger.at(node, "right_number")
                alone = f"{over}/100" if node.is_percent else over
                quotient = over if node.is_quantity else f"IF({under}=0,{text(MISSING)},{over}/{under})"
                formula = f"IF({kind}=2,{quotient},IF({kind}=1,{alone},{formula}))"
                for field, side in (("numerator", over), ("denominator", under)):
                    filled = f"IF({read[field]}={text(MISSING)},{side},{read[field]})"
                    read[field] = f"IF({kind}=2,{filled},{read[field]})"
            ledger.put(node, "word", self._find_word(node, value))
            for i, meaning in reversed(list(enumerate(node.words.values(), start=1))):
                told = number(meaning.low) if meaning.is_point and meaning.low is not None else text(MISSING)
                formula = f"IF({ledger.at(node, 'word')}={i},{told},{formula})"
            ledger.put(node, "value", formula)
        for field, formula in read.items():
            ledger.put(node, field, formula)

    @staticmethod
    def _find_word(node: Node, value: str | None) -> str:
        formula = "0"
        for i, word in reversed(list(enumerate(node.words, start=1))):
            formula = f"IF({is_word(normal(value or ''), [word])},{i},{formula})"
        return f"IF(ISTEXT({value}),{formula},0)" if node.words and value else "0"

    def _own(self, node: Node) -> Result:
        ledger = self._ledger
        value, over, under = (ledger.at(node, step) for step in ("value", "numerator", "denominator"))
        spoken = equals_any([over, under], DEFERRED)
        both = _both(over, under)
        if node.is_quantity:  # 27,35 ha of 25 ha planned is 27,35 ha
            nothing = all_of([both, f"{over}=0", f"{under}=0"])
            ledger.put(node, "result", f"IF({spoken},{text(DEFERRED)},IF({nothing},{text(MISSING)},{value}))")
            ledger.put(node, "by_zero", f"IF({nothing},2,0)")
            return Result(is_figure=True)
        alone = f"IF({value}={text(DEFERRED)},{text(DEFERRED)},{text(MISSING)})"  # the text may say what is blank
        for step, field in (("over", over), ("under", under)):
            in_thousands = step == "under" and node.per != 1  # people of a rate of 1.000 people, as the engine has them
            things = f"IF(ISNUMBER({field}),{field}/{node.per},{field})" if in_thousands else field
            ledger.put(node, step, f"IF({field}={text(MISSING)},{alone},{things})")
        over, under = ledger.at(node, "over"), ledger.at(node, "under")
        quotient = f"IF({under}=0,{alone},{over}/{under})"
        kept = f"IF({spoken},{text(DEFERRED)},{value})"
        ledger.put(node, "result", f"IF({_both(over, under)},{quotient},{kept})")
        ledger.put(node, "by_zero", _by_zero(over, under))
        decimals = f"MAX({fx.places(over)},{fx.places(under)})"
        ledger.put(node, "places", f"IF({_both(over, under)},{decimals},0)")
        self._put_whole(node, f"ABS({over})", f"ABS({under})", is_sum=False)
        return Result(may_be_figure=True, is_ratio=True, over_size=f"ABS({over})", under_size=f"ABS({under})")

    # --- measures ---------------------------------------------------------------------------------------------------

    def measure(self, node: Node) -> Result:
        """Write the result of a criterion that is measured."""
        tree, ledger = node.measure, self._ledger
        assert tree is not None  # it is measured
        if tree == ms.Own("value"):
            return self._own(node)
        match tree:
            case ms.Operation(sign="/", left=left, right=right):
                over, under = (self._combine(side, node) for side in (left, right))
            case ms.Aggregate(function="min" | "max", of=ms.Operation(sign="/")):
                return self._extreme(node, tree)
            case ms.Aggregate(function="mean"):
                total, count = (ms.Aggregate(name, tree.of, tree.where) for name in ("sum", "count"))
                over, under = self._combine(total, node), self._combine(count, node)
                result = self._put_quotient(node, over, under)
                ledger.put(node, "by_zero", "0")
                return replace(result, is_mean=True)
            case _:
                term = self._combine(tree, node)
                figure = ledger.put(node, "over", fx.guard(term.cells, _safely(term.value)))
                ledger.put(node, "result", figure)
                ledger.put(node, "by_zero", "0")
                self._put_places(node, term.places, figure)
                self._put_whole(node, term.size, "")
                return Result(is_figure=_is_figure(tree), over_size=term.size)
        return self._put_quotient(node, over, under)

    def _put_quotient(self, node: Node, one: Term, other: Term) -> Result:
        ledger = self._ledger
        over = ledger.put(node, "over", fx.guard(one.cells, _safely(one.value)))
        under = ledger.put(node, "under", fx.guard(other.cells, _safely(other.value)))
        ledger.put(node, "result", fx.guard([over, under], f"IF({under}=0,{text(MISSING)},{over}/{under})"))
        ledger.put(node, "by_zero", _by_zero(over, under))
        known = one.places is not None and other.places is not None
        self._put_places(node, f"MAX({one.places},{other.places})" if known else None, over)
        self._put_whole(node, one.size, other.size)
        return Result(is_ratio=True, over_size=one.size, under_size=other.size)

    def _put_places(self, node: Node, decimals: str | None, over: str) -> None:
        told = str(fx.OFF_GRID) if decimals is None else decimals
        self._ledger.put(node, "places", f"IF(ISNUMBER({over}),{told},0)")

    def _put_whole(self, node: Node, over_size: str, under_size: str, *, is_sum: bool = True) -> None:
        """Numerator and denominator as whole numbers of the same unit; without a denominator, that unit."""
        ledger = self._ledger
        over, under, decimals = (ledger.at(node, step) for step in ("over", "under", "places"))
        ledger.put(node, "whole_over", fx.whole(over, over_size, decimals, is_sum=is_sum))
        unit = fx.whole(under, under_size, decimals, is_sum=is_sum) if under_size else f"10^{decimals}"
        ledger.put(node, "whole_under", unit)

    def _extreme(self, node: Node, tree: ms.Aggregate) -> Result:
        """The least or greatest of quotients: the numerator and the denominator of the line that has it."""
        ledger, mirror = self._ledger, self._mirror_of(tree)
        assert isinstance(tree.of, ms.Operation)
        whole = self._combine(tree, node)
        if mirror is None:
            ledger.put(node, "result", fx.guard(whole.cells, whole.value))
            ledger.put(node, "by_zero", "0")
            return Result(is_ratio=True)
        found = whole.value
        values, _places = mirror.values(tree, self._line_leaf(node))
        line = f"MATCH({found},{values},0)"
        decimals = []
        for step, side in (("over", tree.of.left), ("under", tree.of.right)):
            parts = mirror.values(ms.Aggregate(tree.function, side, tree.where), self._line_leaf(node))
            ledger.put(node, step, f"IF(ISNUMBER({found}),INDEX({parts[0]},{line}),{found})")
            decimals.append(f"INDEX({parts[1]},{line})")
        over, under = ledger.at(node, "over"), ledger.at(node, "under")
        ledger.put(node, "result", found)
        ledger.put(node, "by_zero", "0")
        self._put_places(node, f"MAX({','.join(decimals)})", over)
        self._put_whole(node, f"ABS({over})", f"ABS({under})", is_sum=False)
        return Result(is_ratio=True, over_size=f"ABS({over})", under_size=f"ABS({under})")

    # --- arithmetic -------------------------------------------------------------------------------------------------

    def _combine(self, tree: ms.Expression, node: Node) -> Term:
        def leaf(each: ms.Expression) -> Term:
            return self._sum(each, node) if isinstance(each, ms.Aggregate) else _figure(self._find(each, node))

        return combine(tree, leaf)

    def _find(self, tree: ms.Expression, node: Node, *, far: bool = False) -> str:
        """The cell of a figure or a fact."""
        ledger = self._ledger
        match tree:
            case ms.Fact(name=name):
                return ledger.fact(name, far=far)
            case ms.Own(field=field, id=id_) if id_ in ("", node.id):
                return ledger.far(node, field) if far else ledger.at(node, field)
            case ms.Own(field=field, id=id_):
                other = ledger.rulebook.by_id[id_]
                if field != "value" and not has_quotient(other):
                    return self._hold(text(MISSING), show(tree), far=far)
                step = {"value": "result", "numerator": "over", "denominator": "under"}[field]
                if field == "denominator" and other.own and other.per != 1:
                    under = ledger.far(other, step) if far else ledger.at(other, step)
                    return self._hold(f"IF(ISNUMBER({under}),{under}*{other.per},{under})", show(tree), far=far)
                return ledger.far(other, step) if far else ledger.at(other, step)
            case ms.Stated(id=id_):
                return self._hold(_left_open(ledger.places.rows.get((id_, "narrative"))), show(tree), far=far)
        raise AssertionError("a column outside an aggregate does not load")

    def _hold(self, formula: str, label: str, *, far: bool) -> str:
        """A cell of its own for a formula."""
        row = self._ledger.put_below(label, formula)
        return self._ledger.sheet.far(row, 2) if far else cell(row, 2, fixed=True)

    # --- sums of tables ---------------------------------------------------------------------------------------------

    def _mirror_of(self, tree: ms.Aggregate) -> Mirror | None:
        table = next(each.table for each in ms.walk(tree) if isinstance(each, ms.Column))
        return None if table == ms.PARTS else self._ledger.mirror(table)

    def _line_leaf(self, node: Node) -> Leaf:
        return lambda each: _figure(self._find(each, node, far=True))

    def _sum(self, tree: ms.Aggregate, node: Node) -> Term:
        """What is added up from a table; the same for every criterion, unless the criterion's own row goes in."""
        owns = any(isinstance(each, ms.Own) and not each.id for each in ms.walk(tree)) or _reads_parts(tree)
        key = node.id if owns else "", show(tree)
        if key not in self._sums:
            mirror = self._mirror_of(tree)
            if mirror is None:  # the labelled parts of one cell, or a table that formulas cannot follow
                given = self._ledger.places.rows.get((node.id, "value"))
                said = _left_open(given) if _reads_parts(tree) else text(DEFERRED)
                self._sums[key] = _figure(self._hold(said, show(tree), far=False))
            else:
                self._sums[key] = self._write_sum(tree, mirror, self._line_leaf(node))
        return self._sums[key]

    def _write_sum(self, tree: ms.Aggregate, mirror: Mirror, leaf: Leaf) -> Term:
        values, places = mirror.values(tree, leaf)
        formula = {
            "sum": f"SUM({values})",
            "count": f"COUNT({values})",
            "mean": f"SUM({values})/COUNT({values})",
            "min": f"MIN({values})",
            "max": f"MAX({values})",
        }[tree.function]
        empty = text(MISSING)
        if tree.function in ("sum", "count") and tree.where is not None:  # a condition that keeps nothing keeps 0
            empty = f"IF({mirror.count}>0,0,{text(MISSING)})"
        known = f"IF(COUNT({values})=0,{empty},{formula})"
        known = f"IF(COUNTIF({values},{text(MISSING)})>0,{text(MISSING)},{known})"
        doubt = any_of([mirror.is_too_long, f"COUNTIF({values},{text(DEFERRED)})>0"])
        decimals = {"count": "0", "mean": str(fx.OFF_GRID)}.get(tree.function, f"MAX({places})")
        size = f'SUM({values})-2*SUMIF({values},"<0")'
        row = self._ledger.put_below(show(tree), f"IF({doubt},{text(DEFERRED)},{known})", decimals, size)
        value, told, most = (cell(row, column, fixed=True) for column in (2, 3, 4))
        return Term(value, most if tree.function == "sum" else f"ABS({value})", told, (value,))


def _is_figure(tree: ms.Expression) -> bool:
    """Is what it comes to one of the figures that it reads, as it stands."""
    match tree:
        case ms.Aggregate(function="min" | "max", of=ms.Column(table=table)):
            return table != ms.PARTS
        case ms.Fact() | ms.Own(id=""):
            return True
    return False


def _figure(at: str) -> Term:
    return Term(at, f"ABS({at})", fx.places(at), (at,))


def _left_open(given: str | None) -> str:
    """What only nhiemvu reads, out of this cell: missing while it is blank."""
    return f"IF(LEN({given})=0,{text(MISSING)},{text(DEFERRED)})" if given else text(MISSING)


def _reads_parts(tree: ms.Expression | None) -> bool:
    return tree is not None and any(isinstance(each, ms.Column) and each.table == ms.PARTS for each in ms.walk(tree))


def has_quotient(node: Node) -> bool:
    """Has its result a numerator and a denominator."""
    match node.measure:
        case ms.Own(field="value", id=""):
            return not node.is_quantity
        case ms.Operation(sign="/") | ms.Aggregate(function="min" | "max", of=ms.Operation(sign="/")):
            return True
    return False


def _by_zero(over: str, under: str) -> str:
    """1 where something is divided by 0, 2 where that is 0 itself."""
    return f"IF({_both(over, under)},IF({under}=0,IF({over}=0,2,1),0),0)"


def _both(over: str, under: str) -> str:
    """Are numerator and denominator known."""
    return f"COUNT({over},{under})=2"


def _safely(value: str) -> str:
    return f"IFERROR({value},{text(MISSING)})" if "/" in value else value


# --- against a bound ------------------------------------------------------------------------------------------------


def side(ledger: Ledger, node: Node, result: Result, bound: Fraction) -> str:
    """On which side of a bound a result lies: -1, 0, 1, `NEAR` where a formula cannot tell, "" without a result."""
    value, over, under, whole_over, whole_under = (
        ledger.at(node, step) for step in ("result", "over", "under", "whole_over", "whole_under")
    )
    figure = fx.side_of_figure(value, bound)
    if result.is_figure:
        return f'IF(ISNUMBER({value}),{figure},"")'
    exact = fx.side_of_quotient(whole_over, whole_under, bound)
    at, size = number(bound), number(abs(bound))
    off = f"{over}-{at}*{under}" if result.is_ratio else f"{over}-{at}"
    reach = f"{result.over_size}+{size}*{result.under_size}"
    rough = f"IF(ABS({off})<=1E-9*({reach}),{text(NEAR)},SIGN({value}-{at}))"
    quotient = f"IF(COUNT({whole_over},{whole_under})=2,{exact},{rough})"
    if result.may_be_figure:
        quotient = f"IF({_both(over, under)},{quotient},{figure})"
    return f'IF(ISNUMBER({value}),{quotient},"")'
