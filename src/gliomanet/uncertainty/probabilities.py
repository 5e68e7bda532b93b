"""From logits to probabilities, how uncertain these are and how true: one arithmetic for every arm."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gliomanet.labels.decision import called_class

BINS = 10
"""Equal-width bins of the expected calibration error."""


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities over the last axis.

    >>> softmax(np.array([0.0, np.log(3)])).round(2).tolist()
    [0.25, 0.75]
    """
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True), dtype=np.float64)


def entropy(probabilities: Sequence[float]) -> float:
    """Shannon entropy in nats of one distribution; 0 for a certain one.

    >>> round(entropy([0.5, 0.5]), 4), entropy([1.0, 0.0])
    (0.6931, 0.0)
    """
    return math.fsum(-p * math.log(p) for p in probabilities if p > 0) + 0.0


def calibration_error(
    truth: NDArray[np.int64], probability: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Expected calibration error of the called class's probability over ten equal bins.

    Args:
        truth: class index of each case (cases,).
        probability: (cases, classes).
        weights: (cases, weightings), e.g. a column of ones beside columns of bootstrap counts.

    Returns:
        The error under each weighting (weightings,). Source: Guo et al., ICML 2017, arXiv:1706.04599.

    >>> sure_and_right = np.array([[1.0, 0.0], [0.0, 1.0]])
    >>> calibration_error(np.array([0, 1]), sure_and_right, np.ones((2, 1))).tolist()
    [0.0]
    """
    called = called_class(probability)
    confidence = probability[np.arange(called.size), called]
    gap = (called == truth) - confidence
    sums = (np.eye(BINS)[_bins(confidence)] * gap[:, None]).T @ weights
    return np.asarray(np.abs(sums).sum(0) / weights.sum(0))


def calibration_error_of_the_calibrated(
    probability: NDArray[np.float64], draws: int, generator: np.random.Generator
) -> NDArray[np.float64]:
    """The error that chance alone would make of these probabilities, were they true (draws,).

    It is above zero, and the more so the fewer the cases: some .12 for 30 of them, .06 for 100. Hits are drawn from a
    binomial distribution in each bin, with the bin's mean probability.

    Args:
        probability: (cases, classes).
        draws: number of draws.
        generator: source of the draws.
    """
    called = called_class(probability)
    confidence = probability[np.arange(called.size), called]
    size = np.bincount(_bins(confidence), minlength=BINS)
    summed = np.bincount(_bins(confidence), weights=confidence, minlength=BINS)
    mean = np.divide(summed, size, out=np.zeros(BINS), where=size > 0)
    hits = generator.binomial(size, np.clip(mean, 0, 1), (draws, BINS))
    return np.asarray(np.abs(hits - summed).sum(1) / called.size)


def _bins(confidence: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
