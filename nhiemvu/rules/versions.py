"""Several versions of one rulebook in a folder: which files they are, and which one holds on a day.

A version is any file whose `rulebook:` is the id: `x.yaml`, `x@2025.yaml`, or a file of any other name. Their `valid`
days may not overlap, so a day chooses at most one.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from nhiemvu.errors import Place, Problem, RuleError
from nhiemvu.messages import N_
from nhiemvu.rules.yaml import Map, read_yaml
from nhiemvu.text import format_date

_ID = re.compile(rb"^rulebook:[ \t]*[\"']?([a-z0-9][a-z0-9-]*)[\"']?[ \t]*(?:#.*)?\r?$", re.MULTILINE)
_HEAD = 8192  # bytes in which a rule file names itself


@dataclass(frozen=True, slots=True)
class Version:
    """One version: its file, the days on which it holds, and where it says so."""

    path: Path
    since: dt.date
    until: dt.date
    place: Place

    def __str__(self) -> str:
        start = "" if self.since == dt.date.min else format_date(self.since)
        end = "" if self.until == dt.date.max else format_date(self.until)
        return f"{self.path.name} ({start or '…'} – {end or '…'})"


def find_versions(name: str, folder: Path) -> list[Path]:
    """Every file of a folder that is a version of a rulebook, in order of name."""
    return [path for path in sorted(folder.glob("*.yaml")) if path.stem == name or _id_of(path) == name]


def _id_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            found = _ID.search(file.read(_HEAD))
    except OSError:
        return ""  # whoever needs this file will hear why it cannot be read
    return found[1].decode() if found else ""


def choose_version(name: str, paths: Sequence[Path], day: dt.date | None = None) -> Path:
    """The version that holds on a day; without a day the newest. One file alone is taken whatever the day.

    Raises:
        RuleError: two versions hold on the same day, or none on this one; names them with their days.
    """
    if len(paths) == 1:
        return paths[0]
    versions = sorted(map(_read_version, paths), key=lambda version: version.since)
    overlaps = [
        Problem(
            "versions-overlap",
            N_("hai phiên bản của «{name}» cùng áp dụng: {first} và {second}; sửa valid để mỗi ngày chỉ một bản"),
            later.place,
            {"name": name, "first": f"{earlier.place.file}:{earlier.place.line}", "second": str(later)},
        )
        for earlier, later in pairwise(versions)
        if later.since <= earlier.until
    ]
    if overlaps:
        raise RuleError(overlaps)
    chosen = versions[-1] if day is None else next((v for v in versions if v.since <= day <= v.until), None)
    if chosen is None:
        known = "; ".join(map(str, versions))
        message = N_("không phiên bản nào của «{name}» áp dụng ngày {day}; hiện có: {known}")
        raise RuleError(Problem("no-version", message, fill={"name": name, "day": day, "known": known}))
    return chosen.path


def _read_version(path: Path) -> Version:
    """The days of a file; days that cannot be read are open ends here, and a mistake when the file is loaded."""
    raw, _problems = read_yaml(path)
    valid = raw.get("valid")
    days = valid if isinstance(valid, Map) else {}
    since, until = days.get("from"), days.get("to")
    return Version(
        path,
        since if isinstance(since, dt.date) else dt.date.min,
        until if isinstance(until, dt.date) else dt.date.max,
        raw.place("valid", of_key=True) if "valid" in raw else raw.mark.place(),
    )
