"""What a Word template may say: names of `form.Form`, loops over its lists, conditions, and nothing that runs.

A template is text from an office. Before it is filled it is read as a tree, in which every name must be a field of the
form and every construct one of a short list; so a template can neither call anything nor run long: a loop inside a loop
goes only into a list of what is being looped over. Every mistake is found in one reading.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from typing import get_args, get_origin, get_type_hints

from jinja2 import Environment, TemplateSyntaxError, nodes

from nhiemvu.errors import Place, Problem
from nhiemvu.messages import N_
from nhiemvu.report.form import Form
from nhiemvu.text import nearest

FILTERS = ("upper", "lower", "capitalize", "title", "trim", "length", "join", "first", "last")
COMMANDS = ("for", "endfor", "if", "elif", "else", "endif")

_AS_WRITTEN = {
    "call": "(…)",
    "getitem": "[…]",
    "list": "[…]",
    "dict": "{…}",
    "tuple": "(…, …)",
    "assign": "set",
    "test": "is",
    "concat": "~",
    "add": "+",
    "sub": "-",
    "mul": "*",
    "div": "/",
    "floordiv": "//",
    "mod": "%",
    "pow": "**",
    "neg": "-",
    "pos": "+",
}
_LONGEST = 90  # characters of a paragraph that a message repeats


@dataclass(frozen=True, slots=True)
class _Loop:
    """What `loop` is inside a loop."""

    index: int = 1
    first: bool = True
    last: bool = True
    length: int = 1


@dataclass(frozen=True, slots=True)
class _Scope:
    """The names that hold at one place: what each is, and the variable of the innermost loop."""

    names: Mapping[str, object]
    variable: str = ""


def list_names(kind: type = Form, before: str = "") -> Iterator[str]:
    """Every name that a template may use, a list's members behind `[]`: `groups[].lines[].code`."""
    for name, inner in _hints(kind).items():
        yield before + name
        member = _member(inner)
        if is_dataclass(inner):
            yield from list_names(inner, f"{before}{name}.")  # type: ignore[arg-type]  # a class
        elif is_dataclass(member):
            yield from list_names(member, f"{before}{name}[].")  # type: ignore[arg-type]  # a class


def check_template(source: str, environment: Environment, place: Place) -> list[Problem]:
    """Every mistake of one part of a template.

    Args:
        source: its XML as docxtpl prepares it for Jinja, each paragraph on a line of its own.
        environment: which will fill it.
        place: the file, and the part where that is not the body.
    """
    paragraphs = [" ".join(re.sub("<[^>]*>", "", line).split()) for line in source.split("\n")]
    try:
        tree = environment.parse(source)
    except TemplateSyntaxError as why:
        return [_explain(why, paragraphs, place)]
    reader = _Reader(paragraphs, place)
    reader.read(tree.body, _Scope(_hints(Form)))
    return reader.problems


def show_paragraph(text: str) -> str:
    """A paragraph as messages repeat it."""
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _explain(why: TemplateSyntaxError, paragraphs: Sequence[str], place: Place) -> Problem:
    said = why.message or ""
    fill: dict[str, object] = {"paragraph": _at(paragraphs, why.lineno)}
    if found := re.search("unknown tag '([^']*)'", said):
        close = nearest(found[1], COMMANDS)
        fill |= {"command": found[1], "nearest": ", ".join(close or COMMANDS)}
        if found[1] in COMMANDS:
            message = N_("đoạn «{paragraph}»: lệnh «{command}» không có lệnh mở đi trước nó")
            return Problem("template-unopened", message, place, fill)
        message = (
            N_("đoạn «{paragraph}»: không có lệnh «{command}»; gần nhất: {nearest}")
            if close
            else N_("đoạn «{paragraph}»: không có lệnh «{command}»; dùng được: {nearest}")
        )
        return Problem("template-command", message, place, fill)
    if found := re.search("block that needs to be closed is '([^']*)'", said):
        fill["command"] = found[1]
        message = N_("lệnh «{command}» mở ra mà không có «end{command}» đóng lại, hoặc đóng sai thứ tự")
        return Problem("template-unclosed", message, place, fill)
    message = N_("đoạn «{paragraph}»: viết sai cú pháp; tên viết như {example}, lệnh viết như {command}")
    fill |= {"example": "{{ unit.name }}", "command": "{%p for line in group.lines %} … {%p endfor %}"}
    return Problem("template-syntax", message, place, fill)


def _at(paragraphs: Sequence[str], line: int) -> str:
    return show_paragraph(paragraphs[line - 1]) if 0 < line <= len(paragraphs) else ""


_hints = cache(get_type_hints)


def _member(kind: object) -> object:
    """What a list holds; None for what is no list."""
    return get_args(kind)[0] if get_origin(kind) is tuple else None


