"""An image in memory: voxels with the affine that places them, and the one way they are moved to another grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import nibabel as nib
import numpy as np
import numpy.typing as npt

from gliomanet.imaging.resampling import interpolated, occupied, seen

Array = npt.NDArray[Any]
Float = npt.NDArray[np.float32]
Matrix = npt.NDArray[Any]

_FWHM = 2 * np.sqrt(2 * np.log(2))


@dataclass(frozen=True)
class Grid:
    """Places of voxels: `shape` (x, y, z) and `affine` (4, 4), voxel indices → RAS mm.

    Attributes:
        others: affines that other programs may read from the file's header, for the same voxels.
        turn: (3, 2), nibabel's orientation from the axes of the file to these, where it was read from one.
    """

    shape: tuple[int, int, int]
    affine: Matrix
    others: tuple[Matrix, ...] = ()
    turn: Matrix | None = None

    @classmethod
    def of(cls, shape: tuple[int, ...], affine: Matrix, others: tuple[Matrix, ...] = ()) -> Grid:
        """The grid of a file's voxels, in its own order."""
        x, y, z = shape
        return cls((x, y, z), np.asarray(affine, dtype=np.float64), others)

    def canonical(self) -> Grid:
        """The same voxels with their axes in the order and direction nearest to RAS+."""
        turn: Any = nib.orientations.io_orientation(self.affine)  # type: ignore[no-untyped-call]
        back = nib.orientations.inv_ornt_aff(turn, self.shape)  # type: ignore[no-untyped-call]
        shape = [0, 0, 0]
        for axis, (target, _) in enumerate(turn):
            shape[int(target)] = self.shape[axis]
        x, y, z = shape
        affine = np.asarray(self.affine @ back, dtype=np.float64)
        return Grid((x, y, z), affine, tuple(other @ back for other in self.others), turn)

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

    def shows(self, other: Grid, matrix: Matrix) -> npt.NDArray[np.bool_]:
        """The voxels of `other` that lie between this grid's outermost voxel centres, to a thousandth of a voxel.

        Args:
            other: the grid asked about.
            matrix: (4, 4), its RAS mm → RAS mm of this grid.
        """
        return seen(self.shape, np.linalg.inv(self.affine) @ matrix @ other.affine, other.shape, 1e-3)

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


def resample(
    volume: Volume, grid: Grid, matrix: Matrix | None = None, *, fill: float = 0.0, smooth: bool = True
) -> Float:
    """Intensities on another grid: an anti-aliasing Gaussian where voxels grow, then trilinear interpolation.

    Args:
        volume: the source.
        grid: the destination.
        matrix: (4, 4), RAS mm of the destination → RAS mm of the source; default: the same world.
        fill: value outside the source's field of view.
        smooth: False leaves the Gaussian out, to measure the voxels as they are.

    Returns:
        float32 (x, y, z) on `grid`. The Gaussian's width follows Cardoso et al., MICCAI 2015, eq. 4.
    """
    pull = np.linalg.inv(volume.grid.affine) @ (np.eye(4) if matrix is None else matrix) @ grid.affine
    if volume.grid.shape == grid.shape and np.allclose(pull, np.eye(4), rtol=0, atol=1e-9):
        return volume.array.astype(np.float32)
    # Extent of one destination voxel along each source axis, in source voxels.
    growth = np.abs(pull[:3, :3]).max(axis=1)
    sigma = np.sqrt(np.maximum(growth**2 - 1, 0)) / _FWHM if smooth else None
    return interpolated(volume.array, pull, grid.shape, sigma=sigma, fill=fill)


def resample_labels(volume: Volume, grid: Grid, matrix: Matrix | None = None) -> npt.NDArray[np.uint8]:
    """Mask codes on another grid: each code is resampled as a share of the voxel, and the largest share wins.

    At equal voxel sizes this is nearest neighbour with smoother outlines; where voxels grow, it is a vote.
    """
    codes = [int(code) for code in np.unique(volume.array) if code != 0]
    winners = np.zeros(grid.shape, np.uint8)
    matrix = np.eye(4) if matrix is None else matrix
    box = _reach(volume, grid, matrix)
    if not codes or box is None:
        return winners
    corner = grid.affine.copy()
    corner[:3, 3] = _moved(grid.affine, np.array([part.start for part in box]))
    x, y, z = (part.stop - part.start for part in box)
    near = Grid((x, y, z), corner)
    shares = np.stack([resample(volume.with_array(volume.array == code), near, matrix) for code in codes])
    winner = np.array(codes, np.uint8)[shares.argmax(axis=0)]
    winners[box] = np.where(shares.max(axis=0) > 1 - shares.sum(axis=0), winner, 0)
    return winners


def _reach(volume: Volume, grid: Grid, matrix: Matrix) -> tuple[slice, slice, slice] | None:
    """The box of `grid` that the source's voxels other than 0 can touch, or `None`: a tumour is a small part of it."""
    if not volume.array.any():
        return None
    box = occupied(volume.array, np.zeros(3, int))
    # A voxel more on either side, which interpolation and smoothing spread to.
    pull = np.linalg.inv(volume.grid.affine) @ matrix @ grid.affine
    spread = 2 + np.ceil(np.abs(pull[:3, :3]).max(axis=1))
    low = np.array([part.start for part in box]) - spread
    high = np.array([part.stop - 1 for part in box]) + spread
    corners = _moved(np.linalg.inv(pull), np.array(list(np.ndindex(2, 2, 2))) * (high - low) + low)
    first = np.clip(np.floor(corners.min(axis=0)), 0, grid.shape).astype(int)
    last = np.clip(np.ceil(corners.max(axis=0)) + 1, 0, grid.shape).astype(int)
    if (last <= first).any():
        return None
    x, y, z = (slice(int(a), int(b)) for a, b in zip(first, last, strict=True))
    return x, y, z


def _moved(affine: Matrix, points: Array) -> Matrix:
    """Points (…, 3) through an affine."""
    moved: Matrix = points @ affine[:3, :3].T + affine[:3, 3]
    return moved
