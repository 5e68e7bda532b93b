"""Cases of a fold with their parts, as training jobs take them: apart from dealing the folds, and from case tables."""

from __future__ import annotations

import pandas as pd


def cases_of_fold(splits: pd.DataFrame, cases: pd.DataFrame, fold: str) -> pd.DataFrame:
    """The rows of the case tables at hand that a fold holds, each with its `part`, in the order of the splits."""
    rows = splits.loc[splits["fold"] == fold, ["case_id", "center", "part"]]
    return rows.merge(cases, on=["case_id", "center"], how="inner", validate="1:1")
