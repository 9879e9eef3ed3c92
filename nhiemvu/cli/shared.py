"""What all commands share: exit codes, options, how problems are printed."""

from __future__ import annotations

import copy
import datetime as dt
import gettext
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import click

from nhiemvu.errors import Problem
from nhiemvu.messages import LANGUAGES, N_, _, speak

_LOCALE = Path(__file__).parent.parent / "locale"
EVALUATED, NOT_ALL_JUDGED, COULD_NOT_RUN, OUR_MISTAKE = 0, 1, 2, 101


class Command(click.Command):
    """A command whose help, marked where it is written, is translated when it is shown."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The language first, wherever it stands: `--help --lang en` and the error of a wrong option are in it too."""
        for before, after in zip(["", *args], args, strict=False):
            asked = after if before == "--lang" else after.removeprefix("--lang=")
            if asked in LANGUAGES and (before == "--lang" or asked != after):
                choose_language(asked)
        return super().parse_args(ctx, args)

    def _translate(self) -> Self:
        shown = copy.copy(self)
        shown.params = [copy.copy(param) for param in self.params]
        for each in (shown, *shown.params):
            if isinstance(each, (click.Command, click.Option)) and each.help:
                each.help = _(each.help)
        return shown

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """In the language in force."""
        super(Command, self._translate()).format_help(ctx, formatter)

    def get_short_help_str(self, limit: int = 45) -> str:
        """In the language in force."""
        return super(Command, self._translate()).get_short_help_str(limit)


class Commands(Command, click.Group):
    """Commands in the order in which a newcomer meets them."""

    command_class = Command

    def list_commands(self, ctx: click.Context) -> list[str]:
        """As they were added, not by name."""
        return list(self.commands)


class Date(click.ParamType[dt.date]):
    """A day as officials write it (29/5/2024) or as computers do (2024-05-29)."""

    name = "DATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.date:
        """The day that was typed."""
        from nhiemvu.text import Unreadable, read_date

        if isinstance(value, dt.date):
            return value
        try:
            return read_date(str(value))
        except Unreadable:
            self.fail(_("«{value}» không phải ngày; viết 29/5/2024 hoặc 2024-05-29", value=value), param, ctx)


def choose_language(code: str) -> None:
    """Speak this language for the rest of the program, Click's own words included.

    Click translates through Python's gettext, which looks for a catalogue in the languages that the environment asks
    for; its English needs none.
    """
    speak(code)
    gettext.bindtextdomain("click", str(_LOCALE))
    gettext.textdomain("click")
    os.environ["LANGUAGE"] = code


def _speak(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    """For the rest of the program: the error that ends a command is told after the command's context is gone."""
    if value is not None:
        choose_language(value)


lang_option = click.option(
    "--lang",
    type=click.Choice(LANGUAGES),
    callback=_speak,
    is_eager=True,
    expose_value=False,
    help=N_("Ngôn ngữ của kết quả."),
)
rules_option = click.option(
    "--rules", metavar="ID|FILE", help=N_("Bộ quy tắc; mặc định: bộ mà sổ ghi, hoặc bộ duy nhất áp dụng cho kỳ của sổ.")
)

as_of_option = click.option("--as-of", type=Date(), help=N_("Ngày số liệu; mặc định: ngày ghi trong sổ."))
json_option = click.option("--json", "as_json", is_flag=True, help=N_("In kết quả dạng JSON."))
template_option = click.option(
    "--template",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help=N_("Mẫu .docx của cơ quan; mặc định: mẫu đi kèm chương trình."),
)
force_option = click.option("--force", is_flag=True, help=N_("Ghi đè tệp đã có."))


def refuse_existing(*files: Path) -> None:
    """Refuse to write over a file, where nobody asked for that.

    Raises:
        click.UsageError: one of them is there.
    """
    for file in files:
        if os.path.exists(file):  # noqa: PTH110 (Path.exists raises where a name is too long)
            raise click.UsageError(_("đã có tệp {file}; chọn tên khác bằng -o, hoặc thêm --force để ghi đè", file=file))


def say_problems(problems: Sequence[Problem]) -> None:
    """Print findings to stderr, a line each."""
    words = {"error": _("lỗi"), "warning": _("cảnh báo"), "note": _("lưu ý")}
    for problem in problems:
        click.echo(f"{words[problem.severity]}: {problem}", err=True)
