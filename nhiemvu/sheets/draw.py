"""The sheets of one evaluation as a small workbook of their own, in memory, for grafting into the official's."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType

from nhiemvu.engine.rows import Discrepancy, Row, UnitInfo
from nhiemvu.errors import Problem
from nhiemvu.sheets.discrepancies import draw_discrepancies
from nhiemvu.sheets.evaluation import draw_evaluation
from nhiemvu.sheets.theme import Styles, open_workbook

# The same in every language: a workbook is written into again and again, and formulas may refer to its sheets.
TITLES: Mapping[str, str] = MappingProxyType({"evaluation": "Đánh giá", "discrepancies": "Sai lệch"})

_ROW = re.compile(rb'<row r="(\d+)"[^>]*>')
_SHEET_PART = re.compile(r"xl/worksheets/sheet\d+\.xml")


def draw(
    info: UnitInfo,
    rows: Sequence[Row],
    discrepancies: Sequence[Discrepancy],
    problems: Sequence[Problem],
    *,
    rulebook_title: str,
    titles: Mapping[str, str] = TITLES,
    closed: bool = False,
    linked: bool = True,
) -> bytes:
    """An xlsx with the evaluation sheet and the sheet of discrepancies; the same input gives the same bytes.

    Args:
        info: whose evaluation it is.
        rows: one a criterion, in the order to be shown, parents before their children.
        discrepancies: contradictions; those of kind `declared-against-computed` are also marked on the first sheet.
        problems: what could not be read, or only with doubt.
        rulebook_title: named under the titles.
        titles: names of the two sheets, by the keys `evaluation` and `discrepancies`.
        closed: is the period over, so that what is not met is "Không đạt".
        linked: do places lead to their cells; False where the sheets stand in a file without the official's own.
    """
    memory = io.BytesIO()
    workbook = open_workbook(memory)
    styles = Styles(workbook)
    draw_evaluation(
        workbook,
        styles,
        info,
        rows,
        discrepancies,
        name=titles["evaluation"],
        rulebook_title=rulebook_title,
        closed=closed,
        linked=linked,
    )
    draw_discrepancies(
        workbook,
        styles,
        info,
        discrepancies,
        problems,
        name=titles["discrepancies"],
        rulebook_title=rulebook_title,
        linked=linked,
    )
    workbook.close()
    return hide_first_page_number(memory.getvalue())


def hide_first_page_number(workbook: bytes, growing: Mapping[int, range] = MappingProxyType({})) -> bytes:
    """Give every sheet an empty header on its first page and let rows grow; XlsxWriter has no word for either.

    Args:
        workbook: as XlsxWriter wrote it.
        growing: by the position of a sheet, the rows that become higher when somebody types more than fits.
    """
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as given, zipfile.ZipFile(result, "w") as made:
        for entry in given.infolist():
            content = given.read(entry)
            if _SHEET_PART.fullmatch(entry.filename):
                content = content.replace(b"<headerFooter>", b'<headerFooter differentFirst="1">', 1)
                rows = growing.get(int(entry.filename[len("xl/worksheets/sheet") : -len(".xml")]) - 1, range(0))
                if rows:
                    content = _ROW.sub(partial(_let_grow, rows), content)
            made.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return result.getvalue()


def _let_grow(rows: range, row: re.Match[bytes]) -> bytes:
    """A row whose height is the program's, not the author's, is fitted anew when something is typed there."""
    return row[0].replace(b' customHeight="1"', b"") if int(row[1]) - 1 in rows else row[0]
