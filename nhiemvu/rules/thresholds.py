"""The thresholds of an annex, as officials write them: `≥ 80%`, `Đạt`, `100% (50% cứng hóa)`, two lines by area.

What a cell says is either read whole, or said to be unread; nothing is guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from nhiemvu.messages import N_
from nhiemvu.rules.target import Target, suggest
from nhiemvu.text import Unreadable, fold, read_unit, tidy

AREA = "khu_vuc"
AREAS = ("I", "II", "III", "Không thuộc")

Row = dict[str, Any]

_AREA_LIST = r"i{1,3}(?: ?(?:,|;|/|và|hoặc) ?(?:khu vực |kv ?)?i{1,3})*"
_LEAD = r"(?:(?:áp dụng )?(?:đối với|với|cho) )?(?:các )?(?:xã |thôn )?"
_AREA = re.compile(rf"{_LEAD}(?P<out>không )?(?:thuộc |ở )?(?:khu vực|kv) ?(?P<areas>{_AREA_LIST})\b")
_REST = re.compile(rf"{_LEAD}(?:còn lại|khác)")
_BRACKETS = re.compile(r"(?P<before>[^()]*)\((?P<inside>[^()]+)\)(?P<after>[^()]*)")
_WITH_UNIT = re.compile(r"(?P<test>.*[0-9])(?P<unit> ?[^\W\d_][^0-9(),;:]*(?:m?[23²³])?(?:/[^0-9(),;:]+)*)", re.DOTALL)
_PER_CENT = re.compile(r"(?P<test>.*[0-9] ?%)(?P<rest>.+)", re.DOTALL)
_BARE = re.compile(r"[0-9.,]+ ?%?")
_CHANGES = re.compile(r"[0-9<>≤≥=]|\b(?:trở|hoặc|trừ|nhưng|không|nếu|khi)\b")  # what follows may turn the meaning
_LATER = ("quy định", "hướng dẫn", "công bố", "phê duyệt", "ban hành")
_EDGES = " \t\n:;,.-–()"
_MOST_UNIT_WORDS = 4


@dataclass(slots=True)
class Threshold:
    """What a cell says.

    Attributes:
        rows: the rows of the decision table: `meets` or `hole`, `when`, `otherwise`.
        unit: the unit that it names.
        declared: is it a matter of judgement (`Đạt`), not of figures.
        remarks: what of it was not read, each a template and its values.
        by_area: does it depend on the area of the commune.
    """

    rows: list[Row] = field(default_factory=list)
    unit: str = ""
    declared: bool = False
    remarks: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    by_area: bool = False

    def remark(self, message: str, **fill: object) -> None:
        """Note what was not read."""
        self.remarks.append((message, fill))


def read_threshold(text: str) -> Threshold:
    """What a cell of an annex says.

    >>> read_threshold("≥ 80%").rows, read_threshold("UBND cấp tỉnh quy định cụ thể").rows
    ([{'meets': '≥ 80%'}], [{'hole': 'UBND cấp tỉnh quy định cụ thể'}])
    >>> read_threshold("100% (50% cứng hóa)").remarks[0][1]
    {'part': '50% cứng hóa'}
    """
    found = Threshold()
    shown = tidy(text)
    if not shown:
        found.rows.append({"hole": "ô của phụ lục để trống"})
        found.remark(N_("ô để trống"))
        return found
    rows = _by_area(text, found)
    if rows:
        found.rows, found.by_area = rows, True
        return found
    meets = _one(shown, found)
    if meets is not None:
        found.rows.append({"meets": meets})
    elif any(fold(word) in fold(shown) for word in _LATER):
        found.rows.append({"hole": shown})
    else:
        found.rows.append({"hole": f"phụ lục ghi «{shown}», chưa đọc được"})
        if not found.remarks:
            found.remark(N_('chưa đọc được ngưỡng này; ghi lại ở dạng chuẩn, ví dụ "≥ 80%"'))
    return found


def _one(shown: str, found: Threshold) -> str | None:
    """One threshold that holds for everybody."""
    key = fold(shown)
    if key == fold("đạt"):
        found.declared = True
        return '"đạt"'
    if (meets := _number(shown, found)) is not None:
        return meets
    if key.startswith(fold("đạt ")) and not any(sign.isdigit() for sign in key):
        found.declared = True
        found.remark(N_("chỉ đọc được «Đạt»; phần «{part}» chưa thành quy tắc"), part=shown[len("Đạt") :].strip(_EDGES))
        return '"đạt"'
    if brackets := _BRACKETS.fullmatch(shown):
        before, inside, after = (brackets[name].strip() for name in ("before", "inside", "after"))
        meets = _one(before, found) if before and not after else None
        if meets is not None:
            found.remark(N_("đã đọc phần đầu; phần trong ngoặc «{part}» chưa thành quy tắc"), part=inside)
        return meets
    if per_cent := _PER_CENT.fullmatch(shown):
        meets = _number(per_cent["test"], found) if not _CHANGES.search(fold(per_cent["rest"])) else None
        if meets is not None:
            found.remark(N_("đã đọc phần đầu; phần «{part}» chưa thành quy tắc"), part=per_cent["rest"].strip(_EDGES))
        return meets
    return None


def _number(shown: str, found: Threshold) -> str | None:
    """A threshold in figures, with the unit behind it."""
    if _BARE.fullmatch(shown):
        meets = suggest(shown)
        sole = Target(meets).bounds if meets else ()
        if meets is None or len(sole) != 1 or (sole[0] != 0 and not (sole[0] == 1 and "%" in shown)):
            found.remark(N_("«{part}» không có dấu so sánh, chưa rõ là ≥, ≤ hay ="), part=shown)
            return None
        return meets
    meets = suggest(shown)
    if meets is not None:
        return meets if Target(meets).kind in ("number", "percent") else None
    with_unit = _WITH_UNIT.fullmatch(shown)
    if with_unit is None or "%" in shown:
        return None
    test, unit = with_unit["test"].strip(), with_unit["unit"].strip()
    if _BARE.fullmatch(test) or len(unit.split()) > _MOST_UNIT_WORDS or (meets := suggest(test)) is None:
        return None
    try:
        read_unit(unit)
    except Unreadable:
        return None
    if Target(meets).kind != "number":
        return None
    found.unit = unit
    return meets


# --- by area ---


def _by_area(text: str, found: Threshold) -> list[Row]:
    """A row for each area, where every part of the cell says for which communes it holds; else nothing."""
    parts = [tidy(line) for line in text.splitlines() if tidy(line)]
    if len(parts) == 1:
        parts = _split(parts[0])
    if not any(_AREA.search(fold(part)) for part in parts):
        return []
    rows: list[Row] = []
    inner = Threshold()
    for part in parts:
        row = _area_row(part, inner, alone=len(parts) == 1)
        if row is None or inner.remarks:
            found.remark(N_("phần «{part}» chưa đọc được thành ngưỡng theo khu vực"), part=part)
            return []
        rows.append(row)
    taken = [area for row in rows for area in row.get("when", {}).get(AREA, ())]
    if len(taken) != len(set(taken)) or sum("otherwise" in row for row in rows) > 1 or not taken:
        found.remark(N_("các phần theo khu vực chồng lên nhau"))
        return []
    found.unit, found.declared = inner.unit, inner.declared
    return rows


def _split(line: str) -> list[str]:
    """`≥ 35% (≥ 25% đối với xã KV III)` says two things; so do parts between semicolons."""
    brackets = _BRACKETS.fullmatch(line)
    inside = brackets["inside"] if brackets else ""
    own = any(sign.isdigit() for sign in _AREA.sub("", fold(inside)))
    if brackets and not brackets["after"].strip() and own and not _AREA.search(fold(brackets["before"])):
        return [brackets["before"] + " xã còn lại", inside]
    return [part.strip() for part in line.split(";") if part.strip()]


def _area_row(part: str, found: Threshold, *, alone: bool) -> Row | None:
    key = fold(part)
    area, rest = _AREA.search(key), _REST.search(key)
    condition = area or rest
    if condition is None or alone:
        return None
    bare = (key[: condition.start()].strip(_EDGES) + " " + key[condition.end() :].strip(_EDGES)).strip()
    meets = _one(bare, found)
    if meets is None:
        return None
    if area is None:
        return {"meets": meets, "otherwise": True}
    named = [name.upper() for name in re.findall(r"\bi{1,3}\b", area["areas"])]
    chosen = [name for name in AREAS if (name in named) != bool(area["out"])]
    return {"meets": meets, "when": {AREA: chosen}}
