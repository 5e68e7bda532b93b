"""Small copies of a case's volumes for the viewer: made once, when first asked for, in the case's `display/`.

A copy is in RAS+ order. Images are brain-extracted always, since a head's surface is a face; their values are 12 bits
between the brain's least and largest, 0 outside of it. Tumour parts have codes of their own, see `PARTS`.
"""

from __future__ import annotations

import json
from pathlib import Path
from threading import Lock
from typing import Any

import nibabel as nib
import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from scipy import ndimage

from gliomanet.app.viewer.sources import ATLAS, Source
from gliomanet.files.atomic import write_json
from gliomanet.files.digests import sha256
from gliomanet.files.nifti import read_written_nifti, write_nifti
from gliomanet.imaging.quality.pictures.canvas import window_of
from gliomanet.imaging.reading import read_modality
from gliomanet.imaging.volume import Array, Grid, Volume
from gliomanet.patient.attribution_picture import SMOOTH_MM, STRONGEST

LEVELS = 4095
"""Grey levels of a copy; 0 is outside of the brain."""

SIGNED = 1000
"""Value of an attribution map's copy where the map is as strong as at its strongest."""

PARTS = {"core": (1, 1), "oedema": (2, 2), "enhancing": (3, 4), "whole": (4, 0)}
"""Part of the tumour → its code in a copy, and in a result (BraTS 2017 to 2021); `whole`: an outline without parts."""

_MARGIN_MM = 8.0
_making = Lock()


class Info(BaseModel):
    """A copy, and what a viewer must know to show it. Windows are in the image's own units."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    kind: str
    digest: str = Field(description="SHA-256 of the copy, the first 16 digits: part of its URL.")
    bytes: int
    shape: tuple[int, int, int]
    spacing: tuple[float, float, float]
    affine: tuple[tuple[float, ...], ...] = Field(description="Voxel of the copy → RAS mm.")
    inverse: tuple[tuple[float, ...], ...] = Field(description="RAS mm → voxel of the copy.")
    offset: tuple[int, int, int] = Field(description="First voxel of the copy in the whole grid.")
    full_shape: tuple[int, int, int] = Field(description="Voxels of the whole grid.")
    slope: float = Field(description="Value = slope × copy + intercept.")
    intercept: float
    windows: dict[str, tuple[float, float]] = Field(description="Preset → low and high; of images.")
    largest: tuple[float, float, float] | None = Field(
        None, description="RAS mm of the voxel where viewers open: of an outline, amid its largest axial slice."
    )

    def __hash__(self) -> int:
        """By the copy: drawings of it are kept by this, and a dictionary has no hash."""
        return hash((self.name, self.digest))


def info_of(source: Source, case: Path) -> Info:
    """The display copy of a volume, made where it is not there yet.

    Raises:
        ProblemError: the result's file is damaged.
    """
    path = copy_path(source, case).with_suffix("").with_suffix(".json")
    with _making:
        if not path.is_file():
            _make(source, case)
    return Info.model_validate(json.loads(path.read_text(encoding="utf-8")))


def copy_path(source: Source, case: Path) -> Path:
    """File of a volume's display copy."""
    return case / "display" / f"{source.name}.nii.gz"


def _make(source: Source, case: Path) -> None:
    brain = _canonical(source.brain)
    inside = brain.array > 0
    windows: dict[str, tuple[float, float]] = {}
    slope, intercept = 1.0, 0.0
    if source.kind == "image":
        on_atlas = source.space == ATLAS
        scan = _canonical(source.file) if on_atlas else read_modality(source.file, "case", source.subject).volume
        voxels, slope, intercept, windows = _image(np.asarray(scan.array, np.float32), inside)
    elif source.kind == "attribution":
        voxels, slope = _attribution(_canonical(source.file), inside)
    else:
        voxels = _codes(np.asarray(_canonical(source.file).array), source)
    box = _box(inside, brain.grid.spacing) if source.space != ATLAS else tuple((0, n) for n in inside.shape)
    voxels = voxels[tuple(slice(low, high) for low, high in box)]
    offset = tuple(int(low) for low, _ in box)
    affine = brain.grid.affine.copy()
    affine[:3, 3] = (brain.grid.affine @ np.array([*offset, 1.0]))[:3]
    path = copy_path(source, case)
    write_nifti(np.ascontiguousarray(voxels), affine, path)
    content: dict[str, Any] = {
        "name": source.name,
        "kind": source.kind,
        "digest": sha256(path)[:16],
        "bytes": path.stat().st_size,
        "shape": voxels.shape,
        "spacing": brain.grid.spacing,
        "affine": affine.tolist(),
        "inverse": np.linalg.inv(affine).tolist(),
        "offset": offset,
        "full_shape": inside.shape,
        "slope": slope,
        "intercept": intercept,
        "windows": windows,
        "largest": _largest(voxels, affine) if source.kind == "parts" else None,
    }
    write_json(path.with_suffix("").with_suffix(".json"), Info.model_validate(content).model_dump(mode="json"))


