"""Bytes of small workbooks and of rule files, mutated: whatever comes, ours is the only exception.

    python tests/fuzz/fuzz.py [SECONDS] [SEED]

Each input goes through all that a run does: reading, evaluating, grafting, reading back; or loading a rulebook. The
same seed gives the same inputs. An input that raises anything but a `NhiemvuError`, or takes over 5 s, is written into
the current folder as `crash-<number>.bin`; the exit code is 1 where there was one.
"""

from __future__ import annotations

import contextlib
import io
import random
import re
import signal
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import xlsxwriter

from nhiemvu.errors import NhiemvuError, RuleError
from nhiemvu.evaluation import Evaluation
from nhiemvu.pipeline import evaluate
from nhiemvu.rules.find import shipped_rules
from nhiemvu.rules.load import load_rulebook

ROOT = Path(__file__).parents[2]
SECONDS = 5
MEBIBYTES = 500
_NUMBERS = (b"0", b"-1", b"4294967295", b"1048577", b"9" * 5000, b"1e999", b"nan", b"", b"\xff", b"_x0001_", b"_xD800_")
_MARKUP = (b"<", b">", b"&", b"&#0;", b"&#x1F;", b"&l;", b"<!--", b"<![CDATA[", b"<!DOCTYPE x>", b"<x:a/>", b"</row>")
_YAML = (b"*a", b"&a ", b"!!python/object:os.system ", b"{", b"[" * 60, b"\t", b"- ", b": ", b"|", b"'", b"\0", b"..")
_PARTS = re.compile(rb"<[^<>]+>|[^<>]+")


class HangError(Exception):
    """An input took too long."""


def small_workbook() -> bytes:
    """A workbook with a table that the rules below need, facts, formats, a merge, a formula and a note."""
    raw = io.BytesIO()
    with xlsxwriter.Workbook(raw) as book:
        sheet = book.add_worksheet("Kết quả")
        share = book.add_format({"num_format": "0.0%"})
        sheet.merge_range("A1:D1", "BÁO CÁO (đơn vị tính: đồng)")
        for column, heading in enumerate(["Mã", "Tên", "Kết quả", "Đánh giá"]):
            sheet.write(2, column, heading)
        for row, line in enumerate([["1.1", "Giải ngân", "72.225.000 đ", "Đạt"], ["1.2", "Rác", 0.975, "Không đạt"]]):
            sheet.write_row(3 + row, 0, line)
        sheet.write(4, 2, 0.975, share)
        sheet.write_formula("C6", "=C5*2", share, 1.95)
        sheet.write_row(5, 0, ["1.3", "Lớp"])
        sheet.write_comment("A4", "ghi chú")
        other = book.add_worksheet("Thông tin")
        other.write_row(0, 0, ["Thông tin", "Giá trị"])
        other.write_row(1, 0, ["Tên xã", "Hải Yến"])
        other.write_row(2, 0, ["Số liệu đến ngày", "29/5/2024"])
        book.get_worksheet_by_name("Thông tin").hide()
    return raw.getvalue()


RULES = """rulebook: thu
title: Thử
facts:
  unit: {label: Tên xã, type: text}
  as_of: {label: Số liệu đến ngày, type: date}
tables:
  thong_tin: {sheet: [Thông tin], kind: facts, columns: {}}
  ket_qua:
    sheet: [Kết quả]
    kind: results
    columns:
      id: {headings: [Mã], type: text}
      value: {headings: [Kết quả]}
      declared: {headings: [Đánh giá], type: verdict}
criteria:
  - {id: '1.1', unit: đồng, targets: [{meets: '>= 80000000'}]}
  - {id: '1.2', unit: '%', targets: [{meets: '>= 95%'}]}
  - {id: '1.3', unit: lớp, targets: [{meets: '>= 2'}]}
"""


# --- mutation ---------------------------------------------------------------------------------------------------------


def mutate(data: bytes, chance: random.Random, words: tuple[bytes, ...]) -> bytes:
    """A few cuts, doublings, swaps and foreign words."""
    made = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 4, 16))):
        at = chance.randrange(len(made) + 1)
        end = min(len(made), at + chance.choice((0, 1, 2, 8, 64)))
        match chance.randrange(5):
            case 0:
                made[at:end] = bytes(chance.randrange(256) for _ in range(end - at))
            case 1:
                del made[at:end]
            case 2:
                made[at:at] = made[at:end] * chance.choice((1, 3, 200))
            case 3:
                made[at:end] = chance.choice(words)
            case 4 if len(made) > at:
                made[at] ^= 1 << chance.randrange(8)
    return bytes(made)


