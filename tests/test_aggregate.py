"""From a folder to a summary: nothing is lost, nothing counts twice, and one bad file costs itself alone."""

from __future__ import annotations

import datetime as dt
import faulthandler
import io
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
import unicodedata
import zipfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import fsspec
import numpy as np
import openpyxl
import pytest
from click.testing import CliRunner
from communes import RULES, UNITS, make, put
from conftest import EXAMPLE, ROOT

import nhiemvu
from nhiemvu.cli import commands
from nhiemvu.engine.rows import UnitInfo
from nhiemvu.errors import Problem, WorkbookError
from nhiemvu.many import batch, journal, past, workers
from nhiemvu.many.past import keep, look_back
from nhiemvu.many.settle import settle
from nhiemvu.many.sources import Source, find
from nhiemvu.many.summary import Submission, Summary
from nhiemvu.many.words import NOTHING
from nhiemvu.report.history import arrange
from nhiemvu.rules.load import load_rulebook
from nhiemvu.rules.units import Unit, Units
from nhiemvu.rules.units_file import read_units
from nhiemvu.verdicts import Verdict

FORK = partial(multiprocessing.get_context, "fork")  # a forked worker inherits what a test put in a function's place
BROKEN = b"Ma,Ten\n1,Hai Yen\n"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NHIEMVU_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five communes of two districts, of which one sent nothing, one twice, and one something broken."""
    put(tmp_path, "so/cao-loc/xa-hai-yen.xlsx", make("A1"))
    put(tmp_path, "so/cao-loc/xã Công Sơn.xlsx", make("A2", "Xã Công Sơn", {"11/70 ha": "1/70 ha"}))
    put(tmp_path, "so/loc-binh/huu-khanh.xlsx", make("B1", "Xã Hữu Khánh"))
    put(tmp_path, "so/loc-binh/huu-khanh (sửa).xlsx", make("B1", "Xã Hữu Khánh", {"97,5%": "79,5%"}))
    put(tmp_path, "so/loc-binh/hai-yen.xlsx", BROKEN)
    put(tmp_path, "don-vi.csv", UNITS.encode())
    return tmp_path


def run(folder: Path, **options: object) -> Summary:
    options.setdefault("jobs", 1)
    return nhiemvu.aggregate(folder / "so", RULES, units=folder / "don-vi.csv", **options)  # type: ignore[arg-type]


def states(summary: Summary) -> dict[str, str]:
    return {each.name: each.state for each in summary.submissions}


def codes(submissions: list[Submission] | tuple[Submission, ...]) -> dict[str, list[str]]:
    return {each.name: [problem.code for problem in each.problems] for each in submissions if each.problems}


def content(summary: Summary) -> object:
    """Everything that a summary says, to be compared."""
    return summary.to_dict(), [summary.tell(unit) for unit in range(len(summary))]


# --- what becomes of every file ---------------------------------------------------------------------------------------


def test_every_file_and_every_expected_unit_is_accounted_for(folder: Path) -> None:
    summary = run(folder)
    assert states(summary) == {
        "cao-loc/xa-hai-yen.xlsx": "evaluated",
        "cao-loc/xã Công Sơn.xlsx": "evaluated",
        "loc-binh/hai-yen.xlsx": "failed",
        "loc-binh/huu-khanh (sửa).xlsx": "conflict",
        "loc-binh/huu-khanh.xlsx": "conflict",
    }
    assert [unit.code for unit in summary.units] == ["A1", "A2"]
    assert [(each.code, each.why) for each in summary.absent] == [
        ("A3", "missing"),
        ("B1", "conflict"),
        ("B2", "missing"),
    ]
    assert summary.absent[0].path == ("Tỉnh Lạng Sơn", "Huyện Cao Lộc")
    conflict = next(each for each in summary.submissions if each.state == "conflict")
    assert str(conflict.problems[0]) == (
        "loc-binh/huu-khanh (sửa).xlsx: đơn vị Xã Hữu Khánh có 2 sổ khác nhau (cùng với «loc-binh/huu-khanh.xlsx») nên "
        "chưa sổ nào được tính; giữ lại sổ đúng rồi chạy lại"
    )


def test_one_workbook_is_judged_as_evaluate_judges_it(folder: Path) -> None:
    put(folder, "mot/so.xlsx", EXAMPLE.read_bytes())
    alone = nhiemvu.evaluate(folder / "mot/so.xlsx", RULES)
    summary = nhiemvu.aggregate(folder / "mot", jobs=1)
    assert list(summary.tell(0).rows) == alone.rows()
    assert list(summary.tell(0).discrepancies) == alone.find_discrepancies()
    assert list(summary.tell(0).problems) == alone.find_problems()
    assert (summary.verdicts == alone.verdicts).all().all()
    assert np.array_equal(
        summary.value[:, 0], alone.frame.set_index("id").loc[[n.id for n in summary.rulebook.criteria], "value"], True
    )


def test_a_copy_of_a_workbook_counts_once(folder: Path) -> None:
    put(folder, "so/ban-sao.xlsx", make("A1"))
    summary = run(folder)
    assert states(summary)["ban-sao.xlsx"] == "evaluated"
    assert states(summary)["cao-loc/xa-hai-yen.xlsx"] == "duplicate"
    assert [unit.code for unit in summary.units] == ["A1", "A2"]


def test_without_a_list_whoever_sent_something_is_a_unit(folder: Path) -> None:
    summary = nhiemvu.aggregate(folder / "so", RULES, jobs=1)
    assert [unit.code for unit in summary.units] == ["A1", "A2"]
    assert summary.absent == ()
    assert [(group.code, len(group.members)) for group in summary.groups] == [("", 2)]


@pytest.mark.parametrize(
    ("code", "name", "known_as", "problem"),
    [
        ("A3", "Xã Cao Lâu", "A3", None),
        ("", "Xã Cao Lâu", "A3", "unit-by-name"),
        ("", unicodedata.normalize("NFD", "XÃ CAO LÂU"), "A3", "unit-by-name"),
        ("", "Xã Hải Yến", None, "unit-ambiguous"),
        ("", "Xã Không Có", None, "unit-unknown"),
        ("A33", "Xã Cao Lâu", None, "unit-unknown"),
        ("183", "Xã Cao Lâu", None, "unit-above"),
        ("A3", "Xã Công Sơn", None, "unit-name"),
        ("A3", "Xã Không Có", "A3", "unit-name"),
        ("A3", "UBND xã Cao Lâu, huyện Cao Lộc", "A3", None),
        ("A3", "CAO LAU", "A3", None),
        ("", "Huyện Cao Lộc", None, "unit-above"),
    ],
)
def test_who_sent_it(folder: Path, code: str, name: str, known_as: str | None, problem: str | None) -> None:
    put(folder, "so/them.xlsx", make(code, name))
    summary = run(folder)
    found = next(each for each in summary.submissions if each.name == "them.xlsx")
    assert [each.code for each in found.problems] == ([problem] if problem else [])
    assert (found.state, found.unit) == (("evaluated", known_as) if known_as else ("failed", found.unit))
    if known_as:
        at = [unit.code for unit in summary.units].index(known_as)
        assert {each.unit for each in summary.tell(at).discrepancies} == {known_as}


def test_a_list_without_units_on_that_day_is_no_list_of_whoever_sent_something(folder: Path) -> None:
    (folder / "don-vi.csv").write_text("code,name,parent,from\nA1,Xã Hải Yến,,2025-07-01\n", encoding="utf-8")
    summary = run(folder)
    assert len(summary) == 0
    [problem] = next(each.problems for each in summary.submissions if each.name == "cao-loc/xa-hai-yen.xlsx")
    assert problem.code == "unit-unknown"
    assert "danh sách đơn vị ngày 29/5/2024" in problem.text


def test_whose_a_file_that_failed_may_be(folder: Path) -> None:
    (folder / "don-vi.csv").write_text(
        "code,name,parent\n20,Tỉnh Lạng Sơn,\n06190,Xã Hải Yến,20\n06193,Xã Công Sơn,20\nCL-3,Xã Cao Lâu,20\n",
        encoding="utf-8",
    )
    for path in (folder / "so").rglob("*.xlsx"):
        path.unlink()
    put(folder, "so/06190 hai yen.xlsx", make("6190"))  # Excel dropped the zero
    put(folder, "so/nop CL-3.xlsx", BROKEN)
    put(folder, "so/1 CL-33.xlsx", BROKEN)
    quarter = {"6 tháng đầu năm 2024": "quý I/2024"}
    put(folder, "so/cong-son.xlsx", make("", "Xã Công Sơn", quarter))
    put(folder, "so/khac 1.xlsx", make("X1", "Xã X"))
    put(folder, "so/khac 2.xlsx", make("X2", "Xã Y"))
    summary = run(folder)
    assert [(each.code, each.why, each.file) for each in summary.absent] == [
        ("06190", "missing", "06190 hai yen.xlsx"),
        ("06193", "failed", "cong-son.xlsx"),
        ("CL-3", "missing", "nop CL-3.xlsx"),
    ]
    assert codes(summary.submissions)["cong-son.xlsx"] == ["other-period", "unit-by-name"]


@pytest.mark.parametrize("how", ["failed", "code", "name"])
def test_time_grows_with_units_and_not_with_their_square(how: str) -> None:
    """Where every file is wrong: of another rulebook, by codes of before a reform, without a code."""

    def measure(count: int) -> float:
        tree = Units([Unit("1", "Tỉnh"), *(Unit(f"{at:05}", f"Xã {at}", "1") for at in range(count))])
        files = [Source(f"{at:05} xa.xlsx", f"{at:05} xa.xlsx") for at in range(count)]
        told = (Problem("other-rulebook", "khác bộ"),) if how == "failed" else ()
        items = [batch.Item(file, str(at), None if told else NOTHING, told) for at, file in enumerate(files)]
        units = (
            []
            if told
            else [
                UnitInfo(
                    f"9{at:06}" if how == "code" else file.name, "" if how == "code" else f"Xã {at} cũ", file=file.name
                )
                for at, file in enumerate(files)
            ]
        )
        best = 9e9
        for _ in range(3):
            start = time.process_time()
            assert len(settle(items, units, tree, rules, None).absent) == count
            best = min(best, time.process_time() - start)
        return best

    rules = load_rulebook(RULES)
    assert measure(1600) < 4 * 3 * measure(400)


def test_a_workbook_of_another_rulebook_fails_unless_one_was_chosen_for_all(folder: Path) -> None:
    put(folder, "mot/a.xlsx", make("A1"))
    put(folder, "mot/b.xlsx", make("A2", texts={RULES: "kinh-te-xa-hoi-2019"}))
    assert codes(nhiemvu.aggregate(folder / "mot", jobs=1).submissions) == {"b.xlsx": ["other-rulebook"]}
    assert codes(nhiemvu.aggregate(folder / "mot", RULES, jobs=1).submissions) == {}


@pytest.mark.parametrize("stray", [0, 3, 6])
def test_one_stray_workbook_does_not_choose_the_rulebook_of_a_folder(tmp_path: Path, stray: int) -> None:
    other = {RULES: "kinh-te-xa-hoi-2019"}
    for i in range(7):
        put(tmp_path, f"so/{i}.xlsx", make(f"A{i}", texts=other if i == stray else None))
    summary = nhiemvu.aggregate(tmp_path / "so", jobs=2)
    assert (summary.rulebook.id, len(summary)) == (RULES, 6)
    assert codes(summary.submissions) == {f"{stray}.xlsx": ["other-rulebook"]}


def test_workbooks_without_a_rulebook_are_passed_over_until_one_names_it(tmp_path: Path) -> None:
    for i in range(12):
        put(tmp_path, f"so/{i:02}.xlsx", b"x" if i != 5 else make())  # not among the first that are asked
    summary = nhiemvu.aggregate(tmp_path / "so", jobs=2)
    assert (summary.rulebook.id, len(summary)) == (RULES, 1)


def test_without_words_the_verdicts_are_the_same(folder: Path) -> None:
    quick = run(folder, words=False)
    assert quick.to_dict() == run(folder).to_dict()
    with pytest.raises(ValueError, match="words"):
        quick.tell(0)


def test_findings_alone_make_the_same_workbook(folder: Path) -> None:
    whole, found = run(folder), run(folder, words="findings")
    assert [found.find(unit) for unit in range(len(found))] == [whole.find(unit) for unit in range(len(whole))]
    assert found.draw() == whole.draw()
    with pytest.raises(ValueError, match="words"):
        found.tell(0)


@pytest.mark.parametrize("rules", [None, RULES])
@pytest.mark.parametrize("path", ["khong", "khong/*.xlsx", "so/**/*.xls"])
def test_a_path_that_leads_nowhere_makes_no_summary(folder: Path, path: str, rules: str | None) -> None:
    with pytest.raises(WorkbookError) as error:
        nhiemvu.aggregate(folder / path, rules, units=folder / "don-vi.csv")
    assert [problem.code for problem in error.value.problems] == ["no-workbooks"]
    assert path in str(error.value)


def test_a_summary_is_an_xlsx(folder: Path) -> None:
    result = CliRunner().invoke(commands, ["aggregate", str(folder / "so"), "-o", str(folder / "tong-hop.csv")])
    assert result.exit_code == 2
    assert "tong-hop.csv" in result.stderr
    assert not (folder / "tong-hop.csv").exists()


def test_nothing_to_read_is_an_error(tmp_path: Path) -> None:
    put(tmp_path, "thu.docx", b"x")
    with pytest.raises(WorkbookError) as error:
        nhiemvu.aggregate(tmp_path, RULES)
    assert error.value.code == "no-workbooks"


# --- where files lie --------------------------------------------------------------------------------------------------


def test_folders_archives_patterns_and_what_is_no_workbook(tmp_path: Path) -> None:
    put(tmp_path, "a/xa 1.xlsx", b"1")
    put(tmp_path, unicodedata.normalize("NFD", "a/xã hải yến.xls"), b"2")
    for name in ("~$xa 1.xlsx", "bao-cao.docx", "xa 1 - bản đã sửa 2024-06-30.xlsx", "xa - đánh giá.xlsx", ".an.xlsx"):
        put(tmp_path, f"a/{name}", b"x")
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        archive.writestr("trong/xa 3.ods", b"3")
        archive.writestr("trong/khac.zip", b"x")
        archive.writestr("__MACOSX/trong/._xa 3.ods", b"x")
    put(tmp_path, "huyen.zip", memory.getvalue())
    put(tmp_path, "hong.zip", b"PK")
    (tmp_path / "thu-muc.xlsx").mkdir()
    found = find([tmp_path, tmp_path / "a" / "*.xlsx", tmp_path / "khong-co.xlsx"])
    assert [source.name for source in found.sources] == [
        "a/xa 1.xlsx",
        "a/xã hải yến.xls",
        "huyen.zip/trong/xa 3.ods",
        "khong-co.xlsx",
    ]
    assert [source.read() for source in found.sources[:3]] == [b"1", b"2", b"3"]
    assert {each.name: (each.state, each.problems[0].code) for each in found.others} == {
        "a/bao-cao.docx": ("skipped", "not-workbook-name"),
        "a/xa - đánh giá.xlsx": ("skipped", "our-copy"),
        "a/xa 1 - bản đã sửa 2024-06-30.xlsx": ("skipped", "our-copy"),
        "a/~$xa 1.xlsx": ("skipped", "lock-file"),
        "hong.zip": ("failed", "unreadable-file"),
        "thu-muc.xlsx": ("skipped", "is-folder"),
        "huyen.zip/trong/khac.zip": ("skipped", "archive-within"),
    }
    for source in found.sources[3:]:
        with pytest.raises(WorkbookError):
            source.read()


def test_nothing_below_a_folder_is_left_out_without_a_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "so/a/xa 1.xlsx", b"1")
    put(tmp_path, "may-chu/xa 2.xlsx", b"2")
    put(tmp_path, "so/rieng/xa 3.xlsx", b"3")
    (tmp_path / "so/lien-ket").symlink_to(tmp_path / "may-chu")
    (tmp_path / "may-chu/vong").symlink_to(tmp_path / "so")
    real = os.scandir

    def scan(path: str) -> object:
        if str(path).endswith("rieng"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scan)
    found = find([tmp_path / "so", tmp_path / "so/*.xls"])
    assert [source.name for source in found.sources] == ["*.xls", "a/xa 1.xlsx", "lien-ket/xa 2.xlsx"]
    assert [(each.name, each.state, each.problems[0].code) for each in found.others] == [
        ("rieng", "failed", "unreadable-file")
    ]


def test_what_two_links_lead_to_is_read_once_and_named_alike_in_any_order(tmp_path: Path) -> None:
    file = put(tmp_path, "so/b.xlsx", b"1")
    link = tmp_path / "so/a.xlsx"
    link.symlink_to(file)
    assert [find(given).sources for given in ([file, link], [link, file])] == [find([tmp_path / "so"]).sources] * 2
    assert [source.name for source in find([file, link]).sources] == ["a.xlsx"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_two_members_of_one_name_one_is_told(tmp_path: Path) -> None:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for content in (b"1", b"2"):
            archive.writestr("xa.xlsx", content)
    found = find([put(tmp_path, "nop.zip", memory.getvalue())])
    assert [source.read() for source in found.sources] == [b"2"]
    assert [(each.name, each.state, each.problems[0].code) for each in found.others] == [
        ("nop.zip/xa.xlsx", "failed", "member-twice")
    ]


def _pack_one(name: str, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", method) as archive:
        archive.writestr(name, make("A2", "Xã Công Sơn"))
    return memory.getvalue()


@pytest.mark.parametrize(
    ("archive", "failed"),
    [
        (_pack_one("xã.xlsx").replace("xã".encode(), b"x\xff\xfe"), "a.zip"),  # says UTF-8, and is none
        (_pack_one("xa.xlsx")[:100] + b"\xff" * 300 + _pack_one("xa.xlsx")[400:], "a.zip/xa.xlsx"),
        (
            _pack_one("xa.xlsx", zipfile.ZIP_LZMA)[:60] + b"\xff" * 300 + _pack_one("xa.xlsx", zipfile.ZIP_LZMA)[360:],
            "a.zip/xa.xlsx",
        ),
    ],
)
def test_a_damaged_archive_costs_itself_alone(tmp_path: Path, archive: bytes, failed: str) -> None:
    put(tmp_path, "a.zip", archive)
    put(tmp_path, "k.xlsx", make("A1"))
    summary = nhiemvu.aggregate(tmp_path, jobs=1)  # looks into the archive for the rulebook, too
    assert states(summary) == {failed: "failed", "k.xlsx": "evaluated"}
    assert codes(summary.submissions) == {failed: ["unreadable-file"]}


def test_a_remote_file_is_read_up_to_the_limit_and_refused_beyond_it(monkeypatch: pytest.MonkeyPatch) -> None:
    store = fsspec.filesystem("memory")
    store.pipe("/mot-sổ.xlsx", b"0123456789")
    try:
        (source,) = find(["memory://mot-sổ.xlsx"]).sources
        monkeypatch.setenv("NHIEMVU_LIMIT_FILE_BYTES", "10")
        assert source.read() == b"0123456789"
        monkeypatch.setenv("NHIEMVU_LIMIT_FILE_BYTES", "9")
        with pytest.raises(WorkbookError) as refused:
            source.read()
        assert "NHIEMVU_LIMIT_FILE_BYTES=10" in str(refused.value)
    finally:
        store.rm("/mot-sổ.xlsx")


def test_workbooks_in_a_remote_store(folder: Path) -> None:
    store = fsspec.filesystem("memory")
    store.pipe({"/nop/xa-1.xlsx": make("A1"), "/nop/sau/xa-2.xlsx": BROKEN, "/nop/ghi-chu.txt": b"x", "/tai-ve": b"1"})
    try:
        summary = nhiemvu.aggregate("memory://nop", RULES, jobs=1, executor=ThreadPoolExecutor(1))
        assert states(summary) == {
            "/nop/ghi-chu.txt": "skipped",
            "/nop/sau/xa-2.xlsx": "failed",
            "/nop/xa-1.xlsx": "evaluated",
        }
        assert [source.read() for source in find(["memory://tai-ve"]).sources] == [
            b"1"
        ]  # whoever asks for one means it
        assert summary.links == ["memory:///nop/xa-1.xlsx"]
    finally:
        store.rm("/nop", recursive=True)
        store.rm("/tai-ve")


def test_a_member_of_an_archive_by_url(folder: Path) -> None:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        archive.writestr("xa-1.xlsx", make("A1"))
    path = put(folder, "nop.zip", memory.getvalue())
    summary = nhiemvu.aggregate(f"zip://*.xlsx::file://{path}", RULES, jobs=1)
    assert [each.state for each in summary.submissions] == ["evaluated"]


def test_an_address_that_nobody_knows_is_told(folder: Path) -> None:
    summary = nhiemvu.aggregate([folder / "so", "khong-biet://nop"], RULES, jobs=1)
    assert codes(summary.submissions)["khong-biet://nop"] == ["unknown-store"]


# --- beside a store ---------------------------------------------------------------------------------------------------

HALF = "6 tháng đầu năm 2024"


def test_who_says_no_period_is_kept_with_those_it_was_added_up_with(folder: Path) -> None:
    put(folder, "so/cao-loc/cao-lau.xlsx", make("A3", "Xã Cao Lâu", {HALF: " "}))
    summary = run(folder)
    assert [unit.code for unit in summary.units] == ["A1", "A2", "A3"]
    with nhiemvu.open_store(":memory:") as store:
        assert keep(store, summary) == ()
        assert [period.label for period in store.periods()] == [HALF]
        assert look_back(store, summary) == ()  # what it sends now is nobody's past


def test_a_store_that_cannot_be_opened_is_told_before_the_work(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nhiemvu.many.aggregate.aggregate", lambda *_, **__: pytest.fail("all was read"))
    refused = ["aggregate", str(folder / "so"), "--rules", RULES, "--store", str(folder / "x" / "kho.db"), "--quiet"]
    assert "store-folder" in str(CliRunner().invoke(commands, refused).exception.problems)  # type: ignore[union-attr]


@pytest.mark.parametrize("when", ["keeping", "looking back"])
def test_a_store_that_fails_after_the_reading_costs_neither_summary_nor_page(
    folder: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    out, page, kho = folder / "ra.xlsx", folder / "ra.html", folder / "kho.db"
    asked = ["aggregate", str(folder / "so"), "--rules", RULES, "--jobs", "1", "-o", str(out), "--html", str(page)]
    asked += ["--store", str(kho)]
    name = "look_back" if when == "looking back" else "keep"
    real = getattr(past, name)

    def lose(*given: object) -> object:
        kho.write_bytes(b"x" * 4096)  # the disk lost it meanwhile
        return real(*given)

    with monkeypatch.context() as patch:
        patch.setattr(past, name, lose)
        found = CliRunner().invoke(commands, asked, standalone_mode=False)
    assert found.return_value == 2
    assert zipfile.is_zipfile(out)
    assert page.stat().st_size > 10_000
    assert ("--resume" in found.output) == (when == "keeping")
    kho.unlink()
    reads = count_reads(monkeypatch, folder)
    again = CliRunner().invoke(commands, [*asked, "--resume"], standalone_mode=False)
    assert again.return_value == 1, again.output  # some units sent nothing
    assert reads() == []
    with nhiemvu.open_store(kho, must_exist=True) as store:
        assert len(store.submissions()) == 2


def test_what_was_read_goes_away_once_it_is_kept(folder: Path) -> None:
    asked = ["aggregate", str(folder / "so"), "--rules", RULES, "--jobs", "1", "-o", str(folder / "ra.xlsx")]
    found = CliRunner().invoke(commands, [*asked, "--store", str(folder / "kho.db")], standalone_mode=False)
    assert found.return_value == 1
    assert not list(journal.cache_folder().glob("*.journal"))


def test_like_is_compared_with_like(folder: Path) -> None:
    """A half-year with the half-year before, whatever quarter or year ended between; nothing with nothing like it."""
    summary = run(folder)  # the first half of 2024
    with nhiemvu.open_store(":memory:") as store:
        store.add(summary.evaluation, period="năm 2023")
        store.add(summary.evaluation, period="quý I năm 2024")
        store.add(summary.evaluation, period="tháng 5 năm 2024")
        assert look_back(store, summary) == ()
        (note,) = [each for each in summary.notices if each.code == "no-like-period"]
        assert "Tháng 5/2024" in str(note)
        store.add(summary.evaluation, period="6 tháng đầu năm 2023")
        store.add(summary.evaluation, period="6 tháng cuối năm 2023")
        told = [each.period for each in look_back(store, summary)]
        assert told == ["6 tháng đầu năm 2023", "6 tháng cuối năm 2023"]
        spans = arrange(store.trace(unit="A1", criterion="1.1")).spans
    months = [(end.year - start.year) * 12 + end.month - start.month + 1 for start, end in spans]
    assert months == [1, 3, 6, 6, 12]


def test_one_wrong_day_does_not_move_the_day_of_the_tree(folder: Path) -> None:
    (folder / "don-vi.csv").write_text(
        "code,name,parent,from,to,becomes\n"
        "A1,Xã Hải Yến,,,2025-06-30,A1\n"
        "A2,Xã Công Sơn,,,2025-06-30,A1\n"
        "A3,Xã Cao Lâu,,,2025-06-30,A1\n"
        "A1,Xã Cao Lộc,,2025-07-01,,\n",
        encoding="utf-8",
    )
    tree = read_units(folder / "don-vi.csv")
    half = {HALF: "6 tháng cuối năm 2023"}
    put(folder, "truoc/a.xlsx", make("A1", texts=half))
    put(folder, "truoc/b.xlsx", make("A2", "Xã Công Sơn", half))
    put(folder, "so/cao-loc/cao-lau.xlsx", make("A3", "Xã Cao Lâu"))
    with nhiemvu.open_store(":memory:") as store:
        keep(store, nhiemvu.aggregate(folder / "truoc", RULES, jobs=1))
        summary = run(folder)
        summary.units[2] = replace(summary.units[2], as_of=dt.date(2042, 5, 29))  # type: ignore[index]
        [before] = look_back(store, summary, tree)
    assert (before.verdict >= 0).any(axis=0).tolist() == [True, True, False]


def test_how_many_met_before_a_merger_is_counted_of_who_was_there(folder: Path) -> None:
    """The verdicts that could be carried over are those on which all agreed: no sample of what there was."""
    (folder / "don-vi.csv").write_text(
        "code,name,parent,from,to,becomes\n"
        "A1,Xã Hải Yến,,,2023-12-31,A9\n"
        "A2,Xã Công Sơn,,,2023-12-31,A9\n"
        "A3,Xã Cao Lâu,,,2023-12-31,A4\n"
        "A4,Xã Lộc Yên,,2024-01-01,,\n"
        "A9,Xã Cao Lộc,,2024-01-01,,\n",
        encoding="utf-8",
    )
    tree = read_units(folder / "don-vi.csv")
    before = {HALF: "6 tháng cuối năm 2023"}
    put(folder, "truoc/a.xlsx", make("A1", texts=before))
    put(folder, "truoc/b.xlsx", make("A2", "Xã Công Sơn", {**before, "97,5%": "79,5%"}))
    put(folder, "truoc/c.xlsx", make("A3", "Xã Cao Lâu", before))  # became another unit, which sent nothing
    put(folder, "sau/cao-loc.xlsx", make("A9", "Xã Cao Lộc"))
    with nhiemvu.open_store(":memory:") as store:
        earlier = nhiemvu.aggregate(folder / "truoc", RULES, jobs=1, as_of=dt.date(2023, 12, 29))
        assert [unit.as_of for unit in earlier.units] == [dt.date(2023, 12, 29)] * 3
        keep(store, earlier)
        summary = nhiemvu.aggregate(folder / "sau", RULES, units=tree, jobs=1)
        [past] = look_back(store, summary, tree)
    given = earlier.verdict[:, :2]
    assert past.counts.tolist() == [np.bincount(codes, minlength=len(Verdict)).tolist() for codes in given]
    turned = [node.index for node in summary.rulebook.criteria if len(set(given[node.index])) > 1]
    assert turned
    assert (past.verdict[turned, 0] == -1).all()


def test_another_rulebook_may_call_something_else_by_the_same_number(folder: Path) -> None:
    half = {HALF: "6 tháng cuối năm 2023"}
    put(folder, "truoc/a.xlsx", make("A1", texts=half))
    before = nhiemvu.aggregate(folder / "truoc", RULES, jobs=1)
    summary = run(folder)
    with nhiemvu.open_store(":memory:") as store:
        keep(store, before)
        [seen] = look_back(store, summary)
        assert (seen.verdict[:, 0] >= 0).all()
        summary.rulebook = replace(
            summary.rulebook,
            id="khac",
            criteria=tuple(
                replace(node, name="Việc khác") if node.id == "1.1.1" else node for node in summary.rulebook.criteria
            ),
        )
        [seen] = look_back(store, summary)
    known = {node.id for node in summary.rulebook.criteria if seen.verdict[node.index, 0] >= 0}
    assert known == {node.id for node in summary.rulebook.criteria} - {"1.1.1"}


# --- workers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("jobs", [2, 5])
def test_the_number_of_jobs_and_the_order_change_nothing(folder: Path, jobs: int) -> None:
    expected = content(run(folder))
    assert content(run(folder, jobs=jobs)) == expected
    files = sorted((folder / "so").rglob("*.xlsx"), reverse=True)
    assert content(nhiemvu.aggregate(files, RULES, units=folder / "don-vi.csv", jobs=jobs)) == expected


@pytest.mark.parametrize("make_executor", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_any_executor_gives_the_same(folder: Path, make_executor: Callable[[int], ThreadPoolExecutor]) -> None:
    with make_executor(2) as executor:
        assert content(run(folder, executor=executor)) == content(run(folder))


@pytest.mark.parametrize(("given", "seconds"), [("", 60), ("90", 90), ("0", 60), ("-1", 60), ("một", 60)])
def test_how_long_a_file_may_take_is_what_the_user_says(
    monkeypatch: pytest.MonkeyPatch, given: str, seconds: int
) -> None:
    monkeypatch.setenv("NHIEMVU_LIMIT_SECONDS", given)
    assert workers.limit_seconds() == seconds


class Hostile:
    """A reader that dies, hangs or raises at files of these names; inherited by forked workers."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._open = batch.open_book
        monkeypatch.setattr(batch, "open_book", self.open)
        monkeypatch.setattr("nhiemvu.many.rulebook.open_book", self.open)
        monkeypatch.setattr(workers, "choose_context", FORK)
        monkeypatch.setenv("NHIEMVU_LIMIT_SECONDS", "1")

    def open(self, source: bytes, name: str) -> object:
        if "abort" in name:
            faulthandler.disable()  # pytest would show the stack of what dies on purpose
            os.kill(os.getpid(), signal.SIGABRT)
        if "hang" in name:
            time.sleep(60)
        if "raise" in name:
            raise RuntimeError("bất ngờ")
        return self._open(source, name=name)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_reader_that_dies_hangs_or_raises_costs_its_own_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    expected = content(run(folder))
    names = [f"so/{name}-{i}.xlsx" for i in range(2) for name in ("abort", "raise")] + ["so/hang.xlsx"]
    for name in names:
        put(folder, name, b"x")
    Hostile(monkeypatch)
    summary = run(folder, jobs=jobs)
    told = codes(summary.submissions)
    assert {name.removeprefix("so/"): told[name.removeprefix("so/")] for name in names} == {
        "abort-0.xlsx": ["reader-died"],
        "abort-1.xlsx": ["reader-died"],
        "hang.xlsx": ["reader-too-long"],
        "raise-0.xlsx": ["our-mistake"],
        "raise-1.xlsx": ["our-mistake"],
    }
    kept = [each for each in summary.submissions if f"so/{each.name}" not in names]
    assert (
        content(Summary(summary.rulebook, summary.figures, summary._words, kept, summary.absent, summary.groups))
        == expected
    )


