"""A workbook says by which rulebook it wants to be judged; it never says which file of this machine is opened."""

from __future__ import annotations

from pathlib import Path

import pytest
from communes import RULES, make, put

import nhiemvu
from nhiemvu.errors import RuleError, WorkbookError
from nhiemvu.rules.find import shipped_rules

OWN = "rulebook: cua-xa\ntitle: Bộ của xã\nincludes: [{base}]\n"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NHIEMVU_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.mark.parametrize("how", ["absolute", "climbing", "below", "working"])
def test_another_file_is_not_opened_whatever_a_workbook_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    put(tmp_path, "kín.yaml", b"secret: 1\n")
    put(tmp_path, "so/trong/kin.yaml", b"secret: 1\n")
    put(tmp_path, "day/kin", b"secret: 1\n")
    monkeypatch.chdir(tmp_path / "day")
    named = {"absolute": str(tmp_path / "kín.yaml"), "climbing": "../kín.yaml", "below": "trong/kin.yaml"}
    named["working"] = "kin"  # a file of the folder where the command was started
    path = put(tmp_path, "so/xa.xlsx", make(texts={RULES: named[how]}))
    for judge in (nhiemvu.evaluate, lambda each: nhiemvu.aggregate(each, jobs=1)):
        with pytest.raises((RuleError, WorkbookError)) as caught:
            judge(path)
        codes = {problem.code for problem in caught.value.problems}
        assert codes & {"rulebook-not-a-name", "no-rulebook"}, caught.value
        assert "secret" not in str(caught.value)
        (said,) = [each for each in caught.value.problems if each.code in ("rulebook-not-a-name", "no-rulebook")]
        assert said.place.cell, said.place  # where it stands, so that somebody can mend it


def test_a_rulebook_that_lies_beside_the_workbook_is_taken_by_its_name(tmp_path: Path) -> None:
    put(tmp_path, "cua-xa.yaml", OWN.format(base=shipped_rules() / f"{RULES}.yaml").encode())
    for named in ("cua-xa", "cua-xa.yaml"):
        path = put(tmp_path, "xa.xlsx", make(texts={RULES: named}))
        assert nhiemvu.evaluate(path).rulebook.id == "cua-xa"
        with pytest.raises(RuleError, match="cua-xa"):
            nhiemvu.evaluate(path, beside=False)
