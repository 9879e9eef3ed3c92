"""Layers of rule files, where each value comes from, and files that are no rule files."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from nhiemvu.errors import RuleError
from nhiemvu.rules.find import find_rulebook, shipped_rules
from nhiemvu.rules.load import MAX_INCLUDES, load_rulebook
from nhiemvu.rules.yaml import MAX_AGAIN, MAX_BYTES, MAX_DEPTH, MAX_SYNTAX, parse_yaml, read_yaml

WriteRules = Callable[..., Path]

BASE = """
source: {document: Quyết định của tỉnh}
facts:
  khu_vuc: {label: Khu vực, type: choice, choices: [I, II, III]}
tables:
  t: {columns: {a: A}}
criteria:
  - id: "17"
    name: Môi trường
    roll_up: all
    children:
      - id: "17.1"
        unit: "%"
        targets: [{meets: "≥ 25%"}]
      - id: "17.2"
        unit: "%"
        targets: [{hole: UBND tỉnh quy định}]
"""


def refusal(path: Path) -> RuleError:
    with pytest.raises(RuleError) as raised:
        load_rulebook(path)
    return raised.value


def codes(error: RuleError) -> list[str]:
    return [problem.code for problem in error.problems]


# --- layers ----------------------------------------------------------------------------------------------------------


def test_an_overlay_changes_a_threshold_fills_a_hole_and_adds_a_criterion(write_rules: WriteRules):
    base = write_rules(BASE, "tinh")
    top = write_rules(
        """
includes: [tinh]
source: {document: Nghị quyết của xã}
overlay:
  - id: "17.1"
    targets: [{meets: "≥ 45%"}]
  - {id: "17.2", targets: [{meets: "≥ 30%", source: {document: Quyết định bổ sung}}]}
criteria:
  - {id: "17.3", under: "17", unit: "%", targets: [{meets: "≥ 50%"}]}
""",
        "xa",
    )
    rules = load_rulebook(top)
    assert (rules.id, rules.title) == ("xa", "Thử")
    assert [node.id for node in rules.criteria] == ["17", "17.1", "17.2", "17.3"]
    assert [node.target_text for node in rules.criteria[1:]] == ["≥ 45%", "≥ 30%", "≥ 50%"]
    assert [node.parent for node in rules.criteria] == ["", "17", "17", "17"]
    assert rules.files == (str(base), str(top))
    assert not rules.problems


def test_each_value_keeps_the_file_line_and_source_that_it_comes_from(write_rules: WriteRules):
    base = write_rules(BASE, "tinh")
    top = write_rules(
        """
includes: [tinh]
source: {document: Nghị quyết của xã}
overlay:
  - id: "17.1"
    targets: [{meets: "≥ 45%"}]
criteria:
  - {id: "18", targets: [{meets: "≥ 1"}]}
