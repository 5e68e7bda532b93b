"""Consistency of a feature's class difference over the centres."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from gliomanet.evaluation.statistics.areas import hanley_mcneil, shrunk_area
from gliomanet.evaluation.statistics.random_effects import Summary, random_effects
from gliomanet.tables.notes import join_notes

Floats = NDArray[np.float64]

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Effect:
    """A feature's class difference in one centre: AUC − ½, its variance, and the cases behind it."""

    effect: float
    variance: float
    n: int
    n_positive: int


@dataclass(frozen=True)
class Judgement:
    """A feature's fate, the reason, and the summary over centres: None where fewer than two have an effect."""

    kept: bool
    reason: str
    summary: Summary | None


def class_effect(positive: NDArray[np.bool_], values: Floats, min_per_class: int) -> Effect | None:
    """Class difference of a feature: AUC − ½ (Mann–Whitney), positive where positives have higher values.

    The variance is Hanley and McNeil's at an AUC to which one tied case per class was added: at AUC = 1 the plain
    variance (and DeLong's) is zero, and the smallest, luckiest centre would then decide the summary alone.

    Args:
        positive: whether a case is of the last class (cases,).
        values: of the feature (cases,), NaN = missing.
        min_per_class: cases that each class needs.

    Returns:
        The effect, or None where a class has too few cases.
    """
    known = np.isfinite(values)
    positive, values = positive[known], values[known]
    m, n = int(positive.sum()), int((~positive).sum())
    if min(m, n) < min_per_class:
        return None
    area = (float(rankdata(values)[positive].sum()) - m * (m + 1) / 2) / (m * n)
    return Effect(area - 0.5, hanley_mcneil(shrunk_area(area, m, n), m, n), m + n, m)


def judge(effects: Mapping[str, Effect], max_i2: float) -> Judgement:
    """Keep a feature whose direction is the same in every centre, whose summary excludes zero and varies little.

    Args:
        effects: centre → effect, of the centres with enough cases.
        max_i2: largest share of the variance between centres.

    Returns:
        The judgement; the reason names every condition that fails, and the centres it fails in.
    """
    if len(effects) < 2:
        having = ", ".join(effects) or "none"
        return Judgement(False, f"fewer than two centres have enough cases of each class ({having})", None)
    values = {center: effect.effect for center, effect in effects.items()}
    summary = random_effects(list(values.values()), [e.variance for e in effects.values()], CONFIDENCE)
    reasons = []
    against = [center for center, value in values.items() if value * summary.effect <= 0]
    if against:
        reasons.append(f"opposite or no direction in {', '.join(against)}")
    if not (summary.ci_low > 0 or summary.ci_high < 0):  # with two centres there is no interval
        reasons.append("summary effect does not exclude zero")
    if summary.i2 > max_i2:
        reasons.append(f"I2 {summary.i2:.2f} above {max_i2:g}: effects differ between centres")
    kept = f"same direction in {len(effects)} centres"
    return Judgement(not reasons, join_notes(reasons) or kept, summary)
