"""Appearance of a modality: the brightness of the atlas' tissues in it, by which one modality is told from another."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import ndimage

from gliomanet.imaging.registration.head_pose import Fit, coarse, head_tissues
from gliomanet.imaging.volume import Array, Float, Volume

SPACING_MM = 4.0
LEAST_EXPLAINED = 0.4
"""Share of variance from which a pose is believed: real images .45 to .87, phantoms .41 to .89, wrong poses 0."""

_SHARE = {"grey": 0.7, "white": 0.8, "fluid": 0.7}
_BRAIN_SHARE = 0.8
_MIDDLE_MM = 2.0
_DEEP_MM = 10.0
_TAILS = (0.1, 0.3)
_FEWEST_VOXELS = 40
_ROUNDS = 4
_QUADRATIC = slice(1, 10)


@dataclass(frozen=True)
class Appearance:
    """Values of an image at the places of the atlas' tissues.

    Each is a pair of values: a tumour, its oedema and what they push aside are seldom in both hemispheres.

    Attributes:
        fluid: cerebrospinal fluid less white matter (left, right), as shares of the brain's 2nd to 98th percentile,
            after what looks like a bias field was taken off.
        white: white less grey matter (left, right), on the same scale.
        values: the image at the voxels of `_places`, for comparison with others; NaN outside its field of view.
    """

    fluid: tuple[float, float]
    white: tuple[float, float]
    values: Float


def appearance_of(volume: Volume, pose: Fit) -> Appearance | None:
    """The appearance of an image; None where its pose is in doubt, or it shows too little of the brain.

    Args:
        volume: a modality, stripped or with skull, background 0.
        pose: RAS mm of the atlas → RAS mm of the image, as `find_poses` or preprocessing found it.
    """
    if pose.explained < LEAST_EXPLAINED:
        return None
    places, image = _places(), coarse(volume)
    grid = head_tissues(SPACING_MM).grid
    pull = np.linalg.inv(image.grid.affine) @ pose.matrix @ grid.affine
    seen = ndimage.affine_transform(
        image.array, pull[:3, :3], pull[:3, 3], output_shape=grid.shape, output=np.float32, order=1
    )
    # A stripped image is exactly 0 where it shows nothing, and so is what lies outside the field of view.
    values: Float = np.where(seen == 0, np.nan, seen)[places.inside].astype(np.float32)
    known = np.isfinite(values)
    if known.sum() < known.size / 2:
        return None
    even = _without_bias(values, known)
    low, high = np.percentile(even[known], [2, 98])
    if not high > low:
        return None
    medians: dict[str, list[float]] = {}
    for tissue, where in places.tissues.items():
        for side in places.sides:
            found = even[where & side & known]
            if found.size < _FEWEST_VOXELS:
                return None
            medians.setdefault(tissue, []).append(float(np.median(found)) / float(high - low))
    left, right = ({tissue: both[side] for tissue, both in medians.items()} for side in (0, 1))
    return Appearance(
        fluid=(left["fluid"] - left["white"], right["fluid"] - right["white"]),
        white=(left["white"] - left["grey"], right["white"] - right["grey"]),
        values=values,
    )


def enhancement(first: Appearance, second: Appearance) -> tuple[float, float]:
    """The extent of bright places that the second image of a head has and the first lacks, (left, right).

    Contrast agent brightens vessels, choroid plexus and tumour, and darkens nothing. So each image is predicted from
    the other by tissue and place, and the outliers are compared: the logarithm of the upper over the lower tail of the
    second's residuals, less that of the first's, halved. It changes its sign with the order of the images, and knows no
    gain, offset or bias field.
    """
    places = _places()
    # At the surface, fluid that fills a voxel in part is an outlier of either image.
    known = np.isfinite(first.values) & np.isfinite(second.values) & (places.depth >= _DEEP_MM)
    scores = []
    for side in places.sides:
        inside = known & side
        if inside.sum() < 10 * _FEWEST_VOXELS:
            return 0.0, 0.0
        of_second = _residual(second.values, first.values, inside)
        of_first = _residual(first.values, second.values, inside)
        scores.append(float(np.mean([_asymmetry(of_second, tail) - _asymmetry(of_first, tail) for tail in _TAILS])) / 2)
    return scores[0], scores[1]


@dataclass(frozen=True)
class _Places:
    """Voxels of the atlas' brain on a grid of `SPACING_MM`: all arrays but `inside` (x, y, z) are (n, …) of them."""

    inside: Array
    tissues: dict[str, Array]
    sides: tuple[Array, Array]
    depth: Float
    """Distance from the brain's surface in mm."""
    around: Float
    """Columns that explain a bias field and tissue: place and its squares, shares of grey and white matter."""


