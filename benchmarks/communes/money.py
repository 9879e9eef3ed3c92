"""The tables of a unit: disbursement, revenue, security; a verdict first, then amounts that imply it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from random import Random

from .criteria import Criterion
from .typed import Answer, Hand, Line, Report, declare_beside, without_figure
from .xlsx import Content, Formula

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
    "Thu phí, lệ phí",
    "Thuế sử dụng đất phi nông nghiệp",
    "Lệ phí môn bài",
    "Thu hoa lợi công sản",
    "Thu khác ngân sách",
)
CASES = (
    "Hoạt động xâm phạm an ninh quốc gia",
    "Khiếu kiện đông người kéo dài trái pháp luật",
    "Công dân cư trú trên địa bàn phạm tội đặc biệt nghiêm trọng hoặc các tội về xâm hại trẻ em",
    "Tội phạm, tệ nạn xã hội (ma túy, trộm cắp, cờ bạc...)",
    "Tai nạn giao thông và PCCC",
)
THOUSAND = 1000


def _draw_amounts(random: Random, names: Sequence[str], count: int, most: int) -> list[Line]:
    chosen = sorted(random.sample(range(len(names)), count))
    return [Line(names[i], THOUSAND * random.randint(most // 50, most), None, None) for i in chosen]


def _lose_a_figure(hand: Hand, criterion: Criterion, verdict: str, lines: list[Line]) -> Answer:
    """One line says nothing that can be read of what was done, so nobody knows the sum."""
    line = hand.random.choice(lines)
    line.done, line.verdict = None, "no_data"
    slips: tuple[Content, ...] = (None, "chưa có số liệu", "1,234.56")
    line.slip = hand.random.choice(
        (*slips, Formula("SUM(A1:A2)", None), Formula("A1/0", "#DIV/0!")) if hand.formats else slips
    )
    answer = without_figure(hand, criterion, verdict)
    answer.denominator = Fraction(sum(each.total or 0 for each in lines))
    return answer


def draw_revenue(hand: Hand, criterion: Criterion, verdict: str, report: Report) -> Answer:
    random = hand.random
    lines = report.taxes = _draw_amounts(random, TAXES, random.randint(1, 5), 60_000)
    if verdict == "not_applicable":
        for line in lines:
            line.plan = line.done = 0
        return declare_beside(hand, Answer(verdict, "not_arising", Fraction(0), Fraction(0)))
    for line in lines:
        line.plan = (line.plan or 0) // 10_000 * 10_000 + 10_000  # so that 110% of it is whole
    plan = sum(line.plan or 0 for line in lines)
    bound = int(criterion.bound * plan)
    if verdict == "met":
        done = bound + random.choice((0, 0, THOUSAND, int(bound * random.random() / 3)))
    else:
        done = bound - random.choice((THOUSAND, random.randint(1, bound // THOUSAND) * THOUSAND))
    _share_out(lines, done)
    answer = Answer(verdict, numerator=Fraction(done), denominator=Fraction(plan), value=Fraction(done, plan))
    if verdict in ("no_data", "not_assessed"):
        return _lose_a_figure(hand, criterion, verdict, lines)
    return declare_beside(hand, answer)


def _share_out(lines: list[Line], done: int) -> None:
    plan = sum(line.plan or 0 for line in lines)
    left = done
    for line in lines[:-1]:
        line.done = done * (line.plan or 0) // plan
        left -= line.done
    lines[-1].done = left


def draw_disbursement(hand: Hand, criterion: Criterion, verdict: str, report: Report) -> Answer:
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
        line.done = (
            total if full else total - THOUSAND if near < 0.35 else THOUSAND * random.randint(0, total // THOUSAND - 1)
        )
        line.verdict = "met" if line.done == total else "not_met"
    if verdict == "not_applicable":
        return declare_beside(hand, Answer(verdict, "not_arising", Fraction(0), Fraction(0)))
    if verdict == "met" and random.random() < 0.2:  # a source that nothing was given for, beside the others
        lines.append(Line("Nguồn vốn khác", 0, None, 0, verdict="not_applicable"))
    if verdict == "not_met" and all(line.verdict == "met" for line in lines):
        lines[0].done, lines[0].verdict = (lines[0].total or 0) - THOUSAND, "not_met"
    done, total = sum(line.done or 0 for line in lines), sum(line.total or 0 for line in lines)
    if verdict in ("no_data", "not_assessed"):
        return _lose_a_figure(hand, criterion, verdict, lines)
    answer = Answer(verdict, numerator=Fraction(done), denominator=Fraction(total), value=Fraction(done, total))
    return declare_beside(hand, answer)


def draw_security(hand: Hand, criterion: Criterion, verdict: str, report: Report) -> Answer:
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
    return declare_beside(hand, answer)
