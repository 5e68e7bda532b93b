"""The segmentations of one centre's validation and external cases: files, and a table of metrics."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from gliomanet.errors import CaseError
from gliomanet.models.devices import choose_device
from gliomanet.prediction.image import ImageModel, load_image_model
from gliomanet.prediction.predict_center import Member
from gliomanet.prediction.segmentation import segment_case, write_segmentation
from gliomanet.prediction.segmentation_rows import region_rows, regions_of
from gliomanet.tables.prediction import ENSEMBLE, SEGMENTATIONS

if TYPE_CHECKING:
    from gliomanet.config.types import Flips


def segment_center(
    members: Sequence[Member],
    splits: pd.DataFrame,
    preprocessed: Path,
    out: Path,
    *,
    model: str,
    threads: int = 1,
    gpus: int = 0,
    flips: Flips = "none",
    min_component_fraction: float = 0.0,
) -> pd.DataFrame:
    """Segment a centre's cases: a validation case by the fold that validates it, an external one by all folds' mean.

    Args:
        members: a model's folds of one stage and one scenario.
        splits: the centre's rows of the split tables: case_id, center, fold, part.
        preprocessed: folder of the preprocessed centres.
        out: folder that `<case>.nii.gz` is written to, for each case that can be read.
        model: the model's name in the study.
        threads: CPU threads.
        gpus: GPUs the job was given.
        flips: see `gliomanet.prediction.sliding_window.region_probabilities`.
        min_component_fraction: see `gliomanet.prediction.segmentation.drop_small_pieces`.

    Returns:
        Rows of `SEGMENTATIONS`, one per case and region, in the order of the case ids. A case that cannot be
        given to a network has rows without metrics, whose note is the reason.

    Raises:
        ValueError: the members are of several stages or scenarios, or a case validates in several of their folds.
    """
    if len({(member.stage, member.scenario) for member in members}) != 1:
        found = sorted({f"{member.stage}/{member.scenario}" for member in members})
        raise ValueError(f"segmentations come from one stage and scenario, found {', '.join(found) or 'none'}")
    device = choose_device(gpus).torch
    folds = {member.fold: load_image_model(member.folder) for member in members}
    for loaded in folds.values():
        loaded.network.to(device)
    out.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, object]] = []
    for center, case_id, role, fold, models in _assigned(splits, folds):
        named: dict[str, object] = {
            "model": model,
            "stage": members[0].stage,
            "scenario": members[0].scenario,
            "fold": fold,
        }
        named |= {"role": role, "center": center, "case_id": case_id}
        regions = regions_of(models[0].network.REGIONS)
        folder = preprocessed / center / case_id
        try:
            case = segment_case(
                models,
                case_id,
                folder,
                flips=flips,
                min_component_fraction=min_component_fraction,
                threads=threads,
                device=device,
            )
        except CaseError as error:
            print(f"not segmented: {error}", flush=True)
            rows += [named | {"region": region, "note": f"not segmented: {error}"} for region in regions]
            continue
        like = next(path for name in models[0].modalities if (path := folder / f"{name}.nii.gz").is_file())
        write_segmentation(case.codes, like, out / f"{case_id}.nii.gz")
        rows += [named | row for row in region_rows(case, regions)]
    return pd.DataFrame(rows, columns=SEGMENTATIONS.names())


def _assigned(splits: pd.DataFrame, folds: dict[str, ImageModel]) -> list[tuple[str, str, str, str, list[ImageModel]]]:
    """For every case its centre, id, role, fold (or `ensemble`), and the models that segment it."""
    chosen = splits[splits["fold"].isin(list(folds)) & splits["part"].isin(["validation", "external"])]
    found = []
    for names, rows in chosen.groupby(["center", "case_id", "part"], sort=True):
        center, case_id, role = map(str, names)
        if role == "external":
            found.append((center, case_id, role, ENSEMBLE, list(folds.values())))
            continue
        if len(rows) > 1:
            raise ValueError(f"case {case_id} of {center} validates in {len(rows)} folds; a case validates in one")
        fold = str(rows["fold"].iloc[0])
        found.append((center, case_id, role, fold, [folds[fold]]))
    return found
