"""Numbers in English words: sixty-seven, zero point six seven, two thirds, a quarter, twice, a dozen."""

from __future__ import annotations

import re
from fractions import Fraction

_UNITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000, "billion": 1_000_000_000}
_PARTS = {
    "half": 2,
    "halves": 2,
    "quarter": 4,
    "quarters": 4,
    **{
        name + ending: number
        for number, name in enumerate(["third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"], 3)
        for ending in ("", "s")
    },
}
_ALONE = {"dozen": 12, "dozens": 12, "couple": 2, "pair": 2, "pairs": 2, "nil": 0, "nought": 0, "score": 20}
_TIMES = {"once": 1, "twice": 2, "double": 2, "doubled": 2, "twofold": 2, "thrice": 3, "triple": 3, "threefold": 3}
ORDINALS = frozenset({"first", "second", "third", "fourth", "fifth", "sixth", "seventh"})

_SMALL = {
    **{name: number for number, name in enumerate(_UNITS)},
    **{name: number for number, name in enumerate(_TEENS, 10)},
    **{name: 10 * number for number, name in enumerate(_TENS, 2)},
}
_WORD = re.compile(r"(?:\s+|-)?([a-z]+)", re.I)


def read_words(text: str, start: int) -> tuple[Fraction, int, bool] | None:
    """The number in words that begins at a place of the text, its end, and True of a fraction; None: none does."""
    word, end = _word(text, start, first=True)
    if word in ("half", "halves"):
        return Fraction(1, 2), end, True
    if word in _ALONE or word in _TIMES:
        return Fraction(_ALONE.get(word, _TIMES.get(word, 0))), end, False
    if word in ("a", "an"):
        part, after = _word(text, end)
        if part in _PARTS:
            return Fraction(1, _PARTS[part]), after, True
        scale = {**_SCALES, **_ALONE}.get(part)
        return (Fraction(scale), after, False) if scale else None
    whole = _whole(text, start)
    if whole is None:
        return None
    number, end = whole
    part, after = _word(text, end)
    if part in _PARTS and number:
        return Fraction(number, _PARTS[part]), after, True
    decimals, after = _after_point(text, end)
    return (Fraction(f"{number}.{decimals}"), after, False) if decimals else (Fraction(number), end, False)


def _whole(text: str, start: int) -> tuple[int, int] | None:
    """A whole number: words that add up (sixty-seven) or multiply (two hundred and five thousand)."""
    total, current, end, last = 0, 0, start, ""
    first = True
    while True:
        word, after = _word(text, end, first=first)
        if word == "and" and last == "scale" and not first:
            joined, further = _word(text, after)
            if joined in _SMALL:
                word, after = joined, further
        kind = _kind(word)
        if not _may_follow(kind, last):
            break
        if kind == "scale":
            factor = _SCALES[word]
            current = max(current, 1) * factor
            if factor > _SCALES["hundred"]:
                total, current = total + current, 0
        else:
            current += _SMALL[word]
        end, last, first = after, kind, False
    return None if first else (total + current, end)


def _kind(word: str) -> str:
    if word in _SCALES:
        return "scale"
    if word in _TENS:
        return "tens"
    return "small" if word in _SMALL else ""


def _may_follow(kind: str, last: str) -> bool:
    return {"": kind in ("tens", "small", "scale"), "tens": kind in ("small", "scale"), "small": kind == "scale"}.get(
        last, kind in ("tens", "small", "scale")
    )


def _after_point(text: str, start: int) -> tuple[str, int]:
    word, end = _word(text, start)
    digits = ""
    if word != "point":
        return digits, start
    while (word := _word(text, end)[0]) in _UNITS:
        digits += str(_UNITS.index(word))
        end = _word(text, end)[1]
    return digits, end


def _word(text: str, start: int, *, first: bool = False) -> tuple[str, int]:
    """The next word in small letters and its end; a first word begins at the place itself."""
    found = _WORD.match(text, start)
    if found is None or (first and found.start(1) != start):
        return "", start
    return found[1].lower(), found.end()
