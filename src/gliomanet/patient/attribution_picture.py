"""The picture of an attribution map: three planes through its peak, over the anatomy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from gliomanet.files.nifti import read_written_nifti
from gliomanet.imaging.case import REFERENCE_ORDER
from gliomanet.imaging.quality.pictures.canvas import (
    BLUE,
    GREEN,
    GREY,
    NAMES,
    RED,
    WHITE,
    Panel,
    draw_outline,
    gray,
    save_picture,
    window_of,
)
from gliomanet.imaging.quality.pictures.planes import AXIAL, CORONAL, SAGITTAL, Point, View, cut
from gliomanet.imaging.quality.pictures.planes import NAMES as PLANES
from gliomanet.imaging.volume import Array, Volume
from gliomanet.patient.explained import AttributionMap
from gliomanet.patient.pictures.planes import SIDES
from gliomanet.patient.statements.sentences import sentences
from gliomanet.reporting.format import MINUS

SMOOTH_MM = 5.0
"""Standard deviation of the Gaussian by which the picture, not the map, is smoothed: single voxels are no finding."""

STRONGEST = 0.9998
"""Share of the brain's voxels that the colours tell apart; what is stronger has the last one."""

_OPAQUE, _LEAST = 0.8, 0.1
_PIXEL_MM, _MARGIN_MM = 0.7, 6.0


def draw_attribution(atlas: Path, shown: AttributionMap, path: Path, *, outline: Path | None) -> Path:
    """Draw a map in the brain over T1c, or over the first modality of `REFERENCE_ORDER` that there is.

    Args:
        atlas: folder of the preprocessed case and the map.
        shown: the map's facts.
        path: the picture, PNG or WebP by the suffix.
        outline: the tumour on the atlas grid.
    """
    name = next(one for one in REFERENCE_ORDER if (atlas / f"{one}.nii.gz").is_file())
    brain = _volume(atlas / "brain_mask.nii.gz")
    image, inside = _volume(atlas / f"{name}.nii.gz"), brain.array > 0
    low, high = window_of(image.array[inside])
    above = image.with_array(np.where(inside, image.array - low, 0))  # black beyond the grid, where planes are 0
    values = _volume(atlas / Path(shown.file).name)
    sigma = [SMOOTH_MM / size for size in values.grid.spacing]
    smooth = values.with_array(ndimage.gaussian_filter(values.array / values.grid.voxel_ml, sigma) * inside)
    peak = np.unravel_index(int(np.abs(smooth.array).argmax()), smooth.array.shape)
    place = values.grid.affine @ np.array([*peak, 1.0])
    top = max(float(np.quantile(np.abs(smooth.array[inside]), STRONGEST)), 1e-12)
    corners = _corners(brain)
    tumour = None if outline is None else _volume(outline)
    panels = []
    for axis in (AXIAL, CORONAL, SAGITTAL):
        view = View(axis, float(place[axis]), *corners, _PIXEL_MM)
        shade = gray(cut(above, view), (0, high - low))
        _tint(shade, cut(smooth, view) / top)
        draw_outline(shade, cut(brain.with_array(inside.astype(np.float32)), view), GREY, width=0.8)
        if tumour is not None:
            draw_outline(shade, cut(tumour.with_array((tumour.array > 0).astype(np.float32)), view), GREEN, width=1.2)
        shade = np.ascontiguousarray(shade[:, ::-1])  # radiological convention, as all pictures of a patient
        panels.append(Panel(shade, title=PLANES[axis], sides=SIDES[axis], note=f"{place[axis]:+.0f} mm"))
    panels.append(_bar(panels[0].pixels.shape[0], top))
    names = sentences("en")
    task, called = names.name("task", shown.task), names.name("class", shown.called)
    words = (f"for {task}: {called}", RED), ("against it", BLUE)
    more = () if tumour is None else (("tumour outline", GREEN),)
    gap = f"gap {shown.additivity_gap:+.2g} of {shown.evidence - shown.start:+.2g}"
    return save_picture(
        [((), panels)],
        path,
        title=(("Attribution, integrated gradients", WHITE), *words, *more, (f"over {NAMES[name]}", GREY)),
        footer=((f"log-odds per ml, smoothed by {SMOOTH_MM:g} mm for the picture; {gap}; {shown.model}", GREY),),
    )


def _volume(path: Path) -> Volume:
    image = read_written_nifti(path)
    return Volume.of(np.asarray(image.dataobj, dtype=np.float32), np.asarray(image.affine))


def _corners(brain: Volume) -> tuple[Point, Point]:
    """The box of the brain with a margin, RAS mm; the atlas grid has no turn."""
    places = np.argwhere(brain.array > 0) @ brain.grid.affine[:3, :3].T + brain.grid.affine[:3, 3]
    low, high = places.min(axis=0) - _MARGIN_MM, places.max(axis=0) + _MARGIN_MM
    return (float(low[0]), float(low[1]), float(low[2])), (float(high[0]), float(high[1]), float(high[2]))


def _tint(pixels: Array, strength: NDArray[np.float32]) -> None:
    """Blend red where `strength` (rows, columns; −1 to 1 and beyond) is above 0 and blue below, in place."""
    share = np.clip((np.abs(strength) - _LEAST) / (1 - _LEAST), 0, 1) * _OPAQUE
    colour = np.where(strength[..., None] > 0, np.array(RED, np.float32), np.array(BLUE, np.float32))
    pixels += share[..., None] * (colour - pixels)


def _bar(rows: int, top: float) -> Panel:
    """The colours beside their values."""
    pixels = np.full((rows, 74, 3), 60, np.float32)
    pixels[:, 18:] = 0
    _tint(pixels[:, :18], np.repeat(np.linspace(1, -1, rows, dtype=np.float32)[:, None], 18, axis=1))
    pixels[rows // 2, :22] = WHITE
    return Panel(pixels, title=f"      +{top:.2g}", sides=(f"      {MINUS}{top:.2g}", ""))
