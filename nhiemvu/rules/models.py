"""The form of a rule file: the one definition from which loading, the JSON Schema and the reference page come.

These models say what a key may hold. What keys mean together (names, targets, tables of decisions) `compile` checks.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, StringConstraints, Tag, model_validator

Id = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-zĐđ][0-9A-Za-zĐđ._-]*$", max_length=60)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Expression = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Test = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Share = Annotated[float, Field(ge=0, le=1)]


class Form(BaseModel):
    """Every part of a rule file: unknown keys are mistakes, values are taken as they are written."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class Source(Form):
    """Which document says so."""

    document: str = Field(description="Số, ký hiệu và trích yếu văn bản.")
    clause: str = Field("", description="Điều, khoản, điểm hoặc số tiêu chí.")
    short: str = Field("", description="Tên gọi tắt của văn bản, để in trong bảng cho gọn.")
    date: dt.date | None = Field(None, description="Ngày ban hành.")
    url: str = Field("", description="Nơi đăng văn bản.")


class Validity(Form):
    """The days on which a rulebook holds, both included."""

    from_: dt.date = Field(alias="from", description="Ngày bắt đầu áp dụng.")
    to: dt.date | None = Field(None, description="Ngày cuối cùng áp dụng; bỏ trống nếu chưa định.")


class Fact(Form):
    """One value per unit, stated once, used by many rules."""

    label: str = Field(description="Tên ghi trong sổ, ví dụ «Khu vực».")
    type: Literal["number", "percent", "choice", "text", "boolean", "date"] = Field(
        "number", description="Kiểu giá trị: số, tỷ lệ, một trong choices, chữ, có hay không, ngày."
    )
    choices: list[str] = Field([], description="Các giá trị được phép, khi kiểu là choice.")
    unit: str = Field("", description="Đơn vị tính.")
    aliases: list[str] = Field([], description="Các cách ghi khác của nhãn.")
    note: str = Field("", description="Lời dặn cho người điền.")


class Column(Form):
    """One column of a table: its headings, and how its cells are read."""

    headings: list[str] = Field(
        description="Các tiêu đề được nhận; «A > B» là tiêu đề B nằm dưới tiêu đề gộp A.", min_length=1
    )
    type: Literal["number", "percent", "text", "verdict", "date"] = Field(
        "number", description="Kiểu của ô: số, tỷ lệ, chữ, tự đánh giá (verdict), ngày."
    )
    unit: str = Field("", description="Đơn vị tính của cột; cột ghi đơn vị khác thì được quy đổi.")
    required: bool = Field(True, description="Thiếu cột này có phải là lỗi không.")
    blank: Literal["missing", "zero"] = Field("missing", description="Ô trống là thiếu số liệu, hay là số 0.")

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, given: Any) -> Any:
        """`Đã giải ngân` and `[Kế hoạch vốn, KH vốn giao]` are headings alone."""
        if isinstance(given, str):
            return {"headings": [given]}
        if isinstance(given, list):
            return {"headings": given}
        if isinstance(given, dict) and isinstance(given.get("headings"), str):
            return {**given, "headings": [given["headings"]]}
        return given


class Table(Form):
    """Where figures lie: a sheet, the headings of its columns, and what its rows are."""

    sheet: list[str] = Field(
        [],
        description="Tên trang tính và các tên khác được nhận; bỏ trống: trang nào có đủ các tiêu đề. "
        '"T{1..12}" là một bảng trải trên các trang T1 đến T12, "{Quý I,Quý II}" trên hai trang ấy, "Xã *" trên mọi '
        "trang có tên bắt đầu như vậy và có các tiêu đề này.",
    )
    title: list[str] = Field(
        [],
        description="Dòng ghi tên bảng, ở trên tiêu đề hoặc là tên nhóm trong bảng, khi một trang có nhiều bảng "
        "cùng tiêu đề.",
    )
    nth: Annotated[int, Field(ge=1)] | Literal["all"] | None = Field(
        None, description="Bảng thứ mấy trong các bảng cùng tiêu đề trên một trang; all: tất cả là một bảng."
    )
    sideways: bool = Field(
        False, description="Bảng xoay ngang: mỗi cột của trang là một khoản, tiêu đề nằm ở cột bên trái."
    )
    kind: Literal["lines", "results", "facts"] = Field(
        "lines",
        description="lines: mỗi hàng một khoản; results: mỗi hàng một tiêu chí; facts: mỗi hàng một thông tin chung.",
    )
    label: str = Field("", description="Tên bảng để hiển thị.")
    columns: dict[Name, Column] = Field(description="Các cột, theo tên dùng trong biểu thức.")
    unit: str = Field("", description="Đơn vị tính chung khi bảng không ghi.")
    end: list[str] = Field([], description="Chữ mở đầu hàng kết thúc bảng, ví dụ «Nơi nhận».")
    skip: list[str] = Field([], description="Chữ mở đầu hàng không tính là một khoản, ví dụ «Tổng số».")
    counted: dict[Name, Literal["A", "I", "1", "1.1", "1.1.1", "a", "-"]] = Field(
        {},
        description='Chỉ tính hàng có mã ở cột ấy viết kiểu này, ví dụ {tt: "1"}: bỏ hàng nhóm I, II và hàng «-».',
    )
    optional: bool = Field(False, description="Sổ không có bảng này thì bỏ qua, không coi là lỗi.")

    @model_validator(mode="before")
    @classmethod
    def _one_sheet(cls, given: Any) -> Any:
        if isinstance(given, dict):
            return {**given, **{key: [given[key]] for key in ("sheet", "title") if isinstance(given.get(key), str)}}
        return given


