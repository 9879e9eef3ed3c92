"""The command line: arguments, printing, exit codes; nothing else prints.

stdout holds results, stderr progress and problems. Exit codes: 0 evaluated, 1 some criteria could not be judged (or,
with --check, not met), 2 could not run, 101 a mistake of ours.
"""

from __future__ import annotations

import datetime as dt
import gc
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from nhiemvu.cli.bundle import bundle
from nhiemvu.cli.form import form
from nhiemvu.cli.history import history, keep_in_store
from nhiemvu.cli.many import aggregate
from nhiemvu.cli.rules import rules_commands
from nhiemvu.cli.serve import serve
from nhiemvu.cli.shared import (
    COULD_NOT_RUN,
    EVALUATED,
    NOT_ALL_JUDGED,
    OUR_MISTAKE,
    Commands,
    as_of_option,
    choose_language,
    force_option,
    json_option,
    lang_option,
    refuse_existing,
    rules_option,
    say_problems,
)
from nhiemvu.cli.workbook import compare, inspect, map_tables
from nhiemvu.errors import NhiemvuError
from nhiemvu.messages import N_, _, current_language

if TYPE_CHECKING:
    from nhiemvu.evaluation import Evaluation


def _look_for_garbage() -> None:
    """Collect garbage from here on, but not among what has been imported: a hostile workbook leaves large pieces."""
    gc.freeze()
    gc.enable()


def main() -> NoReturn:
    """Run the program and exit."""
    gc.disable()  # what is imported is no garbage, and looking through it costs a tenth of the run
    # looking for plugins of pydantic costs 20 ms; we have none
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # consoles of Vietnamese Windows speak cp1258, which lacks half of the alphabet
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):
            stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]  # not every stream can
    choose_language(current_language())
    try:
        code = commands.main(standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(COULD_NOT_RUN)
    except (click.Abort, KeyboardInterrupt):
        click.echo(_("Đã dừng theo yêu cầu; tệp gốc còn nguyên."), err=True)
        sys.exit(130)
    except NhiemvuError as error:
        say_problems(error.problems)
        sys.exit(COULD_NOT_RUN)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever read us has gone; nothing more to say
        sys.exit(EVALUATED)
    except Exception as error:  # (the last net: a mistake of ours is told as such, with what to send us)
        click.echo(
            _("Lỗi của chương trình, không phải của sổ: {error}", error=f"{type(error).__name__}: {error}"), err=True
        )
        click.echo(
            _("Tệp gốc còn nguyên. Đặt NHIEMVU_DEBUG=1 rồi chạy lại để có chi tiết gửi người phát triển."), err=True
        )
        if os.environ.get("NHIEMVU_DEBUG"):
            raise
        sys.exit(OUR_MISTAKE)
    sys.exit(code if isinstance(code, int) else EVALUATED)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=N_("Đánh giá nhiệm vụ trọng tâm của xã từ sổ Excel, theo bộ quy tắc, ghi kết quả vào chính sổ ấy."),
)
@click.version_option(package_name="nhiemvu", message="nhiemvu %(version)s", help=N_("In số bản của chương trình."))
@lang_option
def commands() -> None:
    """The program; its commands follow in the order in which a newcomer meets them."""


@commands.command(help=N_("Đánh giá một hoặc nhiều sổ, ghi trang đánh giá và trang sai lệch vào sổ."))
@click.argument("workbooks", metavar="WORKBOOK...", nargs=-1, required=True, type=click.Path(path_type=Path))
@rules_option
@as_of_option
@click.option(
    "-o",
    "--output",
    metavar="OUT",
    type=click.Path(path_type=Path),
    help=N_("Ghi ra tệp khác (hoặc thư mục, khi có nhiều sổ); mặc định: vào chính sổ."),
)
@click.option("--json", "as_json", is_flag=True, help=N_("In kết quả dạng JSON, không ghi vào sổ (trừ khi có -o)."))
@click.option(
    "--check",
    is_flag=True,
    help=N_("Chỉ kiểm tra, không ghi vào sổ (trừ khi có -o); mã thoát 1 nếu có tiêu chí chưa đạt."),
)
@click.option(
    "--recalculate", is_flag=True, help=N_("Tính các công thức chưa có giá trị, trong một bản chép; sổ không đổi.")
)
@click.option("--store", metavar="URL", help=N_("Lưu kết quả vào kho này (tên tệp, hoặc postgresql://…)."))
@click.option("--quiet", is_flag=True, help=N_("Chỉ in lỗi."))
@lang_option
def evaluate(
    workbooks: tuple[Path, ...],
    rules: str | None,
    as_of: dt.date | None,
    output: Path | None,
    as_json: bool,
    check: bool,
    recalculate: bool,
    store: str | None,
    quiet: bool,
) -> int:
    """Judge workbooks, write the sheets, print the result."""
    from nhiemvu.pipeline import evaluate as evaluate_one
    from nhiemvu.report.summary import summarise
    from nhiemvu.rules.find import has_versions
    from nhiemvu.rules.load import load_rulebook

    _look_for_garbage()
    # several versions of one id: each workbook's own day chooses
    rulebook = rules if rules is None or has_versions(rules) else load_rulebook(rules, as_of)
    # Path.is_dir raises where a name is too long
    into_folder = output is not None and (len(workbooks) > 1 or os.path.isdir(output))  # noqa: PTH112
    if into_folder and output is not None:
        from nhiemvu.workbook.save import make_folder

        make_folder(output)
    code, documents = EVALUATED, []
    for number, workbook in enumerate(workbooks, 1):
        if len(workbooks) > 1 and not quiet:
            click.echo(f"[{number}/{len(workbooks)}] {workbook}", err=True)
        try:
            evaluation = evaluate_one(workbook, rulebook, as_of, recalculate=recalculate)
            written = None
            if output is not None or not (as_json or check):
                target = output / workbook.name if output is not None and into_folder else output
                written = evaluation.write(target)
                say_problems(evaluation.notices)
            if store is not None:
                code = max(code, keep_in_store(evaluation, store, written, quiet=quiet))
        except NhiemvuError as error:
            if len(workbooks) == 1:
                raise
            say_problems(error.problems)
            code = COULD_NOT_RUN
            continue
        if as_json:
            documents.append(evaluation.to_dict())
        if as_json and not quiet:
            say_problems([problem for problem in evaluation.find_problems() if problem.severity == "error"])
        elif not quiet:
            click.echo("\n".join(summarise(evaluation, written)))
        code = max(code, _judgement(evaluation, check=check))
    if as_json:
        import json

        click.echo(
            json.dumps(
                documents[0] if len(workbooks) == 1 and documents else documents,
                ensure_ascii=False,
                indent=2,
                allow_nan=False,
            )
        )
    return code


