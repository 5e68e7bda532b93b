"""Links between what a model's output is made of and radiomic features, fold by fold.

The deep features of two folds are those of two networks and share nothing but their number, so each fold is correlated
by itself, and the folds are joined by what they say of a radiomic feature.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gliomanet.explanation.association import Correlation, correlate, discovery_rates
from gliomanet.explanation.explained import FoldShap
from gliomanet.explanation.features import Key, Radiomics, is_volume
from gliomanet.tables.explanation import INPUT, LINKS

if TYPE_CHECKING:
    from gliomanet.config.analysis import Explanation

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class FoldLinks:
    """One fold's leading features, the correlation of their SHAP values with every radiomic feature, and its q."""

    fold: str
    names: tuple[str, ...]
    correlation: Correlation
    rates: Floats


def fold_links(
    folds: Sequence[FoldShap], unit: str, radiomics: Radiomics, centers: Mapping[str, str]
) -> list[FoldLinks]:
    """Correlate SHAP values with radiomic features in every fold, and correct over all pairs of all folds.

    The SHAP value of a deep feature is the deep feature itself, turned towards evidence for the last class. Validation
    cases alone are correlated: on training cases a network may know the label by heart, and its deep features would be
    linked with everything that goes with the label. An input of a model without deep features is correlated with
    itself only: it is what the model reads.

    Args:
        folds: of one task.
        unit: `deep feature` or `input`.
        radiomics: features of all cases.
        centers: case → centre.
    """
    found = []
    for one in folds:
        values = radiomics.rows(one.case_ids)
        of_case = np.array([centers[case] for case in one.case_ids], dtype=np.str_)
        found.append(
            _with_itself(one, values, radiomics, of_case)
            if unit == INPUT
            else _by_region(one.shap, values, radiomics, of_case)
        )
    flat = discovery_rates(np.concatenate([each.p.ravel() for each in found]) if found else np.empty(0))
    ends = np.cumsum([each.p.size for each in found])
    return [
        FoldLinks(one.fold, one.names, each, flat[end - each.p.size : end].reshape(each.p.shape))
        for one, each, end in zip(folds, found, ends, strict=True)
    ]


def linked_features(folds: Sequence[FoldLinks], settings: Explanation) -> dict[int, dict[str, Any]]:
    """Radiomic features that pass `max_q` and `min_rho` in at least half of the folds.

    Args:
        folds: of one task.
        settings: the bounds.

    Returns:
        Column of the radiomic feature → deep_features (`fold:name`, the pairs that pass), rho and q.
    """
    if not folds:
        return {}
    width = folds[0].rates.shape[1]
    strongest = np.full((len(folds), width), np.nan)
    passes, worst = np.zeros((len(folds), width), dtype=bool), np.full((len(folds), width), np.nan)
    named: list[list[str]] = [[] for _ in range(width)]
    for at, fold in enumerate(folds):
        rho = fold.correlation.rho
        if not rho.size:
            continue
        size = np.where(np.isnan(rho), -1.0, np.abs(rho))
        strongest[at] = rho[size.argmax(0), np.arange(width)]
        pair = (fold.rates <= settings.max_q) & (size >= settings.min_rho)
        passes[at] = pair.any(0)
        worst[at] = np.where(pair, fold.rates, np.inf).min(0)
        for row, column in np.argwhere(pair):
            named[column].append(f"{fold.fold}:{fold.names[row]}")
    chosen = np.flatnonzero((2 * passes.sum(0) >= len(folds)) & passes.any(0))
    return {
        int(column): {
            "deep_features": ",".join(named[column]),
            "rho": float(np.nanmean(strongest[:, column])),
            "q": float(worst[passes[:, column], column].max()),
        }
        for column in chosen
    }


def link_rows(folds: Sequence[FoldLinks], columns: Sequence[int], keys: Sequence[Key]) -> pd.DataFrame:
    """Rows of `LINKS`, without scenario and task: every estimable pair of some radiomic features."""
    rows = [
        (fold.fold, name, *keys[column], *(float(each[row, column]) for each in (*fold.correlation[:2], fold.rates)))
        for fold in folds
        for row, name in enumerate(fold.names)
        for column in columns
        if np.isfinite(fold.correlation.rho[row, column])
    ]
    return pd.DataFrame(rows, columns=LINKS.names()[2:])


def _with_itself(one: FoldShap, values: Floats, radiomics: Radiomics, centers: NDArray[np.str_]) -> Correlation:
    """Correlate each input's SHAP values with the radiomic feature that it is; age and the like are none."""
    found = _empty(len(one.names), len(radiomics.keys))
    for row, name in enumerate(one.names):
        column = radiomics.column_of_input(name)
        if column is not None:
            pair = correlate(one.shap[:, [row]], values[:, [column]], None, centers)
            for whole, piece in zip(found, pair, strict=True):
                whole[row, column] = piece[0, 0]
    return found


def _by_region(shap: Floats, values: Floats, radiomics: Radiomics, centers: NDArray[np.str_]) -> Correlation:
    """Correlate region by region, each adjusted for its own volume; volume itself is not adjusted."""
    found = _empty(shap.shape[1], len(radiomics.keys))
    for region in sorted({region for region, _ in radiomics.keys}):
        at = radiomics.volume(region)
        inside = [i for i, (where, _) in enumerate(radiomics.keys) if where == region]
        sizes = [i for i in inside if at is None or is_volume(radiomics.keys[i][1])]
        others = [i for i in inside if i not in sizes]
        for columns, volume in ((sizes, None), (others, None if at is None else values[:, at])):
            if columns and shap.shape[1]:
                for whole, piece in zip(found, correlate(shap, values[:, columns], volume, centers), strict=True):
                    whole[:, columns] = piece
    return found


def _empty(units: int, features: int) -> Correlation:
    return Correlation(*(np.full((units, features), np.nan) for _ in range(3)))
