"""Modalities of one case onto the reference: rigid registration, and the check that they lie where they should."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gliomanet.errors import Problem
from gliomanet.imaging.foreground import Mask, foreground
from gliomanet.imaging.registration.mutual_information import Level, fit
from gliomanet.imaging.registration.similarity import NAME, normalized_mutual_information
from gliomanet.imaging.volume import Matrix, Volume, resample

LEAST_SIMILARITY = 0.02
MOST_DRIFT_MM = 3.0
LEAST_GAIN = 1.03
_CHECK_MM = 4.0
_HEAD = (Level(6.0, 20_000, 40),)
_BRAIN = (Level(0.0, 60_000, 25),)
_CHECK = (Level(8.0, 20_000, 30), Level(_CHECK_MM, 20_000, 20))


@dataclass(frozen=True)
class Drift:
    """Distance that a rigid fit leads away from the place that is declared of a modality.

    Attributes:
        distance_mm: root mean square of the voxels' moves.
        shift_mm: the brain centre's move, along x, y, z.
        turn_degrees: the rotation.
        before: similarity where it is said to lie.
        after: similarity after the move.
    """

    distance_mm: float
    shift_mm: tuple[float, float, float]
    turn_degrees: float
    before: float
    after: float


def coregister(reference: Volume, moving: Volume) -> Matrix:
    """The rigid transform from reference RAS mm to `moving` RAS mm, by everything that gives signal.

    Scanner coordinates of one session are nearly right, and those of separate exports are not: of both starts, the
    headers as they are and centre of mass on centre of mass, the one of higher similarity at 4 mm is taken.

    Raises:
        RegistrationError: the images do not overlap, or one is constant.
    """
    start = best_start(reference, moving)
    return fit(reference, moving, "rigid", inside=foreground(reference), start=start, levels=_HEAD)


def refine(reference: Volume, moving: Volume, brain: Mask, start: Matrix) -> Matrix:
    """A rigid transform fitted again on the scanners' own voxels and inside the brain alone.

    A scalp and a neck move against the brain and are imaged differently by each sequence. On TCGA-FG-6692 the brain's
    normalised mutual information of FLAIR with T1c is .067 by the head and .087 by the brain, of T2 .100 and .104.
    """
    return fit(reference, moving, "rigid", inside=brain, start=start, levels=_BRAIN)


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


def misalignment(reference: Volume, other: Volume) -> Problem | None:
    """The problem of two modalities that are declared aligned and are not, with the metrics; `None` where they are.

    They must share one grid, be alike at all, and not be clearly more alike after a rigid move of `MOST_DRIFT_MM`.
    """
    if not reference.grid.matches(other.grid):
        return Problem(f"grids differ: {_size(reference)} and {_size(other)}", rule="grids_differ")
    why = why_astray(drift(reference, other, np.eye(4)))
    return None if why is None else Problem(why, rule="declared_aligned_but_not")


def drift(reference: Volume, other: Volume, matrix: Matrix, inside: Mask | None = None) -> Drift:
    """Distance that a rigid fit at 8 and 4 mm leads from `matrix` (reference RAS mm → other's RAS mm).

    Args:
        reference: the modality that stays.
        other: the modality that is checked.
        matrix: where it is said to lie.
        inside: (x, y, z) on the reference's grid, what is compared; default: its foreground.
    """
    grid, other_grid = reference.grid.isotropic(_CHECK_MM), other.grid.isotropic(_CHECK_MM)
    coarse, coarse_other = Volume(resample(reference, grid), grid), Volume(resample(other, other_grid), other_grid)
    compared = foreground(coarse) if inside is None else resample(reference.with_array(inside), grid) > 0.5
    found = fit(coarse, coarse_other, "rigid", inside=compared, start=matrix, levels=_CHECK)
    before, after = (
        normalized_mutual_information(coarse.array, resample(coarse_other, grid, where), compared)
        for where in (matrix, found)
    )
    move = np.linalg.inv(matrix) @ found
    points = np.argwhere(compared) @ grid.affine[:3, :3].T + grid.affine[:3, 3]
    moved = points @ (move[:3, :3] - np.eye(3)).T + move[:3, 3]
    turn = np.degrees(np.arccos(np.clip((np.trace(move[:3, :3]) - 1) / 2, -1, 1)))
    x, y, z = moved.mean(axis=0)
    distance = float(np.sqrt((moved**2).sum(axis=1).mean()))
    return Drift(distance, (float(x), float(y), float(z)), float(turn), before, after)


def why_astray(found: Drift) -> str | None:
    """Reason why a modality does not lie at its declared place, with the metrics; `None` where it does."""
    if found.before < LEAST_SIMILARITY and found.after < LEAST_SIMILARITY:
        return f"{NAME} is {found.before:.3f}; allowed: at least {LEAST_SIMILARITY}"
    if found.distance_mm > MOST_DRIFT_MM and found.after > LEAST_GAIN * found.before:
        shift = ", ".join(f"{s:.0f}" for s in np.round(found.shift_mm) + 0.0)
        return (
            f"{NAME} grows from {found.before:.3f} to {found.after:.3f} when it is moved by {found.distance_mm:.1f} mm "
            f"(shift {shift} mm along x, y, z, turn {found.turn_degrees:.0f}°)"
        )
    return None


def _size(volume: Volume) -> str:
    shape, spacing = volume.grid.shape, volume.grid.spacing
    return " x ".join(map(str, shape)) + " voxels of " + " x ".join(f"{s:.3g}" for s in spacing) + " mm"
