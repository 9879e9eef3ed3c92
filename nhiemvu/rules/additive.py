"""How a criterion's figures of several units make one figure of all of them: by sums, or not at all."""

from __future__ import annotations

from typing import Literal

from nhiemvu.rules import measure as ms
from nhiemvu.rules.rulebook import Node, Rulebook

Adding = Literal["ratio", "sum", ""]


def adds_up(node: Node, rulebook: Rulebook) -> Adding:
    """How the figures of units add up to the figure of a group.

    Returns:
        `ratio`: the sum of the numerators over the sum of the denominators; `sum`: the sum of the values; empty where
        neither is right: a rate without its parts (m2/người typed as one number), a least or greatest, a mean, words.

    >>> from nhiemvu.rules.load import load_rulebook
    >>> rules = load_rulebook("nhiem-vu-trong-tam-2024-hai-yen")
    >>> [adds_up(rules.by_id[name], rules) for name in ("1.1.2", "1.4.1", "18.7", "1")]
    ['ratio', 'sum', '', '']
    """
    tree = node.measure
    if tree is None or node.reads != "number":
        return ""
    if tree == ms.Own("value"):
        return "sum" if node.is_quantity else "ratio"
    match tree:
        case ms.Operation(sign="/", left=left, right=right) if not isinstance(right, ms.Number):
            return "ratio" if _adds(left, rulebook) and _adds(right, rulebook) else ""
    return "sum" if _adds(tree, rulebook) else ""


def _adds(tree: ms.Expression, rulebook: Rulebook) -> bool:
    """Is the expression of several units together the sum of those of each."""
    match tree:
        case ms.Own(field="value", id=id_):
            other = rulebook.by_id.get(id_)
            return other is not None and adds_up(other, rulebook) == "sum"
        case ms.Own() | ms.Stated():
            return True
        case ms.Fact(name=name):
            return rulebook.facts[name].type == "number"
        case ms.Aggregate(function=("sum" | "count"), of=of):
            return _is_of_lines(of)
        case ms.Operation(sign=("+" | "-"), left=left, right=right):
            return _adds(left, rulebook) and _adds(right, rulebook)
        case ms.Operation(sign="*", left=left, right=right):
            return (isinstance(left, ms.Number) and _adds(right, rulebook)) or (
                isinstance(right, ms.Number) and _adds(left, rulebook)
            )
        case ms.Operation(sign="/", left=left, right=ms.Number()):
            return _adds(left, rulebook)
    return False


def _is_of_lines(tree: ms.Expression) -> bool:
    """Does a sum over lines read nothing but its lines, so that it does not matter whose lines they are."""
    return not any(isinstance(node, (ms.Own, ms.Fact, ms.Stated, ms.Aggregate)) for node in ms.walk(tree))
