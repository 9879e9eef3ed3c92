"""OpenDocument workbooks, as LibreOffice saves them, without looks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from io import BytesIO
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from .xlsx import MADE, Content, Formula, Page

_KIND = "application/vnd.oasis.opendocument.spreadsheet"
_SPACES = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"'
    for short, long in (
        ("office", "office"),
        ("table", "table"),
        ("text", "text"),
        ("style", "style"),
        ("m", "manifest"),
    )
)


def make_ods(tables: str, styles: str = "") -> bytes:
    """A workbook of these tables; the styles are those that they name."""
    content = (
        f'<office:document-content {_SPACES} office:version="1.2">{styles}<office:body><office:spreadsheet>{tables}'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    entries = "".join(
        f'<m:file-entry m:full-path="{path}" m:media-type="{kind}"/>'
        for path, kind in (("/", _KIND), ("content.xml", "text/xml"))
    )
    made = BytesIO()
    with ZipFile(made, "w") as archive:
        archive.writestr(ZipInfo("mimetype", MADE), _KIND)
        for name, text in (
            ("content.xml", content),
            ("META-INF/manifest.xml", f"<m:manifest {_SPACES}>{entries}</m:manifest>"),
        ):
            info = ZipInfo(name, MADE)
            info.compress_type = ZIP_DEFLATED
            archive.writestr(info, '<?xml version="1.0" encoding="UTF-8"?>\n' + text)
    return made.getvalue()


def draw_ods(pages: Sequence[Page]) -> bytes:
    """The sheets of a workbook, with the widths of their columns and nothing else of their looks."""
    widths = sorted({width for page in pages for width in page.widths})
    styles = "".join(
        f'<style:style style:name="w{i}" style:family="table-column"><style:table-column-properties '
        f'style:column-width="{width * 0.19:.2f}cm"/></style:style>'
        for i, width in enumerate(widths)
    )
    tables = "".join(
        f"<table:table table:name={quoteattr(page.name)}>"
        + "".join(f'<table:table-column table:style-name="w{widths.index(width)}"/>' for width in page.widths)
        + f"{_rows(page)}</table:table>"
        for page in pages
    )
    return make_ods(tables, f"<office:automatic-styles>{styles}</office:automatic-styles>")


def _rows(page: Page) -> str:
    spans = {(top, left): (bottom - top + 1, right - left + 1) for top, left, bottom, right in page.merges}
    found, last = [], 0
    for row in sorted(page.cells):
        if row > last + 1:
            found.append(
                f'<table:table-row table:number-rows-repeated="{row - last - 1}"><table:table-cell/></table:table-row>'
            )
        cells = page.cells[row]
        body = []
        for column in range(1, max(cells) + 1):
            high, wide = spans.get((row, column), (1, 1))
            size = (
                f' table:number-columns-spanned="{wide}" table:number-rows-spanned="{high}"'
                if (high, wide) != (1, 1)
                else ""
            )
            body.append(_cell(cells[column][0] if column in cells else None, size))
        found.append(f"<table:table-row>{''.join(body)}</table:table-row>")
        last = row
    return "".join(found) or "<table:table-row><table:table-cell/></table:table-row>"


def _cell(content: Content, size: str) -> str:
    if isinstance(content, Formula):
        content = content.value
    if content is None or content == "":
        return f"<table:table-cell{size}/>"
    if isinstance(content, str):
        lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in content.split("\n"))
        return f'<table:table-cell office:value-type="string"{size}>{lines}</table:table-cell>'
    if isinstance(content, dt.date):
        return (
            f'<table:table-cell office:value-type="date" office:date-value="{content.isoformat()}"{size}>'
            f"<text:p>{content:%d/%m/%Y}</text:p></table:table-cell>"
        )
    shown = f"<text:p>{content!r}</text:p>"
    return f'<table:table-cell office:value-type="float" office:value="{content!r}"{size}>{shown}</table:table-cell>'
