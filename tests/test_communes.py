"""The generator of folders: the same bytes each time, and what it says is true of them is what the engine finds."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import math
import os
import shutil
import subprocess
import sys
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest
from conftest import ROOT
from openpyxl import load_workbook

sys.path.insert(0, str(ROOT))

import nhiemvu
from benchmarks.communes import Truth, make_folder, read_truth
from benchmarks.communes.book import SHARES, Workbook, draw_workbook
from benchmarks.communes.broken import KINDS
from benchmarks.communes.criteria import CHILDREN, CRITERIA, RULEBOOK, VERDICTS, conclude, roll_up
from benchmarks.communes.fonts import decompose, to_tcvn3, to_vni
from benchmarks.communes.places import above, communes_on, draw_places, write_places
from benchmarks.communes.truth import COUNTED, File, Row, list_rows
from benchmarks.communes.xlsx import Formula
from nhiemvu.evaluation import Evaluation
from nhiemvu.rules.rulebook import Rulebook
from nhiemvu.rules.units_file import read_units
from nhiemvu.text.legacy import decode_legacy

BEFORE, AFTER = dt.date(2025, 6, 30), dt.date(2025, 7, 1)
LIGHT = [name for name, kind in KINDS.items() if not kind.heavy]
HEAVY = [name for name, kind in KINDS.items() if kind.heavy]


@cache
def rules(source: str = RULEBOOK) -> Rulebook:
    return nhiemvu.load_rulebook(source)


def digest(folder: Path) -> dict[str, str]:
    """Every entry of a folder and its bytes."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        for path in folder.rglob("*")
    }


def find(truth: Truth, file: str, spare: Path) -> Path:
    """A file of the folder; a member of an archive is taken out of it."""
    head, archive, member = file.partition(".zip/")
    if not archive:
        return truth.workbooks / file
    with zipfile.ZipFile(truth.workbooks / f"{head}.zip") as opened:
        return Path(opened.extract(member, spare))


def compare(evaluation: Evaluation, rows: list[Row]) -> Iterator[str]:
    """Where the engine and the truth differ."""
    found = {row.id: row for row in evaluation.rows()}
    if list(found) != [row.criterion for row in rows]:
        yield f"criteria: {sorted(set(found) ^ {row.criterion for row in rows})}"
    for row in rows:
        got = found[row.criterion]
        for name in ("verdict", "basis", "declared"):
            if getattr(got, name) != getattr(row, name):
                yield f"{row.criterion}: {name} {getattr(got, name)!r}, drawn {getattr(row, name)!r} ({got.reason})"
        if row.verdict != "no_data":
            for name in ("numerator", "denominator", "value"):
                if not is_same(getattr(got, name), getattr(row, name)):
                    yield f"{row.criterion}: {name} {getattr(got, name)}, drawn {getattr(row, name)}"


def is_same(found: float | None, drawn: Fraction | None) -> bool:
    """Figures are floats, so the last digit of a quotient may differ."""
    if found is None or drawn is None:
        return found is drawn
    return math.isclose(found, drawn, rel_tol=1e-12)


def by_file(truth: Truth) -> dict[str, list[Row]]:
    rows = defaultdict(list)
    for row in truth.rows:
        rows[row.file].append(row)
    return rows


def check(truth: Truth, spare: Path, rulebook: Rulebook) -> Counter[str]:
    """Hold every file against what is said of it; how many of each status there are."""
    rows, seen = by_file(truth), Counter[str]()
    for said in truth.files:
        seen[said.status] += 1
        if said.status in ("not-sent", "skipped", "hidden") or said.file.endswith(".zip"):
            continue
        path = find(truth, said.file, spare)
        if said.status == "failed":
            with pytest.raises(nhiemvu.NhiemvuError) as error:
                nhiemvu.evaluate(path, rulebook)
            assert said.code in {problem.code for problem in error.value.problems}, said
            continue
        evaluation = nhiemvu.evaluate(path, rulebook)
        assert [*compare(evaluation, rows[said.file])] == [], said
        check_told(evaluation, said)
    return seen


def check_told(evaluation: Evaluation, said: File) -> None:
    """What is lost or odd is told, and the unit is whom the file says."""
    problems = evaluation.find_problems()
    assert not said.code or said.code in {problem.code for problem in problems}, said
    verdicts = {row.id: row.verdict for row in evaluation.rows()}
    assert {verdicts[id_] for id_ in said.lost.split()} <= {"no_data"}, said
    if said.kind not in ("no-code", "no-facts", "unknown-code", "code-as-figure"):
        assert evaluation.units[0].code == said.unit


