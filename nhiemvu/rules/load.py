"""Read rule files, merge the layers, and say everything that is wrong with them, each with its line and column.

load_rulebook ── read_yaml ──▶ merge (includes, overlay, children_from, under) ──▶ RuleFile ──▶ compile ──▶ Rulebook
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

from nhiemvu.errors import Place, Problem, RuleError
from nhiemvu.garbage import no_collection
from nhiemvu.messages import N_
from nhiemvu.rules.compile import compile_rulebook
from nhiemvu.rules.explain_form import Pruned, explain
from nhiemvu.rules.find import find_rulebook
from nhiemvu.rules.models import RuleFile
from nhiemvu.rules.rulebook import Rulebook
from nhiemvu.rules.suggestion import suggest_name
from nhiemvu.rules.yaml import Map, Mark, Seq, read_yaml
from nhiemvu.text import code_key

MAX_INCLUDES = 50
_OF_ITS_FILE = ("rulebook", "title", "includes", "source")  # what a file says of itself alone


def _first_day(raw: Map) -> dt.date | None:
    """The day from which a file holds: the day on which it needs those that it includes."""
    valid = raw.get("valid")
    day = valid.get("from") if isinstance(valid, Map) else None
    return day if isinstance(day, dt.date) else None


def load_rulebook(source: str | Path, on: dt.date | None = None) -> Rulebook:
    """Load a rulebook by its id or from a file, with everything that it includes.

    Args:
        source: id of a shipped rulebook, or path of a YAML file.
        on: the day that chooses among several versions of an id; without it the newest.

    Returns:
        The compiled rulebook; warnings are in its `problems`.

    Raises:
        RuleError: every mistake of the files in one go, each with file, line, column and what was expected.

    >>> load_rulebook("nhiem-vu-trong-tam-2024-hai-yen").by_id["17.4"].target_text
    '≥ 25%'
    """
    with no_collection():
        return _load(find_rulebook(source, on=on), on)


def _load(path: Path, on: dt.date | None) -> Rulebook:
    merger = _Merger(on)
    raw = merger.merge(path)
    problems = merger.problems
    try:
        form: RuleFile | None = RuleFile.model_validate(raw)
    except ValidationError as error:
        said = {problem.place for problem in problems}  # an alias stands for a value that is then missing
        problems += [problem for problem in explain(error, raw) if problem.place not in said]
        form = None
    if form is not None and merger.is_whole:
        rulebook, found = compile_rulebook(form, raw, tuple(merger.files))
        problems += found
        if all(problem.severity != "error" for problem in problems):
            return rulebook
    elif merger.is_whole:
        problems += _find_more(raw)
    raise RuleError(sorted(problems, key=lambda problem: _place_order(problem.place)))


def _find_more(raw: Map) -> list[Problem]:
    """What else is wrong with a file whose form is wrong: cut out what has no form, judge the rest by itself."""
    pruned = Pruned()
    while True:
        try:
            form = RuleFile.model_validate(raw)
        except ValidationError as error:
            if not pruned.cut(error, raw):
                return []
        else:
            return [problem for problem in compile_rulebook(form, raw, ())[1] if not pruned.explains(problem)]


def _place_order(place: Place) -> tuple[str, int, int]:
    return place.file, place.line, place.column


class _Merger:
    """Lays files over those that they include. Works on the raw data, so that every value keeps its own place.

    Attributes:
        problems: what is wrong with the layers; the form of the files is judged later.
        files: every file that was read, the included ones first.
        is_whole: was every included file found and read; if not, names that seem unknown may stand in it.
    """

    def __init__(self, on: dt.date | None = None) -> None:
        self._on = on
        self.problems: list[Problem] = []
        self.files: list[str] = []
        self.is_whole = True
        self._open: list[Path] = []
        self._seen: set[Path] = set()
        self._ids: dict[str, Map] = {}

    def merge(self, path: Path) -> Map:
        """The data of a file with all its includes merged in."""
        raw, problems = read_yaml(path)
        self.problems += problems
        merged = Map(raw.mark)
        self._lay(path, raw, merged)
        return merged

    def _lay(self, path: Path, raw: Map, merged: Map) -> None:
        """Lay a file and, under it, the files that it includes over what is there."""
        self._open.append(path.resolve())
        self._seen.add(path.resolve())
        for file, base in self._bases(raw, path):
            _give_source(base)
            self._lay(file, base, merged)
        own = [*_criteria(raw)]
        self._refuse_second_ids(own)
        _lay_over(merged, raw, is_top=len(self._open) == 1)
        own_ids = {id(each) for each in own}
        for node in own:
            self._adopt(merged, node, own_ids)
        self._overlay(merged, raw)
        self.files.append(raw.mark.file)
        self._open.pop()

    def _bases(self, raw: Map, path: Path) -> Iterator[tuple[Path, Map]]:
        includes = raw.get("includes")
        if not isinstance(includes, Seq):
            return  # the form says so
        for name, mark in zip(includes, includes.at, strict=True):
            if not isinstance(name, str):
                continue
            try:
                file = find_rulebook(name, path.parent, self._on or _first_day(raw))
            except RuleError as error:
                self.problems += [replace(problem, place=mark.place()) for problem in error.problems]
                self.is_whole = False
                continue
            if file.resolve() in self._open:
                self._say("include-cycle", N_("«{name}» gộp vòng tròn: tệp đó lại gộp chính tệp này"), mark, name=name)
            elif len(self._seen) > MAX_INCLUDES:
                self._say("rule-limit", N_("gộp quá {limit} tệp"), mark, limit=MAX_INCLUDES)
                self.is_whole = False
            elif file.resolve() not in self._seen:
                try:
                    base, problems = read_yaml(file)
                except RuleError as error:
                    self.problems += error.problems
                    self.is_whole = False
                    continue
                self.problems += problems
                yield file, base

    def _refuse_second_ids(self, own: list[Map]) -> None:
        for node in own:
            id_ = node.get("id")
            if not isinstance(id_, str):
                continue
            first = self._ids.setdefault(code_key(id_), node)
            if first is not node:
                place = first.place("id")
                message = (
                    N_("mã «{id}» đã có ở dòng {line}")
                    if place.file == node.mark.file
                    else N_("mã «{id}» đã có ở {file}, dòng {line}; muốn sửa tiêu chí đó thì ghi vào mục overlay")
                )
                self._say("duplicate-id", message, node.at["id"], id=id_, file=Path(place.file).name, line=place.line)

    def _adopt(self, merged: Map, node: Map, own: set[int]) -> None:
        """`children_from` takes over the children of an included criterion; `under` hangs a criterion below one."""
        for key in ("children_from", "under"):
            wanted = node.get(key)
            if not isinstance(wanted, str):
                continue
            included = [each for each in _criteria(merged) if id(each) not in own]
            other = next((each for each in included if each.get("id") == wanted), None)
            if other is None:
                message = N_("không có tiêu chí «{id}» trong các tệp được gộp; {suggestion}")
                self._say_unknown(message, wanted, included, node.at[key])
            elif key == "children_from":
                self._take_children(merged, node, other)
            else:
                self._hang_under(merged, node, other)

    def _take_children(self, merged: Map, node: Map, other: Map) -> None:
        place = node.at["children_from"]
        if "children" in node:
            self._say("children-twice", N_("chỉ ghi một trong hai khóa children và children_from"), place)
        elif any(each is node for each in _below(other)):
            self._say(
                "children-cycle",
                N_("«{id}» chứa chính tiêu chí này, nên không lấy các con của nó được"),
                place,
                id=other["id"],
            )
        else:
            _remove(merged, other)
            for inherited in ("children", "roll_up"):
                if inherited in other and inherited not in node:
                    _put(node, inherited, other)

    def _hang_under(self, merged: Map, node: Map, other: Map) -> None:
        if any(each is other for each in _below(node)):
            message = N_("«{id}» nằm dưới chính tiêu chí này, nên không đặt tiêu chí này vào đó được")
            self._say("children-cycle", message, node.at["under"], id=other["id"])
            return
        if "children" not in other:
            other.put("children", Seq(other.mark), other.mark, other.mark)
        children = other["children"]
        if isinstance(children, Seq):  # if not, the form says so
            _remove(merged, node)
            children.append(node)
            children.at.append(node.mark)

    def _overlay(self, merged: Map, raw: Map) -> None:
        patches = raw.get("overlay")
        if not isinstance(patches, Seq):
            if "overlay" in raw:
                _put(merged, "overlay", raw)  # the form says so
            return
        known = [*_criteria(merged)]
        by_id = {node["id"]: node for node in reversed(known) if isinstance(node.get("id"), str)}
        patched: dict[str, Map] = {}
        for patch, mark in zip(patches, patches.at, strict=True):
            wanted = patch.get("id") if isinstance(patch, Map) else None
            if not isinstance(patch, Map) or not isinstance(wanted, str):
                at = patch.at.get("id", mark) if isinstance(patch, Map) else mark
                message = N_(
                    'mỗi mục của overlay bắt đầu bằng mã của tiêu chí cần sửa, trong dấu ngoặc kép: id: "1.10"'
                )
                self._say("overlay-without-id", message, at)
            elif wanted not in by_id:
                message = N_("overlay sửa tiêu chí «{id}» nhưng không tệp nào có mã đó; {suggestion}")
                self._say_unknown(message, wanted, known, patch.at["id"])
            elif wanted in patched:
                message = N_("overlay đã sửa «{id}» ở dòng {line}; gộp hai mục làm một")
                self._say("duplicate-id", message, patch.at["id"], id=wanted, line=patched[wanted].at["id"].line)
            else:
                patched[wanted] = patch
                _give_targets_source(patch, raw)
                for key in patch:
                    if key != "id":
                        _put(by_id[wanted], key, patch)

    def _say_unknown(self, message: str, wanted: str, known: list[Map], mark: Mark) -> None:
        suggestion = suggest_name(wanted, [str(each.get("id")) for each in known])
        self._say("unknown-criterion", message, mark, id=wanted, suggestion=suggestion)

    def _say(self, code: str, message: str, mark: Mark, **fill: object) -> None:
        self.problems.append(Problem(code, message, mark.place(), fill))


def _lay_over(merged: Map, upper: Map, *, is_top: bool) -> None:
    """Named things are replaced by name, lists are joined, the rest is the upper file's."""
    for key, value in upper.items():
        below = merged.get(key)
        if key in ("facts", "tables") and isinstance(below, Map) and isinstance(value, Map):
            for name in value:
                _put(below, name, value)
        elif key in ("criteria", "checks", "cases") and isinstance(below, Seq) and isinstance(value, Seq):
            below.extend(value)
            below.at.extend(value.at)
        elif key != "overlay" and (is_top or key not in _OF_ITS_FILE):
            _put(merged, key, upper)


