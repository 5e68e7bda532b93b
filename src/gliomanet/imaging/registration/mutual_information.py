"""Rigid and affine registration: mutual information of a fixed sample of voxels, climbed with its exact gradient.

Nothing is drawn by chance and nothing runs in threads, so equal calls give equal matrices. At 30,000 voxels a level a
fit takes a fraction of a second, and the last level compares the scanner's own voxels, not a copy resampled to cubes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import minimize
from scipy.spatial.transform import Rotation

from gliomanet.errors import RegistrationError
from gliomanet.imaging.foreground import Mask
from gliomanet.imaging.volume import Array, Matrix, Volume, resample

_BINS = 32
_MARGIN = 2
_RADIUS_MM = 60.0
_LEAST_OVERLAP = 0.1
_CORNERS = tuple((x, y, z) for x in (0, 1) for y in (0, 1) for z in (0, 1))
Kind = Literal["rigid", "affine"]


@dataclass(frozen=True)
class Level:
    """One step from coarse to fine.

    Attributes:
        voxel_mm: cubes that both images are brought to; 0: each image's own voxels.
        samples: most fixed voxels that are compared.
        steps: most steps of the climb.
    """

    voxel_mm: float
    samples: int
    steps: int


LEVELS = (Level(8.0, 20_000, 30), Level(4.0, 30_000, 30), Level(0.0, 60_000, 30))


def fit(
    fixed: Volume, moving: Volume, kind: Kind, *, inside: Mask, start: Matrix, levels: Sequence[Level] = LEVELS
) -> Matrix:
    """The transform under which `moving` is most like `fixed`, climbed from `start`.

    Mutual information of a joint histogram with cubic B-spline windows along the moving image's intensities, as in
    Mattes et al., IEEE TMI 22:120 (2003), 10.1109/TMI.2003.809072, over fixed voxels on a regular lattice; its gradient
    is exact, of trilinear interpolation too, and L-BFGS climbs it.

    Args:
        fixed: the image whose voxels are compared.
        moving: the image that is moved.
        kind: degrees of freedom.
        inside: (x, y, z) on the fixed grid: the voxels that are compared.
        start: as the result; a rigid fit moves it by a rotation and a shift.
        levels: coarse to fine.

    Returns:
        (4, 4): RAS mm of `fixed` → RAS mm of `moving`, which is what `resample` takes.

    Raises:
        RegistrationError: an image is constant where they overlap, or they do not overlap.
    """
    if not inside.any():
        raise RegistrationError("no voxel to compare: the fixed image is empty")
    matrix = np.array(start, dtype=np.float64)
    for level in levels:
        matrix = _climb(_Comparison.of(fixed, moving, inside, level), kind, matrix, level.steps)
    return matrix


@dataclass(frozen=True)
class _Comparison:
    """Fixed voxels, `points` (n, 3) in RAS mm with `bins` (n) of their intensities, and the moving image."""

    points: Array
    bins: Array
    moving: Array
    to_voxel: Matrix
    low: float
    scale: float

    @classmethod
    def of(cls, fixed: Volume, moving: Volume, inside: Mask, level: Level) -> _Comparison:
        if level.voxel_mm:
            fixed_grid, moving_grid = (v.grid.isotropic(level.voxel_mm) for v in (fixed, moving))
            inside = resample(fixed.with_array(inside), fixed_grid) > 0.5
            fixed = Volume(resample(fixed, fixed_grid), fixed_grid)
            moving = Volume(resample(moving, moving_grid), moving_grid)
        flat = np.flatnonzero(inside)
        if flat.size == 0:
            raise RegistrationError(f"no voxel to compare at {level.voxel_mm:g} mm")
        if flat.size > level.samples:
            # The golden ratio's multiples spread evenly, and beat with no row or slice of the grid.
            share = level.samples / flat.size
            flat = flat[(np.arange(flat.size) * 0.6180339887498949) % 1 < share]
        points = np.stack(np.unravel_index(flat, fixed.grid.shape), -1) @ fixed.grid.affine[:3, :3].T
        values = fixed.array.reshape(-1)[flat]
        low, high = np.percentile(values, [0.5, 99.5])
        signal = moving.array[moving.array > 0]
        few = signal[:: max(1, signal.size // 100_000)]
        moving_low, moving_high = np.percentile(few, [0.5, 99.5]) if few.size else (0.0, 0.0)
        if not (high > low and moving_high > min(moving_low, 0.0)):
            raise RegistrationError("an image is constant where they are to be compared")
        bins = np.minimum((np.clip((values - low) / (high - low), 0, 1) * _BINS).astype(np.int64), _BINS - 1)
        return cls(
            points + fixed.grid.affine[:3, 3],
            bins,
            np.ascontiguousarray(moving.array, dtype=np.float32),
            np.linalg.inv(moving.grid.affine),
            float(min(moving_low, 0.0)),
            float((_BINS - 1 - 2 * _MARGIN) / (moving_high - min(moving_low, 0.0))),
        )

    def overlaps(self, matrix: Matrix) -> bool:
        voxels = self.points @ (self.to_voxel @ matrix)[:3, :3].T + (self.to_voxel @ matrix)[:3, 3]
        seen = ((voxels >= 0) & (voxels <= np.array(self.moving.shape) - 1)).all(axis=1)
        return bool(seen.mean() >= _LEAST_OVERLAP)

    def information(self, matrix: Matrix) -> tuple[float, Matrix]:
        """Mutual information in nats under `matrix`, and its derivatives (3, 4) by the matrix' first three rows."""
        pull = self.to_voxel @ matrix
        voxels = self.points @ pull[:3, :3].T + pull[:3, 3]
        last = np.array(self.moving.shape) - 1
        seen = ((voxels >= 0) & (voxels <= last)).all(axis=1)
        count = int(seen.sum())
        if count < _LEAST_OVERLAP * len(seen):
            return 0.0, np.zeros((3, 4))
        values, slopes = _interpolated(self.moving, voxels[seen])
        place = (values - self.low) * self.scale
        inner = (place > 0) & (place < _BINS - 1 - 2 * _MARGIN)
        place = np.clip(place, 0, _BINS - 1 - 2 * _MARGIN) + _MARGIN
        first = np.minimum(place.astype(np.int64), _BINS - 1 - _MARGIN)
        windows, window_slopes = _windows(place - first)
        cells = self.bins[seen] * _BINS + first - 1
        counts = [np.bincount(cells + k, windows[k], _BINS * _BINS) for k in range(4)]
        joint: Array = np.sum(counts, axis=0).reshape(_BINS, _BINS) / count
        rows, columns = joint.sum(axis=1, keepdims=True), joint.sum(axis=0, keepdims=True)
        with np.errstate(divide="ignore", invalid="ignore"):
            given = np.where(joint > 1e-12, np.log(joint / columns), 0.0)
            prior = np.where(rows > 0, np.log(rows), 0.0)
        information = float((joint * (given - prior)).sum())
        flat = given.ravel()
        by_value = sum(window_slopes[k] * flat[cells + k] for k in range(4)) * inner * (self.scale / count)
        by_place = (slopes * by_value[:, None]) @ self.to_voxel[:3, :3]
        points = self.points[seen]
        derivatives: Matrix = np.concatenate([by_place.T @ points, by_place.sum(axis=0)[:, None]], axis=1)
        return information, derivatives


