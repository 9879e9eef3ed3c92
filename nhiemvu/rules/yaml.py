"""Rule files as plain data that remembers where each value stands.

The file is read as events, not built by the YAML library: so aliases and tags can be refused, depth and size are bounded,
`1.10` keeps its text, and every key knows its line. Scalars follow YAML 1.2's core schema, plus dates (`2024-11-30`).
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from nhiemvu.errors import Place, Problem, RuleError
from nhiemvu.messages import N_

MAX_BYTES = 4_000_000
MAX_DEPTH = 40
MAX_VALUES = 400_000

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml where the wheel has it: some 10 times faster

_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_BLOCK_SIGN = re.compile(r":\s*(>=?\s*[\d(].*|[%@`].*)$")


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a value stands (from 1), its text as written, and how many characters of quotes come before the text."""

    line: int
    column: int
    raw: str = ""
    quotes: int = 0


class Map(dict[str, Any]):
    """A mapping; `keys_at` and `at` hold the marks of its keys and of their values, `file` the file.

    Once files are merged, `from_file` names the file of each key that another file has put here.
    """

    __slots__ = ("at", "file", "from_file", "keys_at", "mark")

    def __init__(self, file: str, mark: Mark) -> None:
        super().__init__()
        self.file, self.mark = file, mark
        self.keys_at: dict[str, Mark] = {}
        self.at: dict[str, Mark] = {}
        self.from_file: dict[str, str] = {}

    def place(self, key: str, *, of_key: bool = False, offset: int = 0) -> Place:
        """Where the value of a key stands (or the key itself), `offset` characters on; the mapping's own place without it."""
        mark = (self.keys_at if of_key else self.at).get(key, self.mark)
        return Place(
            self.from_file.get(key, self.file),
            line=mark.line,
            column=mark.column + (mark.quotes if offset else 0) + offset,
        )


class Seq(list[Any]):
    """A sequence; `at` holds the marks of its items."""

    __slots__ = ("at", "file", "mark")

    def __init__(self, file: str, mark: Mark) -> None:
        super().__init__()
        self.file, self.mark = file, mark
        self.at: list[Mark] = []


def read_yaml(path: Path) -> tuple[Map, list[Problem]]:
    """Read one rule file.

    Returns:
        The data with its marks, and the problems found on the way (duplicate keys, aliases, tags); never empty data.

    Raises:
        RuleError: no such file, not UTF-8, over a limit, or not YAML: nothing can be said of the rest.
    """
    name = str(path)
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise RuleError(
                _too_large(
                    name,
                    N_(
                        "tệp quy tắc dài {found} byte, quá giới hạn {limit} byte; hãy tách thành nhiều tệp và dùng includes"
                    ),
                    size,
                    MAX_BYTES,
                )
            )
        data = path.read_bytes()
    except OSError as error:
        raise RuleError(
            Problem(
                "rule-file-unreadable",
                N_("không đọc được tệp quy tắc ({reason}); kiểm tra lại tên và quyền đọc"),
                Place(name),
                {"reason": error.strerror or error},
            )
        ) from error
    return parse_yaml(decode(data, name), name)


