"""The graft: our sheets in the official's workbook, and nothing else of it changed."""

from __future__ import annotations

import contextlib
import io
import posixpath
import re
import shutil
import subprocess
import time
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import hosts
import openpyxl
import pytest
import python_calamine
from hosts import BOOK, OFFICE, RELS, STYLES, TYPES, WANTED, declare, draw, host, relate, remake, swap
from hypothesis import given, settings
from hypothesis import strategies as st

from nhiemvu.errors import GraftError, NhiemvuError
from nhiemvu.workbook.graft import choose_titles, edited, find_ours, graft
from nhiemvu.workbook.markup import Document
from nhiemvu.workbook.ours import defined_names
from nhiemvu.workbook.package import Package, key

HOSTS = hosts.hosts()
EDITED = {"[content_types].xml", "workbook.xml", "workbook.xml.rels", "styles.xml", "app.xml"}


def run(raw: bytes, **drawing: object) -> bytes:
    """One run of the program: choose titles, draw, graft."""
    package = Package.open(raw)
    titles = choose_titles(package, WANTED)
    return graft(package, draw(titles, **drawing), titles)  # type: ignore[arg-type]


def spans(package: Package) -> dict[str, bytes]:
    """Each member as it lies in the file: local header, compressed data, descriptor."""
    return {m.name: package.archive.raw[m.start : m.end] for m in package.archive.members}


def check_consistent(package: Package) -> None:
    """Every relationship leads somewhere, every part of ours has one content type, everything is XML."""
    types = [key(e.attributes["PartName"]) for e in package.parse(TYPES).root.children if e.name == "Override"]
    assert len(types) == len(set(types))
    for name in package.names:
        if name.endswith((".xml", ".rels", ".vml")):
            package.parse(name)
        if key(name).endswith(".rels"):
            folder, base = posixpath.split(key(name).removesuffix(".rels"))
            for relation in package.related(posixpath.join(posixpath.dirname(folder), base)):
                assert relation.exists or relation.external, (name, relation)


@pytest.mark.parametrize("kind", HOSTS)
def test_every_member_that_is_not_edited_keeps_its_bytes_its_date_and_its_place(kind: str) -> None:
    before, after = Package.open(HOSTS[kind]), Package.open(run(HOSTS[kind]))
    old, new = spans(before), spans(after)
    assert after.names[: len(before.names)] == before.names
    changed = {name for name in old if old[name] != new[name]}
    assert {posixpath.basename(key(name)) for name in changed} <= EDITED
    for member, same in zip(before.archive.members, after.archive.members, strict=False):
        if member.name not in changed:
            assert member.record[:42] == same.record[:42]


@pytest.mark.parametrize("kind", HOSTS)
def test_the_result_is_a_consistent_package_with_our_sheets_last(kind: str) -> None:
    before, after = Package.open(HOSTS[kind]), Package.open(run(HOSTS[kind]))
    check_consistent(after)
    assert [s.name for s in after.sheets[:-2]] == [s.name for s in before.sheets]
    assert {k: o.position for k, o in find_ours(after).items()} == {
        "evaluation": len(before.sheets),
        "discrepancies": len(before.sheets) + 1,
    }
    assert edited(after) == []


@pytest.mark.parametrize("kind", HOSTS)
def test_grafting_again_gives_the_same_file(kind: str) -> None:
    once = run(HOSTS[kind])
    assert run(once) == once


@pytest.mark.parametrize("kind", HOSTS)
def test_other_sheets_drawn_and_the_first_again_give_the_first_file_but_for_its_styles(kind: str) -> None:
    once = Package.open(run(HOSTS[kind]))
    back = Package.open(run(run(once.archive.raw, rows=3, colour="#FFFFAA")))
    assert set(back.names) == set(once.names)
    assert [s.name for s in back.sheets] == [s.name for s in once.sheets]
    assert run(back.archive.raw, rows=3, colour="#FFFFAA") == run(once.archive.raw, rows=3, colour="#FFFFAA")


