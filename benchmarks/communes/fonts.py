"""How Vietnamese gets into a file: composed, decomposed, or drawn by the old fonts TCVN3 and VNI over other letters."""

from __future__ import annotations

import unicodedata

TCVN3, VNI = ".VnTime", "VNI-Times"
_ETH = "Ð"  # of Iceland: it looks like Đ, and only Unicode has both
_TCVN3 = dict(
    pair.split("=")
    for pair in (
        "à=µ á=¸ ả=¶ ã=· ạ=¹ ă=¨ ằ=» ắ=¾ ẳ=¼ ẵ=½ ặ=Æ â=© ầ=Ç ấ=Ê ẩ=È ẫ=É ậ=Ë đ=® è=Ì é=Ð ẻ=Î ẽ=Ï ẹ=Ñ ê=ª ề=Ò ế=Õ ể=Ó ễ=Ô "
        "ệ=Ö ì=× í=Ý ỉ=Ø ĩ=Ü ị=Þ ò=ß ó=ã ỏ=á õ=â ọ=ä ô=« ồ=å ố=è ổ=æ ỗ=ç ộ=é ơ=¬ ờ=ê ớ=í ở=ë ỡ=ì ợ=î ù=ï ú=ó ủ=ñ ũ=ò ụ=ô "
        "ư=\xad ừ=õ ứ=ø ử=ö ữ=÷ ự=ù ỳ=ú ý=ý ỷ=û ỹ=ü ỵ=þ Ă=¡ Â=¢ Ê=£ Ô=¤ Ơ=¥ Ư=¦ Đ=§"
    ).split(" ")
)
_TONES = {"\u0300": "ø", "\u0301": "ù", "\u0309": "û", "\u0303": "õ", "\u0323": "ï"}
_HATS = {"": "â", "\u0300": "à", "\u0301": "á", "\u0309": "å", "\u0303": "ã", "\u0323": "ä"}
_BREVES = {"": "ê", "\u0300": "è", "\u0301": "é", "\u0309": "ú", "\u0303": "ü", "\u0323": "ë"}
_ALONE = {"đ": "ñ", "ỉ": "æ", "ĩ": "ó", "ị": "ò", "ỵ": "î", "ì": "ì", "í": "í"}


def decompose(text: str) -> str:
    """Letters and marks apart (NFD)."""
    return unicodedata.normalize("NFD", text)


def to_tcvn3(text: str) -> str:
    """As typed in .VnTime, which has no capitals with a tone: they are typed small."""
    text = text.replace(_ETH, "Đ")
    return "".join(_TCVN3.get(c) or _TCVN3.get(c.lower(), c) for c in unicodedata.normalize("NFC", text))


def to_vni(text: str) -> str:
    """As typed in VNI-Times: a vowel, and the letter of its marks behind it."""
    return "".join(_vni_letter(c) for c in unicodedata.normalize("NFC", text.replace(_ETH, "Đ")))


def _vni_letter(c: str) -> str:
    small = c.lower()
    if small in _ALONE:
        made = _ALONE[small]
    else:
        base, *marks = unicodedata.normalize("NFD", small)
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
