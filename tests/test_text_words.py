"""What an official's sentence says; the sentences are those of a real form."""

from __future__ import annotations

import contextlib
import unicodedata
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nhiemvu.text import (
    Unreadable,
    read_heading_counts,
    read_mention,
    read_stated_ratios,
    read_verdict,
)
from nhiemvu.verdicts import Verdict

F = Fraction

VERDICTS = {
    Verdict.MET: [
        "Đạt", "đạt", "đánh giá đạt", "Nhiệm vụ đạt", "đánh giá đạt 100%", "(Đạt)", "=> (đánh giá đạt).",
        "tự đánh giá: đạt",
        "Đánh giá: Hoàn thành theo kế hoạch.", "Hoàn thành", "Đạt (do không có bãi chôn lấp rác thải)", "Ðạt",
        "đạt chỉ tiêu", "Đạt KH", "Đạt theo BC số 12/BC-UBND",
    ],
    Verdict.NOT_MET: [
        "chưa đạt", "Không đạt", "KHÔNG ĐẠT", "đánh giá chưa đạt", "(Chưa đạt).", "Nhiệm vụ chưa đạt theo kế hoạch",
        "Nhiệm vụ thực hiện chưa đạt", "đánh giá thực hiện nhiệm vụ chưa đạt", "=> Đánh giá chưa đạt.",
        "chưa hoàn thành",
        "Chưa đạt do thiếu kinh phí", "Không đạt, còn 2 hộ", "đánh giá chưa hoàn thành vì mưa lũ",
        "Tiêu chí số 17 chưa đạt", "Chưa đạt (đạt 80% kế hoạch)",
    ],
    Verdict.EXCEEDED: ["vượt", "thực hiện vượt", "Vượt kế hoạch", "hoàn thành vượt mức"],
    Verdict.NOT_ASSESSED: ["chưa đánh giá", "đánh giá thực hiện nhiệm vụ chưa đánh giá", "Chưa được đánh giá"],
    Verdict.NO_DATA: ["Thiếu số liệu", "chưa có số liệu"],
    Verdict.NOT_APPLICABLE: ["Không phát sinh", "không áp dụng"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("verdict", "text"), [(verdict, text) for verdict, texts in VERDICTS.items() for text in texts]
)
def test_verdicts_in_the_words_of_officials(verdict: Verdict, text: str) -> None:
    assert read_verdict(text) == read_verdict(unicodedata.normalize("NFD", text)) == verdict


@pytest.mark.parametrize("verdict", Verdict)
def test_every_label_that_is_shown_reads_back(verdict: Verdict) -> None:
    assert read_verdict(verdict.label) == verdict


@pytest.mark.parametrize(
    "text",
    [
        "x", "chưa", "không", "đạt một phần", "không đánh giá đạt", "chưa thực hiện đạt", "Chua dat", "đạt 55 %",
        "thực hiện",
        "Chưa đạt, nay đã hoàn thành", "Đạt, còn 2 hộ", "đạt do có dự án", "đạt theo BC số", "?", "- - - - - - - -",
        "đạt hay chưa đạt", "không chưa đạt", "dat", "chua_dat", "()", "đang trình phê duyệt",
    ],
)  # fmt: skip
def test_words_that_are_not_known_are_never_taken_for_a_verdict(text: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        read_verdict(text)
    assert refusal.value.code == "verdict-unknown"


@pytest.mark.parametrize("blank", ["", "  ", "\u00a0\n", "-", "–", "…", "..."])
def test_a_blank_is_no_verdict(blank: str) -> None:
    assert read_verdict(blank) is None


@given(st.sampled_from(["chưa", "không"]), st.sampled_from([t for t in VERDICTS[Verdict.MET] if t[:1] in "Đđ"]))
def test_a_negation_never_reads_as_met(negation: str, text: str) -> None:
    with contextlib.suppress(Unreadable):
        assert read_verdict(f"{negation} {text}") is not Verdict.MET


HEADINGS = [
    ("1. Nhóm nhiệm vụ thứ Nhất về kinh tế: Gồm 05 nhiệm vụ (có 05 nhiệm vụ chưa đạt).", 5, {Verdict.NOT_MET: 5}),
    (
        "2. Lĩnh vực văn hóa – xã hội, gồm 03 nhiệm vụ: (Thực hiện 01 nhiệm vụ đạt, 02 nhiệm vụ chưa đạt)",
        3,
        {Verdict.MET: 1, Verdict.NOT_MET: 2},
    ),
    (
        "3. Nhóm nhiệm vụ về quốc phòng, an ninh trật tự, gồm 02 nhiệm vụ: (thực hiện 02 nhiệm vụ chưa đạt)",
        2,
        {Verdict.NOT_MET: 2},
    ),
    ("Gồm 05 nhiệm vụ: 04 chưa đạt, 01 thiếu số liệu", 5, {Verdict.NOT_MET: 4, Verdict.NO_DATA: 1}),
    ("Tiêu chí 17 gồm 12 tiêu chí: 11 tiêu chí đạt, 01 tiêu chí không đạt", 12, {Verdict.MET: 11, Verdict.NOT_MET: 1}),
    ("gồm 10 chỉ tiêu, 02 chỉ tiêu vượt, 08 chỉ tiêu được đánh giá đạt", 10, {Verdict.EXCEEDED: 2, Verdict.MET: 8}),
    ("có 03 nội dung đạt", None, {Verdict.MET: 3}),
    ("Gồm 04 nhiệm vụ", 4, {}),
]


@pytest.mark.parametrize(("text", "total", "counts"), HEADINGS)
def test_counts_of_headings(text: str, total: int | None, counts: dict[Verdict, int]) -> None:
    for form in ("NFC", "NFD"):
        found = read_heading_counts(unicodedata.normalize(form, text))
        assert found is not None
        assert (found.total, found.by_verdict) == (total, counts)


@pytest.mark.parametrize(
    "text",
    [
        "", "1.3. Phấn đấu duy trì đạt thêm từ 1-2 nội dung NTM kiểu mẫu", "Giải ngân năm 2024 đạt 55 %",
        "17.1. Khu kinh doanh (đạt)",
        "Hoàn thành giải ngân 100% kế hoạch vốn (chưa đạt)",
    ],
)  # fmt: skip
def test_a_heading_without_counts(text: str) -> None:
    assert read_heading_counts(text) is None


STATED = [  # text, [(numerator, denominator, stated, decimals, exactness)]
    ("Tỷ lệ hộ có nhà tiêu 409/424=96,4%; nhà tắm 396/424=93,3; bể nước 424/424=100%. đánh giá đạt",
     [("409", "424", "0.964", 1, "cut"), ("396", "424", "0.933", 1, "cut"), ("424", "424", "1", 0, "rounded")]),
    ("liên kết với Hợp tác xã được 56,3 ha /227,75ha = 24,7% .", [("56.3", "227.75", "0.247", 1, "rounded")]),
    ("đến ngày 29/5/2024 đã thực hiện 72.225.000 đ/130.700.000 so với dự toán huyện giao đạt 55 % (đánh giá chưa đạt).",
     [("72225000", "130700000", "0.55", 0, "rounded")]),
    ("giải ngân kinh phí 0 đồng/ 53.000.000 đ so với dự toán giao đạt 0%", [("0", "53000000", "0", 0, "rounded")]),
    ("quy trình sản xuất tốt là 11/70ha =15,7%  (trong đó lúa Tẻ Hà Giang là 01 ha)", [("11", "70",
    "0.157", 1, "rounded")]),
    ("1.4.1.Trồng rừng được 27,35/25ha/năm đạt 109,4% thực hiện vượt.", [("27.35", "25", "1.094", 1, "rounded")]),
    ("thu được 3.220.000 đồng đạt 32% so với dự toán kế hoạch huyện giao 10.000.000 đồng, đạt 29,27 % so với dự toán "
     "kế hoạch "
     "HĐND xã giao 11.000.000đồng (chưa đạt).",
     [("3220000", "10000000", "0.32", 0, "rounded"), ("3220000", "11000000", "0.2927", 2, "rounded")]),
    ("bình quân 141.190 lít/2017 người = 70 lít", [("141190", "2017", "70", 0, "rounded")]),
    ("409/424=95,4%", [("409", "424", "0.954", 1, "wrong")]), ("396/424=93,5", [("396", "424", "0.935", 1, "wrong")]),
    ("396/424=93,4", [("396", "424", "0.934", 1, "rounded")]), ("0/0 = 100%", [("0", "0", "1", 0, "wrong")]),
    ("2.800.00/5.000 = 56%", []), ("Nghị quyết số 08/2019/NQ-HĐND, ngày 10/12/2019", []),
    ("người sử dụng nước bình quân 141.190 lít/ngày đêm = 70lít/người: đánh giá đạt.", []),
    ("phấn đấu đến hết tháng 11/2024 tỷ lệ giải ngân vốn đạt 90% trở lên", []), ("có 2/4 người chưa đạt", []),
    ("7/7 công dân trong đó có 06 công dân thực hiện nghĩa vụ quân sự đạt 100% chỉ tiêu", []), ("", []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), STATED)
def test_stated_ratios(text: str, expected: list[tuple[str, str, str, int, str]]) -> None:
    for form in ("NFC", "NFD"):
        found = read_stated_ratios(unicodedata.normalize(form, text))
        assert [(r.numerator, r.denominator, r.stated, r.digits, r.exactness) for r in found] == [
            (F(above), F(below), F(stated), digits, exactness) for above, below, stated, digits, exactness in expected
        ]
        assert all(ratio.text in text for ratio in found)


@given(st.integers(0, 999), st.integers(1, 999), st.integers(0, 2))
def test_a_percentage_rounded_or_cut_is_accepted_and_any_other_is_not(above: int, below: int, digits: int) -> None:
    size = 10**digits
    exact = F(above, below) * 100 * size
    cut = exact // 1
    for whole, accepted in ((cut, True), (round(exact), True), (cut + 2, False), (cut - 1, False)):
        if whole >= 0:
            decimals = f",{whole % size:0{digits}d}" if digits else ""
            (found,) = read_stated_ratios(f"nhà tắm {above}/{below} hộ = {whole // size}{decimals}%")
            assert (found.exactness != "wrong") == accepted, whole


@pytest.mark.parametrize(
    ("noun", "number"), [("hộ", 421), ("nhân khẩu", 2017), ("khẩu", None), ("HỘ", 421), ("người", None), ("nhân", 2017)]
)
def test_the_number_before_a_noun_in_whole_words(noun: str, number: int | None) -> None:
    text = "- Công tác quản lý cư trú 421 hộ, 2017 nhân khẩu, trong 5/2024 có 3 hộ mới"
    for form in ("NFC", "NFD"):
        assert read_mention(unicodedata.normalize(form, text), unicodedata.normalize(form, noun)) == number


def test_mentions_by_marks_and_their_refusal() -> None:
    assert read_mention("tổng hợp được 5 hộ gia đình", "hộ") == 5
    assert read_mention("trị giá 3.600.000đ(chưa đạt)", "đ") == 3600000
    with pytest.raises(Unreadable):
        read_mention("trị giá 2.800.00đ(đạt)", "đ")


@given(st.text("0123456789/=%. ,;đạtnhiệmvụgồồhốcưa", max_size=60))
def test_sentences_of_any_kind_are_read_without_failing(text: str) -> None:
    read_stated_ratios(text)
    read_heading_counts(text)