def decode(data: bytes, name: str) -> str:
    """UTF-8 text of a rule file, or the place of the first byte that is not."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        raise RuleError(
            Problem(
                "not-utf-8",
                N_("tệp không ở bảng mã UTF-8 (byte {byte}); mở bằng Notepad, chọn «Lưu thành…», mã hóa UTF-8"),
                Place(name, line=line, column=column),
                {"byte": f"0x{data[error.start]:02X}"},
            )
        ) from error


def parse_yaml(text: str, name: str) -> tuple[Map, list[Problem]]:
    """As `read_yaml`, from text."""
    try:
        builder = _Builder(name)
        for event in yaml.parse(text, Loader=_Loader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        raise RuleError([*builder.problems, _syntax_problem(error, text, name)]) from error
    except yaml.YAMLError as error:  # a character that YAML forbids
        position = getattr(error, "position", 0) or 0
        before = text[:position]
        place = Place(name, line=before.count("\n") + 1, column=position - before.rfind("\n"))
        raise RuleError(
            Problem("yaml-character", N_("có ký tự mà YAML không cho phép; hãy xóa ký tự đó"), place)
        ) from error
    if not isinstance(builder.root, Map):
        raise RuleError(
            Problem(
                "yaml-shape",
                N_("tệp quy tắc phải gồm các dòng «khóa: giá trị», bắt đầu bằng «rulebook:»"),
                Place(name, line=1, column=1),
            )
        )
    return builder.root, builder.problems


def _too_large(name: str, message: str, found: int, limit: int, mark: Mark | None = None) -> Problem:
    place = Place(name, line=mark.line, column=mark.column) if mark else Place(name)
    return Problem("rule-limit", message, place, {"found": found, "limit": limit})


def _syntax_problem(error: yaml.MarkedYAMLError, text: str, name: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    lines = text.splitlines()
    for number in (line, line - 1):  # libyaml may notice only on the next line
        if 0 <= number < len(lines) and (found := _BLOCK_SIGN.search(lines[number])):
            value = found.group(1).strip()
            return Problem(
                "unquoted-sign",
                N_('«{value}» phải đặt trong dấu ngoặc kép: "{value}"'),
                Place(name, line=number + 1, column=found.start(1) + 1),
                {"value": value},
            )
    place = Place(name, line=line + 1, column=column + 1)
    if "\t" in (lines[line][: column + 1] if line < len(lines) else ""):
        return Problem("yaml-tab", N_("dòng bắt đầu bằng phím Tab; YAML chỉ nhận dấu cách để thụt lề"), place)
    return Problem(
        "yaml-syntax",
        N_("không đúng cú pháp YAML ({reason}); xem lại thụt lề, dấu hai chấm và dấu ngoặc quanh chỗ này"),
        place,
        {"reason": error.problem or error.context or ""},
    )


class _Builder:
    """Builds plain data from YAML events, with marks, refusing what a rule file has no use for."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Any = None
        self.problems: list[Problem] = []
        self._open: list[
            tuple[Map | Seq, str | None]
        ] = []  # containers being filled, with the key that waits for a value
        self._keys: list[tuple[str, Mark] | None] = []
        self._count = 0

    def take(self, event: Any) -> None:
        if isinstance(event, yaml.ScalarEvent):
            mark = Mark(event.start_mark.line + 1, event.start_mark.column + 1, event.value, len(event.style or ""))
            self._tag(event, mark)
            waiting = self._open and isinstance(self._open[-1][0], Map) and self._keys[-1] is None
            value = event.value if waiting or event.style or event.tag not in (None, "!") else _scalar(event.value)
            self._put(value, mark)
        elif isinstance(event, yaml.CollectionStartEvent):
            mark = Mark(event.start_mark.line + 1, event.start_mark.column + 1)
            self._tag(event, mark)
            if len(self._open) >= MAX_DEPTH:
                raise RuleError(
                    _too_large(
                        self.file,
                        N_("lồng nhau {found} mức, quá giới hạn {limit} mức"),
                        len(self._open) + 1,
                        MAX_DEPTH,
                        mark,
                    )
                )
            container = Map(self.file, mark) if isinstance(event, yaml.MappingStartEvent) else Seq(self.file, mark)
            self._put(container, mark)
            self._open.append((container, None))
            self._keys.append(None)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._open.pop()
            self._keys.pop()
        elif isinstance(event, yaml.AliasEvent):
            mark = Mark(event.start_mark.line + 1, event.start_mark.column + 1, f"*{event.anchor}")
            self._say(
                "yaml-alias",
                N_("không dùng bí danh «{alias}» trong tệp quy tắc; hãy chép lại giá trị"),
                mark,
                {"alias": mark.raw},
            )
            self._put(None, mark)

    def _tag(self, event: Any, mark: Mark) -> None:
        if event.tag not in (None, "!"):
            self._say(
                "yaml-tag",
                N_(
                    "«{tag}» là một nhãn kiểu của YAML, không dùng ở đây; nếu là ngưỡng, hãy đặt cả ngưỡng trong dấu ngoặc kép"
                ),
                mark,
                {"tag": event.tag},
            )

    def _put(self, value: Any, mark: Mark) -> None:
        self._count += 1
        if self._count > MAX_VALUES:
            raise RuleError(
                _too_large(
                    self.file,
                    N_("có hơn {limit} giá trị ({found}); hãy tách thành nhiều tệp"),
                    self._count,
                    MAX_VALUES,
                    mark,
                )
            )
        if not self._open:
            self.root = value
            return
        container, _ = self._open[-1]
        if isinstance(container, Seq):
            container.append(value)
            container.at.append(mark)
            return
        key = self._keys[-1]
        if key is None:
            if not isinstance(value, str):
                self._say("yaml-key", N_("khóa phải là chữ"), mark, {})
                value = repr(value)
            self._keys[-1] = (value, mark)
            return
        self._keys[-1] = None
        name, at = key
        if name in container:
            first = container.keys_at[name]
            self._say(
                "duplicate-key",
                N_("khóa «{key}» đã có ở dòng {line}; chỉ giữ một"),
                at,
                {"key": name, "line": first.line},
            )
            return
        container[name] = value
        container.keys_at[name] = at
        container.at[name] = mark

    def _say(self, code: str, message: str, mark: Mark, fill: dict[str, object]) -> None:
        self.problems.append(Problem(code, message, Place(self.file, line=mark.line, column=mark.column), fill))


def _scalar(text: str) -> object:
    """A plain (unquoted) scalar by YAML 1.2's core schema, plus dates."""
    if text in ("", "~", "null"):
        return None
    if text in ("true", "True"):
        return True
    if text in ("false", "False"):
        return False
    first = text[0]
    if first.isdigit() or first in "+-.":
        if _INT.fullmatch(text):
            return int(text) if len(text) < 40 else text
        if (found := _DATE.fullmatch(text)) is not None:
            try:
                return dt.date(*map(int, found.groups()))
            except ValueError:
                return text  # 2024-02-30 stays text, and the model says that a date is wanted
        if _FLOAT.fullmatch(text):
            return float(text)
    return text
