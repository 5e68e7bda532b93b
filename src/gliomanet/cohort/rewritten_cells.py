"""Cells that a spreadsheet or a program turned into something else than a person typed."""

from __future__ import annotations

import re

_MONTH = r"(?:jan|feb|mar|mär|mrz|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-zä]*\.?"
_DATE = re.compile(
    rf"\d{{4}}-\d\d-\d\d(?:[ T].*)?|\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}}|\d{{1,2}}[-. ]+{_MONTH}(?:[-. ]+\d{{2,4}})?"
    rf"|{_MONTH}[- ]\d{{1,2}}",
    re.IGNORECASE,
)
_SHORTENED = re.compile(r"[-+]?\d+(?:[.,]\d+)?E\+\d\d+", re.IGNORECASE)  # 1e5 may be an id of its own
_WITH_DECIMALS = re.compile(r"[1-9]\d*\.0+")


def is_date(cell: str) -> bool:
    """Tell dates: a grade typed as 2-3 or an id typed as 3/4 becomes one."""
    return _DATE.fullmatch(cell) is not None


def rewritten_id(cell: str) -> str:
    """The change that an id went through, for a message: "" without one.

    >>> rewritten_id("1.23E+11"), rewritten_id("P-007")
    ('is a long number as a spreadsheet shortens it: digits are lost', '')
    """
    if _SHORTENED.fullmatch(cell):
        return "is a long number as a spreadsheet shortens it: digits are lost"
    if _WITH_DECIMALS.fullmatch(cell):
        return "is a number to which a program gave decimals"
    if is_date(cell):
        return "is a date, as a spreadsheet makes of 3-2 or 3/4"
    return ""


RETYPE = "take the ids from their source again, into a column that is formatted as text"
"""The way out of either."""
