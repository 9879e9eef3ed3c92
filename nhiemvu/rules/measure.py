"""Measures: arithmetic over columns, parsed into a small tree of whitelisted nodes. Nothing is ever evaluated as code.

expression = term {("+" | "-") term}          term = factor {("*" | "/") factor}
factor     = number | "-" factor | "(" expression ")" | call | name ["." column]
call       = ("sum" | "count" | "min" | "max" | "mean") "(" expression ["," "where" condition] ")"
           | ("value" | "numerator" | "denominator") "(" text ")"  |  "stated" "(" text "," text ")"
condition  = comparison {("and" | "or") comparison}, "and" binding closer
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from nhiemvu.messages import N_

AGGREGATES = ("sum", "count", "min", "max", "mean")
OWN = ("value", "numerator", "denominator")
PARTS = "parts"  # the implicit table of the labelled parts typed in a criterion's own value cell
PART_COLUMNS = ("value", "numerator", "denominator")
MAX_DEPTH = 50
MAX_OPERATIONS = 100  # a chain of additions is a tree as deep as it is long


class MeasureError(ValueError):
    """An expression that cannot be read; `position` is the index of the character (from 0)."""

    def __init__(self, message: str, position: int, **fill: object) -> None:
        super().__init__(message)
        self.message, self.position, self.fill = message, position, fill


@dataclass(frozen=True, slots=True)
class Number:
    """A number written in the expression."""

    value: Fraction
    at: int = 0


@dataclass(frozen=True, slots=True)
class Own:
    """A figure of a criterion's row: the criterion's own (`id` is empty) or another's."""

    field: Literal["value", "numerator", "denominator"]
    id: str = ""
    at: int = 0


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact of the unit."""

    name: str
    at: int = 0


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table, line by line."""

    table: str
    name: str
    at: int = 0


@dataclass(frozen=True, slots=True)
class Stated:
    """The number right before a noun in a criterion's narrative."""

    id: str
    noun: str
    at: int = 0


@dataclass(frozen=True, slots=True)
class Operation:
    """`+ - * /` of two expressions."""

    sign: Literal["+", "-", "*", "/"]
    left: Expression
    right: Expression
    at: int = 0


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One number from the lines of one table."""

    function: Literal["sum", "count", "min", "max", "mean"]
    of: Expression
    where: Condition | None = None
    at: int = 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """A column against a text or a number."""

    column: Column
    sign: Literal["=", "!=", "<", "<=", ">", ">="]
    value: str | Fraction
    at: int = 0


@dataclass(frozen=True, slots=True)
class Both:
    """Two conditions joined."""

    word: Literal["and", "or"]
    left: Condition
    right: Condition


Condition = Comparison | Both
Expression = Number | Own | Fact | Column | Stated | Operation | Aggregate

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>[0-9]+(?:\.[0-9]+)?) | (?P<text>"[^"]*") | (?P<name>[A-Za-z_][A-Za-z0-9_]*) |
    (?P<sign>>=|<=|!=|≥|≤|≠|[-+*/(),.=<>])
    )""",
    re.VERBOSE,
)
_SIGNS = {"≥": ">=", "≤": "<=", "≠": "!="}


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


def parse_measure(text: str) -> Expression:
    """Parse an expression.

    Raises:
        MeasureError: with the position of the character, what was found and what was expected.

    >>> parse_measure("so_ho / 2")
    Operation(sign='/', left=Fact(name='so_ho', at=0), right=Number(value=Fraction(2, 1), at=8), at=6)
    """
    parser = _Parser(_tokens(text), len(text))
    tree = parser.expression(0)
    if parser.token.kind != "end":
        raise parser.unexpected()
    return tree


def _tokens(text: str) -> list[_Token]:
    tokens, at = [], 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            start = at + len(text[at:]) - len(text[at:].lstrip())
            if start >= len(text):
                break
            raise _unreadable(text, start)
        kind = found.lastgroup or ""
        value = found.group(kind)
        tokens.append(_Token(kind, _SIGNS.get(value, value), found.start(kind)))
        at = found.end()
    return [*tokens, _Token("end", "", len(text))]


_INSTEAD = {"×": "*", "÷": "/", ":": "/", "–": "-", "−": "-", "“": '"', "”": '"', "'": '"', ";": ","}


def _unreadable(text: str, at: int) -> MeasureError:
    """A character that expressions do not have; most are typed for one that they have."""
    found = text[at]
    if found in _INSTEAD:
        message = N_("không dùng ký tự «{found}» trong biểu thức; viết «{instead}»")
        return MeasureError(message, at, found=found, instead=_INSTEAD[found])
    if found == "%":
        return MeasureError(N_("không dùng dấu % trong biểu thức; viết 0.5 thay cho 50%"), at)
    if found == '"':
        return MeasureError(N_("dấu ngoặc kép mở ở đây mà không đóng"), at)
    if found.isalpha():
        message = N_("không hiểu ký tự «{found}»: tên trong biểu thức viết bằng chữ không dấu, số và gạch dưới")
        return MeasureError(message, at, found=found)
    return MeasureError(N_("không hiểu ký tự «{found}» trong biểu thức"), at, found=found)


