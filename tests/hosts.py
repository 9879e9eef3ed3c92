"""Workbooks of every kind that the graft must live in, made by code; and two sheets such as ours, drawn."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Callable, Mapping

import xlsxwriter

WANTED = {"evaluation": "Đánh giá", "discrepancies": "Sai lệch"}
_STRICT = (
    (
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
        "http://purl.oclc.org/ooxml/officeDocument/relationships",
    ),
    ("http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main"),
    ("http://schemas.openxmlformats.org/drawingml/2006/", "http://purl.oclc.org/ooxml/drawingml/"),
)
STYLES = "xl/styles.xml"
BOOK = "xl/workbook.xml"
RELS = "xl/_rels/workbook.xml.rels"
TYPES = "[Content_Types].xml"


def draw(titles: Mapping[str, str], rows: int = 12, colour: str = "#DDEBF7") -> bytes:
    """Two rich sheets: chart, rich text, conditional formats, links, outline, filter, titles to repeat, comment."""
    raw = io.BytesIO()
    quiet = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(raw, quiet) as book:
        book.set_properties({"created": dt.datetime(2000, 1, 1)})
        first, second = titles.values()
        main, other = book.add_worksheet(first), book.add_worksheet(second)
        base = {"font_name": "Times New Roman", "font_size": 13, "border": 1, "text_wrap": True, "valign": "vcenter"}
        text = book.add_format(base)
        head = book.add_format({**base, "bold": True, "bg_color": colour, "align": "center"})
        money = book.add_format({**base, "num_format": '#,##0 "đ"', "italic": True})
        share = book.add_format({**base, "num_format": "0.00%"})
        red = book.add_format({"bg_color": "#FFC7CE", "font_color": "#9C0006", "num_format": '0.0 "điểm"'})
        green = book.add_format({"bg_color": "#C6EFCE"})
        bold = book.add_format({"bold": True})
        main.merge_range("A1:F1", "UBND XÃ HẢI YẾN", head)
        for column, heading in enumerate(["Mã", "Tên", "Số tiền", "Tỷ lệ", "Lý do", "Nguồn"]):
            main.write(4, column, heading, head)
        main.set_column("B:B", 40, text)
        for row in range(5, 5 + rows):
            main.write_string(row, 0, f"1.{row}", text)
            main.write_string(row, 1, f"=Giải ngân & <vốn> {row}", text)
            main.write_number(row, 2, row * 1000.5, money)
            main.write_number(row, 3, row / 100, share)
            main.write_rich_string(row, 4, "Còn thiếu ", bold, "811.475.000 đ", text)
            main.write_url(row, 5, f"internal:'{second}'!A1", text, f"Kết quả!F{row}")
            main.set_row(row, None, None, {"level": 1})
        area = (5, 2, 4 + rows, 2)
        main.conditional_format(*area, {"type": "cell", "criteria": ">", "value": 9000, "format": red})
        main.conditional_format(*area, {"type": "cell", "criteria": "<", "value": 6000, "format": green})
        main.conditional_format(5, 3, 4 + rows, 3, {"type": "data_bar", "data_bar_2010": True})
        main.freeze_panes(5, 2)
        main.autofilter(4, 0, 4 + rows, 5)
        main.repeat_rows(4)
        main.print_area(0, 0, 4 + rows, 5)
        main.activate()
        chart = book.add_chart({"type": "bar"})
        chart.add_series({"categories": [first, 5, 0, 8, 0], "values": [first, 5, 3, 8, 3]})
        main.insert_chart("H2", chart)
        main.write_comment("A5", "Ghi chú")
        other.write("A1", "Nơi", head)
        other.write_formula("B1", f"='{first}'!C6*2", money, 10005)
        other.write_boolean("C1", True)
        other.repeat_rows(0)
    return raw.getvalue()


def host(*, names: tuple[str, ...] = ("Kết quả", "Giải ngân"), macros: bool = False, template: bool = False) -> bytes:
    """An official's workbook: formulas with values, a chart, a defined name for one sheet, a hidden sheet."""
    raw = io.BytesIO()
    with xlsxwriter.Workbook(raw, {"in_memory": True}) as book:
        book.set_properties({"created": dt.datetime(2000, 1, 1)})
        for name in names:
            sheet = book.add_worksheet(name)
            sheet.write("A1", "Số liệu", book.add_format({"bold": True, "num_format": "#,##0.000"}))
            sheet.write("A2", 883.7, book.add_format({"num_format": "0.0%"}))
            sheet.write_formula("A3", "=A2*2", None, 1767.4)
            sheet.repeat_rows(0)
        chart = book.add_chart({"type": "line"})
        chart.add_series({"values": [names[0], 0, 0, 2, 0]})
        book.get_worksheet_by_name(names[0]).insert_chart("C3", chart)
        hidden = book.add_worksheet("Ẩn")
        hidden.hide()
        book.get_worksheet_by_name(names[-1]).activate()
        book.define_name("tong", f"='{names[0]}'!$A$2")
    done = raw.getvalue()
    kind = {(True, False): "sheet.macroEnabled", (False, True): "template", (True, True): "template.macroEnabled"}
    if macros or template:
        word = f"openxmlformats-officedocument.spreadsheetml.{kind[macros, template]}.main"
        word = word.replace("openxmlformats-officedocument.spreadsheetml", "ms-excel") if macros else word
        done = remake(done, {TYPES: swap("openxmlformats-officedocument.spreadsheetml.sheet.main", word)})
    if macros:
        done = remake(
            done,
            {
                RELS: relate("http://schemas.microsoft.com/office/2006/relationships/vbaProject", "vbaProject.bin"),
                TYPES: declare("xl/vbaProject.bin", "application/vnd.ms-office.vbaProject"),
            },
            {"xl/vbaProject.bin": bytes(range(256)) * 8},
        )
    return done


