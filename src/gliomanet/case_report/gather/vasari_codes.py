"""Codes of the words that features of VASARI take, and the ends of its steps of proportions."""

from __future__ import annotations

from gliomanet.case_report.fact import Value

CODES = {
    "none": "none",
    "present": "present",
    "yes": "yes",
    "no": "no",
    "none there": "no_such_part",
    "focal": "focal",
    "multifocal or multicentric": "several",
    "thin": "thin",
    "thick (more than 3 mm)": "thick",
    "solid": "solid",
    "up to 5 %": "up_to_5",
    "6 to 33 %": "from_6_to_33",
    "34 to 67 %": "from_34_to_67",
    "68 to 95 %": "from_68_to_95",
    "more than 95 %": "over_95",
    "all": "all",
}
"""Word of a result → code."""


def _step(low: int, high: int) -> tuple[Value, Value]:
    return Value(name="low", shown=str(low), unit="%"), Value(name="high", shown=str(high), unit="%")


STEPS: dict[str, tuple[Value, ...]] = {
    "up to 5 %": _step(0, 5)[1:],
    "6 to 33 %": _step(6, 33),
    "34 to 67 %": _step(34, 67),
    "68 to 95 %": _step(68, 95),
    "more than 95 %": _step(95, 100)[:1],
}
"""Word of a proportion → the ends of its step."""
