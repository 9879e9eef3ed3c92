"""The messages: all of them marked, translated and compiled, and nothing of ours left in Vietnamese under --lang en."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import click
import openpyxl
import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from conftest import EXAMPLE, ROOT

import nhiemvu
from nhiemvu.bundle.words import WORDS as BUNDLE_WORDS
from nhiemvu.cli import commands
from nhiemvu.cli.shared import Command
from nhiemvu.messages import N_, _, current_language, language, speak
from nhiemvu.report.page.words import WORDS as PAGE_WORDS
from nhiemvu.serve.words import WORDS as SERVE_WORDS
from nhiemvu.sheets.draw import TITLES
from nhiemvu.sheets.template import draw_template
from nhiemvu.sheets.title import MOTTO, NATION
from nhiemvu.text import read_verdict

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported")  # openpyxl, of the example

SOURCE = Path(nhiemvu.__file__).parent
CATALOGUE = SOURCE / "locale" / "en" / "LC_MESSAGES" / "nhiemvu.po"
VIETNAMESE = re.compile("[ăâđêôơưàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ]", re.IGNORECASE)

# Modules whose Vietnamese is read, not said: what they raise must be marked all the same.
READERS = {
    "text": "words and letters that officials write",
    "rules/annex.py": "headings and wording of annexes of decisions",
    "rules/thresholds.py": "wording of thresholds in annexes, and what it becomes in a rule file",
    "rules/wording.py": "how officials word a target",
    "sheets/annex.py": "headings of annexes of decisions",
    "sheets/fit.py": "letters, by their width",
    "sheets/rulebook_layout.py": "headings of the Excel form of a rule file, which is read back",
    "workbook/guess.py": "headings by which columns are known",
    "workbook/headings.py": "patterns of headings",
    "workbook/labels.py": "headings by which columns are known",
    "workbook/layout.py": "words that begin and end a table",
    "workbook/lines.py": "numbering of lines",
    "workbook/results.py": "numbering of criteria",
    "workbook/sums.py": "words that begin sums and parts",
    "workbook/titles.py": "numbering of titles",
}
# Vietnamese that is the same in every language.
KEPT = {
    "cli/form.py": ("the name of a file", {" - biểu đánh giá.docx"}),
    "engine/terms.py": ("the sign of the currency", {"đ", "đồng"}),
    "many/sources.py": (
        "how files of ours are called",
        {r" - (?:đánh giá|bản đã sửa \d{4}-\d{2}-\d{2}(?: \(\d+\))?)\.\w+$"},
    ),
    "rules/decision_classes.py": ("makes a word that no rule mentions longer", {" nữa"}),
    "rules/dimensions.py": ("units of measure", {"ngày", "tháng", "đồng"}),
    "rules/adopted.py": ("units of measure", {"đồng"}),
    "survey/draft.py": ("headings by which columns are known", {"đvt", "đơn vị tính", "đv tính", "ghi chú"}),
    "rules/models.py": ("letters of an id", {"^[0-9A-Za-zĐđ][0-9A-Za-zĐđ._-]*$"}),
    "sheets/draw.py": ("titles of sheets, by which formulas find them", {"Đánh giá", "Sai lệch"}),
    "sheets/inputs.py": ("what is read back, and a unit of measure", {"Có", "Không", "đồng"}),
    "sheets/live/formulas.py": (
        "names of errors that a helper cell holds",
        {
            "chữ!",
            "sát!",
            "thiếu!",
        },
    ),
    "sheets/live/lines.py": (
        "letters, and words of days, that formulas look for",
        {
            "ABCDEFGHIJKLMNOPQRSTUVWXYZĐ",
            "abcdefghijklmnopqrstuvwxyzđ",
            "ngày",
            "năm",
            "tháng",
            "uỷ",
            "ủy",
        },
    ),
    "sheets/live/reading.py": (
        "words that are read back",
        {
            ')),"đánh giá ","")',
            "chưa đánh giá",
            "chưa đạt",
            "có",
            "không",
            "không có",
            "không phát sinh",
            "không đạt",
            "oà",
            "oá",
            "oã",
            "oè",
            "oé",
            "oạ",
            "oả",
            "oẹ",
            "oẻ",
            "oẽ",
            "thiếu số liệu",
            "uý",
            "uỳ",
            "uỵ",
            "uỷ",
            "uỹ",
            "vượt",
            "òa",
            "òe",
            "óa",
            "óe",
            "õa",
            "õe",
            "ùy",
            "úy",
            "đạt",
            "ũy",
            "ọa",
            "ọe",
            "ỏa",
            "ỏe",
            "ụy",
            "ủy",
        },
    ),
    "sheets/live/sentences.py": (
        "the sign of the currency",
        {
            "đ",
            "đồng",
        },
    ),
    "sheets/live/typed.py": (
        "units of measure that officials type",
        {
            "cán bộ",
            "công dân",
            "công trình",
            "cơ sở",
            "dự án",
            "học sinh",
            "hồ sơ",
            "hộ",
            "lớp",
            "người",
            "nhiệm vụ",
            "nội dung",
            "sản phẩm",
            "thôn",
            "trường",
            "tỉ",
            "tỷ",
            "vụ",
            "vụ việc",
            "vụ, việc",
            "xóm",
            "đơn",
            "đồng chí",
        },
    ),
    "sheets/rulebook.py": ("title of a sheet of the form, which is read back", {"Hướng dẫn"}),
    "sheets/rulebook_cells.py": ("words of the form, which is read back", {"có", "không"}),
    "sheets/rulebook_read.py": ("headings of the form", {"Mục", "Giá trị"}),
    "sheets/empty_lines.py": ("words by which a rulebook marks a total", {"Tổng số", "Tổng cộng", "Cộng"}),
    "sheets/summary/page.py": (
        "titles of sheets, by which a later run finds them",
        {
            "Tổng quan",
            "Kết luận",
            "Số liệu",
            "Xếp hạng",
            "Nhóm đơn vị",
            "Theo nguồn",
            "So kỳ trước",
            "Sai lệch",
            "Cần xem lại",
            "Tệp và đơn vị",
        },
    ),
    "sheets/title.py": (
        "the national name and motto, and the kinds of units that have a committee",
        {NATION, MOTTO, "xã", "phường", "thị trấn", "đặc khu", "huyện", "quận", "thị xã", "thành phố", "tỉnh"},
    ),
    "workbook/facts.py": ("how officials say yes and no", {"có", "không", "không có"}),
    "workbook/values.py": ("units of measure", {"đồng", "ngày", "tháng", "người", "hộ"}),
    "write.py": ("names of files, by which a later run finds them", {" - đánh giá.xlsx", " - bản đã sửa "}),
}


@cache
def read_catalogue() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="en", domain="nhiemvu")


@cache
def extract() -> frozenset[str]:
    """The messages that Babel finds in the source, as `pybabel extract -k N_` does."""
    keywords = {**DEFAULT_KEYWORDS, "N_": None}
    return frozenset(message for _file, _line, message, *_more in extract_from_dir(SOURCE, keywords=keywords))


@cache
def parse_sources() -> tuple[tuple[str, ast.Module], ...]:
    paths = sorted(SOURCE.rglob("*.py"))
    return tuple((path.relative_to(SOURCE).as_posix(), ast.parse(path.read_text("utf-8"))) for path in paths)


def find_marks(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "N_") and node.args:
            yield node


def test_babel_sees_every_message_that_is_marked():
    """It does not look into f-strings, and cannot take a message that is put together."""
    unseen = []
    for name, tree in parse_sources():
        for call in find_marks(tree):
            message = call.args[0]
            put_together = isinstance(message, ast.JoinedStr | ast.BinOp)
            if put_together or (isinstance(message, ast.Constant) and message.value not in extract()):
                unseen.append(f"{name}:{call.lineno}: {ast.unparse(message)}")
    assert not unseen


def test_every_message_is_translated_and_no_translation_is_left_over():
    translated = {message.id: message for message in read_catalogue() if message.id}
    assert sorted(extract() - translated.keys()) == [], "not in the catalogue: docs/en/architecture.md, Messages"
    assert sorted(translated.keys() - extract()) == [], "no longer in the source"
    assert [id_ for id_, message in translated.items() if not message.string or message.fuzzy] == []
    assert not read_catalogue().obsolete


def test_the_compiled_catalogue_says_what_the_readable_one_says():
    with CATALOGUE.with_suffix(".mo").open("rb") as file:
        compiled = {message.id: message.string for message in read_mo(file) if message.id}
    assert compiled == {message.id: message.string for message in read_catalogue() if message.id}


def test_the_documented_commands_change_nothing_where_nothing_changed(tmp_path):
    shutil.copytree(SOURCE, tmp_path / "nhiemvu", ignore=shutil.ignore_patterns("__pycache__"))
    section = (ROOT / "docs" / "en" / "architecture.md").read_text("utf-8").split("## Messages")[1]
    script = section.split("```sh\n")[1].split("```")[0]
    script = script.replace("pybabel", f"'{sys.executable}' -m babel.messages.frontend")
    subprocess.run(["bash", "-ec", script], cwd=tmp_path, check=True, capture_output=True)
    made = tmp_path / CATALOGUE.relative_to(SOURCE.parent)
    for path in (CATALOGUE, CATALOGUE.with_suffix(".mo")):
        before, after = (
            re.sub(rb"Generated-By: .*", b"", each.read_bytes()) for each in (path, made.with_name(path.name))
        )
        assert after == before


def find_placeholders(message: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in Formatter().parse(message) if name is not None}


def test_placeholders_of_both_languages_are_the_same():
    pairs = {str(message.id): str(message.string) for message in read_catalogue() if message.id}
    assert [id_ for id_, text in pairs.items() if find_placeholders(id_) != find_placeholders(text)] == []
    assert [(message.id, errors) for message, errors in read_catalogue().check()] == []


def test_spaces_at_the_ends_are_the_same_in_both_languages():
    """Some messages are joined to others."""
    for message in read_catalogue():
        text, translated = str(message.id), str(message.string)
        if text:
            ends = [(each[: len(each) - len(each.lstrip())], each[len(each.rstrip()) :]) for each in (text, translated)]
            assert ends[0] == ends[1], text


# --- what is marked ---


def find_unmarked(name: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Vietnamese literals that nobody marked; in `READERS` only those of `raise` statements."""
    excused = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            excused.add(node.value)  # docstrings
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Field":
            excused.update(*(ast.walk(each.value) for each in node.keywords if each.arg == "description"))
    for call in find_marks(tree):
        excused.update(ast.walk(call.args[0]))
    reader = any(name == key or name.startswith(f"{key}/") for key in READERS)
    said = [node for node in ast.walk(tree) if isinstance(node, ast.Raise)] if reader else [tree]
    kept = KEPT.get(name, ("", set()))[1]
    for part in said:
        for node in ast.walk(part):
            literal = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
            if VIETNAMESE.search(literal) and literal not in kept and node not in excused:
                yield node.lineno, literal


