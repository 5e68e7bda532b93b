"""Numbers in digits: 1,234.5, 1.234,5, 0,67, .67, 2/3, -2.5."""

from __future__ import annotations

import re
from fractions import Fraction

_PLAIN = r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?(?!,?\d)|[1-9]\d{0,2}(?:\.\d{3})+,\d+|\d+[.,]\d+|\d+|\.\d+"
# A sign is one where nothing that it could join stands before: in "6-33" it joins.
_NUMBER = re.compile(
    rf"(?P<sign>(?<![\w.)%-])-)?(?P<number>{_PLAIN})(?:\s?[/\u2044]\s?(?P<under>[1-9]\d*)(?![\d.,]\d))?", re.A
)


def read_digits(text: str, start: int) -> tuple[Fraction, int] | None:
    """The number in digits that begins at a place of the text, and its end; None: none does.

    A comma before exactly three digits parts thousands, unless a zero stands before it; any other is a decimal comma.
    """
    if start and text[start - 1].isascii() and (text[start - 1].isdigit() or _point_before(text, start)):
        return None
    found = _NUMBER.match(text, start)
    if found is None:
        return None
    value = _value(found["number"])
    if found["under"]:
        value /= int(found["under"])
    return (-value if found["sign"] else value), found.end()


def _point_before(text: str, start: int) -> bool:
    """True inside a number whose beginning was passed over, such as the `5` of `v1.5`."""
    return text[start - 1] == "." and start > 1 and text[start - 2].isdigit()


def _value(written: str) -> Fraction:
    if "." in written and "," in written:
        decimal = max(written.rfind("."), written.rfind(","))
        whole = written[:decimal].replace(",", "").replace(".", "")
        return Fraction(f"{whole}.{written[decimal + 1 :]}")
    if "," in written:
        grouped = re.fullmatch(r"[1-9]\d{0,2}(,\d{3})+", written)
        return Fraction(written.replace(",", "" if grouped else "."))
    return Fraction(f"0{written}" if written.startswith(".") else written)