def _judgement(evaluation: Evaluation, *, check: bool) -> int:
    verdicts = {row.verdict for row in evaluation.rows()}
    return NOT_ALL_JUDGED if "no_data" in verdicts or (check and "not_met" in verdicts) else EVALUATED


@commands.command(help=N_("Tạo một sổ trống để điền, theo bộ quy tắc."))
@rules_option
@click.option(
    "-o",
    "--output",
    metavar="OUT",
    type=click.Path(path_type=Path),
    help=N_("Tệp sổ sẽ tạo; mặc định: <bộ quy tắc>.xlsx ở thư mục hiện tại."),
)
@click.option(
    "--live",
    is_flag=True,
    help=N_("Sổ tự tính kết luận ngay khi gõ, bằng công thức; không cần macro."),
)
@force_option
@lang_option
def template(rules: str | None, output: Path | None, live: bool, force: bool) -> int:
    """Write a workbook to fill."""
    from nhiemvu.pipeline import make_template, only_rulebook
    from nhiemvu.rules.load import load_rulebook

    rulebook = load_rulebook(rules) if rules else only_rulebook()
    target = output or Path(f"{rulebook.id}.xlsx")
    if not force:
        refuse_existing(target)
    make_template(rulebook, target, live=live)
    click.echo(_("Đã tạo {file}", file=target))
    return EVALUATED


@commands.command(help=N_("Giải thích từng bước một kết luận, từ ô trong sổ đến kết luận."))
@click.argument("workbook", metavar="WORKBOOK", type=click.Path(path_type=Path))
@click.argument("criterion", metavar="ID")
@rules_option
@as_of_option
@lang_option
def explain(workbook: Path, criterion: str, rules: str | None, as_of: dt.date | None) -> int:
    """Print every step of one verdict."""
    from nhiemvu.pipeline import evaluate as evaluate_one
    from nhiemvu.pipeline import find_criterion
    from nhiemvu.report.terminal import print_explanation

    evaluation = evaluate_one(workbook, rules, as_of)
    print_explanation(evaluation, find_criterion(evaluation, criterion))
    return EVALUATED


@commands.command(help=N_("Cho biết nếu đổi quy tắc thì sổ nào, tiêu chí nào đổi kết luận, và còn thiếu bao nhiêu."))
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.argument("workbooks", metavar="WORKBOOK...", nargs=-1, required=True, type=click.Path(path_type=Path))
@as_of_option
@json_option
@lang_option
def impact(old: str, new: str, workbooks: tuple[Path, ...], as_of: dt.date | None, as_json: bool) -> int:
    """Judge workbooks by two rulebooks and print which verdicts turn."""
    from nhiemvu.impact import measure_impact
    from nhiemvu.report.changes import list_impact, tell_impact
    from nhiemvu.rules.load import load_rulebook

    _look_for_garbage()
    found = measure_impact(load_rulebook(old), load_rulebook(new), workbooks, as_of)
    click.echo(list_impact(found) if as_json else "\n".join(tell_impact(found)))
    say_problems(found.failed)
    return COULD_NOT_RUN if found.failed else EVALUATED


commands.add_command(aggregate)
commands.add_command(compare)
commands.add_command(inspect)
commands.add_command(map_tables)
commands.add_command(rules_commands, "rules")
commands.add_command(form)
commands.add_command(serve)
commands.add_command(bundle)
commands.add_command(history)
