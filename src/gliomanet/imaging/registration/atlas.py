"""The atlas: nilearn's MNI152 (2009a) T1 template, brain only, on one grid a study."""

from __future__ import annotations

from functools import lru_cache

import nibabel as nib
import numpy as np
from nilearn.datasets import load_mni152_brain_mask, load_mni152_template
from scipy import ndimage

from gliomanet.imaging.volume import Volume, resample

NAME = "MNI152 2009a (nilearn)"
MARGIN_MM = 6.0


def atlas_image(spacing_mm: float) -> tuple[nib.Nifti1Image, nib.Nifti1Image]:
    """The atlas brain and its mask on the study's grid.

    Args:
        spacing_mm: voxel size, in mm.

    Returns:
        T1 template (float32, 0…1, 0 outside the brain) and brain mask (uint8), axes (x, y, z) in RAS+: the brain's box
        with a margin of `MARGIN_MM` on each side.
    """
    image, mask = atlas(spacing_mm)
    return image.nifti(), mask.nifti()


@lru_cache(maxsize=4)
def atlas(spacing_mm: float) -> tuple[Volume, Volume]:
    """The same as `atlas_image`, as `Volume`s; shared, so never written to."""
    image, mask = _at_one_mm()
    grid = mask.grid.isotropic(spacing_mm)
    if grid.matches(mask.grid):  # 1 mm: nothing to interpolate
        brain, array = mask.array > 0, image.array
    else:
        brain, array = resample(mask, grid) > 0.5, resample(image, grid)
    return Volume(np.where(brain, array, 0).astype(np.float32), grid), Volume(brain.astype(np.uint8), grid)


@lru_cache(maxsize=1)
def _at_one_mm() -> tuple[Volume, Volume]:
    """Template and filled brain mask (float32) in the brain's box with its margin, at the 1 mm they come in."""
    image, mask = load_mni152_template(resolution=1), load_mni152_brain_mask(resolution=1)
    margin = int(MARGIN_MM)
    # The template ends closer below the brain than the margin reaches.
    brain = np.pad(np.asarray(mask.dataobj) > 0, margin)
    extent = [np.flatnonzero(brain.any(axis=tuple(a for a in range(3) if a != axis))) for axis in range(3)]
    low = [int(places[0]) - margin for places in extent]
    x, y, z = (slice(first, int(places[-1]) + margin + 1) for first, places in zip(low, extent, strict=True))
    affine = np.asarray(mask.affine, dtype=np.float64).copy()
    affine[:3, 3] += affine[:3, :3] @ (np.array(low) - margin)
    filled = ndimage.binary_fill_holes(brain[x, y, z])
    template = np.pad(np.asarray(image.dataobj, dtype=np.float32), margin)[x, y, z]
    return Volume.of(template, affine), Volume.of(filled.astype(np.float32), affine)
