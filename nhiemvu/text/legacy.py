"""Text of old workbooks, in fonts that drew Vietnamese over Latin-1 letters: TCVN3 (`.VnTime`) and VNI (`VNI-Times`).

Told by the font's name only: the letters alone cannot tell, since every one of them is also a letter of its own.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

# TCVN 5712:1993, from A1 on. Most capitals with a tone have no code: an all-caps font (`.VnTimeH`) draws them. The
# combining marks of B0 to B4 are left out: in a workbook these are °, ±, ², ³ and ´.
_TCVN3 = "ĂÂÊÔƠƯĐăâêôơưđẰ     àảãáạẲằẳẵắẴẮẦẨẪẤỀặầẩẫấậèỂẻẽéẹềểễếệìỉỄẾỒĩíịòỔỏõóọồổỗốộờởỡớợùỖủũúụừửữứựỳỷỹýỵ"

# VNI puts the marks of a vowel into a letter of their own behind it
_TONES = {"ø": "\u0300", "ù": "\u0301", "û": "\u0309", "õ": "\u0303", "ï": "\u0323"}
_HATS = {"â": "", "à": "\u0300", "á": "\u0301", "å": "\u0309", "ã": "\u0303", "ä": "\u0323"}
_BREVES = {"ê": "", "è": "\u0300", "é": "\u0301", "ú": "\u0309", "ü": "\u0303", "ë": "\u0323"}
_VNI_ALONE = {"ñ": "đ", "ô": "ơ", "ö": "ư", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ"}  # ì and í are themselves


def is_legacy(font_name: str) -> bool:
    """Whether a font draws Vietnamese over other letters.

    >>> is_legacy(".VnTime"), is_legacy("VNI-Times"), is_legacy("Times New Roman")
    (True, True, False)
    """
    return re.match(r"\s*(?:\.vn|vni\b)", font_name, re.IGNORECASE) is not None


def decode_legacy(text: str, font_name: str) -> str:
    """The text in Unicode, if its font is one of TCVN3 or VNI; the text itself otherwise.

    Args:
        text: the characters of the cell, as stored: before `tidy`, which would take the ư of TCVN3 for a soft hyphen.
        font_name: name of the font of the cell, or of the run.

    >>> decode_legacy("Tû lÖ hé nghÌo", ".VnTime"), decode_legacy("Tyû leä hoä ngheøo", "VNI-Times")
    ('Tỷ lệ hộ nghèo', 'Tỷ lệ hộ nghèo')
    >>> decode_legacy("kÕ ho¹ch", ".VnTimeH"), decode_legacy("kÕ ho¹ch", "Times New Roman")
    ('KẾ HOẠCH', 'kÕ ho¹ch')
    """
    font = font_name.strip()
    if font.casefold().startswith(".vn"):
        decoded = unicodedata.normalize("NFC", text).translate(_tcvn3())
        return decoded.upper() if font.endswith("H") else decoded
    if re.match(r"vni\b", font, re.IGNORECASE):
        letters = _vni()
        return re.sub(_VNI_LETTER, lambda found: letters.get(found[0], found[0]), unicodedata.normalize("NFC", text))
    return text


@cache
def _tcvn3() -> dict[int, str]:
    return {0xA1 + i: letter for i, letter in enumerate(_TCVN3) if letter != " "}


# a vowel and the letter of its marks, in whatever case ("Aø", "AØ"), or one letter alone
_VNI_LETTER = r"(?i)[aeouyôö][øùûõïâàáåãäêèéúüë]|[ñôöæóòî]"


@cache
def _vni() -> dict[str, str]:
    pairs = dict(_VNI_ALONE)
    for vowel in "aeouyôö":
        bare = _VNI_ALONE.get(vowel, vowel)
        pairs |= {vowel + mark: bare + tone for mark, tone in _TONES.items()}
        if vowel in "aeo":
            pairs |= {vowel + mark: bare + "\u0302" + tone for mark, tone in _HATS.items()}
    pairs |= {"a" + mark: "a\u0306" + tone for mark, tone in _BREVES.items()}
    letters = {code: unicodedata.normalize("NFC", letter) for code, letter in pairs.items()}
    for code, letter in list(letters.items()):
        for shown in (code.upper(), code[0].upper() + code[1:]):
            letters[shown] = letter.upper()
        letters.setdefault(code[0] + code[1:].upper(), letter)
    return letters
