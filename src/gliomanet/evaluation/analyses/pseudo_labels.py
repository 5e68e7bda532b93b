"""Accepted pseudo-labels and, where the truth is known, the share of them that is true."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from gliomanet.evaluation.predictions import text
from gliomanet.evaluation.rows import POOLED
from gliomanet.labels.vocabulary import MISSING
from gliomanet.stages import stage_order

if TYPE_CHECKING:
    from gliomanet.labels.tasks import Task

ACCURACY_COLUMNS = [
    *("model", "stage", "fold", "task", "class", "unknown", "accepted", "completed", "share"),
    *("n_truth", "correct", "accuracy", "ci_low", "ci_high"),
]
ALL = "all"
"""The class of the rows that count a task's classes together."""

CONFIDENCE = 0.95


def truth_of(hidden: pd.DataFrame, phantoms: pd.DataFrame | None) -> pd.DataFrame:
    """The true labels of cases whose case table lacks them: center, case_id and label columns, "" where not known.

    Args:
        hidden: labels that were taken away from the case tables, see `cohort.label_fraction.hidden_labels`.
        phantoms: the true labels of simulated patients, if the study has some; they complete `hidden`.
    """
    tables = [table for table in (hidden, phantoms) if table is not None and len(table)]
    if not tables:
        return pd.DataFrame(columns=["center", "case_id"])
    rows = pd.concat(tables, ignore_index=True).replace("", None)
    truth = rows.groupby(["center", "case_id"], as_index=False, sort=True).first().fillna("")
    return truth[[column for column in map(str, truth) if not column.endswith("_source")]]


def pseudo_label_accuracy(selected: pd.DataFrame, truth: pd.DataFrame, tasks: Mapping[str, Task]) -> pd.DataFrame:
    """Count the accepted labels of every fold and, over folds, of every stage; and those that are true.

    Args:
        selected: tables of `select_pseudo_labels` with the columns model, stage and fold added.
        truth: columns center, case_id and label columns, "" where not known (see `truth_of`).
        tasks: the study's tasks.

    Returns:
        Rows in `ACCURACY_COLUMNS`, one for each class of each task and one for `all` of them: candidates of the class
        (`unknown`), those accepted, of which completed by the WHO rules, and their share; accepted ones whose truth is
        known, correct ones, and their share with its Wilson interval of 95 %. Rows of the fold `pooled` are sums over
        folds, without an interval: folds label the same cases.

    Raises:
        ValueError: the truth holds a case twice.
    """
    rows = selected.astype({"case_id": str, "center": str}).merge(
        truth.astype({"case_id": str, "center": str}), on=["center", "case_id"], how="left", validate="m:1"
    )
    found = np.full(len(rows), MISSING)
    given = np.full(len(rows), MISSING)
    for name, task in tasks.items():
        mine = (rows["task"] == name).to_numpy()
        if task.label in rows:
            found[mine] = [task.encode(value) for value in text(rows.loc[mine, task.label])]
        given[mine] = [task.class_names.index(label) for label in rows.loc[mine, "label"]]
    accepted = (rows["accepted"] == "yes").to_numpy()
    counted = rows[["model", "stage", "fold", "task", "label"]].assign(
        unknown=1,
        accepted=accepted,
        completed=accepted & rows["reason"].fillna("").str.startswith("completed").to_numpy(dtype=bool),
        n_truth=accepted & (found != MISSING),
        correct=accepted & (found != MISSING) & (found == given),
    )
    every = pd.concat([counted, counted.assign(fold=POOLED)])
    every = pd.concat([every, every.assign(label=ALL)])
    keys = ["model", "stage", "fold", "task", "label"]
    sums = every.groupby(keys, as_index=False, sort=False)[["unknown", "accepted", "completed", "n_truth", "correct"]]
    table = sums.sum().rename(columns={"label": "class"})
    return _ordered(_with_shares(table), list(dict.fromkeys(selected["fold"])), tasks)


def _with_shares(table: pd.DataFrame) -> pd.DataFrame:
    known = (table["n_truth"] > 0).to_numpy()
    alone = known & (table["fold"] != POOLED).to_numpy()
    low, high = np.full(len(table), np.nan), np.full(len(table), np.nan)
    if alone.any():
        low[alone], high[alone] = proportion_confint(
            table.loc[alone, "correct"].to_numpy(), table.loc[alone, "n_truth"].to_numpy(), 1 - CONFIDENCE, "wilson"
        )
    return table.assign(
        share=table["accepted"] / table["unknown"],
        accuracy=(table["correct"] / table["n_truth"].where(known)).astype(float),
        ci_low=low,
        ci_high=high,
    )


def _ordered(table: pd.DataFrame, folds: list[str], tasks: Mapping[str, Task]) -> pd.DataFrame:
    place = {fold: number for number, fold in enumerate([*folds, POOLED])}
    classes = {(n, c): i for i, (n, c) in enumerate((n, c) for n in tasks for c in (*tasks[n].class_names, ALL))}
    keys = [
        (model, stage_order(stage), place[fold], classes[task, label])
        for model, stage, fold, task, label in zip(
            table["model"], table["stage"], table["fold"], table["task"], table["class"], strict=True
        )
    ]
    order = sorted(range(len(table)), key=keys.__getitem__)
    return table.iloc[order].reset_index(drop=True)[ACCURACY_COLUMNS]
