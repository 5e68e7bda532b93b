"""One patient's anatomy: the MNI152 tissue maps of the nilearn wheel, smoothly deformed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Array = NDArray[np.float32]

SPACING_MM = 2.0
_BOTTOM_PAD = 14  # voxels below the template, where the neck of an unstripped head goes on
_MARGIN = 10  # voxels around the brain or head: room for scaling, shift and displacement
_SCALP_MM = 13.0


@dataclass(frozen=True)
class Anatomy:
    """Tissue of one patient on a grid of 2 mm; arrays are (x, y, z)."""

    gm: Array
    wm: Array
    csf: Array
    brain: Array
    """Share of brain (CSF inside the skull included); the brain mask is where it is at least one half."""
    affine: NDArray[np.float64]
    brain_distance: Array | None
    """Distance outside the brain in mm; only with a head."""
    head: Array | None
    """Signed distance to the skin in mm, negative inside; only with a head."""
    eyes: Array | None
    """Signed distance to the eyeballs in mm, negative inside; only with a head."""


def draw_anatomy(
    location_mm: Sequence[float], mass_effect_mm: float, with_head: bool, rng: np.random.Generator
) -> Anatomy:
    """Draw a deformed MNI152 anatomy: random scaling and rotation, smooth displacement, and a tumour's mass effect.

    Args:
        location_mm: the tumour's centre (x, y, z), which tissue is pushed away from.
        mass_effect_mm: largest displacement by the tumour.
        with_head: also deform the skull, scalp and eyes.
        rng: the source of every draw.
    """
    template = _template()
    grid_affine, shape = _grid(with_head)
    axes = [grid_affine[i, 3] + SPACING_MM * np.arange(n) for i, n in enumerate(shape)]
    mm = np.stack(np.meshgrid(*axes, indexing="ij")).astype(np.float32)

    shift = _mass_effect(mm, location_mm, mass_effect_mm)
    matrix = _near_identity(rng)
    offset = np.clip(rng.normal(0, 2.0, 3), -5, 5)
    warped = np.einsum("ij,jxyz->ixyz", matrix, mm).astype(np.float32)
    for axis in range(3):
        warped[axis] += 3.5 * smooth_field(shape, 5, rng) + np.float32(offset[axis]) - shift[axis]
    voxel = (warped - template.affine[:3, 3].astype(np.float32)[:, None, None, None]) / np.float32(SPACING_MM)

    def deform(image: Array, outside: float = 0.0) -> Array:
        return np.asarray(ndimage.map_coordinates(image, voxel, order=1, mode="constant", cval=outside), np.float32)

    gm, wm, brain = deform(template.gm), deform(template.wm), deform(template.brain)
    gm, wm, csf = _sharpen(gm, wm, brain)
    head = (
        (deform(template.brain_distance, 99.0), deform(template.head, 99.0), deform(template.eyes, 99.0))
        if with_head
        else (None, None, None)
    )
    return Anatomy(gm, wm, csf, brain, grid_affine, *head)


def smooth_field(shape: Sequence[int], modes: int, rng: np.random.Generator) -> Array:
    """Draw a smooth field over a grid (x, y, z) with mean 0 and standard deviation 1, made of low cosine modes.

    Args:
        shape: the grid's shape.
        modes: cosine modes an axis, the constant one included; higher ones are weaker.
        rng: the source of the coefficients.
    """
    orders = np.arange(modes)
    decay = 1.0 / (1.0 + np.add.outer(np.add.outer(orders, orders), orders))
    coefficients = rng.standard_normal((modes, modes, modes)) * decay
    coefficients[0, 0, 0] = 0.0
    bases = [np.cos(np.pi * np.outer(orders, (np.arange(n) + 0.5) / n)) for n in shape]
    field = np.einsum("abc,ax->xbc", coefficients, bases[0])
    field = np.einsum("xbc,by->xyc", field, bases[1])
    field = np.einsum("xyc,cz->xyz", field, bases[2])
    return np.asarray(field / field.std(), dtype=np.float32)


# ---------------------------------------------------------------------------------------------- the template


@dataclass(frozen=True)
class _Template:
    gm: Array
    wm: Array
    brain: Array
    brain_distance: Array
    head: Array
    eyes: Array
    affine: NDArray[np.float64]


@lru_cache(maxsize=1)
def _template() -> _Template:
    from nilearn import datasets  # here: the import alone takes a second

    def load(image: Any) -> Array:
        pad = ((0, 0), (0, 0), (_BOTTOM_PAD, 0))
        return np.pad(np.asarray(image.dataobj, dtype=np.float32), pad)

    mask = datasets.load_mni152_brain_mask(resolution=int(SPACING_MM))
    gm = load(datasets.load_mni152_gm_template(resolution=int(SPACING_MM)))
    wm = load(datasets.load_mni152_wm_template(resolution=int(SPACING_MM)))
    brain = load(mask)
    affine = np.array(mask.affine, dtype=np.float64)
    affine[2, 3] -= _BOTTOM_PAD * SPACING_MM

    distance = ndimage.distance_transform_edt(brain < 0.5, sampling=SPACING_MM).astype(np.float32)
    axes = [affine[i, 3] + SPACING_MM * np.arange(n) for i, n in enumerate(brain.shape)]
    x, y, z = np.meshgrid(*axes, indexing="ij", sparse=True)
    face = _ellipsoid(x, y, z, (0, 20, -72), (66, 78, 58))
    neck = _ellipsoid(x, y, z, (0, -35, -115), (60, 62, 70))
    head = np.minimum(np.minimum(distance - _SCALP_MM, face), neck)
    left, right = (_ellipsoid(x, y, z, (side * 33, 60, -42), (12, 12, 12)) for side in (-1, 1))
    eyes = np.minimum(left, right)
    head = np.minimum(head, eyes - 4)
    return _Template(gm, wm, brain, distance, head.astype(np.float32), eyes.astype(np.float32), affine)


def _ellipsoid(x: Any, y: Any, z: Any, center: Sequence[float], radii: Sequence[float]) -> NDArray[np.float64]:
    """Approximate signed distance in mm, negative inside."""
    r = np.sqrt(sum(((v - c) / a) ** 2 for v, c, a in zip((x, y, z), center, radii, strict=True)))
    return np.asarray((r - 1.0) * min(radii))


def _grid(with_head: bool) -> tuple[NDArray[np.float64], tuple[int, int, int]]:
    """The patient's grid: the template's voxels, from a margin before the brain (the head) to a margin behind it."""
    template = _template()
    affine = template.affine.copy()
    inside = np.argwhere(template.head < 0 if with_head else template.brain > 0.5)
    low, high = inside.min(0) - _MARGIN, inside.max(0) + _MARGIN + 1
    if with_head:
        low[2] = 0  # the picture ends at the neck
    affine[:3, 3] += SPACING_MM * low
    nx, ny, nz = (int(n) for n in high - low)
    return affine, (nx, ny, nz)


# ------------------------------------------------------------------------------------------- the deformation


_LEAST_VOLUME_SCALE = 0.88
"""Volume of the template over the patient's, at least."""


