"""The summary of many communes as one workbook: overview, matrix, ranking, groups, sources of capital, findings."""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING

from nhiemvu.garbage import no_collection
from nhiemvu.sheets.draw import hide_first_page_number
from nhiemvu.sheets.summary.changes import draw_changes
from nhiemvu.sheets.summary.findings import draw_discrepancies, draw_files, draw_problems
from nhiemvu.sheets.summary.groups import draw_groups
from nhiemvu.sheets.summary.lines import draw_lines
from nhiemvu.sheets.summary.matrix import draw_figures, draw_verdicts
from nhiemvu.sheets.summary.overview import draw_overview
from nhiemvu.sheets.summary.page import TITLES, Book
from nhiemvu.sheets.summary.ranking import draw_ranking
from nhiemvu.sheets.theme import Styles, open_workbook

if TYPE_CHECKING:
    from nhiemvu.many.summary import Summary

__all__ = ["TITLES", "draw_summary"]


@no_collection()
def draw_summary(summary: Summary, folder: str = "") -> bytes:
    """An xlsx of everything that the officer one level up looks at; the same summary gives the same bytes.

    Args:
        summary: with words.
        folder: where the file will lie, from which links lead to the communes' workbooks.
    """
    memory = io.BytesIO()
    workbook = open_workbook(memory, title=summary.rulebook.title)
    book = Book(workbook, Styles(workbook), summary, folder)
    draw_overview(book)
    draw_verdicts(book)
    draw_figures(book)
    draw_ranking(book)
    draw_groups(book)
    draw_lines(book)
    draw_changes(book)
    draw_discrepancies(book)
    draw_problems(book)
    draw_files(book)
    workbook.close()
    return _mend_links(hide_first_page_number(memory.getvalue()))


_RELATIONS = re.compile(r"xl/worksheets/_rels/.*\.rels")
_TARGET = re.compile(rb'Target="[^"]*" TargetMode="External"')


def _mend_links(drawn: bytes) -> bytes:
    """Relative links as Excel itself writes them, with slashes, which every program follows."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(drawn)) as given, zipfile.ZipFile(result, "w") as made:
        for entry in given.infolist():
            content = given.read(entry)
            if _RELATIONS.fullmatch(entry.filename):
                content = _TARGET.sub(lambda match: match[0].replace(b"\\", b"/"), content)
            made.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return result.getvalue()
