"""Checks that need no training cases: a head that ends with the image, heads of two patients, and one astray.

Their bounds lie between what was measured in good heads and in damaged ones; `docs/reading-results/trust.md` has both.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from scipy import ndimage
from scipy.sparse.csgraph import connected_components

from gliomanet.imaging.record import NAME as RECORD
from gliomanet.imaging.registration.atlas import atlas
from gliomanet.imaging.volume import Array
from gliomanet.modalities import MODALITIES
from gliomanet.patient.statements.statement import Statement, state
from gliomanet.patient.trust.look import AtlasBrain, atlas_brain, edge_image, pooled, stretches, voxels

MOST_SECTION_CM2 = 30.0
"""Section of the brain at the end of an image's grid: real heads up to 24, with a quarter of the field cut off 54 and
more in one modality at least."""

MOST_BEYOND = 0.015
"""Share of the atlas's brain that lies outside an image's grid: real heads up to .001, with a quarter of the field cut
off .037 and more in one modality at least."""

MOST_MOVED = 0.45
"""Share of blocks whose edges fit another place of the other modality better, in the pair that fits best of two groups
of modalities: real heads up to .29, phantoms .37; heads of two patients from .58 on."""

MOST_STRETCH = 1.3
"""Stretch between the axes onto the atlas: real heads up to 1.10, phantoms 1.24; upside down 1.42."""

LEAST_ML = 1000.0
"""Volume of a brain, fluid around it included, below which a person is to look. A choice: the smallest real head has
1246 ml."""

TOO_SMALL_ML = 750.0
"""Volume below which nothing is to be used. A choice, too: what is left of a cut brain may lie above it."""

_BLOCK_MM = 12.0
_STEP_MM = 24.0
_REACH_MM = 9.0
_MOVED_MM = 4.0
_FEWEST_BLOCKS = 20


@dataclass(frozen=True)
class Finding:
    """Something wrong with the images.

    Attributes:
        says: it, with its figure and the bound.
        far: true where nothing of the result is to be used.
    """

    says: Statement
    far: bool = False


def physical_findings(folder: Path, spacing_mm: float) -> tuple[Finding, ...]:
    """The findings on a preprocessed case.

    Args:
        folder: of its images and its record, as preprocessing wrote it.
        spacing_mm: voxel size of the study's grid.
    """
    record: dict[str, Any] = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    brain = voxels(folder / "brain_mask.nii.gz") > 0
    names = [name for name in MODALITIES if name in record["modalities"]]
    at_atlas = atlas_brain(spacing_mm)
    small = pooled(brain, at_atlas.factor) > 0.5
    edges = {
        name: edge_image(pooled(voxels(folder / f"{name}.nii.gz"), at_atlas.factor), small, at_atlas) for name in names
    }
    return (*_astray(record), *_cut(record, names, brain, spacing_mm), *_two_heads(edges, small, at_atlas))


def _astray(record: Mapping[str, Any]) -> Iterator[Finding]:
    """A head that fits the atlas only where it is pulled out of shape, or a small brain."""
    stretch, volume = stretches(record), float(record["qc"]["brain_volume_ml"])
    apart = float(stretch[0] / max(stretch[-1], 1e-6))
    if apart > MOST_STRETCH:
        yield Finding(state("trust.astray", stretch=apart, most=MOST_STRETCH), far=True)
    if volume < LEAST_ML:
        far = volume < TOO_SMALL_ML
        code, least = ("trust.small_far", TOO_SMALL_ML) if far else ("trust.small_first", LEAST_ML)
        yield Finding(state(code, volume=volume, least=least), far=far)


def _cut(record: Mapping[str, Any], names: list[str], brain: Array, spacing_mm: float) -> Iterator[Finding]:
    """A brain that reaches the end of an image's grid in a large section, and would go on beyond it."""
    template = atlas(spacing_mm)[1]
    inside, of_atlas = np.argwhere(brain), np.argwhere(template.array > 0)
    for name in names:
        at = record["transforms"][name]
        affine, shape = np.array(at["affine"]), np.array(at["shape"])
        pull = np.linalg.inv(affine) @ np.array(at["matrix"]) @ template.grid.affine
        beyond = _placed(of_atlas, pull)
        share = float(((beyond < -0.5) | (beyond > shape - 0.5)).any(axis=1).mean())
        section = _largest_section(_placed(inside, pull), shape, np.linalg.norm(affine[:3, :3], axis=0), spacing_mm)
        if share > MOST_BEYOND and section > MOST_SECTION_CM2:
            yield Finding(state("trust.cut", one=name, section=section, share=share))


