"""Which unit or criterion somebody means who types a code, an id, or a name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from nhiemvu.errors import Problem, StoreError
from nhiemvu.messages import N_
from nhiemvu.rules.units import Units
from nhiemvu.store.query import Asked, Kept
from nhiemvu.text import fold, nearest

Kind = Literal["unit", "criterion"]
SHOWN = 10
Names = Mapping[str, Sequence[str]]  # by code or id, every name that it ever had


def name_units(kept: Iterable[Kept], units: Units | None) -> dict[str, list[str]]:
    """Every unit that sent something, or that the tree knows, with its names."""
    names: dict[str, list[str]] = {}
    for each in kept:
        names.setdefault(each.unit, []).append(each.unit_name)
    if units is not None:
        for day in (dt.date.min, *units.changes()):
            for code, spell in units.on(day).items():
                names.setdefault(code, []).append(spell.name)
    return names


def name_criteria(criteria: Mapping[int, Mapping[str, Asked]]) -> dict[str, list[str]]:
    """Every criterion that was ever asked, with its names."""
    names: dict[str, list[str]] = {}
    for tree in criteria.values():
        for id_, asked in tree.items():
            names.setdefault(id_, []).append(asked.name)
    return names


def find_meant(name: str, units: Names, criteria: Names) -> tuple[Kind, str]:
    """The unit or the criterion of that code or id, else of that name.

    Raises:
        StoreError: there is none, offers the nearest; or there are several, lists them.
    """
    kinds: tuple[tuple[Kind, Names], ...] = (("unit", units), ("criterion", criteria))
    found = [(kind, name) for kind, names in kinds if name in names]
    if not found:
        wanted = fold(name)
        found = [
            (kind, code)
            for kind, names in kinds
            for code, said in names.items()
            if any(fold(each) == wanted for each in said)
        ]
    if len(found) == 1:
        return found[0]
    if found:
        names = dict(kinds)
        choices = ", ".join(f"{code} ({names[kind][code][-1]})" for kind, code in found[:SHOWN])
        message = N_("«{name}» có thể là: {choices}; gõ mã của một trong số đó, hoặc gõ tên nếu chính mã trùng nhau")
        more = ", …" if len(found) > SHOWN else ""
        raise StoreError(Problem("store-which", message, fill={"name": name, "choices": choices + more}))
    raise unknown(name, [text for _kind, names in kinds for code, said in names.items() for text in (code, *said)])


def unknown(name: str, known: Iterable[str]) -> StoreError:
    """Nothing of that name is kept; with the nearest that is."""
    close = ", ".join(nearest(name, dict.fromkeys(known), 3)) or "-"
    return StoreError(
        Problem(
            "store-unknown", N_("kho không có «{name}»; gần nhất: {nearest}"), fill={"name": name, "nearest": close}
        )
    )
