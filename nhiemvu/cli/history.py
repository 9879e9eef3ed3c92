"""The command about what a store keeps: how results went from period to period."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nhiemvu.cli.shared import COULD_NOT_RUN, EVALUATED, Command, Date, json_option, lang_option, say_problems
from nhiemvu.errors import Problem
from nhiemvu.messages import N_, _

if TYPE_CHECKING:
    from nhiemvu.evaluation import Evaluation
    from nhiemvu.rules.units import Units

STORE_VARIABLE = "NHIEMVU_STORE"
CHARTS = (".svg", ".html")


@click.command(cls=Command, help=N_("Xem kết quả của một đơn vị, một tiêu chí, hoặc cả hai, qua các kỳ đã lưu."))
@click.argument("names", metavar="UNIT|CRITERION...", nargs=-1, required=True)
@click.option(
    "--store",
    metavar="URL",
    envvar=STORE_VARIABLE,
    help=N_("Kho số liệu: tên tệp, hoặc postgresql://…; mặc định: biến môi trường NHIEMVU_STORE."),
)
@click.option(
    "--units",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help=N_("Danh sách đơn vị (CSV hoặc YAML): nối số liệu của các đơn vị đã sáp nhập, chia tách."),
)
@click.option(
    "--on", metavar="DATE", type=Date(), help=N_("Nói theo các đơn vị của ngày này; mặc định: ngày số liệu mới nhất.")
)
@click.option("--rules", metavar="ID", help=N_("Chỉ kết quả theo bộ quy tắc này."))
@json_option
@click.option(
    "-o", "--output", metavar="OUT", type=click.Path(path_type=Path), help=N_("Vẽ biểu đồ: tệp .svg, hoặc trang .html.")
)
@lang_option
def history(
    names: tuple[str, ...],
    store: str | None,
    units: Path | None,
    on: dt.date | None,
    rules: str | None,
    as_json: bool,
    output: Path | None,
) -> int:
    """Print a history, or draw it."""
    from nhiemvu.report.history import arrange, list_points, tell_trend
    from nhiemvu.rules.units_file import read_units
    from nhiemvu.store.store import open_store

    if store is None:
        raise click.UsageError(_("chưa biết kho nào: thêm --store kho.db, hoặc đặt biến môi trường NHIEMVU_STORE"))
    if output is not None and output.suffix not in CHARTS:
        raise click.UsageError(_("biểu đồ chỉ ghi được ra tệp .svg hoặc .html, không phải {file}", file=output))
    tree: Units | None = None if units is None else read_units(units)
    with open_store(store, must_exist=True) as opened:
        meant = [opened.find(name, tree) for name in names]
        found = dict(meant)
        if len(found) < len(meant):
            raise click.UsageError(_("chỉ hỏi được một đơn vị, một tiêu chí, hoặc một đơn vị và một tiêu chí"))
        points = opened.trace(
            unit=found.get("unit"), criterion=found.get("criterion"), units=tree, on=on, rulebook=rules
        )
    if as_json:
        click.echo(list_points(points))
    elif not points:
        click.echo(_("chưa có kết quả nào như vậy trong kho"))
    else:
        click.echo("\n".join(tell_trend(arrange(points))))
    if not points:
        return EVALUATED
    trend = arrange(points)
    if trend.rulebooks:
        say_problems([_tell_twice(trend.rulebooks)])
    if tree is None:
        say_problems([_tell_renamed(code, names) for code, names in trend.renamed])
    if output is not None:
        from nhiemvu.report.history_chart import draw_svg
        from nhiemvu.report.history_page import render_history
        from nhiemvu.workbook.save import save

        save((render_history(trend) if output.suffix == ".html" else draw_svg(trend)).encode(), output)
        click.echo(_("Đã ghi {file}", file=output), err=True)
    return EVALUATED


def keep_in_store(evaluation: Evaluation, url: str, written: Path | None, *, quiet: bool) -> int:
    """Keep one workbook's evaluation, and say so; gives the exit code.

    Where the sheets were written into the workbook itself, its bytes are no longer those that were read: what is kept
    is the hash of the file that lies there now, so that evaluating it again changes nothing.
    """
    from nhiemvu.store.store import open_store

    sources = None
    if written is not None and evaluation.path is not None and written.samefile(evaluation.path):
        sources = [(evaluation.units[0].file, hashlib.sha256(written.read_bytes()).hexdigest())]
    with open_store(url) as store:
        added = store.add(evaluation, sources=sources)
    say_problems(added.problems)
    if any(problem.severity == "error" for problem in added.problems):
        return COULD_NOT_RUN
    if not quiet:
        click.echo(_("Đã lưu vào kho {store}", store=store.name), err=True)
    return EVALUATED


def _tell_twice(rulebooks: tuple[str, ...]) -> Problem:
    message = N_("có đơn vị được đánh giá theo nhiều bộ quy tắc trong một kỳ, mỗi bộ tính một lần; xem một bộ: {ways}")
    ways = ", ".join(f"--rules {each}" for each in rulebooks)
    return Problem("several-rulebooks", message, fill={"ways": ways}, severity="note")


def _tell_renamed(code: str, names: str) -> Problem:
    message = N_("mã {code} có lúc là tên khác ({names}); nếu do sáp nhập, chia tách thì thêm --units để gộp cho đúng")
    return Problem("unit-renamed", message, fill={"code": code, "names": names}, severity="note", unit=code)
