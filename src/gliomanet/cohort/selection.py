"""Which of the cases at hand a stage works on."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from gliomanet.tables import read_tables


def cases_not_used(qc_tables: Iterable[str | Path]) -> list[tuple[str, str]]:
    """Centre and id of the cases that take no part: preprocessing gave up on them, or a decision excludes them.

    Args:
        qc_tables: the centres' quality control tables: `center`, `case_id`, `status`, `decision` (`keep`, `review`,
            `exclude`; a table without the column, and an empty cell, keep every case).
    """
    qc = read_tables(qc_tables)
    if qc.empty:
        return []
    lost = qc["status"] != "ok"
    if "decision" in qc:
        lost |= qc["decision"] == "exclude"
    return sorted(zip(qc.loc[lost, "center"], qc.loc[lost, "case_id"], strict=True))


def cases_of_fold(splits: pd.DataFrame, cases: pd.DataFrame, fold: str) -> pd.DataFrame:
    """The rows of the case tables at hand that a fold holds, each with its `part`, in the order of the splits."""
    rows = splits.loc[splits["fold"] == fold, ["case_id", "center", "part"]]
    return rows.merge(cases, on=["case_id", "center"], how="inner", validate="1:1")
