"""The pages as text: one template each, every value escaped, every word from the catalogue."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from nhiemvu.messages import LANGUAGES, _, current_language
from nhiemvu.serve.words import WORDS


def render(template: str, **context: object) -> str:
    """A page in the language in force."""
    return (
        _environment()
        .get_template(template)
        .render(language=current_language(), languages=LANGUAGES, say=say, **context)
    )


def say(name: str, **fill: object) -> str:
    """One of our words in the language in force."""
    return _(WORDS[name], **fill)


@cache
def _environment() -> Environment:
    return Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=FileSystemLoader(Path(__file__).parent / "pages"),
    )
