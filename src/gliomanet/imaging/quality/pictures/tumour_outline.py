"""Picture 7: the tumour's outline on four modalities, where its largest slice is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from gliomanet.imaging.quality.pictures.canvas import BLUE, GREEN, GREY, RED, WHITE, YELLOW, draw_outline, save_picture
from gliomanet.imaging.quality.pictures.planes import AXIAL
from gliomanet.imaging.quality.pictures.scene import BRAIN_MM, Scene

PARTS = (((1, 2, 4), RED, "whole tumour"), ((1,), GREEN, "core, necrosis"), ((4,), YELLOW, "enhancing"))


def draw_tumour(scene: Scene, path: Path) -> Path:
    """Two rows of the axial plane with most tumour: each modality bare, and below it with the outlines."""
    assert scene.tumour is not None
    codes = np.isin(scene.tumour.array, (1, 2, 4))
    slice_index = int(codes.sum(axis=(0, 1)).argmax())
    inside = np.argwhere(codes[:, :, slice_index]).mean(axis=0)
    home = scene.evidence.from_reference[scene.home]
    place = np.linalg.inv(home) @ scene.tumour.grid.affine @ np.array([*inside, slice_index, 1.0])
    view = replace(scene.view(AXIAL, float(place[AXIAL]), BRAIN_MM), pixel_mm=0.62)
    bare = [scene.panel(name, view, title=scene.name(name)) for name in scene.modalities]
    outlined = [scene.panel(name, view, title=scene.name(name)) for name in scene.modalities]
    present = set(np.unique(scene.tumour.array).tolist())
    shown = [part for part in PARTS if present & set(part[0])]
    # One code alone is the whole tumour: a second line upon the first would hide it.
    shown = shown[:1] if len(present - {0}) == 1 else shown
    brain = scene.brain(view)
    for panel in outlined:
        draw_outline(panel.pixels, brain, BLUE, width=0.9)
        for part, color, _ in reversed(shown):
            draw_outline(panel.pixels, scene.tumour_part(view, part), color, width=1.4)
    ml = float(codes.sum()) * scene.tumour.grid.voxel_ml
    words = [(text, color) for _, color, text in shown]
    return save_picture(
        [((), bare), ((), outlined)],
        path,
        title=(
            ("Tumour mask at its largest slice", WHITE),
            *words,
            ("brain", BLUE),
            (f"{ml:,.1f} ml, drawn on {scene.name(scene.home)}", GREY),
        ),
    )
