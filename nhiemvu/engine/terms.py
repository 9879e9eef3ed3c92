"""What is said of a criterion to every unit alike: its targets in words, their sources, its units of measure."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from nhiemvu.messages import _
from nhiemvu.rules import measure as ms
from nhiemvu.rules.rulebook import Node, Rulebook, TargetRow, show_source
from nhiemvu.rules.target import Target
from nhiemvu.text import format_date


@dataclass(frozen=True, slots=True)
class Aim:
    """One target of a criterion.

    Attributes:
        target: None for a hole, and where no target applies.
        text: for a sentence: as people write it, with the unit where it is not per cent, words in «»; or the hole.
        dated: for a column, with its deadline; where no target applies, all of them.
        beyond: the level of the target that is beyond it, where the rule names one.
        bounds: ends that a displayed figure must not be rounded across.
    """

    target: Target | None
    text: str
    dated: str
    beyond: str
    bounds: tuple[Fraction, ...]
    source: str
    source_short: str


@dataclass(frozen=True, slots=True)
class Terms:
    """One criterion.

    Attributes:
        aims: by the position of the target that applies; the two at the end, which -1 and -2 pick, where none does.
        unit: of measure, as it stands behind a figure.
        numerator_unit: for "còn thiếu 811.475.000 đ", unless the workbook itself names one.
        conditions: the facts that the criterion requires, by the names that officials know.
        column: the first that its measure reads; None where it reads its own row.
    """

    node: Node
    aims: tuple[Aim, ...]
    unit: str
    numerator_unit: str
    conditions: tuple[str, ...]
    column: ms.Column | None


def state(node: Node, rulebook: Rulebook) -> Terms:
    """The terms of one criterion, in the language in force."""
    nothing = Aim(None, "", node.target_text, "", (), node.source_text, node.show_sources(short=True))
    columns = (each for each in ms.walk(node.measure) if isinstance(each, ms.Column)) if node.measure else iter(())
    return Terms(
        node,
        (*(_aim(row, node.unit) for row in node.targets), nothing, nothing),
        shorten(node.unit),
        numerator_unit(node, rulebook),
        tuple(f"«{rulebook.facts[name].label}»" for name in node.requires if name in rulebook.facts),
        next(columns, None),
    )


def shorten(unit: str) -> str:
    """A unit of measure as it stands behind a figure."""
    return "đ" if unit in ("đồng", "đ") else unit


def _aim(row: TargetRow, unit: str) -> Aim:
    text = row.hole if row.target is None else _with_unit(row.target, unit)
    alone = row.target.plain if row.target is not None and row.target.kind == "text" else text
    return Aim(
        row.target,
        text,
        alone + " " + _("(đến {date})", date=format_date(row.by)) if row.by else alone,
        _with_unit(row.exceeds, unit) if row.exceeds else "",
        tuple(bound for target in (row.target, row.exceeds) if target for bound in target.bounds),
        show_source(row.source),
        show_source(row.source, short=True),
    )


def _with_unit(target: Target, unit: str) -> str:
    if target.kind == "text":
        return target.plain if target.negated else _(" hoặc ").join(f"«{word}»" for word in target.words)
    return target.plain if unit in ("", "%") or target.kind != "number" else f"{target.plain} {shorten(unit)}"


def numerator_unit(node: Node, rulebook: Rulebook) -> str:
    """The unit of what a quotient divides, by its first column: `%` for a column of shares, empty where not known."""
    inner = node.measure
    while isinstance(inner, (ms.Operation, ms.Aggregate)):
        if isinstance(inner, ms.Aggregate) and inner.function == "count":
            return ""  # so many lines, whatever stands in them
        inner = inner.left if isinstance(inner, ms.Operation) else inner.of
    if isinstance(inner, ms.Column) and inner.table in rulebook.tables:
        table = rulebook.tables[inner.table]
        column = table.columns.get(inner.name)
        if column is not None and column.type == "percent":
            return "%"
        return (column.unit if column else "") or table.unit
    return ""
