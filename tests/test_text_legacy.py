"""Text in the fonts of before Unicode: known words in both encodings, and every letter there and back."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nhiemvu.text import decode_legacy, fold

WORDS = [  # Unicode, TCVN3, VNI
    ("Cộng hoà xã hội chủ nghĩa Việt Nam", "Céng hoµ x· héi chñ nghÜa ViÖt Nam",
    "Coäng hoaø xaõ hoäi chuû nghóa Vieät Nam"),
    ("Độc lập - Tự do - Hạnh phúc", "§éc lËp - Tù do - H¹nh phóc", "Ñoäc laäp - Töï do - Haïnh phuùc"),
    ("uỷ ban nhân dân xã", "uû ban nh©n d©n x·", "uyû ban nhaân daân xaõ"),
    ("Kết quả thực hiện nhiệm vụ trọng tâm", "KÕt qu¶ thùc hiÖn nhiÖm vô träng t©m",
    "Keát quaû thöïc hieän nhieäm vuï troïng taâm"),
    ("tỉnh Lạng Sơn", "tØnh L¹ng S¬n", "tænh Laïng Sôn"), ("giải ngân", "gi¶i ng©n", "giaûi ngaân"),
    ("ngân sách nhà nước", "ng©n s¸ch nhµ n­íc", "ngaân saùch nhaø nöôùc"), ("đạt", "®¹t", "ñaït"),
    ("chưa đạt", "ch­a ®¹t", "chöa ñaït"), ("vượt kế hoạch", "v­ît kÕ ho¹ch", "vöôït keá hoaïch"),
    ("hộ nghèo", "hé nghÌo", "hoä ngheøo"),
    ("nước sạch", "n­íc s¹ch", "nöôùc saïch"), ("môi trường", "m«i tr­êng", "moâi tröôøng"),
    ("trồng rừng", "trång rõng", "troàng röøng"),
    ("Triệu đồng", "TriÖu ®ång", "Trieäu ñoàng"), ("Tỷ lệ", "Tû lÖ", "Tyû leä"), ("quý", "quý", "quyù"),
    ("kỹ thuật", "kü thuËt", "kyõ thuaät"),
    ("tổng số", "tæng sè", "toång soá"), ("lớp đào tạo nghề", "líp ®µo t¹o nghÒ", "lôùp ñaøo taïo ngheà"),
    ("đường giao thông", "®­êng giao th«ng", "ñöôøng giao thoâng"), ("chất lượng", "chÊt l­îng", "chaát löôïng"),
    ("văn hoá thể thao", "v¨n ho¸ thÓ thao", "vaên hoaù theå thao"),
    ("bằng, bẳng, bẵng, bắt, bặt", "b»ng, b¼ng, b½ng, b¾t, bÆt", "baèng, baúng, baüng, baét, baët"),
    ("xây dựng nông thôn mới", "x©y dùng n«ng th«n míi", "xaây döïng noâng thoân môùi"),
    ("an ninh trật tự", "an ninh trËt tù", "an ninh traät töï"),
    ("quỹ đất", "quü ®Êt", "quyõ ñaát"), ("Ý kiến", None, "YÙ kieán"), ("kiểm lâm", "kiÓm l©m", "kieåm laâm"),
    ("dễ, dẽ", "dÔ, dÏ", "deã, deõ"),
    ("khỉ, khĩ, khị, khì, khí", "khØ, khÜ, khÞ, kh×, khÝ", "khæ, khó, khò, khì, khí"),
    ("lũ, lủ, lụt", "lò, lñ, lôt", "luõ, luû, luït"),
    ("kỵ, kỳ", "kþ, kú", "kî, kyø"), ("ƯU ĐIỂM", None, "ÖU ÑIEÅM"), ("ỦY BAN", None, "UÛY BAN"),
    ("Đề án", "§Ò ¸n", "Ñeà aùn"),
    ("27,35/25 ha", "27,35/25 ha", "27,35/25 ha"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "tcvn3", "vni"), WORDS)
def test_known_words(text: str, tcvn3: str | None, vni: str) -> None:
    assert decode_legacy(vni, "VNI-Times") == text
    if tcvn3 is not None:
        assert decode_legacy(tcvn3, ".VnTime") == text
        assert decode_legacy(tcvn3, ".VnArialH") == text.upper()


@pytest.mark.parametrize("font", ["Times New Roman", "Arial", "", "VNtimes", "Vnitalic", "Calibri"])
def test_other_fonts_are_left_alone(font: str) -> None:
    assert decode_legacy("kÕ ho¹ch ñaït", font) == "kÕ ho¹ch ñaït"


@pytest.mark.parametrize("font", [".VnTime", ".vntime", " .VnArial", ".VnAristote"])
def test_names_of_tcvn3_fonts(font: str) -> None:
    assert decode_legacy("®¹t", font) == "đạt"


@pytest.mark.parametrize("font", ["VNI-Times", "VNI-Helve", "vni-times", "VNI Times"])
def test_names_of_vni_fonts(font: str) -> None:
    assert decode_legacy("ñaït", font) == "đạt"


# The encoders are written the other way round, from the published layouts: each letter with its own code.
LOWER = "àảãáạăằẳẵắặâầẩẫấậđèẻẽéẹêềểễếệìỉĩíịòỏõóọôồổỗốộơờởỡớợùủũúụưừửữứựỳỷỹýỵ"
TCVN3_CODES = (
    "B5 B6 B7 B8 B9 A8 BB BC BD BE C6 A9 C7 C8 C9 CA CB AE CC CE CF D0 D1 AA D2 D3 D4 D5 D6 D7 D8 DC DD DE "
    "DF E1 E2 E3 E4 AB E5 E6 E7 E8 E9 AC EA EB EC ED EE EF F1 F2 F3 F4 AD F5 F6 F7 F8 F9 FA FB FC FD FE"
)
TO_TCVN3 = {letter: chr(int(code, 16)) for letter, code in zip(LOWER, TCVN3_CODES.split(), strict=True)}
TO_TCVN3 |= dict(zip("ĂÂÊÔƠƯĐ", "¡¢£¤¥¦§", strict=True))
VNI_MARKS = {"": "", "\u0300": "ø", "\u0301": "ù", "\u0309": "û", "\u0303": "õ", "\u0323": "ï"}
VNI_HAT = {"": "â", "\u0300": "à", "\u0301": "á", "\u0309": "å", "\u0303": "ã", "\u0323": "ä"}
VNI_BREVE = {"": "ê", "\u0300": "è", "\u0301": "é", "\u0309": "ú", "\u0303": "ü", "\u0323": "ë"}
VNI_I = {"": "i", "\u0300": "ì", "\u0301": "í", "\u0309": "æ", "\u0303": "ó", "\u0323": "ò"}


def to_vni(letter: str) -> str:
    if letter.lower() == "đ":
        code = "ñ"
    else:
        base, *marks = list(unicodedata.normalize("NFD", letter.lower()))
        tone = "".join(mark for mark in marks if mark in VNI_MARKS)
        if base == "i":
            code = VNI_I[tone]
        elif base == "y" and tone == "\u0323":
            code = "î"
        elif "\u0302" in marks:
            code = base + VNI_HAT[tone]
        elif "\u0306" in marks:
            code = base + VNI_BREVE[tone]
        else:
            code = ({"o": "ô", "u": "ö"}[base] if "\u031b" in marks else base) + VNI_MARKS[tone]
    return code.upper() if letter.isupper() else code


ALPHABET = LOWER + "abcdeghiklmnopqrstuvxy 0123456789,.%/-"


@given(st.text(ALPHABET + "ĂÂÊÔƠƯĐABCDEGHIKLMNOPQRSTUVXY"))
def test_tcvn3_there_and_back(text: str) -> None:
    encoded = "".join(TO_TCVN3.get(letter, letter) for letter in text)
    assert decode_legacy(encoded, ".VnTime") == text
    assert decode_legacy(unicodedata.normalize("NFD", encoded), ".VnTime") == text
    assert decode_legacy(encoded, ".VnTimeH") == text.upper()


@given(st.text(ALPHABET + ALPHABET.upper()))
def test_vni_there_and_back(text: str) -> None:
    encoded = "".join(to_vni(letter) if letter.isalpha() else letter for letter in text)
    assert decode_legacy(encoded, "VNI-Times") == text
    assert decode_legacy(unicodedata.normalize("NFD", encoded), "VNI-Times") == text


def test_the_case_of_the_mark_follows_the_vowel() -> None:
    assert decode_legacy("Aø AØ aØ ÖÙ Öù", "VNI-Times") == "À À à Ứ Ứ"
    assert fold(decode_legacy("Haûi Yeán", "VNI-Times")) == fold("HẢI YẾN")
