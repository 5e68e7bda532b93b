"""Random-effects summary of one effect over centres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm
from statsmodels.stats.meta_analysis import combine_effects


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
        effects: one per centre (centres,), at least two.
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
    # The library lets τ² go below zero, which turns a homogeneous set of centres into over-confident intervals (or the
    # root of a negative variance). At τ² = 0, where DerSimonian and Laird cut it off, the summary is that of fixed
    # effects, which the library gives, too.
    with np.errstate(invalid="ignore", divide="ignore"):
        found = combine_effects(effect, variance, method_re="dl")
    spread = found.tau2 > 0
    mean = float(found.mean_effect_re if spread else found.mean_effect_fe)
    error = float(found.sd_eff_w_re if spread else found.sd_eff_w_fe)
    half = float(norm.ppf((1 + confidence) / 2)) * error
    i2 = 1 - found.df / float(found.q) if spread else 0.0
    return Summary(mean, mean - half, mean + half, max(0.0, float(found.tau2)), i2, effect.size)
