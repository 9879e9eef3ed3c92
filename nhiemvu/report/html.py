"""Pages from our templates: what fills them is text and never markup, and a name that nothing fills is an error."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, StrictUndefined

from nhiemvu.messages import current_language
from nhiemvu.text import format_number


def fill_page(template: Path, /, **fill: object) -> str:
    """A whole page; `language` is the one in force, and `|number` shows a number in it."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["number"] = format_number
    return environment.from_string(template.read_text("utf-8")).render(language=current_language(), **fill)
