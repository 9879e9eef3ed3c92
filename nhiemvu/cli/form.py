"""The command that fills the BIỂU ĐÁNH GIÁ."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nhiemvu.cli.shared import (
    EVALUATED,
    NOT_ALL_JUDGED,
    Command,
    as_of_option,
    force_option,
    lang_option,
    refuse_existing,
    rules_option,
    template_option,
)
from nhiemvu.messages import N_, _

if TYPE_CHECKING:
    from nhiemvu.evaluation import Evaluation
    from nhiemvu.report.form import Choice


@click.command(cls=Command, help=N_("Lập BIỂU ĐÁNH GIÁ (tệp Word) từ sổ của xã, theo mẫu có thể sửa bằng Word."))
@click.argument("workbook", metavar="[WORKBOOK]", required=False, type=click.Path(path_type=Path))
@rules_option
@as_of_option
@click.option(
    "-o",
    "--output",
    metavar="OUT",
    type=click.Path(path_type=Path),
    help=N_("Tệp .docx sẽ ghi; mặc định: «<tên sổ> - biểu đánh giá.docx» cạnh sổ."),
)
@template_option
@click.option(
    "--verdicts",
    type=click.Choice(["computed", "declared"]),
    default="computed",
    show_default=True,
    help=N_(
        "Ghi kết luận theo quy tắc (computed) hay theo đơn vị tự đánh giá (declared); chỗ khác nhau luôn ghi cả hai."
    ),
)
@click.option("--pdf", is_flag=True, help=N_("Ghi thêm bản PDF cùng tên (cần LibreOffice)."))
@click.option(
    "--write-template",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help=N_("Chỉ ghi mẫu đi kèm chương trình ra tệp này, để sửa bằng Word rồi dùng với --template."),
)
@force_option
@lang_option
def form(
    workbook: Path | None,
    rules: str | None,
    as_of: dt.date | None,
    output: Path | None,
    template: Path | None,
    verdicts: Choice,
    pdf: bool,
    write_template: Path | None,
    force: bool,
) -> int:
    """Write the form of a workbook, or the template to edit."""
    from nhiemvu.report.word import draw_form, make_pdf, read_template
    from nhiemvu.workbook.save import save

    if write_template is not None:
        if workbook is not None:
            raise click.UsageError(_("--write-template chỉ ghi mẫu; bỏ tên sổ đi"))
        if not force:
            refuse_existing(write_template)
        save(read_template(), write_template)
        click.echo(_("Đã tạo {file}", file=write_template))
        return EVALUATED
    if workbook is None:
        raise click.UsageError(_("cần nói sổ nào: nhiemvu form SỔ.xlsx"))
    from nhiemvu.pipeline import evaluate

    target = output or workbook.with_name(f"{workbook.stem} - biểu đánh giá.docx")
    if target.suffix.lower() != ".docx":
        raise click.UsageError(_("biểu là tệp Word, nên tên sau -o phải kết thúc bằng .docx: {file}", file=target))
    files = [target, target.with_suffix(".pdf")] if pdf else [target]
    if not force:
        refuse_existing(*files)
    evaluation = evaluate(workbook, rules, as_of)
    documents = [draw_form(evaluation, template, verdicts=verdicts)]
    if pdf:
        documents.append(make_pdf(documents[0]))
    for file, document in zip(files, documents, strict=True):
        save(document, file)
        click.echo(_("Đã tạo {file}", file=file))
    return _warn(evaluation)


def _warn(evaluation: Evaluation) -> int:
    """Say what to look at before somebody signs."""
    errors = sum(each.severity == "error" for each in evaluation.find_discrepancies())
    problems = sum(each.severity != "note" for each in evaluation.find_problems())
    if errors or problems:
        message = N_(
            "cảnh báo: trước khi ký hãy xem lại {errors} chỗ sai lệch và {problems} chỗ thiếu số liệu hoặc chưa rõ; "
            "lệnh evaluate cho biết từng ô"
        )
        click.echo(_(message, errors=errors, problems=problems), err=True)
    unknown = any(row.verdict == "no_data" for row in evaluation.rows())
    return NOT_ALL_JUDGED if unknown else EVALUATED