# --- the same each time -----------------------------------------------------------------------------------------------


def test_two_runs_give_the_same_bytes_whatever_the_order_of_sets(tmp_path: Path) -> None:
    kinds, layouts = ["truncated", "code-twice", "doctype-sheet", "photo"], ["gon", "mau", "ods"]
    make_folder(tmp_path / "a", 18, 7, kinds=kinds, broken=0.2, layouts=layouts)
    how = f"{str(tmp_path / 'b')!r}, 18, 7, kinds={kinds}, broken=0.2, layouts={layouts}"
    command = f"from benchmarks.communes import make_folder; make_folder({how})"
    elsewhere = {**os.environ, "PYTHONHASHSEED": "77", "TZ": "Asia/Tokyo"}
    subprocess.run([sys.executable, "-c", command], check=True, cwd=ROOT, env=elsewhere)
    first = digest(tmp_path / "a")
    assert first == digest(tmp_path / "b")
    make_folder(tmp_path / "c", 18, 8, broken=0)
    assert first != digest(tmp_path / "c")


def test_the_command_line_makes_the_same_folder(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "benchmarks/communes",
        str(tmp_path / "a"),
        "--units",
        "4",
        "--seed",
        "3",
        "--broken",
        "0%",
    ]
    done = subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
    assert done.stdout.startswith(b"4 files in ")
    make_folder(tmp_path / "b", 4, 3, broken=0)
    assert digest(tmp_path / "a") == digest(tmp_path / "b")


def test_a_unit_sends_the_same_workbook_whatever_the_others_do() -> None:
    places = draw_places(60, 3)
    place = communes_on(places, BEFORE)[5]
    books = [draw_workbook(place, above(places, place.code, BEFORE)[0], "2024-h1", 3) for _ in range(2)]
    assert books[0].pack() == books[1].pack()


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    truth = make_folder(tmp_path / "a", 20, 2, kinds=["no-results", "text"], broken=0.1)
    again = read_truth(tmp_path / "a")
    assert (again.files, again.rows, again.groups, again.sources) == (
        truth.files,
        truth.rows,
        truth.groups,
        truth.sources,
    )


# --- the generator's own knowledge ------------------------------------------------------------------------------------


def test_the_generator_knows_the_criteria_as_the_rulebook_has_them() -> None:
    nodes = rules().by_id
    assert [node.id for node in rules().criteria] == [each.id for each in CRITERIA]
    for each in CRITERIA:
        node = nodes[each.id]
        assert (node.unit, node.kind == "group") == (each.unit, each.kind == "group"), each.id
        if each.kind == "group":
            assert [rules().criteria[i].id for i in node.children] == CHILDREN[each.id]
        elif each.kind != "declared":
            targets = [row.target for row in node.targets if row.target is not None]
            near = [each.bound, each.bound - Fraction(1, 10**6), each.bound + Fraction(1, 10**6)]
            assert [targets[0].test(float(value)) for value in near] == [each.holds(value) for value in near], each.id
            assert (node.evidence == each.evidence, len(node.targets) == 1 + each.zoned) == (True, True), each.id


def test_roll_up_by_hand() -> None:
    assert roll_up(["met", "exceeded", "not_applicable"]) == "met"
    assert roll_up(["not_applicable"]) == "not_applicable"
    assert roll_up(["met", "not_assessed", "no_data"]) == "no_data"
    assert roll_up(["no_data", "not_met"]) == "not_met"
    leaves = {each.id: "met" for each in CRITERIA if each.kind != "group"}
    assert set(conclude(leaves).values()) == {"met"}
    assert conclude(leaves | {"17.4": "not_met"})["1"] == "not_met"


def test_old_fonts_are_what_the_reader_takes_them_for() -> None:
    text = "Tỷ lệ hộ nghèo được hỗ trợ: ằẳẵắặ ềểễếệ ồổỗốộ ờởỡớợ ừửữứự ỳỷỹýỵ ìỉĩíị ùủũúụ òỏõóọ èẻẽéẹ àảãáạ ầẩẫấậ đ"
    assert decode_legacy(to_tcvn3(text), ".VnTime") == text.replace("Ỷ", "ỷ")
    assert decode_legacy(to_vni(text), "VNI-Times") == text
    assert decode_legacy(to_vni(text.upper()), "VNI-Times") == text.upper()
    assert len(decompose(text)) > len(text)


