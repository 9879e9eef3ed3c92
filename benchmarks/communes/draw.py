"""The truth, drawn first: a verdict for every criterion of a unit, then figures that imply it, then how they are typed.

A result is told in one of three ways: in the cell of the result, in the cells of numerator and denominator, or in a
table of its own. Whatever is typed here comes with the verdict that it was made for; nobody computes it back.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from fractions import Fraction
from random import Random

from .criteria import LEAVES, Criterion
from .money import draw_disbursement, draw_revenue, draw_security
from .typed import WORDS, Answer, Hand, Report, declare, declare_beside, show, without_figure
from .xlsx import Content, Formula

ZONES = ("I", "I", "II", "II", "III", "Không thuộc")
_PROSE = (
    "Chưa có số liệu",
    "Đang rà soát, sẽ báo cáo sau",
    "Không có",
    "Xem báo cáo kèm theo",
    "đang tổng hợp",
    "Cơ bản bảo đảm",
)
_UNCLEAR = ("Xem báo cáo", "Cơ bản đạt phần lớn", "?", "Đang đề nghị cấp trên xem xét")


# --- one criterion ----------------------------------------------------------------------------------------------------

_CHANCES: dict[str, dict[str, float]] = {
    "share": {"met": 60, "not_met": 19, "no_data": 8, "not_applicable": 7, "not_assessed": 2, "declared": 4},
    "count": {"met": 66, "not_met": 20, "no_data": 9, "not_assessed": 1, "declared": 4},
    "per": {"met": 74, "not_met": 16, "no_data": 9, "not_assessed": 1},
    "parts": {"met": 74, "not_met": 17, "no_data": 8, "not_assessed": 1},
    "declared": {"met": 73, "not_met": 12, "no_data": 6, "not_applicable": 3, "not_assessed": 5, "exceeded": 1},
    "revenue": {"met": 50, "not_met": 40, "no_data": 6, "not_applicable": 2, "not_assessed": 2},
    "disbursement": {"met": 25, "not_met": 63, "no_data": 7, "not_applicable": 3, "not_assessed": 2},
    "security": {"met": 72, "not_met": 20, "no_data": 8},
}


# How units differ: chance, and by how much likelier than usual each verdict is there
_USUAL = {"not_met": 1.0, "no_data": 1.0, "not_assessed": 1.0, "declared": 1.0}
_UNITS: tuple[tuple[float, dict[str, float]], ...] = (
    (0.05, {}),  # everything is met
    (0.06, {"no_data": 0.5}),
    (0.05, {"not_assessed": 2.0}),
    (0.24, {**_USUAL, "not_met": 0.25, "no_data": 0.4}),
    (0.46, _USUAL),
    (0.14, {**_USUAL, "not_met": 1.8, "no_data": 1.6}),
)


def draw_report(
    random: Random, *, ratio_columns: bool = True, formats: bool = True, percent_cells: bool = False
) -> Report:
    """Draw a unit's truth and what is typed for it; see `Hand` for what is known of the sheet."""
    hand = Hand(random, ratio_columns=ratio_columns, formats=formats, percent_cells=percent_cells)
    likelier = random.choices([each for _, each in _UNITS], [chance for chance, _ in _UNITS])[0]
    households = random.randint(280, 2600)
    zone = None if random.random() < 0.02 * likelier.get("no_data", 0) else random.choice(ZONES)
    zone = zone if zone != "III" or "no_data" in likelier else "I"
    camera = random.choices(
        (True, False, None), (0.86, 0.11 * likelier.get("not_met", 0), 0.03 * likelier.get("no_data", 0))
    )[0]
    report = Report(zone, camera, households, int(households * random.uniform(3.6, 4.8)))
    for criterion in LEAVES:
        chances = _CHANCES[criterion.kind]
        weights = [chance * likelier.get(verdict, verdict not in _USUAL) for verdict, chance in chances.items()]
        verdict = random.choices(list(chances), weights)[0]
        report.answers[criterion.id] = _DRAWERS[criterion.kind](hand, criterion, verdict, report)
    report.roll_up()
    for line in report.projects:
        line.declared = line.verdict if line.verdict in ("met", "not_met") else ""
    for answer in report.answers.values():
        if answer.basis == "rolled_up" and random.random() < 0.35 and answer.verdict in WORDS:
            declare(hand, answer, answer.verdict)
    return report


