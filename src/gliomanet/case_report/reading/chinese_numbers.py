"""Numbers in Chinese: 六十七, 百分之六十七, 零点六七, 三分之二, 六成七, 一半, 3万."""

from __future__ import annotations

import re
from fractions import Fraction

_DIGITS = {
    **dict(zip("零〇一二三四五六七八九", (0, *range(10)), strict=True)),
    "两": 2,
    "壹": 1,
    "贰": 2,
    "叁": 3,
    "肆": 4,
    "伍": 5,
    "陆": 6,
    "柒": 7,
    "捌": 8,
    "玖": 9,
}
_TENS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_MYRIADS = {"万": 10**4, "亿": 10**8}

_D = "".join(_DIGITS)
_WHOLE = rf"[{_D}{''.join(_TENS)}{''.join(_MYRIADS)}]+"
_ANY = rf"(?:\d+(?:\.\d+)?|{_WHOLE}(?:点[{_D}]+)?)"
_FORMS = {
    "of": re.compile(rf"(?P<under>{_ANY})分之(?P<over>{_ANY})"),
    "tenths": re.compile(rf"(?P<tenths>[{_D}]|\d)成(?P<hundredths>[{_D}半])?"),
    "half": re.compile(r"(?:[一两]半|半数|半(?=[年个月]))"),
    "scaled": re.compile(r"(?P<number>\d+(?:\.\d+)?)\s?(?P<scale>[百千万亿])"),
    "plain": re.compile(rf"(?P<whole>{_WHOLE})(?:点(?P<decimals>[{_D}]+))?"),
}


def read_chinese(text: str, start: int) -> tuple[Fraction, int, bool] | None:
    """The number that begins at a place of the text, its end, and whether it is a fraction; None: none does."""
    for form, pattern in _FORMS.items():
        found = pattern.match(text, start)
        if found is not None:
            return _value(form, found), found.end(), form == "of" and found["under"] not in ("百", "千", "100", "万")
    return None


def _value(form: str, found: re.Match[str]) -> Fraction:
    if form == "of":
        under = _either(found["under"])
        return _either(found["over"]) / under if under else Fraction(0)
    if form == "tenths":
        rest = found["hundredths"] or "零"
        return Fraction(10 * _digit(found["tenths"]) + (5 if rest == "半" else _digit(rest)), 100)
    if form == "half":
        return Fraction(1, 2)
    if form == "scaled":
        return Fraction(found["number"]) * {**_TENS, **_MYRIADS}[found["scale"]]
    return _number(found["whole"], found["decimals"])


def _either(written: str) -> Fraction:
    if written[0].isascii():
        return Fraction(written)
    whole, _, decimals = written.partition("点")
    return _number(whole, decimals)


def _number(whole: str, decimals: str | None) -> Fraction:
    value = Fraction(_whole(whole))
    return value + Fraction(int("".join(str(_DIGITS[d]) for d in decimals)), 10 ** len(decimals)) if decimals else value


def _whole(written: str) -> int:
    """A whole number; a row of digits alone is read digit by digit (二〇二一)."""
    if all(character in _DIGITS for character in written):
        return int("".join(str(_DIGITS[character]) for character in written))
    total = section = digit = 0
    for character in written:
        if character in _DIGITS:
            digit = _DIGITS[character]
        elif character in _TENS:
            section += (digit or 1) * _TENS[character]
            digit = 0
        else:
            total = (total + section + digit or 1) * _MYRIADS[character]
            section = digit = 0
    return total + section + digit


def _digit(character: str) -> int:
    return int(character) if character.isascii() else _DIGITS[character]
