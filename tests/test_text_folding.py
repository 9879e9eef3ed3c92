"""Which texts are one text, and which are not."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nhiemvu.text import Beginnings, code_key, fold, folding, nearest, plain, tidy

LETTERS = "aàáảãạăằắẳẵặâầấẩẫậbcdđeèéẻẽẹêềếểễệghiìíỉĩịklmnoòóỏõọôồốổỗộơờớởỡợpqrstuùúủũụưừứửữựvxyỳýỷỹỵ"
vietnamese = st.text(LETTERS + LETTERS.upper() + " -–“”’\u00a0\n,.0123456789%/", max_size=40)

SAME = [
    ("hoà", "hòa"), ("hoả", "hỏa"), ("hoã", "hõa"), ("hoạ", "họa"), ("hoá", "hóa"), ("khoẻ", "khỏe"), ("loè", "lòe"),
    ("uỷ", "ủy"), ("thuý", "thúy"), ("luỹ", "lũy"), ("tuỳ", "tùy"), ("luỵ", "lụy"), ("UỶ", "Ủy"),
    ("VĂN HOÁ", "văn hóa"),
    ("quý", "qúy"), ("quả", "qủa"), ("già", "gìa"), ("hoàn", "hòan"), ("khuỷu", "khủyu"), ("thuở", "thủơ"),
    ("ngoài", "ngòai"), ("của", "cuả"), ("giếng", "gíêng"), ("tiến", "tíên"), ("Ðạt", "Đạt"), ("ÐẠT", "đạt"),
    ("Ɖạt", "đạt"), ("tiêu chí 17 – Môi trường", "Tiêu chí 17 - môi trường"), ("“Tổ tự quản”", '"Tổ tự quản"'),
    ("‘Điểm chữa cháy”", "'Điểm chữa cháy\""), ("Kết quả\u200b", "Kết\u00a0quả"), ("Kết\r\nquả", " kết\tquả "),
]  # fmt: skip
DIFFERENT = [("đạt", "dat"), ("hoà", "hoá"), ("mùa", "múa"), ("tỷ", "tỉ"), ("giá", "gia"), ("ba", "bà"), ("của", "cua")]


@pytest.mark.parametrize(("left", "right"), SAME)
def test_spellings_of_one_text_fold_to_one_key(left: str, right: str) -> None:
    assert fold(left) == fold(right)


@pytest.mark.parametrize(("left", "right"), DIFFERENT)
def test_different_words_keep_different_keys(left: str, right: str) -> None:
    assert fold(left) != fold(right)


@pytest.mark.parametrize("vowels", ["oa", "oe", "uy"])
@pytest.mark.parametrize("tone", ["\u0300", "\u0301", "\u0303", "\u0309", "\u0323"])
@pytest.mark.parametrize("initial", ["", "h", "kh", "th", "ng", "tr"])
def test_every_open_syllable_folds_old_and_new_tone_placement_together(vowels: str, tone: str, initial: str) -> None:
    old, new = initial + vowels[0] + tone + vowels[1], initial + vowels + tone
    assert fold(old) == fold(new) == fold(old.upper()) == unicodedata.normalize("NFC", new)


@given(st.text())
def test_fold_and_tidy_are_idempotent_and_blind_to_the_unicode_form(text: str) -> None:
    for function in (tidy, fold, plain):
        once = function(text)
        assert function(once) == once
        assert function(unicodedata.normalize("NFD", text)) == once
        assert function(unicodedata.normalize("NFC", text)) == once


@given(vietnamese)
def test_case_never_matters_to_a_key(text: str) -> None:
    assert fold(text.upper()) == fold(text.lower()) == fold(text)
    assert plain(text).isascii() or set("“”’–") & set(text)


def test_tidy_keeps_case_and_marks_and_collapses_white_space() -> None:
    assert tidy("\ufeff Nhiệm\u00a0vụ\n\u200bTRỌNG \t tâm\u00ad ") == "Nhiệm vụ TRỌNG tâm"


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("1.1.2.", "1.1.2"), (" 1.1.2 ", "1.1.2"), ("1.1.2)", "1.1.2"), ("1. 1. 2", "1.1.2"), ("1.10", "1.10"),
        ("1.1", "1.1"), ("a)", "a"), ("(a)", "a"), ("đ)", "đ"), ("Ð)", "Đ"), ("A.", "A"), ("I", "I"), ("–", "-"),
        ("+", "+"),
    ],
)  # fmt: skip
def test_code_key(typed: str, key: str) -> None:
    assert code_key(typed) == key == code_key(unicodedata.normalize("NFD", typed))


def test_nearest_offers_misspellings_best_first_and_nothing_far() -> None:
    names = ["Giải ngân", "Thu ngân sách", "Trồng rừng", "Giải ngân vốn"]
    assert nearest("giai ngan", names, limit=2) == ["Giải ngân", "Giải ngân vốn"]
    assert nearest("Giải ngâm", names) == ["Giải ngân"]
    assert nearest("Quốc phòng", names) == nearest("", names) == nearest("x", []) == []


@given(
    st.text(
        st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from(LETTERS + "\u200b\u00ad \t\u0301")),
        max_size=30,
    )
)
def test_folding_word_by_word_is_folding_the_text(text: str) -> None:
    """What `fold` promises, said of the text as a whole."""
    shown = " ".join(unicodedata.normalize("NFC", text.translate(folding._INVISIBLE)).split())
    assert tidy(text) == shown
    lowered = unicodedata.normalize("NFC", unicodedata.normalize("NFD", shown).casefold())
    assert fold(text) == folding._VOWELS.sub(folding._place_tone, lowered.translate(folding._LOOKALIKES))


def test_what_is_kept_of_words_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = folding._Folded()
    monkeypatch.setattr(folding, "_MOST_WORDS", 10)
    for i in range(100):
        assert kept[f"Xã{i}"] == f"xã{i}"
        assert len(kept) <= 10
    assert kept["Ã" * 50] == "ã" * 50
    assert "Ã" * 50 not in kept


@given(st.one_of(vietnamese, st.text(min_size=1)), st.integers(0, 30))
def test_a_text_begins_as_its_first_characters_say(text: str, length: int) -> None:
    for form in ("NFC", "NFD"):
        given_ = unicodedata.normalize(form, text)
        for reach in range(1, Beginnings.REACH + 1):
            assert Beginnings([fold(text)])[given_[:reach]]
            assert Beginnings([fold(text)[:length]])[given_[:reach]]