def test_units_are_whole_on_either_side_of_july_2025(tmp_path: Path) -> None:
    places = draw_places(300, 5)
    write_places(places, tmp_path / "units.csv")
    units = read_units(tmp_path / "units.csv")
    old, new = communes_on(places, BEFORE), communes_on(places, AFTER)
    assert len(old) == 300
    assert 60 < len(new) < 220
    assert {len(units.path(place.code, BEFORE)) for place in old} == {4}  # the country, province, district, commune
    assert {len(units.path(place.code, AFTER)) for place in new} == {3}
    followed = [units.follow(place.code, BEFORE, AFTER) for place in old]
    assert {sum(shares.values()) for shares in followed} == {1}
    assert any(len(shares) > 1 for shares in followed)
    assert set().union(*followed) == {place.code for place in new}
    assert max(Counter(place.name for place in old).values()) > 1  # names are shared


# --- whole workbooks --------------------------------------------------------------------------------------------------


@cache
def drawn() -> list[Workbook]:
    """Workbooks of every layout, font and suffix, and of every verdict of the three groups: of each one."""
    places = draw_places(160, 11)
    found: dict[object, Workbook] = {}
    for i, place in enumerate(communes_on(places, BEFORE)):
        layouts = [list(SHARES)[i]] if i < len(SHARES) else list(SHARES)
        book = draw_workbook(place, above(places, place.code, BEFORE)[0], "2024-h1", 11, layouts=layouts)
        verdicts = [(id_, book.report.answers[id_].verdict) for id_ in ("1", "2", "3")]
        for look in (book.layout, book.font, book.suffix, *verdicts):
            found.setdefault(look, book)
    return list({id(book): book for book in found.values()}.values())


def test_the_engine_finds_the_truth_in_workbooks_of_every_kind(tmp_path: Path) -> None:
    books = drawn()
    assert {book.layout for book in books} == set(SHARES)
    assert {".VnTime", "VNI-Times"} <= {book.font for book in books}
    assert {book.suffix for book in books} == {".xlsx", ".xlsm", ".ods"}
    for i, book in enumerate(books):
        path = tmp_path / f"{i}{book.suffix}"
        path.write_bytes(book.pack())
        differences = [*compare(nhiemvu.evaluate(path, rules()), [*list_rows("", "", book.report)])]
        assert differences == [], (book.layout, book.font, book.sender.code)


def test_other_programs_read_what_is_written() -> None:
    for book in {book.layout: book for book in drawn() if book.suffix != ".ods"}.values():
        sheets = load_workbook(io.BytesIO(book.pack()))
        if book.layout == "mau":
            assert sheets["Thông tin"]["B10"].value == book.sender.code
            continue
        assert sheets.sheetnames == [page.name for page in book.pages]
        for sheet in sheets:  # Excel repairs a workbook whose merged cells overlap
            areas = list(sheet.merged_cells.ranges)
            assert all(one.isdisjoint(other) for i, one in enumerate(areas) for other in areas[:i])
        for page in book.pages:
            for row, cells in page.cells.items():
                for column, (content, _) in cells.items():
                    if isinstance(content, str) and content:
                        assert sheets[page.name].cell(row, column).value == content


def test_every_verdict_occurs_at_every_level() -> None:
    verdicts = defaultdict(set)
    for book in drawn():
        for id_, answer in book.report.answers.items():
            verdicts[id_].add(answer.verdict)
    assert {"met", "not_met", "no_data"} <= verdicts["3"]
    assert "exceeded" in verdicts["1.4.1"]
    assert set().union(*verdicts.values()) == set(VERDICTS)


def test_groups_add_up(tmp_path: Path) -> None:
    truth = make_folder(tmp_path / "a", 60, 4, kinds=["no-results", "text", "no-facts"], broken=0.1, layouts=["gon"])
    counted = {file.unit for file in truth.files if file.status in COUNTED}
    assert len(counted) == 60 - Counter(file.status for file in truth.files)["failed"] - 2
    levels = defaultdict(list)
    for group in truth.groups:
        levels[group.criterion, len(group.group)].append(group)
        assert sum(getattr(group, verdict) for verdict in VERDICTS) == group.units
    for criterion in CRITERIA:
        (province,), districts = levels[criterion.id, 2], levels[criterion.id, 3]
        for name in ("units", "met", "no_data", "stating", "numerator", "denominator", "total"):
            assert getattr(province, name) == sum(getattr(each, name) for each in districts)
        assert province.units == len(counted)


# --- broken ones ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Truth:
    return make_folder(tmp_path_factory.mktemp("broken") / "a", len(LIGHT), 9, broken=1, kinds=LIGHT, zipped=False)


@pytest.mark.parametrize("kind", LIGHT)
def test_a_broken_workbook_is_refused_or_told_as_its_row_says(kind: str, broken: Truth, tmp_path: Path) -> None:
    one = Truth(broken.folder, files=[file for file in broken.files if file.kind == kind], rows=broken.rows)
    assert sum(check(one, tmp_path, rules()).values()) == 1


