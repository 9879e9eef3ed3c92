"""Tables line by line: a mirror of each table that rules read, and the values that they add up from it.

A mirror finds its lines by counting from the row above them, so it follows when lines are inserted, deleted or sorted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import pairwise

from nhiemvu.messages import N_
from nhiemvu.rules import measure as ms
from nhiemvu.rules import models
from nhiemvu.sheets.live import formulas as fx
from nhiemvu.sheets.live.formulas import DEFERRED, MISSING, all_of, any_of, number, text
from nhiemvu.sheets.live.places import Lines
from nhiemvu.sheets.live.reading import is_word, read_number, read_words, spell
from nhiemvu.sheets.live.sheet import Calculation, cell
from nhiemvu.text import fold
from nhiemvu.workbook.layout import FOOTERS, NOTES, TOTALS
from nhiemvu.workbook.lines import SUM_WORDS, code_style
from nhiemvu.workbook.sheet_names import is_pattern
from nhiemvu.workbook.sums import DASHES, PARTS
from nhiemvu.workbook.values import choose_measure, find_unit

MOST_LINES = 100  # of a table; where it has more, nhiemvu alone tells
NAMES, HEADINGS, FIRST = 3, 4, 5  # rows
LAST = FIRST + MOST_LINES - 1
_SHORT = 4  # characters: rows of nothing longer may number the columns
_CODES = {"capital": "ABCDEFGHIJKLMNOPQRSTUVWXYZĐ", "letter": "abcdefghijklmnopqrstuvwxyzđ", "mark": "-+*•–—"}


def why_not(table: models.Table) -> str:
    """Why a table cannot be followed by formulas; empty where it can."""
    if table.sideways:
        return N_("bảng nằm ngang")
    if table.title or table.nth is not None or any(map(is_pattern, table.sheet)):
        return N_("bảng gồm nhiều phần hoặc nhiều trang")
    return ""


@dataclass(frozen=True, slots=True)
class Term:
    """Arithmetic as a formula.

    Attributes:
        value: the formula; it holds where all of `cells` hold numbers.
        size: a number that it cannot pass, however its parts cancel out.
        places: how many decimals it has, as a formula; None where nobody can tell.
        cells: what it reads.
    """

    value: str
    size: str
    places: str | None
    cells: tuple[str, ...] = ()


Leaf = Callable[[ms.Expression], Term]


def combine(tree: ms.Expression, leaf: Leaf) -> Term:
    """An arithmetic of leaves as a formula."""
    match tree:
        case ms.Number(value=value):
            return Term(number(value), number(abs(value)), _decimals(value))
        case ms.Operation(sign=sign, left=left, right=right):
            return _operate(sign, combine(left, leaf), combine(right, leaf), right)
    return leaf(tree)


def _operate(sign: str, one: Term, other: Term, right: ms.Expression) -> Term:
    value, cells = f"({one.value}{sign}{other.value})", (*one.cells, *other.cells)
    known = None if one.places is None or other.places is None else (one.places, other.places)
    if sign in "+-":
        return Term(value, f"({one.size}+{other.size})", known and _greater(*known), cells)
    if sign == "*":
        return Term(value, f"({one.size}*{other.size})", known and _sum(*known), cells)
    inverse = _decimals(1 / right.value) if isinstance(right, ms.Number) and right.value else None
    tells = one.places if one.places is None or inverse is None else _sum(one.places, inverse)
    return Term(value, f"({one.size}*{other.size}/{other.value}^2)", tells if inverse is not None else None, cells)


def _decimals(value: Fraction) -> str | None:
    """How many decimals a constant has; None where they never end."""
    return next((str(many) for many in range(10) if (value * 10**many).denominator == 1), None)


def _greater(one: str, other: str) -> str:
    return one if other in (one, "0") else other if one == "0" else f"MAX({one},{other})"


def _sum(one: str, other: str) -> str:
    return one if other == "0" else other if one == "0" else f"({one}+{other})"


class Mirror:
    """One table, line by line, on the calculation sheet of tables.

    Attributes:
        names: defined names, and the stretch of the template that each stands for: a column of the table, from the row
            above its lines to the row below.
    """

    def __init__(self, sheet: Calculation, name: str, table: models.Table, at: Lines) -> None:
        self._sheet, self._name, self._table = sheet, name, table
        self._has_total = at.has_total
        self.names = {self._range(key): _stretch(at, key) for key in table.columns}
        if not sheet.cells:
            for row in range(FIRST, LAST + 1):
                sheet.put(row, 0, row - FIRST + 1)
        self._raw = {key: self._add(key, partial(self._take, key)) for key in table.columns}
        self._columns = {key: self._add(key, partial(self._read, key, each)) for key, each in table.columns.items()}
        bare = {key: self._add(key, partial(self._bare_code, key)) for key in table.counted}
        self._codes = [
            self._add(key, partial(self._is_counted, bare[key], sample)) for key, sample in table.counted.items()
        ]
        self._values: dict[str, tuple[int, int]] = {}
        self._words = self._list_words()
        # how rows are called that may sum others up, or be part of them, which takes more than formulas to tell
        sums = self._spell((*SUM_WORDS, *PARTS, *DASHES))
        self._sums = None if table.counted else self._list(sums)
        self._held = self._add(N_("số ô đã ghi"), self._count_held)
        self._state = self._add(N_("hàng"), self._tell_row)

    def _add(self, heading: str, formula: Callable[[int], str]) -> int:
        """A column of one formula a line; returns where it stands."""
        column = self._sheet.take_column()
        self._sheet.put(NAMES, column, self._name)
        self._sheet.put(HEADINGS, column, heading)
        for row in range(FIRST, LAST + 1):
            self._sheet.put(row, column, f"={formula(row)}")
        return column

    def _range(self, key: str) -> str:
        return f"nv_{self._name}.{key}"

    @property
    def _count(self) -> str:
        """How many lines the template has, filled or not."""
        return f"(ROWS({self._range(next(iter(self._table.columns)))})-2)"

    def _source(self, key: str, row: int) -> str:
        """A line's cell in the template."""
        return f"INDEX({self._range(key)},$A{row + 1}+1)"

    def _take(self, key: str, row: int) -> str:
        """What it holds."""
        source = self._source(key, row)
        return f'IF($A{row + 1}>{self._count},"",IF(LEN({source})=0,"",{source}))'

    def _read(self, key: str, column: models.Column, row: int) -> str:
        """What that comes to."""
        held = cell(row, self._raw[key])
        if column.type not in ("number", "percent"):
            return read_words(held)
        wanted = column.unit or ("%" if column.type == "percent" else self._table.unit)
        line, goal = find_unit(self._table.unit), find_unit(wanted)
        speaks = line is not None and goal is not None and goal.dimension and line.dimension == goal.dimension
        measure = choose_measure(wanted, self._table.unit if speaks else "")
        blank = "0" if column.blank == "zero" else text(MISSING)
        return read_number(held, measure, of=self._source(key, row), blank=blank)

    # --- which rows are lines ---------------------------------------------------------------------------------------

    def _list_words(self) -> tuple[str, str]:
        """Where the words stand that a row may begin with, or be, without being a line."""
        begin = self._spell((*self._table.end, *self._table.skip, *FOOTERS, *NOTES))
        return self._list(begin), self._list(self._spell(TOTALS))

    def _spell(self, words: Iterable[str]) -> list[str]:
        forms = [form for word in words for form in spell(word)]
        return forms + [other for form in forms if (other := form.replace("uỷ", "ủy")) != form]

    def _list(self, words: Iterable[str]) -> str:
        column = self._sheet.take_column()
        self._sheet.put(NAMES, column, self._name)
        self._sheet.put(HEADINGS, column, N_("chữ dành riêng"))
        row = FIRST
        for row, word in enumerate(dict.fromkeys(words), start=FIRST):
            self._sheet.put(row, column, word)
        return f"{cell(FIRST, column, fixed=True)}:{cell(row, column, fixed=True)}"

    def _count_held(self, row: int) -> str:
        held = "+".join(f'IF({cell(row, column)}="",0,1)' for column in self._raw.values())
        return f"IFERROR({held},{text(DEFERRED)})"

    def _tell_row(self, row: int) -> str:
        """1 for a line, "" for none."""
        columns, many = self._table.columns, cell(row, self._held)
        numbers = [cell(row, self._columns[key]) for key, each in columns.items() if each.type in ("number", "percent")]
        doubts = [fx.equals_any(numbers, DEFERRED)] if numbers else []
        doubts += self._special(row, many)
        if not self._has_total and row == FIRST:
            doubts.append(self._may_number(row, numbers, many))
        counted = all_of(f"{cell(row, column)}=1" for column in self._codes)
        if self._codes:
            doubts.append(fx.equals_any([cell(row, column) for column in self._codes], DEFERRED))
        if "unit" in columns:
            doubts.append(self._other_unit(row))
        doubt = any_of([f"{many}={text(DEFERRED)}", *doubts])
        return f'IFERROR(IF({many}=0,"",IF({doubt},{text(DEFERRED)},IF({counted},1,""))),{text(DEFERRED)})'

    def _special(self, row: int, many: str) -> list[str]:
        """Its first texts begin with what ends a table or sums it up, or are a line of place and date."""
        begin, totals = self._words
        texts = [key for key, each in self._table.columns.items() if each.type in ("text", "verdict")]
        found = []
        for i, key in enumerate(texts):
            said = cell(row, self._columns[key])
            bare = f'SUBSTITUTE(SUBSTITUTE({said},":",""),".","")'
            dated = all_of(
                [f"{many}=1", *(f"ISNUMBER(FIND({text(word)},{said}))" for word in ("ngày", "tháng", "năm"))]
            )
            special = any_of(
                [f"SUMPRODUCT(--(LEFT({said},LEN({begin}))={begin}))>0", f"SUMPRODUCT(--({bare}={totals}))>0", dated]
            )
            raw = [cell(row, self._raw[other]) for other in texts[:i]]
            earlier = "+".join(f'AND(ISTEXT({each}),{each}<>"")' for each in raw)
            found.append(all_of([f"{earlier}<2", special]) if i > 1 else special)
        for key in () if self._sums is None else ["name"] if "name" in texts else texts:  # what a row is called
            said = cell(row, self._columns[key])
            found.append(f"SUMPRODUCT(--(LEFT({said},LEN({self._sums}))={self._sums}))>0")
        return found

    def _may_number(self, row: int, numbers: list[str], many: str) -> str:
        """Nothing in it is longer than a mark: it may number the columns, as forms do."""
        short = [
            f"LEN({cell(row, column)})<={_SHORT}"
            for key, column in self._columns.items()
            if self._table.columns[key].type not in ("number", "percent")
        ]
        small = [f"IF(ISNUMBER({each}),{each}<100,TRUE)" for each in numbers]
        counted = [f"IF(COUNT({one},{next_})=2,{next_}={one}+1,TRUE)" for one, next_ in pairwise(numbers)]
        return all_of([f"{many}>=3", *short, *small, *counted])

    def _other_unit(self, row: int) -> str:
        """It names a unit of measure that is not that of all its figures."""
        figures = [each for each in self._table.columns.values() if each.type in ("number", "percent")]
        units = {each.unit or ("%" if each.type == "percent" else self._table.unit) for each in figures}
        said = cell(row, self._columns["unit"])
        return all_of([f'{said}<>""', *([f"NOT({is_word(said, units)})"] if len(units) == 1 else [])])

    def _bare_code(self, key: str, row: int) -> str:
        """The code of a row without what officials write around it: `(1)`, `1.` and `1)` are 1."""
        raw = cell(row, self._raw[key])
        bare = f"TRIM({raw})"
        for mark in (" ", "(", ")", ":"):
            bare = f'SUBSTITUTE({bare},"{mark}","")'
        return f'IFERROR(IF(ISNUMBER({raw}),{raw},SUBSTITUTE({bare}&"|",".|","|")),{text(DEFERRED)})'

    def _is_counted(self, code: int, sample: str, row: int) -> str:
        """Is a bare code, with a stroke behind it where it is a text, written like the sample: 1, 0, or unread."""
        at, style = cell(row, code), code_style(sample)
        depth = style.count("number")
        if depth:
            digits = f'SUBSTITUTE(SUBSTITUTE({at},".",""),"|","")'
            plain = f'IFERROR(TEXT(VALUE({digits}),"0")={digits},FALSE)'
            deep = f'LEN({at})-LEN(SUBSTITUTE({at},".",""))'
            no_digit = all_of(f'ISERROR(FIND("{digit}",{at}))' for digit in range(10))
            found = f"IF({plain},IF({deep}={depth - 1},1,0),IF({no_digit},0,{text(DEFERRED)}))"
            is_number = {1: f"{at}=INT({at})", 2: f"{at}<>INT({at})"}.get(depth, "FALSE")
            as_number = f"IF(AND({at}>=0,{at}<1E6,{is_number}),1,0)"
        else:
            roman = f'AND({at}<>"|",SUBSTITUTE(SUBSTITUTE(SUBSTITUTE({at},"I",""),"V",""),"X","")="|")'
            one = f"AND(LEN({at})=2,ISNUMBER(FIND(LEFT({at},1),{text(_CODES.get(style, ''))})))"
            found = f"IF({roman},1,0)" if style == "roman" else f"IF(AND({one},NOT({roman})),1,0)"
            as_number = "0"
        told = f"IF(ISNUMBER({at}),{as_number},{found})"
        return f'IF({at}={text(DEFERRED)},{text(DEFERRED)},IF({at}="|",0,{told}))'

    # --- what rules read of them ------------------------------------------------------------------------------------

    def values(self, tree: ms.Aggregate, leaf: Leaf) -> tuple[str, str]:
        """The value of each line that counts, and its decimals: two stretches of cells."""
        adds = tree.where is None or tree.function == "sum"  # then a line of 0 is left out where it is in doubt
        key = show(ms.Aggregate("sum" if adds else "count", tree.of, tree.where))
        if key not in self._values:
            value = self._add(show(tree), lambda row: self._value(tree, leaf, row))
            places = self._add(N_("số lẻ"), lambda row: self._places(tree.of, leaf, row, value))
            self._values[key] = value, places
        return tuple(self._sheet.area(column, FIRST, LAST) for column in self._values[key])  # type: ignore[return-value]  # two

    @property
    def count(self) -> str:
        """How many lines there are."""
        return f"SUM({self._sheet.area(self._state, FIRST, LAST)})"

    @property
    def is_too_long(self) -> str:
        """Has the table more lines than the mirror."""
        return f"{self._count}>{MOST_LINES}"

    def _term(self, tree: ms.Expression, leaf: Leaf, row: int) -> Term:
        def of_line(each: ms.Expression) -> Term:
            if isinstance(each, ms.Column):
                at = cell(row, self._columns[each.name])
                return Term(at, f"ABS({at})", fx.places(at), (at,))
            return leaf(each)

        return combine(tree, of_line)

    def _value(self, tree: ms.Aggregate, leaf: Leaf, row: int) -> str:
        term = self._term(tree.of, leaf, row)
        value = fx.guard(term.cells, term.value)
        if "/" in term.value:
            value = f"IFERROR({value},{text(MISSING)})"
        if tree.where is not None:
            read = [cell(row, self._columns[each.column.name]) for each in _comparisons(tree.where)]
            some = "{0}<>0" if tree.function == "sum" else "TRUE"
            figures = [cell(row, self._columns[each.name]) for each in ms.walk(tree.of) if isinstance(each, ms.Column)]
            counts = any_of(f"IF(ISNUMBER({each}),{some.format(each)},FALSE)" for each in figures)
            left_out = f'IF({self._fails(tree.where, row)},"",IF({counts},{text(MISSING)},""))'
            kept = f"IF({self._keeps(tree.where, row)},{value},{left_out})"
            value = f"IF({fx.equals_any(read, DEFERRED)},{text(DEFERRED)},{kept})"
        state = cell(row, self._state)
        return f'IF({state}={text(DEFERRED)},{text(DEFERRED)},IF({state}<>1,"",{value}))'

    def _places(self, tree: ms.Expression, leaf: Leaf, row: int, value: int) -> str:
        places = self._term(tree, leaf, row).places
        return f"IF(ISNUMBER({cell(row, value)}),{fx.OFF_GRID if places is None else places},0)"

    def _keeps(self, condition: ms.Condition, row: int) -> str:
        """Does the condition hold; a blank makes it neither hold nor fail, unless it asks for blanks."""
        if isinstance(condition, ms.Both):
            sides = [self._keeps(condition.left, row), self._keeps(condition.right, row)]
            return all_of(sides) if condition.word == "and" else any_of(sides)
        return self._compare(condition, row, condition.sign)

    def _fails(self, condition: ms.Condition, row: int) -> str:
        if isinstance(condition, ms.Both):
            sides = [self._fails(condition.left, row), self._fails(condition.right, row)]
            return any_of(sides) if condition.word == "and" else all_of(sides)
        return self._compare(condition, row, _OPPOSITE[condition.sign])

    def _compare(self, condition: ms.Comparison, row: int, sign: str) -> str:
        at = cell(row, self._columns[condition.column.name])
        if isinstance(condition.value, str):
            if not fold(condition.value):
                return f'{at}=""' if sign == "=" else f'{at}<>""'
            equal = is_word(at, [condition.value])
            return equal if sign == "=" else all_of([f'{at}<>""', f"NOT({equal})"])
        sign = "<>" if sign == "!=" else sign
        return f"IF(ISNUMBER({at}),{at}{sign}{number(condition.value)},FALSE)"


_OPPOSITE = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def _stretch(at: Lines, key: str) -> str:
    column = at.columns[key]
    return f"{fx.address(at.sheet, at.above, column)}:{cell(at.below, column, fixed=True)}"


def _comparisons(condition: ms.Condition) -> list[ms.Comparison]:
    return [each for each in ms.walk(condition) if isinstance(each, ms.Comparison)]


def show(tree: ms.Expression | ms.Condition | None) -> str:
    """An expression as rule files write it."""
    match tree:
        case ms.Number(value=value):
            return f"{float(value):g}"
        case ms.Column(table=table, name=name):
            return f"{table}.{name}"
        case ms.Fact(name=name):
            return name
        case ms.Own(field=field, id=id_):
            return f'{field}("{id_}")' if id_ else field
        case ms.Operation(sign=sign, left=left, right=right):
            return f"({show(left)} {sign} {show(right)})"
        case ms.Aggregate(function=function, of=of, where=where):
            return f"{function}({show(of)}{', where ' + show(where) if where else ''})"
        case ms.Comparison(column=column, sign=sign, value=value):
            return f"{show(column)} {sign} {value}"
        case ms.Both(word=word, left=left, right=right):
            return f"{show(left)} {word} {show(right)}"
    return ""
