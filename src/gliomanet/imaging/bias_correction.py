"""N4 bias field correction, estimated on coarse isotropic voxels and applied to the native ones."""

from __future__ import annotations

import numpy as np

from gliomanet.imaging.foreground import foreground
from gliomanet.imaging.registration.ants import bias_field
from gliomanet.imaging.volume import Array, Float, Volume, resample

ESTIMATION_MM = 10.0


def log_bias_field(volume: Volume) -> Float:
    """The logarithm of an image's bias field on `ESTIMATION_MM` isotropic voxels, (x, y, z).

    The field is smooth, so it is estimated at `ESTIMATION_MM` inside the foreground; the same in every direction, where
    N4's own shrink factor would leave thick-slice scans with a handful of slices. Values that are not positive (they
    occur inside stripped images) take no part in the estimate.
    """
    grid = volume.grid.isotropic(ESTIMATION_MM)
    coarse = Volume(resample(volume, grid), grid)
    mask = foreground(coarse) & (coarse.array > 0)
    field = bias_field(coarse.with_array(np.maximum(coarse.array, 1e-6 * coarse.array.max())), mask)
    logarithm = np.log(np.clip(field, 0.05, 20))
    # The logarithm is 0 outside the foreground's box, where the spline says nothing.
    centred: Float = logarithm - logarithm[mask].mean()
    return centred


def without_bias(volume: Volume, log_field: Array) -> Float:
    """The image divided by its bias field, all values alike; float32 (x, y, z).

    Args:
        volume: the image that the field was estimated of.
        log_field: as `log_bias_field` gives it.
    """
    at_voxels = resample(Volume(log_field, volume.grid.isotropic(ESTIMATION_MM)), volume.grid)
    return (volume.array / np.exp(at_voxels)).astype(np.float32)
