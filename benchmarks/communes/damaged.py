"""Workbooks of which a part is lost, or of which something must be said.

Each changes the truth of its unit by what it takes away.
"""

from __future__ import annotations

from random import Random

from . import loss
from .book import Workbook
from .criteria import LEAVES
from .kinds import breaks, page_of, part_of, swap
from .layouts import show_day
from .packages import ENTITIES
from .xlsx import Content, Formula, Page, pack

# --- part of it is lost -----------------------------------------------------------------------------------------------


def _wrong_crc(book: Workbook, sheet: str) -> bytes:
    loss.lose(book.report, sheet)
    raw, name = bytearray(pack(book.parts())), part_of(book, sheet).encode()
    raw[raw.rindex(name) - 30] ^= 0xFF  # of the directory, where the name stands 46 bytes behind the record's start
    return bytes(raw)


@breaks("crc-results", "told", "broken-part", "trang kết quả hỏng (sai CRC)")
def _crc_results(book: Workbook, random: Random) -> bytes:
    return _wrong_crc(book, "results")


@breaks("crc-disbursement", "told", "broken-part", "trang giải ngân hỏng (sai CRC)")
def _crc_disbursement(book: Workbook, random: Random) -> bytes:
    return _wrong_crc(book, "disbursement")


@breaks("doctype-sheet", "told", "document-type", "DOCTYPE trong một trang")
def _doctype_sheet(book: Workbook, random: Random) -> bytes:
    sheet = random.choice(("results", "disbursement", "revenue", "security"))
    loss.lose(book.report, sheet)
    return swap(book, part_of(book, sheet), b"<worksheet", ENTITIES + b"<worksheet")


@breaks("absurd-address", "told", "broken-part", "ô có địa chỉ không có thật")
def _absurd_address(book: Workbook, random: Random) -> bytes:
    sheet = random.choice(("disbursement", "revenue", "security"))
    loss.lose(book.report, sheet)
    far = b'<row r="4294967295"><c r="A4294967295"><v>1</v></c></row></sheetData>'
    return swap(book, part_of(book, sheet), b"</sheetData>", far)


@breaks("million-styled", "told", "over-limit", "một triệu ô trắng có kẻ khung dưới bảng", heavy=True)
def _million_styled(book: Workbook, random: Random) -> bytes:
    loss.lose(book.report, "security")
    rows = "".join(f'<row r="{row}"><c r="C{row}" s="1"/></row>' for row in range(100, 1_000_100))
    return swap(book, part_of(book, "security"), b"</sheetData>", rows.encode() + b"</sheetData>")


def _without(book: Workbook, sheet: str) -> bytes:
    loss.lose(book.report, sheet)
    book.pages.remove(page_of(book, sheet))
    return pack(book.parts())


@breaks("no-results", "told", "missing-sheet", "không có trang kết quả")
def _no_results(book: Workbook, random: Random) -> bytes:
    return _without(book, "results")


@breaks("no-disbursement", "told", "missing-sheet", "không có trang giải ngân")
def _no_disbursement(book: Workbook, random: Random) -> bytes:
    return _without(book, "disbursement")


@breaks("no-security", "told", "missing-sheet", "không có trang an ninh trật tự")
def _no_security(book: Workbook, random: Random) -> bytes:
    return _without(book, "security")


@breaks("strings-nowhere", "told", "missing-header", "chữ của một trang trỏ ra ngoài bảng chữ dùng chung")
def _strings_nowhere(book: Workbook, random: Random) -> bytes:
    loss.lose(book.report, "revenue")
    parts, part = book.parts(), part_of(book, "revenue")
    return pack(parts | {part: parts[part].replace(b't="s"><v>', b't="s"><v>99999')})


@breaks("unit-disagrees", "told", "unit-disagrees", "đơn vị tính của một tiêu chí ghi khác với quy tắc")
def _unit_disagrees(book: Workbook, random: Random) -> bytes:
    answers = book.report.answers
    id_ = next(each.id for each in LEAVES if each.kind == "share" and answers[each.id].from_value)
    loss.lose_value(book.report, id_)
    _retype(book, (id_, "unit"), "ha")
    return pack(book.parts())


