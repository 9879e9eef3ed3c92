"""The local page for those who do not use a terminal."""

from __future__ import annotations

import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import click

from nhiemvu.cli.shared import COULD_NOT_RUN, EVALUATED, Command, lang_option, template_option
from nhiemvu.errors import say_reason
from nhiemvu.messages import N_, _, current_language

_PORT = 8318
_LOCAL = ("127.0.0.1", "localhost", "::1")
_NEEDED = ("starlette", "uvicorn", "python_multipart")


@click.command(
    cls=Command,
    help=N_("Mở một trang trên máy này để đánh giá sổ bằng trình duyệt: thả sổ vào, xem kết quả, tải sổ về."),
)
@click.option("--port", type=click.IntRange(0, 65535), help=N_("Cổng; mặc định: 8318, hoặc một cổng trống."))
@click.option("--host", default="127.0.0.1", help=N_("Địa chỉ mạng để nghe; mặc định: chỉ máy này (127.0.0.1)."))
@click.option(
    "--allow-host",
    "hosts",
    metavar="NAME",
    multiple=True,
    help=N_("Tên máy chủ mà trang được gọi bằng, khi chạy cho nhiều người; dùng được nhiều lần."),
)
@click.option(
    "--rules",
    metavar="ID|FILE",
    multiple=True,
    help=N_("Bộ quy tắc để chọn trên trang, bộ đầu là mặc định; dùng được nhiều lần. Không ghi: mọi bộ có sẵn."),
)
@click.option(
    "--units",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help=N_("Danh sách đơn vị (CSV hoặc YAML) cho bảng tổng hợp: ai phải nộp, thuộc huyện, tỉnh nào."),
)
@template_option
@click.option(
    "--keep",
    "minutes",
    type=click.IntRange(1, 24 * 60),
    default=30,
    help=N_("Số phút giữ kết quả sau lần xem cuối; mặc định: 30."),
)
@click.option(
    "--jobs", type=click.IntRange(1, 64), help=N_("Số sổ đánh giá cùng lúc; mặc định: số nhân của máy, nhiều nhất 4.")
)
@click.option("--open/--no-open", "opens", default=True, help=N_("Mở trang bằng trình duyệt; mặc định: mở."))
@lang_option
def serve(
    port: int | None,
    host: str,
    hosts: tuple[str, ...],
    rules: tuple[str, ...],
    units: Path | None,
    template: Path | None,
    minutes: int,
    jobs: int | None,
    opens: bool,
) -> int:
    """Serve the page until somebody stops it."""
    if not all(map(find_spec, _NEEDED)):
        click.echo(
            _("Trang này cần thêm vài thư viện. Cài bằng lệnh: {command}", command="pip install 'nhiemvu[serve]'"),
            err=True,
        )
        return COULD_NOT_RUN
    from nhiemvu.serve.app import make_app
    from nhiemvu.serve.offers import offer_rulebooks
    from nhiemvu.serve.server import listen, run
    from nhiemvu.serve.settings import Bounds, Settings

    if host not in _LOCAL and not hosts:
        message = _(
            "nghe ở {host} thì máy khác vào được mà trang không có đăng nhập; nếu đúng ý, ghi tên mà người dùng gọi "
            "trang bằng --allow-host, và đặt sau một máy chủ có đăng nhập",
            host=host,
        )
        raise click.UsageError(message)
    offers = offer_rulebooks(rules)
    if units is not None:
        from nhiemvu.rules.units_file import read_units

        read_units(units)  # what is wrong with it is said now, and not on somebody's page
    if template is not None:
        from nhiemvu.report.word import read_template

        read_template(template)

    try:
        socket = listen(host, _PORT if port is None else port, or_another=port is None)
    except OSError as why:
        message = _(
            "không mở được cổng {port} ở {host} ({why}); chọn cổng khác bằng --port, hoặc địa chỉ khác bằng --host",
            port=port or _PORT,
            host=host,
            why=say_reason(why),
        )
        raise click.UsageError(message) from why
    bounds = Bounds(keep_seconds=minutes * 60)
    settings = Settings(
        offers,
        replace(bounds, at_once=jobs or bounds.at_once),
        hosts,
        str(units.absolute()) if units else "",
        str(template.absolute()) if template else "",
        current_language(),
    )

    def say_where(address: str) -> None:
        click.echo(_("Trang đánh giá đã mở ở {address} (nhấn Ctrl+C để dừng)", address=address))
        sys.stdout.flush()
        if opens:
            import webbrowser

            webbrowser.open(address)

    def report(id_: str, details: str) -> None:
        click.echo(_("Lỗi của chương trình, mã {id}:", id=id_) + f"\n{details}", err=True)

    with socket:
        run(socket, lambda folder: make_app(folder, settings, report), say_where)
    click.echo(_("Đã dừng. Mọi sổ và kết quả giữ tạm đã được xóa; sổ gốc của đơn vị còn nguyên."))
    return EVALUATED
