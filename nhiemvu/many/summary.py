"""The result of an aggregation: every unit's verdicts, what became of every file, groups, and what changed.

aggregate(...) ──▶ Summary ──▶ tong-hop.xlsx · page.html · store · DataFrames
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from nhiemvu.engine.figures import Figures
from nhiemvu.engine.groups import Group, Totals, total
from nhiemvu.engine.rows import Discrepancy, UnitInfo
from nhiemvu.errors import Problem
from nhiemvu.evaluation import Evaluation
from nhiemvu.many.words import Findings, Told, Words
from nhiemvu.rules.rulebook import Rulebook
from nhiemvu.verdicts import Codes, Verdict

if TYPE_CHECKING:
    import pandas as pd

State = Literal["evaluated", "failed", "conflict", "duplicate", "skipped"]


@dataclass(frozen=True, slots=True)
class Submission:
    """One file that was found, and what became of it.

    Attributes:
        name: its path below what was given, as a person reads it; of a member of an archive `huyen.zip/xa-a.xlsx`.
        state: `evaluated` counts; `failed` could not be read or judged; `conflict` is one of several files of a unit
            that differ, none of which counts; `duplicate` is a copy of one that counts, byte for byte; `skipped` is no
            workbook of a commune (a lock file, our own output, another kind of document).
        unit, unit_name: whose it is, where that is known.
        link: where it lies, for a hyperlink; of a member the archive.
        problems: why it failed or was set aside.
    """

    name: str
    state: State
    unit: str = ""
    unit_name: str = ""
    sha256: str = ""
    link: str = ""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Absent:
    """A unit that should have a verdict and has none.

    Attributes:
        path: names of the units above it, the topmost first.
        why: `missing`: no file names it (chưa nộp); `failed`: its file could not be
            judged; `conflict`: its files differ.
        file: the first of its files that do not count; where no file names it (`missing`) one that failed and has its
            code in its name, so that it may be its; empty where there is none.
    """

    code: str
    name: str
    path: tuple[str, ...]
    why: Literal["missing", "failed", "conflict"]
    file: str = ""


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier period, seen through the units of this one; arrays have shape (criteria, units).

    Where several units became one, figures are sums of theirs, weighted by the shares of the reform, and a verdict is
    carried only where all of them had the same.

    Attributes:
        period: as it is shown.
        end: its last day.
        verdict: int8 codes, -1 where nothing is known.
        value: NaN where nothing is known.
        counts: how many of the units that there were then had which verdict, as it was given; shape (criteria,
            verdicts). Verdicts that could be carried over are no sample of them: old units mostly agree on what is met.
    """

    period: str
    end: dt.date
    verdict: Codes
    value: NDArray[np.float64]
    counts: NDArray[np.int64]


