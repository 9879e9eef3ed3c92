"""xls, xlsb and ods, by python-calamine in a process of its own.

A few kilobytes of a hostile file can abort calamine's whole process or make it hang, which no `except` sees. So it
reads in a child with a limit of time and memory, and what comes back is plain JSON.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import math
import os
import re
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

from nhiemvu.errors import Place, Problem, WorkbookError
from nhiemvu.messages import N_, _
from nhiemvu.workbook.formats import read_day
from nhiemvu.workbook.grid import Cell, Grid

TIMEOUT = 20.0  # seconds
MAX_AREA = 4_000_000  # cells of the used range: calamine holds all of it, blank ones too
_MEMORY = 1 << 30
_MANIFEST = "META-INF/manifest.xml"
_IS_ENCRYPTED = "encrypted"
_DURATION = re.compile(r"PT(\d{1,6})H(\d{1,2})M(\d{1,2}(?:\.\d{1,9})?)S")  # of an ods, where it is a day or longer
# blanks after a tag that holds no text itself
_INDENTED = re.compile(
    rb"(<(?:/?(?:table|office|draw|svg|calcext|loext|style|number|form|dc):[^<>]*+|/text:(?:p|h|list)|\?xml[^<>]*+)>)\s++(?=<)"
)
# the record FILEPASS right after the beginning of a workbook's stream, or after WRITEPROT: BIFF5 and BIFF8
_ENCRYPTED = re.compile(
    rb"\x09\x08(?:\x10\x00\x00\x06\x05\x00.{12}|\x08\x00\x00\x05\x05\x00.{4})(?:\x86\x00\x00\x00)?\x2f\x00", re.DOTALL
)


def read_old(raw: bytes, kind: str, file: str) -> tuple[dict[str, Grid], frozenset[str]]:
    """Every sheet of a workbook that is not OOXML, and the names of the hidden ones.

    Args:
        raw: the file.
        kind: `xls`, `xlsb` or `ods`.
        file: its name, for messages.

    Raises:
        WorkbookError: calamine refused the file, took too long, or died of it.
    """
    command = [sys.executable, "-m", "nhiemvu.workbook.old_formats"]
    home = str(Path(__file__).parents[2])
    paths = os.pathsep.join(filter(None, [home, os.environ.get("PYTHONPATH", "")]))
    try:
        done = subprocess.run(  # noqa: S603 (our own module, no shell)
            command,
            input=raw,
            capture_output=True,
            timeout=TIMEOUT,
            env={**os.environ, "PYTHONPATH": paths},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _refused(file, kind, _("quá {seconds} giây", seconds=f"{TIMEOUT:g}")) from None
    if done.returncode or not done.stdout:
        raise _refused(file, kind, _("quá lớn hoặc hỏng"))
    given = json.loads(done.stdout)
    if "refused" in given:
        if given["refused"] == _IS_ENCRYPTED or (kind == "xls" and _ENCRYPTED.search(raw)):
            raise _refused_encrypted(file, kind)
        raise _refused(file, kind, given["refused"] or _("hỏng, hoặc kiểu quá cũ"))
    grids, hidden = {}, set()
    for sheet in given["sheets"]:
        grid = Grid(sheet["name"], merges=[tuple(area) for area in sheet["merges"]])
        for row, column, tag, value in sheet["cells"]:
            grid.rows.setdefault(row, {})[column] = _make_cell(tag, value)
        grids[grid.name] = grid
        if sheet["hidden"]:
            hidden.add(grid.name)
    return grids, frozenset(hidden)


def _make_cell(tag: str, value: str | float | bool) -> Cell:
    match tag:
        case "d":
            day = dt.datetime.fromisoformat(str(value))
            return Cell(day if day.time() != dt.time() else day.date(), "date", str(value))
        case "b":
            return Cell(bool(value), "bool", str(value))
        case "c":  # a time of the day, or a length of time: as a part of days, or days
            days = float(value)
            moment = read_day(days)
            return Cell(days if moment is None else moment, "number" if moment is None else "date", repr(days))
        case "n":
            finite = math.isfinite(value)  # type: ignore[arg-type]  # a damaged file holds others
            return Cell(float(value) if finite else None, "number" if finite else "lost", repr(value))
        case "e":
            return Cell(None, "error", str(value))
    return Cell(value, "text", str(value))


def _refused_encrypted(file: str, kind: str) -> WorkbookError:
    return WorkbookError(
        Problem(
            "encrypted",
            N_(
                "sổ kiểu .{kind} này được mã hóa nên không đọc được: có mật khẩu mở, hoặc cấu trúc sổ được bảo vệ; hãy "
                "mở bằng Excel hoặc LibreOffice, bỏ mật khẩu và bảo vệ sổ, chọn Lưu thành (Save As) kiểu Excel "
                "Workbook (.xlsx)"
            ),
            Place(file),
            {"kind": kind},
        )
    )


def _refused(file: str, kind: str, why: str) -> WorkbookError:
    return WorkbookError(
        Problem(
            "unreadable-old-format",
            N_(
                "không đọc được sổ kiểu .{kind} này ({why}); hãy mở bằng Excel, chọn Lưu thành (Save As) kiểu Excel "
                "Workbook (.xlsx)"
            ),
            Place(file),
            {"kind": kind, "why": why},
        )
    )


# --- in the child -----------------------------------------------------------------------------------------------


def bound_memory(most: int) -> None:
    """Let this process have so many bytes and no more, where the system can do that."""
    try:
        import resource  # noqa: PLC0415 (POSIX only)
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def read_all(raw: bytes) -> dict[str, object]:
    """What the child sends back: every sheet's cells as (row, column, tag, value)."""
    found = _read_with_calamine(raw)
    if "refused" not in found or not raw.startswith(b"PK"):
        return found
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            if b"encryption-data" in archive.read(_MANIFEST):
                return {"refused": _IS_ENCRYPTED}
            return _read_with_calamine(_unindent(archive))
    except (KeyError, zipfile.BadZipFile, OSError, ValueError, zlib.error):  # no ods, or a damaged one
        return found


