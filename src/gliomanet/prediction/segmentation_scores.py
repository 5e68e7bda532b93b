"""Volumes of a segmented tumour, and how it agrees with a mask that people drew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import torch
from monai.metrics.hausdorff_distance import compute_hausdorff_distance
from numpy.typing import NDArray

from gliomanet.networks.outputs import Regions
from gliomanet.prediction.segmentation import SegmentedCase

TUMOUR_REGIONS: Mapping[str, tuple[int, ...]] = {"whole": (1, 2, 4), "core": (1, 4), "enhancing": (4,)}
"""Region → codes of tumour masks, as in BraTS."""

FIGURES = ("volume_ml", "share_of_brain", "dice", "hd95_mm")

Mask = NDArray[np.bool_]


def regions_of(regions: Regions) -> tuple[str, ...]:
    """The names of what a network with these `REGIONS` can be scored for: all, or the whole tumour alone."""
    return tuple(TUMOUR_REGIONS) if len(regions) > 1 else ("whole",)


def region_rows(case: SegmentedCase, names: tuple[str, ...]) -> Iterator[dict[str, str | float]]:
    """For each region its name, volume, share of the brain's, Dice, HD95, and a note on what cannot be said.

    Without a reference mask there is neither Dice nor HD95; nor for a part of the tumour where the mask has no other
    code than 1, which is how masks of the whole tumour are kept. See `dice` and `hd95` for regions that are empty.
    """
    voxel_ml = float(np.prod(case.spacing_mm)) / 1000
    for name in names:
        found = np.isin(case.codes, TUMOUR_REGIONS[name])
        row: dict[str, str | float] = {
            "region": name,
            "volume_ml": found.sum() * voxel_ml,
            "share_of_brain": found.sum() / case.brain.sum() if case.brain.any() else np.nan,
        }
        if case.reference is None:
            row["note"] = "no reference mask"
        elif name != "whole" and not (case.reference > 1).any():
            row["note"] = "the reference mask outlines the whole tumour only"
        else:
            wanted = np.isin(case.reference, TUMOUR_REGIONS[name])
            row |= {"dice": dice(found, wanted), "hd95_mm": hd95(found, wanted, case.spacing_mm)}
            if found.any() != wanted.any():
                empty = "the reference mask" if found.any() else "the segmentation"
                row["note"] = f"HD95 not estimable: {empty} has none of this region"
        yield row


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
