"""The ensemble of a transfer's folds: the mean of their probabilities for external cases."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from gliomanet.networks.probabilities import entropy

COLUMNS = (
    "model",
    "stage",
    "transfer",
    "fold",
    "role",
    "center",
    "case_id",
    "task",
    "class",
    "probability",
    "uncertainty",
)
ENSEMBLE = "ensemble"
_CASE = ["model", "stage", "transfer", "role", "center", "case_id", "task"]


def with_ensemble(rows: pd.DataFrame) -> pd.DataFrame:
    """Fold predictions with an `ensemble` row for every class of every external case.

    Args:
        rows: columns `COLUMNS`, one row a fold, case, task and class. Refit models have the single fold `all`, whose
            ensemble is itself.

    Returns:
        All rows, ordered by their keys (fold rows before ensemble rows), whatever order they came in. Sums are exact
        (`math.fsum`), so the order cannot change a digit either.

    Raises:
        ValueError: a missing column, a row given twice, ensemble rows already there, or a case that some of its
            transfer's folds did not predict.
    """
    missing = [column for column in COLUMNS if column not in rows]
    if missing:
        raise ValueError(f"predictions lack the columns {', '.join(missing)}; needed: {', '.join(COLUMNS)}")
    if (rows["fold"] == ENSEMBLE).any():
        raise ValueError("predictions hold ensemble rows already: give the folds' own rows only")
    twice = rows[rows.duplicated([*_CASE, "fold", "class"])]
    if len(twice):
        raise ValueError(f"predictions hold a row twice: {_named(twice.iloc[0], [*_CASE, 'fold', 'class'])}")
    external = rows[rows["role"] == "external"]
    _check_folds(external)
    means = external.groupby([*_CASE, "class"], sort=True)["probability"].agg(lambda p: math.fsum(p) / len(p))
    added = means.reset_index()
    if len(added):
        uncertainty = added.groupby(_CASE)["probability"].agg(lambda p: entropy(p.tolist()))
        added["uncertainty"] = uncertainty.reindex(pd.MultiIndex.from_frame(added[_CASE])).to_numpy()
    added["fold"] = ENSEMBLE
    keys = ["model", "stage", "transfer", "fold", "role", "center", "case_id", "task", "class"]
    parts = [part.sort_values(keys, kind="stable") for part in (rows[list(COLUMNS)], added.reindex(columns=COLUMNS))]
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def _check_folds(external: pd.DataFrame) -> None:
    for keys, group in external.groupby(["model", "stage", "transfer"], sort=True):
        folds = sorted(group["fold"].unique())
        counts = group.groupby([*_CASE, "class"], sort=True)["fold"].agg(lambda f: sorted(f.unique()))
        for case, found in zip(counts.index.to_list(), counts, strict=True):
            if found != folds:
                raise ValueError(
                    f"case {case[5]} of {case[4]}, task {case[6]}: predicted by fold {', '.join(found)} of "
                    f"{'/'.join(map(str, keys))}, whose folds are {', '.join(folds)}; predict it with all of them"
                )


def _named(row: pd.Series, keys: Sequence[str]) -> str:
    return ", ".join(f"{key} {row[key]}" for key in keys)
