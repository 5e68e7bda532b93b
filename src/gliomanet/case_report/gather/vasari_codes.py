"""Codes of the words that features of VASARI take in a result, and the ends of its steps of proportions."""

from __future__ import annotations

from gliomanet.case_report.fact import Value

PREFIX = "vasari.value."
"""Of the codes of a result's statements."""

NEGATIVE = ("none", "no", "no_such_part")
"""Codes that deny a feature."""

KNOWN = (
    *NEGATIVE,
    *("present", "yes", "focal", "multifocal", "thin", "thick", "solid"),
    *("up_to_5", "from_6", "from_34", "from_68", "over_95", "all"),
)


def _step(low: int, high: int) -> tuple[Value, Value]:
    return Value(name="low", shown=str(low), unit="%"), Value(name="high", shown=str(high), unit="%")


STEPS: dict[str, tuple[Value, ...]] = {
    "up_to_5": _step(0, 5)[1:],
    "from_6": _step(6, 33),
    "from_34": _step(34, 67),
    "from_68": _step(68, 95),
    "over_95": _step(95, 100)[:1],
}
"""Code of a proportion → the ends of its step."""
