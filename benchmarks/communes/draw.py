"""The truth, drawn first: a verdict for every criterion of a unit, then figures that imply it, then how they are typed.

A result is told in one of three ways: in the cell of the result, in the cells of numerator and denominator, or in a
table of its own. Whatever is typed here comes with the verdict that it was made for; nobody computes it back.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random

from .criteria import LEAVES, Criterion, conclude
from .xlsx import Content, Formula

ZONES = ("I", "I", "II", "II", "III", "Không thuộc")
_WORDS = {
    "met": ("Đạt", "đạt", "Đánh giá đạt", "đạt", "Hoàn thành", "đạt chuẩn", "Ðạt", "Đạt 100%"),
    "not_met": ("Chưa đạt", "chưa đạt", "Đánh giá chưa đạt", "không đạt", "chưa\u00a0đạt", "Chưa hoàn thành"),
    "exceeded": ("Vượt", "vượt kế hoạch", "Đạt và vượt"),
    "not_assessed": ("Chưa đánh giá", "chưa đánh giá", "Chưa được đánh giá"),
    "not_applicable": ("Không phát sinh", "không phát sinh", "Không có đối tượng"),
}
_PROSE = (
    "Chưa có số liệu", "Đang rà soát, sẽ báo cáo sau", "Không có", "Xem báo cáo kèm theo", "đang tổng hợp", "Cơ bản bảo đảm",
)  # fmt: skip
_UNCLEAR = ("Xem báo cáo", "Cơ bản đạt phần lớn", "?", "Đang đề nghị cấp trên xem xét")
PROJECTS = (
    "Kinh phí hỗ trợ đồng bào dân tộc thiểu số (CTMTQGXDNTM)",
    "Kinh phí quy hoạch chi tiết",
    "Kinh phí trả nợ quy hoạch chung",
    "Kinh phí giao thông nông thôn",
    "Chương trình MTQG giảm nghèo bền vững",
    "Chương trình MTQG phát triển KT-XH vùng đồng bào DTTS&MN",
    "Duy tu, bảo dưỡng công trình sau đầu tư",
    "Xây dựng nhà văn hóa thôn",
)
TAXES = (
    "Thu phí, lệ phí", "Thuế sử dụng đất phi nông nghiệp", "Lệ phí môn bài", "Thu hoa lợi công sản", "Thu khác ngân sách",
)  # fmt: skip
CASES = (
    "Hoạt động xâm phạm an ninh quốc gia",
    "Khiếu kiện đông người kéo dài trái pháp luật",
    "Công dân cư trú trên địa bàn phạm tội đặc biệt nghiêm trọng hoặc các tội về xâm hại trẻ em",
    "Tội phạm, tệ nạn xã hội (ma túy, trộm cắp, cờ bạc...)",
    "Tai nạn giao thông và PCCC",
)
THOUSAND = 1000


@dataclass(slots=True)
class Typed:
    """What is typed in a row of the results: the three cells, each with its look, and the unit's own verdict."""

    value: Content = None
    look: str = "center"
    numerator: Content = None
    denominator: Content = None
    declared: str = ""


@dataclass(slots=True)
class Answer:
    """One criterion's truth: what was drawn, and what is typed for it.

    Attributes:
        basis: computed, declared, not_arising or rolled_up.
        value, numerator, denominator: what the workbook states of it; None where it does not.
        declared: the verdict that the unit states, "" for none (or none that can be read).
        from_value: the verdict rests on the cell of the result.
    """

    verdict: str
    basis: str = "computed"
    numerator: Fraction | None = None
    denominator: Fraction | None = None
    value: Fraction | None = None
    declared: str = ""
    typed: Typed = field(default_factory=Typed)
    from_value: bool = False


@dataclass(slots=True)
class Line:
    """One line of a table of money: what it plans, what is carried over, what is done; None where that is not known."""

    name: str
    plan: int | None
    carried: int | None
    done: int | None
    slip: Content = None  # what is typed instead of a figure that is not known
    verdict: str = ""
    declared: str = ""

    @property
    def total(self) -> int | None:
        return None if self.plan is None else self.plan + (self.carried or 0)