def _put(target: Map, key: str, source: Map) -> None:
    """Set a key as it stands in `source`, with its marks: it keeps the place that it came from."""
    target.put(key, source[key], source.keys_at[key], source.at[key])


def _give_source(raw: Map) -> None:
    """The common source of an included file is that of its own criteria, whatever file they are merged into."""
    if "source" in raw:
        for node in _criteria(raw):
            if "source" not in node:
                _put(node, "source", raw)


def _give_targets_source(patch: Map, raw: Map) -> None:
    """Targets that an overlay lays down have the source of the overlay, not of the criterion that it changes."""
    rows = patch.get("targets")
    source = patch if "source" in patch else raw
    if isinstance(rows, Seq) and "source" in source:
        for row in rows:
            if isinstance(row, Map) and "source" not in row:
                _put(row, "source", source)


def _criteria(raw: Map, key: str = "criteria") -> Iterator[Map]:
    """Every criterion of a file, parents first."""
    waiting = deque([raw.get(key)])
    while waiting:
        level = waiting.popleft()
        if isinstance(level, Seq):
            for node in level:
                if isinstance(node, Map):
                    yield node
                    waiting.append(node.get("children"))


def _below(node: Map) -> Iterator[Map]:
    return _criteria(node, "children")


def _remove(raw: Map, node: Map) -> None:
    """Take a criterion out of the list that holds it."""
    holders = [raw.get("criteria"), *(each.get("children") for each in _criteria(raw))]
    for level in holders:
        if isinstance(level, Seq):
            for i, each in enumerate(level):
                if each is node:
                    level.take_out(i)
                    return