Allowed = str | bool | list[str | bool]


class Target(Form):
    """One row of a criterion's decision table: when it holds, and what must then hold."""

    meets: Test | None = Field(None, description='Ngưỡng, ví dụ "≥ 80%".')
    exceeds: Test | None = Field(
        None, description='Mức coi là vượt, xét trên chính kết quả, ví dụ "> 6.8%"; thấp hơn là tốt hơn thì "< 4%".'
    )
    hole: str | None = Field(None, description="Ngưỡng chưa được quy định; ghi ai sẽ quy định.")
    when: dict[Name, Allowed] = Field(
        {}, description="Dòng này dành cho đơn vị nào, theo thông tin chung, ví dụ {khu_vuc: [I, II]}."
    )
    otherwise: bool = Field(False, description="Dòng dùng khi không dòng nào khác khớp.")
    from_: dt.date | None = Field(None, alias="from", description="Áp dụng từ ngày.")
    to: dt.date | None = Field(None, description="Áp dụng đến hết ngày.")
    by: dt.date | None = Field(None, description="Thời hạn phải đạt.")
    source: Source | None = Field(None, description="Căn cứ.")

    @model_validator(mode="after")
    def _one_of_two(self) -> Target:
        if (self.meets is None) == (self.hole is None):
            raise ValueError("meets_or_hole")
        return self


class Milestone(Form):
    """A step on the way to the target."""

    by: dt.date = Field(description="Ngày của mốc.")
    meets: Test = Field(description="Ngưỡng phải đạt vào ngày ấy.")


class Outlook(Form):
    """How the pace is judged."""

    profile: list[Share] = Field(
        [], description="Phần của cả năm phải đạt vào cuối mỗi tháng: 12 số không giảm, số cuối là 1."
    )
    bands: list[Annotated[float, Field(le=0)]] = Field(
        [-3, -8, -15],
        min_length=3,
        max_length=3,
        description="Thấp hơn tiến độ bao nhiêu điểm phần trăm thì vẫn là đúng tiến độ, cần chú ý, nguy cơ; còn lại là "
        "báo động.",
    )


class AtLeast(Form):
    """At least so many children."""

    at_least: Annotated[int, Field(ge=1)] = Field(description="Số tiêu chí con ít nhất phải đạt.")


class Core(Form):
    """These children, and at least so many of the others."""

    core: list[Id] = Field(min_length=1, description="Các tiêu chí con bắt buộc phải đạt.")
    and_at_least: Annotated[int, Field(ge=0)] = Field(description="Số tiêu chí con khác ít nhất phải đạt.")


Weight = Annotated[float, Field(gt=0, le=1_000_000)]
Worth = Annotated[float, Field(ge=0, le=1_000_000)]


class WeightedShare(Form):
    """The share of met children, weighted, among those that arise."""

    share: Test = Field(description='Phần các tiêu chí con phải đạt, ví dụ "≥ 70%".')
    weights: dict[Id, Weight] = Field({}, description="Trọng số của từng tiêu chí con; bỏ trống: như nhau.")


class Points(Form):
    """The points that the children earn together."""

    points: Test = Field(description='Tổng điểm phải đạt: "≥ 80" điểm, hoặc "≥ 80%" của số điểm tối đa.')
    not_arising: Literal["left_out", "full", "zero"] = Field(
        "left_out",
        description="Nội dung không phát sinh: không tính cả điểm lẫn điểm tối đa, được trọn điểm, hay 0 điểm.",
    )


Kinds = dict[str, tuple[str, type[Form]]]  # one of several forms is known by a key of its own


def _find_kind(kinds: Kinds, given: Any) -> str | None:
    if isinstance(given, Form):
        return next((tag for tag, form in kinds.values() if isinstance(given, form)), None)
    return next((tag for key, (tag, _) in kinds.items() if key in given), None) if isinstance(given, dict) else None