Edit = Callable[[bytes], bytes]
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def relate(uri: str, target: str) -> Edit:
    """An edit that adds a relationship to a part of relationships."""
    return swap("</Relationships>", f'<Relationship Id="added" Type="{uri}" Target="{target}"/></Relationships>')


def declare(part: str, content_type: str) -> Edit:
    """An edit that adds the content type of a part."""
    return swap("</Types>", f'<Override PartName="/{part}" ContentType="{content_type}"/></Types>')


def swap(old: str, new: str, count: int = -1) -> Edit:
    """An edit that replaces text that must be there."""

    def edit(data: bytes) -> bytes:
        assert old.encode() in data, old
        return data.replace(old.encode(), new.encode(), count)

    return edit


def remake(
    raw: bytes,
    edits: Mapping[str, Edit | None] = {},
    added: Mapping[str, bytes] = {},
    rename: Callable[[str], str] = lambda name: name,
    every: Edit | None = None,
) -> bytes:
    """A package again with some parts edited, dropped (None), added or renamed."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            data = old.read(info)
            if info.filename in edits:
                edit = edits[info.filename]
                if edit is None:
                    continue
                data = edit(data)
            if every and info.filename.endswith((".xml", ".rels")):
                data = every(data)
            new.writestr(zipfile.ZipInfo(rename(info.filename), (2024, 5, 29, 10, 30, 0)), data, zipfile.ZIP_DEFLATED)
        for name, data in added.items():
            new.writestr(zipfile.ZipInfo(name, (2024, 5, 29, 10, 30, 0)), data, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def rezip(raw: bytes, *, streamed: bool = False, zip64: bool = False) -> bytes:
    """The same members in another form of zip: with data descriptors, with zip64 fields."""

    class OneWay(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *_: object) -> int:
            raise io.UnsupportedOperation

        def tell(self) -> int:
            raise io.UnsupportedOperation

    made = OneWay() if streamed else io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            entry = zipfile.ZipInfo(info.filename)
            entry.compress_type = zipfile.ZIP_DEFLATED
            with new.open(entry, "w", force_zip64=zip64) as member:
                member.write(old.read(info))
    return made.getvalue()


def with_prefix(data: bytes) -> bytes:
    """The elements of the main namespace under a prefix of their own."""
    text = data.decode().replace('xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"', "")
    text = re.sub(r"<(/?)([A-Za-z])", r"<\1x:\2", text)
    return re.sub(
        r"<x:(\w+)", r'<x:\1 xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"', text, count=1
    ).encode()


def with_other_relation_prefix(data: bytes) -> bytes:
    """The namespace of relationships under another prefix than `r`."""
    return data.replace(b"xmlns:r=", b"xmlns:lienket=").replace(b" r:id=", b" lienket:id=")


def in_utf16(data: bytes) -> bytes:
    """The part in UTF-16 with a byte order mark."""
    return data.decode().replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16")


def in_latin1(data: bytes) -> bytes:
    """The part in ISO-8859-1, which has no letter such as ế."""
    text = data.decode().replace('encoding="UTF-8"', 'encoding="ISO-8859-1"')
    return text.encode("iso-8859-1", "xmlcharrefreplace")


def with_bom(data: bytes) -> bytes:
    """The part after a byte order mark of UTF-8."""
    return b"\xef\xbb\xbf" + data


def as_strict(raw: bytes) -> bytes:
    """The workbook in the strict variant."""

    def edit(data: bytes) -> bytes:
        for old, new in _STRICT:
            data = data.replace(old.encode(), new.encode())
        return data

    return remake(raw, every=edit)


def without_section(name: str) -> Edit:
    """The styles part without one of its lists."""
    return lambda data: re.sub(rf"<{name}[ >].*?</{name}>".encode(), b"", data)


def many_formats(count: int) -> bytes:
    """A workbook with so many cell formats, each with a number format of its own kind."""
    extra = "".join(
        f'<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"><alignment indent="{i % 250}" '
        f'textRotation="{i // 250 % 180}" readingOrder="{i // 45000}"/></xf>'
        for i in range(count)
    )
    return remake(host(), {STYLES: swap("</cellXfs>", extra + "</cellXfs>")})


def hosts() -> dict[str, bytes]:
    """Every kind of host, by what is odd about it."""
    plain = host()
    strict = as_strict(plain)
    return {
        "plain": plain,
        "macros": host(macros=True),
        "template": host(template=True),
        "template with macros": host(macros=True, template=True),
        "strict": strict,
        "prefixed workbook, styles and relationships": remake(plain, {BOOK: with_prefix, STYLES: with_prefix}),
        "another prefix for relationships": remake(plain, {BOOK: with_other_relation_prefix}),
        "utf-16 workbook, styles and types": remake(plain, {BOOK: in_utf16, STYLES: in_utf16, TYPES: in_utf16}),
        "latin-1 workbook": remake(plain, {BOOK: in_latin1}),
        "byte order marks": remake(plain, every=with_bom),
        "absolute targets": remake(plain, {RELS: swap('Target="', 'Target="/xl/')}),
        "prefixed strict": remake(
            strict, {BOOK: lambda d: d.replace(b"xmlns:r=", b"xmlns:q=").replace(b" r:id=", b" q:id=")}
        ),
        "no styles": remake(
            plain,
            {
                STYLES: None,
                RELS: lambda d: re.sub(rb"<Relationship [^>]*styles[^>]*/>", b"", d),
                TYPES: lambda d: re.sub(rb"<Override [^>]*styles[^>]*/>", b"", d),
            },
        ),
        "empty styles": remake(plain, {STYLES: lambda _: b""}),
        "bare styles": remake(
            plain,
            {
                STYLES: lambda _: (
                    b'<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"></styleSheet>'
                )
            },
        ),
        "self-closing styles": remake(
            plain,
            {STYLES: lambda _: b'<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'},
        ),
        "no fills": remake(plain, {STYLES: without_section("fills")}),
        "number formats that are not there": remake(plain, {STYLES: without_section("numFmts")}),
        "no cell style formats": remake(
            plain, {STYLES: lambda d: without_section("cellStyleXfs")(without_section("cellStyles")(d))}
        ),
        "no defined names": remake(plain, {BOOK: without_section("definedNames")}),
        "no properties": remake(
            plain,
            {
                "docProps/app.xml": None,
                "_rels/.rels": lambda d: re.sub(rb"<Relationship [^>]*extended[^>]*/>", b"", d),
                TYPES: lambda d: re.sub(rb"<Override [^>]*app.xml[^>]*/>", b"", d),
            },
        ),
        "type of a part that is not there": remake(
            plain, {TYPES: declare("xl/worksheets/sheet4.xml", "application/xml")}
        ),
        "taken part names": remake(plain, added={"xl/worksheets/Sheet4.xml": b"<a/>", "xl/charts/chart2.xml": b"<a/>"}),
        "main part at the root": remake(
            plain,
            {
                "_rels/.rels": swap("xl/workbook.xml", "workbook.xml"),
                RELS: swap('Target="', 'Target="xl/'),
                TYPES: swap("/xl/workbook.xml", "/workbook.xml"),
            },
            rename=lambda n: {BOOK: "workbook.xml", RELS: "_rels/workbook.xml.rels"}.get(n, n),
        ),
        "names with a leading slash": remake(plain, rename=lambda n: n if n.startswith("[") else f"/{n}"),
        "data descriptors": rezip(plain, streamed=True),
        "zip64": rezip(plain, zip64=True),
        "a sheet of the user's with our title": host(names=("ĐÁNH GIÁ", "Sai lệch")),
        "250 sheets": host(names=tuple(f"Trang {i}" for i in range(250))),
    }
