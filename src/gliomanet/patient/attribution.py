"""Maps of what each voxel adds to the evidence for the called classes, of the bundle's network on images."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gliomanet.bundle.read import Bundle
from gliomanet.explanation.voxels import VoxelAttribution, attribute
from gliomanet.files.nifti import read_written_nifti, write_nifti
from gliomanet.model_kinds import IMAGE_KINDS
from gliomanet.models.devices import choose_device
from gliomanet.patient.answers import Computing, PreparedCase
from gliomanet.patient.explained import AttributionMap
from gliomanet.patient.statements.statement import Statement, state
from gliomanet.prediction.image import ImageModel


def explained_model(bundle: Bundle) -> str | None:
    """The network on images that is explained: the model that answers, or the first such member of a stack."""
    description = bundle.description
    names = (description.model, *description.answers.members)
    return next((name for name in names if description.models[name].kind in IMAGE_KINDS), None)


def not_explained(bundle: Bundle, *, explain: bool) -> tuple[Statement, ...]:
    """Explanations that are not given, and why."""
    if not explain:
        return (state("not_assessed.not_explained"),)
    if explained_model(bundle) is None:
        return (state("not_assessed.no_network"),)
    return ()


def attribute_voxels(
    bundle: Bundle, case: PreparedCase, called: Mapping[str, str], how: Computing, outline: Path | None
) -> tuple[AttributionMap, ...]:
    """Write a map for each task's called class into the case's folder, `attribution_<task>.nii.gz`.

    Args:
        bundle: the bundle.
        case: the case; a bundle without a network on images has no maps.
        called: task → class.
        how: the way to compute.
        outline: the tumour on the atlas grid.
    """
    name = explained_model(bundle)
    if name is None:
        return ()
    given, device = case.row.assign(folder=str(case.folder)), choose_device(how.gpus).torch
    of_folds: list[dict[str, VoxelAttribution]] = []
    for member in bundle.members(name):
        if isinstance(member.loaded, ImageModel):
            member.loaded.network.to(device)
            of_folds.append(attribute(member.loaded, given, called, threads=how.threads))
    brain = read_written_nifti(case.folder / "brain_mask.nii.gz")
    inside = np.asarray(brain.dataobj) > 0
    tumour = None if outline is None else np.asarray(read_written_nifti(outline).dataobj) > 0
    found = []
    for task in of_folds[0]:
        folds = [one[task] for one in of_folds]
        values = np.mean([one.by_voxel for one in folds], axis=0)
        file = f"attribution_{task}.nii.gz"
        write_nifti(values.astype(np.float32), np.asarray(brain.affine), case.folder / file)
        base, output = float(np.mean([one.base for one in folds])), float(np.mean([one.output for one in folds]))
        by_modality = pd.DataFrame([one.by_channel for one in folds]).mean()
        found.append(
            AttributionMap(
                task=task,
                called=called[task],
                model=name,
                file=f"atlas/{file}",
                evidence=output,
                start=base,
                additivity_gap=float(values.sum()) - (output - base),
                by_modality={str(one): float(value) for one, value in by_modality.items()},
                in_brain=_share(values, inside),
                in_tumour=None if tumour is None else _share(values, tumour),
                tumour_share_of_brain=None if tumour is None else float((tumour & inside).sum() / inside.sum()),
            )
        )
    return tuple(found)


def _share(values: NDArray[np.float64], inside: NDArray[np.bool_]) -> float | None:
    """Share of a map's magnitude that lies in a region."""
    total = float(np.abs(values).sum())
    return float(np.abs(values[inside]).sum()) / total if total else None
