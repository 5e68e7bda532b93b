"""Survival as tables spell it: days under observation, and the Karnofsky performance status.

The columns `os_event` and `resection` hold words, which `gliomanet.cohort.vocabulary` knows.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from gliomanet.cohort.read_rows import CellError
from gliomanet.cohort.rewritten_cells import is_date
from gliomanet.errors import Problem
from gliomanet.labels.spellings import MISSING_SPELLINGS, plain

if TYPE_CHECKING:
    import pandas as pd

DAYS_OF_A_MONTH = 365.25 / 12

LONGEST_DAYS = 36_525
"""A hundred years: the number that spreadsheets give the end of 1999, so that later dates as numbers are refused."""

_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+|,\d\d?)?")
_IN_DAYS = re.compile(rf"({_NUMBER.pattern}) ?(?:d|days?)")
_KPS = range(0, 101, 10)


def read_days(raw: str) -> float:
    """Days from diagnosis or surgery to death, or to the last day on which the patient was known to live.

    Returns:
        Days, NaN where unknown. `448 days` is 448; half days stay.

    Raises:
        CellError: no number of days from 0 to a hundred years.
    """
    spelling = plain(raw)
    if spelling in MISSING_SPELLINGS:
        return math.nan
    told = _IN_DAYS.fullmatch(spelling)
    number = told[1] if told else spelling
    if _NUMBER.fullmatch(number) and 0 <= (days := float(number.replace(",", "."))) <= LONGEST_DAYS:
        return days
    meaning = ""
    if is_date(raw):
        meaning = ": a date"
    elif number.startswith("-") and _NUMBER.fullmatch(number):
        meaning = ": before its start"
    elif _NUMBER.fullmatch(number):
        meaning = ": more than a hundred years, perhaps a date as a spreadsheet counts it"
    action = "allowed: days from 0 on, such as 448, counted from diagnosis or surgery (months x 30.44), or empty"
    raise CellError(Problem(f"{raw!r} is no number of days{meaning}", action, rule="no_days"))


def tells_survival(cases: pd.DataFrame) -> bool:
    """True where some patient of a case table has days and their end."""
    return bool((cases["os_days"].notna() & cases["os_event"].ne("")).any())


def read_kps(raw: str) -> float:
    """Karnofsky performance status: 0, 10, …, 100; NaN where unknown.

    Raises:
        CellError: another number, or no number.
    """
    spelling = plain(raw).removesuffix("%").removeprefix("kps ").strip()
    if spelling in MISSING_SPELLINGS:
        return math.nan
    if spelling.isdecimal() and int(spelling) in _KPS:
        return float(spelling)
    meaning = ": an ECOG status?" if spelling in set("12345") else ""
    action = "allowed: 0 to 100 in steps of ten, or empty"
    raise CellError(Problem(f"{raw!r} is no Karnofsky status{meaning}", action, rule="no_kps"))
