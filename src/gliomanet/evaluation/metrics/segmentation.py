"""Overlap and distance of tumour masks: Dice and HD95."""

from __future__ import annotations

import numpy as np
import torch
from monai.metrics.hausdorff_distance import compute_hausdorff_distance
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


def dice(found: Mask, wanted: Mask) -> float:
    """2 |A ∩ B| / (|A| + |B|): 1 where both are empty (nothing to find, nothing found), 0 where one is."""
    size = int(found.sum() + wanted.sum())
    return 2 * int((found & wanted).sum()) / size if size else 1.0


def hd95(found: Mask, wanted: Mask, spacing_mm: tuple[float, float, float]) -> float:
    """95th percentile Hausdorff distance in mm: the larger of both directions' percentiles over surface voxels.

    0 where both are empty; NaN where one is, as there is no surface to measure to, and a made-up distance (a volume's
    diagonal is in use) would be most of any mean.
    """
    if not found.any() and not wanted.any():
        return 0.0
    if not (found.any() and wanted.any()):
        return float("nan")
    ours, theirs = (torch.from_numpy(mask[None, None].copy()) for mask in (found, wanted))
    distance = compute_hausdorff_distance(ours, theirs, include_background=True, percentile=95, spacing=spacing_mm)
    return float(distance[0, 0])
