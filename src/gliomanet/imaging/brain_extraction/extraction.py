"""Brain extraction: a built-in that needs no weights, and the outline of an image that was stripped before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gliomanet.imaging.brain_extraction.refinement import refine_brain, signed_distance
from gliomanet.imaging.foreground import Mask, filled_piece, within
from gliomanet.imaging.reading import border
from gliomanet.imaging.registration.ants import register
from gliomanet.imaging.registration.atlas import atlas
from gliomanet.imaging.registration.brain_pose import brain_pose
from gliomanet.imaging.registration.coregistration import best_start
from gliomanet.imaging.volume import Grid, Matrix, Volume, resample

BRAIN_ML = (500.0, 2300.0)
"""Volumes between which a mask can be a brain's. An adult's lie between 1,000 and 1,900 ml, dilated masks above."""

LEAST_SIGNAL = 0.5
"""Least share of a brain mask's voxels that give signal: .98 to 1.00 in four good T1c (three real ones, one phantom
with skull), .001 where the atlas was fitted to 15 lit voxels."""

MOST_BORDER = 0.05
_SIGNAL_LEVEL = 0.05
_WORKING_MM = 3.0
_SHELL_MM = 6.0
_REFINEMENT: dict[str, Any] = {"iterations": (100, 50), "shrink": (2, 1), "smoothing": (1, 0), "sampling_rate": 0.2}


@dataclass(frozen=True)
class ExtractedBrain:
    """A brain mask on the image's grid, and the affine to the atlas that it was found with."""

    mask: Mask
    atlas_matrix: Matrix


def extract_brain(image: Volume, *, seed: int, others: Mapping[str, Volume] | None = None) -> ExtractedBrain:
    """The brain, CSF around it included, of an image with skull: the atlas brain registered, then its edge refined.

    A rigid fit of the atlas brain lands near the brain; an affine one of the whole head would stretch it to the scalp
    (Dice 0.92 and 0.78 on a real T1c with skull). So a search of the pose comes first, then twice an affine
    fit that sees no more than a shell of `_SHELL_MM` around the brain found so far; then `refine_brain` moves the
    outline to the edge that the modalities show.

    Images that turn out to be stripped have nothing to cut away: their outline is the brain.

    Args:
        image: modality with skull, compared with the T1 template; bias-corrected where possible.
        seed: of the registrations' sampling, and of the refinement's.
        others: further modalities of the same head, resampled to the image's grid; they take part in the refinement.

    Returns:
        The mask (x, y, z) on the image's grid, and the matrix image RAS mm → atlas RAS mm.

    Raises:
        RegistrationError: no fit of the atlas, or one that lies outside the image.
        ValueError: a modality on another grid than the image's.
    """
    modalities = [image, *(others or {}).values()]
    for name, volume in (others or {}).items():
        if not volume.grid.matches(image.grid):
            raise ValueError(f"{name} is not on the grid of the image whose brain is extracted: resample it first")
    template, template_mask = atlas(_WORKING_MM)
    grid = image.grid.isotropic(_WORKING_MM)
    coarse = Volume(resample(image, grid), grid)
    matrix = brain_pose(coarse, best_start(coarse, template))
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
    if all(why_not_stripped(volume) is None for volume in modalities):
        return ExtractedBrain(stripped_outline(modalities), matrix)
    return ExtractedBrain(refine_brain(modalities, matrix, seed=seed), matrix)


def resample_mask(mask: Mask, home: Grid, grid: Grid, matrix: Matrix | None = None) -> Mask:
    """A mask on another grid, without the steps that thick slices would leave: its signed distance is interpolated.

    Args:
        mask: (x, y, z) on `home`.
        home: the mask's grid.
        grid: the destination.
        matrix: (4, 4), RAS mm of the destination → RAS mm of `home`; default: the same world.

    Source: Raya & Udupa, IEEE Trans. Med. Imaging 9:32 (1990), 10.1109/42.52980.
    """
    if not mask.any():
        return np.zeros(grid.shape, bool)
    # A voxel of background all around: a mask that fills its grid would have no outside to be distant from.
    affine = home.affine.copy()
    affine[:3, 3] -= affine[:3, :3] @ np.ones(3)
    distance = Volume.of(signed_distance(np.pad(mask, 1), home.spacing), affine)
    resampled: Mask = resample(distance, grid, matrix, fill=float(distance.array.max()) + 1) < 0
    return resampled


def stripped_outline(modalities: list[Volume]) -> Mask:
    """Region in which any stripped modality of one grid differs from its background of 0: one piece, holes filled."""
    return filled_piece(np.any([volume.array != 0 for volume in modalities], axis=0))


def why_not_stripped(image: Volume) -> str | None:
    """Reason why an image that is declared stripped is not; `None` where it is.

    The image's background has been moved to 0 already.
    """
    share = float((border(image.array) != 0).mean())
    if share > MOST_BORDER:
        return f"{share:.0%} of its border voxels are not background; allowed: {MOST_BORDER:.0%}"
    return why_no_brain(float((image.array != 0).sum()) * image.grid.voxel_ml)


def why_no_brain(volume_ml: float) -> str | None:
    """Reason why a volume in ml cannot be a brain's; `None` where it can."""
    if not BRAIN_ML[0] <= volume_ml <= BRAIN_ML[1]:
        return f"its volume is {volume_ml:.0f} ml; a brain's is {BRAIN_ML[0]:.0f} to {BRAIN_ML[1]:.0f} ml"
    return None


def why_no_signal(image: Volume, mask: Mask) -> str | None:
    """Reason why a mask of a brain's volume is no brain; `None` where the image gives signal there.

    The atlas fits onto any image, one without a head too, and brings a brain's volume along. Signal is a distance from
    the background of 0, to either side (z-scored images), of more than 5 % of the image's 98th percentile.

    Args:
        image: the image (x, y, z) whose brain was extracted, its background moved to 0.
        mask: what was found, on the image's grid.
    """
    strength = np.abs(image.array)
    lit = strength[strength > 0]
    level = _SIGNAL_LEVEL * float(np.percentile(lit, 98)) if lit.size else 0.0
    share = float((strength[mask] > level).mean()) if mask.any() else 0.0
    if share < LEAST_SIGNAL:
        return f"{share:.0%} of its voxels give signal; allowed: at least {LEAST_SIGNAL:.0%}"
    return None
