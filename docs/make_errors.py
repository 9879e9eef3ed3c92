"""The page of everything that the program can say is wrong, made from the code: every code with its message.

    python docs/make_errors.py

Writes docs/vi/loi-thuong-gap.md from what the source of nhiemvu says (`find_findings`) and from docs/errors.yaml, which
holds the groups, what to do beyond the message, and the messages that are put together. A test holds the page to both.

A code is said by a call: of `Problem`, or of a function that has a `code` and a `message` (`say`, `_error`, `refusal`,
`Unreadable`, …). Each such call is followed back to the texts it may say; one that cannot be followed stops the script.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "nhiemvu"
PAGE = ROOT / "docs" / "vi" / "loi-thuong-gap.md"
ADDED = ROOT / "docs" / "errors.yaml"

INTRODUCTION = """\
# Lỗi thường gặp

Trang này do `docs/make_errors.py` làm ra từ chính chương trình; đừng sửa tay. Mỗi mã một hàng, xếp theo nơi gặp. Mọi
thông báo đều nêu tệp, trang, ô; dấu … là chỗ chương trình điền con số, tên hay ô cụ thể. Phần lớn thông báo đã nói cách
sửa; cột «việc cần làm thêm» chỉ ghi khi cần nói nhiều hơn. Khi có lỗi, sổ gốc luôn còn nguyên.

