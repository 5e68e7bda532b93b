"""A centre's predictions over all subsets of modalities, by every fold of a model that did not learn from it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from gliomanet.prediction.modality_subsets import fusion_weights, predict_subsets
from gliomanet.prediction.predict_center import Member
from gliomanet.tables.prediction import ENSEMBLE, FUSION_WEIGHTS, SUBSET_PREDICTIONS


def predict_center_subsets(
    members: Sequence[Member],
    splits: pd.DataFrame,
    cases: pd.DataFrame,
    *,
    model: str,
    preprocessed: Path,
    threads: int,
    gpus: int,
) -> pd.DataFrame:
    """Predict a centre's validation and external cases with every subset of their modalities.

    Args:
        members: the trained networks; each predicts the cases that its fold validates or tests.
        splits: the centre's rows of the split tables.
        cases: the centre's case table.
        model: the model's name in the study.
        preprocessed: folder of the preprocessed centres.
        threads: CPU threads.
        gpus: GPUs the job was given.

    Returns:
        Rows of `SUBSET_PREDICTIONS`: validation cases by their own fold; external ones by the `ensemble`, the mean of
        the folds' probabilities. A subset of an external case that some fold could not predict is left out and printed.
    """
    tables = []
    for member in members:
        rows = splits.loc[
            (splits["fold"] == member.fold) & splits["part"].isin(["validation", "external"]),
            ["case_id", "center", "part"],
        ]
        selected = rows.merge(cases.drop(columns="role", errors="ignore"), on=["case_id", "center"], validate="1:1")
        if selected.empty:
            continue
        folders = [str(preprocessed / c / i) for c, i in zip(selected["center"], selected["case_id"], strict=True)]
        found = predict_subsets(member.fit, selected.assign(folder=folders), threads=threads, gpus=gpus)
        roles = selected[["case_id", "center", "part"]].rename(columns={"part": "role"})
        named = {"model": model, "stage": member.stage, "scenario": member.scenario, "fold": member.fold}
        tables.append(found.merge(roles, on="case_id", validate="m:1").assign(**named)[SUBSET_PREDICTIONS.names()])
    if not tables:
        return pd.DataFrame(columns=SUBSET_PREDICTIONS.names())
    table = pd.concat(tables, ignore_index=True)
    external = table["role"] == "external"
    return pd.concat([table[~external], _mean_over_folds(table[external])], ignore_index=True)


def fusion_table(members: Sequence[Member], model: str) -> pd.DataFrame:
    """Each network's learned fusion weights, rows of `FUSION_WEIGHTS`; no rows for networks without such a fusion."""
    rows = [
        (model, member.stage, member.scenario, member.fold, modality, weight)
        for member in members
        for modality, weight in fusion_weights(member.folder).items()
    ]
    return pd.DataFrame(rows, columns=FUSION_WEIGHTS.names())


def _mean_over_folds(rows: pd.DataFrame) -> pd.DataFrame:
    keys = [column for column in SUBSET_PREDICTIONS.names() if column not in ("fold", "probability")]
    folds = rows.groupby(["stage", "scenario"])["fold"].transform("nunique")
    seen = rows.groupby(keys)["fold"].transform("nunique")
    for _, lost in rows[seen < folds].drop_duplicates(["stage", "scenario", "case_id", "subset"]).iterrows():
        print(
            f"left out: case {lost['case_id']}, {lost['subset']}: not predicted by every fold "
            f"({lost['stage']}, scenario {lost['scenario']})",
            flush=True,
        )
    grouped = rows[seen == folds].groupby(keys, sort=False)["probability"]
    # exact sums: the order of the folds cannot change a digit
    means = grouped.agg(lambda p: math.fsum(p) / len(p)).reset_index()
    return means.assign(fold=ENSEMBLE)[SUBSET_PREDICTIONS.names()]
