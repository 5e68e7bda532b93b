"""The look of a preprocessed case in numbers, measured alike in training cases and in a patient.

Everything is measured in what the models see: the final images on the atlas, at about 3 mm. Nothing depends on the
scale of an image, so that it does not matter how a study normalises.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from scipy import ndimage

from gliomanet.files.nifti import read_written_nifti
from gliomanet.imaging.record import NAME as RECORD
from gliomanet.imaging.registration.head_pose import tissue_maps
from gliomanet.imaging.volume import Array
from gliomanet.modalities import MODALITIES
from gliomanet.patient.trust.cavity import cavity_size
from gliomanet.patient.trust.metrics import METRICS, SIDES

_VOXEL_MM = 3.0
_BEYOND_MM = 4.0
_END_SHARE = 0.2
_SURE = 0.8
_DEEP_MM = 6.0
_EDGE_MM = 2.5
_FEWEST = 100
_TINY = 1e-6


@dataclass(frozen=True)
class AtlasBrain:
    """The atlas at the voxel size that looks are measured at; arrays are (x, y, z).

    Attributes:
        factor: voxels of the study's grid that one of these is made of, along an axis.
        spacing_mm: of these.
        brain: boolean.
        depth_mm: distance from the brain's surface.
        beyond: what lies more than some mm outside it.
        tissues: shares of grey matter, white matter and fluid, (x, y, z, 3),
        edges: and the strength of the edges of each.
        ends: side → the outer fifth of the brain there.
    """

    factor: int
    spacing_mm: float
    brain: Array
    beyond: Array
    depth_mm: Array
    tissues: Array
    edges: Array
    ends: Mapping[str, Array]


def look_of_case(folder: Path, spacing_mm: float) -> dict[str, float]:
    """Measure the look of a preprocessed case.

    Args:
        folder: of its images and its record, as preprocessing wrote it.
        spacing_mm: voxel size of the study's grid.

    Returns:
        Name → value, of the metrics that its modalities allow; see `METRICS`.
    """
    record: dict[str, Any] = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    atlas = atlas_brain(spacing_mm)
    brain = pooled(voxels(folder / "brain_mask.nii.gz") > 0, atlas.factor) > 0.5
    names = [name for name in MODALITIES if name in record["modalities"]]
    images = {name: pooled(voxels(folder / f"{name}.nii.gz"), atlas.factor) for name in names}
    found = {**_place(brain, record, atlas), **_shown(record, names)}
    own: dict[str, Array] = {}
    for name, image in images.items():
        found |= {f"{key}_{name}": value for key, value in _of_image(image, brain, atlas).items()}
        own[name] = _own_edges(image, brain, atlas)
    for one, other in combinations(names, 2):
        found[f"alike_{one}_{other}"] = _correlation(own[one], own[other])
    for name in METRICS:
        if name.startswith("cavity_") and set(METRICS[name].modalities) <= set(names):
            pair = {one: images[one] for one in METRICS[name].modalities}
            found[name] = cavity_size(pair, brain, atlas.tissues, atlas.depth_mm, atlas.spacing_mm)
    return {name: float(found[name]) for name in METRICS if name in found and np.isfinite(found[name])}


@lru_cache(maxsize=2)
def atlas_brain(spacing_mm: float) -> AtlasBrain:
    """The atlas as looks are measured beside it. Shared: never written to."""
    factor = max(1, round(_VOXEL_MM / spacing_mm))
    _, grey, white, inside = tissue_maps(spacing_mm, 0)
    fluid = np.clip(1 - grey - white, 0, 1) * inside
    tissues = np.stack([pooled(one, factor) for one in (grey, white, fluid)], -1)
    brain = pooled(inside, factor) > 0.5
    spacing = spacing_mm * factor
    ends: dict[str, Array] = {}
    for axis in range(3):
        place = np.broadcast_to(
            np.arange(brain.shape[axis]).reshape([-1 if a == axis else 1 for a in range(3)]), brain.shape
        )
        low, high = np.quantile(place[brain], [_END_SHARE, 1 - _END_SHARE])
        ends[SIDES[2 * axis]], ends[SIDES[2 * axis + 1]] = brain & (place <= low), brain & (place >= high)
    edges = np.stack([_edge_strength(tissues[..., place], spacing) for place in range(3)], -1)
    away = ndimage.distance_transform_edt(~brain, sampling=spacing)
    depth = ndimage.distance_transform_edt(brain, sampling=spacing)
    return AtlasBrain(factor, spacing, brain, away > _BEYOND_MM, depth, tissues, edges, ends)


def voxels(path: Path) -> Array:
    """The voxels of a preprocessed image."""
    return np.asarray(read_written_nifti(path).dataobj, dtype=np.float32)


def pooled(array: Array, factor: int) -> Array:
    """Means of blocks of `factor` voxels along each axis; what is left over at the end is dropped."""
    values: Array = np.asarray(array, dtype=np.float32)
    if factor == 1:
        return values
    x, y, z = (n // factor for n in values.shape)
    blocks = values[: x * factor, : y * factor, : z * factor].reshape(x, factor, y, factor, z, factor)
    pooled: Array = blocks.mean(axis=(1, 3, 5))
    return pooled


def stretches(record: Mapping[str, Any]) -> Array:
    """The head's size over the atlas's along its three axes, (3,), the largest first."""
    to_file = np.array(record["transforms"][record["reference"]]["matrix"])[:3, :3]
    found: Array = np.linalg.svd(to_file, compute_uv=False)
    return found


def _place(brain: Array, record: Mapping[str, Any], atlas: AtlasBrain) -> dict[str, float]:
    """Size, outline and place of the brain."""
    stretch = stretches(record)
    found = {
        "brain_ml": float(record["qc"]["brain_volume_ml"]),
        "head_size": float(np.prod(stretch)) ** (1 / 3),
        "head_stretch": float(stretch[0] / max(stretch[-1], _TINY)),
        "atlas_covered": float(brain[atlas.brain].mean()),
        "beyond_atlas": float((brain & atlas.beyond).sum() / max(brain.sum(), 1)),
    }
    return found | {f"covered_{side}": float(brain[end].mean()) for side, end in atlas.ends.items()}


def _shown(record: Mapping[str, Any], names: list[str]) -> dict[str, float]:
    return {f"shown_{name}": float(record["qc"][f"coverage_{name}"]) for name in names}


def _of_image(image: Array, brain: Array, atlas: AtlasBrain) -> dict[str, float]:
    inside = brain & (atlas.tissues.sum(axis=-1) > _SURE)
    if inside.sum() < _FEWEST:
        return {}
    values = image[inside].astype(np.float64)
    low, high = np.percentile(values, [1, 99])
    spread = float(high - low)
    flat = _flat(image, brain)
    if not spread > 0:
        return {"flat": flat, "explained": 0.0}
    values = np.clip((values - low) / spread, -1, 2)
    tissues = atlas.tissues[inside].astype(np.float64)
    around = _around(np.argwhere(inside), brain.shape)
    total = float(values.var())
    coefficients, by_tissue = _fit(tissues, values)
    _, by_both = _fit(np.concatenate([tissues, around], axis=1), values)
    scaled = np.where(brain, np.clip((image - low) / spread, -1, 2), 0.0).astype(np.float32)
    steps = _second_differences(scaled, brain)
    strengths = np.sqrt(np.maximum(steps, _TINY**2))
    return {
        "explained": 1 - float(by_tissue.var()) / total,
        "fluid": float(coefficients[2] - coefficients[1]),
        "grey": float(coefficients[0] - coefficients[1]),
        "detail": float(np.log(strengths.mean())),
        "ripple": float(np.log(strengths.max() / np.sort(strengths)[:2].mean())),
        "uneven": float(by_tissue.var() - by_both.var()) / total,
        "flat": flat,
    }


def _around(places: Array, shape: tuple[int, ...]) -> Array:
    place = places / (np.array(shape) - 1) * 2 - 1
    squares = [place[:, i] * place[:, j] for i in range(3) for j in range(i, 3)]
    return np.stack([*place.T, *squares], -1)


def _fit(columns: Array, values: Array) -> tuple[Array, Array]:
    """Coefficients of a regression, and its residual."""
    gram = columns.T @ columns
    coefficients: Array = np.linalg.lstsq(gram, columns.T @ values, rcond=1e-9)[0]
    return coefficients, values - columns @ coefficients


def _flat(image: Array, brain: Array) -> float:
    """Share of the brain's inner voxels that are what all their neighbours are."""
    inner = ndimage.binary_erosion(brain)
    if not inner.any():
        return 1.0
    span = ndimage.maximum_filter(image, 3)[inner] - ndimage.minimum_filter(image, 3)[inner]
    return float((span <= _TINY * max(float(np.ptp(image)), _TINY)).mean())