@pytest.mark.parametrize("kind", HOSTS)
def test_calamine_reads_the_same_figures_and_our_sheets(kind: str) -> None:
    read = python_calamine.CalamineWorkbook.from_filelike
    try:
        before = read(io.BytesIO(HOSTS[kind]))
        figures = {name: before.get_sheet_by_name(name).to_python() for name in before.sheet_names}
    except (python_calamine.CalamineError, python_calamine.ZipError, python_calamine.XmlError):
        pytest.skip("calamine does not open the original")
    after = read(io.BytesIO(run(HOSTS[kind])))
    assert {name: after.get_sheet_by_name(name).to_python() for name in figures} == figures
    title = after.sheet_names[-2]
    rows = after.get_sheet_by_name(title).to_python(skip_empty_area=False)
    assert rows[5][:5] == ["1.5", "=Giải ngân & <vốn> 5", 5002.5, 0.05, "Còn thiếu 811.475.000 đ"]


def open_with_openpyxl(raw: bytes) -> openpyxl.Workbook | None:
    try:
        return openpyxl.load_workbook(io.BytesIO(raw))
    except (IndexError, KeyError, ElementTree.ParseError):
        return None


@pytest.mark.filterwarnings("ignore:.*(extension is not supported|Workbook contains no).*:UserWarning")
@pytest.mark.parametrize("kind", [k for k in HOSTS if "strict" not in k])
def test_cells_look_as_they_were_drawn(kind: str) -> None:
    package = Package.open(HOSTS[kind])
    titles = choose_titles(package, WANTED)
    drawn = openpyxl.load_workbook(io.BytesIO(draw(titles)))
    before, after = open_with_openpyxl(HOSTS[kind]), open_with_openpyxl(run(HOSTS[kind]))
    if after is None and before is None:
        pytest.skip("openpyxl opens neither")
    assert after is not None
    for title in titles.values():
        for row in drawn[title].iter_rows():
            for cell in row:
                other = after[title][cell.coordinate]
                assert other.value == cell.value
                if cell.has_style and cell.style_id:
                    for look in ("font", "fill", "border", "alignment", "number_format"):
                        assert repr(getattr(other, look)) == repr(getattr(cell, look)), (cell.coordinate, look)
        assert after[title].print_title_rows == drawn[title].print_title_rows
        assert after[title].auto_filter.ref == drawn[title].auto_filter.ref
    rules = [r.dxf for rs in after[titles["evaluation"]].conditional_formatting for r in rs.rules if r.dxf]
    wanted = [r.dxf for rs in drawn[titles["evaluation"]].conditional_formatting for r in rs.rules if r.dxf]
    assert [(r.font and r.font.color.rgb, r.fill.bgColor.rgb, r.numFmt and r.numFmt.formatCode) for r in rules] == [
        (r.font and r.font.color.rgb, r.fill.bgColor.rgb, r.numFmt and r.numFmt.formatCode) for r in wanted
    ]
    if before is None or kind == "number formats that are not there":
        return
    for name in before.sheetnames:
        for row in before[name].iter_rows():
            for cell in row:
                other = after[name][cell.coordinate]
                assert (other.value, other.number_format) == (cell.value, cell.number_format)
                assert repr(other.font) == repr(cell.font)


def test_a_title_of_the_users_is_left_alone_in_any_case_and_normal_form() -> None:
    nfd = unicodedata.normalize("NFD", "Đánh giá")
    package = Package.open(host(names=(nfd, "SAI LỆCH", "sai lệch (2)")))
    assert choose_titles(package, WANTED) == {"evaluation": "Đánh giá (2)", "discrepancies": "Sai lệch (3)"}


def test_a_title_is_cut_to_31_characters_with_its_number() -> None:
    long = "Đánh giá nhiệm vụ trọng tâm năm 2024 của xã"
    package = Package.open(host(names=(long[:31], "x")))
    chosen = choose_titles(package, {"a": long, "b": long})
    assert chosen == {"a": long[:27] + " (2)", "b": long[:27] + " (3)"}
    assert all(len(title) <= 31 for title in chosen.values())


@pytest.mark.parametrize("broken", ["", "a" * 32, "a/b", "'a'", "Kết quả"])
def test_a_sheet_of_ours_whose_title_is_not_one_gets_the_wanted_title_again(broken: str) -> None:
    damaged = remake(run(host()), {BOOK: lambda data: data.replace("Đánh giá".encode(), broken.encode())})
    titles = choose_titles(Package.open(damaged), WANTED)
    assert titles == WANTED
    assert [s.name for s in Package.open(run(damaged)).sheets][:3] == ["Kết quả", "Giải ngân", "Ẩn"]


