"""Commands about a workbook as it is: what is in it, what a later one changed, and a draft of rules that read it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from nhiemvu.cli.shared import (
    EVALUATED,
    Command,
    as_of_option,
    force_option,
    json_option,
    lang_option,
    refuse_existing,
    rules_option,
)
from nhiemvu.messages import N_, _


@click.command(
    cls=Command, help=N_("Cho biết trong sổ có gì, ở đâu: trang, bảng, cột, đơn vị tính, các ô cần xem lại.")
)
@click.argument("workbook", metavar="WORKBOOK", type=click.Path(path_type=Path))
@click.option("--rules", metavar="ID|FILE", help=N_("Bộ quy tắc: cho biết thêm từng tiêu chí đọc ô nào."))
@json_option
@lang_option
def inspect(workbook: Path, rules: str | None, as_json: bool) -> int:
    """Print what was found where."""
    from nhiemvu.pipeline import inspect as inspect_one
    from nhiemvu.survey.inspect import tell_inspection

    found = inspect_one(workbook, rules)
    if as_json:
        import json

        click.echo(json.dumps(found, ensure_ascii=False, indent=2, allow_nan=False))
    else:
        click.echo("\n".join(tell_inspection(found)))
    return EVALUATED


@click.command(cls=Command, help=N_("So hai sổ của một đơn vị, như bản gửi đầu và bản đã sửa: khác nhau ở đâu."))
@click.argument("old", metavar="OLD", type=click.Path(path_type=Path))
@click.argument("new", metavar="NEW", type=click.Path(path_type=Path))
@rules_option
@as_of_option
@json_option
@lang_option
def compare(old: Path, new: Path, rules: str | None, as_of: dt.date | None, as_json: bool) -> int:
    """Print what a corrected workbook changed."""
    from nhiemvu.correction import compare_workbooks
    from nhiemvu.report.correction import list_correction, tell_correction

    found = compare_workbooks(old, new, rules, as_of)
    click.echo(list_correction(found) if as_json else "\n".join(tell_correction(found)))
    return EVALUATED


@click.command(
    "map", cls=Command, help=N_("Nháp phần tables của bộ quy tắc từ một sổ, để người viết quy tắc hoàn thiện.")
)
@click.argument("workbook", metavar="WORKBOOK", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", metavar="OUT", type=click.Path(path_type=Path), help=N_("Tệp YAML sẽ tạo; mặc định: in ra.")
)
@force_option
@lang_option
def map_tables(workbook: Path, output: Path | None, force: bool) -> int:
    """Print or write a draft of the tables that a workbook holds."""
    from nhiemvu.survey.draft import draft_rulebook
    from nhiemvu.workbook.book import open_book
    from nhiemvu.workbook.save import save

    if output is not None and not force:
        refuse_existing(output)
    text = draft_rulebook(open_book(workbook))
    if output is None:
        click.echo(text, nl=False)
    else:
        save(text.encode(), output)
        click.echo(_("Đã tạo {file}", file=output))
    return EVALUATED
