"""Random-effects summary of one effect over centres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm, t
from statsmodels.stats.meta_analysis import combine_effects

LEAST_FOR_INTERVAL = 3
"""Centres that an interval needs: with two, Student's t has one degree of freedom and the interval says nothing."""


@dataclass(frozen=True)
class Summary:
    """An effect over centres; NaN where there are too few of them.

    Attributes:
        effect: mean over the centres.
        ci_low: lower end of its interval.
        ci_high: upper end.
        pi_low: lower end of the prediction interval: where the effect in a further centre of the kind will lie.
        pi_high: upper end.
        p: two-sided, of no effect.
        tau2: variance between centres, in squared units of the effect.
        i2: its share of the total variance, 0 to 1.
        centers: number of centres.
    """

    effect: float
    ci_low: float
    ci_high: float
    pi_low: float
    pi_high: float
    p: float
    tau2: float
    i2: float
    centers: int


def random_effects(effects: ArrayLike, variances: ArrayLike, confidence: float = 0.95) -> Summary:
    """Mean by DerSimonian and Laird, interval by Hartung and Knapp.

    The interval is the wider of Hartung and Knapp's and the normal one: where a few centres agree by chance, the former
    alone would be narrower than their cases allow, down to no width at all. The prediction interval takes k − 2
    degrees of freedom (Higgins et al.).

    Args:
        effects: one per centre (centres,), at least two.
        variances: of the effects, within a centre (centres,), all above zero.
        confidence: of both intervals.

    Returns:
        The summary; with two centres without intervals and p.

    Raises:
        ValueError: fewer than two centres, or a variance that is not above zero.

    Source: DerSimonian & Laird, Control Clin Trials 7:177 (1986); Hartung & Knapp, Stat Med 20:3875 (2001); the wider
    of two: Wiksten et al., Stat Med 35:2503 (2016); Higgins et al., J R Stat Soc A 172:137 (2009); I² of Higgins &
    Thompson, Stat Med 21:1539 (2002).
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
    adjusted = float(found.sd_eff_w_re_hksj if spread else found.sd_eff_w_fe_hksj)
    tau2 = max(0.0, float(found.tau2))
    i2 = 1 - found.df / float(found.q) if spread else 0.0
    if effect.size < LEAST_FOR_INTERVAL:
        nan = float("nan")
        return Summary(mean, nan, nan, nan, nan, nan, tau2, i2, effect.size)
    level, freedom = (1 + confidence) / 2, effect.size - 1
    half = max(float(t.ppf(level, freedom)) * adjusted, float(norm.ppf(level)) * error)
    of_normal = float(2 * norm.sf(abs(mean) / error))
    p = max(of_normal, float(2 * t.sf(abs(mean) / adjusted, freedom)) if adjusted > 0 else 0.0)
    next_one = float(t.ppf(level, freedom - 1)) * float(np.sqrt(tau2 + max(error, adjusted) ** 2))
    return Summary(mean, mean - half, mean + half, mean - next_one, mean + next_one, p, tau2, i2, effect.size)