def _climb(comparison: _Comparison, kind: Kind, start: Matrix, steps: int) -> Matrix:
    """The best matrix that L-BFGS reaches from `start`; moves are made about the samples' centre, all of them in mm."""
    centre = np.eye(4)
    centre[:3, 3] = comparison.points.mean(axis=0)
    back = np.linalg.inv(centre)
    move: Callable[[Array], Matrix] = _rigid if kind == "rigid" else _affine
    size = 6 if kind == "rigid" else 12

    def matrix_of(parameters: Array) -> Matrix:
        matrix: Matrix = start @ centre @ move(parameters) @ back
        return matrix

    def cost(parameters: Array) -> tuple[float, Array]:
        information, derivatives = comparison.information(matrix_of(parameters))
        gradient = np.empty(size)
        for index in range(size):
            nudge = np.zeros(size)
            nudge[index] = 1e-4
            change = (matrix_of(parameters + nudge) - matrix_of(parameters - nudge))[:3] / 2e-4
            gradient[index] = (derivatives * change).sum()
        # A millimetre changes the information by some hundredths: scaled, so that the first step is about one.
        return -100 * information, -100 * gradient

    if not comparison.overlaps(start):
        raise RegistrationError("the images do not overlap")
    found = minimize(
        cost, np.zeros(size), jac=True, method="L-BFGS-B", options={"maxiter": steps, "maxfun": 2 * steps, "ftol": 1e-6}
    )
    return matrix_of(found.x)


def _rigid(parameters: Array) -> Matrix:
    """Rotation vector (as mm at `_RADIUS_MM`) and shift (mm) → matrix."""
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_rotvec(parameters[:3] / _RADIUS_MM).as_matrix()
    matrix[:3, 3] = parameters[3:]
    return matrix


def _affine(parameters: Array) -> Matrix:
    """Nine changes of the linear part (as mm at `_RADIUS_MM`) and shift (mm) → matrix."""
    matrix = np.eye(4)
    matrix[:3, :3] += parameters[:9].reshape(3, 3) / _RADIUS_MM
    matrix[:3, 3] = parameters[9:]
    return matrix


def _interpolated(array: Array, voxels: Array) -> tuple[Array, Array]:
    """Trilinear values (n) of `array` (x, y, z) at `voxels` (n, 3), and their slopes (n, 3) per voxel."""
    strides = np.array([array.shape[1] * array.shape[2], array.shape[2], 1])
    low = np.minimum(voxels.astype(np.int64), np.array(array.shape) - 2)
    share = voxels - low
    x, y, z = share[:, 0], share[:, 1], share[:, 2]
    flat, first = array.reshape(-1), low @ strides
    c000, c001, c010, c011, c100, c101, c110, c111 = (flat[first + int(np.dot(corner, strides))] for corner in _CORNERS)
    z00, z01, z10, z11 = c001 - c000, c011 - c010, c101 - c100, c111 - c110
    v00, v01, v10, v11 = c000 + z * z00, c010 + z * z01, c100 + z * z10, c110 + z * z11
    y0, y1 = v01 - v00, v11 - v10
    u0, u1 = v00 + y * y0, v10 + y * y1
    along_z0, along_z1 = z00 + y * (z01 - z00), z10 + y * (z11 - z10)
    slopes = np.stack([u1 - u0, y0 + x * (y1 - y0), along_z0 + x * (along_z1 - along_z0)], axis=1)
    return u0 + x * (u1 - u0), slopes


def _windows(t: Array) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
    """The four cubic B-spline weights around a place `t` (0 to 1) between two bins, and their slopes."""
    s = 1 - t
    weights = (s**3 / 6, (3 * t**3 - 6 * t**2 + 4) / 6, (3 * s**3 - 6 * s**2 + 4) / 6, t**3 / 6)
    slopes = (-(s**2) / 2, (3 * t**2 - 4 * t) / 2, -(3 * s**2 - 4 * s) / 2, t**2 / 2)
    return weights, slopes
