"""The evaluation sheet: one row a criterion, with what it should reach, what it reached, and what follows.

The table comes first, under a short title, so that its header can stay in sight; the counts, the chart, the meaning of
the symbols and the signatures stand below it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from xlsxwriter.workbook import Workbook

from nhiemvu.engine.rows import Discrepancy, Row, UnitInfo
from nhiemvu.messages import N_, _
from nhiemvu.sheets.fit import Piece
from nhiemvu.sheets.tally import count_children, draw_tally, list_counts
from nhiemvu.sheets.theme import (
    DIFFERS_FILL,
    DIFFERS_INK,
    GROUP_FILL,
    HEADER_FILL,
    OUTLOOK_INKS,
    SIZE,
    TASK_FILL,
    VERDICTS,
    Canvas,
    Styles,
    show_verdict,
)
from nhiemvu.sheets.title import describe_period, draw_signatures, draw_title
from nhiemvu.verdicts import Basis, Outlook, label

COLUMNS: tuple[tuple[str, int], ...] = (
    (N_("Mã"), 56),
    (N_("Nội dung"), 250),
    (N_("ĐVT"), 46),
    (N_("Mục tiêu"), 92),
    (N_("Kết quả"), 78),
    (N_("Tự đánh giá"), 84),
    (N_("Kết luận"), 94),
    (N_("Căn cứ"), 66),
    (N_("Lý do"), 220),
    (N_("Dự báo"), 154),
    (N_("Căn cứ pháp lý"), 170),
)
_CODE, _NAME, _UNIT, _TARGET, _RESULT, _DECLARED, _VERDICT, _BASIS, _REASON, _OUTLOOK, _SOURCE = range(len(COLUMNS))
_SMALL = 11
_DEEPEST = 7  # Excel's deepest outline level


def draw_evaluation(
    workbook: Workbook,
    styles: Styles,
    info: UnitInfo,
    rows: Sequence[Row],
    discrepancies: Sequence[Discrepancy],
    *,
    name: str,
    rulebook_title: str,
    closed: bool,
    linked: bool,
) -> None:
    """Draw the sheet `name`.

    Args:
        workbook: where the sheet is added.
        styles: the formats of the workbook.
        info: whose evaluation it is.
        rows: one a criterion, in the order to be shown, parents before their children.
        discrepancies: used to mark the declared verdicts that contradict the computed ones.
        name: of the sheet.
        rulebook_title: shown under the title.
        closed: is the period over, so that what is not met is "Không đạt".
        linked: do figures lead to the cells that they came from.
    """
    canvas = Canvas(workbook, styles, name, [width for _heading, width in COLUMNS], linked=linked)
    about = describe_period(info)
    overview = describe_overview(rows, discrepancies, closed=closed)
    header = draw_title(
        canvas, info, left=_TARGET, right=_VERDICT, title=_("BIỂU ĐÁNH GIÁ"), lines=[rulebook_title, about, overview]
    )
    for column, (heading, _width) in enumerate(COLUMNS):
        canvas.write(header, column, _(heading), bold=True, align="center", border=1, bg_color=HEADER_FILL)
    canvas.set_height(header, 36)

    children = count_children(rows)
    differing = {found.id for found in discrepancies if found.kind == "declared-against-computed"}
    bottom = header
    for bottom, row in enumerate(rows, start=header + 1):
        _draw_row(canvas, bottom, row, children.get(row.id), differs=row.id in differing, closed=closed)
    if rows:
        canvas.sheet.autofilter(header, 0, bottom, canvas.last)
        canvas.sheet.ignore_errors({"number_stored_as_text": f"A{header + 2}:K{bottom + 1}"})

    canvas.set_height(bottom + 1, 10)
    canvas.merge(bottom + 2, 0, canvas.last, _("TỔNG HỢP KẾT LUẬN"), bold=True, font_size=13, text_wrap=False)
    canvas.set_height(bottom + 2, 26)
    below = draw_tally(workbook, canvas, rows, bottom + 3, closed=closed)
    canvas.set_height(below, 12)
    spans = [(_CODE, _UNIT), (_TARGET, _BASIS), (_REASON, _SOURCE)]
    last = draw_signatures(canvas, info, below + 1, spans=spans)

    canvas.keep_together(bottom + 2, last, header=header)
    canvas.sheet.freeze_panes(header + 1, _UNIT)
    canvas.sheet.outline_settings(symbols_below=False)
    canvas.sheet.set_zoom(90)
    canvas.set_page(header_rows=(header, header), last_row=last)


def describe_overview(rows: Sequence[Row], discrepancies: Sequence[Discrepancy], *, closed: bool) -> str:
    """The one sentence above the table: how many criteria, with which verdicts, and how many disagreements."""
    counts = Counter(row.verdict for row in rows if row.kind == "leaf")
    errors = sum(found.severity == "error" for found in discrepancies)
    text = _("Có {n:02d} chỉ tiêu: {counts}.", n=counts.total(), counts=list_counts(counts, closed=closed))
    if errors:
        text += " " + _("Có {n:02d} chỗ sai lệch cần xem lại.", n=errors)
    return text if counts else _("Không có chỉ tiêu nào để đánh giá.")


def _draw_row(canvas: Canvas, at: int, row: Row, children: Counter[str] | None, *, differs: bool, closed: bool) -> None:
    look = _look_of(row)
    bold = bool(look.get("bold"))
    indent = min(max(row.level - 1, 0), 4)
    name = row.name
    if row.kind == "group" and children:
        template = N_("Gồm {n:02d} nhiệm vụ: {counts}") if row.level == 0 else N_("Gồm {n:02d} nội dung: {counts}")
        name += "\n" + _(template, n=children.total(), counts=list_counts(children, closed=closed))
    outlook = _show_outlook(row)
    small: dict[str, Any] = {**look, "font_size": _SMALL, "bold": False}
    verdict = VERDICTS[row.verdict]
    declared = label(row.declared, closed=closed) if row.declared in VERDICTS else row.declared
    declared_look: dict[str, Any] = {**look, "bold": False}
    if differs:
        declared = f"≠ {declared}"
        declared_look |= {"bold": True, "font_color": DIFFERS_INK, "bg_color": DIFFERS_FILL}

    middle = {"align": "center"}
    canvas.write(at, _CODE, row.id, **look, **middle)
    canvas.write(at, _NAME, name, **look, **({"indent": indent} if indent else {}))
    canvas.write(at, _UNIT, row.unit_of_measure, **small, **middle)
    canvas.write(at, _TARGET, row.target, **small, **middle)
    canvas.link(at, _RESULT, row.place, row.shown, **{**look, "bold": False}, **middle)
    canvas.write(at, _DECLARED, declared, **declared_look, **middle)
    verdict_look = {**look, "bold": True, "font_color": verdict.ink, "bg_color": verdict.fill}
    canvas.write(at, _VERDICT, show_verdict(row.verdict, closed=closed), **verdict_look, **middle)
    canvas.write(at, _BASIS, Basis(row.basis).label if row.basis else "", **small, **middle)
    canvas.write(at, _REASON, row.reason, **small)
    outlook_look = {**small, **({"font_color": OUTLOOK_INKS[row.outlook]} if row.outlook in OUTLOOK_INKS else {})}
    canvas.write(at, _OUTLOOK, outlook, **outlook_look)
    canvas.write(at, _SOURCE, row.source_short or row.source, **small)

    widths = canvas.widths
    canvas.fit_row(
        at,
        [
            Piece(row.id, widths[_CODE], SIZE, bold),
            Piece(name, widths[_NAME], SIZE, bold, indent),
            Piece(row.unit_of_measure, widths[_UNIT], _SMALL),
            Piece(row.target, widths[_TARGET], _SMALL),
            Piece(row.shown, widths[_RESULT], SIZE),
            Piece(declared, widths[_DECLARED], SIZE, bold=differs),
            Piece(show_verdict(row.verdict, closed=closed), widths[_VERDICT], SIZE, bold=True),
            Piece(Basis(row.basis).label if row.basis else "", widths[_BASIS], _SMALL),
            Piece(row.reason, widths[_REASON], _SMALL),
            Piece(outlook, widths[_OUTLOOK], _SMALL),
            Piece(row.source_short or row.source, widths[_SOURCE], _SMALL),
        ],
        least=20,
        level=min(max(row.level - 1, 0), _DEEPEST),
    )


def _look_of(row: Row) -> dict[str, Any]:
    """How a row stands out: groups most, tasks less, lines of a table in italics."""
    look: dict[str, Any] = {"border": 1}
    if row.kind == "line":
        return look | {"italic": True}
    if row.level == 0:
        return look | {"bold": True, "bg_color": GROUP_FILL}
    if row.level == 1:
        return look | {"bold": True, "bg_color": TASK_FILL}
    return look | ({"bold": True} if row.kind == "group" else {})


def _show_outlook(row: Row) -> str:
    word = Outlook(row.outlook).label if row.outlook else ""
    return "\n".join(part for part in (word, row.outlook_reason) if part)
