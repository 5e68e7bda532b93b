"""Picture 2: N4 before and after, in one grey window each, and the field that it took off."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gliomanet.imaging.quality.pictures.canvas import DIM, GREY, WHITE, Panel, gray, save_picture, window_of
from gliomanet.imaging.quality.pictures.planes import AXIAL, CORONAL, SAGITTAL, SIDES, cut
from gliomanet.imaging.quality.pictures.scene import Scene
from gliomanet.imaging.sampling import sample
from gliomanet.imaging.volume import Array

_STRONGEST = 1.6
"""Field at which the colours end: red is 1.6 times too bright, blue 1.6 times too dark."""


def was_corrected(scene: Scene) -> bool:
    """True where N4 changed anything; without N4 there is no picture."""
    return any(scene.evidence.raw[name] is not scene.evidence.corrected[name] for name in scene.modalities)


def draw_bias(scene: Scene, path: Path) -> Path:
    """One row per modality: before, after, field, in an axial plane and in one across it."""
    rows = []
    axial, coronal, sagittal = scene.three_views(8.0)
    for name in scene.modalities:
        raw, corrected = scene.evidence.raw[name], scene.evidence.corrected[name]
        matrix = scene.evidence.from_reference[name]
        before, after = (sample(volume, scene.brain_points, matrix) for volume in (raw, corrected))
        level = float(np.median(before[after > 0] / after[after > 0])) if (after > 0).any() else 1.0
        # Across thick sagittal or coronal slices the field would be judged by steps: take the finer plane.
        across = coronal if raw.grid.spacing[CORONAL] >= raw.grid.spacing[SAGITTAL] else sagittal
        panels = []
        for view in (axial, across):
            first, second = cut(raw, view, matrix), cut(corrected, view, matrix)
            words = {AXIAL: "axial", CORONAL: "coronal", SAGITTAL: "sagittal"}[view.axis]
            sides = SIDES[view.axis]
            panels += [
                Panel(gray(first, window_of(before)), title=f"{words}: before", sides=sides),
                Panel(gray(second, window_of(after)), title="after", sides=sides),
                Panel(_colors(first, second, level, scene.window(name)), title="field", sides=sides),
            ]
        spread = [
            float(np.subtract(*np.percentile(values, [75, 25])) / max(float(np.median(values)), 1e-6))
            for values in (before, after)
        ]
        words = f"spread inside the brain (quartile range / median) {spread[0]:.2f} → {spread[1]:.2f}"
        rows.append((((scene.name(name), WHITE), (words, GREY)), panels))
    return save_picture(
        rows,
        path,
        title=(
            ("N4 bias correction", WHITE),
            ("field:", DIM),
            (f"blue = was up to {_STRONGEST:g} times too dark", (120, 170, 255)),
            ("grey = unchanged", GREY),
            ("orange = too bright", (255, 160, 80)),
        ),
    )


def _colors(before: Array, after: Array, level: float, window: tuple[float, float]) -> Array:
    """The field before / after over its own level as colours (rows, columns, 3), black outside the head."""
    head = after > 0.1 * window[1]
    field = np.where(head, before / np.maximum(after, 1e-6) / level, 1.0)
    step = np.clip(np.log(np.maximum(field, 1e-3)) / np.log(_STRONGEST), -1, 1)[..., None]
    grey, orange, blue = (np.array(color, np.float32) for color in ((150, 150, 150), (255, 120, 20), (30, 100, 255)))
    colors = grey + np.where(step > 0, step * (orange - grey), -step * (blue - grey))
    shown: Array = np.where(head[..., None], colors, 0).astype(np.float32)
    return shown
