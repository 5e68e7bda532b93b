"""Views of a case: the part of its preprocessed grid, at which resolution, that becomes a network's input.

`centre`: the central crop. `tumour`: a crop of the same size around the tumour, which the papers' networks, shown whole
heads, see as a few voxels of their last map. `whole`: the whole grid made as small as the input, in which a network
finds the tumour by itself before it looks at it closely (two passes, as GMMAS's head net and crop in one network).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch.nn import functional as F

Centre = tuple[float, float, float]
View = Literal["centre", "tumour", "whole"]


def tumour_centre(mask: NDArray[Any]) -> Centre | None:
    """The centre of mass of the largest connected piece (26 neighbours) of a mask (D, H, W), in voxels.

    `None` where the mask is empty.
    """
    pieces, number = ndimage.label(mask > 0, structure=np.ones((3, 3, 3)))
    if not number:
        return None
    largest = 1 + int(np.bincount(pieces.ravel())[1:].argmax())
    x, y, z = ndimage.center_of_mass(pieces == largest)
    return float(x), float(y), float(z)


def window_start(centre: Centre, grid: Sequence[int], shape: Sequence[int]) -> tuple[int, int, int]:
    """The first voxel of the window around a centre; negative where the grid is smaller, which then lies centrally.

    A window is moved inside the grid where it would leave it.
    """
    x, y, z = (
        int(np.clip(np.floor(c - want / 2 + 1), 0, have - want)) if have >= want else -((want - have) // 2)
        for c, have, want in zip(centre, grid, shape, strict=True)
    )
    return x, y, z


def cut_window(array: NDArray[Any], start: Sequence[int], shape: Sequence[int]) -> NDArray[Any]:
    """The window (…, *shape) of an array (…, X, Y, Z) at `start`; zeros beyond the array."""
    result = np.zeros((*array.shape[: array.ndim - 3], *shape), dtype=array.dtype)
    inside: list[Any] = [...]
    taken: list[Any] = [...]
    for first, have, want in zip(start, array.shape[-3:], shape, strict=True):
        low, high = max(first, 0), min(first + want, have)
        taken.append(slice(low, high))
        inside.append(slice(low - first, high - first))
    result[tuple(inside)] = array[tuple(taken)]
    return result


def put_window(inside: NDArray[Any], start: Sequence[int], outside: NDArray[Any]) -> NDArray[Any]:
    """A copy of `outside` (…, X, Y, Z) with a window put at `start`; what lies beyond the array is cut off."""
    result = outside.copy()
    place: list[Any] = [...]
    taken: list[Any] = [...]
    for first, have, want in zip(start, outside.shape[-3:], inside.shape[-3:], strict=True):
        low, high = max(first, 0), min(first + want, have)
        place.append(slice(low, high))
        taken.append(slice(low - first, high - first))
    result[tuple(place)] = inside[tuple(taken)]
    return result


def shrunk(array: NDArray[Any], shape: Sequence[int]) -> NDArray[Any]:
    """The whole array (D, H, W) on fewer voxels: numbers by the mean of what a voxel covers, codes by the nearest."""
    given = torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))[None, None]
    mode = "area" if np.issubdtype(array.dtype, np.floating) else "nearest-exact"
    return F.interpolate(given, size=tuple(shape), mode=mode)[0, 0].numpy().astype(array.dtype)


def centre_on_grid(centre: Centre, grid: Sequence[int], shape: Sequence[int]) -> Centre:
    """A place in the view `whole`, in voxels of the grid."""
    x, y, z = ((c + 0.5) * have / want - 0.5 for c, have, want in zip(centre, grid, shape, strict=True))
    return x, y, z
