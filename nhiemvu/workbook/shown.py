"""What a cell shows a Vietnamese reader."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import overload

from nhiemvu.text import Figure, exact, format_date, nearest_float, tidy
from nhiemvu.workbook.grid import Cell


def show_number(number: float) -> str:
    """A number as Excel shows it to a Vietnamese reader, all its digits kept.

    >>> show_number(883700000.0), show_number(0.1 + 0.2), show_number(-1234.5)
    ('883.700.000', '0,3', '-1.234,5')
    """
    digits = f"{number:.15g}"
    if "e" in digits:
        return digits.replace(".", ",")
    whole, _, decimals = digits.partition(".")
    grouped = f"{int(whole):,}".replace(",", ".") if whole.strip("-0") else whole
    return f"{grouped},{decimals}" if decimals else grouped


class Shown(Sequence[str]):
    """What the cells of a column show, worked out for those that somebody asks for."""

    def __init__(self, cells: Sequence[Cell | None]) -> None:
        """Take the cells."""
        self._cells = cells

    @overload
    def __getitem__(self, i: int) -> str: ...

    @overload
    def __getitem__(self, i: slice) -> list[str]: ...

    def __getitem__(self, i: int | slice) -> str | list[str]:
        """The text of one cell, or of several."""
        return [show(cell) for cell in self._cells[i]] if isinstance(i, slice) else show(self._cells[i])

    def __len__(self) -> int:
        """How many cells."""
        return len(self._cells)


def show(cell: Cell | None) -> str:
    """What a cell shows, tidied."""
    if cell is None:
        return ""
    match cell.kind:
        case "text":
            return tidy(cell.text)
        case "number":
            return show_number(float(cell.value))  # type: ignore[arg-type]
        case "percent":
            return show_number(nearest_float(exact(float(cell.value)) * 100)) + "%"  # type: ignore[arg-type]
        case "date":
            return format_date(cell.value) if isinstance(cell.value, dt.date) else str(cell.value)
        case "bool":
            return "TRUE" if cell.value else "FALSE"
    return cell.text


def spell(figure: Figure) -> str:
    """The numbers of a figure without any mark between thousands, so that nobody can read them otherwise."""
    ends = [figure.numerator, figure.denominator] if figure.kind == "ratio" else [figure.low, figure.high]
    shown = dict.fromkeys(f"{float(end):.15g}".replace(".", ",") for end in ends if end is not None)
    parts = [spell(part) for part in figure.parts]
    return "; ".join(parts) if parts else ("/" if figure.kind == "ratio" else " - ").join(shown)
