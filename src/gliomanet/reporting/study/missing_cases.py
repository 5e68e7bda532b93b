"""Cases that not every model analysed, and why."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pandas as pd

from gliomanet.reporting.format import listing
from gliomanet.reporting.study.tidy import tidy

COLUMNS = ("case_id", "center", "status", "reason")
UNEXPLAINED = "in the case table, in no fold: no known label of any task, or no usable features"
UNPREDICTED = "none of the model's modalities or features is known"
UNSENT = "its hospital keeps its scans, and sent no answer of the model"


def missing_cases(
    cases: pd.DataFrame,
    splits: pd.DataFrame,
    qc: pd.DataFrame | None,
    predictions: Mapping[str, pd.DataFrame],
    sent: Collection[str] = (),
) -> pd.DataFrame:
    """Collect the cases that reached no fold, and those that some model did not predict: `COLUMNS`.

    Args:
        cases: all centres' case tables.
        splits: `results/splits.tsv`.
        qc: all centres' quality tables, if there are any.
        predictions: model → `results/predictions/<model>.tsv`.
        sent: centres whose hospital keeps its scans.
    """
    unpredicted = unpredicted_cases(splits, predictions)
    unpredicted.loc[unpredicted["center"].isin(list(sent)), "reason"] = UNSENT
    return pd.concat([cases_in_no_fold(cases, splits, qc), unpredicted], ignore_index=True)


def cases_in_no_fold(cases: pd.DataFrame, splits: pd.DataFrame, qc: pd.DataFrame | None) -> pd.DataFrame:
    """Collect the cases that reached no fold: `COLUMNS`."""
    keys = ("case_id", "center")
    cases, splits, qc = tidy(cases, text=keys), tidy(splits, text=keys), tidy(qc, text=COLUMNS)
    lost = qc.loc[qc["status"] != "ok", list(COLUMNS)]
    if splits.empty:
        return lost.reset_index(drop=True)
    seen = set(zip(splits["center"], splits["case_id"], strict=True)) | set(
        zip(lost["center"], lost["case_id"], strict=True)
    )
    silent = [
        (case, center)
        for case, center in zip(cases["case_id"], cases["center"], strict=True)
        if (center, case) not in seen
    ]
    rest = pd.DataFrame(silent, columns=["case_id", "center"]).assign(status="left out", reason=UNEXPLAINED)
    return pd.concat([lost, rest], ignore_index=True)


def unpredicted_cases(splits: pd.DataFrame, predictions: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Collect the cases of the folds that some model gave no prediction: `COLUMNS`.

    A case counts as predicted by a model where every scenario and role that its part of the splits asks for has a row,
    in every stage of the model. `status` names the models that lack one.
    """
    splits = tidy(splits, text=("case_id", "center", "scenario", "part"))
    keys = ["scenario", "role", "center", "case_id"]
    tested = splits[splits["part"].isin(("validation", "external"))].assign(role=splits["part"])
    asked = list(dict.fromkeys(tested[keys].itertuples(index=False, name=None)))
    by_case: dict[tuple[str, str], list[str]] = {}
    for model, table in predictions.items():
        rows = tidy(table, text=("stage", *keys))
        stages = [set(mine[keys].itertuples(index=False, name=None)) for _, mine in rows.groupby("stage", sort=False)]
        for key in asked:
            models = by_case.setdefault((key[3], key[2]), [])
            if model not in models and not (stages and all(key in seen for seen in stages)):
                models.append(model)
    lost = [(*case, f"not predicted by {listing(models)}", UNPREDICTED) for case, models in by_case.items() if models]
    return pd.DataFrame(lost, columns=list(COLUMNS))
