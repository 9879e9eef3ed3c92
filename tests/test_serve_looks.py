"""Words and colours of the page: all there, all used, as those of the sheets, to be read by everyone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import nhiemvu
from nhiemvu.serve.words import WORDS
from nhiemvu.sheets.theme import VERDICTS

SERVE = Path(nhiemvu.__file__).parent / "serve"


def test_every_word_of_the_templates_is_there_and_every_word_is_used():
    sources = [
        path.read_text("utf-8") for folder in (SERVE, SERVE / "pages") for path in folder.iterdir() if path.is_file()
    ]
    asked = {name for text in sources for name in re.findall(r'say\(["\']([\w-]+)["\']', text)}
    asked |= {f"column-{name}" for name in ("id", "name", "target", "result", "declared", "verdict", "reason", "cell")}
    asked |= {"stopped", "removed"}
    assert asked - {"column-"} == set(WORDS)


@pytest.mark.parametrize("path", sorted((SERVE / "pages").glob("*.html")), ids=lambda path: path.name)
def test_pages_need_no_exception_from_the_policy(path):
    text = path.read_text("utf-8")
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|<script(?! src=)", text)
    assert not re.search(r"https?://|//[a-z]", text.replace("{{", ""))


def read_colours() -> list[dict[str, str]]:
    """The light and the dark palette."""
    css = (SERVE / "static" / "nhiemvu.css").read_text("utf-8")
    light, dark = (
        dict(re.findall(r"--([\w-]+): (#\w+);", block)) for block in re.findall(r":root \{(.*?)\}", css, re.DOTALL)
    )
    return [light, {**light, **dark}]


def test_verdicts_have_the_colours_of_the_sheets():
    light = read_colours()[0]
    for verdict, style in VERDICTS.items():
        key = verdict.replace("_", "-")
        found = tuple(light[f"{key}-{part}"].upper() for part in ("ink", "fill", "bar"))
        assert found == (style.ink, style.fill, style.bar)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_ink_can_be_read_on_its_ground(scheme):
    colours = read_colours()[scheme]
    pairs = [
        (ink, ground) for ink in ("ink", "quiet", "link") for ground in ("ground", "paper", "task", "group", "head")
    ]
    pairs += [("on-band", "band"), ("on-press", "press"), ("on-press", "press-over")]
    pairs += [(name, f"{name[:-4]}-fill") for name in colours if name.endswith("-ink")]
    weak = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in pairs}
    assert {pair: value for pair, value in weak.items() if value < 4.5} == {}
    edges = [("edge", "paper"), ("edge", "task"), ("focus", "paper"), ("focus", "ground")]
    assert {
        pair: contrast(colours[pair[0]], colours[pair[1]])
        for pair in edges
        if contrast(colours[pair[0]], colours[pair[1]]) < 3
    } == {}
