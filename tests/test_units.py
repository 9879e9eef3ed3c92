"""Units as dated data: the tree of a day, and what became of whom across 1/7/2025."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nhiemvu.errors import RuleError
from nhiemvu.rules.units import Unit, Units
from nhiemvu.rules.units_file import read_units

BEFORE, AFTER = dt.date(2025, 6, 30), dt.date(2025, 7, 1)
YAML = """
units:
  - {code: "20", name: Tỉnh Lạng Sơn}
  - {code: "183", name: Huyện Cao Lộc, parent: "20", to: 2025-06-30}
  - {code: "06190", name: Xã Hải Yến, parent: "183", to: 2025-06-30, becomes: "06196"}
  - {code: "06193", name: Xã Công Sơn, parent: "183", to: 2025-06-30, becomes: {"06196": 60%, "06199": 2/5}}
  - {code: "06196", name: Xã Cao Lâu, parent: "183", to: 2025-06-30}
  - {code: "06196", name: Xã Cao Lộc, parent: "20", from: 2025-07-01}
  - {code: "06199", name: Xã Hải Yến, parent: "20", from: 2025-07-01}
"""
CSV = """code,name,parent,from,to,becomes
20,Tỉnh Lạng Sơn,,,,
183,Huyện Cao Lộc,20,,30/6/2025,
06190,Xã Hải Yến,183,,30/6/2025,06196
06193,Xã Công Sơn,183,,2025-06-30,06196: 60%; 06199: 40%
06196,Xã Cao Lâu,183,,2025-06-30,
06196,Xã Cao Lộc,20,2025-07-01,,
06199,Xã Hải Yến,20,2025-07-01,,
"""


AS_EXCEL_WRITES_IT = CSV.replace("06196: 60%; 06199: 40%", '"06196: 60%; 06199: 40%"').replace(",", ";")


@pytest.fixture(params=[("yaml", YAML), ("csv", CSV), ("CSV", AS_EXCEL_WRITES_IT)], ids=["yaml", "csv", "excel"])
def units(request, tmp_path) -> Units:
    kind, text = request.param
    path = tmp_path / f"don-vi.{kind}"
    path.write_text(text, encoding="utf-8")
    return read_units(path)


def test_the_tree_is_that_of_the_day(units):
    assert [unit.name for unit in units.path("06190", BEFORE)] == ["Tỉnh Lạng Sơn", "Huyện Cao Lộc", "Xã Hải Yến"]
    assert [unit.code for unit in units.children("20", BEFORE)] == ["183"]
    assert [unit.code for unit in units.children("20", AFTER)] == ["06196", "06199"]
    assert units.path("183", AFTER) == []
    assert [unit.code for unit in units.children("", AFTER)] == ["20"]


def test_a_name_is_not_a_unit(units):
    assert [unit.code for unit in units.find("xã hải yến", BEFORE)] == ["06190"]
    assert [unit.code for unit in units.find("Xã Hải Yến", AFTER)] == ["06199"]


def test_merged_and_split_units_are_followed_with_their_shares(units):
    assert units.follow("06190", BEFORE, AFTER) == {"06196": 1}
    assert units.follow("06193", BEFORE, AFTER) == {"06196": Fraction(3, 5), "06199": Fraction(2, 5)}
    assert units.follow("06196", BEFORE, AFTER) == {"06196": 1}  # the next spell of the same code continues it
    assert units.follow("183", BEFORE, AFTER) == {}  # dissolved
    assert units.follow("06190", BEFORE, BEFORE) == {"06190": 1}
    assert units.origins(BEFORE, AFTER)["06196"] == {"06190": 1, "06193": Fraction(3, 5), "06196": 1}


MISTAKES = {
    "units: [{code: 183, name: A}]": "unit-text",
    'units: [{code: "1"}]': "unit-text",
    'units: [{code: "1", name: A, form: x}]': "unit-key",
    'units: [{code: "1", name: A, from: hôm nay}]': "unit-day",
    'units: [{code: "1", name: A}, {code: "1", name: B}]': "unit-twice",
    'units: [{code: "1", name: A, parent: "2"}]': "unit-parent",
    'units: [{code: "1", name: A, parent: "2"}, {code: "2", name: B, to: 2025-06-30}]': "unit-parent",
    'units: [{code: "1", name: A, parent: "2"}, {code: "2", name: B, parent: "1"}]': "unit-circle",
    'units: [{code: "1", name: A, becomes: "2"}, {code: "2", name: B}]': "unit-becomes",
    'units: [{code: "1", name: A, to: 2025-06-30, becomes: "3"}, {code: "2", name: B}]': "unit-becomes",
    'units: [{code: "1", name: A, to: 2025-06-30, becomes: {"2": 60%}}, {code: "2", name: B}]': "unit-shares",
    'units: [{code: "1", name: A, to: 2025-06-30, becomes: {"2": 160%}}, {code: "2", name: B}]': "unit-share",
    'units: [{code: "1", name: A, from: 2025-07-01, to: 2025-06-30}]': "unit-days",
    "units: []\nx: 1": "units-shape",
    "units: [a]": "units-shape",
    "units: []": "units-empty",
}


@pytest.mark.parametrize(("text", "code"), MISTAKES.items())
def test_a_mistake_is_told_with_its_line(tmp_path, text, code):
    path = tmp_path / "don-vi.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RuleError) as error:
        read_units(path)
    assert code in [problem.code for problem in error.value.problems]
    assert all(problem.place.line and problem.text for problem in error.value.problems)


HEAD, ROWS = "code,name,parent,from,to", "20,Tỉnh Lạng Sơn,,,\n06190,Xã Hải Yến,20,,2025-06-30\n"


def told(tmp_path, data: bytes) -> list[tuple[str, int | None, str]]:
    path = tmp_path / "don-vi.csv"
    path.write_bytes(data)
    with pytest.raises(RuleError) as error:
        read_units(path)
    return [(problem.code, problem.place.line, problem.text) for problem in error.value.problems]


def test_columns_that_are_called_otherwise_are_told_once(tmp_path):
    found = told(tmp_path, f"Mã,name,parent,from,to\n{ROWS}".encode())
    assert [(code, line) for code, line, _text in found] == [("units-column", 1)] * 2
    assert "«mã»" in found[0][2]
    assert "«code»" in found[1][2]


@pytest.mark.parametrize("data", [b"", f"{HEAD}\n".encode(), f"{HEAD}\n,,,,\n".encode()])
def test_a_list_of_nobody_is_a_mistake_and_not_a_list(tmp_path, data):
    assert [code for code, _line, _text in told(tmp_path, data)] == ["units-empty"]


@pytest.mark.parametrize("encoding", ["utf-16", "cp1258"])
def test_another_encoding_is_told_as_excel_calls_the_way_out(tmp_path, encoding):
    text = f"{HEAD}\n06190,Xa\u0303 Ha\u0309i Yê\u0301n,,,\n"  # its tones stand behind their vowels there
    [(code, line, said)] = told(tmp_path, text.encode(encoding))
    assert code == "not-utf-8"
    assert line
    assert "«CSV UTF-8»" in said


def test_a_list_that_is_not_there_is_told_in_vietnamese(tmp_path):
    with pytest.raises(RuleError, match="không có tệp đơn vị này"):
        read_units(tmp_path / "khong-co.csv")


@pytest.mark.parametrize(
    "text",
    [
        f"\ufeff{HEAD}\r\n{ROWS}",
        f"Code, Name ,PARENT,from,to\n{ROWS}",
        f"{HEAD}\n{ROWS},,,,\n , ,,,\n",
        f"{HEAD}\n{ROWS}".replace(",", ";"),
        f"{HEAD}\n{ROWS}".replace(",", "\t"),
        f"{HEAD},\n{ROWS}",
    ],
)
def test_what_excel_makes_of_a_list_is_the_list(tmp_path, text):
    path = tmp_path / "don-vi.csv"
    path.write_text(text, encoding="utf-8", newline="")
    units = read_units(path)
    assert len(units) == 2
    assert units.get("06190", BEFORE).name == "Xã Hải Yến"


days = st.dates(dt.date(2020, 1, 1), dt.date(2023, 1, 1))


@given(
    st.lists(
        st.tuples(days, st.lists(st.integers(0, 3), min_size=4, max_size=4)), max_size=4, unique_by=lambda each: each[0]
    )
)
def test_nothing_is_lost_or_doubled_by_any_series_of_mergers(changes):
    """On every day of change each unit goes to two that exist after it; all shares still add up to the old units."""
    spells, since = [], None
    for day, goes in sorted(changes):
        spells += [
            Unit(
                str(code),
                str(code),
                since=since,
                until=day,
                becomes={str(goes[code]): Fraction(1, 3), str((goes[code] + 1) % 4): Fraction(2, 3)},
            )
            for code in range(4)
        ]
        since = day + dt.timedelta(days=1)
    units = Units([*spells, *(Unit(str(code), str(code), since=since) for code in range(4))])
    start, end = dt.date(2019, 1, 1), dt.date(2024, 1, 1)
    assert all(sum(units.follow(str(code), start, end).values()) == 1 for code in range(4))
    assert sum(share for made in units.origins(start, end).values() for share in made.values()) == 4


def test_the_list_of_a_whole_country_is_longer_than_a_rule_file_may_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nhiemvu.rules.yaml.MAX_VALUES", 100)
    rows = [f'  - {{code: "{at:05}", name: Xã {at}}}' for at in range(100)]
    (tmp_path / "don-vi.yaml").write_text("\n".join(["units:", *rows]), encoding="utf-8")
    assert len(read_units(tmp_path / "don-vi.yaml").on(AFTER)) == 100
