"""The reference page of rule files, made from the models: every key with its type, its default and what it means.

    python docs/make_reference.py

Writes docs/vi/tham-chieu-quy-tac.md; a test holds the committed page to what this makes.
"""

from __future__ import annotations

import datetime as dt
import types
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from nhiemvu.rules import models

PAGE = Path(__file__).resolve().parent / "vi" / "tham-chieu-quy-tac.md"

INTRODUCTION = """\
# Tham chiếu tệp quy tắc

Trang này do `docs/make_reference.py` làm ra từ chính các mô hình mà chương trình dùng để đọc tệp; đừng sửa tay. Học
cách viết từng bước thì đọc [hướng dẫn viết bộ quy tắc](quy-tac.md).

Cách đọc: mỗi bảng là một nhóm khóa. Khóa **in đậm** thì bắt buộc phải ghi. Ô mặc định để trống nghĩa là không ghi thì
không có. Khóa lạ, khóa ghi hai lần, giá trị sai kiểu đều là lỗi, kèm dòng và cột.

| kiểu | viết thế nào |
|---|---|
| mã | chữ không dấu, số, dấu chấm, gạch; luôn đặt trong dấu ngoặc kép: `"1.10"` |
| tên | chữ thường không dấu, số, gạch dưới: `so_ho` |
| ngưỡng | một phép thử, trong dấu ngoặc kép: `"≥ 80%"`; xem [Ngưỡng](quy-tac.md#nguong) |
| biểu thức | phép tính trên các cột và thông tin: `sum(von.giai_ngan) / sum(von.ke_hoach)` |
| ngày | năm-tháng-ngày, không có ngoặc kép: `2024-11-30` |
| danh sách | mỗi mục một dòng bắt đầu bằng `- `, hoặc tất cả trong ngoặc vuông: `[I, II, III]` |
"""

TITLES: dict[type[BaseModel], str] = {
    models.RuleFile: "Cả tệp",
    models.Validity: "Thời gian áp dụng",
    models.Source: "Căn cứ",
    models.Fact: "Thông tin chung",
    models.Table: "Bảng số liệu",
    models.Column: "Cột của bảng",
    models.Criterion: "Tiêu chí",
    models.Target: "Dòng ngưỡng",
    models.Milestone: "Mốc",
    models.Outlook: "Dự báo",
    models.AtLeast: "Tổng hợp theo số tiêu chí đạt",
    models.Core: "Tổng hợp theo tiêu chí bắt buộc",
    models.WeightedShare: "Tổng hợp theo tỷ lệ",
    models.Points: "Tổng hợp theo điểm",
    models.Band: "Khoảng điểm",
    models.Grade: "Loại",
    models.Ceiling: "Trần của loại",
    models.Agree: "Đối chiếu các số phải bằng nhau",
    models.AddUp: "Đối chiếu tổng và các phần",
    models.Bounded: "Đối chiếu với 100%",
    models.Case: "Trường hợp thử",
}
NOTES: dict[type[BaseModel], str] = {
    models.Column: "Cột kiểu number có thể chỉ ghi tiêu đề: `giai_ngan: Đã giải ngân`, `ke_hoach: [Kế hoạch, KH vốn]`.",
    models.Target: "Mỗi dòng có đúng một trong hai khóa `meets` và `hole`.",
    models.Criterion: "Mỗi mục của `overlay` cũng viết như thế này: `id` của tiêu chí cần sửa và những khóa thay đổi.",
}
WORDS: list[tuple[Any, str]] = [  # types that have a name of their own, told apart by their limits
    (models.Id, "mã"),
    (models.Name, "tên"),
    (models.Test, "ngưỡng"),
    (models.Expression, "biểu thức"),
    (models.Share, "số từ 0 đến 1"),
    (models.Weight, "số lớn hơn 0"),
    (models.Worth, "số từ 0 trở lên"),
    (models.Allowed, "chữ, true, false, hoặc danh sách"),
    (models.Typed, "số, chữ, ngày, true hoặc false"),
    (str, "chữ"),
    (bool, "true hoặc false"),
    (int, "số nguyên"),
    (float, "số"),
    (dt.date, "ngày"),
    (Any, "giá trị"),
]
EMPTY: tuple[object, ...] = (None, "", [], {})


