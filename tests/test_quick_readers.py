"""The quick readers of a package's parts read nothing otherwise than the thorough ones behind them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from xml.sax.saxutils import escape, quoteattr

import pytest
from conftest import CORPUS
from hosts import hosts
from hypothesis import given, settings
from hypothesis import strategies as st

from nhiemvu.errors import NhiemvuError, WorkbookError
from nhiemvu.workbook import archive, cells, formats, package
from nhiemvu.workbook.archive import Archive, Limits
from nhiemvu.workbook.formats import Formats, read_styles
from nhiemvu.workbook.markup import MarkupError, list_tags
from nhiemvu.workbook.package import Package
from nhiemvu.workbook.strings import NotSimpleError, Strings, _join, parse_strings, unescape
from nhiemvu.workbook.tokens import read_quickly

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
Outcome = tuple[str, bool]  # which part, and whether the quick reader took it


def read_all(raw: bytes) -> Iterator[Outcome]:
    """Read every part of a workbook both ways."""
    directory = Archive(raw)
    plain = archive._list_plainly(raw)
    assert plain in (None, directory._list_thoroughly())
    yield "directory", plain is not None
    book = Package(raw)
    for name in book.names:
        if name.endswith(".rels"):
            yield "relationships", compare_relations(book, name)
    yield "workbook", compare_workbook(book.read(book.workbook_part))
    styles, shared = book.styles_part, book.shared_strings_part
    strings = Strings()
    if styles:
        yield "styles", compare_styles(book.read(styles))
    if shared:
        strings = Strings(book.read(shared))
        yield "strings", compare_strings(strings, book.read(shared))
    looks = read_styles(book.read(styles) if styles else None)
    for sheet in book.sheets:
        if sheet.kind == "worksheet" and sheet.part:
            yield "sheet", compare_sheets(book.read(sheet.part), strings, looks)


def compare_relations(book: Package, name: str) -> bool:
    wanted = ("Id", "Type", "Target", "TargetMode")
    tags = list_tags(book.read(name), Limits())
    thorough = [tuple(given.get(key, "") for key in wanted) for tag, given in tags if tag == "Relationship"]
    assert book._list_relations(name) == thorough
    return True


def compare_workbook(data: bytes) -> bool:
    quick = package._list_plainly(data)
    if quick is None:
        return False
    wanted = [(tag, given) for tag, given in list_tags(data, Limits()) if tag in package._WANTED]
    assert sorted(quick, key=str) == sorted(wanted, key=str)
    assert [given for tag, given in quick if "/" in tag] == [given for tag, given in wanted if "/" in tag], "in order"
    return True


def compare_styles(data: bytes) -> bool:
    try:
        quick = formats._list_quickly(data)
    except NotSimpleError:
        return False
    assert quick == formats._list_thoroughly(data)
    return True


def compare_strings(strings: Strings, data: bytes) -> bool:
    thorough = [_join(runs, "") for runs in parse_strings(data)]
    assert [strings[str(i)] for i in range(len(thorough))] == thorough
    assert strings[str(len(thorough))] is None
    return not strings._runs


def compare_sheets(data: bytes, strings: Strings, looks: Formats) -> bool:
    try:
        quick = read_quickly(data, "S", strings, looks)
    except (NotSimpleError, WorkbookError):
        return False
    assert quick == cells._read_thoroughly(data, "S", strings, looks)
    return True


@pytest.mark.parametrize("kind", hosts())
def test_every_kind_of_workbook_is_read_the_same_both_ways(kind: str) -> None:
    assert dict(read_all(hosts()[kind])), "and nothing differs"


@pytest.mark.slow
@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")
def test_the_corpus_is_read_the_same_both_ways_and_nearly_all_of_it_quickly() -> None:
    quick: dict[str, list[bool]] = {}
    for path in sorted(CORPUS.iterdir()):
        try:
            for part, taken in read_all(path.read_bytes()):
                quick.setdefault(part, []).append(taken)
        except (NhiemvuError, MarkupError):
            continue  # refused, by whichever reader
    shares = {part: sum(taken) / len(taken) for part, taken in quick.items()}
    assert min(shares.values()) > 0.8, shares
    assert shares["sheet"] > 0.9, shares
    assert len(quick["sheet"]) > 150


_text = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=8)
_codes = st.one_of(st.sampled_from(["0.0%", "dd/mm/yyyy", "0.00", '#,##0 "đ"', "[Red]0"]), _text)
_FORMS = [
    '<xf numFmtId="{}" fontId="{}"/>', '<xf fontId="{1}" numFmtId="{0}"/>', "<xf numFmtId='{}' fontId='{}'></xf>",
]  # fmt: skip
_fonts = st.sampled_from(["Calibri", "Times New Roman", ".VnTime", "VNI-Times", "vni&x", "", " .vnArial"])


@given(
    st.lists(st.tuples(st.integers(0, 200), _codes), max_size=3),
    st.lists(_fonts, max_size=3),
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 3)), max_size=4),
    st.sampled_from(_FORMS),
    st.sampled_from(["", "<!-- c -->", "<extLst/>", "\n "]),
)  # fmt: skip
@settings(max_examples=80)
def test_any_styles_are_read_the_same_both_ways(
    codes: list[tuple[int, str]], fonts: list[str], styles: list[tuple[int, int]], form: str, gap: str
) -> None:
    numbers = "".join(f'<numFmt numFmtId="{i}" formatCode={quoteattr(code)}/>' for i, code in codes)
    named = "".join(f"<font><b/><name val={quoteattr(font)}/></font>" for font in fonts)
    data = (
        f'<styleSheet xmlns="{MAIN}"><numFmts>{numbers}</numFmts>{gap}<fonts>{named}</fonts>'
        f"<cellStyleXfs><xf/></cellStyleXfs>{gap}<cellXfs>{''.join(form.format(*style) for style in styles)}</cellXfs>"
        "<dxfs><dxf><font><b/></font></dxf></dxfs></styleSheet>"
    ).encode()
    compare_styles(data)


_items = st.one_of(
    _text.map(lambda t: (f'<si><t xml:space="preserve">{escape(t)}</t></si>', t)),
    _text.map(lambda t: (f"<si><t>{escape(t)}</t></si>", t)),
    st.tuples(_text, _text).map(
        lambda t: (f"<si><r><rPr><b/></rPr><t>{escape(t[0])}</t></r><r><t>{escape(t[1])}</t></r></si>", "".join(t))
    ),
    st.just(("<si/>", "")),
    st.just(("<si><t/></si>", "")),
)


@given(st.lists(_items, max_size=8), st.sampled_from(["", "\n", "<!-- c -->"]))
@settings(max_examples=80)
def test_any_shared_strings_are_read_the_same_both_ways(items: list[tuple[str, str]], gap: str) -> None:
    data = f'<sst xmlns="{MAIN}">{gap.join(markup for markup, _ in items)}</sst>'.encode()
    strings = Strings(data)
    compare_strings(strings, data)
    assert [strings[str(i)] for i in range(len(items))] == [unescape(text) for _, text in items]


@pytest.mark.parametrize("change", [
    lambda info: setattr(info, "extra", b"\x99\x99\x01\x00x"),
    lambda info: setattr(info, "comment", b"ghi chu"),
    lambda info: setattr(info, "filename", f"{info.filename} tính"),
    lambda info: setattr(info, "compress_type", zipfile.ZIP_STORED),
    lambda info: setattr(info, "compress_type", zipfile.ZIP_LZMA),
    lambda info: None,
], ids=["extra field", "comment", "name beyond ASCII", "stored", "another method", "plain"])  # fmt: skip
@pytest.mark.parametrize("around", [(b"", b""), (b"\x7fELF", b""), (b"", b"ghi chu")], ids=["", "prefix", "comment"])
def test_any_directory_is_read_the_same_both_ways(
    change: Callable[[zipfile.ZipInfo], None], around: tuple[bytes, bytes]
) -> None:
    made = io.BytesIO()
    made.write(around[0])
    with zipfile.ZipFile(made, "a") as written:
        written.comment = around[1]
        for name in ("[Content_Types].xml", "xl/workbook.xml", "xl/a.xml"):
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            change(info)
            written.writestr(info, b"<a/>" * 99)
    raw = made.getvalue()
    plain = archive._list_plainly(raw)
    assert plain in (None, Archive(raw)._list_thoroughly())
    with zipfile.ZipFile(io.BytesIO(raw)) as found:
        assert [member.name for member in Archive(raw).members] == found.namelist()


def test_a_directory_that_two_readers_could_see_as_two_is_left_to_zipfile() -> None:
    """A name that looks like the locator of a second directory."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as written:
        written.writestr("a" + "PK\x06\x07" + "b" * 16, b"")
    assert archive._list_plainly(made.getvalue()) is None
