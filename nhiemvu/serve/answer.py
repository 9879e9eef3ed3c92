"""The answer to an order: the page and the files, of one workbook or of many; runs in the worker's process."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from nhiemvu.errors import NhiemvuError, WorkbookError
from nhiemvu.messages import speak
from nhiemvu.serve import pages
from nhiemvu.serve.many import aggregate_all
from nhiemvu.serve.one import evaluate_one
from nhiemvu.serve.order import PAGE, Order
from nhiemvu.serve.pages import render, say
from nhiemvu.serve.shown import tell_problems
from nhiemvu.workbook.book import open_book


def prepare() -> None:
    """Do ahead what takes its time and is the same for every order."""
    import_module("nhiemvu.write")
    pages.prepare("result.html", "held.html", "shown.html")


def answer(order: Order, tell: Callable[[int], None]) -> dict[str, str]:
    """Evaluate the workbooks of an order, and write the page and the files.

    Args:
        order: what to evaluate.
        tell: told how many workbooks are done.

    Returns:
        The downloads: name in the page's addresses -> file in the order's folder.
    """
    speak(order.language)
    try:
        if order.is_one:
            told, contents = evaluate_one(order)
            page = render("result.html", order=order, contents=contents, **told)
        else:
            told, contents = aggregate_all(order, tell)
            page = render("summary.html", order=order, contents=contents, **told)
    except NhiemvuError as error:
        contents = {}
        page = _refuse(order, error)
    Path(order.out, PAGE).write_text(page, encoding="utf-8")
    return contents


def _refuse(order: Order, error: NhiemvuError) -> str:
    """The page that says why nothing could be evaluated."""
    name = order.names[0]
    sheets: list[str] = []
    if order.is_one:
        with suppress(WorkbookError):
            sheets = open_book(Path(order.folder, name)).names
    return render(
        "refused.html",
        order=order,
        heading=say("refused", file=name) if order.is_one else say("refused-all", count=len(order.names)),
        file=name,
        sheets=sheets,
        can_choose=bool(sheets) or not order.is_one,
        problems=tell_problems(error.problems),
    )
