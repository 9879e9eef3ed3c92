"""The store: what is added is what comes back, in any order, twice, by two at once, and whenever the program dies."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from conftest import EXAMPLE
from databases import make_schema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

import nhiemvu
from nhiemvu.engine.rows import UnitInfo
from nhiemvu.errors import StoreError
from nhiemvu.frames import evaluate_frames
from nhiemvu.messages import language
from nhiemvu.rules.load import load_rulebook
from nhiemvu.store import connection as connections
from nhiemvu.store import writing
from nhiemvu.store.store import Added, open_store

H1, H2 = "6 tháng đầu năm 2024", "6 tháng cuối năm 2024"
RULES = """
facts: {khu_vuc: {label: Khu vực, type: choice, choices: [I, II, III]}}
criteria:
  - id: "1"
    name: Nhóm
    roll_up: all
    children:
      - {id: "1.1", name: Nước sạch, unit: "%", evidence: declared_if_missing, targets: [{meets: "≥ 57%"}]}
      - {id: "1.2", name: Trường, unit: trường, targets: [{meets: "≥ 2"}]}
      - {id: "1.10", name: Tự khai, evidence: declared, targets: [{meets: '"đạt"'}]}
"""
IDS = ("1.1", "1.2", "1.10")


def load(folder: Path, text: str = RULES, name: str = "thu") -> nhiemvu.Rulebook:
    path = folder / f"{name}.yaml"
    path.write_text(f"rulebook: {name}\ntitle: Thử\n{text}", encoding="utf-8")
    return load_rulebook(path)


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> nhiemvu.Rulebook:
    return load(tmp_path_factory.mktemp("rules"))


def judge(rules: nhiemvu.Rulebook, figures: dict[str, tuple[float, float]]) -> nhiemvu.Evaluation:
    """Units with the numerator and the denominator of 1.1."""
    units = list(figures)
    over, under = (pd.DataFrame({"1.1": [pair[i] for pair in figures.values()]}, units) for i in (0, 1))
    names = pd.DataFrame({"unit_name": [f"Xã {unit}" for unit in units], "as_of": pd.Timestamp(2024, 5, 29)}, units)
    return evaluate_frames({"units": names, "numerator": over, "denominator": under}, rules)


def read(store: nhiemvu.Store) -> dict[tuple[str, str], tuple[float, str]]:
    frame = store.frame(criteria="1.1")
    keys = zip(frame["unit"], frame["period"], strict=True)
    return dict(zip(keys, zip(frame["value"], frame["verdict"], strict=True), strict=True))


# --- what comes back --------------------------------------------------------------------------------------------------


def test_what_comes_back_is_what_the_evaluation_says(store_url):
    evaluation = nhiemvu.evaluate(EXAMPLE)
    with open_store(store_url) as store:
        assert store.add(evaluation) == Added(1, 0, 0, ())
        kept = store.frame()
    stated = evaluation.frame
    stated = stated[~stated["id"].str.startswith("1.1.2.")].reset_index(drop=True)  # lines of a table are no criteria
    shared = ["unit", "id", "parent", "level", "name", "unit_of_measure", "value", "numerator", "denominator"]
    shared += ["verdict", "basis", "declared", "outlook", "needed"]
    assert_frame_equal(kept[shared], stated[shared], check_exact=True)
    once = kept[["period", "period_start", "period_end", "unit_name", "rulebook", "version", "as_of", "file", "sha256"]]
    assert once.drop_duplicates().to_dict("records") == [
        {
            "period": H1,
            "period_start": pd.Timestamp(2024, 1, 1),
            "period_end": pd.Timestamp(2024, 6, 30),
            "unit_name": "Xã Hải Yến",
            "rulebook": "nhiem-vu-trong-tam-2024-hai-yen",
            "version": "1",
            "as_of": pd.Timestamp(2024, 5, 29),
            "file": "hai-yen-2024-h1.xlsx",
            "sha256": evaluation.sha256,
        }
    ]


def test_a_frame_is_of_what_is_asked_for(store_url, rules):
    with open_store(store_url) as store:
        store.add(judge(rules, {"b": (1, 2), "a": (1, 4), "c": (3, 4)}), period=H1)
        store.add(judge(rules, {"a": (2, 4)}), period="năm 2023")
        assert [period.label for period in store.periods()] == ["Năm 2023", H1]
        frame = store.frame()
        assert frame["unit"].drop_duplicates().tolist() == ["a", "b", "c"]
        assert frame["id"][:4].tolist() == ["1", "1.1", "1.2", "1.10"]  # reading order, not that of letters
        assert set(store.frame(period="nửa đầu 2024")["period"]) == {H1}
        assert set(store.frame(period=store.periods()[0], units=["a", "b"])["unit"]) == {"a"}
        assert store.frame(units="a", criteria=["1.1"])["value"].tolist() == [0.5, 0.25]
        assert list(store.frame(rulebook="khac")) == list(frame)
        assert len(store.frame(rulebook="khac")) == len(store.frame(units="zz")) == 0
        with pytest.raises(StoreError, match="không phải là một kỳ"):
            store.frame(period="hôm nào đó")


def test_a_store_says_the_same_in_either_language(store_url, rules):
    with open_store(store_url) as store, language("en"):
        store.add(judge(rules, {"a": (1, 2)}), period=H1)
        frame = store.frame()
        assert (set(frame["period"]), frame["target"][0]) == ({H1}, "tất cả đạt")
        assert store.periods()[0].label == H1


# --- adding again, correcting -----------------------------------------------------------------------------------------


def test_a_correction_replaces_and_what_it_replaced_is_kept(store_url, rules):
    first, second = judge(rules, {"a": (1, 2), "b": (1, 1)}), judge(rules, {"a": (2, 2)})
    with open_store(store_url) as store:
        files = [("a.xlsx", "1" * 64), ("b.xlsx", "2" * 64)]
        assert store.add(first, period=H1, sources=files) == Added(2, 0, 0, ())
        before = store.frame()
        assert store.add(first, period=H1, sources=[("copy.xlsx", "1" * 64), ("b.xlsx", "2" * 64)]) == Added(
            0, 0, 2, ()
        )
        assert_frame_equal(store.frame(), before)
        assert store.add(second, period=H1, sources=[("a2.xlsx", "3" * 64)]) == Added(0, 1, 0, ())
        assert read(store) == {("a", H1): (1.0, "met"), ("b", H1): (1.0, "met")}
        kept = store.submissions(units="a")
        assert kept[["file", "sha256", "is_current"]].to_numpy().tolist() == [
            ["a.xlsx", "1" * 64, False],
            ["a2.xlsx", "3" * 64, True],
        ]
        assert kept["added_at"].is_monotonic_increasing
        assert (pd.Timestamp.now("UTC") - kept["added_at"]).max() < pd.Timedelta(minutes=5)
        assert store.frame(submissions=int(kept["submission"][0]), criteria="1.1")["value"].tolist() == [0.5]
        # what was added last holds, be it for the second time
        assert store.add(first, period=H1, sources=files) == Added(0, 1, 1, ())
        assert_frame_equal(store.frame(), before)
        assert store.submissions(units="a")["is_current"].tolist() == [True, False]


def test_the_same_figures_of_another_file_are_another_submission(store_url, rules):
    with open_store(store_url) as store:
        one = judge(rules, {"a": (1, 2)})
        store.add(one, period=H1, sources=[("a.xlsx", "1" * 64)])
        assert store.add(one, period=H1, sources=[("a.xlsx", "2" * 64)]).replaced == 1
        with pytest.raises(ValueError, match="sources"):
            store.add(one, period=H1, sources=[])


def test_two_rulebooks_of_one_period_stand_side_by_side(store_url, rules, tmp_path):
    other = load(tmp_path, RULES.replace("57%", "20%"), "khac")
    with open_store(store_url) as store:
        for book in (rules, other):
            assert store.add(judge(book, {"a": (1, 2)}), period=H1).new == 1
        found = store.frame(criteria="1.1")
        assert found[["rulebook", "verdict"]].to_numpy().tolist() == [["khac", "met"], ["thu", "not_met"]]


def test_rules_that_change_without_a_new_version_are_told_and_kept_apart(store_url, rules, tmp_path):
    changed = load(tmp_path, RULES.replace("57%", "20%"))
    with open_store(store_url) as store:
        store.add(judge(rules, {"a": (1, 2)}), period=H1)
        added = store.add(judge(changed, {"a": (1, 2)}), period=H1)
        assert [problem.code for problem in added.problems] == ["store-rules-changed"]
        assert (added.replaced, read(store)) == (1, {("a", H1): (0.5, "met")})
        old = store.submissions()["submission"][0]
        assert store.frame(submissions=[old], criteria="1.1")[["target", "verdict"]].to_numpy().tolist() == [
            ["≥ 57%", "not_met"]
        ]
        assert store.add(judge(changed, {"b": (1, 2)}), period=H1).problems == ()


steps = st.lists(
    st.tuples(
        st.sampled_from([H1, H2]),
        st.dictionaries(st.sampled_from("abcd"), st.tuples(st.integers(0, 3), st.integers(1, 3)), min_size=1),
    ),
    min_size=1,
    max_size=6,
)


def assert_any_order(rules: nhiemvu.Rulebook, make, plan: list, shuffled: list, cuts: list[bool]) -> None:
    """Units of several periods added one by one, in any order, some twice; against all of a period at once."""
    last = {(unit, period): pair for period, units in plan for unit, pair in units.items()}
    with open_store(make()) as one_by_one, open_store(make()) as at_once:
        for period, units in plan:
            parts = [{unit: pair} for unit, pair in units.items()] if cuts[0] else [units]
            for part in parts * (1 + cuts[1]):
                one_by_one.add(judge(rules, part), period=period)
        expected = {
            key: (over / under, "met" if over / under >= 0.57 else "not_met") for key, (over, under) in last.items()
        }
        assert read(one_by_one) == expected
        for unit, period in shuffled:
            if (unit, period) in last:
                at_once.add(judge(rules, {unit: last[unit, period]}), period=period)
        assert_frame_equal(at_once.frame(), one_by_one.frame())
        assert one_by_one.submissions().groupby(["unit", "period"])["is_current"].sum().eq(1).all()


orders = st.permutations([(unit, period) for unit in "abcd" for period in (H1, H2)])
together = {"suppress_health_check": [HealthCheck.function_scoped_fixture]}


@settings(max_examples=12, **together)
@given(steps, orders, st.lists(st.booleans(), min_size=2, max_size=2))
def test_any_order_and_any_parts_give_the_same_frame(rules, plan, shuffled, cuts):
    assert_any_order(rules, lambda: ":memory:", plan, shuffled, cuts)


@pytest.mark.slow
@settings(max_examples=10, **together)
@given(steps, orders, st.lists(st.booleans(), min_size=2, max_size=2))
def test_any_order_and_any_parts_give_the_same_frame_in_postgresql(rules, postgresql, plan, shuffled, cuts):
    assert_any_order(rules, lambda: make_schema(postgresql), plan, shuffled, cuts)


# --- who, and for which period ----------------------------------------------------------------------------------------


def judge_named(rules: nhiemvu.Rulebook, *units: dict) -> nhiemvu.Evaluation:
    """Units whose workbooks say of themselves what a test wants."""
    evaluation = judge(rules, {f"u{i}": (1, 2) for i in range(len(units))})
    evaluation.units = [UnitInfo(**unit) for unit in units]
    return evaluation


DAY = dt.date(2024, 5, 29)
PERIODS = [
    # what the workbook says, its day, what was chosen; the period under which it is kept, what is told
    ("Quý II/2024", DAY, None, "Quý II/2024", ""),
    ("nửa đầu năm 2024", None, None, H1, ""),
    ("", DAY, None, "Từ 1/1/2024 đến 29/5/2024", "store-period"),
    ("đợt 1", DAY, None, "Từ 1/1/2024 đến 29/5/2024", "store-period"),
    ("đợt 1", None, None, None, "store-period"),
    ("", None, None, None, "store-period"),
    ("", None, H1, H1, ""),
    ("đợt 1", DAY, H1, H1, ""),
    ("nửa đầu năm 2024", DAY, H1, H1, ""),
    ("Quý II/2024", DAY, H1, H1, "store-period-other"),
]


@pytest.mark.parametrize(("said", "day", "chosen", "period", "told"), PERIODS)
def test_the_period_is_the_chosen_one_or_the_workbooks_or_up_to_its_day(rules, said, day, chosen, period, told):
    with open_store(":memory:") as store:
        unit = {"code": "06190", "name": "Xã Hải Yến", "period": said, "as_of": day, "file": "so.xlsx"}
        added = store.add(judge_named(rules, unit), period=chosen)
        assert [found.label for found in store.periods()] == ([period] if period else [])
        assert [problem.code for problem in added.problems] == ([told] if told else [])
        assert all(problem.place.file == "so.xlsx" and problem.text for problem in added.problems)
        assert [problem.severity == "error" for problem in added.problems] == ([period is None] if told else [])


def test_units_that_cannot_be_told_apart_are_told_and_the_others_kept(rules):
    units = [
        {"code": "06190", "name": "Xã Hải Yến", "file": "a.xlsx"},
        {"code": "06193", "name": "Xã Công Sơn", "file": "b.xlsx"},
        {"code": "06190", "name": "Xã Hải Yến", "file": "c.xlsx"},
        {"code": "", "file": "d.xlsx"},
        {"code": "e.xlsx", "file": "e.xlsx"},
        {"code": "Xã Cao Lâu", "name": "Xã Cao Lâu", "file": "f.xlsx"},
    ]
    with open_store(":memory:") as store:
        added = store.add(judge_named(rules, *units), period=H1)
        assert store.submissions()["unit"].tolist() == ["06193", "Xã Cao Lâu"]
    assert [(problem.code, problem.place.file, problem.severity) for problem in added.problems] == [
        ("store-unit-twice", "a.xlsx", "error"),
        ("store-unit-twice", "c.xlsx", "error"),
        ("store-unit", "d.xlsx", "error"),
        ("store-unit", "e.xlsx", "error"),
        ("store-unit-name", "f.xlsx", "warning"),
    ]


def test_names_that_are_no_text_are_kept_all_the_same(store_url, rules):
    unit = {"code": "1", "name": "Xã \0=1+1", "file": "so-\udce1.xlsx"}
    with open_store(store_url) as store:
        store.add(judge_named(rules, unit), period=H1)
        assert store.frame()[["unit_name", "file"]].drop_duplicates().to_numpy().tolist() == [
            ["Xã =1+1", "so-\\udce1.xlsx"]
        ]


# --- refusals ---------------------------------------------------------------------------------------------------------


def refused(code: str, *arguments, **options) -> str:
    with pytest.raises(StoreError) as caught:
        open_store(*arguments, **options).periods()
    assert caught.value.code == code
    return str(caught.value)


def test_a_store_that_is_not_there_is_made_or_refused(tmp_path):
    path = tmp_path / "kho.db"
    refused("store-missing", path, must_exist=True)
    assert not path.exists()
    path.write_bytes(b"")  # whoever made it died before it was a store
    refused("store-missing", path, must_exist=True)
    open_store(path).close()
    assert open_store(f"sqlite:///{path}", must_exist=True).periods() == []
    assert "tạo thư mục" in refused("store-folder", tmp_path / "x" / "kho.db")


def test_what_is_no_store_is_refused_and_left_as_it_is(tmp_path):
    text = tmp_path / "so.xlsx"
    text.write_bytes(EXAMPLE.read_bytes())
    refused("store-foreign", text)
    assert text.read_bytes() == EXAMPLE.read_bytes()
    for table in ("result", "bookmarks"):  # one of ours by its name, and one that is not
        other = tmp_path / f"{table}.db"
        sqlite3.connect(other).execute(f"CREATE TABLE {table} (x)").connection.close()
        before = other.read_bytes()
        assert table in refused("store-foreign", other)
        assert other.read_bytes() == before


def test_a_store_of_which_a_part_is_missing_is_not_said_to_be_whole(tmp_path, rules):
    path, cut = tmp_path / "kho.db", tmp_path / "nua.db"
    with open_store(path) as store:
        store.add(judge(rules, {f"{unit:05}": (unit, 100) for unit in range(100)}), period=H1)
    cut.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(StoreError) as caught, open_store(cut) as store:
        store.frame()
    assert caught.value.code == "store-damaged"
    assert "còn nguyên" not in str(caught.value)
    assert "bản sao lưu" in str(caught.value)


@pytest.mark.parametrize("address", ["mysql://me:secret@host/x", "http://host/x", "postgresql://me:secret@host:port/x"])
def test_an_address_that_is_none_is_refused_without_showing_a_password(address):
    assert "secret" not in refused("store-url", address)


def test_a_newer_store_is_refused_with_the_way_out(store_url):
    open_store(store_url).close()
    engine = connections._make_engine(connections._read_address(store_url), "")
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE nhiemvu_store SET schema_version = 99"))
    engine.dispose()
    assert "pip install -U nhiemvu" in refused("store-newer", store_url)


def test_without_psycopg_the_way_to_install_it_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    told = refused("store-driver", "postgresql://me:secret@host/x")
    assert "pip install 'nhiemvu[postgresql]'" in told
    assert "secret" not in told


def test_a_server_that_does_not_answer_is_told_without_the_password(tmp_path):
    assert "secret" not in refused("store-unreachable", f"postgresql://me:secret@/x?host={tmp_path}&password=secret")


def test_a_folder_is_no_store(tmp_path):
    refused("store-unreachable", tmp_path)


@pytest.mark.slow
def test_a_database_that_is_not_there_is_told(postgresql):
    refused("store-unreachable", sa.make_url(postgresql).set(database="khong-co").render_as_string())


def test_unknown_words_do_not_get_in(store_url, rules):
    with open_store(store_url) as store:
        store.add(judge(rules, {"a": (1, 2)}), period=H1)
        for column in ("verdict", "basis", "declared", "outlook"):
            with pytest.raises(StoreError), store._connector.writing() as connection:
                connection.execute(sa.text(f"UPDATE result SET {column} = 'xx'"))
        with pytest.raises(StoreError), store._connector.writing() as connection:
            connection.execute(sa.text("UPDATE submission SET unit = ''"))
        assert len(store.frame()) == 4


def test_a_store_that_somebody_else_writes_is_told_after_a_while(store_url, rules, monkeypatch):
    monkeypatch.setattr(connections, "PATIENCE", 1)
    with open_store(store_url) as one, open_store(store_url) as other:
        with one._connector.writing(), pytest.raises(StoreError) as caught:
            other.add(judge(rules, {"a": (1, 2)}), period=H1)
        assert caught.value.code == "store-busy"
        assert other.add(judge(rules, {"a": (1, 2)}), period=H1).new == 1


@pytest.mark.slow
def test_who_may_only_read_can_read_and_is_told_that_he_may_not_write(postgresql, rules):
    store_url = make_schema(postgresql)
    with open_store(store_url) as store:
        store.add(judge(rules, {"a": (1, 2)}), period=H1)
        role = f"reader_{os.getpid()}"
        with store._connector.writing() as connection:
            connection.exec_driver_sql(f"CREATE ROLE {role} LOGIN")
            schema = connection.scalar(sa.select(sa.func.current_schema()))
            connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA {schema} TO {role}")
            connection.exec_driver_sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role}")
    address = sa.make_url(store_url).set(username=role).render_as_string(hide_password=False)
    with open_store(address, must_exist=True) as store:
        assert len(store.frame()) == 4
        with pytest.raises(StoreError) as caught:
            store.add(judge(rules, {"b": (1, 2)}), period=H1)
    assert caught.value.code == "store-readonly"


@pytest.mark.slow
def test_a_server_that_is_lost_in_the_middle_of_a_copy_is_told(postgresql, rules, monkeypatch):
    def lose(rows: Iterable[tuple[object, ...]]) -> Iterator[tuple[object, ...]]:
        engine = sa.create_engine(sa.make_url(postgresql).set(drivername="postgresql+psycopg"))
        with engine.begin() as other:
            ours = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'COPY result%%'"
            assert other.exec_driver_sql(ours).scalar()
        engine.dispose()
        yield from rows

    write = writing._write_results
    store_url = make_schema(postgresql)
    with open_store(store_url) as store:
        monkeypatch.setattr(writing, "_write_results", lambda connection, rows: write(connection, lose(rows)))
        with pytest.raises(StoreError) as caught:
            store.add(judge(rules, {"a": (1, 2)}), period=H1)
    assert caught.value.code == "store-failed"
    monkeypatch.undo()
    with open_store(store_url) as store:
        assert len(store.frame()) == 0
        assert store.add(judge(rules, {"a": (1, 2)}), period=H1).new == 1


# --- several at once, and death at any moment -------------------------------------------------------------------------


def add_again_and_again(url: str, folder: str, seed: int, barrier) -> None:
    """One of several writers: all of them know the same units, each adds them in its own order and parts."""
    rules = load_rulebook(Path(folder) / "thu.yaml")
    dice = random.Random(seed)
    units = {f"{i:03}": (i % 5, 5) for i in range(60)}
    barrier.wait()
    with open_store(url) as store:
        for _ in range(6):
            part = dict(dice.sample(sorted(units.items()), 20))
            store.add(judge(rules, part), period=dice.choice([H1, H2]))
        for period in (H1, H2):
            store.add(judge(rules, units), period=period)


@pytest.mark.slow
def test_writers_at_once_neither_double_nor_lose(store_url, rules, tmp_path):
    load(tmp_path)
    spawn = multiprocessing.get_context("spawn")
    barrier = spawn.Barrier(3)
    writers = [spawn.Process(target=add_again_and_again, args=(store_url, str(tmp_path), i, barrier)) for i in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(90)
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    with open_store(store_url, must_exist=True) as store, open_store(":memory:") as alone:
        for period in (H1, H2):
            alone.add(judge(rules, {f"{i:03}": (i % 5, 5) for i in range(60)}), period=period)
        assert_frame_equal(store.frame(), alone.frame())
        assert len(store.submissions()) == 120


UNITS = 10_000  # so many that SQLite writes to its file long before the end
ADD_AND_DIE = """
import os, signal, sys
import numpy as np, pandas as pd
from nhiemvu.frames import evaluate_frames
from nhiemvu.store import writing
from nhiemvu.store.store import open_store
from nhiemvu.rules.load import load_rulebook