def _placed(index: Array, pull: Array) -> Array:
    placed: Array = index @ pull[:3, :3].T + pull[:3, 3]
    return placed


def _largest_section(places: Array, shape: Array, file_mm: Array, spacing_mm: float) -> float:
    """The largest section of the brain, in cm², in the outermost slab of a slice (or of a voxel of the atlas).

    Of a brain that other modalities show beyond the file's grid, what lies beyond is no part of the slab.

    Args:
        places: (n, 3), the brain's voxels on the atlas as voxel indices of the file.
        shape: of the file.
        file_mm: its voxel size.
        spacing_mm: of the atlas.
    """
    found = 0.0
    for axis in range(3):
        thick = max(spacing_mm, float(file_mm[axis]))
        slab = thick / file_mm[axis]
        place, end = places[:, axis], shape[axis] - 0.5
        low = int(((place >= -0.5) & (place < slab - 0.5)).sum())
        high = int(((place > end - slab) & (place <= end)).sum())
        found = max(found, max(low, high) * spacing_mm**3 / thick / 100)
    return found


def _two_heads(edges: Mapping[str, Array], brain: Array, at_atlas: AtlasBrain) -> Iterator[Finding]:
    """Groups of modalities that fit none of the others: block by block, their edges lie elsewhere.

    The largest group (of equal ones the first) stands for the head, and each other group is a finding.
    """
    moved = {
        pair: share
        for pair in combinations(edges, 2)
        if (share := _share_moved(edges[pair[0]], edges[pair[1]], brain, at_atlas.spacing_mm)) is not None
    }
    groups = _groups(list(edges), moved)
    for group in groups:
        if group is not max(groups, key=len):
            rest = tuple(name for name in edges if name not in group)
            between = {pair: share for pair, share in moved.items() if (pair[0] in group) != (pair[1] in group)}
            pair = min(between, key=lambda pair: between[pair])
            one, other = pair if pair[0] in group else pair[::-1]
            figures = {"share": between[pair], "most": MOST_MOVED}
            yield Finding(state("trust.two_heads", group=group, rest=rest, one=one, other=other, **figures))


def _groups(names: list[str], moved: Mapping[tuple[str, str], float]) -> list[tuple[str, ...]]:
    """The modalities that lie together, one by way of another; a pair that was not judged counts as together."""
    apart = np.array([[moved.get((one, other), 0.0) > MOST_MOVED for other in names] for one in names])
    count, group = connected_components(~(apart | apart.T), directed=False)
    return [tuple(name for name, of in zip(names, group, strict=True) if of == number) for number in range(count)]


def _share_moved(one: Array, other: Array, brain: Array, spacing_mm: float) -> float | None:
    """The share of blocks of one image that are most like the other image more than `_MOVED_MM` away.

    None where there are too few blocks, or voxels are too large to tell.
    """
    if spacing_mm > _MOVED_MM:
        return None
    half, step, reach = (max(1, round(mm / spacing_mm)) for mm in (_BLOCK_MM, _STEP_MM, _REACH_MM))
    deep = ndimage.distance_transform_edt(brain, sampling=spacing_mm) > 0.8 * _BLOCK_MM
    centres = [
        place
        for place in np.argwhere(deep)
        if not (place % step).any()
        and (place >= half + reach).all()
        and (place < np.array(brain.shape) - half - reach).all()
    ]
    if len(centres) < _FEWEST_BLOCKS:
        return None
    far = sum(_move(one, other, place, half, reach) * spacing_mm > _MOVED_MM for place in centres)
    return far / len(centres)


def _move(one: Array, other: Array, place: Array, half: int, reach: int) -> float:
    """The distance, in voxels, to where the block of one image correlates best with the other image."""
    block = one[tuple(slice(p - half, p + half + 1) for p in place)].astype(np.float64)
    around = other[tuple(slice(p - half - reach, p + half + reach + 1) for p in place)].astype(np.float64)
    windows = np.lib.stride_tricks.sliding_window_view(around, block.shape)
    spread = windows.std(axis=(3, 4, 5))
    alike = np.einsum("abcijk,ijk->abc", windows, block - block.mean()) / np.maximum(spread, 1e-9)
    best = np.array(np.unravel_index(int(alike.argmax()), alike.shape)) - reach
    return float(np.linalg.norm(best))
