"""Paired comparisons of two models on the same patients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm, t

from gliomanet.evaluation.statistics.bootstrap import percentile_interval

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


ENOUGH = 10
"""Draws beyond zero whose number tells p."""


@dataclass(frozen=True)
class Difference:
    """First minus second; NaN where not estimable.

    Attributes:
        value: the difference.
        low: lower end of its interval.
        high: upper end.
        p: two-sided, of no difference.
        variance: of the difference.
    """

    value: float
    low: float
    high: float
    p: float
    variance: float


def difference_of_draws(first: Floats, second: Floats, confidence: float) -> Difference:
    """Difference of a metric between two decisions, from draws of both together (`counts.drawn_pairs`) or resamples.

    The interval is the draws' percentile one, widened to hold the value where it does not; p is twice the share of
    draws beyond zero. Where fewer than ten are beyond, their number tells little, and no pair of a long table would
    survive Holm: there p is that of the draws' mean over their standard deviation, at most what ten draws would give.

    Args:
        first: the metric of the first decision (1 + draws,), the plain value in front.
        second: that of the second.
        confidence: of the interval.

    Returns:
        The difference; without interval, and p = 1, where no draw differs.
    """
    nan, difference = float("nan"), first - second
    value, drawn = float(difference[0]), difference[1:]
    known = drawn[~np.isnan(drawn)]
    if np.isnan(value) or known.size < 2:
        return Difference(value, nan, nan, nan, nan)
    variance = float(known.var(ddof=1))
    if variance <= 1e-24:
        return Difference(value, nan, nan, 1.0 if abs(value) < 1e-12 else nan, nan)
    low, high, _ = percentile_interval(known, confidence)
    beyond = int(min((known <= 0).sum(), (known >= 0).sum()))
    p = min(1.0, 2 * max(beyond, ENOUGH) / known.size)
    if beyond < ENOUGH:
        p = min(p, float(2 * norm.sf(abs(known.mean()) / variance**0.5)))
    return Difference(value, min(low, value), max(high, value), p, variance)


def delong(
    influence_a: Floats,
    influence_b: Floats,
    difference: float,
    stratum: Integers,
    patients: Integers,
    confidence: float,
) -> Difference:
    """Difference of two correlated areas, or of means over areas, on the same cases.

    DeLong's variance, with the degrees of freedom that Welch and Satterthwaite give it: of three positives it is an
    estimate from two numbers. Cases of one patient go together.

    Args:
        influence_a: each case's share in the first area's error (cases,), see `areas.Area`.
        influence_b: that in the second's.
        difference: first minus second.
        stratum: index of each case's class and, over several centres, of its centre (cases,).
        patients: number of each case's patient (cases,), from 0 on.
        confidence: of the interval.

    Returns:
        The difference; p = 1 and no interval where the two rank all alike.

    Source: DeLong et al., Biometrics 44:837 (1988); clusters of Obuchowski, Biometrics 53:567 (1997).
    """
    nan, gap = float("nan"), influence_a - influence_b
    if np.isnan(gap).any():
        return Difference(difference, nan, nan, nan, nan)
    groups, place = np.unique(stratum, return_inverse=True)
    parts, freedoms = np.zeros(groups.size), np.zeros(groups.size)
    for k in range(groups.size):
        of_patient = np.bincount(np.unique(patients[place == k], return_inverse=True)[1], weights=gap[place == k])
        parts[k], freedoms[k] = float((of_patient**2).sum()), of_patient.size - 1
    summed = np.bincount(patients, weights=gap)
    variance = float((summed**2).sum())
    if variance <= 1e-20:
        return Difference(difference, nan, nan, 1.0 if abs(difference) < 1e-12 else nan, nan)
    used = parts > 0
    freedom = float(parts.sum() ** 2 / (parts[used] ** 2 / freedoms[used]).sum())
    error = float(np.sqrt(variance))
    half = float(t.ppf((1 + confidence) / 2, freedom)) * error
    p = float(2 * t.sf(abs(difference) / error, freedom))
    return Difference(difference, max(-1.0, difference - half), min(1.0, difference + half), p, variance)


def holm(p: pd.Series) -> pd.Series:
    """Holm-adjusted p values of a family; cells that are not estimable stay empty and do not count.

    >>> holm(pd.Series([0.01, 0.04, None])).tolist()
    [0.02, 0.04, nan]
    """
    known = p.dropna().sort_values(kind="stable")
    stepped = np.maximum.accumulate(known.to_numpy() * np.arange(known.size, 0, -1)) if known.size else known
    return pd.Series(np.minimum(stepped, 1.0), index=known.index, dtype=float).reindex(p.index)
