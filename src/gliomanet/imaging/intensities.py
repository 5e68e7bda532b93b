"""Intensities that no MR image has: wrapped, inverted, saturated, of a CT, or ruled by a few voxels.

Distances are in spans: from the 2nd to the 98th percentile of the voxels other than the background. Over 18 real
images and 2,000 phantoms the brightest voxel lies at most 2.8 spans above the 98th percentile and the darkest at most
0.9 below the 2nd, one voxel in 65,000 has the largest value, and the outer faces lie at most 0.05 of the way from dark
to bright.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from gliomanet.imaging.volume import Array, Grid

MOST_SPANS = 5.0
"""Spans beyond the 2nd and 98th percentile that a voxel may lie: 18 real scans and 2,000 phantoms stay below 2.8."""

SATURATED_SHARE = 0.005
"""Share of the voxels other than background that may have the largest value."""

SATURATED_SHARE_OF_8_BITS = 0.001
DARK_SHARE_OF_8_BITS = 0.01
"""Voxels of 0 enclosed in an axial slice of the brain: 14 real stripped images have 0.002, cut at their 10th percentile
0.026 and more."""

SQUEEZED_PART = 0.1
"""Part of a span that nine of ten voxels fill at least: 0.44 and more in real images and phantoms."""

BRIGHT_BORDER = 0.75
_FEWEST_SATURATED = 50
_REACH = 0.05
"""The part of the largest value within which other values lie where a histogram was cut there."""

_SAMPLE_AXIS = 80
_PLACES = 3


@dataclass(frozen=True)
class Bounds:
    """Smallest and largest value that a voxel of an image may have."""

    low: float
    high: float


def bounds_of(values: Array) -> Bounds | None:
    """Bounds `MOST_SPANS` beyond the 2nd and 98th percentile of values; `None` where those two are equal."""
    if not values.size:
        return None
    low, high = (float(q) for q in np.percentile(values, (2, 98)))
    reach = MOST_SPANS * (high - low)
    return Bounds(low - reach, high + reach) if reach > 0 else None


def beyond(values: Array, bounds: Bounds | None) -> Array | None:
    """The values that lie outside the bounds, as a mask; `None` where none does."""
    if bounds is None or (values.min() >= bounds.low and values.max() <= bounds.high):
        return None
    outside: Array = (values < bounds.low) | (values > bounds.high)
    return outside


def bring_in(values: Array, outside: Array) -> Array:
    """The values with those of `outside` brought to the smallest or largest of the others."""
    kept = values[~outside]
    inside: Array = np.clip(values, kept.min(), kept.max())
    return inside


def sampled(array: Array) -> Array:
    """Every n-th voxel of an image (x, y, z), so that about 80 along each axis are left."""
    x, y, z = (max(1, count // _SAMPLE_AXIS) for count in array.shape)
    return array[::x, ::y, ::z]


def image_bounds(array: Array) -> Bounds | None:
    """`bounds_of` an image whose background is 0 (x, y, z)."""
    chosen = sampled(array)
    return bounds_of(chosen[chosen != 0])


def described(array: Array, outside: Array, grid: Grid) -> str:
    """Number, values and places of voxels, in a few words."""
    index = np.argwhere(outside)
    values = array[outside]
    places = [
        "({:.0f}, {:.0f}, {:.0f})".format(*(grid.affine[:3, :3] @ one + grid.affine[:3, 3])) for one in index[:_PLACES]
    ]
    more = ", …" if len(index) > _PLACES else ""
    count = "1 voxel" if len(index) == 1 else f"{len(index)} voxels"
    extent = f"{values.min():.4g}" if values.min() == values.max() else f"{values.min():.4g} to {values.max():.4g}"
    return f"{count} of {extent} at RAS mm {', '.join(places)}{more}"


def why_wrapped(array: Array, bits: int = 16) -> str | None:
    """Reason why integers look as if unsigned values had been read as signed ones, or `None`.

    Where bright tissue passes 2^(bits-1) - 1, its neighbours jump to large negative values: read as unsigned, the same
    neighbours are alike.

    Args:
        array: stored integers (x, y, z), before any scaling.
        bits: of the stored type.
    """
    turn = float(1 << bits)
    low, high = float(array.min()), float(array.max())
    if low < -turn / 2 or high >= turn / 2 or high - low <= turn / 2:
        return None
    signed = unsigned = 0.0
    jumps = 0
    for axis in range(array.ndim):
        first = np.take(array, range(array.shape[axis] - 1), axis)
        second = np.take(array, range(1, array.shape[axis]), axis)
        crossing = ((first < 0) & (second > 0)) | ((first > 0) & (second < 0))
        step = np.abs(first[crossing].astype(np.float64) - second[crossing])
        signed += float(step.sum())
        unsigned += float((turn - step).sum())
        jumps += int((step > turn / 2).sum())
    if jumps == 0 or unsigned > 0.5 * signed:
        return None
    return (
        f"negative voxels ({int((array < 0).sum())}, down to {low:g}) lie next to the brightest ({high:g}): unsigned "
        f"{bits}-bit values that were read as signed"
    )


def why_inverted(array: Array, faces: Array) -> str | None:
    """Reason why an image (x, y, z) with these outer faces looks like a negative, or `None`: bright air."""
    low, high = (float(q) for q in np.percentile(sampled(array), (2, 98)))
    at_border = float(np.median(faces))
    if high <= low or at_border <= low + BRIGHT_BORDER * (high - low):
        return None
    faces_and_tissue = f"its outer faces ({at_border + 0:.4g}) are as bright as its brightest tissue ({high + 0:.4g})"
    return f"{faces_and_tissue}: a negative image?"


def why_ct(array: Array, faces: Array) -> str | None:
    """Reason why an image (x, y, z) looks like a CT, or `None`: in Hounsfield units, or with 1024 added to them."""
    air = float(np.median(faces))
    if air <= -900:
        floor, low, high, least, unit = -500.0, -20.0, 100.0, 0.3, "in Hounsfield units"
    elif 0 <= air <= 50 and float(array.max()) > 1800:
        floor, low, high, least, unit = 500.0, 1000.0, 1124.0, 0.55, "in Hounsfield units with 1024 added"
    else:
        return None
    chosen = sampled(array)
    body = chosen[chosen > floor]
    share = float(((body >= low) & (body <= high)).mean()) if body.size else 0.0
    if share < least:
        return None
    return f"its outer faces are {air:g} and {share:.0%} of the rest lies between {low:g} and {high:g}: a CT {unit}?"


def why_squeezed(array: Array) -> str | None:
    """Reason why an image (x, y, z; background 0) looks ruled by too many bright voxels to be strays, or `None`."""
    chosen = sampled(array)
    chosen = chosen[chosen != 0]
    low, ninth, high = (float(q) for q in np.percentile(chosen, (2, 90, 98))) if chosen.size else (0.0, 0.0, 0.0)
    if ninth - low >= SQUEEZED_PART * (high - low):
        return None
    return f"nine of ten voxels lie below {ninth:.4g}, and one in fifty above {high:.4g}: the rest has no contrast left"


def why_saturated(array: Array, *, stripped: bool) -> str | None:
    """Reason why an image (x, y, z; background 0) looks cut at a largest grey value, or at a smallest one, or `None`.

    The smallest is looked for in `stripped` images of 8 bits alone: a head has dark bone and air in it.
    """
    tissue = max(int(np.count_nonzero(array)), 1)
    highest = float(array.max())
    eight_bit = 200 < highest <= 255 and float(array.min()) >= 0 and bool((sampled(array) % 1 == 0).all())
    at_top = array == highest
    count = int(at_top.sum())
    # A region that was painted in one value stands apart; a cut histogram reaches its edge.
    if (
        count >= _FEWEST_SATURATED
        and count > (SATURATED_SHARE_OF_8_BITS if eight_bit else SATURATED_SHARE) * tissue
        and float(array[~at_top].max()) >= highest * (1 - _REACH)
    ):
        return f"{count / tissue:.1%} of its voxels have its largest value, {highest:g}: what was brighter is lost"
    if not (eight_bit and stripped):
        return None
    present = array > 0
    outline = np.stack([ndimage.binary_fill_holes(present[:, :, index]) for index in range(array.shape[2])], axis=-1)
    dark = float((outline & ~present).sum()) / tissue
    if dark > DARK_SHARE_OF_8_BITS:
        return (
            f"256 grey values, and inside the head voxels of 0 as many as {dark:.1%} of the others: a picture's window?"
        )
    return None


def why_empty_slices(array: Array) -> str | None:
    """Reason why slices of an image (x, y, z) look lost, or `None`: of one value, between others that are not."""
    for axis, name in enumerate(("sagittal", "coronal", "axial")):
        others = tuple(other for other in range(3) if other != axis)
        varied = np.flatnonzero(array.max(axis=others) > array.min(axis=others))
        lost = sorted(set(range(int(varied[0]), int(varied[-1]))) - set(varied.tolist())) if varied.size else []
        if lost:
            count = f"{len(lost)} {name} {'slice holds' if len(lost) == 1 else 'slices hold'}"
            return f"{count} one value, between others that do not: the first is voxel {lost[0]} of {array.shape[axis]}"
    return None


def without_strays(values: Array) -> tuple[Array, int]:
    """Values with those beyond `bounds_of` them brought to the others' extremes, and how many those are."""
    chosen = values[:: max(1, values.size // 100_000)]
    outside = beyond(values, bounds_of(chosen))
    if outside is None:
        return values, 0
    return bring_in(values, outside), int(outside.sum())
