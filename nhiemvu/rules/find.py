"""Where rulebooks lie: those that are shipped, and files; by id, by path, or by the name that a workbook gives."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

from nhiemvu.errors import Problem, RuleError
from nhiemvu.messages import N_
from nhiemvu.rules.versions import choose_version, find_versions
from nhiemvu.text import nearest

_ID = re.compile(r"[a-z0-9][a-z0-9-]*(?:@[a-z0-9-]+)?")


def shipped_rules() -> Path:
    """The folder of the rulebooks that come with the library: inside the wheel, or `rules/` of a checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "rulebooks"
    return installed if installed.is_dir() else package.parent / "rules"


def list_rulebooks(folder: Path | None = None) -> list[Path]:
    """Every rule file of a folder (the shipped ones by default), in order of name."""
    return sorted((folder or shipped_rules()).glob("*.yaml"))


def find_rulebook(name: str | Path, beside: Path | None = None, on: dt.date | None = None) -> Path:
    """The file of a rulebook: a path from the including file, or an id sought beside it and among the shipped.

    Where a folder holds several versions, the one that is valid `on` that day, or without a day the newest.

    Raises:
        RuleError: there is none, offers the nearest; or versions overlap, or none holds on the day.
    """
    path = Path(name) if beside is None else beside / name
    if path.suffix in (".yaml", ".yml") or (beside is None and _is_file(path)):
        if _is_file(path):
            return path
        raise RuleError(
            Problem("no-rule-file", N_("không có tệp quy tắc «{name}»; kiểm tra lại đường dẫn"), fill={"name": name})
        )
    folders = [folder for folder in (beside, shipped_rules()) if folder is not None]
    for folder in folders:
        if _ID.fullmatch(str(name)) and (versions := find_versions(str(name), folder)):
            return choose_version(str(name), versions, on)
    known = sorted({file.stem for folder in folders for file in list_rulebooks(folder)})
    close = nearest(str(name), known)
    raise RuleError(
        Problem(
            "no-rulebook",
            N_("không có bộ quy tắc «{name}»; có phải «{nearest}»?")
            if close
            else N_("không có bộ quy tắc «{name}»; hiện có: {known}"),
            fill={"name": name, "nearest": close[0] if close else "", "known": ", ".join(known)},
        )
    )


def find_named(name: str, beside: Path | None = None, on: dt.date | None = None) -> Path:
    """The file of a rulebook that a workbook names: of those that are shipped or lie beside it, and no other file.

    Whoever sends a workbook must not choose which file of this machine is opened.

    Args:
        name: as the workbook says.
        beside: the folder of the workbook, where what lies in it may be taken.
        on: the day that chooses among several versions.

    Raises:
        RuleError: it is no plain name, or there is none of this name.
    """
    plain = name.removesuffix(".yaml")
    if not _ID.fullmatch(plain):
        message = N_(
            "sổ ghi bộ quy tắc là «{name}», không phải tên ngắn của một bộ quy tắc nên không mở; ghi tên ngắn như "
            "«nhiem-vu-trong-tam-2024», hoặc chọn tệp quy tắc bằng --rules"
        )
        raise RuleError(Problem("rulebook-not-a-name", message, fill={"name": name[:120]}))
    if beside is not None and (versions := find_versions(plain, beside)):
        return choose_version(plain, versions, on)
    return find_rulebook(plain, shipped_rules(), on)


def has_versions(name: str | Path) -> bool:
    """Is it an id of which there are several versions, so that a day has to choose."""
    return bool(_ID.fullmatch(str(name))) and len(find_versions(str(name), shipped_rules())) > 1


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that no file system takes
        return False
