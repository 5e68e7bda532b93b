"""Picture 3: each modality's edges on the reference, by the headers alone and after co-registration."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy import ndimage

from gliomanet.imaging.quality.pictures.canvas import DIM, GREEN, GREY, WHITE, YELLOW, Panel, draw_lines, save_picture
from gliomanet.imaging.quality.pictures.planes import NAMES, edges
from gliomanet.imaging.quality.pictures.scene import HEAD_MM, Scene


def draw_coregistration(scene: Scene, path: Path) -> Path:
    """One row per modality: three planes of the reference with its edges, before (yellow) and after (green)."""
    evidence, rows = scene.evidence, []
    views = scene.three_views(HEAD_MM)
    brains = [ndimage.binary_erosion(scene.brain(view) > 0.5, iterations=3) for view in views]
    for name in scene.modalities:
        if name == evidence.reference:
            continue
        panels: list[Panel] = []
        for view, brain in zip(views, brains, strict=True):
            for matrix, color, when in (
                (np.eye(4), YELLOW, f"{NAMES[view.axis]}: before"),
                (evidence.from_reference[name], GREEN, "after"),
            ):
                panel = scene.panel(evidence.reference, view, title=when)
                panel.pixels *= 0.9
                draw_lines(panel.pixels, edges(scene.plane(name, view, moved=matrix), view.pixel_mm, brain), color)
                panels.append(panel)
        words = f"edges of {scene.name(name)} on {scene.name(evidence.reference)}"
        rows.append((((words, WHITE), (_metrics(scene, name), GREY)), panels))
    return save_picture(
        rows,
        path,
        title=(
            ("Co-registration", WHITE),
            ("yellow: where the headers put it", YELLOW),
            ("green: after registration", GREEN),
            ("edges should run along the grey picture's own", DIM),
        ),
        quality=72,
    )


def _metrics(scene: Scene, name: str) -> str:
    metrics = scene.evidence.metrics
    if f"similarity_{name}" not in metrics:
        return ""
    before, after = metrics[f"similarity_{name}_before"], metrics[f"similarity_{name}"]
    matrix = scene.evidence.from_reference[name]
    centre = np.array([*scene.centre, 1.0])
    moved = float(np.linalg.norm((matrix @ centre - centre)[:3]))
    turn = float(np.degrees(np.arccos(np.clip((np.trace(matrix[:3, :3]) - 1) / 2, -1, 1))))
    how = f"moved {moved:.1f} mm and {turn:.1f}°" if moved + turn > 1e-6 else "declared aligned, not moved"
    return f"similarity {before:.3f} → {after:.3f} · {how}"
