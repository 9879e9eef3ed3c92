"""What a unit states: the truth of each criterion, and how its official types it."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from random import Random

from .criteria import LEAVES, Criterion, conclude
from .xlsx import Content

WORDS = {
    "met": ("Đạt", "đạt", "Đánh giá đạt", "đạt", "Hoàn thành", "đạt chuẩn", "Ðạt", "Đạt 100%"),
    "not_met": ("Chưa đạt", "chưa đạt", "Đánh giá chưa đạt", "không đạt", "chưa\u00a0đạt", "Chưa hoàn thành"),
    "exceeded": ("Vượt", "vượt kế hoạch", "Đạt và vượt"),
    "not_assessed": ("Chưa đánh giá", "chưa đánh giá", "Chưa được đánh giá"),
    "not_applicable": ("Không phát sinh", "không phát sinh", "Không có đối tượng"),
}


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

    def __init__(self, random: Random, *, ratio_columns: bool, formats: bool, percent_cells: bool) -> None:
        """Draw the habits.

        Args:
            random: of the unit.
            ratio_columns: the sheet has columns for numerator and denominator.
            formats: the kind of file keeps number formats, errors and formulas.
            percent_cells: the cells of shares are formatted as percentages already.
        """
        self.random = random
        self.ratio_columns = ratio_columns
        self.formats = formats
        self.percent_cells = percent_cells
        self.texty = random.choice((0.15, 0.4, 0.8))  # how often a figure is typed as text

    def declare(self, verdict: str) -> str:
        """A verdict in words."""
        return self.random.choice(WORDS[verdict])

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
            if self.random.random() < 0.7 or self.percent_cells:
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


def declare(hand: Hand, answer: Answer, verdict: str) -> Answer:
    answer.declared, answer.typed.declared = verdict, hand.declare(verdict)
    return answer


def declare_beside(hand: Hand, answer: Answer) -> Answer:
    """The unit's own verdict beside a figure: mostly the same, now and then another, or none."""
    chance = hand.random.random()
    if chance < 0.8 and answer.verdict in WORDS:
        return declare(hand, answer, answer.verdict)
    if chance < 0.9:
        return declare(hand, answer, "met" if answer.verdict != "met" else "not_met")
    return answer


def without_figure(hand: Hand, criterion: Criterion, verdict: str) -> Answer:
    """No figure at all: what the unit says counts where the rule accepts it, and «not assessed» always."""
    if verdict in ("declared", "not_assessed"):
        says = "not_assessed" if verdict == "not_assessed" else hand.random.choice(("met", "met", "not_met"))
        accepted = criterion.evidence == "declared_if_missing" or says == "not_assessed"
        return declare(hand, Answer(says if accepted else "no_data", "declared" if accepted else "computed"), says)
    answer = Answer("no_data")
    if criterion.evidence == "measured" and hand.random.random() < 0.5:
        declare(hand, answer, hand.random.choice(("met", "not_met")))
    return answer
