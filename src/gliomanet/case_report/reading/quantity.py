"""A number with its dimension, in one form however it was written: 12 mm is 1.2 cm, 0.67 is 67 % and two thirds."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

NO_DIMENSION = ""

LEAST_DECIMALS = 2
"""Of a figure that a fraction in words may stand for: two thirds is 0.67 and 66.7 %, and not 0.7."""


@dataclass(frozen=True)
class Quantity:
    """A number of a sentence.

    Attributes:
        value: in the base unit of its dimension, such as mm for lengths; of a percentage its hundredth.
        dimension: such as `length`; empty: a pure number.
        from_words: True of a fraction in words, which may stand for a rounded figure.
    """

    value: Fraction
    dimension: str = NO_DIMENSION
    from_words: bool = False

    def is_same(self, other: Quantity) -> bool:
        """True where both say the same: equal values, or a fraction in words that rounds to the other's decimals."""
        if self.dimension != other.dimension:
            return False
        return self.value == other.value or _rounds_to(self, other) or _rounds_to(other, self)

    def __str__(self) -> str:
        plain = f"{float(self.value):g}"
        return f"{plain} ({self.dimension})" if self.dimension else plain


def _rounds_to(words: Quantity, figure: Quantity) -> bool:
    if not words.from_words or figure.from_words:
        return False
    decimals = _decimals(figure.value)
    return decimals is not None and decimals >= LEAST_DECIMALS and round(words.value, decimals) == figure.value


def _decimals(value: Fraction) -> int | None:
    """Digits after the point that write a value out; None: no six do."""
    return next((digits for digits in range(7) if (value * 10**digits).denominator == 1), None)
