"""Which of the cases at hand a stage works on."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from gliomanet.tables import read_tables


def failed_cases(qc_tables: Iterable[str | Path]) -> list[tuple[str, str]]:
    """Centre and id of the cases that preprocessing gave up on, from the centres' quality control tables."""
    qc = read_tables(qc_tables)
    if qc.empty:
        return []
    lost = qc[qc["status"] != "ok"]
    return sorted(zip(lost["center"], lost["case_id"], strict=True))


def cases_of_fold(splits: pd.DataFrame, cases: pd.DataFrame, fold: str) -> pd.DataFrame:
    """The rows of the case tables at hand that a fold holds, each with its `part`, in the order of the splits."""
    rows = splits.loc[splits["fold"] == fold, ["case_id", "center", "part"]]
    return rows.merge(cases, on=["case_id", "center"], how="inner", validate="1:1")
