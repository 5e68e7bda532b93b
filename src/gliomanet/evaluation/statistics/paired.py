"""Paired comparisons of two models on the same patients."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm, rankdata
from statsmodels.stats.multitest import multipletests

from gliomanet.evaluation.metrics.classification import Floats, Integers, confusion_counts, matthews
from gliomanet.evaluation.statistics.bootstrap import is_point, percentile_interval


def paired_bootstrap(
    first: Floats, second: Floats, confidence: float, *, too_few: bool = False
) -> tuple[float, float, float, float]:
    """Difference of a metric between two models on the same resamples.

    The interval is the percentile one. p comes from the difference over its bootstrap standard error: the share of
    resamples beyond zero cannot fall below 1 / resamples, so that no pair of a long table would survive Holm.

    Args:
        first: the metric of the first model (1 + resamples,), the plain value in front.
        second: that of the second, on the same resamples.
        confidence: of the interval.
        too_few: the patients are so few that an interval without width says this of them, and not that it is sure.

    Returns:
        (first − second, low, high, p); NaN where not estimable, p = 1 where the two never differ.
    """
    difference = first - second
    low, high, _ = percentile_interval(difference[1:], confidence)
    if too_few and is_point(low, high):
        return float(difference[0]), float("nan"), float("nan"), float("nan")
    known = difference[1:][~np.isnan(difference[1:])]
    if np.isnan(difference[0]) or known.size < 2:
        return float(difference[0]), low, high, float("nan")
    return float(difference[0]), low, high, _normal_p(float(difference[0]), float(known.std(ddof=1)))


def delong(
    positive: NDArray[np.bool_], first: Floats, second: Floats, confidence: float
) -> tuple[float, float, float, float]:
    """Difference of two correlated AUCs on the same cases, with DeLong's variance; cases count as independent.

    Args:
        positive: whether a case is of the positive class (cases,).
        first: the first model's probability of it (cases,).
        second: the second model's (cases,).
        confidence: of the interval.

    Returns:
        (first − second, low, high, p); NaN where a class has fewer than two cases.

    Source: DeLong et al., Biometrics 44:837 (1988); ranks of Sun & Xu, IEEE Signal Process Lett 21:1389 (2014).
    """
    if positive.sum() < 2 or (~positive).sum() < 2:
        nan = float("nan")
        return nan, nan, nan, nan
    of_positives, of_negatives, areas = zip(*(_placements(positive, score) for score in (first, second)), strict=True)
    covariance = np.cov(np.stack(of_positives)) / positive.sum() + np.cov(np.stack(of_negatives)) / (~positive).sum()
    difference = float(areas[0] - areas[1])
    error = float(np.sqrt(max(0.0, covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])))
    half = float(norm.ppf((1 + confidence) / 2)) * error
    return difference, difference - half, difference + half, _normal_p(difference, error)


def resampled_mcc(truth: Integers, probability: Floats, weights: Floats) -> Floats:
    """MCC of the most probable class under each weighting (weightings,); the shapes of `WeightedCases`."""
    number = probability.shape[1]
    return matthews(confusion_counts(truth, probability.argmax(1), number, weights))


def holm(p: pd.Series) -> pd.Series:
    """Holm-adjusted p values of a whole table; cells that are not estimable stay empty and do not count.

    >>> holm(pd.Series([0.01, 0.04, None])).tolist()
    [0.02, 0.04, nan]
    """
    adjusted = pd.Series(np.nan, index=p.index, dtype=float)
    if p.notna().any():
        adjusted[p.notna()] = multipletests(p[p.notna()].to_numpy(), method="holm")[1]
    return adjusted


def _placements(positive: NDArray[np.bool_], score: Floats) -> tuple[Floats, Floats, float]:
    """Share of the other class that each positive lies above, and each negative below; and the AUC."""
    ranks = rankdata(score)
    positives, negatives = int(positive.sum()), int((~positive).sum())
    above = (ranks[positive] - rankdata(score[positive])) / negatives
    under = 1 - (ranks[~positive] - rankdata(score[~positive])) / positives
    return above, under, float(above.mean())


def _normal_p(difference: float, error: float) -> float:
    if error > 1e-12:
        return float(2 * norm.sf(abs(difference) / error))
    return 1.0 if abs(difference) < 1e-12 else float("nan")