@dataclass(slots=True)
class Report:
    """Everything that one unit states, with the truth of it."""

    zone: str | None
    camera: bool | None
    households: int
    people: int
    answers: dict[str, Answer] = field(default_factory=dict)
    projects: list[Line] = field(default_factory=list)
    taxes: list[Line] = field(default_factory=list)
    cases: list[Content] = field(default_factory=list)

    def roll_up(self) -> None:
        """Fill in the groups from their leaves, once more after a leaf was changed."""
        verdicts = conclude({leaf.id: self.answers[leaf.id].verdict for leaf in LEAVES})
        for id_, verdict in verdicts.items():
            if id_ not in self.answers or self.answers[id_].basis == "rolled_up":
                self.answers.setdefault(id_, Answer(verdict, "rolled_up")).verdict = verdict


class Hand:
    """One official's way of typing figures."""

    def __init__(self, random: Random, *, ratio_columns: bool, formats: bool = True) -> None:
        """Draw the habits.

        Args:
            random: of the unit.
            ratio_columns: the sheet has columns for numerator and denominator.
            formats: the kind of file keeps number formats, errors and formulas.
        """
        self.random = random
        self.ratio_columns = ratio_columns
        self.formats = formats
        self.texty = random.choice((0.15, 0.4, 0.8))  # how often a figure is typed as text

    def declare(self, verdict: str) -> str:
        """A verdict in words."""
        return self.random.choice(_WORDS[verdict])

    def number(self, value: Fraction, noun: str = "") -> tuple[Content, str]:
        """A quantity, as a number or as text with its unit."""
        plain = int(value) if value.denominator == 1 else float(value)
        if self.random.random() > self.texty:
            return plain, "decimal" if value.denominator > 1 else "center"
        if noun == "lớp" and value < 10:
            return f"{int(value):02} {noun}", "center"
        return f"{show(value)} {noun}".strip(), "center"

    def share(self, value: Fraction) -> tuple[Content, str]:
        """A percentage: formatted, plain, or in words."""
        percent = value * 100
        if self.random.random() > self.texty and self.formats:
            if self.random.random() < 0.7:
                digits = _digits(percent)
                return float(value), ("percent", "percent1", "percent2")[digits]
            return float(percent) if percent.denominator > 1 else int(percent), "center"
        text = show(percent)
        forms = (f"{text}%", f"{text} %", f"Đạt {text}%", f"{text}%", f"{text} (%)")
        return self.random.choice(forms), "center"

    def ratio(self, above: Fraction, below: Fraction, noun: str, note: str = "") -> str:
        """A ratio in one cell."""
        noun = f" {noun}" if noun and self.random.random() < 0.7 else ""
        return f"{show(above)}/{show(below)}{noun}{f' ({note})' if note else ''}"


def show(value: Fraction) -> str:
    """A figure with Vietnamese marks: 1.234,5."""
    whole, _, decimals = f"{float(value):.15g}".partition(".")
    grouped = f"{int(whole):,}".replace(",", ".")
    return f"{grouped},{decimals}" if decimals else grouped


def _digits(value: Fraction) -> int:
    """How many decimals a decimal number has."""
    return next(n for n in range(9) if (value * 10**n).denominator == 1)


# --- one criterion ----------------------------------------------------------------------------------------------------

_CHANCES: dict[str, tuple[tuple[str, float], ...]] = {
    "share": (("met", 0.6), ("not_met", 0.19), ("no_data", 0.08), ("not_applicable", 0.07), ("not_assessed", 0.02), ("declared", 0.04)),
    "count": (("met", 0.66), ("not_met", 0.2), ("no_data", 0.09), ("not_assessed", 0.01), ("declared", 0.04)),
    "per": (("met", 0.74), ("not_met", 0.16), ("no_data", 0.09), ("not_assessed", 0.01)),
    "parts": (("met", 0.74), ("not_met", 0.17), ("no_data", 0.08), ("not_assessed", 0.01)),
    "declared": (("met", 0.73), ("not_met", 0.12), ("no_data", 0.06), ("not_applicable", 0.03), ("not_assessed", 0.05), ("exceeded", 0.01)),
    "revenue": (("met", 0.5), ("not_met", 0.4), ("no_data", 0.06), ("not_applicable", 0.02), ("not_assessed", 0.02)),
    "disbursement": (("met", 0.25), ("not_met", 0.63), ("no_data", 0.07), ("not_applicable", 0.03), ("not_assessed", 0.02)),
    "security": (("met", 0.72), ("not_met", 0.2), ("no_data", 0.08)),
}  # fmt: skip


