"""How many criteria of each group came to which verdict: counting, the small table and its chart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from xlsxwriter.workbook import Workbook

from nhiemvu.engine.rows import Row
from nhiemvu.messages import _
from nhiemvu.sheets.fit import Piece, measure
from nhiemvu.sheets.theme import FONT, GROUP_FILL, HEADER_FILL, RULE, SIZE, VERDICTS, Canvas
from nhiemvu.text import format_count
from nhiemvu.verdicts import Basis, Verdict, label

_NUMBER = '#,##0;-#,##0;"–"'  # nothing of a kind is a dash, not a nought in every cell
_HEADER_HEIGHT = 52.0
_LEAST_CHART = 190.0  # points


@dataclass(slots=True)
class Group:
    """A root of the tree and the verdicts of the criteria that are measured or declared under it."""

    id: str
    name: str
    counts: Counter[str] = field(default_factory=Counter)


def count_groups(rows: Sequence[Row]) -> list[Group]:
    """The groups in the order given, with the verdicts of their leaves (a root that is a leaf counts as its own).

    Lines of tables are parts of a criterion and are not counted again.
    """
    groups: list[Group] = []
    for row in rows:
        if row.level == 0 or not groups:
            groups.append(Group(row.id, row.name))
        if row.kind == "leaf":
            groups[-1].counts[row.verdict] += 1
    return groups


def count_children(rows: Sequence[Row]) -> dict[str, Counter[str]]:
    """The verdicts of the direct children of every criterion that has any, lines left out."""
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        if row.parent and row.kind != "line":
            counts.setdefault(row.parent, Counter())[row.verdict] += 1
    return counts


def list_counts(counts: Counter[str], *, closed: bool = False) -> str:
    """`04 chưa đạt, 01 thiếu số liệu`: what there is, in the order of the verdicts, two digits as in official papers.

    >>> list_counts(Counter({"no_data": 1, "not_met": 4}))
    '04 chưa đạt, 01 thiếu số liệu'
    """
    return ", ".join(
        f"{format_count(counts[verdict])} {label(verdict, closed=closed).lower()}"
        for verdict in Verdict
        if counts[verdict]
    )


def rests_on_a_word(row: Row) -> bool:
    """Was the criterion concluded from what the unit declared alone; who declared nothing, has no verdict yet."""
    return row.basis == Basis.DECLARED and row.verdict != Verdict.NO_DATA


def note_bases(rows: Sequence[Row]) -> str:
    """The sentence that says how many verdicts rest on no figure."""
    leaves = [row for row in rows if row.kind == "leaf"]
    declared = sum(map(rests_on_a_word, leaves))
    if not declared:
        return _("Không kết luận nào chỉ dựa trên tự đánh giá của đơn vị.")
    return _(
        "Có {declared:02d} trong {all:02d} chỉ tiêu được kết luận theo tự đánh giá của đơn vị, "
        "không có số liệu kèm theo.",
        declared=declared,
        all=len(leaves),
    )


def draw_tally(workbook: Workbook, canvas: Canvas, rows: Sequence[Row], row: int, *, closed: bool) -> int:
    """Draw the table of verdicts by group in columns A to H, its notes, and the chart beside it from column I.

    Returns:
        The first row below.
    """
    groups = count_groups(rows)
    head = {"bold": True, "border": 1, "align": "center"}
    canvas.merge(row, 0, 1, _("Nhóm nhiệm vụ"), bg_color=HEADER_FILL, **head)
    for column, verdict in enumerate(Verdict, start=2):
        look = VERDICTS[verdict]
        word = label(verdict, closed=closed)
        look_of_head = {**head, "font_size": _fit_word(word, canvas.widths[column])}
        canvas.write(row, column, f"{look.symbol}\n{word}", bg_color=look.fill, font_color=look.ink, **look_of_head)
    canvas.set_height(row, _HEADER_HEIGHT)
    first = row + 1
    height = _HEADER_HEIGHT
    for group in groups:
        row += 1
        name = _("{name} ({n:02d} chỉ tiêu)", name=group.name, n=group.counts.total())
        canvas.write(row, 0, group.id, border=1, align="center", bold=True)
        canvas.write(row, 1, name, border=1)
        for column, verdict in enumerate(Verdict, start=2):
            canvas.write_number(row, column, group.counts[verdict], border=1, align="center", num_format=_NUMBER)
        height += canvas.fit_row(row, [Piece(name, canvas.widths[1], SIZE), Piece(group.id, canvas.widths[0], SIZE)])
    last = row
    row += 1
    whole = sum((group.counts for group in groups), Counter[str]())
    total = {"border": 1, "bold": True, "bg_color": GROUP_FILL}
    canvas.merge(row, 0, 1, _("Cộng ({n:02d} chỉ tiêu)", n=whole.total()), **total)
    for column, verdict in enumerate(Verdict, start=2):
        canvas.write_number(row, column, whole[verdict], align="center", num_format=_NUMBER, **total)
    canvas.set_height(row, 20)
    height += 20
    for text in _notes(rows, closed=closed):
        row += 1
        canvas.merge(row, 0, 7, text, font_size=11)
        height += canvas.fit_row(row, [Piece(text, canvas.width(0, 7), 11)])
    if height < _LEAST_CHART:  # the chart needs more room than the table takes
        row += 1
        canvas.set_height(row, _LEAST_CHART - height)
        height = _LEAST_CHART
    if groups:
        _insert_chart(workbook, canvas, (first, last), height, closed=closed)
    return row + 1


def _fit_word(text: str, width: float) -> int:
    """The size, at most 11 points, at which no word is broken: the columns are as wide as Vietnamese words need."""
    longest = max((measure(word, 1, bold=True) for word in text.split()), default=0)
    return next((size for size in (11, 10, 9) if longest * size <= width - 4), 8)


def _notes(rows: Sequence[Row], *, closed: bool) -> list[str]:
    symbols = "; ".join(f"{look.symbol} {label(verdict, closed=closed).lower()}" for verdict, look in VERDICTS.items())
    return [
        note_bases(rows),
        _("Ký hiệu: {symbols}; ≠ đơn vị tự đánh giá khác kết luận.", symbols=symbols),
        _(
            "Căn cứ: «{computed}» là kết luận từ số liệu theo quy tắc; «{declared}» là lấy theo đơn vị tự đánh giá; "
            "«{rolled_up}» là suy ra từ các nội dung bên dưới; "
            "«{not_arising}» là đơn vị không có đối tượng để đánh giá.",
            computed=Basis.COMPUTED.label,
            declared=Basis.DECLARED.label,
            rolled_up=Basis.ROLLED_UP.label,
            not_arising=Basis.NOT_ARISING.label,
        ),
    ]


def _insert_chart(workbook: Workbook, canvas: Canvas, rows: tuple[int, int], height: float, *, closed: bool) -> None:
    first, last = rows
    chart = workbook.add_chart({"type": "bar", "subtype": "stacked"})
    letters = {"name": FONT, "size": 10}
    for column, verdict in enumerate(Verdict, start=2):
        chart.add_series(
            {
                "name": label(verdict, closed=closed),
                "categories": [canvas.name, first, 0, last, 0],
                "values": [canvas.name, first, column, last, column],
                "fill": {"color": VERDICTS[verdict].bar},
                "border": {"color": "#FFFFFF", "width": 0.5},
                "gap": 45,
            }
        )
    chart.set_title(
        {"name": _("Số chỉ tiêu theo kết luận, từng nhóm"), "name_font": {**letters, "size": 11, "bold": True}}
    )
    chart.set_x_axis(
        {
            "num_font": letters,
            "num_format": "0",
            "min": 0,
            "major_gridlines": {"visible": True, "line": {"color": "#DDE2E7"}},
        }
    )
    chart.set_y_axis({"num_font": letters, "reverse": True, "crossing": "max", "line": {"color": RULE}})
    chart.set_legend({"position": "bottom", "font": letters})
    chart.set_chartarea({"border": {"color": RULE}})
    chart.set_size({"width": canvas.width(8, canvas.last) - 12, "height": round(height * 96 / 72) - 4})
    canvas.sheet.insert_chart(
        first - 1,
        8,
        chart,
        {
            "x_offset": 10,
            "y_offset": 2,
            "object_position": 1,
            "description": _(
                "Biểu đồ thanh chồng: số chỉ tiêu theo từng kết luận của mỗi nhóm; số liệu ở bảng bên trái."
            ),
        },
    )
