"""A patient's outlines on the atlas and in the scanner's grids, and the volumes of their parts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gliomanet.files.nifti import read_written_nifti, write_nifti
from gliomanet.imaging.native_space import mask_to_native
from gliomanet.imaging.record import NAME as RECORD
from gliomanet.patient.result import Volume
from gliomanet.prediction.segmentation_rows import TUMOUR_REGIONS

PARTS = {**TUMOUR_REGIONS, "necrosis or non-enhancing core": (1,), "oedema": (2,)}
"""Region → codes; the last two only where an outline tells its parts."""


def write_native(mask: Path, name: str, case: Path, out: Path) -> list[Path]:
    """Write a mask of the atlas grid on the grid of each modality's own file: `<modality>_<name>.nii.gz`.

    Args:
        mask: on the atlas grid.
        name: of what it outlines.
        case: the preprocessed case's folder.
        out: folder to write to.
    """
    record = json.loads((case / RECORD).read_text(encoding="utf-8"))
    written = []
    for modality in record["modalities"]:
        native = mask_to_native(mask, case, modality)
        path = out / f"{modality}_{name}.nii.gz"
        write_nifti(native.array, native.grid.affine, path)
        written.append(path)
    return written


def volumes(atlas: Path, native: Path, *, parts_told: bool) -> Iterator[Volume]:
    """The volume of each region, in the scanner's space and on the atlas, and its left share.

    Args:
        atlas: the outline on the atlas grid.
        native: the same on the grid of the reference modality's file.
        parts_told: false: the whole tumour alone has a volume.
    """
    on_atlas, atlas_ml, affine = _codes(atlas)
    on_file, file_ml, _ = _codes(native)
    x = np.arange(on_atlas.shape[0]) * affine[0, 0] + affine[0, 3]  # the atlas grid is RAS, without a turn
    for region, codes in PARTS.items():
        if region != "whole" and not parts_told:
            continue
        inside = np.isin(on_atlas, codes)
        along = inside.sum(axis=(1, 2))
        count = int(along.sum())
        left = float((along * _left(x)).sum()) / count if count else None
        yield Volume(
            region=region,
            volume_ml=round(float(np.isin(on_file, codes).sum()) * file_ml, 3),
            left_share=None if left is None else round(left, 4),
            on_atlas_ml=round(count * atlas_ml, 3),
        )


def _left(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """The share of each sagittal slice that lies left: half of the one in the middle."""
    return np.where(np.abs(x) < 1e-3, 0.5, (x < 0).astype(np.float64))


def _codes(path: Path) -> tuple[NDArray[np.uint8], float, NDArray[np.float64]]:
    """Codes, volume of a voxel in ml, and affine of a mask that this project wrote."""
    image = read_written_nifti(path)
    affine = np.asarray(image.affine, dtype=np.float64)
    return np.asarray(image.dataobj, dtype=np.uint8), abs(float(np.linalg.det(affine[:3, :3]))) / 1000, affine