def draw_report(random: Random, *, ratio_columns: bool = True, formats: bool = True) -> Report:
    """Draw a unit's truth and what is typed for it."""
    hand = Hand(random, ratio_columns=ratio_columns, formats=formats)
    households = random.randint(280, 2600)
    zone = None if random.random() < 0.02 else random.choice(ZONES)
    camera = random.choices((True, False, None), (0.86, 0.11, 0.03))[0]
    report = Report(zone, camera, households, int(households * random.uniform(3.6, 4.8)))
    for criterion in LEAVES:
        chances = _CHANCES[criterion.kind]
        verdict = random.choices([name for name, _ in chances], [weight for _, weight in chances])[0]
        report.answers[criterion.id] = _DRAWERS[criterion.kind](hand, criterion, verdict, report)
    report.roll_up()
    for line in report.projects:
        line.declared = line.verdict if line.verdict in ("met", "not_met") else ""
    for answer in report.answers.values():
        if answer.basis == "rolled_up" and random.random() < 0.35 and answer.verdict in _WORDS:
            _declare(hand, answer, answer.verdict)
    return report


def _declare(hand: Hand, answer: Answer, verdict: str) -> Answer:
    answer.declared, answer.typed.declared = verdict, hand.declare(verdict)
    return answer


def _declare_beside(hand: Hand, answer: Answer) -> Answer:
    """The unit's own verdict beside a figure: mostly the same, now and then another, or none."""
    chance = hand.random.random()
    if chance < 0.8 and answer.verdict in _WORDS:
        return _declare(hand, answer, answer.verdict)
    if chance < 0.9:
        return _declare(hand, answer, "met" if answer.verdict != "met" else "not_met")
    return answer


def _without_figure(hand: Hand, criterion: Criterion, verdict: str) -> Answer:
    """No figure at all: what the unit says counts where the rule accepts it, and «not assessed» always."""
    if verdict in ("declared", "not_assessed"):
        says = "not_assessed" if verdict == "not_assessed" else hand.random.choice(("met", "met", "not_met"))
        accepted = criterion.evidence == "declared_if_missing" or says == "not_assessed"
        return _declare(hand, Answer(says if accepted else "no_data", "declared" if accepted else "computed"), says)
    answer = Answer("no_data")
    if criterion.evidence == "measured" and hand.random.random() < 0.5:
        _declare(hand, answer, hand.random.choice(("met", "not_met")))
    return answer


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
            (dt.date(2024, random.randint(1, 4), random.randint(5, 9)), "slip"),
        ]
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
            answer.typed.value = hand.ratio(Fraction(0), Fraction(0), "", random.choice(("", f"không có {criterion.noun}")))
            answer.from_value = True
        return _declare_beside(hand, answer)
    if verdict in ("met", "not_met"):
        return _declare_beside(hand, _draw_share_figure(hand, criterion, verdict, report))
    answer = _without_figure(hand, criterion, verdict)
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
            answer.typed.value, answer.typed.look = Formula("{numerator}/{denominator}", float(above / below)), "percent2"
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
        (">=", "met"): hand.random.choice((high, f"{percent}% trở lên", f"Trên {percent}%", f"{percent}-{percent + 5}%")),
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
        return bound if far < 0.25 else bound + step if far < 0.4 else bound + int((1 - bound) / step * Fraction(far)) * step
    return bound - step if far < 0.4 else int(bound / step * Fraction(far) / 2) * step


