# ruff: noqa: E501 (a row of the table is a line, however long)
"""What differs in meaning between two rulebooks, each difference with its line in both."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from nhiemvu.rules.diff import compare
from nhiemvu.rules.load import load_rulebook

OLD = """
valid: {from: 2024-01-01, to: 2024-12-31}
facts:
  khu_vuc: {label: Khu vực, type: choice, choices: [I, II]}
tables:
  chi: {columns: {so_tien: {headings: [Số tiền], unit: đồng}}}
criteria:
  - id: g
    roll_up: all
    children:
      - {id: a, name: Nước, unit: "%", targets: [{when: {khu_vuc: I}, meets: "≥ 25%"}, {otherwise: true, meets: "≥ 80%"}]}
      - {id: b, unit: đồng, measure: sum(chi.so_tien), targets: [{meets: "≤ 3"}]}
      - {id: c, targets: [{meets: "≥ 1"}]}
checks:
  - {label: Số, agree: ['value("a")', 'value("c")']}
  - bounded: [a, c]
"""


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ('"≥ 25%"', '">= 25 %"', []),
        ("sum(chi.so_tien)", "sum( chi.so_tien )", []),
        ("""['value("a")', 'value("c")']""", """['value("c")', 'value( "a" )']""", []),
        ("[a, c]", "[c, a]", []),
        ('"≥ 25%"', '"≥ 30%"', ["target a ngưỡng (khu_vuc: I): ≥ 25% → ≥ 30% 13:78 13:78"]),
        ("khu_vuc: I}", "khu_vuc: II}", ["condition a điều kiện của ngưỡng: khu_vuc: I → khu_vuc: II 13:78 13:79"]),
        ("sum(chi.so_tien)", "max(chi.so_tien)", ["measure b cách tính: sum(chi.so_tien) → max(chi.so_tien) 14:38 14:38"]),
        ("name: Nước", "name: Nước sạch", ["name a tên: Nước → Nước sạch 13:23 13:23"]),
        ("roll_up: all", "roll_up: any", ["roll_up g cách tổng hợp: all → any 11:14 11:14"]),
        ("{id: c, ", "{id: c, evidence: declared_if_missing, ", ["evidence c bằng chứng: measured → declared_if_missing 15:14 15:27"]),
        ("to: 2024-12-31", "to: 2025-12-31", ["valid thu thời gian áp dụng: 1/1/2024 – 31/12/2024 → 1/1/2024 – 31/12/2025 4:1 4:1"]),
        ("choices: [I, II]", "choices: [I, II, III]", ["choices khu_vuc thông tin chung, choices: I, II → I, II, III 6:52 6:52"]),
        ("bounded: [a, c]", "bounded: [a]", ["removed  phép đối chiếu: c không quá 100% →  18:5 0:0"]),
        ('      - {id: c, targets: [{meets: "≥ 1"}]}\n', '  - {id: c, targets: [{meets: "≥ 1"}]}\n', ["moved c vị trí trong cây: g →  15:14 15:10"]),
        (
            'targets: [{meets: "≥ 1"}]',
            'targets: [{meets: "≥ 1", by: 2024-06-30, source: {document: QĐ 1}}]',
            ["by c thời hạn:  → 30/6/2024 15:35 15:35", "source c căn cứ:  → QĐ 1 15:35 15:35"],
        ),
        ('      - {id: c, targets: [{meets: "≥ 1"}]}\n', '      - {id: c, targets: [{meets: "≥ 1"}]}\n      - {id: d, name: Mới, targets: [{meets: "≥ 1"}]}\n', ["added d tiêu chí:  → Mới 0:0 16:14"]),
    ],
)  # fmt: skip
def test_a_difference_in_meaning_is_told_and_one_in_writing_is_not(make_rules, before, after, expected):
    assert OLD.count(before) == 1
    found = compare(make_rules(OLD, "thu"), make_rules(OLD.replace(before, after), "thu"))
    told = [
        f"{each.kind} {each.id} {each.what}: {each.old} → {each.new} "
        f"{each.old_place.line}:{each.old_place.column} {each.new_place.line}:{each.new_place.column}"
        for each in found
    ]
    assert told == expected


def test_what_an_overlay_changes_is_told_with_the_line_of_the_overlay(tmp_path):
    (tmp_path / "goc.yaml").write_text(f"rulebook: goc\ntitle: Gốc\n{OLD}", encoding="utf-8")
    text = "rulebook: tinh\ntitle: Tỉnh\nincludes: [goc]\noverlay:\n  - id: c\n    name: Rừng\n    targets: [{meets: '≥ 2'}]\n"
    (tmp_path / "tinh.yaml").write_text(text, encoding="utf-8")
    old, new = load_rulebook(tmp_path / "goc.yaml"), load_rulebook(tmp_path / "tinh.yaml")
    changes = {each.kind: each for each in compare(old, new) if each.of == "criterion"}
    assert set(changes) == {"target", "name"}
    assert str(changes["target"].new_place) == f"{tmp_path / 'tinh.yaml'}:7:23"
    assert str(changes["name"].new_place) == f"{tmp_path / 'tinh.yaml'}:6:11"
    assert changes["target"].old_place.file == str(tmp_path / "goc.yaml")
    assert new.by_id["c"].place.file == str(tmp_path / "goc.yaml")


def test_a_rulebook_does_not_differ_from_itself():
    rules = load_rulebook("nhiem-vu-trong-tam-2024-hai-yen")
    assert compare(rules, load_rulebook("nhiem-vu-trong-tam-2024-hai-yen")) == []


def test_the_command_tells_old_and_new_with_both_places(tmp_path):
    for name, text in (("a", OLD), ("b", OLD.replace('"≥ 1"', '"≥ 2"'))):
        (tmp_path / f"{name}.yaml").write_text(f"rulebook: thu\ntitle: Thử\n{text}", encoding="utf-8")
    command = [sys.executable, "-m", "nhiemvu", "rules", "diff", str(tmp_path / "a.yaml"), str(tmp_path / "b.yaml")]
    done = subprocess.run(command, capture_output=True, check=True, encoding="utf-8")
    assert "c  ngưỡng: ≥ 1 → ≥ 2" in done.stdout
    assert f"{tmp_path / 'a.yaml'}:15:35" in done.stdout
    assert f"{tmp_path / 'b.yaml'}:15:35" in done.stdout
    (found,) = json.loads(subprocess.run([*command, "--json"], capture_output=True, check=True).stdout)
    assert (found["id"], found["old"], found["new"]) == ("c", "≥ 1", "≥ 2")
