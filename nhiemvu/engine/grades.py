"""From what a group of criteria adds up to, to a grade; and ceilings on how many units may have one.

A grade is known where every way in which the unknown children could turn out gives the same. A ceiling is about a
group of units, so it is applied only where several are evaluated together: the best of those who reach the grade keep
it, ties share one fate, and the rest fall to the next grade. Where units that have no grade yet could change who keeps
it, nobody is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from nhiemvu.engine.figures import Figures
from nhiemvu.messages import _
from nhiemvu.rules.rulebook import Node
from nhiemvu.rules.scoring import Ceiling, Grade
from nhiemvu.text import format_number, format_percent
from nhiemvu.verdicts import NOT_APPLICABLE, Codes, Score, Wholes, reaches

Positions = NDArray[np.int64]  # in the table of grades; the best is 0


@dataclass(frozen=True, slots=True)
class GradeRow:
    """The grade of one unit by one criterion, as `Evaluation.grades` shows it.

    Attributes:
        earned: points, or the weighted share's numerator, that are certain.
        possible: what it would be if every unknown child turned out well.
        most: what could be earned.
        grade: empty where it is not known yet, or nothing arises.
        reached: the grade before ceilings; empty as above.
    """

    unit: str
    id: str
    name: str
    earned: float
    possible: float
    most: float
    grade: str
    reached: str
    reason: str


@dataclass(frozen=True, slots=True)
class Graded:
    """One criterion's grades over all units: the best and the worst that are still possible; shape (units,).

    `best` and `worst` hold before ceilings, `top` and `bottom` after them. All are meaningless where nothing arises.
    """

    best: Positions
    worst: Positions
    top: Positions
    bottom: Positions
    arises: NDArray[np.bool_]


def grade(node: Node, score: Score, verdict: Codes, figures: Figures) -> Graded:
    """The grades of one criterion with a table of grades.

    Args:
        node: the criterion.
        score: what it adds up to.
        verdict: its verdicts; shape (units,).
        figures: facts, by which ceilings divide units into groups.
    """
    assert node.scoring is not None  # who has a score has a scoring
    grades = node.scoring.grades
    best, worst = (_position(amount, score, grades) for amount in (score.high, score.low))
    arises = verdict != NOT_APPLICABLE
    top, bottom = best.copy(), worst.copy()
    if len(best) > 1:
        low, high = _ranks(score)
        for position, each in enumerate(grades):
            if each.ceiling is not None:
                for members in _groups(each.ceiling, arises, figures):
                    _cap(position, each.ceiling, members, (low, high), (top, bottom))
    return Graded(best, worst, top, bottom, arises)


def _position(amount: Wholes, score: Score, grades: tuple[Grade, ...]) -> Positions:
    """Thresholds fall from row to row, so the position is the number of those not reached."""
    position = np.zeros(len(amount), dtype=np.int64)
    for each in grades:
        if each.threshold is not None:
            position += ~reaches(amount, score, each.threshold)
    return position


def _ranks(score: Score) -> tuple[Positions, Positions]:
    """The least and the greatest share of what could be earned, as whole ranks that compare as the exact shares do."""
    pairs = np.concatenate([np.stack([score.low, score.most], axis=1), np.stack([score.high, score.most], axis=1)])
    distinct, at = np.unique(pairs, axis=0, return_inverse=True)
    shares = [Fraction(int(earned), int(most)) if most else Fraction(0) for earned, most in distinct]
    order = {share: rank for rank, share in enumerate(sorted(set(shares)))}
    ranks = np.array([order[share] for share in shares], dtype=np.int64)[at.reshape(-1)]
    return ranks[: len(score.low)], ranks[len(score.low) :]


def _groups(ceiling: Ceiling, arises: NDArray[np.bool_], figures: Figures) -> list[NDArray[np.intp]]:
    """The units among whom the ceiling holds; who does not say to which group he belongs is in none."""
    values = figures.facts.get(ceiling.among) if ceiling.among else None
    if not ceiling.among:
        return [np.flatnonzero(arises)]
    if values is None:
        return []
    return [np.flatnonzero(arises & (values == value)) for value in dict.fromkeys(values.tolist()) if value != ""]


def _cap(
    position: int,
    ceiling: Ceiling,
    members: NDArray[np.intp],
    ranks: tuple[Positions, Positions],
    ends: tuple[Positions, Positions],
) -> None:
    """Let those keep a grade who are within its ceiling, counted from the best; the others fall to the next.

    A unit keeps the grade where the number of those who reach it at its rank or above is at most the share of those
    who have one of the ceiling's grades if exactly these keep it. Every other unit adds to that difference one amount
    for certain, or one of several while it is unknown; the least and the greatest sums tell whether the unit keeps the
    grade, loses it, or nobody knows.
    """
    low, high = (rank[members] for rank in ranks)
    top, bottom = ends[0][members], ends[1][members]
    times, part = ceiling.share.denominator, ceiling.share.numerator
    counted = [part if place in ceiling.of else 0 for place in range(int(bottom.max(initial=position)) + 2)]
    kept, fallen = times - counted[position], -counted[position + 1]
    could = (top <= position) & (position <= bottom)
    least = np.full(len(members), np.iinfo(np.int64).max)
    greatest = np.full(len(members), np.iinfo(np.int64).min)

    def allow(may: NDArray[np.bool_], amount: int, least: Wholes, greatest: Wholes) -> None:
        least[may] = np.minimum(least[may], amount)
        greatest[may] = np.maximum(greatest[may], amount)

    for place, each in enumerate(counted):
        if place != position:
            allow((top <= place) & (place <= bottom), -each, least, greatest)

    def costs(rank: int) -> tuple[Wholes, Wholes]:
        """The least and the greatest amount of every unit, where the ceiling is drawn right below this rank."""
        smallest, largest = least.copy(), greatest.copy()
        allow(could & (high >= rank), kept, smallest, largest)
        allow(could & (low < rank), fallen, smallest, largest)
        return smallest, largest

    loses, wavers = np.zeros(len(members), dtype=bool), could & (top != bottom)
    for rank in np.unique(high[could]):
        smallest, _largest = costs(rank)
        loses |= could & (high == rank) & (smallest.sum() - smallest + kept > 0)
    for rank in np.unique(low[could & ~wavers]):
        _smallest, largest = costs(rank)
        wavers |= could & (low == rank) & (largest.sum() - largest + kept > 0)
    ends[0][members] = np.where(loses & (top == position), position + 1, top)
    ends[1][members] = np.where((loses | wavers) & (bottom == position), position + 1, bottom)


def tell_grades(
    graded: Mapping[str, tuple[Node, Graded]], scores: Mapping[str, Score], code: str, unit: int
) -> list[GradeRow]:
    """The grades of one unit, by criterion."""
    rows = []
    for name, (node, each) in graded.items():
        assert node.scoring is not None  # who has a grade has a scoring
        score, grades = scores[name], node.scoring.grades
        best, worst, top, bottom = (int(ends[unit]) for ends in (each.best, each.worst, each.top, each.bottom))
        arises = bool(each.arises[unit])
        rows.append(
            GradeRow(
                unit=code,
                id=name,
                name=node.name,
                earned=int(score.low[unit]) / score.scale,
                possible=int(score.high[unit]) / score.scale,
                most=int(score.most[unit]) / score.scale,
                grade=grades[top].name if arises and top == bottom else "",
                reached=grades[best].name if arises and best == worst else "",
                reason=tell(node, score, each, unit),
            )
        )
    return rows


def tell(node: Node, score: Score, graded: Graded | None, unit: int) -> str:
    """What a group adds up to, and its grade, in words; empty where nothing arises."""
    assert node.scoring is not None  # who has a score has a scoring
    if score.most[unit] == 0 or (graded is not None and not graded.arises[unit]):
        return ""
    low, high, most = (Fraction(int(amount[unit]), score.scale) for amount in (score.low, score.high, score.most))
    fill = {"low": format_number(low), "high": format_number(high), "most": format_number(most)}
    is_points = node.scoring.most is not None and not node.scoring.weights
    if low == high and is_points:
        said = _("{low}/{most} điểm", **fill)
    elif is_points:
        said = _("từ {low} đến {high} trên {most} điểm, còn tùy nội dung chưa rõ", **fill)
    elif low == high:
        said = _("đạt {share}", share=format_percent(low / most))
    else:
        said = _(
            "đạt từ {low} đến {high}, còn tùy nội dung chưa rõ",
            low=format_percent(low / most),
            high=format_percent(high / most),
        )
    if graded is None:
        return said
    return _("{score}; {grade}", score=said, grade=_tell_grade(node.scoring.grades, graded, unit))


def _tell_grade(grades: tuple[Grade, ...], graded: Graded, unit: int) -> str:
    best, worst, top, bottom = (int(ends[unit]) for ends in (graded.best, graded.worst, graded.top, graded.bottom))
    if best != worst and top == bottom:
        return _("xếp loại «{grade}», nội dung chưa rõ không làm đổi", grade=grades[top].name)
    if best != worst:
        return _(
            "chưa xếp loại được: có thể từ «{worst}» đến «{best}»", worst=grades[worst].name, best=grades[best].name
        )
    ceiling = grades[best].ceiling
    name = grades[top].name
    if ceiling is None:
        return _("xếp loại «{grade}»", grade=name)
    share = format_percent(ceiling.share)
    if top != bottom:
        return _("đủ mức «{grade}», nhưng trần {share} còn tùy các đơn vị chưa xếp loại", grade=name, share=share)
    if top != best:
        return _(
            "đủ mức «{reached}», nhưng ngoài trần {share} nên xếp loại «{grade}»",
            reached=grades[best].name,
            share=share,
            grade=name,
        )
    if len(graded.top) == 1:
        return _("đủ mức «{grade}» (trần {share} xét khi đánh giá cả nhóm đơn vị)", grade=name, share=share)
    return _("xếp loại «{grade}», trong trần {share}", grade=name, share=share)