def _second_differences(image: Array, brain: Array) -> Array:
    """Mean square of the second difference along each axis, inside the brain, (3,)."""
    inner = ndimage.binary_erosion(brain, iterations=2)
    if not inner.any():
        inner = brain
    found = []
    for axis in range(3):
        second = ndimage.correlate1d(image, [1, -2, 1], axis=axis)[inner]
        # The middle of the distribution: edges of a tumour and vessels are no noise.
        found.append(float(np.median(np.abs(second))) ** 2)
    return np.array(found)


def _own_edges(image: Array, brain: Array, atlas: AtlasBrain) -> Array:
    """Strength of edges deep in the brain, less what the edges between the atlas's tissues explain of it, (n,).

    Where the edges lie is this head's own, and the same in each of its modalities: what they are is the modality's.
    """
    inner = brain & (atlas.depth_mm > _DEEP_MM)
    if inner.sum() < _FEWEST:
        return np.zeros(0)
    strength = edge_image(image, brain, atlas)[inner].astype(np.float64)
    columns = np.concatenate([atlas.edges[inner].astype(np.float64), np.ones((len(strength), 1))], axis=1)
    return _fit(columns, strength)[1]


def edge_image(image: Array, brain: Array, atlas: AtlasBrain) -> Array:
    """Strength of the edges of an image's brain, whatever its scale, (x, y, z)."""
    low, high = np.percentile(image[brain], [1, 99]) if brain.any() else (0.0, 1.0)
    scaled = np.clip((image - low) / max(float(high - low), _TINY), -0.2, 1.2) * brain
    return _edge_strength(scaled, atlas.spacing_mm)


def _edge_strength(array: Array, spacing_mm: float) -> Array:
    sigma = _EDGE_MM / spacing_mm
    values = np.asarray(array, dtype=np.float32)
    slopes = [ndimage.gaussian_filter(values, sigma, order=[int(a == axis) for a in range(3)]) for axis in range(3)]
    strength: Array = np.sqrt(np.sum(np.square(slopes), axis=0))
    return strength


def _correlation(one: Array, other: Array) -> float:
    if one.size < _FEWEST or one.size != other.size or not (one.std() > 0 and other.std() > 0):
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])
