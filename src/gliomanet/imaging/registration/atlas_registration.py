"""A brain onto the atlas: rigid or affine, or the check that it is rightly declared to lie there."""

from __future__ import annotations

from typing import Literal

import numpy as np

from gliomanet.imaging.foreground import Mask, within
from gliomanet.imaging.registration.atlas import atlas
from gliomanet.imaging.registration.mutual_information import Level, fit
from gliomanet.imaging.volume import Matrix, Volume, resample

LEAST_OVERLAP = 0.7
_SHELL_MM = 3.0
_TEMPLATE_MM = 2.0
_MASK_MM = 3.0
_START = (Level(8.0, 20_000, 30),)
_COARSE = (Level(6.0, 20_000, 50),)
_FINE = (Level(_TEMPLATE_MM, 60_000, 40),)


def register_to_atlas(
    image: Volume, brain: Mask, kind: Literal["rigid", "affine"], *, initial: Matrix | None = None
) -> Matrix:
    """The transform from RAS mm of an image to atlas RAS mm, by what lies inside its brain.

    The template's voxels and a shell of `_SHELL_MM` around them are compared: without the shell a brain that grows
    beyond the template would cost nothing.

    Args:
        image: the modality that is compared with the T1 template.
        brain: its brain mask (x, y, z).
        kind: degrees of freedom.
        initial: an affine start, as the result; default: the brains' centres put onto each other, and a rigid fit.

    Raises:
        RegistrationError: the image is constant inside the brain.
    """
    template, template_mask = atlas(_TEMPLATE_MM)
    near = within(template_mask.array, template_mask.grid.spacing, _SHELL_MM)
    cubes = image.grid.isotropic(_TEMPLATE_MM)
    inside = resample(image.with_array(brain), cubes) > 0.5
    stripped = Volume(np.where(inside, resample(image, cubes), 0), cubes)
    if initial is None or kind == "rigid":
        start = centred(Volume(inside.astype(np.uint8), cubes))
        matrix = fit(template, stripped, "rigid", inside=near, start=start, levels=_START)
    else:
        matrix = np.linalg.inv(initial)
    fitted: Matrix = np.linalg.inv(fit(template, stripped, kind, inside=near, start=matrix, levels=(*_COARSE, *_FINE)))
    return fitted


def centred(brain_mask: Volume) -> Matrix:
    """Atlas RAS mm → RAS mm of the mask by nothing but the brains' centres: where a case stands before registration."""
    shift = np.eye(4)
    shift[:3, 3] = _centre(brain_mask) - _centre(atlas(_MASK_MM)[1])
    return shift


def overlap_with_atlas(brain_mask: Volume) -> float:
    """Dice of a brain mask, taken to lie in the atlas' space, with the atlas' own at 3 mm."""
    template = atlas(_MASK_MM)[1]
    resampled = resample(brain_mask, template.grid) > 0.5
    both = float((resampled & (template.array > 0)).sum())
    return 2 * both / float(resampled.sum() + template.array.sum())


def _centre(mask: Volume) -> Matrix:
    """Mean place of a mask's voxels, RAS mm (3,)."""
    present = mask.array > 0
    weights = [present.sum(axis=tuple(a for a in range(3) if a != axis)) for axis in range(3)]
    centre = [float((np.arange(len(w)) * w).sum() / w.sum()) for w in weights]
    placed: Matrix = mask.grid.affine[:3, :3] @ centre + mask.grid.affine[:3, 3]
    return placed
