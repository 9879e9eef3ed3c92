"""Find rule files, merge the layers, and say everything that is wrong with them, each with its line and column.

load_rulebook ── read_yaml ──▶ merge (includes, overlay, children_from, under) ──▶ RuleFile ──▶ compile ──▶ Rulebook
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from nhiemvu.errors import Place, Problem, RuleError
from nhiemvu.messages import N_
from nhiemvu.rules.compile import compile_rulebook
from nhiemvu.rules.explain_form import explain
from nhiemvu.rules.models import RuleFile
from nhiemvu.rules.rulebook import Rulebook
from nhiemvu.rules.yaml import Map, Mark, Seq, read_yaml
from nhiemvu.text import nearest

MAX_INCLUDES = 50


def shipped_rules() -> Path:
    """The folder of the rulebooks that come with the library: inside the wheel, or `rules/` of a checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "rulebooks"
    return installed if installed.is_dir() else package.parent / "rules"


def list_rulebooks(folder: Path | None = None) -> list[Path]:
    """Every rule file of a folder (the shipped ones by default), in order of name."""
    return sorted((folder or shipped_rules()).glob("*.yaml"))


def find_rulebook(name: str | Path, beside: Path | None = None) -> Path:
    """The file of a rulebook: a path, or an id sought beside the including file and among the shipped ones.

    Raises:
        RuleError: there is none; offers the nearest.
    """
    path = Path(name)
    if path.suffix in (".yaml", ".yml") or path.is_file():
        if path.is_file():
            return path
        raise RuleError(
            Problem("no-rule-file", N_("không có tệp quy tắc này; kiểm tra lại đường dẫn"), Place(str(path)))
        )
    folders = [folder for folder in (beside, shipped_rules()) if folder is not None]
    for folder in folders:
        candidate = folder / f"{name}.yaml"
        if candidate.is_file():
            return candidate
    known = [file.stem for folder in folders for file in list_rulebooks(folder)]
    close = nearest(str(name), known)
    raise RuleError(
        Problem(
            "no-rulebook",
            N_("không có bộ quy tắc «{name}»; có phải «{nearest}»?")
            if close
            else N_("không có bộ quy tắc «{name}»; hiện có: {known}"),
            fill={"name": name, "nearest": close[0] if close else "", "known": ", ".join(sorted(set(known)))},
        )
    )


def load_rulebook(source: str | Path) -> Rulebook:
    """Load a rulebook by its id or from a file, with everything that it includes.

    Args:
        source: id of a shipped rulebook, or path of a YAML file.

    Returns:
        The compiled rulebook; warnings are in its `problems`.

    Raises:
        RuleError: every mistake of the files in one go, each with file, line, column and what was expected.

    >>> load_rulebook("nhiem-vu-trong-tam-2024-hai-yen").by_id["17.4"].target_text
    '≥ 25%'
    """
    merger = _Merger()
    raw = merger.layer(find_rulebook(source))
    try:
        form = RuleFile.model_validate(raw)
    except ValidationError as error:
        raise RuleError(_in_order([*merger.problems, *explain(error, raw)])) from error
    rulebook, problems = compile_rulebook(form, raw, tuple(merger.files))
    problems = [*merger.problems, *problems]
    if any(problem.severity == "error" for problem in problems):
        raise RuleError(_in_order(problems))
    return rulebook


