"""Similarity of two images, by metrics that do not depend on their intensity scales."""

from __future__ import annotations

import numpy as np

from gliomanet.imaging.volume import Array

NAME = "normalised mutual information"
_BINS = 32


def normalized_mutual_information(first: Array, second: Array, inside: Array) -> float:
    """I(X; Y) / sqrt(H(X) H(Y)) over the voxels `inside`: 0 for independent images, 1 for a one-to-one relation.

    Args:
        first: intensities, (x, y, z).
        second: intensities on the same grid.
        inside: boolean mask on the same grid.

    Returns:
        The similarity from a joint histogram of 32 x 32 bins between each image's 0.5th and 99.5th percentile; 0 where
        one image is constant. Source: Strehl & Ghosh, JMLR 3:583 (2002), eq. 2.
    """
    x, y = _bins(first[inside]), _bins(second[inside])
    if x.size == 0:
        return 0.0
    joint = np.bincount(x * _BINS + y, minlength=_BINS**2).reshape(_BINS, _BINS) / x.size
    entropy_x, entropy_y = _entropy(joint.sum(axis=1)), _entropy(joint.sum(axis=0))
    if min(entropy_x, entropy_y) <= 0:
        return 0.0
    mutual = entropy_x + entropy_y - _entropy(joint.ravel())
    return float(max(mutual, 0) / np.sqrt(entropy_x * entropy_y))


def _bins(values: Array) -> Array:
    if values.size == 0:
        return np.zeros(0, dtype=np.int64)
    low, high = np.percentile(values, [0.5, 99.5])
    if not high > low:
        return np.zeros(values.size, dtype=np.int64)
    scaled = (np.clip(values, low, high) - low) / (high - low)
    indices: Array = np.minimum((scaled * _BINS).astype(np.int64), _BINS - 1)
    return indices


def _entropy(probabilities: Array) -> float:
    positive = probabilities[probabilities > 0]
    return float(-(positive * np.log(positive)).sum())
