"""From logits to probabilities, and how uncertain these are: one arithmetic for every arm."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities over the last axis."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True), dtype=np.float64)


def entropy(probabilities: Sequence[float]) -> float:
    """Shannon entropy in nats of one distribution; 0 for a certain one."""
    return math.fsum(-p * math.log(p) for p in probabilities if p > 0) + 0.0
