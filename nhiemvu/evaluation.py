"""The result of an evaluation: verdicts as arrays, and rows, frames, JSON and sheets of them on demand.

Nothing is put into words before somebody looks, and pandas is imported only where a frame is asked for: the command
line does not pay for it, and a hundred thousand units cost what their arrays cost.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import astuple, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nhiemvu.engine.checks import Checker
from nhiemvu.engine.columns import Columns, tabulate
from nhiemvu.engine.describe import Describer
from nhiemvu.engine.figures import Figures
from nhiemvu.engine.grades import GradeRow, tell_grades
from nhiemvu.engine.rollup import Verdicts, conclude
from nhiemvu.engine.rows import Discrepancy, Row, UnitInfo
from nhiemvu.engine.trace import trace
from nhiemvu.engine.unknown import why_unknown
from nhiemvu.errors import Problem
from nhiemvu.rules.rulebook import Rulebook
from nhiemvu.verdicts import Verdict
from nhiemvu.workbook.tables import Reading, Table

if TYPE_CHECKING:
    import pandas as pd

FRAME_COLUMNS = tuple(each.name for each in fields(Row))[:18]
_MEASURED = ("value", "numerator", "denominator", "needed")


class Evaluation:
    """What the rules conclude of one or more units.

    Attributes:
        rulebook: the rules that were applied.
        units: who was judged, in order.
        path: the workbook, where it is one.
        notices: what `write` did beside writing, such as keeping a copy of sheets that somebody had edited.
        concluded: verdicts and bases as int8 codes of shape (criteria, units), in the rulebook's order.
    """

    def __init__(
        self, rulebook: Rulebook, figures: Figures, readings: Sequence[Reading] = (), path: Path | None = None
    ) -> None:
        self.rulebook = rulebook
        self.path = path
        self.notices: list[Problem] = []
        self.units: Sequence[UnitInfo] = figures.units
        self._readings = readings
        self._figures = figures
        self.concluded: Verdicts = conclude(rulebook, figures)

    def __len__(self) -> int:
        return len(self.units)

    def __repr__(self) -> str:
        return f"<Evaluation of {len(self)} unit(s) by {self.rulebook.id}>"

    @cached_property
    def _describer(self) -> Describer:
        return Describer(self.rulebook, self._figures, self.concluded)

    @cached_property
    def _checker(self) -> Checker:
        return Checker(self._describer)

    def rows(self, unit: int = 0) -> list[Row]:
        """One unit's criteria in reading order, with the lines that are judged by themselves."""
        return self._describer.rows(unit)

    def list_tables(self, unit: int = 0) -> list[Table]:
        """The tables that were found in one unit's workbook; none where the figures came in frames."""
        return list(self._readings[unit].tables.values()) if self._readings else []

    def trace(self, criterion: str, unit: int = 0) -> list[tuple[str, str]]:
        """The cells that one criterion's verdict rests on, in the order of its measure: address and content."""
        node = self.rulebook.by_id.get(criterion)
        return list(trace(node, self._figures, unit)) if node is not None else []

    def find_grades(self, unit: int = 0) -> list[GradeRow]:
        """One unit's grades, a row per criterion that has a table of grades."""
        return tell_grades(self._describer.grades, self.concluded.scores, self.units[unit].code, unit)

    def find_discrepancies(self, unit: int = 0) -> list[Discrepancy]:
        """Where one unit's workbook contradicts itself or the rules."""
        return self._checker.check(unit)

    def find_problems(self, unit: int = 0) -> list[Problem]:
        """Everything that could not be read or judged in one unit's workbook, each once."""
        found = list(self._readings[unit].problems) if self._readings else []
        for node in self.rulebook.criteria:
            judged = self.concluded.judged.get(node.id)
            problem = None if judged is None else why_unknown(self.rulebook, self._figures, node, judged, unit)
            if problem is not None and problem not in found:
                found.append(problem)
        return found

    @property
    def sha256(self) -> str:
        """Of the workbook's bytes when it was read; empty where the figures came in frames."""
        return self._readings[0].sha256 if self._readings else ""

    @property
    def sources(self) -> list[tuple[str, str]]:
        """Of each unit the name of its workbook and the SHA-256 of its bytes; empty where figures came in frames."""
        if self._readings:
            return [(reading.file, reading.sha256) for reading in self._readings]
        return [(unit.file, "") for unit in self.units]

    @property
    def columns(self) -> Columns:
        """Verdicts and figures as arrays of shape (criteria, units): what `frame` says, without a word."""
        return tabulate(self.rulebook, self._figures, self.concluded)

    def is_closed(self, unit: int = 0) -> bool:
        """Is the period over at the unit's cut-off date, so that what is not met can no longer be."""
        return self._describer.closed(unit)

    def draw(self, titles: Mapping[str, str] | None = None, *, linked: bool = True) -> bytes:
        """The evaluation sheet and the sheet of discrepancies of one unit, as a workbook of their own."""
        from nhiemvu.sheets.draw import TITLES, draw

        return draw(
            self.units[0],
            self.rows(),
            self.find_discrepancies(),
            self.find_problems(),
            rulebook_title=self.rulebook.title,
            titles=TITLES if titles is None else titles,
            closed=self.is_closed(),
            linked=linked,
        )

    def write(self, path: str | Path | None = None) -> Path:
        """Write the two sheets into a copy of the workbook, or into itself; every other part keeps its bytes.

        Args:
            path: where to; by default the workbook that was read. A workbook that is not xlsx or xlsm is left as it is,
                and a new xlsx with the two sheets is written beside it.

        Where somebody edited our sheets since they were written, a copy of the file from before is kept beside it, and
        `notices` says so.

        Returns:
            The file that was written.

        Raises:
            GraftError: the workbook is protected, shared or signed; the message says what to do.
            WriteError: the file system refused, or the workbook changed since it was read; the original is whole.
        """
        from nhiemvu.write import write

        return write(self, None if path is None else Path(path))

    @property
    def verdicts(self) -> pd.DataFrame:
        """Verdicts as words: a frame of shape (units, criteria), indexed by the units' codes."""
        import numpy as np
        import pandas as pd

        words = np.array([str(each) for each in Verdict])
        return pd.DataFrame(
            words[self.concluded.verdict.T],
            index=[unit.code for unit in self.units],
            columns=[node.id for node in self.rulebook.criteria],
        )

    @property
    def frame(self) -> pd.DataFrame:
        """A row per unit and criterion, in reading order.

        Columns: unit, id, parent, level, name, unit_of_measure, target, value, numerator, denominator, verdict, basis,
        declared, reason, outlook, needed, source, place. Shares are fractions (0.0817); a figure that is unknown is
        NaN; `verdict`, `basis`, `declared` and `outlook` are the English words of their enumerations, `declared`
        empty where the unit says nothing.
        """
        import pandas as pd

        rows = [astuple(row)[: len(FRAME_COLUMNS)] for unit in range(len(self)) for row in self.rows(unit)]
        frame = pd.DataFrame(rows, columns=list(FRAME_COLUMNS))
        return frame.astype(dict.fromkeys(_MEASURED, "float64"))

    @property
    def grades(self) -> pd.DataFrame:
        """A row per unit and graded criterion: unit, id, name, earned, possible, most, grade, reached, reason.

        `grade` holds after ceilings, which count among all units of this evaluation; `reached` before them. Empty
        where unknown.
        """
        import pandas as pd

        rows = [astuple(each) for unit in range(len(self)) for each in self.find_grades(unit)]
        return pd.DataFrame(rows, columns=[each.name for each in fields(GradeRow)])

    @property
    def discrepancies(self) -> pd.DataFrame:
        """A row per contradiction: unit, id, kind, place, says, follows, advice, severity, other_place."""
        import pandas as pd

        rows = [astuple(each) for unit in range(len(self)) for each in self.find_discrepancies(unit)]
        return pd.DataFrame(rows, columns=[each.name for each in fields(Discrepancy)])

    @property
    def problems(self) -> pd.DataFrame:
        """A row per figure that could not be read or judged: unit, id, code, severity, file, sheet, cell, message."""
        import pandas as pd

        rows = [
            (
                self.units[unit].code,
                each.criterion,
                each.code,
                each.severity,
                each.place.file,
                each.place.sheet,
                each.place.cell,
                each.text,
            )
            for unit in range(len(self))
            for each in self.find_problems(unit)
        ]
        return pd.DataFrame(rows, columns=["unit", "id", "code", "severity", "file", "sheet", "cell", "message"])

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain data, as `to_json` writes it."""
        return {
            "rulebook": self.rulebook.id,
            "version": self.rulebook.version,
            "units": [
                {
                    "code": unit.code,
                    "name": unit.name,
                    "period": unit.period,
                    "as_of": unit.as_of.isoformat() if unit.as_of else None,
                    "file": unit.file,
                    "criteria": [
                        {
                            **dict(zip(FRAME_COLUMNS, astuple(row)[: len(FRAME_COLUMNS)], strict=True)),
                            "outlook_reason": row.outlook_reason,
                        }
                        for row in self.rows(i)
                    ],
                    "grades": [
                        dict(zip([f.name for f in fields(GradeRow)], astuple(each), strict=True))
                        for each in self.find_grades(i)
                    ],
                    "discrepancies": [
                        dict(zip([f.name for f in fields(Discrepancy)], astuple(each), strict=True))
                        for each in self.find_discrepancies(i)
                    ],
                    "problems": [
                        {
                            "code": each.code,
                            "severity": each.severity,
                            "id": each.criterion,
                            "file": each.place.file,
                            "sheet": each.place.sheet,
                            "cell": each.place.cell,
                            "message": each.text,
                        }
                        for each in self.find_problems(i)
                    ],
                }
                for i, unit in enumerate(self.units)
            ],
        }

    def to_json(self, *, indent: int | None = 2) -> str:
        """The whole evaluation as JSON (UTF-8 letters as they are; unknown figures are null)."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=indent, allow_nan=False, default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, dt.date):
        return value.isoformat()
    raise TypeError(f"cannot write {type(value).__name__} as JSON")
