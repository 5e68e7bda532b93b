"""An image in memory: voxels with the affine that places them, and the one way they are moved to another grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import nibabel as nib
import numpy as np
import numpy.typing as npt
from scipy import ndimage

Array = npt.NDArray[Any]
Float = npt.NDArray[np.float32]
Matrix = npt.NDArray[Any]

_FWHM = 2 * np.sqrt(2 * np.log(2))


@dataclass(frozen=True)
class Grid:
    """Where voxels lie: `shape` (x, y, z) and `affine` (4, 4), voxel indices → RAS mm."""

    shape: tuple[int, int, int]
    affine: Matrix

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Voxel size in mm, one value an axis."""
        x, y, z = np.sqrt((self.affine[:3, :3] ** 2).sum(axis=0))
        return float(x), float(y), float(z)

    @property
    def voxel_ml(self) -> float:
        return float(abs(np.linalg.det(self.affine[:3, :3]))) / 1000

    def matches(self, other: Grid, tolerance_mm: float = 0.01) -> bool:
        """True where both grids have the same shape and their voxels lie within `tolerance_mm` of each other."""
        if self.shape != other.shape:
            return False
        corners = np.array(list(np.ndindex(2, 2, 2))) * (np.array(self.shape) - 1)
        return bool(np.abs(_moved(self.affine, corners) - _moved(other.affine, corners)).max() <= tolerance_mm)

    def isotropic(self, spacing_mm: float) -> Grid:
        """The grid of cubes of `spacing_mm` that covers the same box, with the same axes and centre."""
        size = np.array(self.shape) * self.spacing
        shape = np.maximum(np.ceil(size / spacing_mm - 1e-6).astype(int), 1)
        affine = np.eye(4)
        affine[:3, :3] = self.affine[:3, :3] / self.spacing * spacing_mm
        centre = _moved(self.affine, (np.array(self.shape) - 1) / 2)
        affine[:3, 3] = centre - affine[:3, :3] @ ((shape - 1) / 2)
        return Grid((int(shape[0]), int(shape[1]), int(shape[2])), affine)


@dataclass(frozen=True)
class Volume:
    """A 3-D image: `array` (x, y, z) on `grid`."""

    array: Array
    grid: Grid

    @classmethod
    def of(cls, array: Array, affine: Matrix) -> Volume:
        x, y, z = array.shape
        return cls(array, Grid((x, y, z), np.asarray(affine, dtype=np.float64)))

    def with_array(self, array: Array) -> Volume:
        if array.shape != self.grid.shape:
            raise ValueError(f"array of shape {array.shape} put on a grid of shape {self.grid.shape}")
        return Volume(array, self.grid)

    def nifti(self) -> nib.Nifti1Image:
        return nib.Nifti1Image(self.array, self.grid.affine)  # type: ignore[no-untyped-call]


def resample(volume: Volume, grid: Grid, matrix: Matrix | None = None, *, fill: float = 0.0) -> Float:
    """Intensities on another grid: an anti-aliasing Gaussian where voxels grow, then trilinear interpolation.

    Args:
        volume: the source.
        grid: the destination.
        matrix: (4, 4), RAS mm of the destination → RAS mm of the source; default: the same world.
        fill: value outside the source's field of view.

    Returns:
        float32 (x, y, z) on `grid`. The Gaussian's width follows Cardoso et al., MICCAI 2015, eq. 4.
    """
    matrix = np.eye(4) if matrix is None else matrix
    pull = np.linalg.inv(volume.grid.affine) @ matrix @ grid.affine
    # Extent of one destination voxel along each source axis, in source voxels.
    growth = np.abs(pull[:3, :3]).max(axis=1)
    sigma = np.sqrt(np.maximum(growth**2 - 1, 0)) / _FWHM
    array = volume.array.astype(np.float32, copy=False)
    if sigma.max() > 0.3:  # below that the kernel is a single voxel
        array = ndimage.gaussian_filter(array, np.where(sigma > 0.3, sigma, 0), truncate=3, mode="nearest")
    moved: Float = ndimage.affine_transform(
        array, pull[:3, :3], pull[:3, 3], output_shape=grid.shape, output=np.float32, order=1, cval=fill
    )
    return moved


def resample_labels(volume: Volume, grid: Grid, matrix: Matrix | None = None) -> npt.NDArray[np.uint8]:
    """Mask codes on another grid: each code is carried as a share of the voxel, and the largest share wins.

    At equal voxel sizes this is nearest neighbour with smoother outlines; where voxels grow, it is a vote.
    """
    codes = [int(code) for code in np.unique(volume.array) if code != 0]
    shares = np.stack(
        [resample(volume.with_array(volume.array == code), grid, matrix) for code in codes]
        or [np.zeros(grid.shape, np.float32)]
    )
    background = 1 - shares.sum(axis=0)
    winner = np.array(codes or [0], np.uint8)[shares.argmax(axis=0)]
    return np.where(shares.max(axis=0) > background, winner, 0).astype(np.uint8)


def _moved(affine: Matrix, points: Array) -> Matrix:
    """Points (…, 3) through an affine."""
    moved: Matrix = points @ affine[:3, :3].T + affine[:3, 3]
    return moved
