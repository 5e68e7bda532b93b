"""A tumour grown along the tissue of one patient, and its compartments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from gliomanet.phantom.anatomy import SPACING_MM, Anatomy

if TYPE_CHECKING:
    from gliomanet.phantom.appearance import Appearance

Array = NDArray[np.float32]

CORE, OEDEMA, ENHANCING = 1, 2, 4
"""Codes of the tumour mask; the core holds necrosis and viable tumour that does not enhance."""

_VOXEL_ML = SPACING_MM**3 / 1000
_NEVER = 1e4  # arrival times are in voxels of white matter: far beyond any tumour


@dataclass(frozen=True)
class Tumour:
    """A tumour on the patient's 2 mm grid; arrays are (x, y, z) of the box `window`, outside of which there is none."""

    window: tuple[slice, slice, slice]
    codes: NDArray[np.uint8]
    necrosis: NDArray[np.bool_]
    calcified: NDArray[np.bool_]
    fading: Array
    """Depth of a voxel in the oedema: 0 at the core, 1 at the outer border."""
    texture: Array
    """Smooth noise with standard deviation 1, for the signal's variation inside the tumour."""


def grow_tumour(
    anatomy: Anatomy, location_mm: Sequence[float], appearance: Appearance, is_cortical: bool, rng: np.random.Generator
) -> Tumour:
    """Grow core and oedema to their planned volumes, by fast marching through a speed map of the tissue.

    The core grows almost evenly, the oedema along white matter. Neither leaves the brain.

    Args:
        anatomy: the patient's tissue.
        location_mm: planned start; the nearest white (cortical: grey) matter is taken.
        appearance: volumes and shares of the compartments.
        is_cortical: start in the cortex.
        rng: the source of the irregularity.
    """
    start = _nearest_tissue(anatomy, location_mm, anatomy.gm if is_cortical else anatomy.wm)
    core_size = round(appearance.core_ml / _VOXEL_ML)
    whole_size = round(appearance.core_ml * (1 + appearance.oedema_ratio) / _VOXEL_ML)
    window = _window(start, whole_size, anatomy.brain.shape)
    seed = tuple(s - w.start for s, w in zip(start, window, strict=True))
    gm, wm, csf = anatomy.gm[window], anatomy.wm[window], anatomy.csf[window]
    inside = anatomy.brain[window] >= 0.5
    shape = inside.shape

    irregular = np.exp(0.3 * _noise(shape, 3.0, rng))
    core_time = _arrival((wm + 0.8 * gm + 0.12 * csf) * irregular * inside, seed)
    core = _earliest(core_time, core_size, inside)
    fingers = np.exp(0.35 * _noise(shape, 2.5, rng))
    speed = (wm + 0.2 * gm + 0.03 * csf) * fingers * inside
    # Inside the core the front runs free, so that the oedema's times count from the core's border.
    time = _arrival(np.where(core, np.float32(40), speed), seed)
    whole = core | _earliest(time, whole_size, inside)

    depth = ndimage.distance_transform_edt(core, sampling=SPACING_MM) + 1.2 * _noise(shape, 1.5, rng)
    necrosis = core & _highest(depth, round(appearance.necrosis * core.sum()), core)
    viable = core & ~necrosis
    patches = _noise(shape, 2.0, rng)
    if appearance.necrosis > 0.05:  # a ring: what lies closest to the necrosis enhances first
        distance = ndimage.distance_transform_edt(~necrosis, sampling=SPACING_MM).astype(np.float32)
        patches = np.asarray(0.8 * patches - distance / 2, dtype=np.float32)
    enhancing = _highest(patches, round(appearance.enhancing * viable.sum()), viable)
    grains = _noise(shape, 0.8, rng)
    calcified = _highest(grains, round(appearance.calcification * viable.sum()), viable)

    codes = np.zeros(shape, np.uint8)
    codes[whole] = OEDEMA
    codes[core] = CORE
    codes[enhancing] = ENHANCING
    outer = whole & ~core
    last = float(time[outer].max()) if outer.any() else 1.0
    first = float(time[outer].min()) if outer.any() else 0.0
    fading = np.clip((time - first) / max(last - first, 1e-6), 0, 1).astype(np.float32)
    return Tumour(window, codes, necrosis, calcified, fading, _noise(shape, 1.6, rng))


def _nearest_tissue(anatomy: Anatomy, location_mm: Sequence[float], tissue: Array) -> tuple[int, int, int]:
    candidates = np.argwhere((tissue > 0.6) & (anatomy.brain >= 0.99))
    wanted = (np.asarray(location_mm) - anatomy.affine[:3, 3]) / SPACING_MM
    x, y, z = candidates[np.argmin(((candidates - wanted) ** 2).sum(1))]
    return int(x), int(y), int(z)


def _window(start: Sequence[int], size: int, shape: Sequence[int]) -> tuple[slice, slice, slice]:
    """A box that holds the tumour with room for fingers and blurred margins."""
    reach = int(np.ceil(2.2 * (3 * size / (4 * np.pi)) ** (1 / 3))) + 6
    x, y, z = (slice(max(s - reach, 0), min(s + reach + 1, n)) for s, n in zip(start, shape, strict=True))
    return x, y, z


def _arrival(speed: NDArray[np.floating], seed: Sequence[int]) -> Array:
    """Arrival times (x, y, z) of a front that starts at `seed` (fast marching); `_NEVER` where it does not come."""
    import SimpleITK  # here: the import takes longer than a plan

    marching: Any = SimpleITK.FastMarchingImageFilter()  # type: ignore[no-untyped-call]
    marching.SetTrialPoints([[int(s) for s in seed[::-1]]])  # the array is handed over as (x, y, z) → ITK's (z, y, x)
    marching.SetStoppingValue(_NEVER)
    image = SimpleITK.GetImageFromArray(np.ascontiguousarray(speed, dtype=np.float32))
    times = SimpleITK.GetArrayFromImage(marching.Execute(image))  # float64, the largest number where never reached
    return np.asarray(np.minimum(times, _NEVER), dtype=np.float32)


def _earliest(times: Array, count: int, allowed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return _highest(-times, count, allowed & (times < _NEVER))


def _highest(values: NDArray[np.floating], count: int, allowed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The `count` allowed voxels with the highest values (all allowed ones where there are fewer)."""
    chosen = np.zeros(allowed.shape, bool)
    candidates = values[allowed]
    count = min(count, candidates.size)
    if count > 0:
        chosen_flat = np.zeros(candidates.size, bool)
        chosen_flat[np.argsort(-candidates, kind="stable")[:count]] = True
        chosen[allowed] = chosen_flat
    return chosen


def _noise(shape: Sequence[int], sigma: float, rng: np.random.Generator) -> Array:
    """Gaussian noise smoothed by `sigma` voxels, with mean 0 and standard deviation 1."""
    noise = ndimage.gaussian_filter(rng.standard_normal(shape, dtype=np.float32), sigma, mode="wrap")
    return np.asarray((noise - noise.mean()) / noise.std(), dtype=np.float32)
