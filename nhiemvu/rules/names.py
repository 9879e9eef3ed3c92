"""The names that rules may use: facts, tables, columns, criteria. Every use is checked when the rulebook loads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from nhiemvu.errors import Place, Problem
from nhiemvu.messages import N_
from nhiemvu.rules import measure as ms
from nhiemvu.rules import models
from nhiemvu.rules.rulebook import Node
from nhiemvu.rules.yaml import Map, Seq
from nhiemvu.text import fold, nearest

Places = Callable[[int], Place]
CASE_FIELDS = ("value", "numerator", "denominator", "declared", "narrative")  # what a case may give of a row
YES, NO = "true", "false"  # the values of a boolean fact, as conditions hold them


class Names:
    """The facts and tables of a merged rule file, and the criteria that expressions mention."""

    def __init__(self, form: models.RuleFile) -> None:
        self._facts: Mapping[str, models.Fact] = form.facts
        self._tables: Mapping[str, models.Table] = form.tables
        self._mentioned: list[tuple[str, Place]] = []

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
                N_("không có thông tin chung «{name}» trong facts; gần nhất: {nearest}"),
                at.place(fact, of_key=True),
                problems,
            )
            return frozenset()
        values = list(value) if isinstance(value, list) else [value]
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
                    N_("«{name}» không phải là giá trị của thông tin này; gần nhất: {nearest}; được nhận: {known}"),
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
        self._say_unknown_name(
            name, known, N_("không có bảng «{name}» trong tables; gần nhất: {nearest}"), place, problems
        )
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
                            "không có tên «{name}»: không phải thông tin chung (facts), cũng không phải value, numerator, denominator; gần nhất: {nearest}"
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
                        N_("bảng {table} không có cột «{name}»; gần nhất: {nearest}"),
                        place(at + len(table) + 1),
                        problems,
                        table=table,
                    )
            case ms.Own(id=id_, at=at) | ms.Stated(id=id_, at=at) if id_:
                self._mentioned.append((id_, place(at)))
            case ms.Comparison(column=column, value=value, at=at):
                known_table = self._tables.get(column.table)
                column_form = known_table.columns.get(column.name) if known_table else None
                if column_form is not None and isinstance(value, str) != (column_form.type in ("text", "verdict")):
                    problems.append(
                        Problem(
                            "condition-type",
                            N_("cột {column} kiểu {type}, không so với {value} được"),
                            place(at),
                            {"column": f"{column.table}.{column.name}", "type": column_form.type, "value": value},
                        )
                    )

    def check_lines(self, tree: ms.Expression, place: Places, problems: list[Problem]) -> None:
        """Columns stand inside sum, count, min, max or mean, and each of those reads one table."""

        def visit(node: ms.Expression, inside: ms.Aggregate | None) -> None:
            match node:
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
                    if len(tables) != 1:
                        problems.append(
                            Problem(
                                "aggregate-tables",
                                N_("{function}() phải đọc đúng một bảng; ở đây có: {tables}"),
                                place(at),
                                {"function": node.function, "tables": ", ".join(sorted(tables)) or "0"},
                            )
                        )
                    visit(of, node)

        visit(tree, None)

    def check_counted(self, tables: Map, problems: list[Problem]) -> None:
        """The column by which a table tells the rows that count is one of its own."""
        for name, table in self._tables.items():
            for column in table.counted:
                if column not in table.columns:
                    message = N_("bảng {table} không có cột «{name}»; gần nhất: {nearest}")
                    place = tables[name]["counted"].place(column, of_key=True)
                    self._say_unknown_name(column, list(table.columns), message, place, problems, table=name)

    def check_ids(self, known: Sequence[str], problems: list[Problem]) -> None:
        """Every criterion that an expression mentions exists."""
        for name, place in self._mentioned:
            if name not in known:
                self.say_unknown(name, known, place, problems)

    def check_case(self, case: models.Case, at: Map, known: Sequence[str], problems: list[Problem]) -> None:
        """Every fact, criterion, table and column that a case gives figures for exists."""
        unknown = N_("không có «{name}» để cho số liệu; gần nhất: {nearest}")

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
        Names._say_unknown_name(name, known, N_("không có tiêu chí «{name}»; gần nhất: {nearest}"), place, problems)

    @staticmethod
    def _say_unknown_name(
        name: str, known: Sequence[str], message: str, place: Place, problems: list[Problem], **fill: object
    ) -> None:
        fill |= {"name": name, "nearest": ", ".join(nearest(name, known, 1)) or "-", "known": ", ".join(known)}
        problems.append(Problem("unknown-name", message, place, fill))


def check_cycles(nodes: Sequence[Node], problems: list[Problem]) -> None:
    """No criterion may need its own value, however many steps away."""
    needs = {
        node.id: [each.id for each in ms.walk(node.measure) if isinstance(each, ms.Own) and each.id]
        if node.measure
        else []
        for node in nodes
    }
    done: set[str] = set()
    for node in nodes:
        path: list[str] = []

        def visit(name: str) -> bool:
            if name in path:
                cycle = [*path[path.index(name) :], name]
                problems.append(
                    Problem(
                        "measure-cycle",
                        N_("các tiêu chí cần số liệu của nhau thành vòng tròn: {cycle}"),
                        node.place,
                        {"cycle": " → ".join(cycle)},
                    )
                )
                return False
            if name in done or name not in needs:
                return True
            path.append(name)
            fine = all(visit(other) for other in needs[name])
            path.pop()
            done.add(name)
            return fine

        if not visit(node.id):
            return
