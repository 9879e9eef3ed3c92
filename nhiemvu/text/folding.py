"""When two texts are the same text: white space, Unicode forms, tone marks, dashes, case. Nobody else compares text.

Three strengths: `tidy` for showing, `fold` for equality, `plain` for searching.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import lru_cache

# zero-width and directional characters that copy and paste leaves behind; the soft hyphen is one of them
_INVISIBLE = dict.fromkeys([0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF])

_LOOKALIKES = str.maketrans(
    {
        **dict.fromkeys("ðɖ", "đ"),  # the lower case of Ð (U+00D0) and Ɖ (U+0189), which print as Đ (U+0110)
        **dict.fromkeys("‐‑‒–—―−﹣－", "-"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‘’‚‛′´`", "'"),
    }
)

_TONES = "\u0300\u0301\u0303\u0309\u0323"
_BARE = "aăâeêioôơuưy"
_SHAPED = "ăâêôơư"  # a vowel with a hat, a breve or a horn always bears the tone of its syllable
_TONE_OF = {unicodedata.normalize("NFC", vowel + tone): (vowel, tone) for vowel in _BARE for tone in _TONES}
_WITH_TONE = {parts: letter for letter, parts in _TONE_OF.items()}
_ANY_VOWEL = "".join((*_BARE, *_TONE_OF))
_VOWELS = re.compile(f"([qg]?)([{_ANY_VOWEL}]{{2,}})([^\\W\\d_]?)")


@lru_cache(maxsize=8192)
def tidy(text: str) -> str:
    r"""The text as it should be shown: composed (NFC), without invisible characters, white space collapsed.

    >>> tidy(" Kết\u00a0quả\n\tthực hiện\u200b ")
    'Kết quả thực hiện'
    """
    text = text.replace("\n", " ")
    if not text.isprintable():  # for other white space, or for what is invisible
        text = " ".join(text.split())
        if not text.isprintable():
            text = text.translate(_INVISIBLE)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return " ".join(text.split()) if "  " in text or text[:1] == " " or text[-1:] == " " else text


def tidy_lines(text: str) -> str:
    r"""As `tidy`, line by line: for what officials wrote at length; empty lines are left out.

    >>> tidy_lines("Kết quả  như sau:\r\n\n + nhà tắm ")
    'Kết quả như sau:\n+ nhà tắm'
    """
    if text.isprintable():  # one line
        return tidy(text)
    # written by hand and never seen again: kept, they would push out the headings that come again in every workbook
    return "\n".join(filter(None, map(tidy.__wrapped__, text.splitlines())))


class _Folded(dict[str, str]):
    """Words folded: a language has few of them, and folding one takes as long as looking up a hundred."""

    def __missing__(self, word: str) -> str:
        lowered = unicodedata.normalize("NFD", tidy(word)).casefold()
        key = unicodedata.normalize("NFC", lowered).translate(_LOOKALIKES)
        folded = _VOWELS.sub(_place_tone, key)
        if len(word) <= _LONGEST_WORD:
            if len(self) >= _MOST_WORDS:
                self.clear()
            self[word] = folded
        return folded


_LONGEST_WORD, _MOST_WORDS = 40, 32_768
_FOLDED = _Folded()


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """The key under which two texts are the same.

    On top of `tidy`: case, the look-alikes of Đ, typographic dashes and quotes, and where the tone mark of a syllable
    is written (`hoà`, `hòa`). Everything else stays: `đạt` and `dat` differ.

    >>> fold("Sân thể thao, nhà văn HÓA") == fold("sân  thể thao, nhà văn hoá")
    True
    """
    if text.isascii():
        return tidy(text).casefold().replace("`", "'")  # the one look-alike that is ASCII
    return " ".join(filter(None, map(_FOLDED.__getitem__, text.split())))


def _place_tone(found: re.Match[str]) -> str:
    """Write the one tone of a syllable where the modern spelling puts it; leave what is no Vietnamese syllable."""
    lead, cluster, after = found.group(1, 2, 3)
    bare, tones = [], []
    for letter in cluster:
        vowel, tone = _TONE_OF.get(letter, (letter, ""))
        bare.append(vowel)
        tones.append(tone)
    tone = "".join(tones)
    if len(tone) != 1:
        return found.group()
    glide = int(lead + bare[0] in ("qu", "gi"))  # the u of qu and the i of gi belong to the consonant
    at = glide + _toned_vowel("".join(bare[glide:]), closed=bool(after))
    bare[at] = _WITH_TONE[bare[at], tone]
    return lead + "".join(bare) + after


def _toned_vowel(vowels: str, *, closed: bool) -> int:
    shaped = [i for i, vowel in enumerate(vowels) if vowel in _SHAPED]
    if shaped:
        return shaped[-1]
    if closed:
        return len(vowels) - 1
    if len(vowels) == 2:
        return int(vowels in ("oa", "oe", "uy"))
    return min(1, len(vowels) - 1)


@lru_cache(maxsize=8192)
def plain(text: str) -> str:
    """The folded text without any marks: for searching, never for equality.

    >>> plain("Nhiệm vụ ĐẠT")
    'nhiem vu dat'
    """
    letters = unicodedata.normalize("NFD", fold(text))
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter)).replace("đ", "d")
    return " ".join(bare.split())


class Beginnings(dict[str, bool]):
    """First characters of a text, `REACH` of them -> whether the text, folded, may begin as one of some texts does.

    Cheap to ask, and most texts do not.

    >>> Beginnings(["Đơn vị", "hoà"])["đơn "], Beginnings(["òa"])["o"], Beginnings(["hoà"])["7"]
    (True, True, False)
    """

    REACH = 4

    def __init__(self, texts: Iterable[str]) -> None:
        super().__init__()
        self._known = tuple({_bare(text) for text in texts})
        self._starts = {known[:length] for known in self._known for length in range(len(known) + 1)}

    def __missing__(self, characters: str) -> bool:
        # a tone mark may stand on another letter of the syllable, white space may be doubled or be none
        bare = _bare(characters)
        if len(self) >= _MOST_WORDS:
            self.clear()
        self[characters] = may = bare in self._starts or bare.startswith(self._known)
        return may


def _bare(text: str) -> str:
    return plain(text).replace(" ", "")


def nearest(word: str, candidates: Iterable[str], limit: int = 1) -> list[str]:
    """The candidates that look like a misspelling of this word, best first; none where nothing is close.

    >>> nearest("Giai ngan", ["Thu ngân sách", "Giải ngân", "Trồng rừng"])
    ['Giải ngân']
    """
    asked = plain(word)
    scored = []
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(asked)
    for position, candidate in enumerate(candidates):
        matcher.set_seq1(plain(candidate))
        if matcher.real_quick_ratio() < _CLOSE or matcher.quick_ratio() < _CLOSE:
            continue
        likeness = matcher.ratio()
        if likeness >= _CLOSE and asked:
            marks = SequenceMatcher(None, fold(word), fold(candidate), autojunk=False).ratio()
            scored.append((-likeness, -marks, position, candidate))
    return [candidate for *_, candidate in sorted(scored)[:limit]]


_CLOSE = 0.65  # of 1: one wrong letter in three is a misspelling, more is another word


def code_key(text: str) -> str:
    """The key of a row's code: `1.1.2.`, ` 1.1.2 ` and `1.1.2)` are one code; `1.10` and `1.1`, `A` and `a` are not.

    >>> code_key(" 1.1.2. "), code_key("1.10"), code_key("(a)")
    ('1.1.2', '1.10', 'a')
    """
    code = "".join(tidy(text).split()).replace("Ð", "Đ").replace("ð", "đ").translate(_LOOKALIKES)
    return code.lstrip("(").rstrip(".):")
