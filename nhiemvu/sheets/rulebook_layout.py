"""The Excel form of a rule file: which sheets, which columns, which value in which row; made from the models.

    data ── flatten ──▶ lines of each sheet ── drawn, edited, read ──▶ gather ──▶ data

A criterion is a row, with its first target; its further targets are rows below it, without a code. Tables and their
columns alike. What no column can hold (an empty list that was written down) goes to the column «Ghi thêm».
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel

from nhiemvu.messages import N_
from nhiemvu.rules import models
from nhiemvu.sheets.rulebook_cells import Shape, shape_of

Data = dict[str, Any]

GENERAL, CRITERIA, OVERLAY = "Chung", "Tiêu chí", "Sửa đổi"
LEVEL, NAME, INNER_NAME, EXTRA = "#", "@", "@@", "*"
NO_ID: Data = {}  # the code of a patch that names no criterion


@dataclass(frozen=True, slots=True)
class Column:
    """A column (on the general sheet: a row) of the form.

    Attributes:
        id: the key; `targets/meets` for one of an inner row, `valid.from` for a key within a key.
        guide: what the models say of it.
    """

    id: str
    heading: str
    shape: Shape
    guide: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """One sheet: the key of a rule file that it holds, the key of what leads a row, the key of its inner rows."""

    title: str
    key: str
    columns: tuple[Column, ...]
    lead: str = ""
    inner: str = ""
    named: bool = False  # a mapping by name, not a list
    inner_named: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One row: the values by the ids of their columns; how deep it stands."""

    cells: Data
    level: int = 0
    inner: bool = False


# --- columns ---


def _columns(model: type[BaseModel], leave_out: Iterable[str] = (), prefix: str = "") -> Iterator[Column]:
    for name, info in model.model_fields.items():
        key = info.alias or name
        if key not in leave_out:
            heading = HEADINGS.get(f"{model.__name__}.{key}", prefix + key)
            yield Column(prefix + key, heading, shape_of(info.annotation), info.description or "")


def _text(id_: str, heading: str, guide: str = "") -> Column:
    return Column(id_, heading, Shape("text"), guide)


def _extra() -> Column:
    return Column(
        EXTRA, "Ghi thêm", Shape("other", brackets="{}"), N_("Khóa khác của tệp quy tắc, viết như trong YAML.")
    )


def _sorted(columns: Iterable[Column], first: Iterable[str]) -> tuple[Column, ...]:
    """Some columns first, in that order; the rest as they come."""
    by_id = {column.id: column for column in columns}
    chosen = [name for name in first if name in by_id]
    return tuple(by_id[name] for name in [*chosen, *(name for name in by_id if name not in chosen)])


@cache
def plans() -> tuple[Plan, ...]:
    """Every sheet with rows, in order."""
    level = Column(LEVEL, "Cấp", Shape("level"), N_("1 là mục lớn nhất; mục con của hàng trên là thêm 1."))
    criteria = [
        level,
        *_columns(models.Criterion, ("targets", "children")),
        *_columns(models.Target, prefix="targets/"),
        _extra(),
    ]
    first = [LEVEL, "id", "name", "unit", "targets/meets", "targets/when", "targets/otherwise", "targets/hole"]
    first += ["targets/exceeds", "targets/by", "targets/from", "targets/to", "targets/source", "roll_up", "measure"]
    facts = [
        _text(NAME, "Tên", N_("Tên dùng trong quy tắc: chữ thường không dấu, số, gạch dưới.")),
        *_columns(models.Fact),
    ]
    tables = [
        _text(NAME, "Bảng", N_("Tên bảng dùng trong quy tắc: chữ thường không dấu, số, gạch dưới.")),
        *_columns(models.Table, ("columns",)),
        _text(INNER_NAME, "Cột", N_("Tên cột dùng trong quy tắc.")),
        *_columns(models.Column, prefix="columns/"),
        _extra(),
    ]
    checks: dict[str, Column] = {}
    for variant in _forms(models.Check):
        for column in _columns(variant):
            checks.setdefault(column.id, column)
    patches = [
        _text("id", "Mã", N_("Mã tiêu chí của tệp được gộp; các hàng dưới không ghi mã là sửa tiếp tiêu chí ấy.")),
        _text("key", "Khóa", N_("Khóa của tiêu chí cần sửa, ví dụ targets.")),
        Column("value", "Giá trị", Shape("other"), N_("Giá trị thay vào, viết như trong YAML.")),
    ]
    return (
        Plan(CRITERIA, "criteria", _sorted(criteria, first), "id", "targets"),
        Plan("Thông tin", "facts", (*facts, _extra()), NAME, named=True),
        Plan("Bảng", "tables", tuple(tables), NAME, "columns", named=True, inner_named=True),
        Plan(OVERLAY, "overlay", tuple(patches), "id"),
        Plan("Đối chiếu", "checks", (*_sorted(checks.values(), ["label"]), _extra())),
        Plan("Trường hợp", "cases", (*_columns(models.Case), _extra())),
    )


