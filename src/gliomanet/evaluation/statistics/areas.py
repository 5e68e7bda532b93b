"""Areas under the ROC curve: value, variance and interval, for cases that may share patients.

Hanley and McNeil's variance knows no data but the area, so that it is never zero, and Newcombe's interval, made of it,
covers well in small samples. It takes positives and negatives to vary alike: where they do not, it covers .85 or .99 of
the time in samples of any size. DeLong's variance knows how they vary, and is zero where all are ranked right. So the
first is scaled towards the second, the more the cases are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtri
from scipy.stats import rankdata

Floats = NDArray[np.float64]

HALF_BELIEVED = 10
"""Patients of the rarer side at which DeLong's variance counts as much as Hanley and McNeil's."""


@dataclass(frozen=True)
class Area:
    """An area with its interval.

    Attributes:
        value: 0 to 1; ties count half.
        variance: above zero, also where all cases are ranked right.
        low: lower end of the interval.
        high: upper end.
        influence: each case's share in the area's error (cases,): their squares, summed over patients, are DeLong's
            variance.
    """

    value: float
    variance: float
    low: float
    high: float
    influence: Floats


def hanley_mcneil(area: float, positives: int, negatives: int) -> float:
    """Variance of an area, with the sizes of both sides averaged as Newcombe does.

    Source: Hanley & McNeil, Radiology 143:29 (1982); Newcombe, Stat Med 25:559 (2006), 10.1002/sim.2324.
    """
    pairs = (positives + negatives) / 2 - 1
    spread = 1 + pairs * ((1 - area) / (2 - area) + area / (1 + area))
    return area * (1 - area) * spread / (positives * negatives)


def shrunk_area(area: float, positives: int, negatives: int) -> float:
    """The area if each side had one case more, tied with all: never 0 or 1, where a variance would be zero.

    >>> shrunk_area(1.0, 3, 4)
    0.8
    """
    wins = area * positives * negatives + (positives + negatives + 1) / 2
    return wins / ((positives + 1) * (negatives + 1))


def area_of(positive: NDArray[np.bool_], score: Floats, patients: NDArray[np.int64], confidence: float) -> Area:
    """Area of cases with its interval.

    The interval holds every area whose distance from the one found is at most z of its own standard errors
    (Newcombe's fifth method), the variance being scaled as the module says. Several cases of a patient count as one
    in the sizes, and together in DeLong's variance.

    Args:
        positive: whether a case is of the positive class (cases,); some are, and some are not.
        score: evidence for that class (cases,).
        patients: number of each case's patient (cases,), from 0 on.
        confidence: of the interval.

    Source: Newcombe (2006), method 5; DeLong et al., Biometrics 44:837 (1988), for clusters Obuchowski, Biometrics
    53:567 (1997).
    """
    value, above, under = _placements(positive, score)
    sizes = np.unique(patients[positive]).size, np.unique(patients[~positive]).size
    shrunk = shrunk_area(value, *sizes)
    m, n = above.size, under.size
    # One case more on each side, tied with all, so that DeLong's variance of a perfect ranking is not zero either.
    more = _influence(positive, (above * n + 0.5) / (n + 1), (under * m + 0.5) / (m + 1), sizes, added=1)
    added = ((0.5 - shrunk) / (sizes[0] + 1)) ** 2 + ((0.5 - shrunk) / (sizes[1] + 1)) ** 2
    seen = (variance_over_patients(more, patients) + added) / hanley_mcneil(shrunk, sizes[0] + 1, sizes[1] + 1)
    belief = min(sizes) / (min(sizes) + HALF_BELIEVED)
    scale = belief * seen + 1 - belief
    z = float(ndtri((1 + confidence) / 2))

    def outside(area: float) -> float:
        return (value - area) ** 2 - z**2 * scale * hanley_mcneil(area, *sizes)

    # An area of 0 or 1 has no variance, so that the value itself is a root beside the one that is looked for.
    low = float(brentq(outside, 0, value - 1e-9)) if value > 0 else 0.0
    high = float(brentq(outside, value + 1e-9, 1)) if value < 1 else 1.0
    variance = scale * hanley_mcneil(shrunk, *sizes)
    return Area(value, variance, low, high, _influence(positive, above, under, sizes))


def mean_area(areas: Sequence[Area], patients: NDArray[np.int64]) -> Area:
    """Mean of correlated areas, such as those of each class against the rest; one area is its own mean.

    The interval joins the areas' own (MOVER): their distances to the bounds add up like standard errors of the
    correlation that DeLong's covariance has. Where it is unknown, since nothing varies, it is taken to be 1.

    Source: Zou & Donner, Stat Med 27:1693 (2008), 10.1002/sim.3095.
    """
    value = float(np.mean([area.value for area in areas]))
    alike = correlations([area.influence for area in areas], patients)

    def joined(distances: list[float]) -> float:
        each = np.array(distances) / len(areas)
        return float(np.sqrt(max(0.0, float(np.einsum("i,ij,j->", each, alike, each)))))

    down, up = joined([a.value - a.low for a in areas]), joined([a.high - a.value for a in areas])
    variance = joined([float(np.sqrt(area.variance)) for area in areas]) ** 2
    influence = np.mean([area.influence for area in areas], axis=0)
    return Area(value, variance, value - down, value + up, influence)


def correlations(influences: Sequence[Floats], patients: NDArray[np.int64]) -> Floats:
    """DeLong's correlations of areas (areas, areas); 1 where one of the two does not vary."""
    summed = np.stack([np.bincount(patients, weights=influence) for influence in influences])
    covariance = summed @ summed.T
    spread = np.sqrt(np.outer(covariance.diagonal(), covariance.diagonal()))
    return np.asarray(np.divide(covariance, spread, out=np.ones_like(covariance), where=spread > 1e-24))


def difference_variance(first: Area, second: Area, patients: NDArray[np.int64]) -> float:
    """Variance of the difference of two areas on the same cases, from their own variances and DeLong's correlation.

    Unlike DeLong's it is never zero: the correlation is shrunk as if there were one patient more, in whom the two
    differ. So a small centre that both rank alike does not decide a summary over centres.

    Source: Hanley & McNeil, Radiology 148:839 (1983).
    """
    number = np.unique(patients).size
    alike = float(correlations([first.influence, second.influence], patients)[0, 1]) * number / (number + 1)
    return first.variance + second.variance - 2 * alike * float(np.sqrt(first.variance * second.variance))


def variance_over_patients(influence: Floats, patients: NDArray[np.int64]) -> float:
    """Variance of what cases contribute to, where those of one patient go together."""
    return float((np.bincount(patients, weights=influence) ** 2).sum())


def _placements(positive: NDArray[np.bool_], score: Floats) -> tuple[float, Floats, Floats]:
    """The area; and the share of the other side that each positive lies above, and each negative below."""
    ranks = rankdata(score)
    positives, negatives = int(positive.sum()), int((~positive).sum())
    above = (ranks[positive] - rankdata(score[positive])) / negatives
    under = 1 - (ranks[~positive] - rankdata(score[~positive])) / positives
    return float(above.mean()), np.asarray(above), np.asarray(under)


def _influence(
    positive: NDArray[np.bool_], above: Floats, under: Floats, sizes: tuple[int, int], added: int = 0
) -> Floats:
    """Each case's share in the error (cases,); `added` tied cases count in the means, and are left out."""
    found = np.empty(positive.size)
    for side, placements, size in ((positive, above, sizes[0]), (~positive, under, sizes[1])):
        whole = placements.size + added
        mean = (placements.sum() + 0.5 * added) / whole
        patients = size + added
        correction = np.sqrt(patients / (patients - 1)) if patients > 1 else np.nan
        found[side] = (placements - mean) * correction / whole
    return found
