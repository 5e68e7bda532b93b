"""Exact SHAP values of networks' deep features: heads are linear, so that no sampling is needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gliomanet.explanation.attribution import evidence, linear_shap
from gliomanet.explanation.explained import Explained
from gliomanet.tables.explanation import CLINICAL, DEEP

Floats = NDArray[np.float64]
Heads = Mapping[str, Mapping[str, tuple[Floats, Floats]]]
"""Fold → task → (weight (classes, deep features), bias (classes,))."""

EVIDENCE = "log-odds of the last class: its logit minus the mean of the others'"


def explain_deep_features(deep: pd.DataFrame, heads: Heads, splits: pd.DataFrame) -> list[Explained]:
    """Explain the output of every fold that has validation cases.

    Validation cases alone are explained, since a network fits its training cases too well: on cases that it knows by
    heart its deep features are the label. The fold's training cases, where the table holds them, are the background of
    the SHAP values (else the validation cases are).

    Args:
        deep: rows of `results/deep_features/`, of one stage: scenario, fold, case_id, task, z0, z1, …
        heads: by fold and task.
        splits: rows of `results/splits.tsv`; they say which part a case is in.

    Returns:
        One explanation per fold and task, in their order.

    Raises:
        ValueError: several stages, a fold without a head, or one whose head reads other deep features than the
            table's, or missing ones.
    """
    stages = sorted(deep["stage"].astype(str).unique())
    if len(stages) > 1:
        raise ValueError(f"deep features: found the stages {', '.join(stages)}; pass the rows of exactly one")
    keys = ["scenario", "fold", "case_id"]
    part = splits.set_index([splits[key].astype(str) for key in keys])["part"]
    result = []
    for (scenario, fold, task), rows in deep.groupby(["scenario", "fold", "task"], sort=True):
        where = pd.MultiIndex.from_arrays([rows[key].astype(str) for key in keys])
        parts = part.reindex(where).to_numpy(dtype=object)
        if not (parts == "validation").any():  # a refit on every case has nothing unseen to explain
            continue
        if task not in heads.get(str(fold), {}):
            raise ValueError(
                f"deep features of fold {fold}: no head for task {task}; folds with heads: {', '.join(heads)}"
            )
        weight, bias = evidence(*heads[str(fold)][str(task)])
        names = [f"z{index}" for index in range(weight.size)]
        clinical = [name for name in map(str, rows.columns) if name in CLINICAL]
        if clinical:  # behind the image's, in the order that the head takes them, which is the table's
            names[-len(clinical) :] = clinical
        if not set(names) <= set(rows.columns) or rows[names].isna().any(axis=None):
            raise ValueError(
                f"deep features of fold {fold}, task {task}: the head reads {weight.size}, some are missing"
            )
        values = rows[names].to_numpy(dtype=np.float64)
        unseen = values[parts == "validation"]
        background = values[parts == "train"] if (parts == "train").any() else unseen
        attribution = linear_shap(unseen, background, weight, bias)
        ids = rows["case_id"].to_numpy(dtype=np.str_)[parts == "validation"]
        named = (str(scenario), str(fold), str(task), DEEP, "exact: the head is linear", EVIDENCE)
        result.append(Explained(*named, tuple(names), ids, unseen, attribution, len(background)))
    return result


def read_heads(files: Mapping[str, Path], tasks: Iterable[str]) -> Heads:
    """The heads of some tasks, from each fold's `heads.npz`."""
    heads: dict[str, dict[str, tuple[Floats, Floats]]] = {}
    for fold, path in files.items():
        with np.load(path) as stored:
            heads[fold] = {task: (stored[f"{task}.weight"], stored[f"{task}.bias"]) for task in tasks}
    return heads