def _unreadable(hand: Hand, criterion: Criterion, answer: Answer) -> Answer:
    """Something stands there, and nobody can tell which figure it is."""
    typed, random = answer.typed, hand.random
    ways: list[tuple[Content, str]] = [
        (random.choice(_PROSE), "center"), ("2.800.00", "center"), ("1,234.56", "center"), ("0.975", "center"),
    ]  # fmt: skip
    if hand.formats:
        ways += [
            (Formula("F1/G1", "#DIV/0!"), "percent1"),
            (Formula("SUM(F1:G1)*1", None), "center"),
        ]
        if not hand.percent_cells:
            ways.append((dt.date(2024, random.randint(1, 4), random.randint(5, 9)), "slip"))
    if criterion.kind == "share":
        ways += [("95 hộ", "center"), ("3/0", "center")]
        if (straddling := _straddle(criterion)) is not None:
            ways += [(straddling, "center")] * 2
    typed.value, typed.look = random.choice(ways)
    return answer


def _straddle(criterion: Criterion) -> str | None:
    """A bound from which nobody can tell."""
    percent = int(criterion.bound * 100)
    if criterion.sign == ">=":
        return f"≥ {percent - 2}%" if percent > 10 else f"dưới {percent + 20}%"
    return f"≥ {percent - 5}%" if criterion.sign == "=" else f"dưới {percent + 5}%"


def _draw_share(hand: Hand, criterion: Criterion, verdict: str, report: Report) -> Answer:
    random = hand.random
    if criterion.zoned and report.zone in ("III", None) and verdict != "not_applicable":
        # no threshold is in force: whatever is typed, nobody can tell
        answer = _draw_share_figure(hand, criterion, random.choice(("met", "not_met")), report)
        answer.verdict = "no_data"
        return answer
    if verdict == "not_applicable":
        answer = Answer(verdict, "not_arising", Fraction(0), Fraction(0))
        if hand.ratio_columns and random.random() < 0.4:
            answer.typed.numerator = answer.typed.denominator = 0
        else:
            answer.typed.value = hand.ratio(
                Fraction(0), Fraction(0), "", random.choice(("", f"không có {criterion.noun}"))
            )
            answer.from_value = True
        return declare_beside(hand, answer)
    if verdict in ("met", "not_met"):
        return declare_beside(hand, _draw_share_figure(hand, criterion, verdict, report))
    answer = without_figure(hand, criterion, verdict)
    if verdict == "no_data" and not answer.declared and random.random() < 0.5:
        return _unreadable(hand, criterion, answer)
    return answer


def _draw_share_figure(hand: Hand, criterion: Criterion, verdict: str, report: Report) -> Answer:
    random = hand.random
    way = random.random()
    if way < 0.06 and criterion.zoned is False:
        return _draw_bound(hand, criterion, verdict)
    if way < 0.4 and criterion.noun not in ("di tích", "bãi"):
        value = _draw_percent(random, criterion, verdict)
        answer = Answer(verdict, value=value, from_value=True)
        answer.typed.value, answer.typed.look = hand.share(value)
        return answer
    above, below = _draw_ratio(random, criterion, verdict, report)
    answer = Answer(verdict, numerator=above, denominator=below, value=above / below)
    if hand.ratio_columns and random.random() < 0.5:
        answer.typed.numerator, answer.typed.denominator = (_plain(each) for each in (above, below))
        if random.random() < 0.15:
            answer.typed.numerator = f"{show(above)} {criterion.noun}"
        elif hand.formats and random.random() < 0.5:
            answer.typed.value, answer.typed.look = (
                Formula("{numerator}/{denominator}", float(above / below)),
                "percent2",
            )
    else:
        answer.typed.value = hand.ratio(above, below, criterion.noun)
        answer.from_value = True
    return answer