def test_a_title_that_is_taken_is_refused_rather_than_doubled() -> None:
    with pytest.raises(ValueError, match="taken"):
        graft(Package.open(host(names=("Đánh giá", "x"))), draw(WANTED), WANTED)


def test_a_sheet_that_the_user_renamed_and_moved_is_replaced_where_it_is_under_the_users_title() -> None:
    def rename(data: bytes) -> bytes:
        text = data.decode()
        ours = re.search(r'<sheet name="Đánh giá"[^>]*/>', text)[0]
        text = text.replace(ours, "").replace("<sheets>", "<sheets>" + ours)
        # our names follow the sheet to position 0, as Excel makes them
        text = text.replace('localSheetId="3"', 'localSheetId="ours"')
        for old in (2, 1, 0):
            text = text.replace(f'localSheetId="{old}"', f'localSheetId="{old + 1}"')
        return text.replace('localSheetId="ours"', 'localSheetId="0"').replace("Đánh giá", "Tháng 6").encode()

    moved = Package.open(remake(run(host()), {BOOK: rename}))
    titles = choose_titles(moved, WANTED)
    assert titles == {"evaluation": "Tháng 6", "discrepancies": "Sai lệch"}
    after = Package.open(graft(moved, draw(titles), titles))
    assert [s.name for s in after.sheets] == ["Tháng 6", "Kết quả", "Giải ngân", "Ẩn", "Sai lệch"]
    names = [e.attributes for e in defined_names(after.workbook.root) if "localSheetId" in e.attributes]
    assert sorted((given["name"], given["localSheetId"]) for given in names) == [
        ("_xlnm.Print_Area", "0"),
        ("_xlnm.Print_Titles", "0"),
        ("_xlnm.Print_Titles", "1"),
        ("_xlnm.Print_Titles", "2"),
        ("_xlnm.Print_Titles", "4"),
        ("_xlnm._FilterDatabase", "0"),
    ]


def test_a_sheet_of_ours_that_the_user_deleted_comes_again_last() -> None:
    def delete(data: bytes) -> bytes:
        text = re.sub(r'<sheet name="Sai lệch"[^>]*/>', "", data.decode())
        text = re.sub(r'<definedName [^>]*localSheetId="4"[^>]*>[^<]*</definedName>', "", text)
        return text.replace("'Sai lệch'!$A$1", "#REF!$A$1").encode()

    without = Package.open(remake(run(host()), {BOOK: delete}))
    assert set(find_ours(without)) == {"evaluation"}
    after = Package.open(run(without.archive.raw))
    assert [s.name for s in after.sheets][-2:] == ["Đánh giá", "Sai lệch"]
    texts = [e.text for e in defined_names(after.workbook.root) if e.attributes["name"] == "_nhiemvu.discrepancies"]
    assert texts == ["'Sai lệch'!$A$1"]


def test_a_value_that_the_user_changed_in_our_sheet_is_noticed() -> None:
    once = Package.open(run(host()))
    part = find_ours(once)["evaluation"].sheet.part
    assert edited(Package.open(remake(once.archive.raw, {part: swap("5002.5", "5002.6")}))) == ["evaluation"]
    # what a program rewrites without changing a value is no edit
    assert (
        edited(Package.open(remake(once.archive.raw, {part: swap("<v>0.05</v>", "<v>0.05000000000000001</v>")}))) == []
    )


def test_the_old_parts_of_our_sheets_go_and_a_part_that_a_sheet_of_the_users_shares_stays() -> None:
    once = Package.open(run(host()))
    drawing = next(r.target for r in once.related(find_ours(once)["evaluation"].sheet.part) if r.kind == "drawing")
    shared = remake(
        once.archive.raw, {"xl/worksheets/_rels/sheet1.xml.rels": relate(f"{OFFICE}/drawing", f"/{drawing}")}
    )
    after = Package.open(run(shared))
    assert spans(after)[drawing] == spans(Package.open(shared))[drawing]
    check_consistent(after)
    again = Package.open(run(once.archive.raw, rows=2))
    assert set(again.names) == set(once.names)


