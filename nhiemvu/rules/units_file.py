"""A list of units from a file: YAML, or CSV as Excel leaves it; every mistake in one go."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from nhiemvu.errors import Place, Problem, RuleError, say_reason
from nhiemvu.messages import N_
from nhiemvu.rules.units import Unit, Units
from nhiemvu.rules.yaml import Map, Seq, decode, read_yaml
from nhiemvu.text import Unreadable, nearest, read_date

Say = Callable[..., None]  # a problem's code, its message, and what fills it
FIELDS = ("code", "name", "parent", "from", "to", "becomes")
MOST_VALUES = (
    400_000  # keys and values of a YAML list: the country's 13,000 communes before and since 2025 have 180,000
)


def read_units(path: str | Path) -> Units:
    """Read units from YAML (`units:`, a list of rows) or CSV with the same columns.

    Raises:
        RuleError: every mistake of the file in one go, each with its line.
    """
    path = Path(path)
    problems: list[Problem] = []
    if path.suffix.lower() == ".csv":
        rows = _csv_rows(path, problems)
    else:
        raw, problems = read_yaml(path, MOST_VALUES)
        rows = _yaml_rows(raw, problems)
    if not rows and not problems:
        problems.append(
            Problem("units-empty", N_("danh sách đơn vị không có đơn vị nào"), Place(str(path), line=1, column=1))
        )
    spells = [spell for row in rows if (spell := _read_row(row, problems)) is not None]
    try:
        units = Units(spells)
    except RuleError as error:
        raise RuleError([*problems, *error.problems]) from error
    if problems:
        raise RuleError(problems)
    return units


@dataclass(frozen=True, slots=True)
class _Row:
    values: Mapping[str, object]
    place: Place


def _yaml_rows(raw: Map, problems: list[Problem]) -> list[_Row]:
    units = raw.get("units")
    if not isinstance(units, Seq) or len(raw) != 1:
        problems.append(
            Problem("units-shape", N_("tệp đơn vị phải có đúng một khóa «units:», là danh sách"), raw.mark.place())
        )
        return []
    rows = []
    for number, row in enumerate(units):
        if isinstance(row, Map):
            rows.append(_Row(row, row.mark.place()))
        else:
            problems.append(
                Problem("units-shape", N_("mỗi đơn vị phải là các cặp «khóa: giá trị»"), units.place(number))
            )
    return rows


def _csv_rows(path: Path, problems: list[Problem]) -> list[_Row]:
    text = _read_csv(path)
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)  # Excel writes the one or the other, by the country
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey="", strict=True, delimiter=separator)
    rows = []
    try:
        heads = [head.strip().lower() for head in reader.fieldnames or ()]
        if wrong := [*_check_heads(heads, Place(str(path), line=1, column=1))]:
            problems += wrong
            return []
        reader.fieldnames = heads
        for row in reader:
            values = {name: value for name, value in row.items() if not _is_blank(value)}
            if values:  # Excel writes rows of commas where something stood once
                rows.append(_Row(values, Place(str(path), line=reader.line_num, column=1)))
    except csv.Error as error:
        message = N_("không đúng dạng CSV ({reason})")
        problems.append(
            Problem("units-csv", message, Place(str(path), line=reader.line_num, column=1), {"reason": error})
        )
    return rows


def _read_csv(path: Path) -> str:
    try:
        return decode(path.read_bytes(), str(path))
    except FileNotFoundError as error:
        message = N_("không có tệp đơn vị này; kiểm tra lại tên và thư mục")
        raise RuleError(Problem("units-unreadable", message, Place(str(path)))) from error
    except OSError as error:
        message = N_("không đọc được tệp đơn vị ({reason}); kiểm tra lại tên và quyền đọc")
        raise RuleError(
            Problem("units-unreadable", message, Place(str(path)), {"reason": say_reason(error)})
        ) from error
    except RuleError as error:  # in another encoding: Excel's own words for the way out
        message = N_(
            "tệp đơn vị không ở bảng mã UTF-8; mở bằng Excel, chọn Lưu thành (Save As), loại «CSV UTF-8», xem lại các "
            "chữ có dấu"
        )
        raise RuleError([replace(problem, message=message) for problem in error.problems]) from error


def _is_blank(value: object) -> bool:
    return not any(map(str.strip, value)) if isinstance(value, list) else not str(value or "").strip()


def _check_heads(heads: Sequence[str], place: Place) -> Iterator[Problem]:
    """The names of the columns, once for the whole file."""
    known = ", ".join(FIELDS)
    for head in heads:
        if head and head not in FIELDS:
            message = N_("tệp đơn vị không có cột tên «{key}»; các cột phải là: {known}")
            yield Problem("units-column", message, place, {"key": head, "known": known})
    for name in FIELDS[:2]:
        if heads and name not in heads:
            message = N_("tệp đơn vị thiếu cột «{key}»; hàng đầu phải ghi tên các cột: {known}")
            yield Problem("units-column", message, place, {"key": name, "known": known})


def _read_row(row: _Row, problems: list[Problem]) -> Unit | None:
    """One spell; None, with the problems said, where it cannot be read."""
    before = len(problems)

    def say(code: str, message: str, **fill: object) -> None:
        problems.append(Problem(code, message, row.place, fill))

    for name in row.values:
        if name not in FIELDS:
            close = ", ".join(nearest(name, FIELDS)) or ", ".join(FIELDS)
            say("unit-key", N_("đơn vị không có khóa «{key}»; gần nhất: {nearest}"), key=name, nearest=close)
    texts: dict[str, str] = {}
    for name in ("code", "name", "parent"):
        value = row.values.get(name, "")
        if not isinstance(value, str):
            say("unit-text", N_('{key} phải là chữ, đặt trong dấu ngoặc kép: "{value}"'), key=name, value=value)
        elif not value and name != "parent":
            say("unit-text", N_("thiếu {key} của đơn vị"), key=name)
        else:
            texts[name] = value.strip()
    since, until = (_read_day(row.values.get(name), name, say) for name in ("from", "to"))
    becomes = _read_shares(row.values.get("becomes"), say)
    if len(problems) > before:
        return None
    return Unit(texts["code"], texts["name"], texts["parent"], since, until, becomes, row.place)


def _read_day(value: object, name: str, say: Say) -> dt.date | None:
    if value is None:
        return None
    try:
        return read_date(str(value))
    except Unreadable:
        say("unit-day", N_("{key} phải là ngày viết kiểu 2025-07-01, không phải «{value}»"), key=name, value=value)
        return None


def _read_shares(value: object, say: Say) -> dict[str, Fraction]:
    """`06196` for the whole, or each successor with its share: `{06196: 60%, 06199: 40%}`, in CSV `06196: 60%; …`."""
    if value is None:
        return {}
    pairs: list[tuple[str, object]]
    if isinstance(value, Map):
        pairs = list(value.items())
    else:
        pairs = []
        for part in str(value).split(";"):
            successor, _colon, stated = part.partition(":")
            pairs.append((successor.strip(), stated.strip() or 1))
    found: dict[str, Fraction] = {}
    for code, share in pairs:
        text = str(share).strip()
        try:
            number = Fraction(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except (ValueError, ZeroDivisionError):
            number = Fraction(-1)
        if not 0 < number <= 1:
            say(
                "unit-share",
                N_("phần «{share}» của {successor} phải lớn hơn 0 và không quá 1, ví dụ 60% hoặc 1/3"),
                share=share,
                successor=code,
            )
        found[code] = number
    return found
