"""docs/vi/loi-thuong-gap.md: every code of the program is on it, with the words that the program says."""

from __future__ import annotations

import re

import pytest
from conftest import ROOT

from nhiemvu.sheets.discrepancies import KINDS

PAGE = ROOT / "docs" / "vi" / "loi-thuong-gap.md"


@pytest.fixture
def maker(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    import make_errors

    return make_errors


def test_the_page_of_errors_is_what_the_code_says(maker):
    mend = "the code says other things than the page: run `python docs/make_errors.py` and commit the page"
    assert PAGE.read_text("utf-8") == maker.make_page(), mend


def test_every_kind_of_a_disagreement_has_a_name_in_the_sheet(maker):
    assert set(maker.find_kinds()) == KINDS.keys()


def test_no_code_that_another_test_waits_for_is_overlooked(maker):
    """The tests know codes from what ran, the script from what is written."""
    known = maker.find_findings().keys() | set(maker.find_kinds())
    awaited = set()
    for path in sorted((ROOT / "tests").glob("test_*.py")):
        awaited |= set(re.findall(r"\.code == \"([a-z][a-z0-9]*(?:-[a-z0-9]+)+)\"", path.read_text("utf-8")))
    assert len(awaited) > 20
    assert awaited - known == set()


def read(maker, tmp_path, source):
    (tmp_path / "module.py").write_text(source, "utf-8")
    maker.SOURCE = tmp_path
    try:
        return maker.find_findings()
    finally:
        maker.SOURCE = ROOT / "nhiemvu"


def test_a_code_that_cannot_be_followed_stops_the_script(maker, tmp_path):
    with pytest.raises(SystemExit, match="cannot follow its code"):
        read(maker, tmp_path, 'def f(x):\n    return Problem(x + "-a", N_("sai"))\n')


@pytest.mark.parametrize(
    ("source", "code", "messages"),
    [
        ('Problem("a-b", N_("sai"))', "a-b", ["sai"]),
        ('def f():\n    message = N_("một") if x else N_("hai")\n    Problem("a-b", message)', "a-b", ["một", "hai"]),
        ('async def f():\n    message = N_("một")\n    raise Refused(Problem("a-b", message))', "a-b", ["một"]),
        ('def say(code, message):\n    return Problem(code, message)\nsay("a-b", N_("sai"))', "a-b", ["sai"]),
        ('_MESSAGES = {"a-b": N_("sai")}\ndef f(code):\n    Problem(code, _MESSAGES[code])\nf("a-b")', "a-b", ["sai"]),
    ],
)
def test_the_ways_in_which_codes_are_said_are_followed(maker, tmp_path, monkeypatch, source, code, messages):
    monkeypatch.setattr(maker, "ADDED", tmp_path / "errors.yaml")
    (tmp_path / "errors.yaml").write_text("from: {}\n", "utf-8")
    assert read(maker, tmp_path, source)[code].messages == messages
