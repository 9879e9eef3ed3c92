"""Rule files as plain data that remembers where each value stands.

The file is read as events, not built by the YAML library: so aliases and tags can be refused, depth and size are
bounded, `1.10` keeps its text, and every key knows its line. Scalars follow YAML 1.2's core schema, plus dates
(`2024-11-30`).
"""

from __future__ import annotations

import datetime as dt
import math
import re
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import yaml

from nhiemvu.errors import Place, Problem, RuleError, say_reason
from nhiemvu.messages import N_
from nhiemvu.rules.syntax import blank_out, explain_syntax, find_tabs

MAX_BYTES = 4_000_000
MAX_DEPTH = 40
MAX_VALUES = 200_000
MAX_SYNTAX = 50  # mistakes of the YAML itself that are told at once,
MAX_AGAIN = 1_000_000  # and characters that are read again to find them: one mistake of a file of megabytes is enough

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml where the wheel has it: some 10 times faster

_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_FORBIDDEN = re.compile(  # what YAML 1.2 (5.1) does not call printable
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)


class Mark(NamedTuple):
    """Where a value stands (lines and columns from 1), and its text as written.

    `quotes` counts the characters of quotes before the text; None where the text does not stand there letter for letter
    (folded over lines, or with escapes), so that no place within it can be named.
    """

    file: str
    line: int
    column: int
    raw: str = ""
    quotes: int | None = None

    def place(self, offset: int | None = None) -> Place:
        """The place of the value, or of the character at `offset` (from 0) of its text."""
        inside = 0 if offset is None or self.quotes is None else self.quotes + offset
        return Place(self.file, line=self.line, column=self.column + inside)


class Map(dict[str, Any]):
    """A mapping; `keys_at` and `at` hold the marks of its keys and of their values: in whichever file each stands."""

    __slots__ = ("at", "keys_at", "mark")

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark
        self.keys_at: dict[str, Mark] = {}
        self.at: dict[str, Mark] = {}

    def place(self, key: str, *, of_key: bool = False, offset: int | None = None) -> Place:
        """Where a value stands, or its key, or a character of it; the mapping itself where there is no such key."""
        found = (self.keys_at if of_key else self.at).get(key)
        return self.mark.place() if found is None else found.place(offset)

    def put(self, key: str, value: Any, key_at: Mark, at: Mark) -> None:
        """Set a key together with its marks."""
        self[key], self.keys_at[key], self.at[key] = value, key_at, at

    def take_out(self, key: str) -> None:
        """Remove a key together with its marks."""
        del self[key], self.keys_at[key], self.at[key]


class Seq(list[Any]):
    """A sequence; `at` holds the marks of its items."""

    __slots__ = ("at", "mark")

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark
        self.at: list[Mark] = []

    def place(self, index: int, *, offset: int | None = None) -> Place:
        """Where an item stands, or a character of it."""
        return self.at[index].place(offset)

    def take_out(self, index: int) -> None:
        """Remove an item together with its mark."""
        del self[index], self.at[index]


def read_yaml(path: Path, most: int | None = None) -> tuple[Map, list[Problem]]:
    """Read one rule file.

    Args:
        path: the file.
        most: keys and values that it may have; by default `MAX_VALUES`.

    Returns:
        The data with its marks, and the problems found on the way (duplicate keys, aliases, tags); never empty data.

    Raises:
        RuleError: no such file, not UTF-8, over a limit, or not YAML: nothing can be said of the rest.
    """
    name = str(path)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise RuleError(
            Problem(
                "rule-file-unreadable",
                N_("không đọc được tệp quy tắc ({reason}); kiểm tra lại tên tệp và quyền đọc"),
                Place(name),
                {"reason": say_reason(error)},
            )
        ) from error
    if len(data) > MAX_BYTES:
        message = N_("tệp quy tắc lớn quá giới hạn {limit} byte; hãy tách thành nhiều tệp và gộp lại bằng includes")
        raise RuleError(Problem("rule-limit", message, Place(name), {"limit": MAX_BYTES}))
    return parse_yaml(decode(data, name), name, most)


