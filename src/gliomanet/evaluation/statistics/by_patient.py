"""Shares over patients, who count once however many cases they have."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def by_patient(hit: NDArray[np.bool_], patient: NDArray[np.str_]) -> tuple[float, int]:
    """The mean over patients of each one's share of hits.

    Args:
        hit: (cases,), at least one.
        patient: of each case (cases,).

    Returns:
        The share, and the number of patients.

    >>> by_patient(np.array([True, False, True]), np.array(["a", "a", "b"]))
    (0.75, 2)
    """
    _, of, cases = np.unique(patient, return_inverse=True, return_counts=True)
    return float(np.mean(np.bincount(of, weights=hit) / cases)), int(cases.size)
