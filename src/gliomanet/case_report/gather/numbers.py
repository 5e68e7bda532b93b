"""Numbers as a report prints them, rounded once."""

from __future__ import annotations

import math
from typing import TypeGuard

from gliomanet.case_report.fact import Unit, Value


def percent(name: str, share: float) -> Value:
    """A share, 0 to 1, in whole percent; what rounds to 0 or 100 and is neither is told as a bound.

    >>> percent("p", 0.004).bound, percent("p", 0.004).shown
    ('<', '1')
    """
    if 0 < share < 0.01:
        return Value(name=name, shown="1", unit="%", bound="<")
    if 0.99 < share < 1:
        return Value(name=name, shown="99", unit="%", bound=">")
    return Value(name=name, shown=str(round(100 * share)), unit="%")


def decimal(name: str, number: float, unit: Unit, digits: int = 1) -> Value:
    """A measured number; what is above zero and rounds to it is told as a bound.

    >>> decimal("volume", 0.02, "ml").bound, decimal("volume", 12.345, "ml").shown
    ('<', '12.3')
    """
    least = 10.0**-digits
    if 0 < number < least / 2:
        return Value(name=name, shown=f"{least:.{digits}f}", unit=unit, bound="<")
    return Value(name=name, shown=f"{number:.{digits}f}", unit=unit)


def whole(name: str, number: int, unit: Unit) -> Value:
    """A count."""
    return Value(name=name, shown=str(number), unit=unit)


def finite(number: float | None) -> TypeGuard[float]:
    """True of a number that can be told."""
    return number is not None and math.isfinite(number)
