"""LibreOffice and IronCalc as calculators: one workbook, thousands of fillings, what certain cells come to.

LibreOffice is started once and driven by a macro of its own profile: it opens the workbook, types each filling into it,
computes, and writes down the cells asked for.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

Cell = tuple[str, str]  # sheet and address
Typed = float | str | bool
Filling = Mapping[Cell, Typed]
Area = tuple[str, str]  # sheet and first:last

_LIBRARY = {
    "Standard/script.xlb": """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE library:library PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "library.dtd">
<library:library xmlns:library="http://openoffice.org/2000/library" library:name="Standard"
 library:readonly="false" library:passwordprotected="false">
<library:element library:name="Fill"/>
</library:library>""",
    "Standard/Fill.xba": """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE script:module PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "module.dtd">
<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Fill"
 script:language="StarBasic">{code}</script:module>""",
}
_CODE = """
Sub Run(folder As String)
  Dim files, source, target, line As String, parts, i, j, k, held, cells, told As String, areas(99), many
  On Error GoTo Failed
  files = CreateUnoService("com.sun.star.ucb.SimpleFileAccess")
  source = CreateUnoService("com.sun.star.io.TextInputStream")
  source.setInputStream(files.openFileRead(folder &amp; "/jobs.txt"))
  source.setEncoding("UTF-8")
  target = CreateUnoService("com.sun.star.io.TextOutputStream")
  target.setOutputStream(files.openFileWrite(folder &amp; "/told.txt"))
  target.setEncoding("UTF-8")
  Dim hidden(0) As New com.sun.star.beans.PropertyValue
  hidden(0).Name = "Hidden"
  hidden(0).Value = True
  Dim book
  book = StarDesktop.loadComponentFromURL(folder &amp; "/book.xlsx", "_blank", 0, hidden())
  For i = 0 To book.Sheets.Count - 1
    If book.Sheets(i).isProtected() Then book.Sheets(i).unprotect("")
  Next
  book.enableAutomaticCalculation(False)
  many = 0
  While Not source.isEOF()
    line = source.readLine()
    parts = Split(line, Chr(9))
    If line = "" Then
    ElseIf parts(0) = "A" Then
      areas(many) = book.Sheets(CInt(parts(1))).getCellRangeByName(parts(2))
      many = many + 1
    ElseIf parts(0) = "I" Then
      book.Sheets(CInt(parts(1))).Rows.insertByIndex(CLng(parts(2)) - 1, CLng(parts(3)))
    ElseIf parts(0) = "D" Then
      book.Sheets(CInt(parts(1))).Rows.removeByIndex(CLng(parts(2)) - 1, CLng(parts(3)))
    ElseIf parts(0) = "W" Then
      book.calculate()
      Dim kind(0) As New com.sun.star.beans.PropertyValue
      kind(0).Name = "FilterName"
      kind(0).Value = "Calc MS Excel 2007 XML"
      book.storeToURL(folder &amp; "/saved.xlsx", kind())
    ElseIf parts(0) = "E" Then
      book.calculate()
      For k = 0 To many - 1
        told = ""
        held = areas(k).getDataArray()
        For i = 0 To UBound(held)
          cells = held(i)
          For j = 0 To UBound(cells)
            told = told &amp; cells(j) &amp; Chr(9)
          Next
        Next
        target.writeString(told &amp; Chr(10))
      Next
    Else
      With book.Sheets(CInt(parts(1))).getCellRangeByName(parts(2))
        If parts(0) = "X" Then
          .clearContents(23)
        ElseIf parts(0) = "S" Then
          .setString(parts(3))
        ElseIf parts(0) = "B" Then
          .setFormula(parts(3))
        Else
          .setValue(Val(parts(3)))
        End If
      End With
    End If
  Wend
  target.closeOutput()
  book.close(True)
  StarDesktop.terminate()
  Exit Sub
Failed:
  target.writeString("Basic: " &amp; Error$ &amp; " (" &amp; Erl &amp; ") at " &amp; line)
  target.closeOutput()
  StarDesktop.terminate()