""",
        "xa",
    )
    of = load_rulebook(top).by_id
    assert (of["17.1"].place.file, of["17.1"].place.line) == (str(base), 14)
    assert (of["17.1"].targets[0].place.file, of["17.1"].targets[0].place.line) == (str(top), 8)
    assert (of["17.2"].targets[0].place.file, of["17.2"].targets[0].place.line) == (str(base), 19)
    assert [of[id_].source_text for id_ in ("17.1", "17.2", "18")] == [
        "Nghị quyết của xã",  # the threshold is the overlay's
        "Quyết định của tỉnh",
        "Nghị quyết của xã",
    ]


def test_a_mistake_laid_over_a_criterion_is_told_in_the_file_of_the_overlay(write_rules: WriteRules):
    write_rules(BASE, "tinh")
    top = write_rules('includes: [tinh]\noverlay:\n  - {id: "17.1", unit: lớp}\n', "xa")
    error = refusal(top)
    assert codes(error)[0] == "target-with-percent"  # the target of the base no longer fits
    top = write_rules('includes: [tinh]\noverlay:\n  - {id: "17.1", targets: [{meets: "≥ 45,5%"}]}\n', "xa")
    assert str(refusal(top).problems[-1]).startswith(f"{top}:5:41: ")


def test_children_from_takes_over_the_children_of_an_included_criterion(write_rules: WriteRules):
    write_rules(BASE, "tinh")
    top = write_rules('includes: [tinh]\ncriteria:\n  - {id: "1.3", name: Của xã, children_from: "17"}\n', "xa")
    rules = load_rulebook(top)
    assert [(node.id, node.parent) for node in rules.criteria] == [("1.3", ""), ("17.1", "1.3"), ("17.2", "1.3")]
    assert rules.by_id["1.3"].form.roll_up == "all"


def test_under_hangs_a_criterion_below_an_included_leaf(write_rules: WriteRules):
    write_rules(BASE, "tinh")
    top = write_rules('includes: [tinh]\ncriteria:\n  - {id: a, under: "17.1", targets: [{meets: "= 1"}]}\n', "xa")
    rules = load_rulebook(top)
    assert rules.by_id["a"].parent == "17.1"


def test_two_files_that_include_one_file_both_lay_over_it(write_rules: WriteRules):
    write_rules(BASE, "tinh")
    write_rules('includes: [tinh]\noverlay: [{id: "17.1", name: Một}]\n', "mot")
    write_rules('includes: [tinh]\noverlay: [{id: "17.2", name: Hai}]\n', "hai")
    rules = load_rulebook(write_rules("includes: [mot, hai]\n", "xa"))
    assert [node.name for node in rules.criteria] == ["Môi trường", "Một", "Hai"]


def test_overlays_compose_in_the_order_of_the_includes(write_rules: WriteRules):
    write_rules(BASE, "tinh")
    write_rules('includes: [tinh]\noverlay: [{id: "17.1", name: Huyện, note: giữ}]\n', "huyen")
    rules = load_rulebook(write_rules('includes: [huyen]\noverlay: [{id: "17.1", name: Xã}]\n', "xa"))
    assert (rules.by_id["17.1"].name, rules.by_id["17.1"].form.note) == ("Xã", "giữ")


def test_facts_and_tables_are_replaced_by_name(write_rules: WriteRules):
    write_rules(BASE, "tinh")
    rules = load_rulebook(
        write_rules("includes: [tinh]\nfacts: {khu_vuc: {label: Vùng, type: text}, so_ho: {label: Số hộ}}\n", "xa")
    )
    assert {name: fact.label for name, fact in rules.facts.items()} == {"khu_vuc": "Vùng", "so_ho": "Số hộ"}
    assert list(rules.tables) == ["t"]


def test_an_id_in_two_files_is_told_with_both_places(write_rules: WriteRules):
    write_rules('criteria: [{id: "1", targets: [{meets: "≥ 1"}]}]\n', "mot")
    write_rules('criteria: [{id: "1.", targets: [{meets: "≥ 1"}]}]\n', "hai")
    error = refusal(write_rules("includes: [mot, hai]\n", "xa"))
    assert codes(error) == ["duplicate-id"]
    assert "mot.yaml, dòng 3" in str(error)
    assert Path(error.problems[0].place.file).name == "hai.yaml"


@pytest.mark.parametrize("length", [1, 2, 3])
def test_a_cycle_of_includes_is_refused_however_long(write_rules: WriteRules, length: int):
    names = [f"tep-{i}" for i in range(length)]
    for i, name in enumerate(names):
        path = write_rules(f"includes: [{names[(i + 1) % length]}]\n", name)
    assert codes(refusal(path)) == ["include-cycle"]


def test_the_number_of_included_files_is_bounded(write_rules: WriteRules):
    names = [f"tep-{i}" for i in range(MAX_INCLUDES + 1)]
    for name in names:
        write_rules("", name)
    assert codes(refusal(write_rules(f"includes: [{', '.join(names)}]\n", "xa"))) == ["rule-limit"]
    assert len(load_rulebook(write_rules(f"includes: [{', '.join(names[1:])}]\n", "xa")).files) == MAX_INCLUDES + 1


def test_mistakes_of_included_files_and_of_the_file_itself_come_together(write_rules: WriteRules):
    write_rules('criteria: [{id: "1", targets: [{meets: "≥ 1,5"}]}]\n', "mot")
    write_rules("khoa_la: 1\n", "hai")
    error = refusal(write_rules("includes: [mot, hai, ba]\ntitel: x\n", "xa"))
    assert sorted(codes(error)) == ["no-rulebook", "rule-unknown-key", "rule-unknown-key"]
    error = refusal(write_rules("includes: [mot, hai]\ntitel: x\n", "xa"))
    assert sorted(codes(error)) == ["rule-unknown-key", "rule-unknown-key", "target-syntax"]


def test_names_are_not_called_unknown_where_a_file_that_may_hold_them_cannot_be_read(write_rules: WriteRules):
    write_rules("facts: {so_ho: {label: Số hộ\n", "mot")
    error = refusal(
        write_rules('includes: [mot]\ncriteria: [{id: a, measure: so_ho, targets: [{meets: "≥ 1"}]}]\n', "xa")
    )
    assert codes(error) == ["yaml-syntax"]


def test_an_include_may_be_a_path_from_the_including_file(tmp_path: Path, write_rules: WriteRules):
    (tmp_path / "chung").mkdir()
    (tmp_path / "chung" / "a.yaml").write_text("rulebook: a\ntitle: A\nincludes: [b]\n")
    (tmp_path / "chung" / "b.yaml").write_text("rulebook: b\ntitle: B\nfacts: {so_ho: {label: Số hộ}}\n")
    assert list(load_rulebook(write_rules("includes: [chung/a.yaml]\n")).facts) == ["so_ho"]


def test_the_name_and_title_are_never_taken_from_an_included_file(tmp_path: Path, write_rules: WriteRules):
    write_rules(BASE, "tinh")
    path = tmp_path / "xa.yaml"
    path.write_text("includes: [tinh]\n")
    assert codes(refusal(path)) == ["rule-missing-key", "rule-missing-key"]


def test_a_criterion_cannot_be_hung_into_itself(write_rules: WriteRules):
    write_rules(BASE, "tinh")
    top = write_rules(
        """