def mutate_markup(data: bytes, chance: random.Random) -> bytes:
    """The same for XML: whole tags and texts go, come twice, change places, or get another number."""
    pieces = _PARTS.findall(data)
    if len(pieces) < 3 or chance.random() < 0.2:
        return mutate(data, chance, _MARKUP)
    for _ in range(chance.choice((1, 1, 2, 5))):
        at, other = chance.randrange(len(pieces)), chance.randrange(len(pieces))
        match chance.randrange(5):
            case 0:
                pieces[at] = b""
            case 1:
                pieces[at] *= chance.choice((2, 300))
            case 2:
                pieces[at], pieces[other] = pieces[other], pieces[at]
            case 3:
                pieces[at] = re.sub(rb"\d+", lambda _: chance.choice(_NUMBERS), pieces[at])
            case 4:
                pieces[at] = re.sub(rb'"[^"]*"', lambda _: b'"%b"' % chance.choice(_NUMBERS), pieces[at], count=1)
    return b"".join(pieces)


def mutate_workbook(raw: bytes, chance: random.Random) -> bytes:
    """Bytes of the zip file itself, or of the parts within."""
    if chance.random() < 0.25:
        return mutate(raw, chance, _NUMBERS)
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        names = old.namelist()
        chosen = set(chance.sample(names, chance.choice((1, 1, 2))))
        for name in names:
            data = old.read(name)
            if name in chosen and chance.random() < 0.05:
                continue
            new.writestr(name, mutate_markup(data, chance) if name in chosen else data)
    return made.getvalue()


# --- what is run ------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def bounded() -> Iterator[None]:
    """Whatever takes over `SECONDS` is stopped."""

    def stop(*_: object) -> None:
        raise HangError(f"over {SECONDS} s")

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def run_workbook(folder: Path, rules: Path) -> Callable[[bytes], None]:
    """Read, judge, show, write, and read what was written."""
    file, out = folder / "so.xlsx", folder / "ra.xlsx"
    rulebook = load_rulebook(rules)

    def run(raw: bytes) -> None:
        file.write_bytes(raw)
        evaluation: Evaluation = evaluate(file, rulebook)
        evaluation.to_json()
        evaluation.write(out)
        evaluate(out, rulebook).write()

    return run


def run_rules(folder: Path) -> Callable[[bytes], None]:
    """Load a rule file."""
    file = folder / "quy-tac.yaml"

    def run(raw: bytes) -> None:
        file.write_bytes(raw)
        try:
            load_rulebook(file)
        except RuleError as error:
            str(error)
            raise

    return run


def fuzz(seconds: float, seed: int, crashes: Path) -> dict[str, int]:
    """Run for so long; counts of inputs, of those that were taken, refused, and of crashes."""
    chance = random.Random(seed)
    counts = dict.fromkeys(("inputs", "taken", "refused", "crashed"), 0)
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "thu.yaml").write_text(RULES, encoding="utf-8")
        plain = small_workbook()
        run_book, load = run_workbook(folder, folder / "thu.yaml"), run_rules(folder)
        run_book(plain)  # what is not mutated is taken
        seeds = [plain, (folder / "ra.xlsx").read_bytes(), plain]
        texts = [
            RULES.encode(),
            RULES.encode(),
            *(path.read_bytes() for path in sorted(shipped_rules().glob("*.yaml"))),
        ]
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if chance.random() < 0.7:
                run, raw = run_book, mutate_workbook(chance.choice(seeds), chance)
            else:
                text = chance.choice(texts)
                start = chance.randrange(len(text)) if len(text) > 20_000 else 0
                run, raw = load, mutate(text[: start + 8_000], chance, _YAML)
            counts["inputs"] += 1
            try:
                with bounded():
                    run(raw)
                counts["taken"] += 1
            except NhiemvuError as error:
                counts["refused" if str(error) else "crashed"] += 1  # a refusal must say why
            except Exception:  # noqa: BLE001 (the very thing that is sought)
                counts["crashed"] += 1
                (crashes / f"crash-{counts['inputs']}.bin").write_bytes(raw)
                traceback.print_exc()
    return counts


def main() -> int:
    seconds, seed = float((*sys.argv[1:], "60")[0]), int((*sys.argv[2:], "20240529")[0])
    counts = fuzz(seconds, seed, Path.cwd())
    # not ru_maxrss, which after a fork starts from what the whole test process holds
    peak = int(re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[0]) // 1024
    print(f"{counts}, peak {peak} MiB")
    return int(counts["crashed"] > 0 or peak > MEBIBYTES)


if __name__ == "__main__":
    sys.exit(main())
