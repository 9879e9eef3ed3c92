"""A folder of workbooks as a province gets them, with the truth beside it."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from random import Random
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from .beside import BESIDE
from .book import PERIODS, Workbook, draw_workbook
from .broken import KINDS, Kind
from .criteria import LEAVES
from .places import Place, above, communes_on, draw_places, write_places
from .truth import COUNTED, File, Sums, Truth, list_rows, write_truth
from .typed import Report
from .xlsx import MADE, pack

_NOT_SENT, _TWICE, _BESIDE = 0.02, 0.01, 0.02  # shares of units
_HEAVY = 2  # files of a kind that costs seconds
_ZIPPED = 5  # every fifth district sends an archive
LONG = 250  # characters of the longest name


@dataclass(slots=True)
class _Entry:
    """One file of the folder: where it lies, what is in it (None: a folder), what must be said, what is true of it."""

    said: File
    data: bytes | None
    report: Report | None = None


def make_folder(
    folder: str | Path,
    units: int = 100,
    seed: int = 1,
    *,
    period: str = "2024-h1",
    broken: float = 0.05,
    kinds: Collection[str] | None = None,
    zipped: bool = True,
) -> Truth:
    """Make a folder of workbooks with its truth; the same arguments give the same bytes.

    Args:
        folder: is made, with `so` (the workbooks), `units.csv`, `files.csv`, `truth.csv`, `groups.csv`, `sources.csv`.
        units: communes before July 2025.
        seed: of everything.
        period: a key of `PERIODS`.
        broken: share of workbooks that are broken; 0 leaves out as well what is sent twice, not at all, or beside.
        kinds: ways to break them, by default all; the folder has each of them before it has one twice.
        zipped: some districts send one zip archive.
    """
    truth = Truth(Path(folder), period)
    truth.workbooks.mkdir(parents=True)
    places = draw_places(units, seed)
    write_places(places, truth.units)
    day = PERIODS[period][1]
    senders = communes_on(places, day)
    fates = _draw_fates(senders, seed, broken, kinds)
    by_parent: dict[str, list[Place]] = {}
    for place in senders:
        by_parent.setdefault(place.parent, []).append(place)
    sums = Sums()
    for number, group in enumerate(by_parent.values()):
        over = above(places, group[0].code, day)
        entries = [
            entry
            for place in group
            for entry in _make_entries(place, over, period, seed, fates.get(place.code, ""), sums)
        ]
        _write_entries(truth, _name_folder(over[0], seed), entries, archive=zipped and number % _ZIPPED == _ZIPPED - 1)
    truth.groups, truth.sources = list(sums.groups.values()), list(sums.sources.values())
    write_truth(truth)
    return truth


def _draw_fates(senders: Sequence[Place], seed: int, broken: float, kinds: Collection[str] | None) -> dict[str, str]:
    """What happens to whose workbook: a kind of damage, `not-sent`, `twice`, `conflict`, or what lies beside it."""
    if not broken:
        return {}
    random = Random(f"fates {seed}")
    names = list(KINDS) if kinds is None else list(kinds)
    random.shuffle(names)
    light = [name for name in names if not KINDS[name].heavy]
    count = max(round(broken * len(senders)), 1)
    fates = (names + light * (count // len(light) + 1) if light else names * count)[:count]
    if kinds is None:
        few = max(len(senders) // 100, 1)
        beside = [name for i in range(few) for name in BESIDE][: max(round(_BESIDE * len(senders)), 1)]
        fates += ["not-sent"] * max(round(_NOT_SENT * len(senders)), 1) + ["twice", "conflict"] * max(
            round(_TWICE * len(senders) / 2), 1
        )
        fates += ["long-name", *beside]
    chosen = random.sample(range(len(senders)), min(len(fates), len(senders)))
    return {senders[at].code: fate for at, fate in zip(chosen, fates, strict=False)}


def _make_entries(
    place: Place, over: Sequence[Place], period: str, seed: int, fate: str, sums: Sums
) -> Iterator[_Entry]:
    """The files of one unit, whose figures are added to its groups where it counts."""
    if fate == "not-sent":
        yield _Entry(File("", place.code, "not-sent"), None)
        return
    random = Random(f"{seed} fate {place.code}")
    book = draw_workbook(place, over[0], period, seed)
    stem, layout, kind = _name(place, random, long=fate == "long-name"), book.typist.layout.name, KINDS.get(fate)
    status = {"twice": "duplicate", "conflict": "conflict"}.get(fate, kind.status if kind else "ok")
    if kind is not None:
        yield _break(book, kind, stem, random)
    else:
        data = pack(book.parts())
        named = {"twice": "duplicate-same", "conflict": "duplicate-different", "long-name": fate}.get(fate, layout)
        yield _Entry(File(f"{stem}.xlsx", place.code, status, named), data, book.report)
        if fate == "twice":
            yield _Entry(File(f"{stem} - Copy.xlsx", place.code, status, named), data, book.report)
        elif fate == "conflict":
            other = draw_workbook(place, over[0], period, seed, again=1)
            yield _Entry(File(f"{stem} (sửa).xlsx", place.code, status, named), pack(other.parts()), other.report)
    if status in COUNTED:
        sums.add(over, book.report)
    if (beside := BESIDE.get(fate)) is not None:
        name = beside.name.format(stem=stem)
        yield _Entry(File(name, place.code, "skipped", fate, note=beside.note), beside.make(book, random))


def _break(book: Workbook, kind: Kind, stem: str, random: Random) -> _Entry:
    before = {leaf.id: book.report.answers[leaf.id].verdict for leaf in LEAVES}
    data = kind.make(book, random)
    readable = kind.status != "failed"
    after = book.report.answers
    lost = [id_ for id_, verdict in before.items() if readable and verdict != after[id_].verdict == "no_data"]
    said = File(f"{stem}{kind.suffix}", book.sender.code, kind.status, kind.name, kind.code, " ".join(lost), kind.note)
    return _Entry(said, data, book.report if readable else None)


# --- names and places -----------------------------------------------------------------------------------------------------


def _name_folder(over: Place, seed: int) -> str:
    form = Random(f"{seed} folder {over.code}").choice(("NFC", "NFC", "NFC", "NFD"))
    return unicodedata.normalize(form, f"{over.code} {over.name}")


def _name(place: Place, random: Random, *, long: bool) -> str:
    """A name without its suffix; no two of a folder are the same."""
    if long:
        return f"{place.code} {'bieu danh gia nhiem vu trong tam ' * 9}"[: LONG - len(".xlsx")]
    forms = (
        "{name} {code}",
        "{code} - {name}",
        "Biểu đánh giá {name} ({code})",
        "BC {name} gửi huyện {code}",
        "{code}",
    )
    stem = random.choice(forms).format(name=place.name, code=place.code)
    return unicodedata.normalize(random.choice(("NFC", "NFC", "NFD")), stem)


def _write_entries(truth: Truth, folder: str, entries: Sequence[_Entry], *, archive: bool) -> None:
    """The files of one district, in its folder or in an archive that it sent."""
    packed: list[tuple[str, bytes]] = []
    for entry in entries:
        said = entry.said
        truth.files.append(said)
        if not said.file:
            continue
        inside = archive and entry.data is not None and said.kind != "long-name"
        name = said.file
        said.file = f"{folder}.zip/{name}" if inside else f"{folder}/{name}"
        if entry.report is not None:
            truth.rows += list_rows(said.file, said.unit, entry.report)
        if inside and entry.data is not None:
            packed.append((name, entry.data))
            continue
        path = truth.workbooks / said.file
        path.parent.mkdir(parents=True, exist_ok=True)
        if entry.data is None:
            path.mkdir()
        else:
            path.write_bytes(entry.data)
    if packed:
        made = BytesIO()
        with ZipFile(made, "w", ZIP_STORED) as archive_file:  # what is in them is packed already
            for name, data in packed:
                archive_file.writestr(ZipInfo(name, MADE), data)
        (truth.workbooks / f"{folder}.zip").write_bytes(made.getvalue())
