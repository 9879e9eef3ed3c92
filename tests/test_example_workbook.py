"""The example workbook: made by its script, typed as an official would, its cached values right."""

import csv
import re
import shutil
import subprocess
import sys
import unicodedata
import warnings
import zipfile
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
import yaml

from nhiemvu.rules.models import Criterion, RuleFile

ROOT = Path(__file__).resolve().parent.parent
WORKBOOK = ROOT / "examples" / "hai-yen-2024-h1.xlsx"
RULES = ROOT / "rules"
GOLDEN = ROOT / "tests" / "data" / "golden_hai_yen.csv"
RESULTS = "Kết quả"
FORMULAS = 3 + 12 + 7 + 1  # Kết quả, Giải ngân, Thu ngân sách, An ninh trật tự


def make(out: Path) -> Path:
    script = ROOT / "examples" / "make_hai_yen.py"
    subprocess.run([sys.executable, "-B", str(script), str(out)], check=True, timeout=60)
    return out


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name) for name in package.namelist()}


def open_book(path: Path, *, values: bool = False) -> openpyxl.Workbook:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*extension is not supported", category=UserWarning)
        return openpyxl.load_workbook(BytesIO(path.read_bytes()), data_only=values)


def composed(value: object) -> str:
    return unicodedata.normalize("NFC", str(value or ""))


def golden() -> list[dict[str, str]]:
    with GOLDEN.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def leaves_and_groups(criteria: list[Criterion]) -> dict[str, Criterion]:
    found = {}
    for criterion in criteria:
        found[criterion.id] = criterion
        found |= leaves_and_groups(criterion.children)
    return found


@pytest.fixture(scope="module")
def typed() -> dict[str, dict[str, object]]:
    """The rows of Kết quả by code, formulas as formulas."""
    page = open_book(WORKBOOK)[RESULTS]
    keys = ["ma", "noi_dung", "dvt", "muc_tieu", "ket_qua", "tu_so", "mau_so", "dien_giai", "tu_danh_gia", "du_bao"]
    rows = [
        dict(zip(keys, (cell.value for cell in row), strict=True)) for row in page.iter_rows(min_row=10, max_col=10)
    ]
    end = next(i for i, row in enumerate(rows) if row["ma"] == "Nơi nhận:")
    return {str(row["ma"]): row for row in rows[:end] if row["ma"] is not None}


def test_the_committed_workbook_is_what_the_script_makes(tmp_path: Path) -> None:
    assert members(make(tmp_path / "a.xlsx")) == members(WORKBOOK)


def test_making_it_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    assert make(tmp_path / "a.xlsx").read_bytes() == make(tmp_path / "b.xlsx").read_bytes()


def test_every_golden_criterion_has_its_row_and_no_other_does(typed: dict[str, dict[str, object]]) -> None:
    lines = {f"1.1.2.{n}" for n in range(1, 5)}  # these are rows of Giải ngân
    assert list(typed) == [row["ma"] for row in golden() if row["ma"] not in lines]


def test_the_declared_verdicts_are_those_of_the_form(typed: dict[str, dict[str, object]]) -> None:
    meaning = {
        "đạt": "met",
        "đánh giá đạt": "met",
        "chưa đạt": "not_met",
        "đánh giá chưa đạt": "not_met",
        "không đạt": "not_met",
        "vượt": "exceeded",
        "chưa đánh giá": "not_assessed",
        "": "",
    }
    expected = {row["ma"]: row["tu_danh_gia"] for row in golden() if row["ma"] in typed}
    said = {code: composed(row["tu_danh_gia"]) for code, row in typed.items()}
    plain = {code: text.replace("\u00d0", "Đ").replace("\u00a0", " ").lower() for code, text in said.items()}
    assert {code: meaning[text] for code, text in plain.items()} == expected


def test_a_third_of_the_declared_verdicts_is_decomposed(typed: dict[str, dict[str, object]]) -> None:
    said = [str(row["tu_danh_gia"]) for row in typed.values() if row["tu_danh_gia"]]
    decomposed = [text for text in said if not unicodedata.is_normalized("NFC", text)]
    assert abs(len(decomposed) - len(said) / 3) <= 1
    assert any("\u00d0" in text for text in said)
    assert any("\u00a0" in text for text in said)


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("17.3", "97,5%"),
        ("17.4", 0.35),
        ("17.7", "≥ 95%"),
        ("17.12", 65),
        ("1.4.1", "27,35/25 ha"),
        ("1.2.2", "0/7 (1 hồ sơ đã gửi, 6 chưa lập)"),
        ("18.7", "nhà tiêu 409/424; nhà tắm 396/424; bể nước 424/424"),
        ("1.3.4.2", "đang trình phê duyệt"),
        ("1.4.3.2", None),
        ("1.1.1", "='Thu ngân sách'!F11"),
        ("1.1.2", "=Ty_le_giai_ngan"),
    ],
)
def test_figures_are_typed_as_an_official_would(typed: dict[str, dict[str, object]], code: str, value: object) -> None:
    assert typed[code]["ket_qua"] == value


