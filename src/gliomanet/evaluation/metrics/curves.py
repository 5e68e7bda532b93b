"""Curves of one class against the others: ROC and precision–recall, decision, calibration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy.stats import norm

from gliomanet.evaluation.statistics.counts import share_interval

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
    nothing = (float("nan"),) * 3
    if positive.all() or not positive.any():
        return Recalibration(nothing, nothing, ("not estimable: all cases are of one class",))
    used = np.clip(probability, SURE, 1 - SURE)
    odds = np.log(used / (1 - used))
    sure = int((used != probability).sum())
    notes = (f"{sure} probabilities of 0 or 1 counted as {SURE:g} from it",) if sure else ()
    repeat = np.unique(patients).size < patients.size
    intercept = _fitted(positive, np.ones((odds.size, 1)), odds, patients if repeat else None, confidence)
    if odds[positive].min() >= odds[~positive].max() or odds[positive].max() <= odds[~positive].min():
        reason = "no slope: the probabilities part the class from the others"
        return Recalibration(nothing, intercept, (*notes, reason))
    design = np.column_stack([odds, np.ones(odds.size)])
    slope = _fitted(positive, design, None, patients if repeat else None, confidence)
    return Recalibration(slope, intercept, notes)


def _fitted(
    positive: Flags, design: Floats, offset: Floats | None, patients: Integers | None, confidence: float
) -> tuple[float, float, float]:
    """The first coefficient of a logistic model with its interval."""
    model = sm.GLM(positive.astype(np.float64), design, family=sm.families.Binomial(), offset=offset)
    together = {} if patients is None else {"cov_type": "cluster", "cov_kwds": {"groups": patients}}
    found = model.fit(**together)
    value, error = float(found.params[0]), float(found.bse[0])
    half = float(norm.ppf((1 + confidence) / 2)) * error
    return value, value - half, value + half
