"""Commands for rule authors: `nhiemvu rules …`."""

from __future__ import annotations

from pathlib import Path

import click

from nhiemvu.cli_shared import COULD_NOT_RUN, EVALUATED, Commands, lang_option, say_problems
from nhiemvu.errors import NhiemvuError
from nhiemvu.messages import _


@click.group(cls=Commands)
def rules_commands() -> None:
    """Xem và kiểm tra bộ quy tắc."""


@rules_commands.command("list")
@lang_option
def list_() -> int:
    """Liệt kê các bộ quy tắc có sẵn."""
    from nhiemvu.report.terminal import print_rulebooks
    from nhiemvu.rules.load import list_rulebooks, load_rulebook

    print_rulebooks([load_rulebook(path) for path in list_rulebooks()])
    return EVALUATED


@rules_commands.command()
@click.argument("rulebook", metavar="ID|FILE")
@click.option("--html", metavar="FILE", type=click.Path(path_type=Path), help="Ghi thành một trang HTML để đọc và in.")
@lang_option
def show(rulebook: str, html: Path | None) -> int:
    """In một bộ quy tắc cho người đọc."""
    from nhiemvu.rules.load import load_rulebook

    loaded = load_rulebook(rulebook)
    if html is None:
        from nhiemvu.report.terminal import print_rulebook

        print_rulebook(loaded)
    else:
        from nhiemvu.report.rules_page import render_page

        _deliver(render_page(loaded), html)
    return EVALUATED


@rules_commands.command("check")
@click.argument("rulebooks", metavar="ID|FILE...", nargs=-1, required=True)
@click.option(
    "--strict", is_flag=True, help="Coi cảnh báo (ngưỡng còn trống, trường hợp không có dòng nào khớp) là lỗi."
)
@lang_option
def check_rules(rulebooks: tuple[str, ...], strict: bool) -> int:
    """Kiểm tra bộ quy tắc: nêu mọi lỗi của tệp trong một lần, kèm dòng và cột."""
    from nhiemvu.rules.load import load_rulebook

    code = EVALUATED
    for name in rulebooks:
        try:
            loaded = load_rulebook(name)
        except NhiemvuError as error:
            say_problems(error.problems)
            code = COULD_NOT_RUN
            continue
        say_problems(loaded.problems)
        if strict and any(problem.severity == "warning" for problem in loaded.problems):
            code = COULD_NOT_RUN
        click.echo(
            _(
                "{id}: {count} tiêu chí, {warnings} cảnh báo",
                id=loaded.id,
                count=len(loaded.criteria),
                warnings=len(loaded.problems),
            )
        )
    return code


@rules_commands.command("test")
@click.argument("rulebooks", metavar="ID|FILE...", nargs=-1, required=True)
@click.option("--strict", is_flag=True, help="Ngưỡng chưa đủ trường hợp thử cũng là lỗi.")
@lang_option
def test_rules(rulebooks: tuple[str, ...], strict: bool) -> int:
    """Chạy các trường hợp thử (cases) của bộ quy tắc, và nêu ngưỡng nào chưa đủ trường hợp thử."""
    from nhiemvu.engine.cases import run_cases
    from nhiemvu.rules.load import load_rulebook

    code = EVALUATED
    for name in rulebooks:
        try:
            loaded = load_rulebook(name)
        except NhiemvuError as error:
            say_problems(error.problems)
            code = COULD_NOT_RUN
            continue
        tested = run_cases(loaded)
        say_problems(tested.find_problems())
        if tested.failures or (strict and tested.gaps):
            code = COULD_NOT_RUN
        click.echo(
            _(
                "{id}: {count} trường hợp, {failed} sai; {gaps} ngưỡng chưa đủ trường hợp thử",
                id=loaded.id,
                count=len(tested.outcomes),
                failed=len(tested.failures),
                gaps=len(tested.gaps),
            )
        )
    return code


_output = click.option("-o", "--output", metavar="FILE", type=click.Path(path_type=Path), help="Tệp sẽ ghi.")


@rules_commands.command("schema")
@_output
@lang_option
def write_rule_schema(output: Path | None) -> int:
    """Xuất JSON Schema của tệp quy tắc, để trình soạn thảo gợi ý và báo lỗi khi gõ."""
    from nhiemvu.rules.schema import write_schema

    _deliver(write_schema(), output)
    return EVALUATED


@rules_commands.command("export")
@click.argument("rulebook", metavar="ID|FILE")
@click.option(
    "-o", "--output", metavar="FILE", type=click.Path(path_type=Path), help="Sổ sẽ ghi; mặc định: <bộ quy tắc>.xlsx."
)
@lang_option
def export(rulebook: str, output: Path | None) -> int:
    """Đưa một tệp quy tắc ra sổ Excel để đọc và sửa; đưa về bằng lệnh import."""
    from nhiemvu.rules.form import read_form
    from nhiemvu.sheets.rulebook import draw_rulebook

    form = read_form(rulebook)
    _deliver(draw_rulebook(form), output or Path(f"{form.rulebook}.xlsx"))
    return EVALUATED


def _deliver(what: str | bytes, output: Path | None) -> None:
    """To the file, or to stdout where none is named."""
    if output is None:
        click.echo(what, nl=False)
        return
    from nhiemvu.workbook.save import save

    save(what.encode() if isinstance(what, str) else what, output)
    click.echo(_("Đã ghi {file}", file=output), err=True)
