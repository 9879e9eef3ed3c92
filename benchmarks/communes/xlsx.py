"""A small writer of workbooks: cells by row and column, a table of looks, shared strings; two runs give the same bytes.

XlsxWriter takes some 30 ms for a commune's workbook, this takes 4: ten thousand of them have to be made.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from xml.sax.saxutils import escape, quoteattr

MADE = (2024, 6, 3, 8, 0, 0)
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula and the value that was computed; None where nobody has computed it, `#…` for an error."""

    text: str
    value: float | str | None


Content = str | float | int | dt.date | Formula | None


@dataclass(slots=True)
class Page:
    """One sheet: what stands where (rows and columns from 1), and how it looks."""

    name: str
    widths: Sequence[float] = ()
    cells: dict[int, dict[int, tuple[Content, str]]] = field(default_factory=dict)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    heights: dict[int, float] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)
    frozen: tuple[int, int] | None = None
    landscape: bool = True
    colour: str = ""
    state: str = "visible"
    choices: list[tuple[str, str]] = field(default_factory=list)

    def put(self, row: int, column: int, content: Content, look: str = "text") -> None:
        """Type one cell."""
        self.cells.setdefault(row, {})[column] = content, look

    def put_row(self, row: int, contents: Iterable[Content], look: str) -> None:
        """Type the first cells of a row."""
        for column, content in enumerate(contents, start=1):
            self.put(row, column, content, look)

    def span(self, row: int, column: int, last_row: int, last_column: int, content: Content, look: str) -> None:
        """Type a cell that is merged over others."""
        for r in range(row, last_row + 1):
            for c in range(column, last_column + 1):
                self.put(r, c, None, look)
        self.put(row, column, content, look)
        if (row, column) != (last_row, last_column):
            self.merges.append((row, column, last_row, last_column))


# --- looks ------------------------------------------------------------------------------------------------------------

_THIN = "".join(f'<{side} style="thin"><color auto="1"/></{side}>' for side in ("left", "right", "top", "bottom"))
_FILLS = ("", "FFDDEBF7", "FFFFF2CC", "FFE2EFDA", "FFF2F2F2")
_FORMATS = {
    "": 0, "0": 1, "#,##0": 3, "0%": 9, "0.00%": 10, "@": 49, "0.0%": 164, "dd/mm/yyyy": 165, "#,##0.0##": 166,
    "d/m": 167,
}  # fmt: skip
# name: size, style (b, i, u), alignment (l, c, r), border, fill, number format
_LOOKS: Mapping[str, tuple[float, str, str, bool, int, str]] = {
    "none": (11, "", "", False, 0, ""),
    "agency": (12, "", "c", False, 0, ""),
    "agency_b": (12, "bu", "c", False, 0, ""),
    "nation": (12, "b", "c", False, 0, ""),
    "motto": (13, "bu", "c", False, 0, ""),
    "date": (12, "i", "c", False, 0, ""),
    "title": (14, "b", "c", False, 0, ""),
    "guide": (12, "i", "c", False, 0, ""),
    "right": (11, "i", "r", False, 0, ""),
    "head": (11, "b", "c", True, 1, ""),
    "mark": (9, "i", "c", True, 0, ""),
    "code": (11, "", "c", True, 0, "@"),
    "text": (11, "", "l", True, 0, ""),
    "small": (10, "", "l", True, 0, ""),
    "center": (11, "", "c", True, 0, ""),
    "percent": (11, "", "c", True, 0, "0%"),
    "percent1": (11, "", "c", True, 0, "0.0%"),
    "percent2": (11, "", "c", True, 0, "0.00%"),
    "decimal": (11, "", "c", True, 0, "#,##0.0##"),
    "whole": (11, "", "c", True, 0, "#,##0"),
    "money": (11, "", "r", True, 0, "#,##0"),
    "millions": (11, "", "r", True, 0, "#,##0.0##"),
    "day": (11, "", "l", True, 0, "dd/mm/yyyy"),
    "slip": (11, "", "c", True, 0, "d/m"),
    "label": (11, "", "l", True, 0, ""),
    "value": (11, "b", "l", True, 0, ""),
    "value_whole": (11, "b", "l", True, 0, "#,##0"),
    "value_text": (11, "b", "l", True, 0, "@"),
    "group": (11, "b", "l", True, 2, ""),
    "group_c": (11, "b", "c", True, 2, ""),
    "task": (11, "b", "l", True, 0, ""),
    "task_c": (11, "b", "c", True, 0, ""),
    "total": (11, "b", "c", True, 3, ""),
    "total_money": (11, "b", "r", True, 3, "#,##0"),
    "total_millions": (11, "b", "r", True, 3, "#,##0.0##"),
    "total_percent": (11, "b", "c", True, 3, "0.00%"),
    "foot": (12, "", "l", False, 0, ""),
    "foot_b": (12, "bi", "l", False, 0, ""),
    "sign": (13, "b", "c", False, 0, ""),
}
_INDEX = {name: i for i, name in enumerate(_LOOKS, start=1)}


