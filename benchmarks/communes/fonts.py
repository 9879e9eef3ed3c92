"""How Vietnamese gets into a file: composed, decomposed, or drawn by the old fonts TCVN3 and VNI over other letters."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

TCVN3, VNI = ".VnTime", "VNI-Times"
_ETH = "Ð"  # of Iceland: it looks like Đ, and only Unicode has both
_LETTERS = "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵĂÂÊÔƠƯĐ"
_IN_TCVN3 = "µ¸¶·¹¨»¾¼½Æ©ÇÊÈÉË®ÌÐÎÏÑªÒÕÓÔÖ×ÝØÜÞßãáâä«åèæçé¬êíëìîïóñòô\xadõøö÷ùúýûüþ¡¢£¤¥¦§"
_TCVN3 = dict(zip(_LETTERS, _IN_TCVN3, strict=True))
_TONES = {"\u0300": "ø", "\u0301": "ù", "\u0309": "û", "\u0303": "õ", "\u0323": "ï"}
_HATS = {"": "â", "\u0300": "à", "\u0301": "á", "\u0309": "å", "\u0303": "ã", "\u0323": "ä"}
_BREVES = {"": "ê", "\u0300": "è", "\u0301": "é", "\u0309": "ú", "\u0303": "ü", "\u0323": "ë"}
_ALONE = {"đ": "ñ", "ỉ": "æ", "ĩ": "ó", "ị": "ò", "ỵ": "î", "ì": "ì", "í": "í"}


@lru_cache(maxsize=8192)
def decompose(text: str) -> str:
    """Letters and marks apart (NFD)."""
    return unicodedata.normalize("NFD", text)


@lru_cache(maxsize=8192)
def to_tcvn3(text: str) -> str:
    """As typed in .VnTime, which has no capitals with a tone: they are typed small."""
    text = text.replace(_ETH, "Đ")
    return "".join(_TCVN3.get(c) or _TCVN3.get(c.lower(), c) for c in unicodedata.normalize("NFC", text))


@lru_cache(maxsize=8192)
def to_vni(text: str) -> str:
    """As typed in VNI-Times: a vowel, and the letter of its marks behind it."""
    return "".join(_vni_letter(c) for c in unicodedata.normalize("NFC", text.replace(_ETH, "Đ")))


def _vni_letter(c: str) -> str:
    small = c.lower()
    if small in _ALONE:
        made = _ALONE[small]
    else:
        letters = decompose(small)
        base, marks = letters[0], letters[1:]
        tone = next((mark for mark in marks if mark in _TONES), "")
        if "\u0302" in marks:
            made = base + _HATS[tone]
        elif "\u0306" in marks:
            made = base + _BREVES[tone]
        elif "\u031b" in marks:
            made = {"o": "ô", "u": "ö"}[base] + (_TONES[tone] if tone else "")
        elif tone and len(marks) == 1:
            made = base + _TONES[tone]
        else:
            return c
    return made.upper() if c != small else made
