"""The atlas' outline of a brain, moved to the edge that the images of this one head show.

The affine's outline is smooth and some millimetres off where a head is not the average head. What brain, CSF and
everything around them look like in these very images is learnt from voxels that the outline is sure of, deep inside
and well outside; the uncertain shell between them is then cut where appearance, nearness to the outline and a small
surface agree best. Nothing is learnt across cases, so there are no weights, and any set of modalities will do.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from scipy import ndimage
from sklearn.ensemble import ExtraTreesClassifier

from gliomanet.errors import RegistrationError
from gliomanet.imaging.foreground import Mask, filled_piece
from gliomanet.imaging.registration.atlas import atlas
from gliomanet.imaging.volume import Array, Float, Grid, Matrix, Volume, resample

WORKING_MM = 2.0
INSIDE_MM, OUTSIDE_MM = -4.0, 8.0
"""Signed distances from the atlas' outline beyond which a voxel is an example of brain, or of what is not."""

_BAND_MM = 12.0  # how far beyond OUTSIDE_MM examples are taken: skull and scalp, not the room
_FREE_MM = 4.0  # how far into the examples the edge may still move
_TRUST_MM = 4.0  # a voxel this far from the atlas' outline has odds of e : 1 by that alone
_SURFACE = 6.0  # mm; the weight of the surface's area
_EXAMPLES, _TREES, _LEAF = 30_000, 60, 20
_SURE = 0.98
_STEPS = 120


def refine_brain(modalities: Sequence[Volume], matrix: Matrix, *, seed: int) -> Mask:
    """The brain with the CSF around it, as these modalities show it, near the atlas' outline.

    Args:
        modalities: one or more modalities of the head on one grid, bias-corrected where possible.
        matrix: (4, 4), image RAS mm → atlas RAS mm; good to about a centimetre.
        seed: of the examples drawn, and of the trees.

    Returns:
        The mask (x, y, z) on the modalities' grid: one piece without holes.

    Raises:
        RegistrationError: the atlas' brain, or all that is around it, lies outside the image.
    """
    home = modalities[0].grid
    grid, distance = _near_brain(_coarser(home), matrix)
    features = np.concatenate([_appearance(volume, grid) for volume in modalities], axis=-1)
    inside = _probability_inside(features, distance, seed)
    cost = np.log(1 - inside) - np.log(inside) + distance / _TRUST_MM
    share = smallest_surface(
        cost.astype(np.float32),
        (_SURFACE / grid.spacing[0], _SURFACE / grid.spacing[1], _SURFACE / grid.spacing[2]),
        start=(distance < 0).astype(np.float32),
        sure_inside=distance < INSIDE_MM - _FREE_MM,
        sure_outside=distance > OUTSIDE_MM + _FREE_MM,
    )
    return filled_piece(resample(Volume(share, grid), home) > 0.5)


def smallest_surface(
    cost: Float,
    weights: tuple[float, float, float],
    *,
    start: Float,
    sure_inside: Mask,
    sure_outside: Mask,
    steps: int = _STEPS,
) -> Float:
    """The share u (x, y, z) between 0 and 1 that minimises Σ cost·u + Σ |weights·∇u|; its 0.5 level is the best cut.

    Args:
        cost: of each voxel being inside; negative where it had better be.
        weights: of a jump of 1 between neighbours along x, y and z.
        start: first guess of u.
        sure_inside: voxels that stay 1.
        sure_outside: voxels that stay 0.
        steps: of the primal-dual iteration.

    The relaxation has the minimum cut as its threshold: Chan et al., SIAM J. Appl. Math. 66:1632 (2006),
    10.1137/040615286; solved as in Chambolle & Pock, J. Math. Imaging Vis. 40:120 (2011), 10.1007/s10851-010-0251-1.
    """
    step = np.float32(1 / np.sqrt(4 * sum(weight**2 for weight in weights)))
    share = np.where(sure_inside, 1, np.where(sure_outside, 0, start)).astype(np.float32)
    ahead = share.copy()
    flows = [np.zeros_like(share) for _ in weights]
    for _ in range(steps):
        for axis, weight in enumerate(weights):
            _all_but_last(flows[axis], axis)[...] += step * np.float32(weight) * np.diff(ahead, axis=axis)
        length = np.maximum(1, np.sqrt(flows[0] ** 2 + flows[1] ** 2 + flows[2] ** 2))
        change = -cost
        for axis, weight in enumerate(weights):
            flows[axis] /= length
            flow = np.float32(weight) * flows[axis]
            change += flow
            _all_but_first(change, axis)[...] -= _all_but_last(flow, axis)
        new = np.clip(share + step * change, 0, 1)
        new[sure_inside] = 1
        new[sure_outside] = 0
        ahead, share = 2 * new - share, new
    return share


def _all_but_last(array: Float, axis: int) -> Float:
    view: Float = np.moveaxis(array, axis, 0)[:-1]
    return np.moveaxis(view, 0, axis)