def _draw_ratio(random: Random, criterion: Criterion, verdict: str, report: Report) -> tuple[Fraction, Fraction]:
    """Numerator and denominator: exactly at the threshold, one step beside it, or clear of it."""
    bound, step = criterion.bound, Fraction(1, 10**criterion.decimals)
    low, high = criterion.size
    below = Fraction(report.households) if criterion.noun == "hộ" else step * random.randint(int(low / step), int(high / step))
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
        return (least if far < 0.4 else min(least + step, below) if far < 0.5 else least + int((below - least) / step * Fraction(far)) * step), below
    if least <= 0:
        raise ValueError(criterion.id)
    far = random.random()
    return (least - step if far < 0.5 else int((least - step) / step * Fraction(far)) * step), below


def _draw_count(hand: Hand, criterion: Criterion, verdict: str, report: Report) -> Answer:
    random = hand.random
    if verdict not in ("met", "not_met"):
        answer = _without_figure(hand, criterion, verdict)
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
    return _declare_beside(hand, answer)


def _draw_per(hand: Hand, criterion: Criterion, verdict: str, report: Report) -> Answer:
    random, unfit = hand.random, criterion.zoned and report.zone in ("III", None)
    if verdict not in ("met", "not_met"):
        if unfit and verdict == "not_assessed":
            verdict = "no_data"
        answer = _without_figure(hand, criterion, verdict)
        return answer
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
    _declare_beside(hand, answer)
    if unfit:
        answer.verdict = "no_data"
    return answer


def _draw_declared(hand: Hand, criterion: Criterion, verdict: str, report: Report) -> Answer:
    answer = Answer(verdict, "declared")
    if verdict == "no_data":
        answer.typed.declared = hand.random.choice(("", "", *_UNCLEAR))
        return answer
    return _declare(hand, answer, verdict)


def _draw_parts(hand: Hand, criterion: Criterion, verdict: str, report: Report) -> Answer:
    """Three things of which each must reach the threshold, so that the least decides."""
    random, below = hand.random, Fraction(report.households)
    if verdict not in ("met", "not_met"):
        return _without_figure(hand, criterion, verdict)
    above = [_draw_ratio(random, criterion, "met", report)[0] for _ in range(3)]
    if verdict == "not_met":
        above[random.randrange(3)] = _draw_ratio(random, criterion, "not_met", report)[0]
    names = ("nhà tiêu", "nhà tắm", "bể nước")
    answer = Answer(verdict, numerator=min(above), denominator=below, value=min(above) / below, from_value=True)
    marks = random.choice(("; ", ";\n"))
    answer.typed.value = marks.join(f"{name} {show(each)}/{show(below)}" for name, each in zip(names, above, strict=True))
    return _declare_beside(hand, answer)


# --- tables -----------------------------------------------------------------------------------------------------------


