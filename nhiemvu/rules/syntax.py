"""What the YAML library refuses, said in the official's language, at the character that has to be changed."""

from __future__ import annotations

import re
from dataclasses import replace

import yaml

from nhiemvu.errors import Place, Problem
from nhiemvu.messages import N_

# a value that begins with a sign of YAML's own: >= 80%, %5, @x, ]3..5[, or a lone -
_SIGN = re.compile(
    r"""(?:^|[:\[,-])\s*(?P<value>[%@`](?=\s*(?:[,}\]\#]|$))"""
    r"""|(?:>=?|[%@`]|(?<=: )\])\s*[^\s"'#},][^#,}]*|(?<=: )-(?=\s*$))"""
)

# Which words of libyaml, or of the library's own parser, mean which mistake. In order: the first that fits is taken.
_MISTAKES: tuple[tuple[str, str], ...] = (
    (
        "quoted scalar.*end of stream",
        N_("dấu ngoặc kép mở ở đây mà không đóng; thêm dấu ngoặc kép ở cuối giá trị"),
    ),
    (
        "unknown escape",
        N_("trong dấu ngoặc kép, dấu «\\» phải viết hai lần «\\\\»; hoặc dùng ngoặc đơn '…'"),
    ),
    (
        "flow sequence",
        N_(
            "danh sách mở bằng «[» ở đây mà không đóng đúng chỗ: thiếu dấu phẩy hoặc dấu «]» "
            "(gặp lỗi ở dòng {line}, cột {column})"
        ),
    ),
    (
        "flow mapping",
        N_(
            "nhóm khóa mở bằng «{{» ở đây mà không đóng đúng chỗ: thiếu dấu phẩy hoặc dấu «}}», "
            "hoặc có giá trị cần đặt trong dấu ngoặc kép (gặp lỗi ở dòng {line}, cột {column})"
        ),
    ),
    (
        "mapping values are not allowed",
        N_("dấu hai chấm không hợp chỗ: đặt giá trị có dấu «:» trong dấu ngoặc kép, hoặc xem lại thụt lề của dòng này"),
    ),
    (
        "expected ':'",
        N_("dòng này thiếu dấu hai chấm sau tên khóa, hoặc thiếu dấu cách sau dấu hai chấm: viết «khóa: giá trị»"),
    ),
    (
        "sequence entries are not allowed",
        N_("dấu «-» không hợp chỗ: mỗi mục của danh sách một dòng riêng; nếu «-» là giá trị, đặt trong dấu ngoặc kép"),
    ),
    (
        "block (mapping|collection|sequence)",
        N_(
            "dòng này không thẳng hàng với các dòng cùng mức, hoặc thừa chữ sau giá trị; "
            "xem lại thụt lề và dấu ngoặc kép"
        ),
    ),
    (
        "block scalar",
        N_("sau dấu «>» hoặc «|» không được có chữ; đặt cả giá trị trong dấu ngoặc kép"),
    ),
    (
        "cannot start any token|node content|scanning an? (tag|anchor|alias)",
        N_("giá trị không bắt đầu bằng ký tự này được; đặt cả giá trị trong dấu ngoặc kép"),
    ),
)
_OPENS = (
    "quoted scalar",
    "simple key",
    "flow sequence",
    "flow mapping",
)  # mistakes that are made where something was opened


def explain_syntax(error: yaml.MarkedYAMLError, text: str, name: str) -> Problem:
    """Say what is wrong with the YAML itself; what is no longer read is not judged."""
    lines = text.splitlines()
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    for number in (line, line - 1):  # libyaml may notice only on the next line
        if 0 <= number < len(lines) and (found := _SIGN.search(lines[number])):
            value = found["value"].strip()
            return Problem(
                "unquoted-sign",
                N_('«{value}» phải đặt trong dấu ngoặc kép: "{value}"'),
                Place(name, line=number + 1, column=found.start("value") + 1),
                {"value": value},
            )
    if line < len(lines) and "\t" in lines[line][: column + 1]:
        message = N_("dòng này thụt lề bằng phím Tab; YAML chỉ nhận dấu cách")
        return Problem("yaml-tab", message, Place(name, line=line + 1, column=lines[line].index("\t") + 1))
    said = f"{error.context or ''} {error.problem or ''}"
    sentence = next(
        (ours for theirs, ours in _MISTAKES if re.search(theirs, said)),
        N_("không đúng cú pháp YAML; xem lại thụt lề, dấu hai chấm, dấu ngoặc quanh chỗ này"),
    )
    fill = {"line": line + 1, "column": column + 1}
    if error.context_mark and any(opening in said for opening in _OPENS):
        line, column = error.context_mark.line, error.context_mark.column
    return Problem("yaml-syntax", sentence, Place(name, line=line + 1, column=column + 1), fill)


def blank_out(text: str, problem: Problem) -> str:
    """The text with the value that lacks quotes as a word of the same length, so that reading can go on behind it."""
    lines = text.splitlines(keepends=True)
    line, start, value = problem.place.line - 1, problem.place.column - 1, str(problem.fill["value"])
    lines[line] = lines[line][:start] + "x" * len(value) + lines[line][start + len(value) :]
    return "".join(lines)


def find_tabs(text: str, first: Problem) -> list[Problem]:
    """The problem of every line from the first one on that is indented with a tab."""
    lines = enumerate(text.splitlines(), start=1)
    return [
        replace(first, place=replace(first.place, line=number, column=line.index("\t") + 1))
        for number, line in lines
        if number >= first.place.line and "\t" in line[: len(line) - len(line.lstrip())]
    ]