def _plain(value: Fraction) -> float | int:
    return int(value) if value.denominator == 1 else float(value)


def _draw_bound(hand: Hand, criterion: Criterion, verdict: str) -> Answer:
    """A result that is known as a bound only, and suffices."""
    percent = int(criterion.bound * 100)
    low, high = f"dưới {max(percent - 3, 1)}%", f"≥ {min(percent + 5, 100)}%"
    says = {
        (">=", "met"): hand.random.choice(
            (high, f"{percent}% trở lên", f"Trên {percent}%", f"{percent}-{percent + 5}%")
        ),
        (">=", "not_met"): low,
        ("<", "met"): f"dưới {percent}%",
        ("<", "not_met"): f"≥ {percent}%",
        ("=", "not_met"): "dưới 100%",
        ("=", "met"): "100%",
    }[criterion.sign, verdict]
    answer = Answer(verdict, value=Fraction(1) if says == "100%" else None, from_value=True)
    answer.typed.value = says
    return answer


def _draw_percent(random: Random, criterion: Criterion, verdict: str) -> Fraction:
    """A percentage with at most two decimals: at the threshold, right beside it, or clear of it."""
    bound, step = criterion.bound, Fraction(1, random.choice((100, 1000, 10000)))
    if criterion.sign == "=":
        return bound if verdict == "met" else max(bound - step * random.choice((1, 1, 7, 30)), Fraction(0))
    above = (criterion.sign == ">=") == (verdict == "met")
    far = random.random()
    if above:
        return (
            bound
            if far < 0.25
            else bound + step
            if far < 0.4
            else bound + int((1 - bound) / step * Fraction(far)) * step
        )
    return bound - step if far < 0.4 else int(bound / step * Fraction(far) / 2) * step


def _draw_ratio(random: Random, criterion: Criterion, verdict: str, report: Report) -> tuple[Fraction, Fraction]:
    """Numerator and denominator: exactly at the threshold, one step beside it, or clear of it."""
    bound, step = criterion.bound, Fraction(1, 10**criterion.decimals)
    low, high = criterion.size
    below = (
        Fraction(report.households)
        if criterion.noun == "hộ"
        else step * random.randint(int(low / step), int(high / step))
    )
    if criterion.sign == "=":
        if verdict == "met":
            return below, below
        short = random.choice((step, step, below / 3, below))
        return max(below - max(step, int(short / step) * step), Fraction(0)), below
    above = (criterion.sign == ">=") == (verdict == "met")
    if random.random() < 0.3 and criterion.noun != "hộ":  # a denominator of which the threshold is a whole number
        times = bound.denominator * step
        below = max(times * int(below / times), times)
    least = math.ceil(below * bound / step) * step  # the least numerator that reaches the threshold
    if above:
        far = random.random()
        return (
            least
            if far < 0.4
            else min(least + step, below)
            if far < 0.5
            else least + int((below - least) / step * Fraction(far)) * step
        ), below
    if least <= 0:
        raise ValueError(criterion.id)
    far = random.random()
    return (least - step if far < 0.5 else int((least - step) / step * Fraction(far)) * step), below