def _near_identity(rng: np.random.Generator) -> NDArray[np.float64]:
    """Template from patient: scaling by about 4 % an axis and rotation by about 2 degrees."""
    ax, ay, az = np.deg2rad(rng.normal(0, 2.0, 3))
    rotation = np.array([[1, -az, ay], [az, 1, -ax], [-ay, ax, 1]])
    scale = np.clip(rng.normal(1, 0.035, 3), 0.92, 1.09)
    # The template's brain is a large one already: three large draws at once would make one that no adult has.
    scale *= max(1.0, _LEAST_VOLUME_SCALE / float(scale.prod())) ** (1 / 3)
    return np.asarray(rotation * scale[None, :])


def _mass_effect(mm: Array, center: Sequence[float], amplitude: float) -> Array:
    """Outward displacement (axis, x, y, z) in mm: rises to `amplitude` at 28 mm from the centre, then fades."""
    width = np.float32(28.0)
    offset = mm - np.asarray(center, dtype=np.float32)[:, None, None, None]
    relative = np.einsum("ixyz,ixyz->xyz", offset, offset) / width**2
    profile = np.exp(0.5 * (1 - relative)) * np.float32(amplitude) / width
    return np.asarray(offset * profile, dtype=np.float32)


def _sharpen(gm: Array, wm: Array, brain: Array) -> tuple[Array, Array, Array]:
    """Tissue shares that sum to `brain`, pushed towards one tissue a voxel.

    The template's maps average 152 people; a single head is crisper.
    """
    csf = np.clip(brain - gm - wm, 0, 1)
    total = np.maximum(gm**2 + wm**2 + csf**2, np.float32(1e-6))
    return gm**2 / total * brain, wm**2 / total * brain, csf**2 / total * brain