@breaks("value-heading", "told", "missing-column", "tiêu đề cột kết quả gõ sai")
def _value_heading(book: Workbook, random: Random) -> bytes:
    loss.lose_values(book.report)
    _rename(book, "value", random.choice(("Ket qua", "Kết quả đạt đưọc", "K.quả")))
    return pack(book.parts())


@breaks("not-computed", "told", "formula-not-computed", "mọi số liệu là công thức chưa được tính")
def _not_computed(book: Workbook, random: Random) -> bytes:
    loss.lose_figures(book.report)
    for sheet, columns in {"disbursement": (3, 4, 6), "revenue": (3, 5), "security": (3,)}.items():
        page = page_of(book, sheet)
        for cells in page.cells.values():
            if isinstance(cells.get(1, ("", ""))[0], int) and 3 in cells and len(cells) > 3:
                for column in columns:
                    cells[column] = Formula(f"Nhap!B{column}", None), cells[column][1]
    places = book.places
    for criterion in LEAVES:
        for key in ("value", "numerator", "denominator"):
            if (criterion.id, key) in places:
                name, row, column = places[criterion.id, key]
                cells = next(page for page in book.pages if page.name == name).cells[row]
                cells[column] = Formula(f"Nhap!C{row}", None), cells[column][1]
    return pack(book.parts())


@breaks("results-twice", "told", "several-sheets", "hai trang kết quả tên chỉ khác chữ hoa, chữ thường")
def _results_twice(book: Workbook, random: Random) -> bytes:
    loss.lose(book.report, "results")
    page = page_of(book, "results")
    # Excel itself would not allow two names that differ in case only; a space at the end it does
    copy = Page(f"{page.name} ", page.widths, page.cells, page.merges, page.heights)
    book.pages.append(copy)
    return pack(book.parts())


@breaks("two-tables", "told", "several-tables", "hai bảng kết quả trên một trang")
def _two_tables(book: Workbook, random: Random) -> bytes:
    loss.lose(book.report, "results")
    page = page_of(book, "results")
    down = max(page.cells) + 3
    page.cells |= {row + down: dict(cells) for row, cells in list(page.cells.items())}
    page.merges += [(a + down, b, c + down, d) for a, b, c, d in page.merges]
    return pack(book.parts())


@breaks("code-twice", "told", "duplicate-code", "một mã tiêu chí ở hai hàng")
def _code_twice(book: Workbook, random: Random) -> bytes:
    one, other = random.sample([each.id for each in LEAVES if each.kind in ("share", "count")], 2)
    loss.lose_row(book.report, one)
    loss.lose_row(book.report, other)
    name, row, column = book.places[other, "id"]
    page = next(page for page in book.pages if page.name == name)
    _, first, _ = book.places[one, "id"]
    page.put(row, column, page.cells[first][column][0], "code")
    return pack(book.parts())


@breaks("code-as-number", "told", "code-collision", "mã 17.10 gõ thành số, Excel bỏ số 0")
def _code_as_number(book: Workbook, random: Random) -> bytes:
    for id_ in ("17.1", "17.10"):
        loss.lose_row(book.report, id_)
        name, row, column = book.places[id_, "id"]
        next(page for page in book.pages if page.name == name).put(row, column, 17.1, "center")
    return pack(book.parts())


# --- all of it is read, and something must be said --------------------------------------------------------------------


@breaks("id-heading", "read", "missing-column", "tiêu đề cột mã gõ sai; các hàng được nhận ra theo tên")
def _id_heading(book: Workbook, random: Random) -> bytes:
    _rename(book, "id", random.choice(("Mã sô", "M·", "Số thứ tụ")))
    return pack(book.parts())


