"""Metrics of a classification task, for many weightings of the same cases at once.

Most metrics are functions of confusion matrices (K truth, K called, matrices): the cases' own in front, draws of it
behind (`evaluation.statistics.counts`). The others are computed from *weights* of shape (cases, weightings): a column
of ones gives the plain value, a column of counts that of a bootstrap resample. So a value and its draws come from one
code path. `NaN` inside these arrays means "not estimable" and never reaches a table: `evaluation.estimates` turns it
into an empty cell with a reason.
`evaluation.metrics.registry` lists the metrics.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gliomanet.labels.decision import called_class
from gliomanet.uncertainty.probabilities import calibration_error

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Confusion:
    """Confusion matrices, and the counts that several metrics share.

    Attributes:
        counts: (K truth, K called, matrices).
    """

    counts: Floats

    @cached_property
    def classes(self) -> int:
        """Number of classes K."""
        return int(self.counts.shape[0])

    @cached_property
    def hit(self) -> Floats:
        """Correct cases of each class (K, matrices)."""
        return np.stack([self.counts[k, k] for k in range(self.classes)])

    @cached_property
    def actual(self) -> Floats:
        """Cases of each class (K, matrices)."""
        return np.asarray(self.counts.sum(1))

    @cached_property
    def called(self) -> Floats:
        """Cases that are called each class (K, matrices)."""
        return np.asarray(self.counts.sum(0))

    @cached_property
    def total(self) -> Floats:
        """All cases (matrices,)."""
        return np.asarray(self.counts.sum((0, 1)))

    @cached_property
    def recall(self) -> Floats:
        """Share of each class that is found (K, matrices)."""
        return _ratio(self.hit, self.actual)


@dataclass(frozen=True)
class WeightedCases:
    """Cases of one task with their weightings, and what several metrics share.

    Attributes:
        truth: class index of each case (cases,); no missing ones.
        probability: (cases, classes).
        weights: (cases, weightings), e.g. a column of ones beside columns of bootstrap counts.
        classes: the task's class names.
        threshold: least probability of a two-class task's second class that calls it.
    """

    truth: Integers
    probability: Floats
    weights: Floats
    classes: tuple[str, ...]
    threshold: float = 0.5

    @cached_property
    def called(self) -> Integers:
        """Index of the class that each case is called (cases,)."""
        return called_class(self.probability, self.threshold)

    @cached_property
    def confusion(self) -> Confusion:
        """Confusion matrices of the weightings."""
        return Confusion(confusion_counts(self.truth, self.called, len(self.classes), self.weights))

    @cached_property
    def areas(self) -> list[Floats]:
        """AUC of each class against the rest (weightings,); of two classes that of the second alone."""
        number = len(self.classes)
        return [
            auc(self.truth == k, self.probability[:, k], self.weights) for k in range(1 if number == 2 else 0, number)
        ]

    def mean(self, terms: Floats) -> Floats:
        """Mean of a term of each case (cases,) under every weighting (weightings,)."""
        return np.asarray(terms @ self.weights / self.weights.sum(0))

    def absent_classes(self) -> list[str]:
        """Names of the classes that no case has."""
        return self._without(self.truth)

    def uncalled_classes(self) -> list[str]:
        """Names of the classes that no case is called."""
        return self._without(self.called)

    def _without(self, index: Integers) -> list[str]:
        counted = np.bincount(index, minlength=len(self.classes))
        return [name for name, n in zip(self.classes, counted, strict=True) if not n]


def mcc(confusion: Confusion) -> Floats:
    """Matthews correlation (matrices,)."""
    return matthews(confusion.counts)


def mean_auc(cases: WeightedCases) -> Floats:
    """AUC of a two-class task's second class, or the mean over classes, each against the rest (weightings,)."""
    return np.asarray(np.mean(cases.areas, axis=0))


def class_auc(cases: WeightedCases, index: int) -> Floats:
    """AUC of one of more than two classes against the rest (weightings,)."""
    return cases.areas[index]


def balanced_accuracy(confusion: Confusion) -> Floats:
    """Mean share of each class that is found (weightings,)."""
    return np.asarray(confusion.recall.mean(0))


def sensitivity(confusion: Confusion) -> Floats:
    """Share of the positive cases that are found; see `_one_vs_rest` for more than two classes."""
    return _one_vs_rest(confusion, confusion.recall)


def specificity(confusion: Confusion) -> Floats:
    """Share of the negative cases that are told; see `_one_vs_rest` for more than two classes."""
    rejected = confusion.total - confusion.actual - confusion.called + confusion.hit
    return _one_vs_rest(confusion, _ratio(rejected, confusion.total - confusion.actual))


def f1(confusion: Confusion) -> Floats:
    """Harmonic mean of sensitivity and PPV; see `_one_vs_rest` for more than two classes."""
    return _one_vs_rest(
        confusion, _ratio(2 * confusion.hit, np.where(confusion.actual > 0, confusion.actual + confusion.called, 0))
    )


def ppv(confusion: Confusion) -> Floats:
    """Share of the cases called positive that are; see `_one_vs_rest` for more than two classes."""
    return _one_vs_rest(confusion, np.where(confusion.actual > 0, _ratio(confusion.hit, confusion.called), np.nan))


def npv(confusion: Confusion) -> Floats:
    """Share of the cases called negative that are; see `_one_vs_rest` for more than two classes."""
    rejected = confusion.total - confusion.actual - confusion.called + confusion.hit
    values = _ratio(rejected, confusion.total - confusion.called)
    return _one_vs_rest(confusion, np.where(confusion.total - confusion.actual > 0, values, np.nan))


def ece(cases: WeightedCases) -> Floats:
    """Expected calibration error (weightings,)."""
    return np.asarray(calibration_error(cases.truth, cases.probability, cases.weights))


def _one_vs_rest(confusion: Confusion, values: Floats) -> Floats:
    """Value of the positive (second) of two classes, or the mean over more, NaN where one is absent (matrices,).

    Args:
        confusion: the matrices.
        values: one per class, against the rest (K, matrices).
    """
    if confusion.classes == 2:
        return np.asarray(values[-1])
    return np.where((confusion.actual > 0).all(0), values.mean(0), np.nan)


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

    >>> matthews(np.array([[[5.0], [0.0]], [[0.0], [5.0]]])).tolist()  # five and five, all right
    [1.0]
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

    >>> auc(np.array([False, False, True]), np.array([0.1, 0.6, 0.5]), np.ones((3, 1))).tolist()
    [0.5]
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


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.asarray(np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0))
