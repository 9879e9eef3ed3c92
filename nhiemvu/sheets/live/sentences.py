"""What stands beside a verdict: what is missing and what to do, or why only nhiemvu can tell."""

from __future__ import annotations

from collections.abc import Iterable

from nhiemvu.engine.terms import numerator_unit
from nhiemvu.engine.unknown import name_sources
from nhiemvu.messages import _
from nhiemvu.rules import measure as ms
from nhiemvu.rules import models
from nhiemvu.rules.rulebook import Node
from nhiemvu.sheets.live.formulas import DEFERRED, text
from nhiemvu.sheets.live.groups import steps_of
from nhiemvu.sheets.live.ledger import Ledger
from nhiemvu.sheets.live.lines import why_not
from nhiemvu.sheets.live.measures import has_quotient
from nhiemvu.sheets.live.reading import CODES, LAST_CODE, LEFT_OPEN
from nhiemvu.verdicts import Verdict, label


class Teller:
    """Writes the sentence of each criterion."""

    def __init__(self, ledger: Ledger, closed: str) -> None:
        """`closed`: the condition under which the period is over."""
        self._ledger, self._closed = ledger, closed

    def tell(self, node: Node) -> str:
        """The sentence of a criterion as a formula."""
        if node.kind == "group":
            return self._tell_group(node)
        code = self._ledger.at(node, "code")
        declared = text(_("Theo tự đánh giá."))
        known = declared if node.measure is None else self._if_declared(node, declared)
        by_code = {
            CODES[Verdict.NOT_APPLICABLE]: self._if_declared(node, declared, text(_("0/0: không phát sinh."))),
            CODES[Verdict.EXCEEDED]: known,
            CODES[Verdict.MET]: known,
            CODES[Verdict.NOT_ASSESSED]: declared,
            CODES[Verdict.NO_DATA]: self._tell_unknown(node),
            LEFT_OPEN: self._tell_open(node),
            CODES[Verdict.NOT_MET]: self._if_declared(node, declared, self._tell_shortfall(node)),
        }
        return f"CHOOSE({code}+1,{','.join(by_code[each] for each in range(LAST_CODE + 1))})"

    def _if_declared(self, node: Node, declared: str, other: str = '""') -> str:
        """Who took the unit's own word, since there was no figure."""
        if node.measure is None:
            return declared
        held = f"{self._ledger.at(node, 'held')}={CODES[Verdict.NO_DATA]}"
        return f"IF(AND({held},{self._ledger.at(node, 'by_zero')}<>2),{declared},{other})"

    # --- what is missing --------------------------------------------------------------------------------------------

    def _tell_shortfall(self, node: Node) -> str:
        ledger = self._ledger
        needed, over, under = (ledger.at(node, step) for step in ("needed", "over", "under"))
        amount = f"{_spell(f'ABS({needed})')}{_behind(node.unit)}"
        points = _spell(f"ABS({needed}*100)") + "&" + text(" " + _("điểm %"))
        if node.is_percent:
            amount = points
        if has_quotient(node):
            unit = numerator_unit(node, self._ledger.rulebook)
            counted = points if unit == "%" else f"{_spell(f'ABS({needed})')}{_behind(unit)}"
            amount = f"IF(COUNT({over},{under})=2,{counted},{amount})"
        more, less = text(_("Còn thiếu") + " "), text(_("Vượt quá") + " ")
        facts = ", ".join(self._label(name) for name in node.requires)
        alone = text(_("Chưa có điều kiện kèm theo: {facts}.", facts=facts)) if node.requires else '""'
        told = f'IF({needed}=0,{alone},IF({needed}>0,{more},{less})&{amount}&".")'
        return f"IF(ISNUMBER({needed}),{told},{alone})"

    # --- what is not known ------------------------------------------------------------------------------------------

    def _tell_unknown(self, node: Node) -> str:
        ledger = self._ledger
        row = ledger.at(node, "row")
        formula = text(self._ask(node))
        if node.measure is not None:
            by_zero, required = ledger.at(node, "by_zero"), ledger.at(node, "required")
            if node.requires:
                facts = ", ".join(self._label(name) for name in node.requires)
                asked = text(_("Ghi {facts} vào thông tin chung.", facts=facts))
                formula = f"IF({required}=-1,{asked},{formula})"
            if node.words:
                vague = text(_("Kết quả chỉ cho biết một khoảng; hãy ghi con số cụ thể."))
                formula = f"IF({ledger.at(node, 'word')}>0,{vague},{formula})"
            nothing = text(_("Tử số và mẫu số cùng bằng 0; cần có số liệu."))
            over_zero = text(_("Mẫu số là 0; xem lại mẫu số."))
            formula = f"IF({by_zero}=2,{nothing},IF({by_zero}=1,{over_zero},{formula}))"
        for i, target in enumerate(node.targets, start=1):
            if target.target is None:
                hole = text(_("Ngưỡng chưa được quy định: {hole}.", hole=target.hole))
                formula = f"IF({row}={i},{hole},{formula})"
        facts = ", ".join(dict.fromkeys(self._label(name) for each in node.targets for name in each.decision.when))
        if any(each.decision.valid_from or each.decision.valid_to for each in node.targets):
            facts = ", ".join(filter(None, [facts, _("ngày số liệu")]))
        if facts:
            asked = text(_("Ghi {facts} vào thông tin chung.", facts=facts))
            none = text(_("Không có ngưỡng nào cho đơn vị và ngày này."))
            formula = f"IF({row}=-1,{asked},IF({row}=0,{none},{formula}))"
        return formula

    def _ask(self, node: Node) -> str:
        """What is to be filled in where nothing is yet."""
        if node.measure is None:
            return _("Chọn tự đánh giá.")
        tables, facts = self._sources(node)
        if node.own:
            asked = _("Ghi kết quả") if node.is_quantity or node.reads != "number" else _("Ghi kết quả, hoặc tử và mẫu")
        elif tables:
            asked = _("Điền trang {sheets}", sheets=", ".join(f"«{name}»" for name in tables))
        elif facts:
            asked = _("Ghi {facts} vào thông tin chung", facts=", ".join(facts))
        else:
            asked = _("Xem lại {sources}", sources=name_sources(self._ledger.rulebook, node))
        return asked + (_("; hoặc tự đánh giá.") if node.evidence == "declared_if_missing" else ".")

    def _sources(self, node: Node) -> tuple[list[str], list[str]]:
        """The sheets and the facts that a measure reads."""
        found = list(ms.walk(node.measure)) if node.measure is not None else []
        tables = dict.fromkeys(each.table for each in found if isinstance(each, ms.Column) and each.table != ms.PARTS)
        sheets = [self._ledger.places.lines[name].sheet for name in tables if name in self._ledger.places.lines]
        return sheets, [self._label(each.name) for each in found if isinstance(each, ms.Fact)]

    # --- what only nhiemvu tells ------------------------------------------------------------------------------------

    def _tell_open(self, node: Node) -> str:
        always = self._why_never(node)
        if always:
            return text(_("Chỉ có khi chạy nhiemvu: {reason}.", reason=always))
        spoken = text(_("Có ô không ghi số hoặc khác mẫu; chạy nhiemvu để đọc."))
        near = text(_("Quá sát ngưỡng, công thức không so được; chạy nhiemvu."))
        if node.measure is None:
            return spoken
        value, row = self._ledger.at(node, "result"), self._ledger.at(node, "row")
        number = f"AND(ISNUMBER({value}),{row}<>{text(DEFERRED)})"
        return f"IF({number},{near},{spoken})" if node.reads == "number" else spoken

    def _why_never(self, node: Node) -> str:
        """Why formulas never tell the verdict of a criterion once it has figures; empty where they can."""
        found = list(ms.walk(node.measure)) if node.measure is not None else []
        if any(isinstance(each, ms.Stated) for each in found):
            return _("số lấy từ lời diễn giải")
        if any(isinstance(each, ms.Column) and each.table == ms.PARTS for each in found):
            return _("kết quả ghi từng phần")
        for table in {each.table for each in found if isinstance(each, ms.Column)}:
            if reason := why_not(self._ledger.rulebook.tables[table]):
                return _("{reason}", reason=reason)
        return ""

    # --- groups -----------------------------------------------------------------------------------------------------

    def _tell_group(self, node: Node) -> str:
        """`Gồm 05: 04 chưa đạt, 01 thiếu số liệu`, with what the children add up to."""
        ledger = self._ledger
        parts = []
        for code, words in self._words():
            count = ledger.at(node, f"count{code}")
            parts.append(f'IF({count}>0,", "&{count}&{words},"")')
        made_of = _("Gồm {n}", n=len(node.children))
        told = f"{text(made_of + ': ')}&MID({'&'.join(parts)},3,200)"
        scoring = node.scoring
        if scoring is None or scoring.threshold is None:
            return told
        return f"{told}&{self._tell_score(node)}"

    def _words(self) -> Iterable[tuple[int, str]]:
        """Each number of a verdict with its word in small letters, in the order of the verdicts."""
        for verdict in Verdict:
            small = text(" " + label(verdict).lower())
            if verdict == Verdict.NOT_MET:
                small = f"IF({self._closed},{text(' ' + label(verdict, closed=True).lower())},{small})"
            yield CODES[verdict], small
        yield LEFT_OPEN, text(" " + _("chờ chạy nhiemvu"))

    def _tell_score(self, node: Node) -> str:
        ledger, scoring = self._ledger, node.scoring
        assert scoring is not None  # it adds up
        low, high, most = (ledger.at(node, step) for step in ("low", "high", "most"))
        steps = steps_of(ledger.rulebook, node)
        earned = f'{_spell(f"{low}/{steps}")}&IF({high}>{low},{text("–")}&{_spell(f"{high}/{steps}")},"")'
        if isinstance(node.form.roll_up, models.Points):
            points = text(" " + _("điểm"))
            told = f"{text('; ')}&{earned}&{text('/')}&{_spell(f'{most}/{steps}')}&{points}"
        else:
            shares = [f"{_spell(f'ROUND({amount}/{most}*100,2)')}" for amount in (low, high)]
            met = text("; " + _("đạt") + " ")
            told = f'{met}&{shares[0]}&IF({high}>{low},{text("–")}&{shares[1]},"")&"%"'
        grade = ledger.at(node, "grade")
        if scoring.grades:
            graded = text("; " + _("xếp loại") + " «")
            told += f'&IF({grade}="","",{graded}&{grade}&{text("»")})'
        known = f"AND(ISNUMBER({low}),{ledger.at(node, 'code')}<>{LEFT_OPEN},{most}>0)"
        return f'IF({known},{told},"")'

    def _label(self, name: str) -> str:
        fact = self._ledger.rulebook.facts.get(name)
        return f"«{fact.label}»" if fact is not None else name


def _spell(amount: str) -> str:
    """A number as the program writes numbers, with as many decimals as it needs, up to four."""
    four = f"ROUNDUP(ROUND({amount},9),4)"
    return f"FIXED({four},IF({four}=INT({four}),0,IF({four}=ROUND({four},2),2,4)))"


def _behind(unit: str) -> str:
    """A unit of measure behind a number."""
    short = "đ" if unit in ("đồng", "đ") else unit
    return f"&{text(' ' + short)}" if short else ""
