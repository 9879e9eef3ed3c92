"""The names that rules may use: facts, tables, columns, criteria. Every use is checked when the rulebook loads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from nhiemvu.errors import Place, Problem
from nhiemvu.messages import N_
from nhiemvu.rules import measure as ms
from nhiemvu.rules import models
from nhiemvu.rules.rulebook import Node
from nhiemvu.rules.suggestion import suggest_name
from nhiemvu.rules.yaml import Map, Seq
from nhiemvu.text import fold

Places = Callable[[int], Place]
CASE_FIELDS = ("value", "numerator", "denominator", "declared", "narrative")  # what a case may give of a row
YES, NO = "true", "false"  # the values of a boolean fact, as conditions hold them


class Names:
    """The facts and tables of a merged rule file, and the criteria that expressions mention."""

    def __init__(self, form: models.RuleFile) -> None:
        self._facts: Mapping[str, models.Fact] = form.facts
        self._tables: Mapping[str, models.Table] = form.tables
        self._mentioned: list[tuple[ms.Own | ms.Stated, Place]] = []

    def domain(self, fact: str) -> tuple[str, ...]:
        """The values that a fact can take; empty where they are open."""
        known = self._facts.get(fact)
        if known is None:
            return ()
        return (YES, NO) if known.type == "boolean" else tuple(known.choices)

    def allowed(self, fact: str, value: models.Allowed, at: Map, problems: list[Problem]) -> frozenset[str]:
        """The allowed values of a condition, checked against the fact's choices."""
        known = self._facts.get(fact)
        if known is None:
            self._say_unknown_name(
                fact,
                list(self._facts),
                N_("không có thông tin chung «{name}» trong facts; {suggestion}"),
                at.place(fact, of_key=True),
                problems,
            )
            return frozenset()
        values = list(value) if isinstance(value, list) else [value]
        if not values:
            message = N_("điều kiện «{name}» để trống danh sách giá trị; ghi ít nhất một giá trị")
            problems.append(Problem("condition-empty", message, at.place(fact), {"name": fact}))
        domain = self.domain(fact)
        result = []
        for i, each in enumerate(values):
            word = (YES if each else NO) if isinstance(each, bool) else each
            place = at[fact].place(i) if isinstance(at[fact], Seq) else at.place(fact)
            match = next((choice for choice in domain if fold(choice) == fold(word)), None)
            if domain and match is None:
                self._say_unknown_name(
                    word,
                    list(domain),
                    N_("«{name}» không phải là giá trị của thông tin này; được nhận: {known}"),
                    place,
                    problems,
                )
            result.append(match or word)
        if known.type not in ("choice", "text", "boolean"):
            problems.append(
                Problem(
                    "condition-on-number",
                    N_("điều kiện chỉ đặt trên thông tin kiểu choice, text hoặc boolean; «{name}» kiểu {type}"),
                    at.place(fact, of_key=True),
                    {"name": fact, "type": known.type},
                )
            )
        return frozenset(result)

    def table(self, name: str, place: Place, problems: list[Problem]) -> bool:
        """Is there a table of lines of that name; says so where not."""
        if name in self._tables and self._tables[name].kind == "lines":
            return True
        known = [key for key, table in self._tables.items() if table.kind == "lines"]
        self._say_unknown_name(name, known, N_("không có bảng «{name}» trong tables; {suggestion}"), place, problems)
        return False

    def check(self, node: ms.Expression | ms.Condition, place: Places, problems: list[Problem]) -> None:
        """One node of an expression: does every name in it exist."""
        match node:
            case ms.Fact(name=name, at=at):
                if name not in self._facts:
                    known = [*self._facts, *ms.OWN]
                    self._say_unknown_name(
                        name,
                        known,
                        N_(
                            "không có tên «{name}» trong facts, và không phải value, numerator, denominator; "
                            "{suggestion}"
                        ),
                        place(at),
                        problems,
                    )
                elif self._facts[name].type not in ("number", "percent"):
                    problems.append(
                        Problem(
                            "fact-not-number",
                            N_("thông tin «{name}» kiểu {type}, không tính được"),
                            place(at),
                            {"name": name, "type": self._facts[name].type},
                        )
                    )
            case ms.Column(table=table, name=name, at=at):
                if table == ms.PARTS:
                    columns: Sequence[str] = ms.PART_COLUMNS
                elif self.table(table, place(at), problems):
                    columns = list(self._tables[table].columns)
                else:
                    return
                if name not in columns:
                    self._say_unknown_name(
                        name,
                        columns,
                        N_("bảng {table} không có cột «{name}»; {suggestion}"),
                        place(at + len(table) + 1),
                        problems,
                        table=table,
                    )
            case (ms.Own() | ms.Stated()) as node if node.id:
                self._mentioned.append((node, place(node.at)))
            case ms.Comparison():
                self._check_comparison(node, place(node.at), problems)

    def _check_comparison(self, node: ms.Comparison, place: Place, problems: list[Problem]) -> None:
        """Words are compared with words by = and !=, numbers with numbers."""
        table = self._tables.get(node.column.table)
        column = table.columns.get(node.column.name) if table else None
        if column is None:
            return
        name = f"{node.column.table}.{node.column.name}"
        if column.type not in ("text", "number", "percent"):
            message = N_("điều kiện where chỉ đặt trên cột kiểu text, number hoặc percent; cột {column} kiểu {type}")
        elif isinstance(node.value, str) != (column.type == "text"):
            message = (
                N_('cột {column} kiểu text, so với chữ trong dấu ngoặc kép: "{value}"')
                if column.type == "text"
                else N_("cột {column} kiểu {type}, không so với chữ «{value}» được")
            )
        elif isinstance(node.value, str) and node.sign not in ("=", "!="):
            message = N_("chữ chỉ so bằng = hoặc !=, không so bằng {sign}")
        elif column.type == "percent" and isinstance(node.value, Fraction) and abs(node.value) > 1:
            message = N_("cột {column} là tỷ lệ (0.8 là 80%); viết {share} thay cho {value}")
        else:
            return
        share = float(node.value / 100) if isinstance(node.value, Fraction) else ""
        fill = {"column": name, "type": column.type, "value": node.value, "sign": node.sign, "share": share}
        problems.append(Problem("condition-type", message, place, fill))

    def check_rowless(self, tree: ms.Expression | None, place: Places, problems: list[Problem]) -> None:
        """An expression that belongs to no criterion names the criterion whose row it reads."""
        for node in ms.walk(tree) if tree is not None else ():
            if (isinstance(node, ms.Own) and not node.id) or (isinstance(node, ms.Column) and node.table == ms.PARTS):
                name = node.field if isinstance(node, ms.Own) else ms.PARTS
                message = N_('ở đây «{name}» không thuộc tiêu chí nào; ghi rõ mã, ví dụ value("1.1")')
                problems.append(Problem("own-without-criterion", message, place(node.at), {"name": name}))

    def _is_text(self, table: str, column: str) -> bool:
        known = self._tables[table].columns.get(column) if table in self._tables else None
        return known is not None and known.type not in ("number", "percent")

    def check_lines(self, tree: ms.Expression, place: Places, problems: list[Problem]) -> None:
        """Columns stand inside sum, count, min, max or mean, and each of those reads one table."""

        def visit(node: ms.Expression, inside: ms.Aggregate | None) -> None:
            match node:
                case ms.Column(table=table, name=name, at=at) if inside is not None and self._is_text(table, name):
                    problems.append(
                        Problem(
                            "column-not-number",
                            N_(
                                "cột {column} kiểu {type}, không tính được; chỉ tính trên cột kiểu number hoặc "
                                "percent. Muốn đếm hàng thì đếm một cột số mà hàng nào cũng có, ví dụ cột TT khai "
                                "kiểu number"
                            ),
                            place(at),
                            {"column": f"{table}.{name}", "type": self._tables[table].columns[name].type},
                        )
                    )
                case ms.Column(table=table, name=name, at=at) if inside is None:
                    problems.append(
                        Problem(
                            "column-without-aggregate",
                            N_("cột {column} có nhiều hàng; hãy đặt trong sum(), count(), min(), max() hoặc mean()"),
                            place(at),
                            {"column": f"{table}.{name}"},
                        )
                    )
                case ms.Operation(left=left, right=right):
                    visit(left, inside)
                    visit(right, inside)
                case ms.Aggregate(at=at) if inside is not None:
                    problems.append(
                        Problem(
                            "nested-aggregate",
                            N_("không lồng {function}() trong một hàm khác"),
                            place(at),
                            {"function": node.function},
                        )
                    )
                case ms.Aggregate(of=of, at=at):
                    tables = {column.table for column in ms.walk(node) if isinstance(column, ms.Column)}
                    if not tables:
                        message = N_("{function}() tính trên các hàng của một bảng; ở đây không có cột nào")
                        problems.append(Problem("aggregate-tables", message, place(at), {"function": node.function}))
                    elif len(tables) > 1:
                        problems.append(
                            Problem(
                                "aggregate-tables",
                                N_("{function}() phải đọc đúng một bảng; ở đây có: {tables}"),
                                place(at),
                                {"function": node.function, "tables": ", ".join(sorted(tables))},
                            )
                        )
                    visit(of, node)

        visit(tree, None)

    def check_counted(self, tables: Map, problems: list[Problem]) -> None:
        """The column by which a table tells the rows that count is one of its own."""
        for name, table in self._tables.items():
            for column in table.counted:
                if column not in table.columns:
                    message = N_("bảng {table} không có cột «{name}»; {suggestion}")
                    place = tables[name]["counted"].place(column, of_key=True)
                    self._say_unknown_name(column, list(table.columns), message, place, problems, table=name)

    def check_ids(self, nodes: Mapping[str, Node], problems: list[Problem]) -> None:
        """Every criterion that an expression mentions exists, and has figures where figures are wanted."""
        for mention, place in self._mentioned:
            node = nodes.get(mention.id)
            if node is None:
                self.say_unknown(mention.id, [*nodes], place, problems)
            elif isinstance(mention, ms.Own) and (node.form.roll_up is not None or node.form.evidence == "declared"):
                message = N_("tiêu chí «{id}» không có số liệu: được kết luận từ tiêu chí con hoặc theo tự đánh giá")
                problems.append(Problem("no-figures", message, place, {"id": mention.id}))

    def check_case(self, case: models.Case, at: Map, known: Sequence[str], problems: list[Problem]) -> None:
        """Every fact, criterion, table and column that a case gives figures for exists."""
        unknown = N_("không có «{name}» để cho số liệu; {suggestion}")

        def check(names: Map, allowed: Sequence[str]) -> None:
            for name in names:
                if name not in allowed:
                    self._say_unknown_name(name, allowed, unknown, names.place(name, of_key=True), problems)

        if case.given:
            check(at["given"], [*CASE_FIELDS, *self._facts])
        if case.rows:
            check(at["rows"], known)
            for row in at["rows"].values():
                check(row, CASE_FIELDS)
        if case.lines:
            check(at["lines"], [name for name, table in self._tables.items() if table.kind == "lines"])
            for name in [name for name in case.lines if name in self._tables]:
                for line in at["lines"][name]:
                    check(line, list(self._tables[name].columns))

    @staticmethod
    def say_unknown(name: str, known: Sequence[str], place: Place, problems: list[Problem]) -> None:
        """A criterion that does not exist, with the nearest that does."""
        Names._say_unknown_name(name, known, N_("không có tiêu chí «{name}»; {suggestion}"), place, problems)

    @staticmethod
    def _say_unknown_name(
        name: str, known: Sequence[str], message: str, place: Place, problems: list[Problem], **fill: object
    ) -> None:
        fill |= {"name": name, "suggestion": suggest_name(name, known), "known": ", ".join(known)}
        problems.append(Problem("unknown-name", message, place, fill))


def check_cycles(nodes: Sequence[Node], problems: list[Problem]) -> None:
    """No criterion may need its own value, however many steps away. Each cycle is said once."""
    needs = {node.id: _needs(node) for node in nodes if node.measure is not None}
    by_id = {node.id: node for node in nodes}
    done: set[str] = set()
    for start, needed in needs.items():
        path = {start: iter(needed)} if start not in done else {}
        while path:
            last = next(reversed(path))
            following = next(path[last], None)
            if following is None:
                path.popitem()
                done.add(last)
            elif following in path:
                names = [*path]
                cycle = [*names[names.index(following) :], following]
                message = N_("các tiêu chí cần số liệu của nhau thành vòng tròn: {cycle}")
                problems.append(Problem("measure-cycle", message, by_id[following].place, {"cycle": " → ".join(cycle)}))
            elif following in needs and following not in done:
                path[following] = iter(needs[following])


def _needs(node: Node) -> list[str]:
    """The criteria whose figures a measure reads."""
    return [each.id for each in ms.walk(node.measure) if isinstance(each, ms.Own) and each.id] if node.measure else []