Tìm trên trang bằng Ctrl+F: gõ vài chữ của thông báo. Mã tiếng Anh đứng ở kết quả dạng JSON và trong thư viện.
"""

Texts = list[str]
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_UNKNOWN = "?"  # what a text is that the source does not hold as such


@dataclass
class Finding:
    """A code, the messages that come with it, and the files that say it."""

    code: str
    messages: Texts = field(default_factory=list)
    files: list[str] = field(default_factory=list)


class _Module:
    """A source file, in which names are followed back to texts."""

    def __init__(self, name: str, tree: ast.Module) -> None:
        self.name, self.tree = name, tree
        self.parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
        self.constants = {
            target.id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name)
        }
        self.imports = [
            (f"{node.module.removeprefix('nhiemvu.').replace('.', '/')}.py", {each.name for each in node.names})
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module
        ]
        self.functions = {node.name: node for node in ast.walk(tree) if isinstance(node, _Function)}

    def around(self, node: ast.AST) -> Iterator[_Function]:
        """The functions that a node stands in, the innermost first."""
        while (node := self.parents.get(node)) is not None:  # type: ignore[assignment]
            if isinstance(node, _Function):
                yield node

    def read(self, node: ast.AST, after: int = 0) -> Texts:
        """The texts that an expression may be; `_UNKNOWN` among them where it may be something else."""
        if isinstance(node, ast.Constant):
            return [node.value] if isinstance(node.value, str) else [_UNKNOWN]
        if isinstance(node, ast.IfExp):
            return [*self.read(node.body, after), *self.read(node.orelse, after)]
        if isinstance(node, ast.Dict):
            return [text for value in node.values for text in self.read(value, after)]
        if isinstance(node, ast.Call):
            return self._read_call(node, after)
        if isinstance(node, ast.Name):
            return self._read_name(node, after)
        return [_UNKNOWN]

    def look_up(self, table: str, key: str) -> str:
        """The text of a key in a table of the module."""
        rows = self.constants.get(table)
        pairs = zip(rows.keys, rows.values, strict=True) if isinstance(rows, ast.Dict) else ()
        return next((self.read(value)[0] for each, value in pairs if getattr(each, "value", "") == key), _UNKNOWN)

    def _read_call(self, node: ast.Call, after: int) -> Texts:
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called in ("N_", "_"):
            return self.read(node.args[0], after)
        if called == "get" and isinstance(node.func, ast.Attribute) and len(node.args) == 2:
            return [*self.read(node.func.value, after), *self.read(node.args[1], after)]
        if called in self.functions and isinstance(node.func, ast.Name):
            returns = [each for each in ast.walk(self.functions[called]) if isinstance(each, ast.Return) and each.value]
            return [text for each in returns for text in self.read(each.value)] or [_UNKNOWN]
        return [_UNKNOWN]

    def _read_name(self, node: ast.Name, after: int) -> Texts:
        function = next(self.around(node), None)
        found: Texts = []
        for each in ast.walk(function) if function else ():
            if isinstance(each, ast.Assign) and after <= each.lineno <= node.lineno:
                is_it = any(isinstance(target, ast.Name) and target.id == node.id for target in each.targets)
                found += self.read(each.value, after) if is_it else []
            if isinstance(each, ast.For) and isinstance(each.target, ast.Tuple) and isinstance(each.iter, ast.Name):
                names = [getattr(target, "id", "") for target in each.target.elts]
                rows = self.constants.get(each.iter.id)
                if node.id in names and isinstance(rows, ast.Tuple):
                    elements = [row.elts[names.index(node.id)] for row in rows.elts if isinstance(row, ast.Tuple)]
                    found += [text for element in elements for text in self.read(element)]
        if not found and node.id in self.constants:
            found = self.read(self.constants[node.id])
        return found or [_UNKNOWN]


def _parameters(function: _Function) -> list[str]:
    return [each.arg for each in function.args.args if each.arg not in ("self", "cls")]


def find_findings() -> dict[str, Finding]:
    """Every code of a problem, with its messages in the order of the source.

    Raises:
        SystemExit: a call whose code cannot be followed.
    """
    modules = [
        _Module(path.relative_to(SOURCE).as_posix(), ast.parse(path.read_text("utf-8")))
        for path in sorted(SOURCE.rglob("*.py"))
    ]
    sayers = _find_sayers(modules)
    found: dict[str, Finding] = {}
    elsewhere: dict[str, str] = yaml.safe_load(ADDED.read_text("utf-8"))["from"]
    for module in modules:
        for call, codes, messages in _find_said(module, sayers):
            if _UNKNOWN in codes:
                line = f"nhiemvu/{module.name}:{call.lineno}: {ast.unparse(call)[:100]}"
                raise SystemExit(f"{line}\ncannot follow its code: write it as a literal, or teach docs/make_errors.py")
            paired = len(codes) == len(messages) > 1
            for number, code in enumerate(codes):
                finding = found.setdefault(code, Finding(code))
                said = [messages[number]] if paired else messages if len(codes) == 1 else []
                finding.messages += [text for text in said if text != _UNKNOWN and text not in finding.messages]
                if module.name not in finding.files:
                    finding.files.append(module.name)
    for code, where in elsewhere.items():
        if code not in found:
            raise SystemExit(f"docs/errors.yaml: from: «{code}» is said nowhere")
        found[code].messages += [text for text in _find_marked(modules, where) if text not in found[code].messages]
    return found


def _find_marked(modules: list[_Module], where: str) -> Texts:
    """Every marked sentence in the calls, or in the table, of a name: `file.py:name`."""
    file, _colon, name = where.rpartition(":")
    module = next(each for each in modules if each.name == file)
    calls = [
        node
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and name in (getattr(node.func, "id", ""), getattr(node.func, "attr", ""))
    ]
    found: Texts = []
    for node in [module.constants[name]] if name in module.constants else calls:
        after = next(module.around(node), module.tree)
        last = max((each.lineno for each in calls if each.lineno < node.lineno), default=0)
        named = [
            text for arg in getattr(node, "args", []) for text in module.read(arg, last) if isinstance(arg, ast.Name)
        ]
        found += [*_list_marked(node), *(text for text in named if text in _list_marked(after))]
    return list(dict.fromkeys(found))


def _list_marked(node: ast.AST) -> Texts:
    """The sentences that are marked within a node."""
    calls = [
        each for each in ast.walk(node) if isinstance(each, ast.Call) and getattr(each.func, "id", "") in ("N_", "_")
    ]
    firsts = [call.args[0] for call in sorted(calls, key=lambda call: call.lineno) if call.args]
    return [each.value for each in firsts if isinstance(each, ast.Constant) and isinstance(each.value, str)]


def _find_sayers(modules: list[_Module]) -> dict[str, list[str]]:
    """The functions and classes that are told a code, with their parameters: a function by its module and name."""
    sayers: dict[str, list[str]] = {"Problem": ["code", "message"]}
    for module in modules:
        for node in ast.walk(module.tree):
            if not isinstance(node, _Function) or "code" not in (parameters := _parameters(node)):
                continue
            names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
            if "message" in parameters or {"Problem", "_MESSAGES"} <= names:
                owner = module.parents[node]
                is_method = isinstance(owner, ast.ClassDef) and not node.name.startswith("__")
                # the form of a function that is passed in under this name
                name = "say" if node.name == "__call__" else owner.name if node.name == "__init__" else node.name  # type: ignore[attr-defined]
                if is_method:
                    key = f"{module.name}:.{name}" if name.startswith("_") else f".{name}"
                else:
                    key = name if node.name == "__init__" else f"{module.name}:{name}"
                sayers[key] = parameters
    return sayers


def _parameters_of(call: ast.Call, module: _Module, sayers: dict[str, list[str]]) -> list[str] | None:
    """The parameters of what is called, where it is told a code."""
    if isinstance(call.func, ast.Attribute):
        return sayers.get(f"{module.name}:.{call.func.attr}") or sayers.get(f".{call.func.attr}")
    name = getattr(call.func, "id", "")
    home = next((home for home, names in module.imports if name in names), module.name)
    return sayers.get(f"{home}:{name}") or sayers.get(name)


def _find_said(module: _Module, sayers: dict[str, list[str]]) -> Iterator[tuple[ast.Call, Texts, Texts]]:
    """The calls that say something, with the codes and the messages that each may say."""
    last: dict[ast.AST, int] = {}  # where the call before stands, by function
    calls = [node for node in ast.walk(module.tree) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda each: each.lineno):
        if (parameters := _parameters_of(call, module, sayers)) is None:
            continue
        given: dict[str, ast.expr] = dict(zip(parameters, call.args, strict=False))
        given |= {each.arg: each.value for each in call.keywords if each.arg}
        code = given.get("code")
        function = next(module.around(call), None)
        passed_on = {each for outer in module.around(call) for each in _parameters(outer)}
        if isinstance(code, ast.Attribute) or code is None or (isinstance(code, ast.Name) and code.id in passed_on):
            continue  # a code that somebody else said
        after = last.get(function, 0) if function else 0
        codes = _PUT_TOGETHER.get(ast.unparse(code)) or module.read(code)
        if "message" in given:
            messages = module.read(given["message"], after)
        else:  # its text stands in a table, by the code
            messages = [module.look_up("_MESSAGES", each) for each in codes]
        if function:
            last[function] = call.end_lineno or call.lineno
        yield call, codes, messages


_PUT_TOGETHER = {"f'decision-{finding.kind}'": ["decision-overlap", "decision-gap", "decision-dead"]}


def find_kinds() -> list[str]:
    """Every kind of a `Discrepancy`, in the order of the source."""
    kinds: Texts = []
    for path in sorted(SOURCE.rglob("*.py")):
        module = _Module(path.relative_to(SOURCE).as_posix(), ast.parse(path.read_text("utf-8")))
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Discrepancy":
                kinds += module.read(next(each.value for each in node.keywords if each.arg == "kind"))
    if _UNKNOWN in kinds:
        raise SystemExit("the kind of a Discrepancy cannot be followed: write it as a literal")
    return list(dict.fromkeys(kinds))


def make_page() -> str:
    """The page, with a row for every code.

    Raises:
        SystemExit: docs/errors.yaml lacks something, or holds something that the code no longer says.
    """
    added: dict[str, Any] = yaml.safe_load(ADDED.read_text("utf-8"))
    findings, kinds = find_findings(), find_kinds()
    _check(added, findings, kinds)
    parts = [INTRODUCTION]
    for group in added["groups"]:
        mine = [each for each in findings.values() if _group_of(each, added["groups"]) is group]
        parts.append(f"\n## {group['title']}\n\n{group['lead'].strip()}\n\n{_draw_table(mine, added)}")
    parts.append(_draw_kinds(kinds, added["kinds"]))
    return "".join(parts)


def _group_of(finding: Finding, groups: list[dict[str, Any]]) -> dict[str, Any]:
    """The group that names a file, or the nearest folder above it; of several files' groups the first."""
    numbers = []
    for file in finding.files:
        found = [
            (len(each), number)
            for number, group in enumerate(groups)
            for each in group["files"]
            if file == each or file.startswith(f"{each}/")
        ]
        if not found:
            raise SystemExit(f"docs/errors.yaml: no group takes in nhiemvu/{file} ({finding.code})")
        numbers.append(max(found)[1])
    return groups[min(numbers)]