@lru_cache(maxsize=16)
def _styles(font: str) -> str:
    """The styles part: one cell format a look, in one family of fonts."""
    fonts = [f'<font><sz val="11"/><name val={quoteattr(font)}/><family val="1"/></font>']
    formats = ['<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>']
    for size, style, side, border, fill, code in _LOOKS.values():
        marks = "".join(f"<{mark}/>" for mark in "biu" if mark in style)
        fonts.append(f'<font>{marks}<sz val="{size:g}"/><name val={quoteattr(font)}/><family val="1"/></font>')
        horizontal = {"l": "left", "c": "center", "r": "right", "": "general"}[side]
        wrap = "" if code.startswith("#") else ' wrapText="1"'
        formats.append(
            f'<xf numFmtId="{_FORMATS[code]}" fontId="{len(fonts) - 1}" fillId="{fill + 1 if fill else 0}" '
            f'borderId="{int(border)}" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1" '
            f'applyAlignment="1"><alignment horizontal="{horizontal}" vertical="center"{wrap}/></xf>'
        )
    own = "".join(f'<numFmt numFmtId="{n}" formatCode={quoteattr(code)}/>' for code, n in _FORMATS.items() if n > 163)
    fills = "".join(
        f'<fill><patternFill patternType="solid"><fgColor rgb="{colour}"/></patternFill></fill>'
        for colour in _FILLS[1:]
    )
    return (
        f'{_HEAD}<styleSheet xmlns="{_MAIN}"><numFmts count="{sum(n > 163 for n in _FORMATS.values())}">{own}</numFmts>'
        f'<fonts count="{len(fonts)}">{"".join(fonts)}</fonts><fills count="{len(_FILLS) + 1}"><fill><patternFill '
        f'patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>{fills}</fills>'
        '<borders count="2">'
        f"<border><left/><right/><top/><bottom/><diagonal/></border><border>{_THIN}<diagonal/></border></borders>"
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        f'<cellXfs count="{len(formats)}">{"".join(formats)}</cellXfs><cellStyles count="1"><cellStyle name="Normal" '
        'xfId="0" builtinId="0"/></cellStyles><dxfs count="0"/><tableStyles count="0"/></styleSheet>'
    )


# --- parts ------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def letters(column: int) -> str:
    """A column's letters."""
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def serial(day: dt.date) -> int:
    """A day as Excel counts."""
    return (day - dt.date(1899, 12, 30)).days


def _cell(at: str, content: Content, look: str, strings: dict[str, int]) -> str:
    style = _INDEX[look]
    if content is None or content == "":
        return f'<c r="{at}" s="{style}"/>'
    if isinstance(content, str):
        return f'<c r="{at}" s="{style}" t="s"><v>{strings.setdefault(content, len(strings))}</v></c>'
    if isinstance(content, dt.date):
        return f'<c r="{at}" s="{style}"><v>{serial(content)}</v></c>'
    if isinstance(content, Formula):
        text = escape(content.text)
        if content.value is None:
            return f'<c r="{at}" s="{style}"><f>{text}</f></c>'
        if isinstance(content.value, str):
            kind = "e" if content.value.startswith("#") else "str"
            return f'<c r="{at}" s="{style}" t="{kind}"><f>{text}</f><v>{escape(content.value)}</v></c>'
        return f'<c r="{at}" s="{style}"><f>{text}</f><v>{content.value!r}</v></c>'
    return f'<c r="{at}" s="{style}"><v>{content!r}</v></c>'


