"""SHAP values of one model, fold and task, and the two tables that they are written to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gliomanet.explanation.attribution import Attribution, leading
from gliomanet.tables.explanation import CLINICAL, DEEP, EXPLAINED, INPUT, SHAP_VALUES

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Explained:
    """A fold's model explained: what it makes of each deep feature or input of its validation cases, for one task.

    Attributes:
        scenario, fold, task: of the model.
        unit: `deep feature` or `input`.
        explainer: how the SHAP values were computed.
        output: what they add up to.
        names: of the features.
        case_ids: validation cases.
        values: their features (cases, features).
        attribution: SHAP values (cases, features).
        background: number of training cases that the expectation is over.
    """

    scenario: str
    fold: str
    task: str
    unit: str
    explainer: str
    output: str
    names: tuple[str, ...]
    case_ids: NDArray[np.str_]
    values: Floats
    attribution: Attribution
    background: int


@dataclass(frozen=True)
class FoldShap:
    """The leading features of a fold, most important first, as they are read back."""

    fold: str
    names: tuple[str, ...]
    case_ids: NDArray[np.str_]
    shap: Floats
    """(cases, features)"""


def tables_of(explained: Iterable[Explained], share: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The SHAP values of the leading features, and a row for each explanation.

    Args:
        explained: of one model.
        share: of the mean |SHAP| that the leading features carry.

    Returns:
        Rows of `SHAP_VALUES` and of `EXPLAINED`.
    """
    values, rows = [], []
    for one in explained:
        kept = leading(one.attribution.values, share)
        named = {"scenario": one.scenario, "task": one.task, "fold": one.fold, "unit": one.unit}
        size = np.abs(one.attribution.values).mean(0)
        total = float(size.sum())
        block = pd.DataFrame(
            {
                **named,
                "feature": np.repeat(np.array(one.names, dtype=object)[kept], len(one.case_ids)),
                "share": np.repeat(size[kept] / total if total else size[kept], len(one.case_ids)),
                "case_id": np.tile(one.case_ids, kept.size),
                "value": one.values[:, kept].T.ravel(),  # noqa: PD011 - an array
                "shap": one.attribution.values[:, kept].T.ravel(),  # noqa: PD011 - an array
            }
        )
        values.append(block)
        counts = {"cases": len(one.case_ids), "background": one.background, "features": len(one.names)}
        # Below 12 digits a gap is the machine's rounding, which differs between machines.
        gap = round(one.attribution.additivity_gap, 12)
        rows.append(
            {
                **named,
                "explainer": one.explainer,
                "output": one.output,
                **counts,
                "leading": kept.size,
                "base": one.attribution.base,
                "additivity_gap": gap,
            }
        )
    return (
        pd.concat(values, ignore_index=True) if values else pd.DataFrame(columns=SHAP_VALUES.names()),
        pd.DataFrame(rows, columns=EXPLAINED.names()),
    )


def fold_shap(values: pd.DataFrame, scenario: str, task: str) -> tuple[str, list[FoldShap]]:
    """The folds of a scenario and task: of deep features where there are any, else of inputs.

    Args:
        values: rows of `SHAP_VALUES`, of one model.
        scenario: its name.
        task: its name.

    Returns:
        The unit and the folds that have a leading feature.

    Raises:
        ValueError: a case lacks a leading feature of its fold, or has it twice.
    """
    rows = values[(values["scenario"].astype(str) == scenario) & (values["task"] == task)]
    unit = DEEP if (rows["unit"] == DEEP).any() else INPUT
    rows = rows[(rows["unit"] == unit) & ~rows["feature"].isin(CLINICAL)]  # of the patient, and no radiomic feature's
    folds = []
    for fold, block in rows.groupby(rows["fold"].astype(str), sort=True):
        names = tuple(dict.fromkeys(block["feature"].astype(str)))
        if block.duplicated(["case_id", "feature"]).any():
            raise ValueError(f"SHAP values of fold {fold}, task {task}: a case has a feature twice")
        wide = block.pivot_table(index="case_id", columns="feature", values="shap", aggfunc="first")[list(names)]
        if wide.isna().any(axis=None):
            raise ValueError(f"SHAP values of fold {fold}, task {task}: a case lacks a leading feature")
        folds.append(FoldShap(str(fold), names, wide.index.to_numpy(dtype=np.str_), wide.to_numpy(dtype=np.float64)))
    return unit, folds
