"""Commands about many communes: from their workbooks to one summary."""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nhiemvu.cli.shared import (
    COULD_NOT_RUN,
    EVALUATED,
    NOT_ALL_JUDGED,
    Command,
    Date,
    lang_option,
    rules_option,
    say_problems,
)
from nhiemvu.errors import say_reason
from nhiemvu.messages import N_, _

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from nhiemvu.many.summary import Summary
    from nhiemvu.store.store import Store

SUMMARY = Path("tong-hop.xlsx")
_EVERY = 5.0  # seconds between two lines of progress where nobody watches a bar


@click.command(cls=Command, help=N_("Tổng hợp sổ của nhiều đơn vị (tệp, thư mục, tệp zip, địa chỉ s3://…)."))
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@rules_option
@click.option(
    "--units",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help=N_("Danh sách đơn vị (CSV hoặc YAML): ai phải nộp, thuộc huyện, tỉnh nào."),
)
@click.option("--as-of", type=Date(), help=N_("Ngày số liệu; mặc định: ngày ghi trong từng sổ."))
@click.option(
    "-o",
    "--output",
    metavar="OUT",
    default=SUMMARY,
    show_default=True,
    type=click.Path(path_type=Path),
    help=N_("Sổ tổng hợp."),
)
@click.option("--html", metavar="FILE", type=click.Path(path_type=Path), help=N_("Thêm một trang để xem và tìm kiếm."))
@click.option("--store", metavar="URL", help=N_("Lưu kết quả vào kho, và so với kỳ trước trong kho."))
@click.option("--jobs", metavar="N", type=click.IntRange(1, 1024), help=N_("Số tiến trình; mặc định: số nhân máy."))
@click.option("--cluster", metavar="ADDRESS", help=N_("Đọc trên một cụm máy Dask, ví dụ tcp://10.0.0.1:8786."))
@click.option("--resume", is_flag=True, help=N_("Chỉ đọc những tệp mà lần chạy trước chưa đọc hoặc đã thay đổi."))
@click.option("--json", "as_json", is_flag=True, help=N_("In kết quả dạng JSON, không ghi sổ tổng hợp."))
@click.option("--quiet", is_flag=True, help=N_("Chỉ in lỗi."))
@lang_option
def aggregate(
    paths: tuple[str, ...],
    rules: str | None,
    units: Path | None,
    as_of: dt.date | None,
    output: Path,
    html: Path | None,
    store: str | None,
    jobs: int | None,
    cluster: str | None,
    resume: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Judge many workbooks, write the summary, print what became of every file."""
    from nhiemvu.many.aggregate import aggregate as aggregate_all
    from nhiemvu.many.past import keep_and_look_back
    from nhiemvu.rules.units_file import read_units

    if jobs is not None and cluster is not None:
        raise click.UsageError(_("chọn một trong hai: --jobs (máy này) hoặc --cluster (cụm máy)"))
    if not as_json and output.suffix.lower() != SUMMARY.suffix:
        raise click.UsageError(_("sổ tổng hợp chỉ ghi được ra tệp .xlsx, không phải {file}", file=output))
    tree = None if units is None else read_units(units)
    with _open(store) as opened:  # before all the work: an address may be mistyped
        with _connect(cluster) as executor, _show_progress(quiet) as progress:
            summary = aggregate_all(
                paths,
                rules,
                units=tree,
                as_of=as_of,
                executor=executor,
                jobs=jobs,
                words=True if html is not None else not as_json and "findings",
                resume=resume,
                keep_read=opened is not None,
                leave_out=[output, *([html] if html else [])],
                progress=progress,
            )
        is_kept = opened is None or keep_and_look_back(opened, summary, tree)
    if is_kept and not resume and summary.journal is not None:
        summary.journal.unlink(missing_ok=True)
    written = [] if as_json else [summary.write(output)]
    if html is not None:
        from nhiemvu.report.page.draw import draw_page
        from nhiemvu.workbook.save import save

        save(draw_page(summary, html.absolute().parent), html)
        written.append(html)
    say_problems(summary.notices)
    if as_json:
        import json

        click.echo(json.dumps(summary.to_dict(), ensure_ascii=False, indent=2, allow_nan=False))
    elif not quiet:
        from nhiemvu.report.many import tell_summary

        click.echo("\n".join(tell_summary(summary, written)))
    return _judgement(summary) if is_kept else COULD_NOT_RUN


@contextmanager
def _open(url: str | None) -> Iterator[Store | None]:
    """The store, where one is asked for."""
    if url is None:
        yield None
        return
    from nhiemvu.store.store import open_store

    with open_store(url) as store:
        yield store


def _judgement(summary: Summary) -> int:
    if not len(summary):
        return COULD_NOT_RUN
    states = summary.count_states()
    return NOT_ALL_JUDGED if states["failed"] or states["conflict"] or summary.absent else EVALUATED


@contextmanager
def _connect(address: str | None) -> Iterator[Executor | None]:
    """The executor of a Dask cluster, where one is asked for."""
    if address is None:
        yield None
        return
    try:
        from distributed import Client
    except ImportError as why:
        raise click.UsageError(_("cần cài thêm Dask để dùng --cluster: pip install 'nhiemvu[cluster]'")) from why
    client: Any
    try:
        client = Client(address, timeout=10)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as why:
        raise click.UsageError(
            _("không nối được tới cụm máy {address}: {why}", address=address, why=say_reason(why))
        ) from why
    with client:
        yield client.get_executor()


@contextmanager
def _show_progress(quiet: bool) -> Iterator[Callable[[int, int, int], None] | None]:
    """A bar where somebody watches, else a line every few seconds; on stderr."""
    if quiet:
        yield None
    elif sys.stderr.isatty():
        with _show_bar() as progress:
            yield progress
    else:
        yield _print_progress()


@contextmanager
def _show_bar() -> Iterator[Callable[[int, int, int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = [
        TextColumn(_("Đọc sổ")),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(_("hỏng {failed}, còn", failed="{task.fields[failed]}")),
        TimeRemainingColumn(),
    ]
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, failed=0)
        yield lambda done, total, failed: bar.update(task, completed=done, total=total, failed=failed)


def _print_progress() -> Callable[[int, int, int], None]:
    start = last = time.monotonic()
    first: int | None = None

    def show(done: int, total: int, failed: int) -> None:
        nonlocal last, first
        now = time.monotonic()
        first = done if first is None else first
        if now - last < _EVERY or done == first:
            return
        last = now
        left = (now - start) * (total - done) / (done - first)
        click.echo(
            _(
                "[{done}/{total}] hỏng {failed}, còn khoảng {left} giây",
                done=done,
                total=total,
                failed=failed,
                left=round(left),
            ),
            err=True,
        )

    return show