_ROLL_UPS: Kinds = {
    "at_least": ("at_least_k", AtLeast),
    "core": ("core_and_k", Core),
    "and_at_least": ("core_and_k", Core),
    "share": ("weighted_share", WeightedShare),
    "weights": ("weighted_share", WeightedShare),
    "points": ("point_sum", Points),
    "not_arising": ("point_sum", Points),
}
RollUp = Annotated[
    Annotated[Literal["all", "any"], Tag("word")]
    | Annotated[AtLeast, Tag("at_least_k")]
    | Annotated[Core, Tag("core_and_k")]
    | Annotated[WeightedShare, Tag("weighted_share")]
    | Annotated[Points, Tag("point_sum")],
    Discriminator(lambda given: "word" if isinstance(given, str) else _find_kind(_ROLL_UPS, given)),
]


class Band(Form):
    """So many points for a result in this range."""

    meets: Test = Field(description='Kết quả trong khoảng nào, ví dụ "[70%..90%)".')
    points: Worth = Field(description="Được mấy điểm; kết quả không thuộc khoảng nào được 0 điểm.")


class Ceiling(Form):
    """How many units of a group may have a grade."""

    share: Test = Field(description='Nhiều nhất bằng bao nhiêu, ví dụ "20%".')
    of: list[str] = Field([], description="Của số đơn vị xếp các loại này; bỏ trống: của mọi đơn vị được xếp loại.")
    among: Name | None = Field(None, description="Thông tin chung chia đơn vị thành nhóm; bỏ trống: một nhóm.")


class Grade(Form):
    """One grade of an ordered table, the best first."""

    grade: str = Field(min_length=1, description="Tên loại, ví dụ «Hoàn thành tốt nhiệm vụ».")
    meets: Test | None = Field(None, description='Từ mức nào, ví dụ "≥ 70%" hoặc "≥ 70" điểm.')
    otherwise: bool = Field(False, description="Loại cuối cùng: mọi đơn vị còn lại.")
    at_most: Ceiling | None = Field(None, description="Trần số đơn vị được xếp loại này.")


class Criterion(Form):
    """A node of the tree: a leaf is measured, a parent is rolled up from its children."""

    id: Id = Field(description='Mã, luôn đặt trong dấu ngoặc kép: "1.10" khác "1.1".')
    name: str = Field("", description="Tên nhiệm vụ hoặc tiêu chí, như trong văn bản.")
    unit: str = Field("", description="Đơn vị tính của kết quả.")
    measure: Expression | None = Field(
        None, description="Biểu thức tính kết quả; mặc định: số liệu của chính hàng tiêu chí."
    )
    targets: list[Target] = Field([], description="Bảng quyết định: mỗi lúc đúng một dòng khớp.")
    requires: dict[Name, Allowed] = Field(
        {}, description="Điều phải có thêm thì mới đạt, theo thông tin chung, ví dụ {co_mo_hinh: true}."
    )
    milestones: list[Milestone] = Field([], description="Các mốc trước hạn cuối.")
    source: Source | None = Field(None, description="Căn cứ chung của tiêu chí.")
    evidence: Literal["measured", "declared", "declared_if_missing"] = Field(
        "measured",
        description="measured: kết luận từ số liệu; declared: theo tự đánh giá; declared_if_missing: theo tự đánh giá "
        "khi thiếu số liệu.",
    )
    zero_of_zero: Literal["not_applicable", "no_data", "met"] = Field(
        "not_applicable", description="Khi tử số và mẫu số cùng bằng 0: không phát sinh, thiếu số liệu, hay đạt."
    )
    exceeded: Test | None = Field(
        None,
        description='Mức coi là vượt của mọi ngưỡng: "≥ 105%" là so với ngưỡng; riêng từng ngưỡng thì ghi exceeds.',
    )
    words: dict[str, Test] = Field(
        {}, description='Kết quả ghi bằng chữ có nghĩa là bao nhiêu, ví dụ {Xuất siêu: "< 0"}.'
    )
    outlook: Literal["none", "linear", "milestones"] | Outlook = Field(
        "none",
        description="Cách dự báo: linear theo số ngày đã qua, milestones theo các mốc, profile theo tỷ lệ từng tháng.",
    )
    each: Name | None = Field(None, description="Bảng mà từng hàng cũng được đánh giá và hiện ra.")
    roll_up: RollUp | None = Field(None, description="Cách tổng hợp từ các tiêu chí con.")
    max_points: Worth | None = Field(None, description="Điểm tối đa; đạt thì được trọn điểm, trừ khi có points.")
    points: list[Band] = Field([], description="Điểm theo khoảng của kết quả.")
    grades: list[Grade] = Field([], description="Bảng xếp loại, từ cao đến thấp.")
    units_meeting: Test | None = Field(
        None,
        description='Khi tổng hợp: bao nhiêu đơn vị phải đạt tiêu chí này, "≥ 80%" hoặc "≥ 15" (đơn vị).',
    )
    children: list[Criterion] = Field([], description="Các tiêu chí con.")
    children_from: Id | None = Field(None, description="Lấy các con của tiêu chí này trong tệp được gộp.")
    under: Id | None = Field(None, description="Đặt dưới tiêu chí này của tệp được gộp.")
    note: str = Field("", description="Ghi chú cho người đọc quy tắc.")


