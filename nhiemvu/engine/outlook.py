"""Does the pace so far lead to the target by the end of the period.

The pace is the share of the target that should be done by the cut-off date: the share of days elapsed (`linear`: 149 of
366 days on 29/5/2024), a profile by months, or the milestones joined by straight lines. The outlook is how many
percentage points of the target the result lies below it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from nhiemvu.engine.figures import Figures, Floats
from nhiemvu.engine.judge import Judged
from nhiemvu.messages import _
from nhiemvu.rules import models
from nhiemvu.rules.rulebook import Node, Rulebook, TargetRow
from nhiemvu.text import format_date
from nhiemvu.verdicts import EXCEEDED, MET, NOT_APPLICABLE, Codes, Outlook

NONE, DONE, ON_TRACK, WATCH, AT_RISK, ALARM, UNKNOWN = (np.int8(each.number) for each in Outlook)
DEFAULT_BANDS = (-3.0, -8.0, -15.0)


@dataclass
class Outlooks:
    """One criterion's outlook over all units; every array has shape (N,).

    Attributes:
        outlook: int8 codes of `Outlook`.
        done: share of the target that is done; NaN where unknown.
        pace: share of the target that should be done by the cut-off date.
    """

    outlook: Codes
    done: Floats
    pace: Floats


def period(rulebook: Rulebook) -> tuple[dt.date, dt.date] | None:
    """The first and last day over which the work is spread; None where the rulebook is open-ended."""
    if rulebook.valid_from is None or rulebook.valid_to is None:
        return None
    return rulebook.valid_from, rulebook.valid_to


def look_ahead(node: Node, judged: Judged, figures: Figures, rulebook: Rulebook) -> Outlooks | None:
    """The outlook of one criterion; None where its rule asks for none."""
    rule = node.form.outlook
    if rule == "none" or judged.measured is None:
        return None
    size = len(figures)
    done, pace = np.full(size, np.nan), np.full(size, np.nan)
    days = period(rulebook)
    for i, target in enumerate(node.targets):
        aim = _aim(target)
        if not aim or days is None:
            continue
        mine = judged.row == i
        done[mine] = judged.measured.value[mine] / aim
        pace[mine] = _pace(node, rule, aim, figures, days)[mine]
    bands = rule.bands if isinstance(rule, models.Outlook) else DEFAULT_BANDS
    behind = np.round((done - pace) * 100, 9)
    outlook = np.select(
        [behind >= bands[0], behind >= bands[1], behind >= bands[2]], [ON_TRACK, WATCH, AT_RISK], ALARM
    ).astype(np.int8)
    outlook[np.isnan(behind)] = UNKNOWN
    outlook[(judged.verdict == MET) | (judged.verdict == EXCEEDED)] = DONE
    outlook[judged.verdict == NOT_APPLICABLE] = NONE
    if days is not None:  # once the period is over nothing is left to foresee
        outlook[(outlook != DONE) & (figures.dates >= np.datetime64(days[1]))] = NONE
    return Outlooks(outlook, done, pace)


def _aim(row: TargetRow) -> float:
    """What is to be accumulated by the end; 0 where nothing is: a ceiling, an aim of 0, a hole."""
    lows = [interval.low for interval in row.target.intervals if interval.low is not None] if row.target else []
    return max(float(min(lows)), 0.0) if lows else 0.0


def _pace(node: Node, rule: object, aim: float, figures: Figures, days: tuple[dt.date, dt.date]) -> Floats:
    """The share of the target that should be done by each unit's cut-off date."""
    start, end = (np.datetime64(day) for day in days)
    total = (end - start).astype(float) + 1
    elapsed = (figures.dates - start).astype("timedelta64[D]").astype(np.float64)
    elapsed[np.isnat(figures.dates)] = np.nan
    knots, shares = [0.0, total], [0.0, 1.0]
    if isinstance(rule, models.Outlook) and rule.profile:
        first = start.astype("datetime64[M]")
        knots = [
            0.0,
            *(
                float(((first + month + 1).astype("datetime64[D]") - start).astype(int))
                for month in range(len(rule.profile))
            ),
        ]
        shares = [0.0, *rule.profile]
    elif rule == "milestones":
        steps = [
            (float((np.datetime64(step.by) - start).astype(int)) + 1, float(min(step.target.bounds)) / aim)
            for step in node.milestones
            if step.target.bounds
        ]
        knots, shares = (
            [float(each) for each in column] for column in zip((0.0, 0.0), *sorted(steps), (total, 1.0), strict=True)
        )
    return np.interp(elapsed, knots, shares)


def tell_unknown(node: Node, figures: Figures, rulebook: Rulebook, unit: int) -> str:
    """Why there is no outlook where the rule asks for one."""
    if period(rulebook) is None:
        return _("Chưa dự báo được: bộ quy tắc không nói ngày bắt đầu và ngày kết thúc.")
    if np.isnat(figures.dates[unit]):
        return _("Chưa dự báo được: sổ không ghi ngày số liệu.")
    if not any(_aim(row) for row in node.targets):
        return _("Không dự báo theo tiến độ: mục tiêu này không phải là làm dồn từ 0 đến một mức.")
    return _("Chưa dự báo được: thiếu kết quả.")


def tell_milestones(node: Node, judged: Judged, day: dt.date, unit: int) -> str:
    """Which milestones have come and whether the result meets them, and the next one. Empty where there are none."""
    value = judged.measured.exact(unit) if judged.measured is not None else None
    if value is None:
        return ""
    said = []
    steps = sorted(node.milestones, key=lambda step: step.by)
    for step in [step for step in steps if step.by <= day]:
        fill = {"date": format_date(step.by), "target": step.target.plain}
        held = step.target.test(value)
        said.append(_("Mốc {date} ({target}): đạt.", **fill) if held else _("Đã lỡ mốc {date} ({target}).", **fill))
    coming = next((step for step in steps if step.by > day), None)
    if coming is not None:
        fill = {"date": format_date(coming.by), "target": coming.target.plain}
        held = coming.target.test(value)
        said.append(_("Mốc tới {date} ({target}): đã đạt.", **fill) if held else _("Mốc tới {date}: {target}.", **fill))
    return " ".join(said)
