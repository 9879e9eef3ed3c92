"""The one catalogue of messages: Vietnamese in the code, other languages through gettext.

A message is written in Vietnamese where it is said; `N_` marks it for the catalogue, `_` marks and translates it now.
Placeholders are `{name}`, filled by `str.format`. The English catalogue is `locale/en/LC_MESSAGES/nhiemvu.po`.
"""

from __future__ import annotations

import gettext
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

LANGUAGES = ("vi", "en")

_language: ContextVar[str] = ContextVar("nhiemvu_language", default="vi")


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    if language == "vi":  # the language of the source
        return gettext.NullTranslations()
    return gettext.translation("nhiemvu", Path(__file__).parent / "locale", [language])


class Marked(str):
    """A message that is in the catalogue; it is translated when it is shown, by itself or as what fills another."""

    __slots__ = ()


def N_(message: str) -> Marked:  # noqa: N802 (gettext's own name for "mark, do not translate yet")
    """Mark a message for the catalogue; it is translated when it is shown."""
    return Marked(message)


def _(message: str, **fill: object) -> str:
    """Translate a message, and whatever marked messages fill it, into the language in force."""
    catalogue = _catalogue(_language.get())
    text = catalogue.gettext(message) if message else ""  # gettext answers "" with the head of the catalogue
    if not fill:
        return text
    return text.format(
        **{key: catalogue.gettext(value) if isinstance(value, Marked) else value for key, value in fill.items()}
    )


def current_language() -> str:
    """The language in force: `vi` or `en`."""
    return _language.get()


def speak(code: str) -> None:
    """Speak this language from here on: for a program, which has one reader. A library asks for `language`."""
    _language.set(_known(code))


@contextmanager
def language(code: str) -> Iterator[None]:
    """Speak this language within the block (per thread and per task).

    >>> with language("vi"):
    ...     current_language()
    'vi'
    """
    token = _language.set(_known(code))
    try:
        yield
    finally:
        _language.reset(token)


def _known(code: str) -> str:
    if code not in LANGUAGES:
        raise ValueError(f"language must be one of {LANGUAGES}, not {code!r}")
    return code