def _draw_amounts(random: Random, names: Sequence[str], count: int, most: int) -> list[Line]:
    chosen = sorted(random.sample(range(len(names)), count))
    return [Line(names[i], THOUSAND * random.randint(most // 50, most), None, None) for i in chosen]


def _lose_a_figure(hand: Hand, criterion: Criterion, verdict: str, lines: list[Line]) -> Answer:
    """One line says nothing that can be read of what was done, so nobody knows the sum."""
    line = hand.random.choice(lines)
    line.done, line.verdict = None, "no_data"
    slips: tuple[Content, ...] = (None, "chưa có số liệu", "1,234.56")
    line.slip = hand.random.choice((*slips, Formula("SUM(A1:A2)", None), Formula("A1/0", "#DIV/0!")) if hand.formats else slips)
    answer = _without_figure(hand, criterion, verdict)
    answer.denominator = Fraction(sum(each.total or 0 for each in lines))
    return answer


def _draw_revenue(hand: Hand, criterion: Criterion, verdict: str, report: Report) -> Answer:
    random = hand.random
    lines = report.taxes = _draw_amounts(random, TAXES, random.randint(1, 5), 60_000)
    if verdict == "not_applicable":
        for line in lines:
            line.plan = line.done = 0
        return _declare_beside(hand, Answer(verdict, "not_arising", Fraction(0), Fraction(0)))
    for line in lines:
        line.plan = (line.plan or 0) // 10_000 * 10_000 + 10_000  # so that 110% of it is whole
    plan = sum(line.plan or 0 for line in lines)
    bound = criterion.bound * plan
    if verdict == "met":
        done = bound + random.choice((0, 0, THOUSAND, int(bound * Fraction(random.random()) / 3)))
    else:
        done = bound - THOUSAND if random.random() < 0.3 else int(bound * Fraction(random.random()) / THOUSAND) * THOUSAND
        done = min(done, bound - THOUSAND)
    _share_out(lines, int(done))
    answer = Answer(verdict, numerator=Fraction(int(done)), denominator=Fraction(plan), value=Fraction(int(done), plan))
    if verdict in ("no_data", "not_assessed"):
        return _lose_a_figure(hand, criterion, verdict, lines)
    return _declare_beside(hand, answer)


def _share_out(lines: list[Line], done: int) -> None:
    plan = sum(line.plan or 0 for line in lines)
    left = done
    for line in lines[:-1]:
        line.done = done * (line.plan or 0) // plan
        left -= line.done
    lines[-1].done = left


def _draw_disbursement(hand: Hand, criterion: Criterion, verdict: str, report: Report) -> Answer:
    random = hand.random
    lines = report.projects = _draw_amounts(random, PROJECTS, random.randint(2, 6), 900_000)
    for line in lines:
        chance = random.random()
        line.carried = None if chance < 0.4 else 0 if chance < 0.6 else THOUSAND * random.randint(1, 200_000)
        if verdict == "not_applicable":
            line.plan, line.carried, line.done, line.verdict = 0, None if chance < 0.5 else 0, 0, "not_applicable"
            continue
        total = line.total or 0
        near = random.random()
        full = verdict == "met" or near < 0.25
        line.done = total if full else total - THOUSAND if near < 0.35 else THOUSAND * random.randint(0, total // THOUSAND - 1)
        line.verdict = "met" if line.done == total else "not_met"
    if verdict == "not_applicable":
        return _declare_beside(hand, Answer(verdict, "not_arising", Fraction(0), Fraction(0)))
    if verdict == "met" and random.random() < 0.2:  # a source that nothing was given for, beside the others
        lines.append(Line("Nguồn vốn khác", 0, None, 0, verdict="not_applicable"))
    if verdict == "not_met" and all(line.verdict == "met" for line in lines):
        lines[0].done, lines[0].verdict = (lines[0].total or 0) - THOUSAND, "not_met"
    done, total = sum(line.done or 0 for line in lines), sum(line.total or 0 for line in lines)
    if verdict in ("no_data", "not_assessed"):
        return _lose_a_figure(hand, criterion, verdict, lines)
    answer = Answer(verdict, numerator=Fraction(done), denominator=Fraction(total), value=Fraction(done, total))
    return _declare_beside(hand, answer)


def _draw_security(hand: Hand, criterion: Criterion, verdict: str, report: Report) -> Answer:
    """No case at all, and a camera model: what is lacking of the two decides, what is unknown leaves it open."""
    random = hand.random
    cases: list[Content] = [0] * len(CASES)
    where = random.randrange(len(cases))
    if report.camera is False:
        verdict = "not_met"  # whatever the cases are
        cases[where] = random.choice((0, 0, 1, None))
    elif verdict == "not_met":
        cases[where] = random.randint(1, 4)
    elif verdict == "no_data":
        cases[where] = random.choice((None, "chưa thống kê"))
    elif report.camera is None:
        verdict = "no_data"
    report.cases = [f"{each} vụ" if isinstance(each, int) and random.random() < 0.1 else each for each in cases]
    known = [each for each in cases if isinstance(each, int)]
    answer = Answer(verdict, value=Fraction(sum(known)) if len(known) == len(cases) else None)
    if verdict == "no_data":
        return answer
    return _declare_beside(hand, answer)


_DRAWERS: dict[str, Callable[[Hand, Criterion, str, Report], Answer]] = {
    "share": _draw_share, "count": _draw_count, "per": _draw_per, "parts": _draw_parts, "declared": _draw_declared,
    "revenue": _draw_revenue, "disbursement": _draw_disbursement, "security": _draw_security,
}  # fmt: skip
