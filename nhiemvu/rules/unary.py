"""Reads a target: DMN's FEEL *simple unary tests*, and nothing more.

    target   = "-"  |  "not" "(" tests ")"  |  tests
    tests    = test {";" test}
    test     = [operator] value  |  ("[" | "(" | "]") value ".." value ("]" | ")" | "[")
    operator = "≥" | ">=" | "≤" | "<=" | ">" | "<" | "=" | "≠" | "!="
    value    = ["-"] digits ["." digits] ["%"]  |  '"' text '"'  |  "true"  |  "false"
             | "date" "(" '"' yyyy-mm-dd '"' ")"

Differences from the standard: `;` parts a list, because `2,3` is 2.3 to one reader and "2 or 3" to another; `%` belongs
to the number; `=`, `≠` and the signs `≥ ≤` may be written. Source: OMG, Decision Model and Notation, clause 10.3.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NoReturn

from nhiemvu.messages import N_
from nhiemvu.rules.intervals import EVERYTHING, Interval, complement, normalise, point, whole
from nhiemvu.rules.target_tokens import ANYTHING, NOT, OPERATOR, STANDARD, Kind, Scanner, TargetError, Value
from nhiemvu.text import fold

MAX_LENGTH = 500


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a target says: intervals (numbers, shares, days by ordinal) or words (texts, `true`, `false`)."""

    kind: Kind
    intervals: tuple[Interval, ...] = ()
    words: tuple[str, ...] = ()
    negated: bool = False


@dataclass(frozen=True, slots=True)
class _Words:
    """A set of words, or of all words but these; as written, by their folded form."""

    words: dict[str, str]
    negated: bool

    def join(self, other: _Words) -> _Words:
        """The words of either set."""
        if self.negated and other.negated:
            return _Words({key: word for key, word in self.words.items() if key in other.words}, negated=True)
        if self.negated or other.negated:
            outside, inside = (self, other) if self.negated else (other, self)
            return _Words({key: word for key, word in outside.words.items() if key not in inside.words}, negated=True)
        return _Words(self.words | other.words, negated=False)


_Test = tuple[Interval, ...] | _Words


@lru_cache(maxsize=1024)  # the hundreds of criteria of a rulebook share a few dozen targets
def parse(text: str) -> Parsed:
    """Read a target.

    Raises:
        TargetError: with the place of the first thing that does not belong.

    >>> print(*parse("[75%..80%]").intervals)
    [3/4..4/5]
    """
    return _Reader(text).target()


def _extent(value: Value) -> Interval:
    """The numbers that a value stands for: itself, or for a day the stretch from its ordinal up to the next one."""
    if value.kind == "date":
        return Interval(value.number, value.number + 1, low_closed=True)
    return point(value.number)