class Summary:
    """Many communes, judged together.

    Attributes:
        rulebook: the rules that were applied.
        evaluation: of all units that count, in the order of `units`: verdicts, figures, frames. Its rows have no
            addresses: `tell` has them.
        figures: what was measured, as arrays over the units.
        units: who was judged: in the order of the tree of units, or of their codes.
        submissions: every file that was found, in order of name.
        absent: every expected unit without a verdict.
        groups: the groups of the tree, parents before children; the first holds all units.
        totals: what the rules give for the groups.
        attributes: facts of the units that are choices, such as khu_vuc, for filters: label -> a word per unit.
        past: earlier periods, the oldest first; empty without a store.
        notices: what went differently than asked, such as an executor that broke.
        journal: what was read, where it is still on the disk for a run that resumes.
    """

    def __init__(
        self,
        rulebook: Rulebook,
        figures: Figures,
        words: Sequence[Words],
        submissions: Sequence[Submission],
        absent: Sequence[Absent] = (),
        groups: Sequence[Group] = (),
        past: Sequence[Past] = (),
        notices: Sequence[Problem] = (),
        journal: Path | None = None,
    ) -> None:
        self.rulebook = rulebook
        self.evaluation = Evaluation(rulebook, figures)
        self.units: Sequence[UnitInfo] = figures.units
        self.submissions = tuple(submissions)
        self.absent = tuple(absent)
        self.groups = tuple(groups) or (
            Group("", "", 0, "", np.arange(len(figures), dtype=np.intp), len(figures) + len(absent)),
        )
        self.past = tuple(past)
        self.notices = list(notices)
        self.journal = journal
        self.attributes = {
            fact.label or name: figures.facts[name]
            for name, fact in rulebook.facts.items()
            if fact.type in ("choice", "boolean") and name in figures.facts
        }
        self._words = words
        self._told: tuple[int, Told] | None = None
        self._found: tuple[int, Findings] | None = None
        self.figures = figures

    def __len__(self) -> int:
        """How many units were judged."""
        return len(self.units)

    def __repr__(self) -> str:
        return f"<Summary of {len(self)} unit(s) by {self.rulebook.id}>"

    @cached_property
    def totals(self) -> Totals:
        """What the rules give for the groups."""
        return total(self.rulebook, self.figures, self.evaluation.concluded, self.groups)

    @property
    def verdict(self) -> Codes:
        """Verdicts as int8 codes; shape (criteria, units)."""
        return self.evaluation.concluded.verdict

    @cached_property
    def value(self) -> NDArray[np.float64]:
        """What was measured, in each criterion's unit of measure, shares as fractions; shape (criteria, units)."""
        judged = self.evaluation.concluded.judged
        nothing = np.full(len(self), np.nan)
        values = [
            nothing if (found := judged.get(node.id)) is None or found.measured is None else found.measured.value
            for node in self.rulebook.criteria
        ]
        return np.stack(values) if values else np.zeros((0, len(self)))

    @cached_property
    def declared(self) -> Codes:
        """What the units declared as int8 codes, -1 for nothing; shape (criteria, units)."""
        nothing = np.full(len(self), -1, dtype=np.int8)
        return np.stack([self.figures.declared.get(node.id, nothing) for node in self.rulebook.criteria])

    def tell(self, unit: int) -> Told:
        """One unit's rows, discrepancies and problems, as its own evaluation sheets have them, with their cells.

        Raises:
            ValueError: nobody asked for words when the workbooks were read.
        """
        if self._told is None or self._told[0] != unit:
            self._told = unit, self._words[unit].unpack()
        return self._told[1]

    def find(self, unit: int) -> Findings:
        """One unit's discrepancies and problems: several times quicker than all that `tell` has.

        Raises:
            ValueError: nobody asked for words when the workbooks were read.
        """
        if self._found is None or self._found[0] != unit:
            self._found = unit, self._words[unit].find()
        return self._found[1]

    @cached_property
    def links(self) -> Sequence[str]:
        """Where each unit's workbook lies."""
        found = {each.unit: each.link for each in self.submissions if each.state == "evaluated"}
        return [found.get(unit.code, "") for unit in self.units]

    @cached_property
    def period(self) -> str:
        """The period that most of the workbooks name."""
        named = Counter(unit.period for unit in self.units if unit.period)
        return min(named, key=lambda name: (-named[name], name)) if named else ""

    def count_states(self) -> dict[State, int]:
        """How many files ended in each state."""
        found = Counter(each.state for each in self.submissions)
        return {state: found[state] for state in ("evaluated", "failed", "conflict", "duplicate", "skipped")}

    def draw(self, folder: str = "") -> bytes:
        """The summary workbook; `folder` is where it will lie, so that its links find the communes' workbooks."""
        from nhiemvu.sheets.summary import draw_summary

        return draw_summary(self, folder)

    def write(self, path: str | Path) -> Path:
        """Write the summary workbook, atomically.

        Where somebody edited a summary that lies there, or the file is none of ours, a copy of it is kept beside it and
        `notices` says so.

        Raises:
            WriteError: the file system refused; what was there is whole.
        """
        from nhiemvu.sheets.summary import TITLES
        from nhiemvu.write import write_alone

        target = Path(path)
        write_alone(self.draw(str(target.absolute().parent)), target, TITLES, self.notices)
        return target

    def to_dict(self) -> dict[str, Any]:
        """Everything but sentences as plain data; unknown figures are null."""
        words = [str(each) for each in Verdict]
        ids = [node.id for node in self.rulebook.criteria]

        def word(code: int) -> str | None:
            return None if code < 0 else words[code]

        def number(value: float) -> float | None:
            return None if np.isnan(value) else float(value)

        return {
            "rulebook": self.rulebook.id,
            "version": self.rulebook.version,
            "period": self.period,
            "files": [
                {
                    "name": each.name,
                    "state": each.state,
                    "unit": each.unit,
                    "sha256": each.sha256,
                    "problems": [str(problem) for problem in each.problems],
                }
                for each in self.submissions
            ],
            "absent": [
                {"code": each.code, "name": each.name, "above": list(each.path), "why": each.why, "file": each.file}
                for each in self.absent
            ],
            "units": [
                {
                    "code": unit.code,
                    "name": unit.name,
                    "as_of": unit.as_of.isoformat() if unit.as_of else None,
                    "verdicts": {name: words[code] for name, code in zip(ids, self.verdict[:, at], strict=True)},
                    "values": {name: number(value) for name, value in zip(ids, self.value[:, at], strict=True)},
                }
                for at, unit in enumerate(self.units)
            ],
            "groups": [
                {
                    "code": group.code,
                    "name": group.name,
                    "level": group.level,
                    "expected": group.expected,
                    "units": len(group.members),
                    "criteria": {
                        node.id: {
                            "counts": dict(zip(words, self.totals.counts[node.index, g].tolist(), strict=True)),
                            "known": int(self.totals.known[node.index, g]),
                            "numerator": number(self.totals.numerator[node.index, g]),
                            "denominator": number(self.totals.denominator[node.index, g]),
                            "value": number(self.totals.value[node.index, g]),
                            "verdict": word(self.totals.verdict[node.index, g]),
                            "so_far": word(self.totals.so_far[node.index, g]),
                            "meeting": word(self.totals.meeting[node.index, g]),
                        }
                        for node in self.rulebook.criteria
                    },
                }
                for g, group in enumerate(self.groups)
            ],
        }

    # --- as frames -------------------------------------------------------------------------------------------------

    @property
    def verdicts(self) -> pd.DataFrame:
        """Verdicts as words: a frame of shape (units, criteria), indexed by the units' codes."""
        return self.evaluation.verdicts

    @property
    def files(self) -> pd.DataFrame:
        """A row per file: name, state, unit, unit_name, sha256, problems (as sentences)."""
        import pandas as pd

        rows = [
            (each.name, each.state, each.unit, each.unit_name, each.sha256, "\n".join(map(str, each.problems)))
            for each in self.submissions
        ]
        return pd.DataFrame(rows, columns=["name", "state", "unit", "unit_name", "sha256", "problems"])

    @property
    def discrepancies(self) -> pd.DataFrame:
        """A row per contradiction, as `Evaluation.discrepancies` has them."""
        import pandas as pd

        rows = [astuple(each) for unit in range(len(self)) for each in self.find(unit).discrepancies]
        return pd.DataFrame(rows, columns=[each.name for each in fields(Discrepancy)])

    @property
    def group_totals(self) -> pd.DataFrame:
        """A row per group and criterion: group, group_name, level, id, expected, units, the count of each verdict,
        known, numerator, denominator, value, verdict (of the ratio of sums, empty where none is given), so_far,
        meeting.
        """
        import pandas as pd

        totals, words = self.totals, [*(str(each) for each in Verdict), ""]
        rows = [
            (
                group.code,
                group.name,
                group.level,
                node.id,
                group.expected,
                len(group.members),
                *totals.counts[node.index, g].tolist(),
                int(totals.known[node.index, g]),
                totals.numerator[node.index, g],
                totals.denominator[node.index, g],
                totals.value[node.index, g],
                words[totals.verdict[node.index, g]],
                words[totals.so_far[node.index, g]],
                words[totals.meeting[node.index, g]],
            )
            for g, group in enumerate(self.groups)
            for node in self.rulebook.criteria
        ]
        columns = ["group", "group_name", "level", "id", "expected", "units", *words[:-1], "known"]
        columns += ["numerator", "denominator", "value", "verdict", "so_far", "meeting"]
        return pd.DataFrame(rows, columns=columns)
