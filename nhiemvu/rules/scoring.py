"""What a criterion is worth, what a group adds up to, the grade that follows: compiled, each mistake with its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, pairwise
from typing import Protocol

from nhiemvu.errors import Place
from nhiemvu.messages import N_
from nhiemvu.rules import models
from nhiemvu.rules.intervals import intersect
from nhiemvu.rules.target import Target
from nhiemvu.rules.yaml import Map
from nhiemvu.text import nearest
from nhiemvu.verdicts import Threshold


@dataclass(frozen=True, slots=True)
class Band:
    """So many points for a result in this range."""

    target: Target
    points: Fraction


@dataclass(frozen=True, slots=True)
class Ceiling:
    """At most this share of the units that have the grades at positions `of`, within each group that a fact makes."""

    share: Fraction
    of: tuple[int, ...]
    among: str


@dataclass(frozen=True, slots=True)
class Grade:
    """One grade of an ordered table; the last has no threshold."""

    name: str
    threshold: Threshold | None
    ceiling: Ceiling | None
    place: Place


@dataclass(frozen=True, slots=True)
class Scoring:
    """How a criterion earns, and what is made of it.

    Attributes:
        most: points that it can earn; None where it earns none.
        bands: points by ranges of the result; empty: all or nothing.
        threshold: what a group's share or points must reach; None for any other roll-up.
        weights: of the children, in order, where the share counts.
        not_arising: what children that do not arise earn.
        grades: the best first.
    """

    most: Fraction | None = None
    bands: tuple[Band, ...] = ()
    threshold: Threshold | None = None
    weights: tuple[Fraction, ...] = ()
    not_arising: str = "left_out"
    grades: tuple[Grade, ...] = ()


class Say(Protocol):
    """Reports one mistake."""

    def __call__(self, code: str, message: str, place: Place, severity: str = "error", **fill: object) -> None:
        """Report it."""


CompileTarget = Callable[[str, Map, str, str | None], Target | None]
Worths = Sequence[tuple[str, Scoring | None]]  # the children of a group: id, and what each is worth


def compile_scoring(
    form: models.Criterion,
    at: Map,
    children: Worths,
    facts: Mapping[str, models.Fact],
    compile_target: CompileTarget,
    say: Say,
) -> Scoring | None:
    """What a criterion is worth and adds up to; None where the rule says nothing of it."""
    rule = form.roll_up
    is_scored = isinstance(rule, models.WeightedShare | models.Points)
    if not is_scored and form.max_points is None and not form.points and not form.grades:
        return None
    compiler = _Scorer(form, at, compile_target, say)
    most = None if form.max_points is None else _exactly(form.max_points)
    if isinstance(rule, models.Points):
        most = compiler.add_up(children, most)
    grades = compiler.grades(facts) if is_scored else ()
    if form.grades and not is_scored:
        compiler.say_at(
            "grades-without-score", N_("grades cần roll_up kiểu share hoặc points để có cái mà xếp loại"), "grades"
        )
    return Scoring(
        most=most,
        bands=compiler.bands(most),
        threshold=compiler.rolled_threshold(),
        weights=compiler.weights([id_ for id_, _ in children]),
        not_arising=rule.not_arising if isinstance(rule, models.Points) else "left_out",
        grades=grades,
    )


def compile_units_meeting(form: models.Criterion, at: Map, compile_target: CompileTarget, say: Say) -> Threshold | None:
    """How many units of a group must meet a criterion: a share of those where it arises, or a number of units."""
    if form.units_meeting is None:
        return None
    target = compile_target(form.units_meeting, at, "units_meeting", None)
    return None if target is None else _least(target, form.units_meeting, at.place("units_meeting"), say)


def _least(target: Target, text: str, place: Place, say: Say) -> Threshold | None:
    """A target that is a lower bound and nothing else, which is what can be reached by adding."""
    low = target.intervals[0] if len(target.intervals) == 1 else None
    if low is None or low.low is None or low.high is not None:
        say(
            "score-threshold",
            N_("ở đây chỉ nhận mức tối thiểu, ví dụ «≥ 70%» hoặc «> 80»; gặp «{text}»"),
            place,
            text=text,
        )
        return None
    return Threshold(low.low, low.low_closed, target.uses_percent)


def _exactly(number: float) -> Fraction:
    return Fraction(str(number))


class _Scorer:
    """The parts of one criterion's scoring."""

    def __init__(self, form: models.Criterion, at: Map, compile_target: CompileTarget, say: Say) -> None:
        self.form, self.at = form, at
        self._target, self._say = compile_target, say

    def say_at(self, code: str, message: str, key: str, **fill: object) -> None:
        self._say(code, message, self.at.place(key, of_key=True), "error", **fill)

    def add_up(self, children: Worths, stated: Fraction | None) -> Fraction | None:
        """What a group can earn: the sum of its children, which must all be worth something."""
        worthless = [id_ for id_, scoring in children if scoring is None or scoring.most is None]
        if worthless:
            self.say_at(
                "no-points",
                N_("roll_up cộng điểm nhưng chưa biết điểm tối đa của: {ids}; thêm max_points cho từng tiêu chí ấy"),
                "roll_up",
                ids=", ".join(worthless),
            )
            return stated
        total = sum((scoring.most for _, scoring in children if scoring and scoring.most is not None), Fraction(0))
        if stated is not None and stated != total:
            self.say_at(
                "points-disagree",
                N_("«{id}» ghi tối đa {stated} điểm, nhưng các tiêu chí con cộng lại là {total} điểm"),
                "max_points",
                id=self.form.id,
                stated=_shown(stated),
                total=_shown(total),
            )
        return total

    def bands(self, most: Fraction | None) -> tuple[Band, ...]:
        """Points by ranges of the result: no two ranges meet, none earns more than the most."""
        form, rows = self.form, self.at.get("points", [])
        if not form.points:
            return ()
        if form.roll_up is not None or form.evidence == "declared":
            self.say_at(
                "points-without-value",
                N_("points tính theo kết quả đo được; «{id}» không đo bằng số liệu"),
                "points",
                id=form.id,
            )
            return ()
        if most is None:
            self.say_at(
                "points-without-most", N_("«{id}» có points nhưng thiếu max_points (điểm tối đa)"), "points", id=form.id
            )
            return ()
        found = []
        for band, raw in zip(form.points, rows, strict=True):
            target = self._target(band.meets, raw, "meets", form.unit)
            if target is None:
                continue
            if target.kind not in ("number", "percent"):
                self._say(
                    "points-of-words",
                    N_("khoảng điểm phải là khoảng của con số, không phải «{text}»"),
                    raw.place("meets"),
                    text=band.meets,
                )
                continue
            found.append((Band(target, _exactly(band.points)), raw))
            if found[-1][0].points > most:
                self._say(
                    "points-over-most",
                    N_("{points} điểm vượt điểm tối đa {most} của «{id}»"),
                    raw.place("points"),
                    points=_shown(_exactly(band.points)),
                    most=_shown(most),
                    id=form.id,
                )
        for (one, first), (other, second) in combinations(found, 2):
            if intersect(one.target.intervals, other.target.intervals):
                self._say(
                    "points-overlap",
                    N_("«{other}» và «{one}» (dòng {line}) có kết quả chung; mỗi kết quả chỉ được một số điểm"),
                    second.place("meets"),
                    one=one.target,
                    other=other.target,
                    line=first.at["meets"].line,
                )
        return tuple(band for band, _raw in found)

    def weights(self, ids: Sequence[str]) -> tuple[Fraction, ...]:
        """A weight a child, in order; 1 each where the rule names none."""
        rule = self.form.roll_up
        if not isinstance(rule, models.WeightedShare):
            return ()
        if not rule.weights:
            return (Fraction(1),) * len(ids)
        raw: Map = self.at["roll_up"]["weights"]
        for name in rule.weights:
            if name not in ids:
                self._say(
                    "unknown-criterion",
                    N_("roll_up nhắc đến «{id}», không phải tiêu chí con của mục này; gần nhất: {nearest}"),
                    raw.place(name, of_key=True),
                    id=name,
                    nearest=", ".join(nearest(name, ids)) or "-",
                )
        missing = [id_ for id_ in ids if id_ not in rule.weights]
        if missing:
            self._say(
                "no-weight",
                N_("thiếu trọng số của: {ids}; ghi đủ mọi tiêu chí con, hoặc bỏ weights để như nhau"),
                self.at["roll_up"].place("weights", of_key=True),
                ids=", ".join(missing),
            )
        return tuple(_exactly(rule.weights.get(id_, 1)) for id_ in ids)

    # --- thresholds and grades --------------------------------------------------------------------------------------

    def rolled_threshold(self) -> Threshold | None:
        """What the group's share or points must reach."""
        match self.form.roll_up:
            case models.WeightedShare(share=text):
                return self._threshold(text, self.at["roll_up"], "share")
            case models.Points(points=text):
                return self._threshold(text, self.at["roll_up"], "points")
        return None

    def _threshold(self, text: str, raw: Map, key: str) -> Threshold | None:
        target = self._target(text, raw, key, None)
        if target is None:
            return None
        place, rule = raw.place(key), self.form.roll_up
        least = _least(target, text, place, self._say)
        if least is None:
            return None
        if isinstance(rule, models.WeightedShare) and not target.uses_percent:
            self._say(
                "share-without-percent",
                N_("phần các tiêu chí con phải ghi bằng %, ví dụ «≥ 70%»; gặp «{text}»"),
                place,
                text=text,
            )
        if isinstance(rule, models.Points) and not target.uses_percent and rule.not_arising == "left_out":
            self._say(
                "points-not-arising",
                N_(
                    "«{text}» tính bằng điểm, nên phải nói nội dung không phát sinh được mấy điểm: thêm not_arising: "
                    "full (trọn điểm) hoặc zero (0 điểm), hoặc ghi mức bằng %"
                ),
                place,
                text=text,
            )
        return least

    def grades(self, facts: Mapping[str, models.Fact]) -> tuple[Grade, ...]:
        """The ordered table: thresholds fall from row to row, the last row takes the rest."""
        forms, rows = self.form.grades, self.at.get("grades", [])
        names = [form.grade for form in forms]
        found = []
        for i, (form, raw) in enumerate(zip(forms, rows, strict=True)):
            is_last = i == len(forms) - 1
            if (form.meets is None) != is_last or form.otherwise != is_last:
                message = (
                    N_("dòng cuối của grades phải ghi «otherwise: true» thay cho meets: mọi đơn vị còn lại")
                    if is_last
                    else N_("mỗi dòng của grades, trừ dòng cuối, phải có meets và không có otherwise")
                )
                self._say("grade-row", message, raw.place("grade"))
            if form.grade in names[:i]:
                self._say("grade-twice", N_("loại «{grade}» có hai dòng"), raw.place("grade"), grade=form.grade)
            threshold = self._threshold(form.meets, raw, "meets") if form.meets is not None else None
            found.append(
                Grade(
                    form.grade, threshold, self._ceiling(form, raw, names, facts, is_last=is_last), raw.place("grade")
                )
            )
        for better, worse in pairwise(found):
            one, other = better.threshold, worse.threshold
            if (
                one
                and other
                and (
                    one.relative != other.relative or (one.least, not one.included) <= (other.least, not other.included)
                )
            ):
                self._say(
                    "grade-order",
                    N_("«{worse}» phải có mức thấp hơn «{better}» ở dòng trên, và cùng ghi bằng % hoặc cùng bằng điểm"),
                    worse.place,
                    worse=worse.name,
                    better=better.name,
                )
        return tuple(found)

    def _ceiling(
        self, form: models.Grade, raw: Map, names: Sequence[str], facts: Mapping[str, models.Fact], *, is_last: bool
    ) -> Ceiling | None:
        if form.at_most is None:
            return None
        at: Map = raw["at_most"]
        target = self._target(form.at_most.share, at, "share", None)
        high = target.intervals[0].high if target is not None and len(target.intervals) == 1 else None
        if target is None or high is None or not target.uses_percent or not 0 <= high <= 1:
            if target is not None:
                self._say(
                    "ceiling-share",
                    N_("trần phải là một tỷ lệ từ 0% đến 100%, ví dụ «20%»; gặp «{text}»"),
                    at.place("share"),
                    text=form.at_most.share,
                )
            return None
        if is_last:
            self._say(
                "ceiling-on-last",
                N_("loại cuối cùng không có trần được: không còn loại nào thấp hơn"),
                raw.place("at_most", of_key=True),
            )
        for i, name in enumerate(form.at_most.of):
            if name not in names:
                self._say(
                    "unknown-grade",
                    N_("không có loại «{name}»; gần nhất: {nearest}"),
                    at["of"].place(i),
                    name=name,
                    nearest=", ".join(nearest(name, names)) or "-",
                )
        among = form.at_most.among or ""
        if among and (among not in facts or facts[among].type not in ("choice", "text", "boolean")):
            close = nearest(among, [name for name, fact in facts.items() if fact.type in ("choice", "text", "boolean")])
            self._say(
                "unknown-name",
                N_(
                    "không có thông tin chung «{name}» kiểu choice, text hoặc boolean để chia nhóm; gần nhất: {nearest}"
                ),
                at.place("among"),
                name=among,
                nearest=", ".join(close) or "-",
            )
        of = tuple(names.index(name) for name in form.at_most.of if name in names) or tuple(range(len(names)))
        return Ceiling(high, of, among)


def _shown(points: Fraction) -> str:
    return f"{float(points):g}"