includes: [tinh]
criteria:
  - id: a
    under: "17"
    roll_up: all
    children:
      - {id: b, children_from: "17"}
""",
        "xa",
    )
    assert "children-cycle" in codes(refusal(top))


# --- finding ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["bo-cuc-chan", "../x", "/etc/passwd", "a\0b", "x" * 300, "", "Bo-Cuc-Chuan"])
def test_a_rulebook_that_does_not_exist_is_told_whatever_it_is_called(name: str):
    with pytest.raises(RuleError) as raised:
        find_rulebook(name, shipped_rules())
    assert raised.value.code == "no-rulebook"


@pytest.mark.parametrize("name", ["khong-co.yaml", "x" * 300 + ".yaml", "a\0b.yaml"])
def test_a_file_that_does_not_exist_is_told(name: str):
    with pytest.raises(RuleError) as raised:
        load_rulebook(name)
    assert raised.value.code == "no-rule-file"


def test_a_folder_is_no_rule_file(tmp_path: Path):
    (tmp_path / "x.yaml").mkdir()
    assert codes(refusal(tmp_path / "x.yaml")) == ["no-rule-file"]
    with pytest.raises(RuleError) as raised:
        read_yaml(tmp_path / "x.yaml")
    assert raised.value.code == "rule-file-unreadable"


def test_a_file_whose_name_has_vietnamese_marks_is_found(tmp_path: Path):
    path = tmp_path / (unicodedata.normalize("NFD", "Nhiệm vụ") + ".yaml")
    path.write_text("rulebook: x\ntitle: Thử\n")
    assert load_rulebook(path).title == "Thử"


# --- encodings and line ends -----------------------------------------------------------------------------------------


def test_choices_and_words_are_the_same_composed_or_not(write_rules: WriteRules):
    text = """
