"""Spaces of fluid where the atlas has none: cavities after surgery, but cysts and necrosis as well."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import ndimage

from gliomanet.imaging.volume import Array

_FLUID_SHARE = 0.5
_WHITE_SHARE = 0.9
_NEAR_MM = 5.0
_DEEP_MM = 4.0
_FLUIDLIKE = 0.7
_FEWEST = 20


def cavity_size(images: Mapping[str, Array], brain: Array, tissues: Array, depth_mm: Array, spacing_mm: float) -> float:
    """Size of the largest connected space that is like fluid in every image, away from the atlas's own fluid.

    An image's scale is told by the patient itself: 0 where its white matter lies, 1 where the fluid of the ventricles
    does. FLAIR is needed among the images: in it oedema, which is as bright as fluid on T2, is no fluid.

    Args:
        images: on the atlas, (x, y, z).
        brain: the patient's, boolean.
        tissues: the atlas's shares of grey matter, white matter and fluid, (x, y, z, 3).
        depth_mm: distance from the surface of the atlas's brain.
        spacing_mm: of all of them.

    Returns:
        log10(1 + ml), as volumes of cysts and necrosis spread over powers of ten; NaN where fluid and white matter
        cannot be told apart in an image.
    """
    white = brain & (tissues[..., 1] > _WHITE_SHARE)
    ventricles = brain & (tissues[..., 2] > _FLUID_SHARE) & (depth_mm > 20)
    if min(white.sum(), ventricles.sum()) < _FEWEST:
        return float("nan")
    alike = brain & (depth_mm > _DEEP_MM)
    for image in images.values():
        at_white, at_fluid = float(np.median(image[white])), float(np.median(image[ventricles]))
        noise = 1.4826 * float(np.median(np.abs(image[white] - at_white)))
        if abs(at_fluid - at_white) < 2 * noise:
            return float("nan")
        alike &= (image - at_white) / (at_fluid - at_white) > _FLUIDLIKE
    own = ndimage.distance_transform_edt(tissues[..., 2] <= _FLUID_SHARE, sampling=spacing_mm)
    pieces, count = ndimage.label(alike & (own > _NEAR_MM))
    if not count:
        return 0.0
    return float(np.log10(1 + np.bincount(pieces.ravel())[1:].max() * spacing_mm**3 / 1000))