End Sub
"""
_RECALCULATE = """<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item></oor:items>"""


def has_libreoffice() -> bool:
    return shutil.which("soffice") is not None


def has_ironcalc() -> bool:
    return importlib.util.find_spec("ironcalc") is not None


def compute_with_libreoffice(
    book: bytes, sheets: Sequence[str], fillings: Sequence[Filling], areas: Sequence[Area], folder: Path
) -> list[list[list[str]]]:
    """What the areas hold after each filling: texts, cell by cell, as LibreOffice spells them.

    Args:
        book: the workbook; it is opened once.
        sheets: its sheets, in order.
        fillings: each is typed into the workbook as it was opened.
        areas: what is asked for.
        folder: an empty folder for the profile and the files in between.
    """
    numbers = {name: i for i, name in enumerate(sheets)}
    jobs = [f"A\t{numbers[sheet]}\t{area}" for sheet, area in areas]
    before: Filling = {}
    for filling in fillings:
        jobs += [f"X\t{numbers[sheet]}\t{cell}" for sheet, cell in before if (sheet, cell) not in filling]
        jobs += type_in(sheets, {at: value for at, value in filling.items() if _differs(before.get(at), value)})
        jobs.append("E")
        before = filling
    lines = run_libreoffice(book, jobs, folder)
    told = [line.split("\t")[:-1] for line in lines[: len(fillings) * len(areas)]]
    return [told[i * len(areas) : (i + 1) * len(areas)] for i in range(len(fillings))]


def type_in(sheets: Sequence[str], filling: Filling) -> list[str]:
    """The jobs that type a filling."""
    numbers = {name: i for i, name in enumerate(sheets)}
    return [f"{_kind(value)}\t{numbers[sheet]}\t{cell}\t{_spell(value)}" for (sheet, cell), value in filling.items()]


def run_libreoffice(book: bytes, jobs: Sequence[str], folder: Path) -> list[str]:
    """Do jobs in a workbook, one a line: its letter, the number of the sheet, the cell or row, what is typed.

    A: from now on E writes this area down; E: compute and write down; S, B, N, X: type a text, a truth value, a number,
    nothing; I, D: insert or delete rows; W: save as `saved.xlsx`.
    """
    profile = folder / "profile"
    begin = ["soffice", f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore"]
    subprocess.run([*begin, "--terminate_after_init"], check=True, capture_output=True, timeout=120)
    basic = profile / "user" / "basic"  # a profile that is made by hand would be filled over
    for name, content in _LIBRARY.items():
        (basic / name).write_text(content.replace("{code}", _CODE), encoding="utf-8")
    registry = basic.parent / "registrymodifications.xcu"
    registry.write_text(registry.read_text(encoding="utf-8").replace("</oor:items>", _RECALCULATE), encoding="utf-8")
    (folder / "book.xlsx").write_bytes(book)
    (folder / "jobs.txt").write_text("\n".join(jobs), encoding="utf-8")
    macro = f'macro:///Standard.Fill.Run("{folder.as_uri()}")'
    subprocess.run([*begin, macro], check=True, capture_output=True, timeout=1800)
    lines = (folder / "told.txt").read_text(encoding="utf-8").split("\n")
    assert not lines[-1], lines[-1]
    return lines


def _differs(one: Typed | None, other: Typed) -> bool:
    return one != other or type(one) is not type(other)


def _kind(value: Typed) -> str:
    return "S" if isinstance(value, str) else "B" if isinstance(value, bool) else "N"


def _spell(value: Typed) -> str:
    if isinstance(value, bool):
        return f"={str(value).upper()}()"
    return value if isinstance(value, str) else repr(float(value))


_FORMAT = re.compile(r'LEFT\(CELL\("format",(?:INDEX\([^()]*\)|[^()]*)\),1\)')
_SPECIAL = re.compile(
    r"SUMPRODUCT\(--\((?:LEFT\([^()]*,LEN\([^()]*\)\)|SUBSTITUTE\(SUBSTITUTE\([^()]*\),[^()]*\))=[^()]*\)\)>0"
)


class IronCalc:
    """The same with IronCalc, which lacks two things that the formulas use: `CELL`, and arrays of lengths of words.

    So it takes every format as the template has it, and no word as one that ends a table.
    """

    def __init__(self, book: bytes, sheets: Sequence[str], folder: Path) -> None:
        import ironcalc
        from fillings import replace_in_sheets

        path = folder / "ironcalc.xlsx"
        path.write_bytes(replace_in_sheets(book, self._adapt))
        self._model: Any = ironcalc.load_from_xlsx(str(path), "en", "UTC", "en")
        self._numbers = {name: i for i, name in enumerate(sheets)}
        self._before: Filling = {}

    @staticmethod
    def _adapt(xml: str) -> str:
        xml = xml.replace("&quot;", '"')
        xml = re.sub(_FORMAT.pattern + r'="P"', "TRUE", xml)
        return _SPECIAL.sub("FALSE", _FORMAT.sub('"F"', xml))

    def compute(self, filling: Filling, areas: Sequence[Area]) -> list[list[str]]:
        """What the areas hold after a filling."""
        for sheet, cell in self._before.keys() - filling.keys():
            self._model.clear_cell_contents(self._numbers[sheet], *_at(cell))
        for (sheet, cell), value in filling.items():
            if isinstance(value, str):
                value = "'" + value  # noqa: PLW2901 (a text, whatever it looks like)
            self._model.set_user_input(self._numbers[sheet], *_at(cell), _spell(value))
        self._before = filling
        self._model.evaluate()
        return [
            [str(self._model.get_formatted_cell_value(self._numbers[sheet], *at)) for at in _cells(area)]
            for sheet, area in areas
        ]


def _at(cell: str) -> tuple[int, int]:
    letters, digits = re.fullmatch(r"([A-Z]+)(\d+)", cell).groups()  # type: ignore[union-attr]
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return int(digits), column


def _cells(area: str) -> Iterator[tuple[int, int]]:
    first, last = (_at(cell) for cell in area.split(":"))
    for row in range(first[0], last[0] + 1):
        for column in range(first[1], last[1] + 1):
            yield row, column
