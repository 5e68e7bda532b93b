"""A centre's scanner, which turns the true signal into images: grid, slice profile, gain, bias field, noise, units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from gliomanet.phantom.anatomy import SPACING_MM, Anatomy, smooth_field
from gliomanet.phantom.patients import REFERENCE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gliomanet.config.sources import Scanner
    from gliomanet.phantom.tumour import Tumour

Array = NDArray[np.float32]
Affine = NDArray[np.float64]

WHITE_MATTER_UNITS = 400.0
"""About what white matter reads in the files."""


@dataclass(frozen=True)
class Image:
    """An image as the scanner stores it: voxels (x, y, z) and the affine from voxel to RAS mm."""

    voxels: NDArray[np.int16] | NDArray[np.uint8]
    affine: Affine


def acquire(
    signals: Mapping[str, Array], anatomy: Anatomy, tumour: Tumour, scanner: Scanner, rng: np.random.Generator
) -> dict[str, Image]:
    """The modalities and the `tumour_mask` as one centre's scanner records them.

    A stripped centre (`skull` off) has all modalities on one grid and 0 outside the brain. Otherwise the head stays on,
    and every modality but T1c has thicker slices, a tilt of its own, and a patient who moved a little.

    Args:
        signals: true signal by modality on the patient's grid, white matter about 1.
        anatomy: the patient's grid and brain.
        tumour: the compartments, for the mask; it lies on T1c's grid.
        scanner: the centre's character.
        rng: the source of tilt, motion, bias and noise.
    """
    inside = anatomy.brain >= 0.5 if anatomy.head is None else anatomy.head < 0
    corners = _extent(inside, anatomy.affine)
    shared_tilt = _tilt(scanner.oblique_degrees, rng)
    images: dict[str, Image] = {}
    for modality, signal in signals.items():
        is_reference = modality == REFERENCE
        own_tilt, thickening, motion = _tilt(scanner.oblique_degrees, rng), rng.uniform(1.4, 2.4), _motion(rng)
        if scanner.skull and not is_reference:
            x, y, z = scanner.voxel_mm
            grid, shape = _grid(corners, own_tilt, (x, y, min(z * thickening, max(z, 6.0))))
        else:
            grid, shape = _grid(corners, shared_tilt, scanner.voxel_mm)
            motion = np.eye(4)
        to_patient = np.linalg.inv(anatomy.affine) @ motion @ grid
        recorded = _record(_slice_profile(signal, grid), to_patient, shape, scanner, rng)
        if not scanner.skull:
            recorded[_resample(anatomy.brain, to_patient, shape, order=1) < 0.5] = 0
        images[modality] = Image(np.clip(np.rint(recorded), 0, 32767).astype(np.int16), grid)
        if is_reference:
            images["tumour_mask"] = Image(_mask(tumour, anatomy, to_patient, shape), grid)
    return images


def _record(
    signal: Array, to_patient: Affine, shape: tuple[int, int, int], scanner: Scanner, rng: np.random.Generator
) -> Array:
    """Sample, then gain (an exponent), bias (multiplicative), and Rician noise, in scanner units."""
    sampled = np.maximum(_resample(signal, to_patient, shape, order=1), 0) ** np.float32(scanner.gain)
    field = smooth_field(shape, 3, rng)
    sampled *= np.exp(np.float32(scanner.bias_field) * field / np.abs(field).max())
    real = scanner.noise * rng.standard_normal(shape, dtype=np.float32)
    imaginary = scanner.noise * rng.standard_normal(shape, dtype=np.float32)
    units = WHITE_MATTER_UNITS * np.exp(0.1 * rng.standard_normal())
    return np.asarray(units * np.hypot(sampled + real, imaginary), dtype=np.float32)


def _mask(tumour: Tumour, anatomy: Anatomy, to_patient: Affine, shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    codes = np.zeros(anatomy.brain.shape, np.float32)
    codes[tumour.window] = tumour.codes
    mask = _resample(codes, to_patient, shape, order=0)
    mask[_resample(anatomy.brain, to_patient, shape, order=1) < 0.5] = 0
    return np.asarray(mask, dtype=np.uint8)


def _resample(image: Array, to_patient: Affine, shape: tuple[int, int, int], order: Literal[0, 1]) -> Array:
    sampled = ndimage.affine_transform(
        image, to_patient[:3, :3], to_patient[:3, 3], output_shape=shape, order=order, mode="constant"
    )
    return np.asarray(sampled, dtype=np.float32)


def _slice_profile(signal: Array, grid: Affine) -> Array:
    """Average over the thickness of a slice, along the patient's own axes (tilts are small)."""
    size = np.linalg.norm(grid[:3, :3], axis=0)
    # A box of width w has the standard deviation w / √12; the 2 mm grid has done its own part already.
    sigma = np.sqrt(np.maximum(size**2 - SPACING_MM**2, 0) / 12) / SPACING_MM
    return np.asarray(ndimage.gaussian_filter(signal, sigma)) if sigma.max() > 0.2 else signal


def _extent(inside: NDArray[np.bool_], affine: Affine) -> NDArray[np.float64]:
    """The eight corners (8, 3) in mm of the box around what must be in the picture, with 6 mm of room."""
    index = [np.flatnonzero(inside.any(axis=tuple(a for a in range(3) if a != axis))) for axis in range(3)]
    low = affine[:3, 3] + SPACING_MM * np.array([i[0] for i in index]) - 6
    high = affine[:3, 3] + SPACING_MM * np.array([i[-1] for i in index]) + 6
    return np.array([[(low, high)[bit >> a & 1][a] for a in range(3)] for bit in range(8)])


def _grid(
    corners: NDArray[np.float64], tilt: NDArray[np.float64], voxel_mm: tuple[float, float, float]
) -> tuple[Affine, tuple[int, int, int]]:
    """The affine and shape of the smallest tilted grid that covers the corners."""
    size = np.asarray(voxel_mm)
    along = corners @ tilt  # coordinates on the grid's own axes, mm
    low, high = along.min(0), along.max(0)
    nx, ny, nz = (int(n) for n in np.ceil((high - low) / size) + 1)
    affine = np.eye(4)
    affine[:3, :3] = tilt * size
    affine[:3, 3] = tilt @ low
    return affine, (nx, ny, nz)


def _tilt(degrees: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """A rotation with each angle uniform up to `degrees`; mostly about x, as slices are tilted in practice."""
    return _rotation(np.deg2rad(rng.uniform(-degrees, degrees, 3) * (1.0, 0.5, 0.4)))


def _motion(rng: np.random.Generator) -> Affine:
    """A rigid offset: about 1.5 degrees an axis (turning about the head's middle) and 2 mm."""
    affine, middle = np.eye(4), np.array([0.0, -18.0, 5.0])
    affine[:3, :3] = _rotation(np.deg2rad(np.clip(rng.normal(0, 1.5, 3), -4, 4)))
    affine[:3, 3] = middle - affine[:3, :3] @ middle + np.clip(rng.normal(0, 2.0, 3), -5, 5)
    return affine


def _rotation(angles: NDArray[np.float64]) -> NDArray[np.float64]:
    (cx, cy, cz), (sx, sy, sz) = np.cos(angles), np.sin(angles)
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return np.asarray(about_z @ about_y @ about_x)
