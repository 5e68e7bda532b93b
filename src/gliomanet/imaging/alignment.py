"""Contrasts of one case onto the reference: rigid registration, or the check that it is rightly declared needless."""

from __future__ import annotations

from itertools import product

import numpy as np

from gliomanet.imaging.foreground import foreground
from gliomanet.imaging.registration import register
from gliomanet.imaging.similarity import NAME, normalized_mutual_information
from gliomanet.imaging.volume import Matrix, Volume, resample

SHIFT_MM = 8.0
LEAST_SIMILARITY = 0.02
MOST_GAIN = 1.1
_CHECK_MM = 4.0


def coregister(reference: Volume, moving: Volume, working_mm: float, *, seed: int) -> Matrix:
    """The rigid transform that carries reference RAS mm to `moving` RAS mm.

    Scanner coordinates of one session are nearly right, and those of separate exports are not: of both starts, the
    headers as they are and centre of mass on centre of mass, the one of higher similarity at 4 mm is taken.
    """
    start = best_start(reference, moving)
    fixed_grid, moving_grid = reference.grid.isotropic(working_mm), moving.grid.isotropic(working_mm)
    return register(
        Volume(resample(reference, fixed_grid), fixed_grid),
        Volume(resample(moving, moving_grid), moving_grid),
        "Rigid",
        seed=seed,
        initial=start,
    )


def best_start(fixed: Volume, moving: Volume) -> Matrix:
    """Identity, or the translation between centres of mass, whichever makes the images more alike."""
    grid = fixed.grid.isotropic(_CHECK_MM)
    coarse = Volume(resample(fixed, grid), grid)
    inside = foreground(coarse)
    coarse_moving = Volume(resample(moving, moving.grid.isotropic(_CHECK_MM)), moving.grid.isotropic(_CHECK_MM))
    centred = np.eye(4)
    centred[:3, 3] = centre_of_mass(coarse_moving) - centre_of_mass(coarse)
    starts = (np.eye(4), centred)
    alike = [
        normalized_mutual_information(coarse.array, resample(coarse_moving, grid, start), inside) for start in starts
    ]
    return starts[int(np.argmax(alike))]


def centre_of_mass(volume: Volume) -> Matrix:
    """Centre of the foreground, RAS mm (3,)."""
    voxels = np.argwhere(foreground(volume))
    centre = voxels.mean(axis=0) if len(voxels) else (np.array(volume.grid.shape) - 1) / 2
    placed: Matrix = volume.grid.affine[:3, :3] @ centre + volume.grid.affine[:3, 3]
    return placed


def misalignment(reference: Volume, other: Volume) -> str | None:
    """Why two contrasts that are declared aligned are not, with the figures; `None` where they are.

    They must share one grid, be alike at all, and not be clearly more alike after a shift of `SHIFT_MM` along an axis.
    """
    if not reference.grid.matches(other.grid):
        return f"grids differ: {_size(reference)} and {_size(other)}"
    grid = reference.grid.isotropic(_CHECK_MM)
    coarse, coarse_other = resample(reference, grid), Volume(resample(other, grid), grid)
    inside = foreground(Volume(coarse, grid))
    here = normalized_mutual_information(coarse, coarse_other.array, inside)
    if here < LEAST_SIMILARITY:
        return f"{NAME} is {here:.3f}; allowed: at least {LEAST_SIMILARITY}"
    gains = {}
    for axis, sign in product(range(3), (-1, 1)):
        shift = np.eye(4)
        shift[axis, 3] = sign * SHIFT_MM
        moved = resample(coarse_other, grid, shift)
        gains["xyz"[axis], sign] = normalized_mutual_information(coarse, moved, inside) / here
    (axis_name, sign), gain = max(gains.items(), key=lambda item: item[1])
    if gain > MOST_GAIN:
        shift_text = f"{sign * SHIFT_MM:g} mm along {axis_name}"
        return f"{NAME} grows from {here:.3f} to {here * gain:.3f} when one is shifted by {shift_text}"
    return None


def _size(volume: Volume) -> str:
    shape, spacing = volume.grid.shape, volume.grid.spacing
    return " x ".join(map(str, shape)) + " voxels of " + " x ".join(f"{s:.3g}" for s in spacing) + " mm"