class _Parser:
    def __init__(self, tokens: list[_Token], length: int) -> None:
        self._tokens, self._next, self._operations = tokens, 0, 0
        self.length = length

    @property
    def token(self) -> _Token:
        return self._tokens[self._next]

    def unexpected(self, expected: str = "") -> MeasureError:
        token = self.token
        if token.kind == "end":
            return MeasureError(
                N_("biểu thức dừng giữa chừng; còn thiếu {expected}"), token.at, expected=expected or ")"
            )
        if expected:
            return MeasureError(
                N_("gặp «{found}» trong khi cần {expected}"), token.at, found=token.text, expected=expected
            )
        if token.text == "," and self._next and self._tokens[self._next - 1].kind == "number":
            return MeasureError(N_("số thập phân trong biểu thức viết dấu chấm, như 0.5"), token.at)
        return MeasureError(N_("thừa «{found}» trong biểu thức"), token.at, found=token.text)

    def _take(self) -> _Token:
        token = self.token
        self._next += 1
        return token

    def _want(self, text: str) -> _Token:
        if self.token.text != text or self.token.kind == "text":
            raise self.unexpected(f"«{text}»")
        return self._take()

    def _is(self, *texts: str) -> bool:
        return self.token.kind in ("sign", "name") and self.token.text in texts

    def expression(self, depth: int) -> Expression:
        if depth > MAX_DEPTH:
            raise MeasureError(N_("biểu thức lồng nhau quá {limit} mức"), self.token.at, limit=MAX_DEPTH)
        left = self._term(depth)
        while self._is("+", "-"):
            sign = self._take()
            left = self._operation(sign, left, self._term(depth))
        return left

    def _term(self, depth: int) -> Expression:
        left = self._factor(depth)
        while self._is("*", "/"):
            sign = self._take()
            left = self._operation(sign, left, self._factor(depth))
        return left

    def _operation(self, sign: _Token, left: Expression, right: Expression) -> Operation:
        self._operations += 1
        if self._operations > MAX_OPERATIONS:
            message = N_("biểu thức có quá {limit} phép tính; hãy chia thành nhiều tiêu chí")
            raise MeasureError(message, sign.at, limit=MAX_OPERATIONS)
        return Operation(sign.text, left, right, sign.at)  # type: ignore[arg-type]  # the caller has seen which sign it is

    def _factor(self, depth: int) -> Expression:
        if depth > MAX_DEPTH:
            raise MeasureError(N_("biểu thức lồng nhau quá {limit} mức"), self.token.at, limit=MAX_DEPTH)
        token = self._take()
        if token.kind == "number":
            return Number(Fraction(token.text), token.at)
        if token.kind == "sign" and token.text == "-":
            return self._operation(token, Number(Fraction(0), token.at), self._factor(depth + 1))
        if token.kind == "sign" and token.text == "(":
            inner = self.expression(depth + 1)
            self._want(")")
            return inner
        if token.kind == "name":
            if self._is("("):
                return self._call(token, depth)
            if self._is("."):
                self._take()
                return self._column(token)
            if token.text in OWN:
                return Own(token.text, at=token.at)  # type: ignore[arg-type]  # one of OWN
            return Fact(token.text, token.at)
        self._next -= 1
        raise self.unexpected(N_("số, tên hoặc dấu ngoặc"))

    def _column(self, table: _Token) -> Column:
        if self.token.kind != "name":
            raise self.unexpected(N_("tên cột"))
        return Column(table.text, self._take().text, table.at)

    def _text(self) -> str:
        if self.token.kind != "text":
            raise self.unexpected(N_("mã đặt trong dấu ngoặc kép"))
        return self._take().text[1:-1]

    def _call(self, name: _Token, depth: int) -> Expression:
        self._want("(")
        if name.text in AGGREGATES:
            of = self.expression(depth + 1)
            where = None
            if self._is(","):
                self._take()
                self._want("where")
                where = self._condition()
            self._want(")")
            return Aggregate(name.text, of, where, name.at)  # type: ignore[arg-type]  # one of AGGREGATES
        if name.text in OWN:
            other = self._text()
            self._want(")")
            return Own(name.text, other, name.at)  # type: ignore[arg-type]  # one of OWN
        if name.text == "stated":
            row = self._text()
            self._want(",")
            noun = self._text()
            self._want(")")
            return Stated(row, noun, name.at)
        raise MeasureError(
            N_("không có hàm «{found}»; dùng được: {known}"),
            name.at,
            found=name.text,
            known=", ".join([*AGGREGATES, *OWN, "stated"]),
        )

    def _condition(self) -> Condition:
        left = self._both()
        while self._is("or"):
            self._take()
            left = Both("or", left, self._both())
        return left

    def _both(self) -> Condition:
        left: Condition = self._comparison()
        while self._is("and"):
            self._take()
            left = Both("and", left, self._comparison())
        return left

    def _comparison(self) -> Comparison:
        if self.token.kind != "name":
            raise self.unexpected(N_("tên cột"))
        table = self._take()
        self._want(".")
        column = self._column(table)
        if not self._is("=", "!=", "<", "<=", ">", ">="):
            raise self.unexpected(N_("dấu so sánh"))
        sign = self._take()
        negative = self._is("-") and bool(self._take())
        if self.token.kind == "text" and not negative:
            return Comparison(column, sign.text, self._take().text[1:-1], sign.at)  # type: ignore[arg-type]  # _is has checked it
        if self.token.kind == "number":
            value = Fraction(self._take().text)
            return Comparison(column, sign.text, -value if negative else value, sign.at)  # type: ignore[arg-type]  # _is has checked it
        raise self.unexpected(N_("số, hoặc chữ đặt trong dấu ngoặc kép"))


def walk(tree: Expression | Condition) -> Iterator[Expression | Condition]:
    """Every node of a tree, parents first."""
    yield tree
    match tree:
        case Operation(left=left, right=right) | Both(left=left, right=right):
            yield from walk(left)
            yield from walk(right)
        case Aggregate(of=of, where=where):
            yield from walk(of)
            if where is not None:
                yield from walk(where)
        case Comparison(column=column):
            yield column