def decode(data: bytes, name: str) -> str:
    """UTF-8 text of a rule file, or what else it is: UTF-16, or the place of the first byte that is not UTF-8."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in data[:2]:
        message = N_("tệp ở bảng mã UTF-16; mở bằng Notepad, chọn «Lưu thành…» (Save as), bảng mã UTF-8 rồi lưu lại")
        raise RuleError(Problem("not-utf-8", message, Place(name, line=1, column=1)))
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        message = N_(
            "tệp không ở bảng mã UTF-8 (byte {byte}), có thể ở bảng mã cũ như TCVN3, VNI; "
            "chuyển chữ sang Unicode rồi lưu tệp ở bảng mã UTF-8"
        )
        place = Place(
            name,
            line=before.count(b"\n") + 1,
            column=len(before[before.rfind(b"\n") + 1 :].decode("utf-8")) + 1,
        )
        raise RuleError(Problem("not-utf-8", message, place, {"byte": f"0x{data[error.start]:02X}"})) from error


def parse_yaml(text: str, name: str, most: int | None = None) -> tuple[Map, list[Problem]]:
    """As `read_yaml`, from text."""
    if forbidden := _FORBIDDEN.search(text):
        before = text[: forbidden.start()]
        raise RuleError(
            Problem(
                "yaml-character",
                N_("có ký tự điều khiển U+{code} không được phép trong tệp quy tắc; hãy xóa ký tự đó"),
                Place(name, line=before.count("\n") + 1, column=len(before) - before.rfind("\n")),
                {"code": f"{ord(forbidden.group()):04X}"},
            )
        )
    builder = _Builder(name, MAX_VALUES if most is None else most)
    try:
        _build(text, builder)
    except yaml.MarkedYAMLError as error:
        raise RuleError([*builder.problems, *_find_syntax(error, text, name)]) from error
    if not isinstance(builder.root, Map):
        message = (
            N_("tệp quy tắc trống; bắt đầu bằng «rulebook:» và «title:»")
            if builder.root is None
            else N_("tệp quy tắc phải gồm các dòng «khóa: giá trị», bắt đầu bằng «rulebook:»")
        )
        raise RuleError([*builder.problems, Problem("yaml-shape", message, Place(name, line=1, column=1))])
    return builder.root, builder.problems


def _build(text: str, builder: _Builder) -> None:
    try:
        loader = _Loader(text)
        while loader.check_event():
            builder.take(loader.get_event())
    except yaml.MarkedYAMLError as error:
        if "nesting depth" in (error.problem or ""):  # the scanner looks ahead, and has a limit of its own
            builder.stop_at_depth(error.problem_mark)
        raise


def _find_syntax(error: yaml.MarkedYAMLError, text: str, name: str) -> list[Problem]:
    """What the YAML library refuses, and what it would refuse next: values without quotes, lines with tabs."""
    found: list[Problem] = []
    most = min(MAX_SYNTAX, 1 + MAX_AGAIN // len(text))
    while len(found) < most:
        problem = explain_syntax(error, text, name)
        if problem.code == "yaml-tab":
            return [*found, *(find_tabs(text, problem) or [problem])]
        found.append(problem)
        if problem.code != "unquoted-sign":
            break
        text = blank_out(text, problem)
        try:
            _build(text, _Builder(name, MAX_VALUES))
        except yaml.MarkedYAMLError as another:
            error = another
        except RuleError:
            break
        else:
            break
    return found


class _Builder:
    """Builds plain data from YAML events, with marks, refusing what a rule file has no use for."""

    def __init__(self, file: str, most: int) -> None:
        self.file, self.most = file, most
        self.root: Any = None
        self.problems: list[Problem] = []
        self._open: list[Map | Seq] = []  # containers being filled
        self._keys: list[tuple[str, Mark] | None] = []  # for each, the key that waits for a value
        self._count = 0
        self._documents = 0

    def take(self, event: Any) -> None:
        """One event of the parser."""
        if isinstance(event, yaml.ScalarEvent):
            self._take_scalar(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._open_container(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._open.pop()
            self._keys.pop()
        elif isinstance(event, yaml.AliasEvent):
            mark = self._mark(event, f"*{event.anchor}")
            message = N_(
                "không dùng bí danh «{alias}» trong tệp quy tắc: chép lại giá trị; nếu là chữ, đặt trong dấu ngoặc kép"
            )
            self._say("yaml-alias", message, mark, {"alias": mark.raw})
            self._put(None, mark)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                message = N_("tệp có dòng «---» chia làm hai phần; mỗi bộ quy tắc một tệp")
                raise RuleError([*self.problems, Problem("yaml-documents", message, self._mark(event).place())])

    def _mark(self, event: Any, raw: str = "", quotes: int | None = None) -> Mark:
        return Mark(self.file, event.start_mark.line + 1, event.start_mark.column + 1, raw, quotes)

    def _take_scalar(self, event: Any) -> None:
        start, end, quotes = event.start_mark, event.end_mark, len(event.style or "")
        is_literal = start.line == end.line and end.column - start.column == len(event.value) + 2 * quotes
        mark = self._mark(event, event.value, quotes if is_literal else None)
        is_tagged = self._has_tag(event, mark)
        is_key = bool(self._open) and isinstance(self._open[-1], Map) and self._keys[-1] is None
        self._put(event.value if is_key or event.style or is_tagged else _scalar(event.value), mark)

    def _open_container(self, event: Any) -> None:
        mark = self._mark(event)
        self._has_tag(event, mark)
        if len(self._open) >= MAX_DEPTH:
            self.stop_at_depth(event.start_mark)
        container = Map(mark) if isinstance(event, yaml.MappingStartEvent) else Seq(mark)
        self._put(container, mark)
        self._open.append(container)
        self._keys.append(None)

    def stop_at_depth(self, mark: Any) -> NoReturn:
        """There are more levels than anybody writes."""
        place = Mark(self.file, mark.line + 1, mark.column + 1)
        self._stop(N_("lồng nhau quá {limit} mức; hãy bớt các mức thụt lề"), MAX_DEPTH, place)

    def _has_tag(self, event: Any, mark: Mark) -> bool:
        if event.tag in (None, "!"):
            return False
        message = N_(
            "«{tag}» là nhãn kiểu của YAML, không dùng ở đây; nếu là ngưỡng, hãy đặt cả ngưỡng trong dấu ngoặc kép"
        )
        self._say("yaml-tag", message, mark, {"tag": event.tag.replace("tag:yaml.org,2002:", "!!")})
        return True

    def _put(self, value: Any, mark: Mark) -> None:
        self._count += 1
        if self._count > self.most:
            message = N_("có hơn {limit} giá trị; hãy tách thành nhiều tệp và gộp lại bằng includes")
            self._stop(message, self.most, mark)
        if not self._open:
            self.root = value
            return
        container = self._open[-1]
        if isinstance(container, Seq):
            if (
                isinstance(value, str)
                and mark.quotes == 0
                and self._join(container.at, len(container) - 1, value, container)
            ):
                return
            container.append(value)
            container.at.append(mark)
        elif (waiting := self._keys[-1]) is None:
            if not isinstance(value, str):
                self._say("yaml-key", N_("khóa phải là một tên, không phải danh sách hay nhóm khóa"), mark, {})
            self._keys[-1] = (value if isinstance(value, str) else f"? {mark.line}", mark)
        else:
            self._keys[-1] = None
            self._put_pair(container, *waiting, value, mark)

    def _put_pair(self, container: Map, key: str, key_at: Mark, value: Any, at: Mark) -> None:
        is_bare = not at.raw and key_at.quotes == 0  # `5` of `{points: 7,5}`, but neither `"5": null` nor `5: null`
        if value is None and is_bare and self._join(container.at, next(reversed(container), None), key, container):
            return
        if key in container:
            message = N_("khóa «{key}» đã có ở dòng {line}; chỉ giữ một")
            self._say("duplicate-key", message, key_at, {"key": key, "line": container.keys_at[key].line})
        else:
            container.put(key, value, key_at, at)

    def _join(self, marks: Any, last: Any, rest: str, container: Map | Seq) -> bool:
        """Was the value before cut by its own comma: `{points: 7,5}`, `[sum(a.b, where …)]`. Then it is made whole."""
        is_decimal = isinstance(container, Map) and re.match("[0-9]", rest) is not None
        if last in (None, -1) or not (is_decimal or rest.startswith("where ")) or marks[last].quotes != 0:
            return False
        before = marks[last].raw
        if not before or (is_decimal and not before[-1].isdigit()):
            return False
        whole = f"{before}.{rest}" if is_decimal else f"{before}, {rest}"
        message = (
            N_("«{found}» bị dấu phẩy cắt đôi: số thập phân dùng dấu chấm; viết {whole}")
            if is_decimal
            else N_("«{found}» bị dấu phẩy cắt đôi: đặt cả biểu thức trong dấu ngoặc đơn, viết {whole}")
        )
        shown = whole if _FLOAT.fullmatch(whole) else f'"{whole}"' if is_decimal else f"'{whole}'"
        found = whole if not is_decimal else f"{before},{rest}"
        self._say("yaml-comma", message, marks[last], {"found": found, "whole": shown})
        container[last], marks[last] = _scalar(whole), marks[last]._replace(raw=whole, quotes=None)
        return True

    def _say(self, code: str, message: str, mark: Mark, fill: dict[str, object]) -> None:
        self.problems.append(Problem(code, message, mark.place(), fill))

    def _stop(self, message: str, limit: int, mark: Mark) -> NoReturn:
        raise RuleError([*self.problems, Problem("rule-limit", message, mark.place(), {"limit": limit})])


def _scalar(text: str) -> object:
    """A plain (unquoted) scalar by YAML 1.2's core schema, plus dates."""
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text in ("true", "True", "TRUE"):
        return True
    if text in ("false", "False", "FALSE"):
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
        if _FLOAT.fullmatch(text) and math.isfinite(number := float(text)):
            return number
    return text
