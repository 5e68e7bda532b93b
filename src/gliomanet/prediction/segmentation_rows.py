"""Volumes of a segmented tumour, and how it agrees with a mask that people drew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from gliomanet.evaluation.metrics.segmentation import dice, hd95
from gliomanet.networks.outputs import Regions
from gliomanet.prediction.segmentation import SegmentedCase

TUMOUR_REGIONS: Mapping[str, tuple[int, ...]] = {"whole": (1, 2, 4), "core": (1, 4), "enhancing": (4,)}
"""Region → codes of tumour masks, as in BraTS."""


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
