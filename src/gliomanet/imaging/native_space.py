"""Masks between a preprocessed case's atlas grid and the scanner's own, by the transforms that its record keeps."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gliomanet.errors import CaseError, Problem
from gliomanet.imaging.reading import read_mask
from gliomanet.imaging.record import NAME
from gliomanet.imaging.volume import Grid, Matrix, Volume, resample_labels


def mask_to_native(mask: Path, case_dir: Path, modality: str) -> Volume:
    """A mask drawn or predicted on the atlas grid, on the voxels of a modality's own file.

    Args:
        mask: integer codes (0 = nothing) on the case's atlas grid.
        case_dir: the case's folder under `results/preprocessed`.
        modality: t1, t1c, t2 or flair: whose file's grid and orientation the result has.

    Returns:
        Codes, uint8 (x, y, z) in the file's own axis order; each voxel has the code of the largest share.

    Raises:
        CaseError: no record, a case that is not ok, a modality it does not have, or a mask on another grid.
    """
    places = _places(case_dir, modality)
    volume, _ = read_mask(mask, places.case_id, "mask", {"atlas": places.atlas.canonical()})
    return Volume(resample_labels(volume, places.file, np.linalg.inv(places.matrix)), places.file)


def mask_to_atlas(mask: Path, case_dir: Path, modality: str) -> Volume:
    """A mask drawn on a modality's own file, on the case's atlas grid.

    Args:
        mask: integer codes (0 = nothing) on the grid of the modality's file, in any axis order.
        case_dir: the case's folder under `results/preprocessed`.
        modality: t1, t1c, t2 or flair.

    Returns:
        Codes, uint8 (x, y, z) on the atlas grid; each voxel has the code of the largest share.

    Raises:
        CaseError: no record, a case that is not ok, a modality it does not have, or a mask on another grid.
    """
    places = _places(case_dir, modality)
    volume, _ = read_mask(mask, places.case_id, "mask", {modality: places.file.canonical()})
    return Volume(resample_labels(volume, places.atlas, places.matrix), places.atlas)


@dataclass(frozen=True)
class _Places:
    """The two grids of a case's modality, and `matrix`: atlas RAS mm → RAS mm of the modality's file."""

    case_id: str
    file: Grid
    atlas: Grid
    matrix: Matrix


def _places(case_dir: Path, modality: str) -> _Places:
    path = case_dir / NAME
    if not path.is_file():
        action = "preprocess the case first, or name its folder"
        raise CaseError(Problem("does not exist", action, file=str(path), rule="no_record"))
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    case_id = str(record["case_id"])
    if record["status"] != "ok":
        found = f"its status is {record['status']} ({record['reason']}): it has no transforms"
        action = "mend and preprocess it first"
        raise CaseError(Problem(found, action, file=str(path), case=case_id, rule="case_without_transforms"))
    if modality not in record["modalities"]:
        found, action = f"no modality {modality!r}", f"it has {', '.join(record['modalities'])}"
        raise CaseError(Problem(found, action, file=str(path), case=case_id, rule="unknown_modality"))
    entry, atlas = record["transforms"][modality], record["transforms"]["atlas"]
    return _Places(case_id, _grid(entry), _grid(atlas), np.array(entry["matrix"]))


def _grid(entry: dict[str, Any]) -> Grid:
    return Grid.of(entry["shape"], np.array(entry["affine"]), tuple(map(np.array, entry.get("other_affines", ()))))