@pytest.mark.parametrize(("name", "tree"), parse_sources(), ids=lambda value: value if isinstance(value, str) else "")
def test_every_vietnamese_sentence_is_marked(name, tree):
    assert [f"{name}:{line}: {text}" for line, text in find_unmarked(name, tree)] == []


def test_nothing_is_excused_that_is_not_there():
    names = {name for name, _tree in parse_sources()}
    assert [key for key in READERS if not any(name == key or name.startswith(f"{key}/") for name in names)] == []
    for key, (_reason, literals) in KEPT.items():
        tree = dict(parse_sources())[key]
        written = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
        assert literals <= written, key


def walk_commands(command: click.Command, path: str = "nhiemvu") -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name, each in command.commands.items():
            yield from walk_commands(each, f"{path} {name}")


@pytest.mark.parametrize(("path", "command"), [*walk_commands(commands)])
def test_the_help_of_every_command_and_option_is_translated(path, command):
    assert isinstance(command, Command), f"{path}: give it cls=Command, or its help stays Vietnamese"
    texts = [command.help, *(param.help for param in command.params if isinstance(param, click.Option))]
    assert [text for text in texts if text not in read_catalogue()] == [], path


# --- pages, scripts and documents, which Babel does not read ---

PAGES = sorted(each for suffix in ("html", "js", "css") for each in SOURCE.rglob(f"*.{suffix}"))
# What stands in them in a language of its own: the names of the languages, and a letter that is folded.
OWN_WORDS = {"Tiếng Việt", "[đðɖ]"}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_no_page_or_script_says_something_by_itself(path):
    text = path.read_text("utf-8")
    for own in OWN_WORDS:
        text = text.replace(own, "")
    assert VIETNAMESE.findall(text) == []
    if path.suffix == ".html":
        text = re.sub(r"(?s)<style>.*?</style>|\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", " ", text)
        said = re.findall(r"[^\W\d_]+", re.sub(r"<[^>]*>|&\w+;", " ", text))
        assert set(said) <= {"nhiemvu"}, "give the words a name in words.py"


