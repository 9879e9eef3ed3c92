"""Text made safe for a cell, and the height that it needs once wrapped.

Excel grows a row by itself only when the text is typed; a file that is opened, printed or turned into a PDF keeps the
heights that it was written with. So they are reckoned here, from the widths of Times New Roman.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

CELL_LIMIT = 32_767  # characters, Excel's own limit of a cell
ROW_LIMIT = 409.0  # points, the tallest row that Excel takes
_CUT_MARK = " […]"
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_FORMULA_STARTS = ("=", "+", "-", "@")

# Advance widths in thousandths of an em, regular face; the bold face is wider by the factor below.
_WIDTHS: dict[str, int] = {
    character: width
    for width, characters in {
        200: "'|",
        250: " ,.",
        280: "ijlt/:;\\",
        335: "frI!()-[]`·",
        390: "sJ",
        410: '"',
        445: "acez?“”",
        500: "0123456789bdghknopquvxy#$*_đ–«»",
        535: "ơư",
        560: "FPS+<=>×≥≤≠",
        610: "ELTZ●○",
        670: "BCR",
        725: "wADGHKNOQUVXYĐ",
        780: "m&",
        835: "%",
        890: "M",
        945: "WƯ@",
        1000: "▲—…",
    }.items()
    for character in characters
}
_BOLD = 1.07
_PADDING = 9  # pixels that a cell keeps free at its two sides
_INDENT = 12  # pixels of one step of indent
_SLACK = 1.03  # renderers differ a little; a line too many is better than a line cut off
_LINE = 1.3  # height of a line over the size of the font
_ROW_PADDING = 4.0  # points above and below the text


def make_safe(text: str) -> str:
    """The text as a cell can hold it: no control characters, no half of a surrogate pair, cut visibly where too long.

    >>> make_safe("một" + chr(7) + "hai"), len(make_safe("a" * 40_000))
    ('một□hai', 32767)
    """
    text = _UNSAFE.sub("□", text.replace("\r\n", "\n").replace("\r", "\n"))
    # Excel counts UTF-16 units: a character beyond the basic plane counts twice
    encoded = text.encode("utf-16-le")
    if len(encoded) <= 2 * CELL_LIMIT:
        return text
    room = 2 * (CELL_LIMIT - len(_CUT_MARK))
    return encoded[:room].decode("utf-16-le", "ignore") + _CUT_MARK


def looks_like_formula(text: str) -> bool:
    """Would Excel take the text for a formula if somebody typed it?

    >>> looks_like_formula("=1+1"), looks_like_formula("1+1")
    (True, False)
    """
    return text.startswith(_FORMULA_STARTS)


@lru_cache(maxsize=1024)
def _advance(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    width = _WIDTHS.get(character)
    if width is None:  # a letter with marks is as wide as its bare letter
        bare = unicodedata.normalize("NFD", character)[0]
        width = _WIDTHS.get(bare, 1000)
    return width


@lru_cache(maxsize=8192)
def _thousandths(text: str) -> int:
    return sum(map(_advance, text))


def measure(text: str, size: float, *, bold: bool = False) -> float:
    """Width in pixels (at 96 to the inch) of one line of text in Times New Roman of `size` points.

    >>> measure("mm", 12) > measure("ii", 12), measure("ế", 12) == measure("e", 12)
    (True, True)
    """
    return _thousandths(text) / 1000 * size * 96 / 72 * (_BOLD if bold else 1.0) * _SLACK


def count_lines(text: str, width: float, size: float, *, bold: bool = False, indent: int = 0) -> int:
    """Lines that the text takes when wrapped at spaces within a column of `width` pixels.

    >>> count_lines("Thu ngân sách", 300, 12), count_lines("Thu ngân sách", 50, 12), count_lines("", 40, 12)
    (1, 3, 1)
    """
    room = max(width - _PADDING - indent * _INDENT, 10.0)
    space = measure(" ", size, bold=bold)
    lines = 0
    for paragraph in text.split("\n"):
        lines += 1
        used = 0.0
        for word in paragraph.split(" "):
            wide = measure(word, size, bold=bold)
            if used and used + space + wide > room:
                lines += 1
                used = 0.0
            elif used:
                used += space
            broken = int(wide // room) if wide > room else 0  # a word longer than the line is broken anywhere
            lines += broken
            used += wide - broken * room
    return lines


@dataclass(frozen=True, slots=True)
class Piece:
    """A wrapped text in a column of `width` pixels."""

    text: str
    width: float
    size: float
    bold: bool = False
    indent: int = 0


def row_height(pieces: Iterable[Piece], *, least: float = 18.0) -> float:
    """The height in points of a row that shows every piece whole, up to the tallest row that Excel takes.

    >>> row_height([Piece("ngắn", 300, 12)]) < row_height([Piece("một câu dài hơn cột", 50, 12)])
    True
    """
    tallest = max(
        (count_lines(p.text, p.width, p.size, bold=p.bold, indent=p.indent) * p.size * _LINE for p in pieces),
        default=0.0,
    )
    return min(max(round(tallest + _ROW_PADDING, 2), least), ROW_LIMIT)
