"""What all commands share: exit codes, options, how problems are printed."""

from __future__ import annotations

from collections.abc import Sequence

import click

from nhiemvu.errors import Problem
from nhiemvu.messages import LANGUAGES, _, language

EVALUATED, NOT_ALL_JUDGED, COULD_NOT_RUN, OUR_MISTAKE = 0, 1, 2, 101


class Commands(click.Group):
    """Commands in the order in which a newcomer meets them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """As they were added, not by name."""
        return list(self.commands)


def _speak(ctx: click.Context, param: click.Parameter, value: str) -> str:
    ctx.with_resource(language(value))
    return value


lang_option = click.option(
    "--lang",
    type=click.Choice(LANGUAGES),
    default="vi",
    callback=_speak,
    is_eager=True,
    expose_value=False,
    help="Ngôn ngữ của kết quả.",
)
rules_option = click.option(
    "--rules", metavar="ID|FILE", help="Bộ quy tắc; mặc định: bộ mà sổ ghi, hoặc bộ duy nhất áp dụng cho kỳ của sổ."
)


def say_problems(problems: Sequence[Problem]) -> None:
    """Print findings to stderr, a line each."""
    words = {"error": _("lỗi"), "warning": _("cảnh báo"), "note": _("lưu ý")}
    for problem in problems:
        click.echo(f"{words[problem.severity]}: {problem}", err=True)