def _image(values: Array, inside: Array) -> tuple[Array, float, float, dict[str, tuple[float, float]]]:
    """An image as levels, its slope and intercept, and its windows."""
    brain = values[inside] if inside.any() else values.ravel()
    least, most = float(brain.min()), float(brain.max())
    slope = max(most - least, 1e-6) / (LEVELS - 1)
    levels = np.where(inside, np.clip(np.round((values - least) / slope), 0, LEVELS - 1) + 1, 0).astype(np.int16)
    low, middle, high = (float(one) for one in np.percentile(brain, [2, 50, 98]))
    auto = window_of(brain)
    quarter = (auto[1] - auto[0]) / 4
    windows = {
        "auto": auto,
        "brain": (low, max(high, low + slope)),
        "narrow": (middle - quarter, middle + quarter),
        "wide": (least, most),
    }
    return levels, slope, least - slope, windows


def _attribution(volume: Volume, inside: Array) -> tuple[Array, float]:
    """A map as in the result's picture: per ml, smoothed, its strongest at `SIGNED`."""
    sigma = [SMOOTH_MM / size for size in volume.grid.spacing]
    smooth = ndimage.gaussian_filter(np.asarray(volume.array, np.float32) / volume.grid.voxel_ml, sigma) * inside
    strength = np.abs(smooth[inside]) if inside.any() else np.abs(smooth).ravel()
    top = max(float(np.quantile(strength, STRONGEST)), 1e-12)
    return np.clip(np.round(smooth / top * SIGNED), -SIGNED, SIGNED).astype(np.int16), top / SIGNED


def _codes(voxels: Array, source: Source) -> Array:
    if source.kind == "brain":
        return (voxels > 0).astype(np.uint8)
    if not source.parts_told:
        return np.where(voxels > 0, PARTS["whole"][0], 0).astype(np.uint8)
    found = np.zeros(voxels.shape, np.uint8)
    for code, of_result in PARTS.values():
        if of_result:
            found[voxels == of_result] = code
    return found


def _largest(codes: Array, affine: Array) -> tuple[float, ...] | None:
    """The outline's voxel nearest to the middle of its largest axial slice, in mm; `None` of an empty one."""
    inside = codes > 0
    if not inside.any():
        return None
    z = int(inside.sum(axis=(0, 1)).argmax())
    voxels = np.argwhere(inside[:, :, z])
    nearest = voxels[np.square(voxels - voxels.mean(axis=0)).sum(axis=1).argmin()]
    return tuple(float(one) for one in (affine @ np.array([*nearest, z, 1.0]))[:3])


def _box(inside: Array, spacing: tuple[float, float, float]) -> tuple[tuple[int, int], ...]:
    """First voxel and the one after the last of each axis, around the brain."""
    box = []
    for axis, size in enumerate(spacing):
        along = np.flatnonzero(inside.any(axis=tuple(other for other in range(3) if other != axis)))
        room = round(_MARGIN_MM / size)
        low, high = (int(along[0]), int(along[-1])) if along.size else (0, inside.shape[axis] - 1)
        box.append((max(0, low - room), min(inside.shape[axis], high + room + 1)))
    return tuple(box)


def _canonical(path: Path) -> Volume:
    image: Any = nib.as_closest_canonical(read_written_nifti(path))  # type: ignore[no-untyped-call]
    return Volume(np.asarray(image.dataobj), Grid.of(image.shape, image.affine))
