"""From the rows of an annex of criteria to a draft rulebook, with everything that could not be read, at its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nhiemvu.errors import Place, Problem
from nhiemvu.messages import N_, _
from nhiemvu.rules import models
from nhiemvu.rules.thresholds import AREA, AREAS, Threshold, read_threshold
from nhiemvu.rules.write import Path, write_rulebook
from nhiemvu.text import plain, tidy

STANDARD_LAYOUT = "bo-cuc-chuan"

_NUMBERED = re.compile(r"(?P<id>[0-9]+(?:\.[0-9]+)+)\s*[.):]?\s*(?P<name>\S.*)", re.DOTALL)
_BELOW = re.compile(r"(?:[-+•]|(?P<letter>[a-zđ])\))\s*(?P<name>\S.*)", re.DOTALL)
_ID = re.compile(r"[0-9A-Za-zĐđ][0-9A-Za-zĐđ._-]*")
_UNIT = re.compile(r"\((?:(?:ĐVT|đvt|đơn vị(?: tính)?) ?:? ?)?(?P<unit>[^()/]{1,24}/[^()]{1,24})\)\s*$")


@dataclass(frozen=True, slots=True)
class AnnexRow:
    """One row of an annex, merged cells filled.

    Attributes:
        number: of the criterion (the column TT), `title` its name; the same in each of its rows.
        content: the sub-criterion.
        threshold: what the chosen column says, `at` where.
        section: the row is a heading over the criteria that follow.
    """

    number: str
    title: str
    content: str
    threshold: str
    at: Place
    section: bool = False


@dataclass(slots=True)
class Draft:
    """A draft rulebook.

    Attributes:
        form: it loads, with a hole wherever a threshold is still wanted.
        problems: what was not read, or not whole, each with its cell.
        comments: the same, for the YAML.
    """

    form: models.RuleFile
    problems: list[Problem]
    comments: dict[Path, list[str]]

    @property
    def text(self) -> str:
        """The rule file."""
        return write_rulebook(self.form, self.comments)

    @property
    def summary(self) -> str:
        """How much was read, and what is left to do."""
        leaves = [leaf for root in self.form.criteria for leaf in _leaves(root)]
        return _(
            "Đã đọc {leaves} nội dung; {holes} ngưỡng còn trống, {unread} chỗ phải đọc lại.",
            leaves=len(leaves),
            holes=sum(row.hole is not None for leaf in leaves for row in leaf.targets),
            unread=len(self.problems),
        )


def _leaves(criterion: models.Criterion) -> Iterator[models.Criterion]:
    if not criterion.roll_up:
        yield criterion
    for child in criterion.children:
        yield from _leaves(child)


def draft_rulebook(rows: Iterable[AnnexRow], name: str, title: str, document: str, column: str) -> Draft:
    """Make a draft of the rows of an annex.

    Args:
        rows: in order.
        name: short name of the rulebook; made fit.
        title: its title.
        document: the document that the annex belongs to; empty where it is not known.
        column: the chosen column, for the head of the file.
    """
    author = _Author(document)
    for row in rows:
        author.take(row)
    author.finish()
    data: dict[str, Any] = {"rulebook": make_name(name), "title": title}
    if document:
        data["source"] = {"document": document}
    data["includes"] = [STANDARD_LAYOUT]
    if author.by_area:
        data["facts"] = {
            AREA: {"label": "Khu vực", "type": "choice", "choices": list(AREAS), "aliases": ["Xã khu vực"]}
        }
    data["criteria"] = author.roots
    comments: dict[Path, list[str]] = {
        (): [_("Bản nháp đọc từ phụ lục, cột «{column}»; phải đọc lại toàn bộ trước khi dùng.", column=column)]
    }
    _place_comments(author.roots, ("criteria",), author.remarks, comments)
    return Draft(models.RuleFile.model_validate(data), author.problems, comments)


def make_name(text: str) -> str:
    """A short name of a rulebook out of any text.

    >>> make_name("Phụ lục NTM 2026.xlsx")
    'phu-luc-ntm-2026-xlsx'
    """
    return re.sub(r"[^a-z0-9]+", "-", plain(text)).strip("-")[:80] or "ban-nhap"


def _place_comments(
    criteria: Sequence[dict[str, Any]], path: Path, remarks: Mapping[str, list[str]], comments: dict[Path, list[str]]
) -> None:
    for number, criterion in enumerate(criteria):
        at = (*path, number)
        if criterion["id"] in remarks:
            comments[(*at, "targets") if "targets" in criterion else at] = remarks[criterion["id"]]
        _place_comments(criterion.get("children", ()), (*at, "children"), remarks, comments)


@dataclass(slots=True)
class _Author:
    document: str
    roots: list[dict[str, Any]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    remarks: dict[str, list[str]] = field(default_factory=dict)
    by_area: bool = False
    _section: dict[str, Any] | None = None
    _opened_by: AnnexRow | None = None
    _group: dict[str, Any] | None = None
    _leaf: dict[str, Any] | None = None
    _number: tuple[str, str] = ("", "")
    _ids: set[str] = field(default_factory=set)
    _blank: set[str] = field(default_factory=set)  # whose cell holds nothing

    def take(self, row: AnnexRow) -> None:
        """One row more."""
        if row.section:
            number = row.number if _ID.fullmatch(row.number) else f"nhom-{len(self.roots) + 1}"
            self._close_section()
            self._section, self._opened_by = self._add(self.roots, number, row.title, row, group=True), row
            self._group, self._number = None, ("", "")
            return
        if not row.content:  # a criterion that is not divided
            number = row.number if _ID.fullmatch(row.number) else f"{len(self._holder) + 1}"
            self._leaf = self._add(self._holder, number, row.title, row)
            self._group = None
            return
        group = self._open_group(row)
        content = tidy(row.content)
        numbered, below = _NUMBERED.fullmatch(content), _BELOW.fullmatch(content)
        if below and self._leaf is not None:
            self._add_below(below, row)
            return
        siblings = group["children"]
        if numbered:
            number, name = numbered["id"], numbered["name"]
            if not number.startswith(f"{group['id']}."):
                self._say(row, N_("mã «{id}» không bắt đầu bằng số của tiêu chí «{group}»"), number, group=group["id"])
        else:
            number, name = f"{group['id']}.{len(siblings) + 1}", content
            self._say(row, N_("nội dung «{name}» không ghi mã; bản nháp đặt mã «{id}»"), number, name=name)
        self._leaf = self._add(siblings, number, name, row)

    def _open_group(self, row: AnnexRow) -> dict[str, Any]:
        """The criterion that the row belongs to."""
        here = (row.number, row.title)
        if self._group is None or (here != self._number and any(here)):
            self._number, self._leaf = here, None
            number = row.number.strip(" .)")
            numbered = _NUMBERED.fullmatch(tidy(row.content))
            if not number and numbered:
                number = numbered["id"].partition(".")[0]
            elif not _ID.fullmatch(number):
                number = str(len(self._holder) + 1)
                self._say(row, N_("tiêu chí «{name}» không ghi số; bản nháp đặt mã «{id}»"), number, name=row.title)
            self._group = self._add(self._holder, number, row.title, row, group=True)
        return self._group

    def finish(self) -> None:
        """No row more."""
        self._close_section()

    def _close_section(self) -> None:
        """A heading with nothing below it was none."""
        if self._section is not None and self._opened_by is not None and not self._section["children"]:
            self.roots.remove(self._section)
            self._say(
                self._opened_by, N_("hàng «{name}» không phải tiêu chí; đã bỏ qua"), "", name=self._opened_by.title
            )

    @property
    def _holder(self) -> list[dict[str, Any]]:
        """Where criteria go: under the section, where there is one."""
        return self._section["children"] if self._section else self.roots

    def _add_below(self, below: re.Match[str], row: AnnexRow) -> None:
        """A dash or a letter under a numbered content: its part, where the content itself has no threshold."""
        leaf, group = self._leaf, self._group
        if leaf is None or group is None:
            raise AssertionError("a part comes after its content")
        if "children" in leaf or leaf["id"] in self._blank:
            if "children" not in leaf:
                for key in ("targets", "unit", "evidence"):
                    leaf.pop(key, None)
                self._forget(leaf["id"])
                leaf |= {"roll_up": "all", "children": []}
            siblings = leaf["children"]
            self._add(siblings, f"{leaf['id']}.{below['letter'] or len(siblings) + 1}", below["name"], row)
            return
        siblings = group["children"]
        number = f"{leaf['id']}.{below['letter'] or len(siblings) + 1}"
        self._say(
            row,
            N_("«{name}» nằm dưới một nội dung đã có ngưỡng; bản nháp để ngang hàng, mã «{id}»"),
            number,
            name=below["name"],
        )
        self._add(siblings, number, below["name"], row)

    def _forget(self, number: str) -> None:
        """A blank cell is nothing to speak of where the parts below have thresholds."""
        self.remarks.pop(number, None)
        self.problems = [problem for problem in self.problems if problem.criterion != number]

    def _add(
        self, siblings: list[dict[str, Any]], number: str, name: str, row: AnnexRow, *, group: bool = False
    ) -> dict[str, Any]:
        unique, again = number, 1
        while unique in self._ids:
            again += 1
            unique = f"{number}-{again}"
        if unique != number:
            self._say(row, N_("mã «{wanted}» đã dùng ở trên; bản nháp đặt mã «{id}»"), unique, wanted=number)
        self._ids.add(unique)
        criterion: dict[str, Any] = {"id": unique, "name": name}
        if group:
            criterion["roll_up"] = "all"
        else:
            self._judge(criterion, row)
        if self.document:
            criterion["source"] = {"document": self.document, "clause": f"tiêu chí {unique}"}
        if group:
            criterion["children"] = []
        siblings.append(criterion)
        return criterion

    def _judge(self, criterion: dict[str, Any], row: AnnexRow) -> None:
        found: Threshold = read_threshold(row.threshold)
        if not tidy(row.threshold):
            self._blank.add(criterion["id"])
        stated = _UNIT.search(criterion["name"])
        unit = (
            "%"
            if any("%" in each.get("meets", "") for each in found.rows)
            else found.unit or (stated["unit"] if stated else "")
        )
        if unit and not found.declared:
            criterion["unit"] = unit
        criterion["targets"] = found.rows
        if found.declared:
            criterion["evidence"] = "declared"
        self.by_area = self.by_area or found.by_area
        for message, fill in found.remarks:
            self._say(row, message, criterion["id"], **fill)

    def _say(self, row: AnnexRow, message: str, number: str, **fill: object) -> None:
        known = {"id": number, **fill}
        self.problems.append(Problem("annex-unread", message, row.at, known, "warning", criterion=number))
        written = f" «{tidy(row.threshold)}»" if row.threshold else ""
        self.remarks.setdefault(number, []).append(f"{row.at.address}{written}: {_(message, **known)}")