def _in_order(problems: Sequence[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda problem: (problem.place.file, problem.place.line, problem.place.column))


class _Merger:
    """Lays one file over those that it includes. Works on the raw data, so that every value keeps its own place."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.files: list[str] = []
        self._open: list[Path] = []
        self._done: set[Path] = set()

    def layer(self, path: Path) -> Map:
        """The data of a file with all its includes merged in."""
        self._open.append(path.resolve())
        raw, problems = read_yaml(path)
        self.problems += problems
        merged = Map(raw.file, raw.mark)
        for base in self._bases(raw, path):
            self._lay_over(merged, base)
        own_ids = {id(node) for node in _criteria(raw)}
        self._refuse_second_ids(merged, raw)
        self._lay_over(merged, raw)
        for node in [node for node in _criteria(merged) if id(node) in own_ids]:
            self._adopt(merged, node)
        self._overlay(merged, raw)
        self.files.append(raw.file)
        self._done.add(self._open.pop())
        return merged

    def _bases(self, raw: Map, path: Path) -> Iterator[Map]:
        includes = raw.get("includes", [])
        if not isinstance(includes, Seq):
            return  # the form says so
        for name, mark in zip(includes, includes.at, strict=True):
            if not isinstance(name, str):
                continue
            try:
                file = find_rulebook(name, path.parent)
            except RuleError as error:
                self.problems += [_moved(problem, raw.file, mark) for problem in error.problems]
                continue
            if file.resolve() in self._open:
                self._say(
                    "include-cycle", N_("«{name}» gộp vòng tròn: tệp đó lại gộp tệp này"), raw.file, mark, name=name
                )
            elif len(self._done) >= MAX_INCLUDES:
                self._say("rule-limit", N_("gộp quá {limit} tệp"), raw.file, mark, limit=MAX_INCLUDES)
            elif file.resolve() not in self._done:
                yield self.layer(file)

    @staticmethod
    def _lay_over(merged: Map, upper: Map) -> None:
        """Named things are replaced by name, lists are joined, the rest is the upper file's."""
        for key, value in upper.items():
            below = merged.get(key)
            if key in ("facts", "tables") and isinstance(below, Map) and isinstance(value, Map):
                for name, thing in value.items():
                    _put(below, name, thing, value)
            elif key in ("criteria", "checks", "cases") and isinstance(below, Seq) and isinstance(value, Seq):
                below.extend(value)
                below.at.extend(value.at)
            elif key != "overlay":
                _put(merged, key, value, upper)

    def _refuse_second_ids(self, merged: Map, raw: Map) -> None:
        known = {node["id"]: node for node in _criteria(merged) if isinstance(node.get("id"), str)}
        for node in _criteria(raw):
            first = known.get(node.get("id", ""))
            if first is not None:
                self._say(
                    "duplicate-id",
                    N_("mã «{id}» đã có ở {first}; muốn sửa tiêu chí đó thì ghi vào mục overlay"),
                    node.file,
                    node.at["id"],
                    id=node["id"],
                    first=f"{first.file}:{first.at['id'].line}",
                )

    def _adopt(self, merged: Map, node: Map) -> None:
        """`children_from` takes over the children of an included criterion; `under` hangs a criterion below one."""
        for key in ("children_from", "under"):
            wanted = node.get(key)
            if not isinstance(wanted, str):
                continue
            home, other = _find(merged, wanted, other_than=node)
            if home is None or other is None:
                ids = [str(each.get("id")) for each in _criteria(merged)]
                close = nearest(wanted, ids)
                self._say(
                    "unknown-criterion",
                    N_("không có tiêu chí «{id}» trong các tệp được gộp; gần nhất: {nearest}"),
                    node.file,
                    node.at[key],
                    id=wanted,
                    nearest=", ".join(close) or "-",
                )
            elif key == "children_from":
                _remove(home, other)
                for inherited in ("children", "roll_up"):
                    if inherited in other and inherited not in node:
                        _put(node, inherited, other[inherited], other)
            else:
                children = other.get("children")
                if not isinstance(children, Seq):
                    children = Seq(other.file, other.mark)
                    other["children"], other.at["children"], other.keys_at["children"] = (
                        children,
                        other.mark,
                        other.mark,
                    )
                mine, _ = _find(merged, str(node.get("id")))
                if mine is not None:
                    _remove(mine, node)
                children.append(node)
                children.at.append(node.mark)

    def _overlay(self, merged: Map, raw: Map) -> None:
        patches = raw.get("overlay")
        if patches is None and "overlay" not in raw:
            return
        if not isinstance(patches, Seq):
            _put(merged, "overlay", patches, raw)  # the form says so
            return
        for patch in patches:
            wanted = patch.get("id") if isinstance(patch, Map) else None
            _, node = _find(merged, wanted) if isinstance(wanted, str) else (None, None)
            if node is None:
                mark = patch.at.get("id", patch.mark) if isinstance(patch, Map) else patches.mark
                close = nearest(str(wanted), [str(each.get("id")) for each in _criteria(merged)])
                self._say(
                    "unknown-criterion",
                    N_("overlay sửa tiêu chí «{id}» nhưng không tệp nào có mã đó; gần nhất: {nearest}"),
                    raw.file,
                    mark,
                    id=wanted,
                    nearest=", ".join(close) or "-",
                )
                continue
            for key, value in patch.items():
                if key != "id":
                    _put(node, key, value, patch)

    def _say(self, code: str, message: str, file: str, mark: Mark, **fill: object) -> None:
        self.problems.append(Problem(code, message, Place(file, line=mark.line, column=mark.column), fill))


def _moved(problem: Problem, file: str, mark: Mark) -> Problem:
    return Problem(problem.code, problem.message, Place(file, line=mark.line, column=mark.column), problem.fill)


def _put(target: Map, key: str, value: Any, source: Map) -> None:
    """Set a key with the marks that it has in `source`; a value keeps the file that it came from."""
    target[key] = value
    target.at[key], target.keys_at[key] = source.at[key], source.keys_at[key]
    if source.file != target.file:
        target.from_file[key] = source.from_file.get(key, source.file)
    else:
        target.from_file.pop(key, None)


def _criteria(raw: Map) -> Iterator[Map]:
    """Every criterion of a file, parents first."""
    waiting = [raw.get("criteria")]
    while waiting:
        level = waiting.pop(0)
        if isinstance(level, Seq):
            for node in level:
                if isinstance(node, Map):
                    yield node
                    waiting.append(node.get("children"))


def _find(raw: Map, wanted: str, other_than: Map | None = None) -> tuple[Seq | None, Map | None]:
    """The list that holds a criterion, and the criterion."""
    waiting = [raw.get("criteria")]
    while waiting:
        level = waiting.pop(0)
        if isinstance(level, Seq):
            for node in level:
                if isinstance(node, Map):
                    if node.get("id") == wanted and node is not other_than:
                        return level, node
                    waiting.append(node.get("children"))
    return None, None


def _remove(home: Seq, node: Map) -> None:
    place = next(i for i, each in enumerate(home) if each is node)
    del home[place], home.at[place]