facts: {vung: {label: Vùng, type: choice, choices: [Miền núi, Đồng bằng]}}
criteria:
  - id: a
    targets:
      - {when: {vung: "%s"}, meets: "≥ 1"}
      - {when: {vung: đồng bằng}, meets: "≥ 2"}
"""
    for form in ("NFC", "NFD"):
        rules = load_rulebook(write_rules(text % unicodedata.normalize(form, "Miền núi")))
        assert rules.by_id["a"].targets[0].decision.when == {"vung": frozenset({"Miền núi"})}
        assert not rules.problems


def test_words_composed_and_not_are_one(write_rules: WriteRules):
    both = [unicodedata.normalize(form, "Xuất siêu") for form in ("NFC", "NFD")]
    path = write_rules(
        f'criteria: [{{id: a, targets: [{{meets: "≥ 1"}}], words: {{{both[0]}: "< 0", {both[1]}: "< 1"}}}}]\n'
    )
    assert codes(refusal(path)) == ["words-twice"]


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_the_byte_order_mark_change_neither_values_nor_places(tmp_path: Path, ends: str, mark: bytes):
    path = tmp_path / "x.yaml"
    text = 'rulebook: x\ntitle: Thử\ncriteria:\n  - {id: a, targets: [{meets: "≥ 1,5"}]}\n'
    path.write_bytes(mark + text.replace("\n", ends).encode())
    place = refusal(path).problems[0].place
    assert (place.line, place.column) == (4, 35)
    path.write_bytes(mark + text.replace("\n", ends).replace("1,5", "1.5").encode())
    assert load_rulebook(path).by_id["a"].target_text


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ("rulebook: x\n".encode("utf-16"), (1, 1)),
        ("rulebook: x\n".encode("utf-16-le"), (1, 1)),
        ("rulebook: x\n".encode("utf-16-be"), (1, 1)),
        (b"rulebook: x\ntitle: Thu\xb5\n", (2, 11)),
        (b"\xef\xbb\xbfa: \xb5\n", (1, 4)),
        ("a: đất \r\nb: ".encode() + b"\xff", (2, 4)),
        ("a: Thử".encode("cp1258", "replace") + b"\xe0", (1, 7)),
    ],
)
def test_a_file_that_is_not_utf_8_is_told_with_its_first_wrong_byte(
    tmp_path: Path, data: bytes, place: tuple[int, int]
):
    path = tmp_path / "x.yaml"
    path.write_bytes(data)
    problem = refusal(path).problems[0]
    assert problem.code == "not-utf-8"
    assert (problem.place.line, problem.place.column) == place


def test_columns_count_characters_and_reach_into_quoted_text():
    raw, _ = parse_yaml("đường: {ồ: \"≥ 5\", b: '≤ 6', c: = 7}\n", "x")
    inner = raw["đường"]
    assert [inner.place(key).column for key in ("ồ", "b", "c")] == [12, 22, 32]
    assert [inner.place(key, offset=2).column for key in ("ồ", "b", "c")] == [15, 25, 34]
    assert inner.place("ồ", of_key=True).column == 9


def test_no_character_is_named_within_a_text_that_does_not_stand_there_letter_for_letter():
    raw, _ = parse_yaml('a: "\\u2265 5"\nb: "≥\n  5"\nc: >\n  ≥ 5\n', "x")
    assert [(raw.place(key, offset=2).line, raw.place(key, offset=2).column) for key in "abc"] == [
        (1, 4),
        (2, 4),
        (4, 4),
    ]


# --- limits ----------------------------------------------------------------------------------------------------------


def test_a_huge_file_is_refused_at_once(tmp_path: Path):
    path = tmp_path / "x.yaml"
    with path.open("wb") as file:
        file.truncate(100_000_000)
    started = time.process_time()
    assert codes(refusal(path)) == ["rule-limit"]
    assert time.process_time() - started < 0.5


def test_a_file_of_exactly_the_limit_is_read(tmp_path: Path):
    path = tmp_path / "x.yaml"
    head = b"rulebook: x\ntitle: y\n#"
    path.write_bytes(head + b"x" * (MAX_BYTES - len(head)))
    assert load_rulebook(path).title == "y"
    path.write_bytes(path.read_bytes() + b"x")
    assert codes(refusal(path)) == ["rule-limit"]


def test_depth_is_bounded():
    deepest = MAX_DEPTH - 1
    assert parse_yaml("a: " + "[" * deepest + "]" * deepest, "x")
    with pytest.raises(RuleError) as raised:
        parse_yaml("a: " + "[" * 100_000, "x")
    assert raised.value.code == "rule-limit"


def test_the_number_of_values_is_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("nhiemvu.rules.yaml.MAX_VALUES", 1000)
    with pytest.raises(RuleError) as raised:
        parse_yaml("a: [" + "1," * 1000 + "]", "x")
    assert raised.value.code == "rule-limit"


def test_an_alias_bomb_is_refused_without_being_unfolded():
    lines = ["a0: &a0 [x, x]"] + [f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 60)]
    started = time.process_time()
    _, problems = parse_yaml("\n".join(lines), "x")
    assert time.process_time() - started < 0.5
    assert {problem.code for problem in problems} == {"yaml-alias"}
    assert len(problems) == 2 * 59


# --- scalars ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("1.10", 1.1),
        ("'1.10'", "1.10"),
        ("12", 12),
        ("-3", -3),
        ("1e3", 1000.0),
        ("1e999", "1e999"),
        (".inf", ".inf"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("1" * 5000, "1" * 5000),
        ("yes", "yes"),
        ("TRUE", True),
        ("~", None),
        ("NULL", None),
        ("2024-02-30", "2024-02-30"),
        ("٣", "٣"),
        ("²", "²"),
        ("12:30:00", "12:30:00"),
        ("=", "="),
        ("<<", "<<"),
    ],
)
def test_plain_values_follow_the_core_schema_and_keep_what_else_is_written(written: str, read: object):
    raw, problems = parse_yaml(f"a: {written}\n", "x")
    assert raw["a"] == read
    assert type(raw["a"]) is type(read)
    assert not problems


def test_values_without_quotes_are_all_told_at_once_each_in_its_place(write_rules: Callable[..., Path]) -> None:
    book = "criteria:\n  - {id: '1', unit: %, targets: [{meets: >= 65%}, {meets: >= 70%}]}\n  - id: '2'\n    unit: %\n"
    with pytest.raises(RuleError) as raised:
        load_rulebook(write_rules(book))
    lines = write_rules(book).read_text("utf-8").splitlines()
    found = [(problem.code, problem.place.line, problem.place.column) for problem in raised.value.problems]
    assert {code for code, _, _ in found} == {"unquoted-sign"}
    starts = [lines[line - 1][column - 1 :] for _, line, column in found]
    assert [start[:6].rstrip("}],") for start in starts] == ["%, tar", ">= 65%", ">= 70%", "%"]


@pytest.mark.parametrize(("before", "told"), [(0, MAX_SYNTAX), (MAX_AGAIN // 4, 4), (MAX_AGAIN + 1, 1)])
def test_a_long_file_is_not_read_again_for_each_of_its_mistakes(before: int, told: int) -> None:
    text = f"# {'x' * before}\n" + "a: [{meets: >= 65%}]\n" * (MAX_SYNTAX + 1)
    with pytest.raises(RuleError) as raised:
        parse_yaml(text, "dài")
    assert len(raised.value.problems) == told


def test_every_line_with_a_tab_is_told(write_rules: Callable[..., Path]) -> None:
    with pytest.raises(RuleError) as raised:
        load_rulebook(write_rules("criteria:\n\t- id: '1'\n\t  unit: hộ\n"))
    assert [problem.code for problem in raised.value.problems] == ["yaml-tab"] * 2
