"""Rough masks by intensity alone: the head, or the brain of a stripped image."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from gliomanet.imaging.volume import Array, Volume

Mask = npt.NDArray[np.bool_]


def foreground(volume: Volume) -> Mask:
    """Everything that gives signal: above 10 % of the positive voxels' 98th percentile, in one piece, holes filled."""
    positive = volume.array[volume.array > 0]
    level = 0.1 * float(np.percentile(positive, 98)) if positive.size else 0.0
    return filled_piece(volume.array > level)


def filled_piece(mask: Array) -> Mask:
    """The largest connected piece of a mask (x, y, z), its holes filled; an empty mask stays empty."""
    pieces, count = ndimage.label(mask)
    if count > 1:
        mask = pieces == int(np.bincount(pieces.ravel())[1:].argmax()) + 1
    filled: Mask = ndimage.binary_fill_holes(mask)
    return filled


def within(mask: Array, spacing_mm: tuple[float, float, float], distance_mm: float) -> Mask:
    """The voxels at most `distance_mm` outside `mask` (x, y, z)."""
    near: Mask = ndimage.distance_transform_edt(~mask.astype(bool), sampling=spacing_mm) <= distance_mm
    return near