url, rules, units, last = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
rows_of, count = writing.rows_of, 0

def until_the_last_row(*arguments):
    global count
    for row in rows_of(*arguments):
        count += 1
        if count == last:
            os.kill(os.getpid(), signal.SIGKILL)
        yield row

writing.rows_of = until_the_last_row
n = pd.DataFrame({"1.1": np.arange(units) % 7}, [f"{i:05}" for i in range(units)])
evaluation = evaluate_frames({"numerator": n, "denominator": n + 3}, load_rulebook(rules))
open_store(url).add(evaluation, period="năm 2024")
"""


@pytest.mark.slow
def test_whenever_the_writer_is_killed_the_store_is_whole(store_url, rules, tmp_path):
    load(tmp_path)
    with open_store(store_url) as store:
        store.add(judge(rules, {"a": (1, 2)}), period=H1)
        before = store.frame()
    journals = 0
    for last in (1, UNITS, 3 * UNITS, 4 * UNITS, 5 * UNITS):  # rows; there are four of each unit
        command = [sys.executable, "-c", ADD_AND_DIE, store_url, str(tmp_path / "thu.yaml"), str(UNITS), str(last)]
        ended = subprocess.run(command, check=False).returncode
        journals += Path(f"{store_url}-journal").exists()
        with open_store(store_url, must_exist=True) as store:
            if last <= 4 * UNITS:
                assert ended == -signal.SIGKILL
                assert_frame_equal(store.frame(), before)
                assert len(store.submissions()) == 1
                continue
            assert ended == 0
            assert store.frame().groupby(["period", "unit"]).size().value_counts().to_dict() == {4: UNITS + 1}
            if not store._connector.is_postgresql:
                with store._connector.reading() as connection:
                    assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
                assert journals >= 2  # it died with half of the rows in the file


@pytest.mark.slow
def test_who_reads_while_somebody_writes_sees_the_store_from_before(store_url, rules):
    with open_store(store_url) as one, open_store(store_url) as other:
        one.add(judge(rules, {"a": (1, 2)}), period=H1)
        with one._connector.writing() as connection:
            connection.execute(sa.text("UPDATE result SET value = 99"))
            assert other.frame(criteria="1.1")["value"].tolist() == [0.5]
        assert other.frame(criteria="1.1")["value"].tolist() == [99]


# --- Parquet ----------------------------------------------------------------------------------------------------------


def test_parquet_holds_what_the_frame_holds(tmp_path, rules):
    from pyarrow import parquet

    with open_store(":memory:") as store:
        with pytest.raises(StoreError, match="chưa có đánh giá nào"):
            store.to_parquet(tmp_path / "kho.parquet")
        for period in (H1, "năm 2023"):
            store.add(judge(rules, {"b": (1, 2), "a": (np.nan, 4)}), period=period)
        frame = store.frame()
        assert store.to_parquet(tmp_path / "kho.parquet") == [tmp_path / "kho.parquet"]
        files = store.to_parquet(str(tmp_path / "kho"))
        assert [file.name for file in files] == ["2023-01-01_2023-12-31.parquet", "2024-01-01_2024-06-30.parquet"]
        for path in (tmp_path / "kho.parquet", tmp_path / "kho"):
            read_back = pd.read_parquet(path)
            for day in ("period_start", "period_end", "as_of"):
                read_back[day] = pd.to_datetime(read_back[day])
            assert_frame_equal(read_back, frame, check_dtype=False)
            assert parquet.read_table(path).schema.field("as_of").type == "date32[day]"
        first = [file.read_bytes() for file in files]
        assert [file.read_bytes() for file in store.to_parquet(tmp_path / "kho")] == first


def test_duckdb_reads_the_files_as_the_guide_says(tmp_path, rules):
    import duckdb

    with open_store(":memory:") as store:
        for period in (H1, "năm 2023"):
            store.add(judge(rules, {"b": (1, 2), "a": (np.nan, 4)}), period=period)
        store.to_parquet(tmp_path / "kho")
        wanted = store.frame()[["period_end", "unit", "id", "verdict", "value"]]
    with duckdb.connect() as connection:
        columns = "period_end, unit, id, verdict, value"
        rows = connection.execute(f"SELECT {columns} FROM '{tmp_path}/kho/*.parquet'").fetchall()
    read_back = pd.DataFrame(rows, columns=wanted.columns).astype({"period_end": wanted["period_end"].dtype})
    key = ["period_end", "unit", "id"]
    assert_frame_equal(
        read_back.sort_values(key, ignore_index=True), wanted.sort_values(key, ignore_index=True), check_dtype=False
    )


def test_without_pyarrow_the_way_to_install_it_is_told(tmp_path, rules, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with open_store(":memory:") as store:
        store.add(judge(rules, {"a": (1, 2)}), period=H1)
        with pytest.raises(StoreError) as caught:
            store.to_parquet(tmp_path / "kho.parquet")
    assert "pip install 'nhiemvu[parquet]'" in str(caught.value)


# --- what it costs ----------------------------------------------------------------------------------------------------


def test_the_command_line_does_not_wait_for_the_database():
    command = [sys.executable, "-X", "importtime", "-m", "nhiemvu", "--help"]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    assert not [line for line in run.stderr.splitlines() if "sqlalchemy" in line or "pandas" in line]
