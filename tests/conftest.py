"""What several tests share: rulebooks from text, and the example."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import pytest
from databases import make_store_url, postgresql, store_url  # noqa: F401 (fixtures)
from hypothesis import settings

from nhiemvu.rules.load import load_rulebook
from nhiemvu.rules.rulebook import Rulebook

# how long a case takes says nothing on a busy machine; the rest is as hypothesis has it, also where `CI` is set
settings.register_profile("untimed", parent=settings(), deadline=None)
settings.load_profile("untimed")
os.environ["OPENPYXL_LXML"] = "False"  # before openpyxl is imported: an empty styles part is beyond lxml

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "hai-yen-2024-h1.xlsx"
CORPUS = ROOT.parent / "shared" / "corpus"


def write_book(
    path: Path | io.BytesIO,
    title: str,
    lines: Sequence[Sequence[object]],
    formats: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """A workbook of one sheet.

    Args:
        path: where it goes.
        title: the sheet's name.
        lines: its cells, row by row.
        formats: number formats by the addresses of their cells.
    """
    from openpyxl import Workbook

    book = Workbook()
    page = book.active
    assert page is not None
    page.title = title
    for line in lines:
        page.append(line)
    for address, form in formats.items():
        page[address].number_format = form
    book.save(path)


@pytest.fixture
def write_rules(tmp_path: Path) -> Callable[..., Path]:
    """A rule file from its text."""

    def write(text: str, name: str = "thu") -> Path:
        path = tmp_path / f"{name}.yaml"
        path.write_text(f"rulebook: {name}\ntitle: Thử\n{text}", encoding="utf-8")
        return path

    return write


@pytest.fixture
def make_rules(write_rules: Callable[..., Path]) -> Callable[..., Rulebook]:
    """A loaded rulebook from its text."""
    return lambda text, name="thu": load_rulebook(write_rules(text, name))