def _draw_count(hand: Hand, criterion: Criterion, verdict: str, report: Report) -> Answer:
    random = hand.random
    if verdict not in ("met", "not_met"):
        answer = without_figure(hand, criterion, verdict)
        unreadable = verdict == "no_data" and not answer.declared and random.random() < 0.5
        return _unreadable(hand, criterion, answer) if unreadable else answer
    step, most = Fraction(1, 10**criterion.decimals), criterion.size[1]
    bound = criterion.bound
    if criterion.sign == "=":
        value = bound if verdict == "met" else Fraction(random.randint(1, most))
    elif verdict == "met":
        value = bound if random.random() < 0.35 else bound + step * random.randint(0, int((most - bound) / step))
    else:
        value = bound - step if random.random() < 0.5 else step * random.randint(0, int((bound - step) / step))
    if criterion.id == "1.4.1" and value > bound:
        verdict = "exceeded"
    answer = Answer(verdict, value=value, from_value=True)
    if criterion.id == "1.4.1" and random.random() < 0.4:  # 27,35/25 ha: what is done of what is planned
        answer.numerator, answer.denominator = value, bound
        answer.typed.value = f"{show(value)}/{show(bound)} ha"
    else:
        answer.typed.value, answer.typed.look = hand.number(value, criterion.noun)
    return declare_beside(hand, answer)


def _draw_per(hand: Hand, criterion: Criterion, verdict: str, report: Report) -> Answer:
    random, unfit = hand.random, criterion.zoned and report.zone in ("III", None)
    if verdict not in ("met", "not_met"):
        if unfit and verdict == "not_assessed":
            verdict = "no_data"
        return without_figure(hand, criterion, verdict)
    people = Fraction(report.people)
    least = criterion.bound * people
    if verdict == "met":
        total = least + (0 if random.random() < 0.3 else random.choice((1, int(people * random.uniform(0, 9)))))
    else:
        total = least - random.choice((1, int(people * random.uniform(0.1, 2))))
    first, second = ("m2", "người") if criterion.id == "17.11" else ("lít", "người")
    if random.random() < 0.5:
        answer = Answer(verdict, numerator=total, denominator=people, value=total / people)
        if hand.ratio_columns and random.random() < 0.5:
            answer.typed.numerator, answer.typed.denominator = int(total), int(people)
        else:
            answer.typed.value, answer.from_value = f"{show(total)} {first}/{show(people)} {second}", True
    else:
        value = Fraction(int(total / people * 10), 10)  # cut, so that what does not reach the threshold still does not
        answer = Answer(verdict, value=value, from_value=True)
        answer.typed.value, answer.typed.look = hand.number(value, criterion.unit)
    declare_beside(hand, answer)
    if unfit:
        answer.verdict = "no_data"
    return answer


def _draw_declared(hand: Hand, criterion: Criterion, verdict: str, report: Report) -> Answer:
    answer = Answer(verdict, "declared")
    if verdict == "no_data":
        answer.typed.declared = hand.random.choice(("", "", *_UNCLEAR))
        return answer
    return declare(hand, answer, verdict)


def _draw_parts(hand: Hand, criterion: Criterion, verdict: str, report: Report) -> Answer:
    """Three things of which each must reach the threshold, so that the least decides."""
    random, below = hand.random, Fraction(report.households)
    if verdict not in ("met", "not_met"):
        return without_figure(hand, criterion, verdict)
    above = [_draw_ratio(random, criterion, "met", report)[0] for _ in range(3)]
    if verdict == "not_met":
        above[random.randrange(3)] = _draw_ratio(random, criterion, "not_met", report)[0]
    names = ("nhà tiêu", "nhà tắm", "bể nước")
    answer = Answer(verdict, numerator=min(above), denominator=below, value=min(above) / below, from_value=True)
    marks = random.choice(("; ", ";\n"))
    answer.typed.value = marks.join(
        f"{name} {show(each)}/{show(below)}" for name, each in zip(names, above, strict=True)
    )
    return declare_beside(hand, answer)


_DRAWERS: dict[str, Callable[[Hand, Criterion, str, Report], Answer]] = {
    "share": _draw_share, "count": _draw_count, "per": _draw_per, "parts": _draw_parts, "declared": _draw_declared,
    "revenue": draw_revenue, "disbursement": draw_disbursement, "security": draw_security,
}  # fmt: skip
