"""Likeness of two modalities voxel by voxel, down to their noise: one image stored under two names."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
from scipy import ndimage

from gliomanet.imaging.foreground import foreground
from gliomanet.imaging.registration.atlas import atlas
from gliomanet.imaging.volume import Array, Float, Grid, Matrix, Volume, resample

COPY = 0.945
"""Correlation of detail from which two images are one: real T1 and T1c reach .73, phantoms of 2 mm .935, for these
share one anatomy with little noise (with half of the shipped study's least noise .969, and they are told as copies);
copies that were blurred by 2 mm stay above .955."""

SCALED_COPY = 0.9999
"""Correlation of the plain voxel values from which two images are one but for a gain and an offset."""

NOISY_COPY = 0.995
"""Correlation of the plain voxel values from which two images are one but for little noise, at any voxel size: pairs
of modalities reach .876 in real heads and .977 in phantoms (T1 and T1c), copies with noise of 1 % keep .998."""

_BOX_MM = (72.0, 72.0, 54.0)
_MOST_VOXELS = (96, 96, 72)
_FEWEST_VOXELS = 10_000
_FEWEST_FOR_DETAIL = 20_000
"""Voxels of the box from which detail is judged: in those of 3 mm there is anatomy, and next to no noise; phantoms' T1
and T1c are alike by .955 there."""
_SIGNAL = 0.1
"""Share of an image's 98th percentile from which a voxel gives signal: air does not."""
_MOST_COMPARED = 1_000_000
_FEWEST_COMPARED = 2_000
_BAND_VOXELS = 1.5
_SAMPLES = 60_000
_BLURS = ((1.2, 1.2, 1.2), (2, 2, 2), (3, 3, 3), (2, 2, 0), (0, 2, 2), (2, 0, 2))  # voxels: slices may be thick


def likeness(
    first: Volume, second: Volume, pose: Matrix | None = None, matrix: Matrix | None = None
) -> tuple[float, float]:
    """Two correlations: of the plain voxel values, and of detail at the scale of voxels, deep in the brain.

    Modalities of a session share the anatomy, but each has its own noise. So detail, over its local strength, is
    predicted from the other image's 27 voxels around each and from blurs of it: that finds a copy again after a gain,
    an exponent, a bias field, rounding, smoothing, or a shift by a voxel, and does not find different scans alike.

    Args:
        first: a modality.
        second: another modality of the case.
        pose: RAS mm of the atlas → RAS mm of the first; default: it is not known, and the middle of what gives signal
            is taken for the brain's.
        matrix: RAS mm of the first → RAS mm of the second; default: their headers are believed.

    Returns:
        Correlation of the values of everything that gives signal, 0 where voxels had to be interpolated; and the higher
        multiple correlation of either's detail with the other. Images of one shape are compared voxel by voxel,
        whatever their headers say. Both are 0 where there is too little to compare: detail of small images is, plain
        values hardly ever.
    """
    box = _box(first.grid, _signal_middle(first) if pose is None else _brain_middle(pose))
    one = first.array[box].astype(np.float32)
    same = first.grid.shape == second.grid.shape
    plain = detail = 0.0
    if same:
        plain, detail = _plain(first.array, second.array), _alike(one, second.array[box].astype(np.float32))
    believed = first.grid.matches(second.grid) if matrix is None else np.allclose(matrix, np.eye(4))
    if not same or not believed:
        detail = max(detail, _alike(one, resample(second, _part(first.grid, box), matrix)))
    return plain, detail


def _shown(one: Float, other: Float) -> Array:
    """The voxels in which both images show something; none if that is too little to compare."""
    shown: Array = (one != 0) & (other != 0)
    enough = min(one.shape) > 8 and one.size >= _FEWEST_VOXELS and float(shown.mean()) >= 0.5
    return shown if enough else np.zeros_like(shown)


def _plain(one: Array, other: Array) -> float:
    step = max(1, round((one.size / _MOST_COMPARED) ** (1 / 3)))
    every = (slice(None, None, step),) * 3
    one, other = one[every].astype(np.float32), other[every].astype(np.float32)
    strength = np.abs(one)
    lit = strength[strength > 0]
    level = _SIGNAL * float(np.percentile(lit, 98)) if lit.size else 0.0
    shown = (strength > level) & (other != 0)
    return _correlation(one[shown], other[shown]) if shown.sum() >= _FEWEST_COMPARED else 0.0


def _alike(one: Float, other: Float) -> float:
    if one.size < _FEWEST_FOR_DETAIL or not _shown(one, other).any():
        return 0.0
    one, other = _detail(one), _detail(other)
    if _correlation(*(ndimage.gaussian_filter(detail, 1.0) for detail in (one, other))) <= 0:
        return 0.0  # one is bright where the other is dark: the same borders, and two modalities
    return max(_predicted(one, other), _predicted(other, one))


def _brain_middle(pose: Matrix) -> Array:
    """The middle of the atlas' brain in the image, RAS mm (3,)."""
    mask = atlas(4.0)[1]
    placed: Array = (pose @ mask.grid.affine @ np.r_[np.argwhere(mask.array > 0).mean(axis=0), 1])[:3]
    return placed


def _signal_middle(image: Volume) -> Array:
    """The middle of the box around what gives signal, RAS mm (3,)."""
    held = np.argwhere(foreground(image))
    middle = (held.min(axis=0) + held.max(axis=0)) / 2 if len(held) else (np.array(image.grid.shape) - 1) / 2
    placed: Array = image.grid.affine[:3, :3] @ middle + image.grid.affine[:3, 3]
    return placed


def _box(grid: Grid, middle: Array) -> tuple[slice, slice, slice]:
    """The box around a place in RAS mm, within the image."""
    centre = (np.linalg.inv(grid.affine) @ np.r_[middle, 1])[:3]
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
