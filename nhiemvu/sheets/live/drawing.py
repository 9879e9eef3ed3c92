"""What a live template draws: verdicts beside the figures, counts by group, and the hidden sheets that reckon them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from nhiemvu.engine.outlook import period
from nhiemvu.engine.rows import UnitInfo
from nhiemvu.messages import N_, _
from nhiemvu.rules import models
from nhiemvu.rules.rulebook import Node, Rulebook
from nhiemvu.sheets import inputs
from nhiemvu.sheets.fit import Piece, make_safe
from nhiemvu.sheets.live.decisions import EPOCH
from nhiemvu.sheets.live.formulas import all_of, text
from nhiemvu.sheets.live.groups import Roller
from nhiemvu.sheets.live.judging import Judge
from nhiemvu.sheets.live.ledger import HEADINGS, STEPS, Ledger
from nhiemvu.sheets.live.measures import has_quotient
from nhiemvu.sheets.live.places import Places
from nhiemvu.sheets.live.reading import CODES, DATE_KINDS, LAST_CODE, LEFT_OPEN
from nhiemvu.sheets.live.sentences import Teller
from nhiemvu.sheets.live.sheet import Calculation, cell
from nhiemvu.sheets.theme import (
    GROUP_FILL,
    HEADER_FILL,
    QUIET,
    SIZE,
    VERDICTS,
    Canvas,
    Styles,
    VerdictStyle,
    show_verdict,
)
from nhiemvu.sheets.title import draw_title
from nhiemvu.text import fold
from nhiemvu.verdicts import Verdict

RESULT, VERDICT, ADVICE = "=result", "=verdict", "=advice"  # no column of a rulebook has such a name
WIDTHS: Mapping[str, int] = {RESULT: 84, VERDICT: 134, ADVICE: 220}
OPEN = VerdictStyle("…", "#1B4F8A", "#FFFFFF", "#8A97A6")

_LABELS, _FORMATS = 3, 5  # rows of constants on the calculation sheet
_TITLES = N_("Tổng hợp"), N_("Cách tính"), N_("Cách tính (bảng)")
_NUMBER = '#,##0;-#,##0;"–"'
_SMALL = 11


class Live:
    """The live part of one template while it is drawn.

    Attributes:
        places: where the template has its cells; whoever draws them says so here.
    """

    def __init__(self, rulebook: Rulebook, verdicts: Mapping[str, str]) -> None:
        """`verdicts`: what the engine concludes of the template while it is empty, by criterion."""
        self._rulebook, self._verdicts = rulebook, verdicts
        taken = {fold(name) for table in rulebook.tables.values() for name in (*table.sheet, table.label)}
        titles = [_free_title(_(title), taken) for title in _TITLES]
        self._summary_title = titles[0]
        self._ledger = Ledger(rulebook, titles[1], titles[2])
        self._total_row = 0
        self._counts: Counter[int] = Counter()  # of the verdicts while the template is empty

    @property
    def places(self) -> Places:
        """Where the template has its cells."""
        return self._ledger.places

    # --- beside the figures -----------------------------------------------------------------------------------------

    def extend(self, columns: Mapping[str, models.Column]) -> dict[str, models.Column]:
        """The columns of the table of results, ours behind those of the figures and the declaration."""
        known = {fold(heading) for column in columns.values() for heading in column.headings}
        ours = {
            name: models.Column(headings=[_free_title(_(heading), known)], type="text")
            for name, heading in _HEADINGS.items()
        }
        figures = [name for name in ("value", "numerator", "denominator", "declared") if name in columns]
        last = max((list(columns).index(name) for name in figures), default=len(columns) - 1)
        items = list(columns.items())
        return dict([*items[: last + 1], *ours.items(), *items[last + 1 :]])

    def draw_cell(self, canvas: Canvas, row: int, column: int, name: str, node: Node, **look: Any) -> None:
        """One of our cells in the row of a criterion."""
        far = self._ledger.far
        quiet = {**look, "bold": False, "font_size": _SMALL}
        if name == VERDICT:
            shown = f"=IFERROR(INDEX({self._labels},{far(node, 'code')}+1),{text(_say_open())})"
            style = canvas.style(**{**look, "align": "center", "bold": True})
            canvas.sheet.write_formula(row, column, shown, style, show_verdict(self._verdicts[node.id]))
        elif name == ADVICE:
            canvas.sheet.write_formula(row, column, f"={far(node, 'said')}", canvas.style(**quiet, indent=1), "")
        elif node.kind == "leaf" and node.measure is not None and (has_quotient(node) or not node.own):
            num_format = "0.00##%" if node.is_percent else inputs.choose_format(node.unit)
            style = canvas.style(**quiet, align="center", num_format=num_format)
            canvas.sheet.write_formula(row, column, f"={far(node, 'shown')}", style, "")
        else:
            canvas.write(row, column, "", **look)

    def longest_advice(self, node: Node) -> str:
        """About as much as a formula will say in the row of a criterion, which has to be high enough for it."""
        if node.kind == "leaf":
            return _("Có ô không ghi số hoặc khác mẫu; chạy nhiemvu để đọc.")
        kinds = [f"99 {word.lower()}" for _code, word in self._kinds]
        return f"{_('Gồm {n}', n=len(node.children))}: {', '.join(kinds[: len(node.children)])}"

    @property
    def _labels(self) -> str:
        """The words of the verdicts, on the calculation sheet."""
        first, last = (self._ledger.sheet.far(_LABELS, column) for column in (2, 2 + LAST_CODE))
        return f"{first}:{last.rpartition('!')[2]}"

    def colour(self, canvas: Canvas, first: int, last: int, column: int) -> None:
        """Verdicts in the colours of the theme, by their symbols."""
        for look in (*VERDICTS.values(), OPEN):
            shape = canvas.style(font_color=look.ink, bg_color=look.fill, bold=True)
            rule = {"type": "text", "criteria": "begins with", "value": look.symbol, "format": shape}
            canvas.sheet.conditional_format(first, column, last, column, rule)

    def draw_counts(self, canvas: Canvas, row: int) -> None:
        """All counts in one line above the table."""
        parts, shown = [], []
        for column, (code, word) in enumerate(self._kinds):
            shown += [f"{self._counts[code]} {word.lower()}"] if self._counts[code] else []
            count = f"'{self._summary_title}'!{cell(self._total_row, _FIRST_COUNT + column, fixed=True)}"
            parts.append(f'IF({count}>0,"; "&{count}&{text(" " + word.lower())},"")')
        now = _("Kết luận lúc này")
        told = f'={text(now + ": ")}&MID({"&".join(parts)},3,300)&"."'
        canvas.merge(row, 0, canvas.last, "", align="center", bold=True, font_color=QUIET)
        empty = f"{now}: {'; '.join(shown)}."
        canvas.sheet.write_formula(row, 0, told, canvas.style(align="center", bold=True, font_color=QUIET), empty)
        canvas.set_height(row, 21)

    # --- the summary ------------------------------------------------------------------------------------------------

    @property
    def _kinds(self) -> list[tuple[int, str]]:
        """The numbers of the verdicts in their order, each with its word; the one that is left open last."""
        return [*((CODES[verdict], verdict.label) for verdict in Verdict), (LEFT_OPEN, _("Chờ chạy nhiemvu"))]

    def draw_summary(self, workbook: Workbook, styles: Styles, unit: UnitInfo, *, fillable: bool) -> None:
        """The first sheet: how many criteria of each group have come to which verdict so far."""
        widths = [54, 330, 130, *[88] * len(self._kinds)]
        canvas = Canvas(workbook, styles, self._summary_title, widths)
        row = draw_title(
            canvas,
            unit,
            left=2,
            right=4,
            title=_("KẾT LUẬN THEO SỐ LIỆU ĐÃ GHI"),
            lines=[self._rulebook.title, _("Trang này tự tính; số liệu ghi ở các trang sau. Không cần macro.")],
            fillable=fillable,
        )
        header = row
        head: dict[str, Any] = {"bold": True, "border": 1, "align": "center"}
        canvas.merge(row, 0, 1, _("Nhóm nhiệm vụ"), bg_color=HEADER_FILL, **head)
        canvas.write(row, 2, _("Kết luận"), bg_color=HEADER_FILL, **head)
        for column, (look, (_code, word)) in enumerate(zip((*VERDICTS.values(), OPEN), self._kinds, strict=True)):
            shape = {**head, "font_size": _SMALL, "bg_color": look.fill, "font_color": look.ink}
            canvas.write(row, _FIRST_COUNT + column, f"{look.symbol}\n{word}", **shape)
        canvas.set_height(row, 52)
        first = row + 1
        for root in (node for node in self._rulebook.criteria if node.level == 0):
            row += 1
            self._counts += self._draw_group(canvas, row, root)
        row += 1
        self._total_row = row
        total: dict[str, Any] = {"border": 1, "bold": True, "bg_color": GROUP_FILL}
        canvas.merge(row, 0, 2, _("Cộng ({n:02d} chỉ tiêu)", n=self._counts.total()), **total)
        for column, (code, _word) in enumerate(self._kinds, start=_FIRST_COUNT):
            formula = f"=SUM({cell(first, column)}:{cell(row - 1, column)})"
            style = canvas.style(**total, align="center", num_format=_NUMBER)
            canvas.sheet.write_formula(row, column, formula, style, self._counts[code])
        canvas.set_height(row, 22)
        if not self._rulebook.results_table:  # there is no other sheet where each criterion has its row
            row = self._draw_criteria(canvas, row + 1)
        self.colour(canvas, first, row, 2)
        for note in _notes():
            row += 1
            canvas.merge(row, 0, canvas.last, note, font_size=_SMALL)
            canvas.fit_row(row, [Piece(note, canvas.width(0, canvas.last), _SMALL)])
        canvas.set_page(header_rows=(header, header), last_row=row)
        canvas.sheet.protect()

    def _draw_criteria(self, canvas: Canvas, row: int) -> int:
        """One row a criterion: its target, its result, its verdict, what is missing; returns the last row."""
        row += 1
        areas = {
            "id": (0, 0),
            "name": (1, 1),
            VERDICT: (2, 2),
            "target": (3, 4),
            RESULT: (5, 5),
            ADVICE: (6, canvas.last),
        }
        headings = {"id": _("Mã"), "name": _("Nội dung"), "target": _("Mục tiêu")} | {
            name: _(heading) for name, heading in _HEADINGS.items()
        }
        for name, (first, last) in areas.items():
            canvas.merge(row, first, last, headings[name], bold=True, border=1, align="center", bg_color=HEADER_FILL)
        canvas.set_height(row, 36)
        for node in self._rulebook.criteria:
            row += 1
            look: dict[str, Any] = {"border": 1, "bold": node.kind == "group"}
            printed = {"id": node.id, "name": node.name, "target": node.target_text}
            for name, (first, last) in areas.items():
                where = {"align": "center"} if name in ("id", "target") else {}
                canvas.merge(row, first, last, printed.get(name, ""), **look, **where)
                if name not in printed:
                    self.draw_cell(canvas, row, first, name, node, **look)
            canvas.fit_row(row, [Piece(node.name, canvas.widths[1], SIZE, bold=node.kind == "group")], least=30)
        return row

    def _draw_group(self, canvas: Canvas, row: int, root: Node) -> Counter[int]:
        """The row of one group; returns its counts while the template is empty, by the numbers of the verdicts."""
        criteria = self._rulebook.criteria
        last = next((node.index for node in criteria[root.index + 1 :] if node.level == 0), len(criteria)) - 1
        leaves = [node for node in criteria[root.index : last + 1] if node.kind == "leaf"]
        counts = Counter(CODES[self._verdicts[node.id]] for node in leaves)
        name = _("{name} ({n:02d} chỉ tiêu)", name=root.name, n=len(leaves))
        canvas.write(row, 0, root.id, border=1, align="center", bold=True)
        canvas.write(row, 1, name, border=1)
        self.draw_cell(canvas, row, 2, VERDICT, root, border=1)
        codes, kinds = (self._ledger.area(step, root.index, last) for step in ("code", "kind"))
        for column, (code, _word) in enumerate(self._kinds, start=_FIRST_COUNT):
            formula = f'=COUNTIFS({codes},{code},{kinds},"leaf")'
            style = canvas.style(border=1, align="center", num_format=_NUMBER)
            canvas.sheet.write_formula(row, column, formula, style, counts[code])
        canvas.fit_row(row, [Piece(name, canvas.widths[1], SIZE)], least=22)
        return counts

    # --- the calculation --------------------------------------------------------------------------------------------

    def draw_calculation(self, workbook: Workbook, styles: Styles) -> None:
        """Write every step; the places of all cells are known by now."""
        ledger, rules = self._ledger, self._rulebook
        days = period(rules)
        closed = "FALSE"
        if days is not None:
            day = ledger.fact("as_of")
            closed = all_of([f"ISNUMBER({day})", f"{day}>={days[1].toordinal() - EPOCH}"])
        judge = Judge(ledger)
        for node in rules.criteria:
            ledger.name(node)
            if node.kind == "leaf":
                judge.judge(node)
        roller, teller = Roller(ledger, judge.sides), Teller(ledger, closed)
        for node in rules.criteria:
            if node.kind == "group":
                roller.roll_up(node)
        for node in rules.criteria:
            ledger.put(node, "said", teller.tell(node))
            if node.kind == "leaf" and node.measure is not None:
                ledger.put(node, "shown", _show(ledger, node))
        self._put_constants(closed)
        steps = self._write(workbook, styles, ledger.sheet, _STEP_WIDTHS)
        date = styles.style(num_format=14)
        steps.write_number(_FORMATS, 3, 0, date)
        workbook.define_name(DATE_KINDS, f"={ledger.sheet.far(_FORMATS, 4)}")
        for name, area in ledger.names.items():
            workbook.define_name(name, f"={area}")
        if ledger.tables.cells:
            self._write(workbook, styles, ledger.tables, {0: 6})

    def _put_constants(self, closed: str) -> None:
        sheet = self._ledger.sheet
        sheet.put(
            0,
            0,
            _("Cách tính của mẫu sổ: mỗi ô một bước, theo bộ quy tắc {id}. Không sửa trang này.", id=self._rulebook.id),
        )
        sheet.put(_LABELS - 1, 0, _("Số"))
        sheet.put(_LABELS, 0, _("Kết luận"))
        words = {CODES[verdict]: text(show_verdict(verdict)) for verdict in Verdict} | {LEFT_OPEN: text(_say_open())}
        over, under = (text(show_verdict(Verdict.NOT_MET, closed=closed)) for closed in (True, False))
        words[CODES[Verdict.NOT_MET]] = f"IF({closed},{over},{under})"
        for code, word in words.items():
            sheet.put(_LABELS - 1, 2 + code, code)
            sheet.put(_LABELS, 2 + code, f"={word}")
        sheet.put(_FORMATS, 0, _("Định dạng ngày, theo cách gọi của hàm CELL"))
        general, date = cell(_FORMATS, 2), cell(_FORMATS, 3)
        kinds = [f'LEFT(CELL("format",{each}),1)' for each in (general, date)]
        sheet.put(_FORMATS, 2, 0)
        sheet.put(_FORMATS, 4, f'="D"&IF({kinds[0]}={kinds[1]},"",{kinds[1]})')
        for column, (name, heading) in enumerate(STEPS.items()):
            number = name.removeprefix("count")
            said = _("Số nội dung có kết luận số {code}", code=number) if name.startswith("count") else _(heading)
            sheet.put(HEADINGS, column, said)

    @staticmethod
    def _write(workbook: Workbook, styles: Styles, sheet: Calculation, widths: Mapping[int, int]) -> Worksheet:
        drawn = workbook.add_worksheet(sheet.name, worksheet_class=_Steps)
        plain, bold = styles.style(text_wrap=False), styles.style(bold=True)
        for (row, column), content in sorted(sheet.cells.items()):
            if isinstance(content, int):
                drawn.write_number(row, column, content, plain)
            elif content.startswith("="):
                drawn.write_formula(row, column, content, plain, "")
            else:
                drawn.write_string(row, column, make_safe(content), bold if row == HEADINGS else plain)
        for column, width in widths.items():
            drawn.set_column(column, column, width)
        drawn.protect()
        drawn.hide()
        return drawn


_HEADINGS = {
    RESULT: N_("Kết quả tính"),
    VERDICT: N_("Kết luận (tự tính)"),
    ADVICE: N_("Còn thiếu, việc cần làm"),
}
_FIRST_COUNT = 3  # column of the summary
_STEP_WIDTHS = {0: 12, 2: 14, 3: 40}  # of the columns of the steps that hold more than a number


class _Steps(Worksheet):  # type: ignore[misc]  # XlsxWriter has no types
    """A sheet whose formulas are written as they are."""

    def _prepare_formula(self, formula: str, _expand_future_functions: bool = False) -> str:
        """No function here needs a prefix; looking for those that do costs seconds for thousands of formulas."""
        return formula.removeprefix("=")


def _show(ledger: Ledger, node: Node) -> str:
    """The result as it is shown: never rounded onto a threshold that it does not meet."""
    value, needed, code = (ledger.at(node, step) for step in ("result", "needed", "code"))
    short = f"ISNUMBER({needed})"
    rounded = f"IF({needed}>0,ROUNDDOWN({value},6),IF({needed}<0,ROUNDUP({value},6),ROUND({value},6)))"
    return f'IF(AND(ISNUMBER({value}),{code}<>{LEFT_OPEN}),IF({short},{rounded},ROUND({value},6)),"")'


def _notes() -> list[str]:
    symbols = "; ".join(f"{look.symbol} {Verdict(verdict).label.lower()}" for verdict, look in VERDICTS.items())
    return [
        _("Ký hiệu: {symbols}; … chờ chạy nhiemvu.", symbols=symbols),
        _(
            "«Chờ chạy nhiemvu» là chỗ công thức không đọc hoặc không so được chắc chắn: ô ghi lời văn, ghi "
            "«khoảng 2», ghi khoảng «≥ 95%», ghi từng phần. Đánh giá sổ bằng nhiemvu thì có kết luận."
        ),
        _(
            "Chỉ có khi chạy nhiemvu: dự báo và các mốc, từng hàng của bảng số liệu, đối chiếu sai lệch, trần xếp loại "
            "giữa các đơn vị, căn cứ của từng kết luận."
        ),
    ]


def _say_open() -> str:
    """The verdict that only nhiemvu can tell, in words."""
    return OPEN.symbol + " " + _("Chờ chạy nhiemvu")


def _free_title(wanted: str, taken: set[str]) -> str:
    """The title, with a number behind it where it is taken; from now on it is."""
    title, number = wanted, 1
    while fold(title) in taken:
        number += 1
        title = f"{wanted} ({number})"
    taken.add(fold(title))
    return title
