"""The class that a case is called: one rule, wherever probabilities become an answer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def called_class(probability: NDArray[np.float64], threshold: float = 0.5) -> NDArray[np.int64]:
    """Decide the class of each case.

    Of two classes the second is called from the threshold on. Of more the most probable one is, and the last of those
    that are equally probable, as a tie of two classes is decided by the threshold.

    Args:
        probability: (cases, classes).
        threshold: of the second of two classes.

    Returns:
        Class indices (cases,).

    >>> called_class(np.array([[0.5, 0.5], [0.6, 0.4]])).tolist()
    [1, 0]
    >>> called_class(np.array([[0.4, 0.4, 0.2], [0.3, 0.3, 0.4]])).tolist()
    [1, 2]
    """
    if probability.shape[1] == 2:
        return (probability[:, 1] >= threshold).astype(np.int64)
    return last_largest(probability)


def last_largest(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Column of each row's largest value (rows,); the last one of equals."""
    return np.asarray(values.shape[1] - 1 - values[:, ::-1].argmax(1), dtype=np.int64)
