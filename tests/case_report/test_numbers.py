"""Numbers of a sentence, however they are written."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gliomanet.case_report.reading.english_numbers import _SMALL
from gliomanet.case_report.reading.quantity import Quantity
from gliomanet.case_report.reading.sentence import read


def only(text, language="en"):
    (found,) = read(text, language).numbers
    return found


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("0.67", "en"),
        (".67", "en"),
        ("0,67", "en"),
        ("67 %", "en"),
        ("67%", "en"),
        ("67 percent", "en"),
        ("67 per cent", "en"),
        ("sixty-seven percent", "en"),
        ("sixty seven per cent", "en"),
        ("zero point six seven", "en"),
        ("０．６７", "en"),
        ("67%", "zh"),
        ("６７％", "zh"),
        ("百分之六十七", "zh"),
        ("百分之67", "zh"),
        ("零点六七", "zh"),
        ("六成七", "zh"),
        ("二〇二一", "zh"),
    ],
)
def test_forms_of_a_share(text, language):
    expected = Fraction(2021) if text == "二〇二一" else Fraction(67, 100)
    assert only(text, language) == Quantity(expected)


@pytest.mark.parametrize(
    ("text", "language", "value", "dimension"),
    [
        ("1,234.5 ml", "en", 1234.5, "volume"),
        ("1.234,5 cm³", "en", 1234.5, "volume"),
        ("1,234 cubic centimetres", "en", 1234, "volume"),
        ("12,5 mL", "en", 12.5, "volume"),
        ("3 l", "en", 3000, "volume"),
        ("1.2 cm", "en", 12, "length"),
        ("12-mm", "en", 12, "length"),
        ("two years", "en", 24, "months"),
        ("24 months", "en", 24, "months"),
        ("a dozen", "en", 12, ""),
        ("twice", "en", 2, ""),
        ("half", "en", 0.5, ""),
        ("three quarters", "en", 0.75, ""),
        ("-2.5 %", "en", -0.025, ""),
        ("\u22122.5 %", "en", -0.025, ""),
        ("12.5毫升", "zh", 12.5, "volume"),
        ("十二点五毫升", "zh", 12.5, "volume"),
        ("两年", "zh", 24, "months"),
        ("二十四个月", "zh", 24, "months"),
        ("3厘米", "zh", 30, "length"),
        ("一万二千", "zh", 12000, ""),
        ("1.2万", "zh", 12000, ""),
        ("两倍", "zh", 2, "times"),
        ("一半", "zh", 0.5, ""),
    ],
)
def test_forms_with_units(text, language, value, dimension):
    found = only(text, language)
    assert (float(found.value), found.dimension) == (value, dimension)


def test_a_fraction_in_words_is_the_figure_that_it_rounds_to():
    thirds = only("two thirds")
    assert thirds.is_same(only("0.67"))
    assert only("66.7 %").is_same(thirds)
    assert not thirds.is_same(only("0.7"))
    assert not thirds.is_same(only("66 %"))
    assert not thirds.is_same(only("0.68"))
    assert only("三分之二", "zh").is_same(only("67%", "zh"))
    assert not only("2/3 ml").is_same(only("0.67"))


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("IDH1, T1c, T2-FLAIR, 1p/19q, H3 K27M, CDKN2A/B, f5, R132H", 0),
        ("WHO grade 4, grades 2 and 3", 0),
        ("6 to 33 %", 2),
        ("6-33 %", 2),
        ("34 × 21 mm", 2),
        ("between 10 and 15 months", 2),
        ("12, 14", 2),
        ("v1.5", 0),
        ("a lesion and the second", 0),
    ],
)
def test_names_are_no_numbers_and_ranges_are_two(text, numbers):
    assert len(read(text, "en").numbers) == numbers


def test_a_range_has_one_unit():
    assert [one.value for one in read("6 to 33 %", "en").numbers] == [Fraction(6, 100), Fraction(33, 100)]
    assert {one.dimension for one in read("34 × 21 mm", "en").numbers} == {"length"}
    assert [one.value for one in read("介于10至15个月", "zh").numbers] == [10, 15]


numbers = st.decimals(min_value=0, max_value=999_999, places=2, allow_nan=False, allow_infinity=False)


@settings(max_examples=200, deadline=None)
@given(numbers)
def test_digits_say_the_same_however_they_are_grouped(number):
    plain, grouped = f"{number:.2f}", f"{number:,.2f}"
    european = grouped.translate(str.maketrans(",.", ".,"))
    full_width = plain.translate(str.maketrans("0123456789.", "０１２３４５６７８９．"))
    found = {only(f"it is {text} ml now").value for text in (plain, grouped, european, full_width)}
    assert found == {Fraction(plain)}


def english(number: int) -> str:
    names = {value: name for name, value in reversed(_SMALL.items())}
    if number in names:
        return names[number]
    if number < 100:
        return f"{names[number - number % 10]}-{names[number % 10]}"
    scale, name = (1000, "thousand") if number >= 1000 else (100, "hundred")
    rest = number % scale
    joint = " and " if rest and rest < 100 else " "
    return f"{english(number // scale)} {name}{joint if rest else ''}{english(rest) if rest else ''}"


CHINESE_DIGITS = "零一二三四五六七八九"


def chinese(number: int) -> str:
    if number < 10:
        return CHINESE_DIGITS[number]
    for scale, name in ((10_000, "万"), (1000, "千"), (100, "百"), (10, "十")):
        if number >= scale:
            rest = number % scale
            gap = "零" if rest and rest < scale // 10 else ""
            return chinese(number // scale) + name + (gap + chinese(rest) if rest else "")
    raise AssertionError


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 99_999))
def test_numbers_in_words_are_read_back(number):
    assert only(f"it is {english(number)} now").value == number
    assert only(f"共{chinese(number)}例", "zh").value == number


@settings(max_examples=200, deadline=None)
@given(numbers, numbers)
def test_different_numbers_never_say_the_same(one, other):
    same = only(f"{one:.2f} ml").is_same(only(f"{other:,.2f} ml"))
    assert same == (one == other)
    assert not only(f"{one:.2f} ml").is_same(only(f"{one:.2f} mm"))


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60), st.sampled_from(["en", "zh"]))
def test_any_text_is_read_to_its_end(text, language):
    found = read(text, language)
    ends = [token.end for token in found.tokens]
    assert ends == sorted(ends)
    assert "".join(text.split()) == "" or found.tokens or not found.text.strip()
