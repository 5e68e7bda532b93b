"""Picture 1: each modality as the scanner wrote it, three planes, with its size, voxels and tilt."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from gliomanet.imaging.quality.pictures.canvas import DIM, GREY, WHITE, Panel, gray, save_picture, window_of
from gliomanet.imaging.quality.pictures.planes import AXIAL, CORONAL, NAMES, SAGITTAL, SIDES
from gliomanet.imaging.quality.pictures.scene import Scene
from gliomanet.imaging.sampling import sample
from gliomanet.imaging.volume import Grid, Matrix, Volume

_CELL = 230
"""Largest side of a panel, in pixels."""


def draw_scanned(scene: Scene, path: Path) -> Path:
    """Voxels as they are, so that thick slices show as steps; planes through the tumour's, else the brain's centre."""
    rows = []
    for name in scene.modalities:
        volume, matrix = scene.evidence.raw[name], scene.evidence.from_reference[name]
        window = window_of(sample(volume, scene.brain_points, matrix))
        centre = np.linalg.inv(volume.grid.affine) @ matrix @ np.array([*scene.centre, 1.0])
        pixels = max(n * s for n, s in zip(volume.grid.shape, volume.grid.spacing, strict=True)) / _CELL
        panels = [_panel(volume, axis, float(centre[axis]), window, pixels) for axis in (AXIAL, CORONAL, SAGITTAL)]
        rows.append((((scene.name(name), WHITE), (describe(volume.grid), GREY)), panels))
    return save_picture(
        rows, path, title=(("As scanned", WHITE), ("one pixel block = one voxel, nothing corrected", DIM))
    )


def describe(grid: Grid) -> str:
    """`256 x 256 x 24 voxels · 0.94 x 0.94 x 6 mm · tilted 12°`."""
    size = " x ".join(str(n) for n in grid.shape)
    spacing = " x ".join(f"{s:.3g}" for s in grid.spacing)
    return f"{size} voxels · {spacing} mm · {tilt(grid.affine)}"


def tilt(affine: Matrix) -> str:
    """Largest angle of the three between the image's axes and the patient's, in degrees."""
    axes = affine[:3, :3] / np.sqrt((affine[:3, :3] ** 2).sum(axis=0))
    degrees = float(np.degrees(np.arccos(np.clip(np.abs(axes).max(axis=0).min(), 0, 1))))
    return f"tilted {degrees:.0f}°" if degrees >= 0.5 else "axes straight"


def _panel(volume: Volume, axis: int, position: float, window: tuple[float, float], pixel_mm: float) -> Panel:
    index = int(np.clip(round(position), 0, volume.grid.shape[axis] - 1))
    plane = np.take(volume.array, index, axis).T[::-1]
    across, up = (i for i in range(3) if i != axis)
    mm = volume.grid.shape[across] * volume.grid.spacing[across], volume.grid.shape[up] * volume.grid.spacing[up]
    size = max(1, round(mm[0] / pixel_mm)), max(1, round(mm[1] / pixel_mm))
    shade = Image.fromarray(gray(plane, window)[..., 0].astype(np.uint8)).resize(size, Image.Resampling.BOX)
    pixels = np.repeat(np.asarray(shade, np.float32)[..., None], 3, axis=2)
    return Panel(pixels, title=NAMES[axis], sides=SIDES[axis], note=f"slice {index + 1} of {volume.grid.shape[axis]}")
