"""The command that makes a folder for Windows."""

from __future__ import annotations

from pathlib import Path

import click

from nhiemvu.cli.shared import EVALUATED, Command, lang_option
from nhiemvu.messages import N_, _


@click.command(
    cls=Command,
    help=N_(
        "Tạo một thư mục cho máy Windows không có mạng: bấm đúp để mở trang đánh giá, hoặc thả sổ vào để đánh giá. "
        "Máy tạo thư mục cần có mạng, một lần."
    ),
)
@click.option(
    "-o",
    "--output",
    metavar="FOLDER|ZIP",
    type=click.Path(path_type=Path),
    default=Path("nhiemvu-windows"),
    help=N_("Thư mục sẽ tạo, hoặc tệp .zip; mặc định: nhiemvu-windows."),
)
@click.option(
    "--rules",
    metavar="ID|FILE",
    multiple=True,
    help=N_("Bộ quy tắc để chọn, bộ đầu là mặc định; dùng được nhiều lần. Không ghi: mọi bộ có sẵn."),
)
@click.option(
    "--python",
    "versions",
    metavar="VERSION",
    multiple=True,
    type=click.Choice(["3.11", "3.12", "3.13"]),
    help=N_("Bản Python mà các máy có thể có; dùng được nhiều lần. Không ghi: 3.11, 3.12 và 3.13."),
)
@lang_option
def bundle(output: Path, rules: tuple[str, ...], versions: tuple[str, ...]) -> int:
    """Make the folder."""
    from nhiemvu.bundle.folder import VERSIONS, make_bundle

    click.echo(_("Đang lấy chương trình và các thư viện cho Windows…"), err=True)
    make_bundle(output, rules, versions or VERSIONS, lambda name: click.echo(f"  {name}", err=True))
    click.echo(_("Đã tạo {file}", file=output))
    return EVALUATED
