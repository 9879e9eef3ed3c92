"""What danh-gia.cmd of a bundle starts: it evaluates the workbooks that were dropped on it, or opens the page.

Explorer quotes a path only where it holds a space, so that cmd.exe would take `a&b.xlsx` for two commands. The command
therefore hands over the whole line by which it was called, and the paths are read from it here.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from nhiemvu.cli import main

_ITSELF = re.compile(r'danh-gia\.cmd("|(?=\s)|$)', re.IGNORECASE)
_CHOSEN = Path("quy-tac") / "chon.txt"


def read_call(line: str, arguments: list[str]) -> list[str]:
    r"""The paths that danh-gia.cmd was called with: from the line by which Explorer called it, else as they came.

    >>> read_call(r'C:\Windows\cmd.exe /c ""D:\n v\danh-gia.cmd" D:\a&b.xlsx "D:\so 100%.xlsx""', [r"D:\a"])
    ['D:\\a&b.xlsx', 'D:\\so 100%.xlsx']
    """
    found = _ITSELF.search(line)
    if not found:
        return arguments
    # cmd.exe takes all that follows /c within quotes of its own: the last one belongs to no path
    return [quoted or plain for quoted, plain in re.findall(r'"([^"]+)"|([^"\s]+)', line[found.end() :])]


def choose_command(paths: list[str], chosen: list[str]) -> list[str]:
    """The command of nhiemvu to run.

    >>> choose_command([], ["a", "b"])
    ['serve', '--rules', 'a', '--rules', 'b']
    >>> choose_command(["so.xlsx"], ["a"]), choose_command(["so.xlsx"], ["a", "b"])
    (['evaluate', '--rules', 'a', '--', 'so.xlsx'], ['evaluate', '--', 'so.xlsx'])
    """
    rules = [word for name in chosen for word in ("--rules", name)]
    if not paths:
        return ["serve", *rules]
    # several rulebooks: each workbook says which one is its own
    return ["evaluate", *(rules if len(chosen) == 1 else []), "--", *paths]


def start() -> None:
    """Read how we were called, run the command, and show the workbooks that were evaluated."""
    called, where = os.environ.get("NHIEMVU_CALLED", ""), os.environ.get("NHIEMVU_FROM", "")
    paths = [os.path.join(where, path) for path in read_call(called, sys.argv[1:])]  # noqa: PTH118 (a text is wanted)
    chosen = _CHOSEN.read_text("utf-8").split() if _CHOSEN.is_file() else []
    sys.argv[1:] = choose_command(paths, chosen)
    try:
        main()
    except SystemExit as end:
        if end.code in (0, 1):  # 1: evaluated, and some figures are lacking
            show(paths)
        raise


def show(paths: list[str]) -> None:
    """Open the workbooks in Excel, where the system can: those into which the sheets were written."""
    if hasattr(os, "startfile"):
        for path in paths:
            if path.lower().endswith((".xlsx", ".xlsm")):
                os.startfile(path)  # noqa: S606 (a workbook that its owner has just dropped)


if __name__ == "__main__":
    start()
