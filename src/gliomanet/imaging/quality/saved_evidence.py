"""Evidence of a preprocessed case on disk: what its pictures need beside its files, small, so that they can be redrawn.

Images as scanned are read from the sources again, and the final ones from the case's folder; kept are the matrices, the
masks, and N4's fields on their coarse grid, from which the corrected images follow exactly.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gliomanet.files.atomic import open_atomically
from gliomanet.files.nifti import read_written_nifti
from gliomanet.files.reading_back import read_written_arrays
from gliomanet.imaging.bias_correction import without_bias
from gliomanet.imaging.quality.evidence import Evidence
from gliomanet.imaging.reading import read_modality
from gliomanet.imaging.volume import Array, Volume

NAME = "evidence.npz"


def save_evidence(evidence: Evidence, log_fields: Mapping[str, Array], folder: Path) -> None:
    """Write `evidence.npz`: equal evidence gives equal bytes.

    Args:
        evidence: of a case whose final images are in the folder.
        log_fields: modality → logarithm of its bias field, as `log_bias_field` gives it; empty where N4 is off.
        folder: the case's.
    """
    about = {
        "case_id": evidence.case_id,
        "center": evidence.center,
        "reference": evidence.reference,
        "modalities": list(evidence.raw),
        "on_atlas": list(evidence.on_atlas),
        "tumour_grid": evidence.tumour[1] if evidence.tumour is not None else None,
        "metrics": dict(evidence.metrics),
        "flags": list(evidence.flags),
    }
    arrays: dict[str, Array] = {
        "about": np.frombuffer(json.dumps(about, ensure_ascii=False).encode(), np.uint8),
        "to_atlas": evidence.to_atlas,
        "atlas_affine": next(iter(evidence.on_atlas.values())).grid.affine,
        "brain_mask": evidence.brain_mask.array,
        **{f"from_reference/{name}": matrix for name, matrix in evidence.from_reference.items()},
        **{f"log_field/{name}": field for name, field in log_fields.items()},
    }
    if evidence.tumour is not None:
        tumour = evidence.tumour[0]
        arrays |= {"tumour": tumour.array, "tumour_affine": tumour.grid.affine}
    with open_atomically(folder / NAME) as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def load_evidence(folder: Path, files: Mapping[str, str]) -> Evidence:
    """The evidence that a case's pictures are drawn from.

    Args:
        folder: the preprocessed case's, with `evidence.npz`.
        files: modality → the file that it was read from.

    Raises:
        CaseError: a source can no longer be read.
        ProblemError: what preprocessing wrote is damaged.
    """
    kept = read_written_arrays(folder / NAME, delete=folder)
    about: dict[str, Any] = json.loads(kept["about"].tobytes())
    case_id, reference = about["case_id"], about["reference"]
    raw = {name: read_modality(Path(files[name]), case_id, name).volume for name in about["modalities"]}
    tumour = None
    if about["tumour_grid"] is not None:
        tumour = Volume.of(kept["tumour"], kept["tumour_affine"]), about["tumour_grid"]
    return Evidence(
        case_id=case_id,
        center=about["center"],
        reference=reference,
        raw=raw,
        corrected={
            name: volume.with_array(without_bias(volume, kept[f"log_field/{name}"]))
            if f"log_field/{name}" in kept
            else volume
            for name, volume in raw.items()
        },
        from_reference={name: kept[f"from_reference/{name}"] for name in raw},
        brain_mask=raw[reference].with_array(kept["brain_mask"]),
        to_atlas=kept["to_atlas"],
        tumour=tumour,
        on_atlas={
            name: Volume.of(_voxels(folder / f"{name}.nii.gz"), kept["atlas_affine"]) for name in about["on_atlas"]
        },
        metrics=about["metrics"],
        flags=tuple(about["flags"]),
    )


def _voxels(path: Path) -> Array:
    image = read_written_nifti(path, delete=path.parent)
    return np.ascontiguousarray(image.dataobj)