def _unindent(archive: zipfile.ZipFile) -> bytes:
    """An ods without the blanks between the tags of its tables, which calamine refuses and the standard allows."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as copy:
        for name in ("mimetype", _MANIFEST):
            copy.writestr(name, archive.read(name))
        copy.writestr("content.xml", _INDENTED.sub(rb"\1", archive.read("content.xml")))
    return made.getvalue()


def _read_with_calamine(raw: bytes) -> dict[str, object]:
    import python_calamine  # noqa: PLC0415 (in the child only)

    try:
        book = python_calamine.load_workbook(io.BytesIO(raw))
        sheets = []
        for data in book.sheets_metadata:
            if data.typ != python_calamine.SheetTypeEnum.WorkSheet:
                continue
            sheet = book.get_sheet_by_name(data.name)
            if sheet.total_height * sheet.total_width > MAX_AREA:
                return {"refused": f"{data.name}: {sheet.total_height} × {sheet.total_width}"}
            cells = [
                (row, column, *tagged)
                for row, values in enumerate(sheet.to_python(skip_empty_area=False), 1)
                for column, value in enumerate(values, 1)
                if (tagged := _tag(value)) is not None
            ]
            merges = [(a[0] + 1, a[1] + 1, b[0] + 1, b[1] + 1) for a, b in sheet.merged_cell_ranges or ()]
            hidden = data.visible != python_calamine.SheetVisibleEnum.Visible
            sheets.append({"name": data.name, "hidden": hidden, "cells": cells, "merges": merges})
    except BaseException:  # noqa: BLE001 (a panic of calamine's derives from BaseException)
        return {"refused": ""}
    return {"sheets": sheets}


def _tag(value: object) -> tuple[str, object] | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "b", value
    if isinstance(value, int | float):
        return "n", float(value)
    if isinstance(value, dt.datetime | dt.date):
        return "d", value.isoformat()
    if isinstance(value, dt.time):
        return "c", (dt.datetime.combine(dt.date.min, value) - dt.datetime.min) / dt.timedelta(days=1)
    if isinstance(value, dt.timedelta):
        return "c", value / dt.timedelta(days=1)
    if isinstance(value, str) and (found := _DURATION.fullmatch(value)):
        hours, minutes, seconds = map(float, found.groups())
        return "c", (hours * 3600 + minutes * 60 + seconds) / 86_400
    return "t", str(value)


if __name__ == "__main__":
    bound_memory(_MEMORY)
    sys.stdout.write(json.dumps(read_all(sys.stdin.buffer.read())))
