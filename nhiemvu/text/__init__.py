"""Vietnamese text: comparing it, reading numbers, dates, units and verdicts from it, writing them. Nobody else does."""

from nhiemvu.text.dates import Period, name_period, read_date, read_period, shorten_period
from nhiemvu.text.digits import Unreadable, exact, nearest_float, read_digits
from nhiemvu.text.folding import Beginnings, code_key, fold, nearest, plain, tidy, tidy_lines
from nhiemvu.text.formatting import (
    find_digits,
    format_against,
    format_count,
    format_date,
    format_number,
    format_percent,
    format_quantity,
)
from nhiemvu.text.legacy import decode_legacy, is_legacy
from nhiemvu.text.numbers import Figure, names_share, read_figure
from nhiemvu.text.units import Unit, UnitMismatch, convert, count_multiple, count_per, may_be_money, read_unit
from nhiemvu.text.words import (
    NO_WORDS,
    YES_WORDS,
    HeadingCounts,
    StatedRatio,
    cut_verdict,
    mentions,
    read_heading_counts,
    read_mention,
    read_stated_ratios,
    read_truth,
    read_verdict,
)

__all__ = [
    "NO_WORDS",
    "YES_WORDS",
    "Beginnings",
    "Figure",
    "HeadingCounts",
    "Period",
    "StatedRatio",
    "Unit",
    "UnitMismatch",
    "Unreadable",
    "code_key",
    "convert",
    "count_multiple",
    "count_per",
    "cut_verdict",
    "decode_legacy",
    "exact",
    "find_digits",
    "fold",
    "format_against",
    "format_count",
    "format_date",
    "format_number",
    "format_percent",
    "format_quantity",
    "is_legacy",
    "may_be_money",
    "mentions",
    "name_period",
    "names_share",
    "nearest",
    "nearest_float",
    "plain",
    "read_date",
    "read_digits",
    "read_figure",
    "read_heading_counts",
    "read_mention",
    "read_period",
    "read_stated_ratios",
    "read_truth",
    "read_unit",
    "read_verdict",
    "shorten_period",
    "tidy",
    "tidy_lines",
]
