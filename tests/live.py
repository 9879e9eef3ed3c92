"""The verdicts of a live template's formulas against the engine's, over many random fillings."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from calculators import IronCalc, compute_with_libreoffice
from fillings import WORDS, Concluded, Filler, Filling, Template, conclude

from nhiemvu.pipeline import draw_live_template
from nhiemvu.rules.load import load_rulebook
from nhiemvu.sheets.live.ledger import FIRST, STEPS
from nhiemvu.sheets.live.sheet import cell

CALCULATION = "Cách tính"
LEFT_OPEN = "left_open"


@dataclass
class Found:
    """What a comparison found."""

    compared: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)


def open_template(rulebook: str | Path) -> Template:
    rules = load_rulebook(rulebook)
    return Template(rules, draw_live_template(rules))


def steps_of(template: Template, *steps: str) -> list[tuple[str, str]]:
    """The cells of these steps of all criteria, on the calculation sheet."""
    last = FIRST + len(template.rulebook.criteria) - 1
    keys = list(STEPS)
    return [(CALCULATION, f"{cell(FIRST, keys.index(s))}:{cell(last, keys.index(s))}") for s in steps]


def compare(
    rulebook: str | Path, many: int, folder: Path, *, seed: int = 1, foreign: bool = False, ironcalc: bool = False
) -> Found:
    """Draw fillings, have the formulas and the engine conclude, and list where they differ."""
    template = open_template(rulebook)
    filler = Filler(template, seed, foreign=foreign)
    fillings: list[Filling] = [filler.draw() for _ in range(many)]
    areas = steps_of(template, "code", "needed", "grade")
    if ironcalc:
        calculator = IronCalc(template.data, template.sheets, folder)
        told = [calculator.compute(filling, areas) for filling in fillings]
    else:
        told = compute_with_libreoffice(template.data, template.sheets, fillings, areas, folder)
    found = Found()
    for number, (filling, lists) in enumerate(zip(fillings, told, strict=True)):
        concluded = conclude(template, filling, folder / "filled.xlsx")
        for node, code, needed, grade in zip(template.rulebook.criteria, *lists, strict=True):
            what = differ(concluded[node.id], code, needed, grade, foreign=foreign, digits=5 if ironcalc else 9)
            found.compared += 1
            found.counts[concluded[node.id].verdict if what != LEFT_OPEN else LEFT_OPEN] += 1
            if what and what != LEFT_OPEN:
                found.differences.append(f"#{number} {node.id}: {what}")
    return found


def differ(engine: Concluded, code: str, needed: str, grade: str, *, foreign: bool, digits: int) -> str:
    """What differs, in words; "" where nothing does, `LEFT_OPEN` where the formulas leave it to the engine."""
    try:
        verdict = WORDS[int(float(code))]
    except (ValueError, KeyError):
        return f"engine {engine.verdict}, formula {code!r}"
    if verdict == LEFT_OPEN:
        return LEFT_OPEN
    if verdict != engine.verdict:
        return f"engine {engine.verdict}, formula {verdict}"
    if needed == "":
        if engine.needed:
            return f"needed: engine {engine.needed}, formula nothing"
    elif engine.needed is None or not math.isclose(float(needed), engine.needed, rel_tol=10**-digits, abs_tol=1e-9):
        return f"needed: engine {engine.needed}, formula {needed}"
    if grade != engine.grade and not (grade == "0" and not engine.grade):
        return f"grade: engine {engine.grade!r}, formula {grade!r}"
    return ""