class Agree(Form):
    """Several statements of one fact."""

    agree: list[Expression] = Field(min_length=2, description="Các biểu thức phải cho cùng một số.")
    label: str = Field(description="Tên của thông tin, ví dụ «Tổng số hộ».")
    within: Worth = Field(0, description="Được lệch nhau nhiều nhất bao nhiêu, theo đơn vị của con số.")


class AddUp(Form):
    """Parts and their total."""

    total: Expression = Field(description="Biểu thức của tổng.")
    parts: list[Expression] = Field(min_length=1, description="Các biểu thức phải cộng lại bằng tổng.")
    label: str = Field(description="Tên của tổng, để nêu khi không khớp.")
    within: Worth = Field(0, description="Tổng được lệch nhiều nhất bao nhiêu, ví dụ do làm tròn các phần.")


class Bounded(Form):
    """A share that cannot pass 100%."""

    bounded: list[Id] = Field(min_length=1, description="Các tiêu chí mà kết quả không thể quá 100%.")


_CHECKS: Kinds = {
    "agree": ("agree", Agree),
    "total": ("add_up", AddUp),
    "parts": ("add_up", AddUp),
    "bounded": ("bounded", Bounded),
}
Check = Annotated[
    Annotated[Agree, Tag("agree")] | Annotated[AddUp, Tag("add_up")] | Annotated[Bounded, Tag("bounded")],
    Discriminator(lambda given: _find_kind(_CHECKS, given)),
]


Typed = str | int | float | bool | dt.date | None


class Case(Form):
    """A test of the rulebook: given these figures, as an official would type them, this verdict."""

    name: str = Field(description="Trường hợp gì.")
    criterion: Id = Field(description="Mã tiêu chí.")
    given: dict[str, Typed] = Field(
        {}, description="Số liệu như gõ vào sổ: value, numerator, denominator, declared, narrative, thông tin chung."
    )
    rows: dict[Id, dict[str, Typed]] = Field(
        {}, description="Số liệu của những tiêu chí khác mà kết luận cần đến, theo mã."
    )
    lines: dict[Name, list[dict[Name, Typed]]] = Field({}, description="Các hàng của các bảng, theo tên bảng.")
    as_of: dt.date | None = Field(None, description="Ngày lấy số liệu.")
    expect: Literal["exceeded", "met", "not_met", "not_assessed", "no_data", "not_applicable"] = Field(
        description="Kết luận phải ra."
    )
    grade: str | None = Field(None, description="Loại phải ra, nếu tiêu chí có bảng xếp loại.")


class RuleFile(Form):
    """A whole rule file."""

    rulebook: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=80)] = Field(
        description="Tên ngắn, trùng tên tệp: chữ thường không dấu, số và gạch nối."
    )
    title: str = Field(description="Tên đầy đủ của bộ quy tắc.")
    issued_by: str = Field("", description="Cơ quan ban hành.")
    version: str = Field("1", description="Phiên bản của bộ quy tắc, trong dấu ngoặc kép.")
    valid: Validity | None = Field(None, description="Thời gian áp dụng.")
    source: Source | None = Field(None, description="Căn cứ chung, của những tiêu chí không ghi căn cứ riêng.")
    includes: list[str] = Field(
        [], description="Các bộ quy tắc được gộp vào, theo tên ngắn: tìm trong cùng thư mục, rồi trong các bộ có sẵn."
    )
    facts: dict[Name, Fact] = Field({}, description="Thông tin chung của đơn vị: ghi một lần, dùng ở nhiều tiêu chí.")
    tables: dict[Name, Table] = Field({}, description="Các bảng số liệu trong sổ.")
    criteria: list[Criterion] = Field([], description="Cây tiêu chí.")
    overlay: list[dict[str, Any]] = Field(
        [], description="Chỗ khác với các tệp được gộp: mỗi mục là mã (id) của một tiêu chí và những khóa thay đổi."
    )
    checks: list[Check] = Field([], description="Các phép đối chiếu; chỗ không khớp hiện ở trang Sai lệch.")
    cases: list[Case] = Field([], description="Các trường hợp thử, chạy bằng lệnh nhiemvu rules test.")
