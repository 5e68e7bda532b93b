"""The atlas: nilearn's MNI152 (2009a) T1 template, brain only, on one grid a study."""

from __future__ import annotations

from functools import lru_cache

import nibabel as nib
import numpy as np
from nilearn.datasets import load_mni152_brain_mask, load_mni152_template
from scipy import ndimage

from gliomanet.imaging.volume import Grid, Volume, resample

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
    image, mask = load_mni152_template(resolution=1), load_mni152_brain_mask(resolution=1)
    filled = ndimage.binary_fill_holes(np.asarray(mask.dataobj) > 0)
    inside = np.argwhere(filled)
    low, high = inside.min(axis=0) - MARGIN_MM, inside.max(axis=0) + MARGIN_MM
    affine = np.asarray(mask.affine, dtype=np.float64)
    box_affine = affine.copy()
    box_affine[:3, 3] = affine[:3, :3] @ low + affine[:3, 3]
    x, y, z = (int(n) for n in high - low + 1)
    grid = Grid((x, y, z), box_affine).isotropic(spacing_mm)
    brain = resample(Volume.of(filled.astype(np.float32), affine), grid) > 0.5
    array = resample(Volume.of(np.asarray(image.dataobj, dtype=np.float32), np.asarray(image.affine)), grid)
    return Volume(np.where(brain, array, 0).astype(np.float32), grid), Volume(brain.astype(np.uint8), grid)
