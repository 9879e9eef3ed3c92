"""xls, xlsb and ods, by xlrd and python-calamine in a process of its own.

A few kilobytes of a hostile file can abort calamine's whole process or make it hang, which no `except` sees. So it
reads in a child with a limit of time and memory, and what comes back is plain JSON.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

from nhiemvu.errors import Place, Problem, WorkbookError
from nhiemvu.messages import N_, _
from nhiemvu.workbook import old_ods, old_xlsb
from nhiemvu.workbook.contents import make_cell
from nhiemvu.workbook.formats import Formats, make_formats, read_day
from nhiemvu.workbook.grid import Cell, Grid
from nhiemvu.workbook.old_xls import read_xls
from nhiemvu.workbook.strings import Strings

TIMEOUT = 20.0  # seconds
MAX_AREA = 4_000_000  # cells of the used range: calamine holds all of it, blank ones too
_MEMORY = 1 << 30
_ENCRYPTED = "encrypted"
_DURATION = re.compile(r"PT(\d{1,6})H(\d{1,2})M(\d{1,2}(?:\.\d{1,9})?)S")  # of an ods, where it is a day or longer
_NO_STRINGS = Strings()


def read_old(raw: bytes, kind: str, file: str) -> tuple[dict[str, Grid], frozenset[str], Formats]:
    """Every sheet of a workbook that is not OOXML, the names of the hidden ones, and the formats.

    Args:
        raw: the file.
        kind: `xls`, `xlsb` or `ods`.
        file: its name, for messages.

    Raises:
        WorkbookError: the reader refused the file, took too long, or died of it; or the file has a password.
    """
    command = [sys.executable, "-m", "nhiemvu.workbook.old_formats", kind]
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
    if given.get("refused") == _ENCRYPTED:
        raise _refused_encrypted(file, kind)
    if "refused" in given:
        raise _refused(file, kind, given["refused"] or _("hỏng, hoặc kiểu quá cũ"))
    codes = dict(enumerate(given["formats"]))
    formats = make_formats(codes, {}, [(at, 0) for at in codes], from_1904=given["from_1904"])
    grids, hidden = {}, set()
    for sheet in given["sheets"]:
        grid = Grid(sheet["name"], merges=[tuple(area) for area in sheet["merges"]])
        for row, column, tag, value, style in sheet["cells"]:
            grid.rows.setdefault(row, {})[column] = _make_cell(tag, value, style, formats)
        bottom = max(grid.rows, default=0)
        grid.hidden_rows = {row for a, b in sheet["hidden_rows"] for row in range(a, min(b, bottom) + 1)}
        grid.hidden_columns += [(first, last) for first, last in sheet["hidden_columns"]]
        grids[grid.name] = grid
        if sheet["hidden"]:
            hidden.add(grid.name)
    return grids, frozenset(hidden), formats


def _make_cell(tag: str, value: str | float | bool, style: int, formats: Formats) -> Cell:
    match tag:
        case "n":
            made = make_cell("n", style, repr(value), _NO_STRINGS, formats, formula=False)
            assert made is not None, "a number is written with a digit"
            return made
        case "d":
            day = dt.datetime.fromisoformat(str(value))
            return Cell(day if day.time() != dt.time() else day.date(), "date", str(value))
        case "b":
            return Cell(bool(value), "bool", str(value))
        case "c":  # a time of the day, or a length of time: as a part of days, or days
            days = float(value)
            moment = read_day(days)
            return Cell(days if moment is None else moment, "number" if moment is None else "date", repr(days))
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
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 (there is none on Windows)

    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def read_all(raw: bytes, kind: str) -> dict[str, object]:
    """What the child sends back: every sheet's cells as (row, column, tag, value, style), and the styles' formats."""
    try:
        return read_xls(raw) if kind == "xls" else _read_by_calamine(raw, kind)
    except BaseException:  # noqa: BLE001 (a panic of calamine's derives from BaseException)
        if kind != "ods":
            return {"refused": ""}
    try:
        return {"refused": _ENCRYPTED} if old_ods.is_encrypted(raw) else _read_by_calamine(old_ods.unindent(raw), kind)
    except BaseException:  # noqa: BLE001 (as above)
        return {"refused": ""}


def _read_by_calamine(raw: bytes, kind: str) -> dict[str, object]:
    import python_calamine  # noqa: PLC0415 (in the child only)

    book = python_calamine.load_workbook(io.BytesIO(raw))
    seen = old_ods.read_looks(raw) if kind == "ods" else {}
    codes, looks = old_xlsb.read_looks(raw) if kind == "xlsb" else (["", "0%"], {})
    sheets = []
    for data in book.sheets_metadata:
        if data.typ != python_calamine.SheetTypeEnum.WorkSheet:
            continue
        sheet = book.get_sheet_by_name(data.name)
        if sheet.total_height * sheet.total_width > MAX_AREA:
            return {"refused": f"{data.name}: {sheet.total_height} × {sheet.total_width}"}
        held = sheet.to_python(skip_empty_area=False)
        ods, xlsb = seen.get(data.name, old_ods.Looks()), looks.get(data.name, old_xlsb.Looks())
        styles = xlsb.styles | dict.fromkeys(ods.list_shares(len(held), max(map(len, held), default=0)), 1)
        cells = [
            (row, column, *tagged, styles.get((row, column), 0))
            for row, values in enumerate(held, 1)
            for column, value in enumerate(values, 1)
            if (row, column) not in xlsb.errors and (tagged := _tag(value)) is not None
        ]
        cells += [(row, column, "e", code, 0) for (row, column), code in xlsb.errors.items()]
        sheets.append(
            {
                "name": data.name,
                "hidden": data.visible != python_calamine.SheetVisibleEnum.Visible,
                "cells": cells,
                "merges": ods.merges + xlsb.merges,
                "hidden_rows": ods.hidden_rows,
                "hidden_columns": ods.hidden_columns,
            }
        )
    return {"sheets": sheets, "formats": codes, "from_1904": False}


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
    sys.stdout.write(json.dumps(read_all(sys.stdin.buffer.read(), sys.argv[1])))
