"""Cases as jobs of training and prediction take them: apart from dealing the folds, and from case tables."""

from __future__ import annotations

import numpy as np
import pandas as pd


def cases_of_fold(splits: pd.DataFrame, cases: pd.DataFrame, fold: str) -> pd.DataFrame:
    """The rows of the case tables at hand that a fold holds, each with its `part`, in the order of the splits."""
    rows = splits.loc[splits["fold"] == fold, ["case_id", "center", "part"]]
    return rows.merge(cases, on=["case_id", "center"], how="inner", validate="1:1")


def with_ages(cases: pd.DataFrame, ages: pd.DataFrame) -> pd.DataFrame:
    """The cases with their `age`: years, NaN for unknown; unknown for all where `ages` is empty, as for models without.

    Args:
        cases: with `case_id` and `center`.
        ages: rows of `cohort/ages/<center>.tsv`; none where the model reads no age.
    """
    if ages.empty:
        return cases.assign(age=np.nan)
    return cases.merge(ages, on=["case_id", "center"], how="left", validate="m:1")