def make_page() -> str:
    """The whole page."""
    forms = list(_forms())
    return "\n".join([INTRODUCTION, *(_section(form, used) for form, used in forms)])


def _forms() -> Iterator[tuple[type[BaseModel], list[str]]]:
    """Every form in the order in which one meets it from the top, with the keys that hold it."""
    used: dict[type[BaseModel], list[str]] = {models.RuleFile: []}
    waiting: deque[type[BaseModel]] = deque([models.RuleFile])
    while waiting:
        form = waiting.popleft()
        for name, annotation in _annotations(form):
            for inner in _forms_in(annotation):
                if inner not in used:
                    waiting.append(inner)
                keys = used.setdefault(inner, [])
                if name not in keys:
                    keys.append(name)
    yield from used.items()


def _annotations(form: type[BaseModel]) -> Iterator[tuple[str, Any]]:
    hints = get_type_hints(form, include_extras=True)
    for name, field in form.model_fields.items():
        yield field.alias or name, hints[name]


def _forms_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _forms_in(part)


def _section(form: type[BaseModel], used: list[str]) -> str:
    lines = [f'<a id="{_anchor(form)}"></a>', "", f"## {TITLES[form]}", ""]
    if used:
        lines += ["Dùng ở: " + ", ".join(f"`{key}`" for key in used) + ".", ""]
    if form in NOTES:
        lines += [NOTES[form], ""]
    lines += ["| khóa | kiểu | mặc định | nghĩa |", "|---|---|---|---|"]
    fields = list(form.model_fields.values())
    for (name, annotation), field in zip(_annotations(form), fields, strict=True):
        shown = f"**`{name}`**" if field.is_required() else f"`{name}`"
        cells = [shown, _in_words(annotation), _default(field), field.description or ""]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join([*lines, ""])


def _anchor(form: type[BaseModel]) -> str:
    return form.__name__.lower()


def _default(field: FieldInfo) -> str:
    if field.is_required() or field.default in EMPTY:
        return ""
    match field.default:
        case bool() as truth:
            return f"`{str(truth).lower()}`"
        case list() as items:
            return "`[" + ", ".join(f"{item:g}" for item in items) + "]`"
    return f"`{field.default}`"


def _in_words(annotation: Any) -> str:
    """A type as an author would say it.

    >>> _in_words(list[models.Criterion]), _in_words(models.Test | None), _in_words(Literal["lines", "facts"])
    ('danh sách [tiêu chí](#criterion)', 'ngưỡng', '`lines` hoặc `facts`')
    """
    named = next((words for known, words in WORDS if annotation == known), None)
    if named is not None:
        return named
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        title = TITLES[annotation]
        return f"[{title[0].lower() + title[1:]}](#{_anchor(annotation)})"
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _in_words(parts[0]) + _limits(parts[1:])
    if origin in (Union, types.UnionType):
        return _listed([word for part in parts if part is not type(None) for word in _choices(part)])
    if origin is Literal:
        return _listed(_choices(annotation))
    if origin is list:
        return f"danh sách {_in_words(parts[0])}"
    if origin is dict:
        return f"các dòng «{_in_words(parts[0])}: {_in_words(parts[1])}»"
    raise TypeError(annotation)


def _choices(annotation: Any) -> list[str]:
    """The words that a key may hold, each by itself, so that several kinds of them make one list."""
    if get_origin(annotation) is Annotated and get_origin(get_args(annotation)[0]) is Literal:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) is Literal:
        return [f"`{part}`" for part in get_args(annotation)]
    return [_in_words(annotation)]


def _listed(words: list[str]) -> str:
    return " hoặc ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _limits(metadata: tuple[Any, ...]) -> str:
    said = {"ge": "từ {:g} trở lên", "gt": "lớn hơn {:g}", "le": "không quá {:g}"}
    found = [
        words.format(getattr(limit, name))
        for info in metadata
        for limit in getattr(info, "metadata", [info])
        for name, words in said.items()
        if getattr(limit, name, None) is not None
    ]
    return "".join(f" {limit}" for limit in found)


if __name__ == "__main__":
    PAGE.write_text(make_page(), encoding="utf-8")