@dataclass
class _Reader:
    """Walks the tree of a template and collects what is wrong with it."""

    paragraphs: Sequence[str]
    place: Place
    problems: list[Problem] = field(default_factory=list)

    def read(self, body: Sequence[nodes.Node], scope: _Scope) -> None:
        """Statements, in the order of the text."""
        for node in body:
            match node:
                case nodes.Output(nodes=parts):
                    for part in parts:
                        if not isinstance(part, nodes.TemplateData):
                            self._read_text(part, scope)
                case nodes.If(test=test, body=inner, elif_=others, else_=otherwise):
                    self._kind(test, scope)
                    self.read([*inner, *others, *otherwise], scope)
                case nodes.For(target=nodes.Name(name=variable), iter=over, body=inner, else_=otherwise):
                    self._read_loop(node, variable, over, inner, scope)
                    self.read(otherwise, scope)
                case _:
                    self._refuse(node, type(node).__name__.lower())

    def _read_loop(
        self, node: nodes.For, variable: str, over: nodes.Node, inner: Sequence[nodes.Node], scope: _Scope
    ) -> None:
        kind = self._kind(over, scope)
        member = _member(kind)
        path = _path(over)
        if node.recursive or node.test is not None:
            self._refuse(node, "for … if" if node.test is not None else "recursive")
        elif kind is not None and member is None:
            self._report(
                node, "template-not-a-list", N_("đoạn «{paragraph}»: «{name}» không phải danh sách để lặp"), name=path
            )
        elif scope.variable and not path.startswith(f"{scope.variable}."):
            self._report(
                node,
                "template-loop",
                N_(
                    "đoạn «{paragraph}»: trong vòng lặp «{outer}» chỉ lặp tiếp được các danh sách của «{outer}», không "
                    "lặp được «{name}»"
                ),
                name=path,
                outer=scope.variable,
            )
        self.read(inner, _Scope({**scope.names, variable: member, "loop": _Loop}, variable))

    def _read_text(self, node: nodes.Expr, scope: _Scope) -> None:
        kind = self._kind(node, scope)
        if kind is None or kind in (str, int, bool):
            return
        member = _member(kind)
        inner = f"{_path(node)}." + (fields(kind)[0].name if member is None else "")  # type: ignore[arg-type]  # a class
        message = (
            N_("đoạn «{paragraph}»: «{name}» là danh sách; hãy lặp từng mục bằng {example}")
            if member is not None
            else N_("đoạn «{paragraph}»: «{name}» gồm nhiều phần; hãy ghi rõ phần nào, ví dụ {example}")
        )
        loop = f"{{%p for x in {_path(node)} %}} … {{%p endfor %}}"
        example = loop if member is not None else f"{{{{ {inner} }}}}"
        self._report(node, "template-not-text", message, name=_path(node), example=example)

    def _kind(self, node: nodes.Node, scope: _Scope) -> object:
        """What an expression is; None where it is wrong, which has been reported."""
        match node:
            case nodes.Name(name=name):
                return self._look_up(node, "", name, scope.names)
            case nodes.Getattr(node=inner, attr=attribute):
                kind = self._kind(inner, scope)
                if kind is None:
                    return None
                names = _hints(kind) if is_dataclass(kind) else {}  # type: ignore[arg-type]  # a class
                return self._look_up(node, f"{_path(inner)}.", attribute, names)
            case nodes.Const():
                return str
            case nodes.Not(node=inner):
                self._kind(inner, scope)
                return bool
            case nodes.And(left=left, right=right) | nodes.Or(left=left, right=right):
                self._kind(left, scope)
                return self._kind(right, scope)
            case nodes.Compare(expr=left, ops=operands):
                for each in (left, *(operand.expr for operand in operands)):
                    self._kind(each, scope)
                return bool
            case nodes.CondExpr(test=test, expr1=left, expr2=nodes.Expr() as right):
                self._kind(test, scope)
                self._kind(right, scope)
                return self._kind(left, scope)
            case nodes.Filter(node=inner, name=name, args=arguments, kwargs=[]) if inner is not None:
                return self._filter(node, inner, name, arguments, scope)
        self._refuse(node, type(node).__name__.lower())
        return None

    def _filter(
        self, node: nodes.Node, inner: nodes.Node, name: str, arguments: Sequence[nodes.Node], scope: _Scope
    ) -> object:
        kind = self._kind(inner, scope)
        if kind is None:
            return None
        member = _member(kind)
        fits = {"first": member is not None, "last": member is not None, "join": member is str, "length": True}
        if name not in FILTERS or not fits.get(name, member is None and not is_dataclass(kind)):
            self._refuse(node, f"|{name}")
            return None
        if not all(isinstance(each, nodes.Const) for each in arguments):
            self._refuse(node, f"|{name}(…)")
            return None
        return member if name in ("first", "last") else str

    def _look_up(self, node: nodes.Node, before: str, name: str, names: Mapping[str, object]) -> object:
        if name in names:
            return names[name]
        close = nearest(name, names)
        self._report(
            node,
            "template-name",
            N_("đoạn «{paragraph}»: không có tên «{name}»; gần nhất: {nearest}")
            if close
            else N_("đoạn «{paragraph}»: không có tên «{name}»; ở đó dùng được: {nearest}"),
            name=before + name,
            nearest=", ".join(before + each for each in close or sorted(set(names) - {"loop"})) or "-",
        )
        return None

    def _refuse(self, node: nodes.Node, what: str) -> None:
        self._report(
            node,
            "template-construct",
            N_("đoạn «{paragraph}»: mẫu không dùng được «{what}»; chỉ dùng tên, for, if và các bộ lọc {filters}"),
            what=_AS_WRITTEN.get(what, what),
            filters=", ".join(FILTERS),
        )

    def _report(self, node: nodes.Node, code: str, message: str, **fill: object) -> None:
        shown = {"paragraph": _at(self.paragraphs, node.lineno), **fill}
        self.problems.append(Problem(code, message, self.place, shown))


def _path(node: nodes.Node) -> str:
    """`group.lines` as it is written."""
    match node:
        case nodes.Name(name=name):
            return name
        case nodes.Getattr(node=inner, attr=attribute):
            return f"{_path(inner)}.{attribute}"
        case nodes.Filter(node=nodes.Expr() as inner, name=name):
            return f"({_path(inner)}|{name})"
    return "…"
