"""The graft on real workbooks of many programs: grafted, or refused with a reason; never failed."""

from __future__ import annotations

import json
import posixpath
import shutil
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from hosts import WANTED, draw
from test_graft import EDITED, check_consistent, run, spans

from nhiemvu.errors import NhiemvuError
from nhiemvu.workbook.graft import edited, find_ours, graft
from nhiemvu.workbook.ours import choose_titles
from nhiemvu.workbook.package import Package, key

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
FILES = sorted(p for p in CORPUS.glob("*") if p.suffix.lower() in (".xlsx", ".xlsm", ".xltx", ".xltm"))

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not FILES, reason=f"no workbooks in {CORPUS}")]

_READ = """
import json, sys, warnings
warnings.simplefilter("ignore")
found = {}
for path in sys.argv[2:]:
    try:
        if sys.argv[1] == "openpyxl":
            import openpyxl
            found[path] = len(openpyxl.load_workbook(path).sheetnames)
        else:
            import python_calamine
            book = python_calamine.CalamineWorkbook.from_path(path)
            kinds = [s.name for s in book.sheets_metadata if s.typ == python_calamine.SheetTypeEnum.WorkSheet]
            found[path] = [repr(book.get_sheet_by_name(name).to_python()) for name in kinds]
    except BaseException as error:
        found[path] = None
print(json.dumps(found))
"""


@dataclass(frozen=True)
class Outcome:
    """What became of the corpus: the file before and after of each that was grafted."""

    grafted: dict[Path, Path]


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    folder = tmp_path_factory.mktemp("corpus")
    grafted, refused = {}, Counter[str]()
    for number, path in enumerate(FILES):
        try:
            package = Package.open(path)
            titles = choose_titles(package, WANTED)
            done = graft(package, draw(titles), titles)
        except NhiemvuError as error:
            refused[error.code] += 1
            continue
        # an own name for each, so that LibreOffice can convert them into one folder
        before, after = (folder / f"{number}{word}{path.suffix}" for word in ("before", "after"))
        shutil.copy(path, before)
        after.write_bytes(done)
        grafted[before] = after
    print(f"\ncorpus: {len(grafted)} grafted, {refused.total()} refused {dict(refused)}, 0 failed")
    return Outcome(grafted)


def test_nearly_all_are_grafted(outcome: Outcome) -> None:
    assert len(outcome.grafted) > 0.8 * len(FILES)


def test_every_member_that_is_not_edited_keeps_its_bytes(outcome: Outcome) -> None:
    for before, after in outcome.grafted.items():
        old, package = spans(Package.open(before)), Package.open(after)
        new = spans(package)
        changed = {name for name in old if old[name] != new.get(name)}
        assert {posixpath.basename(key(name)) for name in changed} <= EDITED, before
        assert edited(package) == []
        assert run(after.read_bytes()) == after.read_bytes(), before


def test_packages_that_were_consistent_stay_so(outcome: Outcome) -> None:
    for before, after in outcome.grafted.items():
        try:
            check_consistent(Package.open(before))
        except (AssertionError, NhiemvuError):
            continue
        check_consistent(Package.open(after))


@pytest.mark.parametrize("reader", ["openpyxl", "calamine"])
def test_what_reads_the_original_reads_the_result(outcome: Outcome, reader: str) -> None:
    def read(pair: tuple[Path, Path]) -> tuple[object, object]:
        # a process of its own, because a reader may abort or hang
        command = [sys.executable, "-c", _READ, reader, *map(str, pair)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
            pytest.fail(f"{reader} hangs or dies on {pair}")
        found = json.loads(done.stdout)
        return found[str(pair[0])], found[str(pair[1])]

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(read, outcome.grafted.items()))
    opened = 0
    for pair, (old, new) in zip(outcome.grafted, results, strict=True):
        if old is not None:
            opened += 1
            if reader == "openpyxl":
                assert isinstance(old, int)
                assert new == old + 2, pair
            else:
                assert isinstance(old, list)
                assert isinstance(new, list), pair
                assert new[:-2] == old, pair
    assert opened > 0.8 * len(results)


@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_libreoffice_opens_what_it_opened_and_keeps_our_marks_and_digests(outcome: Outcome, tmp_path: Path) -> None:
    def convert(paths: list[Path], form: str) -> set[str]:
        command = ["soffice", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless"]
        command += ["--convert-to", form, "--outdir", str(tmp_path), *map(str, paths)]
        subprocess.run(command, capture_output=True, timeout=280, check=False)
        return {path.stem for path in tmp_path.glob(f"*.{form}")}

    before = convert(list(outcome.grafted), "csv")
    after = convert(list(outcome.grafted.values()), "xlsx")
    for old, new in outcome.grafted.items():
        if old.stem in before:
            assert new.stem in after, old
            saved = Package.open(tmp_path / f"{new.stem}.xlsx")
            assert set(find_ours(saved)) == set(WANTED), old
            assert edited(saved) == [], old
    assert len(before) > 0.8 * len(outcome.grafted)
