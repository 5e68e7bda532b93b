"""Numbers and their units: exactly those of the original, however they are written."""

from __future__ import annotations

from collections.abc import Iterator

from gliomanet.case_report.reading.quantity import Quantity
from gliomanet.case_report.validate.finding import Pair


def check_numbers(pair: Pair) -> Iterator[tuple[str, str]]:
    """A number that the original lacks or has fewer times, one that is left out, and one in another unit."""
    left = list(pair.source.numbers)
    added: list[Quantity] = []
    for number in pair.told.numbers:
        same = next((one for one in left if one.is_same(number)), None)
        if same is None:
            added.append(number)
        else:
            left.remove(same)
    for number in added:
        in_other_unit = any(_same_digits(one, number) for one in pair.source.numbers)
        rule = "unit_changed" if in_other_unit else "number_not_in_facts"
        yield rule, f"the number {number} is not in the original"
    for number in left:
        yield "number_left_out", f"the number {number} of the original is missing"
    if pair.told.values("ordinal") - pair.source.values("ordinal"):
        yield "number_not_in_facts", "a place in an order, such as first, is not in the original"


def _same_digits(one: Quantity, other: Quantity) -> bool:
    """True where one value was written of two dimensions, or with two units of one."""
    if one.dimension != other.dimension:
        return True if one.value == other.value else _ratio(one, other) in _FACTORS
    return _ratio(one, other) in _FACTORS


_FACTORS = frozenset(factor for unit in (10, 12, 100, 1000) for factor in (float(unit), 1 / unit))


def _ratio(one: Quantity, other: Quantity) -> float:
    return float(one.value / other.value) if other.value else 0.0
