"""Commands for rule authors: `nhiemvu rules …`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nhiemvu.cli.shared import (
    COULD_NOT_RUN,
    EVALUATED,
    NOT_ALL_JUDGED,
    Commands,
    json_option,
    lang_option,
    say_problems,
)
from nhiemvu.errors import NhiemvuError
from nhiemvu.messages import N_, _

if TYPE_CHECKING:
    from nhiemvu.rules.rulebook import Rulebook


@click.group(cls=Commands, help=N_("Xem và kiểm tra bộ quy tắc."))
@lang_option
def rules_commands() -> None:
    """What rule authors need."""


@rules_commands.command("list", help=N_("Liệt kê các bộ quy tắc có sẵn."))
@lang_option
def list_() -> int:
    """Print a line for each rulebook at hand."""
    from nhiemvu.report.terminal import print_rulebooks
    from nhiemvu.rules.find import list_rulebooks
    from nhiemvu.rules.load import load_rulebook

    print_rulebooks([load_rulebook(path) for path in list_rulebooks()])
    return EVALUATED


@rules_commands.command(help=N_("In một bộ quy tắc cho người đọc."))
@click.argument("rulebook", metavar="ID|FILE")
@click.option(
    "--html", metavar="FILE", type=click.Path(path_type=Path), help=N_("Ghi thành một trang HTML để đọc và in.")
)
@lang_option
def show(rulebook: str, html: Path | None) -> int:
    """Print a rulebook, or make a page of it."""
    from nhiemvu.rules.load import load_rulebook

    loaded = load_rulebook(rulebook)
    if html is None:
        from nhiemvu.report.terminal import print_rulebook

        print_rulebook(loaded)
    else:
        from nhiemvu.report.rules_page import render_page

        _deliver(render_page(loaded), html)
    return EVALUATED


@rules_commands.command("check", help=N_("Kiểm tra bộ quy tắc: nêu mọi lỗi của tệp trong một lần, kèm dòng và cột."))
@click.argument("rulebooks", metavar="ID|FILE...", nargs=-1, required=True)
@click.option(
    "--strict", is_flag=True, help=N_("Coi cảnh báo (ngưỡng còn trống, trường hợp không có dòng nào khớp) là lỗi.")
)
@lang_option
def check_rules(rulebooks: tuple[str, ...], strict: bool) -> int:
    """Load rulebooks and print every finding."""
    code = EVALUATED
    for name in rulebooks:
        loaded = _load(name)
        if loaded is None:
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


@rules_commands.command(
    "test", help=N_("Chạy các trường hợp thử (cases) của bộ quy tắc, và nêu ngưỡng nào chưa đủ trường hợp thử.")
)
@click.argument("rulebooks", metavar="ID|FILE...", nargs=-1, required=True)
@click.option("--strict", is_flag=True, help=N_("Ngưỡng chưa đủ trường hợp thử cũng là lỗi."))
@lang_option
def test_rules(rulebooks: tuple[str, ...], strict: bool) -> int:
    """Run the cases of rulebooks."""
    from nhiemvu.engine.cases import run_cases

    code = EVALUATED
    for name in rulebooks:
        loaded = _load(name)
        if loaded is None:
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


@rules_commands.command("diff", help=N_("Nêu hai bộ quy tắc khác nhau ở đâu về nội dung, kèm dòng ở cả hai."))
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@json_option
@lang_option
def diff_rules(old: str, new: str, as_json: bool) -> int:
    """Print what differs in meaning between two rulebooks."""
    from nhiemvu.report.changes import list_changes, tell_changes
    from nhiemvu.rules.diff import compare
    from nhiemvu.rules.load import load_rulebook

    changes = compare(load_rulebook(old), load_rulebook(new))
    click.echo(list_changes(changes) if as_json else "\n".join(tell_changes(changes)))
    return EVALUATED


_output = click.option("-o", "--output", metavar="FILE", type=click.Path(path_type=Path), help=N_("Tệp sẽ ghi."))


@rules_commands.command(
    "schema", help=N_("Xuất JSON Schema của tệp quy tắc, để trình soạn thảo gợi ý và báo lỗi khi gõ.")
)
@_output
@lang_option
def write_rule_schema(output: Path | None) -> int:
    """Write the JSON Schema of rule files."""
    from nhiemvu.rules.schema import write_schema

    _deliver(write_schema(), output)
    return EVALUATED


@rules_commands.command("export", help=N_("Đưa một tệp quy tắc ra sổ Excel để đọc và sửa; đưa về bằng lệnh import."))
@click.argument("rulebook", metavar="ID|FILE")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help=N_("Sổ sẽ ghi; mặc định: <bộ quy tắc>.xlsx."),
)
@lang_option
def export(rulebook: str, output: Path | None) -> int:
    """Write a rule file as a workbook."""
    from nhiemvu.rules.form import read_form
    from nhiemvu.sheets.rulebook import draw_rulebook

    form = read_form(rulebook)
    _deliver(draw_rulebook(form), output or Path(f"{form.rulebook}.xlsx"))
    return EVALUATED


@rules_commands.command(
    "import", help=N_("Đưa một bộ quy tắc đã xuất ra Excel về YAML, hoặc đọc một phụ lục tiêu chí thành bản nháp.")
)
@click.argument("workbook", metavar="WORKBOOK", type=click.Path(path_type=Path))
@click.option("--column", metavar="COLUMN", help=N_("Cột chỉ tiêu cần lấy của phụ lục, ví dụ TDMNPB."))
@_output
@lang_option
def import_(workbook: Path, column: str | None, output: Path | None) -> int:
    """Write a rule file from its Excel form, or a draft of one from an annex."""
    from nhiemvu.rules.write import write_rulebook
    from nhiemvu.sheets.annex import import_annex
    from nhiemvu.sheets.rulebook_read import is_rulebook_form, read_rulebook_form
    from nhiemvu.workbook.book import open_book

    book = open_book(workbook)
    if is_rulebook_form(book):
        _deliver(write_rulebook(read_rulebook_form(book)), output)
        return EVALUATED
    draft = import_annex(book, column, (output or workbook).stem)
    say_problems(draft.problems)
    _deliver(draft.text, output)
    click.echo(draft.summary, err=True)
    return NOT_ALL_JUDGED if draft.problems else EVALUATED


def _load(name: str) -> Rulebook | None:
    """A rulebook; None where it does not load, its mistakes printed."""
    from nhiemvu.rules.load import load_rulebook

    try:
        return load_rulebook(name)
    except NhiemvuError as error:
        say_problems(error.problems)
        return None


def _deliver(what: str | bytes, output: Path | None) -> None:
    """To the file, or to stdout where none is named."""
    if output is None:
        click.echo(what, nl=False)
        return
    from nhiemvu.workbook.save import save

    save(what.encode() if isinstance(what, str) else what, output)
    click.echo(_("Đã ghi {file}", file=output), err=True)
