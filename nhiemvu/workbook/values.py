"""One cell's meaning: a figure in the unit of measure that is wanted, a text, a date, a verdict, or why it is none.

Whatever cannot be read raises `Unreadable`, whose message says what to type instead; nothing is ever guessed.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

from nhiemvu.messages import N_
from nhiemvu.text import (
    Figure,
    Unit,
    Unreadable,
    exact,
    fold,
    format_date,
    may_be_money,
    names_share,
    nearest_float,
    read_figure,
    read_unit,
)
from nhiemvu.workbook.grid import Cell
from nhiemvu.workbook.shown import show, show_number

# What is measured rather than counted: where two of these differ, the figure is another thing. Things counted go by
# many names (lớp, lớp học), which say nothing of the figure.
_MEASURED = frozenset({"đồng", "m", "g", "ngày", "tháng", "người", "hộ"})


@dataclass(frozen=True, slots=True)
class Measure:
    """How a plain number becomes a figure.

    Attributes:
        wanted: unit of the result; None where the rulebook names none.
        given: unit that a number without one is in.
        scale: what a plain number is multiplied by.
        shift: by how many places the decimal mark moves, where that is all that the scale does.
        is_share: the result is a fraction of 1: 97,5 in a row of % is 0.975.
        whole: it counts people or households, of whom nobody types a part.
        most: more than that is likely to have been typed in another unit.
    """

    wanted: Unit | None
    given: Unit | None
    scale: Fraction
    shift: int | None
    is_share: bool
    whole: bool = False
    most: float = math.inf


_WHOLE = ((("người", 1),), (("hộ", 1),))
_MOST_SHARE, _MOST_MONEY, _MOST_PEOPLE = 10, 1e15, 1e8  # ten times a plan; a million tỷ đồng; the whole country


# Units, small figures and short remarks recur from row to row and from workbook to workbook: each is worked out once.
@lru_cache(maxsize=4096)
def _try_figure(text: str) -> Figure | Unreadable:
    try:
        return read_figure(text)
    except Unreadable as why:
        return why.again()


def _read_figure(text: str) -> Figure:
    found = _try_figure(text)
    if isinstance(found, Unreadable):
        raise found.again()
    return found


@lru_cache(maxsize=1024)
def find_unit(text: str) -> Unit | None:
    """The unit that a text names, None where it names none."""
    try:
        return read_unit(text) if text.strip() else None
    except Unreadable:
        return None


def is_measure(text: str) -> bool:
    """Whether a text names money, a share or something measured, and not just any noun.

    >>> is_measure("triệu đồng"), is_measure("%"), is_measure("số")
    (True, True, False)
    """
    unit = find_unit(text)
    return unit is not None and (not unit.dimension or any(base in _MEASURED for base, _ in unit.dimension))


def is_money(text: str) -> bool:
    """Whether a text names an amount of money, and nothing per anything.

    >>> is_money("nghìn đồng"), is_money("đồng/người"), is_money("lớp")
    (True, False, False)
    """
    unit = find_unit(text) if may_be_money(text) else None
    return unit is not None and unit.dimension == (("đồng", 1),)


def speaks_of_money(text: str) -> bool:
    """Whether a text names money, be it in a way that nobody can read, such as «10^6 đồng»."""
    return "đồng" in text.split()


def is_share(text: str) -> bool:
    """Whether a text names a share of something, such as %."""
    unit = find_unit(text)
    return unit is not None and not unit.dimension


@lru_cache(maxsize=1024)
def choose_measure(wanted: str, given: str = "") -> Measure:
    """How numbers of a column or row are read.

    Args:
        wanted: the rulebook's unit, "" where it names none.
        given: what the workbook says, "" where it says nothing.

    Raises:
        Unreadable: `unit-disagrees`, where the two do not measure the same thing.
    """
    goal, start = find_unit(wanted), find_unit(given)
    is_share = goal is not None and not goal.dimension
    if goal is not None and start is not None and disagree(goal, start):
        raise not_the_unit(start.symbol, goal.symbol)
    scale = _scale(start or goal, goal)
    whole = goal is not None and goal.factor == 1 and goal.dimension in _WHOLE
    return Measure(goal, start or goal, scale, _SHIFTS.get(scale), is_share, whole, _most(goal))


def _most(goal: Unit | None) -> float:
    if goal is None:
        return math.inf
    if not goal.dimension:
        return _MOST_SHARE
    if goal.dimension == (("đồng", 1),):
        return float(_MOST_MONEY / goal.factor)
    return float(_MOST_PEOPLE / goal.factor) if goal.dimension in _WHOLE else math.inf


def not_the_unit(given: str, wanted: str) -> Unreadable:
    """Why figures that are given in one unit are not read in another."""
    return Unreadable(
        "unit-disagrees",
        N_(
            "đơn vị tính là «{given}», trong khi quy tắc dùng «{wanted}»; hãy sửa đơn vị tính, hoặc số liệu cho "
            "đúng đơn vị"
        ),
        given=given,
        wanted=wanted,
    )


_SHIFTS = {Fraction(10) ** places: places for places in range(-12, 13)}


def disagree(one: Unit, other: Unit) -> bool:
    """Whether two units measure different things; things counted may go by different names."""
    if one.dimension == other.dimension:
        return False
    return any(base in _MEASURED for base, _ in (*one.dimension, *other.dimension)) or not (
        one.dimension and other.dimension
    )


def _scale(start: Unit | None, goal: Unit | None) -> Fraction:
    if start is None or goal is None:
        return Fraction(1)
    if not goal.dimension:  # shares are kept as fractions of 1
        return start.factor
    return start.factor / goal.factor if start.dimension == goal.dimension else Fraction(1)


def read_number(cell: Cell, measure: Measure) -> tuple[float | None, Figure | None]:
    """The figure of a cell: the one number that it comes to, and what its text says beside or instead.

    Raises:
        Unreadable: it gives no figure, and why.

    >>> read_number(Cell(97.5, "number"), choose_measure("%"))
    (0.975, None)
    >>> read_number(Cell(0.975, "percent"), choose_measure("%"))[0]
    0.975
    """
    if cell.kind == "number":
        number = _plain(float(cell.value), measure)  # type: ignore[arg-type]  # a number holds a float
        if measure.whole and not number.is_integer() and not cell.formula:
            raise _not_whole(number, measure.wanted)
        return number, None
    if cell.kind == "percent":
        if measure.wanted is not None and not measure.is_share:
            raise other_unit("%", measure.wanted)
        return _clean(float(cell.value)), None  # type: ignore[arg-type]
    if cell.kind == "text":
        figure = _fit(_read_figure(cell.text), measure)
        value = figure.numerator if figure.kind == "ratio" and _is_quantity(measure) else figure.value
        if measure.whole and value is not None and value.denominator != 1:
            raise _not_whole(nearest_float(value), measure.wanted)
        return None if value is None else nearest_float(value), figure
    raise explain(cell)


def _clean(number: float) -> float:
    """The decimal of at most 15 digits that Excel keeps and shows: 0.1 + 0.2 is 0.3."""
    return number if number.is_integer() and abs(number) < 1e15 else float(f"{number:.15g}")


def _plain(number: float, measure: Measure) -> float:
    if measure.shift == 0:
        return _clean(number)
    if measure.shift is None:
        return nearest_float(exact(number) * measure.scale)
    digits, _, exponent = f"{number:.14e}".partition("e")
    return float(f"{digits}e{int(exponent) + measure.shift}")  # reading decimals is exact: the nearest double


def _fit(figure: Figure, measure: Measure) -> Figure:
    """A typed figure in the wanted unit."""
    if figure.kind == "parts":
        return replace(figure, parts=tuple([_fit(part, measure) for part in figure.parts]))
    if figure.kind == "ratio":
        return _fit_ratio(figure, measure)
    if figure.ambiguous and (figure.percent or measure.is_share) and not figure.unit and _has_thousands(figure):
        raise _doubtful_share(figure)
    if figure.percent:
        if measure.wanted is not None and not measure.is_share:
            raise other_unit("%", measure.wanted)
        return figure
    if measure.is_share and not figure.unit and names_share(figure.note):  # «12 (80%)»
        raise Unreadable(
            "share-in-doubt",
            N_(
                "ô ghi hai con số, không rõ số nào là tỷ lệ; hãy chỉ gõ tỷ lệ, có dấu % (như 80%) hoặc tỷ số (như "
                "12/15)"
            ),
        )
    scale = measure.scale
    typed = find_unit(figure.unit)
    if typed is None and figure.unit and measure.wanted is not None:
        raise other_unit(figure.unit, measure.wanted)
    if typed is not None and measure.wanted is not None and _is_kind_of(typed, measure.wanted):
        figure, typed = replace(figure, ambiguous=True), measure.wanted
    if typed is not None and measure.wanted is not None:
        # a share told in words of what is counted ("95 hộ" where % is wanted) is no share
        if disagree(measure.wanted, typed):
            raise other_unit(typed.symbol, measure.wanted)
        scale = _scale(typed, measure.wanted)
    elif typed is not None and measure.given is not None and typed.dimension == measure.given.dimension:
        scale = typed.factor / measure.given.factor  # as the figures around it, where the rulebook names no unit
    if scale == 1:
        return figure
    low, high = (None if end is None else end * scale for end in (figure.low, figure.high))
    return replace(figure, low=low, high=high)


def _is_kind_of(typed: Unit, wanted: Unit) -> bool:
    """Whether a unit names what it measures of: «ha lúa» where ha are wanted, «hộ nghèo» where hộ are."""
    unknown = len(typed.dimension) == 1 and typed.dimension[0] not in wanted.dimension and "/" not in typed.symbol
    named = fold(typed.symbol).startswith(fold(wanted.symbol) + " ")
    return unknown and named and wanted.dimension != (("đồng", 1),) and typed.dimension[0][0] not in _MEASURED


def _not_whole(number: float, unit: Unit | None) -> Unreadable:
    """People and households are whole: «1,234 hộ», or 1.234 in an English Excel, may well be 1234 of them."""
    return Unreadable(
        "not-whole",
        N_(
            "ô ghi {number} {unit}, một số lẻ; nếu là hàng nghìn, hãy gõ lại không có dấu ngăn (1234); nếu là số bình "
            "quân, quy tắc phải nêu đơn vị của nó (như người/hộ)"
        ),
        number=show_number(number),
        unit=unit.symbol if unit else "",
    )


def _fit_ratio(figure: Figure, measure: Measure) -> Figure:
    """A ratio is a share, or one thing per another; of a quantity, what is done of what is planned: 27,35/25 ha."""
    above, below = find_unit(figure.unit), find_unit(figure.denominator_unit)
    if above is not None and below is not None and above.dimension == below.dimension and above.factor != below.factor:
        assert figure.numerator is not None
        figure = replace(figure, numerator=figure.numerator * above.factor / below.factor, unit=figure.denominator_unit)
    wanted = measure.wanted
    if not _is_quantity(measure):
        return figure
    assert wanted is not None
    typed = find_unit(figure.unit or figure.denominator_unit)
    if typed is not None and disagree(wanted, typed):
        raise other_unit(typed.symbol, wanted)
    scale = _scale(typed, wanted)
    done, planned = (None if each is None else each * scale for each in (figure.numerator, figure.denominator))
    return replace(figure, numerator=done, denominator=planned)


def _has_thousands(figure: Figure) -> bool:
    end = figure.high if figure.low is None else figure.low
    return end is not None and abs(end) >= (10 if figure.percent else 1000)


def _doubtful_share(figure: Figure) -> Unreadable:
    """«98.765%» of another country's Excel is 98,765%, and not a thousand times that."""
    end = figure.high if figure.low is None else figure.low
    assert end is not None
    percent = float(end * 100 if figure.percent else end)
    return Unreadable(
        "share-in-doubt",
        N_("không rõ đây là {thousands}% hay {decimal}%; hãy gõ lại không có dấu chấm"),
        thousands=f"{percent:.0f}",
        decimal=show_number(percent / 1000),
    )


