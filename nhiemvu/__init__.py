"""Judge the key tasks of Vietnamese communes: read their Excel workbooks, apply rule files, write the verdicts back.

`evaluate("so-xa.xlsx")` gives an `Evaluation`; its `frame` has a row per criterion with the reason in a sentence, and
`write()` puts two sheets into the same workbook, every other byte kept.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from nhiemvu.errors import (
        FormError,
        FrameError,
        GraftError,
        NhiemvuError,
        Problem,
        RuleError,
        StoreError,
        WorkbookError,
        WriteError,
    )
    from nhiemvu.evaluation import Evaluation
    from nhiemvu.frames import evaluate_frames
    from nhiemvu.many.aggregate import aggregate
    from nhiemvu.many.summary import Summary
    from nhiemvu.pipeline import evaluate
    from nhiemvu.report.word import write_form
    from nhiemvu.rules.load import load_rulebook
    from nhiemvu.rules.rulebook import Rulebook
    from nhiemvu.rules.target import Target
    from nhiemvu.rules.units import Units
    from nhiemvu.rules.units_file import read_units
    from nhiemvu.store.store import Store, open_store
    from nhiemvu.verdicts import Basis, Outlook, Verdict

_HOMES = {
    "Basis": "verdicts",
    "Evaluation": "evaluation",
    "FormError": "errors",
    "FrameError": "errors",
    "GraftError": "errors",
    "NhiemvuError": "errors",
    "Outlook": "verdicts",
    "Problem": "errors",
    "RuleError": "errors",
    "Rulebook": "rules.rulebook",
    "Store": "store.store",
    "StoreError": "errors",
    "Summary": "many.summary",
    "Target": "rules.target",
    "Units": "rules.units",
    "Verdict": "verdicts",
    "WorkbookError": "errors",
    "WriteError": "errors",
    "aggregate": "many.aggregate",
    "evaluate": "pipeline",
    "evaluate_frames": "frames",
    "load_rulebook": "rules.load",
    "open_store": "store.store",
    "read_units": "rules.units_file",
    "write_form": "report.word",
}

__all__ = [
    "Basis",
    "Evaluation",
    "FormError",
    "FrameError",
    "GraftError",
    "NhiemvuError",
    "Outlook",
    "Problem",
    "RuleError",
    "Rulebook",
    "Store",
    "StoreError",
    "Summary",
    "Target",
    "Units",
    "Verdict",
    "WorkbookError",
    "WriteError",
    "aggregate",
    "evaluate",
    "evaluate_frames",
    "load_rulebook",
    "open_store",
    "read_units",
    "write_form",
]


def __getattr__(name: str) -> object:
    """Public names are imported when they are first used, so `import nhiemvu` and `--help` cost next to nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
