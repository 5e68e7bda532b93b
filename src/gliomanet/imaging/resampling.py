"""Trilinear interpolation and Gaussian smoothing of an array, each by the quickest way that gives the same values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813 - SimpleITK's own short name
from scipy import ndimage, sparse

Array = npt.NDArray[Any]
Float = npt.NDArray[np.float32]
Box = tuple[slice, slice, slice]
Shape = tuple[int, int, int]

_EDGE = 1e-6
"""Voxels beyond the outermost centres that still count as on them: a header's rounding is no reason for a gap."""

_LEAST_SIGMA = 0.3
"""Below that the kernel is a single voxel."""


def interpolated(array: Array, pull: Array, shape: Shape, *, sigma: Array | None = None, fill: float = 0.0) -> Float:
    """A smoothed array's trilinear values on another lattice.

    Args:
        array: (x, y, z).
        pull: (4, 4), indices of the destination → indices of `array`.
        shape: the destination's.
        sigma: (3,) width of the Gaussian before interpolation, in voxels of `array`; it is cut at three sigma, and
            beyond a face of the array it sees the face's own values. Default: none.
        fill: value where a place lies outside the array's outermost voxel centres.

    Returns:
        float32, `shape`; equal, but for rounding, to `gaussian_filter` and `affine_transform` of scipy.
    """
    sigma = np.zeros(3) if sigma is None else np.where(sigma > _LEAST_SIGMA, sigma, 0.0)
    radius = np.ceil(3 * sigma).astype(int) + 2
    box = _reached(array.shape, pull, shape, radius)
    if box is None:
        return np.full(shape, fill, np.float32)
    if fill == 0:
        # A stripped image is empty but for its middle.
        part = occupied(array[box], radius)
        box = tuple(  # type: ignore[assignment]
            slice(a.start + b.start, a.start + b.stop) for a, b in zip(box, part, strict=True)
        )
    values = array[box]
    start = np.array([side.start for side in box])
    local = pull.copy()
    local[:3, 3] -= start
    apart = np.abs(pull[:3, :3] - np.diag(np.diag(pull[:3, :3]))) @ (np.array(shape) - 1.0)
    if (apart < _EDGE).all():
        weights = [
            _weights(values.shape[axis], local[axis, axis], local[axis, 3], shape[axis], sigma[axis])
            for axis in range(3)
        ]
        moved = _along_axes(values, weights)
        if fill == 0 and all(side.start == 0 and side.stop == n for side, n in zip(box, array.shape, strict=True)):
            return moved  # the weights are 0 outside
    else:
        if sigma.any():
            values = ndimage.gaussian_filter(values.astype(np.float32, copy=False), sigma, truncate=3, mode="nearest")
        moved = _linear(values, local, shape, fill)
    outside = ~seen(array.shape, pull, shape, _EDGE)
    moved[outside] = fill
    return moved


def seen(source: Shape, pull: Array, shape: Shape, tolerance: float) -> npt.NDArray[np.bool_]:
    """The places of a lattice that lie between the outermost voxel centres of an array.

    Args:
        source: the array's shape.
        pull: (4, 4), indices of the lattice → indices of the array.
        shape: the lattice's shape.
        tolerance: voxels beyond a centre that still count.
    """
    x, y = np.arange(shape[0])[:, None], np.arange(shape[1])[None, :]
    # Along the last axis what is seen is one run: its first and last place, row by row.
    first, last = np.zeros(shape[:2]), np.full(shape[:2], shape[2] - 1.0)
    for axis, count in enumerate(source):
        a, b, c, start = pull[axis]
        here = a * x + b * y + start
        low, high = -tolerance - here, count - 1 + tolerance - here
        if abs(c) * shape[2] < 1e-9:
            last = np.where((low <= 0) & (high >= 0), last, -1.0)
            continue
        ends = (low / c, high / c) if c > 0 else (high / c, low / c)
        first, last = np.maximum(first, np.ceil(ends[0])), np.minimum(last, np.floor(ends[1]))
    z = np.arange(shape[2], dtype=np.int32)
    first, last = (np.clip(end, -1, shape[2]).astype(np.int32)[..., None] for end in (first, last))
    return (z >= first) & (z <= last)