def _list_sentences() -> set[str]:
    return {text for path in SOURCE.rglob("*.py") for text in _list_marked(ast.parse(path.read_text("utf-8")))}


def _check(added: dict[str, Any], findings: dict[str, Finding], kinds: Texts) -> None:
    wrong = [f"messages: «{code}» is said nowhere" for code in added["messages"] if code not in findings]
    sentences = _list_sentences()
    wrong += [
        f"messages: {code}: the code no longer says «{text}»"
        for code, texts in added["messages"].items()
        for text in texts
        if text not in sentences
    ]
    wrong += [f"do: «{code}» is said nowhere" for code in added["do"] if code not in findings]
    wrong += [f"kinds: «{kind}» is no kind of a Discrepancy" for kind in added["kinds"] if kind not in kinds]
    wrong += [f"kinds: «{kind}» is lacking" for kind in kinds if kind not in added["kinds"]]
    wrong += [
        f"messages: «{each.code}» is put together in nhiemvu/{each.files[0]}; write what it says"
        for each in findings.values()
        if not each.messages and each.code not in added["messages"]
    ]
    if wrong:
        raise SystemExit("\n".join(f"docs/errors.yaml: {each}" for each in wrong))


def _draw_table(findings: list[Finding], added: dict[str, Any]) -> str:
    lines = ["| mã | chương trình nói | việc cần làm thêm |", "|---|---|---|"]
    for each in sorted(findings, key=lambda finding: finding.code):
        said = "<br>".join(_show(text) for text in [*each.messages, *added["messages"].get(each.code, [])])
        lines.append(f"| `{each.code}` | {said} | {added['do'].get(each.code, '').strip()} |")
    return "\n".join(lines) + "\n"