def _all_but_first(array: Float, axis: int) -> Float:
    view: Float = np.moveaxis(array, axis, 0)[1:]
    return np.moveaxis(view, 0, axis)


def _coarser(grid: Grid) -> Grid:
    """Voxels of at least `WORKING_MM` along each of the grid's own axes: thick slices are not cut into thinner ones."""
    size, spacing = np.array(grid.shape) * grid.spacing, np.maximum(grid.spacing, WORKING_MM)
    x, y, z = (int(n) for n in np.maximum(np.ceil(size / spacing - 1e-6), 1))
    affine = grid.affine.copy()
    affine[:3, :3] *= spacing / grid.spacing
    # The same centre: the voxels that stand over are shared between both ends.
    affine[:3, 3] += grid.affine[:3, :3] @ (np.array(grid.shape) - 1) / 2
    affine[:3, 3] -= affine[:3, :3] @ (np.array([x, y, z]) - 1) / 2
    return Grid((x, y, z), affine)


def _near_brain(grid: Grid, matrix: Matrix) -> tuple[Grid, Float]:
    """The part of a grid that matters, and the signed distance there from the atlas' outline, in mm."""
    reach = OUTSIDE_MM + _BAND_MM
    distance = resample(_atlas_distance(), grid, matrix, fill=reach + 1)
    for name, found in (
        ("brain lies", distance < INSIDE_MM),
        ("surroundings lie", (distance > OUTSIDE_MM) & (distance < reach)),
    ):
        if not found.any():
            raise RegistrationError(f"the atlas' {name} outside the image: the registration to the atlas has failed")
    inside = np.argwhere(distance < reach)
    low, high = inside.min(axis=0), inside.max(axis=0) + 1
    affine = grid.affine.copy()
    affine[:3, 3] += affine[:3, :3] @ low
    x, y, z = (int(n) for n in high - low)
    box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    return Grid((x, y, z), affine), np.ascontiguousarray(distance[box])


@lru_cache(maxsize=1)
def _atlas_distance() -> Volume:
    """Signed distance in mm from the atlas brain's outline, negative inside, with room for all that is asked of it."""
    _, mask = atlas(WORKING_MM)
    pad = int(np.ceil((OUTSIDE_MM + _BAND_MM) / WORKING_MM)) + 1
    affine = mask.grid.affine.copy()
    affine[:3, 3] -= affine[:3, :3] @ np.full(3, pad)
    return Volume.of(signed_distance(np.pad(mask.array, pad) > 0, mask.grid.spacing), affine)


def signed_distance(mask: Array, spacing_mm: tuple[float, float, float]) -> Float:
    """Distance in mm from a mask's outline (x, y, z), negative inside; 0 lies between the voxels of both sides."""
    inside = mask.astype(bool)
    outside_mm = ndimage.distance_transform_edt(~inside, sampling=spacing_mm)
    inside_mm = ndimage.distance_transform_edt(inside, sampling=spacing_mm)
    return (outside_mm - inside_mm).astype(np.float32)


def _appearance(volume: Volume, grid: Grid) -> Float:
    """Appearance of a voxel and its surroundings: value, means over two neighbourhoods, spread; (x, y, z, 4)."""
    value = resample(volume, grid)

    def mean(array: Float, sigma_mm: float) -> Float:
        blurred: Float = ndimage.gaussian_filter(array, [sigma_mm / spacing for spacing in grid.spacing])
        return blurred

    near = mean(value, 2.0)
    spread = np.sqrt(np.maximum(mean(value * value, 2.0) - near * near, 0))
    return np.stack([value, near, mean(value, 4.0), spread], axis=-1)


def _probability_inside(features: Float, distance: Float, seed: int) -> Float:
    """The probability (x, y, z) that a voxel is inside by its looks alone; both classes count alike.

    Extremely randomised trees: Geurts et al., Mach. Learn. 63:3 (2006), 10.1007/s10994-006-6226-1.
    """
    sure = (distance < INSIDE_MM) | ((distance > OUTSIDE_MM) & (distance < OUTSIDE_MM + _BAND_MM))
    known = np.flatnonzero(sure)
    rng = np.random.default_rng(seed)
    drawn = known[np.sort(rng.choice(known.size, min(known.size, _EXAMPLES), replace=False))]
    flat = features.reshape(-1, features.shape[-1])
    trees = ExtraTreesClassifier(
        _TREES, min_samples_leaf=_LEAF, class_weight="balanced", random_state=seed % 2**32, n_jobs=1
    )
    trees.fit(flat[drawn], distance.ravel()[drawn] < 0)
    inside = (distance < 0).astype(np.float32)
    asked = (distance > INSIDE_MM - _FREE_MM) & (distance < OUTSIDE_MM + _FREE_MM)
    inside[asked] = trees.predict_proba(flat[asked.ravel()])[:, list(trees.classes_).index(True)]
    return np.clip(inside, 1 - _SURE, _SURE)
