"""Text out of a workbook's XML: entities, Excel's own escapes, runs of rich text, and the table of shared strings."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import cache
from xml.parsers import expat

from nhiemvu.errors import Problem, WorkbookError
from nhiemvu.messages import N_
from nhiemvu.text import decode_legacy

MAX_STRINGS = 1_000_000

_PLAIN, _PLAIN_END = "<si><t>", "</t></si>"
_STRING = re.compile(r"(<si>(?:<t(?: [^<>]*+)?>([^<]*+)</t>|((?:[^<]++|<(?!/?si\b))*+))</si>\s*+|<si/>\s*+)")
_PHONETIC = re.compile(r"<rPh\b(?:[^<]++|<(?!/?rPh\b))*+</rPh>")
_RUN = re.compile(r"<t(?:\s[^<>]*)?>([^<]*)</t>")
_RUN_IN_FONT = re.compile(r"""<rFont\s[^<>]*?val=["']([^"']*)|<t(?:\s[^<>]*)?>([^<]*)</t>|<r[\s>]""")
_KNOWN_RUNS = re.compile(
    r"""(?:<t(?:\s[^<>/]*+)?>[^<]*+</t>|<t/>|</?r>|<rPr>(?:<(?![tfv][\s/>])[A-Za-z]++(?:\s[^<>]*+)?/>\s*+)*+</rPr>|<rPr/>
       |<rPh\b(?:[^<]++|<(?!/?rPh\b))*+</rPh>|<phoneticPr\b[^<>]*+/>|\s++)*+""",
    re.VERBOSE,
)
_ENTITY = re.compile(r"&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|(amp|lt|gt|quot|apos));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # no XML holds these
_SUSPECT = bytes({*range(32), 0xEF} - set(b"\t\n\r"))  # bytes of these: 0xEF begins the last two, and others
_ENCODING = re.compile(rb"(?:\xef\xbb\xbf)?<\?xml[^>]*\bencoding=[\"']([^\"']*)")
_IN_DECLARATION = 2  # question marks of the XML declaration
_DIGITS = 9  # of an index
_ESCAPE = re.compile(r"_x([0-9a-fA-F]{4})_")


class NotSimpleError(Exception):
    """The quick reader met something that it does not understand: the thorough one takes over."""


def decode_markup(data: bytes) -> str:
    r"""The markup as text, its lines ended by `\n`.

    Raises:
        NotSimpleError: it is not UTF-8, holds comments, CDATA, a document type or processing instructions, or
            characters that XML forbids.
    """
    if not is_plain(data):
        raise NotSimpleError
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotSimpleError from error
    # at the speed of memory; looking for what is forbidden in every text would take as long as reading the cells
    if len(data.translate(None, _SUSPECT)) != len(data) and _FORBIDDEN.search(text):
        raise NotSimpleError
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def is_plain(data: bytes) -> bool:
    """Whether markup says that it is UTF-8, and holds no comment, CDATA, document type or processing instruction."""
    # looking for one character is many times quicker than for two, and neither of these is common
    if (b"!" in data and b"<!" in data) or (data.count(b"?") > _IN_DECLARATION and data.find(b"<?", 5) >= 0):
        return False
    declared = _ENCODING.match(data)
    return declared is None or declared[1].lower() in {b"utf-8", b"us-ascii"}


def decode_text(text: str) -> str:
    r"""Character data as the text that it stands for.

    >>> decode_text("a &amp; b&#10;c_x0009_d_x005F_")
    'a & b\nc\td_'

    Raises:
        NotSimpleError: it holds an entity that XML does not define.
    """
    text = decode_entities(text) if "&" in text else text
    return unescape(text) if "_x" in text else text


def decode_entities(text: str) -> str:
    """The text without entities.

    Raises:
        NotSimpleError: it holds one that XML does not define.
    """
    if len(_ENTITY.findall(text)) != text.count("&"):
        raise NotSimpleError
    return _ENTITY.sub(_decode_entity, text)


def unescape(text: str) -> str:
    """`_x000D_` as the character that Excel means by it."""
    return _ESCAPE.sub(lambda match: _character(int(match[1], 16)), text)


def _character(code: int) -> str:
    """The character of a code; half a pair, and what XML never holds, could not be written anywhere again."""
    return "\ufffd" if 0xD800 <= code < 0xE000 or code >= 0xFFFE or not code else chr(code)


def _decode_entity(match: re.Match[str]) -> str:
    if match[3]:
        return _NAMED[match[3]]
    code = int(match[1], 16) if match[1] else int(match[2])
    if code > 0x10FFFF or _FORBIDDEN.match(chr(code)):
        raise NotSimpleError
    return chr(code)


def join_runs(markup: str, font: str = "") -> str:
    """The text of rich text: its runs, without the reading aids of East Asian scripts.

    Args:
        markup: the runs.
        font: of the cell, where it is an old Vietnamese one; a run may have another.

    Raises:
        NotSimpleError: there is something else among them.
    """
    if not _KNOWN_RUNS.fullmatch(markup):
        raise NotSimpleError
    if "<rPh" in markup:
        markup = _PHONETIC.sub("", markup)
    if not font and "<rFont" not in markup:
        return "".join([decode_text(run) for run in _RUN.findall(markup)])
    pieces: list[str] = []
    current = font
    for found in _RUN_IN_FONT.finditer(markup):
        if found[2] is not None:
            pieces.append(decode_legacy(decode_text(found[2]), current))
        else:
            current = font if found[1] is None else found[1]
    return "".join(pieces)


Run = tuple[str, str]  # name of the font, "" for the cell's own, and the text


def _join(runs: list[Run], font: str) -> str:
    return "".join([decode_legacy(unescape(text), own or font) for own, text in runs])


def _number(count: int) -> list[str]:
    return [str(i) for i in range(count)]


_FEW = 4096  # indexes that are written once for all workbooks
_first_numerals = cache(_number)


class Strings(dict[str, str | None]):
    """The shared strings by their index as the file writes it, each decoded when it is first asked for.

    A string that the workbook does not have is None.
    """

    def __init__(self, data: bytes | None = None) -> None:
        """Index the part `xl/sharedStrings.xml`.

        Raises:
            WorkbookError: it is not XML, or holds more than `MAX_STRINGS` strings.
        """
        super().__init__()
        # as the file has them: markup where there is a `<`, text with its entities elsewhere
        self._held: list[str] = []
        self._runs: list[list[Run]] = []
        self._data = data
        if data:
            try:
                self._held = _list_strings(data)
            except NotSimpleError:
                self._parse()
        # most are taken as they are; the others are decoded when they are asked for
        count = len(self._held)
        numerals = _first_numerals(_FEW) if count <= _FEW else _number(count)
        self.update(
            [
                (index, held)
                for index, held in zip(numerals, self._held, strict=False)
                if "<" not in held and "&" not in held and "_" not in held
            ]
        )

    def _parse(self) -> None:
        """Read them all with a real parser."""
        self.clear()
        self._runs = parse_strings(self._data or b"")
        self.update((str(i), _join(runs, "")) for i, runs in enumerate(self._runs))

    def __missing__(self, index: str) -> str | None:
        if not index.isdecimal() or len(index) > _DIGITS or int(index) >= len(self._held):
            return None
        held = self._held[int(index)]
        try:
            text = join_runs(held) if "<" in held else decode_text(held)
        except NotSimpleError:
            self._parse()
            return self.get(index)
        self[index] = text
        return text

    def in_font(self, index: str, font: str) -> str | None:
        """A string as a cell in an old Vietnamese font shows it; None for one that the workbook does not have."""
        if self[index] is None:
            return None
        if self._runs:
            return _join(self._runs[int(index)], font)
        held = self._held[int(index)]
        return join_runs(held, font) if "<" in held else decode_legacy(decode_text(held), font)


def _list_strings(data: bytes) -> list[str]:
    """The shared strings in order, each as the file has it.

    Raises:
        NotSimpleError: there is something else among them.
    """
    text = decode_markup(data)
    start, end = text.find("<sst"), text.rfind("</sst>")
    if start < 0 or end < 0:
        raise NotSimpleError
    body = text[text.index(">", start) + 1 : end].strip()
    _limit(body.count("<si>"))
    body = body.replace('<si><t xml:space="preserve">', _PLAIN)
    held: list[str] = []
    # between an empty string and another; where all are plain, the pieces are the strings
    for piece in f"{_PLAIN_END}{body}{_PLAIN}".split(_PLAIN_END + _PLAIN):
        if "<" in piece:
            stretch = f"{_PLAIN}{piece}{_PLAIN_END}"
            found = _STRING.findall(stretch)
            if sum([len(whole) for whole, _, _ in found]) != len(stretch):
                raise NotSimpleError
            held += [plain or rich for _, plain, rich in found]
        else:
            held.append(piece)
    return held[1:-1]


def limit(name: str, default: int) -> int:
    """A limit: NHIEMVU_LIMIT_<NAME> where the user has set it, else the default."""
    given = os.environ.get(f"NHIEMVU_LIMIT_{name.upper()}", "")
    return int(given) if given.isdecimal() else default


def _limit(count: int) -> None:
    allowed = limit("strings", MAX_STRINGS)
    if count > allowed:
        raise WorkbookError(
            Problem(
                "too-many-strings",
                N_(
                    "sổ có {count} chuỗi ký tự dùng chung, vượt giới hạn {limit}; hãy chép các trang cần đánh giá sang "
                    "một sổ mới. Nếu chắc chắn tệp này đáng tin, hãy đặt biến môi trường NHIEMVU_LIMIT_STRINGS={count} "
                    "rồi chạy lại"
                ),
                fill={"limit": allowed, "count": count},
            )
        )


def parse_strings(data: bytes) -> list[list[Run]]:
    """The shared strings by a real parser, each as its runs.

    Raises:
        WorkbookError: the part is not XML, has a document type, or is over the limit.
    """
    strings: list[list[Run]] = []
    runs: list[Run] = []
    pieces: list[str] = []
    font = ""
    depth_of_phonetic = 0
    in_text = False

    def start(name: str, given: dict[str, str]) -> None:
        nonlocal in_text, depth_of_phonetic, runs, font
        local = name.rpartition("}")[2]
        if local == "si":
            runs, font = [], ""
        elif local == "r":
            font = ""
        elif local == "rFont":
            font = given.get("val", "")
        elif local == "rPh":
            depth_of_phonetic += 1
        elif local == "t":
            in_text = not depth_of_phonetic

    def end(name: str) -> None:
        nonlocal in_text, depth_of_phonetic
        local = name.rpartition("}")[2]
        if local == "si":
            strings.append(runs)
            _limit(len(strings))
        elif local == "rPh":
            depth_of_phonetic -= 1
        elif local == "t":
            if in_text:
                runs.append((font, "".join(pieces)))
                pieces.clear()
            in_text = False

    def characters(text: str) -> None:
        if in_text:
            pieces.append(text)

    parse_xml(data, start, end, characters)
    return strings


def parse_xml(
    data: bytes,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None],
    characters: Callable[[str], None],
) -> None:
    """Run expat's handlers over a part; names come as `namespace}name`.

    Raises:
        WorkbookError: it is not XML, or has a document type (which no workbook needs, and which can hide a bomb).
    """
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:  # the last two: an encoding that Python does not know
        raise WorkbookError(
            Problem(
                "broken-part",
                N_("một phần của sổ bị hỏng (XML không đọc được); hãy mở sổ bằng Excel rồi lưu lại thành .xlsx"),
            )
        ) from error


def _refuse_doctype(*_: object) -> None:
    raise WorkbookError(
        Problem(
            "document-type",
            N_("một phần của sổ có khai báo DOCTYPE, là thứ không sổ Excel nào cần; hãy mở sổ bằng Excel rồi lưu lại"),
        )
    )
