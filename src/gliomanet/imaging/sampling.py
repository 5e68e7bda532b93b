"""An image's values at places of another one."""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy import ndimage

from gliomanet.imaging.volume import Array, Float, Matrix, Volume


def sample(volume: Volume, points: Array, matrix: Matrix | None = None, *, order: int = 1) -> Float:
    """A volume's values at places.

    Args:
        volume: the image.
        points: (…, 3) RAS mm.
        matrix: (4, 4), RAS mm of the points → RAS mm of the volume; default: the same world.
        order: 1 interpolates linearly, 0 takes the nearest voxel.

    Returns:
        float32 (…); 0 outside the field of view.
    """
    pull = np.linalg.inv(volume.grid.affine) @ (np.eye(4) if matrix is None else matrix)
    index = points.reshape(-1, 3) @ pull[:3, :3].T + pull[:3, 3]
    values = np.empty(len(index), np.float32)
    spline: Literal[0, 1] = 1 if order else 0
    ndimage.map_coordinates(volume.array, index.T, output=values, order=spline, cval=0, prefilter=False)
    shaped: Float = values.reshape(points.shape[:-1])
    return shaped
