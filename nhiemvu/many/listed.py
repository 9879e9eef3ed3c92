"""Which unit of the tree a workbook is of: by its code, or without one by a name that only one unit has.

Units merge and split, and workbooks go on saying what was true before: whoever is not there on the day is told who took
over, and a code beside somebody else's name is not taken at its word.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import replace

from nhiemvu.engine.rows import UnitInfo
from nhiemvu.errors import Place, Problem, Severity
from nhiemvu.messages import N_, _
from nhiemvu.rules.units import Unit, Units
from nhiemvu.text import fold, format_date, format_percent, nearest, plain

LONGEST = 40  # letters of a code; a cell holds 32,767
SHOWN = 3  # units in one sentence
_KIND = re.compile(r"(?:(?:ubnd|uy ban nhan dan|xa|phuong|thi tran|tt|dac khu|huyen|quan|thi xa|thanh pho|tinh) )+")


class Listed:
    """The units of the tree on its day, found by what a workbook says; at once, since all of thousands may be wrong."""

    def __init__(self, tree: Units, day: dt.date) -> None:
        self.day = day
        self.nodes = tree.on(day)
        self.parents = {node.parent for node in self.nodes.values()}
        self._tree = tree
        self._named: dict[str, list[Unit]] = {}
        self._named_ever: dict[str, list[Unit]] = {}
        self._near: dict[str, list[str]] = {}
        self._padded: dict[str, list[str]] = {}
        for spell in tree:
            self._named_ever.setdefault(fold(spell.name), []).append(spell)
        for code, node in self.nodes.items():
            self._named.setdefault(fold(node.name), []).append(node)
            self._padded.setdefault(code.lstrip("0"), []).append(code)
            for form in _shorten(code):
                self._near.setdefault(form, []).append(code)

    def find_named(self, name: str) -> list[Unit]:
        """Who is called so, units that send workbooks before those that stand above them."""
        found = self._named.get(fold(name), []) if name else []
        return [node for node in found if node.code not in self.parents] or found

    def find_near(self, code: str) -> list[str]:
        """The code that looks most like a misspelling of this one."""
        return nearest(code, sorted({each for form in _shorten(code) for each in self._near.get(form, ())}))

    def find_past(self, code: str) -> Unit | None:
        """Who had a code that nobody has on the day: the last one before it, else the first one after."""
        spells = self._tree.spells(code)
        ended = [spell for spell in spells if spell.until is not None and spell.until < self.day]
        return ended[-1] if ended else spells[0] if spells else None

    def tell_past(self, name: str) -> str:
        """Who was called so, or will be, where nobody is on the day; empty where nobody ever was."""
        found = self._named_ever.get(fold(name), []) if name else []
        return "; ".join([*map(self.tell_spell, found[:SHOWN]), *("…" for _more in found[SHOWN:][:1])])

    def tell_spell(self, spell: Unit) -> str:
        """`Xã Hải Yến (06190, đến ngày 30/6/2025, nay thuộc Xã Cao Lộc (06196))`."""
        if spell.until is None or spell.until >= self.day:
            since = format_date(spell.since) if spell.since else "-"
            return _("{name} ({code}, từ ngày {since})", name=spell.name, code=spell.code, since=since)
        fill = {"name": spell.name, "code": spell.code, "until": format_date(spell.until)}
        shares = self._tree.follow(spell.code, spell.until, self.day)
        heirs = ", ".join(
            ("" if share == 1 else format_percent(share) + " ") + tell(self.nodes[code])
            for code, share in sorted(shares.items())
        )
        if not heirs:
            return _("{name} ({code}, đến ngày {until})", **fill)
        return _("{name} ({code}, đến ngày {until}, nay thuộc {heirs})", **fill, heirs=heirs)

    def tell_zeros(self, code: str) -> str:
        """Where Excel dropped the zeros before a code that was typed as a number: which it may be."""
        alike = [each for each in self._padded.get(code.lstrip("0"), ()) if each != code]
        if padded := [each for each in alike if len(each) > len(code)]:
            return _("; nếu là {codes} thì gõ lại mã dưới dạng chữ", codes=", ".join(padded))
        if not alike:
            return ""
        return _(
            "; danh sách đơn vị ghi {codes}: nếu số 0 ở đầu mã đã mất thì gõ lại mã trong danh sách dưới dạng chữ",
            codes=", ".join(alike),
        )


def tell(unit: Unit) -> str:
    """`Xã Cao Lộc (06196)`."""
    return f"{unit.name} ({unit.code})"


def _shorten(code: str) -> set[str]:
    """A code and what is left of it without one of its letters: two that share one of these differ in a letter."""
    return {code, *(code[:at] + code[at + 1 :] for at in range(len(code)) if len(code) <= LONGEST)}


def recognise(unit: UnitInfo, file: str, listed: Listed) -> tuple[UnitInfo, list[Problem]]:
    """The unit of the tree that a file means, as the tree calls it, and what has to be said about that."""
    problems: list[Problem] = []

    def say(code: str, message: str, fill: dict[str, object], severity: Severity = "error") -> None:
        problems.append(Problem(code, message, Place(file), fill, severity, unit=known.code if known else ""))

    alike = listed.find_named(unit.name)
    known = listed.nodes.get(unit.code)
    day = format_date(listed.day)
    has_code = unit.code not in (unit.name, unit.file)
    if known is None and not has_code:
        if len(alike) == 1:
            known = alike[0]
        elif alike:
            message = N_("sổ không ghi mã đơn vị, mà có {count} đơn vị tên «{name}»: {codes}; ghi mã vào sổ")
            codes = ", ".join(node.code for node in alike)
            say("unit-ambiguous", message, {"name": unit.name, "count": len(alike), "codes": codes})
        elif past := listed.tell_past(unit.name):
            message = N_(
                "sổ không ghi mã đơn vị, và không có đơn vị nào tên «{name}» trong danh sách đơn vị ngày {day}, chỉ có "
                "{past}; ghi mã của đơn vị hiện nay vào sổ"
            )
            say("unit-unknown", message, {"name": unit.name, "day": day, "past": past})
        else:
            message = N_("sổ không ghi mã đơn vị, và không có đơn vị nào tên «{name}» trong danh sách; ghi mã vào sổ")
            say("unit-unknown", message, {"name": unit.name or "-"})
    elif known is None and (spell := listed.find_past(unit.code)) is not None:
        message = (
            N_(
                "mã đơn vị {code} không có trong danh sách đơn vị ngày {day}; mã này là của {past}; gộp số liệu vào sổ "
                "của đơn vị hiện nay, hoặc sửa mã trong sổ"
            )
            if spell.until is not None and spell.until < listed.day
            else N_(
                "mã đơn vị {code} không có trong danh sách đơn vị ngày {day}; mã này là của {past}; sửa mã, hoặc ngày "
                "số liệu ghi trong sổ"
            )
        )
        say("unit-unknown", message, {"code": unit.code, "day": day, "past": listed.tell_spell(spell)})
    elif known is None:
        message = N_("mã đơn vị {code} không có trong danh sách đơn vị ngày {day}; gần nhất: {nearest}{zeros}")
        close = ", ".join(dict.fromkeys([*listed.find_near(unit.code), *(node.code for node in alike)])) or "-"
        zeros = listed.tell_zeros(unit.code)
        say("unit-unknown", message, {"code": unit.code, "day": day, "nearest": close, "zeros": zeros})
    if known is not None and known.code in listed.parents:
        message = N_(
            "mã {code} là của {name}, đơn vị có đơn vị trực thuộc nên không nộp sổ; sửa lại mã trong sổ{zeros}"
        )
        zeros = listed.tell_zeros(known.code)
        say("unit-above", message, {"code": known.code, "name": known.name, "zeros": zeros})
    elif known is not None:
        if unit.code != known.code:
            message = N_("sổ không ghi mã đơn vị; nhận ra theo tên «{name}» là mã {code}")
            say("unit-by-name", message, {"name": unit.name, "code": known.code}, "note")
        elif alike and known not in alike:
            message = N_(
                "sổ ghi mã {code}, là của {known}, nhưng tên «{name}» là của {others}; hỏi lại đơn vị gửi rồi sửa mã "
                "hoặc tên trong sổ"
            )
            others = _tell_all(alike)
            say("unit-name", message, {"code": unit.code, "known": known.name, "name": unit.name, "others": others})
        elif unit.name and not _is_named(unit.name, known):
            message = N_(
                "sổ ghi tên «{name}», còn mã {code} trong danh sách là {known}; kiểm tra mã; nếu là đơn vị mới sáp "
                "nhập thì xem số liệu trong sổ đã gồm mọi đơn vị cũ chưa"
            )
            say("unit-name", message, {"code": unit.code, "known": known.name, "name": unit.name}, "warning")
        unit = replace(unit, code=known.code, name=known.name)
    elif not has_code:
        unit = replace(unit, code="")  # the name that stands for it is none
    return unit, problems


def _tell_all(units: Iterable[Unit]) -> str:
    names = [tell(each) for each in units]
    return ", ".join([*names[:SHOWN], *("…" for _more in names[SHOWN:][:1])])


def _is_named(name: str, unit: Unit) -> bool:
    """Is it the unit's own name, however its kind, its marks, and whom it stands under are written."""
    own = _words(unit.name)
    return f" {_KIND.sub('', own, count=1) or own} " in f" {_words(name)} "


def _words(text: str) -> str:
    """Words without marks: `UBND xã Hải Yến, huyện Cao Lộc` -> `ubnd xa hai yen huyen cao loc`."""
    return " ".join(re.findall(r"\w+", plain(text)))
