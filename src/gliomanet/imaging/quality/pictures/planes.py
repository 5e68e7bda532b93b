"""Planes through a head: where a panel looks, and the voxels it sees there."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from gliomanet.imaging.volume import Array, Float, Grid, Matrix, Volume, resample

AXIAL, CORONAL, SAGITTAL = 2, 1, 0
NAMES = {AXIAL: "axial", CORONAL: "coronal", SAGITTAL: "sagittal"}
SIDES = {AXIAL: ("L", "R"), CORONAL: ("L", "R"), SAGITTAL: ("P", "A")}
"""Sides at the left and at the right of a panel: the patient's own left at the left."""

Point = tuple[float, float, float]


@dataclass(frozen=True)
class View:
    """One panel's plane, in RAS mm: it cuts `axis` at `position`, inside the box from `low` to `high`."""

    axis: int
    position: float
    low: Point
    high: Point
    pixel_mm: float

    def grid(self) -> Grid:
        """Its pixels as voxels (x, y, z) of a slab, one thick along `axis`."""
        across, up = (axis for axis in range(3) if axis != self.axis)
        shape, affine = [1, 1, 1], np.diag([self.pixel_mm] * 3 + [1.0])
        for axis in (across, up):
            shape[axis] = math.ceil((self.high[axis] - self.low[axis]) / self.pixel_mm)
        affine[self.axis, 3] = self.position
        affine[across, 3] = self.low[across] + self.pixel_mm / 2
        # Counted from the top, where the picture begins.
        affine[up, 3] = self.high[up] - self.pixel_mm * (shape[up] - 0.5)
        return Grid((shape[0], shape[1], shape[2]), affine)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of its picture: superior or anterior is up, see `SIDES` for the rest."""
        columns, rows = (n for axis, n in enumerate(self.grid().shape) if axis != self.axis)
        return rows, columns


def cut(volume: Volume, view: View, matrix: Matrix | None = None) -> Float:
    """A volume's values on a plane: float32 (rows, columns), interpolated linearly, 0 outside the field of view.

    Args:
        volume: the image.
        view: the plane.
        matrix: (4, 4), RAS mm of the plane → RAS mm of the volume; default: the same world.
    """
    slab = resample(volume, view.grid(), matrix, smooth=False)
    plane: Float = np.take(slab, 0, view.axis).T[::-1]
    return np.ascontiguousarray(plane)


def edges(plane: Array, pixel_mm: float, inside: Array, *, sigma_mm: float = 1.6, share: float = 0.1) -> Array:
    """The lines where a plane (rows, columns) changes most: boolean, thinned.

    Gaussian gradient, non-maximum suppression and hysteresis, after Canny, IEEE TPAMI 8:679 (1986).

    Args:
        plane: intensities; 0 is background.
        pixel_mm: size of a pixel.
        inside: the brain's pixels, boolean: what counts as a strong change is learnt there, not at the bright scalp.
        sigma_mm: width of the Gaussian: finer detail is left out.
        share: share of the brain's pixels whose gradient is strong enough to start a line.
    """
    top = float(np.percentile(plane[plane > 0], 99)) if (plane > 0).any() else 0.0
    if top <= 0:
        return np.zeros(plane.shape, bool)
    smooth = ndimage.gaussian_filter(np.clip(plane, 0, top), sigma_mm / pixel_mm)
    down, across = np.gradient(smooth)
    steep = np.hypot(down, across)
    learnt = steep[inside] if inside.any() else steep
    high = float(np.quantile(learnt, 1 - share))
    if high <= 0:
        return np.zeros(plane.shape, bool)
    # The neighbour ahead and behind along the gradient, to the nearest eighth of a turn.
    turn = np.round(np.arctan2(down, across) / (np.pi / 4)).astype(int) % 4
    crest = np.zeros(plane.shape, bool)
    padded = np.pad(steep, 1)
    for sector, (row, column) in enumerate(((0, 1), (1, 1), (1, 0), (1, -1))):
        ahead = padded[1 + row : 1 + row + plane.shape[0], 1 + column : 1 + column + plane.shape[1]]
        behind = padded[1 - row : 1 - row + plane.shape[0], 1 - column : 1 - column + plane.shape[1]]
        crest |= (turn == sector) & (steep >= ahead) & (steep > behind)
    lines, count = ndimage.label(crest & (steep > 0.45 * high), structure=np.ones((3, 3)))
    strong = np.zeros(count + 1, bool)
    strong[np.unique(lines[crest & (steep > high)])] = True
    strong[0] = False
    # A line of a few pixels is noise, whatever its strength.
    strong &= np.bincount(lines.ravel(), minlength=count + 1) >= 6
    kept: Array = strong[lines]
    return kept