@lru_cache(maxsize=1)
def _places() -> _Places:
    atlas = head_tissues(SPACING_MM)
    shares = np.zeros((*atlas.grid.shape, 3), np.float32)
    shares[atlas.inside] = atlas.basis[:, :3]
    inside = shares.sum(axis=-1) > _BRAIN_SHARE
    index = np.argwhere(inside)
    across = index @ atlas.grid.affine[0, :3] + atlas.grid.affine[0, 3]
    place = index / np.array(inside.shape) * 2 - 1
    squares = [place[:, i] * place[:, j] for i in range(3) for j in range(i, 3)]
    grey, white, fluid = shares[inside].T
    return _Places(
        inside=inside,
        tissues={
            "grey": grey > _SHARE["grey"],
            "white": white > _SHARE["white"],
            "fluid": fluid > _SHARE["fluid"],
        },
        sides=(across < -_MIDDLE_MM, across > _MIDDLE_MM),
        depth=(ndimage.distance_transform_edt(inside)[inside] * SPACING_MM).astype(np.float32),
        around=np.stack([np.ones(len(index)), *place.T, *squares, grey, white], -1).astype(np.float32),
    )


def _without_bias(values: Float, known: Array) -> Float:
    """The values less the quadratic of place in them, which is fitted along with tissue."""
    around = _places().around[known]
    coefficients, _ = _robust_fit(around, values[known].astype(np.float64))
    even = values.copy()
    even[known] -= around[:, _QUADRATIC] @ coefficients[_QUADRATIC]
    return even


def _residual(values: Float, other: Float, inside: Array) -> Float:
    """The residual of a robust regression of an image on another, tissue and place, in robust deviations of itself."""
    y, x = _standardised(values[inside]), np.clip(_standardised(other[inside]), -0.8, 0.8)
    around = _places().around[inside]
    columns = np.concatenate([around, np.stack([x, x**2, x**3], -1), x[:, None] * around[:, 1:4]], axis=1)
    _, left = _robust_fit(columns, y)
    return left


def _robust_fit(columns: Float, y: Float) -> tuple[Float, Float]:
    """Coefficients of a regression that leaves outliers out, and its residual in robust deviations of itself."""
    columns, weights = columns.astype(np.float64), np.ones(len(y))
    for _ in range(_ROUNDS):
        weighted = columns * weights[:, None]
        coefficients = np.linalg.lstsq(weighted.T @ columns, weighted.T @ y, rcond=1e-9)[0]
        left = y - columns @ coefficients
        left = left - np.median(left)
        spread = max(1.4826 * float(np.median(np.abs(left))), 1e-9)
        weights = (np.abs(left) < 2.5 * spread).astype(float)
    return coefficients, left / spread


def _standardised(values: Float) -> Float:
    low, middle, high = np.percentile(values, [5, 50, 95])
    scaled: Float = np.clip((values - middle) / max(float(high - low), 1e-9), -1.5, 3).astype(np.float64)
    return scaled


def _asymmetry(residual: Float, tail: float) -> float:
    low, high = np.percentile(residual, [tail, 100 - tail])
    return float(np.log(max(high, 1e-6) / max(-low, 1e-6)))
