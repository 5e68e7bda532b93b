"""N4 bias field correction, estimated on coarse isotropic voxels and applied to the native ones."""

from __future__ import annotations

import numpy as np

from gliomanet.imaging.foreground import foreground
from gliomanet.imaging.registration.ants import bias_field
from gliomanet.imaging.volume import Float, Volume, resample

ESTIMATION_MM = 10.0


def correct_bias(volume: Volume) -> Float:
    """The image divided by its bias field; float32 (x, y, z).

    The field is smooth, so it is estimated at `ESTIMATION_MM` inside the foreground; the same in every direction, where
    N4's own shrink factor would leave thick-slice scans with a handful of slices. Values that are not positive (they
    occur inside stripped images) take no part in the estimate, and are divided like all others.
    """
    grid = volume.grid.isotropic(ESTIMATION_MM)
    coarse = Volume(resample(volume, grid), grid)
    mask = foreground(coarse) & (coarse.array > 0)
    field = bias_field(coarse.with_array(np.maximum(coarse.array, 1e-6 * coarse.array.max())), mask)
    logarithm = np.log(np.clip(field, 0.05, 20))
    # The logarithm is 0 outside the foreground's box, where the spline says nothing.
    at_voxels = resample(Volume(logarithm - logarithm[mask].mean(), grid), volume.grid)
    return (volume.array / np.exp(at_voxels)).astype(np.float32)
