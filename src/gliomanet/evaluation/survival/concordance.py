"""Harrell's C-index over weighted patients, so that every resample is one product of matrices.

Harrell et al., JAMA 247:2543 (1982): of the pairs of patients of which it is known who died first, the share in which
that one has the higher risk; equal risks count half.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def concordance(
    months: Floats, died: NDArray[np.bool_], risk: Floats, weights: Floats, blocks: NDArray[np.int64] | None = None
) -> Floats:
    """The C-index of each column of weights.

    Args:
        months: time under observation of each patient (patients,).
        died: that time ended with death (patients,).
        risk: higher is worse (patients,).
        weights: how often each patient counts (patients, columns).
        blocks: pairs of different blocks are not compared, such as patients of two folds (patients,); default: one.

    Returns:
        (columns,), NaN where no pair can be compared.
    """
    first = (months[:, None] < months[None, :]) | ((months[:, None] == months[None, :]) & ~died[None, :])
    pairs = died[:, None] & first
    if blocks is not None:
        pairs &= blocks[:, None] == blocks[None, :]
    np.fill_diagonal(pairs, False)
    right = np.where(risk[:, None] > risk[None, :], 1.0, np.where(risk[:, None] == risk[None, :], 0.5, 0.0))
    compared = _total(pairs.astype(float), weights)
    agreed = _total(right * pairs, weights)
    return np.divide(agreed, compared, out=np.full_like(agreed, np.nan), where=compared > 0)


def _total(pairs: Floats, weights: Floats) -> Floats:
    return np.asarray(np.einsum("ib,ib->b", weights, pairs @ weights))
