"""The probability from which on a case is called positive: chosen on validation cases, then frozen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


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
    true_negative, false_negative = (
        np.cumsum(np.bincount(level[positive == side], minlength=levels.size))[:-1].astype(np.float64)
        for side in (False, True)
    )
    value = _mcc(float(positive.size - positive.sum()), float(positive.sum()), true_negative, false_negative)
    candidates = (levels[:-1] + levels[1:]) / 2
    # Midpoints of neighbouring floats may round down to the lower one, which would then be called positive.
    candidates = np.where(candidates > levels[:-1], candidates, levels[1:])
    best = np.flatnonzero(np.isclose(value, value.max(), rtol=0, atol=1e-12))
    chosen = best[np.argmin(np.abs(candidates[best] - 0.5))]
    return float(candidates[chosen]), float(value[chosen])


def _mcc(negatives: float, positives: float, true_negative: Floats, false_negative: Floats) -> Floats:
    """Matthews correlation of each cut, of two classes that are both there and both called.

    Source: Matthews, Biochim Biophys Acta 405:442 (1975).
    """
    called_negative = true_negative + false_negative
    called_positive = negatives + positives - called_negative
    agreement = true_negative * positives - false_negative * negatives
    return np.asarray(agreement / np.sqrt(negatives * positives * called_negative * called_positive))
