"""A plane of voxels as they are stored: no resampling but that to square pixels, so that thick slices show as steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image

from gliomanet.imaging.quality.pictures.planes import AXIAL, CORONAL, SAGITTAL
from gliomanet.imaging.volume import Array, Float, Volume

SIDES = {AXIAL: ("R", "L"), CORONAL: ("R", "L"), SAGITTAL: ("A", "P")}
"""Radiological convention: what lies at the left and at the right of a picture."""

PLANES: dict[int, Literal["axial", "coronal", "sagittal"]] = {AXIAL: "axial", CORONAL: "coronal", SAGITTAL: "sagittal"}
MARGIN_MM, SIDE = 6.0, 360
LETTERS = 12
"""Pixels at each edge that the letters have for themselves."""


@dataclass(frozen=True)
class Slice:
    """A slice of a volume in RAS+ order, cut to a box.

    Attributes:
        axis: that it stands on.
        index: its place along that axis.
        box: first and last voxel of each axis that is shown.
        pixel_mm: size of a pixel.
    """

    axis: int
    index: int
    box: tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
    pixel_mm: float

    def of(self, volume: Volume, *, smooth: bool) -> Float:
        """A volume's values on it: float32 (rows, columns); superior or anterior is up, see `SIDES`.

        Args:
            volume: on the grid that the slice was chosen on.
            smooth: interpolate between pixels, such as for an outline; else a voxel is a block.
        """
        cut = volume.array[tuple(slice(low, high + 1) for low, high in self.box)]
        plane = np.take(cut, self.index - self.box[self.axis][0], self.axis).T[::-1, ::-1]
        across, up = (axis for axis in range(3) if axis != self.axis)
        spacing = volume.grid.spacing
        size = tuple(
            max(1, round(plane.shape[1 - at] * spacing[axis] / self.pixel_mm)) for at, axis in ((0, across), (1, up))
        )
        how = Image.Resampling.BILINEAR if smooth else Image.Resampling.BOX
        image = Image.fromarray(np.ascontiguousarray(plane, dtype=np.float32)).resize((size[0], size[1]), how)
        return np.array(image, dtype=np.float32)


def slices_of(tumour: Array, brain: Array, spacing: tuple[float, float, float]) -> tuple[Slice, Slice, Slice]:
    """The axial, coronal and sagittal slice with most tumour; without a tumour those in the middle of the brain.

    Args:
        tumour: codes (x, y, z) in RAS+ order.
        brain: the brain mask, whose box is shown with some room around it.
        spacing: of the voxels in mm.
    """
    head = brain if brain.any() else np.ones(brain.shape, bool)
    box = []
    for axis in range(3):
        along = np.flatnonzero(head.any(axis=_others(axis)))
        room = round(MARGIN_MM / spacing[axis])
        box.append((max(0, int(along[0]) - room), min(head.shape[axis] - 1, int(along[-1]) + room)))
    x, y, z = box
    longest = max((high - low + 1) * step for (low, high), step in zip(box, spacing, strict=True))
    shown = tumour if tumour.any() else head
    found = []
    for axis in (AXIAL, CORONAL, SAGITTAL):
        size = shown.astype(bool).sum(axis=_others(axis))
        places = np.flatnonzero(size == size.max()) if tumour.any() else np.flatnonzero(size)
        found.append(Slice(axis, int(places[len(places) // 2]), (x, y, z), longest / (SIDE - 2 * LETTERS)))
    axial, coronal, sagittal = found
    return axial, coronal, sagittal


def _others(axis: int) -> tuple[int, int]:
    first, second = (other for other in range(3) if other != axis)
    return first, second
