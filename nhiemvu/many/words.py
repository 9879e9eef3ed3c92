"""What each unit's workbook says in words, packed: ten thousand units would not fit into memory otherwise."""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeVar

from nhiemvu.engine.rows import Discrepancy, Row
from nhiemvu.errors import Problem

Line = TypeVar("Line", Row, Discrepancy)


@dataclass(frozen=True, slots=True)
class Told:
    """What one unit's workbook says in words."""

    rows: tuple[Row, ...]
    discrepancies: tuple[Discrepancy, ...]
    problems: tuple[Problem, ...]


class Findings(NamedTuple):
    """What has to be mended in one unit's workbook."""

    discrepancies: tuple[Discrepancy, ...]
    problems: tuple[Problem, ...]


Packed = tuple[bytes, bytes]  # findings, rows; each empty where nobody asked for them
NOTHING: Packed = (b"", b"")


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one unit.

    Attributes:
        packed: what its workbook says.
        unit: the code by which the summary knows the unit, which its workbook may not say.
        problems: what was found beside reading it.
    """

    packed: Packed
    unit: str = ""
    problems: tuple[Problem, ...] = ()

    @classmethod
    def pack(cls, findings: Findings, rows: Sequence[Row] | None) -> Packed:
        """As bytes that travel between processes."""
        return _pack(tuple(findings)), b"" if rows is None else _pack(tuple(rows))

    def find(self) -> Findings:
        """The discrepancies and problems.

        Raises:
            ValueError: nobody asked for them when the workbooks were read.
        """
        discrepancies, problems = _unpack(self.packed[0])
        return Findings(_of_unit(discrepancies, self.unit), (*problems, *self.problems))

    def unpack(self) -> Told:
        """All of them.

        Raises:
            ValueError: nobody asked for them when the workbooks were read.
        """
        rows = _unpack(self.packed[1])
        return Told(_of_unit(rows, self.unit), *self.find())


def _pack(what: object) -> bytes:
    return zlib.compress(pickle.dumps(what, 5), 1)


def _unpack(packed: bytes) -> Any:
    if not packed:
        raise ValueError("words were not kept: aggregate(..., words=True)")
    return pickle.loads(zlib.decompress(packed))  # noqa: S301 (from our own process)


def _of_unit(told: tuple[Line, ...], unit: str) -> tuple[Line, ...]:
    """The same, under the code by which the summary knows the unit."""
    return told if all(each.unit == unit for each in told) else tuple(replace(each, unit=unit) for each in told)
