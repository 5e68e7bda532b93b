"""Cases of feature tables that are one examination: the same values to the last digit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

import pandas as pd

from gliomanet.audit.context import counted, listed
from gliomanet.cohort.findings import Finding
from gliomanet.models.void_features import FEWEST_CASES

FEWEST_TELLING = 3
"""Features that tell cases apart, in which two must be equal to be one."""

_TELLING = 0.25
"""Different values of a feature that tells cases apart, of the number of cases; half where each is there twice."""


def identical_cases(tables: Mapping[str, pd.DataFrame]) -> Iterator[Finding]:
    """Cases whose features are equal to the last digit, at one centre or at two.

    Args:
        tables: centre → cases × features, one row per case; floats, NaN = missing.
    """
    filled = {center: table for center, table in tables.items() if len(table)}
    shared = [set(map(str, table.columns[table.notna().any()])) for table in filled.values()]
    columns = sorted(set.intersection(*shared)) if shared else []
    if len(columns) < FEWEST_TELLING:
        return
    rows = pd.concat({center: table[columns] for center, table in filled.items()})
    if len(rows) < FEWEST_CASES:
        return
    telling = rows.loc[:, rows.nunique() >= max(_TELLING * len(rows), 2)]
    whole = telling[telling.notna().sum(axis=1) >= FEWEST_TELLING]
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    again = whole[whole.duplicated(keep=False)]
    for _, group in again.groupby(list(again.columns), dropna=False, sort=False):
        centers = tuple(dict.fromkeys(str(center) for center, _ in group.index))
        groups[centers].append(" = ".join(str(case) for _, case in group.index))
    for centers, those in groups.items():
        where = listed(centers)
        found = (
            f"{counted(len(those), 'group')} of cases of {where} have the same features to the last digit: "
            f"{listed(those)}"
        )
        action = (
            "look whether they are one examination under two ids, which then both trains and tests, or a row was "
            "copied; keep one"
        )
        yield Finding("warning", "features_of_one_case", centers[0] if len(centers) == 1 else "", "", "", found, action)
