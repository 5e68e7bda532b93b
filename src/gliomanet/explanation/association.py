"""Correlation between deep and radiomic features within centres, with tumour volume taken out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import false_discovery_control, rankdata, t

Floats = NDArray[np.float64]

MIN_FREEDOM = 3
"""Degrees of freedom that a correlation needs: with fewer, its p value says next to nothing."""


class Correlation(NamedTuple):
    """Coefficients and p values (deep features, radiomic features); NaN where not estimable."""

    rho: Floats
    pearson: Floats
    p: Floats


def correlate(deep: Floats, radiomic: Floats, volume: Floats | None, centers: NDArray[np.str_]) -> Correlation:
    """Spearman and Pearson correlation of every pair within centres, partial for the tumour's volume.

    Both sides are centred within each centre: Spearman's on ranks among the centre's own cases, Pearson's on values. So
    nothing that a scanner does to all of its cases makes a link; neither does its order of brightness among scanners,
    nor, for Spearman's, any monotone change of its scale.

    Cases with a missing value are left out for the radiomic feature that misses it. p is that of Spearman's rho, from
    Student's t with n − centres − 1 degrees of freedom, one less where volume is taken out.

    Args:
        deep: (cases, deep features), no missing values.
        radiomic: (cases, radiomic features), NaN = missing.
        volume: tumour volume (cases,), NaN = missing; None = no adjustment.
        centers: name of each case's centre (cases,).

    Returns:
        The coefficients; NaN for a feature that is constant in every centre, or a function of volume alone.

    Source: partial rank correlation, Kendall, Biometrika 32:277 (1942), on ranks within strata as in van Elteren,
    Bull Inst Int Stat 37:351 (1960).
    """
    shape = (deep.shape[1], radiomic.shape[1])
    rho, pearson, p = np.full(shape, np.nan), np.full(shape, np.nan), np.full(shape, np.nan)
    here = np.ones(len(deep), dtype=bool) if volume is None else np.isfinite(volume)
    present = np.isfinite(radiomic) & here[:, None]
    patterns, which = np.unique(present, axis=1, return_inverse=True)
    for index in range(patterns.shape[1]):
        rows, columns = patterns[:, index], np.flatnonzero(which == index)
        own = [np.flatnonzero(centers[rows] == center) for center in np.unique(centers[rows])]
        freedom = int(rows.sum()) - len(own) - (1 if volume is None else 2)
        if freedom < MIN_FREEDOM:
            continue
        x, y = deep[rows], radiomic[np.ix_(rows, columns)]
        v = np.empty((len(x), 0)) if volume is None else volume[rows, None]
        pearson[:, columns] = _partial(_centred(x, own), _centred(y, own), _centred(v, own))
        value = _partial(_centred_ranks(x, own), _centred_ranks(y, own), _centred_ranks(v, own))
        rho[:, columns] = value
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


class _Centred(NamedTuple):
    """Columns whose mean is zero in every centre, and each column's largest magnitude before."""

    values: Floats
    largest: Floats


def _centred(values: Floats, own: list[NDArray[np.intp]]) -> _Centred:
    """Values minus their centre's mean; `own` are the rows of each centre."""
    found = np.empty_like(values, dtype=np.float64)
    for rows in own:
        found[rows] = values[rows] - values[rows].mean(0)
    return _Centred(found, np.abs(values).max(0, initial=0.0))


def _centred_ranks(values: Floats, own: list[NDArray[np.intp]]) -> _Centred:
    """Ranks within the centre as a share of its cases, so that all centres have one scale, centred."""
    ranks = np.empty_like(values, dtype=np.float64)
    for rows in own:
        ranks[rows] = rankdata(values[rows], axis=0) / (len(rows) + 1)
    return _centred(ranks, own)


def _partial(x: _Centred, y: _Centred, given: _Centred) -> Floats:
    """Correlation of the columns of x with those of y, after a straight line on `given` (one or no column)."""
    product = _residuals(x, given).T @ _residuals(y, given)
    return np.asarray(np.clip(product, -1, 1), dtype=np.float64)


def _residuals(centred: _Centred, given: _Centred) -> Floats:
    """The columns without what `given` explains, at length one; NaN where nothing is left."""
    length = np.sqrt((centred.values**2).sum(0))
    rest = centred.values
    for axis in given.values.T:
        square = float(axis @ axis)
        if square > 0:
            rest = rest - np.outer(axis, axis @ rest) / square
    size = np.sqrt((rest**2).sum(0))
    kept = size > 1e-6 * np.maximum(length, 1e-6 * centred.largest + 1e-300)
    return np.asarray(np.divide(rest, size, out=np.full_like(rest, np.nan), where=kept))