def _is_quantity(measure: Measure) -> bool:
    """Is a quantity of one thing wanted (ha, đồng), neither a share nor one thing per another (m2/người)."""
    return measure.wanted is not None and not measure.is_share and "/" not in measure.wanted.symbol


def other_unit(given: str, wanted: Unit) -> Unreadable:
    """Why a cell that names its own unit is not read in another."""
    return Unreadable(
        "unit-disagrees",
        N_("ô ghi «{given}», trong khi quy tắc dùng «{wanted}»; hãy gõ lại theo đơn vị «{wanted}»"),
        given=given,
        wanted=wanted.symbol,
    )


def explain(cell: Cell) -> Unreadable:
    """Why a cell that holds no text and no number gives no figure."""
    match cell.kind:
        case "error":
            return Unreadable(
                "formula-error",
                N_("công thức báo lỗi {error}; hãy sửa công thức hoặc số liệu mà nó dùng, rồi lưu lại"),
                error=cell.text,
            )
        case "no_cache":
            return Unreadable(
                "formula-not-computed",
                N_(
                    "công thức chưa được tính (tệp do chương trình khác tạo); hãy mở sổ bằng Excel, bấm Lưu, rồi chạy "
                    "lại"
                ),
            )
        case "date":
            return _explain_date(cell.value)
        case "bool":
            return Unreadable("true-in-number", N_("ô ghi TRUE/FALSE, không phải con số; hãy gõ con số"))
    return Unreadable("lost-value", N_("giá trị của ô này không còn trong tệp; hãy mở sổ bằng Excel và gõ lại ô này"))


def not_a_day(cell: Cell) -> Unreadable:
    """Why a cell that holds a number or a truth value gives no day."""
    return Unreadable("date-form", N_("«{text}» không phải là ngày; hãy gõ như 29/5/2024"), text=show(cell))


def _explain_date(value: object) -> Unreadable:
    if not isinstance(value, dt.date):
        return Unreadable("date-in-number", N_("ô chứa giờ, không phải con số; hãy gõ con số"))
    first, second = f"{value.day}/{value.month}", f"{value.month}/{value.day}"
    message = (
        N_(
            "ô chứa ngày {date}: có lẽ «{typed}» đã bị Excel đổi thành ngày; hãy đặt định dạng ô là Văn bản (Text) rồi "
            "gõ lại"
        )
        if first == second
        else N_(
            "ô chứa ngày {date}: có lẽ «{typed}» hoặc «{other}» đã bị Excel đổi thành ngày; hãy đặt định dạng ô là Văn "
            "bản (Text) rồi gõ lại"
        )
    )
    return Unreadable("date-in-number", message, date=format_date(value), typed=first, other=second)