def _draw_kinds(kinds: Texts, words: dict[str, Any]) -> str:
    from nhiemvu.sheets.discrepancies import KINDS  # noqa: PLC0415 (the words that the sheet shows)

    lines = [
        "\n## Trang Sai lệch: các loại\n",
        "Đây không phải lỗi của tệp: sổ đọc được, nhưng hai chỗ trong sổ nói khác nhau, hoặc sổ nói khác quy tắc.\n",
        "| mã | loại, như ghi ở trang Sai lệch | nghĩa | việc cần làm |",
        "|---|---|---|---|",
    ]
    lines += [f"| `{kind}` | {KINDS[kind]} | {words[kind]['means']} | {words[kind]['do']} |" for kind in kinds]
    return "\n".join(lines) + "\n"


def _show(text: str) -> str:
    """A message in a cell of a table: what fills it as …, and nothing that Markdown or HTML would take as its own."""
    text = re.sub(r"\{\{|\}\}", lambda found: found[0][0], re.sub(r"(?<!\{)\{\w+[^{}]*\}(?!\})", "…", text))
    text = text.replace("……", "…").replace("\n", " ").strip()
    return re.sub(r"([|*_<>`\[\]\\])", r"\\\1", text).replace("\\<", "&lt;").replace("\\>", "&gt;")


if __name__ == "__main__":
    PAGE.write_text(make_page(), "utf-8")
    sys.stdout.write(f"{PAGE}\n")
