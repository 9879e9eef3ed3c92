"""Cells: what a sheet's XML holds, by the quick reader and by the thorough one, and the same as calamine."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nhiemvu.errors import NhiemvuError, WorkbookError
from nhiemvu.workbook import cells
from nhiemvu.workbook.book import open_book
from nhiemvu.workbook.cells import read_sheet
from nhiemvu.workbook.formats import Formats, read_day, read_styles
from nhiemvu.workbook.grid import Cell, Grid, address
from nhiemvu.workbook.kinds import sniff
from nhiemvu.workbook.number_format import choose_section, read_format
from nhiemvu.workbook.old_formats import read_old
from nhiemvu.workbook.strings import NotSimpleError, Strings
from nhiemvu.workbook.tokens import read_quickly

ROOT = Path(__file__).parents[1]
CORPUS = ROOT.parent / "shared" / "corpus"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRINGS = Strings(
    f"""<?xml version="1.0" encoding="UTF-8"?>
<sst xmlns="{MAIN}" count="4"><si><t>Đạt</t></si><si><t xml:space="preserve"> a &amp; b </t></si><si/>
<si><r><rPr><b/></rPr><t>Kết </t></r><r><t>quả</t></r><rPh sb="0" eb="1"><t>xx</t></rPh></si></sst>""".encode()
)
FORMATS = Formats(["number", "percent", "date"], [None, None, None])


def read(rows: str, *, head: str = "", tail: str = "", prologue: str = "") -> Grid:
    return read_sheet(wrap(rows, head=head, tail=tail, prologue=prologue), "S", STRINGS, FORMATS)


def wrap(rows: str, *, head: str = "", tail: str = "", prologue: str = "") -> bytes:
    return f'{prologue}<worksheet xmlns="{MAIN}">{head}<sheetData>{rows}</sheetData>{tail}</worksheet>'.encode()


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        ('<c r="B2"><v>1.5</v></c>', Cell(1.5, "number", "1.5")),
        ('<c r="B2" s="1"><v>0.975</v></c>', Cell(0.975, "percent", "0.975", style=1)),
        ('<c r="B2" s="2"><v>45441</v></c>', Cell(dt.date(2024, 5, 29), "date", "45441", style=2)),
        ('<c r="B2" s="2" t="d"><v>2024-05-29</v></c>', Cell(dt.date(2024, 5, 29), "date", "2024-05-29", style=2)),
        ('<c r="B2" t="s"><v>0</v></c>', Cell("Đạt", "text", "Đạt")),
        ('<c r="B2" t="s"><v>1</v></c>', Cell(" a & b ", "text", " a & b ")),
        ('<c r="B2" t="s"><v>3</v></c>', Cell("Kết quả", "text", "Kết quả")),
        ('<c r="B2" t="inlineStr"><is><r><t>ha</t></r><r><t>/năm</t></r></is></c>', Cell("ha/năm", "text", "ha/năm")),
        ('<c r="B2" t="str"><f>A1</f><v>a&lt;b_x000D_</v></c>', Cell("a<b\r", "text", "a<b\r", formula=True)),
        ('<c r="B2" t="b"><v>1</v></c>', Cell(True, "bool", "1")),
        ('<c r="B2" t="e"><f>1/0</f><v>#DIV/0!</v></c>', Cell(None, "error", "#DIV/0!", formula=True)),
        ('<c r="B2"><f>SUM(A1:A9)</f><v></v></c>', Cell(None, "no_cache", "", formula=True)),
        ('<c r="B2"><f t="shared" si="0"/><v>2</v></c>', Cell(2.0, "number", "2", formula=True)),
        ('<c r="B2"><f>A1</f></c>', Cell(None, "no_cache", "", formula=True)),
        ('<c r="B2" t="s"><v>99</v></c>', Cell(None, "lost", "99")),
        ('<c r="B2"><v>nan</v></c>', Cell(None, "lost", "nan")),
        ('<c r="B2"><v>1_000</v></c>', Cell(None, "lost", "1_000")),
        ('<c r="B2" s="1"/>', None),
        ('<c r="B2" t="s"><v>2</v></c>', None),
        ('<c r="B2" t="str"><f>""</f><v></v></c>', None),
        # what only the thorough reader takes
        ("<c r='B2'><v>1.5</v></c>", Cell(1.5, "number", "1.5")),
        ('<c t="s" r="B2"><v>0</v></c>', Cell("Đạt", "text", "Đạt")),
        ('<c r="B2" t="str"><v><![CDATA[a<b]]></v></c>', Cell("a<b", "text", "a<b")),
        ('<!-- <c r="B2"><v>7</v></c> --><c r="B2"><v>1</v></c>', Cell(1.0, "number", "1")),
        ('<c r="B2"><extLst><ext/></extLst><v>1</v></c>', Cell(1.0, "number", "1")),
    ],
)
def test_a_cell_is_read_as_what_it_is(xml: str, expected: Cell | None) -> None:
    assert read(f'<row r="2"><c r="A2" s="1"/>{xml}</row>').at(2, 2) == expected


def test_cells_without_address_follow_the_last() -> None:
    grid = read('<row><c><v>1</v></c><c><v>2</v></c></row><row r="5"><c r="C5"><v>3</v></c><c><v>4</v></c></row>')
    assert [(address(row, column), cell.value) for row, column, cell in grid.cells()] == [
        ("A1", 1.0), ("B1", 2.0), ("C5", 3.0), ("D5", 4.0),
    ]  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_prefixes_and_encodings_make_no_difference(encoding: str) -> None:
    xml = (
        f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData><x:row r="1" hidden="1"><x:c r="A1" t="inlineStr">'
        "<x:is><x:t>Đạt</x:t></x:is></x:c></x:row></x:sheetData>"
        '<x:mergeCells><x:mergeCell ref="A1:B2"/></x:mergeCells></x:worksheet>'
    )
    grid = read_sheet(xml.encode(encoding), "S", STRINGS, FORMATS)
    plain = read_sheet(xml.replace("x:", "").replace(":x=", "=").encode(encoding), "S", STRINGS, FORMATS)
    assert grid == plain
    assert (grid.at(1, 1), grid.merges, grid.hidden_rows) == (Cell("Đạt", "text", "Đạt"), [(1, 1, 2, 2)], {1})


def test_hidden_columns_and_merges_are_noticed() -> None:
    grid = read(
        '<row r="1"><c r="C1"><v>1</v></c></row>',
        head='<cols><col min="1" max="2" width="9" hidden="1"/><col min="3" max="3" width="9"/></cols>',
        tail='<mergeCells count="1"><mergeCell ref="C1:D1"/></mergeCells>',
    )
    assert (grid.is_hidden(1, 2), grid.is_hidden(1, 3), grid.merges) == (True, False, [(1, 3, 1, 4)])


def test_a_stray_cell_in_the_last_corner_costs_nothing() -> None:
    start = time.process_time()
    grid = read('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>')
    assert [(row, column) for row, column, _ in grid.cells()] == [(1, 1), (1_048_576, 16_384)]
    assert time.process_time() - start < 0.5


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1"><c r="ZZZ1"><v>1</v></c></row>',
        '<row r="1"><c r="A4294967295"><v>1</v></c></row>',
        '<row r="0"><c r="A0"><v>1</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v></row>',
        '<row r="1"><c r="A1" t="str"><v>&lol;</v></c></row>',
    ],
)
def test_what_is_no_sheet_is_refused_by_name(rows: str) -> None:
    with pytest.raises(WorkbookError) as caught:
        read(rows)
    assert caught.value.problems[0].place.sheet == "S"


def test_a_document_type_is_refused() -> None:
    with pytest.raises(WorkbookError) as caught:
        read('<row r="1"><c r="A1" t="str"><v>&lol;</v></c></row>', prologue='<!DOCTYPE w [<!ENTITY lol "lol">]>')
    assert caught.value.code == "document-type"


def test_too_many_cells_are_refused_with_the_limit_and_how_to_raise_it(monkeypatch: pytest.MonkeyPatch) -> None:
    row = '<row r="1">' + '<c r="A1"><v>1</v></c>' * 11 + "</row>"
    monkeypatch.setenv("NHIEMVU_LIMIT_CELLS", "10")
    with pytest.raises(WorkbookError, match="NHIEMVU_LIMIT_CELLS=11"):
        read(row)
    monkeypatch.setenv("NHIEMVU_LIMIT_CELLS", "11")
    assert read(row).at(1, 1) is not None


def test_unclosed_cells_take_time_linear_in_their_number() -> None:
    start = time.process_time()
    with pytest.raises(WorkbookError):
        read('<row r="1">' + '<c r="A1" t="inlineStr"><is><t>' * 50_000)
    with pytest.raises(WorkbookError):
        Strings(f'<sst xmlns="{MAIN}">{"<si>" * 50_000}</sst>'.encode())
    assert time.process_time() - start < 2


def test_days_count_as_excel_counts_them() -> None:
    assert read_day(1) == dt.date(1900, 1, 1)
    assert read_day(61) == dt.date(1900, 3, 1)
    assert read_day(43979, from_1904=True) == dt.date(2024, 5, 29)
    assert read_day(45441.25) == dt.datetime(2024, 5, 29, 6)


def test_formats_tell_percent_date_and_font() -> None:
    styles = f"""<styleSheet xmlns="{MAIN}"><numFmts><numFmt numFmtId="164" formatCode="0.0&quot; % &quot;"/>
    <numFmt numFmtId="165" formatCode="[$-42A]dd/mm/yyyy"/><numFmt numFmtId="166" formatCode="[Red]0.0%"/></numFmts>
    <fonts><font><name val="Times New Roman"/></font><font><name val=".VnTime"/></font></fonts><cellXfs>
    <xf numFmtId="0"/><xf numFmtId="10" fontId="1"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/>
    <xf numFmtId="166"/><xf numFmtId="49"/><xf numFmtId="2"/></cellXfs></styleSheet>"""
    formats = read_styles(styles.encode())
    assert formats.kinds == ["number", "percent", "date", "number", "date", "percent", "text", "number"]
    assert formats.legacy == {1: ".VnTime"}
    assert formats.show_code(1.1, 7) == "1.10"


@pytest.mark.parametrize("other", ["", '<numFmt formatCode="0%"/>', '<numFmt numFmtId="99999999999" formatCode="0%"/>'])
def test_a_program_may_say_that_general_is_a_date(other: str) -> None:
    styles = f"""<styleSheet xmlns="{MAIN}"><numFmts>{other}<numFmt numFmtId="0" formatCode="dd/mm/yyyy"/></numFmts>
    <fonts/><cellXfs><xf numFmtId="0" fontId="0"/></cellXfs></styleSheet>"""
    assert read_styles(styles.encode()).kinds == ["date"]
    without = styles.replace('<numFmt numFmtId="0" formatCode="dd/mm/yyyy"/>', "")
    assert read_styles(without.encode()).kinds == ["number"]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ('[=0]"";0.0%', "percent"),
        ("[=0]?;0%", "percent"),
        ("[Red][<0]-0.0;0.0%", "percent"),
        ('[<=0]"-";dd/mm/yyyy', "date"),
        ("[<1]0.0%;0.0", "percent"),
        ('[=0]""', "number"),
        ("0.0;[=0]0%", "number"),
    ],
)
def test_a_section_for_zeros_does_not_tell_what_a_figure_is(code: str, kind: str) -> None:
    assert choose_section(read_format(code), 0.975).kind == kind


_text = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t"), min_size=1, max_size=12)
_held = st.one_of(
    _text.map(lambda t: (f't="str"><v>{escape(t)}</v></c>', t)),
    _text.map(lambda t: (f't="inlineStr"><is><t xml:space="preserve">{escape(t)}</t></is></c>', t)),
    st.floats(allow_nan=False, allow_infinity=False, min_value=-1e300, max_value=1e300).map(
        lambda x: (f"><v>{x!r}</v></c>", x)
    ),
    st.just(('t="s"><v>0</v></c>', "Đạt")),
    st.just(("/>", None)),
)
_sheets = st.dictionaries(st.tuples(st.integers(1, 60), st.integers(1, 60)), _held, max_size=25)


@given(_sheets, st.sampled_from(["", "\n ", "<!-- c -->"]))
@settings(max_examples=60)
def test_any_grid_is_read_back_and_both_readers_agree(
    sheet: dict[tuple[int, int], tuple[str, object]], gap: str
) -> None:
    rows = ""
    for row in sorted({row for row, _ in sheet}):
        line = "".join(f'<c r="{address(row, c)}" {sheet[row, c][0]}' for r, c in sorted(sheet) if r == row)
        rows += f'<row r="{row}">{line}</row>{gap}'
    expected = {at: value for at, (_, value) in sheet.items() if value is not None}
    data = wrap(rows)
    thorough = cells._read_thoroughly(data, "S", STRINGS, FORMATS)
    assert {(row, column): cell.value for row, column, cell in thorough.cells()} == expected
    assert read_sheet(data, "S", STRINGS, FORMATS) == thorough


@given(st.data())
@settings(max_examples=150)
def test_damaged_markup_is_read_the_same_by_both_readers_or_refused(data: st.DataObject) -> None:
    """The quick reader never reads what the thorough one reads otherwise."""
    rows = (
        '<row r="1"><c r="A1" s="1" t="s"><v>0</v></c><c r="B1"><f>A1</f><v>2</v></c>'
        '<c r="C1" t="inlineStr"><is><t>x</t></is></c></row>'
    )
    piece = data.draw(
        st.sampled_from(["<", ">", "/", '"', "<c>", "</c>", "<v>", "<is>", "&amp;", " ", "<!--", "<f/>", "x:", "'"])
    )
    at = data.draw(st.integers(0, len(rows)))
    cut = data.draw(st.integers(0, 3))
    damaged = wrap(rows[:at] + piece + rows[at + cut :])
    try:
        quick = read_quickly(damaged, "S", STRINGS, FORMATS)
    except (NotSimpleError, WorkbookError):
        return
    try:
        thorough = cells._read_thoroughly(damaged, "S", STRINGS, FORMATS)
    except WorkbookError:
        return  # broken XML in which every cell was still whole
    assert quick == thorough


def _compare(path: Path) -> tuple[int, int]:
    """Cells that both we and calamine read, and those of them that differ."""
    book = open_book(path)
    theirs, *_ = read_old(path.read_bytes(), "xlsx", path.name)
    equal = different = 0
    for name in book.names:
        for row, column, cell in book.grid(name).cells():
            other = theirs[name].at(row, column)
            if other is None:
                different += cell.value is not None
            elif cell.value == other.value or (
                isinstance(cell.value, str) and cell.value.strip() == str(other.value).strip()
            ):
                equal += 1
            else:
                different += 1
        assert sum(map(len, theirs[name].rows.values())) <= sum(map(len, book.grid(name).rows.values()))
    return equal, different


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.xlsx")), ids=lambda path: path.name)
def test_the_examples_are_read_as_calamine_reads_them(path: Path) -> None:
    equal, different = _compare(path)
    assert equal > 100
    assert different == 0


@pytest.mark.slow
@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")
def test_the_corpus_is_read_as_calamine_reads_it() -> None:
    equal = 0
    for path in sorted(CORPUS.iterdir()):
        try:
            if sniff(path.read_bytes()) == "xlsx":
                same, different = _compare(path)
                assert different == 0, path.name
                equal += same
        except NhiemvuError:
            continue  # one of the two refuses it, with a reason
    assert equal > 10_000


def test_cells_are_counted_where_they_are_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NHIEMVU_LIMIT_CELLS", "3")
    aside = "<!-- <c/> --><?x <c/>?>" * 20
    three = f"{aside}<row><c><v>1</v></c><x:c/><c r='C1' t='str'><v><![CDATA[<c/><c/>]]></v></c></row>"
    head = f"<worksheet xmlns='{MAIN}' xmlns:x='{MAIN}'><sheetData>"
    grid = read_sheet(f"{head}{three}</sheetData></worksheet>".encode(), "A", Strings(), Formats())
    assert [cell.value for _, _, cell in grid.cells()] == [1.0, "<c/><c/>"]
    with pytest.raises(WorkbookError) as raised:
        read_sheet(f"{head}{three}<row><c/><c/></row></sheetData></worksheet>".encode(), "A", Strings(), Formats())
    assert raised.value.problems[0].fill == {"limit": 3, "count": 5}


def test_markup_that_never_closes_costs_no_more_than_its_length(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NHIEMVU_LIMIT_CELLS", "3")
    started = time.process_time()
    with pytest.raises(WorkbookError):
        read_sheet(b"<worksheet>" + b"<!--" * 500_000, "A", Strings(), Formats())
    assert time.process_time() - started < 2