def test_a_workbook_may_name_a_rulebook_that_is_not_there(broken: Truth, tmp_path: Path) -> None:
    (file,) = [file.file for file in broken.files if file.kind == "other-rulebook"]
    with pytest.raises(nhiemvu.RuleError):
        nhiemvu.evaluate(find(broken, file, tmp_path))


def test_what_is_lost_is_lost_for_a_reason(broken: Truth) -> None:
    statuses = Counter(file.status for file in broken.files)
    assert statuses["failed"] >= 20
    assert statuses["told"] >= 15
    assert all(file.lost for file in broken.files if file.status == "told")
    assert not any(file.lost for file in broken.files if file.status in ("read", "failed"))


def test_a_folder_has_all_that_goes_wrong_around_the_workbooks(tmp_path: Path) -> None:
    truth = make_folder(tmp_path / "a", 90, 9, broken=0.1, layouts=["gon"])
    statuses = Counter(file.status for file in truth.files)
    assert {"ok", "failed", "duplicate", "conflict", "not-sent", "skipped"} <= set(statuses)
    assert max(len(Path(file.file).name) for file in truth.files) == 250
    same, other = (
        {find(truth, file.file, tmp_path).read_bytes() for file in truth.files if file.kind == kind}
        for kind in ("duplicate-same", "duplicate-different")
    )
    assert (len(same), len(other)) == (1, 2)
    senders = {place.code for place in communes_on(draw_places(90, 9), BEFORE)}
    assert {file.unit for file in truth.files if file.unit} == senders
    on_disk = {path.relative_to(truth.workbooks).as_posix() for path in truth.workbooks.rglob("*") if path.is_file()}
    told = {file.file for file in truth.files if file.file and ".zip/" not in file.file}
    archives = {f"{file.file.partition('.zip/')[0]}.zip" for file in truth.files if ".zip/" in file.file}
    assert archives
    assert on_disk == told | archives


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_the_engine_finds_the_truth_in_a_province(seed: int, tmp_path: Path) -> None:
    truth = make_folder(tmp_path / "a", 300, seed, broken=0.25)
    seen = check(truth, tmp_path / "spare", rules())
    assert seen["ok"] > 200
    assert {"failed", "told", "read", "duplicate", "conflict", "skipped", "not-sent"} <= set(seen)


@pytest.mark.slow
@pytest.mark.parametrize("period", ["2025-h1", "2025"])
def test_the_engine_finds_the_truth_on_either_side_of_july_2025(period: str, tmp_path: Path) -> None:
    truth = make_folder(tmp_path / "a", 200, 1, period=period, broken=0.1)
    (file,) = truth.folder.glob("*.yaml")
    seen = check(truth, tmp_path / "spare", rules(str(file)))
    assert seen["ok"] > 20


@pytest.mark.slow
def test_what_libreoffice_saves_of_it_says_the_same(tmp_path: Path) -> None:
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed")
    books = list({key: book for book in drawn() for key in (book.layout, book.font)}.values())
    for i, book in enumerate(books):
        (tmp_path / f"{i}{book.suffix}").write_bytes(book.pack())
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    names = [str(tmp_path / f"{i}{book.suffix}") for i, book in enumerate(books)]
    command = [office, profile, "--headless", "--convert-to", "xlsx", "--outdir", str(tmp_path / "ra"), *names]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    for i, book in enumerate(books):
        found = {row.id: row for row in nhiemvu.evaluate(tmp_path / "ra" / f"{i}.xlsx", rules()).rows()}
        for id_, answer in book.report.answers.items():
            if answer.basis == "rolled_up" or has_formula(book, id_):
                continue  # LibreOffice computes what nobody had computed
            assert (found[id_].verdict, found[id_].declared) == (answer.verdict, answer.declared), (book.layout, id_)


def has_formula(book: Workbook, id_: str) -> bool:
    typed, lines = (
        book.report.answers[id_].typed,
        {"1.1.1": book.report.taxes, "1.1.2": book.report.projects}.get(id_, []),
    )
    return any(isinstance(each, Formula) for each in (typed.value, *(line.slip for line in lines)))


@pytest.mark.slow
@pytest.mark.parametrize("kind", HEAVY)
def test_a_heavy_workbook_is_refused_or_told_as_its_row_says(kind: str, tmp_path: Path) -> None:
    truth = make_folder(tmp_path / "a", 1, 9, broken=1, kinds=[kind])
    assert sum(check(truth, tmp_path, rules()).values()) == 1
