"""The 63 criteria of the form as the generator knows them: its own thresholds and its own roll-up.

Nothing here comes from nhiemvu: the truth must not depend on what it is held against. Names, units and targets as
they are printed come from the example's table.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "hai-yen-2024-h1.csv"
RULEBOOK = "nhiem-vu-trong-tam-2024-hai-yen"

Kind = Literal["group", "share", "count", "per", "declared", "parts", "revenue", "disbursement", "security"]
Evidence = Literal["measured", "declared", "declared_if_missing"]
VERDICTS = ("exceeded", "met", "not_met", "not_assessed", "no_data", "not_applicable")


@dataclass(frozen=True)
class Criterion:
    """One criterion.

    Attributes:
        sign, bound: what must hold of the result; a share is a fraction of 1.
        noun: what is counted, as it stands behind the figures of a ratio.
        size: least and greatest denominator; of a count, its greatest value.
        decimals: 0 for what is counted in whole numbers.
        zoned: has a threshold in the zones I, II and «Không thuộc» only.
    """

    id: str
    parent: str
    name: str
    unit: str
    target: str
    kind: Kind
    sign: Literal[">=", "<", "="] = "="
    bound: Fraction = Fraction(0)
    noun: str = ""
    size: tuple[int, int] = (1, 9)
    decimals: int = 0
    evidence: Evidence = "measured"
    zoned: bool = False

    def holds(self, value: Fraction) -> bool:
        """Does a result meet the threshold."""
        return (
            value >= self.bound
            if self.sign == ">="
            else value < self.bound
            if self.sign == "<"
            else value == self.bound
        )


# id: sign, percent, what is counted, least and greatest denominator
_SHARES: Mapping[str, tuple[Literal[">=", "<", "="], int, str, tuple[int, int]]] = {
    "1.2.1": (">=", 50, "di tích", (1, 6)),
    "1.2.2": (">=", 50, "nhà văn hóa", (3, 16)),
    "1.2.3": (">=", 50, "sân", (1, 9)),
    "1.4.2": (">=", 10, "ha", (40, 900)),
    "1.4.3.1": (">=", 10, "ha", (30, 400)),
    "1.4.3.2": (">=", 8, "tấn", (20, 300)),
    "2.1.1": (">=", 90, "vụ việc", (1, 40)),
    "2.1.2": ("<", 15, "vụ việc", (1, 40)),
    "2.1.3": ("=", 100, "quyết định", (1, 9)),
    "2.2.3": (">=", 50, "thôn", (4, 18)),
    "3.1.2": ("=", 100, "công dân", (4, 20)),
    "3.2.1": (">=", 3, "vụ", (20, 100)),
    "17.2": ("=", 100, "cơ sở", (1, 30)),
    "17.3": (">=", 80, "tấn", (100, 900)),
    "17.4": (">=", 25, "hộ", (280, 2600)),
    "17.5": (">=", 50, "hộ", (280, 2600)),
    "17.6": ("=", 100, "kg", (20, 400)),
    "17.7": (">=", 80, "tấn", (60, 800)),
    "17.8": (">=", 75, "cơ sở", (4, 90)),
    "17.10": (">=", 5, "trường hợp", (4, 60)),
    "17.12": (">=", 50, "tấn", (5, 80)),
    "18.1": (">=", 35, "hộ", (280, 2600)),
    "18.3": (">=", 25, "công trình", (2, 12)),
    "18.4": ("=", 100, "chủ thể", (5, 120)),
    "18.6": ("=", 100, "cơ sở", (1, 8)),
    "18.8": ("=", 100, "bãi", (1, 3)),
    "19.1": ("=", 100, "người", (3, 6)),
}
_COUNTS: Mapping[str, tuple[Literal[">=", "="], int, int]] = {
    "1.3.4.1": (">=", 1, 2), "1.4.1": (">=", 25, 60), "1.5": (">=", 1, 4), "2.2.1": (">=", 1, 3),
    "2.2.2": (">=", 1, 3), "2.3": (">=", 2, 5), "18.5": ("=", 0, 3),
}  # fmt: skip
_PER = {"17.11": 4, "18.2": 60}
_LINES: Mapping[str, tuple[Kind, Literal[">=", "="], Fraction]] = {
    "1.1.1": ("revenue", ">=", Fraction(110, 100)),
    "1.1.2": ("disbursement", "=", Fraction(1)),
    "19.2": ("security", "=", Fraction(0)),
}
_IF_MISSING = frozenset({"1.2.3", "2.2.1", "2.2.3", "3.2.1", "18.1", "18.3", "18.4"})
_ZONED = frozenset({"18.1", "18.2", "18.3"})
_DECLARED = frozenset({"1.3.4.2", "3.1.1", "3.1.3", "3.1.4", "3.2.2", "17.1", "17.9"})
_DECIMALS = {"1.4.1": 2, "1.4.2": 2, "1.4.3.1": 2, "1.4.3.2": 1, "17.3": 1, "17.7": 1, "17.12": 1}
_UNDER = {"17": "1.3.1", "18": "1.3.2", "19": "1.3.3"}  # the national criteria stand under the commune's own tasks


def _read() -> tuple[Criterion, ...]:
    with EXAMPLE.open(encoding="utf-8", newline="") as file:
        return tuple(map(_describe, csv.DictReader(file)))


def _describe(row: Mapping[str, str]) -> Criterion:
    id_ = row["ma"]
    above = id_.rpartition(".")[0]
    printed = (id_, _UNDER.get(above, above), row["noi_dung"], row["dvt"], row["muc_tieu"])
    evidence: Evidence = "declared_if_missing" if id_ in _IF_MISSING else "measured"
    decimals, zoned = _DECIMALS.get(id_, 0), id_ in _ZONED
    if id_ in _SHARES:
        sign, percent, noun, size = _SHARES[id_]
        return Criterion(*printed, "share", sign, Fraction(percent, 100), noun, size, decimals, evidence, zoned)
    if id_ in _COUNTS:
        sign, least, most = _COUNTS[id_]
        return Criterion(*printed, "count", sign, Fraction(least), row["dvt"], (0, most), decimals, evidence)
    if id_ in _PER:
        return Criterion(*printed, "per", ">=", Fraction(_PER[id_]), zoned=zoned)
    if id_ in _LINES:
        return Criterion(*printed, *_LINES[id_])
    if id_ in _DECLARED:
        return Criterion(*printed, "declared", evidence="declared")
    if id_ == "18.7":
        return Criterion(*printed, "parts", ">=", Fraction(80, 100), "hộ")
    return Criterion(*printed[:2], row["noi_dung"].partition(": Gồm")[0].partition(", gồm")[0], "", "", "group")


CRITERIA = _read()
BY_ID = {each.id: each for each in CRITERIA}
LEAVES = tuple(each for each in CRITERIA if each.kind != "group")
GROUPS = tuple(each for each in CRITERIA if each.kind == "group")
CHILDREN = {group.id: [each.id for each in CRITERIA if each.parent == group.id] for group in GROUPS}


def roll_up(verdicts: Iterable[str]) -> str:
    """All that arises must be met; what is unknown is unknown, what is not met decides."""
    arising = [verdict for verdict in verdicts if verdict != "not_applicable"]
    if not arising:
        return "not_applicable"
    return next((verdict for verdict in ("not_met", "no_data", "not_assessed") if verdict in arising), "met")


def conclude(leaves: Mapping[str, str], order: Sequence[Criterion] = CRITERIA) -> dict[str, str]:
    """The verdict of every criterion from those of the leaves."""
    found = dict(leaves)
    for criterion in reversed(order):  # children stand after their parents
        if criterion.kind == "group":
            found[criterion.id] = roll_up(found[child] for child in CHILDREN[criterion.id])
    return found
