"""Number 6: intensities inside the brain before and after normalisation, as shares, for pages to draw on one axis."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from gliomanet.files.atomic import write_json
from gliomanet.imaging.quality.pictures.scene import Scene
from gliomanet.imaging.sampling import sample
from gliomanet.imaging.volume import Array

BINS = 64
AFTER_RANGE = (-5.0, 5.0)
"""Range of normalised intensities; a study without normalisation gets its own range."""


def write_histograms(scene: Scene, path: Path) -> Path:
    """`histograms.json`: modality → `before`, `after` → `low`, `high` (intensities) and `share`, `BINS` of them.

    Before: after N4, at some 20,000 places inside the brain mask; after: the final image, inside the brain. Shares are
    of the voxels inside the range; the range before runs from 0 (or the 0.1st percentile) to the 99.8th percentile.
    """
    evidence, modalities = scene.evidence, {}
    inside = evidence.on_atlas["brain_mask"].array > 0
    for name in scene.modalities:
        before = sample(evidence.corrected[name], scene.brain_points, evidence.from_reference[name])
        after = evidence.on_atlas[name].array[inside]
        after = after[after != 0]  # what no slice covered
        low, high = np.percentile(before, [0.1, 99.8]) if before.size else (0.0, 1.0)
        limits = AFTER_RANGE
        if after.size and (after.mean() > 5 or after.std() > 4 or after.std() < 0.25):
            limits = (float(np.percentile(after, 0.1)), float(np.percentile(after, 99.8)))
        modalities[name] = {
            "before": _histogram(before, min(0.0, float(low)), float(high)),
            "after": _histogram(after, *limits),
        }
    write_json(path, {"bins": BINS, "modalities": modalities})
    return path


def _histogram(values: Array, low: float, high: float) -> dict[str, Any]:
    high = max(high, low + 1e-6)
    counts, _ = np.histogram(values, bins=BINS, range=(low, high))
    share = counts / max(int(counts.sum()), 1)
    return {"low": float(f"{low:.5g}"), "high": float(f"{high:.5g}"), "share": [round(float(s), 5) for s in share]}
