"""From logits to probabilities, how uncertain these are and how true: one arithmetic for every arm."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

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
    """Expected calibration error of the top class's probability over ten equal bins.

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
    confidence = probability.max(1)
    gap = (probability.argmax(1) == truth) - confidence
    bins = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    sums = (np.eye(BINS)[bins] * gap[:, None]).T @ weights
    return np.asarray(np.abs(sums).sum(0) / weights.sum(0))