def find_names(texts: str) -> tuple[set[str], set[str]]:
    """The names of words that pages and scripts ask for, and the beginnings of those that are put together."""
    asked = re.findall(r"""\b(?:say\(|words\[)["']([\w-]+)["'](\s*~)?""", texts)
    names = {name for name, joined in asked if not joined} | set(re.findall(r"\bwords\.(\w+)", texts))
    return names, {name for name, joined in asked if joined}


@pytest.mark.parametrize(
    ("folder", "sources", "words"),
    [
        ("serve", ("*.py", "pages/*.html"), SERVE_WORDS),
        ("report/page", ("*.html", "*.js", "words.py"), PAGE_WORDS),
        ("bundle", ("files/*.html",), BUNDLE_WORDS),
    ],
)
def test_every_name_that_a_page_asks_for_has_words_and_all_words_are_asked_for(folder, sources, words):
    paths = [path for pattern in sources for path in (SOURCE / folder).rglob(pattern)]
    texts = "\n".join(path.read_text("utf-8") for path in paths)
    names, beginnings = find_names(texts)
    put_together = tuple(beginnings | {"state_", "why_"})
    javascripts_own = {"length", "map", "every", "entries"}
    assert {name for name in names - words.keys() - javascripts_own if not name.startswith(put_together)} == set()
    quoted = set(re.findall(r"""["'`]([\w-]+)["'`]""", re.sub(r"(?m)^    \"[\w-]+\": N_", "", texts)))
    assert {name for name in words.keys() - names - quoted if not name.startswith(tuple(beginnings))} == set()