@breaks(
    "as-of-outside", "read", "rulebook-not-in-force", "ngày số liệu ngoài thời gian áp dụng bộ quy tắc (gõ nhầm năm)"
)
def _as_of_outside(book: Workbook, random: Random) -> bytes:
    day = book.sender.as_of.replace(year=book.sender.as_of.year - 1)
    _fact(book, "as_of", random.choice((day, show_day(day))))
    return pack(book.parts())


@breaks("million-rows", "read", "", "một triệu hàng trống", heavy=True)
def _million_rows(book: Workbook, random: Random) -> bytes:
    rows = "".join(f'<row r="{row}"/>' for row in range(100, 1_000_000))
    return swap(book, part_of(book, "security"), b"</sheetData>", rows.encode() + b"</sheetData>")


@breaks("stray-cell", "read", "", "một ô lạc ở XFD1048576")
def _stray_cell(book: Workbook, random: Random) -> bytes:
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    return swap(book, part_of(book, "disbursement"), b"</sheetData>", far)


@breaks("protected", "read", "", "các trang khóa bằng mật khẩu, vẫn mở được")
def _protected(book: Workbook, random: Random) -> bytes:
    lock = b'</sheetData><sheetProtection password="CC1A" sheet="1" objects="1" scenarios="1"/>'
    parts = book.parts()
    return pack(
        {name: data.replace(b"</sheetData>", lock) if "/sheet" in name else data for name, data in parts.items()}
    )


@breaks("hidden-sheet", "read", "hidden-sheet", "trang kết quả đang ẩn")
def _hidden_sheet(book: Workbook, random: Random) -> bytes:
    page_of(book, "results").state = random.choice(("hidden", "veryHidden"))
    return pack(book.parts())


@breaks("other-period", "other-period", "rulebook-not-in-force", "sổ của cùng kỳ năm trước, gửi nhầm")
def _other_period(book: Workbook, random: Random) -> bytes:
    year = book.sender.as_of.year
    _fact(book, "as_of", book.sender.as_of.replace(year=year - 1))
    _fact(book, "period", book.sender.period.replace(str(year), str(year - 1)))
    return pack(book.parts())


@breaks("no-facts", "no-unit", "missing-sheet", "không có trang thông tin chung: không rõ của xã nào")
def _no_facts(book: Workbook, random: Random) -> bytes:
    return _without(book, "facts")


@breaks("code-as-figure", "unknown-unit", "", "mã đơn vị gõ thành số: Excel bỏ số 0 ở đầu")
def _code_as_figure(book: Workbook, random: Random) -> bytes:
    code = book.sender.code
    _fact(book, "unit_code", int(code) if code.startswith("0") else int(f"9{code[1:]}"))
    return pack(book.parts())


@breaks("no-code", "no-unit", "", "không ghi mã đơn vị")
def _no_code(book: Workbook, random: Random) -> bytes:
    _fact(book, "unit_code", None)
    return pack(book.parts())


@breaks("unknown-code", "unknown-unit", "", "mã đơn vị không có trong danh sách")
def _unknown_code(book: Workbook, random: Random) -> bytes:
    _fact(book, "unit_code", f"9{book.sender.code[1:]}")
    return pack(book.parts())


@breaks("other-rulebook", "read", "", "sổ ghi một bộ quy tắc khác, không có thật")
def _other_rulebook(book: Workbook, random: Random) -> bytes:
    _fact(book, "rulebook", "nhiem-vu-trong-tam-2023")
    return pack(book.parts())


def _rename(book: Workbook, key: str, heading: str) -> None:
    """Misspell a heading of the results."""
    _retype(book, ("head", key), heading)


def _fact(book: Workbook, name: str, content: Content) -> None:
    """Type another fact."""
    _retype(book, ("fact", name), content)


def _retype(book: Workbook, what: tuple[str, str], content: Content) -> None:
    sheet, row, column = book.places[what]
    page = next(page for page in book.pages if page.name == sheet)
    page.put(row, column, content, page.cells[row][column][1])