@cache
def general() -> tuple[Column, ...]:
    """The rows of the general sheet."""
    rows: list[Column] = []
    held = {plan.key for plan in plans()}
    for column in _columns(models.RuleFile, held):
        info = next(i for n, i in models.RuleFile.model_fields.items() if (i.alias or n) == column.id)
        form = next(iter(_forms(info.annotation)), None)
        if (
            form is not None
            and column.shape.brackets == "{}"
            and any(i.is_required() for i in form.model_fields.values())
        ):
            for inner in _columns(form):
                heading = HEADINGS.get(f"RuleFile.{column.id}.{inner.id}", f"{column.id}.{inner.id}")
                rows.append(Column(f"{column.id}.{inner.id}", heading, inner.shape, inner.guide))
        else:
            rows.append(column)
    return (*rows, _extra())


def _forms(annotation: Any) -> Iterator[type[models.Form]]:
    """The models that an annotation names."""
    if isinstance(annotation, type) and issubclass(annotation, models.Form):
        yield annotation
    for arg in get_args(annotation):
        yield from _forms(arg)


# --- data to lines ---


def flatten(data: Data) -> dict[str, list[Line]]:
    """Every line of every sheet, by its title; a sheet that says nothing has none.

    Args:
        data: a rule file as plain data, by the keys of YAML.
    """
    rest = dict(data)
    found: dict[str, list[Line]] = {}
    for plan in plans():
        if rest.get(plan.key):
            found[plan.title] = list(_flatten(plan, rest.pop(plan.key)))
    cells: Data = {}
    for row in general():
        key, dot, inner = row.id.partition(".")
        holder = rest.get(key) if dot else rest
        if isinstance(holder, dict) and (inner or key) in holder:
            cells[row.id] = holder[inner or key]
    shown = {row.partition(".")[0] for row in cells}
    extra = {key: value for key, value in rest.items() if key not in shown}
    found[GENERAL] = [Line({**cells, **({EXTRA: extra} if extra else {})})]
    return found


def _flatten(plan: Plan, held: Any) -> Iterator[Line]:
    if plan.title == OVERLAY:
        for patch in held:
            yield from _flatten_patch(patch)
    elif plan.named:
        for name, item in held.items():
            yield from _flatten_item(plan, {NAME: name}, item, 0)
    elif plan.key == "criteria":
        yield from _flatten_tree(plan, held, 1)
    else:
        for item in held:
            yield from _flatten_item(plan, {}, item, 0)


def _flatten_tree(plan: Plan, criteria: list[Data], level: int) -> Iterator[Line]:
    for criterion in criteria:
        children = criterion.get("children") or []
        own = {key: value for key, value in criterion.items() if key != "children" or not value}
        yield from _flatten_item(plan, {LEVEL: level}, own, level)
        yield from _flatten_tree(plan, children, level + 1)


def _flatten_item(plan: Plan, lead: Data, item: Data, level: int) -> Iterator[Line]:
    known = {column.id for column in plan.columns}
    inner = item.get(plan.inner) or ()
    outer = {key: value for key, value in item.items() if key != plan.inner or not value}
    extra = {key: value for key, value in outer.items() if key not in known}
    cells = {**lead, **{key: value for key, value in outer.items() if key in known}}
    if extra:
        cells[EXTRA] = extra
    named: Iterable[tuple[Data, Data]] = (
        [({INNER_NAME: name}, thing) for name, thing in inner.items()]
        if plan.inner_named and inner
        else [({}, thing) for thing in inner]
    )
    first = True
    for name, thing in named:
        below = {**name, **{f"{plan.inner}/{key}": value for key, value in thing.items()}}
        yield Line({**(cells if first else {}), **below}, level, not first)
        first = False
    if first:
        yield Line(cells, level)


def _flatten_patch(patch: Data) -> Iterator[Line]:
    """A patch: a row for each key; the code on the first."""
    named = isinstance(patch.get("id"), str)
    lead: Data = {"id": patch["id"] if named else NO_ID}
    cells: list[Data] = [{"key": key, "value": value} for key, value in patch.items() if not (named and key == "id")]
    for cell in cells or [{}]:
        yield Line({**lead, **cell}, inner=not lead)
        lead = {}


