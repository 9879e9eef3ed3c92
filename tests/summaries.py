"""Summaries of any number of units, made from random figures: as `aggregate` gives them, without a workbook.

Every unit has its rows in words, and some have discrepancies and problems; some expected units sent nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nhiemvu.engine.figures import Figures, Lines, Sources
from nhiemvu.engine.groups import Group
from nhiemvu.engine.rows import UnitInfo
from nhiemvu.engine.stack import stack, take
from nhiemvu.errors import Place, Problem
from nhiemvu.evaluation import Evaluation
from nhiemvu.many.summary import Absent, Past, Submission, Summary
from nhiemvu.many.words import Findings, Packed, Words
from nhiemvu.rules.load import load_rulebook
from nhiemvu.rules.rulebook import Rulebook
from nhiemvu.verdicts import Verdict

RULES = "nhiem-vu-trong-tam-2024-hai-yen"
PERIOD = "6 tháng đầu năm 2024"
AS_OF = dt.date(2024, 5, 29)
SYLLABLES = """Hải Cao Công Lộc Thạch Hữu Xuân Mẫu Tân Bình Thanh Hòa Gia Hồng Phú Xuất Yên Bảo Thụy Đồng
Yến Lâu Sơn Khánh Đạn Phong Long Lễ Thành Đức Cát Hùng Mỹ Trạch Lâm Khê Giang Đình Quan Bằng"""
FIRST, SECOND = (line.split() for line in SYLLABLES.splitlines())
SOURCES = (
    "Kinh phí hỗ trợ đồng bào dân tộc thiểu số",
    "Kinh phí quy hoạch chi tiết",
    "Kinh phí trả nợ quy hoạch chung",
    "Kinh phí giao thông nông thôn",
    "Kinh phí sửa chữa trường lớp học",
    "Kinh phí nước sinh hoạt tập trung",
    "Kinh phí kiên cố hóa kênh mương",
)
REMARKS = (
    "Khu vực nhà văn hóa",
    "Đoạn đường xóm",
    "Công trình hạ tầng",
    "Chương trình giảm nghèo bền vững",
    "Vốn đối ứng",
)


class _Cells(Sources):
    """Places such as workbooks of one layout give them."""

    def __init__(self, rules: Rulebook) -> None:
        self._rows = {node.id: node.index + 10 for node in rules.criteria}

    def place(self, unit: int, criterion: str, field: str) -> str:
        column = {"name": "B", "value": "E", "numerator": "F", "denominator": "G", "declared": "I"}.get(field, "H")
        return f"Kết quả!{column}{self._rows[criterion] + unit % 3}"

    def line_place(self, unit: int, table: str, column: str, line: int) -> str:
        return f"Giải ngân!F{11 + line}"


def name_units(count: int) -> list[str]:
    """Names as communes have them; many share one."""
    pairs = [f"{first} {second}" for first in FIRST for second in SECOND]
    return [f"{'Xã' if at % 7 else 'Phường'} {pairs[at * 21 % len(pairs)]}" for at in range(count)]


def draw_figures(rules: Rulebook, count: int, seed: int, *, missing: float = 0.04) -> Figures:
    """Random figures: most communes meet most criteria, some cells are blank, some things do not arise."""
    rng = np.random.default_rng(seed)
    skill = rng.beta(6, 2, count)
    own: dict[tuple[str, str], np.ndarray] = {}
    declared: dict[str, np.ndarray] = {}
    for node in rules.criteria:
        if node.kind == "group":
            continue
        good = rng.random(count) < skill
        declared[node.id] = np.where(rng.random(count) < 0.05, 3, np.where(good, 1, 2)).astype(np.int8)
        if node.evidence == "declared" or not node.targets:
            continue
        bounds = [float(bound) for row in node.targets if row.target for bound in row.target.bounds] or [1.0]
        falls = any(row.target and row.target.intervals and row.target.intervals[0].low is None for row in node.targets)
        shift = np.where(good != falls, rng.uniform(0, 0.25, count), -rng.uniform(0, 0.4, count))
        blank = rng.random(count) < missing
        if node.is_percent:
            under = rng.integers(20, 900, count).astype(float)
            over = np.clip(np.ceil(under * np.clip(bounds[0] * (1 + shift), 0, 1)), 0, None)
            nothing = rng.random(count) < 0.03
            under[nothing], over[nothing] = 0, 0
            over[blank], under[blank] = np.nan, np.nan
            own[node.id, "numerator"], own[node.id, "denominator"] = over, under
        else:
            value = np.round(np.clip(bounds[0] * (1 + shift), 0, None), 0 if bounds[0] < 30 else 1)
            value[blank] = np.nan
            own[node.id, "value"] = value
    facts = {
        "khu_vuc": np.array(["I", "II", "Không thuộc"], dtype=object)[rng.integers(0, 3, count)],
        "mo_hinh_camera": np.array(["true", "false", ""], dtype=object)[rng.integers(0, 3, count)],
    }
    return Figures(
        units=[UnitInfo(f"{6000 + at:05d}", name, as_of=AS_OF) for at, name in enumerate(name_units(count))],
        dates=np.full(count, np.datetime64(AS_OF)),
        own=own,
        declared=declared,
        facts={name: values for name, values in facts.items() if name in rules.facts},
        lines=_draw_lines(rules, count, rng),
        sources=_Cells(rules),
    )


def _draw_lines(rules: Rulebook, count: int, rng: np.random.Generator) -> dict[str, Lines]:
    lines = {}
    if "giai_ngan" in rules.tables:
        each = rng.integers(4, len(SOURCES) + 1, count)
        unit = np.repeat(np.arange(count), each)
        plan = rng.integers(20, 900, len(unit)) * 1e6
        spent = np.round(plan * np.where(rng.random(len(unit)) < 0.4, 1, rng.random(len(unit))) / 1000) * 1000
        names = np.array(SOURCES, dtype=object)[np.concatenate([np.arange(n) for n in each])] if count else np.zeros(0)
        remarks = np.array(REMARKS, dtype=object)[rng.integers(0, len(REMARKS), len(unit))]
        columns = {
            "name": np.array([f"{name} ({remark})" for name, remark in zip(names, remarks, strict=True)], dtype=object),
            "ke_hoach": plan,
            "keo_dai": np.zeros(len(unit)),
            "da_giai_ngan": spent,
        }
        lines["giai_ngan"] = Lines(unit.astype(np.int64), columns, count)
    if "thu_ngan_sach" in rules.tables:
        plan = rng.integers(8, 90, count) * 1e6
        columns = {
            "name": np.full(count, "Thu ngân sách nhà nước", dtype=object),
            "du_toan_huyen": plan,
            "du_toan_xa": plan * 1.1,
            "thuc_hien": np.round(plan * rng.uniform(0.2, 1.4, count) / 1000) * 1000,
        }
        lines["thu_ngan_sach"] = Lines(np.arange(count, dtype=np.int64), columns, count)
    return lines


def make_summary(
    count: int,
    *,
    seed: int = 1,
    provinces: int = 1,
    districts: int = 10,
    periods: int = 0,
    rules: str | Rulebook = RULES,
    figures: Figures | None = None,
    folder: str = "/so",
    distinct: int = 0,
) -> Summary:
    """A summary of so many judged units; about one in twenty of the expected ones sent nothing or something broken.

    Args:
        count: units that are judged.
        seed: of the random figures.
        provinces: topmost groups below that of all; 0: no list of units, hence no groups.
        districts: groups in each province; 0: none.
        periods: earlier periods.
        rules: the rulebook.
        figures: instead of random ones.
        folder: where the workbooks lie.
        distinct: figures of so many units are drawn, and repeated; 0: of all.
    """
    rulebook = rules if isinstance(rules, Rulebook) else load_rulebook(rules)
    distinct = min(distinct or count, count)
    figures = figures or draw_figures(rulebook, distinct, seed)
    evaluation = Evaluation(rulebook, figures)
    packed = [_pack_words(evaluation, at) for at in range(distinct)]
    if distinct < count:
        figures = take(stack([figures] * -(-count // distinct)), np.arange(count, dtype=np.intp))
    figures.units = [
        UnitInfo(f"{6000 + at:05d}", name, period=PERIOD, as_of=AS_OF, file=f"{6000 + at:05d}.xlsx")
        for at, name in enumerate(name_units(count))
    ]
    words = [Words(packed[at % distinct], unit.code) for at, unit in enumerate(figures.units)]
    groups, homes = _make_groups(count, provinces, districts)
    absent = _make_absent(count, homes)
    submissions = [
        Submission(f"so/{unit.file}", "evaluated", unit.code, unit.name, f"{at:064x}", f"{folder}/so/{unit.file}")
        for at, unit in enumerate(figures.units)
    ]
    submissions += _make_others(absent, folder)
    past = [_make_past(rulebook, count, seed + 10 + at, at, periods) for at in range(periods)]
    return Summary(rulebook, figures, words, submissions, absent, groups, past)


def _pack_words(evaluation: Evaluation, at: int) -> Packed:
    findings = Findings(tuple(evaluation.find_discrepancies(at)), tuple(evaluation.find_problems(at)))
    return Words.pack(findings, evaluation.rows(at))


def _make_groups(count: int, provinces: int, districts: int) -> tuple[list[Group], list[tuple[str, ...]]]:
    """Groups as `settle` makes them, and the names of those above each unit."""
    everybody = np.arange(count, dtype=np.intp)
    if not provinces:
        return [], [() for _each in range(count)]
    groups = [] if provinces == 1 else [Group("", "", 0, "", everybody, count + count // 20)]
    start = len(groups)
    homes: list[tuple[str, ...]] = [()] * count
    for p, members in enumerate(np.array_split(everybody, provinces)):
        code, name = f"{20 + p:02d}", "Tỉnh Lạng Sơn" if p == 0 else f"Tỉnh {SECOND[p % 20]} {FIRST[p // 2 % 20]}"
        groups.append(Group(code, name, start, "", members, len(members) + len(members) // 20))
        parts = np.array_split(members, districts) if districts else []
        for at in members:
            homes[at] = (name,)
        for d, below in enumerate(parts):
            district = f"Huyện {FIRST[(d + p) % 20]} {SECOND[(d * 3 + p) % 20]}"
            groups.append(Group(f"{code}{d:02d}", district, start + 1, code, below, len(below) + len(below) // 20))
            for at in below:
                homes[at] = (name, district)
    return groups, homes


def _make_absent(count: int, homes: Sequence[tuple[str, ...]]) -> list[Absent]:
    whys = ("missing", "failed", "missing", "conflict")
    names = name_units(count + count // 20)[count:]
    return [
        Absent(f"{6000 + at * 20:05d}x", name, homes[at * 20], whys[at % 4])  # type: ignore[arg-type]  # one of its reasons
        for at, name in enumerate(names)
    ]


def _make_others(absent: Sequence[Absent], folder: str) -> list[Submission]:
    broken = Problem(
        "not-a-workbook",
        "không mở được: tệp không phải sổ Excel (.xlsx); hãy mở bằng Excel rồi lưu lại dạng .xlsx",
        Place("hong.xlsx"),
    )
    note = Problem("lock-file", "tệp khóa của Excel, sổ đang mở ở đâu đó; không phải sổ", severity="note")
    found = [Submission("so/~$6000.xlsx", "skipped", link=f"{folder}/so/~$6000.xlsx", problems=(note,))]
    for each in absent:
        if each.why == "missing":
            continue
        state = each.why
        for copy in range(2 if state == "conflict" else 1):
            name = f"so/{each.code}{' (sửa)' if copy else ''}.xlsx"
            unreadable = replace(broken, place=Place(name, "Kết quả", "E12"))
            found.append(Submission(name, state, each.code, each.name, "", f"{folder}/{name}", (unreadable,)))
    return found


def _make_past(rules: Rulebook, count: int, seed: int, at: int, periods: int) -> Past:
    earlier = Evaluation(rules, draw_figures(rules, count, seed, missing=0.08))
    year = AS_OF.year - (periods - at + 1) // 2
    half = (periods - at) % 2
    period = f"Năm {year}" if half else f"6 tháng đầu năm {year}"
    verdict = earlier.concluded.verdict.copy()
    verdict[:, ::9] = -1  # not known then
    value = np.full(verdict.shape, np.nan)
    for node in rules.criteria:
        judged = earlier.concluded.judged.get(node.id)
        if judged is not None and judged.measured is not None:
            value[node.index] = judged.measured.value
    value[:, ::9] = np.nan
    counts = np.stack([np.bincount(codes[codes >= 0], minlength=len(Verdict)) for codes in verdict])
    return Past(period, dt.date(year, 12 if half else 6, 30), verdict, value, counts)
