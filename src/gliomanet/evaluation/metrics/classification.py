"""The figures of a classification task, for many weightings of the same cases at once.

Every figure is computed from *weights* of shape (cases, weightings): a column of ones is the plain figure, a column of
counts is a bootstrap resample. So the value and its interval come from one code path. `NaN` inside these arrays means
"not estimable" and never reaches a table: `evaluation.analyses.performance` turns it into an empty cell with a reason.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gliomanet.uncertainty.probabilities import calibration_error

Floats = NDArray[np.float64]


Integers = NDArray[np.int64]


TWO_CLASS_METRICS = (
    "mcc",
    "mcc_at_threshold",
    "auc",
    "balanced_accuracy",
    "sensitivity",
    "specificity",
    "f1",
    "ppv",
    "npv",
    "brier",
    "ece",
)
"""Figures of a two-class task, in the order of the tables."""


def metric_names(classes: tuple[str, ...]) -> tuple[str, ...]:
    """Names of a task's figures: more than two classes have no threshold, and one AUC a class beside the macro mean."""
    if len(classes) == 2:
        return TWO_CLASS_METRICS
    names = [name for name in TWO_CLASS_METRICS if name != "mcc_at_threshold"]
    at = names.index("auc") + 1
    return (*names[:at], *(f"auc_{name}" for name in classes), *names[at:])


def confusion_counts(truth: Integers, predicted: Integers, classes: int, weights: Floats) -> Floats:
    """Weighted confusion matrices.

    Args:
        truth: class index of each case (cases,).
        predicted: predicted class index (cases,).
        classes: number of classes K.
        weights: (cases, weightings).

    Returns:
        Counts of shape (K truth, K predicted, weightings).
    """
    cells = np.eye(classes * classes)[truth * classes + predicted]
    return np.asarray(cells.T @ weights).reshape(classes, classes, -1)


def matthews(counts: Floats) -> Floats:
    """Matthews correlation of confusion matrices (K, K, weightings), for any number of classes.

    Where the truth holds every class but all predictions are one class it is 0, the limit that Gorodkin gives;
    where a truth class is absent it is NaN, because nothing can be said.

    Source: Gorodkin, Comput Biol Chem 28:367 (2004), 10.1016/j.compbiolchem.2004.09.006.
    """
    true_counts, predicted_counts = counts.sum(1), counts.sum(0)
    total = true_counts.sum(0)
    correct = np.trace(counts)
    covariance = correct * total - (true_counts * predicted_counts).sum(0)
    spread = (total**2 - (predicted_counts**2).sum(0)) * (total**2 - (true_counts**2).sum(0))
    value = np.divide(covariance, np.sqrt(spread), out=np.zeros_like(total), where=spread > 0)
    return np.where((true_counts > 0).all(0), value, np.nan)


def auc(positive: NDArray[np.bool_], score: Floats, weights: Floats) -> Floats:
    """Area under the ROC curve (Mann–Whitney; ties count half) of weighted cases.

    Args:
        positive: whether a case is of the positive class (cases,).
        score: evidence for the positive class (cases,).
        weights: (cases, weightings).

    Returns:
        AUC (weightings,), NaN where a class has no weight.
    """
    ascending = np.argsort(score[~positive], kind="stable")
    negatives = score[~positive][ascending]
    below = np.zeros((negatives.size + 1, weights.shape[1]))
    np.cumsum(weights[~positive][ascending], axis=0, out=below[1:])
    low = np.searchsorted(negatives, score[positive], "left")
    high = np.searchsorted(negatives, score[positive], "right")
    mine = weights[positive]
    wins = np.einsum("iw,iw->w", mine, below[low])
    tied = low != high  # most scores are unique: the second gather is over ties only
    wins += np.einsum("iw,iw->w", mine[tied], below[high[tied]] - below[low[tied]]) / 2
    pairs = mine.sum(0) * below[-1]
    return _ratio(wins, pairs)


def brier_terms(truth: Integers, probability: Floats) -> Floats:
    """Each case's term of the Brier score (cases,).

    Two classes: (p − y)² of the positive class, in [0, 1]. More: summed over classes, in [0, 2]. So scikit-learn's
    `brier_score_loss` scales them too.
    """
    squared = (probability - np.eye(probability.shape[1])[truth]) ** 2
    return np.asarray(squared.sum(1) / (2 if probability.shape[1] == 2 else 1))