# --- headings: always Vietnamese, for the form is read back by them ---

HEADINGS: Mapping[str, str] = {
    "RuleFile.rulebook": "Tên ngắn",
    "RuleFile.title": "Tên bộ quy tắc",
    "RuleFile.issued_by": "Cơ quan ban hành",
    "RuleFile.version": "Phiên bản",
    "RuleFile.valid.from": "Áp dụng từ ngày",
    "RuleFile.valid.to": "Áp dụng đến hết ngày",
    "RuleFile.source.document": "Căn cứ chung: văn bản",
    "RuleFile.source.clause": "Căn cứ chung: điều khoản",
    "RuleFile.source.short": "Căn cứ chung: tên gọi tắt",
    "RuleFile.source.date": "Căn cứ chung: ngày ban hành",
    "RuleFile.source.url": "Căn cứ chung: nơi đăng",
    "RuleFile.includes": "Gộp các bộ quy tắc",
    "Criterion.id": "Mã",
    "Criterion.name": "Nội dung",
    "Criterion.unit": "ĐVT",
    "Criterion.measure": "Cách tính",
    "Criterion.requires": "Điều kiện kèm theo",
    "Criterion.milestones": "Các mốc",
    "Criterion.source": "Căn cứ",
    "Criterion.evidence": "Dựa trên",
    "Criterion.zero_of_zero": "Khi 0/0",
    "Criterion.exceeded": "Vượt so với ngưỡng",
    "Criterion.words": "Kết quả bằng chữ",
    "Criterion.outlook": "Dự báo",
    "Criterion.each": "Xét từng hàng của bảng",
    "Criterion.roll_up": "Tổng hợp",
    "Criterion.max_points": "Điểm tối đa",
    "Criterion.points": "Thang điểm",
    "Criterion.grades": "Xếp loại",
    "Criterion.units_meeting": "Số đơn vị phải đạt",
    "Criterion.children_from": "Lấy các con của",
    "Criterion.under": "Đặt dưới",
    "Criterion.note": "Ghi chú",
    "Target.meets": "Ngưỡng",
    "Target.exceeds": "Mức vượt",
    "Target.hole": "Chưa quy định",
    "Target.when": "Khi",
    "Target.otherwise": "Các trường hợp còn lại",
    "Target.from": "Từ ngày",
    "Target.to": "Đến hết ngày",
    "Target.by": "Thời hạn",
    "Target.source": "Căn cứ của ngưỡng",
    "Fact.label": "Nhãn trong sổ",
    "Fact.type": "Kiểu",
    "Fact.choices": "Các giá trị",
    "Fact.unit": "ĐVT",
    "Fact.aliases": "Cách ghi khác",
    "Fact.note": "Lời dặn",
    "Table.sheet": "Trang tính",
    "Table.title": "Dòng ghi tên bảng",
    "Table.nth": "Bảng thứ mấy trên trang",
    "Table.sideways": "Bảng xoay ngang",
    "Table.kind": "Mỗi hàng là",
    "Table.label": "Tên hiển thị",
    "Table.unit": "ĐVT chung",
    "Table.end": "Kết thúc ở",
    "Table.skip": "Bỏ qua hàng",
    "Table.counted": "Chỉ tính hàng có mã",
    "Table.optional": "Có thể thiếu bảng",
    "Column.headings": "Tiêu đề được nhận",
    "Column.type": "Kiểu ô",
    "Column.unit": "ĐVT của cột",
    "Column.required": "Bắt buộc",
    "Column.blank": "Ô trống là",
    "Agree.agree": "Phải bằng nhau",
    "Agree.label": "Tên phép đối chiếu",
    "AddUp.total": "Tổng",
    "AddUp.parts": "Các phần",
    "AddUp.label": "Tên phép đối chiếu",
    "Agree.within": "Được lệch",
    "AddUp.within": "Được lệch",
    "Bounded.bounded": "Không quá 100%",
    "Case.name": "Trường hợp",
    "Case.criterion": "Mã tiêu chí",
    "Case.given": "Số liệu",
    "Case.rows": "Số liệu tiêu chí khác",
    "Case.lines": "Các hàng của bảng",
    "Case.as_of": "Ngày số liệu",
    "Case.expect": "Kết luận phải ra",
    "Case.grade": "Loại phải ra",
}