def test_the_english_form_has_nothing_in_vietnamese_but_the_national_name_and_motto():
    with zipfile.ZipFile(SOURCE / "report" / "bieu-danh-gia.en.docx") as document:
        parts = [document.read(name).decode() for name in document.namelist() if re.match(r"word/\w+\.xml", name)]
    texts = [
        "".join(re.findall(r"<w:t(?: [^>]*)?>([^<]*)</w:t>", paragraph))
        for part in parts
        for paragraph in part.split("</w:p>")
    ]
    assert any("{{" in text for text in texts)
    left = [text.replace(NATION, "").replace(MOTTO, "") for text in texts]
    assert [text for text in left if VIETNAMESE.search(text)] == []


# --- the words of Click ---

CLICK = SOURCE / "locale" / "vi" / "LC_MESSAGES" / "click.po"


def test_the_compiled_words_of_click_are_those_of_the_readable_file():
    with CLICK.open("rb") as readable, CLICK.with_suffix(".mo").open("rb") as compiled:
        catalogues = read_po(readable, locale="vi", domain="click"), read_mo(compiled)
    said, known = (
        {next(iter(each.id)) if each.pluralizable else each.id: "".join(each.string) for each in catalogue if each.id}
        for catalogue in catalogues
    )
    assert said == known
    assert all(said.values())


