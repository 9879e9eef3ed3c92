"""Rule files written: a rulebook as YAML in the house style, and single values as one line of YAML.

The house style: keys in the order of the models, one criterion a block, short things in one line
(`[{meets: "≥ 80%"}]`), ids always in quotation marks, so that `1.10` stays what it is. What is written reads back as
the same form.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any

from nhiemvu.rules.models import RuleFile

Path = tuple[str | int, ...]

WIDTH = 120
_LONGEST_KEY = 1000  # YAML wants the colon of a plain key within 1024 characters

_BLOCKS = {"criteria", "children", "overlay", "facts", "tables", "columns", "checks", "cases"}
_BLOCK_ITEMS = {"criteria", "children", "overlay", "facts", "tables", "checks"}
_QUOTED = {"id", "criterion", "under", "children_from", "core", "bounded"}  # ids, even those that begin with a letter

_CONTROLS = "\x00-\x1f\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff"  # what YAML, or an eye, does not take as it stands
_PLAIN = re.compile(rf"[^\W\d_](?:[^{_CONTROLS}:]*[^{_CONTROLS}: ])?")
_FLOW_SIGNS = re.compile(r"[\[\]{},]")
_SURPRISES = re.compile(r"(?i)y|n|yes|no|on|off|true|false|null")  # what YAML 1.1 takes for something else than text
_ESCAPED = re.compile(rf'["\\{_CONTROLS}]')
_UNSEEN = re.compile(f"[{_CONTROLS}]")
_NAMED_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def write_rulebook(form: RuleFile, comments: Mapping[Path, Sequence[str]] | None = None) -> str:
    """A rule file as text.

    Args:
        form: what it says. Only what was given is written; what was left to its default stays so.
        comments: lines to be put as comments before a key or an item, by its path: `("criteria", 0, "targets")`; `()`
            is the head of the file.

    >>> print(write_rulebook(RuleFile(rulebook="thu", title="Thử", criteria=[{"id": "1.10", "name": "Thu ngân sách"}])))
    rulebook: thu
    title: Thử
    <BLANKLINE>
    criteria:
      - id: "1.10"
        name: Thu ngân sách
    <BLANKLINE>
    """
    data = form.model_dump(by_alias=True, exclude_unset=True)
    for table in data.get("tables", {}).values():
        table["columns"] = {name: _shorten(column) for name, column in table["columns"].items()}
    return _Writer(comments or {}).write(data)


def write_value(value: Any) -> str:
    """A value as one line of YAML.

    >>> write_value({"meets": "≥ 80%", "by": dt.date(2024, 12, 31)}), write_value(["Kế hoạch", "Vốn, nguồn"])
    ('{meets: "≥ 80%", by: 2024-12-31}', '[Kế hoạch, "Vốn, nguồn"]')
    """
    return _flow(value)


def _shorten(column: dict[str, Any]) -> Any:
    """A column of which only the headings are said is written as its headings."""
    if set(column) != {"headings"}:
        return column
    headings = column["headings"]
    return headings[0] if len(headings) == 1 else headings


class _Writer:
    def __init__(self, comments: Mapping[Path, Sequence[str]]) -> None:
        self._comments = comments

    def write(self, data: Mapping[str, Any]) -> str:
        lines = self._remarks((), 0)
        for key, value in data.items():
            entry = self._entry(key, value, 0, ())
            if len(entry) > 1 and lines:
                lines.append("")
            lines += entry
        return "\n".join(lines) + "\n"

    def _entry(self, key: str, value: Any, indent: int, path: Path) -> list[str]:
        """The lines of one key."""
        here = (*path, key)
        margin = " " * indent
        lines = self._remarks(here, indent)
        name = _text(key)
        if len(name) > _LONGEST_KEY:
            return [*lines, f"{margin}? {name}", f"{margin}: {_flow(value, key)}"]
        flow = _flow(value, key, inside=False)
        if not self._is_block(value, here, len(margin) + len(name) + 2 + len(flow)):
            return [*lines, f"{margin}{name}: {flow}"]
        lines.append(f"{margin}{name}:")
        if isinstance(value, Mapping):
            for number, (below, thing) in enumerate(value.items()):
                if number and key == "tables":
                    lines.append("")
                lines += self._entry(below, thing, indent + 2, here)
            return lines
        for number, item in enumerate(value):
            if number and here == ("criteria",):
                lines.append("")
            lines += self._item(item, indent + 2, (*here, number))
        return lines

    def _item(self, item: Any, indent: int, path: Path) -> list[str]:
        """The lines of one item of a list."""
        lines = self._remarks(path, indent)
        flow = _flow(item, str(path[-2]), inside=False)
        margin = " " * indent
        if not isinstance(item, Mapping) or not self._is_block(item, path, indent + 2 + len(flow)):
            return [*lines, f"{margin}- {flow}"]
        body = [line for key, value in item.items() for line in self._entry(key, value, indent + 2, path)]
        first = next(i for i, line in enumerate(body) if not line.lstrip().startswith("#"))
        body[first] = f"{margin}- {body[first].lstrip()}"
        return lines + body

    def _is_block(self, value: Any, path: Path, width: int) -> bool:
        if not isinstance(value, (Mapping, list)) or not value:
            return False
        if isinstance(value, Mapping) and any(len(_text(key)) > _LONGEST_KEY for key in value):
            return False
        key = path[-1] if isinstance(path[-1], str) else path[-2]
        if (isinstance(path[-1], str) and key in _BLOCKS) or (len(path) > 1 and path[-2] in _BLOCK_ITEMS):
            return True
        if isinstance(value, list) and len(value) > 1 and all(isinstance(item, Mapping) for item in value):
            return True
        commented = any(at[: len(path)] == path and at != path for at in self._comments)
        return commented or width > WIDTH

    def _remarks(self, path: Path, indent: int) -> list[str]:
        return [f"{' ' * indent}# {_UNSEEN.sub('□', line)}" for line in self._comments.get(path, ())]


def _flow(value: Any, key: str = "", *, inside: bool = True) -> str:
    """A value in one line; `key` is the key that it stands under, `inside` whether brackets stand around it."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(_flow_entry(name, thing) for name, thing in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_flow(item, key) for item in value) + "]"
    if isinstance(value, str):
        return quote(value) if key in _QUOTED else _text(value, inside=inside)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, dt.date) else repr(value)


def _flow_entry(name: str, thing: Any) -> str:
    written = _text(name)
    return f"{'? ' if len(written) > _LONGEST_KEY else ''}{written}: {_flow(thing, name)}"


def _text(text: str, *, inside: bool = True) -> str:
    """A text, bare where no reader can take it for anything else."""
    if (
        _PLAIN.fullmatch(text)
        and " #" not in text
        and not (inside and _FLOW_SIGNS.search(text))
        and not _SURPRISES.fullmatch(text)
    ):
        return text
    if '"' in text and "'" not in text and not _ESCAPED.search(text.replace('"', "")):
        return f"'{text}'"
    return quote(text)


def quote(text: str) -> str:
    r"""A text in double quotation marks.

    >>> quote("1.10"), quote('"đạt"\n')
    ('"1.10"', '"\\"đạt\\"\\n"')
    """
    return '"' + _ESCAPED.sub(_escape, text) + '"'


def _escape(found: re.Match[str]) -> str:
    character = found.group()
    return _NAMED_ESCAPES.get(character) or (
        f"\\x{ord(character):02X}" if ord(character) < 0x100 else f"\\u{ord(character):04X}"
    )
