"""`preprocess.json`: status of a case, its steps and transforms, and its image quality metrics."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import nibabel as nib
import numpy as np

from gliomanet.errors import Problem
from gliomanet.files.atomic import write_json
from gliomanet.imaging.case import Case
from gliomanet.imaging.registration.ants import version as ants_version
from gliomanet.imaging.registration.atlas import NAME as ATLAS_NAME
from gliomanet.imaging.registration.atlas import atlas
from gliomanet.imaging.volume import Grid

NAME = "preprocess.json"


def write_record(
    work: Case, out_dir: Path, status: Literal["ok", "failed", "dropped"], problem: Problem | None = None
) -> None:
    """Write the record; transforms only where the status is `ok`, reason and rule only where there is a problem."""
    record = {
        "case_id": work.case_id,
        "center": work.row.get("center", ""),
        "status": status,
        "reason": "" if problem is None else str(problem),
        "rule": "" if problem is None else problem.rule,
        "reference": work.reference,
        "modalities": list(work.volumes),
        "steps": work.steps,
        "tumour_parts_told": work.tumour_parts_told,
        "intensities": {name: dict(scale) for name, scale in work.scales.items()} if status == "ok" else {},
        "transforms": _transforms(work) if status == "ok" else {},
        "versions": {
            "antspyx": ants_version(),
            "nibabel": nib.__version__,
            "numpy": np.__version__,
            "atlas": ATLAS_NAME,
        },
        "qc": {**{key: _rounded(value) for key, value in work.qc.items()}, "flags": work.flags},
    }
    write_json(out_dir / NAME, record)


def _transforms(work: Case) -> dict[str, Any]:
    grid = atlas(work.settings.spacing_mm)[0].grid
    from_atlas = np.linalg.inv(work.atlas_matrix)
    return {
        "convention": "matrix: RAS mm of the atlas → RAS mm of the modality's file; affine: voxel index → RAS mm",
        "atlas": {"shape": list(grid.shape), "affine": grid.affine.tolist()},
        **{
            name: {
                "matrix": (work.from_reference[name] @ from_atlas).tolist(),
                "shape": list(modality.file_grid.shape),
                "affine": modality.file_grid.affine.tolist(),
                **_other_affines(modality.file_grid),
                "orientation": modality.orientation,
            }
            for name, modality in work.modalities.items()
        },
    }


def _other_affines(grid: Grid) -> dict[str, Any]:
    """The entry of affines that other programs may read from the file's header; none where there is no other."""
    return {"other_affines": [affine.tolist() for affine in grid.others]} if grid.others else {}


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, Mapping):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list | tuple) else value
