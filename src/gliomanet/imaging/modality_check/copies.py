"""Likeness of two modalities voxel by voxel, down to their noise: one image stored under two names."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
from scipy import ndimage

from gliomanet.imaging.registration.atlas import atlas
from gliomanet.imaging.volume import Array, Float, Grid, Matrix, Volume, resample

COPY = 0.945
"""Correlation of detail from which two images are one: real T1 and T1c reach .73, phantoms of 2 mm .935, for these
share one anatomy with little noise; copies that were blurred by 2 mm stay above .955."""

SCALED_COPY = 0.9999
"""Correlation of the plain voxel values from which two images are one but for a gain and an offset."""

_BOX_MM = (72.0, 72.0, 54.0)
_MOST_VOXELS = (96, 96, 72)
_FEWEST_VOXELS = 10_000
_FEWEST_FOR_DETAIL = 20_000
"""Voxels of the box from which detail is judged: in those of 3 mm there is anatomy, and next to no noise; phantoms' T1
and T1c are alike by .955 there."""
_BAND_VOXELS = 1.5
_SAMPLES = 60_000
_BLURS = ((1.2, 1.2, 1.2), (2, 2, 2), (3, 3, 3), (2, 2, 0), (0, 2, 2), (2, 0, 2))  # voxels: slices may be thick


def likeness(first: Volume, second: Volume, pose: Matrix, matrix: Matrix | None = None) -> tuple[float, float]:
    """Two correlations deep in the brain: of the plain voxel values, and of detail at the scale of voxels.

    Modalities of a session share the anatomy, but each has its own noise. So detail, over its local strength, is
    predicted from the other image's 27 voxels around each and from blurs of it: that finds a copy again after a gain,
    an exponent, a bias field, rounding, smoothing, or a shift by a voxel, and does not find different scans alike.

    Args:
        first: a modality.
        second: another modality of the case.
        pose: RAS mm of the atlas → RAS mm of the first.
        matrix: RAS mm of the first → RAS mm of the second; default: their headers are believed.

    Returns:
        Correlation of values, 0 where voxels had to be interpolated; and the higher multiple correlation of either's
        detail with the other. Images of one shape are compared voxel by voxel too, whatever their headers say. Both
        are 0 where there is too little to compare.
    """
    box = _box(first.grid, pose)
    one = first.array[box].astype(np.float32)
    same = first.grid.shape == second.grid.shape
    plain = detail = 0.0
    if same:
        other = second.array[box].astype(np.float32)
        plain, detail = _plain(one, other), _alike(one, other)
    if not same or (matrix is not None and not np.allclose(matrix, np.eye(4))):
        detail = max(detail, _alike(one, resample(second, _part(first.grid, box), matrix)))
    return plain, detail


def _shown(one: Float, other: Float) -> Array:
    """The voxels in which both images show something; none if that is too little to compare."""
    shown: Array = (one != 0) & (other != 0)
    enough = min(one.shape) > 8 and one.size >= _FEWEST_VOXELS and float(shown.mean()) >= 0.5
    return shown if enough else np.zeros_like(shown)


def _plain(one: Float, other: Float) -> float:
    shown = _shown(one, other)
    return _correlation(one[shown], other[shown]) if shown.any() else 0.0


def _alike(one: Float, other: Float) -> float:
    if one.size < _FEWEST_FOR_DETAIL or not _shown(one, other).any():
        return 0.0
    one, other = _detail(one), _detail(other)
    if _correlation(*(ndimage.gaussian_filter(detail, 1.0) for detail in (one, other))) <= 0:
        return 0.0  # one is bright where the other is dark: the same borders, and two modalities
    return max(_predicted(one, other), _predicted(other, one))


def _box(grid: Grid, pose: Matrix) -> tuple[slice, slice, slice]:
    """The box around the middle of the atlas' brain, within the image."""
    mask = atlas(4.0)[1]
    middle = mask.grid.affine @ np.r_[np.argwhere(mask.array > 0).mean(axis=0), 1]
    centre = (np.linalg.inv(grid.affine) @ pose @ middle)[:3]
    half = np.minimum(np.array(_BOX_MM) / grid.spacing, _MOST_VOXELS) / 2
    low = np.clip(np.floor(centre - half), 0, grid.shape).astype(int)
    high = np.clip(np.ceil(centre + half), 0, grid.shape).astype(int)
    x, y, z = (slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    return x, y, z


def _part(grid: Grid, box: tuple[slice, slice, slice]) -> Grid:
    affine = grid.affine.copy()
    affine[:3, 3] += affine[:3, :3] @ np.array([side.start for side in box])
    x, y, z = (side.stop - side.start for side in box)
    return Grid((x, y, z), affine)


def _detail(array: Float) -> Float:
    """The image less its blur, over the local strength of that: blind to gain, bias field and exponent."""
    band = array - ndimage.gaussian_filter(array, _BAND_VOXELS)
    strength = ndimage.gaussian_filter(band * band, 3 * _BAND_VOXELS)
    detail: Float = (band / np.sqrt(strength + 1e-3 * float(strength.max()) + 1e-12)).astype(np.float32)
    return detail


def _predicted(target: Float, source: Float) -> float:
    """The multiple correlation of `target` with the neighbourhood of each voxel in `source`."""
    inner = tuple(slice(margin, size - margin) for margin, size in zip((4, 4, 2), target.shape, strict=True))
    step = max(1, int(target[inner].size / _SAMPLES))
    columns = np.stack([column[inner].ravel()[::step] for column in _neighbours(source)], -1).astype(np.float64)
    values = target[inner].ravel()[::step].astype(np.float64)
    columns -= columns.mean(axis=0)
    values -= values.mean()
    total = float(values @ values)
    if total <= 0:
        return 0.0
    right = columns.T @ values
    explained = float(right @ np.linalg.lstsq(columns.T @ columns, right, rcond=1e-8)[0])
    return float(np.sqrt(np.clip(explained / total, 0, 1)))


def _neighbours(source: Float) -> Iterator[Array]:
    for shift in product((-1, 0, 1), repeat=3):
        yield np.roll(source, shift, axis=(0, 1, 2))
    for sigma in _BLURS:
        yield ndimage.gaussian_filter(source, sigma)


def _correlation(one: Array, other: Array) -> float:
    one, other = (array.ravel() - array.mean(dtype=np.float64) for array in (one, other))
    length = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / length if length > 0 else 0.0
