"""Cases as jobs of training and prediction take them: apart from dealing the folds, and from case tables."""

from __future__ import annotations

import numpy as np
import pandas as pd


def cases_of_fold(splits: pd.DataFrame, cases: pd.DataFrame, fold: str) -> pd.DataFrame:
    """The rows of the case tables at hand that a fold holds, each with its `part`, in the order of the splits."""
    rows = splits.loc[splits["fold"] == fold, ["case_id", "center", "part"]]
    return rows.merge(cases, on=["case_id", "center"], how="inner", validate="1:1")


def with_patients(cases: pd.DataFrame, ages: pd.DataFrame, sexes: pd.DataFrame) -> pd.DataFrame:
    """The cases with `age` in years and `sex`, `F` or `M`; NaN for unknown, and for all where a table is empty.

    Args:
        cases: with `case_id` and `center`.
        ages: rows of `cohort/ages/<center>.tsv`; none where the model reads no age.
        sexes: rows of `cohort/sexes/<center>.tsv`; none where the model reads no sex.
    """
    for column, table in (("age", ages), ("sex", sexes)):
        if table.empty:
            cases = cases.assign(**{column: np.nan})
        else:
            cases = cases.merge(table, on=["case_id", "center"], how="left", validate="m:1")
    return cases
