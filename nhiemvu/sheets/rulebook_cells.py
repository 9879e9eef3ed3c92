"""One value of a rule file in one cell of its Excel form, and back, without loss.

A text stands as it is, a day as 31/12/2024, one of several words under its Vietnamese name; everything else is one
line of YAML without its outer brackets. What would be lost in a cell (an empty text, spaces at the ends, control
characters, a null) is written after a backslash, as YAML writes it.
"""

from __future__ import annotations

import datetime as dt
import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from nhiemvu.errors import RuleError
from nhiemvu.messages import N_, _
from nhiemvu.rules.write import quote, write_value
from nhiemvu.rules.yaml import Map, Mark, Seq, parse_yaml
from nhiemvu.sheets.fit import make_safe
from nhiemvu.text import Unreadable, fold, nearest, read_date
from nhiemvu.workbook.grid import Cell

Kind = Literal["text", "flag", "choice", "day", "level", "other"]

_MARK = "\\"  # before what is written as YAML writes it

WORDS = {
    "number": N_("số"),
    "percent": N_("tỷ lệ %"),
    "choice": N_("chọn một giá trị"),
    "text": N_("chữ"),
    "boolean": N_("có hoặc không"),
    "date": N_("ngày"),
    "verdict": N_("đánh giá"),
    "lines": N_("mỗi hàng một khoản"),
    "results": N_("mỗi hàng một tiêu chí"),
    "facts": N_("mỗi hàng một thông tin"),
    "missing": N_("thiếu số liệu"),
    "zero": N_("số 0"),
    "measured": N_("số liệu"),
    "declared": N_("tự đánh giá"),
    "declared_if_missing": N_("tự đánh giá khi thiếu số liệu"),
    "not_applicable": N_("không phát sinh"),
    "no_data": N_("thiếu số liệu"),
    "met": N_("đạt"),
    "exceeded": N_("vượt"),
    "not_met": N_("chưa đạt"),
    "not_assessed": N_("chưa đánh giá"),
}
"""What the words of the rule language are called in the Excel form; always Vietnamese, for the form is read back."""

YES, NO = "có", "không"


class Unwritable(ValueError):  # noqa: N818 (named for what happened)
    """A cell that cannot be taken over; `message` is a template, `fill` its values."""

    def __init__(self, message: str, **fill: object) -> None:
        super().__init__(message)
        self.message, self.fill = message, fill

    def __str__(self) -> str:
        return _(self.message, **self.fill)


@dataclass(frozen=True, slots=True)
class Shape:
    """What the cells of a column hold: the kind, the words of a choice, the brackets that are left out."""

    kind: Kind
    words: Mapping[str, str] = field(default_factory=dict)
    brackets: str = ""


