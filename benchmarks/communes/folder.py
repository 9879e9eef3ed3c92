"""A folder of workbooks as a province gets them, with the truth beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from io import BytesIO
from pathlib import Path
from random import Random
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from .beside import APPLE_DOUBLE
from .book import PERIODS, SHARES
from .criteria import RULEBOOK
from .fates import Entry, draw_fates, make_entries
from .fonts import decompose
from .places import Place, above, communes_on, draw_places, write_places
from .truth import File, Sums, Truth, list_rows, write_truth
from .xlsx import MADE

_ZIPPED = 5  # every fifth district sends an archive
_RULES = """\
# Bộ quy tắc của năm sau: như năm 2024, chỉ khác thời gian áp dụng.
rulebook: {id}
title: Nhiệm vụ trọng tâm năm {year}
version: "1"
valid: {{from: {year}-01-01, to: {year}-12-31}}
includes: [{base}]
"""


def make_folder(
    folder: str | Path,
    units: int = 100,
    seed: int = 1,
    *,
    period: str = "2024-h1",
    broken: float = 0.05,
    kinds: Collection[str] | None = None,
    layouts: Sequence[str] = tuple(SHARES),
    zipped: bool = True,
) -> Truth:
    """Make a folder of workbooks with its truth; the same arguments give the same bytes.

    Args:
        folder: is made, with `so` (the workbooks), `units.csv`, `files.csv`, `truth.csv`, `groups.csv`, `sources.csv`,
            and the rulebook where none is shipped for the period.
        units: communes before July 2025; fewer send afterwards. The same number and seed give the same units.
        seed: of everything.
        period: a key of `book.PERIODS`.
        broken: share of workbooks that are broken; 0 leaves out as well what is sent twice, not at all, or beside.
        kinds: keys of `broken.KINDS`: only these, and nothing sent twice, not at all, or beside. The folder has each
            before it has one twice.
        layouts: keys of `book.SHARES`, which says how common each is.
        zipped: every fifth district sends a zip archive.
    """
    reported = PERIODS[period]
    truth = Truth(Path(folder), period)
    truth.workbooks.mkdir(parents=True)
    if reported.rulebook != RULEBOOK:
        rules = _RULES.format(id=reported.rulebook, year=reported.as_of.year, base=RULEBOOK)
        (truth.folder / f"{reported.rulebook}.yaml").write_text(rules, encoding="utf-8")
    places = draw_places(units, seed)
    write_places(places, truth.units)
    senders = communes_on(places, reported.as_of)
    fates = draw_fates(senders, seed, broken, kinds)
    by_parent: dict[str, list[Place]] = {}
    for place in senders:
        by_parent.setdefault(place.parent, []).append(place)
    sums, names = Sums(), Counter(place.name for place in senders)
    for number, group in enumerate(by_parent.values()):
        over = above(places, group[0].code, reported.as_of)
        entries = [
            entry
            for place in group
            for entry in make_entries(
                place, over, period, seed, fates.get(place.code, ""), layouts, sums, alone=names[place.name] == 1
            )
        ]
        random = Random(f"{seed} folder {over[0].code}")
        archive = zipped and number % _ZIPPED == _ZIPPED - 1
        _write_entries(truth, _name_folder(over[0], random), entries, random if archive else None)
    truth.groups, truth.sources = list(sums.groups.values()), list(sums.sources.values())
    write_truth(truth)
    return truth


def _name_folder(over: Place, random: Random) -> str:
    name = f"{over.code} {over.name}"
    return decompose(name) if random.random() < 0.25 else name


def _write_entries(truth: Truth, folder: str, entries: Sequence[Entry], archive: Random | None) -> None:
    """The files of one district, in its folder or in an archive that it sent."""
    inside = archive.choice(("", f"{folder}/")) if archive else ""
    packed: dict[str, bytes] = {}
    for entry in entries:
        said, name = entry.said, entry.said.file
        truth.files.append(said)
        if not name:
            continue
        zipped = archive is not None and not entry.alone and entry.data is not None
        said.file = f"{folder}.zip/{inside}{name}" if zipped else f"{folder}/{name}"
        if entry.report is not None:
            truth.rows += list_rows(said.file, said.unit, entry.report)
        if zipped and entry.data is not None:
            packed[inside + name] = entry.data
            continue
        path = truth.workbooks / said.file
        path.parent.mkdir(parents=True, exist_ok=True)
        if entry.data is None:
            path.mkdir()
        else:
            path.write_bytes(entry.data)
        if entry.locked:
            path.chmod(0)
    if packed:
        if archive and archive.random() < 0.5:  # packed on a Mac
            name = f"__MACOSX/{inside}._{next(iter(packed)).removeprefix(inside)}"
            packed[name] = APPLE_DOUBLE
            truth.files.append(File(f"{folder}.zip/{name}", "", "hidden", "apple-double"))
        (truth.workbooks / f"{folder}.zip").write_bytes(_zip(packed))


def _zip(files: dict[str, bytes]) -> bytes:
    """An archive of files that are packed already."""
    made = BytesIO()
    with ZipFile(made, "w", ZIP_STORED) as archive:
        for name, data in files.items():
            archive.writestr(ZipInfo(name, MADE), data)
    return made.getvalue()
