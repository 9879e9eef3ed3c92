"""Types the sheets of one workbook as its layout has them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import groupby, zip_longest
from operator import itemgetter
from random import Random

from .criteria import CRITERIA, Criterion
from .layouts import GROUPED, Layout, Sender, show_day
from .money import CASES
from .typed import Answer, Line, Report, show
from .xlsx import Content, Formula, Page


class Typist:
    """Types the sheets of one workbook."""

    def __init__(self, random: Random, layout: Layout, sender: Sender, report: Report) -> None:
        self.random, self.layout, self.sender, self.report = random, layout, sender, report
        self.places: dict[tuple[str, str], tuple[str, int, int]] = {}  # (criterion, column) -> where it was typed

    def type_all(self) -> list[Page]:
        """Every sheet, in the order of the layout."""
        makers = (self._facts, self._results, self._disbursement, self._revenue, self._security)
        pages = [makers[i](self.layout.sheets[i]) for i in self.layout.order]
        pages += [self._extra(name) for name in self.layout.extra]
        return pages

    # --- around the table ---------------------------------------------------------------------------------------------

    def _top(self, page: Page, title: str, guide: str, last: int, unit: str = "") -> int:
        """What stands above a table; the first free row below."""
        row, left = 1, _left_half(page, last)
        if self.layout.titles in ("block", "long"):
            right = left + 1
            page.span(1, 1, 1, left, self.sender.parent.upper(), "agency")
            page.span(2, 1, 2, left, f"UBND {self.sender.name.upper()}", "agency_b")
            page.span(1, right, 1, last, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "nation")
            page.span(2, right, 2, last, "Độc lập - Tự do - Hạnh phúc", "motto")
            page.span(3, right, 3, last, self._date_line(), "date")
            page.heights |= {1: 18, 2: 20, 3: 20}
            row = 5
        if self.layout.titles == "long":
            page.span(row, 1, row, last, "Biểu số 02/NVTT", "right")
            row += 1
        page.span(row, 1, row, last, title, "title")
        page.heights[row] = 24
        if self.layout.titles != "short":
            row += 1
            page.span(row, 1, row, last, guide, "guide")
            page.heights[row] = 22
        row += 1
        if unit:
            page.span(row, max(last - 1, 1), row, last, f"ĐVT: {unit}", "right")
            row += 1
        return row

    def _date_line(self) -> str:
        return f"{self.sender.place}, ngày     tháng {self.sender.as_of.month} năm {self.sender.as_of.year}"

    def _bottom(self, page: Page, row: int, last: int) -> None:
        """Notes, who gets it, who signs (no name)."""
        left = _left_half(page, last)
        if self.random.random() < 0.3:
            row += 1
            page.span(
                row,
                1,
                row,
                last,
                f"Ghi chú: Số liệu tính đến ngày {show_day(self.sender.as_of)}; ô trống là chưa có số liệu.",
                "foot",
            )
        if self.layout.titles == "short" and self.random.random() < 0.5:
            page.span(row + 2, left + 1, row + 2, last, "Người lập biểu", "sign")
            return
        receivers = ("Nơi nhận:", f"- {self.sender.parent};", "- Thường trực Đảng ủy, HĐND xã;", "- Lưu: VT.")
        for i, (receiver, signer) in enumerate(zip_longest(receivers, ("TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH"))):
            page.span(row + 2 + i, 1, row + 2 + i, left, receiver, "foot" if i else "foot_b")
            if signer:
                page.span(row + 2 + i, left + 1, row + 2 + i, last, signer, "sign")

    def _heads(self, page: Page, row: int, heads: Sequence[tuple[str, str]], marks: Sequence[str] = ()) -> int:
        """A header: headings, those of a group merged over them; the first free row below."""
        deep, column = any(group for group, _ in heads), 1
        for group, members in groupby(heads, key=itemgetter(0)):
            listed = [heading for _, heading in members]
            for i, heading in enumerate(listed, start=column):
                if group:
                    page.put(row + 1, i, heading, "head")
                else:
                    page.span(row, i, row + deep, i, heading, "head")
            if group:
                page.span(row, column, row, column + len(listed) - 1, group, "head")
            column += len(listed)
        page.heights[row + deep] = 34
        row += 1 + deep
        if marks:
            for i, mark in enumerate(marks, start=1):
                page.put(row, i, int(mark) if mark.isdigit() else mark, "mark")
            row += 1
        page.frozen = (row - 1, 0)
        return row

    # --- the sheets ---------------------------------------------------------------------------------------------------

    def _facts(self, name: str) -> Page:
        page = Page(name, (6, 34, 46, 40), colour="FF1F4E78")
        row = self._top(page, "THÔNG TIN CHUNG", "(Ghi một lần, dùng chung cho các biểu trong sổ)", 4)
        row = self._heads(page, row, [("", head) for head in self.layout.fact_heads])
        sender, report, random = self.sender, self.report, self.random
        camera = {True: "Có", False: random.choice(("Không", "không có")), None: ""}[report.camera]
        zone = (
            ""
            if report.zone is None
            else f"Khu vực {report.zone}"
            if len(report.zone) < 4 and random.random() < 0.3
            else report.zone
        )
        day: Content = sender.as_of if random.random() < 0.7 else show_day(sender.as_of)
        people: Content = report.people if random.random() < 0.8 else f"{show(Fraction(report.people))} người"
        values: list[tuple[Content, str]] = [
            (sender.name, "value"), (sender.code, "value_text"), (sender.parent, "value"), (sender.place, "value"),
            (sender.period, "value"), (day, "day"), (sender.rulebook, "value"), (zone, "value"),
            (report.households, "value_whole"), (people, "value_whole"), (camera, "value"),
        ]  # fmt: skip
        for number, (label, (value, look)) in enumerate(zip(self.layout.labels, values, strict=True), start=1):
            page.put(row, 1, number, "center")
            page.put(row, 2, label, "label")
            page.put(row, 3, value, look)
            page.put(row, 4, {8: "Khu vực I, II, III hoặc «Không thuộc»", 11: "Có / Không"}.get(number, ""), "small")
            self.places[
                "fact",
                (
                    "unit_name",
                    "unit_code",
                    "parent",
                    "place",
                    "period",
                    "as_of",
                    "rulebook",
                    "zone",
                    "households",
                    "people",
                    "camera",
                )[number - 1],
            ] = name, row, 3
            row += 1
        self._bottom(page, row, 4)
        return page

    def _rows(self) -> list[Criterion]:
        national = [each for each in CRITERIA if each.id.startswith(("17.", "18.", "19."))]
        if not self.layout.national_last:
            return list(CRITERIA)
        return [each for each in CRITERIA if each not in national] + national

    def _results(self, name: str) -> Page:
        heads = self.layout.results
        page = Page(name, [width for _, _, width in heads], colour="FFC00000")
        title = f"BIỂU ĐÁNH GIÁ KẾT QUẢ THỰC HIỆN NHIỆM VỤ TRỌNG TÂM {self.sender.period.upper()}"
        row = self._top(page, title, "(Kèm theo Báo cáo số     /BC-UBND của Ủy ban nhân dân xã)", len(heads))
        marks = (
            [chr(65 + i) for i in range(4)] + [str(i) for i in range(1, len(heads) - 3)] if self.layout.marks else ()
        )
        over = [(self.layout.over if key in GROUPED else "", heading) for key, heading, _ in heads]
        for column, (key, _, _) in enumerate(heads, start=1):
            self.places["head", key] = name, row + bool(over[column - 1][0]), column
        row = self._heads(page, row, over, marks)
        first = row
        columns = {key: i for i, (key, _, _) in enumerate(heads, start=1)}
        for criterion in self._rows():
            self._type_row(page, row, criterion, self.report.answers[criterion.id], columns)
            row += 1
        letter = "ABCDEFGHIJKLMN"[columns["declared"] - 1]
        page.choices.append((f"{letter}{first}:{letter}{row - 1}", "Đạt,Chưa đạt,Vượt,Chưa đánh giá,Không phát sinh"))
        if self.random.random() < 0.1:
            page.hidden |= set(self.random.sample(range(first, row), self.random.randint(1, 6)))
        self._bottom(page, row, len(heads))
        return page

    def _type_row(self, page: Page, row: int, criterion: Criterion, answer: Answer, columns: dict[str, int]) -> None:
        group, depth, typed = criterion.kind == "group", criterion.id.count("."), answer.typed
        left, middle = ("group", "group_c") if depth == 0 else ("task", "task_c") if group else ("text", "center")
        shown: dict[str, tuple[Content, str]] = {
            "id": (criterion.id, middle if group else "code"),
            "name": (criterion.name, left),
            "unit": (criterion.unit, middle),
            "target": (criterion.target, middle),
            "value": (typed.value, middle if group else typed.look),
            "numerator": (
                typed.numerator,
                middle if group else "decimal" if isinstance(typed.numerator, float) else "center",
            ),
            "denominator": (
                typed.denominator,
                middle if group else "decimal" if isinstance(typed.denominator, float) else "center",
            ),
            "declared": (typed.declared, middle),
            "narrative": (narrate(self.random, self.sender, criterion, answer), "small"),
            "forecast": ("Phấn đấu hoàn thành" if depth == 0 else "", middle),
            "day": ("" if group else self.sender.as_of, "day"),
            "cause": (
                "" if answer.verdict != "not_met" or group else "Kinh phí còn hạn chế; đề nghị cấp trên bố trí vốn.",
                "small",
            ),
            "agency": (
                "" if group else ("Văn phòng - Thống kê", "Địa chính - Xây dựng", "Tài chính - Kế toán")[row % 3],
                "small",
            ),
            "last_year": ("" if group else (row * 37) % 100, middle),
            "note": ("", middle),
        }
        if criterion.kind in ("revenue", "disbursement") and answer.value is not None and answer.verdict != "no_data":
            shown["value"] = float(round(answer.value, 4)), "percent2"
        elif criterion.kind == "security" and answer.value is not None:
            shown["value"] = f"{len(CASES)} nội dung, {answer.value} vụ", "center"
        for key, column in columns.items():
            content, look = shown[key]
            if isinstance(content, Formula):
                letters = {key: "ABCDEFGHIJKLMN"[at - 1] for key, at in columns.items()}
                text = content.text.format(
                    **{key: f"{letters.get(key, 'A')}{row}" for key in ("numerator", "denominator")}
                )
                content = Formula(text, content.value)
            page.put(row, column, content, look)
            self.places[criterion.id, key] = page.name, row, column
        texts = [(shown[key][0], width) for key, _, width in self.layout.results]
        lines = max(-(-len(text) * 10 // int(width * 11)) for text, width in texts if isinstance(text, str))
        page.heights[row] = max(20, 15 * lines + 4)

    # --- money --------------------------------------------------------------------------------------------------------

    def _amount(self, amount: int | None, slip: Content = None) -> tuple[Content, str]:
        """An amount in the unit of the table, or in words with its own unit."""
        if amount is None:
            return slip, "money"
        if self.random.random() < 0.12:
            millions = Fraction(amount, 1_000_000)
            forms = [f"{show(Fraction(amount))} đ", f"{show(Fraction(amount))} đồng"]
            forms += [f"{show(millions)} triệu đồng"] if amount % 100_000 == 0 else []
            return self.random.choice(forms), "money"
        if self.layout.millions:
            return amount / 1_000_000, "millions"
        return amount, "money"

    def _disbursement(self, name: str) -> Page:
        page = Page(name, (6, 40, 17, 17, 17, 17, 11, 13, 34), colour="FF548235")
        unit = "triệu đồng" if self.layout.millions else "đồng"
        title = "TÌNH HÌNH GIẢI NGÂN KẾ HOẠCH VỐN CÁC CHƯƠNG TRÌNH MTQG"
        row = self._top(page, title, f"(Số liệu tính đến ngày {show_day(self.sender.as_of)})", 9, unit)
        year = self.sender.as_of.year
        flat = self.layout.flat or year != 2024  # the rulebook's merged headings speak of 2024
        plan = ("", f"Kế hoạch vốn{' năm 2024' if year == 2024 else ''}") if flat else ("Kế hoạch vốn", "Năm 2024")
        carried = ("", "Vốn kéo dài") if flat else ("Kế hoạch vốn", "Kéo dài năm 2022, 2023")
        total = ("", "Tổng kế hoạch") if flat else ("Kế hoạch vốn", "Tổng cộng")
        heads = [("", "STT"), ("", "Nguồn vốn, nội dung"), plan, carried, total]
        heads += [("", "Đã giải ngân"), ("", "Tỷ lệ (%)"), ("", "Đơn vị tự đánh giá"), ("", "Diễn giải")]
        marks = ("A", "B", "1", "2", "3=1+2", "4", "5=4/3", "C", "D") if self.layout.marks else ()
        row = self._heads(page, row, heads, marks)
        first = row
        total_first = self.random.random() < 0.3
        row += total_first
        for number, line in enumerate(self.report.projects, start=1):
            self._type_project(page, row, number, line)
            row += 1
            if number == 1 and self.random.random() < 0.2:  # a part of the line above, not to be counted twice
                page.put(row, 2, "Trong đó: vốn ngân sách trung ương", "text")
                part = (line.plan or 0) // 2
                page.put(
                    row,
                    3,
                    part / 1_000_000 if self.layout.millions else part,
                    "millions" if self.layout.millions else "money",
                )
                row += 1
        self._type_total(page, first if total_first else row, self.report.projects, (3, 4, 5, 6))
        self._bottom(page, row + 1, 9)
        return page

    def _type_project(self, page: Page, row: int, number: int, line: Line) -> None:
        page.put(row, 1, number, "center")
        page.put(row, 2, line.name, "text")
        page.put(row, 3, *self._amount(line.plan))
        page.put(row, 4, *self._amount(line.carried))
        total, money = line.total or 0, "millions" if self.layout.millions else "money"
        page.put(row, 5, Formula(f"C{row}+D{row}", total / 1_000_000 if self.layout.millions else total), money)
        page.put(row, 6, *self._amount(line.done, line.slip))
        known = line.done is not None and total > 0
        page.put(row, 7, Formula(f"F{row}/E{row}", (line.done or 0) / total) if known else None, "percent2")
        page.put(row, 8, {"met": "Đạt", "not_met": "Chưa đạt", "": ""}[line.declared], "center")
        page.put(row, 9, "" if line.verdict != "not_met" else "Đang hoàn thiện hồ sơ thanh toán.", "small")
        page.heights[row] = 34

    def _type_total(self, page: Page, row: int, lines: Sequence[Line], columns: Sequence[int]) -> None:
        sums = [
            sum(line.plan or 0 for line in lines),
            sum(line.carried or 0 for line in lines),
            sum(line.total or 0 for line in lines),
            sum(line.done or 0 for line in lines),
        ]
        page.put(row, 1, "", "total")
        page.put(row, 2, self.random.choice(("Tổng số", "Cộng", "Tổng cộng")), "total")
        for column, amount in zip(columns, sums, strict=True):
            page.put(
                row,
                column,
                amount / 1_000_000 if self.layout.millions else amount,
                "total_millions" if self.layout.millions else "total_money",
            )
        for column in (7, 8, 9):
            page.put(row, column, "", "total")

    def _revenue(self, name: str) -> Page:
        page = Page(name, (6, 42, 18, 18, 22, 16), colour="FFBF8F00")
        unit = "triệu đồng" if self.layout.millions else "đồng"
        title = f"TÌNH HÌNH THU NGÂN SÁCH NHÀ NƯỚC TRÊN ĐỊA BÀN {self.sender.period.upper()}"
        row = self._top(page, title, f"(Số liệu tính đến ngày {show_day(self.sender.as_of)})", 6, unit)
        plan = (
            [("", "Dự toán huyện giao"), ("", "Dự toán HĐND xã giao")]
            if self.layout.flat or self.sender.as_of.year != 2024
            else [("Dự toán năm 2024", "Huyện giao"), ("Dự toán năm 2024", "HĐND xã giao")]
        )
        done = "Thực hiện 6 tháng" if self.layout.flat else "Thực hiện"
        row = self._heads(page, row, [("", "STT"), ("", "Nội dung thu"), *plan, ("", done), ("", "So với dự toán (%)")])
        lines, money = self.report.taxes, "millions" if self.layout.millions else "money"
        scale = 1_000_000 if self.layout.millions else 1
        plans, dones = sum(line.plan or 0 for line in lines), sum(line.done or 0 for line in lines)
        for column, content in (
            (1, ""),
            (2, "Tổng số"),
            (3, plans / scale),
            (4, plans * 11 // 10 / scale),
            (5, dones / scale),
            (6, dones / plans if plans else None),
        ):
            page.put(
                row, column, content, "total" if column < 3 else "total_percent" if column == 6 else f"total_{money}"
            )
        for number, line in enumerate(lines, start=1):
            row += 1
            page.put(row, 1, number, "center")
            page.put(row, 2, line.name, "text")
            page.put(row, 3, *self._amount(line.plan))
            page.put(row, 4, *self._amount(None if line.plan is None else line.plan * 11 // 10))
            page.put(row, 5, *self._amount(line.done, line.slip))
            known = line.done is not None and line.plan
            page.put(
                row, 6, Formula(f"E{row}/C{row}", (line.done or 0) / (line.plan or 1)) if known else None, "percent2"
            )
            page.heights[row] = 22
        self._bottom(page, row + 1, 6)
        return page

    def _security(self, name: str) -> Page:
        page = Page(name, (6, 76, 14, 40), colour="FF7030A0")
        title = "TÌNH HÌNH AN NINH CHÍNH TRỊ, TRẬT TỰ AN TOÀN XÃ HỘI"
        row = self._top(page, title, f"(Tiêu chí 19.2; số liệu tính đến ngày {show_day(self.sender.as_of)})", 4)
        heads = (
            ["TT", "Nội dung theo dõi", "Số vụ, việc", "Ghi chú"]
            if self.layout.flat
            else ["STT", "Nội dung", "Số vụ", "Ghi chú"]
        )
        row = self._heads(page, row, [("", head) for head in heads])
        for number, (content, cases) in enumerate(zip(CASES, self.report.cases, strict=True), start=1):
            page.put(row, 1, number, "center")
            page.put(row, 2, content, "text")
            page.put(row, 3, cases, "center")
            page.put(row, 4, "Không có" if cases == 0 else "", "small")
            page.heights[row] = 34 if len(content) > 80 else 20
            row += 1
        known = [each if isinstance(each, int) else 0 for each in self.report.cases]
        page.put_row(row, ("", "Cộng", sum(known), ""), "total")
        self._bottom(page, row + 1, 4)
        return page

    def _extra(self, name: str) -> Page:
        """A sheet that nobody asked for."""
        page = Page(name, (8, 40, 20), state="hidden" if name == "Danh mục" else "visible")
        if name == "Danh mục":
            for row, text in enumerate(("Đạt", "Chưa đạt", "Vượt", "Chưa đánh giá", "Không phát sinh"), start=1):
                page.put(row, 1, text, "none")
        elif name == "Lịch họp":
            page.put_row(1, ("TT", "Cuộc họp", "Thời gian"), "head")
            page.put_row(2, (1, "Họp UBND xã thường kỳ", "Tuần 1"), "text")
            page.put_row(3, (2, "Giao ban các thôn", "Tuần 3"), "text")
        return page


def _left_half(page: Page, last: int) -> int:
    """How many columns make the left part of a form: wide enough for the name of an office, no wider than half."""
    left = next(i for i in range(1, last + 1) if sum(page.widths[:i]) >= 34)
    return min(left, max(last - 1, 1))


def narrate(random: Random, sender: Sender, criterion: Criterion, answer: Answer) -> str:
    """A sentence about a result, for some of them."""
    if criterion.kind == "group" or random.random() < 0.45:
        return ""
    if answer.numerator is not None and answer.denominator and criterion.noun:
        of = f"{show(answer.numerator)}/{show(answer.denominator)} {criterion.noun}"
        return f"Đến ngày {show_day(sender.as_of)} thực hiện được {of}."
    return {
        "met": "Thực hiện tốt, bảo đảm yêu cầu đề ra.",
        "exceeded": "Thực hiện vượt kế hoạch được giao.",
        "not_met": "Tiến độ còn chậm, tiếp tục tập trung chỉ đạo trong thời gian tới.",
        "not_assessed": "Chưa đến kỳ đánh giá.",
        "no_data": "Các bộ phận chuyên môn đang tổng hợp.",
        "not_applicable": "Trên địa bàn xã không phát sinh nội dung này.",
    }[answer.verdict]


def map_texts(pages: Sequence[Page], change: Callable[[str], str]) -> None:
    """Change every text of a workbook; formulas and the names of sheets stay."""
    for page in pages:
        for row, cells in page.cells.items():
            page.cells[row] = {
                column: (change(content) if isinstance(content, str) else content, look)
                for column, (content, look) in cells.items()
            }
