"""The pages as text: one template each, every value escaped, every word from the catalogue."""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from nhiemvu.messages import LANGUAGES, _, current_language
from nhiemvu.serve.words import WORDS
from nhiemvu.text import format_date


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


def capital(text: str) -> str:
    """A message as a sentence that stands by itself."""
    return text[:1].upper() + text[1:]


def _show_day(day: str) -> str:
    """A day in ISO form as officials write it; nothing stays nothing."""
    return format_date(dt.date.fromisoformat(day)) if day else ""


@cache
def _environment() -> Environment:
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=FileSystemLoader(Path(__file__).parent / "pages"),
    )
    environment.filters["day"] = _show_day
    return environment
