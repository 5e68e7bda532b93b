"""Ages as tables spell them, in years: with units, of DICOM, or top-coded to protect the oldest."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from gliomanet.cohort.read_rows import CellError
from gliomanet.cohort.rewritten_cells import is_date
from gliomanet.errors import Problem
from gliomanet.labels.spellings import MISSING_SPELLINGS, plain

OLDEST = 120
_LEAST_TOP_CODE = 80
_UNITS = {
    **dict.fromkeys(("", "y", "yr", "yrs", "year", "years", "yo", "y/o", "years old", "a", "jahre"), 1.0),
    **dict.fromkeys(("mo", "mos", "month", "months", "monate"), 1 / 12),
    **dict.fromkeys(("wk", "wks", "week", "weeks", "wochen"), 7 / 365.25),
    **dict.fromkeys(("day", "days", "tage"), 1 / 365.25),
}
_DICOM = re.compile(r"(\d{3})([YMWD])")  # value representation AS, PS3.5 section 6.2
_DICOM_UNITS = {"Y": "years", "M": "months", "W": "weeks", "D": "days"}
_AGE = re.compile(
    r"(?P<above>>=|≥|>)? ?(?P<number>\d+(?:\.\d+|,\d\d?)?) ?(?P<plus>\+)? ?(?P<unit>[a-z/ ]*?)\.? ?(?P<more>\+)?"
)
_YEARS_OF_BIRTH = range(1900, 2100)


class Age(NamedTuple):
    """An age as it was read.

    Attributes:
        years: NaN where unknown.
        handled: what was made of the cell, for a note; "" for a plain number of years.
        rule: name of that note.
    """

    years: float
    handled: str = ""
    rule: str = ""


def read_age(raw: str) -> Age:
    """Read a cell.

    Numbers are years, of which `63,5` has a decimal comma. `>89` and `90+` are the least age that they allow, 90 years.

    Raises:
        CellError: no number of years above 0 and up to 120, nor one of months, weeks or days that says so.
    """
    spelling = plain(raw)
    if spelling in MISSING_SPELLINGS:
        return Age(math.nan)
    if dicom := _DICOM.fullmatch(raw.strip()):
        spelling = f"{dicom[1]} {_DICOM_UNITS[dicom[2]]}"
    match = _AGE.fullmatch(spelling)
    if match is None or match["unit"] not in _UNITS:
        raise CellError(_no_age(raw))
    number = float(match["number"].replace(",", "."))
    years = number * _UNITS[match["unit"]]
    top_coded = match["above"] or match["plus"] or match["more"]
    if top_coded and years < _LEAST_TOP_CODE:
        raise CellError(_no_age(raw, ": a group of ages"))
    if match["above"] == ">":
        years = math.floor(years) + 1.0
    if not 0 < years <= OLDEST or math.isinf(years) or (years < 1 and match["unit"] == ""):
        raise CellError(_no_age(raw, _meaning(number) if match["unit"] == "" else ""))
    if top_coded:
        return Age(years, f"{raw!r} is top-coded: {years:g} years stand for all that are older", "age_top_coded")
    if _UNITS[match["unit"]] != 1:
        return Age(years, f"{raw!r} is read as {years:.2f} years", "age_converted")
    return Age(years)


def _no_age(raw: str, meaning: str = "") -> Problem:
    if is_date(raw):
        meaning = ": a date, as spreadsheets make of numbers"
    action = "allowed: years above 0 and up to 120, such as 63, 63.5 or 063Y, a top code such as 90+, or empty"
    return Problem(f"{raw!r} is no age in years{meaning}", action, rule="no_age")


def _meaning(number: float) -> str:
    """The probable meaning of a number that is no age in years."""
    if number == 0:
        return ": does it stand for unknown?"
    if number < 1:
        return ": a share? An infant's age has its unit, such as 7 months"
    if set(f"{number:g}") == {"9"}:
        return ": a code for unknown?"
    if number in _YEARS_OF_BIRTH:
        return ": a year of birth?"
    return ": months?" if number <= 12 * OLDEST else ": days?"