class _Reader(Scanner):
    def target(self) -> Parsed:
        if len(self.text) > MAX_LENGTH:
            shown = self.text[:40] + "…"
            raise TargetError(
                N_("ngưỡng «{text}» dài quá {limit} ký tự; chia thành nhiều dòng"), MAX_LENGTH, shown, limit=MAX_LENGTH
            )
        self.skip()
        if self.at == len(self.text):
            self.refuse(N_("ngưỡng để trống; viết như «≥ 80%», hoặc «-» nếu giá trị nào cũng được"))
        if self.take(ANYTHING):
            return Parsed("any", (EVERYTHING,))
        start = self.at
        negated = self.take(NOT) is not None
        tests = [self._test()]
        while self.take_mark(";"):
            tests.append(self._test())
        if negated and not self.take_mark(")"):
            self.unreadable(N_("ngưỡng «{text}» thiếu dấu «)» ở ký tự thứ {at}"))
        if self.at < len(self.text):
            self.unreadable()
        return self._join(tests, negated=negated, start=start)

    # --- tests -----------------------------------------------------------------------------------------------------

    def _test(self) -> _Test:
        self.skip()
        if self.at < len(self.text) and self.text[self.at] in "[(]":
            return self._range()
        operator = self.take(OPERATOR)
        if operator is None:
            return self._compare("=", self.value(), self.at)
        return self._compare(STANDARD.get(operator[0], operator[0]), self.value(), operator.start())

    def _compare(self, operator: str, value: Value, at: int) -> _Test:
        if value.kind in ("text", "boolean"):
            if operator not in ("=", "≠"):
                self.refuse(
                    N_("ngưỡng «{text}» dùng «{operator}» ở ký tự thứ {at} cho chữ; chữ chỉ so bằng «=» hoặc «≠»"),
                    at,
                    operator=operator,
                )
            return _Words({fold(value.word): value.word}, negated=operator == "≠")
        here = _extent(value)
        match operator:
            case "≥":
                return (Interval(here.low, None, low_closed=True),)
            case ">":
                return (Interval(here.high, None, low_closed=not here.high_closed),)
            case "≤":
                return (Interval(None, here.high, high_closed=here.high_closed),)
            case "<":
                return (Interval(None, here.low),)
            case "≠":
                return complement([here])
        return (here,)

    def _range(self) -> tuple[Interval, ...]:
        start = self.at
        opening = self.text[start]
        self.at += 1
        low = self._bound()
        if not self.take_mark(".."):
            self.unreadable(N_("khoảng trong ngưỡng «{text}» thiếu «..» ở ký tự thứ {at}; viết như «[75%..80%]»"))
        high = self._bound()
        self.skip()
        closing = self.text[self.at : self.at + 1]
        if not closing or closing not in "])[":
            self.unreadable(
                N_("khoảng trong ngưỡng «{text}» thiếu dấu đóng ở ký tự thứ {at}: «]» nếu kể cả đầu đó, «)» nếu không")
            )
        self.at += 1
        first, last = _extent(low), _extent(high)
        start_at = (first.low, True) if opening == "[" else (first.high, not first.high_closed)
        stop_at = (last.high, last.high_closed) if closing == "]" else (last.low, False)
        interval = Interval(start_at[0], stop_at[0], start_at[1], stop_at[1])
        if interval.is_empty:
            self._empty(low, high, start)
        return (interval,)

    def _bound(self) -> Value:
        value = self.value()
        if value.kind in ("text", "boolean"):
            self.refuse(
                N_(
                    "đầu của khoảng ở ký tự thứ {at} của ngưỡng «{text}» phải là số hoặc ngày; "
                    'danh sách chữ viết như «"tốt"; "khá"»'
                ),
                value.start,
            )
        return value

    def _empty(self, low: Value, high: Value, start: int) -> NoReturn:
        written = self.text[start : self.at]
        if low.number > high.number:
            better = f"{self.text[start]}{high.written}..{low.written}{self.text[self.at - 1]}"
            self.refuse(
                N_("khoảng «{range}» ở ký tự thứ {at} rỗng: số nhỏ đứng trước; viết «{better}»"),
                start,
                range=written,
                better=better,
            )
        better = f"[{low.written}..{high.written}]"
        self.refuse(
            N_("khoảng «{range}» ở ký tự thứ {at} rỗng; muốn kể cả hai đầu thì viết «{better}»"),
            start,
            range=written,
            better=better,
        )

    # --- the whole -------------------------------------------------------------------------------------------------

    def _join(self, tests: Sequence[_Test], *, negated: bool, start: int) -> Parsed:
        kind = self.kind or "any"
        words = [test for test in tests if isinstance(test, _Words)]
        if words:
            return self._join_words(words, negated=negated, start=start)
        union = normalise(interval for test in tests if not isinstance(test, _Words) for interval in test)
        if negated:
            union = complement(union)
        if union == (EVERYTHING,):
            self._all_or_nothing(everything=True, start=start)
        if not union:
            self._all_or_nothing(everything=False, start=start)
        if kind == "date":
            union = tuple(whole(interval) for interval in union)
        return Parsed(kind, union)

    def _join_words(self, tests: Sequence[_Words], *, negated: bool, start: int) -> Parsed:
        joined = tests[0]
        for test in tests[1:]:
            joined = joined.join(test)
        joined = _Words(joined.words, joined.negated != negated)
        if self.kind == "boolean":  # of two words, "not this" is "the other"
            values = [word for word in ("true", "false") if (word in joined.words) != joined.negated]
            joined = _Words({value: value for value in values}, negated=False)
            if len(values) > 1:
                self._all_or_nothing(everything=True, start=start)
        if not joined.words:
            self._all_or_nothing(everything=joined.negated, start=start)
        return Parsed(self.kind or "text", (), tuple(joined.words.values()), joined.negated)

    def _all_or_nothing(self, *, everything: bool, start: int) -> NoReturn:
        if everything:
            self.refuse(N_("ngưỡng «{text}» giá trị nào cũng đạt; nếu đúng ý, viết «-»"), start)
        self.refuse(N_("ngưỡng «{text}» không giá trị nào đạt được; xem lại các đầu của khoảng"), start)
