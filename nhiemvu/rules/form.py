"""One rule file as its form alone: neither merged with what it includes, nor compiled."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from nhiemvu.errors import RuleError
from nhiemvu.rules.explain_form import explain
from nhiemvu.rules.find import find_rulebook
from nhiemvu.rules.models import RuleFile
from nhiemvu.rules.yaml import read_yaml


def read_form(source: str | Path) -> RuleFile:
    """What one rule file says, by its id or its path.

    Raises:
        RuleError: there is no such file, or its form is wrong; every mistake with line and column.

    >>> read_form("bo-cuc-chuan").includes
    ['thong-tin-chung']
    """
    raw, problems = read_yaml(find_rulebook(source))
    try:
        form = RuleFile.model_validate(raw)
    except ValidationError as error:
        raise RuleError([*problems, *explain(error, raw)]) from error
    if problems:
        raise RuleError(problems)
    return form
