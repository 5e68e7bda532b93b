"""`qc.png` and the thumbnail: a case at a glance, as the networks will see it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from gliomanet.imaging.quality.pictures.canvas import (
    BLUE,
    GREY,
    RED,
    WHITE,
    YELLOW,
    Panel,
    draw_outline,
    gray,
    save_image,
    save_picture,
)
from gliomanet.imaging.quality.pictures.planes import AXIAL, CORONAL, NAMES, SAGITTAL, SIDES, View, cut
from gliomanet.imaging.quality.pictures.scene import Scene
from gliomanet.imaging.registration.atlas import atlas
from gliomanet.imaging.volume import Volume

_THUMBNAIL = 190


def draw_overview(scene: Scene, path: Path) -> Path:
    """One row per modality of the final images: three planes through the tumour's, else the brain's centre."""
    evidence, final = scene.evidence, scene.evidence.on_atlas
    brain, tumour = _share(final["brain_mask"]), _tumour(scene)
    centre = (evidence.to_atlas @ np.array([*scene.centre, 1.0]))[:3]
    views = [_view(final["brain_mask"], axis, float(centre[axis])) for axis in (AXIAL, CORONAL, SAGITTAL)]
    rows = []
    for name in scene.modalities:
        window = _window(final[name], brain)
        panels = [_panel(final[name], brain, tumour, view, window) for view in views]
        rows.append((((scene.name(name), WHITE),), panels))
    shape, spacing = final["brain_mask"].grid.shape, final["brain_mask"].grid.spacing[0]
    words = f"{' x '.join(map(str, shape))} voxels of {spacing:g} mm"
    return save_picture(
        rows,
        path,
        title=((f"{evidence.center} · {evidence.case_id}", WHITE), (words, GREY)),
        footer=(
            ("brain", BLUE),
            *((("tumour", RED),) if tumour is not None else ()),
            ("; ".join(evidence.flags)[:90], YELLOW),
        ),
    )


def draw_thumbnail(scene: Scene, path: Path) -> Path:
    """The reference's axial plane where the tumour is largest, else through the brain's middle."""
    final = scene.evidence.on_atlas
    brain, tumour = _share(final["brain_mask"]), _tumour(scene)
    volume = brain if tumour is None else tumour
    index = np.array([0, 0, float(volume.array.sum(axis=(0, 1)).argmax()), 1])
    if tumour is None:
        counts = np.cumsum((volume.array > 0.5).sum(axis=(0, 1)))
        index[2] = float(np.searchsorted(counts, counts[-1] / 2))
    view = _view(final["brain_mask"], AXIAL, float((volume.grid.affine @ index)[2]))
    image = final[scene.evidence.reference]
    panel = _panel(image, brain, tumour, view, _window(image, brain))
    picture = Image.fromarray(np.clip(panel.pixels, 0, 255).astype(np.uint8))
    height = round(_THUMBNAIL * picture.height / picture.width)
    return save_image(picture.resize((_THUMBNAIL, height), Image.Resampling.LANCZOS), path, quality=70)


def _window(image: Volume, brain: Volume) -> tuple[float, float]:
    values = image.array[brain.array > 0.5]
    low, high = np.percentile(values, [1, 99.5]) if values.size else (0.0, 1.0)
    return float(low), float(high)


def _panel(image: Volume, brain: Volume, tumour: Volume | None, view: View, window: tuple[float, float]) -> Panel:
    inside = cut(brain, view)
    pixels = gray(np.where(inside > 0.5, cut(image, view), window[0]), window)
    draw_outline(pixels, inside, BLUE, width=1.2)
    if tumour is not None:
        draw_outline(pixels, cut(tumour, view), RED, width=1.2)
    return Panel(pixels, title=NAMES[view.axis], sides=SIDES[view.axis])


def _view(brain: Volume, axis: int, position: float) -> View:
    template = atlas(2.0)[1]
    corners = [template.grid.affine @ np.array([*index, 1.0]) for index in ((0, 0, 0), template.grid.shape)]
    low, high = ((float(c[0]), float(c[1]), float(c[2])) for c in corners)
    return View(axis, position, low, high, 0.9)


def _share(mask: Volume) -> Volume:
    return mask.with_array((mask.array > 0).astype(np.float32))


def _tumour(scene: Scene) -> Volume | None:
    mask = scene.evidence.on_atlas.get("tumour_mask")
    return _share(mask) if mask is not None and mask.array.any() else None
