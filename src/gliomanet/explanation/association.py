"""Correlation between deep and radiomic features, with tumour volume taken out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import false_discovery_control, rankdata, t

Floats = NDArray[np.float64]

MIN_CASES = 5
"""Cases that a correlation needs: below, its p value has hardly a degree of freedom."""


class Correlation(NamedTuple):
    """Coefficients and p values (deep features, radiomic features); NaN where not estimable."""

    rho: Floats
    pearson: Floats
    p: Floats


def correlate(deep: Floats, radiomic: Floats, volume: Floats | None) -> Correlation:
    """Spearman and Pearson correlation of every pair, partial for the tumour's volume.

    Cases with a missing value are left out for the radiomic feature that misses it. p is that of Spearman's rho, from
    Student's t with n − 2 degrees of freedom, n − 3 where volume is taken out.

    Args:
        deep: (cases, deep features), no missing values.
        radiomic: (cases, radiomic features), NaN = missing.
        volume: tumour volume (cases,), NaN = missing; None = no adjustment.

    Returns:
        The coefficients; NaN for a feature that is constant, or a function of volume alone.
    """
    shape = (deep.shape[1], radiomic.shape[1])
    rho, pearson, p = np.full(shape, np.nan), np.full(shape, np.nan), np.full(shape, np.nan)
    here = np.ones(len(deep), dtype=bool) if volume is None else np.isfinite(volume)
    present = np.isfinite(radiomic) & here[:, None]
    patterns, which = np.unique(present, axis=1, return_inverse=True)
    for index in range(patterns.shape[1]):
        rows, columns = patterns[:, index], np.flatnonzero(which == index)
        freedom = int(rows.sum()) - (2 if volume is None else 3)
        if rows.sum() < MIN_CASES:
            continue
        x, y = deep[rows], radiomic[np.ix_(rows, columns)]
        v = None if volume is None else volume[rows]
        pearson[:, columns] = _partial(x, y, v)
        rho[:, columns] = value = _partial(
            rankdata(x, axis=0), rankdata(y, axis=0), None if v is None else np.asarray(rankdata(v))
        )
        with np.errstate(divide="ignore"):
            statistic = np.abs(value) * np.sqrt(freedom / np.maximum(1 - value**2, 0))
        p[:, columns] = 2 * t.sf(statistic, freedom)
    return Correlation(rho, pearson, p)


def discovery_rates(p: Floats) -> Floats:
    """Benjamini–Hochberg q values of all p that are estimable; the others stay NaN."""
    q = np.full(p.shape, np.nan)
    known = np.isfinite(p)
    if known.any():
        q[known] = false_discovery_control(p[known], method="bh")
    return q


def _partial(x: Floats, y: Floats, given: Floats | None) -> Floats:
    """Correlation of the columns of x with those of y, after a straight line on `given` is taken out of both."""
    a, b = _residuals(x, given), _residuals(y, given)
    product = a.T @ b
    return np.asarray(np.clip(product, -1, 1), dtype=np.float64)


def _residuals(values: Floats, given: Floats | None) -> Floats:
    """Centred columns, without what `given` explains, at length one; NaN where nothing is left."""
    centred = values - values.mean(0)
    length = np.sqrt((centred**2).sum(0))
    rest = centred
    if given is not None:
        axis = given - given.mean()
        square = float(axis @ axis)
        if square > 0:
            rest = centred - np.outer(axis, axis @ centred) / square
    size = np.sqrt((rest**2).sum(0))
    kept = size > 1e-6 * np.maximum(length, 1e-12 * np.abs(values).max(0, initial=0.0) + 1e-300)
    return np.asarray(np.divide(rest, size, out=np.full_like(rest, np.nan), where=kept))
