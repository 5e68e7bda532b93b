"""Curves of one class against the others: ROC and precision–recall, decision, calibration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit, logit
from scipy.stats import norm
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_linear_model import GLM

from gliomanet.evaluation.statistics.counts import share_interval
from gliomanet.tables.notes import not_estimable

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

MOST_POINTS = 51
"""Points of a ROC curve: it runs a way of 2 from corner to corner, so they lie some .04 apart."""

MOST_BINS = 10
CASES_PER_BIN = 5
"""Cases that a bin of a calibration curve has at least, on average."""

DECISION_THRESHOLDS = np.round(np.arange(0.02, 0.99, 0.02), 2)

SURE = 1e-6
"""Probabilities nearer to 0 or 1 have the log odds of this one."""

LEAST_DOUBT = 0.1
"""Cases in doubt, as the sum of p (1 − p), from which on an intercept can be told: its standard error is then 3."""

NOTHING = (float("nan"),) * 3
"""A value and its interval where there are none."""


@dataclass(frozen=True)
class RocCurve:
    """Points of a ROC curve from the highest threshold down, (points,) each; the first calls no case."""

    threshold: Floats
    sensitivity: Floats
    specificity: Floats
    ppv: Floats


def roc_curve(positive: Flags, probability: Floats) -> RocCurve:
    """ROC and precision–recall points: of many cases those that lie evenly along the curve, both ends included.

    Args:
        positive: whether a case is of the class (cases,); some are, and some are not.
        probability: of the class (cases,).
    """
    levels, level = np.unique(-probability, return_inverse=True)
    caught = np.cumsum(np.bincount(level[positive], minlength=levels.size))
    false = np.cumsum(np.bincount(level[~positive], minlength=levels.size))
    found = np.concatenate([[0.0], caught / positive.sum()])
    alarms = np.concatenate([[0.0], false / (~positive).sum()])
    precision = np.concatenate([[np.nan], caught / (caught + false)])
    threshold = np.concatenate([[np.nan], -levels])
    way = found + alarms
    targets = np.linspace(0, 2, MOST_POINTS)
    after = np.clip(np.searchsorted(way, targets), 1, way.size - 1)
    nearest = np.where(targets - way[after - 1] <= way[after] - targets, after - 1, after)
    kept = np.unique(np.concatenate([[0], nearest, [way.size - 1]])) if way.size > MOST_POINTS else np.arange(way.size)
    return RocCurve(threshold[kept], found[kept], 1 - alarms[kept], precision[kept])


def net_benefit(positive: Flags, probability: Floats, thresholds: Floats) -> tuple[Floats, Floats]:
    """Net benefit of calling cases from each threshold on, and of calling all: (thresholds,) each.

    True positives per case, less false ones weighted by the odds of the threshold: at .2 one would treat four in vain
    for one who needs it. Calling nobody has 0.

    Args:
        positive: whether a case is of the class (cases,).
        probability: of the class (cases,).
        thresholds: between 0 and 1 (thresholds,).

    Source: Vickers & Elkin, Med Decis Making 26:565 (2006), 10.1177/0272989X06295361.
    """
    odds = thresholds / (1 - thresholds)
    called = probability[:, None] >= thresholds
    caught, false = called[positive].sum(0) / positive.size, called[~positive].sum(0) / positive.size
    share = positive.mean()
    return np.asarray(caught - false * odds), np.asarray(share - (1 - share) * odds)


@dataclass(frozen=True)
class Bin:
    """A bin of a calibration curve: mean probability, and the share of its cases with its interval."""

    probability: float
    observed: float
    low: float
    high: float
    n: int
    n_positive: int


def calibration_bins(positive: Flags, probability: Floats, patients: Integers, confidence: float) -> list[Bin]:
    """Bins of about equally many cases, from the least probable on; equal probabilities share a bin.

    Args:
        positive: whether a case is of the class (cases,).
        probability: of the class (cases,).
        patients: number of each case's patient (cases,), from 0 on.
        confidence: of the intervals.
    """
    number = int(np.clip(positive.size // CASES_PER_BIN, 1, MOST_BINS))
    edges = np.quantile(probability, np.linspace(0, 1, number + 1)[1:-1])
    place = np.searchsorted(edges, probability, side="right")
    found = []
    for k in np.unique(place):
        mine = place == k
        low, high = share_interval(positive[mine], patients[mine], confidence)
        share = float(positive[mine].mean())
        found.append(Bin(float(probability[mine].mean()), share, low, high, int(mine.sum()), int(positive[mine].sum())))
    return found


@dataclass(frozen=True)
class Recalibration:
    """Slope and intercept with (value, low, high) each, and what must be said; NaN where not estimable."""

    slope: tuple[float, float, float]
    intercept: tuple[float, float, float]
    notes: tuple[str, ...]


def recalibrate(positive: Flags, probability: Floats, patients: Integers, confidence: float) -> Recalibration:
    """Logistic recalibration: how the predicted log odds would have to be bent to fit.

    The slope is that of the true class on the predicted log odds. The intercept is what must be added to them with the
    slope left at 1, so "calibration in the large". Intervals are Wald's, with cases of one patient going together.

    Args:
        positive: whether a case is of the class (cases,).
        probability: of the class (cases,).
        patients: number of each case's patient (cases,), from 0 on.
        confidence: of the intervals.

    Source: Cox, Biometrika 45:562 (1958); Van Calster et al., BMC Med 17:230 (2019), 10.1186/s12916-019-1466-7.
    """
    if positive.all() or not positive.any():
        return Recalibration(NOTHING, NOTHING, (not_estimable("all cases are of one class"),))
    used = np.clip(probability, SURE, 1 - SURE)
    sure = int((used != probability).sum())
    if sure == positive.size:
        return Recalibration(NOTHING, NOTHING, (not_estimable(f"every probability is within {SURE:g} of 0 or 1"),))
    odds = np.log(used / (1 - used))
    groups = patients if np.unique(patients).size < patients.size else None
    intercept, no_intercept = _intercept(positive, odds, groups, confidence)
    slope, no_slope = _slope(positive, odds, groups, confidence)
    words = "1 probability" if sure == 1 else f"{sure} probabilities"
    counted = f"{words} of 0 or 1 counted as {SURE:g} from it" if sure else ""
    return Recalibration(slope, intercept, tuple(note for note in (counted, no_intercept, no_slope) if note))


def _intercept(
    positive: Flags, odds: Floats, patients: Integers | None, confidence: float
) -> tuple[tuple[float, float, float], str]:
    """The shift that makes the mean right, or the reason for none; bracketed, as Fisher scoring may run away."""
    share = float(positive.mean())
    low, high = logit(share) - odds.max(), logit(share) - odds.min()
    root = brentq(lambda shift: float(expit(odds + shift).mean()) - share, low, high) if low < high else low
    fitted = expit(odds + root)
    if (fitted * (1 - fitted)).sum() < LEAST_DOUBT:
        return NOTHING, "no intercept: the probabilities are all next to 0 and 1, and leave no case in doubt"
    found = _fitted(positive, np.ones((odds.size, 1)), odds, patients, confidence, np.array([root]))
    return found, "" if found != NOTHING else "no intercept: the fit does not settle"


def _slope(
    positive: Flags, odds: Floats, patients: Integers | None, confidence: float
) -> tuple[tuple[float, float, float], str]:
    """The bend of the log odds, and the reason where there is no telling."""
    if odds.min() == odds.max():
        return NOTHING, "no slope: all probabilities are equal"
    if odds[positive].min() >= odds[~positive].max() or odds[positive].max() <= odds[~positive].min():
        return NOTHING, "no slope: the probabilities part the class from the others"
    found = _fitted(positive, np.column_stack([odds, np.ones(odds.size)]), None, patients, confidence, None)
    return found, "" if found != NOTHING else "no slope: the fit does not settle"


def _fitted(
    positive: Flags,
    design: Floats,
    offset: Floats | None,
    patients: Integers | None,
    confidence: float,
    start: Floats | None,
) -> tuple[float, float, float]:
    """The first coefficient of a logistic model with its interval; `NOTHING` where the fit does not converge."""
    model = GLM(positive.astype(np.float64), design, family=Binomial(), offset=offset)
    together = {} if patients is None else {"cov_type": "cluster", "cov_kwds": {"groups": patients}}
    found = model.fit(start_params=start, **together)
    value, error = float(found.params[0]), float(found.bse[0])
    if not found.converged or not np.isfinite([value, error]).all():
        return NOTHING
    half = float(norm.ppf((1 + confidence) / 2)) * error
    return value, value - half, value + half
