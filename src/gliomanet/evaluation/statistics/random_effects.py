"""Random-effects summary of one effect over centres.

statsmodels' `combine_effects` has the same estimator but lets τ² and I² go below zero, which turns a homogeneous set of
centres into over-confident intervals; the tests compare the two where they must agree.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm


@dataclass(frozen=True)
class Summary:
    """An effect over centres: interval, variance between centres, and its share of the total variance."""

    effect: float
    ci_low: float
    ci_high: float
    tau2: float
    i2: float
    centers: int


def random_effects(effects: ArrayLike, variances: ArrayLike, confidence: float = 0.95) -> Summary:
    """DerSimonian–Laird summary.

    Args:
        effects: one a centre (centres,), at least two.
        variances: of the effects, within a centre (centres,), all above zero.
        confidence: of the normal interval.

    Returns:
        The summary; τ² in squared units of the effect, I² as a share in [0, 1].

    Raises:
        ValueError: fewer than two centres, or a variance that is not above zero.

    Source: DerSimonian & Laird, Control Clin Trials 7:177 (1986); I² of Higgins & Thompson, Stat Med 21:1539 (2002).
    """
    effect, variance = np.asarray(effects, dtype=np.float64), np.asarray(variances, dtype=np.float64)
    if effect.size < 2 or effect.shape != variance.shape:
        raise ValueError(
            f"a summary needs one effect and one variance for each of at least two centres, "
            f"found {effect.size} effects and {variance.size} variances"
        )
    if not (variance > 0).all():
        raise ValueError(f"within-centre variances must be above zero, found {variance.min():g}")
    fixed = 1 / variance
    q = float((fixed * (effect - (fixed * effect).sum() / fixed.sum()) ** 2).sum())
    freedom = effect.size - 1
    tau2 = max(0.0, (q - freedom) / float(fixed.sum() - (fixed**2).sum() / fixed.sum()))
    weight = 1 / (variance + tau2)
    mean = float((weight * effect).sum() / weight.sum())
    half = float(norm.ppf((1 + confidence) / 2) / np.sqrt(weight.sum()))
    i2 = max(0.0, (q - freedom) / q) if q > 0 else 0.0
    return Summary(mean, mean - half, mean + half, tau2, i2, effect.size)
