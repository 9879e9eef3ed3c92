"""What a number's format leaves out of it or shows beside it, against the unit of measure that is wanted."""

from __future__ import annotations

from nhiemvu.messages import N_
from nhiemvu.text import Unreadable, count_multiple, exact, nearest_float
from nhiemvu.workbook.formats import Formats
from nhiemvu.workbook.grid import Cell
from nhiemvu.workbook.shown import show_number
from nhiemvu.workbook.values import Measure, find_unit, is_measure, other_unit


def uncover(cell: Cell, formats: Formats, measure: Measure) -> Cell:
    """A number whose format leaves out thousands, as the unit of measure speaks of it.

    A column in «triệu đồng» that shows 5.000.000.000 as 5.000 by the format `#,##0,,` holds đồng. Where the unit is no
    multiple, the number is what it is, however it is shown.

    Raises:
        Unreadable: `hidden-thousands`, where the unit leaves out other thousands than the format; `unit-disagrees`,
            where the format shows another unit beside the number: «5 tỷ đồng» by `0" tỷ đồng"`.
    """
    if cell.kind != "number" or measure.given is None:
        return cell
    number = float(cell.value)  # type: ignore[arg-type]  # a number holds a float
    section = formats.section(cell.style, number)
    if section is None or not number:
        return cell
    said = find_unit(section.said) if section.said and is_measure(section.said) else None
    if said is not None and (said.dimension, said.factor) != (measure.given.dimension, measure.given.factor):
        raise other_unit(said.symbol, measure.given)
    multiple = count_multiple(measure.given)
    if not section.hidden or multiple == 1:
        return cell
    shown = nearest_float(exact(number) / 10**section.hidden)
    if multiple == 10**section.hidden:
        return cell._replace(value=shown)
    raise Unreadable(
        "hidden-thousands",
        N_(
            "ô hiện {shown} nhưng chứa {number} (định dạng ô giấu bớt hàng nghìn), không rõ số nào tính bằng «{unit}»; "
            "hãy gõ đúng con số theo «{unit}» và bỏ định dạng ấy"
        ),
        shown=show_number(shown),
        number=show_number(number),
        unit=measure.given.symbol,
    )