def test_styles_do_not_grow_from_run_to_run() -> None:
    once = Package.open(run(host()))
    size = len(once.read(STYLES))
    for rows in (3, 5, 7):
        once = Package.open(run(once.archive.raw, rows=rows))
        assert len(once.read(STYLES)) == size


def test_a_number_format_that_the_hosts_cells_name_in_vain_does_not_become_ours() -> None:
    host_ids = {"164", "165"}
    after = Package.open(run(HOSTS["number formats that are not there"]))
    section = after.parse(STYLES).root.find("numFmts")
    assert section is not None
    assert not host_ids & {element.attributes["numFmtId"] for element in section.children}


def test_the_users_active_sheet_stays_and_ours_is_not_selected() -> None:
    after = Package.open(run(host()))
    assert b'activeTab="1"' in after.read(BOOK)
    for ours in find_ours(after).values():
        assert b"tabSelected" not in after.read(ours.sheet.part)


def test_titles_are_listed_in_the_properties() -> None:
    after = Package.open(run(run(host())))
    text = after.read("docProps/app.xml").decode()
    assert text.count("<vt:lpstr>Đánh giá</vt:lpstr>") == 1
    assert "<vt:i4>5</vt:i4>" in text
    assert text.index("Ẩn") < text.index("Đánh giá") < text.index("Sai lệch") < text.index("Print_Titles")


def test_a_calculation_chain_stays_unless_it_lists_a_sheet_of_ours() -> None:
    space = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    chain = b'<calcChain xmlns="%b"><c r="A3" i="1"/>%%b</calcChain>' % space
    chain_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml"
    edits: dict[str, hosts.Edit | None] = {
        RELS: relate(f"{OFFICE}/calcChain", "calcChain.xml"),
        TYPES: declare("xl/calcChain.xml", chain_type),
    }
    once = run(remake(host(), edits, {"xl/calcChain.xml": chain % b""}))
    assert "xl/calcChain.xml" in Package.open(run(once)).names
    # Excel saved our formula into the chain: it must not stay when the sheet is drawn anew
    saved = remake(once, {"xl/calcChain.xml": lambda _: chain % b'<c r="B1" i="5"/>'})
    after = Package.open(run(saved))
    assert "xl/calcChain.xml" not in after.names
    check_consistent(after)
    # a damaged one is Excel's to mend, and no reason to refuse a second run
    damaged = remake(once, {"xl/calcChain.xml": lambda _: b"<calcChain"})
    assert Package.open(run(damaged)).read("xl/calcChain.xml") == b"<calcChain"


# --- refused, with the way out ----------------------------------------------------------------------------------------

SIGNED = "http://schemas.openxmlformats.org/package/2006/relationships/digital-signature/origin"


def doubled(raw: bytes, part: str) -> bytes:
    made = io.BytesIO(raw)
    with zipfile.ZipFile(made, "a") as package, pytest.warns(UserWarning, match="Duplicate"):
        package.writestr(part, package.read(part))
    return made.getvalue()


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "signed": (
        lambda: remake(
            host(), {"_rels/.rels": relate(SIGNED, "_xmlsignatures/origin.sigs")}, {"_xmlsignatures/origin.sigs": b""}
        ),
        "chưa ký",
    ),
    "shared-workbook": (
        lambda: remake(host(), {RELS: relate(f"{OFFICE}/revisionHeaders", "h.xml")}, {"xl/h.xml": b"<headers/>"}),
        "Share Workbook",
    ),
    "protected-structure": (
        lambda: remake(host(), {BOOK: swap("<bookViews>", '<workbookProtection lockStructure="1"/><bookViews>')}),
        "Protect Workbook",
    ),
    "unknown-dialect": (
        lambda: remake(
            host(),
            {BOOK: lambda d: d.replace(b"http://schemas.openxmlformats.org/spreadsheetml/2006/main", b"urn:a-beta")},
        ),
        "chuẩn",
    ),
    "no-sheets": (lambda: remake(host(), {BOOK: lambda d: re.sub(rb"<sheet .*?/>", b"", d)}), "Excel"),
    "broken-styles": (lambda: remake(host(), {STYLES: lambda d: d[:300]}), "Excel"),
    "duplicate-part": (lambda: doubled(host(), BOOK), "Excel"),
    "too-many-styles": (lambda: hosts.many_formats(65_485), "65490"),
}