def occupied(array: Array, margin: Array) -> Box:
    """The box of what is not 0 in `array` (x, y, z), with a margin in voxels; the whole where there is nothing."""
    present = array != 0
    flat = present.any(axis=2)
    lines = (flat.any(axis=1), flat.any(axis=0), present.any(axis=(0, 1)))
    box = []
    for axis, count in enumerate(array.shape):
        places = np.flatnonzero(lines[axis])
        first, last = (places[0], places[-1]) if places.size else (0, count - 1)
        box.append(slice(max(int(first - margin[axis]), 0), min(int(last + margin[axis]) + 1, count)))
    return box[0], box[1], box[2]


def _reached(source: tuple[int, ...], pull: Array, shape: Shape, margin: Array) -> Box | None:
    """The box of an array that the lattice's places, and the smoothing around them, can touch; `None`: nothing."""
    corners = np.array(list(np.ndindex(2, 2, 2))) * (np.array(shape) - 1) @ pull[:3, :3].T + pull[:3, 3]
    low = np.maximum(np.floor(corners.min(axis=0)) - margin, 0).astype(int)
    high = np.minimum(np.ceil(corners.max(axis=0)) + margin + 1, source).astype(int)
    if (high <= low).any():
        return None
    x, y, z = (slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    return x, y, z


def _linear(array: Array, pull: Array, shape: Shape, fill: float) -> Float:
    """ITK's trilinear interpolation; half a voxel beyond a face it repeats the face."""
    move: Any = sitk.AffineTransform(3)  # type: ignore[no-untyped-call]
    # ITK counts its axes from the last.
    move.SetMatrix(pull[2::-1, 2::-1].ravel().tolist())
    move.SetTranslation(pull[2::-1, 3].tolist())
    resampling: Any = sitk.ResampleImageFilter()  # type: ignore[no-untyped-call]
    resampling.SetNumberOfThreads(1)
    resampling.SetSize([int(n) for n in shape[::-1]])
    resampling.SetInterpolator(sitk.sitkLinear)
    resampling.SetTransform(move)
    resampling.SetDefaultPixelValue(float(fill))
    image = sitk.GetImageFromArray(np.ascontiguousarray(array, dtype=np.float32))
    moved: Float = sitk.GetArrayFromImage(resampling.Execute(image))
    return moved


def _weights(count: int, scale: float, start: float, places: int, sigma: float) -> Any:
    """Smoothing and interpolation along one axis as a sparse matrix (places, count); rows outside are empty."""
    place = scale * np.arange(places) + start
    inside = (place >= -_EDGE) & (place <= count - 1 + _EDGE)
    place = np.clip(place, 0, count - 1)
    low = np.minimum(place.astype(int), max(count - 2, 0))
    share = place - low
    pair = np.stack([low, np.minimum(low + 1, count - 1)], axis=1).ravel()
    shares = (np.stack([1 - share, share], axis=1) * inside[:, None]).ravel()
    matrix = sparse.csr_array((shares, pair, 2 * np.arange(places + 1)), shape=(places, count))
    if sigma > 0:
        kernel = ndimage.gaussian_filter1d(np.eye(count), sigma, axis=0, truncate=3, mode="nearest")
        matrix = sparse.csr_array(matrix @ kernel)
    return matrix.astype(np.float32)


def _along_axes(array: Array, weights: Sequence[Any]) -> Float:
    """Each axis of an array (x, y, z) through its own matrix."""
    values = array.astype(np.float32, copy=False)
    for matrix in weights:
        rest = values.shape[1:]
        mapped = matrix @ values.reshape(values.shape[0], -1)
        # The axis that is done goes last, so that the next stands first; after three, all stand as they were.
        values = np.ascontiguousarray(mapped.T).reshape(*rest, matrix.shape[0])
    return values
