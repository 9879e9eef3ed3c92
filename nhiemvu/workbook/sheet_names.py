"""Which sheets a rulebook means: by a name, or by a pattern such as `T{1..12}` for one table over several sheets."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nhiemvu.text import fold

_CHOICE = re.compile(r"\{([^{}]*)\}")
_RANGE = re.compile(r"(\d{1,3})\.\.(\d{1,3})")


def is_pattern(name: str) -> bool:
    """Whether a name means several sheets: it has braces, or a star (which no sheet's name can hold)."""
    return "*" in name or _CHOICE.search(name) is not None


def expand(name: str) -> list[str]:
    """The names that a pattern stands for, by its first braces; stars are kept.

    >>> expand("T{1..3}"), expand("{Quý I,Quý II} 2024"), expand("Biểu {08..10}")
    (['T1', 'T2', 'T3'], ['Quý I 2024', 'Quý II 2024'], ['Biểu 08', 'Biểu 09', 'Biểu 10'])
    """
    found = _CHOICE.search(name)
    if found is None:
        return [name]
    return [name[: found.start()] + choice + name[found.end() :] for choice in _choices(found[1])]


def _choices(text: str) -> list[str]:
    found = _RANGE.fullmatch(text.strip())
    if found is None:
        return [choice.strip() for choice in text.split(",")]
    first, last = found.groups()
    width = len(first) if first.startswith("0") else 0
    return [str(number).zfill(width) for number in range(int(first), int(last) + 1)]


def match_sheets(patterns: Sequence[str], names: Sequence[str]) -> tuple[list[list[str]], list[str], list[str]]:
    """The sheets of the first name or pattern that a workbook has.

    Args:
        patterns: a rulebook's names and patterns, the preferred first.
        names: the workbook's sheets.

    Returns:
        For each name that was found, the sheets that go by it (more than one where names differ in case, in marks or in
        how a number of a pattern is written); names of the pattern that the workbook lacks after the last that it has,
        which may be yet to come; and those that it lacks before that. All are empty where it has none of them.
    """
    by_name: dict[str, list[str]] = {}
    for name in names:
        by_name.setdefault(fold(name), []).append(name)
    for pattern in patterns:
        found: dict[str, list[str]] = {}
        missing: list[str] = []
        gaps: list[str] = []
        for wanted in expand(pattern):
            matching = _match(fold(wanted), by_name)
            found |= {key: by_name[key] for key in matching}
            if not matching and (alike := _match_numbers(wanted, names) if "{" in pattern else []):
                found[_number_key(wanted)] = alike
                matching = alike
            if matching:
                gaps, missing = gaps + missing, []
            else:
                missing.append(wanted)
        if found:
            return list(found.values()), missing, gaps
    return [], [], []


def _match(wanted: str, by_name: dict[str, list[str]]) -> list[str]:
    if "*" not in wanted:
        return [wanted] if wanted in by_name else []
    form = re.compile(".*".join(re.escape(piece) for piece in wanted.split("*")))
    return [name for name in by_name if form.fullmatch(name)]


def _match_numbers(wanted: str, names: Sequence[str]) -> list[str]:
    """The sheets of a pattern's name with its numbers written otherwise: `T01` or `T 1` for `T1`."""
    key = _number_key(wanted)
    return [name for name in names if _number_key(name) == key]


def _number_key(name: str) -> str:
    return re.sub(r"\s*(\d+)", lambda found: str(int(found[1])), fold(name))