def test_the_narrative_keeps_what_the_form_contradicts(typed: dict[str, dict[str, object]]) -> None:
    assert "409/424=96,4%; nhà tắm 396/424=93,3; bể nước 424/424=100%" in composed(typed["18.7"]["dien_giai"])
    assert "quản lý cư trú 421 hộ, 2017 nhân khẩu" in composed(typed["3.2.1"]["dien_giai"])
    assert "Gồm 05 nhiệm vụ (có 05 nhiệm vụ chưa đạt)" in composed(typed["1"]["noi_dung"])


def test_no_text_of_the_example_is_a_formula() -> None:
    formulas = [
        cell.value for page in open_book(WORKBOOK) for row in page.iter_rows() for cell in row if cell.data_type == "f"
    ]
    assert len(formulas) == FORMULAS
    assert all(
        re.fullmatch(r"=(SUM\([A-Z]\d+:[A-Z]\d+\)|[A-Z]\d+/[A-Z]\d+|'[^']+'![A-Z]\d+|Ty_le_giai_ngan)", f)
        for f in formulas
    )


def test_it_holds_what_a_graft_must_keep() -> None:
    names = set(members(WORKBOOK))
    assert {"xl/charts/chart1.xml", "xl/media/image1.png", "xl/comments1.xml", "xl/sharedStrings.xml"} <= names
    book = open_book(WORKBOOK)
    assert {"Tong_so_ho", "Bang_ket_qua", "Ty_le_giai_ngan"} <= set(book.defined_names)
    for page in book:
        assert page.page_setup.orientation == "landscape"
        assert page.print_area
        assert page.freeze_panes
        assert page.merged_cells.ranges
    assert book[RESULTS].print_title_rows == "$7:$9"
    assert book[RESULTS].conditional_formatting
    assert book[RESULTS].data_validations.dataValidation


def test_every_row_of_the_workbook_has_a_rule_and_every_rule_a_row() -> None:
    names = ["nhiem-vu-trong-tam-2024-hai-yen", "ntm-nang-cao-2021-2025-tdmnpb"]
    files = [
        RuleFile.model_validate(yaml.safe_load((RULES / f"{name}.yaml").read_text(encoding="utf-8"))) for name in names
    ]
    known = {code: each for file in files for code, each in leaves_and_groups(file.criteria).items()}
    taken_over = {each.children_from for each in known.values()}
    lines = {f"1.1.2.{n}" for n in range(1, 5)}
    assert set(known) - taken_over == {row["ma"] for row in golden()} - lines


def test_every_target_of_the_rulebooks_names_its_source() -> None:
    for path in sorted(RULES.glob("*.yaml")):
        file = RuleFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        for criterion in leaves_and_groups(file.criteria).values():
            for target in criterion.targets:
                assert (target.source or criterion.source or file.source) is not None, criterion.id


def test_rulebooks_are_composed_text() -> None:
    for path in sorted(RULES.glob("*.yaml")):
        assert unicodedata.is_normalized("NFC", path.read_text(encoding="utf-8")), path.name


@pytest.mark.slow
def test_libreoffice_computes_the_cached_values(tmp_path: Path) -> None:
    """The cached values are taken out of a copy, so that LibreOffice has to compute them."""
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed")
    bare = tmp_path / "bare.xlsx"
    with zipfile.ZipFile(bare, "w") as package:
        for name, data in members(WORKBOOK).items():
            package.writestr(
                name, re.sub(rb"(</f>)<v>[^<]*</v>", rb"\1", data) if "/worksheets/sheet" in name else data
            )
    out = tmp_path / "out"
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = [office, profile, "--headless", "--convert-to", "xlsx", "--outdir", str(out), str(bare)]
    subprocess.run(command, check=True, timeout=180, capture_output=True)
    cached, computed = (open_book(path, values=True) for path in (WORKBOOK, out / "bare.xlsx"))
    formulas = open_book(WORKBOOK)
    compared = 0
    for page in formulas:
        for row in page.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    ours, theirs = (
                        book[name][cell.coordinate].value
                        for book, name in ((cached, page.title), (computed, page.title))
                    )
                    assert theirs == pytest.approx(ours, rel=1e-12), f"{page.title}!{cell.coordinate}"
                    compared += 1
    assert compared == FORMULAS