def figures(
    truth: Integers, probability: Floats, weights: Floats, classes: tuple[str, ...], threshold: float | None
) -> dict[str, Floats]:
    """Every figure of a task under every weighting.

    Sensitivity, specificity, F1, PPV and NPV are those of the positive (last) class of a two-class task, and the mean
    over classes, each against the rest, where there are more.

    Args:
        truth: class index of each case (cases,); no missing ones.
        probability: (cases, classes).
        weights: (cases, weightings), e.g. a column of ones beside columns of bootstrap counts.
        classes: the task's class names.
        threshold: least probability of the positive class that calls it, for `mcc_at_threshold`; None = not chosen.

    Returns:
        Metric name → (weightings,), NaN where not estimable; the keys of `metric_names`.
    """
    number = len(classes)
    counts = confusion_counts(truth, probability.argmax(1), number, weights)
    hit = np.stack([counts[k, k] for k in range(number)])
    actual, called, total = counts.sum(1), counts.sum(0), counts.sum((0, 1))
    absent = ~(actual > 0).all(0)
    recall = _ratio(hit, actual)
    one_vs_rest = {
        "sensitivity": recall,
        "specificity": _ratio(total - actual - called + hit, total - actual),
        "f1": _ratio(2 * hit, np.where(actual > 0, actual + called, 0)),
        "ppv": np.where(actual > 0, _ratio(hit, called), np.nan),
        "npv": np.where(total - actual > 0, _ratio(total - actual - called + hit, total - called), np.nan),
    }
    ranked = [auc(truth == k, probability[:, k], weights) for k in range(1 if number == 2 else 0, number)]
    result = {
        "mcc": matthews(counts),
        "auc": np.mean(ranked, axis=0),
        "balanced_accuracy": recall.mean(0),
        **{name: values[-1] if number == 2 else values.mean(0) for name, values in one_vs_rest.items()},
        "brier": brier_terms(truth, probability) @ weights / weights.sum(0),
        "ece": calibration_error(truth, probability, weights),
    }
    if number == 2:
        nothing = np.full(weights.shape[1], np.nan)
        called_at = (probability[:, 1] >= (np.inf if threshold is None else threshold)).astype(np.int64)
        at = confusion_counts(truth, called_at, 2, weights)
        result["mcc_at_threshold"] = nothing if threshold is None else matthews(at)
    else:
        result |= {f"auc_{name}": values for name, values in zip(classes, ranked, strict=True)}
        for name in one_vs_rest:
            result[name] = np.where(absent, np.nan, result[name])
    return {name: np.asarray(result[name]) for name in metric_names(classes)}


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.asarray(np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0))


def best_threshold(positive: NDArray[np.bool_], probability: Floats) -> tuple[float, float] | None:
    """The probability from which on a case is called positive so that MCC is largest.

    Candidates lie midway between neighbouring probabilities, so that a threshold is not tied to one case's value;
    among equals the one nearest to 0.5 wins. A cut that calls every case alike is no candidate.

    Args:
        positive: whether a case is of the positive class (cases,).
        probability: of the positive class (cases,).

    Returns:
        (threshold, MCC there), or None where a class is absent or all probabilities are equal.
    """
    levels, level = np.unique(probability, return_inverse=True)
    if levels.size < 2 or positive.all() or not positive.any():
        return None
    below = np.stack(
        [np.cumsum(np.bincount(level[positive == side], minlength=levels.size))[:-1] for side in (False, True)]
    ).astype(np.float64)
    totals = np.array([[(~positive).sum()], [positive.sum()]], dtype=np.float64)
    value = matthews(np.stack([below, totals - below], axis=1))
    candidates = (levels[:-1] + levels[1:]) / 2
    # Midpoints of neighbouring floats may round down to the lower one, which would then be called positive.
    candidates = np.where(candidates > levels[:-1], candidates, levels[1:])
    best = np.flatnonzero(np.isclose(value, value.max(), rtol=0, atol=1e-12))
    chosen = best[np.argmin(np.abs(candidates[best] - 0.5))]
    return float(candidates[chosen]), float(value[chosen])
