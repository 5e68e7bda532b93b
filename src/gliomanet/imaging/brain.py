"""Brain extraction: a built-in that needs no weights, a supplied mask, or the outline of an image stripped before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gliomanet.imaging.alignment import best_start
from gliomanet.imaging.atlas import atlas
from gliomanet.imaging.foreground import Mask, filled_piece, within
from gliomanet.imaging.reading import border
from gliomanet.imaging.registration import register
from gliomanet.imaging.volume import Matrix, Volume, resample

BRAIN_ML = (500.0, 2300.0)
"""Volumes between which a mask can be a brain's. An adult's lie between 1,000 and 1,900 ml, dilated masks above."""

MOST_BORDER = 0.05
_WORKING_MM = 3.0
_SHELL_MM = 6.0
_REFINEMENT: dict[str, Any] = {"iterations": (100, 50), "shrink": (2, 1), "smoothing": (1, 0), "sampling_rate": 0.2}


@dataclass(frozen=True)
class ExtractedBrain:
    """A brain mask on the image's grid, and the affine to the atlas that it was found with."""

    mask: Mask
    atlas_matrix: Matrix


def extract_brain(image: Volume, *, seed: int) -> ExtractedBrain:
    """The brain of an image with skull, T1-weighted or else, by registration of the brain-only atlas.

    A rigid fit of the atlas brain lands near the brain; an affine one of the whole head would stretch it to the scalp
    (Dice 0.92 and 0.78 on a real T1c with skull). So the rigid fit comes first, then
    twice an affine one that sees no more than a shell of `_SHELL_MM` around the brain found so far.

    Args:
        image: contrast with skull, bias-corrected where possible.
        seed: of the registrations' sampling.

    Returns:
        The mask (x, y, z) on the image's grid, and the matrix image RAS mm → atlas RAS mm.
    """
    template, template_mask = atlas(_WORKING_MM)
    grid = image.grid.isotropic(_WORKING_MM)
    coarse = Volume(resample(image, grid), grid)
    matrix = register(coarse, template, "Rigid", seed=seed, initial=best_start(coarse, template))
    for _ in range(2):
        found = resample(template_mask, grid, matrix) > 0.5
        near = within(found, grid.spacing, _SHELL_MM)
        matrix = register(
            coarse.with_array(np.where(near, coarse.array, 0)),
            template,
            "Affine",
            seed=seed,
            initial=matrix,
            mask=near,
            **_REFINEMENT,
        )
    fine_mask = atlas(1.0)[1] if min(image.grid.spacing) < _WORKING_MM else template_mask
    return ExtractedBrain(resample(fine_mask, image.grid, matrix) > 0.5, matrix)


def fit_atlas(image: Volume, mask: Mask, working_mm: float, *, seed: int, initial: Matrix | None = None) -> Matrix:
    """The affine from RAS mm of a brain-extracted image to atlas RAS mm.

    Args:
        image: the contrast that is compared with the T1 template.
        mask: its brain mask (x, y, z).
        working_mm: voxel size of the comparison.
        seed: of the metric's sampling.
        initial: a start good enough to refine; default: a rigid fit first.
    """
    template, _ = atlas(working_mm)
    grid = image.grid.isotropic(working_mm)
    brain = resample(Volume(mask.astype(np.float32), image.grid), grid) > 0.5
    fixed = Volume(np.where(brain, resample(image, grid), 0), grid)
    if initial is None:
        initial = register(fixed, template, "Rigid", seed=seed, initial=best_start(fixed, template))
    near = within(brain, grid.spacing, _SHELL_MM)
    return register(fixed, template, "Affine", seed=seed, initial=initial, mask=near, **_REFINEMENT)


def stripped_outline(contrasts: list[Volume]) -> Mask:
    """Where any of the stripped contrasts of one grid differs from its background of 0, in one piece, holes filled."""
    return filled_piece(np.any([volume.array != 0 for volume in contrasts], axis=0))


def why_not_stripped(image: Volume) -> str | None:
    """Why an image that is declared stripped still has something around the brain; `None` where it has not.

    The image's background has been moved to 0 already.
    """
    share = float((border(image.array) != 0).mean())
    if share > MOST_BORDER:
        return f"{share:.0%} of its border voxels are not background; allowed: {MOST_BORDER:.0%}"
    return why_no_brain(float((image.array != 0).sum()) * image.grid.voxel_ml)


def why_no_brain(volume_ml: float) -> str | None:
    """Why a volume in ml cannot be a brain's; `None` where it can."""
    if not BRAIN_ML[0] <= volume_ml <= BRAIN_ML[1]:
        return f"its volume is {volume_ml:.0f} ml; a brain's is {BRAIN_ML[0]:.0f} to {BRAIN_ML[1]:.0f} ml"
    return None