def shape_of(annotation: Any) -> Shape:
    """The shape of a field of a model, by its type.

    >>> shape_of(str | None).kind, shape_of(list[str]).brackets
    ('text', '[]')
    """
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    origin, args = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        others = [arg for arg in args if arg is not type(None)]
        return shape_of(others[0]) if len(others) == 1 else Shape("other")
    if origin is Literal:
        return Shape("choice", {word: WORDS.get(word, word) for word in args})
    if origin is list:
        return Shape("other", brackets="[]")
    if origin is dict or (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        return Shape("other", brackets="{}")
    simple: dict[Any, Kind] = {str: "text", bool: "flag", dt.date: "day"}
    return Shape(simple.get(annotation, "other"))


# --- into a cell ---


def show_value(value: Any, shape: Shape) -> str:
    r"""The text of the cell.

    >>> show_value(["Vốn", "Kế hoạch vốn"], Shape("other", brackets="[]")), show_value("", Shape("text"))
    ('Vốn, Kế hoạch vốn', '\\""')
    """
    if shape.kind == "text" and isinstance(value, str):
        return value if _stays_itself(value) else _MARK + quote(value)
    if shape.kind == "flag" and isinstance(value, bool):
        return YES if value else NO
    if shape.kind == "choice" and isinstance(value, str):
        return shape.words[value]
    if shape.kind == "level":
        return str(value)
    if shape.kind == "day" and isinstance(value, dt.date):
        return f"{value.day}/{value.month}/{value.year:04d}"
    written = write_value(value)
    bracketed = isinstance(value, (dict, list))
    if shape.kind != "other" or (shape.brackets and not bracketed):
        return _MARK + written
    bare = written[1:-1] if shape.brackets else written
    return bare if _stays_itself(bare) and not bare.startswith(("[", "{")) else _safe(written)


def _safe(written: str) -> str:
    return written if _stays_itself(written) else _MARK + written


def _stays_itself(text: str) -> bool:
    return bool(text) and text == text.strip() and not text.startswith(_MARK) and make_safe(text) == text


# --- out of a cell ---


def read_value(cell: Cell, shape: Shape, mark: Mark) -> Any:
    """The value of a cell that holds something; every part of it stands at `mark`.

    Raises:
        Unwritable: what it holds is nothing that the column can take.
    """
    if cell.kind in ("error", "no_cache", "lost"):
        raise Unwritable(N_("ô này không có giá trị đọc được ({text}); hãy gõ lại"), text=cell.text)
    if isinstance(cell.value, str):
        text = cell.value
        if text.startswith(_MARK):
            return _parse(text[len(_MARK) :], mark)
        return _read_text(text, shape, mark)
    if shape.kind == "flag" and isinstance(cell.value, bool):
        return cell.value
    if shape.kind == "day" and isinstance(cell.value, dt.date):
        return read_date(cell.value)
    if shape.kind in ("level", "other") and cell.kind == "number":
        return _parse(cell.text, mark)
    raise Unwritable(
        N_("ô này phải là chữ, không phải số hay ngày ({text}): định dạng ô là Văn bản (Text) rồi gõ lại"),
        text=cell.text,
    )


def _read_text(text: str, shape: Shape, mark: Mark) -> Any:
    match shape.kind:
        case "text":
            return text
        case "flag":
            known: dict[str, Any] = {YES: True, NO: False}
            return _choose(text, known)
        case "choice":
            return _choose(
                text, {**{word: word for word in shape.words}, **{name: word for word, name in shape.words.items()}}
            )
        case "day":
            try:
                return read_date(text)
            except Unreadable as error:
                raise Unwritable(error.message, **error.fill) from error
        case "level":
            if text.strip().isdecimal():
                return int(text)
            raise Unwritable(N_("cấp phải là số 1, 2, 3…, không phải «{text}»"), text=text)
    wrapped = shape.brackets and not text.lstrip().startswith(("[", "{"))
    return _parse(f"{shape.brackets[0]}{text}{shape.brackets[1]}" if wrapped else text, mark)


def _choose(text: str, known: Mapping[str, Any]) -> Any:
    by_key = {fold(name): value for name, value in known.items()}
    if fold(text) in by_key:
        return by_key[fold(text)]
    close = nearest(text, known)
    message = (
        N_("không nhận «{text}»; có phải «{nearest}»?") if close else N_("không nhận «{text}»; dùng được: {known}")
    )
    raise Unwritable(message, text=text, nearest=close[0] if close else "", known=", ".join(known))


def _parse(text: str, mark: Mark) -> Any:
    """YAML of one value; whatever is in it stands in the one cell."""
    try:
        raw, problems = parse_yaml(f"v: {text}", mark.file)
    except RuleError as error:
        problems, raw = list(error.problems), None
    if problems or raw is None or set(raw) != {"v"}:
        detail = problems[0].text if problems else ""
        raise Unwritable(N_("không đọc được «{text}»: {detail}"), text=text, detail=detail)
    return _move(raw["v"], mark)


def _move(value: Any, mark: Mark) -> Any:
    if isinstance(value, Map):
        mapping = Map(mark)
        for key, thing in value.items():
            mapping.put(key, _move(thing, mark), mark, mark)
        return mapping
    if isinstance(value, Seq):
        sequence = Seq(mark)
        sequence.extend(_move(thing, mark) for thing in value)
        sequence.at.extend(mark for _ in value)
        return sequence
    return value