@pytest.mark.parametrize("code", REFUSED)
def test_refused_with_a_reason_that_says_what_to_do(code: str) -> None:
    make, says = REFUSED[code]
    with pytest.raises(NhiemvuError) as caught:
        run(make())
    assert caught.value.code == code
    assert isinstance(caught.value, GraftError) or code == "duplicate-part"
    assert says in str(caught.value)
    assert "hãy" in str(caught.value)
    assert " -o" not in str(caught.value)  # into another file it is refused just the same


@pytest.mark.slow
def test_64000_cell_formats_are_few_enough_and_quick_enough() -> None:
    raw = hosts.many_formats(64_000)
    started = time.process_time()
    once = run(raw)
    assert time.process_time() - started < 4
    assert run(once) == once


# --- properties -------------------------------------------------------------------------------------------------------


@settings(max_examples=120)
@given(st.integers(0, len(HOSTS["plain"]) - 1), st.binary(min_size=1, max_size=4))
def test_a_damaged_workbook_is_grafted_or_refused_and_nothing_else(at: int, noise: bytes) -> None:
    raw = HOSTS["plain"]
    with contextlib.suppress(NhiemvuError):
        run(raw[:at] + noise + raw[at + len(noise) :])


LETTERS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=12)


@settings(max_examples=60)
@given(LETTERS, LETTERS, st.sampled_from(["utf-8", "utf-16", "utf-8-sig", "iso-8859-1"]))
def test_an_edit_changes_what_it_names_and_nothing_else(text: str, value: str, encoding: str) -> None:
    written = "".join(f"&#{ord(c)};" if c in "<>&\"'" else c for c in text)
    head = f"<?xml version='1.0' encoding='{encoding.removesuffix('-sig')}'?>"
    source = f"{head}<a x = '1'><!-- {{}} --><b>{written}</b><c/></a>"
    raw = source.encode(encoding, "xmlcharrefreplace")
    document = Document(raw)
    assert document.result() == raw
    assert document.root.children[0].text == text
    document.set_attribute(document.root, "x", value)
    document.append(document.root.children[1], "<d/>")
    again = Document(document.result())
    assert again.root.attributes["x"] == " ".join(value.split("\n")) or "\n" in value
    assert again.root.children[0].text == text
    assert again.root.children[1].children[0].name == "d"
    assert document.result().replace(b"\0", b"").count(b"<!-- {} -->") == 1


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_libreoffice_opens_every_kind_of_workbook_that_it_opened_and_keeps_our_marks(tmp_path: Path) -> None:
    kinds = [kind for kind in HOSTS if kind != "250 sheets"]
    for number, kind in enumerate(kinds):
        (tmp_path / f"{number}before.xlsx").write_bytes(HOSTS[kind])
        (tmp_path / f"{number}after.xlsx").write_bytes(run(HOSTS[kind]))
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", "xlsx", "--outdir", str(tmp_path / "saved")]
    subprocess.run([*command, *map(str, tmp_path.glob("*.xlsx"))], capture_output=True, timeout=200, check=False)
    opened = {path.stem for path in (tmp_path / "saved").iterdir()}
    for number, kind in enumerate(kinds):
        if f"{number}before" in opened:
            saved = Package.open(tmp_path / "saved" / f"{number}after.xlsx")
            assert set(find_ours(saved)) == set(WANTED), kind
            assert edited(saved) == [], kind
            # what LibreOffice wrote is grafted into again, in the same places
            assert [s.name for s in Package.open(run(saved.archive.raw)).sheets] == [s.name for s in saved.sheets]
    assert len(opened) > 1.5 * len(kinds)


def test_shared_strings_that_are_damaged_do_not_make_ours_look_edited() -> None:
    damaged = remake(host(), {"xl/sharedStrings.xml": lambda data: data.replace(b"?>", b"?><!DOCTYPE sst>", 1)})
    once = run(damaged)
    assert edited(Package.open(once)) == []
    assert run(once) == once


def test_where_the_highest_id_of_a_sheet_is_taken_a_free_one_is_used() -> None:
    after = Package.open(run(remake(host(), {BOOK: swap('sheetId="1"', 'sheetId="65534"')})))
    assert [e.attributes["sheetId"] for e in after.sheet_elements] == ["65534", "2", "3", "1", "4"]
