"""How a unit lays out its workbook: titles, headings, order of columns and sheets, footers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from .criteria import RULEBOOK

Head = tuple[str, str, float]  # what stands in the column, its heading, its width
ROLES = ("facts", "results", "disbursement", "revenue", "security")  # what the sheets are for
GROUPED = frozenset({"value", "numerator", "denominator", "narrative"})


@dataclass(frozen=True)
class Layout:
    """One way of laying out the same workbook.

    Attributes:
        results: the columns of the results, in order.
        over: a heading merged over the four columns of the result.
        marks: a row A | B | 1 | 2 under the headings.
        titles: rows above the table: a whole title block, a title, or nothing.
        sheets: their names, as `ROLES` has them; they stand in the order of `order`.
        flat: headings of the money in one row.
        millions: the money is in triệu đồng.
        labels: of the facts.
        extra: sheets that nobody asked for.
        national_last: criteria 17 to 19 stand at the end.
    """

    name: str
    results: Sequence[Head]
    over: str = ""
    marks: bool = False
    titles: str = "block"
    sheets: Sequence[str] = ("Thông tin", "Kết quả", "Giải ngân", "Thu ngân sách", "An ninh trật tự")
    order: Sequence[int] = (0, 1, 2, 3, 4)
    flat: bool = False
    millions: bool = False
    labels: Sequence[str] = (
        "Đơn vị", "Mã đơn vị", "Cơ quan cấp trên", "Địa danh", "Kỳ đánh giá", "Số liệu tính đến ngày", "Bộ quy tắc",
        "Khu vực", "Tổng số hộ", "Tổng số nhân khẩu", "Mô hình camera an ninh",
    )  # fmt: skip
    fact_heads: Sequence[str] = ("STT", "Thông tin", "Giá trị", "Ghi chú")
    extra: Sequence[str] = ()
    national_last: bool = False

    @property
    def ratio_columns(self) -> bool:
        return any(key == "numerator" for key, _, _ in self.results)


LAYOUTS = {
    each.name: each
    for each in (
        Layout(
            "hai-yen",
            (
                ("id", "Mã", 8), ("name", "Nội dung", 34), ("unit", "ĐVT", 9), ("target", "Mục tiêu", 14),
                ("value", "Kết quả (số liệu)", 18), ("numerator", "Tử số", 11), ("denominator", "Mẫu số", 11),
                ("narrative", "Diễn giải", 46), ("declared", "Đơn vị tự đánh giá", 12),
                ("forecast", "Dự báo 6 tháng cuối năm", 14),
            ),
            over="Kết quả thực hiện từng nhiệm vụ",
            marks=True,
        ),
        Layout(
            "gon",
            (
                ("id", "TT", 7), ("name", "Chỉ tiêu", 60), ("unit", "Đơn vị tính", 11), ("target", "Chỉ tiêu giao", 14),
                ("value", "Kết quả thực hiện", 24), ("declared", "Tự đánh giá", 14), ("note", "Ghi chú", 18),
            ),
            titles="short",
            sheets=("Thông tin chung", "Biểu kết quả", "Giải ngân vốn", "Thu NSNN", "ANTT"),
            flat=True,
            labels=(
                "Tên xã", "Mã xã", "Đơn vị cấp trên", "Địa danh", "Kỳ báo cáo", "Số liệu đến ngày",
                "Bộ quy tắc áp dụng",
                "Xã khu vực", "Số hộ", "Dân số", "Mô hình camera",
            ),
            fact_heads=("TT", "Mục", "Nội dung khai", "Nguồn"),
        ),
        Layout(
            "day-du",
            (
                ("id", "STT/Mã", 8), ("name", "Nhiệm vụ / chỉ tiêu", 34), ("unit", "ĐVT", 9), ("target", "Ngưỡng", 12),
                ("value", "Kết quả (số)", 15), ("numerator", "Tử số", 11), ("denominator", "Mẫu số", 11),
                ("day", "Số liệu đến ngày", 12), ("narrative", "Kết quả (chữ)/minh chứng", 40),
                ("declared", "Đơn vị tự đánh giá", 12), ("cause", "Nguyên nhân, kiến nghị", 24),
                ("forecast", "Dự báo 6 tháng cuối năm", 14), ("note", "Ghi chú", 12),
            ),
            titles="long",
            order=(1, 2, 3, 4, 0),
            millions=True,
            marks=True,
            extra=("Danh mục", "Sheet3"),
            labels=(
                "Đơn vị báo cáo", "Mã ĐVHC", "Cơ quan chủ quản", "Địa danh ghi trên văn bản", "Kỳ", "Ngày chốt số liệu",
                "Tên bộ quy tắc", "Khu vực (I, II, III)", "Số hộ gia đình", "Số nhân khẩu", "Có mô hình camera an ninh",
            ),
        ),
        Layout(
            "nguoc",
            (
                ("note", "Ghi chú", 14), ("declared", "Xã tự đánh giá", 13), ("narrative", "Thuyết minh", 40),
                ("agency", "Bộ phận phụ trách", 18),
                ("last_year", "Cùng kỳ năm trước", 13), ("denominator", "Mẫu số", 11), ("numerator", "Tử số", 11),
                ("value", "Số liệu", 16), ("target", "Mục tiêu", 14), ("unit", "Đơn vị", 10),
                ("name", "Nhiệm vụ", 38), ("id", "Mã tiêu chí", 9),
            ),
            order=(4, 3, 2, 1, 0),
            flat=True,
            national_last=True,
            extra=("Lịch họp",),
            fact_heads=("STT", "Thông tin", "Giá trị", "Ghi chú"),
        ),
    )
}  # fmt: skip


@dataclass(slots=True)
class Sender:
    """Who sends a workbook and what stands on its first sheet."""

    code: str
    name: str
    parent: str
    place: str
    period: str
    as_of: dt.date
    rulebook: str = RULEBOOK


def show_day(day: dt.date) -> str:
    """29/5/2024."""
    return f"{day.day}/{day.month}/{day.year}"
