"""Links between a network's important deep features and radiomic features, fold by fold.

The deep features of two folds are those of two networks and share nothing but their number, so each fold is correlated
by itself, and the folds are joined by what they say of a radiomic feature.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gliomanet.explanation.association import Correlation, correlate
from gliomanet.explanation.attribution import evidence, leading, linear_shap
from gliomanet.explanation.features import Radiomics, is_volume

if TYPE_CHECKING:
    from gliomanet.config.analysis import Explanation

Floats = NDArray[np.float64]
Heads = Mapping[str, Mapping[str, tuple[Floats, Floats]]]
"""Fold → task → (weight (classes, deep features), bias (classes,))."""


@dataclass(frozen=True)
class FoldLinks:
    """One fold's important deep features, and their correlation with every radiomic feature."""

    fold: str
    kept: NDArray[np.int64]
    """Index of the kept deep features, most important first."""
    sign: Floats
    """+1 where a kept feature speaks for the last class, −1 where against (kept,)."""
    correlation: Correlation
    additivity_gap: float


def fold_links(
    deep: pd.DataFrame, task: str, heads: Heads, radiomics: Radiomics, splits: pd.DataFrame, settings: Explanation
) -> list[FoldLinks]:
    """Attribute and correlate in every fold that has validation cases.

    Validation cases rank the deep features, since a network fits its training cases too well; the fold's training
    cases, where the table holds them, are the background of the SHAP values. The correlation is over both, all cases
    of the training centres: what a deep feature measures shows in cases that the network has fitted, too. Whether a
    link is more than a label's shadow is for the consistency over centres to say, which looks at measured values
    alone and at the external cases.

    Args:
        deep: rows of one stage, scenario and task.
        task: its name.
        heads: by fold and task.
        radiomics: features of all cases.
        splits: rows of the same scenario; they say which part a case is in.
        settings: the share of |SHAP|.

    Returns:
        One element per fold, by name.

    Raises:
        ValueError: a fold has no head for the task, deep features narrower than its head, or missing ones.
    """
    part = splits.set_index([splits["fold"].astype(str), splits["case_id"].astype(str)])["part"]
    result = []
    for fold, rows in deep.groupby("fold", sort=True):
        where = pd.MultiIndex.from_arrays([rows["fold"], rows["case_id"]])
        parts = part.reindex(where).to_numpy(dtype=object)
        if not (parts == "validation").any():  # a refit on every case has nothing unseen to explain
            continue
        if task not in heads.get(str(fold), {}):
            raise ValueError(
                f"deep features of fold {fold}: no head for task {task}; folds with heads: {', '.join(heads)}"
            )
        weight, bias = evidence(*heads[str(fold)][task])
        names = [f"z{index}" for index in range(weight.size)]
        if not set(names) <= set(rows.columns) or rows[names].isna().any(axis=None):
            raise ValueError(
                f"deep features of fold {fold}, task {task}: the head reads {weight.size}, some are missing"
            )
        values = rows[names].to_numpy(dtype=np.float64)
        unseen = values[parts == "validation"]
        background = values[parts == "train"] if (parts == "train").any() else unseen
        shap = linear_shap(unseen, background, weight, bias)
        kept = leading(shap.values, settings.shap_fraction)
        training = np.isin(parts, ["train", "validation"])
        ids = rows["case_id"].to_numpy(dtype=np.str_)[training]
        correlation = _by_region(values[training][:, kept], radiomics.rows(ids), radiomics)
        result.append(FoldLinks(str(fold), kept, np.sign(weight[kept]), correlation, shap.additivity_gap))
    return result


def linked_features(folds: list[FoldLinks], rates: list[Floats], settings: Explanation) -> dict[int, dict[str, Any]]:
    """Radiomic features that pass `max_q` and `min_rho` in at least half of the folds.

    Args:
        folds: of one task.
        rates: each fold's q values (kept deep features, radiomic features).
        settings: the bounds.

    Returns:
        Column of the radiomic feature → deep_features (`fold:z`, the pairs that pass), rho and q.
    """
    width = rates[0].shape[1]
    strongest = np.full((len(folds), width), np.nan)
    passes, worst = np.zeros((len(folds), width), dtype=bool), np.full((len(folds), width), np.nan)
    named: list[list[str]] = [[] for _ in range(width)]
    for at, (fold, q) in enumerate(zip(folds, rates, strict=True)):
        rho = fold.correlation.rho
        if not rho.size:
            continue
        size = np.where(np.isnan(rho), -1.0, np.abs(rho))
        best = size.argmax(0)
        strongest[at] = (rho * fold.sign[:, None])[best, np.arange(width)]
        pair = (q <= settings.max_q) & (size >= settings.min_rho)
        passes[at] = pair.any(0)
        worst[at] = np.where(pair, q, np.inf).min(0)
        for row, column in np.argwhere(pair):
            named[column].append(f"{fold.fold}:z{fold.kept[row]}")
    chosen = np.flatnonzero(2 * passes.sum(0) >= len(folds))
    return {
        int(column): {
            "deep_features": ",".join(named[column]),
            "rho": float(np.nanmean(strongest[:, column])),
            "q": float(worst[passes[:, column], column].max()),
        }
        for column in chosen
        if passes[:, column].any()
    }


def _by_region(deep: Floats, values: Floats, radiomics: Radiomics) -> Correlation:
    """Correlate region by region, each adjusted for its own volume; volume itself is not adjusted."""
    shape = (deep.shape[1], len(radiomics.keys))
    found = Correlation(*(np.full(shape, np.nan) for _ in range(3)))
    for region in sorted({region for region, _ in radiomics.keys}):
        at = radiomics.volume(region)
        inside = [i for i, (where, _) in enumerate(radiomics.keys) if where == region]
        sizes = [i for i in inside if at is None or is_volume(radiomics.keys[i][1])]
        others = [i for i in inside if i not in sizes]
        for columns, volume in ((sizes, None), (others, None if at is None else values[:, at])):
            if columns and deep.shape[1]:
                for whole, piece in zip(found, correlate(deep, values[:, columns], volume), strict=True):
                    whole[:, columns] = piece
    return found
