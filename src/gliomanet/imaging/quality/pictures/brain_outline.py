"""Picture 5: the brain mask's outline on every modality."""

from __future__ import annotations

from pathlib import Path

from gliomanet.imaging.quality.pictures.canvas import BLUE, GREY, WHITE, draw_outline, save_picture
from gliomanet.imaging.quality.pictures.planes import AXIAL, CORONAL, NAMES, SAGITTAL
from gliomanet.imaging.quality.pictures.scene import HEAD_MM, Scene


def draw_brain(scene: Scene, path: Path) -> Path:
    """One row per modality: axial planes through base, middle and top of the brain, one coronal, one sagittal."""
    low, high = scene.low, scene.high
    middle = [(a + b) / 2 for a, b in zip(low, high, strict=True)]
    height = high[AXIAL] - low[AXIAL]
    cuts = [(AXIAL, low[AXIAL] + share * height) for share in (0.28, 0.55, 0.82)]
    # Beside the midline: in it lies the fissure, and no mask would be seen to fail.
    cuts += [(CORONAL, middle[CORONAL]), (SAGITTAL, middle[SAGITTAL] + 12)]
    views = [scene.view(axis, position, HEAD_MM) for axis, position in cuts]
    shares = [scene.brain(view) for view in views]
    rows = []
    for index, name in enumerate(scene.modalities):
        panels = [scene.panel(name, view, title=NAMES[view.axis] if index == 0 else "") for view in views]
        for panel, share in zip(panels, shares, strict=True):
            draw_outline(panel.pixels, share, BLUE)
        rows.append((((scene.name(name), WHITE),), panels))
    volume = scene.evidence.brain_mask
    ml = float((volume.array > 0).sum()) * volume.grid.voxel_ml
    return save_picture(
        rows, path, title=(("Brain mask", WHITE), ("outline", BLUE), (f"{ml:,.0f} ml", GREY)), quality=72
    )
