"""What whoever runs the page decides: what it offers and to whom; how much it takes on at once."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from nhiemvu.serve.offers import Offer
from nhiemvu.workbook.archive import MEBIBYTE, Limits


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one upload, and all of them together, may ask for.

    Attributes:
        file_bytes: one workbook, as everywhere in nhiemvu (NHIEMVU_LIMIT_FILE_BYTES).
        upload_bytes: all workbooks of one upload.
        kept_bytes: all uploads that are held at the same time.
        files: workbooks of one upload.
        upload_seconds: from the first to the last byte of an upload.
        stall_seconds: between two pieces of an upload.
        seconds: one evaluation; every workbook beyond the first adds `seconds_more`.
        seconds_more: as said.
        memory: bytes of address space of the process that evaluates.
        at_once: evaluations that run at the same time.
        ready: processes that are held ready, so that who comes does not wait for their start.
        waiting: evaluations that wait for their turn; whoever comes then is told to try again.
        keep_seconds: how long a result is held after somebody last looked at it.
        lease_seconds: how long an unfinished evaluation goes on although nobody asks for it any more.
    """

    file_bytes: int = field(default_factory=lambda: Limits.from_environment().file_bytes)
    upload_bytes: int = 512 * MEBIBYTE
    kept_bytes: int = 2048 * MEBIBYTE
    files: int = 500
    upload_seconds: float = 600
    stall_seconds: float = 30
    seconds: float = 60
    seconds_more: float = 5
    memory: int = 1024 * MEBIBYTE
    at_once: int = field(default_factory=lambda: max(1, min(4, os.cpu_count() or 1)))
    ready: int = 1
    waiting: int = 100
    keep_seconds: float = 1800
    lease_seconds: float = 15


@dataclass(frozen=True, slots=True)
class Settings:
    """How the page is run.

    Attributes:
        offers: the rulebooks to choose from; the first is the default.
        bounds: how much it takes on.
        hosts: names beside those of this machine by which it may be asked for.
        units: file of the units that are expected to send a workbook, for summaries; empty: whoever sent something.
        template: file of the office's own template of the Word form; empty: ours.
        language: for who has not chosen one.
    """

    offers: Sequence[Offer]
    bounds: Bounds = field(default_factory=Bounds)
    hosts: Sequence[str] = ()
    units: str = ""
    template: str = ""
    language: str = "vi"
