"""The two diameters of a lesion that a reader measures: the largest in a slice, and the one across it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from scipy.spatial import ConvexHull
from scipy.spatial.distance import pdist, squareform


class Diameters(BaseModel):
    """Diameters in one slice of the reference modality's file, in the scanner's space."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    region: str
    largest_mm: float = Field(description="The farthest two points of the region in any one slice.")
    perpendicular_mm: float = Field(description="Its extent across that, in the same slice.")
    slice: int = Field(description="Index of the slice in the file, along `axis`, from 0.")
    axis: int = Field(description="Axis of the file that counts slices: of the largest voxels, else head to foot.")
    slice_mm: float = Field(description="Distance of the slices.")


def largest_diameters(region: str, inside: NDArray[np.bool_], affine: NDArray[np.float64]) -> Diameters | None:
    """The largest diameter in a slice and the one across it; `None` of an empty region.

    Args:
        region: its name.
        inside: (x, y, z) in the file's axis order.
        affine: (4, 4) of the file.
    """
    if not inside.any():
        return None
    spacing = np.sqrt((affine[:3, :3] ** 2).sum(axis=0))
    axis = _slice_axis(spacing, affine)
    size = np.delete(spacing, axis)
    best = (-1.0, 0.0, 0)
    for place in map(int, np.flatnonzero(inside.any(axis=tuple(one for one in range(3) if one != axis)))):
        corners = _corners(np.take(inside, place, axis=axis)) * size
        hull = corners[ConvexHull(corners).vertices]
        distances = squareform(pdist(hull))
        one, other = divmod(int(distances.argmax()), len(hull))
        if (length := float(distances[one, other])) > best[0]:
            across = np.array([-1, 1]) * (hull[other] - hull[one])[::-1] / length
            best = (length, float(np.ptp(hull @ across)), place)
    largest, perpendicular, place = best
    return Diameters(
        region=region,
        largest_mm=round(largest, 2),
        perpendicular_mm=round(perpendicular, 2),
        slice=place,
        axis=axis,
        slice_mm=round(float(spacing[axis]), 3),
    )


def _slice_axis(spacing: NDArray[np.float64], affine: NDArray[np.float64]) -> int:
    """The axis of the largest voxels; of cubes the one nearest to head and foot."""
    if spacing.max() > 1.2 * spacing.min():
        return int(spacing.argmax())
    return int(np.abs(affine[2, :3] / spacing).argmax())


def _corners(plane: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The corners of a plane's pixels, in pixels (n, 2)."""
    centres = np.argwhere(plane)[:, None, :]
    corners = (centres + np.array([[-0.5, -0.5], [-0.5, 0.5], [0.5, -0.5], [0.5, 0.5]])).reshape(-1, 2)
    return np.unique(corners, axis=0)
