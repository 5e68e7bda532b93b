"""Picture 4: the atlas' edges on the case, in atlas space."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy import ndimage

from gliomanet.imaging.quality.pictures.canvas import (
    BLUE,
    DIM,
    GREY,
    WHITE,
    YELLOW,
    Panel,
    draw_lines,
    draw_outline,
    gray,
    save_picture,
)
from gliomanet.imaging.quality.pictures.planes import AXIAL, CORONAL, NAMES, SAGITTAL, SIDES, View, cut, edges
from gliomanet.imaging.quality.pictures.scene import Scene
from gliomanet.imaging.registration.atlas import NAME, atlas

_CUTS = {AXIAL: (-22.0, 2.0, 22.0, 45.0), CORONAL: (-60.0, -25.0, 5.0, 35.0), SAGITTAL: (-35.0, -12.0, 12.0, 35.0)}
"""Planes in atlas mm: temporal lobes, ventricles, their roof, centrum; and so on across."""


def draw_atlas(scene: Scene, path: Path) -> Path:
    """Twelve planes of the T1 (else the reference) in atlas space, under the atlas' tissue edges and brain outline."""
    name = "t1" if "t1" in scene.modalities else scene.evidence.reference
    template, mask = atlas(2.0)
    corners = template.grid.affine @ np.array([[0, 0, 0, 1], [*template.grid.shape, 1]], float).T
    low, high = (tuple(float(v) for v in corners[:3, i]) for i in (0, 1))
    from_atlas = np.linalg.inv(scene.evidence.to_atlas)
    rows = []
    for axis, positions in _CUTS.items():
        panels = []
        for position in positions:
            view = View(axis, position, low, high, 0.9)  # type: ignore[arg-type]
            pixels = gray(
                cut(scene.evidence.corrected[name], view, scene.evidence.from_reference[name] @ from_atlas),
                scene.window(name),
            )
            brain = cut(mask, view)
            # The template's own border is the blue line: its tissue edges begin inside it.
            deep = ndimage.binary_erosion(brain > 0.5, iterations=5)
            lines = edges(cut(template, view), view.pixel_mm, deep, sigma_mm=1.4, share=0.13)
            draw_lines(pixels, lines & deep, YELLOW)
            draw_outline(pixels, brain, BLUE, width=1.2)
            panels.append(
                Panel(pixels, title=NAMES[axis], sides=SIDES[axis], note=f"{'xyz'[axis]} = {position:+.0f} mm")
            )
        rows.append(((), panels))
    metrics = scene.evidence.metrics
    words = ""
    if "atlas_similarity" in metrics:
        words = f"similarity {metrics['atlas_similarity_before']:.3f} → {metrics['atlas_similarity']:.3f}"
    return save_picture(
        rows,
        path,
        title=(
            (f"{scene.name(name)} in atlas space", WHITE),
            ("atlas: tissue edges", YELLOW),
            ("brain outline", BLUE),
            (words, GREY),
            (NAME, DIM),
        ),
        quality=72,
    )
