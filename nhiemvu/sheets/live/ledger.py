"""The calculation sheet of criteria: one row a criterion, one column a step; facts and sums of tables below."""

from __future__ import annotations

from nhiemvu.messages import N_, _
from nhiemvu.rules.rulebook import Node, Rulebook
from nhiemvu.sheets.live.formulas import MISSING, text
from nhiemvu.sheets.live.lines import Mirror, why_not
from nhiemvu.sheets.live.places import Places
from nhiemvu.sheets.live.reading import read_fact
from nhiemvu.sheets.live.sheet import Calculation, cell

HEADINGS, FIRST = 9, 10  # rows of the criteria
STEPS: dict[str, str] = {
    "id": N_("Mã"),
    "kind": N_("Loại"),
    "code": N_("Kết luận (số)"),
    "said": N_("Lời"),
    "shown": N_("Kết quả để hiện"),
    "needed": N_("Còn thiếu (số âm: vượt quá)"),
    "value": N_("Ô kết quả"),
    "numerator": N_("Ô tử số"),
    "denominator": N_("Ô mẫu số"),
    "typed": N_("Kết quả ghi chữ, bỏ phần trong ngoặc"),
    "left": N_("Vế trái"),
    "left_word": N_("Vế trái, từ đầu"),
    "left_number": N_("Vế trái, thành số"),
    "right": N_("Vế phải"),
    "right_word": N_("Vế phải, từ đầu"),
    "right_number": N_("Vế phải, thành số"),
    "typed_kind": N_("Ghi chữ: 2 là tỷ số, 1 là số"),
    "declared": N_("Ô tự đánh giá (số)"),
    "word": N_("Kết quả bằng chữ (thứ tự)"),
    "result": N_("Kết quả"),
    "over": N_("Tử số"),
    "under": N_("Mẫu số"),
    "by_zero": N_("Mẫu số là 0 (2: cả tử số)"),
    "places": N_("Số lẻ"),
    "whole_over": N_("Tử số, thành số nguyên"),
    "whole_under": N_("Mẫu số, thành số nguyên"),
    "row": N_("Dòng ngưỡng (0: không có; -1: chưa rõ)"),
    "tested": N_("So với ngưỡng (số)"),
    "required": N_("Điều kiện kèm theo (1; 0; -1: chưa rõ)"),
    "held": N_("Kể cả điều kiện (số)"),
    "low": N_("Điểm chắc chắn"),
    "high": N_("Điểm có thể"),
    "most": N_("Điểm tối đa"),
    "own_low": N_("Điểm chắc chắn, cho mục trên"),
    "own_high": N_("Điểm có thể, cho mục trên"),
    "own_most": N_("Điểm tối đa, cho mục trên"),
    "grade": N_("Xếp loại"),
    **{f"count{code}": "" for code in range(7)},
}
_KEYS = list(STEPS)


class Ledger:
    """Where each step of each criterion stands, and the steps themselves.

    Attributes:
        sheet: criteria, facts and sums.
        tables: the mirrors of tables.
        places: where the template has its cells.
        facts: row of each fact that was asked for.
    """

    def __init__(self, rulebook: Rulebook, sheet: str, tables: str) -> None:
        self.rulebook = rulebook
        self.sheet, self.tables = Calculation(sheet), Calculation(tables, columns=1)  # the first counts the lines
        self.places = Places()
        self.facts: dict[str, int] = {}
        self._mirrors: dict[str, Mirror] = {}
        self._free = FIRST + len(rulebook.criteria) + 2

    def at(self, node: Node, step: str) -> str:
        """The cell of a step."""
        return cell(FIRST + node.index, _KEYS.index(step))

    def far(self, node: Node, step: str) -> str:
        """The same for other sheets."""
        return self.sheet.far(FIRST + node.index, _KEYS.index(step))

    def area(self, step: str, first: int, last: int) -> str:
        """A step of criteria `first` to `last`, for other sheets."""
        return self.sheet.area(_KEYS.index(step), FIRST + first, FIRST + last)

    def name(self, node: Node) -> None:
        """Begin the row of a criterion."""
        for step, said in (("id", node.id), ("kind", node.kind)):
            self.sheet.put(FIRST + node.index, _KEYS.index(step), said)

    def put(self, node: Node, step: str, formula: str) -> str:
        """Write a step; returns its cell."""
        return self.sheet.put(FIRST + node.index, _KEYS.index(step), f"={formula}")

    def put_aside(self, node: Node, number: int, formula: str) -> str:
        """Write an intermediate step: the side of a bound, the way to it; returns the cell."""
        column = len(_KEYS) + number
        self.sheet.put(HEADINGS, column, _("Bước phụ {n}", n=number + 1))
        return self.sheet.put(FIRST + node.index, column, f"={formula}")

    def fact(self, name: str, *, far: bool = False) -> str:
        """The cell of a fact as it was read."""
        if name not in self.facts:
            fact, given = self.rulebook.facts.get(name), self.places.facts.get(name)
            formula = read_fact(given, fact) if given and fact is not None else text(MISSING)
            self.facts[name] = self.put_below(fact.label if fact is not None else name, formula)
        row = self.facts[name]
        return self.sheet.far(row, 2) if far else cell(row, 2)

    def put_below(self, label: str, *formulas: str) -> int:
        """Write a row below the criteria: what it is, and its cells from the third column on; returns the row."""
        row, self._free = self._free, self._free + 1
        self.sheet.put(row, 0, label)
        for column, formula in enumerate(formulas, start=2):
            self.sheet.put(row, column, f"={formula}")
        return row

    @property
    def names(self) -> dict[str, str]:
        """Defined names: of facts as they were read, and of the columns of tables."""
        facts = {f"nv_{name}": self.sheet.far(row, 2) for name, row in self.facts.items()}
        return facts | {name: area for mirror in self._mirrors.values() for name, area in mirror.names.items()}

    def mirror(self, name: str) -> Mirror | None:
        """The lines of a table; None where formulas cannot follow it."""
        if name not in self._mirrors:
            table, at = self.rulebook.tables[name], self.places.lines.get(name)
            if at is None or why_not(table):
                return None
            self._mirrors[name] = Mirror(self.tables, name, table, at)
        return self._mirrors[name]