@pytest.mark.parametrize(
    ("arguments", "vietnamese", "english"),
    [
        (["--help"], "Các lệnh:", "Commands:"),
        (["evaluate", "--help"], "In hướng dẫn này rồi thôi.", "Show this message and exit."),
        (["evaluate"], "Lỗi: Thiếu 'WORKBOOK...'.", "Error: Missing argument 'WORKBOOK...'."),
        (["evaluate", "x", "--wrong"], "Lỗi: Không có tùy chọn", "Error: No such option"),
        (["evalute"], "Có phải là 'evaluate'?", "Did you mean 'evaluate'?"),
        (["form", "--verdicts", "x"], "'x' không nằm trong:", "'x' is not one of"),
    ],
)
def test_click_speaks_the_language_that_is_asked_for_wherever_it_is_asked(arguments, vietnamese, english):
    done = run(*arguments)
    assert vietnamese in done.stdout + done.stderr
    assert not re.search(r"Usage|Options|Error|Try ", done.stdout + done.stderr)
    for asked in ([*arguments, "--lang", "en"], ["--lang=en", *arguments], [*arguments, "--lang=en"]):
        done = run(*asked)
        assert english in done.stdout + done.stderr, asked
        assert not VIETNAMESE.search(done.stdout + done.stderr), asked


# --- what is said in English ---


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nhiemvu", *map(str, arguments)], capture_output=True, encoding="utf-8", check=False
    )


@cache
def list_own_cells() -> frozenset[str]:
    """Units of measure, targets and results, which stand in cells of their own."""
    with language("en"):
        rows = nhiemvu.evaluate(EXAMPLE).rows()
        return frozenset(text for row in rows for text in (row.unit_of_measure, row.target, row.shown))


@cache
def list_official_texts() -> tuple[str, ...]:
    """What the workbook and the rulebook say themselves: it is shown as it stands. The longest first."""
    evaluation = nhiemvu.evaluate(EXAMPLE)
    rules, unit = evaluation.rulebook, evaluation.units[0]
    texts = {NATION, MOTTO, rules.title, unit.name, unit.parent_agency, unit.place, unit.period}
    texts |= {getattr(check.form, "label", "") for check in rules.checks}
    for row in evaluation.rows():
        texts |= {row.name, row.name.partition(":")[0], row.source, row.source_short}
        texts |= {f" {row.unit_of_measure}"} if re.match(r"\d", row.shown) else set()
    book = openpyxl.load_workbook(EXAMPLE)
    texts |= {f"{name}!" for name in book.sheetnames}
    texts |= {f"“{cell.value}”" for sheet in book for row in sheet.iter_rows() for cell in row if cell.value}
    texts |= {text.upper() for text in texts}
    return tuple(sorted(filter(VIETNAMESE.search, texts), key=len, reverse=True))


def strip_official(text: str) -> str:
    """Without what is the officials' own: their texts, units after figures, and the words that they are to write."""
    if text in list_own_cells():
        return ""
    text = re.sub(r"^[\d.]+ .*…", "", text)  # a name cut short
    for own in list_official_texts():
        text = text.replace(own, "")
    return re.sub(r"(?<=\d )đ\b|«không phát sinh»", "", text)


def test_an_english_evaluation_says_nothing_of_ours_in_vietnamese(tmp_path):
    done = run("evaluate", EXAMPLE, "--lang", "en", "-o", tmp_path / "out.xlsx")
    assert done.returncode == 1
    assert "Disagreements (" in done.stdout
    book = openpyxl.load_workbook(tmp_path / "out.xlsx")
    said = [
        (f"{title}!{cell.coordinate}", cell.value) for title in TITLES.values() for row in book[title] for cell in row
    ]
    said += [("stdout", line) for line in done.stdout.splitlines()]
    assert len(said) > 500
    left = [(where, text) for where, text in said if isinstance(text, str) and VIETNAMESE.search(strip_official(text))]
    assert left == []