def test_no_workbook_is_opened_by_the_parent_not_even_to_learn_the_rulebook(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("so/0-abort.xlsx", "so/1-hang.xlsx", "so/2-raise.xlsx"):
        put(folder, name, b"x")
    parent, hostile = os.getpid(), Hostile(monkeypatch)

    def open_elsewhere(source: bytes, name: str) -> object:
        assert os.getpid() != parent
        return hostile.open(source, name)

    monkeypatch.setattr(batch, "open_book", open_elsewhere)
    monkeypatch.setattr("nhiemvu.many.rulebook.open_book", open_elsewhere)
    start = time.monotonic()
    summary = nhiemvu.aggregate(folder / "so", jobs=1)
    told = codes(summary.submissions)
    assert [told[f"{name}.xlsx"] for name in ("0-abort", "1-hang", "2-raise")] == [
        ["reader-died"],
        ["reader-too-long"],
        ["our-mistake"],
    ]
    assert [unit.code for unit in summary.units] == ["A1", "A2"]
    assert time.monotonic() - start < 8  # what hangs is tried twice and not four times


def test_threads_watch_over_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several threads of one worker: whoever is done must not call off the watch over the others."""
    set_to: list[float | None] = []
    monkeypatch.setattr(faulthandler, "dump_traceback_later", lambda left, **_: set_to.append(left))
    monkeypatch.setattr(workers, "_nowhere", lambda: None)
    monkeypatch.setattr(faulthandler, "cancel_dump_traceback_later", lambda: set_to.append(None))
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as other:
        one.submit(workers._watch, 5).result()
        other.submit(workers._watch, 60).result()
        other.submit(workers._watch, None).result()
        one.submit(workers._watch, None).result()
    assert [left and round(left) for left in set_to] == [5, 5, 5, None]


def test_two_runs_at_once_write_journals_of_their_own(tmp_path: Path) -> None:
    """Two threads of one process that begin the same run: neither takes the other's file away while it is written."""
    started = threading.Barrier(8)

    def begin(_: int) -> list[str]:
        notes: list[Problem] = []
        for _again in range(30):
            started.wait()
            with journal.Journal(tmp_path / "a.journal", resume=True, note=notes.append) as opened:
                opened.recall([])
        return [str(note) for note in notes]

    with ThreadPoolExecutor(8) as executor:
        assert not [note for notes in executor.map(begin, range(8)) for note in notes]
    assert [path.name for path in tmp_path.iterdir()] == ["a.journal"]


def test_an_executor_that_breaks_is_replaced_and_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(folder, "so/abort.xlsx", b"x")
    Hostile(monkeypatch)
    with ProcessPoolExecutor(1) as executor:
        summary = run(folder, executor=executor)
    assert [each.code for each in summary.notices] == ["executor-broke"]
    assert codes(summary.submissions)["abort.xlsx"] == ["reader-died"]
    assert [unit.code for unit in summary.units] == ["A1", "A2"]


def test_threads_that_hang_are_given_up(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(folder, "so/raise.xlsx", b"x")
    Hostile(monkeypatch)
    with ThreadPoolExecutor(2) as executor:
        assert codes(run(folder, executor=executor).submissions)["raise.xlsx"] == ["our-mistake"]


def test_progress_counts_every_file(folder: Path) -> None:
    seen: list[tuple[int, int, int]] = []
    run(folder, progress=lambda *counts: seen.append(counts))
    assert seen[0] == (0, 5, 0)
    assert seen[-1] == (5, 5, 1)
    assert [done for done, _, _ in seen] == sorted(done for done, _, _ in seen)


# --- going on where a run was stopped ---------------------------------------------------------------------------------


def count_reads(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Callable[[], list[str]]:
    """Names of the files that workers open, through a file: the workers are other processes."""
    log, real = folder / "doc.log", batch.open_book

    def note(source: bytes, name: str) -> object:
        with log.open("a", encoding="utf-8") as file:
            file.write(f"{name}\n")
        return real(source, name=name)

    monkeypatch.setattr(batch, "open_book", note)
    monkeypatch.setattr(workers, "choose_context", FORK)

    def take() -> list[str]:
        names = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return sorted(names)

    return take


def test_resume_reads_only_what_is_new_or_changed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = count_reads(monkeypatch, folder)
    expected = content(run(folder, resume=True))
    assert len(reads()) == 5
    assert content(run(folder, resume=True)) == expected
    assert reads() == []
    put(folder, "so/cao-loc/xa-hai-yen.xlsx", make("A1", texts={"97,5%": "79,5%"}))
    put(folder, "so/cao-loc/cao-lau.xlsx", make("A3", "Xã Cao Lâu"))
    summary = run(folder, resume=True)
    assert reads() == ["cao-loc/cao-lau.xlsx", "cao-loc/xa-hai-yen.xlsx"]
    assert content(summary) == content(run(folder))
    (folder / "so/cao-loc/xa-hai-yen.xlsx").unlink()
    assert content(run(folder, resume=True)) == content(run(folder))
    run(folder, resume=True)
    reads()
    put(folder, "so/huyen-moi/hai-yen.xlsx", make("B2"))
    run(folder, resume=True)
    assert reads() == ["huyen-moi/hai-yen.xlsx"]


def test_which_copy_counts_does_not_depend_on_who_was_read_when(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "cut", lambda sources, jobs: [sources])
    put(folder, "so/bat-dau.xlsx", BROKEN)
    put(folder, "so/cao-loc/cao-lau 1.xlsx", make("A3", "Xã Cao Lâu", {"97,5%": "79,5%"}))
    put(folder, "so/cao-loc/cao-lau 2.xlsx", make("A3", "Xã Cao Lâu"))
    run(folder, resume=True)
    put(folder, "so/cao-loc/cao-lau 1.xlsx", make("A3", "Xã Cao Lâu"))
    resumed = run(folder, resume=True)
    assert states(resumed)["cao-loc/cao-lau 2.xlsx"] == "duplicate"
    assert content(resumed) == content(run(folder))


def test_other_rules_or_options_read_everything_anew(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(folder, resume=True)
    reads = count_reads(monkeypatch, folder)
    run(folder, resume=True, as_of=dt.date(2024, 6, 30))
    assert len(reads()) == 5


def test_what_failed_for_now_is_tried_again_and_nothing_else(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "cut", lambda sources, jobs: [sources])
    reads = count_reads(monkeypatch, folder)
    monkeypatch.setenv("NHIEMVU_LIMIT_FILE_BYTES", str(len(BROKEN) + 1))
    assert codes(run(folder, resume=True).submissions)["cao-loc/xa-hai-yen.xlsx"] == ["over-limit"]
    monkeypatch.delenv("NHIEMVU_LIMIT_FILE_BYTES")
    assert reads() == ["loc-binh/hai-yen.xlsx"]
    assert content(run(folder, resume=True)) == content(run(folder))
    assert reads().count("loc-binh/hai-yen.xlsx") == 1  # of the run that reads all


@pytest.mark.parametrize("when", ["begin", "add"])
def test_a_journal_that_cannot_be_written_stops_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    expected = content(run(folder))
    if when == "begin":
        monkeypatch.setenv("NHIEMVU_CACHE", str(put(folder, "tep", b"") / "trong"))
    else:
        full = Path("/dev/full")
        if not full.exists():
            pytest.skip("no /dev/full here")
        monkeypatch.setattr(journal.Journal, "_begin", lambda self, _: setattr(self, "_file", full.open("ab")))
    summary = run(folder)
    assert content(summary) == expected
    assert [problem.code for problem in summary.notices] == ["no-journal"]


def test_folders_of_one_name_have_journals_of_their_own(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("mot", "hai"):
        put(folder, f"{name}/so/xa.xlsx", make("A1"))
        monkeypatch.chdir(folder / name)
        nhiemvu.aggregate("so", RULES, jobs=1, resume=True)
    assert len(list(journal.cache_folder().glob("*.journal"))) == 2


def test_a_journal_that_was_cut_off_is_used_as_far_as_it_goes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = content(run(folder, resume=True))
    [kept] = journal.cache_folder().glob("*.journal")
    whole = kept.read_bytes()
    reads = count_reads(monkeypatch, folder)
    for cut in (0, 5, 40, len(whole) // 2, len(whole) - 1):
        kept.write_bytes(whole[:cut])
        assert content(run(folder, resume=True)) == expected
        assert 1 <= len(reads()) <= 5


def test_a_run_that_ends_leaves_no_journal(folder: Path) -> None:
    run(folder)
    assert list(journal.cache_folder().iterdir()) == []


@pytest.mark.slow
def test_a_run_that_was_killed_goes_on(folder: Path) -> None:
    for i in range(300):
        put(folder, f"so/nhieu/{i:03}.xlsx", make(f"X{i:03}", f"Xã {i}"))
    script = f"import nhiemvu; nhiemvu.aggregate({str(folder / 'so')!r}, {RULES!r}, jobs=2)"
    for wait in (0.0, 0.1, 0.4):
        process = subprocess.Popen([sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": str(ROOT)})
        while not any(each.stat().st_size > 1000 for each in journal.cache_folder().glob("*.journal")):
            assert process.poll() is None
            time.sleep(0.01)
        time.sleep(wait)
        process.kill()
        process.wait()
    seen: list[int] = []
    resumed = nhiemvu.aggregate(folder / "so", RULES, jobs=2, resume=True, progress=lambda done, *_: seen.append(done))
    assert seen[0] > 0
    assert content(resumed) == content(nhiemvu.aggregate(folder / "so", RULES, jobs=1))


def test_grades_under_a_ceiling_are_said_to_be_open_while_units_are_missing(folder: Path) -> None:
    rules = put(
        folder,
        f"{RULES}.yaml",
        f"""rulebook: {RULES}
title: Xếp loại
includes: [bo-cuc-chuan]
criteria:
  - id: "1"
    name: Xếp loại xã
    roll_up: {{points: "≥ 50%"}}
    grades:
      - {{grade: Xuất sắc, meets: "≥ 50%", at_most: {{share: "20%", of: [Tốt]}}}}
      - {{grade: Tốt, meets: "≥ 20%"}}
      - {{grade: Kém, otherwise: true}}
    children:
      - {{id: "1.1.1", name: Thu ngân sách, max_points: 5, unit: "%", targets: [{{meets: "≥ 10%"}}]}}
""".encode(),
    )
    summary = nhiemvu.aggregate(folder / "so", rules, units=folder / "don-vi.csv", jobs=1)
    assert len(summary) == 2
    (said,) = [each for each in summary.notices if each.code == "grades-not-final"]
    assert said.fill == {"judged": 2, "absent": 3}
    book = openpyxl.load_workbook(io.BytesIO(summary.draw()), read_only=True)
    cells = [cell for row in book["Xếp hạng"].iter_rows(max_row=6, values_only=True) for cell in row]
    assert f"Lưu ý: {said}" in cells
    alone = nhiemvu.aggregate(folder / "so", rules, jobs=1)  # nobody says who else there is
    assert not any(each.code == "grades-not-final" for each in alone.notices)
    assert not run(folder).notices
