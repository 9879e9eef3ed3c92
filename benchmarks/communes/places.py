"""Provinces, districts and communes before 1/7/2025, and provinces and communes after, as spells for `units.csv`.

The tree depends on the number of communes and the seed alone, so that folders of several periods belong together. Only
Lạng Sơn, Cao Lộc and Hải Yến are real names; the others are made of syllables, and many communes share one.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

LAST_DAY = dt.date(2025, 6, 30)  # of the districts
FIRST_DAY = dt.date(2025, 7, 1)
COLUMNS = ("code", "name", "parent", "from", "to", "becomes")
PER_DISTRICT, PER_PROVINCE = 16, 240
_FIRST = (
    "An Bình Cẩm Đại Đông Gia Hải Hòa Hồng Hưng Khánh Kim Lâm Lạc Long Minh Mỹ Nam Ngọc Phú Phúc Quang Tân Tây "
    "Thạch Thanh Thịnh Thuận Tiên Trung Văn Vĩnh Xuân Yên"
)
_SECOND = (
    "An Bắc Cường Dương Đức Giang Hà Hải Hậu Hòa Hương Khê Lập Lộc Lợi Lương Minh Mỹ Nghĩa Phong Phú Quý Sơn "
    "Tâm Thành Thắng Thịnh Thủy Tiến Trạch Trung Vân Việt Yên"
)
_WARDS = ("Phường", "Thị trấn")


@dataclass(frozen=True, slots=True)
class Place:
    """One spell of a unit, a row of `units.csv`."""

    code: str
    name: str
    parent: str = ""
    since: dt.date | None = None
    until: dt.date | None = None
    becomes: str = ""

    def holds_on(self, day: dt.date) -> bool:
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


def draw_places(communes: int, seed: int) -> list[Place]:
    """Every spell of every unit, the communes before July 2025 as many as asked for."""
    random = Random(f"places {communes} {seed}")
    provinces = -(-communes // PER_PROVINCE)
    country = "VN" if provinces > 1 else ""
    found = [Place(country, "Cả nước")] if country else []
    number, district = 0, 182
    for p in range(provinces):
        code = f"{20 + p:02}"
        found.append(Place(code, "Tỉnh Lạng Sơn" if p == 0 else f"Tỉnh {_draw_name(random)}", country))
        left = communes * (p + 1) // provinces - communes * p // provinces
        while left:
            district += 1
            size = min(left, PER_DISTRICT if left < 2 * PER_DISTRICT else random.randint(12, 20))
            left -= size
            name = (
                "Huyện Cao Lộc"
                if district == 183
                else f"{random.choice(('Huyện', 'Huyện', 'Thị xã'))} {_draw_name(random)}"
            )
            found.append(Place(f"{district:03}", name, code, until=LAST_DAY))
            found += _draw_district(random, f"{district:03}", code, number, size, first=district == 183)
            number += size
    return found


def _draw_name(random: Random) -> str:
    while (first := random.choice(_FIRST.split())) == (second := random.choice(_SECOND.split())):
        pass
    return f"{first} {second}"


def _draw_district(
    random: Random, district: str, province: str, start: int, size: int, *, first: bool
) -> Iterable[Place]:
    """The communes of a district, and what becomes of them: most merge by twos to fours, some are split between two."""
    names: dict[str, str] = {}
    for i in range(size):
        code = f"{start + i + 1:05}"
        kind = _WARDS[i % 2] if random.random() < 0.12 else "Xã"
        while (name := f"{kind} {_draw_name(random)}") in names.values():
            pass
        names[code] = "Xã Hải Yến" if first and i == 0 else name
    codes = list(names)
    groups: list[list[str]] = []
    while codes:
        count = min(len(codes), random.choice((1, 2, 2, 3, 3, 4)))
        groups.append(codes[:count])
        codes = codes[count:]
    for number, group in enumerate(groups):
        heir = group[0]
        for code in group:
            becomes = "" if code == heir else heir
            if len(group) > 2 and code == group[-1] and number and random.random() < 0.3:
                share = random.choice((60, 70, 75))
                becomes = f"{heir}: {share}%; {groups[number - 1][0]}: {100 - share}%"
            yield Place(code, names[code], district, until=LAST_DAY, becomes=becomes)
        name = names[random.choice(group)] if len(group) > 1 else names[heir]
        kind = "Phường" if name.startswith(_WARDS) else "Xã"
        yield Place(heir, f"{kind} {name.split(' ', 1)[1].removeprefix('trấn ')}", province, since=FIRST_DAY)


def communes_on(places: Sequence[Place], day: dt.date) -> list[Place]:
    """The units of a day that stand above no other."""
    there = [place for place in places if place.holds_on(day)]
    above = {place.parent for place in there}
    return [place for place in there if place.code not in above]


def above(places: Sequence[Place], code: str, day: dt.date) -> list[Place]:
    """The units above one, the nearest first."""
    by_code = {place.code: place for place in places if place.holds_on(day)}
    found = []
    parent = by_code[code].parent
    while parent:
        found.append(by_code[parent])
        parent = by_code[parent].parent
    return found


def write_places(places: Sequence[Place], path: Path) -> None:
    """`units.csv`, as nhiemvu reads it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(COLUMNS)
        for place in places:
            days = [day.isoformat() if day else "" for day in (place.since, place.until)]
            rows.writerow((place.code, place.name, place.parent, *days, place.becomes))