def test_an_english_chart_says_nothing_of_ours_in_vietnamese(tmp_path):
    with language("en"):
        nhiemvu.evaluate(EXAMPLE).write(tmp_path / "out.xlsx")
    with zipfile.ZipFile(EXAMPLE) as before, zipfile.ZipFile(tmp_path / "out.xlsx") as after:
        ours = [name for name in after.namelist() if "chart" in name and name not in before.namelist()]
        texts = [text for name in ours for text in re.findall(r">([^<]+)<", after.read(name).decode())]
    assert "Not met" in texts
    assert [text for text in texts if VIETNAMESE.search(strip_official(text)) and "'Đánh giá'!" not in text] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["evaluate", "missing.xlsx", "--lang", "en"], "there is no such file"),
        (["--lang", "en", "evaluate", "missing.xlsx"], "there is no such file"),
        (["explain", EXAMPLE, "18.77", "--lang", "en"], "there is no criterion “18.77”"),
        (["rules", "show", "no-such-rulebook", "--lang", "en"], "there is no rulebook “no-such-rulebook”"),
        (["evaluate", EXAMPLE, "--lang", "en", "--as-of", "31/2/2024"], "“31/2/2024” is not a date"),
    ],
)
def test_the_error_that_ends_a_command_is_told_in_english(arguments, words):
    done = run(*arguments)
    assert done.returncode == 2
    assert words in done.stderr


@pytest.mark.parametrize("name", ["", "evaluate", "template", "explain", "rules", "rules show", "rules check"])
def test_help_is_english_where_the_language_is_asked_for_first(name):
    group, _space, last = name.partition(" ")
    shown = run("--lang", "en", *filter(None, (group, last)), "--help").stdout
    assert "Usage:" in shown
    assert not VIETNAMESE.search(shown)


def test_explain_and_rules_speak_english():
    shown = run("explain", EXAMPLE, "1.3.4", "--lang", "en").stdout
    assert "Verdict" in shown
    assert "Not met" in shown
    assert "Title" in run("rules", "list", "--lang", "en").stdout


# --- what stays Vietnamese, because it is read back ---


def read_choices(path: Path) -> set[str]:
    book = openpyxl.load_workbook(path)
    rules = [rule for sheet in book for rule in sheet.data_validations.dataValidation if rule.type == "list"]
    return {choice for rule in rules for choice in rule.formula1.strip('"').split(",")}


def test_an_english_template_offers_the_words_that_are_read_back(tmp_path):
    with language("en"):
        (tmp_path / "t.xlsx").write_bytes(draw_template(nhiemvu.load_rulebook("nhiem-vu-trong-tam-2024-hai-yen")))
    choices = read_choices(tmp_path / "t.xlsx")
    assert {"Đạt", "Chưa đạt", "Không phát sinh"} <= choices
    assert all(read_verdict(choice) for choice in choices & {"Đạt", "Vượt", "Chưa đạt", "Chưa đánh giá"})
    assert "Met" not in choices


def test_writing_in_another_language_keeps_one_pair_of_sheets(tmp_path):
    path = tmp_path / "out.xlsx"
    with language("en"):
        nhiemvu.evaluate(EXAMPLE).write(path)
    nhiemvu.evaluate(path).write(path)
    names = openpyxl.load_workbook(path).sheetnames
    assert [name for name in names if name.startswith(tuple(TITLES.values()))] == list(TITLES.values())


# --- the language in force ---


def test_nothing_is_said_for_nothing():
    with language("en"):
        assert _("") == ""


def test_a_marked_message_that_fills_another_is_translated_with_it():
    with language("en"):
        assert _("gặp «{found}» trong khi cần {expected}", found="x", expected=N_("tên cột")) == (
            "found “x” where a column name is needed"
        )


def test_a_program_speaks_one_language_until_told_otherwise():
    with language("vi"):
        speak("en")
        assert current_language() == "en"
    assert current_language() == "vi"
    with pytest.raises(ValueError, match="language must be one of"):
        speak("fr")