def _sheet(page: Page, strings: dict[str, int], *, active: bool) -> str:
    rows = []
    for row in sorted(page.cells):
        height = page.heights.get(row)
        look = f' ht="{height:g}" customHeight="1"' if height else ""
        look += ' hidden="1"' if row in page.hidden else ""
        cells = page.cells[row]
        body = "".join([_cell(f"{letters(c)}{row}", *cells[c], strings) for c in sorted(cells)])
        rows.append(f'<row r="{row}"{look}>{body}</row>')
    width = max((max(cells) for cells in page.cells.values() if cells), default=1)
    pane = ""
    if page.frozen:
        down, across = page.frozen
        split = (f' xSplit="{across}"' if across else "") + f' ySplit="{down}"'
        corner = "bottomRight" if across else "bottomLeft"
        pane = f'<pane{split} topLeftCell="{letters(across + 1)}{down + 1}" activePane="{corner}" state="frozen"/>'
    columns = "".join(
        f'<col min="{i}" max="{i}" width="{size:g}" customWidth="1"/>' for i, size in enumerate(page.widths, start=1)
    )
    merges = "".join(f'<mergeCell ref="{letters(b)}{a}:{letters(d)}{c}"/>' for a, b, c, d in page.merges)
    merges = f'<mergeCells count="{len(page.merges)}">{merges}</mergeCells>' if merges else ""
    lists = "".join(
        f'<dataValidation type="list" allowBlank="1" sqref="{area}"><formula1>"{escape(words)}"</formula1>'
        "</dataValidation>"
        for area, words in page.choices
    )
    lists = f'<dataValidations count="{len(page.choices)}">{lists}</dataValidations>' if lists else ""
    colour = f'<tabColor rgb="{page.colour}"/>' if page.colour else ""
    return (
        f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetPr>{colour}<pageSetUpPr fitToPage="1"/></sheetPr>'
        f'<dimension ref="A1:{letters(width)}{max(page.cells, default=1)}"/>'
        f'<sheetViews><sheetView showGridLines="0"{" tabSelected=" + chr(34) + "1" + chr(34) if active else ""} '
        f'workbookViewId="0">{pane}</sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/>'
        + (f"<cols>{columns}</cols>" if columns else "")
        + f"<sheetData>{''.join(rows)}</sheetData>{merges}{lists}"
        '<pageMargins left="1.18" right="0.59" top="0.79" bottom="0.79" header="0.39" footer="0.39"/>'
        f'<pageSetup paperSize="9" orientation="{"landscape" if page.landscape else "portrait"}" fitToHeight="0"/>'
        "</worksheet>"
    )


def _strings(strings: Mapping[str, int]) -> str:
    items = "".join([f'<si><t xml:space="preserve">{escape(_ILLEGAL.sub("", text))}</t></si>' for text in strings])
    return f'{_HEAD}<sst xmlns="{_MAIN}" count="{len(strings)}" uniqueCount="{len(strings)}">{items}</sst>'


def parts_of(
    pages: Sequence[Page], *, font: str = "Times New Roman", title: str = "", office: str = ""
) -> dict[str, bytes]:
    """Every part of a workbook, by name; a broken workbook is made from them."""
    strings: dict[str, int] = {}
    sheets = {
        f"xl/worksheets/sheet{i}.xml": _sheet(page, strings, active=i == 1) for i, page in enumerate(pages, start=1)
    }
    count = len(pages)
    types = "".join(
        f'<Override PartName="/{part}" ContentType="{_KIND}.{kind}+xml"/>'
        for part, kind in [
            ("xl/workbook.xml", "sheet.main"),
            *((part, "worksheet") for part in sheets),
            ("xl/styles.xml", "styles"),
            ("xl/sharedStrings.xml", "sharedStrings"),
        ]
    )
    kinds = [*((f"rId{i}", "worksheet", f"worksheets/sheet{i}.xml") for i in range(1, count + 1))]
    kinds += [(f"rId{count + 1}", "styles", "styles.xml"), (f"rId{count + 2}", "sharedStrings", "sharedStrings.xml")]
    listed = "".join(
        f'<sheet name={quoteattr(page.name)} sheetId="{i}" state="{page.state}" r:id="rId{i}"/>'
        for i, page in enumerate(pages, start=1)
    )
    core = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
    texts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType='
        f'"application/xml"/>{types}<Override PartName="/docProps/core.xml" ContentType="application/vnd.'
        'openxmlformats-package.core-properties+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" Type="{_OFFICE}/'
        f'officeDocument" Target="xl/workbook.xml"/><Relationship Id="rId2" Type="{_PACKAGE}/relationships/metadata/'
        'core-properties" Target="docProps/core.xml"/></Relationships>',
        "docProps/core.xml": f'<cp:coreProperties xmlns:cp="{core}" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        f'xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>'
        f"{escape(title)}</dc:title><dc:creator>{escape(office)}</dc:creator><dcterms:created "
        f'xsi:type="dcterms:W3CDTF">{dt.datetime(*MADE).isoformat()}Z</dcterms:created></cp:coreProperties>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><bookViews><workbookView xWindow="0" '
        f'yWindow="0" windowWidth="24000" windowHeight="12000"/></bookViews><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        + "".join(f'<Relationship Id="{i}" Type="{_OFFICE}/{kind}" Target="{part}"/>' for i, kind, part in kinds)
        + "</Relationships>",
    }
    made = {name: (_HEAD + text).encode() for name, text in texts.items()}
    made |= {name: text.encode() for name, text in sheets.items()}
    return made | {"xl/styles.xml": _styles(font).encode(), "xl/sharedStrings.xml": _strings(strings).encode()}


def pack(parts: Mapping[str, bytes], *, level: int = 6) -> bytes:
    """A zip file of parts, every date the same."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for name, data in parts.items():
            info = zipfile.ZipInfo(name, MADE)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            archive.writestr(info, data, compresslevel=level)
    return made.getvalue()
