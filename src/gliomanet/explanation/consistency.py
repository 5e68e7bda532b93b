"""Consistency of a feature's class difference over the centres."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from gliomanet.evaluation.statistics.areas import hanley_mcneil, shrunk_area
from gliomanet.evaluation.statistics.random_effects import Summary, random_effects
from gliomanet.tables.notes import join_notes

if TYPE_CHECKING:
    from gliomanet.config.analysis import Explanation

Floats = NDArray[np.float64]

CONFIDENCE = 0.95

MIN_CENTERS = 3
"""Centres that a summary needs: two say nothing of how far centres differ."""


@dataclass(frozen=True)
class Effect:
    """A feature's class difference in one centre: AUC − ½, its variance, and the cases behind it."""

    effect: float
    variance: float
    n: int
    n_positive: int


@dataclass(frozen=True)
class Verdict:
    """A feature's fate, and the reason."""

    status: Literal["kept", "dropped", "not decidable"]
    reason: str


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


def summarise(effects: Mapping[str, Effect]) -> Summary | None:
    """Random-effects summary over centres; None where fewer than `MIN_CENTERS` have an effect."""
    if len(effects) < MIN_CENTERS:
        return None
    found = effects.values()
    return random_effects([each.effect for each in found], [each.variance for each in found], CONFIDENCE)


def judge(
    effects: Mapping[str, Effect], summary: Summary | None, q: float, rho: float, settings: Explanation
) -> Verdict:
    """Keep a feature whose direction is the model's in every centre, and whose summary is beyond chance.

    Args:
        effects: centre → effect, of the centres with enough cases.
        summary: of these, see `summarise`.
        q: Benjamini–Hochberg q of the summary's p among the task's linked features; NaN without a summary.
        rho: correlation with evidence for the last class: the direction in which the model reads the feature.
        settings: the bounds.

    Returns:
        The verdict; the reason names every condition that fails, and the centres it fails in.
    """
    if summary is None:
        having = ", ".join(effects) or "none"
        return Verdict("not decidable", f"fewer than {MIN_CENTERS} centres have enough cases of each class ({having})")
    reasons = []
    against = [center for center, each in effects.items() if each.effect * summary.effect <= 0]
    if against:
        reasons.append(f"opposite or no direction in {', '.join(against)}")
    if rho * summary.effect <= 0:
        reasons.append("the model reads it in the opposite direction")
    if not q <= settings.max_q:
        reasons.append(f"summary effect within chance: q {q:.2g} above {settings.max_q:g}")
    if summary.i2 > settings.max_i2:
        reasons.append(f"I2 {summary.i2:.2f} above {settings.max_i2:g}: effects differ between centres")
    kept = f"same direction in {len(effects)} centres"
    return Verdict("dropped" if reasons else "kept", join_notes(reasons) or kept)


def agrees_outside(effects: Mapping[str, Effect], external: Collection[str], rho: float) -> str:
    """Agreement of the external centres with enough cases with the direction in which the model reads the feature.

    The training centres' own cases linked the feature, so that their direction is no surprise; that of the external
    ones is.

    Returns:
        `yes` or `no`; "" where no external centre has enough cases.
    """
    outside = [each.effect for center, each in effects.items() if center in external]
    return "" if not outside else "yes" if all(effect * rho > 0 for effect in outside) else "no"
