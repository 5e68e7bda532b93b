"""A case as its pictures share it: planes worth looking at, each modality's grey window, outlines in every space."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import ndimage

from gliomanet.imaging.quality.evidence import Evidence
from gliomanet.imaging.quality.pictures.canvas import NAMES, Panel, gray, window_of
from gliomanet.imaging.quality.pictures.planes import AXIAL, CORONAL, SAGITTAL, SIDES, Point, View, cut
from gliomanet.imaging.resampling import occupied
from gliomanet.imaging.sampling import sample
from gliomanet.imaging.volume import Array, Matrix, Volume
from gliomanet.modalities import MODALITIES

HEAD_MM, BRAIN_MM = 16.0, 5.0
"""Room around the brain in pictures that show the skull, and in those that do not need it."""


@dataclass(frozen=True)
class Scene:
    """One case as its pictures show it; places in RAS mm of the reference."""

    evidence: Evidence
    pixel_mm: float = 0.8

    @cached_property
    def modalities(self) -> tuple[str, ...]:
        return tuple(name for name in MODALITIES if name in self.evidence.corrected)

    @cached_property
    def brain_points(self) -> Array:
        """Some 20,000 places inside the brain mask, (n, 3)."""
        mask = self.evidence.brain_mask
        index = np.flatnonzero(mask.array > 0)
        index = index[:: max(1, len(index) // 20000)]
        return _placed(mask, np.stack(np.unravel_index(index, mask.array.shape), axis=1))

    @cached_property
    def tumour(self) -> Volume | None:
        """The tumour's codes, on the grid of `home`; None where there is no tumour voxel."""
        found = self.evidence.tumour
        return found[0] if found is not None and found[0].array.any() else None

    @property
    def home(self) -> str:
        return self.evidence.tumour[1] if self.evidence.tumour is not None else self.evidence.reference

    @cached_property
    def centre(self) -> Point:
        """The tumour's centre where there is one, else the brain's."""
        if self.tumour is None:
            return _point(np.median(self.brain_points, axis=0))
        places = _placed(self.tumour, np.argwhere(self.tumour.array > 0))
        return _point(_moved(np.linalg.inv(self.evidence.from_reference[self.home]), np.median(places, axis=0)))

    @cached_property
    def low(self) -> Point:
        return _point(self.brain_points.min(axis=0))

    @cached_property
    def high(self) -> Point:
        return _point(self.brain_points.max(axis=0))

    def window(self, name: str) -> tuple[float, float]:
        """Grey window of a modality after N4, from its values inside the brain."""
        if name not in self._windows:
            values = sample(self.evidence.corrected[name], self.brain_points, self.evidence.from_reference[name])
            self._windows[name] = window_of(values)
        return self._windows[name]

    @cached_property
    def _windows(self) -> dict[str, tuple[float, float]]:
        return {}

    def view(self, axis: int, position: float, margin_mm: float) -> View:
        """The plane that cuts `axis` at `position` mm, with room around the brain."""
        low, high = (np.array(self.low) - margin_mm), (np.array(self.high) + margin_mm)
        return View(axis, position, _point(low), _point(high), self.pixel_mm)

    def three_views(self, margin_mm: float) -> tuple[View, View, View]:
        """Axial, coronal and sagittal through `centre`."""
        x, y, z = self.centre
        return (
            self.view(AXIAL, z, margin_mm),
            self.view(CORONAL, y, margin_mm),
            self.view(SAGITTAL, x, margin_mm),
        )

    def plane(self, name: str, view: View, *, moved: Matrix | None = None) -> Array:
        """A modality after N4 (rows, columns), where co-registration put it, or where `moved` would."""
        matrix = self.evidence.from_reference[name] if moved is None else moved
        key = (name, view, matrix.tobytes())
        if key not in self._planes:
            self._planes[key] = cut(self.evidence.corrected[name], view, matrix)
        return self._planes[key]

    @cached_property
    def _planes(self) -> dict[tuple[str, View, bytes], Array]:
        return {}

    def panel(self, name: str, view: View, *, title: str = "", note: str = "") -> Panel:
        pixels = gray(self.plane(name, view), self.window(name))
        return Panel(pixels, title=title, sides=SIDES[view.axis], note=note)

    def brain(self, view: View) -> Array:
        """The brain mask's share of each pixel, softened as far as its voxels are apart."""
        return cut(self._soft_brain, view)

    @cached_property
    def _soft_brain(self) -> Volume:
        # Steps as high as thick slices are would look like a fault of the mask.
        mask = self.evidence.brain_mask
        sigma = [0.5 if spacing < 2 else 0.3 for spacing in mask.grid.spacing]
        box = occupied(mask.array, np.full(3, 2))
        soft = np.zeros(mask.array.shape, np.float32)
        soft[box] = ndimage.gaussian_filter((mask.array[box] > 0).astype(np.float32), sigma, truncate=2)
        return mask.with_array(soft)

    def tumour_part(self, view: View, codes: tuple[int, ...]) -> Array:
        """Share of each pixel that holds one of the tumour's codes (rows, columns)."""
        if self.tumour is None:
            return np.zeros(view.shape, np.float32)
        part = self.tumour.with_array(np.isin(self.tumour.array, codes).astype(np.float32))
        return cut(part, view, self.evidence.from_reference[self.home])

    def name(self, modality: str) -> str:
        return NAMES[modality] + (" (reference)" if modality == self.evidence.reference else "")


def _placed(volume: Volume, index: Array) -> Array:
    return _moved(volume.grid.affine, index)


def _moved(matrix: Matrix, points: Array) -> Array:
    moved: Array = points @ matrix[:3, :3].T + matrix[:3, 3]
    return moved


def _point(values: Array) -> Point:
    x, y, z = (float(value) for value in values)
    return x, y, z
